"""目标进度: the plans' targets against the published figures, what the remaining months must bring, how likely it is."""

from __future__ import annotations

from qinggong.monitor.facts import Fact, TargetLine, Targets
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish import charts, target_narrative
from qinggong.publish.document import Block, Cell, Column, Figure, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import join, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import DASH, LINE_HEIGHT, cell

FEWEST_POINTS = 3
"""A line of fewer published readings is no chart."""


def build(targets: Targets, *, place: int) -> Section:
    """The section of one month; targets without figures are counted, not listed."""
    counter = Counter(place)
    blocks: list[Block] = []
    followed = [line for line in targets.lines if line.state in ("open", "ended", "decided")]
    running = [line for line in followed if (line.state == "open" or line.value is not None) and line.readings]
    waiting = [line for line in targets.lines if line.value is not None and not line.readings]
    waiting = [line for line in waiting if line.state not in ("no_number", "no_base")]
    if running:
        first: list[Inline] = [when(targets.wanted) + "，在执行和到期不满一年的方案中，有公布数字可对照的目标如下。"]
        blocks.append(Paragraph(tuple(first), "lead"))
        for line in running:
            blocks.append(Paragraph((f"{line.plan_title}：", *target_narrative.told(line)), "body"))
            if parts := target_narrative.industries(line):
                blocks.append(Paragraph(tuple(parts), "body"))
        if dated := [line for line in running if line.period is not None]:
            blocks.append(_table(dated, targets.wanted, label=counter.table()))
        for line in running:
            if len(line.readings) > 1 and not line.benchmark_name:
                blocks.append(_readings(line, label=counter.table()))
        for line in running:
            if (drawn := _figure(line, label=counter.figure)) is not None:
                blocks.append(drawn)
    blocks += [
        Paragraph((f"{line.plan_title}：", *target_narrative.told(line)), "body") for line in waiting
    ]  # fmt: skip
    blocks += [Paragraph(tuple(p), "note" if running else "lead") for p in _without(targets)]
    if running:
        blocks.append(Paragraph(tuple(_method(targets)), "note"))
    return Section("targets", counter.numeral, targets.title, tuple(blocks))


def _table(lines: list[TargetLine], at: Period, *, label: str) -> Table:
    """Targets with their newest figures at a month; each row names its period where they differ."""
    periods = list(dict.fromkeys(line.period for line in lines if line.period is not None))
    several = len(periods) > 1
    columns = (
        Column("目标", align="left"), Column("方案", align="left"),
        *((Column("时期", align="center"),) if several else ()),
        Column("最新数"), Column("与目标\n之差"), Column("余下月份\n需增长", unit="%"), Column("达到的\n可能性", unit="%"),
        Column("结果", align="center"),
    )  # fmt: skip
    rows = []
    for line in lines:
        told = line.told
        rows.append(
            (
                Cell(_short(line)), Cell(line.plan_title),
                *((Cell(period_name(line.period) if line.period is not None else DASH),) if several else ()),
                _with_unit(line.value), _with_unit(line.gap),
                cell(told.required if told else None, why="期末已过或缺基数"),
                cell(told.probability if told else None, why="不测算或已有结果"), Cell(_result(line)),
            )
        )  # fmt: skip
    return Table(
        label, f"量化目标进度（{period_name(at if several else periods[0])}）", columns, tuple(rows),
        notes=("差额中，增速为百分点，绝对量为目标的单位；多年平均增速的差额是累计增速与全年所需增速之差。",),
        source="各方案及本系统测算",
    )  # fmt: skip


def _short(line: TargetLine) -> str:
    return f"{line.subject_name}{line.indicator_name}{'增速' if _is_growth(line) else ''}"


def _is_growth(line: TargetLine) -> bool:
    return line.value is not None and line.value.unit == "%"


def _with_unit(fact: Fact | None) -> Cell:
    if fact is None or fact.value is None:
        return Cell(DASH, title="缺数据")
    return Cell(fact.text + (fact.unit if fact.unit != "百分点" else ""), fact.id)


def _result(line: TargetLine) -> str:
    if line.state == "decided":
        words = {"met": "达到", "missed": "未达到"}
        return words.get(line.readings[0].verdict, DASH)
    return "全年数未收录" if line.state == "ended" else "进行中"


