"""Checks between a file and the store: names, units, periods, numbers, dates, contradictions (入库核查).

A row that fails any error rule stays out and gives exactly one finding; the other rows go in. Nothing that is
stored already is touched.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from qinggong.catalogue import Catalogue, Indicator, Publisher, Subject, UnitError, UnknownName
from qinggong.periods import Period, PeriodError, parse, ytd
from qinggong.validate.alignment import align
from qinggong.validate.findings import Finding
from qinggong.validate.rows import Checked, Key, Report, Row, Stored, Understood, own_dimension

_T = TypeVar("_T")
_Released = Callable[[str, str, Period], dt.date | None]
"""Publisher, indicator and period to the customary day; ``None`` if there is none."""
MEASURES = {
    "level": "level", "数值": "level", "绝对量": "level",
    "yoy": "yoy", "同比": "yoy", "同比增长": "yoy",
    "mom": "mom", "环比": "mom", "环比增长": "mom",
    "share": "share", "占比": "share", "比重": "share",
}  # fmt: skip
STATUSES = {
    "": "published",
    "published": "published",
    "发布": "published",
    "withdrawn": "withdrawn",
    "撤回": "withdrawn",
}
_GROWTH_LIMIT = Decimal(10_000)
_LEVEL_LIMIT = Decimal(10) ** 15
MAY_BE_NEGATIVE = frozenset(
    {"profit", "operating_profit", "revenue_margin", "main_revenue_margin", "finance_expenses", "investment_income"}
)
"""Indicators whose level, and share of the total, may be below zero."""
_SHARE_UNIT = "%"
_NUMBER = re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?")
_NUMBER_WIDTH = str.maketrans("０１２３４５６７８９．，−－—–＋％", "0123456789.,----+%")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?|(\d{4})(\d{2})(\d{2})")
_SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")


class _Refused(Exception):
    """A row fails a rule."""

    def __init__(self, rule: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.advice = rule, message, advice


ACCEPTABLE = frozenset({"implausible", "contradiction", "early-date"})
"""Rules of this module after which a row can still go in, once a person has accepted it with a reason."""


def check_rows(
    rows: Iterable[Row],
    *,
    file: str,
    catalogue: Catalogue,
    received: dt.datetime,
    stored: Mapping[Key, Sequence[Stored]],
    accepted: frozenset[tuple[str, int]] = frozenset(),
) -> Report:
    """Check the rows of one file: ``understand``, ``align``, then ``settle``.

    Parameters
    ----------
    received
        When the file was frozen; a date after that day in Asia/Shanghai lies in the future.
    stored
        What the store already holds, by key.
    accepted
        Rule and row of errors that a person has accepted.
    """
    understood = understand(rows, file=file, catalogue=catalogue, received=received, accepted=accepted)
    checked, held = align([c for _, c in understood.rows], stored, catalogue)
    aligned = Understood(
        tuple(zip((r for r, _ in understood.rows), checked, strict=True)), understood.findings
    )  # fmt: skip
    return settle(aligned, file=file, stored=held, accepted=accepted)


def understand(
    rows: Iterable[Row],
    *,
    file: str,
    catalogue: Catalogue,
    received: dt.datetime,
    accepted: frozenset[tuple[str, int]] = frozenset(),
) -> Understood:
    """Resolve names, units, periods, numbers and dates; what the store holds plays no part."""
    today = received.astimezone(_SHANGHAI).date()
    good: list[tuple[Row, Checked]] = []
    findings: list[Finding] = []

    @functools.cache  # all figures of a month come out on one day
    def released(publisher: str, indicator: str, period: Period) -> dt.date | None:
        rule = catalogue.release(publisher=publisher, indicator=indicator, period=period)
        return None if rule is None else rule.latest

    for row in rows:
        try:
            good.append((row, _understand(row, catalogue, today, accepted, released)))
        except _Refused as refused:
            findings.append(_finding(row, file, refused))
    return Understood(tuple(good), tuple(findings))


def settle(
    understood: Understood,
    *,
    file: str,
    stored: Mapping[Key, Sequence[Stored]],
    accepted: frozenset[tuple[str, int]] = frozenset(),
) -> Report:
    """Hold understood rows against the store and each other: repeated, contradicting, or new."""
    taken: dict[Key, list[Checked]] = {}
    findings: list[Finding] = []
    repeated = 0
    for row, checked in understood.rows:
        try:
            if _repeats(checked, taken.get(checked.key, []), stored.get(checked.key, ())):
                repeated += 1
                continue
        except _Refused as refused:
            if (refused.rule, row.row) not in accepted:
                findings.append(_finding(row, file, refused))
                continue
        taken.setdefault(checked.key, []).append(checked)
    found = sorted((*understood.findings, *findings), key=lambda f: f.row)
    return Report(tuple(c for group in taken.values() for c in group), tuple(found), repeated)


def _finding(row: Row, file: str, refused: _Refused) -> Finding:
    series = "·".join(part for part in (row.subject, row.indicator, row.measure) if part)
    return Finding(refused.rule, "error", file, row.row, series, row.period, row.value, refused.message, refused.advice)


def _understand(
    row: Row, catalogue: Catalogue, today: dt.date, accepted: frozenset[tuple[str, int]], released: _Released
) -> Checked:
    indicator = _look_up(catalogue.indicator, row.indicator, "unknown-indicator", "指标")
    subject = _look_up(
        lambda name: catalogue.subject(name, indicator=indicator.code), row.subject, "unknown-industry", "行业或商品"
    )
    publisher = _look_up(catalogue.publisher, row.publisher, "unknown-publisher", "发布机构")
    region = _look_up(catalogue.region, row.region or "CN", "unknown-region", "地区").code
    measure = MEASURES.get(row.measure.strip())
    if measure is None:
        raise _Refused(
            "unknown-measure", f"不认识的度量“{row.measure}”",
            "请写 level（数值）、yoy（同比）、mom（环比）或 share（占比）",
        )  # fmt: skip
    if measure not in indicator.measures and not (measure == "share" and has_share(indicator)):
        raise _Refused("unknown-measure", f"{indicator.name}没有“{row.measure}”这种度量", "请核对指标和度量两列")
    status = STATUSES.get(row.status.strip())
    if status is None:
        raise _Refused("unknown-status", f"不认识的状态“{row.status}”", "请留空，或写 withdrawn（撤回）")
    period = _period(row.period, indicator, measure, today)
    value, printed, tolerance, unit = (
        None,
        "",
        Decimal(0),
        _unit(catalogue, indicator, measure, subject, printed=row.unit),
    )
    if status != "withdrawn":
        printed = _number(row.value, row.unit)
        value, tolerance = _convert(printed, row.unit, unit, catalogue)
        if ("implausible", row.row) not in accepted:
            _plausible(value, measure, indicator)
    early = ("early-date", row.row) in accepted
    published, basis = _published(row, period, indicator, publisher, today, released, early=early)
    span = "point" if period.kind == "month" and _at_end(indicator) else period.kind
    return Checked(
        row=row.row, subject=subject, region=region, indicator=indicator, measure=measure, span=span, period=period,
        value=value, tolerance=tolerance, unit=unit, printed=printed, printed_unit=row.unit.strip(), status=status,
        published_at=published, published_at_basis=basis, publisher=publisher, title=row.title, url=row.url,
        dimension=own_dimension(catalogue, indicator.code, measure, subject=(subject.kind, subject.code), unit=unit),
    )  # fmt: skip


def has_share(indicator: Indicator) -> bool:
    """True if a subject can have a share of the national total of this indicator: it is a sum."""
    return indicator.nature in ("flow", "stock") and "level" in indicator.measures


def _look_up(find: Callable[[str], _T], name: str, rule: str, what: str) -> _T:
    if not name.strip():
        raise _Refused(rule, f"{what}一栏是空的", f"请填写{what}")
    try:
        return find(name.strip())
    except UnknownName as error:
        close = "、".join(error.suggestions)
        hint = f"是否为：{close}？请改正名称" if close else "请改正名称"
        raise _Refused(rule, f"目录中没有{what}“{name}”", f"{hint}，或在工作区的 catalogue 目录中补充") from error


def _unit(catalogue: Catalogue, indicator: Indicator, measure: str, subject: Subject, *, printed: str) -> str:
    """Unit of the series; goods of external trade are counted in the unit that the figure itself has."""
    if measure == "share" and "share" not in indicator.measures:
        return _SHARE_UNIT
    try:
        return catalogue.canonical_unit(indicator.code, measure, subject)
    except UnknownName as error:
        if subject.kind == "trade" and subject.kind in indicator.kinds and measure == "level":
            return _look_up(catalogue.unit, printed, "unknown-unit", "单位").code
        raise _Refused(
            "no-such-series", f"{subject.name}没有指标“{indicator.name}”", "请核对行业或商品与指标两列是否对应"
        ) from error


def _period(text: str, indicator: Indicator, measure: str, today: dt.date) -> Period:
    try:
        period = parse(text)
    except PeriodError as error:
        raise _Refused(
            "unknown-period", f"不认识的时期“{text}”", "请写成 2024-08、2024年1—8月 或 2024-01/2024-08"
        ) from error
    end, at_end = f"{period.year}-{period.last:02d}", _at_end(indicator)
    if period.kind != "month" and "ytd" not in indicator.spans:
        raise _Refused(
            "unknown-period", f"{indicator.name}是期末数，“{text}”不是一个月末", f"请改为 {end}（{period.last}月末）"
        )
    if measure == "mom":
        if period.kind == "ytd" and not period.is_jan_feb:
            raise _Refused("unknown-period", f"累计数没有环比，“{text}”不是单月", f"请改为 {end}")
    elif indicator.industrial and period.kind == "month" and period.last <= (1 if at_end else 2):
        if at_end:
            raise _Refused("january", f"{indicator.name}1月份免报，没有1月末数据", "请核对时期")
        raise _Refused(
            "january",
            f"{indicator.name}没有单独的{period.last}月数据，1、2月合并统计",
            f"请改为 {period.year}-01/{period.year}-02",
        )
    if period.kind == "month" and not at_end and "month" not in indicator.spans:
        raise _Refused(
            "unknown-period",
            f"{indicator.name}只有自1月起的累计数，“{text}”是单月",
            f"请改为 {ytd(period.year, period.last).code}",
        )
    if period.end_date > today:
        raise _Refused("future-period", f"时期“{text}”尚未结束", f"文件于{today.isoformat()}收到，请核对年份和月份")
    return period


def _at_end(indicator: Indicator) -> bool:
    """True if a month means the month's end: the indicator has stocks, or ratios of stocks, and no single months."""
    return "point" in indicator.spans and "month" not in indicator.spans


