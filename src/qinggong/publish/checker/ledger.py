"""The ledger of a document (台账): every figure of text and tables under the quantity it is of.

A quantity is subject, indicator, measure and period. Names that the catalogue knows are its keys, others stand as
printed; figures that a reading binds take the reading's key, so that prose and tables meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from qinggong.catalogue import UnknownName
from qinggong.periods import Period, PeriodError, month, name, previous_month, previous_ytd
from qinggong.publish.checker.findings import words as checker_words
from qinggong.publish.checker.intervals import Interval, rounded
from qinggong.reading import Reading
from qinggong.reading.claims import INDEX_POINTS, LAST_MONTH, Claim
from qinggong.reading.figures import PERCENT, POINTS, Unbound, implied_indicator, period_for
from qinggong.reading.vocabulary import Dated, Vocabulary

_NOUN = re.compile(r"[\u4e00-\u9fff]|^\w+$")
_NO_NAME = re.compile(
    r"(?:公布|最新|预测|测算|估计|实际|目标|修订|预计|推算)[数值]$"
)  # a name of what was said before it
_WHOLE_NAME = 5
_LOOKED_BACK = 60
RATE = "percent"
"""The dimension of growth rates, ratios and multiples."""
NO_YEAR = 1900
"""The year of periods in a document that names none; never shown."""


class Quantity(NamedTuple):
    """What a figure is of; ``period`` is a code, empty if the text does not say."""

    subject: str
    indicator: str
    measure: str
    period: str


class Figure(NamedTuple):
    """One mention of a quantity; ``span`` holds what it may have been, in base units of its dimension."""

    quantity: Quantity
    span: Interval
    value: Decimal
    unit: str
    dimension: str
    printed: str
    start: int
    claim: Claim | None
    in_table: bool = False
    publisher: str = ""

    @property
    def shown(self) -> str:
        return f"{self.printed}{self.unit}"


@dataclass(slots=True)
class Ledger:
    """Figures by quantity, and the claims of the text in order.

    Attributes
    ----------
    default
        The period of figures for which the text names none.
    topic
        The subject of figures for which the text names none, but for the paragraphs ``broken`` off from the one
        before, whose subject is not known.
    reference
        Figures of data to check against.
    """

    words: Vocabulary
    claims: Sequence[Claim]
    readings: dict[int, Reading]
    default: Dated | None
    topic: str
    broken: frozenset[int] = frozenset()
    figures: dict[Quantity, list[Figure]] = field(default_factory=dict)
    by_start: dict[int, Figure] = field(default_factory=dict)
    reference: dict[Quantity, list[Figure]] = field(default_factory=dict)

    def add(self, figure: Figure) -> None:
        self.figures.setdefault(figure.quantity, []).append(figure)
        self.by_start[figure.start] = figure

    def known(self, quantity: Quantity) -> list[Figure]:
        """Figures of a quantity that are no round numbers; those of text and table alike."""
        return [f for f in self.figures.get(quantity, ()) if f.claim is None or not f.claim.rough]

    def one(self, quantity: Quantity, *, dimension: str = "") -> Figure | None:
        """The most precise figure of a quantity: of the document, else of the data if there is one value only."""
        known = [f for f in self.known(quantity) if not dimension or f.dimension == dimension]
        if not known and len(told := self.reference.get(quantity, ())) == 1:
            known = [f for f in told if not dimension or f.dimension == dimension]
        return min(known, key=lambda f: f.span.high - f.span.low) if known else None

    def back(self, i: int) -> Iterator[Claim]:
        """The claims before claim ``i`` in its sentence, the nearest first, as far as a reader looks back."""
        claim = self.claims[i]
        for k in range(i - 1, max(i - _LOOKED_BACK, 0) - 1, -1):
            earlier = self.claims[k]
            if (earlier.block, earlier.sentence) != (claim.block, claim.sentence):
                return
            yield earlier

    def __iter__(self) -> Iterator[Figure]:
        for figures in self.figures.values():
            yield from figures

    # ------------------------------------------------------------------------------------------------ names

    def subject_key(self, subject: str, indicator: str, body: str = "") -> str:
        """The catalogue's key of a name for an indicator, else the name as printed."""
        text = str(checker_words()["same_names"].get(subject, subject))
        known = self.words.catalogue.indicators.get(indicator)
        if known is not None and text:
            try:
                found = self.words.subject(text, known, body=body)
            except UnknownName:
                found = None
            if found is not None:
                return found.key
        return text + (f"@{body}" if body and text else "")

    def indicator_of(self, subject: str, indicator: str) -> str:
        known = self.words.catalogue.indicators
        if indicator.endswith("指数") and indicator not in known:  # 利润景气指数 is 中轻利润景气指数
            indicator = next((code for code, i in known.items() if i.name == f"中轻{indicator}"), indicator)
        return indicator or implied_indicator(self.words, subject)

    def period_code(self, dated: Dated | None, indicator: str) -> str:
        """The code of a period for an indicator; that of the document where the text names none."""
        now = dated if dated is not None else self.default
        if now is None:
            return ""
        if now.period is None:
            return now.text
        known = self.words.catalogue.indicators.get(indicator)
        if known is None:
            return now.period.code
        try:
            return period_for(Dated(now.period, now.point, True, now.text), known).code
        except Unbound:
            return now.period.code

    def quantity(self, claim: Claim, measure: str, *, period: str | None = None) -> Quantity:
        """The quantity of a claim, or of the same noun in another measure or period."""
        own = self.by_start.get(claim.start)
        indicator = self.indicator_of(claim.subject, claim.indicator)
        topic = "" if claim.block in self.broken else self.topic
        subject = self.subject_key(claim.subject or topic, indicator, claim.body)
        whole = "指数" in self.indicator_name(indicator)  # says itself of what it is
        if not subject and not whole and (indicator in self.words.catalogue.indicators or len(indicator) < _WHOLE_NAME):
            subject = f"¶{claim.block}"
        if claim.limit:
            subject = f"{claim.limit}…{subject}"
        if own is not None and not claim.limit:
            subject, indicator = own.quantity.subject, own.quantity.indicator
        code = self.period_code(claim.period, indicator) if period is None else period
        return Quantity(subject, indicator, measure, code)

    def before(self, claim: Claim, measure: str) -> Figure | None:
        """The figure that a change is counted from, if the document has it."""
        for code in self.codes_before(claim):
            found = self.one(self.quantity(claim, measure, period=code))
            if found is not None:
                return found
        return None

    def codes_before(self, claim: Claim) -> list[str]:
        """The codes under which the period compared with may stand."""
        codes = [claim.against.code] if claim.against is not None else []
        if claim.against is not None and claim.against.is_jan_feb:
            codes.append(month(claim.against.year, 2).code)
        if claim.base == "mom":
            codes.append(LAST_MONTH)
        return codes

    def titled(self, figure: Figure) -> str:
        """A figure's period and noun for a message."""
        subject = (figure.claim.subject if figure.claim is not None else "") or self.name_of(figure.quantity.subject)
        return f"{self.period_name(figure.quantity.period)}{subject}{self.indicator_name(figure.quantity.indicator)}"

    def name_of(self, subject: str) -> str:
        known = self.words.catalogue.known_subjects.get(subject.rpartition("…")[2])
        return known.name if known is not None else subject.partition("@")[0].lstrip("¶0123456789")

    def indicator_name(self, indicator: str) -> str:
        known = self.words.catalogue.indicators.get(indicator)
        return known.name if known is not None else indicator

    def period_name(self, code: str) -> str:
        period = period_of(code)
        return code if period is None else name(period, with_year=period.year != NO_YEAR)


