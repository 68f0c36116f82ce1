"""The shapes of catalogue entries (目录条目): what may stand in the YAML files, and nothing else.

Every model is frozen and rejects fields it does not know, so a misspelt field is an error and not a silent default.
Codes are text (``"13"``), dates are ISO dates. Facts live in the data files, each file with its source and its date.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SubjectKind = Literal["industry", "group", "product", "retail", "trade"]
Confidence = Literal["high", "medium", "low", "partial", "none"]
Level = Literal["aggregate", "section", "division", "group", "class"]
Nature = Literal["flow", "stock", "ratio", "index"]
Span = Literal["month", "ytd", "point"]
GrowthBasis = Literal["real", "nominal", "points"]
MemberStatus = Literal["published", "approximated", "no_statistics"]

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Snake = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
ScopeCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
IndustryCode = Annotated[str, StringConstraints(pattern=r"^([BCD]|BCD|\d{2,4})$")]
SubjectKey = Annotated[
    str, StringConstraints(pattern=r"^(industry|group|product|retail|trade):[A-Za-z0-9_]+@[a-z0-9_.]+$")
]

_LENGTH: dict[str, int] = {"division": 2, "group": 3, "class": 4}


class CatalogueError(Exception):
    """A catalogue file, entry or name is wrong. The message names file, line and entry, and says what to do."""


class UnknownName(CatalogueError, LookupError):
    """A name that the catalogue does not hold; ``suggestions`` are up to three close ones."""

    def __init__(self, message: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.suggestions = suggestions


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What an observation is about (统计对象), with the scope (口径) that its figures cover.

    ``code`` is an industry code (``13``, ``384``, ``BCD``) or a word (``light_industry``, ``lead_acid_batteries``).
    The scope is part of the series; a body that merely relayed the figure is not.
    """

    kind: SubjectKind
    code: str
    scope: str
    name: str
    name_en: str

    @property
    def key(self) -> str:
        """Identifier of the subject: ``industry:384@miit``."""
        return f"{self.kind}:{self.code}@{self.scope}"


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Header(Entry):
    """Head of a data file: what it holds, where that was read and when, from when on it is valid."""

    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    valid_to: dt.date | None = None
    edition: str = ""
    note: str = ""


