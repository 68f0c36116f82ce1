"""A figure on its way in (一行数字): as it stands in a file, understood, stored; and the outcome of a check."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from qinggong.catalogue import Catalogue, Indicator, Publisher, Subject
from qinggong.periods import Period
from qinggong.validate.findings import Finding


class Row(Protocol):
    """A figure as it stands in a file, every field text (any source's raw row fits)."""

    @property
    def row(self) -> int: ...
    @property
    def period(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def indicator(self) -> str: ...
    @property
    def measure(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def published(self) -> str: ...
    @property
    def publisher(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def status(self) -> str: ...


Series = tuple[str, str, str, str, str, str]
"""Subject key, region, indicator code, measure, span, dimension."""


class Key(NamedTuple):
    """Under what two figures are one and the same: series and period.

    ``dimension`` is that of the figure's own unit (``mass``, ``count:台``) where the catalogue fixes no unit, as for
    goods of external trade, of which one line may give two quantities; elsewhere it is empty.
    """

    subject: str
    region: str
    indicator: str
    measure: str
    span: str
    period: Period
    dimension: str = ""

    @property
    def series(self) -> Series:
        return (self.subject, self.region, self.indicator, self.measure, self.span, self.dimension)


def own_dimension(catalogue: Catalogue, indicator: str, measure: str, *, subject: tuple[str, str], unit: str) -> str:
    """The dimension of a key: empty if the catalogue fixes the unit of the series, else that of ``unit``.

    ``subject`` is kind and code.
    """
    known = catalogue.indicators.get(indicator)
    if known is None or measure != "level" or known.measures.get("level") != "":
        return ""
    entry = catalogue.subjects.get(subject)
    return "" if entry is not None and entry.unit else catalogue.unit(unit).dimension


@dataclass(frozen=True, slots=True)
class Checked:
    """A row whose every field is understood.

    ``value`` is in ``unit`` (the series' canonical unit); ``printed`` and ``printed_unit`` are as published.
    ``tolerance`` is half a unit of the last published digit, in ``unit``.
    """

    row: int
    subject: Subject
    region: str
    indicator: Indicator
    measure: str
    span: str
    period: Period
    value: Decimal | None
    tolerance: Decimal
    unit: str
    printed: str
    printed_unit: str
    status: str
    published_at: dt.date | None
    published_at_basis: str
    publisher: Publisher
    title: str
    url: str
    dimension: str = ""

    @property
    def key(self) -> Key:
        return Key(
            self.subject.key, self.region, self.indicator.code, self.measure, self.span, self.period, self.dimension
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds under a key: value, tolerance, date and publisher of one observation.

    ``unit`` is that of its series; empty means that of the rows it is held against.
    """

    value: float | None
    tolerance: float
    published_at: dt.date | None
    publisher: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Outcome of checking one file."""

    accepted: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    repeated: int

    @property
    def rejected(self) -> int:
        return sum(1 for f in self.findings if f.severity == "error")


@dataclass(frozen=True, slots=True)
class Understood:
    """The rows of one file whose every field is understood, in order, and why the others are not."""

    rows: tuple[tuple[Row, Checked], ...]
    findings: tuple[Finding, ...]
