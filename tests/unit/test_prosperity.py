"""The level index of the industries: judged by plain arithmetic, frozen in time, refused where data are too few."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib import resources
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prosperity_figures import CODES, figures, key, known_on, observation, of_province, snapshot

from qinggong.catalogue import CatalogueError, load_catalogue
from qinggong.catalogue.prosperity import LevelIndexPlan, load_level_index
from qinggong.monitor.facts import FactBook, Signals
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import Prosperity, by_province, index_series, index_subjects, prosperity
from qinggong.monitor.prosperity_brief import signals
from qinggong.monitor.prosperity_cycles import index_cycles
from qinggong.monitor.prosperity_inputs import component_values, margin_change, unlike_before
from qinggong.monitor.prosperity_lines import parts_that_sum
from qinggong.monitor.prosperity_record import earlier_days
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation

AT = month(2024, 10)
PLAN = load_level_index()
NAMES = [c.name for c in PLAN.components]
BESIDE = (
    ("木材加工和木、竹、藤、棕、草制品业", "橡胶和塑料制品业", "金属制品业", "电气机械和器材制造业"),
    "生产、价格、出口、盈利可比数据不足",
)
"""The industries beside the aggregate have no figures here."""


@cache
def whole() -> tuple[Observation, ...]:
    return tuple(figures())


@cache
def compiled_whole() -> Prosperity:
    return prosperity(snapshot(whole()), load_catalogue(), PLAN, at=AT)


def compiled(
    rows: tuple[Observation, ...] | list[Observation], at: Period = AT, plan: LevelIndexPlan = PLAN
) -> Prosperity:
    if rows is whole() and at == AT and plan is PLAN:
        return compiled_whole()
    return prosperity(snapshot(rows), load_catalogue(), plan, at=at)


def told(
    rows: tuple[Observation, ...] | list[Observation], at: Period = AT, **options: object
) -> tuple[Signals, FactBook]:
    desk = Desk(snapshot([o for o in rows if o.period.end_date <= at.end_date]), load_catalogue(), FactBook())
    return signals(desk, PLAN, at=at, **options), desk.book  # type: ignore[arg-type]


def value_of(code: str, indicator: str, period: Period) -> float:
    """A figure, looked up plainly."""
    found = [o.value for o in whole() if (o.series.subject, o.series.indicator, o.period) == (code, indicator, period)]
    assert len(found) == 1 and found[0] is not None
    return found[0]


def growth_over_three(code: str, indicator: str, year: int, last: int) -> float:
    values = []
    for back in range(3):
        number = year * 12 + last - 1 - back
        y, m = divmod(number, 12)
        block = m < 2 and indicator != "producer_prices"
        values.append(value_of(code, indicator, ytd(y, 2) if block else month(y, m + 1)))
    return mean(values)


def margin_over_three(code: str, year: int, last: int) -> float:
    def span(indicator: str) -> float:
        total = value_of(code, indicator, ytd(year, last))
        if last == 2:  # the block and December
            return total + value_of(code, indicator, ytd(year - 1, 12)) - value_of(code, indicator, ytd(year - 1, 11))
        # March and April are summed with the block, which cannot be cut.
        return total - (value_of(code, indicator, ytd(year, last - 3)) if last > 4 else 0)

    return span("profit") / span("revenue") * 100


def test_one_month_by_plain_arithmetic() -> None:
    """三个月的分项、以前十年的均值和标准差，逐项手算（2024年10月份，食品制造业）。"""
    raw: dict[str, list[float]] = {name: [] for name in NAMES}
    now: dict[str, float] = {}
    for year in range(2014, 2025):
        if year in (2020, 2021):
            continue
        for last in range(2, 13) if year < 2024 else [10]:
            found = {
                name: growth_over_three("14", indicator, year, last)
                for name, indicator in zip(NAMES, ("value_added", "producer_prices", "export_delivery"), strict=False)
            }
            found["盈利"] = margin_over_three("14", year, last) - margin_over_three("14", year - 1, last)
            for name, v in found.items():
                if year < 2024:
                    raw[name].append(v)
                else:
                    now[name] = v
    got = compiled(whole()).industries[1]
    row = compiled(whole()).row(AT)
    for place, name in enumerate(NAMES):
        z = (now[name] - mean(raw[name])) / stdev(raw[name])
        assert got.components[row, place] == pytest.approx(100 + 10 * max(-4, min(4, z)), abs=1e-9)
    expected = 100 + sum(c.weight * (got.components[row, place] - 100) for place, c in enumerate(PLAN.components))
    assert got.index[row] == pytest.approx(expected, abs=1e-12)


def test_contributions_and_parts_are_exact() -> None:
    found = compiled(whole())
    for i in found.industries:
        for row in range(2, found.months):
            before = found.before(row)
            if not np.isnan(i.index[row]) and not np.isnan(i.index[before]):
                assert i.contributions[row].sum() == pytest.approx(i.index[row] - i.index[before], abs=1e-10)
    known = ~np.isnan(found.aggregate)
    assert known.sum() > 150
    assert np.allclose(found.parts[known].sum(axis=1), found.aggregate[known] - 100, atol=1e-10)
    assert np.allclose(found.component_parts[known].sum(axis=1), found.aggregate[known] - 100, atol=1e-10)
    inside = [i.counted for i in found.industries]
    indices = np.stack([i.index for i in found.industries], axis=1)[:, inside]
    assert np.allclose((found.weights[:, inside] * indices)[known].sum(axis=1), found.aggregate[known], atol=1e-9)
    assert np.isnan(found.weights[:, [not i for i in inside]]).all() and sum(inside) == 7


def test_weights_of_industries_are_revenue_shares_of_the_three_years_before() -> None:
    found = compiled(whole())
    row = found.row(AT)
    sizes = [mean(value_of(code, "revenue", ytd(y, 12)) for y in (2021, 2022, 2023)) for code in CODES]
    weights = found.weights[:, :7]
    assert np.allclose(weights[row], np.array(sizes) / sum(sizes))
    assert np.array_equal(weights[row], weights[found.row(ytd(2024, 2))])
    assert not np.array_equal(weights[row], weights[found.row(month(2023, 12))])


def test_a_further_month_changes_no_earlier_value() -> None:
    late = compiled(whole())
    for at in (month(2023, 6), month(2023, 12), ytd(2024, 2), month(2024, 9)):
        early = compiled([o for o in whole() if (o.period.year, o.period.last) <= (at.year, at.last)], at)
        assert early.start_year == late.start_year
        n = early.months
        for a, b in zip(early.industries, late.industries, strict=True):
            assert np.array_equal(a.index, b.index[:n], equal_nan=True)
            assert np.array_equal(a.components, b.components[:n], equal_nan=True)
            assert np.array_equal(a.zones, b.zones[:n])
        assert np.array_equal(early.aggregate, late.aggregate[:n], equal_nan=True)


def test_a_missing_component_gives_its_weight_to_the_others() -> None:
    found = compiled(figures(without=[("21", "export_delivery")]))
    furniture = found.industries[CODES.index("21")]
    row = found.row(AT)
    assert [(x.name, x.why) for x in furniture.lacking] == [("出口", "short")]
    assert furniture.weights[row].tolist() == pytest.approx([0.35 / 0.9, 0.2 / 0.9, 0, 0.35 / 0.9])
    assert not furniture.refused and not np.isnan(furniture.index[row])
    one = next(i for i in told(figures(without=[("21", "export_delivery")]))[0].industries if i.short == "家具")
    assert one.absent == ("出口",)
    assert {p.name: p.points.text for p in one.parts}["出口"] == "0.00"


def test_two_missing_components_are_refused_with_the_reason() -> None:
    rows = figures(without=[("21", "export_delivery"), ("21", "value_added")])
    found, _ = told(rows)
    assert [(u.names, u.reason) for u in found.uncompiled] == [(("家具制造业",), "生产、出口可比数据不足"), BESIDE]
    assert found.total is not None and found.total.value == 6
    assert "家具" not in [i.short for i in found.industries]


def test_three_years_of_history_are_refused() -> None:
    found, _ = told(figures(2022, 2024))
    assert found.period is None and found.whole is None and not found.industries
    assert [u.reason for u in found.uncompiled] == ["生产、价格、出口、盈利可比数据不足"]
    assert len(found.uncompiled[0].names) == 11


def test_a_constant_component_is_left_out_with_the_reason() -> None:
    rows = figures(constant=[("22", "producer_prices")])
    paper = compiled(rows).industries[CODES.index("22")]
    assert [(x.name, x.why) for x in paper.lacking] == [("价格", "constant")]
    assert not paper.refused
    both = figures(constant=[("22", "producer_prices"), ("22", "value_added")])
    found, _ = told(both)
    assert [u.reason for u in found.uncompiled] == ["生产、价格数值没有变化，不能标准化", BESIDE[1]]


def test_distorted_months_take_two_year_averages() -> None:
    found = compiled(whole())
    row = found.row(month(2021, 5))
    undeclared = compiled(whole(), plan=PLAN.model_copy(update={"base_distorted": ()}))
    assert found.industries[0].index[row] != undeclared.industries[0].index[row]
    after = found.row(ytd(2022, 2))
    assert np.array_equal(found.aggregate[after:], undeclared.aggregate[after:], equal_nan=True)
    margin = np.full(36, 5.0)
    margin[12:24], margin[24:] = 3.0, 6.0
    distorted = np.arange(36) >= 30
    got = margin_change(margin, distorted)
    assert got[24] == 3.0 and got[30] == 0.5 and np.isnan(got[:12]).all()


def test_no_revenue_of_an_industry_no_aggregate_weight() -> None:
    rows = [o for o in whole() if not (o.series.subject == "13" and o.series.indicator == "revenue")]
    found = compiled(rows)
    row = found.row(AT)
    assert np.isnan(found.weights[row, 0]) and np.nansum(found.weights[row]) == pytest.approx(1)
    assert [x.name for x in found.industries[0].lacking] == ["盈利"]
    assert found.parts[row, 0] == 0


def test_the_printed_facts_fit_together() -> None:
    found, book = told(whole())
    assert found.whole is not None and found.total is not None
    assert sum(int(c.count.text) for c in found.counts) == int(found.total.text) == 7
    assert sum(int(c.share.text) for c in found.counts) == 100
    assert [c.name for c in found.counts] == [
        "过热", "渐热", "稳定（中心线以上）", "稳定（中心线以下）", "渐冷", "过冷"
    ]  # fmt: skip
    for c in found.counts:
        assert len(c.members) == int(c.count.text)
    for line in (found.whole, *found.components, *found.industries):
        assert line.value and line.before and line.change and line.year_change and line.year_before
        assert float(line.change.text) == pytest.approx(float(line.value.text) - float(line.before.text), abs=1e-9)
        year = float(line.value.text) - float(line.year_before.text)
        assert float(line.year_change.text) == pytest.approx(year, abs=1e-9)
        assert line.value.unit == line.change.unit == "点"
        bounds = [80, 90, 110, 120]
        assert line.zone == sum(float(line.value.text) > b if b > 100 else float(line.value.text) >= b for b in bounds)
    for line in (found.whole, *found.industries):
        assert line.change is not None
        assert sum(float(p.points.text) for p in line.parts) == pytest.approx(float(line.change.text), abs=1e-9)
        assert line.hand is not None and line.hand.phase in ("上升", "放缓", "收缩", "复苏")
    own = sum(float(line.parts[0].points.text) for line in found.components)
    assert found.whole.change is not None and own == pytest.approx(float(found.whole.change.text), abs=1e-9)
    assert all(len(i.strip) == len(found.strip) == 24 for i in found.industries)
    assert found.strip[-1] == AT and sum(p.is_jan_feb for p in found.strip) == 2
    value = book[found.industries[0].value.id]  # type: ignore[union-attr]
    assert f"{key('13', 'value_added', 'yoy', 'month').id}@2024-08" in value.lineage.inputs
    assert f"{key('13', 'profit', 'level', 'ytd').id}@2023-01/2023-10" in value.lineage.inputs


def test_february_is_compared_with_december() -> None:
    found, _ = told(whole(), ytd(2024, 2))
    assert found.period == ytd(2024, 2) and found.previous == month(2023, 12)


def test_an_old_index_is_not_shown() -> None:
    rows = [o for o in whole() if o.period.end_date <= month(2024, 3).end_date]
    assert told(rows, month(2024, 6))[0].period == month(2024, 3)
    found, _ = told(rows, month(2024, 7))
    assert found.period is None and found.newest == month(2024, 3)


def test_figures_of_later_months_are_not_used() -> None:
    early = month(2023, 6)
    some = compiled([o for o in whole() if (o.period.year, o.period.last) <= (2023, 6)], early)
    assert np.array_equal(some.aggregate, compiled(whole(), early).aggregate, equal_nan=True)


def test_how_often_lights_changed_later() -> None:
    """One figure was first published 30 points lower: the lights of its month and the two after it were others."""
    series, period = key("13", "value_added", "yoy", "month"), month(2023, 9)
    first = {(series, period): value_of("13", "value_added", period) - 30}
    days = earlier_days(dt.date(2024, 11, 28), 14)
    assert len(days) == 14 and days[0] == dt.date(2023, 9, 28) and days[-1] == dt.date(2024, 10, 28)
    plain, _ = told(whole(), earlier=((d, known_on(whole(), d, {})) for d in days))
    assert plain.record is not None
    assert (plain.record.changed.text, plain.record.revision.text) == ("0", "0.00")
    # At the end of February nothing is newer than December: 13 months, one index an industry and month.
    assert (plain.record.compared.text, plain.record.bulletins.text) == (str(7 * 13), "13")
    wrong, _ = told(
        whole(), earlier=((d, known_on(whole(), d, first if d < dt.date(2024, 2, 1) else {})) for d in days)
    )
    assert wrong.record is not None
    assert 1 <= int(wrong.record.changed.text) <= 3
    assert wrong.record.compared.text == plain.record.compared.text
    # Only the lights made from the figure before its revision rest on a real vintage: its month and the two after it.
    assert (plain.record.real.text, wrong.record.real.text) == ("0", "3")
    revised = {r.period: r for r in wrong.revisions}
    assert all(r.change.text == "0.00" for r in plain.revisions) and len(plain.revisions) == PLAN.shown.revised
    assert [r.period for r in wrong.revisions][-1] == month(2024, 9) and ytd(2024, 2) not in revised


def test_every_value_carries_its_history() -> None:
    """An industry's value of one month as it stood on each day: equal values once, today's beside them."""
    series, period = key("13", "value_added", "yoy", "month"), month(2024, 7)
    first = {(series, period): value_of("13", "value_added", period) - 30}
    days = earlier_days(dt.date(2024, 11, 28), 4)
    found, book = told(
        whole(), earlier=((d, known_on(whole(), d, first if d < dt.date(2024, 9, 30) else {})) for d in days)
    )
    kept = [f for f in book if f.id.startswith("industry:13@nbs/level_index/index#known/") and f.period == period]
    assert [f.id.split("#known/")[1][:10] for f in kept] == ["2024-08-28", "2024-10-28"]
    row = compiled(whole()).row(period)
    assert float(kept[1].text) == pytest.approx(compiled(whole()).industries[0].index[row], abs=0.006)
    assert float(kept[0].text) < float(kept[1].text) - 1
    mine = next(r for r in found.revisions if r.period == period)
    assert (mine.day, mine.now.text) == ("2024-08-28", book["index:light_industry/level_index/index/2024-07"].text)
    assert float(mine.change.text) == pytest.approx(float(mine.now.text) - float(mine.first.text), abs=1e-9) != 0


def test_groups_are_weighted_means_of_their_industries() -> None:
    found = compiled(whole())
    row = found.row(AT)
    food = found.groups[0]
    shares = found.weights[row, :3] / found.weights[row, :3].sum()
    assert food.index[row] == pytest.approx(float(sum(shares * [i.index[row] for i in found.industries[:3]])))
    assert food.parts[row].sum() == pytest.approx(food.index[row] - 100, abs=1e-10)
    assert not food.parts[row, 3:].any()
    line = next(g for g in told(whole())[0].groups if g.name == "食品工业")
    assert line.change is not None
    assert sum(float(p.points.text) for p in line.parts) == pytest.approx(float(line.change.text), abs=1e-9)
    unknown = PLAN.groups[0].model_copy(update={"members": ("13", "99")})
    with pytest.raises(CatalogueError, match="99"):
        compiled(whole(), plan=PLAN.model_copy(update={"groups": (unknown,)}))


def test_provinces_are_compiled_from_what_they_publish() -> None:
    """A province without prices, with cumulative exports: three components, exports as from the months' own growth."""
    here = of_province(whole(), "44")
    few = [o for o in of_province(whole(), "33") if o.series.subject in ("13", "14")]
    rows = [*whole(), *here, *few]
    provinces = by_province(snapshot(rows), load_catalogue(), PLAN, at=AT)
    assert [p.region for p in provinces] == ["33", "44"]
    country, (zhejiang, guangdong) = compiled(rows), provinces
    assert np.array_equal(country.aggregate, compiled(whole()).aggregate, equal_nan=True)
    row = guangdong.row(AT)
    one, other = guangdong.industries[0], country.industries[0]
    assert [x.name for x in one.lacking] == ["价格"]
    assert one.components[row, [0, 3]] == pytest.approx(other.components[row, [0, 3]], abs=1e-9)
    assert one.weights[row].tolist() == pytest.approx([0.35 / 0.8, 0, 0.1 / 0.8, 0.35 / 0.8])
    assert not np.isnan(one.components[row, 2]) and not np.isnan(guangdong.aggregate[row])
    # Two industries are too few for a province, though each has an index.
    assert np.isnan(zhejiang.aggregate).all() and not np.isnan(zhejiang.industries[0].index[row])
    found, book = told(rows)
    assert found.places is not None and found.places.total.text == "1"
    assert [p.short for p in found.places.lines] == ["广东"] and found.places.components == ("生产", "出口", "盈利")
    assert [(u.names, u.reason[:8]) for u in found.places.refused] == [(("浙江",), "有指数的行业不足")]
    line = found.places.lines[0]
    assert line.value is not None and all("/44/" in i for i in book[line.value.id].lineage.inputs)
    assert told(whole())[0].places is None


