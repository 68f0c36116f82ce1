"""Plans and their targets as dated data (方案与目标): documents, groups, tasks, measures, and every quantified target.

A target has a quantity (what is counted), a bound (how the number binds) and a span of time (over what); these together
are its kind. A heading marked ``inferred`` was put together from an interpretation and is not the document's own.
"""

from __future__ import annotations

import datetime as dt
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.schema import CatalogueError, Entry, Snake, Text, UnknownName

Mark = Literal["read", "recalled", "secondary", "computed"]
Heading = Literal["official", "inferred"]
Quantity = Literal["growth", "level", "count", "rate", "amount", "none"]
Bound = Literal["floor", "approximate", "exact", "between", "relative", "direction"]
Over = Literal["mean_of_years", "full_year", "each_year", "cumulative", "net_new", "by_end"]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]
Year = Annotated[int, Field(ge=2000, le=2060)]

_FOLDER = "plans"
_SETTINGS, _PROBLEMS = f"{_FOLDER}/settings.yaml", f"{_FOLDER}/problems.yaml"
_NOT_PLANS = ("settings.yaml", "problems.yaml")

BOUND_NAMES: dict[Bound, str] = {
    "floor": "下限",
    "approximate": "约数",
    "exact": "定数",
    "between": "区间",
    "relative": "相对",
    "direction": "方向",
}
OVER_NAMES: dict[Over, str] = {
    "mean_of_years": "多年平均",
    "full_year": "当年",
    "each_year": "每年",
    "cumulative": "期内累计",
    "net_new": "期内新增",
    "by_end": "期末",
}
QUANTITY_NAMES: dict[Quantity, str] = {
    "growth": "增速",
    "level": "规模",
    "count": "个数",
    "rate": "比率",
    "amount": "金额",
    "none": "无量化目标",
}


class Source(Entry):
    """Where a statement about a plan was read."""

    code: Code
    title: Text
    publisher: Text
    date: dt.date
    mark: Mark


class Measured(Entry):
    """The published series by which a target is followed, by names of the catalogue."""

    subject: Text
    indicator: Text


class Size(Entry):
    """Only units of at least this size count (规模300亿元以上)."""

    value: float = Field(gt=0)
    unit: Text


class Baseline(Entry):
    """The value that a document states for a day before the plan."""

    value: float
    at: dt.date


