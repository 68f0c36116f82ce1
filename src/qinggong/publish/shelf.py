"""Releases as folders (发布物的存放): written whole, replaced whole, sealed when published, listed in an index.

A folder is written beside its place and then renamed. Of a replacement that was killed between its two renames the
older folder is put back by the next writer (:func:`recover`). All functions that write are for the holder of the
workspace's lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from qinggong.publish.signing import SIGNATURE
from qinggong.publish.states import (
    ReleaseError,
    State,
    manifest_bytes,
    may_become,
    parse_folder,
    published_form,
)

MANIFEST = "manifest.json"
INDEX = "index.json"
FEED = "feed.xml"
_PART, _OLD = ".part", ".old"
READ_ONLY = 0o444


def listed_files(files: Mapping[str, bytes]) -> dict[str, dict[str, str | int]]:
    """Hash and size of every file, as the manifest lists them."""
    return {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(files.items())
    }


def manifest(files: Mapping[str, bytes], described: Mapping[str, Any]) -> bytes:
    """The manifest of some files: what is said of them, and the hash and size of each."""
    return manifest_bytes({**described, "files": listed_files(files)})


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release.

    Raises
    ------
    ReleaseError
        If there is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        read = json.loads(path.read_bytes())
    except OSError as error:
        raise ReleaseError(f"“{folder}”中没有 {MANIFEST}，不是本系统的发布物，请核对路径") from error
    except ValueError as error:
        raise ReleaseError(f"{path} 已损坏，请重新编制或从备份恢复") from error
    if not isinstance(read, dict) or not isinstance(read.get("files"), dict):
        raise ReleaseError(f"{path} 已损坏，请重新编制或从备份恢复")
    return read


def state_of(folder: Path) -> str:
    """The state of the release in a folder; empty if there is no release."""
    return str(read_manifest(folder).get("state", "")) if (folder / MANIFEST).is_file() else ""


# ------------------------------------------------------------------------------------------------- writing


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a release at ``folder``, replacing one that is there and may be replaced; its manifest is among the files.

    Raises
    ------
    ReleaseError
        If the folder holds a published release, or something that is no release.
    """
    recover(folder.parent)
    _may_replace(folder, json.loads(files[MANIFEST])["state"])
    part, old = _beside(folder, _PART), _beside(folder, _OLD)
    for name, content in files.items():
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            raise ReleaseError(f"发布物中不能有名为“{name}”的文件，请换一个名称")
        path = part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(f".{folder.name}{suffix}")


def _may_replace(folder: Path, wanted: State) -> None:
    if not (folder / MANIFEST).is_file():
        if folder.exists() and any(folder.iterdir()):
            raise ReleaseError(f"{folder} 已有内容但没有 {MANIFEST}，不是本系统的发布物，请移走后重试")
        return
    if not may_become(state := state_of(folder), wanted):
        raise refusal(folder.name, state)


def refusal(name: str, state: str) -> ReleaseError:
    """Why a release cannot be changed any more, and what to do."""
    if state == "published":
        month = (parse_folder(name) or (name, 1))[0]
        return ReleaseError(f"{name} 已发布，不能再改；数字有更正，请用 qinggong correct {month} --note 另发更正版")
    return ReleaseError(f"{name} 的状态为“{state}”，不能覆盖，请移走后重试")


def recover(parent: Path) -> None:
    """Finish or undo what a killed writer left in a folder of releases."""
    for old in sorted(parent.glob(f".*{_OLD}")):
        folder = parent / old.name[1 : -len(_OLD)]
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)
    for part in parent.glob(f".*{_PART}"):
        shutil.rmtree(part, ignore_errors=True)


def remove(folder: Path) -> None:
    """Take away a release that is not published, if there is one.

    Raises
    ------
    ReleaseError
        If it is published.
    """
    if not (folder / MANIFEST).is_file():
        return
    if (state := state_of(folder)) == "published":
        raise refusal(folder.name, state)
    old = _beside(folder, _PART)  # what a kill leaves of it is not put back
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def read_files(folder: Path) -> dict[str, bytes]:
    """All files that the manifest lists, each checked against its hash.

    Raises
    ------
    ReleaseError
        Naming the first one that is gone or altered.
    """
    found = {}
    for name, told in read_manifest(folder)["files"].items():
        try:
            found[name] = (folder / name).read_bytes()
        except OSError as error:
            raise ReleaseError(f"{folder / name} 打不开（{error.strerror}），请重新编制该发布物") from error
        if hashlib.sha256(found[name]).hexdigest() != told["sha256"]:
            raise ReleaseError(f"{folder / name} 与 {MANIFEST} 所记不符，编制以后被改动过，请重新编制该发布物")
    return found


