"""The outlook of one figure for the rest of its year (年内走势推算): a model of how growth moves, and how wild this figure
is.

The model learns from the industries of the statistics bureau with complete years. The federation's own figure has
only a few readings a year: they give its state, and, held against what the model would have said of each from the one
before, its spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Indicator, Subject
from qinggong.catalogue.plans import Simulation
from qinggong.methods import attainment
from qinggong.methods.attainment import GrowthModel, Paths
from qinggong.monitor.harmonise import half_unit
from qinggong.monitor.target_inputs import (
    Figures,
    Readings,
    Shares,
    histories,
    own_path,
    period_at,
    readings,
    shares,
    step_of,
)
from qinggong.periods import ytd

Floats = NDArray[np.float64]

_PRIOR_READINGS = 4
"""So many readings' worth of trust in the spread of the profile industry before the figure's own readings count."""
_FEW_PATHS = 400
_MOST_MISSES = 24
"""The newest misses that tell the spread; the total had fewer than that in four years."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the rest of ``year`` may bring for one figure.

    ``model`` is ``None`` where too little history is at hand; ``lacking`` then says so in Chinese. ``learnt_from``
    names the histories, ``spread`` is the size of a month's residual in points.
    """

    readings: Readings
    shares: Shares
    year: int
    model: GrowthModel | None
    past: Floats
    spread: float
    learnt_from: str
    lacking: str

    @property
    def step(self) -> int:
        """The newest step of the year with a cumulative rate, −1 if there is none."""
        known = [step_of(p) for p in self.readings.growth if p.year == self.year]
        return max(known, default=-1)

    @property
    def so_far(self) -> float:
        o = self.readings.growth.get(period_at(self.year, self.step)) if self.step >= 0 else None
        return math.nan if o is None or o.value is None else o.value

    def simulate(self, settings: Simulation, *, years: int) -> Paths:
        """Paths of this year's growth and that of the years after it.

        Raises
        ------
        ValueError
            If there is no model.
        """
        if self.model is None:
            raise ValueError(self.lacking)
        step = self.step
        o = self.readings.growth.get(period_at(self.year, step)) if step >= 0 else None
        return attainment.simulate(
            self.model, self.past, self.so_far, step=step, years=years, scale=self.spread, paths=settings.paths,
            seed=settings.seed + self.year * 100 + step, rounding=half_unit(o) if o is not None else 0.05,
        )  # fmt: skip


def outlook(figures: Figures, subject: Subject, indicator: Indicator, settings: Simulation, *, year: int) -> Outlook:
    """Gather what is known of a figure and learn from what is known of others; the figures decide what is known."""
    found = readings(figures, subject, indicator)
    profile = figures.catalogue.subject(settings.profile, indicator="value_added")
    parts = shares(figures, subject, profile=profile, base_year=year - 1)
    first = settings.first_year
    learn_from = (
        [indicator] if indicator.code == "value_added" else [indicator, figures.catalogue.indicator("value_added")]
    )
    for source in learn_from:
        history = histories(
            figures, source, parts.steps, first_year=first, before=year, fewest_years=settings.fewest_years
        )
        if history is None:
            continue
        key = (source.code, year, history.growth.tobytes(), parts.steps.tobytes())
        model = figures.learnt.get(key)
        if not isinstance(model, GrowthModel):
            model = figures.learnt[key] = attainment.fit(history.growth, history.cumulative, parts.steps)
        past = own_path(found, parts.steps, first_year=first, year=year)
        at_hand = list(history.names)
        usual = (
            float(model.scales[at_hand.index(profile.key)])
            if profile.key in at_hand
            else float(np.median(model.scales))
        )
        spread = usual * _wildness(found, model, parts.steps, usual, first_year=first, year=year)
        names = f"{len(at_hand)}个行业{first}年以来的{source.name}增速"
        return Outlook(found, parts, year, model, past, spread, names, "")
    return Outlook(
        found, parts, year, None, own_path(found, parts.steps, first_year=first, year=year), math.nan, "",
        f"没有一个行业有{settings.fewest_years}个完整年度的月度增速，不能推算概率",
    )  # fmt: skip


def _wildness(found: Readings, model: GrowthModel, parts: Floats, usual: float, *, first_year: int, year: int) -> float:
    """How much wider than the profile industry's the spread of a figure is, from its own readings.

    Each reading is held against paths from the reading before it: the mean square of the standardised misses, shrunk
    to 1 by a few readings' worth, gives the factor.
    """
    misses: list[float] = []
    for now in range(year, first_year, -1):
        steps = sorted(step_of(p) for p in found.growth if p.year == now)
        starts = [-1, *steps] if ytd(now - 1, 12) in found.growth else steps
        for start, end in reversed(list(pairwise(starts))):
            if len(misses) == _MOST_MISSES:
                break
            known = found.upto(period_at(now, start) if start >= 0 else ytd(now - 1, 12))
            path = own_path(known, parts, first_year=first_year, year=now)
            o = known.growth.get(period_at(now, start)) if start >= 0 else None
            later = found.growth[period_at(now, end)].value
            if later is None:
                continue
            simulated = attainment.simulate(
                model, path, math.nan if o is None or o.value is None else o.value, step=start, scale=usual,
                paths=_FEW_PATHS, seed=now * 100 + start, upto=end,
            )  # fmt: skip
            reached = simulated.growth[:, 0]
            misses.append(float(np.clip((later - reached.mean()) / max(float(reached.std()), 0.05), -5, 5)))
    return math.sqrt((sum(m * m for m in misses) + _PRIOR_READINGS) / (len(misses) + _PRIOR_READINGS))
