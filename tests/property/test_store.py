"""Random release histories: the Delta table and the slow in-memory judge give the same answers to every question."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinggong.panel import Panel
from qinggong.periods import Period, month, ytd
from qinggong.store import compaction
from qinggong.store.base import Observation, SeriesKey, Snapshot, Store
from qinggong.store.delta import DeltaStore
from qinggong.store.memory import MemoryStore

SALT = SeriesKey("product", "raw_salt", "nbs", "CN", "output", "level", "published", "month", "万吨")
SERIES = (
    SALT,
    replace(SALT, region="44"),
    replace(SALT, scope="miit"),
    SeriesKey("group", "light_industry", "cnlic", "CN", "value_added", "yoy", "published", "ytd", "%"),
)
PERIODS = (month(2024, 3), month(2024, 8), ytd(2024, 2), ytd(2024, 8))
PUBLISHERS = ("国家统计局", "工业和信息化部")
FIRST_DAY = dt.date(2024, 9, 14)
FIRST_MOMENT = dt.datetime(2024, 9, 14, 2, 0, tzinfo=dt.UTC)
Known = dt.datetime | None
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

days = st.integers(-40, 4).map(lambda n: FIRST_DAY + dt.timedelta(days=n))
steps = st.sampled_from([dt.timedelta(microseconds=1), dt.timedelta(hours=7), dt.timedelta(days=1)])
halts = st.sampled_from([dt.timedelta(0), dt.timedelta(0), dt.timedelta(days=1), dt.timedelta(days=-2)])
numbers = st.decimals(-999, 999_999, places=1, allow_nan=False).map(str)


@st.composite
def rows(draw: st.DrawFn, known: dt.datetime, file: str, row: int) -> Observation:
    """A figure, a correction, a withdrawal; often undated; few series and periods, so that rows meet."""
    withdrawn = draw(st.integers(0, 4)) == 0
    printed = "" if withdrawn else draw(numbers)
    published = draw(st.none() | days | st.just(FIRST_DAY))
    series: SeriesKey = draw(st.sampled_from(SERIES))
    return Observation(
        series=series, period=draw(st.sampled_from(PERIODS)), value=None if withdrawn else float(printed),
        printed=printed, printed_unit=series.unit, status="withdrawn" if withdrawn else "published",
        published_at=published, published_at_basis="unknown" if published is None else draw(st.sampled_from(_BASES)),
        known_at=known, publisher=draw(st.sampled_from(PUBLISHERS)), source="file", raw_sha256=file, row=row,
        citation=draw(st.sampled_from(["", "2024年1—8月份", "“引号”，'逗号'\n换行"])), url="",
    )  # fmt: skip


_BASES = ("stated", "calendar")


@st.composite
def histories(
    draw: st.DrawFn, passing: st.SearchStrategy[dt.timedelta] = steps, most: int = 5
) -> list[list[Observation]]:
    """Files in the order of their coming; each is a list of rows frozen at one moment."""
    known, files = FIRST_MOMENT, []
    for number in range(draw(st.integers(1, 4))):
        known += draw(passing)
        count = draw(st.integers(1, most))
        files.append([draw(rows(known, f"file {number}", row)) for row in range(2, 2 + count)])
    return files


def filled(store: Store, files: list[list[Observation]]) -> Store:
    for number, file in enumerate(files):
        assert store.append(file, transaction=str(number))
    return store


def answer(snapshot: Snapshot) -> tuple[tuple[tuple[SeriesKey, Period], Observation], ...]:
    """What a snapshot says, in one order; two observations of one series and period would show here."""
    return tuple(sorted((((o.series, o.period), o) for o in snapshot.observations), key=lambda pair: pair[0]))


def asked_alike(table: DeltaStore, judge: MemoryStore, dates: list[dt.date], known: Known) -> None:
    """Every question, to both."""
    assert answer(table.latest()) == answer(judge.latest())
    for date in (*dates, dt.date(2100, 1, 1)):
        ours, theirs = table.as_of(date, known=known), judge.as_of(date, known=known)
        assert answer(ours) == answer(theirs)
        assert ours.undated == theirs.undated
        assert table.changes(dates[0], date, known=known) == judge.changes(dates[0], date, known=known)
    assert table.series() == judge.series()
    for series in judge.series():
        assert table.history(series) == judge.history(series)
        there = judge.as_of(dates[0], known=known).observations
        assert table.series_as_of(series, dates[0], known=known) == tuple(o for o in there if o.series == series)


def drawn(panels: tuple[Panel, ...]) -> list[tuple[object, ...]]:
    """Panels as plain values; the bits of every number count."""
    return [(p.span, p.as_of, p.series, p.periods, p.values.tobytes(), p.flags.tobytes()) for p in panels]


def cells(panels: list[Panel]) -> dict[object, object]:
    """What panels say, whatever the blocks they came from."""
    found: dict[object, object] = {}
    for panel in panels:
        assert np.all(np.isnan(panel.values) | (panel.flags % 2 == 0))
        for (t, s), value in np.ndenumerate(panel.values):
            if not np.isnan(value) or panel.flags[t, s]:
                key = panel.series[s], panel.periods[t]
                assert key not in found
                found[key] = (str(value), int(panel.flags[t, s]))
    return found


def in_blocks_alike(table: DeltaStore, judge: MemoryStore, count: int, date: dt.date | None, known: Known) -> None:
    """Block by block the same arrays from both, and all blocks together the same as one."""
    mine, theirs = table.blocks(count), judge.blocks(count)
    assert [(b.number, b.low, b.high) for b in mine] == [(b.number, b.low, b.high) for b in theirs]
    expected = [judge.read(block, as_of=date, known=known) for block in theirs]
    found = list(table.panels(as_of=date, known=known, blocks=mine, threads=2))
    assert [drawn(panels) for panels in found] == [drawn(panels) for panels in expected]
    whole = judge.read(judge.blocks(1)[0], as_of=date, known=known)
    assert cells([panel for panels in found for panel in panels]) == cells(list(whole))


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(files=histories(), asked=st.lists(days, min_size=1, max_size=2), limit=st.integers(-1, 4))
def test_delta_and_memory_answer_alike(files: list[list[Observation]], asked: list[dt.date], limit: int) -> None:
    moments = [FIRST_MOMENT, *(file[0].known_at for file in files)]
    known = moments[min(limit, len(moments) - 1)] if limit >= 0 else None
    judge = filled(MemoryStore(), files)
    assert isinstance(judge, MemoryStore)
    with tempfile.TemporaryDirectory() as folder:
        filled(DeltaStore(Path(folder) / "观测 表"), files)
        table = DeltaStore(Path(folder) / "观测 表")  # as after a restart
        asked_alike(table, judge, asked, known)
        assert table.version == table.latest().version == judge.latest().version
        assert not any(table.append(file, transaction=str(n)) for n, file in enumerate(files))
        assert answer(table.latest()) == answer(judge.latest())


untidy = given(
    files=histories(halts, most=9), asked=days, limit=st.integers(-1, 4), tidied=st.lists(st.booleans(), min_size=4),
    count=st.integers(2, 5),
)  # fmt: skip


def tidying_up_and_blocks_change_no_answer(
    files: list[list[Observation]], asked: dt.date, limit: int, tidied: list[bool], count: int
) -> None:
    known = files[limit % len(files)][0].known_at if limit >= 0 else None
    judge = MemoryStore()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "ROWS_OF_A_FILE", 3)  # so that few rows make a run of several files
        table = DeltaStore(Path(folder))
        for number, (file, tidy) in enumerate(zip(files, tidied, strict=False)):
            assert judge.append(file, transaction=str(number)) and table.append(file, transaction=str(number))
            if tidy:
                table.compact(small=number % 2 == 1)
        for compacted in (False, True):
            if compacted:
                table.compact()
            for date in (asked, None):
                in_blocks_alike(table, judge, 1, date, known)
                in_blocks_alike(table, judge, count, date, known)
        assert table.verify().sound
        asked_alike(table, judge, [asked], known)


@settings(max_examples=4, deadline=None, suppress_health_check=SLOW)
@untidy
def test_tidying_up_and_blocks_change_no_answer(**drawn: Any) -> None:
    """Files of one moment and files that came out of turn, merged in between or not, cut into any number of blocks."""
    tidying_up_and_blocks_change_no_answer(**drawn)


@pytest.mark.soak
@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@untidy
def test_tidying_up_and_blocks_change_no_answer_at_length(**drawn: Any) -> None:
    tidying_up_and_blocks_change_no_answer(**drawn)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(files=histories(), date=days, cut=st.integers(0, 3))
def test_what_came_later_never_changes_what_was_known(files: list[list[Observation]], date: dt.date, cut: int) -> None:
    """``as_of(date, known)`` today is what ``as_of(date)`` said at that moment."""
    before = files[: cut + 1]
    then = filled(MemoryStore(), before).as_of(date)
    now = filled(MemoryStore(), files).as_of(date, known=before[-1][0].known_at)
    assert answer(then) == answer(now)
    assert then.undated == now.undated


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(files=histories(), date=days)
def test_an_answer_follows_the_rule_row_by_row(files: list[list[Observation]], date: dt.date) -> None:
    """Of the rows published by then the greatest (published_at, known_at, row) wins, and a withdrawal is no answer."""
    everything = [o for file in files for o in file]
    found = dict(answer(filled(MemoryStore(), files).as_of(date)))
    for series in SERIES:
        for period in PERIODS:
            dated = [
                ((o.published_at, o.known_at, o.row), o)
                for o in everything
                if (o.series, o.period) == (series, period) and o.published_at is not None and o.published_at <= date
            ]
            best = max(dated, key=lambda pair: pair[0])[1] if dated else None
            expected = None if best is None or best.status == "withdrawn" else best
            assert found.get((series, period)) == expected
