"""What the observation table (观测表) holds and the questions it answers; no storage engine in here.

Observations are append-only and bitemporal: ``published_at`` is when the world could know a number, ``known_at``
when this workspace froze the file that carries it. A correction is a further row, a withdrawal a row with
``status = "withdrawn"`` and no value; nothing is overwritten.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

from qinggong.panel import Panel
from qinggong.periods import Period, parse

Measure = Literal["level", "yoy", "mom", "index", "share"]
Basis = Literal["published", "comparable", "derived"]
Span = Literal["month", "ytd", "point", "quarter", "half"]
DateBasis = Literal["stated", "calendar", "unknown"]
Status = Literal["published", "withdrawn"]
ChangeKind = Literal["new", "revised", "withdrawn"]


class StoreError(Exception):
    """The table cannot be read or written; the message says which one and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """The identity of a series: who, where, what, how measured, on which basis, over which span, in which scope."""

    subject_kind: str
    subject: str
    scope: str
    region: str
    indicator: str
    measure: str
    basis: str
    span: str
    unit: str

    @property
    def id(self) -> str:
        return (
            f"{self.subject_kind}:{self.subject}@{self.scope}/{self.region}/{self.indicator}"
            f"/{self.measure}/{self.basis}/{self.span}/{self.unit}"
        )

    @property
    def subject_key(self) -> str:
        return f"{self.subject_kind}:{self.subject}@{self.scope}"


@dataclass(frozen=True, slots=True)
class Observation:
    """One published or reported number.

    Attributes
    ----------
    value
        In the series' unit; ``None`` only for a withdrawal.
    printed, printed_unit
        The digits and the unit exactly as published (``1.53`` ``万亿元``): they carry the precision.
    published_at
        Date of first publication, or ``None`` where the basis is unknown.
    known_at
        When the carrying file was frozen, UTC.
    row
        Row of the carrying file; of two rows of one file the later one wins.
    """

    series: SeriesKey
    period: Period
    value: float | None
    printed: str
    printed_unit: str
    status: Status
    published_at: dt.date | None
    published_at_basis: DateBasis
    known_at: dt.datetime
    publisher: str
    source: str
    raw_sha256: str
    row: int
    citation: str
    url: str

    @property
    def decimals(self) -> int:
        """Digits after the point as published."""
        exponent = Decimal(self.printed or "0").as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The answer to “what was known on that day”: one observation for each series and period.

    ``undated`` counts the rows left out because their date of publication is unknown.
    """

    observations: tuple[Observation, ...]
    as_of: dt.date | None
    known: dt.datetime | None
    version: int
    undated: int = 0
    _index: dict[tuple[str, str, str, str, str, Period], Observation] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for o in self.observations:
            s = o.series
            self._index[(s.subject_key, s.region, s.indicator, s.measure, s.span, o.period)] = o

    def find(
        self, subject_key: str, *, indicator: str, measure: str, span: str, period: Period, region: str = "CN"
    ) -> Observation | None:
        return self._index.get((subject_key, region, indicator, measure, span, period))


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one number between two days.

    ``old`` is the row that counted on the first day and ``new`` the one that counts on the second; either may be a
    withdrawal. ``old`` is ``None`` if there was no row yet.
    """

    old: Observation | None
    new: Observation

    @property
    def series(self) -> SeriesKey:
        return self.new.series

    @property
    def period(self) -> Period:
        return self.new.period

    @property
    def kind(self) -> ChangeKind:
        if self.new.status == "withdrawn":
            return "withdrawn"
        return "new" if self.old is None or self.old.status == "withdrawn" else "revised"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the table that holds whole series: those with fingerprints from ``low`` up to but without ``high``.

    It pins one version of the table, and is small enough to be sent to another process or machine.
    """

    number: int
    low: int
    high: int
    version: int


class Store(Protocol):
    """The seam: questions answered alike by the Delta table and by the slow in-memory judge."""

    def append(self, observations: Sequence[Observation], *, transaction: str) -> bool:
        """Add one file's rows as one commit; ``False`` if that transaction is in already, or there is no row."""
        ...

    def as_of(self, date: dt.date, *, known: dt.datetime | None = None) -> Snapshot: ...

    def latest(self) -> Snapshot: ...

    def history(self, series: SeriesKey) -> list[Observation]: ...

    def series(self) -> list[SeriesKey]: ...

    def changes(self, start: dt.date, end: dt.date, *, known: dt.datetime | None = None) -> tuple[Change, ...]:
        """What became known, was revised or was withdrawn after ``start`` and by ``end``, in order of series."""
        ...


class PanelStore(Protocol):
    """The same store for array work: whole series, block by block."""

    def blocks(self, count: int | None = None) -> tuple[Block, ...]: ...

    def read(
        self, block: Block, *, as_of: dt.date | None = None, known: dt.datetime | None = None
    ) -> tuple[Panel, ...]:
        """The series of a block, one panel a span; without ``as_of`` everything, undated rows too."""
        ...


def span_of(period: Period, *, stock: bool) -> Span:
    """The span of a figure: stocks are points at a period's end, flows follow the period's kind."""
    return "point" if stock else period.kind


def period_of(code: str) -> Period:
    return parse(code)


def plain(o: Observation) -> dict[str, str | float | int | None]:
    """An observation as plain values for data files: dates and instants as ISO text."""
    flat = {f.name: getattr(o.series, f.name) for f in dataclasses.fields(SeriesKey)}
    flat |= {f.name: getattr(o, f.name) for f in dataclasses.fields(o) if f.name != "series"}
    flat |= {"series_id": o.series.id, "period": o.period.code, "known_at": o.known_at.isoformat()}
    flat["published_at"] = o.published_at.isoformat() if o.published_at else ""
    return flat


def order_in_history(o: Observation) -> tuple[dt.date, dt.datetime, int, str, str, str, str]:
    """The order in which one number replaces another: published, known, row; undated rows come first.

    The archive never gives two files one moment. Rows of another origin may share all three: then their own content
    decides, so that the answer does not depend on the order of coming.
    """
    return (o.published_at or dt.date.min, o.known_at, o.row, o.raw_sha256, o.publisher, o.status, o.printed)


def last_rows(observations: Iterable[Observation]) -> dict[tuple[SeriesKey, Period], Observation]:
    """Of each series and period the row that counts, a withdrawal too."""
    best: dict[tuple[SeriesKey, Period], Observation] = {}
    for o in observations:
        key = (o.series, o.period)
        if key not in best or order_in_history(o) > order_in_history(best[key]):
            best[key] = o
    return best


def winners(observations: Iterable[Observation]) -> list[Observation]:
    """Of each series and period the row that counts; withdrawn numbers drop out."""
    counting = last_rows(observations).values()
    return sorted((o for o in counting if o.status != "withdrawn"), key=lambda o: (o.series, o.period))


def changed(
    before: Mapping[tuple[SeriesKey, Period], Observation], after: Mapping[tuple[SeriesKey, Period], Observation]
) -> tuple[Change, ...]:
    """What differs between the rows that counted and the rows that count; a figure printed again is no change."""
    found = []
    for key, new in after.items():
        old = before.get(key)
        gone, was_gone = new.status == "withdrawn", old is None or old.status == "withdrawn"
        if (gone and was_gone) or (old is not None and not gone and not was_gone and old.value == new.value):
            continue
        found.append(Change(old, new))
    return tuple(sorted(found, key=lambda c: (c.series, c.period)))
