"""The test vectors of a pack (检验用例): cases with known answers, evaluated as any record is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qinggong.catalogue.names import normalise
from qinggong.rules.compile import compile_pack
from qinggong.rules.evaluate import Evaluation, evaluated
from qinggong.rules.explain import TRUTHS
from qinggong.rules.model import Pack, Vector
from qinggong.rules.pack_files import PackFile
from qinggong.rules.problems import RulesError
from qinggong.rules.records import typed


@dataclass(frozen=True, slots=True)
class Tried:
    """A vector as it came out; ``differences`` is empty if it passed."""

    pack: str
    title: str
    line: int
    differences: tuple[str, ...]
    done: Evaluation | None = None

    @property
    def passed(self) -> bool:
        return not self.differences


def try_vectors(file: PackFile) -> list[Tried]:
    """Evaluate every vector of a pack; one that cannot be evaluated counts as failed."""
    return [_tried(file, vector, number) for number, vector in enumerate(file.pack.vectors)]


def _tried(file: PackFile, vector: Vector, number: int) -> Tried:
    pack, line = file.pack, file.line("vectors", number)
    try:
        strangers = list(_strangers(pack, vector))
        if strangers:
            return Tried(pack.id, vector.title, line, tuple(strangers))
        program = compile_pack(file, at=vector.at or pack.valid_from, region=vector.region)
        done = evaluated(program, typed(vector.records, pack), workers=1)
        doubts = tuple(f.message for f in done.findings)
        return Tried(pack.id, vector.title, line, (*doubts, *_differences(done, vector)), done)
    except RulesError as error:
        return Tried(pack.id, vector.title, line, (str(error),))


def _strangers(pack: Pack, vector: Vector) -> Iterator[str]:
    known = {normalise(name).lower() for one in pack.fields if not one.formula for name in one.names}
    if pack.over is not None:
        known |= {normalise(name).lower() for name in (pack.over.period, *pack.over.by)}
    for record in vector.records:
        for name in record:
            if normalise(name).lower() not in known:
                yield f"given 里的“{name}”不是规则包的字段"


def _differences(done: Evaluation, vector: Vector) -> Iterator[str]:
    """Where the answer for the last record is not the expected one."""
    wanted, row = vector.expect, len(done) - 1
    found: list[tuple[str, Any, Any]] = []
    if wanted.outcome is not None:
        found.append(("outcome", wanted.outcome, done.outcome[row]))
    if "level" in wanted.model_fields_set:
        found.append(("level", wanted.level or None, done.level[row]))
    if wanted.score is not None:
        low, high = float(done.score_low[row]), float(done.score_high[row])
        same = abs(low - wanted.score) <= 1e-9 * max(1.0, abs(wanted.score)) and low == high
        found.append(("score", wanted.score, wanted.score if same else low if low == high else f"{low:g}至{high:g}"))
    if wanted.missing is not None:
        names = {name: f.code for f in done.pack.fields for name in f.names}
        found.append(("missing", sorted(names.get(m, m) for m in wanted.missing), sorted(done.missing[row])))
    for code, outcome in (wanted.conditions or {}).items():
        if code not in done.conditions:
            yield f"没有条件“{code}”"
        else:
            found.append((code, outcome, TRUTHS[int(done.conditions[code][row])]))
    for what, expected, is_now in found:
        if expected != is_now:
            yield f"{what} 应为 {expected}，实为 {is_now}"
