"""A customs export above the limit goes in batch by batch: the same figures as row by row, all of them or none."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from qinggong import flow
from qinggong.intake import accept, bulk_comparison, listed
from qinggong.sources import customs
from qinggong.sources.freeze import archived
from qinggong.store.base import Observation
from qinggong.store.delta import DeltaStore
from qinggong.validate import Finding

HEADER = (
    "数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,注册地编码,注册地名称,第一数量,第一计量单位,"
    "第二数量,第二计量单位,美元,"
)
LINES = 3_000
FIRST = 200
BAD = 2_000
LIMIT = 64 << 10
"""A large file in these tests; the real limit is higher."""
NAME = "合成的出口明细.csv"
NOON = dt.datetime(2026, 12, 1, 4, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 12, 2, 4, 0, tzinfo=dt.UTC)
KILLED = """
import os, sys
from pathlib import Path
from qinggong import flow
from qinggong.sources import customs
from qinggong.store.delta import DeltaStore
customs.BULK_BYTES = int(sys.argv[3])
DeltaStore._commit = lambda *_: os._exit(9)
flow.ingest(flow.Workspace.at(sys.argv[1]), [Path(sys.argv[2])])
"""


@pytest.fixture(autouse=True)
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customs, "BULK_BYTES", LIMIT)


def line(i: int, *, amount: str = "") -> str:
    """No two lines of one goods code, partner, province and month."""
    month, goods, partner = 1 + i % 12, 94010000 + i // 12 % 100, 101 + i // 1200
    amount = amount or ("坏" if i == BAD else f'"{1 + i * 7919 % 9_999_999:,}"')
    return (
        f'2025{month:02d},{goods},"合成商品,第{i % 97}种",{partner},合成伙伴,44,广东省,"{1 + i:,}",千克,{2 + i},个,'
        f"{amount},"
    )


def export(path: Path, lines: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join((HEADER, *lines, "")).encode("gb18030"))
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = export(tmp_path_factory.mktemp("large") / NAME, [line(i) for i in range(LINES)])
    assert path.stat().st_size >= LIMIT
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


@pytest.fixture
def by_rows(empty: Path, tmp_path: Path) -> flow.Workspace:
    """A second workspace, for the same files row by row."""
    shutil.copytree(empty, tmp_path / "rows")
    return flow.Workspace.at(tmp_path / "rows")


def parts(workspace: flow.Workspace) -> list[Path]:
    return sorted(workspace.layout.store.glob("bulk-*"))


def plain(observations: list[Observation]) -> list[Observation]:
    """Without the marks of the file itself."""
    same = [dataclasses.replace(o, raw_sha256="", known_at=NOON) for o in observations]
    return sorted(same, key=lambda o: (o.row, o.series))


def goods(workspace: flow.Workspace) -> list[Observation]:
    return plain([o for o in workspace.store.everything() if o.series.subject.startswith("hs.")])


def small_batches(monkeypatch: pytest.MonkeyPatch, *, stop_in: int = 0) -> list[list[int]]:
    """Make the reader give several batches; for each reading of a file their lines."""
    real, seen = customs.stream, list[list[int]]()

    def stream(path: Path, **options: Any) -> Iterator[customs.Batch]:
        seen.append([])
        reading = len(seen)
        for batch in real(path, batch=900, **options):
            yield batch
            seen[-1].append(batch.lines)
            if reading == stop_in and len(seen[-1]) == 2:
                raise RuntimeError("interrupted")

    monkeypatch.setattr(customs, "stream", stream)
    return seen


def test_the_same_as_row_by_row_once_and_again_and_from_the_archive(
    workspace: flow.Workspace, by_rows: flow.Workspace, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a large file is not parsed into rows")

    seen = small_batches(monkeypatch)
    before, version = workspace.store.count(), workspace.store.version
    with monkeypatch.context() as context:
        context.setattr(customs, "parse_export", parse)
        (done,) = flow.ingest(workspace, [large], now=NOON)
    assert [len(batches) > 2 for batches in seen] == [True, True]
    assert seen[0] == seen[1]
    assert (done.added, done.repeated, done.blank, done.known_file) == (3 * (LINES - 1), 0, 0, False)
    assert [(f.rule, f.row, f.value) for f in done.findings] == [("not-a-number", BAD + 2, "坏")]
    assert [n.finding.row for n in listed(workspace, file=NAME)] == [BAD + 2]
    assert f"{LINES}行" in done.recognised
    assert (workspace.store.count(), workspace.store.version) == (before + done.added, version + 1)
    assert len(parts(workspace)) == len(seen[1])

    monkeypatch.setattr(customs, "BULK_BYTES", 1 << 30)
    (rows,) = flow.ingest(by_rows, [export(tmp_path / "first" / NAME, [line(i) for i in range(FIRST)])], now=NOON)
    assert rows.added == 3 * FIRST
    by_row = [o for o in by_rows.store.everything() if o.raw_sha256 == rows.sha256]
    series = {(o.series.subject_key, o.series.region, o.series.indicator) for o in by_row}
    in_bulk = workspace.store.of_series(series)
    wanted = {(o.series, o.period) for o in by_row}
    assert plain([o for o in in_bulk if (o.series, o.period) in wanted]) == plain(by_row)
    monkeypatch.setattr(customs, "BULK_BYTES", LIMIT)

    version = workspace.store.version
    (again,) = flow.ingest(workspace, [large])
    assert (again.added, again.repeated, again.known_file) == (0, done.added, True)
    assert (again.findings, again.blank, again.recognised) == (done.findings, done.blank, done.recognised)
    assert workspace.store.version == version
    assert [n.state for n in listed(workspace, file=NAME)] == ["open"]
    assert not list(workspace.layout.root.glob(".bulk-*"))

    shutil.rmtree(workspace.layout.store)
    made = flow.replay(flow.Workspace.at(workspace.layout.root))
    assert (made.replaced, made.rows) == (True, before + done.added)


@pytest.mark.parametrize("reading", [1, 2])
def test_an_interruption_between_two_parts_leaves_nothing(
    workspace: flow.Workspace, large: Path, monkeypatch: pytest.MonkeyPatch, reading: int
) -> None:
    before, version = workspace.store.count(), workspace.store.version
    with monkeypatch.context() as context:
        small_batches(context, stop_in=reading)
        with pytest.raises(RuntimeError, match="interrupted"):
            flow.ingest(workspace, [large])
    assert (workspace.store.count(), workspace.store.version, parts(workspace)) == (before, version, [])
    assert not list(workspace.layout.root.glob(".bulk-*"))


def test_a_kill_before_the_commit_leaves_nothing_visible_and_a_rerun_completes_it(
    workspace: flow.Workspace, large: Path
) -> None:
    before, version = workspace.store.count(), workspace.store.version
    command = [sys.executable, "-c", KILLED, str(workspace.layout.root), str(large), str(LIMIT)]
    assert subprocess.run(command, check=False).returncode == 9
    orphans = parts(workspace)
    assert orphans
    assert list(workspace.layout.root.glob(".bulk-*"))
    assert (workspace.store.count(), workspace.store.version) == (before, version)
    (done,) = flow.ingest(workspace, [large])
    assert workspace.store.count() == before + done.added == before + 3 * (LINES - 1)
    assert not {p.name for p in orphans} & {p.name for p in parts(workspace)}
    assert not list(workspace.layout.root.glob(".bulk-*"))


def test_a_file_that_breaks_off_stays_out_as_a_whole(workspace: flow.Workspace, large: Path, tmp_path: Path) -> None:
    path = tmp_path / "torn" / NAME
    path.parent.mkdir()
    path.write_bytes(large.read_bytes() + b"1" * (3 << 20))
    before = workspace.store.count()
    (done,) = flow.ingest(workspace, [path])
    assert ([f.rule for f in done.findings], done.added) == (["unreadable-file"], 0)
    assert (workspace.store.count(), parts(workspace)) == (before, [])


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
    assert (one.count(), added) == (count, 3 * (LINES - 1))
    assert len(parts(workspace)) == 1
    assert one.append_parts(iter(()), transaction="t") is None
    assert one.append_parts(iter(()), transaction="nothing") == 0


# ------------------------------------------------------------------------------------- against what is stored

Told = list[tuple[str, str, int, str, str, str]]


def told(findings: Sequence[Finding]) -> Told:
    """What a finding says of a figure, without the wording of its advice."""
    return sorted(
        (f.rule, f.severity, f.row, f.period, f.value, f.expected) for f in findings if f.rule != "unmapped-series"
    )


def in_both(
    workspace: flow.Workspace, by_rows: flow.Workspace, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Any, Any]]:
    """Take one file in as a large one and row by row."""

    def ingest(path: Path, **options: Any) -> tuple[Any, Any]:
        monkeypatch.setattr(customs, "BULK_BYTES", 0)
        (large,) = flow.ingest(workspace, [path], **options)
        monkeypatch.setattr(customs, "BULK_BYTES", 1 << 30)
        (small,) = flow.ingest(by_rows, [path], **options)
        return large, small

    return ingest


def lines(count: int, **changed: str) -> list[str]:
    """Lines with other amounts, by number: ``_3="1"``."""
    return [line(i, amount=changed.get(f"_{i}", "")) for i in range(count)]


def test_a_later_query_of_the_same_day_contradicts_as_it_does_row_by_row(
    workspace: flow.Workspace, by_rows: flow.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = in_both(workspace, by_rows, monkeypatch)
    ingest(export(tmp_path / "a" / NAME, lines(50)), now=NOON)
    changed = export(tmp_path / "b" / NAME, lines(60, _3="1", _7='"1,000,000"'))
    large, small = ingest(changed, now=LATER)
    assert told(large.findings) == told(small.findings)
    assert [(f.rule, f.row) for f in large.findings] == [("contradiction", 5), ("contradiction", 9)]
    assert "库中已有另一个数值" in large.findings[0].message and "--vintage" in large.findings[0].advice
    assert (large.added, large.repeated) == (small.added, small.repeated) == (30, 148)
    assert goods(workspace) == goods(by_rows)
    (again, _) = ingest(changed, now=LATER)
    assert (again.added, again.known_file, told(again.findings)) == (0, True, told(large.findings))

    (noted, *_) = [n for n in listed(workspace, only_open=True) if n.finding.row == 5]
    monkeypatch.setattr(customs, "BULK_BYTES", 0)
    (taken,) = accept(workspace, [noted.id], reason="已核对").taken
    assert (taken.added, [f.row for f in taken.findings]) == (1, [9])
    assert flow.replay(workspace, check=True).same


def test_a_dated_query_revises_and_a_large_revision_is_doubted(
    workspace: flow.Workspace, by_rows: flow.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = in_both(workspace, by_rows, monkeypatch)
    ingest(export(tmp_path / "a" / NAME, lines(50)), now=NOON)
    slightly = f'"{round((1 + 3 * 7919) * 1.01):,}"'
    revised = export(tmp_path / "b" / NAME, lines(50, _3=slightly, _7='"1,000,000"'))
    large, small = ingest(revised, now=LATER, vintage="2026-11-30")
    assert told(large.findings) == told(small.findings)
    assert [(f.rule, f.severity, f.row) for f in large.findings] == [("large-revision", "warning", 9)]
    assert (large.added, small.added) == (150, 150)
    assert goods(workspace) == goods(by_rows)
    key = ("hs.94010000.p101", "2025-04", "exports_usd")

    def value(day: dt.date) -> tuple[float | None, str, str]:
        (found,) = [
            o for o in workspace.store.as_of(day).observations
            if (o.series.subject, o.period.code, o.series.indicator) == key
        ]  # fmt: skip
        return found.value, found.published_at_basis, found.citation

    assert value(dt.date(2026, 11, 29)) == ((1 + 3 * 7919) / 1e8, "calendar", "海关统计数据在线查询：出口（美元）")
    assert value(dt.date(2026, 11, 30)) == (
        round((1 + 3 * 7919) * 1.01) / 1e8, "stated", "海关统计数据在线查询（2026-11-30查询）：出口（美元）"
    )  # fmt: skip


def test_many_contradictions_are_counted_and_the_first_are_listed(
    workspace: flow.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customs, "BULK_BYTES", 0)
    flow.ingest(workspace, [export(tmp_path / "a" / NAME, lines(400))], now=NOON)
    other = {f"_{i}": '"8,888,888,888"' for i in range(300)}
    (done,) = flow.ingest(workspace, [export(tmp_path / "b" / NAME, lines(400, **other))], now=LATER)
    assert len(done.findings) == bulk_comparison.LISTED + 1
    assert done.findings[-1].row == 0
    assert "另有100个数字" in done.findings[-1].message
    assert (done.added, done.repeated) == (0, 900)


def test_a_figure_given_twice_in_one_file_is_taken_once(
    workspace: flow.Workspace, by_rows: flow.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = in_both(workspace, by_rows, monkeypatch)
    doubled = [*lines(20), line(4), line(6, amount="5"), *lines(30)[20:], line(25, amount="6")]
    large, small = ingest(export(tmp_path / "a" / NAME, doubled), now=NOON)
    assert told(large.findings) == told(small.findings)
    assert [(f.rule, f.row) for f in large.findings] == [("contradiction", 23), ("contradiction", 34)]
    assert "本文件前面已有另一个数值" in large.findings[0].message
    assert (large.added, large.repeated) == (small.added, small.repeated) == (90, 7)
    assert goods(workspace) == goods(by_rows)


def test_both_quantities_of_a_line_enter_in_their_units(
    workspace: flow.Workspace, by_rows: flow.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = in_both(workspace, by_rows, monkeypatch)
    large, small = ingest(export(tmp_path / "a" / NAME, lines(12)), now=NOON)
    assert (large.findings, small.findings) == ((), ())
    assert goods(workspace) == goods(by_rows)
    assert [(o.series.indicator, o.series.unit, o.value) for o in goods(by_rows) if o.row == 2] == [
        ("export_quantity", "个", 2.0),
        ("export_quantity", "千克", 1.0),
        ("exports_usd", "亿美元", 1e-8),
    ]


def test_units_of_the_workspace_itself_are_known(
    workspace: flow.Workspace, by_rows: flow.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = [row.replace("个", "驮") for row in lines(10)]
    ingest = in_both(workspace, by_rows, monkeypatch)
    large, small = ingest(export(tmp_path / "a" / NAME, text), now=NOON)
    assert [(f.rule, f.series) for f in large.findings] == [("unmapped-series", "数量（驮）")]
    assert large.added == small.added == 20
    units = (
        "id: units\ntitle: 自用单位\nsource: 测试\nread_at: 2026-11-21\nvalid_from: 2020-01-01\nentries:\n"
        '  - {code: "驮", name: "驮", name_en: loads, dimension: "count:驮", factor: "1"}\n'
    )
    for one in (workspace, by_rows):
        folder = one.layout.root / "catalogue" / "indicators"
        folder.mkdir(parents=True)
        (folder / "units.yaml").write_text(units, encoding="utf-8")
    one = flow.Workspace.at(workspace.layout.root)
    monkeypatch.setattr(customs, "BULK_BYTES", 0)
    (more,) = flow.ingest(one, [tmp_path / "a" / NAME], now=LATER)
    assert (more.added, more.repeated, more.findings) == (10, 20, ())
    (again,) = flow.ingest(one, [tmp_path / "a" / NAME], now=LATER)
    assert (again.added, again.known_file) == (0, True)
    assert sorted(o.series.unit for o in goods(one) if o.row == 2) == ["亿美元", "千克", "驮"]
