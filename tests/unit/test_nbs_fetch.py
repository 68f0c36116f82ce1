"""Planning and fetching: no other network than a mock transport and a server on this computer itself."""

from __future__ import annotations

import datetime as dt
import email.utils
import http.server
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import stamina

from qinggong.catalogue import load_catalogue
from qinggong.periods import Period, month, ytd
from qinggong.sources import nbs_fetch
from qinggong.sources.nbs import read_answer
from qinggong.sources.nbs_fetch import FetchError, Query, Saved, fetch, plan_fetch

LOCAL = "https://127.0.0.1/x"
BEER = "啤酒产量_当期值"
REFUSED = {"returncode": 501, "returndata": "对不起，未能找到符合查询条件的信息。"}


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


def plan(
    *names: str, start: Period | None = None, end: Period | None = None, service: str = "easyquery"
) -> list[Query]:
    return plan_fetch(names, start or month(2099, 3), end or month(2099, 4), load_catalogue(), service=service)


def old_answer(
    code: str = "A02090A01", name: str = BEER, times: tuple[str, ...] = ("209904", "209903")
) -> dict[str, Any]:
    nodes = [
        {
            "code": f"zb.{code}_sj.{t}",
            "data": {"data": 1.0, "dotcount": 1, "hasdata": True, "strdata": "1.0"},
            "wds": [{"wdcode": "zb", "valuecode": code}, {"wdcode": "sj", "valuecode": t}],
        }
        for t in times
    ]
    label = {"code": code, "cname": name, "name": name, "unit": "万千升"}
    return {"returncode": 200, "returndata": {"datanodes": nodes, "wdnodes": [{"wdcode": "zb", "nodes": [label]}]}}


def client(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(handler))


def ask(query: Query, handler: Callable[[httpx.Request], httpx.Response], attempts: int = 3) -> list[Saved]:
    with client(handler) as opened:
        return fetch(query, client=opened, base=LOCAL, pause=0, attempts=attempts)


# ---------------------------------------------------------------------------------------------------- planning


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("啤酒", ["A02090A"]),
        ("家具制造业·利润总额", ["A020O0K"]),
        ("利润总额：家具制造业", ["A020O0K"]),
        ("出口交货值·家具制造业", ["A02080H"]),
        ("规模以上工业·增加值", ["A0201", "A0205"]),
        ("饮料类", ["A070401"]),
        ("社会消费品零售总额", ["A0701"]),
        ("产销率", ["A020Q"]),
        ("value_added", ["A0201", "A0205", "A020P"]),
    ],
)
def test_names_lead_to_tables(text: str, codes: list[str]) -> None:
    assert [q.node.code for q in plan(text)] == codes


def test_a_table_is_asked_once_for_all_that_is_wanted() -> None:
    queries = plan("家具制造业·利润总额", "食品制造业·利润总额", "规模以上工业·营业收入", "规模以上工业·利润总额")
    assert [q.node.code for q in queries] == ["A020O0K", "A020A", "A020O09"]
    assert queries[1].indicators == ("revenue", "profit")


def test_long_runs_are_cut_into_pages_and_to_the_years_of_a_table() -> None:
    queries = plan("PPI·家具制造业", start=month(2016, 5), end=month(2026, 3))
    runs = [(q.node.code, q.first, q.last) for q in queries]
    assert runs[:2] == [("A010B", "2018-01", "2019-12"), ("A010B", "2020-01", "2021-12")]
    assert ("A010B", "2024-01", "2025-12") in runs and ("A010H", "2026-01", "2026-03") in runs
    whole = plan("啤酒", start=ytd(2016, 2), end=month(2026, 3), service="website")
    assert [(q.first, q.last) for q in whole] == [("2016-01", "2026-03")]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["瞎写"], "没有“瞎写”"),
        (["家具制作业"], "家具制造业"),
        (["啤酒·利润总额"], "没有“啤酒·利润总额”"),
        (["轻工业·利润总额"], "没有"),
        (["a·b·c"], "没有"),
        ([""], "没有"),
    ],
)
def test_an_unknown_name_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(FetchError, match=message):
        plan(*names)


