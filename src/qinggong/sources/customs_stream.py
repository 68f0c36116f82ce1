"""Customs files of any size as batches in the store's columns, in constant memory.

A block of the file is parsed by the embedded SQL engine and leaves as a relation; only the few different texts of a
column of codes are decoded and understood in Python.
"""

from __future__ import annotations

import codecs
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePath
from typing import Any, BinaryIO

import duckdb

from qinggong.catalogue import load_catalogue
from qinggong.periods import parse
from qinggong.sources import customs_layout as cells
from qinggong.sources.base import Defect, UnreadableFile
from qinggong.sources.customs_blocks import DEFECTS_KEPT, FAULTS, LINE_LIMIT, NAMES, Batch, Blocks, Origin, Tally, one
from qinggong.sources.customs_layout import BREAKDOWNS, NUMBER, TOTAL, facts
from qinggong.sources.customs_query import quantities, quoted, typed_query

COLUMNS = (
    "subject_kind", "subject", "scope", "region", "indicator", "measure", "basis", "span", "unit",
    "period", "value", "printed", "printed_unit", "status", "published_at", "published_at_basis", "known_at",
    "publisher", "source", "raw_sha256", "row", "citation", "url",
)  # fmt: skip
"""The columns of a batch: those of the observation table, in its order (a test compares the two)."""

_BATCH = 200_000
_HEAD = 1 << 16
_CODES_LIMIT = 500_000
_MARKS_LIMIT = 1_000


