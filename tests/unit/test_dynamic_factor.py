"""Dynamic factor model and news: a stated outcome for every bad input, and what the result promises."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qinggong as qg
from qinggong.methods.dynamic_factor import DynamicFactor

Floats = NDArray[np.float64]


def made_up(series: int = 6, months: int = 72, seed: int = 1) -> Floats:
    """合成: one factor with AR(1) terms."""
    random = np.random.default_rng(seed)
    f, u, rows = 0.0, np.zeros(series), []
    for _ in range(months):
        f = 0.7 * f + random.normal()
        u = 0.4 * u + random.normal(size=series)
        rows.append((1 + np.arange(series) % 2) * f + u)
    return np.array(rows)


@pytest.fixture(scope="module")
def model() -> DynamicFactor:
    return qg.dynamic_factor(made_up(), "2018-01", max_iterations=20)


def blocks(*columns: tuple[int, ...], series: int = 6) -> NDArray[np.bool_]:
    found = np.zeros((series, len(columns)), dtype=bool)
    for b, members in enumerate(columns):
        found[list(members), b] = True
    return found


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"factors": 0}, "factors应为1—24的整数"),
        ({"factors": [1, 1]}, "factors应为一个整数，或每组一个"),
        ({"factors": True}, "factors应为1—24"),
        ({"factors": 7}, "第0组有7个因子，却只有6条序列，因子无法识别"),
        ({"factor_order": 1.5}, "factor_order应为"),
        ({"idiosyncratic": "ar2"}, "idiosyncratic应为ar1、white之一"),
        ({"blocks": np.full((6, 1), 2)}, "blocks应为（序列，组）的布尔数组"),
        ({"blocks": np.ones((5, 1), dtype=bool)}, "blocks应为（序列，组）的布尔数组"),
        ({"blocks": blocks(range(6), ())}, "第1组没有任何序列，因子无法识别"),  # type: ignore[arg-type]
        ({"blocks": blocks((0, 1, 2, 3, 4))}, "第5列不属于任何组"),
        ({"quarterly": [6]}, "quarterly应为列号0—5"),
        ({"quarterly": [True]}, "quarterly应为列号"),
        ({"quarterly": [2]}, "第2列2018年1月的值.*季度序列的值应在季末月"),
        ({"quarterly_weights": "last"}, "quarterly_weights应为growth、mean、sum之一"),
        ({"aggregation": ["month"] * 5}, "aggregation应为每条序列一项：序列6条，收到5项"),
        ({"aggregation": ["month"] * 5 + ["year"]}, "第5列的aggregation应为"),
        ({"aggregation": ["month"] * 5 + [("ytd", [1.0] * 11)]}, "第5列的基期比重应为12个正数"),
        ({"aggregation": ["month"] * 5 + [("ytd", [0.0] * 12)]}, "第5列的基期比重应为12个正数"),
        ({"aggregation": ["month"] * 5 + ["jan_feb"]}, "第5列2018年1月的值.*1—2月合并的序列，1月应为NaN"),
        ({"aggregation": "month"}, "aggregation应为每条序列一项，收到'month'"),
        ({"aggregation": ["month"] * 5 + [("ytd_of", 6)]}, "第5列的ytd_of应为列号0—5"),
        ({"aggregation": ["month"] * 5 + [("ytd_of", 5)]}, "第5列补充第5列的累计数"),
        ({"aggregation": ["ytd"] + ["month"] * 4 + [("ytd_of", 0)]}, "第0列的aggregation应为month或jan_feb"),
        ({"aggregation": ["month"] * 4 + [("ytd_of", 0)] * 2}, "第0列只能有一列补充的累计数"),
        ({"aggregation": ["month"] * 5 + [("ytd_of", 0, [1.0] * 11)]}, "第5列的基期比重应为12个正数"),
        ({"aggregation": ["month"] * 5 + [("ytd_of", 2)], "quarterly": [2]}, "不能以累计数补充"),
        ({"tolerance": 0.0}, "tolerance应在0与1之间"),
        ({"max_iterations": 0}, "max_iterations应为正整数"),
        ({"parameters": {"loadings": 1}}, "parameters应为dynamic_factor结果的parameters"),
    ],
)
def test_a_wrong_argument_is_an_error_in_plain_words(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        qg.dynamic_factor(made_up(), "2018-01", **arguments)


@pytest.mark.parametrize("start", ["2018", "2018-01/2018-03", "yesterday", "2018-13"])
def test_a_wrong_start_is_an_error(start: str) -> None:
    with pytest.raises(ValueError, match=r"应为.*月份"):
        qg.dynamic_factor(made_up(), start)


@pytest.mark.parametrize("shape", [(72,), (0, 3), (3, 0), (2, 2, 2)])
def test_a_wrong_shape_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="values应为（月份，序列）的二维数组"):
        qg.dynamic_factor(np.zeros(shape), "2018-01")


def test_infinite_values_are_named() -> None:
    y = made_up()
    y[14, 3] = -np.inf
    with pytest.raises(ValueError, match="第3列2019年3月的值是无穷大"):
        qg.dynamic_factor(y, "2018-01")


def test_words_among_the_values_are_an_error() -> None:
    with pytest.raises(ValueError, match="values应为（月份，序列）的数"):
        qg.dynamic_factor([["缺", 1.0]], "2018-01")


def test_figures_to_date_go_with_the_series_they_belong_to() -> None:
    """Growth to date of a series that is left out is left out, of another one it is not counted as a series."""
    y = made_up()
    y[:, 4] = 1.0
    to_date = np.column_stack([y, y[:, :1], y[:, 4:5]])
    found = qg.dynamic_factor(
        to_date, "2018-01", aggregation=["month"] * 6 + [("ytd_of", 0), ("ytd_of", 4)], max_iterations=20
    )
    assert "第7列补充第4列的累计数，第4列未进入模型，这一列也不用" in found.notes
    assert np.isnan(found.fitted[:, 7]).all() and not np.isnan(found.fitted[:, 6]).any()
    alone = qg.dynamic_factor(y, "2018-01", max_iterations=20)
    # No month lacks, so the figures to date say nothing: the same model.
    assert found.loglikelihood == pytest.approx(alone.loglikelihood, rel=1e-12)
    np.testing.assert_allclose(found.fitted[:, :4], alone.fitted[:, :4], atol=1e-12)
    again = qg.dynamic_factor(to_date, "2018-01", parameters=found.parameters)
    assert again.loglikelihood == pytest.approx(found.loglikelihood)


def test_a_short_history_is_an_error() -> None:
    with pytest.raises(ValueError, match="数据只有23个月"):
        qg.dynamic_factor(made_up(months=23), "2018-01")
    with pytest.raises(ValueError, match="数据只有35个月，估计12阶的动态因子模型至少需要36个月"):
        qg.dynamic_factor(made_up(months=35), "2018-01", factor_order=12)


def test_unusable_series_are_left_out_and_named() -> None:
    y = np.column_stack(
        [made_up(), np.full(72, np.nan), np.full(72, 3.0), np.full(72, np.nan), made_up()[:, 1] * -2 + 5]
    )
    y[10:15, 8] = [1.0, 2.0, 1.0, 3.0, 0.0]
    got = qg.dynamic_factor(y, "2018-01", max_iterations=30)
    assert [note[:3] for note in got.notes if "未进入模型" in note] == ["第6列", "第7列", "第8列", "第9列"]
    assert "全部缺失" in got.notes[0] and "没有变化（3）" in got.notes[1] and "只有5个值" in got.notes[2]
    assert "与第1列完全线性相关" in got.notes[3]
    assert got.parameters.included.tolist() == [True] * 6 + [False] * 4
    # What is left out says so everywhere, and does not move the others.
    assert np.isnan(got.fitted[:, 6:]).all() and np.isfinite(got.fitted[:, :6]).all()
    ahead = got.forecast(3)
    assert np.isnan(ahead.mean[:, 6:]).all() and np.isfinite(ahead.mean[:, :6]).all() and (ahead.std[:, :6] > 0).all()
    alone = qg.dynamic_factor(y[:, :6], "2018-01", max_iterations=30)
    assert got.loglikelihood == pytest.approx(alone.loglikelihood, rel=1e-9)
    with pytest.raises(ValueError, match="第7列没有进入模型"):
        qg.news(got, y, y, target=7, period="2024-01")
    again = qg.dynamic_factor(y, "2018-01", parameters=got.parameters)
    assert again.loglikelihood == pytest.approx(got.loglikelihood, rel=1e-12)
    assert again.notes == tuple(f"第{i}列在估计时未进入模型" for i in range(6, 10))


def test_a_factor_without_usable_series_is_an_error_that_says_why() -> None:
    y = made_up()
    y[:, 4:] = 1.0
    with pytest.raises(ValueError, match=r"第1组有1个因子，可用的序列只有0条，因子无法识别。.*第4列没有变化"):
        qg.dynamic_factor(y, "2018-01", blocks=blocks((0, 1, 2, 3), (4, 5)))
    with pytest.raises(ValueError, match="可用的序列只有0条"):
        qg.dynamic_factor(np.full((48, 2), np.nan), "2018-01")


def test_weakly_identified_factors_are_named() -> None:
    got = qg.dynamic_factor(made_up(), "2018-01", blocks=blocks((0, 1, 2, 3, 4, 5), (0, 1)), max_iterations=5)
    assert any("第1组只有2条可用序列对1个因子" in note for note in got.notes)
    same = qg.dynamic_factor(made_up(), "2018-01", blocks=blocks(tuple(range(6)), tuple(range(6))), max_iterations=5)
    assert any("第1组与第0组的序列相同" in note for note in same.notes)


def test_factors_that_do_nothing_are_named() -> None:
    noise = np.random.default_rng(4).normal(size=(300, 6))
    got = qg.dynamic_factor(noise, "1995-01", idiosyncratic="white")
    assert any("第0个因子" in note for note in got.notes)


def test_series_that_are_sums_of_others_do_not_break_the_estimation() -> None:
    y = made_up(4)
    y = np.column_stack([y, y[:, 0] + y[:, 1], y.sum(axis=1)])
    kinds: tuple[Any, ...] = ("ar1", "white")
    for kind in kinds:
        got = qg.dynamic_factor(y, "2018-01", factors=4, idiosyncratic=kind, max_iterations=400)
        assert np.isfinite(got.loglikelihood) and got.path == tuple(sorted(got.path))
        assert np.isfinite(got.fitted).all() and np.isfinite(got.factors_cov).all()


def test_growing_series_stay_stationary() -> None:
    y = made_up() + 0.5 * np.arange(72)[:, None] ** 1.5
    got = qg.dynamic_factor(y, "2018-01", factor_order=2)
    assert got.path == tuple(sorted(got.path))
    assert np.isfinite(got.forecast(24).std).all()


def test_an_estimation_that_stops_early_says_so(model: DynamicFactor) -> None:
    got = qg.dynamic_factor(made_up(), "2018-01", max_iterations=1)
    assert not got.converged and got.iterations == 1 and "尚未收敛" in got.notes[-1]
    assert model.converged and model.notes == ()


def test_parameters_are_accepted_back(model: DynamicFactor) -> None:
    again = qg.dynamic_factor(model.values, "2018-01", parameters=model.parameters)
    assert again.loglikelihood == pytest.approx(model.loglikelihood, rel=1e-12)
    np.testing.assert_allclose(again.fitted, model.fitted)
    np.testing.assert_allclose(again.factors, model.factors)
    explicit = qg.dynamic_factor(
        model.values, "2018-01", factors=1, blocks=np.ones((6, 1), bool), parameters=model.parameters
    )
    assert explicit.loglikelihood == again.loglikelihood
    for wrong in ({"factors": 2}, {"idiosyncratic": "white"}, {"aggregation": ["month"] * 5 + ["ytd"]}):
        with pytest.raises(ValueError, match="与parameters所属的模型不一致"):
            qg.dynamic_factor(model.values, "2018-01", parameters=model.parameters, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"loadings": np.zeros((5, 1))}, "参数loadings应为形状"),
        ({"innovation": np.array([[-1.0]])}, "参数innovation应为正定矩阵"),
        ({"transition": np.array([[1.0]])}, "参数transition不平稳"),
        ({"persistence": np.full(6, 1.0)}, "参数persistence应在−1与1之间"),
        ({"variance": np.zeros(6)}, "参数variance与deviation应为正数"),
        ({"mean": np.full(6, np.nan)}, "参数mean含有缺失或无穷大的值"),
    ],
)
def test_parameters_that_make_no_model_are_an_error(model: DynamicFactor, change: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        qg.dynamic_factor(model.values, "2018-01", parameters=dataclasses.replace(model.parameters, **change))


def test_parameters_of_other_series_are_an_error(model: DynamicFactor) -> None:
    with pytest.raises(ValueError, match="参数属于6条序列的模型，数据有5条序列"):
        qg.dynamic_factor(made_up(5), "2018-01", parameters=model.parameters)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_known_parameters_serve_a_few_months_too(model: DynamicFactor, rows: int) -> None:
    got = qg.dynamic_factor(model.values[:rows], "2018-01", parameters=model.parameters)
    assert got.factors.shape == (rows, 1) and np.isfinite(got.loglikelihood)
    assert np.isfinite(got.forecast(2).mean).all()
    empty = qg.dynamic_factor(np.full((rows, 6), np.nan), "2018-01", parameters=model.parameters)
    assert empty.loglikelihood == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(empty.fitted, np.tile(model.parameters.mean, (rows, 1)), atol=1e-12)


def test_the_result_is_frozen_and_its_values_are_its_own(model: DynamicFactor) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.iterations = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        model.values[0, 0] = 1.0
    y = made_up()
    qg.dynamic_factor(y, "2018-01", max_iterations=1)
    assert y.flags.writeable
    again = pickle.loads(pickle.dumps(model))
    assert again.notes == model.notes and again.parameters.form == model.parameters.form
    np.testing.assert_array_equal(again.forecast(2).mean, model.forecast(2).mean)


def test_forecast_and_nowcast(model: DynamicFactor) -> None:
    ahead = model.forecast(12)
    assert ahead.mean.shape == ahead.std.shape == (12, 6)
    # Far ahead the forecast is the mean with the standard deviation of the series.
    far = model.forecast(120)
    np.testing.assert_allclose(far.mean[-1], model.parameters.mean, atol=1e-6)
    assert (np.diff(far.std, axis=0) > -1e-12).all()
    now = model.nowcast("2024-03")
    np.testing.assert_allclose(now.mean, ahead.mean[2])
    np.testing.assert_allclose(now.std, ahead.std[2])
    known = model.nowcast("2020-05")
    np.testing.assert_array_equal(known.mean, model.values[28])
    assert (known.std == 0).all()
    for wrong in (0, -1, 121, 2.5, True):
        with pytest.raises(ValueError, match="预测月数应为1—120的整数"):
            model.forecast(wrong)  # type: ignore[arg-type]
    for period in ("2017-12", "2034-01", "2024"):
        with pytest.raises(ValueError, match="月份"):
            model.nowcast(period)


def test_without_standardising_the_model_is_that_of_the_values() -> None:
    y = made_up() * 1e-4
    y -= y.mean(axis=0)
    got = qg.dynamic_factor(y, "2018-01", standardize=False, tolerance=1e-9)
    scaled = qg.dynamic_factor(y, "2018-01", tolerance=1e-9)
    assert (got.parameters.mean == 0).all() and (got.parameters.deviation == 1).all()
    deviations = np.log(y.std(axis=0, ddof=1)).sum() * 72
    assert got.loglikelihood == pytest.approx(scaled.loglikelihood - deviations, rel=1e-7)
    np.testing.assert_allclose(got.forecast(3).mean, scaled.forecast(3).mean, rtol=1e-3, atol=1e-9)


def test_news_of_nothing_is_nothing(model: DynamicFactor) -> None:
    got = qg.news(model, model.values, model.values, target=0, period="2024-06")
    assert got.previous == got.updated and got.revision_effect == got.new_effect == 0 and got.rows == ()


def test_news_name_the_figure_that_moved_the_nowcast(model: DynamicFactor) -> None:
    before = model.values.copy()
    before[-1, 1:] = np.nan
    after = model.values
    got = qg.news(model, before, after, target=2, period="2023-12")
    assert got.updated == pytest.approx(after[-1, 2]) and got.revision_effect == 0
    assert [(row.series, row.period, row.kind) for row in got.rows] == [(i, "2023-12", "new") for i in range(1, 6)]
    own = next(row for row in got.rows if row.series == 2)
    # The figure itself says all there is to say.
    assert own.weight == pytest.approx(1.0) and own.effect == pytest.approx(got.new_effect)
    # A further row of the later data set counts as new.
    longer = np.vstack([before, after[-1:] + 1.0])
    assert {row.period for row in qg.news(model, before, longer, target=0, period="2024-02").rows} == {"2024-01"}


def test_a_withdrawn_figure_is_a_revision_to_what_the_model_expects(model: DynamicFactor) -> None:
    before, after = model.values.copy(), model.values.copy()
    after[-2, 0] = np.nan
    before[-1, 3] = np.nan
    got = qg.news(model, before, after, target=0, period="2023-11")
    gone, fresh = got.rows
    assert (gone.kind, gone.series, gone.period, gone.expected) == (
        "revision",
        0,
        "2023-11",
        pytest.approx(before[-2, 0]),
    )
    assert (fresh.kind, fresh.series, fresh.period) == ("new", 3, "2023-12")
    assert got.previous == pytest.approx(before[-2, 0])
    assert gone.actual == pytest.approx(got.previous + got.revision_effect)


def test_an_update_out_of_order_is_an_error(model: DynamicFactor) -> None:
    with pytest.raises(ValueError, match="次序可能颠倒"):
        qg.news(model, model.values, model.values[:-2], target=0, period="2024-06")
    earlier = model.values.copy()
    earlier[-1, 2] = np.nan
    with pytest.raises(ValueError, match="例如第2列第72行"):
        qg.news(model, model.values, earlier, target=0, period="2024-06")


def test_news_need_a_model() -> None:
    with pytest.raises(ValueError, match="model应为dynamic_factor的结果"):
        qg.news(None, np.zeros((30, 2)), np.zeros((30, 2)), target=0, period="2020-01")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"target": 6}, "target应为列号0—5"),
        ({"target": -1}, "target应为列号0—5"),
        ({"target": "利润"}, "target应为列号0—5"),
        ({"period": "2017-12"}, "目标月份2017-12不在"),
        ({"period": "2024"}, "应为一个月份"),
        ({"period": "2044-01"}, "目标月份2044-01不在"),
        ({"before": np.zeros((72, 5))}, "before应与模型同为6列"),
        ({"after": np.zeros(72)}, "after应与模型同为6列"),
        ({"after": np.full((72, 6), np.inf)}, "after第0列第1行的值是无穷大"),
    ],
)
def test_wrong_news_are_an_error_in_plain_words(model: DynamicFactor, change: dict[str, Any], text: str) -> None:
    arguments: dict[str, Any] = {"before": model.values, "after": model.values, "target": 0, "period": "2024-06"}
    with pytest.raises(ValueError, match=text):
        arguments |= change
        qg.news(model, arguments.pop("before"), arguments.pop("after"), **arguments)
