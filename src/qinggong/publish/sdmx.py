"""The observations of a release as SDMX (统计数据交换): structure and data in SDMX-ML 3.0, data in SDMX-CSV 2.0.

The information model (concepts, code lists, data structure, data set) and SDMX-CSV are those of the library sdmx1, the
extra ``sdmx``; of SDMX-ML it writes version 2.1 only, so its model is written as version 3.0 here, valid by the
official schemas (``tests/unit/test_sdmx_files.py``). Sources: SDMX 3.0 Technical Specifications, section 3A (SDMX-ML:
schemas ``SDMXMessage``, ``SDMXStructureDataStructure``, ``SDMXDataStructureSpecific``), SDMX-CSV 2.0 field guide.

Every release has its own version of the structure (``2024.8.0``, a correction ``2024.8.1``): the catalogue grows.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from qinggong.catalogue import Catalogue
from qinggong.periods import parse
from qinggong.publish.sdmx_codes import (
    ATTRIBUTES,
    DIMENSIONS,
    TIME,
    VALUE,
    Codes,
    cleaned,
    code_lists,
    sender,
    series_key,
    time_of,
)

_BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
_SPACES = {"xmlns:mes": f"{_BASE}/message", "xmlns:com": f"{_BASE}/common"}


def available() -> bool:
    """True if the extra ``sdmx`` is installed; it is not loaded."""
    return find_spec("sdmx") is not None


def messages(
    rows: Sequence[Mapping[str, Any]], catalogue: Catalogue, *, agency: str, name: str, month: str, edition: int,
    released: str, test: bool = False,
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
    test
        The data are synthetic: the header says that the message is a test.
    """
    lists = code_lists(rows, catalogue)
    version = ".".join([*(str(int(part)) for part in month.split("-")), str(edition - 1)])
    model = _model(lists, agency=agency, name=name, version=version)
    times = (time_of(parse(str(row["period"])), str(row["span"])) for row in rows)
    keyed = [(series_key(row, lists) | {"TIME_PERIOD": time}, row) for row, time in zip(rows, times, strict=True)]
    header = {
        "ID": f"QG{month.replace('-', '')}E{edition}", "Test": str(test).lower(),
        "Prepared": f"{released}T00:00:00+08:00",
        "Sender": sender(agency),
    }  # fmt: skip
    return {
        "structure.xml": _structure(model, lists, header),
        "data.xml": _data(model, keyed, header),
        "data.csv": _csv(model, keyed),
    }


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
        # The schema of 3.0 takes texts for multilingual unless told otherwise; such have no place in an XML attribute.
        _text_format(element, "String", isMultiLingual="false")
        ET.SubElement(ET.SubElement(element, "str:AttributeRelationship"), "str:Observation")
    holder = descriptor("str:MeasureList", "MeasureDescriptor")
    _text_format(part(holder, "str:Measure", "Measure", structure.measures[0], usage="mandatory"), "Double")


def _text_format(parent: ET.Element, kind: str, **more: str) -> None:
    ET.SubElement(ET.SubElement(parent, "str:LocalRepresentation"), "str:TextFormat", {"textType": kind, **more})


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
    for name in ("ID", "Test", "Prepared"):
        ET.SubElement(header, f"mes:{name}").text = told[name]
    ET.SubElement(header, "mes:Sender", id=told["Sender"])
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
