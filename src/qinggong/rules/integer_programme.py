"""A mixed-integer programme (混合整数规划): variables with bounds and costs, rows over them, solved by HiGHS.

Big-M constants come from the variables' bounds (H. P. Williams, Model Building in Mathematical Programming, 5th ed.
2013, ch. 9).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

TIME_LIMIT = 5.0


@dataclass(frozen=True, slots=True)
class Affine:
    """A constant and multiples of variables."""

    constant: float = 0.0
    terms: tuple[tuple[int, float], ...] = ()

    def plus(self, other: Affine, *, times: float = 1.0) -> Affine:
        terms = dict(self.terms)
        for variable, factor in other.terms:
            terms[variable] = terms.get(variable, 0.0) + times * factor
        return Affine(self.constant + times * other.constant, tuple((v, f) for v, f in terms.items() if f))

    def times(self, by: float) -> Affine:
        return Affine(self.constant * by, tuple((v, f * by) for v, f in self.terms) if by else ())


ONE = Affine(1.0)
ZERO = Affine(0.0)


@dataclass(slots=True)
class Milp:
    """Variables with bounds and costs, and rows ``low ≤ Σ factor·variable ≤ high``."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    rows: list[tuple[Affine, float]] = field(default_factory=list)

    def variable(self, low: float, high: float, *, whole: bool = False, cost: float = 0.0) -> int:
        for column, value in ((self.low, low), (self.high, high), (self.cost, cost)):
            column.append(float(value))
        self.whole.append(whole)
        return len(self.low) - 1

    def binary(self, *, cost: float = 0.0) -> Affine:
        return Affine(0.0, ((self.variable(0, 1, whole=True, cost=cost), 1.0),))

    def least(self, e: Affine) -> float:
        return e.constant + sum(f * (self.low[v] if f > 0 else self.high[v]) for v, f in e.terms)

    def most(self, e: Affine) -> float:
        return -self.least(e.times(-1.0))

    def is_whole(self, e: Affine) -> bool:
        """Whether an expression takes whole values only."""
        return float(e.constant).is_integer() and all(self.whole[v] and float(f).is_integer() for v, f in e.terms)

    def at_least(self, e: Affine, value: float = 0.0) -> None:
        """Require ``e ≥ value``; the row is scaled so that its largest factor is one."""
        size = max((abs(f) for _, f in e.terms), default=1.0)
        self.rows.append((e.times(1.0 / size), value / size))

    def implied(self, z: Affine, e: Affine) -> None:
        """Require ``e ≥ 0`` if ``z = 1``."""
        lowest = self.least(e)
        if lowest < 0:
            self.at_least(e.plus(ONE.plus(z, times=-1.0), times=-lowest))

    def solve(self) -> list[float] | None:
        """Values of least cost; ``None`` if there are none."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
        from scipy.sparse import csr_array  # type: ignore[import-untyped]

        count = len(self.low)
        if not count:
            return [] if all(e.constant >= value - 1e-9 for e, value in self.rows) else None
        entries = [(n, v, f) for n, (e, _) in enumerate(self.rows) for v, f in e.terms]
        rows, columns, factors = zip(*entries, strict=True) if entries else ((), (), ())
        matrix = csr_array(
            (np.array(factors, float), (np.array(rows, int), np.array(columns, int))), (len(self.rows), count)
        )
        lowest = np.array([value - e.constant for e, value in self.rows])
        answer = milp(
            np.array(self.cost), integrality=np.array(self.whole, dtype=int), bounds=Bounds(self.low, self.high),
            constraints=[LinearConstraint(matrix, lowest, np.inf)] if self.rows else [],
            options={"time_limit": TIME_LIMIT, "mip_rel_gap": 1e-6},
        )  # fmt: skip
        return None if answer.x is None else [float(v) for v in answer.x]
