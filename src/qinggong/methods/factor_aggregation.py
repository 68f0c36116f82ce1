"""Chains of monthly values behind published figures: what a quarter, a year to date or January–February says of months.

Each series has latent monthly values g. A figure of a month is its g. Every other figure is a weighted sum of several;
it is solved for one of them, the pivot, so that it holds exactly and without a noise term:

    y = Σ w_k g_k   ⇒   g_pivot = y / w_pivot − Σ_{k ≠ pivot} (w_k / w_pivot) g_k

The pivot of quarterly growth is the first month of the quarter (weight 3; no other quarter contains it), of all others
the last month. A cumulative figure is first reduced by the one before it, W_m y_m − W_l y_l = Σ_{l<k≤m} w_k g_k. Where
a column holds further figures to date of another one ("ytd_of"), those months that the other tells itself are put in,
and the pivot is the last month that it does not tell; a figure to date without such a month is not used. The months of
a series that are observed, pivots or needed inside a figure are the nodes of its chain; between nodes the
AR(1) of the idiosyncratic term is taken over the gap, which is exact whatever is missing.

References
----------
Mariano & Murasawa (2003), A new coincident index of business cycles based on monthly and quarterly series, Journal of
Applied Econometrics 18, 427–443 (weights 1, 2, 3, 2, 1); Harvey (1989), Forecasting, Structural Time Series Models and
the Kalman Filter, section 6.3 (temporal aggregation).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.factor_parameters import JAN_FEB, MONTH, YTD, FactorForm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST_GAP = 6
_QUARTERLY = {"growth": (1.0, 2.0, 3.0, 2.0, 1.0), "mean": (1 / 3, 1 / 3, 1 / 3), "sum": (1.0, 1.0, 1.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """The unknowns of a model for one pattern of known values, and how each series hangs on them.

    ``months`` counts from ``lead`` months before the first row. A node is a month of one series; its monthly value is
    a constant (a sum of figures) plus weights times unknowns.
    """

    form: FactorForm
    first_month: tuple[int, int]
    rows: int
    lead: int
    months: int
    base: Ints
    """(months,) place of the month's first factor among the unknowns."""
    unknowns: int
    pointer: Ints
    """(series + 1,) nodes of each series; the next arrays have one element a node."""
    month: Ints
    gap: Ints
    plain: NDArray[np.bool_]
    source: Ints
    """(nodes, figures) rows of the figures in the constant, their columns and weights."""
    source_column: Ints
    source_weight: Floats
    owner: Ints
    term_pointer: Ints
    term: Ints
    term_weight: Floats
    load_pointer: Ints
    load: Ints
    logarithm: float
    """What the change of variables adds to the log-likelihood."""
    first: Ints
    row: Ints
    longest: int

    def values(self, standardised: Floats) -> Floats:
        """(nodes,) constants of the nodes from (rows, series) figures."""
        found = np.zeros(self.month.size)
        for side in range(self.source.shape[1]):
            used = self.source_weight[:, side] != 0
            at, column = self.source[used, side], self.source_column[used, side]
            found[used] += self.source_weight[used, side] * standardised[at, column]
        return found

    def node(self, series: int, month: int) -> int:
        """Number of the node of a month (counted with ``lead``), or −1."""
        start, end = int(self.pointer[series]), int(self.pointer[series + 1])
        found = start + int(np.searchsorted(self.month[start:end], month))
        return found if found < end and self.month[found] == month else -1


def window(form: FactorForm, series: int, row: int, first_month: tuple[int, int]) -> tuple[Ints, Floats]:
    """Lags and weights of the figure of a series in a row: y = Σ w_k g(row − lag_k)."""
    kind = form.kind(series)
    number = (first_month[1] - 1 + row) % 12 + 1
    if kind == "quarterly":
        weights = np.array(_QUARTERLY[form.quarterly_weights])
        return np.arange(weights.size), weights
    if kind == JAN_FEB and number == 2:
        return np.arange(2), np.array([0.5, 0.5])
    if kind == YTD:
        shares = year_shares(form, series, row, first_month)[:number][::-1]
        return np.arange(number), shares / shares.sum()
    return np.zeros(1, dtype=np.int64), np.ones(1)


