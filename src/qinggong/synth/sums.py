"""Totals that a statistical body would have (汇总): over enterprises for light industry, from shares for the rest.

Three totals of everything: ``first``, from the returns in by the release, expanded for those that are late; ``final``,
when all are in and corrected; ``base``, what the very same enterprises had a year before. The published growth is
first (or final) over base. All are whole 千元, so provinces add up to the country and classes to divisions exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qinggong.synth.enterprises import FLOWS, STOCKS, Months, months_of
from qinggong.synth.months import EPOCH, LENGTH, YEARS, Array, index_of
from qinggong.synth.parameters import Parameters, load_parameters
from qinggong.synth.paths import Paths
from qinggong.synth.randomness import stream
from qinggong.synth.structure import Chunk, Structure

MONTHLY = ("value_added", "gross_output", "sales_value", "export_delivery")
"""Flows that are also published for single months."""
CUMULATED = (*FLOWS, "losses")
COUNTS = ("enterprises", "loss_enterprises")
SLOTS = tuple(f"{n}.month" for n in MONTHLY) + tuple(f"{n}.ytd" for n in CUMULATED) + STOCKS + COUNTS
PLACE = {name: i for i, name in enumerate(SLOTS)}
FIRST, FINAL, BASE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Sums:
    """Totals of one subject: ``values`` is (3, slots, provinces, months), the months of the span in order."""

    values: Array
    first_year: int

    def at(self, slot: str) -> Array:
        """First, final and base of a slot, with the country as the last region: (3, provinces + 1, months)."""
        part = self.values[:, PLACE[slot]]
        return np.concatenate([part, part.sum(axis=1, keepdims=True)], axis=1)

    def plus(self, other: Sums) -> Sums:
        return Sums(self.values + other.values, self.first_year)


def empty(structure: Structure, *, first_year: int, last_year: int) -> Sums:
    shape = (3, len(SLOTS), len(structure.provinces), 12 * (last_year - first_year + 1))
    return Sums(np.zeros(shape), first_year)


def sums_of_class(
    seed: int, structure: Structure, paths: Paths, chunks: list[Chunk], *, first_year: int, last_year: int
) -> Sums:
    """The totals of one class from its chunks; their order does not matter, for all addends are whole numbers."""
    total = empty(structure, first_year=first_year, last_year=last_year).values
    covered = np.zeros(total.shape[-1])
    for chunk in chunks:
        months = months_of(seed, chunk, paths, first_year=first_year - 1, last_year=last_year)
        sums, known = _of_chunk(months, chunk, len(structure.provinces))
        total += sums
        covered += known
    _expand(total, covered)
    return Sums(total, first_year)


def _of_chunk(months: Months, chunk: Chunk, provinces: int) -> tuple[Array, Array]:
    """Sums over the surveyed enterprises of a chunk; ``first`` still without those whose returns are late.

    The second array is what the enterprises with returns in time had in revenue a year before, (months,).
    """
    starts = np.flatnonzero(np.diff(chunk.provinces, prepend=-1))
    present = chunk.provinces[starts]
    inside = months.surveyed[:, 1:, None]
    weight = np.where(months.late | months.never, 0.0, months.error)[:, 1:] * inside
    before = (months.alive_before[:, 1:] & months.surveyed[:, 1:])[:, :, None]
    length = inside.shape[1] * 12
    result = np.zeros((3, len(SLOTS), provinces, length))

    def add(slot: str, values: Array) -> None:
        """``values`` has the year before the span in front."""
        now, year_before = values[:, 1:], values[:, :-1]
        place = PLACE[slot]
        for kind, part in ((FIRST, now * weight), (FINAL, now * inside), (BASE, year_before * before)):
            result[kind, place, present] = np.add.reduceat(part.reshape(len(part), length), starts, axis=0)

    for name in FLOWS:
        if name in MONTHLY:
            add(f"{name}.month", months.flows[name])
        add(f"{name}.ytd", np.cumsum(months.flows[name], axis=2))
    profit = np.cumsum(months.flows["profit"], axis=2)
    add("losses.ytd", np.maximum(-profit, 0.0))
    for name in STOCKS:
        add(name, months.stocks[name])
    add("enterprises", np.ones_like(profit))
    add("loss_enterprises", (profit < 0).astype(np.float64))
    known = np.cumsum(months.flows["revenue"], axis=2)[:, :-1] * ((weight > 0) & before)
    return result, known.sum(axis=0).reshape(length)


def _expand(total: Array, covered: Array) -> None:
    """Turn the sums over returns in time into first estimates, by the ratio to the base (比率估计).

    The factor is that of the class as a whole: a province without a single return in time would have none of its own.
    """
    whole = total[BASE, PLACE["revenue.ytd"]].sum(axis=0)
    factor = np.where(covered > 0, whole / np.maximum(covered, 1.0), 0.0)
    total[FIRST] = np.where(factor > 0, np.rint(total[FIRST] * factor), total[FINAL])
    # How many there are is known from the register, not from returns.
    total[FIRST, PLACE["enterprises"]] = total[FINAL, PLACE["enterprises"]]


def sums_of_other(
    seed: int, number: int, structure: Structure, paths: Paths, *, first_year: int, last_year: int
) -> Sums:
    """The totals of a part of industry that is not light: from its size, its path and the provinces' shares."""
    parameters = load_parameters()
    other, behaviour = parameters.economy.others[number], parameters.behaviour.enterprises
    row = len(structure.blocks) + number
    random = stream(seed, "other", number)
    shares = np.array([p.share for p in parameters.economy.provinces])
    shares = shares * np.exp(0.5 * random.standard_normal(len(shares)))
    shares /= shares.sum()
    span = slice(index_of(first_year - 1, 1), index_of(last_year, 12) + 1)
    rate = other.revenue * 1e5 * shares[:, None] * paths.regional[:, span] * paths.level[row, span]
    ones = np.ones_like(rate)
    revenue = np.rint(rate / 12 * paths.season[row, span])
    sales = np.rint(revenue / behaviour.revenue_to_sales)
    output = np.rint(sales / (behaviour.sales_ratio / 100 * paths.sales[row, span]))
    profit = np.rint(revenue * (other.margin + paths.margin[row, span]) / 100)
    assets = np.rint(rate * 0.9)
    series = {
        "value_added": np.rint(output * other.va / 100 / paths.price[row, span] * paths.gain[span]),
        "gross_output": output,
        "sales_value": sales,
        "export_delivery": np.rint(output * other.export / 100 * paths.exports[row, span]),
        "revenue": revenue,
        "operating_cost": np.rint(revenue * (1 - behaviour.expenses / 100)) - profit,
        "profit": profit,
        "losses": np.rint(revenue * 0.012),
        "receivables": np.rint(rate * behaviour.receivables / 100 * paths.claims[row, span]),
        "finished_goods": np.rint(rate * behaviour.goods / 100 * paths.stocks[row, span]),
        "assets": assets,
        "liabilities": np.rint(assets * 0.57),
        "employees": np.rint(rate / 1000 * 0.55),
        "enterprises": np.rint(other.enterprises * shares[:, None] * ones),
        "loss_enterprises": np.rint(
            other.enterprises * 0.22 * shares[:, None] * np.exp(-0.03 * paths.margin[row, span])
        ),
    }
    return _with_revisions(parameters, seed, number, series, first_year=first_year, last_year=last_year)


