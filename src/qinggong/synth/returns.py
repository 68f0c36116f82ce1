"""Monthly returns of enterprises as rows (企业月报表): one filing a row number, late ones late, corrected ones twice.

Flows are cumulative from January, stocks stand at the month's end, money is in 千元 as on the form. January is not
filed. A filing that was wrong (an ordinary error, or thousands of yuan written as yuan) is followed by a correct one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qinggong.catalogue.synthetic import publisher_name
from qinggong.synth.enterprises import months_of
from qinggong.synth.goods import Span
from qinggong.synth.months import LENGTH, index_of
from qinggong.synth.parameters import load_parameters
from qinggong.synth.paths import paths_for
from qinggong.synth.rows import Desk, day_number, quoted
from qinggong.synth.structure import Chunk, structure_for

PUBLISHER = publisher_name("企业报表")
FLOWS = ("gross_output", "export_delivery", "revenue", "operating_cost", "profit")
STOCKS = ("receivables", "finished_goods", "assets", "liabilities", "employees")
LATEST_DAYS = 24
"""Days behind the deadline within which a late return comes in."""
_SLIPS = (1000.0, 10.0, 0.001)
_CORRECTED_AFTER = 30

Columns = dict[str, np.ndarray[Any, Any]]


def returns_of(seed: int, chunk: Chunk, span: Span) -> Columns:
    """All filings of a chunk in a span, as arrays: slot, generation, province, indicator, month, value, day, row.

    Sorted by enterprise, indicator, month and filing.
    """
    months = months_of(seed, chunk, paths_for(seed), first_year=span.first_year, last_year=span.last_year)
    behaviour = load_parameters().behaviour.returns
    numbers = np.arange(12)
    filed = months.surveyed[:, :, None] & ~months.never & (numbers >= 1)
    slot, year, month = np.nonzero(filed)
    place = index_of(span.first_year, 1) + 12 * year + month
    late = months.late[filed]
    spread = months.spread[filed]
    due = _month_ends(span)[year * 12 + month] + behaviour.deadline
    day = np.where(late, due + 1 + np.floor(spread * LATEST_DAYS), due - np.floor(spread * 12)).astype(np.int32)
    wrong = (months.corrected | months.slipped)[filed]
    slipped = months.slipped[filed]
    error = np.where(slipped, np.array(_SLIPS)[(spread * 3).astype(np.int64)], months.error[filed])
    values = [np.cumsum(months.flows[name], axis=2)[filed] for name in FLOWS]
    values += [months.stocks[name][filed] for name in STOCKS]
    filing = ((chunk.first + slot) * LENGTH + place) * 2 + 1
    columns: list[Columns] = []
    for number, value in enumerate(values):
        # Persons are counted, so a slip in the unit of money leaves them as they are.
        persons = number == len(values) - 1
        first = np.where(wrong, np.rint(value * np.where(persons & slipped, 1.0, error)), value)
        again = wrong & (first != value)
        for kept, given, when, second in ((slice(None), first, day, 0), (again, value, day + _CORRECTED_AFTER, 1)):
            columns.append(
                {
                    "slot": slot[kept], "generation": months.generation[slot, year][kept],
                    "province": chunk.provinces[slot][kept], "indicator": np.full(len(slot), number, np.int16)[kept],
                    "month": (year * 12 + month)[kept], "value": given[kept], "day": when[kept],
                    "row": filing[kept] + second,
                }
            )  # fmt: skip
    joined = {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
    order = np.lexsort((joined["row"], joined["month"], joined["indicator"], joined["generation"], joined["slot"]))
    narrow = {"value": np.float64}
    return {name: a[order].astype(narrow.get(name, np.int32)) for name, a in joined.items()}


def _month_ends(span: Span) -> np.ndarray[Any, Any]:
    """Day numbers of the last days of all months of the span."""
    from qinggong.periods import month

    return np.array(
        [day_number(month(y, m).end_date) for y in range(span.first_year, span.last_year + 1) for m in range(1, 13)]
    )


def return_relations(
    seed: int,
    span: Span,
    kept: tuple[int, int],
    *,
    raw_sha256: str,
    known_at: Any,
    chunks: tuple[Chunk, ...] | None = None,
) -> Iterator[tuple[Any, int]]:
    """Every chunk's filings as a relation in the columns of the observation table, with its number of rows.

    Parameters
    ----------
    kept
        First month of the span that is wanted, and the first that is not any more.
    chunks
        The chunks wanted, in any order; all of them if left out.
    """
    structure = structure_for(seed)
    with Desk(raw_sha256=raw_sha256, known_at=known_at) as desk:
        desk.table("province", "number SMALLINT, code VARCHAR", enumerate(structure.provinces))
        desk.table(
            "indicator",
            "number SMALLINT, code VARCHAR, span VARCHAR, unit VARCHAR, printed_unit VARCHAR, factor DOUBLE",
            [(n, code, "ytd" if code in FLOWS else "point", *_units(code)) for n, code in enumerate((*FLOWS, *STOCKS))],
        )
        desk.table(
            "month",
            "number SMALLINT, ytd VARCHAR, month VARCHAR, citation VARCHAR",
            [(n, *_names(span.first_year + n // 12, n % 12 + 1)) for n in range(12 * span.years)],
        )
        for chunk in structure.chunks if chunks is None else chunks:
            data = returns_of(seed, chunk, span)
            inside = (data["month"] >= kept[0]) & (data["month"] < kept[1])
            data = {name: a[inside] for name, a in data.items()}
            if len(data["row"]):
                yield _relation(desk, chunk, data), len(data["row"])


def _units(code: str) -> tuple[str, str, float]:
    return ("万人", "人", 1e4) if code == "employees" else ("亿元", "千元", 1e5)


def _names(year: int, number: int) -> tuple[str, str, str]:
    month = f"{year}-{number:02d}"
    period = f"{year}年1—{number}月" if number > 1 else f"{year}年1月"
    return f"{year}-01/{month}", month, f"合成数据：{period}工业企业月报表"


def _relation(desk: Desk, chunk: Chunk, data: Columns) -> Any:
    name = f"{quoted(f'c{chunk.class_code}.')} || printf('%06d.%d', {chunk.first} + data.slot, data.generation)"
    chosen = {
        "subject_kind": "'enterprise'", "subject": name, "scope": "'returns'", "region": "province.code",
        "indicator": "indicator.code", "measure": "'level'", "span": "indicator.span", "unit": "indicator.unit",
        "period": "CASE WHEN indicator.span = 'ytd' THEN month.ytd ELSE month.month END",
        "value": "data.value / indicator.factor", "printed": "CAST(CAST(data.value AS BIGINT) AS VARCHAR)",
        "printed_unit": "indicator.printed_unit", "published_at": "DATE '1970-01-01' + data.day",
        "publisher": quoted(PUBLISHER), "row": "data.row", "citation": "month.citation",
    }  # fmt: skip
    return desk.relation(
        data, chosen,
        "JOIN province ON data.province = province.number JOIN indicator ON data.indicator = indicator.number"
        " JOIN month ON data.month = month.number",
    )  # fmt: skip
