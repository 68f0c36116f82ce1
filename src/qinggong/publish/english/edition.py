"""The frame of the English edition (英文版): every block in English, or left out and said to be left out."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from qinggong.catalogue.bulletins import load_monthly_plan
from qinggong.catalogue.synthetic import MARK
from qinggong.monitor.facts import Brief
from qinggong.publish.document import (
    Block,
    Bulletin,
    Cell,
    Column,
    Figure,
    Inline,
    Number,
    Paragraph,
    Section,
    SourceLine,
    Table,
)
from qinggong.publish.english.lexicon import MARK_CLOSE, MARK_OPEN, has_chinese, translated
from qinggong.publish.language import TAGS, speaking
from qinggong.publish.phrases import agreeing, full_date, listed

_PLACE = re.compile(f"{MARK_OPEN}(\\d+){MARK_CLOSE}")
_LABEL = re.compile(r"([表图])(\d+)-(\d+)")
_KINDS = {"表": "Table", "图": "Figure"}
_LONG_HEAD = 9
NOTICE = "Synthetic data: not statistics"


def finished(bulletin: Bulletin, brief: Brief) -> Bulletin:
    """The bulletin with everything in English; what has no English is left out, and the last section says so."""
    with speaking("en"):
        left_out: list[str] = []
        sections = [_section(s, left_out) for s in bulletin.sections]
        told = [s for s in sections if s.blocks]
        left_out += [f"section {s.numeral} ({s.title})" for s in sections if not s.blocks and not has_chinese(s.title)]
        if told:
            told[-1] = dataclasses.replace(told[-1], blocks=(*told[-1].blocks, *_closing(left_out)))
        summary = [p for p in (_paragraph(p) for p in bulletin.summary) if p is not None]
        return dataclasses.replace(
            bulletin, title=_title(bulletin), subtitle=_told(bulletin.subtitle),
            period_name=_told(bulletin.period_name), issue_line=_told(bulletin.issue_line), status_line=_status(brief),
            summary=tuple(summary), sections=tuple(told), sources=tuple(_source(s) for s in bulletin.sources),
            language=TAGS["en"], mark=NOTICE if bulletin.mark else "",
        )  # fmt: skip


def _title(bulletin: Bulletin) -> str:
    """The title of the English edition; a title of the user's own stays if it has no Chinese."""
    own = bulletin.title.removesuffix(f"（{MARK}）")
    plan = load_monthly_plan()
    title = (translated(own) or plan.title_en) if has_chinese(own) else own
    return f"{title} ({NOTICE})" if bulletin.mark else title


def _status(brief: Brief) -> str:
    if brief.as_of:
        return f"Figures released by {full_date(brief.as_of)}"
    return f"All figures in the store; the main figures were released on {full_date(brief.release_date)}"


def _source(line: SourceLine) -> SourceLine:
    """A cited release: its title is Chinese, so it is described; the address leads to it."""
    publisher = translated(line.publisher) or "Other publisher"
    return SourceLine(line.number, "Release in Chinese" if has_chinese(line.title) else line.title, publisher,
                      line.date, line.url)  # fmt: skip


def _section(section: Section, left_out: list[str]) -> Section:
    title = translated(section.title) or section.title
    number = _numeral(section)
    blocks: list[Block] = []
    lost = 0
    for block in section.blocks:
        found = _block(block)
        if found is None:
            lost += 1
        else:
            blocks.append(found)
    if has_chinese(title):
        left_out.append(f"section {number}, which has no English title")
        blocks = []
    elif lost and blocks:
        left_out.append(f"{lost} {'block' if lost == 1 else 'blocks'} of section {number} ({title})")
    return Section(section.key, number, title, tuple(blocks))


def _numeral(section: Section) -> str:
    from qinggong.publish.sections.numbering import NUMERALS

    return str(NUMERALS.index(section.numeral) + 1) if section.numeral in NUMERALS else section.numeral


def _closing(left_out: list[str]) -> list[Paragraph]:
    if not left_out:
        return []
    return [Paragraph((f"Left out of the English edition, in the Chinese one: {listed(left_out)}.",), "note")]


