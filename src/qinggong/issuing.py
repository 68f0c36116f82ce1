"""Signing, publishing, correcting and verifying releases (签发与核验).

A stage of ``flow``: the states and their order are ``publish.states``, folders are ``publish.shelf``; here calendar,
settings and clock decide what may happen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qinggong.catalogue.publication import ZONE, load_publication_calendar
from qinggong.config import settings, writing
from qinggong.data_release import Correction
from qinggong.intake import Progress, Workspace, quiet
from qinggong.publish import shelf, signing
from qinggong.publish.states import STATE_NAMES, ReleaseError, may_become, parse_folder
from qinggong.publish.verification import Integrity, integrity
from qinggong.rebuilding import Analyse, Further, Rebuilt, rebuilt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MOST_IN_NOTE = 500


@dataclass(frozen=True, slots=True)
class Issued:
    """A release that was signed or published."""

    name: str
    folder: Path
    state: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found; ``rebuilt`` is ``None`` where it was not asked for or could not be tried."""

    folder: Path
    integrity: Integrity
    rebuilt: Rebuilt | None
    not_rebuilt: str
    needs_signature: bool

    @property
    def proven(self) -> bool:
        """True if the release is whole, not wrongly signed, signed where it must be, and rebuilt alike where tried."""
        signed = self.integrity.signed.verdict
        right = signed == "trusted" or (signed == "unsigned" and not self.needs_signature)
        return self.integrity.whole and right and (self.rebuilt is None or self.rebuilt.same)


# ------------------------------------------------------------------------------------- signing, publishing


def sign_release(workspace: Workspace, code: str, key: Ed25519PrivateKey) -> Issued:
    """Sign the unpublished release of a month, ahead of its publication.

    Raises
    ------
    ReleaseError
        If there is none, it is a draft, or a file of it was altered.
    """
    with writing(workspace.layout):
        folder = _waiting(workspace, code)
        described = shelf.read_manifest(folder)
        _refuse_draft(folder.name, described)
        shelf.read_files(folder)
        shelf.put_signature(folder, signing.sign((folder / shelf.MANIFEST).read_bytes(), key))
        if folder.parent == workspace.layout.releases:
            shelf.list_releases(workspace.layout.releases)
    return Issued(folder.name, folder, "signed", signing.key_id(key.public_key()))


def publish_release(
    workspace: Workspace, code: str, *, key: Ed25519PrivateKey | None = None, progress: Progress = quiet
) -> Issued:
    """Publish the release of a month: move it among the releases, seal it, and list it.

    Parameters
    ----------
    code
        ``2024-08``; of several editions the one that is not published yet.
    key
        Signs it first.

    Raises
    ------
    ReleaseError
        Before the time of the calendar; if the checker found errors, a file was altered, a signature is wrong, or is
        required and lacking; if it is published already.
    """
    layout = workspace.layout
    with writing(layout):
        folder = _waiting(workspace, code)
        described = shelf.read_manifest(folder)
        if described["state"] != "published":  # else a publication was killed after its last decision
            _refuse_early(workspace, folder.name, described)
            _refuse_draft(folder.name, described)
        shelf.read_files(folder)
        signature = _signature(workspace, folder, key, progress)
        target = layout.releases / folder.name
        if folder != target:
            shelf.move(folder, target)
        shelf.seal(target, signature=signature)
        shelf.list_releases(layout.releases)
        signed = signing.examine((target / shelf.MANIFEST).read_bytes(), _signature_of(target), {})
    return Issued(target.name, target, "published", signed.key)


def _waiting(workspace: Workspace, code: str) -> Path:
    """The release of a month that is not published yet: among the drafts, else among the releases."""
    layout = workspace.layout
    for base in (layout.drafts, layout.releases):
        shelf.recover(base)
        here = [folder for folder, month, _, _ in shelf.found(base) if month == code]
        for folder in reversed(here):
            if base == layout.drafts or shelf.state_of(folder) != "published":
                return folder
    if (there := shelf.current(layout.releases, code)) is not None:
        # A publication that was killed at its very end is finished here.
        shelf.seal(there[0])
        shelf.list_releases(layout.releases)
        raise shelf.refusal(there[0].name, "published")
    raise ReleaseError(f"{code} 还没有编制，请先运行 qinggong run --month {code}")


