"""How a month stands (数据到位情况): which month is meant, what is known of it, what it lacks, and the form to fill in.

A stage of ``flow``: every other stage asks here for the month and for what was known on a day.
"""

from __future__ import annotations

import datetime as dt

from qinggong.catalogue.synthetic import MARK, NOTICE
from qinggong.intake import Workspace
from qinggong.intake.synthetic import holds_plan, national_snapshot
from qinggong.monitor import expected
from qinggong.monitor.expected import Standing
from qinggong.monitor.facts import quantity
from qinggong.periods import Period, month, observed_month
from qinggong.periods import name as period_name
from qinggong.store.base import Snapshot


class FlowError(Exception):
    """The run cannot go on; the message is one Chinese sentence."""


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


def known(workspace: Workspace, as_of: dt.date | None) -> Snapshot:
    """What a bulletin may use; a synthetic store holds many times more than that."""
    if holds_plan(workspace):
        return national_snapshot(workspace, as_of=as_of)
    return workspace.snapshot(as_of=as_of)


def known_month(workspace: Workspace, *, at: Period | None, as_of: dt.date | None) -> tuple[Snapshot, Period]:
    """What was known on a day, and the month that is meant: the one given, or the newest complete one.

    Raises
    ------
    FlowError
        If there are no figures, or no complete month and none was given.
    """
    snapshot = known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中还没有数据，请先运行 qinggong run 或 qinggong ingest")
    chosen = at or expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if chosen is None:
        raise FlowError("库中没有一个月的数据足够完整，请用 --month 指定月份")
    return snapshot, chosen


def status(workspace: Workspace, *, at: Period | None = None, as_of: dt.date | None = None) -> Standing:
    """What a month has and what it lacks; without a month, the one after the newest complete one is not guessed."""
    snapshot, chosen = known_month(workspace, at=at, as_of=as_of)
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
    moment = f"{standing.month.end_date.isoformat()}T00:00:00+08:00"
    mark = NOTICE if any(MARK in f.missing.publisher for f in standing.figures) else ""
    return render_form(rows, month_name=name, release_time=moment, mark=mark)


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
