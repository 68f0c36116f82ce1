"""The flash note (数据快评): half a page on a release that just came in.

The figure, its change, the base effect, what moved the whole, and what differs from the last nowcast.
"""

from __future__ import annotations

from qinggong.catalogue.synthetic import MARK, NOTICE
from qinggong.monitor.facts import Carriers, ReleaseFigure, ReleaseNote, quantity
from qinggong.periods import name as period_name
from qinggong.publish.document import Block, Bulletin, Cell, Column, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import growth_clause, join, number, when
from qinggong.publish.sections.topics import period_sentences
from qinggong.publish.tables import DASH, cell

TITLE = "数据快评"
MOST_TOLD, MOST_BASES = 4, 2


def compose_note(note: ReleaseNote) -> Bulletin:
    """The note as a document; no number enters here that is not a fact."""
    blocks: list[Block] = []
    told = [f.movement for f in note.figures[:MOST_TOLD]]
    if told:
        blocks.append(Paragraph(tuple(period_sentences(told, detailed=False)), "lead"))
    else:
        blocks.append(Paragraph((f"{period_name(note.period)}的这次发布没有可以比较的增速。",), "lead"))
    lines = [_bases(note), *(_carried(c) for c in note.carriers), _expected(note), _moved(note)]
    blocks += [Paragraph(tuple(line), "bullet") for line in lines if line]
    if len(note.figures) > 1:
        blocks.append(_table(note))
    blocks.append(Paragraph(tuple(_basis(note)), "note"))
    day = note.published_at or note.period.end_date.isoformat()
    mark = NOTICE if note.synthetic else ""
    return Bulletin(
        title=f"{TITLE}（{MARK}）" if mark else TITLE, subtitle=f"{period_name(note.period)}数据",
        period_name=period_name(note.period),
        issue_line=_issue(note), status_line="", summary=(), sections=(Section("note", "一", "要点", tuple(blocks)),),
        sources=(), release_time=f"{day}T00:00:00+08:00", mark=mark,
    )  # fmt: skip


def _issue(note: ReleaseNote) -> str:
    parts = [note.publisher]
    if note.published_at:
        year, month, day = (int(x) for x in note.published_at.split("-"))
        parts.append(f"{year}年{month}月{day}日发布")
    return "　".join(p for p in parts if p)


def _short(title: str, most: int = 60) -> str:
    return title if len(title) <= most else title[: most - 1] + "…"


def _bases(note: ReleaseNote) -> list[Inline]:
    """“基数影响：规模以上工业增加值上年同期增速变化使本期增速变动-0.4个百分点，两年平均增长5.1%；…。”"""
    clauses: list[list[Inline]] = []
    for f in note.figures:
        if f.base is None or f.base.value is None or len(clauses) == MOST_BASES:
            continue
        m = f.movement
        what = f"{when(m.period, beside=note.period)}{quantity(m.name, m.indicator, m.indicator_name)}"
        if f.base.value:
            word = "抬高" if f.base.value > 0 else "压低"
            said: list[Inline] = [f"{what}增速因上年基数{word}", number(f.base, unsigned=True), "个百分点"]
        else:
            said = [f"{what}增速不受上年基数影响"]
        if f.two_year is not None and f.two_year.value is not None:
            grew = "增长" if f.two_year.value >= 0 else "下降"
            said += [f"，两年平均{grew}", number(f.two_year, unsigned=True), "%"]
        clauses.append(said)
    return ["基数：", *join(clauses, "；"), "（测算）。"] if clauses else []


