"""The analysis of blocks: figures against slow, obvious formulas, and bits that do not depend on the cut."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.monitor import block_analysis as analysis
from qinggong.monitor.block_analysis import SeriesFigures, analysed, fingerprint, joined, ranked
from qinggong.panel import Panel
from qinggong.periods import Period, month, ytd

FIRST = 2019 * 12


def name(number: int, *, measure: str = "level", span: str = "month") -> str:
    return f"product:合成{number:04d}@nbs/CN/output/{measure}/published/{span}/元/吨"


def months(first: int, count: int) -> tuple[Period, ...]:
    return tuple(month((first + i) // 12, (first + i) % 12 + 1) for i in range(count))


def panel(columns: dict[str, dict[Period, float]], *, span: str = "month") -> Panel:
    """The panel that a store would hand out: only the periods that occur, series sorted."""
    periods = tuple(sorted({period for column in columns.values() for period in column}))
    series = tuple(sorted(columns))
    values = np.array([[columns[s].get(p, np.nan) for s in series] for p in periods]).reshape(len(periods), len(series))
    return Panel(series, periods, values, np.zeros(values.shape, dtype=np.uint8), span, None)


def synthetic(number: int, *, length: int = 70) -> dict[Period, float]:
    """合成: a series with gaps, another start, and values far apart."""
    random = np.random.default_rng(number)
    start, values = int(random.integers(0, 24)), random.lognormal(number % 5 * 4, 1.0, length)
    there = random.random(length) > (0.1 if number % 3 else 0.0)
    axis = months(FIRST + start, length)
    return {period: float(v) for period, v, is_there in zip(axis, values, there, strict=True) if is_there}


COLUMNS = {name(number): synthetic(number) for number in range(17)}


def slow_figures(column: dict[Period, float]) -> dict[str, float]:
    """Each figure by its formula, with no array."""
    last = max(column)
    end = last.year * 12 + last.last - 1
    by_month = {p.year * 12 + p.last - 1: v for p, v in column.items()}

    def growth(period: Period) -> float:
        base = column.get(period.year_before())
        return (column[period] / base - 1) * 100 if base is not None and base > 0 else np.nan

    late, early = ([by_month.get(end - lag, np.nan) for lag in lags] for lags in (range(3), range(3, 6)))
    twelve = [by_month[end - lag] for lag in range(12) if end - lag in by_month]
    earlier = [g for p in column if p < last and not np.isnan(g := growth(p))]
    surprise = np.nan
    if len(earlier) >= 24:
        centre = statistics.median(earlier)
        surprise = (growth(last) - centre) / (1.4826 * statistics.median(abs(g - centre) for g in earlier))
    return {
        "last": end, "value": column[last], "growth": growth(last), "momentum": (sum(late) / sum(early) - 1) * 100,
        "average": sum(twelve) / len(twelve) if len(twelve) >= 10 else np.nan, "surprise": surprise,
    }  # fmt: skip


def test_the_figures_are_those_of_the_formulas() -> None:
    figures = analysed(panel(COLUMNS))
    assert figures.series == tuple(sorted(COLUMNS))
    for number, series in enumerate(figures.series):
        for field, expected in slow_figures(COLUMNS[series]).items():
            np.testing.assert_allclose(
                getattr(figures, field)[number], expected, rtol=1e-12, err_msg=f"{series} {field}"
            )
    for field in ("growth", "momentum", "average", "surprise"):
        there = ~np.isnan(getattr(figures, field))
        assert there.any(), f"{field} is tested nowhere"


@settings(max_examples=60, deadline=None)
@given(cut=st.lists(st.integers(0, 4), min_size=17, max_size=17), order=st.randoms(use_true_random=False))
def test_the_bits_do_not_depend_on_how_the_series_are_cut_into_blocks(cut: list[int], order: Any) -> None:
    """Each block has a time axis of its own, as a store gives it."""
    whole = joined([analysed(panel(COLUMNS))])
    blocks = [[s for s, part in zip(COLUMNS, cut, strict=True) if part == number] for number in range(5)]
    parts = [analysed(panel({s: COLUMNS[s] for s in block})) for block in blocks]
    order.shuffle(parts)
    found = joined(parts)
    assert found.series == whole.series
    assert fingerprint(found) == fingerprint(whole)


def test_a_fingerprint_sees_the_last_bit() -> None:
    figures = analysed(panel(COLUMNS))
    value = figures.value.copy()
    value[3] = np.nextafter(value[3], np.inf)
    changed = SeriesFigures(
        figures.series, figures.last, value, figures.growth, figures.momentum, figures.average, figures.surprise
    )
    assert fingerprint(changed) != fingerprint(figures)


def test_growth_needs_a_positive_base_of_the_same_months() -> None:
    runs = {name(1, span="ytd"): {ytd(2024, 2): 10.0, ytd(2024, 3): 20.0, ytd(2025, 2): 11.0, ytd(2025, 4): 30.0}}
    values = panel(runs, span="ytd")
    growth = analysis.year_on_year(values.values, values.periods)
    assert [round(g, 9) if not np.isnan(g) else None for g in growth[:, 0]] == [None, None, 10.0, None]
    losses = panel({name(1): {month(2024, 5): -3.0, month(2025, 5): 4.0}, name(2): {month(2024, 5): 0.0}})
    assert np.isnan(analysis.year_on_year(losses.values, losses.periods)).all()


def test_published_rates_are_growth_and_have_no_level() -> None:
    rates = {name(1, measure="yoy"): {period: 1.5 + 0.1 * i for i, period in enumerate(months(FIRST, 30))}}
    figures = analysed(panel(rates))
    assert figures.growth[0] == figures.value[0] == pytest.approx(4.4)
    assert np.isnan([figures.momentum[0], figures.average[0]]).all()
    assert figures.surprise[0] == pytest.approx((2.9 - 1.4) / (1.4826 * 0.7))
    index = {name(1, measure="index"): dict.fromkeys(months(FIRST, 30), 100.0)}
    assert np.isnan(analysed(panel(index)).growth[0])


def test_equal_rates_give_no_surprise() -> None:
    steady = {name(1, measure="yoy"): dict.fromkeys(months(FIRST, 40), 5.0)}
    assert np.isnan(analysed(panel(steady)).surprise[0])


def test_a_series_of_withdrawn_figures_only_has_no_figure() -> None:
    both = panel({name(1): {month(2025, 1): 2.0}, name(2): {month(2025, 1): np.nan}})
    figures = analysed(both)
    assert figures.last.tolist() == [2025 * 12, -1]
    assert np.isnan([figures.value[1], figures.growth[1], figures.average[1], figures.surprise[1]]).all()
    assert joined([]).series == analysed(panel({})).series == ()


def test_places_are_among_comparable_series_and_shared_by_equals() -> None:
    at = {"a": 5.0, "b": 7.0, "c": 5.0, "d": -1.0}
    rates = {f"product:{s}@nbs/CN/output/yoy/published/month/%": {month(2025, 3): v} for s, v in at.items()}
    rates["product:e@nbs/CN/sales/yoy/published/month/%"] = {month(2025, 3): 99.0}
    rates["product:f@nbs/CN/output/index/published/month/%"] = {month(2025, 3): 98.0}
    figures = analysed(panel(rates))
    ranking = ranked(figures)
    assert [s.split("@")[0][8:] for s in figures.series] == list("abcdef")
    assert ranking.place.tolist() == [2, 1, 2, 4, 1, 0]
    assert ranking.of.tolist() == [4, 4, 4, 4, 1, 0]


def test_results_cannot_be_changed_and_fit_together() -> None:
    figures = analysed(panel(COLUMNS))
    with pytest.raises(ValueError, match="read-only"):
        figures.growth[0] = 1.0
    with pytest.raises(ValueError, match="occurs in two parts"):
        joined([figures, figures])
    with pytest.raises(ValueError, match="last has shape"):
        SeriesFigures(
            ("a",), figures.last, *(getattr(figures, f) for f in ("value", "growth", "momentum", "average", "surprise"))
        )
