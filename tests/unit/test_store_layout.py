"""How the table lies on disk: fingerprints, order of rows, statistics, and that readers skip what they do not need."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.periods import Period, month, parse, quarter, ytd
from qinggong.store import compaction, layout, log
from qinggong.store.base import Block, Observation, SeriesKey, StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.files import connect, listed, source, with_hidden

SALT = SeriesKey("product", "raw_salt", "nbs", "CN", "output", "level", "published", "month", "万吨")
KNOWN = dt.datetime(2024, 9, 14, 2, 0, tzinfo=dt.UTC)
DAY = dt.date(2024, 9, 14)
AUGUST = month(2024, 8)


def row(series: SeriesKey = SALT, period: Period = AUGUST, value: float = 512.3, number: int = 2) -> Observation:
    return Observation(
        series=series, period=period, value=value, printed=str(value), printed_unit=series.unit, status="published",
        published_at=DAY, published_at_basis="stated", known_at=KNOWN, publisher="国家统计局", source="file",
        raw_sha256="a file", row=number, citation="", url="",
    )  # fmt: skip


def region(number: int) -> SeriesKey:
    return replace(SALT, region=f"{number:04d}")


texts = st.text(st.characters(exclude_characters="\x1f\0", exclude_categories=["Cs"]), max_size=6)


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[texts] * 9))
def test_a_fingerprint_is_the_same_in_python_and_in_sql(identity: tuple[str, ...]) -> None:
    series = SeriesKey(*identity)
    places = ", ".join(f"? AS {name}" for name in layout.SERIES)
    with connect() as connection:
        found = connection.execute(
            f"SELECT {layout.HIDDEN_SQL['series_hash']}, {layout.SERIES_ID} FROM (SELECT {places})", list(identity)
        ).fetchall()
    assert found == [(layout.series_hash(series), series.id)]
    assert 0 <= layout.series_hash(series) < layout.HASHES


def test_a_fingerprint_is_for_ever() -> None:
    """Tables on disk rest on it: MD5 of the fields joined by U+001F, lower half, low byte first (from md5sum)."""
    assert layout.series_hash(SALT) == 4289545767945165529


def test_periods_as_numbers_sort_like_periods() -> None:
    periods = [
        month(2023, 12), ytd(2023, 12), ytd(2024, 2), month(2024, 2), quarter(2024, 2), month(2024, 6), ytd(2024, 6),
        parse("2024-07/2024-12"), ytd(2024, 9), month(1900, 1), ytd(2200, 12),
    ]  # fmt: skip
    numbers = [layout.period_number(p) for p in periods]
    assert [layout.period_of_number(n) for n in numbers] == periods
    assert sorted(periods) == [p for _, p in sorted(zip(numbers, periods, strict=True))]
    with connect() as connection:
        for period, number in zip(periods, numbers, strict=True):
            first, last = layout.period_ends(period.code)
            sql = f"SELECT {layout.HIDDEN_SQL['period_first']} AS f, {layout.HIDDEN_SQL['period_last']} AS l"
            assert connection.execute(f"{sql} FROM (SELECT ? AS period)", [period.code]).fetchall() == [(first, last)]
            asked = f"SELECT {layout.PERIOD_NUMBER} FROM (SELECT ? AS period_first, ? AS period_last)"
            assert connection.execute(asked, [first, last]).fetchall() == [(number,)]


def test_a_file_is_sorted_and_the_log_knows_its_bounds(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    rows = [row(region(n), month(2024, m), number=10 * n + m) for n in (3, 1, 2) for m in (9, 8)]
    assert store.append(rows, transaction="1")
    (file,) = listed(DeltaTable(str(tmp_path)))
    with connect() as connection:
        found = connection.execute(f"SELECT series_hash, period FROM {source(tmp_path, [file])}").fetchall()
    assert found == sorted(found) and len(found) == 6
    hashes = [h for h, _ in found]
    assert (file.rows, file.low, file.high, file.earliest, file.latest) == (6, min(hashes), max(hashes), DAY, DAY)
    text = (tmp_path / log.FOLDER / log.entry_name(1)).read_text(encoding="utf-8")
    (added,) = [json.loads(line)["add"] for line in text.splitlines() if '"add"' in line]
    statistics = json.loads(added["stats"])
    assert statistics["minValues"]["period_first"] == 2024 * 12 + 7
    assert statistics["nullCount"]["published_at"] == 0


def test_only_old_features_of_the_format_are_used(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    store.append([row()], transaction="1")
    store.compact()
    protocol = DeltaTable(str(tmp_path)).protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert DeltaTable(str(tmp_path)).metadata().partition_columns == []


def test_bounds_survive_a_checkpoint(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    for number in range(3):
        store.append([row(region(number))], transaction=str(number))
    before = listed(DeltaTable(str(tmp_path)))
    DeltaTable(str(tmp_path)).create_checkpoint()
    for entry in (tmp_path / log.FOLDER).glob("*.json"):
        entry.unlink()
    assert listed(DeltaTable(str(tmp_path))) == before
    assert all(f.low == f.high is not None and f.latest == DAY for f in before)


def garbled(path: Path) -> None:
    """The same size and the same ends, but nothing in between that could be read."""
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * (len(content) - 8) + content[-4:])


def test_one_series_is_read_from_its_own_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other file is garbled: a reader that opened one would fail."""
    monkeypatch.setattr(compaction, "ROWS_OF_A_FILE", 10)
    store = DeltaStore(tmp_path)
    series = [region(n) for n in range(40)]
    store.append([row(s, number=n) for n, s in enumerate(series)], transaction="1")
    assert store.compact().files_after == 4
    mine = layout.series_hash(series[0])
    files = listed(DeltaTable(str(tmp_path)))
    for file in files:
        if not (file.low or 0) <= mine <= (file.high or 0):
            garbled(tmp_path / file.name)
    assert [o.series for o in store.series_as_of(series[0], DAY)] == [series[0]]
    assert [o.series for o in store.history(series[0])] == [series[0]]
    with pytest.raises(StoreError, match="已损坏"):
        store.latest()


