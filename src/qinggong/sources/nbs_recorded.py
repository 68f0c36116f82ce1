"""Recorded exchanges with the national data service (查询录制): cassettes as vcr writes them, YAML or JSON.

Every answer in the recording is read as a saved answer is (``nbs``); what else was exchanged, lists of indicators and
of places, holds no figures. The YAML is read event by event, without making objects of it: only the texts at
``interactions[].response.body.string`` are looked at, and nothing in it can name a type to be made.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator
from pathlib import PurePath

import yaml

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.nbs_codes import load_nbs_codes
from qinggong.sources import nbs
from qinggong.sources.base import Parsed, Shape, UnreadableFile
from qinggong.sources.nbs_series import Collector

PARSER_VERSION = 1
MAX_BYTES = 20_000_000
FIELDS: dict[str, str] = {
    "interactions[].response.body.string": "一次查询的应答，按“国家数据查询应答”读",
    "interactions[].request": "查询本身，不读：时期、地区和指标以应答为准",
    "row": "录制中第几个数（各次应答依次数下来）",
}
TRAPS: tuple[str, ...] = (
    "一份录制里常有几次查询，失败的（501）列出原因，其余照收。",
    "指标目录（getTree）和地区名录的应答没有数字。",
    "应答可能压缩后以 base64 存着（!!binary），解开后再读。",
)
_BODY = ("interactions", "response", "body", "string")
_DEEPEST, _MOST_EVENTS = 40, 2_000_000
_BINARY = "tag:yaml.org,2002:binary"
_GZIP = b"\x1f\x8b"


def read_recording(content: bytes, *, catalogue: Catalogue) -> Parsed:
    """The figures of all answers of a recording.

    Raises
    ------
    UnreadableFile
        If it is no whole recording, holds no answer, or every query in it failed.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"超过{MAX_BYTES // 1_000_000}MB，不像查询的录制")
    collector = Collector(load_nbs_codes(), catalogue)
    answers = figures = lists = 0
    failures: list[str] = []
    for body in _bodies(content):
        answers += 1
        if _is_list(body):
            lists += 1
            continue
        try:
            figures += nbs.collect(nbs.load_answer(body), collector, first=figures + 1)
        except UnreadableFile as error:
            failures.append(f"第{answers}次应答：{error}")
            collector.leave(f"第{answers}次应答", str(error))
    if failures and len(failures) + lists == answers:
        raise UnreadableFile(failures[0])
    if not answers:
        raise UnreadableFile("录制里没有应答")
    told = f"{answers}次应答" + (f"，其中{lists}次是目录，没有数字" if lists else "")
    return collector.parsed(f"国家数据查询录制（{told}）")


def _bodies(content: bytes) -> Iterator[bytes]:
    """The answers' bodies, in order."""
    path: list[str | None] = []
    at_key = [False]
    try:
        for count, event in enumerate(yaml.parse(content, Loader=yaml.CSafeLoader)):
            if count > _MOST_EVENTS or len(path) > _DEEPEST:
                raise UnreadableFile("录制的结构过大或嵌套过深")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise UnreadableFile("录制里有引用（& 与 *），不读")
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                _done(path, at_key)
                path.append(None)
                at_key.append(isinstance(event, yaml.MappingStartEvent))
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                path.pop()
                at_key.pop()
            elif isinstance(event, yaml.ScalarEvent):
                if at_key[-1]:
                    path[-1], at_key[-1] = event.value, False
                    continue
                if tuple(part for part in path if part is not None) == _BODY:
                    yield _unpacked(event.value, event.tag)
                _done(path, at_key)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第{mark.line + 1}行" if mark is not None else "文件"
        raise UnreadableFile(f"录制的{where}不合 YAML 写法，可能没有存全") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise UnreadableFile("录制的文字编码不是 UTF-8") from error


def _done(path: list[str | None], at_key: list[bool]) -> None:
    """After a value of a mapping its next key follows."""
    if path and path[-1] is not None:
        at_key[-1] = True


def _unpacked(text: str, tag: str | None) -> bytes:
    if tag != _BINARY:
        return text.encode("utf-8", "replace")
    try:
        raw = base64.b64decode(text)
        if not raw.startswith(_GZIP):
            return raw
        unpacker = zlib.decompressobj(31)
        unpacked = unpacker.decompress(raw, nbs.MAX_BYTES + 1)
    except (binascii.Error, zlib.error) as error:
        raise UnreadableFile("录制里有一次应答的压缩内容已损坏") from error
    return unpacked


def _is_list(body: bytes) -> bool:
    """True for answers that are lists: indicators, places."""
    if not body.lstrip().startswith(b"["):
        return False
    try:
        return isinstance(json.loads(body), list)
    except (ValueError, RecursionError):
        return False


def recognises(path: PurePath, head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    named = start.startswith((b"interactions:", b'{"interactions"', b"version:")) and b"interactions" in start[:200]
    return named and (b"stats.gov.cn" in start or b"returndata" in start)


def shape_for(catalogue: Catalogue | None = None) -> Shape:
    """The shape, with the catalogue of a workspace instead of the bundled one."""

    def parse(path: PurePath, content: bytes) -> Parsed:
        return read_recording(content, catalogue=catalogue or load_catalogue())

    return Shape("nbs-recording", "国家数据查询录制（vcr 的 YAML/JSON）", PARSER_VERSION, recognises, parse)


SHAPE = shape_for()
