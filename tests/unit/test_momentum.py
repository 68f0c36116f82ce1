"""Seasonally adjusted momentum from made-up figures (synthetic): the truth is found, and what cannot be is refused."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.breaks import Break, load_breaks
from qinggong.catalogue.bulletins import MomentumPlan, load_monthly_plan
from qinggong.monitor import adjust
from qinggong.monitor.facts import FactBook, Momentum
from qinggong.monitor.movements import Desk
from qinggong.periods import Period, month, ytd
from qinggong.publish.charts import render_svg
from qinggong.publish.document import Number, Paragraph, Table
from qinggong.publish.sections import momentum as section
from qinggong.publish.tables import line_figure
from qinggong.store.base import Observation, SeriesKey, Snapshot

AT = month(2024, 10)
YEARS = range(2015, 2025)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def plan() -> MomentumPlan:
    found = load_monthly_plan().momentum
    assert found is not None
    return found


def row(code: str, measure: str, period: Period, value: float) -> Observation:
    unit = "%" if measure == "yoy" else "亿元"
    series = SeriesKey("industry", code, "nbs", "CN", "export_delivery", measure, "published", period.kind, unit)
    printed = f"{value:.1f}"
    return Observation(
        series, period, float(printed), printed, unit, "published", dt.date(2024, 11, 27), "stated",
        dt.datetime(2024, 11, 28, tzinfo=dt.UTC), "合成数据", "synthetic", "0" * 64, 1, "合成数据，仅供测试", "",
    )  # fmt: skip


def truth(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Twelve seasons and a slow trend with little noise: seasonally adjusted and published months."""
    rng = np.random.default_rng(seed)
    months = len(YEARS) * 12
    adjusted = 5000 * np.exp(np.cumsum(rng.normal(0.003, 0.004, months)))
    season = np.exp(0.08 * np.sin(2 * np.pi * np.arange(12) / 12 + seed))
    return adjusted, adjusted * np.tile(season / season.mean(), len(YEARS))


def published(code: str, values: np.ndarray, *, last: Period = AT) -> list[Observation]:
    rows = []
    for place, value in enumerate(values):
        year, number = YEARS[0] + place // 12, place % 12 + 1
        if number == 1 or month(year, number) > last:
            continue
        single = number > 2
        period = month(year, number) if single else ytd(year, 2)
        level = value if single else value + values[place - 1]
        rows.append(row(code, "level", period, level))
        if place >= 13:
            before = values[place - 12] if single else values[place - 12] + values[place - 13]
            rows.append(row(code, "yoy", period, (level / before - 1) * 100))
    return rows


@pytest.fixture(scope="module")
def told(catalogue: Catalogue, plan: MomentumPlan) -> Momentum:
    rows = [r for code, seed in (("BCD", 1), ("21", 2), ("22", 3), ("14", 4)) for r in published(code, truth(seed)[1])]
    rows += published("13", truth(5)[1], last=month(2023, 6))  # out of date
    rows += published("15", truth(6)[1])[-60:]  # too short
    patched = pytest.MonkeyPatch()
    with patched.context() as patch:
        patch.setattr(adjust, "REVISED_MONTHS", 2)
        desk = Desk(Snapshot(tuple(rows), None, None, 0), catalogue, FactBook())
        return adjust.momentum(desk, plan, load_breaks(), at=AT)


def test_the_change_of_the_month_is_that_of_the_truth(told: Momentum) -> None:
    got = {p.subject_key.split(":")[1].split("@")[0]: p for p in told.told}
    assert set(got) == {"BCD", "21", "22", "14"}
    for code, seed in (("BCD", 1), ("21", 2), ("22", 3), ("14", 4)):
        adjusted, _ = truth(seed)
        place = len(YEARS) * 12 - 3
        exact = (adjusted[place] / adjusted[place - 1] - 1) * 100
        quarter = (adjusted[place - 2 : place + 1].sum() / adjusted[place - 5 : place - 2].sum() - 1) * 100
        pace = got[code]
        assert pace.period == AT and pace.monthly is not None and pace.quarterly is not None
        assert pace.monthly.value == pytest.approx(exact, abs=0.5)
        assert pace.quarterly.value == pytest.approx(quarter, abs=0.5)
        assert pace.monthly.status == "computed" and pace.monthly.lineage.inputs
        assert pace.growth is not None and pace.growth.status == "published"
        assert pace.revision is not None and pace.revision.value is not None and pace.revision.value < 1.0
        assert pace.verdict in ("良好", "存疑")


