"""Checks of a pack (规则包检查): what an author gets wrong, each with its line.

Errors forbid the use of the pack (unknown fields, units that do not fit, circles, overlapping bands, failing vectors);
warnings are for thought (leaks, contradictions, untested levels, expiry).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np

from qinggong.rules.cheapest import Goal, cheapest
from qinggong.rules.compile import compiled
from qinggong.rules.dimensions import unit_names
from qinggong.rules.expression import Expression, FormulaError, parse
from qinggong.rules.pack_files import PackFile, bundled_packs, same_time
from qinggong.rules.problems import Finding
from qinggong.rules.program import WINDOWS, Program
from qinggong.rules.records import unknown_columns
from qinggong.rules.vectors import Tried, try_vectors

MOST_SEARCHED = 60
"""Conditions whose contradictions are looked for; a search takes some hundredths of a second."""


def check(file: PackFile, *, at: dt.date, others: Sequence[PackFile] | None = None) -> list[Finding]:
    """Everything that is wrong or doubtful in a pack, in the order of its lines.

    Parameters
    ----------
    at
        The day for which validity is judged.
    others
        Packs among which no other version may be valid at once; the bundled ones by default.
    """
    found = list(_validity(file, at, bundled_packs() if others is None else others))
    program: Program | None = None
    for day in _days(file, at):
        program, faults = compiled(file, at=day)
        found += [f for f in faults if f not in found]
        if program is None:
            break
    if program is not None:
        tried = try_vectors(file)
        found += _bands(program, file)
        found += _unused(program, file)
        found += _vectors(file, program, tried)
        found += _impossible(program, file)
    return sorted(found, key=lambda f: (f.line, f.rule))


def _days(file: PackFile, at: dt.date) -> list[dt.date]:
    """Days on which parameters change, within the validity; the day asked for last."""
    pack = file.pack
    days = {pack.valid_from}
    for parameter in pack.parameters:
        days |= {v.valid_from for v in parameter.values if v.valid_from is not None and pack.valid_on(v.valid_from)}
    return [*sorted(days - {at}), *([at] if pack.valid_on(at) or not days - {at} else [])]


def _validity(file: PackFile, at: dt.date, others: Sequence[PackFile]) -> Iterator[Finding]:
    pack = file.pack
    if pack.valid_to is not None and pack.valid_to < at:
        line = file.line("valid_to")
        yield Finding("expired", "warning", f"规则包已于{pack.valid_to}失效；判断此后的记录请换用新版本", line=line)
    elif at < pack.valid_from:
        yield Finding("not-yet-valid", "warning", f"规则包{pack.valid_from}才生效", line=file.line("valid_from"))
    for one, other in same_time([file, *(o for o in others if o.pack != file.pack)]):
        if file in (one, other):
            with_it = other if one is file else one
            said = (
                f"{with_it.shown} 的版本 {with_it.pack.version}（{with_it.pack.validity}）与本包同时有效；请改起止日期"
            )
            yield Finding("two-versions", "error", said, line=file.line("valid_from"))
    if pack.mark == "recalled":
        yield Finding(
            "recalled", "info", "全包标为 recalled（凭记忆，待核对）：使用前请对照原文", line=file.line("mark")
        )


# ------------------------------------------------------------------------------------------------------ bands


def _bands(program: Program, file: PackFile) -> Iterator[Finding]:
    for number, plan in enumerate(program.scores.values()):
        for place, (item, node) in enumerate(plan.items):
            line = file.line("scores", number, "items", place, "bands")
            if item.bands is not None:
                yield from _cover(program, _banded(program, node), line, item.title or item.of or "")
            elif item.options is not None:
                unlisted = [o for o in _options(program, node) if o not in item.options]
                if unlisted:
                    said = f"选项{'、'.join(unlisted[:6])}没有写分值，按0分计"
                    yield Finding("unscored-option", "warning", said, line=file.line("scores", number, "items", place))


def _banded(program: Program, node: int) -> int:
    while program.nodes[node].op != "bands":
        node = program.nodes[node].args[0]
    return node


def _options(program: Program, node: int) -> tuple[str, ...]:
    while program.nodes[node].op not in ("options", "option"):
        node = program.nodes[node].args[0]
    return program.fields[program.nodes[node].name].options


def _cover(program: Program, number: int, line: int, title: str) -> Iterator[Finding]:
    """Overlaps and leaks of bands over what the number can be."""
    node = program.nodes[number]
    low, high, whole = _domain(program, node.args[0])
    bands = sorted(
        ((a, not a_in, b, bool(b_in)) for a, a_in, b, b_in, _ in np.asarray(node.numbers).reshape(-1, 5).tolist()),
        key=lambda band: (band[0], band[1]),
    )
    edge, counted = low, False  # everything below edge is covered; the edge itself if counted
    for a, a_open, b, b_counts in bands:
        said = f"{_edge(a, '≥' if not a_open else '>')}一档"
        if a < edge or (a == edge and counted and not a_open):
            if edge > low or counted:
                yield Finding(
                    "overlapping-bands",
                    "error",
                    f"“{title}”的分档重叠：{said}与前一档都含{_plain(max(a, low))}",
                    line=line,
                )
        elif (a > edge or (a_open and not counted and np.isfinite(a))) and not (
            whole and _no_whole(edge, counted, a, a_open)
        ):
            where = f"{_plain(edge)}与{_plain(a)}之间" if a > edge else f"恰为{_plain(a)}"
            yield Finding(
                "leaky-bands", "warning", f"“{title}”的分档有空隙：{where}的值没有分数，得分将无法判断", line=line
            )
        if (b, b_counts) > (edge, counted):
            edge, counted = b, b_counts
    if edge < high or (edge == high and not counted and np.isfinite(high)):
        where = f"{_plain(edge)}以上" if edge < high else f"恰为{_plain(high)}"
        yield Finding(
            "leaky-bands", "warning", f"“{title}”的分档有空隙：{where}的值没有分数，得分将无法判断", line=line
        )


def _no_whole(edge: float, counted: bool, a: float, a_open: bool) -> bool:
    """Whether there is no whole number between two bands."""
    first = edge + 1 if counted else np.ceil(edge)
    last = a if a_open else np.ceil(a) - 1
    return bool(first > last)


def _domain(program: Program, number: int) -> tuple[float, float, bool]:
    node = program.nodes[number]
    if node.op == "field":
        one = program.fields[node.name]
        low = -np.inf if one.minimum is None else one.minimum
        return low, np.inf if one.maximum is None else one.maximum, one.type == "integer"
    if node.op == "count":
        return 0.0, float(len(program.fields[node.name].options)), True
    if node.op in ("div", "mul", "add", "min", "max") and all(_domain(program, a)[0] >= 0 for a in node.args):
        return 0.0, np.inf, False
    if node.op == "scale" and node.numbers[0] > 0:
        low, high, _ = _domain(program, node.args[0])
        return low * node.numbers[0], high * node.numbers[0], False
    if node.op == "const":
        return node.numbers[0], node.numbers[0], False
    return -np.inf, np.inf, False


def _edge(value: float, sign: str) -> str:
    return "最低" if np.isinf(value) else f"{sign}{_plain(value)}"


def _plain(value: float) -> str:
    return ("-∞" if value < 0 else "∞") if np.isinf(value) else f"{value:g}"


# ----------------------------------------------------------------------------------------- names and vectors


def _unused(program: Program, file: PackFile) -> Iterator[Finding]:
    roots = [program.verdict, *(c.node for c in program.conditions.values())]
    roots += [c.node for _, c in program.levels if c is not None] + [p.node for p in program.scores.values()]
    if program.applies is not None:
        roots.append(program.applies.node)
    used = set(program.inputs(tuple(roots)))
    named = {e.name for text in _formulas(file) for e in text}
    for number, one in enumerate(file.pack.fields):
        names = {one.code, *one.names}
        if (one.formula and not names & named) or (not one.formula and one.code not in used):
            if file.pack.region_field in one.names:
                continue
            yield Finding("unused-field", "warning", f"字段“{one.shown}”没有用到", line=file.line("fields", number))


def _formulas(file: PackFile) -> Iterator[list[Expression]]:
    """The parts of every text of the pack that reads as a formula."""

    def texts(node: object) -> Iterator[str]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            for value in node.values():
                yield from texts(value)
        elif isinstance(node, list | tuple):
            for value in node:
                yield from texts(value)

    content = file.pack.model_dump(exclude={"vectors"})
    for text in texts(content):
        if len(text) <= 2000:
            try:
                yield list(parse(text, units=unit_names()).walk())
            except FormulaError:
                continue


def _vectors(file: PackFile, program: Program, tried: Sequence[Tried]) -> Iterator[Finding]:
    pack = file.pack
    if not tried:
        yield Finding(
            "no-vectors",
            "error",
            "没有检验用例（vectors）；请至少各写一个符合、不符合和恰在界上的例子",
            line=file.line("id"),
        )
        return
    for one in tried:
        for difference in one.differences:
            yield Finding("failing-vector", "error", f"检验用例“{one.title}”不通过：{difference}", line=one.line)
    done = [t.done for t in tried if t.done is not None]
    reached = {d.level[len(d) - 1] for d in done}
    for number, level in enumerate(pack.levels):
        if level.code not in reached:
            line = file.line("levels", number)
            yield Finding("untested-level", "warning", f"没有检验用例达到等级“{level.title or level.code}”", line=line)
    for number, condition in enumerate(pack.conditions):
        code = condition.code or ""
        seen = {int(v) for d in done for v in d.conditions[code]}
        for truth, said in ((1, "满足"), (-1, "不满足")):
            if truth not in seen:
                line = file.line("conditions", number)
                yield Finding(
                    "untested-condition", "warning", f"没有检验用例{said}条件“{condition.title or code}”", line=line
                )


# -------------------------------------------------------------------------------------------- what cannot be


def _impossible(program: Program, file: PackFile) -> Iterator[Finding]:
    """Conditions that no record meets, or every one, and levels that no record reaches."""
    if any(node.op in WINDOWS for node in program.nodes):
        return
    goals: list[tuple[str, str, tuple[Goal, ...], int]] = []
    for number, clause in enumerate(list(program.conditions.values())[:MOST_SEARCHED]):
        name, line = clause.title or clause.code, file.line("conditions", number)
        goals.append(("contradiction", f"条件“{name}”自相矛盾：没有记录能满足", ((clause.node, True),), line))
        goals.append(("always-true", f"条件“{name}”总是满足，不起作用", ((clause.node, False),), line))
    before: list[Goal] = []
    for number, (level, of_level) in enumerate(program.levels):
        here = (*before, *([(of_level.node, True)] if of_level is not None else []))
        said = f"没有记录能达到等级“{level.title or level.code}”：满足它的都已达到前面的等级，或条件自相矛盾"
        goals.append(("unreachable-level", said, here, file.line("levels", number)))
        if of_level is not None:
            before.append((of_level.node, False))
    if program.requires is not None:
        said = "requires 自相矛盾：没有记录能符合"
        goals.append(("contradiction", said, ((program.verdict, True),), file.line("requires")))
    # An empty record leaves every field free to take any value it allows.
    empty = unknown_columns(file.pack, rows=1)
    for rule, said, goal, line in goals:
        if goal and cheapest(program, empty, {}, goal)[0] == "impossible":
            yield Finding(rule, "warning", said, line=line)
