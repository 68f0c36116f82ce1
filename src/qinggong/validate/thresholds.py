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
    """How a value is held against its own past: a robust distance on the ``nearest`` comparable figures."""

    least: PositiveInt
    nearest: PositiveInt
    level_floor: PositiveFloat
    growth_floor: PositiveFloat
    level_far: PositiveFloat
    growth_far: PositiveFloat
    reason: str


class Slips(_Entry):
    """When a value counts as off by a power of ten.

    ``within`` gives, by power of either sign, the share of the expected value by which it may differ to be an error;
    ``near`` is the distance in logarithms of base ten that only makes a warning.
    """

    within: dict[PositiveInt, PositiveFloat] = Field(min_length=1)
    near: PositiveFloat
    far: PositiveFloat
    beyond: PositiveFloat
    run: PositiveInt
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
    """Which cumulative flows may fall, and how far a month may be from the difference of two of them."""

    may_fall: tuple[str, ...]
    difference: PositiveFloat
    reason: str


class Ratios(_Entry):
    """Slack between a published ratio and that of its parts, as a share of the ratio."""

    slack: PositiveFloat


class Growth(_Entry):
    """Points by which published growth may differ from that of the levels, by indicator."""

    default: PositiveFloat
    by_indicator: dict[str, PositiveFloat]
    points: PositiveFloat
    sign: PositiveFloat
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
    slips: Slips
    bounds: dict[str, tuple[float, float]]
    not_above: tuple[tuple[str, str], ...]
    parts: Parts
    cumulative: Cumulative
    ratios: Ratios
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
