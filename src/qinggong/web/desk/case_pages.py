"""Cases in the work area (事项): what is mine, what there is, one case with its log and the steps open to me."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from qinggong.catalogue import UnknownName
from qinggong.office import attachments, cases, showing
from qinggong.office.cases import NewCase, local_day
from qinggong.office.permissions import Thing, allowed
from qinggong.office.problems import OfficeError
from qinggong.office.workflow import case_table
from qinggong.web.desk.area import Answer, Area, Form
from qinggong.web.desk.guard import Visitor, number_in

_NATION = "CN"
_BY_THE_PROGRAM = ("repeat", "subside", "escalate", "resume", "classify", "rate")
"""Steps that rules take, or that have a command of their own."""


def add(area: Area) -> None:
    """The pages of this module."""

    def opened(who: Visitor, request: Request, form: Form) -> Answer:
        new = NewCase(
            kind=form.text("kind", longest=20), title=form.text("title", longest=400), body=form.text("body"),
            industry=_industry(area, form.text("industry", longest=60)),
            region=_region(area, form.text("region", longest=60)),
            severity=number_in(form.text("severity"), least=1, most=3, what="等级"),
            owner=form.text("owner", longest=40), deadline=_day(form.text("deadline", longest=20)),
        )  # fmt: skip
        case = cases.open_case(who.database, who.actor, new)
        return Answer(go=f"/desk/cases/{case.number}")

    area.show("/desk", lambda who, request: _mine(area, who))
    area.show("/desk/cases", lambda who, request: _listed(area, who, request))
    area.change("/desk/cases", opened)
    area.show("/desk/cases/{number}", lambda who, request: _one(area, who, request))
    area.change("/desk/cases/{number}", _step)
    area.change("/desk/cases/{number}/upload", _attach)
    area.show("/desk/cases/{number}/files/{sha256}", _file)


def _row(area: Area, case: cases.Case, today: dt.date) -> dict[str, Any]:
    table = case_table()
    industry, region = area.catalogue.industries.get(case.industry), area.catalogue.regions.get(case.region)
    return {
        "number": case.number, "title": case.title, "kind": table.kind_of(case.kind).name,
        "state": table.state(case.state).name, "severity": case.severity,
        "severity_name": table.severity(case.severity).name, "deadline": case.deadline, "owner": case.owner,
        "overdue": case.overdue_on(today), "industry": (industry.short or industry.name) if industry else "",
        "region": region.name if region and case.region != _NATION else "",
    }  # fmt: skip


def _mine(area: Area, who: Visitor) -> Answer:
    today = local_day(who.database.clock())
    own = cases.listed(who.database, who.actor, owner=who.actor.name, still_open=True)
    new = cases.listed(who.database, who.actor, states=("new",))
    to_assign = [c for c in new if allowed(who.actor, "assign", c.thing)]
    answered = [
        c for c in cases.listed(who.database, who.actor, states=("answered",)) if allowed(who.actor, "close", c.thing)
    ]
    parts = [("我承办的", own), ("待我交办的", to_assign), ("已答复、待我办结的", answered)]
    return Answer(
        "mine", {"heading": "我的工作", "today": today.isoformat(),
        "parts": [(name, [_row(area, c, today) for c in some]) for name, some in parts]},
    )  # fmt: skip


def _listed(area: Area, who: Visitor, request: Request) -> Answer:
    asked, table = request.query_params, case_table()
    today = local_day(who.database.clock())
    kind, state = asked.get("kind", "")[:20], asked.get("state", "open")[:20]
    found = cases.listed(
        who.database, who.actor, kinds=(kind,) if kind else (), still_open=state in ("open", "overdue"),
        states=(state,) if state not in ("open", "overdue", "all") else (),
        overdue_on=today if state == "overdue" else None,
    )  # fmt: skip
    may_open = [
        k for k in table.kinds
        if allowed(who.actor, "open", Thing(k.code, "", who.actor.name, "", _NATION)) and k.code not in ("decision",)
    ]  # fmt: skip
    return Answer(
        "cases", {
            "heading": "事项", "rows": [_row(area, c, today) for c in found[:500]], "more": max(0, len(found) - 500),
            "kind": kind, "state": state, "may_open": may_open,
        },
    )  # fmt: skip


def _one(area: Area, who: Visitor, request: Request) -> Answer:
    story = showing.story(who.database, who.actor, request.path_params["number"])
    case, table = story.shown.case, case_table()
    steps = [
        {"action": t.action, "name": t.name, "needs": t.needs}
        for action in story.actions if action not in (*_BY_THE_PROGRAM, "attach")
        for t in [next(t for t in table.steps(kind=case.kind, state=case.state) if t.action == action)]
    ]  # fmt: skip
    log = [
        {"at": e.at[:16].replace("T", " "), "who": e.who, "what": showing.step_name(e.action), "note": e.note}
        for e in reversed(story.log)
    ]
    return Answer(
        "case", {
            "heading": f"{case.number}　{case.title}", "case": case, "log": log, "signals": story.signals,
            "row": _row(area, case, local_day(who.database.clock())), "steps": steps,
            "attachments": story.attachments, "may_attach": "attach" in story.actions,
            "endings": table.attachments.endings, "largest": table.attachments.largest_bytes // 1_000_000,
        },
    )  # fmt: skip


def _step(who: Visitor, request: Request, form: Form) -> Answer:
    number, action = request.path_params["number"], form.text("action", longest=20)
    if action in _BY_THE_PROGRAM or action == "attach":
        raise OfficeError("这一步不能在本页办理")
    cases.act(
        who.database, who.actor, number, action,
        version=number_in(form.text("version"), least=1, most=10**8, what="版本"), note=form.text("note"),
        owner=form.text("owner", longest=40), deadline=_day(form.text("deadline", longest=20)),
        into=form.text("into", longest=40),
    )  # fmt: skip
    return Answer(go=f"/desk/cases/{quote(number)}")


def _attach(who: Visitor, request: Request, form: Form) -> Answer:
    number, (file, *more) = request.path_params["number"], form.files("file") or (None,)
    if file is None or more:
        raise OfficeError("请选择一个文件")
    largest = case_table().attachments.largest_bytes
    content = file.file.read(largest + 1)
    if len(content) > largest:
        raise OfficeError(f"附件超过{largest // 1_000_000}MB，请拆分或压缩")
    attachments.attach(who.database, who.actor, number, name=file.filename or "", content=content)
    return Answer(go=f"/desk/cases/{quote(number)}")


def _file(who: Visitor, request: Request) -> Answer:
    """An attachment, to be saved and never shown by the browser."""
    found, content = attachments.content_of(
        who.database, who.actor, request.path_params["number"], request.path_params["sha256"]
    )
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
    }  # fmt: skip
    return Answer(response=Response(content, media_type="application/octet-stream", headers=headers))


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise OfficeError(f"不认识的日期“{text[:20]}”，请写成 2025-10-20") from None


def _industry(area: Area, text: str) -> str:
    """Code of an industry by code or name; empty for none."""
    wanted = text.strip()
    for code, entry in area.catalogue.industries.items():
        if wanted and wanted in (code, entry.name, entry.short):
            return code
    if wanted:
        raise OfficeError(f"没有行业“{wanted[:40]}”，请写国家统计局的名称或代码，如 家具制造业 或 21")
    return ""


def _region(area: Area, text: str) -> str:
    """Code of a region by code or name; the country for none."""
    wanted = text.strip()
    if not wanted:
        return _NATION
    try:
        return next(c for c, r in area.catalogue.regions.items() if wanted in (c, r.name, r.short))
    except (StopIteration, UnknownName):
        raise OfficeError(f"没有地区“{wanted[:40]}”，请写名称，如 广东") from None
