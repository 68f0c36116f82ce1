"""A page as a value (页面): its data, tables and charts, from which HTML, JSON and CSV are made alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from qinggong.catalogue.synthetic import MARK
from qinggong.publish.chart_frame import Spec, with_watermark
from qinggong.publish.data import DataTable, Value
from qinggong.publish.plain_svg import NotPlain, draw


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart of a page: the specification, and the text for those who cannot see it.

    It is drawn when the page is written (``svg_of``): data forms need no drawing, and English pages only their own.
    """

    key: str
    title: str
    alt: str
    spec: Spec = field(hash=False, repr=False)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What one address answers.

    Attributes
    ----------
    template
        Name of the template without ending.
    data
        Plain values: the JSON of the page, and what its template shows.
    tables
        The first one is the CSV of the page; ``?table=`` chooses another.
    """

    template: str
    title: str
    data: dict[str, Any] = field(hash=False)
    tables: tuple[DataTable, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    status: int = 200
    extra: dict[str, Any] = field(default_factory=dict, hash=False)

    def drawing(self, key: str) -> Drawing | None:
        return next((d for d in self.drawings if d.key == key), None)


def drawn(key: str, title: str, spec: Spec, *, note: str = "", synthetic: bool = False) -> Drawing:
    """A chart for a page; a synthetic one carries the mark across the drawing, so that a saved copy has it."""
    alt = f"{title}：{spec['description']}" if spec.get("description") else title
    if synthetic:
        marked = with_watermark(spec, MARK)
        spec = {**marked, "layer": marked["layer"][:-1]}  # the page says it in its head: no second one over the legend
        alt = f"{MARK}：{alt}"
    return Drawing(key, title, alt, spec, note)


def svg_of(one: Drawing) -> str:
    """The chart drawn."""
    uid = f"c-{one.key}"
    try:
        return draw(one.spec, uid=uid, label=one.alt)
    except NotPlain:
        from qinggong.publish.drawing import render_svg

        drawn = render_svg(one.spec, uid=uid)
        return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(one.alt)}" ', 1)


def in_script(value: object) -> str:
    """JSON that may stand inside a ``script`` element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def table(
    name: str, title: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Value]], *numbers: str
) -> DataTable:
    """Rows as a data table; ``numbers`` are the columns with numeric values."""
    return DataTable(name, title, tuple(columns), [tuple(row) for row in rows], numbers)
