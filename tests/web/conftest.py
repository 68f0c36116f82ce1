"""Workspaces of the portal's tests, made once: a full one, and one with the bundled figures alone."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

sys.path.insert(0, str(Path(__file__).parent))
import building

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

from qinggong import flow
from qinggong.cli.serve import configuration
from qinggong.config import Layout, writing
from qinggong.web.app import create_app


@pytest.fixture
def looking_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal looks at the disk for every question, not after half a second."""
    for room in ("place", "releases"):
        monkeypatch.setattr(f"qinggong.web.{room}.LOOK_AGAIN_S", 0.0)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with something on every page."""
    return building.build(tmp_path_factory.mktemp("portal") / "full")


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the bundled real figures and the results of a thin month; its documents are not drawn."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    root = base / "portal-bundled"
    told: list[Any] = []

    def keep(workspace: Any, snapshot: Any, brief: Any, *_: Any, **__: Any) -> Any:
        told.append(brief)
        return SimpleNamespace(month=brief.month)

    with writing(Layout(base)), pytest.MonkeyPatch.context() as patch:
        if not (root / "releases" / "2024-08").is_dir():
            patch.setattr(flow, "publish", keep)
            patch.setattr(flow.watch, "raise_cases", lambda *_: None)
            flow.run(flow.Workspace.at(root, make=True), at=flow.parse_month("2024-08"))
            building.write_release(root / "releases" / "2024-08", told[0], day=told[0].release_date)
    return root


@pytest.fixture(scope="session")
def client(full: Path) -> Iterator[TestClient]:
    """Questions to the portal over the full workspace; an error of the server is an answer, not an exception."""
    with TestClient(create_app(full), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def thin(bundled: Path) -> Iterator[TestClient]:
    """The same over the bundled figures."""
    with TestClient(create_app(bundled), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def port(full: Path) -> Iterator[int]:
    """The port of a real server over the full workspace."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        number = int(found.getsockname()[1])
    server = uvicorn.Server(configuration(create_app(full), host="127.0.0.1", port=number))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(400):
        if server.started:
            break
        time.sleep(0.05)
    yield number
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def copied(full: Path, tmp_path: Path) -> Callable[[], Path]:
    """A copy of the full workspace to write in."""

    def copy() -> Path:
        return Path(shutil.copytree(full, tmp_path / "copy"))

    return copy
