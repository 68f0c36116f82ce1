"""What is missing for a decision (缺什么): the unknown fields behind an unknown outcome, for all records at once.

Backwards through the program: what matters at the outcome matters at the parts that leave it open, down to the fields.
A part that is decided cannot help, and a field behind it is not asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qinggong.rules.operations import Value, run
from qinggong.rules.program import TRUTHS, Program

if TYPE_CHECKING:
    from qinggong.rules.evaluate import Evaluation

_BLOCK = 8192
Mask = npt.NDArray[np.bool_]


def missing_fields(done: Evaluation) -> tuple[tuple[str, ...], ...]:
    """By record the codes of missing fields that keep the outcome, the level or the score open."""
    program, records = done.program, done.records
    found: list[tuple[str, ...]] = [()] * records.rows
    score_open = ~(done.score_low == done.score_high) & bool(program.scores)
    open_rows = np.flatnonzero((done.verdict == 0) | (done.level_index == -2) | (score_open & (done.verdict != 2)))
    for start in range(0, len(open_rows), _BLOCK):
        rows = open_rows[start : start + _BLOCK]
        masks = relevant_missing(program, {n: c[rows] for n, c in records.columns.items()}, len(rows), {
            n: _taken(v, rows, records.rows) for n, v in done.windows.items()
        })  # fmt: skip
        codes = list(masks)
        matrix = np.stack([masks[c] for c in codes], axis=1) if codes else np.zeros((len(rows), 0), dtype=bool)
        patterns: dict[bytes, tuple[str, ...]] = {}
        for place, row in enumerate(rows):
            key = matrix[place].tobytes()
            if key not in patterns:
                patterns[key] = tuple(c for c, missing in zip(codes, matrix[place], strict=True) if missing)
            found[row] = patterns[key]
    return tuple(found)


def _taken(value: Value, rows: npt.NDArray[np.int64], total: int) -> Value:
    if isinstance(value, tuple):
        low, high = value
        return value if len(low) != total else (low[rows], high[rows])
    return value[rows]


def relevant_missing(
    program: Program, columns: dict[str, npt.NDArray[Any]], rows: int, known: dict[int, Value]
) -> dict[str, Mask]:
    """By field where it is missing and matters."""
    targets = [program.verdict]
    if program.applies is not None:
        targets.append(program.applies.node)
    targets += [clause.node for _, clause in program.levels if clause is not None]
    if program.main_score:
        targets.append(program.scores[program.main_score].node)
    order = program.below(tuple(targets))
    values = run(program, columns, targets, rows=rows, known=known, keep=order)
    matters = {n: np.zeros(rows, dtype=bool) for n in order}
    _seed(program, values, matters, rows)
    missing: dict[str, Mask] = {}
    for number in reversed(order):
        node, here = program.nodes[number], matters[number]
        if not here.any():
            continue
        if node.name:
            blank = _blank(columns[node.name], node.op, node.numbers)
            missing[node.name] = missing.get(node.name, np.zeros(rows, dtype=bool)) | (here & blank)
        for arg in node.args:
            matters[arg] |= here & _open(values.get(arg), rows, truth=program.nodes[arg].op in TRUTHS)
    return {code: missing[code] for code in program.fields if code in missing and missing[code].any()}


def _seed(program: Program, values: dict[int, Value], matters: dict[int, Mask], rows: int) -> None:
    applies = program.applies
    allowed = np.ones(rows, dtype=bool)
    if applies is not None:
        truth = values[applies.node]
        assert isinstance(truth, np.ndarray)
        matters[applies.node] |= truth == 0
        allowed = truth != -1
    matters[program.verdict] |= allowed & _open(values[program.verdict], rows, truth=True)
    # Levels behind one that surely holds do not matter.
    still_open = allowed
    for _, clause in program.levels:
        if clause is not None:
            truth = values[clause.node]
            assert isinstance(truth, np.ndarray)
            matters[clause.node] |= still_open & (truth == 0)
            still_open = still_open & (truth != 1)
    if program.main_score:
        node = program.scores[program.main_score].node
        matters[node] |= allowed & _open(values[node], rows, truth=False)


def _open(value: Value | None, rows: int, *, truth: bool) -> Mask:
    """Where a value is not decided."""
    if value is None:
        return np.ones(rows, dtype=bool)
    if isinstance(value, tuple):
        unknown: Mask = ~(value[0] == value[1])
    else:
        unknown = value == 0
    return unknown if len(unknown) == rows else np.broadcast_to(unknown, (rows,))


def _blank(column: npt.NDArray[Any], op: str, numbers: tuple[float, ...]) -> Mask:
    if column.ndim == 2:
        matrix = column == 0
        chosen: Mask = matrix[:, int(numbers[0])] if op == "has" else matrix.any(axis=1)
        return chosen
    if column.dtype.kind == "f":
        return np.isnan(column.astype(np.float64))
    blank: Mask = column == (-1 if column.dtype == np.int32 else 0)
    return blank
