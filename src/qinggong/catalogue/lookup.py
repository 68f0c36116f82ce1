"""The catalogue in use: names to subjects, indicators, units, bodies and regions, and release dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from qinggong.catalogue import calendar, units
from qinggong.catalogue.names import NameIndex, normalise, table, unknown
from qinggong.catalogue.schema import (
    Group,
    Header,
    Indicator,
    Industry,
    Publisher,
    Region,
    Rule,
    Scope,
    Subject,
    SubjectEntry,
    Unit,
    UnknownName,
)
from qinggong.periods import Period


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Catalogue:
    """All that may be observed. Made by ``load_catalogue``; every mapping is by code, in file order.

    ``subjects`` holds groups, products, retail classes and trade goods (and wordings of industries) by
    ``(kind, code)``; ``announced`` the stated release dates by ``(family, year, last month)``.
    """

    headers: Mapping[str, Header]
    industries: Mapping[str, Industry]
    subjects: Mapping[tuple[str, str], SubjectEntry]
    groups: Mapping[str, Group]
    regions: Mapping[str, Region]
    indicators: Mapping[str, Indicator]
    units: Mapping[str, Unit]
    publishers: Mapping[str, Publisher]
    scopes: Mapping[str, Scope]
    rules: Mapping[str, Rule]
    announced: calendar.AnnouncedDates
    names: NameIndex
    known_subjects: Mapping[str, Subject]
    _codes: dict[str, dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        codes = {
            "indicator": table({c: (c, i.name, *i.aliases) for c, i in self.indicators.items()}),
            "unit": table({c: (c, u.name, *u.aliases) for c, u in self.units.items()}),
            "publisher": table({c: (c, p.name, p.short or c, *p.aliases) for c, p in self.publishers.items()}),
            "region": table({c: (c, r.name, r.short, *r.aliases) for c, r in self.regions.items()}),
        }
        object.__setattr__(self, "_codes", codes)

    def subject(self, name: str, *, indicator: str = "") -> Subject:
        """The subject that a name of a release means, for an indicator (code or Chinese name) if given.

        Raises
        ------
        UnknownName
            For an unknown name or indicator, or a name that means several subjects when no indicator is given.
        """
        from qinggong.catalogue.concordance import subject_of_key  # it reads data files through the loader

        if (goods := subject_of_key(name)) is not None:
            return goods
        return self.names.resolve(name, indicator=self.indicator(indicator) if indicator else None)

    def subject_by_key(self, kind: str, code: str, scope: str) -> Subject:
        """The subject of a series key, for printing its name.

        A scope that no release used with the subject so far is put behind the name in brackets.
        """
        key = f"{kind}:{code}@{scope}"
        if key in self.known_subjects:
            return self.known_subjects[key]
        if kind == "trade" and code.startswith("hs."):
            from qinggong.catalogue.concordance import trade_subject

            return trade_subject(code, scope=scope)
        if scope not in self.scopes:
            raise unknown("scope", scope, self.scopes, "Add it to sources/scopes.yaml.")
        for other in self.known_subjects.values():
            if (other.kind, other.code) == (kind, code):
                name, name_en = self._plain_name(other)
                body = self.scopes[scope]
                return Subject(other.kind, code, scope, f"{name}({body.name})", f"{name_en} ({body.name_en})")
        raise unknown(
            "subject", f"{kind}:{code}", [k.split("@")[0] for k in self.known_subjects], "Check kind and code."
        )

    def _plain_name(self, subject: Subject) -> tuple[str, str]:
        if subject.kind == "industry":
            industry = self.industries[subject.code]
            return industry.name, industry.name_en
        entry = self.subjects[(subject.kind, subject.code)]
        return entry.name, entry.name_en

    def indicator(self, name: str) -> Indicator:
        """An indicator by code, Chinese name or alias."""
        return self.indicators[self._code("indicator", name, "Add it to indicators/indicators.yaml.")]

    def unit(self, name: str) -> Unit:
        return self.units[self._code("unit", name, "Add it to indicators/units.yaml.")]

    def publisher(self, name: str) -> Publisher:
        return self.publishers[self._code("publisher", name, "Add it to sources/publishers.yaml.")]

    def region(self, name_or_code: str) -> Region:
        """A region by two- or six-digit code, full name or short name; ``CN`` is the whole country."""
        code = name_or_code.strip()
        if len(code) == 6 and code.isdigit() and code.endswith("0000"):
            code = code[:2]
        return self.regions[self._code("region", code, "Regions are provinces of GB/T 2260 or CN.")]

    def _code(self, what: str, name: str, advice: str) -> str:
        found = self._codes[what].get(normalise(name))
        if found is None:
            raise unknown(what, name, self._codes[what], advice)
        return found

    def convert(self, value: Decimal, *, unit: str, to: str) -> Decimal:
        """Convert exactly between units of one dimension; ``UnitError`` if the dimensions differ."""
        return units.convert(value, unit=self.unit(unit), to=self.unit(to))

    def canonical_unit(self, indicator: str, measure: str, subject: Subject) -> str:
        """The unit code in which a series of this indicator, measure and subject is kept.

        The level of 产量 has the unit of the product (万台, 万吨 …); growth of ratios is in 百分点, of cost per 100 in 元.
        """
        entry = self.indicator(indicator)
        unit = next((u for m, u in entry.measures.items() if m == measure), None)
        if unit is None:
            raise UnknownName(f"{entry.name} has no measure “{measure}”; it has {', '.join(entry.measures)}")
        if unit:
            return unit
        own = self.subjects.get((subject.kind, subject.code))
        if own is None or not own.unit:
            raise UnknownName(
                f"{subject.name} ({subject.key}) has no unit for {entry.name}; give it one in industries/subjects.yaml"
            )
        return own.unit

    def release(self, *, publisher: str, indicator: str, period: Period) -> calendar.ReleaseDate | None:
        """When figures of this body, indicator and period came or come out; ``None`` if it has no customary date."""
        body, entry = self.publisher(publisher), self.indicator(indicator)
        rule = calendar.rule_for(self.rules.values(), publisher=body.code, indicator=entry.code)
        if rule is None:
            return None
        return calendar.release_date(rule, period=period, announced=self.announced)

    def light_classes(self, *, confidence: tuple[str, ...] = ("high", "medium")) -> tuple[str, ...]:
        """Four-digit classes that count as light industry with one of these confidences."""
        return tuple(c for c, i in self.industries.items() if i.level == "class" and i.confidence in confidence)

    def children(self, code: str) -> tuple[Industry, ...]:
        return tuple(i for i in self.industries.values() if i.parent == code)

    def known_on(self, *, publisher: str, indicator: str, period: Period) -> dt.date | None:
        """The day from which an undated figure counts as known: stated if any, else the latest customary day."""
        found = self.release(publisher=publisher, indicator=indicator, period=period)
        return None if found is None else found.announced or found.latest

    def characters(self) -> frozenset[str]:
        """All characters of all names and texts, for the subset of the font."""
        return frozenset(c for text in self._texts() for c in text)

    def _texts(self) -> Iterator[str]:
        for header in self.headers.values():
            yield from (header.title, header.source, header.edition, header.note)
        for industry in self.industries.values():
            yield from (industry.code, industry.name, industry.name_en, industry.short, industry.sector, industry.note)
            yield from industry.aliases
        yield from self.names.meanings
        for subject in self.known_subjects.values():
            yield from (subject.key, subject.name, subject.name_en)
        for entry in self.subjects.values():
            yield from (entry.unit, entry.note, *(w.note for w in entry.wordings), *(w.name for w in entry.wordings))
        for group in self.groups.values():
            yield from (group.name, group.name_en, group.source, group.note)
            for member in group.members:
                yield from (member.name, member.name_en, member.by, member.note)
        for region in self.regions.values():
            yield from (region.code, region.name, region.name_en, region.short, *region.aliases)
        for indicator in self.indicators.values():
            yield from (indicator.name, indicator.name_en, *indicator.aliases)
            yield from (indicator.formula, indicator.definition, indicator.source)
        for unit in self.units.values():
            yield from (unit.code, unit.name, unit.name_en, *unit.aliases)
        for body in self.publishers.values():
            yield from (body.name, body.name_en, body.short, body.note, *body.aliases)
        for scope in self.scopes.values():
            yield from (scope.name, scope.name_en, scope.note)
        for rule in self.rules.values():
            yield from (rule.family, rule.family_name, rule.family_name_en, rule.source, rule.note)
            yield from (e.note for e in rule.exceptions)
        yield from (source for _, source in self.announced.values())
