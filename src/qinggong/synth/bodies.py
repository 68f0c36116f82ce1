"""The publications themselves (合成的官方发布): subject by subject, each with its figures, in constant memory.

The totals of one class of enterprises are made at a time and added to every subject that contains it; what is
complete is handed on. Two threads share the work; whole numbers make the result independent of who is first.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from qinggong.catalogue import Catalogue
from qinggong.synth import goods
from qinggong.synth.figures import Figures, Spec, breadth_figures, figures_of, flow_figures, price_figures
from qinggong.synth.goods import Flow, Span, with_country
from qinggong.synth.months import LENGTH, Array
from qinggong.synth.parameters import Parameters, load_parameters
from qinggong.synth.paths import Paths, autoregressive, paths_for
from qinggong.synth.randomness import stream
from qinggong.synth.structure import Chunk, Structure, class_shares, structure_for
from qinggong.synth.subjects import Published
from qinggong.synth.sums import Sums, empty, sums_of_class, sums_of_other

_DIGITS = 1
"""Decimals of printed output."""
_AHEAD = 3


def publications(
    seed: int, catalogue: Catalogue, subjects: tuple[Published, ...], span: Span
) -> Iterator[tuple[Published, Figures]]:
    """Every subject with its figures; arrays are (2, provinces + 1, months), the country last."""
    structure, paths, parameters = structure_for(seed), paths_for(seed), load_parameters()
    prices = _Prices(seed, catalogue, parameters, paths, span)
    industries = [s for s in subjects if s.classes or s.others]
    yield from _industrial(seed, structure, paths, industries, prices, span)
    yield from _goods(seed, catalogue, parameters, structure, paths, subjects, span)


def _industrial(
    seed: int, structure: Structure, paths: Paths, subjects: Iterable[Published], prices: _Prices, span: Span
) -> Iterator[tuple[Published, Figures]]:
    years = {"first_year": span.first_year, "last_year": span.last_year}
    waiting = {s.number: (s, set(s.classes)) for s in subjects}
    totals: dict[int, Sums] = {}
    for number in range(len(load_parameters().economy.others)):
        if any(number in s.others for s, _ in waiting.values()):
            other = sums_of_other(seed, number, structure, paths, **years)
            for s, _ in waiting.values():
                if number in s.others:
                    totals[s.number] = totals.get(s.number, empty(structure, **years)).plus(other)
    for s, missing in list(waiting.values()):
        if not missing:
            yield _finished(waiting, totals, s, prices)
    for code, sums in _class_sums(seed, structure, paths, span):
        for s, missing in list(waiting.values()):
            if code in missing:
                missing.remove(code)
                if s.number not in totals:
                    totals[s.number] = Sums(sums.values.copy(), span.first_year)
                else:
                    totals[s.number].values[:] += sums.values
                if not missing:
                    yield _finished(waiting, totals, s, prices)


def _finished(
    waiting: dict[int, tuple[Published, set[str]]], totals: dict[int, Sums], subject: Published, prices: _Prices
) -> tuple[Published, Figures]:
    del waiting[subject.number]
    figures = figures_of(totals.pop(subject.number), detailed=subject.detailed)
    if subject.scope == "nbs" and subject.detailed:
        figures |= price_figures(prices.of(subject))
    return subject, figures


def _class_sums(seed: int, structure: Structure, paths: Paths, span: Span) -> Iterator[tuple[str, Sums]]:
    """The totals of one class after another, a few ahead of the reader."""
    chunks: dict[str, list[Chunk]] = {}
    for chunk in structure.chunks:
        chunks.setdefault(chunk.class_code, []).append(chunk)

    def made(code: str) -> Sums:
        return sums_of_class(
            seed, structure, paths, chunks[code], first_year=span.first_year, last_year=span.last_year
        )  # fmt: skip

    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        ahead: deque[tuple[str, Future[Sums]]] = deque()
        rest = iter(chunks)
        try:
            while True:
                for code in rest:
                    ahead.append((code, pool.submit(made, code)))
                    if len(ahead) >= _AHEAD:
                        break
                if not ahead:
                    return
                code, future = ahead.popleft()
                yield code, future.result()
        finally:
            for _, future in ahead:
                future.cancel()


class _Prices:
    """Producer prices of every subject: of groups about those of their block, of larger ones weighted by revenue."""

    def __init__(self, seed: int, catalogue: Catalogue, parameters: Parameters, paths: Paths, span: Span) -> None:
        economy = parameters.economy
        total = sum(b.share.value for b in economy.blocks)
        groups: dict[str, tuple[int, float]] = {}
        for code, (block, share) in class_shares(catalogue, parameters).items():
            weight = economy.revenue.value * economy.blocks[block].share.value / total * share
            groups[code[:3]] = (block, groups.get(code[:3], (block, 0.0))[1] + weight)
        draws = stream(seed, "group price").standard_normal((len(groups), LENGTH))
        own = np.exp(autoregressive(draws, 0.97, 0.0025))
        self.weights = {g: w for g, (_, w) in groups.items()}
        self.prices = {
            g: (paths.price[block] * own[n])[span.wide] for n, (g, (block, _)) in enumerate(groups.items())
        }  # fmt: skip
        self.others = [
            (o.revenue, paths.price[len(economy.blocks) + n, span.wide]) for n, o in enumerate(economy.others)
        ]
        local = stream(seed, "local price").standard_normal((len(economy.provinces), LENGTH))
        self.local = np.exp(autoregressive(local, 0.97, 0.002))[:, span.wide]

    def of(self, subject: Published) -> Array:
        """Price level by province and for the country, (regions, months of the span and of the year before)."""
        parts = [(self.weights[g], self.prices[g]) for g in sorted({c[:3] for c in subject.classes})]
        parts += [self.others[n] for n in subject.others]
        level = np.asarray(sum(w * p for w, p in parts) / sum(w for w, _ in parts), dtype=np.float64)
        return np.concatenate([level * self.local, level[None, :]])


def _goods(
    seed: int,
    catalogue: Catalogue,
    parameters: Parameters,
    structure: Structure,
    paths: Paths,
    subjects: tuple[Published, ...],
    span: Span,
) -> Iterator[tuple[Published, Figures]]:
    by_key: dict[str, list[Published]] = {}
    for s in subjects:
        by_key.setdefault(s.key, []).append(s)
    products = [p.code for p in parameters.publications.products]
    growths = []
    flows = goods.outputs(seed, parameters, paths, structure.province_shares, span, digits=_DIGITS)
    for code, flow in zip(products, flows, strict=True):
        unit = catalogue.subjects["product", code].unit
        figures = _figures(with_country(flow), "output", unit, _DIGITS)
        growths.append(figures[Spec("output", "yoy", "ytd", "%", 1)][:, -1:])
        yield by_key[f"product:{code}@nbs"][0], figures
    (light, *_, exported) = by_key["group:light_industry@cnlic"]
    yield light, breadth_figures(growths)
    bounds = {t.code: (t.since, t.until) for t in parameters.publications.retail_totals}
    for code, flow in goods.retail(seed, parameters, span).items():
        for s in (s for s in subjects if s.kind == "retail" and s.code == code):
            figures = _figures(flow, "retail_sales", "亿元", 0)
            since, until = bounds.get(code, (0, 9999))
            years = np.arange(span.first_year, span.last_year + 1).repeat(12)
            for values in figures.values():
                values[..., (years < since) | (years > until)] = np.nan
            yield s, figures
    yield from _exports(seed, parameters, by_key, exported, span)


def _exports(
    seed: int, parameters: Parameters, by_key: dict[str, list[Published]], light: Published, span: Span
) -> Iterator[tuple[Published, Figures]]:
    dollars = goods.headings(seed, parameters, span)
    rate = goods.exchange(seed, parameters, span)
    headings = parameters.trade.headings
    for number, entry in enumerate(parameters.trade.subjects):
        members = [i for i, h in enumerate(headings) if "*" in entry.categories or h.category in entry.categories]
        figures: Figures = {}
        for indicator, unit, factor in (("exports_usd", "亿美元", 1.0), ("exports_cny", "亿元", rate)):
            monthly = (dollars[members].sum(axis=0) * factor / 1e8)[None, :]
            noise = stream(seed, "trade first", number).standard_normal(LENGTH)[span.wide][12:]
            flow = Flow(monthly[:, 12:], monthly[:, 12:] * (1 + goods.PRELIMINARY * noise), monthly[:, :-12])
            figures |= _figures(flow, indicator, unit, 1)
        yield (light if entry.subject == light.key else by_key[entry.subject][0]), figures


def _figures(flow: Flow, indicator: str, unit: str, decimals: int) -> Figures:
    return flow_figures(flow.final, flow.first, flow.base, indicator=indicator, unit=unit, decimals=decimals)
