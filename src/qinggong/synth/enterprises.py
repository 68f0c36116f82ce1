"""Enterprises month by month (企业逐月数): one chunk of slots at a time, all months of the span at once.

Values are whole 千元 (and persons) as on a return, so that sums are exact and their order does not matter. An
enterprise's log size wanders about that of its slot; every year some slots get a new enterprise. Surveyed in a year
is who lived through the year before and reached the threshold in it: entries and exits make the level of a total
differ from what growth over one set of enterprises implies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qinggong.synth.months import EPOCH, Array, index_of
from qinggong.synth.parameters import Parameters, load_parameters
from qinggong.synth.paths import Paths
from qinggong.synth.randomness import stream
from qinggong.synth.structure import Chunk, stationary_variance, threshold

Mask = npt.NDArray[np.bool_]

FLOWS = ("value_added", "gross_output", "sales_value", "export_delivery", "revenue", "operating_cost", "profit")
STOCKS = ("receivables", "finished_goods", "assets", "liabilities", "employees")
_BITS = 1 << 16


@dataclass(frozen=True, slots=True)
class Months:
    """What the enterprises of a chunk did in the years of a span; arrays are (slots, years, 12).

    Attributes
    ----------
    flows, stocks
        Single months of :data:`FLOWS`, and ends of months of :data:`STOCKS`.
    surveyed
        (slots, years): whether the enterprise is in that year's survey.
    generation
        (slots, years): which enterprise of the slot it is.
    alive_before
        (slots, years): whether the same enterprise was there a year before.
    late, never, corrected, slipped
        What happened to the return of the month.
    error
        Factor of the first filing where it was later corrected, else 1.
    spread
        Uniform numbers that place what is left: days, sizes of slips.
    """

    first_year: int
    flows: dict[str, Array]
    stocks: dict[str, Array]
    surveyed: Mask
    generation: npt.NDArray[np.int64]
    alive_before: Mask
    late: Mask
    never: Mask
    corrected: Mask
    slipped: Mask
    error: Array
    spread: Array


@dataclass(frozen=True, slots=True)
class _Lives:
    """Yearly states, (slots, years) each."""

    log: Array
    generation: npt.NDArray[np.int64]
    new: Mask
    traits: Array


def _lives(seed: int, chunk: Chunk, parameters: Parameters, first_year: int, last_year: int) -> _Lives:
    """Who was in each slot in each year, from the epoch on."""
    e, n = parameters.behaviour.enterprises, chunk.length
    spread = stationary_variance(parameters) ** 0.5
    years = range(EPOCH, last_year + 1)
    logs, generations, news, traits = [], [], [], []
    log = np.zeros(n)
    generation = np.zeros(n, dtype=np.int64)
    trait = np.zeros((4, n))
    for year in years:
        random = stream(seed, "life", chunk.number, year)
        dies = random.random(n) < e.deaths / 100
        draw = random.standard_normal((5, n))
        if year == EPOCH:
            dies[:] = True
        log = np.where(dies, spread * draw[0], e.reversion * log + e.drift * draw[0])
        trait = np.where(dies, draw[1:], trait)
        generation = generation + dies
        logs.append(log)
        generations.append(generation)
        news.append(dies)
        traits.append(trait)
    keep = slice(first_year - EPOCH, None)
    return _Lives(
        np.array(logs[keep]).T, np.array(generations[keep]).T, np.array(news[keep]).T,
        np.array(traits[keep]).transpose(1, 2, 0),
    )  # fmt: skip


def struck_share(parameters: Parameters, seed: int, year: int) -> float:
    """The share of enterprises left out of a year's sums; it differs from year to year."""
    return float(stream(seed, "cleared", year).random() * parameters.behaviour.enterprises.cleared / 100)


