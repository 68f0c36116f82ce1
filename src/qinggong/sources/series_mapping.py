"""Which series of an international file comes in, and as what: mappings of SDMX and DBnomics series.

A mapping is an entry of ``sources/sdmx.yaml`` or ``sources/dbnomics.yaml``, bundled or in the catalogue folder of a
workspace. A series that no entry names is listed and left out.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.schema import CatalogueError, Entry, Text
from qinggong.periods import Period, PeriodError, month, quarter, ytd
from qinggong.sources.base import Defect, Parsed, RawRow, Unmapped, UnreadableFile

SIZE_LIMIT = 256 << 20
_YEAR = re.compile(r"(\d{4})(?:-A1)?")
_MONTH = re.compile(r"(\d{4})-?M?(0[1-9]|1[0-2])(?:-01)?")
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])")
_MISSING = frozenset({"", "NA", "N/A", "NAN", "NULL", "NONE", ".", "..", "-", "…", ":"})


class SeriesEntry(Entry):
    """One series of a source and what it is here: names or codes of the catalogue.

    A series is named by ``series`` (its whole code) or by ``dimensions``: all those given must agree, others may be
    anything. ``agency`` and ``structure`` narrow it down further.
    """

    series: str = ""
    agency: str = ""
    structure: str = ""
    dimensions: Mapping[str, str] = {}
    subject: Text
    indicator: Text
    measure: Literal["level", "yoy"] = "level"
    unit: Text
    publisher: Text
    region: str = "CN"
    title: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _named(self) -> SeriesEntry:
        if not self.series and not self.dimensions:
            raise ValueError("give the code of the series, or dimensions that tell it from the others")
        return self


class SeriesFile(Entry):
    """Head and entries of a mapping file."""

    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    note: str = ""
    entries: tuple[SeriesEntry, ...] = ()


@dataclass(slots=True)
class Series:
    """A series of a file: its code, its dimensions, its figures as (running number, period, value as text)."""

    code: str
    name: str = ""
    agency: str = ""
    structure: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    figures: list[tuple[int, str, str]] = field(default_factory=list)


def mapping(name: str, overlay: Path | None) -> tuple[SeriesEntry, ...]:
    """The entries of a mapping file, the workspace's own before the bundled ones.

    Raises
    ------
    UnreadableFile
        If the workspace's file is wrong: file, line and entry are in the message.
    """
    try:
        own = own_document(overlay, name, SeriesFile)
        return (*(own.entries if own else ()), *bundled_document(name, SeriesFile).entries)
    except CatalogueError as error:
        raise UnreadableFile(f"序列对照文件有误：{error}") from error


def parsed(series: list[Series], entries: tuple[SeriesEntry, ...], *, where: str, recognised: str) -> Parsed:
    """Rows of the mapped series; the others are listed.

    Parameters
    ----------
    where
        The mapping file, for the reader who wants to add a series.
    """
    rows, defects, unmapped, blank = list[RawRow](), list[Defect](), list[Unmapped](), 0
    chosen = [next((e for e in entries if _names(e, s)), None) for s in series]
    for one, entry in zip(series, chosen, strict=True):
        shown = f"{one.code}（{one.name}）" if one.name else one.code
        if entry is None:
            unmapped.append(Unmapped(shown, len(one.figures), f"{where} 没有对照这个序列"))
            continue
        if sum(e is entry for e in chosen) > 1:
            unmapped.append(Unmapped(shown, len(one.figures), f"{where} 的一条对照同时符合几个序列，请写明更多维度"))
            continue
        for number, period, value in one.figures:
            if is_missing(value):
                blank += 1
                continue
            text, when = plain_number(value), international_period(period)
            if text is None or when is None:
                wrong = f"时期“{period[:40]}”不是月、季、年" if when is None else f"数值“{value[:40]}”不是数字"
                rule = "unknown-period" if when is None else "not-a-number"
                defects.append(Defect(rule, number, f"{one.code} {period}"[:60], wrong, "请核对该文件；日、周数据不收"))
                continue
            rows.append(
                RawRow(
                    row=number, period=when.code, region=entry.region, subject=entry.subject, indicator=entry.indicator,
                    measure=entry.measure, value=text, unit=entry.unit, title=entry.title or shown, published="",
                    publisher=entry.publisher, url="",
                )
            )  # fmt: skip
    return Parsed(tuple(rows), tuple(defects), tuple(unmapped), recognised, blank)


def _names(entry: SeriesEntry, series: Series) -> bool:
    if entry.series and entry.series != series.code:
        return False
    if entry.agency not in ("", series.agency) or entry.structure not in ("", series.structure):
        return False
    return all(series.dimensions.get(k) == v for k, v in entry.dimensions.items())


def international_period(text: str) -> Period | None:
    """A month, quarter or year as SDMX and DBnomics write it; ``None`` for days, weeks and all else."""
    try:
        if found := _YEAR.fullmatch(text):
            return ytd(int(found[1]), 12)
        if found := _MONTH.fullmatch(text):
            return month(int(found[1]), int(found[2]))
        if found := _QUARTER.fullmatch(text):
            return quarter(int(found[1]), int(found[2]))
    except PeriodError:
        return None
    return None


def is_missing(value: str) -> bool:
    return value.strip().upper() in _MISSING


def plain_number(value: str) -> str | None:
    """Digits as given, without exponent and without the ``.0`` that a binary number brings; ``None`` if no number."""
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return None
    text = f"{number:f}"
    return text.removesuffix(".0") if "." in text else text


def read_json(content: bytes, *, what: str) -> dict[str, Any]:
    """A JSON object whose numbers stay text, within limits of size and depth.

    Raises
    ------
    UnreadableFile
        If it is too large, torn, nested too deep or no object.
    """
    if len(content) > SIZE_LIMIT:
        raise UnreadableFile(f"{what}大于{SIZE_LIMIT >> 20} MiB，请分次查询")
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{what}不是 UTF-8 编码") from error
    except RecursionError as error:
        raise UnreadableFile(f"{what}嵌套过深，不是正常的响应") from error
    except ValueError as error:
        raise UnreadableFile(f"{what}不是完整的 JSON（{one_line(error, 80)}）") from error
    if not isinstance(found, dict):
        raise UnreadableFile(f"{what}应是一个 JSON 对象")
    return found


def _constant(name: str) -> str:
    return "NA" if name == "NaN" else name


def one_line(text: object, longest: int) -> str:
    """What a file or a library says, fit for one sentence."""
    return " ".join(str(text).split())[:longest]


def as_text(value: object) -> str:
    """A JSON value as text; what is no single value becomes a missing one."""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return value if isinstance(value, str) else "" if value is None or isinstance(value, (dict, list)) else str(value)
