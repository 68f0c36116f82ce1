"""Typed numbers with the place they came from (带位置的数字): full-width, 万 and 亿, percent, points, multiples, ranges.

Offsets survive every step: ``fold`` replaces characters one for one, and ``squeeze`` remembers where each character
stood, so that a number found in the squeezed text points back into the text as printed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from decimal import Decimal
from importlib import resources
from typing import Any, NamedTuple

import yaml

from qinggong.catalogue import Catalogue

LARGEST_DIGITS = 18
TIMES = "倍"

_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；！？"}
_MARKS = {
    ord("　"): " ",
    ord("﹑"): "、",
    ord("﹪"): "%",
    ord("﹣"): "-",
    ord("〜"): "~",
    ord("∼"): "~",
    ord("﹐"): "，",
}
_DASHES = {ord(c): "-" for c in "‐‑‒–—―−─━"}
_GAP = re.compile(r"[^\s\u200b\u200c\u200d\u2060\ufeff]+")
_GLUED = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,%-+")
_WIDE_GROUP = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
_FIGURE = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?"
_SCALES = {"": 1, "十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "万亿": 1_000_000_000_000}


class Number(NamedTuple):
    """A number of a text.

    ``unit`` is a unit code of the catalogue, ``倍`` for a multiple, or empty for a unit that the catalogue does not
    know; ``scale`` is what 万 or 亿 before an unknown unit multiply by. ``start`` and ``end`` bound number and unit;
    ``printed`` is the number without its unit, digit by digit as printed (half-width, no thousands separators).
    """

    value: Decimal
    unit: str
    printed: str
    start: int
    end: int
    scale: int = 1
    spaced: bool = False


@functools.cache
def _translation() -> dict[int, str]:
    raw = resources.files("qinggong.reading").joinpath("data", "traditional.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(raw)
    table: dict[int, str] = {}
    for number, pair in enumerate(document["pairs"], start=1):
        if len(pair) != 2 or len(pair[0]) != len(pair[1]):
            raise ValueError(f"traditional.yaml, pair {number}: both sides must have the same number of characters")
        table |= {ord(old): new for old, new in zip(*pair, strict=True) if old != new}
    return table | _WIDE | _MARKS | _DASHES


def fold(text: str) -> str:
    """The text with half-width digits and signs, one kind of dash, simplified characters; every offset is kept."""
    if text.isascii():
        return text
    if "，" in text:
        text = _WIDE_GROUP.sub(",", text)
    # most characters stay as they are: finding the others first is faster than str.translate
    return _folded_characters().sub(_fold_one, text)


@functools.cache
def _folded_characters() -> re.Pattern[str]:
    return re.compile("[" + re.escape("".join(map(chr, _translation()))) + "]")


def _fold_one(found: re.Match[str]) -> str:
    return _translation()[ord(found[0])]


def squeeze(folded: str) -> tuple[str, list[int]]:
    """The text without white space, and the offset of each character left.

    One blank stays between two digits or Latin letters: “3.1 2.9” are two numbers.
    """
    whole = _GAP.match(folded)
    if whole is not None and whole.end() == len(folded):
        return folded, list(range(len(folded) + 1))
    parts: list[str] = []
    places: list[int] = []
    last = ""
    for found in _GAP.finditer(folded):
        word, start = found[0], found.start()
        if last and last in _GLUED and word[0] in _GLUED:
            parts.append(" ")
            places.append(start - 1)
        parts.append(word)
        places.extend(range(start, found.end()))
        last = word[-1]
    places.append(len(folded))
    return "".join(parts), places


def alternatives(words: Iterable[str]) -> str:
    """A regular expression for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))


@functools.lru_cache(maxsize=8)
def number_pattern(catalogue: Catalogue) -> str:
    """Expression for a number with its unit; groups ``figure``, ``unit``, ``scale``."""
    units = alternatives(_unit_names(catalogue))
    return (
        rf"(?P<figure>(?<![\d.,%])[+-]?{_FIGURE})[ ]?"
        rf"(?:(?P<unit>{units})(?![/时·])|(?P<scale>万亿|[十百千万亿])?)"
    )


@functools.lru_cache(maxsize=8)
def _unit_names(catalogue: Catalogue) -> dict[str, str]:
    names = {TIMES: TIMES}
    for code, unit in catalogue.units.items():
        for name in (code, unit.name, *unit.aliases):
            folded = fold(name)
            names.setdefault(folded, code)
            if folded.endswith("美元") or (folded.endswith("亿元") and not folded.endswith("人民币")):
                names.setdefault(folded + "人民币" if folded.endswith("亿元") else folded, code)
    return names


def number_of(found: re.Match[str], catalogue: Catalogue) -> Number | None:
    """The number that :func:`number_pattern` found; ``None`` if it has too many digits to be a figure."""
    figure = found["figure"].replace(",", "").lstrip("+")
    if len(figure) > LARGEST_DIGITS:
        return None
    text, start = found.string, found.start("figure")
    group = found.lastgroup or "figure"
    unit = _unit_names(catalogue).get(found["unit"], "") if group == "unit" else ""
    end = found.end(group)
    # “27 204.3亿元” may be one number or two: nobody can tell from the text alone.
    spaced = start > 1 and text[start - 1] == " " and text[start - 2].isdigit()
    return Number(
        Decimal(figure), unit, figure, start, end, _SCALES[found["scale"] if group == "scale" else ""], spaced
    )
