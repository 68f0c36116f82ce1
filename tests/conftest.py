"""Shared test machinery: programs outside Python (`needs_<program>`), the shared example data, real figures."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import programs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
_PREFIX = "needs_"


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def pytest_configure(config: pytest.Config) -> None:
    for program in programs.PROGRAMS:
        commands = ", ".join(program.commands)
        config.addinivalue_line("markers", f"{_PREFIX}{program.name}: needs {commands} (scripts/programs.py)")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers():
        if not mark.name.startswith(_PREFIX):
            continue
        name = mark.name.removeprefix(_PREFIX)
        if programs.find(name) is None:
            commands = "、".join(programs.by_name(name).commands)
            reason = f"{mark.name}: 未找到 {commands}（可运行 make test 自动获取） / not on PATH or in the cache"
            if in_ci():
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each program that was missing, whatever the verbosity."""
    missing: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple):
            found = re.match(rf"(?:Skipped: )?({_PREFIX}\w+): (.*)", report.longrepr[2], flags=re.DOTALL)
            if found:
                missing[found[1], found[2]] += 1
    for (marker, reason), number in sorted(missing.items()):
        terminalreporter.write_line(f"未运行 / not run: {marker} ({number} tests): {reason}", yellow=True)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def program() -> Callable[[str], Path]:
    """``program("pdftotext")``: the path of a command; its test carries the mark ``needs_<program>``."""

    def path(command: str) -> Path:
        for entry in programs.PROGRAMS:
            if command in entry.commands or command == entry.name:
                found = programs.find(entry.name)
                if found is None:
                    pytest.fail(f"mark the test with {_PREFIX}{entry.name}: it asks for {command}", pytrace=False)
                return found.get(command) or next(iter(found.values()))
        raise KeyError(f"no command {command!r} in scripts/programs.py")

    return path


BROWSER_SETTINGS = (  # nothing but the pages under test is asked for
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(program: Callable[[str], Path]) -> Iterator[Browser]:
    """One headless Chromium for all tests of a process; a test of its own page carries the mark ``needs_chromium``.

    ``browser.new_context(color_scheme="dark", offline=True)`` gives a fresh profile; close it when done. While the
    browser is open this thread has an event loop: a test that needs ``asyncio.run`` calls it in a thread of its own.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program("chromium"), args=list(BROWSER_SETTINGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe, to be put into a page: ``page.evaluate(axe)``, then ``axe.run()``."""
    from importlib.resources import files

    return (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared example data beside the project; tests that read it are skipped without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("没有 ../shared，跳过 / the folder ../shared is absent")
    return folder


REAL_FILES = (  # the first alone makes every division known; then prices and exports, production and revenue, profits
    "htfa_wind_monthly_vintage_20251105.xlsx",
    "htfa_wind_monthly_vintage_20251204.xlsx",
    "htfa_ifind_iva_revenue_ceidata_exports_202503.xlsx",
    "htfa_subsector_iva_profit_vintage_20250704.xlsx",
)


@pytest.fixture(scope="session")
def real_workspace(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the figures of real workbooks, made once for all processes of a test run; copy it to write.

    What the ingest of each workbook said is beside it, in ``real-ingested.json``. Nothing of it enters the repository.
    """
    from qinggong import flow
    from qinggong.config import Layout, writing

    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    target, said = base / "real-workspace", base / "real-ingested.json"
    with writing(Layout(base)):  # the other processes wait here
        if not said.is_file():
            workspace = flow.Workspace.at(target, make=True)
            files = [shared / "data" / "china_subsector_monthly" / name for name in REAL_FILES]
            done = [one for file in files for one in flow.ingest(workspace, [file])]
            told = {
                Path(i.file).name: {"added": i.added, "rejected": i.rejected, "recognised": i.recognised} for i in done
            }
            said.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return target
