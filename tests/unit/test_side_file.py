"""The side file: what is taken, what is told, which numbers are facts; raw HTML, scripts and Typst marks stay text."""

from __future__ import annotations

from pathlib import Path

import pytest

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.monitor.facts import Fact, FactBook, Lineage
from qinggong.periods import month
from qinggong.publish import side_file
from qinggong.publish.document import Bulletin, Number, Paragraph, Section
from qinggong.publish.side_numbers import MARK

AT = month(2024, 8)
GROWTH = Fact(
    "industry:BCD@nbs/value_added/yoy/2024-08", "规模以上工业增加值同比", 4.5, "4.5", "%", AT, "published", Lineage(())
)
FALL = Fact(
    "industry:13@nbs/value_added/yoy/2024-08",
    "农副食品加工业增加值同比",
    -0.1,
    "-0.1",
    "%",
    AT,
    "published",
    Lineage(()),
)
SAID = Paragraph(("2024年8月份，规模以上工业增加值同比增长", Number("4.5", GROWTH.id), "%。"), "lead")
SECTIONS = (
    Section("production", "一", "工业生产", (SAID, Paragraph(("9月份数据将于10月18日发布。",), "note"))),
    Section("notes", "二", "数据来源与说明", (Paragraph(("口径。",), "lead"),)),
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def book() -> FactBook:
    found = FactBook()
    found.add_all((GROWTH, FALL))
    return found


def _side(text: str, book: FactBook, catalogue: Catalogue) -> side_file.Side:
    side = side_file.understood(text, name="2024-08.md", book=book, catalogue=catalogue)
    assert side is not None
    return side


def test_own_sections_come_in_their_order(book: FactBook, catalogue: Catalogue) -> None:
    side = _side("## 建议\n\n抓好落实。\n\n## 问题与困难\n\n需求\n不足。\n\n- 一\n- 二\n", book, catalogue)
    sections = side_file.own_sections(side, 3)
    assert [(s.key, s.numeral, s.title) for s in sections] == [
        ("problems", "三", "问题与困难"),
        ("advice", "四", "工作建议"),
    ]
    assert [(b.text, b.style) for b in sections[0].blocks if isinstance(b, Paragraph)] == [
        ("需求不足。", "body"), ("一", "bullet"), ("二", "bullet")
    ]  # fmt: skip
    assert side.problems == ()


def test_text_is_added_after_a_section_by_title_or_key(book: FactBook, catalogue: Catalogue) -> None:
    for heading in ("之后：工业生产", "after: production"):
        side = _side(f"## {heading}\n\n补充一段。\n", book, catalogue)
        sections, problems = side_file.placed(SECTIONS, side)
        last = sections[0].blocks[-1]
        assert isinstance(last, Paragraph)
        assert (last.text, problems) == ("补充一段。", ())
        assert sections[1] == SECTIONS[1]


def test_a_paragraph_is_rewritten_and_its_change_noticed(book: FactBook, catalogue: Catalogue) -> None:
    anchor = next(a for a, p in side_file.anchors(SECTIONS).items() if p is SAID)
    text = f"## 改写：{anchor}\n\n> {SAID.text}\n\n8月份，规模以上工业增加值同比增长4.5%，总体平稳。\n"
    sections, problems = side_file.placed(SECTIONS, _side(text, book, catalogue))
    first = sections[0].blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text.endswith("总体平稳。")
    assert first.style == "lead"
    assert Number("4.5", GROWTH.id) in first.inlines
    assert problems == ()
    revised = Paragraph(("2024年8月份，规模以上工业增加值同比增长", Number("4.6", GROWTH.id), "%。"), "lead")
    later = (Section("production", "一", "工业生产", (revised,)), SECTIONS[1])
    assert anchor in side_file.anchors(later), "the anchor must not depend on the value"
    (problem,) = side_file.placed(later, _side(text, book, catalogue))[1]
    assert "生成文字已变，请复核" in problem
    assert "4.6%" in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("## 改写：production/zzzzzz\n\n> 原文\n\n新文。\n", "没有编号为“production/zzzzzz”的段落"),
        ("## 改写：production/zzzzzz\n\n新文。\n", "没有引用原文"),
        ("## 之后：没有这一节\n\n新文。\n", "没有“没有这一节”这一节或段落"),
        ("## 随便写写\n\n新文。\n", "不认识的标题“随便写写”"),
        ("没有标题的话。\n", "文字不在任何“## 标题”之下"),
        ("## 展望\n", "下没有文字"),
    ],
)
def test_what_is_not_taken_is_told(text: str, said: str, book: FactBook, catalogue: Catalogue) -> None:
    sections, problems = side_file.placed(SECTIONS, _side(text, book, catalogue))
    assert any(said in p and "2024-08.md第" in p for p in problems), problems
    assert sections == SECTIONS


