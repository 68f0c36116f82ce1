"""Search by Chinese, pinyin, initials, English and code; what a wrong code may mean."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from qinggong.web.search import spoken


def hits(client: TestClient, text: str) -> list[str]:
    return [h["path"] for h in client.get("/search.json", params={"q": text}).json()["data"]["hits"]]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("农副食品加工业", "/industries/13"), ("农副", "/industries/13"), ("nfsp", "/industries/13"),
        ("nfspjgy", "/industries/13"), ("NFSP", "/industries/13"), ("nongfushipin", "/industries/13"),
        ("Furniture", "/industries/21"), ("21", "/industries/21"), ("jjzzy", "/industries/21"), ("轻工业",
        "/industries/light_industry"),
        ("qgy", "/industries/light_industry"), ("广东", "/regions/44"), ("guangdong", "/regions/44"), ("gd",
        "/regions/44"),
        ("增加值", "/indicators/value_added"), ("value added", "/indicators/value_added"), ("zjz",
        "/indicators/value_added"),
        ("稳增长", "/plans/steady_growth_2023_2024"), ("x11", "/methods/x11"), ("2025-08", "/releases/2025-08"),
        ("农副食品 增加值", "/series/industry-13-nbs-CN-value_added-yoy-published-month-pct"),
        ("food processing", "/industries/13"),
    ],
)  # fmt: skip
def test_a_thing_is_found_by_any_of_its_names(client: TestClient, text: str, path: str) -> None:
    assert path in hits(client, text)[:3]


def test_nothing_is_found_for_nothing(client: TestClient) -> None:
    assert hits(client, "") == hits(client, "   ") == hits(client, "龘龘龘") == []


def test_pinyin_has_no_tones_and_keeps_letters() -> None:
    assert spoken("家具制造业") == ("jiajuzhizaoye", "jjzzy")
    assert spoken("PMI生产指数") == ("pmishengchanzhishu", "psczs")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/industries/1Z", "/industries/"), ("/industries/jiaju", "/industries/21"), ("/regions/guangdon",
        "/regions/44"),
        ("/indicators/value_add", "/indicators/value_added"), ("/plans/steady_growth",
        "/plans/steady_growth_2025_2026"),
        ("/methods/x12", "/methods/x11"), ("/releases/2025-07", "/releases/2025-08"),
        ("/series/industry-13-nbs-CN-nothing", "/series/industry-13-"), ("/regions/99", "/regions"), ("/plans/!",
        "/plans"),
        ("/industry/21", "/industries/21"),
    ],
)  # fmt: skip
def test_an_unknown_code_is_answered_with_what_may_be_meant(client: TestClient, path: str, near: str) -> None:
    page = client.get(path)
    told = client.get(f"{path}.json")
    assert (page.status_code, told.status_code) == (404, 404)
    suggested = [s["path"] for s in told.json()["data"]["suggestions"]]
    assert any(s.startswith(near) for s in suggested), suggested
    assert near in page.text
