"""The public portal as files (静态站点): every page with its data, for any web server or object store.

All addresses are relative and end in ``.html``, so no rule of rewriting is needed. The newest state stands at the root,
each earlier release has a snapshot of its own in ``at/<release>/``: what was known and told on its day. The pages in
English stand in ``en/``; their data, the files of the releases and the feed are there once. Search and comparison are
pages with scripts that read an index and the data of the series.
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
from qinggong.web.pages.releases import feed
from qinggong.web.place import Place
from qinggong.web.search_index import FILE as INDEX
from qinggong.web.search_index import index_script
from qinggong.web.series_index import known_by, slug_of

_MARK = "qinggong-site.txt"
_BY_SCRIPT = ("search", "compare")


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
    pages = 0
    for name, tree in snapshots:
        progress(f"快照 {name}" if tree else "最新各页")
        day = next((r.day for r in releases[1:] if r.name == name), None)
        asked = Ask("/", day, static=True, tree=tree, snapshots=snapshots)
        pages += _write_tree(place, asked, part)
    _write(part, "/releases/feed.xml", feed(place, base="", ending=".html").encode())
    for release in place.releases.all():
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
    """All pages as of the question's day in both languages, and their index; the number of pages."""
    told = place.told(asked.as_of)
    about: dict[str, object] = {
        "as_of": asked.as_of.isoformat() if asked.as_of else None,
        "release": told.release.name if told.release else None, "synthetic": place.synthetic,
    }  # fmt: skip
    written: set[str] = set()
    count = 0
    for family, found, given in _files(place, asked):
        ask = replace(asked, path=family.path_of(found), given=given)
        try:
            page = family.page(place, ask, **found)
            in_english = family.page(place, replace(ask, lang="en"), **found)
        except NotFound:
            continue  # not there yet on that day
        for one, its in ((page, ask), (in_english, replace(ask, lang="en"))):
            html = views.render(one, its, told=told, synthetic=place.synthetic, title=place.title)
            _write(part, f"{its.root}{its.stem}.html", html)
        if family.name not in _BY_SCRIPT:
            _write(part, f"{ask.tree}{ask.stem}.json", json_of(page, about))
            for number, table in enumerate(page.tables):
                ending = f".{table.name}.csv" if number else ".csv"
                _write(part, f"{ask.tree}{ask.stem}{ending}", csv_of(page, table.name))
        written.add(ask.path)
        count += 2
    _write(part, f"{asked.tree}/{INDEX}", index_script(place, asked.as_of, pages=written))
    return count


def _write(part: Path, name: str, content: bytes) -> None:
    path = part / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _files(place: Place, asked: Ask) -> Iterator[tuple[Family, dict[str, str], dict[str, str]]]:
    """Every page, and again with each of the choices that a page offers; with scripts, search and comparison."""
    by_name = {family.name: family for family in FAMILIES}
    for family, found in every_page(place, asked):
        yield family, found, {}
        if family.name == "regions":
            offered = family.page(place, asked, **found).data
            for subject in offered["subjects"]:
                for indicator in offered["indicators"]:
                    yield family, found, {"indicator": indicator["code"], "subject": subject["key"]}
        if family.name == "industry":
            code = found["code"]
            kind = "industry" if code in place.catalogue.industries else "group"
            scopes = place.index.scopes(kind, code)
            for scope in scopes if len(scopes) > 1 else ():
                yield family, found, {"scope": scope}
    for name in _BY_SCRIPT:
        yield by_name[name], {}, {}


def every_page(place: Place, asked: Ask) -> Iterator[tuple[Family, dict[str, str]]]:
    """Every public page but search and comparison, which are made from a question."""
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