def test_told_series_are_there_as_a_whole(told: Momentum) -> None:
    """Original, adjusted and trend by observation, consistent with the change that is told."""
    assert [(s.subject_key, s.indicator) for s in told.series] == [(p.subject_key, p.indicator) for p in told.told]
    for series, pace in zip(told.series, told.told, strict=True):
        assert series.periods[0] == ytd(2015, 2) and series.periods[-1] == AT and len(series.periods) == 108
        assert not any(p.kind == "month" and p.last <= 2 for p in series.periods)
        assert len(series.original) == len(series.adjusted) == len(series.trend) == 108
        assert all(v is not None and v == float(f"{v:.6g}") for v in (*series.adjusted, *series.trend))
        now, before = series.adjusted[-1], series.adjusted[-2]
        assert now is not None and before is not None and pace.monthly is not None
        assert (now / before - 1) * 100 == pytest.approx(pace.monthly.value, abs=0.06)
        assert f"{series.subject_key}/CN/export_delivery/level/published/month/亿元" in series.inputs
        assert (series.unit, series.verdict) == ("亿元", pace.verdict)


def test_what_cannot_be_adjusted_is_named_with_its_reason(told: Momentum) -> None:
    reasons = {(p.subject_key, p.indicator): p.refused for p in told.refused}
    assert "没有数字" in reasons["industry:13@nbs", "export_delivery"]
    assert "月数不够" in reasons["industry:15@nbs", "export_delivery"]
    assert "没有数字" in reasons["industry:BCD@nbs", "value_added"]
    assert all(p.monthly is None for p in told.refused)


def test_the_section_prints_facts_only(told: Momentum, catalogue: Catalogue) -> None:
    made = section.build(told, brief=None, place=6)  # type: ignore[arg-type]
    lead = next(b for b in made.blocks if isinstance(b, Paragraph))
    assert lead.style == "lead" and "剔除季节、春节和工作日因素后" in lead.text and "2024年10月份" in lead.text
    facts = {f.id for p in told.told for f in (p.monthly, p.quarterly, p.revision, p.growth) if f is not None}
    numbers = [part for b in made.blocks if isinstance(b, Paragraph) for part in b.inlines if isinstance(part, Number)]
    assert numbers and {n.fact_id for n in numbers} <= facts
    table = next(b for b in made.blocks if isinstance(b, Table))
    assert len(table.rows) == 4 and {c.fact_id for r in table.rows for c in r if c.fact_id} <= facts
    assert told.chart is not None and len(told.chart.periods) == 36
    assert "未作季节调整" in made.blocks[-1].text  # type: ignore[union-attr]


def test_without_any_fit_series_the_section_is_one_refusal(catalogue: Catalogue, plan: MomentumPlan) -> None:
    desk = Desk(Snapshot(tuple(published("21", truth(2)[1])[-20:]), None, None, 0), catalogue, FactBook())
    refused = adjust.momentum(desk, plan, load_breaks(), at=AT)
    made = section.build(refused, brief=None, place=6)  # type: ignore[arg-type]
    assert not refused.told and refused.chart is None and len(made.blocks) == 1
    assert "2024年10月份，本库现有数字不足以作季节调整" in made.blocks[0].text  # type: ignore[union-attr]


def test_january_february_is_held_against_december(catalogue: Catalogue) -> None:
    rows = published("21", truth(2)[1], last=month(2024, 2))
    from qinggong.monitor.harmonise import harmonise

    subject, indicator = catalogue.known_subjects["industry:21@nbs"], catalogue.indicator("export_delivery")
    found = harmonise(Snapshot(tuple(rows), None, None, 0), catalogue, subject, indicator)
    assert found is not None
    (one,) = adjust.adjust_all([(found, subject, indicator)])
    row_ = one.adjusted.size - 1
    assert one.period(row_).code == "2024-01/2024-02" and one.row_before(row_) == row_ - 2
    adjusted, _ = truth(2)
    place = len(YEARS) * 12 - 11
    exact = ((adjusted[place] + adjusted[place - 1]) / 2 / adjusted[place - 2] - 1) * 100
    assert adjust.change(one, row_) == pytest.approx(exact, abs=1.0)


