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
from qinggong.monitor.facts.signals import (
    Hand,
    IndexLine,
    LightRecord,
    Part,
    Signals,
    Uncompiled,
    ZoneCount,
)
from qinggong.monitor.facts.topics import (
    Chart,
    Comparison,
    Doubt,
    Line,
    Missing,
    Momentum,
    Movement,
    NextRelease,
    Pace,
    Topic,
)
from qinggong.periods import Period

__all__ = [
    "Brief",
    "Chart",
    "Citation",
    "Comparison",
    "Doubt",
    "Fact",
    "FactBook",
    "FactStatus",
    "Hand",
    "IndexLine",
    "LightRecord",
    "Line",
    "Lineage",
    "Missing",
    "Momentum",
    "Movement",
    "NextRelease",
    "Pace",
    "Part",
    "Signals",
    "Topic",
    "Uncompiled",
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

    def topic(self, key: str) -> Topic:
        return next(t for t in self.topics if t.key == key)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every release cited, in the order of publisher and date."""
        found = {c.key: c for fact in self.book for c in fact.lineage.citations}
        return tuple(sorted(found.values(), key=lambda c: (c.publisher, c.published_at, c.title, c.url)))
