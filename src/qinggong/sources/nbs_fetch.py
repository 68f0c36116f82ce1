"""Asking the national data service (国家数据) for series, only when the user says so: ``qinggong fetch nbs …``.

The analyst names indicators and industries of the catalogue and months; ``plan_fetch`` finds the tables, ``fetch`` gets
their answers as raw bytes with their origin, to be frozen by the caller and read by ``sources.nbs``. One request a
second at most, certificates always checked, repeated only after faults of the network or of the server.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import ipaddress
import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import stamina

from qinggong import __version__
from qinggong.catalogue.names import normalise
from qinggong.catalogue.nbs_codes import NbsCodes, load_nbs_codes
from qinggong.sources.base import UnreadableFile
from qinggong.sources.nbs import MAX_BYTES, WHOLE_COUNTRY, failure, load_answer
from qinggong.sources.nbs_plan import FetchError, Query, month_count, month_text, plan_fetch

__all__ = ["FetchError", "Query", "Saved", "fetch", "plan_fetch"]

PAUSE_SECONDS = 1.0
ATTEMPTS = 5
MAX_RETRY_AFTER = 120.0
SERIES_A_PAGE = 50
USER_AGENT = f"qinggong/{__version__} (light-industry statistics; on a user's request)"
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_DEADLINE_SECONDS = 180.0
_TOO_BUSY = (429, 500, 502, 503, 504)
_NATION = {"text": WHOLE_COUNTRY, "value": "0" * 12}
_SLICE = re.compile(r"\((\d{4})?[-—](\d{4}|至今)?\)$")  # (2018-至今), (-2025), (2026-)


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer as it came: a file name for it, the address with the query, the bytes."""

    name: str
    url: str
    content: bytes


def fetch(
    query: Query,
    *,
    client: httpx.Client | None = None,
    base: str = "",
    pause: float = PAUSE_SECONDS,
    attempts: int = ATTEMPTS,
) -> list[Saved]:
    """Ask the service; blocks for at least ``pause`` seconds before each request.

    Parameters
    ----------
    client
        For tests or a proxy of one's own; else a client with certificates checked and no cookies kept.
    base
        Address of the interface, that of the catalogue if empty.
    pause
        Seconds before each request; less than one second only against this computer itself.
    attempts
        How often a request is sent when the network or the server fails.

    Raises
    ------
    FetchError
        Naming the query, when there is no answer or not the one asked for.
    """
    address = (base or query.service.base).rstrip("/")
    local = _is_local(address)
    if not local and not address.startswith("https://"):
        raise FetchError(f"{query}：接口地址“{address}”不是 https，不取")
    own = client is None
    opened = httpx.Client(timeout=_TIMEOUT, follow_redirects=False) if client is None else client
    try:
        line = _Line(opened, query, max(pause, 0.0 if local else PAUSE_SECONDS), max(attempts, 1))
        if query.service.code == "easyquery":
            return [_easyquery(line, query, address)]
        saved = list(_website(line, query, address))
        if not saved:
            raise FetchError(f"{query}：国家数据网在这些月份没有数据，请核对月份，或在网站上下载后用 ingest 导入")
        return saved
    finally:
        if own:
            opened.close()


