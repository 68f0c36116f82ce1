"""A customs export above the limit goes in batch by batch: the same figures as row by row, all of them or none."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from qinggong import flow
from qinggong.cli import app
from qinggong.intake import listed
from qinggong.sources import customs
from qinggong.sources.freeze import archived
from qinggong.store.base import Observation
from qinggong.store.delta import DeltaStore

HEADER = "数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,注册地编码,注册地名称,第一数量,第一计量单位,美元,"
LINES = 120_000
FIRST = 200
BAD = 90_000
NAME = "合成的出口明细.csv"
NOON = dt.datetime(2026, 12, 1, 4, 0, tzinfo=dt.UTC)
KILLED = """
import os, sys
from pathlib import Path
from qinggong import flow
from qinggong.store.delta import DeltaStore
DeltaStore._commit = lambda *_: os._exit(9)
flow.ingest(flow.Workspace.at(sys.argv[1]), [Path(sys.argv[2])])
"""


def line(i: int) -> str:
    """No two lines of one goods code, partner, province and month."""
    month, goods, partner = 1 + i % 12, 94010000 + i // 12 % 100, 101 + i // 1200
    amount = "坏" if i == BAD else f'"{1 + i * 7919 % 9_999_999:,}"'
    return f'2025{month:02d},{goods},"合成商品,第{i % 97}种",{partner},合成伙伴,44,广东省,"{1 + i:,}",千克,{amount},'


def export(path: Path, count: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join((HEADER, *map(line, range(count)), "")).encode("gb18030"))
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = export(tmp_path_factory.mktemp("large") / NAME, LINES)
    assert path.stat().st_size >= customs.BULK_BYTES
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the bundled figures only."""
    workspace = flow.Workspace.at(tmp_path_factory.mktemp("empty") / "ws", make=True)
    flow.ingest(workspace, [])
    return workspace.layout.root


@pytest.fixture
def workspace(empty: Path, tmp_path: Path) -> flow.Workspace:
    shutil.copytree(empty, tmp_path / "ws")
    return flow.Workspace.at(tmp_path / "ws")


def parts(workspace: flow.Workspace) -> list[Path]:
    return sorted(workspace.layout.store.glob("bulk-*"))


def plain(observations: list[Observation]) -> list[Observation]:
    """Without the marks of the file itself."""
    same = [dataclasses.replace(o, raw_sha256="", known_at=NOON) for o in observations]
    return sorted(same, key=lambda o: (o.row, o.series))


def small_batches(monkeypatch: pytest.MonkeyPatch, *, stop_after: int = 0) -> list[int]:
    """Make the reader give several batches of the file; their lines."""
    real, seen = customs.stream, list[int]()

    def stream(path: Path, **options: Any) -> Iterator[customs.Batch]:
        for batch in real(path, batch=25_000, **options):
            yield batch
            seen.append(batch.lines)
            if len(seen) == stop_after:
                raise RuntimeError("interrupted")

    monkeypatch.setattr(customs, "stream", stream)
    return seen


