"""The industries one by one (分行业): every light industry, sector and association scope with its newest figures."""

from __future__ import annotations

from collections.abc import Iterable

from qinggong.catalogue import Catalogue, Subject
from qinggong.catalogue.bulletins import MonthlyPlan
from qinggong.monitor.comparisons import newest_period, note_for
from qinggong.monitor.contributions import margin
from qinggong.monitor.facts import Movement, Topic
from qinggong.monitor.movements import Desk, back_from, movement, period_in
from qinggong.periods import Period

NOT_SUB_INDUSTRIES = ("light_industry", "light_industry_ex_food", "textile_industry")
"""Groups that are light industry itself, or not light industry at all."""


def industry_topic(desk: Desk, plan: MonthlyPlan, at: Period) -> Topic:
    """Every light industry, sector and association scope with its own newest figures."""
    told: list[Movement] = []
    for subject in _light_subjects(desk.catalogue):
        for want in plan.industry_indicators:
            indicator = desk.catalogue.indicator(want.indicator)
            wanted = period_in(want.sequence, at)
            candidates = back_from(want.sequence, wanted, steps=plan.oldest_months)
            period = newest_period(desk, [subject], indicator, sequence=want.sequence, candidates=candidates)
            if period is None:
                continue
            if any((m.subject_key, m.indicator, m.period) == (subject.key, indicator.code, period) for m in told):
                continue  # January–February is both the single-month and the cumulative observation
            found = movement(
                desk, subject, indicator, sequence=want.sequence, period=period, note=note_for(desk, subject)
            )
            told.append(found)
            if indicator.code == "profit":
                _computed_margin(desk, subject, period)
    return Topic("industries", "分行业情况", at, at, tuple(told), (), (), (), None)


def _computed_margin(desk: Desk, subject: Subject, period: Period) -> None:
    find = desk.catalogue.indicator
    margin(
        desk, subject, profit=find("profit"), revenue=find("revenue"), label=find("revenue_margin").name, period=period
    )


def _light_subjects(catalogue: Catalogue) -> Iterable[Subject]:
    """Divisions, groups, classes and sectors that are light industry in whole or in part, by code."""
    subjects = []
    for subject in catalogue.known_subjects.values():
        if subject.kind == "industry":
            industry = catalogue.industries[subject.code]
            if industry.level in ("aggregate", "section") or industry.confidence == "none":
                continue
        elif subject.kind != "group" or subject.code in NOT_SUB_INDUSTRIES:
            continue
        subjects.append(subject)
    return sorted(subjects, key=lambda s: (s.kind != "industry", s.code, s.scope != "nbs", s.scope))
