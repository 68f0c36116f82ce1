"""The careful reading of customs lines: cells as text, few different codes understood in Python, faults named.

For small files, for the lines that the compiled scan does not take for plain, and where the names of the codes are
wanted. The cells are split by the embedded SQL engine; a block that is not plain (a torn line, a line break inside
quotes) is read line by line by :mod:`csv` instead.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from qinggong.catalogue import Catalogue
from qinggong.periods import parse
from qinggong.sources import customs_layout as cells
from qinggong.sources.base import Defect, UnreadableFile
from qinggong.sources.customs_blocks import DEFECTS_KEPT, FAULTS, Block, Tally
from qinggong.sources.customs_layout import BREAKDOWNS, NUMBER, TOTAL, Layout
from qinggong.sources.customs_query import FIELDS, NAMES, quantities, quoted, typed_query

NEVER = "\x1d"
"""Stands for no value in the parsed blocks; not a character of these files, so that an empty cell stays empty text."""
USUAL_MARKS = frozenset({"", "-", "--"})
_CODES_LIMIT = 500_000
_MARKS_LIMIT = 1_000


class Careful:
    """The reader of texts of one file; after ``take`` the table ``typed`` holds the lines of that call.

    Parameters
    ----------
    folder
        For the file from which the engine reads the cells.
    names
        Also collect the names that the file gives to its codes.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        layout: Layout,
        catalogue: Catalogue,
        folder: Path,
        tally: Tally,
        *,
        month: Callable[[str], tuple[Any, ...] | None],
        names: bool,
    ) -> None:
        self.connection, self.layout, self.catalogue, self.tally = connection, layout, catalogue, tally
        self.names, self.file = names, folder / "block.csv"
        self.missing = set(USUAL_MARKS)
        self._codes: dict[str, set[str]] = {}
        present = layout.present
        self._readers: dict[str, Callable[[str], tuple[Any, ...] | None]] = {
            "month": lambda text: month(layout.text(text) or ""),
            "goods": _suffixed("hs.", cells.read_goods, broken_down="goods" in present, without=TOTAL),
            "partner": _suffixed(".p", cells.read_partner, broken_down="partner" in present),
            "mode": _suffixed(".m", cells.read_mode, broken_down="mode" in present),
            "place": _suffixed("", self._place, broken_down="place" in present, without="CN"),
            "unit": self._unit,
            "unit2": self._unit,
        }
        for name in self._readers:
            more = ", span VARCHAR, published DATE" if name == "month" else ""
            more = ", shown VARCHAR, dimension VARCHAR" if name.startswith("unit") else more
            connection.execute(f"CREATE TEMP TABLE known_{name} (text VARCHAR, code VARCHAR{more})")
            self._codes[name] = set()

    # ------------------------------------------------------------------------------------------------- lines

    def take(self, block: Block) -> int:
        """Understand the whole lines of a block; returns how many could be split into cells."""
        other = self._other_encoding(block.content, block.first)
        plain = not other
        if plain:
            try:
                self.file.write_bytes(block.content.decode("latin-1").encode())
                self._read(f"{block.first} + row_number() OVER ()", 0, self.layout.newline)
                plain = self._one("SELECT count(*) FROM raw") == block.lines
            except duckdb.Error:
                plain = False
        if not plain:
            numbered = enumerate(block.content.split(b"\n")[:-1], start=block.first + 1)
            return self.take_lines(numbered, damaged=other)
        return self._understand()

    def take_lines(self, numbered: Iterable[tuple[int, bytes]], *, damaged: frozenset[int] | None = None) -> int:
        """Understand single lines, each given with its number."""
        self.file.write_bytes(self._repaired(numbered, damaged).encode())
        self._read("CAST(c0 AS INTEGER)", 1, "\n")
        return self._understand()

    def _read(self, row: str, shift: int, newline: str) -> None:
        """Bring the cells of the file into the table ``raw``, as text, with their row numbers."""
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(self.layout.width + shift))
        wanted = [f for f in (*FIELDS, *(NAMES if self.names else ())) if f in self.layout.fields]
        chosen = ", ".join(f"c{self.layout.fields[f] + shift} AS {f}" for f in wanted)
        ending = "\\r\\n" if newline == "\r\n" else "\\n"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE raw AS SELECT {row} AS row, {chosen} FROM read_csv(?, header = false,"
            f" auto_detect = false, delim = ',', quote = '\"', escape = '\"', new_line = '{ending}',"
            f" nullstr = '{NEVER}', columns = {{{columns}}})",
            [str(self.file)],
        )

    def _repaired(self, numbered: Iterable[tuple[int, bytes]], damaged: frozenset[int] | None) -> str:
        """The good lines with their numbers in front; bad ones become defects, empty ones nothing."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        width, needed = self.layout.width, max(self.layout.fields.values()) + 1
        for number, content in numbered:
            text = content.decode("latin-1").replace("\x00", "").rstrip("\r\n")
            if not text.strip(" ,\t"):
                continue
            if self._is_damaged(content, number) if damaged is None else number in damaged:
                self._defect("bad-row", number, text, f"这一行有字节不是{_named(self.layout.encoding)}文字")
                continue
            try:
                row = next(csv.reader([text], strict=True))
            except (csv.Error, StopIteration):
                row = []
            if len(row) < needed or any(cell.strip() for cell in row[width:]) or "\r" in text:
                self._defect("short-row", number, text, "这一行的栏数与表头不符，或引号不成对")
                continue
            writer.writerow([number, *(row + [""] * width)[:width]])
        return out.getvalue()

    def _defect(self, rule: str, number: int, text: str, message: str) -> None:
        shown = text[:200].encode("latin-1").decode(self.layout.encoding, "replace").strip()[:60]
        self.tally.rows += 1
        self.tally.refuse(Defect(rule, number, shown, message, "请重新导出该文件"))

    # ---------------------------------------------------------------------------------------------- encoding

    def _other_encoding(self, content: bytes, first: int) -> frozenset[int]:
        """Lines of a block that are not in the file's encoding."""
        if content.isascii():
            return frozenset()
        try:
            content.decode(self.layout.encoding)
            return frozenset()
        except UnicodeDecodeError:
            numbered = enumerate(content.split(b"\n"), start=first + 1)
            return frozenset(number for number, line in numbered if self._is_damaged(line, number))

    def _is_damaged(self, line: bytes, number: int) -> bool:
        """True if a line is in no encoding of these files.

        Raises
        ------
        UnreadableFile
            If it is sound in the other one: then the file mixes two.
        """
        try:
            line.decode(self.layout.encoding)
            return False
        except UnicodeDecodeError:
            # GB 2312 is strict where GB 18030 takes nearly any bytes for characters.
            other = "gb2312" if self.layout.encoding == "utf-8" else "utf-8"
            try:
                line.decode(other)
            except UnicodeDecodeError:
                return True
            raise UnreadableFile(
                f"第{number}行是{_named(other)}编码，表头是{_named(self.layout.encoding)}编码，一个文件里混有两种文字编码，"
                "请把各段分开，或统一另存为一种编码"
            ) from None

    # ----------------------------------------------------------------------------------------- understanding

    def _understand(self) -> int:
        for name, read in self._readers.items():
            if name in self.layout.fields:
                self._learn(name, read)
        self._type()
        bad = self._one("SELECT count(*) FILTER (bad) FROM typed")
        if bad and self._learn_missing():
            self._type()
            bad = self._one("SELECT count(*) FILTER (bad) FROM typed")
        if bad:
            self._refuse(bad)
        self._count()
        return self._one("SELECT count(*) FROM typed")

    def _type(self) -> None:
        """Put the understood codes and numbers of the lines into the table ``typed``."""
        query = typed_query(self.layout, "raw", missing=self.missing)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE typed AS {query}")

    def _learn(self, name: str, read: Callable[[str], tuple[Any, ...] | None]) -> None:
        """Understand the texts of a column that were not met before; what is not understood stays out."""
        given = f"{name}_name" if self.names and f"{name}_name" in {*NAMES} & {*self.layout.fields} else ""
        shown = f", any_value({given})" if given else ""
        new = self.connection.execute(
            f"SELECT {name}{shown} FROM raw ANTI JOIN known_{name} AS k ON raw.{name} = k.text GROUP BY {name}"
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
                f"SELECT DISTINCT raw.{name} FROM raw SEMI JOIN (SELECT row FROM typed WHERE bad) USING (row)"
                f" WHERE NOT regexp_full_match(raw.{name}, '{NUMBER}') LIMIT {_MARKS_LIMIT}"
            ).fetchall():
                if mark not in self.missing and self._is_missing(mark):
                    learnt.add(mark)
        self.missing |= set(sorted(learnt)[: _MARKS_LIMIT - len(self.missing)])
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

    def _place(self, text: str) -> str | None:
        return cells.read_place(text, self.catalogue)

    def _unit(self, text: str) -> tuple[Any, ...] | None:
        shown = self.layout.text(text)
        if not shown or cells.is_missing(shown):
            return None
        code = cells.read_unit(shown, self.catalogue)
        return code, shown, None if code is None else self.catalogue.unit(code).dimension

    # ------------------------------------------------------------------------------------------------ results

    def query(self) -> str:
        """The figures of the lines as text, in the columns of ``Plain.query``."""
        money, flow = self.layout.currency, self.layout.flow
        factor = self.catalogue.unit(money.canonical).factor / self.catalogue.unit(money.unit).factor
        common = "row, period, span, published, subject, region"
        parts = [
            f"SELECT {common}, {quoted(f'{flow.value}_{money.money}')} AS indicator, {quoted(money.canonical)} AS unit,"
            f" CAST(money AS DOUBLE) / CAST('{factor:f}' AS DOUBLE) AS value, money AS printed,"
            f" {quoted(money.unit)} AS printed_unit FROM typed WHERE NOT bad AND money IS NOT NULL"
        ]
        for name, _, _ in quantities(self.layout):
            parts.append(
                f"SELECT {common}, {quoted(flow.quantity)} AS indicator, {name}_unit AS unit, {name}_value AS value,"
                f" {name} AS printed, {name}_shown AS printed_unit FROM typed WHERE {self._taken(name)}"
            )
        return " UNION ALL ".join(parts)

    def _taken(self, figure: str) -> str:
        """The condition under which a quantity is an observation."""
        # A second quantity of the kind of the first, a mass beside a mass, would contradict it.
        both = figure == "second" and len(quantities(self.layout)) > 1
        other = " AND first_dimension IS DISTINCT FROM second_dimension" if both else ""
        return f"NOT bad AND {figure}_unit IS NOT NULL AND {figure}_value > 0{other}"

    def _refuse(self, bad: int) -> None:
        """Keep the first bad lines with their reasons, count the others."""
        names = [n for n in ("month", *BREAKDOWNS, "amount", "quantity", "quantity2") if n in self.layout.fields]
        room = max(0, DEFECTS_KEPT - len(self.tally.defects))
        rows = self.connection.execute(
            f"SELECT row, {', '.join(names)} FROM raw SEMI JOIN (SELECT row FROM typed WHERE bad) USING (row)"
            f" ORDER BY row LIMIT {room}"
        ).fetchall()
        self.tally.defects += [self._fault(number, dict(zip(names, values, strict=True))) for number, *values in rows]
        self.tally.refused += bad

    def _count(self) -> None:
        """Count what is there, what is missing, and what has a unit that the catalogue does not know."""
        asked = ["count(*) FILTER (NOT bad AND money IS NOT NULL)", "count(*) FILTER (NOT bad AND money IS NULL)"]
        for name, _, _ in quantities(self.layout):
            asked += [
                f"count(*) FILTER ({self._taken(name)})",
                f"count(*) FILTER (NOT bad AND coalesce({name}_value, 0) = 0)",
                f"count(*) FILTER (NOT bad AND {name}_value > 0 AND {name}_unit IS NULL)",
            ]
        values, blank, *rest = self.connection.execute(f"SELECT {', '.join(asked)} FROM typed").fetchall()[0]
        met = self.connection.execute("SELECT DISTINCT period FROM typed WHERE period IS NOT NULL").fetchall()
        self.tally.periods |= {parse(code) for (code,) in met}
        self.tally.observations += values + sum(rest[0::3])
        self.tally.blank += blank + sum(rest[1::3])
        for (name, _, _), unknown in zip(quantities(self.layout), rest[2::3], strict=True):
            if unknown:
                for shown, count in self.connection.execute(
                    f"SELECT {name}_shown, count(*) FROM typed WHERE NOT bad AND {name}_value > 0"
                    f" AND {name}_unit IS NULL GROUP BY ALL ORDER BY ALL"
                ).fetchall():
                    self.tally.units["" if cells.is_missing(shown or "") else shown or ""] += count

    def _one(self, query: str) -> int:
        return int(self.connection.execute(query).fetchall()[0][0])

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


def _named(encoding: str) -> str:
    return "UTF-8" if encoding == "utf-8" else "GB18030"


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
