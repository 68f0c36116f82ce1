"""When the versions of a month of customs figures come out, and what a user may say of a file."""

from __future__ import annotations

import datetime as dt

import pytest

from qinggong.catalogue import load_catalogue
from qinggong.periods import Period, month, ytd
from qinggong.sources.base import UnreadableFile
from qinggong.sources.customs_vintages import VintageError, by_day, cited, dating, released, vintage

CATALOGUE = load_catalogue()
KNOWN = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("period", "code", "day"),
    [
        (month(2025, 5), "preliminary", dt.date(2025, 6, 9)),  # stated by the timetable
        (month(2025, 9), "preliminary", dt.date(2025, 10, 13)),
        (month(2024, 8), "preliminary", dt.date(2024, 9, 14)),  # nothing stated: the latest customary day
        (month(2025, 5), "monthly", dt.date(2025, 6, 18)),
        (month(2025, 5), "online", dt.date(2025, 6, 20)),
        (month(2025, 12), "online", dt.date(2026, 1, 20)),
        (month(2025, 5), "yearbook", dt.date(2026, 9, 30)),
        (month(2025, 1), "online", dt.date(2025, 3, 20)),  # January comes out with February
        (ytd(2025, 2), "preliminary", dt.date(2025, 3, 7)),
        (ytd(2025, 2), "monthly", dt.date(2025, 3, 18)),
    ],
)
def test_days_of_release(period: Period, code: str, day: dt.date) -> None:
    assert released(period, vintage(code), CATALOGUE) == day


def test_every_vintage_of_a_month_comes_after_the_one_before() -> None:
    codes = ("preliminary", "monthly", "online", "yearbook")
    for number in range(2, 13):
        days = [released(month(2025, number), vintage(code), CATALOGUE) for code in codes]
        assert days == sorted(set(days))


@pytest.mark.parametrize(
    ("said", "code"),
    [("", "online"), ("快讯", "preliminary"), ("flash", "preliminary"), ("月报", "monthly"), ("monthly", "monthly"),
     ("在线查询", "online"), ("年鉴", "yearbook"), (" Yearbook ", "yearbook")],
)  # fmt: skip
def test_vintages_by_name(said: str, code: str) -> None:
    found = dating(said)
    assert (found.vintage.code, found.day, found.basis) == (code, None, "calendar")


@pytest.mark.parametrize("said", ["2025-10-12", "2025年10月12日", "20251012", "2025/10/12"])
def test_the_day_of_a_query(said: str) -> None:
    found = dating(said)
    assert (found.day, found.basis) == (dt.date(2025, 10, 12), "stated")
    assert found.citation == "海关统计数据在线查询（2025-10-12查询）"
    assert found.published(month(2025, 8), KNOWN, CATALOGUE) == dt.date(2025, 10, 12)


@pytest.mark.parametrize("said", ["初步", "2025-13-01", "2025-10", "x"])
def test_other_texts_are_refused_with_what_may_be_written(said: str) -> None:
    with pytest.raises(VintageError, match="快讯、月刊、在线查询、年鉴，或查询的日期"):
        dating(said)


def test_a_query_cannot_be_older_than_its_figures_or_newer_than_its_file() -> None:
    with pytest.raises(UnreadableFile, match="不会在所写的2025-08-31查询到"):
        dating("2025-08-31").published(month(2025, 8), KNOWN, CATALOGUE)
    with pytest.raises(UnreadableFile, match="晚于收到文件的日期2026-11-21"):
        dating("2026-11-22").published(month(2025, 8), KNOWN, CATALOGUE)


def test_a_file_in_hand_was_published_before() -> None:
    early = dt.datetime(2025, 6, 12, 17, 0, tzinfo=dt.UTC)  # the 13th in Shanghai
    assert dating("").published(month(2025, 5), early, CATALOGUE) == dt.date(2025, 6, 13)


def test_a_page_is_of_the_last_vintage_that_was_out_by_its_day() -> None:
    days = {8: "preliminary", 10: "preliminary", 17: "preliminary", 18: "monthly", 25: "monthly"}
    found = {day: by_day(month(2025, 5), dt.date(2025, 6, day), CATALOGUE).code for day in days}
    assert found == days


def test_a_citation_names_its_vintage() -> None:
    assert cited("海关总署统计快讯：标题") == dating("快讯")
    assert cited("海关统计数据在线查询：出口（美元）") == dating("")
    assert cited("海关统计数据在线查询（2025-10-12查询）：出口（美元）") == dating("")
    assert cited("2019年前9月家具出口（转述海关总署）") is None
