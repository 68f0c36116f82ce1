"""The bulletin's text, tables and figures as Word elements (正文), in the styles of a frame."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

from qinggong.publish import docx_markup as mark
from qinggong.publish import layout
from qinggong.publish.document import Bulletin, Cell, Figure, Paragraph, Section, Table
from qinggong.publish.docx_fields import Captions, Entry, contents
from qinggong.publish.docx_frame import Frame
from qinggong.publish.docx_looks import column_width
from qinggong.publish.docx_markup import Node, node, paragraph, points, run, shape
from qinggong.publish.xml_text import fit_line, fit_text, shortened

LONGEST_NAME = 2000
"""Characters of one cell or caption at most; what is longer is cut and shows “…”."""
_MOST_COLUMNS = 63
"""Word has no table with more columns."""
_CROWDED = 1.6
"""A table whose natural width is this many times the text's is split; one below only has its text broken."""
_SMALLEST = 7.5
"""Points of the text of a crowded table at least."""
_SHORT_TABLE = 22
_TALLEST = 520.0
_WEB = re.compile(r"https?://[^\s\"<>]+", re.ASCII)
_FEW_SECTIONS = 5
"""A document with fewer sections has no table of contents."""

_WORDS = {
    "zh": {"summary": "要　点", "contents": "目　录", "sources": "资料来源", "none": "无数据", "more": "（续）", "join": "，"},
    "en": {"summary": "Key points", "contents": "Contents", "sources": "Sources", "none": "No data",
    "more": " (continued)",
           "join": ", "},
}  # fmt: skip


def word(bulletin: Bulletin, key: str) -> str:
    """A word of the frame in the bulletin's language."""
    return _WORDS["zh" if bulletin.language.startswith("zh") else "en"][key]