def test_a_block_is_read_from_its_own_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "ROWS_OF_A_FILE", 10)
    store = DeltaStore(tmp_path)
    store.append([row(region(n), number=n) for n in range(40)], transaction="1")
    store.compact()
    first, *others = sorted(listed(DeltaTable(str(tmp_path))), key=lambda f: f.low or 0)
    for file in others:
        garbled(tmp_path / file.name)
    block = store.blocks(4)[0]
    (panel,) = store.read(block)
    assert len(panel.series) == first.rows
    with pytest.raises(StoreError, match="已损坏"):
        store.read(store.blocks(4)[1])


def test_an_answer_of_long_ago_skips_younger_files(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    store.append([row()], transaction="1")
    store.append([replace(row(value=500.0), published_at=DAY + dt.timedelta(days=400))], transaction="2")
    young = next(f for f in listed(DeltaTable(str(tmp_path))) if f.earliest != DAY)
    garbled(tmp_path / young.name)
    assert [o.value for o in store.series_as_of(SALT, DAY)] == [512.3]
    (panel,) = store.read(store.blocks(1)[0], as_of=DAY)
    assert panel.values.tolist() == [[512.3]]


def test_blocks_hold_every_series_once(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    assert store.blocks() == store.blocks(3) == ()
    assert list(store.panels()) == []
    series = [region(n) for n in range(50)]
    store.append([row(s) for s in series], transaction="1")
    assert [b.number for b in store.blocks()] == [0]
    for count in (1, 16):
        blocks = store.blocks(count)
        assert (blocks[0].low, blocks[-1].high, len(blocks)) == (0, layout.HASHES, count)
        assert all(one.high == other.low for one, other in itertools.pairwise(blocks))
        found = [s for b in blocks for p in store.read(b) for s in p.series]
        assert sorted(found) == sorted(s.id for s in series)
    with pytest.raises(ValueError, match="0 blocks"):
        store.blocks(0)


def test_the_number_of_blocks_follows_rows_and_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qinggong.store import panels

    store = DeltaStore(tmp_path)
    store.append([row(region(n), month(2020 + n % 5, 1 + n % 12)) for n in range(600)], transaction="1")
    monkeypatch.setattr(panels, "ROWS_OF_A_BLOCK", 100)
    assert len(store.blocks()) == 6
    # 600 series of one row each over 60 periods: arrays of 36,000 cells.
    monkeypatch.setattr(panels, "CELLS_OF_A_BLOCK", 3600)
    assert len(store.blocks()) == 10
    monkeypatch.setattr(panels, "_SAMPLE", 200)
    assert 7 <= len(store.blocks()) <= 13


def test_a_block_pins_its_version(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    store.append([row()], transaction="1")
    (block,) = store.blocks(1)
    store.append([replace(row(value=500.0), published_at=DAY + dt.timedelta(days=1))], transaction="2")
    store.compact()
    assert store.read(block)[0].values.tolist() == [[512.3]]
    assert store.read(store.blocks(1)[0])[0].values.tolist() == [[500.0]]
    with pytest.raises(StoreError, match="第99版"):
        store.read(replace(block, version=99))
    with pytest.raises(StoreError, match="不存在"):
        DeltaStore(tmp_path / "nowhere").read(Block(0, 0, 1, 0))


def test_the_periods_of_the_table_by_span(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    assert store.periods() == {}
    rows = [row(period=month(2024, 8)), row(replace(SALT, span="ytd"), ytd(2024, 8)), row(period=month(2023, 8))]
    store.append(rows, transaction="1")
    assert store.periods() == {"month": (month(2023, 8), month(2024, 8)), "ytd": (ytd(2024, 8),)}


def test_two_series_of_one_fingerprint_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can wait for such a pair, so fingerprints are made poor here."""
    monkeypatch.setitem(layout.HIDDEN_SQL, "series_hash", "CAST(7 AS BIGINT)")
    store = DeltaStore(tmp_path)
    store.append([row(region(1)), row(region(2))], transaction="1")
    assert len(store.as_of(DAY).observations) == 2  # rows are told apart by what they are
    with pytest.raises(StoreError, match=r"0001.*0002.*指纹相同"):
        store.read(store.blocks(1)[0])
    version = store.version
    with pytest.raises(StoreError, match="指纹相同"):
        store.compact()
    assert (store.version, [p.name[:4] for p in tmp_path.glob("*.parquet")]) == (version, ["rows"])
    verified = store.verify()
    assert not verified.sound and [d.kind for d in verified.damages] == ["series"]


def test_a_batch_may_come_in_any_order_and_type(tmp_path: Path) -> None:
    """Texts for days and numbers, columns turned round: the file has the types of the table all the same."""
    with connect() as connection:
        given_row = {
            "subject_kind": "'product'", "subject": "'raw_salt'", "scope": "'nbs'", "region": "'CN'",
            "indicator": "'output'", "measure": "'level'", "basis": "'published'", "span": "'month'", "unit": "'万吨'",
            "period": "'2024-08'", "value": "'512.3'", "printed": "512.3", "printed_unit": "'万吨'",
            "status": "'published'", "published_at": "'2024-09-14'", "published_at_basis": "'stated'",
            "known_at": f"to_timestamp({KNOWN.timestamp()})", "publisher": "'国家统计局'", "source": "'file'",
            "raw_sha256": "'a file'", "row": "CAST(2 AS BIGINT)", "citation": "''", "url": "''",
        }  # fmt: skip
        chosen = ", ".join(f"{given_row[name]} AS {name}" for name in reversed(layout.COLUMNS))
        relation = connection.sql(f"SELECT {chosen}")
        assert with_hidden(relation).columns == list(layout.STORED)
        store = DeltaStore(tmp_path)
        assert store.append_parts([relation], transaction="1") == 1
        assert store.latest().observations == (row(),)
        lacking = connection.sql("SELECT 1 AS value")
        with pytest.raises(duckdb.BinderException):
            store.append_parts([lacking], transaction="2")
    assert store.count() == 1 and len(list(tmp_path.glob("*.parquet"))) == 1


def test_a_small_table_is_a_handful_of_files(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    for number in range(3):
        store.append([row(region(n)) for n in range(100)], transaction=str(number))
    assert len(list(tmp_path.iterdir())) == 4
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [log.FOLDER]
