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
from qinggong.publish.checker.lists import check_lists
from qinggong.publish.checker.tally import MEASURE, Text, Total, check_share, sentences, totals
from qinggong.publish.checker.zones import (
    Zone,
    apart,
    check_run,
    check_sides,
    check_zones,
    label_zone,
    read_zones,
    total_of,
)
from qinggong.reading.numbers import alternatives, fold, squeeze

_FIGURED = re.compile(rf"[\d０-９]|[一二两三四五六七八九十]{MEASURE}")
_ITEM = 80  # a paragraph that is an item of a list of zones


def counts(material: Material) -> None:
    """All checks of counts, paragraph by paragraph."""
    told: list[Zone] = []
    total: Total | None = None
    tables = dict(_zone_tables(material))
    run: list[tuple[Text, Zone]] = []
    for number, block in enumerate(material.blocks):
        if number in tables:
            told, run = tables[number], []
        if block.kind == "table" or not _FIGURED.search(block.text):
            continue
        line, places = squeeze(fold(block.text))
        if not re.search(rf"[\d一二两三四五六七八九十]{MEASURE}|区间|灯区|[渐过偏趋][冷热]", line):
            continue
        zones = list(read_zones(line))
        text = Text(material, line, places, block.start)
        own = next(iter(totals(line)), None)
        if zones:
            total = own or total
            counted = [z for z in zones if not z.side]
            if sum(z.count is not None or bool(z.share) for z in counted) > 1:
                told = counted
            groups = apart(line, counted)
            for group in groups:
                check_zones(text, group, total_of(line, group) or (total if len(groups) < 2 else None))
            near = told or next((t for n, t in tables.items() if n > number), [])
            check_sides(text, [z for z in zones if z.side], near, own or total)
            run = [*run, (text, counted[0])] if len(counted) == 1 and len(block.text) < _ITEM else []
            check_run(run)
        for start, end in sentences(line):
            _check_directions(text, start, end)
        check_lists(text)
        for found in _SHARE_OF.finditer(line):
            whole = Total(int(found["whole"]), found.start(), "")
            check_share(text, found.start(), "", int(found["n"]), found["share"], whole)


def _zone_tables(material: Material) -> Iterator[tuple[int, list[Zone]]]:
    """The zones that tables tell with their counts, by the number of the block."""
    for number, block in enumerate(material.blocks):
        if block.kind != "table":
            continue
        zones = []
        for row in block.rows[1:]:
            named = label_zone(squeeze(fold(row[0].text))[0]) if row else None
            figure = next((c.text.strip() for c in row[1:] if c.text.strip()), "") if named is not None else ""
            if named is not None and figure.isdigit():
                zones.append(Zone(named.rank, named.half, "", named.name, row[0].start, int(figure), ""))
        if len(zones) > 1:
            yield number, zones
            _once(material, zones)


def _once(material: Material, zones: list[Zone]) -> None:
    """Two rows of a table for one zone."""
    seen: dict[tuple[int, str], Zone] = {}
    for zone in zones:
        other = seen.setdefault((zone.rank, zone.half), zone)
        if other.count != zone.count:
            message = f"“{zone.label}”在表中有两行：{other.count}个和{zone.count}个，其中一行应是别的区间"
            material.say("zone-twice", zone.start, f"{zone.label}{zone.count}", message)


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
    for _, n, at, _ in items:
        if beside := _SHARE_BESIDE.match(line[at:]):
            check_share(text, start + at, "", n, beside["share"], total)
    up = [i for i in items if i[0] == "up" and i[3] == "level"]
    if len(up) == 1 and nouns is not None:
        _breadth(text, start, line, up[0][1], total)


_SHARE_BESIDE = re.compile(
    rf"\d+{MEASURE}[^，。；;、\d%()]{{0,8}}[，,(]占(?:比|全部|总数的|全部产品的|全部行业的)?[为达]?(?P<share>\d+(?:\.\d+)?)%"
)
_SHARE_OF = re.compile(
    rf"(?P<n>\d+){MEASURE}[^。；;\d]{{0,10}}占(?:全部)?(?P<whole>\d+){MEASURE}[^。；;%\d]{{0,12}}?(?P<share>\d+(?:\.\d+)?)%"
)
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
