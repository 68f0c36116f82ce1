"""The level index as data (景气水平指数的设定): components, weights, window, zones, each dated and with its source."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.schema import Entry
from qinggong.periods import parse

_FILE = "prosperity/level_index.yaml"


class Component(Entry):
    """One component: an indicator's growth, the year-on-year change of the profit margin in points, or the growth of
    revenue with its proxy from real growth and prices for months without published figures."""

    key: str
    name: str
    name_en: str
    indicator: str
    measure: Literal["yoy", "margin_change", "revenue"]
    weight: float = Field(ge=0, le=1)


class Zone(Entry):
    """One zone, from cold to hot."""

    name: str
    name_en: str
    light: str


class Subjects(Entry):
    """The industries that have an index: those of ``group`` make up the aggregate, those of ``also`` stand beside it.

    ``watched`` is a group of the catalogue whose members are named with the index that stands for them, or with why
    there is none.
    """

    group: str
    also: tuple[str, ...] = ()
    watched: str = ""


class IndexGroup(Entry):
    """An aggregate of some industries of the aggregate, by their codes."""

    key: str
    name: str
    name_en: str
    members: tuple[str, ...] = Field(min_length=1)


class Provinces(Entry):
    """Indices by province: ``fewest_industries`` of the group must have one there."""

    fewest_industries: int = Field(ge=1)


class AggregateWeights(Entry):
    """Weights of industries: mean shares of a level indicator over the ``years`` before; ``fewest_weight`` must be
    known."""

    indicator: str
    years: int = Field(ge=1)
    fewest_weight: float = Field(gt=0, le=1)


class Shown(Entry):
    """What a bulletin shows: ``observations`` of the light strip, ``oldest`` months that the index may lag behind the
    bulletin, ``earlier`` bulletins whose lights are held against today's, ``ahead`` months within which a turn is given
    a probability, ``revised`` observations whose first values are printed beside today's."""

    observations: int = Field(ge=13, le=36)
    oldest: int = Field(ge=0)
    earlier: int = Field(ge=0, le=24)
    ahead: int = Field(default=3, ge=1, le=12)
    revised: int = Field(default=6, ge=1, le=12)


class TurnMethod(Entry):
    """What a way of finding turns was worth in a recorded evaluation: turns ``found``, median ``delay`` in months,
    false ``alarms`` an industry and year."""

    name: str
    found: int = Field(ge=0)
    delay: float = Field(ge=0)
    alarms: float = Field(ge=0)


class TurnRecord(Entry):
    """A recorded evaluation on ``vintages``, with so many final ``turns`` that could be found."""

    source: str
    vintages: int = Field(ge=2)
    turns: int = Field(ge=0)
    methods: tuple[TurnMethod, ...]


class LevelIndexPlan(Entry):
    """The whole setting of the level index."""

    kind: Literal["prosperity"]
    source: str
    valid_from: dt.date
    name: str
    name_en: str
    components: tuple[Component, ...]
    fewest_components: int = Field(ge=1)
    fewest_observations: int = Field(ge=24)
    reference_years: int = Field(ge=3)
    left_out: tuple[str, ...]
    base_distorted: tuple[str, ...]
    margin_outlier: float = Field(default=8.0, gt=3)
    cap: float = Field(gt=0)
    scale: float = Field(gt=0)
    bounds: tuple[float, ...]
    zones: tuple[Zone, ...]
    hysteresis: float = Field(ge=0)
    subjects: Subjects
    groups: tuple[IndexGroup, ...] = ()
    provinces: Provinces = Provinces(fewest_industries=3)
    aggregate_weights: AggregateWeights
    shown: Shown
    turn_record: TurnRecord

    @field_validator("components")
    @classmethod
    def _weights_sum(cls, components: tuple[Component, ...]) -> tuple[Component, ...]:
        total = sum(c.weight for c in components)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the weights of the components sum to {total:.4f}, not to 1")
        if len({c.key for c in components}) < len(components):
            raise ValueError("two components have one key")
        return components

    @field_validator("left_out", "base_distorted")
    @classmethod
    def _spans(cls, spans: tuple[str, ...]) -> tuple[str, ...]:
        for text in spans:
            _span(text)
        return spans

    @field_validator("bounds")
    @classmethod
    def _increasing(cls, bounds: tuple[float, ...]) -> tuple[float, ...]:
        if not bounds or list(bounds) != sorted(set(bounds)):
            raise ValueError(f"bounds increase from cold to hot, found {list(bounds)}")
        return bounds

    @field_validator("zones")
    @classmethod
    def _one_more(cls, zones: tuple[Zone, ...], info: ValidationInfo) -> tuple[Zone, ...]:
        bounds = info.data.get("bounds")
        if bounds is not None and len(zones) != len(bounds) + 1:
            raise ValueError(f"{len(bounds)} bounds make {len(bounds) + 1} zones, found {len(zones)}")
        return zones

    @field_validator("hysteresis")
    @classmethod
    def _narrow(cls, hysteresis: float, info: ValidationInfo) -> float:
        narrowest = min((b - a for a, b in pairwise(info.data.get("bounds", ()))), default=float("inf"))
        if hysteresis >= narrowest:
            raise ValueError(f"hysteresis {hysteresis:g} is as wide as a zone ({narrowest:g})")
        return hysteresis


def load_level_index(*, overlay: Path | None = None) -> LevelIndexPlan:
    """The setting in use; a workspace's own ``prosperity/level_index.yaml`` replaces the bundled one.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    return own_document(overlay, _FILE, LevelIndexPlan) or bundled_document(_FILE, LevelIndexPlan)


def month_numbers(spans: tuple[str, ...]) -> frozenset[int]:
    """Months inside the spans, as year × 12 + month − 1."""
    return frozenset(n for text in spans for n in range(_span(text)[0], _span(text)[1] + 1))


def _span(text: str) -> tuple[int, int]:
    """``2020-02/2021-12`` may run over years, unlike a statistical period."""
    first, _, last = text.partition("/")
    begin, end = parse(first), parse(last or first)
    low, high = begin.year * 12 + begin.first - 1, end.year * 12 + end.last - 1
    if low > high:
        raise ValueError(f"the span {text} ends before it begins")
    return low, high
