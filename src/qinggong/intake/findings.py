"""The book of findings (核查记录): every doubt about an input, and what a person said to it.

``findings.jsonl`` only grows: a line when a finding is first made, a line when it is accepted with a reason, a line
when a later check no longer finds it. A finding has one identifier for good, the hash of rule, file, row, series and
period, so that checking a file again adds nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import getpass
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from qinggong.config import Layout
from qinggong.intake.workspace import Workspace
from qinggong.periods import Period, PeriodError, parse
from qinggong.validate import ACCEPTABLE, DOUBTS, VOUCHED, Finding, group

State = Literal["open", "accepted", "settled"]
_FIELDS = tuple(f.name for f in dataclasses.fields(Finding))
_SHORTEST = 4


class FindingError(Exception):
    """The book cannot be read, or a finding cannot be accepted; the message is a Chinese sentence with advice."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding in the book.

    ``open``: nobody has looked at it; ``accepted``: a person (``who``) stands in for the number, with a ``reason``;
    ``settled``: a later check of the file no longer finds it. ``when`` is the time of the last change, UTC.
    """

    id: str
    sha256: str
    finding: Finding
    state: State
    noted: str
    when: str
    reason: str = ""
    who: str = ""

    def as_dict(self) -> dict[str, Any]:
        own = {"id": self.id, "group": group_identifier(self), "state": self.state, "sha256": self.sha256}
        own |= {"noted": self.noted, "when": self.when}
        return own | {"reason": self.reason, "who": self.who} | self.finding.as_dict()

    @property
    def can_be_accepted(self) -> bool:
        return is_acceptable(self.finding)

    @property
    def can_go_in(self) -> bool:
        """True if the row was refused and is one that a person may let in."""
        return self.finding.severity == "error" and self.can_be_accepted


Book = dict[str, Noted]


def identifier(finding: Finding, sha256: str) -> str:
    """The identifier of a finding about a file with this hash."""
    text = "\x1f".join((finding.rule, sha256, str(finding.row), finding.series, finding.period))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def group_identifier(noted: Noted) -> str:
    """The identifier of all findings of one rule about one series of a file, ``g`` before it."""
    text = "\x1f".join((noted.finding.rule, noted.sha256, noted.finding.severity, noted.finding.series))
    return "g" + hashlib.sha256(text.encode()).hexdigest()[:11]


def is_acceptable(finding: Finding) -> bool:
    """True if a person may stand in for the number: it is understood, and only doubted."""
    return finding.rule in ACCEPTABLE or finding.rule in DOUBTS


def load(layout: Layout) -> Book:
    """All findings of a workspace by identifier, in the order in which they were made.

    A last line without its end is what a killed process left: it counts for nothing.

    Raises
    ------
    FindingError
        Naming the line that is damaged.
    """
    path = layout.findings
    if not path.is_file():
        return {}
    text = path.read_bytes()
    book: Book = {}
    for number, line in enumerate(text[: text.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            entry = json.loads(line)
            state: State = entry["state"]
            if state == "open":
                finding = Finding(**{name: entry[name] for name in _FIELDS if name in entry})
                book.setdefault(
                    entry["id"], Noted(entry["id"], entry["sha256"], finding, "open", entry["when"], entry["when"])
                )
                if book[entry["id"]].state == "settled":
                    book[entry["id"]] = dataclasses.replace(
                        book[entry["id"]], finding=finding, state="open", when=entry["when"]
                    )
                continue
            if state not in ("accepted", "settled"):
                raise ValueError(f"state {state!r}")
            book[entry["id"]] = dataclasses.replace(
                book[entry["id"]], state=state, when=entry["when"], reason=entry.get("reason", ""),
                who=entry.get("who", ""),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise FindingError(f"{path} 第{number}行已损坏（{error!r}），请改正或从备份恢复该文件") from error
    return book


def note(layout: Layout, findings: Iterable[Finding], *, sha256: str, now: dt.datetime, whole: bool = False) -> None:
    """Write down what a check of one file found; only for the holder of the workspace's lock.

    Parameters
    ----------
    whole
        True if every row was checked, those that are stored too: then warnings that were not found again are settled;
        otherwise errors only, for a row that is stored is not checked again.
    """
    book, when = load(layout), now.astimezone(dt.UTC).isoformat()
    lines: list[dict[str, Any]] = []
    found: set[str] = set()
    for finding in findings:
        if finding.severity == "info":
            continue
        key = identifier(finding, sha256)
        known = book.get(key)
        if key not in found and (known is None or known.state == "settled"):
            lines.append({"id": key, "state": "open", "sha256": sha256, "when": when} | finding.as_dict())
        found.add(key)
    for key, known in book.items():
        again = whole or known.finding.severity == "error"
        if known.sha256 == sha256 and known.state == "open" and again and key not in found:
            lines.append({"id": key, "state": "settled", "when": when})
    _append(layout.findings, lines)


def settle_in_favour(layout: Layout, ids: Sequence[str], *, reason: str, by: str = "", now: dt.datetime) -> list[Noted]:
    """Keep that a person stands in for doubted numbers; only for the holder of the workspace's lock.

    ``ids`` are identifiers of findings or groups, or their first characters where these name one.

    Raises
    ------
    FindingError
        If a finding is unknown, cannot be accepted, or the reason is empty; nothing is kept then.
    """
    if not reason.strip():
        raise FindingError("采信需要写明理由，请用 --reason 给出")
    book = load(layout)
    chosen = {key: book[key] for text in ids for key in _meant(book, text)}
    for one in chosen.values():
        if not one.can_be_accepted:
            raise FindingError(
                f"{one.id}（{one.finding.rule}）的内容读不出数字或名称，不能采信；请改正文件或补充目录后重新导入"
            )
    when, who = now.astimezone(dt.UTC).isoformat(), by.strip() or _user()
    _append(
        layout.findings,
        [{"id": key, "state": "accepted", "reason": reason.strip(), "who": who, "when": when} for key in chosen],
    )
    book = load(layout)
    return [book[key] for key in chosen]


def accepted_rows(book: Mapping[str, Noted], sha256: str) -> frozenset[tuple[str, int]]:
    """Rule and row of every accepted finding about a file; ``VOUCHED`` and row of those that had been refused."""
    mine = [n for n in book.values() if n.state == "accepted" and n.sha256 == sha256]
    vouched = {(VOUCHED, n.finding.row) for n in mine if n.can_go_in}
    return frozenset({(n.finding.rule, n.finding.row) for n in mine} | vouched)


def listed(workspace: Workspace, *, only_open: bool = False, file: str = "") -> list[Noted]:
    """The findings in the order in which they were made; of ``file`` only, by its name or the start of its hash."""
    return [
        n for n in load(workspace.layout).values()
        if (not only_open or n.state == "open")
        and (not file or n.finding.file == Path(file).name or n.sha256.startswith(file))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gathered:
    """Findings in the book that are shown as one: of one rule about one series of a file, in one state.

    ``id`` is that of the finding, or of the group if there are several; either can be accepted.
    """

    id: str
    sentence: str
    members: tuple[Noted, ...]

    @property
    def first(self) -> Noted:
        return self.members[0]


def gathered(noted: Iterable[Noted]) -> list[Gathered]:
    """Findings as a person reads them: repeated ones of one series and rule as one."""
    found: dict[tuple[str, ...], list[Noted]] = {}
    for n in noted:
        said = (n.state, n.reason, n.who) if n.finding.series else (n.id,)
        found.setdefault((group_identifier(n), *said), []).append(n)
    return [
        Gathered(
            members[0].id if len(members) == 1 else group_identifier(members[0]),
            group([n.finding for n in members]).sentence, tuple(members),
        )
        for members in found.values()
    ]  # fmt: skip


def warnings_for(workspace: Workspace, *periods: Period) -> list[Finding]:
    """The open warnings about stored figures of these periods, of the month and of the cumulative period alike."""
    ends = {(p.year, p.last) for p in periods}
    return sorted(
        (
            n.finding for n in load(workspace.layout).values()
            if n.state == "open" and n.finding.severity == "warning" and _end(n.finding.period) in ends
        ),
        key=lambda f: (f.period, f.series, f.rule),
    )  # fmt: skip


def _end(code: str) -> tuple[int, int] | None:
    try:
        period = parse(code)
    except PeriodError:
        return None
    return period.year, period.last


def _meant(book: Mapping[str, Noted], text: str) -> list[str]:
    """The findings that an identifier, or the start of one, means: one, or those of a group that are still open."""
    text = text.strip()
    if text in book:
        return [text]
    groups: dict[str, list[str]] = {}
    for key, one in book.items():
        groups.setdefault(key, []).append(key)
        if one.state == "open":
            groups.setdefault(group_identifier(one), []).append(key)
    fitting = [name for name in groups if name.startswith(text)] if len(text) >= _SHORTEST else []
    if len(fitting) != 1:
        what = "不止一条" if fitting else "没有"
        raise FindingError(f"核查记录中{what}编号为“{text}”的，请用 qinggong findings 查看编号")
    return groups[fitting[0]]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _append(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Add lines, whole or not at all as far as any reader can tell; a torn end is cut off first."""
    if not entries:
        return
    text = b"".join(_line(entry) for entry in entries)
    with path.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        torn = end - _last_end(file.read, file.seek, end)
        if torn:
            file.truncate(end - torn)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace") + b"\n"


def _last_end(read: Any, seek: Any, end: int) -> int:
    """Position behind the last line end."""
    position, block = end, 4096
    while position > 0:
        start = max(0, position - block)
        seek(start)
        found = read(position - start).rfind(b"\n")
        if found >= 0:
            return int(start + found + 1)
        position = start
    return 0
