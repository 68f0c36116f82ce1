"""The bulletin as one self-contained HTML file: style, fonts and drawings inside, no script, nothing loaded.

One page for screen, dark screen and paper: the drawings change their colours by rules of the style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from qinggong.publish import layout
from qinggong.publish.document import Bulletin
from qinggong.publish.fonts import FAMILY, WEIGHTS, Weight, web_font
from qinggong.publish.palette import dark_rules

_FONT_MARK = "/*font-faces*/"
_BOLD_IN_DRAWING = re.compile(r'<text[^>]* font-weight="bold"[^>]*>(.*?)</text>', re.DOTALL)


def render_html(bulletin: Bulletin, *, svgs: Mapping[str, str]) -> str:
    """One HTML page; ``svgs`` maps each figure's label (图1-1) to its drawing.

    Every number and cell that has a fact carries ``data-fact``. Raises ``KeyError`` naming a figure without drawing.
    """
    for table in bulletin.tables:
        layout.check_table(table)
    page = _template().render(
        bulletin=bulletin,
        words=layout.words(bulletin.language),
        drawings={figure.label: Markup(_drawing(figure.label, svgs)) for figure in bulletin.figures},
    )
    # The page knows its characters only when it is written; the mark stands in the head, before any text of the data.
    return page.replace(_FONT_MARK, _font_faces({"Regular": page, "Bold": bold_text(bulletin, svgs)}), 1)


def bold_text(bulletin: Bulletin, svgs: Mapping[str, str]) -> str:
    """All text that the page sets in bold, as the style sheet has it: the bold subset needs no other character."""
    parts = [bulletin.title, bulletin.subtitle, bulletin.mark, *layout.words(bulletin.language).values()]
    parts += [layout.heading(section, bulletin.language) for section in bulletin.sections]
    for table in bulletin.tables:
        parts += [table.label, table.title]
        parts += [column.head for column in table.columns]
        parts += [cell.text for row in table.rows for cell in row if cell.strong]
    for figure in bulletin.figures:
        parts += [figure.label, figure.title]
        parts += _BOLD_IN_DRAWING.findall(svgs[figure.label])
    return "".join(parts)


def _drawing(label: str, svgs: Mapping[str, str]) -> str:
    if label not in svgs:
        raise KeyError(f"no drawing for {label}: svgs has {', '.join(svgs) or 'nothing'}")
    return svgs[label]


def _font_faces(texts: Mapping[Weight, str]) -> str:
    with ThreadPoolExecutor(max_workers=len(WEIGHTS)) as pool:
        cut = dict(zip(WEIGHTS, pool.map(lambda weight: web_font(texts[weight], weight), WEIGHTS), strict=True))
    return "\n".join(
        f'@font-face{{font-family:"{FAMILY}";font-weight:{number};font-style:normal;font-display:swap;'
        f"src:url(data:font/woff2;base64,{cut[weight]}) format('woff2')}}"
        for weight, number in WEIGHTS.items()
    )


def _safe_link(url: str) -> str:
    """The address when it is a web address, else nothing: other schemes could run code."""
    return url if url.lower().startswith(("http://", "https://")) else ""


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("qinggong.publish", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        grouped=layout.grouped,
        heading=layout.heading,
        note_lines=layout.note_lines,
        unit_line=layout.unit_line,
        unit_of=layout.unit_of,
        shares=layout.column_shares,
        widths=layout.column_widths,
        pads=lambda table: layout.decimal_pads(table, layout.measure_bundled),
        safe_link=_safe_link,
        dark_drawings=dark_rules(".drawing"),
    )
    return environment.get_template("bulletin.html.j2")
