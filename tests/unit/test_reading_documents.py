"""Documents to blocks: HTML, DOCX, PDF, text; title, body and day; hostile files. All figures made up."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import sys
import zipfile
from importlib import resources
from pathlib import Path, PurePath

import docx
import pytest
import typst

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.reading import DocumentError, read_blocks, read_document
from qinggong.reading import documents as module
from qinggong.reading.lines import joined

SENTENCE = "1—8月份，家具制造业利润总额200.5亿元，同比增长1.1%。"
EXPECTED = {("profit", "level", "2024-01/2024-08", "200.5"), ("profit", "yoy", "2024-01/2024-08", "1.1")}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def bound(name: str, content: bytes, catalogue: Catalogue) -> set[tuple[str, str, str, str]]:
    document = read_document(PurePath(name), content, catalogue=catalogue)
    found = read_blocks(document.blocks, catalogue=catalogue, published=document.published)
    return {(r.indicator, r.measure, r.period, str(r.value)) for r in found if r.kind == "observation"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_text_in_its_encodings(encoding: str, catalogue: Catalogue) -> None:
    text = f"2024年1—8月份家具行业\n{SENTENCE}\n"
    assert bound("a.txt", text.encode(encoding), catalogue) == EXPECTED


def test_html_head_and_scripts_are_left_out(catalogue: Catalogue) -> None:
    page = f"""<!DOCTYPE html><html><head><meta charset="gb2312"><title>2024年1—8月份家具行业利润 - 某网</title>
    <meta name="PubDate" content="2024/09/27 09:30"><meta name="ContentSource" content="国家统计局">
    <link rel="canonical" href="https://www.stats.gov.cn/x.html"><script>var a="利润总额99亿元";</script>
    <style>p {{ }}</style></head><body><div>首页 > 数据</div><h1>2024年1—8月份家具行业利润</h1>
    <p>{SENTENCE}<!-- 利润总额88亿元 --></p></body></html>"""
    document = read_document(PurePath("a.html"), page.encode("gb18030"), catalogue=catalogue)
    assert document.title == "2024年1—8月份家具行业利润"
    assert (document.publisher, document.published) == ("国家统计局", dt.date(2024, 9, 27))
    assert document.url == "https://www.stats.gov.cn/x.html"
    assert "99" not in document.text and "88" not in document.text
    assert bound("a.html", page.encode("gb18030"), catalogue) == EXPECTED


def test_html_line_breaks_are_paragraphs(catalogue: Catalogue) -> None:
    page = f"<html><body><h2>2024年</h2><div>{SENTENCE}<br>增长3.3%。</div></body></html>"
    assert bound("a.htm", page.encode(), catalogue) == EXPECTED


def test_docx_paragraphs_and_tables_with_merged_cells(catalogue: Catalogue) -> None:
    made = docx.Document()
    made.add_heading("2024年1—8月份家具行业利润", level=1)
    made.add_paragraph("来源：中国轻工业联合会")
    made.add_paragraph(SENTENCE)
    table = made.add_table(rows=3, cols=3)
    for row, texts in zip(
        table.rows,
        [["行业", "营业收入", ""], ["", "亿元", "同比增长（%）"], ["家具制造业", "4200.5", "2.2"]],
        strict=True,
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(1, 1).text = "金额（亿元）"
    out = io.BytesIO()
    made.save(out)
    found = bound("a.docx", out.getvalue(), catalogue)
    assert found == EXPECTED | {
        ("revenue", "level", "2024-01/2024-08", "4200.5"),
        ("revenue", "yoy", "2024-01/2024-08", "2.2"),
    }
    document = read_document(PurePath("a.docx"), out.getvalue(), catalogue=catalogue)
    assert (document.title, document.publisher) == ("2024年1—8月份家具行业利润", "中国轻工业联合会")


def test_lines_of_a_page_are_joined_into_paragraphs() -> None:
    lines = [
        "2024年1—8月份家具行业运行情况",
        "1—8月份，家具制造业生产稳定恢复，效益持续改善，规模以上家具制造业利",
        "润总额200.5亿元，同比增长1.1%；营业收入保持增长，出口形势好转，为全",
        "年打下基础。",
        "二、出口",
        "1—8月份出口增长。",
    ]
    assert joined(lines) == [lines[0], "".join(lines[1:4]), *lines[4:]]


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("2024/09/27 09:30", dt.date(2024, 9, 27)),
        ("发布时间：2024年9月27日", dt.date(2024, 9, 27)),
        ("2024-09-27 10:00 来源：国家统计局", dt.date(2024, 9, 27)),
        ("二○二四年九月", None),
        ("2024/13/45", None),
    ],
)
def test_day_of_publication(line: str, day: dt.date | None, catalogue: Catalogue) -> None:
    text = f"家具行业运行情况报告\n{line}\n{SENTENCE}\n"
    assert read_document(PurePath("a.txt"), text.encode(), catalogue=catalogue).published == day


@pytest.mark.parametrize(
    ("line", "publisher"),
    [
        ("来源：国家统计局", "国家统计局"),
        ("信息来源：工信部消费品工业司", "工业和信息化部"),
        ("中国轻工业联合会", "中国轻工业联合会"),
        ("据国家统计局数据，家具行业平稳。", ""),
        ("来源：某某网", ""),
        ("国家统计局今天（27日）公布的数据显示，家具行业平稳。", "国家统计局"),
        ("工信部消费品司近日发布，家具行业平稳。", "工业和信息化部"),
        ("中国轻工业联合会日前表示，家具行业平稳。", "中国轻工业联合会"),
        ("国家统计局和海关总署近日发布，家具行业平稳。", ""),
        ("国家统计局近日发布数据，海关总署近日也公布数据。", ""),
        ("某某网近日公布，家具行业平稳。", ""),
    ],
)
def test_publisher(line: str, publisher: str, catalogue: Catalogue) -> None:
    text = f"家具行业运行情况报告\n{line}\n{SENTENCE}\n"
    assert read_document(PurePath("a.txt"), text.encode(), catalogue=catalogue).publisher == publisher


def test_year_from_the_day_of_publication(catalogue: Catalogue) -> None:
    text = f"家具行业运行情况报告\n2024/09/27\n{SENTENCE}\n"
    assert bound("a.txt", text.encode(), catalogue) == EXPECTED
    late = "家具行业运行情况报告\n2025/01/27\n1—12月份，家具制造业利润总额300亿元。\n"
    assert bound("a.txt", late.encode(), catalogue) == {("profit", "level", "2024-01/2024-12", "300")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the one year that the text states is that of a period ending in the same month
        ("家具行业情况\n2024年1—8月，轻工业营业收入900亿元。\n8月，家具制造业利润总额20亿元。", "2024-08"),
        ("家具行业情况\n2024年1—8月，轻工业营业收入900亿元。\n7月，家具制造业利润总额20亿元。", None),
        ("家具行业情况\n2024年1—8月、2023年1—8月，轻工业平稳。\n8月，家具制造业利润总额20亿元。", None),
        ("家具行业情况\n8月，家具制造业利润总额20亿元。", None),
    ],
)
def test_year_from_the_only_one_stated(text: str, expected: str | None, catalogue: Catalogue) -> None:
    told = {period for indicator, _, period, _ in bound("a.txt", text.encode(), catalogue) if indicator == "profit"}
    assert told == ({expected} if expected else set())


@pytest.mark.parametrize(
    ("head", "subject"),
    [
        ("", None),
        ("来源：国家统计局\n", "industry:385@nbs"),
        ("来源：工业和信息化部\n", "industry:385@miit"),
        ("中国轻工业联合会近日公布以下数据。\n", "industry:385@cnlic"),
    ],
)
def test_a_sector_that_several_bodies_count_belongs_to_the_one_that_speaks(
    head: str, subject: str | None, catalogue: Catalogue
) -> None:
    text = f"行业运行情况报告\n{head}2024年1—8月，家电行业营业收入1000亿元。\n"
    document = read_document(PurePath("a.txt"), text.encode(), catalogue=catalogue)
    (found,) = read_blocks(document.blocks, catalogue=catalogue, publisher=document.publisher)
    assert found.subject == (subject or "")
    if subject is None:
        assert found.why == "没有写明“家电行业”是谁的口径"


def test_heading_gives_its_period_to_paragraphs_below(catalogue: Catalogue) -> None:
    text = "2024年1—8月份轻工业\n一、效益\n轻工业利润总额200.5亿元，同比增长1.1%。\n"
    assert bound("a.txt", text.encode(), catalogue) == EXPECTED


def test_no_binding_across_paragraphs(catalogue: Catalogue) -> None:
    text = (
        "轻工业情况\n2024年1—8月，轻工业利润总额200.5亿元，同比增长1.1%。\n营业收入3000亿元，家具制造业利润增长2.2%。\n"
    )
    assert bound("a.txt", text.encode(), catalogue) == EXPECTED


def test_hostile_files_are_refused_in_chinese(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 90_000_000)
    for name, content in {
        "a.docx": bomb.getvalue(),
        "b.docx": b"PK\x03\x04nothing",
        "c.pdf": b"%PDF-1.7 nothing",
        "d.txt": b"\xff\xfe\xff",
        "e.html": b"",
    }.items():
        with pytest.raises(DocumentError, match=r"[\u4e00-\u9fff]"):
            read_document(PurePath(name), content, catalogue=catalogue)
    monkeypatch.setattr(module, "LARGEST_BYTES", 10)
    with pytest.raises(DocumentError, match="MB"):
        read_document(PurePath("a.txt"), b"x" * 11, catalogue=catalogue)


def test_entities_are_not_resolved(catalogue: Catalogue, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("秘密", encoding="utf-8")
    head = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'
    page = f"{head}<html><body><p>&a;{SENTENCE}</p></body></html>"
    assert "秘密" not in read_document(PurePath("a.html"), page.encode(), catalogue=catalogue).text


def test_deeply_nested_html_is_read_or_refused(catalogue: Catalogue) -> None:
    page = ("<div>" * 30_000 + SENTENCE).encode()
    with contextlib.suppress(DocumentError):
        read_document(PurePath("a.html"), page, catalogue=catalogue)


TYPST = """#set page(width: 21cm)
#set text(font: "Noto Sans SC")
= 2024年1—8月份家具行业运行情况

