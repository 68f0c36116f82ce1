"""Reading rule packs (规则包文件): safe YAML within limits, every fault with its line; the bundled packs and versions."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from qinggong.catalogue.load import LineLoader
from qinggong.rules.model import Pack
from qinggong.rules.problems import PackError, shortened

LARGEST_FILE = 2_000_000
DEEPEST = 30
MOST_NODES = 200_000
FOLDER = ("data", "rules", "packs")
_TAGS_OF_UNIONS = ("formula", "condition")


class LineList(list[Any]):
    """A YAML list that remembers the lines of its items."""

    lines: list[int]


class PackLoader(LineLoader):
    """The catalogue's safe loader, with the lines of list items too."""

    def construct_listed(self, node: yaml.SequenceNode) -> Iterator[LineList]:
        result = LineList()
        result.lines = [item.start_mark.line + 1 for item in node.value]
        yield result
        result.extend(self.construct_object(item, deep=True) for item in node.value)


def _with_line(kind: str, wanted: str) -> None:
    """A scalar of a kind that cannot be read is a fault with its line."""
    made = PackLoader.yaml_constructors[f"tag:yaml.org,2002:{kind}"]

    def construct(loader: PackLoader, node: yaml.ScalarNode) -> Any:
        try:
            return made(loader, node)
        except ValueError as error:
            said = f"{wanted}，现为“{shortened(node.value)}”"
            raise yaml.constructor.ConstructorError(None, None, said, node.start_mark) from error

    PackLoader.add_constructor(f"tag:yaml.org,2002:{kind}", construct)


PackLoader.add_constructor("tag:yaml.org,2002:seq", PackLoader.construct_listed)
_with_line("timestamp", "没有这个日期")
_with_line("int", "数太长")
_with_line("float", "不是数")


@dataclass(frozen=True, slots=True)
class PackFile:
    """A pack with what was written, so that a fault can be shown at its line.

    ``content`` is the mapping as read; ``shown`` names the file in messages.
    """

    pack: Pack
    content: Mapping[str, Any]
    shown: str

    def line(self, *path: str | int) -> int:
        """The line of the innermost part of ``path`` (``"fields", 2, "unit"``) that was written."""
        return line_of(self.content, path)


def line_of(content: Any, path: tuple[str | int, ...]) -> int:
    """Line of the innermost part of a path through mappings and lists, 1 if nothing of it was written."""
    line, node = 1, content
    for part in path:
        if isinstance(node, Mapping):
            line = getattr(node, "lines", {}).get(part, line)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            lines = getattr(node, "lines", [])
            line = lines[part] if part < len(lines) else line
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
    return line


def read_pack(text: str, *, shown: str = "规则包") -> PackFile:
    """A YAML text as a pack; its formulas are checked when it is compiled.

    Raises
    ------
    PackError
        One line a fault: file, line, entry, what is wrong.
    """
    _within_limits(text, shown)
    try:
        content = yaml.load(text, Loader=PackLoader)  # noqa: S506 - derived from the safe loader
    except yaml.YAMLError as error:
        raise PackError(_yaml_fault(error, shown)) from error
    except (ValueError, RecursionError) as error:
        raise PackError(f"{shown}：有一个值读不懂（{shortened(str(error))}），请检查日期和数的写法") from error
    return as_pack(content, shown=shown)


def as_pack(content: Any, *, shown: str) -> PackFile:
    """A mapping as a pack.

    Raises
    ------
    PackError
        One line a fault.
    """
    if not isinstance(content, Mapping):
        raise PackError(f"{shown}：不是规则包；最外层应是“名称: 内容”，如 id: 我的规则")
    try:
        return PackFile(Pack.model_validate(content), content, shown)
    except ValidationError as error:
        errors: list[dict[str, Any]] = [dict(e) for e in error.errors(include_url=False)[:50]]
        inner = {e["loc"][:n] for e in errors for n in range(1, len(e["loc"]))}
        # A list all of whose items are wrong is not empty.
        faults = [_fault(e, content, shown) for e in errors if not (e["type"] == "too_short" and e["loc"] in inner)]
        raise PackError("\n".join(faults)) from error


