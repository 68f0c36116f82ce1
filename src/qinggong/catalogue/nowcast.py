"""The setting of nowcasts and the record of what they were worth (即时预测的设定与检验记录), dated and with their sources."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.schema import CatalogueError, Entry
from qinggong.periods import parse

_SETTINGS, _RECORD, _FIGURES = "nowcast/settings.yaml", "nowcast/record.yaml", "nowcast/record.csv"


class FactorBlock(Entry):
    """A block of factors beside the one that all figures load on."""

    key: str
    name: str
    name_en: str


class NowcastIndicator(Entry):
    """An indicator whose growth is nowcast.

    ``earlier`` names the indicator that it replaced, ``from_levels`` derives growth from published levels where none is
    published, ``outlier`` bounds such growth in percent, ``bridge`` names what the bridge equation takes; without
    ``to_date`` growth to date does not stand in for missing months.
    """

    indicator: str
    block: str
    earlier: str = ""
    from_levels: bool = False
    outlier: float = Field(default=100.0, gt=0)
    bridge: tuple[str, ...] = ()
    to_date: bool = True


class NowcastSubjects(Entry):
    """Members of ``group`` and ``also`` are told in bulletins; ``beside`` only inform the model."""

    group: str
    also: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class NowcastSettings(Entry):
    """The whole setting of nowcasts."""

    kind: Literal["nowcast"]
    source: str
    valid_from: dt.date
    first_year: int = Field(ge=1995)
    left_out: tuple[str, ...]
    blocks: tuple[FactorBlock, ...]
    factor_order: int = Field(ge=1, le=6)
    tolerance: float = Field(gt=0, lt=1)
    max_iterations: int = Field(ge=1)
    indicators: tuple[NowcastIndicator, ...] = Field(min_length=1)
    subjects: NowcastSubjects
    fewest: int = Field(ge=24)
    fewest_series: int = Field(ge=4)
    stalest: int = Field(ge=1, le=24)
    levels: tuple[float, ...]
    discount: float = Field(gt=0, le=1)
    releases: int = Field(ge=1, le=12)
    plan: str

    @field_validator("indicators")
    @classmethod
    def _blocks_known(cls, indicators: tuple[NowcastIndicator, ...], info: ValidationInfo) -> tuple[object, ...]:
        known = {b.key for b in info.data.get("blocks", ())}
        for one in indicators:
            if one.block not in known:
                raise ValueError(
                    f"indicator {one.indicator} names block {one.block}, which is not one of {sorted(known)}"
                )
        return indicators

    @field_validator("left_out")
    @classmethod
    def _periods(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            parse(text)
        return texts

    @cached_property
    def left_out_months(self) -> frozenset[tuple[int, int]]:
        """Year and month of all months left out of the estimation."""
        periods = [parse(text) for text in self.left_out]
        return frozenset((p.year, m) for p in periods for m in range(p.first, p.last + 1))

    def indicator(self, code: str) -> NowcastIndicator:
        return next(i for i in self.indicators if i.indicator == code)


class NowcastRecordHead(Entry):
    """What the recorded evaluation was made from; the figures stand beside it in a CSV file.

    ``vintages`` is ``pseudo`` where past states were cut by the release calendar from final figures: revisions are then
    not represented. ``mixed``: of ``compared`` figures of past states ``revised`` were other ones than today's.
    """

    kind: Literal["nowcast_record"]
    source: str
    computed: dt.date
    first: dt.date
    last: dt.date
    count: int = Field(ge=1)
    compared: int = Field(ge=0)
    revised: int = Field(ge=0)
    vintages: Literal["pseudo", "real", "mixed"]


@dataclass(frozen=True, slots=True)
class RecordedLine:
    """One figure over the evaluation: errors in percentage points of growth.

    Attributes
    ----------
    subject, indicator
        Code of the industry and of the indicator.
    observations
        Outcomes held against forecasts.
    rmse
        By method: ``model``, ``random_walk``, ``autoregression``, ``bridge``, ``seasonal_naive``, ``combination``.
    crps
        Of the model and of the best simple method.
    coverage
        Share of outcomes inside the model's central intervals of the levels of the setting, in percent.
    best
        The simple method with the smallest error.
    statistic, p_value
        Diebold–Mariano against it; below 0 the model is the better one.
    mean_squares
        Discounted mean square errors by method at the end, for the weights.
    """

    subject: str
    indicator: str
    observations: int
    rmse: Mapping[str, float]
    crps: tuple[float, float]
    coverage: tuple[float, ...]
    best: str
    statistic: float
    p_value: float
    mean_squares: Mapping[str, float]

    @property
    def model_wins(self) -> bool:
        return self.rmse["model"] <= self.rmse[self.best]


METHODS = ("model", "random_walk", "autoregression", "bridge", "seasonal_naive")
"""Ways of forecasting that are compared and combined."""
SIMPLE = METHODS[1:]
RECORD_HEADS = (
    "subject", "indicator", "observations", *(f"rmse_{m}" for m in (*METHODS, "combination")), "crps_model",
    "crps_best", "cover_50", "cover_80", "best", "dm", "p", *(f"mse_{m}" for m in METHODS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NowcastRecord:
    """The recorded evaluation: ``lines`` by code of the industry and indicator."""

    head: NowcastRecordHead
    lines: Mapping[tuple[str, str], RecordedLine]

    def find(self, subject: str, indicator: str) -> RecordedLine | None:
        return self.lines.get((subject, indicator))


def load_nowcast_settings(*, overlay: Path | None = None) -> NowcastSettings:
    """The setting in use: a workspace's own file goes before the bundled one."""
    return own_document(overlay, _SETTINGS, NowcastSettings) or bundled_document(_SETTINGS, NowcastSettings)


@lru_cache(maxsize=1)
def load_nowcast_record() -> NowcastRecord | None:
    """The bundled record; ``None`` if there is none."""
    folder = resources.files("qinggong.catalogue").joinpath("data", "nowcast")
    if not folder.joinpath("record.yaml").is_file():
        return None
    head = bundled_document(_RECORD, NowcastRecordHead)
    text = folder.joinpath("record.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#")))
    found = {}
    for place, row in enumerate(rows, start=1):
        try:
            line = _line(row)
        except (KeyError, ValueError) as error:
            raise CatalogueError(f"{_FIGURES}, row {place}: {error}; correct this row") from error
        found[line.subject, line.indicator] = line
    return NowcastRecord(head, found)


def _line(row: Mapping[str, str]) -> RecordedLine:
    def of(prefix: str, names: tuple[str, ...]) -> dict[str, float]:
        return {name: float(row[f"{prefix}_{name}"] or "nan") for name in names}

    return RecordedLine(
        row["subject"], row["indicator"], int(row["observations"]), of("rmse", (*METHODS, "combination")),
        (float(row["crps_model"]), float(row["crps_best"])), (float(row["cover_50"]), float(row["cover_80"])),
        row["best"], float(row["dm"] or "nan"), float(row["p"] or "nan"), of("mse", METHODS),
    )  # fmt: skip
