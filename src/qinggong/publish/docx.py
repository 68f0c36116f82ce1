"""The bulletin as a Word document in the manner of official papers (黑体 heads, 仿宋 text, three-line tables).

The fonts are named, not embedded: 黑体, 仿宋 and 宋体 are on every Chinese office computer.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any, Literal

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from qinggong.publish import layout
from qinggong.publish.document import Bulletin, Cell, Figure, Paragraph, Table
from qinggong.publish.zipfiles import release_moment, rewrite_zip

AUTHOR = "轻工运行监测"

_SONG, _HEI, _FANG, _LATIN = "宋体", "黑体", "仿宋", "Times New Roman"
_RED = "B3261E"
_TEXT_WIDTH_CM = 16.0
_CELL_POINTS = 9.0
_SIDES = {"left": ALIGN.LEFT, "right": ALIGN.RIGHT, "center": ALIGN.CENTER}
_STYLES: dict[str, tuple[str, str, float, bool]] = {
    # style name: (shown name of the face, built-in or new, size, bold)
    "Title": (_HEI, "", 26, True),
    "Subtitle": (_HEI, "", 17, False),
    "Heading 1": (_HEI, "", 15, False),
    "Normal": (_FANG, "", 12, False),
    "Caption": (_HEI, "", 10.5, False),
    "Bulletin Body": (_FANG, "new", 12, False),
    "Bulletin Point": (_FANG, "new", 12, False),
    "Bulletin Note": (_SONG, "new", 9, False),
    "Bulletin Unit": (_SONG, "new", 9, False),
    "Bulletin Line": (_SONG, "new", 10.5, False),
    "Bulletin Cell": (_SONG, "new", _CELL_POINTS, False),
    "Bulletin Figure": (_SONG, "new", 9, False),
}


def render_docx(bulletin: Bulletin, *, pngs: Mapping[str, bytes], author: str = AUTHOR) -> bytes:
    """An A4 DOCX; ``pngs`` maps each figure's label (图1-1) to its picture. Same input, same bytes.

    Raises ``KeyError`` naming a figure without picture.
    """
    document = docx.Document()
    _clear(document)
    _styles(document)
    _page(document, bulletin)
    _properties(document, bulletin, author)
    _masthead(document, bulletin)
    for section in bulletin.sections:
        document.add_paragraph(f"{section.numeral}、{section.title}", style="Heading 1")
        for block in section.blocks:
            if isinstance(block, Paragraph):
                _paragraph(document, block)
            elif isinstance(block, Table):
                _table(document, block)
            else:
                _figure(document, block, pngs)
    _sources(document, bulletin)
    out = io.BytesIO()
    document.save(out)
    return rewrite_zip(out.getvalue(), release_time=bulletin.release_time)


# ------------------------------------------------------------------------------------------------ frame


def _clear(document: Document) -> None:
    """Remove the sample paragraph of the empty template, keep its section."""
    for element in list(document.element.body):
        if element.tag != qn("w:sectPr"):
            document.element.body.remove(element)


def _faces(properties: Any, east: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name, face in (("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN), ("eastAsia", east)):
        fonts.set(qn(f"w:{name}"), face)


def _styles(document: Document) -> None:
    language = document.styles.element.find(f".//{qn('w:lang')}")
    if language is not None:
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
    for name, (face, origin, size, bold) in _STYLES.items():
        style: Any
        if origin == "new":
            style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = document.styles["Normal"]
        else:
            style = document.styles[name]
        _faces(style.element.get_or_add_rPr(), face)
        style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
        style.font.color.rgb = RGBColor.from_string(_RED if name == "Title" else "000000")
        shape = style.paragraph_format
        shape.space_before, shape.space_after, shape.line_spacing = Pt(0), Pt(0), 1.0
    _shape(document, "Title", before=10, after=10, align=ALIGN.CENTER)
    _shape(document, "Subtitle", before=16, after=4, align=ALIGN.CENTER)
    _shape(document, "Heading 1", before=14, after=6, keep=True, outline=True)
    _shape(document, "Caption", before=4, after=4, align=ALIGN.CENTER, keep=True)
    _shape(document, "Bulletin Body", line=1.5, align=ALIGN.JUSTIFY, indent_chars=2)
    _shape(document, "Bulletin Point", line=1.4, align=ALIGN.JUSTIFY)
    _shape(document, "Bulletin Unit", align=ALIGN.RIGHT, after=2, keep=True)
    _shape(document, "Bulletin Line", align=ALIGN.CENTER, after=4)
    _shape(document, "Bulletin Note", line=1.15)
    _shape(document, "Bulletin Figure", before=10, align=ALIGN.CENTER, keep=True)
    # The template's rule under the title would stand beside our own.
    for name in ("Title", "Subtitle"):
        properties = document.styles[name].element.get_or_add_pPr()
        for border in properties.findall(qn("w:pBdr")):
            properties.remove(border)
        run = document.styles[name].element.get_or_add_rPr()
        for extra in run.findall(qn("w:spacing")) + run.findall(qn("w:kern")):
            run.remove(extra)


def _shape(
    document: Document,
    name: str,
    *,
    before: float = 0,
    after: float = 0,
    line: float = 1.0,
    align: ALIGN | None = None,
    indent_chars: int = 0,
    keep: bool = False,
    outline: bool = False,
) -> None:
    style: Any = document.styles[name]
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), line
    shape.alignment, shape.keep_with_next, shape.widow_control = align, keep or None, True
    if indent_chars:
        shape.first_line_indent = Pt(style.font.size.pt * indent_chars)
        style.element.pPr.ind.set(qn("w:firstLineChars"), str(100 * indent_chars))


def _page(document: Document, bulletin: Bulletin) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21.0 - _TEXT_WIDTH_CM) / 2)
    section.top_margin, section.bottom_margin = Cm(2.7), Cm(2.4)
    section.header_distance, section.footer_distance = Cm(1.5), Cm(1.4)
    section.different_first_page_header_footer = True
    head = section.header.paragraphs[0]
    head.style = document.styles["Bulletin Note"]
    head.paragraph_format.tab_stops.add_tab_stop(Cm(_TEXT_WIDTH_CM), alignment=WD_TAB_ALIGNMENT.RIGHT)
    head.add_run(f"{bulletin.title}\t{bulletin.period_name}")
    _rule(head, "bottom", 4, "999999")
    if bulletin.mark:
        _mark(section.first_page_header.paragraphs[0], document, bulletin.mark)
        _mark(section.header.add_paragraph(), document, bulletin.mark)
    for footer in (section.footer, section.first_page_footer):
        line = footer.paragraphs[0]
        line.style = document.styles["Bulletin Note"]
        line.alignment = ALIGN.CENTER
        line.add_run("第 ")
        _field(line, "PAGE")
        line.add_run(" 页　共 ")
        _field(line, "NUMPAGES")
        line.add_run(" 页")


def _mark(line: WordParagraph, document: Document, mark: str) -> None:
    """The notice of synthetic data, in the head of a page."""
    line.style = document.styles["Bulletin Note"]
    line.alignment = ALIGN.CENTER
    run = line.add_run(mark)
    _faces(run._r.get_or_add_rPr(), _HEI)
    run.font.color.rgb = RGBColor.from_string(_RED)
    run.font.bold = True


def _properties(document: Document, bulletin: Bulletin, author: str) -> None:
    moment = release_moment(bulletin.release_time).astimezone(dt.UTC).replace(tzinfo=None)
    core = document.core_properties
    core.title, core.subject, core.author = f"{bulletin.title} {bulletin.period_name}", bulletin.subtitle, author
    core.created = core.modified = moment
    core.last_modified_by, core.comments, core.keywords, core.revision = author, bulletin.mark, "", 1
    core.language = bulletin.language


# ------------------------------------------------------------------------------------------------ content


def _masthead(document: Document, bulletin: Bulletin) -> None:
    title = document.add_paragraph(style="Title")
    run = title.add_run(bulletin.title)
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), "60")
    run._r.get_or_add_rPr().append(spacing)
    issue = document.add_paragraph(bulletin.issue_line, style="Bulletin Line")
    _rule(issue, "bottom", 18, _RED, space=6)
    if bulletin.subtitle:
        document.add_paragraph(bulletin.subtitle, style="Subtitle")
    if bulletin.status_line:
        status = document.add_paragraph(bulletin.status_line, style="Bulletin Note")
        status.alignment = ALIGN.CENTER
        status.paragraph_format.space_after = Pt(12)
    if bulletin.summary:
        head = document.add_paragraph(style="Bulletin Point")
        head.paragraph_format.keep_with_next = True
        run = head.add_run("要　点")
        _faces(run._r.get_or_add_rPr(), _HEI)
        run.font.color.rgb = RGBColor.from_string(_RED)
        lines = [head]
        for paragraph in bulletin.summary:
            lines.append(_paragraph(document, paragraph))
        for line in lines:
            _shade(line, "F6F4F1")


def _paragraph(document: Document, paragraph: Paragraph) -> WordParagraph:
    style = {"note": "Bulletin Note", "bullet": "Bulletin Point"}.get(paragraph.style, "Bulletin Body")
    line = document.add_paragraph(style=style)
    if paragraph.style == "bullet":
        line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Pt(18), Pt(-18)
        line.paragraph_format.tab_stops.add_tab_stop(Pt(18))
        mark = line.add_run("■\t")
        mark.font.size = Pt(7)
        mark.font.color.rgb = RGBColor.from_string(_RED)
    line.add_run(paragraph.text)
    return line


def _caption(document: Document, label: str, title: str) -> WordParagraph:
    return document.add_paragraph(f"{label}　{title}", style="Caption")


def _notes(document: Document, block: Table | Figure) -> None:
    lines = layout.note_lines(block)
    paragraphs = []
    for head, text in lines:
        line = document.add_paragraph(f"{head}{text}", style="Bulletin Note")
        indent = layout.measure_bundled(head, False) * 9
        line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Pt(indent), Pt(-indent)
        line.paragraph_format.keep_with_next = True
        paragraphs.append(line)
    last = paragraphs[-1] if paragraphs else document.add_paragraph(style="Bulletin Note")
    last.paragraph_format.keep_with_next = False
    last.paragraph_format.space_after = Pt(12)
    if paragraphs:
        paragraphs[0].paragraph_format.space_before = Pt(3)


def _figure(document: Document, figure: Figure, pngs: Mapping[str, bytes]) -> None:
    if figure.label not in pngs:
        raise KeyError(f"no picture for {figure.label}: pngs has {', '.join(pngs) or 'nothing'}")
    line = document.add_paragraph(style="Bulletin Figure")
    shape = line.add_run().add_picture(io.BytesIO(pngs[figure.label]), width=Cm(15.6))
    properties = shape._inline.docPr
    properties.set("name", figure.label)
    properties.set("descr", figure.alt or figure.title)
    _caption(document, figure.label, figure.title)
    _notes(document, figure)


def _table(document: Document, table: Table) -> None:
    layout.check_table(table)
    caption = _caption(document, table.label, table.title)
    caption.paragraph_format.space_before = Pt(10)
    if table.unit_note:
        document.add_paragraph(layout.unit_line(table.unit_note), style="Bulletin Unit")
    widths = [Cm(_TEXT_WIDTH_CM * share) for share in layout.column_shares(table)]
    grid = document.add_table(rows=0, cols=len(table.columns))
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    head = grid.add_row()
    for j, column in enumerate(table.columns):
        target = head.cells[j]
        line = _cell(document, target, widths[j], column.align)
        run = line.add_run(column.head)
        _faces(run._r.get_or_add_rPr(), _HEI)
        if column.unit:
            run.add_break()
            line.add_run(layout.unit_of(column.unit)).font.size = Pt(8)
        line.paragraph_format.keep_with_next = True
        _borders(target, top=12, bottom=6)
        _middle(target)
    _row_flags(head, header=True)
    pads = layout.decimal_pads(table, layout.measure_times)
    short = len(table.rows) <= 22
    for i, cells in enumerate(table.rows):
        row = grid.add_row()
        _row_flags(row, header=False)
        last = i == len(table.rows) - 1
        for j, cell in enumerate(cells):
            line = _cell(document, row.cells[j], widths[j], table.columns[j].align)
            _fill(line, cell, pads[i][j])
            # Short tables stay on one page, and every last row stays with its notes.
            line.paragraph_format.keep_with_next = short or last
            if last:
                _borders(row.cells[j], bottom=12)
            _middle(row.cells[j])
    for j, column_width in enumerate(widths):
        grid.columns[j].width = Emu(column_width)
    _notes(document, table)


def _cell(document: Document, cell: _Cell, width: int, align: Literal["left", "right", "center"]) -> WordParagraph:
    cell.width = Emu(width)
    line: WordParagraph = cell.paragraphs[0]
    line.style = document.styles["Bulletin Cell"]
    line.alignment = _SIDES[align]
    line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(2)
    return line


def _fill(line: WordParagraph, cell: Cell, pad: float) -> None:
    run = line.add_run(cell.text)
    if cell.strong:
        run.font.bold = True
    if pad:
        line.paragraph_format.right_indent = Pt(round(pad * _CELL_POINTS, 2))
    if cell.indent:
        line.paragraph_format.left_indent = Pt(_CELL_POINTS * cell.indent)


def _sources(document: Document, bulletin: Bulletin) -> None:
    if not bulletin.sources:
        return
    document.add_paragraph("资料来源", style="Heading 1")
    for source in bulletin.sources:
        text = "，".join(part for part in (source.title, source.publisher, source.date) if part)
        line = document.add_paragraph(f"[{source.number}]\t{text}", style="Bulletin Note")
        if source.url:
            run = line.add_run()
            run.add_break()
            run = line.add_run(source.url)
            run.font.size = Pt(8)
            run.font.color.rgb = RGBColor.from_string("595959")
        shape = line.paragraph_format
        shape.left_indent, shape.first_line_indent, shape.space_after = Pt(24), Pt(-24), Pt(3)
        shape.tab_stops.add_tab_stop(Pt(24))


# ------------------------------------------------------------------------------------------------ Word markup


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _rule(line: WordParagraph, side: str, eighths: int, colour: str, *, space: int = 3) -> None:
    border = _element("w:pBdr")
    border.append(_element(f"w:{side}", val="single", sz=str(eighths), space=str(space), color=colour))
    properties = line._p.get_or_add_pPr()
    properties.insert_element_before(border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _shade(line: WordParagraph, colour: str) -> None:
    properties = line._p.get_or_add_pPr()
    border = _element("w:pBdr")
    border.append(_element("w:left", val="single", sz="24", space="6", color=_RED))
    properties.insert_element_before(border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")
    shade = _element("w:shd", val="clear", color="auto", fill=colour)
    properties.insert_element_before(shade, "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _field(line: WordParagraph, code: str) -> None:
    for kind in ("begin", "instr", "separate", "text", "end"):
        run = line.add_run()
        if kind == "instr":
            instruction = _element("w:instrText")
            instruction.text = f" {code} "
            run._r.append(instruction)
        elif kind == "text":
            run.text = "1"
        else:
            run._r.append(_element("w:fldChar", fldCharType=kind))


def _borders(cell: _Cell, **eighths: int) -> None:
    borders = _element("w:tcBorders")
    for side in ("top", "bottom"):
        if side in eighths:
            borders.append(_element(f"w:{side}", val="single", sz=str(eighths[side]), space="0", color="000000"))
    cell._tc.get_or_add_tcPr().append(borders)


def _middle(cell: _Cell) -> None:
    cell._tc.get_or_add_tcPr().append(_element("w:vAlign", val="center"))


def _row_flags(row: Any, *, header: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(_element("w:cantSplit"))
    if header:
        properties.append(_element("w:tblHeader"))
