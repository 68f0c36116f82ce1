"""SDMX messages: a synthetic generic data message; without the library the file says what to install."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path, PurePath

import pytest

from qinggong.sources.base import UnreadableFile
from qinggong.sources.sdmx import SHAPE, shape

needs_library = pytest.mark.skipif(
    importlib.util.find_spec("sdmx") is None, reason="附加组件 sdmx 没有安装 / the extra sdmx is not installed"
)
NS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
MAPPING = """id: own
title: 自定
source: 测试
read_at: 2026-11-21
valid_from: 2026-01-01
entries:
  - {dimensions: {AREA: CN, ITEM: TOYS}, subject: 玩具, indicator: exports_usd, unit: 百万美元, publisher: gacc}
"""


def series(item: str, *figures: tuple[str, str]) -> str:
    key = "".join(f'<g:Value id="{k}" value="{v}"/>' for k, v in (("FREQ", "M"), ("AREA", "CN"), ("ITEM", item)))
    obs = "".join(f'<g:Obs><g:ObsDimension value="{p}"/><g:ObsValue value="{v}"/></g:Obs>' for p, v in figures)
    return f"<g:Series><g:SeriesKey>{key}</g:SeriesKey>{obs}</g:Series>"


def message(*all_series: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<m:GenericData xmlns:m="{NS}/message" xmlns:c="{NS}/common" xmlns:g="{NS}/data/generic">
<m:Header><m:ID>T</m:ID><m:Test>false</m:Test><m:Prepared>2026-01-01T00:00:00</m:Prepared><m:Sender id="ORG"/>
<m:Structure structureID="S1" dimensionAtObservation="TIME_PERIOD">
<c:Structure><Ref agencyID="ORG" id="TRADE"/></c:Structure></m:Structure>
</m:Header><m:DataSet structureRef="S1">{"".join(all_series)}</m:DataSet></m:GenericData>""".encode()


GOOD = message(
    series("TOYS", ("2024-07", "1.50"), ("2024-08", "NaN"), ("2024-W30", "4")), series("SHOES", ("2024-07", "9"))
)


def own(folder: Path) -> Path:
    (folder / "sources").mkdir()
    (folder / "sources" / "sdmx.yaml").write_text(MAPPING, encoding="utf-8")
    return folder


@needs_library
def test_unmapped_series_are_listed() -> None:
    parsed = SHAPE.parse(PurePath("a.xml"), GOOD)
    assert parsed.rows == ()
    assert [(u.series, u.figures) for u in parsed.unmapped] == [("ORG/TRADE/M.CN.TOYS", 3), ("ORG/TRADE/M.CN.SHOES", 1)]
    assert parsed.recognised == "SDMX 数据：2个序列，4个数值"


@needs_library
def test_a_mapping_in_the_workspace_makes_a_series_come_in(tmp_path: Path) -> None:
    parsed = shape(overlay=own(tmp_path)).parse(PurePath("a.xml"), GOOD)
    assert [(r.row, r.period, r.subject, r.indicator, r.value, r.unit, r.publisher) for r in parsed.rows] == [
        (1, "2024-07", "玩具", "exports_usd", "1.50", "百万美元", "gacc")
    ]
    assert (parsed.blank_rows, [d.row for d in parsed.defects], len(parsed.unmapped)) == (1, [3], 1)


def test_without_the_library_the_file_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sdmx", None)
    with pytest.raises(UnreadableFile, match=r"qinggong\[sdmx\]"):
        SHAPE.parse(PurePath("a.xml"), GOOD)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + GOOD, "DOCTYPE"),
        (GOOD.decode().encode("utf-16"), "空字节"),
        (GOOD.replace(b"UTF-8", b"UTF-7"), "编码"),
        (GOOD + b" " * (64 << 20), "MiB"),
    ],
)
def test_hostile_files_do_not_reach_the_library(content: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sdmx", None)
    with pytest.raises(UnreadableFile, match=said):
        SHAPE.parse(PurePath("a.xml"), content)


@needs_library
@pytest.mark.parametrize(
    "content", [GOOD[:300], GOOD.replace(b"</m:DataSet>", b""), b"<a/>", b'{"header": 1, "dataSets": 2}', b""]
)
def test_torn_files(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        SHAPE.parse(PurePath("a.xml"), content)


def test_recognised() -> None:
    assert SHAPE.recognises(PurePath("a.xml"), GOOD)
    assert SHAPE.recognises(PurePath("a.json"), b'{"header": {}, "structure": {}}')
    assert not SHAPE.recognises(PurePath("a.xml"), b"<html></html>")
    assert not SHAPE.recognises(PurePath("a.json"), b'{"_meta": {}, "dataSets": 1}')


def test_files_of_one_version_do_not_spoil_the_reader_of_another() -> None:
    """The library derives its reader of 3.0 from the state of that of 2.1: it is loaded before anything is read."""
    import sys

    from qinggong.sources.sdmx import _library

    _library()
    assert "sdmx.reader.xml.v30" in sys.modules
