"""What nowcasts start from (即时预测的数据): growth of single months by industry and indicator, as known on a day.

Rows are months from a January on. The block of January and February is one figure and stands in February. Growth is
taken as published; where an indicator has none (revenue and profits of divisions come out as cumulative levels) it is
derived from levels: on the comparable base L / (1 + G) where the growth of the cumulative figure is published too,
else on the level published a year before. A series with too few single months but with cumulative growth enters as
cumulative; beside all others cumulative growth stands ready for the months that they lack. What a month weighs in the
cumulative figure comes from levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue, Indicator, Subject
from qinggong.catalogue.nowcast import NowcastIndicator, NowcastSettings
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation

Floats = NDArray[np.float64]
Kind = Literal["month", "jan_feb", "ytd"]

COUNTRY = "CN"
MONTHLY = frozenset({"producer_prices"})
"""Indicators published for January and February apart."""
LEVELS_OF_ALL = ("revenue", "main_revenue")
"""Whose levels give the shares of the months where the indicator has no levels."""
FEWEST_CUMULATIVE = 12
"""Cumulative readings below which a cumulative series cannot enter."""


@dataclass(frozen=True, slots=True)
class Column:
    """One series of the panel: whose growth of what, in which block of factors, and what one figure covers."""

    subject: Subject
    indicator: Indicator
    block: int
    kind: Kind
    told: bool


@dataclass(frozen=True, slots=True, eq=False)
class GrowthPanel:
    """Growth on the year before in percent, ``values`` (months, columns) from January of ``first_year``.

    Attributes
    ----------
    newest
        (columns,) row of the newest figure, −1 without one.
    cumulative
        (months, columns) growth to date of a column of single months. Not where a month up to it was left out, or comes
        from levels as published: comparable growth to date does not add up with those; nor of an indicator without
        ``to_date`` in the setting.
    shares
        (columns, 12) what the months of the base year weigh in growth to date: mean shares of the levels, those of the
        industry's revenue where the indicator has none, else equal.
    derived
        (months, columns) True where growth was derived from levels.
    left_out
        (columns,) figures from levels that were left out for their size or base.
    published
        (months, columns) ordinal of the day on which the figure, or the newest edition of it, came out; 0 unknown.
    sources
        (columns) observations of the newest row.
    """

    first_year: int
    columns: tuple[Column, ...]
    values: Floats
    derived: NDArray[np.bool_]
    left_out: NDArray[np.int64]
    published: NDArray[np.int64]
    sources: tuple[tuple[Observation, ...], ...]
    newest: NDArray[np.int64]
    cumulative: Floats
    shares: Floats

    @property
    def start(self) -> str:
        return f"{self.first_year}-01"

    def period(self, row: int, column: Column, *, to_date: bool = False) -> Period:
        """The period that a row of a column stands for; with ``to_date`` that of its growth to date."""
        year, number = self.first_year + row // 12, row % 12 + 1
        if to_date or column.kind == "ytd" or (column.kind == "jan_feb" and number == 2):
            return ytd(year, number)
        return month(year, number)

    def place(self, subject: str, indicator: str) -> int | None:
        return next(
            (n for n, c in enumerate(self.columns) if (c.subject.code, c.indicator.code) == (subject, indicator)), None
        )


def wanted_subjects(catalogue: Catalogue, settings: NowcastSettings) -> list[tuple[Subject, bool]]:
    """Industries of the setting, and whether they are told."""
    chosen = settings.subjects
    keys = [m.subjects[0] for m in catalogue.groups[chosen.group].members if m.subjects]
    told = [catalogue.known_subjects[key] for key in keys]
    told += [catalogue.subject(name, indicator="value_added") for name in chosen.also]
    beside = [catalogue.subject(name, indicator="value_added") for name in chosen.beside]
    return [*((s, True) for s in dict.fromkeys(told)), *((s, False) for s in dict.fromkeys(beside) if s not in told)]


def told_code(catalogue: Catalogue, settings: NowcastSettings, text: str) -> str | None:
    """The code of an industry of the setting by code or name; ``None`` if it is none of them."""
    wanted = text.strip()
    for subject, _ in wanted_subjects(catalogue, settings):
        industry = catalogue.industries.get(subject.code)
        if wanted in (subject.code, subject.name, industry.short if industry is not None else subject.name):
            return subject.code
    return None


def used_series(catalogue: Catalogue, settings: NowcastSettings) -> list[tuple[str, str, str]]:
    """Subject, region and indicator of all series that a panel reads."""
    codes = [c for i in settings.indicators for c in (i.indicator, i.earlier) if c]
    return [(s.key, COUNTRY, code) for s, _ in wanted_subjects(catalogue, settings) for code in codes]


def growth_panel(
    observations: Iterable[Observation],
    catalogue: Catalogue,
    settings: NowcastSettings,
    *,
    at: Period,
    columns: Sequence[Column] = (),
) -> GrowthPanel:
    """The panel of figures up to a month.

    Parameters
    ----------
    observations
        What was known.
    at
        The last month; figures of later ones are not used.
    columns
        Of another day's panel, so that both have the same; without them every series of the setting is one.
    """
    months = max((at.year - settings.first_year) * 12 + at.last, 1)
    subjects = wanted_subjects(catalogue, settings)
    places = {s.key: n for n, (s, _) in enumerate(subjects)}
    codes = {c for i in settings.indicators for c in (i.indicator, i.earlier) if c}
    found: dict[tuple[int, str], list[Observation]] = {}
    dates: dict[tuple[int, str, int], int] = {}
    for o in observations:
        s = o.series
        if s.indicator not in codes or s.region != COUNTRY or o.value is None:
            continue
        place = places.get(s.subject_key)
        row = (o.period.year - settings.first_year) * 12 + o.period.last - 1
        if place is None or row >= months or row < -24:
            continue
        found.setdefault((place, s.indicator), []).append(o)
        if row >= 0 and o.published_at is not None:
            key = (place, s.indicator, row)
            dates[key] = max(dates.get(key, 0), o.published_at.toordinal())
    given = {(c.subject.key, c.indicator.code): c for c in columns}
    block_of = {b.key: n for n, b in enumerate(settings.blocks)}
    out: list[tuple[Column, Floats, NDArray[np.bool_], int]] = []
    published, sources = np.zeros((months, len(subjects) * len(settings.indicators)), dtype=np.int64), []
    cumulative, shares = np.full(published.shape, np.nan), np.full((published.shape[1], 12), 1 / 12)
    for place, (subject, told) in enumerate(subjects):
        for one in settings.indicators:
            indicator = catalogue.indicator(one.indicator)
            monthly, derived, bad, plain = _months(found, place, one, settings.first_year, months)
            to_date = _cumulative(found, place, one, settings.first_year, months)
            dropped = int(bad.sum())
            column = given.get((subject.key, indicator.code))
            if column is None:
                kind: Kind = "month" if one.indicator in MONTHLY else "jan_feb"
                few = (~np.isnan(monthly)).sum() < settings.fewest
                if few and (~np.isnan(to_date)).sum() >= max(FEWEST_CUMULATIVE, int((~np.isnan(monthly)).sum())):
                    kind = "ytd"
                column = Column(subject, indicator, block_of[one.block], kind, told)
            if column.kind == "ytd":
                monthly, derived, dropped = to_date, np.zeros(months, dtype=np.bool_), 0
            elif one.to_date:
                cumulative[:, len(out)] = np.where(_since_january(bad | plain), np.nan, to_date)
            shares[len(out)] = _shares(found, place, (one.indicator, one.earlier, *LEVELS_OF_ALL), settings.first_year)
            for code in (one.earlier, one.indicator):
                for row in np.flatnonzero(~np.isnan(monthly) | ~np.isnan(cumulative[:, len(out)])).tolist():
                    published[row, len(out)] = dates.get((place, code, row), published[row, len(out)])
            known = np.flatnonzero(~np.isnan(monthly))
            mine = [o for code in (one.indicator, one.earlier) for o in found.get((place, code), ())]
            sources.append(tuple(o for o in mine if known.size and _row(o.period, settings.first_year) == known[-1]))
            out.append((column, monthly, derived, dropped))
    values = np.column_stack([v for _, v, _, _ in out])
    known_ones = ~np.isnan(values)
    last = np.where(known_ones.any(axis=0), months - 1 - np.argmax(known_ones[::-1], axis=0), -1)
    return GrowthPanel(
        settings.first_year, tuple(c for c, *_ in out), values,
        np.column_stack([d for *_, d, _ in out]), np.array([n for *_, n in out], dtype=np.int64), published,
        tuple(sources), last, cumulative, shares,
    )  # fmt: skip


def without_left_out(panel: GrowthPanel, settings: NowcastSettings) -> Floats:
    """The values that methods work on: months whose figures a stop and its base distort are missing.

    As in Schorfheide & Song (2021), Real-time forecasting with a (standard) mixed-frequency VAR during a pandemic.
    """
    values = panel.values.copy()
    for year, number in settings.left_out_months:
        row = (year - panel.first_year) * 12 + number - 1
        if 0 <= row < values.shape[0]:
            values[row] = np.nan
    return values


def stand_ins(panel: GrowthPanel, settings: NowcastSettings) -> Floats:
    """(months, columns) growth to date that can tell of missing months: in years in which some figure lacks, and none
    up to the month is left out."""
    known = ~np.isnan(panel.values)
    out = np.zeros(panel.values.shape[0], dtype=np.bool_)
    for year, number in settings.left_out_months:
        row = (year - panel.first_year) * 12 + number - 1
        if 0 <= row < out.size:
            out[row] = True
    found = np.where(_since_january(out)[:, None], np.nan, panel.cumulative)
    for n, column in enumerate(panel.columns):
        lacking = ~known[:, n]
        if column.kind == "jan_feb":
            lacking[::12] = False
        found[~_since_january(lacking), n] = np.nan
    return found


def base_effect(panel: GrowthPanel, column: int, row: int) -> float:
    """What the base alone does to growth from the step before: −(growth a year before − growth a year before the step
    before).

    With the growth of two years together unchanged, growth would move by so much; NaN where a figure lacks.
    """
    before = step_before(panel.columns[column].kind, row)
    if before < 12:
        return float("nan")
    return float(panel.values[before - 12, column] - panel.values[row - 12, column])


def step_before(kind: Kind, row: int) -> int:
    """The row of the step before: December before January–February."""
    return row - 2 if kind != "month" and row % 12 == 1 else row - 1


def steps(kind: Kind, rows: int) -> NDArray[np.int64]:
    """Rows that can hold a figure of a column."""
    every = np.arange(rows)
    return every if kind == "month" else every[every % 12 != 0]


def _months(
    found: dict[tuple[int, str], list[Observation]], place: int, one: NowcastIndicator, first: int, months: int
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Growth of single months; marks of those from levels, those left out, and those on last year's published level."""
    out = np.full(months, np.nan)
    derived, dropped, plain = np.zeros((3, months), dtype=np.bool_)
    for code in (one.indicator, one.earlier):
        rows = found.get((place, code), []) if code else []
        own = np.full(months, np.nan)
        for o in rows:
            single = o.period.kind == "month" or (o.period.is_jan_feb and one.indicator not in MONTHLY)
            row = _row(o.period, first)
            if o.series.measure == "yoy" and single and row >= 0 and (row % 12 or one.indicator in MONTHLY):
                own[row] = o.value
        if one.from_levels:
            growth, left, on_plain = _from_levels(rows, first, months, one.outlier)
            fill = np.isnan(own) & ~np.isnan(growth)
            derived |= fill & np.isnan(out)
            own = np.where(fill, growth, own)
            dropped |= left & np.isnan(own)
            plain |= fill & on_plain & np.isnan(out)
        out = np.where(np.isnan(out), own, out)
    return out, derived, dropped, plain


