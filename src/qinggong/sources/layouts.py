"""Layouts of series workbooks (版式): how a sheet is recognised, where its parts lie, what its series are called.

A layout is one YAML file: the bundled ones in ``catalogue/data/sources/layouts``, those that a user confirmed in the
folder ``sources/layouts`` of the workspace's catalogue. A remembered layout goes before the bundled ones; one that
is not confirmed is not used.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from qinggong.catalogue import Catalogue, CatalogueError, Indicator, Subject, UnitError, UnknownName
from qinggong.catalogue.datafile import document
from qinggong.catalogue.names import normalise
from qinggong.catalogue.schema import Entry, Text
from qinggong.periods import Period

FOLDER = "sources/layouts"
MAX_LAYOUT_BYTES = 2_000_000
LONGEST_NAME = 200
HEAD_LINES = 20
_UNCONFIRMED = re.compile(rb"(?m)^confirmed:\s*false")
_COPY = re.compile(r"\.\d{1,2}$")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
CellName = Annotated[str, Field(pattern=r"^[A-Z]{1,3}[1-9]\d{0,6}$")]
Position = Annotated[int, Field(ge=1, le=16_384)]
Measure = Literal["level", "yoy", "mom"]
Span = Literal["month", "ytd", "point"]


class Recognise(Entry):
    """When a sheet has this layout: all conditions that are given hold.

    ``sheet`` and ``cells`` are patterns for the sheet's name and for texts at given cells. At least ``share`` of the
    names of series fit ``series``. ``blank_above``: over the names nothing stands but in the first column, which
    tells an export from a sheet that someone went on calculating in.
    """

    sheet: Pattern = ""
    cells: dict[CellName, Pattern] = Field(default_factory=dict)
    series: Pattern = ".+"
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    blank_above: bool = False


class Place(Entry):
    """Where the parts lie. A line is a row, or a column where ``series: rows``; lines and columns count from 1.

    A head line is found by its label in the line's first cell (in the period column), or given by number; names in
    several lines (a merged title above) are joined by a colon.
    """

    series: Literal["columns", "rows"] = "columns"
    names: Text | Position | tuple[Position, ...] = "指标名称"
    unit: Text | Position | None = None
    frequency: Text | Position | None = None
    region: Text | Position | None = None
    period: Position = 1
    order: Literal["newest_first", "oldest_first", "any"] = "any"


class ZeroRule(Entry):
    """What a 0 of a measure means: missing ``always``, ``never``, or ``unless_confirmed`` by the growth rates of the
    same series (``zeros.py`` says how; ``tolerance`` in points)."""

    measure: Measure
    when: Literal["always", "unless_confirmed", "never"]
    tolerance: Annotated[float, Field(ge=0, le=2)] = 0.3

    @model_validator(mode="after")
    def _confirmable(self) -> ZeroRule:
        if self.when == "unless_confirmed" and self.measure != "yoy":
            raise ValueError("only a growth rate can be confirmed; write when: always or never")
        return self


class Missing(Entry):
    """How missing figures are marked: texts, and zeros (none if no rule is given)."""

    texts: tuple[str, ...] = ("", "-", "--", "—", "——", "…", "..", "NaN", "nan", "None", "N/A", "#N/A", "null")
    zero_is_missing: tuple[ZeroRule, ...] = ()

    def zero(self, measure: str) -> ZeroRule | None:
        found = next((z for z in self.zero_is_missing if z.measure == measure), None)
        return None if found is None or found.when == "never" else found


class Earlier(Entry):
    """What a series is up to a day: exports go on under the new name with the figures of the old indicator."""

    indicator: Text
    until: dt.date


class Meaning(Entry):
    """What a series is: ``jan_feb`` says whether the February figure of a monthly series covers 1—2月 together.

    ``base`` is what an index number stands for no change with (100): the figure less it is the growth in per cent.
    ``publisher`` is given where it is another than the layout's.
    """

    indicator: str = ""
    measure: Measure = "level"
    span: Span = "month"
    jan_feb: Literal["single", "combined"] = "single"
    unit: str = ""
    subject: str = ""
    base: Annotated[int, Field(ge=0)] = 0
    publisher: str = ""
    earlier: Earlier | None = None


class NameRule(Meaning):
    """What names of a form mean. ``match`` fits the whole name (half-width, without spaces) and may hold the groups
    ``subject`` and ``indicator``; ``subject`` is the default where the name has none. ``leave_out`` says why not."""

    match: Pattern
    leave_out: str = ""

    @model_validator(mode="after")
    def _complete(self) -> NameRule:
        if not self.leave_out and not self.indicator and "(?P<indicator>" not in self.match:
            raise ValueError("needs indicator, or a group (?P<indicator>…) in match, or leave_out with the reason")
        return self

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.match)


class NamedSeries(Meaning):
    """One series by its very name, as a confirmed proposal lists them; ``take: false`` leaves it out."""

    name: Text
    take: bool
    certainty: Literal["高", "中", "低", ""] = ""
    why: str = ""

    @model_validator(mode="after")
    def _complete(self) -> NamedSeries:
        if self.take and not (self.indicator and self.subject):
            raise ValueError(
                f"“{self.name}” has take: true but no subject or no indicator; fill both in or write false"
            )
        return self


class Layout(Entry):
    """One layout. ``{file}`` and ``{sheet}`` in ``citation`` are the names of file and sheet.

    ``units`` are spellings of units that differ from the catalogue's (``Unit th: 千台``).
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    note: str = ""
    confirmed: bool = True
    publisher: Text = "国家统计局"
    citation: Text = "{file}（工作表 {sheet}）"
    recognise: Recognise = Recognise()
    place: Place = Place()
    missing: Missing = Missing()
    aliases: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    names: tuple[NameRule, ...] = ()
    series: tuple[NamedSeries, ...] = ()

    @model_validator(mode="after")
    def _has_series(self) -> Layout:
        if not self.names and not self.series:
            raise ValueError("needs names (rules) or series (a list), else nothing can be taken in")
        return self

    @cached_property
    def by_name(self) -> Mapping[str, NamedSeries]:
        return {normalise(s.name): s for s in self.series}

    @cached_property
    def series_pattern(self) -> re.Pattern[str]:
        return re.compile(self.recognise.series)


