"""Plausibility: true figures pass, slips are found, and each warning on the bundled figures has its explanation."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import math
import random
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path, PurePath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue import Catalogue, CatalogueError, load_catalogue
from qinggong.catalogue.official import bundled_figures
from qinggong.periods import Period, month, parse, ytd
from qinggong.sources.base import RawRow
from qinggong.sources.table import SHAPE
from qinggong.validate import (
    DOUBTS,
    VOUCHED,
    Checked,
    Finding,
    Key,
    Stored,
    check_rows,
    examine,
    load_thresholds,
    plausibility,
    related,
)

CATALOGUE: Catalogue = load_catalogue()
LIMITS = load_thresholds()
GOLDEN = Path(__file__).parent / "golden" / "bundled_warnings.csv"
RECEIVED = dt.datetime(2026, 11, 21, 4, 0, tzinfo=dt.UTC)
POWERS = (-4, -3, -1, 1, 3, 4)


@cache
def bundled() -> tuple[Checked, ...]:
    content, received = bundled_figures()
    parsed = SHAPE.parse(PurePath("official_releases.csv"), content)
    return check_rows(parsed.rows, file="x", catalogue=CATALOGUE, received=received, stored={}).accepted


def as_stored(rows: Iterable[Checked]) -> dict[Key, list[Stored]]:
    found: dict[Key, list[Stored]] = {}
    for r in rows:
        value = None if r.value is None else float(r.value)
        found.setdefault(r.key, []).append(Stored(value, float(r.tolerance), r.published_at, r.publisher.code))
    return found


def doubts(
    *rows: Checked, stored: dict[Key, list[Stored]] | None = None, accepted: frozenset[tuple[str, int]] = frozenset()
) -> list[Finding]:
    return examine(
        rows, file="数据.csv", stored=stored or {}, catalogue=CATALOGUE, limits=LIMITS, accepted=accepted
    )  # fmt: skip


def rules(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(f.rule, f.severity) for f in found]


_COUNT = iter(range(2, 10**6))


def row(
    value: float | str, period: Period | str, subject: str = "原盐", indicator: str = "产量", *,
    measure: str = "level", publisher: str = "国家统计局", day: str = "", unit: str = "",
) -> Checked:  # fmt: skip
    """One understood row, as a file would give it."""
    known = CATALOGUE.indicator(indicator)
    who = CATALOGUE.subject(subject, indicator=known.code)
    raw = RawRow(
        row=next(_COUNT), period=period if isinstance(period, str) else period.code, region="CN", subject=subject,
        indicator=indicator, measure=measure, value=str(value),
        unit=unit or CATALOGUE.canonical_unit(known.code, measure, who), title="", published=day, publisher=publisher,
        url="",
    )  # fmt: skip
    report = check_rows([raw], file="数据.csv", catalogue=CATALOGUE, received=RECEIVED, stored={})
    assert not report.findings, report.findings
    return report.accepted[0]


def salt_history(*, years: Sequence[int] = (2022, 2023), level: float = 500.0) -> list[Checked]:
    """Two quiet years of months with a little season in them."""
    return [
        row(f"{level * (1 + 0.05 * math.sin(n) + 0.02 * (year - 2022)):.1f}", month(year, n))
        for year in years
        for n in range(3, 13)
    ]


# ------------------------------------------------------------------------------------------------ the bundled figures


def test_the_bundled_figures_raise_no_error_and_only_the_warnings_that_are_explained() -> None:
    found = doubts(*bundled())
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        explained = {(e["rule"], e["series"], e["period"], e["value"]): e["reason"] for e in csv.DictReader(file)}
    assert all(explained.values())
    assert not [f.sentence for f in found if f.severity == "error"]
    assert {(f.rule, f.series, f.period, f.value) for f in found} == set(explained)
    assert len(found) <= 25


def test_the_order_of_arrival_makes_no_errors() -> None:
    """Year after year, as a workspace would have met them, each file against what was stored before."""
    stored: dict[Key, list[Stored]] = {}
    errors, warnings = [], 0
    for year in range(2018, 2027):
        rows = [r for r in bundled() if r.period.year == year]
        found = doubts(*rows, stored=stored)
        errors += [f.sentence for f in found if f.severity == "error"]
        warnings += len(found)
        stored |= as_stored(rows)
    assert errors == []
    assert warnings <= 60
    print(f"\nyear after year: {warnings} warnings on {len(bundled())} figures, no error")


def with_history() -> list[Checked]:
    """The bundled levels that have at least twelve comparable figures near in time beside them."""
    ends: dict[tuple[object, ...], list[int]] = {}
    levels = [r for r in bundled() if r.measure == "level" and r.value and r.value > 0]
    for r in levels:
        ends.setdefault(r.key.series, []).append(r.period.year * 12 + r.period.last)

    def near(r: Checked) -> int:
        own = r.period.year * 12 + r.period.last
        return sum(1 for e in ends[r.key.series] if 0 < abs(e - own) <= LIMITS.history.window)

    return [r for r in levels if near(r) >= LIMITS.history.least]


def slipped(r: Checked, power: int) -> Checked:
    assert r.value is not None
    scale = Decimal(10) ** power
    return dataclasses.replace(r, value=r.value * scale, tolerance=r.tolerance * scale, printed=f"{r.value * scale:f}")


def test_slips_are_refused_in_the_real_series(capsys: pytest.CaptureFixture[str]) -> None:
    """Each power of ten put into real figures with a history; all other figures are stored."""
    everything = as_stored(bundled())
    chosen = random.Random(20241121).sample(with_history(), 40)
    lines = []
    for power in (0, *POWERS):
        errors = noticed = 0
        for r in chosen:
            wanted = related([r], CATALOGUE, LIMITS)
            held = {k: v for k, v in everything.items() if k != r.key and (k.subject, k.region, k.indicator) in wanted}
            found = [f for f in doubts(slipped(r, power), stored=held) if f.severity == "error" or power]
            errors += any(f.severity == "error" for f in found)
            noticed += bool({f.rule for f in found} & {"unit-slip", "part-above-whole", "far-from-history"})
        lines.append(f"10^{power:+d}: noticed {noticed / len(chosen):.1%}, refused {errors / len(chosen):.1%}")
        if power == 0:
            assert errors == 0
        elif abs(power) >= 3:
            assert errors >= 0.95 * len(chosen)
        else:
            assert noticed >= 0.9 * len(chosen)
    with capsys.disabled():
        print("\n" + "\n".join(lines))


def test_the_real_unit_break_is_found(shared: Path) -> None:
    """New-energy vehicles 2022: printed as 万辆, in thousands of cars; from March 2023 on it is right."""
    path = shared / "data" / "china_macro_products" / "nbs_v2_nev_unit_break_example.csv"
    lines = [e for e in csv.DictReader(path.read_text(encoding="utf-8").splitlines()) if e["数值"]]
    values = np.array([float(e["数值"]) for e in lines])
    found = plausibility.breaks(values, powers=LIMITS.slips.powers, within=LIMITS.slips.near, run=3)
    assert [(lines[at]["月份"], power) for at, power in found] == [("2023-03-01", -1)]
    # The catalogue of light industry has no cars: the same numbers under a product that it has.
    rows = [row(e["数值"], e["月份"][:7], "锂离子电池", unit="亿只") for e in lines]
    (finding,) = doubts(*rows)
    assert (finding.rule, finding.severity, finding.period) == ("unit-break", "warning", "2023-03")
    assert "十分之一" in finding.message and "627" in finding.message


def test_ten_true_years_of_appliances_raise_no_error(shared: Path) -> None:
    path = shared / "data" / "china_macro_products" / "nbs_v2_appliance_output_201601_202512.csv"
    text = path.read_text(encoding="utf-8-sig").splitlines()
    rows = []
    for e in csv.DictReader(text):
        name = "家用电冰箱" if "冰箱" in e["指标"] else "房间空气调节器" if "空调" in e["指标"] else ""
        period = e["月份"][:7]
        if name and e["数值"] and period[5:] not in ("01", "02"):
            rows.append(row(e["数值"], period, name, unit=e["单位"]))
    assert len(rows) > 90
    found = doubts(*rows, stored=as_stored(r for r in bundled() if r.key not in {x.key for x in rows}))
    assert not [f.sentence for f in found if f.severity == "error"]
    assert len([f for f in found if f.rule in ("unit-slip", "unit-break", "far-from-history")]) <= 2


# ------------------------------------------------------------------------------------------------------- rule by rule


@pytest.mark.parametrize("power", POWERS)
def test_a_slip_with_history_and_expectation_is_an_error(power: int) -> None:
    """By ten it takes a figure that is tied to the number; the season is not enough."""
    history, true = salt_history(), 500 * (1 + 0.05 * math.sin(8) + 0.04)
    wrong = row(f"{true * 10.0**power:.4f}", "2024-08")
    (finding,) = doubts(wrong, stored=as_stored(history))
    assert rules([finding]) == [("unit-slip", "warning" if abs(power) == 1 else "error")]
    assert finding.expected.endswith("万吨")
    growth = 100 * (true / float(history[15].value or 0) - 1)
    tied = as_stored([*history, row(f"{growth:.3f}", "2024-08", measure="yoy")])
    (finding,) = doubts(wrong, stored=tied)
    assert rules([finding]) == [("unit-slip", "error")]
    assert "findings accept" in finding.advice
    assert doubts(row(f"{true:.1f}", "2024-08"), stored=as_stored(history)) == []


@pytest.mark.parametrize("power", [-4, -3, -2, 2, 3, 4, 5, 8])
def test_a_slip_that_nothing_but_the_history_shows_is_an_error(power: int) -> None:
    """70 % above the season: no expectation fits within five per cent, and no other figure is needed."""
    held = as_stored(salt_history())
    (finding,) = doubts(row(f"{500 * 1.7 * 10.0**power:.6f}", "2024-08"), stored=held)
    assert rules([finding]) == [("unit-slip", "error")]
    assert rules(doubts(row(f"{500 * 1.7:.1f}", "2024-08"), stored=held)) in ([], [("far-from-history", "warning")])
    assert rules(doubts(row(f"{500 * 8.5:.1f}", "2024-08"), stored=held)) == [("unit-slip", "warning")]


def test_a_level_that_other_figures_confirm_is_no_error() -> None:
    held, far = as_stored(salt_history()), row("850000", "2024-08")
    assert rules(doubts(far, stored=held)) == [("unit-slip", "error")]
    confirmed = held | as_stored([row("4000", ytd(2024, 7)), row("854000", ytd(2024, 8))])
    assert rules(doubts(far, stored=confirmed)) == [("unit-slip", "warning")]


def test_small_profits_and_losses_are_no_slips() -> None:
    """Profits pass through zero: a loss and a hundredth of the usual profit are warnings, a thousandth is an error."""
    held = as_stored([row(f"{20 * n * (1 + 0.03 * math.sin(n)):.1f}", ytd(year, n), "家具制造业", "利润总额")
                      for year in (2022, 2023) for n in range(2, 13)])  # fmt: skip
    turned = row("-160", ytd(2024, 8), "家具制造业", "利润总额")
    assert rules(doubts(turned, stored=held)) == [("far-from-history", "warning")]
    assert doubts(row("-0.9", ytd(2024, 8), "家具制造业", "利润总额"), stored=held) == []
    assert rules(doubts(row("1.6", ytd(2024, 8), "家具制造业", "利润总额"), stored=held)) == [("unit-slip", "warning")]
    assert rules(doubts(row("0.16", ytd(2024, 8), "家具制造业", "利润总额"), stored=held)) == [("unit-slip", "error")]
    assert rules(doubts(row("160000", ytd(2024, 8), "家具制造业", "利润总额"), stored=held)) == [("unit-slip", "error")]


def test_a_growth_rate_a_thousand_times_too_large_is_an_error() -> None:
    held = as_stored([row(f"{4 + 3 * math.sin(n):.1f}", month(year, n), measure="yoy")
                      for year in (2022, 2023) for n in range(3, 13)])  # fmt: skip
    assert rules(doubts(row("5300", "2024-08", measure="yoy"), stored=held)) == [("unit-slip", "error")]
    assert rules(doubts(row("39", "2024-08", measure="yoy"), stored=held)) == [("far-from-history", "warning")]
    levels = as_stored([row("10", "2023-08"), row("540", "2024-08")])
    assert "unit-slip" not in [r for r, _ in rules(doubts(row("5300", "2024-08", measure="yoy"), stored=held | levels))]


def test_a_month_like_the_same_month_of_other_years_is_its_season() -> None:
    """Every December the figure drops to a twentieth: no slip, and not far from its history."""
    level = {n: 500 * (1 + 0.02 * math.sin(n)) for n in range(3, 12)} | {12: 25.0}
    held = as_stored([row(f"{level[n]:.1f}", month(year, n)) for year in (2021, 2022, 2023) for n in level])
    assert doubts(row("24.1", "2024-12"), stored=held) == []
    assert rules(doubts(row("24.1", "2024-11"), stored=held)) != []


def test_figures_of_long_ago_are_not_comparable() -> None:
    """Ten years of growth are no slip; a slip of that time is found by the figures of that time."""
    old = [row(f"{50 * (1 + 0.05 * math.sin(n)):.1f}", month(year, n)) for year in (2003, 2004) for n in range(3, 13)]
    assert doubts(*old, stored=as_stored(salt_history())) == []
    wrong = dataclasses.replace(old[7], value=Decimal("51000"), printed="51000")
    found = doubts(*old[:7], wrong, *old[8:], stored=as_stored(salt_history()))
    assert [(f.rule, f.severity, f.row) for f in found] == [("unit-slip", "error", wrong.row)]


def test_a_common_movement_is_said_once() -> None:
    """A shock of all industries: one warning, and one more for the industry that did not move with them."""
    names = [i.name for i in CATALOGUE.industries.values() if i.level == "division" and i.code.startswith("1")][:9]
    held = as_stored([row(f"{5 + math.sin(n + k):.1f}", month(2023, n), name, "增加值", measure="yoy")
                      for k, name in enumerate(names) for n in range(3, 13)]
                     + [row(f"{5 + math.sin(n + k):.1f}", month(2022, n), name, "增加值", measure="yoy")
                        for k, name in enumerate(names) for n in range(3, 13)])  # fmt: skip
    shock = [row(f"{-24 - k / 10:.1f}", "2024-03", n, "增加值", measure="yoy") for k, n in enumerate(names)]
    (finding,) = doubts(*shock, stored=held)
    assert finding.rule == "far-from-history" and f"{len(names)}个对象" in finding.message
    shock[4] = row("35", "2024-03", names[4], "增加值", measure="yoy")
    assert [f.row for f in doubts(*shock, stored=held) if "可比数字" in f.message] == [shock[4].row]
    assert [f.rule for f in doubts(*shock[:5], stored=held)] == ["far-from-history"] * 5


def test_with_a_short_history_a_slip_is_a_warning() -> None:
    """An expectation alone may be the wrong one; three figures that agree with it make it an error."""
    held = as_stored([row("500", "2023-08"), row("4.0", "2024-08", measure="yoy")])
    assert rules(doubts(row("5200000", "2024-08"), stored=held)) == [("unit-slip", "warning")]
    assert doubts(row("520", "2024-08"), stored=held) == []
    few = as_stored([row("490", "2023-07"), row("515", "2024-06"), row("505", "2024-07")])
    assert rules(doubts(row("9900000", "2024-08"), stored=few)) == [("unit-slip", "warning")]
    held |= few
    assert rules(doubts(row("5200000", "2024-08"), stored=held)) == [("unit-slip", "error")]
    assert doubts(row("520", "2024-08"), stored=held) == []


def test_a_whole_file_in_the_wrong_unit_does_not_vouch_for_itself() -> None:
    held = as_stored(salt_history())
    wrong = [row(f"{500 * (1 + 0.05 * math.sin(n) + 0.04) * 1e4:.0f}", month(2024, n)) for n in range(3, 11)]
    assert {(f.rule, f.severity) for f in doubts(*wrong, stored=held)} == {("unit-slip", "error")}


def test_no_warning_about_a_number_that_a_person_vouches_for() -> None:
    held, wrong = as_stored([*salt_history(), row("505", "2024-08", day="2024-09-14")]), row("5050000", "2024-08")
    assert rules(doubts(wrong, stored=held)) == [("unit-slip", "error")]
    told = doubts(wrong, stored=held, accepted=frozenset({("unit-slip", wrong.row)}))
    assert {f.severity for f in told} == {"warning"}
    assert doubts(wrong, stored=held, accepted=frozenset({("unit-slip", wrong.row), (VOUCHED, wrong.row)})) == []
    assert rules(doubts(wrong, stored=held, accepted=frozenset({(VOUCHED, wrong.row)}))) == [("unit-slip", "error")]


def test_a_row_found_wrong_is_no_evidence_against_others() -> None:
    held = as_stored([*salt_history(), row("4000", ytd(2024, 7))])
    wrong, total = row("5400000", "2024-08"), row("4500", ytd(2024, 8))
    assert [f.row for f in doubts(wrong, total, stored=held)] == [wrong.row]


def test_a_value_far_from_its_history_needs_twelve() -> None:
    history = [row(f"{v / 10:.1f}", month(2023, 3 + n % 10) if n < 10 else month(2022, n - 7), measure="yoy")
               for n, v in enumerate([30, 35, 28, 41, 39, 33, 27, 36, 30, 31, 34, 29])]  # fmt: skip
    new = row("62.0", "2024-08", measure="yoy")
    (finding,) = doubts(new, stored=as_stored(history))
    assert rules([finding]) == [("far-from-history", "warning")]
    assert doubts(new, stored=as_stored(history[:11])) == []


def test_a_share_outside_its_definition_is_an_error() -> None:
    r = row("112.0", ytd(2024, 6), "轻工业", "主要产品产量增长面")
    assert rules(doubts(r)) == [("out-of-bounds", "error")]
    assert doubts(r, accepted=frozenset({("out-of-bounds", r.row)})) == []


def test_a_part_above_its_whole() -> None:
    whole = as_stored([row("38000", "2024-08", "社会消费品零售总额", "零售额")])
    far = row("41000", "2024-08", "烟酒类", "零售额")
    near = row("38100", "2024-08", "烟酒类", "零售额")
    assert rules(doubts(far, stored=whole)) == [("part-above-whole", "error")]
    assert rules(doubts(near, stored=whole)) == [("part-above-whole", "warning")]
    small = row("300", "2024-08", "社会消费品零售总额", "零售额")
    assert rules(doubts(small, stored=as_stored([row("500", "2024-08", "烟酒类", "零售额")]))) == [
        ("part-above-whole", "error")
    ]


def test_a_month_against_cumulative_figures_and_a_cumulative_that_falls() -> None:
    held = as_stored([row("3000", ytd(2024, 6)), row("3500", ytd(2024, 7))])
    (finding,) = doubts(row("560", "2024-07"), stored=held)
    assert (finding.rule, finding.expected) == ("month-against-cumulative", "500万吨")
    assert doubts(row("510", "2024-07"), stored=held) == []
    assert rules(doubts(row("3400", ytd(2024, 8)), stored=held)) == [("cumulative-falls", "warning")]
    profit = as_stored([row("90", ytd(2024, 7), "家具制造业", "利润总额")])
    assert doubts(row("80", ytd(2024, 8), "家具制造业", "利润总额"), stored=profit) == []


def test_of_two_that_contradict_the_stranger_is_in_doubt() -> None:
    """Revenue a thousandth of its own, below the profit: the revenue is refused and not the profit."""
    history = [row(str(v * n), ytd(2023, n), "家具制造业", i)
               for n in range(2, 12) for v, i in ((100, "营业收入"), (5, "利润总额"))]  # fmt: skip
    low, profit = (
        row("1.2", ytd(2023, 12), "家具制造业", "营业收入"),
        row("61", ytd(2023, 12), "家具制造业", "利润总额"),
    )
    found = doubts(profit, low, stored=as_stored(history))
    assert {(f.row, f.severity) for f in found if f.rule == "part-above-whole"} == {(low.row, "error")}


def test_a_series_own_record_of_revisions_excuses_a_gap() -> None:
    """Cumulative figures that are always revised by 2 % of themselves: 4 % is nothing new, 40 % is."""

    def figures(year: int, *, last: float) -> list[Checked]:
        total, out = 200.0, [row("200", ytd(year, 2))]
        for n in range(3, 13):
            total += 100
            out.append(row("100", month(year, n)))
            total += (last if n == 12 else 0.02 * (-1) ** n) * total
            out.append(row(f"{total:.1f}", ytd(year, n)))
        return out

    calm = [*figures(2022, last=0.0), *figures(2023, last=0.04)]
    assert [f for f in doubts(*calm) if f.rule == "month-against-cumulative"] == []
    found = doubts(*figures(2022, last=0.0), *figures(2023, last=0.4))
    assert [f.period for f in found if f.rule == "month-against-cumulative"] == ["2023-12"]
    few = doubts(*figures(2023, last=0.0)[:4])
    assert [f.rule for f in few] == ["month-against-cumulative"]


def test_a_quarter_against_cumulative_figures() -> None:
    held = as_stored([row("1500", ytd(2024, 3)), row("3100", ytd(2024, 6))])
    assert doubts(row("1605", "2024年二季度"), stored=held) == []
    (finding,) = doubts(row("1800", "2024年二季度"), stored=held)
    assert (finding.rule, finding.expected) == ("month-against-cumulative", "1600万吨")
    assert "二季度1800万吨" in finding.message
    half = as_stored([row("3100", ytd(2024, 6)), row("6300", ytd(2024, 12))])
    assert doubts(row("3200", "2024年下半年"), stored=half) == []
    assert rules(doubts(row("3900", "2024年下半年"), stored=half)) == [("month-against-cumulative", "warning")]
    ratio = as_stored(
        [
            row("97.0", ytd(2024, 6), "规模以上工业", "产品销售率"),
            row("97.1", ytd(2024, 7), "规模以上工业", "产品销售率"),
        ]
    )
    assert doubts(row("97.4", "2024-07", "规模以上工业", "产品销售率"), stored=ratio) == []


def test_a_share_against_part_and_total() -> None:
    """占比×总量＝部分, within the rounding of all three; whichever of them comes last."""

    def share(value: str) -> Checked:
        return row(value, ytd(2024, 8), "轻工业", "营业收入", measure="share", unit="%", publisher="中国轻工业联合会")

    part = row("14.3", ytd(2024, 8), "轻工业", "营业收入", unit="万亿元", publisher="中国轻工业联合会")
    total = row("868800", ytd(2024, 8), "规模以上工业", "营业收入")
    held = as_stored([part, total])
    assert doubts(share("16.5"), stored=held) == []
    assert doubts(share("16.4"), stored=held) == []  # 14.25 万亿元 would be 16.40 %
    (finding,) = doubts(share("17.2"), stored=held)
    assert (finding.rule, finding.severity, finding.expected) == ("ratio-against-parts", "warning", "16.46%")
    (finding,) = doubts(part, stored=as_stored([share("17.2"), total]))
    assert (finding.rule, finding.expected) == ("ratio-against-parts", "149433.6亿元")
    (finding,) = doubts(total, stored=as_stored([share("17.2"), part]))
    assert (finding.rule, finding.expected) == ("ratio-against-parts", "831395.3亿元")
    assert doubts(part, total, share("16.5")) == []
    assert rules(doubts(share("112"), stored={})) == [("out-of-bounds", "error")]


def test_a_share_that_does_not_say_of_what() -> None:
    held = as_stored([row("6000", ytd(2024, 8), "轻工11类商品", "零售额", publisher="中国轻工业联合会"),
                      row("40000", ytd(2024, 8), "社会消费品零售总额", "零售额")])  # fmt: skip

    def told(value: str) -> Checked:
        return row(value, ytd(2024, 8), "轻工11类商品", "占比", publisher="中国轻工业联合会")

    assert doubts(told("15.0"), stored=held) == []
    assert rules(doubts(told("15.9"), stored=held)) == [("ratio-against-parts", "warning")]
    industry = as_stored([row("14.3", ytd(2024, 8), "轻工业", "营业收入", unit="万亿元"),
                          row("868800", ytd(2024, 8), "规模以上工业", "营业收入")])  # fmt: skip
    assert doubts(row("20", ytd(2024, 8), "轻工业", "占比"), stored=industry) == []  # of what, nobody knows


def test_a_ratio_against_its_parts() -> None:
    held = as_stored([row("50", ytd(2024, 8), "家具制造业", "利润总额"),
                      row("1000", ytd(2024, 8), "家具制造业", "营业收入")])  # fmt: skip
    assert doubts(row("5.00", ytd(2024, 8), "家具制造业", "营业收入利润率"), stored=held) == []
    (finding,) = doubts(row("6.50", ytd(2024, 8), "家具制造业", "营业收入利润率"), stored=held)
    assert (finding.rule, finding.expected) == ("ratio-against-parts", "5")


def test_growth_against_levels() -> None:
    held = as_stored([row("500", "2023-08"), row("550", "2024-08")])
    assert doubts(row("9.0", "2024-08", measure="yoy"), stored=held) == []
    assert rules(doubts(row("-10.0", "2024-08", measure="yoy"), stored=held)) == [("growth-sign", "warning")]
    assert rules(doubts(row("41.0", "2024-08", measure="yoy"), stored=held)) == [("growth-against-levels", "warning")]


def comparable_year(basis: float, *, growth: float = 6.0, months: range = range(3, 12)) -> list[Checked]:
    """Two years of levels and the growth between them on a comparable basis: the base is ``basis`` times the level."""
    out = [row(f"{500 + n:.1f}", month(2023, n)) for n in months]
    out += [row(f"{(500 + n) * basis * (1 + (growth + n / 10) / 100):.1f}", month(2024, n)) for n in months]
    return out + [row(f"{growth + n / 10:.1f}", month(2024, n), measure="yoy") for n in months]


def test_growth_is_held_against_the_other_months_of_its_year() -> None:
    """A basis a fifth smaller explains +6 % beside −15 %, all year; a month that breaks with its year is in doubt."""
    year = comparable_year(0.8)
    assert doubts(*year) == []
    level = next(i for i, r in enumerate(year) if r.period == month(2024, 8) and r.measure == "level")
    year[level] = row(f"{float(year[level].value or 0) * 1.12:.1f}", "2024-08")
    (finding,) = doubts(*year)
    assert (finding.rule, finding.period, finding.expected) == ("growth-against-levels", "2024-08", "19.6%")
    year[level] = row(f"{float(year[level].value or 0) / 1.09:.1f}", "2024-08")
    assert doubts(*year) == []


def test_a_growth_rate_with_the_wrong_sign() -> None:
    year = comparable_year(0.9)
    turned = next(i for i, r in enumerate(year) if r.period == month(2024, 8) and r.measure == "yoy")
    year[turned] = row(f"-{year[turned].printed}", "2024-08", measure="yoy")
    (finding,) = doubts(*year)
    assert (finding.rule, finding.period, finding.value, finding.expected) == ("growth-sign", "2024-08", "-6.8", "6.8%")
    assert "正负号" in finding.message


def test_a_year_that_no_comparable_basis_explains_is_said_once() -> None:
    (finding,) = doubts(*comparable_year(2.5, growth=-59))
    assert (finding.rule, finding.period) == ("growth-against-levels", "2024-11")
    assert "2024年各月" in finding.message and "2.5倍" in finding.message
    assert doubts(*comparable_year(1.6, growth=-36)) == []


def test_revisions_and_two_publishers() -> None:
    held = as_stored([row("500", "2024-08", day="2024-09-14")])
    assert doubts(row("505", "2024-08", day="2024-10-18"), stored=held) == []
    assert rules(doubts(row("560", "2024-08", day="2024-10-18"), stored=held)) == [("large-revision", "warning")]
    other = row("500.4", "2024-08", publisher="工业和信息化部", day="2024-09-14")
    assert doubts(other, stored=held) == []
    other = row("507", "2024-08", publisher="工业和信息化部", day="2024-09-14")
    (finding,) = doubts(other, stored=held)
    assert (finding.rule, finding.expected) == ("publishers-differ", "500万吨")
    both = [row("500", "2024-08"), row("507", "2024-08", publisher="工业和信息化部")]
    assert [f.row for f in doubts(*both)] == [both[1].row]


def test_every_rule_is_named_and_described(root: Path) -> None:
    page = (root / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert not [rule for rule in DOUBTS if f"`{rule}`" not in page]


# ------------------------------------------------------------------------------------------------- the pure functions

positive = st.floats(1e-3, 1e9)
PERIODS = [month(2023, n) for n in range(3, 13)] + [ytd(2023, n) for n in range(2, 13)] + [month(2024, 8), ytd(2024, 8)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PERIODS), st.sampled_from(["利润总额", "营业收入", "营业收入利润率"]),
            st.sampled_from(["level", "yoy", "share"]),
            st.floats(-1e9, 1e9, allow_nan=False) | st.sampled_from([0.0, -100.0, 1e-9, -1e-9]),
        ),
        min_size=1, max_size=40,
    ),
    st.integers(0, 40),
)  # fmt: skip
def test_any_numbers_are_examined(cells: list[tuple[Period, str, str, float]], split: int) -> None:
    rows = []
    for n, (period, indicator, measure, value) in enumerate(cells, start=2):
        if measure == "share" and indicator == "营业收入利润率":
            continue
        known = CATALOGUE.indicator(indicator)
        subject = CATALOGUE.subject("家具制造业", indicator=known.code)
        rows.append(dataclasses.replace(
            template(), row=n, subject=subject, indicator=known, measure=measure, span=period.kind, period=period,
            value=Decimal(repr(value)), tolerance=Decimal("0.05"), printed=repr(value),
        ))  # fmt: skip
    found = doubts(*rows[split:], stored=as_stored(rows[:split]))
    assert {f.row for f in found} <= {r.row for r in rows[split:]}
    assert len({(f.rule, f.row) for f in found}) == len(found)


@cache
def template() -> Checked:
    return row("100", ytd(2023, 8), "家具制造业", "营业收入")


@given(positive, st.sampled_from(POWERS), st.floats(-0.049, 0.049))
def test_a_slip_within_the_tolerance_is_its_power(expected: float, power: int, off: float) -> None:
    value = expected * 10.0**power * (1 + off)
    assert plausibility.slip(value, expected, within=LIMITS.slips.within) == power


@given(positive, st.floats(0.2, 5))
def test_what_is_near_is_no_slip(expected: float, ratio: float) -> None:
    assert plausibility.slip(expected * ratio, expected, within=LIMITS.slips.within) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=60), st.floats(-1e6, 1e6), st.floats(-100, 100))
def test_distance_moves_with_its_values(values: list[float], value: float, by: float) -> None:
    here = plausibility.distance(value, np.array(values), floor=1.0, least=12)
    there = plausibility.distance(value + by, np.array(values) + by, floor=1.0, least=12)
    assert (here >= 0) == (value >= np.median(values))
    assert there == pytest.approx(here, rel=1e-6, abs=1e-6)


def test_a_few_wrong_values_do_not_hide_a_further_one() -> None:
    history = np.array([5.0, 5.2, 4.9, 5.1, 5.0, 4.8, 5.3, 5.1, 5.0, 4.9, 5000.0, 5100.0])
    assert plausibility.distance(5000.0, history, floor=0.1, least=12) > 1000
    assert math.isnan(plausibility.distance(5000.0, history[:11], floor=0.1, least=12))


@given(st.lists(positive, min_size=12, max_size=40), st.sampled_from([-4, -3, 3, 4]), st.integers(0, 11))
def test_a_value_moved_out_of_any_range_is_moved_back(values: list[float], power: int, which: int) -> None:
    """If the history shows a slip at all, the moved value lies among the figures again."""
    history, limits = np.array(values), LIMITS.slips.alone
    value = values[which] * 10.0**power
    found = plausibility.slip_by_record(
        value, history, powers=limits.both, beyond=limits.beyond, inside=limits.inside, trim=LIMITS.slips.trim
    )
    low, high = plausibility.trimmed_range(history, trim=LIMITS.slips.trim)
    if found is not None:
        assert low / limits.inside * 0.999 <= value / 10.0**found <= high * limits.inside * 1.001
        assert not low / limits.beyond <= value <= high * limits.beyond
    inner = float(np.median(history))
    assert plausibility.slip_by_record(
        inner, history, powers=limits.both, beyond=limits.beyond, inside=limits.inside, trim=LIMITS.slips.trim
    ) is None  # fmt: skip


def test_a_record_needs_twelve() -> None:
    past = np.linspace(0.01, 0.1, 20)
    assert plausibility.usual(past, share=0.9, times=3, least=12) == pytest.approx(3 * np.quantile(past, 0.9))
    assert plausibility.usual(past[:11], share=0.9, times=3, least=12) == 0.0


def test_limits_are_read_strictly(tmp_path: Path) -> None:
    assert parse("2024-08") == month(2024, 8)
    own = tmp_path / "rules" / "plausibility.yaml"
    own.parent.mkdir()
    text = (Path(load_catalogue.__code__.co_filename).parent / "data" / "rules" / "plausibility.yaml").read_text(
        "utf-8"
    )
    own.write_text(text.replace("least: 12", "least: 20", 1), encoding="utf-8")
    assert load_thresholds(overlay=tmp_path).history.least == 20
    own.write_text(text.replace("least: 12", "lest: 12", 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"plausibility\.yaml.*lest"):
        load_thresholds(overlay=tmp_path)
