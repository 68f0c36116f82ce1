"""An opened workspace (工作区): where things lie, the catalogue in use, the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.bulletins import MonthlyPlan, check_plan, load_monthly_plan
from qinggong.config import Layout, create, open_workspace
from qinggong.panel import Panel
from qinggong.sources import Shape, shapes
from qinggong.store.base import Snapshot
from qinggong.store.delta import DeltaStore
from qinggong.store.query import MOST_ROWS, Answer, panel, query
from qinggong.validate import Thresholds, load_thresholds


@dataclass(frozen=True)
class Workspace:
    """An opened workspace: its folders, its catalogue, its store."""

    layout: Layout
    store_folder: Path | None = None
    """Where the table lies, if not in its usual place: a replay builds it beside."""

    @classmethod
    def at(cls, root: Path | str, *, make: bool = False) -> Workspace:
        """Open the workspace at ``root``; ``make`` creates it first."""
        path = Path(root)
        return cls(create(path) if make else open_workspace(path))

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(overlay=self.layout.catalogue)

    @cached_property
    def plan(self) -> MonthlyPlan:
        plan = load_monthly_plan(overlay=self.layout.catalogue)
        check_plan(plan, self.catalogue)
        return plan

    @cached_property
    def limits(self) -> Thresholds:
        return load_thresholds(overlay=self.layout.catalogue)

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """File shapes with the workspace's own catalogue, mappings and remembered layouts."""
        return shapes(overlay=self.layout.catalogue, catalogue=self.catalogue)

    @cached_property
    def store(self) -> DeltaStore:
        return DeltaStore(self.store_folder or self.layout.store)

    def snapshot(self, *, as_of: dt.date | None = None) -> Snapshot:
        """Everything known, or only what was published by the end of a day."""
        return self.store.latest() if as_of is None else self.store.as_of(as_of)

    def query(self, sql: str, *, most: int = MOST_ROWS) -> Answer:
        """One SELECT over ``observations``, ``latest``, ``as_of('2025-10-01')`` and ``facts`` (``store.query``)."""
        found = sorted(self.layout.releases.glob("*/data/facts.parquet"))
        return query(self.store, sql, facts={f.parent.parent.name: f for f in found}, most=most)

    def panel(self, *, span: str = "month", as_of: dt.date | None = None, **wanted: str | Sequence[str]) -> Panel:
        """Values of chosen series as an array: ``panel(indicator="value_added", measure="yoy")`` (``store.query``)."""
        return panel(self.store, wanted, span=span, as_of=as_of)
