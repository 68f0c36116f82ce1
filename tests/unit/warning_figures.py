"""Made-up figures of one or more industries as observations, for tests of warnings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Span

KNOWN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def periods(first: int, count: int) -> list[Period]:
    """So many observations from January–February of a year on, eleven a year."""
    out = []
    for n in range(count):
        year, step = first + n // 11, n % 11
        out.append(ytd(year, 2) if step == 0 else month(year, step + 2))
    return out


def observation(
    industry: str, indicator: str, measure: str, period: Period, value: float | None, *,
    published: dt.date | None = None,
    region: str = "CN", cumulative: bool = False,
) -> Observation:  # fmt: skip
    if cumulative:
        period = ytd(period.year, period.last)
    span: Span = "month" if period.kind == "month" else "ytd"
    series = SeriesKey("industry", industry, "nbs", region, indicator, measure, "published", span, "%")
    year, place = divmod(period.year * 12 + period.last, 12)
    day = published or dt.date(year, place + 1, 15)
    status = "published" if value is not None else "withdrawn"
    printed = "" if value is None else f"{value:g}"
    return Observation(
        series, period, value, printed, "%", status, day, "stated", KNOWN, "测试", "test", "0" * 64, 1, "测试发布", ""
    )  # fmt: skip


def growth(
    industry: str,
    values: Sequence[float | None],
    *,
    first: int = 2015,
    indicator: str = "value_added",
    region: str = "CN",
) -> list[Observation]:
    """Single-month growth from January–February of ``first`` on; ``None`` is not published."""
    return [
        observation(industry, indicator, "yoy", p, v, region=region)
        for p, v in zip(periods(first, len(values)), values, strict=True) if v is not None
    ]  # fmt: skip
