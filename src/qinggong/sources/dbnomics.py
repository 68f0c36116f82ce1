"""Responses of DBnomics, interface version 22 (DBnomics 序列接口的响应), JSON.

Series of many providers in one form: ``period`` and ``value`` side by side. Only series that the mapping
``sources/dbnomics.yaml`` names (bundled or the workspace's own) come in; the others are listed.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from qinggong.sources.base import Parsed, Shape, UnreadableFile
from qinggong.sources.series_mapping import Series, as_text, mapping, one_line, parsed, read_json

PARSER_VERSION = 1
MAPPING = "sources/dbnomics.yaml"
FIELDS: dict[str, str] = {
    "series.docs[].provider_code、dataset_code、series_code": "序列的全名：提供者/数据集/序列代码，对照文件按它认",
    "series.docs[].dimensions": "各维度的代码，对照也可以按维度写",
    "series.docs[].period": "时期：2024、2024-08、2024-Q1；日和周不收",
    "series.docs[].value": "数值；NA 或 null 为缺数",
}
TRAPS: tuple[str, ...] = (
    "缺数写作文本 NA，不是零。",
    "一次响应最多一千个序列，num_found 大于序列数时还有下一页。",
    "数值的单位只在序列名称里，对照文件必须写明。",
    "单季数据不是月也不是自年初累计，入库核查不收。",
)


def _recognises(path: PurePath, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and b'"_meta"' in head and b'"provider_code"' in head


def shape(*, overlay: Path | None = None) -> Shape:
    """The file shape, with the mapping of a workspace's catalogue folder beside the bundled one."""

    def parse(path: PurePath, content: bytes) -> Parsed:
        return _parse(content, overlay)

    return Shape("dbnomics", "DBnomics 响应（JSON）", PARSER_VERSION, _recognises, parse)


def _parse(content: bytes, overlay: Path | None) -> Parsed:
    found = read_json(content, what="DBnomics 响应")
    listed = found.get("series")
    docs: Any = listed.get("docs") if isinstance(listed, dict) else None
    if not isinstance(docs, list):
        errors = found.get("errors")
        raise UnreadableFile(
            f"DBnomics 返回了错误：{one_line(errors, 120)}" if errors else "DBnomics 响应里没有 series.docs"
        )
    series, number = [], 0
    for doc in docs:
        if not isinstance(doc, dict):
            raise UnreadableFile("DBnomics 响应里的序列不是对象")
        one = _series(doc)
        periods, values = doc.get("period"), doc.get("value")
        if not isinstance(periods, list) or not isinstance(values, list) or len(periods) != len(values):
            raise UnreadableFile(
                f"序列 {one_line(one.code, 80)} 的时期与数值个数不同，或查询时没有要求数值（observations=1）"
            )
        for period, value in zip(periods, values, strict=True):
            number += 1
            one.figures.append((number, as_text(period), as_text(value)))
        series.append(one)
    more = as_text(listed.get("num_found")) if isinstance(listed, dict) else ""
    rest = f"（共{more}个，还有下一页）" if more.isdigit() and int(more) > len(series) else ""
    text = f"DBnomics 响应：{len(series)}个序列{rest}，{number}个数值"
    return parsed(series, mapping(MAPPING, overlay), where=MAPPING, recognised=text)


def _series(doc: dict[str, Any]) -> Series:
    provider, dataset = as_text(doc.get("provider_code")), as_text(doc.get("dataset_code"))
    given = doc.get("dimensions")
    dimensions = {str(k): as_text(v) for k, v in given.items()} if isinstance(given, dict) else {}
    code = "/".join((provider, dataset, as_text(doc.get("series_code"))))
    return Series(code, as_text(doc.get("series_name")), provider, dataset, dimensions)


SHAPE = shape()
