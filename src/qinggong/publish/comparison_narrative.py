"""Comparisons in sentences (横向比较的叙述): members, who is fastest, who turned, who pulls and who drags."""

from __future__ import annotations

from collections.abc import Sequence

from qinggong.catalogue.narrative import bundled_narrative
from qinggong.monitor.facts import Comparison, Contrast, Fact, Movement
from qinggong.periods import Period
from qinggong.publish.document import Inline
from qinggong.publish.language import spoken
from qinggong.publish.narrative import (
    Candidate,
    change_clause,
    chosen,
    details,
    growth_clause,
    join,
    level_clause,
    level_key,
    number,
)
from qinggong.publish.phrases import called, inside, listed, merged, named, noun, say, sentence, word

AGAINST = {"retail_sales": "限上商品零售"}


def members(comparison: Comparison) -> list[Inline]:
    """The members in words, fastest first, up to a handful of the fastest and the slowest; the table has the rest."""
    most = bundled_narrative().limits["members"]
    rows = [m for m in comparison.rows if m.growth is not None]
    if not rows:
        told = ((noun(m.name, m.indicator, m.indicator_name), m) for m in comparison.rows[:most])
        return join((_valued(head, m, verb=True) for head, m in told), "；")
    shown = sorted(rows, key=lambda m: -_value(m.growth))
    if len(shown) > most:
        shown = [*shown[: most - 2], *shown[-2:]]
    against = AGAINST.get(comparison.indicator, "全国工业")
    clauses = []
    for place, m in enumerate(shown):
        head = noun(m.name, m.indicator, m.indicator_name) if place == 0 else inside(m.name)
        growth = growth_clause(m, first=place == 0, after=m.level is not None)
        more = [change_clause(m), *details(m, against=against, shares=False)]
        if m.level is not None:
            clauses.append(join([_valued(head, m, verb=place == 0), growth, *more], "，"))
        else:
            clauses.append([head, " " if spoken() == "en" and growth else "", *join([growth, *more], "，")])
    return merged(join(clauses, "；"))


def _valued(head: str, m: Movement, *, verb: bool) -> list[Inline]:
    """A name with its level; English has a verb in the first clause only."""
    return say(level_key(m.indicator) if verb else "level.again", noun=head, level=level_clause(m))


def _value(fact: Fact | None) -> float:
    return fact.value if fact is not None and fact.value is not None else 0.0


def points(comparison: Comparison) -> list[list[Inline]]:
    """What stands out of the comparison: the best few clauses by score."""
    rows = [m for m in comparison.rows if m.growth is not None]
    floor = bundled_narrative().threshold("double_digit")
    moved = [m for m in rows if m.previous_growth is not None]
    up = [m for m in moved if _value(m.growth) > 0 > _value(m.previous_growth)]
    down = [m for m in moved if _value(m.growth) < 0 < _value(m.previous_growth)]
    strong = [m for m in moved if min(_value(m.growth), _value(m.previous_growth)) >= floor]
    found = [
        Candidate("breadth", 0.0, tuple(breadth(comparison))),
        Candidate("extremes", 0.0, tuple(extremes(comparison))),
        *(
            Candidate(kind, len(who), tuple(say(kind, names=_names(who))))
            for kind, who in (("turned_up", up), ("turned_down", down), ("double_digit", strong))
            if who and len(rows) > bundled_narrative().limits["members"]  # else each was told in words
        ),
        *_pulls(comparison),
    ]  # fmt: skip
    return chosen(found, limit="points")


def _names(rows: Sequence[Movement]) -> str:
    return listed([inside(m.name) for m in rows], most=bundled_narrative().limits["names"])


