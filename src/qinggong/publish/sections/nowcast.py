"""即时预测: figures that are not published yet, what changed the view of them, how good such forecasts were."""

from __future__ import annotations

from collections import Counter as Counter_

from qinggong.monitor.facts import Fact, NewsItem, NowcastLine, Nowcasts, ReleaseNews
from qinggong.periods import name as period_name
from qinggong.publish import nowcast_narrative as words
from qinggong.publish.document import Block, Cell, Column, Figure, Inline, Paragraph, Section, Table
from qinggong.publish.fan_chart import fan_chart
from qinggong.publish.narrative import date_name, join, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import DASH, cell

MOST_FANS, MOST_ITEMS = 2, 4
HEADLINE = "value_added"
"""The indicator told in words and drawn."""


def build(found: Nowcasts, *, place: int) -> Section:
    """The section of one month; without any figure that can be nowcast it says so in one sentence."""
    counter = Counter(place)
    if not found.lines:
        why = "样本不足，已收录的分行业月度数字太少或太旧，不能估计模型；各行业缺什么可用 qinggong nowcast 查看"
        only = Paragraph((f"{when(found.wanted)}及以后不作分行业的即时预测：{why}。",), "lead")
        return Section("nowcast", counter.numeral, found.title, (only,))
    headline = found.of(HEADLINE) or found.lines
    blocks: list[Block] = [_lead(found, headline), _table(_together(headline), found, label=counter.table())]
    others = [line for line in found.lines if line.indicator != headline[0].indicator]
    if others:
        blocks.append(_others(others, found, label=counter.table()))
    blocks += [_fan(line, found, label=counter.figure()) for line in _drawn(headline)]
    changed = [line for line in found.lines if line.change is not None]
    if changed:
        for line in changed:
            assert line.change is not None
            blocks.append(Paragraph(tuple(words.change(line, line.change)), "body"))
        blocks.append(_news(changed[0], label=counter.table()))
    if any(line.tested is not None for line in headline):
        blocks.append(_tested(headline, found, label=counter.table()))
    blocks += [Paragraph(tuple(p), "note") for p in _notes(found)]
    return Section("nowcast", counter.numeral, found.title, tuple(blocks))


def _lead(found: Nowcasts, headline: tuple[NowcastLine, ...]) -> Paragraph:
    ordered = sorted(_together(headline), key=lambda line: -(line.density.mean.value or 0.0))
    ends = ordered if len(ordered) < 3 else [ordered[0], ordered[-1]]
    clauses = join((words.expectation(line) for line in ends), "；")
    opening = f"以下为{words.MARKED}，不是公布数。" + ("预计增速最高和最低的行业：" if len(ends) < len(ordered) else "")
    return Paragraph((opening, *clauses, "。"), "lead")


def _together(lines: tuple[NowcastLine, ...]) -> tuple[NowcastLine, ...]:
    """The lines of the period that most of them have: a column holds one period."""
    counts = Counter_(line.period for line in lines)
    newest = max(counts, key=lambda p: (counts[p], p))
    return tuple(line for line in lines if line.period == newest)


def _table(lines: tuple[NowcastLine, ...], found: Nowcasts, *, label: str) -> Table:
    columns = (
        Column("行业", align="left"), Column("最新\n公布数", unit="%"), Column("预测期", align="center"),
        Column("预测值", unit="%"), Column("八成区间\n下限", unit="%"), Column("八成区间\n上限", unit="%"), Column("基数\n影响",
        unit="百分点"),
        Column("采用的方法", align="center"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(line.short), cell(line.newest), Cell(period_name(line.period, form="month")), cell(line.density.mean),
            cell(line.density.p10), cell(line.density.p90), cell(line.base, why="缺上年同期数"), Cell(line.chosen_name),
        )
        for line in lines
    )  # fmt: skip
    name = lines[0].indicator_name
    return Table(
        label, f"分行业{name}同比增速预测（{period_name(found.wanted)}为止的数字）", columns, rows,
        notes=("基数影响：两年合计增速不变时，上年同期基数的变化使增速变动的幅度，事先已知，不属于意外。",), source=words.MARKED,
    )  # fmt: skip


def _others(lines: list[NowcastLine], found: Nowcasts, *, label: str) -> Table:
    """The other indicators: mean and bounds by industry."""
    names = dict.fromkeys(line.indicator_name for line in lines)
    columns = [Column("行业", align="left")]
    for name in names:
        columns += [Column(f"{name}\n预测值", unit="%"), Column("标准差", unit="百分点")]
    same = [line for name in names for line in _together(tuple(x for x in lines if x.indicator_name == name))]
    places = {(line.subject_key, line.indicator_name): line for line in same}
    rows = []
    for key, short in dict.fromkeys((line.subject_key, line.short) for line in lines):
        cells = [Cell(short)]
        for name in names:
            line = places.get((key, name))
            if line is None:
                cells += [Cell(DASH, title="不预测或时期不同"), Cell(DASH, title="不预测或时期不同")]
                continue
            period = period_name(line.period, form="month")
            cells += [
                Cell(line.density.mean.text, line.density.mean.id, title=f"{period}，{line.chosen_name}"),
                cell(line.density.std),
            ]
        rows.append(tuple(cells))
    return Table(
        label, f"分行业其他指标同比增速预测（{period_name(found.wanted)}为止的数字）", tuple(columns), tuple(rows),
        notes=("预测的是各指标最新公布数的下一期，时期与多数行业不同的不列；营业收入和利润的单月增速由累计绝对量推算，与公布的可比口径增速可能不同。",),
        source=words.MARKED,
    )  # fmt: skip


