"""Dispatch meetings on the command line (调度会商)."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from qinggong.cli.cases import DeadlineOption, IndustryOption, RegionOption, SeverityOption, show_case
from qinggong.cli.running import DEFAULT, EXIT_USAGE, WorkspaceOption, date_in, fail, progress_to
from qinggong.cli.signing_in import OfficeJson, UserOption, with_office

dispatch_app = typer.Typer(invoke_without_command=True, no_args_is_help=False, rich_markup_mode=None)

DayOption = Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="会商日期 / day of the meeting")]


@dispatch_app.callback()
def dispatch(
    context: typer.Context,
    day: DayOption = "",
    units: Annotated[
        list[str], typer.Option("--unit", metavar="NAME", help="另做一页纸的行业或地区，可重复 / industry or province")
    ] = [],  # noqa: B006
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """会商议程和材料：此前议定事项、偏离目标、未答复预警、逾期任务、差距较大的地区。 / Agenda and papers of a meeting."""
    from qinggong import flow

    if context.invoked_subcommand:
        return
    when = date_in(day)
    if when is None:
        fail("请用 --date 指明会商日期，如 --date 2025-10-20", EXIT_USAGE)
    done = with_office(
        workspace, user,
        lambda bureau, actor: flow.dispatch(bureau, actor, when, units=units, progress=progress_to(quiet=as_json)),
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(done.plain(), ensure_ascii=False, indent=2))
        return
    typer.echo("；".join(f"{name}{number}项" for name, number in done.counts) + "。")
    for file in done.files:
        if file.endswith((".html", ".pdf", ".docx")):
            typer.echo(f"材料：{done.folder / file}")
    if done.missing_characters:
        typer.echo(f"注意：字体缺字“{done.missing_characters}”，PDF 中显示为空框，请检查所引标题或名称。", err=True)


@dispatch_app.command("decide", short_help="记录议定事项 / record a decision")
def decide(
    day: DayOption,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="议定了什么 / what was decided")],
    owner: Annotated[str, typer.Option("--to", metavar="NAME", help="承办人 / who does it")],
    body: Annotated[str, typer.Option("--body", metavar="TEXT", help="内容 / text")] = "",
    about: Annotated[str, typer.Option("--about", metavar="NUMBER", help="针对哪件事项 / the case it is about")] = "",
    industry: IndustryOption = "",
    region: RegionOption = "",
    severity: SeverityOption = 1,
    deadline: DeadlineOption = "",
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """把会商议定的事项记为事项，下次会商的议程先报它的办理情况。 / A decision becomes a case; the next agenda opens with it."""
    when, due = date_in(day), date_in(deadline)
    shown = with_office(
        workspace, user,
        lambda bureau, actor: bureau.decide(
            actor, when, title=title, owner=owner, body=body, parent=about, industry=industry, region=region,
            severity=severity, deadline=due,
        ),
    )  # fmt: skip
    show_case(shown, as_json=as_json)
