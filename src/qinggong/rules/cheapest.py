"""The cheapest change of a record (代价最小的改变): a pack's goal as a mixed-integer programme, its answer verified.

Which fields can be moved, in which direction and at which cost, the pack says (``change``, ``cost``, ``fixed_cost``,
``step``). Of a field without a cost, doubling it costs one. A missing field may take any value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from qinggong.rules.integer_programme import ONE, Affine, Milp
from qinggong.rules.linear import Encoder, Nonlinear
from qinggong.rules.model import RecordField
from qinggong.rules.operations import Value, run
from qinggong.rules.program import WINDOWS, Program

Status = Literal["met", "reachable", "impossible", "unsolved"]
Goal = tuple[int, bool]
_SCALES = (10.0, 1000.0)
_MARGINS = (1e-6, 1e-4)


def cheapest(
    program: Program, columns: Mapping[str, npt.NDArray[Any]], known: Mapping[int, Value], goals: Sequence[Goal]
) -> tuple[Status, dict[str, npt.NDArray[Any]] | None, frozenset[str]]:
    """Columns of one record that reach the goals at least cost, verified.

    Returns
    -------
    status, columns, held
        ``impossible`` only if the relaxation has no solution within wide bounds and nothing was held.
    """
    held: set[str] = set()
    verdicts: list[bool] = []
    for scale in _SCALES:
        for margin in _MARGINS:
            while True:
                try:
                    solved, model = _solved(program, columns, known, goals, frozenset(held), scale, margin)
                    break
                except Nonlinear as error:
                    fresh = error.fields - held
                    if not fresh:
                        return "unsolved", None, frozenset(held)
                    held |= {sorted(fresh)[0]}
            if solved is None:
                verdicts.append(not held)
                break
            candidate = model.columns(solved)
            if holds(program, candidate, known, goals):
                candidate = _spared(program, columns, candidate, known, goals)
                return "reachable", _rounded(program, columns, candidate, known, goals), frozenset(held)
    return (
        ("impossible" if verdicts and all(verdicts) and len(verdicts) == len(_SCALES) else "unsolved"),
        None,
        frozenset(held),
    )


def holds(
    program: Program, columns: Mapping[str, npt.NDArray[Any]], known: Mapping[int, Value], goals: Sequence[Goal]
) -> bool:
    values = run(program, columns, [n for n, _ in goals], rows=1, known=known)
    return all(int(values[n][0]) == (1 if wanted else -1) for n, wanted in goals)


@dataclass(slots=True)
class _Model:
    """The variables of one record."""

    program: Program
    before: Mapping[str, npt.NDArray[Any]]
    milp: Milp
    numbers: dict[str, Affine]
    flags: dict[str, Affine]
    choices: dict[str, list[Affine]]
    several: dict[str, list[Affine]]

    def columns(self, solved: Sequence[float]) -> dict[str, npt.NDArray[Any]]:
        """The record with the solved values in it."""
        after = dict(self.before)
        for code, e in self.numbers.items():
            if e.terms:
                value = _value(e, solved)
                if self.program.fields[code].type in ("integer", "date"):
                    value = float(round(value))
                after[code] = np.array([value])
        for code, e in self.flags.items():
            if e.terms:
                after[code] = np.array([1 if _value(e, solved) > 0.5 else -1], dtype=np.int8)
        for code, es in self.choices.items():
            if any(e.terms for e in es):
                after[code] = np.array([int(np.argmax([_value(e, solved) for e in es]))], dtype=np.int32)
        for code, es in self.several.items():
            if any(e.terms for e in es):
                after[code] = np.array([[1 if _value(e, solved) > 0.5 else -1 for e in es]], dtype=np.int8)
        return after


def _value(e: Affine, solved: Sequence[float]) -> float:
    return e.constant + sum(f * solved[v] for v, f in e.terms)


def _solved(
    program: Program, columns: Mapping[str, npt.NDArray[Any]], known: Mapping[int, Value], goals: Sequence[Goal],
    held: frozenset[str], scale: float, margin: float,
) -> tuple[list[float] | None, _Model]:  # fmt: skip
    model = _Model(program, columns, Milp(), {}, {}, {}, {})
    needed = set(program.inputs(tuple(n for n, _ in goals)))
    sizes = sizes_of(program, columns)
    for code, one in program.fields.items():
        if code in needed:
            _add_field(model, one, columns[code], sizes[code], held=code in held, scale=scale)
    fixed = _fixed(program, columns, known)
    encoder = Encoder(program, model.milp, model.numbers, model.flags, model.choices, model.several, fixed, margin)
    for node, wanted in goals:
        model.milp.at_least(encoder.truth(node, holds=wanted), 1.0)
    if any(not e.terms and e.constant < value - 1e-9 for e, value in model.milp.rows):
        return None, model
    return model.milp.solve(), model


def _fixed(program: Program, columns: Mapping[str, npt.NDArray[Any]], known: Mapping[int, Value]) -> dict[int, float]:
    """Windows as constants: the past and the others do not change."""
    found: dict[int, float] = {}
    for number, value in known.items():
        if program.nodes[number].op in WINDOWS:
            if isinstance(value, tuple):
                low, high = float(value[0][0]), float(value[1][0])
                found[number] = low if low == high else np.nan
            else:
                found[number] = float(value[0])
    return found


def sizes_of(program: Program, columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, float]:
    """How large the values of a field are: its value, the constants it is compared with, the fields beside it."""
    sizes = dict.fromkeys(program.fields, 1.0)
    own = {
        code: abs(float(columns[code][0])) for code, f in program.fields.items()
        if f.type in ("number", "integer", "date") and not np.isnan(columns[code][0])
    }  # fmt: skip
    for node in program.nodes:
        if node.op not in ("ge", "gt", "eq", "bands", "linear"):
            continue
        below = program.below(node.args)
        codes = {program.nodes[n].name for n in below if program.nodes[n].op == "field"}
        constants = [abs(v) for n in below for v in program.nodes[n].numbers if np.isfinite(v)]
        constants += [abs(v) for v in node.numbers if np.isfinite(v)]
        largest = max([*constants, *(own.get(c, 0.0) for c in codes)], default=1.0)
        for code in codes:
            sizes[code] = max(sizes[code], largest)
    for code, value in own.items():
        sizes[code] = max(sizes[code], value)
    return sizes


def _add_field(
    model: _Model, one: RecordField, column: npt.NDArray[Any], size: float, *, held: bool, scale: float
) -> None:
    if one.type in ("number", "integer", "date"):
        _add_number(model, one, float(column[0]), size, held=held, scale=scale)
    elif one.type == "flag":
        now = int(column[0])
        if now == 0 and not held:
            model.flags[one.code] = model.milp.binary(cost=1e-6)
        elif now:
            model.flags[one.code] = _switch(model, one, now == 1, held=held)
    elif one.type == "choice":
        _add_choice(model, one, int(column[0]), held=held)
    else:
        blank = bool((column[0] == 0).any())
        if not (blank and held):
            model.several[one.code] = [
                model.milp.binary(cost=1e-6) if blank else _switch(model, one, int(chosen) == 1, held=held)
                for chosen in column[0]
            ]


def _switch(model: _Model, one: RecordField, now: bool, *, held: bool) -> Affine:
    """A yes or no that may be turned at a cost."""
    movable = not held and (one.change == "any" or one.change == ("down" if now else "up"))
    if not movable:
        return Affine(float(now))
    turned = model.milp.binary(cost=(1.0 if one.cost is None else one.cost) + one.fixed_cost)
    return ONE.plus(turned, times=-1.0) if now else turned


def _add_choice(model: _Model, one: RecordField, now: int, *, held: bool) -> None:
    if now >= 0 and (held or one.change != "any"):
        model.choices[one.code] = [Affine(float(n == now)) for n in range(len(one.options))]
        return
    if held:
        return
    cost = 1e-6 if now < 0 else (1.0 if one.cost is None else one.cost) + one.fixed_cost
    options = [model.milp.binary(cost=0.0 if n == now else cost) for n in range(len(one.options))]
    total = Affine()
    for option in options:
        total = total.plus(option)
    model.milp.at_least(total, 1.0)
    model.milp.at_least(total.times(-1.0), -1.0)
    model.choices[one.code] = options


def _add_number(model: _Model, one: RecordField, now: float, size: float, *, held: bool, scale: float) -> None:
    milp, far = model.milp, size * scale
    whole = one.type in ("integer", "date")
    if np.isnan(now):
        if not held:
            low = -far if one.minimum is None else one.minimum
            high = max(far, low) if one.maximum is None else one.maximum
            # Next to nothing, so that the example named is the one at the border.
            slight = 1e-6 / size if low >= 0 else 0.0
            model.numbers[one.code] = Affine(0.0, ((milp.variable(low, high, whole=whole, cost=slight), 1.0),))
        return
    if held or one.change == "no":
        model.numbers[one.code] = Affine(now)
        return
    price_of_one = unit_cost(one, now, size)
    step = one.step or (1.0 if whole else 0.0)
    e = Affine(now)
    for direction, sign, limit in (("up", 1.0, one.maximum), ("down", -1.0, one.minimum)):
        if one.change not in (direction, "any"):
            continue
        room = far if limit is None else min(max((limit - now) * sign, 0.0), far)
        # Steps are counted, so that a whole machine or a whole hundred thousand is bought.
        count, factor = (np.floor(room / step + 1e-9), step) if step else (room, 1.0)
        amount = milp.variable(0.0, float(count), whole=bool(step), cost=price_of_one * factor + 1e-9)
        e = e.plus(Affine(0.0, ((amount, sign * factor),)))
        if one.fixed_cost:
            touched = milp.binary(cost=one.fixed_cost)
            milp.at_least(touched.times(max(float(count), 1.0)).plus(Affine(0.0, ((amount, -1.0),))))
    model.numbers[one.code] = e


def _spared(
    program: Program, before: Mapping[str, npt.NDArray[Any]], after: dict[str, npt.NDArray[Any]],
    known: Mapping[int, Value], goals: Sequence[Goal],
) -> dict[str, npt.NDArray[Any]]:  # fmt: skip
    """The same answer without missing fields that the goal does not need."""
    result = after
    for code, one in program.fields.items():
        missing = np.isnan(before[code][0]) if one.type in ("number", "integer", "date") else _blank(one, before[code])
        if missing and after[code] is not before[code]:
            trial = result | {code: before[code]}
            if holds(program, trial, known, goals):
                result = trial
    return result


def _blank(one: RecordField, column: npt.NDArray[Any]) -> bool:
    return bool(column[0] < 0) if one.type == "choice" else bool((column[0] == 0).any())


def _rounded(
    program: Program, before: Mapping[str, npt.NDArray[Any]], after: dict[str, npt.NDArray[Any]],
    known: Mapping[int, Value], goals: Sequence[Goal],
) -> dict[str, npt.NDArray[Any]]:  # fmt: skip
    """The same answer in the fewest digits that still reach the goal: 1000 and not 1000.0003."""
    result = dict(after)
    for code, one in program.fields.items():
        if one.type != "number" or np.isnan(after[code][0]) or after[code][0] == before[code][0]:
            continue
        value = float(after[code][0])
        for digits in range(2, 12):
            short = float(f"{value:.{digits - 1}e}")
            if abs(short - value) > 2e-4 * abs(value) or (one.step and (short - before[code][0]) % one.step > 1e-9):
                continue
            trial = result | {code: np.array([short])}
            if holds(program, trial, known, goals):
                result = trial
                break
    return result


def unit_cost(one: RecordField, now: float, size: float) -> float:
    """Cost of moving a number by one; without one of the pack, doubling it costs one."""
    return one.cost if one.cost is not None else 1.0 / max(abs(now), size * 1e-3, 1e-9)


def price(one: RecordField) -> float:
    return (1.0 if one.cost is None else one.cost) + one.fixed_cost
