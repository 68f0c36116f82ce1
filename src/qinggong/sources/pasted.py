"""Figures pasted into JSON or JavaScript (粘贴的 JSON/JS 数据): lists of records, periods with their values, points.

A script's data literals are cut out of it and read as JSON; nothing is run, and a literal that is no JSON is refused.
What carries periods becomes series: records with a column of periods, mappings from a period to a value, lists of
pairs,
and lists side by side. They are named by the keys, by a name beside them, or by a list of labels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from qinggong.catalogue import Catalogue
from qinggong.sources.base import Shape, UnreadableFile
from qinggong.sources.named_series import MAX_CELLS, NamedSeries, sheet_of
from qinggong.sources.series_reading import series_shape
from qinggong.sources.sheet import Sheet, decode, number_text, period_of

PARSER_VERSION = 1
MAX_BYTES = 30_000_000
FIELDS: dict[str, str] = {
    "[{时期, 名称, 数值, …}]": "记录的列表：一栏是时期；有名称一栏和数值一栏的，一条记录一个数，否则各数值栏各是一个序列",
    "{时期: 数值}": "时期到数值的对照，序列以它的键命名",
    "{name, points: [{time, value}]}": "一个序列的点，以旁边的 name 命名",
    "[[时期, 数值], …]、{dates: […], values: […]}": "成对的列表、并列的列表",
    "header": "记录各栏的名称（键到名称的对照），代替键",
    "row": "文件中第几个数（按出现的次序）",
}
TRAPS: tuple[str, ...] = (
    "不执行脚本：键没有引号、有注释之外的表达式的数据不是 JSON，不读。",
    "序列名称与国家数据的写法相同的直接收录，其余的由软件提出对应关系，确认后再导入。",
    "数值可能是接口里的浮点数（97.1301），位数多于发布的数字，照原样收。",
    "同一序列在文件里出现几次的，相同的只收一次，不同的那些期不收。",
    "没有写明单位和发布机构的，由确认的对应关系补充。",
)
_ENDINGS = (".json", ".js", ".mjs", ".cjs", ".ts", ".txt", "")
_PERIODS = re.compile(rb"[\"'](?:19|20)\d\d(?:[-/.]?(?:0?[1-9]|1[0-2])\b|\xe5\xb9\xb4)")
_LITERAL = re.compile(r"(?:=|:|\bdefault|\breturn|\()\s*(?=[\[{])")
_COMMENT_OR_TEXT = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TIME_KEYS = ("time", "period", "date", "month", "时期", "统计时间", "月份", "日期", "时间", "timecode", "sj", "年月")
_NAME_KEYS = ("name", "indicatorname", "seriesname", "series_name", "title", "label", "指标", "指标名称", "名称")
_VALUE_KEYS = ("value", "val", "数值", "值", "data", "y")
_UNIT_KEYS = ("unit", "单位")
_DEEPEST, _MOST_SERIES, _LONGEST_NAME = 24, 2_000, 200
_FEWEST, _DATED = 2, 0.8


def recognises(path: PurePath, head: bytes) -> bool:
    """JSON and scripts with data literals in which periods are written."""
    if path.suffix.lower() not in _ENDINGS or head[:4] in (b"PK\x03\x04", b"PAR1"):
        return False
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    script = path.suffix.lower() in (".js", ".mjs", ".cjs", ".ts")
    return (script or start[:1] in (b"{", b"[")) and _PERIODS.search(start) is not None


def sheets(content: bytes) -> list[Sheet]:
    """The series of the file, a sheet for each place in which they stand.

    Raises
    ------
    UnreadableFile
        If it is too large, no text, or holds no JSON; or if nothing in it has periods and numbers.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"超过{MAX_BYTES // 1_000_000}MB，不像粘贴的数据")
    text = decode(content)
    found = _Found()
    for name, literal in _literals(text):
        found.walk(literal, (name,) if name else (), {})
    made = [sheet_of(name, number, series) for number, (name, series) in enumerate(found.groups.items(), start=1)]
    if not made:
        raise UnreadableFile("数据里没有写明时期的数字")
    return made


