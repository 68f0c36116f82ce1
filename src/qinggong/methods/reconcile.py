"""Forecasts made coherent (预测的协调): totals equal their parts, published figures stay as they are.

    min (y − ŷ)′ W⁻¹ (y − ŷ)   subject to   C y = 0,   y_F = published
    ỹ = ŷ − W A′ (A W A′)⁻¹ (A ŷ − b),   A = [C; E_F],  b = [0; published]

This is minimum trace reconciliation in its form with constraints: W = I ("ols"), variances ("wls"), or the covariance
of the one-step errors shrunk towards its diagonal ("mint_shrink"):  W = λ D + (1 − λ) R′R/T.  The last is diagonal
plus rank T, so neither W nor its inverse is ever written out: A D A′ is factorised sparsely and the rest follows by
Woodbury's identity. λ is that of Schäfer and Strimmer for correlations of errors about zero; its double sums over
pairs reduce to sums over the T × T products of periods.

Coherence of growth is Σ w g = g of the total with shares w of the base (``constraints`` takes weights).

With ``nonnegative`` the same problem is solved with y ≥ 0: variables are held at nil by turns until the conditions of
Karush, Kuhn and Tucker hold (block principal pivoting).

References
----------
Wickramasuriya, Athanasopoulos & Hyndman (2019), Optimal forecast reconciliation for hierarchical and grouped time
series through trace minimization, Journal of the American Statistical Association 114, 804–819; Schäfer & Strimmer
(2005), A shrinkage approach to large-scale covariance matrix estimation, Statistical Applications in Genetics and
Molecular Biology 4(1), 32; Wickramasuriya, Turlach & Hyndman (2020), Optimal non-negative forecast reconciliation,
Statistics and Computing 30, 1167–1182; Di Fonzo & Girolimetto (2023), Cross-temporal forecast reconciliation,
International Journal of Forecasting 39, 39–57 (form with constraints).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Method = Literal["ols", "wls", "mint_shrink"]

TOLERANCE = 1e-9
"""Largest incoherence left, relative to the size of the figures of a constraint."""
_REFINEMENTS, _MOST_ROUNDS, _PATIENCE = 3, 200, 10


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """Coherent figures.

    Attributes
    ----------
    values
        (series,) or (series, steps), like the forecasts.
    shrinkage
        λ of "mint_shrink", NaN otherwise.
    rounds
        Solutions needed: 1, more with ``nonnegative``.
    incoherence
        Largest |C y| relative to Σ |c y| of its row.
    at_zero
        (series,) or (series, steps): True where non-negativity binds.
    """

    values: Floats
    shrinkage: float
    rounds: int
    incoherence: float
    at_zero: NDArray[np.bool_]


def constraints(totals: Iterable[tuple[int, Sequence[int], Sequence[float] | None]], series: int) -> Any:
    """Sparse constraint matrix, one row a total: 1 at the total and −weight at its parts.

    Parameters
    ----------
    totals
        Place of the total, places of its parts, and their weights (``None``: all 1). For growth the weights are the
        parts' shares in the base and sum to 1.
    series
        Number of series, totals and parts.

    Raises
    ------
    ValueError
        If a place is outside, a total is its own part, or the weights do not fit.
    """
    from scipy import sparse  # type: ignore[import-untyped]

    rows, columns, values = [], [], []
    count = 0
    for row, (total, parts, weights) in enumerate(totals):
        places = np.asarray(parts, dtype=np.int64)
        w = np.ones(places.size) if weights is None else np.asarray(weights, dtype=np.float64)
        if w.shape != places.shape or not places.size:
            raise ValueError(f"第{row}个合计有{places.size}个部分、{w.size}个权重，应一一对应且不为空")
        if total in places or min(total, int(places.min())) < 0 or max(total, int(places.max())) >= series:
            raise ValueError(f"第{row}个合计的位置{total}或其部分超出0—{series - 1}，或合计是自己的部分")
        if not np.isfinite(w).all():
            raise ValueError(f"第{row}个合计的权重不是有限的数")
        rows += [np.full(places.size + 1, row)]
        columns += [np.append(places, total)]
        values += [np.append(-w, 1.0)]
        count = row + 1
    if not count:
        raise ValueError("没有任何合计关系")
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_matrix(entries, shape=(count, series))


def reconcile(
    forecasts: ArrayLike,
    constraint: Any,
    *,
    method: Method = "mint_shrink",
    residuals: ArrayLike | None = None,
    variances: ArrayLike | None = None,
    fixed: ArrayLike | None = None,
    nonnegative: bool = False,
) -> Reconciled:
    """Make forecasts coherent.

    Parameters
    ----------
    forecasts
        (series,) or (series, steps) of all series, totals and parts; no NaN.
    constraint
        Matrix C of ``constraints``: C y = 0.
    method
        "ols", "wls" (``variances`` or those of ``residuals``), "mint_shrink" (``residuals``).
    residuals
        (periods, series) errors of one step ahead; no NaN.
    variances
        (series,) variances of the errors.
    fixed
        Shape of ``forecasts``: published values that stay, NaN elsewhere.
    nonnegative
        Whether no figure may fall below 0.

    Raises
    ------
    ValueError
        If shapes do not fit, published figures contradict each other, or the constraints are not independent.
    """
    given = np.array(forecasts, dtype=np.float64)
    if given.ndim not in (1, 2) or constraint.shape[1] != given.shape[0] or not given.size:
        raise ValueError(f"forecasts形状为{given.shape}，constraint有{constraint.shape[1]}列，序列数应相同")
    y = given.reshape(given.shape[0], -1)
    n = y.shape[0]
    if not np.isfinite(y).all():
        raise ValueError(f"第{int(np.argwhere(~np.isfinite(y))[0, 0])}条序列的预测不是有限的数，请先补齐或剔除")
    published = np.full_like(given, np.nan) if fixed is None else np.array(fixed, dtype=np.float64)
    if published.shape != given.shape:
        raise ValueError(f"fixed的形状应与forecasts相同，收到{published.shape}与{given.shape}")
    held = published.reshape(y.shape)
    if nonnegative and (held < 0).any():
        raise ValueError(f"第{int(np.argwhere(held < 0)[0, 0])}条序列的公布值为负，与非负的要求矛盾")
    spread, factor, shrinkage = _covariance(n, method, residuals, variances)
    out, zero = np.empty_like(y), np.zeros(y.shape, dtype=np.bool_)
    rounds = 0
    same = bool((np.isnan(held) == np.isnan(held[:, :1])).all()) and not nonnegative
    if same:
        solver = _Solver(constraint, spread, factor, ~np.isnan(held[:, 0]))
        out = solver.solve(y, held)
        rounds = 1
    else:
        for step in range(y.shape[1]):
            columns = slice(step, step + 1)
            found, zeros, needed = _one(constraint, spread, factor, y[:, columns], held[:, columns], nonnegative)
            out[:, columns], zero[:, step], rounds = found, zeros, max(rounds, needed)
    left = _incoherence(constraint, out)
    if left > TOLERANCE:
        raise ValueError(f"协调后仍有{left:.1e}的相对差异：合计关系可能互相重复或矛盾，请检查constraint和fixed")
    return Reconciled(out.reshape(given.shape), shrinkage, rounds, left, zero.reshape(given.shape))


def shrinkage_intensity(residuals: ArrayLike) -> float:
    """λ of Schäfer and Strimmer for the correlations of errors about zero, (periods, series), in [0, 1].

    λ = Σ_{i≠j} Var(r_ij) / Σ_{i≠j} r_ij²,  Var(r_ij) = [Σ_t x²_ti x²_tj − (Σ_t x_ti x_tj)²/T] / (T(T − 1)), with x the
    errors divided by their root mean squares. The sums over pairs are sums over pairs of periods, so that their cost
    grows with the number of series, not with its square.
    """
    e = np.asarray(residuals, dtype=np.float64)
    t = e.shape[0]
    root = np.sqrt(np.mean(e**2, axis=0))
    x = e[:, root > 0] / root[root > 0]
    if t < 2 or x.shape[1] < 2:
        return 1.0
    gram = x @ x.T
    # Σ_ij (Σ_t x_ti x_tj)² over all pairs, without i = j, where the inner sum is T.
    squares = float((gram**2).sum()) - x.shape[1] * t**2
    fourth = float((np.square(np.square(x).sum(axis=1))).sum()) - float((x**4).sum())
    variance = (fourth - squares / t) / (t * (t - 1))
    total = squares / t**2
    return float(min(max(variance / total, 0.0), 1.0)) if total > 0 else 1.0


def _covariance(
    n: int, method: Method, residuals: ArrayLike | None, variances: ArrayLike | None
) -> tuple[Floats, Floats, float]:
    """Diagonal (series,), factor (series, periods) with W = diag + factor factor′, and λ."""
    nothing = np.zeros((n, 0))
    if method == "ols":
        return np.ones(n), nothing, float("nan")
    if method not in ("wls", "mint_shrink"):
        raise ValueError(f"method只有 ols、wls、mint_shrink，收到{method!r}")
    e = None if residuals is None else np.asarray(residuals, dtype=np.float64)
    if e is not None and (e.ndim != 2 or e.shape[1] != n or e.shape[0] < 2 or not np.isfinite(e).all()):
        raise ValueError(f"residuals应为（期数≥2，{n}）且没有缺失，收到形状{e.shape}")
    if method == "wls" and variances is not None:
        spread = np.array(variances, dtype=np.float64)
        if spread.shape != (n,) or not np.isfinite(spread).all() or (spread < 0).any():
            raise ValueError(f"variances应为{n}个非负的数")
        return _positive(spread), nothing, float("nan")
    if e is None:
        raise ValueError(f"method={method!r}需要residuals{'或variances' if method == 'wls' else ''}")
    spread = _positive(np.mean(e**2, axis=0))
    if method == "wls":
        return spread, nothing, float("nan")
    shrinkage = max(shrinkage_intensity(e), 1e-4)  # without any diagonal W has rank T only
    return shrinkage * spread, np.sqrt((1 - shrinkage) / e.shape[0]) * e.T, shrinkage


def _positive(variances: Floats) -> Floats:
    """Series that were always forecast exactly still take a little of a difference."""
    return np.maximum(variances, 1e-8 * max(float(variances.max(initial=0.0)), 1e-300))


class _Solver:
    """A W A′ factorised for one set of series that are held."""

    def __init__(self, constraint: Any, spread: Floats, factor: Floats, held: NDArray[np.bool_]) -> None:
        from scipy import sparse
        from scipy.sparse.linalg import splu  # type: ignore[import-untyped]

        self.spread, self.factor, self.held = spread, factor, held
        c = constraint.tocsr()
        # A constraint all of whose figures are held decides nothing; whether it is met is checked at the end.
        free = np.asarray((abs(c) @ (~held).astype(np.float64)) > 0).ravel()
        self.places = np.flatnonzero(held)
        picks = sparse.csr_matrix(
            (np.ones(self.places.size), (np.arange(self.places.size), self.places)), shape=(self.places.size, held.size)
        )
        self.kept = int(free.sum())
        self.a = sparse.vstack([c[free], picks], format="csr")
        inner = (self.a @ sparse.diags(spread) @ self.a.T).tocsc()
        try:
            self.inner = splu(inner)
        except RuntimeError as error:
            raise ValueError("合计关系互相重复或被公布值完全决定，不能协调；请去掉多余的关系或公布值") from error
        self.low = self.a @ factor
        middle = np.eye(factor.shape[1])
        self.half = self.inner.solve(self.low) if factor.shape[1] else self.low
        self.middle = np.linalg.inv(middle + self.low.T @ self.half) if factor.shape[1] else middle

    def multipliers(self, gap: Floats) -> Floats:
        """(A W A′)⁻¹ gap by Woodbury's identity."""
        first = np.asarray(self.inner.solve(gap), dtype=np.float64)
        if not self.factor.shape[1]:
            return first
        return np.asarray(first - self.half @ (self.middle @ (self.low.T @ first)), dtype=np.float64)

    def apply(self, multipliers: Floats) -> Floats:
        """W A′ multipliers."""
        turned = self.a.T @ multipliers
        return np.asarray(self.spread[:, None] * turned + self.factor @ (self.factor.T @ turned), dtype=np.float64)

    def solve(self, y: Floats, held: Floats) -> Floats:
        return self.solved(y, held)[0]

    def solved(self, y: Floats, held: Floats) -> tuple[Floats, Floats]:
        """Coherent figures (series, steps) and the multipliers; a few refinements take the rounding errors out."""
        bound = np.vstack([np.zeros((self.kept, y.shape[1])), held[self.places]])
        out, total = y.copy(), np.zeros_like(bound)
        for _ in range(_REFINEMENTS):
            step = self.multipliers(self.a @ out - bound)
            out = out - self.apply(step)
            total += step
        out[self.places] = held[self.places]
        return out, total


