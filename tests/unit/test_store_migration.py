"""Tables of the first layout: read as they are, brought to today's by a writer, stopped half-way without harm."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable, Field, Schema, write_deltalake
from deltalake.schema import PrimitiveType
from deltalake.transaction import CommitProperties, Transaction

from qinggong.periods import month, ytd
from qinggong.store import compaction, layout
from qinggong.store.base import Observation, SeriesKey, StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.files import connect, listed
from qinggong.store.memory import MemoryStore
from qinggong.store.rows import relation_of

# The schema that tables had at first, written out.
STRINGS = (
    "subject_kind", "subject", "scope", "region", "indicator", "measure", "basis", "span", "unit", "period", "printed",
    "printed_unit", "status", "published_at_basis", "publisher", "source", "raw_sha256", "citation", "url",
)  # fmt: skip
FIRST_SCHEMA = Schema(
    [
        *(Field(name, PrimitiveType("string")) for name in STRINGS[:10]),
        Field("value", PrimitiveType("double")),
        *(Field(name, PrimitiveType("string")) for name in STRINGS[10:13]),
        Field("published_at", PrimitiveType("date")),
        Field("published_at_basis", PrimitiveType("string")),
        Field("known_at", PrimitiveType("timestamp")),
        *(Field(name, PrimitiveType("string")) for name in STRINGS[14:17]),
        Field("row", PrimitiveType("integer")),
        *(Field(name, PrimitiveType("string")) for name in STRINGS[17:]),
    ]
)
SALT = SeriesKey("product", "raw_salt", "nbs", "CN", "output", "level", "published", "month", "万吨")
KNOWN = dt.datetime(2024, 9, 14, 2, 0, tzinfo=dt.UTC)
DAY = dt.date(2024, 9, 14)


def rows(number: int) -> list[Observation]:
    first = Observation(
        series=SALT, period=month(2024, 8), value=500.0 + number, printed=f"{500 + number}.0", printed_unit="万吨",
        status="published", published_at=DAY + dt.timedelta(days=number), published_at_basis="stated",
        known_at=KNOWN + dt.timedelta(hours=number), publisher="国家统计局", source="file",
        raw_sha256=f"file {number}", row=2, citation="8月份", url="",
    )  # fmt: skip
    return [
        first,
        replace(first, series=replace(SALT, region="44", span="ytd"), period=ytd(2024, 8), row=3),
        replace(first, value=None, printed="", status="withdrawn", period=month(2024, 7), row=4),
        replace(first, published_at=None, published_at_basis="unknown", period=month(2024, 6), row=5),
    ]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A table as the first version of the program made it: three files, three commits."""
    DeltaTable.create(str(tmp_path), FIRST_SCHEMA)
    for number in range(3):
        with connect() as connection:
            today = relation_of(rows(number), connection)
            write_deltalake(
                DeltaTable(str(tmp_path)), today.project(", ".join(layout.COLUMNS)), mode="append",
                commit_properties=CommitProperties(app_transactions=[Transaction(f"file {number}", 1)]),
            )  # fmt: skip
    assert [f.name for f in DeltaTable(str(tmp_path)).schema().fields] == list(layout.COLUMNS)
    return tmp_path


@pytest.fixture
def judge() -> MemoryStore:
    store = MemoryStore()
    for number in range(3):
        store.append(rows(number), transaction=f"file {number}")
    return store


def alike(store: DeltaStore, judge: MemoryStore) -> None:
    assert sorted(store.latest().observations, key=lambda o: (o.series, o.period)) == list(judge.latest().observations)
    day = DAY + dt.timedelta(days=1)
    assert store.as_of(day).undated == judge.as_of(day).undated == 3
    assert store.history(SALT) == judge.history(SALT)
    assert store.series_as_of(SALT, day) == tuple(o for o in judge.as_of(day).observations if o.series == SALT)
    assert store.changes(DAY, day) == judge.changes(DAY, day)
    for date in (day, None):
        ours, theirs = store.read(store.blocks(1)[0], as_of=date), judge.read(judge.blocks(1)[0], as_of=date)
        assert [(p.series, p.periods, p.values.tobytes(), p.flags.tobytes()) for p in ours] == [
            (p.series, p.periods, p.values.tobytes(), p.flags.tobytes()) for p in theirs
        ]


def test_an_old_table_is_read_as_it_is(old: Path, judge: MemoryStore) -> None:
    before = sorted(path.name for path in old.rglob("*"))
    store = DeltaStore(old)
    alike(store, judge)
    assert store.holds("file 1") and store.verify().sound
    assert sorted(path.name for path in old.rglob("*")) == before  # reading changes nothing
    assert layout.schema_version(DeltaTable(str(old))) == 1


