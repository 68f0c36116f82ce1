"""The gap to qualify (差距): how far each open clause is from its threshold, and the cheapest way to the goal.

Which fields can be moved, in which direction and at which cost, the pack says (``change``, ``cost``, ``fixed_cost``,
``step``). Of a field without a cost, doubling it costs one. A missing field may take any value: it is listed as to be
shown, not as a change. A change set is only given when the pack, evaluated again with it, says 符合.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qinggong.rules.cheapest import Goal, Status, cheapest, holds, price, sizes_of, unit_cost
from qinggong.rules.explain import Step, explained
from qinggong.rules.problems import RulesError
from qinggong.rules.program import Program

if TYPE_CHECKING:
    from qinggong.rules.evaluate import Evaluation


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
    if holds(program, columns, known, goals):
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


# ------------------------------------------------------------------------------------------------- the answer


def _moves(
    program: Program, before: Mapping[str, npt.NDArray[Any]], after: Mapping[str, npt.NDArray[Any]]
) -> tuple[Move, ...]:
    found = []
    sizes = sizes_of(program, before)
    for code, one in program.fields.items():
        old, new = before[code][0], after[code][0]
        if one.type == "choices":
            blank = bool((old == 0).any())
            chosen = [o for o, yes in zip(one.options, new, strict=True) if yes == 1]
            if (old != new).any():
                changed = int((old != new).sum())
                was = None if blank else [o for o, yes in zip(one.options, old, strict=True) if yes == 1]
                found.append(Move(code, one.shown, "", was, chosen, 0.0 if blank else changed * price(one)))
        elif one.type == "flag":
            if old != new:
                found.append(
                    Move(
                        code,
                        one.shown,
                        "",
                        None if old == 0 else bool(old == 1),
                        bool(new == 1),
                        0.0 if old == 0 else price(one),
                    )
                )
        elif one.type == "choice":
            if old != new:
                before_it = None if old < 0 else one.options[int(old)]
                found.append(
                    Move(code, one.shown, "", before_it, one.options[int(new)], 0.0 if old < 0 else price(one))
                )
        elif np.isnan(old):
            if not np.isnan(new):
                found.append(Move(code, one.shown, one.unit, None, float(new), 0.0))
        elif abs(new - old) > 1e-12 * max(abs(new), abs(old)):
            cost = unit_cost(one, float(old), sizes[code]) * abs(float(new) - float(old)) + one.fixed_cost
            found.append(Move(code, one.shown, one.unit, float(old), float(new), cost))
    return tuple(found)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(value) or "无"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