def shape_for(overlay: Path | None, *, catalogue: Catalogue | None = None) -> Shape:
    """The shape, with the layouts that a workspace remembers and its catalogue."""
    return series_shape(
        "pasted", "粘贴的数据（JSON/JS）", PARSER_VERSION, recognises=recognises,
        sheets=lambda path, content: sheets(content), overlay=overlay, catalogue=catalogue,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------- literals


def _literals(text: str) -> Iterator[tuple[str, Any]]:
    """The data of a JSON text or of a script, with the names of the variables."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    try:
        if text.lstrip()[:1] in ("{", "["):
            yield "", decoder.decode(text.strip())
            return
        # Comments would be taken for data; texts may hold what looks like a comment.
        script = _COMMENT_OR_TEXT.sub(lambda m: m[0] if m[0][0] == '"' else " ", text)
        at = read = 0
        while (start := _LITERAL.search(script, at)) is not None:
            before = re.search(
                r"([A-Za-z_$][\w$]{0,60})\s*=?\s*$", script[max(0, start.start() - 80) : start.start() + 1]
            )
            literal, at = decoder.raw_decode(script, start.end())
            read += 1
            yield (before[1] if before and before[1] not in ("default", "return", "exports") else ""), literal
    except RecursionError as error:
        raise UnreadableFile("数据嵌套过深，不是正常的数据") from error
    except ValueError as error:
        raise UnreadableFile("数据不是完整的 JSON 写法，脚本不执行；请另存为 JSON 或表格") from error
    if not read:
        raise UnreadableFile("脚本里没有 JSON 写法的数据，脚本不执行")


# ---------------------------------------------------------------------------------------------------- structure


@dataclass(slots=True)
class _Found:
    """Series by the place in which they stand; every figure is numbered as it is met."""

    groups: dict[str, list[NamedSeries]] = field(default_factory=dict)
    figures: int = 0
    series: int = 0

    def walk(self, node: dict[str, Any] | list[Any], path: tuple[str, ...], around: Mapping[str, Any]) -> None:
        """Take the series out of a value; ``around`` is the object in which it stands."""
        if len(path) > _DEEPEST:
            raise UnreadableFile("数据嵌套过深，不是正常的数据")
        if isinstance(node, dict):
            rest = dict(node)
            for what in (self._by_period, self._side_by_side):
                for key in what(node, path):
                    rest.pop(key, None)
            for key, value in rest.items():
                if isinstance(value, (dict, list)):
                    self.walk(value, (*path, key), node)
        elif not (self._records(node, path, around) or self._pairs(node, path, around)):
            for value in node:
                if isinstance(value, (dict, list)):
                    self.walk(value, path, around)

    def _by_period(self, node: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
        """Mappings from periods to values, named by their keys; the whole object may be one."""
        if _is_dated(node):
            self._add(path[:-1], path[-1] if path else "", "", node.items())
            return list(node)
        taken = [k for k, v in node.items() if isinstance(v, dict) and _is_dated(v)]
        for key in taken:
            if any(_figure(v) is not None for v in node[key].values()):
                self._add(path, key, "", node[key].items())
        return taken

    def _side_by_side(self, node: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
        """Lists of one length, one of them of periods."""
        lists = {k: v for k, v in node.items() if isinstance(v, list) and len(v) >= _FEWEST}
        times = next((k for k, v in lists.items() if _dated(v)), None)
        if times is None:
            return []
        named = {k: v for k, v in lists.items() if k != times and len(v) == len(lists[times]) and _numbers(v)}
        for key, values in named.items():
            self._add(
                path, _name_beside(node) or key, _text_of(node, _UNIT_KEYS), zip(lists[times], values, strict=True)
            )
        return [times, *named] if named else []

    def _records(self, node: Sequence[Any], path: tuple[str, ...], around: Mapping[str, Any]) -> bool:
        records = [r for r in node if isinstance(r, dict)]
        if len(records) < len(node) or not records:
            return False
        keys = list(dict.fromkeys(k for r in records for k in r))
        time = _time_key(keys, records)
        if time is None:
            return False
        names = next((k for k in keys if k.lower() in _NAME_KEYS and _is_told(k, records)), None)
        value = next((k for k in keys if k.lower() in _VALUE_KEYS), None)
        unit = next((k for k in keys if k.lower() in _UNIT_KEYS), None)
        if names is not None and value is not None:
            grouped: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
            for r in records:
                key = (str(r.get(names, "")), str(r.get(unit, "")) if unit else "")
                grouped.setdefault(key, []).append((r.get(time), r.get(value)))
            for (name, stated), figures in grouped.items():
                self._add(path, name, stated, figures)
            return True
        columns = [k for k in keys if k != time and _numbers([r.get(k) for r in records])]
        columns = [k for k in columns if not _dated([r.get(k) for r in records])]
        labels = _labels(around, columns)
        for key in columns:
            single = len(columns) == 1 and (key.lower() in _VALUE_KEYS) and _name_beside(around)
            name = single or labels.get(key, key)
            stated = _text_of(around, _UNIT_KEYS) if single else ""
            self._add(path, name, stated, ((r.get(time), r.get(key)) for r in records))
        return bool(columns)

    def _pairs(self, node: Sequence[Any], path: tuple[str, ...], around: Mapping[str, Any]) -> bool:
        pairs = [p for p in node if isinstance(p, list) and len(p) == 2]
        if len(pairs) < max(_FEWEST, len(node)) or not _dated([p[0] for p in pairs]):
            return False
        name = _name_beside(around) or (path[-1] if path else "")
        self._add(path[:-1], name, _text_of(around, _UNIT_KEYS), ((p[0], p[1]) for p in pairs))
        return True

    def _add(self, path: tuple[str, ...], name: str, unit: str, figures: Any) -> None:
        one = NamedSeries(name[:_LONGEST_NAME] or "数值", unit[:_LONGEST_NAME])
        for period, value in figures:
            self.figures += 1
            if isinstance(period, str) and not isinstance(value, (dict, list)):
                one.figures.append((period, "" if value is None else str(value), (self.figures, 1)))
        self.series += 1
        if self.series > _MOST_SERIES or self.figures > MAX_CELLS:
            raise UnreadableFile(f"序列超过{_MOST_SERIES}个，或数字超过{MAX_CELLS}个，不像粘贴的数据")
        self.groups.setdefault(".".join(path)[:_LONGEST_NAME], []).append(one)


def _figure(value: Any) -> str | None:
    return number_text(value) if isinstance(value, str) else None


def _numbers(values: Sequence[Any]) -> bool:
    """True if a list holds numbers, and nothing else but gaps."""
    given = [v for v in values if v not in (None, "", "-", "--", "…")]
    return bool(given) and sum(1 for v in given if _figure(v) is not None) >= _DATED * len(given)


def _dated(values: Sequence[Any]) -> bool:
    """True if a list holds periods."""
    texts = [v for v in values if isinstance(v, str)]
    sample = texts[:50]
    return len(texts) == len(values) > 0 and sum(1 for t in sample if period_of(t)) >= _DATED * len(sample)


def _is_dated(node: Mapping[str, Any]) -> bool:
    """True for a mapping from periods to single values."""
    single = not any(isinstance(v, (dict, list)) for v in node.values())
    return len(node) >= _FEWEST and single and _dated(list(node))


def _time_key(keys: Sequence[str], records: Sequence[Mapping[str, Any]]) -> str | None:
    """The key of the periods: one that is called so goes before one whose values merely look so."""
    ranked = sorted(keys, key=lambda k: _TIME_KEYS.index(k.lower()) if k.lower() in _TIME_KEYS else len(_TIME_KEYS))
    return next((k for k in ranked if _dated([r.get(k) for r in records])), None)


def _is_told(key: str, records: Sequence[Mapping[str, Any]]) -> bool:
    return all(isinstance(r.get(key), str) and r[key] for r in records)


def _text_of(node: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((v.strip() for k, v in node.items() if k.lower() in keys and isinstance(v, str)), "")


def _name_beside(node: Mapping[str, Any]) -> str:
    return _text_of(node, _NAME_KEYS)


def _labels(around: Mapping[str, Any], columns: Sequence[str]) -> dict[str, str]:
    """Names of the columns of records from a mapping beside them that names them all."""
    for value in around.values():
        if isinstance(value, dict) and columns and all(isinstance(value.get(c), str) for c in columns):
            return {c: value[c] for c in columns}
    return {}


SHAPE = shape_for(None)