def test_growth_from_cumulative_levels_by_plain_arithmetic() -> None:
    rows = [o for o in of_province(whole(), "44") if o.series.subject == "14"]
    first, months = 2008, 17 * 12
    got, _ = component_values(rows, PLAN.components, first=first, months=months, distorted=np.zeros(months, bool))
    level = {
        o.period: o.value or 0.0
        for o in rows
        if o.series.indicator == "export_delivery" and o.series.measure == "level"
    }
    growth = {
        o.period: o.value or 0.0 for o in rows if o.series.indicator == "export_delivery" and o.series.measure == "yoy"
    }
    base = {p: level[p] / (1 + growth[p] / 100) for p in level}
    now, before = (d[ytd(2023, 8)] - d[ytd(2023, 5)] for d in (level, base))
    assert got[(2023 - first) * 12 + 7, 2] == pytest.approx((now / before - 1) * 100)


def test_revenue_is_taken_as_published_and_by_its_proxy_elsewhere() -> None:
    revenue = PLAN.components[0].model_copy(update={"measure": "revenue", "indicator": "revenue", "weight": 0.55})
    mine = (revenue, PLAN.components[2], PLAN.components[3])
    rows = [o for o in whole() if o.series.subject == "14"]
    published = observation(key("14", "revenue", "yoy", "ytd"), ytd(2023, 2), 7.5)
    first, months = 2008, 17 * 12
    got, _ = component_values(
        [*rows, published], mine, first=first, months=months, distorted=np.zeros(months, bool)
    )  # fmt: skip
    real, prices = (growth_over_three("14", i, 2023, 8) for i in ("value_added", "producer_prices"))
    at = (2023 - first) * 12 + 7
    assert got[at, 0] == pytest.approx(((1 + real / 100) * (1 + prices / 100) - 1) * 100)