来源：国家统计局

1—8月份，家具制造业生产平稳，规模以上工业企业实现利润总额46001.3亿元，同比增长0.5%；家具制造业利润总额200.5亿元，同比增长1.1%。

2024年1—8月份主要指标

#table(columns: 3, [行业], [营业收入（亿元）], [同比增长（%）], [家具制造业], [4200.5], [2.2], [食品制造业], [14200.5], [-2.1])
"""


def test_pdf_text_and_table(catalogue: Catalogue, tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2")
    fonts = resources.files("qinggong.publish").joinpath("fonts")
    source = tmp_path / "a.typ"
    source.write_text(TYPST, encoding="utf-8")
    content = typst.compile(str(source), font_paths=[str(fonts)])
    document = read_document(PurePath("a.pdf"), content, catalogue=catalogue)
    assert document.publisher == "国家统计局"
    run = "2024-01/2024-08"
    assert bound("a.pdf", content, catalogue) == EXPECTED | {
        ("profit", "level", run, "46001.3"),
        ("profit", "yoy", run, "0.5"),
        ("revenue", "level", run, "4200.5"),
        ("revenue", "yoy", run, "2.2"),
        ("revenue", "level", run, "14200.5"),
        ("revenue", "yoy", run, "-2.1"),
    }


def test_pdf_without_the_optional_package(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(DocumentError, match=r"qinggong\[pdf\]"):
        read_document(PurePath("a.pdf"), b"%PDF-1.7", catalogue=catalogue)
