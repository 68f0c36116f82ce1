"""Data to check against (对照数据): the facts or observations of a release, a long table, or rows of a store.

Figures come under the same quantities as those of a text, so that each number of a report can be held against what is
known, and rules that need an earlier figure find it here when the text does not have it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from qinggong.catalogue import Catalogue, UnknownName
from qinggong.periods import PeriodError, parse
from qinggong.publish.checker.findings import CheckError
from qinggong.publish.checker.intervals import rounded
from qinggong.publish.checker.ledger import Figure, Quantity

Reference = dict[Quantity, list[Figure]]
_LARGEST = 200_000_000
_FROM_DATA = -1
_HEADS = {
    "id": ("id", "事实编号"),
    "kind": ("subject_kind", "对象类别"),
    "code": ("subject", "对象编码"),
    "scope": ("scope", "口径"),
    "region": ("region", "地区", "geo"),
    "name": ("行业或商品", "行业", "对象", "industry"),
    "indicator": ("indicator", "指标"),
    "measure": ("measure", "度量", "类型"),
    "period": ("period", "时期", "期间", "统计时期"),
    "value": ("value", "数值", "本期值"),
    "printed": ("printed", "印出的数字", "公布的数字"),
    "unit": ("printed_unit", "公布的单位", "unit", "单位"),
    "publisher": ("publisher", "发布机构"),
}
_FIELDS = {spelling: field for field, spellings in _HEADS.items() for spelling in spellings} | {"unit": "unit"}
_MEASURES = {
    "level": ("level", "数值", "绝对量"),
    "yoy": ("yoy", "同比", "同比增长"),
    "mom": ("mom", "环比", "环比增长"),
}


def read_reference(path: Path, *, catalogue: Catalogue) -> Reference:
    """The figures of a release folder, or of one CSV or XLSX file of it, or of a long table.

    Raises
    ------
    CheckError
        With a Chinese sentence, if the file cannot be read or holds no figures.
    """
    found: Reference = {}
    for file in _files(path):
        for table in _tables(file):
            gather(_rows(table), catalogue=catalogue, into=found)
    if not found:
        raise CheckError(f"“{path}”里没有可对照的数字，请给出发布物的 facts.csv、observations.csv、data.xlsx 或长表")
    return found


def gather(rows: Iterable[Mapping[str, object]], *, catalogue: Catalogue, into: Reference | None = None) -> Reference:
    """Figures from rows with the fields of a release's data; rows that are no figure are left out."""
    found: Reference = {} if into is None else into
    for row in rows:
        own = row.keys() & {"printed_unit", "公布的单位"}  # the unit of the digits goes before that of the series
        kept = {_FIELDS.get(name, name): v for name, v in row.items() if not (own and name in ("unit", "单位"))}
        figure = _figure(kept, catalogue)
        if figure is not None:
            known = found.setdefault(figure.quantity, [])
            if all(f.span != figure.span for f in known):
                known.append(figure)
    return found


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    inside = [f for name in ("facts.csv", "observations.csv") for f in (path / "data" / name, path / name)]
    chosen = [f for f in inside if f.is_file()]
    if not chosen:
        raise CheckError(f"文件夹“{path}”里没有 data/facts.csv 或 data/observations.csv")
    return chosen


def _tables(path: Path) -> Iterator[Sequence[Sequence[object]]]:
    try:
        if path.stat().st_size > _LARGEST:
            raise CheckError(f"“{path}”超过{_LARGEST // 1_000_000}MB，请用发布物的 facts.csv")
        content = path.read_bytes()
    except OSError as error:
        raise CheckError(f"读不到“{path}”（{error.strerror or error}）") from error
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        yield _delimited(path, content)
    elif suffix in (".xlsx", ".xlsm"):
        yield from _sheets(path, content)
    else:
        raise CheckError(f"“{path}”不是数据文件，--data 可用 .csv、.tsv、.xlsx、发布物文件夹或工作区")


def _delimited(path: Path, content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        delimiter = "\t" if "\t" in text[:2000].split("\n")[0] else ","
        try:
            return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error as error:
            raise CheckError(f"“{path}”不是完整的 CSV 文件（{error}）") from error
    raise CheckError(f"“{path}”的文字编码既不是 UTF-8 也不是 GB18030")


def _sheets(path: Path, content: bytes) -> Iterator[list[list[object]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            yield book.get_sheet_by_name(name).to_python()  # type: ignore[misc]
    except (CalamineError, OSError, ValueError) as error:
        raise CheckError(f"“{path}”不是完整的工作簿（.xlsx）") from error


def _rows(table: Sequence[Sequence[object]]) -> Iterator[dict[str, object]]:
    """Rows by field; the head is the first row that names period and value."""
    for at, head in enumerate(table[:20]):
        fields: dict[str, int] = {}
        texts = [str(c).strip() for c in head]
        for field, spellings in _HEADS.items():
            place = next((texts.index(s) for s in spellings if s in texts), None)
            if place is not None:
                fields[field] = place
        if "period" in fields and "value" in fields and any(t in _FIELDS for t in texts):
            for row in table[at + 1 :]:
                yield {f: row[x] if x < len(row) else "" for f, x in fields.items()}
            return


def _figure(row: Mapping[str, object], catalogue: Catalogue) -> Figure | None:
    text = {k: str(v).strip() for k, v in row.items() if v is not None}
    if text.get("region", "CN") not in ("", "CN", "全国", "中国"):
        return None
    quantity = _quantity(text, catalogue)
    unit = catalogue.units.get(text.get("unit", ""))
    printed = (text.get("printed") or text.get("value", "")).replace(",", "").replace("−", "-").lstrip("+'")
    if quantity is None or unit is None or text.get("status") == "withdrawn":
        return None
    try:
        value = Decimal(printed)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 18:
        return None
    if "E" in str(value).upper() or not text.get("printed"):
        value = value.normalize()
        printed = f"{value:f}"
    rate = unit.code in ("%", "百分点")
    span = rounded(value, printed.lstrip("-"), factor=Decimal(1) if rate else unit.factor)
    return Figure(
        quantity, span, value, unit.code, unit.dimension, printed, _FROM_DATA, None, publisher=text.get("publisher", "")
    )


def _quantity(text: Mapping[str, str], catalogue: Catalogue) -> Quantity | None:
    try:
        period = parse(text.get("period", "")).code
    except PeriodError:
        return None
    if "kind" in text:
        subject = f"{text['kind']}:{text.get('code', '')}@{text.get('scope', '')}"
        return Quantity(subject, text.get("indicator", ""), _measure(text.get("measure", "")), period)
    if "id" in text:
        parts = text["id"].split("/", 3)
        if len(parts) < 4 or "#" in text["id"]:
            return None
        return Quantity(parts[0], parts[1], _measure(parts[2]), period)
    try:
        indicator = catalogue.indicator(text.get("indicator", "")).code
        subject = catalogue.subject(text.get("name", ""), indicator=indicator).key
    except UnknownName:
        return None
    return Quantity(subject, indicator, _measure(text.get("measure", "")), period)


def _measure(text: str) -> str:
    return next((m for m, words in _MEASURES.items() if text in words), text)
