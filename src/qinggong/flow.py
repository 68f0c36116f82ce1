"""The month in one file (一个月的流程): freeze → parse → check → append → brief → bulletin → release.

Each stage is one function of its own layer; here they are only put in order, and values are handed from one to
the next. Nothing is computed in this file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from qinggong import __version__, watch
from qinggong.catalogue import CatalogueError as CatalogueError
from qinggong.catalogue import UnknownName, load_catalogue
from qinggong.catalogue.breaks import load_breaks
from qinggong.catalogue.bulletins import load_wording
from qinggong.catalogue.flash import check_flash_plan, load_flash_plan
from qinggong.catalogue.nowcast import load_nowcast_record, load_nowcast_settings
from qinggong.catalogue.official import catalogue_hash
from qinggong.catalogue.plans import check_plans, load_plans, load_target_settings
from qinggong.catalogue.prosperity import load_level_index
from qinggong.catalogue.synthetic import MARK, NOTICE, SOURCE
from qinggong.config import WorkspaceError, settings
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
from qinggong.intake.synthetic import add_plan, create_synthetic, further_plan, holds_plan, national_snapshot
from qinggong.intake.synthetic import is_synthetic as is_synthetic
from qinggong.monitor import briefs, expected
from qinggong.monitor.block_analysis import BlockAnalysis, SeriesFigures, joined, ranked
from qinggong.monitor.expected import Standing as Standing
from qinggong.monitor.facts import Alerts, Brief, FactBook, Flash, Nowcasts, Targets, quantity
from qinggong.monitor.flash import flash as flash_estimates
from qinggong.monitor.flash import plain_flash
from qinggong.monitor.movements import Desk
from qinggong.monitor.nowcast import nowcast as follow_nowcast
from qinggong.monitor.nowcast_inputs import told_code, used_series
from qinggong.monitor.nowcast_plain import plain_nowcasts
from qinggong.monitor.prosperity import index_series
from qinggong.monitor.targets import Supposition, plain_targets
from qinggong.monitor.targets import targets as follow_targets
from qinggong.office.problems import OfficeError
from qinggong.periods import Period, month, observed_month
from qinggong.periods import name as period_name
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
from qinggong.sources.freeze import ArchiveError, archived
from qinggong.store.base import Snapshot, StoreError, plain
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


class FlowError(Exception):
    """The run cannot go on; the message is one Chinese sentence."""


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
    snapshot = _known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    standing = expected.standing(snapshot, workspace.catalogue, workspace.plan, at=chosen)
    if not standing.figures:
        raise FlowError(f"{period_name(chosen)}没有数据，此前一年多也没有，请核对月份")
    return standing


def _known(workspace: Workspace, as_of: dt.date | None) -> Snapshot:
    """What a bulletin may use; a synthetic store holds many times more than that."""
    if holds_plan(workspace):
        return national_snapshot(workspace, as_of=as_of)
    return workspace.snapshot(as_of=as_of)


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
    moment = f"{standing.month.end_date.isoformat()}T00:00:00+08:00"
    mark = NOTICE if any(MARK in f.missing.publisher for f in standing.figures) else ""
    return render_form(rows, month_name=name, release_time=moment, mark=mark)


# ----------------------------------------------------------------------------------------------- targets


def targets(
    workspace: Workspace,
    *,
    at: Period | None = None,
    as_of: dt.date | None = None,
    suppose: Mapping[str, float] | None = None,
) -> Targets:
    """The targets of the plans in force at a month; ``suppose`` moves the growth of industries in the months to come.

    Raises
    ------
    FlowError
        If there are no figures, or no plan is in force.
    """
    snapshot = _known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    moved = [Supposition(name, points) for name, points in (suppose or {}).items()]
    try:
        found = _followed(workspace, snapshot, FactBook(), at=chosen, as_of=as_of, suppose=moved)
    except UnknownName as error:
        near = f"，相近的有{'、'.join(error.suggestions)}" if error.suggestions else ""
        raise FlowError(
            f"“{'、'.join(suppose or {})}”中有不认识的行业{near}；请写国家统计局公布的大类全称，如 家具制造业"
        ) from error
    if found is None:
        known = f"（截至{as_of.isoformat()}已公布的方案）" if as_of else ""
        raise FlowError(f"{period_name(chosen)}没有在执行的方案{known}，请核对月份或在目录 plans/ 中补充")
    return found


def _followed(
    workspace: Workspace, snapshot: Snapshot, book: FactBook, *, at: Period, as_of: dt.date | None,
    suppose: list[Supposition] | None = None,
) -> Targets | None:  # fmt: skip
    overlay = workspace.layout.catalogue
    plans, following = load_plans(overlay=overlay), load_target_settings(overlay=overlay)
    check_plans(plans, following, workspace.catalogue)
    desk = Desk(snapshot, workspace.catalogue, book)
    return follow_targets(desk, plans, following, at=at, as_of=as_of, suppose=suppose or ())


def flash(workspace: Workspace, *, at: Period | None = None, as_of: dt.date | None = None) -> Flash:
    """The flash estimates of the light-industry total at a month.

    Raises
    ------
    FlowError
        If there are no figures.
    """
    snapshot = _known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    return _estimated(workspace, snapshot, FactBook(), at=chosen)


def _estimated(workspace: Workspace, snapshot: Snapshot, book: FactBook, *, at: Period) -> Flash:
    plan = load_flash_plan(overlay=workspace.layout.catalogue)
    check_flash_plan(plan, workspace.catalogue)
    return flash_estimates(Desk(snapshot, workspace.catalogue, book), plan, at=at)


def flash_dict(found: Flash) -> dict[str, Any]:
    """The flash estimates as plain values."""
    return {"month": f"{found.wanted.year}-{found.wanted.last:02d}", "estimates": plain_flash(found)}


def flash_lines(found: Flash) -> list[str]:
    """The flash estimates in Chinese, or why there are none."""
    from qinggong.publish.sections.flash import printed

    return printed(found)


def targets_dict(found: Targets) -> dict[str, Any]:
    """The targets as plain values."""
    return {"month": f"{found.wanted.year}-{found.wanted.last:02d}", "targets": plain_targets(found)}


def target_lines(found: Targets) -> list[str]:
    """The targets in Chinese, by plan; those without figures last."""
    from qinggong.publish.target_narrative import printed

    return printed(found)


# ----------------------------------------------------------------------------------------------- nowcast


def nowcast(
    workspace: Workspace, *, at: Period | None = None, as_of: dt.date | None = None, industry: str = ""
) -> Nowcasts:
    """What the figures not yet published of a month are expected to be, and those up to the plan's end.

    Parameters
    ----------
    industry
        Code or name of one industry; without it those of the setting.

    Raises
    ------
    FlowError
        If there are no figures, or the industry is not one of the setting.
    """
    chosen = at or expected.newest_month(_known(workspace, as_of), workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    settings = load_nowcast_settings(overlay=workspace.layout.catalogue)
    codes: tuple[str, ...] = ()
    if industry:
        code = told_code(workspace.catalogue, settings, industry)
        if code is None:
            raise FlowError(f"“{industry}”不在即时预测的行业之内，请写大类代码或全称，如 21 或 家具制造业")
        codes = (code,)
    found = _nowcast(workspace, FactBook(), at=chosen, as_of=as_of, industries=codes)
    if found is None:
        raise FlowError(f"库中没有{period_name(chosen)}及以前可用于即时预测的行业数字，请先导入分行业的月度数据")
    return found


def _nowcast(
    workspace: Workspace, book: FactBook, *, at: Period, as_of: dt.date | None, industries: tuple[str, ...] = ()
) -> Nowcasts | None:
    overlay = workspace.layout.catalogue
    settings = load_nowcast_settings(overlay=overlay)
    known = known_on_days(workspace, used_series(workspace.catalogue, settings))
    plans = [p for p in load_plans(overlay=overlay) if p.adopted and p.valid_from <= at.end_date <= p.valid_to]
    ends = [(p.valid_from, p.valid_to) for p in plans if p.code.startswith(settings.plan)]
    last = max(ends, default=(at.end_date, dt.date(at.year, 12, 31)))[1]
    return follow_nowcast(
        known, workspace.catalogue, settings, load_nowcast_record(), book, at=at, end=month(last.year, last.month),
        as_of=as_of, industries=industries,
    )  # fmt: skip


def nowcast_dict(found: Nowcasts) -> dict[str, Any]:
    """The nowcasts as plain values."""
    return plain_nowcasts(found)


def nowcast_lines(found: Nowcasts, *, detailed: bool = False) -> list[str]:
    """The nowcasts in Chinese; ``detailed`` with every method and the path to the plan's end."""
    from qinggong.publish.nowcast_narrative import printed

    return printed(found, detailed=detailed)


