"""The work area as a whole (工作区): its office, its templates, and how a page of it is answered.

Pages are functions ``(Visitor, Request, form) -> Answer``; everything that could be forgotten in one of them (session,
form mark, origin, refusals in one sentence, the office opened and closed) is done here, once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, Response

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.config import Layout, settings
from qinggong.office.database import Database, open_database
from qinggong.office.permissions import ACTION_NAMES, Thing, allowed, permission_table
from qinggong.office.problems import OfficeError, Refused
from qinggong.office.workflow import case_table
from qinggong.web import assets
from qinggong.web.desk.guard import SignInNeeded, Visitor, check_change, redirect, visitor
from qinggong.web.desk.jobs import JobError
from qinggong.web.desk.limits import Limit

_CHANGES = Limit(most=120, seconds=60)


@dataclass(frozen=True, slots=True)
class Form:
    """What a form brought: texts cut to a length, files by name; nothing is assumed to be there."""

    given: FormData

    def text(self, name: str, *, longest: int = 20_000) -> str:
        value = self.given.get(name)
        return value[:longest] if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        return [v[:200] for v in self.given.getlist(name) if isinstance(v, str)][:500]

    def files(self, name: str) -> list[UploadFile]:
        return [v for v in self.given.getlist(name) if isinstance(v, UploadFile) and v.filename]


@dataclass(frozen=True, slots=True)
class Answer:
    """A page to show, an address to go on to, or bytes to send."""

    template: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    go: str = ""
    response: Response | None = None


Show = Callable[[Visitor, Request], Answer]
Change = Callable[[Visitor, Request, Form], Answer]


class Area:
    """The work area of one workspace; the office is opened when the first page asks for it."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.router = APIRouter(include_in_schema=False)
        self._database: Database | None = None
        self._lock = threading.Lock()

    @property
    def database(self) -> Database:
        """The office.

        Raises
        ------
        OfficeError
            If the workspace has none.
        """
        with self._lock:
            if self._database is None:
                address = settings(self.layout).office_database or self.layout.office
                self._database = open_database(address, files=self.layout.office_files)
            return self._database

    @property
    def catalogue(self) -> Catalogue:
        return load_catalogue(overlay=self.layout.catalogue)

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    # ----------------------------------------------------------------------------------------- answering

    def show(self, path: str, page: Show) -> None:
        """A page that only reads."""

        def answer(request: Request) -> Response:
            return self._answered(request, lambda: page(self._visitor(request), request))

        self.router.add_api_route(path, answer, methods=["GET"])

    def change(self, path: str, step: Change) -> None:
        """A form that changes something."""

        async def answer(request: Request) -> Response:
            async with request.form(max_files=20, max_fields=1000, max_part_size=2**18) as given:
                form = Form(given)

                def work() -> Answer:
                    who = self._visitor(request)
                    check_change(request, who.session, form.text("mark"))
                    if wait := _CHANGES.wait(who.actor.name):
                        raise Refused(f"操作太频繁，请{wait}秒后再试")
                    return step(who, request, form)

                return await run_in_threadpool(lambda: self._answered(request, work))

        self.router.add_api_route(path, answer, methods=["POST"])

    def _visitor(self, request: Request) -> Visitor:
        return visitor(request, self.database, self.layout.root)

    def _answered(self, request: Request, work: Callable[[], Answer]) -> Response:
        try:
            return self.response(request, work())
        except SignInNeeded:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return redirect("/desk/sign-in" + (f"?to={quote(wanted)}" if request.method == "GET" else ""))
        except Refused as error:
            return self.said(request, str(error), status=403)
        except (OfficeError, JobError) as error:
            return self.said(request, str(error), status=400)

    def response(self, request: Request, answer: Answer, *, status: int = 200) -> Response:
        """An answer as the browser gets it."""
        if answer.response is not None:
            return answer.response
        if answer.go:
            return redirect(answer.go)
        page = environment().get_template(f"desk/{answer.template}.html.j2")
        return HTMLResponse(page.render(self._frame(request) | dict(answer.data)), status_code=status)

    def said(self, request: Request, message: str, *, status: int) -> Response:
        """One sentence, and the way back."""
        answer = Answer("said", {"heading": "没有办理", "message": message})
        return self.response(request, answer, status=status)

    def _frame(self, request: Request) -> dict[str, Any]:
        """What every page shows around its content."""
        try:
            who = self._visitor(request)
        except (SignInNeeded, OfficeError):
            who = None
        return {
            "title": settings(self.layout).title or "轻工运行监测", "synthetic": settings(self.layout).synthetic,
            "who": who, "mark": who.session.csrf if who else "", "menu": menu(who) if who else (),
            "path": request.url.path, "heading": "",
        }  # fmt: skip


def menu(who: Visitor) -> tuple[tuple[str, str], ...]:
    """The pages that an account may open, as (address, name)."""

    def may(action: str, kind: str) -> bool:
        return allowed(who.actor, action, Thing(kind, owner=who.actor.name, opener=who.actor.name))

    entries = [("/desk", "我的工作"), ("/desk/cases", "事项")]
    if may("view", "meeting"):
        entries.append(("/desk/meetings", "会商"))
    if may("view", "month"):
        entries += [("/desk/months", "月报编制"), ("/desk/findings", "核查结果")]
    if allowed(who.actor, "view", Thing("account", owner="?")):
        entries.append(("/desk/accounts", "账号"))
    if may("view", "journal"):
        entries.append(("/desk/journal", "操作记录"))
    return (*entries, ("/desk/account", "本人"))


@cache
def environment() -> Environment:
    """Templates of the work area: everything escaped, an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("qinggong.web", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals.update(asset=assets.address, actions=ACTION_NAMES, cases=case_table(), roles=permission_table().roles)
    return made
