"""Composite indices from symmetric changes and amplitude-adjusted deviations, screening of leaders: rules and
refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.methods import amplitude_adjusted as amplitude
from qinggong.methods import lead_screening as screening
from qinggong.methods import robust_changes, trend_filters
from qinggong.methods import symmetric_changes as symmetric

MONTHS = 240


def _levels(seed: int = 1, components: int = 6, months: int = MONTHS) -> np.ndarray:
    """Synthetic: growth, one common cycle, noise."""
    rng = np.random.default_rng(seed)
    cycle = 4 * np.sin(2 * np.pi * np.arange(months)[:, None] / 48)
    growth = np.cumsum(rng.normal(0.3, 0.2, (months, components)), axis=0)
    return 100 * np.exp((growth + cycle * rng.uniform(0.5, 2, components) + rng.normal(0, 0.4, growth.shape)) / 100)


def test_symmetric_changes_cancel_and_differences_serve_rates() -> None:
    x = np.array([[100.0, 2.0, 5.0], [110.0, 1.5, 5.0], [100.0, 2.5, 4.0]])
    r = symmetric.symmetric_changes(x, difference=[False, True, False], inverted=[False, False, True])
    assert r[1, 0] == pytest.approx(200 * 10 / 210) and r[2, 0] == pytest.approx(-r[1, 0])
    assert r[1:, 1].tolist() == [-0.5, 1.0]
    assert r[1, 2] == 0 and r[2, 2] == pytest.approx(200 / 9) and np.isnan(r[0]).all()


def test_a_change_across_the_january_block_is_kept_and_a_longer_gap_is_not() -> None:
    x = np.full((12, 1), 100.0)
    x[3:, 0], x[2, 0] = 110.0, np.nan
    r = symmetric.symmetric_changes(x)
    assert np.isnan(r[2, 0]) and r[3, 0] == pytest.approx(200 * 10 / 210)
    x[4:6] = np.nan
    x[6:] = 120.0
    r = symmetric.symmetric_changes(x)
    assert np.isnan(r[4:7, 0]).all() and r[7, 0] == 0


def test_outliers_of_one_component_are_bounded_and_common_ones_are_not() -> None:
    rng = np.random.default_rng(3)
    r = rng.normal(0, 1, (200, 7))
    r[50, 2] += 12  # particular
    r[120] -= 12  # common
    got = robust_changes.winsorised(r, share=0.02)
    assert got.replaced[50, 2] and abs(got.changes[50, 2]) < 6
    assert abs(got.changes[120] - r[120]).max() < 3 and got.common[120] < -6
    assert got.replaced.mean() == pytest.approx(0.02, abs=0.002)
    np.testing.assert_array_equal(got.changes[~got.replaced], r[~got.replaced])
    none = robust_changes.winsorised(r, share=0)
    assert not none.replaced.any()
    with pytest.raises(ValueError, match="外点比例"):
        robust_changes.winsorised(r, share=1.0)


def test_the_backward_average_is_the_mean_of_what_is_known() -> None:
    r = np.arange(40.0).reshape(20, 2)
    r[3, 1], r[14:17, 0] = np.nan, np.nan
    got = robust_changes.backward_average(r, 10)
    assert np.isnan(got[:9]).all() and got[9, 0] == pytest.approx(9.0)
    assert got[9, 1] == pytest.approx((sum(range(1, 20, 2)) - 7) / 9) and got[13, 1] == pytest.approx(18.0)
    assert not np.isnan(got[15, 0]) and np.isnan(got[16, 0])  # two of ten may be missing, three may not
    assert np.isnan(robust_changes.backward_average(r, 21)).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.floats(0, 0.1), st.booleans())
def test_contributions_and_trend_sum_to_the_change_of_the_index(seed: int, holes: float, robust: bool) -> None:
    x = _levels(seed, 9)
    x[np.random.default_rng(seed).random(x.shape) < holes] = np.nan
    got = robust_changes.robust_index(x) if robust else symmetric.standardised_index(x, target=0.2)
    step = np.diff(got.index)
    known = ~np.isnan(step)
    assert known.sum() > 60
    total = (got.contributions.sum(axis=1) + got.trend_points)[1:]
    np.testing.assert_allclose(total[known], step[known], atol=1e-9)


def test_the_standardised_index_is_the_literal_recipe() -> None:
    x = _levels(5, 4, 120)
    got = symmetric.standardised_index(x, base=np.arange(120) < 12, target=0.25)
    r = [[200 * (b - a) / (b + a) for a, b in itertools.pairwise(c)] for c in x.T]
    raw = [1 / np.std(c, ddof=1) for c in r]
    factors = [f / sum(raw) for f in raw]
    v = [sum(f * c[t] for f, c in zip(factors, r, strict=True)) for t in range(119)]
    v = [a + 0.25 - sum(v) / 119 for a in v]
    level = [100.0]
    for a in v:
        level.append(level[-1] * (200 + a) / (200 - a))
    centre = sum(level[:12]) / 12
    np.testing.assert_allclose(got.index, [100 * a / centre for a in level])
    np.testing.assert_allclose(got.weights, factors)
    assert got.change[1:].mean() == pytest.approx(0.25)
    wide = symmetric.standardised_index(x, amplitude=1.5, target=0.25)
    assert np.abs(wide.change[1:] - 0.25).mean() == pytest.approx(1.5)


def test_the_robust_index_takes_a_trend_from_elsewhere() -> None:
    x = _levels(2)
    own = robust_changes.robust_index(x)
    fixed = robust_changes.robust_index(x, trend=np.full(MONTHS, 0.5))
    run = ~np.isnan(fixed.change)
    np.testing.assert_allclose((own.change - own.trend)[run], (fixed.change - 0.5)[run])
    start = int(np.flatnonzero(~np.isnan(own.index))[0])
    assert start == 58 and own.index[start] == 100.0  # the month before the first with a trend
    based = robust_changes.robust_index(x, base=np.arange(MONTHS) >= 228)
    assert based.index[228:].mean() == pytest.approx(100.0)


def test_bad_components_are_left_out_with_the_reason() -> None:
    x = _levels(4, 9)
    x[:, 0] = 7.0
    x[: MONTHS - 36, 1] = np.nan
    x[10, 2] = np.inf
    x[20, 3] = -1.0
    x[:, 4] = np.nan
    x[:, 5] = 100.0 + (np.arange(MONTHS) % 40 == 0)
    robust, standard = robust_changes.robust_index(x), symmetric.standardised_index(x)
    said = [symmetric.REASONS[s] for s in robust.state]
    assert said[:5] == [
        "分项没有变化",
        "分项历史不足",
        "分项含有无穷大的值",
        "分项含有零或负值，应改用差分",
        "分项全部缺失",
    ]
    assert "四分位距" in said[5] and said[6:] == [""] * 3
    assert standard.state.tolist() == [5, 4, 2, 3, 1, 0, 0, 0, 0]
    assert robust.verdict == standard.verdict == "good" and robust.weights[:6].tolist() == [0.0] * 6
    few = robust_changes.robust_index(x[:, :8])
    assert few.verdict == "not computed" and few.reason == "可用分项2个，至少需要3个" and np.isnan(few.index).all()
    with pytest.raises(ValueError, match="之和应为1"):
        symmetric.standardised_index(x, weights=np.full(9, 0.2))
    with pytest.raises(ValueError, match="权重有2个"):
        symmetric.standardised_index(x, weights=[0.5, 0.5])
    with pytest.raises(ValueError, match="两维"):
        robust_changes.robust_index(x[:, 0])
    nowhere = symmetric.standardised_index(_levels(), base=np.zeros(MONTHS, dtype=bool))
    assert nowhere.verdict == "not computed" and "基期" in nowhere.reason


def test_a_month_without_components_ends_the_run_before_it() -> None:
    x = _levels()
    x[100:103] = np.nan
    got = symmetric.standardised_index(x)
    assert np.isnan(got.index[:103]).all() and not np.isnan(got.index[103:]).any() and got.index[103] == 100.0


def test_a_missing_end_uses_the_components_that_are_there() -> None:
    x = _levels()
    whole = robust_changes.robust_index(x, window=np.arange(MONTHS) < 230)
    x[-1, :2] = np.nan
    cut = robust_changes.robust_index(x, window=np.arange(MONTHS) < MONTHS)
    assert not np.isnan(cut.index[-1]) and np.nansum(np.abs(cut.contributions[-1, :2])) == 0
    assert np.isnan(whole.index[-1])


def test_penalties_of_known_periods() -> None:
    # OECD (2012): 120 months 133107.94, 12 months 13.93.
    assert trend_filters.penalty_for(120) == pytest.approx(133107.94, abs=0.01)
    assert trend_filters.penalty_for(12) == pytest.approx(13.93, abs=0.005)
    with pytest.raises(ValueError, match="大于2个月"):
        trend_filters.penalty_for(2)


def test_the_band_keeps_business_cycles_only() -> None:
    t = np.arange(480.0)
    waves = {period: np.sin(2 * np.pi * t / period) for period in (6, 40, 400)}
    inner = slice(120, 360)
    kept = {p: np.ptp(trend_filters.band_pass(w)[inner]) / 2 for p, w in waves.items()}
    assert kept[6] < 0.08 and kept[40] > 0.9 and kept[400] < 0.1
    assert np.abs(trend_filters.band_pass(0.3 * t + 5)).max() < 1e-6
    with pytest.raises(ValueError, match="由短到长"):
        trend_filters.band_pass(t, shortest=120, longest=12)
    with pytest.raises(ValueError, match="平滑参数"):
        trend_filters.hodrick_prescott(t, penalty=-1)


def test_the_trend_bridges_gaps_and_ignores_the_batch() -> None:
    rng = np.random.default_rng(6)
    y = np.cumsum(rng.normal(size=(150, 4)), axis=0)
    alone = trend_filters.hodrick_prescott(y[:, 1], penalty=1e4)
    y[60, 0], y[:20, 2], y[:, 3] = np.nan, np.nan, np.nan
    y[30, 3] = 1.0
    got = trend_filters.hodrick_prescott(y, penalty=1e4)
    np.testing.assert_allclose(got[:, 1], alone)
    assert not np.isnan(got[:, 0]).any() and np.isnan(got[:20, 2]).all() and np.isnan(got[:, 3]).all()
    np.testing.assert_allclose(trend_filters.hodrick_prescott(y[:, :1], penalty=1e4)[:, 0], got[:, 0])


def test_amplitudes_are_equal_and_lags_align() -> None:
    t = np.arange(MONTHS)
    base = np.sin(2 * np.pi * t / 48)
    early = np.sin(2 * np.pi * (t + 6) / 48)
    x = np.column_stack([3 * base, 50 * base, 0.1 * early, -2 * base]) + 100
    got = amplitude.amplitude_adjusted(x, lags=[0, 0, 6, 0], inverted=[False, False, False, True], scale=2.0)
    middle = slice(60, 180)
    spread = got.components[middle].std(axis=0)
    np.testing.assert_allclose(spread, spread[0], rtol=0.03)
    assert np.corrcoef(got.components[middle].T).min() > 0.999
    assert got.verdict == "good" and abs(got.index[middle].mean() - 100) < 0.2
    assert np.isnan(got.components[:6, 2]).all() and not np.isnan(got.index[:6]).any()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(0, 5))
def test_contributions_of_an_amplitude_index_sum_and_an_end_makes_no_step(seed: int, missing: int) -> None:
    x = _levels(seed)
    whole = amplitude.amplitude_adjusted(x, logarithm=True)
    x[MONTHS - missing :, :2] = np.nan
    got = amplitude.amplitude_adjusted(x, logarithm=True)
    step = np.diff(got.index)
    np.testing.assert_allclose(got.contributions[1:].sum(axis=1), step, atol=1e-9)
    assert not np.isnan(got.index).any()
    # The mean of the components where all are there.
    inside = ~np.isnan(got.components).any(axis=1)
    np.testing.assert_allclose(got.index[inside], got.components[inside].mean(axis=1), atol=1e-9)
    assert np.abs(step).max() < 2 * np.abs(np.diff(whole.index)).max() + 0.05


def test_bad_components_of_an_amplitude_index() -> None:
    x = _levels(8, 9)
    x[:, 0], x[: MONTHS - 36, 1], x[3, 2], x[5, 3], x[:, 4] = 3.0, np.nan, np.inf, 0.0, np.nan
    x[50:55, 5] = np.nan
    got = amplitude.amplitude_adjusted(x, logarithm=True)
    assert [amplitude.REASONS[s] for s in got.state[:6]] == [
        "分项没有变化", "分项历史不足", "分项含有无穷大的值", "分项含有零或负值，不能取对数", "分项全部缺失", "分项中间有缺月",
    ]  # fmt: skip
    assert got.verdict == "good" and not got.state[6:].any()
    straight = np.column_stack([np.arange(120.0) + i for i in range(3)])
    assert amplitude.amplitude_adjusted(straight).reason == "可用分项0个，至少需要3个"
    weighted = amplitude.amplitude_adjusted(x, weights=[0.2] * 5 + [0.0] * 4, logarithm=True)
    assert weighted.reason == "可用分项的权重之和为零"
    with pytest.raises(ValueError, match="之和应为1"):
        amplitude.amplitude_adjusted(x, weights=[0.2] * 9)
    with pytest.raises(ValueError, match="三者应相同"):
        amplitude.amplitude_adjusted(x, lags=[1])
    with pytest.raises(ValueError, match="去趋势方法"):
        amplitude.deviations(x, detrend="other")  # type: ignore[arg-type]
    january = _levels(3, 4)
    january[12::12] = np.nan
    for way in ("band", "trend", "none"):
        assert amplitude.amplitude_adjusted(january, detrend=way).verdict == "good"
    with pytest.raises(ValueError, match="两维"):
        amplitude.amplitude_adjusted(x[:, 0])


def _candidates() -> tuple[np.ndarray, np.ndarray]:
    """Synthetic: leader, follower, mirror, noise, too short, constant, gap, infinite, late end, unsteady leader."""
    t, rng = np.arange(360.0), np.random.default_rng(9)
    phase = 2 * np.pi * (t / 44 + 0.15 * np.sin(2 * np.pi * t / 170))

    def at(lead: float) -> np.ndarray:
        return np.sin(np.interp(t + lead, t, phase)) + 0.02 * rng.normal(size=t.size)

    wild = np.where((t // 44) % 2 == 0, at(11), at(0))
    x = np.column_stack(
        [at(5), at(-5), -at(5), rng.normal(size=t.size).cumsum(), at(5), 0 * t, at(5), at(5), at(5), wild]
    )
    x[:300, 4], x[100, 6], x[100, 7], x[350:, 8] = np.nan, np.nan, np.inf, np.nan
    return x, at(0)


def test_every_candidate_gets_its_reasons() -> None:
    x, reference = _candidates()
    got = screening.screen(x, reference)
    assert [c.place for c in got] == list(range(10))
    leader, follower, mirror, noise, short, constant, gap, infinite, late, wild = got
    assert leader.accepted and leader.lead in (4, 5, 6) and leader.turn_lead == pytest.approx(5, abs=1)
    assert (
        leader.correlation > 0.95 and leader.missed == leader.extra == 0 and leader.dispersion < 2 and leader.turns > 8
    )
    assert screening.NO_LEAD in follower.reasons and screening.NO_TURN_LEAD in follower.reasons
    assert screening.WRONG_SIGN in mirror.reasons or mirror.lead < 0
    assert not noise.accepted and screening.WEAK in noise.reasons
    assert (short.reasons, constant.reasons, gap.reasons, infinite.reasons) == (
        (screening.SHORT,), (screening.CONSTANT,), (screening.GAPS,), (screening.INFINITE,),
    )  # fmt: skip
    assert late.reasons == (screening.STALE,) and late.words == ("最近数月没有数据",)
    assert not wild.accepted
    for c in got:
        assert c.accepted == (not c.reasons) and all(screening.REASONS[code] for code in c.reasons)


def test_sign_and_promptness_are_part_of_the_verdict() -> None:
    x, reference = _candidates()
    pair = np.column_stack([-x[:, 0], x[:, 0], x[:, 0]])
    turned, wrong, slow = screening.screen(pair, reference, signs=[-1, -1, 1], delays=[0, 0, 7])
    assert turned.accepted and not wrong.accepted and slow.reasons == (screening.LATE,)
    assert slow.usable_lead == pytest.approx(slow.turn_lead - 7)
    short = screening.Limits(longest_lead=6)
    only = screening.screen(-x[:, :1], reference, limits=short)[0]
    assert screening.WRONG_SIGN in only.reasons
    with pytest.raises(ValueError, match="方向"):
        screening.screen(pair, reference, signs=[1, 0, 1])
    with pytest.raises(ValueError, match="发布滞后"):
        screening.screen(pair, reference, delays=[1])
    with pytest.raises(ValueError, match="基准序列"):
        screening.screen(pair, reference[:-1])
    assert screening.screen(pair, np.full(360, np.nan))[0].reasons == (screening.SHORT,)


def test_turns_are_matched_once_and_nearest_first() -> None:
    leads, missed, extra = screening.matched_turns(([20, 60, 100], [40]), ([15, 18, 57, 140], []), window=12)
    assert leads.tolist() == [2, 3] and missed.tolist() == [40, 100] and extra.tolist() == [15, 140]


def test_cross_correlation_is_that_of_the_shifted_series() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=200)
    x = np.r_[y[3:], rng.normal(size=3)]
    curve = screening.cross_correlation(x, y, longest_lead=5)
    assert curve.argmax() == 5 + 3 and curve[8] == pytest.approx(1.0)
    assert curve[7] == pytest.approx(np.corrcoef(x[:-2], y[2:])[0, 1])
    assert curve[4] == pytest.approx(np.corrcoef(x[1:], y[:-1])[0, 1])
    assert np.isnan(screening.cross_correlation(x[:20], y[:20])).all()
