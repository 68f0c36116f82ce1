"""What a request asks (请求): page, day, language, form; and the addresses that carry it on."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote, urlencode

Form = Literal["html", "json", "csv"]
Language = Literal["zh", "en"]

FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2100, 12, 31)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.]+")
"""What the name of a file does without."""
LONGEST = 400
"""Characters of any parameter at most."""


class BadRequest(ValueError):
    """A request that cannot be answered; the message is one Chinese sentence."""


class NotFound(LookupError):
    """No such page; ``near`` are pages that may be meant, as (path, name)."""

    def __init__(self, message: str, near: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.near = near


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the portal.

    Attributes
    ----------
    path
        Address of the page without ending, ``/industries/13``.
    as_of
        The day of the time machine; ``None`` is the present.
    given
        Further parameters as given.
    static
        The answer is one of a set of files: addresses are relative and end in ``.html``.
    tree
        Folder of the snapshot that a file belongs to, ``/at/2025-08``; empty for the newest. English pages stand in
        the same folders under ``/en``, their data where those of the Chinese pages are.
    snapshots
        Name and folder of every snapshot of the site.
    """

    path: str
    as_of: dt.date | None = None
    lang: Language = "zh"
    form: Form = "html"
    wall: bool = False
    given: Mapping[str, str] = field(default_factory=dict, hash=False)
    static: bool = False
    tree: str = ""
    snapshots: tuple[tuple[str, str], ...] = ()

    def text(self, name: str, default: str = "") -> str:
        return self.given.get(name, default)

    @property
    def english(self) -> bool:
        return self.lang == "en"

    @property
    def root(self) -> str:
        """Folder of this language and snapshot in a site of files."""
        return ("/en" if self.english else "") + self.tree

    @property
    def stem(self) -> str:
        """Name of this page's file without ending: ``/industries/13``, one chosen coverage ``/industries/13~nbs``."""
        chosen = "".join(f"~{_UNSAFE.sub('-', value)}" for _, value in sorted(self.given.items()))
        return ("/index" if self.path == "/" else self.path) + chosen

    def link(self, path: str, **changes: str | None) -> str:
        """Address of another page that keeps day and language; ``changes`` sets parameters, ``None`` drops one."""
        if self.static:
            return _address("", changes, base=_relative(self.path, path))
        kept: dict[str, str | None] = {}
        if self.as_of is not None:
            kept["as_of"] = self.as_of.isoformat()
        if self.english:
            kept["lang"] = "en"
        return _address(path, kept | changes)

    def here(self, **changes: str | None) -> str:
        """This page with some parameters changed."""
        if self.static:
            given = {name: value for name, value in ({**self.given, **changes}).items() if value}
            return _relative(self.stem, f"{replace(self, given=given).stem}.html", plain=True)
        kept: dict[str, str | None] = dict(self.given)
        if self.wall:
            kept["wall"] = "1"
        if self.as_of is not None:
            kept["as_of"] = self.as_of.isoformat()
        if self.english:
            kept["lang"] = "en"
        return _address(self.path, kept | changes)

    def in_other_language(self) -> str:
        """This page in the other language."""
        if not self.static:
            return self.here(lang=None if self.english else "en")
        other = replace(self, lang="zh" if self.english else "en")
        return _relative(self.root + self.stem, f"{other.root}{self.stem}.html", plain=True)

    def data(self, form: Form, *, table: str = "") -> str:
        """The data of this page; ``table`` is another table of it than the first."""
        if self.static:
            name = f"{self.tree}{self.stem}{'.' + table if table else ''}.{form}"
            return _relative(self.root + self.stem, name, plain=True)
        base = "/index" if self.path == "/" else self.path
        kept: dict[str, str | None] = {**self.given, "table": table}
        if self.as_of is not None:
            kept["as_of"] = self.as_of.isoformat()
        return _address(f"{base}.{form}", kept)

    def of_snapshot(self, name: str) -> str:
        """Address of a file that a site has once for each snapshot."""
        return _relative(self.root + self.stem, f"{self.tree}/{name}", plain=True)

    def asset(self, name: str) -> str:
        """Address of a file that never changes."""
        return self.file(f"/static/{name}")

    def file(self, path: str) -> str:
        """Address of a file that a site has once, whatever the language and the snapshot."""
        return _relative(self.root + self.stem, path, plain=True) if self.static else quote(path)

    def snapshot(self, tree: str) -> str:
        """The overview of another snapshot of a site of files."""
        return _relative(self.root + self.stem, f"{replace(self, tree=tree).root}/index.html", plain=True)

    def as_form(self, form: Form) -> Ask:
        return replace(self, form=form)


def _address(path: str, parameters: Mapping[str, str | None], *, base: str = "") -> str:
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    return (base or quote(path, safe="/:@~")) + (f"?{urlencode(given)}" if given else "")


def _relative(here: str, there: str, *, plain: bool = False) -> str:
    """A relative address between files of a static site: pages end in ``.html``."""
    target, _, anchor = there.partition("#")
    if not plain:
        target = "/index.html" if target == "/" else f"{target}.html"
    start = posixpath.dirname(here) or "/"
    return quote(posixpath.relpath(target, start), safe="/~") + (f"#{anchor}" if anchor else "")


def day_of(text: str) -> dt.date | None:
    """The day of the time machine.

    Raises
    ------
    BadRequest
        If it is no date from 1990 to 2100.
    """
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise BadRequest(f"日期“{shown(text)}”不对，请写成 2025-10-01，在 1990 年至 2100 年之间")
    return day


def shown(text: str) -> str:
    """What was given, short enough for a sentence."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= 40 else plain[:40] + "…"
