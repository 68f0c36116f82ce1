"""One engine of each kind for the whole session; a new kind is taken up by itself.

Settings that a kind needs for tests stand in ``SETTINGS``.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qinggong import engine
from qinggong.engine import Engine

# The processes get this process's search path, and import the tasks from here.
sys.path.insert(0, str(Path(__file__).parent))

# Small and quick to start, since there are three of them.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS: dict[str, dict[str, object]] = {
    "local": {"workers": 2},
    "spark": {
        "master": "local-cluster[2,1,1024]",
        "conf": {
            "spark.driver.extraJavaOptions": _JAVA,
            "spark.executor.extraJavaOptions": _JAVA,
            "spark.driver.memory": "512m",
            "spark.executor.memory": "512m",
            "spark.sql.session.timeZone": "UTC",
        },
    },
}
_attempts: dict[str, list[str]] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that asks for Spark runs in one process of the tests, where they are spread by group."""
    for item in items:
        if item.path.parent == Path(__file__).parent and ("spark" in item.nodeid):
            item.add_marker(pytest.mark.xdist_group("spark"))


def _open(kind: str) -> Engine:
    if kind == "spark" and shutil.which("java") is None:
        reason = "没有 Java 17，跳过 / needs Java 17"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    from hidden_packages import DATA_FRAMES, hidden

    with hidden(*DATA_FRAMES) as asked:
        opened = engine.open(kind, **SETTINGS.get(kind, {}))
        _attempts[kind] = asked
    return opened


@pytest.fixture(scope="session", autouse=True)
def access_keys() -> Iterator[None]:
    """For the object store of the tests; the processes of an engine get them when they start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "example+secret")
        yield


@pytest.fixture(scope="session", params=engine.kinds())
def each_engine(request: pytest.FixtureRequest, access_keys: None) -> Iterator[Engine]:
    opened = _open(request.param)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def attempts() -> dict[str, list[str]]:
    """Attempts to import a data frame library while an engine was opened, by kind."""
    return _attempts
