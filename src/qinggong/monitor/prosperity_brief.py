"""The level index told as facts (景气指数的事实): values, changes, parts, zones, clock, and how lights changed later.

Values have two decimals. A change is the difference of two printed values; parts of a change are rounded so that they
sum to it (largest remainder), each within 0.02 points of its exact size.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.prosperity import LevelIndexPlan, month_numbers
from qinggong.methods import cycles, lights
from qinggong.methods.trend_filters import FEWEST_VALUES, band_pass
from qinggong.monitor.facts import (
    Fact,
    Hand,
    IndexLine,
    LightRecord,
    Lineage,
    Part,
    Signals,
    Uncompiled,
    ZoneCount,
    fixed,
)
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import DECIMALS, IndustryIndex, Prosperity, prosperity, zones_of
from qinggong.monitor.prosperity_inputs import of_component, row_of
from qinggong.monitor.prosperity_record import LaterLights, later_lights
from qinggong.periods import Period
from qinggong.store.base import Observation, Snapshot

Floats = NDArray[np.float64]

CENTRE = 100.0
WHOLE = "index:light_industry"
CLOCK_STEP, TRAIL = 3, 6
"""Months over which the direction of the clock is taken, and months of its trail."""
WHY = {"short": "可比数据不足", "constant": "数值没有变化，不能标准化"}


def signals(
    desk: Desk, plan: LevelIndexPlan, *, at: Period, earlier: Iterable[tuple[dt.date, Snapshot]] = ()
) -> Signals:
    """Compile the index and tell one month.

    Parameters
    ----------
    desk
        The snapshot ends with the bulletin's month.
    at
        The bulletin's month.
    earlier
        What was known on days of earlier bulletins, see ``prosperity_record.earlier_days``; read only if there is an
        index, one
        after the other.
    """
    found = prosperity(desk.snapshot, desk.catalogue, plan, at=at)
    teller = _Teller(desk, found, at)
    row = teller.row()
    if row is None:
        return teller.nothing()
    return teller.told(row, later_lights(found, desk.catalogue, earlier, at=at))


def parts_that_sum(parts: Sequence[float], total: str) -> list[str]:
    """Parts rounded to the decimals of ``total`` so that they sum to it: floors, the rest to the largest remainders."""
    exponent = Decimal(total).as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    sizes = [p * 10**decimals for p in parts]
    whole = [math.floor(s + 1e-9) for s in sizes]
    missing = int(Decimal(total).scaleb(decimals)) - sum(whole)
    order = sorted(range(len(sizes)), key=lambda i: (whole[i] - sizes[i], i))
    step = 1 if missing > 0 else -1
    for turn in range(abs(missing)):
        place = order[turn % len(order)] if step > 0 else order[-1 - turn % len(order)]
        whole[place] += step
    return [fixed(w / 10**decimals, decimals) for w in whole]


@dataclass(frozen=True, slots=True)
class _Teller:
    """Makes the facts of one compilation."""

    desk: Desk
    found: Prosperity
    at: Period
    figures: dict[tuple[str, int], list[Observation]] = field(default_factory=dict)

    @property
    def plan(self) -> LevelIndexPlan:
        return self.found.plan

    def row(self) -> int | None:
        """The newest row with an aggregate, else with any industry's index; ``None`` if it is too old."""
        newest = self.newest()
        return newest if newest is not None and self.found.months - 1 - newest <= self.plan.shown.oldest else None

    def newest(self) -> int | None:
        whole = np.flatnonzero(~np.isnan(self.found.aggregate))
        if whole.size and self.found.months - 1 - whole[-1] <= self.plan.shown.oldest:
            return int(whole[-1])
        ends = [np.flatnonzero(~np.isnan(i.index)) for i in self.found.industries]
        rows = [int(e[-1]) for e in ends if e.size]
        return max(rows, default=None)

    # ------------------------------------------------------------------------------------------- whole

    def nothing(self) -> Signals:
        newest = self.newest()
        return Signals(
            self.plan.name, self.at, None, None if newest is None else self.found.period(newest), None, None, (), (),
            self._uncompiled(None), (), None, None, self._zones(), self._centre(), self._settings(),
        )  # fmt: skip

    def told(self, row: int, later: LaterLights) -> Signals:
        found, plan = self.found, self.plan
        before = found.before(row)
        shown = [r for r in range(row + 1) if r % 12][-plan.shown.observations :]
        distorted = month_numbers(plan.base_distorted)
        deviations = self._deviations()
        industries = [
            self._industry(i, row, shown, deviations[:, place])
            for place, i in enumerate(found.industries) if not np.isnan(i.index[row])
        ]  # fmt: skip
        whole = None if np.isnan(found.aggregate[row]) else self._whole(row, shown, deviations[:, -1])
        return Signals(
            plan.name, self.at, found.period(row), None, found.period(before), whole,
            self._components(row, shown) if whole else (), tuple(industries), self._uncompiled(row),
            self._counts(industries, row), self.count("total", "有指数的行业", len(industries), row),
            self._run(row) if whole else None, self._zones(), self._centre(), self._settings(),
            tuple(found.period(r) for r in shown),
            tuple(found.period(r) for r in shown if found.start_year * 12 + r in distorted), plan.left_out,
            self._record(later),
        )  # fmt: skip

    def _record(self, later: LaterLights) -> LightRecord | None:
        if not later.compared:
            return None
        return LightRecord(
            self.count("compared", "与今日比较的首次灯号", later.compared),
            self.count("changed", "后来改变的灯号", later.changed),
            self.points("revision", "首次指数与今日之差的中位数", later.revision, self.at),
            self.count("bulletins", "用来比较的以往各期", later.bulletins),
        )

    def _whole(self, row: int, shown: Sequence[int], deviation: Floats) -> IndexLine:
        found, name = self.found, "总指数"
        names = [i.subject.name for i in found.industries]
        line = self._values(WHOLE, "index", name, found.aggregate, row, found.industries)
        return self._line(
            WHOLE, name, "合计", line, found.aggregate_zones, row, shown,
            self._parts(WHOLE, "industry", line[3], names, found.change_of(found.parts, row), row),
            self._history(WHOLE, "index", name, found.aggregate, shown, None), self._hand(WHOLE, name, deviation, row),
        )  # fmt: skip

    def _components(self, row: int, shown: Sequence[int]) -> tuple[IndexLine, ...]:
        """The components of the aggregate; each one's parts hold its own part of the change of the aggregate."""
        found, plan = self.found, self.plan
        changes = found.change_of(found.component_parts, row)
        change = self._values(WHOLE, "index", "总指数", found.aggregate, row, found.industries)[3]
        parts = self._parts(WHOLE, "component", change, [c.name for c in plan.components], changes, row)
        lines = []
        for place, c in enumerate(plan.components):
            values, name = found.aggregate_components[:, place], f"{c.name}指数"
            told = self._values(WHOLE, c.key, name, values, row, found.industries, place)
            zones = zones_of(values, plan)
            history = self._history(WHOLE, c.key, name, values, shown, place)
            own = parts[place : place + 1]
            lines.append(self._line(c.key, name, c.name, told, zones, row, shown, own, history))
        return tuple(lines)

    def _industry(self, one: IndustryIndex, row: int, shown: Sequence[int], deviation: Floats) -> IndexLine:
        subject, names = one.subject, [c.name for c in self.plan.components]
        told = self._values(subject.key, "index", f"{subject.name}指数", one.index, row, [one])
        line = self._line(
            subject.key, subject.name, self._short(one), told, one.zones, row, shown,
            self._parts(subject.key, "component", told[3], names, one.contributions[row], row), (),
            self._hand(subject.key, subject.name, deviation, row),
            tuple(n for n, c in zip(names, one.capped[row], strict=True) if c),
            tuple(n for n, v in zip(names, one.components[row], strict=True) if np.isnan(v)),
        )  # fmt: skip
        for place, c in enumerate(self.plan.components):
            value = float(one.components[row, place])
            if not np.isnan(value):
                name, inputs = f"{subject.name}{c.name}指数", self._inputs(row, [one], component=place)
                self.points(c.key, name, value, self.found.period(row), subject.key, inputs)
        return line

    # ------------------------------------------------------------------------------------------- parts

    def _values(
        self,
        key: str,
        what: str,
        name: str,
        values: Floats,
        row: int,
        industries: Sequence[IndustryIndex],
        component: int | None = None,
    ) -> tuple[Fact | None, Fact | None, Fact | None, Fact | None, Fact | None]:
        """Value, value before, value a year before, and the two changes."""
        rows = (row, self.found.before(row), row - 12)
        now, before, year = (
            None if r < 0 or np.isnan(values[r])
            else self.points(
                what, name, float(values[r]), self.found.period(r), key,
                self._inputs(r, industries, component=component, newest=r != row),
            )
            for r in rows
        )  # fmt: skip
        return now, before, year, self._difference(now, before, "change"), self._difference(now, year, "year_change")

    def _difference(self, now: Fact | None, then: Fact | None, what: str) -> Fact | None:
        if now is None or then is None:
            return None
        text = fixed(float(Decimal(now.text) - Decimal(then.text)), DECIMALS)
        lineage = Lineage((*now.lineage.inputs, *then.lineage.inputs), f"difference of {now.id} and {then.id}")
        label = f"{now.label}{'比上期' if what == 'change' else '比上年同期'}变动"
        return self.desk.book.add(
            Fact(f"{now.id}#{what}", label, float(text), text, "点", now.period, "computed", lineage)
        )

    def _line(
        self, key: str, name: str, short: str,
        told: tuple[Fact | None, Fact | None, Fact | None, Fact | None, Fact | None],
        zones: NDArray[np.int8], row: int, shown: Sequence[int], parts: tuple[Part, ...],
        history: tuple[Fact | None, ...] = (), hand: Hand | None = None,
        capped: tuple[str, ...] = (), absent: tuple[str, ...] = (),
    ) -> IndexLine:  # fmt: skip
        now, before, year, change, year_change = told
        then = self.found.before(row)
        return IndexLine(
            key, name, short, now, before, year, change, year_change, int(zones[row]),
            int(zones[then]) if then >= 0 else lights.UNKNOWN, parts, tuple(int(zones[r]) for r in shown), history,
            hand, capped, absent,
        )  # fmt: skip

    def _parts(
        self, key: str, kind: str, change: Fact | None, names: Sequence[str], points: Floats, row: int
    ) -> tuple[Part, ...]:
        if change is None or np.isnan(points).any():
            return ()
        texts = parts_that_sum([float(p) for p in points], change.text)
        period = self.found.period(row)
        return tuple(
            Part(
                name,
                self.desk.book.add(
                    Fact(
                        f"{key}/level_index/part/{kind}/{name}/{period.code}", f"{name}对{change.label}的拉动",
                        float(text), text, "点", period, "computed",
                        Lineage(change.lineage.inputs, "change of weight × (index − 100), rounded to the sum"),
                    )
                ),
            )
            for name, text in zip(names, texts, strict=True)
        )  # fmt: skip

    def _history(
        self, key: str, what: str, name: str, values: Floats, shown: Sequence[int], component: int | None
    ) -> tuple[Fact | None, ...]:
        return tuple(
            None if np.isnan(values[r])
            else self.points(
                what, name, float(values[r]), self.found.period(r), key,
                self._inputs(r, self.found.industries, component=component, newest=True),
            )
            for r in shown
        )  # fmt: skip

    def _deviations(self) -> Floats:
        """``(months, industries + 1)`` deviations from trend, cycles of 12 to 120 months; the aggregate last."""
        columns = np.stack([*(i.index for i in self.found.industries), self.found.aggregate], axis=1)
        enough = (~np.isnan(columns)).sum(axis=0) >= FEWEST_VALUES
        out = np.full(columns.shape, np.nan)
        if enough.any():
            out[:, enough] = band_pass(columns[:, enough])
        return out

    def _hand(self, key: str, name: str, deviation: Floats, row: int) -> Hand | None:
        phase = cycles.PHASES[int(cycles.clock_phase(deviation, smoothing=CLOCK_STEP)[row])]
        if not phase:
            return None
        period = self.found.period(row)
        rows = [r for r in range(row - TRAIL, row) if r >= CLOCK_STEP]
        places = [(float(deviation[r] - deviation[r - CLOCK_STEP]), float(deviation[r])) for r in rows]
        step = float(deviation[row] - deviation[row - CLOCK_STEP])
        return Hand(
            phase, self.points("deviation", f"{name}指数对趋势的偏离", float(deviation[row]), period, key),
            self.points(
                "deviation_step", f"{name}指数对趋势的偏离3个月变动", step, period, key
            ),
            tuple((round(x, 3), round(y, 3)) for x, y in places if not math.isnan(x)),
        )  # fmt: skip

    def _counts(self, industries: Sequence[IndexLine], row: int) -> tuple[ZoneCount, ...]:
        """The official form from hot to cold, the zone of the centre line split at 100 (100 itself above)."""
        names, centre = [z.name for z in self.plan.zones], self._centre()
        kinds = []
        for place in range(len(names) - 1, -1, -1):
            halves = ("（中心线以上）", "（中心线以下）") if place == centre else ("",)
            kinds += [(names[place] + half, place, half) for half in halves]
        found = [
            next(
                k for k, (_, zone, half) in enumerate(kinds)
                if zone == i.zone and (not half or ("上" in half) == (_number(i.value) >= CENTRE))
            )
            for i in industries
        ]  # fmt: skip
        counted = lights.count(found, number=len(kinds))
        return tuple(
            ZoneCount(
                name, zone, self.count(f"zone/{k}", f"{name}的行业", counted.counts[k], row),
                self.count(f"share/{k}", f"{name}的行业占比", counted.shares[k], row, "%"),
                tuple(i.short for i, f in zip(industries, found, strict=True) if f == k),
            )
            for k, (name, zone, _) in enumerate(kinds)
        )  # fmt: skip

    def _run(self, row: int) -> Fact | None:
        """Months in a row on one side of the centre line; January–February counts as two."""
        values, above = self.found.aggregate, self.found.aggregate[row] >= CENTRE
        months, r = 0, row
        while r >= 0 and not np.isnan(values[r]) and (values[r] >= CENTRE) == above:
            months += 2 if r % 12 == 1 else 1
            r = self.found.before(r)
        return (
            self.count("run", f"总指数连续位于中心线{'以上' if above else '以下'}的月数", months, row)
            if months > 1
            else None
        )

    def _uncompiled(self, row: int | None) -> tuple[Uncompiled, ...]:
        grouped: dict[str, list[str]] = {}
        for i in self.found.industries:
            if i.refused:
                by_why: dict[str, list[str]] = {}
                for lack in i.lacking:
                    by_why.setdefault(WHY[lack.why], []).append(lack.name)
                why = "；".join(f"{'、'.join(names)}{text}" for text, names in by_why.items())
                grouped.setdefault(why or "没有一个月分项足够", []).append(i.subject.name)
            elif row is not None and np.isnan(i.index[row]):
                absent = [
                    c.name for c, v in zip(self.plan.components, i.components[row], strict=True) if np.isnan(v)
                ]  # fmt: skip
                grouped.setdefault(f"本期缺{'、'.join(absent)}", []).append(i.subject.name)
        return tuple(Uncompiled(tuple(names), why) for why, names in grouped.items())

    # ------------------------------------------------------------------------------------------- facts

    def points(
        self, what: str, label: str, value: float, period: Period, key: str = WHOLE, inputs: tuple[str, ...] = ()
    ) -> Fact:
        """An index or a difference of indices with two decimals; the first lineage of a fact stays."""
        text = fixed(value, DECIMALS)
        identifier = f"{key}/level_index/{what}/{period.code}"
        known = self.desk.book.get(identifier)
        if known is not None and known.text == text:
            return known
        lineage = Lineage(inputs, f"level index: {what}")
        return self.desk.book.add(Fact(identifier, label, float(text), text, "点", period, "computed", lineage))

    def count(self, what: str, label: str, number: float, row: int | None = None, unit: str = "个") -> Fact:
        period = self.at if row is None else self.found.period(row)
        identifier = f"{WHOLE}/level_index/count/{what}/{period.code}"
        lineage = Lineage((), "count")
        return self.desk.book.add(
            Fact(identifier, label, float(number), f"{number:g}", unit, period, "computed", lineage)
        )

    def _settings(self) -> dict[str, Fact]:
        plan = self.plan
        values: dict[str, tuple[str, float, str]] = {
            "fewest_months": ("每个分项至少需要的月数", plan.fewest_observations, "个"),
            "fewest_components": ("至少需要的分项数", plan.fewest_components, "个"),
            "window": ("标准化所用以前年数", plan.reference_years, "年"),
            "cap": ("标准化值的上限", plan.cap, ""),
            "scale": ("一个标准差的点数", plan.scale, "点"),
            "centre": ("中心线", CENTRE, "点"),
            "oldest": ("指数可落后的月数", plan.shown.oldest, "个"),
            "weight_years": ("行业权重所用年数", plan.aggregate_weights.years, "个"),
        }
        values |= {f"bound/{k}": ("区间界限", b, "点") for k, b in enumerate(plan.bounds)}
        values |= {f"weight/{c.key}": (f"{c.name}权重", round(c.weight * 100, 6), "%") for c in plan.components}
        return {
            key: self.desk.book.add(
                Fact(
                    f"parameter:level_index/{key}", label, float(v), f"{v:g}", unit, self.at, "computed",
                    Lineage((), "catalogue parameter"),
                )
            )
            for key, (label, v, unit) in values.items()
        }  # fmt: skip

    def _inputs(
        self, row: int, industries: Sequence[IndustryIndex], *, component: int | None = None, newest: bool = False
    ) -> tuple[str, ...]:
        """Figures of the months that a value is made from; with ``newest`` only those of its last month."""
        if not self.figures:
            self.figures.update(_by_row(self.found))
        distorted = self.found.start_year * 12 + row in month_numbers(self.plan.base_distorted)
        recent = range(row, row - (1 if newest else 4), -1)
        years = (0,) if newest else (0, 12, 24) if distorted else (0, 12)
        found: set[str] = set()
        for place, c in enumerate(self.plan.components):
            if component is not None and place != component:
                continue
            # Growth compares with the year before by itself; levels of both years make a change of the margin.
            margin = c.measure == "margin_change"
            back = years if margin else (0, 12) if distorted else (0,)
            kinds = {(code, "level" if margin else "yoy") for code in of_component(c)}
            for i in industries:
                for r in {r - b for r in recent for b in back}:
                    for o in self.figures.get((i.subject.key, r), ()):
                        if (o.series.indicator, o.series.measure) in kinds:
                            found.add(f"{o.series.id}@{o.period.code}")
        return tuple(sorted(found))

    def _short(self, one: IndustryIndex) -> str:
        industry = self.desk.catalogue.industries.get(one.subject.code) if one.subject.kind == "industry" else None
        return industry.short if industry is not None and industry.short else one.subject.name

    def _zones(self) -> tuple[tuple[str, str], ...]:
        return tuple((z.name, z.light) for z in self.plan.zones)

    def _centre(self) -> int:
        """The zone that holds the centre line."""
        return int(lights.zones(np.array([CENTRE]), self.plan.bounds)[0])


def _by_row(found: Prosperity) -> dict[tuple[str, int], list[Observation]]:
    """Figures of each industry by the month that they end in."""
    rows: dict[tuple[str, int], list[Observation]] = {}
    for i in found.industries:
        for o in i.observations:
            rows.setdefault((i.subject.key, row_of(o.period, found.start_year)), []).append(o)
    return rows


def _number(fact: Fact | None) -> float:
    return fact.value if fact is not None and fact.value is not None else float("nan")
