"""Cases on the command line (事项): list, show, open, and each step of the table of states."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qinggong.cli.running import DEFAULT, EXIT_USAGE, WorkspaceOption, date_in, fail
from qinggong.cli.signing_in import OfficeJson, SeenOption, UserOption, with_office

if TYPE_CHECKING:
    from qinggong.flow import Shown

cases_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

NumberArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="事项编号，如 YJ-2025-0001 / number")]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="说明 / what is said")]
IndustryOption = Annotated[str, typer.Option("--industry", metavar="NAME", help="行业代码或名称 / industry")]
RegionOption = Annotated[str, typer.Option("--region", metavar="NAME", help="地区代码或名称 / region [全国 / CN]")]
SeverityOption = Annotated[int, typer.Option("--severity", metavar="N", help="1一般 2较重 3严重 / severity")]
DeadlineOption = Annotated[
    str, typer.Option("--deadline", metavar="YYYY-MM-DD", help="期限 / deadline [按类别的工作日数 / by kind]")
]


def show_list(found: Sequence[Any], plain: Sequence[Any], *, as_json: bool) -> None:
    """A line each and how many, or their values."""
    if as_json:
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(one.line)
    typer.echo(f"共{len(found)}件。")


def show_case(shown: Shown, *, as_json: bool = False) -> None:
    """One line for a case, or its values."""
    typer.echo(json.dumps(shown.plain(), ensure_ascii=False, indent=2) if as_json else shown.line)


@cases_app.command(
    "list", short_help="事项清单 / list cases", epilog="例 / Example:  qinggong cases list --open --user zonghe"
)
def list_cases(
    kinds: Annotated[list[str], typer.Option("--kind", metavar="KIND", help="类别，可重复 / kinds")] = [],  # noqa: B006
    states: Annotated[list[str], typer.Option("--state", metavar="STATE", help="状态，可重复 / states")] = [],  # noqa: B006
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="承办人 / owner")] = "",
    industry: IndustryOption = "",
    region: RegionOption = "",
    meeting: Annotated[str, typer.Option("--meeting", metavar="YYYY-MM-DD", help="议定的会商 / meeting")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="只列未办结的 / only open ones")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列已逾期的 / only overdue ones")] = False,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """列出有权查看的事项，期限近的在前。 / Cases that the account may see, the nearest deadline first."""
    found = with_office(
        workspace, user,
        lambda bureau, actor: bureau.cases(
            actor, kinds=kinds, states=states, owner=owner, industry=industry, region=region, meeting=meeting,
            still_open=only_open, overdue=overdue,
        ),
    )  # fmt: skip
    show_list(found, [c.plain() for c in found], as_json=as_json)


@cases_app.command(
    "show", short_help="一件事项 / one case", epilog="例 / Example:  qinggong cases show YJ-2025-0001 --user zonghe"
)
def show(
    number: NumberArgument, user: UserOption = "", workspace: WorkspaceOption = DEFAULT, as_json: OfficeJson = False
) -> None:
    """一件事项的内容、经过、附件，以及本账号可办的步骤。 / A case with its log, attachments and possible steps."""
    told = with_office(workspace, user, lambda bureau, actor: bureau.story(actor, number))
    if as_json:
        typer.echo(json.dumps(told.plain(), ensure_ascii=False, indent=2))
    else:
        for line in told.lines:
            typer.echo(line)


@cases_app.command("open", short_help="登记 / open a case")
def open_case(
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="warning、task、decision、return、issue / kind")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="标题 / title")],
    body: Annotated[str, typer.Option("--body", metavar="TEXT", help="内容 / text")] = "",
    industry: IndustryOption = "",
    region: RegionOption = "",
    severity: SeverityOption = 1,
    owner: Annotated[str, typer.Option("--to", metavar="NAME", help="承办人 / owner")] = "",
    deadline: DeadlineOption = "",
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """登记一件事项；企业诉求请用 qinggong appeals add。 / Open a case; for appeals use appeals add."""
    if kind == "appeal":
        fail("企业诉求请用 qinggong appeals add 登记", EXIT_USAGE)
    due = date_in(deadline)
    case = with_office(
        workspace, user,
        lambda bureau, actor: bureau.open_case(
            actor, kind=kind, title=title, body=body, industry=industry, region=region, severity=severity, owner=owner,
            deadline=due,
        ),
    )  # fmt: skip
    show_case(case, as_json=as_json)


@cases_app.command("plan", short_help="方案任务立项 / a plan's tasks as cases")
def plan(
    code: Annotated[str, typer.Argument(metavar="PLAN", help="方案代码 / code of a plan")],
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """把一个方案的各项任务立为事项；已立的不重复。 / Open a case for each task of a plan, once."""
    for shown in (done := with_office(workspace, user, lambda bureau, actor: bureau.open_plan_tasks(actor, code))):
        typer.echo(shown.line)
    typer.echo(f"新立{len(done)}件。")


def _act(workspace: Path, user: str, number: str, action: str, seen: int, as_json: bool, **given: Any) -> None:
    version = seen or None
    case = with_office(
        workspace, user, lambda bureau, actor: bureau.act(actor, number, action, version=version, **given)
    )
    show_case(case, as_json=as_json)


@cases_app.command("assign", short_help="交办 / assign")
def assign(
    number: NumberArgument,
    owner: Annotated[str, typer.Option("--to", metavar="NAME", help="承办人 / owner")],
    note: NoteOption = "",
    seen: SeenOption = 0,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """交给一个账号办理。 / Give a case to an account."""
    _act(workspace, user, number, "assign", seen, as_json, owner=owner, note=note)


@cases_app.command("merge", short_help="并案 / merge")
def merge(
    number: NumberArgument,
    into: Annotated[str, typer.Option("--into", metavar="NUMBER", help="并入哪一件 / the case that goes on")],
    note: NoteOption = "",
    seen: SeenOption = 0,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """并入另一件同类事项。 / Merge a case into another of its kind."""
    _act(workspace, user, number, "merge", seen, as_json, into=into, note=note)


@cases_app.command("extend", short_help="延期 / extend the deadline")
def extend(
    number: NumberArgument,
    deadline: Annotated[str, typer.Option("--deadline", metavar="YYYY-MM-DD", help="新的期限 / new deadline")],
    note: NoteOption = "",
    seen: SeenOption = 0,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """把期限延到后来的一天，要说明理由。 / Move the deadline to a later day, with the reason."""
    _act(workspace, user, number, "extend", seen, as_json, deadline=date_in(deadline), note=note)


def _plain_step(command: str, action: str, short: str, text: str) -> None:
    @cases_app.command(command, short_help=short, help=text)
    def step(
        number: NumberArgument,
        note: NoteOption = "",
        seen: SeenOption = 0,
        user: UserOption = "",
        workspace: WorkspaceOption = DEFAULT,
        as_json: OfficeJson = False,
    ) -> None:
        _act(workspace, user, number, action, seen, as_json, note=note)


for _step in (
    ("accept", "accept", "承办 / take it on", "承办交给自己的事项。 / Take on a case that was assigned to one."),
    ("answer", "answer", "答复 / answer", "答复，要写办理情况。 / Answer, saying what was done."),
    (
        "send-back",
        "send_back",
        "退回重办 / send back",
        "退回重办，要说明理由。 / Send an answer back, with the reason.",
    ),
    ("close", "close", "办结 / close", "办结已答复的事项。 / Close an answered case."),
    ("dismiss", "dismiss", "不予办理 / dismiss", "不予办理，要说明理由。 / Dismiss a case, with the reason."),
    ("reopen", "reopen", "重新办理 / reopen", "重新办理已结束的事项。 / Reopen a case that had ended."),
    ("comment", "comment", "说明 / comment", "补充说明，状态不变。 / Add a remark; the state stays."),
):
    _plain_step(*_step)


@cases_app.command("attach", short_help="添加附件 / attach a file")
def attach(
    number: NumberArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="文件 / file")],
    seen: SeenOption = 0,
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """给事项加一个文件。 / Add a file to a case."""
    done = with_office(workspace, user, lambda bureau, actor: bureau.attach(actor, number, file, version=seen or None))
    typer.echo(f"{done.number} 附件 {done.sha256[:12]}  {done.name}  {done.size}字节")


@cases_app.command("file", short_help="取出附件 / get an attachment")
def get_file(
    number: NumberArgument,
    sha256: Annotated[str, typer.Argument(metavar="HASH", help="附件编号的开头 / start of its hash")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="写成哪个文件 / file to write")],
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """取出一个附件；内容与登记时不同的不给。 / Write an attachment to a file, if its bytes are still the same."""
    if out.exists():
        fail(f"“{out}”已存在，请换一个文件名", EXIT_USAGE)
    done, content = with_office(workspace, user, lambda bureau, actor: bureau.attachment(actor, number, sha256))
    out.write_bytes(content)
    typer.echo(f"{out}：{done.name}，{done.size}字节。")
