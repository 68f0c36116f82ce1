"""The observations of a release as SDMX (统计数据交换): structure and data in SDMX-ML 3.0, data in SDMX-CSV 2.0.

The information model (concepts, code lists, data structure, data set) and SDMX-CSV are those of the library sdmx1, the
extra ``sdmx``; of SDMX-ML it writes version 2.1 only, so its model is written as version 3.0 here. Sources: SDMX 3.0
Technical Specifications, section 3A (SDMX-ML: schemas ``SDMXMessage``, ``SDMXStructureDataStructure``,
``SDMXDataStructureSpecific``), section 6 (time formats), SDMX-CSV 2.0 field guide.

Every release has its own version of the structure (``2024.8.0``, a correction ``2024.8.1``): the catalogue grows.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from qinggong.catalogue import Catalogue
from qinggong.periods import Period, parse

Names = tuple[str, str]
_BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
_SPACES = {"xmlns:mes": f"{_BASE}/message", "xmlns:com": f"{_BASE}/common"}
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_@$-]+")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DIMENSIONS = (
    ("FREQ", "频率", "Frequency"), ("REF_AREA", "地区", "Reference area"), ("SUBJECT", "行业或对象", "Industry or subject"),
    ("SCOPE", "口径", "Coverage"), ("INDICATOR", "指标", "Indicator"), ("MEASURE", "度量", "Measure"),
    ("BASIS", "基础", "Basis"), ("SPAN", "时期类型", "Span"), ("UNIT_MEASURE", "单位", "Unit of measure"),
)  # fmt: skip
TIME, VALUE = ("TIME_PERIOD", "时期", "Time period"), ("OBS_VALUE", "数值", "Observed value")
ATTRIBUTES = (
    ("PRINTED", "公布的数字", "Digits as published"), ("PRINTED_UNIT", "公布的单位", "Unit as published"),
    ("PUBLISHER", "发布机构", "Publisher"), ("PUBLISHED_AT", "发布日期", "Date of publication"),
    ("PUBLISHED_AT_BASIS", "日期依据", "Basis of the date"), ("CITATION", "发布", "Release"), ("URL", "页面地址", "Address"),
)  # fmt: skip
_FREQUENCIES = {"M": ("月", "Monthly"), "Q": ("季", "Quarterly"), "S": ("半年", "Half-yearly")}
_MEASURES = {
    "level": ("绝对量", "Level"), "yoy": ("同比", "Growth on the same period of the previous year"),
    "mom": ("环比", "Growth on the previous period"), "index": ("指数", "Index"), "share": ("占比", "Share"),
}  # fmt: skip
_BASES = {"published": ("公布", "As published"), "comparable": ("可比", "Comparable"), "derived": ("推算", "Derived")}
_SPANS = {
    "month": ("月", "Month"), "ytd": ("年初累计，记在最后一月", "Year to date, at its last month"), "point": ("期末", "End"),
    "quarter": ("季", "Quarter"), "half": ("半年", "Half-year"),
}  # fmt: skip
_UNITS = {"%": "PC", "百分点": "PP"}
_FREQUENCY_OF = {"quarter": "Q", "half": "S"}


@dataclass(frozen=True, slots=True)
class Codes:
    """A code list: names by identifier, and the identifier of each code of the catalogue."""

    id: str
    name: Names
    items: Mapping[str, Names]
    ids: Mapping[str, str]


def available() -> bool:
    """True if the extra ``sdmx`` is installed; it is not loaded."""
    return find_spec("sdmx") is not None


def messages(
    rows: Sequence[Mapping[str, Any]], catalogue: Catalogue, *, agency: str, name: str, month: str, edition: int,
    released: str,
) -> dict[str, bytes]:  # fmt: skip
    """The messages of a release by file name: ``structure.xml``, ``data.xml``, ``data.csv``.

    Parameters
    ----------
    rows
        Observations as plain values (``publish.data.OBSERVATION_HEADS``), in order of series and period.
    agency
        Identifier of the maintaining agency.
    name, month, edition, released
        Of the release: Chinese name, ``2024-08``, 1, ISO date.
    """
    lists = code_lists(rows, catalogue)
    version = ".".join([*(str(int(part)) for part in month.split("-")), str(edition - 1)])
    model = _model(lists, agency=agency, name=name, version=version)
    times = (time_of(parse(str(row["period"])), str(row["span"])) for row in rows)
    keyed = [(series_key(row, lists) | {"TIME_PERIOD": time}, row) for row, time in zip(rows, times, strict=True)]
    header = {"id": f"QG{month.replace('-', '')}E{edition}", "prepared": f"{released}T00:00:00+08:00", "sender": agency}
    return {
        "structure.xml": _structure(model, lists, header),
        "data.xml": _data(model, keyed, header),
        "data.csv": _csv(model, keyed),
    }


# -------------------------------------------------------------------------------------------------- codes


def _identifier(text: str, taken: Iterable[str]) -> str:
    """Text as an SDMX identifier (letters, digits, ``_ @ $ -``), a number behind it if it is taken."""
    plain = _NOT_IN_ID.sub("_", text).strip("_") or "X" + text.encode().hex().upper()
    wanted, used = plain, set(taken)
    number = 2
    while wanted in used:
        wanted, number = f"{plain}_{number}", number + 1
    return wanted


def _list(name: str, told: Names, entries: Iterable[tuple[str, str, Names]]) -> Codes:
    """A code list from (code of the catalogue, wanted identifier, names)."""
    items: dict[str, Names] = {}
    ids: dict[str, str] = {}
    for code, wanted, names in entries:
        if code not in ids:
            ids[code] = _identifier(wanted, items)
            items[ids[code]] = names
    return Codes(name, told, items, ids)


def code_lists(rows: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> dict[str, Codes]:
    """The code list of each dimension: the whole catalogue, and whatever the rows use beyond it."""

    def beyond(*columns: str) -> list[tuple[str, str, Names]]:
        found = sorted({":".join(str(r[c]) for c in columns) for r in rows})
        return [(code, code, (code, code)) for code in found]

    subjects = {
        f"{s.kind}:{s.code}": (s.name, s.name_en or s.name)
        for s in sorted(catalogue.known_subjects.values(), key=lambda s: (s.scope != "nbs", s.scope), reverse=True)
    }
    units = {u.code: (_UNITS.get(u.code, u.name_en.upper()), (u.name, u.name_en)) for u in catalogue.units.values()}

    def fixed(table: Mapping[str, Names]) -> list[tuple[str, str, Names]]:
        return [(code, code, names) for code, names in table.items()]

    return {
        "FREQ": _list("CL_FREQ", ("频率", "Frequency"), fixed(_FREQUENCIES)),
        "REF_AREA": _list(
            "CL_AREA", ("地区", "Areas"),
            [*((r.code, r.code, (r.name, r.name_en)) for r in catalogue.regions.values()), *beyond("region")],
        ),
        "SUBJECT": _list(
            "CL_INDUSTRY", ("行业、行业组、产品和商品", "Industries, groups, products and goods"),
            [*((c, c.upper(), subjects[c]) for c in sorted(subjects)), *beyond("subject_kind", "subject")],
        ),
        "SCOPE": _list(
            "CL_SCOPE", ("口径", "Coverage"),
            [*((s.code, s.code, (s.name, s.name_en)) for s in catalogue.scopes.values()), *beyond("scope")],
        ),
        "INDICATOR": _list(
            "CL_INDICATOR", ("指标", "Indicators"),
            [*((i.code, i.code, (i.name, i.name_en)) for i in catalogue.indicators.values()), *beyond("indicator")],
        ),
        "MEASURE": _list("CL_MEASURE", ("度量", "Measures"), [*fixed(_MEASURES), *beyond("measure")]),
        "BASIS": _list("CL_BASIS", ("基础", "Bases"), [*fixed(_BASES), *beyond("basis")]),
        "SPAN": _list("CL_SPAN", ("时期类型", "Spans"), [*fixed(_SPANS), *beyond("span")]),
        "UNIT_MEASURE": _list(
            "CL_UNIT", ("计量单位", "Units"), [*((c, wanted, n) for c, (wanted, n) in units.items()), *beyond("unit")]
        ),
    }  # fmt: skip


def series_key(row: Mapping[str, Any], lists: Mapping[str, Codes]) -> dict[str, str]:
    """The key of a series: the identifier of its code in each dimension, in the order of the dimensions."""
    codes = {
        "FREQ": _FREQUENCY_OF.get(row["span"], "M"), "REF_AREA": row["region"],
        "SUBJECT": f"{row['subject_kind']}:{row['subject']}", "SCOPE": row["scope"], "INDICATOR": row["indicator"],
        "MEASURE": row["measure"], "BASIS": row["basis"], "SPAN": row["span"], "UNIT_MEASURE": row["unit"],
    }  # fmt: skip
    return {name: lists[name].ids[str(code)] for name, code in codes.items()}


def time_of(period: Period, span: str) -> str:
    """The time of an observation: a quarter, a half-year, or the month with which the period ends."""
    if span == "quarter":
        return f"{period.year}-Q{(period.last + 2) // 3}"
    if span == "half":
        return f"{period.year}-S{1 if period.last <= 6 else 2}"
    return f"{period.year}-{period.last:02d}"


# -------------------------------------------------------------------------------------------------- model


@dataclass(frozen=True, slots=True)
class _Model:
    """The structures as objects of the library."""

    concepts: Any
    lists: Mapping[str, Any]
    structure: Any
    flow: Any


def _model(lists: Mapping[str, Codes], *, agency: str, name: str, version: str) -> _Model:
    common, v30 = import_module("sdmx.model.common"), import_module("sdmx.model.v30")
    kept = {"maintainer": common.Agency(id=agency), "version": version, "is_external_reference": False}
    concepts = common.ConceptScheme(id="CS_QINGGONG", name=_told("概念", "Concepts"), **kept)
    for one, chinese, english in (*DIMENSIONS, TIME, VALUE, *ATTRIBUTES):
        concepts.append(common.Concept(id=one, name=_told(chinese, english)))
    made = {}
    for one, codes in lists.items():
        made[one] = common.Codelist(id=codes.id, name=_told(*codes.name), **kept)
        for code, names in codes.items.items():
            made[one].append(common.Code(id=code, name=_told(*names)))
    structure = v30.DataStructureDefinition(id="DSD_QINGGONG", name=_told("轻工业运行数据", "Light industry"), **kept)
    for one, *_ in DIMENSIONS:
        enumerated = common.Representation(enumerated=made[one])
        structure.dimensions.append(
            common.Dimension(id=one, concept_identity=concepts[one], local_representation=enumerated)
        )  # fmt: skip
    structure.dimensions.append(common.TimeDimension(id=TIME[0], concept_identity=concepts[TIME[0]]))
    structure.measures.append(v30.Measure(id=VALUE[0], concept_identity=concepts[VALUE[0]]))
    for one, *_ in ATTRIBUTES:
        structure.attributes.append(
            common.DataAttribute(id=one, concept_identity=concepts[one], related_to=v30.ObservationRelationship())
        )  # fmt: skip
    flow = v30.Dataflow(id="DF_QINGGONG", name=_told(name, "China light industry"), structure=structure, **kept)
    return _Model(concepts, made, structure, flow)


def _told(chinese: str, english: str) -> dict[str, str]:
    return {"zh": chinese, "en": english or chinese}


def _attributes(row: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of an observation; empty ones are left out."""
    return {name: cleaned(row[name.lower()]) for name, *_ in ATTRIBUTES if row[name.lower()] not in (None, "")}


