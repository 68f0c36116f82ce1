"""SDMX files: what we write as SDMX-ML 3.0 is read back by a library that has another reader, and by plain XML rules.

SDMX-CSV 2.0 is written by the library and read by the csv module.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from qinggong.catalogue import load_catalogue

sdmx = pytest.importorskip("sdmx", reason="extra sdmx")
from qinggong.publish import sdmx as ours  # noqa: E402

BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
SPACES = {"mes": f"{BASE}/message", "str": f"{BASE}/structure", "com": f"{BASE}/common"}


def row(subject: str, period: str, span: str, value: float, **more: str) -> dict[str, Any]:
    return {
        "subject_kind": "industry", "subject": subject, "scope": "nbs", "region": "CN", "indicator": "profit",
        "measure": "level", "basis": "published", "span": span, "unit": "亿元", "period": period, "value": value,
        "printed": repr(value), "printed_unit": "亿元", "publisher": "国家统计局", "published_at": "2024-09-27",
        "published_at_basis": "stated", "citation": '1—8月利润 "规上", 一', "url": "", **more,
    }  # fmt: skip


ROWS = [
    row("13", "2024-01/2024-08", "ytd", 1.5),
    row("13", "2024-08", "month", -0.25, published_at=""),
    row("13", "2024-04/2024-06", "quarter", 2.0),
    row("13", "2024-07/2024-12", "half", 3.0, citation="有\x07控制字符 <b>&"),
    row("14", "2024-01/2024-07", "ytd", 1e-7, scope="cba", unit="怪单位"),
    row("14", "2024-01/2024-08", "ytd", 38726.0, scope="miit.ex_food", region="11"),
]


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return ours.messages(
        ROWS, load_catalogue(), agency="QG.TEST", name="名 & 称", month="2024-08", edition=2, released="2024-09-28"
    )  # fmt: skip


@pytest.fixture(scope="module")
def structure(made: dict[str, bytes]) -> Any:
    return sdmx.read_sdmx(io.BytesIO(made["structure.xml"]))


def test_the_structure_is_read_back_whole(structure: Any) -> None:
    definition = structure.structure["DSD_QINGGONG"]
    assert [d.id for d in definition.dimensions.components] == [n for n, *_ in ours.DIMENSIONS] + ["TIME_PERIOD"]
    assert [a.id for a in definition.attributes.components] == [n for n, *_ in ours.ATTRIBUTES]
    assert [m.id for m in definition.measures.components] == ["OBS_VALUE"]
    assert (definition.version, definition.maintainer.id) == ("2024.8.1", "QG.TEST")
    assert structure.dataflow["DF_QINGGONG"].structure.id == "DSD_QINGGONG"
    catalogue = load_catalogue()
    codes = structure.codelist["CL_INDUSTRY"]
    assert str(codes["INDUSTRY_13"].name.localizations["zh"]) == catalogue.known_subjects["industry:13@nbs"].name
    assert len(codes) >= len(catalogue.industries)
    assert set(structure.codelist["CL_INDICATOR"].items) >= set(catalogue.indicators)
    assert set(structure.codelist["CL_AREA"].items) >= set(catalogue.regions)
    for dimension, *_ in ours.DIMENSIONS:
        concept = definition.dimensions.get(dimension).concept_identity
        assert concept.id == dimension


def test_the_data_are_read_back_with_every_value(made: dict[str, bytes], structure: Any) -> None:
    message = sdmx.read_sdmx(io.BytesIO(made["data.xml"]), structure=structure.structure["DSD_QINGGONG"])
    (data,) = message.data
    found = {tuple(v.value for v in o.key.values.values()): o for o in data.obs}
    assert len(found) == len(ROWS)
    values = sorted(float(o.value) for o in data.obs)
    assert values == sorted(r["value"] for r in ROWS)
    times = {o.key["TIME_PERIOD"].value for o in data.obs}
    assert times == {"2024-07", "2024-08", "2024-Q2", "2024-S2"}
    definition = structure.structure["DSD_QINGGONG"]
    for observation in data.obs:
        for dimension, *_ in ours.DIMENSIONS:
            codes = definition.dimensions.get(dimension).local_representation.enumerated
            assert observation.key[dimension].value in structure.codelist[codes.id].items
    half = next(o for o in data.obs if o.key["TIME_PERIOD"].value == "2024-S2")
    assert half.attached_attribute["CITATION"].value == "有控制字符 <b>&"


def test_both_data_files_say_the_same(made: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(made["data.csv"].decode("utf-8"), newline="")))
    assert len(rows) == len(ROWS)
    assert {(r["STRUCTURE"], r["STRUCTURE_ID"], r["ACTION"]) for r in rows} == {
        ("dataflow", "QG.TEST:DF_QINGGONG(2024.8.1)", "I")
    }
    names = [n for n, *_ in ours.DIMENSIONS]
    attributes = [n for n, *_ in ours.ATTRIBUTES]
    in_xml = [
        (
            *(series.get(n) for n in names), o.get("TIME_PERIOD"), float(str(o.get("OBS_VALUE"))),
            *(o.get(n) or "" for n in attributes),
        )
        for series in ET.fromstring(made["data.xml"]).iter("Series")
        for o in series.iter("Obs")
    ]  # fmt: skip
    in_csv = [
        (*(r[n] for n in names), r["TIME_PERIOD"], float(r["OBS_VALUE"]), *(r[n] for n in attributes)) for r in rows
    ]  # fmt: skip
    assert sorted(in_xml) == sorted(in_csv)


def test_the_messages_keep_to_the_rules_of_the_standard(made: dict[str, bytes]) -> None:
    """SDMX 3.0: identifiers, order of the components, references that resolve, one series a key, one header."""
    root = ET.fromstring(made["structure.xml"])
    assert root.tag == f"{{{BASE}/message}}Structure"
    kinds = [child.tag.rpartition("}")[2] for child in root.find("mes:Structures", SPACES)]  # type: ignore[union-attr]
    assert kinds == ["Codelists", "ConceptSchemes", "Dataflows", "DataStructures"]
    (components,) = root.iter(f"{{{BASE}/structure}}DataStructureComponents")
    assert [c.tag.rpartition("}")[2] for c in components] == ["DimensionList", "AttributeList", "MeasureList"]
    urns = {e.get("urn") for e in root.iter() if e.get("urn")}
    for reference in ("ConceptIdentity", "Enumeration", "Structure"):
        for element in root.iter(f"{{{BASE}/structure}}{reference}"):
            assert element.text in urns, element.text
    for element in root.iter():
        if (name := element.get("id")) and element.tag.rpartition("}")[2] in ("Code", "Concept"):
            assert re.fullmatch(r"[A-Za-z0-9_@$-]+", name)
    data = ET.fromstring(made["data.xml"])
    assert data.tag == f"{{{BASE}/message}}StructureSpecificData"
    keys = [tuple(sorted(s.attrib.items())) for s in data.iter("Series")]
    assert len(keys) == len(set(keys))
    for series in data.iter("Series"):
        times = [o.get("TIME_PERIOD") for o in series.iter("Obs")]
        assert len(times) == len(set(times))
    used = data.find("mes:Header/mes:Structure", SPACES)
    assert used is not None and used.get("dimensionAtObservation") == "TIME_PERIOD"
    assert used.findtext("com:StructureUsage", namespaces=SPACES) in urns
    for one in (root, data):
        assert one.findtext("mes:Header/mes:Prepared", namespaces=SPACES) == "2024-09-28T00:00:00+08:00"


def test_the_bytes_are_the_same_again(made: dict[str, bytes]) -> None:
    again = ours.messages(
        ROWS, load_catalogue(), agency="QG.TEST", name="名 & 称", month="2024-08", edition=2, released="2024-09-28"
    )  # fmt: skip
    assert again == made


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
        if re.search(r"(?:^import sdmx\b|^from sdmx\b|import_module\(\"sdmx)", p.read_text(encoding="utf-8"), re.M)
    }
    assert naming == {"publish/sdmx.py", "sources/sdmx.py"}
