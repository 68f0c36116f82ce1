"""Drawing of Vega-Lite specifications to SVG and PNG: bundled font, no network, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from functools import cache
from typing import Any

import vl_convert

from qinggong.publish.chart_frame import Spec
from qinggong.publish.fonts import font_dir, printable

VEGA_LITE = "6.4"

_LOCK = threading.Lock()
_GENERATED_ID = re.compile(r'\bid="([^"]+)"')
_GEOMETRY = re.compile(r' (?:d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


def spec_uid(spec: Spec, position: int) -> str:
    """Identifier for the drawing of ``spec`` as the ``position``-th of a document: same input, same identifier."""
    packed = json.dumps(spec, sort_keys=True, ensure_ascii=False).encode("utf-8")
    return f"c{position}-{hashlib.sha256(packed).hexdigest()[:10]}"


def render_svg(spec: Spec, *, uid: str) -> str:
    """SVG text of ``spec``; all identifiers inside begin with ``uid``, so several drawings can share a page.

    Characters that the bundled font cannot draw are replaced (:func:`fonts.printable`): a control character in a name
    would end the whole process inside the library.
    """
    _register_fonts()
    with _LOCK:
        svg = str(
            vl_convert.vegalite_to_svg(
                _printable(spec), vl_version=VEGA_LITE, allowed_base_urls=[], format_locale="zh-CN", show_warnings=False
            )
        )
    # English roles of single marks only disturb a screen reader: the figure carries the text for the whole drawing.
    svg = _ROLES.sub("", svg)
    # A hundredth of a pixel is enough; the rest is noise of the last bits and a third of the size.
    svg = _GEOMETRY.sub(lambda part: _LONG_NUMBER.sub(_rounded, part[0]), svg)
    # The library numbers its identifiers per process; here they are numbered by their order in the drawing.
    for number, old in enumerate(dict.fromkeys(_GENERATED_ID.findall(svg))):
        new = f"{uid}-{number}"
        svg = svg.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
        svg = svg.replace(f'href="#{old}"', f'href="#{new}"')
    return svg


def _rounded(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value


def render_png(spec: Spec, *, scale: float = 2) -> bytes:
    """PNG of ``spec``, ``scale`` pixels to a unit."""
    return svg_to_png(render_svg(spec, uid="c"), scale=scale)


def svg_to_png(svg: str, *, scale: float = 2) -> bytes:
    """PNG of a drawing made by :func:`render_svg`; much quicker than drawing the specification again."""
    _register_fonts()
    with _LOCK:
        return bytes(vl_convert.svg_to_png(svg, scale=scale, ppi=72))


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(font_dir()))
