"""The month in one file (一个月的流程): freeze → parse → check → append → brief → bulletin → release.

Each stage is one function of its own layer; here they are only put in order, and values are handed from one to
the next. Nothing is computed in this file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qinggong import watch
from qinggong.catalogue import CatalogueError as CatalogueError
from qinggong.catalogue import load_catalogue
from qinggong.catalogue.breaks import load_breaks
from qinggong.catalogue.bulletins import load_wording
from qinggong.catalogue.prosperity import load_level_index
from qinggong.catalogue.synthetic import MARK, SOURCE
from qinggong.config import WorkspaceError
from qinggong.engine.base import EngineError
from qinggong.intake import FindingError as FindingError
from qinggong.intake import Ingested as Ingested
from qinggong.intake import Noted as Noted
from qinggong.intake import Progress, files_in, ingest_bundled, is_held, quiet, warnings_for
from qinggong.intake import Replayed as Replayed
from qinggong.intake import Workspace as Workspace
from qinggong.intake import accept as accept
from qinggong.intake import gathered as gathered
from qinggong.intake import ingest as ingest
from qinggong.intake import listed as listed
from qinggong.intake import replay as replay
from qinggong.intake.earlier import known_on_days
from qinggong.intake.fetching import FETCHABLE as FETCHABLE
from qinggong.intake.fetching import Fetched as Fetched
from qinggong.intake.fetching import FetchError as FetchError
from qinggong.intake.fetching import fetch_series as fetch_series
from qinggong.intake.guiding import confirm_layout as confirm_layout
from qinggong.intake.guiding import propose_layouts as propose_layouts
from qinggong.intake.synthetic import add_plan, create_synthetic, further_plan
from qinggong.intake.synthetic import is_synthetic as is_synthetic
from qinggong.monitor import briefs, expected
from qinggong.monitor.block_analysis import BlockAnalysis, SeriesFigures, joined
from qinggong.monitor.expected import Standing as Standing
from qinggong.monitor.facts import Targets, quantity
from qinggong.monitor.prosperity import index_series
from qinggong.office.problems import OfficeError
from qinggong.outlook import backtest_warnings as backtest_warnings
from qinggong.outlook import estimated_flash, expected_figures, followed_targets
from qinggong.outlook import flash as flash
from qinggong.outlook import flash_dict as flash_dict
from qinggong.outlook import flash_lines as flash_lines
from qinggong.outlook import nowcast as nowcast
from qinggong.outlook import nowcast_dict as nowcast_dict
from qinggong.outlook import nowcast_lines as nowcast_lines
from qinggong.outlook import target_lines as target_lines
from qinggong.outlook import targets as targets
from qinggong.outlook import targets_dict as targets_dict
from qinggong.outlook import warning_lines as warning_lines
from qinggong.outlook import warnings as warnings
from qinggong.outlook import warnings_dict as warnings_dict
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publication import Released as Released
from qinggong.publication import publish
from qinggong.publish.checker.findings import CheckError
from qinggong.publish.checker.findings import Report as Report
from qinggong.publish.release import ReleaseError
from qinggong.rules import Evaluation as Evaluation
from qinggong.rules import RulesError as RulesError
from qinggong.rules import bundled_packs as bundled_packs
from qinggong.rules import evaluate as evaluate
from qinggong.rules.desk import check_packs as check_packs
from qinggong.rules.desk import try_packs as try_packs
from qinggong.rules.spreadsheet import converted_pack as converted_pack
from qinggong.rules.template import pack_template as pack_template
from qinggong.sources.customs_vintages import VintageError
from qinggong.sources.freeze import ArchiveError
from qinggong.standing import FlowError as FlowError
from qinggong.standing import form as form
from qinggong.standing import known
from qinggong.standing import parse_month as parse_month
from qinggong.standing import standing_lines as standing_lines
from qinggong.standing import status as status
from qinggong.store.base import StoreError, plain
from qinggong.store.delta import DeltaStore
from qinggong.store.query import MOST_ROWS as MOST_ROWS
from qinggong.store.query import Answer as Answer
from qinggong.store.query import QueryError
from qinggong.store.query import plain_value as plain_value
from qinggong.synth.export import Exported as Exported
from qinggong.synth.export import export_plan as export_plan
from qinggong.synth.plan import PARTS as PARTS
from qinggong.synth.plan import Plan as Plan
from qinggong.synth.plan import PlanError as PlanError

if TYPE_CHECKING:
    from qinggong.bureau import Actor as Actor
    from qinggong.bureau import Bureau as Bureau
    from qinggong.bureau import Dispatched as Dispatched
    from qinggong.bureau import Shown as Shown


PROBLEMS: tuple[type[Exception], ...] = (
    WorkspaceError,
    CatalogueError,
    CheckError,
    ArchiveError,
    EngineError,
    FetchError,
    FindingError,
    OfficeError,
    PlanError,
    QueryError,
    StoreError,
    ReleaseError,
    RulesError,
    VintageError,
)
"""Errors of the stages whose message is for the user."""


# --------------------------------------------------------------------------------------------- synthetic


def init_synthetic(root: Path | str, plan: Plan, *, progress: Progress = quiet) -> tuple[Workspace, int]:
    """Make a synthetic workspace with the publications of a plan; a second time adds nothing (0 rows).

    Raises
    ------
    WorkspaceError
        If there is a workspace of real figures, or one of another plan.
    """
    workspace = create_synthetic(Path(root), plan)
    progress(f"生成{MARK}（种子 {plan.seed}，截至 {plan.end} 的 {plan.months} 个月）")
    return workspace, add_plan(workspace, plan) or 0


def add_synthetic(workspace: Workspace, parts: tuple[str, ...], *, progress: Progress = quiet) -> int:
    """Add returns or trade to a synthetic workspace, of the same seed and months; the number of new rows.

    Raises
    ------
    WorkspaceError
        If the workspace is not synthetic.
    """
    plan = further_plan(workspace, parts)
    progress(f"生成{MARK}（种子 {plan.seed}，截至 {plan.end} 的 {plan.months} 个月）")
    return add_plan(workspace, plan) or 0


# --------------------------------------------------------------------------------------------------- run


def run(
    workspace: Workspace | Path | str,
    *,
    at: Period | None = None,
    as_of: dt.date | None = None,
    engine: str = "",
    engine_settings: Mapping[str, Any] | None = None,
    progress: Progress = quiet,
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
    engine, engine_settings
        ``local`` or ``spark`` and its settings: also analyse every series of the store, block by block, into
        ``data/all_series``; the bytes do not depend on the engine.

    Raises
    ------
    FlowError
        If there is nothing to tell.
    EngineError
        If the engine cannot be started, or a block of the analysis failed.
    """
    if not isinstance(workspace, Workspace):
        workspace = Workspace.at(workspace, make=True)
    ingested = ingest_bundled(workspace, progress=progress)
    inbox = [p for p in files_in([workspace.layout.inbox]) if not is_held(workspace, p.read_bytes())]
    ingested += ingest(workspace, inbox, progress=progress)
    snapshot = known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中没有截至该日已发布的数据，不能编制月报" if as_of else "库中没有数据，不能编制月报")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("没有一个月的数据足够完整，请用 --month 指定月份，或用 qinggong status 查看缺什么")
    progress(f"分析 {period_name(chosen)}")
    try:
        wording = load_wording(overlay=workspace.layout.catalogue)
        warned = [(f.rule, f.series, f.period, f.value) for f in warnings_for(workspace, chosen)]
        breaks = load_breaks(overlay=workspace.layout.catalogue)
        level_index = load_level_index(overlay=workspace.layout.catalogue)
        brief = briefs.brief(
            snapshot, workspace.catalogue, workspace.plan, wording, at=chosen, warned=warned, breaks=breaks,
            level_index=level_index,
            earlier=known_on_days(workspace, index_series(workspace.catalogue, level_index)),
        )  # fmt: skip
        marked = is_synthetic(workspace) or any(o.source == SOURCE for o in snapshot.observations)
        brief = dataclasses.replace(
            brief, synthetic=marked, flash=estimated_flash(workspace, snapshot, brief.book, at=chosen),
            targets=followed_targets(workspace, snapshot, brief.book, at=chosen, as_of=as_of),
            nowcasts=expected_figures(workspace, brief.book, at=chosen, as_of=as_of),
        )  # fmt: skip
        told = watch.alerts(
            workspace, snapshot, brief.book, at=chosen, nowcasts=brief.nowcasts, targets=brief.targets
        )  # fmt: skip
        brief = dataclasses.replace(brief, warnings=told)
    except briefs.NothingToTell as error:
        raise FlowError(f"{error}；请用 qinggong status --month {chosen.year}-{chosen.last:02d} 查看缺什么") from error
    figures = analyse(workspace, engine, engine_settings or {}, as_of=as_of, progress=progress) if engine else None
    released = publish(workspace, snapshot, brief, ingested, progress, figures)
    if (
        not as_of
        and brief.warnings is not None
        and (raised := watch.raise_cases(workspace, brief.warnings)) is not None
    ):
        progress(f"预警立案：{len(raised.outcomes)}条信号送办公库，{len(raised.gone)}件信号消退")
    return released


