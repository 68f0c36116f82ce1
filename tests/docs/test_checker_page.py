"""The page of the checker's rules holds every rule of the rule file, with its words and its example sentences."""

from __future__ import annotations

import re
from pathlib import Path

from qinggong.publish.checker import rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "checker-rules.md"


def test_every_rule_stands_on_the_page_once_and_nothing_else() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", text, re.MULTILINE)
    assert table == [(r.id, r.title) for r in rules().values()]
    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == list(rules())


def test_words_and_sentences_are_those_of_the_rules() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for rule in rules().values():
        section = text.split(f"\n### {rule.id}\n")[1].split("\n### ")[0]
        assert rule.about in section
        assert re.findall(r"```text\n(.*?)\n```", section, re.DOTALL) == [s for s in (rule.wrong, rule.right) if s]
