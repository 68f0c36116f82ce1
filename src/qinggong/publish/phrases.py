"""Phrases with slots, in the language that is spoken (用语): names of periods, days, units and nouns; clauses joined.

A number enters a phrase only as a :class:`Number`, so that text cannot print one that is not a fact.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Sequence

from qinggong.catalogue.narrative import bundled_narrative
from qinggong.monitor.facts import Fact, quantity
from qinggong.monitor.facts import multiple as as_multiple
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish.document import Inline, Number
from qinggong.publish.language import spoken

Slot = str | Number | Sequence[Inline]
_SLOT = re.compile(r"\{(\w+)\}")
_PLURAL = re.compile(r"^( (?:percentage )?(?:point|month|period|member|case|signal|alarm))s\b")
_SEPARATORS = {"，": ", ", "；": "; ", "。": ". ", "、": ", ", "": ""}
_SPOKEN = {(1, 3): "the first quarter", (1, 6): "the first half", (1, 9): "the first three quarters",
           (4, 6): "the second quarter", (7, 9): "the third quarter", (10, 12): "the fourth quarter",
           (7, 12): "the second half"}  # fmt: skip


def say(key: str, **slots: Slot) -> list[Inline]:
    """The phrase ``key`` of the narrative in the language spoken, its slots filled.

    Raises
    ------
    KeyError
        Naming the slot that is not given.
    CatalogueError
        If the narrative has no such phrase.
    """
    template = bundled_narrative().phrase(key, spoken())
    inlines: list[Inline] = []
    end = 0
    for found in _SLOT.finditer(template):
        inlines.append(template[end : found.start()])
        value = slots[found[1]]
        inlines += [value] if isinstance(value, str | Number) else list(value)
        end = found.end()
    told = merged([*inlines, template[end:]])
    return told if spoken() == "zh" else agreeing(told)


def agreeing(inlines: Sequence[Inline]) -> list[Inline]:
    """English with the singular behind a one: 1 percentage point."""
    told = list(inlines)
    for place, part in enumerate(told[1:], start=1):
        before = told[place - 1]
        if isinstance(part, str) and isinstance(before, Number) and before.text.lstrip("-") == "1":
            told[place] = _PLURAL.sub(r"\1", part, count=1)
    return told


def merged(inlines: Iterable[Inline]) -> list[Inline]:
    """Neighbouring texts made one, empty ones left out."""
    kept: list[Inline] = []
    for part in inlines:
        if isinstance(part, str) and kept and isinstance(kept[-1], str):
            kept[-1] += part
        elif part != "":
            kept.append(part)
    return kept


def word(key: str) -> str:
    """A phrase without slots."""
    return bundled_narrative().phrase(key, spoken())


def number(fact: Fact, *, unsigned: bool = False) -> Number:
    """A fact as printed; ``unsigned`` where the word beside it (下降, 低于) carries the sign."""
    return Number(fact.text.lstrip("-−+") if unsigned else fact.text, fact.id)


def times(fact: Fact) -> Number:
    """Growth of 100 % and more as a multiple."""
    assert fact.value is not None
    return Number(as_multiple(fact.value), fact.id)


def amount(fact: Fact, *, unsigned: bool = False) -> list[Inline]:
    """A number with its unit as published."""
    if fact.unit == "%":
        return say("amount.percent", x=number(fact, unsigned=unsigned))
    return say("amount", x=number(fact, unsigned=unsigned), unit=unit_name(fact.unit))


def unit_name(unit: str) -> str:
    """A unit in the language spoken."""
    if spoken() == "zh":
        return unit
    from qinggong.publish.english.words import unit_in_english

    return unit_in_english(unit)


def join(parts: Iterable[Sequence[Inline]], separator: str) -> list[Inline]:
    """Join clauses by a separator (，；。、 in either language), leaving out empty ones."""
    between = separator if spoken() == "zh" else _SEPARATORS.get(separator, separator)
    joined: list[Inline] = []
    for part in parts:
        if not part:
            continue
        if joined:
            joined.append(between)
        joined.extend(part)
    return joined


def sentence(parts: Iterable[Sequence[Inline]], separator: str = "；") -> list[Inline]:
    """Clauses as one sentence with its full stop; an English one begins with a capital."""
    told = merged(join(parts, separator))
    if not told:
        return []
    if spoken() == "zh":
        return [*told, "。"]
    if isinstance(told[0], str):
        told[0] = capital(told[0])
    return merged([*told, ". "])


def ended(inlines: Sequence[Inline]) -> tuple[Inline, ...]:
    """The text of a paragraph without the blank behind its last full stop."""
    told = merged(inlines)
    if told and isinstance(told[-1], str):
        told[-1] = told[-1].rstrip()
    return tuple(told)


def listed(names: Sequence[str], *, most: int = 0) -> str:
    """Names in a row; 等 where there are more than ``most``."""
    shown = list(names[:most] if most else names)
    between = "、" if spoken() == "zh" else "; " if any("," in name for name in shown) else ", "
    return between.join(shown) + (word("and_more") if most and len(names) > most else "")


def called(name: str) -> str:
    """A name in the language spoken; one without English stays, and its block is then left out."""
    if spoken() == "zh" or not name:
        return name
    from qinggong.publish.english.lexicon import translated

    return translated(name) or name


def called_short(name: str) -> str:
    """As :func:`called`, with the shorter name of charts."""
    if spoken() == "zh" or not name:
        return name
    from qinggong.publish.english.lexicon import short_name

    return short_name(name) or name


def inside(name: str) -> str:
    """A name inside a sentence."""
    return name if spoken() == "zh" else lowered(called(name))


def noun(name: str, indicator: str, indicator_name: str) -> str:
    """Subject and indicator as one noun; without a name the indicator alone."""
    if spoken() == "zh":
        return quantity(name, indicator, indicator_name)
    return noun_in_english(called(name), indicator, called(indicator_name))


def noun_in_english(name: str, indicator: str, indicator_name: str) -> str:
    """“value added of furniture”; retail totals are named so already."""
    if indicator == "retail_sales":
        whole = name.lower().startswith(("total retail sales", "retail sales", "goods sold"))
        return lowered(name) if whole else f"retail sales of {lowered(name)}" if name else "retail sales"
    return f"{lowered(indicator_name)} of {lowered(name)}" if name else lowered(indicator_name)


def capital(text: str) -> str:
    """An English text with a capital at its beginning."""
    return text[:1].upper() + text[1:] if spoken() == "en" else text


def lowered(name: str) -> str:
    """A name inside a sentence: its capital goes unless it begins with an abbreviation."""
    return name if name[1:2].isupper() or name[1:2] == "-" else name[:1].lower() + name[1:]


# ---------------------------------------------------------------------------------------------------- periods


def when(period: Period, *, beside: Period | None = None, stock: bool = False) -> str:
    """The official name of a period; the year is dropped beside a period of the same year."""
    with_year = beside is None or beside.year != period.year
    return named(period, form="stock" if stock else "flow", with_year=with_year)


def named(period: Period, *, form: str = "flow", with_year: bool = True) -> str:
    """A period's name in the language spoken; ``form`` as in :func:`qinggong.periods.name`."""
    if spoken() == "zh":
        return period_name(period, form=form, with_year=with_year)  # type: ignore[arg-type]
    year, last = (f" {period.year}" if with_year else ""), calendar.month_name[period.last]
    if form == "stock":
        return f"end of {last}{year}"
    if period.kind == "month":
        return last + year
    run = (period.first, period.last)
    if run == (1, 12):
        return str(period.year) if with_year else "the whole year"
    if form == "flow" and run in _SPOKEN:
        return _SPOKEN[run] + (f" of {period.year}" if with_year else "")
    return f"{calendar.month_name[period.first]}–{last}{year}"


def date_name(iso: str, *, beside: Period) -> str:
    """9月27日, 27 September; with the year where it is not that of ``beside``."""
    date = dt.date.fromisoformat(iso)
    if spoken() == "en":
        return f"{date.day} {calendar.month_name[date.month]}" + ("" if date.year == beside.year else f" {date.year}")
    return f"{'' if date.year == beside.year else f'{date.year}年'}{date.month}月{date.day}日"


def full_date(iso: str) -> str:
    """2024年9月28日, 28 September 2024."""
    date = dt.date.fromisoformat(iso)
    if spoken() == "en":
        return f"{date.day} {calendar.month_name[date.month]} {date.year}"
    return f"{date.year}年{date.month}月{date.day}日"
