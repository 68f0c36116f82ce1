"""Recorded exchanges with the data service: several answers, failures, packed bodies, hostile YAML (合成)."""

from __future__ import annotations

import gzip
import json
from pathlib import PurePath

import pytest
import yaml

from qinggong.sources import SHAPES, UnreadableFile
from qinggong.sources.nbs_recorded import FIELDS, SHAPE, TRAPS

FILE = PurePath("合成.yaml")


def answer(
    figures: dict[str, str], name: str = "啤酒产量_当期值", code: str = "A02090A01", unit: str = "万千升"
) -> str:
    nodes = [
        {
            "code": f"zb.{code}_sj.{month}",
            "data": {"data": 0, "hasdata": bool(text), "strdata": text},
            "wds": [{"wdcode": "zb", "valuecode": code}, {"wdcode": "sj", "valuecode": month}],
        }
        for month, text in figures.items()
    ]
    names = [{"wdcode": "zb", "nodes": [{"code": code, "cname": name, "name": name, "unit": unit}]}]
    return json.dumps({"returncode": 200, "returndata": {"datanodes": nodes, "wdnodes": names}}, ensure_ascii=False)


def cassette(*bodies: str | bytes) -> bytes:
    exchanges = [
        {
            "request": {"body": "m=QueryData", "uri": "https://data.stats.gov.cn/easyquery.htm",
            "headers": {"Host": ["x"]}},
            "response": {"body": {"string": body}, "headers": {"a": ["1"]}, "status": {"code": 200}},
        }
        for body in bodies
    ]  # fmt: skip
    return yaml.safe_dump({"interactions": exchanges, "version": 1}, allow_unicode=True).encode()


FAILED = json.dumps({"returncode": 501, "returndata": "对不起，未能找到符合查询条件的信息。"}, ensure_ascii=False)
TREE = json.dumps([{"id": "A01", "name": "价格指数", "isParent": True}], ensure_ascii=False)


def test_all_answers_are_read_and_numbered_through() -> None:
    content = cassette(TREE, answer({"202403": "", "202404": "12.3"}), FAILED, answer({"202405": "13.5"}))
    assert next(s for s in SHAPES if s.recognises(FILE, content[:65536])) is SHAPE
    read = SHAPE.parse(FILE, content)
    assert [(r.row, r.period, r.subject, r.value) for r in read.rows] == [
        (2, "2024-04", "啤酒", "12.3"), (3, "2024-05", "啤酒", "13.5"),
    ]  # fmt: skip
    assert read.blank_rows == 1
    assert [(u.series, u.figures) for u in read.unmapped] == [("第3次应答", 1)] and "501" in read.unmapped[0].why
    assert read.recognised.startswith("国家数据查询录制（4次应答，其中1次是目录，没有数字）：")


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress], ids=["plain", "gzip"])
def test_packed_bodies(pack: object) -> None:
    body = answer({"202404": "12.3"}).encode()
    packed = pack(body)  # type: ignore[operator]
    assert [r.value for r in SHAPE.parse(FILE, cassette(packed)).rows] == ["12.3"]


def test_a_recording_in_json_is_yaml_too() -> None:
    content = json.dumps(yaml.safe_load(cassette(answer({"202404": "12.3"})))).encode()
    path = PurePath("合成.json")
    assert next(s for s in SHAPES if s.recognises(path, content[:65536])) is SHAPE
    assert len(SHAPE.parse(path, content).rows) == 1


def test_a_recording_of_lists_holds_no_figures() -> None:
    read = SHAPE.parse(FILE, cassette(TREE, TREE))
    assert (read.rows, read.unmapped) == ((), ()) and "2次是目录" in read.recognised


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (cassette(FAILED), "501"),
        (cassette(FAILED, TREE), "501"),
        (cassette(), "没有应答"),
        (cassette("{"), "JSON"),
        (cassette(answer({"202404": "1"}))[:-40] + b"\n  - ]", "不合 YAML"),
        (b"interactions:\n- &a {returndata: 1}\n- *a", "引用"),
        (b"interactions:\n" + b"- " * 60 + b"returndata", "嵌套过深"),
        (b"interactions: " + b"[" * 50_000 + b"returndata", "嵌套过深"),
        (b"interactions:\n- \xff\xfe returndata", "YAML|UTF-8"),
        (cassette("x").replace(b"string: x", b"string: !!binary 'H4sI'"), "已损坏|JSON"),
        (cassette("x").replace(b"string: x", b"string: !!binary '%'"), "已损坏|JSON"),
    ],
)
def test_what_is_no_recording_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableFile, match=why):
        SHAPE.parse(FILE, content)


def test_no_type_is_made_of_a_tag() -> None:
    hostile = cassette("x").replace(b"string: x", b"string: !!python/object/apply:os.getcwd []")
    with pytest.raises(UnreadableFile):
        SHAPE.parse(FILE, hostile)


def test_other_yaml_is_not_claimed() -> None:
    for text in ("id: own\nentries: []\n", "interactions:\n- request: {uri: https://example.invalid}\n"):
        assert not SHAPE.recognises(FILE, text.encode())


def test_fields_and_traps_are_documented() -> None:
    assert FIELDS and TRAPS and all(t.endswith("。") for t in TRAPS)
