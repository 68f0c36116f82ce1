"""Faults of disk, process and clock: what was committed stays readable and right, and the error says what to do.

Where a fault belongs to a process (a limit on files, a lost right, a kill) it is made in a child of its own.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from deltalake import DeltaTable

from qinggong import flow
from qinggong.periods import month
from qinggong.sources.freeze import archived
from qinggong.store import layout, log, table
from qinggong.store.base import Observation, SeriesKey, StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.files import connect, listed, source

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and rights of POSIX")

SALT = SeriesKey("product", "raw_salt", "nbs", "CN", "output", "level", "published", "month", "万吨")
KNOWN = dt.datetime(2024, 9, 14, 2, 0, tzinfo=dt.UTC)
DAY = dt.date(2024, 9, 14)
HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"
CHILD = """
import datetime as dt, os, sys
from pathlib import Path
from qinggong.periods import month
from qinggong.store import files
from qinggong.store.base import Observation, SeriesKey, StoreError
from qinggong.store.delta import DeltaStore

def rows(number, count):
    known = dt.datetime(2024, 9, 14, 2, 0, tzinfo=dt.UTC) + dt.timedelta(hours=number)
    return [
        Observation(
            SeriesKey("product", f"goods {n}", "nbs", "CN", "output", "level", "published", "month", "万吨"),
            month(2024, 8), n / 7, str(n / 7), "万吨", "published", dt.date(2024, 9, 14), "stated", known, "国家统计局",
            "file", f"file {number}", n, f"citation {n * 7919}", "",
        )
        for n in range(count)
    ]

store = DeltaStore(Path(sys.argv[1]))
"""


def child(code: str, *folders: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD + code, *map(str, folders)], capture_output=True, encoding="utf-8", check=False,
        timeout=100, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def observation(number: int, value: float = 512.3) -> Observation:
    return Observation(
        SALT, month(2024, 8), value, str(value), "万吨", "published", DAY + dt.timedelta(days=number), "stated",
        KNOWN + dt.timedelta(hours=number), "国家统计局", "file", f"file {number}", 2, "", "",
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> DeltaStore:
    made = DeltaStore(tmp_path / "观测 表")
    for number in range(2):
        made.append([observation(number, 500.0 + number)], transaction=str(number))
    return made


def files_in(store: DeltaStore) -> list[str]:
    return sorted(path.name for path in store.folder.iterdir())


# -------------------------------------------------------------------------------------------------------- the disk


def test_a_full_disk_leaves_the_table_as_it_was(store: DeltaStore) -> None:
    """The limit on the size of a file is a disk that is full after 20 kB; three ways of writing meet it."""
    code = """
import resource
from qinggong.store.rows import relation_of

def sizes():
    return sorted((path.name, path.stat().st_size) for path in store.folder.rglob("*"))

def parts():
    connection = files.connect()
    return store.append_parts([relation_of(rows(7, n), connection) for n in (10, 4000)], transaction="7")

store.append(rows(8, 4000), transaction="8")
for way in (lambda: store.append(rows(7, 4000), transaction="7"), parts, store.compact):
    before = store.count(), sizes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    try:
        way()
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print((store.count(), sizes()) == before, store.holds("7"))
print(store.append(rows(7, 4000), transaction="7"), store.compact().done, store.count())
"""
    done = child(code, store.folder)
    assert done.returncode == 0, done.stderr
    *said, last = done.stdout.splitlines()
    assert len(said) == 6 and last == "True True 8002"
    for message, state in zip(said[::2], said[1::2], strict=True):
        assert str(store.folder) in message and "已入库的数据不受影响" in message
        assert "磁盘已满或文件大小受限，请腾出空间后重试" in message
        assert state == "True False"
    assert store.verify().sound and store.count() == 8002


def test_a_disk_that_is_full_for_the_log_undoes_the_data_file(
    store: DeltaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = files_in(store)
    with monkeypatch.context() as patch:
        patch.setattr(table.Table, "_write_log", full)
        with pytest.raises(StoreError, match=r"磁盘已满.*请腾出空间后重试"):
            store.append([observation(3)], transaction="3")
    assert files_in(store) == before
    assert store.append([observation(3)], transaction="3")
    assert store.verify().damages == ()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder whose parents every user may pass, which those of the usual place need not be."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_folder_that_may_only_be_read_is_read(store: DeltaStore, open_folder: Path) -> None:
    store.compact()
    shutil.copytree(store.folder, open_folder / "观测 表")
    store = DeltaStore(open_folder / "观测 表")
    before = files_in(store)
    closed = store.folder.with_name("closed")
    shutil.copytree(store.folder, closed)
    closed.chmod(0o700 if os.geteuid() == 0 else 0)
    for path in (store.folder, store.folder / log.FOLDER, *store.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    code = """
