"""A whole document to readings (全文): paragraphs and tables in order, with the period of the heading above them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from qinggong.catalogue import Catalogue
from qinggong.reading.dating import heading_period, only_year
from qinggong.reading.figures import Reading
from qinggong.reading.numbers import fold, squeeze
from qinggong.reading.phrases import WORTH_READING, Paragraph
from qinggong.reading.tables import read_table
from qinggong.reading.vocabulary import Dated, vocabulary
from qinggong.reading.writer import Block

_YEAR = re.compile(r"(?<!\d)(20\d\d|19\d\d)年")


def read_blocks(
    blocks: Sequence[Block],
    *,
    catalogue: Catalogue,
    year: int | None = None,
    publisher: str = "",
    published: dt.date | None = None,
    trusting: bool = False,
) -> list[Reading]:
    """All numbers of a document's paragraphs and tables, in order; offsets count in the document's text.

    Without ``year`` it is that of the first heading that names one, else it follows from the day of publication, else
    it is the one year that the text states, for periods that end in the month of a stated one. ``trusting`` takes the
    captions of tables at their word (for checking, not for intake).
    """
    words = vocabulary(catalogue, publisher)
    headings = [b for b in blocks if b.kind in ("title", "heading")]
    year = year or next((int(y[1]) for b in headings if (y := _YEAR.search(squeeze(fold(b.text))[0]))), None)
    stated = only_year(words, [b.text for b in blocks if b.kind != "table"]) if year is None and not published else None
    readings: list[Reading] = []
    context: Dated | None = None
    lines: list[str] = []
    for block in blocks:
        if block.kind == "table":
            readings += read_table(block, words=words, year=year, context=context, lines=lines[-3:], trusting=trusting)
            continue
        if block.kind in ("title", "heading"):
            context = heading_period(words, block.text, year) or context
        lines = [*lines[-5:], block.text]
        if WORTH_READING.search(block.text):
            own = year or _year_by_day(block.text, published)
            readings += Paragraph(words, block.text, block.start, own, context, stated).readings()
    return readings


def _year_by_day(text: str, published: dt.date | None) -> int | None:
    """The year of months that name none, in a text of that day: the months must be over."""
    if published is None:
        return None
    months = [int(m) for m in re.findall(r"(\d{1,2})月", squeeze(fold(text))[0]) if 1 <= int(m) <= 12]
    return published.year if all(m < published.month for m in months) and "全年" not in text else published.year - 1
