"""Synthetic figures (合成数据) of industries and of the light-industry total, for the tests of targets and estimates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from qinggong.catalogue import load_catalogue
from qinggong.monitor.facts import FactBook
from qinggong.monitor.movements import Desk
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot, winners

SHARES = np.array([2.0, *([1.0] * 10)]) / 12
INDUSTRIES = ("BCD", "13", "14", "15", "19", "21", "22", "24", "33", "38")


def observation(
    code: str, printed: str, period: Period, *, indicator: str = "value_added", measure: str = "yoy", unit: str = "%",
    kind: str = "industry", scope: str = "nbs", published: dt.date | None = None,
) -> Observation:  # fmt: skip
    series = SeriesKey(kind, code, scope, "CN", indicator, measure, "published", period.kind, unit)
    day = published or dt.date(period.year + period.last // 12, period.last % 12 + 1, 18)
    return Observation(
        series, period, float(printed), printed, unit, "published", day, "stated",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "合成发布机构", "synthetic", "0" * 64, 1, "合成数据，仅供测试", "",
    )  # fmt: skip


def light(
    printed: str, period: Period, *, indicator: str = "value_added", measure: str = "yoy", unit: str = "%"
) -> Observation:
    """A reading of the light-industry total by the federation."""
    return observation(
        "light_industry", printed, period, indicator=indicator, measure=measure, unit=unit, kind="group", scope="cnlic"
    )


def growth_of_industries(first: int = 2013, last: int = 2024, *, seed: int = 1) -> dict[str, np.ndarray]:
    """``(years, 11)`` growth of the steps of a year for each industry: a common part and one of its own."""
    random = np.random.default_rng(seed)
    years = last - first + 1
    common = np.zeros(years * 11)
    for t in range(1, common.size):
        common[t] = 0.85 * common[t - 1] + random.normal(0, 0.6)
    found = {}
    for code in INDUSTRIES:
        own = np.zeros(common.size)
        for t in range(1, own.size):
            own[t] = 0.8 * own[t - 1] + random.normal(0, 0.8 if code != "BCD" else 0.3)
        found[code] = np.round(5 + common + own, 1).reshape(years, 11)
    return found


def industry_rows(
    growth: Mapping[str, np.ndarray], *, first: int = 2013, revenue: float = 50_000.0
) -> list[Observation]:
    """Monthly and cumulative growth of value added, and cumulative revenue in 亿元, of every industry."""
    rows = []
    for code, table in growth.items():
        for y, steps in enumerate(table):
            total = 0.0
            for k, value in enumerate(steps):
                total += SHARES[k] * value
                cumulative = ytd(first + y, k + 2)
                rows.append(observation(code, f"{total / SHARES[: k + 1].sum():.1f}", cumulative))
                if k:
                    rows.append(observation(code, f"{value:.1f}", month(first + y, k + 2)))
                size = revenue * (10 if code == "BCD" else 1) * (1 + 0.03 * y) * SHARES[: k + 1].sum()
                rows.append(
                    observation(code, f"{size:.1f}", cumulative, indicator="revenue", measure="level", unit="亿元")
                )
    return rows


def desk(*rows: Observation) -> Desk:
    return Desk(Snapshot(tuple(winners(rows)), None, None, 0), load_catalogue(), FactBook())
