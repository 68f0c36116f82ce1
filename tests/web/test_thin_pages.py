"""The portal over the bundled real figures, where much is missing: every gap is explained, nothing is made up."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

PAGES = (
    "/", "/industries", "/industries/13", "/industries/light_industry", "/industries/BCD", "/industries/1311",
    "/regions",
    "/indicators", "/indicators/value_added", "/plans", "/plans/steady_growth_2023_2024", "/warnings",
    "/releases",
    "/releases/2024-08",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_with_gaps_is_whole(thin: TestClient, path: str) -> None:
    answer = thin.get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert "合成数据" not in answer.text
    assert "None" not in re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/", "不足以编制"), ("/", "导入较长的历史数据"), ("/regions", "还没有收录分省数字"), ("/regions/44", "还没有收录分省数字"),
        ("/industries/1311", "还没有收录该行业的公布数字"), ("/industries/13", "本期没有编制该行业的景气指数"),
        ("/indicators/clii_output", "还没有收录该指标的数字"),
    ],
)  # fmt: skip
def test_a_gap_says_why_and_what_would_fill_it(thin: TestClient, path: str, sentence: str) -> None:
    assert sentence in thin.get(path).text


def test_pages_of_provinces_come_with_their_figures(thin: TestClient) -> None:
    assert thin.get("/regions/44").status_code == 404
    assert 'href="/regions/' not in thin.get("/regions").text
    assert not [h for h in thin.get("/search.json?q=广东").json()["data"]["hits"] if h["kind"] == "region"]


def test_the_published_figure_of_the_bulletin_is_that_of_the_page(thin: TestClient) -> None:
    told = {(h["name"], h["period"]): h["growth_text"] for h in thin.get("/index.json").json()["data"]["headlines"]}
    assert told["规模以上工业增加值", "2024-08"] == "4.5"
    series = thin.get("/series/industry-BCD-nbs-CN-value_added-yoy-published-month-pct.json").json()["data"]
    assert {o["period"]: o["text"] for o in series["observations"]}["2024-08"] == "4.5"


def test_an_older_day_has_no_release(thin: TestClient) -> None:
    before = thin.get("/index.json?as_of=2024-08-31").json()
    assert before["release"] is None and before["data"]["observed"]
    told = {(h["name"], h["period"]): h["growth"] for h in before["data"]["headlines"]}
    assert told["规模以上工业增加值", "2024-01/2024-07"] == 5.9  # as released on 15 August 2024
    assert thin.get("/index.json?as_of=2030-01-01").json()["release"] == "2024-08"