def months_of(seed: int, chunk: Chunk, paths: Paths, *, first_year: int, last_year: int) -> Months:
    """The enterprises of a chunk in the years of a span.

    Parameters
    ----------
    first_year, last_year
        Years from :data:`months.FIRST_YEAR` on.
    """
    from scipy.special import ndtr  # type: ignore[import-untyped]

    parameters = load_parameters()
    e, block = parameters.behaviour.enterprises, parameters.economy.blocks[chunk.block]
    n, years = chunk.length, last_year - first_year + 1
    # One year more at the front: the survey looks at the year before.
    lives = _lives(seed, chunk, parameters, first_year - 1, last_year)
    variance = stationary_variance(parameters)
    size = chunk.sizes[:, None] * np.exp(lives.log - variance / 2)
    annual = np.array([paths.annual(chunk.block, y) for y in range(first_year - 1, last_year + 1)])
    alive_before = ~lives.new[:, 1:]
    surveyed = alive_before & (size[:, :-1] * annual[:-1] >= threshold(parameters))
    for i, year in enumerate(range(first_year, last_year + 1)):
        # Duplicates and units struck off after inspections: they are in no sum of that year.
        struck = stream(seed, "struck", chunk.number, year).random(n) < struck_share(parameters, seed, year)
        surveyed[:, i] &= ~struck

    span = slice(index_of(first_year, 1), index_of(last_year, 12) + 1)
    normal, bits = _monthly_draws(seed, chunk, first_year, last_year)

    def path(values: Array) -> Array:
        return values[chunk.block, span].reshape(years, 12)

    level = path(paths.level)
    regional = paths.regional[:, span].reshape(-1, years, 12)[chunk.provinces]
    rate = size[:, 1:, None] * level * regional
    special = bits[..., 2]
    stops, outliers = _share(e.stops), _share(e.outliers)
    factor = np.exp(e.monthly * normal[0] - e.monthly**2 / 2)
    factor[special < stops] = 0.0
    high = (special >= stops) & (special < stops + outliers)
    factor[high] *= 3 + 5 * (special[high] - stops) / outliers
    output = np.rint(rate / 12 * path(paths.season) * factor)

    trait = lives.traits[:, :, 1:]
    exporter = ndtr(trait[0]) < e.exporters / 100
    share = np.where(exporter, block.export / e.exporters * np.clip(1 + 0.5 * trait[1], 0.1, 1.9), 0.0)
    exports = np.rint(output * np.minimum(share[:, :, None] * path(paths.exports), 0.98))
    sales = np.rint(output * (e.sales_ratio / 100) * path(paths.sales))
    revenue = np.rint(sales * e.revenue_to_sales)
    margin = block.margin.value + path(paths.margin) + (e.margin * trait[2])[:, :, None] + e.margin_monthly * normal[1]
    profit = np.rint(revenue * margin / 100)
    cost = np.rint(revenue * (1 - e.expenses / 100)) - profit
    real = np.rint(output * (block.va / 100) / path(paths.price) * paths.gain[span].reshape(years, 12))

    # Small deviations: the linear form is as good as the exponential, and much quicker.
    steady, small = 1 + 0.04 * normal[2], 1 + 0.01 * normal[2]
    holding = np.exp(0.3 * trait[3] - 0.045)[:, :, None]
    assets = np.rint(rate * (e.assets / 100 * holding) * small)
    debt = np.clip(e.debt_ratio / 100 + 0.14 * trait[1], 0.05, 1.2)[:, :, None] * (1 + 0.01 * normal[1])
    # Employment follows the size of the year, not the month's orders.
    people = (size[:, 1:] * level.mean(axis=1) / 1000 * e.employees)[:, :, None]
    stocks = {
        "receivables": np.rint(rate * (e.receivables / 100 * holding * path(paths.claims)) * steady),
        "finished_goods": np.rint(rate * (e.goods / 100 * path(paths.stocks)) * steady),
        "assets": assets,
        "liabilities": np.rint(assets * debt),
        "employees": np.rint(people * small),
    }
    flows = dict(zip(FLOWS, (real, output, sales, exports, revenue, cost, profit), strict=True))
    return _with_returns(
        parameters, chunk, first_year, flows, stocks, surveyed, lives.generation[:, 1:], alive_before, bits
    )


def _monthly_draws(seed: int, chunk: Chunk, first_year: int, last_year: int) -> tuple[Array, npt.NDArray[np.uint16]]:
    """Three normal numbers, shape (3, slots, years, 12), and four of 16 bits, (slots, years, 12, 4), for each month."""
    n, years = chunk.length, last_year - first_year + 1
    normal = np.empty((3, n, years, 12))
    bits = np.empty((n, years, 12, 4), dtype=np.uint16)
    for i, year in enumerate(range(first_year, last_year + 1)):
        random = stream(seed, "month", chunk.number, year)
        normal[:, :, i] = random.standard_normal((3, n, 12), dtype=np.float32)
        bits[:, i] = random.integers(0, _BITS, size=(n, 12, 4), dtype=np.uint16)
    return normal, bits


def _share(percent: float) -> int:
    """A share in % as a number of 65536 equal parts."""
    return round(percent / 100 * _BITS)


def _with_returns(
    parameters: Parameters,
    chunk: Chunk,
    first_year: int,
    flows: dict[str, Array],
    stocks: dict[str, Array],
    surveyed: Mask,
    generation: npt.NDArray[np.int64],
    alive_before: Mask,
    bits: npt.NDArray[np.uint16],
) -> Months:
    """What happened to the returns: small enterprises are late twice as often."""
    r = parameters.behaviour.returns
    small = (chunk.sizes < 4 * threshold(parameters))[:, None, None]
    corrected = bits[..., 1] < _share(r.corrected)
    slipped = (bits[..., 1] >= _share(r.corrected)) & (bits[..., 1] < _share(r.corrected + r.slips))
    inside = (bits[..., 1] / max(1, _share(r.corrected)) - 0.5) * 12**0.5
    late = bits[..., 0] < np.where(small, 2, 1) * _share(r.late)
    never = bits[..., 0] >= _BITS - _share(r.never)
    return Months(
        first_year, flows, stocks, surveyed, generation, alive_before, late, never, corrected, slipped,
        np.where(corrected, np.exp(r.error / 100 * inside), 1.0), bits[..., 3] / _BITS,
    )  # fmt: skip
