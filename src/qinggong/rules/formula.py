"""From the tree of a formula to operations (公式编译): kinds and units are fitted, constants are folded exactly."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from qinggong.rules.dimensions import NUMBER, Measure, known_units
from qinggong.rules.expression import Expression, FormulaError
from qinggong.rules.problems import shortened
from qinggong.rules.program import DATE, DAYS, Kind, NodeList, days

MOST_PERIODS = 240


@dataclass(frozen=True, slots=True)
class Term:
    """A compiled part of a formula: its node, or a constant that is no node yet.

    ``bare`` is a number written without a unit: it takes that of what it is put beside.
    """

    node: int
    kind: Kind
    measure: Measure = NUMBER
    constant: Fraction | None = None
    bare: bool = False
    unit: str = ""
    name: str = ""
    options: tuple[str, ...] = ()

    @classmethod
    def of_constant(cls, value: float | Fraction, measure: Measure, *, bare: bool = False, unit: str = "") -> Term:
        exact = value if isinstance(value, Fraction) else Fraction(Decimal(str(value)))
        return cls(-1, "number", measure, exact, bare, unit)


class FormulaCompiler:
    """Builds nodes from expressions; what a name means, the pack says (:meth:`named`)."""

    def __init__(self) -> None:
        self.nodes = NodeList()
        self.shown: dict[int, tuple[str, float]] = {}

    def named(self, name: str, expression: Expression) -> Term:
        raise NotImplementedError

    def term(self, e: Expression) -> Term:
        """The term of an expression.

        Raises
        ------
        FormulaError
            If names are unknown, or kinds or units do not fit.
        """
        if e.op == "number":
            unit = known_units().get(e.unit)
            return Term.of_constant(e.number, unit or NUMBER, bare=unit is None, unit=e.unit)
        if e.op == "truth":
            return Term(self.nodes.add("truth", numbers=(1.0 if e.number else -1.0,)), "truth")
        if e.op == "text":
            return Term(-1, "text", name=e.name)
        if e.op == "name":
            return self.named(e.name, e)
        if e.op == "call":
            return self._call(e)
        if e.op in ("and", "or", "not"):
            parts = [self._truth(part).node for part in e.args]
            return Term(self.nodes.add(e.op, *parts), "truth")
        if e.op in ("in", "has"):
            return self._member(e)
        if e.op in (">=", ">", "<=", "<", "=", "!="):
            return self._comparison(e)
        return self._arithmetic(e)

    # --------------------------------------------------------------------------------------------- fitting

    def settled(self, term: Term) -> Term:
        """A number term as a node: a constant becomes one."""
        if term.constant is None:
            return term
        return replace(term, node=self.nodes.add("const", numbers=(float(term.constant),)), constant=None)

    def fitted(self, term: Term, beside: Term) -> Term:
        """``term`` in the unit of ``beside``."""
        if term.bare and not beside.bare:
            if beside.unit or not beside.measure.pure:
                return replace(term, measure=beside.measure, bare=False, unit=beside.unit)
            # A share that was computed has no unit of its own: a bare number beside it is a pure number.
            return self.in_unit(replace(term, bare=False), beside.measure)
        if term.kind == "text" and beside.measure == DATE:
            return _date(term.name)
        if term.measure.powers != beside.measure.powers:
            raise FormulaError(
                f"单位不合：{_said(beside)}与{_said(term)}不能相比或相加减；请核对字段的 unit 和公式里的单位"
            )
        return self.in_unit(term, beside.measure)

    def in_unit(self, term: Term, measure: Measure) -> Term:
        """A number term converted to a measure of the same dimension."""
        if term.bare:
            return replace(term, measure=measure, bare=False)
        if term.measure.powers != measure.powers:
            raise FormulaError(f"单位不合：写的是{measure.name}，算出来是{term.measure.name}")
        ratio = term.measure.factor / measure.factor
        if ratio == 1:
            return replace(term, measure=measure)
        if term.constant is not None:
            return replace(term, measure=measure, constant=term.constant * ratio)
        return replace(term, measure=measure, node=self.nodes.add("scale", term.node, numbers=(float(ratio),)), unit="")

    def _number(self, e: Expression) -> Term:
        term = self.term(e)
        if term.kind != "number":
            raise FormulaError(f"这里要一个数，写的是{_KINDS[term.kind]}“{shortened(e.name or e.op)}”")
        return term

    def _truth(self, e: Expression) -> Term:
        term = self.term(e)
        if term.kind != "truth":
            raise FormulaError(f"“{shortened(e.name or e.op)}”不是条件；且、或、非的两边要写条件或是非字段")
        return term

    def _pair(self, e: Expression) -> tuple[Term, Term]:
        left, right = self.term(e.args[0]), self.term(e.args[1])
        if left.kind == "text" and right.kind == "number":
            left = self.fitted(left, right)
        elif right.kind == "text" and left.kind == "number":
            right = self.fitted(right, left)
        for term, part in ((left, e.args[0]), (right, e.args[1])):
            if term.kind != "number":
                raise FormulaError(f"“{shortened(part.name or part.op)}”是{_KINDS[term.kind]}，不能与数相比或运算")
        if left.bare and not right.bare:
            return self.fitted(left, right), right
        # The constant is brought to the unit of what varies, exactly.
        if left.constant is not None and right.constant is None:
            return self.fitted(left, right), right
        return left, self.fitted(right, left)

    # ------------------------------------------------------------------------------------------- arithmetic

    def _arithmetic(self, e: Expression) -> Term:
        if e.op == "neg":
            return self._scaled(self._number(e.args[0]), Fraction(-1))
        if e.op in ("+", "-"):
            left, right = self._pair(e)
            return self._sum(left, right, minus=e.op == "-")
        left, right = self._number(e.args[0]), self._number(e.args[1])
        if e.op == "*":
            if left.constant is not None and right.constant is not None:
                both = left.measure.times(right.measure)
                return Term.of_constant(left.constant * right.constant, both, bare=left.bare and right.bare)
            for one, other in ((left, right), (right, left)):
                if one.constant is not None:
                    return replace(self._scaled(other, one.constant), measure=other.measure.times(one.measure), unit="")
            return Term(self.nodes.add("mul", left.node, right.node), "number", left.measure.times(right.measure))
        if right.constant is not None:
            if right.constant == 0:
                raise FormulaError("除数是0")
            measure = left.measure.over(right.measure)
            if left.constant is not None:
                return Term.of_constant(left.constant / right.constant, measure, bare=left.bare and right.bare)
            divided = self.nodes.add("div", left.node, self.settled(right).node)
            return Term(divided, "number", measure)
        left = self.settled(left)
        return Term(self.nodes.add("div", left.node, right.node), "number", left.measure.over(right.measure))

    def _sum(self, left: Term, right: Term, *, minus: bool) -> Term:
        measure = DAYS if minus and left.measure == right.measure == DATE else left.measure
        if left.constant is not None and right.constant is not None:
            value = left.constant - right.constant if minus else left.constant + right.constant
            return Term(-1, "number", measure, value, left.bare and right.bare, left.unit)
        left, right = self.settled(left), self.settled(right)
        return Term(self.nodes.add("sub" if minus else "add", left.node, right.node), "number", measure, unit=left.unit)

    def _scaled(self, term: Term, by: Fraction) -> Term:
        if term.constant is not None:
            return replace(term, constant=term.constant * by)
        return replace(term, node=self.nodes.add("scale", term.node, numbers=(float(by),)))

    # ------------------------------------------------------------------------------------------ comparisons

    def _comparison(self, e: Expression) -> Term:
        kinds = [self.term(part).kind for part in e.args]
        if e.op in ("=", "!=") and "number" not in kinds:
            node = self._same(e)
        else:
            left, right = self._pair(e)
            unit = next((t.unit for t in (right, left) if t.unit), "")
            measure = known_units().get(unit)
            times = float(left.measure.factor / measure.factor) if measure else 1.0
            if measure is not None and measure.powers != left.measure.powers:
                unit, times = "", 1.0
            left, right = self.settled(left), self.settled(right)
            if e.op in ("=", "!="):
                node = self.nodes.add("eq", left.node, right.node)
            else:
                if e.op in ("<=", "<"):
                    left, right = right, left
                node = self.nodes.add("ge" if "=" in e.op else "gt", left.node, right.node)
            self.shown.setdefault(node, (unit, times))
        return Term(self.nodes.add("not", node) if e.op == "!=" else node, "truth")

    def _same(self, e: Expression) -> int:
        """Equality of a choice with an option, of a truth with 是 or 否."""
        left, right = self.term(e.args[0]), self.term(e.args[1])
        if right.kind in ("choice", "choices"):
            left, right = right, left
        if left.kind == "choice" and right.kind == "text":
            return self._chosen(left, [right.name])
        if left.kind == "truth" and right.kind == "truth":
            for one, other in ((left, right), (right, left)):
                fixed = self.nodes.nodes[one.node]
                if fixed.op == "truth":
                    return other.node if fixed.numbers[0] > 0 else self.nodes.add("not", other.node)
        raise FormulaError("“=”的两边要是数与数、选项字段与选项（加引号），或是非字段与 是、否")

    def _member(self, e: Expression) -> Term:
        left = self.term(e.args[0])
        members = [self.term(part) for part in e.args[1:]]
        if any(m.kind != "text" for m in members):
            raise FormulaError('“属于”“包含”后面要写加引号的选项，如 行业 属于 ("工业", "建筑业")')
        names = [m.name for m in members]
        if e.op == "in":
            if left.kind != "choice":
                raise FormulaError("“属于”的前面要是 choice 字段")
            return Term(self._chosen(left, names), "truth")
        if left.kind != "choices":
            raise FormulaError("“包含”的前面要是 choices 字段")
        return Term(self.nodes.add("has", name=left.name, numbers=(self._option(left, names[0]),)), "truth")

    def _chosen(self, field: Term, names: list[str]) -> int:
        return self.nodes.add("isin", name=field.name, numbers=tuple(sorted(self._option(field, n) for n in names)))

    def _option(self, field: Term, name: str) -> float:
        if name not in field.options:
            listed = "、".join(field.options[:12])
            raise FormulaError(f"“{shortened(name)}”不是字段“{field.name}”的选项；选项有：{listed}")
        return float(field.options.index(name))

    # -------------------------------------------------------------------------------------------- functions

    def _call(self, e: Expression) -> Term:
        name = e.name
        if name == "count":
            term = self.term(e.args[0])
            if term.kind != "choices":
                raise FormulaError("count（选中数）的参数要是 choices 字段")
            return Term(self.nodes.add("count", name=term.name), "number")
        if name == "if":
            return self._if(e)
        if name in ("streak", "peer_true"):
            return self._of_condition(e)
        if name in ("min", "max", "sum", "mean"):
            return self._many(e)
        term = self._number(e.args[0])
        if name == "round":
            places = self._whole(e.args[1], 0, 9) if len(e.args) > 1 else 0
            return replace(self._unary("round", term, float(places)), bare=False)
        if name == "abs":
            if term.constant is not None:
                return replace(term, constant=abs(term.constant))
            return self._unary("abs", term)
        return self._window(e, self.settled(term))

    def _unary(self, op: str, term: Term, *numbers: float) -> Term:
        term = self.settled(term)
        return replace(term, node=self.nodes.add(op, term.node, numbers=numbers))

    def _many(self, e: Expression) -> Term:
        terms = [self._number(part) for part in e.args]
        lead = next((t for t in terms if t.constant is None), next((t for t in terms if not t.bare), terms[0]))
        fitted = [self.settled(self.fitted(t, lead) if t is not lead else t) for t in terms]
        total = fitted[0]
        op = {"min": "min", "max": "max"}.get(e.name, "add")
        for term in fitted[1:]:
            total = replace(total, node=self.nodes.add(op, total.node, term.node), constant=None)
        if e.name == "mean":
            count = self.nodes.add("const", numbers=(float(len(fitted)),))
            return replace(total, node=self.nodes.add("div", total.node, count))
        return total

    def _if(self, e: Expression) -> Term:
        condition = self._truth(e.args[0])
        yes, no = self._pair(replace(e, args=e.args[1:]))
        yes, no = self.settled(yes), self.settled(no)
        return replace(yes, node=self.nodes.add("if", condition.node, yes.node, no.node), bare=False)

    def _of_condition(self, e: Expression) -> Term:
        node = self._truth(e.args[0]).node
        if e.name == "peer_true":
            return Term(self.nodes.add("peer_true", node), "number")
        periods = self._whole(e.args[1], 1, MOST_PERIODS)
        return Term(self.nodes.add("streak", node, numbers=(float(periods),)), "truth")

    def _window(self, e: Expression, term: Term) -> Term:
        name = e.name
        if name.startswith("peer_"):
            node = self.nodes.add(name, term.node)
            return replace(term, node=node) if name == "peer_median" else Term(node, "number")
        periods = self._whole(e.args[1], 1, MOST_PERIODS) if len(e.args) > 1 else 1
        if name in ("prev", "change", "growth"):
            before = self.nodes.add("prev", term.node, numbers=(float(periods),))
            if name == "prev":
                return replace(term, node=before, bare=False)
            difference = self.nodes.add("sub", term.node, before)
            if name == "change":
                return replace(term, node=difference, bare=False)
            return Term(self.nodes.add("div", difference, self.nodes.add("positive", before)), "number")
        if name in ("history_share", "history_z"):
            least = self._whole(e.args[2], 1, periods) if len(e.args) > 2 else periods
            return Term(self.nodes.add(name, term.node, numbers=(float(periods), float(least))), "number")
        return replace(term, node=self.nodes.add(name, term.node, numbers=(float(periods),)), bare=False)

    def _whole(self, e: Expression, lowest: int, highest: int) -> int:
        """A whole number written in the formula, such as the number of periods."""
        term = self._number(e)
        value = term.constant
        if value is None or value.denominator != 1 or not lowest <= value <= highest:
            raise FormulaError(f"期数或位数要写{lowest}至{highest}的整数")
        return int(value)


_KINDS = {"number": "数", "truth": "条件", "choice": "选项字段", "choices": "多选字段", "text": "文字"}


def _said(term: Term) -> str:
    return f"{term.measure.name}{f'（{term.unit}）' if term.unit else ''}"


def _date(text: str) -> Term:
    try:
        return Term.of_constant(days(dt.date.fromisoformat(text.strip())), DATE)
    except ValueError as error:
        raise FormulaError(f'不认识的日期“{shortened(text)}”，请写成 "2024-01-01"') from error
