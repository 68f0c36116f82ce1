"""Targets held against made-up figures (合成数据): every outcome is stated, no number without lineage."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from target_figures import SHARES, desk, growth_of_industries, industry_rows, light

from qinggong.catalogue.plans import Measured, Plan, Source, Target, load_target_settings
from qinggong.methods import required_growth as need
from qinggong.monitor.facts import TargetLine, Targets
from qinggong.monitor.target_inputs import figures_of, period_at, readings, shares
from qinggong.monitor.targets import Supposition, plain_targets, targets
from qinggong.periods import Period, month, ytd
from qinggong.publish.sections import targets as section
from qinggong.publish.target_narrative import industries, printed, told
from qinggong.store.base import Observation

GROWTH = growth_of_industries()
INDUSTRIES = industry_rows(GROWTH)
SETTINGS = load_target_settings().model_copy(
    update={"simulation": load_target_settings().simulation.model_copy(update={"paths": 600, "resamples": 30})}
)
A = Source(code="a", title="合成方案", publisher="测试", date=dt.date(2024, 1, 1), mark="read")
VALUE_ADDED = Measured(subject="轻工业", indicator="增加值")
REVENUE = Measured(subject="轻工业", indicator="营业收入")


def target(**fields: object) -> Target:
    base = {"code": "t", "text": "增加值增长5%左右", "quantity": "growth", "bound": "approximate", "over": "full_year",
            "years": (2024,), "value": 5, "unit": "%", "measured": VALUE_ADDED, "source": "a",
            "mark": "read"}  # fmt: skip
    return Target(**(base | fields))


def plan(*aims: Target, start: int = 2024, end: int = 2024) -> Plan:
    return Plan(
        kind="plan", code="p", title="合成方案", title_en="A synthetic plan", short="合成方案", number="", issuers=("测试",),
        published=dt.date(start, 1, 1), valid_from=dt.date(start, 1, 1), valid_to=dt.date(end, 12, 31), adopted=True,
        text="full", source="合成", sources=(A,), targets=aims,
    )  # fmt: skip


def followed(aim: Target, *rows: Observation, at: Period, start: int = 2024, end: int = 2024) -> TargetLine:
    found = targets(desk(*INDUSTRIES, *rows), [plan(aim, start=start, end=end)], SETTINGS, at=at)
    assert found is not None and len(found.lines) == 1
    section.build(found, place=1)  # whatever comes out can be printed
    assert told(found.lines[0]) and printed(found)
    return found.lines[0]


def light_year(year: int, rate: str, upto: int = 12) -> list[Observation]:
    """A reading every third month and the last one."""
    return [light(rate, ytd(year, m)) for m in sorted({*range(2, upto, 3), upto})]


def test_growth_that_the_rest_of_the_year_needs() -> None:
    line = followed(target(), *light_year(2023, "4.0"), *light_year(2024, "4.6", 8), at=month(2024, 8))
    assert line.state == "open" and line.period == ytd(2024, 8) and line.remaining is not None
    assert line.remaining.text == "4"
    strict, half = line.readings[0], line.readings[2]
    # Eight of twelve months: (5 − 2/3 · 4.6) · 3 = 5.8, with rounding and shares around it.
    assert strict.required is not None and strict.required.value == pytest.approx(5.8, abs=0.15)
    assert strict.required_low is not None and strict.required_high is not None
    assert (strict.required_low.value or 0) <= 5.8 <= (strict.required_high.value or 0)
    assert (
        half.floor.text == "4.5" and half.required is not None and half.required.value == pytest.approx(4.3, abs=0.15)
    )
    assert strict.probability is not None and half.probability is not None
    assert (strict.probability.value or 0) <= (half.probability.value or 0)
    assert line.gap is not None and line.gap.text == "-0.4"
    text = "".join(p if isinstance(p, str) else p.text for p in told(line))
    assert "后4个月需增长5." in text and "才能达到全年目标" in text and "达到的可能性" in text
    assert strict.required.lineage.inputs and "by" in strict.required.lineage.method


def test_the_probability_moves_with_the_figures() -> None:
    low, high = (
        followed(target(bound="floor"), *light_year(2023, "4.0"), *light_year(2024, rate, 9), at=month(2024, 9))
        for rate in ("3.0", "7.0")
    )
    first, second = low.readings[0].probability, high.readings[0].probability
    assert first is not None and second is not None and (first.value or 0) < 20 and (second.value or 0) > 80
    assert len(low.readings) == 1  # a floor has one reading


def test_a_mean_over_two_years() -> None:
    aim = target(over="mean_of_years", years=(2023, 2024), value=4)
    line = followed(aim, *light_year(2023, "1.8"), *light_year(2024, "4.8", 11), at=month(2024, 11), start=2023)
    assert [f.text for f in line.finished] == ["1.8"] and line.mean is not None and line.mean.text == "3.3"
    assert line.readings[0].year_need is not None and line.readings[0].year_need.text == "6.2"
    before = followed(aim, *light_year(2022, "3.0"), *light_year(2023, "1.0", 6), at=month(2023, 6), start=2023)
    assert before.rest == "years" and before.readings[0].required is not None
    wanted = need.of_mean_evenly(4, 2, [], 1.0, 7 / 12 - 1 / 12)
    assert before.readings[0].required.value == pytest.approx(wanted, abs=0.3)
    between = followed(aim, *light_year(2023, "1.8"), at=month(2023, 12), start=2023)
    assert between.rest == "year" and between.readings[0].year_need is not None
    assert between.readings[0].year_need.text == "6.2" and between.readings[0].probability is not None


def test_decided_targets_have_a_verdict_for_each_reading() -> None:
    aim = target(over="mean_of_years", years=(2023, 2024), value=4)
    line = followed(aim, *light_year(2023, "1.8"), *light_year(2024, "4.9"), at=month(2024, 12), start=2023)
    assert line.state == "decided"
    assert [r.verdict for r in line.readings] == ["missed", "missed", "missed", "met"]
    assert followed(target(value=4.9), *light_year(2024, "4.9"), at=month(2024, 12)).readings[0].verdict == "met"


def test_a_level_with_growth_and_without() -> None:
    aim = target(
        text="营业收入达到25万亿元", quantity="level", bound="floor", value=25, unit="万亿元", measured=REVENUE
    )

    def level(printed: str, period: Period) -> Observation:
        return light(printed, period, indicator="revenue", measure="level", unit="亿元")

    base = [level("220000", ytd(2023, 12))]
    running = [level("150000", ytd(2024, 8)), light("2.0", ytd(2024, 8), indicator="revenue")]
    line = followed(aim, *base, *running, at=month(2024, 8))
    # 150 at +2 % on two thirds of a year: the rest had 73.5; 100 are needed: +36 %.
    assert line.state == "open" and line.readings[0].required is not None
    assert line.readings[0].required.value == pytest.approx((100 / (150 / 1.02 / 2) - 1) * 100, abs=2)
    assert line.gap is not None and line.gap.unit == "万亿元" and line.gap.text == "-10.0"
    assert line.readings[0].probability is not None and (line.readings[0].probability.value or 0) <= 5
    only_base = followed(aim, *base, at=month(2024, 2))
    assert only_base.rest == "year" and only_base.readings[0].required is not None
    assert only_base.readings[0].required.value == pytest.approx((25 / 22 - 1) * 100, abs=1)
    no_growth = followed(aim, level("150000", ytd(2024, 8)), at=month(2024, 8))
    assert no_growth.state == "no_base" and "缺基数" in no_growth.reason
    done = followed(aim, level("232000", ytd(2024, 12)), at=month(2024, 12))
    assert done.state == "decided" and done.readings[0].verdict == "missed" and done.gap is not None
    assert done.gap.text == "-1.8"
    assert followed(aim, level("250000", ytd(2024, 12)), at=month(2024, 12)).readings[0].verdict == "met"


def test_growth_relative_to_another() -> None:
    aim = target(
        text="增速与全国工业一致", bound="relative", value=None, unit="", over="each_year",
        relative_to=Measured(subject="规模以上工业", indicator="增加值"),
    )  # fmt: skip
    line = followed(aim, *light_year(2024, "4.0", 9), at=month(2024, 9))
    assert line.state == "open" and line.gap is not None and line.benchmark is not None
    assert line.gap.value == pytest.approx(4.0 - (line.benchmark.value or 0))
    closed = followed(aim, *light_year(2024, "4.0"), at=month(2024, 12))
    assert closed.state == "decided" and {r.verdict for r in closed.readings} <= {"met", "missed"}
    assert followed(aim, at=month(2024, 9)).state == "no_data"


@pytest.mark.parametrize(
    ("aim", "state", "says"),
    [
        (target(quantity="none", bound="direction", value=None, unit=""), "no_number", "无量化目标"),
        (target(quantity="count", bound="exact", measured=None, unit="项"), "no_data", "缺数据"),
        (target(), "no_data", "缺数据"),
        (target(quantity="level", bound="floor", unit="万亿元", measured=REVENUE), "no_data", "缺数据"),
        (
            target(quantity="rate", bound="floor", measured=Measured(subject="轻工业", indicator="营业收入利润率")),
            "no_data", "缺数据",
        ),
    ],
)  # fmt: skip
def test_targets_without_number_or_data_say_so(aim: Target, state: str, says: str) -> None:
    line = followed(aim, at=month(2024, 8))
    assert line.state == state and says in line.reason and line.value is None
    assert not line.readings and not line.points


def test_a_plan_that_is_over() -> None:
    count = target(quantity="count", bound="exact", measured=None, unit="项")
    over = followed(count, at=month(2025, 6))
    assert over.state == "no_data" and "已于2024-12-31到期" in over.reason
    unknown = followed(target(), *light_year(2023, "4.0"), *light_year(2024, "4.6", 11), at=month(2025, 6))
    assert unknown.state == "ended" and "没有收录2024年全年" in unknown.reason
    assert unknown.readings[0].probability is not None
    assert targets(desk(*INDUSTRIES), [plan(count)], SETTINGS, at=month(2026, 6)) is None
    assert targets(desk(*INDUSTRIES), [plan(count)], SETTINGS, at=month(2024, 6), as_of=dt.date(2023, 6, 1)) is None
    draft = plan(count).model_copy(update={"adopted": False, "superseded_by": "p"})
    assert targets(desk(*INDUSTRIES), [draft], SETTINGS, at=month(2024, 6)) is None


def test_a_missing_year_in_the_middle_is_named() -> None:
    aim = target(over="mean_of_years", years=(2023, 2024), value=4)
    line = followed(aim, *light_year(2023, "1.8", 6), *light_year(2024, "4.8", 6), at=month(2024, 6), start=2023)
    assert line.state == "no_base" and "缺2023年全年" in line.reason


def test_too_little_history_gives_required_growth_but_no_chance() -> None:
    rows = [o for o in INDUSTRIES if o.period.year >= 2022]
    found = targets(desk(*rows, *light_year(2024, "4.6", 8)), [plan(target())], SETTINGS, at=month(2024, 8))
    assert found is not None
    (line,) = found.lines
    assert line.readings[0].required is not None and line.readings[0].probability is None
    assert "不能推算概率" in line.reason


def test_industries_carry_and_drag_and_may_be_moved() -> None:
    rows = [
        light("400000", ytd(2023, 12), indicator="revenue", measure="level", unit="亿元"),
        *light_year(2023, "4.0"), *light_year(2024, "4.6", 8),
    ]  # fmt: skip
    line = followed(target(bound="floor"), *rows, at=month(2024, 8))
    named = [*line.carrying, *line.dragging]
    assert named and "2023年全年营业收入" in line.weights and industries(line)
    assert all((p.points.value or 0) > 0 for p in line.carrying) and all(
        (p.points.value or 0) < 0 for p in line.dragging
    )
    made = desk(*INDUSTRIES, *rows)
    moved = targets(
        made, [plan(target(bound="floor"))], SETTINGS, at=month(2024, 8),
        suppose=[Supposition("家具制造业", 30.0), Supposition("纺织业", 3.0)],
    )  # fmt: skip
    assert moved is not None
    (other,) = moved.lines
    assert (
        "家具制造业后几个月增速+30" in other.supposed
        and "纺织业后几个月增速+3个百分点（没有权数，未计入）" in other.supposed
    )
    before, after = line.readings[0].probability, other.readings[0].probability
    assert before is not None and after is not None and (after.value or 0) > (before.value or 0)


def test_figures_of_later_months_are_not_used() -> None:
    rows = [*light_year(2023, "4.0"), *light_year(2024, "4.6", 8)]
    later = [light("9.0", ytd(2024, m)) for m in range(9, 13)]
    a = followed(target(), *rows, at=month(2024, 8))
    b = followed(target(), *rows, *later, at=month(2024, 8))
    plain = [plain_targets(Targets("", month(2024, 8), (replace(line, points=()),))) for line in (a, b)]
    assert plain[0] == plain[1]
    assert a.points[-1].period == ytd(2024, 8) and len(a.points) == 3
    assert a.points[-1].probability == a.readings[0].probability


def test_shares_come_from_the_year_itself_where_it_is_known() -> None:
    made = figures_of(desk(*INDUSTRIES), month(2024, 12))
    profile = made.catalogue.subject("规模以上工业", indicator="value_added")
    subject = made.catalogue.subject("轻工业", indicator="value_added")
    found = shares(made, subject, profile=profile, base_year=2023)
    assert found.middle[-1] == 1 and found.steps == pytest.approx(SHARES, abs=0.002)
    nothing = shares(figures_of(desk(), month(2024, 12)), subject, profile=profile, base_year=2023)
    assert nothing.origin == "按月数分摊" and nothing.upto[6].width > 0.05
    assert readings(made, profile, made.catalogue.indicator("value_added")).newest(2024) == period_at(2024, 10)
