"""The shape of release text: what it claims, its rows, and that hostile files end in an answer. Made-up figures."""

from __future__ import annotations

import datetime as dt
import io
import random
import time
from pathlib import PurePath

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue import load_catalogue
from qinggong.sources.base import Parsed, UnreadableFile
from qinggong.sources.release_text import FIELDS, SHAPE, TRAPS, parse_release
from qinggong.sources.table import SHAPE as TABLE
from qinggong.validate.rules import check_rows

PAGE = """<html><head><title>2024年1—8月份轻工业经济运行</title></head><body><h1>2024年1—8月份轻工业经济运行</h1>
<p>2024-10-08 09:30</p><p>来源：中国轻工业联合会</p>
<p>1—8月份，轻工业增加值同比增长4.6%，增速比1—7月份加快0.1个百分点。实现利润9001.5亿元，同比增长7.4%，占全国工业的19.5%。</p>
<p>8月份，在41个大类行业中有36个行业增加值保持同比增长，家用电冰箱产量比上月增长2.1%，二季度轻工业增加值同比增长5.1%。</p>
<table><tr><td>行业</td><td>利润总额（亿元）</td><td>同比增长（％）</td></tr>
<tr><td>家具制造业</td><td>200.5</td><td>-1.1</td></tr><tr><td>民营企业</td><td>100.5</td><td>…</td></tr></table>
</body></html>"""
TEXT = "2024年1—8月份轻工业经济运行\n来源：中国轻工业联合会\n1—8月份，轻工业增加值同比增长4.6%，营业收入降幅收窄0.3个百分点。\n"


def docx_bytes() -> bytes:
    made = docx.Document()
    for line in TEXT.splitlines():
        made.add_paragraph(line)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


FIXTURES = {"a.html": PAGE.encode(), "b.txt": TEXT.encode("gb18030"), "c.md": TEXT.encode(), "d.docx": docx_bytes()}


def claims(name: str, content: bytes) -> bool:
    return SHAPE.recognises(PurePath(name), content[:65536])


@pytest.mark.parametrize("name", FIXTURES)
def test_releases_are_claimed(name: str) -> None:
    assert claims(name, FIXTURES[name])


CUSTOMS = (
    "<html><body><h1>（2）2024年8月出口主要商品量值表（美元值）</h1><p>注：本表按美元计价，出口额为当月累计数，以后月份可能调整。</p>"
    "<table><tr><td>家具及其零件</td><td>1.5</td></tr></table></body></html>"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", TEXT.encode()),
        ("a.json", TEXT.encode()),
        ("a.xlsx", b"PK\x03\x04xl/workbook.xml"),
        (
            "a.txt",
            "时期,行业,指标,度量,数值,单位,发布机构\n2024-08,轻工业,增加值,yoy,4.6,%,中轻联\n注：轻工业增加值同比增长较快，请核对后再用。\n".encode(),
        ),
        ("a.txt", "会议通知：请各部门于明日上午九时到会议室开会，讨论明年的安排和预算。".encode()),
        ("a.html", CUSTOMS.encode()),
        ("a.html", b"<html><body><table><tr><td>Exports</td><td>1</td></tr></table></body></html>"),
        ("a.pdf", TEXT.encode()),
        ("a.docx", b"not a zip"),
        ("a.txt", b"PK\x03\x04"),
        ("a.txt", b""),
    ],
)
def test_other_shapes_are_not_claimed(name: str, content: bytes) -> None:
    assert not claims(name, content)


def test_a_long_table_as_text_stays_with_its_own_shape() -> None:
    content = "时期\t行业\t指标\t度量\t数值\t单位\t发布机构\n".encode()
    assert TABLE.recognises(PurePath("a.txt"), content)
    assert not claims("a.txt", content)


def test_rows_and_what_is_left_out() -> None:
    parsed = SHAPE.parse(PurePath("a.html"), FIXTURES["a.html"])
    assert [(r.period, r.subject, r.indicator, r.measure, r.value, r.unit) for r in parsed.rows] == [
        ("2024-01/2024-08", "轻工业", "增加值", "yoy", "4.6", "%"),
        ("2024-01/2024-08", "轻工业", "利润总额", "level", "9001.5", "亿元"),
        ("2024-01/2024-08", "轻工业", "利润总额", "yoy", "7.4", "%"),
        ("2024-01/2024-08", "家具制造业", "利润总额", "level", "200.5", "亿元"),
        ("2024-01/2024-08", "家具制造业", "利润总额", "yoy", "-1.1", "%"),
    ]
    first = parsed.rows[0]
    assert (first.title, first.published, first.publisher) == (
        "2024年1—8月份轻工业经济运行",
        "2024-10-08",
        "中国轻工业联合会",
    )
    assert [r.row for r in parsed.rows] == sorted(r.row for r in parsed.rows)
    whys = {u.why for u in parsed.unmapped}
    assert {"占比或份额", "不是单月，也不是自1月起的累计", "目录中没有“民营企业”"} <= whys
    assert sum(u.figures for u in parsed.unmapped) == 4
    assert parsed.blank_rows == 1
    assert "5个数字可入库，增速变化1个，计数2个，未能认定4个" in parsed.recognised


