"""Synthetic monthly figures of all industries of the nowcast setting; every row is marked synthetic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.nowcast import NowcastSettings
from qinggong.monitor.nowcast_inputs import wanted_subjects
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot

KNOWN_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SOURCE = "合成数据"


def released(period: Period, indicator: str) -> dt.date:
    """Prices on the 10th, production on the 16th, profits on the 27th of the month after."""
    number = period.year * 12 + period.last
    day = {"producer_prices": 10, "profit": 27, "revenue": 27}.get(indicator, 16)
    return dt.date(number // 12, number % 12 + 1, day)


def observation(
    subject: str, indicator: str, measure: str, period: Period, value: float, published: dt.date | None = None
) -> Observation:
    span = "ytd" if period.first == 1 and period.last > 1 else "month"
    unit = "亿元" if measure == "level" else "%"
    key = SeriesKey("industry", subject, "nbs", "CN", indicator, measure, "published", span, unit)
    return Observation(
        key, period, round(value, 1), f"{value:.1f}", unit, "published", published or released(period, indicator),
        "calendar", KNOWN_AT, "nbs", SOURCE, "0" * 64, 1, SOURCE, "",
    )  # fmt: skip


def figures(settings: NowcastSettings, *, last: Period, seed: int = 3) -> list[Observation]:
    """One common cycle, one of each indicator, and noise; profits and revenue as cumulative levels."""
    random = np.random.default_rng(seed)
    first = settings.first_year
    months = (last.year - first) * 12 + last.last
    rows: list[Observation] = []

    def cycle() -> np.ndarray:
        f = np.zeros(months)
        for t in range(1, months):
            f[t] = 0.9 * f[t - 1] + random.normal()
        return f

    common = cycle()
    own = {i.indicator: cycle() for i in settings.indicators}
    for subject, _ in wanted_subjects(load_catalogue(), settings):
        for one in settings.indicators:
            growth = 4 + 1.2 * common + own[one.indicator] + random.normal(size=months)
            if one.from_levels:
                rows += _levels(subject.code, one.indicator, growth, first, months)
                continue
            for t in range(months):
                year, number = first + t // 12, t % 12 + 1
                if one.indicator == "producer_prices" or number > 2:
                    rows.append(observation(subject.code, one.indicator, "yoy", month(year, number), growth[t]))
                elif number == 2:
                    value = (growth[t] + growth[t - 1]) / 2
                    rows.append(observation(subject.code, one.indicator, "yoy", ytd(year, 2), value))
    return rows


def _levels(code: str, indicator: str, growth: np.ndarray, first: int, months: int) -> list[Observation]:
    levels = np.full(12 + months, 1000.0)
    for t in range(months):
        levels[12 + t] = levels[t] * (1 + growth[t] / 100)
    rows, total = [], 0.0
    for t in range(12 + months):
        year, number = first - 1 + t // 12, t % 12 + 1
        total = levels[t] if number == 1 else total + levels[t]
        if number > 1:
            rows.append(observation(code, indicator, "level", ytd(year, number), total))
    return rows


def known_by(rows: list[Observation]) -> Callable[[dt.date], Snapshot]:
    """What was known by the end of a day: of each figure the newest edition."""

    def known(day: dt.date) -> Snapshot:
        counting: dict[tuple[SeriesKey, Period], Observation] = {}
        for o in sorted(rows, key=lambda o: o.published_at or dt.date.min):
            if o.published_at is not None and o.published_at <= day:
                counting[o.series, o.period] = o
        return Snapshot(tuple(counting.values()), day, None, 1)

    return known
