"""Accounts and the journal on the command line (办公账号、操作记录)."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any

import typer

from qinggong.cli.running import DEFAULT, EXIT_FINDINGS, EXIT_USAGE, WorkspaceOption, fail, guarded, opened_at
from qinggong.cli.signing_in import OfficeJson, UserOption, new_secret, secret, with_office

office_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
user_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
office_app.add_typer(
    user_app, name="user", short_help="账号 / accounts", help="账号、角色和范围。 / Accounts, roles and scopes.",
    epilog="例 / Example:  qinggong office user list --user guanli",
)  # fmt: skip

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="账号名 / name of the account")]


@office_app.command("init", short_help="建立办公数据库 / set up the office")
def init(
    name: Annotated[str, typer.Option("--user", metavar="NAME", help="首个账号 / the first account")],
    display: Annotated[str, typer.Option("--display", metavar="TEXT", help="姓名 / the person's name")],
    body: Annotated[str, typer.Option("--body", metavar="TEXT", help="单位 / where the person works")] = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """建立办公数据库和首个账号（系统管理员兼安全管理员）。 / Set up the office with its first account."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)

    def done() -> Any:
        bureau = flow.open_office(opened, make=True)
        try:
            return bureau.first_account(name, display=display, body=body, password=new_secret("首个账号的密码"))
        finally:
            bureau.close()

    account = guarded(done)
    typer.echo(f"办公数据库已就绪；首个账号“{account.name}”是系统管理员兼安全管理员，请尽快把其中一个角色授予别人。")


@user_app.command("add", short_help="新增账号 / add an account")
def add(
    name: NameArgument,
    display: Annotated[str, typer.Option("--display", metavar="TEXT", help="姓名 / the person's name")],
    body: Annotated[str, typer.Option("--body", metavar="TEXT", help="单位 / where the person works")] = "",
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """新增账号，还没有任何角色；密码由提示或标准输入读取。 / Add an account, without any role yet."""
    account = with_office(
        workspace, user,
        lambda bureau, actor: bureau.add_account(
            actor, name, display=display, body=body, password=new_secret("新账号的密码")
        ),
    )  # fmt: skip
    typer.echo(f"已新增账号“{account.name}”；角色由安全管理员用 qinggong office user grant 授予。")


@user_app.command("list", short_help="账号清单 / list accounts")
def list_accounts(user: UserOption = "", workspace: WorkspaceOption = DEFAULT, as_json: OfficeJson = False) -> None:
    """账号、角色和范围。 / Accounts with roles and scopes."""
    found = with_office(workspace, user, lambda bureau, actor: bureau.accounts(actor))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(a) for a in found], ensure_ascii=False, indent=2))
        return
    for a in found:
        scope = "".join(
            f"  {what} {'、'.join(codes)}" for what, codes in (("行业", a.industries), ("地区", a.regions)) if codes
        )
        state = "" if a.state == "active" else "（已停用）"
        typer.echo(f"{a.name}  {a.display}{state}  {'、'.join(a.roles) or '无角色'}{scope}")


