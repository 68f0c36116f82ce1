"""Release pages of the customs as text: heading, date, cells of the tables, addresses; and the index of a year.

Cells that span columns or rows stand in each of them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from qinggong.sources.base import UnreadableFile

SIZE_LIMIT = 16 << 20
_CELLS_LIMIT = 200_000
_WIDEST, _TALLEST = 40, 400
_TEXT_LIMIT = 400
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Page:
    """A page or a sheet: what it is called, its date as ISO text or empty, and the cells of its table.

    ``images`` counts the pictures that stand for tables; ``places`` are the rows of the file that ``rows`` were.
    """

    title: str
    date: str
    rows: tuple[tuple[str, ...], ...]
    images: int = 0
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One table that an index page offers: what it is called, of which month, and where."""

    title: str
    year: int
    month: int
    url: str


def read_page(content: bytes) -> Page:
    """A release page.

    Raises
    ------
    UnreadableFile
        If it is too large, in no known encoding, or broken.
    """
    root = _root(content)
    rows = _laid_out(root)
    heading, date = _first(root, "//div[@class='atcl-ttl']"), _first(root, "//div[@class='atcl-date']")
    published = root.xpath("//meta[translate(@name, 'PUBDATE', 'pubdate') = 'pubdate']/@content")
    images = root.xpath("count(//img[contains(translate(@src, 'EXCEL', 'excel'), 'excel')])")
    return Page(
        heading or _first(root, "//title"), page_date(date or (str(published[0]) if published else "")), rows,
        int(images), tuple(range(1, len(rows) + 1)),
    )  # fmt: skip


def read_index(content: bytes) -> tuple[Listed, ...]:
    """The tables that an index page of a year (发布目录页) offers, in its order; none if the page is no such index.

    Raises
    ------
    UnreadableFile
        As ``read_page``.
    """
    root = _root(content)
    years = [str(y) for y in root.xpath("//option/@value") if re.fullmatch(r"(19|20)\d\d", str(y))]
    found = []
    for row in root.iter("tr") if years else ():
        title = next((_words(node) for node in row.iterchildren("td", "th")), "")
        for link in row.iter("a") if title else ():
            text, url = _words(link), str(link.get("href") or "")[:_TEXT_LIMIT]
            month = _MONTHS.index(text[:3].lower()) + 1 if text[:3].lower() in _MONTHS else 0
            month = month or (int(text[:-1]) if re.fullmatch(r"(1[0-2]|[1-9])月", text) else 0)
            if month and url:
                found.append(Listed(title, int(years[0]), month, url))
    return tuple(found)


def page_date(text: str) -> str:
    """A page's date, written 2025/03/11, 2025-03-11 or 03/08/2018, as ISO text; empty if there is none."""
    found = re.search(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})", text)
    if found is None:
        return ""
    a, b, c, d, e, f = (int(g) if g else 0 for g in found.groups())
    try:
        return (dt.date(a, b, c) if a else dt.date(f, d, e)).isoformat()
    except ValueError:
        return ""


def _root(content: bytes) -> Any:
    if len(content) > SIZE_LIMIT:
        raise UnreadableFile(f"网页大于{SIZE_LIMIT >> 20} MiB")
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, recover=True
    )
    try:
        root = etree.fromstring(_text(content).replace("\x00", "").encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableFile(f"网页不完整（{str(error)[:60]}）") from error
    if root is None:
        raise UnreadableFile("网页是空的")
    return root


def _first(root: Any, path: str) -> str:
    return next((_words(node) for node in root.xpath(path)), "")


def _words(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())[:_TEXT_LIMIT]


def _text(content: bytes) -> str:
    reached = 0
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            reached = max(reached, error.start)
    line = content.count(b"\n", 0, reached) + 1
    raise UnreadableFile(f"网页第{line}行的文字编码既不是 UTF-8 也不是 GB18030，或一页里混有两种")


def _laid_out(root: Any) -> tuple[tuple[str, ...], ...]:
    """The cells of all tables in their columns, those of spans from rows above included."""
    found, hanging, count = list[tuple[str, ...]](), dict[int, tuple[str, int]](), 0
    for row in root.iter("tr"):
        line, below = list[str](), dict[int, tuple[str, int]]()
        for text, width, height in _cells(row):
            _hang(line, hanging, below)
            for _ in range(width):
                if height > 1:
                    below[len(line)] = (text, height - 1)
                line.append(text)
            count += width
        _hang(line, hanging, below)
        hanging = below
        count += len(below)
        if count > _CELLS_LIMIT:
            raise UnreadableFile("网页里的表格过大，不像海关发布页")
        if line:
            found.append(tuple(line))
    return tuple(found)


def _cells(row: Any) -> Iterator[tuple[str, int, int]]:
    """Text, width and height of each cell of a row."""
    for node in row.iterchildren("td", "th"):
        yield _words(node), _size(node.get("colspan"), _WIDEST), _size(node.get("rowspan"), _TALLEST)


def _hang(line: list[str], hanging: dict[int, tuple[str, int]], below: dict[int, tuple[str, int]]) -> None:
    """Put the cells that reach down from the rows above where the line has come to."""
    while len(line) in hanging:
        text, height = hanging.pop(len(line))
        if height > 1:
            below[len(line)] = (text, height - 1)
        line.append(text)


def _size(text: str | None, most: int) -> int:
    return max(1, min(most, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