def _number(text: str, unit: str) -> str:
    cleaned = text.strip().translate(_NUMBER_WIDTH)
    if cleaned.endswith("%"):
        if unit.strip().translate(_NUMBER_WIDTH) not in ("%", "百分比"):
            raise _Refused("unit-mismatch", f"数值“{text}”带百分号，单位栏却是“{unit}”", "请核对数值和单位")
        cleaned = cleaned[:-1].rstrip()
    if not _NUMBER.fullmatch(cleaned):
        raise _Refused("not-a-number", f"数值栏是“{text}”，不是数字", "请填数字；没有数据时请留空")
    return cleaned.replace(",", "").lstrip("+")


def _convert(printed: str, unit: str, canonical: str, catalogue: Catalogue) -> tuple[Decimal, Decimal]:
    try:
        number = Decimal(printed)
        exponent = number.as_tuple().exponent
        half = Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)
        given = _look_up(catalogue.unit, unit, "unknown-unit", "单位")
        value = catalogue.convert(number, unit=given.code, to=canonical)
        return value, catalogue.convert(half, unit=given.code, to=canonical)
    except InvalidOperation as error:
        raise _Refused("not-a-number", f"数值“{printed}”不是数字", "请填数字") from error
    except UnitError as error:
        raise _Refused(
            "unit-mismatch", f"单位“{unit}”与该指标的单位“{canonical}”不能换算", "请核对单位和指标"
        ) from error


