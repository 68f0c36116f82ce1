"""Signing in and out, and one's own account (登录与本人账号)."""

from __future__ import annotations

import hmac
import secrets
import threading

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from qinggong.office import accounts, second_factor, sessions
from qinggong.office.problems import OfficeError
from qinggong.web.desk.area import Answer, Area, Form
from qinggong.web.desk.guard import (
    COOKIE,
    SignInNeeded,
    Visitor,
    back_to,
    forget,
    keep,
    redirect,
    same_site,
    visitor,
)
from qinggong.web.desk.limits import Limit

DOOR = "qinggong_door"
"""A random mark of the sign-in form before there is a session: cookie and field must agree."""
_BY_ADDRESS = Limit(most=20, seconds=300)
_HASHING = threading.BoundedSemaphore(2)
"""A password hash takes 64 MiB: so many at once, whoever asks."""


def add(area: Area) -> None:
    """The pages of this module."""

    def sign_in_page(request: Request) -> Response:
        return _form(area, request, "sign_in", {"to": back_to(request.query_params.get("to", "")), "problem": ""})

    async def sign_in(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10, max_part_size=4096) as given:
            form = Form(given)
            return await run_in_threadpool(lambda: _sign_in(area, request, form))

    def second_page(request: Request) -> Response:
        try:
            visitor(request, area.database, area.layout.root, waiting=True)
        except (SignInNeeded, OfficeError):
            return redirect("/desk/sign-in")
        return _form(area, request, "second", {"to": back_to(request.query_params.get("to", "")), "problem": ""})

    async def second(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10, max_part_size=4096) as given:
            form = Form(given)
            return await run_in_threadpool(lambda: _second(area, request, form))

    for path, page, step in (
        ("/desk/sign-in", sign_in_page, sign_in),
        ("/desk/second", second_page, second),
    ):
        area.router.add_api_route(path, page, methods=["GET"])
        area.router.add_api_route(path, step, methods=["POST"])
    area.change("/desk/sign-out", _sign_out)
    area.show("/desk/account", _account)
    area.change("/desk/account/password", _password)
    area.change("/desk/account/second-factor", _begin_factor)
    area.change("/desk/account/second-factor/confirm", _confirm_factor)


def _form(area: Area, request: Request, template: str, data: dict[str, str], *, status: int = 200) -> Response:
    """A form before there is a full session; it sets the door's mark."""
    mark = request.cookies.get(DOOR, "")
    mark = mark if 20 <= len(mark) <= 64 else secrets.token_urlsafe(24)
    response = area.response(request, Answer(template, data | {"door": mark, "heading": "登录"}), status=status)
    response.set_cookie(
        DOOR, mark, path="/desk", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return response


def _of_the_door(request: Request, form: Form) -> bool:
    mark = request.cookies.get(DOOR, "")
    return bool(mark) and same_site(request) and hmac.compare_digest(mark.encode(), form.text("door").encode())


def _sign_in(area: Area, request: Request, form: Form) -> Response:
    to = back_to(form.text("to", longest=300))

    def again(problem: str, status: int) -> Response:
        return _form(area, request, "sign_in", {"to": to, "problem": problem}, status=status)

    if not _of_the_door(request, form):
        return again("页面已过期，请再登录一次。", 403)
    if wait := _BY_ADDRESS.wait(request.client.host if request.client else ""):
        return again(f"登录太频繁，请{wait}秒后再试。", 429)
    try:
        with _HASHING:
            actor = accounts.sign_in(area.database, form.text("name", longest=100), form.text("password", longest=300))
        token = sessions.begin(area.database, actor)
    except OfficeError as error:
        return again(f"{error}。", 403)
    session = sessions.find(area.database, token)
    waits = session is not None and session.waiting
    return keep(redirect(f"/desk/second?to={to}" if waits else to), request, token)


def _second(area: Area, request: Request, form: Form) -> Response:
    to = back_to(form.text("to", longest=300))
    if not _of_the_door(request, form):
        return _form(area, request, "second", {"to": to, "problem": "页面已过期，请再试一次。"}, status=403)
    if wait := _BY_ADDRESS.wait(request.client.host if request.client else ""):
        return _form(area, request, "second", {"to": to, "problem": f"请{wait}秒后再试。"}, status=429)
    try:
        token = sessions.pass_second(area.database, request.cookies.get(COOKIE, ""), form.text("code", longest=40))
    except OfficeError as error:
        return _form(area, request, "second", {"to": to, "problem": f"{error}。"}, status=403)
    return keep(redirect(to), request, token)


def _sign_out(who: Visitor, request: Request, form: Form) -> Answer:
    sessions.end(who.database, who.token)
    return Answer(response=forget(redirect("/desk/sign-in")))


def _account(who: Visitor, request: Request) -> Answer:
    with who.database.reading() as connection:
        on = second_factor.needed(connection, who.actor.name)
    return Answer("account", {"heading": "本人账号", "factor": on, "begun": None, "codes": (), "problem": ""})


def _password(who: Visitor, request: Request, form: Form) -> Answer:
    if form.text("new", longest=300) != form.text("again", longest=300):
        raise OfficeError("两次输入的新密码不同，请再试")
    with _HASHING:
        accounts.change_password(
            who.database, who.actor, old=form.text("old", longest=300), new=form.text("new", longest=300)
        )
    return Answer(response=forget(redirect("/desk/sign-in")))


def _begin_factor(who: Visitor, request: Request, form: Form) -> Answer:
    begun = second_factor.begin(who.database, who.actor)
    data = {"heading": "启用第二重验证", "factor": False, "begun": begun, "codes": (), "problem": ""}
    return Answer("account", data)


def _confirm_factor(who: Visitor, request: Request, form: Form) -> Answer:
    codes = second_factor.confirm(who.database, who.actor, form.text("code", longest=10))
    return Answer(
        "account", {"heading": "第二重验证已启用", "factor": True, "begun": None, "codes": codes, "problem": ""}
    )
