"""A month on the command line (编制): make its bulletin, say what it lacks."""

from __future__ import annotations

import json
from pathlib import Path
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
    progress_to,
)
from qinggong.cli.screen import released_dict, show_released, standing_dict


def run(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="另测算全部序列：local 或 spark / also analyse every series")
    ] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option("--engine-setting", metavar="NAME=VALUE", help="引擎的设置，可重复 / setting of the engine"),
    ] = None,
    template: Annotated[
        str, typer.Option("--template", metavar="FILE", help="Word 模板 .docx，或 official（公文版式） / Word template")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """编制一个月的月报和数据；不写月份则取数据足够完整的最近一月。 / Make a month's bulletin and data."""
    from qinggong import flow

    settings = _settings(setting or [])
    if settings and not engine:
        fail("--engine-setting 要和 --engine 一起用", EXIT_USAGE)
    opened = opened_at(workspace, make=True)
    at = guarded(lambda: flow.parse_month(month) if month else None)
    progress, day = progress_to(quiet=as_json), date_in(as_of)
    done = guarded(
        lambda: flow.run(
            opened, at=at, as_of=day, engine=engine, engine_settings=settings, template=template, progress=progress
        )
    )
    if as_json:
        typer.echo(json.dumps(released_dict(done), ensure_ascii=False, indent=2))
        return
    show_released(done)


def _settings(given: list[str]) -> dict[str, object]:
    """Settings of an engine from NAME=VALUE; dotted names are Spark's own."""
    settings: dict[str, object] = {}
    conf: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            fail(f"不认识的设置“{text}”，请写成 名称=值，如 workers=4 或 master=local[2]", EXIT_USAGE)
        if "." in name:
            conf[name] = value
        else:
            settings[name] = int(value) if value.isdigit() else value
    return settings | ({"conf": conf} if conf else {})


def status(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    xlsx: Annotated[str, typer.Option("--xlsx", metavar="FILE", help="把缺少的数字写成填报表 / write a form")] = "",
    as_json: JsonOption = False,
) -> None:
    """一个月缺哪些数字、谁发布、何时发布。 / What a month lacks, who publishes it, and when."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    at = guarded(lambda: flow.parse_month(month) if month else None)
    standing = guarded(lambda: flow.status(opened, at=at, as_of=date_in(as_of)))
    if xlsx:
        guarded(lambda: Path(xlsx).write_bytes(flow.form(standing)))
    if as_json:
        typer.echo(json.dumps(standing_dict(standing), ensure_ascii=False, indent=2))
        return
    for line in flow.standing_lines(standing):
        typer.echo(line)
    if xlsx:
        typer.echo(f"填报表：{xlsx}（填好后运行 qinggong ingest {xlsx}）")