def _is_local(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _easyquery(line: _Line, query: Query, base: str) -> Saved:
    months = range(month_count(query.first), month_count(query.last) + 1)
    wanted = [
        {"wdcode": "zb", "valuecode": query.node.code},
        {"wdcode": "sj", "valuecode": ",".join(month_text(m).replace("-", "") for m in months)},
    ]
    # Without the usual k1 (the clock): the address of a query is then always the same.
    params = {
        "m": "QueryData", "dbcode": query.service.database, "rowcode": "zb", "colcode": "sj", "wds": "[]",
        "dfwds": json.dumps(wanted, separators=(",", ":")),
    }  # fmt: skip
    url = f"{base}?{urlencode(params)}"
    content = line.send("GET", url)
    line.answer(content)
    return Saved(_file_name("easyquery", query, ""), url, content)


def _website(line: _Line, query: Query, base: str) -> Iterator[Saved]:
    codes = load_nbs_codes()
    series = _series(line, query, base, query.node.cids, codes)
    if not series:
        series = _series(line, query, base, _walk(line, query, base), codes)
    if not series:
        raise FetchError(
            f"{query}：国家数据网的目录里没有找到这些指标，网站目录可能已改，请在网站上下载后用 ingest 导入"
        )
    run = f"{query.first.replace('-', '')}MM-{query.last.replace('-', '')}MM"
    for cid, ids in series.items():
        for at in range(0, len(ids), SERIES_A_PAGE):
            body = {
                "cid": cid, "indicatorIds": ids[at : at + SERIES_A_PAGE], "daCatalogId": "", "das": [_NATION],
                "showType": "1", "rootId": query.service.root, "dts": [run],
            }  # fmt: skip
            url = f"{base}/stream/esData"
            content = line.send("POST", url, body=body)
            if not _has_data(line.answer(content), query):
                continue  # a catalogue of other years
            part = f"{cid[:8]}-{at // SERIES_A_PAGE + 1}"
            # The body is no part of an address; behind the # it tells a reader what was asked.
            origin = f"{url}#{urlencode({'cid': cid, 'dts': run, 'part': at // SERIES_A_PAGE + 1})}"
            yield Saved(_file_name("website", query, part), origin, content)


def _series(line: _Line, query: Query, base: str, cids: Sequence[str], codes: NbsCodes) -> dict[str, list[str]]:
    """Ids of the wanted series in each of the catalogues, told by their names."""
    found: dict[str, list[str]] = {}
    for cid in cids:
        url = f"{base}/new/queryIndicatorsByCid?{urlencode({'cid': cid, 'dt': '', 'name': ''})}"
        data = line.answer(line.send("GET", url)).get("data")
        items = data.get("list") if isinstance(data, dict) else None
        for item in items if isinstance(items, list) else []:
            name, key = (str(item.get(f) or "") for f in ("i_showname", "_id")) if isinstance(item, dict) else ("", "")
            reading = codes.read(name[:200], unit="%") if name and key else None
            if reading is not None and not reading.why and reading.indicator in query.indicators:
                found.setdefault(cid, []).append(key)
    return found


def _walk(line: _Line, query: Query, base: str) -> list[str]:
    """The catalogues of the query's table, found by the names on the way down."""
    found = [{"_id": query.service.root}]
    for name in (*query.node.path, query.node.name):
        items = [item for parent in found for item in _children(line, query, base, parent)]
        found = [item for item in items if _is_named(item, name, query)]
    below = [i for item in found for i in ([item] if item.get("isLeaf") else _children(line, query, base, item))]
    return [str(item["_id"]) for item in below]


def _children(line: _Line, query: Query, base: str, parent: Mapping[str, Any]) -> list[dict[str, Any]]:
    url = f"{base}/new/queryIndexTreeAsync?{urlencode({'pid': parent['_id'], 'code': query.service.database})}"
    data = line.answer(line.send("GET", url)).get("data")
    return [i for i in data if isinstance(i, dict) and i.get("_id")] if isinstance(data, list) else []


def _is_named(item: Mapping[str, Any], name: str, query: Query) -> bool:
    """True if a catalogue has the name or names a subject, and its span of years, if it states one, is asked for."""
    own = normalise(str(item.get("name") or item.get("_name") or ""))[:200]
    if span := _SLICE.search(own):
        first, last = int(span[1] or 0), int(span[2] if span[2] and span[2].isdigit() else 9999)
        if int(query.first[:4]) > last or int(query.last[:4]) < first:
            return False
    own = _SLICE.sub("", own)
    return own == _SLICE.sub("", normalise(name)) if name else own in query.names


def _has_data(answer: Mapping[str, Any], query: Query) -> bool:
    """True if an answer holds figures, all for the whole country; another area is an error of the service."""
    months = answer.get("data")
    items = (
        [i for b in months if isinstance(b, dict) for i in b.get("values") or ()] if isinstance(months, list) else []
    )
    figures = [i for i in items if isinstance(i, dict) and i.get("value") not in (None, "")]
    for item in figures:
        if item.get("da_name") != WHOLE_COUNTRY:
            raise FetchError(f"{query}：要的是全国，应答写的是“{item.get('da_name')}”，不收；请稍后再试")
    return bool(figures)


def _file_name(service: str, query: Query, part: str) -> str:
    pieces = ("nbs", service, query.node.code, query.first, query.last, *([part] if part else []))
    return re.sub(r"[^0-9A-Za-z.-]", "_", "-".join(pieces)) + ".json"


# ------------------------------------------------------------------------------------------------- one request


@dataclass(frozen=True, slots=True)
class _Line:
    """The way to the service for one query: its pace and its patience."""

    client: httpx.Client
    query: Query
    pause: float
    attempts: int

    def send(self, method: str, url: str, *, body: Mapping[str, Any] | None = None) -> bytes:
        """The bytes of the answer.

        Raises
        ------
        FetchError
            When no answer comes, or none that may be used.
        """
        try:
            for attempt in stamina.retry_context(
                on=_again, attempts=self.attempts, timeout=None, wait_initial=2.0, wait_max=30.0
            ):
                with attempt:
                    time.sleep(self.pause)
                    return self._once(method, url, body)
        except httpx.HTTPStatusError as error:
            raise FetchError(self._refused(error.response)) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            why = "证书不可信" if _untrusted(error) else f"{type(error).__name__}"
            raise FetchError(f"{self.query}：连不上国家数据网（{why}），请检查网络后再试") from error
        raise AssertionError("retry_context ends by return or by an exception")

    def _once(self, method: str, url: str, body: Mapping[str, Any] | None) -> bytes:
        headers = {"User-Agent": USER_AGENT, "Referer": self.query.service.page, "Accept": "application/json, */*"}
        until = time.monotonic() + _DEADLINE_SECONDS
        with self.client.stream(method, url, headers=headers, json=body, timeout=_TIMEOUT) as response:
            if response.status_code != 200:
                raise httpx.HTTPStatusError("not OK", request=response.request, response=response)
            chunks, size = [], 0
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > MAX_BYTES:
                    raise FetchError(f"{self.query}：应答超过{MAX_BYTES // 1_000_000}MB，不收")
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("the whole answer took too long", request=response.request)
                chunks.append(chunk)
            return b"".join(chunks)

    def _refused(self, response: httpx.Response) -> str:
        status = response.status_code
        if status == 403:
            other = "新版（website）" if self.query.service.code == "easyquery" else "旧版（easyquery）"
            return f"{self.query}：国家数据网拒绝访问（403），请改用{other}接口，或在网站上下载后用 ingest 导入"
        if status in _TOO_BUSY:
            wait = retry_after(response.headers)
            when = f"请在{wait:.0f}秒后再试" if wait is not None else "请过一会儿再试"
            return f"{self.query}：国家数据网繁忙或出错（{status}），{when}"
        return f"{self.query}：国家数据网答复 {status}，没有数据，请改用另一版接口或在网站上下载后用 ingest 导入"

    def answer(self, content: bytes) -> dict[str, Any]:
        """The answer as an object, if the service says that it succeeded."""
        try:
            answer = load_answer(content)
        except UnreadableFile as error:
            raise FetchError(
                f"{self.query}：应答不是 JSON（可能是网站的验证页面），请稍后再试，或在网站上下载后用 ingest 导入"
            ) from error
        if told := failure(answer):
            raise FetchError(f"{self.query}：{told}，请核对指标和月份")
        return answer


def _again(error: Exception) -> bool | float:
    """Whether to ask once more, and after how many seconds if the server says so."""
    if isinstance(error, httpx.HTTPStatusError):
        if error.response.status_code not in _TOO_BUSY:
            return False
        wait = retry_after(error.response.headers)
        return True if wait is None else wait <= MAX_RETRY_AFTER and max(wait, 0.001)
    return isinstance(error, httpx.TransportError) and not _untrusted(error)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a ``Retry-After`` header, given as a number or as a date; ``None`` without one that can be read."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max((moment - dt.datetime.now(dt.UTC)).total_seconds(), 0.0)


def _untrusted(error: BaseException | None) -> bool:
    """True if a failed check of the certificate is behind an error: asking again does not help."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
