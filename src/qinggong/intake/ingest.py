"""Files into the store (收录): freeze → parse → check → append, one file one commit.

A damaged file stops that file only, a bad row that row only; a file that was taken in adds nothing a second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

from qinggong.catalogue.official import bundled_figures
from qinggong.config import writing
from qinggong.intake import synthetic
from qinggong.intake.take_in import BUNDLED, VINTAGED, Ingested, is_held, restated, shape_of, take_in, unreadable
from qinggong.intake.workspace import Workspace
from qinggong.sources import customs
from qinggong.sources.freeze import BUNDLED_ORIGIN, file_name, freeze, path_text, remember, sweep

__all__ = [
    "BUNDLED",
    "Ingested",
    "Progress",
    "files_in",
    "ingest",
    "ingest_bundled",
    "ingest_content",
    "is_held",
    "quiet",
]

Progress = Callable[[str], None]


def quiet(_: str) -> None:
    """Progress that nobody watches."""


def ingest(
    workspace: Workspace,
    paths: Iterable[Path],
    *,
    publisher: str = "",
    vintage: str = "",
    now: dt.datetime | None = None,
    progress: Progress = quiet,
) -> list[Ingested]:
    """Take files and folders in; a damaged file stops that file only, a bad row that row only.

    Parameters
    ----------
    publisher
        The body whose release a document is, where the document does not say so; kept with the file.
    vintage
        Which version of the figures a customs file holds (快讯, 月刊, 在线查询, 年鉴), or the day on which they were
        queried, where the file does not say so; kept with the file. Other files take no notice of it.

    Raises
    ------
    VintageError
        If the vintage is none; nothing is taken in then.
    """
    vintage = customs.dating(vintage).text if vintage.strip() else ""
    # The official figures come first, so that a mistyped one of the user's never takes their place.
    ingest_bundled(workspace, progress=progress)
    done = []
    for path in files_in(paths):
        name = file_name(path)
        progress(f"导入 {name}")
        try:
            content = path.read_bytes()
        except OSError as error:
            done.append(unreadable(name, f"打不开（{error.strerror}）"))
            continue
        done.append(
            _freeze_and_take_in(
                workspace, name, content, origin=path_text(path), now=now, publisher=publisher, vintage=vintage
            )
        )
    return done


def ingest_content(
    workspace: Workspace, *, name: str, content: bytes, origin: str, now: dt.datetime | None = None
) -> Ingested:
    """Take in bytes that are no file of the user, such as a fetched answer; ``origin`` is its address."""
    ingest_bundled(workspace)
    return _freeze_and_take_in(workspace, name, content, origin=origin, now=now)


def ingest_bundled(workspace: Workspace, *, progress: Progress = quiet) -> list[Ingested]:
    """Take in the figures of official releases that come with the package; a second time adds nothing."""
    content, read_on = bundled_figures()
    if synthetic.is_synthetic(workspace) or is_held(workspace, content):
        return []
    with writing(workspace.layout):
        if is_held(workspace, content):
            return []
        progress("导入随软件附带的官方发布数字")
        name = f"{BUNDLED}.csv"
        frozen = freeze(workspace.layout.raw, name=name, content=content, now=read_on, origin=BUNDLED_ORIGIN)
        return [take_in(workspace, name, frozen, content)]


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files that the paths mean, in order; those of a folder sorted, hidden and lock files left out."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
        else:
            found.append(path)
    return found


def _freeze_and_take_in(
    workspace: Workspace, name: str, content: bytes, *, origin: str, now: dt.datetime | None, publisher: str = "",
    vintage: str = "",
) -> Ingested:  # fmt: skip
    if (refused := synthetic.refusal(workspace, name, content)) is not None:
        return Ingested(name, "", "", 0, 0, 0, (refused,))
    with writing(workspace.layout):
        sweep(workspace.layout.raw)
        frozen = freeze(
            workspace.layout.raw, name=name, content=content, now=now or dt.datetime.now(dt.UTC), origin=origin
        )
        if publisher and frozen.publisher != publisher:
            frozen = remember(workspace.layout.raw, frozen, publisher=publisher)
        shape = shape_of(workspace, name, content) if vintage and frozen.vintage != vintage else None
        if shape is not None and shape.id in VINTAGED:
            if is_held(workspace, content):
                return restated(name, frozen)
            frozen = remember(workspace.layout.raw, frozen, vintage=vintage)
        return take_in(workspace, name, frozen, content)
