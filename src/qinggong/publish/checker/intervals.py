"""Interval arithmetic over printed numbers (区间算术): what a rounded figure may have been.

A printed 6.04 stands for anything from 6.035 to 6.045. Quantities derived from printed figures are intervals, and two
statements contradict each other only if their intervals have no point in common.

Reference: R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis, SIAM 2009, chapters 2 and 5.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

_HALF = Decimal("0.5")


class Interval(NamedTuple):
    """A closed interval of decimals, ``low`` ≤ ``high``."""

    low: Decimal
    high: Decimal

    def __add__(self, other: object) -> Interval:
        return Interval(self.low + other.low, self.high + other.high) if isinstance(other, Interval) else NotImplemented

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def times(self, other: Interval) -> Interval:
        ends = [a * b for a in self for b in other]
        return Interval(min(ends), max(ends))

    def over(self, other: Interval) -> Interval:
        """The quotient; ``ZeroDivisionError`` where the divisor may be zero."""
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError("interval holds zero")
        ends = [a / b for a in self for b in other]
        return Interval(min(ends), max(ends))

    def scaled(self, factor: Decimal | int) -> Interval:
        return Interval(*sorted((self.low * factor, self.high * factor)))

    def meets(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2


def decimals_of(printed: str) -> int:
    """Digits behind the point of a number as printed."""
    return len(printed.partition(".")[2])


def rounded(value: Decimal, printed: str, *, factor: Decimal | int = 1, slack: Decimal = _HALF) -> Interval:
    """All numbers that are printed like this: half a unit of the last digit to each side, or ``slack`` units.

    Parameters
    ----------
    value
        The value, signed, in the printed unit (or a multiple of it, as for 倍: then give ``factor``).
    printed
        The digits as printed; their decimals tell the unit of the last digit.
    factor
        What the value and its rounding are multiplied by.
    slack
        One unit for ratios: bodies divide figures with more digits than they print, and some cut off.
    """
    half = slack.scaleb(-decimals_of(printed))
    return Interval(value - half, value + half).scaled(factor)


def exactly(value: Decimal | int) -> Interval:
    return Interval(Decimal(value), Decimal(value))


def shown(value: Decimal, decimals: int) -> str:
    """A number with so many decimals, rounded half up, for a message; never a negative zero."""
    quantum = Decimal(1).scaleb(-max(decimals, 0))
    text = f"{value.quantize(quantum, rounding=ROUND_HALF_UP):f}"
    return text.lstrip("-") if not text.strip("-0.") else text
