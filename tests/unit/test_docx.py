"""The Word document: valid markup, real styles and fields, two looks, and names that nobody expects."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import docx
import pytest
import yaml
from docx.oxml.ns import qn
from lxml import etree  # type: ignore[import-untyped]
from word_sample import figure, growth_table, one_table, picture, pictures, word_bulletin
from word_schema import faults

from qinggong.publish.document import Bulletin, Cell, Column, Section, Table
from qinggong.publish.docx import render_docx
from qinggong.publish.docx_looks import look, roles
from qinggong.publish.xml_text import fit_line, fit_text

LOOKS = (None, "official")


def _made(bulletin: Bulletin, template: str | None = None) -> bytes:
    return render_docx(bulletin, pngs=pictures(bulletin), template=template)  # type: ignore[arg-type]


def _read(data: bytes) -> docx.document.Document:
    return docx.Document(io.BytesIO(data))


def _part(data: bytes, name: str) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return etree.fromstring(archive.read(name))


@pytest.mark.parametrize("template", LOOKS)
@pytest.mark.parametrize("mark", ["", "合成数据（示例）"])
def test_markup_is_valid_and_the_same_twice(template: str | None, mark: str) -> None:
    bulletin = word_bulletin(mark=mark)
    data = _made(bulletin, template)
    assert faults(data) == []
    assert _made(bulletin, template) == data


def test_the_judge_sees_faults() -> None:
    data = _made(word_bulletin())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts["word/document.xml"].decode()

    def judged(changed: str) -> list[str]:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, changed.encode() if name == "word/document.xml" else part)
        return faults(out.getvalue())

    swapped = re.sub(r"(<w:keepNext/>)(<w:spacing[^>]*/>)", r"\2\1", text, count=1)
    assert swapped != text and "out of order" in judged(swapped)[0]
    assert "is no style" in judged(text.replace('w:val="QgBody"', 'w:val="Nobody"', 1))[0]
    assert "not closed" in judged(text.replace('w:fldCharType="end"', 'w:fldCharType="begin"', 1))[0]


def test_styles_are_real_and_named() -> None:
    document = _read(_made(word_bulletin()))
    used = {p.style.name for p in document.paragraphs if p.style is not None}
    assert {"Title", "Heading 1", "Caption", "轻工正文", "轻工要点", "轻工注释", "轻工图"} <= used
    assert all(t.style is not None and t.style.name == "轻工三线表" for t in document.tables)
    bullets = [p for p in document.paragraphs if p.style is not None and p.style.name == "轻工要点"]
    assert bullets and all(not p.text.startswith("■") for p in bullets)  # a list of Word's, not a typed mark
    assert document.styles["轻工要点"].element.find(f".//{qn('w:numId')}") is not None


def test_captions_count_with_fields_that_agree_with_their_labels() -> None:
    data = _made(word_bulletin())
    root = _part(data, "word/document.xml")
    codes = [t.text.strip() for t in root.iter(qn("w:instrText")) if "SEQ" in t.text]
    labels = [
        p.text.split("　")[0] for p in _read(data).paragraphs if p.style is not None and p.style.name == "Caption"
    ]
    assert labels == ["表1-1", "图1-1", "表1-2", "图1-2", "表2-1", "图2-1", "表2-2", "图2-2"]
    counts = {"表": 0, "图": 0}
    for code, label in zip(codes, labels, strict=True):  # what an update of the fields would show
        found = re.fullmatch(r"SEQ (表|图) \\\* ARABIC(?: \\r (\d+))?", code)
        assert found is not None
        counts[found[1]] = int(found[2]) if found[2] else counts[found[1]] + 1
        assert label.endswith(f"-{counts[found[1]]}")
    assert sum("\\r" not in code for code in codes) == 4  # the second of a chapter follows the first


def test_contents_are_filled_in_and_lead_to_the_headings() -> None:
    data = _made(word_bulletin())
    root = _part(data, "word/document.xml")
    (box,) = root.iter(qn("w:sdt"))
    entries = ["".join(t.text for t in link.iter(qn("w:t"))) for link in box.iter(qn("w:hyperlink"))]
    headings = [p.text for p in _read(data).paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert entries == headings == [*(f"{'一二三四五六'[n]}、第{n + 1}部分" for n in range(6)), "资料来源"]
    codes = [t.text.strip() for t in box.iter(qn("w:instrText"))]
    places = [link.get(qn("w:anchor")) for link in box.iter(qn("w:hyperlink"))]
    assert codes == ['TOC \\o "1-1" \\h \\z \\u', *(f"PAGEREF {place} \\h" for place in places)]
    marks = {m.get(qn("w:name")) for m in root.iter(qn("w:bookmarkStart"))}
    assert set(places) <= marks  # an update finds every page, and nothing wrong is shown before
    assert not list(_part(_made(word_bulletin(sections=3)), "word/document.xml").iter(qn("w:sdt")))


def test_tables_repeat_their_heads_and_pictures_have_a_text() -> None:
    document = _read(_made(word_bulletin()))
    for table in document.tables:
        first, *others = table._tbl.tr_lst
        assert first.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is None for row in others)
        assert str(table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))).startswith("表")
    assert [s._inline.docPr.get("descr") for s in document.inline_shapes] == ["增速折线，2024年1月至8月"] * 4
    wide, high = document.inline_shapes[0].width, document.inline_shapes[0].height
    assert wide == pytest.approx(3 * high, rel=1e-4)


def test_properties_language_and_no_compatibility_mode() -> None:
    data = _made(word_bulletin())
    core = _read(data).core_properties
    assert (core.title, core.language, core.author) == ("轻工业经济运行月报 2024年8月", "zh-CN", "轻工运行监测")
    assert core.created is not None and core.created.isoformat()[:16] == "2024-09-26T16:00"
    modes = [c.get(qn("w:val")) for c in _part(data, "word/settings.xml").iter(qn("w:compatSetting"))
             if c.get(qn("w:name")) == "compatibilityMode"]  # fmt: skip
    assert modes == ["15"]
    language = _part(data, "word/styles.xml").find(f".//{qn('w:lang')}")
    assert language.get(qn("w:eastAsia")) == "zh-CN"
    english = _made(word_bulletin(language="en"))
    assert faults(english) == []
    texts = [p.text for p in _read(english).paragraphs]
    assert "Key points" in texts and "Sources" in texts and "资料来源" not in texts
    assert "Table 1-1　主要指标（2024年8月）" in texts
    assert "Page " in "".join(_part(english, "word/footer1.xml").itertext())


def test_web_addresses_are_links_and_others_are_text() -> None:
    data = _made(word_bulletin())
    links = [r.get("Target") for r in _part(data, "word/_rels/document.xml.rels") if r.get("TargetMode") == "External"]
    assert links == ["https://www.stats.gov.cn/a?b=1&c=2"]
    assert "javascript:alert(1)" in "\n".join(p.text for p in _read(data).paragraphs)


def test_official_look_keeps_to_the_standard() -> None:
    data = _made(word_bulletin(), "official")
    section: Any = _read(data).sections[0]
    sides = (section.page_width, section.page_height, section.top_margin, section.left_margin)
    assert [round(side.mm) for side in sides] == [210, 297, 37, 28]
    across = section.page_width - section.left_margin - section.right_margin
    down = section.page_height - section.top_margin - section.bottom_margin
    assert [round(side / 36_000) for side in (across, down)] == [156, 225]
    styles = _part(data, "word/styles.xml")
    body = styles.find(f"{qn('w:style')}[@{qn('w:styleId')}='QgBody']")
    assert body.find(f".//{qn('w:rFonts')}").get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert body.find(f".//{qn('w:sz')}").get(qn("w:val")) == "32"  # 三号, 16 points
    spacing, indent = body.find(f".//{qn('w:spacing')}"), body.find(f".//{qn('w:ind')}")
    assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == ("560", "exact")
    assert indent.get(qn("w:firstLineChars")) == "200"
    # 22 lines fit the text area, a 23rd does not; 28 characters fit a line, a 29th does not.
    look_of = look("official")
    letter = look_of.styles["body"]["size"] + look_of.styles["body"]["tracking"]
    assert int(225 * 72 / 25.4 // look_of.styles["body"]["exact"]) == 22
    assert int(156 * 72 / 25.4 // letter) == 28
    feet = {kind: part.paragraphs[0] for kind, part in
            (("odd", section.footer), ("even", section.even_page_footer))}  # fmt: skip
    assert all(line.text == "— 1 —" for line in feet.values())
    assert [str(line.alignment) for line in feet.values()] == ["RIGHT (2)", "LEFT (0)"]
    assert _part(data, "word/settings.xml").find(qn("w:evenAndOddHeaders")) is not None
    fonts = {f.get(qn("w:name")): f.find(qn("w:altName")) for f in _part(data, "word/fontTable.xml")}
    assert fonts["仿宋_GB2312"].get(qn("w:val")) == "仿宋"
    assert "仿宋_GB2312" in _read(data).paragraphs[-1].text and "未嵌入" in _read(data).paragraphs[-1].text


@pytest.mark.parametrize("key", ["bulletin", "official"])
def test_a_look_formats_every_role_and_names_every_face(key: str) -> None:
    chosen = look(key)
    assert set(chosen.styles) == {*roles(), "normal"}
    faces = {told["face"] for told in chosen.styles.values() if "face" in told} | {chosen.latin}
    assert faces <= {font.name for font in chosen.fonts}


def test_facts_of_the_looks_are_dated_and_sourced() -> None:
    from importlib import resources

    for name in ("word_styles.yaml", "word_bulletin.yaml", "word_official.yaml"):
        told = yaml.safe_load((resources.files("qinggong.publish") / "templates" / name).read_text(encoding="utf-8"))
        assert told["as_of"].isoformat() >= "2026-11-22"
    assert {"page", "body", "heading1", "subtitle", "footer"} <= set(told["clauses"])


def test_the_notice_of_synthetic_data_is_on_every_page() -> None:
    for template, kinds in ((None, ("header", "first_page_header")), ("official", ("header", "even_page_header"))):
        section = _read(_made(word_bulletin(mark="合成数据"), template)).sections[0]
        for kind in kinds:
            assert "合成数据" in [p.text for p in getattr(section, kind).paragraphs], (template, kind)


# ------------------------------------------------------------------------------------------------ bad input


def test_forbidden_characters_are_shown_and_steering_ones_go() -> None:
    assert fit_text("a\x00b\x1fc\ud800d\ufffee\x85") == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd"
    assert fit_text("甲\u202e乙\u2066丙\r\n丁") == "甲乙丙\n丁"
    assert fit_line(" 甲\t乙\n丙 ") == "甲 乙 丙"


@pytest.mark.parametrize("template", LOOKS)
def test_names_with_control_characters_and_of_any_length(template: str | None) -> None:
    name = "行\x00业\x0b<w:p/>&]]>\ud800" + "长" * 10_000
    table = replace(
        growth_table("表1-1", title=name), columns=(Column(name, align="left"), Column("甲\t乙\n丙"), Column("%", name)),
        rows=((Cell(name), Cell("1"), Cell(name)),), notes=(name,), source=name,
    )  # fmt: skip
    bulletin = one_table(table, title=name, subtitle=name, issue_line=name, mark=name, period_name="2024年8月")
    bulletin = replace(bulletin, sections=(Section("x", "一", name, (table, figure("图1-1"))),))
    data = _made(bulletin, template)
    assert faults(data) == []
    text = "\n".join(p.text for p in _read(data).paragraphs)
    assert "\x00" not in text and "行\ufffd业\ufffd<w:p/>&]]>\ufffd长" in text


def test_a_table_without_rows_or_columns_says_so() -> None:
    empty = replace(growth_table("表1-1"), rows=())
    document = _read(_made(one_table(empty)))
    assert [c.text for c in document.tables[0].rows[1].cells] == ["无数据"] * 3
    assert faults(_made(one_table(empty))) == []
    none = replace(empty, columns=())
    assert "无数据" in [p.text for p in _read(_made(one_table(none))).paragraphs]
    assert faults(_made(one_table(none))) == []


def test_a_hundred_columns_become_tables_that_word_can_hold() -> None:
    columns = (Column("行业", align="left"), *(Column(f"列{j}", "亿元") for j in range(1, 100)))
    rows = tuple((Cell(f"业{i}"), *(Cell(f"{i + j / 10:.1f}") for j in range(1, 100))) for i in range(3))
    data = _made(one_table(Table("表1-1", "宽表", columns, rows)))
    assert faults(data) == []
    tables = _read(data).tables
    assert len(tables) > 1
    shown = [t.rows[1].cells[j].text for t in tables for j in range(1, len(t.columns))]
    assert shown == [cell.text for cell in rows[0][1:]]
    assert all(t.rows[1].cells[0].text == "业0" and len(t.columns) <= 63 for t in tables)
    assert sum("（续）" in p.text for p in _read(data).paragraphs) == len(tables) - 1


def test_a_row_of_the_wrong_length_and_a_missing_picture_are_named() -> None:
    wrong = replace(growth_table("表1-1"), rows=((Cell("甲"),),))
    with pytest.raises(ValueError, match="表1-1 row 1: 1 cells for 3 columns"):
        _made(one_table(wrong))
    with pytest.raises(KeyError, match="图1-1"):
        render_docx(word_bulletin(), pngs={})
    with pytest.raises(ValueError, match="not a PNG"):
        render_docx(word_bulletin(), pngs={f.label: b"<svg/>" for f in word_bulletin().figures})


def test_a_tall_picture_stays_on_its_page() -> None:
    bulletin = word_bulletin()
    data = render_docx(bulletin, pngs={f.label: picture(20, 200) for f in bulletin.figures})
    shape = _read(data).inline_shapes[0]
    assert shape.height.pt <= 520.5 and shape.height == pytest.approx(10 * shape.width, rel=1e-4)


def test_contents_stand_in_two_columns_under_the_same_heads() -> None:
    data = _made(word_bulletin())
    sections = list(_part(data, "word/document.xml").iter(qn("w:sectPr")))
    assert [s.find(qn("w:cols")).get(qn("w:num")) for s in sections] == [None, "2", None]
    assert [s.find(qn("w:type")) is not None for s in sections] == [False, True, True]
    assert [len(s.findall(qn("w:headerReference"))) for s in sections] == [2, 0, 0]  # later ones inherit
    assert len(list(_part(_made(word_bulletin(sections=3)), "word/document.xml").iter(qn("w:sectPr")))) == 1


def test_marks_in_chinese_text_take_the_chinese_typeface() -> None:
    line = growth_table("表1-1", title="“轻工”1—8月")
    (run_,) = (
        r for r in _part(_made(one_table(line)), "word/document.xml").iter(qn("w:r"))
        if "“轻工”1—8月" in "".join(t.text for t in r.iter(qn("w:t")))
    )  # fmt: skip
    assert run_.find(f"{qn('w:rPr')}/{qn('w:rFonts')}").get(qn("w:hint")) == "eastAsia"
