"""Which series a dynamic factor model can use, and what is weakly identified, said in sentences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.factor_parameters import FactorForm, FactorParameters

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# A series needs its loadings, persistence and variance, and a few values to tell them apart.
FEWEST_BESIDE_LOADINGS = 6
FEW_A_PARAMETER = 5
DUPLICATE = 1 - 1e-9
# Of the variance of a standardised series; and how many series a factor must move, (Σ share)² / Σ share².
LEAST_SHARE, LEAST_SERIES = 0.005, 2.0
_MOST_COMPARED, _FEWEST_IN_COMMON = 600, 8


def screened(form: FactorForm, figures: Floats) -> tuple[Bools, tuple[str, ...]]:
    """Series that can be estimated, and a sentence for each one that is left out or weakly identified.

    Parameters
    ----------
    figures
        (rows, series), NaN missing.
    """
    series = form.series
    included = np.ones(series, dtype=bool)
    notes: list[str] = []
    counts = (~np.isnan(figures)).sum(axis=0)
    loads = form.loads.sum(axis=1)
    own = form.own
    for i in np.flatnonzero(own).tolist():
        fewest = int(loads[i]) + FEWEST_BESIDE_LOADINGS
        values = figures[~np.isnan(figures[:, i]), i]
        if counts[i] == 0:
            included[i] = False
            notes.append(f"第{i}列全部缺失，未进入模型")
        elif values.max() - values.min() <= 1e-10 * np.abs(values).max():
            included[i] = False
            notes.append(f"第{i}列没有变化（{values[0]:g}），未进入模型")
        elif counts[i] < fewest:
            included[i] = False
            notes.append(f"第{i}列只有{counts[i]}个值，少于{fewest}个，未进入模型")
        elif counts[i] < FEW_A_PARAMETER * (int(loads[i]) + 2):
            notes.append(f"第{i}列只有{counts[i]}个值，载荷估计不可靠")
    for i, other in _duplicates(figures, included & own):
        included[i] = False
        notes.append(f"第{i}列与第{other}列完全线性相关，未进入模型")
    for i, j in form.further.items():
        included[j] = included[i]
        if not included[i]:
            notes.append(f"第{j}列补充第{i}列的累计数，第{i}列未进入模型，这一列也不用")
    for number, (count, members) in enumerate(zip(form.factors, np.array(form.blocks).T, strict=True)):
        usable = int((members & included & own).sum())
        if usable < count:
            told = "；".join(notes)
            raise ValueError(f"第{number}组有{count}个因子，可用的序列只有{usable}条，因子无法识别。{told}")
    return included, tuple(notes)


def weak_blocks(form: FactorForm, included: Bools) -> tuple[str, ...]:
    """Sentences on blocks whose factors the data can hardly tell apart from something else."""
    notes = []
    members = [np.array([line[b] for line in form.blocks]) & included & form.own for b in range(len(form.factors))]
    for b, (own, count) in enumerate(zip(members, form.factors, strict=True)):
        if own.sum() < 2 * count + 1:
            notes.append(f"第{b}组只有{int(own.sum())}条可用序列对{count}个因子，因子与特异成分难以区分（弱识别）")
        for other in range(b):
            if np.array_equal(own, members[other]):
                notes.append(f"第{b}组与第{other}组的序列相同，两组因子只能靠动态区分（弱识别）")
    return tuple(notes)


def weak_factors(parameters: FactorParameters) -> tuple[str, ...]:
    """Sentences on estimated factors (of variance 1) that move nothing, or little more than one series."""
    form = parameters.form
    size = np.array(
        [
            {"growth": 19.0, "sum": 3.0}.get(form.quarterly_weights, 1.0) if i in form.quarterly else 1.0
            for i in range(form.series)
        ]
    )
    counted = parameters.included & form.own
    shares = np.where(counted[:, None], parameters.loadings**2 * size[:, None], 0.0)
    notes = []
    for k in range(form.number):
        if shares[:, k].max() < LEAST_SHARE:
            notes.append(f"第{k}个因子对任何序列都几乎没有作用，无法识别；可减少因子")
        elif shares[:, k].sum() ** 2 < LEAST_SERIES * (shares[:, k] ** 2).sum():
            notes.append(
                f"第{k}个因子主要只与第{int(shares[:, k].argmax())}列有关，与其特异成分难以区分（弱识别）；可减少因子"
            )
    return tuple(notes)


def _duplicates(figures: Floats, included: Bools) -> list[tuple[int, int]]:
    """Pairs (later, earlier) of usable series with a correlation of ±1 over the months they share."""
    used = np.flatnonzero(included)
    if not 1 < used.size <= _MOST_COMPARED:
        return []
    known = ~np.isnan(figures[:, used])
    z = np.where(known, figures[:, used] - np.nanmean(figures[:, used], axis=0), 0.0)
    z /= np.nanstd(figures[:, used], axis=0)
    m = known.astype(np.float64)
    n, sums, products, squares = m.T @ m, z.T @ m, z.T @ z, (z * z).T @ m
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = squares - sums**2 / n
        correlation = (products - sums * sums.T / n) / np.sqrt(variance * variance.T)
    alike = (np.abs(correlation) >= DUPLICATE) & (n >= _FEWEST_IN_COMMON)
    found, gone = [], set()
    for later in range(used.size):
        for earlier in range(later):
            if alike[later, earlier] and earlier not in gone:
                found.append((int(used[later]), int(used[earlier])))
                gone.add(later)
                break
    return found