def add_files(folder: Path, files: Mapping[str, bytes], *, also: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Add files to a release that is not published, replacing those of the same names, and write its manifest anew.

    Parameters
    ----------
    files
        Contents by path inside the folder, such as ``editions/brief/brief.html``.
    also
        Entries of the manifest to set.

    Returns
    -------
    dict
        The new manifest. A signed release is “checked” again: the signature was that of another manifest. With reasons
        in ``held`` it is a draft.

    Raises
    ------
    ReleaseError
        If the release is published, or a file of it was altered.
    """
    recover(folder.parent)
    described = read_manifest(folder)
    if described["state"] == "published":
        raise refusal(folder.name, "published")
    together = read_files(folder) | dict(files)
    described |= dict(also or {})
    described |= {"files": listed_files(together)}
    described["state"] = "draft" if described.get("held") or described.get("as_of") else "checked"
    write(folder, together | {MANIFEST: manifest_bytes(described)})
    return described


# --------------------------------------------------------------------------------------------- publication


def put_signature(folder: Path, signature: bytes) -> None:
    """A signature beside the manifest, whose state becomes “signed”."""
    manifest = read_manifest(folder)
    _replace(folder / SIGNATURE, signature)
    _replace(folder / MANIFEST, manifest_bytes({**manifest, "state": "signed"}))


def move(draft: Path, folder: Path) -> None:
    """Put a draft's folder in the place of releases, in one renaming.

    Raises
    ------
    ReleaseError
        If a published release is there, or the two places are not on one file system.
    """
    if (folder / MANIFEST).is_file():
        remove(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft.rename(folder)
    except OSError as error:
        raise ReleaseError(f"不能把 {draft} 移到 {folder}（{error.strerror}），请检查两处是否在同一磁盘") from error


def seal(folder: Path, *, signature: bytes | None = None) -> None:
    """Make a release published, where it lies: signature, manifest, then everything read-only.

    Killed at any point it can be called again: with the signature in place and the manifest not yet, the signature is
    already that of the manifest as it will read.
    """
    if signature is not None:
        _replace(folder / SIGNATURE, signature)
    manifest = (folder / MANIFEST).read_bytes()
    final = published_form(manifest)
    if final != manifest:
        _replace(folder / MANIFEST, final)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(READ_ONLY)


def _replace(path: Path, content: bytes) -> None:
    """The new content under the old name in one step; a reader sees one of the two."""
    part = path.with_name(f".{path.name}{_PART}")
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


# ------------------------------------------------------------------------------------------------- listing


def found(releases: Path) -> Iterator[tuple[Path, str, int, dict[str, Any]]]:
    """Every release of a folder with its month, edition and manifest, corrections after what they correct."""
    named = [(parse_folder(p.name), p) for p in releases.iterdir()] if releases.is_dir() else []
    for place, folder in sorted((place, p) for place, p in named if place is not None):
        if (folder / MANIFEST).is_file():
            yield folder, *place, read_manifest(folder)


def current(releases: Path, month: str) -> tuple[Path, dict[str, Any]] | None:
    """The edition of a month that counts: the last published one, else the last."""
    here = [(folder, read) for folder, code, _, read in found(releases) if code == month]
    published = [one for one in here if one[1]["state"] == "published"]
    return next(reversed(published or here), None)


def index(releases: Path) -> bytes:
    """The index of releases: for each month the folder that is current, and all its editions."""
    listed: dict[str, dict[str, Any]] = {}
    for folder, month, edition, read in found(releases):
        one = {"folder": folder.name, "state": read["state"], "released": read["release_date"], "edition": edition}
        entry = listed.setdefault(month, {"editions": []})
        entry["editions"].append(dict(one))
        if read["state"] == "published" or entry.get("state") != "published":
            entry.update(one)
    return (json.dumps(listed, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def list_releases(releases: Path) -> None:
    """Write the index, and the feed once a release is published."""
    from qinggong.publish.feed import feed

    releases.mkdir(parents=True, exist_ok=True)
    _replace(releases / INDEX, index(releases))
    published = [read for _, _, _, read in found(releases) if read["state"] == "published"]
    if published:
        _replace(releases / FEED, feed(published))


def next_edition(releases: Path, month: str) -> int:
    """The number of the next correction of a month."""
    return 1 + max((edition for _, code, edition, _ in found(releases) if code == month), default=0)
