"""Periods: every way in which releases write them is read, one official form is written."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from qinggong.periods import (
    Period,
    PeriodError,
    month,
    months_between,
    name,
    name_en,
    observed_month,
    parse,
    previous_month,
    previous_ytd,
    quarter,
    ytd,
    ytds_between,
)

DASHES = ["-", "—", "——", "–", "―", "－", "−", "‐", "─", "~", "～", "〜", "至", "到"]
SECOND_HALF = Period(year=2024, first=7, last=12)
EVERY_PERIOD = [
    *(month(2024, m) for m in range(1, 13)),
    *(ytd(2024, m) for m in range(2, 13)),
    *(quarter(2024, q) for q in (2, 3, 4)),
    SECOND_HALF,
]

# Text, and the canonical code it means.
WAYS = """
2024年1—8月           2024-01/2024-08
2024年1-8月份         2024-01/2024-08
２０２４年１～８月    2024-01/2024-08
2024年1月—8月         2024-01/2024-08
2024年1月份至8月份    2024-01/2024-08
2024年一至八月        2024-01/2024-08
2024年前8个月         2024-01/2024-08
2024年前八個月        2024-01/2024-08
24年1—8月             2024-01/2024-08
2024年1—2月           2024-01/2024-02
2024年1—3月           2024-01/2024-03
2024年一季度          2024-01/2024-03
2024年第一季度        2024-01/2024-03
2024年1季度           2024-01/2024-03
2024年上半年          2024-01/2024-06
2024年1—6月           2024-01/2024-06
2024年前三季度        2024-01/2024-09
2024年前3季度         2024-01/2024-09
2024年一至三季度      2024-01/2024-09
2024年1－3季度        2024-01/2024-09
2024年1—9月           2024-01/2024-09
2024年全年            2024-01/2024-12
2024年                2024-01/2024-12
2024年度              2024-01/2024-12
2024                  2024-01/2024-12
2024年1—12月          2024-01/2024-12
2024年1～12月份       2024-01/2024-12
2024年8月             2024-08
2024年8月份           2024-08
２０２４年８月份      2024-08
2024年八月份          2024-08
2024年十二月          2024-12
2024年8月末           2024-08
2024年8月底           2024-08
2024年末              2024-12
2024-08               2024-08
2024-8                2024-08
2024/8                2024-08
2024.08               2024-08
２０２４－０８        2024-08
202408                2024-08
2024-01/2024-08       2024-01/2024-08
2024年二季度          2024-04/2024-06
2024年第4季度         2024-10/2024-12
2024年4—6月           2024-04/2024-06
2024年下半年          2024-07/2024-12
"""


@pytest.mark.parametrize("line", [line for line in WAYS.splitlines() if line])
def test_every_way_of_writing_is_read(line: str) -> None:
    text, code = line.split()
    assert parse(text).code == code


@pytest.mark.parametrize("dash", DASHES)
@pytest.mark.parametrize("template", ["2024年1{}8月", "2024年1{}8月份", "2024 年 1 {} 8 月", "２０２４年１{}８月"])
def test_every_dash_and_width_is_read(dash: str, template: str) -> None:
    assert parse(template.format(dash)) == ytd(2024, 8)


@pytest.mark.parametrize("text", ["8月", "1—8月", "上半年", "第一季度"], ids=["month", "run", "half", "quarter"])
def test_a_text_without_a_year_needs_one(text: str) -> None:
    with pytest.raises(PeriodError, match="names no year"):
        parse(text)
    assert parse(text, year=2024).year == 2024
    assert parse(f"2023年{text}", year=2024).year == 2023


@pytest.mark.parametrize(
    "text",
    ["", "  ", "八月十五", "2024年13月", "2024-13", "2024-00", "2024年0月", "2024年2—8月", "2024年8—1月", "2024年五季度",
     "2023-12/2024-02", "2024-02/2024-05", "24", "去年", "2024年8月14日", "2024-08-14", "1899年", "二〇二四年八月",
     "2024年前13个月", "99999", "2024年1—8", "ABCD", "-", "—"],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        parse(text)


@pytest.mark.parametrize("period", EVERY_PERIOD, ids=lambda p: p.code)
def test_what_is_written_is_read_back(period: Period) -> None:
    assert parse(period.code) == period
    assert parse(str(period)) == period
    for form in ("flow", "month"):
        assert parse(name(period, form=form)) == period
        assert parse(name(period, form=form, with_year=False), year=2024) == period
    assert parse(name(period, form="stock")) == month(2024, period.last)


OFFICIAL = """
2024-01/2024-02   2024年1—2月      2024年1—2月
2024-01/2024-03   2024年一季度     2024年1—3月
2024-01/2024-04   2024年1—4月      2024年1—4月
2024-01/2024-06   2024年上半年     2024年1—6月
2024-01/2024-09   2024年前三季度   2024年1—9月
2024-01/2024-11   2024年1—11月     2024年1—11月
2024-01/2024-12   2024年全年       2024年1—12月
2024-04/2024-06   2024年二季度     2024年二季度
2024-07/2024-12   2024年下半年     2024年下半年
2024-08           2024年8月份      2024年8月份
2024-12           2024年12月份     2024年12月份
"""


@pytest.mark.parametrize("line", [line for line in OFFICIAL.splitlines() if line])
def test_the_one_official_form(line: str) -> None:
    code, spoken, by_months = line.split()
    period = parse(code)
    assert name(period) == spoken
    assert name(period, form="month") == by_months
    assert name(period, with_year=False) == spoken.removeprefix("2024年")
    assert name(period, form="stock") == f"2024年{period.last}月末"


@pytest.mark.parametrize("period", EVERY_PERIOD, ids=lambda p: p.code)
def test_the_written_form_has_one_dash(period: Period) -> None:
    for form in ("flow", "month", "stock"):
        assert not re.search(r"[-–~～至０-９]", name(period, form=form))


def test_english_names() -> None:
    assert name_en(month(2024, 8)) == "August 2024"
    assert name_en(ytd(2024, 8)) == "January–August 2024"
    assert name_en(ytd(2024, 12)) == "2024"


def test_kinds_lengths_and_ends() -> None:
    assert [p.kind for p in (month(2024, 8), ytd(2024, 8), quarter(2024, 3), SECOND_HALF)] == [
        "month",
        "ytd",
        "quarter",
        "half",
    ]
    assert quarter(2024, 1) == ytd(2024, 3)  # one figure under two names
    assert (ytd(2024, 8).months, month(2024, 8).months) == (8, 1)
    assert month(2024, 2).end_date == dt.date(2024, 2, 29)
    assert ytd(2023, 2).end_date == dt.date(2023, 2, 28)
    assert ytd(2024, 8).year_before() == ytd(2023, 8)


@pytest.mark.parametrize("first, last", [(2, 3), (2, 8), (0, 1), (1, 13), (8, 7), (5, 6), (7, 11)])
def test_runs_that_statistics_do_not_have(first: int, last: int) -> None:
    with pytest.raises(PeriodError):
        Period(year=2024, first=first, last=last)


@pytest.mark.parametrize("year", [1899, 2201, -1])
def test_years_out_of_range(year: int) -> None:
    with pytest.raises(PeriodError):
        month(year, 8)


def test_january_and_february_are_one_observation() -> None:
    assert observed_month(2024, 1) == observed_month(2024, 2) == ytd(2024, 2)
    assert ytd(2024, 2).is_jan_feb
    assert previous_month(month(2024, 3)) == ytd(2024, 2)
    assert previous_month(ytd(2024, 2)) == month(2023, 12)
    assert previous_month(month(2024, 4)) == month(2024, 3)


def test_the_sequence_of_months() -> None:
    codes = [p.code for p in months_between(month(2023, 11), month(2024, 4))]
    assert codes == ["2023-11", "2023-12", "2024-01/2024-02", "2024-03", "2024-04"]
    assert len(months_between(ytd(2018, 2), month(2024, 12))) == 7 * 11
    assert months_between(month(2024, 4), month(2024, 3)) == []


def test_the_sequence_of_cumulative_periods() -> None:
    assert previous_ytd(ytd(2024, 2)) == ytd(2023, 12)
    codes = [p.code for p in ytds_between(ytd(2023, 11), ytd(2024, 3))]
    assert codes == ["2023-01/2023-11", "2023-01/2023-12", "2024-01/2024-02", "2024-01/2024-03"]


@pytest.mark.parametrize("wrong", [ytd(2024, 8), quarter(2024, 2)], ids=["ytd", "quarter"])
def test_only_a_month_has_a_month_before(wrong: Period) -> None:
    with pytest.raises(PeriodError):
        previous_month(wrong)


def test_only_a_cumulative_period_has_one_before() -> None:
    with pytest.raises(PeriodError):
        previous_ytd(month(2024, 8))
    with pytest.raises(PeriodError):
        previous_ytd(month(2024, 1))


def test_periods_sort_by_their_end() -> None:
    mixed = [month(2024, 3), ytd(2024, 2), month(2023, 12), ytd(2024, 3)]
    assert sorted(mixed) == [month(2023, 12), ytd(2024, 2), ytd(2024, 3), month(2024, 3)]


@pytest.mark.parametrize("text", ["", " ", "度", "末"])
def test_nothing_is_not_a_whole_year(text: str) -> None:
    with pytest.raises(PeriodError):
        parse(text, year=2024)
