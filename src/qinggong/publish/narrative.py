"""Facts to sentences (叙述): the wording of official monthly releases, every number carried by its fact.

The rules for words (加快/回落, 降幅收窄/扩大, 由负转正 …) follow the phrase rules of the official style; the words
themselves, their thresholds and their scores are in ``bulletins/narrative.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qinggong.catalogue.narrative import bundled_narrative
from qinggong.monitor.facts import Fact, Movement, NextRelease
from qinggong.periods import Period, parse
from qinggong.publish.document import Inline, Paragraph
from qinggong.publish.language import spoken
from qinggong.publish.phrases import (
    amount,
    date_name,
    inside,
    join,
    named,
    noun,
    number,
    say,
    times,
    unit_name,
    when,
    word,
)

__all__ = [
    "FLAT",
    "before_name",
    "change_clause",
    "date_name",
    "following_sentence",
    "gap_clause",
    "growth_clause",
    "headline",
    "join",
    "level_clause",
    "mark_clause",
    "number",
    "paragraph",
    "record_clause",
    "run_clause",
    "season_clause",
    "streak_clause",
    "when",
]

FLAT = 0.05
"""Growth below this size rounds to 0.0 and is called 持平."""
ALL_INDUSTRY = "全国工业"
_AGAINST = {ALL_INDUSTRY: "against.industry", "限上商品零售": "against.retail"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be said: its kind in the narrative's scores, its size there, and its words."""

    kind: str
    size: float
    inlines: tuple[Inline, ...]
    bonus: float = 0.0

    @property
    def score(self) -> float:
        return bundled_narrative().scores[self.kind].of(self.size) + self.bonus

    @property
    def place(self) -> int:
        return bundled_narrative().scores[self.kind].place


def chosen(candidates: Iterable[Candidate], *, limit: str) -> list[list[Inline]]:
    """The best candidates up to a limit of the narrative, in the order of their places; empty ones never compete."""
    most = bundled_narrative().limits[limit]
    ranked = sorted((c for c in candidates if c.inlines), key=lambda c: -c.score)[:most]
    return [list(c.inlines) for c in sorted(ranked, key=lambda c: c.place)]


def paragraph(parts: Iterable[Sequence[Inline]], *, separator: str = "；", style: str = "body") -> Paragraph:
    """Clauses to a paragraph that ends with a full stop."""
    assert style in ("lead", "body", "bullet", "note")
    return Paragraph((*join(parts, separator), "。" if spoken() == "zh" else "."), style)  # type: ignore[arg-type]


def before_name(movement: Movement, previous: Period | None = None) -> str:
    """How the period of comparison is called: 7月份, 1—7月, 上年全年, 上年12月份."""
    given, period = previous is not None, movement.period
    previous = previous or movement.previous
    if given and previous.year != period.year:
        return named(previous, form="month" if previous.last < 12 else "flow")  # far back: the year itself, not 上年
    name = named(previous, form="stock" if movement.sequence == "point" else "month", with_year=False)
    if movement.sequence == "ytd" and previous.last == 12:
        return word("ref.last_year")
    if previous.year == period.year:
        return name
    return "".join(str(part) for part in say("ref.of_last_year", period=name))


def growth_clause(movement: Movement, *, first: bool = True, after: bool = False) -> list[Inline]:
    """同比增长 / 同比下降 / 与上年同期持平; ``first`` says 同比; ``after`` a level English has no verb (up 2.1%)."""
    growth = movement.growth
    if growth is None or growth.value is None:
        return []
    yoy = word("yoy") if first else ""
    way = "up" if growth.value > 0 else "down"
    tail = ".after" if after else ""
    if growth.value == 0 or (growth.unit == "%" and abs(growth.value) < FLAT):
        return say(f"growth.flat{tail}")
    x = number(growth, unsigned=True)
    if growth.unit == "百分点":
        return say(f"growth.points.{way}", yoy=yoy, x=x)
    if growth.unit != "%":
        return say(f"growth.amount.{way}", yoy=yoy, x=x, unit=unit_name(growth.unit))
    if growth.value >= bundled_narrative().threshold("multiple"):
        return say(f"growth.times{tail}", yoy=yoy, x=times(growth))
    return say(f"growth.{way}{tail}", yoy=yoy, x=x)