def test_numbers_are_facts_or_marked(book: FactBook, catalogue: Catalogue) -> None:
    text = "## 展望\n\n2024年8月份，规模以上工业增加值同比增长4.5%，农副食品加工业增加值下降0.1%，预计全年增长5.2%左右，涉及3个行业。\n"
    side = _side(text, book, catalogue)
    (paragraph,) = side.entries[0].paragraphs
    assert [p.fact_id for p in paragraph.inlines if isinstance(p, Number)] == [GROWTH.id, FALL.id]
    assert f"5.2%{MARK}" in paragraph.text
    assert f"3个{MARK}" in paragraph.text
    assert f"2024年{MARK}" not in paragraph.text
    assert any("2个数字不是本期的事实" in p for p in side_file.placed(SECTIONS, side)[1])
    (section,) = side_file.own_sections(side, 1)
    foot = section.blocks[-1]
    assert isinstance(foot, Paragraph)
    assert foot.text.startswith(MARK)


@pytest.mark.parametrize("wrong", ["增长5.6%", "下降4.5%"])
def test_a_number_that_contradicts_a_fact_is_told(wrong: str, book: FactBook, catalogue: Catalogue) -> None:
    side = _side(f"## 问题\n\n2024年8月份，规模以上工业增加值同比{wrong}。\n", book, catalogue)
    (paragraph,) = side.entries[0].paragraphs
    assert not [p for p in paragraph.inlines if isinstance(p, Number)]
    assert MARK in paragraph.text
    assert any("第1段" in p for p in side.problems), side.problems


HOSTILE = (
    "<script>alert()</script>", "<img src=x onerror=alert()>", "<b>粗</b>", "[链](javascript:alert)",
    "#set page(width: 1pt)",
    '#eval("1+1")', "$sqrt(x)$ `raw` *星* _下_ @引 <标签> \\u{41} // 注 /* 注 */", "]] #{ panic() }",
)  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_stays_text_in_every_format(hostile: str, book: FactBook, catalogue: Catalogue) -> None:
    import io

    import docx
    from lxml import html

    from qinggong.publish.formats import pages_of, rendered

    side = _side(f"## 问题\n\n{hostile}\x00\x0b末\n", book, catalogue)
    (section,) = side_file.own_sections(side, 1)
    bulletin = Bulletin("题", "", "2024年8月份", "", "", (), (section,), (), "2024-09-14T00:00:00+08:00")
    files = rendered(bulletin, ("html", "pdf", "docx"))
    assert pages_of(files["bulletin.pdf"]) == 1
    page = html.fromstring(files["bulletin.html"].decode())
    assert not page.xpath("//script|//img|//*[@onerror]|//a[starts-with(@href, 'javascript')]")
    words = section.blocks[0]
    assert isinstance(words, Paragraph)
    assert words.text in page.text_content()
    assert words.text in "\n".join(p.text for p in docx.Document(io.BytesIO(files["bulletin.docx"])).paragraphs)
    if hostile.startswith("<"):
        assert hostile in words.text


def test_comments_are_left_out_and_lines_kept(book: FactBook, catalogue: Catalogue) -> None:
    side = _side("<!-- 说明\n第二行\n-->\n\n## 随便\n\n文。\n", book, catalogue)
    assert side.entries == ()
    assert "第5行" in side.problems[0]
    assert side_file.understood("  \n", name="x", book=book, catalogue=catalogue) is None


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff\xfe## x", "不是 UTF-8"), (b"x" * (side_file.LARGEST + 1), "超过500KB")]
)
def test_a_file_that_cannot_be_read(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "2024-08.md"
    path.write_bytes(content)
    with pytest.raises(side_file.SideFileError, match=said):
        side_file.load(path)
    assert side_file.load(tmp_path / "none.md") == ""
