"""Shares whose part and whole stand in the paragraph (占比): read off the words, for nouns that no series has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from qinggong.publish.checker.amounts import ratio_span
from qinggong.publish.checker.document import Material
from qinggong.publish.checker.intervals import Interval, decimals_of, rounded, shown
from qinggong.reading.figures import PERCENT, POINTS
from qinggong.reading.numbers import TIMES, fold, number_of, number_pattern, squeeze

_MOVED = r"(?:[，,](?:同比|环比|比上年同期)?(?:增长|下降)\d+(?:\.\d+)?%)*"
_SHARE = re.compile(
    rf"{_MOVED}[，,、(]占(?P<whole>[^，,。；;、\d%()]{{0,24}}?)(?:的比重|比重|比|的)?(?:为|达|达到)?(?P<share>\d+(?:\.\d+)?)%"
)
_LONGEST_NOUN = 26
_NOUN = re.compile(rf"[^，,。；;:、\d%()]{{2,{_LONGEST_NOUN}}}$")
_LEADING = re.compile(
    r"^(?:其中|全年|上半年|下半年|前三季度|[一二三四]季度|月份?|年|同期|当月|末|全国规模以上|规模以上|全国)+"
)
_SAYING = re.compile(r"(?:为|达到|达|是|共|实现|完成|约)+$")
_SAME = (
    ("轻工业", "轻工"), ("实现", ""), ("完成", ""), ("总额", ""), ("出口额", "出口"), ("零售额", "零售"), ("企业", ""), ("规模以上", ""),
)  # fmt: skip
_ALL = frozenset({"", "全部", "总数", "总量", "总体", "其", "全行业", "轻工", "行业"})


def paragraph_shares(material: Material) -> None:
    """Each share of an amount against the amount that the paragraph gives for the whole."""
    amounts = re.compile(number_pattern(material.words.catalogue))
    for block in material.blocks:
        if block.kind == "table" or "占" not in block.text:
            continue
        line, places = squeeze(fold(block.text))
        told = list(_amounts(material, amounts, line))
        for noun, part, dimension, start, end in told:
            found = _SHARE.match(line, end)
            whole = _whole(line, told, noun, dimension, start, found["whole"]) if found is not None else None
            if found is None or whole is None or whole.low <= 0:
                continue
            share = found["share"]
            derived = part.over(whole).scaled(100)
            at = block.start + places[found.start("share")]
            if ratio_span(Decimal(share), share).meets(derived) or any(i.start == at for i in material.issues):
                continue
            right = f"{shown(derived.middle, decimals_of(share))}%"
            message = f"“{line[start:end]}”占所写总体的{right}，文字为{share}%"
            material.say("share", at, f"占{found['whole']}的{share}%", message, right)


def _amounts(material: Material, pattern: re.Pattern[str], line: str) -> Iterator[tuple[str, Interval, str, int, int]]:
    """Amounts with the noun before each, in base units."""
    units = material.words.catalogue.units
    for found in pattern.finditer(line):
        number = number_of(found, material.words.catalogue)
        if number is None or number.unit in ("", PERCENT, POINTS, TIMES) or number.spaced or number.unit not in units:
            continue
        before = _NOUN.search(line[max(0, number.start - _LONGEST_NOUN) : number.start])
        noun = _plain(before[0]) if before is not None else ""
        unit = units[number.unit]
        span = rounded(number.value, number.printed, factor=unit.factor * number.scale)
        yield noun, span, unit.dimension, number.start, number.end


def _plain(noun: str) -> str:
    text = _SAYING.sub("", noun)
    for old, new in _SAME:
        text = text.replace(old, new)
    stripped = _LEADING.sub("", text)
    whole = text.startswith("全国") and len(stripped) < 4  # 全国出口 is not 轻工出口
    return f"全国{stripped}" if whole else stripped


def _whole(
    line: str, told: list[tuple[str, Interval, str, int, int]], noun: str, dimension: str, start: int, name: str
) -> Interval | None:
    """The amount that the share is of; ``None`` where the paragraph does not give it, or gives several."""
    wanted = _plain(name)
    same = [(n, span, at) for n, span, kind, at, _ in told if kind == dimension and at != start]
    if wanted in _ALL or wanted.removeprefix("全行业") != wanted:
        sentence = max(line.rfind("。", 0, start), line.rfind("；", 0, start)) + 1
        among = line.rfind("其中", sentence, start)
        before = [span for _, span, at in same if sentence <= at < among]
        return before[-1] if among >= 0 and len(before) == 1 else None
    named = [span for n, span, _ in same if n == wanted and n != noun]
    return named[0] if len(named) == 1 else None
