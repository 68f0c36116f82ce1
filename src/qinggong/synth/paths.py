"""How the synthetic economy moves (总体走势): trend, cycle, prices, seasons, of blocks and of provinces.

All paths run over every month from :data:`months.EPOCH` on and are the same whatever part of them is used. Published
comparable growth sets the trend; the rest is drawn: a common cycle with leads and lags of the blocks, autoregressive
movements of blocks, provinces and prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from qinggong.synth.months import EPOCH, LAST, LENGTH, YEARS, Array, index_of, seasonal_shape
from qinggong.synth.parameters import Economy, Parameters, Shock, load_parameters
from qinggong.synth.randomness import stream


@dataclass(frozen=True, slots=True)
class Paths:
    """Monthly paths, time last.

    Attributes
    ----------
    level
        Nominal output without season, blocks of light industry first, then the others; mean 1 in the anchor year.
    season
        Season, Spring Festival, working days and shocks; mean 1 in every year.
    price
        Price level; mean 1 in the anchor year.
    gain
        What real value added grows faster than deflated output; 1 in the anchor year.
    exports, sales
        Exports relative to output, and the sales ratio, about 1.
    margin
        Shift of the profit margin, in percentage points.
    stocks, claims
        Inventories and receivables relative to output, about 1.
    regional
        Factor of each province.
    """

    level: Array
    season: Array
    price: Array
    gain: Array
    exports: Array
    sales: Array
    margin: Array
    stocks: Array
    claims: Array
    regional: Array

    def annual(self, block: int, year: int) -> float:
        """Mean level of a block in a year."""
        start = index_of(year, 1)
        return float((self.level[block, start : start + 12] * self.season[block, start : start + 12]).mean())


def autoregressive(draws: Array, persistence: float, noise: float) -> Array:
    """x(t) = persistence · x(t−1) + noise · e(t) along the last axis, from a stationary start."""
    result = np.empty_like(draws)
    state = draws[..., 0] * noise / max(1e-9, 1 - persistence**2) ** 0.5
    result[..., 0] = state
    for t in range(1, draws.shape[-1]):
        state = persistence * state + noise * draws[..., t]
        result[..., t] = state
    return result


def trend_log(economy: Economy, extra: float) -> Array:
    """Log of the trend: the smoothest months whose yearly means grow by the years' growth plus ``extra`` points.

    Smoothest is the least sum of squared first differences.

    *Reference: J. C. G. Boot, W. Feibes, J. H. C. Lisman, "Further methods of derivation of quarterly figures from
    annual data", Applied Statistics 16 (1967), 65–75.*
    """
    growth = [(economy.growth_of(y) + extra) / 100 for y in range(EPOCH + 1, LAST + 1)]
    annual = np.concatenate([[1.0], np.cumprod(1 + np.array(growth))])
    return np.asarray(np.log(_disaggregation() @ annual), dtype=np.float64)


@cache
def _disaggregation() -> Array:
    """The matrix from yearly means to months, (months, years)."""
    steps = np.diff(np.eye(LENGTH), axis=0)
    means = np.kron(np.eye(YEARS), np.full((1, 12), 1 / 12))
    system = np.block([[2 * steps.T @ steps, means.T], [means, np.zeros((YEARS, YEARS))]])
    wanted = np.concatenate([np.zeros((LENGTH, YEARS)), np.eye(YEARS)])
    return np.asarray(np.linalg.solve(system, wanted)[:LENGTH], dtype=np.float64)


def shock_factor(shocks: tuple[Shock, ...]) -> Array:
    """Months with lost production below 1, the other months of those years above 1: the year's mean stays 1."""
    factor = np.ones(LENGTH)
    for shock in shocks:
        year, number = (int(part) for part in shock.start.split("-"))
        start = index_of(year, number)
        factor[start : start + len(shock.losses)] *= 1 - np.array(shock.losses) / 100
        whole = slice(index_of(year, 1), index_of(year, 12) + 1)
        factor[whole] /= factor[whole].mean()
    return factor


