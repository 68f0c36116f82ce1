"""Level index and lights of every sub-industry (景气水平指数与信号灯), from what is published by division.

The index is the project's own. Its components are production (real value added), prices, exports, and the change of
the profit margin; each year's values are measured against the ten years before, so that a value changes only when
data do: nothing that is added later enters the centre, the spread or the weights of an earlier year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue, CatalogueError, Subject
from qinggong.catalogue.prosperity import IndexGroup, LevelIndexPlan, month_numbers
from qinggong.methods import composite, lights
from qinggong.monitor.prosperity_inputs import component_values, row_of, used_indicators
from qinggong.monitor.prosperity_levels import contributions, yearly_levels
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, Snapshot

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Zones = NDArray[np.int8]

Why = Literal["short", "constant"]
COUNTRY = "CN"
DECIMALS = 2
"""An index is printed with two decimals."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A component that an industry lacks: too few usable months, or a value that never changes."""

    name: str
    why: Why


@dataclass(frozen=True, slots=True)
class IndustryIndex:
    """The index of one industry; rows are months from January of ``Prosperity.start_year`` on.

    Attributes
    ----------
    index
        ``(months,)``, NaN in Januaries and where it cannot be compiled.
    components
        ``(months, components)``: 100 + 10·z.
    weights
        ``(months, components)`` used, summing to one where there is an index.
    contributions
        ``(months, components)``: points of the change on the observation before (January–February: on December).
    capped
        ``(months, components)``: True where z met the cap.
    zones
        ``(months,)`` places in the plan's zones, −1 unknown.
    refused
        True if no index can be compiled: fewer components than needed, see ``lacking``.
    observations
        What the index was compiled from.
    counted
        True if it is part of the aggregate.
    withheld
        ``(months,)`` where the change of the margin was left out (``prosperity_inputs.margins_left_out``).
    """

    subject: Subject
    index: Floats
    components: Floats
    weights: Floats
    contributions: Floats
    capped: Bools
    zones: Zones
    refused: bool
    lacking: tuple[Lacking, ...]
    observations: tuple[Observation, ...]
    counted: bool
    withheld: Bools


@dataclass(frozen=True, slots=True)
class GroupIndex:
    """The aggregate of some industries; ``parts`` ``(months, industries)`` sum to (index − 100)."""

    group: IndexGroup
    index: Floats
    zones: Zones
    parts: Floats


@dataclass(frozen=True, slots=True)
class Prosperity:
    """Indices of all industries and their aggregates, of the country or of one province.

    Attributes
    ----------
    aggregate
        ``(months,)`` index of the whole.
    parts
        ``(months, industries)``: each industry's part of (aggregate − 100); zero outside the aggregate.
    component_parts
        ``(months, components)``: each component's part of (aggregate − 100), over all industries.
    aggregate_components
        ``(months, components)``: the weighted means of the industries' components.
    weights
        ``(months, industries)`` shares in the aggregate, fixed for a year; NaN where unknown or outside.
    """

    plan: LevelIndexPlan
    start_year: int
    industries: tuple[IndustryIndex, ...]
    aggregate: Floats
    aggregate_zones: Zones
    aggregate_components: Floats
    parts: Floats
    component_parts: Floats
    weights: Floats
    groups: tuple[GroupIndex, ...] = ()
    region: str = COUNTRY

    def period(self, row: int) -> Period:
        year, number = self.start_year + row // 12, row % 12 + 1
        return ytd(year, 2) if number <= 2 else month(year, number)

    def row(self, period: Period) -> int:
        return row_of(period, self.start_year)

    def before(self, row: int) -> int:
        """The row of the observation before: December for January–February."""
        return row - 2 if row % 12 == 1 else row - 1

    @property
    def months(self) -> int:
        return int(self.aggregate.size)

    @property
    def compiled(self) -> tuple[IndustryIndex, ...]:
        return tuple(i for i in self.industries if not i.refused)

    def change_of(self, parts: Floats, row: int) -> Floats:
        """Change of parts on the observation before; NaN where they are missing at either."""
        before = self.before(row)
        if before < 0:
            return np.full(parts.shape[1], np.nan)
        return np.asarray(parts[row] - parts[before], dtype=np.float64)


def prosperity(snapshot: Snapshot, catalogue: Catalogue, plan: LevelIndexPlan, *, at: Period) -> Prosperity:
    """Compile the index of every industry of the plan up to a month.

    Parameters
    ----------
    snapshot
        What was known.
    at
        The last month; figures of later ones are not used.
    """
    return _compile(snapshot, catalogue, plan, at, (COUNTRY,))[0]


