"""The synthetic publications as rows (公布数的行): release dates, first values and their revisions, as they would come.

A figure comes out on the release day of its family in the catalogue's calendar. With the next release of the family
the one before is published again where it has changed; what has not changed is not repeated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.calendar import rule_for
from qinggong.catalogue.synthetic import publisher_name
from qinggong.periods import month as month_of
from qinggong.periods import ytd as ytd_of
from qinggong.synth.bodies import publications
from qinggong.synth.figures import Figures, Spec
from qinggong.synth.goods import Span
from qinggong.synth.months import LENGTH, index_of
from qinggong.synth.parameters import Parameters, load_parameters
from qinggong.synth.rows import Desk, day_number
from qinggong.synth.structure import structure_for
from qinggong.synth.subjects import COUNTRY, Detail, Published, subjects_of

BATCH_ROWS = 400_000
"""Rows of one relation, about."""

Columns = dict[str, np.ndarray[Any, Any]]


class _Numbering:
    """Numbers of series specifications and of publishers' families, in the order in which they come up."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.specs: dict[Spec, int] = {}
        self.families: dict[tuple[str, str], int] = {}

    def spec(self, spec: Spec) -> int:
        return self.specs.setdefault(spec, len(self.specs))

    def family(self, publisher: str, indicator: str) -> int:
        rule = rule_for(self.catalogue.rules.values(), publisher=publisher, indicator=indicator)
        if rule is None:
            raise ValueError(f"{publisher} has no release rule for {indicator}: add one to calendar/rules.yaml")
        return self.families.setdefault((publisher, rule.family), len(self.families))


def rows_of(
    subject: Published, figures: Figures, numbering: _Numbering, kept: tuple[int, int], *, provinces: int, origin: int
) -> Columns:
    """A subject's figures as arrays: spec, family, region, month, version, value, row.

    ``origin`` is the place of the span on the time axis. Values are rounded as printed. The second version stands
    where it prints differently and the next month is over.
    """
    first, end = kept
    found: list[Columns] = []
    for spec, values in figures.items():
        part = np.round(values[..., first:end], spec.decimals) + 0.0  # no negative zero
        chosen = _regions(subject, spec, part.shape[1])
        part, regions = part[:, chosen], chosen + provinces + 1 - part.shape[1]
        shown = np.isfinite(part)
        shown[1] &= (part[0] != part[1]) & (np.arange(part.shape[2]) < part.shape[2] - 1)
        region, time, version = np.nonzero(shown.transpose(1, 2, 0))
        line = (subject.number * (provinces + 1) + regions[region]) * LENGTH + origin + first + time
        found.append(
            {
                "spec": np.full(len(time), numbering.spec(spec)),
                "family": np.full(len(time), numbering.family(subject.publisher, spec.indicator)),
                "region": regions[region], "month": first + time, "version": version,
                "value": part[version, region, time], "row": line * 2 + version + 1,
            }
        )  # fmt: skip
    joined = {name: np.concatenate([f[name] for f in found]) for name in found[0]}
    joined["subject"] = np.full(len(joined["row"]), subject.number)
    return {name: a.astype(np.float64 if name == "value" else np.int32) for name, a in joined.items()}


def _regions(subject: Published, spec: Spec, count: int) -> np.ndarray[Any, Any]:
    """Places of the regions for which a series is published; the country is the last one, or the only one."""
    if subject.provinces == "all" or (subject.provinces == "core" and spec.core):
        return np.arange(count)
    return np.array([count - 1])