@cache
def paths_for(seed: int) -> Paths:
    """The paths of a seed, for the blocks of light industry and then the other industries."""
    parameters = load_parameters()
    economy, behaviour = parameters.economy, parameters.behaviour
    light, others = economy.blocks, economy.others
    count = len(light) + len(others)
    anchor = slice(index_of(economy.anchor_year, 1), index_of(economy.anchor_year, 12) + 1)

    # The blocks' own trends must not move light industry as a whole.
    weights = np.array([b.share.value for b in light]) / sum(b.share.value for b in light)
    offset = float(weights @ np.array([b.trend for b in light]))
    trends = np.array(
        [trend_log(economy, extra) for extra in [b.trend - offset for b in light] + [o.trend for o in others]]
    )
    cycle = common_cycle(parameters, seed)
    sensitivity = np.array([b.cycle for b in light] + [o.cycle for o in others])
    leads = [b.lead for b in light] + [0] * len(others)
    cycles = np.array([np.roll(cycle, -lead) for lead in leads]) * sensitivity[:, None]
    own = stream(seed, "block").standard_normal((count, LENGTH))
    movement = autoregressive(own, behaviour.block.persistence, behaviour.block.noise / 100)
    roughness = np.array([b.noise for b in light] + [0.4] * len(others))
    rough = stream(seed, "irregular").standard_normal((count, LENGTH)) * behaviour.block.irregular / 100
    level = np.exp(trends + cycles + (movement + rough) * roughness[:, None])
    level /= level[:, anchor].mean(axis=1, keepdims=True)

    price, gain = _prices(parameters, seed, cycles, anchor)
    draws = stream(seed, "ratios").standard_normal((4, count, LENGTH))
    exports = np.exp(autoregressive(draws[0], 0.94, 0.012) + 0.8 * cycles)
    sales = np.exp(
        autoregressive(draws[1], 0.7, 0.0015) + 0.004 * np.cos(2 * np.pi * (np.arange(LENGTH) % 12 - 11) / 12)
    )
    growth = cycles - np.concatenate([cycles[:, :1].repeat(6, axis=1), cycles[:, :-6]], axis=1)
    margin = behaviour.enterprises.margin_cycle * 100 * growth + autoregressive(draws[2], 0.85, 0.08)
    # Inventories fill when the cycle turns down, receivables a little later.
    stocks = np.exp(autoregressive(draws[3], 0.9, 0.006) - 0.9 * growth)
    claims = np.exp(
        0.5 * np.roll(autoregressive(draws[3][::-1], 0.9, 0.004), 1, axis=-1) - 0.5 * np.roll(growth, 3, axis=-1)
    )
    season = np.concatenate(
        [
            np.array([season_of(parameters, b.profile) for b in light]),
            np.repeat(season_of(parameters, "flat")[None, :], len(others), axis=0),
        ]
    )
    # Shocks fall on months of a season: the year's mean is set to 1 again, so that annual growth is kept.
    season = (season * shock_factor(economy.shocks)).reshape(count, YEARS, 12)
    season = (season / season.mean(axis=2, keepdims=True)).reshape(count, LENGTH)
    return Paths(
        level, season, price, gain, exports, sales, margin, stocks, claims, _regional(parameters, seed, anchor)
    )


def season_of(parameters: Parameters, profile: str, *, kind: str = "production") -> Array:
    """Seasonal shape over all months for a profile, with the Spring Festival effect of ``kind``."""
    behaviour = parameters.behaviour
    months = next(p.months for p in behaviour.profiles if p.code == profile)
    effect = next(e for name, e in behaviour.festival.items() if name == kind)
    return seasonal_shape(months, effect, behaviour.working_days.value).reshape(-1)


def common_cycle(parameters: Parameters, seed: int) -> Array:
    """The common cycle in logs: a wave of the stated length and a slow random part."""
    cycle = parameters.behaviour.cycle
    random = stream(seed, "cycle")
    phase = random.random() * 2 * np.pi
    wave = np.sin(2 * np.pi * np.arange(LENGTH) / cycle.months + phase) * cycle.amplitude / 100
    return np.asarray(
        wave + autoregressive(random.standard_normal(LENGTH), cycle.persistence, cycle.noise / 100), dtype=np.float64
    )


def _prices(parameters: Parameters, seed: int, cycles: Array, anchor: slice) -> tuple[Array, Array]:
    """Price levels and the gain of real value added."""
    prices = parameters.behaviour.prices
    draws = stream(seed, "price").standard_normal((len(cycles) + 1, LENGTH))
    changes = autoregressive(draws[1:] + 1.2 * draws[:1], prices.persistence, prices.noise / 100)
    steps = np.diff(cycles, axis=1, prepend=cycles[:, :1])
    changes = changes + prices.drift / 1200 + steps * prices.cycle / 100
    price = np.exp(np.cumsum(changes, axis=1))
    price /= price[:, anchor].mean(axis=1, keepdims=True)
    t = (np.arange(LENGTH) - anchor.start - 5.5) / 12
    return price, np.exp(t * np.log1p(parameters.economy.real_gain.value / 100))


def _regional(parameters: Parameters, seed: int, anchor: slice) -> Array:
    """Factors of the provinces, mean 1 in the anchor year and in every month 1 on the average of the provinces."""
    province = parameters.behaviour.province
    draws = stream(seed, "province").standard_normal((len(parameters.economy.provinces), LENGTH))
    factor = np.exp(autoregressive(draws, province.persistence, province.noise / 100))
    shares = np.array([p.share for p in parameters.economy.provinces])
    factor /= factor[:, anchor].mean(axis=1, keepdims=True)
    return np.asarray(factor / ((shares / shares.sum()) @ factor), dtype=np.float64)
