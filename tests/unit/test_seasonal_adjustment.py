"""``qg.seasonal_adjust``: forms in and out, choices, refusals."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

import qinggong as qg
from qinggong.methods.calendar_effects import festival_regressors, trading_day_regressors
from qinggong.methods.outliers import effect
from qinggong.methods.specification import specification_of

FAST = {"transform": "log", "model": "airline", "trading_day": None, "outliers": None}
START = "2010-01"


def simulated(series: int = 3, *, seed: int = 21, months: int = 156, festival: bool = True) -> np.ndarray:
    """合成: monthly levels with trend, season and festival."""
    random = np.random.default_rng(seed)
    season = np.tile(random.normal(0, 0.12, (12, series)), (months // 12 + 1, 1))[:months]
    level = 6 + np.cumsum(random.normal(0.004, 0.01, (months, series)), axis=0)
    x = festival_regressors((2010, 1), months) @ np.array([[0.1], [-0.25], [-0.1]]) * festival
    return np.exp(level + season + x + random.normal(0, 0.015, (months, series)))


def test_one_series_in_one_series_out() -> None:
    values = simulated(2)
    batch = qg.seasonal_adjust(values, START, **FAST)
    one = qg.seasonal_adjust(values[:, 1].tolist(), START, **FAST)
    assert one.adjusted.shape == (156,) and batch.adjusted.shape == (156, 2)
    assert one.forecast.shape == (12,) and batch.forecast.shape == (12, 2)
    np.testing.assert_array_equal(one.adjusted, batch.adjusted[:, 1])
    assert one.coefficients["ma_1"] == batch.coefficients["ma_1"][1]
    assert one.diagnostics.verdict == batch.diagnostics.verdict[1] == "good"
    assert one.diagnostics.model == ((0, 1, 1), (0, 1, 1)) and one.diagnostics.m.shape == (11,)
    assert one.coefficients.names == ("ma_1", "seasonal_ma_1", "cny[-20,-1]", "cny[0,6]", "cny[7,20]")


def test_the_parts_make_up_the_values() -> None:
    values = simulated(2)
    result = qg.seasonal_adjust(values, START, **FAST)
    np.testing.assert_allclose(result.adjusted * result.seasonal * result.calendar, values)
    np.testing.assert_allclose(result.trend * result.irregular, result.adjusted)
    additive = qg.seasonal_adjust(values, START, **{**FAST, "transform": "none"})
    np.testing.assert_allclose(additive.adjusted + additive.seasonal + additive.calendar, values)
    np.testing.assert_allclose(additive.trend + additive.irregular, additive.adjusted)
    assert ((result.forecast_low < result.forecast) & (result.forecast < result.forecast_high)).all()


def test_outliers_return_to_trend_and_irregular() -> None:
    values = simulated(1)[:, 0] * np.exp(0.3 * effect("LS", 80, 156) + 0.3 * effect("AO", 40, 156))
    result = qg.seasonal_adjust(values, START, **{**FAST, "outliers": ("AO", "LS", "TC")})
    assert {(o.kind, o.month) for o in result.diagnostics.outliers} == {("LS", "2016-09"), ("AO", "2013-05")}
    assert all(abs(o.t_value) > 3.9 for o in result.diagnostics.outliers)
    np.testing.assert_allclose(result.adjusted * result.seasonal * result.calendar, values)
    assert np.log(result.irregular[40]) > 0.2 and np.log(result.trend[80] / result.trend[79]) > 0.2


def test_choices_find_what_made_the_data() -> None:
    values = simulated(6)
    days = trading_day_regressors("china", (2010, 1), 156) @ np.array([[0.012]])
    result = qg.seasonal_adjust(values * np.exp(days), START, outliers=None)
    assert set(result.diagnostics.transform) == {"log"}
    assert list(result.diagnostics.trading_day).count("china") >= 5
    found = result.coefficients["working_days"]
    assert np.nanmean(found) == pytest.approx(0.012, abs=0.002)
    weekdays = trading_day_regressors("weekday", (2010, 1), 156)[:, :6] @ np.array([8, 2, -6, 4, 8, -20])[:, None] / 1e3
    result = qg.seasonal_adjust(values * np.exp(weekdays), START, outliers=None, model="airline", transform="log")
    assert list(result.diagnostics.trading_day).count("weekday") >= 5
    random = np.random.default_rng(2)
    level = 100 + np.tile(random.normal(0, 5, (12, 2)), (13, 1)) + np.cumsum(random.normal(0, 1, (156, 2)), axis=0)
    level[:, 1] -= 120  # not positive
    result = qg.seasonal_adjust(level, START, holiday=None, trading_day=None, model="airline")
    assert result.diagnostics.transform[1] == "none" and np.isfinite(result.adjusted).all()


def test_windows_are_chosen_by_group() -> None:
    x = festival_regressors((2010, 1), 156, windows=((-7, -1), (0, 6), (7, 27)))
    values = simulated(8, festival=False) * np.exp(x @ np.array([[0.15], [-0.3], [-0.2]]))
    result = qg.seasonal_adjust(values, START, outliers=None, trading_day=None, transform="log", pool=["皮革"] * 8)
    assert set(result.diagnostics.windows) == {((-7, -1), (0, 6), (7, 27))}
    fixed = qg.seasonal_adjust(values, START, **FAST)
    assert set(fixed.diagnostics.windows) == {((-20, -1), (0, 6), (7, 20))}


def test_own_regressors() -> None:
    values = simulated(1)[:, 0]
    x = festival_regressors((2010, 1), 168)
    own = qg.seasonal_adjust(values, START, **FAST, holiday=None, regressors=x)
    ours = qg.seasonal_adjust(values, START, **FAST)
    np.testing.assert_allclose(own.adjusted, ours.adjusted, rtol=1e-6)
    assert own.coefficients.names[2:] == ("user_1", "user_2", "user_3")
    with pytest.raises(ValueError, match="共168行，收到156行，缺12行"):
        qg.seasonal_adjust(values, START, **FAST, regressors=x[:156])
    qg.seasonal_adjust(values, START, **FAST, regressors=x[:156], holiday=None, forecast=0)
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match="第4行第2列"):
        qg.seasonal_adjust(values, START, **FAST, regressors=x)


def test_gaps_are_estimated_and_flagged() -> None:
    whole = simulated(1)
    values = np.hstack([whole, whole, whole])
    values[[30, 31, 100], 0] = np.nan
    values[:20, 1] = np.nan
    values[150:, 2] = np.nan
    result = qg.seasonal_adjust(values, START, **FAST)
    assert np.flatnonzero(result.diagnostics.estimated[:, 0]).tolist() == [30, 31, 100]
    assert np.abs(np.log(result.adjusted[[30, 31, 100], 0] / result.trend[[30, 31, 100], 0])).max() < 0.05
    assert np.isnan(result.adjusted[:20, 1]).all() and np.isfinite(result.adjusted[20:, 1]).all()
    assert np.isnan(result.adjusted[150:, 2]).all() and np.isfinite(result.adjusted[:150, 2]).all()
    # A series that ends earlier is adjusted like the shorter one, and forecast from its own end.
    shorter = qg.seasonal_adjust(whole[:150, 0], START, **FAST, forecast=18)
    np.testing.assert_allclose(result.forecast[:, 2], shorter.forecast[6:], rtol=1e-9)
    assert np.isfinite(result.forecast).all()


def test_combined_blocks() -> None:
    whole = simulated(2)
    values = whole.copy()
    values[1::12] += values[0::12]
    values[0::12] = np.nan
    result = qg.seasonal_adjust(values, START, **FAST, jan_feb="combined")
    np.testing.assert_array_equal(result.adjusted[0::12], result.adjusted[1::12])
    assert result.diagnostics.estimated[0::12].all() and result.diagnostics.estimated[1::12].all()
    assert result.diagnostics.estimated.sum() == 2 * 2 * 13
    monthly = qg.seasonal_adjust(whole, START, **FAST)
    blocks = (monthly.adjusted[0::12] + monthly.adjusted[1::12]) / 2
    assert np.median(np.abs(np.log(result.adjusted[0::12] / blocks))) < 0.02
    assert np.isnan(result.forecast[0]).all() and np.isfinite(result.forecast[1:]).all()
    assert np.abs(np.log(result.forecast[1] / monthly.forecast[:2].sum(axis=0))).max() < 0.1
    assert (result.forecast_low[1] < result.forecast[1]).all()
    # Inside the block the festival is not identified; what moves between the block and March is.
    assert np.isnan(result.coefficients.t_values[result.coefficients.names.index("cny[0,6]")]).all()
    assert np.isfinite(result.coefficients.t_values[result.coefficients.names.index("cny[7,20]")]).all()
    full = values.copy()
    full[12, 0] = 5.0
    refused = qg.seasonal_adjust(full, START, **FAST, jan_feb="combined")
    assert refused.diagnostics.verdict[0] == "not adjustable" and "1月必须为缺失" in refused.diagnostics.reasons[0][0]
    pooled = qg.seasonal_adjust(np.tile(values, (1, 2)), START, **FAST, jan_feb="combined", pool=["a"] * 4)
    assert np.isfinite(pooled.adjusted).all()


def test_every_bad_series_has_a_verdict_and_a_reason() -> None:
    good = simulated(1)[:, 0]
    bad = np.tile(good[:, None], (1, 9))
    bad[:, 1] = np.nan
    bad[7, 2] = np.inf
    bad[7, 3] = 0
    bad[:, 4] = 5
    bad[30:, 5] = np.nan
    bad[5::12, 6] = np.nan
    bad[80:, 7] *= 1e4
    bad[:, 8] = np.random.default_rng(1).lognormal(3, 0.1, 156)
    result = qg.seasonal_adjust(bad, START, **FAST)
    verdicts, reasons = result.diagnostics.verdict, result.diagnostics.reasons
    assert verdicts[0] == "good" and verdicts[1:7] == ("not adjustable",) * 6
    for reason, word in zip(reasons[1:8], ("缺失", "无穷大", "零或负", "常数", "太短", "月份", "2016-09"), strict=True):
        assert word in "".join(reason)
    assert np.isnan(result.adjusted[:, 1:7]).all() and verdicts[7] != "good"
    assert verdicts[8] == "not adjustable" and "季节形态不可识别" in "".join(reasons[8])
    np.testing.assert_array_equal(result.adjusted[:, 0], qg.seasonal_adjust(good, START, **FAST).adjusted)
    automatic = qg.seasonal_adjust(bad, START)
    assert all(
        v == "good" or r for v, r in zip(automatic.diagnostics.verdict, automatic.diagnostics.reasons, strict=True)
    )


@pytest.mark.parametrize("policy", ["concurrent", "partial", "fixed"])
@pytest.mark.parametrize("jan_feb", [None, "combined"])
@pytest.mark.parametrize("transform", ["log", "none"])
def test_bad_series_in_a_batch_have_a_verdict_under_every_policy(
    transform: str, jan_feb: str | None, policy: str
) -> None:
    good = simulated(1)[:, 0]
    if jan_feb:
        good[1::12] += good[0::12]
        good[0::12] = np.nan
    bad = np.tile(good[:, None], (1, 9))
    bad[np.isfinite(bad[:, 1]), 1] = 5  # constant
    bad[:, 2] = np.nan  # all missing
    bad[7, 3] = 0
    bad[7, 4] = -3
    bad[7, 5] = np.inf
    bad[7, 6] = -np.inf
    bad[80:, 7] *= 1e4
    bad[:-24, 8] = np.nan  # too short
    options: dict[str, object] = {**FAST, "transform": transform, "jan_feb": jan_feb}
    if policy != "concurrent":
        known = specification_of(qg.seasonal_adjust(good, START, **options))
        options = {"jan_feb": jan_feb, "policy": policy, "specifications": [known] * 9}
    result = qg.seasonal_adjust(bad, START, **options, stability=True)
    verdicts, reasons = result.diagnostics.verdict, ["".join(found) for found in result.diagnostics.reasons]
    refused = {1: "常数", 2: "缺失", 5: "无穷大", 6: "无穷大", 8: "太短"}
    if transform == "log":
        refused |= {3: "零或负", 4: "零或负"}
    for column, word in refused.items():
        assert verdicts[column] == "not adjustable" and word in reasons[column], (column, reasons[column])
        assert np.isnan(result.adjusted[:, column]).all()
    assert verdicts[7] != "good" and "2016-09" in reasons[7]
    for column in range(9):
        assert verdicts[column] == "good" or reasons[column]
        observed = np.isfinite(bad[:, column])
        assert np.isfinite(result.adjusted[observed, column]).all() or verdicts[column] == "not adjustable"
    alone = dict(options, specifications=known) if policy != "concurrent" else options
    np.testing.assert_array_equal(result.adjusted[:, 0], qg.seasonal_adjust(good, START, **alone).adjusted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "2010"}, "start应为"),
        ({"start": "nonsense"}, "start应为"),
        ({"transform": "sqrt"}, "transform应为"),
        ({"model": "arma"}, "模型阶数"),
        ({"holiday": "easter"}, "holiday应为"),
        ({"trading_day": "us"}, "trading_day应为"),
        ({"outliers": "AO"}, "outliers应为"),
        ({"outliers": ("SO",)}, "outliers应为"),
        ({"seasonal_filter": "4x4"}, "滤波"),
        ({"trend_filter": 12}, "滤波"),
        ({"forecast": -1}, "forecast应为"),
        ({"jan_feb": "split"}, "jan_feb应为"),
        ({"pool": ["a"]}, "组名"),
        ({"values": np.zeros((2, 2, 2))}, "values应为"),
    ],
)
def test_wrong_arguments_say_what_is_right(options: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"values": np.ones((48, 2)), "start": START} | options
    with pytest.raises(ValueError, match=message):
        qg.seasonal_adjust(arguments.pop("values"), arguments.pop("start"), **arguments)  # type: ignore[arg-type]


def test_results_are_frozen_and_travel_between_processes() -> None:
    result = qg.seasonal_adjust(simulated(1), START, **FAST)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.adjusted = result.trend  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(again.adjusted, result.adjusted)


def test_an_order_and_no_series() -> None:
    result = qg.seasonal_adjust(simulated(1)[:, 0], START, **{**FAST, "model": ((2, 1, 0), (0, 1, 1))})
    assert result.coefficients.names[:3] == ("ar_1", "ar_2", "seasonal_ma_1")
    nothing = qg.seasonal_adjust(np.zeros((48, 0)), START)
    assert nothing.adjusted.shape == (48, 0) and nothing.diagnostics.verdict == ()
