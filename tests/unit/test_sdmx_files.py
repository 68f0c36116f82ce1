"""SDMX files: valid by the official schemas, and read back whole by two libraries that share no code with the
writer."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pysdmx.io
import pytest
import sdmx_schema
from lxml import etree

from qinggong.catalogue import load_catalogue

sdmx = pytest.importorskip("sdmx", reason="extra sdmx")
from qinggong.publish import sdmx as ours  # noqa: E402
from qinggong.publish.sdmx_codes import code_lists  # noqa: E402
from qinggong.publish.sdmx_data import Row, csv_message  # noqa: E402
from qinggong.publish.sdmx_structure import Flow  # noqa: E402

BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
SPACES = {"mes": f"{BASE}/message", "str": f"{BASE}/structure", "com": f"{BASE}/common"}
NAMES, TEXTS = [n for n, *_ in ours.DIMENSIONS], [n for n, *_ in ours.ATTRIBUTES]


def row(subject: str, period: str, span: str, value: float, **more: str) -> dict[str, Any]:
    return {
        "subject_kind": "industry", "subject": subject, "scope": "nbs", "region": "CN", "indicator": "profit",
        "measure": "level", "basis": "published", "span": span, "unit": "亿元", "period": period, "value": value,
        "printed": repr(value), "printed_unit": "亿元", "publisher": "国家统计局", "published_at": "2024-09-27",
        "published_at_basis": "stated", "citation": "1—8月　利润 \"规上\", '一'\\二", "url": "", **more,
    }  # fmt: skip


ROWS = [
    row("13", "2024-01/2024-08", "ytd", 1.5),
    row("13", "2024-08", "month", -0.25, published_at=""),
    row("13", "2024-04/2024-06", "quarter", 2.0),
    row("13", "2024-07/2024-12", "half", 3.0, citation="有\x07控制字符 <b>&"),
    row("14", "2024-01/2024-07", "ytd", 1e-7, scope="cba", unit="怪单位"),
    row("14", "2024-01/2024-08", "ytd", 38726.0, scope="miit.ex_food", region="11"),
]


PROFIT = ("M", "CN", "INDUSTRY_13", "nbs", "profit", "level", "published", "ytd", "100_MILLION_YUAN")
CITED = "1—8月 利润 \"规上\", '一'\\二"
TOLD = ("2024-09-27", "stated", CITED, "")
EXPECTED = sorted(
    [
        (*PROFIT, "2024-08", 1.5, "1.5", "亿元", "国家统计局", *TOLD),
        (*PROFIT[:7], "month", PROFIT[8], "2024-08", -0.25, "-0.25", "亿元", "国家统计局", "", "stated", CITED, ""),
        ("Q", *PROFIT[1:7], "quarter", PROFIT[8], "2024-Q2", 2.0, "2.0", "亿元", "国家统计局", *TOLD),
        ("S", *PROFIT[1:7], "half", PROFIT[8], "2024-S2", 3.0, "3.0", "亿元", "国家统计局", "2024-09-27", "stated",
        "有控制字符 <b>&", ""),
        ("M", "CN", "INDUSTRY_14", "cba", *PROFIT[4:8], "XE680AAE58D95E4BD8D", "2024-07", 1e-7, "1e-07", "亿元",
        "国家统计局", *TOLD),
        ("M", "11", "INDUSTRY_14", "miit_ex_food", *PROFIT[4:], "2024-08", 38726.0, "38726.0", "亿元", "国家统计局", *TOLD),
    ]
)  # fmt: skip
"""Key, time, value and attributes of each row."""
RELEASE: Mapping[str, Any] = {"name": "名 & 称", "month": "2024-08", "edition": 2, "released": "2024-09-28"}


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return ours.messages(ROWS, load_catalogue(), agency="QG.TEST", **RELEASE)


@pytest.fixture(scope="module")
def structure(made: dict[str, bytes]) -> Any:
    return sdmx.read_sdmx(io.BytesIO(made["structure.xml"]))


# ------------------------------------------------------------------------------------------ official schemas


def errors(made: Mapping[str, bytes], folder: Path) -> list[str]:
    """What the schemas of SDMX-ML 3.0, and those that the structure prescribes for its data, say of both messages."""
    schema = sdmx_schema.of_structure(made["structure.xml"], made["data.xml"], folder)
    found = []
    for name in ("structure.xml", "data.xml"):
        schema.validate(etree.fromstring(made[name]))
        found += [f"{name} {error.line}: {error.message}" for error in schema.error_log]
    return found


@pytest.mark.parametrize("rows", [ROWS, []])
def test_both_messages_are_valid_by_the_official_schemas(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    made = ours.messages(rows, load_catalogue(), agency="QG.TEST", test=True, **RELEASE)
    assert errors(made, tmp_path) == []
    for name in ("structure.xml", "data.xml"):
        header = ET.fromstring(made[name]).find("mes:Header", SPACES)
        assert header is not None
        told = [header.findtext(f"mes:{one}", namespaces=SPACES) for one in ("ID", "Test", "Prepared")]
        assert told == ["QG202408E2", "true", "2024-09-28T00:00:00+08:00"]


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("data.xml", ' SUBJECT="INDUSTRY_13"', ' SUBJECT="INDUSTRY_00"'), ("data.xml", ' FREQ="M"', ""),
        ("data.xml", 'OBS_VALUE="1.5"', 'OBS_VALUE="约1.5"'), ("data.xml", "2024-Q2", "2024-Q5"),
        ("data.xml", " PRINTED=", " NOTE="), ("data.xml", ' OBS_VALUE="2.0"', ""),
        ("data.xml", 'Sender id="QG_TEST"', 'Sender id="QG.TEST"'),
        ("structure.xml", ' isMultiLingual="false"', ""), ("structure.xml", 'usage="mandatory"', 'usage="always"'),
        ("structure.xml", "Concept=QG.TEST:", "Concept=QG TEST:"),
    ],
)  # fmt: skip
def test_the_schemas_find_what_is_wrong(
    made: dict[str, bytes], file: str, right: str, wrong: str, tmp_path: Path
) -> None:
    assert right.encode() in made[file]
    assert errors({**made, file: made[file].replace(right.encode(), wrong.encode())}, tmp_path)


# ---------------------------------------------------------------------------------------------- read back


def test_every_code_and_component_is_read_back(made: dict[str, bytes], structure: Any) -> None:
    catalogue = load_catalogue()
    expected = {one.id: dict(one.items) for one in code_lists(ROWS, catalogue).values()}
    concepts = {one: (zh, en) for one, zh, en in (*ours.DIMENSIONS, ours.TIME, ours.VALUE, *ours.ATTRIBUTES)}
    assert expected["CL_INDUSTRY"]["INDUSTRY_13"][0] == catalogue.known_subjects["industry:13@nbs"].name
    assert set(expected["CL_INDICATOR"]) >= set(catalogue.indicators) and set(expected["CL_AREA"]) >= set(
        catalogue.regions
    )
    assert expected["CL_UNIT"]["XE680AAE58D95E4BD8D"] == ("怪单位", "怪单位")

    def names(one: Any) -> tuple[str, str]:
        return one.name.localizations["zh"], one.name.localizations["en"]

    assert {k: {c.id: names(c) for c in v} for k, v in structure.codelist.items()} == expected
    assert {c.id: names(c) for c in structure.concept_scheme["CS_QINGGONG"]} == concepts
    definition, flow = structure.structure["DSD_QINGGONG"], structure.dataflow["DF_QINGGONG"]
    assert [d.id for d in definition.dimensions.components] == [*NAMES, "TIME_PERIOD"]
    assert [a.id for a in definition.attributes.components] == TEXTS
    assert [m.id for m in definition.measures.components] == ["OBS_VALUE"]
    assert (definition.version, definition.maintainer.id, flow.structure.id) == ("2024.8.1", "QG.TEST", "DSD_QINGGONG")
    assert names(flow) == ("名 & 称", "China light industry")
    assert all(definition.dimensions.get(n).concept_identity.id == n for n in NAMES)

    # The second library keeps the English name alone, and checks the message against the official schemas first.
    message = pysdmx.io.read_sdmx(io.BytesIO(made["structure.xml"]), validate=True)
    theirs = {one.id: one for one in message.structures or ()}
    assert {k: {c.id: c.name for c in theirs[k].items} for k in expected} == {
        k: {code: english for code, (_, english) in v.items()} for k, v in expected.items()
    }
    assert {c.id: c.name for c in theirs["CS_QINGGONG"].items} == {k: english for k, (_, english) in concepts.items()}
    components = list(theirs["DSD_QINGGONG"].components)
    assert [c.id for c in components] == [*NAMES, "TIME_PERIOD", "OBS_VALUE", *TEXTS]
    used = {c.id: {code.id for code in c.local_codes.items} for c in components[: len(NAMES)]}
    assert used == {name: set(one.items) for name, one in code_lists(ROWS, catalogue).items()}


def test_every_observation_is_read_back(made: dict[str, bytes], structure: Any) -> None:
    message = sdmx.read_sdmx(io.BytesIO(made["data.xml"]), structure=structure.structure["DSD_QINGGONG"])
    (data,) = message.data
    read = [
        (
            *(o.key[n].value for n in (*NAMES, "TIME_PERIOD")), float(o.value),
            *(o.attached_attribute[n].value if n in o.attached_attribute else "" for n in TEXTS),
        )
        for o in data.obs
    ]  # fmt: skip
    assert sorted(read) == EXPECTED
    for name, numbers in (("data.xml", ()), ("data.csv", ("PRINTED",))):  # its reader of CSV takes digits for numbers
        (theirs,) = pysdmx.io.read_sdmx(io.BytesIO(made[name]), validate=True).data or ()
        table = theirs.data.astype(object).where(theirs.data.notna(), "")  # type: ignore[attr-defined]
        found = [
            (
                *(r[n] for n in (*NAMES, "TIME_PERIOD")), float(r["OBS_VALUE"]),
                *(repr(float(r[n])) if n in numbers else r.get(n, "") for n in TEXTS),
            )
            for r in table.to_dict("records")
        ]  # fmt: skip
        expected = [(*one[:11], repr(float(one[11])), *one[12:]) for one in EXPECTED] if numbers else EXPECTED
        assert sorted(found) == expected
        assert theirs.short_urn == "Dataflow=QG.TEST:DF_QINGGONG(2024.8.1)"


def test_the_table_is_that_of_the_portal(made: dict[str, bytes]) -> None:
    """The library writes the release's SDMX-CSV, plain code that of the portal: the same rows, the same bytes."""
    lists = code_lists(ROWS, load_catalogue())
    rows = [
        Row(tuple(ours.series_key(r, lists).values()), ours.time_of(ours.parse(r["period"]), r["span"]), r["value"],
        tuple(ours.cleaned(r[n.lower()]) for n in TEXTS)) for r in ROWS
    ]  # fmt: skip
    assert csv_message(Flow("QG.TEST", "2024.8.1", ("", ""), lists), rows, history=False) == made["data.csv"]


