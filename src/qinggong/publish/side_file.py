"""The side file of an edition (附加文字): what a person adds to the generated text, in Markdown, and keeps over every
regeneration.

Second-level headings say what a part is: 问题, 展望, 建议 are sections of their own; “之后：工业生产” (``after: production``)
adds paragraphs to a section; “改写：production/3f2a1c” (``edit: …``) replaces one generated paragraph, whose text stands
quoted (``> …``) so that a later change of it is noticed. Comments are left out. Raw HTML stays text and is escaped by
every renderer; a control character is removed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qinggong.catalogue import Catalogue
from qinggong.monitor.facts import FactBook
from qinggong.publish.document import Block, Number, Paragraph, Section
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.side_numbers import MARK, adopted, mark_numbers

if TYPE_CHECKING:
    from markdown_it.token import Token

LARGEST = 500_000
OWN = {"问题": ("problems", "问题与困难"), "展望": ("outlook", "走势判断"), "建议": ("advice", "工作建议")}
"""Heading of an own section → its key and the title printed."""
_OWN_SPELLINGS = {
    **{key: key for key in OWN}, "问题与困难": "问题", "存在问题": "问题", "走势判断": "展望", "下一步走势": "展望",
    "工作建议": "建议", "政策建议": "建议", "problems": "问题", "outlook": "展望", "advice": "建议",
}  # fmt: skip
_AFTER = re.compile(r"^(?:之后|after)\s*[:：]\s*(.+)$", re.IGNORECASE)
_EDIT = re.compile(r"^(?:改写|edit)\s*[:：]\s*(.+)$", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FOOT = f"{MARK} 由人工填写，不在本期事实之内。"


class SideFileError(Exception):
    """A side file cannot be read; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a side file.

    ``target`` is the key of an own section, the section added to, or the anchor; ``original`` the quoted text.
    """

    kind: Literal["own", "after", "edit"]
    target: str
    line: int
    paragraphs: tuple[Paragraph, ...]
    original: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A side file that was read: its parts, and in Chinese what a person should look at."""

    name: str
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.kind == "own")


def load(path: Path) -> str:
    """The text of the side file at ``path``; empty where there is none.

    Raises
    ------
    SideFileError
        If the file is too large, or no UTF-8 text.
    """
    try:
        if not path.is_file():
            return ""
        content = path.read_bytes()
    except OSError as error:
        raise SideFileError(f"读不到附加文字“{path}”（{error.strerror or error}）") from error
    if len(content) > LARGEST:
        raise SideFileError(f"附加文字“{path}”超过{LARGEST // 1000}KB，请删减")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SideFileError(f"附加文字“{path}”第{line}行不是 UTF-8 文字，请另存为 UTF-8") from error


def understood(text: str, *, name: str, book: FactBook, catalogue: Catalogue) -> Side | None:
    """The parts of a side file with their numbers held against the facts; ``None`` for an empty text."""
    if not text.strip():
        return None
    return mark_numbers_of(parse(text, name=name), book=book, catalogue=catalogue)


def parse(text: str, *, name: str) -> Side:
    """The parts of a side file; headings that are not understood are told and left out."""
    from markdown_it import MarkdownIt

    # Comments become blank lines, so that line numbers stay those of the file.
    plain = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), _printable(text))
    tokens = MarkdownIt("commonmark", {"html": False}).parse(plain)
    entries: list[Entry] = []
    problems: list[str] = []
    for heading, line, body in _parts(tokens):
        if heading is None:
            if any(t.type == "inline" for t in body):
                problems.append(
                    f"{name}第{line}行：文字不在任何“## 标题”之下，没有采用，请写在 ## 问题、## 展望 等标题之下"
                )
            continue
        kind, target = _meaning(heading)
        if kind is None:
            problems.append(
                f"{name}第{line}行：不认识的标题“{heading[:40]}”，其下文字没有采用；可用：问题、展望、建议、之后：节名、改写：段落编号"
            )
            continue
        original, paragraphs = _content(body)
        if kind == "edit" and not original:
            problems.append(
                f"{name}第{line}行：改写“{target}”没有引用原文（> …），生成文字以后有变时不能提示；可用 qinggong side-file --edit 重写一份"
            )
        if paragraphs:
            entries.append(Entry(kind, target, line, paragraphs, original))
        else:
            problems.append(f"{name}第{line}行：“{heading[:40]}”下没有文字，没有采用")
    return Side(name, tuple(entries), tuple(problems))


