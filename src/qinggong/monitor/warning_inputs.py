"""The frame of warnings (预警的数据框): industries and regions by observation, from the store as known on a day.

Rows are observations, eleven a year: January–February is one. Columns are units, an industry of a region; the last
unit of each region is its whole, which has shares of industries instead of growth. Arrays are ``(rows, units)``, NaN
where missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue, Subject
from qinggong.catalogue.warnings import WarningSettings
from qinggong.methods.detection import fall_detectors
from qinggong.monitor.warning_growth import BEYOND, STEPS, Floats, base_effect, lagged, recent_change, slope, two_years
from qinggong.periods import Period, month, observed_month, ytd
from qinggong.store.base import Observation, SeriesKey, order_in_history

WHOLE = ""
"""Industry code of the whole of a region."""
CUSUM_FROM, SHIFT_OVER, SHIFT_SHORTEST = 22, 33, 3
CUSUM_LIMIT = 3.02
"""Where the sum is held at twice this; the rule's own limit stands in its pack (one false alarm in 120
observations)."""
FEWEST_INDUSTRIES = 5

KINDS: tuple[tuple[str, str, str], ...] = (
    ("value_added", "yoy", "month"), ("value_added", "yoy", "ytd"), ("export_delivery", "yoy", "month"),
    ("producer_prices", "yoy", "month"), ("producer_prices", "yoy", "ytd"), ("revenue", "yoy", "ytd"),
    ("revenue", "level", "ytd"), ("profit", "yoy", "ytd"), ("profit", "level", "ytd"), ("finished_goods", "yoy",
    "point"),
    ("receivables", "yoy", "point"),
)  # fmt: skip
"""Indicator, measure and span of what is read."""
_PLACE = {kind: n for n, kind in enumerate(KINDS)}
_EARLIER = {"main_revenue": "revenue"}
_YTD_REVENUE = (("revenue", "yoy", "ytd"), ("value_added", "yoy", "ytd"), ("producer_prices", "yoy", "ytd"))

SOURCES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "production": (KINDS[0],), "production_two": (KINDS[0],), "slope": (KINDS[0],), "residual": (KINDS[0],),
    "cusum": (KINDS[0],), "shift": (KINDS[0],), "export": (KINDS[2],), "export_two": (KINDS[2],), "price": (KINDS[3],),
    "price_two": (KINDS[3],), "revenue": _YTD_REVENUE, "revenue_two": _YTD_REVENUE,
    "profit": (KINDS[7], KINDS[8], KINDS[6], *_YTD_REVENUE), "profit_two": (KINDS[7], KINDS[8], KINDS[6],
    *_YTD_REVENUE),
    "goods": (KINDS[9],), "receivables": (KINDS[10],), "falling_share": (KINDS[0],),
    "loss_share": (KINDS[7], KINDS[8], KINDS[6], *_YTD_REVENUE), "zone": (KINDS[0], KINDS[2], KINDS[3], KINDS[8],
    KINDS[6]),
}  # fmt: skip
"""What each field is made from, for the lineage of evidence."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An industry of a region, or with ``WHOLE`` the region's whole; ``subject_key`` names its series.

    ``place`` is the region's short name, empty for the whole country.
    """

    industry: str
    name: str
    subject_key: str
    region: str
    place: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.industry, self.region

    @property
    def shown(self) -> str:
        """The industry's name with that of the region before it."""
        return self.place + self.name