def test_a_month_of_profits_that_is_none_is_left_out() -> None:
    """Cumulative profits catch up in 2022-06: the margin is left out in the months that contain it, and a year
    later."""
    changed = [
        observation(o.series, o.period, (o.value or 0.0) + 400)
        if (o.series.subject, o.series.indicator, o.period.year) == ("15", "profit", 2022) and o.period.last >= 6
        else o
        for o in whole()
    ]
    found, plain = compiled(changed), compiled(whole())
    drinks = found.industries[2]
    assert [found.period(int(r)).code for r in np.flatnonzero(drinks.withheld)] == [
        "2022-06", "2022-07", "2022-08", "2023-06", "2023-07", "2023-08",
    ]  # fmt: skip
    row = found.row(month(2023, 7))
    assert np.isnan(drinks.components[row, 3]) and drinks.weights[row, 3] == 0 and not np.isnan(drinks.index[row])
    assert not any(i.withheld.any() for i in plain.industries)
    before = found.row(month(2022, 5)) + 1
    assert np.array_equal(drinks.index[:before], plain.industries[2].index[:before], equal_nan=True)
    line = next(i for i in told(changed, month(2023, 7))[0].industries if i.short == "酒饮料茶")
    assert line.withheld and line.absent == ("盈利",)


def test_what_is_unlike_before_is_judged_by_the_past_only() -> None:
    values = np.random.default_rng(3).normal(0, 1, 200)
    values[150] = 12.0
    marked = unlike_before(values, limit=8)
    assert np.flatnonzero(marked).tolist() == [150]
    assert np.array_equal(unlike_before(values[:151], limit=8), marked[:151])
    assert not unlike_before(np.full(100, 3.0), limit=8).any() and not unlike_before(values[:59], limit=0.1).any()