def _printable(text: str) -> str:
    """The text without control characters: documents of XML cannot hold them."""
    kept = (c for c in text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))


def _parts(tokens: Sequence[Token]) -> Iterator[tuple[str | None, int, list[Token]]]:
    """Heading of level two, its line and the tokens below it; level one is the title of the file and left out."""
    heading: str | None = None
    body: list[Token] = []
    line, skipping = 1, False
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            title = tokens[place + 1]
            skipping = True
            if token.tag == "h2":
                if heading is not None or body:
                    yield heading, line, body
                heading, line, body = _plain(title), (token.map or [0])[0] + 1, []
        elif token.type == "heading_close":
            skipping = False
        elif not skipping:
            if heading is None and token.type == "inline" and not body:
                line = (token.map or [0])[0] + 1
            body.append(token)
    if heading is not None or body:
        yield heading, line, body


def _meaning(heading: str) -> tuple[Literal["own", "after", "edit"] | None, str]:
    if heading.strip() in _OWN_SPELLINGS:
        return "own", _OWN_SPELLINGS[heading.strip()]
    if found := _AFTER.match(heading.strip()):
        return "after", found[1].strip()
    if found := _EDIT.match(heading.strip()):
        return "edit", found[1].strip()
    return None, ""


def _content(tokens: Sequence[Token]) -> tuple[str, tuple[Paragraph, ...]]:
    """The quoted original, and the paragraphs: running text, and points of lists."""
    quoted: list[str] = []
    paragraphs: list[Paragraph] = []
    depth = lists = 0
    for token in tokens:
        depth += token.nesting if token.type.startswith("blockquote") else 0
        lists += token.nesting if token.type.startswith(("bullet_list", "ordered_list")) else 0
        text = _plain(token) if token.type == "inline" else token.content.strip() if token.type in _CODE else ""
        if not text:
            continue
        if depth:
            quoted.append(text)
        else:
            paragraphs.append(Paragraph((text,), "bullet" if lists else "body"))
    return "".join(quoted), tuple(paragraphs)


_CODE = ("fence", "code_block")


