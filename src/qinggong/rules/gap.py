"""The gap to qualify (差距): how far each open clause is from its threshold, and the cheapest way to the goal.

Which fields can be moved, in which direction and at which cost, the pack says (``change``, ``cost``, ``fixed_cost``,
``step``). Of a field without a cost, doubling it costs one. A missing field may take any value: it is listed as to be
shown, not as a change. A change set is only given when the pack, evaluated again with it, says 符合.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from qinggong.rules.explain import Step, explained
from qinggong.rules.linear import ONE, Affine, Encoder, Milp, Nonlinear
from qinggong.rules.model import RecordField
from qinggong.rules.operations import Value, run
from qinggong.rules.problems import RulesError
from qinggong.rules.program import WINDOWS, Program

if TYPE_CHECKING:
    from qinggong.rules.evaluate import Evaluation

Status = Literal["met", "reachable", "impossible", "unsolved"]
Goal = tuple[int, bool]
_SCALES = (10.0, 1000.0)
_MARGINS = (1e-6, 1e-4)


@dataclass(frozen=True, slots=True)
class Move:
    """One field's change; ``before`` is ``None`` where the field is missing and its value is to be shown."""

    code: str
    name: str
    unit: str
    before: Any
    after: Any
    cost: float

    @property
    def text(self) -> str:
        if self.before is None:
            return f"{self.name}：缺，需证明（例如{_plain(self.after)}{self.unit}）"
        return f"{self.name}：{_plain(self.before)}{self.unit} → {_plain(self.after)}{self.unit}"


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between a record and its goal.

    Attributes
    ----------
    status
        ``met`` already; ``reachable`` with ``moves``; ``impossible`` with the fields that can be moved; ``unsolved``
        when no change set could be verified.
    lacking
        The open clauses that decide, each with its distance.
    held
        Fields held where they are because the rule is not linear in them.
    """

    row: int
    goal: str
    status: Status
    moves: tuple[Move, ...]
    cost: float
    lacking: tuple[Step, ...]
    held: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The gap in Chinese."""
        if self.status == "met":
            return [f"第{self.row}行：已达到“{self.goal}”"]
        found = [f"第{self.row}行：距“{self.goal}”还差"]
        for step in self.lacking:
            told = "；".join(c.text for c in step.comparisons) or "，".join(f"{n} {v}" for n, v in step.used)
            found.append(f"  {step.title or step.text}：{told}")
        if self.status == "reachable":
            changes = [m for m in self.moves if m.before is not None]
            found.append(
                f"  代价最小的改变（合计{_plain(round(self.cost, 4))}）：" if changes else "  补齐下列内容即可："
            )
            found += [f"    {move.text}" for move in self.moves]
        elif self.status == "impossible":
            found.append("  只靠规则包写明可改变的字段（change）不能达到")
        else:
            found.append("  没有找到经验证的改变办法，请逐条对照上列差距")
        if self.held:
            found.append(f"  计算时保持不变的字段：{'、'.join(self.held)}")
        return found

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def gap_of(done: Evaluation, row: int, *, level: str = "") -> Gap:
    """The gap of one record, counted from 0, to 符合 or to a level.

    Raises
    ------
    RulesError
        If the pack has no such level.
    """
    from qinggong.rules.evaluate import sliced

    program = done.program
    told = explained(done, row)
    row %= len(done)
    goals, name = _goal(done, row, level)
    part = slice(row, row + 1)
    columns = {n: c[part] for n, c in done.records.columns.items()}
    known = {n: sliced(v, part, len(done)) for n, v in done.windows.items()}
    if _holds(program, columns, known, goals):
        return Gap(told.row, name, "met", (), 0.0, (), ())
    open_steps = _open_steps(program, told.steps, goals)
    status, after, held = cheapest(program, columns, known, goals)
    moves = _moves(program, columns, after) if after is not None else ()
    names = tuple(program.fields[code].shown for code in sorted(held))
    return Gap(told.row, name, status, moves, sum(m.cost for m in moves), open_steps, names)


def _goal(done: Evaluation, row: int, level: str) -> tuple[tuple[Goal, ...], str]:
    program = done.program
    codes = [one.code for one, _ in program.levels]
    if level:
        titles = [one.title for one, _ in program.levels]
        if level not in (*codes, *titles):
            raise RulesError(f"规则包没有等级“{level}”；有：{'、'.join(codes) or '（没有等级）'}")
        place = codes.index(level) if level in codes else titles.index(level)
    elif program.requires is not None or not program.levels:
        return ((program.verdict, True),), "符合"
    else:
        now = int(done.level_index[row])
        place = len(codes) - 1 if now == -1 else max(now - 1, 0) if now >= 0 else 0
    one, clause = program.levels[place]
    # A level is reached if its condition holds, or that of a better one: the goal is the level itself.
    return ((clause.node, True),) if clause is not None else (), one.title or one.code


