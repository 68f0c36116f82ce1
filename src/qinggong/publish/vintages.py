"""Vintages (历次公布): every value that was published of the series behind a bulletin, in the order of publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qinggong.publish.data import OBSERVATION_HEADS, DataTable, Value

VINTAGE_HEADS = {**OBSERVATION_HEADS, "vintage": "第几次公布", "current": "现行"}


def vintage_table(rows: Sequence[Mapping[str, Value]]) -> DataTable:
    """All vintages of some series.

    Parameters
    ----------
    rows
        Observations as plain values, withdrawals too, in order: those of one series and period follow each other, each
        replacing the one before.

    Returns
    -------
    DataTable
        The columns of the observations; ``vintage`` counts from 1 within a series and period, ``current`` is 1 for the
        row that counts and 0 for those that were replaced.
    """
    keys = [(row["series_id"], row["period"]) for row in rows]
    numbered: list[tuple[Value, ...]] = []
    vintage = 0
    for place, (key, row) in enumerate(zip(keys, rows, strict=True)):
        vintage = vintage + 1 if place and keys[place - 1] == key else 1
        last = place + 1 == len(keys) or keys[place + 1] != key
        numbered.append((*(row[name] for name in OBSERVATION_HEADS), vintage, int(last)))
    return DataTable(
        "vintages", "所用序列历次公布的数字", tuple(VINTAGE_HEADS.items()), numbered,
        ("value", "row", "vintage", "current"),
        "所用序列在截止日以前每次公布的数字；status 为 withdrawn 的是撤回。",
    )  # fmt: skip
