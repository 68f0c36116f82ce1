"""The subset of SDMX REST that the portal answers (统计数据交换接口): data by key, period and day, and the structures.

Sources: SDMX REST API, versions 1.5 and 2.1 (paths, keys, parameters, content types, status codes). What is not
answered is refused by name, so that no filter is left out in silence.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from qinggong import __version__
from qinggong.catalogue.synthetic import MARK
from qinggong.config import settings
from qinggong.publish.sdmx_codes import cleaned, code_lists, series_key, time_of
from qinggong.publish.sdmx_data import Row, csv_message, json_message
from qinggong.publish.sdmx_structure import Flow, structure_message, with_references
from qinggong.store.base import SeriesKey, StoreError
from qinggong.store.reader import Held, Reader, Vintage
from qinggong.web.answers import Answer, tag_of
from qinggong.web.ask import BadRequest, NotFound, shown
from qinggong.web.place import Place
from qinggong.web.sdmx_question import (
    KIND_OF_STRUCTURE,
    KINDS_OF_DATA,
    DataQuestion,
    Refused,
    StructureQuestion,
    asked_data,
    asked_structure,
    parameters,
    responses,
    told_error,
)
from qinggong.web.series_index import SeriesIndex, known_by

if TYPE_CHECKING:
    from qinggong.web.app import Answering

MOST_SERIES, MOST_OBSERVATIONS = 2_000, 20_000
_KEPT_BYTES = 4 << 20
_FRESH = "public, max-age=60, stale-while-revalidate=600"
_UNREADY = "数据正在更新或暂时读不到，请稍后再试"
_PATHS = {
    "data": (
        "/sdmx/data/{flow}", "/sdmx/data/{flow}/{key}", "/sdmx/data/dataflow/{agency}/{flow}/{version}",
        "/sdmx/data/dataflow/{agency}/{flow}/{version}/{key}",
    ),
    "structure": (
        "/sdmx/structure/{type}", "/sdmx/structure/{type}/{agency}", "/sdmx/structure/{type}/{agency}/{id}",
        "/sdmx/structure/{type}/{agency}/{id}/{version}",
    ),
}  # fmt: skip
_TOLD = {
    "data": "按键取数字，CSV 或 JSON / figures by key as SDMX-CSV or SDMX-JSON",
    "structure": "数据流、数据结构、代码表、概念 / structures as SDMX-JSON",
}


def add_sdmx(app: FastAPI, answering: Answering) -> None:
    """``/sdmx/data/…`` and ``/sdmx/structure/…``."""
    service = Service(answering)
    # The longer addresses of version 2 come first: ``dataflow`` would be taken for a flow.
    for name, answered in (("data", service.data), ("structure", service.structure)):
        for number, path in reversed(list(enumerate(_PATHS[name], start=1))):
            app.add_api_route(
                path, answered, methods=["GET"], name=f"sdmx_{name}_{number}", operation_id=f"sdmx_{name}_{number}",
                summary=_TOLD[name], response_class=Response, response_model=None, tags=["sdmx"],
                openapi_extra={"parameters": parameters(name, path)}, responses=responses(name),
            )  # fmt: skip
            app.router.add_route(path, answered, methods=["HEAD"], include_in_schema=False)


class Catalogued:
    """The series of one version of the store by their keys."""

    def __init__(self, place: Place, reader: Reader, index: SeriesIndex) -> None:
        names = [f.name for f in fields(SeriesKey)]
        rows = [{name: getattr(held.series, name) for name in names} for held in index.all]
        lists = code_lists(rows, place.catalogue)
        title = f"{place.title or '轻工业运行数据'}{f'（{MARK}）' if place.synthetic else ''}"
        agency = settings(place.layout).release.agency
        # Codes are only added while a store grows: in SDMX a change of the second number.
        self.flow = Flow(
            agency, f"1.{max(reader.version, 0)}.0", (title, "China light industry"), lists, place.synthetic
        )
        self.reader = reader
        self.keyed: list[tuple[tuple[str, ...], Held]] = [
            (tuple(series_key(row, lists).values()), held) for row, held in zip(rows, index.all, strict=True)
        ]
        self.keys = {held.series: key for key, held in self.keyed}


class Service:
    """Answers to the two kinds of question."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._place: Place = answering.place
        self._lock = threading.Lock()
        self._catalogued: Catalogued | None = None

    def catalogued(self) -> Catalogued:
        """The series of the newest version; made once for each.

        Raises
        ------
        StoreError
            If the table cannot be read.
        """
        reader, index = self._place.reader, self._place.index
        while reader is not (again := self._place.reader):  # a new version came in between: both must be of one
            reader, index = again, self._place.index
        with self._lock:
            if self._catalogued is None or self._catalogued.reader is not reader:
                self._catalogued = Catalogued(self._place, reader, index)
            return self._catalogued

    async def data(self, request: Request) -> Response:
        return await self._answered(request, lambda: asked_data(request), self._data)

    async def structure(self, request: Request) -> Response:
        return await self._answered(request, lambda: asked_structure(request), self._structure)

    async def _answered(
        self, request: Request, asked: Callable[[], Any], made: Callable[[Any], Answer]
    ) -> Response:  # fmt: skip
        send: Callable[[Request, Answer], Awaitable[Response]] = self._answering.sent
        try:
            question = asked()
            flow = await run_in_threadpool(lambda: self.catalogued().flow)
            key = ("sdmx", question, flow.reference, flow.name)
            tag = tag_of(key, __version__)
            headers = {"Cache-Control": _FRESH, "Vary": "Accept, Accept-Encoding"}
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers={"ETag": tag, **headers})
            answer = self._answering.kept.get(key)
            if answer is None:
                answer = await run_in_threadpool(self._made, made, question)
                answer.tag, answer.headers = tag, {**answer.headers, **headers, "Content-Language": "zh, en"}
                if len(answer.body) <= _KEPT_BYTES:
                    self._answering.kept.put(key, answer)
            return await send(request, answer)
        except Refused as error:
            return await send(request, told_error(error.status, str(error)))
        except BadRequest as error:
            return await send(request, told_error(400, str(error)))
        except NotFound as error:
            return await send(request, told_error(404, str(error)))
        except StoreError:
            return await send(request, told_error(503, _UNREADY))

    def _made(self, made: Callable[[Any], Answer], question: Any) -> Answer:
        """An answer; a store that changed under the question is asked once more."""
        try:
            return made(question)
        except StoreError:
            self._place.forget()
            return made(question)

    def _data(self, question: DataQuestion) -> Answer:
        found = self.catalogued()
        flow = found.flow
        question.check_flow(flow)
        wanted = question.codes(flow)
        chosen = [h for key, h in found.keyed if all(w is None or c in w for c, w in zip(key, wanted, strict=True))]
        chosen = list(known_by(chosen, question.day))
        if len(chosen) > MOST_SERIES:
            raise Refused(413, f"所选有{len(chosen):,}个序列，一次最多{MOST_SERIES:,}个，请在键中多写几个维度后分次取")
        vintages = found.reader.vintages(
            [h.series for h in chosen], as_of=question.day, start=question.start, end=question.end,
            history=question.history, most=MOST_OBSERVATIONS + 1,
        )  # fmt: skip
        if len(vintages) > MOST_OBSERVATIONS:
            raise Refused(
                413,
                f"所选超过{MOST_OBSERVATIONS:,}个数字，请在键中多写几个维度，或用 startPeriod、endPeriod 缩小范围后分次取",
            )
        if not vintages:
            key = f"符合“{shown(question.key)}”的" if question.key else ""
            by = f"在 {question.day.isoformat()} 及以前公布的" if question.day else ""
            raise NotFound(f"没有{by}{key}数字，请放宽键、时期或日期")
        rows = _rows(vintages, found.keys, history=question.history)
        kind = KINDS_OF_DATA[question.form]
        if question.form == "csv":
            headers = {"Content-Disposition": 'attachment; filename="DF_QINGGONG.csv"'}
            return Answer(csv_message(flow, rows, history=question.history), kind, headers=headers)
        return Answer(json_message(flow, rows, history=question.history, prepared=_now()), kind)

    def _structure(self, question: StructureQuestion) -> Answer:
        flow = self.catalogued().flow
        chosen = question.chosen(flow)
        told = with_references(flow, chosen, question.references)
        body = structure_message(flow, told, detail=question.detail, chosen=chosen, prepared=_now())
        return Answer(body, KIND_OF_STRUCTURE)


def _rows(vintages: list[Vintage], keys: dict[SeriesKey, tuple[str, ...]], *, history: bool) -> list[Row]:
    """What the store found as rows of a message; with history each has the day on which the next one replaced it."""
    texts: dict[str, str] = {}

    def text(value: str) -> str:
        if value not in texts:
            texts[value] = cleaned(value)
        return texts[value]

    rows = []
    for place, v in enumerate(vintages):
        day = v.published_at.isoformat() if v.published_at else ""
        until = ""
        if history and place + 1 < len(vintages):
            after = vintages[place + 1]
            if (after.period, after.series) == (v.period, v.series) and after.published_at is not None:
                until = after.published_at.isoformat()
        told = (v.printed, v.printed_unit, v.publisher, day, v.published_at_basis, v.citation, v.url)
        rows.append(
            Row(
                keys[v.series], time_of(v.period, v.series.span), v.value, tuple(text(one or "") for one in told),
                day if history else "", until,
            )
        )  # fmt: skip
    return rows


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8)))
