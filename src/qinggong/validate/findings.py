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

    @property
    def sentence(self) -> str:
        place = self.file + (f" 第{self.row}行" if self.row else "")
        what = "，".join(
            part for part in (self.series, self.period, f"数值“{self.value}”" if self.value else "") if part
        )
        return f"{place}：{what + '：' if what else ''}{self.message}。{self.advice}。"

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)
