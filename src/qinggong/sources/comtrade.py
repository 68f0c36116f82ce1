"""Responses of UN Comtrade, interface version 1 (联合国 Comtrade 数据接口的响应), JSON.

One record is the trade of a reporter with a partner in a product of the HS in a year or month. China's reports come
in: subject ``hs.<code>`` or ``hs.total``, suffix ``.p<partner>`` for a partner other than the world, scope
``comtrade``. Reports of other countries, other classifications and further breakdowns (second partner, means of
transport, customs procedure) are listed and left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath

from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Entry, ScopeCode, Snake, Text
from qinggong.periods import Period, PeriodError, month, ytd
from qinggong.sources.base import Defect, Parsed, RawRow, Shape, Unmapped, UnreadableFile
from qinggong.sources.series_mapping import as_text, is_missing, one_line, plain_number, read_json

PARSER_VERSION = 1
FIELDS: dict[str, str] = {
    "reporterCode": "报告国（M49 代码），只收中国 156；地区记为全国",
    "partnerCode": "贸易伙伴（M49 代码），0 为全世界，其余作序列对象的后缀 .p<代码>",
    "flowCode": "X 出口，M 进口；其他流向（转口、复进口等）只列出",
    "classificationCode、cmdCode": "HS 版本（H0—H6）与编码，TOTAL 为全部商品 hs.total；SITC、BEC 等只列出",
    "freqCode、period": "A 为年（全年累计），M 为月（YYYYMM）",
    "primaryValue": "金额，美元：出口离岸价，进口到岸价",
    "qty、qtyUnitCode": "数量与单位代码，单位认识才收",
    "partner2Code、motCode、customsCode、mosCode": "再细分的记录只列出，以免与合计混成一个序列",
}
TRAPS: tuple[str, ...] = (
    "伙伴代码是 M49，不是海关的三位伙伴编码，两个口径的序列不能接。",
    "进口按到岸价，出口按离岸价；别国报告的从中国进口不等于中国报告的出口。",
    "同一编码在不同 HS 版本中含义可能不同，版本写在引文中。",
    "数量为空或 0 多半是没有填报，不是真的零。",
    "批量接口的响应是文件目录，里面没有数字。",
)
_BREAKDOWNS = {"partner2Code": ("0", ""), "motCode": ("0", ""), "customsCode": ("C00", ""), "mosCode": ("0", "")}
_GOODS = re.compile(r"(?:\d\d){1,5}")


class ComtradeFlow(Entry):
    name: Text
    value: Snake
    quantity: Snake


class ComtradeFacts(Entry):
    """``sources/comtrade.yaml``."""

    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    note: str = ""
    publisher: Text
    scope: ScopeCode
    reporters: Mapping[str, str]
    flows: Mapping[str, ComtradeFlow]
    unit: Text
    classifications: Mapping[str, str]
    quantity_units: Mapping[str, str]


def _recognises(path: PurePath, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and all(
        word in head for word in (b'"elapsedTime"', b'"count"', b'"data"')
    )


def _parse(path: PurePath, content: bytes) -> Parsed:
    facts = bundled_document("sources/comtrade.yaml", ComtradeFacts)
    found = read_json(content, what="Comtrade 响应")
    if message := as_text(found.get("error")) or as_text(found.get("errorObject")):
        raise UnreadableFile(f"Comtrade 返回了错误：{one_line(message, 120)}")
    records = found.get("data")
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise UnreadableFile("Comtrade 响应里没有 data 列表")
    if any("fileUrl" in r for r in records):
        raise UnreadableFile("这是 Comtrade 批量文件的目录，不含数字，请查询数据接口")
    rows, defects, blank = list[RawRow](), list[Defect](), 0
    left, periods = Counter[tuple[str, str]](), set[str]()
    for number, record in enumerate(records, start=1):
        given = {k: as_text(v).strip() for k, v in record.items()}
        reason = _left_out(given, facts)
        if reason:
            left[reason] += 1
            continue
        period = _period(given)
        if period is None or not (_GOODS.fullmatch(given.get("cmdCode", "")) or given.get("cmdCode", "") == "TOTAL"):
            text = f"{given.get('cmdCode', '')} {given.get('period', '')}"[:60]
            defects.append(Defect("bad-record", number, text, "这条记录的编码或时期不能理解", "请核对查询条件"))
            continue
        periods.add(period.code)
        new, missing = _figures(number, given, period, facts, defects, left)
        rows += new
        blank += missing
    unmapped = tuple(Unmapped(series, count, why) for (series, why), count in sorted(left.items()))
    what = f"{len(records)}条记录，{len(periods)}期" if records else "没有数据"
    return Parsed(tuple(rows), tuple(defects), unmapped, f"联合国 Comtrade 响应：{what}", blank)


def _left_out(given: Mapping[str, str], facts: ComtradeFacts) -> tuple[str, str] | None:
    """The series and the reason if a record is not for the store."""
    reporter, flow = given.get("reporterCode", ""), given.get("flowCode", "")
    label = f"{given.get('reporterDesc') or reporter or '报告国不详'}·{given.get('flowDesc') or flow or '流向不详'}"
    if reporter not in facts.reporters:
        return label, "不是中国的报告"
    if given.get("typeCode", "C") != "C":
        return label, "不是商品贸易"
    if flow not in facts.flows:
        return label, "不是出口或进口"
    classification = given.get("classificationCode", "")
    if classification not in facts.classifications:
        return f"{label}·{classification}", "不是 HS 分类"
    for field, plain in _BREAKDOWNS.items():
        if given.get(field, "") not in plain:
            return f"{label}·{field}", "按运输方式、第二伙伴或海关程序再细分"
    return None


def _period(given: Mapping[str, str]) -> Period | None:
    text = given.get("period", "")
    try:
        if given.get("freqCode") == "A" and re.fullmatch(r"\d{4}", text):
            return ytd(int(text), 12)
        if given.get("freqCode") == "M" and re.fullmatch(r"\d{6}", text):
            return month(int(text[:4]), int(text[4:]))
    except PeriodError:
        return None
    return None


def _figures(
    number: int,
    given: Mapping[str, str],
    period: Period,
    facts: ComtradeFacts,
    defects: list[Defect],
    left: Counter[tuple[str, str]],
) -> tuple[list[RawRow], int]:
    """Value and quantity of a record, and how many of the two are missing."""
    flow, goods = facts.flows[given["flowCode"]], given.get("cmdCode", "")
    partner = given.get("partnerCode", "0")
    suffix = "" if partner in ("0", "") else f".p{partner}"
    code = "hs.total" if goods == "TOTAL" else f"hs.{goods}"
    edition = facts.classifications[given["classificationCode"]]
    rows, blank = [], 0
    units = facts.quantity_units
    quantity_unit = units.get(given.get("qtyUnitCode", ""), "")
    wanted: list[tuple[str, str, str]] = [(flow.value, given.get("primaryValue", ""), facts.unit)]
    quantity = given.get("qty", "")
    if not is_missing(quantity) and plain_number(quantity) not in ("0", None):
        if quantity_unit:
            wanted.append((flow.quantity, quantity, quantity_unit))
        else:
            left[f"{flow.name}数量（{given.get('qtyUnitAbbr') or '单位不详'}）", "不认识的数量单位"] += 1
    else:
        blank += 1
    for indicator, value, unit in wanted:
        if is_missing(value):
            blank += 1
            continue
        text = plain_number(value)
        if text is None or text.startswith("-"):
            defects.append(Defect("not-a-number", number, value[:60], f"“{value[:40]}”不是金额或数量", "请核对该响应"))
            continue
        rows.append(
            RawRow(
                row=number, period=period.code, region=facts.reporters[given["reporterCode"]],
                subject=f"trade:{code}{suffix}@{facts.scope}", indicator=indicator, measure="level", value=text,
                unit=unit, title=f"UN Comtrade：{flow.name}，{edition}", published="", publisher=facts.publisher, url="",
            )
        )  # fmt: skip
    return rows, blank


SHAPE = Shape("comtrade", "联合国 Comtrade 响应（JSON）", PARSER_VERSION, _recognises, _parse)
