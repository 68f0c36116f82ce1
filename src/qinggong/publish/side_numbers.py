"""Numbers in text that a person wrote (人工文字中的数字): which of them are facts, which are not, which contradict one.

A number is taken for a fact if digits and unit are those of a fact, its sentence names what the fact is about, and the
checker has nothing against it. Every other number gets a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qinggong.catalogue import Catalogue
from qinggong.monitor.facts import Fact, FactBook
from qinggong.publish.document import Inline, Number

MARK = "†"
_FIGURE = re.compile(
    r"(?<![\d.,A-Za-z])(?P<sign>[-−－]?)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*"
    r"(?P<unit>个百分点|百分点|[%％]|万亿元|亿美元|亿元|万元|元|个月|[万亿]?[个家户台辆件吨只支双米点倍项条种]|)"
)
_MARKED = re.compile(rf"(?P<digits>[\d.,]+)(?P<unit>[^{MARK}]*){MARK}")
_NOT_FIGURES = re.compile(
    r"\d{4}\s*[—\-~至]\s*\d{2,4}\s*年|\d{4}年|\d{1,2}\s*[—\-~至]\s*\d{1,2}\s*月|\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?|\d{1,2}\s*日"
    r"|第\s*\d+\s*[期号批届条项款章节]|[〔（(\[]\s*\d{4}\s*[〕）)\]]\s*\d+\s*号|Q[1-4]\b|H[12]\b|[表图]\s*\d+-\d+"
)
_SENTENCE = re.compile(r"[^。！？\n]*[。！？]?")
_FALLING = ("下降", "减少", "低于", "回落", "收窄", "亏损", "拉低", "拖累", "负")
_RISING = ("增长", "提高", "高于", "加快", "上升", "扩大", "拉动", "增加")


def mark_numbers(
    texts: Sequence[str], *, book: FactBook, catalogue: Catalogue
) -> tuple[list[tuple[Inline, ...]], list[str]]:
    """Paragraphs with their numbers as facts or marked, and in Chinese what contradicts the facts.

    Returns
    -------
    tuple
        The inlines of each text, in order; and sentences for the person who wrote them.
    """
    wrong = _contradictions(texts, book, catalogue)
    names = sorted({n for i in catalogue.indicators.values() for n in (i.name, *i.aliases)}, key=len, reverse=True)
    by_form = _forms(book)
    said = [f"第{place + 1}段“{quote}”：{message}" for place, quote, message in wrong]
    marked = []
    for place, text in enumerate(texts):
        doubted = [quote for at, quote, _ in wrong if at == place and quote]
        marked.append(_inlines(text, by_form, names, doubted))
    return marked, said


def adopted(inlines: Sequence[Inline], original: Sequence[Inline]) -> tuple[Inline, ...]:
    """The inlines with marked numbers that the rewritten paragraph had itself as the facts that they were there."""
    own = {part.text: part for part in original if isinstance(part, Number)}
    found: list[Inline] = []
    for part in inlines:
        marked = _MARKED.fullmatch(part) if isinstance(part, str) else None
        if marked is not None and marked["digits"] in own:
            found += [own[marked["digits"]], *([marked["unit"]] if marked["unit"] else [])]
        else:
            found.append(part)
    return tuple(found)


def _forms(book: FactBook) -> dict[tuple[str, str], list[Fact]]:
    """Facts by their digits without sign and their unit."""
    found: dict[tuple[str, str], list[Fact]] = {}
    for fact in book:
        if fact.value is not None:
            found.setdefault((fact.text.lstrip("-−+"), _unit(fact.unit)), []).append(fact)
    return found


def _unit(text: str) -> str:
    return text.replace("％", "%").removeprefix("个") if text.endswith("百分点") else text.replace("％", "%")


def _inlines(
    text: str, by_form: dict[tuple[str, str], list[Fact]], names: Sequence[str], doubted: Sequence[str]
) -> tuple[Inline, ...]:
    inlines: list[Inline] = []
    end = 0
    periods = [m.span() for m in _NOT_FIGURES.finditer(text)]
    sentences = [m.span() for m in _SENTENCE.finditer(text) if m[0]]
    for found in _FIGURE.finditer(text):
        start, stop = found.span("digits")
        if any(a <= start < b for a, b in periods):
            continue
        a, b = next(s for s in sentences if s[0] <= start < s[1])
        fact = None
        if not any(found["digits"] in quote for quote in doubted):
            fact = _fact(found, text[a:b], text[a:start], by_form, names)
        inlines.append(text[end:start])
        if fact is not None:
            inlines.append(Number(found["digits"], fact.id))
            end = stop
        else:
            inlines.append(text[start : found.end()] + MARK)
            end = found.end()
    inlines.append(text[end:])
    return tuple(part for part in inlines if part != "")


def _fact(
    found: re.Match[str], sentence: str, before: str, by_form: dict[tuple[str, str], list[Fact]], names: Sequence[str]
) -> Fact | None:
    """The fact that a number states: equal digits and unit, named in the sentence, in the direction of its word."""
    unit = _unit(found["unit"])
    digits = found["digits"].replace(",", "")
    for fact in by_form.get((digits, unit), ()):
        if not _named(fact, sentence, names):
            continue
        falling = bool(found["sign"]) or _last_word(before) in _FALLING
        rising = _last_word(before) in _RISING
        value = fact.value or 0.0
        if (falling and value > 0 and fact.unit in ("%", "百分点")) or (rising and value < 0):
            continue
        return fact
    return None


def _named(fact: Fact, sentence: str, names: Sequence[str]) -> bool:
    """Whether the sentence names the indicator of a fact."""
    own = [n for n in names if n in fact.label]
    if own:
        return any(n in sentence for n in own)
    return any(fact.label[i : i + 3] in sentence for i in range(max(len(fact.label) - 2, 1)))


def _last_word(before: str) -> str:
    """The last word of direction before a number in its sentence."""
    places = {word: before.rfind(word) for word in (*_FALLING, *_RISING)}
    word, place = max(places.items(), key=lambda pair: (pair[1], len(pair[0])))
    return word if place >= 0 and len(before) - place <= 12 else ""


def _contradictions(texts: Sequence[str], book: FactBook, catalogue: Catalogue) -> list[tuple[int, str, str]]:
    """What the checker finds in the texts against the facts: paragraph, quotation, message."""
    from pathlib import PurePath

    from qinggong.publish.checker import CheckError, check_document, gather

    if not any(any(c.isdigit() for c in t) for t in texts):
        return []
    reference = gather(_rows(book), catalogue=catalogue)
    lines = [" ".join(t.split()) for t in texts]
    try:
        report = check_document(
            PurePath("side.txt"), "\n".join(lines).encode(), catalogue=catalogue, reference=reference
        )
    except CheckError:
        return []
    filled = [n for n, line in enumerate(lines) if line]
    return [
        (filled[f.position.paragraph - 1] if 0 < f.position.paragraph <= len(filled) else 0, f.quote,
         f.message + (f"（应为{f.expected}）" if f.expected and f.expected not in f.message else ""))
        for f in report.findings
    ]  # fmt: skip


def _rows(book: FactBook) -> Iterator[dict[str, object]]:
    """Published facts as rows of a release's data."""
    for fact in book:
        if fact.value is not None and fact.status == "published":
            yield {
                "id": fact.id, "period": fact.period.code, "value": fact.value, "printed": fact.text,
                "unit": fact.unit,
            }  # fmt: skip