def change_clause(movement: Movement, *, brief: bool = False) -> list[Inline]:
    """Change of a growth rate in 百分点 against the period before, with the word that its signs ask for.

    Where the period before is not known, the newest earlier one of the year is taken and named. ``brief`` leaves 增速
    out, where a comparison of the same rate went before.
    """
    change, before, previous = movement.change, movement.previous_growth, movement.previous
    if change is None and movement.since is not None:
        change, before, previous = movement.since_change, movement.since_growth, movement.since
    growth = movement.growth
    if change is None or growth is None or before is None:
        return []
    now, then = growth.value or 0.0, before.value or 0.0
    if max(now, then) >= bundled_narrative().threshold("multiple") and min(now, then) > 0:
        return []  # a multiple has no change in 百分点
    far = previous if movement.change is None else None
    told = _changed(now, then, change, before, before_name(movement, far))
    if brief and isinstance(told[0], str) and told[0].startswith("增速比"):
        told[0] = told[0].removeprefix("增速")
    return told


def turned(movement: Movement) -> bool:
    """True if growth has another sign than in the period compared with."""
    now, then = movement.growth, movement.previous_growth
    return now is not None and then is not None and (now.value or 0.0) * (then.value or 0.0) < 0


def _changed(now: float, then: float, change: Fact, before: Fact, reference: str) -> list[Inline]:
    if change.value == 0:
        return say("change.same" if now >= 0 else "change.same_fall", ref=reference)
    if now > 0 > then:
        return say("change.turned_up", ref=reference, x=number(before, unsigned=True))
    if now == 0 and then < 0:
        return say("change.turned_flat", ref=reference, x=number(before, unsigned=True))
    if now < 0 < then:
        return say("change.turned_down", ref=reference, x=number(before, unsigned=True))
    size = abs(change.value or 0.0)
    degree = word("degree.sharp") if size >= bundled_narrative().threshold("sharp") else ""
    kind = (
        ("narrowed" if now > then else "widened") if now <= 0 and then <= 0
        else "faster" if now > then else "slower"
    )  # fmt: skip
    return say(f"change.{kind}", ref=reference, degree=degree, x=number(change, unsigned=True))


# -------------------------------------------------------------------------------------------------- highlights


def gap_clause(movement: Movement, *, against: str = ALL_INDUSTRY) -> list[Inline]:
    """Distance from the benchmark's growth: 高于 / 低于 … 个百分点."""
    gap = movement.gap
    if gap is None or gap.value is None:
        return []
    other = word(_AGAINST[against]) if against in _AGAINST else against
    if gap.value == 0:
        return say("gap.level", against=other)
    return say(f"gap.{'above' if gap.value > 0 else 'below'}", against=other, x=number(gap, unsigned=True))


def run_clause(movement: Movement) -> list[Inline]:
    """“连续n个月增长”, only from a stated fact."""
    return _signed("run", movement.run)


def streak_clause(movement: Movement) -> list[Inline]:
    """“增速已连续n个月加快”, only from a stated fact, and not where the change beside it says a turn."""
    return _signed("streak", movement.streak)


def _signed(key: str, fact: Fact | None) -> list[Inline]:
    if fact is None or fact.value is None:
        return []
    return say(f"{key}.{'up' if fact.value > 0 else 'down'}", x=number(fact, unsigned=True))


def record_clause(movement: Movement) -> list[Inline]:
    """“为2022年5月份以来最高”, only from a stated fact; the month is that of the rate that matched it."""
    record = movement.record
    if record is None or not record.stated:
        return []
    matched = parse(record.lineage.inputs[0].rpartition("@")[2])
    return say(f"record.{'high' if record.label.endswith('最高') else 'low'}", since=named(matched))


def season_clause(movement: Movement) -> list[Inline]:
    """“增速为近3年同期最高”, only from a stated fact."""
    season = movement.season
    if season is None or season.value is None:
        return []
    return say(f"season.{'high' if season.value > 0 else 'low'}", x=number(season, unsigned=True))


