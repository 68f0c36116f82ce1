"""Blocks of a document (段落与表格), and the text in which they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

LARGEST_TEXT = 1_000_000
LONGEST_PARAGRAPH = 50_000
MOST_CELLS = 60_000

BlockKind = Literal["title", "heading", "paragraph", "table"]
_SPACES = re.compile(r"[^\S\n]+")


class DocumentError(Exception):
    """The document cannot be read; the message is a Chinese sentence without the file's name."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; a cell over several columns or rows stands in each of them."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Block:
    """A title, heading, paragraph or table; ``start`` is its place in the document's text.

    ``page`` counts from 1 where the format has pages (PDF), else it is 0.
    """

    kind: BlockKind
    text: str
    start: int
    rows: tuple[tuple[Cell, ...], ...] = ()
    page: int = 0


class Writer:
    """Collects blocks and the text in which they stand."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = self.cells = self.page = 0
        self.blocks: list[Block] = []

    def block(self, kind: BlockKind, text: str) -> None:
        text = _SPACES.sub(" ", text).strip()
        if len(text) > LONGEST_PARAGRAPH:
            raise DocumentError(f"有一段超过{LONGEST_PARAGRAPH // 10_000}万字，不像发布文字")
        if text:
            self.blocks.append(Block(kind, text, self._write(text), page=self.page))
            self._write("\n")

    def table(self, rows: Sequence[Sequence[str | tuple[int, int]]]) -> None:
        """Write a table; a pair ``(row, column)`` in place of a text repeats the cell that stands there."""
        start, made = self.size, list[tuple[Cell, ...]]()
        self.cells += sum(len(row) for row in rows)
        if self.cells > MOST_CELLS:
            raise DocumentError(f"表格超过{MOST_CELLS}个单元格，不像发布文字")
        for row in rows:
            line: list[Cell] = []
            for cell in row:
                if isinstance(cell, tuple):
                    line.append(made[cell[0]][cell[1]] if cell[0] < len(made) else line[cell[1]])
                else:
                    text = " ".join(cell.split())
                    line.append(Cell(text, self._write(text + "\t")))
            made.append(tuple(line))
            self._write("\n")
        self.blocks.append(Block("table", "", start, tuple(made), self.page))

    def _write(self, text: str) -> int:
        start = self.size
        self.parts.append(text)
        self.size += len(text)
        if self.size > LARGEST_TEXT:
            raise DocumentError(f"文字超过{LARGEST_TEXT // 10_000}万字，不像发布文字")
        return start
