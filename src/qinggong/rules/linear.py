"""A pack as a mixed-integer programme (混合整数规划): which values of the fields make a condition hold.

A truth becomes a 0–1 expression ``z`` with ``z = 1 ⇒ the condition holds`` (one direction is enough: the goal is
``z = 1``); a number becomes an affine expression, or a quotient of two with a positive divisor, so that shares such as
研发费用 ÷ 营业收入 ≥ 3 % stay linear. Every form is a relaxation of the rule: what it excludes is impossible, and what it
finds is verified by evaluating the pack (:mod:`qinggong.rules.cheapest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from qinggong.rules.integer_programme import ONE, ZERO, Affine, Milp
from qinggong.rules.program import Node, Program


class Nonlinear(Exception):
    """A part that has no linear form while all of ``fields`` may vary."""

    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__("、".join(sorted(fields)))
        self.fields = fields


class NotKnown(Exception):
    """A number that is unknown and cannot be chosen."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """``top`` over a positive ``bottom``."""

    top: Affine
    bottom: Affine = ONE

    @property
    def plain(self) -> bool:
        return not self.bottom.terms


@dataclass(slots=True)
class Encoder:
    """Turns nodes of a program into expressions over the variables of a :class:`Milp`.

    Attributes
    ----------
    numbers, flags, choices, several
        By field: its affine expression; 0–1 expressions of a flag, of each option of a choice, of several choices. A
        field that cannot vary has constants, one that is unknown and fixed is absent.
    fixed
        Values of nodes that are constants for this record (windows): a number, or a truth of 1, 0 or -1.
    margin
        Share of a threshold by which a strict comparison must be passed.
    """

    program: Program
    milp: Milp
    numbers: Mapping[str, Affine]
    flags: Mapping[str, Affine]
    choices: Mapping[str, Sequence[Affine]]
    several: Mapping[str, Sequence[Affine]]
    fixed: Mapping[int, float]
    margin: float = 1e-6
    _numbers: dict[int, Quotient] = field(default_factory=dict)
    _truths: dict[tuple[int, bool], Affine] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------------- truth

    def truth(self, number: int, *, holds: bool = True) -> Affine:
        """A 0–1 expression that is 1 only if the node is true (or, without ``holds``, false)."""
        key = (number, holds)
        if key not in self._truths:
            try:
                self._truths[key] = self._truth(number, holds)
            except NotKnown:
                self._truths[key] = ZERO
        return self._truths[key]

    def _truth(self, number: int, holds: bool) -> Affine:
        node = self.program.nodes[number]
        if number in self.fixed:
            return ONE if self.fixed[number] == (1 if holds else -1) else ZERO
        if node.op == "truth":
            return ONE if (node.numbers[0] > 0) == holds else ZERO
        if node.op == "not":
            return self.truth(node.args[0], holds=not holds)
        if node.op in ("and", "or", "at_least"):
            count = len(node.args)
            wanted = {"and": count, "or": 1}.get(node.op, int(node.numbers[0]) if node.numbers else 1)
            needed = wanted if holds else count - wanted + 1
            return self._enough([self.truth(a, holds=holds) for a in node.args], needed)
        if node.op in ("flag", "has", "isin"):
            return self._chosen(node, holds)
        if node.op == "exact":
            return ONE if holds else ZERO
        return self._comparison(node, holds)

    def _enough(self, parts: list[Affine], needed: int) -> Affine:
        """1 only if ``needed`` of the parts are."""
        if needed <= 0:
            return ONE
        sure = sum(1 for p in parts if p == ONE)
        parts = [p for p in parts if p not in (ONE, ZERO)]
        needed -= sure
        if needed <= 0:
            return ONE
        if needed > len(parts):
            return ZERO
        if len(parts) == 1:
            return parts[0]
        z = self.milp.binary()
        if needed == len(parts):
            for part in parts:
                self.milp.at_least(part.plus(z, times=-1.0))
        else:
            total = ZERO
            for part in parts:
                total = total.plus(part)
            self.milp.at_least(total.plus(z, times=-float(needed)))
        return z

    def _chosen(self, node: Node, holds: bool) -> Affine:
        if node.op == "flag":
            if node.name not in self.flags:
                raise NotKnown
            yes = self.flags[node.name]
        else:
            table = self.several if node.op == "has" else self.choices
            if node.name not in table:
                raise NotKnown
            yes = ZERO
            for place in node.numbers:
                yes = yes.plus(table[node.name][int(place)])
        return yes if holds else ONE.plus(yes, times=-1.0)

    def _comparison(self, node: Node, holds: bool) -> Affine:
        left, right = self.number(node.args[0]), self.number(node.args[1])
        difference, size = self._difference(left, right)
        # Whole numbers that differ do so by one.
        gap = 0.5 if self.milp.is_whole(difference) else self.margin * size
        if node.op == "eq":
            if not holds:
                sides = [self._positive(difference, gap), self._positive(difference.times(-1.0), gap)]
                return self._enough(sides, 1)
            both = [self._positive(difference, 0.0), self._positive(difference.times(-1.0), 0.0)]
            return self._enough(both, 2)
        if not holds:
            return self._positive(difference.times(-1.0), gap if node.op == "ge" else 0.0)
        return self._positive(difference, gap if node.op == "gt" else 0.0)

    def _positive(self, e: Affine, gap: float) -> Affine:
        """1 only if ``e ≥ gap``."""
        e = Affine(e.constant - gap, e.terms)
        slack = 1e-12 * max(abs(e.constant), 1.0)
        if self.milp.least(e) >= -slack:
            return ONE
        if self.milp.most(e) < -slack:
            return ZERO
        z = self.milp.binary()
        self.milp.implied(z, e)
        return z

    def _difference(self, left: Quotient, right: Quotient) -> tuple[Affine, float]:
        """An expression with the sign of ``left − right``, and the size of what is compared."""
        if left.bottom == right.bottom:
            e = left.top.plus(right.top, times=-1.0)
        elif not right.top.terms and right.plain:
            e = left.top.plus(left.bottom, times=-right.top.constant)
        elif not left.top.terms and left.plain:
            e = right.bottom.times(left.top.constant).plus(right.top, times=-1.0)
        else:
            raise Nonlinear(self._fields(left.bottom) or self._fields(right.bottom))
        spread = self.milp.most(e) - self.milp.least(e)
        size = max(abs(left.top.constant), abs(right.top.constant), 1e-3 * spread, 1e-3)
        return e, size

    # ------------------------------------------------------------------------------------------------ numbers

    def number(self, number: int) -> Quotient:
        """The expression of a number."""
        if number not in self._numbers:
            self._numbers[number] = self._number(number)
        return self._numbers[number]

    def _number(self, number: int) -> Quotient:
        node = self.program.nodes[number]
        if number in self.fixed:
            if np.isnan(self.fixed[number]):
                raise NotKnown
            return Quotient(Affine(self.fixed[number]))
        if node.op == "const":
            return Quotient(Affine(node.numbers[0]))
        if node.op == "field":
            if node.name not in self.numbers:
                raise NotKnown
            return Quotient(self.numbers[node.name])
        if node.op in ("count", "options", "option", "by_choice"):
            return self._of_options(node)
        if node.op == "cases":
            return self._cases(node)
        if node.op in ("bands", "linear"):
            return self._points(node, self.number(node.args[0]))
        parts = [self.number(a) for a in node.args]
        if node.op in ("add", "sub", "total"):
            total = parts[0]
            for part in parts[1:]:
                total = self._sum(total, part, -1.0 if node.op == "sub" else 1.0)
            return total
        if node.op == "scale":
            return Quotient(parts[0].top.times(node.numbers[0]), parts[0].bottom)
        if node.op in ("positive", "bounded"):
            return parts[0]
        if node.op == "mul":
            return self._product(*parts)
        if node.op == "div":
            return self._quotient(*parts)
        if node.op in ("min", "max", "abs") and all(p.plain for p in parts):
            pair = parts if len(parts) == 2 else [parts[0], Quotient(parts[0].top.times(-1.0))]
            return self._extreme(pair[0].top, pair[1].top, least=node.op == "min")
        raise Nonlinear(self._fields(*(e for p in parts for e in (p.top, p.bottom))))

    def _sum(self, one: Quotient, other: Quotient, times: float) -> Quotient:
        if one.bottom == other.bottom:
            return Quotient(one.top.plus(other.top, times=times), one.bottom)
        if other.plain and not other.top.terms:
            return Quotient(one.top.plus(one.bottom, times=times * other.top.constant), one.bottom)
        if one.plain and not one.top.terms:
            return Quotient(other.bottom.times(one.top.constant).plus(other.top, times=times), other.bottom)
        raise Nonlinear(self._fields(one.bottom, other.bottom))

    def _product(self, one: Quotient, other: Quotient) -> Quotient:
        for a, b in ((one, other), (other, one)):
            if a.plain and not a.top.terms:
                return Quotient(b.top.times(a.top.constant), b.bottom)
        raise Nonlinear(self._fields(other.top, other.bottom))

    def _quotient(self, one: Quotient, other: Quotient) -> Quotient:
        if not other.plain:
            raise Nonlinear(self._fields(other.bottom))
        if not other.top.terms:
            if other.top.constant == 0:
                raise NotKnown
            return Quotient(one.top.times(1.0 / other.top.constant), one.bottom)
        if not one.plain:
            raise Nonlinear(self._fields(other.top))
        most = self.milp.most(other.top)
        if most <= 0:
            raise NotKnown
        self.milp.at_least(other.top, 1e-6 * most)
        return Quotient(one.top, other.top)

    def _extreme(self, one: Affine, other: Affine, *, least: bool) -> Quotient:
        """The smaller or the greater of two, exactly, with one 0–1 variable."""
        sign = 1.0 if least else -1.0
        a, b = one.times(sign), other.times(sign)
        low = min(self.milp.least(a), self.milp.least(b))
        whole = self.milp.is_whole(a) and self.milp.is_whole(b)
        m = Affine(0.0, ((self.milp.variable(low, min(self.milp.most(a), self.milp.most(b)), whole=whole), 1.0),))
        z = self.milp.binary()
        self.milp.at_least(a.plus(m, times=-1.0))
        self.milp.at_least(b.plus(m, times=-1.0))
        self.milp.implied(z, m.plus(a, times=-1.0))
        self.milp.implied(ONE.plus(z, times=-1.0), m.plus(b, times=-1.0))
        return Quotient(m.times(sign))

    def _of_options(self, node: Node) -> Quotient:
        table = self.choices if node.op in ("option", "by_choice") else self.several
        if node.name not in table:
            raise NotKnown
        points = node.numbers if node.op != "count" else [1.0] * len(table[node.name])
        total = ZERO
        for yes, given in zip(table[node.name], points, strict=True):
            total = total.plus(yes, times=given)
        return Quotient(total)

    def _cases(self, node: Node) -> Quotient:
        points = node.numbers
        total, chosen = ZERO, ZERO
        fails: list[Affine] = []
        for arg, given in zip([*node.args, None], points, strict=True):
            y = self.milp.binary()
            for needed in fails if arg is None else [*fails, self.truth(arg)]:
                self.milp.at_least(needed.plus(y, times=-1.0))
            if arg is not None:
                fails.append(self.truth(arg, holds=False))
            total, chosen = total.plus(y, times=given), chosen.plus(y)
        self._exactly_one(chosen)
        return Quotient(total)

    def _points(self, node: Node, value: Quotient) -> Quotient:
        if node.op == "linear":
            base, lead, points = node.numbers
            pieces = (
                [(-np.inf, base, 0.0), (lead, np.inf, points)]
                if base < lead
                else [(base, np.inf, 0.0), (-np.inf, lead, points)]
            )
        else:
            table = np.asarray(node.numbers).reshape(-1, 5).tolist()
            pieces = [
                (low + (0.0 if low_in else self._beyond(low)), high - (0.0 if high_in else self._beyond(high)), points)
                for low, low_in, high, high_in, points in table
            ]
        total, chosen = ZERO, ZERO
        for low, high, points in pieces:
            y = self.milp.binary()
            if np.isfinite(low):
                self.milp.implied(y, value.top.plus(value.bottom, times=-low))
            if np.isfinite(high):
                self.milp.implied(y, value.bottom.times(high).plus(value.top, times=-1.0))
            total, chosen = total.plus(y, times=points), chosen.plus(y)
        if node.op == "linear":
            if not value.plain:
                raise Nonlinear(self._fields(value.bottom))
            base, lead, points = node.numbers
            y = self.milp.binary()
            part = Affine(0.0, ((self.milp.variable(min(points, 0.0), max(points, 0.0)), 1.0),))
            along = value.top.plus(ONE, times=-base).times(points / (lead - base))
            self.milp.implied(y, along.plus(part, times=-1.0))
            self.milp.implied(y, part.plus(along, times=-1.0))
            self.milp.at_least(y.times(max(points, 0.0)).plus(part, times=-1.0))
            total, chosen = total.plus(part), chosen.plus(y)
        self._exactly_one(chosen)
        return Quotient(total)

    def _beyond(self, edge: float) -> float:
        """How far from a border that does not count."""
        return self.margin * max(abs(edge), 1e-3) if np.isfinite(edge) else 0.0

    def _exactly_one(self, chosen: Affine) -> None:
        self.milp.at_least(chosen, 1.0)
        self.milp.at_least(chosen.times(-1.0), -1.0)

    def _fields(self, *expressions: Affine) -> frozenset[str]:
        """Fields whose variables stand in some expressions."""
        used = {v for e in expressions for v, _ in e.terms}
        tables: Iterable[tuple[str, Sequence[Affine]]] = [
            *((n, [e]) for n, e in self.numbers.items()), *((n, [e]) for n, e in self.flags.items()),
            *self.choices.items(), *self.several.items(),
        ]  # fmt: skip
        return frozenset(n for n, es in tables if any(v in used for e in es for v, _ in e.terms))
