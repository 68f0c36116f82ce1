"""Explanations (说明): which clause decided, with which values, and how far each was from its threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qinggong.rules.model import Outcome, RecordField
from qinggong.rules.operations import Value, run
from qinggong.rules.problems import RulesError
from qinggong.rules.program import Clause, Node, Program

if TYPE_CHECKING:
    from qinggong.rules.evaluate import Evaluation

TRUTHS: dict[int, Outcome] = {1: "符合", 0: "无法判断", -1: "不符合"}
PROVENANCE = {"read": "据原文", "read_secondary": "据转述", "recalled": "待核对", "own": "自定", "": ""}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the value (its range if it is not known exactly), the threshold, and the distance between them.

    ``distance`` is positive where the value is on the right side of the threshold, ``None`` where it is not known.
    """

    value: tuple[float | None, float | None]
    sign: str
    threshold: tuple[float | None, float | None]
    unit: str
    distance: float | None
    name: str = ""
    """The field, where several comparisons stand in one clause and the value is a field's."""

    @property
    def text(self) -> str:
        """现为 900万元，要求 ≥ 1000万元，差 100万元; with a name 营业收入现为 900万元，…."""
        return self.name + self._told()

    def _told(self) -> str:
        now, wanted = _said(self.value, self.unit), _said(self.threshold, self.unit)
        if self.distance is None:
            return f"现为{now}，要求{self.sign}{wanted}"
        if self.sign == "＝":
            return f"现为{now}，要求＝{wanted}"
        far = _number(abs(self.distance)) + ("个百分点" if self.unit == "%" else self.unit)
        if self.distance < 0:
            said = f"差{far}"
        elif self.distance == 0:
            said = "恰在界上"
        else:
            said = f"余{far}"
        return f"现为{now}，要求{self.sign}{wanted}，{said}"


@dataclass(frozen=True, slots=True)
class Step:
    """A clause as it came out. ``decisive``: the outcome is as it is because of it."""

    truth: Outcome
    code: str
    title: str
    clause: str
    mark: str
    text: str
    decisive: bool
    comparisons: tuple[Comparison, ...]
    used: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    parts: tuple[Step, ...]
    excluded: bool = False
    """Another case than this record's: a choice or a yes–no question in it is answered otherwise."""

    def walk(self) -> Iterator[Step]:
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Points:
    """A part of a score: what it gives (at least, at most)."""

    title: str
    clause: str
    low: float
    high: float
    used: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one record came out as it did."""

    row: int
    name: str
    pack: str
    notice: str
    outcome: Outcome
    level: str
    steps: tuple[Step, ...]
    scores: tuple[tuple[str, float, float, tuple[Points, ...]], ...]
    missing: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The explanation in Chinese, one line a clause."""
        who = f"{self.name}（第{self.row}行）" if self.name else f"第{self.row}行"
        head = f"{who}：{self.outcome}" + (f"，{self.level}" if self.level else "")
        found = [head]
        if self.missing:
            found.append(f"  缺：{'、'.join(self.missing)}")
        for step in self.steps:
            found += _lines(step, 1)
        for title, low, high, items in self.scores:
            found.append(f"  {title}：{_range(low, high)}分")
            found += [
                f"    {p.title}：{_range(p.low, p.high)}分" + (f"（{_listed(p.used)}）" if p.used else "")
                for p in items
            ]
        found.append(f"  依据：{self.pack}（{self.notice}）")
        return found

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def decisive(self) -> tuple[Step, ...]:
        """The innermost clauses that decided."""
        return tuple(s for step in self.steps for s in step.walk() if s.decisive and not s.parts)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = asdict(self)
        # JSON knows no NaN: what is unknown is null.
        found["scores"] = [
            {"title": title, "low": _known(low), "high": _known(high), "items": [_plain_points(p) for p in items]}
            for title, low, high, items in self.scores
        ]
        return found


