"""Warning rules and what they were worth (预警规则与回测记录), dated and with their sources.

A rule names a condition of a rule pack; the thresholds stand in the pack. The record is what the back-test came to: a
rule below its floor, or with too few episodes, is only observed (观察) and opens no case.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.schema import Entry, Snake, Text

_SETTINGS, _RECORD = "warnings/rules.yaml", "warnings/record.yaml"
Word = Literal["下降", "回落", "其他"]
Standing = Literal["in_force", "observed", "untested"]
Event = Literal["production", "export", "profit", "revenue", "price", "peak", "most_production", "most_profit", ""]

EVENT_NAMES: dict[str, str] = {
    "production": "增加值连续下降", "export": "出口交货值连续下降", "profit": "利润总额（累计）连续下降", "revenue": "营业收入（累计）连续下降",
    "price": "出厂价格连续下降", "peak": "景气指数见顶", "most_production": "半数行业增加值连续下降",
    "most_profit": "半数行业利润总额（累计）连续下降", "": "不回测",
}  # fmt: skip
STANDING_NAMES: dict[str, str] = {"in_force": "启用", "observed": "观察", "untested": "未回测"}


class WarningLevel(Entry):
    """A condition of the pack, and how grave a warning is that meets it: 1 一般, 2 较重, 3 严重."""

    condition: Snake
    severity: Annotated[int, Field(ge=1, le=3)]


class WarningRule(Entry):
    """One rule.

    Attributes
    ----------
    word
        Whether it is about growth below zero (下降) or below the period before (回落).
    inputs
        Fields of the pack without which it says nothing.
    event
        What the back-test holds it against; ``untested`` says why there is none.
    floor
        Share of right warnings below which it is only observed.
    """

    code: Snake
    pack: Snake
    over: Literal["industry", "whole"] = "industry"
    name: Text
    name_en: Text
    word: Word
    inputs: tuple[Snake, ...] = Field(min_length=1)
    event: Event = ""
    untested: str = ""
    floor: float | None = Field(default=None, ge=0, le=1)
    problems: tuple[Snake, ...] = ()
    levels: tuple[WarningLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _held_against(self) -> WarningRule:
        if bool(self.event) == bool(self.untested):
            raise ValueError(f"rule {self.code}: give an event, or say in untested why there is none")
        return self


class WarningSubjects(Entry):
    """Industries: the members of a group of the catalogue, and some besides."""

    group: str
    also: tuple[str, ...] = ()


class AdjustedPlan(Entry):
    """What is seasonally adjusted for the detectors: national series of one indicator with comparable levels.

    ``review`` is the month up to which the specification of a year is found, ``fewest_months`` what that needs.
    """

    indicator: Snake
    review: int = Field(ge=2, le=12)
    fewest_months: int = Field(ge=36)


class BacktestPlan(Entry):
    """How warnings are held against what came (see the data file); counts are observations, eleven a year."""

    fall_months: int = Field(ge=1)
    early: int = Field(ge=0)
    late: int = Field(ge=0)
    fewest_episodes: int = Field(ge=1)
    floor: float = Field(ge=0, le=1)
    interval: float = Field(gt=0.5, lt=1)
    resamples: int = Field(ge=100, le=100_000)
    seed: int
    without: tuple[str, str]
    months_after: int = Field(ge=0, le=3)


class WarningSettings(Entry):
    """The whole setting."""

    kind: Literal["warnings"]
    source: Text
    valid_from: dt.date
    tuned_until: int
    clear_after: int = Field(ge=1)
    lapse_after: int = Field(ge=1)
    subjects: WarningSubjects
    whole: str
    adjusted: AdjustedPlan | None = None
    backtest: BacktestPlan
    rules: tuple[WarningRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> WarningSettings:
        codes = [r.code for r in self.rules]
        if twice := sorted({c for c in codes if codes.count(c) > 1}):
            raise ValueError(f"rules: {', '.join(twice)} stands twice")
        return self

    @cached_property
    def packs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r.pack for r in self.rules))

    def rule(self, code: str) -> WarningRule:
        return next(r for r in self.rules if r.code == code)

    def floor_of(self, rule: WarningRule) -> float:
        return self.backtest.floor if rule.floor is None else rule.floor


class RecordLine(Entry):
    """What one rule came to in some years, with or without the years of the epidemic.

    ``alarms`` warnings, ``right`` of them followed by an event; ``events``, of which ``found``; ``episodes`` are the
    months in which events began, those of several industries together counting once. Intervals are by episode.
    ``lead`` is the median number of observations between warning and the first month of the event, negative if the
    warning came later.
    """

    rule: Snake
    years: str
    without: bool
    alarms: int
    right: int
    events: int
    found: int
    episodes: int
    precision: float | None = None
    precision_low: float | None = None
    precision_high: float | None = None
    recall: float | None = None
    recall_low: float | None = None
    recall_high: float | None = None
    lead: float | None = None
    false_a_year: float | None = None
    first: str = ""
    last: str = ""


class WarningRecord(Entry):
    """A back-test put on record."""

    kind: Literal["warning_record"]
    source: Text
    valid_from: dt.date
    vintages: Text
    tuning: str
    evaluation: str
    lines: tuple[RecordLine, ...] = ()

    def line(self, rule: str, *, years: str, without: bool = False) -> RecordLine | None:
        return next((x for x in self.lines if (x.rule, x.years, x.without) == (rule, years, without)), None)


def load_warnings(*, overlay: Path | None = None) -> WarningSettings:
    """The rules; a workspace's own ``warnings/rules.yaml`` replaces the bundled ones."""
    return own_document(overlay, _SETTINGS, WarningSettings) or bundled_document(_SETTINGS, WarningSettings)


def load_warning_record(*, overlay: Path | None = None) -> WarningRecord | None:
    """The back-test on record, if there is one."""
    if own := own_document(overlay, _RECORD, WarningRecord):
        return own
    place = resources.files("qinggong.catalogue").joinpath("data", *_RECORD.split("/"))
    return bundled_document(_RECORD, WarningRecord) if place.is_file() else None


def standing(rule: WarningRule, settings: WarningSettings, record: WarningRecord | None) -> tuple[Standing, str]:
    """Whether a rule is in force, only observed, or not tested, and why, in Chinese."""
    if rule.untested:
        return "untested", rule.untested
    if record is None:
        return "observed", "还没有回测记录"
    line = record.line(rule.code, years=record.evaluation)
    if line is None or line.precision is None:
        return "observed", "回测没有出现过预警或没有数据，证据不足"
    if line.episodes < settings.backtest.fewest_episodes:
        return "observed", f"回测只有{line.episodes}段事件，不足{settings.backtest.fewest_episodes}段，证据不足"
    floor = settings.floor_of(rule)
    if line.precision < floor:
        return "observed", f"回测准确率{line.precision:.0%}，低于规定的{floor:.0%}"
    return "in_force", f"回测准确率{line.precision:.0%}"