def _refuse_early(workspace: Workspace, name: str, described: dict[str, Any]) -> None:
    """Nothing is published before the time that the calendar names, or named when the release was made."""
    told = load_publication_calendar(workspace.layout.publication_calendar).moment(name)
    moments = [told] if told is not None else []
    if described["publication"]:
        moments.append(dt.datetime.fromisoformat(described["publication"]))
    now = dt.datetime.now(dt.UTC)
    if moments and now < (moment := max(moments)):
        when = moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
        raise ReleaseError(f"{name} 定于北京时间 {when} 发布，现在还不能发布")


def _refuse_draft(name: str, described: dict[str, Any]) -> None:
    reasons = list(described["held"])
    if errors := int(described["check"]["errors"]):
        reasons = reasons or [f"核对发现{errors}处错误"]
    if reasons:
        raise ReleaseError(f"{name} 是草稿，不能签发：{'；'.join(reasons)}；请改正后重新运行 qinggong run")
    if not may_become(described["state"], "published"):
        raise ReleaseError(f"{name} 的状态为“{STATE_NAMES.get(described['state'], described['state'])}”，不能签发")


def _signature(
    workspace: Workspace, folder: Path, key: Ed25519PrivateKey | None, progress: Progress
) -> bytes | None:  # fmt: skip
    """The signature to publish with; ``None`` if the one that is there stays, or none is asked for."""
    manifest = (folder / shelf.MANIFEST).read_bytes()
    required = settings(workspace.layout).release.require_signature
    trusted = signing.trusted_keys(workspace.layout.keys)
    made = None if key is None else signing.sign(manifest, key)
    signed = signing.examine(manifest, made if made is not None else _signature_of(folder), trusted)
    if signed.verdict == "invalid":
        raise ReleaseError(f"{folder.name} 的签名与清单不符，请用 qinggong sign 重新签名")
    if required and signed.verdict == "unsigned":
        raise ReleaseError(f"{folder.name} 没有签名，本工作区要求签名后发布，请加 --key 或先运行 qinggong sign")
    if signed.verdict == "untrusted":
        told = f"签名钥匙 {signed.key} 不在可信公钥之列，请先运行 qinggong keys trust 公钥文件"
        if required:
            raise ReleaseError(f"{folder.name} 不能发布：{told}")
        progress(told)
    return made


def _signature_of(folder: Path) -> bytes | None:
    path = folder / signing.SIGNATURE
    return path.read_bytes() if path.is_file() else None


# ---------------------------------------------------------------------------------------------- correcting


def next_correction(workspace: Workspace, code: str, note: str, *, moment: str = "") -> Correction:
    """The next correction of a month: its number, its note with the spaces put right, its moment.

    Raises
    ------
    ReleaseError
        If nothing of the month is published, the note says nothing or too much, or the moment is none.
    """
    text = " ".join(note.split())
    if not text:
        raise ReleaseError("更正要写明改了什么、为什么改：--note 说明")
    if len(text) > MOST_IN_NOTE or not text.isprintable():
        raise ReleaseError(f"更正说明应在{MOST_IN_NOTE}字以内，不含控制字符，请精简")
    there = shelf.current(workspace.layout.releases, code)
    if there is None or there[1]["state"] != "published":
        raise ReleaseError(f"{code} 没有发布过，不需要更正，直接运行 qinggong run --month {code}")
    return Correction(shelf.next_edition(workspace.layout.releases, code), text, _moment(moment))


def _moment(text: str) -> str:
    """A moment by the clock of Asia/Shanghai as ISO; empty stays empty."""
    if not text:
        return ""
    try:
        found = dt.datetime.strptime(text.strip(), "%Y-%m-%d %H:%M")
    except ValueError:
        raise ReleaseError(f"不认识的时刻“{text}”，请写成 2024-10-08 10:00（北京时间）") from None
    return found.replace(tzinfo=ZONE).isoformat()


# ----------------------------------------------------------------------------------------------- verifying


