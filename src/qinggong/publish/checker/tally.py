"""Totals that counts belong to (总数): “25个重点行业中”, and the text of a paragraph in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qinggong.publish.checker.document import Material
from qinggong.publish.checker.findings import words
from qinggong.publish.checker.intervals import decimals_of, exactly, rounded, shown
from qinggong.reading.numbers import alternatives

_OF_ALL = "(?:[(](?:自治)?区、(?:直辖)?市[)])?"
MEASURE = "(?:个|种|类|家|户|项)"


@dataclass(frozen=True, slots=True)
class Total:
    """How many there are of what, and where that stands."""

    count: int
    start: int
    noun: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, squeezed; ``places`` lead back to the text that was read."""

    material: Material
    line: str
    places: Sequence[int]
    offset: int

    def say(self, rule: str, at: int, quote: str, message: str, expected: str = "", severity: str = "") -> None:
        self.material.say(rule, self.offset + self.places[at], quote, message, expected, severity)


def sentences(line: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence."""
    start = 0
    for found in re.finditer(r"[。！？]|$", line):
        if found.start() > start:
            yield start, found.start()
        start = found.end()


def totals(line: str) -> Iterator[Total]:
    """Totals in the order of the text."""
    nouns = alternatives(words()["counted"])
    for found in re.finditer(
        rf"(?P<n>\d+){MEASURE}(?P<noun>[^，。；;、\d%()]{{0,14}}?(?:{nouns})){_OF_ALL}(?:当?中|里|景气|的|,|，)",
        line,
    ):
        if re.search(r"位于|处于|上升|下降|增长|持平|实现|保持", found["noun"]):
            continue
        if found[0].endswith(("中", "里")) or line[: found.start()].endswith(("统计的", "监测的", "跟踪的")):
            yield Total(int(found["n"]), found.start(), found["noun"])


def check_share(text: Text, at: int, label: str, count: int, share: str, total: Total) -> None:
    """A share told beside a count, against count and total."""
    if not share:
        return
    derived = exactly(count * 100).over(exactly(total.count))
    if rounded(Decimal(share), share).meets(derived):
        return
    right = f"{shown(derived.middle, decimals_of(share))}%"
    text.say("count-share", at, f"{share}%", f"{label}{count}个，占{total.count}个的{right}，文字为{share}%", right)
