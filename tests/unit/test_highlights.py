"""Season records, streaks, round marks, gaps in the calendar and contrasts on made-up figures (synthetic)."""

from __future__ import annotations

import datetime as dt

import pytest

from qinggong.catalogue import load_catalogue
from qinggong.monitor.facts import FactBook, Movement
from qinggong.monitor.highlights import contrasts, highlighted
from qinggong.monitor.movements import Desk, movement
from qinggong.periods import Period, month, observed_month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot, winners

CATALOGUE = load_catalogue()
INDUSTRY = CATALOGUE.subject("规模以上工业", indicator="value_added")


def observation(
    printed: str, period: Period, *, indicator: str = "value_added", measure: str = "yoy", unit: str = "%"
) -> Observation:
    series = SeriesKey("industry", "BCD", "nbs", "CN", indicator, measure, "published", period.kind, unit)
    return Observation(
        series, period, float(printed) * (10_000 if unit == "万亿元" else 1), printed, unit, "published",
        dt.date(2025, 1, 20), "stated", dt.datetime(2025, 1, 20, tzinfo=dt.UTC), "国家统计局", "synthetic", "0" * 64, 1,
        "合成数据，仅供测试", "",
    )  # fmt: skip


def told(*rows: Observation, at: Period, sequence: str = "month", indicator: str = "value_added") -> Movement:
    desk = Desk(Snapshot(tuple(winners(rows)), None, None, 0), CATALOGUE, FactBook())
    known = CATALOGUE.indicator(indicator)
    found = movement(desk, INDUSTRY, known, sequence=sequence, period=at)  # type: ignore[arg-type]
    return highlighted(desk, INDUSTRY, known, found)


def years(rates: str, *, last: int = 2024, number: int = 8) -> list[Observation]:
    """Rates of one month over the years, the oldest first; ``-`` is a year that is not known."""
    parts = rates.split()
    return [observation(rate, month(last - len(parts) + 1 + k, number)) for k, rate in enumerate(parts) if rate != "-"]


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ("1.0 2.0 3.0", "3"),  # the highest of three years
        ("9.0 1.0 2.0 3.0", "3"),  # a higher one before
        ("1.0 2.0 3.0 4.0", "4"),
        ("5.0 4.0 3.0", "-3"),  # the lowest
        ("2.0 3.0", ""),  # two years are too few
        ("1.0 3.0 3.0", ""),  # a tie is no record
        ("1.0 - 2.0 3.0", ""),  # nothing is said beyond a gap
        ("-5.0 -4.0 -3.0", ""),  # a fall is not the highest growth
        ("-1.0 -2.0 -3.0", "-3"),
    ],
)
def test_record_of_a_season(rates: str, expected: str) -> None:
    season = told(*years(rates), at=month(2024, 8)).season
    assert (str(int(season.value)) if season is not None and season.value is not None else "") == expected


def test_a_season_cites_the_years_that_it_compares() -> None:
    season = told(*years("9.0 1.0 2.0 3.0"), at=month(2024, 8)).season
    assert season is not None
    assert [i.rpartition("@")[2] for i in season.lineage.inputs] == ["2024-08", "2023-08", "2022-08"]
    assert (season.text, season.unit, season.status) == ("3", "年", "computed")


def months(rates: str) -> list[Observation]:
    """Rates of the months up to August 2024; ``-`` is not known."""
    at, rows = month(2024, 8), []
    for rate in reversed(rates.split()):
        if rate != "-":
            rows.append(observation(rate, at))
        previous = at.last - 1 if at.last > 2 else 12
        at = observed_month(at.year - (previous == 12), previous) if previous != 1 else observed_month(at.year, 2)
    return rows


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ("5.0 6.0 5.5 5.2 5.0", "-3"),  # June, July, August
        ("5.0 4.0 5.0 6.0 7.0", "3"),
        ("5.0 6.0 5.5 5.2", ""),  # two months are no streak
        ("5.0 6.0 5.5 5.5 5.0", ""),  # an equal rate ends it
        ("6.0 5.5 5.0 4.5 5.0", ""),
    ],
)
def test_streak_of_the_rate(rates: str, expected: str) -> None:
    streak = told(*months(rates), at=month(2024, 8)).streak
    assert (str(int(streak.value)) if streak is not None and streak.value is not None else "") == expected


