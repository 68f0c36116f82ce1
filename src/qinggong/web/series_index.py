"""Which series the store has (序列目录), by address, subject, indicator and region; one for each version of the store."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from qinggong.store.base import SeriesKey
from qinggong.store.reader import Held

_UNITS = {"%": "pct", "/": "-per-"}


def slug_of(series: SeriesKey) -> str:
    """The name of a series in an address: its parts joined by hyphens, with no sign that an address must escape."""
    unit = series.unit
    for sign, word in _UNITS.items():
        unit = unit.replace(sign, word)
    return "-".join(
        (
            series.subject_kind, series.subject, series.scope, series.region, series.indicator, series.measure,
            series.basis, series.span, unit,
        )
    )  # fmt: skip


class SeriesIndex:
    """Every series of one version of the store."""

    def __init__(self, held: Iterable[Held]) -> None:
        self.all: tuple[Held, ...] = tuple(held)
        self.by_slug = {slug_of(h.series): h for h in self.all}
        self.by_id = {h.series.id: h for h in self.all}
        self._by_place: dict[tuple[str, str], list[Held]] = defaultdict(list)
        self._by_indicator: dict[str, list[Held]] = defaultdict(list)
        self._by_region: dict[str, list[Held]] = defaultdict(list)
        for h in self.all:
            self._by_place[f"{h.series.subject_kind}:{h.series.subject}", h.series.region].append(h)
            self._by_indicator[h.series.indicator].append(h)
            self._by_region[h.series.region].append(h)

    def find(self, text: str) -> Held | None:
        """A series by its name in an address or by its identifier."""
        return self.by_slug.get(text) or self.by_id.get(text)

    def of(self, kind: str, code: str, *, region: str = "CN", scope: str = "") -> tuple[Held, ...]:
        """The series of a subject in a region, of one scope if given."""
        found = self._by_place.get((f"{kind}:{code}", region), [])
        return tuple(h for h in found if not scope or h.series.scope == scope)

    def of_indicator(self, code: str) -> tuple[Held, ...]:
        return tuple(self._by_indicator.get(code, ()))

    def in_region(self, code: str) -> tuple[Held, ...]:
        return tuple(self._by_region.get(code, ()))

    def regions(self) -> tuple[str, ...]:
        """Codes of all regions with a series."""
        return tuple(sorted(self._by_region))

    def subjects(self) -> tuple[tuple[str, str, str], ...]:
        """Kind, code and scope of every subject, each once."""
        return tuple(dict.fromkeys((h.series.subject_kind, h.series.subject, h.series.scope) for h in self.all))

    def scopes(self, kind: str, code: str, *, region: str = "CN") -> tuple[str, ...]:
        """Scopes of a subject, those with most series first."""
        counts: dict[str, int] = {}
        for h in self.of(kind, code, region=region):
            counts[h.series.scope] = counts.get(h.series.scope, 0) + 1
        return tuple(sorted(counts, key=lambda s: (-counts[s], s)))


def known_by(held: Sequence[Held], day: dt.date | None) -> tuple[Held, ...]:
    """Those of which something was published by a day."""
    return tuple(h for h in held if day is None or (h.earliest is not None and h.earliest <= day))
