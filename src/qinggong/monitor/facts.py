"""Facts (事实): numbers fit to be printed, each with its lineage; and the brief that carries them to publication.

A fact is published (as read from a release), computed (from published figures, 测算) or withheld (not stated, with
the reason). Sections, tables, charts and data files are rendered from the same facts, so they cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from qinggong.periods import Period

FactStatus = Literal["published", "computed", "withheld"]


@dataclass(frozen=True, slots=True)
class Citation:
    """The release that a published figure was read in.

    ``published_at`` is an ISO date or empty; ``basis`` says whether it is stated, from the calendar, or unknown.
    """

    title: str
    publisher: str
    published_at: str
    basis: str
    url: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.publisher, self.title, self.url)


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a fact comes from: series identifiers with periods, the formula, and the releases cited."""

    inputs: tuple[str, ...]
    method: str = "published"
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its lineage.

    Attributes
    ----------
    id
        Stable identifier: ``subject/indicator/measure/period``, for computed facts with the operation at the end.
    label
        What it is, in Chinese, without period and value.
    value
        In ``unit``; ``None`` when withheld.
    text
        The digits as printed, with sign; published figures keep the digits of the release.
    reason
        Why a withheld fact is not stated.
    """

    id: str
    label: str
    value: float | None
    text: str
    unit: str
    period: Period
    status: FactStatus
    lineage: Lineage
    reason: str = ""

    @property
    def stated(self) -> bool:
        return self.value is not None

    def forms(self) -> frozenset[str]:
        """All texts under which this number may be printed (signed, without sign, as a multiple)."""
        if self.value is None:
            return frozenset()
        plain = self.text.lstrip("-−+")
        forms = {self.text, plain, self.text.replace("-", "−"), "+" + plain}
        if self.unit == "%" and self.value >= 100:
            forms.add(multiple(self.value))
        return frozenset(forms)


def fixed(value: float, decimals: int) -> str:
    """Round half up, as statistical tables do, and never print a negative zero.

    The shortest decimal that reproduces the float is what is rounded, so 0.25 from a table stays a tie.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number to print")
    quantum = Decimal(1).scaleb(-decimals)
    rounded = Decimal(repr(round(value, 9))).quantize(quantum, rounding=ROUND_HALF_UP)
    return str(abs(rounded)) if rounded == 0 else str(rounded)


def multiple(growth: float) -> str:
    """Growth of 100 % and more as a multiple: 179 % is written 增长1.79倍."""
    text = fixed(growth / 100, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(subject: str, indicator: str, indicator_name: str) -> str:
    """Subject and indicator as one noun; retail totals are named so already (社会消费品零售总额, 商品零售, 餐饮收入)."""
    if indicator == "retail_sales":
        return subject if subject.endswith(("总额", "零售", "收入")) else f"{subject}零售额"
    return subject + indicator_name.replace("(", "（").replace(")", "）")


@dataclass(frozen=True, slots=True)
class FactBook:
    """Facts by identifier; the first fact under an identifier stays, a second one must be equal."""

    facts: dict[str, Fact] = field(default_factory=dict)

    def add(self, fact: Fact) -> Fact:
        known = self.facts.get(fact.id)
        if known is not None and (known.text, known.unit, known.status) != (fact.text, fact.unit, fact.status):
            raise ValueError(f"two facts under one identifier {fact.id}: {known.text} and {fact.text}")
        return self.facts.setdefault(fact.id, fact)

    def add_all(self, facts: Iterable[Fact]) -> list[Fact]:
        return [self.add(f) for f in facts]

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts.values())

    def __len__(self) -> int:
        return len(self.facts)

    def __getitem__(self, fact_id: str) -> Fact:
        return self.facts[fact_id]

    def get(self, fact_id: str) -> Fact | None:
        return self.facts.get(fact_id)


