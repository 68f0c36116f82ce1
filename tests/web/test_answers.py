"""Headers, tags, compression, and bad input: never a 5xx, always one sentence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from starlette.testclient import TestClient

from qinggong.web import assets
from qinggong.web.app import create_app
from qinggong.web.ask import Ask

SERIES = "/series/industry-13-nbs-CN-value_added-yoy-published-month-pct"


@pytest.mark.parametrize("path", ["/", "/industries/13", "/nothing", "/healthz", "/openapi.json", "/industries/13.csv"])
def test_every_answer_carries_the_headers_of_security(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy and "script-src 'self'" in policy and "default-src 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/", "/industries/13.json", "/industries/13.csv", SERIES])
def test_an_unchanged_page_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["etag"].startswith('W/"') and "max-age" in first.headers["cache-control"]
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(path, params={"as_of": "2025-09-30"})
    assert other.headers["etag"] != first.headers["etag"]


def test_an_answer_is_compressed_as_asked(client: TestClient) -> None:
    plain = client.get("/industries/13", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.headers["vary"] == "Accept-Encoding"
    for name, opened in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        with client.stream("GET", "/industries/13", headers={"Accept-Encoding": name}) as packed:
            raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == name and opened(raw) == plain.content
        assert len(raw) < len(plain.content) / 3


def test_a_page_made_ahead_is_the_one_that_is_sent(copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(copied())
    with TestClient(app) as client:
        app.state.answering.foresee(Ask("/"))
        monkeypatch.setattr(app.state.answering, "make", lambda *_: pytest.fail("made again"))
        ahead = client.get("/")
    with TestClient(create_app(app.state.place.layout.root)) as client:
        assert ahead.content == client.get("/").content and ahead.headers["etag"] == client.get("/").headers["etag"]


def test_head_has_the_headers_and_no_body(client: TestClient) -> None:
    answer = client.head("/industries/13")
    assert answer.status_code == 200 and answer.content == b"" and answer.headers["etag"]


def test_static_files_are_named_by_their_content(client: TestClient) -> None:
    for plain in ("style.css", "portal.js", "icon.svg", assets.FONTS):
        name = assets.address(plain)
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert client.get(f"/static/{name.replace('.', '.0', 1)}").status_code == 404
    for bad in ("../app.py", "..%2fapp.py", "style.css", "font-regular-999.000000000000.woff2", "x" * 300):
        assert client.get(f"/static/{bad}").status_code == 404


def test_font_slices_hold_every_character_once() -> None:
    parts = assets.slices()
    assert len("".join(parts)) == len(set("".join(parts)))
    assert set("0123456789%轻工业增加值") <= set(parts[0] + parts[1])


BAD = [
    ("/?as_of=yesterday", 400), ("/?as_of=2025-13-01", 400), ("/?as_of=0001-01-01", 400), ("/?as_of=9999-12-31", 400),
    ("/?as_of=2025-02-30", 400), ("/?lang=fr", 400), (f"{SERIES}?from=2025-05&to=2025-01", 400), (f"{SERIES}?from=x",
    400),
    (f"{SERIES}?from=0000-99", 400), ("/compare?series=nothing", 404), ("/compare?base=second", 400),
    ("/compare?series=" + ",".join(f"a{i}" for i in range(9)), 400), ("/regions?indicator=profits", 400),
    ("/regions?subject=x", 400), ("/industries/13.csv?table=nothing", 400), ("/search?q=" + "长" * 81, 400),
    ("/search?q=" + "x" * 60_000, 414), ("/" + "a" * 60_000, 414), ("/industries/" + "9" * 500, 404),
    ("/api/series?limit=-1", 400), ("/api/observations", 400), ("/api/series?limit=x&start=-5", 400),
    ("/api/observations?series=nothing", 404),
    ("/api/series?as_of=never", 400), ("/industries/..%2f..%2fetc%2fpasswd", 404), ("/series/..%2f..%2fqinggong.toml",
    404),
    ("/releases/..", 200), ("/releases/%2e%2e%2fdrafts", 404), ("/methods/..%2fREADME", 404), ("/industries/%00", 400),
    ("/industries/<script>", 404), ("/industries/%F0%9F%98%80", 404), ("/nothing/at/all", 404), ("/industries/13.xml",
    404),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), BAD)
def test_bad_input_is_refused_in_one_sentence(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:300]
    assert "<script>" not in answer.text and "Traceback" not in answer.text
    if status in (400, 404, 414) and answer.headers["content-type"].startswith("application/json"):
        assert any("\u4e00" <= c <= "\u9fff" for c in answer.json()["error"])


def test_a_wrong_parameter_is_named_with_what_was_given(client: TestClient) -> None:
    told = client.get("/api/series?limit=x&start=-5").json()["error"]
    assert told == "参数 start“-5”不能小于0；参数 limit“x”要写整数"
    assert (
        client.get("/api/observations?form=pdf").json()["error"]
        == "没有给出参数 series；参数 form“pdf”不对，可用 json 或 csv"
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    assert client.request(method, "/industries/13").status_code == 405


def test_what_is_given_never_becomes_markup(client: TestClient) -> None:
    for path in ('/search?q="><img src=x onerror=alert(1)>', "/industries/<b>x</b>", "/compare?series=<svg/onload=1>"):
        page = client.get(path).text
        assert "<img" not in page and "<b>x" not in page and "<svg/onload" not in page


# --------------------------------------------------------------------------------------- store and releases


def test_without_a_store_pages_say_so(tmp_path: Path) -> None:
    from qinggong.config import create

    create(tmp_path / "empty")
    with TestClient(create_app(tmp_path / "empty")) as client:
        for path in ("/", "/industries", "/industries/13", "/regions", "/warnings", "/releases", "/plans"):
            answer = client.get(path)
            assert answer.status_code == 200 and "还没有" in answer.text, path


@pytest.mark.usefixtures("looking_at_once")
def test_a_damaged_store_is_told_of_and_recovered_from(copied: Callable[[], Path]) -> None:
    root = copied()
    log = root / "store" / "observations" / "_delta_log"
    with TestClient(create_app(root), raise_server_exceptions=False) as client:
        assert client.get("/industries/13").status_code == 200
        kept = {p.name: p.read_bytes() for p in log.iterdir()}
        for name in kept:
            (log / name).write_bytes(b"{half of an ent")
        (log / "mark").touch()
        answer = client.get("/industries/13")
        assert answer.status_code == 503 and answer.headers["retry-after"] == "2" and "自动重试" in answer.text
        assert 'http-equiv="refresh"' in answer.text
        assert client.get("/industries/13.json").status_code == 503
        for name, content in kept.items():
            (log / name).write_bytes(content)
        (log / "mark").unlink()
        assert client.get("/industries/13").status_code == 200


@pytest.mark.usefixtures("looking_at_once")
def test_a_store_that_has_gone_is_not_taken_for_an_empty_one(copied: Callable[[], Path]) -> None:
    root = copied()
    with TestClient(create_app(root), raise_server_exceptions=False) as client:
        assert client.get("/industries/13").status_code == 200
        (root / "store").rename(root / "elsewhere")
        for path in ("/", "/industries/13", "/industries/14", "/regions/44.json", "/healthz"):
            assert client.get(path).status_code == 503, path
        (root / "elsewhere").rename(root / "store")
        assert client.get("/industries/14").status_code == client.get("/healthz").status_code == 200


def test_half_a_release_is_not_seen(copied: Callable[[], Path]) -> None:
    root = copied()
    (root / "releases" / "2025-09").mkdir()
    (root / "releases" / "2025-09" / "manifest.json").write_text('{"title": "half', encoding="utf-8")
    (root / "releases" / ".2025-10.part").mkdir()
    with TestClient(create_app(root)) as client:
        assert [r["name"] for r in client.get("/releases.json").json()["data"]["releases"]] == ["2025-08"]


# ------------------------------------------------------------------------------------------------ addresses


def test_addresses_of_a_site_of_files_are_relative() -> None:
    ask = Ask("/industries/13", static=True)
    assert ask.link("/industries/14") == "14.html"
    assert ask.link("/") == "../index.html"
    assert ask.link("/warnings#rule") == "../warnings.html#rule"
    assert ask.asset("style.css") == "../static/style.css"
    assert Ask("/", static=True).link("/industries/13") == "industries/13.html"
    assert ask.data("json") == "13.json"


def test_the_openapi_document_names_every_page(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/industries/{code}.json", "/series/{slug}.csv", "/compare.json", "/api/series", "/search.json"):
        assert path in paths, sorted(paths)
    assert json.dumps(paths).count('"as_of"') > 20
