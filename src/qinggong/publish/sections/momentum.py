"""环比动能: what the seasonally adjusted series say of the month, and which series could not be adjusted, and why."""

from __future__ import annotations

from qinggong.monitor.facts import AdjustedSum, Brief, Momentum, Pace, quantity
from qinggong.publish.document import Block, Cell, Column, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import FLAT, join, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import PARTIAL_MARK, cell, line_figure

TOLD = 6
"""Series told in words; the table has all."""


def build(momentum: Momentum, brief: Brief, *, place: int) -> Section:
    """The section of one month; where nothing can be adjusted it says so in one paragraph."""
    counter = Counter(place)
    told = momentum.told
    blocks: list[Block] = []
    if told:
        blocks.append(Paragraph(tuple(_lead(told)), "lead"))
        for indicator in dict.fromkeys(p.indicator for p in told):
            blocks.append(_table([p for p in told if p.indicator == indicator], label=counter.table()))
        if momentum.chart is not None:
            blocks.append(line_figure(momentum.chart, label=counter.figure()))
        blocks += [Paragraph(tuple(_direct_or_summed(one)), "note") for one in momentum.sums]
        blocks.append(Paragraph((_method(momentum),), "note"))
    if momentum.refused:
        blocks.append(Paragraph((_refusals(momentum),), "note" if told else "lead"))
    return Section("momentum", counter.numeral, momentum.title, tuple(blocks))


def _lead(told: tuple[Pace, ...]) -> list[Inline]:
    """“2025年10月份，规模以上工业出口交货值环比下降0.8%，近3个月较前3个月下降0.2%；…。”"""
    inlines: list[Inline] = []
    for period in sorted({p.period for p in told}, reverse=True):
        clauses = [_clause(p) for p in told if p.period == period][:TOLD]
        inlines += [when(period) + "，剔除季节、春节和工作日因素后，", *join(clauses, "；"), "。"]
    return inlines


def _clause(pace: Pace) -> list[Inline]:
    noun = quantity(pace.name, pace.indicator, pace.indicator_name)
    parts: list[list[Inline]] = []
    if pace.monthly is not None and pace.monthly.value is not None:
        against = "比上年12月份" if pace.period.is_jan_feb else "环比"
        parts.append(
            [f"{noun}{'平均每月' if pace.period.is_jan_feb else ''}{against}", *_moved(pace.monthly.value, pace)]
        )
    if pace.quarterly is not None and pace.quarterly.value is not None:
        word = "增长" if pace.quarterly.value > 0 else "下降"
        size: list[Inline] = (
            ["持平"] if abs(pace.quarterly.value) < FLAT else [word, number(pace.quarterly, unsigned=True), "%"]
        )
        parts.append(["近三个月比前三个月", *size])
    return join(parts, "，")


def _moved(value: float, pace: Pace) -> list[Inline]:
    assert pace.monthly is not None
    if abs(value) < FLAT:
        return ["持平"]
    return ["增长" if value > 0 else "下降", number(pace.monthly, unsigned=True), "%"]


def _table(paces: list[Pace], *, label: str) -> Table:
    periods = {p.period for p in paces}
    dated = len(periods) > 1
    columns = (
        Column("行业", align="left"), *((Column("月份", align="center"),) if dated else ()), Column("环比", unit="%"),
        Column("近三个月比\n前三个月", unit="%"), Column("同比\n（公布）", unit="%"),
        Column("环比首估\n平均修订", unit="百分点"), Column("调整质量", align="center"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(p.name + (PARTIAL_MARK if p.note else "")), *((Cell(p.period.code[-7:]),) if dated else ()),
            cell(p.monthly, why="没有上月数字"), cell(p.quarterly, why="前后六个月不全"), cell(p.growth),
            cell(p.revision, why="历史不足，不能测算"), Cell(p.verdict),
        )
        for p in paces
    )  # fmt: skip
    notes = (f"{PARTIAL_MARK} 该大类仅部分小类属轻工业。",) if any(p.note for p in paces) else ()
    newest = when(max(periods)) + ("及以前" if dated else "")
    return Table(
        label, f"季节调整后的{paces[0].indicator_name}，本系统测算（{newest}）", columns, rows, unit_note="单位：%、百分点",
        notes=(*notes, "环比首估平均修订：一年以前的十二个月中，各月环比的首次估计与本期估计之差的绝对值平均。"), source="本系统测算",
    )  # fmt: skip


def _direct_or_summed(one: AdjustedSum) -> list[Inline]:
    """“整个属于轻工业的七个大类出口交货值合计：直接调整，环比下降0.8%；各部分分别调整后加总，环比下降0.7%；…。”"""
    inlines: list[Inline] = [f"{one.name}{one.indicator_name}合计："]
    for way, fact in (("直接调整", one.direct), ("各部分分别调整后加总", one.indirect)):
        assert fact.value is not None
        size: list[Inline] = ["持平"]
        if abs(fact.value) >= FLAT:
            size = ["增长" if fact.value > 0 else "下降", number(fact, unsigned=True), "%"]
        inlines += [f"{way}，{'比上年12月份' if one.period.is_jan_feb else '环比'}", *size, "；"]
    return [*inlines, "两种季调结果各月平均相差", number(one.deviation), "%。"]


POLICY = {
    "concurrent": "季节调整每月重估，历史数会修订。",
    "partial": "模型、异常值和滤波按{month}审定的规格，系数每月重估，历史数会小幅修订。",
    "fixed": "模型、系数和季节因子按{month}审定的规格，到下次审定前历史数不因新数据而修订。",
}


def _method(momentum: Momentum) -> str:
    policy = momentum.policy if momentum.reviewed is not None else "concurrent"
    revised = POLICY[policy].format(month=when(momentum.reviewed) if momentum.reviewed is not None else "")
    return (
        "口径：绝对量按公布的同比增速链接到最近一年的可比口径；季节调整采用regARIMA—X-11，春节和法定工作日为回归变量；"
        f"1—2月为一个观测值。{revised}"
    )


def _refusals(momentum: Momentum) -> str:
    """“下列序列未作季节调整。出口交货值：甲、乙（原因）；丙（原因）。增加值：丁（原因）。”"""
    grouped: dict[str, dict[str, list[str]]] = {}
    for p in momentum.refused:
        grouped.setdefault(p.indicator_name, {}).setdefault(p.refused, []).append(p.name)
    told = "。".join(
        f"{indicator}：" + "；".join(f"{'、'.join(names)}（{reason}）" for reason, names in reasons.items())
        for indicator, reasons in grouped.items()
    )
    short = f"{when(max(p.period for p in momentum.refused))}，本库现有数字不足以作季节调整"
    return f"{'下列序列未作季节调整' if momentum.told else short}。{told}。"
