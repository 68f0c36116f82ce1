"""The flash estimate on made-up figures (合成数据): weights found again, errors honest, refusals stated."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from target_figures import SHARES, desk, growth_of_industries, light, observation

from qinggong.catalogue import CatalogueError, load_catalogue
from qinggong.catalogue.flash import PartialDivision, check_flash_plan, load_flash_plan
from qinggong.methods import flash_estimate
from qinggong.monitor.facts import Flash, FlashLine
from qinggong.monitor.flash import flash, plain_flash
from qinggong.periods import Period, month, ytd
from qinggong.publish.sections import flash as section
from qinggong.store.base import Observation

PLAN = load_flash_plan()
WHOLE = ("13", "14", "15", "19", "21", "22", "24")
PARTS = tuple(p.division for p in PLAN.parts)
DECEMBER = month(2024, 12)
GROUP = np.array([0] * 3 + [1] * 2)


def parts(times: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Growth of five parts and their weights."""
    random = np.random.default_rng(seed)
    weights = np.tile([5.0, 2.0, 1.0, 1.0, 1.0], (times, 1))
    return random.normal(4, 3, (times, 5)), weights


def test_contributions_sum_to_the_weighted_mean() -> None:
    growth, weights = parts(6)
    found = flash_estimate.contributions(growth, weights, GROUP, fewest=0.6)
    assert found.contributions.sum(axis=1) == pytest.approx((growth * weights).sum(axis=1) / 10)
    assert found.coverage == pytest.approx(np.ones(6)) and (found.doubt == 0).all()


def test_missing_parts_lower_the_coverage_and_widen_the_doubt() -> None:
    growth, weights = parts(20)
    growth[3, 0] = np.nan  # half of all weight
    growth[4, 4] = np.nan
    found = flash_estimate.contributions(growth, weights, GROUP, fewest=0.6)
    assert np.isnan(found.contributions[3]).all() and found.coverage[3] == pytest.approx(0.5)
    assert np.isfinite(found.contributions[4]).all() and found.coverage[4] == pytest.approx(0.9)
    assert found.doubt[3] > found.doubt[4] > 0 and found.doubt[5] == 0
    alone = flash_estimate.contributions(growth[4:5], weights[4:5], GROUP, fewest=0.6)
    assert alone.doubt[0] > 0  # without complete times the spread of the parts that are there stands in


def test_readings_bend_the_weights_a_little() -> None:
    growth, weights = parts(30, seed=3)
    groups = flash_estimate.contributions(growth, weights, GROUP, fewest=0.6).contributions
    truth = 0.5 + 1.2 * groups[:, 0] + 0.8 * groups[:, 1]
    years = np.arange(30) // 5
    noise = np.random.default_rng(1).normal(0, 0.2, 30)
    found = flash_estimate.fit(truth + noise, groups, years)
    assert found.slopes == pytest.approx([1.2, 0.8], abs=0.2) and found.intercept == pytest.approx(0.5, abs=0.3)
    assert 0.1 < found.sigma < 0.35 and found.rmse < 0.4
    few = flash_estimate.fit(
        (truth + noise)[[0, 1, 5, 6]], groups[[0, 1, 5, 6]], years[[0, 1, 5, 6]], slope_spread=0.05
    )
    assert few.slopes == pytest.approx([1.0, 1.0], abs=0.1)  # four readings and a firm prior: the weights stay


def test_the_error_of_a_reading_does_not_know_it() -> None:
    growth, weights = parts(12, seed=5)
    groups = flash_estimate.contributions(growth, weights, GROUP, fewest=0.6).contributions
    target = groups.sum(axis=1) + np.random.default_rng(2).normal(0, 0.3, 12)
    years = np.arange(12) // 4
    found = flash_estimate.fit(target, groups, years)
    wild = target.copy()
    wild[7] += 5
    other = flash_estimate.fit(wild, groups, years)
    assert other.left_one_out[7] == pytest.approx(found.left_one_out[7] - 5, abs=1e-9)
    same_year = years == years[7]
    left = flash_estimate.fit(target[~same_year], groups[~same_year], np.concatenate([years[~same_year]]))
    by_hand = left.intercept + groups[same_year] @ left.slopes - target[same_year]
    assert found.left_year_out[same_year] == pytest.approx(by_hand, abs=1e-9)
    assert found.rmse_by_year >= 0.9 * found.rmse