def _with_revisions(
    parameters: Parameters, seed: int, number: int, series: dict[str, Array], *, first_year: int, last_year: int
) -> Sums:
    """First estimates a little off, and bases that another sample of enterprises would give."""
    revisions = parameters.behaviour.revisions
    years, provinces = last_year - first_year + 1, len(series["revenue"])
    # Drawn for the whole time axis: a longer history contains the shorter one.
    drift = stream(seed, "other rotation", number).standard_normal(YEARS)[first_year - EPOCH : last_year + 1 - EPOCH]
    rotation = np.exp(revisions.rotation / 100 * drift).repeat(12)
    draws = stream(seed, "other first", number).standard_normal((len(SLOTS), provinces, LENGTH), dtype=np.float32)
    span = slice(index_of(first_year, 1), index_of(last_year, 12) + 1)
    noise = 1 + revisions.others / 100 * draws[:, :, span].astype(np.float64)
    values = np.zeros((3, len(SLOTS), provinces, 12 * years))
    for slot, place in PLACE.items():
        name, _, kind = slot.partition(".")
        monthly = series[name]
        if kind == "ytd":
            monthly = np.cumsum(monthly.reshape(provinces, -1, 12), axis=2).reshape(provinces, -1)
        values[FINAL, place] = monthly[:, 12:]
        values[FIRST, place] = np.rint(monthly[:, 12:] * noise[place])
        values[BASE, place] = np.rint(monthly[:, :-12] * rotation)
    values[FIRST, PLACE["enterprises"]] = values[FINAL, PLACE["enterprises"]]
    return Sums(values, first_year)