def _cumulative(
    found: dict[tuple[int, str], list[Observation]], place: int, one: NowcastIndicator, first: int, months: int
) -> Floats:
    out = np.full(months, np.nan)
    for code in (one.earlier, one.indicator):
        for o in found.get((place, code), ()) if code else ():
            row = _row(o.period, first)
            if o.series.measure == "yoy" and o.period.first == 1 and o.period.last > 1 and row >= 0:
                out[row] = o.value
    return out


def _since_january(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True from the first mark of a year to its December; rows begin with a January."""
    whole = np.zeros((marks.size + 11) // 12 * 12, dtype=np.bool_)
    whole[: marks.size] = marks
    return np.asarray(np.logical_or.accumulate(whole.reshape(-1, 12), axis=1).ravel()[: marks.size], dtype=np.bool_)


def _shares(
    found: dict[tuple[int, str], list[Observation]], place: int, codes: Iterable[str], first: int
) -> Floats:  # fmt: skip
    """(12,) mean shares of the months in the years whose levels are all known, of the first indicator that has any."""
    for code in (code for code in codes if code):
        levels: dict[int, dict[int, float]] = {}
        for o in found.get((place, code), ()):
            if o.series.measure == "level" and o.period.first == 1 and o.value is not None:
                levels.setdefault(o.period.year, {})[o.period.last] = o.value
        years = []
        for _, of_year in sorted(levels.items()):
            if set(range(2, 13)) <= of_year.keys():
                single = np.diff([of_year[m] for m in range(2, 13)])
                both = of_year[2] / 2
                years.append(np.array([both, both, *single]) / of_year[12])
        good = [year for year in years if (year > 0).all()]
        if good:
            return np.asarray(np.mean(good, axis=0), dtype=np.float64)
    return np.full(12, 1 / 12)


def _from_levels(
    rows: Sequence[Observation], first: int, months: int, outlier: float
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Growth of single months from cumulative levels, two years of which lie before the first row; marks of those left
    out for size or base, and of those whose base is last year's level as published."""
    levels, growth = np.full(months + 24, np.nan), np.full(months + 24, np.nan)
    for o in rows:
        row = _row(o.period, first) + 24
        if o.period.first == 1 and o.period.last > 1 and row >= 0 and o.value is not None:
            if o.series.measure == "level":
                levels[row] = o.value
            elif o.series.measure == "yoy" and o.value > -100:
                growth[row] = o.value
    year_before = np.concatenate([np.full(12, np.nan), levels[:-12]])
    comparable = levels / (1 + growth / 100)
    now = _single(levels)
    with np.errstate(invalid="ignore", divide="ignore"):
        best, plain = _single(comparable), _single(year_before)
        base = np.where(np.isnan(best), plain, best)
        out = (now / base - 1) * 100
    known = ~np.isnan(now) & ~np.isnan(base)
    bad = known & ((base <= 0) | ~(np.abs(out) <= outlier))
    return np.where(bad | ~known, np.nan, out)[24:], bad[24:], (known & np.isnan(best))[24:]


def _single(cumulative: Floats) -> Floats:
    """Months from cumulative figures; February holds January–February."""
    out = np.full_like(cumulative, np.nan)
    out[1:] = cumulative[1:] - cumulative[:-1]
    out[1::12] = cumulative[1::12]
    out[::12] = np.nan
    return out


def _row(period: Period, first: int) -> int:
    return (period.year - first) * 12 + period.last - 1
