"""Making and publishing a month in the work area (月报编制): files in, run, findings, own text, verdict, publication.

Every step is a ``qinggong`` command in a process of its own; this module reads what they left behind.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request

from qinggong.monitor.facts import Fact, FactBook, Lineage
from qinggong.office import journal
from qinggong.office.permissions import Thing, allowed, require
from qinggong.office.problems import Conflict, OfficeError
from qinggong.periods import PeriodError, parse
from qinggong.publish import shelf
from qinggong.publish.side_file import SideFileError, mark_numbers_of
from qinggong.publish.side_file import parse as parse_side_file
from qinggong.publish.states import STATE_NAMES
from qinggong.web.desk import jobs
from qinggong.web.desk.area import Answer, Area, Form
from qinggong.web.desk.guard import Visitor

_MONTH = re.compile(r"\d{4}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?(\.r\d{1,2})?")
_ENDINGS = ("csv", "tsv", "txt", "xlsx", "xls", "docx", "pdf", "html", "htm", "json", "xml", "parquet", "zip")
_THING = Thing("month")
_LONGEST_TEXT = 200_000
_SHOWN_FIGURES, _SHOWN_LINES = 8, 40


def add(area: Area) -> None:
    """The pages of this module."""
    area.show("/desk/months", lambda who, request: _months(area, who))
    area.change("/desk/months/run", _run)
    area.change("/desk/months/upload", lambda who, request, form: _upload(area, who, form))
    area.change("/desk/months/publish", lambda who, request, form: _publish(area, who, form))
    area.show("/desk/jobs/{number}", _job)
    area.show("/desk/findings", lambda who, request: _findings(area, who))
    area.change("/desk/findings", _accept)
    area.show("/desk/text/{month}", lambda who, request: _text(area, who, request))
    area.change("/desk/text/{month}", lambda who, request, form: _save_text(area, who, request, form))


def _told(who: Visitor, action: str, object: str, **after: Any) -> None:
    """A step with a month, on record; ``Refused`` where the account may not."""
    require(who.actor, action, _THING)
    with who.database.writing() as connection:
        journal.record(
            connection, at=who.database.clock(), who=who.actor.name, action=action, kind="month", object=object,
            after=after,
        )  # fmt: skip


def _months(area: Area, who: Visitor) -> Answer:
    require(who.actor, "view", _THING)
    rows = []
    for place, folder in (("releases", area.layout.releases), ("drafts", area.layout.drafts)):
        for path, month, edition, read in shelf.found(folder):
            check = read.get("check") or {}
            rows.append(
                {
                    "month": month, "folder": path.name, "edition": edition, "state": read["state"],
                    "state_name": STATE_NAMES.get(read["state"], read["state"]), "title": read.get("title", ""),
                    "release_date": read.get("release_date", ""), "errors": int(check.get("errors", 0)),
                    "warnings": int(check.get("warnings", 0)), "facts": read.get("facts", 0),
                    "draft": place == "drafts",
                }
            )  # fmt: skip
    rows.sort(key=lambda r: (r["month"], r["edition"]), reverse=True)
    return Answer(
        "months", {
            "heading": "月报编制", "rows": rows, "jobs": jobs.jobs(who.root)[:10], "endings": _ENDINGS,
            "may": {a for a in ("run", "take_in", "vouch", "edit", "publish") if _may(who, a)},
        },
    )  # fmt: skip


def _may(who: Visitor, action: str) -> bool:
    return allowed(who.actor, action, _THING)


def _run(who: Visitor, request: Request, form: Form) -> Answer:
    require(who.actor, "run", _THING)
    job = jobs.run_month(who.root, form.text("month", longest=20).strip(), who=who.actor.name)
    _told(who, "run", form.text("month", longest=20).strip() or "newest", job=job.number)
    return Answer(go=f"/desk/jobs/{job.number}")


def _upload(area: Area, who: Visitor, form: Form) -> Answer:
    """Files into the inbox under names of ours, then the command that takes them in."""
    require(who.actor, "take_in", _THING)
    files = form.files("file")
    if not files:
        raise OfficeError("请选择要导入的文件")
    kept = []
    for file in files:
        name = _file_name(file.filename or "")
        path = area.layout.inbox / name
        content = file.file.read()
        if path.exists() and path.read_bytes() != content:
            digest = hashlib.sha256(content).hexdigest()[:8]
            path = path.with_name(f"{path.stem}-{digest}{path.suffix}")
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        part.replace(path)
        kept.append(path)
    job = jobs.take_in(who.root, kept, who=who.actor.name)
    _told(who, "take_in", "inbox", files=[p.name for p in kept], job=job.number)
    return Answer(go=f"/desk/jobs/{job.number}")


def _file_name(given: str) -> str:
    plain = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    cleaned = "".join(c for c in plain if c.isalnum() or c in "._- （）()—").strip(" .")
    stem, dot, ending = cleaned.rpartition(".")
    if not dot or not stem or ending.lower() not in _ENDINGS:
        raise OfficeError(f"不能导入“{plain[:60]}”，可以导入的类型有 {'、'.join(_ENDINGS)}")
    return f"{stem.lstrip('-')[:100] or 'file'}.{ending.lower()}"


def _publish(area: Area, who: Visitor, form: Form) -> Answer:
    month = form.text("month", longest=20)
    if not _MONTH.fullmatch(month):
        raise OfficeError(f"不认识的月份“{month[:20]}”")
    require(who.actor, "publish", _THING)
    job = jobs.start(who.root, ["publish", month], title=f"发布{month}", who=who.actor.name)
    _told(who, "publish", month, job=job.number)
    return Answer(go=f"/desk/jobs/{job.number}")


def _job(who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", _THING)
    job = jobs.find(who.root, request.path_params["number"])
    outcome, folder = _outcome(job.answer)
    return Answer("job", {"heading": job.title, "job": job, "outcome": outcome, "folder": folder})


def _outcome(answer: Any) -> tuple[list[str], str]:
    """What a command said at its end, in lines, and the folder that it wrote; nothing of one that answers otherwise."""
    if isinstance(answer, str):
        return [line.strip() for line in answer.splitlines() if line.strip()][:_SHOWN_LINES], ""
    if isinstance(answer, list):
        return [_file_line(one) for one in answer if isinstance(one, dict) and "file" in one], ""
    if not isinstance(answer, dict) or "folder" not in answer:
        return [], ""
    state = STATE_NAMES.get(answer.get("state", ""), answer.get("state", ""))
    lines = [f"{answer.get('month', '')}月报{state}，{len(answer.get('files') or ())}个文件"]
    lines += [_file_line(one) for one in answer.get("ingested") or () if isinstance(one, dict)]
    if answer.get("missing_characters"):
        lines.append(f"字体缺字：{answer['missing_characters']}")
    for one in (answer.get("figures") or ())[:_SHOWN_FIGURES]:
        rate = "" if one["growth"] == "—" else f"，同比{one['growth']}"
        level = "" if one["level"] == "—" else f" {one['level']}"
        lines.append(f"{one['period']}{one['indicator']}{level}{rate}")
    return lines, Path(str(answer["folder"])).name


def _file_line(one: Mapping[str, Any]) -> str:
    if one.get("known_file"):
        return f"{one.get('file', '')}：此前已导入，没有新增"
    return f"{one.get('file', '')}：新增{one.get('added', 0)}个数字，未入库{one.get('rejected', 0)}行"


# --------------------------------------------------------------------------------------------- findings


def _findings(area: Area, who: Visitor) -> Answer:
    require(who.actor, "view", _THING)
    found = _open_findings(area)
    return Answer("findings", {"heading": "核查结果", "rows": found[:300], "more": max(0, len(found) - 300),
        "may": _may(who, "vouch")})  # fmt: skip


_kept: dict[Path, tuple[tuple[int, int], list[dict[str, Any]]]] = {}


def _open_findings(area: Area) -> list[dict[str, Any]]:
    """What the command lists as open; asked again only when the book has grown."""
    book = area.layout.findings
    if not book.is_file():
        return []
    stat = book.stat()
    mark = (stat.st_size, stat.st_mtime_ns)
    known = _kept.get(book)
    if known is None or known[0] != mark:
        words = [sys.executable, "-m", "qinggong.cli", "findings", "--open", "--json"]
        done = subprocess.run(
            [*words, "--workspace", str(area.layout.root)], capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
            check=False,
        )  # fmt: skip
        try:
            rows = json.loads(done.stdout)
        except ValueError:
            raise OfficeError("核查记录读不了，请在命令行运行 qinggong findings 查看原因") from None
        known = _kept[book] = (mark, [r for r in rows if isinstance(r, dict)])
    return known[1]


def _accept(who: Visitor, request: Request, form: Form) -> Answer:
    require(who.actor, "vouch", _THING)
    chosen, reason = form.texts("finding"), form.text("reason", longest=600)
    job = jobs.accept_findings(who.root, chosen, reason=reason, who=who.actor.name)
    _told(who, "vouch", "findings", findings=chosen, reason=reason, job=job.number)
    return Answer(go=f"/desk/jobs/{job.number}")


# --------------------------------------------------------------------------------------------- own text


def _text(area: Area, who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", _THING)
    month = _month(request)
    path = _side_file(area, month)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return Answer("text", _text_data(month, text, _sum(text), None))


def _save_text(area: Area, who: Visitor, request: Request, form: Form) -> Answer:
    """Look at a text with its numbers held against the facts, or keep it."""
    require(who.actor, "edit", _THING)
    month, text = _month(request), form.text("text", longest=_LONGEST_TEXT).replace("\r\n", "\n")
    path, seen = _side_file(area, month), form.text("seen", longest=64)
    try:
        side = parse_side_file(text, name=path.name)
        side = mark_numbers_of(side, book=_facts(area, month), catalogue=area.catalogue)
    except SideFileError as error:
        raise OfficeError(str(error)) from error
    if form.text("action", longest=10) != "save":
        return Answer("text", _text_data(month, text, seen, side))
    present = path.read_text(encoding="utf-8") if path.is_file() else ""
    if _sum(present) != seen:
        raise Conflict("这份文字刚被别人改动，没有保存；请先复制自己的文字，刷新后再改")
    _told(who, "edit", month, sha256=_sum(text))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return Answer("text", _text_data(month, text, _sum(text), side) | {"saved": True})


def _text_data(month: str, text: str, seen: str, side: Any) -> dict[str, Any]:
    return {
        "heading": f"{month} 附加文字", "month": month, "text": text, "seen": seen, "side": side, "saved": False,
    }  # fmt: skip


def _month(request: Request) -> str:
    month = str(request.path_params["month"])
    if not _MONTH.fullmatch(month):
        raise OfficeError(f"不认识的月份“{month[:20]}”，请写成 2024-08")
    return month


def _side_file(area: Area, month: str) -> Path:
    return area.layout.root / "notes" / f"{month}.md"


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _facts(area: Area, month: str) -> FactBook:
    """The facts of the month as last made, draft or not, from its data; an empty book if it was not made yet."""
    book = FactBook()
    for folder in (area.layout.drafts / month, area.layout.releases / month):
        path = folder / "data" / "facts.csv"
        if path.is_file():
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    if (fact := _fact(row)) is not None:
                        book.add(fact)
            return book
    return book


def _fact(row: dict[str, str]) -> Fact | None:
    try:
        period = parse(row["period"])
    except PeriodError:
        return None
    value = float(row["value"]) if row["value"] else None
    return Fact(
        row["id"], row["label"], value, row["printed"], row["unit"], period,
        "computed" if value is not None else "withheld",
        Lineage((), row["method"]), row["reason"],
    )  # fmt: skip