@user_app.command("grant", short_help="授予角色和范围 / set roles and scope")
def grant(
    name: NameArgument,
    roles: Annotated[list[str], typer.Option("--role", metavar="ROLE", help="角色，可重复；整组替换 / roles")] = [],  # noqa: B006
    industries: Annotated[
        list[str], typer.Option("--industry", metavar="CODE", help="负责的行业，可重复 / industries")
    ] = [],  # noqa: B006
    regions: Annotated[list[str], typer.Option("--region", metavar="CODE", help="地区，可重复 / regions")] = [],  # noqa: B006
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """整组设定一个账号的角色和范围。 / Set all roles and the scope of an account."""
    account = with_office(
        workspace, user,
        lambda bureau, actor: bureau.grant(actor, name, roles=roles, industries=industries, regions=regions),
    )  # fmt: skip
    typer.echo(f"“{account.name}”的角色：{'、'.join(account.roles) or '无'}。")


def _changing(action: str, said: str, short: str, text: str) -> None:
    @user_app.command(action, short_help=short, help=text)
    def change(name: NameArgument, user: UserOption = "", workspace: WorkspaceOption = DEFAULT) -> None:
        with_office(workspace, user, lambda bureau, actor: bureau.change_account(actor, name, action))
        typer.echo(f"账号“{name}”{said}。")


_changing("disable", "已停用", "停用 / disable", "停用账号；账号不会删除。 / Disable an account; none is deleted.")
_changing("enable", "已启用", "启用 / enable", "启用已停用的账号。 / Enable a disabled account.")
_changing("unlock", "已解除锁定", "解除锁定 / unlock", "提前解除锁定。 / End a lock before its time.")


@user_app.command("password", short_help="修改或重置密码 / change or reset a password")
def password(
    name: Annotated[str, typer.Argument(metavar="NAME", help="账号；不写即本人 / account, or oneself")] = "",
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """修改自己的密码，或由系统管理员重置别人的密码。 / Change one's own password, or reset another's."""
    if not name or name == user:
        with_office(
            workspace, user,
            lambda bureau, actor: bureau.change_password(actor, old=secret("原密码"), new=new_secret("新密码")),
        )  # fmt: skip
    else:
        with_office(
            workspace, user, lambda bureau, actor: bureau.reset_password(actor, name, password=new_secret("新密码"))
        )
        typer.echo(f"账号“{name}”的密码已重置，由安全管理员用 qinggong office user unlock {name} 解除锁定后可用。")
        return
    typer.echo(f"账号“{user}”的密码已更换。")


@user_app.command("reset-factor", short_help="解除第二重验证 / take the second factor off")
def reset_factor(name: NameArgument, user: UserOption = "", workspace: WorkspaceOption = DEFAULT) -> None:
    """验证器遗失时，由安全管理员解除别人的第二重验证。 / Take the second factor off an account whose device is lost."""
    with_office(workspace, user, lambda bureau, actor: bureau.reset_second_factor(actor, name))
    typer.echo(f"账号“{name}”的第二重验证已解除，登录后请重新启用。")


@office_app.command("log", short_help="操作记录 / the journal")
def log(
    most: Annotated[int, typer.Option("--rows", metavar="N", help="最近多少条 / the newest N")] = 50,
    about: Annotated[str, typer.Option("--about", metavar="ID", help="只看一件事项或一个账号 / of one thing")] = "",
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """最近的操作记录：谁在什么时候做了什么。 / Who did what and when."""
    if not 1 <= most <= 100_000:
        fail(f"条数应在1到100000之间，收到{most}", EXIT_USAGE)
    found = with_office(workspace, user, lambda bureau, actor: bureau.journal(actor, newest=most, about=about))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(e) for e in found], ensure_ascii=False, indent=2))
        return
    for entry in found:
        note = f"  {entry.note}" if entry.note else ""
        typer.echo(f"{entry.seq}  {entry.at[:19]}Z  {entry.who}  {entry.action}  {entry.object}{note}")


@office_app.command("verify", short_help="核验操作记录 / check the journal's chain")
def verify(
    head: Annotated[str, typer.Option("--head", metavar="HASH", help="以前抄下的校验值 / a hash noted before")] = "",
    user: UserOption = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: OfficeJson = False,
) -> None:
    """核验操作记录没有被改动、删除或截去。 / Check that nothing of the journal was changed, removed or cut off."""
    found = with_office(workspace, user, lambda bureau, actor: bureau.verify(actor, head=head))
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found) | {"sound": found.sound}, ensure_ascii=False, indent=2))
    elif found.sound:
        typer.echo(f"操作记录完好：{found.entries}条，校验值 {found.head}（请抄录备查）。")
    else:
        typer.echo(f"操作记录有问题：{found.fault}。")
    if not found.sound:
        raise typer.Exit(EXIT_FINDINGS)
