"""Evaluation of a pack over records (判断): 符合, 不符合 or 无法判断, with level and score, for many records at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qinggong.rules.compile import compile_pack
from qinggong.rules.model import Outcome, Pack
from qinggong.rules.operations import Floats, Truth, Value, run
from qinggong.rules.pack_files import PackFile, open_pack
from qinggong.rules.problems import Finding, PackError, RulesError, shortened
from qinggong.rules.program import WINDOWS, Program
from qinggong.rules.records import Records, typed
from qinggong.rules.windows import window

if TYPE_CHECKING:
    from qinggong.rules.explain import Explanation
    from qinggong.rules.gap import Gap

CHUNK = 16_384
"""Records done together: their columns stay in the processor's cache."""
OUTCOMES: dict[int, Outcome] = {1: "符合", -1: "不符合", 0: "无法判断", 2: "不适用"}
_NO_LEVEL, _OPEN_LEVEL = -1, -2


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a pack says of records.

    Attributes
    ----------
    verdict
        By record: 1 符合, -1 不符合, 0 无法判断, 2 不适用.
    level_index
        Place of the level reached, -1 for none, -2 where it cannot be decided; of a pack without levels all -1.
    score_low, score_high
        What the score is at least and at most; equal where nothing is missing, NaN in a pack without scores.
    conditions
        By code of a condition: 1, 0 or -1 for each record.
    findings
        Cells that could not be read and count as unknown.
    """

    program: Program
    records: Records
    verdict: Truth
    level_index: npt.NDArray[np.int16]
    score_low: Floats
    score_high: Floats
    conditions: dict[str, Truth]
    windows: dict[int, Value] = field(repr=False)
    _missing: list[tuple[tuple[str, ...], ...]] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return self.records.rows

    @property
    def pack(self) -> Pack:
        return self.program.file.pack

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.records.findings

    @property
    def outcome(self) -> list[Outcome]:
        """符合, 不符合, 无法判断 or 不适用, by record."""
        return [OUTCOMES[int(v)] for v in self.verdict]

    @property
    def level(self) -> list[str | None]:
        """The code of the level reached, by record; ``None`` for none, or if it cannot be decided."""
        codes = [level.code for level, _ in self.program.levels]
        return [codes[n] if n >= 0 else None for n in self.level_index]

    @property
    def score(self) -> Floats:
        """The score where it is known exactly, else NaN."""
        score: Floats = np.where(self.score_low == self.score_high, self.score_low, np.nan)
        return score

    @property
    def missing(self) -> tuple[tuple[str, ...], ...]:
        """By record the fields that are missing for a decision; empty where it is decided."""
        if not self._missing:
            from qinggong.rules.missing import missing_fields

            self._missing.append(missing_fields(self))
        return self._missing[0]

    def explain(self, row: int, *, condition: str = "") -> Explanation:
        """Why: each clause with the values it used and its distance from the threshold; of one condition, if named."""
        from qinggong.rules.explain import explained

        return explained(self, row, condition=condition)

    def gap(self, row: int, *, level: str = "") -> Gap:
        """What is lacking for 符合, or for a level, and the cheapest changes that reach it."""
        from qinggong.rules.gap import gap_of

        return gap_of(self, row, level=level)

    def as_dicts(self) -> list[dict[str, Any]]:
        """One mapping a record, for JSON and tables."""
        found: list[dict[str, Any]] = []
        outcome, level, missing = self.outcome, self.level, self.missing
        for row in range(len(self)):
            one: dict[str, Any] = {"row": row + self.records.first_row}
            if self.records.names:
                one["name"] = self.records.names[row]
            one["outcome"] = outcome[row]
            if self.program.levels:
                one["level"] = level[row]
            if self.program.scores:
                low, high = float(self.score_low[row]), float(self.score_high[row])
                one["score"] = _rounded(low) if low == high else None
                one["score_range"] = [_rounded(low), _rounded(high)]
            one["missing"] = list(missing[row])
            found.append(one)
        return found


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)


def evaluate(
    pack: Pack | PackFile | Path | str, records: Any, *, at: dt.date | str | None = None, region: str = "",
    workers: int = 2,
) -> Evaluation:  # fmt: skip
    """Evaluate a rule pack over records.

    Parameters
    ----------
    pack
        A path to a pack, the id of a bundled one (``sme_size``), or a pack.
    records
        A list of mappings, a mapping of columns, a data frame, or the path of a CSV or XLSX file. Absent values are
        unknown, never 0 or no.
    at
        The day of the evaluation (``2026-04-01``), which chooses version and parameters; without it today.
    region
        Region whose parameters hold, where the pack has regional ones.
    workers
        Threads over blocks of records.

    Raises
    ------
    PackError
        If the pack cannot be used, or is not in force on that day.
    RecordsError
        If the records cannot be read.
    """
    day = _day(at)
    file = open_pack(pack, at=day)
    require_valid(file, day)
    return evaluated(compile_pack(file, at=day, region=region), typed(records, file.pack), workers=workers)


def _day(at: dt.date | str | None) -> dt.date:
    if isinstance(at, str):
        try:
            return dt.date.fromisoformat(at)
        except ValueError as error:
            raise RulesError(f"评价日应写成 2026-04-01 的样子，收到“{shortened(at)}”") from error
    if isinstance(at, dt.datetime):
        return at.date()
    return at or dt.date.today()


def require_valid(file: PackFile, day: dt.date) -> None:
    """Refuse a pack outside its validity.

    Raises
    ------
    PackError
        With its validity, and what to do.
    """
    if not file.pack.valid_on(day):
        raise PackError(
            f"{file.shown}：规则包“{file.pack.title}”{file.pack.validity}有效，评价日是{day}；请另指定评价日（--date），或换用有效的版本"
        )


def evaluated(program: Program, records: Records, *, workers: int = 2) -> Evaluation:
    """The evaluation of a compiled pack over typed columns."""
    rows = records.rows
    known = windows_over(program, records)
    conditions = {code: np.zeros(rows, dtype=np.int8) for code in program.conditions}
    verdict = np.zeros(rows, dtype=np.int8)
    levels = np.full(rows, _NO_LEVEL, dtype=np.int16)
    score_low, score_high = np.full(rows, np.nan), np.full(rows, np.nan)
    main = program.scores.get(program.main_score)
    level_nodes = [clause.node if clause else None for _, clause in program.levels]
    roots = [
        program.verdict,
        *(c.node for c in program.conditions.values()),
        *(n for n in level_nodes if n is not None),
    ]
    if main is not None:
        roots.append(main.node)
    if program.applies is not None:
        roots.append(program.applies.node)

    def work(start: int) -> None:
        part = slice(start, min(start + CHUNK, rows))
        size = part.stop - part.start
        columns = {name: column[part] for name, column in records.columns.items()}
        values = run(program, columns, roots, rows=size, known={n: sliced(v, part, rows) for n, v in known.items()})
        truth = _truth(values[program.verdict])
        if level_nodes:
            levels[part] = _levels([None if n is None else _truth(values[n]) for n in level_nodes], size)
            if program.classifies:
                truth = np.where(levels[part] == _OPEN_LEVEL, 0, 1).astype(np.int8)
        if program.applies is not None:
            applies = _truth(values[program.applies.node])
            truth = np.where(applies == -1, 2, np.where(applies == 0, 0, truth)).astype(np.int8)
        verdict[part] = truth
        for code, clause in program.conditions.items():
            conditions[code][part] = values[clause.node]
        if main is not None:
            pair = values[main.node]
            score_low[part], score_high[part] = pair[0], pair[1]

    starts = range(0, rows, CHUNK)
    if len(starts) > 1 and workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, starts))
    else:
        for start in starts:
            work(start)
    return Evaluation(program, records, verdict, levels, score_low, score_high, conditions, known)


def windows_over(program: Program, records: Records) -> dict[int, Value]:
    """The values of all windows over all records, the inner ones first.

    Raises
    ------
    PackError
        If the pack looks at other periods but does not say how records follow one another.
    """
    wanted = [n for n, node in enumerate(program.nodes) if node.op in WINDOWS]
    if not wanted:
        return {}
    if records.ordering is None:
        raise PackError(f"{program.file.shown}：公式用到前后期或同期比较，规则包要写 over（时期列、对象列、步长）")
    known: dict[int, Value] = {}
    for number in wanted:
        node = program.nodes[number]
        values = run(program, records.columns, node.args, rows=records.rows, known=known)
        with np.errstate(all="ignore"):
            known[number] = window(node, [values[a] for a in node.args], records.ordering)
    return known


def sliced(value: Value, part: slice, rows: int) -> Value:
    """A part of the records of a value; a constant is left as it is."""
    if isinstance(value, tuple):
        low, high = value
        if len(low) != rows:
            return value
        return (low[part], low[part]) if low is high else (low[part], high[part])
    return value[part]


def _truth(value: Value) -> Truth:
    assert isinstance(value, np.ndarray)
    return value


def _levels(truths: Sequence[Truth | None], rows: int) -> npt.NDArray[np.int16]:
    """The first level that holds, if all before it are known not to."""
    chosen = np.full(rows, _NO_LEVEL, dtype=np.int16)
    still_open = np.ones(rows, dtype=bool)
    doubtful = np.zeros(rows, dtype=bool)
    for place, truth in enumerate(truths):
        holds = still_open if truth is None else still_open & (truth == 1)
        chosen[holds & ~doubtful] = place
        if truth is not None:
            doubtful |= still_open & (truth == 0)
        still_open = still_open & ~holds
    chosen[doubtful] = _OPEN_LEVEL
    return chosen
