"""The data release of a month (数据发布): tables, every vintage behind them, what was revised, SDMX, and its papers.

A stage of ``publication``: it gathers what the store and the earlier release know, and hands plain rows to ``publish``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from qinggong.catalogue import Catalogue
from qinggong.catalogue.synthetic import publisher_name
from qinggong.intake import Workspace
from qinggong.monitor.facts import Brief
from qinggong.periods import name as period_name
from qinggong.publish.changelog import Changelog, changelog_page, changelog_table, compare, read_rows
from qinggong.publish.data import DataTable, to_csv, to_parquet
from qinggong.publish.datapackage import Described, papers
from qinggong.publish.vintages import vintage_table
from qinggong.store.base import Observation, SeriesKey, Snapshot, plain

_MEASURES = {"yoy": "同比", "mom": "环比", "share": "占比"}


@dataclass(frozen=True, slots=True)
class Correction:
    """Which edition a release is: 1, or the number of a correction with its note and, if one is set, its moment
    (ISO)."""

    edition: int = 1
    note: str = ""
    moment: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a release depends on beside data, catalogue and code; all of it stands in its manifest.

    Attributes
    ----------
    known
        Moment of freezing of the newest input; later files of the archive count for nothing.
    findings
        Lines of the book of findings that were there.
    issuer
        ``title publisher agency address licence sdmx`` of the settings.
    publication
        Moment of the calendar, ISO, or empty.
    edition, note
        Number of a correction, and why it was made.
    previous
        Folder name of the release that it is compared with, and the hash of its manifest as published.
    template
        Code of the Word template (``publish.template_shelf``).
    side
        Text of the side file: what a person added.
    """

    title: str
    known: dt.datetime
    findings: int
    issuer: Mapping[str, Any]
    publication: str = ""
    edition: int = 1
    note: str = ""
    previous: tuple[str, str] | None = None
    template: str = ""
    side: str = ""


def data_release(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, terms: Terms, tables: list[DataTable],
    files: dict[str, bytes],
) -> dict[str, str]:  # fmt: skip
    """Add the data files of a release to ``files``.

    Parameters
    ----------
    tables
        Facts, observations and further tables; those beyond the first two are written here.

    Returns
    -------
    dict
        What is not in the release, and why.
    """
    used = [dict(zip((n for n, _ in tables[1].columns), row, strict=True)) for row in tables[1].rows]
    vintages = vintage_table(_vintages(workspace, used, as_of=brief.as_of))
    log = _changelog(workspace, snapshot, brief, terms, tables, used)
    changes = changelog_table(log, synthetic=brief.synthetic)
    more = [*tables[2:], vintages]
    for table in more:
        files |= {f"data/{table.name}.csv": to_csv(table), f"data/{table.name}.parquet": to_parquet(table)}
    name = period_name(brief.month)
    files["data/changelog.csv"] = to_csv(changes)
    files["data/changelog.md"] = changelog_page(log, name=name, synthetic=brief.synthetic)
    without: dict[str, str] = {}
    told = described(brief, terms, without=without)
    if terms.issuer["sdmx"]:
        from qinggong.publish import sdmx

        if sdmx.available():
            made = sdmx.messages(
                used, workspace.catalogue, agency=told.agency, name=told.name, month=told.month, edition=told.edition,
                released=told.released, test=told.synthetic,
            )  # fmt: skip
            files |= {f"data/sdmx/{file}": content for file, content in made.items()}
        else:
            without["SDMX"] = "没有安装附加组件：pip install 'qinggong[sdmx]'"
    else:
        without["SDMX"] = "工作区设置 release.sdmx = false"
    files |= papers(told, [*tables, vintages, changes], files)
    return without


def described(brief: Brief, terms: Terms, *, without: Mapping[str, str]) -> Described:
    """What the papers of the data release say of it."""
    code = f"{brief.month.year}-{brief.month.last:02d}"
    return Described(
        title=terms.title, month=code, period_name=period_name(brief.month),
        start=dt.date(brief.month.year, brief.month.first, 1).isoformat(), end=brief.month.end_date.isoformat(),
        edition=terms.edition, released=brief.release_date, publisher=terms.issuer["publisher"],
        agency=terms.issuer["agency"], address=terms.issuer["address"], licence=terms.issuer["licence"],
        synthetic=brief.synthetic, note=terms.note, without=without,
        sources=sorted({c.publisher for c in brief.citations}),
    )  # fmt: skip


