"""From a brief to a written release (发布): documents, data files and the manifest that describes them.

A stage of ``flow``: composes and renders; what is printed was decided before.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePath
from typing import Any

from qinggong import __version__
from qinggong.catalogue.official import catalogue_hash
from qinggong.config import settings
from qinggong.intake import Ingested, Progress, Workspace
from qinggong.monitor.block_analysis import SeriesFigures, ranked
from qinggong.monitor.facts import Brief
from qinggong.periods import Period
from qinggong.sources.freeze import archived
from qinggong.store.base import Snapshot, plain

RENDERED_BY = ("duckdb", "fonttools", "jinja2", "python-docx", "typst", "vl-convert-python", "xlsxwriter")
"""Libraries on which the bytes of a release depend; a manifest names their versions."""


@dataclass(frozen=True, slots=True)
class Released:
    """A written release."""

    month: Period
    folder: Path
    files: tuple[str, ...]
    brief: Brief
    ingested: tuple[Ingested, ...]
    missing_characters: str = ""


def publish(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, ingested: list[Ingested], progress: Progress,
    figures: SeriesFigures | None = None,
) -> Released:  # fmt: skip
    from qinggong.publish import release
    from qinggong.publish.bulletin import compose
    from qinggong.publish.data import (
        fact_table,
        observation_table,
        series_table,
        specification_file,
        to_csv,
        to_parquet,
    )

    title = settings(workspace.layout).title or workspace.plan.title
    bulletin = compose(brief, title=title)
    code = f"{brief.month.year}-{brief.month.last:02d}"
    progress("编制月报（HTML、PDF、Word、数据）")
    files = release.render(
        bulletin, [fact_table(brief.book, synthetic=brief.synthetic), observation_table(_used(snapshot, brief))]
    )
    if figures is not None:
        places = ranked(figures)
        table = series_table(
            figures.series, figures.last, figures.value, figures.growth, figures.momentum, figures.average,
            figures.surprise, places.place, places.of, synthetic=brief.synthetic,
        )  # fmt: skip
        files |= {f"data/{table.name}.csv": to_csv(table), f"data/{table.name}.parquet": to_parquet(table)}
    if brief.momentum is not None and brief.momentum.records:
        files["data/specifications.jsonl"] = specification_file(brief.momentum.records, synthetic=brief.synthetic)
    draft = bool(brief.as_of)
    layout = workspace.layout
    folder = layout.drafts / f"{code}@{brief.as_of}" if draft else layout.releases / code
    described = {
        "format": 1,
        "title": bulletin.title,
        "synthetic": brief.synthetic,
        "month": code,
        "state": "draft" if draft else "checked",
        "as_of": brief.as_of or None,
        "known": max(f.known_at for f in archived(layout.raw)).isoformat(),
        "release_date": brief.release_date,
        "store_version": snapshot.version,
        "code_version": __version__,
        "library_versions": {name: metadata.version(name) for name in RENDERED_BY},
        "catalogue_sha256": catalogue_hash(overlay=layout.catalogue),
        "inputs": [
            {"name": f.name, "sha256": f.sha256, "known_at": f.known_at.isoformat(), "bytes": f.size}
            for f in archived(layout.raw)
        ],
        "facts": len(brief.book),
        "characters_not_in_font": release.missing_characters(bulletin),
        "check": _verdict(workspace, files["bulletin.html"], progress),
    }
    files[release.MANIFEST] = release.manifest(files, described)
    release.write(folder, files)
    if not draft:
        (layout.releases / release.INDEX).write_bytes(release.index(layout.releases))
    missing = described["characters_not_in_font"]
    return Released(brief.month, folder, tuple(sorted(files)), brief, tuple(ingested), str(missing))


def _verdict(workspace: Workspace, page: bytes, progress: Progress) -> dict[str, int]:
    """What the checker says of a bulletin, for its manifest."""
    from qinggong.publish.checker import check_document

    found = check_document(PurePath("bulletin.html"), page, catalogue=workspace.catalogue)
    if found.errors:
        progress(f"核对发现{found.errors}处错误，用 qinggong check 查看")
    return {"errors": found.errors, "warnings": len(found.findings) - found.errors}


def _used(snapshot: Snapshot, brief: Brief) -> list[dict[str, Any]]:
    """The observations behind the facts as plain values, in the order of series and period."""
    wanted = {i for fact in brief.book for i in fact.lineage.inputs}
    series = {i.rpartition("@")[0] for i in wanted}
    names = {o.series: o.series.id for o in snapshot.observations}
    used = [
        o for o in snapshot.observations
        if names[o.series] in series and f"{names[o.series]}@{o.period.code}" in wanted
    ]  # fmt: skip
    return [plain(o) for o in sorted(used, key=lambda o: (o.series, o.period))]