@dataclass(slots=True)
class Composer:
    """Turns blocks into elements; pictures and links become parts of the frame's package."""

    bulletin: Bulletin
    frame: Frame
    pngs: Mapping[str, bytes]
    _captions: Captions = field(default_factory=Captions)
    _entries: list[Entry] = field(default_factory=list)
    _pictures: int = 0

    # -------------------------------------------------------------------------------------------- the whole

    def parts(self) -> dict[str, list[Node]]:
        """The elements of the document by what they are: title, issue, subtitle, status, summary, contents, body,
        sources."""
        b = self.bulletin
        body = [element for section in b.sections for element in self._section(section)]
        sources = list(self._sources())
        listed = len(b.sections) >= _FEW_SECTIONS
        return {
            "title": [self._line("title", b.title)],
            "issue": [self._line("issue", b.issue_line)] if b.issue_line else [],
            "subtitle": [self._line("subtitle", b.subtitle)] if b.subtitle else [],
            "status": [self._line("status", b.status_line)] if b.status_line else [],
            "summary": list(self._summary()),
            "contents": [self._contents()] if listed else [],
            "body": body,
            "sources": sources,
        }

    def _line(self, role: str, text: str) -> Node:
        return paragraph(self.frame.styles[role], run(text))

    def _contents(self) -> Node:
        styles = self.frame.styles
        title = word(self.bulletin, "contents")
        width = column_width(self.frame.width) if self.frame.own else self.frame.width
        return contents(
            self._entries, title=title, head_style=styles["contents_head"], style=styles["contents"], width=width
        )

    def _heading(self, text: str) -> Node:
        shown = shortened(fit_line(text), LONGEST_NAME)
        entry = Entry(shown, f"_Toc{len(self._entries) + 1:06d}")
        self._entries.append(entry)
        return paragraph(
            self.frame.styles["heading1"],
            *mark.bookmark(entry.bookmark, self.frame.bookmarks + len(self._entries), run(shown)),
        )

    def _summary(self) -> Iterator[Node]:
        if not self.bulletin.summary:
            return
        shade = self.frame.look.styles["bullet"].get("shade_in_summary") if self.frame.own else None
        lines = [self._line("summary_head", word(self.bulletin, "summary"))]
        lines += [self._paragraph(p) for p in self.bulletin.summary]
        for line in lines[1:] if shade else ():
            shape(line, node("shd", val="clear", color="auto", fill=shade))
        yield from lines

    def _section(self, section: Section) -> Iterator[Node]:
        numbered = layout.heading(section, self.bulletin.language) if section.numeral else section.title
        yield self._heading(numbered)
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield self._paragraph(block)
            elif isinstance(block, Table):
                yield from self._table(block)
            else:
                yield from self._figure(block)

    def _paragraph(self, block: Paragraph) -> Node:
        role = {"note": "note", "bullet": "bullet"}.get(block.style, "body")
        line = paragraph(self.frame.styles[role], run(block.text))
        if role == "note":
            shape(line, node("spacing", before=80, after=80))
        return line

    def _sources(self) -> Iterator[Node]:
        if self.bulletin.sources:
            yield self._heading(word(self.bulletin, "sources"))
        for source in self.bulletin.sources:
            text = word(self.bulletin, "join").join(p for p in (source.title, source.publisher, source.date) if p)
            line = paragraph(
                self.frame.styles["source"], run(f"[{source.number}]\t{shortened(fit_text(text), LONGEST_NAME)}")
            )
            url = fit_line(source.url)
            if _WEB.fullmatch(url) and len(url) < 2000:
                relation = self.frame.package.relate(self.frame.package.main, "hyperlink", url, external=True)
                shown = run(url, node("rStyle", val=self.frame.styles["link"]))
                link = node("hyperlink", shown, history=1)
                link.set(f"{{{mark.R}}}id", relation)
                line.extend([node("r", node("br")), link])
            elif url:
                line.append(run(f"\n{shortened(url, LONGEST_NAME)}"))
            yield line
        if self.frame.own:
            key = "zh" if self.bulletin.language.startswith("zh") else "en"
            line = self._line("note", self.frame.look.font_note[key])
            shape(line, node("spacing", before=240, after=0, line=276, lineRule="auto"))
            yield line

    # -------------------------------------------------------------------------------------------- figures

    def _notes(self, block: Table | Figure) -> Iterator[Node]:
        style, size = self.frame.styles["note"], self.frame.size_of("note")
        told = layout.note_lines(block, self.bulletin.language)
        for place, (head, text) in enumerate(told):
            line = paragraph(style, run(f"{head}{text}"))
            indent = points(layout.measure_bundled(head, False) * size)
            last = place == len(told) - 1
            shape(
                line,
                node("keepNext", val=0 if last else 1),
                node("spacing", before=60 if place == 0 else 0, after=240 if last else 0),
                node("ind", left=indent, hangingChars=0, hanging=indent),
            )
            yield line
        if not told:
            line = paragraph(style)
            shape(line, node("spacing", before=0, after=120))
            yield line

    def _figure(self, figure: Figure) -> Iterator[Node]:
        if figure.label not in self.pngs:
            raise KeyError(f"no picture for {figure.label}: pngs has {', '.join(self.pngs) or 'nothing'}")
        data, package = self.pngs[figure.label], self.frame.package
        across, down = mark.png_size(data)
        width = self.frame.width * 0.975
        height = width * down / across
        if height > _TALLEST:
            width, height = width * _TALLEST / height, _TALLEST
        name = package.free_name("word/media/qinggong{}.png")
        package.add_picture(name, data)
        relation = package.relate(package.main, "image", f"/{name}")
        self._pictures += 1
        alt = shortened(figure.spoken, LONGEST_NAME)
        shown = mark.picture(
            relation,
            number=self.frame.drawings + self._pictures,
            name=figure.label,
            alt=alt,
            width=width,
            height=height,
        )
        # A template's own styles need not keep a picture, its caption and its notes together.
        yield paragraph(self.frame.styles["figure"], shown, direct=[node("keepNext")])
        caption = self._caption(figure.label, figure.title)
        shape(caption, node("keepNext"))
        yield caption
        yield from self._notes(figure)

    def _caption(self, label: str, title: str) -> Node:
        return self._captions.line(self.frame.styles["caption"], label, shortened(fit_line(title), LONGEST_NAME))

    # -------------------------------------------------------------------------------------------- tables

    def _table(self, table: Table) -> Iterator[Node]:
        layout.check_table(table)
        size = self.frame.size_of("cell")
        pieces = list(_fitting(table, self.frame.width / size)) if table.columns else [table]
        for place, piece in enumerate(pieces):
            caption = self._caption(table.label, table.title) if place == 0 else paragraph(
                self.frame.styles["caption"],
                run(f"{table.label}{word(self.bulletin, 'more')}　{shortened(fit_line(table.title), 200)}")
            )  # fmt: skip
            shape(caption, node("keepNext"), node("spacing", before=200, after=80))
            yield caption
            if table.unit_note:
                unit = self._line("unit", layout.unit_line(table.unit_note, self.bulletin.language))
                shape(unit, node("keepNext"))
                yield unit
            if piece.columns:
                yield self._grid(piece, size, ends=place == len(pieces) - 1)
            else:
                yield self._line("note", word(self.bulletin, "none"))
        yield from self._notes(table)

    def _grid(self, table: Table, size: float, *, ends: bool = True) -> Node:
        """A table; where it ``ends`` the whole, notes follow it."""
        natural, fitting = self._natural(table, size)
        widths = [self.frame.width * one / sum(natural) for one in natural]
        looks: list[Node] = []
        if fitting < size:
            size = fitting
            looks = [node("sz", val=round(2 * size)), node("szCs", val=round(2 * size))]
        heads = []
        for j, column in enumerate(table.columns):
            content = [run(shortened(fit_text(column.head), 200), *map(copy, looks))]
            if column.unit:
                content.append(run(f"\n{layout.unit_of(column.unit)}", node("sz", val=round(2 * size - 2))))
            direct = [node("keepNext"), node("jc", val=column.align)]
            heads.append(mark.cell(paragraph(self.frame.styles["cell_head"], *content, direct=direct), width=widths[j]))
        rows = [mark.row(heads, head=True)]
        pads = layout.decimal_pads(table, layout.measure_times)
        short = len(table.rows) <= _SHORT_TABLE
        for i, cells in enumerate(table.rows):
            # Short tables stay on one page, and every last row stays with its notes.
            last = i == len(table.rows) - 1
            kept = [node("keepNext")] if (ends if last else short) else []
            made = []
            for cell, column, pad, width in zip(cells, table.columns, pads[i], widths, strict=True):
                direct = [*map(copy, kept), node("jc", val=column.align)]
                if pad or cell.indent:
                    direct.append(node("ind", left=points(size * cell.indent), right=points(pad * size)))
                text = run(shortened(fit_text(cell.text), LONGEST_NAME), *map(copy, looks), *_bold(cell))
                made.append(mark.cell(paragraph(self.frame.styles["cell"], text, direct=direct), width=width))
            rows.append(mark.row(made))
        if not table.rows:
            line = paragraph(
                self.frame.styles["cell"], run(word(self.bulletin, "none")), direct=[node("jc", val="center")]
            )
            rows.append(mark.row([mark.cell(line, width=sum(widths), across=len(widths))]))
        return mark.table(self.frame.styles["table"], rows, widths=widths, title=f"{table.label} {table.title}")

    def _natural(self, table: Table, size: float) -> tuple[list[float], float]:
        """Widths of the columns in em and the size of text that fits them.

        Smaller text goes before numbers broken in two, and slightly smaller before heads broken in three.
        """
        natural = list(layout.column_widths(table))
        width = self.frame.width
        heads = [max(layout.measure_bundled(part, True) for part in c.head.split("\n")) + 1.3 for c in table.columns]
        roomy = [max(one, min(head, 10.0)) for one, head in zip(natural, heads, strict=True)]
        for smaller in (size, size - 0.5, size - 1, size - 1.5):
            if sum(roomy) * smaller <= width and smaller >= _SMALLEST:
                return roomy, smaller
        if sum(natural) * size > width:
            size = max(_SMALLEST, int(2 * width / sum(natural)) / 2)
        return natural, size


def _bold(cell: Cell) -> list[Node]:
    return [node("b")] if cell.strong else []


def _fitting(table: Table, width: float) -> Iterator[Table]:
    """The table, or pieces of it that fit ``width`` (em), each beginning with the first column."""
    natural = layout.column_widths(table)
    if sum(natural) <= _CROWDED * width and len(natural) <= _MOST_COLUMNS:
        yield table
        return
    held: list[int] = []
    taken = first = min(natural[0], width / 2)
    for j in range(1, len(natural)):
        if held and (taken + natural[j] > width or len(held) + 1 >= _MOST_COLUMNS):
            yield _columns(table, held)
            held, taken = [], first
        held.append(j)
        taken += natural[j]
    yield _columns(table, held)


def _columns(table: Table, chosen: Sequence[int]) -> Table:
    kept = (0, *chosen)
    rows = tuple(tuple(cells[j] for j in kept) for cells in table.rows)
    return replace(table, columns=tuple(table.columns[j] for j in kept), rows=rows)
