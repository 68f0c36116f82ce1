"""From the list of an edition to its sections (版本编排): which of them are there, and in which order.

The list and its conditions are data (``catalogue`` bulletins/editions.yaml); here stands what each name builds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qinggong.catalogue.editions import Edition, PeriodKind
from qinggong.monitor.facts import Brief, Course, Topic, UnitReport
from qinggong.periods import Period
from qinggong.publish.document import Paragraph, Section
from qinggong.publish.language import spoken
from qinggong.publish.sections import (
    cumulative,
    flash,
    industries,
    momentum,
    notes,
    nowcast,
    one_page,
    overview,
    prosperity,
    province,
    targets,
    topics,
    unit,
    unit_outlook,
    warnings,
)
from qinggong.publish.sections.flash import OLDEST as OLDEST_FLASH
from qinggong.publish.side_file import Side, own_sections

CHINESE_ONLY = frozenset({"course"})
"""Sections without English words: left out before the sections are numbered."""
Builder = Callable[["Material", int], list[Section]]


@dataclass(frozen=True, slots=True)
class Material:
    """What an edition is composed from.

    Attributes
    ----------
    kind, period
        Kind of the period, and the cumulative period of a quarter, half or year; the month otherwise.
    side
        What a person adds.
    detail
        How much a one-page brief tells, see ``sections.one_page``.
    """

    brief: Brief
    kind: PeriodKind = "month"
    period: Period | None = None
    unit: UnitReport | None = None
    course: Course | None = None
    side: Side | None = None
    detail: int = one_page.MOST_DETAIL

    @property
    def stands(self) -> Period:
        return self.period or self.brief.month

    @property
    def told(self) -> list[Topic]:
        """The topics, in longer periods with cumulative figures in front."""
        found = [t for t in self.brief.topics if t.key != "industries"]
        return found if self.kind == "month" else [cumulative.cumulative_first(t, self.stands) for t in found]

    @property
    def of(self) -> UnitReport:
        if self.unit is None:
            raise ValueError("the edition is about an industry or a province, and no unit was given")
        return self.unit


def sections_of(edition: Edition, material: Material) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """The sections of an edition, numbered as they stand; and why some could not be built.

    A section that fails is left out and told, so that the others can be read as a draft: its release is held.
    """
    sections: list[Section] = []
    failed: list[str] = []
    for entry in edition.sections:
        if (entry.only and material.kind not in entry.only) or (spoken() == "en" and entry.section in CHINESE_ONLY):
            continue
        if entry.when is not None and not _holds(entry.section, entry.when, material):
            continue
        try:
            sections += BUILDERS[entry.section](material, len(sections) + 1)
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            failed.append(f"“{entry.section}”一节未能编制（{type(error).__name__}：{said}）")
    return tuple(sections), tuple(failed)


def summary_of(edition: Edition, material: Material) -> tuple[Paragraph, ...]:
    """The lines above the sections."""
    if not edition.summary:
        return ()
    if material.unit is not None:
        own = material.unit.kind == "province"
        return province.summary(material.unit) if own else unit.summary(material.unit, material.brief)
    lines = [topics.short_light_industry(material.told), *(topics.short(t) for t in material.told)]
    return tuple(line for line in lines if line is not None)


def _holds(section: str, condition: str, material: Material) -> bool:
    """Whether the condition of a section is met."""
    brief = material.brief
    if condition == "figures":
        if section == "course":
            return material.course is not None and bool(material.course.tables)
        if section == "unit_parts":
            return material.unit is not None and bool(material.unit.parts)
        topic = next((t for t in material.told if t.key == section), None)
        return topic is not None and (topic.period is not None or bool(topic.headlines))
    found: Mapping[str, bool] = {
        "told": brief.momentum is not None and bool(brief.momentum.told),
        "index": brief.prosperity is not None and brief.prosperity.period is not None,
        "fresh": brief.flash is not None
        and any(
            (row := x.newest) is not None
            and (brief.month.year - row.period.year) * 12 + brief.month.last - row.period.last <= OLDEST_FLASH
            for x in brief.flash.told
        ),
        "followed": brief.targets is not None and bool(brief.targets.followed),
        "lines": brief.nowcasts is not None and bool(brief.nowcasts.lines),
        "in_force": brief.warnings is not None and bool(brief.warnings.in_force),
    }
    return found[condition]


def _topic(key: str) -> Builder:
    def build(m: Material, place: int) -> list[Section]:
        return [topics.build(t, m.brief, place=place) for t in m.told if t.key == key]

    return build


def _topics(m: Material, place: int) -> list[Section]:
    return [topics.build(t, m.brief, place=n) for n, t in enumerate(m.told, start=place)]


def _cumulative(m: Material, place: int) -> list[Section]:
    return [cumulative.build(m.brief, m.stands, place=place)]


def _course(m: Material, place: int) -> list[Section]:
    return [] if m.course is None else [cumulative.course(m.course, place=place)]


def _momentum(m: Material, place: int) -> list[Section]:
    return [] if m.brief.momentum is None else [momentum.build(m.brief.momentum, m.brief, place=place)]


def _prosperity(m: Material, place: int) -> list[Section]:
    return [] if m.brief.prosperity is None else [prosperity.build(m.brief.prosperity, place=place)]


def _flash(m: Material, place: int) -> list[Section]:
    return [] if m.brief.flash is None else [flash.build(m.brief.flash, place=place)]


def _targets(m: Material, place: int) -> list[Section]:
    return [] if m.brief.targets is None else [targets.build(m.brief.targets, place=place)]


def _nowcast(m: Material, place: int) -> list[Section]:
    return [] if m.brief.nowcasts is None else [nowcast.build(m.brief.nowcasts, place=place)]


def _warnings(m: Material, place: int) -> list[Section]:
    return [] if m.brief.warnings is None else [warnings.build(m.brief.warnings, place=place)]


def _one_page(m: Material, place: int) -> list[Section]:
    return one_page.build(m.brief, m.told, m.stands, detail=m.detail, place=place)


def _unit(of_industry: Callable[..., Section], of_province: Callable[..., Section] | None = None) -> Builder:
    def build(m: Material, place: int) -> list[Section]:
        chosen = of_province if m.of.kind == "province" and of_province is not None else of_industry
        return [chosen(m.of, m.brief, place=place)]

    return build


BUILDERS: dict[str, Builder] = {
    "overview": lambda m, place: [overview.build(m.brief, place=place)],
    "cumulative": _cumulative,
    "course": _course,
    "topics": _topics,
    "production": _topic("production"),
    "efficiency": _topic("efficiency"),
    "market": _topic("market"),
    "exports": _topic("exports"),
    "momentum": _momentum,
    "prosperity": _prosperity,
    "flash": _flash,
    "targets": _targets,
    "nowcast": _nowcast,
    "warnings": _warnings,
    "industries": lambda m, place: [industries.build(m.brief, place=place)],
    "notes": lambda m, place: [notes.build(m.brief, place=place)],
    "side": lambda m, place: own_sections(m.side, place),
    "one_page": _one_page,
    "unit_overview": _unit(unit.overview, province.overview),
    "unit_figures": _unit(unit.figures, province.figures),
    "unit_parts": _unit(unit.parts),
    "unit_index": _unit(unit.index),
    "unit_nowcast": _unit(unit_outlook.nowcasts),
    "unit_warnings": _unit(unit_outlook.warnings),
    "unit_targets": _unit(unit_outlook.targets),
    "unit_notes": _unit(unit.notes),
}
"""What each name of an edition's list builds; the list of names is that of the catalogue (a test compares them)."""
