"""The raw archive (原始档): every file that came from outside, byte for byte, under its hash, before it is parsed.

``raw/<sha256>/content`` with ``meta.json`` beside it: the name it came under, whence (``origin``: the path as the user
gave it, the address it was fetched from, or ``bundled``), its hash, and when it was frozen. That moment
is the ``known_at`` of every observation of the file, so a replay from the archive reproduces it. It grows from file
to file, so that of two files the later one is always known as the later one, whatever the clock says.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

CONTENT = "content"
META = "meta.json"
BUNDLED_ORIGIN = "bundled"
_TICK = dt.timedelta(microseconds=1)


class ArchiveError(Exception):
    """The archive cannot be read or written; the message is a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """One archived file.

    ``origin`` is empty in entries of versions that did not keep it. ``read_as`` is a later name by which the file was
    first recognised, such as one with its right ending; empty if the first name served. ``publisher`` is the body that
    the user named for a document that names none, ``vintage`` the version of the figures (or the day on which they
    were queried) of a customs file that tells neither.
    """

    name: str
    sha256: str
    known_at: dt.datetime
    size: int
    new: bool
    origin: str = ""
    read_as: str = ""
    publisher: str = ""
    vintage: str = ""


def freeze(archive: Path, *, name: str, content: bytes, now: dt.datetime, origin: str = "") -> Frozen:
    """Archive ``content``; the same bytes a second time keep their first name and moment.

    Parameters
    ----------
    archive
        The workspace's ``raw`` folder.
    origin
        Path as the user gave it, address, or ``bundled``.
    now
        Current time, with zone; moved behind the latest moment that the archive knows.

    Raises
    ------
    ArchiveError
        If the archive is damaged.
    """
    digest = hashlib.sha256(content).hexdigest()
    folder = archive / digest
    known = _read_meta(folder)
    if known is not None:
        return known
    moment = max([now.astimezone(dt.UTC), *(f.known_at + _TICK for f in archived(archive))])
    meta = {"name": name, "sha256": digest, "size": len(content), "known_at": moment.isoformat(), "origin": origin}
    archive.mkdir(parents=True, exist_ok=True)
    # Both files appear at once, by the renaming of their folder: a torn or half entry is never taken for a whole one.
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=archive))
    try:
        _write(part / CONTENT, content)
        _write(part / META, _meta_text(meta))
        if folder.is_dir() and not (folder / META).exists():
            shutil.rmtree(folder)
        part.chmod(0o755)
        part.rename(folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        known = _read_meta(folder)
        if known is None:
            raise
        return known  # another process froze the same bytes in between
    return Frozen(name, digest, moment, len(content), new=True, origin=origin)


def remember(archive: Path, frozen: Frozen, **said: str) -> Frozen:
    """Keep what a file needs to be read again alike: ``read_as``, its telling name, ``publisher``, ``vintage``."""
    path = archive / frozen.sha256 / META
    meta = json.loads(path.read_text(encoding="utf-8")) | said
    part = path.with_name(f".{META}.{os.getpid()}")
    _write(part, _meta_text(meta))
    part.replace(path)
    return dataclasses.replace(frozen, **said)  # type: ignore[arg-type]


def thawed(archive: Path, frozen: Frozen) -> bytes:
    """The bytes of an entry, checked against their hash.

    Raises
    ------
    ArchiveError
        If they are gone or not those that were frozen.
    """
    path = archive / frozen.sha256 / CONTENT
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"原始档的 {path} 打不开（{error.strerror}），请从备份恢复该文件") from error
    if hashlib.sha256(content).hexdigest() != frozen.sha256:
        raise ArchiveError(f"原始档的 {path} 与其指纹不符，内容已被改动，请从备份恢复该文件")
    return content


def sweep(archive: Path) -> None:
    """Remove what a process that was killed left half written; only for the one that holds the workspace's lock."""
    for part in archive.glob(".part-*") if archive.is_dir() else ():
        shutil.rmtree(part, ignore_errors=True)


def file_name(path: Path) -> str:
    """The name of a file as text; a name in another encoding, such as that of old archives, is read as GB18030."""
    return path_text(path.name)


def path_text(path: Path | str) -> str:
    """A path as text, in the same way."""
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError:
        return os.fsencode(path).decode("gb18030", "replace")


def archived(archive: Path) -> list[Frozen]:
    """All archived files in the order in which they came."""
    found = []
    for folder in sorted(archive.iterdir()) if archive.is_dir() else []:
        frozen = None if folder.name.startswith(".") else _read_meta(folder)
        if frozen is not None:
            found.append(frozen)
    return sorted(found, key=lambda f: (f.known_at, f.sha256))


def is_archived(archive: Path, content: bytes) -> bool:
    """True if these very bytes are in the archive."""
    return (archive / hashlib.sha256(content).hexdigest() / META).is_file()


def _read_meta(folder: Path) -> Frozen | None:
    path = folder / META
    if not path.is_file():
        return None
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        moment = dt.datetime.fromisoformat(meta["known_at"])
        if moment.tzinfo is None:
            raise ValueError("known_at has no zone")
        return Frozen(
            str(meta["name"]), str(meta["sha256"]), moment, int(meta["size"]), new=False,
            origin=str(meta.get("origin", "")), read_as=str(meta.get("read_as", "")),
            publisher=str(meta.get("publisher", "")), vintage=str(meta.get("vintage", "")),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"原始档的 {path} 已损坏（{error}），请从备份恢复该文件") from error


def _meta_text(meta: dict[str, object]) -> bytes:
    return json.dumps(meta, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
