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
from hypothesis import given
from hypothesis import strategies as st

from qinggong.catalogue import Catalogue, CatalogueError, load_catalogue
from qinggong.catalogue.official import bundled_figures
from qinggong.periods import Period, month, parse, ytd
from qinggong.sources.base import RawRow
from qinggong.sources.table import SHAPE
from qinggong.validate import (
    DOUBTS,
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
    """The bundled levels that have at least twelve comparable figures beside them."""
    number: dict[tuple[str, ...], int] = {}
    levels = [r for r in bundled() if r.measure == "level" and r.value and r.value > 0]
    for r in levels:
        number[r.key[:5]] = number.get(r.key[:5], 0) + 1
    return [r for r in levels if number[r.key[:5]] > LIMITS.history.least]


def slipped(r: Checked, power: int) -> Checked:
    assert r.value is not None
    scale = Decimal(10) ** power
    return dataclasses.replace(r, value=r.value * scale, tolerance=r.tolerance * scale, printed=f"{r.value * scale:f}")


def test_slips_are_detected_in_the_real_series(capsys: pytest.CaptureFixture[str]) -> None:
    """Each power of ten put into real figures with a history; all other figures are stored."""
    everything = as_stored(bundled())
    chosen = random.Random(20241121).sample(with_history(), 120)
    lines = []
    for power in (0, *POWERS):
        errors = named = noticed = 0
        for r in chosen:
            wanted = related([r], CATALOGUE, LIMITS)
            held = {k: v for k, v in everything.items() if k != r.key and (k[0], k[1], k[2]) in wanted}
            found = [f for f in doubts(slipped(r, power), stored=held) if f.severity == "error" or power]
            errors += any(f.severity == "error" for f in found)
            named += any(f.rule == "unit-slip" for f in found)
            noticed += bool({f.rule for f in found} & {"unit-slip", "part-above-whole", "far-from-history"})
        rates = [n / len(chosen) for n in (noticed, named, errors)]
        lines.append(f"10^{power:+d}: detected {rates[0]:.1%}, named a slip {rates[1]:.1%}, kept out {rates[2]:.1%}")
        if power == 0:
            assert rates[2] <= 0.01
        elif abs(power) >= 3:
            assert rates[0] >= 0.95
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
    held = as_stored(salt_history())
    true = 500 * (1 + 0.05 * math.sin(8) + 0.04)
    (finding,) = doubts(row(f"{true * 10.0**power:.4f}", "2024-08"), stored=held)
    assert rules([finding]) == [("unit-slip", "error")]
    assert finding.expected.endswith("万吨")
    assert "findings accept" in finding.advice
    assert doubts(row(f"{true:.1f}", "2024-08"), stored=held) == []


def test_a_slip_that_nothing_but_the_history_shows_is_a_warning() -> None:
    held = as_stored(salt_history())
    (finding,) = doubts(row(f"{500 * 1.4 * 1000:.1f}", "2024-08"), stored=held)
    assert rules([finding]) == [("unit-slip", "warning")]


def test_with_a_short_history_a_slip_is_a_warning() -> None:
    held = as_stored([row("500", "2023-08"), row("4.0", "2024-08", measure="yoy")])
    assert rules(doubts(row("5200000", "2024-08"), stored=held)) == [("unit-slip", "warning")]
    assert doubts(row("520", "2024-08"), stored=held) == []


def test_a_whole_file_in_the_wrong_unit_does_not_vouch_for_itself() -> None:
    held = as_stored(salt_history())
    wrong = [row(f"{500 * (1 + 0.05 * math.sin(n) + 0.04) * 1e4:.0f}", month(2024, n)) for n in range(3, 11)]
    assert {(f.rule, f.severity) for f in doubts(*wrong, stored=held)} == {("unit-slip", "error")}


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


@given(positive, st.sampled_from(POWERS), st.floats(-0.049, 0.049))
def test_a_slip_within_the_tolerance_is_its_power(expected: float, power: int, off: float) -> None:
    value = expected * 10.0**power * (1 + off)
    assert plausibility.slip(value, expected, within=LIMITS.slips.within) == power


@given(positive, st.floats(0.2, 5))
def test_what_is_near_is_no_slip(expected: float, ratio: float) -> None:
    assert plausibility.slip(expected * ratio, expected, within=LIMITS.slips.within) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=60), st.floats(-1e6, 1e6), st.floats(-100, 100))
def test_distance_moves_with_its_values_and_is_never_negative(values: list[float], value: float, by: float) -> None:
    here = plausibility.distance(value, np.array(values), floor=1.0, least=12)
    there = plausibility.distance(value + by, np.array(values) + by, floor=1.0, least=12)
    assert here >= 0
    assert there == pytest.approx(here, rel=1e-6, abs=1e-6)


def test_a_few_wrong_values_do_not_hide_a_further_one() -> None:
    history = np.array([5.0, 5.2, 4.9, 5.1, 5.0, 4.8, 5.3, 5.1, 5.0, 4.9, 5000.0, 5100.0])
    assert plausibility.distance(5000.0, history, floor=0.1, least=12) > 1000
    assert math.isnan(plausibility.distance(5000.0, history[:11], floor=0.1, least=12))


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