def _plausible(value: Decimal, measure: str, indicator: Indicator) -> None:
    if measure in ("yoy", "mom") and abs(value) > _GROWTH_LIMIT:
        what = "同比" if measure == "yoy" else "环比"
        raise _Refused("implausible", f"{what}{value}超出±{_GROWTH_LIMIT}", "请核对数值和单位")
    if abs(value) >= _LEVEL_LIMIT:
        raise _Refused("implausible", "数值过大", "请核对数值和单位")
    if measure in ("level", "share") and value < 0 and indicator.code not in MAY_BE_NEGATIVE:
        raise _Refused("implausible", f"{indicator.name}不应为负数", "请核对数值")


def _published(
    row: Row,
    period: Period,
    indicator: Indicator,
    publisher: Publisher,
    today: dt.date,
    released: _Released,
    *,
    early: bool,
) -> tuple[dt.date | None, str]:
    if row.published.strip():
        date = _date(row.published)
        if date > today:
            raise _Refused(
                "future-date", f"发布日期{date.isoformat()}晚于收到文件的日期{today.isoformat()}", "请核对发布日期"
            )
        if date < period.end_date - dt.timedelta(days=5) and not early:
            raise _Refused(
                "early-date", f"发布日期{date.isoformat()}早于时期“{row.period}”结束", "请核对发布日期或时期"
            )
        return date, "stated"
    latest = released(publisher.code, indicator.code, period)
    return latest, "unknown" if latest is None else "calendar"


