"""Warning rules over a frame (预警判断): severities by rule, observation and unit, and the runs they make.

Every rule is a condition of a rule pack, judged by the engine of rule packs over all records at once. A condition that
cannot be judged is unknown: it neither fires nor ends a warning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.warnings import WarningRule, WarningSettings
from qinggong.monitor.warning_inputs import WHOLE, Frame
from qinggong.rules.compile import compile_pack
from qinggong.rules.evaluate import Evaluation, evaluated
from qinggong.rules.pack_files import bundled_packs, open_pack
from qinggong.rules.program import Program
from qinggong.rules.records import Records
from qinggong.rules.windows import Ordering

Severities = NDArray[np.int8]
UNKNOWN = -1
RECENT = 4
"""Observations within which an input must have been known for its rule to be in use: profits come out a month later."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a frame.

    ``severity[rule]`` is ``(rows, units)``: 1 to 3 where it holds, 0 where not, −1 where it cannot be judged.
    ``lacking`` names for each rule that is not in use (未启用) the fields without which it says nothing.
    """

    frame: Frame
    severity: dict[str, Severities]
    evaluations: dict[str, Evaluation]
    lacking: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Runs:
    """Warnings over time, all ``(rows, units)``: whether one is open, the row it opened in (−1), the gravest severity
    so far."""

    open: NDArray[np.bool_]
    since: NDArray[np.int64]
    worst: Severities


def judge(frame: Frame, settings: WarningSettings, *, at: dt.date | None = None) -> Judged:
    """Evaluate every rule over every record of a frame.

    Parameters
    ----------
    at
        The day whose parameters hold; without it the newest of each pack.
    """
    evaluations = {pack: _evaluated(pack, frame, at) for pack in settings.packs}
    severity, lacking = {}, {}
    whole = np.array([u.industry == WHOLE for u in frame.units])
    for rule in settings.rules:
        missing = _lacking(rule, frame, whole)
        if missing:
            lacking[rule.code] = missing
        found = _severity(rule, evaluations[rule.pack], frame)
        severity[rule.code] = (
            np.where(whole[None, :], found, UNKNOWN).astype(np.int8) if rule.over == "whole" else found
        )
    return Judged(frame, severity, evaluations, lacking)


def runs(severity: Severities, *, clear_after: int, lapse_after: int = 10**6) -> Runs:
    """Open at the first observation that fires; closed after ``clear_after`` in a row that were judged and did not.

    A graver observation within a run raises it and opens no second one. One that could not be judged says nothing, but
    after ``lapse_after`` of them in a row nothing is known any more and the run lapses.
    """
    shape = severity.shape
    is_open, since = np.zeros(shape, dtype=np.bool_), np.full(shape, -1, dtype=np.int64)
    worst = np.zeros(shape, dtype=np.int8)
    going = np.zeros(shape[1], dtype=np.bool_)
    start, silent = np.full(shape[1], -1, dtype=np.int64), np.zeros(shape[1], dtype=np.int64)
    grave, blind = np.zeros(shape[1], dtype=np.int8), np.zeros(shape[1], dtype=np.int64)
    for row in range(shape[0]):
        fires, clear = severity[row] > 0, severity[row] == 0
        silent = np.where(fires, 0, silent + clear)
        blind = np.where(severity[row] == UNKNOWN, blind + 1, 0)
        ends = going & ((silent >= clear_after) | (blind >= lapse_after))
        going, grave = going & ~ends, np.where(ends, 0, grave).astype(np.int8)
        begins = fires & ~going
        start = np.where(begins, row, np.where(going | begins, start, -1))
        going = going | begins
        grave = np.where(going, np.maximum(grave, np.maximum(severity[row], 0)), 0).astype(np.int8)
        is_open[row], since[row], worst[row] = going, np.where(going, start, -1), grave
    return Runs(is_open, since, worst)


@lru_cache(maxsize=1)
def field_names() -> Mapping[str, str]:
    """Chinese names of the fields of all warning packs by code."""
    return {f.code: f.shown for file in bundled_packs("warning_") for f in file.pack.fields}


@lru_cache(maxsize=64)
def _program(pack: str, day: dt.date | None) -> Program:
    file = open_pack(pack, at=day)
    # The rules of today are held against figures of any year; parameters with dates take the day's.
    return compile_pack(file, at=max(day, file.pack.valid_from) if day else dt.date.today())


def _evaluated(pack: str, frame: Frame, at: dt.date | None) -> Evaluation:
    program = _program(pack, at)
    rows, count = frame.rows, len(frame.units)
    columns = {
        one.code: np.ascontiguousarray(frame.fields[one.code].T).ravel()
        for one in program.file.pack.fields if not one.formula
    }  # fmt: skip
    ordering = Ordering(np.repeat(np.arange(count), rows), np.tile(np.arange(rows), count))
    records = Records(columns, rows * count, 1, (), (), (), ordering)
    return evaluated(program, records, workers=1)


def _severity(rule: WarningRule, done: Evaluation, frame: Frame) -> Severities:
    shape = (len(frame.units), frame.rows)
    truths = [(level.severity, done.conditions[level.condition].reshape(shape).T) for level in rule.levels]
    found = np.where(np.all([t == -1 for _, t in truths], axis=0), 0, UNKNOWN)
    for severity, truth in sorted(truths, key=lambda pair: pair[0]):
        found = np.where(truth == 1, severity, found)
    # A graver level that cannot be judged does not make a plain "no" of the lightest one unknown.
    lightest = min(truths, key=lambda pair: pair[0])[1]
    nested = len(truths) > 1 and rule.pack == "warning_sign"
    if nested:
        found = np.where((found == UNKNOWN) & (lightest == -1), 0, found)
    return np.asarray(found, dtype=np.int8)


def _lacking(rule: WarningRule, frame: Frame, whole: NDArray[np.bool_]) -> tuple[str, ...]:
    """Inputs that no unit has had of late."""
    names = field_names()
    mine = whole if rule.over == "whole" else np.ones_like(whole)
    return tuple(
        names[name] for name in rule.inputs if np.isnan(frame.fields[name][-RECENT:, mine]).all()
    )  # fmt: skip
