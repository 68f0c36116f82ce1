"""Editions made (编制各版本): composed, fitted to their pages, set in their formats; nothing is written here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from qinggong.catalogue.editions import Edition, Language
from qinggong.config import settings
from qinggong.editions.asked import PERIOD_NAMES, Span, default_span, edition_plan, find_edition, parse_span
from qinggong.editions.facts import Facts, gathered, subjects_of, units_of
from qinggong.editions.side_files import notes_folder, side_name
from qinggong.intake import Progress, Workspace, quiet
from qinggong.monitor.course import course
from qinggong.monitor.facts import FactBook, UnitReport
from qinggong.periods import name as period_name
from qinggong.publish.bulletin import Composition, composed
from qinggong.publish.document import Bulletin
from qinggong.publish.editions import Material
from qinggong.publish.sections.one_page import MOST_DETAIL
from qinggong.publish.side_file import load, understood
from qinggong.standing import FlowError, known
from qinggong.store.base import Snapshot, plain


@dataclass(frozen=True, slots=True)
class Made:
    """An edition that was made: its files by name, and in Chinese what a person should look at."""

    edition: Edition
    subject: str
    subject_name: str
    language: Language
    title: str
    files: dict[str, bytes]
    problems: tuple[str, ...]
    missing_characters: str
    side: str = ""
    held: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where its files lie within the release: ``editions/industry/21``."""
        tail = f"/{self.subject}" if self.subject else ""
        return f"editions/{self.edition.id}{'' if self.language == 'zh' else f'-{self.language}'}{tail}"


def made(
    facts: Facts, edition: Edition, unit: UnitReport | None, *, language: Language = "zh",
    formats: Collection[str] | None = None,
) -> Made:  # fmt: skip
    """One edition of one subject in its formats."""
    from qinggong.publish.data import fact_table, observation_table
    from qinggong.publish.formats import pages_of, rendered
    from qinggong.publish.release import missing_characters

    brief = facts.brief
    wanted = [f for f in edition.formats if formats is None or f in formats]
    done = _composed(facts, edition, unit, language=language)
    for detail in range(MOST_DETAIL - 1, -1, -1) if edition.pages else ():
        if pages_of(rendered(done.bulletin, ("pdf",))["bulletin.pdf"]) <= edition.pages:
            break
        done = _composed(facts, edition, unit, language=language, detail=detail)
    tables = []
    if "xlsx" in wanted:
        printed = _printed(done.bulletin, brief.book)
        tables = [fact_table(printed, synthetic=brief.synthetic), observation_table(_observations(facts, printed))]
    files = rendered(done.bulletin, wanted, tables=tables)
    code, name = (unit.code, unit.name) if unit is not None else ("", "")
    return Made(
        edition, code, name, language, done.bulletin.title, files, done.problems,
        missing_characters(done.bulletin), _side_text(facts, edition, unit, language), done.held,
    )  # fmt: skip


def _side_text(facts: Facts, edition: Edition, unit: UnitReport | None, language: Language) -> str:
    """The side file of an edition: of the release that is made again, else of the workspace."""
    code = unit.code if unit is not None else ""
    if facts.sides is not None:
        return facts.sides.get((edition.id, code, language), "")
    return load(notes_folder(facts.workspace) / side_name(facts.span.code, edition, code, language))


def _composed(
    facts: Facts, edition: Edition, unit: UnitReport | None, *, language: Language, detail: int = MOST_DETAIL
) -> Composition:
    span, brief = facts.span, facts.brief
    name = side_name(span.code, edition, unit.code if unit is not None else "", language)
    text = _side_text(facts, edition, unit, language)
    side = understood(text, name=name, book=brief.book, catalogue=facts.workspace.catalogue)
    through = None
    if any(s.section == "course" for s in edition.sections) and span.kind != "month":
        through = course(facts.desk, facts.plan, period=span.period, kind=span.kind)
    material = Material(
        brief, span.kind, None if span.kind == "month" else span.period, unit, through, side, detail
    )  # fmt: skip
    return composed(
        brief, title=_title(facts, edition, language), language=language, edition=edition, material=material
    )


def _title(facts: Facts, edition: Edition, language: Language) -> str:
    plan = facts.workspace.plan
    if language == "en":
        return edition.title_en or plan.title_en
    if edition.title:
        return edition.title
    return settings(facts.workspace.layout).title or plan.title


def _printed(bulletin: Bulletin, book: FactBook) -> FactBook:
    from qinggong.publish.bulletin import printed_facts

    kept = FactBook()
    kept.add_all(
        f for i in sorted(printed_facts(bulletin.summary, bulletin.sections)) if (f := book.get(i)) is not None
    )
    return kept


