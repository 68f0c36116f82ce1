"""Customs files of any size as batches in the store's columns, in constant memory.

A block of the file is scanned by compiled code while the one before is written by the embedded SQL engine; lines that
are not plain, and small files as a whole, are read as text with care.
"""

from __future__ import annotations

import codecs
import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, BinaryIO

import duckdb

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.periods import parse
from qinggong.sources import customs_layout as cells
from qinggong.sources.customs_blocks import LINE_LIMIT, Batch, Block, Blocks, Origin, Tally
from qinggong.sources.customs_careful import Careful
from qinggong.sources.customs_layout import BREAKDOWNS, facts
from qinggong.sources.customs_query import quoted
from qinggong.sources.customs_vintages import dating

COLUMNS = (
    "subject_kind", "subject", "scope", "region", "indicator", "measure", "basis", "span", "unit",
    "period", "value", "printed", "printed_unit", "status", "published_at", "published_at_basis", "known_at",
    "publisher", "source", "raw_sha256", "row", "citation", "url",
)  # fmt: skip
"""The columns of a batch: those of the observation table, in its order (a test compares the two)."""

SCAN_BYTES = 32 << 20
"""From this size on (about 250 000 lines) compiled code pays; starting it takes longer than a smaller file."""
_BATCH = 200_000
_HEAD = 1 << 16
_MOSTLY = 5
"""A block of which more than one line in so many is not plain is read with care as a whole."""


def stream(
    path: Path,
    *,
    origin: Origin,
    batch: int = _BATCH,
    flow: str = "",
    names: bool = False,
    tally: Tally | None = None,
    threads: int = 2,
    catalogue: Catalogue | None = None,
    compiled: bool | None = None,
) -> Iterator[Batch]:
    """The observations of a customs query export, batch by batch.

    Parameters
    ----------
    path
        The file, or its frozen bytes; ``origin.name`` is the name under which it came (it may say the flow).
    batch
        Lines of a batch, about.
    flow
        ``exports`` or ``imports``, where neither the header nor the name says it.
    names
        Also collect the names that the file gives to its codes; every line is then read with care.
    tally
        Filled on the way with counts, bad lines and names.
    catalogue
        Whose units, regions and release days hold; the bundled one if none is given.
    compiled
        Whether compiled code scans the lines; of itself for files from ``SCAN_BYTES`` on.

    Raises
    ------
    UnreadableFile
        If the file as a whole has another shape; also in mid-file, when a line does not end or is in another encoding.
    VintageError
        If ``origin.vintage`` is none.
    """
    tally = Tally() if tally is None else tally
    if compiled is None:
        compiled = path.stat().st_size >= SCAN_BYTES
    used = catalogue or load_catalogue()
    with path.open("rb") as file, _Engine(file, origin, flow, batch, threads, tally, used) as engine:
        engine.begin(names=names, compiled=compiled and not names)
        yield from engine.batches()


