"""Interrupted at any point an ingest leaves all of a file's figures or none, never one twice, and a rerun completes it.

The child is a process of its own that takes in a folder of three files and is killed (SIGKILL) at a seeded
moment. Moments are spread over the whole of its work, which is measured first; start-up, where nothing is written
yet, is left out, so that no kill is wasted on it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from qinggong import flow
from qinggong.intake import listed
from qinggong.sources.freeze import CONTENT, META, archived
from qinggong.store.delta import COLUMNS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")

HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"
PRODUCTS = ("原盐", "饲料", "成品糖", "乳制品", "白酒", "啤酒", "饮料", "罐头", "家具", "塑料制品")
PROVINCES = ("北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏")
NURSERY = """
import os, signal, sys
from pathlib import Path
from qinggong import flow
import qinggong.intake.take_in, qinggong.store.delta, duckdb, deltalake
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
for line in sys.stdin:
    if os.fork():
        continue
    workspace, files = line.rstrip("\\n").split("\\t")
    opened = flow.Workspace.at(workspace)
    print("ready", os.getpid(), flush=True)
    signal.sigwait({signal.SIGUSR1})
    flow.ingest(opened, [Path(files)])
    print("done", os.getpid(), flush=True)
    os._exit(0)
"""
Rows = Counter[tuple[str, int]]


def write_files(folder: Path) -> dict[str, int]:
    """Three files, synthetic figures; the rows of each that are right, by its hash."""
    from qinggong.catalogue import load_catalogue

    catalogue = load_catalogue()
    units = {}
    for name in PRODUCTS:
        subject = catalogue.subject(name, indicator="output")
        units[name] = catalogue.canonical_unit("output", "level", subject)
    dice = random.Random(7)
    big = [
        f"2024-{m:02d},{p},{name},产量,level,{dice.uniform(90, 110):.1f},{units[name]},合成,,国家统计局,"
        for p in PROVINCES[:6]
        for name in PRODUCTS
        for m in range(3, 13)
    ]
    more = [
        f"2023-{m:02d},{p},{name},产量,level,{dice.uniform(90, 110):.1f},{units[name]},合成,,国家统计局,"
        for p in PROVINCES[:4]
        for name in PRODUCTS
        for m in range(3, 13)
    ]
    # The last file has a row that stays out and one that is in doubt, so that findings are written too.
    odd = [
        "2024-08,CN,原烟,产量,level,3,万吨,合成,,国家统计局,",
        "2024-08,北京,原盐,产量,yoy,-60,%,合成,,国家统计局,",
        "2023-08,北京,原盐,产量,level,99.0,万吨,合成,2024-01-20,工业和信息化部,",
    ]
    small = [f"2022-{m:02d},CN,原盐,产量,level,{400 + m},万吨,合成,,国家统计局," for m in range(3, 13)]
    folder.mkdir(parents=True)
    right: dict[str, int] = {}
    for name, lines, wrong in (("1.csv", small, 0), ("2.csv", big + more, 0), ("3.csv", odd, 1)):
        content = ("\n".join((HEAD, *lines)) + "\n").encode()
        (folder / name).write_bytes(content)
        right[hashlib.sha256(content).hexdigest()] = len(lines) - wrong
    return right


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, int]]:
    """A workspace with the bundled figures, the folder of three files, and the rows they hold."""
    base = tmp_path_factory.mktemp("kill")
    right = write_files(base / "来件")
    flow.ingest_bundled(flow.Workspace.at(base / "ws", make=True))
    return base / "ws", base / "来件", right


@dataclass(frozen=True)
class Child:
    """A process that is ready to take its files in."""

    number: int
    nursery: Nursery

    def go(self) -> None:
        os.kill(self.number, signal.SIGUSR1)

    def kill(self) -> None:
        """Kill it wherever it is, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)
            for _ in range(6000):
                os.kill(self.number, 0)
                time.sleep(0.01)
            raise AssertionError("the killed process is still there")

    def done(self) -> None:
        said = f"done {self.number}"  # children that were killed may have said so, too
        assert self.nursery.line(said) == said


@dataclass
class Nursery:
    """An interpreter that has loaded everything and opened nothing: children are forked from it, since loading costs
    twice as much as the work that is to be struck."""

    process: subprocess.Popen[str]
    waiting: list[str] = field(default_factory=list)

    def begin(self, workspace: Path, files: Path) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{workspace}\t{files}\n")
        self.process.stdin.flush()

    def child(self) -> Child:
        word, number = self.line("ready").split()
        assert word == "ready"
        return Child(int(number), self)

    def line(self, beginning: str = "done") -> str:
        """The next line that begins so; a child may have said “done” just before it was killed."""
        assert self.process.stdout is not None
        for place, said in enumerate(self.waiting):
            if said.startswith(beginning):
                return self.waiting.pop(place)
        while said := self.process.stdout.readline().rstrip("\n"):
            if said.startswith(beginning):
                return said
            self.waiting.append(said)
        raise AssertionError("the nursery has ended")


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    ) as process:  # fmt: skip
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def measured(nursery: Nursery, workspace: Path, files: Path) -> float:
    nursery.begin(workspace, files)
    child = nursery.child()
    began = time.perf_counter()
    child.go()
    child.done()
    return time.perf_counter() - began