def _plain(token: Token) -> str:
    """The text of an inline token without its marks; lines of one paragraph are joined as Chinese text is."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            joined = "".join(parts)
            parts.append(" " if joined[-1:].isascii() and joined[-1:].strip() else "")
        elif child.type == "image":
            parts.append(child.content)
        else:
            parts.append(child.content)
    return "".join(parts).strip()


def mark_numbers_of(side: Side, *, book: FactBook, catalogue: Catalogue) -> Side:
    """The side file with its numbers held against the facts: those that are facts carry them, others are marked."""
    texts = [p.text for e in side.entries for p in e.paragraphs]
    marked, said = mark_numbers(texts, book=book, catalogue=catalogue)
    places = iter(marked)
    entries = tuple(
        dataclasses.replace(
            e, paragraphs=tuple(dataclasses.replace(p, inlines=next(places)) for p in e.paragraphs)
        )
        for e in side.entries
    )  # fmt: skip
    return dataclasses.replace(side, entries=entries, problems=(*side.problems, *(f"{side.name}：{s}" for s in said)))


# ------------------------------------------------------------------------------------------- placing


def own_sections(side: Side | None, place: int) -> list[Section]:
    """The sections that a person wrote, in the order 问题, 展望, 建议."""
    sections: list[Section] = []
    if side is None:
        return sections
    for name, (key, title) in OWN.items():
        blocks = [p for e in side.own if e.target == name for p in e.paragraphs]
        if blocks:
            counter = Counter(place + len(sections))
            sections.append(Section(key, counter.numeral, title, (*blocks, *_foot(blocks))))
    return sections


def _foot(blocks: Sequence[Block]) -> tuple[Block, ...]:
    marked = any(isinstance(b, Paragraph) and MARK in b.text for b in blocks)
    return (Paragraph((_FOOT,), "note"),) if marked else ()


def anchors(sections: Sequence[Section]) -> dict[str, Paragraph]:
    """Every generated paragraph by its anchor: ``production/3f2a1c``.

    The anchor follows from the section and the first fact that the paragraph prints (not from its value), so it stays
    when figures are revised; a paragraph without facts is known by how it begins.
    """
    found: dict[str, Paragraph] = {}
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Paragraph):
                found[_anchor(section.key, block, found)] = block
    return found


def _anchor(key: str, paragraph: Paragraph, taken: dict[str, Paragraph]) -> str:
    first = next((part.fact_id for part in paragraph.inlines if isinstance(part, Number)), None)
    known = first if first is not None else re.sub(r"\d", "", paragraph.text)[:24]
    digest = hashlib.sha256(f"{key}|{paragraph.style}|{known}".encode()).hexdigest()[:6]
    anchor, again = f"{key}/{digest}", 2
    while anchor in taken:
        anchor, again = f"{key}/{digest}-{again}", again + 1
    return anchor


def placed(sections: Sequence[Section], side: Side | None) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """The sections with the edits and additions of a side file, and what a person should look at."""
    if side is None:
        return tuple(sections), ()
    problems = list(side.problems)
    known = anchors(sections)
    edits = _known_edits(side, known, problems)
    used = [p for e in side.entries if e.kind != "edit" for p in e.paragraphs]
    used += [p for e in edits.values() for p in e.paragraphs]
    if strange := sum(p.text.count(MARK) for p in used):
        problems.append(f"{side.name}：有{strange}个数字不是本期的事实，已在文中标注“{MARK}”，请核对出处")
    after: dict[str, list[Paragraph]] = {}
    spellings = {s.key: s.key for s in sections} | {s.title: s.key for s in sections} | {a: a for a in known}
    for entry in side.entries:
        if entry.kind != "after":
            continue
        target = spellings.get(entry.target)
        if target is None:
            names = "、".join(s.title for s in sections)
            problems.append(
                f"{side.name}第{entry.line}行：没有“{entry.target[:40]}”这一节或段落，没有采用；可用的节：{names}"
            )
        else:
            after.setdefault(target, []).extend(entry.paragraphs)
    done = []
    taken: dict[str, Paragraph] = {}
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if not isinstance(block, Paragraph):
                blocks.append(block)
                continue
            anchor = _anchor(section.key, block, taken)
            taken[anchor] = block
            blocks += _replaced(block, edits[anchor]) if anchor in edits else [block]
            blocks += after.get(anchor, ())
        blocks += after.get(section.key, ())
        own = section.key in {key for key, _ in OWN.values()}
        changed = any(b not in section.blocks for b in blocks)
        done.append(dataclasses.replace(section, blocks=(*blocks, *(_foot(blocks) if changed and not own else ()))))
    return tuple(done), tuple(problems)


def _known_edits(side: Side, known: dict[str, Paragraph], problems: list[str]) -> dict[str, Entry]:
    edits: dict[str, Entry] = {}
    for entry in side.entries:
        if entry.kind != "edit":
            continue
        if entry.target not in known:
            problems.append(
                f"{side.name}第{entry.line}行：没有编号为“{entry.target[:40]}”的段落，改写没有采用；编号可用 qinggong side-file --list 查看"
            )
            continue
        now = known[entry.target].text
        if entry.original and _squeezed(entry.original) != _squeezed(now):
            problems.append(f"{side.name}第{entry.line}行：“{entry.target}”生成文字已变，请复核；现为：{now}")
        inlines = known[entry.target].inlines
        kept = tuple(dataclasses.replace(p, inlines=adopted(p.inlines, inlines)) for p in entry.paragraphs)
        edits[entry.target] = dataclasses.replace(entry, paragraphs=kept)
    return edits


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _replaced(block: Paragraph, entry: Entry) -> list[Paragraph]:
    """The paragraphs of an edit in the style of the one that they replace."""
    return [dataclasses.replace(p, style=block.style if p.style == "body" else p.style) for p in entry.paragraphs]
