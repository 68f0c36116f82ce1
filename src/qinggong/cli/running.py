"""What every command does (命令的共同部分): open the workspace, turn errors into one sentence and an exit code."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from qinggong.flow import Workspace

_T = TypeVar("_T")

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NOTHING = 3
EXIT_INTERRUPTED = 130

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", metavar="DIR", help="工作区文件夹 / workspace folder", show_default=True)
]
DEFAULT = Path("workspace")
MonthOption = Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="月份，1—2月写作 YYYY-02 / month")]
AsOfOption = Annotated[
    str,
    typer.Option("--as-of", metavar="YYYY-MM-DD", help="只用该日及以前已发布的数字 / only what was published by then"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")]


def fail(message: str, code: int) -> NoReturn:
    typer.echo(f"qinggong：{message.rstrip('。.')}。", err=True)
    raise typer.Exit(code)


def guarded(work: Callable[[], _T]) -> _T:
    """Run a stage; its own errors become one sentence and an exit code."""
    from qinggong import flow

    try:
        return work()
    except flow.FlowError as error:
        fail(str(error), EXIT_NOTHING)
    except flow.CatalogueError as error:
        fail(f"目录文件有误：{error}", EXIT_USAGE)
    except flow.PROBLEMS as error:
        fail(str(error), EXIT_USAGE)
    except OSError as error:
        fail(f"读写“{error.filename or ''}”时出错（{error.strerror or error}），请检查路径、权限和磁盘空间", EXIT_USAGE)


def misuse(error: Exception) -> str:
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


def opened_at(root: Path, *, make: bool) -> Workspace:
    from qinggong.flow import Workspace

    return guarded(lambda: Workspace.at(root, make=make))


def date_in(text: str) -> Any:
    import datetime as dt

    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        fail(f"不认识的日期“{text}”，请写成 2024-09-20", EXIT_USAGE)


def progress_to(*, quiet: bool) -> Any:
    # A job of the portal reads the answer as JSON and shows the steps all the same.
    told = not quiet or bool(os.environ.get("QINGGONG_PROGRESS"))
    return (lambda text: typer.echo(f"· {text}", err=True)) if told else (lambda _: None)
