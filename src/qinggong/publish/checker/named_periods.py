"""Names of periods beside their months (时期名称): 上半年（1—5月）, and the caption of a table against its heads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qinggong.publish.checker.document import Material
from qinggong.reading import Block
from qinggong.reading.numbers import fold, squeeze

_MONTHS = {
    "一季度": (1, 3), "二季度": (4, 6), "三季度": (7, 9), "四季度": (10, 12), "上半年": (1, 6), "下半年": (7, 12),
    "前三季度": (1, 9), "全年": (1, 12),
}  # fmt: skip
_NAMED = re.compile(
    r"(?P<name>前三季度|第?[一二三四]季度|上半年|下半年|全年)[(](?P<first>\d{1,2})月?(?:-|~|至|到)(?P<last>\d{1,2})月(?:份)?[)]"
)
_SPAN = re.compile(r"(?<![\d.])1月?-(?P<last>\d{1,2})月")
_OTHER = re.compile(r"同比|增长|增速|上年|变化")
_HEAD_ROWS = 2


def named_periods(material: Material) -> None:
    """Each name of a period with its months in brackets; each table's caption against the months of its heads."""
    for number, block in enumerate(material.blocks):
        if block.kind == "table":
            _captions(material, block, material.blocks[max(0, number - 2) : number])
            continue
        line, places = squeeze(fold(block.text))
        for found in _NAMED.finditer(line):
            first, last = _MONTHS[found["name"].removeprefix("第")]
            if (int(found["first"]), int(found["last"])) != (first, last):
                message = f"“{found[0]}”：{found['name']}是{first}—{last}月"
                start = block.start + places[found.start()]
                material.say("period", start, found[0], message, f"{found['name']}（{first}—{last}月）")


def _captions(material: Material, block: Block, lines: Sequence[Block]) -> None:
    caption = next((b for b in reversed(lines) if re.match(r"表\s?\d", b.text)), None)
    if caption is None:
        return
    told = {found["last"] for found in _SPAN.finditer(squeeze(fold(caption.text))[0])}
    heads = [cell for row in block.rows[:_HEAD_ROWS] for cell in row[1:]]
    named = [(cell, found) for cell in heads for found in _SPAN.finditer(squeeze(fold(cell.text))[0])]
    named = [(cell, found) for cell, found in named if not _OTHER.search(cell.text)]
    if len(told) != 1 or not named or told & {found["last"] for _, found in named}:
        return
    cell, found = named[0]
    message = f"表题是1—{told.pop()}月，表头却是{found[0].replace('-', '—')}"
    material.say("period", cell.start, cell.text, message)