def cleaned(value: object) -> str:
    """Text without the characters that XML cannot hold, on one line."""
    return " ".join(_NOT_IN_XML.sub("", str(value)).split())


def _csv(model: _Model, keyed: Sequence[tuple[dict[str, str], Mapping[str, Any]]]) -> bytes:
    """SDMX-CSV 2.0, written by the library: the rows as they come, attributes beside the values."""
    common, v30 = import_module("sdmx.model.common"), import_module("sdmx.model.v30")
    formats = import_module("sdmx.format.csv.v2")
    frame = import_module("pandas").DataFrame
    structure = model.structure
    measure = structure.measures[0]
    attributes = {a.id: a for a in structure.attributes.components}
    data = v30.DataSet(structured_by=structure, described_by=model.flow)
    for place, group in groupby(keyed, key=lambda one: tuple(one[0][name] for name, *_ in DIMENSIONS)):
        of_series = structure.make_key(common.SeriesKey, dict(zip((n for n, *_ in DIMENSIONS), place, strict=True)))
        found = [
            v30.Observation(
                dimension=structure.make_key(common.Key, {"TIME_PERIOD": key["TIME_PERIOD"]}), value=row["value"],
                value_for=measure,
                attached_attribute={
                    name: common.AttributeValue(value=text, value_for=attributes[name])
                    for name, text in _attributes(row).items()
                },
            )
            for key, row in group
        ]  # fmt: skip
        data.add_obs(found, of_series)
    if not keyed:
        heads = ("STRUCTURE", "STRUCTURE_ID", "ACTION", *(n for n, *_ in (*DIMENSIONS, TIME, VALUE, *ATTRIBUTES)))
        return (",".join(heads) + "\r\n").encode()
    table = import_module("sdmx").to_csv(data, rtype=frame, format_options=formats.FormatOptions(), attributes="dsgo")
    out = io.StringIO(newline="")
    table.to_csv(out, index=False, lineterminator="\r\n")
    return out.getvalue().encode("utf-8")


