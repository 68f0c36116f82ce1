"""Zones of an index (冷暖区间): how many industries stand in each, told once, summing up, with fitting shares."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from qinggong.publish.checker.findings import words
from qinggong.publish.checker.intervals import decimals_of, exactly, rounded, shown
from qinggong.publish.checker.tally import MEASURE, Text, Total, check_share, totals
from qinggong.reading.numbers import alternatives

_Q = r"[“”\"'‘’「」]*"
_SHARE = re.compile(r"[^。；;%]{0,16}?(?:占|比重|占比|[(])[^。；;%，]{0,14}?(?P<share>\d+(?:\.\d+)?)%")
_BARE_SHARE = re.compile(r"[为:]?(?P<share>\d+(?:\.\d+)?)%")
_COUNT_AFTER = re.compile(
    rf"{_Q}(?:[^，。；;、\d%()]{{0,9}}|[(][^()\d%]{{1,6}}[)][^，。；;、\d%()]{{0,6}})(?P<n>\d+){MEASURE}"
)
_LIGHT = r"(?:[“”\"]*(?:红|黄|绿|浅蓝|蓝)灯?区[“”\"]*[(])?"
_COUNT_BEFORE = re.compile(rf"(?P<n>\d+){MEASURE}(?:[^，。；;、\d%()]{{0,10}}{_LIGHT})$")
_SHARE_BEFORE = re.compile(r"(?P<share>\d+(?:\.\d+)?)%[)]?的行业[^，。；;、\d%()]{0,8}$")


_TOUCHING = re.compile(r"\d+[个类]|\d+(?:\.\d+)?%[、，。；]")
_WHEN = re.compile(
    r"(?:^|(?<=[。；;]))(?:(?:\d{4}年)?\d{1,2}月|上个?月|本月|当月|上年|去年|上期|本期)|[从分按][^，。、\d]{1,4}看"
)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone mention: its rank from cold to hot, its half, whether 以上 or 以下 follows, its count and its share."""

    rank: int
    half: str
    side: str
    name: str
    start: int
    count: int | None
    share: str

    @property
    def label(self) -> str:
        return self.name + (f"（中心线{self.half}）" if self.half else "")


@functools.cache
def _zone_pattern() -> re.Pattern[str]:
    names = alternatives(name for group in words()["zones"] for name in group)
    half = r"[(]?中心线以(?P<half>[上下])[)]?"
    return re.compile(
        rf"(?P<open>{_Q})(?P<zone>{names})(?:{_Q}(?:的?{half}))?(?P<close>{_Q})(?P<area>区间|灯区|区域|状态|区)?"
        rf"{_Q}(?:的?{half.replace('half', 'half2')})?(?P<side>及?以[上下])?"
    )


@functools.cache
def _ranks() -> dict[str, int]:
    return {name: rank for rank, group in enumerate(words()["zones"]) for name in group}


def read_zones(line: str) -> Iterator[Zone]:
    """Zones that a squeezed paragraph names, in order."""
    mentions = []
    for found in _zone_pattern().finditer(line):
        half = found["half"] or found["half2"] or ""
        plain = found["zone"] in ("稳定", "正常", "平稳")
        marked = found["area"] or half or found["side"] or (found["open"] and found["close"])
        just_before = line[max(0, found.start() - 2) : found.start()]
        touching = _TOUCHING.match(line, found.end()) or re.fullmatch(r"\d[个类]", just_before)
        if plain and not marked and not touching:
            continue
        mentions.append((found, half))
    for k, (found, half) in enumerate(mentions):
        stop = mentions[k + 1][0].start() if k + 1 < len(mentions) else len(line)
        count, at = None, found.end()
        after = _COUNT_AFTER.match(line[found.end() : stop])
        before = _COUNT_BEFORE.search(line[mentions[k - 1][0].end() if k else 0 : found.start()])
        if before is not None and not _taken(line, found.start(), before):
            count = int(before["n"])
        elif after is not None:
            count, at = int(after["n"]), found.end() + after.end()
        share = _SHARE.match(line[at:stop]) or _BARE_SHARE.match(line[at:stop])
        if share is None and count is None:
            share = _SHARE_BEFORE.search(line[max(0, found.start() - 40) : found.start()])
        yield Zone(
            _ranks()[found["zone"]], f"以{half}" if half else "", (found["side"] or "").removeprefix("及"), found["zone"],
            found.start(), count, share["share"] if share else "",
        )  # fmt: skip


