"""What a bulletin tells of the level indices (景气与信号灯): indices, lights, parts of changes, the clock."""

from __future__ import annotations

from dataclasses import dataclass

from qinggong.monitor.facts.book import Fact
from qinggong.periods import Period


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
    withheld
        True if the change of the margin is left out because a single month in it is unlike all before.
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
    withheld: bool = False


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

    ``revision`` is the median size of the revision of those indices, in points. ``real`` of the compared rest on
    figures that were revised later; of the others no revision is held, they count from their date of release on.
    """

    compared: Fact
    changed: Fact
    revision: Fact
    bulletins: Fact
    real: Fact


@dataclass(frozen=True, slots=True)
class Revision:
    """What became of the aggregate of one month: first shown on ``day`` (ISO), and today; ``zone`` −1 unknown."""

    period: Period
    day: str
    first: Fact
    now: Fact
    change: Fact
    zone_first: int
    zone: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The cycle of one index (增速周期): its newest dated peak and trough, and what may have turned since.

    ``contraction`` is the probability of a falling phase now, ``turning`` that of the other phase (``toward``: 上行 or
    下行) now or soon, in percent; without them ``reason`` says why. ``undated`` says why there is neither peak nor
    trough.
    """

    key: str
    name: str
    phase: str
    peak: Period | None
    trough: Period | None
    contraction: Fact | None
    turning: Fact | None
    toward: str = ""
    reason: str = ""
    undated: str = ""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What a way of finding turns was worth in real time, as recorded in the catalogue."""

    name: str
    found: Fact
    delay: Fact
    alarms: Fact


@dataclass(frozen=True, slots=True)
class Cycles:
    """Cycles of all indices: ``undated_from`` is the first month without a date, ``ahead`` the months of
    ``turning``."""

    turns: tuple[Turn, ...]
    undated_from: Period
    ahead: Fact
    asked: Fact
    vintages: Fact
    records: tuple[TurnRecord, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Indices by province in one month: of ``all`` provinces those with an index, by zone and by change."""

    lines: tuple[IndexLine, ...]
    counts: tuple[ZoneCount, ...]
    total: Fact
    all: Fact
    components: tuple[str, ...]
    refused: tuple[Uncompiled, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """Sectors of a list of a body, by what is known of them: ``how`` says which index stands for them, or why none."""

    group: str
    total: Fact
    standing: tuple[Uncompiled, ...]


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
    groups
        Aggregates of some industries of the whole.
    beside
        Short names of industries outside the aggregate.
    revisions
        Of the aggregate, the oldest month first.
    ingredients
        What each component is, in Chinese, for the statement of the method.
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
    groups: tuple[IndexLine, ...] = ()
    beside: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()
    cycles: Cycles | None = None
    places: Places | None = None
    watched: Watched | None = None
    ingredients: tuple[str, ...] = ()
