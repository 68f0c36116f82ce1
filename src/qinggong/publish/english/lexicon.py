"""From Chinese to English by the phrase book (短语对照): names, phrases with slots, periods; never by guessing.

A text is translated as a whole, or by a phrase with slots, or sentence by sentence and clause by clause. What the
phrase book does not hold has no English: the answer is then ``None``, and the caller leaves the text out.
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

from qinggong.catalogue import Indicator
from qinggong.catalogue.phrasebook import load_phrasebook
from qinggong.periods import PeriodError, parse
from qinggong.publish.english.words import catalogue, unit_in_english
from qinggong.publish.language import speaking
from qinggong.publish.phrases import full_date, lowered, named, noun_in_english

MARK_OPEN, MARK_CLOSE = "\ue000", "\ue001"
"""Stand around the place of a number of the paragraph."""
_CHINESE = re.compile(r"[\u3400-\u9fff、。，；：（）《》【】！？％]")
_NUMBER = rf"(?:{MARK_OPEN}\d+{MARK_CLOSE}|[-−+]?\d[\d.,]*)"
_SLOT = re.compile(r"\\\{([nptdlw]\d?)\\\}")
_MONTH = "(?:" + "|".join(calendar.month_name[1:]) + ")"
_ENGLISH_PERIOD = (
    rf"(?:the (?:first|second|third|fourth) (?:quarter|half)|the first three quarters|the whole year"
    rf"|(?:end of )?{_MONTH}(?:–{_MONTH})?)(?: of \d{{4}}| \d{{4}})?"
)
_PERIOD = (
    rf"(?:{_ENGLISH_PERIOD}|(?:\d{{4}}年)?(?:\d{{1,2}}(?:—\d{{1,2}})?月[份末]?|全年|[上下]半年|前三季度|[一二三四]季度)"
    r"|\d{4}年?)"
)
_DATE = rf"(?:\d{{1,2}} {_MONTH}(?: \d{{4}})?|(?:\d{{4}}年)?\d{{1,2}}月\d{{1,2}}日)"
_KINDS = {"n": _NUMBER, "p": _PERIOD, "t": r".+?", "w": r"[^，。；：,;.]+?", "d": _DATE, "l": r".+?"}
_ANY_SLOT = re.compile(r"\{[nptdlw]\d?\}")
_SLOT_IN = re.compile(r"\{(\w+)\}")
_AMOUNT = re.compile(rf"({_NUMBER}) ?(\D+)")
_DAY = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日")
_PROPER = frozenset({*calendar.month_name[1:], "China", "National", "Ministry", "General", "United", "Steady-growth",
                     "Guiding", "Opinions", "Plan", "Spring"})  # fmt: skip
_SPLITS = (("。", ". "), (". ", ". "), ("；", "; "), ("; ", "; "), ("，", ", "), (", ", ", "))
_LONGEST_NAME = 6
"""Parts that a name with 、 inside may have."""


class Pattern(NamedTuple):
    """A phrase with slots as an expression, the longest of its own words, and the English with the same slots."""

    matches: re.Pattern[str]
    word: str
    english: str
    weight: int


def has_chinese(text: str) -> bool:
    """True for Chinese characters or punctuation."""
    return _CHINESE.search(text) is not None


@functools.cache
def names() -> dict[str, str]:
    """Every Chinese name of the catalogue with its English one."""
    held = catalogue()
    found: dict[str, str] = {}
    for subject in held.known_subjects.values():
        found.setdefault(subject.name, subject.name_en)
    for industry in held.industries.values():
        found.setdefault(industry.name, industry.name_en)
        if industry.short:
            found.setdefault(industry.short, industry.name_en)
    for group in held.groups.values():
        found.setdefault(group.name, group.name_en)
        found |= {m.name: m.name_en for m in group.members if m.name_en and m.name not in found}
    for entries in (held.indicators, held.publishers, held.regions, held.scopes):
        for entry in entries.values():
            found.setdefault(entry.name, entry.name_en)
            found.setdefault(getattr(entry, "short", "") or entry.name, entry.name_en)
    for indicator in held.indicators.values():
        found.setdefault(indicator.name.replace("(", "（").replace(")", "）"), indicator.name_en)
    return found


@functools.cache
def _patterns() -> tuple[Pattern, ...]:
    """Phrases with slots, those with most words of their own first."""
    built = []
    for chinese, english in load_phrasebook().phrases.items():
        if "{" not in chinese:
            continue
        expression = _SLOT.sub(lambda m: f"(?P<{m[1]}>{_KINDS[m[1][0]]})", re.escape(chinese))
        word = max(_ANY_SLOT.split(chinese), key=len)
        weight = len(_SLOT.sub("", re.escape(chinese)))
        built.append(Pattern(re.compile(expression, re.DOTALL), word, english, weight))
    return tuple(sorted(built, key=lambda p: -p.weight))


def translated(text: str) -> str | None:
    """The English of a Chinese text; ``None`` if the phrase book does not hold it."""
    return _translated(text) if has_chinese(text) else text


def short_name(text: str) -> str | None:
    """The English of a name where there is little room."""
    bare = text.removesuffix("*")
    found = load_phrasebook().short.get(bare)
    return found + text[len(bare) :] if found is not None else translated(text)


@functools.lru_cache(maxsize=8_192)
def _translated(text: str) -> str | None:
    with speaking("en"):
        found = _english(text)
    return found.replace("“", '"').replace("”", '"') if found is not None else None  # the page's font sets them wide


def _english(text: str) -> str | None:
    if text.endswith("*"):
        plain = translated(text[:-1])
        return plain + "*" if plain is not None else None
    held = load_phrasebook().phrases.get(text) or names().get(text)
    held = held or (unit_in_english(text) if text in catalogue().units else None)
    if held is not None or (held := _period(text) or _day(text)) is not None:
        return held
    for pattern in _patterns():
        if pattern.word not in text:
            continue  # the expression would find out as well, at fifty times the cost
        if (found := pattern.matches.fullmatch(text)) is not None and (filled := _filled(pattern, found)) is not None:
            return filled
    return _amount(text) or _noun(text) or _in_parts(text)


def _filled(pattern: Pattern, found: re.Match[str]) -> str | None:
    told: dict[str, str] = {}
    for slot, raw in found.groupdict().items():
        # a stop in the slot would end the sentence there: without it the phrase is tried again
        value = (
            None
            if slot[0] == "t" and raw.endswith("。") and not pattern.english.endswith("{t}")
            else _slot(slot[0], raw)
        )
        if value is None:
            return None
        opens = pattern.english.startswith("{" + slot + "}") or slot[0] not in "tw"
        if ". {" + slot + "}" in pattern.english:
            value, opens = value[:1].upper() + value[1:], True
        told[slot] = value if opens else _within(value)
    return _SLOT_IN.sub(lambda m: told[m[1]], pattern.english)


def _within(text: str) -> str:
    """A translated text inside a sentence: its capital goes, unless a proper name begins it."""
    return text if text.split(" ")[0].split("–")[0] in _PROPER else lowered(text)


def _slot(kind: str, raw: str) -> str | None:
    if kind == "n" or (not has_chinese(raw) and kind != "l"):
        return raw
    if kind == "p":
        return _period(raw)
    if kind == "d":
        return _day(raw)
    if kind == "l":
        return listed_names(raw.split("、"))
    return translated(raw)


def listed_names(parts: Iterable[str]) -> str | None:
    """Translated names in a row; semicolons where a name has a comma of its own.

    A name may hold 、 itself (酒、饮料和精制茶制造业): the longest run of parts that is a name is taken.
    """
    rest, known = list(parts), []
    while rest:
        for count in range(min(_LONGEST_NAME, len(rest)), 0, -1):
            text = "、".join(rest[:count])
            told = _name(text) if count > 1 else translated(text)
            if told is not None:
                known.append(told)
                del rest[:count]
                break
        else:
            return None
    known = [*known[:1], *map(_within, known[1:])]
    return ("; " if any("," in part for part in known) else ", ").join(known)


def _name(text: str) -> str | None:
    bare = text.removesuffix("*")
    found = names().get(bare) or load_phrasebook().phrases.get(bare)
    return found + text[len(bare) :] if found is not None else None


def _period(text: str) -> str | None:
    stock = text.endswith("月末")
    year = re.match(r"\d{4}年", text) is not None
    try:
        period = parse(text, year=None if year else 2000)
    except (PeriodError, ValueError):
        return None
    return named(period, form="stock" if stock else "month" if "—" in text else "flow", with_year=year)


def _day(text: str) -> str | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    told = full_date(f"{found[1] or 2000}-{int(found[2]):02d}-{int(found[3]):02d}")
    return told if found[1] else told.removesuffix(" 2000")


def _amount(text: str) -> str | None:
    """“75.93万亿” and “3.26万亿元”: a number with its unit; 元 may have been left out of a cell."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    units = catalogue().units
    unit = found[2] if found[2] in units else found[2] + "元" if found[2] + "元" in units else ""
    return f"{found[1]} {unit_in_english(unit)}" if unit else None


