"""What stands before every page of the work area (把关): size, origin, session and form mark.

Refused is what is not expressly let through: a change needs a session that has passed all factors, the mark of that
session in its form, and a browser that says the form came from this very site.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qinggong.office import sessions
from qinggong.office.database import Database
from qinggong.office.permissions import Actor
from qinggong.office.problems import Refused
from qinggong.office.sessions import Session

COOKIE = "qinggong_session"
FORM_BYTES = 256 * 1024
UPLOAD_BYTES = 64 * 1024 * 1024


class SignInNeeded(Exception):
    """There is no open session; the browser is led to the sign-in page and back."""


class TooLarge(Exception):
    """A body is longer than its page takes."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the open office, the session, and its token."""

    database: Database
    session: Session
    token: str
    root: Path

    @property
    def actor(self) -> Actor:
        return self.session.actor


def same_site(request: Request) -> bool:
    """Whether a browser sent this from one of our own pages.

    Browsers say so themselves (Fetch Metadata); of older ones the origin is compared. One that says neither is refused.
    """
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said == "same-origin"
    origin = request.headers.get("origin") or request.headers.get("referer") or ""
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host", "")


def check_change(request: Request, session: Session, mark: str) -> None:
    """Refuse a form that is not from this session's own page.

    Raises
    ------
    Refused
        Saying what to do.
    """
    if not same_site(request) or not session.carries(mark):
        raise Refused("页面已过期或不是从本系统打开的，没有办理；请返回刷新后再试")


def visitor(request: Request, database: Database, root: Path, *, waiting: bool = False) -> Visitor:
    """The session of a request.

    Parameters
    ----------
    waiting
        Also one whose second factor is still to come.

    Raises
    ------
    SignInNeeded
        If there is none.
    """
    token = request.cookies.get(COOKIE, "")
    session = sessions.find(database, token) if token else None
    if session is None or (session.waiting and not waiting):
        raise SignInNeeded
    return Visitor(database, session, token, root)


def keep(response: Response, request: Request, token: str) -> Response:
    """Give the browser its token: not for scripts, not for other sites, over TLS only where there is TLS."""
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie(COOKIE, token, path="/desk", httponly=True, samesite="strict", secure=secure)
    return response


def forget(response: Response) -> Response:
    response.delete_cookie(COOKIE, path="/desk", httponly=True, samesite="strict")
    return response


def back_to(wanted: str) -> str:
    """Where to go after signing in: a page of the work area, nothing else."""
    plain = wanted if wanted.isprintable() and len(wanted) <= 300 else ""
    return plain if plain.startswith("/desk/") and "//" not in plain and "\\" not in plain else "/desk"


def redirect(to: str) -> Response:
    return RedirectResponse(to, status_code=303)


class Bounds:
    """Refuses bodies of the work area that are too long, whether or not their length is said; nothing of it is kept by
    a browser or on the way."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _inside(scope["path"]):
            await self.app(scope, receive, send)
            return
        most = UPLOAD_BYTES if scope["path"].endswith("/upload") else FORM_BYTES
        length = next((v for k, v in scope["headers"] if k == b"content-length"), b"")
        taken, over, begun = 0, False, False

        async def counted() -> Message:
            nonlocal taken, over
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                over = True
                raise TooLarge
            return message

        async def headed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if over:  # whoever reads the body may have taken the refusal for a fault of the form
                    message["status"] = 413
                kept = [(k, v) for k, v in message["headers"] if k.lower() != b"cache-control"]
                message["headers"] = [*kept, (b"cache-control", b"no-store")]
            await send(message)

        refusal = PlainTextResponse(f"内容超过{most // 1024}KB，没有接收。", status_code=413)
        if length.isdigit() and int(length) > most:
            await refusal(scope, receive, headed)
            return
        try:
            await self.app(scope, counted, headed)
        except TooLarge:
            if not begun:
                await refusal(scope, receive, headed)


def _inside(path: str) -> bool:
    return path == "/desk" or path.startswith("/desk/")


def number_in(text: str, *, least: int, most: int, what: str) -> int:
    """A whole number of a form.

    Raises
    ------
    Refused
        If it is none, or out of bounds.
    """
    if text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most:
        return int(text)
    raise Refused(f"{what}应为{least}至{most}的整数")