def keep(ledger: Ledger) -> None:
    """Enter the figures of the claims, and those of readings in tables."""
    claimed = {c.start for c in ledger.claims}
    for claim in ledger.claims:
        figure = _of_claim(ledger, claim)
        if figure is not None:
            ledger.add(figure)
    for start, reading in ledger.readings.items():
        if start not in claimed and reading.kind == "observation" and reading.value is not None:
            ledger.add(_of_reading(ledger, reading, None, reading.value, in_table=True))


def _of_claim(ledger: Ledger, claim: Claim) -> Figure | None:
    reading = ledger.readings.get(claim.start)
    bound = reading is not None and reading.kind == "observation" and reading.value is not None
    if bound and reading is not None and reading.value is not None:
        return _of_reading(ledger, reading, claim, reading.value, in_table=False)
    if claim.role not in ("level", "growth", "flat") or not claim.unit:
        return None
    if not _NOUN.search(claim.subject + claim.indicator) or _NO_NAME.search(claim.indicator):
        return None
    measure = "level" if claim.role == "level" else "mom" if claim.base == "mom" else "yoy"
    return Figure(
        ledger.quantity(claim, measure), _span(ledger, claim), claim.value, claim.unit, _dimension(ledger, claim.unit,
        claim.scale),
        claim.printed, claim.start, claim,
    )  # fmt: skip


