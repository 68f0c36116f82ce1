"""The SDMX files of real releases: valid by the official schemas, every figure and code of the release in them."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pysdmx.io
import pytest
from lxml import etree

from qinggong import flow

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import sdmx_schema

sdmx = pytest.importorskip("sdmx", reason="extra sdmx")
MEDIA = {"structure.xml": "structure+xml", "data.xml": "data+xml", "data.csv": "data+csv"}


def messages(done: flow.Released) -> dict[str, bytes]:
    return {name: (done.folder / "data" / "sdmx" / name).read_bytes() for name in MEDIA}


@pytest.mark.parametrize("code", ["2022-10", "2022-12", "2024-02", "2024-08"])
def test_real_releases_are_valid(code: str, released: dict[str, flow.Released], tmp_path: Path) -> None:
    made = messages(released[code])
    schema = sdmx_schema.of_structure(made["structure.xml"], made["data.xml"], tmp_path)
    for name in ("structure.xml", "data.xml"):
        assert schema.validate(etree.fromstring(made[name])), f"{name}: {list(schema.error_log)[:3]}"
    package = json.loads((released[code].folder / "data" / "datapackage.json").read_bytes())
    kinds = {resource["path"]: resource["mediatype"] for resource in package["resources"]}
    assert {name: kinds[f"sdmx/{name}"] for name in MEDIA} == {n: f"application/vnd.sdmx.{k}" for n, k in MEDIA.items()}


def test_two_libraries_read_every_figure_of_a_real_release(released: dict[str, flow.Released]) -> None:
    made = messages(released["2022-12"])
    text = (released["2022-12"].folder / "data" / "observations.csv").read_text(encoding="utf-8-sig")
    expected = sorted((float(r["value"]), r["indicator"], r["measure"], r["span"], r["citation"], r["url"],
    r["printed"])
    for r in csv.DictReader(io.StringIO(text, newline="")))  # fmt: skip
    assert len(expected) > 100
    structure = sdmx.read_sdmx(io.BytesIO(made["structure.xml"]))
    definition: Any = structure.structure["DSD_QINGGONG"]
    (data,) = sdmx.read_sdmx(io.BytesIO(made["data.xml"]), structure=definition).data

    def text_of(observation: Any, name: str) -> str:
        found = observation.attached_attribute.get(name)
        return str(found.value) if found else ""

    names = ("INDICATOR", "MEASURE", "SPAN")
    read = [
        (float(o.value), *(o.key[n].value for n in names), *(text_of(o, n) for n in ("CITATION", "URL", "PRINTED")))
        for o in data.obs
    ]
    assert sorted(read) == expected
    (theirs,) = pysdmx.io.read_sdmx(io.BytesIO(made["data.xml"]), validate=True).data or ()
    table = theirs.data.astype(object).where(theirs.data.notna(), "")  # type: ignore[attr-defined]
    found = [
        (float(r["OBS_VALUE"]), *(r[n] for n in (*names, "CITATION", "URL", "PRINTED")))
        for r in table.to_dict("records")
    ]
    assert sorted(found) == expected
    codes = {one.id: {c.id for c in one} for one in structure.codelist.values()}
    for one in definition.dimensions.components[: len(data.obs[0].key.values) - 1]:
        assert {o.key[one.id].value for o in data.obs} <= codes[one.local_representation.enumerated.id]
