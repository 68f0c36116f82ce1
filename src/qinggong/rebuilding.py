"""A release made again (重建) from the store as it was: same version of the table, same findings, same terms.

A stage of ``flow``. Nothing of the workspace is changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from qinggong import __version__
from qinggong.briefing import month_brief
from qinggong.catalogue.official import catalogue_hash
from qinggong.config import Layout
from qinggong.data_release import Terms
from qinggong.intake import Progress, Workspace, quiet
from qinggong.monitor.block_analysis import SeriesFigures
from qinggong.monitor.facts import Brief
from qinggong.publication import Rendered, rendered
from qinggong.publish import shelf
from qinggong.publish.states import published_form
from qinggong.standing import known, parse_month
from qinggong.store.base import Snapshot, StoreError
from qinggong.store.delta import DeltaStore

_MONTH = re.compile(r"\d{4}-\d{2}")
Analyse = Callable[[Workspace], SeriesFigures]
Further = Callable[[Workspace, Snapshot, Brief | None, Mapping[str, Any]], Mapping[str, bytes]]
"""Makes the files that a stage added to a release, such as its editions, from the same brief and manifest; all files of
a longer period, whose brief it makes itself."""


class PinnedStore(DeltaStore):
    """The table of a folder at an earlier version; for questions only."""

    def __init__(self, place: Path, version: int) -> None:
        super().__init__(place)
        self.pinned = version

    def __new__(cls, place: Path | str = "", version: Any = None) -> PinnedStore:
        return object.__new__(cls)

    def _table(self, version: int | None = None) -> DeltaTable | None:
        return super()._table(self.pinned if version is None else version)


@dataclass(frozen=True, slots=True)
class PinnedLayout(Layout):
    """A workspace's folders with the book of findings as it was."""

    book: Path

    @property
    def findings(self) -> Path:
        return self.book


@dataclass(frozen=True)
class PinnedWorkspace(Workspace):
    """A workspace as it was when a release was made."""

    then: DeltaStore | None = field(default=None, kw_only=True)

    @cached_property
    def store(self) -> DeltaStore:
        assert self.then is not None
        return self.then


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A rebuilding compared with the release.

    Attributes
    ----------
    differences
        Files by name, with what is wrong: ``changed``, ``not rebuilt`` (a stage that is not there made it) or ``new``.
    reasons
        Chinese sentences: what is no longer as it was.
    """

    differences: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def rebuilt(
    workspace: Workspace, folder: Path, *, analyse: Analyse | None = None, further: Further | None = None,
    progress: Progress = quiet,
) -> Rebuilt:  # fmt: skip
    """Make a release again and compare every file with the hash in its manifest.

    Parameters
    ----------
    folder
        The release.
    analyse
        Makes the figures of all series, for releases that have them.
    further
        Makes the files of further stages.

    Raises
    ------
    ReleaseError, StoreError, FlowError
        If the manifest, the store or the data do not allow it at all.
    """
    described = shelf.read_manifest(folder)
    terms = terms_of(described)
    reasons = _reasons(workspace, described, terms)
    with tempfile.TemporaryDirectory(prefix="qinggong-verify-") as scratch:
        pinned, fallen_back = pinned_workspace(workspace, described, Path(scratch))
        if fallen_back:
            version = described["store_version"]
            reasons.append(f"观测表已没有第{version}版，改取该发布物编制时已入库的数字（清理过的观测表都是这样）")
        if _MONTH.fullmatch(described["month"]):
            made, brief, snapshot = _made(pinned, described, terms, analyse, progress)
            files = dict(made.files)
            if further is not None:
                files |= further(pinned, snapshot, brief, described)
        else:
            day = described["as_of"]
            longer = known(pinned, dt.date.fromisoformat(day) if day else None)
            files = {} if further is None else dict(further(pinned, longer, None, described))
    listed = described["files"]
    found = [
        (name, "changed" if name in files else "not rebuilt")
        for name in sorted(listed)
        if name not in files or hashlib.sha256(files[name]).hexdigest() != listed[name]["sha256"]
    ]
    found += [(name, "new") for name in sorted(set(files) - set(listed))]
    return Rebuilt(tuple(found), tuple(reasons))


def terms_of(described: Mapping[str, Any]) -> Terms:
    """The terms that stand in a manifest."""
    previous = described["previous"]
    return Terms(
        title=described["issuer"]["title"], known=dt.datetime.fromisoformat(described["known"]),
        findings=int(described["findings"]), issuer=described["issuer"], publication=described["publication"] or "",
        edition=int(described["edition"]), note=described["note"],
        previous=None if previous is None else (previous["folder"], previous["sha256"]),
        template=described.get("template") or "",
        side=described.get("side_file") or "",
    )  # fmt: skip


def pinned_workspace(workspace: Workspace, described: Mapping[str, Any], scratch: Path) -> tuple[PinnedWorkspace, bool]:
    """The workspace as it was when a release was made, and whether its version of the table is gone.

    Without that version the rows that were taken in by then are put into a table of their own: rows that were accepted
    later, of a file that had come before, cannot be told from those that were there.
    """
    book = scratch / "findings.jsonl"
    lines = workspace.layout.findings.read_bytes().splitlines(keepends=True) if described["findings"] else []
    book.write_bytes(b"".join(lines[: int(described["findings"])]))
    layout = PinnedLayout(workspace.layout.root, book)
    version = int(described["store_version"])
    store: DeltaStore = PinnedStore(workspace.store.folder, version)
    fallen_back = False
    try:
        store.count()
    except StoreError:
        known_then = dt.datetime.fromisoformat(described["known"])
        rows = [o for o in workspace.store.everything() if o.known_at <= known_then]
        store, fallen_back = DeltaStore(scratch / "observations"), True
        store.append(rows, transaction="rebuild")
    return PinnedWorkspace(layout, then=store), fallen_back


def _made(
    pinned: PinnedWorkspace, described: Mapping[str, Any], terms: Terms, analyse: Analyse | None, progress: Progress
) -> tuple[Rendered, Brief, Snapshot]:
    at = parse_month(described["month"])
    as_of = dt.date.fromisoformat(described["as_of"]) if described["as_of"] else None
    snapshot = known(pinned, as_of)
    brief = month_brief(pinned, snapshot, at=at, as_of=as_of)
    wanted = "data/all_series.csv" in described["files"] and analyse is not None
    figures = analyse(pinned) if wanted and analyse is not None else None
    return rendered(pinned, snapshot, brief, terms, progress, figures), brief, snapshot


def _reasons(workspace: Workspace, described: Mapping[str, Any], terms: Terms) -> list[str]:
    """What differs today from what the manifest says the bytes depend on."""
    from importlib import metadata

    found = []
    if described["code_version"] != __version__:
        found.append(f"程序是第{__version__}版，该发布物由第{described['code_version']}版编制")
    if described["catalogue_sha256"] != catalogue_hash(overlay=workspace.layout.catalogue):
        found.append("目录在该发布物编制以后有改动")
    for name, version in described["library_versions"].items():
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            here = "没有安装"
        if here != version:
            found.append(f"程序库 {name} 现为{here}，该发布物用的是{version}")
    if terms.previous is not None:
        manifest = workspace.layout.releases / terms.previous[0] / shelf.MANIFEST
        content = manifest.read_bytes() if manifest.is_file() else b""
        if not content or hashlib.sha256(published_form(content)).hexdigest() != terms.previous[1]:
            found.append(f"用来比较的发布物 {terms.previous[0]} 已不在或已重新编制")
    return found
