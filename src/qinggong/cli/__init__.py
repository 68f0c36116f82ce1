"""The command line (命令行): the same words as the Python interface.

Heavy parts are loaded by the command that needs them, so that help and mistakes answer at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from qinggong.cli.appeals import appeals_app
from qinggong.cli.cases import cases_app
from qinggong.cli.checking import check
from qinggong.cli.dispatch import dispatch_app
from qinggong.cli.editions import edition, note, side_file
from qinggong.cli.flash import flash
from qinggong.cli.intake import accept, fetch, findings, ingest, replay
from qinggong.cli.month import run, status
from qinggong.cli.nowcast import nowcast
from qinggong.cli.office import office_app
from qinggong.cli.publishing import correct, keys_app, publish, sign, verify
from qinggong.cli.rules import rules_app
from qinggong.cli.running import DEFAULT, WorkspaceOption, misuse, opened_at
from qinggong.cli.running import EXIT_FINDINGS as EXIT_FINDINGS
from qinggong.cli.running import EXIT_INTERRUPTED as EXIT_INTERRUPTED
from qinggong.cli.running import EXIT_NOTHING as EXIT_NOTHING
from qinggong.cli.running import EXIT_USAGE as EXIT_USAGE
from qinggong.cli.serve import serve, site
from qinggong.cli.store import query, store_app
from qinggong.cli.synthetic import EndOption, FullOption, MonthsOption, SeedOption, init_synthetic, synth
from qinggong.cli.targets import targets
from qinggong.cli.warnings import backtest, warnings

app = typer.Typer(
    name="qinggong", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="轻工运行监测：从官方发布的数字到一个月的运行月报。\n\nChina light-industry monitor: from official figures to a month's bulletin.",
    epilog="例 / Examples:  qinggong run --month 2024-08   |   qinggong status --month 2024-08 --xlsx 待补.xlsx   |   "
    "qinggong ingest 待补.xlsx",
)  # fmt: skip


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


app.command(
    "ingest", short_help="导入文件 / take files in", epilog="例 / Example:  qinggong ingest 数据.csv 待补.xlsx"
)(ingest)

app.command(
    "fetch",
    short_help="从国家数据查询并导入 / fetch and take in",
    epilog="例 / Example:  qinggong fetch nbs 家具制造业·利润总额 --from 2024-02 --to 2024-08",
)(fetch)


app.command(
    "run",
    short_help="编制一个月的月报和数据 / make a bulletin",
    epilog="例 / Examples:  qinggong run   |   qinggong run --month 2024-08 --as-of 2024-09-20",
)(run)

app.command(
    "status",
    short_help="一个月缺哪些数字 / what a month lacks",
    epilog="例 / Example:  qinggong status --month 2024-08 --xlsx 待补.xlsx",
)(status)


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


findings_app.callback()(findings)


findings_app.command(
    "accept", short_help="采信 / stand in for a number",
    epilog='例 / Example:  qinggong findings accept 3f2a91c0d4e5 --reason "已与发布单位核实"',
)(accept)  # fmt: skip


app.command(
    "replay", short_help="由原始档重建 / rebuild the store from the archive",
    epilog="例 / Examples:  qinggong replay --check   |   qinggong replay",
)(replay)  # fmt: skip


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
