"""An opened workspace (工作区): where things lie, the catalogue in use, the store."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.bulletins import MonthlyPlan, check_plan, load_monthly_plan
from qinggong.config import Layout, create, open_workspace
from qinggong.store.base import Snapshot
from qinggong.store.delta import DeltaStore


@dataclass(frozen=True)
class Workspace:
    """An opened workspace: its folders, its catalogue, its store."""

    layout: Layout

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
    def store(self) -> DeltaStore:
        return DeltaStore(self.layout.store)

    def snapshot(self, *, as_of: dt.date | None = None) -> Snapshot:
        """Everything known, or only what was published by the end of a day."""
        return self.store.latest() if as_of is None else self.store.as_of(as_of)