def _taken(line: str, start: int, before: re.Match[str]) -> bool:
    """True if the count before a zone is a total (25个行业中) or that of a noun in between."""
    return re.search(r"行业中|产品中|中$", before[0]) is not None or "监测" in before[0]


def label_zone(label: str) -> Zone | None:
    """The zone that the label of a table's row names; ``None`` for another label."""
    found = _zone_pattern().fullmatch(label)
    if found is None:
        return None
    half = found["half"] or found["half2"] or ""
    return Zone(_ranks()[found["zone"]], f"以{half}" if half else "", "", found["zone"], 0, None, "")


def apart(line: str, zones: list[Zone]) -> list[list[Zone]]:
    """Zones of one time and one total together: last month's and those of the provinces are other counts."""
    keys: dict[tuple[str, int], list[Zone]] = {}
    whens = list(_WHEN.finditer(line)) if zones else []
    ends, starts = [m.end() for m in whens], [t.start for t in totals(line)] if zones else []
    for zone in zones:
        when, before = bisect_right(ends, zone.start), bisect_left(starts, zone.start)
        key = (whens[when - 1][0] if when else "", starts[before - 1] if before else -1)
        keys.setdefault(key, []).append(zone)
    return list(keys.values())


def total_of(line: str, zones: list[Zone]) -> Total | None:
    """The total that stands before these zones, or behind them where none stands before any."""
    told = list(totals(line))
    before = [t for t in told if zones and t.start < zones[-1].start]
    return before[-1] if before else told[0] if told else None


def check_run(run: list[tuple[Text, Zone]]) -> None:
    """Paragraphs that follow each other, each of one zone: a zone has one count."""
    if not run:
        return
    text, zone = run[-1]
    for _, other in run[:-1]:
        if (other.rank, other.half) == (zone.rank, zone.half) and None not in (other.count, zone.count):
            if other.count != zone.count:
                message = f"“{zone.label}”说了两次：{other.count}个和{zone.count}个"
                text.say("zone-twice", zone.start, f"{zone.label}{zone.count}个", message)
            return


def check_zones(text: Text, zones: list[Zone], total: Total | None) -> None:
    """Zones told twice, shares of counts, sums of counts and of shares."""
    counted = [z for z in zones if z.count is not None]
    distinct: dict[tuple[int, str], Zone] = {}
    twice = False
    for zone in counted:
        other = distinct.setdefault((zone.rank, zone.half), zone)
        if other.count != zone.count:
            twice = True
            absent = [g[0] for r, g in enumerate(words()["zones"]) if r not in {z.rank for z in counted}]
            whole = total is not None and sum(z.count or 0 for z in counted) == total.count
            hint = f"；各数之和恰为{total.count}，其中一处应为别的区间" if whole and total else ""
            hint += f"（没有说到的有：{'、'.join(absent)}）" if whole and absent else ""
            message = f"“{zone.label}”说了两次：{other.count}个和{zone.count}个{hint}"
            text.say(
                "zone-twice", zone.start, f"{zone.label}{zone.count}个", message, "、".join(absent) if whole else ""
            )
    for k, zone in enumerate(zones):
        other = next((z for z in zones[:k] if (z.rank, z.half) == (zone.rank, zone.half)), zone)
        if other.count is None and zone.count is None and zone.share and other.share not in ("", zone.share):
            message = f"“{zone.label}”的占比说了两次：{other.share}%和{zone.share}%"
            text.say("zone-twice", zone.start, f"{zone.label}{zone.share}%", message)
    if total is not None:
        for zone in counted:
            check_share(text, zone.start, f"{zone.label}", zone.count or 0, zone.share, total)
    listed = _whole_list(distinct)
    if total is not None and not twice and len(listed) > 2:
        _check_sum(text, listed, total)
    shares = [z for z in zones if z.share]
    parts = {(z.rank, z.half): z for z in shares}
    whole_told = total is not None and sum(z.count or 0 for z in listed) == total.count
    if len(parts) == len(shares) == len(zones) and (len(parts) > 3 or whole_told):
        _check_shares(text, list(parts.values()))