def year_shares(form: FactorForm, series: int, row: int, first_month: tuple[int, int]) -> Floats:
    """(12,) base-year shares that hold in the year of a row; equal where none are given."""
    shares = form.shares(series)
    if shares is None:
        return np.ones(12)
    year = (first_month[1] - 1 + row) // 12
    return np.asarray(shares[min(max(year, 0), shares.shape[0] - 1)])


def build(
    form: FactorForm,
    known: NDArray[np.bool_],
    first_month: tuple[int, int],
    *,
    horizon: int = 0,
    complete: NDArray[np.bool_] | None = None,
    extra: Iterable[tuple[int, int]] = (),
) -> Chains:
    """The chains for a pattern of known figures.

    Parameters
    ----------
    known
        (rows, series): which figures are there.
    horizon
        Months after the last row.
    complete
        (series,) bool: of these, every month of an aggregated series becomes a node, so that each of its figures is a
        sum of nodes.
    extra
        (row, series) of months that become nodes although nothing is known of them.
    """
    from qinggong.methods.factor_kernel import envelope

    known = without_covered(form, known, first_month)
    further = form.further
    rows, series = known.shape
    lead = max(_lead(form, i, first_month) for i in range(series))
    months, r = lead + rows + horizon, form.number
    persistent = form.idiosyncratic == "ar1"
    wanted: dict[int, list[int]] = {}
    for at, i in extra:
        lags, _ = window(form, i, at, first_month)
        if form.kind(i) != MONTH or persistent or i in further:
            wanted.setdefault(form.whole(i), []).extend((at - lags + lead).tolist())
    parts = []
    for i in range(series):
        rows_of = np.flatnonzero(known[:, i])
        if form.whole(i) != i:
            parts.append(_simple(rows_of[:0], lead, i))
            continue
        alone = form.kind(i) == MONTH and i not in further
        if alone and i not in wanted and (not persistent or np.all(np.diff(rows_of) <= LONGEST_GAP)):
            parts.append(_simple(rows_of, lead, i))
        else:
            everything = range(months) if complete is not None and complete[i] and not alone else ()
            figures = _figures(form, i, rows_of, first_month, lead)
            if i in further:
                figures += _supplements(form, further[i], figures, known, first_month, lead)
            parts.append(_aggregated(i, figures, persistent, {*wanted.get(i, ()), *everything}))
    width = max(part.source.shape[1] for part in parts)
    pointer = np.concatenate([[0], np.cumsum([part.month.size for part in parts])]).astype(np.int64)
    month = np.concatenate([part.month for part in parts])
    latent = np.concatenate([part.latent for part in parts])
    # Unknowns: month by month the latent values, then the factors.
    latent_months = month[latent]
    ordered = np.argsort(latent_months, kind="stable")
    place = np.empty(latent_months.size, dtype=np.int64)
    place[ordered] = np.arange(latent_months.size) + latent_months[ordered] * r
    upto = np.cumsum(np.bincount(latent_months, minlength=months)) if months else np.zeros(0, dtype=np.int64)
    base = (np.arange(months) * r + upto).astype(np.int64)
    unknown = np.full(month.size, -1, dtype=np.int64)
    unknown[latent] = place
    counts: list[Ints] = []
    term: list[int] = []
    weight: list[float] = []
    for i, part in enumerate(parts):
        if part.terms is None:
            counts.append(np.zeros(part.month.size, dtype=np.int64))
            continue
        of_month = dict(zip(part.month.tolist(), unknown[pointer[i] : pointer[i + 1]].tolist(), strict=True))
        counts.append(np.array([len(terms) for terms in part.terms], dtype=np.int64))
        term.extend(of_month[t] for terms in part.terms for t, _ in terms)
        weight.extend(w for terms in part.terms for _, w in terms)
    term_pointer = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    gap = np.zeros(month.size, dtype=np.int64)
    if persistent and month.size:
        gap[1:] = np.diff(month)
        gap[pointer[:-1][pointer[:-1] < month.size]] = 0
    loads = form.loads
    load_pointer = np.concatenate([[0], np.cumsum(loads.sum(axis=1))]).astype(np.int64)
    load = np.nonzero(loads)[1].astype(np.int64)
    unknowns = months * r + latent_months.size
    first, terms_array = np.empty(unknowns, dtype=np.int64), np.array(term, dtype=np.int64)
    envelope(base, r, form.order, pointer, month, gap, term_pointer, terms_array, load_pointer, load, first)
    lengths = np.arange(unknowns) - first + 1
    row = np.concatenate([[0], np.cumsum(lengths)[:-1]]) - first
    return Chains(
        form=form,
        first_month=first_month,
        rows=rows,
        lead=lead,
        months=months,
        base=base,
        unknowns=unknowns,
        pointer=pointer,
        month=month,
        gap=gap,
        plain=np.array([part.terms is None for part in parts], dtype=np.bool_),
        source=np.concatenate([_wide(part.source, width) for part in parts]),
        source_column=np.concatenate([_wide(part.source_column, width) for part in parts]),
        source_weight=np.concatenate([_wide(part.source_weight, width) for part in parts]),
        owner=np.repeat(np.arange(series), np.diff(pointer)),
        term_pointer=term_pointer,
        term=terms_array,
        term_weight=np.array(weight, dtype=np.float64),
        load_pointer=load_pointer,
        load=load,
        logarithm=float(sum(part.logarithm for part in parts)),
        first=first,
        row=row.astype(np.int64),
        longest=int(gap.max(initial=0)),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """The nodes of one series; ``terms`` (month, weight) a node, or None where every node is an observed month."""

    month: Ints
    latent: NDArray[np.bool_]
    source: Ints
    source_column: Ints
    source_weight: Floats
    terms: list[list[tuple[int, float]]] | None
    logarithm: float


@dataclass(frozen=True, slots=True)
class _Figure:
    """Σ weights · g = Σ source_weights · y, to be solved for the month ``pivot``."""

    pivot: int
    weights: dict[int, float]
    source: tuple[tuple[int, int, float], ...]
    """Row, column and weight."""
    scale: float = 1.0
    """Derivative of the right side by the newest figure."""


def _lead(form: FactorForm, i: int, first_month: tuple[int, int]) -> int:
    """Months before the first row that figures of the first rows contain."""
    if form.kind(i) == MONTH:
        return 0
    reach = 5 if form.kind(i) == "quarterly" else 12
    return max(int(window(form, i, row, first_month)[0].max()) - row for row in range(reach))


def _simple(at: Ints, lead: int, i: int) -> _Part:
    """A series of which every known figure is a month."""
    source = at.astype(np.int64)[:, None]
    none = np.zeros(at.size, dtype=bool)
    return _Part((at + lead).astype(np.int64), none, source, np.full_like(source, i), np.ones((at.size, 1)), None, 0.0)


def _wide(figures: NDArray[Any], width: int) -> NDArray[Any]:
    return np.pad(figures, ((0, 0), (0, width - figures.shape[1])))


def _figures(form: FactorForm, i: int, at: Ints, first_month: tuple[int, int], lead: int) -> list[_Figure]:
    found = []
    kind = form.kind(i)
    before = -1
    for row in at.tolist():
        lags, weights = window(form, i, row, first_month)
        months = {row + lead - int(lag): float(w) for lag, w in zip(lags, weights, strict=True)}
        if kind == YTD:
            number = lags.size
            shares = year_shares(form, i, row, first_month)
            total = float(shares[:number].sum())
            source: tuple[tuple[int, int, float], ...] = ((row, i, total),)
            passed = max(number - (row - before), 0) if before >= 0 else 0
            if passed:
                source = (*source, (before, i, -float(shares[:passed].sum())))
            months = {row + lead - number + 1 + k: float(shares[k]) for k in range(passed, number)}
            found.append(_Figure(row + lead, months, source, total))
            before = row
            continue
        pivot = row + lead - (2 if kind == "quarterly" and form.quarterly_weights == "growth" else 0)
        found.append(_Figure(pivot, months, ((row, i, 1.0),)))
    return found


def without_covered(form: FactorForm, known: NDArray[np.bool_], first_month: tuple[int, int]) -> NDArray[np.bool_]:
    """``known`` without the further figures to date all of whose months, since the one before, are told by others."""
    if not form.further:
        return known
    found = known.copy()
    for i, j in form.further.items():
        told = {
            row - int(lag)
            for row in np.flatnonzero(known[:, i]).tolist()
            for lag in window(form, i, row, first_month)[0]
        }
        after = -known.shape[0]
        for row in np.flatnonzero(known[:, j]).tolist():
            start = row + 1 - window(form, j, row, first_month)[0].size
            if told.issuperset(range(max(start, after), row + 1)):
                found[row, j] = False
            else:
                after = row + 1
    return found


def _supplements(
    form: FactorForm, j: int, own: Sequence[_Figure], known: NDArray[np.bool_], first_month: tuple[int, int], lead: int
) -> list[_Figure]:
    """Further figures to date, solved for the last month that the column itself does not tell."""
    pivots = {figure.pivot: figure for figure in own}
    told = {month for figure in own for month in figure.weights}
    found = []
    for figure in _figures(form, j, np.flatnonzero(known[:, j]), first_month, lead):
        weights, source = dict(figure.weights), list(figure.source)
        for month in sorted(weights.keys() & pivots.keys()):
            known_one = pivots[month]
            w = weights.pop(month) / known_one.weights[month]
            source += [(row, column, -w * v) for row, column, v in known_one.source]
            for other, v in known_one.weights.items():
                if other != month:
                    weights[other] = weights.get(other, 0.0) - w * v
        pivot = max(month for month in weights if month not in told)
        found.append(_Figure(pivot, {k: w for k, w in weights.items() if w}, tuple(source), figure.scale))
    return found


def _aggregated(i: int, given: Sequence[_Figure], persistent: bool, wanted: Collection[int]) -> _Part:
    figures = {figure.pivot: figure for figure in given}
    months = sorted({*wanted, *(month for figure in figures.values() for month in figure.weights)})
    if persistent:
        months = _with_stations(months)
    terms: list[list[tuple[int, float]]] = []
    latent = np.zeros(len(months), dtype=bool)
    shape = (len(months), max((len(figure.source) for figure in given), default=1))
    source, column, weight = np.zeros(shape, dtype=np.int64), np.full(shape, i, dtype=np.int64), np.zeros(shape)
    logarithm = 0.0
    for place, month in enumerate(months):
        figure = figures.get(month)
        if figure is None:
            latent[place] = True
            terms.append([(month, 1.0)])
            continue
        own = figure.weights[month]
        logarithm += float(np.log(figure.scale / own))
        for side, (row, of, w) in enumerate(figure.source):
            source[place, side], column[place, side], weight[place, side] = row, of, w / own
        terms.append([(other, -w / own) for other, w in figure.weights.items() if other != month])
    return _Part(np.array(months, dtype=np.int64), latent, source, column, weight, terms, logarithm)


def _with_stations(months: list[int]) -> list[int]:
    """Latent months put into gaps that are longer than ``LONGEST_GAP``, so that the envelope stays narrow."""
    found = months[:1]
    for month in months[1:]:
        while month - found[-1] > LONGEST_GAP:
            found.append(found[-1] + LONGEST_GAP)
        found.append(month)
    return found