def by_province(
    snapshot: Snapshot, catalogue: Catalogue, plan: LevelIndexPlan, *, at: Period
) -> tuple[Prosperity, ...]:
    """The same for every province of which the snapshot holds a component, all in one go; in the order of codes."""
    wanted = used_indicators(plan.components)
    found = {o.series.region for o in snapshot.observations if o.series.indicator in wanted} - {COUNTRY}
    regions = tuple(code for code in catalogue.regions if code in found)
    return tuple(_compile(snapshot, catalogue, plan, at, regions)) if regions else ()


def index_subjects(catalogue: Catalogue, plan: LevelIndexPlan) -> tuple[Subject, ...]:
    """The industries that have an index: those of the aggregate, then those beside it."""
    also = [catalogue.subject(name, indicator=plan.components[0].indicator) for name in plan.subjects.also]
    return tuple(dict.fromkeys([*_counted(catalogue, plan), *also]))


def index_series(
    catalogue: Catalogue, plan: LevelIndexPlan, *, regions: Sequence[str] = (COUNTRY,)
) -> list[tuple[str, str, str]]:
    """Subject, region and indicator of all series that the index is made from."""
    codes = sorted(used_indicators(plan.components) | {plan.aggregate_weights.indicator})
    subjects = index_subjects(catalogue, plan)
    return [(s.key, region, code) for region in regions for s in subjects for code in codes]


def zones_of(index: Floats, plan: LevelIndexPlan) -> Zones:
    """Zones of an index as it is printed, with two decimals, so that number and light never disagree."""
    return lights.zones(np.round(index, DECIMALS), plan.bounds, hysteresis=plan.hysteresis)


def _counted(catalogue: Catalogue, plan: LevelIndexPlan) -> tuple[Subject, ...]:
    keys = [m.subjects[0] for m in catalogue.groups[plan.subjects.group].members if m.subjects]
    return tuple(catalogue.known_subjects[k] for k in keys)


def _compile(
    snapshot: Snapshot, catalogue: Catalogue, plan: LevelIndexPlan, at: Period, regions: Sequence[str]
) -> list[Prosperity]:
    """One result a region; the arrays of all regions are worked on together."""
    subjects, counted = index_subjects(catalogue, plan), set(_counted(catalogue, plan))
    for group in plan.groups:
        if strange := set(group.members) - {s.code for s in counted}:
            raise CatalogueError(
                f"prosperity/level_index.yaml: group {group.key} names {', '.join(sorted(strange))}, "
                "which is no member of"
                f" {plan.subjects.group}; correct groups or subjects"
            )
    figures = _figures(snapshot.observations, subjects, plan, at, regions)
    first = min((o.period.year for rows in figures.values() for o in rows), default=at.year)
    months = (at.year - first) * 12 + at.last
    units = [(region, s, figures[region, s.key]) for region in regions for s in subjects]
    industries = _industries([(s, rows, s in counted) for _, s, rows in units], plan, first, months)
    out = []
    for place, region in enumerate(regions):
        own = tuple(industries[place * len(subjects) : (place + 1) * len(subjects)])
        out.append(_aggregate(plan, first, own, _weights(own, plan, first, months), region))
    return out


def _figures(
    observations: Iterable[Observation], subjects: Sequence[Subject], plan: LevelIndexPlan, at: Period,
    regions: Sequence[str],
) -> dict[tuple[str, str], list[Observation]]:  # fmt: skip
    wanted = used_indicators(plan.components) | {plan.aggregate_weights.indicator}
    keys: dict[tuple[str, str, str], str] = {(s.kind, s.code, s.scope): s.key for s in subjects}
    found: dict[tuple[str, str], list[Observation]] = {(r, s.key): [] for r in regions for s in subjects}
    end = (at.year, at.last)
    for o in observations:
        s = o.series
        if s.indicator not in wanted or o.value is None:
            continue
        key = keys.get((s.subject_kind, s.subject, s.scope))
        rows = found.get((s.region, key)) if key is not None else None
        if rows is not None and (o.period.year, o.period.last) <= end:
            rows.append(o)
    return found


