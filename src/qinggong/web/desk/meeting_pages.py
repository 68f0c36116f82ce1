"""Dispatch meetings in the work area (会商): agendas on record, papers, decisions."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import Request
from starlette.responses import FileResponse

from qinggong.office import cases, dispatch, sessions, tables
from qinggong.office.permissions import Thing, allowed, require
from qinggong.office.problems import OfficeError
from qinggong.web.desk import jobs
from qinggong.web.desk.area import Answer, Area, Form
from qinggong.web.desk.guard import Visitor, number_in

_THING = Thing("meeting")
_PAPERS = {
    "agenda.html": "text/html", "agenda.pdf": "application/pdf",
    "agenda.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


def add(area: Area) -> None:
    """The pages of this module."""
    area.show("/desk/meetings", _meetings)
    area.change("/desk/meetings", _prepare)
    area.show("/desk/meetings/{day}", lambda who, request: _meeting(area, who, request))
    area.change("/desk/meetings/{day}", _decide)
    area.show("/desk/meetings/{day}/papers/{name}", lambda who, request: _paper(area, who, request))


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise OfficeError(f"不认识的日期“{text[:20]}”，请写成 2025-10-20") from None


def _meetings(who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", _THING)
    m = tables.meetings
    with who.database.reading() as connection:
        rows = connection.execute(
            sa.select(m.c.day, m.c.title, m.c.prepared_by, m.c.prepared_at).order_by(m.c.day.desc()).limit(100)
        ).all()
    may = allowed(who.actor, "prepare", _THING)
    return Answer("meetings", {"heading": "会商", "rows": rows, "may_prepare": may})


def _prepare(who: Visitor, request: Request, form: Form) -> Answer:
    """The agenda and its papers are made by the command, for this account."""
    require(who.actor, "prepare", _THING)
    day = _day(form.text("day", longest=20))
    units = [u for u in form.text("units", longest=400).replace("，", "、").split("、") if u.strip()][:20]
    if any(u.strip().startswith("-") for u in units):
        raise OfficeError("单位请写行业或地区的名称")
    words = ["dispatch", "--date", day.isoformat(), *(w for u in units for w in ("--unit", u.strip()))]
    lent = sessions.lend(who.database, who.actor)
    job = jobs.start(who.root, words, title=f"准备{day.isoformat()}会商", who=who.actor.name, session=lent)
    return Answer(go=f"/desk/jobs/{job.number}")


def _meeting(area: Area, who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", _THING)
    day = _day(request.path_params["day"])
    m = tables.meetings
    with who.database.reading() as connection:
        row = connection.execute(sa.select(m).where(m.c.day == day.isoformat())).one_or_none()
    if row is None:
        raise OfficeError(f"{day}没有会商记录")
    agenda: dict[str, Any] = json.loads(row.agenda)
    folder = area.layout.drafts / f"dispatch-{day.isoformat()}"
    return Answer(
        "meeting", {
            "heading": row.title, "day": day.isoformat(), "agenda": agenda, "row": row,
            "papers": [name for name in _PAPERS if (folder / name).is_file()],
            "decisions": cases.listed(who.database, who.actor, meeting=day.isoformat()),
            "may_decide": allowed(who.actor, "decide", _THING), "parts": dispatch.PART_NAMES,
        },
    )  # fmt: skip


def _decide(who: Visitor, request: Request, form: Form) -> Answer:
    day = _day(request.path_params["day"])
    deadline = form.text("deadline", longest=20).strip()
    dispatch.decide(
        who.database, who.actor, day, title=form.text("title", longest=400), owner=form.text("owner", longest=40),
        deadline=_day(deadline) if deadline else None, body=form.text("body"),
        severity=number_in(form.text("severity"), least=1, most=3, what="等级"),
        parent=form.text("about", longest=40).strip(),
    )  # fmt: skip
    return Answer(go=f"/desk/meetings/{day.isoformat()}")


def _paper(area: Area, who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", _THING)
    day, name = _day(request.path_params["day"]), request.path_params["name"]
    path = area.layout.drafts / f"dispatch-{day.isoformat()}" / name
    if name not in _PAPERS or not path.is_file():
        raise OfficeError("没有这份材料，请重新准备会商")
    # Saved and not shown: the page's own styles would need a laxer policy than the work area's.
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{day.isoformat()}-{name}')}"}
    return Answer(response=FileResponse(path, media_type=_PAPERS[name], headers=headers))
