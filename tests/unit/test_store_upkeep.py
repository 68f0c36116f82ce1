"""Merging, cleaning, verifying: nothing is lost, nobody's files are taken away, and every damage is found and named."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from qinggong.periods import month
from qinggong.store import compaction, files, log, table
from qinggong.store.base import Observation, SeriesKey, StoreError
from qinggong.store.compaction import Compacted
from qinggong.store.delta import DeltaStore
from qinggong.store.verify import Damage

SALT = SeriesKey("product", "raw_salt", "nbs", "CN", "output", "level", "published", "month", "万吨")
KNOWN = dt.datetime(2024, 9, 14, 2, 0, tzinfo=dt.UTC)
DAY = dt.date(2024, 9, 14)
NOTHING = dt.timedelta(0)


def rows(number: int, count: int = 20) -> list[Observation]:
    """The rows of a file; each file speaks of the same series and periods."""
    return [
        Observation(
            series=replace(SALT, region=f"{n % 7:02d}"), period=month(2024, 3 + n % 5), value=number + n / 8,
            printed=str(number + n / 8), printed_unit="万吨", status="published",
            published_at=DAY + dt.timedelta(days=number), published_at_basis="stated",
            known_at=KNOWN + dt.timedelta(hours=number), publisher="国家统计局", source="file",
            raw_sha256=f"file {number}", row=n, citation="", url="",
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> DeltaStore:
    """Three files, one commit each."""
    made = DeltaStore(tmp_path / "观测 表")
    for number in range(3):
        made.append(rows(number), transaction=str(number))
    return made


def names(store: DeltaStore) -> list[str]:
    return sorted(path.name for path in store.folder.glob("*.parquet"))


def live(store: DeltaStore) -> list[str]:
    return sorted(f.name for f in files.listed(DeltaTable(str(store.folder))))


# ------------------------------------------------------------------------------------------------------- compact


def test_many_files_become_few_and_say_the_same(store: DeltaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before, old = store.everything(), live(store)
    monkeypatch.setattr(compaction, "ROWS_OF_A_FILE", 30)
    done = store.compact()
    assert done == Compacted(True, 3, 2, 60, store.version)
    assert "3个文件合并为2个" in done.lines[0]
    assert all(name.startswith("sorted-") for name in live(store))
    assert store.everything() == before
    assert set(old) < set(names(store))  # for those who are reading them
    run = sorted(files.listed(DeltaTable(str(store.folder))), key=lambda f: f.low or 0)
    assert (run[0].high or 0) < (run[1].low or 0)
    again = store.compact()
    assert (again.done, again.version, again.lines) == (False, done.version, ["没有需要整理的文件。"])
    assert all(store.holds(str(n)) for n in range(3))
    assert not store.append(rows(1), transaction="1")


def test_an_empty_table_has_nothing_to_merge(tmp_path: Path) -> None:
    assert DeltaStore(tmp_path).compact() == Compacted(False, 0, 0, 0, -1)


def test_small_files_are_merged_with_each_other_first(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    store.append(rows(0, 200), transaction="0")
    store.compact()
    (large,) = live(store)
    for number in (1, 2, 3):
        store.append(rows(number, 10), transaction=str(number))
    before = store.everything()
    assert store.compact(small=True).rows == 30
    assert large in live(store) and len(live(store)) == 2
    assert store.everything() == before
    assert not store.compact(small=True).done
    store.append(rows(4, 60), transaction="4")  # no longer few beside the run: all is merged
    assert store.compact(small=True).rows == 290
    assert len(live(store)) == 1


def test_an_append_meanwhile_is_kept(store: DeltaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real = compaction._check_fingerprints

    def late(*arguments: object) -> None:
        DeltaStore(store.folder).append(rows(7), transaction="7")
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(compaction, "_check_fingerprints", late)
    assert store.compact().done
    assert store.count() == 80
    assert [name[:4] for name in live(store)] == ["rows", "sort"]
    assert store.holds("7")


def test_of_two_compactions_at_once_one_does_nothing(store: DeltaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read the same version; the rows must not be there twice."""
    real, before = compaction._check_fingerprints, store.everything()

    def late(*arguments: object) -> None:
        monkeypatch.setattr(compaction, "_check_fingerprints", real)
        assert DeltaStore(store.folder).compact().done
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(compaction, "_check_fingerprints", late)
    assert not store.compact().done
    assert store.everything() == before
    assert len(live(store)) == 1
    assert store.verify().damages == ()


