"""Signing, publishing, correcting and verifying releases on the command line (签发、更正、核验)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qinggong.cli.running import (
    DEFAULT,
    EXIT_FINDINGS,
    EXIT_USAGE,
    WorkspaceOption,
    fail,
    guarded,
    opened_at,
    progress_to,
)
from qinggong.cli.screen import released_dict, show_released

if TYPE_CHECKING:
    from qinggong.flow import Workspace

PASSPHRASE = "QINGGONG_KEY_PASSPHRASE"
"""Environment variable with the passphrase of a private key; without it the terminal asks."""

MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="月份，1—2月写作 YYYY-02 / month, YYYY-MM")]
KeyOption = Annotated[str, typer.Option("--key", metavar="FILE", help="用这个私钥签名 / sign with this private key")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")]


def publish(
    month: MonthArgument, key: KeyOption = "", workspace: WorkspaceOption = DEFAULT, as_json: JsonOption = False
) -> None:
    """发布一个月的发布物：到了日历所定时刻才行，发布后不能再改。 / Publish a month; it cannot be changed afterwards."""
    from qinggong import flow

    opened, code = _meant(workspace, month)
    private = _private(key) if key else None
    done = guarded(
        lambda: flow.issuing.publish_release(opened, code, key=private, progress=progress_to(quiet=as_json))
    )  # fmt: skip
    _told(done, f"已发布：{done.folder}", as_json)


def sign(
    month: MonthArgument, key: KeyOption = "", workspace: WorkspaceOption = DEFAULT, as_json: JsonOption = False
) -> None:
    """给尚未发布的发布物签名，到时刻再发布。 / Sign a release ahead of its publication."""
    from qinggong import flow

    if not key:
        fail("请用 --key 给出私钥文件（qinggong keys new 新建）", EXIT_USAGE)
    opened, code = _meant(workspace, month)
    private = _private(key)
    done = guarded(lambda: flow.issuing.sign_release(opened, code, private))
    _told(done, f"已签名：{done.folder}（钥匙 {done.key}）", as_json)


def correct(
    month: MonthArgument,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="改了什么、为什么，必填 / what and why")] = "",
    moment: Annotated[
        str, typer.Option("--at", metavar="TIME", help="定于何时发布，北京时间 / when, as 2024-10-08 10:00")
    ] = "",
    workspace: WorkspaceOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """另编已发布月份的更正版，附修订说明；仍用 publish 发布。 / Make a numbered correction of a published month."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    at = guarded(lambda: flow.parse_month(month))
    done = guarded(lambda: flow.correct(opened, at, note, moment=moment, progress=progress_to(quiet=as_json)))
    if as_json:
        typer.echo(json.dumps(released_dict(done), ensure_ascii=False, indent=2))
        return
    show_released(done)
    typer.echo(f"修订说明：{done.folder / 'data' / 'changelog.md'}")
    if done.state != "draft":
        typer.echo(f"核对后运行 qinggong publish {month} 发布更正版。")


def verify(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="发布物的文件夹，或月份 / folder, or month")],
    key: Annotated[str, typer.Option("--key", metavar="PUB", help="只信这个公钥 / trust only this public key")] = "",
    rebuild: Annotated[
        bool, typer.Option("--rebuild/--no-rebuild", help="由观测表重建并比较 / make it again and compare")
    ] = True,
    workspace: WorkspaceOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """核验发布物：完整、未改动、签名可信、重建逐字节相同。 / Prove that a release is whole, signed and reproducible."""
    from qinggong import flow

    opened = _around(Path(release), workspace)
    folder = guarded(lambda: flow.issuing.find_release(opened, release))
    found = guarded(
        lambda: flow.verify(
            folder, workspace=opened, public=Path(key) if key else None, rebuild=rebuild,
            progress=progress_to(quiet=as_json),
        )
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(flow.issuing.verified_dict(found), ensure_ascii=False, indent=2))
    else:
        for line in flow.issuing.verified_lines(found):
            typer.echo(line)
    if not found.proven:
        raise typer.Exit(EXIT_FINDINGS)


def _around(release: Path, workspace: Path) -> Workspace | None:
    """The workspace that a release lies in, else the one that is named, if there is one."""
    from qinggong.config import CONFIG

    inside = release.absolute().parent.parent
    for root in (inside, workspace):
        if (root / CONFIG).is_file():
            return opened_at(root, make=False)
    if workspace != DEFAULT:
        return opened_at(workspace, make=False)  # says what is wrong with it
    return None


def _meant(root: Path, month: str) -> tuple[Workspace, str]:
    from qinggong import flow

    opened = opened_at(root, make=False)
    return opened, guarded(lambda: flow.month_code(flow.parse_month(month)))


def _private(key: str) -> Any:
    from qinggong import flow

    return guarded(lambda: flow.signing.open_private(Path(key), passphrase=_passphrase))


def _passphrase() -> str:
    """From the environment or the terminal, never from the command line."""
    found = os.environ.get(PASSPHRASE)
    return found if found is not None else str(typer.prompt("私钥口令 / passphrase", hide_input=True, err=True))


def _told(done: Any, line: str, as_json: bool) -> None:
    if as_json:
        told = {"release": done.name, "folder": str(done.folder), "state": done.state, "key": done.key}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(line)


keys_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@keys_app.command("new", short_help="新建签名密钥 / make a pair of keys")
def keys_new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="私钥文件 / private key file")],
    plain: Annotated[
        bool, typer.Option("--no-passphrase", help="不加口令，供无人值守时使用 / leave it unlocked")
    ] = False,
) -> None:  # fmt: skip
    """新建一对 Ed25519 密钥：私钥（只有本人可读，可加口令）和公钥 FILE.pub。 / Make a pair of Ed25519 keys."""
    from qinggong import flow

    word = "" if plain else os.environ.get(PASSPHRASE)
    if word is None:
        word = str(
            typer.prompt("私钥口令 / passphrase", hide_input=True, confirmation_prompt=True, default="",
                         show_default=False, err=True)
        )  # fmt: skip
    public, name = guarded(lambda: flow.signing.new_key(file, passphrase=word))
    typer.echo(f"私钥：{file}（{'有口令' if word else '没有口令'}，请妥善保管，不要放进工作区或发布物）")
    typer.echo(f"公钥：{public}（编号 {name}，交给核验的人；本工作区采信请运行 qinggong keys trust {public}）")


@keys_app.command("trust", short_help="采信公钥 / trust a public key")
def keys_trust(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="公钥文件 / public key file (.pub)")],
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """把公钥放进工作区的 keys/，以后核验时可信。 / Put a public key among the trusted ones of the workspace."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    path, name = guarded(lambda: flow.signing.trust(opened.layout.keys, file))
    typer.echo(f"已采信 {name}：{path}（不再采信时删去该文件）")


@keys_app.command("list", short_help="可信的公钥 / trusted public keys")
def keys_list(workspace: WorkspaceOption = DEFAULT) -> None:
    """列出工作区可信的公钥。 / List the trusted public keys of the workspace."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    found = guarded(lambda: flow.signing.trusted_keys(opened.layout.keys))
    for name in sorted(found):
        typer.echo(name)
    if not found:
        typer.echo("没有可信的公钥，请用 qinggong keys trust 公钥文件 采信。")
