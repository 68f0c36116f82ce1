"""How the national data service (国家数据, data.stats.gov.cn) names and numbers its monthly series, as catalogue data.

``sources/nbs.yaml`` says where the service is, how a series name is built (对象 + 指标 + 后缀, 啤酒产量_当期值) and which
codes of its tables carry which catalogue subjects and indicators. Nothing here touches the network.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from qinggong.catalogue.load import LineLoader
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.names import normalise
from qinggong.catalogue.schema import CatalogueError, Entry, Snake, Subject, SubjectKind, Text, UnknownName

FILE = "sources/nbs.yaml"
Measure = Literal["level", "yoy", "mom"]
Span = Literal["month", "ytd", "point"]
TableCode = Annotated[str, StringConstraints(pattern=r"^A[0-9A-Z]{3,12}$")]
Month = Annotated[str, StringConstraints(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")]
_UNIT = re.compile(r"(.+)\(([^()]+)\)")
_NO_NAME, _NO_INDICATOR = "序列名称不在目录中", "目录中没有这个指标"


class Service(Entry):
    """One of the two interfaces: its address, the page it belongs to, the monthly database and its root."""

    code: Literal["website", "easyquery"]
    name: Text
    base: Annotated[str, StringConstraints(pattern=r"^https://")]
    page: Annotated[str, StringConstraints(pattern=r"^https://")]
    database: Text
    root: str = ""


class Ending(Entry):
    """The end of a series name. With ``why`` the series is known and left out for that reason."""

    name: Text
    measure: Measure | None = None
    span: Span | None = None
    why: str = ""

    @model_validator(mode="after")
    def _either(self) -> Ending:
        if bool(self.why) == (self.measure is not None and self.span is not None):
            raise ValueError("give either measure and span, or why the series is left out")
        return self


class Index(Ending):
    """A whole ending that is an index number; the figure less ``base`` is the growth in per cent."""

    indicator: str = ""
    base: int = 0
    subject: str = ""


class Stem(Entry):
    """The indicator inside a series name; ``subject`` (a code) holds where the name states none."""

    name: Text
    indicator: Snake
    subject: str = ""
    unit_as: dict[Text, Text] = Field(default_factory=dict)


class Leaf(Entry):
    """A sub-table: the code is its key; what it does not state is that of its table."""

    name: str = ""
    indicators: tuple[Snake, ...] = ()
    subjects: tuple[Text, ...] = ()
    cids: tuple[Text, ...] = ()


class Table(Entry):
    """A table of the service's monthly index, below ``path``; without subjects it carries many, told by the names."""

    code: TableCode
    name: Text
    path: tuple[Text, ...]
    indicators: tuple[Snake, ...]
    kind: SubjectKind
    subjects: tuple[Text, ...] = ()
    leaves: dict[TableCode, Leaf] = Field(default_factory=dict)
    since: Month = ""
    until: Month = ""
    cids: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _below(self) -> Table:
        for code, leaf in self.leaves.items():
            if not code.startswith(self.code) or code == self.code:
                raise ValueError(f"leaf {code} is not below {self.code}")
            if not (leaf.indicators or self.indicators):
                raise ValueError(f"leaf {code} has no indicators")
        return self