def _within_limits(text: str, shown: str) -> None:
    """Refuse what could exhaust memory or run code, before anything is built: size, depth, references, tags."""
    if len(text) > LARGEST_FILE:
        raise PackError(f"{shown}：有{len(text)}个字符，规则包至多{LARGEST_FILE}个；请拆成几个规则包")
    depth = nodes = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            nodes += 1
            if nodes > MOST_NODES:
                raise PackError(f"{shown} 第{line}行：内容超过{MOST_NODES}项；请拆成几个规则包")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise PackError(f"{shown} 第{line}行：规则包不能用引用（& 和 *）；请把内容写全")
            tag = getattr(event, "tag", None)
            if tag:
                raise PackError(f"{shown} 第{line}行：规则包不能用标签“{shortened(tag)}”；请删去")
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                depth += 1
                if depth > DEEPEST:
                    raise PackError(f"{shown} 第{line}行：层次超过{DEEPEST}层；请把里层写成单独的条件")
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                depth -= 1
    except yaml.YAMLError as error:
        raise PackError(_yaml_fault(error, shown)) from error


def _yaml_fault(error: yaml.YAMLError, shown: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" 第{mark.line + 1}行" if mark is not None else ""
    problem = getattr(error, "problem", None) or ""
    if problem.endswith("stands twice"):
        return f"{shown}{where}：{shortened(problem.removesuffix(' stands twice'))}写了两次；请删去一处"
    if not problem.isascii():
        return f"{shown}{where}：{shortened(problem, most=120)}；请改正"
    said = next((chinese for english, chinese in _YAML_FAULTS if english in problem), "写法不对")
    return f"{shown}{where}：不是正确的 YAML（{said}）；请检查缩进、冒号和引号"


_YAML_FAULTS = (
    ("',' or ']'", "方括号没有合上，或项之间缺少逗号"), ("',' or '}'", "花括号没有合上，或项之间缺少逗号"),
    ("expected key", "缩进不齐，或缺少“名称:”"), ("could not find expected ':'", "缺少冒号"), ("'-' indicator", "缩进不齐，或缺少“- ”"),
    ("mapping values are not allowed", "一行里有两个冒号；文字里有冒号时请加引号"), ("block sequence entries", "“- ”的位置不对"),
    ("cannot start any token", "有不能开头的字符，如制表符、@ 或 `；请用空格缩进，文字加引号"), ("unexpected end of stream", "引号没有合上"),
    ("scanning a simple key", "缺少冒号"), ("another document", "文件里有两份内容（---）；请分成两个文件"), ("merge", "不能用 << 合并；请把内容写全"),
    ("control characters", "有不能显示的字符"), ("escape", "双引号里的反斜杠写法不对；请改用单引号"), ("tag", "不能用标签（!）"),
)  # fmt: skip
"""What libyaml says of a text that is no YAML, in Chinese."""


_MESSAGES = {
    "missing": "缺少这一项",
    "extra_forbidden": "不认识这一项，请核对拼写",
    "string_type": "应写文字",
    "string_too_short": "不能空着",
    "string_too_long": "文字太长",
    "date_type": "应写日期，如 2024-01-01",
    "date_parsing": "应写日期，如 2024-01-01",
    "date_from_datetime_parsing": "应写日期，如 2024-01-01",
    "date_from_datetime_inexact": "应写日期，如 2024-01-01",
    "int_type": "应写整数",
    "int_parsing": "应写整数",
    "bool_type": "应写 true 或 false",
    "bool_parsing": "应写 true 或 false",
    "tuple_type": "应写成列表（每项前加 - ）",
    "dict_type": "应写成“名称: 内容”",
    "model_type": "应写成“名称: 内容”",
    "model_attributes_type": "应写成“名称: 内容”",
    "too_short": "列表不能是空的",
    "too_long": "项数太多",
    "float_type": "应写数",
    "float_parsing": "应写数",
    "decimal_parsing": "应写数",
    "finite_number": "应写有限的数",
    "none_required": "不用写",
    "int_from_float": "应写整数",
    "list_type": "应写成列表（每项前加 - ）",
    "mapping_type": "应写成“名称: 内容”",
    "union_tag_invalid": "写法不认识",
    "union_tag_not_found": "写法不认识",
    "string_pattern_mismatch": "只能用字母、汉字、数字和下划线，并以字母或汉字开头（id 用小写英文）",
}


def _fault(error: dict[str, Any], content: Any, shown: str) -> str:
    path = tuple(part for part in error["loc"] if part not in _TAGS_OF_UNIONS and part != "dict[constrained-str,any]")
    line = line_of(content, path)
    where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in path)
    kind = error["type"]
    if kind == "value_error":
        problem = str(error["msg"]).removeprefix("Value error, ")
    elif kind == "literal_error":
        problem = f"只能写 {str(error.get('ctx', {}).get('expected', '')).replace(' or ', '、')}"
    else:
        kind = "string_too_long" if kind == "too_long" and isinstance(error.get("input"), str) else kind
        problem = _MESSAGES.get(kind) or _limit(kind, error.get("ctx", {}))
    simple = isinstance(error.get("input"), str | int | float) and kind not in ("missing", "extra_forbidden")
    found = f"（现为“{shortened(str(error['input']))}”）" if simple else ""
    return f"{shown} 第{line}行 {shortened(where, most=80)}：{problem}{found}"


