"""The checks on a real workbook of ../shared: no true figure is refused, slips of the unit are; few warnings."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from qinggong.catalogue import load_catalogue
from qinggong.sources.base import RawRow
from qinggong.validate import load_thresholds

CATALOGUE, LIMITS = load_catalogue(), load_thresholds()
PROFITS = "htfa_subsector_iva_profit_vintage_20251215.xlsx"


@pytest.fixture(scope="module")
def experiment(root: Path) -> ModuleType:
    """The benchmark, whose ways of spoiling and counting are used here on one file."""
    spec = importlib.util.spec_from_file_location("validation_benchmark", root / "benchmarks" / "validation.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def rows_of(path: Path) -> tuple[RawRow, ...]:
    from qinggong.sources.series_workbook import SHAPE

    return tuple(SHAPE.parse(path, path.read_bytes()).rows)


@pytest.fixture(scope="module")
def rows(shared: Path) -> tuple[RawRow, ...]:
    return rows_of(shared / "data" / "china_subsector_monthly" / PROFITS)


def test_the_true_figures_go_in_with_few_warnings(experiment: ModuleType, rows: tuple[RawRow, ...]) -> None:
    """41 industries' profits and growth of twenty years: of 18,000 figures none is refused, one in 300 doubted."""
    accepted, found = experiment.checked(rows, {}, CATALOGUE, LIMITS)
    assert [f.sentence for f in found if f.severity == "error"] == []
    assert len(accepted) == len(rows) > 15_000
    warned = Counter(f.rule for f in found)
    assert sum(warned.values()) < len(rows) / 300, warned


def test_slips_by_a_thousand_and_more_are_refused(experiment: ModuleType, rows: tuple[RawRow, ...]) -> None:
    history = experiment.History(rows, LIMITS)
    file, powers = experiment.spoilt(rows, rate=0.02, rng=random.Random(20251121))
    findings = experiment.checked(file, {}, CATALOGUE, LIMITS)[1]
    refused = {f.row for f in findings if f.severity == "error"}
    true = {r.row: r for r in file if r.row not in powers}
    assert [f.sentence for f in findings if f.severity == "error" and f.row in true] == []
    chosen = [
        r.row for r in file
        if abs(powers.get(r.row, 0)) >= 3 and r.measure == "level" and history.is_long(r, only_before=False)
    ]  # fmt: skip
    assert len(chosen) > 80
    assert sum(row in refused for row in chosen) >= 0.95 * len(chosen)
    growth = [r.row for r in file if powers.get(r.row, 0) >= 3 and r.measure == "yoy"]
    assert sum(row in refused for row in growth) >= 0.9 * len(growth)
