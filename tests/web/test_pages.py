"""Every page answers, says where its numbers come from, and gives the same data as HTML, JSON and CSV."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from building import DIVISIONS, PROVINCES
from starlette.testclient import TestClient

from qinggong.web import english
from qinggong.web.pages.methods import method_pages
from qinggong.web.views import words

SERIES = "/series/industry-13-nbs-CN-revenue-level-published-ytd-亿元"
GROWTH = "/series/industry-13-nbs-CN-value_added-yoy-published-month-pct"
PAGES = (
    "/", "/industries", "/industries/13", "/industries/light_industry", "/industries/1311", "/regions", "/regions/44",
    "/regions/81", "/indicators", "/indicators/value_added", "/indicators/clii", SERIES, GROWTH, "/compare",
    f"/compare?series={GROWTH.removeprefix('/series/')}", "/plans", "/plans/steady_growth_2023_2024", "/warnings",
    "/releases", "/methods", "/methods/x11", "/search?q=nfsp",
)  # fmt: skip
_VOID = {"meta", "link", "input", "br", "img", "hr"}


def data(client: TestClient, path: str) -> Any:
    base, _, query = path.partition("?")
    answer = client.get(("/index" if base == "/" else base) + ".json" + (f"?{query}" if query else ""))
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(client: TestClient, path: str, **more: str) -> list[dict[str, str]]:
    base, _, query = path.partition("?")
    address = ("/index" if base == "/" else base) + ".csv" + (f"?{query}" if query else "")
    answer = client.get(address, params=more) if more else client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


_IN_ENGLISH = ("/", "/industries/13", "/regions", SERIES, "/plans/steady_growth_2023_2024", "/warnings", "/releases")


@pytest.mark.parametrize(
    ("path", "language"), [*((path, "zh") for path in PAGES), *((path, "en") for path in _IN_ENGLISH)]
)
def test_a_page_is_whole(client: TestClient, path: str, language: str) -> None:
    answer = client.get(path, params={"lang": "en"}) if language == "en" else client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    page = answer.text
    assert page.count("<h1") == 1 and page.count("<main") == 1
    assert "None" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*(?:src|application/json))", page), (
        "inline style or script"
    )
    opened = [t for t in re.findall(r"<([a-z0-9]+)[\s>]", page) if t not in _VOID]
    for tag in ("section", "table", "ul", "figure", "nav", "form", "dl"):
        assert opened.count(tag) == page.count(f"</{tag}>"), tag
    assert ("SYNTHETIC DATA" if language == "en" else "合成数据（由程序生成") in page


@pytest.mark.parametrize("path", ["/", "/industries/13", "/regions", "/regions/44", GROWTH, "/warnings"])
def test_charts_speak_english_at_the_switch(client: TestClient, path: str) -> None:
    """Titles, legends, axes and texts of every chart; the data behind them are the same."""
    page, chinese = (client.get(path, params={"lang": lang}).text for lang in ("en", "zh"))
    figures = re.findall(r'<figure class="chart.*?</figure>', page, flags=re.DOTALL)
    assert len(figures) == chinese.count('<figure class="chart') > 0
    for figure in figures:
        if 'id="fig-clock"' in figure:
            continue  # the industries of this workspace have cut names there, which no phrase book holds
        assert not re.findall(r"[\u4e00-\u9fff，。：；（）]+", figure), figure[:200]
        assert ">Unit: " in figure or "Upwards: " in figure
    numbers = [re.findall(r'"label":"[^"]*","value":(-?[\d.]+)', p) for p in (page, chinese)]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_gives_its_data(client: TestClient, path: str) -> None:
    told = data(client, path)
    assert told["synthetic"] is True and told["release"] == "2025-08" and isinstance(told["data"], dict)
    assert isinstance(rows(client, path), list)


@pytest.mark.parametrize(
    "path", ["/", "/industries/13", "/regions", SERIES, "/plans", "/warnings", "/releases/2025-08"]
)
def test_pages_lead_on(client: TestClient, path: str) -> None:
    """Every address inside the portal that a page names is there."""
    page = client.get(path).text
    for address in sorted(set(re.findall(r'href="(/[^"#]*)', page))):
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address


def test_the_overview_says_what_runs_hot_and_what_turned(client: TestClient) -> None:
    told = data(client, "/")["data"]
    signals = told["signals"]
    assert (signals["hot"], signals["cold"]) == (["农副食品加工业"], ["酒、饮料和精制茶制造业", "家具制造业"])
    assert {m["name"] for m in signals["moved"]} == {"农副食品加工业", "酒、饮料和精制茶制造业", "家具制造业"}
    assert [r["code"] for r in told["wall"]["rows"]] == ["light_industry", *DIVISIONS]
    assert told["warnings"][0]["severity"] == 3 and told["next"][0]["date"] == "2025-10-18"
    page = client.get("/").text
    assert "98.20" in page and "渐热" in page and page.count('class="chart"') >= 3


def test_the_wall_in_csv_is_the_wall_on_the_page(client: TestClient) -> None:
    page = client.get("/").text
    lights = [r for r in rows(client, "/", table="lights") if r["industry"] == "15"]
    shown = re.search(r'href="/industries/15".*?</tr>', page, flags=re.DOTALL)
    assert shown is not None and len(lights) == 24
    assert [r["zone"] for r in lights] == re.findall(r'title="\d{4}-\d{2} ([^"]+)"', shown[0])


def test_an_industry_page_has_all_parts(client: TestClient) -> None:
    told = data(client, "/industries/13")["data"]
    assert told["prosperity"]["value"]["text"] == "112.00"
    assert {r["indicator"] for r in told["rows"]} == {"value_added", "revenue", "producer_prices"}
    assert told["peers"][0]["code"] == "13" and told["peers"][-1]["code"] == "21"
    assert {p["code"] for p in told["provinces"]} == set(PROVINCES)
    assert told["nowcasts"][0]["density"]["mean"]["text"] == "2.4"
    assert data(client, "/industries/21")["data"]["warnings"][0]["rule"] == "production_fall"


def test_the_newest_row_compares_with_the_period_before(client: TestClient) -> None:
    told = data(client, "/industries/13")["data"]["rows"]
    monthly = next(r for r in told if (r["indicator"], r["span"]) == ("value_added", "month"))
    history = {o["period"]: o["value"] for o in data(client, GROWTH)["data"]["observations"]}
    assert monthly["growth"] == history["2025-08"]
    assert monthly["change"] == pytest.approx(history["2025-08"] - history["2025-07"])


def test_a_monthly_series_holds_january_and_february_as_one(client: TestClient) -> None:
    periods = [o["period"] for o in data(client, GROWTH)["data"]["observations"]]
    assert "2025-01/2025-02" in periods and periods == sorted(periods, key=lambda p: p[-7:])
    assert 'data-name="同比"' in client.get(GROWTH).text


def test_a_level_series_computes_its_growth_and_shows_revisions(client: TestClient) -> None:
    told = data(client, SERIES)["data"]
    newest = told["observations"][-1]
    before = next(o for o in told["observations"] if o["period"] == "2024-01/2024-08")
    assert newest["growth"] == pytest.approx((newest["value"] / before["value"] - 1) * 100, abs=1e-4)
    assert newest["vintages"] == 2 and told["revision"]["mean"] == pytest.approx(1.0, abs=0.01)
    assert told["citation"].endswith(f"{SERIES}。")
    assert len(rows(client, SERIES, table="vintages")) == 2 * len(told["observations"])


def test_a_range_cuts_chart_and_table(client: TestClient) -> None:
    periods = [r["period"] for r in rows(client, f"{GROWTH}?from=2025-03&to=2025-05")]
    assert periods == ["2025-03", "2025-04", "2025-05"]


def test_series_are_compared_rebased(client: TestClient) -> None:
    both = ",".join(SERIES.removeprefix("/series/").replace("-13-", f"-{c}-") for c in ("13", "21"))
    told = data(client, f"/compare?series={both}&base=first")["data"]
    first = [values[0] for values in told["values"].values()]
    assert told["rebased"] and first == [100.0, 100.0]
    plain = data(client, f"/compare?series={both}")["data"]
    assert not plain["rebased"] and len(plain["months"]) == len(told["months"])


def test_growth_rates_cannot_be_rebased(client: TestClient) -> None:
    slug = GROWTH.removeprefix("/series/")
    told = data(client, f"/compare?series={slug}&base=first")["data"]
    assert "不能换算" in told["note"] and told["months"] == []


def test_the_map_shows_every_province_once(client: TestClient) -> None:
    told = data(client, "/regions")["data"]
    assert [r["code"] for r in told["ranked"]] == ["65", "33", "11", "44", "31"]
    tiles = {(r["column"], r["row"]) for r in told["regions"]}
    assert len(told["regions"]) == len(tiles) == 34
    other = data(client, "/regions?subject=industry:13@nbs")["data"]
    assert other["subject_name"] == "农副食品加工业" and other["period"] == "2025-01/2025-08"


def test_a_target_has_its_probability_and_the_others_their_reason(client: TestClient) -> None:
    targets = data(client, "/plans/steady_growth_2023_2024")["data"]["targets"]
    told = next(t for t in targets if t["code"] == "value_added_growth")
    assert (told["probability"], told["required"], told["gap"]) == (42.0, 5.1, "-0.2")
    assert all(t["reason"] for t in targets if t["value"] is None)


def test_rules_carry_their_record(client: TestClient) -> None:
    told = data(client, "/warnings")["data"]
    assert told["warnings"][0]["subject_name"] == "家具制造业"
    assert any(r["precision"] for r in told["rules"]) and all(r["why"] for r in told["rules"])


def test_a_release_gives_its_files_and_nothing_else(client: TestClient, full: Any) -> None:
    told = data(client, "/releases/2025-08")["data"]
    for file in told["files"]:
        answer = client.get(file["path"])
        assert answer.content == (full / "releases" / "2025-08" / file["name"]).read_bytes()
    policy = client.get("/releases/2025-08/files/bulletin.html").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    for path in ("../../qinggong.toml", "..%2f..%2fqinggong.toml", "data/../../index.json", "/etc/passwd",
    "manifest.json.bak"):  # fmt: skip
        assert client.get(f"/releases/2025-08/files/{path}").status_code == 404, path


def test_the_feed_is_well_formed(client: TestClient) -> None:
    feed = ElementTree.fromstring(client.get("/releases/feed.xml").content)
    titles = [e.findtext("{http://www.w3.org/2005/Atom}title") for e in feed.iter("{http://www.w3.org/2005/Atom}entry")]
    assert titles == ["轻工业运行监测月报（合成数据）（2025-08）"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", [p.name for p in method_pages()])
def test_every_method_page_is_drawn(client: TestClient, name: str, lang: str) -> None:
    page = client.get(f"/methods/{name}?lang={lang}").text
    assert "<article" in page and "&lt;table" not in page


def test_the_interface_lists_series_and_gives_figures(client: TestClient) -> None:
    listed = client.get("/api/series", params={"indicator": "value_added", "region": "44"}).json()["data"]
    assert listed["total"] == 2 and {s["slug"].split("-")[1] for s in listed["series"]} == {"13", "BCD"}
    asked = ",".join(s["slug"] for s in listed["series"])
    told = client.get("/api/observations", params={"series": asked}).json()["data"]["observations"]
    assert len(told) == 4
    answer = client.get("/api/observations", params={"series": asked, "form": "csv"})
    assert len(answer.text.splitlines()) == 5


def test_every_word_of_a_template_has_an_english_one(root: Any) -> None:
    missing = set()
    for path in (root / "src" / "qinggong" / "web" / "templates").glob("*.j2"):
        found = re.findall(r"""\bt\(["']([^"']+)["']\)""", path.read_text(encoding="utf-8"))
        missing |= set(found) - set(words())
    assert not missing
    assert not re.search(r"[\u4e00-\u9fff]", "".join(words().values()))


@pytest.mark.parametrize("text", ["家：·（" * 60, "（家" * 70 + "）" * 70, "家 " * 140, "家·利；" * 400])
def test_a_text_of_many_marks_is_not_taken_apart_for_ever(text: str) -> None:
    assert english.told(text) == text


def test_the_english_overview_is_in_english(client: TestClient) -> None:
    page = client.get("/?lang=en").text
    assert '<html lang="en"' in page and "Overview" in page and "Signal lights" in page


def test_the_wall_mode_has_no_forms_in_its_way(client: TestClient) -> None:
    page = client.get("/?wall=1").text
    assert 'class="wall"' in page