class Industry(Entry):
    """An entry of the classification of economic activities (国民经济行业分类).

    ``confidence`` says how surely all of it counts as light industry: ``partial`` when only some of its classes
    do, ``none`` when it does not. ``whole`` marks divisions that are light industry as a whole.
    """

    code: IndustryCode
    name: Text
    name_en: Text
    short: str = ""
    level: Level
    parent: str = ""
    confidence: Confidence = "none"
    whole: bool = False
    sector: str = ""
    edition: str = ""
    aliases: tuple[Text, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Industry:
        length = _LENGTH.get(self.level)
        if length is not None and (len(self.code) != length or not self.code.isdigit()):
            raise ValueError(f"code {self.code} is no {self.level}: a {self.level} has {length} digits")
        if self.level in ("group", "class") and self.parent != self.code[:-1]:
            raise ValueError(f"parent of {self.code} must be {self.code[:-1]}, not “{self.parent}”")
        if self.whole and self.confidence != "high":
            raise ValueError("whole: true needs confidence: high")
        return self


class Wording(Entry):
    """A further name of a subject as releases print it; ``scope`` empty means the scope of the subject."""

    name: Text
    name_en: str = ""
    scope: ScopeCode | Literal[""] = ""
    note: str = ""


class SubjectEntry(Entry):
    """A group, product, retail class or trade good, or further wordings of an industry."""

    kind: SubjectKind
    code: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*|[BCD]|BCD|\d{2,4})$")]
    name: str = ""
    name_en: str = ""
    scope: ScopeCode = "nbs"
    unit: str = ""
    wordings: tuple[Wording, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> SubjectEntry:
        if self.kind == "industry":
            if self.name or self.name_en:
                raise ValueError("an industry takes its name from the classification: leave out name and name_en")
        elif not (self.name and self.name_en):
            raise ValueError("name and name_en are needed")
        if self.kind == "product" and not self.unit:
            raise ValueError("a product needs the unit of its output, for example unit: 万台")
        return self


class Member(Entry):
    """A member of a group: its classes, and the published subjects that show it or come nearest to it."""

    name: Text
    name_en: str = ""
    codes: tuple[IndustryCode, ...] = ()
    subjects: tuple[SubjectKey, ...] = ()
    status: MemberStatus
    by: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Member:
        if self.status == "no_statistics" and (self.subjects or self.by):
            raise ValueError("a member without statistics has neither subjects nor by")
        if self.status != "no_statistics" and not self.subjects:
            raise ValueError(f"status {self.status} needs subjects, for example [industry:21@nbs]")
        if self.status == "approximated" and not self.by:
            raise ValueError("status approximated needs by: say what stands in")
        return self


class Group(Entry):
    """A dated list of sectors (行业分组), such as those a plan names."""

    code: Snake
    name: Text
    name_en: Text
    valid_from: dt.date
    valid_to: dt.date | None = None
    source: Text
    hypothesis: bool = False
    note: str = ""
    members: tuple[Member, ...] = Field(min_length=1)


class Region(Entry):
    """A province-level region of GB/T 2260, by its two digits, or ``CN``."""

    code: Annotated[str, StringConstraints(pattern=r"^(CN|\d{2})$")]
    name: Text
    name_en: Text
    short: Text
    aliases: tuple[Text, ...] = ()


class Indicator(Entry):
    """An indicator (指标): what is measured, over which spans, in which canonical units.

    ``measures`` maps ``level`` and ``yoy`` to unit codes; an empty level unit is that of the subject (产量).
    ``industrial`` means that January is never observed alone. ``direction`` is +1 when more is better, -1 when
    less is, 0 when neither. ``formula`` is an expression over indicator codes; ``m`` is the number of months.
    """

    code: Snake
    name: Text
    name_en: Text
    aliases: tuple[Text, ...] = ()
    nature: Nature
    industrial: bool
    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    spans: tuple[Span, ...] = Field(min_length=1)
    measures: dict[Literal["level", "yoy", "mom", "share"], str] = Field(min_length=1)
    growth_basis: GrowthBasis
    direction: Literal[-1, 0, 1]
    decimals: dict[Literal["level", "yoy", "mom", "share"], Annotated[int, Field(ge=0, le=4)]]
    formula: str = ""
    predecessor: str = ""
    successor: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    definition: Text
    source: Text

    @model_validator(mode="after")
    def _consistent(self) -> Indicator:
        if missing := set(self.measures) - set(self.decimals):
            raise ValueError(f"decimals are missing for {', '.join(sorted(missing))}")
        if self.predecessor and self.since is None:
            raise ValueError("an indicator with a predecessor needs since, the date it took over")
        if self.successor and self.until is None:
            raise ValueError("an indicator with a successor needs until, the date it ended")
        return self


class Unit(Entry):
    """A unit: ``factor`` base units of its dimension, exact."""

    code: Text
    name: Text
    name_en: Text
    dimension: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(:\S+)?$")]
    factor: Annotated[Decimal, Field(gt=0)]
    aliases: tuple[Text, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _exact(cls, data: object) -> object:
        # A YAML float such as 0.1 is binary and not exact: factors are written as text.
        if isinstance(data, dict) and not isinstance(data.get("factor"), str):
            raise ValueError('factor must be quoted text, for example factor: "10000"')
        return data


class Publisher(Entry):
    """A body that publishes figures (发布机构)."""

    code: Snake
    name: Text
    name_en: Text
    short: str = ""
    kind: Literal["government", "federation", "association", "centre"]
    aliases: tuple[Text, ...] = ()
    note: str = ""


class Scope(Entry):
    """A coverage (口径) that belongs to the series: whose definition of the sector a figure follows."""

    code: ScopeCode
    name: Text
    name_en: Text
    publisher: Snake
    note: str = ""


class Days(Entry):
    """Customary and latest customary day of the month of release."""

    customary: Annotated[int, Field(ge=1, le=31)]
    latest: Annotated[int, Field(ge=1, le=31)]

    @model_validator(mode="after")
    def _ordered(self) -> Days:
        if self.latest < self.customary:
            raise ValueError(f"latest {self.latest} is before customary {self.customary}")
        return self


class LateRelease(Entry):
    """A period whose release came later than the rule says."""

    period: Text
    date: dt.date
    note: str = ""


class Rule(Entry):
    """When a family of figures is released: by day of a later month, or by days after the period's end."""

    family: Text
    family_name: Text
    family_name_en: Text
    publishers: tuple[Snake, ...] = Field(min_length=1)
    indicators: tuple[str, ...] = Field(min_length=1)
    months_after: Annotated[int, Field(ge=1, le=12)] = 1
    days: Days | None = None
    days_by_last_month: dict[Annotated[int, Field(ge=1, le=12)], Days] = {}
    lag_customary: Annotated[int, Field(ge=1, le=400)] | None = None
    lag_latest: Annotated[int, Field(ge=1, le=400)] | None = None
    exceptions: tuple[LateRelease, ...] = ()
    source: Text
    note: str = ""

    @model_validator(mode="after")
    def _one_basis(self) -> Rule:
        lags = self.lag_customary is not None and self.lag_latest is not None
        if lags == (self.days is not None):
            raise ValueError("give either days or both lag_customary and lag_latest")
        if self.lag_customary is not None and self.lag_latest is not None and self.lag_latest < self.lag_customary:
            raise ValueError("lag_latest is before lag_customary")
        return self


FORMULA_WORDS = frozenset({"avg", "m", "days", "part", "whole", "growing", "counted"})


def formula_names(formula: str) -> tuple[str, ...]:
    """The indicator codes that a formula uses, in order, each once."""
    words = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", formula)
    return tuple(dict.fromkeys(w for w in words if w not in FORMULA_WORDS))