def test_both_data_files_say_the_same(made: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(made["data.csv"].decode("utf-8"), newline="")))
    assert len(rows) == len(ROWS)
    assert {(r["STRUCTURE"], r["STRUCTURE_ID"], r["ACTION"]) for r in rows} == {
        ("dataflow", "QG.TEST:DF_QINGGONG(2024.8.1)", "I")
    }
    in_xml = [
        (
            *(series.get(n) for n in NAMES), o.get("TIME_PERIOD"), float(str(o.get("OBS_VALUE"))),
            *(o.get(n) or "" for n in TEXTS),
        )
        for series in ET.fromstring(made["data.xml"]).iter("Series")
        for o in series.iter("Obs")
    ]  # fmt: skip
    in_csv = [
        (*(r[n] for n in NAMES), r["TIME_PERIOD"], float(r["OBS_VALUE"]), *(r[n] for n in TEXTS)) for r in rows
    ]  # fmt: skip
    assert sorted(in_xml) == sorted(in_csv) == EXPECTED


def test_references_resolve_and_keys_are_unique(made: dict[str, bytes]) -> None:
    """Rules of SDMX 3.0 that no schema can hold."""
    root, data = ET.fromstring(made["structure.xml"]), ET.fromstring(made["data.xml"])
    urns = {e.get("urn") for e in root.iter() if e.get("urn")}
    references = [
        e.text
        for kind in ("ConceptIdentity", "Enumeration", "Structure")
        for e in root.iter(f"{{{BASE}/structure}}{kind}")
    ]
    used = data.find("mes:Header/mes:Structure", SPACES)
    assert used is not None and used.get("dimensionAtObservation") == "TIME_PERIOD"
    references.append(used.findtext("com:StructureUsage", namespaces=SPACES))
    assert len(references) > 2 * len(NAMES) and set(references) <= urns
    keys = [tuple(sorted(s.attrib.items())) for s in data.iter("Series")]
    assert len(keys) == len(set(keys))
    for series in data.iter("Series"):
        times = [o.get("TIME_PERIOD") for o in series.iter("Obs")]
        assert len(times) == len(set(times))


