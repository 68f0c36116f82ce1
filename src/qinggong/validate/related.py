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
SHARE = "share_of_national"
"""The indicator of a share that does not say of what; of most kinds of subjects only one thing can be meant."""
_Patterns = tuple[tuple[str, tuple[str, ...]], ...]
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
    return _wholes(subject, catalogue, tuple(limits.parts.wholes.items()))


def _wholes(subject: str, catalogue: Catalogue, patterns: _Patterns) -> list[str]:
    found = [w for pattern, of in patterns if fnmatchcase(subject, pattern) for w in of]
    kind, _, rest = subject.partition(":")
    if kind == "industry":
        code, _, scope = rest.partition("@")
        found += [f"industry:{parent}@{scope}" for parent in _parents(code, catalogue)]
    return [w for w in dict.fromkeys(found) if w != subject]


def nation(subject: str, limits: Thresholds) -> str:
    """The national total of which this subject's share (占比) is told; empty if there is none."""
    return _nation(subject, tuple(limits.shares.wholes.items()))


def _nation(subject: str, patterns: tuple[tuple[str, str], ...]) -> str:
    return next((w for pattern, w in patterns if fnmatchcase(subject, pattern) and w != subject), "")


@lru_cache(maxsize=8)
def _kin(
    catalogue: Catalogue, parts: _Patterns, shares: tuple[tuple[str, str], ...]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The known subjects by each whole of which they are a part, and by each total of which their share is told."""
    members: dict[str, list[str]] = {}
    sharing: dict[str, list[str]] = {}
    for known in catalogue.known_subjects:
        for whole in _wholes(known, catalogue, parts):
            members.setdefault(whole, []).append(known)
        sharing.setdefault(_nation(known, shares), []).append(known)
    return members, sharing


def related(rows: Iterable[Checked], catalogue: Catalogue, limits: Thresholds) -> set[Identity]:
    """The series, by subject, region and indicator, that the checks of these rows look at."""
    parts, sharing = _kin(catalogue, tuple(limits.parts.wholes.items()), tuple(limits.shares.wholes.items()))
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
        is_sum = code == SHARE or catalogue.indicators[code].nature in ("flow", "stock")
        if is_sum and ((whole := nation(subject, limits)) or subject in sharing):
            kind = subject.partition(":")[0]
            codes = limits.shares.of.get(kind, ()) if code == SHARE else (code,)
            told = {SHARE} if code in limits.shares.of.get(kind, ()) else set()
            found |= {(who, region, c) for c in codes for who in (subject, whole) if who}
            found |= {(who, region, c) for c in (code, *told) for who in (subject, *sharing.get(subject, ()))}
    return found


def at(
    key: Key, *, measure: str = "", indicator: str = "", subject: str = "", period: Period | None = None,
    dimension: str | None = None,
) -> Key:  # fmt: skip
    """The key beside another: one or more of its parts replaced; a span follows its period.

    Another measure or indicator has the dimension that the catalogue fixes, unless one is given.
    """
    span = key.span if period is None or key.span == "point" else period.kind
    other = bool(measure and measure != key.measure) or bool(indicator and indicator != key.indicator)
    own = "" if other else key.dimension
    return Key(
        subject or key.subject, key.region, indicator or key.indicator, measure or key.measure, span,
        period or key.period, own if dimension is None else dimension,
    )  # fmt: skip
