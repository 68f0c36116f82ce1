"""Tables of the level indices (景气指数各表): indices, zones in the official form, ranking, turns, provinces, revisions."""

from __future__ import annotations

from qinggong.monitor.facts import Cycles, IndexLine, Part, Places, Revision, Signals
from qinggong.periods import Period
from qinggong.publish.document import Cell, Column, Table
from qinggong.publish.narrative import when
from qinggong.publish.tables import DASH, cell

SOURCE = "本系统测算"
SHARES = "中心线归入“以上”；占比取整，合计为百分之百（最大余数法）。"
BESIDE = "* 该大类仅部分小类属轻工业，不计入总指数和分组。"


def index_table(signals: Signals, *, label: str) -> Table:
    assert signals.whole is not None and signals.period is not None
    columns = (
        Column("指数", align="left"), Column("本期"), Column(_head(signals.previous)), Column("比上期\n变动"),
        Column("上年同期"), Column("比上年同期\n变动"), Column("区间", align="center"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(line.name, strong=line is signals.whole, indent=int(line in signals.components)),
            cell(line.value, why="本期不足以编制"), cell(line.before, why="上期不足以编制"), cell(line.change, why="两期不全"),
            cell(line.year_before, why="上年同期不足以编制"), cell(line.year_change, why="两期不全"), Cell(zone_name(signals, line)),
        )
        for line in (signals.whole, *signals.components, *signals.groups)
    )  # fmt: skip
    return Table(
        label, f"{signals.name}、分项和分组（{when(signals.period)}）", columns, rows, unit_note="单位：点",
        notes=("变动为两期印出的指数之差，单位为点。",), source=SOURCE,
    )  # fmt: skip


def _head(previous: Period | None) -> str:
    return "上期" if previous is None else f"{when(previous)}".replace("年", "年\n", 1)


def zone_name(signals: Signals, line: IndexLine) -> str:
    return signals.zones[line.zone][0] if line.zone >= 0 else DASH


def zone_table(signals: Signals, *, label: str) -> Table:
    assert signals.period is not None
    columns = (
        Column("类型", align="left"), Column("行业数量", unit="个"), Column("占比", unit="%"), Column("行业", align="left")
    )  # fmt: skip
    rows = tuple(
        (Cell(c.name), cell(c.count), cell(c.share), Cell("、".join(c.members) or DASH)) for c in signals.counts
    )
    return Table(
        label, f"行业冷暖分布（{when(signals.period)}）", columns, rows,
        notes=(SHARES, *([BESIDE] if signals.beside else [])), source=SOURCE,
    )  # fmt: skip


def ranking(signals: Signals, *, label: str) -> Table:
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
                Cell(i.short), cell(i.value), Cell(zone_name(signals, i)), cell(i.change, why="上期没有指数"),
                Cell(main.name if main else DASH), cell(main.points if main else None, why="上期没有指数"),
                cell(whole.get(i.name), why="不计入总指数，或总指数两期不全"), Cell(i.hand.phase if i.hand else DASH),
            )
        )  # fmt: skip
    notes = [
        "按变动由升到降排列；主要拉动分项为与变动同向的分项中最大的一个。",
        "各分项拉动之和等于该行业指数的变动，各行业拉动之和等于总指数的变动；四舍五入的尾差按最大余数法分配。",
    ]
    notes += lacking_notes(signals)
    if capped := [f"{i.short}（{'、'.join(i.capped)}）" for i in order if i.capped]:
        notes.append(f"本期分项达到上限而被截取的行业：{'，'.join(capped)}。")
    if signals.beside:
        notes.append(BESIDE)
    return Table(
        label, f"各行业景气指数变动排序（{when(signals.period)}）", columns, tuple(rows), notes=tuple(notes), source=SOURCE
    )  # fmt: skip


def main_part(line: IndexLine) -> Part | None:
    """The component that moved the index most in the direction in which it moved."""
    if line.change is None or not line.parts:
        return None
    sign = 1 if (line.change.value or 0.0) >= 0 else -1
    return max(line.parts, key=lambda p: sign * (p.points.value or 0.0))