import deltalake, duckdb, numpy
store.latest(), store.read(store.blocks(1)[0])
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(len(store.everything()), store.read(store.blocks(1)[0])[0].values.tolist(), store.verify().sound)
closed = DeltaStore(Path(sys.argv[2]))
for ask in (closed.count, closed.verify):
    try:
        ask()
    except StoreError as error:
        print(error)
for ask in (lambda: store.append(rows(7, 3), transaction="7"), store.compact, DeltaStore(store.folder / "new").compact,
            lambda: DeltaStore(store.folder / "new").append(rows(7, 3), transaction="7")):
    try:
        print(ask().done)
    except StoreError as error:
        print(error)
"""
    done = child(code, store.folder, closed)
    for path in (store.folder, store.folder / log.FOLDER, closed):
        path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    read, *refused, appended, merged, none, made = done.stdout.splitlines()
    assert len(refused) == 2
    assert all(str(closed) in line and "请检查文件夹的读取权限" in line for line in refused)
    assert read == "2 [[501.0]] True"
    assert "没有写入权限，请更改权限或换一个位置后重试" in appended and str(store.folder) in appended
    assert (merged, none) == ("False", "False")  # nothing to merge
    assert "没有写入权限" in made
    assert files_in(store) == before


# ------------------------------------------------------------------------------------------------------ the process


def test_a_writer_killed_before_its_commit_leaves_an_orphan_only(store: DeltaStore) -> None:
    before = store.everything()
    code = "DeltaStore._commit = lambda *_: os.kill(os.getpid(), 9)\nstore.append(rows(7, 50), transaction='7')"
    assert child(code, store.folder).returncode == -9
    assert store.everything() == before and not store.holds("7")
    found = store.verify()
    assert found.sound
    (orphan,) = found.damages
    assert (orphan.kind, orphan.harmless) == ("orphan", True)
    assert "qinggong store vacuum" in orphan.remedy
    assert child("store.append(rows(7, 50), transaction='7')", store.folder).returncode == 0
    assert store.count() == len(before) + 50
    assert store.vacuum(keep=dt.timedelta(0), force=True).deleted == (orphan.file,)
    assert store.verify().damages == ()


def test_a_writer_killed_within_a_file_leaves_a_hidden_part_only(store: DeltaStore) -> None:
    before = store.everything()
    code = "files._looked_at = lambda *_: os.kill(os.getpid(), 9)\nstore.append(rows(7, 50), transaction='7')"
    assert child(code, store.folder).returncode == -9
    (orphan,) = store.verify().damages
    assert orphan.file.startswith("_part-") and store.everything() == before
    assert store.vacuum(keep=dt.timedelta(0), force=True).deleted == (orphan.file,)
    assert store.verify().damages == ()


def test_a_compaction_killed_before_its_commit_changes_nothing(store: DeltaStore) -> None:
    before = store.everything()
    code = "DeltaStore._replace = lambda *_: os.kill(os.getpid(), 9)\nstore.compact()"
    assert child(code, store.folder).returncode == -9
    assert store.everything() == before
    assert [d.kind for d in store.verify().damages] == ["orphan"]
    assert store.compact().done
    assert store.everything() == before


# -------------------------------------------------------------------------------------------------------- the clock


def test_a_clock_set_back_deletes_nothing_that_is_in_use(store: DeltaStore) -> None:
    """Merged under a clock three days slow, cleaned under the right one: the files still count as just merged."""
    (block,) = store.blocks(1)
    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(days=3)):
        assert store.append([observation(3)], transaction="3")
        assert store.compact().done
        assert store.count() == 3
    for path in store.folder.glob("*.parquet"):
        os.utime(path, (0, 0))
    assert store.vacuum(keep=dt.timedelta(days=1)).deleted == ()
    assert store.read(block)[0].values.tolist() == [[501.0]]
    assert store.verify().sound


def test_known_at_never_decreases_when_the_clock_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known at a moment stays what it was, though later files come under an earlier clock."""
    without_bundled(monkeypatch)
    workspace = flow.Workspace.at(tmp_path / "ws", make=True)
    noon = dt.datetime(2026, 12, 1, 4, 0, tzinfo=dt.UTC)
    answers = []
    for number, hours in enumerate((0, -30, -60)):
        content = f"{HEAD}\n2024-08,CN,原盐,产量,level,{500 + number}.0,万吨,8月份,2024-09-{14 + number},国家统计局,\n"
        path = tmp_path / f"{number}.csv"
        path.write_text(content, encoding="utf-8")
        (done,) = flow.ingest(workspace, [path], now=noon + dt.timedelta(hours=hours))
        assert done.added == 1
        moment = max(f.known_at for f in archived(workspace.layout.raw))
        answers.append((moment, workspace.store.as_of(dt.date(2025, 1, 1)).observations))
    moments = [moment for moment, _ in answers]
    assert moments == sorted(set(moments))
    for moment, then in answers:
        assert workspace.store.as_of(dt.date(2025, 1, 1), known=moment).observations == then
    salt = [o for o in answers[-1][1] if o.series.subject == "raw_salt" and o.period == month(2024, 8)]
    assert [o.value for o in salt if o.series.measure == "level"] == [502.0]


