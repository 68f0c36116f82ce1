"""From totals to the figures that are published (公布口径): levels, growth on a comparable basis, ratios, prices.

Every figure has a first and a final value. January is never published alone: flows begin with 1—2月, stocks with
February; single months from March on. Growth is that of the same enterprises, never the ratio of two levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qinggong.synth.months import Array
from qinggong.synth.sums import BASE, FINAL, Sums

HUNDRED_MILLION = 1e5
"""千元 in 亿元."""
_SMALLEST_BASE = 5000.0
"""千元 below which a base prints as 0.0 亿元: there is no growth over it."""
_CORE = ("value_added", "export_delivery", "revenue", "profit")


@dataclass(frozen=True, slots=True)
class Spec:
    """What a figure is: indicator, measure, span, the unit it is kept and printed in, and its decimals."""

    indicator: str
    measure: str
    span: str
    unit: str
    decimals: int

    @property
    def core(self) -> bool:
        """True for the few series that are published for every province by default."""
        return self.indicator in _CORE and (self.span != "month" or self.indicator == "value_added")


Figures = dict[Spec, Array]
"""(2, regions, months): first and final value, NaN where nothing is published."""


def levels_and_growth(
    sums: Sums, indicator: str, slot: str, *, span: str, unit: str, scale: float
) -> Iterator[tuple[Spec, Array]]:
    """Level and comparable growth of a total; no growth over a base that is not positive."""
    values = sums.at(slot)
    decimals = 0 if unit == "户" else 1
    yield Spec(indicator, "level", span, unit, decimals), values[:BASE] / scale
    base = np.where(values[BASE] > (0 if scale < 1e4 else _SMALLEST_BASE), values[BASE], np.nan)
    yield Spec(indicator, "yoy", span, "%", 1), (values[:BASE] / base - 1) * 100


def _ratio(
    indicator: str, top: Array, bottom: Array, *, span: str, unit: str, points: str, decimals: int,
    factor: Array | float = 100.0,
) -> Iterator[tuple[Spec, Array]]:  # fmt: skip
    """A ratio and its change against the base, in points."""
    with np.errstate(divide="ignore", invalid="ignore"):
        now, before = top[:BASE] / bottom[:BASE] * factor, top[BASE] / bottom[BASE] * factor
    yield Spec(indicator, "level", span, unit, decimals), now
    yield Spec(indicator, "yoy", span, points, decimals), now - before


def figures_of(sums: Sums, *, detailed: bool) -> Figures:
    """All figures of one subject.

    Parameters
    ----------
    detailed
        All indicators; otherwise growth of value added, revenue, profit, exports, inventories and receivables.
    """
    at = sums.at
    found: Figures = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for span in ("month", "ytd"):
            values = at(f"value_added.{span}")
            growth = (values[:BASE] / np.where(values[BASE] > 0, values[BASE], np.nan) - 1) * 100
            found[Spec("value_added", "yoy", span, "%", 1)] = growth
            found |= levels_and_growth(
                sums, "export_delivery", f"export_delivery.{span}", span=span, unit="亿元", scale=HUNDRED_MILLION
            )
        for indicator in ("revenue", "profit"):
            found |= levels_and_growth(
                sums, indicator, f"{indicator}.ytd", span="ytd", unit="亿元", scale=HUNDRED_MILLION
            )
        for indicator in ("receivables", "finished_goods"):
            found |= levels_and_growth(sums, indicator, indicator, span="point", unit="亿元", scale=HUNDRED_MILLION)
        found |= _ratio(
            "revenue_margin", at("profit.ytd"), at("revenue.ytd"), span="ytd", unit="%", points="百分点", decimals=2
        )
        if detailed:
            found |= _further(sums)
    for spec, values in found.items():
        _leave_out_january(values, single=spec.span == "month")
        values[:, at("enterprises")[FINAL] == 0] = np.nan
    return found


def _further(sums: Sums) -> Iterator[tuple[Spec, Array]]:
    at = sums.at
    for span in ("month", "ytd"):
        yield from _ratio(
            "sales_ratio", at(f"sales_value.{span}"), at(f"gross_output.{span}"), span=span, unit="%", points="百分点",
            decimals=1,
        )  # fmt: skip
    for indicator in ("operating_cost", "losses"):
        yield from levels_and_growth(
            sums, indicator, f"{indicator}.ytd", span="ytd", unit="亿元", scale=HUNDRED_MILLION
        )
    for indicator in ("assets", "liabilities"):
        yield from levels_and_growth(sums, indicator, indicator, span="point", unit="亿元", scale=HUNDRED_MILLION)
    yield from levels_and_growth(sums, "employees", "employees", span="point", unit="万人", scale=1e4)
    yield Spec("enterprises", "level", "point", "户", 0), at("enterprises")[:BASE].copy()
    yield from levels_and_growth(sums, "loss_enterprises", "loss_enterprises", span="point", unit="户", scale=1.0)
    yield from _ratio(
        "loss_breadth", at("loss_enterprises"), at("enterprises"), span="point", unit="%", points="百分点", decimals=1
    )
    yield from _ratio(
        "debt_ratio", at("liabilities"), at("assets"), span="point", unit="%", points="百分点", decimals=1
    )
    revenue, cost, profit = at("revenue.ytd"), at("operating_cost.ytd"), at("profit.ytd")
    yield from _ratio("cost_per_100", cost, revenue, span="ytd", unit="元", points="元", decimals=2)
    yield from _ratio(
        "expense_per_100", revenue - cost - profit, revenue, span="ytd", unit="元", points="元", decimals=2
    )
    months = np.arange(revenue.shape[-1], dtype=np.float64) % 12 + 1
    people = at("employees")
    # 千元 a person and year are 0.1 万元.
    yield from _ratio(
        "revenue_per_person", revenue, people, span="ytd", unit="万元/人", points="万元/人", decimals=1,
        factor=0.1 * 12 / months,
    )  # fmt: skip
    yield from _turnover(sums, "revenue_per_100_assets", revenue, at("assets"), months, days=False)
    yield from _turnover(sums, "finished_goods_days", cost, at("finished_goods"), months, days=True)
    yield from _turnover(sums, "receivables_days", revenue, at("receivables"), months, days=True)


def _turnover(
    sums: Sums, indicator: str, flow: Array, stock: Array, months: Array, *, days: bool
) -> Iterator[tuple[Spec, Array]]:
    """Ratios to the mean of the stocks at the beginning of the year and now, on the year's own set of enterprises."""
    beginning = stock[BASE].reshape(stock.shape[1], -1, 12)[:, :, 11:].repeat(12, axis=2).reshape(stock.shape[1:])
    mean = (beginning + stock[:BASE]) / 2
    level = 360 * mean / flow[:BASE] * months / 12 if days else flow[:BASE] / mean / months * 12 * 100
    change = np.full_like(level, np.nan)
    change[..., 12:] = level[..., 12:] - level[FINAL, :, :-12]
    span, unit = ("point", "天") if days else ("ytd", "元")
    yield Spec(indicator, "level", span, unit, 1), level
    yield Spec(indicator, "yoy", span, unit, 1), change


