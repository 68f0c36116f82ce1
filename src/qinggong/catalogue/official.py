"""The bundled official figures (随软件附带的官方发布数字) and the fingerprint of the catalogue in use."""

from __future__ import annotations

import datetime as dt
import hashlib
from importlib import resources
from pathlib import Path

import yaml


def bundled_figures() -> tuple[bytes, dt.datetime]:
    """The bundled file of published figures and the moment at which it was read from the releases."""
    folder = resources.files("qinggong.catalogue").joinpath("data", "official_releases")
    described = yaml.safe_load(folder.joinpath("source.yaml").read_text(encoding="utf-8"))
    return folder.joinpath("observations.csv").read_bytes(), dt.datetime.fromisoformat(str(described["known_at"]))


def catalogue_hash(*, overlay: Path | None = None) -> str:
    """SHA-256 over the names and bytes of all catalogue files, the workspace's own after the bundled ones."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("qinggong.catalogue").joinpath("data")))
    for base in (root, overlay):
        for path in sorted(base.rglob("*")) if base is not None else []:
            if base is not None and path.is_file():
                digest.update(path.relative_to(base).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