class Target(Entry):
    """One target in the plan's own terms.

    Attributes
    ----------
    years
        The years that the target covers; the last one is its deadline. Empty where the document names none.
    value, upper
        In ``unit``; ``upper`` only for a range. ``None`` for a direction without a number.
    measured
        The series that shows it; without one the target cannot be followed from published figures.
    relative_to
        The series whose growth it is compared with.
    """

    code: Snake
    text: Text
    quantity: Quantity
    bound: Bound
    over: Over
    years: tuple[Year, ...]
    value: float | None = None
    upper: float | None = None
    unit: str = ""
    size: Size | None = None
    baseline: Baseline | None = None
    measured: Measured | None = None
    relative_to: Measured | None = None
    source: Code
    mark: Mark
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Target:
        numbered = self.quantity != "none" and self.bound != "relative"
        if numbered != (self.value is not None):
            raise ValueError("a quantified target needs value and unit; one without a number has quantity: none")
        if numbered and not self.unit:
            raise ValueError("a target with a value needs its unit")
        if (self.bound == "direction") != (self.quantity == "none"):
            raise ValueError("bound: direction goes with quantity: none, and only with it")
        if (self.bound == "between") != (self.upper is not None):
            raise ValueError("bound: between needs upper, and only it")
        if self.upper is not None and self.value is not None and self.upper <= self.value:
            raise ValueError(f"upper {self.upper:g} is not above value {self.value:g}")
        if (self.bound == "relative") != (self.relative_to is not None):
            raise ValueError("bound: relative needs relative_to, and only it")
        if list(self.years) != sorted(set(self.years)):
            raise ValueError(f"years increase, found {list(self.years)}")
        if self.over in ("mean_of_years", "full_year", "each_year") and not self.years:
            raise ValueError(f"over: {self.over} needs years")
        if self.over == "full_year" and len(self.years) != 1:
            raise ValueError(f"over: full_year needs one year, found {list(self.years)}")
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind in words, such as 增速、约数、多年平均."""
        if self.quantity == "none":
            return (QUANTITY_NAMES["none"],)
        words = [QUANTITY_NAMES[self.quantity], BOUND_NAMES[self.bound], OVER_NAMES[self.over]]
        return (*words, *(("限规模",) if self.size else ()))

    @property
    def deadline(self) -> int | None:
        return self.years[-1] if self.years else None


class Measure(Entry):
    """What a plan says shall be done, in short, and the problems that it is meant for; ``industries`` as of a task."""

    text: Text
    problems: tuple[Snake, ...] = Field(min_length=1)
    industries: tuple[str, ...] = ()
    mark: Mark


class Task(Entry):
    """A task of a plan; ``industries`` are the divisions of a task that is for some only (the software's own
    reading)."""

    code: Code
    title: Text
    heading: Heading
    industries: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()


class TaskGroup(Entry):
    """A group of tasks; ``safeguard`` marks the last part (保障措施)."""

    code: Code
    title: Text
    heading: Heading
    safeguard: bool = False
    tasks: tuple[Task, ...] = ()


class Plan(Entry):
    """One document.

    Attributes
    ----------
    text
        What was read of it: the whole text, its goals, or an official interpretation.
    adopted
        False for a draft, whose targets are never followed.
    """

    kind: Literal["plan"]
    code: Snake
    title: Text
    title_en: Text
    short: Text
    number: str
    issuers: tuple[Text, ...] = Field(min_length=1)
    published: dt.date
    date_precision: Literal["day", "month", "year"] = "day"
    valid_from: dt.date
    valid_to: dt.date
    adopted: bool
    superseded_by: str = ""
    text: Literal["full", "goals", "interpretation"]
    source: Text
    note: str = ""
    sources: tuple[Source, ...] = Field(min_length=1)
    targets: tuple[Target, ...] = ()
    groups: tuple[TaskGroup, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Plan:
        if self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        if not self.adopted and not self.superseded_by:
            raise ValueError("a draft names the plan that took its place in superseded_by")
        known = {s.code for s in self.sources}
        for target in self.targets:
            if target.source not in known:
                raise ValueError(f"target {target.code}: no source “{target.source}” in sources")
        _once("targets", [t.code for t in self.targets])
        _once("groups", [g.code for g in self.groups])
        _once("tasks", [t.code for g in self.groups for t in g.tasks])
        return self

    def target(self, code: str) -> Target:
        return next(t for t in self.targets if t.code == code)

    def source_of(self, target: Target) -> Source:
        return next(s for s in self.sources if s.code == target.source)

    @property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(t for g in self.groups for t in g.tasks)


def _once(what: str, codes: list[str]) -> None:
    twice = sorted({c for c in codes if codes.count(c) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} stands twice")


class Problem(Entry):
    """A problem that measures are meant for."""

    code: Snake
    name: Text
    name_en: Text


class Problems(Entry):
    """The list of problems."""

    kind: Literal["problems"]
    source: Text
    valid_from: dt.date
    problems: tuple[Problem, ...]


class Reading(Entry):
    """One reading of “左右”: how far below the value still counts, in points and as a part of the value."""

    key: Snake
    name: Text
    name_en: Text
    points: float = Field(ge=0)
    relative: float = Field(ge=0, lt=1)

    def floor(self, value: float) -> float:
        """The lowest value that meets a target under this reading."""
        return value - self.points - self.relative * abs(value)


class Simulation(Entry):
    """How the rest of a year is simulated.

    ``paths`` paths from a fixed ``seed``; the probability's interval holds ``interval`` of its ``resamples`` over whole
    years; at least ``fewest_years`` complete years of history, none before ``first_year``; ``profile`` is the industry
    whose monthly and cumulative growth gives the shares of the months.
    """

    paths: int = Field(ge=100, le=100_000)
    resamples: int = Field(ge=20, le=10_000)
    seed: int = Field(ge=0)
    interval: float = Field(gt=0.5, lt=1)
    profile: Text
    fewest_years: int = Field(ge=2)
    first_year: Year


class TargetSettings(Entry):
    """How targets are followed: readings of 左右, the one told in words, what counts as the same, the simulation."""

    kind: Literal["target_settings"]
    source: Text
    valid_from: dt.date
    readings: tuple[Reading, ...] = Field(min_length=1)
    headline: Snake
    same_within: Reading
    simulation: Simulation

    @field_validator("readings")
    @classmethod
    def _keys(cls, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        _once("readings", [r.key for r in readings])
        return readings

    @model_validator(mode="after")
    def _consistent(self) -> TargetSettings:
        if self.headline not in {r.key for r in self.readings}:
            raise ValueError(f"headline: no reading “{self.headline}”")
        if self.readings[0].points or self.readings[0].relative:
            raise ValueError("the first reading is the value itself: points: 0, relative: 0")
        return self


def load_problems(*, overlay: Path | None = None) -> tuple[Problem, ...]:
    """The problems in use; a workspace's own ``plans/problems.yaml`` replaces the bundled one."""
    return (own_document(overlay, _PROBLEMS, Problems) or bundled_document(_PROBLEMS, Problems)).problems