# ------------------------------------------------------------------------------------------------------ two writers


def test_two_writers_of_one_month_both_land(store: DeltaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have opened the same version when they commit; the rule says which figure counts."""
    real, both = table.Table._write_log, threading.Barrier(2, timeout=60)
    met = []

    def together(self: table.Table, opened: DeltaTable, *arguments: object) -> None:
        if len(met) < 2:
            met.append(opened.version())
            both.wait()
        real(self, opened, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(table.Table, "_write_log", together)
    landed: dict[str, bool] = {}

    def write(name: str, value: float, row: int) -> None:
        one = Observation(
            SALT, month(2024, 9), value, str(value), "万吨", "published", DAY, "stated", KNOWN, name, "file", name, row,
            "", "",
        )  # fmt: skip
        landed[name] = DeltaStore(store.folder).append([one], transaction=name)

    writers = [threading.Thread(target=write, args=a) for a in (("国家统计局", 9.0, 3), ("工业和信息化部", 8.0, 2))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=100)
    assert met == [2, 2]
    assert landed == {"国家统计局": True, "工业和信息化部": True}
    assert [o.value for o in store.series_as_of(SALT)] == [501.0, 9.0]
    assert len(store.history(SALT)) == 4
    assert store.verify().damages == ()


def test_of_two_writers_of_one_file_one_lands(store: DeltaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real, both = table.Table._write_log, threading.Barrier(2, timeout=60)
    met = []

    def together(self: table.Table, opened: DeltaTable, *arguments: object) -> None:
        if len(met) < 2:
            met.append(opened.version())
            both.wait()
        real(self, opened, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(table.Table, "_write_log", together)
    landed: list[bool] = []
    writers = [
        threading.Thread(
            target=lambda: landed.append(DeltaStore(store.folder).append([observation(5)], transaction="one file"))
        )
        for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=100)
    assert (met, sorted(landed)) == ([2, 2], [False, True])
    assert store.count() == 3
    assert store.verify().damages == ()  # the file of the one that lost is gone


# --------------------------------------------------------------------------------------------- damage, and mending it


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three files of the user and without the bundled figures, so that a replay is quick."""
    folder = tmp_path_factory.mktemp("faults")
    workspace = flow.Workspace.at(folder / "ws", make=True)
    for number in range(3):
        path = folder / f"{number}.csv"
        lines = [f"2024-{m:02d},CN,原盐,产量,level,{400 + m}.{number},万吨,合成,,国家统计局," for m in range(3, 12)]
        path.write_text("\n".join((HEAD, *lines[number * 3 : number * 3 + 3], "")), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            without_bundled(patch)
            flow.ingest(workspace, [path])
    return workspace.layout.root


def without_bundled(patch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("qinggong.intake.ingest")
    patch.setattr(module, "ingest_bundled", lambda *_, **__: [])


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> flow.Workspace:
    shutil.copytree(template, tmp_path / "ws")
    return flow.Workspace.at(tmp_path / "ws")


def mended(workspace: flow.Workspace, before: list[Observation], *, force: bool = False) -> None:
    """``replay`` brings every row back, and the table is sound."""
    done = flow.replay(flow.Workspace.at(workspace.layout.root), force=force)
    assert done.replaced
    again = flow.Workspace.at(workspace.layout.root).store
    assert again.everything() == before
    assert again.verify().damages == ()


def test_a_truncated_file_is_named_found_and_mended(workspace: flow.Workspace) -> None:
    store = workspace.store
    before = store.everything()
    largest = max(listed(DeltaTable(str(store.folder))), key=lambda f: f.rows or 0)
    path = store.folder / largest.name
    path.write_bytes(path.read_bytes()[: largest.size // 2])
    with pytest.raises(StoreError, match=f"{largest.name}.*应有{largest.size}字节.*store verify.*replay"):
        store.latest()
    found = store.verify()
    assert [(d.kind, d.file) for d in found.damages] == [("data", largest.name)] and not found.sound
    mended(workspace, before)


def test_a_changed_figure_is_found_and_mended(workspace: flow.Workspace) -> None:
    """The file can be read and the table opens; only the sum of its bytes tells. Replay asks before it drops a row."""
    store = workspace.store
    before = store.everything()
    file = max(listed(DeltaTable(str(store.folder))), key=lambda f: f.size)
    with connect() as connection:
        rows = f"SELECT * REPLACE (value + 1 AS value) FROM {source(store.folder, [file])}"
        forged = store.folder / "forged.parquet"
        connection.sql(rows).write_parquet(str(forged), compression="zstd", row_group_size=layout.ROW_GROUP)
    content = forged.read_bytes()
    forged.unlink()
    (store.folder / file.name).write_bytes(content)
    entry = next(p for p in (store.folder / log.FOLDER).glob("*.json") if file.name in p.read_text(encoding="utf-8"))
    text = entry.read_text(encoding="utf-8").replace(f'"size":{file.size}', f'"size":{len(content)}')
    entry.write_text(text, encoding="utf-8")
    assert store.everything() != before
    (damage,) = store.verify().damages
    assert (damage.kind, damage.file, "replay --force" in damage.remedy) == ("content", file.name, True)
    done = flow.replay(flow.Workspace.at(workspace.layout.root))
    assert done.lost and not done.replaced
    mended(workspace, before, force=True)


@pytest.mark.parametrize("fault", ["missing", "torn", "emptied"])
def test_a_log_entry_that_is_gone_is_named_found_and_mended(workspace: flow.Workspace, fault: str) -> None:
    store = workspace.store
    before = store.everything()
    entry = store.folder / log.FOLDER / log.entry_name(2)
    if fault == "missing":
        entry.unlink()
    else:
        entry.write_bytes(entry.read_bytes()[:90] if fault == "torn" else b"")
    assert ("log", f"{log.FOLDER}/{entry.name}") in [(d.kind, d.file) for d in store.verify().damages]
    if fault != "emptied":  # the table opens without its rows: only a verification tells
        for ask in (store.latest, store.count, lambda: store.append([observation(1)], transaction="1")):
            with pytest.raises(StoreError, match=f"{entry.name}.*从备份恢复.*replay"):
                ask()
    mended(workspace, before)


def test_a_data_file_that_is_gone_is_named_found_and_mended(workspace: flow.Workspace) -> None:
    store = workspace.store
    before = store.everything()
    store.compact()
    (file,) = listed(DeltaTable(str(store.folder)))
    (store.folder / file.name).unlink()
    with pytest.raises(StoreError, match=f"{file.name}.*不见了"):
        store.read(store.blocks(1)[0])
    assert [(d.kind, d.file) for d in store.verify().damages] == [("data", file.name)]
    mended(workspace, before)


def test_series_of_other_files_stay_readable(tmp_path: Path) -> None:
    """One of two files is torn; the series that lie in the other are answered."""
    store = DeltaStore(tmp_path)
    for number, subject in enumerate(("raw_salt", "beer")):
        key = SeriesKey("product", subject, "nbs", "CN", "output", "level", "published", "month", "万吨")
        o = observation(number)
        store.append([Observation(key, *(getattr(o, f) for f in o.__dataclass_fields__ if f != "series"))],
                     transaction=str(number))  # fmt: skip
    broken, whole = sorted(listed(DeltaTable(str(tmp_path))), key=lambda f: f.written)
    (tmp_path / broken.name).write_bytes(b"PAR1")
    beer = SeriesKey("product", "beer", "nbs", "CN", "output", "level", "published", "month", "万吨")
    assert [o.value for o in store.series_as_of(beer)] == [512.3]
    assert whole.rows == 1
    with pytest.raises(StoreError, match=broken.name):
        store.series_as_of(SALT)
