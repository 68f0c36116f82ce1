"""Recorded answers of the national data service (2019, 2026), read from the shared example data."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any

import httpx
import pytest
import yaml

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.nbs_codes import load_nbs_codes
from qinggong.periods import month
from qinggong.sources import nbs
from qinggong.sources.base import UnreadableFile
from qinggong.sources.nbs import read_answer
from qinggong.sources.nbs_download import SHAPE as DOWNLOAD
from qinggong.sources.nbs_fetch import FetchError, fetch, plan_fetch


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    found = shared / "data" / "api_responses" / "nbs_easyquery"
    if not found.is_dir():
        pytest.skip("没有国家数据的应答，跳过 / the recorded answers are absent")
    return found


def recorded(folder: Path, name: str) -> list[tuple[str, bytes]]:
    """Request body and answer of each exchange of a recording."""
    document = yaml.safe_load((folder / f"cnstats_test_{name}.yaml").read_text(encoding="utf-8"))
    pairs = [(i["request"]["body"], i["response"]["body"]["string"]) for i in document["interactions"]]
    return [(body, text.encode() if isinstance(text, str) else text) for body, text in pairs]


def test_a_year_of_value_added(folder: Path) -> None:
    _, content = recorded(folder, "stats_industrial")[0]
    assert nbs.SHAPE.recognises(PurePath("x.json"), content[:65536])
    parsed = read_answer(content)
    assert parsed.blank_rows == 2 and not parsed.defects and not parsed.unmapped
    assert [(r.period, r.value) for r in parsed.rows] == [
        ("2024-12", "6.2"), ("2024-11", "5.4"), ("2024-10", "5.3"), ("2024-09", "5.4"), ("2024-08", "4.5"),
        ("2024-07", "5.1"), ("2024-06", "5.3"), ("2024-05", "5.6"), ("2024-04", "6.7"), ("2024-03", "4.5"),
    ]  # fmt: skip
    assert {(r.subject, r.indicator, r.measure, r.unit, r.region) for r in parsed.rows} == {
        ("规模以上工业", "value_added", "yoy", "%", "CN")
    }
    assert parsed.recognised == "国家数据 easyquery 应答：1个指标，12期"


def test_a_region_that_was_asked_for_and_not_answered_is_the_nation(folder: Path) -> None:
    body, content = recorded(folder, "stats_with_reg")[0]
    assert "110000" in body
    assert [(r.period, r.value, r.region) for r in read_answer(content).rows] == [("2023-12", "6.8", "CN")]


def test_a_zero_that_is_no_figure(folder: Path) -> None:
    _, content = recorded(folder, "stats_with_reg_annual")[0]
    parsed = read_answer(content)
    assert (parsed.rows, parsed.blank_rows) == ((), 1)


def test_the_answer_to_an_unknown_code(folder: Path) -> None:
    _, content = recorded(folder, "invalid_query")[0]
    with pytest.raises(UnreadableFile, match="501：对不起，未能找到符合查询条件的信息"):
        read_answer(content)
    query = plan_fetch(["啤酒"], month(2024, 3), month(2024, 4), load_catalogue(), service="easyquery")[0]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    with httpx.Client(transport=transport) as client, pytest.raises(FetchError, match=r"啤酒（A02090A，.*501"):
        fetch(query, client=client, base="https://127.0.0.1/easyquery.htm", pause=0)


def test_a_list_of_places_without_figures(folder: Path) -> None:
    _, content = recorded(folder, "get_reg_cities")[0]
    assert (read_answer(content).rows, read_answer(content).defects) == ((), ())


@pytest.mark.parametrize(
    ("name", "figures", "blank"),
    [
        ("ceco_last_12_month_house_invest_y2y", 416, 86),
        ("ceco_last_12_quarter_gdp_y2y", 192, 0),
    ],
)
def test_foreign_series_are_listed_once_and_missing_cells_counted(
    folder: Path, name: str, figures: int, blank: int
) -> None:
    content = (folder / f"{name}.json").read_bytes()
    assert nbs.SHAPE.recognises(PurePath(f"{name}.json"), content[:65536])
    assert not DOWNLOAD.recognises(PurePath(f"{name}.json"), content[:65536])
    parsed = read_answer(content)
    assert not parsed.rows and not parsed.defects
    told = json.loads(content.decode("utf-8-sig"))["returndata"]["datanodes"]
    assert parsed.blank_rows == sum(not n["data"]["hasdata"] for n in told)
    assert (len(told), parsed.blank_rows) == (figures, blank) or blank == 0
    assert parsed.blank_rows + sum(u.figures for u in parsed.unmapped) == figures
    assert len({u.series for u in parsed.unmapped}) == len(parsed.unmapped)


@pytest.mark.parametrize(
    ("name", "figures", "left", "measure"),
    [
        ("ceco_last_13_month_cpi_m2m", 108, 0, "mom"),
        ("ceco_last_13_month_cpi_y2y", 108, 0, "yoy"),
        ("ceco_last_13_month_food_cpi_y2y", 12, 72, "yoy"),
    ],
)
def test_consumer_prices_are_read_as_growth(folder: Path, name: str, figures: int, left: int, measure: str) -> None:
    """Indices of 2019: the whole, its eight classes, food; the kinds of food below are not in the catalogue."""
    parsed = read_answer((folder / f"{name}.json").read_bytes())
    assert (len(parsed.rows), sum(u.figures for u in parsed.unmapped), parsed.defects) == (figures, left, ())
    assert {(r.indicator, r.measure, r.unit) for r in parsed.rows} == {("consumer_prices", measure, "%")}
    if measure == "yoy" and left == 0:
        whole = {r.period: r.value for r in parsed.rows if r.subject == "居民消费"}
        # As the bureau printed them: 2.8 % in August 2019, 2.7 % in June.
        assert (whole["2019-08"], whole["2019-06"], len(whole)) == ("2.8", "2.7", 12)


def test_published_digits_are_those_of_the_text(folder: Path) -> None:
    """``data`` may have more digits than were published; ``strdata`` never has fewer than the stated number."""
    for path in folder.glob("ceco_*.json"):
        for node in json.loads(path.read_bytes().decode("utf-8-sig"))["returndata"]["datanodes"]:
            data = node["data"]
            if data["hasdata"]:
                assert abs(Decimal(data["strdata"]) - Decimal(str(data["data"]))) <= Decimal("0.06")
                assert len(data["strdata"].partition(".")[2]) == data["dotcount"]
            else:
                assert data["strdata"] == "" and not data["data"]


def test_the_codes_of_the_file_are_those_of_the_service(folder: Path) -> None:
    codes, catalogue = load_nbs_codes(), load_catalogue()
    told: dict[str, dict[str, Any]] = {}
    for _, content in recorded(folder, "get_tree"):
        told |= {n["id"]: n for n in json.loads(content)}
    assert len(told) > 300
    for code, node in codes.nodes.items():
        assert code in told, code
        name = re.sub(r"[（]", "(", told[code]["name"]).replace("）", ")")
        if node.name:
            assert node.name == name
        for key in () if node.name else node.subjects:
            subject = codes.subject(name, indicator=node.indicators[0], catalogue=catalogue)
            assert subject is not None and subject.key == key, (code, name)
        parent = told[code]["pid"]
        assert node.path[-1] == told[parent]["name"]
    # No table of the known parents that the catalogue could hold is missing.
    for code, node_told in told.items():
        if node_told["pid"] in ("A0208", "A0209", "A0704") and code not in codes.nodes:
            indicator = codes.nodes[node_told["pid"]].indicators[0]
            assert codes.subject(node_told["name"], indicator=indicator, catalogue=catalogue) is None, node_told["name"]


def test_the_tree_is_no_answer_with_figures(folder: Path) -> None:
    _, content = recorded(folder, "get_tree")[0]
    assert not nbs.SHAPE.recognises(PurePath("x.json"), content[:65536])


def test_other_saved_answers_are_not_claimed(shared: Path) -> None:
    for path in (shared / "data" / "api_responses").rglob("*"):
        if path.is_file() and path.parent.name != "nbs_easyquery" and path.suffix != ".md":
            head = path.read_bytes()[:65536]
            assert not nbs.SHAPE.recognises(path, head) and not DOWNLOAD.recognises(path, head), path.name
    for path in (shared / "data").rglob("*.xlsx"):
        assert not DOWNLOAD.recognises(path, path.read_bytes()[:65536]), path.name
    for path in (shared / "data").rglob("*.csv"):
        assert not DOWNLOAD.recognises(path, path.read_bytes()[:65536]), path.name
