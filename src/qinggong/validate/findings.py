"""Findings (核查结果): what is wrong with an input, where, and what to do; plain values, shown in Chinese."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from qinggong.periods import PeriodError, parse

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes
    ----------
    rule
        Short stable name of the rule, for filtering (``unknown-industry``).
    severity
        ``error``: the row or file was not taken in; ``warning``: taken in, look at it; ``info``: nothing to do.
    row
        Row of the file as a spreadsheet counts it (the header is row 1); 0 for the whole file.
    series, period, value
        As written in the file, so that the user finds them there.
    message, advice
        Chinese sentences: what is wrong; what to do.
    expected
        What the value should be about, with its unit, where a rule can say so.
    """

    rule: str
    severity: Severity
    file: str
    row: int
    series: str
    period: str
    value: str
    message: str
    advice: str
    expected: str = ""

    @property
    def sentence(self) -> str:
        place = self.file + (f" {_place(self.row)}" if self.row else "")
        what = "，".join(
            part
            for part in (
                self.series,
                self.period,
                f"数值“{self.value}”" if self.value else "",
                f"应{self._expected}" if self.expected else "",
            )
            if part
        )
        return f"{place}：{what + '：' if what else ''}{self.message}。{self.advice}。"

    @property
    def _expected(self) -> str:
        return self.expected if self.expected[0] in "≤≥" else f"约为{self.expected}"

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def _place(row: int) -> str:
    """Where a person finds the figure; workbooks of series number theirs as sheet · 10⁷ + row · 10³ + column."""
    if row < 10_000_000:
        return f"第{row}行"
    sheet, inside = divmod(row, 10_000_000)
    line, column = divmod(inside, 1000)
    return f"第{sheet}张工作表第{line}行第{column}列"


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one rule about one series of a file, shown as one.

    ``shown`` stands for all: of errors, which must be mended, the first row; of the others the newest period. ``first``
    and ``last`` are periods as written, ``rows`` the first and the last row.
    """

    shown: Finding
    count: int
    first: str
    last: str
    rows: tuple[int, int]

    @property
    def sentence(self) -> str:
        if self.count == 1:
            return self.shown.sentence
        between = (self.first, self.last)
        if self.shown.severity == "error":
            between = (_place(self.rows[0]), _place(self.rows[1]))
        where = f"，{between[0]}至{between[1]}" if between[0] != between[1] else ""
        return f"{self.shown.sentence}（同一序列同类问题共{self.count}条{where}）"


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Findings as a person reads them: repeated ones of one series and rule as one.

    Errors that name no series (a damaged file, a short line) stay apart. The order is that of the first of each group.
    """
    found: dict[tuple[str, ...], list[Finding]] = {}
    for n, f in enumerate(findings):
        own = () if f.series else (str(n),)
        found.setdefault((f.file, f.rule, f.severity, f.series, *own), []).append(f)
    return [group(members) for members in found.values()]


def group(members: Sequence[Finding]) -> Group:
    """One group of given findings of one file, rule, severity and series."""
    ordered = sorted(members, key=lambda f: (_when(f.period), f.row))
    rows = min(f.row for f in members), max(f.row for f in members)
    if members[0].severity == "error":
        shown = min(members, key=lambda f: f.row)
    else:
        shown = next(f for f in ordered if _when(f.period) == _when(ordered[-1].period))
    return Group(shown, len(members), ordered[0].period, ordered[-1].period, rows)


def _when(code: str) -> tuple[int, int, int, str]:
    try:
        period = parse(code)
    except PeriodError:
        return (0, 0, 0, code)
    return (period.year, period.last, -period.first, "")
