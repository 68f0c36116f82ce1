"""The month in one file (一个月的流程): freeze → parse → check → append → brief → bulletin → release.

Each stage is one function of its own layer; here they are only put in order, and values are handed from one to
the next. Nothing is computed in this file.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from qinggong import __version__
from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.bulletins import MonthlyPlan, load_monthly_plan, load_wording
from qinggong.config import Layout, create, open_workspace, settings
from qinggong.monitor import briefs, expected
from qinggong.monitor.facts import Brief
from qinggong.periods import Period, month, observed_month
from qinggong.periods import name as period_name
from qinggong.sources import SHAPES, TABLE, Parsed, UnreadableFile
from qinggong.sources.freeze import Frozen, archived, freeze
from qinggong.store.base import Observation, SeriesKey, Snapshot
from qinggong.store.delta import COLUMNS, DeltaStore
from qinggong.validate import Checked, Finding, Key, Stored, check_rows

BUNDLED = "official_releases"
Progress = Callable[[str], None]


class FlowError(Exception):
    """The run cannot go on; the message is one Chinese sentence."""


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
        return load_monthly_plan(overlay=self.layout.catalogue)

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
    done = []
    for path in _files(paths):
        progress(f"导入 {path.name}")
        try:
            content = path.read_bytes()
        except OSError as error:
            done.append(_unreadable(path.name, f"打不开（{error.strerror}）"))
            continue
        frozen = freeze(workspace.layout.raw, name=path.name, content=content, now=now or dt.datetime.now(dt.UTC))
        done.append(_take_in(workspace, frozen, content, source="file"))
    return done


def ingest_bundled(workspace: Workspace, *, progress: Progress = _quiet) -> list[Ingested]:
    """Take in the figures of official releases that come with the package; a second time adds nothing."""
    folder = resources.files("qinggong.catalogue").joinpath("data", BUNDLED)
    content = folder.joinpath("observations.csv").read_bytes()
    described = _described(folder.joinpath("source.yaml").read_text(encoding="utf-8"))
    if workspace.store.holds(_transaction(hashlib.sha256(content).hexdigest(), TABLE.parser_version)):
        return []
    progress("导入随软件附带的官方发布数字")
    read_on = dt.datetime.fromisoformat(described)
    frozen = freeze(workspace.layout.raw, name=f"{BUNDLED}.csv", content=content, now=read_on)
    return [_take_in(workspace, frozen, content, source=BUNDLED)]


def _described(text: str) -> str:
    import yaml

    return str(yaml.safe_load(text)["known_at"])


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
        else:
            found.append(path)
    return found


def _take_in(workspace: Workspace, frozen: Frozen, content: bytes, *, source: str) -> Ingested:
    name = Path(frozen.name)
    shape = next((s for s in SHAPES if s.recognises(name, content[:65536])), None)
    if shape is None:
        return _unreadable(frozen.name, "不认识的文件类型", sha256=frozen.sha256)
    try:
        parsed = shape.parse(name, content)
    except UnreadableFile as error:
        return _unreadable(frozen.name, str(error), sha256=frozen.sha256)
    transaction = _transaction(frozen.sha256, shape.parser_version)
    if workspace.store.holds(transaction):
        return Ingested(frozen.name, shape.name, frozen.sha256, 0, len(parsed.rows), parsed.blank_rows, (), True)
    report = check_rows(
        parsed.rows, file=frozen.name, catalogue=workspace.catalogue, received=frozen.known_at,
        stored=_stored(workspace),
    )  # fmt: skip
    rows = [_observation(c, frozen, source) for c in report.accepted]
    if rows:
        workspace.store.append(rows, transaction=transaction)
    findings = (*_defects(frozen.name, parsed), *report.findings)
    return Ingested(frozen.name, shape.name, frozen.sha256, len(rows), report.repeated, parsed.blank_rows, findings)


def _transaction(sha256: str, version: int) -> str:
    return f"{sha256}-v{version}"


def _unreadable(file: str, message: str, *, sha256: str = "") -> Ingested:
    finding = Finding(
        "unreadable-file", "error", file, 0, "", "", "", message, "请重新导出该文件后再导入；其余文件不受影响"
    )
    return Ingested(file, "", sha256, 0, 0, 0, (finding,))


def _defects(file: str, parsed: Parsed) -> list[Finding]:
    return [Finding(d.rule, "error", file, d.row, "", "", d.text, d.message, d.advice) for d in parsed.defects]


def _stored(workspace: Workspace) -> dict[Key, list[Stored]]:
    """What the store holds, by key, for the check of contradictions."""
    found: dict[Key, list[Stored]] = {}
    catalogue = workspace.catalogue
    for o in workspace.store.everything():
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


def status(workspace: Workspace, *, at: Period | None = None, as_of: dt.date | None = None) -> expected.Standing:
    """What a month has and what it lacks; without a month, the one after the newest complete one is not guessed."""
    snapshot = workspace.snapshot(as_of=as_of)
    if not snapshot.observations:
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    return expected.standing(snapshot, workspace.catalogue, workspace.plan, at=chosen)


def form(standing: expected.Standing) -> bytes:
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
    inbox = [p for p in _files([workspace.layout.inbox]) if not _is_known(workspace, p)]
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


def _is_known(workspace: Workspace, path: Path) -> bool:
    """True if the very bytes of an inbox file are in the archive already."""
    return (workspace.layout.raw / hashlib.sha256(path.read_bytes()).hexdigest()).is_dir()


def _publish(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, ingested: list[Ingested], progress: Progress
) -> Released:
    from qinggong.publish import release
    from qinggong.publish.bulletin import compose
    from qinggong.publish.data import fact_table

    title = settings(workspace.layout).title or workspace.plan.title
    bulletin = compose(brief, title=title)
    code = f"{brief.month.year}-{brief.month.last:02d}"
    progress("编制月报（HTML、PDF、Word、数据）")
    files = release.render(bulletin, [fact_table(brief.book), _observation_table(snapshot, brief)])
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
        "catalogue_sha256": _catalogue_hash(layout.catalogue),
        "inputs": [
            {"name": f.name, "sha256": f.sha256, "known_at": f.known_at.isoformat(), "bytes": f.size}
            for f in archived(layout.raw)
        ],
        "facts": len(brief.book),
    }
    files[release.MANIFEST] = release.manifest(files, described)
    release.write(folder, files)
    if not draft:
        (layout.releases / release.INDEX).write_bytes(release.index(layout.releases))
    return Released(brief.month, folder, tuple(sorted(files)), brief, tuple(ingested))


_HEADS = {
    "subject_kind": "对象类别", "subject": "对象编码", "scope": "口径", "region": "地区", "indicator": "指标",
    "measure": "度量", "basis": "基础", "span": "时期类型", "unit": "单位", "period": "时期", "value": "数值",
    "printed": "公布的数字", "printed_unit": "公布的单位", "status": "状态", "published_at": "发布日期",
    "published_at_basis": "日期依据", "known_at": "入库时间", "publisher": "发布机构", "source": "来源",
    "raw_sha256": "原始文件", "row": "行", "citation": "发布", "url": "页面地址",
}  # fmt: skip


def _observation_table(snapshot: Snapshot, brief: Brief) -> Any:
    """The observations behind the facts, in the order of series and period."""
    from qinggong.publish.data import DataTable

    used = {i for fact in brief.book for i in fact.lineage.inputs}
    rows = []
    for o in sorted(snapshot.observations, key=lambda o: (o.series, o.period)):
        if f"{o.series.id}@{o.period.code}" not in used:
            continue
        flat = dataclasses.asdict(o.series) | {n: getattr(o, n) for n in COLUMNS if n in Observation.__slots__}
        flat |= {"period": o.period.code, "known_at": o.known_at.isoformat()}
        flat["published_at"] = o.published_at.isoformat() if o.published_at else ""
        flat["row"] = float(o.row)
        rows.append((o.series.id, *(flat[n] for n in COLUMNS)))
    columns = (("series_id", "序列"), *((n, _HEADS[n]) for n in COLUMNS))
    note = "月报所用的公布数字，每行注明读到该数字的页面。"
    return DataTable("observations", "月报所用公布数字", columns, rows, ("value", "row"), note)


def _catalogue_hash(overlay: Path | None) -> str:
    """Hash of the catalogue's files, in the order of their names."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("qinggong.catalogue").joinpath("data")))
    for base in (root, overlay):
        for path in sorted(base.rglob("*")) if base is not None else []:
            if path.is_file():
                digest.update(path.relative_to(base).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")  # type: ignore[arg-type]
    return digest.hexdigest()
