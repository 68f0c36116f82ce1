"""What changed the view (预测变动的来由): the move of a nowcast split into the releases of the last weeks.

The figures known before the first of these releases are held against those known now, with the model's parameters
unchanged (``methods.news``); new and revised figures are told apart and gathered by the day and kind of release.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from qinggong.catalogue import Catalogue
from qinggong.catalogue.calendar import rule_for
from qinggong.catalogue.nowcast import NowcastSettings
from qinggong.monitor.facts import NewsItem, ReleaseNews, ViewChange, fixed
from qinggong.monitor.nowcast_facts import Teller
from qinggong.monitor.nowcast_forecasts import Estimated, applied, columns_of
from qinggong.monitor.nowcast_inputs import Floats, GrowthPanel, base_effect, growth_panel
from qinggong.monitor.prosperity_lines import parts_that_sum
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.store.base import Snapshot

if TYPE_CHECKING:
    from qinggong.methods.dynamic_factor import DynamicFactor
    from qinggong.methods.news import NewsRow

MOST_ITEMS = 5
"""Figures of a release that are told, besides the industry's own."""


def view_changes(
    teller: Teller,
    known: Callable[[dt.date], Snapshot],
    settings: NowcastSettings,
    model: Estimated,
    targets: Mapping[int, Period],
    *,
    at: Period,
    as_of: dt.date | None,
    most: int | None,
) -> dict[int, ViewChange]:
    """The change of the model's nowcast since before the last releases, by column.

    Parameters
    ----------
    targets
        Columns that are told, with the period of their nowcast.
    most
        Only the first indicator's figures, and of these the ones that moved most; ``None`` for all.
    """
    panel = teller.panel
    days = release_days(panel, settings.releases)
    if not days:
        return {}
    since = days[0] - dt.timedelta(days=1)
    then = growth_panel(known(since).observations, teller.catalogue, settings, at=at, columns=panel.columns)
    found = applied(panel, settings, model)
    inside = found.values.shape[0]
    place = {int(n): k for k, n in enumerate(model.used) if n >= 0 and not model.to_date[k]}
    before, after = (columns_of(p, settings, model)[:inside] for p in (then, panel))
    chosen = [n for n in targets if n in place]
    if most is not None:
        first = settings.indicators[0].indicator
        chosen = [n for n in chosen if panel.columns[n].indicator.code == first]
        chosen = _moved_most(panel, found, before, place, {n: targets[n] for n in chosen})[:most]
    if (np.isnan(after) & ~np.isnan(before)).any() and not (np.isnan(before) & ~np.isnan(after)).any():
        return {}
    return {
        n: change
        for n in chosen
        if (change := _change(teller, settings, model, found, before, after, place[n], n, targets[n], since))
        is not None
    }


def release_days(panel: GrowthPanel, count: int) -> list[dt.date]:
    """The last days on which figures of the panel's two newest months came out, in order."""
    known = np.flatnonzero((panel.published > 0).any(axis=1))
    if not known.size:
        return []
    recent = panel.published[max(int(known[-1]) - 1, 0) :]
    return [dt.date.fromordinal(int(d)) for d in np.unique(recent[recent > 0])[-count:]]


def family_name(catalogue: Catalogue, indicator: str) -> str:
    """What a release is called: 工业生产, 工业企业利润, 价格."""
    rule = rule_for(catalogue.rules.values(), publisher="nbs", indicator=indicator)
    return rule.family_name.removeprefix("国家统计局") if rule is not None else catalogue.indicators[indicator].name


def _moved_most(
    panel: GrowthPanel, found: DynamicFactor, before: Floats, place: Mapping[int, int], targets: Mapping[int, Period]
) -> list[int]:
    """Columns by the size of the move of their nowcast, the largest first."""
    from qinggong.methods.dynamic_factor import dynamic_factor

    earlier = dynamic_factor(before, found.start, parameters=found.parameters)
    sizes: dict[int, float] = {}
    for period in sorted(set(targets.values())):
        code = f"{period.year}-{period.last:02d}"
        step = found.nowcast(code).mean - earlier.nowcast(code).mean
        sizes |= {n: abs(float(step[place[n]])) for n, p in targets.items() if p == period}
    return sorted(sizes, key=lambda n: (-round(sizes[n], 6), n))


