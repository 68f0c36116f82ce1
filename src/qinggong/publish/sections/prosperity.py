"""景气与信号灯: index and components, zones in the official form, lights, clock, ranking with contributions.

The index is the project's own and is called so. Its changes are points, never percent.
"""

from __future__ import annotations

from qinggong.monitor.facts import (
    Cycles,
    Fact,
    IndexLine,
    LightRecord,
    Part,
    Places,
    Signals,
    Uncompiled,
    ZoneCount,
    fixed,
)
from qinggong.periods import parse
from qinggong.publish import charts, signal_charts
from qinggong.publish.document import Block, Figure, Inline, Paragraph, Section
from qinggong.publish.narrative import join, number, when
from qinggong.publish.phrases import called, called_short
from qinggong.publish.sections.figures import index_steps, numbered, place_tiles
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.sections.prosperity_tables import (
    SOURCE,
    index_table,
    place_table,
    ranking,
    revision_table,
    turn_table,
    zone_name,
    zone_table,
)
from qinggong.publish.tables import DASH

TITLE = "景气与信号灯"
PHASES = ("上升", "放缓", "收缩", "复苏")
LINE_HEIGHT = 230


def build(signals: Signals, *, place: int) -> Section:
    """The section of one month; where no index can be compiled one paragraph says why."""
    counter = Counter(place)
    if signals.period is None:
        told = [Paragraph(tuple(_refusal(signals)), "lead"), *(Paragraph(tuple(n), "note") for n in _watched(signals))]
        return Section("prosperity", counter.numeral, TITLE, tuple(told))
    blocks: list[Block] = [Paragraph(tuple(_lead(signals)), "lead")]
    if signals.whole is not None:
        if parts := _parts(signals):
            blocks.append(Paragraph(tuple(parts), "body"))
        blocks.append(index_table(signals, label=counter.table()))
        blocks.append(_history(signals, label=counter.figure()))
    blocks.append(Paragraph(tuple(_zones(signals)), "body"))
    blocks.append(zone_table(signals, label=counter.table()))
    blocks.append(_strip(signals, label=counter.figure()))
    blocks.append(ranking(signals, label=counter.table()))
    blocks += numbered(index_steps, signals, counter=counter.figure)
    if (clock := _clock(signals, label=counter)) is not None:
        blocks.append(clock)
    if signals.cycles is not None:
        blocks += [
            Paragraph(tuple(_cycles(signals.cycles)), "body"), turn_table(signals, signals.cycles,
            label=counter.table())
        ]  # fmt: skip
    if signals.places is not None:
        blocks.append(Paragraph(tuple(_places(signals, signals.places)), "body"))
        if signals.places.lines:
            blocks.append(place_table(signals, signals.places, label=counter.table()))
            blocks += numbered(place_tiles, signals, counter=counter.figure)
    if signals.revisions:
        blocks.append(revision_table(signals, signals.revisions, label=counter.table()))
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
            f"“{c.name}”", number(c.count), "个", *_zone_share(c, signals.total), f"（{'、'.join(c.members)}）",
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


def _zone_share(count: ZoneCount, total: Fact) -> list[Inline]:
    """The share in words, unless making all of them sum to a hundred moved it off its own rounding."""
    if not total.value or count.count.value is None or count.share.value is None:
        return []
    if fixed(100 * count.count.value / total.value, 0) != count.share.text:
        return []
    return ["，占", number(count.share), "%"]


def _cycles(cycles: Cycles) -> list[Inline]:
    """“…以来的转折只有概率；以往101期回测的88个转折点，转折点判定认出88个，滞后6个月，…。”"""
    told: list[Inline] = [
        f"转折点按增速周期判定，约半年后才能确定；{when(cycles.undated_from)}及以后只给出已经转折或",
        number(cycles.ahead), "个月内转折的概率。据设定所载的回测（", number(cycles.vintages), "期），应认出的转折点",
        number(cycles.asked), "个：",
    ]  # fmt: skip
    records: list[list[Inline]] = [
        [
            f"{r.name}认出", number(r.found), "个，滞后", number(r.delay), "个月（中位数），每个行业每年误报", number(r.alarms), "次",
        ]
        for r in cycles.records
    ]  # fmt: skip
    return [*told, *join(records, "；"), "。"]


