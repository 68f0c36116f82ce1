"""The bulletin as one self-contained HTML file: style, fonts and drawings inside, no script, nothing loaded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from qinggong.publish import layout
from qinggong.publish.document import Bulletin
from qinggong.publish.fonts import FAMILY, WEIGHTS, web_font

_FONT_MARK = "/*font-faces*/"


def render_html(bulletin: Bulletin, *, svgs: Mapping[str, str]) -> str:
    """One HTML page; ``svgs`` maps each figure's label (图1-1) to its drawing.

    Every number and cell that has a fact carries ``data-fact``. Raises ``KeyError`` naming a figure without drawing.
    """
    for table in bulletin.tables:
        layout.check_table(table)
    page = _template().render(
        bulletin=bulletin,
        family=FAMILY,
        drawings={figure.label: Markup(_drawing(figure.label, svgs)) for figure in bulletin.figures},
    )
    # The page knows its characters only when it is written; the mark stands in the head, before any text of the data.
    return page.replace(_FONT_MARK, _font_faces(page), 1)


def _drawing(label: str, svgs: Mapping[str, str]) -> str:
    if label not in svgs:
        raise KeyError(f"no drawing for {label}: svgs has {', '.join(svgs) or 'nothing'}")
    return svgs[label]


def _font_faces(text: str) -> str:
    return "\n".join(
        f'@font-face{{font-family:"{FAMILY}";font-weight:{number};font-style:normal;'
        f"src:url(data:font/woff;base64,{web_font(text, weight)}) format('woff')}}"
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
        note_lines=layout.note_lines,
        unit_line=layout.unit_line,
        unit_of=layout.unit_of,
        shares=layout.column_shares,
        widths=layout.column_widths,
        pads=lambda table: layout.decimal_pads(table, layout.measure_bundled),
        safe_link=_safe_link,
    )
    return environment.get_template("bulletin.html.j2")
