"""Check a document (核对一份文件): read it, enter its figures in the ledger, run the rules, place what they find."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import NamedTuple

from qinggong.catalogue import Catalogue
from qinggong.publish.checker.findings import CheckError, Finding, Position, Report, Severity, in_order, rules
from qinggong.publish.checker.ledger import NO_YEAR, Ledger, keep
from qinggong.publish.checker.reference import Reference
from qinggong.reading import Block, Document, DocumentError, read_blocks, read_document
from qinggong.reading.claim_walk import read_claims
from qinggong.reading.claims import Claim
from qinggong.reading.dating import heading_period, only_year
from qinggong.reading.numbers import fold, squeeze
from qinggong.reading.phrases import WORTH_READING
from qinggong.reading.vocabulary import Dated, Vocabulary, vocabulary

KINDS = (".docx", ".pdf", ".html", ".htm", ".txt", ".md")
_YEAR = re.compile(r"(?<!\d)(20\d\d|19\d\d)年")


class Issue(NamedTuple):
    """A finding before it is placed: where it starts in the document's text, and what stands there."""

    rule: str
    start: int
    quote: str
    message: str
    expected: str = ""
    severity: str = ""


@dataclass(slots=True)
class Material:
    """A document as the rules see it."""

    words: Vocabulary
    blocks: Sequence[Block]
    ledger: Ledger
    title: Dated | None
    issues: list[Issue] = field(default_factory=list)

    def say(self, rule: str, at: Claim | int, quote: str, message: str, expected: str = "", severity: str = "") -> None:
        start = at if isinstance(at, int) else at.start
        self.issues.append(Issue(rule, start, quote, message, expected, severity))


def check_document(
    path: PurePath, content: bytes, *, catalogue: Catalogue, reference: Reference | None = None
) -> Report:
    """The findings of a report: .docx, .pdf, .html, .htm, .txt or .md.

    Parameters
    ----------
    reference
        Figures to hold the document against, from :func:`read_reference` or :func:`gather`.

    Raises
    ------
    CheckError
        With a Chinese sentence that names the file, if the document cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise CheckError(f"不能核对“{path}”：只核对 {'、'.join(KINDS)} 文件，请另存为其中一种")
    try:
        document = read_document(path, content, catalogue=catalogue)
    except DocumentError as error:
        raise CheckError(f"不能核对“{path}”：{error}") from error
    if not any(b.text or b.rows for b in document.blocks):
        raise CheckError(f"不能核对“{path}”：没有可读文字" + ("，可能是扫描件" if suffix == ".pdf" else ""))
    return check_read(document, catalogue=catalogue, reference=reference)


def check_text(text: str, *, catalogue: Catalogue) -> Report:
    """The findings of plain text, one paragraph a line."""
    return check_document(PurePath("text.txt"), text.encode(), catalogue=catalogue)


def check_read(document: Document, *, catalogue: Catalogue, reference: Reference | None = None) -> Report:
    """The findings of a document that was read."""
    from qinggong.publish.checker.rulebook import RULES

    material = _material(document, catalogue)
    material.ledger.reference = reference or {}
    for rule in RULES:
        rule(material)
    found = _placed(document, material)
    ledger = material.ledger
    told = ledger.figures.items()
    return Report(
        found,
        numbers=len({c.start for c in ledger.claims} | set(ledger.by_start)),
        compared=sum(len(figures) for _, figures in told if len(figures) > 1),
        known=sum(len(figures) for quantity, figures in told if quantity in ledger.reference),
    )


def _material(document: Document, catalogue: Catalogue) -> Material:
    words = vocabulary(catalogue, document.publisher)
    blocks = document.blocks
    headings = [b for b in blocks if b.kind in ("title", "heading")]
    texts = [b.text for b in blocks if b.kind != "table"]
    year = next((int(y[1]) for b in headings if (y := _YEAR.search(squeeze(fold(b.text))[0]))), None)
    stated = only_year(words, texts) if year is None else None
    assumed = year or (stated.year if stated is not None else _first_year(texts))
    claims: list[Claim] = []
    context: Dated | None = None
    title: Dated | None = None
    for number, block in enumerate(blocks):
        if block.kind == "table":
            continue
        if block.kind in ("title", "heading"):
            own = heading_period(words, block.text, assumed)
            context, title = own or context, title or own
        if WORTH_READING.search(block.text) and " | " not in block.text:  # a row of a table that was not read as one
            claims += read_claims(
                words, block.text, start=block.start, block=number, year=assumed, context=context or title
            )
    readings = {
        r.start: r
        for r in read_blocks(blocks, catalogue=catalogue, year=assumed, publisher=document.publisher, trusting=True)
        if r.kind == "observation"
    }
    first = next((c.period for c in claims if c.period is not None and c.period.period is not None), None)
    ledger = Ledger(words, claims, readings, title or first, _topic(words, headings), _broken(blocks))
    keep(ledger)
    return Material(words, blocks, ledger, title)


def _first_year(texts: Iterable[str]) -> int:
    """The year of a text without a dated heading: the first that it names."""
    for text in texts:
        if found := _YEAR.search(squeeze(fold(text))[0]):
            return int(found[1])
    return NO_YEAR


def _broken(blocks: Sequence[Block]) -> frozenset[int]:
    """Paragraphs that may go on one before: lines of a page do not say, and others stop inside a sentence there."""
    return frozenset(
        n
        for n, block in enumerate(blocks)
        if block.page or (n and blocks[n - 1].kind == "paragraph" and blocks[n - 1].text[-1] in "；，、,;")
    )


def _topic(words: Vocabulary, headings: Sequence[Block]) -> str:
    """The one subject that the first heading names: figures without a subject are of it."""
    for block in headings[:1]:
        tokens = words.tokens(squeeze(fold(block.text))[0], year=None)
        named = {t.value for t in tokens if t.kind == "subject"}
        if len(named) == 1:
            return str(named.pop())
    return ""


def _placed(document: Document, material: Material) -> tuple[Finding, ...]:
    blocks = document.blocks
    starts = [b.start for b in blocks]
    tables = paragraphs = 0
    numbers: list[tuple[int, int]] = []
    for block in blocks:
        tables, paragraphs = (tables + 1, paragraphs) if block.kind == "table" else (tables, paragraphs + 1)
        numbers.append((tables, paragraphs))
    sentences = {c.start: c.sentence for c in material.ledger.claims}
    placed = []
    for issue in material.issues:
        at = max(bisect.bisect_right(starts, issue.start) - 1, 0)
        block = blocks[at]
        if block.kind == "table":
            row, column = _cell(block, issue.start)
            position = Position(page=block.page, table=numbers[at][0], row=row, column=column)
        else:
            sentence = sentences.get(issue.start) or 1 + block.text[: issue.start - block.start].count("。")
            position = Position(page=block.page, paragraph=numbers[at][1], sentence=sentence)
        severity: Severity = "warning" if "warning" in (issue.severity, rules()[issue.rule].severity) else "error"
        finding = Finding(issue.rule, severity, position, issue.quote, issue.message, issue.expected)
        placed.append((issue.start, finding))
    return in_order(placed)


def _cell(block: Block, start: int) -> tuple[int, int]:
    for y, row in enumerate(block.rows, start=1):
        for x, cell in enumerate(row, start=1):
            if cell.start <= start < cell.start + max(len(cell.text), 1):
                return y, x
    return 0, 0
