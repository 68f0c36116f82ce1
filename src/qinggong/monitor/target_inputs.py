"""What the pursuit of a target starts from (目标测算的依据): readings, shares of the months, histories, changes of basis.

A cumulative rate up to one of eleven steps (January–February, March … December) is a reading. Between two readings of a
year the growth of the months is known on average only; it is spread evenly over them, unless a single month is
published.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue, Indicator, Subject
from qinggong.methods.attainment import STEPS
from qinggong.methods.growth import Interval, implied_base, ratio
from qinggong.monitor.contributions import interval_of
from qinggong.monitor.harmonise import half_unit
from qinggong.monitor.movements import Desk
from qinggong.periods import Period, ytd
from qinggong.store.base import Observation

Floats = NDArray[np.float64]

INTERPOLATED = 0.015
"""Half-width of a share that is read between two known months."""
BY_CALENDAR = 0.03
"""Half-width of a share that is known from the calendar alone."""
_PLAUSIBLE_BASIS = (0.6, 1.4)


def step_of(period: Period) -> int:
    """Place of a cumulative period or single month among the steps of a year."""
    return max(period.last, 2) - 2


def period_at(year: int, step: int) -> Period:
    return ytd(year, step + 2)


@dataclass(frozen=True, slots=True)
class Figures:
    """National levels and growth by series, as far as they belong to periods that end no later than a month.

    Made once for a desk; ``until`` takes an earlier month without reading the observations again.
    ``learnt`` keeps models by what they were learnt from.
    """

    desk: Desk
    series: Mapping[tuple[str, str], tuple[Observation, ...]]
    last: tuple[int, int]
    learnt: dict[Hashable, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def catalogue(self) -> Catalogue:
        return self.desk.catalogue

    def of(self, subject_key: str, indicator: str) -> Iterator[Observation]:
        return (o for o in self.series.get((subject_key, indicator), ()) if (o.period.year, o.period.last) <= self.last)

    def industries(self, indicator: str) -> list[str]:
        """Keys of the statistics bureau's divisions, and of all industry and manufacturing, with an indicator."""
        return sorted(
            key for key, code in self.series
            if code == indicator and key.startswith("industry:") and key.endswith("@nbs")
            and (len(key) == len("industry:13@nbs") or key[9:-4] in ("BCD", "C"))
        )  # fmt: skip

    def until(self, period: Period) -> Figures:
        return replace(self, last=min(self.last, (period.year, period.last)))


def figures_of(desk: Desk, at: Period) -> Figures:
    """Gather what a desk has for a month."""
    found: dict[tuple[str, str], list[Observation]] = {}
    for o in desk.snapshot.observations:
        s = o.series
        if s.region == "CN" and s.measure in ("level", "yoy") and o.value is not None:
            found.setdefault((s.subject_key, s.indicator), []).append(o)
    return Figures(desk, {k: tuple(v) for k, v in found.items()}, (at.year, at.last))


