"""Series of the national data service to catalogue rows: shared by its JSON answers and its downloaded tables.

A figure comes with the name of its series, its month, its region and its unit. What the catalogue does not hold is
collected once a series with the reason; nothing is guessed, and a missing figure is only counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from qinggong.catalogue import Catalogue, Subject, UnknownName
from qinggong.catalogue.names import normalise
from qinggong.catalogue.nbs_codes import NbsCodes, Node, Reading
from qinggong.periods import Period, PeriodError, month, ytd
from qinggong.sources.base import Defect, Parsed, RawRow, Unmapped

NATION = "CN"
_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_JANUARY = {
    "month": "1月、2月没有单独的数据，合并为1—2月，列在2月的累计数",
    "ytd": "1月没有单独的数据",
    "point": "1月份免报，没有1月末数据",
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a series is in the catalogue, or why it is not taken."""

    subject: Subject | None
    reading: Reading
    unit: str
    why: str = ""


@dataclass(slots=True)
class Collector:
    """Figures of one file on their way to ``Parsed``; ``source`` is what is cited for them."""

    codes: NbsCodes
    catalogue: Catalogue
    source: str = "国家数据"
    rows: list[RawRow] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    blank: int = 0
    _meanings: dict[tuple[str, str, str | None], Meaning] = field(default_factory=dict)
    _left: dict[tuple[str, str], int] = field(default_factory=dict)
    _series: set[str] = field(default_factory=set)
    _months: set[tuple[int, int]] = field(default_factory=set)
    _regions: set[str] = field(default_factory=set)
    _places: dict[str, str] = field(init=False)
    _units: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        # Tables of names, for a look-up of the catalogue searches for similar ones, too slow for hostile files.
        regions, units = self.catalogue.regions, self.catalogue.units
        self._places = {normalise(n): c for c, r in regions.items() for n in (c, r.name, r.short, *r.aliases)}
        self._places |= {f"{c}0000": c for c in regions if c.isdigit()}
        self._units = frozenset(normalise(n) for c, u in units.items() for n in (c, u.name, *u.aliases))

    def add(
        self,
        *,
        row: int,
        name: str,
        unit: str,
        year: int,
        number: int,
        region: str,
        value: str | None,
        code: str | None = None,
        whole: bool = False,
    ) -> None:
        """One figure of a month; ``value`` is ``None`` when the source has none, ``code`` where series are numbered.

        ``whole`` says that the source itself states the run from January (2024年1—2月).
        """
        self._series.add(name)
        self._months.add((year, number))
        self._regions.add(region)
        if value is None:
            self.blank += 1
            return
        key = (name, unit, code)
        meaning = self._meanings.get(key)
        if meaning is None:
            meaning = self._meanings[key] = self._meaning(name, unit, code)
        place = self._places.get(normalise(region))
        period, why = ("", meaning.why) if meaning.why else self._period(meaning, year, number, whole=whole)
        if why or place is None:
            self.leave(name, why or f"“{region[:20]}”不是省级地区")
            return
        assert meaning.subject is not None
        reading = meaning.reading
        title = f"{self.source}：{name}" + (f"（减{reading.base}）" if reading.base else "")
        self.rows.append(
            RawRow(
                row=row, period=period, region=place, subject=meaning.subject.name, indicator=reading.indicator,
                measure=reading.measure, value=less(value, reading.base), unit=meaning.unit, title=title,
                published="", publisher=self.codes.file.publisher, url="",
            )
        )  # fmt: skip

    def leave(self, name: str, why: str) -> None:
        """Count one figure of a series that stays out."""
        self._series.add(name)
        self._left[name, why] = self._left.get((name, why), 0) + 1

    def parsed(self, what: str) -> Parsed:
        """The result; ``what`` begins the sentence that tells what the file is."""
        regions = f"，{len(self._regions)}个地区" if len(self._regions) > 1 else ""
        sentence = f"{what}：{len(self._series)}个指标，{len(self._months)}期{regions}"
        if self.blank and not self.rows and not self._left and not self.defects:
            sentence += "，全部没有数据（代码可能已停用，或该时期尚未发布）"
        left = tuple(Unmapped(name, figures, why) for (name, why), figures in self._left.items())
        return Parsed(tuple(self.rows), tuple(self.defects), left, sentence, self.blank)

    def _meaning(self, name: str, unit: str, code: str | None) -> Meaning:
        reading = self.codes.read(name, unit=unit)
        if reading.why:
            return Meaning(None, reading, "", reading.why)
        node = None if code is None else self.codes.node(code)
        if code is not None and node is None:
            return Meaning(None, reading, "", "指标代码不在目录所列的表中")
        subject = self._subject(reading)
        if subject is None:
            return Meaning(None, reading, "", f"目录中没有统计局口径的“{reading.subject[:40]}”")
        if node is not None and not _agrees(node, reading, subject):
            return Meaning(None, reading, "", f"名称与指标代码{code}所在的表不符")
        given = (reading.unit_as or {}).get(reading.unit, reading.unit)
        return Meaning(subject, reading, given, self._unit_fault(given, reading, subject))

    def _subject(self, reading: Reading) -> Subject | None:
        if reading.subject:
            return self.codes.subject(reading.subject, indicator=reading.indicator, catalogue=self.catalogue)
        if not reading.subject_key:
            return None
        for kind in self.catalogue.indicator(reading.indicator).kinds:
            found = self.catalogue.known_subjects.get(f"{kind}:{reading.subject_key}@{self.codes.file.publisher}")
            if found is not None:
                return found
        return None

    def _unit_fault(self, unit: str, reading: Reading, subject: Subject) -> str:
        if not unit:
            return "没有写明单位"
        if normalise(unit) not in self._units:
            return f"目录中没有单位“{unit[:20]}”"
        try:
            own = self.catalogue.canonical_unit(reading.indicator, reading.measure, subject)
        except UnknownName:
            return "目录中没有这个指标的这种度量"
        if self.catalogue.unit(unit).dimension != self.catalogue.unit(own).dimension:
            return f"单位“{unit}”与目录的“{own}”不能换算"
        return ""

    def _period(self, meaning: Meaning, year: int, number: int, *, whole: bool) -> tuple[str, str]:
        """The period's code, or why this month of the series is no observation."""
        assert meaning.subject is not None
        indicator, span = self.catalogue.indicator(meaning.reading.indicator), meaning.reading.span
        if whole:
            # A monthly series of industry has one figure for 1—2月.
            if span == "point" or (span == "month" and number != 2):
                return "", "时期与序列名称不符"
            span = "ytd"
        if span not in indicator.spans:
            return "", f"目录中的{indicator.name}没有这种时期"
        since = self.codes.file.industries_since
        detailed = meaning.subject.kind == "industry" and meaning.subject.code not in ("BCD", "B", "C", "D")
        if detailed and f"{year}-{number:02d}" < since:
            return "", f"{since}以前按旧版行业分类统计，不与现行分类相接"
        if indicator.industrial and number <= (2 if span == "month" else 1):
            return "", _JANUARY[span]
        try:
            period: Period = ytd(year, number) if span == "ytd" else month(year, number)
        except PeriodError:
            return "", "年份不合常理"
        return period.code, ""


def _agrees(node: Node, reading: Reading, subject: Subject) -> bool:
    """True if a table's code allows what the name says: then neither was misread."""
    return reading.indicator in node.indicators and (not node.subjects or subject.key in node.subjects)


def less(value: str, base: int) -> str:
    """A published index less its base, exact, with the published number of digits."""
    if not base or not _PLAIN_NUMBER.fullmatch(value):
        return value
    return format(Decimal(value) - base, "f")
