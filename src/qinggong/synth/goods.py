"""Output, retail sales and foreign trade (产量、零售、外贸): flows that follow the economy without enterprises behind them.

Outputs follow the blocks that make them, retail classes a demand of their own, export headings world demand. Each has
a first value (preliminary) and, for outputs and retail, a base of another sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qinggong.synth.months import EPOCH, LENGTH, YEARS, Array, index_of
from qinggong.synth.parameters import Parameters
from qinggong.synth.paths import Paths, autoregressive, season_of, shock_factor, trend_log
from qinggong.synth.randomness import stream

PRELIMINARY = 0.003
"""Relative error of a first value."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Final, first and comparable base of a flow, (regions, months) each."""

    final: Array
    first: Array
    base: Array


@dataclass(frozen=True, slots=True)
class Span:
    """Whole years."""

    first_year: int
    last_year: int

    @property
    def wide(self) -> slice:
        """Its place on the time axis, with the year before."""
        return slice(index_of(self.first_year - 1, 1), index_of(self.last_year, 12) + 1)

    @property
    def years(self) -> int:
        return self.last_year - self.first_year + 1


def _flow(seed: int, name: str, number: int, wide: Array, span: Span, *, rotation: float) -> Flow:
    """Attach first values and bases to values that have the year before the span in front."""
    random = stream(seed, name, number)
    # Drawn for the whole time axis: a longer history contains the shorter one.
    drift = random.standard_normal(YEARS)[span.first_year - EPOCH : span.last_year + 1 - EPOCH]
    noise = random.standard_normal((len(wide), LENGTH))[:, span.wide][:, 12:]
    final, shift = wide[:, 12:], np.exp(rotation / 100 * drift).repeat(12)
    return Flow(final, final * (1 + PRELIMINARY * noise), wide[:, :-12] * shift)


def with_country(flow: Flow) -> Flow:
    """The same with the country as the last region."""
    return Flow(*(np.concatenate([a, a.sum(axis=0, keepdims=True)]) for a in (flow.final, flow.first, flow.base)))


def outputs(seed: int, parameters: Parameters, paths: Paths, shares: Array, span: Span, *, digits: int) -> list[Flow]:
    """Output of every product by province, in whole units of the last printed digit.

    ``shares`` has a row a block: where its production is.
    """
    blocks = [b.code for b in parameters.economy.blocks]
    found = []
    for number, product in enumerate(parameters.publications.products):
        b = blocks.index(product.block)
        random = stream(seed, "product", number)
        own = np.exp(autoregressive(random.standard_normal(LENGTH), 0.95, 0.015))
        rough = np.exp(0.02 * random.standard_normal((len(paths.regional), LENGTH)))
        index = paths.level[b] / paths.price[b] * own
        anchor = index_of(parameters.economy.anchor_year, 1)
        index = index / index[anchor : anchor + 12].mean() * paths.season[b]
        where = shares[b] * (random.random(shares.shape[1]) < 0.75)
        where = where / where.sum()
        monthly = product.output / 12 * where[:, None] * (index * paths.regional * rough)[:, span.wide]
        unit = 10.0**-digits
        flow = _flow(seed, "product first", number, monthly, span, rotation=parameters.behaviour.revisions.rotation)
        found.append(Flow(*(np.rint(a / unit) * unit for a in (flow.final, flow.first, flow.base))))
    return found


def retail(seed: int, parameters: Parameters, span: Span) -> dict[str, Flow]:
    """Retail sales of every class and total, in whole 万元; a total is the sum of its parts."""
    found: dict[str, Flow] = {}
    economy, publications = parameters.economy, parameters.publications
    season = season_of(parameters, "shopping", kind="retail")
    common = autoregressive(stream(seed, "retail").standard_normal(LENGTH), 0.9, 0.006)
    trend = trend_log(economy, publications.retail_trend.value)
    for number, part in enumerate(publications.retail):
        random = stream(seed, "retail class", number)
        own = autoregressive(random.standard_normal(LENGTH), 0.92, 0.012)
        rough = 0.012 * random.standard_normal(LENGTH)
        index = np.exp(trend + common + own + rough + 0.015 * random.standard_normal() * (np.arange(LENGTH) - 230) / 12)
        anchor = index_of(economy.anchor_year, 1)
        index = index / index[anchor : anchor + 12].mean() * season * shock_factor(economy.shocks)
        monthly = (part.sales / 12 * index[span.wide])[None, :]
        flow = _flow(seed, "retail first", number, monthly, span, rotation=0.4)
        found[part.code] = Flow(*(np.rint(a * 1e4) / 1e4 for a in (flow.final, flow.first, flow.base)))
    for total in publications.retail_totals:
        parts = [found[p] for p in total.parts]
        found[total.code] = Flow(
            *(np.sum([getattr(p, name) for p in parts], axis=0) for name in ("final", "first", "base"))
        )
    return found


def headings(seed: int, parameters: Parameters, span: Span) -> Array:
    """Exports of every heading of goods in whole US dollars, (headings, months of the span and of the year before)."""
    trade, noise = parameters.trade, parameters.trade.noise
    season = season_of(parameters, "export", kind="exports")
    random = stream(seed, "trade")
    demand = np.cumsum(random.standard_normal(LENGTH)) * noise.yearly / 100 / 12**0.5
    t = (np.arange(LENGTH) - index_of(parameters.economy.anchor_year, 7)) / 12
    demand = demand + 0.045 * t
    anchor = slice(index_of(parameters.economy.anchor_year, 1), index_of(parameters.economy.anchor_year, 12) + 1)
    values = np.array([h.value for h in trade.headings])
    scale = parameters.economy.exports_usd.value / values.sum()
    rows = []
    for number, heading in enumerate(trade.headings):
        own = stream(seed, "heading", number)
        path = demand + t * noise.trend / 100 * own.standard_normal()
        path = path + autoregressive(own.standard_normal(LENGTH), 0.9, noise.heading)
        index = np.exp(path)
        index = index / (index * season)[anchor].mean() * season
        rows.append(np.rint(heading.value * scale * 1e8 / 12 * index[span.wide]))
    return np.array(rows)


def exchange(seed: int, parameters: Parameters, span: Span) -> Array:
    """Yuan for one US dollar in every month of the span and of the year before."""
    path = autoregressive(stream(seed, "exchange").standard_normal(LENGTH), 0.98, 0.006)
    path = path - path[index_of(parameters.economy.anchor_year, 6)]
    return np.asarray(np.round(parameters.trade.exchange.value * np.exp(path), 4)[span.wide], dtype=np.float64)
