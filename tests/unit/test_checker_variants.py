"""Variants of slips and of correct sentences (变体): every wrong one is found, no right one is touched.

The sentences are in ``checker_variants.txt``, by what is wrong with them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.publish.checker import check_text

NAMES = (
    "乳品、玩具、酿酒、眼镜、乐器、制盐、自行车、照明、工美、玻璃、家电、五金、制笔、家具、缝制机械、钟表、珠宝、塑料、皮革、陶瓷、"
    "饮料、日化、电池、造纸"
)


def _variants() -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    kind = ""
    for line in (Path(__file__).parent / "checker_variants.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            kind = line[1:-1]
        elif line and not line.startswith("#"):
            text = line.replace("\\n", "\n").replace("\\t", "\t").replace("@", NAMES)
            told.setdefault(kind, []).append(text)
    return told


VARIANTS = _variants()
WRONG = sorted(set(VARIANTS) - {"right", "facts"})


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _found(text: str, catalogue: Catalogue) -> list[str]:
    return [f.message for f in check_text(text, catalogue=catalogue).findings]


def test_the_variants_are_all_read() -> None:
    assert len(WRONG) == 14
    assert sum(map(len, VARIANTS.values())) > 350


@pytest.mark.parametrize("kind", WRONG)
def test_every_variant_of_a_slip_is_found(kind: str, catalogue: Catalogue) -> None:
    assert [text for text in VARIANTS[kind] if not _found(text, catalogue)] == []


@pytest.mark.parametrize("kind", ["right", "facts"])
def test_no_correct_variant_is_touched(kind: str, catalogue: Catalogue) -> None:
    assert {text: told for text in VARIANTS[kind] if (told := _found(text, catalogue))} == {}