# ---------------------------------------------------------------------------------------------------- XML


def _urn(kind: str, package: str, of: Any, item: str = "") -> str:
    tail = f".{item}" if item else ""
    return f"urn:sdmx:org.sdmx.infomodel.{package}.{kind}={of.maintainer.id}:{of.id}({of.version}){tail}"


def _structure(model: _Model, lists: Mapping[str, Codes], header: Mapping[str, str]) -> bytes:
    """The structure message: code lists, concept scheme, data flow, data structure."""
    root = ET.Element("mes:Structure", {**_SPACES, "xmlns:str": f"{_BASE}/structure"})
    _header(root, header)
    structures = ET.SubElement(root, "mes:Structures")
    holder = ET.SubElement(structures, "str:Codelists")
    for codes in model.lists.values():
        scheme = _maintained(holder, "str:Codelist", codes, _urn("Codelist", "codelist", codes))
        for code in codes.items.values():
            item = ET.SubElement(scheme, "str:Code", id=code.id, urn=_urn("Code", "codelist", codes, code.id))
            _names(item, code)
    concepts = model.concepts
    holder = ET.SubElement(structures, "str:ConceptSchemes")
    scheme = _maintained(holder, "str:ConceptScheme", concepts, _urn("ConceptScheme", "conceptscheme", concepts))
    for concept in concepts.items.values():
        item = ET.SubElement(
            scheme, "str:Concept", id=concept.id, urn=_urn("Concept", "conceptscheme", concepts, concept.id)
        )  # fmt: skip
        _names(item, concept)
    flow, structure = model.flow, model.structure
    own = _urn("DataStructure", "datastructure", structure)
    holder = ET.SubElement(structures, "str:Dataflows")
    one = _maintained(holder, "str:Dataflow", flow, _urn("Dataflow", "datastructure", flow))
    ET.SubElement(one, "str:Structure").text = own
    holder = ET.SubElement(structures, "str:DataStructures")
    _components(_maintained(holder, "str:DataStructure", structure, own), model)
    return _xml(root)


