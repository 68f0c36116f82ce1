"""The portal as a web application (门户): addresses, forms of an answer, errors in one sentence."""

from __future__ import annotations

import datetime as dt
import gc
import threading
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, get_args

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from qinggong import __version__
from qinggong.catalogue import CatalogueError
from qinggong.config import WorkspaceError
from qinggong.store.base import StoreError
from qinggong.web import assets, views
from qinggong.web.addresses import FAMILIES, Family
from qinggong.web.answers import KINDS, Answer, Kept, csv_of, json_of, tag_of
from qinggong.web.api import add_api
from qinggong.web.ask import LONGEST, Ask, BadRequest, Form, Language, NotFound, day_of, shown
from qinggong.web.desk import open_area
from qinggong.web.desk.guard import Bounds
from qinggong.web.guard import Guard
from qinggong.web.page import Page
from qinggong.web.pages.releases import TYPES, feed
from qinggong.web.place import Place, Told
from qinggong.web.sdmx import add_sdmx
from qinggong.web.search import suggestions

PROBLEMS = (WorkspaceError, CatalogueError, StoreError)
"""Errors at the start whose message is for the user."""
MAKERS = 2
"""Pages made at a time. A page is mostly one thread's work; more of them at once only take turns, which costs a
third."""
COMMON = ("as_of", "lang", "wall")
_FOREVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=60, stale-while-revalidate=600"
_UNREADY = "数据正在更新或暂时读不到，页面会自动重试"


def create_app(folder: Path | str) -> FastAPI:
    """The application over a workspace.

    Parameters
    ----------
    folder
        Of the workspace.

    Raises
    ------
    WorkspaceError
        If the folder is no workspace.
    """
    place = Place(Path(folder))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        threading.Thread(target=assets.warm, name="assets", daemon=True).start()
        yield
        area.close()

    app = FastAPI(
        title="轻工运行监测 / Qinggong", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        openapi_url="/openapi.json",
        description="公开数据接口：每个页面的数据在同一地址加 .json 或 .csv。 / Every page has its data at the same address "
        "with .json or .csv.",
    )  # fmt: skip
    app.state.place, app.state.kept = place, Kept()
    answering = Answering(place, app.state.kept)
    app.state.answering = answering
    for family in FAMILIES:
        _add(app, answering, family)
    add_api(app, place)
    add_sdmx(app, answering)
    _add_files(app, place)
    app.add_exception_handler(HTTPException, answering.http_error)
    app.add_exception_handler(Exception, answering.failure)
    area = open_area(place.layout)
    app.include_router(area.router)
    app.add_middleware(Bounds)
    app.add_middleware(Guard)
    return app


def warm(app: FastAPI) -> None:
    """Read what every page needs before the first reader asks, for a process that does nothing else.

    The collector of the process leaves all this alone from then on: going through the catalogue and the list of series
    would hold all readers for a tenth of a second.
    """
    views.prepare()
    with suppress(*PROBLEMS):  # the first question says it in words
        app.state.answering.foresee(Ask("/"))
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


