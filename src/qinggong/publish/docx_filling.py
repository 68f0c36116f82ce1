"""Putting the bulletin into a template (填充): text in place of placeholders, content where the template wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qinggong.publish.docx_frame import Frame, add_part, mark_line
from qinggong.publish.docx_looks import HOLE, placeholders
from qinggong.publish.docx_markup import Node, node, w
from qinggong.publish.xml_text import fit_line

_ALONE = re.compile(r"\s*\{\{\s*([^{}\s]{1,12})\s*\}\}\s*")
_ORDER = ("title", "issue", "subtitle", "status", "summary", "contents", "body", "sources")
_HOLDERS = (w("body"), w("tc"), w("sdtContent"))
_BLOCKS = ("summary", "contents", "body", "sources")
_TEXTS = ("header", "footer", "footnotes", "endnotes")


def fill(frame: Frame, parts: Mapping[str, list[Node]], texts: Mapping[str, str]) -> None:
    """Put ``parts`` (elements) and ``texts`` into a template.

    A paragraph that is nothing but ``{{要点}}``, ``{{目录}}``, ``{{正文}}`` or ``{{资料来源}}`` gives way to them; other
    placeholders are text and keep the letters of their place. What the template has no place for stands before or
    after the text, and the text at the template's end if it has no place for it.
    """
    body = frame.package.tree(frame.package.main).find(w("body"))
    placed = _text_places(body, texts)
    for kind in _TEXTS:
        for _, name in frame.package.related(frame.package.main, kind):
            if name in frame.package.parts:
                _text_places(frame.package.tree(name), texts)
    spots = _block_places(body)
    here = spots.get("body")
    if here is None:
        here = _end(body)
    wanted = [key for key in _ORDER if key not in placed and (key == "body" or key not in spots)]
    for key in wanted:
        for element in parts[key]:
            here.addprevious(element)
    for key, spot in spots.items():
        if key != "body":
            for element in parts[key]:
                spot.addprevious(element)
        _take_out(spot)
    if here.get("end"):
        body.remove(here)
    if texts["mark"]:
        _mark(frame, body, texts["mark"])


def _text_places(root: Node, texts: Mapping[str, str]) -> set[str]:
    """Replace placeholders by their text, even where Word has cut one into several runs; the keys found."""
    found: set[str] = set()
    names = placeholders()
    for line in root.iter(w("p")):
        pieces = [t for t in line.iter(w("t")) if next(t.iterancestors(w("p"))) is line]
        whole = "".join(t.text or "" for t in pieces)
        for hole in reversed(list(HOLE.finditer(whole))):
            key = names.get(hole[1].casefold())
            if key is None or key not in texts:
                continue
            found.add(key)
            _replace(pieces, hole.start(), hole.end(), fit_line(texts[key]))
    return found


def _replace(pieces: list[Node], start: int, end: int, text: str) -> None:
    at = 0
    for piece in pieces:
        held = piece.text or ""
        first, last = max(start - at, 0), min(end - at, len(held))
        if first < last:
            # The whole text goes where the placeholder begins, and takes the letters of that place.
            piece.text = held[:first] + (text if start >= at else "") + held[last:]
            piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        at += len(held)


def _block_places(body: Node) -> dict[str, Node]:
    """Paragraphs of the body that stand for blocks, each key once."""
    found: dict[str, Node] = {}
    names = placeholders()
    for line in list(body.iter(w("p"))):
        alone = _ALONE.fullmatch("".join(t.text or "" for t in line.iter(w("t"))))
        key = names.get(alone[1].casefold()) if alone else None
        if key in _BLOCKS and key not in found and line.getparent().tag in _HOLDERS:
            found[key] = line
    return found


def _end(body: Node) -> Node:
    """A place at the end of the template's text, before its last section's properties; empty lines there go."""
    last = body.find(w("sectPr"))
    mark = node("p")
    mark.set("end", "1")
    if last is None:
        body.append(mark)
    else:
        last.addprevious(mark)
    before = mark.getprevious()
    while before is not None and before.tag == w("p") and _empty(before):
        body.remove(before)
        before = mark.getprevious()
    return mark


def _empty(line: Node) -> bool:
    held = {str(one.tag).rpartition("}")[2] for one in line.iter()}
    return not held - {
        "p",
        "pPr",
        "rPr",
        "r",
        "t",
        "spacing",
        "jc",
        "ind",
        "rFonts",
        "lang",
        "sz",
        "szCs",
        "pStyle",
        "b",
        "bCs",
    } and not any(t.text and t.text.strip() for t in line.iter(w("t")))


def _take_out(spot: Node) -> None:
    """Remove a placeholder's paragraph, but not the section or cell that it ends."""
    section = spot.find(f"{w('pPr')}/{w('sectPr')}")
    holder = spot.getparent()
    # A cell ends with a paragraph, whatever stands before it.
    if section is None and not (holder.tag == w("tc") and spot is holder[-1]):
        holder.remove(spot)
        return
    for one in list(spot):
        if one.tag != w("pPr"):
            spot.remove(one)


def _mark(frame: Frame, body: Node, notice: str) -> None:
    """The notice of synthetic data in every header of the template, and a header where a section has none."""
    package, style = frame.package, frame.styles["mark"]
    for _, name in package.related(package.main, "header"):
        if name in package.parts:
            package.tree(name).append(mark_line(style, notice))
    sections = list(body.iter(w("sectPr")))
    for place, section in enumerate(sections):
        held = {one.get(w("type")) for one in section.findall(w("headerReference"))}
        # A later section without a header of its own has that of the one before.
        wanted = {"default", "even"} if place == 0 else set()
        if section.find(w("titlePg")) is not None:
            wanted.add("first")
        for kind in sorted(wanted - held):
            if (
                kind == "first"
                and place
                and any(
                    one.get(w("type")) == "first" for s in sections[:place] for one in s.findall(w("headerReference"))
                )
            ):
                continue
            add_part(package, section, "header", kind, [mark_line(style, notice)], at=0)