def _date(text: str) -> dt.date:
    """A day as releases and spreadsheets write it: 2024-09-14, 2024/9/14, 2024年9月14日, 20240914; a time is dropped."""
    found = _DATE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        year, month, day = (int(g) for g in found.groups() if g is not None)
        return dt.date(year, month, day)
    except ValueError as error:
        raise _Refused("bad-date", f"发布日期“{text}”不是日期", "请写成 2024-09-14，或留空") from error


def _repeats(new: Checked, in_file: Sequence[Checked], stored: Sequence[Stored]) -> bool:
    """True if the number is there already; a contradiction on the same day of publication is refused.

    Only what stands counts: a number that the body withdrew that day neither repeats nor contradicts.
    """
    before = [
        Stored(None if c.value is None else float(c.value), float(c.tolerance), c.published_at, c.publisher.code)
        for c in in_file
    ]
    standing: list[Stored] = []
    withdrawn = False
    for old in (*stored, *before):
        if old.published_at == new.published_at and old.publisher == new.publisher.code:
            withdrawn = old.value is None
            standing = [] if withdrawn else [*standing, old]
    if new.value is None:
        return withdrawn
    for old in standing:
        distance = abs(float(new.value) - (old.value or 0.0))
        if distance > (old.tolerance + float(new.tolerance)) * (1 + 1e-9):
            where = "本文件前面已有" if old in before else "库中已有"
            raise _Refused(
                "contradiction",
                f"同一发布机构同一发布日期（{new.published_at or '不详'}）的同一指标，{where}另一个数值{old.value:.10g}{new.unit}",
                "请核对；若是更正，请填写更正的发布日期",
            )
    return any(float(new.tolerance) >= old.tolerance * (1 - 1e-9) for old in standing)
