"""Signing in on the command line (登录): the account by option or variable, the password by prompt or standard input.

A password is never an argument: arguments are seen by every process of the machine and kept by shells.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from qinggong.cli.running import EXIT_USAGE, fail, guarded, opened_at

if TYPE_CHECKING:
    from qinggong.flow import Actor, Bureau

_T = TypeVar("_T")

UserOption = Annotated[
    str,
    typer.Option(
        "--user", metavar="NAME", envvar="QINGGONG_USER",
        help="账号；密码由提示或标准输入读取 / account; the password comes by prompt or standard input",
    ),
]  # fmt: skip
SeenOption = Annotated[
    int, typer.Option("--seen", metavar="N", help="看到的版本号，其后有人改动则不写入 / version seen, else refused")
]
OfficeJson = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")]


def secret(prompt: str) -> str:
    """A password or code: without echo from a terminal, otherwise one line of standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{prompt}：")
    line = sys.stdin.readline() if sys.stdin is not None else ""
    if not line.rstrip("\r\n"):
        fail(f"没有从标准输入读到{prompt}，请在终端运行，或把它写入标准输入", EXIT_USAGE)
    return line.rstrip("\r\n")


def new_secret(prompt: str) -> str:
    """A new password; at a terminal it is asked for twice."""
    first = secret(prompt)
    if sys.stdin.isatty() and secret(f"再输一次{prompt}") != first:
        fail("两次输入的密码不同，请再试", EXIT_USAGE)
    return first


def with_office(workspace: Path, user: str, work: Callable[[Bureau, Actor], _T]) -> _T:
    """Open the office, sign in, do the work; its errors become one sentence and an exit code."""
    from qinggong import flow

    # A job of the portal acts for the account whose session started it; it was signed in with all that is asked there.
    session = os.environ.pop("QINGGONG_SESSION", "")
    if not user and not session:
        fail("请用 --user 指明账号，或设置环境变量 QINGGONG_USER", EXIT_USAGE)
    opened = opened_at(workspace, make=False)

    def done() -> _T:
        bureau = flow.open_office(opened)
        try:
            if session:
                return work(bureau, bureau.of_session(session))
            password = secret(f"账号“{user}”的密码")
            return work(bureau, bureau.sign_in(user, password, code=lambda: secret(f"账号“{user}”的验证码")))
        finally:
            bureau.close()

    return guarded(done)
