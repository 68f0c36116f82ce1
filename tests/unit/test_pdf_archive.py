"""The PDF as a record: PDF/A-2a and PDF/UA-1 as it declares, checked by an independent reader; Chinese typography."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from qinggong.publish.charts import LineSeries, line_chart, render_svg
from qinggong.publish.document import Bulletin, Cell, Column, Figure, Number, Paragraph, Section, SourceLine, Table
from qinggong.publish.pdf import render_pdf

FILLER = "从行业看，十五个大类行业中有十二个实现增长，增长面比上月扩大；“消费品”需求恢复带动食品、家电（含小家电）等行业回升，"
MONTHS = [f"2024-{m:02d}" for m in range(1, 9)]


def _bulletin(language: str = "zh-CN") -> Bulletin:
    chart = line_chart(labels=MONTHS, series=[LineSeries("全国", [float(n) for n in range(8)], True)], unit="%")
    rows = tuple((Cell(f"行业{n}"), Cell(f"{n}.5", f"f{n}")) for n in range(70))
    table = Table("表1-1", "分行业增速（2024年8月）", (Column("行业", align="left"), Column("同比", "%")), rows,
                  unit_note="%", notes=("说明。",), source="国家统计局")  # fmt: skip
    sections = tuple(
        Section(
            f"s{n}", numeral, f"第{numeral}部分",
            (
                Paragraph((FILLER * (5 + 3 * n), Number("5.2", "x"), "%。"), "lead"), Paragraph((FILLER * 3,)),
                *((table, Figure("图1-1", "增速", chart, source="国家统计局")) if n == 1 else ()),
            ),
        )
        for n, numeral in enumerate("一二三四五六七八九")
    )  # fmt: skip
    return Bulletin(
        "轻工业经济运行月报", "副标题", "2024年8月", "2024年第8期", "状态", (Paragraph(("要点一。",), "bullet"),), sections,
        (SourceLine(1, "新闻稿", "国家统计局", "2024-09-14", "https://example.org/"),), "2024-09-27T00:00:00+08:00",
        language=language,
    )  # fmt: skip


def _rendered(bulletin: Bulletin) -> bytes:
    return render_pdf(bulletin, svgs={f.label: render_svg(f.spec, uid="a") for f in bulletin.figures})


@pytest.fixture(scope="module")
def content() -> bytes:
    return _rendered(_bulletin())


@pytest.fixture(scope="module")
def pdf(content: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(content)) as opened:
        yield opened


def _elements(node: Any) -> Iterator[Any]:
    """All elements of the structure tree below a node."""
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield child
            yield from _elements(child)


def test_it_declares_what_it_is(pdf: pikepdf.Pdf) -> None:
    told = pdf.open_metadata()
    assert (told["pdfaid:part"], told["pdfaid:conformance"], told["pdfuaid:part"]) == ("2", "A", "1")
    assert pdf.pdf_version == "1.7" and not pdf.is_encrypted
    (intent,) = pdf.Root.OutputIntents
    assert intent.S == "/GTS_PDFA1" and int(intent.DestOutputProfile.N) == 3
    assert str(pdf.Root.Lang) == "zh-CN"
    assert bool(pdf.Root.MarkInfo.Marked) and bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    assert told["dc:title"] == "轻工业经济运行月报 2024年8月" == str(pdf.docinfo["/Title"])


def test_every_font_is_embedded_and_cut_down(pdf: pikepdf.Pdf) -> None:
    faces = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]
    assert {str(face.FontName).partition("+")[2] for face in faces} == {"NotoSansSC-Regular", "NotoSansSC-Bold"}
    for face in faces:
        assert re.match(r"/[A-Z]{6}\+", str(face.FontName))
        assert "/FontFile2" in face
    tops = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Subtype") == "/Type0"]
    assert tops and all("/ToUnicode" in top for top in tops)
    assert not [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/JS" in o]


def test_bookmarks_are_the_headings_in_order(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == [f"{n}、第{n}部分" for n in "一二三四五六七八九"] + ["资料来源"]


def test_it_is_tagged_with_heads_and_texts_for_pictures(pdf: pikepdf.Pdf) -> None:
    elements = list(_elements(pdf.Root.StructTreeRoot))
    kinds = [str(e.S) for e in elements]
    assert kinds.count("/H1") == 10 and {"/Table", "/TH", "/TD", "/P", "/Figure", "/Link"} <= set(kinds)
    told = [str(e.Alt) for e in elements if e.S == "/Figure" and "/Alt" in e]
    assert told == ["增速。折线图，2024-01至2024-08。全国2024-08为7.0%，比2024-07上升1.0个百分点，连续7期上升；"
                    "最高7.0%（2024-08），最低0.0%（2024-01）。"]  # fmt: skip


def test_an_english_edition_says_so() -> None:
    with pikepdf.open(io.BytesIO(_rendered(_bulletin("en")))) as pdf:
        assert str(pdf.Root.Lang) == "en"


def _lines(content: bytes) -> list[list[str]]:
    """The lines of each page, without page head and foot."""
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range().split("\r\n") for page in document]


def test_chinese_typography(content: bytes) -> None:
    """避头尾: no line begins with a closing mark or ends with an opening one; a heading is never last on its page."""
    pages = _lines(content)
    assert len(pages) > 4
    for page in pages:
        # page head (title, period) and page foot are the lines that every page has
        inner = [
            line for line in page if line and "第 " not in line and line not in ("轻工业经济运行月报", "2024年8月")
        ]
        for line in inner:
            assert line[0] not in "，。；：、？！）》”’%…", line
            assert line[-1] not in "（《“‘", line
        assert not re.fullmatch(r"[一二三四五六七八九]、第.部分", inner[-1]), inner[-1]


def test_paragraphs_begin_two_characters_in(content: bytes) -> None:
    document = pypdfium2.PdfDocument(content)
    starts = []
    for page in document:
        text = page.get_textpage()
        places = [i for i in range(text.count_chars()) if text.get_text_range(i, 1) == "从"]
        starts += [text.get_charbox(i)[0] for i in places]
    first = 25 / 25.4 * 72 + 2 * 10.5  # margin of 25 mm and twice 10.5 points
    assert sum(abs(start - first) < 2 for start in starts) >= 2 * 9


def test_a_long_table_goes_on_with_its_head(content: bytes) -> None:
    pages = ["".join(page) for page in _lines(content)]
    held = [page for page in pages if re.search(r"行业\d+", page)]
    assert len(held) >= 2
    assert all("同比" in page for page in held)
    assert ["续表1-1" in page for page in held] == [False, *[True] * (len(held) - 1)]


@pytest.mark.needs_poppler
def test_another_reader_finds_the_fonts_embedded(
    content: bytes, tmp_path: Path, program: Callable[[str], Path]
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(content)
    done = subprocess.run([program("pdffonts"), file], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()[2:]]
    assert len(rows) == 2
    for row in rows:
        assert row[-5:-2] == ["yes", "yes", "yes"], row  # embedded, subset, with Unicode
    assert not done.stderr.strip()
