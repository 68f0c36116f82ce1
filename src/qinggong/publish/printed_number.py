"""A printed number as a value and the number format that prints it again (数字格式)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PRINTED = re.compile(
    r"(?P<sign>[+\-−–]?)(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?P<rest>\.[0-9]{1,10})?"
    r"(?P<after>%|‰|[^\W\d_]{1,6})?(?P<mark>[*†]?)"
)
_LONGEST = 15
"""Decimal digits that a spreadsheet's number holds for sure (IEEE 754 binary64)."""


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """``value`` in the format ``number_format`` (as spreadsheets write it) shows the text as printed."""

    value: float
    number_format: str


def printed_number(text: str) -> PrintedNumber | None:
    """The number that a table cell prints, or ``None`` if it prints none, or more than one.

    A unit or mark behind the number goes into the format: “75.93万亿元” is 75.93 and shows as printed.
    """
    found = _PRINTED.fullmatch(text.strip())
    if found is None:
        return None
    whole, rest, after = found["whole"], found["rest"] or "", found["after"] or ""
    if len(whole.replace(",", "") + rest) - 1 > _LONGEST or (len(whole) > 1 and whole.startswith("0")):
        return None
    digits = f"{'#,##0' if ',' in whole else '0'}{'.' + '0' * (len(rest) - 1) if rest else ''}"
    value = float(whole.replace(",", "") + rest)
    tail = f'"{found["mark"]}"' if found["mark"] else ""
    if after == "%":
        value, digits = float(f"{value / 100:.15g}"), f"{digits}%"
    elif after:
        tail = f'"{after}{found["mark"]}"'
    shown = f"{digits}{tail}"
    if found["sign"] == "+":
        shown = f"+{shown};-{shown};{shown}"
    return PrintedNumber(-value if found["sign"] in ("-", "−", "–") else value, shown)
