"""Findings (核查结果): what is wrong with an input, where, and what to do; plain values, shown in Chinese."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

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