def test_turns_are_dated_half_a_year_later_and_only_probable_until_then() -> None:
    months = 180
    t = np.arange(months)
    index = np.stack([100 + 6 * np.sin(2 * np.pi * t / 45), np.full(months, np.nan)], axis=1)
    index[:120, 1] = np.nan
    index[120:, 1] = index[120:, 0]
    index[::12] = np.nan
    wave, short = index_cycles(index, start_year=2008, ahead=3)
    assert all(t < "2022-07" for t in (*wave.turns.peaks, *wave.turns.troughs)) and len(wave.turns.peaks) >= 3
    assert 0 <= wave.contraction <= 1 and wave.downturn >= wave.contraction and wave.upturn >= 1 - wave.contraction
    assert "样本不足" in short.turns.reason and short.doubt and np.isnan(short.contraction)
    found, _ = told(whole())
    assert found.cycles is not None and len(found.cycles.turns) == 8
    assert found.cycles.undated_from == month(2024, 5)
    for turn in found.cycles.turns:
        assert all(p is None or p.end_date < month(2024, 5).end_date for p in (turn.peak, turn.trough))
        if turn.contraction is not None and turn.turning is not None:
            assert 1 <= int(turn.contraction.text) <= 99 and turn.toward in ("上行", "下行")
        else:
            assert turn.reason


