"""Revision policies, stored specifications, sliding spans and revision histories of ``qg.seasonal_adjust``."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import yaml

import qinggong as qg
from qinggong.methods.adjustment_stability import revisions
from qinggong.methods.calendar_effects import festival_regressors
from qinggong.methods.specification import Specification, partial_autocorrelations, specification_of

START = "2010-01"
PLAIN = {"transform": "log", "model": "airline", "trading_day": "china"}


def simulated(series: int = 3, *, months: int = 144, seed: int = 31) -> np.ndarray:
    """合成: monthly levels with trend, season, festival, an outlier and a gap."""
    random = np.random.default_rng(seed)
    season = np.tile(random.normal(0, 0.12, (12, series)), (months // 12 + 1, 1))[:months]
    level = 6 + np.cumsum(random.normal(0.004, 0.01, (months, series)), axis=0)
    x = festival_regressors((2010, 1), months) @ np.array([[0.1], [-0.25], [-0.1]])
    values = np.exp(level + season + x + random.normal(0, 0.015, (months, series)))
    values[40, 1 % series] *= 1.5
    values[60, 2 % series] = np.nan
    return values


def in_blocks(values: np.ndarray) -> np.ndarray:
    out = values.copy()
    out[1::12] += out[0::12]
    out[0::12] = np.nan
    return out


def stored(result: Any) -> list[Specification]:
    return [specification_of(result, column) for column in range(result.adjusted.shape[1])]


@pytest.mark.parametrize(
    ("transform", "jan_feb"), [("log", None), ("none", None), ("log", "combined"), ("none", "combined")]
)
def test_partial_repeats_concurrent_and_fixed_never_moves(transform: str, jan_feb: str | None) -> None:
    values = simulated() if jan_feb is None else in_blocks(simulated())
    options: dict[str, Any] = {**PLAIN, "transform": transform, "jan_feb": jan_feb}
    months = 129
    concurrent = qg.seasonal_adjust(values[:months], START, **options)
    assert any(concurrent.diagnostics.outliers)
    known = stored(concurrent)
    partial = qg.seasonal_adjust(values[:months], START, jan_feb=jan_feb, policy="partial", specifications=known)
    for name in ("adjusted", "seasonal", "trend", "calendar", "forecast"):
        np.testing.assert_allclose(getattr(partial, name), getattr(concurrent, name), rtol=2e-6, atol=2e-5)
    assert partial.diagnostics.verdict == concurrent.diagnostics.verdict
    before = qg.seasonal_adjust(values[:months], START, jan_feb=jan_feb, policy="fixed", specifications=known)
    np.testing.assert_allclose(before.adjusted, concurrent.adjusted, rtol=1e-9)
    np.testing.assert_allclose(before.forecast, concurrent.forecast, rtol=2e-6)
    for more in (months + 1, months + 3, 144):
        after = qg.seasonal_adjust(values[:more], START, jan_feb=jan_feb, policy="fixed", specifications=known)
        np.testing.assert_array_equal(after.adjusted[:months], before.adjusted)
        assert np.isfinite(after.adjusted[months:]).all()
        np.testing.assert_array_equal(after.coefficients.estimates, before.coefficients.estimates)
    assert any("超过一年" in text for text in after.diagnostics.reasons[0])
    # What another coefficient would give is another series: partial does estimate.
    moved = qg.seasonal_adjust(values, START, jan_feb=jan_feb, policy="partial", specifications=known)
    assert not np.allclose(moved.coefficients["ma_1"], concurrent.coefficients["ma_1"], rtol=1e-6)
    assert moved.diagnostics.outliers[1][0].month == concurrent.diagnostics.outliers[1][0].month


def test_fixed_divides_new_months_by_the_projected_factors() -> None:
    values = simulated()
    known = stored(qg.seasonal_adjust(values[:132], START, **PLAIN))
    after = qg.seasonal_adjust(values, START, policy="fixed", specifications=known)
    for column in range(3):
        np.testing.assert_array_equal(after.seasonal[132:, column], known[column].projected)
        by_hand = values[132:, column] / (np.array(known[column].projected) * after.calendar[132:, column])
        np.testing.assert_allclose(after.adjusted[132:, column], by_hand, rtol=1e-14)
    assert np.abs(np.log(after.adjusted[132:] / after.trend[132:])).max() < 0.15
    # A later value of the gap is used; nothing else moves.
    filled = values.copy()
    filled[60, 2] = 700.0
    changed = qg.seasonal_adjust(filled, START, policy="fixed", specifications=known)
    different = np.argwhere(changed.adjusted != after.adjusted)
    assert different.tolist() == [[60, 2]]


def test_specifications_go_through_yaml_and_processes() -> None:
    values = simulated()
    values[:5, 0] = np.nan
    result = qg.seasonal_adjust(values, START, **{**PLAIN, "model": ((2, 1, 0), (0, 1, 1))})
    for column, one in enumerate(stored(result)):
        text = yaml.safe_dump(one.to_dict(), allow_unicode=True)
        assert Specification.from_dict(yaml.safe_load(text)) == one
        assert pickle.loads(pickle.dumps(one)) == one
        assert one.to_dict()["version"] == 1 and one.start == ("2010-06" if column == 0 else START)
        first, second = (one.coefficients[name] for name in ("ar_1", "ar_2"))
        np.testing.assert_allclose(partial_autocorrelations(one)[:2], [first / (1 - second), second])
    single = qg.seasonal_adjust(values[:, 1], START, **PLAIN)
    again = qg.seasonal_adjust(values[:, 1], START, policy="fixed", specifications=specification_of(single))
    np.testing.assert_allclose(again.adjusted, single.adjusted, rtol=1e-12)


def test_a_specification_that_does_not_fit_is_refused_in_one_sentence() -> None:
    values = simulated()
    result = qg.seasonal_adjust(values, START, **PLAIN)
    known = stored(result)
    x = np.zeros((156, 1))

    def refused(message: str, matrix: np.ndarray = values, start: str = START, **options: Any) -> None:
        given: dict[str, Any] = {"policy": "fixed", "specifications": known} | options
        with pytest.raises(ValueError, match=message) as error:
            qg.seasonal_adjust(matrix, start, **given)
        assert "\n" not in str(error.value)

    refused("序列3条，规格2个", specifications=known[:2])
    refused("序列3条，规格0个", specifications=None)
    refused("policy应为", policy="concurrent")
    refused("policy应为", policy="yearly")
    refused("specification_of", specifications=[{}, {}, {}])
    refused("jan_feb", jan_feb="combined")
    refused("自备回归变量", regressors=x)
    refused("2013-05.*不在序列的时段", values[60:], "2015-01", policy="partial")
    refused("没有季节因子", start="2008-01")
    refused("没有共同的月份", start="1990-01")
    with pytest.raises(ValueError, match="沿用原来"):
        specification_of(qg.seasonal_adjust(values, START, policy="fixed", specifications=known), 0)
    with pytest.raises(ValueError, match="没有调整结果"):
        specification_of(qg.seasonal_adjust(np.ones(96), START))
    with pytest.raises(ValueError, match="column"):
        specification_of(result)
    plain = known[0].to_dict()
    for change, message in (
        ({"version": 9}, "版本"),
        ({"transform": "sqrt"}, "transform"),
        ({"order": [1]}, "模型阶数"),
        ({"trading_day": "us"}, "trading_day"),
        ({"seasonal": [1.0]}, "seasonal应有144个值"),
        ({"coefficients": {}}, "coefficients缺少ma_1"),
        ({"coefficients": plain["coefficients"] | {"ma_1": 1.5}}, "不可逆"),
        ({"coefficients": plain["coefficients"] | {"working_days": float("nan")}}, "有限数"),
        ({"outliers": [{"kind": "SO", "month": "2011-01", "coefficient": 1.0}]}, "SO"),
        ({"outliers": [{"kind": "AO", "month": "2011", "coefficient": 1.0}]}, "月份"),
        ({"final_filter": "4x4"}, "final_filter"),
        ({"windows": 3}, "无法读取"),
    ):
        with pytest.raises(ValueError, match=message):
            Specification.from_dict(plain | change)
    del plain["order"]
    with pytest.raises(ValueError, match="缺少order"):
        Specification.from_dict(plain)


def test_sliding_spans_reach_the_verdict() -> None:
    steady = simulated(2, months=168)
    random = np.random.default_rng(5)
    wild = np.exp(5 + np.cumsum(random.normal(0, 0.12, (14, 12)), axis=0).ravel() + random.normal(0, 0.06, 168))
    values = np.column_stack([steady, wild, np.full(168, 3.0)])
    options = PLAIN | {"outliers": None}
    plain = qg.seasonal_adjust(values, START, **options)
    judged = qg.seasonal_adjust(values, START, **options, stability=True)
    d = judged.diagnostics
    assert np.isnan(plain.diagnostics.sliding_seasonal).all()
    np.testing.assert_array_equal(judged.adjusted, plain.adjusted)
    assert (d.sliding_seasonal[:2] < 15).all() and d.sliding_seasonal[2] > 15 and np.isnan(d.sliding_seasonal[3])
    assert "滑动区间" not in "".join(d.reasons[0]) and "滑动区间" in "".join(d.reasons[2])
    assert (
        d.verdict[0] == "good" and d.verdict[2] in ("doubtful", "not adjustable") and d.verdict[3] == "not adjustable"
    )
    blocks = qg.seasonal_adjust(in_blocks(steady), START, **options, jan_feb="combined", stability=True)
    assert np.isfinite(blocks.diagnostics.sliding_seasonal).all()
    short = qg.seasonal_adjust(steady[:60, 0], START, **options, stability=True)
    assert np.isnan(short.diagnostics.sliding_seasonal)


def test_revisions_of_cut_series_and_of_vintages() -> None:
    values = simulated(2)
    options: dict[str, Any] = PLAIN | {"outliers": None}
    found = revisions(values, START, horizon=4, **options)
    assert found.revision.shape == (4, 2)
    then = qg.seasonal_adjust(values[:141], START, **options).adjusted
    np.testing.assert_array_equal(found.first[1], then[-1])
    vintages = np.repeat(values[None], 5, axis=0)
    for number in range(4):
        vintages[number, 140 + number :] = np.nan
    known = revisions(vintages, START, **options)
    for name in ("first", "final", "revision", "change_revision", "mean_absolute"):
        np.testing.assert_allclose(getattr(known, name), getattr(found, name), rtol=1e-12)
    vintages[:4, 100:140] *= 1.01  # a figure that is corrected later is a revision of the adjusted series, too
    assert (revisions(vintages, START, **options).mean_absolute > found.mean_absolute).any()
    with pytest.raises(ValueError, match="至少比前一个多一个月"):
        revisions(vintages[[0, 0]], START, **options)
    with pytest.raises(ValueError, match="不足以回看"):
        revisions(values, START, horizon=144, **options)