def test_the_bytes_are_the_same_again(made: dict[str, bytes]) -> None:
    assert ours.messages(ROWS, load_catalogue(), agency="QG.TEST", **RELEASE) == made


def test_a_release_without_observations_has_a_structure_and_no_data() -> None:
    made = ours.messages([], load_catalogue(), agency="QG", name="x", month="2024-08", edition=1, released="2024-09-28")
    assert list(ET.fromstring(made["data.xml"]).iter("Obs")) == []
    assert list(csv.DictReader(io.StringIO(made["data.csv"].decode()))) == []
    assert sdmx.read_sdmx(io.BytesIO(made["structure.xml"])).structure


def test_whether_the_library_is_there_is_told_without_loading_it() -> None:
    code = (
        "import sys\nfrom qinggong.publish import sdmx\nassert sdmx.available()\n"
        "assert 'sdmx' not in sys.modules and 'pandas' not in sys.modules\n"
        "sys.meta_path.insert(0, type('No', (), {'find_spec': staticmethod(lambda n, *a: (_ for _ in ()).throw("
        "ModuleNotFoundError(n)) if n == 'sdmx' else None)}))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_library_is_named_in_two_modules_only() -> None:
    package = Path(ours.__file__).parents[1]
    naming = {
        p.relative_to(package).as_posix()
        for p in package.rglob("*.py")
        if re.search(
            r"(?:^import (?:py)?sdmx\b|^from (?:py)?sdmx\b|import_module\(\"(?:py)?sdmx)",
            p.read_text(encoding="utf-8"),
            re.M,
        )
    }
    assert naming == {"publish/sdmx.py", "sources/sdmx.py"}
