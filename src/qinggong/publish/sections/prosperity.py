"""景气与信号灯: index and components, zones in the official form, lights, clock, ranking with contributions.

The index is the project's own and is called so. Its changes are points, never percent.
"""

from __future__ import annotations

from qinggong.monitor.facts import Fact, IndexLine, Part, Signals, Uncompiled
from qinggong.periods import Period, parse
from qinggong.publish import charts, signal_charts
from qinggong.publish.document import Block, Cell, Column, Figure, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import join, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import DASH, cell

TITLE = "景气与信号灯"
SOURCE = "本系统测算"
PHASES = ("上升", "放缓", "收缩", "复苏")
LINE_HEIGHT = 230


def build(signals: Signals, *, place: int) -> Section:
    """The section of one month; where no index can be compiled one paragraph says why."""
    counter = Counter(place)
    if signals.period is None:
        return Section("prosperity", counter.numeral, TITLE, (Paragraph(tuple(_refusal(signals)), "lead"),))
    blocks: list[Block] = [Paragraph(tuple(_lead(signals)), "lead")]
    if signals.whole is not None:
        if parts := _parts(signals):
            blocks.append(Paragraph(tuple(parts), "body"))
        blocks.append(_index_table(signals, label=counter.table()))
        blocks.append(_history(signals, label=counter.figure()))
    blocks.append(Paragraph(tuple(_zones(signals)), "body"))
    blocks.append(_zone_table(signals, label=counter.table()))
    blocks.append(_strip(signals, label=counter.figure()))
    blocks.append(_ranking(signals, label=counter.table()))
    if (clock := _clock(signals, label=counter)) is not None:
        blocks.append(clock)
    blocks += [Paragraph(tuple(note), "note") for note in _notes(signals)]
    return Section("prosperity", counter.numeral, TITLE, tuple(blocks))


# ---------------------------------------------------------------------------------------------------- text


def _refusal(signals: Signals) -> list[Inline]:
    """“2024年8月份，轻工景气水平指数（本系统编制）不足以编制：……。”"""
    settings = signals.settings
    opening: list[Inline] = [f"{when(signals.wanted)}，{signals.name}不足以编制"]
    if signals.newest is not None:
        return [
            *opening, f"：最近一期为{when(signals.newest)}，距本期超过", number(settings["oldest"]), "个月。",
        ]  # fmt: skip
    return [
        *opening, "：", *join([[_reason(u)] for u in signals.uncompiled], "；"), "。编制一个行业的指数至少需要",
        number(settings["fewest_components"]), "个分项，每个分项至少有", number(settings["fewest_months"]), "个月的可比数据。",
    ]  # fmt: skip


def _reason(uncompiled: Uncompiled) -> str:
    return f"{'、'.join(uncompiled.names)}（{uncompiled.reason}）"


def _lead(signals: Signals) -> list[Inline]:
    """“2025年8月份，…指数为94.32点，位于“稳定”区间（绿灯）中心线以下，较7月份下降2.68点，较上年同期下降4.28点。”"""
    assert signals.period is not None
    whole = signals.whole
    if whole is None or whole.value is None:
        return [f"{when(signals.period)}，{signals.name}的总指数不足以编制（有指数的行业权重不够），各行业指数如下。"]
    return [
        f"{when(signals.period)}，{signals.name}为", number(whole.value), f"点，位于{_place(signals, whole)}",
        *_changes(signals, whole), *_run(signals), "。",
    ]  # fmt: skip


def _place(signals: Signals, line: IndexLine) -> str:
    name, light = signals.zones[line.zone]
    half = ""
    if line.zone == signals.centre and line.value is not None and line.value.value is not None:
        centre = signals.settings["centre"].value or 0.0
        half = "中心线以上" if line.value.value >= centre else "中心线以下"
    return f"“{name}”区间（{light}）{half}"


def _changes(signals: Signals, line: IndexLine) -> list[Inline]:
    parts: list[Inline] = []
    if line.change is not None and signals.previous is not None and signals.period is not None:
        parts += [f"，较{_previous_name(signals)}", *_moved(line.change)]
    if line.year_change is not None:
        parts += ["，较上年同期", *_moved(line.year_change)]
    return parts


def _previous_name(signals: Signals) -> str:
    assert signals.previous is not None and signals.period is not None
    beside = "" if signals.previous.year == signals.period.year else "上年"
    return beside + when(signals.previous, beside=signals.previous)


