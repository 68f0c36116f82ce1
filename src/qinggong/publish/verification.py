"""Whether a release is whole and unchanged (核验): every file that its manifest lists, no other, and the signature.

Needs nothing but the folder and the public keys: whoever was sent a release can do it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from qinggong.publish.shelf import MANIFEST, read_manifest
from qinggong.publish.signing import SIGNATURE, Signed, examine

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Integrity:
    """What was found: files that are gone, altered, or not listed; and the signature."""

    month: str
    state: str
    files: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]
    signed: Signed

    @property
    def whole(self) -> bool:
        """True if every file is there and unchanged, and no other is."""
        return not (self.missing or self.changed or self.extra)


def integrity(folder: Path, trusted: Mapping[str, Ed25519PublicKey]) -> Integrity:
    """Hold the files of a release against its manifest, and the manifest against its signature.

    Raises
    ------
    ReleaseError
        If there is no readable manifest.
    """
    described = read_manifest(folder)
    missing, changed = [], []
    for name, told in sorted(described["files"].items()):
        path = folder / name
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or not path.is_file():
            missing.append(name)
        elif not isinstance(told, dict) or _hash(path) != told.get("sha256") or path.stat().st_size != told["bytes"]:
            changed.append(name)
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    extra = there - set(described["files"]) - {MANIFEST, SIGNATURE}
    signature = (folder / SIGNATURE).read_bytes() if (folder / SIGNATURE).is_file() else None
    return Integrity(
        month=str(described.get("month", "")), state=str(described.get("state", "")), files=len(described["files"]),
        missing=tuple(missing), changed=tuple(changed), extra=tuple(sorted(extra)),
        signed=examine((folder / MANIFEST).read_bytes(), signature, trusted),
    )  # fmt: skip


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