@dataclass(frozen=True)
class Readings:
    """All national figures of one subject and indicator, by period; earlier names of the indicator fill in."""

    subject: Subject
    indicator: Indicator
    growth: Mapping[Period, Observation]
    single: Mapping[Period, Observation]
    level: Mapping[Period, Observation]

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Cumulative periods with growth or level, oldest first."""
        return tuple(sorted({*self.growth, *self.level}))

    def upto(self, period: Period) -> Readings:
        """Only what belongs to periods that end no later."""
        kept = (
            {p: o for p, o in table.items() if p.end_date <= period.end_date}
            for table in (self.growth, self.single, self.level)
        )
        return Readings(self.subject, self.indicator, *kept)

    def newest(self, year: int) -> Period | None:
        return max((p for p in self.periods if p.year == year), default=None)


def readings(figures: Figures, subject: Subject, indicator: Indicator) -> Readings:
    """Gather the figures of a subject."""
    growth: dict[Period, Observation] = {}
    single: dict[Period, Observation] = {}
    level: dict[Period, Observation] = {}
    for code in reversed(editions(figures, indicator)):
        for o in figures.of(subject.key, code):
            if o.period.first == 1 and o.period.last >= 2:
                (growth if o.series.measure == "yoy" else level)[o.period] = o
            elif o.period.kind == "month" and o.series.measure == "yoy":
                single[o.period] = o
    return Readings(subject, indicator, growth, single, level)


def editions(figures: Figures, indicator: Indicator) -> tuple[str, ...]:
    """Codes under which an indicator was published, the present one first."""
    found = [indicator]
    while found[-1].predecessor:
        found.append(figures.catalogue.indicator(found[-1].predecessor))
    return tuple(i.code for i in found)


@dataclass(frozen=True, slots=True)
class Shares:
    """Cumulative shares of a base year up to each step, with bounds; the last one is 1."""

    upto: tuple[Interval, ...]
    origin: str
    used: tuple[Observation, ...]

    @property
    def middle(self) -> Floats:
        return np.array([s.middle for s in self.upto])

    @property
    def steps(self) -> Floats:
        """Shares of the single steps."""
        return np.diff(self.middle, prepend=0.0)


def shares(figures: Figures, subject: Subject, *, profile: Subject, base_year: int) -> Shares:
    """Shares of the months in a base year, from cumulative revenue.

    The base year's own figures go first. Other months follow the profile industry's shares of that year, corrected by
    what the subject differed from it in all years, read between the months that show it. Revenue stands in for value
    added, which has no published level; without any revenue the months count by their number.
    """
    revenue = figures.catalogue.indicator("revenue")
    own = _level_shares(readings(figures, subject, revenue))
    standard = own if profile.key == subject.key else _level_shares(readings(figures, profile, revenue))
    if not standard and not own:
        marks = (np.arange(STEPS) + 2) / 12
        upto = [Interval(float(m - BY_CALENDAR), float(m + BY_CALENDAR)) for m in marks[:-1]]
        return Shares((*upto, Interval(1.0, 1.0)), "按月数分摊", ())
    origin = f"{(subject if own else profile).name}累计营业收入占全年的比重"
    middles, halves, used = _curve(standard or own, base_year)
    if own and profile.key != subject.key:
        # Years differ in their shape (2020): only a year in which both are known tells how the two differ.
        apart: dict[int, list[float]] = {}
        for step, by_year in own.items():
            for year, (part, o, whole) in by_year.items():
                if year in standard.get(step, {}):
                    apart.setdefault(step, []).append(part.middle - standard[step][year][0].middle)
                    used += [o, whole]
        known = sorted(apart)
        means = [0.0, *(float(np.mean(apart[k])) for k in known), 0.0]
        axis = [0.0, *(float(k + 2) for k in known), 12.0]
        for step in range(STEPS - 1):
            middles[step] += float(np.interp(step + 2, axis, means))
            spread = (max(apart[step]) - min(apart[step])) / 2 if step in apart else INTERPOLATED
            halves[step] = max(halves[step], spread, INTERPOLATED / 2)
    for step, by_year in own.items():
        if base_year in by_year:
            part = by_year[base_year][0]
            middles[step], halves[step] = part.middle, part.width / 2
            used += by_year[base_year][1:]
    upto = []
    floor = 0.0
    for step in range(STEPS - 1):
        # A cumulative share never falls.
        middle = min(max(middles[step], floor + 0.01), 1 - 0.01 * (STEPS - 1 - step))
        floor = middle
        upto.append(Interval(max(middle - halves[step], 0.001), min(middle + halves[step], 0.999)))
    return Shares((*upto, Interval(1.0, 1.0)), origin, tuple(dict.fromkeys(used)))


_Known = dict[int, dict[int, tuple[Interval, Observation, Observation]]]


def _level_shares(found: Readings) -> _Known:
    """Step → year → cumulative level over that of the full year."""
    out: _Known = {}
    for period, o in found.level.items():
        whole = found.level.get(ytd(period.year, 12))
        if whole is None or period.last == 12 or o.series.unit != whole.series.unit:
            continue
        share = ratio(_bounds(o), _bounds(whole))
        if share is not None and share.low > 0 and share.high < 100:
            part = Interval(share.low / 100, share.high / 100)
            out.setdefault(step_of(period), {})[period.year] = (part, o, whole)
    return out


def _bounds(o: Observation) -> Interval:
    """The interval behind a printed level, in the unit of its series."""
    assert o.value is not None
    return Interval(o.value - half_unit(o), o.value + half_unit(o))


def _curve(known: _Known, year: int) -> tuple[list[float], list[float], list[Observation]]:
    """Shares of all steps but the last in one year, with half-widths: its own, else mean of all years, else between."""
    middles, halves, used = {}, {}, []
    for step, by_year in known.items():
        if year in by_year:
            part, o, whole = by_year[year]
            middles[step], halves[step] = part.middle, part.width / 2
            used += [o, whole]
        else:
            parts = [p.middle for p, _, _ in by_year.values()]
            middles[step] = float(np.mean(parts))
            halves[step] = max((max(parts) - min(parts)) / 2, INTERPOLATED / 2)
            used += [x for _, o, whole in by_year.values() for x in (o, whole)]
    marks = sorted(middles)
    axis = [0.0, *(float(s + 2) for s in marks), 12.0]
    heights = [0.0, *(middles[s] for s in marks), 1.0]
    full = [middles.get(s, float(np.interp(s + 2, axis, heights))) for s in range(STEPS - 1)]
    return full, [halves.get(s, INTERPOLATED) for s in range(STEPS - 1)], used


def own_path(found: Readings, parts: Floats, *, first_year: int, year: int) -> Floats:
    """Growth of the steps, ``(years, 11)`` from ``first_year`` to ``year``, as far as readings tell."""
    out = np.full((year - first_year + 1, STEPS), np.nan)
    for row, now in enumerate(range(first_year, year + 1)):
        singles = {
            step_of(p): o.value for p, o in found.single.items() if p.year == now and p.last > 2 and o.value is not None
        }
        for step, value in singles.items():
            out[row, step] = value
        before_step, before_total = -1, 0.0
        for step in range(STEPS):
            o = found.growth.get(period_at(now, step))
            if o is None or o.value is None:
                continue
            total = float(parts[: step + 1].sum()) * o.value
            inside = range(before_step + 1, step + 1)
            told = [s for s in inside if s in singles]
            rest = [s for s in inside if s not in singles]
            if rest:
                left = total - before_total - sum(parts[s] * out[row, s] for s in told)
                out[row, rest] = left / float(parts[rest].sum())
            before_step, before_total = step, total
    return out


@dataclass(frozen=True, slots=True)
class Histories:
    """Growth of several industries over whole years, to learn from.

    ``growth`` and ``cumulative`` are ``(series, years, 11)``; ``names`` are the subjects' keys; ``indicator`` tells
    whose growth it is.
    """

    names: tuple[str, ...]
    growth: Floats
    cumulative: Floats
    first_year: int
    indicator: Indicator


def histories(
    figures: Figures, indicator: Indicator, parts: Floats, *, first_year: int, before: int, fewest_years: int
) -> Histories | None:
    """Industries of the statistics bureau with enough complete years before ``before``; ``None`` if there is none."""
    years = before - first_year
    if years < fewest_years:
        return None
    tables: dict[str, tuple[Floats, Floats]] = {}
    for code in reversed(editions(figures, indicator)):
        for key in figures.industries(code):
            shape = (years, STEPS)
            growth, cumulative = tables.setdefault(key, (np.full(shape, np.nan), np.full(shape, np.nan)))
            for o in figures.of(key, code):
                row = o.period.year - first_year
                if o.series.measure != "yoy" or not 0 <= row < years or o.period.last < 2 or o.value is None:
                    continue
                if o.period.kind == "month" and o.period.last > 2:
                    growth[row, step_of(o.period)] = o.value
                elif o.period.first == 1:
                    cumulative[row, step_of(o.period)] = o.value
    upto = np.cumsum(parts)
    kept: list[str] = []
    for key, (growth, cumulative) in sorted(tables.items()):
        growth[:, 0] = cumulative[:, 0]
        derived = (upto[1:] * cumulative[:, 1:] - upto[:-1] * cumulative[:, :-1]) / parts[1:]
        growth[:, 1:] = np.where(np.isnan(growth[:, 1:]), derived, growth[:, 1:])
        if (np.isfinite(growth).sum(axis=1) >= STEPS - 1).sum() >= fewest_years:
            kept.append(key)
    if not kept:
        return None
    return Histories(
        tuple(kept),
        np.stack([tables[k][0] for k in kept]),
        np.stack([tables[k][1] for k in kept]),
        first_year,
        indicator,
    )


@dataclass(frozen=True, slots=True)
class BasisChange:
    """Implied base over the level published a year before (换算口径): how far samples changed from year to year."""

    subject_key: str
    year: int
    factor: float
    used: tuple[Observation, ...]


def basis_changes(figures: Figures, found: Sequence[Readings]) -> tuple[BasisChange, ...]:
    """For each subject and year the change of basis at the newest period that both years have."""
    out = []
    for one in found:
        for year in sorted({p.year for p in one.level}):
            for step in range(STEPS - 1, -1, -1):
                period = period_at(year, step)
                level, growth, before = (
                    one.level.get(period), one.growth.get(period), one.level.get(period.year_before())
                )  # fmt: skip
                if level is None or growth is None or before is None:
                    continue
                base = implied_base(interval_of(figures.desk, level), interval_of(figures.desk, growth))
                published = interval_of(figures.desk, before).middle
                if base is None or published <= 0:
                    continue
                factor = base.middle / published
                if _PLAUSIBLE_BASIS[0] < factor < _PLAUSIBLE_BASIS[1]:
                    out.append(BasisChange(one.subject.key, year, factor, (level, growth, before)))
                break
    return tuple(out)
