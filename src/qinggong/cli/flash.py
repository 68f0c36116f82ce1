"""The flash estimate on the command line (快速测算)."""

from __future__ import annotations

import json

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


def flash(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
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