def _open_steps(program: Program, steps: Sequence[Step], goals: Sequence[Goal]) -> tuple[Step, ...]:
    wanted = {node for node, _ in goals}
    shown = steps if program.applies is None else steps[1:]
    tops = [s for s, clause in zip(shown, program.clauses, strict=False) if clause.node in wanted]
    found = [
        s
        for top in (tops or steps)
        for s in top.walk()
        if not s.parts and not s.excluded and s.truth != "符合" and (s.decisive or tops)
    ]
    return tuple(found)


# ------------------------------------------------------------------------------------------------- the search


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
            if _holds(program, candidate, known, goals):
                return "reachable", _rounded(program, columns, candidate, known, goals), frozenset(held)
    return (
        ("impossible" if verdicts and all(verdicts) and len(verdicts) == len(_SCALES) else "unsolved"),
        None,
        frozenset(held),
    )


def _holds(
    program: Program, columns: Mapping[str, npt.NDArray[Any]], known: Mapping[int, Value], goals: Sequence[Goal]
) -> bool:
    values = run(program, columns, [n for n, _ in goals], rows=1, known=known)
    return all(int(values[n][0]) == (1 if holds else -1) for n, holds in goals)


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
    sizes = _sizes(program, columns)
    for code, one in program.fields.items():
        if code in needed:
            _add_field(model, one, columns[code], sizes[code], held=code in held, scale=scale)
    fixed = _fixed(program, columns, known)
    encoder = Encoder(program, model.milp, model.numbers, model.flags, model.choices, model.several, fixed, margin)
    for node, holds in goals:
        model.milp.at_least(encoder.truth(node, holds=holds), 1.0)
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


def _sizes(program: Program, columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, float]:
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
            model.numbers[one.code] = Affine(0.0, ((milp.variable(low, high, whole=whole), 1.0),))
        return
    if held or one.change == "no":
        model.numbers[one.code] = Affine(now)
        return
    unit_cost = _unit_cost(one, now, size)
    step = one.step or (1.0 if whole else 0.0)
    e = Affine(now)
    for direction, sign, limit in (("up", 1.0, one.maximum), ("down", -1.0, one.minimum)):
        if one.change not in (direction, "any"):
            continue
        room = far if limit is None else min(max((limit - now) * sign, 0.0), far)
        # Steps are counted, so that a whole machine or a whole hundred thousand is bought.
        count, factor = (np.floor(room / step + 1e-9), step) if step else (room, 1.0)
        amount = milp.variable(0.0, float(count), whole=bool(step), cost=unit_cost * factor + 1e-9)
        e = e.plus(Affine(0.0, ((amount, sign * factor),)))
        if one.fixed_cost:
            touched = milp.binary(cost=one.fixed_cost)
            milp.at_least(touched.times(max(float(count), 1.0)).plus(Affine(0.0, ((amount, -1.0),))))
    model.numbers[one.code] = e


# ------------------------------------------------------------------------------------------------- the answer


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
            if _holds(program, trial, known, goals):
                result = trial
                break
    return result


def _moves(
    program: Program, before: Mapping[str, npt.NDArray[Any]], after: Mapping[str, npt.NDArray[Any]]
) -> tuple[Move, ...]:
    found = []
    sizes = _sizes(program, before)
    for code, one in program.fields.items():
        old, new = before[code][0], after[code][0]
        if one.type == "choices":
            blank = bool((old == 0).any())
            chosen = [o for o, yes in zip(one.options, new, strict=True) if yes == 1]
            if (old != new).any():
                changed = int((old != new).sum())
                was = None if blank else [o for o, yes in zip(one.options, old, strict=True) if yes == 1]
                found.append(Move(code, one.shown, "", was, chosen, 0.0 if blank else changed * _price(one)))
        elif one.type == "flag":
            if old != new:
                found.append(
                    Move(
                        code,
                        one.shown,
                        "",
                        None if old == 0 else bool(old == 1),
                        bool(new == 1),
                        0.0 if old == 0 else _price(one),
                    )
                )
        elif one.type == "choice":
            if old != new:
                before_it = None if old < 0 else one.options[int(old)]
                found.append(
                    Move(code, one.shown, "", before_it, one.options[int(new)], 0.0 if old < 0 else _price(one))
                )
        elif np.isnan(old):
            if not np.isnan(new):
                found.append(Move(code, one.shown, one.unit, None, float(new), 0.0))
        elif abs(new - old) > 1e-12 * max(abs(new), abs(old)):
            cost = _unit_cost(one, float(old), sizes[code]) * abs(float(new) - float(old)) + one.fixed_cost
            found.append(Move(code, one.shown, one.unit, float(old), float(new), cost))
    return tuple(found)


def _unit_cost(one: RecordField, now: float, size: float) -> float:
    """Cost of moving a number by one; without one of the pack, doubling it costs one."""
    return one.cost if one.cost is not None else 1.0 / max(abs(now), size * 1e-3, 1e-9)


def _price(one: RecordField) -> float:
    return (1.0 if one.cost is None else one.cost) + one.fixed_cost


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(value) or "无"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