def _limit(kind: str, context: Mapping[str, Any]) -> str:
    """A limit that a value breaks."""
    for word, name in (("大于", "gt"), ("不小于", "ge"), ("小于", "lt"), ("不大于", "le")):
        if name in context:
            return f"应{word}{context[name]}"
    return "文字太长" if kind == "string_too_long" else "写法不合要求，请对照文档 rule-packs.md"


# ------------------------------------------------------------------------------------------------- which pack


def open_pack(source: Pack | PackFile | Path | str, *, at: dt.date | None = None) -> PackFile:
    """A pack from a file, from its id among the bundled ones, or as it is.

    Parameters
    ----------
    source
        A path, an id (``sme_size``), an id with a version (``sme_size@2017``), or a pack.
    at
        The day for which a version is wanted; without it the newest version.

    Raises
    ------
    PackError
        If there is no such pack, or two versions are valid on that day.
    """
    if isinstance(source, PackFile):
        return source
    if isinstance(source, Pack):
        return PackFile(source, {}, f"规则包 {source.id}")
    text = str(source)
    if isinstance(source, Path) or text.endswith((".yaml", ".yml")) or "/" in text or "\\" in text:
        return _from_file(Path(text))
    name, _, version = text.partition("@")
    near = bundled_packs(name) if re.fullmatch(r"[a-z0-9_]{2,60}", name) else ()
    versions = [one for one in near if one.pack.id == name and version in ("", one.pack.version)]
    if not versions:
        known = "、".join(sorted({one.pack.id for one in bundled_packs()}))
        raise PackError(f"没有规则包“{shortened(text)}”；请给出 .yaml 文件，或用内置的：{known}")
    return chosen_version(versions, at=at)


def chosen_version(versions: list[PackFile], *, at: dt.date | None) -> PackFile:
    """The one version valid on a day; without a day the newest.

    Raises
    ------
    PackError
        If none or several are.
    """
    newest = max(versions, key=lambda one: (one.pack.valid_from, one.pack.version))
    if at is None or len(versions) == 1:
        return newest
    valid = [one for one in versions if one.pack.valid_on(at)]
    if len(valid) == 1:
        return valid[0]
    listed = "；".join(f"{one.pack.version}（{one.pack.validity}）" for one in versions)
    if valid:
        raise PackError(f"规则包 {newest.pack.id} 在{at}有{len(valid)}个版本同时有效：{listed}；请用“id@版本”指定一个")
    raise PackError(f"规则包 {newest.pack.id} 在{at}没有有效的版本：{listed}；请换评价日或用“id@版本”指定")


def _from_file(path: Path) -> PackFile:
    try:
        if path.stat().st_size > 4 * LARGEST_FILE:
            raise PackError(f"{path}：文件太大，规则包至多{LARGEST_FILE}个字符")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PackError(f"找不到规则包文件“{path}”，请核对路径") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = "不是 UTF-8 文本" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise PackError(f"{path}：读不了（{reason}），请另存为 UTF-8 的 YAML 文件") from error
    return read_pack(text, shown=str(path))


@functools.cache
def bundled_packs(beginning: str = "") -> tuple[PackFile, ...]:
    """The packs that come with the program, by file name, which begins with the pack's id; only those asked for are
    read."""
    folder = resources.files("qinggong.catalogue").joinpath(*FOLDER)
    return tuple(_bundled(name) for name in sorted(f.name for f in folder.iterdir()) if _is_pack(name, beginning))


def _is_pack(name: str, beginning: str) -> bool:
    return name.endswith(".yaml") and name.startswith(beginning)


@functools.cache
def _bundled(name: str) -> PackFile:
    text = resources.files("qinggong.catalogue").joinpath(*FOLDER, name).read_text(encoding="utf-8")
    return read_pack(text, shown=name)


def same_time(packs: tuple[PackFile, ...] | list[PackFile]) -> list[tuple[PackFile, PackFile]]:
    """Pairs of versions of one pack that are valid on a common day."""
    pairs = []
    for n, one in enumerate(packs):
        for other in packs[n + 1 :]:
            a, b = one.pack, other.pack
            if a.id == b.id and a.jurisdiction == b.jurisdiction:
                starts = max(a.valid_from, b.valid_from)
                if a.valid_on(starts) and b.valid_on(starts):
                    pairs.append((one, other))
    return pairs
