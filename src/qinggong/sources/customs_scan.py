"""Plain lines of a customs export, understood from their bytes by compiled code (逐字节扫描).

One pass over a block splits the lines into cells, checks the characters of the encoding, and turns months, codes and
figures into numbers. A line that is not plain (a cell of another form, quotation marks that do not match, a character
that the encoding does not have) is only reported with its place; what is wrong with it, if anything, is said by the
careful reading of texts.

In GB18030 no byte of a longer character is a comma, a quotation mark or a line end (GB 18030—2005, 双字节与四字节的码位
范围), and in UTF-8 none is below 0x80, so cells are split byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]

SKIP, EMPTY, MONTH, GOODS, PARTNER, MODE, PLACE, UNIT, FIGURE = range(9)
"""What a column is: not looked at, empty in every line, or the field of that name. Units and figures are counted on
from these by two: ``UNIT`` and ``FIGURE`` belong to none, ``UNIT + 2`` to the first quantity and so on."""

ROW, MONTH_AT, GOODS_AT, PARTNER_AT, MODE_AT, PLACE_AT, UNIT_AT, UNIT2_AT = range(8)
"""Columns of the codes of a line."""
CODES, FIGURES = 8, 3

MISSING, ODD = -1, -2
"""In place of a figure: the cell holds a mark of a missing one, or is no plain number."""

_MORE, _LAST = 1, 2
_COMMA, _QUOTE, _LINE_END, _RETURN, _SPACE, _TAB, _POINT, _ZERO, _NINE = 44, 34, 10, 13, 32, 9, 46, 48, 57
_MOST_DIGITS = 18
_MOST_LOOKS = 256
"""Slots looked at for one text: texts made to fall on one slot must not cost more."""
_EXACT_DIGITS = 15
"""A number of so many digits is exact as a double, and so is its quotient by a power of ten."""


def _compiled(function: _Kernel, *, inline: str = "never") -> _Kernel:
    """Compile a kernel that releases the interpreter lock; its code is kept where there is a folder for it."""
    options: dict[str, Any] = {"nogil": True, "inline": inline}
    try:
        return cast("_Kernel", njit(cache=True, **options)(function))
    except RuntimeError:  # neither the package's folder nor one of the user can be written
        return cast("_Kernel", njit(**options)(function))


def _inlined(function: _Kernel) -> _Kernel:
    """The same for a kernel that becomes part of its caller: a call for every character would cost more than it."""
    return _compiled(function, inline="always")


@_inlined
def wide(block: Bytes, at: int, utf8: bool) -> int:
    """Bytes of the longer character that begins there; 0 if it is none of the encoding."""
    first, second = block[at], block[at + 1]
    if utf8:
        more = 1 if 0xC2 <= first <= 0xDF else 2 if 0xE0 <= first <= 0xEF else 3 if 0xF0 <= first <= 0xF4 else 0
        for i in range(1, more + 1):
            if not 0x80 <= block[at + i] <= 0xBF:
                return 0
        return more + 1 if more else 0
    if first == 0x80 or first == 0xFF:
        return 0
    if 0x40 <= second <= 0xFE and second != 0x7F:
        return 2
    if 0x30 <= second <= 0x39 and 0x81 <= block[at + 2] <= 0xFE and 0x30 <= block[at + 3] <= 0x39:
        return 4
    return 0


@_inlined
def cell(block: Bytes, at: int, utf8: bool) -> tuple[int, int, int, int, bool]:
    """The cell that begins there: start, end, what stands behind it, where that goes on, and if quotes are doubled.

    ``_MORE`` stands for a comma, ``_LAST`` for the line end, 0 for a cell that is not plain. The block ends with a
    line end, so no loop leaves it.
    """
    doubled = False
    if block[at] == _QUOTE:
        start = at = at + 1
        while True:
            byte = block[at]
            if byte == _QUOTE:
                if block[at + 1] != _QUOTE:
                    break
                doubled, at = True, at + 2
            elif byte >= 0x80:
                size = (
                    2 if not utf8 and 0x81 <= byte <= 0xFE and 0x80 <= block[at + 1] <= 0xFE else wide(block, at, utf8)
                )
                if size == 0:
                    return start, at, 0, at, doubled
                at += size
            elif byte == _LINE_END:
                return start, at, 0, at, doubled
            else:
                at += 1
        end = at
        at += 1
    else:
        start = at
        while True:
            byte = block[at]
            if byte in (_COMMA, _LINE_END):
                break
            if byte == _QUOTE:
                return start, at, 0, at, doubled
            if byte >= 0x80:
                size = (
                    2 if not utf8 and 0x81 <= byte <= 0xFE and 0x80 <= block[at + 1] <= 0xFE else wide(block, at, utf8)
                )
                if size == 0:
                    return start, at, 0, at, doubled
                at += size
            else:
                at += 1
        end = at
        if block[at] == _LINE_END and end > start and block[end - 1] == _RETURN:
            end -= 1
    if block[at] == _RETURN and block[at + 1] == _LINE_END:
        at += 1
    behind = _MORE if block[at] == _COMMA else _LAST if block[at] == _LINE_END else 0
    return start, end, behind, at + 1 if behind else at, doubled


@_compiled
def whole_number(block: Bytes, start: int, end: int) -> int:
    """The number that the digits make; ``ODD`` if there are others, or none."""
    value = 0
    for i in range(start, end):
        byte = block[i]
        if byte < _ZERO or byte > _NINE:
            return ODD
        value = value * 10 + (byte - _ZERO)
    return value if end > start else ODD


@_compiled
def figure(block: Bytes, start: int, end: int, marks: NDArray[np.uint64]) -> tuple[int, int]:
    """Digits of a figure as one whole number, and how many of them stand behind the point.

    Thousands separators stand in their places or not at all. ``marks`` are the cells of missing figures, packed into
    a number each, with their lengths.
    """
    while start < end and (block[start] == _SPACE or block[start] == _TAB):
        start += 1
    while end > start and (block[end - 1] == _SPACE or block[end - 1] == _TAB):
        end -= 1
    at, value, digits, commas, group = start, 0, 0, 0, 0
    while at < end and digits <= _MOST_DIGITS:
        byte = block[at]
        if _ZERO <= byte <= _NINE:
            value = value * 10 + (byte - _ZERO)
            digits += 1
            group += 1
        elif byte == _COMMA:
            if group > 3 or group == 0 or (commas > 0 and group != 3):
                return ODD, 0
            commas += 1
            group = 0
        else:
            break
        at += 1
    if digits == 0:
        return (MISSING if marked(block, start, end, marks) else ODD), 0
    if digits > _MOST_DIGITS or (commas > 0 and group != 3) or (digits > 1 and block[start] == _ZERO):
        return ODD, 0
    if at == end:
        return value, 0
    decimals = end - at - 1
    if block[at] != _POINT or decimals < 1 or decimals > 9 or digits + decimals > _EXACT_DIGITS:
        return ODD, 0
    for i in range(at + 1, end):
        byte = block[i]
        if byte < _ZERO or byte > _NINE:
            return ODD, 0
        value = value * 10 + (byte - _ZERO)
    return value, decimals


@_compiled
def marked(block: Bytes, start: int, end: int, marks: NDArray[np.uint64]) -> bool:
    """True if the cell is one of the marks."""
    if end - start > 8:
        return False
    packed = np.uint64(0)
    for i in range(start, end):
        packed = (packed << np.uint64(8)) | np.uint64(block[i])
    found, k = False, 0
    while k < marks.shape[0] and not found:
        found = marks[k, 0] == packed and marks[k, 1] == np.uint64(end - start)
        k += 1
    return bool(found)


@_compiled
def text_number(block: Bytes, start: int, end: int, slots: Codes, starts: Ints, store: Bytes, counts: Ints) -> int:
    """Number of a text among those met so far, from 1; 0 for the empty one, ``ODD`` if there is no room left.

    Open addressing by the FNV-1a hash; text ``k`` lies in ``store`` from ``starts[k]`` to ``starts[k + 1]``.
    """
    size = end - start
    if size == 0:
        return 0
    hashed = np.uint64(14695981039346656037)
    for i in range(start, end):
        hashed = (hashed ^ np.uint64(block[i])) * np.uint64(1099511628211)
    mask = np.int64(slots.shape[0] - 1)
    slot = np.int64(hashed >> np.uint64(20)) & mask
    looks = 0
    while slots[slot] != 0:
        known = slots[slot]
        first = starts[known]
        if starts[known + 1] - first == size:
            same = True
            for i in range(size):
                if store[first + i] != block[start + i]:
                    same = False
                    break
            if same:
                return int(known)
        slot = (slot + 1) & mask
        looks += 1
        if looks > _MOST_LOOKS:
            return ODD
    number = counts[0] + 1
    if number + 1 >= starts.shape[0] or starts[number] + size > store.shape[0]:
        return ODD
    for i in range(size):
        store[starts[number] + i] = block[start + i]
    starts[number + 1] = starts[number] + size
    slots[slot] = number
    counts[0] = number
    return int(number)


@_compiled
def goods_number(block: Bytes, start: int, end: int, slots: Codes, keys: Ints, counts: Ints) -> int:
    """Number of a goods code among those met so far, from 1; its key is sixteen times its digits plus their count."""
    size = end - start
    value = whole_number(block, start, end) if 2 <= size <= 10 and size % 2 == 0 else ODD
    if value == ODD:
        return ODD
    chapter = 10 * (block[start] - _ZERO) + block[start + 1] - _ZERO
    if chapter == 0 or chapter == 77:
        return ODD
    key = value * 16 + size
    mask = np.int64(slots.shape[0] - 1)
    slot = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & mask
    looks = 0
    while slots[slot] != 0:
        if keys[slots[slot]] == key:
            return int(slots[slot])
        slot = (slot + 1) & mask
        looks += 1
        if looks > _MOST_LOOKS:
            return ODD
    number = counts[1] + 1
    if number >= keys.shape[0]:
        return ODD
    keys[number] = key
    slots[slot] = number
    counts[1] = number
    return int(number)


@_compiled
def code(block: Bytes, start: int, end: int, role: int, places: NDArray[np.bool_]) -> int:
    """Number of a month (``YYYYMM``), a partner, a mode (set off by its length) or a province; ``ODD`` if none."""
    size = end - start
    if size > 6:
        return ODD
    value = whole_number(block, start, end)
    if value == ODD:
        return ODD
    if role == MONTH:
        return value if size == 6 and 198001 <= value < 206000 and 1 <= value % 100 <= 12 else ODD
    if role == PARTNER:
        return value if size == 3 else ODD
    if role == MODE:
        return value if size == 2 else value + 100 if size == 3 else value + 1100 if size == 4 else ODD
    if size < 2 or size == 3:
        return ODD
    province = 10 * (block[start] - _ZERO) + block[start + 1] - _ZERO
    return int(province) if places[province] else ODD


@_compiled
def scan(
    block: Bytes,
    first: int,
    roles: Ints,
    needed: int,
    utf8: bool,
    marks: NDArray[np.uint64],
    places: NDArray[np.bool_],
    text_slots: Codes,
    text_starts: Ints,
    text_store: Bytes,
    goods_slots: Codes,
    goods_keys: Ints,
    counts: Ints,
    codes: Codes,
    figures: Ints,
    decimals: NDArray[np.int8],
    odd: Ints,
) -> tuple[int, int]:
    """Understand the plain lines of a block.

    Parameters
    ----------
    block
        Bytes that end with a line end.
    first
        Line of the file before the first one here.
    roles, needed
        What each column is; how many cells a line has at least.
    codes, figures, decimals
        Filled with a line each plain line: shapes ``(lines, CODES)`` and twice ``(lines, FIGURES)``.
    odd
        Filled with start, end and line of the file of the others, shape ``(lines, 3)``.

    Returns
    -------
    tuple[int, int]
        Plain lines and others.
    """
    at, line, good, others = 0, first, 0, 0
    while at < block.shape[0]:
        begin, column, behind, plain = at, 0, 0, True
        line += 1
        for i in range(CODES):
            codes[good, i] = 0
        for i in range(FIGURES):
            figures[good, i] = MISSING
            decimals[good, i] = 0
        while plain and behind != _LAST:
            start, end, behind, at, doubled = cell(block, at, utf8)
            role = roles[column] if column < roles.shape[0] else EMPTY
            column += 1
            understood = 0
            if behind == 0 or (doubled and role != SKIP):
                understood = ODD
            elif role == EMPTY:
                understood = ODD if end > start else 0
            elif role >= UNIT:
                of = (role - UNIT) // 2
                if (role - UNIT) % 2 == 0:
                    understood = text_number(block, start, end, text_slots, text_starts, text_store, counts)
                    codes[good, UNIT_AT + of - 1] = understood
                else:
                    understood, behind_point = figure(block, start, end, marks)
                    figures[good, of] = understood
                    decimals[good, of] = behind_point
            elif role == GOODS:
                understood = goods_number(block, start, end, goods_slots, goods_keys, counts)
                codes[good, GOODS_AT] = understood
            elif role != SKIP:
                understood = code(block, start, end, role, places)
                codes[good, MONTH_AT + role - MONTH] = understood
            plain = understood != ODD
        if plain and column >= needed:
            codes[good, ROW] = line
            good += 1
        else:
            if behind != _LAST:
                while block[at] != _LINE_END:
                    at += 1
                at += 1
            odd[others, 0], odd[others, 1], odd[others, 2] = begin, at, line
            others += 1
    return good, others