def _whole_list(distinct: dict[tuple[int, str], Zone]) -> list[Zone]:
    """Zones that do not overlap: a zone told as a whole stands for its halves."""
    whole = {rank for rank, half in distinct if not half}
    return [z for (rank, half), z in distinct.items() if not half or rank not in whole]


def _check_sum(text: Text, zones: list[Zone], total: Total) -> None:
    found = sum(z.count or 0 for z in zones)
    if found == total.count:
        return
    listed = "、".join(f"{z.label}{z.count}个" for z in zones)
    message = f"各区间的个数（{listed}）之和为{found}，总数为{total.count}"
    text.say("counts", zones[-1].start, f"{zones[-1].label}{zones[-1].count}个", message, str(total.count))


def _check_shares(text: Text, zones: list[Zone]) -> None:
    spans = [rounded(Decimal(z.share), z.share) for z in zones]
    low, high = sum(s.low for s in spans), sum(s.high for s in spans)
    if not low <= 100 <= high:
        found = sum(Decimal(z.share) for z in zones)
        listed = "、".join(f"{z.label}{z.share}%" for z in zones)
        message = f"各区间的占比（{listed}）之和为{found}%，不是100%"
        text.say("shares", zones[-1].start, f"{zones[-1].share}%", message, "100%")


def check_sides(text: Text, sides: list[Zone], told: list[Zone], total: Total | None) -> None:
    """“位于稳定区间以上的行业占52%” against the zones: with the named zone or without it, but not half of it."""
    distinct = {(z.rank, z.half): z for z in told}
    listed = _whole_list(distinct)
    if total is None and len(listed) > 2 and all(z.count is not None for z in listed):
        total = Total(sum(z.count or 0 for z in listed), listed[0].start, "行业")
    for side in sides:
        if not listed or (side.count is None and not side.share):
            continue
        above = side.side == "以上"
        sums = {
            with_own: [z for z in listed if (z.rank > side.rank) == above and z.rank != side.rank]
            + [z for z in listed if z.rank == side.rank and (with_own and (not side.half or z.half == side.half))]
            for with_own in (True, False)
        }
        if side.half:  # 中心线以上: the half and what is beyond
            sums = {True: sums[True]}
        if any(_fits(side, zones, total) for zones in sums.values()):
            continue
        said = f"{side.count}个" if side.count is not None else f"{side.share}%"
        rights = [r for zones in sums.values() if (r := _sum_of(side, zones, total))]
        half = [
            z for z in listed
            if ((z.rank > side.rank) == above and z.rank != side.rank)
            or (z.rank == side.rank and z.half == ("以上" if above else "以下"))
        ]  # fmt: skip
        hint = ""
        if half and _fits(side, half, total):
            hint = f"；{said}是{'、'.join(z.label for z in half)}之和，应写“{side.name}区间中心线{side.side}”"
        where = f"“{side.name}”区间{side.side}"
        message = f"{where}为{said}，而各区间相加，含该区间为{rights[0] if rights else '不同'}"
        message += (f"，不含为{rights[1]}" if len(rights) > 1 else "") + hint
        text.say(
            "zone-above", side.start, f"{side.name}区间{side.side}{said}", message, "或".join(dict.fromkeys(rights))
        )


def _fits(side: Zone, zones: list[Zone], total: Total | None) -> bool:
    if side.count is not None and all(z.count is not None for z in zones):
        return sum(z.count or 0 for z in zones) == side.count
    if side.share and total is not None and all(z.count is not None for z in zones):
        derived = exactly(sum(z.count or 0 for z in zones) * 100).over(exactly(total.count))
        return rounded(Decimal(side.share), side.share).meets(derived)
    if side.share and all(z.share for z in zones):
        span = exactly(0)
        for zone in zones:
            span = span + rounded(Decimal(zone.share), zone.share)
        return rounded(Decimal(side.share), side.share).meets(span)
    return True


def _sum_of(side: Zone, zones: list[Zone], total: Total | None) -> str:
    if all(z.count is not None for z in zones):
        count = sum(z.count or 0 for z in zones)
        if side.share and total is not None:
            return f"{shown(Decimal(count * 100) / total.count, decimals_of(side.share))}%"
        return f"{count}个"
    return f"{sum(Decimal(z.share) for z in zones)}%" if all(z.share for z in zones) else ""