def test_of_two_compactions_that_commit_at_once_one_does_nothing(
    store: DeltaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second looks, sees nothing of the first, and then the first commits: the log itself keeps them apart."""
    real, before = table.Table._write_log, store.everything()
    other = DeltaStore(store.folder)

    def late(self: table.Table, *arguments: object) -> None:
        if self is store:
            monkeypatch.setattr(table.Table, "_write_log", real)
            assert other.compact().done
        real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(table.Table, "_write_log", late)
    assert not store.compact().done
    assert store.everything() == before
    assert store.verify().damages == ()


def test_a_merge_that_lost_a_row_is_given_up(store: DeltaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real, before, version = table.Table._write, names(store), store.version

    def leaky(self: table.Table, relation: object, **options: object) -> object:
        return real(self, relation.limit(59), **options)  # type: ignore[attr-defined, arg-type]

    monkeypatch.setattr(table.Table, "_write", leaky)
    with pytest.raises(StoreError, match="已放弃整理"):
        store.compact()
    assert (names(store), store.version) == (before, version)


def test_a_file_that_cannot_be_read_stops_the_merge(store: DeltaStore) -> None:
    before, broken = names(store), store.folder / names(store)[1]
    broken.write_bytes(broken.read_bytes()[:-40])
    with pytest.raises(StoreError, match=broken.name):
        store.compact()
    assert names(store) == before


# -------------------------------------------------------------------------------------------------------- vacuum


def aged(store: DeltaStore, days: float) -> None:
    """Make all data files older."""
    for path in store.folder.glob("*.parquet"):
        moment = path.stat().st_mtime - days * 86_400
        os.utime(path, (moment, moment))


def test_recent_versions_keep_their_files(store: DeltaStore) -> None:
    (block,) = store.blocks(1)
    expected = store.read(block)[0].values.tobytes()
    store.append(rows(5), transaction="5")
    store.compact()
    aged(store, 400)  # written long ago, but merged just now
    done = store.vacuum(keep=dt.timedelta(days=1))
    assert (done.deleted, done.size, done.kept) == ((), 0, 4)
    assert done.lines == ["已清理0个文件，共0.0 MB；另有4个旧文件在保留期内，未动。"]
    assert store.read(block)[0].values.tobytes() == expected


def test_files_of_no_recent_version_are_deleted(store: DeltaStore) -> None:
    before, old = store.everything(), live(store)
    store.compact()
    orphan = store.folder / f"bulk-{'0' * 32}-{'0' * 32}.parquet"
    orphan.write_bytes(b"PAR1 half")
    (store.folder / "说明.txt").write_text("not ours", encoding="utf-8")
    aged(store, 9)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=8)):
        done = store.vacuum()
    assert set(done.deleted) == {*old, orphan.name}
    assert names(store) == live(store)
    assert (store.folder / "说明.txt").exists()
    assert store.everything() == before
    assert store.verify().damages == ()
    assert all(store.holds(str(n)) for n in range(3))


def test_a_block_of_a_cleaned_version_says_so(store: DeltaStore) -> None:
    (block,) = store.blocks(1)
    store.compact()
    store.vacuum(keep=NOTHING, force=True)
    with pytest.raises(StoreError, match=r"第3版的文件已清理，请用当前版本重新分块"):
        store.read(block)
    assert store.read(store.blocks(1)[0])


def test_files_of_a_write_under_way_are_left_alone(store: DeltaStore) -> None:
    under_way = store.folder / f"bulk-{'0' * 32}-{'0' * 32}.parquet"
    under_way.write_bytes(b"PAR1")
    assert store.vacuum(keep=dt.timedelta(days=1)).deleted == ()
    assert under_way.exists()
    assert store.vacuum(keep=NOTHING, force=True).deleted == (under_way.name,)


def test_the_retention_has_a_floor_and_a_ceiling(store: DeltaStore) -> None:
    store.compact()
    before = names(store)
    for keep in (NOTHING, dt.timedelta(hours=23)):
        with pytest.raises(StoreError, match="--force"):
            store.vacuum(keep=keep)
    for keep in (dt.timedelta(days=31), dt.timedelta(days=-1)):
        with pytest.raises(StoreError, match="1天至30天"):
            store.vacuum(keep=keep, force=True)
    assert names(store) == before
    assert len(store.vacuum(keep=NOTHING, force=True).deleted) == 3
    assert DeltaStore(store.folder / "nowhere").vacuum().deleted == ()


def test_nothing_is_deleted_by_a_log_that_cannot_be_read(store: DeltaStore) -> None:
    """An emptied entry opens without an error, and its file looks like nobody's."""
    (store.folder / log.FOLDER / log.entry_name(3)).write_bytes(b"")
    aged(store, 400)
    before = names(store)
    with pytest.raises(StoreError, match="日志已损坏"):
        store.vacuum()
    assert names(store) == before


def test_the_log_stays_readable_after_it_was_shortened(store: DeltaStore) -> None:
    before = store.everything()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=40)):
        store.compact()
        store.vacuum()
        store.append(rows(9), transaction="9")
        assert store.everything()[: len(before)] != [] and store.count() == 80
        assert store.verify().sound


