"""Every name of the catalogue is printed whole: no character without a glyph, none replaced."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import pypdfium2
import pytest
import yaml

from qinggong.publish.charts import bar_chart, render_svg
from qinggong.publish.document import Bulletin, Cell, Column, Figure, Paragraph, Section, Table
from qinggong.publish.fonts import UNDRAWABLE, drawable, missing_characters, printable, text_width
from qinggong.publish.pdf import render_pdf

NAMES = frozenset({"name", "short", "title", "aliases", "publisher", "label", "unit", "light", "text", "names"})
"""Fields of the catalogue that are printed."""


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _named(value: Any, *, inside: bool = False) -> Iterator[str]:
    """Texts below the fields that are names."""
    if isinstance(value, str) and inside:
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _named(one, inside=inside or key in NAMES)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one, inside=inside)


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    """The catalogue's YAML files by name, and its CSV files as rows."""
    root = resources.files("qinggong.catalogue") / "data"
    found: dict[str, Any] = {}
    for file in _files(root):
        if file.name.endswith(".yaml"):
            found[file.name] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        elif file.name.endswith(".csv"):
            found[file.name] = [list(set(column)) for column in zip(*csv.reader(io.StringIO(
                file.read_text(encoding="utf-8"))), strict=False)]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def names(documents: dict[str, Any]) -> list[str]:
    found = dict.fromkeys(t.strip() for d in documents.values() for t in _named(d) if 0 < len(t.strip()) <= 60)
    return list(found)


def test_every_text_of_the_catalogue_has_its_glyphs(documents: dict[str, Any]) -> None:
    """As they are printed: accents that the font lacks are dropped from foreign titles."""
    lacking = {name: missing_characters(drawable("".join(_texts(content)))) for name, content in documents.items()}
    assert {name: characters for name, characters in lacking.items() if characters} == {}


def _bulletin(names: list[str], svgs: dict[str, str]) -> Bulletin:
    rows = tuple((Cell(name), Cell("1.0")) for name in names)
    table = Table("表1-1", "目录名称", (Column("名称", align="left"), Column("数值")), rows)
    figures = tuple(Figure(label, "名称", {}) for label in svgs)
    section = Section("names", "一", "名称", (Paragraph(("目录所载名称。",), "lead"), table, *figures))
    return Bulletin("名称", "", "2024年8月", "", "", (), (section,), (), "2024-09-27T00:00:00+08:00")


def test_every_name_is_printed_whole(names: list[str]) -> None:
    """A PDF/A with a missing glyph cannot be made, and nothing was replaced to make this one."""
    assert len(names) > 500
    assert {"农副食品加工业", "全国", "国家统计局", "出口交货值", "亿元"} <= set(names)
    longest = sorted(names, key=text_width)[-40:]
    chart = bar_chart(labels=longest, values=[1.0] * 40, texts=["1.0"] * 40, unit="%")
    bulletin = _bulletin(names, svgs := {"图1-1": render_svg(chart, uid="a")})
    pages = pypdfium2.PdfDocument(render_pdf(bulletin, svgs=svgs))
    printed = re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in pages))
    assert UNDRAWABLE not in printed
    there = set(printed)
    lost = [name for name in names if not set(re.sub(r"\s", "", drawable(name))) <= there]
    assert lost == []


def test_a_character_without_a_glyph_is_replaced_and_named() -> None:
    hard = "龘工业😀\x07\u200e\ufe0f\u200b"
    assert printable(hard) == f"{UNDRAWABLE}工业{UNDRAWABLE}\u200b"
    assert missing_characters("龘工业😀") == "龘😀"
    chart = bar_chart(labels=[hard], values=[1.0], texts=["1.0"], unit=hard)
    bulletin = _bulletin([hard], svgs := {"图1-1": render_svg(chart, uid="a")})
    printed = "".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(render_pdf(bulletin, svgs=svgs)))
    assert printed.count(UNDRAWABLE) >= 4