def _industries(
    units: Sequence[tuple[Subject, list[Observation], bool]], plan: LevelIndexPlan, first: int, months: int
) -> list[IndustryIndex]:
    numbers = first * 12 + np.arange(months)
    distorted = np.isin(numbers, list(month_numbers(plan.base_distorted)))
    left_out = np.isin(numbers, list(month_numbers(plan.left_out)))
    shape = (months, len(plan.components), len(units))
    raw, withheld = np.full(shape, np.nan), np.zeros((months, len(units)), dtype=np.bool_)
    lacking: list[tuple[Lacking, ...]] = []
    for place, (_, rows, _) in enumerate(units):
        values, withheld[:, place] = component_values(
            rows, plan.components, first=first, months=months, distorted=distorted, outlier=plan.margin_outlier
        )
        lacks = _lacking(values, left_out, plan)
        if len(plan.components) - len(lacks) < plan.fewest_components:
            values[:] = np.nan
        raw[:, :, place] = values
        lacking.append(lacks)
    index, components, weights, capped = yearly_levels(raw, left_out, plan)
    out = []
    for place, (subject, rows, counted) in enumerate(units):
        mine = index[:, place], components[:, :, place], weights[:, :, place]
        out.append(
            IndustryIndex(
                subject, *mine, contributions(*mine), capped[:, :, place], zones_of(mine[0], plan),
                bool(np.isnan(mine[0]).all()), lacking[place], tuple(rows), counted, withheld[:, place],
            )
        )  # fmt: skip
    return out


def _lacking(values: Floats, left_out: Bools, plan: LevelIndexPlan) -> tuple[Lacking, ...]:
    """Components that cannot be standardised; their values are taken out."""
    lacks = []
    for column, c in enumerate(plan.components):
        known = values[~np.isnan(values[:, column]) & ~left_out, column]
        if known.size < plan.fewest_observations:
            lacks.append(Lacking(c.name, "short"))
        elif np.ptp(known) <= 1e-9 * (1 + np.abs(known).max()):
            lacks.append(Lacking(c.name, "constant"))
        else:
            continue
        values[:, column] = np.nan
    return tuple(lacks)


def _weights(industries: Sequence[IndustryIndex], plan: LevelIndexPlan, first: int, months: int) -> Floats:
    """``(months, industries)``: shares in the mean yearly levels of the newest full years before the year.

    Years before the first ones known take these, looking back.
    """
    aim = plan.aggregate_weights
    years = -(-months // 12)
    sums = np.full((years, len(industries)), np.nan)
    for place, industry in enumerate(industries):
        found = {
            o.period.year: o.value
            for o in industry.observations
            if industry.counted and (o.series.indicator, o.series.measure) == (aim.indicator, "level")
            and o.value is not None and o.value > 0 and o.period == ytd(o.period.year, 12)
        }  # fmt: skip
        known = sorted(found)
        for year in range(years if known else 0):
            newest = [y for y in known if y < first + year][-aim.years :] or known[: aim.years]
            sums[year, place] = float(np.mean([found[y] for y in newest]))
    total = np.nansum(sums, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(total > 0, sums / total, np.nan)
    return np.repeat(shares, 12, axis=0)[:months]


def _aggregate(
    plan: LevelIndexPlan, first: int, industries: tuple[IndustryIndex, ...], weights: Floats, region: str
) -> Prosperity:
    months, fewest = weights.shape[0], plan.aggregate_weights.fewest_weight
    known = np.nan_to_num(weights)
    indices = np.stack([i.index for i in industries], axis=1)
    indices = np.where(known > 0, indices, np.nan)
    aggregate, parts = composite.weighted_mean(indices, known, fewest_weight=fewest)
    if region != COUNTRY:
        few = (~np.isnan(indices)).sum(axis=1) < plan.provinces.fewest_industries
        aggregate[few], parts[few] = np.nan, np.nan
    used = np.where(np.isnan(indices), 0.0, known)
    with np.errstate(invalid="ignore", divide="ignore"):
        used = used / used.sum(axis=1, keepdims=True)
    components = np.full((months, len(plan.components)), np.nan)
    component_parts = np.zeros((months, len(plan.components)))
    for c in range(len(plan.components)):
        values = np.stack([i.components[:, c] for i in industries], axis=1)
        inner = np.stack([i.weights[:, c] for i in industries], axis=1)
        component_parts[:, c] = np.nansum(used * inner * (values - 100.0), axis=1)
        components[:, c] = composite.weighted_mean(values, known, fewest_weight=fewest)[0]
    component_parts[np.isnan(aggregate)] = np.nan
    return Prosperity(
        plan, first, industries, aggregate, zones_of(aggregate, plan), components, parts, component_parts, weights,
        tuple(_group(g, plan, industries, indices, known) for g in plan.groups), region,
    )  # fmt: skip


def _group(
    group: IndexGroup, plan: LevelIndexPlan, industries: tuple[IndustryIndex, ...], indices: Floats, weights: Floats
) -> GroupIndex:
    inside = np.array([i.counted and i.subject.code in group.members for i in industries])
    index, parts = composite.weighted_mean(
        np.where(inside, indices, np.nan), np.where(inside, weights, 0.0),
        fewest_weight=plan.aggregate_weights.fewest_weight,
    )  # fmt: skip
    return GroupIndex(group, index, zones_of(index, plan), parts)