def _of_reading(ledger: Ledger, reading: Reading, claim: Claim | None, value: Decimal, *, in_table: bool) -> Figure:
    unit = ledger.words.catalogue.units.get(reading.unit)
    printed = rounded(value, reading.printed, factor=_factor(ledger, reading.unit))
    span = _span(ledger, claim) if claim is not None else printed
    dimension = unit.dimension if unit is not None else reading.unit
    quantity = Quantity(reading.subject, reading.indicator, reading.measure, reading.period)
    return Figure(
        quantity, span, value, claim.unit if claim is not None else reading.unit, dimension, reading.printed,
        reading.start, claim, in_table,
    )  # fmt: skip


def _span(ledger: Ledger, claim: Claim) -> Interval:
    if claim.role == "flat":
        half = Decimal("0.05") if "基本" not in claim.verb else Decimal("0.5")
        return Interval(-half, half)
    if claim.unit == "倍":
        return rounded(claim.value / 100, claim.printed, factor=100)
    return rounded(claim.value, claim.printed, factor=_factor(ledger, claim.unit) * claim.scale)


def _factor(ledger: Ledger, unit: str) -> Decimal:
    """Base units in a unit; rates stay in per cent."""
    known = ledger.words.catalogue.units.get(unit)
    return known.factor if known is not None and unit not in (PERCENT, POINTS) else Decimal(1)


def _dimension(ledger: Ledger, unit: str, scale: int) -> str:
    if unit in (INDEX_POINTS, "倍"):
        return RATE if unit == "倍" else unit
    return ledger.words.dimension(unit) or unit or ("number" if scale > 1 else "")


def same_noun(one: Claim, other: Claim) -> bool:
    return (one.subject, one.indicator, one.limit) == (other.subject, other.indicator, other.limit)


def chains(claims: Iterable[Claim]) -> Iterator[list[Claim]]:
    """Claims that follow each other in one sentence about one noun, asides included."""
    chain: list[Claim] = []
    for claim in claims:
        last = chain[-1] if chain else None
        if last is not None and (last.block, last.sentence) == (claim.block, claim.sentence) and same_noun(last, claim):
            chain.append(claim)
            continue
        if chain:
            yield chain
        chain = [claim]
    if chain:
        yield chain


def period_of(code: str) -> Period | None:
    """The period of a code; ``None`` for words such as 上月."""
    try:
        return Period(year=int(code[:4]), first=int(code[5:7]), last=int(code[-2:]))
    except (ValueError, PeriodError):
        return None


def before_code(code: str) -> Period | None:
    """The period before one, in the sequence of months or of cumulative periods; ``None`` where there is none."""
    period = period_of(code)
    try:
        if period is None:
            return None
        return previous_month(period) if period.kind == "month" or period.is_jan_feb else previous_ytd(period)
    except PeriodError:
        return None


def earlier(code: str) -> list[str]:
    """The codes from which an old number may have come: the period before, and the same one a year before."""
    period, step = period_of(code), before_code(code)
    codes = [step.code] if step is not None else []
    return [*codes, period.year_before().code] if period is not None else codes
