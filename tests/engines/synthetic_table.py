"""合成: a small table of made-up figures, each row marked as such by its publisher."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

import numpy as np

from qinggong.periods import month
from qinggong.store.base import Observation, SeriesKey, Store

SYNTHETIC = "合成数据"
FIRST_MONTH = 2022 * 12 + 9
AnyStore = TypeVar("AnyStore", bound=Store)


def rows(*, file: int, series: int, months: int) -> list[Observation]:
    """One file: figures of each series, with gaps; later files revise some and withdraw some."""
    random = np.random.default_rng([file, series, months])
    known = dt.datetime(2026, 1, 5, 3, 4, 5, 678901, tzinfo=dt.UTC) + dt.timedelta(days=31 * file)
    made: list[Observation] = []
    for number in range(series):
        key = SeriesKey(
            "product", f"p{number:03d}", "nbs", f"{number % 3:02d}", "output", "level" if number % 8 else "yoy",
            "published", "month", "万吨" if number % 2 else "元/吨",
        )  # fmt: skip
        for step in range(months):
            if random.random() < (0.02 if file == 0 else 0.9):
                continue
            value = float(np.exp(number % 5 * 4 + 0.3 * np.sin(step / 2) + random.normal(0, 0.2)))
            withdrawn = file > 0 and random.random() < 0.1
            at, undated = FIRST_MONTH + step, random.random() < 0.01
            made.append(
                Observation(
                    series=key, period=month(at // 12, at % 12 + 1), value=None if withdrawn else value,
                    printed="" if withdrawn else repr(value), printed_unit=key.unit,
                    status="withdrawn" if withdrawn else "published",
                    published_at=None if undated else known.date(),
                    published_at_basis="unknown" if undated else "stated",
                    known_at=known, publisher=SYNTHETIC, source="synthetic", raw_sha256=f"{file:064x}",
                    row=len(made), citation="“引号”, 换行\n与\t制表", url="",
                )
            )  # fmt: skip
    return made


def filled(store: AnyStore, *, series: int, months: int, files: int = 4, first_file: int = 0) -> AnyStore:
    for file in range(first_file, first_file + files):
        assert store.append(rows(file=file, series=series, months=months), transaction=f"合成 {file}")
    return store
