"""Nowcasts as facts (即时预测的事实): numbers rounded once, with label, period and lineage."""

from __future__ import annotations

from dataclasses import dataclass

from qinggong.catalogue import Catalogue
from qinggong.monitor.facts import Fact, FactBook, Lineage, Refused, fixed, quantity
from qinggong.monitor.movements import Desk, published_fact
from qinggong.monitor.nowcast_inputs import GrowthPanel
from qinggong.monitor.prosperity_views import short_name
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.store.base import Snapshot

DECIMALS = 1
METHOD = "dynamic factor model and simple methods, docs/methods/nowcast.md"
RECORDED = "recorded evaluation, docs/methods/nowcast.md"


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the facts of one panel."""

    book: FactBook
    catalogue: Catalogue
    panel: GrowthPanel
    snapshot: Snapshot

    def label(self, n: int) -> str:
        column = self.panel.columns[n]
        return f"{quantity(column.subject.name, column.indicator.code, column.indicator.name)}同比"

    def short(self, n: int) -> str:
        return short_name(self.catalogue, self.panel.columns[n].subject)

    def key(self, n: int) -> str:
        column = self.panel.columns[n]
        return f"{column.subject.key}/{column.indicator.code}/nowcast"

    def period_name(self, n: int, row: int) -> str:
        return period_name(self.panel.period(row, self.panel.columns[n]))

    def inputs(self, n: int) -> tuple[str, ...]:
        return tuple(sorted(f"{o.series.id}@{o.period.code}" for o in self.panel.sources[n]))

    def newest(self, n: int) -> Fact | None:
        """The newest known figure, as published or as derived from levels."""
        row, column = int(self.panel.newest[n]), self.panel.columns[n]
        if row < 0:
            return None
        period = self.panel.period(row, column)
        for o in self.panel.sources[n]:
            if o.series.measure == "yoy" and o.period == period and not self.panel.derived[row, n]:
                desk = Desk(self.snapshot, self.catalogue, self.book)
                return published_fact(desk, o, label=self.label(n))
        text = fixed(float(self.panel.values[row, n]), DECIMALS)
        return self.book.add(
            Fact(
                f"{self.key(n)}/derived/{period.code}", f"{self.label(n)}（由公布的累计绝对量推算）", float(text), text, "%",
                period, "computed", Lineage(self.inputs(n), "growth of the month from cumulative levels"),
            )
        )  # fmt: skip

    def value(self, n: int, row: int, what: str, value: float, label: str) -> Fact:
        return self._add(n, row, what, value, label, "%", DECIMALS)

    def points(self, n: int, row: int, what: str, value: float, label: str) -> Fact:
        return self._add(n, row, what, value, label, "百分点", DECIMALS)

    def spread(self, n: int, row: int, what: str, value: float, label: str) -> Fact:
        return self._add(n, row, what, value, label, "百分点", DECIMALS)

    def text_points(self, n: int, row: int, what: str, text: str, label: str) -> Fact:
        """A number that was rounded so that its kind sums up."""
        return self._fact(n, row, what, text, label, "百分点")

    def _add(self, n: int, row: int, what: str, value: float, label: str, unit: str, decimals: int) -> Fact:
        return self._fact(n, row, what, fixed(value, decimals), label, unit)

    def _fact(self, n: int, row: int, what: str, text: str, label: str, unit: str) -> Fact:
        period = self.panel.period(row, self.panel.columns[n])
        return self.book.add(
            Fact(
                f"{self.key(n)}/{what}/{period.code}", f"{self.label(n)}{label}", float(text), text, unit, period,
                "computed", Lineage(self.inputs(n), METHOD),
            )
        )  # fmt: skip

    def error(self, n: int, method: str, value: float, name: str) -> Fact:
        return self.recorded(n, f"rmse_{method}", f"{name}以往的均方根误差", value, "百分点", 2)

    def weight(self, n: int, method: str, value: float, name: str) -> Fact:
        return self.recorded(n, f"weight_{method}", f"{name}在组合中的权重", value, "%", 0)

    def recorded(self, n: int, what: str, label: str, value: float, unit: str, decimals: int) -> Fact:
        text = fixed(value, decimals)
        period = self.panel.period(self.panel.values.shape[0] - 1, self.panel.columns[n])
        return self.book.add(
            Fact(
                f"{self.key(n)}/{what}", f"{self.label(n)}：{label}", float(text), text, unit, period, "computed",
                Lineage((), RECORDED),
            )
        )  # fmt: skip

    def count(self, what: str, label: str, value: int, at: Period) -> Fact:
        return self.book.add(
            Fact(
                f"nowcast/{what}/{at.code}", label, float(value), str(value), "条", at, "computed", Lineage((), METHOD)
            )
        )

    def refused(self, n: int) -> Refused:
        column = self.panel.columns[n]
        return Refused(
            column.subject.key,
            column.subject.code,
            column.subject.name,
            column.indicator.code,
            column.indicator.name,
            "",
        )
