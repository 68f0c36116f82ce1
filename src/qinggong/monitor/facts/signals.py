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
