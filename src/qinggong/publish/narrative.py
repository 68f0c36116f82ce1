"""Facts to sentences (叙述): the wording of official monthly releases, every number carried by its fact.

Sentences are lists of inlines; a number can only enter through :func:`number`, so that text cannot print one that
is not a fact. The rules for words (加快/放缓, 降幅收窄/扩大, 由负转正 …) follow the phrase rules of the official style.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from qinggong.monitor.facts import Comparison, Fact, Movement, NextRelease, quantity
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish.document import Inline, Number, Paragraph

FLAT = 0.05
"""Growth below this size rounds to 0.0 and is called 持平."""


def number(fact: Fact, *, unsigned: bool = False) -> Number:
    """A fact as printed; ``unsigned`` where the word beside it (下降, 低于) carries the sign."""
    return Number(fact.text.lstrip("-−+") if unsigned else fact.text, fact.id)


def join(parts: Iterable[Sequence[Inline]], separator: str) -> list[Inline]:
    """Join clauses by a separator, leaving out empty ones."""
    joined: list[Inline] = []
    for part in parts:
        if not part:
            continue
        if joined:
            joined.append(separator)
        joined.extend(part)
    return joined


def paragraph(parts: Iterable[Sequence[Inline]], *, separator: str = "；", style: str = "body") -> Paragraph:
    """Clauses to a paragraph that ends with a full stop."""
    assert style in ("lead", "body", "bullet", "note")
    return Paragraph((*join(parts, separator), "。"), style)  # type: ignore[arg-type]


def when(period: Period, *, beside: Period | None = None, stock: bool = False) -> str:
    """The official name of a period; the year is dropped beside a period of the same year."""
    with_year = beside is None or beside.year != period.year
    return period_name(period, form="stock" if stock else "flow", with_year=with_year)


def before_name(movement: Movement) -> str:
    """How the period of comparison is called: 7月份, 1—7月, 上年全年, 上年12月份."""
    previous, period = movement.previous, movement.period
    name = period_name(previous, form="stock" if movement.sequence == "point" else "month", with_year=False)
    if movement.sequence == "ytd" and previous.last == 12:
        return "上年全年"
    return f"上年{name}" if previous.year != period.year else name


def growth_clause(movement: Movement, *, first: bool = True) -> list[Inline]:
    """同比增长 / 同比下降 / 与上年同期持平; ``first`` decides whether 同比 is said."""
    growth = movement.growth
    if growth is None or growth.value is None:
        return []
    said = "同比" if first else ""
    if growth.unit == "百分点":
        word = "提高" if growth.value > 0 else "下降"
        if growth.value == 0:
            return ["与上年同期持平"]
        return [f"{said}{word}", number(growth, unsigned=True), "个百分点"]
    if growth.unit != "%":
        word = "增加" if growth.value > 0 else "减少"
        if growth.value == 0:
            return ["与上年同期持平"]
        return [f"{said}{word}", number(growth, unsigned=True), growth.unit]
    if abs(growth.value) < FLAT:
        return ["与上年同期持平"]
    return [said + ("增长" if growth.value > 0 else "下降"), number(growth, unsigned=True), "%"]


def change_clause(movement: Movement) -> list[Inline]:
    """Change of a growth rate against the period before, in 百分点, with the word that its signs ask for."""
    change, growth, before = movement.change, movement.growth, movement.previous_growth
    if change is None or growth is None or before is None:
        return []
    now, then = growth.value or 0.0, before.value or 0.0
    reference = before_name(movement)
    if change.value == 0:
        return [f"增速与{reference}持平" if now >= 0 else f"降幅与{reference}相同"]
    size: list[Inline] = [number(change, unsigned=True), "个百分点"]
    if now > 0 > then:
        return [f"增速由负转正（{reference}为下降", number(before, unsigned=True), "%）"]
    if now == 0 and then < 0:
        return [f"由降转平（{reference}为下降", number(before, unsigned=True), "%）"]
    if now < 0 < then:
        return [f"增速由正转负（{reference}为增长", number(before, unsigned=True), "%）"]
    if now <= 0 and then <= 0:
        return [f"降幅比{reference}{'收窄' if now > then else '扩大'}", *size]
    return [f"增速比{reference}{'加快' if now > then else '回落'}", *size]


def gap_clause(movement: Movement, *, against: str) -> list[Inline]:
    """Distance from the benchmark's growth: 高于 / 低于 … 个百分点."""
    gap = movement.gap
    if gap is None or gap.value is None:
        return []
    if gap.value == 0:
        return [f"与{against}持平"]
    return [f"{'高于' if gap.value > 0 else '低于'}{against}", number(gap, unsigned=True), "个百分点"]