def _one(
    constraint: Any, spread: Floats, factor: Floats, y: Floats, held: Floats, nonnegative: bool
) -> tuple[Floats, NDArray[np.bool_], int]:
    """One step: (series, 1) figures, those at nil, and how many solutions it took."""
    known = ~np.isnan(held[:, 0])
    zero = np.zeros(known.size, dtype=np.bool_)
    fewest, patience = known.size + 1, _PATIENCE
    size = 1e-9 * (1.0 + float(np.abs(y).max()))
    for rounds in range(1, _MOST_ROUNDS + 1):
        solver = _Solver(constraint, spread, factor, known | zero)
        found, multipliers = solver.solved(y, np.where(zero[:, None], 0.0, held))
        if not nonnegative:
            return found, zero, rounds
        pull = np.zeros(known.size)
        # y = ŷ − W A′μ: the force that keeps a figure at nil is −μ; a negative one would let it rise.
        pull[solver.places] = -multipliers[solver.kept :, 0]
        below = ~known & ~zero & (found[:, 0] < -size)
        release = zero & (pull < 0) & (np.abs(pull) * spread > size)
        wrong = int(below.sum() + release.sum())
        if not wrong:
            found[zero] = 0.0
            return np.maximum(found, 0.0) if not (found < -size).any() else found, zero, rounds
        if wrong < fewest:
            fewest, patience = wrong, _PATIENCE
        elif patience:
            patience -= 1
        else:
            # Murty's rule: only the last wrong one changes sides, which cannot go round in circles.
            last = int(np.flatnonzero(below | release)[-1])
            zero[last] = not zero[last]
            continue
        zero = (zero | below) & ~release
    raise ValueError(f"非负的协调在{_MOST_ROUNDS}轮内没有解：公布值可能使某个合计无法由非负的部分组成，请检查fixed")


def _incoherence(constraint: Any, y: Floats) -> float:
    gap, size = np.abs(constraint @ y), abs(constraint) @ np.abs(y)
    return float(np.max(gap / np.maximum(size, 1e-300), initial=0.0, where=size > 0))
