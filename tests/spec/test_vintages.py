"""Vintages (数据版本): what the store answers, written like a manual. One table of rows, one question, one answer.

A row reads: period, value, published, known, row. “—” as a value is a withdrawal; “?” as published is a figure whose
date of publication nobody knows. Days are days of September 2024 unless they say otherwise. All rows of one ``known``
came in one file, and files came in the order of their ``known``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from qinggong import panel as panels
from qinggong.periods import parse
from qinggong.store.base import Observation, SeriesKey, Snapshot, Store
from qinggong.store.delta import DeltaStore
from qinggong.store.memory import MemoryStore

RETAIL = SeriesKey("retail", "total", "nbs", "CN", "retail_sales", "level", "published", "month", "亿元")

STORES: dict[str, Callable[[Path], Store]] = {
    "delta": lambda folder: DeltaStore(folder / "observations"),
    "memory": lambda folder: MemoryStore(),
}


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text) if "-" in text else dt.date(2024, 9, int(text))


def moment(text: str) -> dt.datetime:
    """The end of a day in Asia/Shanghai, as an instant."""
    return dt.datetime.combine(day(text), dt.time(15, 59, 59), tzinfo=dt.UTC)


def row_of(line: str) -> Observation:
    period, value, published, known, row = line.split()
    withdrawn = value == "—"
    return Observation(
        series=RETAIL, period=parse(period), value=None if withdrawn else float(value),
        printed="" if withdrawn else value, printed_unit="亿元", status="withdrawn" if withdrawn else "published",
        published_at=None if published == "?" else day(published),
        published_at_basis="unknown" if published == "?" else "stated", known_at=moment(known), publisher="国家统计局",
        source="file", raw_sha256=f"file of {known}", row=int(row), citation="", url="",
    )  # fmt: skip


@pytest.fixture(params=STORES)
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    """``filled(table)``: a store that holds the rows of a table, one file after the other."""

    def fill(table: str) -> Store:
        store = STORES[request.param](tmp_path)
        rows = [row_of(line) for line in table.splitlines() if line.strip()]
        for known, group in groupby(rows, key=lambda o: o.known_at):
            assert store.append(list(group), transaction=known.isoformat())
        return store

    return fill


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store."""
    return STORES[request.param](tmp_path)


Filled = Callable[[str], Store]


def values(snapshot: Snapshot) -> dict[str, float | None]:
    return {o.period.code: o.value for o in snapshot.observations}


# A number is there from the day of its publication on.

ONE = """
2024-08  38726  14  14  2
"""


@pytest.mark.parametrize("asked, answer", [("13", {}), ("14", {"2024-08": 38726}), ("15", {"2024-08": 38726})])
def test_a_number_is_there_from_its_day_on(filled: Filled, asked: str, answer: dict[str, float]) -> None:
    assert values(filled(ONE).as_of(day(asked))) == answer


# A correction replaces the number from the day of the correction on; before, the first one stands.

CORRECTED = """
2024-08  38726  14  14  2
2024-08  38700  18  18  2
"""


@pytest.mark.parametrize("asked, answer", [("14", 38726), ("17", 38726), ("18", 38700), ("2030-01-01", 38700)])
def test_a_correction_counts_from_its_own_day_on(filled: Filled, asked: str, answer: float) -> None:
    assert values(filled(CORRECTED).as_of(day(asked))) == {"2024-08": answer}


def test_the_first_number_stays_in_the_history(filled: Filled) -> None:
    assert [o.value for o in filled(CORRECTED).history(RETAIL)] == [38726, 38700]


# Two numbers published on one day: the one that came to us later counts.

SAME_DAY = """
2024-08  38726  14  14  9
2024-08  38700  14  15  2
"""


def test_of_one_day_the_number_known_later_counts(filled: Filled) -> None:
    store = filled(SAME_DAY)
    assert values(store.as_of(day("14"))) == {"2024-08": 38700}
    assert values(store.latest()) == {"2024-08": 38700}


# Two rows of one file for one day: the lower row of the sheet counts.

SAME_FILE = """
2024-08  38726  14  14  2
2024-08  38700  14  14  3
"""


def test_of_one_file_the_later_row_counts(filled: Filled) -> None:
    assert values(filled(SAME_FILE).as_of(day("14"))) == {"2024-08": 38700}


# Two bodies, one day, one moment, one row: neither is later, so what the rows say decides, and not which came first.

