"""The month in one file (一个月的流程): freeze → parse → check → append → brief → bulletin → release.

Each stage is one function of its own layer; here they are only put in order, and values are handed from one to
the next. Nothing is computed in this file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from qinggong import __version__
from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue import CatalogueError as CatalogueError
from qinggong.catalogue.bulletins import MonthlyPlan, check_plan, load_monthly_plan, load_wording
from qinggong.catalogue.official import bundled_figures, catalogue_hash
from qinggong.config import Layout, WorkspaceError, create, open_workspace, settings, writing
from qinggong.monitor import briefs, expected
from qinggong.monitor.expected import Standing as Standing
from qinggong.monitor.facts import Brief, quantity
from qinggong.periods import Period, month, observed_month
from qinggong.periods import name as period_name
from qinggong.publish.release import ReleaseError
from qinggong.sources import SHAPES, Parsed, UnreadableFile
from qinggong.sources.freeze import ArchiveError, Frozen, archived, file_name, freeze
from qinggong.store.base import Observation, SeriesKey, Snapshot, StoreError, plain
from qinggong.store.delta import DeltaStore
from qinggong.validate import Checked, Finding, Key, Stored, check_rows

BUNDLED = "official_releases"
Progress = Callable[[str], None]


class FlowError(Exception):
    """The run cannot go on; the message is one Chinese sentence."""


PROBLEMS: tuple[type[Exception], ...] = (WorkspaceError, CatalogueError, ArchiveError, StoreError, ReleaseError)
"""Errors of the stages whose message is for the user."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one file."""

    file: str
    shape: str
    sha256: str
    added: int
    repeated: int
    blank: int
    findings: tuple[Finding, ...]
    known_file: bool = False

    @property
    def rejected(self) -> int:
        return sum(1 for f in self.findings if f.severity == "error")


@dataclass(frozen=True, slots=True)
class Released:
    """A written release."""

    month: Period
    folder: Path
    files: tuple[str, ...]
    brief: Brief
    ingested: tuple[Ingested, ...]
    missing_characters: str = ""


@dataclass(frozen=True)
class Workspace:
    """An opened workspace: its folders, its catalogue, its store."""

    layout: Layout

    @classmethod
    def at(cls, root: Path | str, *, make: bool = False) -> Workspace:
        """Open the workspace at ``root``; ``make`` creates it first."""
        path = Path(root)
        return cls(create(path) if make else open_workspace(path))

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(overlay=self.layout.catalogue)

    @cached_property
    def plan(self) -> MonthlyPlan:
        plan = load_monthly_plan(overlay=self.layout.catalogue)
        check_plan(plan, self.catalogue)
        return plan

    @cached_property
    def store(self) -> DeltaStore:
        return DeltaStore(self.layout.store)

    def snapshot(self, *, as_of: dt.date | None = None) -> Snapshot:
        """Everything known, or only what was published by the end of a day."""
        return self.store.latest() if as_of is None else self.store.as_of(as_of)


def _quiet(_: str) -> None:
    return None


# ------------------------------------------------------------------------------------------------ ingest


def ingest(
    workspace: Workspace, paths: Iterable[Path], *, now: dt.datetime | None = None, progress: Progress = _quiet
) -> list[Ingested]:
    """Take files and folders in; a damaged file stops that file only, a bad row that row only."""
    # The official figures come first, so that a mistyped one of the user's never takes their place.
    ingest_bundled(workspace, progress=progress)
    done = []
    for path in _files(paths):
        name = file_name(path)
        progress(f"导入 {name}")
        try:
            content = path.read_bytes()
        except OSError as error:
            done.append(_unreadable(name, f"打不开（{error.strerror}）"))
            continue
        with writing(workspace.layout):
            frozen = freeze(workspace.layout.raw, name=name, content=content, now=now or dt.datetime.now(dt.UTC))
            done.append(_take_in(workspace, name, frozen, content, source="file"))
    return done


