"""Scores of a pack as operations (评分编译): bands, options, straight lines, cases, weights and caps."""

from __future__ import annotations

from qinggong.rules.dimensions import unit_names
from qinggong.rules.expression import Expression, FormulaError, parse, parse_interval
from qinggong.rules.formula import FormulaCompiler, Term
from qinggong.rules.model import Body, Item, Score
from qinggong.rules.pack_files import PackFile
from qinggong.rules.problems import shortened
from qinggong.rules.program import SCORE, Clause, ScorePlan

Path = tuple[str | int, ...]


class Placed(FormulaError):
    """A fault with its place in the pack."""

    def __init__(self, rule: str, path: Path, message: str) -> None:
        super().__init__(message)
        self.rule = "formula" if rule in ("fields", "parameters", "conditions", "scores", "items") else rule
        self.path, self.message = path, message


class ScoreCompiler(FormulaCompiler):
    """Knows how parts of a score become nodes; conditions and formulas are its subclass's."""

    file: PackFile
    meanings: dict[str, tuple[str, int]]
    items: list[tuple[Item, Path]]
    plans: dict[int, ScorePlan]

    def _meant(self, key: tuple[str, int], name: str) -> Term:
        raise NotImplementedError

    def _formula(self, text: str, path: Path) -> Term:
        raise NotImplementedError

    def _clause(self, body: Body, path: Path) -> Clause:
        raise NotImplementedError

    def _score(self, score: Score, number: int) -> Term:
        items = []
        for place, item in enumerate(score.items):
            path: Path = ("scores", number, "items", place)
            key = self.meanings.get(item.code or "", ("", 0))
            own = item.code is not None and key[0] == "items" and self.items[key[1]][1] == path
            items.append((item, self._meant(key, "").node if own else self._item(item, path)))
        node = self.nodes.add("total", *(n for _, n in items))
        if score.most is not None:
            node = self.nodes.add("min", node, self.nodes.add("const", numbers=(score.most,)))
        self.plans[number] = ScorePlan(score, node, tuple(items))
        return Term(node, "number", SCORE, unit="分")

    def _item(self, item: Item, path: Path) -> int:
        if item.cases is not None:
            nodes = [self._clause(c.when, (*path, "cases", n, "when")).node for n, c in enumerate(item.cases)]
            points = (*(c.points for c in item.cases), item.otherwise or 0.0)
            node = self.nodes.add("cases", *nodes, numbers=points)
        else:
            term = self._formula(item.of or "", (*path, "of"))
            node = self._points(item, term, path)
        if item.most is not None:
            node = self.nodes.add("min", node, self.nodes.add("const", numbers=(item.most,)))
        return self.nodes.add("scale", node, numbers=(item.weight,)) if item.weight != 1 else node

    def _points(self, item: Item, term: Term, path: Path) -> int:
        if item.options is not None:
            if term.kind not in ("choice", "choices"):
                raise Placed("formula", (*path, "of"), "options 只用于 choice 或 choices 字段")
            unknown = [o for o in item.options if o not in term.options]
            if unknown:
                raise Placed("unknown-option", (*path, "options", unknown[0]), f"“{unknown[0]}”不是字段的选项")
            points = tuple(item.options.get(o, 0.0) for o in term.options)
            return self.nodes.add("options" if term.kind == "choices" else "option", name=term.name, numbers=points)
        if term.kind != "number":
            raise Placed("formula", (*path, "of"), f"“{shortened(item.of or '')}”不是一个数，不能计分")
        term = self.settled(term)
        if item.bands is not None:
            numbers: list[float] = []
            for place, band in enumerate(item.bands):
                where: Path = (*path, "bands", place, "in")
                low, low_in, high, high_in = self._band(band.within, term, where)
                numbers += [low, float(low_in), high, float(high_in), band.points]
            return self.nodes.add("bands", term.node, numbers=tuple(numbers))
        if item.linear is not None:
            ends = [self._edge(text, term, (*path, "linear")) for text in (item.linear.base, item.linear.lead)]
            if ends[0] == ends[1]:
                raise Placed("formula", (*path, "linear"), "base 和 lead 相同，分不出高低")
            return self.nodes.add("linear", term.node, numbers=(*ends, item.linear.points))
        if not (term.measure.pure or term.measure == SCORE):
            raise Placed("unit", (*path, "of"), f"{term.measure.name}不能直接当分数；请用 bands 或 linear")
        limits = self._limits(term.node)
        return term.node if limits is None else self.nodes.add("bounded", term.node, numbers=limits)

    def _limits(self, node: int) -> tuple[float, float] | None:
        """Between which values a field lies that is a part of a score itself."""
        found = self.nodes.nodes[node]
        one = next((f for f in self.file.pack.fields if found.op == "field" and f.code == found.name), None)
        if one is None or one.minimum is None or one.maximum is None:
            return None
        return one.minimum, one.maximum

    def _band(self, text: str, term: Term, path: Path) -> tuple[float, bool, float, bool]:
        try:
            found = parse_interval(text, units=unit_names())
        except FormulaError as error:
            raise Placed("formula", path, str(error)) from error
        low = float("-inf") if found.low is None else self._constant(found.low, term, path)
        high = float("inf") if found.high is None else self._constant(found.high, term, path)
        if low > high or (low == high and not (found.low_counts and found.high_counts)):
            raise Placed("empty-band", path, f"区间“{shortened(text)}”里没有数")
        return low, found.low_counts, high, found.high_counts

    def _edge(self, text: str, term: Term, path: Path) -> float:
        try:
            return self._constant(parse(text, units=unit_names()), term, path)
        except FormulaError as error:
            raise error if isinstance(error, Placed) else Placed("formula", path, str(error)) from error

    def _constant(self, expression: Expression, beside: Term, path: Path) -> float:
        """A constant border in the unit of the number beside it."""
        try:
            term = self.fitted(self.term(expression), beside)
        except Placed:
            raise
        except FormulaError as error:
            raise Placed("unit", path, str(error)) from error
        if term.constant is None:
            raise Placed("formula", path, "界限要写数或参数，不能随记录变化")
        return float(term.constant)
