"""Numbers with their places: widths, units, spaces, traditional characters."""

from __future__ import annotations

import re
from decimal import Decimal
from importlib import resources

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.reading.numbers import TIMES, Number, fold, number_of, number_pattern, squeeze


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def first(text: str, catalogue: Catalogue) -> Number:
    line = squeeze(fold(text))[0]
    found = re.search(number_pattern(catalogue), line)
    assert found is not None
    number = number_of(found, catalogue)
    assert number is not None
    return number


@pytest.mark.parametrize(
    ("text", "value", "unit", "printed"),
    [
        ("46527.3亿元", "46527.3", "亿元", "46527.3"),
        ("４６５２７．３亿元", "46527.3", "亿元", "46527.3"),
        ("46,527.3 亿元", "46527.3", "亿元", "46527.3"),
        ("９，１７７．６億元", "9177.6", "亿元", "9177.6"),
        ("1.02万亿元", "1.02", "万亿元", "1.02"),
        ("15.2万亿", "15.2", "万亿元", "15.2"),
        ("2465.7亿美元", "2465.7", "亿美元", "2465.7"),
        ("－3.1％", "-3.1", "%", "-3.1"),
        ("0.10个百分点", "0.10", "百分点", "0.10"),
        ("1.05倍", "1.05", TIMES, "1.05"),
        ("4691.3万台", "4691.3", "万台", "4691.3"),
        ("280.5万千升", "280.5", "万千升", "280.5"),
        ("20.4天", "20.4", "天", "20.4"),
        ("10.68万家", "10.68", "万户", "10.68"),
        ("10.68万户", "10.68", "万户", "10.68"),
        ("7467家", "7467", "户", "7467"),
        ("5.6万亿千瓦时", "5.6", "万亿千瓦时", "5.6"),
    ],
)
def test_number_with_unit(text: str, value: str, unit: str, printed: str, catalogue: Catalogue) -> None:
    number = first(text, catalogue)
    assert (number.value, number.unit, number.printed) == (Decimal(value), unit, printed)


@pytest.mark.parametrize("text", ["1234.5元/吨", "35.2亿卢布", "12.5亿", "3.4亿次"])
def test_unit_that_the_catalogue_does_not_know_is_no_unit(text: str, catalogue: Catalogue) -> None:
    assert first(text, catalogue).unit == ""


def test_scale_before_an_unknown_unit_is_kept(catalogue: Catalogue) -> None:
    assert first("12.5亿", catalogue).scale == 100_000_000


def test_digits_with_a_blank_between_are_marked(catalogue: Catalogue) -> None:
    line = squeeze(fold("27 204.3亿元"))[0]
    numbers = [number_of(m, catalogue) for m in re.finditer(number_pattern(catalogue), line)]
    assert [n.spaced for n in numbers if n] == [False, True]


def test_too_many_digits_are_no_figure(catalogue: Catalogue) -> None:
    found = re.search(number_pattern(catalogue), "1" * 40 + "亿元")
    assert found is not None
    assert number_of(found, catalogue) is None


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_fold_and_squeeze_keep_every_place(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    line, places = squeeze(folded)
    assert len(places) == len(line) + 1
    for at, c in enumerate(line):
        assert folded[places[at]] == c or (c == " " and folded[places[at]].isspace()) or c == " "
    assert places == sorted(places)


def test_thousands_of_wide_digits_but_not_lists() -> None:
    assert fold("９，１７７．６") == "9,177.6"
    assert fold("３．１，２．９") == "3.1，2.9"


def test_traditional_characters_fold_one_for_one() -> None:
    assert fold("規模以上工業企業利潤總額同比下降") == "规模以上工业企业利润总额同比下降"
    assert fold("農副食品加工業、傢具製造業增長") == "农副食品加工业、家具制造业增长"
    assert fold("財政、外貿、軟體、醃製品佔比，全國風機産量") == "财政、外贸、软体、腌制品占比，全国风机产量"


def test_the_table_of_characters_has_only_what_can_occur(catalogue: Catalogue) -> None:
    data = resources.files("qinggong.reading").joinpath("data")
    pairs = yaml.safe_load(data.joinpath("traditional.yaml").read_text(encoding="utf-8"))["pairs"]
    words = data.joinpath("words.yaml").read_text(encoding="utf-8")
    known = set(words) | set(catalogue.characters())
    old = "".join(left for left, _ in pairs)
    new = "".join(right for _, right in pairs)
    assert len(old) == len(new) == len(old.encode("utf-16-le")) // 2
    assert len(set(old)) == len(old), "a character stands twice"
    assert not set(new) - known, "no catalogue name and no phrase has this character"
    assert not set(old) & set(new)