def analyse(
    workspace: Workspace,
    engine: str = "local",
    engine_settings: Mapping[str, Any] | None = None,
    *,
    as_of: dt.date | None = None,
    progress: Progress = quiet,
) -> SeriesFigures:
    """The figures of every series of the store, block by block, on an engine (``monitor.block_analysis``)."""
    from qinggong import engine as engines

    with contextlib.closing(engines.open(engine, **(engine_settings or {}))) as opened:
        # Workers start elsewhere: the table needs its whole address.
        store = DeltaStore(workspace.store.folder.resolve())
        blocks = store.blocks()
        progress(f"测算全部序列（{len(blocks)}块，引擎 {engine}）")
        return joined(opened.map(BlockAnalysis(store, as_of=as_of), blocks).complete())


# ------------------------------------------------------------------------------------------------ office


def open_office(workspace: Workspace, *, make: bool = False) -> Bureau:
    """The office of a workspace: accounts, cases, appeals, meetings; loaded by the commands that need it."""
    from qinggong.bureau import open_bureau

    return open_bureau(workspace, make=make)


def dispatch(
    bureau: Bureau, actor: Actor, day: dt.date, *, units: Sequence[str] = (), progress: Progress = quiet
) -> Dispatched:
    """The agenda and papers of a dispatch meeting, with the targets as known on its day."""

    def followed() -> Targets | None:
        try:
            return targets(bureau.workspace, as_of=day)
        except FlowError:
            return None  # the papers say that nothing is known of them

    return bureau.dispatch(actor, day, targets=followed, units=units, progress=progress)


