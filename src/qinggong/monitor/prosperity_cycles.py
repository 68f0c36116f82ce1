"""Cycles of the level indices (景气指数的增速周期): deviation from trend, phase, dated turns, probability of a turn.

An index is made of growth rates, so its cycle is that of growth rates (增速周期) and is called so. Turns are dated half
a year later; for the months since then there is only a probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.methods import cycles
from qinggong.methods.cycles import TurningPoints, turning_points
from qinggong.methods.real_time_turns import Detector, bbq_detector, switching_detector
from qinggong.methods.switching import markov_switching
from qinggong.methods.trend_filters import FEWEST_VALUES, band_pass

Floats = NDArray[np.float64]

STEP = 3
"""Months over which the direction of the clock and the changes of the switching model are taken."""


@dataclass(frozen=True, slots=True)
class IndexCycle:
    """The cycle of one index up to its last month.

    Attributes
    ----------
    deviation
        ``(months,)`` from trend, cycles of 12 to 120 months; NaN outside the index.
    phase
        ``(months,)`` places in ``methods.cycles.PHASES``.
    turns
        Dated peaks and troughs, or why there are none.
    contraction
        Probability that the last month is one of contraction (of falling deviation); NaN where not estimated.
    downturn, upturn
        Probability of contraction (of expansion) now or within ``ahead`` months.
    doubt
        Why there is no probability, or why it is doubtful; empty where good.
    """

    deviation: Floats
    phase: NDArray[np.int8]
    turns: TurningPoints
    contraction: float
    downturn: float
    upturn: float
    doubt: str


def deviations(columns: Floats) -> Floats:
    """``(months, indices)`` deviations from trend, cycles of 12 to 120 months; NaN for what is too short."""
    enough = (~np.isnan(columns)).sum(axis=0) >= FEWEST_VALUES
    out = np.full(columns.shape, np.nan)
    if enough.any():
        out[:, enough] = band_pass(columns[:, enough])
    return out


def index_cycles(columns: Floats, *, start_year: int, ahead: int) -> tuple[IndexCycle, ...]:
    """The cycle of each index.

    Parameters
    ----------
    columns
        ``(months, indices)`` from January of ``start_year`` on; NaN in Januaries and where there is no index.
    ahead
        Months within which a turn is given a probability.
    """
    deviation = deviations(columns)
    model = markov_switching(_change(deviation))
    downturn, upturn = model.probability_of_downturn(ahead), model.probability_of_upturn(ahead)
    out = []
    for place in range(columns.shape[1]):
        mine = deviation[:, place]
        known = np.flatnonzero(~np.isnan(mine))
        last = int(known[-1]) if known.size else -1
        told = last >= 0 and model.verdicts[place] == "good"
        shown = (model.filtered, downturn, upturn)
        contraction, down, up = (float(p[last, place]) if told else float("nan") for p in shown)
        out.append(
            IndexCycle(
                mine, cycles.clock_phase(mine, smoothing=STEP), turning_points(mine, f"{start_year}-01"),
                contraction, down, up, model.reasons[place],
            )
        )  # fmt: skip
    return tuple(out)


def detectors() -> dict[str, Detector]:
    """The two methods on vintages of indices, each with the trend that the vintage's own end gives."""
    dated, probable = bbq_detector(), switching_detector(span=STEP)
    return {
        "bbq": lambda vintage: dated(deviations(vintage)),
        "switching": lambda vintage: probable(deviations(vintage)),
    }


def final_turns(columns: Floats) -> Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows of peaks and troughs of each index with all months."""
    return detectors()["bbq"](columns)


def _change(deviation: Floats) -> Floats:
    out = np.full_like(deviation, np.nan)
    out[STEP:] = deviation[STEP:] - deviation[:-STEP]
    return out
