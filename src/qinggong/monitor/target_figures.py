"""One target held against published figures (单项目标测算): growth targets, levels, and growth relative to another.

All results are facts with their lineage. What rounding and the unknown shares of the months leave open is carried as an
interval from the published digits to the printed sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Indicator, Subject
from qinggong.catalogue.plans import Plan, Reading, Target, TargetSettings
from qinggong.methods import required_growth as need
from qinggong.methods.attainment import Paths, chance
from qinggong.methods.growth import Interval
from qinggong.monitor.facts import Fact, Lineage, Part, TargetReading, fixed, quantity
from qinggong.monitor.harmonise import half_unit
from qinggong.monitor.movements import citation_of, published_fact
from qinggong.monitor.target_industries import Weighted, weighted_industries
from qinggong.monitor.target_inputs import BasisChange, Figures, Readings, basis_changes, period_at, readings, step_of
from qinggong.monitor.target_outlook import Outlook, outlook
from qinggong.periods import Period, ytd
from qinggong.store.base import Observation

Floats = NDArray[np.float64]

_SHOWN_PARTS = 3


@dataclass(frozen=True, slots=True)
class Follower:
    """A target and what it is followed with; ``figures`` hold nothing that ends after ``at``."""

    figures: Figures
    plan: Plan
    target: Target
    settings: TargetSettings
    subject: Subject
    indicator: Indicator
    at: Period
    moved: tuple[tuple[str, str, float], ...] = ()

    @staticmethod
    def published(figures: Figures, o: Observation, subject: Subject, indicator: Indicator) -> Fact:
        label = quantity(subject.name, indicator.code, indicator.name) + ("同比" if o.series.measure == "yoy" else "")
        return published_fact(figures.desk, o, label=label)

    def shown(self, o: Observation) -> Fact:
        return self.published(self.figures, o, self.subject, self.indicator)

    def computed(
        self, name: str, label: str, value: float, decimals: int, unit: str, period: Period, method: str,
        used: Sequence[Observation] = (),
    ) -> Fact:  # fmt: skip
        text = fixed(value, decimals)
        citations = {c.key: c for c in map(citation_of, used)}
        lineage = Lineage(
            tuple(dict.fromkeys(f"{o.series.id}@{o.period.code}" for o in used)), method, tuple(citations.values())
        )
        identifier = f"target:{self.plan.code}.{self.target.code}/{self.at.year}-{self.at.last:02d}#{name}"
        return self.figures.desk.book.add(
            Fact(identifier, f"{self.target.text}：{label}", float(text), text, unit, period, "computed", lineage)
        )

    def bounds(self) -> tuple[Reading, ...]:
        """Readings of the bound: several only for 左右."""
        return self.settings.readings if self.target.bound == "approximate" else self.settings.readings[:1]

    def headline(self, bounds: Sequence[Reading]) -> int:
        keys = [b.key for b in bounds]
        return keys.index(self.settings.headline) if self.settings.headline in keys else 0


@dataclass(frozen=True, slots=True)
class Pursuit:
    """What holding a target against the figures gave; the fields are those of a ``TargetLine``."""

    state: str
    reason: str = ""
    period: Period | None = None
    value: Fact | None = None
    growth: Fact | None = None
    finished: tuple[Fact, ...] = ()
    mean: Fact | None = None
    gap: Fact | None = None
    benchmark: Fact | None = None
    benchmark_name: str = ""
    remaining: Fact | None = None
    rest: str = "months"
    readings: tuple[TargetReading, ...] = ()
    headline: int = 0
    carrying: tuple[Part, ...] = ()
    dragging: tuple[Part, ...] = ()
    weights: str = ""


def around(o: Observation) -> Interval:
    """The interval behind a published figure, in the unit of its series."""
    assert o.value is not None
    half = half_unit(o)
    return Interval(o.value - half, o.value + half)


def decimals_for(interval: Interval) -> int:
    """One decimal where the interval leaves it a meaning, else none."""
    return 1 if interval.width <= 2 and abs(interval.middle) < 100 else 0


def required_facts(
    f: Follower, key: str, interval: Interval, period: Period, method: str, used: Sequence[Observation], what: str
) -> dict[str, Fact]:
    """Required growth with its bounds."""
    decimals = decimals_for(interval)
    return {
        name: f.computed(f"{key}.{name}", f"{what}需增长{word}", value, decimals, "%", period, method, used)
        for name, word, value in (
            ("required", "", interval.middle), ("required_low", "（下限）", interval.low),
            ("required_high", "（上限）", interval.high),
        )
    }  # fmt: skip


def chance_facts(
    f: Follower, key: str, reached: NDArray[np.bool_], paths: Paths, period: Period, method: str,
    used: Sequence[Observation],
) -> dict[str, Fact]:  # fmt: skip
    """Probability of attainment in whole percent, kept between 1 and 99, with its interval."""
    s = f.settings.simulation
    values = chance(reached, paths, resamples=s.resamples, interval=s.interval, seed=s.seed)
    return {
        name: f.computed(
            f"{key}.{name}", f"达到的可能性{word}", min(max(v * 100, 1), 99), 0, "%", period, method, used
        )
        for name, word, v in zip(("probability", "low", "high"), ("", "（下限）", "（上限）"), values, strict=True)
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- growth


def growth_target(f: Follower) -> Pursuit:
    """A target for the growth of one year, or for its mean over several."""
    assert f.target.value is not None
    found = readings(f.figures, f.subject, f.indicator)
    years = f.target.years if f.target.over != "each_year" else (_year_of(f),)
    known = []
    for year in years:
        o = found.growth.get(ytd(year, 12))
        if o is None:
            break
        known.append(o)
    finished = tuple(f.shown(o) for o in known)
    bounds = f.bounds()
    if len(known) == len(years):
        return _decided_growth(f, known, finished, bounds)
    running = years[len(known)]
    if running > f.at.year and not known:
        return Pursuit("no_data", f"{running}年还没有开始", finished=finished)
    if any(running < p.year <= years[-1] for p in found.growth):
        return Pursuit("no_base", f"缺{running}年全年{f.indicator.name}增速，不能推算", finished=finished)
    ahead = outlook(f.figures, f.subject, f.indicator, f.settings.simulation, year=running)
    if ahead.step < 0 and not known and not any(p.year < running for p in found.growth):
        return Pursuit("no_data", f"缺数据：没有收录{f.subject.name}{f.indicator.name}增速")
    return _open_growth(f, ahead, known, finished, bounds, years)


def _year_of(f: Follower) -> int:
    """The year of a yearly target at a month: that year, or the last one of the target."""
    return f.at.year if f.at.year in f.target.years else f.target.years[-1]


def _decided_growth(
    f: Follower, known: Sequence[Observation], finished: tuple[Fact, ...], bounds: Sequence[Reading]
) -> Pursuit:
    assert f.target.value is not None
    last = known[-1].period
    values = [o.value for o in known if o.value is not None]
    reached = need.mean_growth(values)
    mean = None
    if len(known) > 1:
        mean = f.computed("mean", "平均增速", reached, 1, "%", last, "geometric mean of the years", known)
    told = []
    for b in bounds:
        floor = b.floor(f.target.value)
        fact = f.computed(f"{b.key}.floor", f"下限（{b.name}）", floor, 1, "%", last, "target less tolerance")
        # Published growth has one decimal: a mean that rounds to the floor meets it.
        verdict = "met" if reached >= floor - 0.05 else "missed"
        told.append(TargetReading(b.key, b.name, fact, verdict=verdict))
    gap = f.computed("gap", "与目标之差", reached - f.target.value, 1, "百分点", last, "value − target", known)
    return Pursuit(
        "decided", period=last, value=finished[-1], finished=finished, mean=mean, gap=gap, readings=tuple(told),
        headline=f.headline(bounds),
    )  # fmt: skip


def _open_growth(
    f: Follower, ahead: Outlook, known: Sequence[Observation], finished: tuple[Fact, ...], bounds: Sequence[Reading],
    years: Sequence[int],
) -> Pursuit:  # fmt: skip
    assert f.target.value is not None
    running, step, last_year = ahead.year, ahead.step, years[-1]
    period = period_at(running, step) if step >= 0 else ytd(running - 1, 12)
    newest = ahead.readings.growth.get(period)
    so_far = around(newest) if newest is not None and step >= 0 else Interval(0.0, 0.0)
    share = ahead.shares.upto[step] if step >= 0 else Interval(0.0, 0.0)
    used = [*known, *([newest] if newest is not None and step >= 0 else []), *ahead.shares.used]
    earlier = [around(o) for o in known]
    after = last_year - running
    remaining = f.computed("remaining", "剩余月数", 12 - (step + 2 if step >= 0 else 0), 0, "个月", period, "count")
    paths = ahead.simulate(f.settings.simulation, years=after + 1) if ahead.model is not None else None
    industries = weighted_industries(f.figures, f.subject, f.indicator, period=period) if step >= 0 else None
    growth = _moved(f, paths, industries, share.middle) if paths is not None else None
    told = []
    for b in bounds:
        floor = b.floor(f.target.value)
        facts: dict[str, Fact] = {}
        year_need = None
        if after == 0:
            wanted = need.bounds(partial(_last_year, floor), *earlier)
            if len(years) > 1:
                year_need = f.computed(
                    f"{b.key}.year_need", f"{running}年全年需增长", wanted.middle, 1, "%", ytd(running, 12),
                    "((1+m)^n / Π(1+g)) − 1", known,
                )  # fmt: skip
            if step < 10:
                interval = need.bounds(need.of_share, wanted, so_far, share)
                facts = required_facts(
                    f, b.key, interval, period, "(G* − wG) / (1 − w), w by " + ahead.shares.origin, used, "剩余月份"
                )
        else:
            interval = need.bounds(partial(_evenly, floor, len(years)), so_far, share, *earlier)
            facts = required_facts(
                f, b.key, interval, period, "one rate for the rest of the year and the years after", used, "此后"
            )
        if growth is not None and paths is not None:
            factor = np.prod([1 + (o.value or 0.0) / 100 for o in known]) * np.prod(1 + growth / 100, axis=1)
            mean = (factor ** (1 / len(years)) - 1) * 100
            facts |= chance_facts(f, b.key, mean >= floor - 0.05, paths, period, _how(ahead), used)
        fact = f.computed(f"{b.key}.floor", f"下限（{b.name}）", floor, 1, "%", period, "target less tolerance")
        told.append(_with(TargetReading(b.key, b.name, fact, year_need), facts))
    mean_fact = None
    if known and newest is not None and step >= 0:
        so_far_mean = need.mean_growth([*(o.value or 0.0 for o in known), newest.value or 0.0])
        mean_fact = f.computed(
            "mean", "已知各期平均增速", so_far_mean, 1, "%", period, "geometric mean, the running year by its months", used
        )  # fmt: skip
    gap = None
    if newest is not None and step >= 0:
        against = told[0].year_need.value if told[0].year_need is not None else f.target.value
        gap = f.computed(
            "gap", "累计增速与所需全年增速之差", (newest.value or 0.0) - (against or 0.0), 1, "百分点", period,
            "growth so far − growth that the year needs", used,
        )  # fmt: skip
    carrying, dragging, weights = _parts(f, industries, told[0], period)
    ended = f.at.end_date >= ytd(last_year, 12).end_date
    reason = ahead.lacking or (f"没有收录{running}年全年{f.indicator.name}增速" if ended else "")
    return Pursuit(
        "ended" if ended else "open", reason, period=period,
        value=f.shown(newest) if newest is not None and step >= 0 else (finished[-1] if finished else None),
        finished=finished, mean=mean_fact, gap=gap, remaining=remaining,
        rest="years" if after else "months" if step >= 0 else "year", readings=tuple(told),
        headline=f.headline(bounds), carrying=carrying, dragging=dragging, weights=weights,
    )  # fmt: skip


def _last_year(floor: float, *known: float) -> float:
    """Growth that the last year needs for a mean over it and the years known."""
    return need.of_mean(floor, len(known) + 1, known)


def _evenly(floor: float, years: int, so_far: float, share: float, *known: float) -> float:
    return need.of_mean_evenly(floor, years, known, so_far, share)


def _with(reading: TargetReading, facts: Mapping[str, Fact]) -> TargetReading:
    """A reading with what it takes and how likely that is."""
    get = facts.get
    return replace(
        reading, required=get("required"), required_low=get("required_low"), required_high=get("required_high"),
        probability=get("probability"), low=get("low"), high=get("high"),
    )  # fmt: skip


def _how(ahead: Outlook) -> str:
    return (
        f"share of simulated paths, seeded; learnt from {ahead.learnt_from}; spread {ahead.spread:.2f} points a month"
    )


def _moved(f: Follower, paths: Paths, industries: Weighted | None, share: float) -> Floats:
    """Growth of the paths; an industry supposed to grow faster moves the running year by its weight."""
    growth = paths.growth
    for _, key, points in f.moved:
        weight = industries.weight_of(key) if industries is not None else None
        if weight is not None:
            growth = growth.copy()
            growth[:, 0] += weight * (1 - share) * points
    return growth


def _parts(
    f: Follower, industries: Weighted | None, told: TargetReading, period: Period
) -> tuple[tuple[Part, ...], tuple[Part, ...], str]:
    """Industries that add to, or take from, the growth that the year needs."""
    if industries is None or not industries.rows:
        return (), (), ""
    aim = told.year_need.value if told.year_need is not None else told.floor.value
    parts = []
    for row in industries.rows:
        points = row.weight * (row.growth - (aim or 0.0))
        parts.append(
            (
                points,
                Part(
                    row.name,
                    f.computed(
                        f"part.{row.key}", f"{row.name}对目标增速的拉动", points, 2, "百分点", period,
                        "weight × (growth − growth that the year needs); weight: " + industries.origin, row.used,
                    ),
                ),
            )
        )  # fmt: skip
    parts.sort(key=lambda p: -p[0])
    carrying = tuple(p for v, p in parts if v >= 0.005)[:_SHOWN_PARTS]
    dragging = tuple(p for v, p in reversed(parts) if v <= -0.005)[:_SHOWN_PARTS]
    return carrying, dragging, industries.origin


# -------------------------------------------------------------------------------------------------- level


def level_target(f: Follower) -> Pursuit:
    """A target for the level of one year."""
    assert f.target.value is not None
    found = readings(f.figures, f.subject, f.indicator)
    year = f.target.years[-1] if f.target.years else f.plan.valid_to.year
    final = found.level.get(ytd(year, 12))
    if final is not None:
        wanted = _in_unit(f, f.target.value, final)
        assert final.value is not None
        verdict = "met" if final.value + half_unit(final) > wanted else "missed"
        period = final.period
        floor = f.computed("floor", "目标值", f.target.value, _digits(f.target.value), f.target.unit, period, "target")
        gap = _level_gap(f, final, wanted, (final,))
        told = TargetReading("strict", f.settings.readings[0].name, floor, verdict=verdict)
        return Pursuit("decided", period=period, value=f.shown(final), gap=gap, readings=(told,))
    full = [p.year for p in found.level if p.last == 12 and p.year < year]
    last_full = max(full, default=None)
    running = year if found.newest(year) or last_full is None else last_full + 1
    if last_full is None and found.newest(year) is None:
        return Pursuit("no_data", f"缺数据：没有收录{f.subject.name}{f.indicator.name}")
    if running < year and found.newest(year):
        running = year
    ahead = outlook(f.figures, f.subject, f.indicator, f.settings.simulation, year=running)
    return _open_level(f, found, ahead, year, last_full)


def _in_unit(f: Follower, value: float, o: Observation) -> float:
    """A value in the target's unit, in the unit of a series."""
    return float(f.figures.catalogue.convert(Decimal(repr(value)), unit=f.target.unit, to=o.series.unit))


