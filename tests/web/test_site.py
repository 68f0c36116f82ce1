"""The portal as files: every link leads to a file, nothing needs a server."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import building
import pytest
from browsing import barriers
from starlette.testclient import TestClient
from typer.testing import CliRunner

from qinggong.cli import app as command
from qinggong.web import assets
from qinggong.web.readings import written
from qinggong.web.site import SiteError, write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def site(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full workspace with a second release, as files; of the fonts only the list."""
    base = tmp_path_factory.mktemp("site")
    root = Path(shutil.copytree(full, base / "workspace"))
    building.write_release(root / "releases" / "2025-09", building.brief(), day="2025-10-28")
    manifest = root / "releases" / "2025-09" / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"2025-08"', '"2025-09"'), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            assets, "every", lambda: tuple(map(assets.address, (*assets.PACKAGED, assets.FONTS, assets.VEGA)))
        )
        done = write_site(root, base / "site")
    assert done.pages > 200 and done.files == sum(1 for p in (base / "site").rglob("*") if p.is_file())
    return base / "site"


def test_every_link_of_a_site_leads_to_a_file(site: Path) -> None:
    files = {str(p) for p in site.rglob("*")}
    lost = set()
    for page in site.rglob("*.html"):
        if "files" in page.parts:
            continue
        text = page.read_text(encoding="utf-8")
        assert 'href="/' not in text and 'action="/' not in text, page
        for address in set(re.findall(r'(?:href|src|data-vega|action)="([^"#?]+)', text)):
            if (
                not address.startswith(("http:", "https:"))
                and os.path.normpath(page.parent / unquote(address)) not in files
            ):
                lost.add((str(page.relative_to(site)), address))
    assert not sorted(lost)[:40]


def test_a_snapshot_shows_its_day_in_both_languages(site: Path) -> None:
    later, earlier = (json.loads((site / f / "index.json").read_text(encoding="utf-8")) for f in (".", "at/2025-08"))
    assert (later["release"], earlier["release"]) == ("2025-09", "2025-08")
    for folder, title in (
        ("", "农副食品加工业"),
        ("en", "Agricultural"),
        ("at/2025-08", "农副"),
        ("en/at/2025-08", "Agric"),
    ):
        text = (site / folder / "industries" / "13.html").read_text(encoding="utf-8")
        assert re.search(rf"<h1>{title}", text), folder
    english = (site / "en" / "at" / "2025-08" / "index.html").read_text(encoding="utf-8")
    assert 'href="../../../at/2025-08/index.html" lang="zh"' in english  # the same page in the other language
    assert 'href="../../../at/2025-08/index.json"' in english and not list((site / "en").rglob("*.json"))


def test_a_site_has_every_table_choice_and_the_feed(site: Path, client: TestClient) -> None:
    name = "industry-13-nbs-CN-revenue-level-published-ytd-亿元"
    for table in ("vintages", "series"):
        live = client.get(f"/series/{name}.csv", params={"table": table}).content
        assert (site / "series" / (f"{name}.csv" if table == "series" else f"{name}.{table}.csv")).read_bytes() == live
    offered = client.get("/regions.json").json()["data"]
    assert len(list(site.glob("regions~*.html"))) == len(offered["subjects"]) * len(offered["indicators"]) > 1
    feed = ElementTree.parse(site / "releases" / "feed.xml").getroot()
    links = [e.get("href", "") for e in feed.iter("{http://www.w3.org/2005/Atom}link") if e.get("rel") is None]
    assert len(links) == 2 and all((site / "releases" / link).is_file() for link in links)


def test_a_site_is_written_over_an_earlier_one(full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qinggong.web.site._files", lambda *_: iter(()))
    monkeypatch.setattr(assets, "every", lambda: (assets.address("icon.svg"),))
    first = write_site(full, tmp_path / "site")
    (tmp_path / "site" / "left.html").write_text("x", encoding="utf-8")
    assert write_site(full, tmp_path / "site") == first and not (tmp_path / "site" / "left.html").exists()


@pytest.fixture
def visited(site: Path, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a page of the site, served by the plainest of servers; complaints of the browser are failures."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "woff2" not in m.text else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))

    def visit(path: str) -> Page:
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/{path}", wait_until="domcontentloaded")
        return page

    yield visit
    context.close()
    server.shutdown()
    server.server_close()
    assert [c for c in complaints if "404" not in c] == []  # parts of the font, which this site does without


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.needs_chromium
def test_the_search_of_a_site_answers_as_the_server(visited: Callable[[str], Page], client: TestClient) -> None:
    asked = (
        "nfsp",
        "农副",
        "jiaju",
        "jj",
        "21",
        "家具 利润",
        "农副食品 增加值",
        "food processing",
        "profit",
        "x11",
        "2025-08",
        "zz",
    )
    for english in (False, True):
        for text in asked[::3] if english else asked:
            page = visited(f"{'en/' if english else ''}search.html?q={quote(text)}")
            found = page.locator("#found li a").evaluate_all(
                "links => links.map(a => [a.innerText, a.getAttribute('href')])"
            )
            told = client.get("/search.json", params={"q": text, **({"lang": "en"} if english else {})}).json()["data"][
                "hits"
            ]
            expected = [[h["name"], h["path"]] for h in told]
            shown = [[name, "/" + unquote(path).replace(".html", "", 1)] for name, path in found]
            assert [one for one in shown if one[1] != "/releases/2025-09"] == expected, text
    page.get_by_role("searchbox").fill("furniture")
    page.keyboard.press("Enter")
    page.locator("#found a", has_text="Furniture").first.click()
    assert page.locator("h1").inner_text().startswith("Furniture") and "/en/industries/21.html" in page.url


@pytest.mark.needs_chromium
@pytest.mark.parametrize("more", ["", "&base=first", "&from=2024-06&to=2025-02"])
def test_the_comparison_of_a_site_is_that_of_the_server(
    visited: Callable[[str], Page], client: TestClient, axe: str, more: str
) -> None:
    listed = client.get("/api/series?kind=industry&indicator=revenue&region=CN").json()["data"]["series"]
    chosen = [s["slug"] for s in listed if "-level-published-ytd-" in s["slug"]][:3]
    listed = client.get("/api/series?kind=industry&subject=13&indicator=value_added&region=CN").json()["data"]["series"]
    chosen += [s["slug"] for s in listed if not more][:1]  # two units: the server rebases by itself
    assert len(chosen) > 2
    told = client.get(f"/compare.json?series={','.join(chosen)}{more}").json()["data"]
    page = visited(f"compare.html?series={quote(','.join(chosen))}{more}")
    page.locator("#compared tbody").wait_for()
    rows = page.locator("#compared tbody tr").evaluate_all("rows => rows.map(r => [...r.cells].map(c => c.innerText))")
    months = told["months"]
    expected = [[m, *(written(told["values"][s][i], 2) for s in chosen)] for i, m in enumerate(months)]
    assert rows == expected[::-1] and len(rows) > 2
    page.locator("#fig-compare .paper-frame.live svg").wait_for()
    assert (told["note"] or "：") in page.locator("#compared").inner_text() + "："
    assert page.locator("#fig-compare .tools button").count() >= len(chosen)
    assert barriers(page, axe) == []


def test_a_folder_with_other_things_is_left_alone(full: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(SiteError, match="已有别的内容"):
        write_site(full, tmp_path)
    ran = CliRunner().invoke(command, ["site", str(tmp_path), "--workspace", str(full)])
    assert ran.exit_code == 2 and "已有别的内容" in ran.output
