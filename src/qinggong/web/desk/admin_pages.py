"""Accounts and the journal in the work area (账号与操作记录)."""

from __future__ import annotations

from fastapi import Request

from qinggong.office import accounts, journal, second_factor
from qinggong.office.permissions import Thing, allowed, permission_table, require
from qinggong.office.problems import OfficeError
from qinggong.web.desk.area import Answer, Area, Form
from qinggong.web.desk.guard import Visitor

_NEWEST = 300
_CHANGES = {"disable": accounts.disable, "enable": accounts.enable, "unlock": accounts.unlock}


def add(area: Area) -> None:
    """The pages of this module."""
    area.show("/desk/accounts", _accounts)
    area.change("/desk/accounts", _add)
    area.change("/desk/accounts/{name}", _change)
    area.show("/desk/journal", _journal)


def _accounts(who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", Thing("account", owner="?"))
    table = permission_table()
    with who.database.reading() as connection:
        second = {a.name for a in accounts.listed(who.database, who.actor) if second_factor.needed(connection, a.name)}
    rows = [
        {
            "account": a, "second": a.name in second,
            "roles": "、".join(r.name for r in table.roles if r.code in a.roles),
            "scope": "、".join((*a.industries, *a.regions)),
            "may": [
                act for act in (*_CHANGES, "reset_factor", "grant")
                if allowed(who.actor, act, Thing("account", owner=a.name))
                and (act != "disable" or a.state == "active") and (act != "enable" or a.state != "active")
                and (act != "unlock" or a.locked_until) and (act != "reset_factor" or a.name in second)
            ],
        }
        for a in accounts.listed(who.database, who.actor)
    ]  # fmt: skip
    held = [r for r in table.roles if r.held_by_accounts]
    may_add = allowed(who.actor, "add", Thing("account", owner="?"))
    return Answer("accounts", {"heading": "账号", "rows": rows, "held": held, "may_add": may_add})


def _add(who: Visitor, request: Request, form: Form) -> Answer:
    accounts.add_account(
        who.database, who.actor, form.text("name", longest=40), display=form.text("display", longest=200),
        password=form.text("password", longest=300), body=form.text("body", longest=200),
    )  # fmt: skip
    return Answer(go="/desk/accounts")


def _change(who: Visitor, request: Request, form: Form) -> Answer:
    name, action = request.path_params["name"], form.text("action", longest=20)
    if action in _CHANGES:
        _CHANGES[action](who.database, who.actor, name)
    elif action == "reset_factor":
        second_factor.reset(who.database, who.actor, name)
    elif action == "grant":
        accounts.grant(
            who.database, who.actor, name, roles=form.texts("roles"), industries=_codes(form.text("industries")),
            regions=_codes(form.text("regions")),
        )  # fmt: skip
    else:
        raise OfficeError("没有这一项操作")
    return Answer(go="/desk/accounts")


def _codes(text: str) -> list[str]:
    return [part for part in text.replace("，", " ").replace("、", " ").replace(",", " ").split() if part][:50]


def _journal(who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", Thing("journal"))
    about = request.query_params.get("about", "")[:60]
    with who.database.reading() as connection:
        found = journal.entries(connection, object=about, newest=_NEWEST)
    checked = journal.verify(who.database) if request.query_params.get("verify") else None
    return Answer(
        "journal", {"heading": "操作记录", "entries": tuple(reversed(found)), "about": about, "checked": checked},
    )  # fmt: skip
