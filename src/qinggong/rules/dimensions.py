"""Units in formulas (单位): what a quantity measures, and how many base units one of its unit is.

``研发费用 ÷ 营业收入 ≥ 3%`` compares a pure number with a pure number; ``营业收入 ≥ 50 人`` compares nothing. Per cent
and percentage points are pure numbers of a hundredth. A bare number beside a quantity takes the quantity's unit.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction

from qinggong.catalogue import Unit, load_catalogue
from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Header

_PURE = frozenset({"percent", "point", "ratio"})


class RuleUnits(Header):
    """Units that only rules use: years, items, points of a score."""

    entries: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a quantity measures: powers of base dimensions, and base units in one of its unit."""

    powers: tuple[tuple[str, int], ...] = ()
    factor: Fraction = Fraction(1)

    @property
    def pure(self) -> bool:
        """Whether it is a pure number, such as a share."""
        return not self.powers

    def times(self, other: Measure) -> Measure:
        return Measure(_combined(self.powers, other.powers, 1), self.factor * other.factor)

    def over(self, other: Measure) -> Measure:
        return Measure(_combined(self.powers, other.powers, -1), self.factor / other.factor)

    @property
    def name(self) -> str:
        """For messages: money_cny, money_cny/count:人, a pure number."""
        if self.pure:
            return "纯数（比率）"
        return "·".join(f"{_CHINESE.get(d, d)}{'' if p == 1 else f'^{p}'}" for d, p in self.powers)


NUMBER = Measure()
_CHINESE = {
    "money_cny": "金额（人民币）", "money_usd": "金额（美元）", "months": "年限", "time": "天数", "score": "分值", "date": "日期",
    "mass": "重量", "area": "面积", "volume": "体积", "length": "长度",
}  # fmt: skip


def _combined(
    left: tuple[tuple[str, int], ...], right: tuple[tuple[str, int], ...], sign: int
) -> tuple[tuple[str, int], ...]:
    powers = dict(left)
    for dimension, power in right:
        powers[dimension] = powers.get(dimension, 0) + sign * power
    return tuple(sorted((d, p) for d, p in powers.items() if p))


@functools.lru_cache(maxsize=1)
def known_units() -> dict[str, Measure]:
    """Every unit a pack may use, by its code and its further names."""
    own = bundled_document("rules/units.yaml", RuleUnits).entries
    found: dict[str, Measure] = {}
    for unit in (*load_catalogue().units.values(), *own):
        powers = () if unit.dimension in _PURE else ((unit.dimension, 1),)
        for name in (unit.code, *unit.aliases):
            found[name] = Measure(
                powers, Fraction(unit.factor) * (Fraction(1, 100) if unit.dimension in ("percent", "point") else 1)
            )
    return found


@functools.lru_cache(maxsize=1)
def unit_names() -> frozenset[str]:
    """The names that may follow a number in a formula."""
    return frozenset(known_units())