# ---------------------------------------------------------------------------------------------- warnings


def warnings(
    workspace: Workspace,
    *,
    at: Period | None = None,
    as_of: dt.date | None = None,
    industry: str = "",
    forecast: bool = False,
) -> Alerts:
    """The early warnings of a month; with ``forecast`` the nowcasts are made first, for the rule that needs them.

    Raises
    ------
    FlowError
        If there are no figures, or no such industry.
    """
    snapshot = _known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    code = ""
    if industry:
        watched = watch.watched(workspace)
        code = next((c for c, *names in watched if industry.strip() in (c, *names)), "")
        if not code:
            raise FlowError(
                f"“{industry[:40]}”不在预警的行业之内，可用的有{'、'.join(f'{c}（{n}）' for c, n, _ in watched)}"
            )
    book = FactBook()
    followed = _followed(workspace, snapshot, book, at=chosen, as_of=as_of)
    ahead = _nowcast(workspace, FactBook(), at=chosen, as_of=as_of) if forecast else None
    return watch.alerts(workspace, snapshot, book, at=chosen, nowcasts=ahead, targets=followed, industry=code)


def warnings_dict(found: Alerts) -> dict[str, Any]:
    """The warnings as plain values."""
    return watch.as_dict(found)


def warning_lines(found: Alerts) -> list[str]:
    """The warnings in Chinese."""
    return watch.lines(found)


