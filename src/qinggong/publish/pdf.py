"""The bulletin as PDF/A-2a, tagged as PDF/UA-1 asks, set by Typst from ``templates/bulletin.typ``.

The text reaches the template as JSON and is only ever shown as strings, so that no text can act as Typst code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import typst

from qinggong.publish import layout
from qinggong.publish.document import Block, Bulletin, Figure, Paragraph, Table
from qinggong.publish.fonts import FAMILY, font_dir, printable
from qinggong.publish.zipfiles import release_moment

AUTHOR = "轻工运行监测"
STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")
"""ISO 19005-2 level A (for keeping) and ISO 14289-1 (for everyone)."""


def render_pdf(bulletin: Bulletin, *, svgs: Mapping[str, str], author: str = AUTHOR) -> bytes:
    """A4 document, tagged, with outline; ``svgs`` maps each figure's label (图1-1) to its drawing.

    A character that the bundled font lacks is set as 〓.

    Raises ``KeyError`` naming a figure without drawing, ``typst.TypstError`` when the template fails.
    """
    moment = release_moment(bulletin.release_time)
    data = {
        "language": bulletin.language.partition("-")[0],
        "words": layout.words(bulletin.language),
        "title": bulletin.title,
        "subtitle": bulletin.subtitle,
        "period": bulletin.period_name,
        "issue": bulletin.issue_line,
        "status": bulletin.status_line,
        "author": author,
        "family": FAMILY,
        "mark": bulletin.mark,
        "watermark": bulletin.mark.partition("（")[0],
        "date": [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second],
        "summary": [_block(p, svgs, bulletin.language) for p in bulletin.summary],
        "sections": [
            {
                "heading": layout.heading(s, bulletin.language),
                "blocks": [_block(b, svgs, bulletin.language) for b in s.blocks],
            }
            for s in bulletin.sections
        ],
        "sources": [
            {"number": s.number, "url": s.url, "text": "，".join(t for t in (s.title, s.publisher, s.date) if t)}
            for s in bulletin.sources
        ],
    }
    pdf = typst.compile(
        _template(),
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"data": json.dumps(_printable(data), ensure_ascii=False)},
        timestamp=moment,
        pdf_standards=list(STANDARDS),
    )
    if not isinstance(pdf, bytes):
        raise TypeError(f"typst returned {type(pdf).__name__}, expected one PDF")
    return pdf


@cache
def _template() -> bytes:
    return (resources.files("qinggong.publish") / "templates" / "bulletin.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_dir())])


def _printable(value: Any) -> Any:
    """All texts, also those of drawings, without characters that the font lacks: PDF/A allows none."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value


def _block(block: Block, svgs: Mapping[str, str], language: str) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "style": block.style, "text": block.text}
    if isinstance(block, Figure):
        if block.label not in svgs:
            raise KeyError(f"no drawing for {block.label}: svgs has {', '.join(svgs) or 'nothing'}")
        return {
            "kind": "figure",
            "label": block.label,
            "title": block.title,
            "svg": svgs[block.label],
            "alt": block.spoken,
            "notes": layout.note_lines(block, language),
        }
    return _table(block, language)


def _table(table: Table, language: str) -> dict[str, Any]:
    layout.check_table(table)
    pads = layout.decimal_pads(table, layout.measure_bundled)
    return {
        "kind": "table",
        "label": table.label,
        "title": table.title,
        "unit": layout.unit_line(table.unit_note, language),
        "shares": layout.column_shares(table),
        "heads": [{"text": c.head, "unit": layout.unit_of(c.unit), "align": c.align} for c in table.columns],
        "rows": [
            [
                {"text": cell.text, "strong": cell.strong, "indent": cell.indent, "pad": pads[i][j]}
                for j, cell in enumerate(row)
            ]
            for i, row in enumerate(table.rows)
        ],
        "notes": layout.note_lines(table, language),
    }