def _block(block: Block) -> Block | None:
    if isinstance(block, Paragraph):
        return _paragraph(block)
    return _table(block) if isinstance(block, Table) else _figure(block)


def _paragraph(paragraph: Paragraph) -> Paragraph | None:
    """A paragraph with its numbers in their places."""
    if not has_chinese("".join(p for p in paragraph.inlines if isinstance(p, str))):
        return paragraph
    numbers = [part for part in paragraph.inlines if isinstance(part, Number)]
    count = iter(range(len(numbers)))
    text = "".join(
        part if isinstance(part, str) else f"{MARK_OPEN}{next(count)}{MARK_CLOSE}" for part in paragraph.inlines
    )  # fmt: skip
    english = translated(text)
    if english is None:
        return None
    inlines: list[Inline] = []
    end = 0
    for found in _PLACE.finditer(english):
        inlines += [english[end : found.start()], numbers[int(found[1])]]
        end = found.end()
    inlines.append(english[end:])
    if sorted(n.fact_id for n in inlines if isinstance(n, Number)) != sorted(n.fact_id for n in numbers):
        return None  # a number was lost or told twice
    return Paragraph(tuple(agreeing([part for part in inlines if part != ""])), paragraph.style)


def _table(table: Table) -> Table | None:
    columns = tuple(Column(_head(c.head), _told(c.unit), c.align) for c in table.columns)
    rows = tuple(tuple(_cell(c) for c in row) for row in table.rows)
    found = Table(
        _label(table.label), _told(table.title), columns, rows, _told(table.unit_note),
        tuple(_told(n) for n in table.notes), _source_line(table.source),
    )  # fmt: skip
    texts = [found.title, found.unit_note, found.source, *found.notes, *(c.head + c.unit for c in columns)]
    texts += [c.text for row in rows for c in row]
    return None if any(has_chinese(t) for t in texts) else found


def _cell(cell: Cell) -> Cell:
    title = translated(cell.title)
    return dataclasses.replace(
        cell, text=_told(cell.text).replace(" percentage points", " points"),
        title=title if title is not None else "not available" if cell.title else "",
    )  # fmt: skip


def _figure(figure: Figure) -> Figure | None:
    title = _told(figure.title)
    alt = translated(figure.alt)
    found = Figure(
        _label(figure.label), title, {**_spec(figure.spec), "description": title},
        alt if alt is not None else f"Chart: {title}",
        tuple(_told(n) for n in figure.notes), _source_line(figure.source),
    )  # fmt: skip
    texts = [found.title, found.source, *found.notes, *_texts(found.spec)]
    return None if any(has_chinese(t) for t in texts) else found


def _source_line(source: str) -> str:
    """“Source: National Bureau of Statistics of China; …”."""
    if not source:
        return ""
    told = [translated(part) for part in source.split("、")]
    return source if any(part is None for part in told) else f"Source: {'; '.join(part or '' for part in told)}"


def _told(text: str) -> str:
    """The English, or the text itself where there is none; the caller then finds Chinese in it."""
    return translated(text) or text


def _head(head: str) -> str:
    """A column head in two lines of about equal length where it is long."""
    text = _told(head.replace("\n", "") if has_chinese(head) else head)
    places = [i for i, c in enumerate(text) if c == " "]
    if len(text) <= _LONG_HEAD or not places or "\n" in text:
        return text
    middle = min(places, key=lambda i: abs(i - len(text) / 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _label(label: str) -> str:
    found = _LABEL.fullmatch(label)
    return f"{_KINDS[found[1]]} {found[2]}-{found[3]}" if found else label


def _spec(value: Any) -> Any:
    """A chart's specification with every text in English; equal texts stay equal, so that scales keep their fields."""
    if isinstance(value, str):
        return _told(value)
    if isinstance(value, Mapping):
        return {key: _spec(part) for key, part in value.items() if key != "description"}
    return [_spec(part) for part in value] if isinstance(value, list | tuple) else value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [text for part in parts for text in _texts(part)]