def mark_clause(movement: Movement) -> list[Inline]:
    """“突破15万亿元”, “近7万亿元”: a round level beside the exact one."""
    if movement.mark is None or not movement.mark_word:
        return []
    return say(f"mark.{movement.mark_word}", x=number(movement.mark), unit=unit_name(movement.mark.unit))


def share_clause(movement: Movement) -> list[Inline]:
    """The share in total retail sales."""
    return [] if movement.share is None else say("share", whole=word("whole.retail"), x=number(movement.share))


def details(movement: Movement, *, against: str = ALL_INDUSTRY, shares: bool = True) -> list[list[Inline]]:
    """What stands out of one figure: the best few by score."""

    def size(fact: Fact | None) -> float:
        return abs(fact.value) if fact is not None and fact.value is not None else 0.0

    streak = streak_clause(movement) if movement.change is not None and movement.change.value else []
    extremes = [
        Candidate("record", 0.0, tuple(record_clause(movement))),
        Candidate("season", size(movement.season), tuple(season_clause(movement))),
    ]  # one of the two: 以来最低 beside 同期最高 would be true and would confuse
    found = [
        Candidate("run", size(movement.run), tuple(run_clause(movement))),
        Candidate("streak", size(movement.streak), tuple(streak)),
        *sorted((c for c in extremes if c.inlines), key=lambda c: -c.score)[:1],
        Candidate("gap", size(movement.gap), tuple(gap_clause(movement, against=against))),
    ]
    if shares:
        found.append(Candidate("share", 0.0, tuple(share_clause(movement))))
    return chosen(found, limit="details")


# ---------------------------------------------------------------------------------------------------- headline


def level_clause(movement: Movement) -> list[Inline]:
    """The level with its unit as published."""
    level = movement.level
    return amount(level) if level is not None and level.value is not None else []


def level_key(indicator: str) -> str:
    """The phrase of a plain noun with its level: English has “were” for some indicators."""
    own = bundled_narrative().phrases.get(f"level.{indicator}")
    return "level.plural" if own is not None and " were " in own.en else "level.noun"


def headline(
    movement: Movement, *, first: bool = True, named: bool = True, detailed: bool = True, against: str = ALL_INDUSTRY
) -> list[Inline]:
    """One figure as a clause: who, level, growth, change; with ``detailed`` also the best of what stands out."""
    who = movement.name if named else ""
    what = noun(movement.name, movement.indicator, movement.indicator_name)
    if not named:
        what = (
            what.removeprefix(movement.name)
            if spoken() == "zh"
            else noun("", movement.indicator, movement.indicator_name)
        )
    clauses: list[list[Inline]]
    if movement.level is not None:
        key = f"level.{movement.indicator}"
        key = key if key in bundled_narrative().phrases else "level.noun"
        head = say(key, who=who, noun=what, level=level_clause(movement))
        head += mark_clause(movement) if detailed else []
        clauses = [head, growth_clause(movement, first=first, after=True)]
    else:
        clauses = [_plain(what, growth_clause(movement, first=first))]
    clauses.append(change_clause(movement))
    if detailed:
        clauses += details(movement, against=against)
    return join(clauses, "，")


def _plain(what: str, growth: list[Inline]) -> list[Inline]:
    return [what, *([" "] if spoken() == "en" and growth else []), *growth]


# --------------------------------------------------------------------------------------------------- releases


def following_sentence(following: NextRelease, *, reference: str, beside: Period) -> str:
    """When the next figures come; certain where the timetable states the day, customary otherwise."""
    what = _text(say("release.what", period=when(following.period, beside=beside), what=inside(following.what)))
    day = date_name(following.date, beside=beside)
    custom = "" if following.announced else ".customary"
    if following.date <= reference and following.period > beside:
        return _text(say("release.dated" if following.announced else "release.customary", what=what, day=day))
    if following.date <= reference:
        key = f"release.was{custom}"
        return _text(say(key, what=what) if custom else say(key, what=what, day=day))
    return _text(say(f"release.will{custom}", what=what, day=day))


def _text(inlines: Sequence[Inline]) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in inlines)
