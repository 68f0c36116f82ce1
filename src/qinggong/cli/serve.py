"""The portal on the command line (门户)."""

from __future__ import annotations

import ctypes
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qinggong.cli.running import DEFAULT, EXIT_USAGE, WorkspaceOption, fail, progress_to

if TYPE_CHECKING:
    import uvicorn

_ARENAS, _MAPPED_FROM = -8, -3
"""M_ARENA_MAX and M_MMAP_THRESHOLD of mallopt(3)."""
_LONGEST_HEAD = 4 << 20
"""Bytes of a request's head that are read at most: one that is too long gets an answer in words."""


def serve(
    workspace: WorkspaceOption = DEFAULT,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="端口 / port")] = 8000,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="监听地址，默认只供本机 / address to listen on")
    ] = "127.0.0.1",
) -> None:
    """打开门户：概览、行业、地区、序列、方案、预警、发布。 / Serve the portal over a workspace."""
    import uvicorn

    from qinggong.web.app import PROBLEMS, create_app, warm

    _one_heap()
    try:
        app = create_app(Path(workspace))
    except PROBLEMS as error:
        fail(str(error), EXIT_USAGE)
    typer.echo(f"门户：http://{host}:{port}/ （按 Ctrl+C 结束）")
    sys.stdout.flush()
    server = uvicorn.Server(configuration(app, host=host, port=port))
    over = threading.Event()

    def ahead() -> None:
        while not server.started:
            if over.wait(0.02):
                return
        warm(app)

    reader = threading.Thread(target=ahead, name="warm")
    reader.start()
    try:
        server.run()
    except SystemExit:
        fail(f"端口 {port} 打不开，请换一个端口或核对监听地址 {host}", EXIT_USAGE)
    finally:
        over.set()
        reader.join()  # the engine must not be cut off in the middle of a question


def _one_heap() -> None:
    """Let all threads share one heap without the large pages in it, where the C library is glibc.

    It gives each thread a heap of its own that keeps its largest size: under an hour of load 150 MiB for nothing. Under
    the interpreter's lock the threads do not stand in each other's way. A page that was kept leaves no hole if its
    memory is mapped for itself.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            library = ctypes.CDLL(None)
            library.mallopt(_ARENAS, 1)
            library.mallopt(_MAPPED_FROM, 32 << 10)


def site(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="写到哪个文件夹 / folder to write")],
    workspace: WorkspaceOption = DEFAULT,
) -> None:
    """把公开页面写成静态文件，可放在任何网站服务器上。 / Write the public portal as files for any web server."""
    from qinggong.web.app import PROBLEMS
    from qinggong.web.site import SiteError, write_site

    try:
        done = write_site(Path(workspace), folder, progress=progress_to(quiet=False))
    except (*PROBLEMS, SiteError) as error:
        fail(str(error), EXIT_USAGE)
    typer.echo(f"静态站点：{done.folder}（{done.pages}页，{done.files}个文件，{done.size / 1048576:.1f} MB）")


def configuration(app: Any, *, host: str, port: int) -> uvicorn.Config:
    """How the server runs: quiet, without its own name, reading long heads so that they can be refused in words."""
    import uvicorn

    return uvicorn.Config(
        app, host=host, port=port, log_level="warning", server_header=False, access_log=False, http="h11",
        h11_max_incomplete_event_size=_LONGEST_HEAD, timeout_keep_alive=15, timeout_graceful_shutdown=5,
    )  # fmt: skip
