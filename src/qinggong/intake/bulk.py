"""A large customs export into the store (大文件入库), batch by batch from its archived bytes, in constant memory.

The lines of such a file are understood by the embedded SQL engine and not one by one: what it does not understand
stays out and is listed, the others are not compared with the figures that the store has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb

from qinggong.intake.workspace import Workspace
from qinggong.sources import Shape, customs
from qinggong.sources.freeze import CONTENT, Frozen


@dataclass(frozen=True, slots=True)
class Poured:
    """What became of a file: rows added now, whether the file was in before, and what was met in it."""

    added: int
    known: bool
    tally: customs.Tally


def is_bulk(shape: Shape, size: int) -> bool:
    """True for a file of that shape and size in bytes that goes in by ``pour``."""
    return shape.id == customs.SHAPE.id and size >= customs.BULK_BYTES


def pour(
    workspace: Workspace, file: str, frozen: Frozen, *, transaction: str, url: str, met: Callable[[customs.Tally], None]
) -> Poured:
    """Read an archived file and append its figures as one commit; of a file that is in already only count them.

    Parameters
    ----------
    file
        Name by which the file is recognised; it may say the flow.
    url
        Address that the figures came from, empty for a file of the user.
    met
        Told what was met in the file, when all of it is read and nothing is visible yet.

    Raises
    ------
    UnreadableFile
        If the file as a whole has another shape; nothing is added then.
    """
    store, tally = workspace.store, customs.Tally()
    origin = customs.Origin(file, frozen.sha256, frozen.known_at, url=url)
    path = workspace.layout.raw / frozen.sha256 / CONTENT

    def batches() -> Iterator[duckdb.DuckDBPyRelation]:
        for batch in customs.stream(path, origin=origin, tally=tally):
            yield batch.relation
        met(tally)

    store.sweep()
    added = None if store.holds(transaction) else store.append_parts(batches(), transaction=transaction)
    if added is None and not tally.rows:
        for _ in batches():
            pass
    return Poured(added or 0, added is None, tally)