ONE_MOMENT = ("2024-08  38700  14  14  2", "2024-08  38726  14  14  2")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_one_moment_the_answer_does_not_depend_on_the_order_of_coming(store: Store, order: tuple[int, int]) -> None:
    for number in order:
        assert store.append([replace(row_of(ONE_MOMENT[number]), raw_sha256="one file")], transaction=str(number))
    assert values(store.latest()) == values(store.as_of(day("14"))) == {"2024-08": 38726}
    assert [o.value for o in store.history(RETAIL)] == [38700, 38726]


# A file that arrives late carries an old number: it does not displace the newer one.

LATE_FILE = """
2024-08  38700  18  18  2
2024-08  38726  14  25  2
"""


def test_an_old_number_that_arrives_late_displaces_nothing(filled: Filled) -> None:
    store = filled(LATE_FILE)
    assert values(store.latest()) == {"2024-08": 38700}
    assert values(store.as_of(day("20"))) == {"2024-08": 38700}
    assert values(store.as_of(day("15"))) == {"2024-08": 38726}  # what the world knew then


# `known` asks what this workspace had: the world knew the old number on the 15th, we did not before the 25th.


@pytest.mark.parametrize(
    "asked, known, answer",
    [("15", "24", {}), ("15", "25", {"2024-08": 38726}), ("20", "24", {"2024-08": 38700}), ("20", "17", {})],
)
def test_known_leaves_out_what_we_did_not_have(
    filled: Filled, asked: str, known: str, answer: dict[str, float]
) -> None:
    assert values(filled(LATE_FILE).as_of(day(asked), known=moment(known))) == answer


def test_known_is_exact_to_the_instant(filled: Filled) -> None:
    store = filled(ONE)
    instant = moment("14")
    assert values(store.as_of(day("14"), known=instant)) == {"2024-08": 38726}
    assert values(store.as_of(day("14"), known=instant - dt.timedelta(microseconds=1))) == {}
    shanghai = dt.timezone(dt.timedelta(hours=8))
    assert values(store.as_of(day("14"), known=instant.astimezone(shanghai))) == {"2024-08": 38726}


# A withdrawal takes the number away from its day on; it is absent, and not 0.

WITHDRAWN = """
2024-08  38726  14  14  2
2024-08  —      16  16  2
2024-08  38710  20  20  2
"""


@pytest.mark.parametrize(
    "asked, answer",
    [("15", {"2024-08": 38726}), ("16", {}), ("19", {}), ("20", {"2024-08": 38710})],
)
def test_a_withdrawn_number_is_absent_until_a_new_one(filled: Filled, asked: str, answer: dict[str, float]) -> None:
    assert values(filled(WITHDRAWN).as_of(day(asked))) == answer


def test_a_withdrawal_stays_in_the_history(filled: Filled) -> None:
    history = filled(WITHDRAWN).history(RETAIL)
    assert [(o.value, o.status) for o in history] == [
        (38726, "published"),
        (None, "withdrawn"),
        (38710, "published"),
    ]


# A figure without a date of publication is in no as-of answer, is counted there, and is in `latest`.

UNDATED = """
2024-07  37757  ?   14  2
2024-08  38726  14  14  3
"""


def test_an_undated_figure_is_left_out_and_counted(filled: Filled) -> None:
    store = filled(UNDATED)
    answer = store.as_of(day("2030-01-01"))
    assert values(answer) == {"2024-08": 38726}
    assert answer.undated == 1
    assert values(store.latest()) == {"2024-07": 37757, "2024-08": 38726}


def test_an_undated_figure_is_not_counted_before_its_period_ends_or_before_it_is_known(filled: Filled) -> None:
    store = filled(UNDATED)
    assert store.as_of(day("2024-07-30")).undated == 0
    assert store.as_of(day("2024-07-31")).undated == 1
    assert store.as_of(day("20"), known=moment("13")).undated == 0
    assert store.as_of(day("20"), known=moment("14")).undated == 1


# A dated figure counts more than an undated one, whichever came first.

BOTH = """
2024-08  38726  14  14  2
2024-08  38000  ?   15  2
"""


def test_a_dated_figure_goes_before_an_undated_one(filled: Filled) -> None:
    store = filled(BOTH)
    assert values(store.latest()) == {"2024-08": 38726}
    assert [o.value for o in store.history(RETAIL)] == [38000, 38726]


# Periods do not touch each other: January–February is one observation, and neither January nor February is there.

PERIODS = """
2024-01/2024-02  81307  2024-03-18  14  2
2024-03          39020  2024-04-16  14  3
"""


