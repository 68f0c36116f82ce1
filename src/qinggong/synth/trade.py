"""Customs-like rows (海关式明细): eight-digit goods × trading partner × province × month, adding up to the headings.

The goods codes begin with a heading of the Harmonized System; their last digits are made up. Cells of a heading get
whole dollars that sum to the heading's exports of the month, so that the published categories are sums of these rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.synthetic import publisher_name
from qinggong.synth.goods import Span, headings
from qinggong.synth.months import LENGTH, Array, index_of
from qinggong.synth.parameters import load_parameters
from qinggong.synth.randomness import stream
from qinggong.synth.rows import Desk, day_number, quoted

_CELLS = 1 << 13
"""More cells than a heading has: row numbers of headings lie apart."""

Columns = dict[str, np.ndarray[Any, Any]]


def cells_of(seed: int, number: int) -> tuple[Columns, Array]:
    """The trading cells of a heading: line, partner, province of each, and their shares of the heading."""
    parameters = load_parameters()
    trade, heading = parameters.trade, parameters.trade.headings[number]
    random = stream(seed, "cells", number)
    lines = 1 / np.arange(1, heading.lines + 1) ** 0.8
    partners = np.array([p.share for p in trade.partners])
    provinces = np.array([p.share for p in parameters.economy.provinces])
    weights = lines[:, None, None] * partners[:, None] * provinces
    weights = weights * np.exp(random.standard_normal(weights.shape))
    chance = np.clip(trade.density.value / 100 * np.sqrt(weights / weights.mean()), 0, 1)
    active = random.random(weights.shape) < chance
    active.reshape(-1)[int(np.argmax(weights))] = True
    line, partner, province = np.nonzero(active)
    shares = weights[active]
    return {"line": line, "partner": partner, "province": province}, shares / shares.sum()


def values_of(seed: int, number: int, totals: Array, span: Span, shares: Array) -> Array:
    """Whole dollars of every cell and month, (cells, months); every month sums to ``totals``."""
    noise = load_parameters().trade.noise.monthly
    parts = []
    for i, year in enumerate(range(span.first_year, span.last_year + 1)):
        draws = stream(seed, "cell", number, year).standard_normal((len(shares), 12))
        weights = shares[:, None] * np.exp(noise * draws)
        month = totals[12 * i : 12 * i + 12]
        values = np.floor(weights / weights.sum(axis=0) * month)
        largest = np.argmax(values, axis=0)
        values[largest, np.arange(12)] += month - values.sum(axis=0)
        parts.append(values)
    return np.concatenate(parts, axis=1)


def trade_of(seed: int, number: int, totals: Array, span: Span) -> Columns:
    """All rows of a heading as arrays, sorted by cell, indicator, month and version.

    A small share of the figures is corrected a month later.
    """
    trade = load_parameters().trade
    cells, shares = cells_of(seed, number)
    if len(shares) > _CELLS:
        raise ValueError(f"heading {trade.headings[number].hs}: {len(shares)} cells, more than {_CELLS}")
    values = values_of(seed, number, totals, span, shares)
    random = stream(seed, "goods", number)
    heading = trade.headings[number]
    unit_value = trade.unit_value.median * np.exp(trade.unit_value.spread * random.standard_normal(heading.lines))
    quantities = np.rint(values / unit_value[cells["line"]][:, None])
    wrong, error = np.zeros(values.shape, dtype=bool), np.ones(values.shape)
    for i, year in enumerate(range(span.first_year, span.last_year + 1)):
        random = stream(seed, "correction", number, year)
        part = slice(12 * i, 12 * i + 12)
        wrong[:, part] = random.random((len(shares), 12)) < trade.noise.corrected / 100
        error[:, part] = np.exp(0.1 * random.standard_normal((len(shares), 12)))
    columns: list[Columns] = []
    for indicator, final in enumerate((values, quantities)):
        cell, month = np.nonzero(final > 0)
        value = final[cell, month]
        first = np.where(wrong[cell, month], np.rint(value * error[cell, month]), value)
        first = np.maximum(first, 1.0)
        again = first != value
        row = ((number * _CELLS + cell) * LENGTH + index_of(span.first_year, 1) + month) * 2 + 1
        for kept, given, second in ((slice(None), first, 0), (again, value, 1)):
            columns.append(
                {
                    **{name: a[cell][kept] for name, a in cells.items()}, "cell": cell[kept], "month": month[kept],
                    "indicator": np.full(len(cell), indicator)[kept], "value": given[kept],
                    "version": np.full(len(cell), second)[kept], "row": row[kept] + second,
                }
            )  # fmt: skip
    joined = {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
    order = np.lexsort((joined["version"], joined["month"], joined["indicator"], joined["cell"]))
    narrow = {"value": np.float64}
    return {name: a[order].astype(narrow.get(name, np.int32)) for name, a in joined.items() if name != "cell"}


def trade_relations(
    seed: int, span: Span, kept: tuple[int, int], *, raw_sha256: str, known_at: Any
) -> Iterator[tuple[Any, int]]:
    """Every heading's rows as a relation in the columns of the observation table, with its number of rows."""
    from qinggong.periods import month

    catalogue, parameters = load_catalogue(), load_parameters()
    trade = parameters.trade
    totals = headings(seed, parameters, span)[:, 12:]
    with Desk(raw_sha256=raw_sha256, known_at=known_at) as desk:
        desk.table("province", "number SMALLINT, code VARCHAR", enumerate(p.code for p in parameters.economy.provinces))
        desk.table("partner", "number SMALLINT, code VARCHAR", enumerate(p.code for p in trade.partners))
        desk.table(
            "figure", "number SMALLINT, code VARCHAR, unit VARCHAR, printed_unit VARCHAR, factor DOUBLE",
            [(0, "exports_usd", "亿美元", "美元", 1e8), (1, "export_quantity", trade.unit, trade.unit, 1.0)],
        )  # fmt: skip
        days = []
        for n in range(12 * span.years):
            year, number = span.first_year + n // 12, n % 12 + 1
            period = month(year, number)
            for version in (0, 1):
                due = catalogue.release(
                    publisher="gacc", indicator="exports_usd",
                    period=month(year + (n % 12 + version) // 12, (n % 12 + version) % 12 + 1),
                )  # fmt: skip
                assert due is not None
                citation = f"合成数据：{year}年{number}月海关进出口明细"
                days.append((n, version, period.code, day_number(due.latest) + version, citation))
        desk.table(
            "month", "number SMALLINT, version SMALLINT, code VARCHAR, day INTEGER, citation VARCHAR", days
        )  # fmt: skip
        first, end = kept
        for number, heading in enumerate(trade.headings):
            data = trade_of(seed, number, totals[number], span)
            inside = (data["month"] >= first) & (data["month"] < end)
            data = {name: a[inside] for name, a in data.items()}
            if not len(data["row"]):
                continue
            width = 8 - len(heading.hs)
            goods = f"printf('hs.{heading.hs}%0{width}d.p', (data.line + 1) * {10 ** (width - 2)})"
            chosen = {
                "subject_kind": "'trade'", "subject": f"{goods} || partner.code", "scope": "'gacc'",
                "region": "province.code", "indicator": "figure.code", "measure": "'level'", "span": "'month'",
                "unit": "figure.unit", "period": "month.code", "value": "data.value / figure.factor",
                "printed": "CAST(CAST(data.value AS BIGINT) AS VARCHAR)", "printed_unit": "figure.printed_unit",
                "published_at": "DATE '1970-01-01' + month.day", "publisher": quoted(publisher_name("海关总署")),
                "row": "data.row", "citation": "month.citation",
            }  # fmt: skip
            tables = (
                "JOIN province ON data.province = province.number JOIN partner ON data.partner = partner.number"
                " JOIN figure ON data.indicator = figure.number"
                " JOIN month ON data.month = month.number AND data.version = month.version"
            )
            yield desk.relation(data, chosen, tables), len(data["row"])
