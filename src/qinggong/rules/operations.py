"""The array operations of a program (运算): three-valued truth and numbers as intervals, over whole columns.

Truth is an ``int8`` array: 1 true, 0 unknown, -1 false, so that *and* is the minimum, *or* the maximum and *not* the
sign (S. C. Kleene, Introduction to Metamathematics, 1952, §64). A number is a pair of float arrays ``low, high``, NaN
where nothing is known on that side; of a plain number both are the same array. Less input only widens an interval, so
it never makes a truth of an unknown.

Two numbers that differ by less than one part in 10¹¹ are equal: figures have at most 15 digits, what lies behind is
the rounding of binary arithmetic, and a value on the border of a condition must stay on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from qinggong.rules.program import Node, Program

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.int8]
Pair = tuple[Floats, Floats]
Value = Truth | Pair
Columns = Mapping[str, npt.NDArray[Any]]
EQUAL = 1e-11


def run(
    program: Program,
    columns: Columns,
    roots: Sequence[int],
    *,
    rows: int,
    known: Mapping[int, Value] | None = None,
    keep: Iterable[int] | None = None,
) -> dict[int, Value]:
    """The values of some nodes over some records.

    Parameters
    ----------
    columns
        By field: float (NaN unknown), ``int8`` truth, ``int32`` choice (-1 unknown), or for several choices an ``int8``
        matrix with a column for each option.
    known
        Values of nodes that are computed already: windows over all records.
    keep
        Nodes whose values are wanted besides the roots; ``None`` keeps the roots only.
    """  # fmt: skip
    done: dict[int, Value] = dict((known or {}).items())
    order = _order(program, roots, done)
    wanted = {*roots, *(keep if keep is not None else ())}
    last: dict[int, int] = {}
    for number in order:
        for arg in program.nodes[number].args:
            last[arg] = number
    with np.errstate(all="ignore"):
        for number in order:
            node = program.nodes[number]
            done[number] = _OPERATIONS[node.op](node, [done[a] for a in node.args], columns, rows)
            for arg in node.args:
                if last.get(arg) == number and arg not in wanted:
                    done.pop(arg, None)
    return {n: done[n] for n in wanted if n in done}


def _order(program: Program, roots: Sequence[int], done: Mapping[int, Value]) -> list[int]:
    """The nodes still to do, each after those it needs."""
    wanted: set[int] = set()
    waiting = [r for r in roots if r not in done]
    while waiting:
        number = waiting.pop()
        if number not in wanted:
            wanted.add(number)
            waiting.extend(a for a in program.nodes[number].args if a not in done)
    return sorted(wanted)


def signs(true: npt.NDArray[np.bool_], false: npt.NDArray[np.bool_]) -> Truth:
    """Truth from where it is true and where it is false."""
    return true.view(np.int8) - false.view(np.int8)


def exact(pair: Pair) -> Floats:
    """The number where it is known exactly, else NaN."""
    low, high = pair
    return low if low is high else np.where(low == high, low, np.nan)


def _one(value: Value) -> Floats:
    assert isinstance(value, tuple)
    return exact(value)


# -------------------------------------------------------------------------------------------------- numbers


def _field(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    column = columns[node.name].astype(np.float64, copy=False)
    return column, column


def _const(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    # One number is enough: it is spread over the records by the operation that uses it.
    column = np.full(1, node.numbers[0])
    return column, column


def _by_choice(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    codes = columns[node.name]
    table = np.append(np.asarray(node.numbers), np.nan)
    column = table[codes]  # code -1 is unknown and takes the last entry
    return column, column


def _monotone(function: Callable[[Floats, Floats], Floats]) -> Callable[..., Value]:
    def operation(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
        (a, b), (c, d) = args[0], args[1]
        low = function(a, c)
        return (low, low) if a is b and c is d else (low, function(b, d))

    return operation


def _sub(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    (a, b), (c, d) = args[0], args[1]
    low = a - d
    return (low, low) if a is b and c is d else (low, b - c)


def _mul(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    product = _one(args[0]) * _one(args[1])
    return product, product


def _div(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    quotient = _one(args[0]) / _one(args[1])
    quotient = np.where(np.isfinite(quotient), quotient, np.nan)
    return quotient, quotient


def _scale(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    (low, high), by = args[0], node.numbers[0]
    first = low * by
    if low is high:
        return first, first
    second = high * by
    return (first, second) if by >= 0 else (second, first)


def _unary(function: Callable[[Floats, Node], Floats]) -> Callable[..., Value]:
    def operation(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
        column = function(_one(args[0]), node)
        return column, column

    return operation


def half_up(values: Floats, places: int) -> Floats:
    """Rounded as people do it, halves away from zero; a half that binary arithmetic missed by a hair is one."""
    scaled = np.abs(values) * 10.0**places
    rounded = np.floor(scaled * (1 + EQUAL) + 0.5) / 10.0**places
    return np.copysign(rounded, values)


def _if(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    truth, (a, b), (c, d) = args[0], args[1], args[2]
    low = np.where(truth == 1, a, np.where(truth == -1, c, np.minimum(a, c)))
    high = np.where(truth == 1, b, np.where(truth == -1, d, np.maximum(b, d)))
    return low, high


def _count(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    matrix = columns[node.name]
    unknown = (matrix == 0).any(axis=1)
    column = np.where(unknown, np.nan, (matrix == 1).sum(axis=1).astype(np.float64))
    return column, column


# --------------------------------------------------------------------------------------------------- scores


def _bands(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    value = _one(args[0])
    bands = np.asarray(node.numbers).reshape(-1, 5)
    points = np.full(value.shape, np.nan)
    # From the last to the first, so that of overlapping bands the first counts.
    for low, low_in, high, high_in, given in bands[::-1]:
        inside = ~np.isnan(value)
        if np.isfinite(low):
            edge = low - EQUAL * abs(low) if low_in else low + EQUAL * abs(low)
            inside &= value >= edge if low_in else value > edge
        if np.isfinite(high):
            edge = high + EQUAL * abs(high) if high_in else high - EQUAL * abs(high)
            inside &= value <= edge if high_in else value < edge
        points[inside] = given
    unknown = np.isnan(value)
    if not unknown.any():
        return points, points
    low_points, high_points = points.copy(), points
    low_points[unknown], high_points[unknown] = bands[:, 4].min(), bands[:, 4].max()
    return low_points, high_points


def _options(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    matrix, points = columns[node.name], np.asarray(node.numbers)
    total = (matrix == 1) @ points
    unknown = matrix == 0
    if not unknown.any():
        return total, total
    return total + unknown @ np.minimum(points, 0.0), total + unknown @ np.maximum(points, 0.0)


def _bounded(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    """A field with declared limits: where it is missing it lies between them."""
    column = _one(args[0])
    unknown = np.isnan(column)
    if not unknown.any():
        return column, column
    return np.where(unknown, node.numbers[0], column), np.where(unknown, node.numbers[1], column)


def _option(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    codes, points = columns[node.name], np.asarray(node.numbers)
    low = np.append(points, points.min())[codes]
    high = np.append(points, points.max())[codes]
    return (low, low) if (codes >= 0).all() else (low, high)


def _linear(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    base, lead, points = node.numbers
    low, high = args[0]
    first = np.clip((low - base) / (lead - base), 0.0, 1.0) * points
    if low is high and not np.isnan(low).any():
        return first, first
    second = np.clip((high - base) / (lead - base), 0.0, 1.0) * points
    lower, upper = np.fmin(first, second), np.fmax(first, second)
    unknown = np.isnan(low) | np.isnan(high)
    return np.where(unknown, min(0.0, points), lower), np.where(unknown, max(0.0, points), upper)


def _cases(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    low, high = np.full(rows, np.inf), np.full(rows, -np.inf)
    open_still = np.ones(rows, dtype=bool)
    for truth, points in zip(args, node.numbers, strict=False):
        may = open_still & (truth != -1)
        low[may] = np.minimum(low[may], points)
        high[may] = np.maximum(high[may], points)
        open_still = open_still & (truth != 1)
    rest = node.numbers[-1]
    low[open_still] = np.minimum(low[open_still], rest)
    high[open_still] = np.maximum(high[open_still], rest)
    return low, high


def _total(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    low, high = np.zeros(rows), np.zeros(rows)
    for a, b in args:
        low = low + a
        high = high + b
    return low, high


# ---------------------------------------------------------------------------------------------------- truth


def _compare(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    """``left ≥ right`` (``ge``) or ``left > right`` (``gt``)."""
    (a, b), (c, d) = args[0], args[1]
    inclusive = node.op == "ge"
    if len(c) == 1 and c is d:
        edge = float(c[0]) - EQUAL * abs(float(c[0])) * (1 if inclusive else -1)
        return signs(a >= edge, b < edge) if inclusive else signs(a > edge, b <= edge)
    if len(a) == 1 and a is b:
        edge = float(a[0]) + EQUAL * abs(float(a[0])) * (1 if inclusive else -1)
        true, false = (d <= edge, c > edge) if inclusive else (d < edge, c >= edge)
        return signs(true, false)
    slack = _slack(a, d)
    low = a - d
    high, wide = (low, slack) if a is b and c is d else (b - c, _slack(b, c))
    truth = signs(low >= -slack, high < -wide) if inclusive else signs(low > slack, high <= wide)
    return truth if len(truth) == rows else np.broadcast_to(truth, (rows,)).copy()


def _slack(left: Floats, right: Floats) -> Floats:
    slack: Floats = EQUAL * np.maximum(np.abs(left), np.abs(right))
    return slack


def _eq(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    (a, b), (c, d) = args[0], args[1]
    one, other = exact((a, b)), exact((c, d))
    same = np.abs(one - other) <= _slack(one, other)
    apart = (a - d > _slack(a, d)) | (c - b > _slack(c, b))
    truth = signs(same, apart)
    return truth if len(truth) == rows else np.broadcast_to(truth, (rows,)).copy()


def _flag(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    return columns[node.name].astype(np.int8, copy=False)


def _fixed(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    return np.full(rows, int(node.numbers[0]), dtype=np.int8)


def _isin(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    codes = columns[node.name]
    chosen = np.isin(codes, np.asarray(node.numbers, dtype=np.int32))
    return signs(chosen, ~chosen & (codes >= 0))


def _has(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    column: Truth = np.ascontiguousarray(columns[node.name][:, int(node.numbers[0])]).astype(np.int8, copy=False)
    return column


def _fold(function: np.ufunc) -> Callable[..., Value]:
    def operation(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
        first = args[0]
        assert isinstance(first, np.ndarray)
        if len(args) == 1:
            return first
        result = function(first, args[1])
        for other in args[2:]:
            function(result, other, out=result)
        truth: Truth = result
        return truth

    return operation


def _not(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    first = args[0]
    assert isinstance(first, np.ndarray)
    return np.negative(first)


def _at_least(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    wanted = node.numbers[0]
    true, possible = np.zeros(rows, dtype=np.int32), np.zeros(rows, dtype=np.int32)
    for truth in args:
        true += truth == 1
        possible += truth != -1
    return signs(true >= wanted, possible < wanted)


def _exact(node: Node, args: Sequence[Value], columns: Columns, rows: int) -> Value:
    low, high = args[0]
    truth: Truth = (low == high).view(np.int8)
    return truth if len(truth) == rows else np.broadcast_to(truth, (rows,)).copy()


_OPERATIONS: dict[str, Callable[[Node, Sequence[Value], Columns, int], Value]] = {
    "field": _field, "const": _const, "by_choice": _by_choice,
    "add": _monotone(np.add), "min": _monotone(np.minimum), "max": _monotone(np.maximum),
    "sub": _sub, "mul": _mul, "div": _div, "scale": _scale,
    "abs": _unary(lambda v, _: np.abs(v)), "round": _unary(lambda v, node: half_up(v, int(node.numbers[0]))),
    "positive": _unary(lambda v, _: np.where(v > 0, v, np.nan)),
    "if": _if, "count": _count, "bands": _bands, "options": _options, "option": _option, "bounded": _bounded,
    "linear": _linear,
    "cases": _cases, "total": _total, "ge": _compare, "gt": _compare, "eq": _eq, "flag": _flag, "truth": _fixed,
    "isin": _isin, "has": _has, "and": _fold(np.minimum), "or": _fold(np.maximum), "not": _not,
    "at_least": _at_least, "exact": _exact,
}  # fmt: skip
