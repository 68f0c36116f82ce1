"""The limits of the plausibility checks (合理性核查的界限): dated YAML with its source, read into typed values."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from qinggong.catalogue.datafile import bundled_document, own_document

FILE = "rules/plausibility.yaml"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class History(_Entry):
    """How a value is held against its own past: a robust distance on the ``nearest`` comparable figures.

    ``level_floor`` is in logarithms, ``signed_floor`` a share of the median for levels that may be negative.
    ``window`` is how many months before or after a figure may lie to be comparable at all. A level that is like that
    of the same period in ``seasons`` other years, within the factor ``alike``, is its season. Where ``peers`` or more
    series of an indicator are further than ``common`` from their histories in the median, that is a common movement.
    """

    least: PositiveInt
    nearest: PositiveInt
    window: PositiveInt
    seasons: PositiveInt
    alike: PositiveFloat
    peers: PositiveInt
    common: PositiveFloat
    level_floor: PositiveFloat
    signed_floor: PositiveFloat
    growth_floor: PositiveFloat
    level_far: PositiveFloat
    growth_far: PositiveFloat
    reason: str


class Record(_Entry):
    """What a series' own record excuses: ``times`` the ``share`` quantile of its ``nearest`` discrepancies of a
    kind."""

    share: PositiveFloat = Field(lt=1)
    times: PositiveFloat
    least: PositiveInt
    nearest: PositiveInt
    reason: str


class Alone(_Entry):
    """When the history alone shows a slip beyond doubt, by its powers and the factors of ``slip_by_record``.

    ``growth_beyond`` and ``growth_floor`` are for growth rates, which may be an error only where the history stays
    within ``growth_calm``; ``confirms`` is the share by which a value may differ from what other figures say to be
    confirmed by them, in spite of its history.
    """

    powers: tuple[PositiveInt, ...] = Field(min_length=1)
    beyond: PositiveFloat
    inside: PositiveFloat
    growth_beyond: PositiveFloat
    growth_floor: PositiveFloat
    growth_calm: PositiveFloat
    confirms: PositiveFloat
    reason: str

    @property
    def both(self) -> tuple[int, ...]:
        """The powers of either sign."""
        return tuple(sorted((*self.powers, *(-p for p in self.powers))))


class Slips(_Entry):
    """When a value counts as off by a power of ten.

    ``within`` gives, by power of either sign, the share of the expected value by which it may differ to be off by just
    that power; ``near`` is the distance in logarithms of base ten that only makes a warning. From the power ``error``
    on a seasonal expectation is enough for an error; below it takes figures that are tied to the value.
    """

    within: dict[PositiveInt, PositiveFloat] = Field(min_length=1)
    near: PositiveFloat
    far: PositiveFloat
    beyond: PositiveFloat
    trim: PositiveFloat = Field(lt=0.5)
    run: PositiveInt
    error: PositiveInt
    few: PositiveInt
    alone: Alone
    reason: str

    @property
    def powers(self) -> tuple[int, ...]:
        return tuple(sorted((*self.within, *(-p for p in self.within))))


class Parts(_Entry):
    """Which subjects are parts of which, and for which indicators a part may not exceed the whole."""

    indicators: tuple[str, ...]
    wholes: dict[str, tuple[str, ...]]
    over: PositiveFloat
    reason: str


class Cumulative(_Entry):
    """Which cumulative flows may fall, and how far a month may be from the difference of two of them.

    ``difference`` is a share of the month, ``of_sum`` of the cumulative figure; both must be passed. ``mostly`` is the
    share of the cumulative figure from which on the series as a whole does not fit.
    """

    may_fall: tuple[str, ...]
    difference: PositiveFloat
    of_sum: PositiveFloat
    mostly: PositiveFloat
    reason: str


class Ratios(_Entry):
    """Slack between a published ratio and that of its parts, as a share of the ratio."""

    slack: PositiveFloat


class Shares(_Entry):
    """Of which total a subject's share is told; ``of``: by kind, what a share means that does not say of what."""

    wholes: dict[str, str]
    of: dict[str, tuple[str, ...]]
    slack: PositiveFloat
    reason: str


class Growth(_Entry):
    """How far published growth may be from that of the levels.

    ``default``, ``by_indicator`` and ``points`` hold where nothing is known of the year's comparable basis; ``sign`` is
    the part of them that holds for growth of the opposite sign. ``within_year`` is the shift of the base (logarithm),
    ``points_within_year`` the points by which a figure may differ from the others of its year, ``turned`` by which it
    must differ less if its sign were the other. ``whole_year`` is the shift that no comparable basis explains.
    """

    default: PositiveFloat
    by_indicator: dict[str, PositiveFloat]
    points: PositiveFloat
    sign: PositiveFloat
    within_year: PositiveFloat
    points_within_year: PositiveFloat
    turned: PositiveFloat
    whole_year: PositiveFloat
    reason: str

    def limit(self, indicator: str) -> float:
        return self.by_indicator.get(indicator, self.default)


class Revisions(_Entry):
    """From which size on a revision is large: at least these, or ``times`` the median of ``least`` known ones."""

    level: PositiveFloat
    growth: PositiveFloat
    points: PositiveFloat
    times: PositiveFloat
    least: PositiveInt
    reason: str


class Thresholds(_Entry):
    """All limits of one file."""

    id: str
    title: str
    source: str
    read_at: dt.date
    valid_from: dt.date
    note: str = ""
    history: History
    record: Record
    slips: Slips
    bounds: dict[str, tuple[float, float]]
    not_above: tuple[tuple[str, str], ...]
    parts: Parts
    cumulative: Cumulative
    ratios: Ratios
    shares: Shares
    growth_against_levels: Growth
    revisions: Revisions


def load_thresholds(*, overlay: Path | None = None) -> Thresholds:
    """The limits in use: the workspace's own file if it has one, else the bundled file.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    return own_document(overlay, FILE, Thresholds) or bundled_document(FILE, Thresholds)
