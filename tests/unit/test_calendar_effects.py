"""Festival windows, working days, weekdays."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from qinggong.methods import calendar_effects as ce


def test_festival_dates() -> None:
    assert ce.spring_festival(2024) == dt.date(2024, 2, 10)
    assert ce.spring_festival(2025) == dt.date(2025, 1, 29)
    days = [ce.spring_festival(year) for year in range(1950, 2101)]
    assert all((1, 20) <= (day.month, day.day) <= (2, 21) for day in days)
    with pytest.raises(ValueError, match="2101年"):
        ce.spring_festival(2101)


def test_a_window_is_shared_out_by_days() -> None:
    """2024: the 20 days before 10 February are 21–31 January (11) and 1–9 February (9)."""
    x = ce.festival_regressors((2024, 1), 12, windows=((-20, -1),))
    raw = {y: ce.festival_regressors((y, 1), 12, windows=((-20, -1),))[:, 0] for y in range(1998, 2031)}
    assert np.mean(list(raw.values()), axis=0) == pytest.approx(np.zeros(12), abs=1e-14)
    # Between two years the means cancel: 2020's window (5–24 January) lies in January alone.
    assert x[0, 0] - raw[2020][0] == pytest.approx(11 / 20 - 1)
    assert x.sum() == pytest.approx(0, abs=1e-14)


def test_windows_reach_into_the_year_before() -> None:
    x = ce.festival_regressors((2022, 12), 3, windows=((-40, -1),))[:, 0]  # festival on 22 January 2023
    y = ce.festival_regressors((2023, 12), 3, windows=((-40, -1),))[:, 0]  # festival on 10 February 2024
    assert x - y == pytest.approx([19 / 40 - 0, 21 / 40 - 31 / 40, 0 - 9 / 40])


def test_rows_do_not_depend_on_the_start() -> None:
    whole = ce.festival_regressors((2010, 1), 240)
    np.testing.assert_array_equal(ce.festival_regressors((2013, 6), 50), whole[41:91])


@pytest.mark.parametrize("window", [(3, 2), (-121, 0), (0, 151)])
def test_windows_out_of_reach(window: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="春节窗口"):
        ce.festival_regressors((2020, 1), 12, windows=(window,))


def test_the_grid_begins_with_the_default_and_repeats_nothing() -> None:
    grid = ce.window_grid()
    assert grid[0] == ce.DEFAULT_WINDOWS and len(set(grid)) == len(grid) == 12


def test_working_days_know_holidays_and_make_up_days() -> None:
    # October 2024: 23 weekdays, 1–4 and 7 off, Saturday 12 worked.
    assert ce.working_days((2024, 10), 1).tolist() == [19]
    # February 2024: 21 weekdays, 12–16 off, Sundays 4 and 18 worked.
    assert ce.working_days((2024, 2), 1).tolist() == [18]
    assert ce.is_working_day(dt.date(2024, 2, 4)) and not ce.is_working_day(dt.date(2024, 2, 12))
    years = ce.working_day_regressor((2008, 1), 12 * 18).reshape(18, 12)
    assert years.mean(axis=0) == pytest.approx(np.zeros(12), abs=1e-12)


def test_weekdays_and_leap_years() -> None:
    # February 2024 has 29 days and five Thursdays, February 2023 four of each day.
    x = ce.weekday_regressors((2023, 2), 13)
    assert x[0].tolist() == [0] * 6 and x[12].tolist() == [0, 0, 0, 1, 0, 0]
    leap = ce.leap_year_regressor((2023, 1), 48)[:, 0]
    assert leap[[1, 13, 25, 37]].tolist() == [-0.25, 0.75, -0.25, -0.25] and leap.sum() == 0


@pytest.mark.parametrize("kind", [None, "china", "weekday"])
def test_names_go_with_columns(kind: str | None) -> None:
    assert ce.trading_day_regressors(kind, (2020, 1), 24).shape == (24, len(ce.trading_day_names(kind)))


def test_unknown_kind() -> None:
    with pytest.raises(ValueError, match="trading_day"):
        ce.trading_day_regressors("easter", (2020, 1), 24)


def test_blocks_take_the_mean_of_their_months() -> None:
    x = ce.festival_regressors((2011, 12), 30)
    out = ce.over_blocks(x, 12)
    for january in (1, 13):
        np.testing.assert_allclose(out[january], (x[january] + x[january + 1]) / 2, atol=1e-12)
        np.testing.assert_array_equal(out[january], out[january + 1])
    np.testing.assert_allclose(out[3:13], x[3:13], atol=1e-12)
    # The 20 days before and the week of the festival always lie in January and February.
    assert (out[:, :2] == 0).all() and np.abs(out[:, 2]).max() > 0.05
    np.testing.assert_array_equal(ce.over_blocks(out, 12), out)