def plain_rows(observations: Iterable[Observation]) -> list[dict[str, Any]]:
    """Observations as plain values (``store.base.plain``); what a series has in common is found once."""
    common: dict[SeriesKey, dict[str, Any]] = {}
    rows = []
    for o in observations:
        if o.series not in common:
            common[o.series] = plain(o)
        rows.append(
            common[o.series] | {
                "period": o.period.code, "value": o.value, "printed": o.printed, "printed_unit": o.printed_unit,
                "status": o.status, "published_at": o.published_at.isoformat() if o.published_at else "",
                "published_at_basis": o.published_at_basis, "known_at": o.known_at.isoformat(),
                "publisher": o.publisher, "source": o.source, "raw_sha256": o.raw_sha256, "row": o.row,
                "citation": o.citation, "url": o.url,
            }
        )  # fmt: skip
    return rows


def _vintages(workspace: Workspace, used: list[dict[str, Any]], *, as_of: str) -> list[dict[str, Any]]:
    """Every row that was published by a day of the series that are used, in the order in which one replaces another."""
    series = {str(row["series_id"]) for row in used}
    wanted = {
        (f"{r['subject_kind']}:{r['subject']}@{r['scope']}", str(r["region"]), str(r["indicator"])) for r in used
    }  # fmt: skip
    last = dt.date.fromisoformat(as_of) if as_of else None
    rows = workspace.store.of_series(wanted)

    @cache
    def is_used(key: Any) -> bool:
        return key.id in series

    return plain_rows(o for o in rows if is_used(o.series) and (last is None or _published_by(o, last)))


def _published_by(o: Observation, day: dt.date) -> bool:
    return o.published_at is not None and o.published_at <= day


def _changelog(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, terms: Terms, tables: list[DataTable],
    used: list[dict[str, Any]],
) -> Changelog:  # fmt: skip
    if terms.previous is None:
        return Changelog("", 0, (), terms.note)
    folder = workspace.layout.releases / terms.previous[0] / "data"
    facts = [dict(zip((n for n, _ in tables[0].columns), row, strict=True)) for row in tables[0].rows]
    return compare(
        previous=terms.previous[0], old_facts=read_rows((folder / "facts.csv").read_bytes()), new_facts=facts,
        old_observations=read_rows((folder / "observations.csv").read_bytes()), new_observations=used,
        known=_known(snapshot), label=_label(workspace.catalogue), whole=terms.edition > 1, note=terms.note,
        own=publisher_name("本系统测算") if brief.synthetic else "本系统测算",
    )  # fmt: skip


def _known(snapshot: Snapshot) -> Callable[[str, str], dict[str, Any] | None]:
    """A function from series and period to the row that counts; the snapshot is indexed at the first call."""
    index: dict[tuple[str, str], Observation] = {}

    def known(series: str, period: str) -> dict[str, Any] | None:
        if not index:
            names = {key: key.id for key in {o.series for o in snapshot.observations}}
            index.update({(names[o.series], o.period.code): o for o in snapshot.observations})
        found = index.get((series, period))
        return None if found is None else plain(found)

    return known


def _label(catalogue: Catalogue) -> Callable[[str], str]:
    """The Chinese name of a series by its identifier (``store.base.SeriesKey.id``)."""

    def label(series: str) -> str:
        subject, region, indicator, measure, *_ = [*series.split("/"), "", "", "", ""]
        found = catalogue.known_subjects.get(subject)
        told = catalogue.indicators.get(indicator)
        place = catalogue.regions[region].short if region in catalogue.regions and region != "CN" else ""
        name = (found.name if found else subject) + (told.name if told else indicator)
        return place + name + _MEASURES.get(measure, "")

    return label
