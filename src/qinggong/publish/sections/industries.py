"""分行业情况: every sub-industry and association scope, each figure with its own period."""

from __future__ import annotations

from qinggong.monitor.facts import Brief, Movement
from qinggong.periods import Period
from qinggong.publish.document import Block, Cell, Column, Inline, Paragraph, Section, Table
from qinggong.publish.language import spoken
from qinggong.publish.narrative import change_clause, growth_clause, join, level_clause, level_key, when
from qinggong.publish.phrases import called, ended, noun, say, sentence
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import PARTIAL_MARK, cell, publishers_of


def build(brief: Brief, *, place: int) -> Section:
    """A table at the newest common cumulative period, then one line an industry."""
    counter = Counter(place)
    told = brief.topic("industries").headlines
    if not told:
        return Section(
            "industries", counter.numeral, "分行业情况", (Paragraph(tuple(say("industries.nothing")), "lead"),)
        )
    period = max((m.period for m in told if m.indicator in ("revenue", "profit")), default=None)
    blocks: list[Block] = []
    if period is not None:
        blocks.append(_lead(period))
        blocks.append(_table(told, period, label=counter.table()))
    by_subject: dict[str, list[Movement]] = {}
    for m in told:
        by_subject.setdefault(m.subject_key, []).append(m)
    fresh = [rows for rows in by_subject.values() if _is_of(rows, brief.month)]
    stale = [rows for rows in by_subject.values() if not _is_of(rows, brief.month)]
    blocks += [Paragraph(tuple(_line(rows)), "bullet") for rows in fresh]
    if stale:
        blocks.append(Paragraph(tuple(say("industries.older")), "body"))
        blocks += [Paragraph(tuple(_line(rows)), "bullet") for rows in stale]
    return Section("industries", counter.numeral, "分行业情况", tuple(blocks))


def _is_of(rows: list[Movement], month: Period) -> bool:
    """True if the newest figure of an industry belongs to the bulletin's month."""
    newest = max(m.period for m in rows)
    return (newest.year, newest.last) == (month.year, month.last)


def _lead(period: Period) -> Paragraph:
    return Paragraph(tuple(say("industries.lead", period=when(period))), "lead")


def _table(told: tuple[Movement, ...], period: Period, *, label: str) -> Table:
    rows: dict[str, dict[str, Movement]] = {}
    for m in told:
        if m.period == period and m.indicator in ("revenue", "profit"):
            rows.setdefault(m.subject_key, {})[m.indicator] = m
    columns = (
        Column("行业（口径）", align="left"), Column("营业收入", unit="亿元"), Column("同比", unit="%"),
        Column("利润总额", unit="亿元"), Column("同比", unit="%"),
    )  # fmt: skip
    lines = []
    partial = False
    for found in rows.values():
        any_row = next(iter(found.values()))
        partial = partial or bool(any_row.note)
        revenue, profit = found.get("revenue"), found.get("profit")
        lines.append(
            (
                Cell(any_row.name + (PARTIAL_MARK if any_row.note else "")),
                cell(revenue.level if revenue else None, unit="亿元"), cell(revenue.growth if revenue else None),
                cell(profit.level if profit else None, unit="亿元"), cell(profit.growth if profit else None),
            )
        )  # fmt: skip
    notes = (f"{PARTIAL_MARK} 该大类仅部分小类属轻工业。",) if partial else ()
    return Table(
        label, f"分行业营业收入和利润总额（{when(period)}）", columns, tuple(lines), unit_note="单位：亿元、%",
        notes=(*notes, "不同口径的数字不相加、不比较。"), source=publishers_of(m for f in rows.values() for m in f.values()),
    )  # fmt: skip


def _line(rows: list[Movement]) -> list[Inline]:
    """“农副食品加工业：2024年8月份，增加值同比下降0.1%；1—7月，利润总额同比增长23.9%。”"""
    first = rows[0]
    name = called(first.name)
    head = say("industries.partly", name=name) if first.note else say("industries.of", name=name)
    seen: Period | None = None
    sentences: list[Inline] = []
    for period in sorted({m.period for m in rows}, reverse=True):
        clauses = []
        for place, m in enumerate(r for r in rows if r.period == period):
            growth = growth_clause(m, first=place == 0, after=m.level is not None)
            what = noun("", m.indicator, m.indicator_name)
            if m.level is not None:
                told = say(level_key(m.indicator), noun=what, level=level_clause(m))
                clauses.append(join([told, growth, change_clause(m)], "，"))
            else:
                clauses.append(join([[what, *([" "] if spoken() == "en" else []), *growth], change_clause(m)], "，"))
        opening = say("period.open", period=when(period, beside=seen))
        sentences += sentence([[*opening, *join(clauses, "；")]])
        seen = period
    return list(ended([*head, *sentences]))
