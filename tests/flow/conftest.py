"""Fixtures of the flow tests: four bulletins made once in a session from the bundled figures."""

from __future__ import annotations

import os
import pickle

import pytest

from qinggong import flow
from qinggong.config import Layout, writing
from qinggong.publish.bulletin import compose
from qinggong.publish.document import Bulletin

_MONTHS = ("2022-10", "2022-12", "2024-02", "2024-08")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> dict[str, flow.Released]:
    """The releases of an ordinary month, a year's end, January–February and a thin month; made once for all processes
    of a test run, so a test that writes takes a copy."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    kept = base / "released.pickle"
    with writing(Layout(base)):  # the other processes wait here
        if not kept.is_file():
            workspace = flow.Workspace.at(base / "released", make=True)
            done = {code: flow.run(workspace, at=flow.parse_month(code)) for code in _MONTHS}
            kept.write_bytes(pickle.dumps(done))
    found: dict[str, flow.Released] = pickle.loads(kept.read_bytes())
    return found


@pytest.fixture(scope="session")
def bulletins(released: dict[str, flow.Released]) -> dict[str, Bulletin]:
    return {code: compose(done.brief, title="轻工业运行监测月报") for code, done in released.items()}
