"""Tasks of a plan as cases (方案任务立项), so that somebody owns each of them and is asked for it."""

from __future__ import annotations

import sqlalchemy as sa

from qinggong.catalogue.plans import Plan
from qinggong.office import tables
from qinggong.office.cases import Case, NewCase, local_day, opened
from qinggong.office.database import Database
from qinggong.office.permissions import Actor
from qinggong.office.problems import OfficeError


def open_plan_tasks(database: Database, actor: Actor, plan: Plan) -> tuple[Case, ...]:
    """Open a case for each task of a plan that has none yet, due on the plan's last day; those opened.

    Raises
    ------
    OfficeError
        A draft, or a plan that is over.
    """
    today = local_day(database.clock())
    if not plan.adopted:
        raise OfficeError(f"《{plan.title}》是征求意见稿，不能据此立项")
    if plan.valid_to < today:
        raise OfficeError(f"《{plan.title}》已于{plan.valid_to}到期，不能据此立项")
    done = []
    c = tables.cases
    with database.writing() as connection:
        known = set(connection.execute(sa.select(c.c.episode).where(c.c.kind == "task")).scalars())
        for group in plan.groups:
            for task in group.tasks:
                episode = f"plan|{plan.code}|{task.code}"
                if episode in known:
                    continue
                measures = "；".join(m.text for m in task.measures)
                new = NewCase(
                    kind="task", title=f"{plan.short}：{task.title}"[:200], body=measures, deadline=plan.valid_to,
                    episode=episode,
                    origin={"plan": plan.code, "group": group.code, "task": task.code, "heading": task.heading},
                )  # fmt: skip
                done.append(opened(connection, database, actor, new))
    return tuple(done)
