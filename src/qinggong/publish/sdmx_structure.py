"""The structures of the observations as SDMX-JSON (统计数据交换结构): data flow, data structure, code lists, concepts.

Written by plain code from the code lists of ``publish.sdmx_codes``, so that it works without the extra ``sdmx``.
Source: SDMX-JSON 2.0.0 structure message (field guide and schema); SDMX 3.0 Technical Specifications, section 5
(references between artefacts in a query of structures).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qinggong.publish.sdmx_codes import ATTRIBUTES, DIMENSIONS, TIME, VALUE, Codes, Names, cleaned, sender

FLOW, DEFINITION, CONCEPTS = "DF_QINGGONG", "DSD_QINGGONG", "CS_QINGGONG"
KINDS = {
    "dataflow": ("dataflows", "Dataflow", "datastructure"),
    "datastructure": ("dataStructures", "DataStructure", "datastructure"),
    "codelist": ("codelists", "Codelist", "codelist"),
    "conceptscheme": ("conceptSchemes", "ConceptScheme", "conceptscheme"),
}
"""Kinds of structures: member of the message, class and package of the information model."""
REFERENCES = ("none", "parents", "parentsandsiblings", "ancestors", "children", "descendants", "all", *KINDS)
DETAILS = ("full", "raw", "allstubs", "allcompletestubs", "referencestubs", "referencecompletestubs")


@dataclass(frozen=True, slots=True)
class Flow:
    """The data flow: who maintains it, its version, its code lists by dimension; ``test`` marks synthetic data."""

    agency: str
    version: str
    name: Names
    lists: Mapping[str, Codes]
    test: bool = False

    @property
    def reference(self) -> str:
        """The flow as a row of SDMX-CSV names it."""
        return f"{self.agency}:{FLOW}({self.version})"

    def urn(self, kind: str, artefact: str, item: str = "") -> str:
        """The name of a structure, or of an item in it; ``kind`` is one of ``KINDS``."""
        _, told, package = KINDS[kind]
        inner = {"codelist": "Code", "conceptscheme": "Concept"}.get(kind, told) if item else told
        tail = f".{item}" if item else ""
        return f"urn:sdmx:org.sdmx.infomodel.{package}.{inner}={self.agency}:{artefact}({self.version}){tail}"


def artefacts(flow: Flow) -> list[tuple[str, str]]:
    """Kind and identifier of every structure."""
    lists = [("codelist", codes.id) for codes in flow.lists.values()]
    return [("dataflow", FLOW), ("datastructure", DEFINITION), *lists, ("conceptscheme", CONCEPTS)]


def with_references(flow: Flow, chosen: Iterable[tuple[str, str]], references: str) -> list[tuple[str, str]]:
    """What a query asks for beside the chosen structures: those they refer to or that refer to them.

    Parameters
    ----------
    references
        One of ``REFERENCES``; a kind stands for the related structures of that kind.
    """
    every = artefacts(flow)
    # The flow refers to the data structure, and that to all the rest: a structure is known by its level.
    level = {"dataflow": 0, "datastructure": 1, "codelist": 2, "conceptscheme": 2}
    wanted = set(chosen)

    def related(step: Sequence[int]) -> set[tuple[str, str]]:
        return {one for one in every for kind, _ in wanted if level[one[0]] - level[kind] in step}

    up, down = related((-1,)), related((1,))
    siblings = {one for one in every if up and any(level[one[0]] - level[k] == 1 for k, _ in up)}
    found = {
        "none": set(), "parents": up, "parentsandsiblings": up | siblings, "ancestors": related((-1, -2)),
        "children": down, "descendants": related((1, 2)), "all": up | siblings | related((1, 2)),
    }.get(references)  # fmt: skip
    if found is None:
        found = {one for one in related((-2, -1, 1, 2)) if one[0] == references}
    return [one for one in every if one in wanted | found]


def structure_message(
    flow: Flow,
    told: Sequence[tuple[str, str]],
    *,
    detail: str,
    chosen: Iterable[tuple[str, str]],
    prepared: dt.datetime,
) -> bytes:
    """The message with some structures.

    Parameters
    ----------
    told
        Kind and identifier of each, from ``artefacts``.
    detail
        One of ``DETAILS``: stubs have names only; ``reference…`` gives them of all but the ``chosen`` structures.
    """
    data: dict[str, list[dict[str, Any]]] = {}
    whole = set(chosen) if detail.startswith("reference") else set(told) if detail in ("full", "raw") else set()
    for kind, artefact in told:
        data.setdefault(KINDS[kind][0], []).append(_artefact(flow, kind, artefact, stub=(kind, artefact) not in whole))
    return written({"meta": meta(flow, prepared, "structure"), "data": data})


def meta(flow: Flow, prepared: dt.datetime, kind: str) -> dict[str, Any]:
    """The head of a message."""
    return {
        "schema": f"https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/{kind}-message/tools/schemas/2.0.0/"
        f"sdmx-json-{kind}-schema.json",
        "id": f"QG{prepared:%Y%m%dT%H%M%S}", "test": flow.test, "prepared": prepared.isoformat(timespec="seconds"),
        "contentLanguages": ["zh", "en"], "sender": {"id": sender(flow.agency)},
    }  # fmt: skip


def named(names: Names) -> dict[str, Any]:
    """Chinese name, and both names by language."""
    chinese, english = cleaned(names[0]), cleaned(names[1] or names[0])
    return {"name": chinese, "names": {"zh": chinese, "en": english}}


def written(message: Mapping[str, Any]) -> bytes:
    return (json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _artefact(flow: Flow, kind: str, artefact: str, *, stub: bool) -> dict[str, Any]:
    codes = next((c for c in flow.lists.values() if c.id == artefact), None) if kind == "codelist" else None
    names = {
        FLOW: flow.name, DEFINITION: ("轻工业运行数据", "Light industry"), CONCEPTS: ("概念", "Concepts"),
    }.get(artefact) or (codes.name if codes else ("", ""))  # fmt: skip
    told: dict[str, Any] = {
        "id": artefact, "agencyID": flow.agency, "version": flow.version, "isExternalReference": False, **named(names),
        "links": [{"rel": "self", "urn": flow.urn(kind, artefact)}],
    }  # fmt: skip
    if stub:
        return told
    if kind == "dataflow":
        told["structure"] = flow.urn("datastructure", DEFINITION)
    elif kind == "datastructure":
        told["dataStructureComponents"] = _components(flow)
    elif codes is not None:
        told["codes"] = [_item(flow, kind, artefact, code, names) for code, names in codes.items.items()]
    else:
        concepts = (*DIMENSIONS, TIME, VALUE, *ATTRIBUTES)
        told["concepts"] = [_item(flow, kind, artefact, one, (zh, en)) for one, zh, en in concepts]
    return told


def _item(flow: Flow, kind: str, artefact: str, item: str, names: Names) -> dict[str, Any]:
    return {"id": item, **named(names), "links": [{"rel": "self", "urn": flow.urn(kind, artefact, item)}]}


def _components(flow: Flow) -> dict[str, Any]:
    def part(one: str, **more: Any) -> dict[str, Any]:
        return {"id": one, "conceptIdentity": flow.urn("conceptscheme", CONCEPTS, one), **more}

    def text(kind: str) -> dict[str, Any]:
        return {"localRepresentation": {"format": {"dataType": kind}}}

    dimensions = [
        part(one, position=at, localRepresentation={"enumeration": flow.urn("codelist", flow.lists[one].id)})
        for at, (one, *_) in enumerate(DIMENSIONS)
    ]
    relation: dict[str, Any] = {"attributeRelationship": {"observation": {}}}
    return {
        "dimensionList": {
            "id": "DimensionDescriptor", "dimensions": dimensions,
            "timeDimension": part(TIME[0], **text("ObservationalTimePeriod")),
        },
        "attributeList": {
            "id": "AttributeDescriptor",
            "attributes": [part(one, usage="optional", **relation, **text("String")) for one, *_ in ATTRIBUTES],
        },
        "measureList": {
            "id": "MeasureDescriptor", "measures": [part(VALUE[0], usage="mandatory", **text("Double"))],
        },
    }  # fmt: skip
