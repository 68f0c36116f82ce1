"""Colours of the charts (配色) for paper and, by name, for a dark screen; contrast as WCAG 2.2 defines it.

One drawing serves both: a page replaces each colour of ``DARK`` by its partner where the reader wants a dark screen.
Colours that stay the same on both grounds, as those of lights, are not in the table, nor is the ink that stands on
them.
"""

from __future__ import annotations

INK, QUIET, GRID, PAPER = "#262626", "#595959", "#e4e4e4", "white"
BAR, BAR_STRONG, BAR_NEGATIVE, BAR_NEGATIVE_STRONG, BAR_PALE = "#6f93b9", "#1f4e79", "#c0715f", "#9c3b26", "#aec3d9"
PALE_LINE = "#8d8d8d"
NOTICE = "#b3261e"
LINES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("#1f4e79", ()),
    ("#b5442e", (7, 3)),
    ("#6f6f6f", (2, 2)),
    ("#8f6410", (9, 3, 2, 3)),
    ("#2b7567", (4, 2)),
    ("#8a5a9e", (1, 3)),
)
"""Colour and dash of the lines of one chart; the end of each line is a number in its colour."""

FAN_WIDE, FAN_NARROW = "#d5e1ee", "#aec6de"
QUARTERS = ("#f6ead9", "#fbf6ec", "#e4edf5", "#f2f6f9")
"""Grounds of a clock's quarters: above and rising, above and falling, below and falling, below and rising."""

UNKNOWN_FIELD = "#f2f2f2"
ON_LIGHT, ON_DARK = "#1f1f1f", "#fefefe"
"""Inks on a field that keeps its colour; no ink of ``DARK``."""

DIVERGING = ("#1b4f8a", "#6c9cc6", "#c3d9ea", "#f3e3c8", "#e0a45c", "#9a4a12")
"""Three steps below and three above the middle: blue and orange are told apart by all, dark and pale in grey."""

DARK_PAPER = "#1d1f21"
DARK: dict[str, str] = {
    PAPER: DARK_PAPER,
    INK: "#e6e6e6",
    QUIET: "#b4b4b4",
    GRID: "#3b3e41",
    BAR: "#6f93b9",
    BAR_STRONG: "#7fb2e6",
    BAR_NEGATIVE: "#c77c6b",
    BAR_NEGATIVE_STRONG: "#ff9d8f",
    BAR_PALE: "#48617a",
    PALE_LINE: "#8f9499",
    NOTICE: "#f28b82",
    "#b5442e": "#f0917d",
    "#6f6f6f": "#a8a8a8",
    "#8f6410": "#d9b05c",
    "#2b7567": "#67c3b0",
    "#8a5a9e": "#c79bdb",
    FAN_WIDE: "#2a3a4b",
    FAN_NARROW: "#3f5d7c",
    QUARTERS[0]: "#3a3226",
    QUARTERS[1]: "#2d2a24",
    QUARTERS[2]: "#25323e",
    QUARTERS[3]: "#22282d",
    UNKNOWN_FIELD: "#35383b",
}


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (or ``white``), 0 to 1 (WCAG 2.2)."""
    code = "#ffffff" if colour == "white" else colour
    parts = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, success criterion 1.4.3 asks for 4.5)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(field: str) -> str:
    """The ink that is read better on a field."""
    return max((ON_LIGHT, ON_DARK), key=lambda ink: contrast(ink, field))


def dark_rules(scope: str) -> str:
    """CSS rules that give the drawings below ``scope`` their dark colours; attributes yield to rules."""
    return "\n".join(
        f'{scope} [{kind}="{light}"]{{{kind}:{dark}}}' for light, dark in DARK.items() for kind in ("fill", "stroke")
        if light != dark
    )  # fmt: skip
