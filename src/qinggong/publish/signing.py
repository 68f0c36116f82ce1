"""Signatures of releases (签名): Ed25519 over the manifest, keys as files, trust as a folder of public keys.

RFC 8032 (Ed25519); keys are PEM files as other tools read them (RFC 8410). A private key file is readable by its owner
alone and may be locked with a passphrase; neither it nor the passphrase is ever printed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qinggong.publish.states import published_form

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = "manifest.json.sig"
ALGORITHM = "Ed25519"
PUBLIC = ".pub"
_LARGEST_KEY = 8192

Verdict = Literal["unsigned", "invalid", "untrusted", "trusted"]
"""``untrusted``: the signature is that of the manifest, and nobody vouches for the key."""


class SigningError(Exception):
    """A key cannot be made or used; the message is a Chinese sentence that shows no secret."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of a signature: the verdict, and the identifier of the key that it names (empty if unsigned)."""

    verdict: Verdict
    key: str = ""


def new_key(path: Path, *, passphrase: str = "") -> tuple[Path, str]:
    """Make a pair of keys: the private one at ``path`` (mode 0600), the public one beside it.

    Returns
    -------
    tuple
        Path of the public key, and its identifier.

    Raises
    ------
    SigningError
        If a file is there already, or cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = path.with_name(path.name + PUBLIC)
    for one in (path, public):
        if one.exists():
            raise SigningError(f"“{one}”已存在，不覆盖已有的密钥，请换一个文件名")
    key = Ed25519PrivateKey.generate()
    lock = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )  # fmt: skip
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Created with its mode, so that there is no moment at which others may read it.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
        public.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    except OSError as error:
        raise SigningError(f"密钥写不进“{path.parent}”（{error.strerror}），请检查路径和权限") from error
    return public, key_id(key.public_key())


def key_id(key: Ed25519PublicKey) -> str:
    """Identifier of a public key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def open_private(path: Path, *, passphrase: Callable[[], str]) -> Ed25519PrivateKey:
    """The private key of a file; ``passphrase`` is asked only if the file is locked.

    Raises
    ------
    SigningError
        If the file cannot be read, is no Ed25519 key, or the passphrase is wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path)
    if b"PRIVATE KEY" not in content:
        raise SigningError(f"“{path}”不是私钥文件，请给出 qinggong keys new 写出的文件（不是 {PUBLIC}）")
    locked = b"ENCRYPTED" in content
    word = passphrase() if locked else ""
    if locked and not word:
        raise SigningError(f"私钥“{path}”有口令，请在提示时输入，或放在环境变量 QINGGONG_KEY_PASSPHRASE 中")
    try:
        key = load_pem_private_key(content, word.encode() if locked else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's own words could quote what it was given.
        raise SigningError(f"私钥“{path}”打不开，{'口令不对，或' if locked else ''}文件已损坏") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(f"“{path}”不是 Ed25519 私钥，请用 qinggong keys new 新建")
    return key


def open_public(path: Path) -> Ed25519PublicKey:
    """The public key of a file.

    Raises
    ------
    SigningError
        If the file cannot be read or is no Ed25519 public key; a private key is refused by name.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    content = _read(path)
    if b"PRIVATE KEY" in content:
        raise SigningError(f"“{path}”是私钥，不能放进可信公钥，请给出 {PUBLIC} 文件")
    try:
        key = load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError(f"“{path}”不是公钥文件，请给出 qinggong keys new 写出的 {PUBLIC} 文件") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError(f"“{path}”不是 Ed25519 公钥，请用 qinggong keys new 新建")
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_KEY)
    except OSError as error:
        raise SigningError(f"密钥文件“{path}”打不开（{error.strerror}），请核对路径") from error


def trusted_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """The public keys of a folder by identifier.

    Raises
    ------
    SigningError
        If one of its ``.pub`` files is no public key: whom to trust is never guessed.
    """
    keys = (open_public(path) for path in sorted(folder.glob(f"*{PUBLIC}")))
    return {key_id(key): key for key in keys}


def trust(folder: Path, path: Path) -> tuple[Path, str]:
    """Put a public key into the folder of trusted ones, under its identifier."""
    from cryptography.hazmat.primitives import serialization

    key = open_public(path)
    folder.mkdir(parents=True, exist_ok=True)
    name = key_id(key)
    target = folder / f"{name}{PUBLIC}"
    target.write_bytes(
        key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )  # fmt: skip
    return target, name


def sign(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """The signature file of a manifest: algorithm, public key and its identifier, signature of the published form."""
    public = key.public_key()
    described = {
        "algorithm": ALGORITHM,
        "key": key_id(public),
        "public_key": base64.b64encode(public.public_bytes_raw()).decode(),
        "signature": base64.b64encode(key.sign(published_form(manifest))).decode(),
    }
    return (json.dumps(described, indent=2, sort_keys=True) + "\n").encode()


def examine(manifest: bytes, signature: bytes | None, trusted: Mapping[str, Ed25519PublicKey]) -> Signed:
    """Whether a signature is that of the manifest, and by one of the trusted keys.

    The signature file brings its public key, so a signature that is not of this manifest is told from one by a key
    that nobody vouches for. A trusted identifier with another key is “invalid”.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if signature is None:
        return Signed("unsigned")
    try:
        read = json.loads(signature)
        name, algorithm = str(read["key"]), read["algorithm"]
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(read["public_key"], validate=True))
        value = base64.b64decode(read["signature"], validate=True)
    except (ValueError, KeyError, TypeError):
        return Signed("invalid")
    if algorithm != ALGORITHM or key_id(key) != name:
        return Signed("invalid")
    if name in trusted and trusted[name].public_bytes_raw() != key.public_bytes_raw():
        return Signed("invalid", name)
    try:
        key.verify(value, published_form(manifest))
    except (InvalidSignature, ValueError):
        return Signed("invalid", name)
    return Signed("trusted" if name in trusted else "untrusted", name)