def _pulls(comparison: Comparison) -> list[Candidate]:
    """Members by what they add to the growth of the whole and take from it."""
    least, most = bundled_narrative().threshold("pull"), bundled_narrative().limits["names"]
    ordered = sorted((m for m in comparison.rows if m.contribution), key=lambda m: -_value(m.contribution))
    adding = [m for m in ordered if _value(m.contribution) >= least][:most]
    taking = [m for m in reversed(ordered) if _value(m.contribution) <= -least][:most]
    if comparison.benchmark is None or len(ordered) < bundled_narrative().threshold("pull_members"):
        return []
    whole = noun(comparison.benchmark.name, comparison.indicator, comparison.indicator_name)
    found = []
    if adding:
        told = say("pulling", whole=whole, parts=_parts(adding))
        found.append(Candidate("pulling", _value(adding[0].contribution), tuple(told)))
    if taking:
        key = "dragging" if adding else "dragging.alone"
        told = say(key, parts=_parts(taking), **({} if adding else {"whole": whole}))
        found.append(Candidate("dragging", _value(taking[0].contribution), tuple(told)))
    return found


def _parts(rows: Sequence[Movement]) -> list[Inline]:
    told = [say("part", name=inside(m.name), x=number(m.contribution)) for m in rows if m.contribution]
    return join(told, "、")


def coverage(comparison: Comparison) -> list[Inline]:
    """“n of N”: why no ranking or count is stated."""
    if comparison.expected is None or comparison.counted is None or comparison.complete:
        return []
    if not comparison.counted.value:
        return say("coverage.none", group=called(comparison.group_name), n=number(comparison.expected))
    return say(
        "coverage", group=called(comparison.group_name), n=number(comparison.expected), x=number(comparison.counted)
    )  # fmt: skip


def breadth(comparison: Comparison) -> list[Inline]:
    """Counts of growing members on the same list in both periods."""
    growing, before, expected = comparison.growing, comparison.growing_before, comparison.expected
    if growing is None or before is None or expected is None or not growing.stated:
        return []
    previous = named(
        comparison.previous, form="month", with_year=comparison.previous.year != comparison.period.year
    )  # fmt: skip
    return say(
        "breadth", group=inside(comparison.group_name), n=number(expected), x=number(growing), previous=previous,
        y=number(before),
    )  # fmt: skip


def extremes(comparison: Comparison) -> list[Inline]:
    """The fastest and the slowest member, only where all members are known."""
    if not comparison.complete or comparison.fastest is None or comparison.slowest is None:
        return []
    fastest = next(m for m in comparison.members if m.growth == comparison.fastest)
    slowest = next(m for m in reversed(comparison.members) if m.growth == comparison.slowest)
    return say(
        "extremes", first=inside(fastest.name), x=number(comparison.fastest), last=inside(slowest.name),
        y=number(comparison.slowest),
    )  # fmt: skip


def contrasted(contrasts: Sequence[Contrast]) -> list[Inline]:
    """“2024年1—8月，…利润总额增速低于营业收入3.5个百分点，增收不增利。”: the widest gaps, opposite movements first.

    Real output against nominal profit is told only where one grows and the other falls.
    """
    least = bundled_narrative().threshold("contrast")
    opposite = bundled_narrative().scores["opposite"].base
    found: dict[Period, list[Candidate]] = {}
    for c in contrasts:
        signs, size = _signs(c), abs(_value(c.gap))
        tame = max(_value(c.first.growth), _value(c.second.growth)) < bundled_narrative().threshold("multiple")
        if signs or (size >= least and tame and c.first.indicator == "revenue"):
            said = (*_contrast(c), *([word(f"contrast.{c.key}.{signs}")] if signs else []))
            one = Candidate("contrast", size, said, opposite if signs else 0.0)
            found.setdefault(c.first.period, []).append(one)
    if not found:
        return []
    newest = max(found)  # one sentence, of one period
    opening = say("period.open", period=named(newest))
    return sentence([[*opening, *join(chosen(found[newest], limit="contrasts"), "；")]])


def _signs(c: Contrast) -> str:
    one, other = _value(c.first.growth), _value(c.second.growth)
    return "up_down" if one > 0 > other else "down_up" if one < 0 < other else ""


def _contrast(c: Contrast) -> list[Inline]:
    return say(
        f"contrast.{'above' if _value(c.gap) > 0 else 'below'}", name=inside(c.first.name),
        second=inside(c.second.indicator_name), first=inside(c.first.indicator_name), x=number(c.gap, unsigned=True),
    )  # fmt: skip