def _carried(c: Carriers) -> list[Inline]:
    if c.contributed:
        added = [m for m in c.parts if m.contribution is not None]
        up = [m for m in added if (m.contribution.value or 0) > 0] if added else []  # type: ignore[union-attr]
        down = [m for m in reversed(added) if (m.contribution.value or 0) < 0]  # type: ignore[union-attr]
        clauses: list[list[Inline]] = []
        for word, group in (("拉动", up[:3]), ("拖累", down[:3])):
            said: list[list[Inline]] = [
                [m.name, number(m.contribution, unsigned=True), "个百分点"] for m in group if m.contribution is not None
            ]
            if said:
                clauses.append([f"{word}{c.whole}{c.indicator_name}增速的有", *join(said, "、")])
        return ["构成：", *join(clauses, "；"), "（测算）。"] if clauses else []
    shown = [c.parts[0], c.parts[-1]] if len(c.parts) > 2 else list(c.parts)
    ends: list[list[Inline]] = [[m.name, *growth_clause(m, first=n == 0)] for n, m in enumerate(shown)]
    return [f"构成：{c.indicator_name}已收录的各行业或商品中，", *join(ends, "；"), "。"]


def _expected(note: ReleaseNote) -> list[Inline]:
    known = [f for f in note.figures if f.expected is not None and f.surprise is not None]
    if not known:
        return [f"与预测相比：{note.unexpected}。"] if note.unexpected else []
    clauses: list[list[Inline]] = []
    for f in known[:3]:
        assert f.expected is not None and f.surprise is not None
        what = quantity(f.movement.name, f.movement.indicator, f.movement.indicator_name)
        clauses.append([f"{what}此前预测为", number(f.expected), "%，", *_surprise(f)])
    return ["与预测相比：", *join(clauses, "；"), "（本系统预测）。"]


def _surprise(f: ReleaseFigure) -> list[Inline]:
    assert f.surprise is not None and f.surprise.value is not None
    if not f.surprise.value:
        return ["实际与预测相同"]
    return [f"实际{'高于' if f.surprise.value > 0 else '低于'}预测", number(f.surprise, unsigned=True), "个百分点"]


def _moved(note: ReleaseNote) -> list[Inline]:
    clauses: list[list[Inline]] = [
        [
            name + "增速预测由",
            number(before),
            "%",
            "上调" if (change.value or 0) > 0 else "下调",
            "到",
            number(now),
            "%",
        ]
        for name, before, now, change in note.moved
    ]
    return ["对后期的预测：", *join(clauses, "；"), "（本系统预测）。"] if clauses else []


def _table(note: ReleaseNote) -> Table:
    """Figures at one period: the newest that several of them have."""
    groups: dict[object, list[ReleaseFigure]] = {}
    told = [f for f in note.figures if f.movement.growth is not None and f.movement.growth.unit == "%"]
    for f in told or note.figures:
        groups.setdefault((f.movement.period, f.movement.sequence == "point"), []).append(f)
    rows = max(groups.values(), key=len)
    expects = any(f.expected is not None for f in rows)
    columns = [
        Column("指标", align="left"), Column("同比", unit="%"), Column("上期", unit="%"), Column("变化", unit="百分点"),
        Column("基数影响", unit="百分点"), Column("两年平均", unit="%"),
    ]  # fmt: skip
    if expects:
        columns += [Column("此前预测", unit="%"), Column("与预测\n之差", unit="百分点")]
    lines = []
    for f in rows:
        m = f.movement
        cells = [
            Cell(quantity(m.name, m.indicator, m.indicator_name)), cell(m.growth, unit="%"), cell(m.previous_growth),
            cell(m.change, why="两期不全"), cell(f.base, why="缺上年同期数"), cell(f.two_year, why="缺上年同期数"),
        ]  # fmt: skip
        if expects:
            cells += [cell(f.expected, why="没有预测"), cell(f.surprise, why="没有预测")]
        lines.append(tuple(cells))
    title = f"主要数字（{period_name(rows[0].movement.period)}）"
    return Table("表1", title, tuple(columns), tuple(lines), source=note.publisher or DASH)


def _basis(note: ReleaseNote) -> list[Inline]:
    said: list[Inline] = [f"发布：{_short(note.title)}。"] if note.title else []
    said += ["本次发布本期数字", number(note.total), "个"]
    if note.older.value:
        said += ["、以前各期", number(note.older), "个"]
    return [
        *said, "，此处只列主要的。基数影响：两年合计增速不变时，上年同期增速的变化使本期增速变动的幅度。"
        "同比为公布的可比口径；标注“测算”“预测”的由本系统作出。",
    ]  # fmt: skip
