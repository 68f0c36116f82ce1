"""The command line (命令行): the same words as the Python interface.

Heavy parts are loaded by the command that needs them, so that help and mistakes answer at once.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from qinggong.flow import Ingested, Released, Replayed, Standing, Workspace

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
_MARKS = {"error": "✗", "warning": "！", "info": "·"}
_LISTED = 20


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
    publisher: Annotated[
        str, typer.Option("--publisher", metavar="NAME", help="文稿未写明时的发布机构 / body whose release it is")
    ] = "",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="PATH 是核对过的版式建议，予以采用 / PATH is a layout, use it from now on")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """导入文件：自动识别文件类型，好的行入库，有问题的行列出原因。 / Take files in; good rows go in, bad ones are reported."""
    from qinggong import flow

    if confirm:
        for path in paths:
            name = _guarded(partial(flow.confirm_layout, path))
            typer.echo(f"版式 {name} 已采用，今后按它读取；请重新导入工作簿。")
        return
    for path in paths:
        if not path.exists():
            _fail(f"找不到“{path}”，请核对路径", EXIT_USAGE)
    opened = _open(workspace, make=True)
    done = _guarded(lambda: flow.ingest(opened, paths, publisher=publisher, progress=_progress(quiet=as_json)))
    if not done:
        _fail("所给文件夹里没有文件，没有导入任何数字", EXIT_NOTHING)
    if as_json:
        typer.echo(json.dumps([_ingested(i) for i in done], ensure_ascii=False, indent=2))
    else:
        for one in done:
            _show_ingested(one)
        _guide(opened, paths, [i.file for i in done if any(f.rule == "unreadable-file" for f in i.findings)])
    if any(i.rejected for i in done):
        raise typer.Exit(EXIT_FINDINGS)


def _guide(opened: Workspace, paths: list[Path], unread: list[str]) -> None:
    """For workbooks of an unknown layout: write a proposal of how to read them."""
    import datetime as dt

    from qinggong import flow

    for path in (p for p in paths if p.name in unread and p.suffix.lower() in (".xlsx", ".xlsm", ".csv")):
        found = _guarded(partial(flow.propose_layouts, opened, path, day=dt.date.today()))
        for one in found:
            typer.echo(f"版式建议：{one.layout}\n  {one.summary}。")
            typer.echo(f"  核对后运行 qinggong ingest --confirm {one.layout}，再重新导入 {path}。")


@app.command(
    "fetch",
    short_help="从国家数据查询并导入 / fetch and take in",
    epilog="例 / Example:  qinggong fetch nbs 家具制造业·利润总额 --from 2024-02 --to 2024-08",
)
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
        _fail(f"不认识的来源“{source}”，可用：{'、'.join(flow.FETCHABLE)}", EXIT_USAGE)
    if not (start and end):
        _fail("请用 --from 和 --to 写明起止月份，如 --from 2024-02 --to 2024-08", EXIT_USAGE)
    opened = _open(workspace, make=True)
    first, last = _guarded(lambda: (flow.parse_month(start), flow.parse_month(end)))
    done = _guarded(
        lambda: flow.fetch_series(
            opened, series, start=first, end=last, service=service, progress=_progress(quiet=as_json)
        )
    )
    if as_json:
        answer = [
            {"query": f.query, "failure": f.failure, "ingested": [_ingested(i) for i in f.ingested]} for f in done
        ]
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    for one in () if as_json else done:
        if one.failure:
            typer.echo(f"✗ {one.query}：{one.failure}", err=True)
        for taken in one.ingested:
            _show_ingested(taken)
    if any(f.failure or any(i.rejected for i in f.ingested) for f in done):
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


findings_app = typer.Typer(invoke_without_command=True, no_args_is_help=False, rich_markup_mode=None)
app.add_typer(
    findings_app, name="findings", short_help="核查结果，采信 / what the checks found",
    epilog='例 / Examples:  qinggong findings --open   |   qinggong findings accept 3f2a91c0d4e5 --reason "已与发布单位核实"',
)  # fmt: skip


@findings_app.callback()
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
    opened = _open(workspace, make=False)
    found = _guarded(lambda: flow.listed(opened, only_open=only_open, file=file))
    if as_json:
        typer.echo(json.dumps([n.as_dict() for n in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(f"{one.id} {_MARKS[one.finding.severity]} {one.finding.sentence}")
        if one.state != "open":
            said = f"已采信（{one.who}，{one.when[:10]}）：{one.reason}" if one.state == "accepted" else "已消除"
            typer.echo(f"  {said}")
    waiting = sum(1 for n in found if n.state == "open")
    typer.echo(f"共{len(found)}条，未处理{waiting}条。" if found else "没有核查结果。")


@findings_app.command(
    "accept", short_help="采信 / stand in for a number",
    epilog='例 / Example:  qinggong findings accept 3f2a91c0d4e5 --reason "已与发布单位核实"',
)  # fmt: skip
def accept(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="编号，可只写开头几位 / identifiers")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="理由，必填 / why, required")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="谁 / who [操作系统用户 / OS user]")] = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """采信：经人核实的数字；错误行下次导入或重建时入库，提示不再列入月报附录。 / Accept a number that a person has checked."""
    from qinggong import flow

    opened = _open(context.obj if workspace == DEFAULT else workspace, make=False)
    done = _guarded(lambda: flow.accept(opened, ids, reason=reason, by=by))
    for one in done:
        typer.echo(f"{one.id} 已采信：{one.reason}（{one.who}）")
    if any(n.finding.severity == "error" for n in done):
        typer.echo("被拒的行将在再次导入该文件（qinggong ingest）或重建（qinggong replay）时入库。")


@app.command(
    "replay", short_help="由原始档重建 / rebuild the store from the archive",
    epilog="例 / Examples:  qinggong replay --check   |   qinggong replay",
)  # fmt: skip
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

    opened = _open(workspace, make=False)
    done = _guarded(lambda: flow.replay(opened, check=check, force=force, progress=_progress(quiet=as_json)))
    if as_json:
        typer.echo(json.dumps(_replayed(done), ensure_ascii=False, indent=2))
    else:
        _show_replayed(done)
    if not done.same if check else not done.replaced:
        raise typer.Exit(EXIT_FINDINGS)


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
            f"{one.file}：识别为{one.recognised or one.shape}；新增{one.added}个数字，重复{one.repeated}个{blank}，未入库{one.rejected}行。"
        )
    for severity, most in (("error", _LISTED), ("warning", 10), ("info", 5)):
        found = [f for f in one.findings if f.severity == severity]
        for finding in found[:most]:
            typer.echo(f"  {_MARKS[severity]} {finding.sentence}")
        if len(found) > most:
            where = "见 --json" if severity == "info" else "用 qinggong findings 查看"
            typer.echo(f"  {_MARKS[severity]} 另有{len(found) - most}条，{where}。")


def _replayed(done: Replayed) -> dict[str, Any]:
    return {
        "same": done.same, "replaced": done.replaced, "rows": done.rows, "damage": done.damage,
        "kept": str(done.kept) if done.kept else None, "files": [_ingested(i) for i in done.files],
        "lost": [_row(o) for o in done.lost], "gained": [_row(o) for o in done.gained],
    }  # fmt: skip


def _row(o: Any) -> dict[str, Any]:
    return {
        "series_id": o.series.id, "period": o.period.code, "printed": o.printed, "printed_unit": o.printed_unit,
        "raw_sha256": o.raw_sha256, "row": o.row,
    }  # fmt: skip


def _show_replayed(done: Replayed) -> None:
    """What a replay made, the rows that differ listed."""
    names = {i.sha256: i.file for i in done.files}
    for what, rows in (("现有而重建后没有", done.lost), ("现无而重建后增加", done.gained)):
        for o in rows[:_LISTED]:
            place = f"{names.get(o.raw_sha256, o.raw_sha256[:12])} 第{o.row}行"
            typer.echo(f"  {what}：{place} {o.series.id} {o.period.code} {o.printed}{o.printed_unit}")
        if len(rows) > _LISTED:
            typer.echo(f"  {what}：另有{len(rows) - _LISTED}行（全部见 --json）")
    said = "内容相同" if done.same else f"少{len(done.lost)}行，多{len(done.gained)}行"
    if done.damage:
        said = f"无法与原表比较（{done.damage}）"
    typer.echo(f"由{len(done.files)}个文件重建，共{done.rows}行；{said}。")
    if done.replaced:
        typer.echo("已替换。" + (f"原表另存于 {done.kept}。" if done.kept else ""))
    elif done.lost:
        typer.echo("观测表未改动。重建后少的行是今天的目录或核查规则不收的；确认以重建结果为准，请用 --force。")


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
