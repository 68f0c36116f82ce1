"""The bundled font: complete, measurable, cut down per document to the same bytes."""

from __future__ import annotations

import base64
import io

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from qinggong.publish.fonts import FAMILY, WEIGHTS, Weight, drawable, font_dir, missing_characters, text_width, web_font


def _file(weight: Weight) -> TTFont:
    return TTFont(font_dir() / f"NotoSansSC-{weight}.ttf", lazy=True)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_one_family_two_weights_small_files(weight: Weight) -> None:
    path = font_dir() / f"NotoSansSC-{weight}.ttf"
    font = _file(weight)
    assert path.stat().st_size < 3_000_000
    assert "glyf" in font
    assert str(font["name"].getName(1, 3, 1, 0x409)) == FAMILY
    assert str(font["name"].getName(2, 3, 1, 0x409)) == weight
    assert font["OS/2"].usWeightClass == WEIGHTS[weight]


def test_licence_lies_beside_the_fonts() -> None:
    text = (font_dir() / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text


def test_gb2312_and_the_signs_of_tables_are_there() -> None:
    rows = "".join(
        bytes((high, low)).decode("gb2312", "ignore") for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF)
    )
    assert len(rows) > 7000
    assert missing_characters(rows) == ""
    assert missing_characters("–—―−±×≥≤‰①⑳↑↓→▲▼△▽●○，。（）：；％ÀÿA~\n\t") == ""


def test_a_character_outside_the_font_is_named_once() -> None:
    assert missing_characters("轻工😀龘业😀") == "龘😀"


def test_accented_letters_that_the_font_lacks_lose_their_accent() -> None:
    assert drawable("čínský přemysl Łódź 轻工") == "cínský premysl Lódz 轻工"
    assert drawable("😀") == "😀"


@pytest.mark.parametrize("weight", WEIGHTS)
def test_digits_and_minus_have_one_width(weight: Weight) -> None:
    assert len({text_width(c, weight) for c in "0123456789−"}) == 1
    assert text_width("轻工", weight) == 2.0


@pytest.mark.parametrize("weight", WEIGHTS)
def test_web_font_has_the_text_and_ascii_only(weight: Weight) -> None:
    first = web_font("轻工业，增长", weight)
    assert web_font("增长，轻工业业", weight) == first
    font = TTFont(io.BytesIO(base64.b64decode(first)))
    held = set(font.getBestCmap())
    assert held == set(range(0x20, 0x7F)) | {ord(c) for c in "轻工业，增长"}
    assert len(first) < 60_000