def test_rows_pass_the_checks() -> None:
    parsed = SHAPE.parse(PurePath("a.html"), FIXTURES["a.html"])
    received = dt.datetime(2024, 10, 9, tzinfo=dt.UTC)
    report = check_rows(parsed.rows, file="a.html", catalogue=load_catalogue(), received=received, stored={})
    assert not report.findings
    assert len(report.accepted) == len(parsed.rows)


def test_a_release_without_its_body_is_refused_until_it_is_named() -> None:
    content = TEXT.replace("来源：中国轻工业联合会\n", "").encode()
    parsed = SHAPE.parse(PurePath("a.txt"), content)
    assert parsed.rows and not any(r.publisher for r in parsed.rows)
    assert parsed.recognised.endswith("文中没有写明发布机构")
    received = dt.datetime(2024, 10, 9, tzinfo=dt.UTC)
    report = check_rows(parsed.rows, file="a.txt", catalogue=load_catalogue(), received=received, stored={})
    assert {f.rule for f in report.findings} == {"unknown-publisher"}
    named = parse_release(PurePath("a.txt"), content, publisher="工信部")
    assert {(r.publisher, r.subject) for r in named.rows} == {("工信部", "轻工业(工信部口径)")}


def test_described() -> None:
    assert FIELDS and TRAPS
    assert not any(t.endswith("。") for t in TRAPS)


# -------------------------------------------------------------------------------------------------- hostile files


def answered(name: str, content: bytes) -> None:
    """Only rows or a refusal come out, soon."""
    started = time.process_time()
    SHAPE.recognises(PurePath(name), content[:65536])
    try:
        assert isinstance(SHAPE.parse(PurePath(name), content), Parsed)
    except UnreadableFile as error:
        assert str(error)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("name", FIXTURES)
def test_damaged_files(name: str) -> None:
    rng = random.Random(name)
    original = FIXTURES[name]
    for _ in range(60):
        content = bytearray(original)
        for _ in range(rng.randint(1, 12)):
            at = rng.randrange(len(content))
            match rng.randrange(4):
                case 0:
                    content[at] = rng.randrange(256)
                case 1:
                    del content[at : at + rng.randint(1, 40)]
                case 2:
                    content[at:at] = bytes(rng.randrange(256) for _ in range(8))
                case _:
                    content[at:at] = content[max(0, at - 50) : at]
            if not content:
                break
        answered(name, bytes(content))


WORDS = st.sampled_from(
    [
        "1—8月份",
        "8月份",
        "2024年",
        "，",
        "。",
        "；",
        "、",
        "（",
        "）",
        "轻工业",
        "家具制造业",
        "利润总额",
        "营业收入",
        "增加值",
        "同比",
        "环比",
        "增长",
        "下降",
        "收窄",
        "分别",
        "和",
        "其中",
        "降幅",
        "增速",
        "比",
        "1—7月份",
        "两年平均",
        "占",
        "3.1%",
        "2.9%",
        "0.3个百分点",
        "1.05倍",
        "1234.5亿元",
        "8月末",
        "持平",
        "由盈转亏",
        "为",
        "达",
        "约",
        "左右",
        "以上",
        "36个行业",
        "全国",
        "民营",
        "-",
    ]
)


@given(st.lists(WORDS, max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_order_of_words_is_read(words: list[str]) -> None:
    text = "2024年1—8月份情况\n" + "".join(words)
    parsed = SHAPE.parse(PurePath("a.txt"), text.encode())
    assert all(row.value and row.period and row.unit for row in parsed.rows)


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read(text: str) -> None:
    for name in ("a.txt", "a.html"):
        answered(name, text.encode("utf-8", "ignore"))


@pytest.mark.parametrize(
    "text",
    [
        "1" * 300_000,
        "1亿元，" * 60_000,
        "利润" * 150_000 + "1%。",
        "a" * 400_000,
        "(" * 200_000 + "1%",
        "1-" * 150_000,
        "1—8月份，" * 50_000,
        "3.1%、" * 60_000,
        "| 1 " * 12_000 + "|\n" + "| 1 " * 12_000 + "|",
        "分别增长" + "1%和" * 60_000,
        "1 " * 200_000,
    ],
    ids=lambda text: text[:8],
)
def test_huge_lines_end_in_time(text: str) -> None:
    answered("a.txt", text.encode())
    answered("a.html", text.encode())
