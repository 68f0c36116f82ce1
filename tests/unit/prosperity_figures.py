"""Synthetic figures (合成数据) of the seven whole divisions, for the tests of the level index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import numpy as np

from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot

CODES = ("13", "14", "15", "19", "21", "22", "24")
GROWTH = ("value_added", "producer_prices", "export_delivery")
PUBLISHER = "合成数据（测试）"


def key(code: str, indicator: str, measure: str, span: str, region: str = "CN") -> SeriesKey:
    unit = "%" if measure == "yoy" else "亿元"
    return SeriesKey("industry", code, "nbs", region, indicator, measure, "published", span, unit)


def observation(series: SeriesKey, period: Period, value: float) -> Observation:
    published = dt.date(period.year + period.last // 12, period.last % 12 + 1, 28)
    return Observation(
        series, period, value, f"{value:.1f}", series.unit, "published", published, "stated",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC), PUBLISHER, "synthetic", "0" * 64, 1, "合成数据", "",
    )  # fmt: skip


def figures(
    first: int = 2008, last: int = 2024, *, seed: int = 1, codes: Collection[str] = CODES,
    constant: Collection[tuple[str, str]] = (), without: Collection[tuple[str, str]] = (),
) -> list[Observation]:  # fmt: skip
    """Random growth and levels of every month; ``constant`` and ``without`` name (industry, indicator)."""
    random = np.random.default_rng(seed)
    rows: list[Observation] = []
    for code in CODES:
        for indicator in GROWTH:
            level, walk = random.normal(5, 2), 0.0
            for year in range(first, last + 1):
                for number in range(1, 13):
                    walk = 0.9 * walk + random.normal(0, 1.5)
                    value = round(float(level + walk), 1)
                    if code not in codes or (code, indicator) in without:
                        continue
                    if (code, indicator) in constant:
                        value = 3.0
                    if number == 1 and indicator != "producer_prices":
                        continue
                    both = number == 2 and indicator != "producer_prices"
                    period = ytd(year, 2) if both else month(year, number)
                    span = "ytd" if both else "month"
                    rows.append(observation(key(code, indicator, "yoy", span), period, value))
        size = random.uniform(50, 400)
        for year in range(first, last + 1):
            revenue = profit = 0.0
            for number in range(1, 13):
                sold = size * (1 + 0.05 * (year - first)) * random.uniform(0.95, 1.05)
                revenue += sold
                profit += sold * random.uniform(0.04, 0.08)
                if number == 1 or code not in codes:
                    continue
                for indicator, value in (("revenue", revenue), ("profit", profit)):
                    if (code, indicator) not in without:
                        series = key(code, indicator, "level", "ytd")
                        rows.append(observation(series, ytd(year, number), round(float(value), 1)))
    return rows


def snapshot(rows: Collection[Observation]) -> Snapshot:
    return Snapshot(tuple(rows), None, None, 1)


def known_on(
    rows: Collection[Observation], day: dt.date, changed: Mapping[tuple[SeriesKey, Period], float]
) -> Snapshot:
    """What was known on a day, with some values as they were first published."""
    from dataclasses import replace

    return snapshot(
        [
            # What was later replaced came from another file.
            replace(o, value=changed[o.series, o.period], raw_sha256="1" * 64) if (o.series, o.period) in changed else o
            for o in rows
            if o.published_at is not None and o.published_at <= day
        ]
    )


def of_province(rows: Collection[Observation], region: str) -> list[Observation]:
    """The same figures as a province publishes them: no prices, exports cumulative only."""
    from dataclasses import replace

    out: list[Observation] = []
    level: dict[tuple[str, int, int], float] = {}
    for o in rows:
        s = o.series
        if s.indicator == "producer_prices":
            continue
        if s.indicator != "export_delivery":
            out.append(replace(o, series=replace(s, region=region)))
            continue
        year, last = o.period.year, o.period.last
        # Levels that grow by the growth published: a month's exports of the year before times (1 + g).
        before = level.get((s.subject, year - 1, last), 100.0 * (2 if o.period.is_jan_feb else 1))
        level[s.subject, year, last] = before * (1 + (o.value or 0.0) / 100)
        now = sum(level[s.subject, year, m] for m in range(2, last + 1))
        then = sum(level.get((s.subject, year - 1, m), 100.0 * (2 if m == 2 else 1)) for m in range(2, last + 1))
        span = ytd(year, last)
        out.append(observation(key(s.subject, "export_delivery", "level", "ytd", region), span, now))
        out.append(observation(key(s.subject, "export_delivery", "yoy", "ytd", region), span, (now / then - 1) * 100))
    return out
