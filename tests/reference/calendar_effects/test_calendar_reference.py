"""Regressors of the X-13 reference run, and the State Council's notices day by day."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from qinggong.methods import calendar_effects as ce


@pytest.fixture(scope="module")
def reference(shared: Path) -> dict[str, np.ndarray]:
    file = shared / "data" / "validation_methods" / "x13_reference" / "x13_reference.npz"
    if not file.is_file():
        pytest.skip("没有X-13参照结果，跳过 / the X-13 reference is absent")
    with np.load(file) as data:
        return {name: data[name] for name in ("H", "TD")}


def test_festival_regressors_are_those_given_to_x13(reference: dict[str, np.ndarray]) -> None:
    """Exact but for the rounding of two divisions: the table of dates behind the means is 1998–2030."""
    np.testing.assert_allclose(ce.festival_regressors((2010, 1), 216), reference["H"], atol=1e-15)


def test_weekday_contrasts_are_those_of_x13(reference: dict[str, np.ndarray]) -> None:
    np.testing.assert_array_equal(ce.weekday_regressors((2010, 1), 180), reference["TD"])


def test_working_days_follow_the_notices_of_2007_to_2026(shared: Path) -> None:
    """The notices as transcribed by the holiday-cn project; a day they do not name is worked on weekdays."""
    files = sorted((shared / "data" / "calendar" / "holiday_cn").glob("*.json"))
    if not files:
        pytest.skip("没有国务院放假通知，跳过 / the notices are absent")
    named = {
        dt.date.fromisoformat(day["date"]): not day["isOffDay"]
        for file in files
        for day in json.loads(file.read_text(encoding="utf-8"))["days"]
    }
    first, last = dt.date(int(files[0].stem), 1, 1), dt.date(int(files[-1].stem), 12, 31)
    days = [first + dt.timedelta(d) for d in range((last - first).days + 1)]
    assert len(days) == 7305
    different = [day for day in days if ce.is_working_day(day) != named.get(day, day.weekday() < 5)]
    assert not different