def ingest_bundled(workspace: Workspace, *, progress: Progress = _quiet) -> list[Ingested]:
    """Take in the figures of official releases that come with the package; a second time adds nothing."""
    content, read_on = bundled_figures()
    with writing(workspace.layout):
        if _is_held(workspace, content):
            return []
        progress("导入随软件附带的官方发布数字")
        name = f"{BUNDLED}.csv"
        frozen = freeze(workspace.layout.raw, name=name, content=content, now=read_on)
        return [_take_in(workspace, name, frozen, content, source=BUNDLED)]


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
        else:
            found.append(path)
    return found


def _take_in(workspace: Workspace, file: str, frozen: Frozen, content: bytes, *, source: str) -> Ingested:
    """Parse, check and append one frozen file; of a file taken in before only the rows that stayed out are checked."""
    name = Path(file)
    shape = next((s for s in SHAPES if s.recognises(name, content[:65536])), None)
    if shape is None:
        return _unreadable(file, "不认识的文件类型", sha256=frozen.sha256)
    try:
        parsed = shape.parse(name, content)
    except UnreadableFile as error:
        return _unreadable(file, str(error), sha256=frozen.sha256)
    transaction = _transaction(frozen.sha256, shape.parser_version)
    again = workspace.store.holds(transaction)
    kept = workspace.store.everything()
    taken = {o.row for o in kept if o.raw_sha256 == frozen.sha256} if again else set()
    report = check_rows(
        (r for r in parsed.rows if r.row not in taken), file=file, catalogue=workspace.catalogue,
        received=frozen.known_at, stored=_stored(workspace.catalogue, kept),
    )  # fmt: skip
    rows = [_observation(c, frozen, source) for c in report.accepted]
    if again and rows:
        # A catalogue that grew lets rows in that stayed out; the same catalogue never does.
        transaction += f"+{catalogue_hash(overlay=workspace.layout.catalogue)[:16]}"
    added = len(rows) if workspace.store.append(rows, transaction=transaction) else 0
    findings = (*_defects(file, parsed), *report.findings)
    repeated = len(taken) + report.repeated
    known_file = again and not added
    return Ingested(file, shape.name, frozen.sha256, added, repeated, parsed.blank_rows, findings, known_file)


def _is_held(workspace: Workspace, content: bytes) -> bool:
    """True if rows of a file with these very bytes are in the store."""
    digest = hashlib.sha256(content).hexdigest()
    return any(workspace.store.holds(_transaction(digest, shape.parser_version)) for shape in SHAPES)


def _transaction(sha256: str, version: int) -> str:
    return f"{sha256}-v{version}"


def _unreadable(file: str, message: str, *, sha256: str = "") -> Ingested:
    finding = Finding(
        "unreadable-file", "error", file, 0, "", "", "", message, "请重新导出该文件后再导入；其余文件不受影响"
    )
    return Ingested(file, "", sha256, 0, 0, 0, (finding,))


def _defects(file: str, parsed: Parsed) -> list[Finding]:
    return [Finding(d.rule, "error", file, d.row, "", "", d.text, d.message, d.advice) for d in parsed.defects]


def _stored(catalogue: Catalogue, kept: Iterable[Observation]) -> dict[Key, list[Stored]]:
    """What the store holds, by key, for the check of contradictions."""
    found: dict[Key, list[Stored]] = {}
    for o in kept:
        key = (o.series.subject_key, o.series.region, o.series.indicator, o.series.measure, o.series.span, o.period)
        tolerance = 0.0
        if o.value is not None:
            half = 0.5 * 10.0**-o.decimals
            factor = catalogue.unit(o.printed_unit).factor / catalogue.unit(o.series.unit).factor
            tolerance = half * float(factor)
        publisher = catalogue.publisher(o.publisher).code
        found.setdefault(key, []).append(Stored(o.value, tolerance, o.published_at, publisher))
    return found


def _observation(c: Checked, frozen: Frozen, source: str) -> Observation:
    series = SeriesKey(
        c.subject.kind,
        c.subject.code,
        c.subject.scope,
        c.region,
        c.indicator.code,
        c.measure,
        "published",
        c.span,
        c.unit,
    )
    return Observation(
        series=series, period=c.period, value=None if c.value is None else float(c.value), printed=c.printed,
        printed_unit=c.printed_unit, status="withdrawn" if c.status == "withdrawn" else "published",
        published_at=c.published_at, published_at_basis=_basis(c.published_at_basis), known_at=frozen.known_at,
        publisher=c.publisher.name, source=source, raw_sha256=frozen.sha256, row=c.row, citation=c.title, url=c.url,
    )  # fmt: skip


