"""What in a clause keeps a number from being a figure (分句核查): ranges, shares, words that are not understood."""

from __future__ import annotations

import re

from qinggong.reading.figures import RETAIL, Unbound
from qinggong.reading.measures import Words
from qinggong.reading.numbers import Number
from qinggong.reading.vocabulary import Token

_TROUBLE = frozenset({"foreign", "timeless", "unknown", "skip", "aside", "noun", "distribute"})
_RANGE_SIGNS = frozenset("-~至到")
_WEAK_NOUNS = frozenset({"产品", "主要产品", "商品", "行业"})
_RANGE_BEHIND = re.compile(r"(?:-{1,2}|~|至|到)\d")
_RANGE_BEFORE = re.compile(r"\d[^\d\s，。、；]{0,4}(?:-{1,2}|~|至|到)$")


def retail_indicator(clause: list[Token], line: str) -> list[Token]:
    """“家具类商品零售额”: after a class of goods 商品零售额 is the indicator and not the total of goods."""
    for i in range(1, len(clause)):
        before, token = clause[i - 1], clause[i]
        if token.kind == before.kind == "subject" and line.startswith("商品零售", token.start):
            swapped = Token("indicator", token.start, token.end, RETAIL)
            return [*clause[:i], swapped, *clause[i + 1 :]]
    return clause


def refuse(lead: Words, after: list[Token], *, last: bool, text: str, number: Number) -> None:
    """``Unbound`` for words that make a number something else than a figure of its clause."""
    if not _TROUBLE.isdisjoint(lead):
        _refuse_words(lead, last=last, text=text)
    start, end = number.start, number.end
    if text[end : end + 1] in _RANGE_SIGNS and _RANGE_BEHIND.match(text, end):
        raise Unbound("是一个区间")
    if text[start - 1 : start] in _RANGE_SIGNS and _RANGE_BEFORE.search(text[max(0, start - 12) : start]):
        raise Unbound("是一个区间")
    rest = [t for t in after if t.kind != "approximate_after"] if after else after
    if not rest:
        return
    if last:
        raise Unbound(f"后面有“{text[rest[0].start : rest[-1].end][:20]}”，不是单独的数值")
    if text[rest[0].start] == "的":
        raise Unbound("后面有限定的文字")
    if all(t.kind == "join" for t in rest):
        raise Unbound("并列几个数字，没有“分别”")


def _refuse_words(lead: Words, *, last: bool, text: str) -> None:
    for kind in ("foreign", "timeless"):
        if kind in lead:
            raise Unbound(str(lead[kind][-1].value))
    if "distribute" in lead and not last:
        raise Unbound("“分别”前后的个数对不上")
    strange = [t for t in lead.all("noun") if t.value not in _WEAK_NOUNS]
    words = lead.all("unknown") or lead.all("skip") or lead.all("aside") or strange
    if words:
        raise Unbound(f"有不认识的文字“{text[words[0].start : words[-1].end][:20]}”")


def rough(lead: Words, after: list[Token]) -> str | None:
    if "approximate_before" in lead or (after and after[0].kind == "approximate_after"):
        return "是约数，不是发布的数值"
    return None
