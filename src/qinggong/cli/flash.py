"""The flash estimate on the command line (快速测算)."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from qinggong.cli.running import DEFAULT, WorkspaceOption, date_in, guarded, opened_at


def flash(
    workspace: WorkspaceOption = DEFAULT,
    month: Annotated[
        str, typer.Option("--month", metavar="YYYY-MM", help="月份，1—2月写作 YYYY-02 / month")
    ] = "",
    as_of: Annotated[
        str,
        typer.Option("--as-of", metavar="YYYY-MM-DD", help="只用该日及以前已发布的数字 / only what was published by then"),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")] = False,
) -> None:  # fmt: skip
    """轻工业增速快速测算：由已公布的大类推算，附区间和误差。 / The light-industry total estimated from published divisions."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    at = guarded(lambda: flow.parse_month(month) if month else None)
    found = guarded(lambda: flow.flash(opened, at=at, as_of=date_in(as_of)))
    if as_json:
        typer.echo(json.dumps(flow.flash_dict(found), ensure_ascii=False, indent=2))
        return
    for line in flow.flash_lines(found):
        typer.echo(line)
