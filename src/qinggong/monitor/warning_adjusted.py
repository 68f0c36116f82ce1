"""Seasonally adjusted changes for warnings (季调环比): of what has comparable levels, as known when a month is judged.

Value added is published as growth only, so that its seasonal pattern cannot be identified; export deliveries have
levels. The specification is that of the yearly review, on figures up to its month; within the year it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from qinggong.catalogue import Catalogue
from qinggong.catalogue.breaks import Break
from qinggong.catalogue.warnings import WarningSettings
from qinggong.monitor.adjust import Adjusted, adjust_all, change
from qinggong.monitor.harmonise import Harmonised, harmonise
from qinggong.monitor.warning_growth import Floats
from qinggong.monitor.warning_inputs import Readings, warned_subjects
from qinggong.periods import Period, observed_month
from qinggong.store.base import Observation, Snapshot

if TYPE_CHECKING:
    from qinggong.catalogue import Indicator, Subject
    from qinggong.methods.specification import Specification

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class AdjustedChanges:
    """Changes of adjusted series on the observation before, in percent, by unit and row of the readings.

    ``inputs`` are the observations behind each, for the lineage.
    """

    changes: Mapping[Key, Floats] = field(default_factory=dict)
    inputs: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Reviews:
    """Specifications by month of review and subject, so that those of a year are found once."""

    known: dict[Period, dict[str, Specification | None]] = field(default_factory=dict)


def adjusted_changes(
    snapshot: Snapshot, catalogue: Catalogue, settings: WarningSettings, readings: Readings, breaks: Sequence[Break], *,
    at: Period, reviews: Reviews | None = None,
) -> AdjustedChanges:  # fmt: skip
    """Adjusted changes of the national series of the setting, up to a month.

    Parameters
    ----------
    snapshot
        What was known when the month is judged; series of other indicators are not looked at.
    reviews
        Where the specifications of a year are kept between the months of a back-test.
    """
    plan = settings.adjusted
    if plan is None:
        return AdjustedChanges()
    indicator = catalogue.indicator(plan.indicator)
    subjects = warned_subjects(catalogue, settings)
    groups: dict[str, list[Observation]] = {s.key: [] for s in subjects}
    for o in snapshot.observations:
        series = o.series
        if series.indicator == plan.indicator and series.region == "CN" and series.subject_key in groups:
            groups[series.subject_key].append(o)
    fit = _harmonised(groups, catalogue, subjects, indicator, breaks, plan.fewest_months, until=at)
    kept = (reviews or Reviews()).known
    reviewed = observed_month(at.year - (at.last <= plan.review), plan.review)
    if reviewed not in kept:
        # What is too short at its review has no specification, and is adjusted anew each month.
        past = _harmonised(groups, catalogue, subjects, indicator, breaks, plan.fewest_months, until=reviewed)
        kept[reviewed] = {one.subject.key: one.specification for one in adjust_all(past)} if past else {}
    held = kept[reviewed]
    given = [held.get(subject.key) for _, subject, _ in fit]
    done = [
        one for one in (adjust_all(fit, specifications=given, policy="fixed") if fit else [])
        if one.grade != "not adjustable"
    ]  # fmt: skip
    return AdjustedChanges(
        {(one.subject.code, "CN"): _by_row(one, readings) for one in done},
        {(one.subject.code, "CN"): one.harmonised.inputs for one in done},
    )


def _harmonised(
    groups: Mapping[str, Sequence[Observation]], catalogue: Catalogue, subjects: Sequence[Subject],
    indicator: Indicator, breaks: Sequence[Break], fewest: int, *, until: Period,
) -> list[tuple[Harmonised, Subject, Indicator]]:  # fmt: skip
    """Comparable levels up to a month, of the subjects with enough of them."""
    found = []
    last = (until.year, until.last)
    for subject in subjects:
        rows = tuple(o for o in groups[subject.key] if (o.period.year, o.period.last) <= last)
        one = harmonise(Snapshot(rows, None, None, 0), catalogue, subject, indicator, breaks=breaks)
        if one is not None and not one.reason and one.usable().stop - one.usable().start >= fewest:
            found.append((one, subject, indicator))
    return found


def _by_row(one: Adjusted, readings: Readings) -> Floats:
    out = np.full(readings.rows, np.nan)
    for row in range(one.adjusted.shape[0]):
        if one.harmonised.block and (one.first + row) % 12 == 0:
            continue
        place = readings.row(one.period(row))
        if 0 <= place < readings.rows:
            out[place] = change(one, row)
    return out
