"""What the figures are called in SDMX (统计数据交换): dimensions, attributes, code lists, keys and times; no library needed.

Sources: SDMX 3.0 Technical Specifications, section 3A (schema ``SDMXCommon``: identifiers) and section 6 (time
formats).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qinggong.catalogue import Catalogue
from qinggong.periods import Period

Names = tuple[str, str]
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_@$-]+")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DIMENSIONS = (
    ("FREQ", "频率", "Frequency"), ("REF_AREA", "地区", "Reference area"), ("SUBJECT", "行业或对象", "Industry or subject"),
    ("SCOPE", "口径", "Coverage"), ("INDICATOR", "指标", "Indicator"), ("MEASURE", "度量", "Measure"),
    ("BASIS", "基础", "Basis"), ("SPAN", "时期类型", "Span"), ("UNIT_MEASURE", "单位", "Unit of measure"),
)  # fmt: skip
TIME, VALUE = ("TIME_PERIOD", "时期", "Time period"), ("OBS_VALUE", "数值", "Observed value")
ATTRIBUTES = (
    ("PRINTED", "公布的数字", "Digits as published"), ("PRINTED_UNIT", "公布的单位", "Unit as published"),
    ("PUBLISHER", "发布机构", "Publisher"), ("PUBLISHED_AT", "发布日期", "Date of publication"),
    ("PUBLISHED_AT_BASIS", "日期依据", "Basis of the date"), ("CITATION", "发布", "Release"), ("URL", "页面地址", "Address"),
)  # fmt: skip
_FREQUENCIES = {"M": ("月", "Monthly"), "Q": ("季", "Quarterly"), "S": ("半年", "Half-yearly")}
_MEASURES = {
    "level": ("绝对量", "Level"), "yoy": ("同比", "Growth on the same period of the previous year"),
    "mom": ("环比", "Growth on the previous period"), "index": ("指数", "Index"), "share": ("占比", "Share"),
}  # fmt: skip
_BASES = {"published": ("公布", "As published"), "comparable": ("可比", "Comparable"), "derived": ("推算", "Derived")}
_SPANS = {
    "month": ("月", "Month"), "ytd": ("年初累计，记在最后一月", "Year to date, at its last month"), "point": ("期末", "End"),
    "quarter": ("季", "Quarter"), "half": ("半年", "Half-year"),
}  # fmt: skip
_UNITS = {"%": "PC", "百分点": "PP"}
_FREQUENCY_OF = {"quarter": "Q", "half": "S"}


@dataclass(frozen=True, slots=True)
class Codes:
    """A code list: names by identifier, and the identifier of each code of the catalogue."""

    id: str
    name: Names
    items: Mapping[str, Names]
    ids: Mapping[str, str]


def _identifier(text: str, taken: Iterable[str]) -> str:
    """Text as an SDMX identifier (letters, digits, ``_ @ $ -``), a number behind it if it is taken."""
    plain = _NOT_IN_ID.sub("_", text).strip("_") or "X" + text.encode().hex().upper()
    wanted, used = plain, set(taken)
    number = 2
    while wanted in used:
        wanted, number = f"{plain}_{number}", number + 1
    return wanted


def _list(name: str, told: Names, entries: Iterable[tuple[str, str, Names]]) -> Codes:
    """A code list from (code of the catalogue, wanted identifier, names)."""
    items: dict[str, Names] = {}
    ids: dict[str, str] = {}
    for code, wanted, names in entries:
        if code not in ids:
            ids[code] = _identifier(wanted, items)
            items[ids[code]] = names
    return Codes(name, told, items, ids)


def code_lists(rows: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> dict[str, Codes]:
    """The code list of each dimension: the whole catalogue, and whatever the rows use beyond it."""

    def beyond(*columns: str) -> list[tuple[str, str, Names]]:
        found = sorted({":".join(str(r[c]) for c in columns) for r in rows})
        return [(code, code, (code, code)) for code in found]

    subjects = {
        f"{s.kind}:{s.code}": (s.name, s.name_en or s.name)
        for s in sorted(catalogue.known_subjects.values(), key=lambda s: (s.scope != "nbs", s.scope), reverse=True)
    }
    units = {u.code: (_UNITS.get(u.code, u.name_en.upper()), (u.name, u.name_en)) for u in catalogue.units.values()}

    def fixed(table: Mapping[str, Names]) -> list[tuple[str, str, Names]]:
        return [(code, code, names) for code, names in table.items()]

    return {
        "FREQ": _list("CL_FREQ", ("频率", "Frequency"), fixed(_FREQUENCIES)),
        "REF_AREA": _list(
            "CL_AREA", ("地区", "Areas"),
            [*((r.code, r.code, (r.name, r.name_en)) for r in catalogue.regions.values()), *beyond("region")],
        ),
        "SUBJECT": _list(
            "CL_INDUSTRY", ("行业、行业组、产品和商品", "Industries, groups, products and goods"),
            [*((c, c.upper(), subjects[c]) for c in sorted(subjects)), *beyond("subject_kind", "subject")],
        ),
        "SCOPE": _list(
            "CL_SCOPE", ("口径", "Coverage"),
            [*((s.code, s.code, (s.name, s.name_en)) for s in catalogue.scopes.values()), *beyond("scope")],
        ),
        "INDICATOR": _list(
            "CL_INDICATOR", ("指标", "Indicators"),
            [*((i.code, i.code, (i.name, i.name_en)) for i in catalogue.indicators.values()), *beyond("indicator")],
        ),
        "MEASURE": _list("CL_MEASURE", ("度量", "Measures"), [*fixed(_MEASURES), *beyond("measure")]),
        "BASIS": _list("CL_BASIS", ("基础", "Bases"), [*fixed(_BASES), *beyond("basis")]),
        "SPAN": _list("CL_SPAN", ("时期类型", "Spans"), [*fixed(_SPANS), *beyond("span")]),
        "UNIT_MEASURE": _list(
            "CL_UNIT", ("计量单位", "Units"), [*((c, wanted, n) for c, (wanted, n) in units.items()), *beyond("unit")]
        ),
    }  # fmt: skip


def series_key(row: Mapping[str, Any], lists: Mapping[str, Codes]) -> dict[str, str]:
    """The key of a series: the identifier of its code in each dimension, in the order of the dimensions."""
    codes = {
        "FREQ": _FREQUENCY_OF.get(row["span"], "M"), "REF_AREA": row["region"],
        "SUBJECT": f"{row['subject_kind']}:{row['subject']}", "SCOPE": row["scope"], "INDICATOR": row["indicator"],
        "MEASURE": row["measure"], "BASIS": row["basis"], "SPAN": row["span"], "UNIT_MEASURE": row["unit"],
    }  # fmt: skip
    return {name: lists[name].ids[str(code)] for name, code in codes.items()}


def sender(agency: str) -> str:
    """Identifier of the agency as a sender, which may not have the dots of an agency within another."""
    return agency.replace(".", "_")


def time_of(period: Period, span: str) -> str:
    """The time of an observation: a quarter, a half-year, or the month with which the period ends."""
    if span == "quarter":
        return f"{period.year}-Q{(period.last + 2) // 3}"
    if span == "half":
        return f"{period.year}-S{1 if period.last <= 6 else 2}"
    return f"{period.year}-{period.last:02d}"


def cleaned(value: object) -> str:
    """Text without the characters that XML cannot hold, on one line."""
    return " ".join(_NOT_IN_XML.sub("", str(value)).split())
