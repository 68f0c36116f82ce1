"""Windows over records (窗口): the same subject in earlier periods, and other subjects in the same period.

Records are matched by subject and period, wherever they stand in the file. A period without a record, or without a
value, is unknown: three falls in a row are no fact when the second is not known. Shares of a history with gaps are
intervals (all gaps below, all above), so that less data never decides more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from qinggong.rules.operations import Floats, Pair, Truth, Value, exact
from qinggong.rules.program import Node

_MAD = 1.4826
"""Median absolute deviation to standard deviation of a normal distribution (Rousseeuw & Croux 1993, JASA 88:1273)."""


@dataclass(slots=True)
class Ordering:
    """Which record follows which.

    Attributes
    ----------
    subjects, periods
        Integer codes by record; the code of a period grows by one a step, -1 where it is not known.
    """

    subjects: npt.NDArray[np.int64]
    periods: npt.NDArray[np.int64]
    _earlier: dict[int, npt.NDArray[np.int64]] = field(default_factory=dict)
    _keys: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return len(self.subjects)

    def earlier(self, steps: int) -> npt.NDArray[np.int64]:
        """For each record that of the same subject ``steps`` periods before, -1 where there is none."""
        if steps not in self._earlier:
            keys, order = self._sorted()
            span = self._span()
            valid = (self.periods >= steps) & (self.periods >= 0)
            wanted = self.subjects * span + self.periods - steps
            place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            hit = valid & (keys[place] == wanted) if len(keys) else np.zeros(len(self), dtype=bool)
            self._earlier[steps] = np.where(hit, order[place] if len(keys) else 0, -1)
        return self._earlier[steps]

    def _span(self) -> int:
        return int(self.periods.max(initial=0)) + 1

    def _sorted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Keys of the records that have a period, and which record each is; of repeated keys none counts."""
        if self._keys is None:
            dated = np.flatnonzero(self.periods >= 0)
            keys = self.subjects[dated] * self._span() + self.periods[dated]
            order = np.argsort(keys, kind="stable")
            keys, dated = keys[order], dated[order]
            same = np.zeros(len(keys), dtype=bool)
            same[1:] |= keys[1:] == keys[:-1]
            same[:-1] |= keys[1:] == keys[:-1]
            self._keys = keys[~same], dated[~same]
        return self._keys

    def repeated(self) -> list[tuple[int, int]]:
        """Pairs of records of one subject and one period."""
        dated = np.flatnonzero(self.periods >= 0)
        keys = self.subjects[dated] * self._span() + self.periods[dated]
        order = np.argsort(keys, kind="stable")
        keys, dated = keys[order], dated[order]
        at = np.flatnonzero(keys[1:] == keys[:-1])
        return [(int(dated[i]), int(dated[i + 1])) for i in at]

    def taken(self, column: Floats, steps: int) -> Floats:
        """A column of ``steps`` periods before, NaN where there is no record."""
        place = self.earlier(steps)
        found: Floats = np.where(place >= 0, column[place], np.nan)
        return found


def window(node: Node, args: Sequence[Value], ordering: Ordering) -> Value:
    """The value of a window operation over all records."""
    first = args[0]
    if node.op == "streak":
        assert isinstance(first, np.ndarray)
        return _streak(first, int(node.numbers[0]), ordering)
    if node.op == "peer_true":
        assert isinstance(first, np.ndarray)
        return _peer_true(first, ordering)
    assert isinstance(first, tuple)
    if node.op == "prev":
        low = ordering.taken(_spread(first[0], ordering), int(node.numbers[0]))
        if first[0] is first[1]:
            return low, low
        return low, ordering.taken(_spread(first[1], ordering), int(node.numbers[0]))
    column = _spread(exact(first), ordering)
    if node.op.startswith("peer_"):
        return _peers(node.op, column, ordering)
    if node.op.startswith("rolling_"):
        return _rolling(node.op, column, int(node.numbers[0]), ordering)
    return _history(node.op, column, int(node.numbers[0]), int(node.numbers[1]), ordering)


def _spread(column: Floats, ordering: Ordering) -> Floats:
    return column if len(column) == len(ordering) else np.broadcast_to(column, (len(ordering),))