@dataclass(frozen=True, slots=True)
class Movement:
    """Everything stated about one subject and indicator at one period.

    ``previous`` is the period that ``change`` compares with: the previous cumulative period for cumulative rates
    (last year's full year for 1—2月), the previous single month for single-month rates.
    """

    subject_key: str
    name: str
    note: str
    scope: str
    indicator: str
    indicator_name: str
    sequence: Literal["month", "ytd", "point"]
    period: Period
    previous: Period
    level: Fact | None = None
    growth: Fact | None = None
    previous_growth: Fact | None = None
    change: Fact | None = None
    gap: Fact | None = None
    run: Fact | None = None
    record: Fact | None = None
    share: Fact | None = None
    contribution: Fact | None = None
    band: str = ""

    @property
    def present(self) -> bool:
        return self.level is not None or self.growth is not None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several subjects at one and the same period (横向比较).

    ``expected`` counts the members that the group has, ``counted`` those with a growth rate at ``period``; both are
    ``None`` for an open list of subjects. Ranking and breadth are stated only if the two are equal; otherwise they
    are withheld facts.
    """

    key: str
    title: str
    indicator: str
    indicator_name: str
    sequence: Literal["month", "ytd", "point"]
    period: Period
    previous: Period
    wanted: Period
    group_name: str
    members: tuple[Movement, ...]
    also: tuple[Movement, ...]
    benchmark: Movement | None
    expected: Fact | None
    counted: Fact | None
    missing: tuple[str, ...]
    ranks: tuple[Fact, ...]
    fastest: Fact | None
    slowest: Fact | None
    growing: Fact | None
    growing_before: Fact | None
    contribution_note: str = ""

    @property
    def complete(self) -> bool:
        return self.expected is not None and self.counted is not None and self.counted.value == self.expected.value

    @property
    def rows(self) -> tuple[Movement, ...]:
        return tuple(m for m in (*self.members, *self.also) if m.present)


@dataclass(frozen=True, slots=True)
class Line:
    """The history of one growth rate for a chart; a period without a figure has ``None``."""

    key: str
    name: str
    strong: bool
    points: tuple[tuple[Period, Fact | None], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the same periods."""

    key: str
    title: str
    indicator_name: str
    unit: str
    sequence: Literal["month", "ytd", "point"]
    periods: tuple[Period, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that the month should have and has not: who publishes it, and when."""

    subject_key: str
    name: str
    indicator: str
    indicator_name: str
    measure: str
    unit: str
    sequence: Literal["month", "ytd", "point"]
    period: Period
    publisher: str
    expected: str
    announced: bool


@dataclass(frozen=True, slots=True)
class NextRelease:
    """The release that continues a topic; ``announced`` dates are certain, others customary."""

    period: Period
    what: str
    publisher: str
    date: str
    announced: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """What one section of a bulletin tells: headlines, comparisons, charts, gaps, and what comes next."""

    key: str
    title: str
    wanted: Period
    period: Period | None
    headlines: tuple[Movement, ...]
    comparisons: tuple[Comparison, ...]
    charts: tuple[Chart, ...]
    missing: tuple[Missing, ...]
    following: NextRelease | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A figure that came in with a warning: what it is, the figure, and what the check doubts."""

    what: str
    figure: Fact
    why: str


@dataclass(frozen=True, slots=True)
class Pace:
    """What the seasonally adjusted series of one subject says at one period (季调后的环比).

    ``monthly`` is the change on the month before, ``quarterly`` that of the last three months on the three before,
    ``revision`` how much the first estimate of ``monthly`` was later revised on average, ``growth`` the published
    growth of the same month. A refused series has ``refused`` instead, in Chinese.
    """

    subject_key: str
    name: str
    note: str
    indicator: str
    indicator_name: str
    period: Period
    monthly: Fact | None = None
    quarterly: Fact | None = None
    revision: Fact | None = None
    growth: Fact | None = None
    verdict: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Momentum:
    """The momentum of a month (环比动能): adjusted series, those refused with the reason, one chart."""

    title: str
    paces: tuple[Pace, ...]
    chart: Chart | None = None

    @property
    def told(self) -> tuple[Pace, ...]:
        return tuple(p for p in self.paces if not p.refused)

    @property
    def refused(self) -> tuple[Pace, ...]:
        return tuple(p for p in self.paces if p.refused)


@dataclass(frozen=True, slots=True)
class Part:
    """What one component or industry adds to the change of an index, in points; parts sum to the printed change."""

    name: str
    points: Fact


@dataclass(frozen=True, slots=True)
class Hand:
    """A place on the business-cycle clock: deviation from trend and its change over three months, in points.

    ``trail`` are the places of the months before as (change, deviation), the oldest first.
    """

    phase: str
    deviation: Fact
    step: Fact
    trail: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One index at one month: of the whole, of a component, or of an industry (景气指数).

    Attributes
    ----------
    value, before, year_before
        Points with two decimals: the month, the observation before it, the same month a year before.
    change, year_change
        Differences of the printed values, in points.
    zone, zone_before
        Places in ``Signals.zones``, −1 unknown; zones from cold to hot.
    parts
        Of the change on the observation before.
    strip
        Zones over ``Signals.strip``.
    history
        Values over ``Signals.strip``; empty where none is drawn.
    capped
        Components that met the cap in the month.
    absent
        Components without a value in the month.
    """

    key: str
    name: str
    short: str
    value: Fact | None = None
    before: Fact | None = None
    year_before: Fact | None = None
    change: Fact | None = None
    year_change: Fact | None = None
    zone: int = -1
    zone_before: int = -1
    parts: tuple[Part, ...] = ()
    strip: tuple[int, ...] = ()
    history: tuple[Fact | None, ...] = ()
    hand: Hand | None = None
    capped: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneCount:
    """How many industries stand in a zone; the zone of the centre line is split there. Shares sum to 100."""

    name: str
    zone: int
    count: Fact
    share: Fact
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LightRecord:
    """How often lights changed after they were first shown: ``changed`` of ``compared``, over ``bulletins``.

    ``revision`` is the median size of the revision of those indices, in points.
    """

    compared: Fact
    changed: Fact
    revision: Fact
    bulletins: Fact


@dataclass(frozen=True, slots=True)
class Uncompiled:
    """Industries without an index, or without one in the month, for one reason."""

    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Signals:
    """Level indices and lights of a month (景气与信号灯).

    Attributes
    ----------
    period
        The month of the index: the newest known no later than ``wanted``; ``None`` where there is none to show.
    newest
        The newest month of an index that is too old to be shown.
    zones
        Names and lights of the zones, from cold to hot; ``centre`` is the place of the one that holds the centre line.
    settings
        Facts of the setting by key: ``fewest_months``, ``fewest_components``, ``window``, ``cap``, ``oldest``,
        ``centre``, ``bound/0`` …, ``weight/<component>``.
    run
        Months in a row on the present side of the centre line.
    distorted
        Names of the observations of the strip that use two-year averages.
    """

    name: str
    wanted: Period
    period: Period | None
    newest: Period | None
    previous: Period | None
    whole: IndexLine | None
    components: tuple[IndexLine, ...]
    industries: tuple[IndexLine, ...]
    uncompiled: tuple[Uncompiled, ...]
    counts: tuple[ZoneCount, ...]
    total: Fact | None
    run: Fact | None
    zones: tuple[tuple[str, str], ...]
    centre: int
    settings: dict[str, Fact]
    strip: tuple[Period, ...] = ()
    distorted: tuple[Period, ...] = ()
    left_out: tuple[str, ...] = ()
    record: LightRecord | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """The facts of one month, ready for publication.

    ``as_of`` is empty where everything known was used; ``release_date`` is the day of the newest figure used.
    ``synthetic`` figures are made by a program: whatever is published from them must carry the mark.
    """

    month: Period
    as_of: str
    release_date: str
    topics: tuple[Topic, ...]
    book: FactBook
    bands: tuple[tuple[Fact, str], ...]
    undated: Fact
    figures: Fact
    doubts: tuple[Doubt, ...] = ()
    momentum: Momentum | None = None
    prosperity: Signals | None = None
    synthetic: bool = False

    def topic(self, key: str) -> Topic:
        return next(t for t in self.topics if t.key == key)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every release cited, in the order of publisher and date."""
        found = {c.key: c for fact in self.book for c in fact.lineage.citations}
        return tuple(sorted(found.values(), key=lambda c: (c.publisher, c.published_at, c.title, c.url)))
