"""What a cell of a record says (单元格): a number in the field's unit, yes or no, an option, a date; or nothing known.

A blank is unknown. A text where a number belongs is unknown too, and a finding: it is never 0.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from fractions import Fraction

from qinggong.rules.dimensions import known_units
from qinggong.rules.model import RecordField
from qinggong.rules.program import days

BLANK = frozenset(
    {
        "",
        "-",
        "—",
        "——",
        "–",
        "…",
        "……",
        "/",
        "\\",
        "未知",
        "不详",
        "无法提供",
        "待补",
        "待定",
        "未填",
        "n/a",
        "na",
        "nan",
        "none",
        "null",
        "#n/a",
    }
)
YES = frozenset({"是", "有", "√", "✓", "✔", "对", "true", "yes", "y", "1", "1.0", "符合", "已", "t"})
NO = frozenset({"否", "无", "没有", "×", "✗", "✘", "x", "不是", "false", "no", "n", "0", "0.0", "不符合", "未", "f"})
NONE_CHOSEN = frozenset({"无", "没有", "均无", "都没有", "none chosen"})
LONGEST_CELL = 2000
_WIDTH = str.maketrans("０１２３４５６７８９．，−－–＋％（）", "0123456789.,---+%()")
_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)\s*(\S{0,12})")
_PLAIN = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,12})?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?")
_SEPARATORS = re.compile(r"[;；、,，|\n]+")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a cell counts as unknown."""

    rule: str
    reason: str


def text_of(value: object) -> str:
    """A cell as text; what has no text (a whole number of thousands of digits) has none."""
    try:
        return value if isinstance(value, str) else str(value)
    except ValueError:
        return ""


def is_blank(value: object) -> bool:
    """Whether a cell says nothing."""
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, str):
        return len(value) < 20 and value.strip().lower() in BLANK
    return type(value).__name__ in ("NAType", "NaTType")


def number_in(value: object, field: RecordField, *, column_unit: str = "") -> float | Refused:
    """A number in the field's unit.

    Parameters
    ----------
    column_unit
        The unit that the column's head names, if it names one.
    """
    unit = column_unit
    if isinstance(value, bool):
        return Refused("not-a-number", "应是数，写的是“是/否”")
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            return Refused("not-a-number", f"应是数，写的是{len(value)}个字符的文字")
        if not column_unit and (plain := _plain_number(value)) is not None:
            return within(plain, field)
        found = _NUMBER.fullmatch(value.strip().translate(_WIDTH))
        if found is None:
            return Refused("not-a-number", "应是数，写的是文字")
        number = float(found[1].replace(",", ""))
        unit = found[2] or column_unit
    else:
        if isinstance(value, complex):
            return Refused("not-a-number", "应是数，写的是复数")
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return Refused("not-a-number", "应是数，写的是别的内容")
    if not math.isfinite(number) or abs(number) >= 1e15:
        return Refused("not-a-number", "不是有限的数，或大于 10 的 15 次方")
    if unit and unit != field.unit:
        ratio = unit_ratio(unit, field.unit)
        if ratio is None:
            return Refused("unit", f"单位“{unit}”不能换算为“{field.unit or '无单位'}”")
        number = float(Fraction(str(number)) * ratio)
    return within(number, field)


def _plain_number(text: str) -> float | None:
    """A number in plain digits, the usual case, without looking for separators and units."""
    if _PLAIN.fullmatch(text):
        return float(text)
    return None


def within(number: float, field: RecordField) -> float | Refused:
    """The number, if the field allows it."""
    if field.type == "integer" and number != round(number):
        return Refused("not-an-integer", "应是整数")
    if (field.minimum is not None and number < field.minimum) or (field.maximum is not None and number > field.maximum):
        low = "-∞" if field.minimum is None else f"{field.minimum:g}"
        high = "∞" if field.maximum is None else f"{field.maximum:g}"
        return Refused("out-of-range", f"应在{low}至{high}{field.unit}之间")
    return number


def unit_ratio(unit: str, to: str) -> Fraction | None:
    """What to multiply by to come from one unit to another; ``None`` if they measure different things."""
    one, other = known_units().get(unit), known_units().get(to)
    if one is None or other is None or one.powers != other.powers:
        return None
    return one.factor / other.factor


def flag_in(value: object) -> int | Refused:
    """1 for yes, -1 for no."""
    text = text_of(value).strip().lower() if not isinstance(value, str) or len(value) <= LONGEST_CELL else ""
    if value is True or text in YES:
        return 1
    if value is False or text in NO:
        return -1
    return Refused("not-a-flag", "应写 是 或 否")


def option_in(value: object, field: RecordField) -> int | Refused:
    """The place of an option among those of the field."""
    text = text_of(value).strip()
    if text in field.options:
        return field.options.index(text)
    return Refused("unknown-option", f"不是选项；可填：{'、'.join(field.options[:12])}")


def options_in(value: object, field: RecordField) -> frozenset[int] | Refused:
    """The places of several options, written as a list or with 、 or ; between them; 无 for none of them."""
    if isinstance(value, list | tuple | set | frozenset):
        parts = [text_of(v).strip() for v in value]
    else:
        text = text_of(value)
        if len(text) > LONGEST_CELL:
            return Refused("unknown-option", f"应是选项，写的是{len(text)}个字符的文字")
        parts = [text.strip()] if text.strip() in field.options else [p.strip() for p in _SEPARATORS.split(text)]
    chosen = [p for p in parts if p and (p in field.options or p not in NONE_CHOSEN)]
    unknown = [p for p in chosen if p not in field.options]
    if unknown:
        return Refused("unknown-option", f"“{unknown[0][:20]}”不是选项；可填：{'、'.join(field.options[:12])}")
    return frozenset(field.options.index(p) for p in chosen)


def day_in(value: object) -> float | Refused:
    """A date as days since 1970; a month stands for its first day."""
    if isinstance(value, dt.datetime):
        return float(days(value.date()))
    if isinstance(value, dt.date):
        return float(days(value))
    text = text_of(value).strip()
    found = _DAY.fullmatch(text[:20]) if len(text) <= 20 else None
    if found:
        try:
            return float(days(dt.date(int(found[1]), int(found[2]), int(found[3] or 1))))
        except ValueError:
            pass
    return Refused("not-a-date", "应写日期，如 2024-01-31")
