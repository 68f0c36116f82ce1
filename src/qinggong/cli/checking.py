"""Checking of reports on the command line (核对)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qinggong.cli.running import EXIT_FINDINGS, guarded
from qinggong.cli.screen import MARKS

if TYPE_CHECKING:
    from qinggong.flow import Report


def check(
    report: Annotated[Path, typer.Argument(metavar="FILE", help="报告：.docx .pdf .html .txt .md / the report")],
    data: Annotated[
        str,
        typer.Option("--data", metavar="PATH", help="对照数据：CSV、XLSX、发布物或工作区 / figures to check against"),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")] = False,
) -> None:
    """核对一份报告：文字与表格、前后数字、升降用词、个数占比是否一致。 / Find where a report contradicts itself or the data."""
    from qinggong import flow

    found = guarded(lambda: flow.check(report, data=data or None))
    if as_json:
        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        _show(found, with_data=bool(data))
    if found.errors:
        raise typer.Exit(EXIT_FINDINGS)


def _show(found: Report, *, with_data: bool) -> None:
    for one in found.findings:
        typer.echo(f"{MARKS[one.severity]} {one.position} “{one.quote}”：{one.message}。[{one.rule}]")
    warned = len(found.findings) - found.errors
    known = f"，其中{found.known}个与数据对照" if with_data else ""
    told = f"错误{found.errors}处，提示{warned}处" if found.findings else "没有发现问题"
    typer.echo(f"读到{found.numbers}个数字{known}；{told}。")
    if with_data and not found.known:
        typer.echo("没有一个数字能与数据对照，请核对时期和名称。", err=True)
