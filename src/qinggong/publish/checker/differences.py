"""A value, the one before it and their difference told together (本期、上期与升降): 126.43，比上月的151.77下降25.34点.

Read off the words of a sentence: numbers that only words of comparison stand between are of one noun, whatever it is.
A sentence with any other word between them is left to the rules that know nouns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from qinggong.publish.checker.document import Material
from qinggong.publish.checker.intervals import Interval, decimals_of, rounded, shown
from qinggong.reading.figures import PERCENT, POINTS
from qinggong.reading.numbers import TIMES, fold, number_of, number_pattern, squeeze

_UP = "提高|提升|上升|回升|上涨|增加|加快|扩大|增长|升高|升|高"
_DOWN = "下降|回落|下跌|降低|减少|下滑|放缓|减缓|收窄|缩小|走低|降|低"
_GROWING = "正增长|同比增长|增长|上涨|上升"
_FALLING = "负增长|同比下降|下降|下跌|减少"
_MONTHS = r"(?:\d{4}年|去年|上年)?\d{1,2}(?:-\d{1,2})?月份?(?:末|底)?"
_BEFORE = rf"上个?月份?(?:末|底)?|上期|前值|上年(?:同期|同月|末|底)?|去年(?:同期|同月|末|底)?|上季度?末?|年初|{_MONTHS}"
_LINKS = (
    r"环比|同比|由|从|高于|低于|比|较|与|同|和|在|相比|的|基础上|为|是|达到|达|报|仅|本月|当月|本期|现|该指数|指数值|数值"
    r"|增速|增幅|涨幅|降幅|跌幅|高位|大幅|小幅|略|又|再|了|[，,；;:()“”\"]"
)
_REACHED = rf"(?:{_UP}|{_DOWN}|增|减|收|转)?(?:至|到)|转为|变为|(?:{_UP}|{_DOWN})为"
_MOMENT = {"上月": "mom", "上个": "mom", "上期": "mom", "前值": "mom", "上年": "yoy", "去年": "yoy"}
_EARLIER = re.compile(r"[由从在]|上个?月|上期|前值|上年|去年|同期|年末|年初|月份?[的\d]|[比较与]\d|\d月.*\d月")
_MOVED = re.compile(rf"(?:{_UP}|{_DOWN})[了至到]?\d")
_DATE = re.compile(_MONTHS)
_INDEX = "点"


@dataclass(frozen=True, slots=True)
class _Told:
    """A number of a chain: ``role`` is now, before, moved or none; ``base`` is what it is of or compared with."""

    role: str
    value: Decimal
    printed: str
    unit: str
    scale: int
    base: str
    verb: str
    signed: bool
    start: int
    end: int
    period: str = ""

    @property
    def span(self) -> Interval:
        return rounded(self.value, self.printed)


def differences(material: Material) -> None:
    """Each difference told beside the two values that it lies between."""
    pattern = _pattern(material)
    for block in material.blocks:
        if block.kind == "table":
            continue
        line, places = squeeze(fold(block.text))
        if not _MOVED.search(line) or not _EARLIER.search(line):
            continue
        for chain in _chains(material, pattern, line):
            _reached(material, block.start, places, line, chain)
            for i, moved in enumerate(chain):
                pair = _pair(chain, i) if moved.role == "moved" else None
                if pair is not None:
                    _check(material, block.start + places[moved.start], line, moved, *pair)


def _pattern(material: Material) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<before>{_BEFORE})|(?P<reached>{_REACHED})|(?P<link>{_LINKS})"
        rf"|(?P<verb>{_GROWING}|{_FALLING}|{_UP}|{_DOWN})"
        rf"|{number_pattern(material.words.catalogue)}"
    )


def _chains(material: Material, pattern: re.Pattern[str], line: str) -> Iterator[list[_Told]]:
    """Numbers between which only words of comparison stand."""
    chain: list[_Told] = []
    lead: list[tuple[str, str]] = []
    at = 0
    while at < len(line):
        found = pattern.match(line, at)
        if found is None:
            if len(chain) > 1:
                yield chain
            chain, lead = [], []
            at += 1
            continue
        if found.lastgroup not in ("figure", "unit", "scale"):
            lead.append((str(found.lastgroup), found[0]))
            at = found.end()
            continue
        number = number_of(found, material.words.catalogue)
        unit, end = ("", found.end()) if number is None else (number.unit, number.end)
        if number is not None and unit in ("", "个") and (tail := re.match(r"个?点(?!多)", line[end:])):
            unit, end = _INDEX, end + tail.end()
        if (
            number is None
            or number.spaced
            or line[end : end + 1] in ("个", "家", "种", "年", "月", "日", "倍", "-", "~", "、")
        ):
            if len(chain) > 1:
                yield chain
            chain, lead, at = [], [], max(end, at + 1)
            continue
        told = _told(lead, number.value, number.printed, unit, number.scale, number.start, end, chain)
        if (
            not chain
            and not told.period
            and (dates := _DATE.findall(line, line.rfind("。", 0, number.start) + 1, number.start))
        ):
            told = replace(told, period=dates[-1])
        chain.append(told)
        lead, at = [], end
    if len(chain) > 1:
        yield chain


def _told(
    lead: list[tuple[str, str]], value: Decimal, printed: str, unit: str, scale: int, start: int, end: int,
    chain: list[_Told],
) -> _Told:  # fmt: skip
    kinds = [kind for kind, _ in lead]
    texts = [text for _, text in lead]
    verb = texts[-1] if kinds and kinds[-1] == "verb" else ""
    verb = verb or (texts[-2] if len(kinds) > 1 and kinds[-2] == "verb" and texts[-1] == "了" else "")
    named = next((t for k, t in reversed(lead) if k == "before"), "")
    base = _MOMENT.get(named[:2], named) if not named.endswith(("末", "底", "初")) else "end" + named[-1:]
    if not base:
        base = "yoy" if "同比" in texts else "mom" if "环比" in texts else ""
    signed = False
    if unit in (PERCENT, TIMES) and verb:
        value = -value if verb in _FALLING.split("|") else value
        signed = verb in (*_FALLING.split("|"), *_GROWING.split("|"))
    role = "now"
    if verb and unit not in (PERCENT, TIMES):
        role = "moved"
    elif "reached" in kinds:
        role, verb = "now", next(t for k, t in lead if k == "reached")
    elif named or {"由", "从"} & set(texts):
        compared = {"由", "从", "比", "较", "与", "同", "和", "在", "高于", "低于"} & set(texts)
        bracket = bool(texts) and "(" in texts
        if compared or bracket or not named[:1].isdigit():
            role = "before"
        elif chain:
            role = "month"  # 2月151.77: the month before only if the change says 环比
    period = base if base[:1].isdigit() else ""
    return _Told(role, value, printed, unit, scale, base, verb, signed, start, end, period)


def _pair(chain: list[_Told], i: int) -> tuple[_Told, _Told] | None:
    """The present value and the one before it for a difference; ``None`` where they cannot be told."""
    moved = chain[i]
    behind, ahead = chain[:i][::-1], chain[i + 1 :]
    before = next((t for t in behind if t.role == "before" and _fits(t, moved)), None)
    if before is None and moved.base == "mom":
        before = next((t for t in behind if t.role == "month"), None)
    if before is None:
        before = next((t for t in ahead[:2] if t.role == "before" and _fits(t, moved)), None)
    now = next((t for t in behind if t.role == "now"), None)
    if now is None and ahead and ahead[0].role == "now":
        now = ahead[0]
    if before is None and not moved.base:
        now, before = _in_turn(behind)
    if before is None and ahead and ahead[0].role == "month" and ahead[0].base == moved.base:
        before = ahead[0]
    if now is None or before is None or not _alike(now, before) or not _moves(now, moved):
        return None
    lost = any(t.role in ("now", "month") and t is not before for t in chain if now.start < t.start < moved.start)
    return None if lost else (now, before)


def _in_turn(behind: list[_Told]) -> tuple[_Told | None, _Told | None]:
    """The two values right before a difference that names no base, if their periods follow each other."""
    if len(behind) < 2 or {t.role for t in behind[:2]} - {"now", "month"}:
        return None, None
    ends = [re.findall(r"\d+", t.period.partition("年")[2] or t.period) for t in behind[:2]]
    if not all(ends) or len(ends[0]) != len(ends[1]):
        return None, None
    last = [int(e[-1]) for e in ends]
    if abs(last[0] - last[1]) != 1 or (len(ends[0]) > 1 and ends[0][0] != ends[1][0]):
        return None, None
    return (behind[0], behind[1]) if last[0] > last[1] else (behind[1], behind[0])


def _reached(material: Material, offset: int, places: Sequence[int], line: str, chain: list[_Told]) -> None:
    """由98.5回升至98.2: the verb against the two values."""
    for before, now in pairwise(chain):
        if before.role != "before" or now.role != "now" or not now.verb or (before.unit or "") != (now.unit or ""):
            continue
        verb = re.sub(r"(?:至|到|为)$", "", now.verb)
        up, down = verb in (*_UP.split("|"), "增"), verb in (*_DOWN.split("|"), "减")
        first, second = before.value, now.value
        if verb in ("收窄", "缩小", "扩大"):
            first, second = abs(first), abs(second)
        start = offset + places[now.start]
        if not (up and second < first) and not (down and second > first):
            continue
        if before.scale != now.scale or any(i.start == start for i in material.issues):
            continue
        message = f"由{before.printed}到{now.printed}，与“{verb}”方向相反"
        material.say("direction", start, line[before.start : now.end], message)


def _fits(before: _Told, moved: _Told) -> bool:
    """True if the value before may be what the difference is counted from."""
    if not moved.base or not before.base or moved.base == before.base:
        return True
    months = {moved.base, before.base} - {"mom"}
    return len(months) == 1 and "-" not in (one := months.pop()) and one[:1].isdigit() and "年" not in one


def _alike(now: _Told, before: _Told) -> bool:
    units = {now.unit or _INDEX, before.unit or _INDEX}
    return len(units) == 1 and now.scale == before.scale and TIMES not in units


def _moves(now: _Told, moved: _Told) -> bool:
    if now.unit == PERCENT:
        return moved.unit == POINTS
    if (now.unit or _INDEX) == _INDEX:
        return moved.unit in ("", _INDEX, POINTS) and moved.scale == 1
    return moved.unit == now.unit and moved.scale == now.scale


def _check(material: Material, start: int, line: str, moved: _Told, now: _Told, before: _Told) -> None:
    if now.signed and now.value < 0 and not before.signed and before.value > 0:
        before = _negative(before)  # 下降2.5%，比上月的3.5%收窄
    apart = now.span - before.span
    printed = now.value - before.value
    said = rounded(moved.value, moved.printed)
    ways = _ways(moved.verb, now, before)
    quote = line[moved.start - len(moved.verb) : moved.end]
    unit = POINTS if now.unit == PERCENT else moved.unit or _INDEX
    places = max(decimals_of(now.printed), decimals_of(before.printed))
    right = f"{shown(abs(printed), places)}{_short(unit)}"
    both = f"本期{_shown(now)}与前期{_shown(before)}"
    if any(_turned(said, way).meets(apart) for way in ways):
        half = Decimal("0.5").scaleb(-decimals_of(moved.printed))
        if min(abs(printed - way * moved.value) for way in ways) > half:
            message = f"{both}之差为{right}，文字为“{quote}”，相差在四舍五入之内，请核对"
            material.say("change", start, quote, message, right, "warning")
        return
    if all(way * printed < 0 for way in ways) and moved.value:
        word = "上升" if printed > 0 else "下降"
        material.say("direction", start, quote, f"{both}相比是{word}{right}，文字为“{quote}”", f"{word}{right}")
        return
    message = f"{both}之差为{right}，文字为“{quote}”"
    if now.value == before.value:
        right = f"{shown(before.value + ways[0] * moved.value, places)}{now.unit}"
        message += f"；两期的数相同，可能沿用了上期的数，按升降推算本期应为{right}"
    material.say("change", start, quote, message, right)


def _negative(one: _Told) -> _Told:
    return replace(one, value=-one.value, signed=True)


def _turned(span: Interval, way: int) -> Interval:
    return span if way > 0 else Interval(-span.high, -span.low)


def _ways(verb: str, now: _Told, before: _Told) -> list[int]:
    """The signs that the verb may give the difference: of growth below zero 回落 is said both ways."""
    if now.value < 0 and before.value < 0 and now.signed:
        return [1] if verb in ("收窄", "缩小") else [-1] if verb == "扩大" else [1, -1]
    if verb in ("收窄", "缩小", "扩大") and (now.value < 0 or before.value < 0):
        return [1, -1]
    return [1] if verb in _UP.split("|") else [-1]


def _short(unit: str) -> str:
    return {POINTS: "个百分点", PERCENT: "%"}.get(unit, unit)


def _shown(one: _Told) -> str:
    sign = "-" if one.value < 0 and not one.printed.startswith("-") else ""
    return f"{sign}{one.printed}{_short(one.unit)}"
