"""The seam between file shapes and the rest: a source turns frozen bytes into raw rows, still text.

``discover → fetch → freeze → parse``: nothing is interpreted here beyond the shape; names, units and dates are
checked by ``validate`` against the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class RawRow:
    """One figure as it stands in a file; every field is text, ``row`` counts as a spreadsheet does."""

    row: int
    period: str
    region: str
    subject: str
    indicator: str
    measure: str
    value: str
    unit: str
    title: str
    published: str
    publisher: str
    url: str
    status: str = ""

    @property
    def series_text(self) -> str:
        return "·".join(part for part in (self.subject, self.indicator, self.measure) if part)


@dataclass(frozen=True, slots=True)
class Defect:
    """A row that does not have the file's shape; message and advice are Chinese sentences without the full stop."""

    rule: str
    row: int
    text: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A series of the file that no catalogue mapping names; its ``figures`` are left out, listed once."""

    series: str
    figures: int
    why: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of one file.

    ``recognised`` is a Chinese sentence without the full stop: what the file is and what it holds.
    ``blank_rows`` counts figures that the file itself marks as missing.
    """

    rows: tuple[RawRow, ...]
    defects: tuple[Defect, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    recognised: str = ""
    blank_rows: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """A file shape: how it is recognised by name and first bytes, and how it is read.

    ``parser_version`` goes up when the parser reads more or otherwise; a file is then taken in once more.
    """

    id: str
    name: str
    parser_version: int
    recognises: Callable[[PurePath, bytes], bool]
    parse: Callable[[PurePath, bytes], Parsed]


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message is a Chinese sentence without the file's name."""
