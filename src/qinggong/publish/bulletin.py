"""The bulletin of one month (月报): sections in order, summary, masthead, list of cited releases."""

from __future__ import annotations

import dataclasses

from qinggong.catalogue.synthetic import MARK, NOTICE
from qinggong.monitor.facts import Brief, Citation, FactBook
from qinggong.periods import name as period_name
from qinggong.publish.chart_frame import with_watermark
from qinggong.publish.document import Bulletin, Cell, Figure, Number, Paragraph, Section, SourceLine
from qinggong.publish.fonts import drawable
from qinggong.publish.sections import (
    flash,
    industries,
    momentum,
    notes,
    nowcast,
    overview,
    prosperity,
    targets,
    topics,
    warnings,
)


def compose(brief: Brief, *, title: str) -> Bulletin:
    """Compose the bulletin from the facts of a brief; no number enters here that is not a fact."""
    sections = [overview.build(brief, place=1)]
    told = [t for t in brief.topics if t.key != "industries"]
    for place, topic in enumerate(told, start=2):
        sections.append(topics.build(topic, brief, place=place))
    if brief.momentum is not None:
        sections.append(momentum.build(brief.momentum, brief, place=len(sections) + 1))
    if brief.prosperity is not None:
        sections.append(prosperity.build(brief.prosperity, place=len(sections) + 1))
    if brief.flash is not None:
        sections.append(flash.build(brief.flash, place=len(sections) + 1))
    if brief.targets is not None:
        sections.append(targets.build(brief.targets, place=len(sections) + 1))
    if brief.nowcasts is not None:
        sections.append(nowcast.build(brief.nowcasts, place=len(sections) + 1))
    if brief.warnings is not None:
        sections.append(warnings.build(brief.warnings, place=len(sections) + 1))
    sections.append(industries.build(brief, place=len(sections) + 1))
    sections.append(notes.build(brief, place=len(sections) + 1))
    lines = [topics.short_light_industry(told), *(topics.short(t) for t in told)]
    summary = tuple(line for line in lines if line is not None)
    released = _date(brief.release_date)
    status = (
        f"数据截至{_date(brief.as_of)}（按当日已发布的数字编制）"
        if brief.as_of
        else f"按库中已收录的全部数字编制，主要指标发布于{released}"
    )
    mark = NOTICE if brief.synthetic else ""
    if mark:
        title = f"{title}（{MARK}）"
        sections = [_marked(section) for section in sections]
    return Bulletin(
        title=title,
        subtitle=f"{brief.month.year}年{brief.month.last}月",
        period_name=period_name(brief.month),
        issue_line=f"{brief.month.year}年第{brief.month.last}期",
        status_line=status,
        summary=summary,
        sections=tuple(sections),
        sources=_sources(brief.book, summary, tuple(sections)),
        release_time=f"{brief.release_date}T00:00:00+08:00",
        mark=mark,
    )


def _marked(section: Section) -> Section:
    """The section with the mark of synthetic data drawn into its charts."""
    blocks = tuple(
        dataclasses.replace(b, spec=with_watermark(b.spec, MARK), alt=f"{MARK}：{b.alt or b.title}")
        if isinstance(b, Figure)
        else b
        for b in section.blocks
    )
    return dataclasses.replace(section, blocks=blocks)


def _date(iso: str) -> str:
    year, month, day = (int(part) for part in iso.split("-"))
    return f"{year}年{month}月{day}日"


def printed_facts(summary: tuple[Paragraph, ...], sections: tuple[Section, ...]) -> set[str]:
    """Identifiers of all facts that text and tables print."""
    found: set[str] = set()
    for block in (*summary, *(b for s in sections for b in s.blocks)):
        if isinstance(block, Paragraph):
            found |= {part.fact_id for part in block.inlines if isinstance(part, Number)}
        elif hasattr(block, "rows"):
            cells: list[Cell] = [c for row in block.rows for c in row]
            found |= {c.fact_id for c in cells if c.fact_id}
    return found


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
