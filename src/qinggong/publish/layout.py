"""What all renderers lay out alike: decimal alignment, column widths, captions, units, notes and sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from qinggong.publish.document import Block, Cell, Figure, Paragraph, Table
from qinggong.publish.fonts import text_width

Measure = Callable[[str, bool], float]

_NUMERAL = re.compile(r"[(（]?[+\-−±]?\d[\d,]*")
_OWN_UNIT = re.compile(r"\d[^\d.,%％*)）]+$")
_SOURCE_HEADS = ("来源", "资料来源", "数据来源")
_TEXT_COLUMN_CAP = 20.0
_CELL_PADDING = 1.7


def measure_bundled(text: str, strong: bool) -> float:
    """Width in em in the bundled font (for HTML and PDF)."""
    return text_width(text, "Bold" if strong else "Regular")


def measure_times(text: str, strong: bool) -> float:
    """Width in em of the tail of a number in Times New Roman, whose figures are half an em (for DOCX)."""
    return sum(0.5 if c.isdigit() else 0.25 if c in ".," else 0.83 if c == "%" else 1.0 for c in text)


def decimal_tail(text: str) -> str | None:
    """What follows the whole part of a number (“.5” of “1,234.5”).

    ``None`` when ``text`` is no number, or one that carries a unit of its own (“75.93万亿元” in a column of 亿元).
    """
    found = None if _OWN_UNIT.search(text.strip()) else _NUMERAL.match(text.strip())
    return text.strip()[found.end() :] if found else None


def decimal_pads(table: Table, measure: Measure) -> tuple[tuple[float, ...], ...]:
    """Empty space in em to the right of every cell (rows × columns), so that decimal points stand in one line.

    Only right-aligned columns are padded; a dash stands over the whole part of the numbers.
    """
    widest = [0.0] * len(table.columns)
    for row in table.rows:
        for j, cell in enumerate(row):
            tail = decimal_tail(cell.text)
            if table.columns[j].align == "right" and tail is not None:
                widest[j] = max(widest[j], measure(tail, cell.strong))

    def pad(j: int, cell: Cell) -> float:
        if table.columns[j].align != "right" or _OWN_UNIT.search(cell.text.strip()):
            return 0.0
        return round(widest[j] - measure(decimal_tail(cell.text) or "", cell.strong), 3)

    return tuple(tuple(pad(j, cell) for j, cell in enumerate(row)) for row in table.rows)


def column_widths(table: Table) -> tuple[float, ...]:
    """Natural width of each column in em: the widest of head, unit and cells, long text capped so that it wraps."""
    pads = decimal_pads(table, measure_bundled)
    widths = []
    for j, column in enumerate(table.columns):
        cells = [
            measure_bundled(row[j].text, row[j].strong) + pads[i][j] + row[j].indent for i, row in enumerate(table.rows)
        ]
        head = max((text_width(part, "Bold") for part in column.head.split("\n")), default=0.0)
        # A head longer than five characters may break into two lines; numbers never break.
        heads = [head if head <= 5 else head / 2 + 0.7, text_width(unit_of(column.unit)) * 0.9]
        widest = max([*cells, *heads])
        widths.append(round(min(widest, _TEXT_COLUMN_CAP if column.align == "left" else 14.0) + _CELL_PADDING, 2))
    return tuple(widths)


def column_shares(table: Table) -> tuple[float, ...]:
    """Parts of the full width, summing to 1: numbers get what they need, the text columns share the rest."""
    widths = column_widths(table)
    total = sum(widths)
    return tuple(round(width / total, 4) for width in widths)


def unit_of(unit: str) -> str:
    """The unit as printed in a column head: （%）."""
    return f"（{unit}）" if unit and not unit.startswith(("（", "(")) else unit


def unit_line(note: str) -> str:
    """The unit note above a table: 单位：亿元、%."""
    return note if not note or note.startswith(("单位", "计量单位")) else f"单位：{note}"


def source_line(source: str) -> str:
    """The line under a table or figure: 资料来源：…"""
    return source if not source or source.startswith(_SOURCE_HEADS) else f"资料来源：{source}"


def note_lines(block: Table | Figure) -> tuple[tuple[str, str], ...]:
    """Lines under a table or figure as (head, text): 注：…, numbered when there are several, then the source."""
    lines: list[tuple[str, str]] = []
    several = len(block.notes) > 1
    for number, note in enumerate(block.notes, 1):
        text = note.removeprefix("注：").strip()
        lines.append(("注：" if number == 1 else "　　", f"{number}. {text}" if several else text))
    source = source_line(block.source)
    if source:
        head, _, rest = source.partition("：")
        lines.append((f"{head}：", rest) if rest else ("", source))
    return tuple(lines)


def grouped(blocks: tuple[Block, ...]) -> Iterator[tuple[str, tuple[Block, ...]]]:
    """Blocks with their kind: ``bullets`` (a run of bullet paragraphs), ``paragraph``, ``table``, ``figure``."""

    def kind(block: Block) -> str:
        if isinstance(block, Paragraph):
            return "bullets" if block.style == "bullet" else "paragraph"
        return "table" if isinstance(block, Table) else "figure"

    for name, run in groupby(blocks, key=kind):
        if name == "bullets":
            yield name, tuple(run)
        else:
            yield from ((name, (block,)) for block in run)


def check_table(table: Table) -> None:
    """Raise ``ValueError`` when a row has not one cell for each column."""
    for number, row in enumerate(table.rows, 1):
        if len(row) != len(table.columns):
            raise ValueError(f"{table.label} row {number}: {len(row)} cells for {len(table.columns)} columns")
