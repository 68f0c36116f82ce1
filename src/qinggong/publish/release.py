"""The documents and data files of a release (发布物): bulletin in several formats, tables in three.

Every byte follows from the facts, the catalogue and the code: no clock, no random name. How releases are kept as
folders is in ``shelf``.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from qinggong.publish.document import Bulletin, Cell, Column, Figure, Paragraph, Table
from qinggong.publish.shelf import MANIFEST as MANIFEST

if TYPE_CHECKING:
    from qinggong.publish.data import DataTable
    from qinggong.publish.docx import Template


def render(bulletin: Bulletin, tables: Sequence[DataTable], template: Template = None) -> dict[str, bytes]:
    """All files of a release by their path inside the folder; ``template`` is that of the Word file."""
    # Renderers are loaded by the run that needs them: reading a status must not wait for them.
    from qinggong.publish import charts
    from qinggong.publish.bulletin_workbook import render_bulletin_workbook
    from qinggong.publish.data import to_csv, to_parquet, to_workbook
    from qinggong.publish.docx import render_docx
    from qinggong.publish.html import render_html
    from qinggong.publish.pdf import render_pdf

    svgs = {
        figure.label: charts.render_svg(figure.spec, uid=charts.spec_uid(figure.spec, place))
        for place, figure in enumerate(bulletin.figures)
    }
    with ThreadPoolExecutor(max_workers=2) as pool:
        pdf = pool.submit(render_pdf, bulletin, svgs=svgs)
        pngs = {label: charts.svg_to_png(svg) for label, svg in svgs.items()}
        docx = pool.submit(render_docx, bulletin, pngs=pngs, template=template)
        html = render_html(bulletin, svgs=svgs).encode("utf-8")
        files = {"bulletin.html": html, "bulletin.pdf": pdf.result(), "bulletin.docx": docx.result()}
    files["bulletin.xlsx"] = render_bulletin_workbook(bulletin)
    for table in tables:
        files[f"data/{table.name}.csv"] = to_csv(table)
        files[f"data/{table.name}.parquet"] = to_parquet(table)
    files["data/data.xlsx"] = to_workbook(tables, release_time=bulletin.release_time, mark=bulletin.mark)
    return files


def missing_characters(bulletin: Bulletin) -> str:
    """Characters of the bulletin that the bundled font cannot draw; each is a finding that names it."""
    from qinggong.publish import fonts

    parts = [bulletin.title, bulletin.subtitle, bulletin.issue_line, bulletin.status_line, bulletin.mark]
    parts += [p.text for p in bulletin.summary] + [f"{s.title}{s.publisher}{s.url}" for s in bulletin.sources]
    parts += [s.title for s in bulletin.sections]
    for block in (b for s in bulletin.sections for b in s.blocks):
        if isinstance(block, Paragraph):
            parts.append(block.text)
        elif isinstance(block, Table):
            cells: list[Cell | Column] = [*block.columns, *(c for row in block.rows for c in row)]
            parts += [block.title, *block.notes, *(c.text if isinstance(c, Cell) else c.head for c in cells)]
        elif isinstance(block, Figure):
            parts += [block.title, *block.notes, block.spoken]
    return fonts.missing_characters("".join(parts))