def rows_of_files(workspace: flow.Workspace, right: dict[str, int]) -> Rows:
    rows, _ = workspace.store._select("SELECT raw_sha256, row FROM observations", {})
    return Counter((sha, row) for sha, row in rows if sha in right)


def check_archive(workspace: flow.Workspace) -> None:
    for frozen in archived(workspace.layout.raw):
        folder = workspace.layout.raw / frozen.sha256
        assert hashlib.sha256((folder / CONTENT).read_bytes()).hexdigest() == frozen.sha256 == folder.name
        assert json.loads((folder / META).read_text(encoding="utf-8"))["size"] == frozen.size


def plain_content(workspace: flow.Workspace) -> list[tuple[Any, ...]]:
    """All rows but for the moment, which differs from run to run."""
    columns = ", ".join(name for name in COLUMNS if name != "known_at")
    rows, _ = workspace.store._select(f"SELECT {columns} FROM observations ORDER BY raw_sha256, row", {})
    return rows


def kill_and_look(
    number: int, seed: int, nursery: Nursery, prepared: tuple[Path, Path, dict[str, int]], tmp_path: Path
) -> str:
    """``number`` kills; each leaves a sound workspace that a rerun completes. Returns where they struck."""
    template, files, right = prepared
    shutil.copytree(template, tmp_path / "whole")
    took = measured(nursery, tmp_path / "whole", files)
    expected = plain_content(flow.Workspace.at(tmp_path / "whole"))
    findings = {n.id for n in listed(flow.Workspace.at(tmp_path / "whole"))}
    dice = random.Random(seed)
    # One moment in each of equal parts of the work and a little beyond: early, late and in between are all struck.
    moments = [(n + dice.random()) / number * took * 1.05 for n in range(number)]
    struck: Counter[str] = Counter()
    shutil.copytree(template, tmp_path / "ws0")
    nursery.begin(tmp_path / "ws0", files)
    for n, moment in enumerate(dice.sample(moments, number)):
        root = tmp_path / f"ws{n}"
        child = nursery.child()
        child.go()
        began = time.perf_counter()
        time.sleep(max(0.0, moment - (time.perf_counter() - began)))
        child.kill()
        if n + 1 < number:  # the next one starts up while this one is looked at
            shutil.copytree(template, tmp_path / f"ws{n + 1}")
            nursery.begin(tmp_path / f"ws{n + 1}", files)

        workspace = flow.Workspace.at(root)
        found = rows_of_files(workspace, right)
        assert set(found.values()) <= {1}, "a figure is in twice"
        held = Counter(sha for sha, _ in found)
        assert all(held[sha] in (0, rows) for sha, rows in right.items()), f"half a file at {moment:.3f} s"
        struck[f"{sum(1 for sha in right if held[sha])} of 3 files in"] += 1
        check_archive(workspace)
        listed(workspace)  # readable

        flow.ingest(workspace, [files])  # waits for ever if a lock were left behind
        assert plain_content(flow.Workspace.at(root)) == expected
        assert {x.id for x in listed(workspace)} == findings
        assert not list(workspace.layout.raw.glob(".part-*"))
        check_archive(workspace)
        shutil.rmtree(root)
    where = ", ".join(f"{k}: {v}" for k, v in sorted(struck.items()))
    return f"{number} kills over {took:.2f} s of work ({where})"


def test_twenty_kills_leave_whole_files(
    nursery: Nursery, prepared: tuple[Path, Path, dict[str, int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = kill_and_look(20, 20241121, nursery, prepared, tmp_path)
    with capsys.disabled():
        print(f"\n{said}")


@pytest.mark.soak
def test_two_hundred_kills_leave_whole_files(
    nursery: Nursery, prepared: tuple[Path, Path, dict[str, int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = kill_and_look(200, 7, nursery, prepared, tmp_path)
    with capsys.disabled():
        print(f"\n{said}")


def test_two_ingests_at_once_both_land(
    nursery: Nursery, prepared: tuple[Path, Path, dict[str, int]], tmp_path: Path
) -> None:
    template, files, right = prepared
    shutil.copytree(template, tmp_path / "ws")
    other = tmp_path / "另一处"
    other.mkdir()
    (other / "4.csv").write_text(
        "\n".join((HEAD, *(f"2021-{m:02d},CN,原盐,产量,level,{400 + m},万吨,合成,,国家统计局," for m in range(3, 13)))),
        encoding="utf-8",
    )
    for folder in (files, other):
        nursery.begin(tmp_path / "ws", folder)
    children = [nursery.child() for _ in range(2)]
    for child in children:
        child.go()
    for child in children:
        child.done()
    workspace = flow.Workspace.at(tmp_path / "ws")
    sha = hashlib.sha256((other / "4.csv").read_bytes()).hexdigest()
    held = Counter(s for s, _ in rows_of_files(workspace, right | {sha: 10}).elements())
    assert held == right | {sha: 10}
    check_archive(workspace)
    moments = [f.known_at for f in archived(workspace.layout.raw)]
    assert moments == sorted(set(moments))