def test_the_same_as_row_by_row_once_and_again_and_from_the_archive(
    workspace: flow.Workspace, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(*_: object) -> NoReturn:
        raise AssertionError("a large file is not parsed into rows")

    seen = small_batches(monkeypatch)
    before, version = workspace.store.count(), workspace.store.version
    shapes = [dataclasses.replace(s, parse=parse) if s.id == customs.SHAPE.id else s for s in workspace.shapes]
    with monkeypatch.context() as context:
        context.setitem(workspace.__dict__, "shapes", tuple(shapes))
        (done,) = flow.ingest(workspace, [large], now=NOON)
    assert len(seen) > 2
    assert (done.added, done.repeated, done.blank, done.known_file) == (2 * (LINES - 1), 0, 0, False)
    assert [(f.rule, f.row, f.value) for f in done.findings] == [("not-a-number", BAD + 2, "坏")]
    assert [n.finding.row for n in listed(workspace, file=NAME)] == [BAD + 2]
    assert "120000行" in done.recognised
    assert (workspace.store.count(), workspace.store.version) == (before + done.added, version + 1)
    assert len(parts(workspace)) == len(seen)

    other = flow.Workspace.at(tmp_path / "other", make=True)
    (rows,) = flow.ingest(other, [export(tmp_path / "first" / NAME, FIRST)], now=NOON)
    assert rows.added == 2 * FIRST
    by_rows = [o for o in other.store.everything() if o.raw_sha256 == rows.sha256]
    series = {(o.series.subject_key, o.series.region, o.series.indicator) for o in by_rows}
    in_bulk = workspace.store.of_series(series)
    wanted = {(o.series, o.period) for o in by_rows}
    assert plain([o for o in in_bulk if (o.series, o.period) in wanted]) == plain(by_rows)

    version = workspace.store.version
    (again,) = flow.ingest(workspace, [large])
    assert (again.added, again.repeated, again.known_file) == (0, done.added, True)
    assert (again.findings, again.blank, again.recognised) == (done.findings, done.blank, done.recognised)
    assert workspace.store.version == version
    assert [n.state for n in listed(workspace, file=NAME)] == ["open"]

    checked = CliRunner().invoke(app, ["replay", "--check", "--workspace", str(workspace.layout.root)])
    assert (checked.exit_code, "内容相同" in checked.stdout) == (0, True)
    shutil.rmtree(workspace.layout.store)
    made = flow.replay(flow.Workspace.at(workspace.layout.root))
    assert (made.replaced, made.rows) == (True, before + done.added)


def test_an_interruption_between_two_parts_leaves_nothing(
    workspace: flow.Workspace, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, version = workspace.store.count(), workspace.store.version
    with monkeypatch.context() as context:
        small_batches(context, stop_after=2)
        with pytest.raises(RuntimeError, match="interrupted"):
            flow.ingest(workspace, [large])
    assert (workspace.store.count(), workspace.store.version, parts(workspace)) == (before, version, [])


def test_a_kill_before_the_commit_leaves_nothing_visible_and_a_rerun_completes_it(
    workspace: flow.Workspace, large: Path
) -> None:
    before, version = workspace.store.count(), workspace.store.version
    command = [sys.executable, "-c", KILLED, str(workspace.layout.root), str(large)]
    assert subprocess.run(command, check=False).returncode == 9
    orphans = parts(workspace)
    assert orphans
    assert (workspace.store.count(), workspace.store.version) == (before, version)
    (done,) = flow.ingest(workspace, [large])
    assert workspace.store.count() == before + done.added == before + 2 * (LINES - 1)
    assert not {p.name for p in orphans} & {p.name for p in parts(workspace)}
    assert flow.replay(workspace, check=True).same


def test_a_file_that_breaks_off_stays_out_as_a_whole(workspace: flow.Workspace, large: Path, tmp_path: Path) -> None:
    path = tmp_path / "torn" / NAME
    path.parent.mkdir()
    path.write_bytes(large.read_bytes() + b"1" * (3 << 20))
    before = workspace.store.count()
    (done,) = flow.ingest(workspace, [path])
    assert ([f.rule for f in done.findings], done.added) == (["unreadable-file"], 0)
    assert (workspace.store.count(), parts(workspace)) == (before, [])
    assert flow.replay(workspace, check=True).same


def test_of_two_writers_of_one_file_the_second_adds_nothing(
    workspace: flow.Workspace, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked for the transaction before either commits."""
    frozen = archived(workspace.layout.raw)[0]
    origin = customs.Origin(NAME, frozen.sha256, NOON)
    one, other = workspace.store, DeltaStore(workspace.layout.store)
    stale = other._made()
    added = one.append_parts((b.relation for b in customs.stream(large, origin=origin)), transaction="t")
    count = one.count()
    made = [stale]
    monkeypatch.setattr(other, "holds", lambda _: False)
    monkeypatch.setattr(other, "_made", lambda: made.pop() if len(made) > 1 else DeltaStore(other.folder)._made())
    made += [stale, stale]  # the first for the part, the second for the commit
    assert other.append_parts((b.relation for b in customs.stream(large, origin=origin)), transaction="t") is None
    assert (one.count(), added) == (count, 2 * (LINES - 1))
    assert len(parts(workspace)) == 1
    assert one.append_parts(iter(()), transaction="t") is None
    assert one.append_parts(iter(()), transaction="nothing") == 0