def run_clause(movement: Movement) -> list[Inline]:
    """“连续n个月增长”, only from a stated fact."""
    run = movement.run
    if run is None or run.value is None:
        return []
    return ["连续", number(run), f"个月{'增长' if run.value > 0 else '下降'}"]


def record_clause(movement: Movement) -> list[Inline]:
    """“为2022年5月份以来最高”, only from a stated fact."""
    record = movement.record
    if record is None or not record.stated:
        return []
    return [record.label.rpartition("增速")[2]]


def level_clause(movement: Movement) -> list[Inline]:
    """The level with its unit as published."""
    level = movement.level
    return [number(level), level.unit] if level is not None and level.value is not None else []


VERBS = {
    "revenue": "实现营业收入",
    "main_revenue": "实现主营业务收入",
    "profit": "实现利润总额",
    "sales_income": "实现销售收入",
    "export_delivery": "实现出口交货值",
    "exports_usd": "出口额",
    "exports_cny": "出口额",
    "revenue_margin": "营业收入利润率为",
    "sales_ratio": "产品销售率为",
    "cost_per_100": "每百元营业收入中的成本为",
    "output_breadth": "主要产品产量增长面为",
}


def headline(
    movement: Movement, *, first: bool = True, named: bool = True, detailed: bool = True, against: str = "全国工业"
) -> list[Inline]:
    """One figure as a clause: who, level, growth, change; with ``detailed`` also gap, run, record and share."""
    who = movement.name if named else ""
    noun = quantity(movement.name, movement.indicator, movement.indicator_name)
    noun = noun if named else noun.removeprefix(movement.name)
    verb = VERBS.get(movement.indicator)
    if movement.level is not None:
        opening = noun if verb is None else who + verb
        head: list[Inline] = [opening, *level_clause(movement)]
        clauses = [head, growth_clause(movement, first=first)]
    else:
        clauses = [[noun, *growth_clause(movement, first=first)]]
    clauses.append(change_clause(movement))
    if detailed:
        clauses += [gap_clause(movement, against=against), run_clause(movement), record_clause(movement)]
    if detailed and movement.share is not None:
        clauses.append(["占社会消费品零售总额的", number(movement.share), "%（测算）"])
    return join(clauses, "，")


def date_name(iso: str, *, beside: Period) -> str:
    """9月27日; with the year where it is not that of ``beside``."""
    date = dt.date.fromisoformat(iso)
    year = "" if date.year == beside.year else f"{date.year}年"
    return f"{year}{date.month}月{date.day}日"


def following_sentence(following: NextRelease, *, reference: str, beside: Period) -> str:
    """When the next figures come; certain where the timetable states the day, customary otherwise."""
    what = f"{when(following.period, beside=beside)}{following.what}数据"
    day = date_name(following.date, beside=beside)
    if following.date <= reference and following.period > beside:
        return f"{what}的发布日期为{day}" if following.announced else f"{what}按惯例于{day}前后发布"
    if following.date <= reference:
        return (
            f"{what}按发布日程已于{day}发布，本库尚未收录"
            if following.announced
            else f"{what}按惯例应已发布，本库尚未收录"
        )
    return f"{what}将于{day}发布" if following.announced else f"{what}按惯例将于{day}前后发布"


def coverage_clause(comparison: Comparison) -> list[Inline]:
    """“n of N”: why no ranking or count is stated."""
    if comparison.expected is None or comparison.counted is None or comparison.complete:
        return []
    return [
        f"{comparison.group_name}共", number(comparison.expected), "个，本期已收录增速", number(comparison.counted),
        "个，成员不全，不作排名和增长个数统计",
    ]  # fmt: skip


def breadth_clause(comparison: Comparison) -> list[Inline]:
    """Counts of growing members on the same list in both periods."""
    growing, before, expected = comparison.growing, comparison.growing_before, comparison.expected
    if growing is None or before is None or expected is None or not growing.stated:
        return []
    previous = period_name(
        comparison.previous, form="month", with_year=comparison.previous.year != comparison.period.year
    )
    return [
        f"{comparison.group_name}", number(expected), "个成员中，", number(growing), f"个同比增长（{previous}为",
        number(before), "个）",
    ]  # fmt: skip


def extremes_clause(comparison: Comparison) -> list[Inline]:
    """The fastest and the slowest member, only where all members are known."""
    if not comparison.complete or comparison.fastest is None or comparison.slowest is None:
        return []
    fastest = next(m for m in comparison.members if m.growth == comparison.fastest)
    slowest = next(m for m in reversed(comparison.members) if m.growth == comparison.slowest)
    return ["增速最高的是", fastest.name, "（", number(comparison.fastest), "%），最低的是", slowest.name, "（",
            number(comparison.slowest), "%）"]  # fmt: skip
