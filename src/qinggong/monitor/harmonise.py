"""Published figures made monthly and comparable (同口径月度序列): what seasonal adjustment and indices start from.

One subject and one indicator: levels and growth of single months and of year-to-date periods, as published, become
one row a month from a January on. January–February stays one observation, held in February. Published growth is
never replaced by a ratio of levels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue, Indicator, Subject
from qinggong.catalogue.breaks import Break
from qinggong.methods import chain
from qinggong.methods.chain import Bounded, Floats
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, Snapshot

Bools = NDArray[np.bool_]

FEWEST_LEVELS = 12
"""A chain needs the levels of one year to stand on."""

WIDEST_LINK = 5.0
"""Half-width in points up to which a derived rate may link levels: a level is far less hurt by it than a rate."""


@dataclass(frozen=True, slots=True)
class Harmonised:
    """One monthly series on a comparable basis.

    Attributes
    ----------
    start_year
        Row ``i`` is month ``i % 12 + 1`` of year ``start_year + i // 12``.
    level
        Comparable levels with rounding bounds (January NaN and February the block where ``block``); all NaN without a
        chain.
    published
        Single-month levels as published or differenced, on the samples of their time.
    growth
        Growth of single months in percent, with rounding bounds.
    derived
        True where growth was derived from year-to-date levels and growth (a published rate goes before).
    withheld
        True where derived growth was withheld because rounding hides it.
    block
        True where the survey has no January.
    reason
        Why there is no comparable level, in Chinese; empty where there is one.
    breaks
        Declared breaks inside the span.
    inputs
        Identifiers of the observations used.
    """

    subject_key: str
    name: str
    indicator: str
    indicator_name: str
    unit: str
    start_year: int
    level: Bounded
    published: Floats
    growth: Bounded
    derived: Bools
    withheld: Bools
    block: bool
    reason: str
    breaks: tuple[Break, ...]
    inputs: tuple[str, ...]

    @property
    def months(self) -> int:
        return int(self.published.shape[0])

    def period(self, row: int) -> Period:
        """The period of a row; February is 1—2月 where January is not surveyed."""
        year, number = self.start_year + row // 12, row % 12 + 1
        return ytd(year, 2) if self.block and number <= 2 else month(year, number)

    def row(self, period: Period) -> int:
        return (period.year - self.start_year) * 12 + period.last - 1

    def usable(self, *, longest_gap: int = 2) -> slice:
        """Rows from the first January after the last long gap of the comparable level up to its last value.

        Januaries without a survey are no gap; up to ``longest_gap`` months in a row may be missing.
        """
        present = ~np.isnan(self.level.value)
        if self.block:
            present = present | ((np.arange(present.size) % 12 == 0) & np.append(present[1:], False))
        rows = np.flatnonzero(present)
        if not rows.size:
            return slice(0, 0)
        gaps = np.flatnonzero(np.diff(rows) > longest_gap + 1)
        first = int(rows[gaps[-1] + 1]) if gaps.size else int(rows[0])
        start, stop = -(-first // 12) * 12, int(rows[-1]) + 1
        return slice(start, stop) if start < stop else slice(0, 0)


@dataclass(frozen=True, slots=True)
class _Figures:
    """One edition of an indicator as month-by-month arrays."""

    month_level: Bounded
    ytd_level: Bounded
    month_growth: Bounded
    ytd_growth: Bounded


def harmonise(
    snapshot: Snapshot,
    catalogue: Catalogue,
    subject: Subject,
    indicator: Indicator,
    *,
    breaks: Sequence[Break] = (),
    region: str = "CN",
) -> Harmonised | None:
    """Make one indicator of one subject monthly and comparable.

    Parameters
    ----------
    snapshot
        What was known; its observations decide the span.
    breaks
        Declared breaks (``catalogue.breaks.load_breaks``).

    Returns
    -------
    Harmonised or None
        ``None`` if there is no observation at all.
    """
    editions = [indicator]
    while editions[-1].predecessor:
        editions.append(catalogue.indicator(editions[-1].predecessor))
    found = [
        o
        for o in snapshot.observations
        if o.series.subject_key == subject.key
        and o.series.region == region
        and o.series.indicator in {e.code for e in editions}
        and o.series.measure in ("level", "yoy")
        and o.value is not None
    ]
    if not found:
        return None
    first, last = min(o.period.year for o in found), max(o.period for o in found)
    shape = ((last.year - first) * 12 + last.last,)
    own = _figures([o for o in found if o.series.indicator == indicator.code], shape, first)
    growth, derived, withheld = _growth(own)
    for earlier in editions[1:]:
        old, old_derived, old_withheld = _growth(
            _figures([o for o in found if o.series.indicator == earlier.code], shape, first)
        )
        take = np.isnan(growth.value) & ~np.isnan(old.value)
        growth = _where(take, old, growth)
        derived, withheld = derived | (take & old_derived), withheld | (take & old_withheld)
    block = indicator.industrial or not _has_januaries(own)
    levels = _single_levels(own, block=block)
    concerned = [
        b for b in breaks if b.concerns(kind=subject.kind, code=subject.code, indicator=indicator.code)
    ]  # fmt: skip
    growth_in_chain = _ended_at(_where(growth.half_width <= WIDEST_LINK, growth, _nothing(shape)), concerned, first)
    growth = _where(withheld, _nothing(shape), growth)
    has_level = any(o.series.measure == "level" and o.series.indicator == indicator.code for o in found)
    reason = _why_no_chain(levels, growth_in_chain, indicator, has_level=has_level)
    chained = (
        _nothing(shape) if reason else chain.comparable_levels(levels, growth_in_chain).level
    )  # fmt: skip
    unit = next(
        (o.series.unit for o in found if o.series.measure == "level" and o.series.indicator == indicator.code), ""
    )
    within = tuple(b for b in concerned if month(first, 1) < b.first <= last)
    return Harmonised(
        subject.key, subject.name, indicator.code, indicator.name, unit, first, chained, levels.value, growth,
        derived, withheld, block, reason, within, tuple(sorted(f"{o.series.id}@{o.period.code}" for o in found)),
    )  # fmt: skip


def from_growth_with_profile(growth_only: Harmonised, profile: Harmonised, *, base_year: int) -> Harmonised | None:
    """An index of a growth-only series by the monthly profile of a named level series in one year (测算).

    Returns
    -------
    Harmonised or None
        ``None`` unless the profile has all months of the base year.
    """
    at = (base_year - profile.start_year) * 12
    rows = profile.published[at : at + 12] if at >= 0 else profile.published[:0]
    if rows.size != 12 or np.isnan(rows[1 if profile.block else 0 :]).any():
        return None
    linked = chain.linked_index(growth_only.growth, rows, base_year=base_year - growth_only.start_year)
    return Harmonised(
        growth_only.subject_key, growth_only.name, growth_only.indicator, growth_only.indicator_name,
        f"{base_year}年月均=100", growth_only.start_year, linked.level, linked.level.value, growth_only.growth,
        growth_only.derived, growth_only.withheld, growth_only.block or profile.block, "", growth_only.breaks,
        tuple(sorted({*growth_only.inputs, *profile.inputs})),
    )  # fmt: skip


def _figures(found: Sequence[Observation], shape: tuple[int, ...], first: int) -> _Figures:
    filled = {name: _nothing(shape) for name in ("month_level", "ytd_level", "month_yoy", "ytd_yoy")}
    for o in found:
        # A first-quarter or first-half figure is the cumulative one of its last month.
        span = "month" if o.period.kind == "month" else "ytd" if o.period.first == 1 else ""
        if not span or o.value is None:
            continue
        target, row = filled[f"{span}_{o.series.measure}"], (o.period.year - first) * 12 + o.period.last - 1
        half = half_unit(o)
        target.value[row], target.low[row], target.high[row] = o.value, o.value - half, o.value + half
    return _Figures(filled["month_level"], filled["ytd_level"], filled["month_yoy"], filled["ytd_yoy"])


def half_unit(o: Observation) -> float:
    """Half a unit of the last printed digit, in the unit of the series."""
    if o.value is None:
        return 0.0
    try:
        printed = abs(float(o.printed))
    except ValueError:
        printed = 0.0
    factor = abs(o.value) / printed if printed else 1.0
    half = 0.5 * 10.0 ** -min(o.decimals, 9) * factor
    # Terminals and files drop final zeros; published growth has one decimal at least.
    return min(half, chain.GROWTH_HALF_UNIT) if o.series.measure == "yoy" else half


def _growth(figures: _Figures) -> tuple[Bounded, Bools, Bools]:
    """Single-month growth, noisy rates too, which of it is derived and fit, and which is to be withheld."""
    from_ytd = chain.comparable_month_growth(figures.ytd_level, figures.ytd_growth)
    # The block's own rate is the published year-to-date rate of 1—2月, with or without a level.
    february = np.arange(from_ytd.value.size) % 12 == 1
    block = _where(february, figures.ytd_growth, _nothing(from_ytd.value.shape))
    published = _where(np.isnan(figures.month_growth.value), block, figures.month_growth)
    published = _where(february & ~np.isnan(block.value), block, published)
    judged = chain.withhold(_where(february, _nothing(from_ytd.value.shape), from_ytd))
    joined, derived = chain.preferring_published(published, from_ytd)
    return joined, derived & ~judged.withheld, judged.withheld & np.isnan(published.value)


def _single_levels(figures: _Figures, *, block: bool) -> Bounded:
    """Single-month levels: published ones first, then differences; the block in February."""
    differenced = chain.single_months(figures.ytd_level)
    levels = _where(np.isnan(figures.month_level.value), differenced, figures.month_level)
    if not block:
        return levels
    months = np.arange(levels.value.size) % 12
    january = np.isin(months, (0,))
    levels = _where(january, _nothing(levels.value.shape), levels)
    # Earlier years may hold single Januaries and Februaries: there the block is their sum.
    both = np.full_like(levels.value, np.nan)
    sums = Bounded(both, both.copy(), both.copy())
    for row in np.flatnonzero(months == 1):
        for target, source in ((sums.value, figures.month_level.value), (sums.low, figures.month_level.low),
                               (sums.high, figures.month_level.high)):  # fmt: skip
            target[row] = source[row - 1] + source[row]
    february = months == 1
    ytd_there = ~np.isnan(figures.ytd_level.value)
    levels = _where(february, _where(ytd_there, figures.ytd_level, sums), levels)
    return levels


def _has_januaries(figures: _Figures) -> bool:
    months = np.arange(figures.month_level.value.size) % 12
    january, march = (~np.isnan(figures.month_level.value[months == m]) for m in (0, 2))
    return bool(january.sum() > march.sum() / 2)


def _ended_at(growth: Bounded, breaks: Sequence[Break], first: int) -> Bounded:
    """Growth without the rates that would carry a chain across a break that nothing bridges."""
    closed = np.zeros(growth.value.shape, dtype=np.bool_)
    for found in breaks:
        if found.bridge == "none":
            row = (found.first.year - first) * 12 + found.first.last - 1
            closed[max(row, 0) : max(row + 12, 0)] = True
    return _where(closed, _nothing(growth.value.shape), growth)


def _why_no_chain(levels: Bounded, growth: Bounded, indicator: Indicator, *, has_level: bool) -> str:
    if not has_level:
        return "只有增速，没有绝对量：季节形态不可识别"
    if indicator.nature != "flow":
        return f"{indicator.name}不是时期流量，不作同口径链接"
    if (~np.isnan(levels.value)).sum() < FEWEST_LEVELS - 1:
        return "绝对量不足一年，不能作为链接的基准"
    if not (~np.isnan(growth.value)).any():
        return "没有按可比口径计算的同比增速，绝对量各年样本不同，不能链接"
    return ""


def _nothing(shape: tuple[int, ...]) -> Bounded:
    return Bounded(*(np.full(shape, np.nan) for _ in range(3)))


def _where(condition: Bools, yes: Bounded, no: Bounded) -> Bounded:
    return Bounded(
        np.where(condition, yes.value, no.value),
        np.where(condition, yes.low, no.low),
        np.where(condition, yes.high, no.high),
    )


def candidates(
    snapshot: Snapshot, catalogue: Catalogue, indicators: Sequence[str]
) -> Iterator[tuple[Subject, Indicator]]:
    """Subjects with levels or growth of the named indicators, by code, each once."""
    keys = sorted({(o.series.subject_key, o.series.indicator) for o in snapshot.observations})
    for key, code in keys:
        if code in indicators and key in catalogue.known_subjects:
            yield catalogue.known_subjects[key], catalogue.indicator(code)