def test_wrong_months_and_services_are_refused() -> None:
    with pytest.raises(FetchError, match="晚于"):
        plan("啤酒", start=month(2024, 5), end=month(2024, 4))
    with pytest.raises(FetchError, match="没有数据"):
        plan("出口交货值·家具制造业", start=month(2010, 1), end=month(2010, 2))
    with pytest.raises(FetchError, match="easyquery"):
        plan("啤酒", service="gopher")


# ----------------------------------------------------------------------------------------------- old interface


def test_the_old_request_and_what_comes_back() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=old_answer(), headers={"Set-Cookie": "JSESSIONID=x; Path=/"})

    (saved,) = ask(plan("啤酒")[0], handler)
    query = parse_qs(urlsplit(saved.url).query)
    assert seen[0].method == "GET" and str(seen[0].url) == saved.url
    assert (query["m"], query["dbcode"], query["wds"]) == (["QueryData"], ["hgyd"], ["[]"])
    assert json.loads(query["dfwds"][0]) == [
        {"wdcode": "zb", "valuecode": "A02090A"}, {"wdcode": "sj", "valuecode": "209903,209904"},
    ]  # fmt: skip
    assert "k1" not in query
    assert seen[0].headers["user-agent"].startswith("qinggong/")
    assert seen[0].headers["referer"].startswith("https://data.stats.gov.cn/")
    assert saved.name == "nbs-easyquery-A02090A-2099-03-2099-04.json"
    assert [r.period for r in read_answer(saved.content).rows] == ["2099-04", "2099-03"]


def test_the_501_answer_names_the_query() -> None:
    with pytest.raises(FetchError, match=r"啤酒（A02090A，2099-03至2099-04）：.*501：对不起"):
        ask(plan("啤酒")[0], lambda _: httpx.Response(200, json=REFUSED))


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(403, text="UrlACL"), "403.*新版（website）"),
        (httpx.Response(404), "答复 404"),
        (httpx.Response(302, headers={"Location": "https://127.0.0.1/login"}), "答复 302"),
        (httpx.Response(200, text="<html>verify</html>"), "验证页面"),
        (httpx.Response(200, text=""), "验证页面"),
    ],
)
def test_other_answers_are_errors_at_once(response: httpx.Response, message: str) -> None:
    calls: list[int] = []

    def handler(_: httpx.Request) -> httpx.Response:
        calls.append(1)
        return response

    with pytest.raises(FetchError, match=message):
        ask(plan("啤酒")[0], handler)
    assert len(calls) == 1


@pytest.mark.parametrize("fault", [429, 500, 502, 503, 504, httpx.ConnectError, httpx.ReadTimeout])
def test_faults_of_server_and_network_are_tried_again(fault: int | type[httpx.TransportError]) -> None:
    calls: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        if len(calls) < 3:
            if isinstance(fault, int):
                return httpx.Response(fault)
            raise fault("fault", request=request)
        return httpx.Response(200, json=old_answer())

    assert len(ask(plan("啤酒")[0], handler)) == 1 and len(calls) == 3
    calls.clear()
    with pytest.raises(FetchError, match=str(fault) if isinstance(fault, int) else fault.__name__):
        ask(plan("啤酒")[0], handler, attempts=2)
    assert len(calls) == 2


def test_a_bad_certificate_is_final() -> None:
    calls: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        raise httpx.ConnectError("certificate", request=request) from ssl.SSLCertVerificationError("self-signed")

    with pytest.raises(FetchError, match="证书不可信"):
        ask(plan("啤酒")[0], handler)
    assert len(calls) == 1


