"""UN Comtrade responses: synthetic records in the shape of interface version 1."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

import pytest

from qinggong.sources.base import Parsed, UnreadableFile
from qinggong.sources.comtrade import SHAPE

RECORD: dict[str, Any] = {
    "typeCode": "C", "freqCode": "M", "period": "202408", "reporterCode": 156, "reporterDesc": "China", "flowCode": "X",
    "flowDesc": "Export", "partnerCode": 842, "partner2Code": 0, "classificationCode": "H6", "cmdCode": "950300",
    "customsCode": "C00", "mosCode": "0", "motCode": 0, "qtyUnitCode": 8, "qtyUnitAbbr": "kg", "qty": 1500.5,
    "primaryValue": 123456.0,
}  # fmt: skip


def response(*records: dict[str, Any], error: str = "") -> bytes:
    changed = [RECORD | r for r in records]
    return json.dumps({"elapsedTime": "0.1 secs", "count": len(changed), "data": changed, "error": error}).encode()


def parse(content: bytes) -> Parsed:
    return SHAPE.parse(PurePath("comtrade.json"), content)


def test_values_and_quantities_of_china() -> None:
    parsed = parse(
        response({}, {"freqCode": "A", "period": "2023", "flowCode": "M", "cmdCode": "TOTAL", "partnerCode": 0})
    )
    assert [(r.row, r.subject, r.indicator, r.period, r.value, r.unit) for r in parsed.rows] == [
        (1, "trade:hs.950300.p842@comtrade", "exports_usd", "2024-08", "123456", "美元"),
        (1, "trade:hs.950300.p842@comtrade", "export_quantity", "2024-08", "1500.5", "千克"),
        (2, "trade:hs.total@comtrade", "imports_usd", "2023-01/2023-12", "123456", "美元"),
        (2, "trade:hs.total@comtrade", "import_quantity", "2023-01/2023-12", "1500.5", "千克"),
    ]
    assert parsed.rows[0].title == "UN Comtrade：出口，HS 2022"


def test_missing_is_counted_and_zero_quantity_is_missing() -> None:
    parsed = parse(response({"primaryValue": None, "qty": None}, {"qty": 0, "primaryValue": 0}))
    assert [(r.row, r.value) for r in parsed.rows] == [(2, "0")]
    assert parsed.blank_rows == 3


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reporterCode": 842, "reporterDesc": "USA"}, "不是中国的报告"),
        ({"flowCode": "RX"}, "不是出口或进口"),
        ({"classificationCode": "S4"}, "不是 HS 分类"),
        ({"typeCode": "S"}, "不是商品贸易"),
        ({"motCode": 2100}, "再细分"),
        ({"partner2Code": 344}, "再细分"),
    ],
)
def test_other_records_are_listed_once(change: dict[str, Any], why: str) -> None:
    parsed = parse(response(change, change))
    assert parsed.rows == ()
    assert [(u.figures, why in u.why) for u in parsed.unmapped] == [(2, True)]


def test_an_unknown_quantity_unit_leaves_only_the_quantity_out() -> None:
    parsed = parse(response({"qtyUnitCode": 99, "qtyUnitAbbr": "carat"}))
    assert [r.indicator for r in parsed.rows] == ["exports_usd"]
    assert [u.series for u in parsed.unmapped] == ["出口数量（carat）"]


def test_bad_records_are_defects() -> None:
    parsed = parse(response({"period": "202413"}, {"cmdCode": "AG2"}, {"primaryValue": "much"}, {"primaryValue": -1}))
    assert [d.row for d in parsed.defects] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (response(error="limit exceeded"), "limit exceeded"),
        (response({"fileUrl": "x"}), "目录"),
        (b'{"elapsedTime": "", "count": 1, "data": {}}', "data"),
        (b'{"elapsedTime": ', "JSON"),
        (b"[" * 100_000, "嵌套"),
        (b"[]", "对象"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_errors_of_the_whole_file(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        parse(content)


def test_an_empty_answer_is_no_error() -> None:
    assert parse(response()).recognised.endswith("没有数据")


def test_recognised() -> None:
    assert SHAPE.recognises(PurePath("a.json"), response({}))
    assert not SHAPE.recognises(PurePath("a.json"), b'{"_meta": {}, "data": [], "count": 1}')
    assert not SHAPE.recognises(PurePath("a.csv"), b'"elapsedTime","count","data"')


def test_a_record_without_its_codes_is_a_defect_or_left_out() -> None:
    for missing in RECORD:
        record = {k: v for k, v in RECORD.items() if k != missing}
        parsed = parse(json.dumps({"elapsedTime": "", "count": 1, "data": [record]}).encode())
        assert len(parsed.rows) + len(parsed.defects) + len(parsed.unmapped) >= 1
