"""The rules of appeals (企业诉求的归类规则): categories and their words, likeness, systemic issues, ratings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.plans import Code
from qinggong.catalogue.schema import Entry as CatalogueEntry
from qinggong.catalogue.schema import Text
from qinggong.office.problems import OfficeError

_FILE = "office/appeals.yaml"
Part = Annotated[float, Field(gt=0, le=1)]
Number = Annotated[int, Field(ge=1, le=10_000)]


class Category(CatalogueEntry):
    """A category with its words and their weights, and the problem by which measures of plans are tagged."""

    code: Code
    name: Text
    name_en: Text
    problem: Code
    words: dict[Text, Number]


class ComparisonRules(CatalogueEntry):
    """When two texts count as the same, and when as alike."""

    characters: tuple[Number, ...] = Field(min_length=1)
    duplicate: Part
    alike: Part
    within_days: Number


class SystemicRules(CatalogueEntry):
    """How many enterprises within how many days make a systemic issue."""

    within_days: Number
    alike_firms: Number
    category_firms: Number


class RatingRules(CatalogueEntry):
    """Which rating sends an answer back."""

    unsatisfied_at_most: Annotated[int, Field(ge=0, le=4)]


class AppealRules(CatalogueEntry):
    """Categories, comparison, systemic issues."""

    kind: Literal["appeal_rules"]
    source: Text
    valid_from: dt.date
    categories: tuple[Category, ...]
    common_phrases: tuple[Text, ...]
    comparison: ComparisonRules
    systemic: SystemicRules
    rating: RatingRules
    channels: tuple[Text, ...]

    @model_validator(mode="after")
    def _consistent(self) -> AppealRules:
        codes = [c.code for c in self.categories]
        if len(set(codes)) != len(codes) or codes[-1:] != ["other"]:
            raise ValueError("categories: each code once, the last one is “other”")
        if self.comparison.duplicate < self.comparison.alike:
            raise ValueError("comparison: duplicate is not below alike")
        return self

    def category(self, code: str) -> Category:
        """The category of a code.

        Raises
        ------
        OfficeError
            Naming those there are.
        """
        for category in self.categories:
            if category.code == code or category.name == code:
                return category
        names = "、".join(f"{c.code}（{c.name}）" for c in self.categories)
        raise OfficeError(f"没有诉求类别“{code[:40]}”，可用的有 {names}")


@dataclass(frozen=True, slots=True)
class Classified:
    """A category with the words it rests on; ``sure`` is false where a person should look."""

    category: str
    words: tuple[str, ...]
    sure: bool


@cache
def appeal_rules(overlay: Path | None = None) -> AppealRules:
    """The rules in use; a workspace's own ``office/appeals.yaml`` replaces the bundled one."""
    return own_document(overlay, _FILE, AppealRules) or bundled_document(_FILE, AppealRules)


def classify_text(text: str, rules: AppealRules | None = None) -> Classified:
    """The category whose words weigh most; at one place of the text only the longest word counts."""
    rules = rules or appeal_rules()
    weights = {word: (c.code, weight) for c in rules.categories for word, weight in c.words.items()}
    taken, found = text, dict[str, tuple[str, int]]()
    for word in sorted(weights, key=lambda w: (-len(w), w)):
        if word in taken:
            found[word] = weights[word]
            taken = taken.replace(word, "\n")
    sums: dict[str, int] = {}
    for code, weight in found.values():
        sums[code] = sums.get(code, 0) + weight
    if not sums:
        return Classified("other", (), False)
    order = [c.code for c in rules.categories]
    ranked = sorted(sums, key=lambda code: (-sums[code], order.index(code)))
    sure = len(ranked) == 1 or sums[ranked[0]] > sums[ranked[1]]
    words = tuple(w for w, (code, _) in found.items() if code == ranked[0])
    return Classified(ranked[0], words, sure)