def test_every_watched_sector_is_accounted_for() -> None:
    for rows in (whole(), figures(2022, 2024)):
        watched = told(rows)[0].watched
        assert watched is not None and watched.total.text == "25"
        names = [n for u in watched.standing for n in u.names]
        assert len(names) == len(set(names)) == 25
    assert {u.reason for u in told(whole())[0].watched.standing} >= {"有本行业指数", "没有可用的月度公布数"}  # type: ignore[union-attr]


def test_earlier_snapshots_are_not_asked_for_without_an_index() -> None:
    def asked() -> object:
        raise AssertionError("asked")
        yield

    assert told(figures(2022, 2024), earlier=asked())[0].record is None
    assert told(whole())[0].record is None


@given(
    st.lists(st.floats(-40, 40, allow_nan=False), min_size=1, max_size=9),
    st.integers(-1, 1),
)
@settings(deadline=None, max_examples=300)
def test_rounded_parts_sum(parts: list[float], slip: int) -> None:
    total = f"{round(sum(parts) * 100) / 100 + slip / 100:.2f}"
    texts = parts_that_sum(parts, total)
    assert round(sum(round(float(t) * 100) for t in texts)) == round(float(total) * 100)
    # With one hundredth of slip (a change is the difference of two rounded values) every part is nearer than 0.02.
    assert all(abs(float(t) - p) < 0.02 + 1e-6 for t, p in zip(texts, parts, strict=True)) or len(parts) == 1


