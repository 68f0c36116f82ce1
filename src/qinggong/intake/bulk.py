"""A large customs export into the store (大文件入库), batch by batch from its archived bytes, in constant memory.

The file is read twice: once to hold its figures against the stored ones and against each other, once to write those
that go in. The lines of such a file are understood by compiled code and the embedded SQL engine and not one by one;
what they do not understand stays out and is listed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from qinggong.intake.bulk_comparison import Comparison, counted, described, without
from qinggong.intake.workspace import Workspace
from qinggong.sources import Shape, customs
from qinggong.sources.freeze import CONTENT, Frozen
from qinggong.validate import Finding

_FOLDER = ".bulk-"


@dataclass(frozen=True, slots=True)
class Poured:
    """What became of a file: rows added now, whether it was in before, what was met in it, and what is doubted.

    ``repeated`` counts the figures that the store, or the file itself, has already.
    """

    added: int
    known: bool
    tally: customs.Tally
    repeated: int = 0
    findings: tuple[Finding, ...] = ()


def is_bulk(shape: Shape, size: int) -> bool:
    """True for a file of that shape and size in bytes that goes in by ``pour``."""
    return shape.id == customs.SHAPE.id and size >= customs.BULK_BYTES


def pour(
    workspace: Workspace,
    file: str,
    frozen: Frozen,
    *,
    transaction: str,
    url: str,
    met: Callable[[customs.Tally, tuple[Finding, ...]], None],
    accepted: frozenset[tuple[str, int]] = frozenset(),
    further: str = "",
) -> Poured:
    """Read an archived file and append its figures as one commit; of a file that is in already only what stayed out.

    Parameters
    ----------
    file
        Name by which the file is recognised; it may say the flow.
    url
        Address that the figures came from, empty for a file of the user.
    met
        Told what was met in the file and what is doubted, when all of it is read and nothing is visible yet.
    accepted
        Rule and row of doubts that a person has settled in favour of the number.
    further
        Ends the name of a further commit of a file that is in already.

    Raises
    ------
    UnreadableFile
        If the file as a whole has another shape; nothing is added then.
    VintageError
        If what the archive keeps of the file's version is none.
    """
    store = workspace.store
    store.sweep()
    again = store.holds(transaction)
    with _room(workspace.layout.root) as folder:
        comparison = Comparison(workspace, folder, sha256=frozen.sha256, accepted=accepted)
        tally = customs.Tally()
        for batch in _batches(workspace, file, frozen, url, tally):
            comparison.add(batch)
        compared = comparison.finish()
        found = list[Finding]()
        left = tally.observations - compared.repeated - compared.refused
        if again and not left and not compared.doubts:
            met(tally, ())
            return Poured(0, True, tally, compared.repeated)

        def batches() -> Iterator[duckdb.DuckDBPyRelation]:
            for batch in _batches(workspace, file, frozen, url, customs.Tally()):
                found.extend(described(batch, compared.doubts, file=file, catalogue=workspace.catalogue))
                yield without(batch, compared.out)
            found.extend(counted(compared, file=file))
            found.sort(key=lambda f: (f.row == 0, f.row, f.rule))
            met(tally, tuple(found))

        name = f"{transaction}+{further}" if again else transaction
        added = None if not left or store.holds(name) else store.append_parts(batches(), transaction=name)
        if added is None and not found:
            for _ in batches():
                pass
        return Poured(added or 0, again and not added, tally, compared.repeated, tuple(found))


def _batches(
    workspace: Workspace, file: str, frozen: Frozen, url: str, tally: customs.Tally
) -> Iterator[customs.Batch]:
    origin = customs.Origin(file, frozen.sha256, frozen.known_at, url=url, vintage=frozen.vintage)
    path = workspace.layout.raw / frozen.sha256 / CONTENT
    yield from customs.stream(path, origin=origin, tally=tally, catalogue=workspace.catalogue)


class _room:
    """A folder for a comparison beside the store; what a killed one left is removed first."""

    def __init__(self, root: Path) -> None:
        for left in root.glob(f"{_FOLDER}*"):
            shutil.rmtree(left, ignore_errors=True)
        self._folder = tempfile.TemporaryDirectory(prefix=_FOLDER, dir=root, ignore_cleanup_errors=True)

    def __enter__(self) -> Path:
        return Path(self._folder.name)

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()
