"""What an SDMX address asks (统计数据交换请求): flow, key, periods, day, form; and how it is refused."""

from __future__ import annotations

import calendar
import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request

from qinggong.periods import Period, month
from qinggong.publish.sdmx_codes import DIMENSIONS
from qinggong.publish.sdmx_structure import DETAILS, FLOW, KINDS, REFERENCES, Flow, artefacts
from qinggong.web.answers import Answer
from qinggong.web.ask import BadRequest, NotFound, day_of, shown

DataForm = Literal["csv", "json"]
KINDS_OF_DATA: Mapping[DataForm, str] = {
    "csv": "application/vnd.sdmx.data+csv;version=2.0.0;charset=utf-8",
    "json": "application/vnd.sdmx.data+json;version=2.0.0",
}
KIND_OF_STRUCTURE = "application/vnd.sdmx.structure+json;version=2.0.0"
_DATA_FORMS: Mapping[str, DataForm] = {
    "application/vnd.sdmx.data+csv": "csv", "text/csv": "csv", "application/csv": "csv", "text/*": "csv",
    "application/vnd.sdmx.data+json": "json", "application/json": "json", "application/*": "json", "*/*": "json",
}  # fmt: skip
_STRUCTURE_FORMS = dict.fromkeys(
    ("application/vnd.sdmx.structure+json", "application/json", "application/*", "*/*"), "json"
)
_FORMATS: Mapping[str, DataForm] = {
    "csv": "csv", "csvdata": "csv", "csvfile": "csv", "json": "json", "jsondata": "json",
}  # fmt: skip
_VERSIONS = ("2.0.0", "2.0", "2")
_ANY = ("", "*", "all")
_NEWEST = ("", "*", "all", "latest", "+", "~")
_CODES = {400: 140, 404: 100, 406: 140, 413: 510, 503: 503}
"""Codes of SDMX for statuses: syntax error, no results found, response size exceeds service limit, unavailable."""
_UNKNOWN = ("updatedAfter", "firstNObservations", "lastNObservations", "attributes", "measures", "as_of", "labels")
_LIKE = re.compile(r"(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|M(\d{2})|Q([1-4])|S([12])))?")
_YEARS = (1900, 2200)


