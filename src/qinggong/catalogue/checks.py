"""References between catalogue files that lead nowhere (悬空引用)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.schema import formula_names
from qinggong.periods import PeriodError, parse

Place = Callable[[str, str, str], str]


def loose_ends(catalogue: Catalogue, *, place: Place) -> Iterator[str]:
    """Every loose end as a sentence; ``place(file, entry, field)`` says where it stands."""
    for check in (_industries, _subjects, _groups, _indicators, _scopes, _rules):
        yield from check(catalogue, place)


def _industries(catalogue: Catalogue, place: Place) -> Iterator[str]:
    for code, industry in catalogue.industries.items():
        if industry.parent and industry.parent not in catalogue.industries:
            where = place("industries/gbt4754_2017.yaml", code, "parent")
            yield f"{where}: no industry {industry.parent}; add it or correct the parent"


def _subjects(catalogue: Catalogue, place: Place) -> Iterator[str]:
    for (kind, code), entry in catalogue.subjects.items():
        if entry.unit and entry.unit not in catalogue.units:
            where = place("industries/subjects.yaml", f"{kind}:{code}", "unit")
            yield f"{where}: no unit {entry.unit}; add it to indicators/units.yaml"


def _groups(catalogue: Catalogue, place: Place) -> Iterator[str]:
    for code, group in catalogue.groups.items():
        where = place("industries/groups.yaml", code, "members")
        for member in group.members:
            for industry in member.codes:
                if industry not in catalogue.industries:
                    yield f"{where}: {member.name}: no industry {industry}; add it or correct the code"
            for key in member.subjects:
                if key not in catalogue.known_subjects:
                    yield f"{where}: {member.name}: no subject {key}; add it to industries/subjects.yaml"


def _indicators(catalogue: Catalogue, place: Place) -> Iterator[str]:
    file = "indicators/indicators.yaml"
    for code, indicator in catalogue.indicators.items():
        for measure, unit in indicator.measures.items():
            if unit and unit not in catalogue.units:
                yield f"{place(file, code, 'measures')}: {measure}: no unit {unit}; add it to indicators/units.yaml"
        try:
            ast.parse(indicator.formula or "0", mode="eval")
        except SyntaxError:
            where = place(file, code, "formula")
            yield f"{where}: “{indicator.formula}” is no expression; write for example profit / revenue * 100"
        linked = [("predecessor", indicator.predecessor), ("successor", indicator.successor)]
        linked += [("formula", name) for name in formula_names(indicator.formula)]
        for field, other in linked:
            if other and other not in catalogue.indicators:
                yield f"{place(file, code, field)}: no indicator {other}; add it or correct the code"


def _scopes(catalogue: Catalogue, place: Place) -> Iterator[str]:
    for code, scope in catalogue.scopes.items():
        if scope.publisher not in catalogue.publishers:
            where = place("sources/scopes.yaml", code, "publisher")
            yield f"{where}: no publisher {scope.publisher}; add it to sources/publishers.yaml"


def _rules(catalogue: Catalogue, place: Place) -> Iterator[str]:
    file, claims = "calendar/rules.yaml", dict[tuple[str, str], str]()
    for family, rule in catalogue.rules.items():
        for body in rule.publishers:
            if body not in catalogue.publishers:
                yield f"{place(file, family, 'publishers')}: no publisher {body}; add it to sources/publishers.yaml"
            for indicator in rule.indicators:
                where = place(file, family, "indicators")
                if indicator != "*" and indicator not in catalogue.indicators:
                    yield f"{where}: no indicator {indicator}; correct the code"
                if (other := claims.setdefault((body, indicator), family)) != family:
                    yield f"{where}: {other} has {indicator} of {body} already; leave it in one of them"
        for late in rule.exceptions:
            try:
                parse(late.period)
            except PeriodError as error:
                yield f"{place(file, family, 'exceptions')}: {error}"
    for family, year, last in catalogue.announced:
        if family not in catalogue.rules:
            where = f"calendar/announced.csv, entry {family} {year}-{last:02d}"
            yield f"{where}: no such family in calendar/rules.yaml; add a rule or correct the family"
