"""The month in one file (一个月的流程): freeze → parse → check → append → brief → bulletin → release.

Each stage is one function of its own layer; here they are only put in order, and values are handed from one to
the next. Nothing is computed in this file.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qinggong import issuing as issuing
from qinggong import watch
from qinggong.briefing import month_brief
from qinggong.catalogue import CatalogueError as CatalogueError
from qinggong.catalogue import load_catalogue
from qinggong.catalogue.synthetic import MARK
from qinggong.config import WorkspaceError
from qinggong.data_release import Correction
from qinggong.engine.base import EngineError
from qinggong.intake import FindingError as FindingError
from qinggong.intake import Ingested as Ingested
from qinggong.intake import Noted as Noted
from qinggong.intake import Progress, files_in, ingest_bundled, is_held, quiet
from qinggong.intake import Replayed as Replayed
from qinggong.intake import Workspace as Workspace
from qinggong.intake import accept as accept
from qinggong.intake import gathered as gathered
from qinggong.intake import ingest as ingest
from qinggong.intake import listed as listed
from qinggong.intake import replay as replay
from qinggong.intake.fetching import FETCHABLE as FETCHABLE
from qinggong.intake.fetching import Fetched as Fetched
from qinggong.intake.fetching import FetchError as FetchError
from qinggong.intake.fetching import fetch_series as fetch_series
from qinggong.intake.guiding import confirm_layout as confirm_layout
from qinggong.intake.guiding import propose_layouts as propose_layouts
from qinggong.intake.synthetic import add_plan, create_synthetic, further_plan
from qinggong.intake.synthetic import is_synthetic as is_synthetic
from qinggong.monitor import expected
from qinggong.monitor.block_analysis import BlockAnalysis, SeriesFigures, joined
from qinggong.monitor.expected import Standing as Standing
from qinggong.monitor.facts import Brief, Targets, quantity
from qinggong.office.problems import OfficeError
from qinggong.outlook import backtest_warnings as backtest_warnings
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
from qinggong.publication import FIRST, look_before, publish, refuse_published
from qinggong.publication import Released as Released
from qinggong.publication import add_files as add_files
from qinggong.publication import month_code as month_code
from qinggong.publish import signing as signing
from qinggong.publish.checker.findings import CheckError
from qinggong.publish.checker.findings import Report as Report
from qinggong.publish.polish import PolishError
from qinggong.publish.side_file import SideFileError
from qinggong.publish.states import ReleaseError, folder_name
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
from qinggong.store.base import Snapshot, StoreError, plain
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
    from qinggong.editions import Edited as Edited
    from qinggong.editions import Noted as NoteWritten
    from qinggong.editions import Written as Written
    from qinggong.publish.template_shelf import Chosen


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
    PolishError,
    SideFileError,
    signing.SigningError,
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
    correction: Correction = FIRST,
    template: Path | str = "",
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
    correction
        Which edition of a month it is (``correct``).
    template
        Look of the Word file: ``official`` (公文), or a Word file of the user's own; empty: the bulletin's own.

    Raises
    ------
    FlowError
        If there is nothing to tell.
    ReleaseError
        If the month's release is published, or the template cannot serve.
    EngineError
        If the engine cannot be started, or a block of the analysis failed.
    """
    if not isinstance(workspace, Workspace):
        workspace = Workspace.at(workspace, make=True)
    look = word_look(template, progress=progress)
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
    if not as_of:
        refuse_published(workspace, folder_name(month_code(chosen), correction.edition))
    brief = month_brief(workspace, snapshot, at=chosen, as_of=as_of)
    figures = analyse(workspace, engine, engine_settings or {}, as_of=as_of, progress=progress) if engine else None
    released = publish(workspace, snapshot, brief, ingested, progress, figures, correction=correction, template=look)
    if (
        not as_of
        and brief.warnings is not None
        and (raised := watch.raise_cases(workspace, brief.warnings)) is not None
    ):
        progress(f"预警立案：{len(raised.outcomes)}条信号送办公库，{len(raised.gone)}件信号消退")
    return released


def word_look(template: Path | str, *, progress: Progress = quiet) -> Chosen:
    """The look of the Word file that is asked for; what a template lacks is told as progress.

    Raises
    ------
    ReleaseError
        If the template cannot serve.
    """
    if not str(template):
        return None
    from qinggong.publish.template_shelf import chosen_template, template_messages

    found = chosen_template(template)
    for line in template_messages(found):
        progress(line)
    return found


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
        store = copy.copy(workspace.store)
        store.folder = store.folder.resolve()
        blocks = store.blocks()
        progress(f"测算全部序列（{len(blocks)}块，引擎 {engine}）")
        return joined(opened.map(BlockAnalysis(store, as_of=as_of), blocks).complete())


def correct(
    workspace: Workspace, at: Period, note: str, *, moment: str = "", engine: str = "", progress: Progress = quiet
) -> Released:  # fmt: skip
    """A further, numbered edition of a published month, by what is known now; ``publish_release`` publishes it.

    Parameters
    ----------
    moment
        When it is to be published, by the clock of Asia/Shanghai: ``2024-10-08 10:00``; empty: as the calendar says.

    Raises
    ------
    ReleaseError
        If nothing of the month is published, the note is empty, or the moment is none.
    """
    numbered = issuing.next_correction(workspace, month_code(at), note, moment=moment)
    look = look_before(workspace, month_code(at))
    return run(workspace, at=at, engine=engine, correction=numbered, template=look, progress=progress)


def verify(
    folder: Path, *, workspace: Workspace | None = None, public: Path | None = None, rebuild: bool = True,
    progress: Progress = quiet,
) -> issuing.Verified:  # fmt: skip
    """Prove that a release is complete, unchanged, rightly signed, and comes out of the store again
    (``issuing.verify``)."""

    def analysed(as_of: dt.date | None) -> Callable[[Workspace], SeriesFigures]:
        return lambda pinned: analyse(pinned, as_of=as_of, progress=progress)

    def further(pinned: Workspace, snapshot: Snapshot, brief: Brief | None, manifest: Mapping[str, Any]) -> Any:
        from qinggong import editions

        return editions.remade(pinned, snapshot, brief, manifest)

    return issuing.verify_release(
        folder, workspace=workspace, public=public, rebuild=rebuild, analyse=analysed, further=further,
        progress=progress,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- editions


def edition(workspace: Workspace, wanted: str, **asked: Any) -> Written:
    """Make an edition and put it into the release of its period (``editions.edition``)."""
    from qinggong import editions

    return editions.edition(workspace, wanted, **asked)


def edition_lines(workspace: Workspace) -> list[str]:
    """The editions of a workspace in Chinese."""
    from qinggong import editions

    return editions.edition_lines(workspace)


def note(workspace: Workspace, wanted: str, *, progress: Progress = quiet) -> NoteWritten:
    """The flash note of a release that came in (``editions.note``)."""
    from qinggong import editions

    return editions.note(workspace, wanted, progress=progress)


def side_file(workspace: Workspace, **asked: Any) -> Edited:
    """The side file of an edition, made or looked through (``editions.side_file``)."""
    from qinggong import editions

    return editions.side_file(workspace, **asked)


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