def stream(
    path: Path,
    *,
    origin: Origin,
    batch: int = _BATCH,
    flow: str = "",
    names: bool = False,
    tally: Tally | None = None,
    threads: int = 2,
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
        Also collect the names that the file gives to its codes (a third more time).
    tally
        Filled on the way with counts, bad lines and names.

    Raises
    ------
    UnreadableFile
        If the file as a whole has another shape; also in mid-file, when a line does not end.
    """
    tally = Tally() if tally is None else tally
    with path.open("rb") as file, _Engine(file, origin, flow, names, batch, threads, tally) as engine:
        yield from engine.batches()


class _Engine:
    """One pass over one file: the connection, the block's file and the codes understood so far."""

    def __init__(
        self, file: BinaryIO, origin: Origin, flow: str, names: bool, batch: int, threads: int, tally: Tally
    ) -> None:
        self.origin, self.names, self.tally = origin, names, tally
        head = file.read(_HEAD)
        self.layout = cells.layout(PurePath(origin.name), head, flow=flow)
        file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
        file.readline(LINE_LIMIT)
        line_size = max(64, len(head) // max(1, head.count(b"\n")))
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
        self.loader = self.connection.cursor()
        self.blocks = Blocks(
            file, self.layout, self.loader, Path(self.folder.name), names=names, size=batch * line_size
        )
        self.raw, self.typed, self.decoded = "", "", True
        self._codes: dict[str, set[str]] = {}
        self._prepare()

    def __enter__(self) -> _Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.blocks.close()
        self.loader.close()
        self.connection.close()
        self.folder.cleanup()

    # ------------------------------------------------------------------------------------------------ blocks

    def batches(self) -> Iterator[Batch]:
        # While a block is understood and taken by the caller, the next one is parsed on the other core.
        with ThreadPoolExecutor(max_workers=1) as pool:
            ahead = pool.submit(self.blocks.load, 0)
            slot = 0
            while (loaded := ahead.result()) is not None:
                slot = 1 - slot
                ahead = pool.submit(self.blocks.load, slot)
                self.tally.rows += loaded.lines + len(loaded.defects)
                for defect in loaded.defects:
                    self.tally.refuse(defect)
                if loaded.lines:
                    if loaded.understood:
                        self.typed, self.decoded = loaded.table, False
                    else:
                        self.raw, self.typed, self.decoded = loaded.table, "typed", True
                        self._understand()
                    self._count()
                    yield Batch(self._observations(), loaded.lines)
        self._describe()

    # ------------------------------------------------------------------------------------------- understanding

    def _prepare(self) -> None:
        present = self.layout.present
        self._readers: dict[str, Callable[[str], tuple[Any, ...] | None]] = {
            "month": self._month,
            "goods": _suffixed("hs.", cells.read_goods, broken_down="goods" in present, without=TOTAL),
            "partner": _suffixed(".p", cells.read_partner, broken_down="partner" in present),
            "mode": _suffixed(".m", cells.read_mode, broken_down="mode" in present),
            "place": _suffixed("", cells.read_place, broken_down="place" in present, without="CN"),
            "unit": self._unit,
            "unit2": self._unit,
        }
        for name in self._readers:
            more = ", span VARCHAR, published DATE" if name == "month" else ""
            more = ", shown VARCHAR" if name.startswith("unit") else more
            self.connection.execute(f"CREATE TEMP TABLE known_{name} (text VARCHAR, code VARCHAR{more})")
            self._codes[name] = set()
        self._missing = {"", "-", "--"}
        self._fix()

    def _understand(self) -> None:
        for name, read in self._readers.items():
            if name in self.layout.fields:
                self._learn(name, read)
        self._type()
        bad = self._summed("count(*) FILTER (bad)")
        if bad and self._learn_missing():
            self._type()
            bad = self._summed("count(*) FILTER (bad)")
        if bad:
            self._refuse(bad)

    def _type(self) -> None:
        """Put the understood codes and numbers of the block into the table ``typed``."""
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE typed AS "
            + typed_query(self.layout, self.raw, missing=self._missing, quick=False)
        )

    def _fix(self) -> None:
        """The tables of what may be met: months since 1980, provinces, the catalogue's units."""
        catalogue, encoding = load_catalogue(), self.layout.encoding
        months = [f"{year}{number:02d}" for year in range(1980, 2060) for number in range(1, 13)]
        rows: dict[str, list[tuple[Any, ...]]] = {
            "month (text VARCHAR, code VARCHAR, span VARCHAR, published DATE)": [
                (text, *found) for text in months if (found := self._month(text))
            ],
            "place (text VARCHAR, code VARCHAR)": (
                [(code, code) for code in catalogue.regions if code.isdigit()]
                if "place" in self.layout.present
                else [("", "CN")]
            ),
        }
        units = {
            name.encode(encoding).decode("latin-1"): (unit.code, name)
            for unit in catalogue.units.values() for name in (*unit.aliases, unit.name, unit.code)
        }  # fmt: skip
        for name in ("unit", "unit2"):
            rows[f"{name} (text VARCHAR, code VARCHAR, shown VARCHAR)"] = [(t, *u) for t, u in units.items()]
        for table, values in rows.items():
            self.connection.execute(f"CREATE TABLE fixed_{table}")
            self._insert(f"fixed_{table.split()[0]}", values)
        if not self.names:
            self.blocks.quick = partial(typed_query, self.layout, missing=frozenset(self._missing), quick=True)

    def _learn(self, name: str, read: Callable[[str], tuple[Any, ...] | None]) -> None:
        """Understand the texts of a column that no earlier block had; what is not understood stays out."""
        given = f"{name}_name" if self.names and f"{name}_name" in {*NAMES} & {*self.layout.fields} else ""
        shown = f", any_value({given})" if given else ""
        new = self.connection.execute(
            f"SELECT {name}{shown} FROM {self.raw} AS raw"
            f" ANTI JOIN known_{name} AS k ON raw.{name} = k.text GROUP BY {name}"
        ).fetchall()
        learnt = []
        for text, *named in new:
            understood = read(text)
            if understood is not None:
                learnt.append((text, *understood))
                if named and named[0]:
                    self.tally.names[str(understood[0]).removeprefix(".")] = self.layout.text(named[0]) or ""
        known = self._codes[name]
        known.update(row[0] for row in learnt)
        if len(known) > _CODES_LIMIT:
            raise UnreadableFile(f"{name}一栏有{_CODES_LIMIT}种以上不同的编码，不像海关导出文件")
        self._insert(f"known_{name}", learnt)

    def _learn_missing(self) -> bool:
        """Look among the bad lines for marks of missing figures not seen before; ``True`` if there are any."""
        learnt = set[str]()
        for name in ("amount", "quantity", "quantity2"):
            if name not in self.layout.fields:
                continue
            for (mark,) in self.connection.execute(
                f"SELECT DISTINCT raw.{name} FROM {self.raw} AS raw SEMI JOIN (SELECT row FROM {self.typed} WHERE bad)"
                f" USING (row) WHERE NOT regexp_full_match(raw.{name}, '{NUMBER}') LIMIT {_MARKS_LIMIT}"
            ).fetchall():
                if mark not in self._missing and self._is_missing(mark):
                    learnt.add(mark)
        self._missing |= set(sorted(learnt)[: _MARKS_LIMIT - len(self._missing)])
        return bool(learnt)

    def _is_missing(self, raw: str) -> bool:
        text = self.layout.text(raw)
        return text is not None and cells.is_missing(text)

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        width = len(rows[0])
        for start in range(0, len(rows), 500):
            part = rows[start : start + 500]
            places = ", ".join(f"({', '.join('?' * width)})" for _ in part)
            self.connection.execute(f"INSERT INTO {table} VALUES {places}", [v for row in part for v in row])

    def _month(self, text: str) -> tuple[Any, ...] | None:
        period = cells.read_month(self.layout.text(text) or "")
        if period is None:
            return None
        day = cells.published_by(period, self.origin.known_at)
        return period.code, period.kind, day

    def _unit(self, text: str) -> tuple[Any, ...] | None:
        shown = self.layout.text(text)
        if not shown or cells.is_missing(shown):
            return None
        return cells.read_unit(shown), shown

    # ------------------------------------------------------------------------------------------------ results

    def _refuse(self, bad: int) -> None:
        """Keep the first bad lines with their reasons, count the others."""
        tally = self.tally
        names = [n for n in ("month", *BREAKDOWNS, "amount", "quantity", "quantity2") if n in self.layout.fields]
        room = max(0, DEFECTS_KEPT - len(tally.defects))
        rows = self.connection.execute(
            f"SELECT row, {', '.join(names)} FROM {self.raw}"
            f" SEMI JOIN (SELECT row FROM {self.typed} WHERE bad) USING (row)"
            f" ORDER BY row LIMIT {room}"
        ).fetchall()
        tally.defects += [self._fault(number, dict(zip(names, values, strict=True))) for number, *values in rows]
        tally.refused += bad

    def _count(self) -> None:
        """Count what is there, what is missing, and what has a unit that the catalogue does not know."""
        asked = ["count(*) FILTER (NOT bad AND money IS NOT NULL)", "count(*) FILTER (NOT bad AND money IS NULL)"]
        for figure, _, _ in quantities(self.layout):
            asked += [
                f"count(*) FILTER ({self._taken(figure)})",
                f"count(*) FILTER (NOT bad AND coalesce({figure}_value, 0) = 0)",
                f"count(*) FILTER (NOT bad AND {figure}_value > 0 AND {figure}_unit IS NULL)",
            ]
        values, blank, *rest = self.connection.execute(f"SELECT {', '.join(asked)} FROM {self.typed}").fetchall()[0]
        self.tally.periods |= {
            parse(code)
            for (code,) in self.connection.execute(f"SELECT DISTINCT period FROM {self.typed}").fetchall()
            if code
        }
        self.tally.observations += values + sum(rest[0::3])
        self.tally.blank += blank + sum(rest[1::3])
        for (figure, _, _), unknown in zip(quantities(self.layout), rest[2::3], strict=True):
            if unknown:
                for shown, count in self.connection.execute(
                    f"SELECT {figure}_shown, count(*) FROM {self.typed} WHERE NOT bad AND {figure}_value > 0"
                    f" AND {figure}_unit IS NULL GROUP BY ALL ORDER BY ALL"
                ).fetchall():
                    text = shown if self.decoded else self.layout.text(shown or "")
                    self.tally.units["" if cells.is_missing(text or "") else text or ""] += count

    def _taken(self, figure: str) -> str:
        """The condition under which a quantity is an observation."""
        # A second quantity in the unit of the first would contradict it.
        both = figure == "second" and len(quantities(self.layout)) > 1
        other = " AND first_unit IS DISTINCT FROM second_unit" if both else ""
        return f"NOT bad AND {figure}_unit IS NOT NULL AND {figure}_value > 0{other}"

    def _summed(self, expression: str) -> int:
        return one(self.connection, f"SELECT {expression} FROM {self.typed}")

    def _fault(self, row: int, given: dict[str, str]) -> Defect:
        for name, text in given.items():
            if name in self._readers:
                wrong = self._readers[name](text) is None
            else:
                wrong = not cells.is_number(text.strip(" \t")) and not self._is_missing(text)
            if wrong:
                rule, message, advice = FAULTS[name]
                shown = (self.layout.text(text) or "")[:60]
                return Defect(rule, row, shown, message.format(shown), advice)
        return Defect("bad-row", row, "", "这一行不能理解", "请核对这一行")

    def _observations(self) -> duckdb.DuckDBPyRelation:
        """The figures of the block in the store's columns."""
        layout, origin, body = self.layout, self.origin, facts()
        publisher = load_catalogue().publisher(body.publisher).name
        citation = f"海关统计数据在线查询：{layout.flow.name}（{layout.currency.word}）"
        micro = (origin.known_at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
        constants = {
            "subject_kind": "'trade'", "scope": quoted(body.scope), "measure": "'level'", "basis": "'published'",
            "status": "'published'", "published_at_basis": "'calendar'",
            "known_at": f"to_timestamp({micro} / 1000000.0)", "publisher": quoted(publisher),
            "source": quoted(origin.source), "raw_sha256": quoted(origin.sha256), "citation": quoted(citation),
            "url": quoted(origin.url), "published_at": "published", "row": "CAST(row AS INTEGER)",
        }  # fmt: skip
        chosen = ", ".join(f"{constants.get(c, c)} AS {c}" for c in COLUMNS)
        return self.connection.sql(f"SELECT {chosen} FROM ({self._figures('*')})")

    def _figures(self, columns: str) -> str:
        """Query of values and quantities below one another."""
        layout = self.layout
        money = layout.currency
        factor = load_catalogue().unit(money.canonical).factor / load_catalogue().unit(money.unit).factor
        common = "row, period, span, published, subject, region"
        parts = [
            f"SELECT {common}, {quoted(f'{layout.flow.value}_{money.money}')} AS indicator, {quoted(money.canonical)}"
            f" AS unit, CAST(money AS DOUBLE) / CAST('{factor:f}' AS DOUBLE) AS value, money AS printed,"
            f" {quoted(money.unit)} AS printed_unit FROM {self.typed} WHERE NOT bad AND money IS NOT NULL"
        ]
        for figure, _, _ in quantities(self.layout):
            parts.append(
                f"SELECT {common}, {quoted(layout.flow.quantity)} AS indicator, {figure}_unit AS unit,"
                f" {figure}_value AS value, {figure} AS printed, {figure}_shown AS printed_unit FROM {self.typed}"
                f" WHERE {self._taken(figure)}"
            )
        return " UNION ALL ".join(f"SELECT {columns} FROM ({p})" for p in parts)

    def _describe(self) -> None:
        layout, periods = self.layout, sorted(self.tally.periods)
        by = "、".join(n for f, n in BREAKDOWNS.items() if f in layout.present) or "总额"
        span = f"{periods[0].code}—{periods[-1].code}（{len(periods)}期）" if periods else "没有可读的时期"
        self.tally.recognised = (
            f"海关在线查询导出：{layout.flow.name}，{layout.currency.word}，按{by}，{span}，{self.tally.rows}行"
        )


def _suffixed(
    prefix: str, read: Callable[[str], str | None], *, broken_down: bool, without: str = ""
) -> Callable[[str], tuple[Any, ...] | None]:
    """A reader of codes; in a file without that breakdown the empty text stands for all, and nothing else does."""

    def understand(text: str) -> tuple[Any, ...] | None:
        text = text.strip()
        if not broken_down:
            return (without,) if not text else None
        code = read(text)
        return None if code is None else (prefix + code,)

    return understand
