"""A bulletin (月报及其他版本): the sections of its edition, summary, masthead, list of cited releases."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from qinggong.catalogue.editions import Edition, load_editions
from qinggong.catalogue.synthetic import MARK, NOTICE
from qinggong.monitor.facts import Brief, Citation, FactBook
from qinggong.periods import name as period_name
from qinggong.publish.chart_frame import with_watermark
from qinggong.publish.document import Bulletin, Cell, Figure, Number, Paragraph, Section, SourceLine
from qinggong.publish.editions import Material, sections_of, summary_of
from qinggong.publish.fonts import drawable
from qinggong.publish.language import Language, speaking
from qinggong.publish.side_file import Side, placed


@dataclasses.dataclass(frozen=True, slots=True)
class Composition:
    """A bulletin with its sections as generated, before a person's edits, and in Chinese what to look at in these.

    ``held`` says why it must not be published: sections that could not be built, facts that lack what a fact needs.
    """

    bulletin: Bulletin
    problems: tuple[str, ...] = ()
    generated: tuple[Section, ...] = ()
    side: Side | None = None
    held: tuple[str, ...] = ()


def compose(
    brief: Brief,
    *,
    title: str,
    language: Language = "zh",
    edition: Edition | None = None,
    material: Material | None = None,
) -> Bulletin:
    """Compose an edition from the facts of a brief; no number enters here that is not a fact, or marked as none.

    Parameters
    ----------
    language
        ``en`` gives the English edition of the same facts; what has no English words is left out and its notes say so.
    edition
        The edition's list; without it that of the monthly bulletin.
    material
        What the edition tells beside the brief: a longer period, an industry, a person's side file.
    """
    return composed(brief, title=title, language=language, edition=edition, material=material).bulletin


def composed(
    brief: Brief,
    *,
    title: str,
    language: Language = "zh",
    edition: Edition | None = None,
    material: Material | None = None,
) -> Composition:
    """As :func:`compose`, with what a person should look at in the side file."""
    chosen = edition or _monthly()
    if language == "zh":
        return _composed(replace_brief(material, brief), title=title, edition=chosen)
    from qinggong.publish import english

    with speaking(language):
        done = _composed(replace_brief(material, brief), title=title, edition=chosen)
    return dataclasses.replace(done, bulletin=english.finished(done.bulletin, brief))


def replace_brief(material: Material | None, brief: Brief) -> Material:
    """The material of an edition with this brief."""
    return Material(brief) if material is None else dataclasses.replace(material, brief=brief)


def _monthly() -> Edition:
    found = load_editions().edition("monthly")
    assert found is not None
    return found


def _composed(material: Material, *, title: str, edition: Edition) -> Composition:
    brief = material.brief
    generated, failed = sections_of(edition, material)
    sections, problems = placed(generated, material.side)
    summary = summary_of(edition, material)
    released = _date(brief.release_date)
    status = (
        f"数据截至{_date(brief.as_of)}（按当日已发布的数字编制）"
        if brief.as_of
        else f"按库中已收录的全部数字编制，主要指标发布于{released}"
    )
    mark = NOTICE if brief.synthetic else ""
    if material.unit is not None:
        title = f"{material.unit.name}{title}"
    if mark:
        title = f"{title}（{MARK}）"
        sections = tuple(_marked(section) for section in sections)
    subtitle, issue = _dated(material)
    bulletin = Bulletin(
        title=title,
        subtitle=subtitle,
        period_name=period_name(material.stands),
        issue_line=issue,
        status_line=status,
        summary=summary,
        sections=sections,
        sources=_sources(brief.book, summary, sections) if edition.sources else (),
        release_time=f"{brief.release_date}T00:00:00+08:00",
        mark=mark,
    )
    unfit = unfit_facts(brief.book, printed_facts(summary, sections))
    return Composition(bulletin, problems, generated, material.side, (*failed, *unfit))


def _dated(material: Material) -> tuple[str, str]:
    """Subtitle and issue line: the month and its number, the cumulative period of longer ones."""
    month, period = material.brief.month, material.stands
    if material.kind == "month":
        told = "1—2月" if month.is_jan_feb else f"{month.last}月"
        return f"{month.year}年{told}", f"{month.year}年第{month.last}期"
    issue = {"quarter": f"年第{period.last // 3}期", "half": "年上半年", "year": "年度"}[material.kind]
    return period_name(period), f"{period.year}{issue}"


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


def unfit_facts(book: FactBook, printed: Iterable[str]) -> tuple[str, ...]:
    """Printed facts that lack a unit or where they come from, each in one Chinese sentence.

    A published figure of a series has a unit and a release; what was computed has a method and inputs or releases.
    """
    found = []
    for fact in filter(None, map(book.get, sorted(printed))):
        lineage = fact.lineage
        if fact.status == "published" and lineage.inputs and not fact.unit:
            found.append(f"事实“{fact.id}”（{fact.label}）没有单位")
        if not lineage.method or (fact.status == "published" and not lineage.citations):
            found.append(f"事实“{fact.id}”（{fact.label}）没有出处")
    return tuple(found)


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