def test_each_period_has_its_own_answer(filled: Filled) -> None:
    store = filled(PERIODS)
    assert values(store.as_of(day("2024-04-01"))) == {"2024-01/2024-02": 81307}
    assert values(store.latest()) == {"2024-01/2024-02": 81307, "2024-03": 39020}
    snapshot = store.latest()
    found: dict[str, Any] = {"indicator": "retail_sales", "measure": "level", "span": "month"}
    assert snapshot.find(RETAIL.subject_key, period=parse("2024-03"), **found) is not None
    assert snapshot.find(RETAIL.subject_key, period=parse("2024-02"), **found) is None
    assert snapshot.find(RETAIL.subject_key, period=parse("2024-03"), region="44", **found) is None


# Changes between two days: what is new, what was revised, what was withdrawn. A figure printed again is no change.

EVENTS = """
2024-04  35699  10  10  2
2024-05  39211  10  10  3
2024-06  40732  10  10  4
2024-07  37757  10  10  5
2024-03  39020  12  12  2
2024-03  —      13  13  2
2024-08  38726  14  14  2
2024-04  35700  16  16  2
2024-05  —      16  16  3
2024-06  40732  16  16  4
2024-03  39021  20  20  2
2024-05  39212  21  21  2
"""


@pytest.mark.parametrize(
    "start, end, answer",
    [
        ("9", "10", "new 2024-04 35699, new 2024-05 39211, new 2024-06 40732, new 2024-07 37757"),
        ("10", "13", ""),  # published and withdrawn in between
        ("11", "12", "new 2024-03 39020"),
        ("12", "13", "withdrawn 2024-03 39020 → —"),
        ("14", "16", "revised 2024-04 35699 → 35700, withdrawn 2024-05 39211 → —"),
        ("16", "20", "new 2024-03 — → 39021"),
        (
            "10", "21",
            "new 2024-03 39021, revised 2024-04 35699 → 35700, revised 2024-05 39211 → 39212, new 2024-08 38726",
        ),
        ("16", "16", ""),
        ("20", "10", ""),
    ],
)  # fmt: skip
def test_changes_between_two_days(filled: Filled, start: str, end: str, answer: str) -> None:
    def shown(o: Observation | None) -> str:
        return "" if o is None else "—" if o.value is None else f"{o.value:g}"

    found = [
        f"{c.kind} {c.period.code} {' → '.join(filter(None, (shown(c.old), shown(c.new))))}"
        for c in filled(EVENTS).changes(day(start), day(end))
    ]
    assert ", ".join(found) == answer


def test_changes_as_they_were_known_then(filled: Filled) -> None:
    """The file of the 25th was published on the 14th: nobody here saw that change before."""
    store = filled(LATE_FILE)
    assert [c.new.value for c in store.changes(day("13"), day("15"), known=moment("24"))] == []
    assert [c.new.value for c in store.changes(day("13"), day("15"), known=moment("25"))] == [38726]
    assert [(c.kind, c.new.value) for c in store.changes(day("15"), day("20"), known=moment("24"))] == [("new", 38700)]


# The same as arrays: one panel a span, time first; a withdrawn figure is absent and marked, a gap is absent.


def test_a_panel_says_the_same(filled: Filled) -> None:
    store = filled(EVENTS)
    assert isinstance(store, DeltaStore | MemoryStore)
    (block,) = store.blocks(1)
    (panel,) = store.read(block, as_of=day("16"))
    assert (panel.series, panel.span, panel.as_of) == ((RETAIL.id,), "month", day("16"))
    assert [p.code for p in panel.periods] == [f"2024-{m:02d}" for m in range(3, 9)]
    column = [None if v != v else v for v in panel.values[:, 0].tolist()]
    assert column == [None, 35700, None, 40732, 37757, 38726]
    assert panel.flags[:, 0].tolist() == [panels.WITHDRAWN, 0, panels.WITHDRAWN, 0, 0, 0]
    assert store.read(block, as_of=day("9")) == ()


# One file is one commit: the same file a second time adds nothing, and nothing at all is no commit.


def test_the_same_file_twice_adds_nothing(filled: Filled) -> None:
    store = filled(ONE)
    again = [row_of(line) for line in ONE.splitlines() if line]
    version = store.latest().version
    assert not store.append(again, transaction=again[0].known_at.isoformat())
    assert not store.append([], transaction="an empty file")
    assert (len(store.history(RETAIL)), store.latest().version) == (1, version)


def test_an_empty_store_has_no_answers(filled: Filled) -> None:
    store = filled("")
    assert store.series() == []
    assert store.history(RETAIL) == []
    assert store.latest().observations == store.as_of(day("14")).observations == ()
    assert store.latest().version == -1


def test_a_row_comes_back_as_it_went_in(filled: Filled) -> None:
    (row,) = (row_of(line) for line in ONE.splitlines() if line)
    store = filled(ONE)
    assert store.latest().observations == (row,)
    assert store.history(RETAIL) == [row]
    assert store.series() == [RETAIL]
