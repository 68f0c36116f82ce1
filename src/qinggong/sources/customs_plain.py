"""The figures of the plain lines of a customs export, as arrays and as a relation of the embedded SQL engine.

The compiled scan numbers the texts and codes that it meets; here each new one is understood once, the figures of a
block are laid below one another, and small tables of texts are joined to them when the relation is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue
from qinggong.sources import customs_layout as cells
from qinggong.sources import customs_scan as lines
from qinggong.sources.customs_layout import BREAKDOWNS, TOTAL, Layout
from qinggong.sources.customs_query import quoted

_TEXTS, _TEXT_BYTES, _GOODS = 1 << 10, 1 << 16, 1 << 16
_SLOTS = 4
"""Slots of a table of numbers for each entry, so that a search ends soon."""
_MARK_BYTES = 8
_KEYED = {"month": lines.MONTH, "goods": lines.GOODS, "partner": lines.PARTNER, "mode": lines.MODE}
_ROLES = _KEYED | {"place": lines.PLACE, "amount": lines.FIGURE, "unit": lines.UNIT + 2, "quantity": lines.FIGURE + 2,
                   "unit2": lines.UNIT + 4, "quantity2": lines.FIGURE + 4}  # fmt: skip
_PRINTED = (
    "CASE WHEN decimals = 0 THEN CAST(digits AS VARCHAR) ELSE CAST(digits // CAST(10 ** decimals AS BIGINT) AS VARCHAR)"
    " || '.' || lpad(CAST(digits % CAST(10 ** decimals AS BIGINT) AS VARCHAR), decimals, '0') END"
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the scan made of a block: codes and figures of its plain lines, places of the others, entries known then."""

    codes: NDArray[np.int32]
    figures: NDArray[np.int64]
    decimals: NDArray[np.int8]
    odd: NDArray[np.int64]
    texts: int
    goods: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Figures of a block: how many are there, how many missing, and those with a unit that nobody knows."""

    figures: int
    blank: int
    units: Counter[str]
    months: tuple[int, ...]


class Plain:
    """The reader of plain lines of one file; ``scan`` may run in another thread than the rest.

    Parameters
    ----------
    month
        Period, span and day of publication of a month ``YYYYMM``; ``None`` for a text that is none.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        layout: Layout,
        catalogue: Catalogue,
        *,
        month: Callable[[str], tuple[Any, ...] | None],
    ) -> None:
        self.connection, self.layout, self.catalogue, self.month = connection, layout, catalogue, month
        self._roles = np.full(layout.width, lines.SKIP, dtype=np.int64)
        for field, column in layout.fields.items():
            if field in BREAKDOWNS and field not in layout.present:
                self._roles[column] = lines.EMPTY
            elif field in _ROLES:
                self._roles[column] = _ROLES[field]
        self._needed = max(layout.fields.values()) + 1
        self._places = np.zeros(100, dtype=np.bool_)
        self._places[[int(c) for c in catalogue.regions if c.isdigit()]] = True
        self._marks = np.zeros((0, 2), dtype=np.uint64)
        self._text_slots = np.zeros(_TEXTS * _SLOTS, dtype=np.int32)
        self._text_starts = np.zeros(_TEXTS + 1, dtype=np.int64)
        self._text_store = np.zeros(_TEXT_BYTES, dtype=np.uint8)
        self._goods_slots = np.zeros(_GOODS * _SLOTS, dtype=np.int32)
        self._goods_keys = np.zeros(_GOODS, dtype=np.int64)
        self._counts = np.zeros(2, dtype=np.int64)
        self._shown, self._codes, self._same = [""], [None], [-1]  # type: tuple[list[str], list[str | None], list[int]]
        self._dimensions = [""]
        self._goods_known = 0
        self._months = set[int]()
        self._prepare()

    # -------------------------------------------------------------------------------------------------- scan

    def expect(self, marks: Collection[str]) -> None:
        """Take these cells, byte by byte as Latin-1 text, for marks of missing figures."""
        packed = [raw for m in sorted(marks) if len(raw := m.strip(" \t").encode("latin-1")) <= _MARK_BYTES]
        rows = [(int.from_bytes(raw, "big"), len(raw)) for raw in dict.fromkeys(packed)]
        self._marks = np.array(rows, dtype=np.uint64).reshape(-1, 2)

    def scan(self, block: bytes, first: int, count: int) -> Scanned:
        """Understand the plain ones of ``count`` whole lines; ``first`` is the line of the file before them."""
        codes = np.empty((count, lines.CODES), dtype=np.int32)
        figures = np.empty((count, lines.FIGURES), dtype=np.int64)
        decimals = np.empty((count, lines.FIGURES), dtype=np.int8)
        odd = np.empty((count, 3), dtype=np.int64)
        good, others = lines.scan(
            np.frombuffer(block, dtype=np.uint8), first, self._roles, self._needed, self.layout.encoding == "utf-8",
            self._marks, self._places, self._text_slots, self._text_starts, self._text_store, self._goods_slots,
            self._goods_keys, self._counts, codes, figures, decimals, odd,
        )  # fmt: skip
        known = int(self._counts[0]), int(self._counts[1])
        return Scanned(codes[:good], figures[:good], decimals[:good], odd[:others].copy(), *known)

    # ----------------------------------------------------------------------------------------------- figures

    def lay(self, scanned: Scanned) -> Counted:
        """Put the figures of a block into the relation ``plain_figures``, below one another."""
        self._learn(scanned)
        codes, figures = scanned.codes, scanned.figures
        taken = [figures[:, 0] >= 0]
        blank, unknown = int(np.count_nonzero(~taken[0])), Counter[str]()
        same, known = np.array(self._same), np.array([c is not None for c in self._codes])
        used = [n for n in (1, 2) if f"quantity{n if n > 1 else ''}" in self.layout.fields]
        for number in used:
            unit, positive = codes[:, lines.UNIT_AT + number - 1], figures[:, number] > 0
            blank += int(np.count_nonzero(~positive))
            for other, count in zip(*np.unique(unit[positive & ~known[unit]], return_counts=True), strict=True):
                unknown[self._shown[other]] += int(count)
            positive &= known[unit]
            if number == 2 and len(used) == 2:
                # A second quantity of the kind of the first, a mass beside a mass, would contradict it.
                positive &= same[unit] != same[codes[:, lines.UNIT_AT]]
            taken.append(positive)
        numbers = [0, *used]
        at = [np.flatnonzero(t) for t in taken]
        counts = [len(a) for a in at]
        every = np.concatenate(at)
        digits = np.concatenate([figures[a, n] for a, n in zip(at, numbers, strict=True)])
        decimals = np.concatenate([scanned.decimals[a, n] for a, n in zip(at, numbers, strict=True)]).astype(np.int32)
        value = digits / 10.0**decimals if decimals.any() else digits.astype(np.float64)
        value[: counts[0]] /= self._factor
        units = [np.zeros(counts[0], dtype=np.int32)]
        units += [codes[a, lines.UNIT_AT + n - 1] for a, n in zip(at[1:], used, strict=True)]
        table = {
            "row": codes[every, lines.ROW], "month": codes[every, lines.MONTH_AT],
            "goods": codes[every, lines.GOODS_AT], "partner": codes[every, lines.PARTNER_AT],
            "mode": codes[every, lines.MODE_AT], "place": codes[every, lines.PLACE_AT],
            "unit": np.concatenate(units), "value": value, "digits": digits, "decimals": decimals,
        }  # fmt: skip
        self.connection.register("plain_figures", table)
        self._exact = not decimals.any()
        months = tuple(int(m) for m in np.unique(codes[:, lines.MONTH_AT]))
        return Counted(len(every), blank, unknown, months)

    def query(self) -> str:
        """The figures of the block as text: row, period, span, published, subject, region, indicator and so on."""
        fields, layout = self.layout.fields, self.layout
        joins, subject = [], [] if "goods" in layout.present else [quoted(TOTAL)]
        for field in ("goods", "partner", "mode"):
            if field in layout.present:
                joins.append(f"JOIN plain_{field} ON f.{field} = plain_{field}.key")
                subject.append(f"plain_{field}.text")
        place = "lpad(CAST(f.place AS VARCHAR), 2, '0')" if "place" in layout.present else "'CN'"
        printed = "CAST(digits AS VARCHAR)" if self._exact else _PRINTED
        money, flow = layout.currency, layout.flow
        indicator, unit, shown = quoted(f"{flow.value}_{money.money}"), quoted(money.canonical), quoted(money.unit)
        if "quantity" in fields or "quantity2" in fields:
            joins.append("JOIN plain_unit ON f.unit = plain_unit.key")
            indicator, unit, shown = "plain_unit.indicator", "plain_unit.code", "plain_unit.shown"
        return (
            "SELECT f.row, plain_month.period, plain_month.span, plain_month.published,"
            f" {' || '.join(subject)} AS subject, {place} AS region,"
            f" {indicator} AS indicator, {unit} AS unit, f.value, {printed} AS printed,"
            f" {shown} AS printed_unit FROM plain_figures AS f"
            f" JOIN plain_month ON f.month = plain_month.key {' '.join(joins)}"
        )

    # ------------------------------------------------------------------------------------------------ tables

    @property
    def _factor(self) -> float:
        money = self.layout.currency
        return float(self.catalogue.unit(money.canonical).factor / self.catalogue.unit(money.unit).factor)

    def _prepare(self) -> None:
        """The tables of texts that are known beforehand; those of months, goods and units grow."""
        run = self.connection.execute
        money, flow = self.layout.currency, self.layout.flow
        run("CREATE TABLE plain_month (key INTEGER, period VARCHAR, span VARCHAR, published DATE)")
        run("CREATE TABLE plain_goods (key INTEGER, text VARCHAR)")
        run(
            "CREATE TABLE plain_partner AS SELECT CAST(i AS INTEGER) AS key,"
            " '.p' || lpad(CAST(i AS VARCHAR), 3, '0') AS text FROM range(1000) AS t(i)"
        )
        # A mode of three or four digits is set off by 100 or 1100, so that 010 is not 10.
        run(
            "CREATE TABLE plain_mode AS SELECT CAST(i + set_off AS INTEGER) AS key,"
            " '.m' || lpad(CAST(i AS VARCHAR), size, '0') AS text FROM (VALUES (2, 0), (3, 100), (4, 1100))"
            " AS s(size, set_off), range(10000) AS t(i) WHERE i < 10 ** size"
        )
        run("CREATE TABLE plain_unit (key INTEGER, indicator VARCHAR, code VARCHAR, shown VARCHAR)")
        run(
            "INSERT INTO plain_unit VALUES (0, ?, ?, ?)",
            [f"{flow.value}_{money.money}", money.canonical, money.unit],
        )

    def _learn(self, scanned: Scanned) -> None:
        """Understand the texts, goods and months that no earlier block had."""
        for number in range(len(self._shown), scanned.texts + 1):
            raw = self._text_store[self._text_starts[number] : self._text_starts[number + 1]].tobytes()
            shown = self.layout.text(raw.decode("latin-1")) or ""
            code = None if not shown or cells.is_missing(shown) else cells.read_unit(shown, self.catalogue)
            self._shown.append("" if cells.is_missing(shown) else shown)
            self._codes.append(code)
            dimension = "" if code is None else self.catalogue.unit(code).dimension
            self._dimensions.append(dimension)
            self._same.append(self._dimensions.index(dimension) if dimension else -1)
            if code is not None:
                given = [number, self.layout.flow.quantity, code, shown]
                self.connection.execute("INSERT INTO plain_unit VALUES (?, ?, ?, ?)", given)
        if scanned.goods > self._goods_known:
            keys = self._goods_keys[self._goods_known + 1 : scanned.goods + 1]
            new = {
                "key": np.arange(self._goods_known + 1, scanned.goods + 1, dtype=np.int32),
                "text": np.array([f"hs.{k // 16:0{k % 16}d}" for k in keys.tolist()], dtype=object),
            }
            self._insert("plain_goods", new)
            self._goods_known = scanned.goods
        for month in np.unique(scanned.codes[:, lines.MONTH_AT]).tolist():
            if month not in self._months and (found := self.month(str(month))) is not None:
                self._months.add(month)
                self.connection.execute("INSERT INTO plain_month VALUES (?, ?, ?, ?)", [month, *found])

    def _insert(self, table: str, columns: Mapping[str, Any]) -> None:
        self.connection.register("plain_new", columns)
        self.connection.execute(f"INSERT INTO {table} SELECT * FROM plain_new")
        self.connection.unregister("plain_new")