# -------------------------------------------------------------------------------------------------------- verify


def kinds(store: DeltaStore) -> list[tuple[str, str]]:
    return [(d.kind, d.file) for d in store.verify().damages]


def test_a_sound_table(store: DeltaStore) -> None:
    found = store.verify()
    assert (found.version, found.files, found.rows, found.damages, found.sound) == (3, 3, 60, (), True)
    assert found.lines == ["观测表第3版：3个数据文件，60行。", "核验通过，所有行都在且与写入时相同。"]
    store.compact()
    assert (store.verify().files, store.verify().rows, store.verify().sound) == (1, 60, True)
    empty = DeltaStore(store.folder / "nowhere").verify()
    assert (empty.version, empty.sound, "还没有" in empty.lines[0]) == (-1, True, True)


def test_every_damage_of_a_data_file_is_found(store: DeltaStore) -> None:
    gone, cut, changed = (store.folder / name for name in live(store))
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    found = store.verify()
    assert [(d.kind, d.file) for d in found.damages] == [
        ("data", gone.name), ("data", cut.name), ("content", changed.name),
    ]  # fmt: skip
    assert not found.sound and (found.files, found.rows) == (3, 60)
    assert "文件不见了" in found.lines[1] and "qinggong replay" in found.lines[1]
    assert found.lines[-1] == "观测表已损坏，请按上面的办法修复。"


def test_a_file_exchanged_for_another_is_found(store: DeltaStore) -> None:
    """A whole file with a right sum, of another size of rows: only the log knows."""
    one, other, _ = live(store)
    (store.folder / one).write_bytes((store.folder / other).read_bytes())
    assert [kind for kind, _ in kinds(store)] in (["content"], ["data"])


def test_a_log_that_tells_other_rows_is_found(store: DeltaStore) -> None:
    entry = store.folder / log.FOLDER / log.entry_name(2)
    entry.write_text(entry.read_text(encoding="utf-8").replace('\\"numRecords\\": 20', '\\"numRecords\\": 21'), "utf-8")
    (damage,) = store.verify().damages
    assert (damage.kind, damage.message) == ("rows", "日志记21行，实有20行")


