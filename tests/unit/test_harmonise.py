"""Harmonised monthly series from made-up figures (synthetic): precedence, breaks, editions, refusals."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from qinggong.catalogue import Catalogue, CatalogueError, load_catalogue
from qinggong.catalogue.breaks import load_breaks
from qinggong.monitor.harmonise import Harmonised, candidates, from_growth_with_profile, half_unit, harmonise
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot, winners


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def row(
    code: str, indicator: str, measure: str, period: Period, value: float, *, decimals: int = 1, kind: str = "industry",
    scope: str = "nbs",
) -> Observation:  # fmt: skip
    unit = "%" if measure == "yoy" else "亿元"
    series = SeriesKey(kind, code, scope, "CN", indicator, measure, "published", period.kind, unit)
    printed = f"{value:.{decimals}f}"
    return Observation(
        series, period, float(printed), printed, unit, "published", dt.date(2026, 1, 1), "stated",
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "合成数据", "synthetic", "0" * 64, 1, "合成数据，仅供测试", "",
    )  # fmt: skip


def year_to_date(
    code: str, indicator: str, year: int, *, growth: float | None, monthly: float = 100.0
) -> list[Observation]:
    """A year of cumulative levels with constant comparable growth."""
    rows = []
    for last in range(2, 13):
        rows.append(row(code, indicator, "level", ytd(year, last), monthly * last))
        if growth is not None:
            rows.append(row(code, indicator, "yoy", ytd(year, last), growth))
    return rows


def made(catalogue: Catalogue, code: str, indicator: str, *rows: Observation) -> Harmonised:
    snapshot = Snapshot(tuple(winners(rows)), None, None, 0)
    subject = catalogue.known_subjects[f"industry:{code}@nbs"]
    found = harmonise(snapshot, catalogue, subject, catalogue.indicator(indicator), breaks=load_breaks())
    assert found is not None
    return found


def test_cumulative_figures_become_months_on_the_basis_of_the_newest_year(catalogue: Catalogue) -> None:
    # The sample shrank: the levels of 2023 were a fifth higher than what 2024's growth implies.
    found = made(
        catalogue, "21", "profit",
        *year_to_date("21", "profit", 2023, growth=2.0, monthly=120.0),
        *year_to_date("21", "profit", 2024, growth=4.0, monthly=100.0),
    )  # fmt: skip
    assert found.start_year == 2023 and found.block and found.reason == ""
    assert np.isnan(found.level.value[[0, 12]]).all()
    assert found.level.value[13] == 200.0 and found.level.value[14] == 100.0
    assert found.level.value[2] == pytest.approx(100 / 1.04, rel=1e-3)
    assert found.published[2] == pytest.approx(120.0)
    assert found.derived[14] and not found.derived[13]  # the block's own rate is published
    assert found.level.low[2] < found.level.value[2] < found.level.high[2]
    assert found.period(13).code == "2024-01/2024-02" and found.row(month(2024, 3)) == 14
    assert found.usable() == slice(0, 24)
    assert (
        f"{SeriesKey('industry', '21', 'nbs', 'CN', 'profit', 'yoy', 'published', 'ytd', '%').id}@2024-01/2024-03"
        in (found.inputs)
    )


def test_a_published_monthly_rate_goes_before_the_derived_one(catalogue: Catalogue) -> None:
    found = made(
        catalogue, "21", "profit", *year_to_date("21", "profit", 2024, growth=4.0),
        row("21", "profit", "yoy", month(2024, 6), 9.0),
    )  # fmt: skip
    assert found.growth.value[5] == 9.0 and not found.derived[5] and found.derived[6]


def test_derived_growth_that_rounding_hides_is_withheld(catalogue: Catalogue) -> None:
    # Late in the year half a unit of the cumulative rate is twelve times as much in the month: ±1.2 points.
    found = made(catalogue, "21", "profit", *year_to_date("21", "profit", 2024, growth=4.0))
    assert found.withheld[11] and np.isnan(found.growth.value[11]) and not found.derived[11]
    assert not found.withheld[4] and found.growth.value[4] == pytest.approx(4.0)
    assert found.growth.value[1] == 4.0


def test_the_older_edition_of_an_indicator_lends_its_growth_not_its_levels(catalogue: Catalogue) -> None:
    found = made(
        catalogue, "21", "revenue",
        *year_to_date("21", "main_revenue", 2017, growth=5.0, monthly=300.0),
        *year_to_date("21", "main_revenue", 2018, growth=10.0, monthly=300.0),
        *year_to_date("21", "revenue", 2019, growth=20.0, monthly=100.0),
    )  # fmt: skip
    assert [b.key for b in found.breaks] == ["gbt4754-2017", "revenue-2019"]
    level = found.level.value
    assert level[24 + 2] == 100.0
    assert level[12 + 2] == pytest.approx(100 / 1.2, rel=1e-3)
    assert level[2] == pytest.approx(100 / 1.2 / 1.1, rel=2e-3)


def test_a_break_that_nothing_bridges_ends_the_chain(catalogue: Catalogue) -> None:
    rows = [r for y in range(2010, 2014) for r in year_to_date("24", "profit", y, growth=5.0)]
    found = made(catalogue, "24", "profit", *rows)
    assert np.isnan(found.level.value[:24]).all() and (~np.isnan(found.level.value[24:])).sum() == 22
    assert found.usable() == slice(24, 48)
    other = made(
        catalogue, "21", "profit", *[r for y in range(2010, 2014) for r in year_to_date("21", "profit", y, growth=5.0)]
    )
    assert other.usable() == slice(0, 48)


def test_what_cannot_be_chained_says_why(catalogue: Catalogue) -> None:
    only_growth = made(catalogue, "13", "value_added", row("13", "value_added", "yoy", month(2024, 8), 5.0))
    assert "季节形态不可识别" in only_growth.reason and np.isnan(only_growth.level.value).all()
    assert only_growth.growth.value[7] == 5.0
    few = made(catalogue, "13", "profit", row("13", "profit", "level", ytd(2024, 8), 5.0))
    assert "不足一年" in few.reason
    no_growth = made(catalogue, "13", "profit", *year_to_date("13", "profit", 2024, growth=None))
    assert "可比口径" in no_growth.reason
    subject = catalogue.known_subjects["industry:13@nbs"]
    empty = Snapshot((), None, None, 0)
    assert harmonise(empty, catalogue, subject, catalogue.indicator("profit")) is None


def test_growth_alone_takes_its_season_from_a_named_series(catalogue: Catalogue) -> None:
    growth = made(
        catalogue, "13", "value_added",
        *(row("13", "value_added", "yoy", p, 6.0) for y in (2023, 2024) for p in (ytd(y, 2), *(month(y,
        m) for m in range(3, 13)))),
    )  # fmt: skip
    profile = made(catalogue, "13", "profit", *year_to_date("13", "profit", 2023, growth=3.0))
    linked = from_growth_with_profile(growth, profile, base_year=2023)
    assert linked is not None and linked.unit == "2023年月均=100" and linked.block
    np.testing.assert_allclose(linked.level.value[13:24], linked.level.value[1:12] * 1.06)
    assert linked.level.value[1] == pytest.approx(200.0) and set(profile.inputs) <= set(linked.inputs)
    assert from_growth_with_profile(growth, profile, base_year=2022) is None
    assert from_growth_with_profile(growth, profile, base_year=2024) is None


def test_a_long_gap_starts_the_usable_span_anew(catalogue: Catalogue) -> None:
    rows = [r for y in range(2016, 2021) for r in year_to_date("21", "profit", y, growth=5.0)]
    rows = [
        r for r in rows if not (r.series.measure == "yoy" and r.period.year == 2018 and r.period.last in (5, 6, 7, 8))
    ]
    found = made(catalogue, "21", "profit", *rows)
    # Missing rates of 2018-05 … 2018-09 end those calendar months' chains before 2018.
    assert found.usable().start == 24 and np.isnan(found.level.value[12 + 5])


def test_rounding_follows_the_printed_digits_and_the_unit() -> None:
    o = row("13", "profit", "level", ytd(2024, 8), 1234.5)
    assert half_unit(o) == pytest.approx(0.05)
    assert half_unit(row("13", "profit", "yoy", ytd(2024, 8), 3.0, decimals=0)) == 0.05


def test_candidates_come_once_and_by_code(catalogue: Catalogue) -> None:
    rows = [*year_to_date("21", "profit", 2024, growth=4.0), row("13", "value_added", "yoy", month(2024, 8), 5.0)]
    found = list(candidates(Snapshot(tuple(rows), None, None, 0), catalogue, ["profit", "value_added"]))
    assert [(s.code, i.code) for s, i in found] == [("13", "value_added"), ("21", "profit")]


def test_breaks_are_dated_and_a_workspace_may_add_its_own(tmp_path: object, catalogue: Catalogue) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    breaks = load_breaks()
    assert [b.first for b in breaks] == sorted(b.first for b in breaks)
    (tmp_path / "breaks").mkdir()
    own = tmp_path / "breaks" / "breaks.yaml"
    own.write_text(
        "kind: breaks\nsource: 测试\nvalid_from: 2026-01-01\nbreaks:\n"
        "  - {key: own, from: 2020-01, what: 甲, what_en: A, kinds: [industry], subjects: ['21'], bridge: none}\n",
        encoding="utf-8",
    )
    mine = load_breaks(overlay=tmp_path)
    assert len(mine) == len(breaks) + 1
    found = next(b for b in mine if b.key == "own")
    assert found.concerns(kind="industry", code="211", indicator="profit")
    assert not found.concerns(kind="industry", code="13", indicator="profit")
    own.write_text(own.read_text(encoding="utf-8").replace("2020-01", "2020"), encoding="utf-8")
    with pytest.raises(CatalogueError, match="line 5"):
        load_breaks(overlay=tmp_path)
