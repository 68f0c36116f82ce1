"""The panel: what its shape promises, and how it is put on another time axis."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from qinggong.panel import WITHDRAWN, Panel, aligned
from qinggong.periods import month

PERIODS = (month(2024, 3), month(2024, 5))


def panel() -> Panel:
    values = np.array([[1.0, np.nan], [3.0, 4.0]])
    flags = np.array([[0, WITHDRAWN], [0, 0]], dtype=np.uint8)
    return Panel(("a", "b"), PERIODS, values, flags, "month", dt.date(2024, 6, 20))


def test_another_axis_leaves_gaps_absent() -> None:
    axis = [month(2024, m) for m in range(2, 7)]
    found = aligned(panel(), axis)
    assert (found.periods, found.series, found.span) == (tuple(axis), ("a", "b"), "month")
    nan = np.nan
    np.testing.assert_array_equal(found.values, [[nan, nan], [1, nan], [nan, nan], [3, 4], [nan, nan]])
    np.testing.assert_array_equal(found.flags, [[0, 0], [0, WITHDRAWN], [0, 0], [0, 0], [0, 0]])
    assert found.as_of == panel().as_of


def test_nothing_is_dropped_from_a_panel() -> None:
    with pytest.raises(ValueError, match="2024-05"):
        aligned(panel(), [month(2024, 3), month(2024, 4)])


def test_arrays_have_the_shape_of_the_axes() -> None:
    with pytest.raises(ValueError, match=r"\(2, 1\)"):
        Panel(("a",), PERIODS, np.zeros((2, 2)), np.zeros((2, 2), dtype=np.uint8), "month", None)
