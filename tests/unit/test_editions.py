"""The declared editions: names resolve, every section has a builder, conditions decide, a workspace adds its own."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest

from qinggong.catalogue import CatalogueError, load_catalogue
from qinggong.catalogue.editions import Edition, SectionName, check_editions, load_editions
from qinggong.editions.asked import parse_span
from qinggong.publish.editions import BUILDERS
from qinggong.standing import FlowError

OWN = """\
kind: editions
source: 本单位
valid_from: 2026-01-01
editions:
  - {id: one-page, name: 一页通, title: 本单位一页通, periods: [month], formats: [pdf], sections: [{section: one_page}]}
  - {id: leaders, name: 领导参阅, title: 领导参阅, periods: [month], formats: [docx], sections: [{section: overview}, \
{section: warnings, when: in_force}]}
"""


def test_every_section_of_the_catalogue_has_a_builder() -> None:
    assert set(BUILDERS) == set(typing.get_args(SectionName))


def test_the_bundled_editions_resolve_and_cover_what_is_promised() -> None:
    plan = load_editions()
    check_editions(plan, load_catalogue())
    kinds = {(k, e.subject) for e in plan.editions for k in e.periods}
    assert {("month", "whole"), ("quarter", "whole"), ("half", "whole"), ("year", "whole"), ("month", "industry"),
            ("month", "province")} <= kinds  # fmt: skip
    assert plan.edition("一页通") == plan.edition("one-page")
    assert plan.edition("没有") is None
    assert [e.pages for e in plan.editions if e.id == "one-page"] == [1]
    assert "en" in next(e for e in plan.editions if e.id == "monthly").languages


def test_a_workspace_adds_and_replaces_editions(tmp_path: Path) -> None:
    (tmp_path / "bulletins").mkdir()
    (tmp_path / "bulletins/editions.yaml").write_text(OWN, encoding="utf-8")
    plan = load_editions(overlay=tmp_path)
    assert plan.edition("领导参阅") is not None
    page = plan.edition("one-page")
    assert page is not None
    assert page.title == "本单位一页通"
    assert len(plan.editions) == len(load_editions().editions) + 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("section: overview", "section: overveiw", "overveiw"),
        ("name: 领导参阅", "name: 月报", "two editions are called 月报"),
        ("formats: [docx]", "formats: [odt]", "odt"),
        ("when: in_force", "when: allways", "allways"),
        ("section: overview", "section: unit_index", "unit_index does not belong"),
    ],
)
def test_a_wrong_entry_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bulletins").mkdir()
    (tmp_path / "bulletins/editions.yaml").write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError, match=said):
        load_editions(overlay=tmp_path)


def test_an_edition_asks_for_sections_of_its_own_periods_only() -> None:
    entry = {"id": "x", "name": "甲", "title": "甲", "periods": ["quarter"], "formats": ["pdf"]}
    with pytest.raises(ValueError, match="no period year"):
        Edition.model_validate(entry | {"sections": [{"section": "overview", "in": ["year"]}]})


@pytest.mark.parametrize(
    ("text", "code", "kind", "period", "month"),
    [
        ("2024-08", "2024-08", "month", "2024-08", "2024-08"),
        ("2024-02", "2024-02", "month", "2024-01/2024-02", "2024-01/2024-02"),
        ("2024-q1", "2024-Q1", "quarter", "2024-01/2024-03", "2024-03"),
        ("2024-Q4", "2024-Q4", "quarter", "2024-01/2024-12", "2024-12"),
        ("2024-H1", "2024-H1", "half", "2024-01/2024-06", "2024-06"),
        ("2024", "2024", "year", "2024-01/2024-12", "2024-12"),
    ],
)
def test_periods_that_are_asked_for(text: str, code: str, kind: str, period: str, month: str) -> None:
    span = parse_span(text)
    assert (span.code, span.kind, span.period.code, span.month.code) == (code, kind, period, month)


@pytest.mark.parametrize(
    ("text", "said"),
    [("2024-H2", "请用 2024（年报）"), ("2024-Q5", "2024-Q3（季）"), ("24-08", "不认识的时期"), ("2024-13", "不认识的月份"),
     ("2024-01", "2024-02"), ("0024", "四位")],
)  # fmt: skip
def test_periods_that_are_none(text: str, said: str) -> None:
    with pytest.raises(FlowError, match=said):
        parse_span(text)
