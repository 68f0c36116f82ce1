"""Pages in English (英文页面): charts drawn with English names, and what a page says put into English by the phrase book.

What the phrase book of the English edition does not hold stays Chinese: nothing is guessed. Data forms are the same in
both languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import yaml

from qinggong.publish.chart_frame import Spec
from qinggong.publish.english.lexicon import has_chinese, short_name, translated
from qinggong.publish.language import speaking, spoken
from qinggong.web.ask import Ask
from qinggong.web.page import Drawing, Page

_KEPT = frozenset(
    {
        "slug", "id", "series", "level_series", "growth_series", "path", "code", "key", "subject_key", "url", "q",
        "release", "citation", "definition", "plan", "file",
    }
)  # fmt: skip
"""Fields that are identifiers, or that say what was published in the words of the publisher."""
_NUMBERS = frozenset({float, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class PageBook:
    """What pages say beside the phrase book: words, and sentences as patterns with named parts."""

    words: Mapping[str, str]
    sentences: tuple[tuple[re.Pattern[str], str], ...]


@cache
def page_book() -> PageBook:
    """The bundled book, ``templates/en_pages.yaml``."""
    text = (resources.files("qinggong.web") / "templates" / "en_pages.yaml").read_text(encoding="utf-8")
    read = yaml.safe_load(text)
    return PageBook(read["words"], tuple((re.compile(one["chinese"]), one["english"]) for one in read["sentences"]))


_NAME_WITH_UNIT = re.compile(r"([\x20-\x7e]+, )([\u4e00-\u9fff/（）]+)(\).*)")
"""An English name of a series whose unit is Chinese still: Furniture: Total profits (year to date, level, 亿元)."""


def say(text: str) -> str:
    """A name in the language of the page: for what is laid out by its width, such as legends and bars."""
    if spoken() != "en" or not has_chinese(text):
        return text
    return page_book().words.get(text) or short_name(text) or told(text)


_PROSE = 300
"""Characters from which on a text is prose, which no book of phrases holds."""


@lru_cache(maxsize=4_096)
def told(text: str) -> str:
    """The English of a text; the text itself where there is none.

    What is found is kept: a text is taken apart in several ways, whose parts are the same again and again.
    """
    if not has_chinese(text) or len(text) > _PROSE:
        return text
    found = page_book().words.get(text) or translated(text)
    if found is not None:
        return found
    for pattern, sentence in page_book().sentences:
        if (matched := pattern.fullmatch(text)) is not None:
            parts = {name: told(part) for name, part in matched.groupdict().items()}
            if not any(map(has_chinese, parts.values())):
                return sentence.format(**parts)
    if (matched := _NAME_WITH_UNIT.fullmatch(text)) is not None and not has_chinese(unit := told(matched[2])):
        return f"{matched[1]}{unit}{matched[3]}"
    if "；" in text:
        clauses = [told(part) for part in text.split("；")]
        return text if any(map(has_chinese, clauses)) else "; ".join(clauses)
    for start, end, left, right in (("（", "）", " (", ")"), ("：", "", ": ", ""), ("·", "", " · ", "")):
        head, mark, rest = text.partition(start)
        if mark and head and rest.endswith(end):
            one, other = told(head), told(rest.removesuffix(end) if end else rest)
            if not has_chinese(one + other):
                return f"{one}{left}{other}{right}"
    head, mark, rest = text.rpartition(" ")
    if mark and not has_chinese(rest) and not has_chinese(one := told(head)):
        return f"{one} {rest}"
    return text


def page_in(function: Callable[..., Page]) -> Callable[..., Page]:
    """The page function, in English where the question is."""

    def answered(place: Any, ask: Ask, **found: str) -> Page:
        if not ask.english or ask.form != "html":
            return function(place, ask, **found)
        with speaking("en"):
            return english(function(place, ask, **found))

    return answered


def english(page: Page) -> Page:
    """A page with everything that the phrase book holds in English."""
    return replace(
        page, title=_capital(told(page.title)), data=_data(page.data), drawings=tuple(map(_drawing, page.drawings)),
        tables=tuple(replace(t, title=told(t.title)) for t in page.tables),
    )  # fmt: skip


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def _data(value: Any, field: str = "") -> Any:
    if isinstance(value, str):
        return value if value.isascii() or field in _KEPT or not has_chinese(value) else _named(value)
    if isinstance(value, dict):
        return {key: part if part.__class__ in _NUMBERS else _data(part, key) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_data(part, field) for part in value]
    return value


@lru_cache(maxsize=4_096)
def _named(text: str) -> str:
    return page_book().words.get(text) or short_name(text) or told(text)


def _drawing(one: Drawing) -> Drawing:
    title, spec = _capital(told(one.title)), _spec(one.spec)
    return Drawing(one.key, title, title, {**spec, "description": title}, told(one.note))


def _spec(value: Any) -> Spec | Any:
    """A specification with its texts in English; equal texts stay equal, so that scales keep their labels."""
    if isinstance(value, str):
        return value if value.isascii() else told(value)
    if isinstance(value, Mapping):
        return {
            key: part if key in ("$schema", "config") or isinstance(part, int | float) else _spec(part)
            for key, part in value.items()
        }
    return [_spec(part) for part in value] if isinstance(value, list | tuple) else value


_WIDE = re.compile(r"([（）：，；。])(?<=[A-Za-z0-9%).>*].)")  # the mark first: a search goes from mark to mark
_NARROW = {"（": " (", "）": ")", "：": ": ", "，": ", ", "；": "; ", "。": ". "}


def narrow(html: str) -> str:
    """Punctuation of templates after Latin letters, digits and elements in its English form."""
    before = ""
    while before != html:
        before, html = html, _WIDE.sub(lambda m: _NARROW[m[1]], html)
    return html
