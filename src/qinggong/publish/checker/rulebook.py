"""The rules in the order in which they run (规则次序)."""

from __future__ import annotations

from collections.abc import Callable

from qinggong.publish.checker.agreement import against_data, agreement, periods, thresholds
from qinggong.publish.checker.amounts import gaps, margins, parts, shares
from qinggong.publish.checker.counts import counts
from qinggong.publish.checker.differences import differences
from qinggong.publish.checker.document import Material
from qinggong.publish.checker.grids import grids
from qinggong.publish.checker.growth import changes, directions, runs, units_of_change
from qinggong.publish.checker.named_periods import named_periods
from qinggong.publish.checker.shares import paragraph_shares

RULES: tuple[Callable[[Material], None], ...] = (
    against_data, agreement, thresholds, periods, named_periods, differences, changes, directions, units_of_change,
    runs, margins, shares,
    paragraph_shares, gaps,
    parts, counts,
    grids,
)  # fmt: skip