def _components(parent: ET.Element, model: _Model) -> None:
    structure = model.structure
    components = ET.SubElement(parent, "str:DataStructureComponents")

    def part(holder: ET.Element, tag: str, kind: str, one: Any, **more: str) -> ET.Element:
        urn = _urn(kind, "datastructure", structure, one.id)
        element = ET.SubElement(holder, tag, {"id": one.id, "urn": urn, **more})
        identity = ET.SubElement(element, "str:ConceptIdentity")
        identity.text = _urn("Concept", "conceptscheme", model.concepts, one.concept_identity.id)
        return element

    def descriptor(tag: str, kind: str) -> ET.Element:
        return ET.SubElement(components, tag, id=kind, urn=_urn(kind, "datastructure", structure, kind))

    holder = descriptor("str:DimensionList", "DimensionDescriptor")
    for place, (name, *_) in enumerate(DIMENSIONS, start=1):
        element = part(holder, "str:Dimension", "Dimension", structure.dimensions.get(name), position=str(place))
        represented = ET.SubElement(element, "str:LocalRepresentation")
        ET.SubElement(represented, "str:Enumeration").text = _urn("Codelist", "codelist", model.lists[name])
    time = part(holder, "str:TimeDimension", "TimeDimension", structure.dimensions.get("TIME_PERIOD"))
    _text_format(time, "ObservationalTimePeriod")
    holder = descriptor("str:AttributeList", "AttributeDescriptor")
    for one in structure.attributes.components:
        element = part(holder, "str:Attribute", "DataAttribute", one, usage="optional")
        _text_format(element, "String")
        ET.SubElement(ET.SubElement(element, "str:AttributeRelationship"), "str:Observation")
    holder = descriptor("str:MeasureList", "MeasureDescriptor")
    _text_format(part(holder, "str:Measure", "Measure", structure.measures[0], usage="mandatory"), "Double")