def _moved(change: Fact) -> list[Inline]:
    """上升1.20点, 下降0.30点, 持平."""
    if not change.value:
        return ["持平"]
    return ["上升" if change.value > 0 else "下降", number(change, unsigned=True), "点"]


def _run(signals: Signals) -> list[Inline]:
    if signals.run is None or signals.whole is None or signals.whole.value is None:
        return []
    above = (signals.whole.value.value or 0.0) >= (signals.settings["centre"].value or 0.0)
    return ["，连续", number(signals.run), f"个月位于中心线以{'上' if above else '下'}"]


def _parts(signals: Signals) -> list[Inline]:
    """Components and industries of the change, in the order of their size."""
    assert signals.whole is not None
    told: list[list[Inline]] = []
    for opening, parts in (
        ("分项看，", [p for line in signals.components for p in line.parts]),
        ("分行业看，", list(signals.whole.parts)),
    ):
        moving = sorted((p for p in parts if p.points.value), key=lambda p: -abs(p.points.value or 0.0))
        if moving:
            told.append([opening, *join([_part(p) for p in moving[:4]], "，")])
    return [f"较{_previous_name(signals)}的变动中，", *join(told, "；"), "。"] if told else []


def _part(part: Part) -> list[Inline]:
    word = "拉高" if (part.points.value or 0.0) > 0 else "拉低"
    return [f"{part.name}{word}", number(part.points, unsigned=True), "点"]


def _zones(signals: Signals) -> list[Inline]:
    """“7个行业中，位于稳定（中心线以上）的2个，占29%：…；…。”, then the lights that changed."""
    assert signals.total is not None
    clauses: list[list[Inline]] = [
        [
            f"“{c.name}”", number(c.count), "个，占", number(c.share), f"%（{'、'.join(c.members)}）",
        ]
        for c in signals.counts if c.members
    ]  # fmt: skip
    inlines: list[Inline] = ["有指数的", number(signals.total), "个行业中，", *join(clauses, "；"), "。"]
    moved = [
        f"{i.short}由“{signals.zones[i.zone_before][0]}”转入“{signals.zones[i.zone][0]}”"
        for i in signals.industries
        if min(i.zone, i.zone_before) >= 0 and i.zone != i.zone_before
    ]
    return [*inlines, f"特别提示：{'，'.join(moved)}。"] if moved else inlines


# -------------------------------------------------------------------------------------------------- tables


def _index_table(signals: Signals, *, label: str) -> Table:
    assert signals.whole is not None and signals.period is not None
    columns = (
        Column("指数", align="left"), Column("本期"), Column(_head(signals.previous)), Column("比上期\n变动"),
        Column("上年同期"), Column("比上年同期\n变动"), Column("区间", align="center"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(line.name, strong=line is signals.whole, indent=int(line is not signals.whole)),
            cell(line.value, why="本期不足以编制"), cell(line.before, why="上期不足以编制"), cell(line.change, why="两期不全"),
            cell(line.year_before, why="上年同期不足以编制"), cell(line.year_change, why="两期不全"), Cell(_zone(signals, line)),
        )
        for line in (signals.whole, *signals.components)
    )  # fmt: skip
    return Table(
        label, f"{signals.name}和分项（{when(signals.period)}）", columns, rows, unit_note="单位：点",
        notes=("变动为两期印出的指数之差，单位为点。",), source=SOURCE,
    )  # fmt: skip


def _head(previous: Period | None) -> str:
    return "上期" if previous is None else f"{when(previous)}".replace("年", "年\n", 1)


def _zone(signals: Signals, line: IndexLine) -> str:
    return signals.zones[line.zone][0] if line.zone >= 0 else DASH


def _zone_table(signals: Signals, *, label: str) -> Table:
    assert signals.period is not None
    columns = (
        Column("类型", align="left"), Column("行业数量", unit="个"), Column("占比", unit="%"), Column("行业", align="left")
    )  # fmt: skip
    rows = tuple(
        (Cell(c.name), cell(c.count), cell(c.share), Cell("、".join(c.members) or DASH)) for c in signals.counts
    )
    return Table(
        label, f"行业冷暖分布（{when(signals.period)}）", columns, rows,
        notes=("中心线归入“以上”；占比取整，合计为百分之百（最大余数法）。",), source=SOURCE,
    )  # fmt: skip


