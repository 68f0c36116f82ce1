"""One opened version of the store, many small questions: the answers of the store itself."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import building
import pytest

from qinggong.periods import month
from qinggong.store.delta import DeltaStore
from qinggong.store.reader import Reader, Vintage
from qinggong.web.series_index import SeriesIndex, known_by, slug_of


@pytest.fixture
def store(full: Path, tmp_path: Path) -> DeltaStore:
    return DeltaStore(Path(shutil.copytree(full / "store", tmp_path / "store")) / "observations")


def test_held_is_what_the_table_holds(store: DeltaStore) -> None:
    reader = Reader(store)
    held = reader.held()
    assert [h.series for h in held] == store.series() and sum(h.rows for h in held) == store.count()
    one = next(h for h in held if h.series.indicator == "revenue" and h.series.subject == "13")
    rows = [o for o in building.observations() if o.series == one.series]
    assert (one.first, one.last) == (min(o.period for o in rows), max(o.period for o in rows))
    assert one.rows == 2 * one.periods == len(rows) and one.earliest == min(
        o.published_at for o in rows if o.published_at
    )


@pytest.mark.parametrize("day", [None, dt.date(2025, 1, 10), dt.date(2025, 9, 20), dt.date(2020, 1, 1)])
@pytest.mark.parametrize("kept", [True, False], ids=["in memory", "in files"])
def test_figures_are_those_of_series_as_of(
    store: DeltaStore, day: dt.date | None, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qinggong.store.reader._IN_MEMORY", 10_000_000 if kept else 0)
    for one in building.observations()[:120:30]:  # corrections in files of their own, in no order
        again = replace(one, value=one.value + 1, printed="", published_at=dt.date(2025, 9, 21), raw_sha256="f" * 64)
        store.append([again], transaction=f"{one.series.id} {one.period.code}")
    reader = Reader(store)
    keys = [h.series for h in reader.held()]
    found = reader.figures(keys, as_of=day)
    corrected = [one.series for one in building.observations()[:120:30]]
    for key in {*keys[::9], *corrected}:
        expected = {o.period: o.value for o in store.series_as_of(key, day)}
        assert {f.period: f.value for f in found[key]} == expected
        assert [f.period for f in found[key]] == sorted(expected)
        assert reader.figures([key], as_of=day)[key] == found[key]


def test_figures_since_a_period_and_of_nothing(store: DeltaStore) -> None:
    reader = Reader(store)
    key = next(h.series for h in reader.held() if h.series.span == "month" and h.series.indicator == "value_added")
    assert [f.period for f in reader.figures([key], since=month(2025, 7))[key]] == [month(2025, 7), month(2025, 8)]
    assert reader.figures([]) == {}


@pytest.mark.parametrize("kept", [True, False], ids=["in memory", "in files"])
def test_versions_are_the_history_of_the_store(store: DeltaStore, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    if not kept:
        monkeypatch.setattr("qinggong.store.reader._IN_MEMORY", 0)
    reader = Reader(store)
    for key in [h.series for h in reader.held()][::7]:
        expected = [
            Vintage(
                o.series, o.period, None if o.status == "withdrawn" else o.value, o.printed, o.printed_unit,
                o.published_at, o.published_at_basis, o.publisher, o.citation, o.url, o.status,
            )
            for o in store.history(key)
        ]  # fmt: skip
        assert reader.versions(key) == expected
        assert reader.vintages([key], history=True, most=10_000) == expected


def test_a_reader_knows_when_it_is_old(store: DeltaStore) -> None:
    reader = Reader(store)
    assert reader.is_current()
    store.append(building.observations()[:1], transaction="more")
    assert not reader.is_current() and Reader(store).version == reader.version + 1


def test_no_table_is_an_empty_one(tmp_path: Path) -> None:
    reader = Reader(DeltaStore(tmp_path / "nothing"))
    assert (reader.version, reader.held(), reader.days()) == (-1, (), ())


def test_names_of_series_are_theirs_alone(store: DeltaStore) -> None:
    index = SeriesIndex(Reader(store).held())
    assert len(index.by_slug) == len(index.all)
    for held in index.all:
        assert index.find(slug_of(held.series)) is held and index.find(held.series.id) is held
        assert not set(slug_of(held.series)) & set("%/?#&\\ ")
    assert known_by(index.all, dt.date(2000, 1, 1)) == ()
    assert set(index.scopes("industry", "13")) == {"nbs"} and "44" in index.regions()
