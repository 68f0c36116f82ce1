"""Synthetic enterprises and the totals of their returns: adding up, rotation, late returns, the festival."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qinggong.synth.enterprises import FLOWS, Months, months_of
from qinggong.synth.figures import Spec, figures_of
from qinggong.synth.goods import Span, exchange, headings, outputs, retail
from qinggong.synth.parameters import load_parameters
from qinggong.synth.paths import paths_for
from qinggong.synth.structure import Chunk, structure_for
from qinggong.synth.sums import BASE, FINAL, FIRST, SLOTS, Sums, empty, sums_of_class, sums_of_other

SEED = 7
YEARS = {"first_year": 2023, "last_year": 2024}


def chunks_of(code: str) -> list[Chunk]:
    return [c for c in structure_for(SEED).chunks if c.class_code == code]


def class_sums(code: str) -> Sums:
    return sums_of_class(SEED, structure_for(SEED), paths_for(SEED), chunks_of(code), **YEARS)


@pytest.fixture(scope="module")
def light() -> Sums:
    """The totals of light industry over two years."""
    total = empty(structure_for(SEED), **YEARS)
    for code in structure_for(SEED).classes:
        total = total.plus(class_sums(code))
    return total


@pytest.fixture(scope="module")
def months() -> tuple[Chunk, Months]:
    chunk = max(chunks_of("2110"), key=lambda c: c.length)
    return chunk, months_of(SEED, chunk, paths_for(SEED), first_year=2022, last_year=2024)


def test_totals_are_those_of_the_published_year(light: Sums) -> None:
    parameters = load_parameters().economy
    revenue = light.at("revenue.ytd")[FINAL, -1, -1] / 1e5
    assert revenue == pytest.approx(parameters.revenue.value, rel=0.04)
    assert light.at("enterprises")[FINAL, -1, -1] == pytest.approx(parameters.enterprises.value, rel=0.04)
    margin = light.at("profit.ytd")[FINAL, -1, -1] / light.at("revenue.ytd")[FINAL, -1, -1] * 100
    assert margin == pytest.approx(6.37, abs=1.0)
    provinces = light.at("revenue.ytd")[FINAL, :-1, -1]
    wanted = np.array([p.share for p in parameters.provinces])
    assert np.corrcoef(provinces / provinces.sum(), wanted / wanted.sum())[0, 1] > 0.99


def test_divisions_have_their_published_shares(light: Sums) -> None:
    food = sum(
        class_sums(c).at("revenue.ytd")[FINAL, -1, -1] for c in structure_for(SEED).classes if c.startswith("22")
    )
    assert food / light.at("revenue.ytd")[FINAL, -1, -1] * 100 == pytest.approx(6.3, abs=0.7)


def test_totals_are_whole_and_add_up_exactly(light: Sums) -> None:
    assert np.array_equal(light.values, np.rint(light.values))
    for slot in ("revenue.ytd", "assets", "export_delivery.month"):
        values = light.at(slot)
        assert np.array_equal(values[:, -1], values[:, :-1].sum(axis=1))
    expenses = light.at("revenue.ytd") - light.at("operating_cost.ytd") - light.at("profit.ytd")
    assert np.all(expenses[FINAL] > 0)


def test_the_order_of_chunks_does_not_matter() -> None:
    structure, paths = structure_for(SEED), paths_for(SEED)
    code = next(c for c in structure.classes if len(chunks_of(c)) > 2)
    there = sums_of_class(SEED, structure, paths, chunks_of(code), **YEARS)
    back = sums_of_class(SEED, structure, paths, chunks_of(code)[::-1], **YEARS)
    assert there.values.tobytes() == back.values.tobytes()


def test_a_longer_span_contains_the_shorter_one() -> None:
    structure, paths = structure_for(SEED), paths_for(SEED)
    longer = sums_of_class(SEED, structure, paths, chunks_of("2412"), first_year=2021, last_year=2024)
    assert np.array_equal(longer.values[..., 24:], class_sums("2412").values)
    other = sums_of_other(SEED, 3, structure, paths, first_year=2021, last_year=2024)
    assert np.array_equal(other.values[..., 24:], sums_of_other(SEED, 3, structure, paths, **YEARS).values)


def test_growth_of_the_same_enterprises_is_not_the_ratio_of_levels(light: Sums) -> None:
    values = light.at("revenue.ytd")[:, -1]
    published = values[FINAL, -1] / values[BASE, -1] - 1
    ratio = values[FINAL, -1] / values[FINAL, 11] - 1
    assert abs(published - ratio) > 0.002
    assert abs(published - load_parameters().economy.growth_of(2024) / 100) < 0.04


def test_first_estimates_are_near_the_final_ones_and_differ(light: Sums) -> None:
    first, final = light.at("revenue.ytd")[FIRST, -1, 1:], light.at("revenue.ytd")[FINAL, -1, 1:]
    off = np.abs(first / final - 1)
    assert np.all(off[:11] < 0.01)
    assert np.all(off > 0)


def test_losses_are_those_of_the_enterprises_that_lose(light: Sums) -> None:
    share = light.at("loss_enterprises")[FINAL, -1, 1:] / light.at("enterprises")[FINAL, -1, 1:]
    assert np.all((share > 0.1) & (share < 0.4))
    assert np.all(light.at("losses.ytd")[FINAL, -1, 1:] > 0)


def test_an_early_festival_lowers_january_and_a_late_one_february(light: Sums) -> None:
    output = light.at("gross_output.month")[FINAL, -1].reshape(2, 12)  # 22 January 2023, 10 February 2024
    assert output[0, 0] / output[0, 1] < 0.9 < 1.1 < output[1, 0] / output[1, 1]


def test_january_stands_nowhere_alone(light: Sums) -> None:
    found = figures_of(light, detailed=True)
    for spec, values in found.items():
        assert np.all(np.isnan(values[..., ::12])), spec
        assert np.all(np.isnan(values[..., 1::12])) == (spec.span == "month"), spec
        if not spec.indicator.endswith(("_days", "_per_100_assets")):
            assert np.all(np.isfinite(values[:, -1, 2:12])), spec


def test_ratios_are_those_of_their_parts(light: Sums) -> None:
    found = figures_of(light, detailed=True)
    margin = found[Spec("revenue_margin", "level", "ytd", "%", 2)][FINAL, -1, -1]
    profit = found[Spec("profit", "level", "ytd", "亿元", 1)][FINAL, -1, -1]
    revenue = found[Spec("revenue", "level", "ytd", "亿元", 1)][FINAL, -1, -1]
    assert margin == pytest.approx(profit / revenue * 100)
    cost = found[Spec("cost_per_100", "level", "ytd", "元", 2)][FINAL, -1, -1]
    expense = found[Spec("expense_per_100", "level", "ytd", "元", 2)][FINAL, -1, -1]
    assert cost + expense + margin == pytest.approx(100)
    days = found[Spec("finished_goods_days", "level", "point", "天", 1)][FINAL, -1, 2:12]
    assert np.all((days > 10) & (days < 40))
    assert len(found) == len({(s.indicator, s.measure, s.span) for s in found})


def test_a_fall_of_the_base_below_zero_leaves_growth_unsaid(light: Sums) -> None:
    values = light.values.copy()
    values[BASE, SLOTS.index("profit.ytd")] *= -1
    found = figures_of(dataclasses.replace(light, values=values), detailed=False)
    assert np.all(np.isnan(found[Spec("profit", "yoy", "ytd", "%", 1)]))
    assert np.all(np.isfinite(found[Spec("profit", "level", "ytd", "亿元", 1)][:, -1, 1:12]))


def test_the_survey_rotates(months: tuple[Chunk, Months]) -> None:
    _, made = months
    for earlier, later in ((0, 1), (1, 2)):
        entered = made.surveyed[:, later] & ~made.surveyed[:, earlier]
        left = made.surveyed[:, earlier] & ~made.surveyed[:, later]
        assert 0.01 < entered.mean() < 0.3
        assert 0.01 < left.mean() < 0.3
    assert np.all(made.alive_before[made.surveyed])
    assert np.all(np.diff(made.generation, axis=1) >= 0)


def test_some_returns_are_late_some_wrong_and_some_months_strange(months: tuple[Chunk, Months]) -> None:
    _, made = months
    behaviour = load_parameters().behaviour
    assert behaviour.returns.late / 100 < made.late.mean() < 2 * behaviour.returns.late / 100 + 0.005
    assert made.corrected.mean() == pytest.approx(behaviour.returns.corrected / 100, abs=0.004)
    assert np.all(made.corrected[made.error != 1])
    assert (made.error != 1).mean() == pytest.approx(made.corrected.mean(), abs=0.001)
    assert made.slipped.any()
    assert made.never.any()
    assert (made.flows["gross_output"] == 0).mean() == pytest.approx(behaviour.enterprises.stops / 100, abs=0.003)
    usual = np.median(made.flows["gross_output"], axis=(1, 2), keepdims=True)
    assert ((made.flows["gross_output"] > 2.6 * usual) & (usual > 0)).any()


def test_flows_of_an_enterprise_fit_together(months: tuple[Chunk, Months]) -> None:
    _, made = months
    assert set(made.flows) == set(FLOWS)
    assert np.all(made.flows["export_delivery"] <= made.flows["gross_output"])
    assert np.all(made.flows["operating_cost"] + made.flows["profit"] <= made.flows["revenue"] + 1)
    assert np.all(made.stocks["finished_goods"] <= made.stocks["assets"])
    assert not made.flows["export_delivery"].all()


def test_goods_add_up() -> None:
    span = Span(2023, 2024)
    parameters, structure = load_parameters(), structure_for(SEED)
    sales = retail(SEED, parameters, span)
    parts = [
        sales[p].final for p in next(t for t in parameters.publications.retail_totals if t.code == "light_11").parts
    ]
    assert np.allclose(sales["light_11"].final, np.sum(parts, axis=0))
    assert np.allclose(sales["total"].final, sales["goods"].final + sales["catering"].final)
    assert sales["total"].final[0, 12:].sum() == pytest.approx(487_895, rel=0.06)
    made = outputs(SEED, parameters, paths_for(SEED), structure.province_shares, span, digits=1)
    beer = made[[p.code for p in parameters.publications.products].index("beer")]
    assert beer.final[:, 12:].sum() == pytest.approx(3555.5, rel=0.05)
    dollars = headings(SEED, parameters, span)
    assert dollars[:, 24:].sum() / 1e8 == pytest.approx(parameters.economy.exports_usd.value, rel=0.01)
    assert np.array_equal(dollars, np.rint(dollars))
    assert np.all(np.abs(exchange(SEED, parameters, span) - 7.12) < 0.8)
