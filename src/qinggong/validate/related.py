"""What a figure must be held against (相关数字): its own history, its other measures, its parts and wholes.

``Figures`` is what stands under each key; ``related`` names the series that a file's rows need from the store, so
that a check never reads more than those.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from qinggong.catalogue import Catalogue, Indicator
from qinggong.periods import Period
from qinggong.validate.rows import Checked, Key, Stored
from qinggong.validate.thresholds import Thresholds

Identity = tuple[str, str, str]
"""Subject key, region, indicator code."""
_RATIO = re.compile(r"(\w+) / (\w+) \* 100")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands: in the series' unit, with half a unit of its last digit; ``row`` 0 if it is stored."""

    value: float
    tolerance: float
    publisher: str
    published_at: dt.date | None
    row: int = 0


Figures = dict[Key, Figure]


def standing(stored: Mapping[Key, Sequence[Stored]]) -> Figures:
    """Of each key the stored number that counts; ``stored`` is in the order in which one replaces another."""
    found: Figures = {}
    for key, versions in stored.items():
        if versions and (value := versions[-1].value) is not None:
            last = versions[-1]
            found[key] = Figure(value, last.tolerance, last.publisher, last.published_at)
    return found


def figure(row: Checked) -> Figure | None:
    """The number of a row; ``None`` for a withdrawal."""
    if row.value is None:
        return None
    return Figure(float(row.value), float(row.tolerance), row.publisher.code, row.published_at, row.row)


def formula_parts(indicator: Indicator) -> tuple[str, str] | None:
    """Numerator and denominator of an indicator that is 100 times a plain ratio."""
    found = _RATIO.fullmatch(indicator.formula)
    return (found[1], found[2]) if found and found[1] != "part" else None


@lru_cache(maxsize=1024)
def ratios_with(code: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The indicators that are a plain ratio with this one in it."""
    return tuple(c for c, i in catalogue.indicators.items() if code in (formula_parts(i) or ()))


@lru_cache(maxsize=4096)
def _parents(code: str, catalogue: Catalogue) -> tuple[str, ...]:
    chain: list[str] = []
    while (entry := catalogue.industries.get(code)) is not None and entry.parent and entry.parent not in chain:
        code = entry.parent
        chain.append(code)
    return tuple(chain)


def wholes(subject: str, catalogue: Catalogue, limits: Thresholds) -> list[str]:
    """The subjects of which this one is a part."""
    found = [w for pattern, of in limits.parts.wholes.items() if fnmatchcase(subject, pattern) for w in of]
    kind, _, rest = subject.partition(":")
    if kind == "industry":
        code, _, scope = rest.partition("@")
        found += [f"industry:{parent}@{scope}" for parent in _parents(code, catalogue)]
    return [w for w in dict.fromkeys(found) if w != subject]


def related(rows: Iterable[Checked], catalogue: Catalogue, limits: Thresholds) -> set[Identity]:
    """The series, by subject, region and indicator, that the checks of these rows look at."""
    parts: dict[str, list[str]] = {}
    for known in catalogue.known_subjects:
        for whole in wholes(known, catalogue, limits):
            parts.setdefault(whole, []).append(known)
    found: set[Identity] = set()
    for subject, region, code in {(r.subject.key, r.region, r.indicator.code) for r in rows}:
        linked = {code, *(formula_parts(catalogue.indicators[code]) or ())}
        for ratio in ratios_with(code, catalogue):
            linked |= {ratio, *(formula_parts(catalogue.indicators[ratio]) or ())}
        for pair in limits.not_above:
            linked |= set(pair) if code in pair else set()
        found |= {(subject, region, other) for other in linked}
        if code in limits.parts.indicators:
            others = (*wholes(subject, catalogue, limits), *parts.get(subject, ()))
            found |= {(other, region, code) for other in others}
    return found


def at(key: Key, *, measure: str = "", indicator: str = "", subject: str = "", period: Period | None = None) -> Key:
    """The key beside another: one or more of its parts replaced; a span follows its period."""
    span = key[4] if period is None or key[4] == "point" else period.kind
    return (subject or key[0], key[1], indicator or key[2], measure or key[3], span, period or key[5])
