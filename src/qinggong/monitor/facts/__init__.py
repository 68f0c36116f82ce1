"""Facts (事实): numbers fit to be printed, each with its lineage; and the brief that carries them to publication.

Sections, tables, charts and data files are rendered from the same facts, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

from qinggong.monitor.facts.book import (
    Citation,
    Fact,
    FactBook,
    FactStatus,
    Lineage,
    fixed,
    multiple,
    quantity,
)
from qinggong.monitor.facts.editions import (
    Carriers,
    Course,
    CourseRow,
    CourseTable,
    ReleaseFigure,
    ReleaseNote,
    UnitAspect,
    UnitReport,
)
from qinggong.monitor.facts.flash import Flash, FlashLine, FlashRow
from qinggong.monitor.facts.meetings import CaseLine, MeasureLine, Meeting, UnitBrief, UnitFigure
from qinggong.monitor.facts.nowcast import (
    Density,
    MethodLine,
    NewsItem,
    NowcastLine,
    Nowcasts,
    PathPoint,
    Refused,
    ReleaseNews,
    Tested,
    ViewChange,
)
from qinggong.monitor.facts.signals import (
    Cycles,
    Hand,
    IndexLine,
    LightRecord,
    Part,
    Places,
    Revision,
    Signals,
    Turn,
    TurnRecord,
    Uncompiled,
    Watched,
    ZoneCount,
)
from qinggong.monitor.facts.targets import (
    TargetLine,
    TargetPoint,
    TargetReading,
    Targets,
)
from qinggong.monitor.facts.topics import (
    AdjustedSeries,
    AdjustedSum,
    AdjustmentRecord,
    BreakMark,
    Chart,
    Comparison,
    Contrast,
    Doubt,
    Line,
    Missing,
    Momentum,
    Movement,
    NextRelease,
    Pace,
    ProvinceGrowth,
    ProvincePart,
    Topic,
)
from qinggong.monitor.facts.warnings import Alerts, InactiveRule, PastEpisode, WarningCase, WarningLine
from qinggong.periods import Period

__all__ = [
    "AdjustedSeries",
    "AdjustedSum",
    "AdjustmentRecord",
    "Alerts",
    "BreakMark",
    "Brief",
    "Carriers",
    "CaseLine",
    "Chart",
    "Citation",
    "Comparison",
    "Contrast",
    "Course",
    "CourseRow",
    "CourseTable",
    "Cycles",
    "Density",
    "Doubt",
    "Fact",
    "FactBook",
    "FactStatus",
    "Flash",
    "FlashLine",
    "FlashRow",
    "Hand",
    "InactiveRule",
    "IndexLine",
    "LightRecord",
    "Line",
    "Lineage",
    "MeasureLine",
    "Meeting",
    "MethodLine",
    "Missing",
    "Momentum",
    "Movement",
    "NewsItem",
    "NextRelease",
    "NowcastLine",
    "Nowcasts",
    "Pace",
    "Part",
    "PastEpisode",
    "PathPoint",
    "Places",
    "ProvinceGrowth",
    "ProvincePart",
    "Refused",
    "ReleaseFigure",
    "ReleaseNews",
    "ReleaseNote",
    "Revision",
    "Signals",
    "TargetLine",
    "TargetPoint",
    "TargetReading",
    "Targets",
    "Tested",
    "Topic",
    "Turn",
    "TurnRecord",
    "Uncompiled",
    "UnitAspect",
    "UnitBrief",
    "UnitFigure",
    "UnitReport",
    "ViewChange",
    "WarningCase",
    "WarningLine",
    "Watched",
    "ZoneCount",
    "fixed",
    "multiple",
    "quantity",
]


@dataclass(frozen=True, slots=True)
class Brief:
    """The facts of one month, ready for publication.

    ``as_of`` is empty where everything known was used; ``release_date`` is the day of the newest figure used.
    ``synthetic`` figures are made by a program: whatever is published from them must carry the mark.
    """

    month: Period
    as_of: str
    release_date: str
    topics: tuple[Topic, ...]
    book: FactBook
    bands: tuple[tuple[Fact, str], ...]
    undated: Fact
    figures: Fact
    doubts: tuple[Doubt, ...] = ()
    momentum: Momentum | None = None
    prosperity: Signals | None = None
    synthetic: bool = False
    targets: Targets | None = None
    nowcasts: Nowcasts | None = None
    flash: Flash | None = None
    warnings: Alerts | None = None
    provinces: tuple[ProvinceGrowth, ...] = ()

    def topic(self, key: str) -> Topic:
        return next(t for t in self.topics if t.key == key)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every release cited, in the order of publisher and date."""
        found = {c.key: c for fact in self.book for c in fact.lineage.citations}
        return tuple(sorted(found.values(), key=lambda c: (c.publisher, c.published_at, c.title, c.url)))