def _places(signals: Signals, places: Places) -> list[Inline]:
    """“31个省级行政区中，有指数的…个，…；升幅最大的是…。”"""
    told: list[Inline] = ["分地区看，", number(places.all), "个省级行政区中，"]
    if not places.lines:
        return [*told, "没有一个可以编制指数：", *join([[_reason(u)] for u in places.refused], "；"), "。"]
    told += [
        "有指数的", number(places.total), f"个（分项为{'、'.join(places.components)}，按当地各整大类营业收入加权）。"
    ]  # fmt: skip
    moved = sorted((p for p in places.lines if p.change is not None), key=lambda p: -_size(p.change))
    if moved and _size(moved[0].change) > 0:
        told += [f"较{_previous_name(signals)}升幅最大的是{moved[0].short}，", *_rise(moved[0])]
        told += [f"；降幅最大的是{moved[-1].short}，", *_rise(moved[-1])] if _size(moved[-1].change) < 0 else []
        told.append("。")
    if places.refused:
        told += ["没有指数的：", *join([[_reason(u)] for u in places.refused], "；"), "。"]
    return told


def _rise(line: IndexLine) -> list[Inline]:
    assert line.change is not None and line.value is not None
    return [*_moved(line.change), "，为", number(line.value), "点"]


def _size(fact: Fact | None) -> float:
    return fact.value if fact is not None and fact.value is not None else 0.0


def _watched(signals: Signals) -> list[list[Inline]]:
    """Which of the watched sectors have an index of their own, or why not."""
    if signals.watched is None:
        return []
    listed: list[list[Inline]] = [[f"{u.reason}的有{'、'.join(u.names)}"] for u in signals.watched.standing]
    return [["轻工业景气监测通常关注的", number(signals.watched.total), "个行业中，", *join(listed, "；"), "。"]]


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
            called(line.name), [f.value if f else None for f in line.history], line is signals.whole,
            last_text=line.history[-1].text if line.history[-1] else None,
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
        signal_charts.StripRow(called_short(i.short), i.strip, i.value.text if i.value else DASH, i is signals.whole)
        for i in lines
    ]
    names = [called(name) for name, _ in signals.zones]
    spec = signal_charts.light_strip(labels=_labels(signals), rows=rows, zones=names, head=called("指数"))
    told = "；".join(f"{i.short}{zone_name(signals, i)}" for i in lines)
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
            called_short(i.short), i.hand.step.value or 0.0, i.hand.deviation.value or 0.0, i.hand.trail,
            i is signals.whole,
        )
        for i in lines if i.hand is not None
    ]  # fmt: skip
    rising, slowing, contracting, recovering = (called(name) for name in PHASES)
    phases = (rising, slowing, contracting, recovering)
    spec = signal_charts.cycle_clock(points=points, phases=phases, unit="点")
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
                number(record.changed), "个后来改变，指数首次值与现值之差的中位数为", number(record.revision), "点。",
                *_vintages(record),
            ]
        )  # fmt: skip
    else:
        notes.append(["修订：本库没有足以重算以往各期的发布日期，灯号后来改变的次数不能给出。"])
    return [*notes, *_watched(signals)]


def _vintages(record: LightRecord) -> list[Inline]:
    """Which of the first lights rest on real vintages, and which on dates of release only."""
    single = "所用的数字没有收录到后来的修订，只按发布日期推定当日是否已公布，能看出迟到，看不出数值的修订。"
    if not record.real.value:
        return [f"这些灯号{single}"]
    told: list[Inline] = ["其中", number(record.real), "个所用的数字后来修订过，按当日的版本计算"]
    return [*told, "。" if record.real.value == record.compared.value else f"；其余{single}"]


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
        "编制方法：本指数由本系统编制，不是任何机构发布的景气指数。"
        f"分项为三个月的{'、'.join(signals.ingredients)}，权重（", *weights, "）为本系统选定。各分项按以前",
        number(settings["window"]), f"年的均值和标准差标准化{_left_out(signals)}，一个标准差为",
        number(settings["scale"]), "点，偏离以", number(settings["cap"]), "个标准差为限，中心线为",
        number(settings["centre"]), "点；单月利润率的变动偏离以往中位数超过", number(settings["margin_outlier"]),
        "倍稳健标准差的月份，盈利分项不用；行业权重为以前", number(settings["weight_years"]),
        "个全年营业收入之比。区间由冷到热：",
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
