"""Working days for deadlines, against the State Council's notices for 2025."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue.working_days import is_working_day, working_days_after, working_days_between

DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-01-26", True),  # a Sunday worked before the Spring Festival
        ("2025-01-28", False),
        ("2025-02-04", False),
        ("2025-02-08", True),  # a Saturday made up
        ("2025-04-27", True),
        ("2025-05-05", False),
        ("2025-09-28", True),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2025-10-12", False),
        ("2025-10-13", True),
    ],
)
def test_the_notice_for_2025(day: str, works: bool) -> None:
    assert is_working_day(dt.date.fromisoformat(day)) is works


def test_a_deadline_over_the_national_holiday() -> None:
    assert working_days_after(dt.date(2025, 9, 30), 1) == dt.date(2025, 10, 9)
    assert working_days_between(dt.date(2025, 9, 30), dt.date(2025, 10, 9)) == 1


@settings(max_examples=100, deadline=None)
@given(day=DAYS, number=st.integers(0, 40))
def test_counting_back_gives_the_number(day: dt.date, number: int) -> None:
    end = working_days_after(day, number)
    assert working_days_between(day, end) == number and (number == 0 or is_working_day(end))
    assert working_days_between(end, day) == -number


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        working_days_after(dt.date(2025, 1, 1), -1)
