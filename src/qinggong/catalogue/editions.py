"""Editions of a bulletin as data (版本): which period, subject, languages, formats and sections each of them has."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from qinggong.catalogue.bulletins import Sequence
from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.schema import CatalogueError, Entry, Text, UnknownName

_FILE = "bulletins/editions.yaml"

PeriodKind = Literal["month", "quarter", "half", "year"]
SubjectKind = Literal["whole", "industry", "province"]
Language = Literal["zh", "en"]
Format = Literal["html", "pdf", "docx", "xlsx"]
EditionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]

SectionName = Literal[
    # of the whole
    "overview", "cumulative", "course", "topics", "production", "efficiency", "market", "exports", "momentum",
    "prosperity", "flash", "targets", "nowcast", "warnings", "industries", "side", "notes", "one_page",
    # of one industry or province
    "unit_overview", "unit_figures", "unit_parts", "unit_index", "unit_nowcast", "unit_warnings", "unit_targets",
    "unit_notes",
]  # fmt: skip
Condition = Literal["figures", "told", "index", "fresh", "followed", "lines", "in_force"]
"""When a section is there: it has figures at all; momentum could be adjusted (``told``); there is an index of the
period; a flash estimate is fresh; targets have figures; figures are nowcast (``lines``); warnings are in force."""


class SectionEntry(Entry):
    """One section of an edition; without ``when`` it is there whenever its facts are, even to say what is lacking.

    ``in`` limits it to kinds of period, for an edition that serves several.
    """

    section: SectionName
    when: Condition | None = None
    only: tuple[PeriodKind, ...] = Field(default=(), alias="in")


class Edition(Entry):
    """One edition.

    Attributes
    ----------
    id, name
        How it is called on the command line; the name is Chinese.
    periods
        Kinds of period that it is made for.
    pages
        At most so many A4 pages of PDF; lines are left out until it fits. 0: no bound.
    sources
        Whether the list of cited releases is printed.
    """

    id: EditionId
    name: Text
    title: str = ""
    title_en: str = ""
    periods: tuple[PeriodKind, ...] = Field(min_length=1)
    subject: SubjectKind = "whole"
    languages: tuple[Language, ...] = ("zh",)
    formats: tuple[Format, ...] = Field(min_length=1)
    pages: Annotated[int, Field(ge=0, le=20)] = 0
    summary: bool = True
    sources: bool = True
    sections: tuple[SectionEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Edition:
        for entry in self.sections:
            of_unit = entry.section.startswith("unit_")
            if of_unit != (self.subject != "whole") and entry.section not in ("side", "notes"):
                raise ValueError(f"section {entry.section} does not belong to an edition of subject {self.subject}")
            if missing := set(entry.only) - set(self.periods):
                raise ValueError(f"section {entry.section}: the edition has no period {', '.join(sorted(missing))}")
        if self.title == "" and self.id != "monthly":
            raise ValueError("title is needed")
        return self


class AspectIndicator(Entry):
    """An indicator of an aspect; ``chart`` draws its growth over so many observations."""

    indicator: Text
    sequence: Sequence
    chart: Annotated[int, Field(ge=0, le=60)] = 0


class Aspect(Entry):
    """What the edition of one industry tells of it (生产、收入、利润 …), in the order of the indicators."""

    key: str
    title: Text
    indicators: tuple[AspectIndicator, ...] = Field(min_length=1)
    related: tuple[Literal["product", "trade", "retail"], ...] = ()


class CourseLine(Entry):
    """A figure followed over the periods of a year, and over years."""

    subject: Text
    indicator: Text
    sequence: Sequence


class EditionPlan(Entry):
    """All editions, and what those of industries, provinces and longer periods tell.

    ``oldest_months``: older figures of a unit are not shown. ``years``: full years beside each other in a yearly.
    """

    kind: Literal["editions"]
    source: Text
    valid_from: dt.date
    editions: tuple[Edition, ...] = Field(min_length=1)
    aspects: tuple[Aspect, ...] = ()
    province_indicators: tuple[AspectIndicator, ...] = ()
    course: tuple[CourseLine, ...] = ()
    oldest_months: Annotated[int, Field(ge=1, le=36)] = 12
    years: Annotated[int, Field(ge=2, le=10)] = 5

    @model_validator(mode="after")
    def _once(self) -> EditionPlan:
        for field in ("id", "name"):
            seen = [getattr(e, field) for e in self.editions]
            if twice := sorted({x for x in seen if seen.count(x) > 1}):
                raise ValueError(f"two editions with the {field} {', '.join(twice)}")
        return self

    def edition(self, wanted: str) -> Edition | None:
        """The edition with this id or Chinese name."""
        return next((e for e in self.editions if wanted.strip() in (e.id, e.name)), None)


class OwnEditions(Entry):
    """A workspace's own ``bulletins/editions.yaml``: editions that are added, or stand in for those with their id."""

    kind: Literal["editions"]
    source: Text
    valid_from: dt.date
    editions: tuple[Edition, ...] = Field(min_length=1)


def load_editions(*, overlay: Path | None = None) -> EditionPlan:
    """The bundled editions with those of a workspace.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    plan = bundled_document(_FILE, EditionPlan)
    own = own_document(overlay, _FILE, OwnEditions)
    if own is None:
        return plan
    replaced = {e.id: e for e in own.editions}
    kept = [replaced.pop(e.id, e) for e in plan.editions]
    editions = (*kept, *replaced.values())
    names = [e.name for e in editions]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise CatalogueError(f"{_FILE}: two editions are called {', '.join(twice)}; rename the own one")
    return plan.model_copy(update={"editions": editions})


def check_editions(plan: EditionPlan, catalogue: Catalogue) -> None:
    """Resolve every name of the plan.

    Raises
    ------
    CatalogueError
        Naming the entry whose name the catalogue does not hold.
    """
    wanted = [(f"aspects, {a.key}", "", i.indicator) for a in plan.aspects for i in a.indicators]
    wanted += [("province_indicators", "", i.indicator) for i in plan.province_indicators]
    wanted += [("course", line.subject, line.indicator) for line in plan.course]
    for entry, subject, indicator in wanted:
        try:
            found = catalogue.indicator(indicator)
            if subject:
                catalogue.subject(subject, indicator=found.code)
        except UnknownName as error:
            raise CatalogueError(f"{_FILE}, entry {entry}: {error}") from error