def load_layouts(overlay: Path | None = None) -> tuple[Layout, ...]:
    """The layouts in use, those of the workspace's catalogue folder ``overlay`` first.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    own = _own(overlay / FOLDER) if overlay is not None else ()
    ids = {layout.id for layout in own}
    return tuple(x for x in own if x.confirmed) + tuple(x for x in _bundled() if x.id not in ids)


@cache
def _bundled() -> tuple[Layout, ...]:
    folder = resources.files("qinggong.catalogue").joinpath("data", *FOLDER.split("/"))
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return tuple(document(f.read_text(encoding="utf-8"), Layout, shown=f"{FOLDER}/{f.name}") for f in files)


def _own(folder: Path) -> tuple[Layout, ...]:
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(read_layout(path))
        except CatalogueError:
            # A proposal that is still being edited must not stop other files.
            if not _UNCONFIRMED.search(path.read_bytes()[:MAX_LAYOUT_BYTES]):
                raise
    return tuple(found)


def read_layout(path: Path) -> Layout:
    """The layout of one file; ``CatalogueError`` names file, line and entry."""
    try:
        if path.stat().st_size > MAX_LAYOUT_BYTES:
            raise CatalogueError(f"{path}: larger than {MAX_LAYOUT_BYTES} bytes; this is no layout")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    return document(text, Layout, shown=str(path))


@dataclass(frozen=True, slots=True)
class Mapped:
    """A series that the catalogue holds; up to ``until`` it is one of the indicator ``earlier``."""

    subject: Subject
    indicator: Indicator
    measure: Measure
    span: Span
    combined: bool
    unit: str
    publisher: str = ""
    base: int = 0
    earlier: Indicator | None = None
    until: dt.date = dt.date.min

    def indicator_at(self, period: Period) -> Indicator:
        return self.earlier if self.earlier is not None and period.end_date <= self.until else self.indicator


@dataclass(frozen=True, slots=True)
class Left:
    """A series that stays out, and why (a Chinese sentence without the full stop)."""

    why: str


def plain_name(name: str) -> str:
    """A name without the number that some programs put behind the second of two equal columns (``.1``)."""
    return _COPY.sub("", normalise(name))


def map_series(name: str, *, unit: str, layout: Layout, catalogue: Catalogue) -> Mapped | Left:
    """What a series of that name is, in the unit that the sheet states for it (empty: the layout's)."""
    if len(name) > LONGEST_NAME:
        return Left(f"名称超过{LONGEST_NAME}个字")
    plain = plain_name(name)
    named = layout.by_name.get(normalise(name)) or layout.by_name.get(plain)
    if named is not None:
        if not named.take:
            return Left("版式中注明不导入" + (f"（{named.why}）" if named.why else ""))
        return _mapped(named, named.subject, named.indicator, unit, layout, catalogue)
    for rule in layout.names:
        found = rule.pattern.fullmatch(plain)
        if found is None:
            continue
        if rule.leave_out:
            return Left(rule.leave_out)
        groups = found.groupdict()
        subject, indicator = groups.get("subject") or rule.subject, groups.get("indicator") or rule.indicator
        return _mapped(rule, subject, indicator, unit, layout, catalogue)
    return Left("版式中没有这种名称")


def _mapped(
    meaning: Meaning, subject_name: str, indicator_name: str, unit: str, layout: Layout, catalogue: Catalogue
) -> Mapped | Left:
    try:
        indicator = catalogue.indicator(layout.aliases.get(indicator_name, indicator_name))
    except UnknownName:
        return Left(f"目录中没有指标“{indicator_name}”")
    subject = find_subject(layout.aliases.get(subject_name, subject_name), indicator, catalogue)
    if subject is None:
        return Left(f"目录中没有行业“{subject_name}”")
    if meaning.measure not in indicator.measures:
        return Left(f"目录中{indicator.name}没有度量“{meaning.measure}”")
    if meaning.span not in indicator.spans:
        return Left(f"目录中{indicator.name}没有“{meaning.span}”时期")
    given = (meaning.unit if meaning.base else "") or layout.units.get(unit, unit) or meaning.unit
    try:
        canonical = catalogue.canonical_unit(indicator.code, meaning.measure, subject)
        catalogue.convert(Decimal(1), unit=given, to=canonical)
    except (UnknownName, UnitError):
        return Left(f"单位“{given}”与{indicator.name}不符")
    combined = meaning.jan_feb == "combined"
    publisher = meaning.publisher or layout.publisher
    mapped = Mapped(subject, indicator, meaning.measure, meaning.span, combined, given, publisher, meaning.base)
    if meaning.earlier is None:
        return mapped
    try:
        earlier = catalogue.indicator(meaning.earlier.indicator)
    except UnknownName:
        return Left(f"目录中没有指标“{meaning.earlier.indicator}”")
    return replace(mapped, earlier=earlier, until=meaning.earlier.until)


def find_subject(name: str, indicator: Indicator, catalogue: Catalogue) -> Subject | None:
    """The subject of a name: as the catalogue spells it, or in one of the spellings that differ between exports.

    造纸及纸制品业 and 造纸和纸制品业 are one name, as are 电力、热力的生产 and 电力热力生产; only an industry is found so, and only
    when no second one has the same key. The key of a subject (``trade:hs.total@gacc``) stands for itself.
    """
    if normalise(name) in catalogue.names.meanings or "@" in name:
        try:
            return catalogue.subject(name, indicator=indicator.code)
        except UnknownName:
            return None
    code = _spellings(catalogue).get(spelling_key(name)) if "industry" in indicator.kinds else None
    return catalogue.known_subjects.get(f"industry:{code}@nbs") if code else None


@lru_cache(maxsize=2)
def _spellings(catalogue: Catalogue) -> Mapping[str, str]:
    """Industry codes by spelling key; a key that two industries share is left out."""
    table: dict[str, str] = {}
    shared: set[str] = set()
    for code, industry in catalogue.industries.items():
        parent = catalogue.industries.get(industry.parent)
        if parent is not None and parent.name == industry.name:
            continue
        for key in {spelling_key(n) for n in (industry.name, *industry.aliases)}:
            if table.setdefault(key, code) != code:
                shared.add(key)
    return {k: c for k, c in table.items() if k not in shared}


def spelling_key(name: str) -> str:
    """One key for the spellings of a name: 及 and 和 alike, without marks, brackets and 的."""
    return re.sub(r"[、,，()·的]", "", normalise(name)).replace("及", "和").replace("与", "和")


def names_fit(layout: Layout, names: Iterable[str]) -> bool:
    """True if enough names of a sheet are names of this layout."""
    plain = [plain_name(n) for n in names if n and len(n) <= LONGEST_NAME]
    if not plain:
        return False
    if layout.series and not layout.names:
        fitting = sum(1 for n in plain if n in layout.by_name)
    else:
        fitting = sum(1 for n in plain if layout.series_pattern.fullmatch(n))
    return fitting >= layout.recognise.share * len(plain)