def explained(done: Evaluation, row: int, *, condition: str = "") -> Explanation:
    """The explanation of one record, counted from 0: of its outcome, or of one condition of the pack.

    Raises
    ------
    IndexError
        If there is no such record.
    RulesError
        If the pack has no such condition.
    """
    from qinggong.rules.evaluate import OUTCOMES, sliced

    if not -len(done) <= row < len(done):
        raise IndexError(f"没有第{row}条记录；共{len(done)}条，从0数起")
    row %= len(done)
    program, part = done.program, slice(row, row + 1)
    columns = {name: column[part] for name, column in done.records.columns.items()}
    plans = [] if condition else list(program.scores.values())
    if condition and condition not in program.conditions:
        raise RulesError(f"规则包没有条件“{condition}”")
    clauses = (program.conditions[condition],) if condition else _shown(program, int(done.level_index[row]))
    roots = [clause.node for top in clauses for clause in top.walk()]
    roots += [n for plan in plans for n in (plan.node, *(item for _, item in plan.items))]
    known = {n: sliced(v, part, len(done)) for n, v in done.windows.items()}
    order = program.below(tuple(roots))
    values = run(program, columns, roots, rows=1, known=known, keep=order)
    reader = _Reader(program, values, columns)
    steps = tuple(reader.step(clause, decisive=True) for clause in clauses)
    pack = done.pack
    names = {f.code: f.shown for f in pack.fields}
    scores = tuple((p.score.title or p.score.code, *reader.bounds(p.node), reader.points(p.items)) for p in plans)
    chosen = int(done.level_index[row])
    level = (program.levels[chosen][0].title or program.levels[chosen][0].code) if chosen >= 0 else ""
    if chosen == -2:
        level = "等级无法判断"
    source = f"{pack.title}（{pack.document}{'，' + pack.clause if pack.clause else ''}）"
    return Explanation(
        row + done.records.first_row, done.records.names[row] if done.records.names else "", source, pack.notice,
        TRUTHS[int(done.conditions[condition][row])] if condition else OUTCOMES[int(done.verdict[row])],
        "" if condition else level, steps, scores,
        tuple(dict.fromkeys(m for s in steps for one in s.walk() if one.decisive for m in one.missing))
        if condition else tuple(names[c] for c in _missing_of(done, row)),
    )  # fmt: skip


def _shown(program: Program, level: int) -> tuple[Clause, ...]:
    """The clauses of the outcome; of levels those up to the one that is reached."""
    clauses = program.clauses
    if program.requires is None and level >= 0:
        clauses = tuple(clause for _, clause in program.levels[: level + 1] if clause is not None)
    return clauses if program.applies is None else (program.applies, *clauses)


def _missing_of(done: Evaluation, row: int) -> tuple[str, ...]:
    """Missing fields of one record, without asking for all the others."""
    from qinggong.rules.evaluate import sliced
    from qinggong.rules.missing import relevant_missing

    if done._missing:
        return done.missing[row]
    score_open = bool(done.program.scores) and done.score_low[row] != done.score_high[row]
    if done.verdict[row] == 2 or (done.verdict[row] != 0 and done.level_index[row] != -2 and not score_open):
        return ()
    part = slice(row, row + 1)
    columns = {name: column[part] for name, column in done.records.columns.items()}
    known = {n: sliced(v, part, len(done)) for n, v in done.windows.items()}
    return tuple(code for code, mask in relevant_missing(done.program, columns, 1, known).items() if mask[0])