def _leave_out_january(values: Array, *, single: bool) -> None:
    """January has no survey; 1—2月 is a cumulative figure, so single months begin in March."""
    numbers = np.arange(values.shape[-1]) % 12
    values[..., numbers < (2 if single else 1)] = np.nan


def flow_figures(
    monthly: Array, first: Array, base: Array, *, indicator: str, unit: str, decimals: int, months_alone: bool = False
) -> Figures:
    """Levels and growth of a flow that has no enterprises behind it: outputs, retail sales, exports.

    Parameters
    ----------
    monthly, first, base
        (regions, months): final values, first values, and the comparable values of the year before.
    months_alone
        Also publish January and February as single months.
    """
    found: Figures = {}
    both = np.stack([first, monthly, base])
    for span in ("month", "ytd"):
        values = (
            both if span == "month" else np.cumsum(both.reshape(*both.shape[:2], -1, 12), axis=3).reshape(both.shape)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = (values[:BASE] / np.where(values[BASE] > 0, values[BASE], np.nan) - 1) * 100
        level = np.round(values[:BASE], decimals)
        growth[level == 0] = np.nan
        level[level == 0] = np.nan
        for measure, part, shown, digits in (("level", level, unit, decimals), ("yoy", growth, "%", 1)):
            if not (span == "month" and months_alone):
                _leave_out_january(part, single=span == "month")
            found[Spec(indicator, measure, span, shown, digits)] = part
    return found


def price_figures(price: Array) -> Figures:
    """Producer prices: growth over the year before by month and cumulated, and over the month before.

    ``price`` has twelve months in front of the span. Prices are not revised; January stands alone.
    """
    now, before = price[:, 12:], price[:, :-12]
    years = now.reshape(len(now), -1, 12)
    running = np.cumsum(years, axis=2) / np.cumsum(before.reshape(years.shape), axis=2)
    found = {
        Spec("producer_prices", "yoy", "month", "%", 1): (now / before - 1) * 100,
        Spec("producer_prices", "yoy", "ytd", "%", 1): (running.reshape(now.shape) - 1) * 100,
        Spec("producer_prices", "mom", "month", "%", 1): (now / price[:, 11:-1] - 1) * 100,
    }
    found[Spec("producer_prices", "yoy", "ytd", "%", 1)][:, ::12] = np.nan  # January is the month itself
    return {spec: np.stack([values, values]) for spec, values in found.items()}


def breadth_figures(growths: list[Array]) -> Figures:
    """The share of products whose cumulative output grows, from the growth as published; (2, 1, months) each."""
    rates = np.stack([np.round(g, 1) for g in growths])
    counted = np.isfinite(rates).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {Spec("output_breadth", "level", "ytd", "%", 1): (rates > 0).sum(axis=0) / counted * 100}
