"""Counts and lists (个数与名单): sums of counts by direction, and as many names as a count says.

Works on the squeezed text of a paragraph: counts hang together across clauses and sentences, and their nouns are words
such as 区间 and 行业 that no series has.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from qinggong.publish.checker.document import Material
from qinggong.publish.checker.findings import words
from qinggong.publish.checker.tally import MEASURE, Text, Total, check_share, sentences, totals
from qinggong.publish.checker.zones import Zone, check_sides, check_zones, read_zones
from qinggong.reading.numbers import alternatives, fold, squeeze

_Q = r"[“”\"'‘’「」]*"
_LISTED = re.compile(
    rf"(?P<n>\d+){MEASURE}(?:行业|大类|产品|省份|地区)?{_Q}(?:[，,]?(?:占[^，。；;()]{{1,14}}%)?[，,]?)"
    r"(?:分别(?:是|为)|包括|具体为|即|:|[(]|[，,]为|[，,]是)(?P<names>[^。；;:()\d]{2,400}?)(?P<end>[。；;)]|$)"
)
_SHORT_NAME = 4
_JOINS = re.compile(r"、|和|及|以及|与")


def counts(material: Material) -> None:
    """All checks of counts, paragraph by paragraph."""
    told: list[Zone] = []
    total: Total | None = None
    for block in material.blocks:
        if block.kind == "table" or not re.search(r"\d|[０-９]", block.text):
            continue
        line, places = squeeze(fold(block.text))
        if not re.search(rf"\d{MEASURE}|区间|灯区", line):
            continue
        own_totals = list(totals(line))
        zones = list(read_zones(line))
        text = Text(material, line, places, block.start)
        own = own_totals[0] if own_totals else None
        if zones:
            total = own or total
            counted = [z for z in zones if not z.side]
            if sum(z.count is not None or bool(z.share) for z in counted) > 1:
                told = counted
            check_zones(text, counted, own or total)
            check_sides(text, [z for z in zones if z.side], told, own or total)
        for start, end in sentences(line):
            _check_directions(text, start, end)
        _check_lists(text)


# ------------------------------------------------------------------------------------------ up, down, level


@functools.cache
def _direction_pattern() -> re.Pattern[str]:
    setting = words()
    verbs = "|".join(
        f"(?P<{name}>{alternatives(setting[key])})"
        for name, key in (("up", "rising"), ("down", "falling"), ("flat", "level"))
    )
    return re.compile(verbs)


def _check_directions(text: Text, start: int, end: int) -> None:
    """“25个行业中，12个上升、11个下降、2个持平”: counts of one sentence against their total."""
    line = text.line[start:end]
    total = next(iter(totals(line)), None)
    if total is None:
        return
    rest_at = total.start + len(str(total.count)) + 1 + len(total.noun)
    items = list(_directed(line, rest_at))
    nouns = re.search(r"\d+(?:\.\d+)?%", line[rest_at:])
    for kind in ("level", "speed"):
        own = [i for i in items if i[3] == kind]
        if len({i[0] for i in own}) != len(own):
            continue  # two counts in one direction are of different things
        flat = [i for i in items if i[0] == "flat"]
        both = own if not flat or (kind == "speed" and not own) else [*own, *flat]
        for way, n, at, _ in own:
            if n > total.count:
                message = f"{total.count}{total.noun}中不可能有{n}个{_WAY[way]}"
                text.say("counts", start + at, f"{n}个", message, f"不超过{total.count}")
        if len({i[0] for i in both}) > 1:
            _check_parts(text, start, both, total)
    up = [i for i in items if i[0] == "up" and i[3] == "level"]
    if len(up) == 1 and nouns is not None:
        _breadth(text, start, line, up[0][1], total)


_WAY = {"up": "上升", "down": "下降", "flat": "持平"}
_SPEED = re.compile(r"加快|放缓|回升|回落|减缓")
_SPECIAL = re.compile(r"两位数|双位数|超过|以上|高于|低于|大于|创|连续|由")


def _directed(line: str, at: int) -> Iterator[tuple[str, int, int, str]]:
    """Direction, count, place and kind (of the level, of the speed) of each count behind ``at``."""
    pattern = _direction_pattern()
    for found in re.finditer(rf"(?P<n>\d+){MEASURE}(?!百分点|月)", line[at:]):
        first, last = at + found.start(), at + found.end()
        after = _ahead(line[last : last + 16])
        before = _ahead(line[max(0, first - 12) : first][::-1])[::-1]
        behind = list(pattern.finditer(before))
        told = behind[-1] if behind and re.search(r"(?:的|有|为|共|行业|产品)", before) else None
        chosen = pattern.search(after) or told
        context = before + after
        if chosen is None or _SPECIAL.search(context):
            continue
        way = chosen.lastgroup or ""
        speed = _SPEED.search(chosen[0]) is not None or "增速" in context
        yield way, int(found["n"]), first, "" if way == "flat" else "speed" if speed else "level"


def _ahead(text: str) -> str:
    """The text up to the first separator, digit or per cent sign."""
    return re.split(r"[，。；;、\d%]", text, maxsplit=1)[0]


def _check_parts(text: Text, start: int, items: list[tuple[str, int, int, str]], total: Total) -> None:
    found = sum(n for _, n, _, _ in items)
    if found == total.count:
        return
    listed = "、".join(f"{_WAY[way]}{n}个" for way, n, _, _ in items)
    flat = any(way == "flat" for way, *_ in items)
    message = f"{listed}，合计{found}，与总数{total.count}不符"
    severity = "" if found > total.count or flat else "warning"
    if severity:
        message += f"；其余{total.count - found}个没有说明"
    _, n, at, _ = items[-1]
    text.say("counts", start + at, f"{n}个", message, str(total.count), severity)


def _breadth(text: Text, start: int, line: str, count: int, total: Total) -> None:
    found = re.search(r"(?:增长面|上升面)(?:为|达到?|是)?(?P<share>\d+(?:\.\d+)?)%", line)
    if found is not None:
        check_share(text, start + found.start(), "增长的有", count, found["share"], total)


# ---------------------------------------------------------------------------------------------------- lists


def _check_lists(text: Text) -> None:
    """“有4个：A、B、C和D”: as many names as the count says."""
    for found in _LISTED.finditer(text.line):
        names, count = found["names"], int(found["n"])
        if "等" in names[-6:] or "%" in names or "、" not in names or re.search(r"增长|下降|上升|，", names):
            continue
        numbers = listed_names(names, text.material)
        if count not in numbers:
            quote = f"{count}个：{names[:40]}"
            message = f"说有{count}个，列出的名称有{numbers[0]}个"
            text.say("list", found.start(), quote, message, str(numbers[0]))


def listed_names(names: str, material: Material) -> list[int]:
    """How many names a list may hold, the likeliest first: 和 may join two names or stand in one."""
    joined = _joined_names(material)
    text = joined.sub("〇", names) if joined is not None else names
    text = re.sub(r"[“”\"'‘’]", "", text)
    by_comma = len([p for p in text.split("、") if p])
    last = _JOINS.split(text.rsplit("、", 1)[-1])
    by_all = by_comma + len(last) - 1
    if len(last) == 2 and all(0 < len(part) <= _SHORT_NAME for part in last):
        return [by_all]  # two short names, not one with 和 in it
    return list(dict.fromkeys([by_all, by_comma, len([p for p in _JOINS.split(text) if p])]))


@functools.lru_cache(maxsize=8)
def _pattern_of(catalogue: object, names: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile(alternatives(names)) if names else None


def _joined_names(material: Material) -> re.Pattern[str] | None:
    catalogue = material.words.catalogue
    return _pattern_of(id(catalogue), tuple(n for n in map(fold, catalogue.names.meanings) if _JOINS.search(n)))