def test_days_of_short_months() -> None:
    assert earlier_days(dt.date(2024, 3, 31), 2) == (dt.date(2024, 1, 31), dt.date(2024, 2, 29))


BAD = {
    "weights that do not sum": ("weight: 0.20}", "weight: 0.10}", "components", "sum to 0.9000"),
    "contradictory bounds": ("bounds: [80, 90, 110, 120]", "bounds: [80, 110, 90, 120]", "bounds", "increase"),
    "zones for other bounds": ("bounds: [80, 90, 110, 120]", "bounds: [80, 90, 120]", "zones", "make 4 zones"),
    "hysteresis as wide as a zone": ("hysteresis: 0", "hysteresis: 10", "hysteresis", "as wide as a zone"),
    "a span backwards": ("left_out: [2020-01/2021-12]", "left_out: [2021-12/2020-01]", "left_out", "ends before"),
    "a word for a weight": ("weight: 0.20}", "weight: viel}", "components.1.weight", "viel"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_contradictory_setting_is_refused_with_its_line(case: str, tmp_path: Path) -> None:
    old, new, entry, says = BAD[case]
    text = (
        resources.files("qinggong.catalogue").joinpath("data/prosperity/level_index.yaml").read_text(encoding="utf-8")
    )
    assert old in text
    path = tmp_path / "prosperity/level_index.yaml"
    path.parent.mkdir()
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        load_level_index(overlay=tmp_path)
    lines = text.splitlines()
    place = entry.split(".")[0]
    number = next(n for n, line in enumerate(lines, 1) if line.startswith(place))
    if "." in entry:
        number = next(n for n, line in enumerate(lines, 1) if old in line)
    message = str(refused.value)
    assert f"line {number}, entry {entry}" in message and says in message, message


def test_a_setting_of_ones_own_replaces_the_bundled_one(tmp_path: Path) -> None:
    text = (
        resources.files("qinggong.catalogue").joinpath("data/prosperity/level_index.yaml").read_text(encoding="utf-8")
    )
    path = tmp_path / "prosperity/level_index.yaml"
    path.parent.mkdir()
    path.write_text(text.replace("bounds: [80, 90, 110, 120]", "bounds: [85, 95, 105, 115]"), encoding="utf-8")
    own = load_level_index(overlay=tmp_path)
    assert own.bounds == (85, 95, 105, 115)
    assert compiled(whole(), plan=own).industries[0].zones.tolist() != compiled(whole()).industries[0].zones.tolist()


def test_all_series_of_the_index_are_named() -> None:
    named = set(index_series(load_catalogue(), PLAN))
    used = {(o.series.subject_key, "CN", o.series.indicator) for o in whole()}
    assert used <= named and len(index_subjects(load_catalogue(), PLAN)) == 11
    assert [s.code for s in index_subjects(load_catalogue(), PLAN)[:7]] == list(CODES)


def test_a_single_figure_compiles_nothing() -> None:
    found, _ = told([observation(key("13", "value_added", "yoy", "month"), AT, 5.0)])
    assert found.period is None and found.newest is None