def lacking_notes(signals: Signals) -> list[str]:
    """Industries that lack a component in the month, by component; then those whose margin is left out on purpose."""
    by_absent: dict[str, list[str]] = {}
    for i in signals.industries:
        if i.absent and not i.withheld:
            by_absent.setdefault("、".join(i.absent), []).append(i.short)
    everybody = len(signals.industries)
    told = [
        f"缺{what}的是{'全部行业' if len(names) == everybody else '、'.join(names)}"
        for what, names in by_absent.items()
    ]
    notes = [f"本期缺分项、权重由其余分项分担：{'；'.join(told)}。"] if told else []
    if withheld := [i.short for i in signals.industries if i.withheld]:
        notes.append(
            f"{'、'.join(withheld)}的盈利分项本期不用：有一个月的单月利润率与以往相差过大，像是累计数补记或有误，权重由其余分项分担。"
        )
    return notes


def turn_table(signals: Signals, cycles: Cycles, *, label: str) -> Table:
    """Newest dated turns and the probabilities for the months that cannot be dated yet."""
    assert signals.period is not None
    columns = (
        Column("行业", align="left"), Column("周期阶段", align="center"), Column("最近的峰", align="center"),
        Column("最近的谷", align="center"), Column("处于下行\n的概率", unit="%"), Column("已转或\n将转向", align="center"),
        Column("转向的\n概率", unit="%"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(t.name, strong=n == 0 and signals.whole is not None), Cell(t.phase or DASH), Cell(_month(t.peak)),
            Cell(_month(t.trough)), cell(t.contraction, why=t.reason or "不能估计"),
            Cell(t.toward or DASH), cell(t.turning, why=t.reason or "不能估计"),
        )
        for n, t in enumerate(cycles.turns)
    )  # fmt: skip
    notes = [
        "增速周期：指数对趋势的偏离的转折点，不是产出绝对量的转折点。",
        f"{when(cycles.undated_from)}及以后的转折尚不能判定，只给出概率。",
    ]
    if undated := [f"{t.name}（{t.undated}）" for t in cycles.turns if t.undated]:
        notes.append(f"没有判定转折点的：{'，'.join(undated)}。")
    if doubtful := [f"{t.name}（{t.reason}）" for t in cycles.turns if t.reason]:
        notes.append(f"不给出概率的：{'，'.join(doubtful)}。")
    return Table(
        label, f"增速周期的转折点和转折概率（{when(signals.period)}）", columns, rows, notes=tuple(notes), source=SOURCE
    )


def _month(period: Period | None) -> str:
    return when(period).removesuffix("份") if period is not None else DASH


def place_table(signals: Signals, places: Places, *, label: str) -> Table:
    assert signals.period is not None
    columns = (
        Column("类型", align="left"), Column("地区数量", unit="个"), Column("占比", unit="%"), Column("地区", align="left")
    )  # fmt: skip
    rows = tuple(
        (Cell(c.name), cell(c.count), cell(c.share), Cell("、".join(c.members) or DASH)) for c in places.counts
    )
    return Table(
        label, f"地区冷暖分布（{when(signals.period)}）", columns, rows, notes=(SHARES,), source=SOURCE
    )  # fmt: skip


def revision_table(signals: Signals, revisions: tuple[Revision, ...], *, label: str) -> Table:
    """First and present values of the aggregate of the last months."""
    columns = (
        Column("时期", align="left"), Column("首次\n编制日", align="center"), Column("首次值"), Column("现值"),
        Column("修订"), Column("首次区间", align="center"), Column("现区间", align="center"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(_month(r.period)), Cell(r.day), cell(r.first), cell(r.now), cell(r.change),
            Cell(signals.zones[r.zone_first][0] if r.zone_first >= 0 else DASH),
            Cell(signals.zones[r.zone][0] if r.zone >= 0 else DASH),
        )
        for r in reversed(revisions)
    )  # fmt: skip
    return Table(
        label, "总指数的修订", columns, rows, unit_note="单位：点",
        notes=(
            "首次值按该日已公布的数字重算；每个指数以往各值见数据文件。",
            "首次编制时分项可能未齐（利润比产量晚公布），修订多由此而来。",
        ),
        source=SOURCE,
    )  # fmt: skip
