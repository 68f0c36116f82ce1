"""The command line (命令行): the same words as the Python interface.

Heavy parts are loaded by the command that needs them, so that help and mistakes answer at once.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from qinggong.flow import Ingested, Released, Standing, Workspace

_T = TypeVar("_T")

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NOTHING = 3
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="qinggong", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="轻工运行监测：从官方发布的数字到一个月的运行月报。\n\nChina light-industry monitor: from official figures to a month's bulletin.",
    epilog="例 / Examples:  qinggong run --month 2024-08   |   qinggong status --month 2024-08 --xlsx 待补.xlsx   |   "
    "qinggong ingest 待补.xlsx",
)  # fmt: skip

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", metavar="DIR", help="工作区文件夹 / workspace folder", show_default=True)
]
MonthOption = Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="月份，1—2月写作 YYYY-02 / month")]
AsOfOption = Annotated[
    str,
    typer.Option("--as-of", metavar="YYYY-MM-DD", help="只用该日及以前已发布的数字 / only what was published by then"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")]
DEFAULT = Path("workspace")


def main() -> None:
    """Entry point of the ``qinggong`` command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        typer.echo("qinggong：已中断。", err=True)
        code = EXIT_INTERRUPTED
    except Exception as error:
        # The parser's own exceptions have no public common class; all of them can write their message.
        if not hasattr(error, "format_message"):
            raise
        typer.echo(_misuse(error), err=True)
        code = EXIT_USAGE
    sys.exit(code)


@app.command(
    "init", short_help="新建工作区 / make a workspace", epilog="例 / Example:  qinggong init --workspace 我的工作区"
)
def init(workspace: WorkspaceOption = DEFAULT) -> None:
    """新建工作区。 / Make a workspace."""
    typer.echo(f"工作区已就绪：{_open(workspace, make=True).layout.root}")


@app.command(
    "ingest", short_help="导入文件 / take files in", epilog="例 / Example:  qinggong ingest 数据.csv 待补.xlsx"
)
def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="文件或文件夹 / files or folders")],
    workspace: WorkspaceOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """导入文件：好的行入库，有问题的行列出原因。 / Take files in; good rows go in, bad ones are reported."""
    from qinggong import flow

    for path in paths:
        if not path.exists():
            _fail(f"找不到“{path}”，请核对路径", EXIT_USAGE)
    opened = _open(workspace, make=True)
    done = _guarded(lambda: flow.ingest(opened, paths, progress=_progress(quiet=as_json)))
    if not done:
        _fail("所给文件夹里没有文件，没有导入任何数字", EXIT_NOTHING)
    if as_json:
        typer.echo(json.dumps([_ingested(i) for i in done], ensure_ascii=False, indent=2))
    else:
        for one in done:
            _show_ingested(one)
    if any(i.rejected for i in done):
        raise typer.Exit(EXIT_FINDINGS)


@app.command(
    "run",
    short_help="编制一个月的月报和数据 / make a bulletin",
    epilog="例 / Examples:  qinggong run   |   qinggong run --month 2024-08 --as-of 2024-09-20",
)
def run(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
) -> None:
    """编制一个月的月报和数据；不写月份则取数据足够完整的最近一月。 / Make a month's bulletin and data."""
    from qinggong import flow

    opened = _open(workspace, make=True)
    at = _guarded(lambda: flow.parse_month(month) if month else None)
    done = _guarded(lambda: flow.run(opened, at=at, as_of=_date(as_of), progress=_progress(quiet=as_json)))
    if as_json:
        typer.echo(json.dumps(_released(done), ensure_ascii=False, indent=2))
        return
    _show_released(done)


@app.command(
    "status",
    short_help="一个月缺哪些数字 / what a month lacks",
    epilog="例 / Example:  qinggong status --month 2024-08 --xlsx 待补.xlsx",
)
def status(
    workspace: WorkspaceOption = DEFAULT,
    month: MonthOption = "",
    as_of: AsOfOption = "",
    xlsx: Annotated[str, typer.Option("--xlsx", metavar="FILE", help="把缺少的数字写成填报表 / write a form")] = "",
    as_json: JsonOption = False,
) -> None:
    """一个月缺哪些数字、谁发布、何时发布。 / What a month lacks, who publishes it, and when."""
    from qinggong import flow

    opened = _open(workspace, make=False)
    at = _guarded(lambda: flow.parse_month(month) if month else None)
    standing = _guarded(lambda: flow.status(opened, at=at, as_of=_date(as_of)))
    if xlsx:
        _guarded(lambda: Path(xlsx).write_bytes(flow.form(standing)))
    if as_json:
        typer.echo(json.dumps(_standing(standing), ensure_ascii=False, indent=2))
        return
    for line in flow.standing_lines(standing):
        typer.echo(line)
    if xlsx:
        typer.echo(f"填报表：{xlsx}（填好后运行 qinggong ingest {xlsx}）")


# ------------------------------------------------------------------------------------------------- helpers


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"qinggong：{message.rstrip('。.')}。", err=True)
    raise typer.Exit(code)


