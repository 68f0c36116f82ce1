"""One series, one unit (单位对齐): figures are compared, and kept, in the unit that their series has already.

Where the catalogue fixes the unit, that is the one; goods of external trade keep the unit of their first figure, and a
further figure of the same dimension (万台 beside 台) is converted to it, exactly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from qinggong.catalogue import Catalogue, CatalogueError, UnitError, UnknownName
from qinggong.validate.rows import Checked, Key, Stored

_Family = tuple[str, str, str, str, str]
"""Subject key, region, indicator code, measure, dimension: all spans of one thing have one unit."""


def align(
    rows: Sequence[Checked], stored: Mapping[Key, Sequence[Stored]], catalogue: Catalogue
) -> tuple[list[Checked], dict[Key, list[Stored]]]:
    """Rows and stored figures with one unit for each series; what cannot be converted is left out of ``stored``."""
    units: dict[_Family, str] = {_family(r.key): r.unit for r in rows if not r.dimension}
    for key, versions in stored.items():
        for version in versions:
            if version.unit:
                units.setdefault(_family(key), version.unit)
    for row in rows:
        units.setdefault(_family(row.key), row.unit)
    factors: dict[tuple[str, str], float | None] = {}
    held: dict[Key, list[Stored]] = {}
    for key, versions in stored.items():
        to, kept = units.get(_family(key), ""), []
        for version in versions:
            if version.unit in ("", to):
                kept.append(version)
                continue
            pair = (version.unit, to)
            if pair not in factors:
                factors[pair] = _factor(*pair, catalogue)
            if (factor := factors[pair]) is not None:
                kept.append(_scaled(version, factor, to))
        held[key] = kept
    return [_converted(row, units[_family(row.key)], catalogue) for row in rows], held


def _family(key: Key) -> _Family:
    return (key.subject, key.region, key.indicator, key.measure, key.dimension)


def _factor(unit: str, to: str, catalogue: Catalogue) -> float | None:
    try:
        given, wanted = catalogue.unit(unit), catalogue.unit(to)
    except UnknownName:
        return None
    return float(given.factor / wanted.factor) if given.dimension == wanted.dimension else None


def _scaled(version: Stored, factor: float, unit: str) -> Stored:
    value = None if version.value is None else version.value * factor
    return dataclasses.replace(version, value=value, tolerance=version.tolerance * factor, unit=unit)


def _converted(row: Checked, unit: str, catalogue: Catalogue) -> Checked:
    if row.unit == unit:
        return row
    try:
        tolerance = catalogue.convert(row.tolerance, unit=row.unit, to=unit)
        value = None if row.value is None else catalogue.convert(row.value, unit=row.unit, to=unit)
    except (UnitError, CatalogueError):
        return row
    return dataclasses.replace(row, value=value, tolerance=tolerance, unit=unit)
