"""The documented data interface beside the pages (数据接口): the list of series, and figures of several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from qinggong.publish.data import to_csv
from qinggong.web.answers import json_of
from qinggong.web.ask import Ask, BadRequest, NotFound, day_of, shown
from qinggong.web.page import Page, table
from qinggong.web.place import Place
from qinggong.web.readings import figures, series_name
from qinggong.web.series_index import known_by, slug_of

MOST_SERIES = 50
MOST_LISTED = 1000


_ERROR = {
    "type": "object", "required": ["error"],
    "properties": {"error": {"type": "string", "description": "一句话说明 / one sentence"}},
}  # fmt: skip
_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "参数不对或没有 / bad or unknown", "content": {"application/json": {"schema": _ERROR}}}
}
_WRONG = {
    "int_parsing": "要写整数", "greater_than_equal": "不能小于{ge}", "less_than_equal": "不能大于{le}",
    "string_too_long": "最多{max_length}个字符", "literal_error": "不对，可用 {expected}",
}  # fmt: skip
"""What is wrong with a parameter, by the kinds of error of the library that reads them."""


def refused(errors: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with the parameters of a question, as one sentence."""
    told = []
    for one in errors:
        name, kind = str(one["loc"][-1]), str(one["type"])
        if kind == "missing":
            told.append(f"没有给出参数 {name}")
        else:
            wrong = _WRONG.get(kind, "不对").format(**one.get("ctx", {})).replace(" or ", " 或 ").replace("'", "")
            told.append(f"参数 {name}“{shown(str(one['input']))}”{wrong}")
    return "；".join(told)


def add_api(app: FastAPI, place: Place) -> None:
    """``/api/series`` and ``/api/observations``."""

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _error(400, refused(error.errors()))

    app.add_exception_handler(RequestValidationError, invalid)

    @app.get(
        "/api/series", tags=["api"], summary="序列目录 / list of series", response_model=None, responses=_RESPONSES
    )
    def listed(
        kind: str = Query("", max_length=20), subject: str = Query("", max_length=80),
        indicator: str = Query("", max_length=80), region: str = Query("", max_length=8),
        as_of: str = Query("", max_length=10), start: int = Query(0, ge=0, le=10_000_000),
        limit: int = Query(200, ge=1, le=MOST_LISTED),
    ) -> Response:  # fmt: skip
        try:
            day = day_of(as_of)
        except BadRequest as error:
            return _error(400, str(error))
        some = [
            h for h in known_by(place.index.all, day)
            if (not kind or h.series.subject_kind == kind) and (not subject or h.series.subject == subject)
            and (not indicator or h.series.indicator == indicator) and (not region or h.series.region == region)
        ]  # fmt: skip
        rows = [
            {
                "slug": slug_of(h.series), "id": h.series.id, "name": series_name(place, h.series),
                "unit": h.series.unit, "first": h.first.code, "last": h.last.code, "periods": h.periods, "rows": h.rows,
            }
            for h in some[start : start + limit]
        ]  # fmt: skip
        data = {"total": len(some), "start": start, "series": rows}
        return Response(json_of(Page("", "序列目录", data), _about(place)), media_type="application/json")

    @app.get(
        "/api/observations", tags=["api"], summary="若干序列的数字 / figures of series", response_model=None,
        responses=_RESPONSES,
    )  # fmt: skip
    def observed(
        series: str = Query(..., max_length=12_000), as_of: str = Query("", max_length=10),
        form: Literal["json", "csv"] = "json",
    ) -> Response:  # fmt: skip
        texts = [t for t in series.split(",") if t]
        try:
            day = day_of(as_of)
            if not texts or len(texts) > MOST_SERIES:
                raise BadRequest(f"请给出1至{MOST_SERIES}个序列名称，用逗号分隔")
            held = []
            for text in texts:
                one = place.index.find(text)
                if one is None:
                    raise NotFound(f"没有序列“{text[:60]}”")
                held.append(one)
        except BadRequest as error:
            return _error(400, str(error))
        except NotFound as error:
            return _error(404, str(error))
        found = figures(place, held, Ask("/api/observations", day))
        rows: list[list[Any]] = [
            [slug_of(key), f.period.code, f.value, f.printed, f.published_at.isoformat() if f.published_at else ""]
            for key, numbers in found.items() for f in numbers
        ]  # fmt: skip
        columns = (("series", "序列"), ("period", "时期"), ("value", "数值"), ("printed", "公布的数字"), ("published_at",
        "发布日期"))  # fmt: skip
        if form == "csv":
            return Response(
                to_csv(table("observations", "数字", columns, rows, "value")), media_type="text/csv; charset=utf-8"
            )
        data = {"observations": [dict(zip((c for c, _ in columns), row, strict=True)) for row in rows]}
        about = {**_about(place), "as_of": day.isoformat() if day else None}
        return Response(json_of(Page("", "数字", data), about), media_type="application/json")


def _about(place: Place) -> dict[str, object]:
    return {"synthetic": place.synthetic, "store_version": place.reader.version}


def _error(status: int, sentence: str) -> Response:
    return Response(
        json_of(Page("", "", {"error": sentence}), {"error": sentence}), status, media_type="application/json"
    )