def test_a_fixed_policy_publishes_what_the_review_projected(catalogue: Catalogue, plan: MomentumPlan) -> None:
    held = plan.model_copy(update={"policy": "fixed", "series": plan.series[:1]})
    assert adjust.review_month(plan, AT) is None
    assert [adjust.review_month(held, p) for p in (AT, month(2024, 12), ytd(2025, 2))] == [
        month(2023, 12), month(2023, 12), month(2024, 12)
    ]  # fmt: skip
    rows = [r for code, seed in (("21", 2), ("22", 3)) for r in published(code, truth(seed)[1])]
    found = []
    for last in (month(2024, 9), AT):
        known = tuple(r for r in rows if r.period.end_date <= last.end_date)
        desk = Desk(Snapshot(known, None, None, 0), catalogue, FactBook())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(adjust, "REVISED_MONTHS", 0)
            found.append(adjust.momentum(desk, held, (), at=last))
    for told in found:
        assert [(r.policy, r.reviewed) for r in told.records] == [("fixed", month(2023, 12))] * 2
    assert [dict(r.specification) for r in found[0].records] == [dict(r.specification) for r in found[1].records]
    assert found[0].records[0].specification["end"] == "2023-12"


def test_a_group_adjusted_as_a_whole_is_held_against_its_sum(catalogue: Catalogue, plan: MomentumPlan) -> None:
    members = [m.subjects[0] for m in catalogue.groups["whole_divisions"].members]
    codes = [m.split(":")[1].split("@")[0] for m in members]
    rows = [r for seed, code in enumerate(codes) for r in published(code, truth(seed)[1])]
    told = []
    for known in (rows, [r for r in rows if r.series.subject != codes[0]]):
        desk = Desk(Snapshot(tuple(known), None, None, 0), catalogue, FactBook())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(adjust, "REVISED_MONTHS", 0)
            told.append(adjust.momentum(desk, plan, (), at=AT))
    (one,), none = told[0].sums, told[1].sums
    assert none == ()  # a sum that lacks a member is no aggregate
    whole = sum(truth(seed)[0] for seed in range(len(codes)))
    place = len(YEARS) * 12 - 3
    exact = (whole[place] / whole[place - 1] - 1) * 100
    assert one.parts.value == len(codes) and one.period == AT
    assert one.direct.value == pytest.approx(exact, abs=0.5) and one.indirect.value == pytest.approx(exact, abs=0.5)
    assert one.deviation.value is not None and 0 < one.deviation.value < 1
    made = section.build(told[0], brief=None, place=6)  # type: ignore[arg-type]
    (note,) = [b for b in made.blocks if isinstance(b, Paragraph) and "直接调整" in b.text]
    assert one.name in note.text and f"各月平均相差{one.deviation.text}%" in note.text


def test_a_declared_break_is_drawn_and_named(catalogue: Catalogue, plan: MomentumPlan) -> None:
    declared = Break.model_validate(
        {"key": "test", "from": "2023-01", "what": "合成的口径变化", "what_en": "made up", "short": "口径甲",
         "kinds": ["industry"], "bridge": "growth"}
    )  # fmt: skip
    earlier = declared.model_copy(update={"key": "old", "from_": "2016-01"})
    desk = Desk(Snapshot(tuple(published("BCD", truth(1)[1])), None, None, 0), catalogue, FactBook())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adjust, "REVISED_MONTHS", 0)
        told = adjust.momentum(desk, plan, (earlier, declared), at=AT)
    assert told.chart is not None
    assert [(b.first, b.short) for b in told.chart.breaks] == [(month(2023, 1), "口径甲")]  # the other is not shown
    figure = line_figure(told.chart, label="图1")
    assert "竖虚线处口径有变化：2023年1月起，合成的口径变化。" in figure.notes
    texts = [layer["mark"].get("text") for layer in figure.spec["layer"] if isinstance(layer["mark"], dict)]
    assert "口径甲" in texts and "<svg" in render_svg(figure.spec, uid="t")
