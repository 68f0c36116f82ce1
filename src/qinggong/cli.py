"""The command line (命令行): the same words as the Python interface; heavy parts are loaded by the command that needs them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from qinggong.flow import Ingested, Released
    from qinggong.monitor.expected import Standing

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NOTHING = 3

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
            stream.reconfigure(encoding="utf-8")
    app()


@app.command("init", epilog="例 / Example:  qinggong init --workspace 我的工作区")
def init(workspace: WorkspaceOption = DEFAULT) -> None:
    """新建工作区。 / Make a workspace."""
    from qinggong.config import WorkspaceError, create

    try:
        layout = create(workspace)
    except WorkspaceError as error:
        _fail(str(error), EXIT_USAGE)
    typer.echo(f"工作区已就绪：{layout.root}")


@app.command("ingest", epilog="例 / Example:  qinggong ingest 数据.csv 待补.xlsx")
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
    if as_json:
        typer.echo(json.dumps([_ingested(i) for i in done], ensure_ascii=False, indent=2))
    else:
        for one in done:
            _show_ingested(one)
    if any(i.rejected for i in done):
        raise typer.Exit(EXIT_FINDINGS)


@app.command("run", epilog="例 / Examples:  qinggong run   |   qinggong run --month 2024-08 --as-of 2024-09-20")
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


@app.command("status", epilog="例 / Example:  qinggong status --month 2024-08 --xlsx 待补.xlsx")
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
        Path(xlsx).write_bytes(flow.form(standing))
    if as_json:
        typer.echo(json.dumps(_standing(standing), ensure_ascii=False, indent=2))
        return
    _show_standing(standing)
    if xlsx:
        typer.echo(f"填报表：{xlsx}（填好后运行 qinggong ingest {xlsx}）")


# ------------------------------------------------------------------------------------------------- helpers


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"qinggong：{message}。" if not message.endswith("。") else f"qinggong：{message}", err=True)
    raise typer.Exit(code)


def _guarded(work: Any) -> Any:
    """Run a stage; its own errors become one sentence and an exit code."""
    from qinggong.catalogue import CatalogueError
    from qinggong.config import WorkspaceError
    from qinggong.flow import FlowError
    from qinggong.publish.release import ReleaseError
    from qinggong.store.base import StoreError

    try:
        return work()
    except FlowError as error:
        _fail(str(error), EXIT_NOTHING)
    except (WorkspaceError, ReleaseError, StoreError, CatalogueError) as error:
        _fail(str(error), EXIT_USAGE)


def _open(root: Path, *, make: bool) -> Any:
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
    if one.known_file:
        typer.echo(f"{one.file}：此前已导入，没有新增。")
        return
    shape = f"识别为{one.shape}；" if one.shape else ""
    blank = f"，未填{one.blank}行" if one.blank else ""
    typer.echo(f"{one.file}：{shape}新增{one.added}个数字，重复{one.repeated}个{blank}，未入库{one.rejected}行。")
    for finding in one.findings:
        typer.echo(f"  ✗ {finding.sentence}")


def _released(done: Released) -> dict[str, Any]:
    return {
        "month": f"{done.month.year}-{done.month.last:02d}",
        "as_of": done.brief.as_of or None,
        "folder": str(done.folder),
        "files": list(done.files),
        "facts": [
            {"id": f.id, "label": f.label, "value": f.value, "text": f.text, "unit": f.unit, "period": f.period.code}
            for f in _main_facts(done)
        ],
        "ingested": [_ingested(i) for i in done.ingested],
    }


def _main_facts(done: Released) -> list[Any]:
    found = []
    for topic in done.brief.topics:
        if topic.key != "industries":
            for m in topic.headlines[:4]:
                found += [f for f in (m.level, m.growth) if f is not None]
    return found


def _show_released(done: Released) -> None:
    """A short table of the main facts, then the paths."""
    from rich.console import Console
    from rich.table import Table

    from qinggong.periods import name as period_name
    from qinggong.publish.narrative import quantity

    for one in done.ingested:
        if one.rejected:
            _show_ingested(one)
    table = Table(title=f"{period_name(done.month)} 主要数字", title_justify="left")
    for head, justify in (
        ("时期", "left"),
        ("指标", "left"),
        ("绝对量", "right"),
        ("同比", "right"),
        ("变化（百分点）", "right"),
    ):
        table.add_column(head, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for topic in done.brief.topics:
        for m in topic.headlines[:4] if topic.key != "industries" else ():
            level = f"{m.level.text}{m.level.unit}" if m.level else "—"
            growth = f"{m.growth.text}{m.growth.unit}" if m.growth else "—"
            stock = m.sequence == "point"
            table.add_row(
                period_name(m.period, form="stock" if stock else "flow"),
                quantity(m.name, m.indicator, m.indicator_name), level, growth, m.change.text if m.change else "—",
            )  # fmt: skip
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    for file in done.files:
        if file.startswith("bulletin"):
            typer.echo(f"月报：{done.folder / file}")
    typer.echo(f"数据：{done.folder / 'data'}")
    typer.echo(f"清单：{done.folder / 'manifest.json'}")


def _standing(standing: Standing) -> dict[str, Any]:
    figures = [
        {
            "known": f.known, "name": f.missing.name, "indicator": f.missing.indicator_name, "measure": f.missing.measure,
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


def _show_standing(standing: Standing) -> None:
    from qinggong.periods import name as period_name
    from qinggong.publish.narrative import quantity

    done = standing.completeness
    known = len(standing.figures) - len(standing.absent)
    typer.echo(
        f"{period_name(standing.month)}：应有{len(standing.figures)}个数字，已收录{known}个，缺{len(standing.absent)}个。"
    )
    typer.echo("可以编制月报。" if done.complete else "数据还不够完整：" + "；".join(_lacking(standing)) + "。")
    if not standing.absent:
        return
    typer.echo("缺：")
    for f in standing.absent:
        m = f.missing
        when = f"{'发布日' if m.announced else '按惯例'}{m.expected}" if m.expected else "发布日期不定"
        what = quantity(m.name, m.indicator, m.indicator_name) + ("同比" if m.measure == "yoy" else "")
        typer.echo(f"  {period_name(m.period)}  {what}  {m.publisher}  {when}")


def _lacking(standing: Standing) -> list[str]:
    from qinggong.periods import name as period_name
    from qinggong.publish.narrative import quantity

    done = standing.completeness
    lines = [f"缺{period_name(m.period)}{quantity(m.name, m.indicator, m.indicator_name)}" for m in done.missing]
    if done.members < done.members_needed:
        lines.append(f"轻工业整大类增加值增速只有{done.members}个，至少需要{done.members_needed}个")
    return lines


if __name__ == "__main__":
    main()
