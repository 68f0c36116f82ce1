"""The observation table on the command line (观测表): SQL over it, and its upkeep."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qinggong.cli.running import (
    DEFAULT,
    EXIT_FINDINGS,
    EXIT_USAGE,
    WorkspaceOption,
    fail,
    guarded,
    opened_at,
)

if TYPE_CHECKING:
    from qinggong.flow import Answer

JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")]
_SHOWN_ROWS = 50

store_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="一条 SELECT 语句 / one SELECT")],
    workspace: WorkspaceOption = DEFAULT,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="写成 .csv、.xlsx 或 .parquet 文件 / write a file")
    ] = "",
    most: Annotated[int, typer.Option("--rows", metavar="N", help="最多多少行 / most rows")] = 0,
    as_json: JsonOption = False,
) -> None:
    """用 SQL 查询观测表；可用 observations、latest、as_of('2025-10-01')、facts。 / SQL over the observations, read only."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    limit = most if most > 0 else flow.MOST_ROWS if out or as_json else _SHOWN_ROWS
    answer = guarded(lambda: opened.query(sql, most=limit))
    if out:
        written = guarded(lambda: flow.write_answer(answer, Path(out)))
        typer.echo(f"{written}：{len(answer.rows)}行。")
    elif as_json:
        rows = [[flow.plain_value(v) for v in row] for row in answer.rows]
        found = {"columns": list(answer.columns), "rows": rows, "more": answer.more, "store_version": answer.version}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(answer)
    if answer.more:
        typer.echo(f"只列出前{limit}行，用 --rows 指定行数，或用 --out 写成文件。", err=True)


def _show(answer: Answer) -> None:
    import sys

    from rich.console import Console
    from rich.table import Table

    from qinggong.flow import plain_value

    table = Table()
    for name in answer.columns:
        table.add_column(name, overflow="fold")
    for row in answer.rows:
        table.add_row(*("" if v is None else str(plain_value(v)) for v in row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    typer.echo(f"共{len(answer.rows)}行。")


@store_app.command("verify", short_help="核验观测表 / check every file", epilog="例 / Example:  qinggong store verify")
def verify(workspace: WorkspaceOption = DEFAULT, as_json: JsonOption = False) -> None:
    """核验观测表的日志和每个数据文件；只检查，不改动。 / Check the log and every data file; changes nothing."""
    opened = opened_at(workspace, make=False)
    found = guarded(opened.store.verify)
    _say(found, as_json=as_json, extra={"sound": found.sound})
    if not found.sound:
        raise typer.Exit(EXIT_FINDINGS)


@store_app.command(
    "compact", short_help="合并小文件 / merge small files", epilog="例 / Example:  qinggong store compact"
)
def compact(workspace: WorkspaceOption = DEFAULT, as_json: JsonOption = False) -> None:
    """把多次导入的小文件合并排序，查询更快；内容不变。 / Merge and sort the files of many appends; same rows, faster reads."""
    opened = opened_at(workspace, make=False)
    _say(guarded(lambda: opened.store.compact(small=False)), as_json=as_json)


@store_app.command(
    "vacuum",
    short_help="清理旧文件 / delete files no version needs",
    epilog="例 / Example:  qinggong store vacuum --keep-days 7",
)
def vacuum(
    workspace: WorkspaceOption = DEFAULT,
    keep_days: Annotated[int, typer.Option("--keep-days", metavar="N", help="保留最近几天 / days to keep")] = 7,
    force: Annotated[bool, typer.Option("--force", help="保留期可不到1天 / allow less than a day")] = False,
    as_json: JsonOption = False,
) -> None:
    """删除近期各版本都不再需要的旧文件。 / Delete files that no recent version of the table needs."""
    import datetime as dt

    if not 0 <= keep_days <= 3650:
        fail(f"保留天数应在0到3650之间，收到{keep_days}", EXIT_USAGE)
    opened = opened_at(workspace, make=False)
    done = guarded(lambda: opened.store.vacuum(keep=dt.timedelta(days=keep_days), force=force))
    _say(done, as_json=as_json)


def _say(done: Any, *, as_json: bool, extra: dict[str, Any] | None = None) -> None:
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(done) | (extra or {}), ensure_ascii=False, indent=2, default=str))
        return
    for line in done.lines:
        typer.echo(line)
