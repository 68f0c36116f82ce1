"""Breaks in the figures (口径变化): declared with a date and a source, never found by a program.

A chain by published growth passes a break whose growth compares like with like; it ends at one that says otherwise.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.schema import Entry
from qinggong.periods import Period, parse

_FILE = "breaks/breaks.yaml"


class Break(Entry):
    """One break: the first month of the new figures, and whom it concerns.

    Empty ``subjects`` and ``indicators`` mean all of the ``kinds``; a subject's code stands for its sub-industries too.
    ``short`` stands beside the line that marks the break in a chart.
    """

    key: str
    from_: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")] = Field(alias="from")
    what: str
    what_en: str
    short: Annotated[str, StringConstraints(max_length=12)] = "口径变化"
    kinds: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    bridge: Literal["growth", "none"]

    @property
    def first(self) -> Period:
        return parse(self.from_)

    def concerns(self, *, kind: str, code: str, indicator: str) -> bool:
        return (
            kind in self.kinds
            and (not self.subjects or any(code.startswith(s) for s in self.subjects))
            and (not self.indicators or indicator in self.indicators)
        )


class Breaks(Entry):
    """The list of breaks."""

    kind: Literal["breaks"]
    source: str
    valid_from: dt.date
    breaks: tuple[Break, ...]


def load_breaks(*, overlay: Path | None = None) -> tuple[Break, ...]:
    """Declared breaks, oldest first; a workspace's own ``breaks/breaks.yaml`` is read beside the bundled one.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    own = own_document(overlay, _FILE, Breaks)
    found = {b.key: b for b in bundled_document(_FILE, Breaks).breaks}
    found.update({b.key: b for b in (own.breaks if own else ())})
    return tuple(sorted(found.values(), key=lambda b: (b.first, b.key)))
