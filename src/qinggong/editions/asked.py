"""What is asked for (所要的版本): which edition, and of which month, quarter, half or year."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qinggong.catalogue.editions import Edition, EditionPlan, PeriodKind, check_editions, load_editions
from qinggong.intake import Workspace
from qinggong.monitor import expected
from qinggong.periods import Period, observed_month, ytd
from qinggong.standing import FlowError, parse_month
from qinggong.store.base import Snapshot

PERIOD_NAMES = {"month": "月", "quarter": "季", "half": "半年", "year": "年"}
_PERIOD = re.compile(r"(\d{4})(?:-(Q[1-4]|H[12]|\d{1,2}))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """What a release is about: its code (``2024-08``, ``2024-Q3``), kind, cumulative period and last month."""

    code: str
    kind: PeriodKind
    period: Period
    month: Period


def edition_plan(workspace: Workspace) -> EditionPlan:
    """The editions of a workspace, their names resolved."""
    plan = load_editions(overlay=workspace.layout.catalogue)
    check_editions(plan, workspace.catalogue)
    return plan


def edition_lines(workspace: Workspace) -> list[str]:
    """The editions in Chinese, one a line."""
    subjects = {"whole": "全行业", "industry": "分行业", "province": "分省"}
    languages = {"zh": "中文", "en": "英文"}
    return [
        f"{e.name}（{e.id}）：{subjects[e.subject]}，按{'、'.join(PERIOD_NAMES[p] for p in e.periods)}编制，"
        f"{'、'.join(languages[x] for x in e.languages)}，{'、'.join(f.upper() for f in e.formats)}"
        + (f"，不超过{e.pages}页" if e.pages else "")
        for e in edition_plan(workspace).editions
    ]


def find_edition(plan: EditionPlan, wanted: str) -> Edition:
    """The edition with an id or Chinese name.

    Raises
    ------
    FlowError
        Naming the editions there are.
    """
    found = plan.edition(wanted)
    if found is None:
        names = "、".join(f"{e.name}（{e.id}）" for e in plan.editions)
        raise FlowError(f"没有名为“{wanted[:40]}”的版本，可用的有{names}")
    return found


def parse_span(text: str) -> Span:
    """A month, quarter, half or year from ``2024-08``, ``2024-Q3``, ``2024-H1`` or ``2024``.

    Raises
    ------
    FlowError
        With what to write instead.
    """
    found = _PERIOD.match(text.strip())
    if found is None:
        raise FlowError(f"不认识的时期“{text[:40]}”，请写成 2024-08、2024-Q3（季）、2024-H1（上半年）或 2024（年）")
    year, part = int(found[1]), (found[2] or "").upper()
    if not 1990 <= year <= 2200:
        raise FlowError(f"不认识的时期“{text[:40]}”，年份应写四位，如 2024-Q3")
    if part == "H2":
        raise FlowError(f"下半年没有单独的半年报，请用 {year}（年报）")
    if not part:
        return _longer("year", year, 12)
    if part.startswith("Q"):
        return _longer("quarter", year, 3 * int(part[1]))
    if part == "H1":
        return _longer("half", year, 6)
    at = parse_month(f"{year}-{part}")
    return Span(f"{at.year}-{at.last:02d}", "month", at, at)


def _longer(kind: PeriodKind, year: int, last: int) -> Span:
    code = {"quarter": f"{year}-Q{last // 3}", "half": f"{year}-H1", "year": f"{year}", "month": ""}[kind]
    return Span(code, kind, ytd(year, last), observed_month(year, last))


def default_span(workspace: Workspace, snapshot: Snapshot, edition: Edition) -> Span:
    """The newest period of the edition's first kind whose last month is complete.

    Raises
    ------
    FlowError
        If there is no complete month.
    """
    newest = expected.newest_month(snapshot, workspace.catalogue, workspace.plan)
    if newest is None:
        raise FlowError("没有一个月的数据足够完整，请用 --period 指定时期，或用 qinggong status 查看缺什么")
    kind = edition.periods[0]
    if kind == "month":
        return Span(f"{newest.year}-{newest.last:02d}", "month", newest, newest)
    step = {"quarter": 3, "half": 6, "year": 12}[kind]
    year, last = newest.year, newest.last // step * step
    if last == 0 or (kind == "half" and last == 12):
        year, last = (year - 1, 6 if kind == "half" else 12) if last == 0 else (year, 6)
    return _longer(kind, year, last)
