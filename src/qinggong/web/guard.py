"""What every answer carries and what no request may be (安全头): policy of content, lengths, methods."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
BULLETIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; frame-ancestors 'none'"
"""A bulletin is one file with its style and fonts inside; it has no script."""
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
LONGEST_ADDRESS = 8_000
_METHODS = ("GET", "HEAD")


class Guard:
    """Middleware: refuses what cannot be answered before anything is read, and adds the headers of security."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        bulletin = path.startswith(("/releases/", "/desk/months/")) and path.endswith(".html")
        policy = BULLETIN_POLICY if bulletin else POLICY

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()), *HEADERS, (b"content-security-policy", policy.encode()),
                ]  # fmt: skip
            await send(message)

        query: bytes = scope.get("query_string", b"")
        if len(path) + len(query) > LONGEST_ADDRESS:
            await _refuse(guarded, 414, f"地址有{len(path) + len(query)}个字符，最多{LONGEST_ADDRESS}个，请缩短")
        elif scope["method"] not in _METHODS and not (scope["method"] == "POST" and path.startswith("/desk")):
            await _refuse(guarded, 405, "只能查询（GET），不支持别的请求方式", allow=True)
        elif "\x00" in path:
            await _refuse(guarded, 400, "地址中有不能用的字符，请核对")
        else:
            await self.app(scope, receive, guarded)


async def _refuse(send: Send, status: int, sentence: str, *, allow: bool = False) -> None:
    body = json.dumps({"error": sentence}, ensure_ascii=False).encode() + b"\n"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if allow:
        headers.append((b"allow", ", ".join(_METHODS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
