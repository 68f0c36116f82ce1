"""The level index told as facts (景气指数的事实): values, changes, parts, zones and clock of one month.

Groups, provinces, turns, revisions and the watched sectors are in ``prosperity_views``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.prosperity import LevelIndexPlan, month_numbers
from qinggong.methods import cycles
from qinggong.monitor import prosperity_views as views
from qinggong.monitor.facts import Fact, Hand, IndexLine, LightRecord, Lineage, Signals, Uncompiled
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import IndustryIndex, Prosperity, by_province, prosperity, zones_of
from qinggong.monitor.prosperity_cycles import STEP, IndexCycle, index_cycles
from qinggong.monitor.prosperity_lines import CENTRE, WHOLE, Lines
from qinggong.monitor.prosperity_record import LaterLights, later_lights
from qinggong.periods import Period
from qinggong.store.base import Snapshot

Floats = NDArray[np.float64]

TRAIL = 6
"""Months of the clock's trail."""
PARTLY = "*"
"""Marks industries that belong to light industry in part and stand beside the aggregate."""


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
        index, one after the other.
    """
    found = prosperity(desk.snapshot, desk.catalogue, plan, at=at)
    teller = _Teller(Lines(desk, found, at))
    row = teller.row()
    if row is None:
        return teller.nothing()
    provinces = by_province(desk.snapshot, desk.catalogue, plan, at=at)
    return teller.told(row, later_lights(found, desk.catalogue, earlier, at=at), provinces)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells one compilation."""

    lines: Lines

    @property
    def found(self) -> Prosperity:
        return self.lines.found

    @property
    def plan(self) -> LevelIndexPlan:
        return self.lines.plan

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

    def nothing(self) -> Signals:
        newest, lines = self.newest(), self.lines
        return Signals(
            self.plan.name, lines.at, None, None if newest is None else self.found.period(newest), None, None, (), (),
            self._uncompiled(None), (), None, None, lines.zones, lines.centre, self._settings(),
            watched=views.watched(lines),
        )  # fmt: skip

    def told(self, row: int, later: LaterLights, provinces: Sequence[Prosperity]) -> Signals:
        found, plan, lines = self.found, self.plan, self.lines
        shown = [r for r in range(row + 1) if r % 12][-plan.shown.observations :]
        distorted = month_numbers(plan.base_distorted)
        columns = np.stack([*(i.index for i in found.industries), found.aggregate], axis=1)
        turning = index_cycles(columns[: row + 1], start_year=found.start_year, ahead=plan.shown.ahead)
        industries = [
            self._industry(i, row, shown, cycle)
            for i, cycle in zip(found.industries, turning, strict=False) if not np.isnan(i.index[row])
        ]  # fmt: skip
        whole = None if np.isnan(found.aggregate[row]) else self._whole(row, shown, turning[-1])
        cycled = [(WHOLE, "合计", turning[-1])] if whole else []
        keys = {i.key for i in industries}
        cycled += [
            (i.subject.key, self._short(i), cycle)
            for i, cycle in zip(found.industries, turning, strict=False) if i.subject.key in keys
        ]  # fmt: skip
        return Signals(
            plan.name, lines.at, found.period(row), None, found.period(found.before(row)), whole,
            self._components(row, shown) if whole else (), tuple(industries), self._uncompiled(row),
            lines.zone_counts(industries, row), lines.count("total", "有指数的行业", len(industries), row),
            self._run(row) if whole else None, lines.zones, lines.centre, self._settings(),
            tuple(found.period(r) for r in shown),
            tuple(found.period(r) for r in shown if found.start_year * 12 + r in distorted), plan.left_out,
            self._record(later), views.groups(lines, row, shown) if whole else (),
            tuple(self._short(i) for i in found.industries if not i.counted and i.subject.key in keys),
            views.revisions(lines, later, row), views.cycles(lines, cycled, row),
            views.places(lines, provinces, row), views.watched(lines), views.ingredients(lines),
        )  # fmt: skip

    def _record(self, later: LaterLights) -> LightRecord | None:
        if not later.compared:
            return None
        lines = self.lines
        return LightRecord(
            lines.count("compared", "与今日比较的首次灯号", later.compared),
            lines.count("changed", "后来改变的灯号", later.changed),
            lines.points("revision", "首次指数与今日之差的中位数", later.revision, lines.at),
            lines.count("bulletins", "用来比较的以往各期", later.bulletins),
            lines.count("real", "所用数字后来修订过的首次灯号", later.real),
        )

    def _whole(self, row: int, shown: Sequence[int], cycle: IndexCycle) -> IndexLine:
        found, lines, name = self.found, self.lines, "总指数"
        told = lines.values(WHOLE, "index", name, found.aggregate, row, lines.counted)
        inside = np.array([i.counted for i in found.industries])
        changes = found.change_of(found.parts[:, inside], row)
        return lines.line(
            WHOLE, name, "合计", told, found.aggregate_zones, row, shown,
            lines.parts(WHOLE, "industry", told[3], [i.subject.name for i in lines.counted], changes, row),
            lines.history(WHOLE, "index", name, found.aggregate, shown, None), self._hand(WHOLE, name, cycle, row),
        )  # fmt: skip

    def _components(self, row: int, shown: Sequence[int]) -> tuple[IndexLine, ...]:
        """The components of the aggregate; each one's parts hold its own part of the change of the aggregate."""
        found, plan, lines = self.found, self.plan, self.lines
        changes = found.change_of(found.component_parts, row)
        change = lines.values(WHOLE, "index", "总指数", found.aggregate, row, lines.counted)[3]
        parts = lines.parts(WHOLE, "component", change, [c.name for c in plan.components], changes, row)
        out = []
        for place, c in enumerate(plan.components):
            values, name = found.aggregate_components[:, place], f"{c.name}指数"
            told = lines.values(WHOLE, c.key, name, values, row, lines.counted, place)
            history = lines.history(WHOLE, c.key, name, values, shown, place)
            own = parts[place : place + 1]
            out.append(lines.line(c.key, name, c.name, told, zones_of(values, plan), row, shown, own, history))
        return tuple(out)

    def _industry(self, one: IndustryIndex, row: int, shown: Sequence[int], cycle: IndexCycle) -> IndexLine:
        subject, lines, names = one.subject, self.lines, [c.name for c in self.plan.components]
        told = lines.values(subject.key, "index", f"{subject.name}指数", one.index, row, [one])
        line = lines.line(
            subject.key, subject.name, self._short(one), told, one.zones, row, shown,
            lines.parts(subject.key, "component", told[3], names, one.contributions[row], row), (),
            self._hand(subject.key, subject.name, cycle, row),
            tuple(n for n, c in zip(names, one.capped[row], strict=True) if c),
            tuple(n for n, v in zip(names, one.components[row], strict=True) if np.isnan(v)),
            bool(one.withheld[row]),
        )  # fmt: skip
        for place, c in enumerate(self.plan.components):
            value = float(one.components[row, place])
            if not np.isnan(value):
                name, inputs = f"{subject.name}{c.name}指数", lines.inputs(row, [one], component=place)
                lines.points(c.key, name, value, self.found.period(row), subject.key, inputs)
        return line

    def _hand(self, key: str, name: str, cycle: IndexCycle, row: int) -> Hand | None:
        phase = cycles.PHASES[int(cycle.phase[row])]
        if not phase:
            return None
        period, deviation = self.found.period(row), cycle.deviation
        rows = [r for r in range(row - TRAIL, row) if r >= STEP]
        places = [(float(deviation[r] - deviation[r - STEP]), float(deviation[r])) for r in rows]
        step = float(deviation[row] - deviation[row - STEP])
        return Hand(
            phase, self.lines.points("deviation", f"{name}指数对趋势的偏离", float(deviation[row]), period, key),
            self.lines.points("deviation_step", f"{name}指数对趋势的偏离3个月变动", step, period, key),
            tuple((round(x, 3), round(y, 3)) for x, y in places if not math.isnan(x)),
        )  # fmt: skip

    def _run(self, row: int) -> Fact | None:
        """Months in a row on one side of the centre line; January–February counts as two."""
        values, above = self.found.aggregate, self.found.aggregate[row] >= CENTRE
        months, r = 0, row
        while r >= 0 and not np.isnan(values[r]) and (values[r] >= CENTRE) == above:
            months += 2 if r % 12 == 1 else 1
            r = self.found.before(r)
        return (
            self.lines.count("run", f"总指数连续位于中心线{'以上' if above else '以下'}的月数", months, row)
            if months > 1
            else None
        )

    def _uncompiled(self, row: int | None) -> tuple[Uncompiled, ...]:
        grouped: dict[str, list[str]] = {}
        for i in self.found.industries:
            if i.refused:
                grouped.setdefault(views.why_refused(i), []).append(i.subject.name)
            elif row is not None and np.isnan(i.index[row]):
                absent = [
                    c.name for c, v in zip(self.plan.components, i.components[row], strict=True) if np.isnan(v)
                ]  # fmt: skip
                grouped.setdefault(f"本期缺{'、'.join(absent)}", []).append(i.subject.name)
        return tuple(Uncompiled(tuple(names), why) for why, names in grouped.items())

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
            "margin_outlier": ("单月利润率变动偏离以往的倍数", plan.margin_outlier, ""),
        }
        values |= {f"bound/{k}": ("区间界限", b, "点") for k, b in enumerate(plan.bounds)}
        values |= {f"weight/{c.key}": (f"{c.name}权重", round(c.weight * 100, 6), "%") for c in plan.components}
        return {
            key: self.lines.desk.book.add(
                Fact(
                    f"parameter:level_index/{key}", label, float(v), f"{v:g}", unit, self.lines.at, "computed",
                    Lineage((), "catalogue parameter"),
                )
            )
            for key, (label, v, unit) in values.items()
        }  # fmt: skip

    def _short(self, one: IndustryIndex) -> str:
        return views.short_name(self.lines.desk.catalogue, one.subject) + ("" if one.counted else PARTLY)
