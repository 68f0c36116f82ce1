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

from qinggong.catalogue import Catalogue, Subject
from qinggong.catalogue.prosperity import LevelIndexPlan, month_numbers
from qinggong.methods import composite, lights
from qinggong.monitor.prosperity_inputs import component_values, row_of, used_indicators
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, Snapshot

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Zones = NDArray[np.int8]

Why = Literal["short", "constant"]
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


@dataclass(frozen=True, slots=True)
class Prosperity:
    """Indices of all industries and their aggregate.

    Attributes
    ----------
    aggregate
        ``(months,)`` index of the whole.
    parts
        ``(months, industries)``: each industry's part of (aggregate − 100).
    component_parts
        ``(months, components)``: each component's part of (aggregate − 100), over all industries.
    aggregate_components
        ``(months, components)``: the weighted means of the industries' components.
    weights
        ``(months, industries)`` shares in the aggregate, fixed for a year; NaN where unknown.
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
        """Change of parts on the observation before; NaN where the aggregate is missing at either."""
        before = self.before(row)
        if before < 0 or np.isnan(self.aggregate[row]) or np.isnan(self.aggregate[before]):
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
    subjects = index_subjects(catalogue, plan)
    by_subject = _figures(snapshot.observations, subjects, plan, at)
    years = [o.period.year for rows in by_subject.values() for o in rows]
    first = min(years, default=at.year)
    months = (at.year - first) * 12 + at.last
    industries = tuple(_industry(s, by_subject[s.key], plan, first, months) for s in subjects)
    weights = _weights(industries, plan, first, months)
    return _aggregate(plan, first, industries, weights)


def index_subjects(catalogue: Catalogue, plan: LevelIndexPlan) -> tuple[Subject, ...]:
    """The industries that have an index."""
    keys = [m.subjects[0] for m in catalogue.groups[plan.subjects.group].members if m.subjects]
    also = [catalogue.subject(name, indicator=plan.components[0].indicator) for name in plan.subjects.also]
    return tuple(dict.fromkeys([*(catalogue.known_subjects[k] for k in keys), *also]))


def index_series(catalogue: Catalogue, plan: LevelIndexPlan) -> list[tuple[str, str, str]]:
    """Subject, region and indicator of all series that the index is made from."""
    codes = sorted(used_indicators(plan.components) | {plan.aggregate_weights.indicator})
    return [(s.key, "CN", code) for s in index_subjects(catalogue, plan) for code in codes]


def zones_of(index: Floats, plan: LevelIndexPlan) -> Zones:
    """Zones of an index as it is printed, with two decimals, so that number and light never disagree."""
    return lights.zones(np.round(index, DECIMALS), plan.bounds, hysteresis=plan.hysteresis)


def _figures(
    observations: Iterable[Observation], subjects: Sequence[Subject], plan: LevelIndexPlan, at: Period
) -> dict[str, list[Observation]]:
    wanted = used_indicators(plan.components) | {plan.aggregate_weights.indicator}
    codes: dict[tuple[str, str, str], str] = {(s.kind, s.code, s.scope): s.key for s in subjects}
    found: dict[str, list[Observation]] = {s.key: [] for s in subjects}
    end = (at.year, at.last)
    for o in observations:
        s = o.series
        if s.indicator not in wanted or s.region != "CN" or o.value is None:
            continue
        key = codes.get((s.subject_kind, s.subject, s.scope))
        if key is not None and (o.period.year, o.period.last) <= end:
            found[key].append(o)
    return found


def _industry(
    subject: Subject, rows: Sequence[Observation], plan: LevelIndexPlan, first: int, months: int
) -> IndustryIndex:
    numbers = first * 12 + np.arange(months)
    distorted = np.isin(numbers, list(month_numbers(plan.base_distorted)))
    left_out = np.isin(numbers, list(month_numbers(plan.left_out)))
    raw = component_values(rows, plan.components, first=first, months=months, distorted=distorted)
    lacking = []
    for column, c in enumerate(plan.components):
        known = raw[~np.isnan(raw[:, column]) & ~left_out, column]
        if known.size < plan.fewest_observations:
            lacking.append(Lacking(c.name, "short"))
        elif np.ptp(known) <= 1e-9 * (1 + np.abs(known).max()):
            lacking.append(Lacking(c.name, "constant"))
        else:
            continue
        raw[:, column] = np.nan
    shape = (months, len(plan.components))
    index, components, weights = (np.full(s, np.nan) for s in ((months,), shape, shape))
    capped = np.zeros(shape, dtype=np.bool_)
    if len(plan.components) - len(lacking) >= plan.fewest_components:
        usable = np.where(left_out[:, None], np.nan, raw)
        first_ones = _first_reference(usable, plan)
        for start in range(0, months, 12):
            year = slice(start, min(start + 12, months))
            if np.isnan(raw[year]).all():
                continue
            got = composite.level_index(
                raw[year], [c.weight for c in plan.components], _reference(usable, start, plan, first_ones),
                fewest=plan.fewest_components, scale=plan.scale, cap=plan.cap,
            )  # fmt: skip
            index[year], components[year], weights[year] = got.index, got.components, got.weights
            capped[year] = got.capped
    return IndustryIndex(
        subject, index, components, weights, _contributions(index, components, weights), capped,
        zones_of(index, plan), bool(np.isnan(index).all()), tuple(lacking),
        tuple(rows),
    )  # fmt: skip


def _reference(usable: Floats, start: int, plan: LevelIndexPlan, first: composite.Reference) -> composite.Reference:
    """Centre and spread of each component in the ten years before the January in row ``start``.

    A component with fewer than the needed observations there is measured against its ``first`` so many ones, which
    for the first years means looking back: their values are not what would have been known then, but are fixed too.
    """
    window = np.zeros(usable.shape[0], dtype=np.bool_)
    window[max(start - plan.reference_years * 12, 0) : start] = True
    filled = (~np.isnan(usable[window])).sum(axis=0) >= plan.fewest_observations
    if not filled.any():
        return first
    found = composite.reference(usable, window, fewest=plan.fewest_observations)
    return composite.Reference(
        np.where(filled, found.centre, first.centre), np.where(filled, found.spread, first.spread), found.observations
    )


def _first_reference(usable: Floats, plan: LevelIndexPlan) -> composite.Reference:
    """Centre and spread of each component in its first observations, as many as are needed."""
    known = ~np.isnan(usable)
    first = np.where(known & (np.cumsum(known, axis=0) <= plan.fewest_observations), usable, np.nan)
    everything = np.ones(usable.shape[0], dtype=np.bool_)
    return composite.reference(first, everything, fewest=plan.fewest_observations)


def _contributions(index: Floats, components: Floats, weights: Floats) -> Floats:
    """Points of the change on the observation before; they sum to it exactly."""
    parts = np.nan_to_num(weights * (components - 100.0))
    out = np.full_like(parts, np.nan)
    for row in range(1, index.size):
        before = row - 2 if row % 12 == 1 else row - 1
        if before >= 0 and not np.isnan(index[row]) and not np.isnan(index[before]):
            out[row] = parts[row] - parts[before]
    return out


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
            if (o.series.indicator, o.series.measure) == (aim.indicator, "level")
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


def _aggregate(plan: LevelIndexPlan, first: int, industries: tuple[IndustryIndex, ...], weights: Floats) -> Prosperity:
    months, fewest = weights.shape[0], plan.aggregate_weights.fewest_weight
    known = np.nan_to_num(weights)
    indices = np.stack([i.index for i in industries], axis=1)
    indices = np.where(known > 0, indices, np.nan)
    aggregate, parts = composite.weighted_mean(indices, known, fewest_weight=fewest)
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
        plan, first, industries, aggregate, zones_of(aggregate, plan), components, parts, component_parts, weights
    )
