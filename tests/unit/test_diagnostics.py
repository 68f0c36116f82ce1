"""Diagnostics: sliding spans, revisions, verdicts, direct against indirect adjustment; M statistics by hand."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from numpy.typing import NDArray

from qinggong.methods import seasonality_tests as tests
from qinggong.methods.diagnostics import Grade, diagnose
from qinggong.methods.direct_indirect import compare_adjustments
from qinggong.methods.quality_statistics import WEIGHTS, quality_statistics, run_length
from qinggong.methods.seasonality_tests import Significance
from qinggong.methods.stability import SlidingSpans, revision_history, sliding_spans, span_plan
from qinggong.methods.x11 import MODES, Mode, Status, decompose

Floats = NDArray[np.float64]


def simulated(
    count: int = 3, months: int = 156, *, seasonal: float = 0.2, noise: float = 0.01, seed: int = 4
) -> Floats:
    random = np.random.default_rng(seed)
    trend = np.cumsum(random.normal(0.004, 0.006, (months, count)), axis=0)
    pattern = random.normal(0, seasonal, (12, count))
    pattern = np.tile(pattern - pattern.mean(axis=0), (months // 12 + 1, 1))[:months]
    return np.asarray(100 * np.exp(trend + pattern + random.normal(0, noise, (months, count))))


def test_run_length_counts_months_between_turns() -> None:
    rows = np.array([[1.0, 2, 3, 2, 1, 2, 3], [1, 1, 2, 2, 3, 3, 2], [5, 5, 5, 5, 5, 5, 5], [1, 2, 1, 2, 1, 2, 1]])
    assert run_length(rows).tolist() == [6 / 3, 6 / 2, 6 / 1, 6 / 6]


def test_m_statistics_by_hand() -> None:
    """M1, M2 and M4 to M11 of an additive adjustment from sums written out one by one."""
    result = decompose(simulated(2, 132), mode="additive", seasonal_filter="3x5")
    found = quality_statistics(result, np.array([50.0, 0.5]), np.array([2.0, 1.0]))
    for column in range(2):
        seasonal, trend = result.seasonal[:, column], result.trend[:, column]
        irregular = result.irregular[:, column]
        kept = np.where(result.weights[:, column] == 0, 0.0, irregular)
        change = {name: [np.mean([abs(x[t + k] - x[t]) for t in range(132 - k)]) for k in range(1, 13)]
                  for name, x in (("i", irregular), ("c", trend), ("s", seasonal), ("m", kept))}  # fmt: skip
        squares = {name: change[name][2] ** 2 for name in "cms"}
        assert found.m[0, column] == pytest.approx(min(3, squares["m"] / sum(squares.values()) / 0.1), rel=1e-9)
        turns = sum((irregular[t + 1] - irregular[t]) * (irregular[t] - irregular[t - 1]) < 0 for t in range(1, 131))
        duration = 131 / (turns + 1)
        by_hand = abs(3 * 131 / duration - 2 * 132 + 1) / 2.577 / np.sqrt(1.6 * 132 - 2.9)
        assert found.m[3, column] == pytest.approx(by_hand, rel=1e-9)
        ratios = [i / c for i, c in zip(change["i"], change["c"], strict=True)]
        reach = max([k for k in range(12) if ratios[k] >= 1], default=-1) + 2
        assert found.summary.months_for_cyclical_dominance[column] == min(reach, 12)
        if 1 < reach <= 12:
            exact = reach + (ratios[reach - 1] - 1) / (ratios[reach - 2] - ratios[reach - 1])
            assert found.m[4, column] == pytest.approx(np.clip((exact - 0.5) / 5, 0, 3), rel=1e-9)
        assert found.m[5, column] == pytest.approx(min(3, abs(result.moving_seasonality[column] - 4) / 2.5))
        scaled = seasonal / np.sqrt(np.mean(seasonal**2))
        years = scaled.reshape(11, 12)
        assert found.m[7, column] == pytest.approx(min(3, 10 * np.abs(np.diff(years, axis=0)).mean()), rel=1e-9)
        assert found.m[8, column] == pytest.approx(min(3, 10 * np.abs(years[-1] - years[0]).mean() / 10), rel=1e-9)
        recent = years[5:9]
        assert found.m[9, column] == pytest.approx(min(3, 10 * np.abs(np.diff(recent, axis=0)).mean()), rel=1e-9)
        assert found.m[10, column] == pytest.approx(min(3, 10 * np.abs(recent[3] - recent[0]).mean() / 3), rel=1e-9)
    assert found.m[6].tolist() == pytest.approx([np.sqrt((7 / 50 + 3 * 2 / 50) / 2), np.sqrt((9 + 6) / 2)])
    q = (found.m[:, 0] * WEIGHTS).sum() / 100
    q2 = (found.m[:, 0] * WEIGHTS).sum() - found.m[1, 0] * WEIGHTS[1]
    assert (found.q[0], found.q2[0]) == (pytest.approx(q), pytest.approx(q2 / (100 - WEIGHTS[1])))


def test_q_of_a_short_series_shifts_weights() -> None:
    result = decompose(simulated(1, 66), seasonal_filter="3x3")
    found = quality_statistics(result, np.array([40.0]), np.array([1.0]))
    assert np.isnan(found.m[7:]).all() and np.isfinite(found.m[:7]).all()
    weights = np.array([14.0, 15.0, 10.0, 8.0, 11.0, 0.0, 32.0])
    assert found.q[0] == pytest.approx((found.m[:7, 0] * weights).sum() / 90)
    assert found.q2[0] == pytest.approx(((found.m[:7, 0] * weights).sum() - 15 * found.m[1, 0]) / 75)


def test_calendar_and_prior_effects_take_their_share() -> None:
    result = decompose(simulated(2, 120))
    f = np.array([50.0, 50.0])
    plain = quality_statistics(result, f, f / 50)
    calendar = np.tile(np.exp(0.05 * np.cos(np.arange(120.0)))[:, None], (1, 2))
    with_calendar = quality_statistics(result, f, f / 50, calendar=calendar)
    level = np.where(np.arange(120)[:, None] < 60, 1.0, 1.3) * np.ones((1, 2))
    with_prior = quality_statistics(result, f, f / 50, prior=level)
    for found in (plain, with_calendar, with_prior):
        np.testing.assert_allclose(found.summary.shares.sum(axis=0), 1.0)
    assert (with_calendar.m[0] < plain.m[0]).all() and (with_calendar.summary.shares[4, 0] > 0.01).all()
    assert (with_prior.summary.variance_shares[3] > 1).all() and (plain.summary.variance_shares[3:] == 0).all()
    # The share of the irregular, prior effects left out, does not depend on them.
    np.testing.assert_allclose(with_prior.m[0], plain.m[0])


def test_a_plain_series_is_good_and_noise_is_not_adjustable() -> None:
    series = np.concatenate([simulated(3), simulated(3, seasonal=0.0, noise=0.05, seed=5)], axis=1)
    series[:, 2] = np.nan
    found = diagnose(decompose(series))
    grades = [verdict.grade for verdict in found.verdicts]
    assert grades[:3] == [Grade.GOOD, Grade.GOOD, Grade.NOT_ADJUSTABLE]
    assert grades[3:] == [Grade.NOT_ADJUSTABLE] * 3
    assert found.verdicts[0].reasons == ()
    assert [r.text for r in found.verdicts[2].reasons] == ["序列没有任何数值"]
    assert found.verdicts[3].reasons[0].code == "no_seasonality"
    assert found.verdicts[3].reasons[0].text.startswith("季节形态不可识别")
    assert found.identifiable.tolist() == [0, 0, -1, 2, 2, 2]
    assert np.isnan(found.quality.m[:, 2]).all() and np.isnan(found.stable.p_value[2])


def test_limits_make_reasons() -> None:
    result = decompose(simulated(2))
    residuals = np.full((156, 2), np.nan)
    random = np.random.default_rng(1)
    residuals[13:] = random.normal(size=(143, 2))
    residuals[14:, 1] += 0.9 * residuals[13:-1, 1]
    spans = SlidingSpans(np.array([15.0, 15.1]), np.array([41.0, 0.0]), np.zeros(2), ((0, 96), (12, 108)))
    found = diagnose(result, residuals=residuals, spans=spans, q_limit=0.0)
    assert [r.code for r in found.verdicts[0].reasons] == ["q", "q2", "sliding_changes"]
    assert [r.code for r in found.verdicts[1].reasons] == ["q", "q2", "autocorrelation", "sliding_spans"]
    assert {v.grade for v in found.verdicts} == {Grade.DOUBTFUL}
    for verdict in found.verdicts:
        assert all(re.search(r"[\u4e00-\u9fff]", reason.text) and "{" not in reason.text for reason in verdict.reasons)
    assert found.autocorrelation.p_value[0] > 0.05 > 0.001 > found.autocorrelation.p_value[1]


def test_residual_seasonality_is_seen() -> None:
    result = decompose(simulated(1))
    wave = 1 + 0.03 * np.cos(np.arange(156.0) * np.pi / 6)[:, None]
    spoilt = dataclasses.replace(result, adjusted=result.adjusted * wave, irregular=result.irregular * wave)
    codes = {reason.code for reason in diagnose(spoilt).verdicts[0].reasons}
    assert {"qs_adjusted", "qs_irregular", "f_adjusted"} <= codes


def test_diagnostics_do_not_depend_on_the_company() -> None:
    series = simulated(6, seed=8)
    series[:9, 1] = np.nan
    series[150:, 4] = np.nan
    whole = diagnose(decompose(series))
    for column in range(6):
        alone = diagnose(decompose(series[:, [column]]))
        assert alone.quality.m.tobytes() == whole.quality.m[:, [column]].tobytes()
        for name in ("stable", "moving", "kruskal", "qs_adjusted", "qs_irregular", "residual"):
            assert getattr(alone, name).statistic[0] == getattr(whole, name).statistic[column]
        assert alone.verdicts[0] == whole.verdicts[column]


def test_an_empty_batch_has_no_verdicts() -> None:
    assert diagnose(decompose(np.empty((60, 0)))).verdicts == ()


@pytest.mark.parametrize(
    ("f_stable", "p_stable", "f_moving", "p_moving", "p_kruskal", "outcome"),
    [
        (100.0, 0.0, 1.0, 0.5, 0.0, tests.PRESENT),
        (100.0, 0.0, 40.0, 0.01, 0.0, tests.PROBABLY_NOT),  # T2 = 1.2, (T1 + T2) / 2 < 1
        (20.0, 0.0, 40.0, 0.01, 0.0, tests.NOT_PRESENT),
        (2.0, 0.002, 1.0, 0.5, 0.0, tests.NOT_PRESENT),
        (5.0, 0.0, 0.5, 0.5, 0.0, tests.PROBABLY_NOT),  # T1 = 1.4
        (100.0, 0.0, 1.0, 0.5, 0.01, tests.PROBABLY_NOT),
        (np.nan, np.nan, np.nan, np.nan, np.nan, tests.NOT_PRESENT),
    ],
)
def test_the_combined_test_follows_its_table(
    f_stable: float, p_stable: float, f_moving: float, p_moving: float, p_kruskal: float, outcome: int
) -> None:
    one = [
        Significance(np.array([f]), np.array([p]))
        for f, p in ((f_stable, p_stable), (f_moving, p_moving), (9.0, p_kruskal))
    ]
    assert tests.identifiable_seasonality(*one).tolist() == [outcome]


def test_qs_counts_positive_autocorrelation_only() -> None:
    random = np.random.default_rng(2)
    noise = random.normal(size=(1, 120))
    positive, negative = noise.copy(), noise.copy()
    for t in range(12, 120):
        positive[0, t] += 0.8 * positive[0, t - 12]
        negative[0, t] -= 0.8 * negative[0, t - 12]
    r12, r24 = ((positive[0, k:] * positive[0, :-k]).sum() / (positive**2).sum() for k in (12, 24))
    assert tests.qs(positive).statistic[0] == pytest.approx(120 * 122 * (r12**2 / 108 + max(r24, 0) ** 2 / 96))
    assert tests.qs(negative).statistic.tolist() == [0.0] and tests.qs(negative).p_value.tolist() == [1.0]
    assert np.isnan(tests.qs(noise[:, :24]).statistic).all()


# Stability


def test_spans_end_with_the_data_and_begin_in_january() -> None:
    assert span_plan(180, start_month=1, years=8) == ((48, 144), (60, 156), (72, 168), (84, 180))
    assert span_plan(183, start_month=1, years=8) == ((48, 147), (60, 159), (72, 171), (84, 183))
    assert span_plan(112, start_month=1, years=8) == ((0, 100), (12, 112))
    assert span_plan(110, start_month=4, years=8) == ((2, 98), (14, 110))
    assert span_plan(107, start_month=1, years=8) == ()


def test_sliding_spans_count_months_that_differ() -> None:
    spans = ((0, 24), (12, 36))
    base = np.full((36, 2), 100.0)

    def adjust(begin: int, end: int) -> tuple[Floats, Floats]:
        factors, series = np.ones((end - begin, 2)), base[begin:end].copy()
        if begin == 12:
            factors[0, 0] = 1.031  # one of twelve months compared
            factors[1, 0] = 1.029
            series[2:, 1] = 104.0  # one change differs by four points; so do no yearly ones between spans
        return factors, series

    found = sliding_spans(adjust, spans, months=36)
    assert found.seasonal.tolist() == [pytest.approx(100 / 12), 0.0]
    assert found.monthly_change.tolist() == [0.0, pytest.approx(100 / 11)]
    assert np.isnan(found.yearly_change).all()
    assert np.isnan(sliding_spans(adjust, spans, months=36, additive=True).seasonal).all()
    assert np.isnan(sliding_spans(adjust, (), months=36).seasonal).all()


def test_sliding_spans_of_a_steady_and_a_wild_series() -> None:
    series = np.concatenate([simulated(1, 180, noise=0.005), simulated(1, 180, noise=0.15)], axis=1)

    def adjust(begin: int, end: int) -> tuple[Floats, Floats]:
        result = decompose(series[begin:end], start_month=begin % 12 + 1)
        return result.seasonal, result.adjusted

    found = sliding_spans(adjust, span_plan(180, start_month=1, years=8), months=180)
    assert found.seasonal[0] < 1 < 15 < found.seasonal[1]
    assert found.monthly_change[0] < 1 < 40 < found.monthly_change[1]


def test_revisions_compare_first_and_final_estimates() -> None:
    def adjust(months: int) -> Floats:
        series = np.arange(1.0, months + 1)[:, None].repeat(2, axis=1)
        series[-1, 1] *= 1.1  # the first estimate is a tenth too high, the next one is right
        return series

    found = revision_history(adjust, months=24, horizon=6)
    assert found.first[:, 0].tolist() == [18.0, 19, 20, 21, 22, 23] and found.revision[:, 0].tolist() == [0.0] * 6
    np.testing.assert_allclose(found.revision[:, 1], (1 / 1.1 - 1) * 100)
    np.testing.assert_allclose(found.change_revision[:, 1], -0.1 * found.final[:, 1] / (found.final[:, 1] - 1) * 100)
    assert found.mean_absolute.tolist() == [0.0, pytest.approx((1 - 1 / 1.1) * 100)]
    with pytest.raises(ValueError, match="history"):
        revision_history(adjust, months=24, horizon=23)


# Direct and indirect


def test_direct_and_indirect_adjustment() -> None:
    parts = simulated(3, 144)
    adjusted = decompose(parts).adjusted
    direct = decompose(parts.sum(axis=1)).adjusted[:, 0]
    found = compare_adjustments(direct, adjusted)
    np.testing.assert_allclose(found.indirect, adjusted.sum(axis=1))
    np.testing.assert_allclose(found.deviation, (direct / adjusted.sum(axis=1) - 1) * 100)
    assert found.mean_absolute_deviation < 1 and found.largest_deviation < 5
    assert found.roughness[0] == pytest.approx(np.sqrt((np.diff(direct) ** 2).mean()))
    assert found.gain[0] == pytest.approx((found.roughness[0] - found.roughness[1]) / found.roughness[0] * 100)
    assert np.isnan(found.growth_deviation[0]) and np.abs(found.growth_deviation[1:]).max() < 5
    same = compare_adjustments(adjusted.sum(axis=1), adjusted, last_years=3)
    assert same.largest_deviation == 0.0 and same.gain == (0.0, 0.0)
    assert same.roughness[0] < found.roughness[1] * 10


def test_a_line_lies_on_its_own_trend() -> None:
    line = 100 + np.arange(60.0)
    found = compare_adjustments(line, np.stack([line * 2, line], axis=1), weights=np.array([1.0, -1.0]))
    # End filters keep constants only, so the distance comes from the six months at each end.
    assert found.roughness == (1.0, 1.0) and 0 < found.distance_to_trend[0] < 0.5
    assert found.largest_deviation == 0.0


def test_comparisons_that_do_not_fit_are_errors() -> None:
    with pytest.raises(ValueError, match="match"):
        compare_adjustments(np.ones(30), np.ones((29, 2)))
    with pytest.raises(ValueError, match="25 months"):
        compare_adjustments(np.ones(30), np.full((30, 2), np.nan))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mode", MODES)
def test_no_series_raises_or_passes_silently(mode: Mode) -> None:
    """Broken and odd series in random company: a result, or NaN with a reason; never a warning."""
    random = np.random.default_rng(len(mode))
    for _ in range(15):
        months = int(random.integers(30, 200))
        series = simulated(9, months, noise=float(random.choice([1e-9, 0.01, 1.0])), seed=int(random.integers(1000)))
        at = int(random.integers(months))
        series[at, 0] = random.choice([np.nan, np.inf, -np.inf, 0.0, -1.0])
        series[: at // 2, 1] = np.nan
        series[at:, 2] *= 1e4
        series[:, 3] = np.round(series[:, 3])
        series[:, 4] = np.resize(np.arange(1.0, 13.0), months)  # seasonal and nothing else
        series[:, 5] = 5.0
        series[:, 6] = np.arange(1.0, months + 1)
        series[:, 7] *= 1e290
        result = decompose(series, mode=mode, start_month=int(random.integers(1, 13)))
        found = diagnose(result, residuals=random.normal(size=series.shape))
        for column, verdict in enumerate(found.verdicts):
            if result.status[column] == Status.ADJUSTED:
                there = np.isfinite(series[:, column])
                assert np.isfinite(result.adjusted[there, column]).all()
                assert np.isfinite(found.quality.q[column]) or verdict.grade != Grade.GOOD
            else:
                assert np.isnan(result.adjusted[:, column]).all() and verdict.reasons[0].code == "refused"