class Refused(Exception):
    """A question that is refused with a status of its own; the message is one Chinese sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class DataQuestion:
    """A question for figures; ``start`` and ``end`` are the first and the last month in which a period may end."""

    agency: str
    flow: str
    version: str
    key: str
    start: Period | None
    end: Period | None
    day: dt.date | None
    history: bool
    form: DataForm

    def check_flow(self, flow: Flow) -> None:
        """Raises ``NotFound`` if the question is not for this flow."""
        if self.flow != FLOW:
            raise NotFound(f"没有数据流“{shown(self.flow)}”，可用的是 {FLOW}")
        _check_owner(flow, self.agency, self.version)

    def codes(self, flow: Flow) -> list[frozenset[str] | None]:
        """What each dimension may be, ``None`` for anything.

        Raises
        ------
        BadRequest
            If the key has too many parts.
        NotFound
            If a code is in none of the lists.
        """
        names = [name for name, *_ in DIMENSIONS]
        parts = [] if self.key in _ANY else self.key.split(".")
        if len(parts) > len(names):
            raise BadRequest(f"键有{len(parts)}个部分，最多{len(names)}个，依次为 {'.'.join(names)}")
        wanted: list[frozenset[str] | None] = [None] * len(names)
        for place, part in enumerate(parts):
            if part in ("", "*"):
                continue
            items = flow.lists[names[place]].items
            told = part.split("+")
            for code in told:
                if not code:
                    raise BadRequest(f"键的第{place + 1}部分“{shown(part)}”中加号前后要有代码")
                if code not in items:
                    near = [one for one in items if code.upper()[:40] in one.upper()][:3]
                    hint = f"，是否指 {'、'.join(near)}" if near else ""
                    raise NotFound(f"代码表 {flow.lists[names[place]].id} 中没有“{shown(code)}”{hint}")
            wanted[place] = frozenset(told)
        return wanted


@dataclass(frozen=True, slots=True)
class StructureQuestion:
    """A question for structures."""

    kind: str
    agency: str
    id: str
    version: str
    references: str
    detail: str

    def chosen(self, flow: Flow) -> list[tuple[str, str]]:
        """The structures it names, from ``artefacts``.

        Raises
        ------
        NotFound
            If there is none.
        """
        if self.kind not in ("*", *KINDS):
            raise NotFound(f"没有“{shown(self.kind)}”这种结构，可用的有 {'、'.join(KINDS)}")
        _check_owner(flow, self.agency, self.version)
        some = [one for one in artefacts(flow) if self.kind in ("*", one[0])]
        found = [one for one in some if self.id in _ANY or one[1] in self.id.split(",")]
        if not found:
            raise NotFound(f"没有结构“{shown(self.id)}”，可用的有 {'、'.join(one for _, one in some)}")
        return found


def _check_owner(flow: Flow, agency: str, version: str) -> None:
    if agency not in (*_ANY, flow.agency):
        raise NotFound(f"没有机构“{shown(agency)}”的数据流和结构，可用的是 {flow.agency}")
    if version not in (*_NEWEST, flow.version):
        raise NotFound(f"没有版本“{shown(version)}”，现在的版本是 {flow.version}；不写版本即取最新")


# --------------------------------------------------------------------------------------------------- questions


def asked_data(request: Request) -> DataQuestion:
    """The question of a request for data.

    Raises
    ------
    BadRequest, Refused
        In one Chinese sentence.
    """
    given, path = request.query_params, request.path_params
    for name in given:
        if name in _UNKNOWN or name.startswith("c["):
            raise BadRequest(f"不支持参数 {shown(name)}，可用 startPeriod、endPeriod、asOf、includeHistory、format")
    if given.get("dimensionAtObservation", "TIME_PERIOD") != "TIME_PERIOD":
        raise BadRequest("dimensionAtObservation 只能是 TIME_PERIOD")
    if given.get("detail", "full") != "full":
        raise BadRequest("detail 只能是 full")
    agency, flow, version = path.get("agency", ""), path["flow"], path.get("version", "")
    if "agency" not in path:  # version 1 writes all three in one: agency,flow,version
        parts = flow.split(",")
        if len(parts) > 3:
            raise BadRequest(f"数据流“{shown(flow)}”写法不对，请写成 {FLOW} 或 机构,{FLOW},版本")
        agency, flow, version = ("", parts[0], "") if len(parts) == 1 else (parts[0], parts[1], "".join(parts[2:]))
    history = given.get("includeHistory", "false").lower()
    if history not in ("true", "false"):
        raise BadRequest(f"includeHistory 应为 true 或 false，收到“{shown(history)}”")
    start, end = _bound("startPeriod", given.get("startPeriod", "")), _bound("endPeriod", given.get("endPeriod", ""))
    if start and end and start > end:
        raise BadRequest(f"startPeriod {start.code} 在 endPeriod {end.code} 之后，请对调")
    return DataQuestion(
        agency, flow, version, path.get("key", ""), start, end, day_of(given.get("asOf", "")), history == "true",
        _data_form(given.get("format", ""), request.headers.get("accept", "")),
    )  # fmt: skip


def asked_structure(request: Request) -> StructureQuestion:
    """The question of a request for structures.

    Raises
    ------
    BadRequest, Refused
        In one Chinese sentence.
    """
    given, path = request.query_params, request.path_params
    references, detail = given.get("references", "none"), given.get("detail", "full")
    if references not in REFERENCES:
        raise BadRequest(f"references 没有“{shown(references)}”，可用 {'、'.join(REFERENCES)}")
    if detail not in DETAILS:
        raise BadRequest(f"detail 没有“{shown(detail)}”，可用 {'、'.join(DETAILS)}")
    if given.get("format", "json") not in ("json", "jsondata"):
        raise BadRequest("结构只有 SDMX-JSON 2.0，format 可用 json")
    if _accepted(request.headers.get("accept", ""), _STRUCTURE_FORMS) is None:
        raise Refused(406, f"结构只有 SDMX-JSON 2.0，请在 Accept 中写 {KIND_OF_STRUCTURE}")
    return StructureQuestion(
        path["type"], path.get("agency", ""), path.get("id", ""), path.get("version", ""), references, detail
    )


def _bound(name: str, text: str) -> Period | None:
    """The first or the last month in which a period may end: it must end within the days that the text names."""
    if not text:
        return None
    if not text.isascii() or (found := _LIKE.fullmatch(text)) is None:
        raise BadRequest(f"{name}“{shown(text)}”不对，可写成 2024、2024-08、2024-08-31、2024-Q3 或 2024-S2")
    year, in_month, day, reporting, quarter, half = (int(g) if g else 0 for g in found.groups())
    in_month = in_month or reporting
    first, last = 1, 12
    if found[2] or found[4]:
        first = last = in_month
    elif quarter:
        first, last = quarter * 3 - 2, quarter * 3
    elif half:
        first, last = half * 6 - 5, half * 6
    try:
        if day or found[3]:
            dt.date(year, in_month, day)
        at = month(year, first if name == "startPeriod" else last)
    except ValueError as error:
        raise BadRequest(f"{name}“{shown(text)}”不是{_YEARS[0]}年至{_YEARS[1]}年间的日期，请核对") from error
    if day and name == "endPeriod" and day < calendar.monthrange(year, in_month)[1]:
        number = year * 12 + in_month - 2  # the month is not over on that day
        if number < _YEARS[0] * 12:
            raise BadRequest(f"{name}“{shown(text)}”以前没有数字，请核对")
        return month(number // 12, number % 12 + 1)
    return at


def _data_form(given: str, accept: str) -> DataForm:
    if given:
        named = given.replace(" ", "+")  # a plus in a query is a blank
        form: DataForm | None = _FORMATS.get(named.lower())
        form = form or (_accepted(named, _DATA_FORMS) if "/" in named else None)
        if form is None:
            raise BadRequest(f"没有格式“{shown(given)}”，format 可用 csv 或 json")
        return form
    form = _accepted(accept, _DATA_FORMS)
    if form is None:
        raise Refused(406, "只有 SDMX-CSV 2.0 和 SDMX-JSON 2.0，请用 format=csv 或 format=json")
    return form


def _accepted(accept: str, forms: Mapping[str, Any]) -> Any:
    """The form that a header likes best; ``None`` if it takes none of them."""
    if not accept.strip():
        return forms["*/*"]
    best: tuple[float, Any] = (0.0, None)
    for part in accept.split(","):
        kind, *rest = (piece.strip().lower() for piece in part.split(";"))
        told = {name.strip(): value.strip() for name, _, value in (piece.partition("=") for piece in rest)}
        try:
            liked = float(told.get("q", "1"))
        except ValueError:
            continue
        sdmx = kind.startswith("application/vnd.sdmx")
        if kind in forms and liked > best[0] and (not sdmx or told.get("version", _VERSIONS[0]) in _VERSIONS):
            best = (liked, forms[kind])
    return best[1]


# ------------------------------------------------------------------------------------------------------- words


def told_error(status: int, sentence: str) -> Answer:
    """An error: one sentence, for people and in the form of SDMX-JSON."""
    told = {"error": sentence, "errors": [{"code": _CODES.get(status, 140), "title": sentence}]}
    answer = Answer((json.dumps(told, ensure_ascii=False) + "\n").encode(), "application/json", status)
    answer.headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding"}
    if status == 503:
        answer.headers["Retry-After"] = "2"
    return answer


_PARTS = {
    "flow": ("数据流 / data flow", FLOW),
    "key": ("各维度的代码，用点隔开，空即任意，加号为或 / codes by dimension", "M.CN.INDUSTRY_13.nbs..yoy"),
    "agency": ("维护机构，* 为任意 / maintaining agency", "*"), "version": ("版本，+ 为最新 / version", "+"),
    "type": ("结构种类 / kind of structure", "codelist"), "id": ("标识 / identifier", "CL_AREA"),
}  # fmt: skip
_GIVEN = {
    "data": {
        "startPeriod": ("时期在该日及以后结束 / periods ending from then on", "2024-01"),
        "endPeriod": ("时期在该日及以前结束 / periods ending by then", "2024-Q4"),
        "asOf": ("只用该日及以前已发布的数字 / what was published by then", "2025-10-01"),
        "includeHistory": ("true 给出全部版本 / all vintages", "true"),
        "format": ("csv 或 json，不写则看 Accept / instead of Accept", "csv"),
    },
    "structure": {
        "references": ("连同引用的或被引用的结构 / with related structures", "descendants"),
        "detail": ("full 或只给名称 / names only", "allstubs"),
    },
}


def parameters(name: str, path: str) -> list[dict[str, Any]]:
    """The parameters of an address as OpenAPI names them."""
    parts = [(n, "path", *_PARTS[n]) for n in _PARTS if f"{{{n}}}" in path]
    given = [(n, "query", *told) for n, told in _GIVEN[name].items()]
    return [
        {
            "name": n, "in": where, "required": where == "path", "description": told, "example": example,
            "schema": {"type": "string", "maxLength": 2000},
        }
        for n, where, told, example in (*parts, *given)
    ]  # fmt: skip


def responses(name: str) -> dict[int | str, dict[str, Any]]:
    """The answers of an address as OpenAPI names them."""
    error = {"type": "object", "required": ["error", "errors"], "properties": {"error": {"type": "string"}}}
    failed = {"application/json": {"schema": error}}
    kinds = KINDS_OF_DATA.values() if name == "data" else (KIND_OF_STRUCTURE,)
    ok = {kind: {"schema": {"type": "string" if "csv" in kind else "object"}} for kind in kinds}
    told = {
        400: "参数不对 / bad parameter", 404: "没有 / no results", 406: "没有这种格式 / no such format",
        413: "太大，请缩小范围 / too large", 503: "数据正在更新 / being updated",
    }  # fmt: skip
    return {
        200: {"description": "数据 / data", "content": ok},
        304: {"description": "未变 / not modified"},
        **{status: {"description": words, "content": failed} for status, words in told.items()},
    }