@dataclass(frozen=True, slots=True)
class Readings:
    """All that was ever published of the units, in the order of publication.

    ``day`` are ordinals (0 where undated), ``cell`` places in a ``(kinds, rows, units)`` array, ``value`` NaN if
    withdrawn.
    """

    first: int
    rows: int
    units: tuple[Unit, ...]
    day: NDArray[np.int64]
    cell: NDArray[np.int64]
    value: Floats
    revised: int
    stated: int

    def at(self, day: dt.date | None = None) -> Floats:
        """``(kinds, rows, units)`` as known at the end of a day; without one, everything, undated figures too."""
        raw = np.full(len(KINDS) * self.rows * len(self.units), np.nan)
        known = slice(None) if day is None else slice(0, int(np.searchsorted(self.day, day.toordinal(), "right")))
        cells, values = self.cell[known], self.value[known]
        if day is not None:
            dated = self.day[known] > 0
            cells, values = cells[dated], values[dated]
        raw[cells] = values
        return raw.reshape(len(KINDS), self.rows, len(self.units))

    def row(self, period: Period) -> int:
        return row_of(period, self.first)

    def period(self, row: int) -> Period:
        return observed_month(self.first + row // STEPS, row % STEPS + 2)


@dataclass(frozen=True, slots=True)
class Frame:
    """Fields of the last ``rows`` observations up to a month, as the rule packs call them; ``start`` is the first
    row."""

    units: tuple[Unit, ...]
    fields: dict[str, Floats]
    first: int
    start: int
    inputs: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return int(next(iter(self.fields.values())).shape[0])

    def period(self, row: int) -> Period:
        place = self.start + row
        return observed_month(self.first + place // STEPS, place % STEPS + 2)


@dataclass(frozen=True, slots=True)
class Beside:
    """What other parts of the monitor know of a month, by unit ``(industry, region)``; absent is unknown.

    ``zones``, ``top_share`` and ``adjusted`` (changes of the adjusted exports in percent) are ``(rows,)`` by row of the
    readings; the others are numbers of the month, in percent or counts. ``inputs`` are the series behind a field, by
    field, industry and region, for the lineage of evidence.
    """

    zones: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    latest: Mapping[tuple[str, str], float] = field(default_factory=dict)
    chance_below: Mapping[tuple[str, str], float] = field(default_factory=dict)
    target_chance: Mapping[tuple[str, str], float] = field(default_factory=dict)
    top_share: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    adjusted: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    doubtful: Mapping[tuple[str, str], float] | None = None
    late: bool = False
    inputs: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)


def row_of(period: Period, first: int) -> int:
    return (period.year - first) * STEPS + max(period.last, 2) - 2


def warned_subjects(catalogue: Catalogue, settings: WarningSettings) -> tuple[Subject, ...]:
    """The industries that are watched."""
    keys = [m.subjects[0] for m in catalogue.groups[settings.subjects.group].members if m.subjects]
    also = [catalogue.subject(name, indicator="value_added") for name in settings.subjects.also]
    return tuple(dict.fromkeys([*(catalogue.known_subjects[k] for k in keys), *also]))


def read_series(
    catalogue: Catalogue, settings: WarningSettings, regions: Sequence[str] = ("CN",)
) -> list[tuple[str, str, str]]:
    """Subject key, region and indicator of all that is read."""
    codes = sorted({k[0] for k in KINDS} | set(_EARLIER))
    return [(s.key, region, code) for region in regions for s in warned_subjects(catalogue, settings) for code in codes]


def gather(
    observations: Iterable[Observation], catalogue: Catalogue, settings: WarningSettings, *, upto: Period,
    regions: Sequence[str] = ("CN",),
) -> Readings:  # fmt: skip
    """Sort what was published into cells; figures of later months than ``upto`` are left aside."""
    subjects = warned_subjects(catalogue, settings)
    units: list[Unit] = []
    for region in regions:
        place_name = "" if region == "CN" else catalogue.region(region).short
        units += [Unit(s.code, s.name, s.key, region, place_name) for s in subjects]
        units.append(Unit(WHOLE, settings.whole, "", region, place_name))
    place = {(u.subject_key, u.region): n for n, u in enumerate(units) if u.subject_key}
    codes = {k[0] for k in KINDS} | set(_EARLIER)
    keys: dict[tuple[str, str, str], str] = {(s.kind, s.code, s.scope): s.key for s in subjects}
    unit_of: dict[SeriesKey, int | None] = {}
    last = (upto.year, upto.last)
    kept: list[tuple[Observation, int, int]] = []
    for o in observations:
        series, p = o.series, o.period
        if series not in unit_of:
            key = keys.get((series.subject_kind, series.subject, series.scope), "?")
            unit_of[series] = place.get((key, series.region)) if series.indicator in codes else None
        unit = unit_of[series]
        if unit is None or (p.year, p.last) > last:
            continue
        kind = _kind(series, p)
        if kind is not None:
            kept.append((o, kind, unit))
    first = min((o.period.year for o, _, _ in kept), default=upto.year)
    rows, width = row_of(upto, first) + 1, len(units)

    def cells(some: Sequence[tuple[Observation, int, int]]) -> list[int]:
        return [(k * rows + row_of(o.period, first)) * width + u for o, k, u in some]

    numbers = cells(kept)
    if len(set(numbers)) < len(numbers):  # several figures of one cell: which counts is decided as the store does
        kept.sort(key=lambda k: order_in_history(k[0]))
    else:
        kept.sort(key=lambda k: k[0].published_at or dt.date.min)
    cell = np.array(cells(kept), dtype=np.int64)
    value = np.array([np.nan if o.value is None else o.value for o, _, _ in kept], dtype=np.float64)
    day = np.array([0 if o.published_at is None else o.published_at.toordinal() for o, _, _ in kept], dtype=np.int64)
    versions = np.unique(np.stack([cell.astype(np.float64), value]), axis=1)[0] if cell.size else np.zeros(0)
    revised = int((np.unique(versions, return_counts=True)[1] > 1).sum())
    stated = sum(o.published_at_basis == "stated" for o, _, _ in kept)
    return Readings(first, rows, tuple(units), day, cell, value, revised, stated)


def _kind(s: SeriesKey, p: Period) -> int | None:
    """The place of a figure among the kinds; of January–February the single month is the block."""
    indicator = _EARLIER.get(s.indicator, s.indicator)
    if p.last == 1:
        return None  # January alone is none of the eleven
    if p.kind == "month" and s.span != "point":
        return None if p.last == 2 and indicator != "producer_prices" else _PLACE.get((indicator, s.measure, "month"))
    if s.span == "point":
        return _PLACE.get((indicator, s.measure, "point"))
    if p.is_jan_feb and (indicator, s.measure, "month") in _PLACE and indicator != "producer_prices":
        return _PLACE[indicator, s.measure, "month"]
    return _PLACE.get((indicator, s.measure, "ytd")) if p.first == 1 else None


def frame(readings: Readings, raw: Floats, *, at: Period, tail: int, beside: Beside | None = None) -> Frame:
    """The fields of the last ``tail`` observations up to a month."""
    beside = beside or Beside()
    end = readings.row(at) + 1
    start = max(end - tail, 0)
    table = dict(zip(KINDS, _with_block(raw[:, :end]), strict=True))
    va = table["value_added", "yoy", "month"]
    growth = {
        "production": va,
        "export": table["export_delivery", "yoy", "month"],
        "price": table["producer_prices", "yoy", "month"],
    }
    growth["revenue"] = _revenue(table)
    growth["profit"] = _profit(table, growth["revenue"])
    fields: dict[str, Floats] = {}
    for name, values in growth.items():
        two = two_years(values)
        fields |= {name: values, f"{name}_two": two, f"{name}_two_change": recent_change(two)}
        fields[f"{name}_base"] = base_effect(values)
    fields |= {"goods": table["finished_goods", "yoy", "point"], "receivables": table["receivables", "yoy", "point"]}
    fields["slope"] = slope(va, over=6)
    fields = {name: values[start:] for name, values in fields.items()}
    fields |= _detected(va, start, ("residual", "cusum", "shift"))
    fields |= _adjusted(readings, beside, start, end)
    fields |= _shares(readings.units, growth, start)
    fields |= _of_the_month(readings, beside, va, start, end)
    return Frame(readings.units, fields, readings.first, start, beside.inputs)


def _with_block(raw: Floats) -> Floats:
    """Value added and exports of January–February stand in their cumulative figure where the block is not stored
    apart."""
    out = raw.copy()
    single, cumulative = _PLACE["value_added", "yoy", "month"], _PLACE["value_added", "yoy", "ytd"]
    first = np.arange(raw.shape[1]) % STEPS == 0
    out[cumulative, first] = np.where(np.isnan(raw[cumulative, first]), raw[single, first], raw[cumulative, first])
    prices, sofar = _PLACE["producer_prices", "yoy", "month"], _PLACE["producer_prices", "yoy", "ytd"]
    for year in range(0, raw.shape[1], STEPS):
        part = raw[prices, year : year + STEPS]
        running = np.cumsum(part, axis=0) / np.arange(1, part.shape[0] + 1)[:, None]
        known = raw[sofar, year : year + STEPS]
        out[sofar, year : year + STEPS] = np.where(np.isnan(known), running, known)
    return out


def _revenue(table: Mapping[tuple[str, str, str], Floats]) -> Floats:
    """Published cumulative growth; else (1 + real growth)(1 + price growth) − 1, since levels are not comparable."""
    own = table["revenue", "yoy", "ytd"]
    real, prices = table["value_added", "yoy", "ytd"], table["producer_prices", "yoy", "ytd"]
    return np.where(np.isnan(own), ((1 + real / 100) * (1 + prices / 100) - 1) * 100, own)


def _profit(table: Mapping[tuple[str, str, str], Floats], revenue: Floats) -> Floats:
    """Published cumulative growth; else revenue's growth times the change of the margin, in which samples cancel."""
    own, level, sales = table["profit", "yoy", "ytd"], table["profit", "level", "ytd"], table["revenue", "level", "ytd"]
    with np.errstate(invalid="ignore", divide="ignore"):
        margin = np.where((level > 0) & (sales > 0), level / sales, np.nan)
        derived = ((1 + revenue / 100) * margin / lagged(margin, STEPS) - 1) * 100
        derived = np.where(np.abs(derived) <= BEYOND, derived, np.nan)
    return np.where(np.isnan(own), derived, own)


def _detected(values: Floats, start: int, names: Sequence[str]) -> dict[str, Floats]:
    """Robust residual, CUSUM and fall of the mean under their names, for the rows from ``start``."""
    found = fall_detectors(values, start, past=CUSUM_FROM, over=SHIFT_OVER, shortest=SHIFT_SHORTEST, limit=CUSUM_LIMIT)
    return dict(zip(names, found, strict=True))


def _adjusted(readings: Readings, beside: Beside, start: int, end: int) -> dict[str, Floats]:
    """Changes of the adjusted exports, and what the detectors say of them."""
    changes = np.full((end, len(readings.units)), np.nan)
    for n, unit in enumerate(readings.units):
        if (mine := beside.adjusted.get(unit.key)) is not None:
            changes[:, n] = mine[:end]
    found = _detected(changes, start, ("export_residual", "export_cusum", "export_shift"))
    return {"export_change": changes[start:]} | found


def _shares(units: Sequence[Unit], growth: Mapping[str, Floats], start: int) -> dict[str, Floats]:
    """Shares of a region's industries with growth below zero, for its whole; NaN with fewer than five known."""
    out = {}
    regions = np.array([u.region for u in units])
    whole = np.array([u.industry == WHOLE for u in units])
    for name, values in (("falling_share", growth["production"]), ("loss_share", growth["profit"])):
        found = np.full(values[start:].shape, np.nan)
        for place in np.flatnonzero(whole):
            mine = values[start:, (regions == regions[place]) & ~whole]
            known = (~np.isnan(mine)).sum(axis=1)
            share = (mine < 0).sum(axis=1) / np.maximum(known, 1) * 100
            found[:, place] = np.where(known >= FEWEST_INDUSTRIES, share, np.nan)
        out[name] = found
    return out


def _of_the_month(readings: Readings, beside: Beside, va: Floats, start: int, end: int) -> dict[str, Floats]:
    shape = (end - start, len(readings.units))
    out = {name: np.full(shape, np.nan) for name in ("zone", "latest", "chance_below", "target_chance", "top_share")}
    out |= {"late": np.full(shape, np.nan), "doubtful": np.full(shape, np.nan)}
    for n, unit in enumerate(readings.units):
        if (zones := beside.zones.get(unit.key)) is not None:
            mine = zones[start:end]
            out["zone"][: mine.size, n] = np.where(mine < 0, np.nan, mine)
        if (shares := beside.top_share.get(unit.key)) is not None:
            out["top_share"][:, n] = shares[start:end]
        for name in ("latest", "chance_below", "target_chance"):
            found = getattr(beside, name).get(unit.key)
            if found is not None:
                out[name][-1, n] = found
        if beside.doubtful is not None and unit.industry != WHOLE:
            out["doubtful"][-1, n] = beside.doubtful.get(unit.key, 0.0)
        if beside.late and unit.industry != WHOLE and end >= 2 and not np.isnan(va[end - 2, n]):
            out["late"][-1, n] = float(np.isnan(va[end - 1, n]))
    return out


def cumulative(period: Period) -> Period:
    return ytd(period.year, period.last)


def months_after(period: Period, count: int) -> dt.date:
    """The last day of the month so many months after a period."""
    year, place = divmod(period.year * 12 + period.last - 1 + count, 12)
    return month(year, place + 1).end_date