def _guarded(work: Callable[[], _T]) -> _T:
    """Run a stage; its own errors become one sentence and an exit code."""
    from qinggong import flow

    try:
        return work()
    except flow.FlowError as error:
        _fail(str(error), EXIT_NOTHING)
    except flow.CatalogueError as error:
        _fail(f"目录文件有误：{error}", EXIT_USAGE)
    except flow.PROBLEMS as error:
        _fail(str(error), EXIT_USAGE)
    except OSError as error:
        _fail(
            f"读写“{error.filename or ''}”时出错（{error.strerror or error}），请检查路径、权限和磁盘空间", EXIT_USAGE
        )


def _misuse(error: Exception) -> str:
    """A wrong command line in one sentence; without any command, the help."""
    kind, english = type(error).__name__, str(error.format_message())  # type: ignore[attr-defined]
    if kind == "NoArgsIsHelpError":
        return english
    named = str(getattr(error, "option_name", "") or (re.findall(r"'([^']*)'", english) or [""])[0])
    for start, chinese in (
        ("No such command", f"没有命令“{named}”"),
        ("No such option", f"没有选项“{named}”"),
        ("Missing", f"缺少 {named}"),
        ("Option", f"选项“{named}”后面缺少内容"),
        ("Got unexpected extra argument", "命令后面有多余的内容"),
    ):
        if english.startswith(start):
            return f"qinggong：{chinese}，请用 qinggong --help 查看用法。"
    return f"qinggong：命令写法不对（{english}），请用 qinggong --help 查看用法。"


def _open(root: Path, *, make: bool) -> Workspace:
    from qinggong.flow import Workspace

    return _guarded(lambda: Workspace.at(root, make=make))


def _date(text: str) -> Any:
    import datetime as dt

    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        _fail(f"不认识的日期“{text}”，请写成 2024-09-20", EXIT_USAGE)


def _progress(*, quiet: bool) -> Any:
    return (lambda _: None) if quiet else (lambda text: typer.echo(f"· {text}", err=True))


def _ingested(one: Ingested) -> dict[str, Any]:
    return {
        "file": one.file, "shape": one.shape, "sha256": one.sha256, "added": one.added, "repeated": one.repeated,
        "blank": one.blank, "rejected": one.rejected, "known_file": one.known_file,
        "findings": [f.as_dict() for f in one.findings],
    }  # fmt: skip


def _show_ingested(one: Ingested) -> None:
    blank = f"，未填{one.blank}行" if one.blank else ""
    if one.known_file:
        typer.echo(f"{one.file}：此前已导入，没有新增。")
    elif one.shape:
        typer.echo(
            f"{one.file}：识别为{one.shape}；新增{one.added}个数字，重复{one.repeated}个{blank}，未入库{one.rejected}行。"
        )
    for finding in one.findings:
        typer.echo(f"  ✗ {finding.sentence}")


def _released(done: Released) -> dict[str, Any]:
    from qinggong import flow

    return {
        "month": f"{done.month.year}-{done.month.last:02d}",
        "as_of": done.brief.as_of or None,
        "folder": str(done.folder),
        "files": list(done.files),
        "figures": [
            dict(zip(("period", "indicator", "level", "growth", "change"), row, strict=True))
            for row in flow.main_figures(done)
        ],
        "missing_characters": done.missing_characters,
        "ingested": [_ingested(i) for i in done.ingested],
    }


def _show_released(done: Released) -> None:
    """A short table of the main facts, then the paths."""
    from rich.console import Console
    from rich.table import Table

    from qinggong import flow

    for one in done.ingested:
        if one.rejected:
            _show_ingested(one)
    table = Table(title=f"{done.month.year}年{done.month.last}月 主要数字", title_justify="left")
    table.add_column("时期", no_wrap=True)
    table.add_column("指标")
    for head in ("绝对量", "同比", "变化（百分点）"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in flow.main_figures(done):
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    for file in done.files:
        if file.startswith("bulletin"):
            typer.echo(f"月报：{done.folder / file}")
    typer.echo(f"数据：{done.folder / 'data'}")
    typer.echo(f"清单：{done.folder / 'manifest.json'}")
    if done.missing_characters:
        typer.echo(f"注意：字体缺字“{done.missing_characters}”，PDF 和图中显示为空框，请检查所引标题或名称。", err=True)


def _standing(standing: Standing) -> dict[str, Any]:
    figures = [
        {
            "known": f.known, "name": f.missing.name, "indicator": f.missing.indicator_name,
            "measure": f.missing.measure,
            "period": f.missing.period.code, "publisher": f.missing.publisher, "expected": f.missing.expected,
            "announced": f.missing.announced, "last_period": f.last_period.code if f.last_period else None,
            "last": f.last_printed,
        }
        for f in standing.figures
    ]  # fmt: skip
    return {
        "month": f"{standing.month.year}-{standing.month.last:02d}",
        "complete": standing.completeness.complete,
        "known": sum(1 for f in standing.figures if f.known),
        "expected": len(standing.figures),
        "figures": figures,
    }


if __name__ == "__main__":
    main()
