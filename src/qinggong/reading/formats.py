"""File formats to blocks (文件格式): HTML by lxml, DOCX by python-docx, PDF text by pypdfium2 (extra ``pdf``).

Nothing is fetched or executed: the HTML parser has no network and keeps its limits, a DOCX is measured before it is
unpacked.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from qinggong.reading.lines import joined_at, read_lines, without_furniture
from qinggong.reading.writer import LARGEST_TEXT, BlockKind, DocumentError, Writer

LARGEST_UNPACKED = 80_000_000
MOST_PAGES = 300
_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_HEADS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LEFT_OUT = frozenset(
    "script style noscript template select option button textarea svg math iframe object".split()  # noqa: SIM905
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]{3,20})", re.IGNORECASE)
# typesetters put thin space between Chinese characters and digits; between cells it stays
_SET_APART = re.compile(r"(?<=\d) (?=[年月日个亿万千元台吨倍%％])|(?<=[年月第]) (?=\d)")
_TITLE = etree.XPath("string(//head/title)")
_CANONICAL = etree.XPath("//link[@rel='canonical']/@href")
_STATED = etree.XPath("//meta[@name='PubDate' or @name='ContentSource']/@content")
_DAY = re.compile(r"(?:19|20)\d\d[-/.年]")


def decode(content: bytes) -> str:
    """Text in UTF-8, UTF-16 with its mark, or GB18030."""
    declared = _CHARSET.search(content[:4096])
    marked = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    first = declared[1].decode("ascii").lower() if declared else ""
    for encoding in filter(None, (marked, "utf-8-sig", "gb18030", first if first in ("big5", "big5-hkscs") else "")):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        except (UnicodeDecodeError, LookupError):
            continue
    raise DocumentError("文字编码既不是 UTF-8 也不是 GB18030")


# ------------------------------------------------------------------------------------------------------ HTML


def read_html(content: bytes, out: Writer) -> tuple[str, str]:
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, recover=True
    )
    try:
        root = etree.fromstring(decode(content).encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError("不是能读的 HTML 文件") from error
    if root is None:
        raise DocumentError("HTML 文件是空的")
    title = " ".join("".join(_TITLE(root)).split())
    links = _CANONICAL(root)
    url = str(links[0]) if links and re.match(r"https?://[^\s\"<>]{1,500}$", str(links[0])) else ""
    buffer: list[str] = []
    kind: BlockKind = "paragraph"

    def flush() -> None:
        nonlocal kind
        out.block(kind, "".join(buffer))
        buffer.clear()
        kind = "paragraph"

    for node in _STATED(root):
        out.block("paragraph", ("发布时间：" if _DAY.search(node) else "来源：") + str(node)[:60])
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        tag = node.tag if isinstance(node.tag, str) else "script"
        if event == "start":
            skipped = tag in _LEFT_OUT or tag == "head"
            if tag in _BREAKS:
                flush()
            if tag == "table" and (rows := _html_table(node)):
                out.block("paragraph", "".join(t for c in node.iterchildren("caption") for t in c.itertext()))
                out.table(rows)
                skipped = True
            if skipped:
                walk.skip_subtree()
            else:
                if tag in _HEADS:
                    kind = "heading"
                buffer.append(node.text or "")
        else:
            if tag in _BREAKS:
                flush()
            buffer.append(node.tail or "")
    flush()
    return title, url


def _html_table(table: Any) -> list[list[str | tuple[int, int]]]:
    """The grid of a table of data; empty for a table that only lays out the page."""
    if table.find(".//table") is not None:
        return []
    grid: list[list[str | tuple[int, int]]] = []
    hanging: dict[int, tuple[int, tuple[int, int]]] = {}
    for y, row in enumerate(table.iter("tr")):
        line: list[str | tuple[int, int]] = []

        def hang(y: int, line: list[str | tuple[int, int]]) -> None:
            while len(line) in hanging and hanging[len(line)][0] > y:
                line.append(hanging[len(line)][1])

        for node in row.iterchildren("td", "th"):
            hang(y, line)
            place = (y, len(line))
            line.append("".join(node.itertext()) if len(node) else node.text or "")
            wide, high = _span(node.get("colspan")), _span(node.get("rowspan"))
            line.extend([place] * (wide - 1))
            for x in range(place[1], len(line)):
                if high > 1:
                    hanging[x] = (y + high, place)
        hang(y, line)
        grid.append(line)
        if len(grid) > 5000:
            raise DocumentError("表格超过5000行，不像发布文字")
    cells = max((len(line) for line in grid), default=0)
    prose = any(isinstance(c, str) and len(c) > 200 for line in grid for c in line)
    return grid if len(grid) > 1 and cells > 1 and not prose else []


def _span(text: str | None) -> int:
    return min(max(int(text), 1), 60) if text and text.strip().isascii() and text.strip().isdigit() else 1


# ------------------------------------------------------------------------------------------------------ DOCX


def read_docx(content: bytes, out: Writer) -> None:
    import docx
    from docx.table import Table

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
        if sum(sizes) > LARGEST_UNPACKED or len(sizes) > 2000:
            raise DocumentError("解开后过大，不像发布文字")
        document = docx.Document(io.BytesIO(content))
        for item in document.iter_inner_content():
            if isinstance(item, Table):
                out.table(_docx_table(item))
                continue
            style = (item.style.name or "").lower() if item.style is not None else ""
            kind: BlockKind = "paragraph"
            if style.startswith(("heading", "标题")) or style == "title":
                kind = "title" if style == "title" else "heading"
            for line in item.text.split("\n"):
                out.block(kind, line)
    except DocumentError:
        raise
    except Exception as error:  # python-docx answers broken packages with whatever it trips over
        raise DocumentError("不是完整的 Word 文件（.docx）") from error


def _docx_table(table: Any) -> list[list[str | tuple[int, int]]]:
    grid: list[list[str | tuple[int, int]]] = []
    places: dict[Any, tuple[int, int]] = {}
    for y, row in enumerate(table.rows):
        line: list[str | tuple[int, int]] = []
        for cell in row.cells:
            known = places.get(cell._tc)
            line.append(cell.text if known is None else known)
            places.setdefault(cell._tc, (y, len(line) - 1))
        grid.append(line)
        if len(grid) > 5000:
            raise DocumentError("表格超过5000行，不像发布文字")
    return grid


# ------------------------------------------------------------------------------------------------------- PDF


def read_pdf(content: bytes, out: Writer) -> None:
    pages = without_furniture(pdf_pages(content))
    lines = [line for page in pages for line in page]
    numbers = [number for number, page in enumerate(pages, start=1) for _ in page]
    told = joined_at(lines)
    read_lines([text for text, _ in told], out, pages=[numbers[first] for _, first in told])


def pdf_pages(content: bytes) -> list[list[str]]:
    """The lines of each page."""
    try:
        import pypdfium2  # type: ignore[import-untyped]
    except ImportError as error:
        raise DocumentError("读取 PDF 需要 pypdfium2，请安装 qinggong[pdf]，或另存为 .docx、.txt 后导入") from error
    pages: list[list[str]] = []
    size = 0
    try:
        document = pypdfium2.PdfDocument(content)
        try:
            if len(document) > MOST_PAGES:
                raise DocumentError(f"PDF 超过{MOST_PAGES}页，不像发布文字")
            for number in range(len(document)):
                text = document[number].get_textpage().get_text_range()
                size += len(text)
                if size > LARGEST_TEXT:
                    raise DocumentError(f"文字超过{LARGEST_TEXT // 10_000}万字，不像发布文字")
                text = _SET_APART.sub("", text)
                pages.append(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise DocumentError("不是能读的 PDF 文件，可能已损坏或加密") from error
    return pages