class Answering:
    """Answers questions: looks whether the answer is kept, else makes it."""

    def __init__(self, place: Place, kept: Kept) -> None:
        self.place, self.kept = place, kept
        self.makers = CapacityLimiter(MAKERS)

    def ask(self, request: Request, family: Family, form: Form, path: str) -> Ask:
        """The question of a request.

        Raises
        ------
        BadRequest
            In one Chinese sentence.
        """
        given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name not in COMMON and name not in family.parameters and name != "table":
                continue  # addresses with marks of other systems are answered all the same
            if len(value) > (LONGEST if name != "series" else LONGEST * 8):
                raise BadRequest(f"参数 {name} 有{len(value)}个字符，太长，请缩短")
            if name == "series" and name in given:
                given[name] += "," + value
            else:
                given[name] = value
        lang = given.pop("lang", "") or "zh"
        if lang not in get_args(Language):
            raise BadRequest(f"没有语言“{shown(lang)}”，可用 zh 或 en")
        day = day_of(given.pop("as_of", ""))
        wall = given.pop("wall", "") == "1"
        return Ask(path, day, "en" if lang == "en" else "zh", form, wall, {k: v for k, v in sorted(given.items()) if v})

    async def answer(self, request: Request, family: Family, form: Form, found: Mapping[str, str]) -> Response:
        path = family.path_of(found)
        try:
            ask = self.ask(request, family, form, path)
            for value in found.values():
                if len(value) > LONGEST:
                    raise NotFound(f"没有“{shown(value)}”这一页")
        except (BadRequest, NotFound) as error:
            return await self._told(request, form, error, Ask(path[:200], form=form))
        try:
            mark = self.place.recent_mark
            if mark is None:
                mark = await run_in_threadpool(lambda: self.place.mark)
            key = _key(ask, mark)
            tag = tag_of(key, __version__)
            if tag in request.headers.get("if-none-match", ""):
                return Response(
                    status_code=304, headers={"ETag": tag, "Cache-Control": _SHORT, "Vary": "Accept-Encoding"}
                )
            answer = self.kept.get(key)
            if answer is None:
                answer = await to_thread.run_sync(self.make, family, ask, found, limiter=self.makers)
                answer.tag = tag
                self.kept.put(key, answer)
            return await self.sent(request, answer)
        except (BadRequest, NotFound, StoreError) as error:
            return await self._told(request, form, error, ask)

    def foresee(self, ask: Ask) -> None:
        """Make and pack the answer of a page without parts before anybody asks."""
        family = next(family for family in FAMILIES if family.route == ask.path)
        key = _key(ask, self.place.mark)
        answer = self.make(family, ask, {})
        answer.tag = tag_of(key, __version__)
        self.kept.put(key, answer)

    def make(self, family: Family, ask: Ask, found: Mapping[str, str]) -> Answer:
        """A page as the form asked for; a store that changed under the question is asked once more."""
        try:
            page = family.page(self.place, ask, **found)
        except StoreError:
            self.place.forget()
            page = family.page(self.place, ask, **found)
        return self.formed(page, ask).thin()

    def formed(self, page: Page, ask: Ask) -> Answer:
        headers = {"Cache-Control": _SHORT}
        told = self.place.told(ask.as_of) if page.status == 200 else None
        if ask.form == "csv":
            body = csv_of(page, ask.text("table"))
            name = ask.path.strip("/").replace("/", "-") or "index"
            headers["Content-Disposition"] = f'attachment; filename="{_ascii(name)}.csv"'
        elif ask.form == "json":
            release = told.release if told else None
            about: dict[str, object] = {
                "as_of": ask.as_of.isoformat() if ask.as_of else None,
                "release": release.name if release else None,
                "release_day": release.day.isoformat() if release else None,
                "synthetic": self.place.synthetic,
            }
            body = json_of(page, about)
        else:
            body = self._html(page, ask, told)
        return Answer(body, KINDS[ask.form], page.status, headers=headers)

    def _html(self, page: Page, ask: Ask, told: Told | None) -> bytes:
        place = self.place
        return views.render(page, ask, told=told, synthetic=place.synthetic, title=place.title, desk=place.office)

    async def sent(self, request: Request, answer: Answer) -> Response:
        accepted = request.headers.get("accept-encoding", "")
        if answer.is_packed(accepted):
            body, encoding = answer.packed(accepted)
        else:
            body, encoding = await run_in_threadpool(answer.packed, accepted)
        headers = {"Vary": "Accept-Encoding", **answer.headers}
        if answer.tag:
            headers["ETag"] = answer.tag
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(body, answer.status, headers, media_type=answer.kind)

    async def _told(self, request: Request, form: Form, error: Exception, ask: Ask) -> Response:
        """An error as a page or as JSON: one sentence, what may be meant, and when to come again."""
        near: tuple[tuple[str, str], ...] = ()
        if isinstance(error, NotFound):
            status, near = 404, error.near
        elif isinstance(error, BadRequest):
            status = 400
        else:
            status = 503
        sentence = str(error) if status != 503 else _UNREADY
        data = {"error": sentence, "suggestions": [{"path": p, "name": n} for p, n in near]}
        if form != "html":
            body = json_of(Page("error", "", data, status=status), {"error": sentence})
            answer = Answer(body, KINDS["json"], status)
        else:
            page = Page("error", sentence, {**data, "status": status}, status=status)
            answer = Answer(self._html(page, ask, None), KINDS["html"], status)
        answer.headers = {"Cache-Control": "no-store"}
        if status == 503:
            answer.headers["Retry-After"] = "2"
        return await self.sent(request, answer)

    def _meant(self, path: str) -> tuple[tuple[str, str], ...]:
        """Pages that an address of none may mean, by its last part."""
        try:
            return suggestions(self.place, path.rstrip("/").rpartition("/")[2].partition(".")[0])
        except PROBLEMS:
            return ()

    async def http_error(self, request: Request, error: Exception) -> Response:
        """Addresses that are none of ours."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        path = request.url.path
        form: Form = "json" if path.endswith((".json", ".csv")) or path.startswith(("/api/", "/sdmx/")) else "html"
        if status == 404:
            near = await run_in_threadpool(self._meant, path)
            return await self._told(
                request, form, NotFound(f"没有“{shown(path)}”这个页面，请从首页或检索进入", near), Ask("/", form=form)
            )
        response = await self._told(request, form, BadRequest("不支持这种请求方式，请用 GET"), Ask("/", form=form))
        response.status_code = status
        return response

    async def failure(self, request: Request, error: Exception) -> Response:
        """Anything unforeseen: said in one sentence, told in the log of the server."""
        form: Form = "json" if request.url.path.endswith((".json", ".csv")) else "html"
        response = await self._told(request, form, BadRequest("本页出错，已记录，请稍后再试"), Ask("/", form=form))
        response.status_code = 500
        return response


def _key(ask: Ask, mark: str) -> tuple[Hashable, ...]:
    return (ask.path, ask.as_of, ask.lang, ask.form, ask.wall, tuple(ask.given.items()), mark)


def _add(app: FastAPI, answering: Answering, family: Family) -> None:
    """The three addresses of a family: data forms are documented, the page itself is for people."""

    def handler(form: Form) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            return await answering.answer(request, family, form, dict(request.path_params))

        return answered

    for form in ("json", "csv"):
        app.add_api_route(
            family.address(form), handler(form), methods=["GET"], name=f"{family.name}.{form}",
            operation_id=f"{family.name}_{form}", summary=family.summary, response_class=Response, response_model=None,
            openapi_extra={"parameters": family.documented()}, tags=[family.name], responses=_responses(form),
        )  # fmt: skip
        app.router.add_route(family.address(form), handler(form), methods=["HEAD"], include_in_schema=False)
    app.router.add_route(family.route, handler("html"), methods=["GET", "HEAD"], include_in_schema=False)


def _responses(form: str) -> dict[int | str, dict[str, Any]]:
    error = {
        "type": "object", "required": ["error"],
        "properties": {"error": {"type": "string", "description": "一句话说明 / one sentence"}},
    }  # fmt: skip
    ok: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}}
    if form == "json":
        ok = {"application/json": {"schema": {"type": "object", "required": ["title", "data"]}}}
    failed = {"application/json": {"schema": error}}
    return {
        200: {"description": "数据 / data", "content": ok},
        304: {"description": "未变 / not modified"},
        400: {"description": "参数不对 / bad parameter", "content": failed},
        404: {"description": "没有 / unknown", "content": failed},
        503: {"description": "数据正在更新 / being updated", "content": failed},
    }


def _add_files(app: FastAPI, place: Place) -> None:
    """Static files, files of releases, feed, health."""
    answering: Answering = app.state.answering

    async def static(request: Request) -> Response:
        asset = await run_in_threadpool(assets.find, request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        answer = _static(asset.name, asset.content, asset.kind)
        return await answering.sent(request, answer)

    async def release_file(request: Request) -> Response:
        found = place.releases.named(request.path_params["release"])
        name = request.path_params["name"]
        # Only files that the manifest names are given out, so no address can lead out of the folder.
        if found is None or (name not in found.files and name != "manifest.json"):
            raise HTTPException(404)
        tag = f'"{found.files[name]["sha256"][:32]}"' if name in found.files else tag_of(found.mark, name)
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": tag})
        try:
            content = await run_in_threadpool((found.folder / name).read_bytes)
        except OSError as error:
            raise HTTPException(404) from error
        ending = "." + name.rpartition(".")[2]
        headers = {"ETag": tag, "Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
        if ending != ".html":
            headers["Content-Disposition"] = (
                f'attachment; filename="{_ascii(found.name)}-{_ascii(name.rpartition("/")[2])}"'
            )
        return Response(content, headers=headers, media_type=TYPES.get(ending, "application/octet-stream"))

    async def atom(request: Request) -> Response:
        return Response(feed(place, base=f"{request.base_url}releases/"), media_type="application/atom+xml")

    async def health(_: Request) -> Response:
        try:
            version = await run_in_threadpool(lambda: place.reader.version)
        except StoreError:
            return Response('{"ok":false}\n', 503, media_type="application/json")
        return Response(f'{{"ok":true,"store_version":{version}}}\n', media_type="application/json",
        headers={"Cache-Control": "no-store"})  # fmt: skip

    async def icon(request: Request) -> Response:
        return RedirectResponse(f"/static/{assets.address('icon.svg')}", 301)

    for path, handler in (
        ("/static/{name}", static), ("/releases/{release}/files/{name:path}", release_file),
        ("/releases/feed.xml", atom), ("/healthz", health), ("/favicon.ico", icon),
    ):  # fmt: skip
        app.router.routes.insert(0, _route(path, handler))


def _route(path: str, handler: Callable[[Request], Awaitable[Response]]) -> Any:
    from starlette.routing import Route

    return Route(path, handler, methods=["GET"], include_in_schema=False)


_statics: dict[str, Answer] = {}


def _static(name: str, content: bytes, kind: str) -> Answer:
    """A file that is compressed once and never changes."""
    if name not in _statics:
        _statics[name] = Answer(content, kind, tag=f'"{name}"', headers={"Cache-Control": _FOREVER})
    return _statics[name]


def _ascii(name: str) -> str:
    """A name that may stand in a header."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.@") else "_" for c in name)


def today() -> dt.date:
    """The day in Beijing."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