class _Engine:
    """One pass over one file: the connection, its two readers of lines, and what a figure of the file says."""

    def __init__(
        self, file: BinaryIO, origin: Origin, flow: str, batch: int, threads: int, tally: Tally, catalogue: Catalogue
    ) -> None:
        self.file, self.origin, self.tally, self.catalogue = file, origin, tally, catalogue
        self.dating = dating(origin.vintage)
        head = file.read(_HEAD)
        self.layout = cells.layout(PurePath(origin.name), head, flow=flow)
        file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
        file.readline(LINE_LIMIT)
        self.size = batch * max(64, len(head) // max(1, head.count(b"\n")))
        self.folder = tempfile.TemporaryDirectory(prefix="qinggong-customs-", ignore_cleanup_errors=True)
        self.connection = duckdb.connect(
            config={
                "threads": str(threads),
                "memory_limit": "1GiB",
                "temp_directory": self.folder.name,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )
        # In an interactive interpreter it would be drawn between the answers.
        self.connection.execute("SET enable_progress_bar = false")
        self.blocks: Blocks | None = None

    def __enter__(self) -> _Engine:
        return self

    def __exit__(self, *_: object) -> None:
        if self.blocks is not None:
            self.blocks.close()
        self.connection.close()
        self.folder.cleanup()

    def begin(self, *, names: bool, compiled: bool) -> None:
        """Make the readers ready."""
        given = (self.connection, self.layout, self.catalogue)
        self.careful = Careful(*given, Path(self.folder.name), self.tally, month=self._month, names=names)
        self.plain = None
        if compiled:
            from qinggong.sources.customs_plain import Plain  # brings the compiler; small files do without

            self.plain = Plain(*given, month=self._month)
            self.plain.expect(self.careful.missing)
        newline = self.layout.newline.encode()
        scan = None if self.plain is None else self.plain.scan
        self.blocks = Blocks(self.file, newline, size=self.size, scan=scan)

    def batches(self) -> Iterator[Batch]:
        assert self.blocks is not None
        while (block := self.blocks.next()) is not None:
            queries, lines = self._take(block)
            if lines:
                yield Batch(self._observations(queries), lines, block.first + 1, block.first + block.lines)
        self._describe()

    def _take(self, block: Block) -> tuple[list[str], int]:
        """Understand a block: the queries of its figures, and how many of its lines went into them."""
        queries, lines, scanned = list[str](), 0, block.scanned
        if scanned is None or self.plain is None or len(scanned.odd) * _MOSTLY > block.lines:
            if lines := self.careful.take(block):
                queries.append(self.careful.query())
        else:
            if plain := len(scanned.codes):
                counted = self.plain.lay(scanned)
                self.tally.plain += plain
                self.tally.observations += counted.figures
                self.tally.blank += counted.blank
                self.tally.units.update(counted.units)
                self.tally.periods |= {parse(f"{m // 100}-{m % 100:02d}") for m in counted.months}
                queries.append(self.plain.query())
                lines += plain
            if len(scanned.odd):
                numbered = [(int(n), block.content[start:end]) for start, end, n in scanned.odd.tolist()]
                if careful := self.careful.take_lines(numbered):
                    queries.append(self.careful.query())
                    lines += careful
        if self.plain is not None and scanned is not None and len(scanned.odd):
            self.plain.expect(self.careful.missing)
        self.tally.rows += lines
        return queries, lines

    def _month(self, text: str) -> tuple[Any, ...] | None:
        """Period, span and day of publication of the text of a month."""
        period = cells.read_month(text)
        if period is None:
            return None
        return period.code, period.kind, self.dating.published(period, self.origin.known_at, self.catalogue)

    def _observations(self, queries: list[str]) -> duckdb.DuckDBPyRelation:
        """The figures in the store's columns."""
        layout, origin, body = self.layout, self.origin, facts()
        micro = (origin.known_at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
        constants = {
            "subject_kind": "'trade'", "scope": quoted(body.scope), "measure": "'level'", "basis": "'published'",
            "status": "'published'", "published_at_basis": quoted(self.dating.basis),
            "known_at": f"to_timestamp({micro} / 1000000.0)",
            "publisher": quoted(self.catalogue.publisher(body.publisher).name), "source": quoted(origin.source),
            "raw_sha256": quoted(origin.sha256),
            "citation": quoted(f"{self.dating.citation}：{layout.flow.name}（{layout.currency.word}）"),
            "url": quoted(origin.url), "published_at": "published", "row": "CAST(row AS INTEGER)",
        }  # fmt: skip
        chosen = ", ".join(f"{constants.get(c, c)} AS {c}" for c in COLUMNS)
        return self.connection.sql(" UNION ALL ".join(f"SELECT {chosen} FROM ({q})" for q in queries))

    def _describe(self) -> None:
        layout, periods = self.layout, sorted(self.tally.periods)
        by = "、".join(n for f, n in BREAKDOWNS.items() if f in layout.present) or "总额"
        span = f"{periods[0].code}—{periods[-1].code}（{len(periods)}期）" if periods else "没有可读的时期"
        said = f"，{self.dating.vintage.name}" if self.origin.vintage else ""
        said += "" if self.dating.day is None else f"（{self.dating.day.isoformat()}查询）"
        self.tally.recognised = (
            f"海关在线查询导出：{layout.flow.name}，{layout.currency.word}，按{by}，{span}，{self.tally.rows}行{said}"
        )
