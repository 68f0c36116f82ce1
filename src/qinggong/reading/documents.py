"""Documents to blocks of text (文件到段落): HTML, DOCX, PDF and plain text, with title, body and day of publication.

Nothing is fetched or executed: the HTML parser has no network and keeps its limits, a DOCX is measured before it is
unpacked, PDF text needs the optional package pypdfium2 (extra ``pdf``).
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from qinggong.catalogue import Catalogue, UnknownName
from qinggong.reading.formats import decode, read_docx, read_html, read_pdf
from qinggong.reading.lines import HEADING, read_lines
from qinggong.reading.numbers import alternatives, fold
from qinggong.reading.writer import Block, DocumentError, Writer

LARGEST_BYTES = 20_000_000
_FIRST_LINES, _LAST_LINES, _LOOKED_AT = 25, 6, 300
_DATE = re.compile(
    r"(20\d\d|19\d\d) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日|(?<!\d)(20\d\d|19\d\d)([-/.])(\d{1,2})\5(\d{1,2})(?!\d)"
)
_DATED = re.compile(r"(?:发布|公布|发表|刊发|成文|印发)(?:日期|时间)?\s*[:：]\s*")
_BETWEEN = (
    r"(?:今天|今日|近日|日前|昨天|昨日|官网|官方网站|网站|消费品工业司|消费品司|运行监测协调局|在此间|在京|于|也|还|[(][^()]{1,12}[)]"
    r"|(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{1,2}日|[ ,，])"
)
_SIGNED = re.compile(r"(?:信息来源|文章来源|稿件来源|来源|发布机构|发布单位|发文机关|作者单位)\s*[:：]\s*")


@dataclass(frozen=True, slots=True)
class Document:
    """A document as text and blocks. ``publisher`` is a catalogue name; it is empty where the document does not say."""

    text: str
    blocks: tuple[Block, ...]
    title: str
    publisher: str
    published: dt.date | None
    url: str = ""


def read_document(path: PurePath, content: bytes, *, catalogue: Catalogue) -> Document:
    """The text of a document by the ending of its name: .html .htm .docx .pdf, anything else is plain text.

    Raises
    ------
    DocumentError
        With a Chinese sentence, if the document cannot be read as a whole.
    """
    if len(content) > LARGEST_BYTES:
        raise DocumentError(f"文件超过{LARGEST_BYTES // 1_000_000}MB，不像发布文字")
    out, suffix, title, url = Writer(), path.suffix.lower(), "", ""
    if suffix in (".html", ".htm"):
        title, url = read_html(content, out)
    elif suffix == ".docx":
        read_docx(content, out)
    elif suffix == ".pdf":
        read_pdf(content, out)
    else:
        read_lines(decode(content).split("\n"), out)
    blocks = _titled(out.blocks, title)
    if not any(b.kind != "table" or b.rows for b in blocks):
        raise DocumentError("文件里没有文字" + ("，可能是扫描件" if suffix == ".pdf" else ""))
    named = next((b.text for b in blocks if b.kind == "title"), title)
    texts = [b.text for b in blocks if b.kind != "table"]
    # the label, the place behind it and the lines of their own all stand in these
    near = texts if len(texts) <= _FIRST_LINES + _LAST_LINES else [*texts[:_FIRST_LINES], *texts[-_LAST_LINES:]]
    near = [fold(t[:_LOOKED_AT]) for t in near]
    body = "".join(out.parts)
    return Document(body, tuple(blocks), named, _publisher(near, catalogue), _published(near), url)


# ------------------------------------------------------------------------------------- title, body, day


def _titled(blocks: list[Block], title: str) -> list[Block]:
    """The blocks with the first heading (or, in HTML, the one that the page's title repeats) marked as the title."""
    if any(b.kind == "title" for b in blocks):
        return blocks
    candidates = [i for i, b in enumerate(blocks) if b.kind in ("heading", "paragraph") and len(b.text) > 5]
    same = [
        i
        for i in candidates
        if title and (blocks[i].text in title or title in blocks[i].text) and len(blocks[i].text) > 8
    ]
    heads = [i for i in candidates if blocks[i].kind == "heading" and not HEADING.match(blocks[i].text)]
    chosen = same or [i for i in heads[:1] if i in candidates[:8]]
    if not chosen:
        return blocks
    at = chosen[0]
    marked = blocks[at]
    return [*blocks[:at], replace(marked, kind="title"), *blocks[at + 1 :]]


def _labelled(texts: Sequence[str], label: re.Pattern[str]) -> Iterator[str]:
    for text in [*texts[:_FIRST_LINES], *texts[-_LAST_LINES:]]:
        for found in label.finditer(text[:200]):
            yield text[found.end() : found.end() + 40]


def _publisher(texts: Sequence[str], catalogue: Catalogue) -> str:
    """The body that the document (its folded lines) names as its source, or that signs it; empty if none or several."""
    names = _bodies(catalogue)
    for place in _labelled(texts, _SIGNED):
        word = re.split(r"[\s,，;；|()]", place.strip(), maxsplit=1)[0]
        if word:
            try:
                return catalogue.publisher(word).name
            except UnknownName:
                continue
    signed = {names[t.strip()] for t in [*texts[:6], *texts[-4:]] if t.strip() in names}
    if not signed:
        # A report of a release: “中国轻工业联合会近日公布……”, if it tells of one release only.
        signed = {names[found[1]] for t in texts[:_FIRST_LINES] for found in _announced(catalogue).finditer(t)}
    return signed.pop() if len(signed) == 1 else ""


@functools.lru_cache(maxsize=8)
def _announced(catalogue: Catalogue) -> re.Pattern[str]:
    """A body that makes something public: its name, a word of time or place, and the verb."""
    bodies = alternatives(fold(name) for name in _bodies(catalogue))
    return re.compile(rf"(?<![和与及、])({bodies}){_BETWEEN}{{0,4}}(?:发布|公布|公开|披露|通报|表示)")


@functools.lru_cache(maxsize=8)
def _bodies(catalogue: Catalogue) -> dict[str, str]:
    return {n: p.name for p in catalogue.publishers.values() for n in (p.name, p.short, *p.aliases) if n}


def _published(texts: Sequence[str]) -> dt.date | None:
    """The day that the document states as its own, in a labelled place or on a short line of its own."""
    for place in _labelled(texts, _DATED):
        if (found := _DATE.match(place)) and (day := _day(found)):
            return day
    for text in [*texts[:12], *texts[-4:]]:
        if len(text) <= 60 and (found := _DATE.search(text)) and (day := _day(found)):
            rest = text[: found.start()] + text[found.end() :]
            if not re.search(r"[。]|增长|下降|[%]", rest):
                return day
    return None


def _day(found: re.Match[str]) -> dt.date | None:
    try:
        return dt.date(*(int(found[a] or found[b]) for a, b in ((1, 4), (2, 6), (3, 7))))
    except ValueError:
        return None
