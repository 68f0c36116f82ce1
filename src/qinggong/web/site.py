"""The public portal as files (静态站点): every page with its data, for any web server or object store.

All addresses are relative and end in ``.html``, so no rule of rewriting is needed. The newest state stands at the root,
each earlier release has a snapshot of its own in ``at/<release>/``: what was known and told on its day.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from qinggong.web import assets, views
from qinggong.web.addresses import FAMILIES, Family
from qinggong.web.answers import csv_of, json_of
from qinggong.web.ask import Ask, NotFound
from qinggong.web.pages.methods import method_pages
from qinggong.web.place import Place
from qinggong.web.series_index import known_by, slug_of

_MARK = "qinggong-site.txt"


class SiteError(Exception):
    """The files cannot be written; the message is one Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Written:
    """A written site."""

    folder: Path
    pages: int
    files: int
    size: int


def write_site(workspace: Path, folder: Path, *, progress: Callable[[str], None] = lambda _: None) -> Written:
    """Write every public page with its JSON and CSV, the files of all releases, and what the pages need.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    folder
        New, empty, or written by this function before; what is in it is replaced as a whole at the end.

    Raises
    ------
    SiteError
        If the folder holds other things.
    """
    place = Place(workspace)
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / _MARK).is_file())):
        raise SiteError(f"“{folder}”里已有别的内容，请换一个空文件夹")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "static").mkdir(parents=True)
    (part / _MARK).write_text("written by qinggong site\n", encoding="utf-8")
    for name in assets.every():
        asset = assets.find(name)
        if asset is not None:
            (part / "static" / name).write_bytes(asset.content)
    releases = [r for r in place.releases.all() if r.monthly]
    snapshots = (("最新", ""), *((r.name, f"/at/{r.name}") for r in releases[1:]))
    pages = _write_tree(place, Ask("/", static=True, snapshots=snapshots), part)
    for release in releases[1:]:
        progress(f"快照 {release.name}")
        asked = Ask("/", release.day, static=True, tree=f"/at/{release.name}", snapshots=snapshots)
        pages += _write_tree(place, asked, part)
    for release in releases:
        for name in (*release.files, "manifest.json"):
            target = part / "releases" / release.name / "files" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(release.folder / name, target)
    files = [p for p in part.rglob("*") if p.is_file()]
    size = sum(p.stat().st_size for p in files)
    if folder.exists():
        shutil.rmtree(folder)
    part.rename(folder)
    return Written(folder, pages, len(files), size)


def _write_tree(place: Place, asked: Ask, part: Path) -> int:
    """All pages as of the question's day; the number of pages."""
    count = 0
    told = place.told(asked.as_of)
    for family, found in every_page(place, asked):
        ask = replace(asked, path=family.path_of(found))
        try:
            page = family.page(place, ask, **found)
        except NotFound:
            continue  # not there yet on that day
        base = part / (ask.tree + ("/index" if ask.path == "/" else ask.path)).lstrip("/")
        base.parent.mkdir(parents=True, exist_ok=True)
        about: dict[str, object] = {
            "as_of": ask.as_of.isoformat() if ask.as_of else None,
            "release": told.release.name if told.release else None, "synthetic": place.synthetic,
        }  # fmt: skip
        html = views.render(page, ask, told=told, synthetic=place.synthetic, title=place.title)
        _beside(base, ".html").write_bytes(html)
        _beside(base, ".json").write_bytes(json_of(page, about))
        if page.tables:
            _beside(base, ".csv").write_bytes(csv_of(page, ""))
        count += 1
    return count


def _beside(base: Path, ending: str) -> Path:
    return base.with_name(base.name + ending)


def every_page(place: Place, asked: Ask) -> Iterator[tuple[Family, dict[str, str]]]:
    """Every public page but search and comparison, which need a server."""
    by_name = {family.name: family for family in FAMILIES}
    for name in ("overview", "industries", "regions", "indicators", "plans", "warnings", "releases", "methods"):
        yield by_name[name], {}
    catalogue, index = place.catalogue, place.index
    codes = [i.code for i in catalogue.industries.values()]
    codes += [code for kind, code in catalogue.subjects if kind == "group"]
    for name, key, values in (
        ("industry", "code", codes), ("region", "code", list(catalogue.regions)),
        ("indicator", "code", list(catalogue.indicators)), ("plan", "code", [p.code for p in place.plans]),
        ("method", "name", [m.name for m in method_pages()]),
        ("release", "name", [r.name for r in place.releases.all() if asked.as_of is None or r.day <= asked.as_of]),
        ("series", "slug", [slug_of(h.series) for h in known_by(index.all, asked.as_of)]),
    ):  # fmt: skip
        for value in values:
            yield by_name[name], {key: value}