def _ranking(signals: Signals, *, label: str) -> Table:
    """Industries by the change of their index, with the component that moved it most and their part of the whole."""
    assert signals.period is not None
    whole = {p.name: p.points for p in signals.whole.parts} if signals.whole is not None else {}
    columns = (
        Column("行业", align="left"), Column("指数", unit="点"), Column("区间", align="center"),
        Column("比上期\n变动", unit="点"), Column("主要拉动\n分项", align="center"), Column("分项\n拉动", unit="点"),
        Column("对总指数\n拉动", unit="点"), Column("周期阶段", align="center"),
    )  # fmt: skip
    order = sorted(
        signals.industries, key=lambda i: (i.change is None, -((i.change.value if i.change else 0.0) or 0.0), i.key)
    )
    rows = []
    for i in order:
        main = main_part(i)
        rows.append(
            (
                Cell(i.short), cell(i.value), Cell(_zone(signals, i)), cell(i.change, why="上期没有指数"),
                Cell(main.name if main else DASH), cell(main.points if main else None, why="上期没有指数"),
                cell(whole.get(i.name), why="总指数两期不全"), Cell(i.hand.phase if i.hand else DASH),
            )
        )  # fmt: skip
    notes = [
        "按变动由升到降排列；主要拉动分项为与变动同向的分项中最大的一个。",
        "各分项拉动之和等于该行业指数的变动，各行业拉动之和等于总指数的变动；四舍五入的尾差按最大余数法分配。",
    ]
    if lacking := [f"{i.short}（{'、'.join(i.absent)}）" for i in order if i.absent]:
        notes.append(f"本期缺分项、权重由其余分项分担的行业：{'，'.join(lacking)}。")
    if capped := [f"{i.short}（{'、'.join(i.capped)}）" for i in order if i.capped]:
        notes.append(f"本期分项达到上限而被截取的行业：{'，'.join(capped)}。")
    return Table(
        label, f"各行业景气指数变动排序（{when(signals.period)}）", columns, tuple(rows), notes=tuple(notes), source=SOURCE
    )  # fmt: skip


def main_part(line: IndexLine) -> Part | None:
    """The component that moved the index most in the direction in which it moved."""
    if line.change is None or not line.parts:
        return None
    sign = 1 if (line.change.value or 0.0) >= 0 else -1
    return max(line.parts, key=lambda p: sign * (p.points.value or 0.0))


# ------------------------------------------------------------------------------------------------- figures


def _labels(signals: Signals) -> list[str]:
    return [f"{p.year}-{p.last:02d}" for p in signals.strip]


def _span(signals: Signals) -> str:
    return f"{when(signals.strip[0])}至{when(signals.strip[-1])}"


def _history(signals: Signals, *, label: str) -> Figure:
    assert signals.whole is not None and signals.whole.value is not None
    lines = (signals.whole, *signals.components)
    series = [
        charts.LineSeries(
            line.name, [f.value if f else None for f in line.history], line is signals.whole,
            last_text=next((f.text for f in reversed(line.history) if f), ""),
        )
        for line in lines if any(line.history)
    ]  # fmt: skip
    names = [f"{p.year}-1—2月" if p.is_jan_feb else f"{p.year}-{p.last:02d}" for p in signals.strip]
    spec = charts.line_chart(
        labels=names, series=series, unit="点", height=LINE_HEIGHT, decimals=2,
        reference=signals.settings["centre"].value,
    )  # fmt: skip
    latest = "，".join(f"{line.name}{line.value.text}点" for line in lines if line.value)
    return Figure(
        label, f"总指数和分项指数（{_span(signals)}）", spec, source=SOURCE,
        alt=f"{signals.name}和分项折线图，{_span(signals)}；{when(signals.strip[-1])}：{latest}。",
        notes=("1—2月合并为一个观测值；虚线为中心线。", *_distorted(signals)),
    )  # fmt: skip


def _strip(signals: Signals, *, label: str) -> Figure:
    lines = [*([signals.whole] if signals.whole else []), *signals.industries]
    rows = [
        signal_charts.StripRow(i.short, i.strip, i.value.text if i.value else DASH, i is signals.whole) for i in lines
    ]
    names = [name for name, _ in signals.zones]
    spec = signal_charts.light_strip(labels=_labels(signals), rows=rows, zones=names, head="指数")
    told = "；".join(f"{i.short}{_zone(signals, i)}" for i in lines)
    return Figure(
        label, f"行业信号灯（{_span(signals)}）", spec, source=SOURCE, alt=f"信号灯图，{_span(signals)}；最近一期：{told}。",
        notes=("一列一期，2月为1—2月；灯号为各期指数按本期数据计算。", *_distorted(signals)),
    )  # fmt: skip