@pytest.mark.parametrize("number", [0, 2, 3])
def test_a_missing_or_torn_entry_of_the_log_is_found(store: DeltaStore, number: int) -> None:
    entry = store.folder / log.FOLDER / log.entry_name(number)
    content = entry.read_bytes()
    for torn in (b"", content[: len(content) // 2]):
        entry.write_bytes(torn)
        assert ("log", f"{log.FOLDER}/{entry.name}") in kinds(store)
        assert not store.verify().sound
    entry.unlink()
    if number < 3:
        assert ("log", f"{log.FOLDER}/{entry.name}") in kinds(store)
        with pytest.raises(StoreError, match=entry.name):
            store.latest()
    else:  # nobody can tell a lost last entry from a write that never ended, but its file is there
        (damage,) = store.verify().damages
        assert (damage.kind, "replay --check" in damage.remedy) == ("orphan", True)


def test_old_entries_below_a_checkpoint_are_not_missed(store: DeltaStore) -> None:
    DeltaTable(str(store.folder)).create_checkpoint()
    (store.folder / log.FOLDER / log.entry_name(1)).unlink()
    assert store.verify().damages == ()
    checkpoint = next((store.folder / log.FOLDER).glob("*.checkpoint.parquet"))
    checkpoint.write_bytes(checkpoint.read_bytes()[:200])
    assert ("log", f"{log.FOLDER}/{checkpoint.name}") in kinds(store)
    with pytest.raises(StoreError, match=checkpoint.name):
        store.count()


def test_orphans_are_found_and_harmless(store: DeltaStore) -> None:
    (store.folder / "bulk-left.parquet").write_bytes(b"PAR1")
    (store.folder / f"{files.HIDDEN_PREFIX}1.parquet").write_bytes(b"PAR1")
    found = store.verify()
    assert found.sound
    assert [(d.kind, d.file) for d in found.damages] == [("orphan", "_part-1.parquet"), ("orphan", "bulk-left.parquet")]
    store.sweep()
    assert [d.file for d in store.verify().damages] == ["_part-1.parquet"]  # it may be a compaction at work
    assert store.vacuum(keep=NOTHING, force=True).deleted == ("_part-1.parquet",)
    assert store.verify().damages == ()


def test_sweeping_leaves_merged_parts_to_their_readers(store: DeltaStore) -> None:
    from qinggong.store.rows import relation_of

    with files.connect() as connection:
        assert store.append_parts([relation_of(rows(6), connection)], transaction="6") == 20
    (block,) = store.blocks(1)
    store.compact()
    store.sweep()
    assert [p.flags.size for p in store.read(block)] == [35]
    assert isinstance(store.verify().damages, tuple) and store.verify().sound


def test_files_of_other_writers_are_read_through(store: DeltaStore) -> None:
    """Such a file has no sum in its name; then every column of it is read."""
    from deltalake import write_deltalake

    with files.connect() as connection:
        relation = connection.sql(f"SELECT * FROM {files.source(store.folder, files.listed(store._made()))} LIMIT 9")
        write_deltalake(store._made(), relation, mode="append")
    assert (store.count(), store.verify().damages) == (69, ())
    other = next(name for name in live(store) if name.startswith("part-"))
    content = (store.folder / other).read_bytes()
    (store.folder / other).write_bytes(content[:200] + b"\xff" * 1000 + content[1200:])
    assert kinds(store) == [("data", other)]
    assert isinstance(store.verify().damages[0], Damage)


# ---------------------------------------------------------------------------------------------------- the commits


def test_a_commit_that_is_said_to_have_failed_counts_if_it_was_made(
    store: DeltaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log's own tidying after a commit may fail, by a full disk for instance."""
    real = table.Table._write_log

    def after(self: table.Table, *arguments: object) -> None:
        real(self, *arguments)  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(table.Table, "_write_log", after)
    assert store.append(rows(8), transaction="8")
    monkeypatch.undo()
    assert store.count() == 80
    assert store.verify().damages == ()


def test_a_table_that_is_written_all_the_time_is_given_up_in_the_end(
    store: DeltaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = iter(range(100, 200))

    def outrun(self: table.Table, *_: object) -> None:
        with monkeypatch.context() as undone:
            undone.setattr(table.Table, "_write_log", real)
            assert DeltaStore(store.folder).append(rows(1), transaction=f"other {next(others)}")
        raise CommitFailedError("a conflict")

    real = table.Table._write_log
    monkeypatch.setattr(table, "_ATTEMPTS", 3)
    monkeypatch.setattr(table, "_PAUSE_S", 0)
    monkeypatch.setattr(table.Table, "_write_log", outrun)
    with pytest.raises(StoreError, match="不断写入"):
        store.append(rows(8), transaction="8")
    assert names(store) == live(store)
    assert not store.holds("8")