class NbsFile(Entry):
    """The file ``sources/nbs.yaml``."""

    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    note: str = ""
    publisher: Snake
    preferred: Literal["website", "easyquery"]
    services: tuple[Service, ...] = Field(min_length=1)
    suffixes: tuple[Ending, ...] = Field(min_length=1)
    indices: tuple[Index, ...]
    stems: tuple[Stem, ...] = Field(min_length=1)
    names: dict[Text, Text]
    industries_since: Month
    tables: tuple[Table, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One table or sub-table that can be asked for and recognised by its code.

    ``subjects`` are keys (``industry:13@nbs``), empty when the table holds many; ``path`` are the names above it.
    """

    code: str
    name: str
    path: tuple[str, ...]
    indicators: tuple[str, ...]
    kind: SubjectKind
    subjects: tuple[str, ...]
    since: str
    until: str
    cids: tuple[str, ...]
    leaf: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a series name says. ``why`` (a Chinese sentence) is set when it is known and left out."""

    subject: str = ""
    subject_key: str = ""
    indicator: str = ""
    measure: Measure = "level"
    span: Span = "month"
    base: int = 0
    unit: str = ""
    unit_as: Mapping[str, str] | None = None
    why: str = ""


@dataclass(frozen=True, eq=False)
class NbsCodes:
    """The service's names and codes in use."""

    file: NbsFile
    nodes: Mapping[str, Node]

    def service(self, code: str) -> Service:
        for entry in self.file.services:
            if entry.code == code:
                return entry
        known = "、".join(s.code for s in self.file.services)
        raise UnknownName(f"“{code}” is no interface of the service; known: {known}", ())

    def node(self, code: str) -> Node | None:
        """The innermost known table of a series code; base-36 digits follow the table's own."""
        for length in range(len(code), 3, -1):
            if code[:length] in self.nodes:
                return self.nodes[code[:length]]
        return None

    def read(self, name: str, *, unit: str = "") -> Reading:
        """Take a series name apart; a unit in brackets behind it counts when none is given."""
        text = normalise(name)
        for index in self.file.indices:
            ending = normalise(index.name)
            if text.endswith(ending):
                if index.why:
                    return Reading(why=index.why)
                return _reading(index, text[: -len(ending)], index.indicator, index.subject, unit=unit or "%")
        found = _UNIT.fullmatch(text)
        # A bracket behind the suffix is the unit; one before it belongs to the name (机制纸及纸板(…)产量).
        if found and any(found[1].endswith(s.name) for s in self.file.suffixes):
            text, unit = found[1], unit or found[2]
        suffix = _longest(text, self.file.suffixes)
        if suffix is None:
            return Reading(why=_NO_NAME)
        if suffix.why:
            return Reading(why=suffix.why)
        text = text[: -len(suffix.name)].rstrip("_")
        stem = _longest(text, self.file.stems)
        if stem is None:
            return Reading(why=_NO_INDICATOR)
        return _reading(suffix, text[: -len(stem.name)], stem.indicator, stem.subject, unit=unit, unit_as=stem.unit_as)

    def names(self, name: str) -> bool:
        """True if a series is called as the service calls its own, whether it is taken or left out."""
        return self.read(name).why not in (_NO_NAME, _NO_INDICATOR)

    def subject(self, name: str, *, indicator: str, catalogue: Catalogue) -> Subject | None:
        """The subject in the statistics bureau's own scope that the service means; ``None`` if there is none."""
        own = self.file.names.get(normalise(name), name)
        if normalise(own) not in catalogue.names.meanings:
            return None  # the look-up would search for similar names, once for each foreign series
        try:
            found = catalogue.subject(own, indicator=indicator)
        except UnknownName:
            return None
        # 轻工业 of the service would be another coverage than the federation's of the same name.
        return found if found.scope == self.file.publisher else None


def _reading(
    ending: Ending,
    subject: str,
    indicator: str,
    default: str,
    *,
    unit: str,
    unit_as: Mapping[str, str] | None = None,
) -> Reading:
    assert ending.measure is not None and ending.span is not None
    return Reading(
        subject=subject, subject_key="" if subject else default, indicator=indicator, measure=ending.measure,
        span=ending.span, base=getattr(ending, "base", 0), unit=unit, unit_as=unit_as,
    )  # fmt: skip


def _longest(text: str, entries: tuple[Any, ...]) -> Any:
    """The entry with the longest name that the text ends with."""
    fitting = [e for e in entries if text.endswith(normalise(e.name))]
    return max(fitting, key=lambda e: len(e.name), default=None)


@functools.lru_cache(maxsize=1)
def load_nbs_codes() -> NbsCodes:
    """The bundled file.

    Raises
    ------
    CatalogueError
        Naming file, line and entry, and what to do.
    """
    data = resources.files("qinggong.catalogue").joinpath("data", *FILE.split("/"))
    return read_nbs_codes(data.read_text(encoding="utf-8"))


def read_nbs_codes(text: str, *, shown: str = FILE) -> NbsCodes:
    """The file's text, checked; every code may stand once."""
    try:
        document = yaml.load(text, Loader=LineLoader)  # noqa: S506 - derived from the safe loader
        file = NbsFile.model_validate(document)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{shown}: not readable as YAML: {error}") from error
    except ValidationError as error:
        faults = [_fault(shown, document, dict(e)) for e in error.errors(include_url=False)]
        raise CatalogueError("\n".join(faults)) from error
    nodes: dict[str, Node] = {}
    for node in _nodes(file):
        if node.code in nodes:
            raise CatalogueError(f"{shown}, entry {node.code}: stands twice; remove one of the two")
        nodes[node.code] = node
    return NbsCodes(file, nodes)


def _nodes(file: NbsFile) -> Iterator[Node]:
    for table in file.tables:
        keys = _keys(table.kind, table.subjects, file.publisher)
        indicators = table.indicators or tuple(dict.fromkeys(i for v in table.leaves.values() for i in v.indicators))
        whole = Node(
            code=table.code, name=table.name, path=table.path, indicators=indicators, kind=table.kind, subjects=keys,
            since=table.since, until=table.until, cids=table.cids, leaf=not table.leaves,
        )  # fmt: skip
        yield whole
        for code, leaf in table.leaves.items():
            yield replace(
                whole, code=code, name=leaf.name, path=(*table.path, table.name), cids=leaf.cids, leaf=True,
                indicators=leaf.indicators or table.indicators,
                subjects=_keys(table.kind, leaf.subjects, file.publisher) or keys,
            )  # fmt: skip


def _keys(kind: str, codes: tuple[str, ...], scope: str) -> tuple[str, ...]:
    return tuple(f"{kind}:{code}@{scope}" for code in codes)


def _fault(file: str, document: Any, error: dict[str, Any]) -> str:
    """Where in the file a field is wrong: the line of the innermost entry that was written."""
    line, node = 1, document
    for part in error["loc"]:
        if isinstance(node, dict):
            line = getattr(node, "lines", {}).get(part, line)
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
        line = getattr(node, "line", 0) or line
    where = ".".join(str(part) for part in error["loc"])
    return f"{file}, line {line}, entry {where}: {error['msg']}; correct this entry"
