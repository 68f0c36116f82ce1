"""What the checker reads and refuses: formats, pages, damage, floods. All figures made up."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import PurePath

import docx
import pytest
import typst

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.publish.checker import CheckError, Report, check_document
from qinggong.publish.checker.findings import Position

WRONG = "2024年1—8月，轻工业实现营业收入15.2万亿元，实现利润9177.6亿元，营业收入利润率为6.54%。"
PAGE = '#set page(width: 12cm, height: 6cm)\n#set text(lang: "zh")\n'


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def check(name: str, content: bytes, catalogue: Catalogue) -> Report:
    return check_document(PurePath(name), content, catalogue=catalogue)


def pdf(source: str) -> bytes:
    result = typst.compile((PAGE + source).encode())
    assert isinstance(result, bytes)
    return result


def word(*paragraphs: str, rows: list[list[str]] | None = None) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if rows:
        table = document.add_table(rows=len(rows), cols=len(rows[0]))
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                table.cell(y, x).text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.htm", "a.docx", "a.pdf", "A.TXT"])
def test_every_format_finds_the_slip(name: str, catalogue: Catalogue) -> None:
    content = {
        ".docx": lambda: word("2024年1—8月轻工业", WRONG),
        ".pdf": lambda: pdf(f"= 2024年1—8月轻工业\n\n{WRONG}"),
        ".html": lambda: (
            f"<h1>2024年1—8月轻工业</h1><p>{WRONG}<script>document.write('利润率为9.9%')</script>".encode()
        ),
    }
    suffix = PurePath(name).suffix.lower().replace(".htm", ".html").replace("htmll", "html")
    made = content.get(suffix, lambda: f"2024年1—8月轻工业\n{WRONG}\n".encode())()
    (finding,) = check(name, made, catalogue).findings
    assert (finding.rule, finding.quote) == ("margin", "6.54%")
    assert (finding.position.paragraph, finding.position.sentence) == (2, 1)
    assert finding.position.page == (1 if suffix == ".pdf" else 0)


def test_page_of_a_finding(catalogue: Catalogue) -> None:
    filler = "生产平稳，需求稳定，效益改善，市场活跃，出口增长，投资回升，价格平稳，信心增强。" * 2
    (finding,) = check("a.pdf", pdf(f"{filler}\n#pagebreak()\n{WRONG}"), catalogue).findings
    assert (finding.rule, finding.position.page) == ("margin", 2)


def test_table_cell_of_a_document(catalogue: Catalogue) -> None:
    rows = [
        ["行业", "利润总额（亿元）", "同比增长（%）"],
        ["家具制造业", "230.5", "1.1"],
        ["造纸和纸制品业", "330.1", "2.2"],
        ["合计", "530.6", ""],
    ]
    content = word("2024年1—8月，家具制造业利润总额200.5亿元。", "表1 2024年1—8月利润总额", rows=rows)
    found = check("a.docx", content, catalogue).findings
    assert [(f.rule, f.position) for f in found] == [
        ("text-table", Position(paragraph=1, sentence=1)),
        ("table-sum", Position(table=1, row=4, column=2)),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", b"", "没有文字"),
        ("a.txt", b" \n \n", "没有文字"),
        ("a.html", b"", "空的"),
        ("a.docx", b"", "不是完整的 Word"),
        ("a.pdf", b"", "不是能读的 PDF"),
        ("a.pdf", b"%PDF-1.7 cut", "不是能读的 PDF"),
        ("a.doc", b"x", "只核对"),
        ("a", b"x", "只核对"),
        ("a.txt", b"1" * 1_000_000, "5万字"),
        ("a.txt", b"\x80\x81\xff\xff", "编码"),
    ],
)
def test_refused_in_one_sentence(name: str, content: bytes, told: str, catalogue: Catalogue) -> None:
    with pytest.raises(CheckError, match=told) as error:
        check(name, content, catalogue)
    assert name in str(error.value) and "\n" not in str(error.value)


def test_scanned_page_has_no_text(catalogue: Catalogue) -> None:
    with pytest.raises(CheckError, match="扫描件"):
        check("a.pdf", pdf("#rect(width: 4cm, height: 2cm, fill: gray)"), catalogue)


def test_cut_and_swollen_word_files(catalogue: Catalogue) -> None:
    with pytest.raises(CheckError, match="不是完整的 Word"):
        check("a.docx", word(WRONG)[:-400], catalogue)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 90_000_000)
    with pytest.raises(CheckError, match="解开后过大"):
        check("a.docx", buffer.getvalue(), catalogue)


FLOODS = [
    "营业收入15亿元，占25个行业的60%；" * 2000,
    "稳定15个、" * 8000,
    "稳定“" * 16000,
    '("' * 20000,
    "25个行业中" * 8000,
    "连续3个月" * 9000,
    "4个：A、B" * 7000,
    "其中A5亿元，" * 7000,
    "\n".join(f"1—8月，轻工业营业收入{i}亿元，同比增长{i}%。" for i in range(3000)),
]


@pytest.mark.parametrize("text", FLOODS, ids=range(len(FLOODS)))
def test_floods_end(text: str, catalogue: Catalogue) -> None:
    """Repetition must not cost its square: no time is asserted, a hang would stop the run."""
    started = time.process_time()
    report = check("a.txt", text.encode(), catalogue)
    assert report.numbers >= 0
    print(f"{len(text)} characters: {time.process_time() - started:.2f} s")