class _Reader:
    """Reads the values of one record at the nodes of clauses."""

    def __init__(self, program: Program, values: dict[int, Value], columns: dict[str, Any]) -> None:
        self.program, self.values, self.columns = program, values, columns

    def truth(self, node: int) -> int:
        value = self.values[node]
        assert isinstance(value, np.ndarray)
        return int(value[0])

    def bounds(self, node: int) -> tuple[float, float]:
        low, high = self.values[node]
        return float(low[0]), float(high[0])

    def step(self, clause: Clause, *, decisive: bool) -> Step:
        truth = self.truth(clause.node)
        wanted = -truth if clause.relation == "not" else truth
        parts = tuple(self.step(part, decisive=decisive and self.truth(part.node) == wanted) for part in clause.parts)
        leaf = not clause.parts
        used = self.program.inputs((clause.node,)) if leaf else []
        fields = self.program.fields
        return Step(
            TRUTHS[truth], clause.code, clause.title, clause.clause, clause.mark, clause.text, decisive,
            self._all_comparisons(clause.node) if leaf else (),
            tuple((fields[code].shown, self._shown_value(fields[code])) for code in used),
            tuple(fields[code].shown for code in used if truth == 0 and self._shown_value(fields[code]) == "未知"),
            parts, leaf and truth == -1 and self._excluded(clause.node),
        )  # fmt: skip

    def _excluded(self, number: int) -> bool:
        node = self.program.nodes[number]
        return node.op == "and" and any(
            self.program.nodes[a].op in ("isin", "has", "flag") and self.truth(a) == -1 for a in node.args
        )

    def points(self, items: tuple[tuple[Any, int], ...]) -> tuple[Points, ...]:
        fields = self.program.fields
        return tuple(
            Points(
                item.title or item.code or item.of or "按情形", item.clause, *self.bounds(node),
                tuple((fields[c].shown, self._shown_value(fields[c])) for c in self.program.inputs((node,))),
            )
            for item, node in items
        )  # fmt: skip

    def _all_comparisons(self, number: int) -> tuple[Comparison, ...]:
        found = tuple(self._comparisons(number))
        return found if len(found) > 1 else tuple(replace(c, name="") for c in found)

    def _comparisons(self, number: int, depth: int = 0) -> Iterator[Comparison]:
        node = self.program.nodes[number]
        if node.op in ("ge", "gt", "eq"):
            yield self._comparison(number, node)
        elif node.op in ("and", "or", "not", "at_least") and depth < 4:
            for arg in node.args:
                yield from self._comparisons(arg, depth + 1)

    def _comparison(self, number: int, node: Node) -> Comparison:
        unit, times = self.program.shown.get(number, ("", 1.0))
        left, right = (self._side(arg, times) for arg in node.args)
        signs = {"ge": ("≥", "≤"), "gt": (">", "<"), "eq": ("＝", "＝")}[node.op]
        turned = self.program.nodes[node.args[0]].op == "const"
        known = left[0] is not None and right[0] is not None and left[0] == left[1] and right[0] == right[1]
        distance = (left[0] or 0.0) - (right[0] or 0.0) if known else None
        if distance is not None and abs(distance) <= 1e-12 * max(abs(left[0] or 0), abs(right[0] or 0)):
            distance = 0.0
        if turned:
            return Comparison(right, signs[1], left, unit, distance, self._name(node.args[1]))
        return Comparison(left, signs[0], right, unit, distance, self._name(node.args[0]))

    def _name(self, number: int) -> str:
        node = self.program.nodes[number]
        return self.program.fields[node.name].shown if node.op == "field" and node.name in self.program.fields else ""

    def _side(self, number: int, times: float) -> tuple[float | None, float | None]:
        low, high = self.bounds(number)
        return (None if np.isnan(low) else low * times), (None if np.isnan(high) else high * times)

    def _shown_value(self, field: RecordField) -> str:
        value = self.columns[field.code][0]
        if field.type == "flag":
            return {1: "是", -1: "否"}.get(int(value), "未知")
        if field.type == "choice":
            return field.options[int(value)] if value >= 0 else "未知"
        if field.type == "choices":
            if (value == 0).any():
                return "未知"
            return "、".join(o for o, chosen in zip(field.options, value, strict=True) if chosen == 1) or "无"
        if np.isnan(value):
            return "未知"
        if field.type == "date":
            import datetime as dt

            return (dt.date(1970, 1, 1) + dt.timedelta(days=int(value))).isoformat()
        return f"{_number(float(value))}{field.unit}"


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _plain_points(points: Points) -> dict[str, Any]:
    return asdict(points) | {"low": _known(points.low), "high": _known(points.high)}


def _number(value: float) -> str:
    if value == 0:
        return "0"
    text = f"{value:.6g}" if abs(value) < 1e6 else f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.10f}".rstrip("0") if "e" in text and abs(value) < 1 else text


def _said(bounds: tuple[float | None, float | None], unit: str) -> str:
    low, high = bounds
    if low is None or high is None:
        return "未知"
    return f"{_number(low)}{unit}" if low == high else f"{_number(low)}至{_number(high)}{unit}"


def _range(low: float, high: float) -> str:
    if np.isnan(low) or np.isnan(high):
        return "未知"
    return _number(low) if low == high else f"{_number(low)}至{_number(high)}"


def _listed(used: tuple[tuple[str, str], ...]) -> str:
    return "，".join(f"{name} {value}" for name, value in used)


def _lines(step: Step, depth: int) -> list[str]:
    mark = {"符合": "✓", "不符合": "✗", "无法判断": "？"}[step.truth]
    where = "　".join(filter(None, (step.code, step.title)))
    text = step.text if not step.title or step.parts else ""
    head = "：".join(filter(None, (where, text)))
    if step.clause:
        head += f"［{step.clause}{'，' + PROVENANCE[step.mark] if step.mark else ''}］"
    told = "；".join(c.text for c in step.comparisons) or (_listed(step.used) if not step.parts else "")
    missing = f"；缺{'、'.join(step.missing)}" if step.missing else ""
    line = f"{'  ' * depth}{mark} {head}" + (f"　{told}{missing}" if told or missing else "")
    if step.decisive and not step.parts and step.truth != "符合":
        line += "　←"
    shown = [part for part in step.parts if not part.excluded]
    lines = [line, *(text for part in shown for text in _lines(part, depth + 1))]
    if hidden := len(step.parts) - len(shown):
        lines.append(f"{'  ' * (depth + 1)}· 另有{hidden}项是别的情形")
    return lines