def _basis(text: str) -> Any:
    return text


# ------------------------------------------------------------------------------------------------ status


def parse_month(text: str) -> Period:
    """The month of a bulletin from ``2024-08``; January and February are one: ``2024-02``.

    Raises
    ------
    FlowError
        With what to write instead.
    """
    try:
        year, number = (int(part) for part in text.strip().split("-"))
        month(year, number)
    except ValueError as error:
        raise FlowError(f"不认识的月份“{text}”，请写成 2024-08（1—2月写作 2024-02）") from error
    if number == 1:
        raise FlowError(f"工业统计没有单独的1月份数据，1—2月合并发布，请用 {year}-02")
    return observed_month(year, number)


def status(workspace: Workspace, *, at: Period | None = None, as_of: dt.date | None = None) -> Standing:
    """What a month has and what it lacks; without a month, the one after the newest complete one is not guessed."""
    snapshot = workspace.snapshot(as_of=as_of)
    if not snapshot.observations:
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    standing = expected.standing(snapshot, workspace.catalogue, workspace.plan, at=chosen)
    if not standing.figures:
        raise FlowError(f"{period_name(chosen)}没有数据，此前一年多也没有，请核对月份")
    return standing


def form(standing: Standing) -> bytes:
    """The missing figures of a month as a workbook to fill in."""
    from qinggong.publish.forms import render_form

    rows = []
    for figure in standing.absent:
        m = figure.missing
        last = period_name(figure.last_period) if figure.last_period else ""
        rows.append(
            (
                m.period.code, "CN", m.name, m.indicator_name, m.measure, "", figure.last_unit or m.unit, "", "",
                m.publisher, "", last, figure.last_printed, m.expected,
            )
        )  # fmt: skip
    name = period_name(standing.month)
    return render_form(rows, month_name=name, release_time=f"{standing.month.end_date.isoformat()}T00:00:00+08:00")


# --------------------------------------------------------------------------------------------------- run


def run(
    workspace: Workspace | Path | str,
    *,
    at: Period | None = None,
    as_of: dt.date | None = None,
    progress: Progress = _quiet,
) -> Released:
    """One month, from what is known to a written release.

    Parameters
    ----------
    workspace
        An opened workspace, or the folder of one (made if absent).
    at
        The bulletin's month; without it the newest month that is complete enough.
    as_of
        Use only what was published by the end of that day; the release is then a draft.

    Raises
    ------
    FlowError
        If there is nothing to tell.
    """
    if not isinstance(workspace, Workspace):
        workspace = Workspace.at(workspace, make=True)
    ingested = ingest_bundled(workspace, progress=progress)
    inbox = [p for p in _files([workspace.layout.inbox]) if not _is_held(workspace, p.read_bytes())]
    ingested += ingest(workspace, inbox, progress=progress)
    snapshot = workspace.snapshot(as_of=as_of)
    if not snapshot.observations:
        raise FlowError("库中没有截至该日已发布的数据，不能编制月报" if as_of else "库中没有数据，不能编制月报")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("没有一个月的数据足够完整，请用 --month 指定月份，或用 qinggong status 查看缺什么")
    progress(f"分析 {period_name(chosen)}")
    try:
        brief = briefs.brief(
            snapshot, workspace.catalogue, workspace.plan, load_wording(overlay=workspace.layout.catalogue), at=chosen
        )
    except briefs.NothingToTell as error:
        raise FlowError(f"{error}；请用 qinggong status --month {chosen.year}-{chosen.last:02d} 查看缺什么") from error
    return _publish(workspace, snapshot, brief, ingested, progress)


