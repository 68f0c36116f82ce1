"""Which layout a sheet has (版式识别), and where its names and its lines of figures lie by that layout."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qinggong.periods import Period
from qinggong.sources.layouts import HEAD_LINES, Layout, names_fit
from qinggong.sources.sheet import Sheet, cell_text, period_of


@dataclass(frozen=True, slots=True)
class Found:
    """A sheet with its layout: the sheet turned so that a series is a column, and the number of its names' line."""

    sheet: Sheet
    layout: Layout
    names_line: int
    names: tuple[tuple[int, str], ...]
    body: tuple[tuple[int, Period], ...]


def find_layout(sheet: Sheet, layouts: Sequence[Layout]) -> Found | None:
    """The first layout that fits a sheet."""
    turned: Sheet | None = None
    for layout in layouts:
        if layout.place.series == "rows":
            turned = turned or sheet.turn()
        view = turned if layout.place.series == "rows" and turned is not None else sheet
        found = _fits(view, sheet, layout)
        if found is not None:
            return found
    return None


def _fits(view: Sheet, original: Sheet, layout: Layout) -> Found | None:
    how, place = layout.recognise, layout.place
    if how.sheet and not _full(how.sheet, original.name):
        return None
    for name, pattern in how.cells.items():
        if not _full(pattern, cell_text(_named_cell(original, name))):
            return None
    lines = head_lines(view, place.names, place.period - 1)
    if not lines:
        return None
    names = series_names(view, lines, place.period - 1)
    if not names_fit(layout, (n for _, n in names)):
        return None
    columns = [c for c, _ in names]
    if how.blank_above and any(cell_text(view.cell(i, c)) for i in range(lines[0]) for c in columns):
        return None
    column = place.period - 1
    body = [(i, p) for i in range(lines[-1] + 1, len(view.lines)) if (p := period_of(view.cell(i, column))) is not None]
    return Found(view, layout, lines[-1], names, tuple(body)) if body else None


def head_lines(view: Sheet, at: str | int | tuple[int, ...] | None, column: int) -> tuple[int, ...]:
    """The lines, from 0, of a part of the head: by its label in a column, or as given."""
    if at is None:
        return ()
    if isinstance(at, int):
        return (at - 1,)
    if isinstance(at, tuple):
        return tuple(sorted(n - 1 for n in at))
    return next(((i,) for i in range(min(HEAD_LINES, len(view.lines))) if cell_text(view.cell(i, column)) == at), ())


def series_names(view: Sheet, lines: Sequence[int], column: int) -> tuple[tuple[int, str], ...]:
    """The columns that have a name, with it; a title over several columns goes on until the next one."""
    width = max((len(view.lines[i]) for i in lines if i < len(view.lines)), default=0)
    above = dict.fromkeys(lines[:-1], "")
    found = []
    for j in range(width):
        if j == column:
            continue
        for i in above:
            above[i] = cell_text(view.cell(i, j)) or above[i]
        own = cell_text(view.cell(lines[-1], j))
        if own:
            found.append((j, ":".join(part for part in (*above.values(), own) if part)))
    return tuple(found)


def _full(pattern: str, text: str) -> bool:
    return len(text) <= 1000 and re.fullmatch(pattern, text) is not None


def _named_cell(sheet: Sheet, name: str) -> object:
    letters = name.rstrip("0123456789")
    column = functools.reduce(lambda n, c: n * 26 + ord(c) - 64, letters, 0)
    return sheet.cell(int(name[len(letters) :]) - 1, column - 1)
