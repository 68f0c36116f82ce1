"""A PostgreSQL server of the tests' own: made in a temporary folder, reached by a socket file, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import programs

SECRET = "a-secret-of-the-tests-1"
_READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``address`` makes the address of a database."""

    socket: Path

    def address(self, database: str, *, secret: str = SECRET) -> str:
        return f"postgresql://postgres:{secret}@/{database}?unix_sock={self.socket}"

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run statements outside of a transaction, such as CREATE DATABASE."""
        engine = sa.create_engine(
            f"postgresql+pg8000://postgres:{SECRET}@/{database}", connect_args={"unix_sock": str(self.socket)},
            isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool,
        )  # fmt: skip
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server; it refuses root, so root starts it as a user without rights."""
    found = programs.find("postgres")
    assert found is not None
    folder = Path(tempfile.mkdtemp(prefix="qg-pg-"))
    try:
        commands, options = _startable(found, folder)
        secret = folder / "secret"
        secret.write_text(SECRET + "\n", encoding="utf-8")
        _give(folder, options)
        data = folder / "data"
        made = subprocess.run(
            [commands["initdb"], "-D", data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}",
             "-E", "UTF8", "--locale=C", "--no-sync"],
            capture_output=True, text=True, cwd=folder, check=False, **options,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr[-2000:]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [commands["postgres"], "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off",
                 "-c", "shared_buffers=16MB"],
                stdout=log, stderr=log, cwd=folder, **options,
            )  # fmt: skip
        try:
            yield _ready(Server(folder / ".s.PGSQL.5432"), server, folder / "log")
        finally:
            # The immediate shutdown: nothing of it is kept.
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _startable(found: dict[str, Path], folder: Path) -> tuple[dict[str, Path], dict[str, Any]]:
    """The commands and how to start them: as root, as ``nobody``, from a place that ``nobody`` may enter."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return found, {}
    user = pwd.getpwnam("nobody")
    options: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    folder.chmod(0o755)
    try:
        subprocess.run([found["initdb"], "--version"], check=True, capture_output=True, cwd="/", **options)
    except (OSError, subprocess.CalledProcessError):
        unpacked = programs.cache_folder() / "postgres"
        if not unpacked.is_dir():
            pytest.skip("用户 nobody 不能运行 postgres / the user nobody may not run postgres")
        copied = shutil.copytree(unpacked, folder / "programs", symlinks=True)
        programs.write_wrappers(programs.by_name("postgres"), copied, into=folder / "bin")
        found = {command: folder / "bin" / command for command in found}
    return found, options


def _give(folder: Path, options: dict[str, Any]) -> None:
    if options:
        for path in (folder, folder / "secret"):
            os.chown(path, options["user"], options["group"])


def _ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> Server:
    end = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if server.socket.exists():
            try:
                server.run("SELECT 1")
                return server
            except sa.exc.DBAPIError:
                pass
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])
