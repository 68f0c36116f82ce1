"""Lists of names (名单): as many names as the count beside them says."""

from __future__ import annotations

import functools
import re

from qinggong.publish.checker.document import Material
from qinggong.publish.checker.tally import MEASURE, Text
from qinggong.reading.numbers import alternatives, fold

_CHINESE = {c: i for i, c in enumerate("一二三四五六七八九十", start=1)} | {"两": 2, "十一": 11, "十二": 12}
_N = r"(?P<n>\d+|十[一二]?|[一二两三四五六七八九])"
_NOUN = "(?:行业|大类|中类|产品|省份|地区|省|城市)"
_NAMES = r"(?P<names>[^。；;:()\d]{2,400}?)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<n>\d+){MEASURE}{_NOUN}?[“”\"'‘’「」]*(?:[，,]?(?:占[^，。；;()]{{1,14}}%)?[，,]?)"
        rf"(?:(?:分别(?:是|为)|包括|具体为|即|[，,]为|[，,]是):?|[:(])(?P<names>[^。；;:()\d]{{2,400}}?)(?P<end>[。；;)]|$)",
        # 23个行业位于稳定区间（中心线以下），分别为：甲、乙
        rf"{_N}{MEASURE}{_NOUN}[^。；;:、\d]{{1,24}}?[，,](?:分别(?:是|为)|包括|具体为|即):?{_NAMES}(?:[。；;)]|$)",
        rf"{_N}{MEASURE}{_NOUN}(?:[^，,。；;:、\d()]{{1,12}})[(]{_NAMES}[)]",
        rf"[(]{_N}{MEASURE}{_NOUN}?[)]:{_NAMES}(?:[。；;]|$)",
        rf"(?:行业|产品|省份|地区)(?:有|为|是|包括):?{_NAMES}[，,]共计?{_N}{MEASURE}",
    )
)
_ENUMERATED = re.compile(rf"(?P<names>[^，。；;:()\d%]{{3,400}}?)(?P<and>等)?{_N}{MEASURE}{_NOUN}(?!中|里)")
_NO_NAME = re.compile(r"[在受因由了对使将被随且但年的]|增长|下降|上升|回落|提高|超过|合计|其中有|看")
_LONGEST = 18
_SHORT_NAME = 4
_JOINS = re.compile(r"、|和|及|以及|与")


def check_lists(text: Text) -> None:
    """“有4个：甲、乙、丙和丁” and “甲、乙、丙和丁4个行业”: as many names as the count says."""
    told: set[int] = set()
    for form in _FORMS:
        for found in form.finditer(text.line):
            names, count = found["names"], _count(found["n"])
            if "等" in names[-6:] or "%" in names or "、" not in names or re.search(r"增长|下降|上升|，", names):
                continue
            _compare(text, found.start("n"), count, names, told)
    for found in _ENUMERATED.finditer(text.line):
        names, count = re.sub(r"^(?:其中|一是|二是|三是)", "", found["names"]), _count(found["n"])
        if "、" not in names or count < 2 or any(_strange(part) for part in names.split("、")):
            continue
        if found["and"] and min(listed_names(names, text.material)) <= count:
            continue  # 甲、乙等6个: names are left out
        inner = found.start() and text.line[found.start() - 1] in "，,"
        if inner and max(listed_names(names, text.material)) < count:
            continue  # names may stand before the comma
        _compare(text, found.start("n"), count, names, told)


def _strange(part: str) -> bool:
    return not part or len(part) > _LONGEST or _NO_NAME.search(part) is not None


def _count(text: str) -> int:
    return int(text) if text.isdigit() else _CHINESE[text]


def _compare(text: Text, at: int, count: int, names: str, told: set[int]) -> None:
    numbers = listed_names(names, text.material)
    if count not in numbers and at not in told:
        told.add(at)
        message = f"说有{count}个，列出的名称有{numbers[0]}个"
        text.say("list", at, f"{count}个：{names[:40]}", message, str(numbers[0]))


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
def _pattern_of(names: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile(alternatives(names)) if names else None


def _joined_names(material: Material) -> re.Pattern[str] | None:
    """Names of the catalogue with a joining word inside, such as 木材加工和木、竹、藤、棕、草制品业."""
    return _pattern_of(tuple(n for n in map(fold, material.words.catalogue.names.meanings) if _JOINS.search(n)))
