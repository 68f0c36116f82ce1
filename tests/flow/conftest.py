"""Fixtures of the flow tests: four bulletins made once in a session from the bundled figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from qinggong import flow
from qinggong.publish.bulletin import compose
from qinggong.publish.document import Bulletin

_MONTHS = ("2022-10", "2022-12", "2024-02", "2024-08")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> dict[str, flow.Released]:
    """The releases of an ordinary month, a year's end, January–February and a thin month."""
    root: Path = tmp_path_factory.mktemp("workspace") / "ws"
    workspace = flow.Workspace.at(root, make=True)
    return {code: flow.run(workspace, at=flow.parse_month(code)) for code in _MONTHS}


@pytest.fixture(scope="session")
def bulletins(released: dict[str, flow.Released]) -> dict[str, Bulletin]:
    return {code: compose(done.brief, title="轻工业运行监测月报") for code, done in released.items()}