def test_retry_after_is_heeded() -> None:
    def status(code: int, **headers: str) -> httpx.HTTPStatusError:
        request = httpx.Request("GET", LOCAL)
        response = httpx.Response(code, headers={k.replace("_", "-"): v for k, v in headers.items()}, request=request)
        return httpx.HTTPStatusError("", request=request, response=response)

    soon = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30), usegmt=True)
    assert nbs_fetch._again(status(429, retry_after="7")) == 7.0
    assert 25 < float(nbs_fetch._again(status(503, retry_after=soon))) <= 30
    assert nbs_fetch._again(status(429)) is True and nbs_fetch._again(status(429, retry_after="soon")) is True
    assert nbs_fetch._again(status(429, retry_after="86400")) is False
    assert nbs_fetch._again(status(403)) is False and nbs_fetch._again(ValueError()) is False
    with pytest.raises(FetchError, match="请在86400秒后再试"):
        ask(plan("啤酒")[0], lambda _: httpx.Response(429, headers={"Retry-After": "86400"}))


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nbs_fetch, "MAX_BYTES", 1000)
    with pytest.raises(FetchError, match="不收"):
        ask(plan("啤酒")[0], lambda _: httpx.Response(200, content=b" " * 2000))


def test_only_https_and_never_faster_than_one_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with client(lambda _: httpx.Response(200, json=old_answer())) as opened:
        fetch(plan("啤酒")[0], client=opened, pause=0)
        fetch(plan("啤酒")[0], client=opened, pause=2.5)
        with pytest.raises(FetchError, match="https"):
            fetch(plan("啤酒")[0], client=opened, base="http://data.stats.gov.cn/easyquery.htm")
    assert slept == [1.0, 2.5]


def test_the_client_of_its_own_checks_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    class Client(httpx.Client):
        def __init__(self, **options: Any) -> None:
            made.append(options)
            super().__init__(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=old_answer())), **options)

    monkeypatch.setattr(httpx, "Client", Client)
    fetch(plan("啤酒")[0], base=LOCAL, pause=0)
    assert made[0].get("verify", True) is True and made[0]["timeout"].connect == 15.0
    assert made[0]["follow_redirects"] is False


# ----------------------------------------------------------------------------------------------- new interface

TREE = {
    "ROOT": [("r1", "工业", False), ("r2", "国内贸易", False)],
    "r1": [("t1", "工业主要产品产量", False), ("t2", "工业分大类行业增加值增长速度(2018-至今)", True),
           ("t3", "工业分大类行业增加值增长速度(2003-2011)", True)],
    "t1": [("l1", "啤酒", True), ("l2", "葡萄酒", True)],
}  # fmt: skip
SERIES = {
    "l1": [("i1", "啤酒产量当期值(万千升)"), ("i2", "啤酒产量累计值(万千升)"), ("i3", "啤酒价格指数")],
    "t2": [(f"v{i}", f"家具制造业增加值{s}(%)") for i, s in enumerate(("同比增长", "累计增长"))],
}


class Site:
    """A small copy of the new interface."""

    def __init__(self, *, area: str = "全国", empty: bool = False) -> None:
        self.area, self.empty, self.requests, self.bodies = area, empty, list[str](), list[dict[str, Any]]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/x")
        self.requests.append(path)
        asked = dict(request.url.params)
        if path == "/new/queryIndexTreeAsync":
            key = "ROOT" if re.fullmatch("[0-9a-f]{32}", asked["pid"]) else asked["pid"]
            nodes = [{"_id": i, "name": n, "isLeaf": leaf} for i, n, leaf in TREE.get(key, [])]
            return httpx.Response(200, json={"success": True, "data": nodes})
        if path == "/new/queryIndicatorsByCid":
            items = [{"_id": i, "i_showname": n} for i, n in SERIES.get(asked["cid"], [])]
            return httpx.Response(200, json={"success": True, "data": {"list": items, "total": len(items)}})
        body = json.loads(request.content)
        self.bodies.append(body)
        names = dict(SERIES[body["cid"]])
        values = [
            {
                "_id": i,
                "i_showname": names[i],
                "value": "" if self.empty else "1.0",
                "da_name": self.area,
                "du_name": "",
            }
            for i in body["indicatorIds"]
        ]
        return httpx.Response(200, json={"success": True, "data": [{"code": "209903MM", "values": values}]})