def find_release(workspace: Workspace | None, release: str) -> Path:
    """The folder of a release by its path, or by its name (``2024-08``, ``2024-08.r2``) in a workspace.

    Raises
    ------
    ReleaseError
        If there is no such release.
    """
    path = Path(release)
    if (path / shelf.MANIFEST).is_file():
        return path
    named = parse_folder(release)
    if workspace is not None and (named is not None or "@" in release):
        layout = workspace.layout
        if named is not None and named[1] == 1 and (there := shelf.current(layout.releases, named[0])) is not None:
            return there[0]
        for base in (layout.releases, layout.drafts):
            if (base / release / shelf.MANIFEST).is_file():
                return base / release
    raise ReleaseError(f"找不到发布物“{release}”，请给出发布物的文件夹，或工作区中的月份如 2024-08")


def verify_release(
    folder: Path, *, workspace: Workspace | None = None, public: Path | None = None, rebuild: bool = True,
    analyse: Callable[[dt.date | None], Analyse] | None = None, further: Further | None = None,
    progress: Progress = quiet,
) -> Verified:  # fmt: skip
    """Prove that a release is complete, unchanged, rightly signed, and comes out of the store again.

    Parameters
    ----------
    workspace
        Where it was made: its trusted keys count, and it is rebuilt from its store.
    public
        The only key to trust.
    rebuild
        Make it again; only with a workspace.

    Raises
    ------
    ReleaseError
        If there is no readable manifest.
    SigningError
        If a public key cannot be read.
    """
    trusted: dict[str, Ed25519PublicKey] = {}
    if public is not None:
        key = signing.open_public(public)
        trusted = {signing.key_id(key): key}
    elif workspace is not None:
        trusted = signing.trusted_keys(workspace.layout.keys)
    found = integrity(folder, trusted)
    required = workspace is not None and settings(workspace.layout).release.require_signature
    needs = public is not None or (required and found.state in ("signed", "published"))
    if workspace is None or not rebuild:
        why = "没有给出工作区，不能由观测表重建" if workspace is None else ""
        return Verified(folder, found, None, why, needs)
    progress("由观测表重建，逐个文件比较")
    day = shelf.read_manifest(folder).get("as_of")
    as_of = dt.date.fromisoformat(day) if day else None
    done = rebuilt(
        workspace, folder, analyse=None if analyse is None else analyse(as_of), further=further, progress=progress
    )
    return Verified(folder, found, done, "", needs)


def verified_lines(found: Verified) -> list[str]:
    """The outcome in Chinese, one line a question, the reasons below."""
    told = found.integrity
    state = STATE_NAMES.get(told.state, told.state)  # type: ignore[call-overload]
    lines = [f"{found.folder.name}（{state}）：清单列{told.files}个文件。"]
    for what, names in (("缺少", told.missing), ("已改动", told.changed), ("多出", told.extra)):
        lines += [f"✗ {what}：{name}" for name in names]
    if told.whole:
        lines.append("✓ 完整，未改动。")
    key = told.signed.key
    lines.append(
        {
            "trusted": f"✓ 签名有效，钥匙 {key} 可信。",
            "untrusted": f"✗ 签名与清单相符，但钥匙 {key} 不在可信公钥之列。",
            "invalid": "✗ 签名无效：与清单不符，或签名文件已损坏。",
            "unsigned": "✗ 没有签名。" if found.needs_signature else "· 没有签名。",
        }[told.signed.verdict]
    )
    if found.rebuilt is None:
        return [*lines, *([f"· 未重建：{found.not_rebuilt}。"] if found.not_rebuilt else [])]
    words = {"changed": "与重建的不同", "not rebuilt": "重建没有得到", "new": "重建多出"}
    lines += [f"✗ {words[what]}：{name}" for name, what in found.rebuilt.differences]
    if found.rebuilt.same:
        lines.append("✓ 由观测表重建，逐字节相同。")
    return lines + [f"· {reason}。" for reason in found.rebuilt.reasons]


def verified_dict(found: Verified) -> dict[str, Any]:
    """The outcome as plain values."""
    told = found.integrity
    rebuilt_told = None
    if found.rebuilt is not None:
        rebuilt_told = {
            "same": found.rebuilt.same,
            "differences": [{"file": name, "what": what} for name, what in found.rebuilt.differences],
            "reasons": list(found.rebuilt.reasons),
        }
    return {
        "release": found.folder.name, "month": told.month, "state": told.state, "proven": found.proven,
        "files": told.files, "missing": list(told.missing), "changed": list(told.changed), "extra": list(told.extra),
        "signature": told.signed.verdict, "key": told.signed.key, "rebuilt": rebuilt_told,
    }  # fmt: skip
