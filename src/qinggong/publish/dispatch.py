"""The papers of a dispatch meeting (调度会商材料): the agenda, and one page on an industry or a province."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from qinggong.catalogue.synthetic import MARK, NOTICE
from qinggong.monitor.facts import CaseLine, Citation, Fact, FactBook, MeasureLine, Meeting, UnitBrief, UnitFigure
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish.bulletin import printed_facts
from qinggong.publish.document import (
    Block,
    Bulletin,
    Cell,
    Column,
    Inline,
    Paragraph,
    Section,
    SourceLine,
    Table,
)
from qinggong.publish.fonts import drawable
from qinggong.publish.narrative import number
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import DASH, cell

_LONGEST = 60
_NO_MEASURES = "没有与在办预警对应的方案措施。"
_BENCHMARKS = {"规模以上工业": "全国工业", "全国同行业": "全国同业"}
_SHOWN = 40
"""Lines of a table at most; the rest is said to be left out."""
_UNIT_CASES, _UNIT_MEASURES, _UNIT_OTHERS = 4, 3, 4
"""What fits on one page beside the figures."""


def compose_meeting(meeting: Meeting) -> Bulletin:
    """The agenda as a document; no number enters here that is not a fact or a date or number of a case."""
    sections: list[Section] = []
    for build in (_decisions, _targets, _warnings, _tasks, _provinces, _appeals, _industries, _measures):
        sections.append(build(meeting, Counter(len(sections) + 1)))
    summary = Paragraph(tuple(_summary(meeting)), "bullet")
    return _bulletin(
        meeting.title, f"{_day(meeting.day)}会商", meeting.day, (summary,), tuple(sections), meeting.book,
        synthetic=meeting.synthetic,
    )  # fmt: skip


def compose_unit(brief: UnitBrief) -> Bulletin:
    """One page on an industry or a province."""
    first = Counter(1)
    blocks: list[Block] = []
    if brief.figures:
        blocks.append(_indicator_table(brief.figures, first.table(), f"{brief.name}主要指标"))
    else:
        blocks.append(Paragraph((f"库中没有{brief.name}的近期数字。",), "body"))
    if brief.others:
        blocks.append(_indicator_table(brief.others[:_UNIT_OTHERS], first.table(), brief.others_title, by_unit=True))
    second, third = Counter(2), Counter(3)
    table = _case_table(brief.cases, second.table(), _shown_title(brief.cases), of_unit=True)
    sections = (
        Section("figures", first.numeral, "运行情况", tuple(blocks)),
        Section("cases", second.numeral, "在办事项", _or_none(table, brief.cases, "没有在办事项。", limit=10**6)),
        Section("measures", third.numeral, "可用措施", _measure_lines(brief.measures[:_UNIT_MEASURES])),
    )
    page = _bulletin(
        f"{brief.name}简况",
        f"{_day(brief.day)}会商",
        brief.day,
        (),
        sections,
        brief.book,
        synthetic=brief.synthetic,
    )
    # One page has no room for the list of releases: the tables name the bodies, the data beside it every release.
    return dataclasses.replace(page, sources=(), subtitle="", issue_line=f"{_day(brief.day)}会商　内部材料")


def _bulletin(
    title: str, subtitle: str, day: str, summary: tuple[Paragraph, ...], sections: tuple[Section, ...], book: FactBook,
    *, synthetic: bool,
) -> Bulletin:  # fmt: skip
    return Bulletin(
        title=f"{title}（{MARK}）" if synthetic else title, subtitle=subtitle, period_name=_day(day),
        issue_line="内部材料", status_line=f"数据截至{_day(day)}（按当日已发布的数字编制）", summary=summary, sections=sections,
        sources=_sources(book, summary, sections), release_time=f"{day}T00:00:00+08:00",
        mark=NOTICE if synthetic else "",
    )  # fmt: skip


def _sources(book: FactBook, summary: tuple[Paragraph, ...], sections: tuple[Section, ...]) -> tuple[SourceLine, ...]:
    """The releases behind the printed numbers, each once."""
    cited: dict[tuple[str, str, str], Citation] = {}
    for fact_id in printed_facts(summary, sections):
        fact = book.get(fact_id)
        if fact is not None and fact.status == "published":
            cited |= {c.key: c for c in fact.lineage.citations}
    ordered = sorted(cited.values(), key=lambda c: (c.publisher, c.published_at or "9999", c.title, c.url))
    return tuple(
        SourceLine(n, drawable(c.title), c.publisher, c.published_at if c.basis == "stated" else "", c.url)
        for n, c in enumerate(ordered, start=1)
    )


def _day(iso: str) -> str:
    year, month, day = (int(part) for part in iso.split("-"))
    return f"{year}年{month}月{day}日"


def _summary(meeting: Meeting) -> list[Inline]:
    words = (
        ("decisions", "此前议定事项"), ("targets", "偏离目标"), ("warnings", "未答复预警"), ("tasks", "逾期任务"),
        ("gaps", "差距较大的地区"), ("appeals", "逾期诉求和共性问题"),
    )  # fmt: skip
    inlines: list[Inline] = []
    for key, word in words:
        inlines += ["；" if inlines else "", word, number(meeting.counts[key]), "项"]
    return [*inlines, "。"]


# --------------------------------------------------------------------------------------------------- sections


def _decisions(meeting: Meeting, counter: Counter) -> Section:
    none = f"{_day(meeting.earlier_day)}会商没有议定事项。" if meeting.earlier_day else "此前没有会商。"
    columns = (
        Column("编号", align="left"), Column("议定事项", align="left"), Column("承办", align="center"),
        Column("期限", align="center"), Column("状态", align="center"), Column("逾期", unit="工作日"),
        Column("办理情况", align="left"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(c.number), Cell(_short(c.title)), Cell(c.owner or DASH), Cell(c.deadline), Cell(c.state),
            cell(c.overdue, why="未逾期"), Cell(_short(c.answer) or DASH),
        )
        for c in meeting.decisions[:_SHOWN]
    )  # fmt: skip
    table = Table(counter.table(), "此前议定事项办理情况", columns, rows)
    return Section("decisions", counter.numeral, "此前议定事项", _or_none(table, meeting.decisions, none))


def _targets(meeting: Meeting, counter: Counter) -> Section:
    if not meeting.targets_known:
        text = "库中的数字不足以判断目标进度。"
        return Section("targets", counter.numeral, "偏离目标", (Paragraph((text,), "body"),))
    columns = (
        Column("方案", align="left"), Column("目标", align="left"), Column("时期", align="center"), Column("现值"),
        Column("完成概率", unit="%"), Column("判断", align="center"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(t.plan_title), Cell(_short(t.text, 24)), Cell(_period(t.period) if t.period else DASH),
            _with_unit(t.value), cell(t.told.probability if t.told else None, why="已可判断"),
            Cell("未完成" if t.told and t.told.verdict == "missed" else "可能完不成"),
        )
        for t in meeting.targets[:_SHOWN]
    )  # fmt: skip
    table = Table(counter.table(), "偏离的目标", columns, rows, source="本系统测算")
    return Section("targets", counter.numeral, "偏离目标", _or_none(table, meeting.targets, "没有偏离的量化目标。"))


def _warnings(meeting: Meeting, counter: Counter) -> Section:
    table = _case_table(meeting.warnings, counter.table(), "尚未答复的预警")
    return Section("warnings", counter.numeral, "未答复预警", _or_none(table, meeting.warnings, "没有未答复的预警。"))


def _tasks(meeting: Meeting, counter: Counter) -> Section:
    table = _case_table(meeting.tasks, counter.table(), "逾期的任务和报表")
    return Section("tasks", counter.numeral, "逾期任务", _or_none(table, meeting.tasks, "没有逾期的任务。"))


def _appeals(meeting: Meeting, counter: Counter) -> Section:
    table = _case_table(meeting.appeals, counter.table(), "共性问题和逾期的企业诉求")
    none = "没有共性问题，也没有逾期的诉求。"
    return Section("appeals", counter.numeral, "企业诉求", _or_none(table, meeting.appeals, none))


def _provinces(meeting: Meeting, counter: Counter) -> Section:
    head = "差距较大的地区"
    if not meeting.provinces_known:
        return Section("provinces", counter.numeral, head, (Paragraph(("库中没有分省数字。",), "body"),))
    if not meeting.gaps:
        none = f"没有{meeting.ranked_by}增速低于全国的地区。"
        return Section("provinces", counter.numeral, head, (Paragraph((none,), "body"),))
    period = meeting.gaps[0].period
    columns = (
        Column("地区", align="left"), Column("同比", unit="%"), Column("上期", unit="%"), Column("变化", unit="百分点"),
        Column("全国", unit="%"), Column("与全国之差", unit="百分点"),
    )  # fmt: skip
    rows = tuple(
        (Cell(g.unit_name), cell(g.growth), cell(g.before), cell(g.change), cell(g.benchmark), cell(g.gap))
        for g in meeting.gaps
    )
    title = f"{meeting.gaps[0].subject_name}{meeting.ranked_by}增速低于全国最多的地区（{_period(period)}）"
    return Section(
        "provinces", counter.numeral, head,
        (Table(counter.table(), title, columns, rows, unit_note="%、百分点", source=_publishers(meeting.gaps)),),
    )  # fmt: skip


def _industries(meeting: Meeting, counter: Counter) -> Section:
    if not meeting.industries:
        return Section("industries", counter.numeral, "分行业", (Paragraph(("库中没有近期的分行业数字。",), "body"),))
    blocks = []
    for indicator in dict.fromkeys(f.indicator_name for f in meeting.industries):
        chosen = [f for f in meeting.industries if f.indicator_name == indicator]
        blocks.append(_indicator_table(chosen, counter.table(), f"{indicator}同比", by_unit=True))
    return Section("industries", counter.numeral, "分行业", tuple(blocks))


def _measures(meeting: Meeting, counter: Counter) -> Section:
    return Section("measures", counter.numeral, "可用措施", _measure_blocks(meeting.measures, counter))


def _measure_blocks(measures: Sequence[MeasureLine], counter: Counter) -> tuple[Block, ...]:
    if not measures:
        return (Paragraph((_NO_MEASURES,), "body"),)
    columns = (
        Column("问题", align="left"), Column("方案", align="left"), Column("任务", align="left"),
        Column("措施", align="left"), Column("对应事项", align="left"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(m.problem), Cell(m.plan), Cell(m.task if m.official else f"{m.task}†"), Cell(_short(m.text)),
            Cell("、".join(m.cases[:3]) + ("等" if len(m.cases) > 3 else "")),
        )
        for m in measures
    )  # fmt: skip
    notes = () if all(m.official for m in measures) else ("† 任务标题据官方解读归纳，不是方案原文。",)
    return (Table(counter.table(), "方案中针对这些问题的措施", columns, rows, notes=notes),)


def _measure_lines(measures: Sequence[MeasureLine]) -> tuple[Block, ...]:
    """Measures as lines, where there is no room for a table."""
    if not measures:
        return (Paragraph((_NO_MEASURES,), "body"),)
    return tuple(
        Paragraph(
            (f"{m.problem}：{_short(m.text, 24)}（{m.task}{'' if m.official else '，任务标题据解读归纳'}）",), "bullet"
        )
        for m in measures
    )


# ----------------------------------------------------------------------------------------------------- tables


def _case_table(cases: Sequence[CaseLine], label: str, title: str, *, of_unit: bool = False) -> Table:
    """Cases as a table; on the page of one unit without its place, each on one line."""
    columns = (
        Column("编号", align="left"), Column("事项", align="left"), Column("状态", align="center"),
        Column("承办", align="center"), Column("期限", align="center"), Column("逾期", unit="工作日"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(c.number), Cell(_short(c.title, 15) if of_unit else _placed(c)), Cell(c.state),
            Cell(c.owner or DASH), Cell(c.deadline or DASH), cell(c.overdue, why="未逾期"),
        )
        for c in cases[: _UNIT_CASES if of_unit else _SHOWN]
    )  # fmt: skip
    return Table(label, title, columns, rows)


def _placed(c: CaseLine) -> str:
    """“家具制造业：增加值连续下降（严重）”, with industry and region where the title does not name them."""
    named = "：" in c.title
    said = [] if named or not c.industry or c.industry in c.title else [c.industry]
    said += [c.region] if c.region not in ("", DASH, "全国") and c.region not in c.title else []
    return f"{_short(c.title)}（{'，'.join([*said, c.severity])}）"


def _shown_title(cases: Sequence[CaseLine]) -> str:
    return "在办事项（期限最近的几件）" if len(cases) > _UNIT_CASES else "在办事项"


def _or_none(table: Table, lines: Sequence[object], none: str, *, limit: int = _SHOWN) -> tuple[Block, ...]:
    if not lines:
        return (Paragraph((none,), "body"),)
    if len(lines) > limit:
        return (table, Paragraph(("其余的见 qinggong cases list。",), "note"))
    return (table,)


def _indicator_table(figures: Sequence[UnitFigure], label: str, title: str, *, by_unit: bool = False) -> Table:
    """Indicators of one unit, or units in one indicator; the period stands in the title, or in a column if several."""
    periods = {f.period for f in figures}
    several = len(periods) > 1
    head = "" if several else f"（{_period(next(iter(periods)))}）"
    against = next((f.benchmark_name for f in figures if f.gap is not None), "")
    leveled = any(f.level is not None for f in figures)
    columns = [Column("单位" if by_unit else "指标", align="left")]
    if several:
        columns.append(Column("时期", align="center"))
    if leveled:
        columns.append(Column("绝对量"))
    columns += [Column("同比", unit="%"), Column("上期", unit="%"), Column("变化", unit="百分点")]
    if against:
        columns.append(Column(f"与{_BENCHMARKS.get(against, against)}\n之差", unit="百分点"))
    rows = []
    for f in figures:
        row = [Cell(f.unit_name if by_unit else f.indicator_name)]
        if several:
            row.append(Cell(_period(f.period)))
        if leveled:
            row.append(_with_unit(f.level))
        row += [cell(f.growth), cell(f.before), cell(f.change)]
        if against:
            row.append(cell(f.gap, why="对照数字未收录"))
        rows.append(tuple(row))
    return Table(label, title + head, tuple(columns), tuple(rows), source=_publishers(figures))


def _with_unit(fact: Fact | None) -> Cell:
    if fact is None or fact.value is None:
        return Cell(DASH, title="未收录")
    return Cell(fact.text + fact.unit, fact.id)


def _period(period: Period) -> str:
    return period_name(period)


def _publishers(figures: Sequence[UnitFigure]) -> str:
    facts = [fact for f in figures for fact in (f.level, f.growth, f.benchmark) if fact is not None]
    return "、".join(dict.fromkeys(c.publisher for fact in facts for c in fact.lineage.citations))


def _short(text: str, longest: int = _LONGEST) -> str:
    line = " ".join(text.split())
    return drawable(line if len(line) <= longest else line[: longest - 1] + "…")


def write_papers(folder: Path, files: dict[str, bytes], meeting: Meeting, digest: str) -> tuple[str, ...]:
    """Put the files of a meeting into a folder with a manifest; their names."""
    from qinggong import __version__
    from qinggong.publish import shelf

    described = {
        "format": 1, "kind": "dispatch", "title": meeting.title, "state": "draft", "synthetic": meeting.synthetic,
        "month": meeting.day[:7], "as_of": meeting.as_of, "release_date": meeting.day, "agenda_sha256": digest,
        "code_version": __version__, "facts": len(meeting.book),
    }  # fmt: skip
    files[shelf.MANIFEST] = shelf.manifest(files, described)
    shelf.write(folder, files)
    return tuple(sorted(files))