def _distorted(signals: Signals) -> tuple[str, ...]:
    if not signals.distorted:
        return ()
    first, last = signals.distorted[0], signals.distorted[-1]
    span = when(first) if first == last else f"{when(first)}至{when(last)}"
    return (f"{span}上年基数失真，采用两年平均。",)


def _clock(signals: Signals, *, label: Counter) -> Figure | None:
    lines = [i for i in [*([signals.whole] if signals.whole else []), *signals.industries] if i.hand is not None]
    if not lines:
        return None
    points = [
        signal_charts.ClockPoint(
            i.short, i.hand.step.value or 0.0, i.hand.deviation.value or 0.0, i.hand.trail, i is signals.whole
        )
        for i in lines if i.hand is not None
    ]  # fmt: skip
    spec = signal_charts.cycle_clock(points=points, phases=PHASES, unit="点")
    by_phase = "；".join(
        f"{phase}：{'、'.join(names)}"
        for phase in PHASES
        if (names := [i.short for i in lines if i.hand and i.hand.phase == phase])
    )
    assert signals.period is not None
    return Figure(
        label.figure(), f"景气周期钟（{when(signals.period)}）", spec, source=SOURCE, alt=f"景气周期钟：{by_phase}。",
        notes=(
            "各行业指数对其趋势的偏离及变动；指数由增速编成，所示为增速周期。最近几个月的趋势会随新数据修订，阶段只供参考。",
        ),
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------- notes


def _notes(signals: Signals) -> list[list[Inline]]:
    notes: list[list[Inline]] = [_method(signals)]
    if signals.uncompiled:
        notes.append(["不足以编制：", *join([[_reason(u)] for u in signals.uncompiled], "；"), "。"])
    assert signals.period is not None
    if signals.distorted and signals.period in signals.distorted:
        notes.append([f"{when(signals.period)}上年基数失真，增速用两年平均增速，利润率变动用两年变动的一半。"])
    if signals.record is not None:
        record = signals.record
        notes.append(
            [
                "修订：按以往", number(record.bulletins), "期编制日已公布的数字重算，", number(record.compared), "个首次灯号中有",
                number(record.changed), "个后来改变，指数首次值与现值之差的中位数为", number(record.revision),
                "点。只反映本库收录的修订和迟到数据，只收录了一个版本的数字看不到修订。",
            ]
        )  # fmt: skip
    else:
        notes.append(["修订：本库没有足以重算以往各期的发布日期，灯号后来改变的次数不能给出。"])
    return notes


def _method(signals: Signals) -> list[Inline]:
    """The setting in one paragraph, its figures as facts."""
    settings = signals.settings
    shares: list[list[Inline]] = [
        [f.label.removesuffix("权重"), number(f), "%"] for key, f in settings.items() if key.startswith("weight/")
    ]
    weights = join(shares, "、")
    bounds = [f for key, f in settings.items() if key.startswith("bound/")]
    zones: list[Inline] = []
    for place, (name, light) in enumerate(signals.zones):
        if place:
            zones += [" ", number(bounds[place - 1]), " "]
        zones.append(f"{name}（{light}）")
    return [
        "编制方法：本指数由本系统编制，不是任何机构发布的景气指数。分项为三个月平均的增加值增速、出厂价格涨幅、出口交货值增速和利润率同比变动，"
        "权重（", *weights, "）为本系统选定。各分项按以前",
        number(settings["window"]), f"年的均值和标准差标准化{_left_out(signals)}，一个标准差为",
        number(settings["scale"]), "点，偏离以", number(settings["cap"]), "个标准差为限，中心线为",
        number(settings["centre"]), "点；行业权重为以前", number(settings["weight_years"]), "个全年营业收入之比。区间由冷到热：",
        *zones, "。基准年内不变，指数只随数据修订而变。",
    ]  # fmt: skip


def _left_out(signals: Signals) -> str:
    """“（不含2020年1月至2021年12月）”."""
    spans = []
    for text in signals.left_out:
        first, _, last = text.partition("/")
        begin, end = parse(first), parse(last or first)
        spans.append(f"{begin.year}年{begin.first}月至{end.year}年{end.last}月")
    return f"（不含{'、'.join(spans)}）" if spans else ""
