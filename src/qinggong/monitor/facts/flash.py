"""What can be told of the flash estimate of the total from its parts (快速测算)."""

from __future__ import annotations

from dataclasses import dataclass

from qinggong.monitor.facts.book import Fact
from qinggong.periods import Period


@dataclass(frozen=True, slots=True)
class FlashRow:
    """One cumulative period.

    Attributes
    ----------
    released
        Day on which the divisions' figures came or come out, ISO; ``announced`` if it was stated.
    value, low, high
        Growth estimated, with its interval; ``None`` with ``reason`` where too little is published. Where the total
        itself was published, ``value`` is estimated without that reading.
    published
        The total's own figure.
    error
        ``value`` less ``published``, in points.
    coverage
        Share of the weights with figures, in percent.
    """

    period: Period
    released: str
    announced: bool
    value: Fact | None = None
    low: Fact | None = None
    high: Fact | None = None
    published: Fact | None = None
    error: Fact | None = None
    coverage: Fact | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FlashLine:
    """The estimates of one indicator.

    Attributes
    ----------
    rows
        Periods of the last thirteen months, oldest first; ``history`` has all.
    readings
        Published figures of the total that the estimate was judged by.
    miss, miss_by_year
        Root mean square of the errors in points: each reading left out alone, and with all of its year.
    simple, simple_name
        The same of the best simple alternative, and what that is.
    reason, detail
        Why there is no estimate, and with which numbers.
    """

    indicator: str
    indicator_name: str
    rows: tuple[FlashRow, ...] = ()
    history: tuple[FlashRow, ...] = ()
    readings: Fact | None = None
    miss: Fact | None = None
    miss_by_year: Fact | None = None
    simple: Fact | None = None
    simple_name: str = ""
    reason: str = ""
    detail: str = ""

    @property
    def newest(self) -> FlashRow | None:
        return next((r for r in reversed(self.rows) if r.value is not None), None)

    @property
    def better(self) -> bool:
        """True if the estimate misses less than the best simple alternative, years left out."""
        if self.miss_by_year is None or self.miss_by_year.value is None:
            return False
        return self.simple is None or self.simple.value is None or self.miss_by_year.value < self.simple.value


@dataclass(frozen=True, slots=True)
class Flash:
    """Flash estimates of a month (快速测算), one line for each indicator."""

    title: str
    subject_name: str
    wanted: Period
    lines: tuple[FlashLine, ...]
    level: Fact

    @property
    def told(self) -> tuple[FlashLine, ...]:
        return tuple(line for line in self.lines if line.newest is not None)
