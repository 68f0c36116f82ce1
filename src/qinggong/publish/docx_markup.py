"""WordprocessingML elements (Word 标记): paragraphs, runs, fields, tables, pictures, each with its children in order.

Source of the order of children: ISO/IEC 29500-1:2016, annex A.1 (WordprocessingML), the transitional forms of part 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from qinggong.publish.xml_text import fit_line, fit_text

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
XML = "http://www.w3.org/XML/1998/namespace"
NAMESPACES = {"w": W, "r": R, "wp": WP, "a": A, "pic": PIC}

TWIPS = 20
"""Twentieths of a point: the unit of lengths on a page."""
EMUS = 12700
"""English metric units of a point: the unit of lengths in a drawing."""

_ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
    "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
    "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
    "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid "
    "vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em "
    "lang "
    "eastAsianLayout specVanish oMath",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
}  # fmt: skip
_PLACES = {parent: {name: i for i, name in enumerate(names.split())} for parent, names in _ORDER.items()}
# Marks that Latin and Chinese typefaces both have; without a hint Word takes the Latin, narrow ones.
_SHARED = re.compile("[“”‘’…—·×÷°±②①③④⑤]")
_CHINESE = re.compile("[\u3400-\u9fff]")
_BROKEN = re.compile(r"([\t\n])")

Node = Any
"""An lxml element."""


def w(name: str) -> str:
    """The full name of a WordprocessingML element or attribute."""
    return f"{{{W}}}{name}"


def node(name: str, /, *children: Node, **attributes: object) -> Node:
    """A WordprocessingML element; ``val=1`` is ``w:val="1"``, children that are ``None`` are left out."""
    made = etree.Element(w(name), nsmap={"w": W})
    for key, value in attributes.items():
        made.set(w(key), str(value))
    made.extend([child for child in children if child is not None])
    return made


def properties(parent: str, children: Iterable[Node | None]) -> Node:
    """``pPr``, ``rPr`` or ``tcPr`` with its children in the order of the schema."""
    place = _PLACES[parent]
    told = [child for child in children if child is not None]
    return node(parent, *sorted(told, key=lambda child: place[etree.QName(child).localname]))


def put(holder: Node, child: Node) -> None:
    """Put ``child`` where the schema wants it in ``pPr``, ``rPr`` or ``tcPr``, in place of one of its name."""
    for old in holder.findall(child.tag):
        holder.remove(old)
    place = _PLACES[etree.QName(holder).localname]
    own = place[etree.QName(child).localname]
    at = sum(1 for other in holder if place.get(etree.QName(other).localname, -1) < own)
    holder.insert(at, child)


def points(length: float) -> int:
    """A length in points as twentieths of a point."""
    return round(length * TWIPS)


# ------------------------------------------------------------------------------------------------ text


def run(text: str, *looks: Node) -> Node:
    """A run of text with direct properties; a tab or line end in ``text`` becomes one in the document."""
    if _SHARED.search(text) and _CHINESE.search(text):
        looks = (*looks, node("rFonts", hint="eastAsia"))
    made = node("r", properties("rPr", looks) if looks else None)
    for part in _BROKEN.split(fit_text(text)):
        if part == "\t":
            made.append(node("tab"))
        elif part == "\n":
            made.append(node("br"))
        elif part:
            made.append(_text("t", part))
    return made


def _text(name: str, text: str) -> Node:
    made = node(name)
    made.text = text
    if text != text.strip() or "  " in text:
        made.set(f"{{{XML}}}space", "preserve")
    return made


def paragraph(style: str, *content: Node, direct: Sequence[Node] = ()) -> Node:
    """A paragraph in a style (by its identifier), with direct properties."""
    named = node("pStyle", val=style) if style else None
    return node("p", properties("pPr", [named, *direct]) if style or direct else None, *content)


def shape(line: Node, *direct: Node) -> None:
    """Add direct properties to a paragraph."""
    holder = line.find(w("pPr"))
    if holder is None:
        holder = node("pPr")
        line.insert(0, holder)
    for one in direct:
        put(holder, one)


def field(instruction: str, shown: str, *looks: Node) -> list[Node]:
    """A complex field with the result that stands in it until somebody updates it."""

    def mark(kind: str) -> Node:
        return node(
            "r", properties("rPr", [copy(x) for x in looks]) if looks else None, node("fldChar", fldCharType=kind)
        )

    code = node("r", properties("rPr", [copy(x) for x in looks]) if looks else None)
    told = _text("instrText", f" {instruction} ")
    told.set(f"{{{XML}}}space", "preserve")
    code.append(told)
    return [mark("begin"), code, mark("separate"), run(shown, *[copy(x) for x in looks]), mark("end")]


def bookmark(name: str, number: int, *content: Node) -> list[Node]:
    """Content between the marks of a bookmark."""
    return [node("bookmarkStart", id=number, name=name), *content, node("bookmarkEnd", id=number)]


def border(side: str, eighths: int, colour: str, *, space: int = 1) -> Node:
    """A rule of a paragraph, table or cell; its width in eighths of a point."""
    return node(side, val="single", sz=eighths, space=space, color=colour)


# ------------------------------------------------------------------------------------------------ tables


def cell(line: Node, *, width: float, across: int = 1) -> Node:
    """A table cell with one paragraph; ``width`` in points."""
    return node(
        "tc",
        properties(
            "tcPr",
            [
                node("tcW", w=points(width), type="dxa"),
                node("gridSpan", val=across) if across > 1 else None,
                node("vAlign", val="center"),
            ],
        ),
        line,
    )


def row(cells: Iterable[Node], *, head: bool = False) -> Node:
    """A table row that does not break over pages; a head is repeated on every page."""
    return node("tr", node("trPr", node("cantSplit"), node("tblHeader") if head else None), *cells)


def table(style: str, rows: Iterable[Node], *, widths: Sequence[float], title: str) -> Node:
    """A centred table of fixed column ``widths`` (points); ``title`` is read out to those who cannot see it."""
    return node(
        "tbl",
        node(
            "tblPr",
            node("tblStyle", val=style),
            node("tblW", w=points(sum(widths)), type="dxa"),
            node("jc", val="center"),
            node("tblLayout", type="fixed"),
            node(
                "tblLook", val="0420", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=0, noVBand=1
            ),
            node("tblCaption", val=fit_line(title)[:255]),
        ),
        node("tblGrid", *(node("gridCol", w=points(width)) for width in widths)),
        *rows,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ pictures


def picture(relation: str, *, number: int, name: str, alt: str, width: float, height: float) -> Node:
    """A run with a picture in the line; lengths in points, ``relation`` names the picture's part."""
    extent = {"cx": str(round(width * EMUS)), "cy": str(round(height * EMUS))}
    told = {"id": str(number), "name": fit_line(name), "descr": fit_line(alt)}
    inline = _made(f"{{{WP}}}inline", {"distT": "0", "distB": "0", "distL": "0", "distR": "0"}, {"wp": WP})
    _under(inline, WP, "extent", extent)
    _under(inline, WP, "effectExtent", {"l": "0", "t": "0", "r": "0", "b": "0"})
    _under(inline, WP, "docPr", told)
    locks = _under(inline, WP, "cNvGraphicFramePr")
    locks.append(_made(f"{{{A}}}graphicFrameLocks", {"noChangeAspect": "1"}, {"a": A}))
    graphic = _made(f"{{{A}}}graphic", {}, {"a": A})
    inline.append(graphic)
    data = _under(graphic, A, "graphicData", {"uri": PIC})
    whole = _made(f"{{{PIC}}}pic", {}, {"pic": PIC})
    data.append(whole)
    about = _under(whole, PIC, "nvPicPr")
    _under(about, PIC, "cNvPr", told)
    _under(about, PIC, "cNvPicPr")
    fill = _under(whole, PIC, "blipFill")
    fill.append(_made(f"{{{A}}}blip", {f"{{{R}}}embed": relation}, {"a": A, "r": R}))
    _under(_under(fill, A, "stretch"), A, "fillRect")
    form = _under(whole, PIC, "spPr")
    frame = _under(form, A, "xfrm")
    _under(frame, A, "off", {"x": "0", "y": "0"})
    _under(frame, A, "ext", extent)
    _under(_under(form, A, "prstGeom", {"prst": "rect"}), A, "avLst")
    return node("r", node("drawing", inline))


def _made(name: str, attributes: Mapping[str, str], namespaces: Mapping[str, str]) -> Node:
    return etree.Element(name, attributes, nsmap=dict(namespaces))


def _under(parent: Node, space: str, name: str, attributes: Mapping[str, str] | None = None) -> Node:
    return etree.SubElement(parent, f"{{{space}}}{name}", attributes or {})


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels.

    Raises ``ValueError`` if the bytes are no PNG.
    """
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24 or data[12:16] != b"IHDR":
        raise ValueError("not a PNG picture")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if not (width and height):
        raise ValueError("a PNG picture without size")
    return width, height
