"""The bulletin as a value: sections of paragraphs, tables and figures that every renderer draws alike.

Nothing here knows HTML, Typst or Word. Numbers that come from facts are :class:`Number` values, so that each
renderer can mark them and a test can prove that no other number is printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number: the text as shown and the fact it comes from."""

    text: str
    fact_id: str


Inline = str | Number


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. ``lead`` opens a section, ``bullet`` is a line of the summary, ``note`` is small print."""

    inlines: tuple[Inline, ...]
    style: Literal["lead", "body", "bullet", "note"] = "body"

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.inlines)


@dataclass(frozen=True, slots=True)
class Column:
    """One table column: head, the unit printed under or beside it, and how its cells are set."""

    head: str
    unit: str = ""
    align: Literal["left", "right", "center"] = "right"


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell; a number carries its fact, a missing value is “—” with the reason in ``title``."""

    text: str
    fact_id: str = ""
    title: str = ""
    strong: bool = False
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A numbered table; ``label`` is 表2-1 and ``title`` names the one period of all its columns."""

    label: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    unit_note: str = ""
    notes: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A numbered chart: a Vega-Lite specification, its caption and a text for those who cannot see it."""

    label: str
    title: str
    spec: dict[str, Any] = field(hash=False)
    alt: str = ""
    notes: tuple[str, ...] = ()
    source: str = ""

    @property
    def spoken(self) -> str:
        """What the figure shows, for those who cannot see it: its own text, then the chart's from its numbers."""
        own = self.alt or self.title
        told = str(self.spec.get("description", ""))
        return f"{own.rstrip('。')}。{told}" if told and told not in own else own


Block = Paragraph | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section (一、总体情况)."""

    key: str
    numeral: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One cited release in the list of sources: bracket number, title, publisher, date, address."""

    number: int
    title: str
    publisher: str
    date: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One month's bulletin, ready to be drawn.

    ``mark`` is empty, or the notice of synthetic data that stands on every page, chart and sheet.
    """

    title: str
    subtitle: str
    period_name: str
    issue_line: str
    status_line: str
    summary: tuple[Paragraph, ...]
    sections: tuple[Section, ...]
    sources: tuple[SourceLine, ...]
    release_time: str
    language: str = "zh-CN"
    mark: str = ""

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, Figure))

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, Table))
