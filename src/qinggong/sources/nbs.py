"""Saved answers of the national data service (国家数据 data.stats.gov.cn), old and new interface, as JSON.

Old (``easyquery.htm``): ``returncode``, ``returndata{datanodes, wdnodes}``; a datanode has a value and the codes of its
indicator (zb), month (sj) and region (reg), a wdnode names the codes and carries the unit. New
(``/dg/website/…/stream/esData``): ``data`` is a list of months (``202408MM``) with ``values`` that carry name, unit and
area themselves. Read in the order of the file; the running number of a figure is its row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.nbs_codes import load_nbs_codes
from qinggong.sources.base import Defect, Parsed, Shape, UnreadableFile
from qinggong.sources.nbs_series import NATION, Collector

PARSER_VERSION = 1
MAX_BYTES = 30_000_000
OK = 200
WHOLE_COUNTRY = "全国"

FIELDS: dict[str, str] = {
    "returncode": "旧版：200 为有结果；501 等为查询失败，returndata 是一句话",
    "returndata.datanodes[].data.strdata": "旧版：按发布位数写的数字，取它",
    "returndata.datanodes[].data.data": "旧版：同一数字的浮点值，位数可能更多，不取",
    "returndata.datanodes[].data.hasdata": "旧版：有没有数字；false 即缺数，旁边的 0.0 不是数据",
    "returndata.datanodes[].wds": "旧版：指标（zb）、时间（sj）、地区（reg）的代码",
    "returndata.wdnodes[].nodes[]": "旧版：代码的名称（cname、name）和单位（unit）",
    "data[].code": "新版：时间，如 202408MM",
    "data[].values[].i_showname": "新版：指标名称，可带单位",
    "data[].values[].value": "新版：数字文本，空串为缺数",
    "data[].values[].du_name": "新版：单位",
    "data[].values[].da_name": "新版：地区名称",
}
TRAPS: tuple[str, ...] = (
    "hasdata 为 false 的格子里写着 0.0，那是缺数，不是零。",
    "1月、2月的单月格子是空的，1—2月的数在累计序列的2月。",
    "累计序列某月的数是1月至该月的数，“本月末”是该月末的数。",
    "查询失败时 returndata 是一句话而不是对象（501）。",
    "指标代码随基期和行业分类更换而停用，旧代码答复的是空格子，不报错。",
    "查询时指定了地区而应答没有地区一维时，给的是全国数；地区只以应答为准。",
    "新版接口对无效的地区会默默答复北京的数，地区只以 da_name 为准。",
    "浮点值 data 可能比发布的位数多，如 100.71505336 发布为 100.7。",
    "价格指数（上年同月=100）减100记为同比。",
    "新版接口所写的单位曾有错误（万辆、辆相差十倍），单位相符不等于数量级正确。",
)

_OLD = re.compile(rb'"returndata"\s*:')
_OLD_SIGN = re.compile(rb'"(?:returncode|datanodes|wdnodes)"\s*:')
_NEW = re.compile(rb'"i_showname"\s*:')
_NEW_SIGN = re.compile(rb'"values"\s*:\s*\[')
_MONTH = re.compile(r"(\d{4})(0[1-9]|1[0-2])(?:MM)?")
_OTHER_TIME = re.compile(r"\d{4}(?:[A-D]|YY|\d{0,2}SS)?")


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    unit: str


class _Malformed(Exception):
    """A figure that does not have the form of the interface."""


def read_answer(content: bytes, *, catalogue: Catalogue | None = None) -> Parsed:
    """Read a saved answer of either interface; without a catalogue the bundled one holds.

    Raises
    ------
    UnreadableFile
        If it is no such answer, or the service answered that it failed.
    """
    answer = load_answer(content)
    collector = Collector(load_nbs_codes(), catalogue or load_catalogue())
    collect(answer, collector)
    return collector.parsed("国家数据 easyquery 应答" if "returndata" in answer else "国家数据新版接口应答")


def collect(answer: dict[str, Any], collector: Collector, *, first: int = 1) -> int:
    """Add the figures of an answer to a collector and return how many there were; ``first`` is the number of the first.

    Raises
    ------
    UnreadableFile
        If the service answered that it failed; nothing is added then.
    """
    return (_easyquery if "returndata" in answer else _website)(answer, collector, first)


def load_answer(content: bytes) -> dict[str, Any]:
    """The JSON object of an answer; numbers stay as they are written.

    Raises
    ------
    UnreadableFile
        If the bytes are no JSON object, or too many.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"超过{MAX_BYTES // 1_000_000}MB，不像一次查询的应答")
    try:
        answer = json.loads(content.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except UnicodeDecodeError as error:
        raise UnreadableFile("文字编码不是 UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableFile("不是完整的 JSON，可能没有存全") from error
    if not isinstance(answer, dict):
        raise UnreadableFile("不是国家数据的查询应答")
    return answer


def failure(answer: dict[str, Any]) -> str:
    """What the service says when it has failed, empty when it has not."""
    if "returncode" in answer or "returndata" in answer:
        told = answer.get("returndata")
        if str(answer.get("returncode", OK)) != str(OK) or isinstance(told, str):
            return f"国家数据答复 {_short(answer.get('returncode', ''))}：{_short(told).rstrip('。')}"
        return ""
    if answer.get("success") is not True:
        return f"国家数据答复失败：{_short(answer.get('message') or answer.get('msg') or '没有说明')}"
    return ""


# ----------------------------------------------------------------------------------------------- old interface


def _easyquery(answer: dict[str, Any], collector: Collector, first: int) -> int:
    if told := failure(answer):
        raise UnreadableFile(f"{told}。请核对查询的指标代码和时期后重新下载")
    data = answer["returndata"]
    if not isinstance(data, dict) or not isinstance(data.get("datanodes"), list):
        raise UnreadableFile("国家数据的应答里没有 datanodes，可能没有存全")
    labels = _labels(data.get("wdnodes"))
    for row, node in enumerate(data["datanodes"], start=first):
        try:
            _figure(row, node, labels, collector)
        except _Malformed as fault:
            collector.defects.append(_defect(row, node, str(fault)))
    return len(data["datanodes"])


def _labels(wdnodes: Any) -> dict[tuple[str, str], _Label]:
    """Names and units by dimension and code; a dimension may hold nulls when the query found nothing."""
    found: dict[tuple[str, str], _Label] = {}
    for dimension, node in _nodes(wdnodes):
        name = _text(node.get("cname")) or _text(node.get("name"))
        found[dimension, _text(node.get("code"))] = _Label(name, _text(node.get("unit")))
    return found


def _nodes(wdnodes: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for dimension in wdnodes if isinstance(wdnodes, list) else []:
        nodes = dimension.get("nodes") if isinstance(dimension, dict) else None
        for node in nodes if isinstance(nodes, list) else []:
            if isinstance(node, dict):
                yield _text(dimension.get("wdcode")), node


def _figure(row: int, node: Any, labels: dict[tuple[str, str], _Label], collector: Collector) -> None:
    if not isinstance(node, dict) or not isinstance(node.get("wds"), list) or not isinstance(node.get("data"), dict):
        raise _Malformed("这个数字没有 wds 或 data")
    codes = {_text(w.get("wdcode")): _text(w.get("valuecode")) for w in node["wds"] if isinstance(w, dict)}
    indicator, time = codes.get("zb", ""), codes.get("sj", "")
    label = labels.get(("zb", indicator))
    if not indicator or label is None or not label.name:
        raise _Malformed(f"指标代码“{_short(indicator)}”没有名称")
    value = _value(node["data"])
    region = codes.get("reg", "")
    month = _month(time)
    if month is None:
        _other_time(collector, label.name, value)
        return
    collector.add(
        row=row, name=label.name, unit=label.unit, year=month[0], number=month[1], region=region or NATION,
        # Tables by province have codes of their own; there only the names tell.
        value=value, code=None if region else indicator,
    )  # fmt: skip


def _value(data: dict[str, Any]) -> str | None:
    """The published digits, or ``None`` where the service has no figure, whatever number stands beside."""
    if data.get("hasdata") is False:
        return None
    if data.get("hasdata") is not True:
        raise _Malformed("没有 hasdata，不知道这一格有没有数据")
    published = _text(data.get("strdata"))
    if not published:
        raise _Malformed("hasdata 为 true，却没有 strdata")
    return published


# ----------------------------------------------------------------------------------------------- new interface


def _website(answer: dict[str, Any], collector: Collector, first: int) -> int:
    if told := failure(answer):
        raise UnreadableFile(told)
    months = answer.get("data")
    if not isinstance(months, list):
        raise UnreadableFile("国家数据的应答里没有 data，可能没有存全")
    row = first - 1
    for block in months:
        values = block.get("values") if isinstance(block, dict) else None
        for item in values if isinstance(values, list) else [None]:
            row += 1
            try:
                _item(row, _text(block.get("code")) if isinstance(block, dict) else "", item, collector)
            except _Malformed as fault:
                collector.defects.append(_defect(row, item, str(fault)))
    return row - first + 1


def _item(row: int, time: str, item: Any, collector: Collector) -> None:
    if not isinstance(item, dict) or "value" not in item:
        raise _Malformed("这个数字没有 value")
    name = _text(item.get("i_showname"))
    if not name:
        raise _Malformed("这个数字没有指标名称（i_showname）")
    value = _text(item["value"]) or None
    month = _month(time)
    if month is None:
        _other_time(collector, name, value)
        return
    area = _text(item.get("da_name"))
    if not area:
        # An answer for the wrong area looks like any other; without its name nothing can be said of it.
        if value is None:
            collector.blank += 1
        else:
            collector.leave(name, "应答没有写明地区（da_name）")
        return
    region = NATION if area == WHOLE_COUNTRY else area
    collector.add(
        row=row, name=name, unit=_text(item.get("du_name")), year=month[0], number=month[1], region=region, value=value
    )


# ------------------------------------------------------------------------------------------------------ common


def _month(time: str) -> tuple[int, int] | None:
    """Year and month of a time code; ``None`` for years and quarters.

    Raises
    ------
    _Malformed
        If it is no time code at all.
    """
    if found := _MONTH.fullmatch(time):
        return int(found[1]), int(found[2])
    if _OTHER_TIME.fullmatch(time):
        return None
    raise _Malformed(f"不认识的时间代码“{_short(time)}”")


def _other_time(collector: Collector, name: str, value: str | None) -> None:
    if value is None:
        collector.blank += 1
    else:
        collector.leave(name, "年度、季度数据，目录只收月度")


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value).strip()


def _short(value: Any) -> str:
    return " ".join(str(value).split())[:60]


def _defect(row: int, node: Any, message: str) -> Defect:
    text = _short(node.get("code") or node.get("i_showname") or "") if isinstance(node, dict) else ""
    return Defect("bad-figure", row, text, message, "请重新下载这次查询；其余数字不受影响")


def _recognises(path: PurePath, head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{"):
        return False
    old = _OLD.search(start) is not None and _OLD_SIGN.search(start) is not None
    return old or (_NEW.search(start) is not None and _NEW_SIGN.search(start) is not None)


def shape_for(catalogue: Catalogue | None = None) -> Shape:
    """The shape, with the catalogue of a workspace instead of the bundled one."""

    def parse(path: PurePath, content: bytes) -> Parsed:
        return read_answer(content, catalogue=catalogue)

    return Shape("nbs-answer", "国家数据查询应答（JSON，新旧两版）", PARSER_VERSION, _recognises, parse)


SHAPE = shape_for()
