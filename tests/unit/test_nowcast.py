"""Nowcasts on synthetic figures: panel, densities, news that add up, choice of method, refusals, the section."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import numpy as np
import pytest
from nowcast_figures import figures, known_by, observation

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.nowcast import (
    METHODS,
    NowcastRecord,
    NowcastRecordHead,
    NowcastSettings,
    RecordedLine,
    load_nowcast_record,
    load_nowcast_settings,
)
from qinggong.monitor.facts import FactBook, Nowcasts
from qinggong.monitor.nowcast import nowcast
from qinggong.monitor.nowcast_forecasts import applied, estimated
from qinggong.monitor.nowcast_inputs import base_effect, growth_panel, stand_ins
from qinggong.monitor.nowcast_plain import plain_nowcasts
from qinggong.monitor.nowcast_record import recorded, trial
from qinggong.periods import month, ytd
from qinggong.publish import charts
from qinggong.publish.bulletin import printed_facts
from qinggong.publish.document import Figure, Paragraph, Table
from qinggong.publish.nowcast_narrative import printed
from qinggong.publish.sections import nowcast as section
from qinggong.store.base import Observation

AT, END, DAY = month(2025, 9), month(2026, 12), dt.date(2025, 10, 20)


@pytest.fixture(scope="module")
def settings() -> NowcastSettings:
    """Fewer indicators and industries, a shorter past: the rules are the same."""
    setting = load_nowcast_settings()
    subjects = setting.subjects.model_copy(update={"also": (), "beside": ("规模以上工业",)})
    indicators = tuple(i for i in setting.indicators if i.indicator != "revenue")
    return setting.model_copy(
        update={"first_year": 2016, "subjects": subjects, "indicators": indicators, "fewest_series": 12}
    )


@pytest.fixture(scope="module")
def rows(settings: NowcastSettings) -> list[Observation]:
    return figures(settings, last=AT)


def _record(*, wins: bool) -> NowcastRecord:
    head = NowcastRecordHead(
        kind="nowcast_record", source="合成数据的检验", computed=dt.date(2026, 1, 1), first=dt.date(2020, 1, 1),
        last=dt.date(2025, 1, 1), count=60, vintages="pseudo", compared=1, revised=0,
    )  # fmt: skip
    roots = dict.fromkeys((*METHODS, "combination"), 2.0) | {"model": 1.0 if wins else 3.0, "bridge": 1.5}
    line = RecordedLine(
        "21", "value_added", 50, roots, (0.6, 0.8), (50.0, 80.0), "bridge", -2.0 if wins else 2.0, 0.03,
        dict.fromkeys(METHODS, 4.0),
    )  # fmt: skip
    return NowcastRecord(head, {("21", "value_added"): line})


def _nowcast(rows: list[Observation], settings: NowcastSettings, record: NowcastRecord | None = None) -> Nowcasts:
    book = FactBook()
    found = nowcast(
        known_by(rows), load_catalogue(), settings, record, book, at=AT, end=END, as_of=DAY, industries=("21",)
    )
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found(rows: list[Observation], settings: NowcastSettings) -> Nowcasts:
    return _nowcast(rows, settings, _record(wins=True))


def test_the_panel_holds_the_block_in_february_and_growth_from_levels(
    rows: list[Observation], settings: NowcastSettings
) -> None:
    panel = growth_panel(rows, load_catalogue(), settings, at=AT)
    added, profit = panel.place("21", "value_added"), panel.place("21", "profit")
    assert added is not None and profit is not None
    assert np.isnan(panel.values[::12, added]).all() and not np.isnan(panel.values[1::12, added]).any()
    assert (
        panel.columns[added].kind == "jan_feb" and panel.derived[1:, profit][~np.isnan(panel.values[1:, profit])].all()
    )
    levels = {o.period: o.value for o in rows if o.series.subject == "21" and o.series.indicator == "profit"}
    now = (levels[ytd(2025, 8)] or 0) - (levels[ytd(2025, 7)] or 0)
    then = (levels[ytd(2024, 8)] or 0) - (levels[ytd(2024, 7)] or 0)
    row = (2025 - 2016) * 12 + 7
    np.testing.assert_allclose(panel.values[row, profit], (now / then - 1) * 100)
    effect = base_effect(panel, added, row)
    np.testing.assert_allclose(effect, panel.values[row - 13, added] - panel.values[row - 12, added])


def test_the_comparable_base_goes_before_last_years_level(settings: NowcastSettings) -> None:
    rows = [
        observation("21", "profit", "level", ytd(2023, 2), 100.0), observation("21", "profit", "level", ytd(2024, 2),
        90.0),
        observation("21", "profit", "yoy", ytd(2024, 3), 5.0), observation("21", "profit", "level", ytd(2024, 3),
        147.0),
        observation("21", "profit", "yoy", ytd(2024, 4), 4.0), observation("21", "profit", "level", ytd(2024, 4),
        208.0),
    ]  # fmt: skip
    panel = growth_panel(rows, load_catalogue(), settings, at=month(2024, 4))
    place = panel.place("21", "profit")
    assert place is not None
    year = panel.values[-4:, place]
    assert year[1] == pytest.approx(-10) and np.isnan(year[2])
    assert year[3] == pytest.approx(((208 - 147) / (208 / 1.04 - 147 / 1.05) - 1) * 100)


def _with_growth_to_date(rows: list[Observation], code: str, year: int, without: tuple[int, ...]) -> list[Observation]:
    """Value added of an industry without some months of a year, and their growth to date, months weighing alike."""
    own = {
        o.period.last: o for o in rows
        if (o.series.subject, o.series.indicator, o.period.year) == (code, "value_added", year)
    }  # fmt: skip
    out = [o for o in rows if o not in [own[m] for m in without]]
    total = 0.0
    for number in range(2, max(own) + 1):
        assert own[number].value is not None
        total += float(own[number].value or 0.0) * (2 if number == 2 else 1)
        if number > 2:
            out.append(observation(code, "value_added", "yoy", ytd(year, number), total / number))
    return out


def test_growth_to_date_tells_a_month_that_lacks(rows: list[Observation], settings: NowcastSettings) -> None:
    catalogue = load_catalogue()
    changed = _with_growth_to_date(rows, "21", 2024, (6, 9, 10))
    changed = _with_growth_to_date(changed, "21", 2020, (7,))
    panel = growth_panel(changed, catalogue, settings, at=AT)
    n = panel.place("21", "value_added")
    assert n is not None and panel.columns[n].kind == "jan_feb"
    row = {m: (2024 - settings.first_year) * 12 + m - 1 for m in range(1, 13)}
    months = [o.period.last for o in changed if o.series.subject == "21" and o.period.year == 2024]
    assert max(months) == 12 and np.isnan(panel.values[row[6], n]) and not np.isnan(panel.cumulative[row[6], n])
    further = stand_ins(panel, settings)
    # From the first missing month on; 2020 has months that are left out, so its figures to date cannot be used.
    assert np.isnan(further[row[5], n]) and (~np.isnan(further[[row[m] for m in (6, 8, 9, 10, 12)], n])).all()
    assert np.isnan(further[: row[1], n]).all() and (~np.isnan(further)).sum() == 7
    exports = panel.place("21", "export_delivery")
    assert exports is not None and np.isnan(panel.cumulative[:, exports]).all()
    model = estimated(panel, settings)
    assert model is not None
    assert model.to_date.sum() == 1 and model.used[model.to_date].tolist() == [n]
    found = applied(panel, settings, model)
    place = int(np.flatnonzero((model.used == n) & ~model.to_date)[0])
    truth = growth_panel(rows, catalogue, settings, at=AT).values[:, n]
    june, october = found.nowcast("2024-06"), found.nowcast("2024-10")
    # Rounding of two figures to date, half a digit each, times the months they cover.
    assert june.mean[place] == pytest.approx(truth[row[6]], abs=0.05 * 12) and june.std[place] < 1e-6
    assert october.mean[place] == pytest.approx(truth[row[10]], abs=0.05 * 20)


def test_comparable_growth_to_date_does_not_join_growth_on_published_levels(
    rows: list[Observation], settings: NowcastSettings
) -> None:
    late = [o for o in rows if (o.series.subject, o.series.indicator, o.period) != ("21", "profit", ytd(2024, 8))]
    late.append(observation("21", "profit", "yoy", ytd(2024, 8), 30.0))
    panel = growth_panel(late, load_catalogue(), settings, at=AT)
    n = panel.place("21", "profit")
    assert n is not None and np.isnan(panel.values[(2024 - settings.first_year) * 12 + 7, n])
    assert np.isnan(panel.cumulative[:, n]).all()
    shares = panel.shares[n]
    assert shares.sum() == pytest.approx(1) and shares[0] == shares[1] and len(set(np.round(shares, 6))) > 6


def test_a_month_that_replaces_growth_to_date_is_told_in_the_news(
    rows: list[Observation], settings: NowcastSettings
) -> None:
    early = [
        o for o in rows
        if (o.series.subject, o.series.indicator, o.period) != ("21", "value_added", month(2025, 8))
    ]  # fmt: skip
    month_of_august = next(o for o in rows if o not in early)
    early = [
        *early, observation("21", "value_added", "yoy", ytd(2025, 8), 3.0, dt.date(2025, 9, 18)),
        dataclasses.replace(month_of_august, published_at=dt.date(2025, 10, 17)),
    ]  # fmt: skip
    found = nowcast(
        known_by(early), load_catalogue(), settings, None, FactBook(), at=AT, end=END, as_of=dt.date(2025, 10, 13),
        industries=("21",),
    )  # fmt: skip
    assert found is not None
    line = next(each for each in found.lines if each.indicator == "value_added")
    assert line.period == month(2025, 8) and line.change is not None
    items = [(i.period, i.indicator_name) for release in line.change.releases for i in release.items if i.own]
    assert (ytd(2025, 8), "增加值") in items


def test_first_unknown_figures_have_densities_and_paths_to_the_plans_end(found: Nowcasts) -> None:
    assert {line.indicator for line in found.lines} == {"value_added", "export_delivery", "producer_prices", "profit"}
    assert {line.indicator: line.period for line in found.lines}["profit"] == month(2025, 9)  # out on the 27th
    for line in found.lines:
        d = line.density
        assert d.p10.value < d.p25.value < d.mean.value < d.p75.value < d.p90.value  # type: ignore[operator]
        assert line.path[-1].period == month(2026, 12)
        assert {p.kind for p in line.path} >= {"known", "forecast"}
        assert [m.key for m in line.methods] == list(METHODS)
        assert sum(m.weight.value or 0 for m in line.methods if m.weight is not None) == pytest.approx(100, abs=3)
    block = next(p for p in found.of("value_added")[0].path if p.period.year == 2026)
    assert block.period == ytd(2026, 2)


def test_the_model_is_near_the_truth_on_its_own_data(rows: list[Observation], settings: NowcastSettings) -> None:
    later = {(o.series.indicator, o.period): o.value for o in figures(settings, last=AT) if o.series.subject == "21"}
    line = _nowcast([o for o in rows if o.period < month(2025, 9)], settings).of("value_added")[0]
    assert line.period == AT
    model = line.methods[0]
    truth = later["value_added", AT]
    assert truth is not None and abs((model.mean.value or 0) - truth) < 3 * (model.std.value or 0)


def test_news_add_up_and_tell_revisions_apart(rows: list[Observation], settings: NowcastSettings) -> None:
    old = next(
        o
        for o in rows
        if o.series.indicator == "value_added" and o.series.subject == "21" and o.period == month(2025, 6)
    )
    revised = dataclasses.replace(
        old, value=(old.value or 0) + 4, printed=f"{(old.value or 0) + 4:.1f}", published_at=DAY
    )
    line = _nowcast([*rows, revised], settings).of("value_added")[0]
    change = line.change
    assert change is not None
    total = sum(round((r.effect.value or 0) * 10) for r in change.releases)
    assert total == round((change.change.value or 0) * 10)
    assert {r.kind for r in change.releases} == {"new", "revision"}
    revision = next(r for r in change.releases if r.kind == "revision")
    assert revision.date == DAY.isoformat() and revision.items[0].own
    assert revision.items[0].surprise.value == pytest.approx(4.0)
    production = next(r for r in change.releases if r.date == "2025-10-16")
    assert production.what == "工业生产" and production.items[0].indicator_name in ("增加值", "出口交货值")
    for item in production.items:
        assert item.surprise.value == pytest.approx((item.actual.value or 0) - (item.expected.value or 0))


def test_where_the_model_does_not_win_the_simple_one_is_told(
    rows: list[Observation], settings: NowcastSettings, found: Nowcasts
) -> None:
    won = found.of("value_added")[0]
    assert won.chosen == "model" and won.tested is not None and won.tested.model_wins
    lost = _nowcast(rows, settings, _record(wins=False)).of("value_added")[0]
    assert lost.chosen == "bridge" and lost.density.mean.text == lost.methods[3].mean.text
    assert "采用桥梁方程" in lost.why
    assert (lost.density.std.value or 0) >= 1.5  # never narrower than its past error
    without = found.of("profit")[0]
    assert without.tested is None and without.chosen == "autoregression" and "没有检验记录" in without.why


def test_the_same_digits_twice(rows: list[Observation], settings: NowcastSettings, found: Nowcasts) -> None:
    assert plain_nowcasts(_nowcast(rows, settings, _record(wins=True))) == plain_nowcasts(found)


def test_too_little_and_too_old_are_refused_with_the_reason(rows: list[Observation], settings: NowcastSettings) -> None:
    def keep(o: Observation) -> bool:
        if o.series.subject != "21":
            return True
        if o.series.indicator == "value_added":
            return o.period >= month(2024, 1)
        if o.series.indicator == "export_delivery":
            return o.period <= month(2024, 6)
        return o.series.indicator != "producer_prices"

    found = _nowcast([o for o in rows if keep(o)], settings)
    reasons = {r.indicator: r.reason for r in found.refused}
    assert reasons["value_added"].startswith("样本不足") and "落后" in reasons["export_delivery"]
    assert reasons["producer_prices"] == "没有收录数字" and [line.indicator for line in found.lines] == ["profit"]
    few = settings.model_copy(update={"fewest_series": 200})
    assert not _nowcast(rows, few).lines
    assert nowcast(known_by([]), load_catalogue(), settings, None, FactBook(), at=AT, end=END) is None


def test_a_constant_series_is_no_crash(rows: list[Observation], settings: NowcastSettings) -> None:
    flat = [
        dataclasses.replace(o, value=1.0, printed="1.0")
        if o.series.subject == "21" and o.series.indicator == "producer_prices" else o
        for o in rows
    ]  # fmt: skip
    line = _nowcast(flat, settings).of("producer_prices")[0]
    assert line.chosen != "model" and line.density.mean.value == 1.0


def test_the_section_prints_only_facts(rows: list[Observation], settings: NowcastSettings) -> None:
    book = FactBook()
    found = nowcast(known_by(rows), load_catalogue(), settings, _record(wins=True), book, at=AT, end=END, as_of=DAY)
    assert found is not None
    told = section.build(found, place=3)
    tables = [b for b in told.blocks if isinstance(b, Table)]
    fans = [b for b in told.blocks if isinstance(b, Figure)]
    assert [t.label for t in tables] == [f"表3-{n}" for n in range(1, len(tables) + 1)] and len(tables) == 4
    assert fans and b"<svg" in charts.render_svg(fans[0].spec, uid="fan").encode()
    assert printed_facts((), (told,)) <= {f.id for f in book}
    for table in tables:
        assert re.search(r"（\d{4}年.+）$", table.title), table.title
        assert not any(re.search(r"\d", c.head + "".join(table.notes[1:])) for c in table.columns)
        for place in range(len(table.columns)):
            periods = {book[row[place].fact_id].period for row in table.rows if row[place].fact_id}
            assert len(periods) <= 1, f"{table.title}: {table.columns[place].head} mixes {periods}"
            assert all(row[place].text == book[row[place].fact_id].text for row in table.rows if row[place].fact_id)
    text = "".join(b.text for b in told.blocks if isinstance(b, Paragraph))
    assert "不是公布数" in text and "预期" in text and "实际" in text
    assert any("调" in line for line in printed(found) if line.startswith("变动"))


def test_without_figures_the_section_is_one_sentence(rows: list[Observation], settings: NowcastSettings) -> None:
    found = _nowcast(rows, settings.model_copy(update={"fewest_series": 200}))
    told = section.build(found, place=3)
    assert len(told.blocks) == 1 and isinstance(told.blocks[0], Paragraph) and "样本不足" in told.blocks[0].text


def test_past_states_are_judged(rows: list[Observation], settings: NowcastSettings) -> None:
    days = [dt.date(2025, m, 26) for m in range(3, 9)]
    done = trial(known_by(rows), load_catalogue(), settings, days=days, at=AT)
    assert done.revised == 0 and done.compared > 10_000 and done.vintages == "pseudo"
    lines = recorded(done, settings, fewest=4)
    assert len(lines) > 20
    for line in lines:
        assert line.best in METHODS[1:] and all(np.isfinite(v) for v in line.rmse.values())
    # Nothing that came out after the day was used: with later figures changed the forecasts are the same.
    later = [
        dataclasses.replace(o, value=99.0) if o.published_at is not None and o.published_at > days[0] else o
        for o in rows
    ]
    again = trial(known_by(later), load_catalogue(), settings, days=days[:1], at=AT)
    np.testing.assert_array_equal(done.mean[0], again.mean[0])


def test_the_bundled_record_names_every_series_it_judges() -> None:
    record = load_nowcast_record()
    assert record is not None and len(record.lines) > 80 and record.head.count == 60
    for line in record.lines.values():
        assert line.observations >= 24 and line.rmse[line.best] == min(line.rmse[m] for m in METHODS[1:])


def test_the_screen_has_one_heading_for_each_indicator(found: Nowcasts) -> None:
    """Lines come industry by industry; on the screen they stand by indicator."""
    twice = dataclasses.replace(found, lines=(*found.lines, *found.lines))
    heads = [line for line in printed(twice) if line.endswith("：") and not line.startswith(" ")]
    assert heads == [f"{name}：" for name in dict.fromkeys(line.indicator_name for line in found.lines)]
    assert len(heads) > 1