def _level_gap(f: Follower, o: Observation, wanted: float, used: Sequence[Observation]) -> Fact:
    assert o.value is not None
    in_target_unit = f.figures.catalogue.convert(
        Decimal(repr(round(o.value - wanted, 6))), unit=o.series.unit, to=f.target.unit
    )
    decimals = max(_digits(f.target.value or 0.0), o.decimals if o.printed_unit == f.target.unit else 1)
    return f.computed(
        "gap", "与目标之差", float(in_target_unit), decimals, f.target.unit, o.period, "value − target", used
    )


def _digits(value: float) -> int:
    return len(f"{value:g}".partition(".")[2])


def _open_level(f: Follower, found: Readings, ahead: Outlook, year: int, last_full: int | None) -> Pursuit:
    assert f.target.value is not None
    running = ahead.year
    period = max((p for p in found.level if p.year == running and p in found.growth), default=None)
    base_o = found.level.get(ytd(last_full, 12)) if last_full is not None else None
    anchor = found.level[period] if period is not None else base_o
    if anchor is None:
        return Pursuit("no_base", f"缺基数：没有收录{running - 1}年全年{f.indicator.name}，本年也没有同比增速")
    wanted = _in_unit(f, f.target.value, anchor)
    changes = basis_changes(f.figures, [found, *_profiles(f)])
    used = [anchor, *(o for c in changes for o in c.used), *ahead.shares.used]
    factors = np.array([c.factor for c in changes]) if changes else np.array([1.0])
    spread = Interval(float(factors.min()), float(factors.max()))
    after = year - running
    method, interval, rest = "", None, "months"
    if period is not None and after == 0:
        growth_o = found.growth[period]
        used.append(growth_o)
        share = ahead.shares.upto[step_of(period)]
        interval = need.bounds(need.level_by_share, wanted, around(anchor), around(growth_o), share)
        method = "(T − L) / (b(1−w)/w) − 1, b = L/(1+G), w by " + ahead.shares.origin
    elif base_o is not None:
        # Samples change every year: past changes of the basis bound what the published base is worth next year.
        whole = after + 1 if period is None else after
        start = around(base_o) if period is None else _year_level(found, period, ahead)
        interval = need.bounds(
            lambda level, factor: ((wanted / (level * factor**whole)) ** (1 / max(whole, 1)) - 1) * 100, start, spread
        )
        method = "(T / (L·f^k))^(1/k) − 1, f the change of basis seen in past years"
        rest = "year" if whole == 1 and period is None else "years"
    facts: dict[str, Fact] = {}
    at_period = period or anchor.period
    if interval is not None:
        facts = required_facts(f, "strict", interval, at_period, method, used, "剩余月份")
    if ahead.model is not None:
        paths = ahead.simulate(f.settings.simulation, years=after + 1)
        level = _level_paths(f, paths, found, ahead, period, base_o, changes)
        if level is not None:
            facts |= chance_facts(
                f, "strict", level >= wanted, paths, at_period, _how(ahead) + _basis(changes, period), used
            )
    floor = f.computed("floor", "目标值", f.target.value, _digits(f.target.value), f.target.unit, at_period, "target")
    told = _with(TargetReading("strict", f.settings.readings[0].name, floor), facts)
    months = 12 - period.last if period is not None else 12
    remaining = f.computed("remaining", "剩余月数", months, 0, "个月", at_period, "count")
    industries = weighted_industries(f.figures, f.subject, f.indicator, period=period) if period is not None else None
    carrying, dragging, weights = _level_parts(f, industries, period)
    ended = f.at.end_date >= ytd(year, 12).end_date
    reason = ahead.lacking or (f"没有收录{year}年全年{f.indicator.name}" if ended else "")
    return Pursuit(
        "ended" if ended else "open", reason, period=at_period, value=f.shown(anchor),
        growth=f.shown(found.growth[period]) if period is not None else None,
        finished=(f.shown(base_o),) if base_o is not None else (), gap=_level_gap(f, anchor, wanted, used),
        remaining=remaining, rest=rest, readings=(told,), carrying=carrying, dragging=dragging, weights=weights,
    )  # fmt: skip