def _text_format(parent: ET.Element, kind: str) -> None:
    ET.SubElement(ET.SubElement(parent, "str:LocalRepresentation"), "str:TextFormat", textType=kind)


def _maintained(parent: ET.Element, tag: str, one: Any, urn: str) -> ET.Element:
    element = ET.SubElement(
        parent, tag, id=one.id, urn=urn, agencyID=one.maintainer.id, version=one.version, isExternalReference="false"
    )
    _names(element, one)
    return element


def _names(parent: ET.Element, one: Any) -> None:
    for language, text in sorted(one.name.localizations.items(), reverse=True):
        ET.SubElement(parent, "com:Name", {"xml:lang": language}).text = cleaned(text)


def _header(root: ET.Element, told: Mapping[str, str]) -> ET.Element:
    header = ET.SubElement(root, "mes:Header")
    ET.SubElement(header, "mes:ID").text = told["id"]
    ET.SubElement(header, "mes:Test").text = "false"
    ET.SubElement(header, "mes:Prepared").text = told["prepared"]
    ET.SubElement(header, "mes:Sender", id=told["sender"])
    return header


def _data(
    model: _Model, keyed: Sequence[tuple[dict[str, str], Mapping[str, Any]]], told: Mapping[str, str]
) -> bytes:  # fmt: skip
    """The data message: structure-specific, grouped into series."""
    flow = _urn("Dataflow", "datastructure", model.flow)
    space = f"{flow}:ObsLevelDim:TIME_PERIOD"
    root = ET.Element(
        "mes:StructureSpecificData",
        {
            **_SPACES, "xmlns:ss": f"{_BASE}/data/structurespecific", "xmlns:ns1": space,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        },
    )  # fmt: skip
    header = _header(root, told)
    used = ET.SubElement(
        header, "mes:Structure",
        {"structureID": model.flow.id, "namespace": space, "dimensionAtObservation": "TIME_PERIOD"},
    )  # fmt: skip
    ET.SubElement(used, "com:StructureUsage").text = flow
    ET.SubElement(header, "mes:DataSetAction").text = "Information"
    data = ET.SubElement(root, "mes:DataSet", {"xsi:type": "ns1:DataSetType", "ss:structureRef": model.flow.id})
    series: dict[tuple[str, ...], ET.Element] = {}
    for key, row in keyed:
        of_series = {name: key[name] for name, *_ in DIMENSIONS}
        place = tuple(of_series.values())
        if place not in series:
            series[place] = ET.SubElement(data, "Series", of_series)
        ET.SubElement(
            series[place], "Obs",
            {"TIME_PERIOD": key["TIME_PERIOD"], "OBS_VALUE": repr(row["value"]), **_attributes(row)},
        )  # fmt: skip
    return _xml(root)


def _xml(root: ET.Element) -> bytes:
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
