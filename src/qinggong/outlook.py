"""What a month means for what is to come (展望): targets, flash estimates, nowcasts and warnings, asked one by one.

A stage of ``flow``: settings and records are read from the catalogue here, the monitor works, and its answers become
plain values and Chinese lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from qinggong import watch
from qinggong.catalogue import UnknownName
from qinggong.catalogue.flash import check_flash_plan, load_flash_plan
from qinggong.catalogue.nowcast import load_nowcast_record, load_nowcast_settings
from qinggong.catalogue.plans import check_plans, load_plans, load_target_settings
from qinggong.intake import Workspace
from qinggong.intake.earlier import known_on_days
from qinggong.monitor.facts import Alerts, FactBook, Flash, Nowcasts, Targets
from qinggong.monitor.flash import flash as flash_estimates
from qinggong.monitor.flash import plain_flash
from qinggong.monitor.movements import Desk
from qinggong.monitor.nowcast import nowcast as follow_nowcast
from qinggong.monitor.nowcast_inputs import told_code, used_series
from qinggong.monitor.nowcast_plain import plain_nowcasts
from qinggong.monitor.targets import Supposition, plain_targets
from qinggong.monitor.targets import targets as follow_targets
from qinggong.periods import Period, month
from qinggong.periods import name as period_name
from qinggong.standing import FlowError, known_month
from qinggong.store.base import Snapshot

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
    snapshot, chosen = known_month(workspace, at=at, as_of=as_of)
    moved = [Supposition(name, points) for name, points in (suppose or {}).items()]
    try:
        found = followed_targets(workspace, snapshot, FactBook(), at=chosen, as_of=as_of, suppose=moved)
    except UnknownName as error:
        near = f"，相近的有{'、'.join(error.suggestions)}" if error.suggestions else ""
        raise FlowError(
            f"“{'、'.join(suppose or {})}”中有不认识的行业{near}；请写国家统计局公布的大类全称，如 家具制造业"
        ) from error
    if found is None:
        known = f"（截至{as_of.isoformat()}已公布的方案）" if as_of else ""
        raise FlowError(f"{period_name(chosen)}没有在执行的方案{known}，请核对月份或在目录 plans/ 中补充")
    return found


def followed_targets(
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
    snapshot, chosen = known_month(workspace, at=at, as_of=as_of)
    return estimated_flash(workspace, snapshot, FactBook(), at=chosen)


def estimated_flash(workspace: Workspace, snapshot: Snapshot, book: FactBook, *, at: Period) -> Flash:
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
    _, chosen = known_month(workspace, at=at, as_of=as_of)
    settings = load_nowcast_settings(overlay=workspace.layout.catalogue)
    codes: tuple[str, ...] = ()
    if industry:
        code = told_code(workspace.catalogue, settings, industry)
        if code is None:
            raise FlowError(f"“{industry}”不在即时预测的行业之内，请写大类代码或全称，如 21 或 家具制造业")
        codes = (code,)
    found = expected_figures(workspace, FactBook(), at=chosen, as_of=as_of, industries=codes)
    if found is None:
        raise FlowError(f"库中没有{period_name(chosen)}及以前可用于即时预测的行业数字，请先导入分行业的月度数据")
    return found


def expected_figures(
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
    region: str = "",
    forecast: bool = False,
) -> Alerts:
    """The early warnings of a month; with ``forecast`` the nowcasts are made first, for the rule that needs them.

    ``region`` is a province, by code or name, or 各省 for every one of which there are figures; without it the country.

    Raises
    ------
    FlowError
        If there are no figures, or no such industry or province.
    """
    code = ""
    if industry:
        watched = watch.watched(workspace)
        code = next((c for c, *names in watched if industry.strip() in (c, *names)), "")
        if not code:
            raise FlowError(
                f"“{industry[:40]}”不在预警的行业之内，可用的有{'、'.join(f'{c}（{n}）' for c, n, _ in watched)}"
            )
    book = FactBook()
    if (regions := _provinces(workspace, region) if region else ("CN",)) != ("CN",):
        month = at or known_month(workspace, at=None, as_of=as_of)[1]
        there = watch.known_of(workspace, regions, as_of=as_of)
        return watch.alerts(workspace, there, book, at=month, industry=code, regions=regions)
    snapshot, chosen = known_month(workspace, at=at, as_of=as_of)
    followed = followed_targets(workspace, snapshot, book, at=chosen, as_of=as_of)
    ahead = expected_figures(workspace, FactBook(), at=chosen, as_of=as_of) if forecast else None
    return watch.alerts(workspace, snapshot, book, at=chosen, nowcasts=ahead, targets=followed, industry=code)


def _provinces(workspace: Workspace, region: str) -> tuple[str, ...]:
    """Codes of the province that is meant, or of all that are known."""
    known, names = watch.provinces_known(workspace), workspace.catalogue.regions
    if region in ("各省", "all"):
        if not known:
            raise FlowError("库中没有分省的行业数字，不能按省预警；请先用 qinggong ingest 导入")
        return known
    try:
        code = workspace.catalogue.region(region).code
    except UnknownName as error:
        raise FlowError(f"不认识地区“{region[:40]}”；请写省名、两位代码，或“各省”") from error
    if code == "CN":
        return ("CN",)
    if code not in known:
        held = "、".join(names[c].short for c in known) or "没有一个省"
        raise FlowError(f"库中没有{names[code].name}的行业数字，不能按省预警；有数字的是{held}")
    return (code,)


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