def _streak(truth: Truth, periods: int, ordering: Ordering) -> Truth:
    """Whether a condition held in this and the periods before, ``periods`` in all."""
    result = truth.copy()
    for steps in range(1, periods):
        place = ordering.earlier(steps)
        before = np.where(place >= 0, truth[place], 0)
        np.minimum(result, before, out=result, casting="unsafe")
    return result


def _rolling(op: str, column: Floats, periods: int, ordering: Ordering) -> Pair:
    """Sum, mean, least or greatest of this and the periods before; unknown if one of them is."""
    total = column.copy()
    for steps in range(1, periods):
        before = ordering.taken(column, steps)
        if op == "rolling_min":
            total = np.minimum(total, before)
        elif op == "rolling_max":
            total = np.maximum(total, before)
        else:
            total = total + before
    result = total / periods if op == "rolling_mean" else total
    return result, result


def _history(op: str, column: Floats, periods: int, least: int, ordering: Ordering) -> Pair:
    """This value against its own ``periods`` values before, of which ``least`` must be known.

    ``history_share``: share of them that are not above it; what is missing of ``periods`` widens the share if all are
    wanted. ``history_z``: distance from their median in robust standard deviations; 0 spread is unknown.
    """
    past = np.stack([ordering.taken(column, steps) for steps in range(1, periods + 1)])
    known = ~np.isnan(past)
    count = known.sum(axis=0)
    enough = ~np.isnan(column)
    if op == "history_share":
        not_above = (past <= column).sum(axis=0)
        if least == periods:
            low = np.where(enough, not_above / periods, np.nan)
            high = np.where(enough, (not_above + periods - count) / periods, np.nan)
            return (low, low) if (count == periods).all() else (low, high)
        share = np.where(enough & (count >= least), not_above / np.maximum(count, 1), np.nan)
        return share, share
    z = _robust_z(column, past, enough & (count >= least))
    return z, z


def _robust_z(column: Floats, past: Floats, enough: npt.NDArray[np.bool_]) -> Floats:
    result = np.full(len(column), np.nan)
    if enough.any():
        chosen = past[:, enough]
        middle = np.nanmedian(chosen, axis=0)
        spread = _MAD * np.nanmedian(np.abs(chosen - middle), axis=0)
        with np.errstate(all="ignore"):
            z = (column[enough] - middle) / spread
        result[enough] = np.where(spread > 0, z, np.nan)
    return result


def _groups(ordering: Ordering) -> list[npt.NDArray[np.int64]]:
    """Records of one period together; those without a period belong to none."""
    dated = np.flatnonzero(ordering.periods >= 0)
    order = dated[np.argsort(ordering.periods[dated], kind="stable")]
    cuts = np.flatnonzero(np.diff(ordering.periods[order])) + 1
    return [g for g in np.split(order, cuts) if len(g)]


def _peers(op: str, column: Floats, ordering: Ordering) -> Pair:
    """This value among those of the same period that are known.

    ``peer_share``: share of the others that are not above it, unknown ones widening it; ``peer_median``: their median,
    itself included; ``peer_z``: distance from it in robust standard deviations.
    """
    low, high = np.full(len(column), np.nan), np.full(len(column), np.nan)
    for members in _groups(ordering):
        values = column[members]
        known = values[~np.isnan(values)]
        if op == "peer_share":
            others = len(members) - 1
            if not others:
                continue
            ranks = np.searchsorted(np.sort(known), values, side="right") - 1
            here = ~np.isnan(values)
            low[members] = np.where(here, ranks / others, np.nan)
            high[members] = np.where(here, (ranks + len(members) - len(known)) / others, np.nan)
        elif len(known):
            middle = np.median(known)
            if op == "peer_z":
                spread = _MAD * np.median(np.abs(known - middle))
                low[members] = (values - middle) / spread if spread > 0 else np.nan
            else:
                low[members] = middle
    return (low, high) if op == "peer_share" else (low, low)


def _peer_true(truth: Truth, ordering: Ordering) -> Pair:
    """Share of the records of the same period of which a condition holds; unknown ones widen it."""
    low, high = np.full(len(truth), np.nan), np.full(len(truth), np.nan)
    for members in _groups(ordering):
        here = truth[members]
        low[members] = (here == 1).sum() / len(members)
        high[members] = (here != -1).sum() / len(members)
    return low, high
