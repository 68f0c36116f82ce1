"""The English edition of four months: nothing Chinese in it, the same facts and numbers, every number a fact."""

from __future__ import annotations

import json
import re

import pytest

from qinggong import flow
from qinggong.publish.bulletin import compose, printed_facts
from qinggong.publish.document import Bulletin, Cell, Figure, Number, Paragraph, Table
from qinggong.publish.english.lexicon import has_chinese

MONTHS = ("2022-10", "2022-12", "2024-02", "2024-08")
# Digits that are no figures: years, days, numbers of tables and of rules, names of the catalogue and of plans.
NOT_FIGURES = [
    r"\d{4}-\d{2}-\d{2}", r"\b(?:19|20)\d{2}\b",
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September"
    r"|October|November|December)\b", r"X-11", r"section \d+", r"\d+ blocks?", r"0\.1 billion", r"per 100 yuan", r"80%",
    r"\(11, as this system takes them\)", r"PMI\d*", r"No\. \d+",
]  # fmt: skip


@pytest.fixture(scope="module")
def english(released: dict[str, flow.Released]) -> dict[str, Bulletin]:
    return {code: compose(done.brief, title="轻工业运行监测月报", language="en") for code, done in released.items()}


def texts(bulletin: Bulletin) -> list[str]:
    found = [bulletin.title, bulletin.subtitle, bulletin.period_name, bulletin.issue_line, bulletin.status_line]
    found += [p.text for p in bulletin.summary] + [s.title for s in bulletin.sections]
    found += [s.title + s.publisher for s in bulletin.sources]
    for block in (b for s in bulletin.sections for b in s.blocks):
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Table):
            cells = [c for row in block.rows for c in row]
            found += [block.label, block.title, block.unit_note, block.source, *block.notes]
            found += [c.head + c.unit for c in block.columns] + [c.text + c.title for c in cells]
        elif isinstance(block, Figure):
            found += [block.label, block.title, block.alt, block.source, *block.notes]
            found.append(json.dumps(block.spec, ensure_ascii=False))
    return found


@pytest.mark.parametrize("code", MONTHS)
def test_nothing_is_chinese(code: str, english: dict[str, Bulletin]) -> None:
    assert english[code].language == "en"
    assert not [text for text in texts(english[code]) if has_chinese(text)]


@pytest.mark.parametrize("code", MONTHS)
def test_the_facts_are_those_of_the_chinese_edition(
    code: str, english: dict[str, Bulletin], bulletins: dict[str, Bulletin], released: dict[str, flow.Released]
) -> None:
    ours, theirs = english[code], bulletins[code]
    told, known = printed_facts(ours.summary, ours.sections), printed_facts(theirs.summary, theirs.sections)
    assert told <= known
    assert len(known - told) <= len(known) / 50, sorted(known - told)[:5]
    book = released[code].brief.book
    for block in (*ours.summary, *(b for s in ours.sections for b in s.blocks)):
        if isinstance(block, Paragraph):
            for part in block.inlines:
                if isinstance(part, Number):
                    assert part.text in book[part.fact_id].forms()


@pytest.mark.parametrize("code", MONTHS)
def test_main_sections_are_whole(code: str, english: dict[str, Bulletin], bulletins: dict[str, Bulletin]) -> None:
    """Overview, topics, momentum, prosperity, industries and notes: as many blocks as in Chinese."""
    mine = {s.key: len(s.blocks) for s in english[code].sections}
    theirs = {s.key: len(s.blocks) for s in bulletins[code].sections}
    for key in ("overview", "production", "efficiency", "market", "exports", "momentum", "prosperity", "industries"):
        assert mine[key] == theirs[key], key
    assert mine["notes"] >= theirs["notes"]


@pytest.mark.parametrize("code", MONTHS)
def test_every_number_in_the_text_is_a_fact(code: str, english: dict[str, Bulletin]) -> None:
    for block in (b for s in english[code].sections for b in s.blocks):
        if isinstance(block, Paragraph):
            rest = "".join(part for part in block.inlines if isinstance(part, str))
        elif isinstance(block, Table):
            cells: list[Cell] = [c for row in block.rows for c in row if not c.fact_id]
            rest = " | ".join(c.text for c in cells)
        else:
            continue
        for pattern in NOT_FIGURES:
            rest = re.sub(pattern, "", rest)
        assert not re.search(r"\d", rest), rest


SAID = {
    "2022-12": [
        "In December 2022, value added of industry above designated size rose by 1.3% year on year, slowing by 0.9 "
        "percentage points from November",
        "In 2022, total profits of industry above designated size were 84039 hundred million yuan, down 4.0% year on",
    ],
    "2024-02": ["up 26.9%, accelerating sharply by 23.1 percentage points from the whole of the year before"],
    "2024-08": [
        "total retail sales of consumer goods were 38726 hundred million yuan, up 2.1%",
        "According to the China National Light Industry Council, in the first half of 2024, value added of light "
        "industry rose by 5.3% year on year, slowing by 0.6 percentage points from January–April",
        "growth of 2 is known for this period, and without all of them no ranking and no count is given",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("code", "sentence"), [(code, s) for code, said in SAID.items() for s in said])
def test_says_in_english_what_the_release_says(code: str, sentence: str, english: dict[str, Bulletin]) -> None:
    assert any(sentence in text for text in texts(english[code]))
