"""Read the catalogue files (目录文件), check them, and say where a fault is.

Every file is a mapping with a head (id, title, source, read_at, valid_from …) and ``entries``. An overlay is a folder
of the same layout: an entry of a known code changes the fields it names, a new code adds an entry.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from qinggong.catalogue import schema
from qinggong.catalogue.checks import loose_ends
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.names import NameIndex, normalise
from qinggong.catalogue.schema import CatalogueError, Subject
from qinggong.periods import PeriodError, parse

_Model = TypeVar("_Model", bound=BaseModel)
_FOLDERS = ("industries", "regions", "indicators", "sources", "calendar")
_ANNOUNCED = "calendar/announced.csv"
OWN_FILES = ("sources/sdmx.yaml", "sources/dbnomics.yaml")
"""Mappings of a workspace that their source reads by itself; further folders (``concordance``) are free."""
_ANNOUNCED_FIELDS = ["family", "period", "date", "source"]


class LineMapping(dict[str, Any]):
    """A YAML mapping that remembers its line and those of its keys."""

    line: int = 0
    lines: dict[str, int]


class LineLoader(yaml.CSafeLoader):
    """The safe loader, with line numbers, and with duplicate keys as errors."""

    def construct_lined(self, node: yaml.MappingNode) -> Iterator[LineMapping]:
        result = LineMapping()
        result.line, result.lines = node.start_mark.line + 1, {}
        yield result
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in result:
                raise yaml.constructor.ConstructorError(None, None, f"“{key}” stands twice", key_node.start_mark)
            result.lines[str(key)] = key_node.start_mark.line + 1
            result[key] = self.construct_object(value_node, deep=True)


LineLoader.add_constructor("tag:yaml.org,2002:map", LineLoader.construct_lined)


@dataclass(frozen=True, slots=True)
class _Raw:
    """An entry as read, and where each of its fields was read."""

    file: str
    line: int
    fields: dict[str, Any]
    lines: dict[str, tuple[str, int]]

    def at(self, name: str) -> str:
        file, line = self.lines.get(name, (self.file, self.line))
        return f"{file}, line {line}"


@dataclass(frozen=True, slots=True)
class _Table:
    model: type[BaseModel]
    key: Callable[[Mapping[str, Any]], str]


def _code(fields: Mapping[str, Any]) -> str:
    return str(fields.get("code", "?"))


_TABLES: dict[str, _Table] = {
    "industries/gbt4754_2017.yaml": _Table(schema.Industry, _code),
    "industries/subjects.yaml": _Table(schema.SubjectEntry, lambda f: f"{f.get('kind', '?')}:{f.get('code', '?')}"),
    "industries/groups.yaml": _Table(schema.Group, _code),
    "regions/gbt2260.yaml": _Table(schema.Region, _code),
    "indicators/indicators.yaml": _Table(schema.Indicator, _code),
    "indicators/units.yaml": _Table(schema.Unit, _code),
    "sources/publishers.yaml": _Table(schema.Publisher, _code),
    "sources/scopes.yaml": _Table(schema.Scope, _code),
    "calendar/rules.yaml": _Table(schema.Rule, lambda f: str(f.get("family", "?"))),
}


@functools.lru_cache(maxsize=1)
def _bundled() -> Catalogue:
    return _load(None)


def load_catalogue(*, overlay: Path | None = None) -> Catalogue:
    """The bundled catalogue, with the entries of an overlay folder put over it.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field, and what to do.
    """
    return _bundled() if overlay is None else _load(overlay)


def _load(overlay: Path | None) -> Catalogue:
    texts = {name: _bundled_text(name) for name in (*_TABLES, _ANNOUNCED)}
    extra = {} if overlay is None else _overlay_texts(overlay)
    raws: dict[str, dict[str, _Raw]] = {}
    headers: dict[str, schema.Header] = {}
    for name, table in _TABLES.items():
        headers[name], raws[name] = _read(name, texts[name], table, bundled=True)
        if name in extra:
            shown, text = extra[name]
            _, over = _read(shown, text, table, bundled=False)
            for key, raw in over.items():
                raws[name][key] = _merged(raws[name].get(key), raw)
    announced = _read_announced(_ANNOUNCED, texts[_ANNOUNCED])
    if _ANNOUNCED in extra:
        announced |= _read_announced(*extra[_ANNOUNCED])
    return _assemble(headers, raws, announced)


def _bundled_text(name: str) -> str:
    return resources.files("qinggong.catalogue").joinpath("data", *name.split("/")).read_text(encoding="utf-8")


def _overlay_texts(overlay: Path) -> dict[str, tuple[str, str]]:
    """Catalogue files of an overlay by their name, with the path to show; a file we would not read is an error."""
    if not overlay.is_dir():
        raise CatalogueError(f"{overlay} is no folder; give a folder laid out as the catalogue data")
    texts: dict[str, tuple[str, str]] = {}
    for folder in _FOLDERS:
        for path in sorted(p for p in (overlay / folder).glob("*") if p.is_file()):
            name = f"{folder}/{path.name}"
            if name in OWN_FILES:
                continue
            if name not in _TABLES and name != _ANNOUNCED:
                raise CatalogueError(f"{path} is no catalogue file; {folder} may hold {', '.join(_files_in(folder))}")
            texts[name] = (str(path), path.read_text(encoding="utf-8"))
    return texts


def _files_in(folder: str) -> list[str]:
    return [n.split("/")[1] for n in (*_TABLES, _ANNOUNCED) if n.startswith(folder + "/")]


def _read(file: str, text: str, table: _Table, *, bundled: bool) -> tuple[schema.Header, dict[str, _Raw]]:
    try:
        document = yaml.load(text, Loader=LineLoader)  # noqa: S506 - derived from the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise CatalogueError(f"{file}{line}: not readable as YAML: {getattr(error, 'problem', error)}") from error
    if not isinstance(document, LineMapping) or not isinstance(document.get("entries"), list):
        raise CatalogueError(
            f"{file}, line 1: needs a head (id, title, source, read_at, valid_from) and a list `entries`"
        )
    head = _Raw(file, 1, {k: v for k, v in document.items() if k != "entries"}, _lines(file, document))
    header = _validated(schema.Header, head, entry="head")
    raws: dict[str, _Raw] = {}
    for item in document["entries"]:
        if not isinstance(item, LineMapping):
            raise CatalogueError(f"{file}: entry “{item}” is no mapping; write - {{code: …, name: …}}")
        raw = _Raw(file, item.line, dict(item), _lines(file, item))
        key = table.key(item)
        if key in raws:
            raise CatalogueError(
                f"{raw.at('code')}, entry {key}: stands already in line {raws[key].line}; remove one of the two"
            )
        raws[key] = raw
    return header, raws


def _lines(file: str, mapping: LineMapping) -> dict[str, tuple[str, int]]:
    return {name: (file, line) for name, line in mapping.lines.items()}


def _merged(base: _Raw | None, over: _Raw) -> _Raw:
    if base is None:
        return over
    return _Raw(over.file, over.line, base.fields | over.fields, base.lines | over.lines)


def _validated(model: type[_Model], raw: _Raw, *, entry: str) -> _Model:
    try:
        return model.model_validate(raw.fields)
    except ValidationError as error:
        faults = [_fault(model, raw, entry, dict(e)) for e in error.errors(include_url=False)]
        raise CatalogueError("\n".join(faults)) from error


def _fault(model: type[BaseModel], raw: _Raw, entry: str, error: dict[str, Any]) -> str:
    where = [str(part) for part in error["loc"]]
    place = raw.at(where[0]) if where else f"{raw.file}, line {raw.line}"
    field = f", field {'.'.join(where)}" if where else ""
    problem = str(error["msg"]).removeprefix("Value error, ")
    shown = "" if error["type"] in ("missing", "value_error") else f" (found {error['input']!r})"
    if error["type"] == "extra_forbidden":
        problem = f"unknown field; {model.__name__} knows {', '.join(model.model_fields)}"
    elif error["type"] == "string_type":
        problem = "must be text: put it in quotes"
    elif error["type"] == "string_pattern_mismatch":
        problem = f"has not the form {error['ctx']['pattern']}; correct it"
    elif error["type"] == "missing":
        problem = "is missing; add it"
    return f"{place}, entry {entry}{field}: {problem}{shown}"


def _table(raws: Mapping[str, Mapping[str, _Raw]], name: str, model: type[_Model]) -> dict[str, _Model]:
    return {key: _validated(model, raw, entry=key) for key, raw in raws[name].items()}


def _read_announced(file: str, text: str) -> dict[tuple[str, int, int], tuple[dt.date, str]]:
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != _ANNOUNCED_FIELDS:
        raise CatalogueError(f"{file}, line 1: the columns must be {','.join(_ANNOUNCED_FIELDS)}")
    found: dict[tuple[str, int, int], tuple[dt.date, str]] = {}
    for row in reader:
        place = f"{file}, line {reader.line_num}, entry {row['family']} {row['period']}"
        try:
            period, date = parse(row["period"]), dt.date.fromisoformat(row["date"])
        except (PeriodError, ValueError, TypeError) as error:
            raise CatalogueError(
                f"{place}: {error}; write a period such as 2024-08 and a date such as 2024-09-14"
            ) from error
        key = (row["family"], period.year, period.last)
        if key in found:
            raise CatalogueError(f"{place}: this family and period stand twice; keep one")
        if date <= period.end_date:
            raise CatalogueError(f"{place}: the date {date} is not after the period's end; correct it")
        found[key] = (date, row["source"] or "")
    return found


def _assemble(
    headers: Mapping[str, schema.Header],
    raws: Mapping[str, Mapping[str, _Raw]],
    announced: Mapping[tuple[str, int, int], tuple[dt.date, str]],
) -> Catalogue:
    industries = _table(raws, "industries/gbt4754_2017.yaml", schema.Industry)
    edition = headers["industries/gbt4754_2017.yaml"].edition
    industries = {c: i if i.edition else i.model_copy(update={"edition": edition}) for c, i in industries.items()}
    entries = _table(raws, "industries/subjects.yaml", schema.SubjectEntry)
    scopes = _table(raws, "sources/scopes.yaml", schema.Scope)
    names, known = NameIndex(), dict[str, Subject]()
    for industry in industries.values():
        subject = Subject("industry", industry.code, "nbs", industry.name, industry.name_en)
        known[subject.key] = subject
        parent = industries.get(industry.parent)
        if parent is not None and parent.name == industry.name:
            continue  # 采盐 is group 103 and its only class 1030: the name means the group
        for name in (industry.name, *industry.aliases):
            _enter(
                names, raws["industries/gbt4754_2017.yaml"][industry.code], name, subject, primary=name == industry.name
            )
    for key, entry in entries.items():
        raw = raws["industries/subjects.yaml"][key]
        _enter_subject(names, known, raw, entry, industries, scopes)
    catalogue = Catalogue(
        headers=headers,
        industries=industries,
        subjects={(e.kind, e.code): e for e in entries.values()},
        groups=_table(raws, "industries/groups.yaml", schema.Group),
        regions=_table(raws, "regions/gbt2260.yaml", schema.Region),
        indicators=_table(raws, "indicators/indicators.yaml", schema.Indicator),
        units=_table(raws, "indicators/units.yaml", schema.Unit),
        publishers=_table(raws, "sources/publishers.yaml", schema.Publisher),
        scopes=scopes,
        rules=_table(raws, "calendar/rules.yaml", schema.Rule),
        announced=announced,
        names=names,
        known_subjects=known,
    )

    def place(file: str, key: str, field: str) -> str:
        return f"{raws[file][key].at(field)}, entry {key}, field {field}"

    for fault in loose_ends(catalogue, place=place):
        raise CatalogueError(fault)
    return catalogue


def _enter(names: NameIndex, raw: _Raw, name: str, subject: Subject, *, primary: bool) -> None:
    other = names.add(name, subject, primary=primary)
    if other is not None:
        place = f"{raw.file}, line {raw.line}, entry {subject.code}"
        raise CatalogueError(f"{place}: “{name}” already means {other.key}; use another name")


def _enter_subject(
    names: NameIndex,
    known: dict[str, Subject],
    raw: _Raw,
    entry: schema.SubjectEntry,
    industries: Mapping[str, schema.Industry],
    scopes: Mapping[str, schema.Scope],
) -> None:
    place = f"{raw.file}, line {raw.line}, entry {entry.kind}:{entry.code}"
    if entry.kind == "industry":
        if entry.code not in industries:
            raise CatalogueError(f"{place}: no industry {entry.code}; add it to the classification or correct the code")
        plain_en = industries[entry.code].name_en
    else:
        plain_en = entry.name_en
        _enter_wording(names, known, raw, entry, schema.Wording(name=entry.name, name_en=entry.name_en), plain_en, True)
    for wording in entry.wordings:
        scope = wording.scope or entry.scope
        if scope not in scopes:
            raise CatalogueError(f"{place}: unknown scope “{scope}”; add it to sources/scopes.yaml")
        body = "" if scope == entry.scope else f" ({scopes[scope].name_en})"
        _enter_wording(names, known, raw, entry, wording, plain_en + body, False)
    if entry.scope not in scopes:
        raise CatalogueError(f"{place}: unknown scope “{entry.scope}”; add it to sources/scopes.yaml")


def _enter_wording(
    names: NameIndex,
    known: dict[str, Subject],
    raw: _Raw,
    entry: schema.SubjectEntry,
    wording: schema.Wording,
    name_en: str,
    primary: bool,
) -> None:
    scope = wording.scope or entry.scope
    key = f"{entry.kind}:{entry.code}@{scope}"
    subject = known.setdefault(key, Subject(entry.kind, entry.code, scope, wording.name, wording.name_en or name_en))
    own = primary or normalise(subject.name) == normalise(wording.name)
    _enter(names, raw, wording.name, subject, primary=own)
