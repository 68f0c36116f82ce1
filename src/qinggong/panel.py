"""A panel (面板): many series of one span over one time axis, as arrays, time first."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qinggong.periods import Period

WITHDRAWN = 1
"""Flag of a figure whose last word is a withdrawal: its value is absent."""
UNDATED = 2
"""Flag of a figure of which nobody knows when it was published."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Values of many series as known on one day.

    Attributes
    ----------
    series
        Identifiers (``SeriesKey.id``), sorted.
    periods
        The time axis, sorted; the periods that occur, without filling gaps (see ``aligned``).
    values
        Shape ``(periods, series)``, in the unit of each series; NaN where nothing is known.
    flags
        Shape ``(periods, series)``: sum of ``WITHDRAWN`` and ``UNDATED``, 0 where neither holds.
    span
        What one step of the time axis covers (``month``, ``ytd``, ``point`` …); the same for all series.
    as_of
        Only what was published by the end of that day; ``None`` for everything.
    """

    series: tuple[str, ...]
    periods: tuple[Period, ...]
    values: NDArray[np.float64]
    flags: NDArray[np.uint8]
    span: str
    as_of: dt.date | None

    def __post_init__(self) -> None:
        shape = (len(self.periods), len(self.series))
        if self.values.shape != shape or self.flags.shape != shape:
            raise ValueError(f"arrays of shape {self.values.shape} and {self.flags.shape} where {shape} is due")


def aligned(panel: Panel, periods: Sequence[Period]) -> Panel:
    """The panel on another time axis; periods that it lacks are absent.

    Parameters
    ----------
    periods
        The new axis, sorted. It holds every period of the panel: nothing is dropped.

    Raises
    ------
    ValueError
        If a period of the panel is not on the axis.
    """
    place = {period: number for number, period in enumerate(periods)}
    if lacking := [period.code for period in panel.periods if period not in place]:
        raise ValueError(f"the axis lacks {', '.join(lacking[:5])}")
    rows = [place[period] for period in panel.periods]
    values = np.full((len(place), len(panel.series)), np.nan)
    flags = np.zeros(values.shape, dtype=np.uint8)
    values[rows], flags[rows] = panel.values, panel.flags
    return Panel(panel.series, tuple(place), values, flags, panel.span, panel.as_of)


# ------------------------------------------------------------------------------------------- other libraries' tables

FrameKind = Literal["pandas", "polars", "arrow"]
_PACKAGES = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}


class MissingPackage(ImportError):
    """A library that is an extra of this package is not installed; the message says how to install it."""


def frame(columns: Mapping[str, Sequence[Any] | NDArray[Any]], kind: FrameKind) -> Any:
    """Columns of one length as a table of another library, which need not be installed otherwise.

    Parameters
    ----------
    columns
        Name to values, in order.
    kind
        ``pandas`` (DataFrame), ``polars`` (DataFrame) or ``arrow`` (pyarrow.Table).

    Raises
    ------
    MissingPackage
        If the library is not installed.
    """
    if kind not in _PACKAGES:
        raise ValueError(f"数据表类型只有 {'、'.join(_PACKAGES)}，收到{kind!r}")
    try:
        library = importlib.import_module(_PACKAGES[kind])
    except ImportError as error:
        raise MissingPackage(f"没有安装 {_PACKAGES[kind]}，请运行 pip install 'qinggong[{kind}]' 后重试") from error
    if kind == "arrow":
        return library.table({name: library.array(list(values)) for name, values in columns.items()})
    return library.DataFrame({name: _plain(values) for name, values in columns.items()})


def _plain(values: Sequence[Any] | NDArray[Any]) -> Any:
    """Arrays of numbers stay arrays; anything else becomes a list, whose types the library finds itself."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values
    return list(values)


def panel_frame(panel: Panel, kind: FrameKind) -> Any:
    """A panel as a table: one row a period (``period`` holds its code), one column a series."""
    columns: dict[str, Sequence[Any] | NDArray[Any]] = {"period": [p.code for p in panel.periods]}
    columns |= {name: panel.values[:, place] for place, name in enumerate(panel.series)}
    return frame(columns, kind)