def _change(
    teller: Teller, settings: NowcastSettings, model: Estimated, found: DynamicFactor, before: Floats, after: Floats,
    aim: int, n: int, period: Period, since: dt.date,
) -> ViewChange | None:  # fmt: skip
    panel = teller.panel
    row = (period.year - panel.first_year) * 12 + period.last - 1
    from qinggong.methods.news import news

    told = news(found, before, after, target=aim, period=f"{period.year}-{period.last:02d}")
    previous = teller.value(n, row, "news/previous", told.previous, "（动态因子模型，此前）")
    updated = teller.value(n, row, "news/updated", told.updated, "（动态因子模型，现在）")
    assert previous.value is not None and updated.value is not None
    text = fixed(updated.value - previous.value, 1)
    change = teller.text_points(n, row, "news/change", text, "预测值的变动")
    groups: dict[tuple[str, str, str], list[NewsRow]] = {}
    for one in told.rows:
        column = int(model.used[one.series])
        day = int(panel.published[_row(panel, one.period), column])
        date = dt.date.fromordinal(day).isoformat() if day else ""
        what = family_name(teller.catalogue, panel.columns[column].indicator.code)
        groups.setdefault((date, what, one.kind), []).append(one)
    if not groups:
        return None
    ordered = sorted(groups.items())
    texts = parts_that_sum([sum(r.effect for r in rows) for _, rows in ordered], text)
    releases = [
        _release(teller, model, n, row, key, rows, rounded) for (key, rows), rounded in zip(ordered, texts, strict=True)
    ]
    return ViewChange(since.isoformat(), previous, updated, change, tuple(releases))


def _release(
    teller: Teller, model: Estimated, n: int, row: int, key: tuple[str, str, str], rows: list[NewsRow], text: str
) -> ReleaseNews:
    date, what, kind = key
    panel, name = teller.panel, f"news/{date}/{what}/{kind}"
    subject = panel.columns[n].subject

    def own(one: NewsRow) -> bool:
        return panel.columns[int(model.used[one.series])].subject == subject

    rows = sorted(rows, key=lambda r: (-round(abs(r.effect), 9), r.series, r.period))
    shown = [r for r in rows if own(r)] + [r for r in rows if not own(r)][:MOST_ITEMS]
    items = []
    for one in shown:
        column, at = int(model.used[one.series]), _row(panel, one.period)
        other, inner = panel.columns[column], f"{name}/{one.series}/{one.period}"
        to_date = bool(model.to_date[one.series])
        period = panel.period(at, other, to_date=to_date)
        label = f"：{teller.label(column)}{period_name(period)}"
        base = float("nan") if to_date else base_effect(panel, column, at)
        expected, actual = fixed(one.expected, 1), fixed(one.actual, 1)
        items.append(
            NewsItem(
                other.subject.name, other.indicator.name, period,
                teller.value(n, row, f"{inner}/expected", one.expected, f"{label}的预期"),
                teller.value(n, row, f"{inner}/actual", one.actual, f"{label}的实际"),
                teller.points(n, row, f"{inner}/surprise", float(actual) - float(expected), f"{label}的意外"),
                round(one.weight, 4), teller.points(n, row, f"{inner}/effect", one.effect, f"{label}的影响"),
                None if np.isnan(base) else teller.points(n, row, f"{inner}/base", base, f"{label}的基数影响"), own(one),
            )
        )  # fmt: skip
    label = f"因{date}{what}数据{'修订' if kind == 'revision' else ''}的变动"
    effect = teller.text_points(n, row, f"{name}/effect", text, label)
    figures = teller.text_points(n, row, f"{name}/figures", str(len(rows)), f"{label}：数字个数")
    return ReleaseNews(date, what, "revision" if kind == "revision" else "new", effect, figures, tuple(items))


def _row(panel: GrowthPanel, code: str) -> int:
    year, number = (int(part) for part in code.split("-"))
    return (year - panel.first_year) * 12 + number - 1
