"""Answers (应答): a page as HTML, JSON or CSV, compressed once and kept until what it shows has changed."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

import brotli  # type: ignore[import-untyped]

from qinggong.publish.data import to_csv
from qinggong.web.ask import BadRequest, Form
from qinggong.web.page import Page

KINDS: dict[Form, str] = {
    "html": "text/html; charset=utf-8", "json": "application/json", "csv": "text/csv; charset=utf-8",
}  # fmt: skip
_SMALL = 512
_LIMIT_BYTES = 48 << 20


@dataclass(slots=True)
class Answer:
    """A body with its type and tag; compressed forms are made when first asked for.

    A thin one has only its compressed form and opens it for the few readers who ask for the plain one.
    """

    body: bytes
    kind: str
    status: int = 200
    tag: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    _packed: dict[str, bytes] = field(default_factory=dict, repr=False)
    _length: int = 0

    def packed(self, accepted: str) -> tuple[bytes, str]:
        """The body in the best encoding that is accepted, and the encoding's name."""
        name = self._encoding(accepted)
        if not name:
            return self.plain(), ""
        if name in self._packed:
            return self._packed[name], name
        made = (
            brotli.compress(self.body, quality=5)
            if name == "br"
            else gzip.compress(self.plain(), compresslevel=6, mtime=0)
        )
        if self._length == 0:
            self._packed[name] = made
        return made, name

    def plain(self) -> bytes:
        """The body as it was made."""
        return brotli.decompress(self._packed["br"]) if self._length else self.body

    def thin(self) -> Answer:
        """Keep the compressed form only: a sixth of the memory, so that six times as many pages can be kept."""
        if len(self.body) >= _SMALL:
            self.packed("br")
            self._length, self.body = len(self.body), b""
        return self

    def is_packed(self, accepted: str) -> bool:
        """Whether nothing is left to compress for this reader."""
        name = self._encoding(accepted)
        return not name or name in self._packed

    def _encoding(self, accepted: str) -> str:
        if not accepted or max(len(self.body), self._length) < _SMALL or self.kind in ("font/woff2",):
            return ""
        names = {part.partition(";")[0].strip() for part in accepted.split(",") if part.replace(" ", "")[-3:] != "q=0"}
        return next((name for name in ("br", "gzip") if name in names), "")

    @property
    def size(self) -> int:
        return len(self.body) + sum(map(len, self._packed.values())) + 500


class Kept:
    """Answers by question, the least asked for dropped first."""

    def __init__(self, limit: int = _LIMIT_BYTES) -> None:
        self._limit = limit
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = threading.Lock()
        self._size = 0

    def get(self, key: Hashable) -> Answer | None:
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def put(self, key: Hashable, answer: Answer) -> None:
        # The compressed form is about a fifth; it is counted beforehand, so that the limit holds.
        size = answer.size + len(answer.body) // 4
        with self._lock:
            if key in self._answers:
                return
            self._answers[key] = answer
            self._size += size
            while self._size > self._limit and len(self._answers) > 1:
                _, old = self._answers.popitem(last=False)
                self._size -= old.size + len(old.body) // 4
            self._size = max(self._size, 0)


def tag_of(*parts: object) -> str:
    """A weak entity tag: the same for what was made from the same."""
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:20]}"'


def json_of(page: Page, about: dict[str, object]) -> bytes:
    """A page's data; ``about`` says what every page says: title, day, release, mark."""
    told = {"title": page.title, **about, "data": page.data}
    return (json.dumps(told, ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":")) + "\n").encode()


def csv_of(page: Page, name: str) -> bytes:
    """A table of a page, the first one unless named.

    Raises
    ------
    BadRequest
        If the page has no such table.
    """
    chosen = next((t for t in page.tables if t.name == name), None) if name else (page.tables or (None,))[0]
    if chosen is None:
        names = "、".join(t.name for t in page.tables) or "无"
        raise BadRequest(f"本页没有表“{name[:40]}”，可用：{names}")
    return to_csv(chosen)
