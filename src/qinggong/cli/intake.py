"""Taking numbers in on the command line (导入): files, queries, findings and what becomes of them, the archive
replayed."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qinggong.cli.editions import notes_after
from qinggong.cli.running import (
    DEFAULT,
    EXIT_FINDINGS,
    EXIT_NOTHING,
    EXIT_USAGE,
    JsonOption,
    WorkspaceOption,
    fail,
    guarded,
    opened_at,
    progress_to,
)
from qinggong.cli.screen import MARKS, ingested_dict, replayed_dict, show_ingested, show_replayed

if TYPE_CHECKING:
    from qinggong.flow import Workspace


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="文件或文件夹 / files or folders")],
    workspace: WorkspaceOption = DEFAULT,
    publisher: Annotated[
        str, typer.Option("--publisher", metavar="NAME", help="文稿未写明时的发布机构 / body whose release it is")
    ] = "",
    vintage: Annotated[
        str,
        typer.Option(
            "--vintage",
            metavar="NAME|DATE",
            help="海关文件的版本：快讯、月刊、在线查询、年鉴，或查询日期 / vintage of a customs file, or the day of the query",
        ),
    ] = "",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="PATH 是核对过的版式建议，予以采用 / PATH is a layout, use it from now on")
    ] = False,
    with_note: Annotated[
        bool, typer.Option("--note", help="随即为每个文件写一份数据快评 / write a flash note of each file")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """导入文件：自动识别文件类型，好的行入库，有问题的行列出原因。 / Take files in; good rows go in, bad ones are reported."""
    from qinggong import flow

    if confirm:
        for path in paths:
            name = guarded(partial(flow.confirm_layout, path))
            typer.echo(f"版式 {name} 已采用，今后按它读取；请重新导入工作簿。")
        return
    for path in paths:
        if not path.exists():
            fail(f"找不到“{path}”，请核对路径", EXIT_USAGE)
    opened = opened_at(workspace, make=True)
    progress = progress_to(quiet=as_json)
    done = guarded(lambda: flow.ingest(opened, paths, publisher=publisher, vintage=vintage, progress=progress))
    if not done:
        fail("所给文件夹里没有文件，没有导入任何数字", EXIT_NOTHING)
    if as_json:
        typer.echo(json.dumps([ingested_dict(i) for i in done], ensure_ascii=False, indent=2))
    else:
        for one in done:
            show_ingested(one)
        _guide(opened, paths, [i.file for i in done if any(f.rule == "unreadable-file" for f in i.findings)])
    if with_note:
        notes_after(opened, [p for p in paths if p.is_file()], quiet=as_json)
    elif not as_json and any(i.added for i in done):
        typer.echo("可用 qinggong note 文件 写一份数据快评。")
    if any(i.rejected for i in done):
        raise typer.Exit(EXIT_FINDINGS)


def _guide(opened: Workspace, paths: list[Path], unread: list[str]) -> None:
    """For workbooks of an unknown layout: write a proposal of how to read them."""
    import datetime as dt

    from qinggong import flow

    for path in (p for p in paths if p.name in unread and p.suffix.lower() in (".xlsx", ".xlsm", ".csv")):
        found = guarded(partial(flow.propose_layouts, opened, path, day=dt.date.today()))
        for one in found:
            typer.echo(f"版式建议：{one.layout}\n  {one.summary}。")
            typer.echo(f"  核对后运行 qinggong ingest --confirm {one.layout}，再重新导入 {path}。")


def fetch(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="来源：nbs（国家数据） / source: nbs")],
    series: Annotated[list[str], typer.Argument(metavar="SERIES…", help="指标、行业或“行业·指标” / what to ask for")],
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM", help="起始月份 / first month")] = "",
    end: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="截止月份 / last month")] = "",
    service: Annotated[
        str, typer.Option("--service", metavar="NAME", help="website（新）或 easyquery（旧） / interface")
    ] = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """联网查询并导入；只有本命令使用网络，每秒至多一次请求。 / Ask a data service; the only command that uses the network."""
    from qinggong import flow

    if source not in flow.FETCHABLE:
        fail(f"不认识的来源“{source}”，可用：{'、'.join(flow.FETCHABLE)}", EXIT_USAGE)
    if not (start and end):
        fail("请用 --from 和 --to 写明起止月份，如 --from 2024-02 --to 2024-08", EXIT_USAGE)
    opened = opened_at(workspace, make=True)
    first, last = guarded(lambda: (flow.parse_month(start), flow.parse_month(end)))
    done = guarded(
        lambda: flow.fetch_series(
            opened, series, start=first, end=last, service=service, progress=progress_to(quiet=as_json)
        )
    )
    if as_json:
        answer = [
            {"query": f.query, "failure": f.failure, "ingested": [ingested_dict(i) for i in f.ingested]} for f in done
        ]
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    for one in () if as_json else done:
        if one.failure:
            typer.echo(f"✗ {one.query}：{one.failure}", err=True)
        for taken in one.ingested:
            show_ingested(taken)
    if any(f.failure or any(i.rejected for i in f.ingested) for f in done):
        raise typer.Exit(EXIT_FINDINGS)


def findings(
    context: typer.Context,
    workspace: WorkspaceOption = DEFAULT,
    only_open: Annotated[bool, typer.Option("--open", help="只列未处理的 / only those not dealt with")] = False,
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="只列该文件的 / of one file (name or hash)")] = "",
    as_json: JsonOption = False,
) -> None:
    """核查结果：未入库的行，和已入库但存疑的数字。 / What the checks found."""
    from qinggong import flow

    if context.invoked_subcommand:
        context.obj = workspace
        return
    opened = opened_at(workspace, make=False)
    found = guarded(lambda: flow.listed(opened, only_open=only_open, file=file))
    if as_json:
        typer.echo(json.dumps([n.as_dict() for n in found], ensure_ascii=False, indent=2))
        return
    for shown in flow.gathered(found):
        one = shown.first
        typer.echo(f"{shown.id} {MARKS[one.finding.severity]} {shown.sentence}")
        if one.state != "open":
            said = f"已采信（{one.who}，{one.when[:10]}）：{one.reason}" if one.state == "accepted" else "已消除"
            typer.echo(f"  {said}")
    waiting = sum(1 for n in found if n.state == "open")
    typer.echo(f"共{len(found)}条，未处理{waiting}条。" if found else "没有核查结果。")


def accept(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="编号，可只写开头几位 / identifiers")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="理由，必填 / why, required")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="谁 / who [操作系统用户 / OS user]")] = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """采信：经人核实的数字；被拒的行随即入库，提示不再列入月报附录。 / Accept a number that a person has checked."""
    from qinggong import flow

    opened = opened_at(context.obj if workspace == DEFAULT else workspace, make=False)
    done = guarded(lambda: flow.accept(opened, ids, reason=reason, by=by))
    for one in done.noted:
        typer.echo(f"{one.id} 已采信：{one.reason}（{one.who}）")
    if done.sentence:
        typer.echo(done.sentence)


def replay(
    workspace: WorkspaceOption = DEFAULT,
    check: Annotated[bool, typer.Option("--check", help="只比较，不改动 / only compare")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="重建后缺行也替换，旧表另存 / replace even if rows are lost")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """由原始档重建观测表，与现有的逐行比较后替换；不能重建时原表不动。 / Rebuild the store from the raw archive."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    done = guarded(lambda: flow.replay(opened, check=check, force=force, progress=progress_to(quiet=as_json)))
    if as_json:
        typer.echo(json.dumps(replayed_dict(done), ensure_ascii=False, indent=2))
    else:
        show_replayed(done)
    if not done.same if check else not done.replaced:
        raise typer.Exit(EXIT_FINDINGS)