def backtest_warnings(workspace: Workspace, *, first: int, last: int) -> tuple[dict[str, Any], list[str]]:
    """The warnings of every month of some years held against what came: plain values, and lines in Chinese.

    Raises
    ------
    FlowError
        If the years are not in order, or there are no figures.
    """
    if not 2000 <= first <= last <= 2100:
        raise FlowError(f"年份不对：从{first}年到{last}年；请写成 --from 2012 --to 2025")
    if not workspace.store.series():
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    done, following = watch.run_backtest(workspace, first=first, last=last)
    return watch.backtest_dict(done), watch.backtest_lines(done, following)


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
    snapshot = _known(workspace, as_of)
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
            brief, synthetic=marked, flash=_estimated(workspace, snapshot, brief.book, at=chosen),
            targets=_followed(workspace, snapshot, brief.book, at=chosen, as_of=as_of),
            nowcasts=_nowcast(workspace, brief.book, at=chosen, as_of=as_of),
        )  # fmt: skip
        told = watch.alerts(
            workspace, snapshot, brief.book, at=chosen, nowcasts=brief.nowcasts, targets=brief.targets
        )  # fmt: skip
        brief = dataclasses.replace(brief, warnings=told)
    except briefs.NothingToTell as error:
        raise FlowError(f"{error}；请用 qinggong status --month {chosen.year}-{chosen.last:02d} 查看缺什么") from error
    figures = analyse(workspace, engine, engine_settings or {}, as_of=as_of, progress=progress) if engine else None
    released = _publish(workspace, snapshot, brief, ingested, progress, figures)
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


def _publish(
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
        reference = gather(map(plain, _known(workspace, None).observations), catalogue=catalogue)
        return check_document(path, content, catalogue=catalogue, reference=reference)
    catalogue = load_catalogue()
    known = None if place is None else read_reference(place, catalogue=catalogue)
    return check_document(path, content, catalogue=catalogue, reference=known)


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
