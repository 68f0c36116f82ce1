"""Enterprise appeals on the command line (企业诉求); the steps of handling are those of ``qinggong cases``."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from qinggong.cli.cases import IndustryOption, NoteOption, NumberArgument, RegionOption, SeverityOption, show_list
from qinggong.cli.running import DEFAULT, EXIT_USAGE, WorkspaceOption, date_in, fail, guarded
from qinggong.cli.signing_in import OfficeJson, SeenOption, UserOption, with_office

appeals_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_LARGEST_TEXT = 1_000_000


@appeals_app.command("add", short_help="登记诉求 / take an appeal in")
def add(
    firm: Annotated[str, typer.Option("--firm", metavar="NAME", help="企业名称 / enterprise")],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="诉求内容 / what it says")] = "",
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="诉求内容的文本文件 / a text file with it")] = "",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="标题 / title [内容的开头 / first words]")] = "",
    firm_code: Annotated[str, typer.Option("--firm-code", metavar="CODE", help="统一社会信用代码 / its code")] = "",
    contact: Annotated[str, typer.Option("--contact", metavar="TEXT", help="联系方式，不入操作记录 / contact")] = "",
    channel: Annotated[str, typer.Option("--channel", metavar="NAME", help="受理渠道 / how it came")] = "网络平台",
    received: Annotated[
        str, typer.Option("--received", metavar="YYYY-MM-DD", help="收到日期 / received on [今天 / today]")
    ] = "",
    industry: IndustryOption = "",
    region: RegionOption = "",
    severity: SeverityOption = 1,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """登记企业诉求：按关键词归类，与已有诉求比较，同类多了立为共性问题。 / Take an appeal in, classify and compare it."""
    if bool(text) == bool(file):
        fail("请用 --text 写明诉求内容，或用 --file 指明文本文件，二者取一", EXIT_USAGE)
    said = text or guarded(lambda: _read(Path(file)))
    day = date_in(received)
    done = with_office(
        workspace, user,
        lambda bureau, actor: bureau.receive(
            actor, text=said, firm=firm, title=title, firm_code=firm_code, contact=contact, channel=channel,
            received_on=day, industry=industry, region=region, severity=severity,
        ),
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(done) | {"appeal": done.appeal.plain}, ensure_ascii=False, indent=2))
        return
    typer.echo(done.appeal.line)
    if not done.sure:
        typer.echo("归类没有把握，请用 qinggong appeals classify 核定。")
    if done.repeats:
        typer.echo(f"同一企业此前已有相同诉求，已并入 {done.repeats}。")
    if done.firms > 1:
        typer.echo(f"近期有{done.firms}家企业反映同类问题。")
    if done.issue:
        typer.echo(f"已归入共性问题 {done.issue}。")


def _read(path: Path) -> str:
    if path.stat().st_size > _LARGEST_TEXT:
        fail(f"“{path}”太大，诉求内容应是不超过{_LARGEST_TEXT}字节的文本文件", EXIT_USAGE)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fail(f"“{path}”不是 UTF-8 文本，请另存为 UTF-8 后重试", EXIT_USAGE)


@appeals_app.command("list", short_help="诉求清单 / list appeals")
def list_appeals(
    category: Annotated[str, typer.Option("--category", metavar="NAME", help="类别 / category")] = "",
    alike: Annotated[str, typer.Option("--alike", metavar="NUMBER", help="与某件同类的 / alike to one")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="只列未办结的 / only open ones")] = False,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """列出有权查看的诉求，期限近的在前。 / Appeals that the account may see, the nearest deadline first."""
    found = with_office(
        workspace, user,
        lambda bureau, actor: bureau.appeals(actor, category=category, alike=alike, still_open=only_open),
    )  # fmt: skip
    show_list(found, [a.plain for a in found], as_json=as_json)


@appeals_app.command("classify", short_help="归类 / classify by hand")
def classify(
    number: NumberArgument,
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="类别代码或名称 / category")],
    seen: SeenOption = 0,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """人工核定类别。 / Put an appeal into a category by hand."""
    done = with_office(
        workspace, user, lambda bureau, actor: bureau.classify(actor, number, category, version=seen or None)
    )
    typer.echo(done.line)


@appeals_app.command("rate", short_help="企业评价 / the enterprise's rating")
def rate(
    number: NumberArgument,
    rating: Annotated[int, typer.Argument(metavar="1-5", help="1很不满意 … 5很满意 / rating")],
    note: NoteOption = "",
    seen: SeenOption = 0,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """记录企业对答复的评价；评价低的退回重办。 / Keep how the enterprise rates the answer; a low one goes back to work."""
    done = with_office(
        workspace, user, lambda bureau, actor: bureau.rate(actor, number, rating, note=note, version=seen or None)
    )
    typer.echo(done.line)