def _publish(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, ingested: list[Ingested], progress: Progress
) -> Released:
    from qinggong.publish import release
    from qinggong.publish.bulletin import compose
    from qinggong.publish.data import fact_table, observation_table

    title = settings(workspace.layout).title or workspace.plan.title
    bulletin = compose(brief, title=title)
    code = f"{brief.month.year}-{brief.month.last:02d}"
    progress("编制月报（HTML、PDF、Word、数据）")
    files = release.render(bulletin, [fact_table(brief.book), observation_table(_used(snapshot, brief))])
    draft = bool(brief.as_of)
    layout = workspace.layout
    folder = layout.drafts / f"{code}@{brief.as_of}" if draft else layout.releases / code
    described = {
        "format": 1,
        "title": title,
        "month": code,
        "state": "draft" if draft else "checked",
        "as_of": brief.as_of or None,
        "known": max(f.known_at for f in archived(layout.raw)).isoformat(),
        "release_date": brief.release_date,
        "store_version": snapshot.version,
        "code_version": __version__,
        "catalogue_sha256": catalogue_hash(overlay=layout.catalogue),
        "inputs": [
            {"name": f.name, "sha256": f.sha256, "known_at": f.known_at.isoformat(), "bytes": f.size}
            for f in archived(layout.raw)
        ],
        "facts": len(brief.book),
        "characters_not_in_font": release.missing_characters(bulletin),
    }
    files[release.MANIFEST] = release.manifest(files, described)
    release.write(folder, files)
    if not draft:
        (layout.releases / release.INDEX).write_bytes(release.index(layout.releases))
    missing = described["characters_not_in_font"]
    return Released(brief.month, folder, tuple(sorted(files)), brief, tuple(ingested), str(missing))


def _used(snapshot: Snapshot, brief: Brief) -> list[dict[str, Any]]:
    """The observations behind the facts as plain values, in the order of series and period."""
    wanted = {i for fact in brief.book for i in fact.lineage.inputs}
    return [
        plain(o)
        for o in sorted(snapshot.observations, key=lambda o: (o.series, o.period))
        if f"{o.series.id}@{o.period.code}" in wanted
    ]


# ------------------------------------------------------------------------------------------ for the screen


def main_figures(done: Released) -> list[tuple[str, str, str, str, str]]:
    """Period, indicator, level, growth and its change of the main figures, as text."""
    rows = []
    seen: set[tuple[str, str, Period]] = set()
    for topic in done.brief.topics:
        for m in topic.headlines[:4] if topic.key != "industries" else ():
            if (m.subject_key, m.indicator, m.period) in seen:
                continue  # 1—2月 is a month and a cumulative period at once
            seen.add((m.subject_key, m.indicator, m.period))
            rows.append(
                (
                    period_name(m.period, form="stock" if m.sequence == "point" else "flow"),
                    quantity(m.name, m.indicator, m.indicator_name),
                    f"{m.level.text}{m.level.unit}" if m.level else "—",
                    f"{m.growth.text}{m.growth.unit}" if m.growth else "—",
                    m.change.text if m.change else "—",
                )
            )
    return rows


def standing_lines(standing: Standing) -> list[str]:
    """How a month stands, in Chinese; the missing figures by the release that brings them, the next one first."""
    done = standing.completeness
    known = len(standing.figures) - len(standing.absent)
    lines = [
        f"{period_name(standing.month)}：应有{len(standing.figures)}个数字，已收录{known}个，缺{len(standing.absent)}个。"
    ]
    lacking = [f"缺{period_name(m.period)}{quantity(m.name, m.indicator, m.indicator_name)}" for m in done.missing]
    if done.members < done.members_needed:
        lacking.append(f"轻工业整大类增加值增速只有{done.members}个，至少需要{done.members_needed}个")
    lines.append("可以编制月报。" if done.complete else "数据还不够完整：" + "；".join(lacking) + "。")
    releases: dict[tuple[str, str, bool], dict[str, list[str]]] = {}
    for m in (f.missing for f in standing.absent):
        what = quantity(m.name, m.indicator, m.indicator_name) + ("同比" if m.measure == "yoy" else "")
        group = releases.setdefault((m.expected or "9999", m.publisher, m.announced), {})
        group.setdefault(period_name(m.period), []).append(what)
    for (date, publisher, announced), periods in sorted(releases.items()):
        when = "发布日期不定" if date == "9999" else f"{'发布日' if announced else '按惯例'}{date}"
        lines.append(f"缺（{publisher}，{when}）：")
        lines += [f"  {period}：{'；'.join(whats)}" for period, whats in periods.items()]
    return lines
