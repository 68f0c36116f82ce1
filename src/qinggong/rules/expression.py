"""The formulas of rule packs (公式): a small language with a parser of its own; nothing is ever executed as code.

Numbers with units (``1000万元``, ``3%``), names of fields, parameters, scores and conditions in any script,
``+ - × ÷ ( )``, comparisons that say whether the border counts (``≥ > ≤ < = ≠``), ``且 或 非`` (and, or, not),
``属于`` (in), ``包含`` (has), and functions. Grammar, lowest binding first::

    either     = both { 或 both }
    both       = negation { 且 negation }
    negation   = 非 negation | relation
    relation   = sum [ (≥ | > | ≤ | < | = | ≠) sum [ comparison sum ] | 属于 ( sum, … ) | 包含 sum ]
    sum        = product { (+ | -) product }
    product    = sign { (× | ÷) sign }
    sign       = - sign | number [unit] | "text" | name | name ( either, … ) | ( either )
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from qinggong.rules.problems import shortened

LONGEST = 2000
DEEPEST = 40
MOST_TOKENS = 400
_WIDTH = str.maketrans("（），：；＋－＊／＝＜＞“”‘’％", "(),:;+-*/=<>\"\"''%") | {0x3000: " "}
_SPELLING = {
    "≥": ">=", "≤": "<=", "≠": "!=", "==": "=", "×": "*", "÷": "/", "且": "and", "或": "or", "非": "not", "−": "-",
    "属于": "in", "包含": "has", "AND": "and", "OR": "or", "NOT": "not",
}  # fmt: skip
FUNCTIONS: dict[str, tuple[str, int, int]] = {
    "min": ("min", 2, 20), "最小": ("min", 2, 20), "max": ("max", 2, 20), "最大": ("max", 2, 20),
    "abs": ("abs", 1, 1), "绝对值": ("abs", 1, 1), "round": ("round", 1, 2), "四舍五入": ("round", 1, 2),
    "sum": ("sum", 2, 20), "合计": ("sum", 2, 20), "mean": ("mean", 2, 20), "平均": ("mean", 2, 20),
    "if": ("if", 3, 3), "如果": ("if", 3, 3), "count": ("count", 1, 1), "选中数": ("count", 1, 1),
    "prev": ("prev", 1, 2), "前期": ("prev", 1, 2), "change": ("change", 1, 2), "变动": ("change", 1, 2),
    "growth": ("growth", 1, 2), "增长": ("growth", 1, 2), "streak": ("streak", 2, 2), "连续": ("streak", 2, 2),
    "rolling_mean": ("rolling_mean", 2, 2), "期均": ("rolling_mean", 2, 2),
    "rolling_sum": ("rolling_sum", 2, 2), "期和": ("rolling_sum", 2, 2),
    "rolling_min": ("rolling_min", 2, 2), "期低": ("rolling_min", 2, 2),
    "rolling_max": ("rolling_max", 2, 2), "期高": ("rolling_max", 2, 2),
    "history_share": ("history_share", 2, 3), "历史分位": ("history_share", 2, 3),
    "history_z": ("history_z", 2, 3), "历史偏离": ("history_z", 2, 3),
    "peer_share": ("peer_share", 1, 1), "同期分位": ("peer_share", 1, 1),
    "peer_median": ("peer_median", 1, 1), "同期中位": ("peer_median", 1, 1),
    "peer_z": ("peer_z", 1, 1), "同期偏离": ("peer_z", 1, 1),
    "peer_true": ("peer_true", 1, 1), "同期占比": ("peer_true", 1, 1),
}  # fmt: skip
"""Name in a formula -> function, fewest and most arguments."""
_NAME = re.compile(r"[^\W\d]\w*", re.UNICODE)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,12})?")
_SYMBOL = re.compile(r">=|<=|!=|==|[-+*/()<>=,≥≤≠×÷−]")
_TEXT = re.compile(r"\"([^\"\n]{0,200})\"|'([^'\n]{0,200})'")
_PATTERNS = (("number", _NUMBER), ("text", _TEXT), ("name", _NAME), ("symbol", _SYMBOL))
_COMPARISONS = (">=", ">", "<=", "<", "=", "!=")


class FormulaError(ValueError):
    """A formula that does not follow the grammar; the message names the place in it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A part of a formula: ``op`` and its arguments; ``start`` and ``end`` are its place in the text."""

    op: str
    args: tuple[Expression, ...] = ()
    name: str = ""
    number: Fraction = Fraction(0)
    unit: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def walk(self) -> Iterator[Expression]:
        """This part and all parts below it."""
        yield self
        for part in self.args:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str, *, units: frozenset[str] = frozenset()) -> Expression:
    """The tree of a formula.

    Parameters
    ----------
    text
        The formula; full-width punctuation is read as half-width.
    units
        Units that may follow a number.

    Raises
    ------
    FormulaError
        If it is too long, too deep, or not of the grammar.
    """
    if len(text) > LONGEST:
        raise FormulaError(f"公式有{len(text)}个字符，至多{LONGEST}个；请拆成几个条件或推算字段")
    reader = _Reader(text, _tokens(text.translate(_WIDTH), units))
    tree = reader.either(0)
    reader.expect_end()
    return tree


def _tokens(text: str, units: frozenset[str]) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if len(tokens) >= MOST_TOKENS:
            raise FormulaError(f"公式超过{MOST_TOKENS}个成分；请拆成几个条件或推算字段")
        kind, found = next(((k, hit) for k, p in _PATTERNS if (hit := p.match(text, at))), ("", None))
        if found is None:
            raise FormulaError(f"第{at + 1}个字符“{shortened(text[at])}”不能出现在公式里")
        word = found[0]
        if kind == "text":
            word = found[1] if found[1] is not None else found[2]
        elif kind != "number":
            word = _SPELLING.get(word, word)
        if kind == "name" and word in ("and", "or", "not", "in", "has"):
            kind = "symbol"
        tokens.append(_Token(kind, word, at, found.end()))
        at = found.end()
        if kind == "number" and (unit := _unit_at(text, at, units)):
            start, end = unit
            tokens.append(_Token("unit", text[start:end], start, end))
            at = end
    return tokens


def _unit_at(text: str, at: int, units: frozenset[str]) -> tuple[int, int] | None:
    """Where the unit of a number stands: right behind it, as a whole word."""
    start = at
    while start < len(text) and text[start] == " ":
        start += 1
    longest = max(map(len, units), default=0)
    for end in range(min(start + longest, len(text)), start, -1):
        inside = end < len(text) and (text[end].isalnum() or text[end] == "_")
        if text[start:end] in units and not (inside and text[end - 1].isalnum()):
            return start, end
    return None


class _Reader:
    """Reads the tokens by recursive descent; the depth is limited."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text, self.tokens, self.at = text, tokens, 0
        if not tokens:
            raise FormulaError("公式是空的")

    def either(self, depth: int) -> Expression:
        return self._joined("or", self._both, depth)

    def expect_end(self) -> None:
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            raise FormulaError(f"第{token.start + 1}个字符“{token.text}”是多余的，或者它前面缺少运算符")

    def _both(self, depth: int) -> Expression:
        return self._joined("and", self._negation, depth)

    def _joined(self, word: str, below: Callable[[int], Expression], depth: int) -> Expression:
        if depth > DEEPEST:
            raise FormulaError(f"公式的括号超过{DEEPEST}层；请拆成几个条件或推算字段")
        parts = [below(depth)]
        while self._next(word):
            parts.append(below(depth))
        if len(parts) == 1:
            return parts[0]
        return Expression(word, tuple(parts), start=parts[0].start, end=parts[-1].end)

    def _negation(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise FormulaError(f"公式的括号超过{DEEPEST}层；请拆成几个条件或推算字段")
        if (token := self._next("not")) is not None:
            inner = self._negation(depth + 1)
            return Expression("not", (inner,), start=token.start, end=inner.end)
        return self._relation(depth)

    def _relation(self, depth: int) -> Expression:
        left = self._sum(depth)
        if self._next("in"):
            return self._membership(left, depth)
        if self._next("has"):
            right = self._sum(depth)
            return Expression("has", (left, right), start=left.start, end=right.end)
        parts: list[Expression] = []
        while (token := self._next(*_COMPARISONS)) is not None:
            if len(parts) == 2:
                raise FormulaError(f"第{token.start + 1}个字符：一次至多两个比较，如 0 ≤ x < 10")
            right = self._sum(depth)
            parts.append(Expression(token.text, (left, right), start=left.start, end=right.end))
            left = right
        if not parts:
            return left
        return parts[0] if len(parts) == 1 else Expression("and", tuple(parts), start=parts[0].start, end=parts[1].end)

    def _membership(self, left: Expression, depth: int) -> Expression:
        if self._next("(") is None:
            raise FormulaError('“属于”后面要写括号，如 行业 属于 ("工业", "建筑业")')
        members = [self._sum(depth)]
        while self._next(","):
            members.append(self._sum(depth))
        end = self._close()
        return Expression("in", (left, *members), start=left.start, end=end)

    def _sum(self, depth: int) -> Expression:
        left = self._product(depth)
        while (token := self._next("+", "-")) is not None:
            right = self._product(depth)
            left = Expression(token.text, (left, right), start=left.start, end=right.end)
        return left

    def _product(self, depth: int) -> Expression:
        left = self._sign(depth)
        while (token := self._next("*", "/")) is not None:
            right = self._sign(depth)
            left = Expression(token.text, (left, right), start=left.start, end=right.end)
        return left

    def _sign(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise FormulaError(f"公式的括号超过{DEEPEST}层；请拆成几个条件或推算字段")
        if (token := self._next("-")) is not None:
            inner = self._sign(depth + 1)
            return Expression("neg", (inner,), start=token.start, end=inner.end)
        return self._atom(depth)

    def _atom(self, depth: int) -> Expression:
        if self.at >= len(self.tokens):
            raise FormulaError(f"公式“{shortened(self.text)}”到末尾还没有写完")
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "number":
            unit, end = "", token.end
            if self.at < len(self.tokens) and self.tokens[self.at].kind == "unit":
                unit, end = self.tokens[self.at].text, self.tokens[self.at].end
                self.at += 1
            return Expression("number", number=Fraction(Decimal(token.text)), unit=unit, start=token.start, end=end)
        if token.kind == "text":
            return Expression("text", name=token.text, start=token.start, end=token.end)
        if token.kind == "name":
            if token.text in ("true", "false", "是", "否"):
                yes = token.text in ("true", "是")
                return Expression("truth", number=Fraction(int(yes)), start=token.start, end=token.end)
            if self._next("("):
                return self._call(token, depth)
            return Expression("name", name=token.text, start=token.start, end=token.end)
        if token.text == "(":
            inner = self.either(depth + 1)
            self._close()
            return inner
        raise FormulaError(f"第{token.start + 1}个字符“{token.text}”的前面缺少数或字段")

    def _call(self, token: _Token, depth: int) -> Expression:
        known = FUNCTIONS.get(token.text)
        if known is None:
            raise FormulaError(f"没有函数“{shortened(token.text)}”；可用：{'、'.join(FUNCTIONS)}")
        args = [self.either(depth + 1)]
        while self._next(","):
            args.append(self.either(depth + 1))
        end = self._close()
        name, fewest, most = known
        if not fewest <= len(args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest}至{most}"
            raise FormulaError(f"函数“{token.text}”要{wanted}个参数，写了{len(args)}个")
        return Expression("call", tuple(args), name=name, start=token.start, end=end)

    def _close(self) -> int:
        token = self._next(")")
        if token is None:
            raise FormulaError(f"公式“{shortened(self.text)}”缺少右括号")
        return token.end

    def _next(self, *words: str) -> _Token | None:
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "symbol" and token.text in words:
                self.at += 1
                return token
        return None


# ------------------------------------------------------------------------------------------------ intervals

_BRACKETS = re.compile(r"([\[(])([^,]{1,60}),([^,]{1,60})([\])])")
_ONE_SIDED = re.compile(r"(>=|<=|>|<|=|≥|≤)(.{1,60})")
_INFINITE = {"∞", "+∞", "-∞", "−∞", "inf", "-inf", "+inf"}


@dataclass(frozen=True, slots=True)
class Interval:
    """A band's range; ``None`` is no border; ``low_counts``, ``high_counts``: whether the border belongs to it."""

    low: Expression | None
    low_counts: bool
    high: Expression | None
    high_counts: bool


def parse_interval(text: str, *, units: frozenset[str] = frozenset()) -> Interval:
    """A range: ``[3%, 5%)``, ``(-∞, 0)``, ``≥ 15%``; a square bracket counts its border, a round one does not."""
    plain = text.translate(_WIDTH).strip()
    if found := _ONE_SIDED.fullmatch(plain):
        sign, edge = _SPELLING.get(found[1], found[1]), _edge(found[2], units)
        if sign == "=":
            return Interval(edge, True, edge, True)
        if sign in (">=", ">"):
            return Interval(edge, sign == ">=", None, False)
        return Interval(None, False, edge, sign == "<=")
    if found := _BRACKETS.fullmatch(plain):
        low, high = _edge(found[2], units), _edge(found[3], units)
        if (low is None and found[1] == "[") or (high is None and found[4] == "]"):
            raise FormulaError(f"“{shortened(text)}”：无穷的一端用圆括号")
        return Interval(low, found[1] == "[", high, found[4] == "]")
    raise FormulaError(f"不认识的区间“{shortened(text)}”；请写成 [3%, 5%)、(-∞, 0) 或 ≥ 15%")


def _edge(text: str, units: frozenset[str]) -> Expression | None:
    return None if text.strip() in _INFINITE else parse(text, units=units)
