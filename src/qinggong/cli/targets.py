"""Targets on the command line (目标进度)."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from qinggong.cli.running import (
    DEFAULT,
    EXIT_USAGE,
    AsOfOption,
    JsonOption,
    MonthOption,
    WorkspaceOption,
    date_in,
    fail,
    guarded,
    opened_at,
)


def targets(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if", metavar="NAME=POINTS",
            help="假设某大类后几个月增速变化若干百分点，可重复 / an industry grows by so many points more",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """规划目标的进度：至今多少、还差多少、后几个月需增长多少、达到的可能性。 / How far along the plans' targets are."""
    from qinggong import flow

    moved = _moved(what_if or [])
    opened = opened_at(workspace, make=False)
    at = guarded(lambda: flow.parse_month(month) if month else None)
    found = guarded(lambda: flow.targets(opened, at=at, as_of=date_in(as_of), suppose=moved))
    if as_json:
        typer.echo(json.dumps(flow.targets_dict(found), ensure_ascii=False, indent=2))
        return
    for line in flow.target_lines(found):
        typer.echo(line)


def _moved(given: list[str]) -> dict[str, float]:
    moved: dict[str, float] = {}
    for text in given:
        name, equals, points = text.partition("=")
        try:
            moved[name.strip()] = float(points)
        except ValueError:
            fail(f"不认识的假设“{text}”，请写成 大类名称=百分点，如 家具制造业=5", EXIT_USAGE)
        if not (equals and name.strip() and abs(moved[name.strip()]) <= 1000):
            fail(f"不认识的假设“{text}”，请写成 大类名称=百分点，如 家具制造业=5", EXIT_USAGE)
    return moved
