"""What Word keeps up to date itself (域): captions that count, a table of contents, page numbers.

Source: ISO/IEC 29500-1:2016, 17.16.5.56 (SEQ), 17.16.5.68 (TOC), 17.16.5.41 (NUMPAGES), 17.16.5.44 (PAGE).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from qinggong.publish import docx_markup as mark
from qinggong.publish.docx_markup import Node, node, paragraph, run

_LABEL = re.compile(r"^(?P<kind>[^\W\d]+)(?P<gap>\s*)(?P<chapter>(?:\d+[-–—.])*)(?P<number>\d{1,4})$")


@dataclass(slots=True)
class Captions:
    """Captions of tables and figures, each kind with a sequence of its own (表, 图)."""

    _last: dict[str, tuple[str, int]] = field(default_factory=dict)

    def line(self, style: str, label: str, title: str) -> Node:
        """A caption; the last number of its label is a field that counts within the chapter (表2-1, 表2-2)."""
        found = _LABEL.match(label)
        if found is None:
            return paragraph(style, run(f"{label}　{title}"))
        kind, chapter, number = found["kind"], found["chapter"], int(found["number"])
        follows = self._last.get(kind) == (chapter, number - 1)
        self._last[kind] = (chapter, number)
        # The first of a chapter, and any that breaks the count, sets it anew: updating changes no right number.
        code = f"SEQ {kind} \\* ARABIC" + ("" if follows else f" \\r {number}")
        content = [run(f"{kind}{found['gap']}{chapter}"), *mark.field(code, str(number)), run(f"　{title}")]
        return paragraph(style, *content)


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading in the table of contents: its text and the bookmark around it."""

    text: str
    bookmark: str


def contents(entries: Sequence[Entry], *, title: str, head_style: str, style: str, width: float) -> Node:
    """The table of contents as a field with its entries in it, each a link with a field for its page (PAGEREF).

    The fields for pages are empty until somebody updates them (F9): only the program that sets the pages knows the
    numbers, they differ with the typefaces at hand, and a wrong number is worse than none. Word is not told to update
    fields on opening: it would ask every reader first.

    Parameters
    ----------
    width
        Of a line, in points; the page stands at its right. No dots lead to an empty number; those of the style come
        with an update.
    """
    lines = [paragraph(head_style, run(title))]
    for place, entry in enumerate(entries):
        content: list[Node] = []
        if place == 0:
            opened = mark.field('TOC \\o "1-1" \\h \\z \\u', "")
            content += [opened[0], opened[1], opened[2]]
        page = [node("r", node("tab")), *mark.field(f"PAGEREF {entry.bookmark} \\h", "")]
        content.append(node("hyperlink", run(entry.text), *page, anchor=entry.bookmark, history=1))
        edge = node("tab", val="right", pos=round(20 * width))
        lines.append(paragraph(style, *content, direct=[node("tabs", edge)]))
    # The end stands in a line of its own, next to nothing high, which an update leaves alone.
    end = node("r", node("fldChar", fldCharType="end"))
    lines.append(paragraph(style, end, direct=[node("spacing", before=0, after=0, line=20, lineRule="exact")]))
    return node(
        "sdt",
        node("sdtPr", node("docPartObj", node("docPartGallery", val="Table of Contents"), node("docPartUnique"))),
        node("sdtContent", *lines),
    )


def page_line(style: str, pattern: str, *direct: Any) -> Node:
    """A line of a footer; ``{page}`` and ``{pages}`` in the pattern are fields."""
    content: list[Node] = []
    for part in re.split(r"(\{pages?\})", pattern):
        if part in ("{page}", "{pages}"):
            content += mark.field("PAGE" if part == "{page}" else "NUMPAGES", "1")
        elif part:
            content.append(run(part))
    return paragraph(style, *content, direct=direct)
