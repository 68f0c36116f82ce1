"""Nowcasts on the command line (即时预测)."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from qinggong.cli.running import (
    DEFAULT,
    AsOfOption,
    JsonOption,
    MonthOption,
    WorkspaceOption,
    date_in,
    guarded,
    opened_at,
)


def nowcast(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    industry: Annotated[
        str, typer.Option("--industry", metavar="CODE", help="行业代码或名称，列出各方法和预测路径 / one industry in detail")
    ] = "",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """尚未公布的数字预计多少、有多大把握、因哪次发布而变，直到方案期末。 / What unpublished figures will be, how surely, and why."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    at = guarded(lambda: flow.parse_month(month) if month else None)
    found = guarded(lambda: flow.nowcast(opened, at=at, as_of=date_in(as_of), industry=industry))
    if as_json:
        typer.echo(json.dumps(flow.nowcast_dict(found), ensure_ascii=False, indent=2))
        return
    for line in flow.nowcast_lines(found, detailed=bool(industry)):
        typer.echo(line)
