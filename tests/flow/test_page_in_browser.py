"""The bulletin's page in a real browser: accessibility (axe), dark screen, keyboard, fonts, nothing asked for."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pypdfium2
import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from qinggong import flow
from qinggong.publish.palette import DARK, DARK_PAPER, contrast

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs_chromium

Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def release(released: dict[str, flow.Released]) -> Path:
    """The bulletin of one month from the bundled figures."""
    return released["2024-08"].folder


@pytest.fixture
def opened(browser: Browser, release: Path) -> Iterator[Callable[..., Page]]:
    """``opened("dark", width=400)``: the bulletin in a fresh profile; the network is off."""
    contexts = []

    def page(scheme: Scheme = "light", *, width: int = 1000) -> Page:
        context = browser.new_context(color_scheme=scheme, offline=True, viewport={"width": width, "height": 900})
        contexts.append(context)
        shown = context.new_page()
        shown.goto((release / "bulletin.html").as_uri())
        shown.evaluate("document.fonts.ready")
        return shown

    yield page
    for context in contexts:
        context.close()


def _found(page: Page, axe: str) -> dict[str, Any]:
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(opened: Callable[..., Page], axe: str, scheme: Scheme) -> None:
    found = _found(opened(scheme), axe)
    told = [(v["impact"], v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found["violations"]]
    assert [one for one in told if one[0] in ("serious", "critical")] == []
    assert told == []
    assert len(found["passes"]) > 20  # axe has looked


def test_axe_finds_a_barrier_where_there_is_one(browser: Browser, axe: str) -> None:
    page = browser.new_page()
    page.set_content(
        "<html lang=zh><title>x</title><main><h1>x</h1><p style='color:#bbb;background:#fff'>很浅的字</p></main>"
    )
    assert {v["id"] for v in _found(page, axe)["violations"]} == {"color-contrast"}
    page.close()


def _numbers(colour: str) -> str:
    """rgb(1, 2, 3) as #010203."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_of_drawings_are_read_on_their_ground(opened: Callable[..., Page], scheme: Scheme) -> None:
    """Axe leaves texts of drawings undecided: here each is set against the last field painted below its middle."""
    page = opened(scheme)
    pairs: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll('.drawing text')].filter(t => t.textContent.trim()).map(t => {
            const box = t.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
            const under = [...t.ownerSVGElement.querySelectorAll('rect, path')].filter(f => {
                const b = f.getBoundingClientRect(), s = getComputedStyle(f);
                return s.fill !== 'none' && s.fillOpacity > 0.5 && s.opacity > 0.5 && b.width > 6 && b.height > 6 &&
                    b.x <= x && x <= b.right && b.y <= y && y <= b.bottom &&
                    (t.compareDocumentPosition(f) & Node.DOCUMENT_POSITION_PRECEDING);
            });
            const ground = under.length ? under[under.length - 1] : null;
            return [t.textContent, getComputedStyle(t).fill, ground ? getComputedStyle(ground).fill : ''];
        })"""
    )
    assert len(pairs) > 100
    paper = DARK_PAPER if scheme == "dark" else "#ffffff"
    faint = [
        (text, ink, ground)
        for text, ink, ground in pairs
        if contrast(_numbers(ink), _numbers(ground) if ground else paper) < 4.5
    ]
    assert faint == []


def test_a_dark_screen_darkens_page_and_drawings(opened: Callable[..., Page]) -> None:
    page = opened("dark")
    ground = page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")
    drawing = page.evaluate("getComputedStyle(document.querySelector('.drawing svg rect')).fill")
    assert _numbers(ground) == _numbers(drawing) == DARK_PAPER == DARK["white"]
    page.emulate_media(media="print")
    assert _numbers(page.evaluate("getComputedStyle(document.querySelector('.drawing svg rect')).fill")) == "#ffffff"


def test_the_keyboard_reaches_text_and_tables(opened: Callable[..., Page]) -> None:
    page = opened()
    page.keyboard.press("Tab")
    first = page.evaluate("[document.activeElement.className, document.activeElement.getBoundingClientRect().left]")
    assert first[0] == "skip" and first[1] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    reached = page.evaluate("[document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle]")
    assert reached == ["scroll", "solid"]


def test_headings_go_down_one_step_at_a_time(opened: Callable[..., Page]) -> None:
    levels = opened().evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tables_have_captions_and_scopes(opened: Callable[..., Page]) -> None:
    tables = opened().evaluate(
        """[...document.querySelectorAll('table')].map(t => [t.caption ? t.caption.innerText : '',
            [...t.tHead.querySelectorAll('th')].every(h => h.scope === 'col'),
            [...t.tBodies[0].rows].every(r => r.cells[0].tagName !== 'TH' || r.cells[0].scope === 'row')])"""
    )
    assert len(tables) > 3
    for caption, heads, rows in tables:
        assert re.match(r"表\d+-\d+", caption) and heads and rows


def test_nothing_is_asked_for_and_nothing_runs(browser: Browser, release: Path) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((release / "bulletin.html").as_uri())
    page.evaluate("document.fonts.ready")
    context.close()
    assert [url for url in asked if not url.startswith("data:font/woff2")] == [(release / "bulletin.html").as_uri()]


def test_bold_letters_come_from_the_bold_font(opened: Callable[..., Page], release: Path) -> None:
    """The bold subset is cut from what the style sheet sets in bold: the browser says what that is."""
    bold: str = opened().evaluate(
        """() => { const seen = new Set(); const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            for (let n = walk.nextNode(); n; n = walk.nextNode())
                if (+getComputedStyle(n.parentElement).fontWeight >= 600) for (const c of n.data) seen.add(c);
            return [...seen].join(''); }"""
    )
    page = (release / "bulletin.html").read_text(encoding="utf-8")
    face = re.search(r"font-weight:700[^}]*?base64,([^)]+)\)", page)
    assert face is not None
    held = set(TTFont(io.BytesIO(base64.b64decode(face[1]))).getBestCmap())
    assert {c for c in bold if not c.isspace()} - {chr(code) for code in held} == set()


def test_a_narrow_screen_does_not_scroll_sideways(opened: Callable[..., Page]) -> None:
    assert opened(width=390).evaluate("document.documentElement.scrollWidth") <= 390


def test_it_prints_in_black_on_white_with_repeated_heads(opened: Callable[..., Page]) -> None:
    page = opened("dark")
    pages = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True))
    assert len(pages) > 3
    width, height = pages[0].get_size()
    assert (round(width), round(height)) in {(595, 842), (594, 841), (595, 841), (596, 842)}
    pixels = pages[1].render(scale=0.3).to_numpy()
    assert pixels[0, 0].min() == 255 and pixels.mean() > 200
    assert "跳到正文" not in "".join(p.get_textpage().get_text_range() for p in pages)


def test_the_page_is_small(release: Path) -> None:
    page = (release / "bulletin.html").read_bytes()
    figures = page.count(b'class="drawing"')
    fonts = sum(len(face) for face in re.findall(rb"base64,([^)]+)\)", page))
    assert figures >= 5
    # 30 drawings as large as the mean of these, with text and tables in proportion, stay below 1.5 MB
    assert fonts + (len(page) - fonts) / figures * 30 < 1_500_000
    assert json.loads((release / "manifest.json").read_text(encoding="utf-8"))["files"]["bulletin.html"][
        "bytes"
    ] == len(page)