def test_a_streak_without_its_beginning_is_withheld_with_the_reason() -> None:
    streak = told(*months("7.0 6.0 5.5 5.0"), at=month(2024, 8)).streak
    assert streak is not None
    assert not streak.stated
    assert "起点不明" in streak.reason


def test_january_and_february_count_as_two_months_of_a_streak() -> None:
    rows = [observation(r, p) for r, p in (
        ("5.0", month(2023, 11)), ("4.0", month(2023, 12)), ("5.0", observed_month(2024, 2)), ("6.0", month(2024, 3)),
    )]  # fmt: skip
    streak = told(*rows, at=month(2024, 3)).streak
    assert streak is not None
    assert streak.text == "3"


def level(printed: str, unit: str = "亿元", *, year: int = 2024) -> Observation:
    return observation(printed, ytd(year, 12), indicator="revenue", measure="level", unit=unit)


@pytest.mark.parametrize(
    ("now", "before", "word", "mark"),
    [
        (("25.1", "万亿元"), ("24.0", "万亿元"), "passed", "25万亿元"),
        (("250500", "亿元"), ("240000", "亿元"), "passed", "25万亿元"),
        (("25.1", "万亿元"), ("25.0", "万亿元"), "above", "25万亿元"),
        (("25.1", "万亿元"), None, "above", "25万亿元"),
        (("25", "万亿元"), ("24.0", "万亿元"), "", ""),  # rounded: it may lie below
        (("24.9", "万亿元"), None, "near", "25万亿元"),
        (("24.0", "万亿元"), None, "", ""),
        (("6.95", "万亿元"), None, "near", "7万亿元"),
        (("59502.9", "亿元"), None, "near", "6万亿元"),
        (("7", "万亿元"), None, "", ""),
        (("9140.6", "亿元"), ("8900", "亿元"), "passed", "9000亿元"),
        (("9140.6", "亿元"), ("9010", "亿元"), "", ""),
        (("1005", "亿元"), None, "above", "1000亿元"),
    ],
)
def test_round_marks(now: tuple[str, str], before: tuple[str, str] | None, word: str, mark: str) -> None:
    rows = [level(*now), *([level(*before, year=2023)] if before else [])]
    found = told(*rows, at=ytd(2024, 12), sequence="ytd", indicator="revenue")
    assert found.mark_word == word
    assert (found.mark.text + found.mark.unit if found.mark is not None else "") == mark


def test_where_the_period_before_is_not_known_the_newest_earlier_one_is_taken() -> None:
    rows = [observation(r, p) for r, p in (("5.0", ytd(2024, 6)), ("3.0", ytd(2024, 3)), ("9.0", ytd(2023, 12)))]
    found = told(*rows, at=ytd(2024, 6), sequence="ytd")
    assert found.change is None
    assert found.since == ytd(2024, 3)
    assert found.since_change is not None
    assert found.since_change.text == "2.0"
    only = told(rows[0], rows[2], at=ytd(2024, 6), sequence="ytd")
    assert only.since == ytd(2023, 12)
    assert only.since_change is not None
    assert only.since_change.text == "-4.0"


def test_contrast_of_two_indicators_of_one_period() -> None:
    desk = Desk(
        Snapshot(
            tuple(
                winners(
                    [
                        observation("2.4", ytd(2024, 8), indicator="revenue"),
                        observation("-3.0", ytd(2024, 8), indicator="profit"),
                    ]
                )
            ),
            None, None, 0,
        ),
        CATALOGUE, FactBook(),
    )  # fmt: skip
    both = [
        movement(desk, INDUSTRY, CATALOGUE.indicator(code), sequence="ytd", period=ytd(2024, 8))
        for code in ("revenue", "profit")
    ]
    (found,) = contrasts(desk, both, [("revenue_profit", "revenue", "profit")])
    assert (found.gap.text, found.gap.unit) == ("-5.4", "百分点")
    assert found.gap.lineage.citations
    other = movement(desk, INDUSTRY, CATALOGUE.indicator("profit"), sequence="ytd", period=ytd(2024, 7))
    assert contrasts(desk, [both[0], other], [("revenue_profit", "revenue", "profit")]) == ()