def _observations(facts: Facts, book: FactBook) -> list[dict[str, Any]]:
    wanted = {i for fact in book for i in fact.lineage.inputs}
    series = {i.rpartition("@")[0] for i in wanted}
    names = {s: s.id for s in {o.series for o in facts.snapshot.observations}}
    used = [
        o for o in facts.snapshot.observations
        if names[o.series] in series and f"{names[o.series]}@{o.period.code}" in wanted
    ]  # fmt: skip
    return [plain(o) for o in sorted(used, key=lambda o: (o.series, o.period))]


def verdict(facts: Facts, page: bytes) -> dict[str, int]:
    """What the checker says of an edition's page."""
    from qinggong.publish.checker import check_document

    found = check_document(PurePath("bulletin.html"), page, catalogue=facts.workspace.catalogue)
    return {"errors": found.errors, "warnings": len(found.findings) - found.errors}


@dataclass(frozen=True, slots=True)
class Asked:
    """An edition that can be made: of which span, for whom, from what is known."""

    edition: Edition
    span: Span
    snapshot: Snapshot
    subjects: tuple[str, ...]
    as_of: dt.date | None
    language: Language


def ask(
    workspace: Workspace,
    wanted: str,
    *,
    period: str = "",
    subjects: Sequence[str] = (),
    as_of: dt.date | None = None,
    language: Language = "zh",
) -> Asked:
    """What is asked for, once it is found in order; nothing is computed before.

    Raises
    ------
    FlowError
        If there is no such edition, period or language, a subject is needed, or nothing is known.
    """
    plan = edition_plan(workspace)
    edition = find_edition(plan, wanted)
    if language not in edition.languages:
        raise FlowError(f"{edition.name}没有{'英文' if language == 'en' else '中文'}版")
    if edition.subject == "whole" and any(w.strip() for w in subjects):
        raise FlowError(f"{edition.name}是全行业的，不分对象，请去掉 --subject")
    if edition.subject != "whole" and not subjects:
        whom, example = ("行业", "家具制造业") if edition.subject == "industry" else ("省份", "广东")
        raise FlowError(f"请用 --subject 指明{whom}，如 {example}，或写 all")
    span = parse_span(period) if period else None
    snapshot = known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中没有截至该日已发布的数据，不能编制" if as_of else "库中没有数据，不能编制")
    span = span or default_span(workspace, snapshot, edition)
    if span.kind not in edition.periods:
        kinds = "、".join(PERIOD_NAMES[k] for k in edition.periods)
        raise FlowError(f"{edition.name}按{kinds}编制，没有 {span.code} 这一期；请写 {_EXAMPLES[edition.periods[0]]}")
    return Asked(edition, span, snapshot, tuple(subjects), as_of, language)


_EXAMPLES = {
    "month": "--month 2024-08", "quarter": "--period 2024-Q3", "half": "--period 2024-H1", "year": "--period 2024",
}  # fmt: skip


def make(workspace: Workspace, asked: Asked, *, progress: Progress = quiet) -> tuple[Facts, list[Made]]:
    """Make an edition for the subjects that are asked for; nothing is written.

    Raises
    ------
    FlowError
        If nothing is known of them.
    """
    edition, span = asked.edition, asked.span
    progress(f"分析 {period_name(span.period)}")
    facts = gathered(workspace, span, [edition], as_of=asked.as_of, snapshot=asked.snapshot)
    chosen = subjects_of(facts, edition, asked.subjects)
    done = []
    for unit in units_of(facts, edition, chosen):
        progress(f"编制{edition.name}" + (f"：{unit.name}" if unit is not None else ""))
        done.append(made(facts, edition, unit, language=asked.language))
    if not done:
        whom = "、".join(name for _, name in chosen[:3]) + ("等" if len(chosen) > 3 else "")
        raise FlowError(f"库中没有{whom}{period_name(span.period)}及此前一年的分省数字，不能编制{edition.name}")
    return facts, done


def compose_one(
    workspace: Workspace, asked: Asked, *, progress: Progress = quiet
) -> tuple[Facts, UnitReport | None, Composition]:
    """One edition composed, not set: for its side file.

    Raises
    ------
    FlowError
        If nothing is known of it.
    """
    progress(f"分析 {period_name(asked.span.period)}")
    facts = gathered(workspace, asked.span, [asked.edition], as_of=asked.as_of, snapshot=asked.snapshot)
    chosen = subjects_of(facts, asked.edition, asked.subjects)
    unit = next(iter(units_of(facts, asked.edition, chosen)), None)
    return facts, unit, _composed(facts, asked.edition, unit, language=asked.language)
