"""What a plausibility rule may look at (核查的依据), and how it says what it doubts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue
from qinggong.periods import Period
from qinggong.validate.findings import Finding, Severity
from qinggong.validate.related import Figure, Figures, figure
from qinggong.validate.rows import Checked, Key, Stored
from qinggong.validate.thresholds import Thresholds

CHECK = "请核对原发布；确属公布数的，可用 qinggong findings accept 采信并写明理由"
CONFIRM = "请核对数值和单位；确认无误的，可用 qinggong findings accept 采信并写明理由，再导入一次"

Found = Iterator[tuple[Checked, Finding]]


@dataclass(frozen=True)
class Pool:
    """Comparable figures of one series in order of time: flows by the month; ``held`` marks those that are stored."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    held: NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """All that a rule may look at. ``figures`` holds stored and new numbers without those found wrong."""

    file: str
    rows: Mapping[Key, Checked]
    stored: Mapping[Key, Sequence[Stored]]
    figures: Figures
    catalogue: Catalogue
    limits: Thresholds
    series: dict[tuple[str, ...], dict[Period, Figure]] = field(default_factory=dict)
    pools: dict[tuple[str, ...], Pool] = field(default_factory=dict)


def make_case(
    rows: Mapping[Key, Checked], stored: Mapping[Key, Sequence[Stored]], base: Figures, file: str,
    catalogue: Catalogue, limits: Thresholds,
) -> Case:  # fmt: skip
    figures = dict(base)
    for key, row in rows.items():
        new = figure(row)
        if new is not None:
            figures[key] = new
    case = Case(file, rows, stored, figures, catalogue, limits)
    for key, fig in figures.items():
        case.series.setdefault(key[:5], {})[key[5]] = fig
    return case


def doubt(
    case: Case, row: Checked, rule: str, severity: Severity, message: str, expected: str = "", advice: str = ""
) -> tuple[Checked, Finding]:
    series = "·".join((row.subject.name, row.indicator.name, row.measure))
    return row, Finding(
        rule, severity, case.file, row.row, series, row.period.code, row.printed, message,
        advice or (CONFIRM if severity == "error" else CHECK), expected,
    )  # fmt: skip


def text(value: float, unit: str) -> str:
    return f"{value:.4g}{unit}" if abs(value) < 1000 else f"{value:.0f}{unit}"


def scale(row: Checked, period: Period) -> float:
    """By what a figure is divided to be comparable over spans: flows by their months."""
    return float(period.months) if row.indicator.nature == "flow" and row.measure == "level" else 1.0