def load_target_settings(*, overlay: Path | None = None) -> TargetSettings:
    """How targets are followed; a workspace's own ``plans/settings.yaml`` replaces the bundled one."""
    return own_document(overlay, _SETTINGS, TargetSettings) or bundled_document(_SETTINGS, TargetSettings)


def load_plans(*, overlay: Path | None = None) -> tuple[Plan, ...]:
    """All plans, oldest first; a workspace's own file in ``plans/`` adds a plan or replaces the bundled one.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    folder = resources.files("qinggong.catalogue").joinpath("data", _FOLDER)
    names = {p.name for p in folder.iterdir() if p.name.endswith(".yaml")}
    if overlay is not None and (own := overlay / _FOLDER).is_dir():
        names |= {p.name for p in own.glob("*.yaml")}
    bundled = {p.name for p in folder.iterdir()}
    problems = {p.code for p in load_problems(overlay=overlay)}
    found: dict[str, Plan] = {}
    for name in sorted(names - set(_NOT_PLANS)):
        file = f"{_FOLDER}/{name}"
        plan = own_document(overlay, file, Plan)
        if plan is None and name in bundled:
            plan = bundled_document(file, Plan)
        if plan is None:
            continue
        if plan.code in found:
            raise CatalogueError(
                f"{file}, entry code: plan {plan.code} stands in another file too; give it another code"
            )
        if unknown := {p for t in plan.tasks for m in t.measures for p in m.problems} - problems:
            raise CatalogueError(
                f"{file}, entry groups: no problem {', '.join(sorted(unknown))}; add it to plans/problems.yaml"
            )
        found[plan.code] = plan
    for plan in found.values():
        if plan.superseded_by and plan.superseded_by not in found:
            raise CatalogueError(f"plan {plan.code}, entry superseded_by: no plan “{plan.superseded_by}”")
    return tuple(sorted(found.values(), key=lambda p: (p.valid_from, p.published, p.code)))


def check_plans(plans: tuple[Plan, ...], settings: TargetSettings, catalogue: Catalogue) -> None:
    """Resolve every name of a series.

    Raises
    ------
    CatalogueError
        Naming the plan and target whose name the catalogue does not hold.
    """
    wanted = [
        (f"plan {p.code}, target {t.code}", m)
        for p in plans for t in p.targets for m in (t.measured, t.relative_to) if m is not None
    ]  # fmt: skip
    wanted.append(
        ("plans/settings.yaml, entry simulation", Measured(subject=settings.simulation.profile, indicator="增加值"))
    )
    for place, measured in wanted:
        try:
            catalogue.subject(measured.subject, indicator=catalogue.indicator(measured.indicator).code)
        except UnknownName as error:
            raise CatalogueError(f"{place}: {error}") from error


def measures_for(
    plans: tuple[Plan, ...], problem: str, *, on: dt.date, industry: str | None = None
) -> tuple[tuple[Plan, Task, Measure], ...]:
    """Measures against a problem of the adopted plans in force on a day, newest plan first.

    With ``industry`` (a code; empty for the whole) tasks and measures for other industries only are left out, and those
    for this one come first within their plan.
    """
    found: list[tuple[Plan, Task, Measure]] = []
    for p in sorted(plans, key=lambda p: p.published, reverse=True):
        if not (p.adopted and p.valid_from <= on <= p.valid_to):
            continue
        mine = [(t, m, m.industries or t.industries) for t in p.tasks for m in t.measures if problem in m.problems]
        fitting = [(t, m, only) for t, m, only in mine if industry is None or not only or industry in only]
        fitting.sort(key=lambda x: not (industry and industry in x[2]))
        found += [(p, t, m) for t, m, _ in fitting]
    return tuple(found)
