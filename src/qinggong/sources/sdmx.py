"""SDMX data messages (SDMX 数据文件): SDMX-ML 2.1 and SDMX-JSON, read by the library sdmx1.

The library is the extra ``sdmx`` (Apache-2.0): of thirteen recorded files it reads all, pysdmx 1.21 reads four and
brings pyarrow along. Only series that the mapping ``sources/sdmx.yaml`` names (bundled or the workspace's own) come
in; the others are listed.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

from qinggong.sources.base import Parsed, Shape, UnreadableFile
from qinggong.sources.series_mapping import Series, as_text, mapping, one_line, parsed

PARSER_VERSION = 1
MAPPING = "sources/sdmx.yaml"
SIZE_LIMIT = 64 << 20
FIELDS: dict[str, str] = {
    "Header.Sender": "发送机构，对照文件的 agency",
    "DataSet.structureRef": "数据结构，对照文件的 structure",
    "SeriesKey": "各维度的代码，对照文件的 dimensions 按它认",
    "TIME_PERIOD": "时期：2024、2024-08、2024-Q1；日和周不收",
    "ObsValue": "数值；没有或 NaN 为缺数",
}
TRAPS: tuple[str, ...] = (
    "有的文件按序列分组，有的平铺，维度是一样的。",
    "StructureSpecific 文件离开数据结构时，属性与维度分不开，对照只写真正的维度即可。",
    "UNIT_MULT 等属性是倍数，数值要乘它才是原单位，对照文件里把单位写成相应的（如百万美元）。",
    "只有结构、代码表的文件没有数字；请求过大时服务只回一个脚注。",
)
_XML = b"sdmx.org/resources/sdmxml/schemas/"
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_TIME = ("TIME_PERIOD", "TIME")


def _recognises(path: PurePath, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return _XML in head
    return start == b"{" and b'"header"' in head and (b'"dataSets"' in head or b'"structure"' in head)


def shape(*, overlay: Path | None = None) -> Shape:
    """The file shape, with the mapping of a workspace's catalogue folder beside the bundled one."""

    def parse(path: PurePath, content: bytes) -> Parsed:
        return _parse(content, overlay)

    return Shape("sdmx", "SDMX 数据文件（XML、JSON）", PARSER_VERSION, _recognises, parse)


def _library() -> Any:
    try:
        library = import_module("sdmx")
        # Its reader of version 3.0 is derived from the state of that of 2.1 when it is loaded: files of unknown
        # namespaces that were read before would spoil it for the rest of the process.
        with contextlib.suppress(ImportError):
            import_module("sdmx.reader.xml.v30")
        return library
    except ImportError as error:
        raise UnreadableFile("读 SDMX 文件要先安装附加组件：pip install 'qinggong[sdmx]'") from error


def _parse(content: bytes, overlay: Path | None) -> Parsed:
    _harmless(content)
    message = _message(content)
    if not hasattr(message, "data"):
        raise UnreadableFile("这个 SDMX 文件只有结构或代码表，没有数字")
    if not message.data:
        footer = getattr(message, "footer", None)
        said = " ".join(str(t) for t in getattr(footer, "text", ()) or ())
        raise UnreadableFile(f"这个 SDMX 文件没有数据（{one_line(said, 160)}）" if said else "这个 SDMX 文件没有数据")
    try:
        series, count = _series(message)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableFile(f"SDMX 数据的结构不完整（{one_line(error, 80)}）") from error
    text = f"SDMX 数据：{len(series)}个序列，{count}个数值"
    return parsed(series, mapping(MAPPING, overlay), where=MAPPING, recognised=text)


def _harmless(content: bytes) -> None:
    """Refuse what the library should not see: large files, document types with their entities, strange encodings."""
    if len(content) > SIZE_LIMIT:
        raise UnreadableFile(f"SDMX 文件大于{SIZE_LIMIT >> 20} MiB，请分次查询")
    if b"\x00" in content:
        raise UnreadableFile("SDMX 文件里有空字节，应是 UTF-8 编码的文本")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableFile("SDMX 文件里有 DOCTYPE 或 ENTITY 声明，不读")
    declared = _DECLARED.search(content[:400])
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1"):
        raise UnreadableFile("SDMX 文件声明的编码不是 UTF-8")


def _message(content: bytes) -> Any:
    library = _library()
    # What it could not understand comes out as an error or as fewer series; its remarks are not for the user.
    logging.getLogger("sdmx").setLevel(logging.CRITICAL)
    try:
        # Of a file that it does not understand it prints all that it has read so far.
        with contextlib.redirect_stdout(io.StringIO()):
            return library.read_sdmx(io.BytesIO(content))
    except RecursionError as error:
        raise UnreadableFile("SDMX 文件嵌套过深") from error
    except Exception as error:
        # The library raises whatever its parsers meet: of hostile bytes nothing else is to be expected.
        raise UnreadableFile(f"不是完整的 SDMX 文件（{type(error).__name__}：{one_line(error, 80)}）") from error


def _series(message: Any) -> tuple[list[Series], int]:
    sender = getattr(getattr(message, "header", None), "sender", None)
    agency = str(getattr(sender, "id", None) or sender or "")
    found: dict[str, Series] = {}
    number = 0
    for data in message.data:
        structure = str(getattr(data.structured_by, "id", "") or "")
        for observation in data.obs:
            number += 1
            key = {str(k): str(v.value) for k, v in observation.key.values.items()}
            time = next((key.pop(t) for t in _TIME if t in key), "")
            code = f"{agency}/{structure or '-'}/{'.'.join(key.values())}"
            series = found.setdefault(code, Series(code, "", agency, structure, key))
            series.figures.append((number, time, as_text(observation.value)))
    return list(found.values()), number


SHAPE = shape()
