"""The time machine: numbers as known on a day, results of the newest release by that day, and the page says which."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import building
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from qinggong.store.base import winners
from qinggong.store.delta import DeltaStore
from qinggong.web.app import create_app

REVENUE = "/series/industry-13-nbs-CN-revenue-level-published-ytd-亿元"


def test_a_day_shows_the_numbers_known_on_it(client: TestClient) -> None:
    first = client.get(f"{REVENUE}.json?as_of=2025-09-20").json()["data"]
    later = client.get(f"{REVENUE}.json?as_of=2025-10-20").json()["data"]
    assert first["newest"]["period"] == later["newest"]["period"] == "2025-01/2025-08"
    assert later["newest"]["value"] == pytest.approx(first["newest"]["value"] * 1.01, abs=0.06)
    assert first["newest"]["vintages"] == 1 and later["newest"]["vintages"] == 2


def test_before_the_first_release_only_observations_are_shown(client: TestClient) -> None:
    told = client.get("/industries/13.json?as_of=2025-09-26").json()
    assert told["release"] is None and told["data"]["prosperity"] is None and told["data"]["rows"]
    page = client.get("/industries/13?as_of=2025-09-26").text
    assert "这一天还没有发布过月报，只显示当日已公布的数字" in page
    assert client.get("/industries/13.json?as_of=2025-09-27").json()["release"] == "2025-08"


def test_before_everything_each_gap_has_its_sentence(client: TestClient) -> None:
    for path in ("/", "/industries/13", "/regions", "/regions/44", "/indicators/value_added", REVENUE, "/warnings",
    "/plans", "/releases"):  # fmt: skip
        answer = client.get(path, params={"as_of": "2001-01-01"})
        assert answer.status_code == 200
        assert 'class="gap"' in answer.text or "2001-01-01" in answer.text


def test_links_keep_day_and_language(client: TestClient) -> None:
    page = client.get("/industries/13?as_of=2025-09-30&lang=en").text
    assert (
        'href="/industries/14?as_of=2025-09-30&amp;lang=en"' in page
        or 'href="/industries?as_of=2025-09-30&amp;lang=en"' in page
    )


def test_a_correction_counts_from_its_day(copied: Callable[[], Path]) -> None:
    root = copied()
    building.write_release(root / "releases" / "2025-08.r2", building.brief(), day="2025-10-15")
    with TestClient(create_app(root)) as client:
        assert client.get("/index.json?as_of=2025-10-14").json()["release"] == "2025-08"
        assert client.get("/index.json").json()["release"] == "2025-08.r2"
        assert client.get("/releases/2025-08.json").json()["data"]["revisions"][0]["name"] == "2025-08.r2"


def test_a_release_without_results_is_told_of(copied: Callable[[], Path]) -> None:
    root = copied()
    target = root / "releases" / "2025-08"
    manifest = (target / "manifest.json").read_text(encoding="utf-8")
    (target / "manifest.json").write_text(manifest.replace("data/portal.json", "data/none.json"), encoding="utf-8")
    with TestClient(create_app(root)) as client:
        assert "没有可供网页读取的测算结果" in client.get("/").text


def test_drafts_and_embargoed_releases_are_never_shown(copied: Callable[[], Path]) -> None:
    root = copied()
    draft = root / "releases" / "2025-09"
    shutil.copytree(root / "releases" / "2025-08", draft)
    text = (draft / "manifest.json").read_text(encoding="utf-8")
    for state in ("draft", "signed"):
        (draft / "manifest.json").write_text(text.replace('"checked"', f'"{state}"'), encoding="utf-8")
        with TestClient(create_app(root)) as client:
            assert client.get("/releases/2025-09").status_code == 404
            assert client.get("/releases/2025-09/files/manifest.json").status_code == 404


@settings(max_examples=25, deadline=None)
@given(day=st.dates(dt.date(2023, 1, 1), dt.date(2026, 1, 31)))
def test_any_day_is_what_the_rules_of_the_store_say(client: TestClient, full: Path, day: dt.date) -> None:
    """The page's numbers against the plain reading of all rows."""
    told = client.get(f"{REVENUE}.json", params={"as_of": day.isoformat()}).json()["data"]
    expected = {
        o.period.code: o.value
        for o in winners(r for r in building.observations() if r.published_at and r.published_at <= day)
        if o.series.id == told["id"]
    }
    assert {o["period"]: o["value"] for o in told["observations"]} == expected


@pytest.mark.usefixtures("looking_at_once")
def test_a_new_publication_is_seen_without_a_restart(copied: Callable[[], Path]) -> None:
    root = copied()
    with TestClient(create_app(root)) as client:
        before = client.get(f"{REVENUE}.json")
        one = next(o for o in building.observations() if o.series.id == before.json()["data"]["id"])
        import dataclasses

        again = dataclasses.replace(one, value=1234.5, published_at=dt.date(2026, 1, 5), raw_sha256="b" * 64)
        DeltaStore(root / "store" / "observations").append([again], transaction="later")
        after = client.get(f"{REVENUE}.json", headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200 and after.headers["etag"] != before.headers["etag"]
        assert 1234.5 in [o["value"] for o in after.json()["data"]["observations"]]