def test_the_new_interface_is_walked_by_names() -> None:
    site = Site()
    (saved,) = ask(plan("啤酒", service="website")[0], site)
    assert site.requests == ["/new/queryIndexTreeAsync"] * 3 + ["/new/queryIndicatorsByCid", "/stream/esData"]
    assert site.bodies == [
        {
            "cid": "l1", "indicatorIds": ["i1", "i2"], "daCatalogId": "", "das": [{"text": "全国", "value": "0" * 12}],
            "showType": "1", "rootId": "fc982599aa684be7969d7b90b1bd0e84", "dts": ["209903MM-209904MM"],
        }
    ]  # fmt: skip
    assert saved.url.startswith(f"{LOCAL}/stream/esData#cid=l1&dts=209903MM-209904MM")
    assert saved.name == "nbs-website-A02090A-2099-03-2099-04-l1-1.json"
    assert [r.period for r in read_answer(saved.content).rows] == ["2099-03", "2099-01/2099-03"]


def test_spans_of_years_that_are_not_asked_for_are_left_alone() -> None:
    site = Site()
    (query,) = plan("家具制造业·增加值", service="website")
    (saved,) = ask(query, site)
    assert [b["cid"] for b in site.bodies] == ["t2"]
    assert {r.subject for r in read_answer(saved.content).rows} == {"家具制造业"}


def test_a_known_catalogue_that_is_gone_is_looked_for_by_name() -> None:
    site = Site()
    with pytest.raises(FetchError, match="没有找到这些指标"):
        ask(plan("空调", service="website")[0], site)
    assert site.requests[0] == "/new/queryIndicatorsByCid" and "/new/queryIndexTreeAsync" in site.requests


def test_another_area_than_asked_for_is_refused() -> None:
    with pytest.raises(FetchError, match="要的是全国，应答写的是“北京市”"):
        ask(plan("啤酒", service="website")[0], Site(area="北京市"))


def test_an_answer_without_figures_is_an_error() -> None:
    with pytest.raises(FetchError, match="没有数据"):
        ask(plan("啤酒", service="website")[0], Site(empty=True))


@pytest.mark.parametrize(
    "answer", [{"success": False, "message": "维护中"}, {"data": None}, {"success": True, "data": "x"}]
)
def test_a_failed_answer_of_the_new_interface(answer: dict[str, Any]) -> None:
    with pytest.raises(FetchError, match="啤酒"):
        ask(plan("啤酒", service="website")[0], lambda _: httpx.Response(200, json=answer))


# ------------------------------------------------------------------------------------------------ a real server


class Handler(http.server.BaseHTTPRequestHandler):
    answers: list[tuple[int, dict[str, str], bytes]]
    cookies: list[str | None]

    def do_GET(self) -> None:
        self.cookies.append(self.headers.get("Cookie"))
        status, headers, body = self.answers.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[Handler]]]:
    class Own(Handler):
        answers: list[tuple[int, dict[str, str], bytes]] = []  # noqa: RUF012 - one class a test
        cookies: list[str | None] = []  # noqa: RUF012

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/easyquery.htm", Own
    running.shutdown()
    running.server_close()
    thread.join(timeout=5)


def test_against_a_server_with_a_busy_moment_and_a_pause(server: tuple[str, type[Handler]]) -> None:
    base, handler = server
    content = json.dumps(old_answer(), ensure_ascii=False).encode()
    handler.answers += [(429, {"Retry-After": "1"}, b""), (200, {"Set-Cookie": "u=1"}, content), (200, {}, content)]
    with stamina.set_testing(False):
        begun = time.monotonic()
        (saved,) = fetch(plan("啤酒")[0], base=base, pause=0.2)
    assert time.monotonic() - begun >= 1.4
    assert saved.content == content and saved.url.startswith(base)
    fetch(plan("啤酒")[0], base=base, pause=0)
    assert handler.cookies == [None, None, None]  # nothing is kept from one fetch to the next


def test_a_cut_connection_is_an_error_that_names_the_query(server: tuple[str, type[Handler]]) -> None:
    base, handler = server
    handler.answers += [(200, {"Content-Length": "100"}, b"{"), (200, {"Content-Length": "100"}, b"{")]
    with pytest.raises(FetchError, match=r"啤酒（A02090A.*连不上"):
        fetch(plan("啤酒")[0], base=base, pause=0, attempts=2)
    with pytest.raises(FetchError, match="连不上"):
        fetch(plan("啤酒")[0], base="http://127.0.0.1:9/", pause=0, attempts=1)