def _profiles(f: Follower) -> list[Readings]:
    """The profile industry, whose changes of basis stand beside the subject's own few."""
    try:
        profile = f.figures.catalogue.subject(f.settings.simulation.profile, indicator=f.indicator.code)
    except LookupError:
        return []
    return [readings(f.figures, profile, f.indicator)] if profile.key != f.subject.key else []


def _year_level(found: Readings, period: Period, ahead: Outlook) -> Interval:
    """The running year's level if the rest of it grew like its months so far: L / w."""
    share = ahead.shares.upto[step_of(period)]
    level = around(found.level[period])
    return Interval(level.low / share.high, level.high / share.low)


def _level_paths(
    f: Follower, paths: Paths, found: Readings, ahead: Outlook, period: Period | None, base_o: Observation | None,
    changes: Sequence[BasisChange],
) -> Floats | None:  # fmt: skip
    """The level of the target's year on each path.

    With level and growth of some months the base of the year is b/w on this year's own samples. Before them the
    published base is multiplied by a change of basis drawn from past years; each later year draws one again.
    """
    generator = np.random.default_rng(f.settings.simulation.seed + 1)
    count = paths.growth.shape[0]
    factors = np.array([c.factor for c in changes])
    if period is not None:
        level, growth = around(found.level[period]), around(found.growth[period])
        share = ahead.shares.upto[step_of(period)]
        l = generator.uniform(level.low, level.high, count)  # noqa: E741 - the level L of the formulas
        g = generator.uniform(growth.low, growth.high, count)
        w = generator.uniform(share.low, share.high, count)
        if step_of(period) == ahead.step:
            reached = np.asarray(l / (1 + g / 100) / w * (1 + paths.growth[:, 0] / 100))
        else:
            reached = np.asarray(l / w)
    elif base_o is not None and factors.size:
        before = around(base_o)
        reached = (
            generator.uniform(before.low, before.high, count)
            * generator.choice(factors, count)
            * (1 + paths.growth[:, 0] / 100)
        )
    else:
        return None
    for later in range(1, paths.growth.shape[1]):
        if not factors.size:
            return None
        reached = reached * generator.choice(factors, count) * (1 + paths.growth[:, later] / 100)
    return np.asarray(reached, dtype=np.float64)


