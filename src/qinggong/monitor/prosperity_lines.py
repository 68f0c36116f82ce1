"""Facts of indices in points (景气指数的事实): values, changes, parts of a change, history, and what each rests on.

Values have two decimals. A change is the difference of two printed values; parts of a change are rounded so that they
sum to it (largest remainder), each within 0.02 points of its exact size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.prosperity import LevelIndexPlan, month_numbers
from qinggong.methods import lights
from qinggong.monitor.facts import Fact, Hand, IndexLine, Lineage, Part, ZoneCount, fixed
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import COUNTRY, DECIMALS, IndustryIndex, Prosperity
from qinggong.monitor.prosperity_inputs import of_component, row_of
from qinggong.periods import Period
from qinggong.store.base import Observation

Floats = NDArray[np.float64]
Told = tuple[Fact | None, Fact | None, Fact | None, Fact | None, Fact | None]
"""Value, value before, value a year before, and the two changes."""

CENTRE = 100.0
WHOLE = "index:light_industry"


@dataclass(frozen=True, slots=True)
class Lines:
    """Makes the facts of one compilation."""

    desk: Desk
    found: Prosperity
    at: Period
    figures: dict[tuple[str, int], list[Observation]] = field(default_factory=dict)

    @property
    def plan(self) -> LevelIndexPlan:
        return self.found.plan

    @property
    def key(self) -> str:
        """Of the aggregate: of the country, or of the province."""
        return WHOLE if self.found.region == COUNTRY else f"{WHOLE}@{self.found.region}"

    @property
    def counted(self) -> list[IndustryIndex]:
        """The industries of the aggregate."""
        return [i for i in self.found.industries if i.counted]

    @property
    def zones(self) -> tuple[tuple[str, str], ...]:
        return tuple((z.name, z.light) for z in self.plan.zones)

    @property
    def centre(self) -> int:
        """The zone that holds the centre line."""
        return int(lights.zones(np.array([CENTRE]), self.plan.bounds)[0])

    def values(
        self,
        key: str,
        what: str,
        name: str,
        values: Floats,
        row: int,
        industries: Sequence[IndustryIndex],
        component: int | None = None,
    ) -> Told:
        """Value, value before, value a year before, and the two changes."""
        rows = (row, self.found.before(row), row - 12)
        now, before, year = (
            None if r < 0 or np.isnan(values[r])
            else self.points(
                what, name, float(values[r]), self.found.period(r), key,
                self.inputs(r, industries, component=component, newest=r != row),
            )
            for r in rows
        )  # fmt: skip
        return now, before, year, self.difference(now, before, "change"), self.difference(now, year, "year_change")

    def difference(self, now: Fact | None, then: Fact | None, what: str) -> Fact | None:
        if now is None or then is None:
            return None
        text = fixed(float(Decimal(now.text) - Decimal(then.text)), DECIMALS)
        lineage = Lineage((*now.lineage.inputs, *then.lineage.inputs), f"difference of {now.id} and {then.id}")
        label = f"{now.label}{'比上期' if what == 'change' else '比上年同期'}变动"
        return self.desk.book.add(
            Fact(f"{now.id}#{what}", label, float(text), text, "点", now.period, "computed", lineage)
        )

    def line(
        self, key: str, name: str, short: str,
        told: Told,
        zones: NDArray[np.int8], row: int, shown: Sequence[int], parts: tuple[Part, ...],
        history: tuple[Fact | None, ...] = (), hand: Hand | None = None,
        capped: tuple[str, ...] = (), absent: tuple[str, ...] = (), withheld: bool = False,
    ) -> IndexLine:  # fmt: skip
        now, before, year, change, year_change = told
        then = self.found.before(row)
        return IndexLine(
            key, name, short, now, before, year, change, year_change, int(zones[row]),
            int(zones[then]) if then >= 0 else lights.UNKNOWN, parts, tuple(int(zones[r]) for r in shown), history,
            hand, capped, absent, withheld,
        )  # fmt: skip

    def parts(
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

    def history(
        self, key: str, what: str, name: str, values: Floats, shown: Sequence[int], component: int | None
    ) -> tuple[Fact | None, ...]:
        return tuple(
            None if np.isnan(values[r])
            else self.points(
                what, name, float(values[r]), self.found.period(r), key,
                self.inputs(r, self.counted, component=component, newest=True),
            )
            for r in shown
        )  # fmt: skip

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

    def zone_counts(self, members: Sequence[IndexLine], row: int, *, what: str = "行业") -> tuple[ZoneCount, ...]:
        """The official form from hot to cold, the zone of the centre line split at 100 (100 itself above)."""
        names, centre = [name for name, _ in self.zones], self.centre
        kinds = []
        for place in range(len(names) - 1, -1, -1):
            halves = ("（中心线以上）", "（中心线以下）") if place == centre else ("",)
            kinds += [(names[place] + half, place, half) for half in halves]
        found = [
            next(
                k for k, (_, zone, half) in enumerate(kinds)
                if zone == i.zone and (not half or ("上" in half) == (number_of(i.value) >= CENTRE))
            )
            for i in members
        ]  # fmt: skip
        counted = lights.count(found, number=len(kinds))
        kind = "zone" if what == "行业" else f"zone/{what}"
        return tuple(
            ZoneCount(
                name, zone, self.count(f"{kind}/{k}", f"{name}的{what}", counted.counts[k], row),
                self.count(f"{kind}/share/{k}", f"{name}的{what}占比", counted.shares[k], row, "%"),
                tuple(i.short for i, f in zip(members, found, strict=True) if f == k),
            )
            for k, (name, zone, _) in enumerate(kinds)
        )  # fmt: skip

    def inputs(
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
            codes = of_component(c)
            for i in industries:
                for r in {r - b for r in recent for b in back}:
                    rows = [o for o in self.figures.get((i.subject.key, r), ()) if o.series.indicator in codes]
                    found |= {f"{o.series.id}@{o.period.code}" for o in _made_from(rows, margin=margin)}
        return tuple(sorted(found))


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


def _made_from(rows: Sequence[Observation], *, margin: bool) -> list[Observation]:
    """Levels for a margin; growth of the month for growth, without it cumulative levels and their growth."""
    if margin:
        return [o for o in rows if o.series.measure == "level"]
    monthly = [o for o in rows if o.series.measure == "yoy" and (o.period.kind == "month" or o.period.is_jan_feb)]
    return monthly or [o for o in rows if o.series.measure in ("yoy", "level")]


def number_of(fact: Fact | None) -> float:
    """The value of a fact, NaN without one."""
    return fact.value if fact is not None and fact.value is not None else float("nan")


def _by_row(found: Prosperity) -> dict[tuple[str, int], list[Observation]]:
    """Figures of each industry by the month that they end in."""
    rows: dict[tuple[str, int], list[Observation]] = {}
    for i in found.industries:
        for o in i.observations:
            rows.setdefault((i.subject.key, row_of(o.period, found.start_year)), []).append(o)
    return rows
