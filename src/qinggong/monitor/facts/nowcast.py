"""What can be told of figures before they are published (即时预测): densities, paths, what changed the view, how good it
was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qinggong.monitor.facts.book import Fact
from qinggong.periods import Period


@dataclass(frozen=True, slots=True)
class Density:
    """A normal density of one figure: mean, standard deviation and quantiles, in percent."""

    mean: Fact
    std: Fact
    p10: Fact
    p25: Fact
    p75: Fact
    p90: Fact


@dataclass(frozen=True, slots=True)
class MethodLine:
    """One way of forecasting beside the others: its figure, its past error, its weight in the combination (in
    percent)."""

    key: str
    name: str
    mean: Fact
    std: Fact
    rmse: Fact | None = None
    weight: Fact | None = None


@dataclass(frozen=True, slots=True)
class PathPoint:
    """One period on the way to the plan's end, for charts: mean and quantiles; all equal where the figure is known."""

    period: Period
    kind: Literal["known", "backcast", "forecast"]
    mean: float
    std: float
    p10: float
    p25: float
    p75: float
    p90: float


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One figure of a release: what was expected of it, what it was, what it did to the nowcast.

    ``surprise`` is ``actual`` − ``expected``. ``base`` is what the growth of the year before alone does to it
    (基数影响): known beforehand, so it is part of ``expected`` and no surprise; ``None`` where a figure lacks.
    """

    subject_name: str
    indicator_name: str
    period: Period
    expected: Fact
    actual: Fact
    surprise: Fact
    weight: float
    effect: Fact
    base: Fact | None
    own: bool


@dataclass(frozen=True, slots=True)
class ReleaseNews:
    """What one release did: day (ISO), what came out, its whole effect, and its figures, the largest effects first."""

    date: str
    what: str
    kind: Literal["new", "revision"]
    effect: Fact
    figures: Fact
    items: tuple[NewsItem, ...]


@dataclass(frozen=True, slots=True)
class ViewChange:
    """How the model's nowcast of one figure moved since a day; ``releases`` sum to ``change``."""

    since: str
    previous: Fact
    updated: Fact
    change: Fact
    releases: tuple[ReleaseNews, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """How the model did on past states of this figure, against the best simple method.

    ``coverage`` in percent by the levels of the setting; ``p_value`` of Diebold and Mariano, ``None`` where it cannot
    be said.
    """

    observations: Fact
    model: Fact
    simple: Fact
    simple_name: str
    crps_model: Fact
    crps_simple: Fact
    coverage: tuple[Fact, ...]
    statistic: Fact | None
    p_value: Fact | None
    model_wins: bool


@dataclass(frozen=True, slots=True)
class NowcastLine:
    """One figure of one industry: the first one not known, told by the method that did better.

    Attributes
    ----------
    newest
        The newest known figure; ``derived`` if it was computed from published levels.
    chosen
        ``model`` or the simple method that is published; ``why`` says why in Chinese.
    base
        What the base alone does to growth from the newest figure.
    """

    key: str
    subject_key: str
    subject_code: str
    subject_name: str
    short: str
    indicator: str
    indicator_name: str
    period: Period
    newest: Fact | None
    derived: bool
    chosen: str
    chosen_name: str
    why: str
    density: Density
    methods: tuple[MethodLine, ...]
    combined: Fact | None
    path: tuple[PathPoint, ...]
    base: Fact | None = None
    tested: Tested | None = None
    change: ViewChange | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A figure that is not nowcast, and why in Chinese."""

    subject_key: str
    subject_code: str
    subject_name: str
    indicator: str
    indicator_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Nowcasts:
    """The figures of a month that are not published yet, and what is expected up to the plan's end (即时预测).

    ``record_source`` says what the recorded evaluation was made from, empty without one; ``pseudo`` if its past states
    were cut, but for one in a hundred figures at most, by the release calendar from final figures: revisions are not
    represented. ``model_notes`` are remarks of the estimation.
    """

    title: str
    wanted: Period
    end: Period
    lines: tuple[NowcastLine, ...]
    refused: tuple[Refused, ...]
    series: Fact | None
    record_source: str = ""
    pseudo: bool = True
    model_notes: tuple[str, ...] = ()

    def of(self, indicator: str) -> tuple[NowcastLine, ...]:
        return tuple(line for line in self.lines if line.indicator == indicator)
