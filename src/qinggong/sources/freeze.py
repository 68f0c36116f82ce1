"""The raw archive (原始档): every file that came from outside, byte for byte, under its hash, before it is parsed.

``raw/<sha256>/content`` with ``meta.json`` beside it: the name it came under and when it was frozen. That moment
is the ``known_at`` of every observation of the file, so a replay from the archive reproduces it; it never decreases.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

CONTENT = "content"
META = "meta.json"


@dataclass(frozen=True, slots=True)
class Frozen:
    """One archived file."""

    name: str
    sha256: str
    known_at: dt.datetime
    size: int
    new: bool


def freeze(archive: Path, *, name: str, content: bytes, now: dt.datetime) -> Frozen:
    """Archive ``content``; the same bytes a second time keep their first moment.

    Parameters
    ----------
    archive
        The workspace's ``raw`` folder.
    now
        Current time, with zone; moved up if the archive already knows a later one.
    """
    digest = hashlib.sha256(content).hexdigest()
    folder = archive / digest
    known = _read_meta(folder)
    if known is not None:
        return known
    moment = max([now.astimezone(dt.UTC), *(_moments(archive))])
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / CONTENT, content)
    meta = {"name": name, "sha256": digest, "size": len(content), "known_at": moment.isoformat()}
    _write(folder / META, json.dumps(meta, ensure_ascii=False, indent=1, sort_keys=True).encode())
    return Frozen(name, digest, moment, len(content), new=True)


def archived(archive: Path) -> list[Frozen]:
    """All archived files in the order in which they came."""
    found = []
    for folder in sorted(archive.iterdir()) if archive.is_dir() else []:
        frozen = _read_meta(folder)
        if frozen is not None:
            found.append(frozen)
    return sorted(found, key=lambda f: (f.known_at, f.sha256))


def _moments(archive: Path) -> list[dt.datetime]:
    return [f.known_at for f in archived(archive)]


def _read_meta(folder: Path) -> Frozen | None:
    path = folder / META
    if not path.is_file():
        return None
    meta = json.loads(path.read_text(encoding="utf-8"))
    moment = dt.datetime.fromisoformat(meta["known_at"])
    return Frozen(str(meta["name"]), str(meta["sha256"]), moment, int(meta["size"]), new=False)


def _write(path: Path, content: bytes) -> None:
    """Write and rename, so that a torn file is never taken for a whole one."""
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
