"""Levels of the index year by year (逐年标准化): each year's values against the ten years before it, frozen.

Arrays are ``(months, components, units)``, months from a January on; a unit is an industry of a region.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.prosperity import LevelIndexPlan
from qinggong.methods import composite

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def yearly_levels(raw: Floats, left_out: Bools, plan: LevelIndexPlan) -> tuple[Floats, Floats, Floats, Bools]:
    """Index, components, weights used and marks of the cap, year by year against what came before."""
    months = raw.shape[0]
    index, capped = np.full((months, raw.shape[2]), np.nan), np.zeros(raw.shape, dtype=np.bool_)
    components, weights = np.full(raw.shape, np.nan), np.full(raw.shape, np.nan)
    usable = np.where(left_out[:, None, None], np.nan, raw)
    first_ones = _first_reference(usable, plan)
    for start in range(0, months, 12):
        year = slice(start, min(start + 12, months))
        if np.isnan(raw[year]).all():
            continue
        got = composite.level_index(
            raw[year], [c.weight for c in plan.components], _reference(usable, start, plan, first_ones),
            fewest=plan.fewest_components, scale=plan.scale, cap=plan.cap,
        )  # fmt: skip
        index[year], components[year], weights[year] = got.index, got.components, got.weights
        capped[year] = got.capped
    return index, components, weights, capped


def _reference(usable: Floats, start: int, plan: LevelIndexPlan, first: composite.Reference) -> composite.Reference:
    """Centre and spread of each component in the ten years before the January in row ``start``.

    A component with fewer than the needed observations there is measured against its ``first`` so many ones, which
    for the first years means looking back: their values are not what would have been known then, but are fixed too.
    """
    window = np.zeros(usable.shape[0], dtype=np.bool_)
    window[max(start - plan.reference_years * 12, 0) : start] = True
    filled = (~np.isnan(usable[window])).sum(axis=0) >= plan.fewest_observations
    if not filled.any():
        return first
    found = composite.reference(usable, window, fewest=plan.fewest_observations)
    return composite.Reference(
        np.where(filled, found.centre, first.centre), np.where(filled, found.spread, first.spread), found.observations
    )


def _first_reference(usable: Floats, plan: LevelIndexPlan) -> composite.Reference:
    """Centre and spread of each component in its first observations, as many as are needed."""
    known = ~np.isnan(usable)
    first = np.where(known & (np.cumsum(known, axis=0) <= plan.fewest_observations), usable, np.nan)
    everything = np.ones(usable.shape[0], dtype=np.bool_)
    return composite.reference(first, everything, fewest=plan.fewest_observations)


def contributions(index: Floats, components: Floats, weights: Floats) -> Floats:
    """Points of the change on the observation before; they sum to it exactly."""
    parts = np.nan_to_num(weights * (components - 100.0))
    out = np.full_like(parts, np.nan)
    for row in range(1, index.size):
        before = row - 2 if row % 12 == 1 else row - 1
        if before >= 0 and not np.isnan(index[row]) and not np.isnan(index[before]):
            out[row] = parts[row] - parts[before]
    return out