def _readings(line: TargetLine, *, label: str) -> Table:
    columns = (
        Column("对目标的理解", align="left"), Column("增速\n不低于", unit="%"), Column("本年全年\n需增长", unit="%"),
        Column("余下月份\n需增长", unit="%"), Column("达到的\n可能性", unit="%"), Column("区间下限", unit="%"),
        Column("区间上限", unit="%"), Column("结果", align="center"),
    )  # fmt: skip
    words = {"met": "达到", "missed": "未达到", "": "进行中" if line.state == "open" else DASH}
    rows = tuple(
        (
            Cell(r.name), cell(r.floor), cell(r.year_need, why="不止一年"), cell(r.required, why="期末已过"),
            cell(r.probability, why="不测算"), cell(r.low, why="不测算"), cell(r.high, why="不测算"),
            Cell(words[r.verdict]),
        )
        for r in line.readings
    )  # fmt: skip
    period = line.period or line.readings[0].floor.period
    return Table(
        label, f"{line.subject_name}{line.indicator_name}目标的几种理解（{period_name(period)}）", columns, rows,
        unit_note="单位：%",
        notes=("方案没有规定“左右”的幅度，各种理解为本系统设定，分别列出。",), source="本系统测算",
    )  # fmt: skip


def _figure(line: TargetLine, *, label: object) -> Figure | None:
    """The probability at each published figure of the target's years."""
    points = [p for p in line.points if p.probability is not None]
    if len(points) < FEWEST_POINTS:
        return None
    names = [f"{p.period.year}-{p.period.last:02d}" for p in points]
    last = points[-1].probability
    assert last is not None and callable(label)
    chances = [p.probability.value if p.probability is not None else None for p in points]
    series = [
        charts.LineSeries("达到目标的可能性", chances, True, last_text=last.text),
        charts.LineSeries("区间下限", [p.low.value if p.low is not None else None for p in points], last_text=None),
        charts.LineSeries("区间上限", [p.high.value if p.high is not None else None for p in points], last_text=None),
    ]
    span = f"{period_name(points[0].period, form='month')}至{period_name(points[-1].period, form='month')}"
    what = f"{line.subject_name}{line.indicator_name}目标"
    return Figure(
        str(label()), f"每次公布数字后达到{what}的可能性（{span}）",
        charts.line_chart(labels=names, series=series, unit="%", height=LINE_HEIGHT, decimals=0),
        alt=f"{what}：" + "，".join(
            f"{period_name(p.period)}{p.probability.text}%" for p in points if p.probability is not None
        ),
        notes=("各点只用到该期为止的数字，修订不在其内；横轴为有公布数的各期，间隔不等。",), source="本系统测算",
    )  # fmt: skip


def _without(targets: Targets) -> list[list[Inline]]:
    """Targets that no figure can be held against: without a number, or without data."""
    paragraphs: list[list[Inline]] = []
    directions = [line for line in targets.lines if line.state == "no_number"]
    if directions:
        clauses = join((_direction(line) for line in directions), "；")
        paragraphs.append([f"{when(targets.wanted)}，无量化目标的要求：", *clauses, "。"])
    if targets.unfollowed:
        counted = join(([title, number(count), "项"] for title, count in targets.unfollowed), "、")
        paragraphs.append(
            [
                f"{when(targets.wanted)}，没有按期公布的数字、不能对照的目标：",
                *counted,
                "；逐项可用 qinggong targets 查看。",
            ]
        )
    return paragraphs


def _direction(line: TargetLine) -> list[Inline]:
    words = target_narrative.title(line)
    if line.value is None or line.period is None:
        return words
    beside: list[Inline] = [
        f"（{when(line.period)}{line.subject_name}{line.indicator_name}",
        *target_narrative.grew(line.value),
    ]
    return [*words, *beside, "）"]


def _method(targets: Targets) -> list[Inline]:
    """How required growth and chances are found."""
    told: list[Inline] = [
        "余下月份需增长的幅度：目标增速减去累计增速按已过月份比重加权的部分，除以余下月份的比重；比重为上年同期累计营业收入占全年的比重。"
        "绝对量目标以本期数和公布的同比增速推算同口径基数，不用上年公布数直接相比。"
        "达到的可能性由各行业月度增速的历史推算的路径得出",
    ]
    if len(targets.settings) == 2:
        interval, paths = targets.settings
        told += ["（", number(paths), "条），区间由历史各年重新抽样得出（", number(interval), "%）"]
    return [*told, "，均为本系统测算。"]