def test_the_first_append_brings_it_to_todays_layout(old: Path, judge: MemoryStore) -> None:
    store = DeltaStore(old)
    assert not store.append(rows(1), transaction="file 1")  # in already, by the transaction of then
    assert store.append(rows(3), transaction="file 3") and judge.append(rows(3), transaction="file 3")
    table = DeltaTable(str(old))
    assert layout.schema_version(table) == layout.SCHEMA_VERSION
    assert [f.name for f in table.schema().fields] == list(layout.STORED)
    assert (table.protocol().min_reader_version, table.protocol().min_writer_version) == (1, 2)
    assert all(f.low is not None and f.sum for f in listed(table))
    assert layout.PROPERTIES.items() <= table.metadata().configuration.items()  # what ``vacuum`` counts on
    alike_after(store, judge)


def test_a_large_file_and_a_compaction_migrate_too(old: Path, judge: MemoryStore) -> None:
    store = DeltaStore(old)
    with connect() as connection:
        assert store.append_parts([relation_of(rows(3), connection)], transaction="file 3") == 4
    judge.append(rows(3), transaction="file 3")
    alike_after(store, judge)
    store.compact()
    alike_after(store, judge)


def test_compaction_alone_migrates(old: Path, judge: MemoryStore) -> None:
    store, rows = DeltaStore(old), DeltaStore(old).count()
    done = store.compact()
    assert (done.done, done.rows) == (True, rows), "it says what it rewrote"
    assert layout.schema_version(DeltaTable(str(old))) == layout.SCHEMA_VERSION
    assert [f.kind for f in listed(DeltaTable(str(old)))] == ["sorted"]
    alike(store, judge)
    assert store.verify().sound


def alike_after(store: DeltaStore, judge: MemoryStore) -> None:
    assert store.everything() == sorted(
        (o for series in judge.series() for o in judge.history(series)), key=lambda o: (o.series, o.period)
    )
    assert store.verify().sound
    ours, theirs = store.read(store.blocks(1)[0]), judge.read(judge.blocks(1)[0])
    assert [(p.series, p.values.tobytes()) for p in ours] == [(p.series, p.values.tobytes()) for p in theirs]


def test_a_migration_that_was_killed_half_way_is_readable_and_goes_on(
    old: Path, judge: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    store = DeltaStore(old)
    with monkeypatch.context() as patch:
        patch.setattr(compaction, "_rewritten", killed)
        with pytest.raises(Killed):
            store.append(rows(3), transaction="file 3")
    assert layout.schema_version(DeltaTable(str(old))) == layout.SCHEMA_VERSION
    assert all(f.low is None for f in listed(DeltaTable(str(old))))
    alike(store, judge)
    assert store.append(rows(3), transaction="file 3") and judge.append(rows(3), transaction="file 3")
    alike_after(store, judge)
    store.compact()
    alike_after(store, judge)


def test_two_that_migrate_at_once_end_with_every_row_once(
    old: Path, judge: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = compaction._check_fingerprints

    def late(*arguments: object) -> None:
        monkeypatch.setattr(compaction, "_check_fingerprints", real)
        assert DeltaStore(old).append(rows(3), transaction="file 3")
        DeltaStore(old).compact()
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(compaction, "_check_fingerprints", late)
    DeltaStore(old).compact()
    judge.append(rows(3), transaction="file 3")
    alike_after(DeltaStore(old), judge)


def test_a_table_of_a_later_layout_is_left_alone(tmp_path: Path) -> None:
    newer = [Field("series_hash", PrimitiveType("long"), metadata={"qinggong.schemaVersion": "3"})]
    DeltaTable.create(str(tmp_path), Schema([*FIRST_SCHEMA.fields, *newer]))
    store = DeltaStore(tmp_path)
    for ask in (store.latest, store.count, store.compact, lambda: store.append(rows(0), transaction="0")):
        with pytest.raises(StoreError, match=r"第3版.*请升级"):
            ask()


def test_the_columns_of_then_still_say_what_the_rows_are(old: Path) -> None:
    """Another program that knows only the first columns reads a migrated table."""
    DeltaStore(old).append(rows(3), transaction="file 3")
    uris = DeltaTable(str(old)).file_uris()
    found = duckdb.connect().execute(f"SELECT {', '.join(STRINGS)}, value, row FROM read_parquet(?)", [uris]).fetchall()
    assert len(found) == 16