def test_intervals_hold_nine_of_ten_and_widen_with_doubt() -> None:
    inside = []
    for seed in range(60):
        growth, weights = parts(14, seed=seed)
        groups = flash_estimate.contributions(growth, weights, GROUP, fewest=0.6).contributions
        target = groups.sum(axis=1) + np.random.default_rng(seed + 1000).normal(0, 0.5, 14)
        found = flash_estimate.fit(target[:13], groups[:13], np.arange(13) // 3)
        told = flash_estimate.estimate(found, groups[13])
        inside.append(told.low <= target[13] <= told.high)
        wide = flash_estimate.estimate(found, groups[13], doubt=2.0)
        assert wide.value == told.value and wide.high - wide.low > told.high - told.low
    assert np.mean(inside) > 0.83


@pytest.mark.parametrize("fault", ["few", "one year", "missing", "shape"])
def test_too_little_is_refused(fault: str) -> None:
    growth, weights = parts(6)
    groups = flash_estimate.contributions(growth, weights, GROUP, fewest=0.6).contributions
    target = groups.sum(axis=1)
    with pytest.raises(ValueError, match=r"\w"):
        if fault == "few":
            flash_estimate.fit(target[:3], groups[:3], np.array([1, 2, 3]))
        elif fault == "one year":
            flash_estimate.fit(target, groups, np.full(6, 2024))
        elif fault == "missing":
            flash_estimate.fit(np.where(np.arange(6) == 2, np.nan, target), groups, np.arange(6))
        else:
            flash_estimate.contributions(growth, weights[:, :3], GROUP, fewest=0.6)


# ------------------------------------------------------------------------------------------- from figures


def rows(
    first: int = 2018, last: int = 2024, *, readings_from: int = 2019, without: tuple[str, ...] = ()
) -> list[Observation]:
    """Divisions of every month, and the total as their weighted mean every third month."""
    growth = growth_of_industries(first, last, seed=7)
    random = np.random.default_rng(5)
    for code in PARTS:
        growth.setdefault(code, np.round(growth["33"] + random.normal(0, 1, growth["33"].shape), 1))
    shares = dict.fromkeys(WHOLE, 1.0) | {p.division: p.share for p in PLAN.parts}
    found = []
    for y in range(first, last + 1):
        for k in range(11):
            period = ytd(y, k + 2)
            upto = SHARES[: k + 1]
            mean = 0.0
            for code, share in shares.items():
                cumulative = float(growth[code][y - first, : k + 1] @ upto / upto.sum())
                mean += share * cumulative / sum(shares.values())
                if code not in without:
                    found.append(observation(code, f"{cumulative:.1f}", period))
                level = 10_000 * float(upto.sum())
                found.append(
                    observation(code, f"{level:.1f}", period, indicator="revenue", measure="level", unit="亿元")
                )
            if y >= readings_from and k % 3 == 1:
                found.append(light(f"{mean + random.normal(0, 0.2):.1f}", period))
    return found


def estimated(figures: list[Observation], at: Period = DECEMBER) -> tuple[Flash, FlashLine]:
    found = flash(desk(*figures), PLAN, at=at)
    section.build(found, place=1)
    assert section.printed(found)
    return found, next(line for line in found.lines if line.indicator == "value_added")


def test_the_total_is_estimated_for_the_months_without_a_reading() -> None:
    found, line = estimated(rows())
    assert line.readings is not None and line.miss is not None and (line.miss.value or 9) < 0.6 and line.better
    by_period = {r.period: r for r in line.history}
    gap = by_period[ytd(2024, 4)]
    assert gap.value is not None and gap.published is None and gap.error is None and gap.released
    known = by_period[ytd(2024, 3)]
    assert known.value is not None and known.published is not None and known.error is not None
    assert known.error.value == pytest.approx((known.value.value or 0) - (known.published.value or 0), abs=0.11)
    assert gap.value.lineage.inputs and "flash estimate" in gap.value.lineage.method
    plain = plain_flash(found)[0]["rows"]
    assert [r.period for r in line.rows][-1] == ytd(2024, 12) and isinstance(plain, list) and len(plain) == 77


def test_later_figures_and_other_totals_are_not_used() -> None:
    everything = rows()
    early = [o for o in everything if o.period.end_date <= dt.date(2024, 6, 30)]
    a, b = (estimated(part, month(2024, 6))[1] for part in (everything, early))
    assert [r.value for r in a.rows] == [r.value for r in b.rows]


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (rows(readings_from=2024), "公布数太少"),
        (rows(without=("13", "14", "15", "19", "21")), "权数不足"),
        ([], "权数不足"),
    ],
)
def test_without_readings_or_divisions_nothing_is_estimated(figures: list[Observation], says: str) -> None:
    found, line = estimated(figures)
    assert says in line.reason and line.detail and line.newest is None and not line.rows and not found.told


def test_money_without_published_growth_uses_the_change_of_basis() -> None:
    """Levels fall by 10 % because the samples changed; the growth on comparable basis is 2 %."""
    money = []
    for y in range(2018, 2025):
        for k in range(11):
            period = ytd(y, k + 2)
            size = 1000 * float(SHARES[: k + 1].sum()) * 0.9 ** (y - 2018)
            for code in (*WHOLE, *PARTS, "BCD"):
                unit = size * (50 if code == "BCD" else 1)
                money.append(
                    observation(code, f"{unit:.3f}", period, indicator="revenue", measure="level", unit="亿元")
                )
            money.append(observation("BCD", "2.0", period, indicator="revenue"))
            if k % 3 == 1:
                money.append(light("2.0", period, indicator="revenue"))
    found = flash(desk(*money), PLAN, at=month(2024, 12))
    line = next(one for one in found.lines if one.indicator == "revenue")
    assert line.newest is not None and line.newest.value is not None
    assert line.newest.value.value == pytest.approx(2.0, abs=0.2)


def test_names_of_the_setting_are_checked() -> None:
    catalogue = load_catalogue()
    check_flash_plan(PLAN, catalogue)
    for update in (
        {"whole": "nothing"},
        {"subject": "轻功业"},
        {"parts": (PartialDivision(division="99", share=0.5, what="无"),)},
    ):
        with pytest.raises(CatalogueError, match=r"estimates/flash\.yaml"):
            check_flash_plan(PLAN.model_copy(update=update), catalogue)