# ----------------------------------------------------------------------------------------------- queries


def check(report: Path | str, *, data: Path | str | None = None) -> Report:
    """What is wrong in a report (.docx, .pdf, .html, .txt, .md): against itself, and against data.

    Parameters
    ----------
    data
        A workspace, the folder of a release, or a CSV or XLSX file of figures.

    Raises
    ------
    CheckError
        If the report or the data cannot be read.
    """
    from qinggong.publish.checker import check_document, gather, read_reference

    path = Path(report)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckError(f"读不到“{path}”（{error.strerror or error}）") from error
    place = Path(data) if data is not None else None
    if place is not None and (place / "qinggong.toml").is_file():
        workspace = Workspace.at(place, make=False)
        catalogue = workspace.catalogue
        reference = gather(map(plain, known(workspace, None).observations), catalogue=catalogue)
        return check_document(path, content, catalogue=catalogue, reference=reference)
    catalogue = load_catalogue()
    given = None if place is None else read_reference(place, catalogue=catalogue)
    return check_document(path, content, catalogue=catalogue, reference=given)


def write_answer(answer: Answer, path: Path) -> Path:
    """The answer to a query as a CSV, XLSX or Parquet file, by the name's ending.

    Raises
    ------
    FlowError
        If the ending is none of these.
    """
    from qinggong.publish import data

    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("csv", "xlsx", "parquet"):
        raise FlowError(f"不认识的文件类型“{path.suffix}”，请写成 .csv、.xlsx 或 .parquet")
    table = data.plain_table("查询结果", answer.columns, [[plain_value(v) for v in row] for row in answer.rows])
    if kind == "csv":
        content = data.to_csv(table)
    elif kind == "parquet":
        content = data.to_parquet(table)
    else:
        content = data.to_workbook([table], release_time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    path.write_bytes(content)
    return path


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
