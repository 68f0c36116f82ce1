"""Early warnings on the command line (预警): the warnings of a month, and what the rules were worth."""

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

backtest = typer.Typer(
    help="回测 / back-tests",
    no_args_is_help=True,
    epilog="例 / Example:  qinggong backtest warnings --from 2012 --to 2025",
)


def warnings(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    industry: Annotated[
        str, typer.Option("--industry", metavar="CODE", help="一个行业，代码或名称 / one industry, code or name")
    ] = "",
    region: Annotated[
        str, typer.Option("--region", metavar="NAME", help="一个省，名称或代码；“各省”是有数字的全部 / a province, or all")
    ] = "",
    forecast: Annotated[
        bool, typer.Option("--forecast", help="先作即时预测，供“预测由增转降”使用 / make the nowcasts first")
    ] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """当月预警：哪些行业、何事、何时起、多严重、依据和对策。 / Early warnings of a month, with evidence and measures."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    at = guarded(lambda: flow.parse_month(month) if month else None)
    found = guarded(
        lambda: flow.warnings(
            opened, at=at, as_of=date_in(as_of), industry=industry, region=region, forecast=forecast
        )
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(flow.warnings_dict(found), ensure_ascii=False, indent=2))
        return
    for line in flow.warning_lines(found):
        typer.echo(line)


@backtest.command("warnings")
def backtest_warnings(
    workspace: WorkspaceOption = DEFAULT,
    first: Annotated[int, typer.Option("--from", metavar="YEAR", help="从哪一年 / first year")] = 2012,
    last: Annotated[int, typer.Option("--to", metavar="YEAR", help="到哪一年 / last year")] = 2025,
    as_json: JsonOption = False,
) -> None:
    """预警回测：逐月只用当时已发布的数字，与后来的事件对照。 / Warnings held against what came, month by month."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    plain, lines = guarded(lambda: flow.backtest_warnings(opened, first=first, last=last))
    if as_json:
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    for line in lines:
        typer.echo(line)