def published_relations(
    seed: int, span: Span, kept: tuple[int, int], *, detail: Detail, raw_sha256: str, known_at: dt.datetime
) -> Iterator[tuple[Any, int]]:
    """The publications as relations in the columns of the observation table, each with its number of rows."""
    catalogue, parameters = load_catalogue(), load_parameters()
    structure = structure_for(seed)
    subjects = subjects_of(catalogue, parameters, structure.classes, detail=detail)
    numbering, origin = _Numbering(catalogue), index_of(span.first_year, 1)
    with Desk(raw_sha256=raw_sha256, known_at=known_at) as desk:
        names = {p.code: publisher_name(p.name) for p in catalogue.publishers.values()}
        desk.table(
            "subject", "number SMALLINT, kind VARCHAR, code VARCHAR, scope VARCHAR, publisher VARCHAR",
            [(s.number, s.kind, s.code, s.scope, names[s.publisher]) for s in subjects],
        )  # fmt: skip
        desk.table("region", "number SMALLINT, code VARCHAR", enumerate((*structure.provinces, COUNTRY)))
        desk.table(
            "month", "number SMALLINT, ytd VARCHAR, month VARCHAR",
            [(n, f"{y}-01/{y}-{m:02d}", f"{y}-{m:02d}") for n, (y, m) in enumerate(_months(span))],
        )  # fmt: skip
        waiting: list[Columns] = []
        for subject, figures in publications(seed, catalogue, subjects, span):
            waiting.append(
                rows_of(subject, figures, numbering, kept, provinces=len(structure.provinces), origin=origin)
            )
            if sum(len(w["row"]) for w in waiting) >= BATCH_ROWS:
                yield _relation(desk, numbering, parameters, span, waiting)
                waiting = []
        if waiting:
            yield _relation(desk, numbering, parameters, span, waiting)


def _months(span: Span) -> list[tuple[int, int]]:
    return [(y, m) for y in range(span.first_year, span.last_year + 1) for m in range(1, 13)]


def _relation(
    desk: Desk, numbering: _Numbering, parameters: Parameters, span: Span, waiting: list[Columns]
) -> tuple[Any, int]:
    data = {name: np.concatenate([w[name] for w in waiting]) for name in waiting[0]}
    desk.table(
        "spec",
        "number SMALLINT, indicator VARCHAR, measure VARCHAR, span VARCHAR, unit VARCHAR, decimals SMALLINT",
        [(n, s.indicator, s.measure, s.span, s.unit, s.decimals) for s, n in numbering.specs.items()],
    )
    desk.table(
        "release",
        "family SMALLINT, month SMALLINT, version SMALLINT, day INTEGER, citation VARCHAR",
        _releases(numbering, parameters, span),
    )
    printed = " ".join(f"WHEN {d} THEN printf('%.{d}f', data.value)" for d in range(3))
    chosen = {
        "subject_kind": "subject.kind", "subject": "subject.code", "scope": "subject.scope", "region": "region.code",
        "indicator": "spec.indicator", "measure": "spec.measure", "span": "spec.span", "unit": "spec.unit",
        "period": "CASE WHEN spec.span = 'ytd' THEN month.ytd ELSE month.month END", "value": "data.value",
        "printed": f"CASE spec.decimals {printed} END", "printed_unit": "spec.unit",
        "published_at": "DATE '1970-01-01' + release.day", "publisher": "subject.publisher", "row": "data.row",
        "citation": "release.citation",
    }  # fmt: skip
    tables = (
        "JOIN subject ON data.subject = subject.number JOIN region ON data.region = region.number"
        " JOIN month ON data.month = month.number JOIN spec ON data.spec = spec.number"
        " JOIN release ON data.family = release.family AND data.month = release.month"
        " AND data.version = release.version"
    )
    return desk.relation(data, chosen, tables), len(data["row"])


def _releases(numbering: _Numbering, parameters: Parameters, span: Span) -> Iterator[tuple[int, int, int, int, str]]:
    """Release days and titles: version 0 comes with its own release, version 1 with the next one of the family."""
    titles = {t.family: t.title for t in parameters.publications.titles}
    for (publisher, family), number in numbering.families.items():
        for n, (year, last) in enumerate(_months(span)):
            for version in (0, 1):
                y, m = (year + last // 12, last % 12 + 1) if version else (year, last)
                day = _release_day(numbering.catalogue, publisher, family, y, max(2, m))
                period = f"{y}年1—{max(2, m)}月" if max(2, m) > 1 else ""
                again = "（修订上期）" if version else ""
                yield number, n, version, day_number(day), f"合成数据：{period}{titles.get(family, family)}{again}"


def _release_day(catalogue: Catalogue, publisher: str, family: str, year: int, last: int) -> dt.date:
    rule = catalogue.rules[family]
    indicator = next(i for i in (*rule.indicators, "value_added") if i != "*")
    period = ytd_of(year, last) if last > 1 else month_of(year, last)
    found = catalogue.release(publisher=publisher, indicator=indicator, period=period)
    assert found is not None
    return found.expected
