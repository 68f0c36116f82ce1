"""What a dispatch meeting looks at (调度会商方案): indicators, industries, provinces, when a target is off track."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.schema import CatalogueError, Entry, Snake, Text, UnknownName

_FILE = "office/dispatch.yaml"
Count = Annotated[int, Field(ge=1, le=60)]


class DispatchPlan(Entry):
    """What a meeting looks at; names are those of the catalogue."""

    kind: Literal["dispatch_plan"]
    source: Text
    valid_from: dt.date
    title: Text
    subject: Text
    benchmark: Text
    group: Snake
    group_label: Text
    indicators: tuple[Text, ...] = Field(min_length=1)
    ranked_by: Text
    provinces: Count
    probability_below: Annotated[float, Field(ge=0, le=100)]
    oldest_months: Count
    measures_per_problem: Count


def load_dispatch_plan(catalogue: Catalogue, *, overlay: Path | None = None) -> DispatchPlan:
    """The plan in use; a workspace's own ``office/dispatch.yaml`` replaces the bundled one.

    Raises
    ------
    CatalogueError
        Naming a group, subject or indicator that the catalogue does not hold.
    """
    plan = own_document(overlay, _FILE, DispatchPlan) or bundled_document(_FILE, DispatchPlan)
    try:
        if plan.group not in catalogue.groups:
            raise CatalogueError(f"{_FILE}, entry group: no group “{plan.group}”")
        if plan.ranked_by not in plan.indicators:
            raise CatalogueError(f"{_FILE}, entry ranked_by: “{plan.ranked_by}” is not in indicators")
        for name in plan.indicators:
            code = catalogue.indicator(name).code
            for subject in (plan.subject, plan.benchmark):
                catalogue.subject(subject, indicator=code)
    except UnknownName as error:
        raise CatalogueError(f"{_FILE}: {error}") from error
    return plan