def _basis(changes: Sequence[BasisChange], period: Period | None) -> str:
    if period is not None:
        return "; base of the year from this year's level, growth and shares"
    return f"; change of basis drawn from {len(changes)} past ones"


def _level_parts(
    f: Follower, industries: Weighted | None, period: Period | None
) -> tuple[tuple[Part, ...], tuple[Part, ...], str]:
    """Industries above and below the whole's own growth, which is what a level can be held against."""
    if industries is None or period is None or not industries.rows or industries.whole is None:
        return (), (), ""
    whole = f.computed("aim", "本期增速", industries.whole, 1, "%", period, "published growth of the whole")
    return _parts(f, industries, TargetReading("strict", "", whole), period)


# ----------------------------------------------------------------------------------------------- relative


def relative_target(f: Follower) -> Pursuit:
    """Growth held against that of another subject, in the same period (与全国工业平均水平一致)."""
    assert f.target.relative_to is not None
    indicator = f.figures.catalogue.indicator(f.target.relative_to.indicator)
    other = f.figures.catalogue.subject(f.target.relative_to.subject, indicator=indicator.code)
    mine, theirs = readings(f.figures, f.subject, f.indicator), readings(f.figures, other, indicator)
    year = _year_of(f)
    both = sorted(p for p in mine.growth if p in theirs.growth and p.year in f.target.years)
    if not both:
        return Pursuit("no_data", f"缺数据：{f.subject.name}与{other.name}没有同一时期的{f.indicator.name}增速")
    finished = tuple(f.shown(mine.growth[p]) for p in both if p.last == 12)
    now = [p for p in both if p.year == year]
    if not now:
        state = "ended" if f.at.end_date >= ytd(year, 12).end_date else "no_data"
        return Pursuit(
            state, f"缺数据：没有收录{year}年{f.subject.name}{f.indicator.name}增速", period=both[-1],
            value=f.shown(mine.growth[both[-1]]), finished=finished,
        )  # fmt: skip
    period = now[-1]
    own, standard = mine.growth[period], theirs.growth[period]
    assert own.value is not None and standard.value is not None
    benchmark = Follower.published(f.figures, standard, other, indicator)
    gap = f.computed(
        "gap",
        f"与{other.name}之差",
        own.value - standard.value,
        1,
        "百分点",
        period,
        "growth − growth",
        (own, standard),
    )
    ahead = outlook(f.figures, f.subject, f.indicator, f.settings.simulation, year=year)
    told = []
    for reading in (f.settings.readings[0], f.settings.same_within):
        key, name, lowest = reading.key, reading.name, reading.floor(standard.value)
        floor = f.computed(
            f"{key}.floor", f"下限（{name}）", lowest, 1, "%", period, "benchmark less tolerance", (standard,)
        )
        if period.last == 12:
            told.append(TargetReading(key, name, floor, verdict="met" if own.value >= lowest - 1e-9 else "missed"))
            continue
        tolerance = standard.value - lowest
        share = ahead.shares.upto[step_of(period)]
        aim = around(standard)
        interval = need.bounds(need.of_share, Interval(aim.low - tolerance, aim.high - tolerance), around(own), share)
        facts = required_facts(
            f, key, interval, period, f"(G* − wG)/(1 − w), G* the growth of {other.name} so far", (own, standard),
            "剩余月份",
        )  # fmt: skip
        told.append(_with(TargetReading(key, name, floor), facts))
    ended = f.at.end_date >= ytd(year, 12).end_date and period.last < 12
    return Pursuit(
        "decided" if period.last == 12 else "ended" if ended else "open",
        f"没有收录两者{year}年全年的增速" if ended else "", period=period, value=f.shown(own), finished=finished, gap=gap,
        benchmark=benchmark, benchmark_name=other.name,
        remaining=f.computed("remaining", "剩余月数", 12 - period.last, 0, "个月", period, "count"),
        readings=tuple(told),
    )  # fmt: skip
