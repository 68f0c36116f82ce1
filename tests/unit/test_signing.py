"""Keys and signatures: what is signed, who is trusted, and that no secret is shown."""

from __future__ import annotations

import base64
import json
import stat
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from qinggong.publish import shelf, signing
from qinggong.publish.signing import SigningError, examine, new_key, open_private, open_public, sign, trust
from qinggong.publish.states import published_form
from qinggong.publish.verification import integrity

SECRET = "口令 s3cret"
MANIFEST = shelf.manifest({"a": b"1"}, {"month": "2024-08", "state": "checked"})


def key(path: Path, passphrase: str = "") -> Path:
    new_key(path, passphrase=passphrase)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files")
def test_a_private_key_is_for_its_owner_alone_and_is_never_overwritten(tmp_path: Path) -> None:
    path = key(tmp_path / "a.key", SECRET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(SigningError, match="已存在，不覆盖"):
        new_key(path)
    assert path.read_bytes() == before
    assert b"ENCRYPTED" in before and SECRET.encode() not in before


def test_the_passphrase_is_asked_for_locked_keys_only_and_never_shown(tmp_path: Path) -> None:
    locked, plain = key(tmp_path / "locked", SECRET), key(tmp_path / "plain")
    asked: list[str] = []

    def answer() -> str:
        asked.append("x")
        return SECRET

    assert open_private(locked, passphrase=answer) and asked == ["x"]
    assert open_private(plain, passphrase=answer) and asked == ["x"]
    with pytest.raises(SigningError) as refused:
        open_private(locked, passphrase=lambda: "wrong s3cret2")
    assert "口令不对" in str(refused.value) and "s3cret2" not in str(refused.value)
    assert refused.value.__cause__ is None and refused.value.__suppress_context__
    with pytest.raises(SigningError, match="有口令"):
        open_private(locked, passphrase=lambda: "")


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(SigningError):
        open_private(path, passphrase=lambda: "")
    with pytest.raises(SigningError):
        open_public(path)
    with pytest.raises(SigningError, match="打不开"):
        open_public(tmp_path / "absent")


def test_private_and_public_keys_are_not_taken_for_each_other(tmp_path: Path) -> None:
    path = key(tmp_path / "a.key")
    with pytest.raises(SigningError, match="是私钥"):
        trust(tmp_path / "keys", path)
    with pytest.raises(SigningError, match="不是私钥"):
        open_private(tmp_path / "a.key.pub", passphrase=lambda: "")
    assert not (tmp_path / "keys").exists()


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    other = X25519PrivateKey.generate()
    (tmp_path / "x.key").write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with pytest.raises(SigningError, match="不是 Ed25519 私钥"):
        open_private(tmp_path / "x.key", passphrase=lambda: "")


def test_a_signature_is_one_over_the_plain_bytes_of_the_published_manifest(tmp_path: Path) -> None:
    """Anyone with the public key file can check it, without this program."""
    private = open_private(key(tmp_path / "a.key"), passphrase=lambda: "")
    made = sign(MANIFEST, private)
    assert made == sign(MANIFEST, private)
    public = load_pem_public_key((tmp_path / "a.key.pub").read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(base64.b64decode(json.loads(made)["signature"]), published_form(MANIFEST))


def test_the_outcomes_are_told_apart(tmp_path: Path) -> None:
    private = open_private(key(tmp_path / "a.key"), passphrase=lambda: "")
    other = open_private(key(tmp_path / "b.key"), passphrase=lambda: "")
    _, name = trust(tmp_path / "keys", tmp_path / "a.key.pub")
    trusted = signing.trusted_keys(tmp_path / "keys")
    assert list(trusted) == [name]
    made = sign(MANIFEST, private)
    assert examine(MANIFEST, made, trusted) == signing.Signed("trusted", name)
    assert examine(published_form(MANIFEST), made, trusted).verdict == "trusted"  # before and after publication
    assert examine(MANIFEST, sign(MANIFEST, other), trusted).verdict == "untrusted"
    assert examine(MANIFEST, made, {}).verdict == "untrusted"
    altered = shelf.manifest({"a": b"2"}, {"month": "2024-08", "state": "checked"})
    assert examine(altered, made, trusted).verdict == "invalid"
    assert examine(MANIFEST, None, trusted).verdict == "unsigned"


@pytest.mark.parametrize("change", ["key", "public_key", "signature", "algorithm", "text", "list"])
def test_a_tampered_signature_file_is_invalid(tmp_path: Path, change: str) -> None:
    private = open_private(key(tmp_path / "a.key"), passphrase=lambda: "")
    other = open_private(key(tmp_path / "b.key"), passphrase=lambda: "")
    trust(tmp_path / "keys", tmp_path / "a.key.pub")
    trusted = signing.trusted_keys(tmp_path / "keys")
    made, theirs = json.loads(sign(MANIFEST, private)), json.loads(sign(MANIFEST, other))
    if change in ("text", "list"):
        odd = b"\xff{" if change == "text" else b"[1]"
    elif change == "algorithm":
        odd = json.dumps({**made, "algorithm": "none"}).encode()
    else:
        odd = json.dumps({**made, change: theirs[change]}).encode()
    assert examine(MANIFEST, odd, trusted).verdict == "invalid"
    # A stranger's key under the trusted identifier.
    forged = json.dumps({**theirs, "key": made["key"]}).encode()
    assert examine(MANIFEST, forged, trusted).verdict == "invalid"


def test_a_damaged_file_among_the_trusted_keys_stops(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "odd.pub").write_text("x")
    with pytest.raises(SigningError, match=r"odd\.pub"):
        signing.trusted_keys(tmp_path / "keys")


# ---------------------------------------------------------------------------------------------- integrity


def test_every_missing_altered_and_further_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "2024-08"
    files = {"bulletin.html": b"1", "data/a.csv": b"2", "data/b.csv": b"3"}
    shelf.write(folder, {**files, shelf.MANIFEST: shelf.manifest(files, {"month": "2024-08", "state": "checked"})})
    assert integrity(folder, {}).whole
    (folder / "bulletin.html").write_bytes(b"9")
    (folder / "data" / "a.csv").unlink()
    (folder / "data" / ".hidden").write_bytes(b"x")
    found = integrity(folder, {})
    assert (found.changed, found.missing, found.extra) == (("bulletin.html",), ("data/a.csv",), ("data/.hidden",))
    assert not found.whole


def test_a_manifest_that_names_files_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_bytes(b"1")
    files = {"../outside.txt": b"1", str(tmp_path / "outside.txt"): b"1"}
    folder = tmp_path / "2024-08"
    folder.mkdir()
    (folder / shelf.MANIFEST).write_bytes(shelf.manifest(files, {"month": "2024-08", "state": "checked"}))
    assert set(integrity(folder, {}).missing) == set(files)
