"""What all renderers lay out alike: decimal alignment, column widths, captions, units, notes and sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from qinggong.publish.document import Block, Cell, Figure, Paragraph, Section, Table
from qinggong.publish.fonts import text_width

Measure = Callable[[str, bool], float]

_NUMERAL = re.compile(r"[(（]?[+\-−±]?\d[\d,]*")
_OWN_UNIT = re.compile(r"\d[^\d.,%％*)）]+$")
WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "summary": "要点", "sources": "资料来源", "skip": "跳到正文", "between": "、", "unit": "单位：", "note": "注：",
        "source": "资料来源：", "continued": "续", "page": "第 {now} 页　共 {all} 页",
    },
    "en": {
        "summary": "Key points", "sources": "Sources", "skip": "Skip to content", "between": ". ", "unit": "Unit: ",
        "note": "Note: ", "source": "Source: ", "continued": "Continued: ", "page": "Page {now} of {all}",
    },
}  # fmt: skip
"""The words that a page adds of its own, by language."""

_SOURCE_HEADS = ("来源", "资料来源", "数据来源", "Source")
_TEXT_COLUMN_CAP = 20.0
_CELL_PADDING = 1.7
_PAGE_WIDTH, _NARROWEST_TEXT, _TIGHT_PADDING = 50.0, 7.5, 1.2
"""In em of a table's text: 160 mm of 9 points; the least that a column of text shrinks to; what stands beside cells."""


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
    """Parts of the full width, summing to 1, in proportion to what the columns need.

    Where they need more than a page they shrink alike, but a number never below the width of its cells: only text and
    heads may wrap.
    """
    natural = column_widths(table)
    pads = decimal_pads(table, measure_bundled)
    least = []
    for j, column in enumerate(table.columns):
        cells = [measure_bundled(row[j].text, row[j].strong) + pads[i][j] for i, row in enumerate(table.rows)]
        floor = _NARROWEST_TEXT if column.align == "left" else max(cells, default=0.0) + _TIGHT_PADDING
        least.append(min(floor, natural[j]))
    widths = list(natural)
    held: set[int] = set()
    while sum(widths) > _PAGE_WIDTH and len(held) < len(widths):
        free = [j for j in range(len(widths)) if j not in held]
        scale = (_PAGE_WIDTH - sum(widths[j] for j in held)) / sum(natural[j] for j in free)
        for j in free:
            widths[j] = natural[j] * scale
        if not (short := {j for j in free if widths[j] < least[j]}):
            break
        for j in short:
            widths[j] = least[j]
        held |= short
    total = sum(widths)
    return tuple(round(width / total, 4) for width in widths)


def unit_of(unit: str) -> str:
    """The unit as printed in a column head: （%）."""
    return f"（{unit}）" if unit and not unit.startswith(("（", "(")) else unit


def words(language: str) -> dict[str, str]:
    """The page's own words for a language tag (``zh-CN``, ``en``)."""
    return WORDS["en" if language.startswith("en") else "zh"]


def heading(section: Section, language: str = "zh-CN") -> str:
    """一、总体情况."""
    return f"{section.numeral}{words(language)['between']}{section.title}"


def unit_line(note: str, language: str = "zh-CN") -> str:
    """The unit note above a table: 单位：亿元、%."""
    return note if not note or note.startswith(("单位", "计量单位", "Unit")) else words(language)["unit"] + note


def source_line(source: str, language: str = "zh-CN") -> str:
    """The line under a table or figure: 资料来源：…"""
    return source if not source or source.startswith(_SOURCE_HEADS) else words(language)["source"] + source


def note_lines(block: Table | Figure, language: str = "zh-CN") -> tuple[tuple[str, str], ...]:
    """Lines under a table or figure as (head, text): 注：…, numbered when there are several, then the source."""
    lines: list[tuple[str, str]] = []
    several = len(block.notes) > 1
    head = words(language)["note"]
    for number, note in enumerate(block.notes, 1):
        text = note.removeprefix(head).strip()
        lines.append((head if number == 1 else "　　", f"{number}. {text}" if several else text))
    source = source_line(block.source, language)
    if source:
        colon = "：" if "：" in source else ": "
        head, _, rest = source.partition(colon)
        lines.append((f"{head}{colon}", rest) if rest else ("", source))
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
