"""The command line (命令行): the same words as the Python interface.

Heavy parts are loaded by the command that needs them, so that help and mistakes answer at once.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qinggong.cli.appeals import appeals_app
from qinggong.cli.cases import cases_app
from qinggong.cli.checking import check
from qinggong.cli.dispatch import dispatch_app
from qinggong.cli.editions import edition, note, notes_after, side_file
from qinggong.cli.flash import flash
from qinggong.cli.nowcast import nowcast
from qinggong.cli.office import office_app
from qinggong.cli.publishing import correct, keys_app, publish, sign, verify
from qinggong.cli.rules import rules_app
from qinggong.cli.running import DEFAULT, WorkspaceOption, date_in, fail, guarded, misuse, opened_at, progress_to
from qinggong.cli.running import EXIT_FINDINGS as EXIT_FINDINGS
from qinggong.cli.running import EXIT_INTERRUPTED as EXIT_INTERRUPTED
from qinggong.cli.running import EXIT_NOTHING as EXIT_NOTHING
from qinggong.cli.running import EXIT_USAGE as EXIT_USAGE
from qinggong.cli.screen import (
    MARKS,
    ingested_dict,
    released_dict,
    replayed_dict,
    show_ingested,
    show_released,
    show_replayed,
    standing_dict,
)
from qinggong.cli.serve import serve, site
from qinggong.cli.store import query, store_app
from qinggong.cli.synthetic import EndOption, FullOption, MonthsOption, SeedOption, init_synthetic, synth
from qinggong.cli.targets import targets
from qinggong.cli.warnings import backtest, warnings

if TYPE_CHECKING:
    from qinggong.flow import Workspace

app = typer.Typer(
    name="qinggong", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="轻工运行监测：从官方发布的数字到一个月的运行月报。\n\nChina light-industry monitor: from official figures to a month's bulletin.",
    epilog="例 / Examples:  qinggong run --month 2024-08   |   qinggong status --month 2024-08 --xlsx 待补.xlsx   |   "
    "qinggong ingest 待补.xlsx",
)  # fmt: skip

MonthOption = Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="月份，1—2月写作 YYYY-02 / month")]
AsOfOption = Annotated[
    str,
    typer.Option("--as-of", metavar="YYYY-MM-DD", help="只用该日及以前已发布的数字 / only what was published by then"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")]


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
        typer.echo(misuse(error), err=True)
        code = EXIT_USAGE
    sys.exit(code)


@app.command(
    "init", short_help="新建工作区 / make a workspace", epilog="例 / Example:  qinggong init --workspace 我的工作区"
)
def init(
    workspace: WorkspaceOption = DEFAULT,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="新建合成数据工作区，供试用和试验 / a workspace of synthetic data")
    ] = False,
    seed: SeedOption = 1,
    months: MonthsOption = 120,
    end: EndOption = "2025-12",
    full: FullOption = False,
) -> None:
    """新建工作区。 / Make a workspace."""
    if not synthetic:
        typer.echo(f"工作区已就绪：{opened_at(workspace, make=True).layout.root}")
        return
    init_synthetic(workspace, seed=seed, months=months, end=end, full=full)


@app.command(
    "ingest", short_help="导入文件 / take files in", epilog="例 / Example:  qinggong ingest 数据.csv 待补.xlsx"
)
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


@app.command(
    "run",
    short_help="编制一个月的月报和数据 / make a bulletin",
    epilog="例 / Examples:  qinggong run   |   qinggong run --month 2024-08 --as-of 2024-09-20",
)
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


app.command(
    "edition", short_help="季报、年报、行业版、分省版、一页通 / editions of a release",
    epilog="例 / Examples:  qinggong edition --list   |   qinggong edition 季报 --period 2024-Q3   |   "
    "qinggong edition 行业版 --month 2024-08 --subject 家具制造业",
)(edition)  # fmt: skip
app.command(
    "note", short_help="数据快评 / flash note of a release",
    epilog="例 / Examples:  qinggong note 8月工业生产.docx   |   qinggong note 2024-09-14",
)(note)  # fmt: skip
app.command(
    "side-file", short_help="附加文字：问题、展望、建议 / a person's own text",
    epilog="例 / Examples:  qinggong side-file --month 2024-08   |   qinggong side-file --month 2024-08 --list",
)(side_file)  # fmt: skip
app.command(
    "check", short_help="核对一份报告 / find slips in a report",
    epilog="例 / Examples:  qinggong check 月报.docx   |   qinggong check 月报.pdf --data releases/2024-08 --json",
)(check)  # fmt: skip

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
    """采信：经人核实的数字；被拒的行随即入库，提示不再列入月报附录。 / Accept a number that a person has checked."""
    from qinggong import flow

    opened = opened_at(context.obj if workspace == DEFAULT else workspace, make=False)
    done = guarded(lambda: flow.accept(opened, ids, reason=reason, by=by))
    for one in done.noted:
        typer.echo(f"{one.id} 已采信：{one.reason}（{one.who}）")
    if done.sentence:
        typer.echo(done.sentence)


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

    opened = opened_at(workspace, make=False)
    done = guarded(lambda: flow.replay(opened, check=check, force=force, progress=progress_to(quiet=as_json)))
    if as_json:
        typer.echo(json.dumps(replayed_dict(done), ensure_ascii=False, indent=2))
    else:
        show_replayed(done)
    if not done.same if check else not done.replaced:
        raise typer.Exit(EXIT_FINDINGS)


app.command(
    "synth", short_help="生成合成数据 / generate synthetic data",
    epilog="例 / Examples:  qinggong synth --rows 100000 --out 合成数据   |   qinggong synth --returns",
)(synth)  # fmt: skip

app.command(
    "flash", short_help="轻工业增速快速测算 / flash estimate of the total",
    epilog="例 / Example:  qinggong flash --month 2024-11",
)(flash)  # fmt: skip
app.command(
    "targets", short_help="规划目标的进度 / progress towards the plans' targets",
    epilog="例 / Examples:  qinggong targets --month 2024-11   |   qinggong targets --month 2024-02 --what-if 家具制造业=5",
)(targets)  # fmt: skip

app.command(
    "nowcast", short_help="尚未公布的数字预计多少 / figures before they are published",
    epilog="例 / Examples:  qinggong nowcast --month 2025-10   |   qinggong nowcast --month 2025-10 --industry 21",
)(nowcast)  # fmt: skip

app.command(
    "warnings", short_help="当月预警：依据和对策 / early warnings of a month",
    epilog="例 / Examples:  qinggong warnings --month 2025-10   |   qinggong warnings --industry 21 --json",
)(warnings)  # fmt: skip
app.add_typer(backtest, name="backtest", short_help="回测 / back-tests")

app.command(
    "publish", short_help="发布一个月的发布物 / publish a month",
    epilog="例 / Example:  qinggong publish 2024-08 --key 签名.key",
)(publish)  # fmt: skip
app.command(
    "sign", short_help="提前签名 / sign ahead of publication", epilog="例 / Example:  qinggong sign 2024-08 --key 签名.key"
)(sign)  # fmt: skip
app.command(
    "correct", short_help="已发布月份的更正版 / correct a published month",
    epilog='例 / Example:  qinggong correct 2024-08 --note "统计局修订了7月增加值增速"',
)(correct)  # fmt: skip
app.command(
    "verify", short_help="核验发布物 / prove a release",
    epilog="例 / Examples:  qinggong verify 2024-08   |   "
    "qinggong verify releases/2024-08 --key 签名.key.pub --no-rebuild",
)(verify)  # fmt: skip
app.add_typer(
    keys_app, name="keys", short_help="签名密钥 / signing keys",
    help="签名密钥：新建、采信、列出。 / Signing keys: make, trust, list.",
    epilog="例 / Examples:  qinggong keys new 签名.key   |   qinggong keys trust 签名.key.pub",
)  # fmt: skip

app.command(
    "serve", short_help="打开门户 / serve the portal", epilog="例 / Example:  qinggong serve --port 8000",
)(serve)  # fmt: skip
app.command(
    "site", short_help="门户写成静态文件 / the portal as files", epilog="例 / Example:  qinggong site 站点",
)(site)  # fmt: skip

app.command(
    "query", short_help="用 SQL 查询 / SQL over the observations",
    epilog="例 / Example:  qinggong query \"SELECT period, value FROM latest WHERE indicator = 'value_added' LIMIT 5\"",
)(query)  # fmt: skip
app.add_typer(
    store_app, name="store", short_help="观测表维护 / upkeep of the table",
    help="观测表的核验、合并与清理。 / Upkeep of the observation table.",
    epilog="例 / Examples:  qinggong store verify   |   qinggong store compact   |   qinggong store vacuum",
)  # fmt: skip
app.add_typer(
    rules_app, name="rules", short_help="规则包：判断、检查、检验 / rule packs",
    help="规则包：判断记录，检查和检验规则包，用表格编写。 / Rule packs: evaluate records, check, test, write in a spreadsheet.",
    epilog="例 / Examples:  qinggong rules evaluate sme_size 企业.csv --explain   |   qinggong rules check 我的规则.yaml",
)  # fmt: skip
app.add_typer(
    office_app, name="office", short_help="办公账号、操作记录 / accounts and the journal",
    help="办公账号、权限和操作记录。 / Accounts, permissions and the journal.",
    epilog="例 / Examples:  qinggong office init --user guanli --display 张三   |   qinggong office verify --user shenji",
)  # fmt: skip
app.add_typer(
    cases_app, name="cases", short_help="事项：预警、任务、诉求、议定事项 / cases",
    help="事项的登记、交办、答复和办结。 / Cases: warnings, tasks, appeals, decisions.",
    epilog="例 / Examples:  qinggong cases list --open --user zonghe   |   "
    "qinggong cases assign YJ-2025-0001 --to jiaju --user zonghe",
)  # fmt: skip
app.add_typer(
    appeals_app, name="appeals", short_help="企业诉求 / enterprise appeals",
    help="企业诉求的登记、归类和评价。 / Enterprise appeals: intake, classification, rating.",
    epilog="例 / Example:  qinggong appeals add --firm 某家具公司 --text 出口退税未到账 --industry 21 --user suqiu",
)  # fmt: skip
app.add_typer(
    dispatch_app, name="dispatch", short_help="调度会商 / dispatch meetings",
    epilog="例 / Examples:  qinggong dispatch --date 2025-10-20 --user zonghe   |   "
    "qinggong dispatch decide --date 2025-10-20 --title 走访家具企业 --to jiaju --user zonghe",
)  # fmt: skip