def _drawn(headline: tuple[NowcastLine, ...]) -> list[NowcastLine]:
    """Industries whose view changed, else the first ones."""
    changed = [line for line in headline if line.change is not None]
    return (changed or list(headline))[:MOST_FANS]


def _fan(line: NowcastLine, found: Nowcasts, *, label: str) -> Figure:
    points = line.path
    labels = [f"{p.period.year}-{p.period.last:02d}" for p in points]
    known = [p.mean if p.kind == "known" else None for p in points]
    mean = [None if p.kind == "known" else p.mean for p in points]

    def bound(name: str) -> list[float | None]:
        return [None if p.kind == "known" else float(getattr(p, name)) for p in points]

    what = f"{line.subject_name}{line.indicator_name}同比增速"
    spec = fan_chart(
        labels=labels, known=known, mean=mean, unit="%", told=_at(line, labels),
        bands=[("八成区间", bound("p10"), bound("p90")), ("五成区间", bound("p25"), bound("p75"))],
    )  # fmt: skip
    low, high = line.density.p10.text, line.density.p90.text
    alt = f"{what}：{period_name(line.period)}预测{line.density.mean.text}%，区间{low}%至{high}%"
    return Figure(
        label, f"{what}：公布数与至{period_name(found.end)}的预测", spec, alt=alt,
        notes=(f"预测方法：{line.chosen_name}；区间按正态分布，不窄于检验期的误差。",), source=words.MARKED,
    )  # fmt: skip


def _at(line: NowcastLine, labels: list[str]) -> tuple[str, str] | None:
    """Where the printed figure stands on the way."""
    label = f"{line.period.year}-{line.period.last:02d}"
    return (label, line.density.mean.text) if line.density is not None and label in labels else None


def _news(line: NowcastLine, *, label: str) -> Table:
    """The releases behind one change, with the figures that mattered."""
    assert line.change is not None
    columns = (
        Column("发布和数字", align="left"), Column("预期", unit="%"), Column("实际", unit="%"),
        Column("意外", unit="百分点"), Column("基数\n影响", unit="百分点"), Column("使预测\n变动", unit="百分点"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for release in line.change.releases:
        if not _mattered(release) and not release.effect.text.strip("-0."):
            continue
        day = date_name(release.date, beside=line.period) if release.date else DASH
        head = f"{day}{release.what}{'（修订）' if release.kind == 'revision' else ''}"
        rows.append((Cell(head, strong=True), *(Cell("") for _ in range(4)), _strong(release.effect)))
        for one in _mattered(release):
            what = f"{period_name(one.period, form='month', with_year=False)}{one.subject_name}{one.indicator_name}"
            rows.append(
                (
                    Cell(what, indent=1), cell(one.expected), cell(one.actual), cell(one.surprise),
                    cell(one.base, why="缺上年同期数"), cell(one.effect),
                )
            )  # fmt: skip
    rows.append((Cell("合计", strong=True), *(Cell("") for _ in range(4)), _strong(line.change.change)))
    return Table(
        label, f"{line.subject_name}{line.indicator_name}增速模型测算值变动的来由（{period_name(line.period, form='month')}）",
        columns, tuple(rows),
        notes=("一次发布中只列本行业的和影响最大的几个数字，没有影响的发布不列，各次发布的影响之和等于合计；前后用同一套模型参数，修订与新数字分列。",),
        source=words.MARKED,
    )  # fmt: skip


def _mattered(release: ReleaseNews) -> list[NewsItem]:
    """The industry's own figures and others that moved the nowcast by a digit."""
    return [one for one in release.items if one.own or one.effect.value][:MOST_ITEMS]


def _strong(fact: Fact) -> Cell:
    return Cell(fact.text, fact.id, strong=True)


def _tested(lines: tuple[NowcastLine, ...], found: Nowcasts, *, label: str) -> Table:
    columns = (
        Column("行业", align="left"), Column("检验\n期数"), Column("模型\n误差", unit="百分点"), Column("最好的\n简单方法", align="center"),
        Column("其误差", unit="百分点"), Column("DM检验\np值"), Column("模型八成\n区间覆盖率", unit="%"), Column("采用", align="center"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(line.short), cell(t.observations), cell(t.model), Cell(t.simple_name), cell(t.simple),
            cell(t.p_value, why="不能检验"), cell(t.coverage[-1]),
            Cell("模型" if line.chosen == "model" else line.chosen_name),
        )
        for line in lines if (t := line.tested) is not None
    )  # fmt: skip
    return Table(
        label, f"以往预测{lines[0].indicator_name}下一期增速的误差（{period_name(found.wanted)}采用）", columns, rows,
        notes=(words.basis(found),), source=words.MARKED,
    )  # fmt: skip


def _notes(found: Nowcasts) -> list[list[Inline]]:
    notes: list[list[Inline]] = []
    if found.refused:
        grouped: dict[str, list[str]] = {}
        for one in found.refused:
            short = one.reason.split("：")[0].split("，")[0]
            grouped.setdefault(short, []).append(f"{one.subject_name}{one.indicator_name}")
        told = "；".join(f"{'、'.join(names)}（{reason}）" for reason, names in grouped.items())
        notes.append([f"{when(found.wanted)}不作预测的：{told}。"])
    method: list[Inline] = ["动态因子模型含一个共同因子和分组因子，缺失与不齐的末端按模型推断"]
    if found.series is not None:
        method += ["，进入模型的序列", number(found.series), "条"]
    notes.append([*method, "；模型误差不小于简单方法的，采用简单方法并如实注明。", *found.model_notes])
    return notes
