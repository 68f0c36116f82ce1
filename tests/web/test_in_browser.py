"""The portal in a real browser: ways of people through it, accessibility (axe), widths, nothing asked of elsewhere."""

from __future__ import annotations

import csv
import io
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from browsing import barriers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs_chromium

REVENUE = "/series/industry-13-nbs-CN-revenue-level-published-ytd-亿元"
PAGES = (
    "/", "/industries", "/industries/13", "/regions", "/regions/44", "/indicators/value_added", REVENUE,
    f"/compare?series={REVENUE.removeprefix('/series/')}", "/plans", "/plans/steady_growth_2023_2024", "/warnings",
    "/releases",
    "/releases/2025-08", "/methods", "/methods/x11", "/search?q=nfsp", "/industries/zzz", "/?lang=en", "/?wall=1",
    "/?as_of=2001-01-01",
)  # fmt: skip


class Watched:
    """A page whose complaints and requests are written down."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.on(
            "request", lambda r: None if r.url.startswith((base, "data:", "blob:")) else self.elsewhere.append(r.url)
        )

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def opened(browser: Browser, port: int) -> Iterator[Callable[..., Watched]]:
    contexts = []

    def opens(*, width: int = 1280, scheme: str = "light", scripts: bool = True) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts, locale="zh-CN"
        )
        contexts.append(context)
        return Watched(context.new_page(), f"http://127.0.0.1:{port}")

    yield opens
    for context in contexts:
        context.close()


MAIN = ("/", "/industries/13", "/regions", REVENUE)


@pytest.mark.parametrize(
    ("scheme", "paths"),
    [
        ("light", MAIN), ("dark", MAIN[:1]),
        pytest.param("light", PAGES, marks=pytest.mark.soak), pytest.param("dark", PAGES, marks=pytest.mark.soak),
    ],
    ids=["light", "dark", "all-light", "all-dark"],
)  # fmt: skip
def test_no_page_has_a_barrier_a_complaint_or_a_request_elsewhere(
    opened: Callable[..., Watched], axe: str, scheme: str, paths: tuple[str, ...]
) -> None:
    watched = opened(scheme=scheme)
    found: dict[str, list[str]] = {}
    for path in paths:
        page = watched.go(path)
        found[path] = barriers(page, axe)
    assert not {path: some for path, some in found.items() if some}
    complaints = [c for c in watched.complaints if "404" not in c]  # the browser tells of the page that is not there
    assert (complaints, watched.elsewhere) == ([], [])


@pytest.mark.parametrize(
    "width", [380, pytest.param(1280, marks=pytest.mark.soak), pytest.param(3840, marks=pytest.mark.soak)]
)
def test_no_page_is_wider_than_the_screen(opened: Callable[..., Watched], width: int) -> None:
    watched = opened(width=width)
    wide, page = {}, watched.page
    for path in PAGES:
        page.goto(watched.base + path)
        if (size := page.evaluate("document.documentElement.scrollWidth")) > width:
            wide[path] = size
    assert not wide


def test_an_industry_is_found_by_pinyin_and_its_light_read(opened: Callable[..., Watched]) -> None:
    page = opened().go("/")
    page.get_by_role("searchbox").fill("nfsp")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="农副食品加工业", exact=True).click()
    assert page.locator("h1").inner_text().startswith("农副食品加工业")
    assert page.locator("main .lamp").first.inner_text() == "渐热"
    assert page.locator("main .big strong").first.inner_text() == "112.00"


def test_the_time_machine_moves_the_numbers(opened: Callable[..., Watched]) -> None:
    page = opened().go(REVENUE)
    now = page.locator("main .big strong").inner_text()
    page.get_by_label("看哪一天已知的数字").fill("2025-09-20")
    page.get_by_role("button", name="回到这一天").click()
    then = page.locator("main .big strong").inner_text()
    assert then != now and "as_of=2025-09-20" in page.url
    assert "这一天还没有发布过月报" in page.locator(".machine").inner_text()
    page.get_by_role("link", name="回到最新").click()
    assert page.locator("main .big strong").inner_text() == now


def test_the_csv_is_what_the_page_shows(opened: Callable[..., Watched]) -> None:
    page = opened().go(REVENUE)
    shown = page.locator("#observations tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.cells].map(c => c.innerText.trim()))"
    )
    with page.expect_download() as download:
        page.locator("footer").get_by_role("link", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert [[r["period_name"], f"{float(r['value']):,.1f}"] for r in reversed(rows)] == [row[:2] for row in shown]


def test_the_keyboard_is_enough(opened: Callable[..., Watched]) -> None:
    page = opened().go("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "/industries/13":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/industries/13")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className").startswith("paper-frame"):
            break
    assert page.evaluate("document.activeElement.getAttribute('aria-label')")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_charts_are_explored_and_saved(opened: Callable[..., Watched], axe: str) -> None:
    watched = opened()
    page = watched.go("/")
    figure = page.locator("figure.chart", has=page.get_by_role("button", name="生产", exact=True))
    figure.locator(".paper-frame").hover()
    figure.locator(".paper-frame.live svg").wait_for(timeout=60_000)
    figure.locator(".mark-symbol path").last.hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert re.fullmatch(r"2025年8月份\S+为[\d.]+点", tip.inner_text()), tip.inner_text()
    figure.locator(".paper-frame").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert figure.locator("output").inner_text().startswith("2025年7月份总指数为")
    assert "最高" in (figure.locator(".paper-frame").get_attribute("aria-label") or "")
    assert barriers(page, axe) == []
    toggle = figure.get_by_role("button", name="生产", exact=True)
    lines = figure.locator("svg path[stroke-width]").count()
    toggle.click()
    page.wait_for_function("figure => figure.querySelectorAll('svg path[stroke-width]').length < " + str(lines),
    arg=figure.element_handle())  # fmt: skip
    assert toggle.get_attribute("aria-pressed") == "false"
    for name, start in (("CSV", b"\xef\xbb\xbflabel,"), ("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            figure.get_by_role("button", name=name, exact=True).click()
        assert download.value.path().read_bytes().startswith(start), name
    assert (watched.complaints, watched.elsewhere) == ([], [])


def test_without_scripts_everything_is_there(opened: Callable[..., Watched]) -> None:
    page = opened(scripts=False).go("/industries/13")
    assert page.locator("figure.chart svg.chart").count() >= 4
    assert page.locator("table.figures tbody tr").count() >= 4


def test_the_overview_is_light(opened: Callable[..., Watched], port: int) -> None:
    """The page with its style, script and fonts in 600 kB compressed; with the chart library too where it is asked
    for."""
    page = opened().go("/")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(r => r.transferSize)")
    first = page.evaluate("performance.getEntriesByType('navigation')[0].transferSize")
    assert first + sum(loaded) < 600_000
    script = page.evaluate("document.querySelector('script[data-vega]').dataset.vega")
    request = urllib.request.Request(f"http://127.0.0.1:{port}{script}", headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "br" and len(answer.read()) < 300_000