@functools.cache
def _indicators() -> tuple[tuple[str, Indicator], ...]:
    """Names as texts write them, with their indicators, the longest first."""
    by_length = sorted(catalogue().indicators.values(), key=lambda i: -len(i.name))
    return tuple((i.name.replace("(", "（").replace(")", "）"), i) for i in by_length)


def _noun(text: str) -> str | None:
    """“规模以上工业增加值”: a subject and an indicator as one noun, with 同比 or 增速 behind it."""
    for tail, head in (("累计同比增速", "cumulative growth of "), ("同比增速", "growth of "), ("同比", "growth of "),
                       ("增速", "growth of "), ("", "")):  # fmt: skip
        if not text.endswith(tail):
            continue
        bare = text.removesuffix(tail)
        for name, indicator in _indicators():
            shown = name if bare.endswith(name) else indicator.name
            if not bare.endswith(shown) or (bare == shown and not tail):
                continue
            subject = bare.removesuffix(shown)
            who = names().get(subject) if has_chinese(subject) else subject
            if who is not None:
                told = head + noun_in_english(who, indicator.code, indicator.name_en)
                return told[:1].upper() + told[1:]
    return None


def _in_parts(text: str) -> str | None:
    """Sentence by sentence, then clause by clause."""
    for sign, english in _SPLITS:
        if sign not in text.rstrip("。"):
            continue
        closing = text.endswith("。") and sign == "。"
        told = [translated(part) for part in text.removesuffix("。" if closing else "").split(sign)]
        if any(part is None for part in told):
            continue
        parts = [part for part in told if part is not None]
        opens = sign in ("。", ". ")
        parts = [parts[0], *(part[:1].upper() + part[1:] if opens else _within(part) for part in parts[1:])]
        if sign == "。":
            parts[0] = parts[0][:1].upper() + parts[0][1:]
        return english.join(parts) + ("." if closing else "")
    if "、" in text and "。" not in text and (row := listed_names(text.split("、"))) is not None:
        return row
    if text.endswith("。") and (told_one := translated(text[:-1])) is not None:
        return told_one[:1].upper() + told_one[1:] + "."
    return None
