"""Packs written in a spreadsheet (表格模板): seven sheets with Chinese heads, converted to the YAML of a pack.

A sheet is a list with one thing a row; conditions are nested by naming their parent (上级), a score's bands follow its
item on rows of their own. What is wrong is told by sheet and row.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from qinggong.catalogue.load import LineMapping
from qinggong.rules.model import NOTICE
from qinggong.rules.pack_files import LineList, as_pack, read_pack
from qinggong.rules.problems import PackError, shortened

LARGEST_FILE = 20_000_000
MOST_ROWS = 20_000
Columns = tuple[tuple[str, str], ...]

HEAD: Columns = (
    ("编号", "id"), ("版本", "version"), ("名称", "title"), ("英文名称", "title_en"), ("管辖范围", "jurisdiction"),
    ("文件", "document"), ("条款", "clause"), ("出处", "source"), ("标记", "mark"), ("核对日期", "checked_on"),
    ("提示", "notice"), ("生效日期", "valid_from"), ("失效日期", "valid_to"), ("对象", "subject"), ("说明", "note"),
    ("总要求", "requires"), ("适用范围", "applies"), ("主评分", "main_score"), ("地区字段", "region_field"),
    ("时期列", "period"), ("对象列", "by"), ("步长", "step"),
)  # fmt: skip
PARAMETERS: Columns = (
    ("编号", "code"), ("名称", "name"), ("单位", "unit"), ("值", "value"), ("起", "from"), ("止", "to"),
    ("地区", "region"), ("条款", "clause"), ("标记", "mark"),
)  # fmt: skip
FIELDS: Columns = (
    ("编号", "code"), ("名称", "name"), ("英文名称", "name_en"), ("类型", "type"), ("单位", "unit"), ("别名", "aliases"),
    ("最小", "min"), ("最大", "max"), ("选项", "options"), ("公式", "formula"), ("人工判断", "judged"), ("可改变", "change"),
    ("单位代价", "cost"), ("固定代价", "fixed_cost"), ("最小变动", "step"), ("说明", "note"),
)  # fmt: skip
CONDITIONS: Columns = (
    ("编号", "code"), ("名称", "title"), ("英文名称", "title_en"), ("条款", "clause"), ("标记", "mark"), ("上级", "parent"),
    ("关系", "relation"), ("至少几项", "at_least"), ("公式", "test"), ("说明", "note"),
)  # fmt: skip
SCORES: Columns = (
    ("评分", "score"), ("评分名称", "score_title"), ("满分", "score_most"), ("项目编号", "code"), ("项目名称", "title"),
    ("条款", "clause"), ("标记", "mark"), ("对什么", "of"), ("权重", "weight"), ("上限", "most"), ("方式", "form"),
    ("档、选项或条件", "key"), ("分值", "points"),
)  # fmt: skip
LEVELS: Columns = (
    ("编号", "code"), ("名称", "title"), ("英文名称", "title_en"), ("条款", "clause"), ("标记", "mark"), ("条件", "when"),
    ("其余", "otherwise"),
)  # fmt: skip
VECTORS: Columns = (
    ("用例", "title"), ("评价日", "at"), ("地区", "region"), ("结果", "outcome"), ("等级", "level"), ("得分", "score"),
    ("缺项", "missing"),
)  # fmt: skip
SHEETS: dict[str, Columns] = {
    "参数": PARAMETERS, "字段": FIELDS, "条件": CONDITIONS, "评分": SCORES, "等级": LEVELS, "检验": VECTORS,
}  # fmt: skip
_PARTS = {
    "parameters": "参数",
    "fields": "字段",
    "conditions": "条件",
    "scores": "评分",
    "levels": "等级",
    "vectors": "检验",
}
TYPES = {"数": "number", "整数": "integer", "是非": "flag", "单选": "choice", "多选": "choices", "日期": "date"}
CHANGES = {"否": "no", "增": "up", "减": "down", "可": "any"}
RELATIONS = {"公式": "test", "全部": "all", "任一": "any", "非": "not", "至少": "at_least"}
FORMS = {"分档": "bands", "选项": "options", "线性": "linear", "情形": "cases", "数值": ""}
STEPS = {"月": "month", "统计月": "industrial_month", "季": "quarter", "半年": "half", "年": "year", "日": "day"}
_SPLIT = re.compile(r"[、;；\n]+")
OTHERWISE = "其余"


def converted_pack(source: Path | str) -> str:
    """The YAML of a pack that is written in a template.

    Raises
    ------
    PackError
        With sheet and row.
    """
    path = Path(source)
    sheets = _sheets(path)
    content = _content(sheets, str(path))
    try:
        as_pack(content, shown=str(path))
    except PackError as error:
        raise PackError(_by_sheet(str(error))) from error
    text = yaml.safe_dump(_plain(content), allow_unicode=True, sort_keys=False, width=110)
    read_pack(text, shown=str(path))
    return f"# 由表格 {path.name} 转成\n{text}"


def _by_sheet(message: str) -> str:
    def placed(found: re.Match[str]) -> str:
        return f"“{_PARTS.get(found[2], '基本信息')}”表第{found[1]}行（{found[2]}{found[3]}）："

    return re.sub(r"第(\d+)行 (\w*)([^：]*)：", placed, message)


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list | tuple) else node


# ---------------------------------------------------------------------------------------------------- reading


def _sheets(path: Path) -> dict[str, list[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise PackError(f"{path}：文件太大，不是规则包模板")
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        names = ["基本信息", *SHEETS]
        found = {
            n: workbook.get_sheet_by_name(n).to_python(skip_empty_area=False)
            for n in names
            if n in workbook.sheet_names
        }
    except FileNotFoundError as error:
        raise PackError(f"找不到“{path}”，请核对路径") from error
    except (CalamineError, ValueError, OSError) as error:
        raise PackError(f"{path}：读不了，不是完好的 XLSX 工作簿，请用 qinggong rules template 写出的模板") from error
    for needed in ("基本信息", "字段"):
        if needed not in found:
            raise PackError(f"{path}：缺少“{needed}”表；请用 qinggong rules template 写出的模板")
    for name, lines in found.items():
        if len(lines) > MOST_ROWS:
            raise PackError(f"{path}：“{name}”表超过{MOST_ROWS}行")
    return found


def _content(sheets: Mapping[str, list[list[Any]]], shown: str) -> LineMapping:
    content = _mapping(1, {})
    over = _mapping(1, {})
    named = dict(HEAD)
    for number, line in enumerate(sheets["基本信息"], start=1):
        label, value = (str(line[0]).strip() if line else ""), _cell(line[1] if len(line) > 1 else None)
        key = named.get(label)
        if key is None or value is None:
            continue
        target = over if key in ("period", "by", "step") else content
        target[key] = _split(value) if key == "by" else STEPS.get(str(value), value) if key == "step" else value
        target.lines[key] = number
    content.setdefault("notice", NOTICE)
    if over:
        content["over"] = over
    makers = {
        "parameters": _parameters, "fields": _fields, "conditions": _conditions, "scores": _scores, "levels": _levels,
    }  # fmt: skip
    for part, make in makers.items():
        rows = _rows(sheets.get(_PARTS[part], []), SHEETS[_PARTS[part]], _PARTS[part], shown)
        if rows:
            content[part] = make(rows, shown)
    vectors = _vectors(sheets.get("检验", []), shown)
    if vectors:
        content["vectors"] = vectors
    return content


def _mapping(line: int, values: Mapping[str, Any]) -> LineMapping:
    result = LineMapping(values)
    result.line, result.lines = line, dict.fromkeys(values, line)
    return result


def _list(items: Sequence[Any]) -> LineList:
    result = LineList(items)
    result.lines = [getattr(item, "line", 0) for item in items]
    return result


def _cell(value: Any) -> Any:
    """A cell as YAML would have it; blank is ``None``."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, float) and value == round(value) and abs(value) < 1e15:
        return int(value)
    return value


def _split(value: Any) -> list[str]:
    return [part.strip() for part in _SPLIT.split(str(value)) if part.strip()]


def _rows(lines: list[list[Any]], columns: Columns, sheet: str, shown: str) -> list[LineMapping]:
    """Rows of a sheet by field; the heads are in its first row, in any order."""
    if not lines:
        return []
    heads = [str(c).strip() for c in lines[0]]
    named = dict(columns)
    unknown = [h for h in heads if h and h not in named]
    if unknown and sheet != "检验":
        raise PackError(f"{shown}：“{sheet}”表不认识的表头“{shortened(unknown[0])}”；应为：{'、'.join(named)}")
    found = []
    for number, line in enumerate(lines[1:], start=2):
        values = {
            named.get(head, head): value for head, cell in zip(heads, line, strict=False)
            if head and (value := _cell(cell)) is not None
        }  # fmt: skip
        if values:
            found.append(_mapping(number, values))
    return found


def _word(row: LineMapping, key: str, table: Mapping[str, str], sheet: str, shown: str, default: str) -> str:
    value = row.pop(key, None)
    if value is None:
        return default
    if str(value) in table:
        return table[str(value)]
    if str(value) in table.values():
        return str(value)
    raise PackError(f"{shown}：“{sheet}”表第{row.line}行“{shortened(str(value))}”；只能写 {'、'.join(table)}")


def _parameters(rows: list[LineMapping], shown: str) -> LineList:
    found: dict[str, LineMapping] = {}
    for row in rows:
        code = str(row.get("code", ""))
        own = {k: row[k] for k in ("code", "name", "unit") if k in row}
        one = found.setdefault(code, _mapping(row.line, own | {"values": _list([])}))
        value = {k: row[k] for k in ("value", "from", "to", "region", "clause", "mark") if k in row}
        one["values"].append(_mapping(row.line, value))
        one["values"].lines.append(row.line)
    return _list(list(found.values()))


def _fields(rows: list[LineMapping], shown: str) -> LineList:
    for row in rows:
        row["type"] = _word(row, "type", TYPES, "字段", shown, "number")
        row["change"] = _word(row, "change", CHANGES, "字段", shown, "no")
        for key in ("aliases", "options"):
            if key in row:
                row[key] = _split(row[key])
        if "judged" in row:
            row["judged"] = row["judged"] in (True, "是", "true", 1)
    return _list(rows)


def _conditions(rows: list[LineMapping], shown: str) -> LineList:
    known: dict[str, LineMapping] = {}
    tops: list[LineMapping] = []
    for row in rows:
        parent = row.pop("parent", None)
        relation = _word(row, "relation", RELATIONS, "条件", shown, "test")
        if relation != "test":
            row["of" if relation == "at_least" else relation] = _list([])
        if code := row.get("code"):
            known[str(code)] = row
        if parent is None:
            tops.append(row)
            continue
        above = known.get(str(parent))
        place = next((k for k in ("all", "any", "of", "not") if above is not None and k in above), None)
        if above is None or place is None:
            raise PackError(
                f"{shown}：“条件”表第{row.line}行的上级“{shortened(str(parent))}”不在它上面，或不是组合条件"
            )
        if place == "not" and isinstance(above["not"], LineMapping):
            raise PackError(f"{shown}：“条件”表第{row.line}行：“非”下面只能有一条")
        if place == "not":
            above["not"] = row
        else:
            above[place].append(row)
            above[place].lines.append(row.line)
    return _list(tops)


def _scores(rows: list[LineMapping], shown: str) -> LineList:
    scores: dict[str, LineMapping] = {}
    score = item = None
    for row in rows:
        if name := row.get("score"):
            own = {"code": name} | {k: row[f"score_{k}"] for k in ("title", "most") if f"score_{k}" in row}
            score = scores.setdefault(str(name), _mapping(row.line, own | {"items": _list([])}))
        if score is None:
            raise PackError(f"{shown}：“评分”表第{row.line}行没有写“评分”，上面也没有")
        if any(k in row for k in ("form", "of", "title", "code")):
            item = _mapping(
                row.line, {k: row[k] for k in ("code", "title", "clause", "mark", "of", "weight", "most") if k in row}
            )
            score["items"].append(item)
            score["items"].lines.append(row.line)
            form = _word(row, "form", FORMS, "评分", shown, "")
            if form:
                item[form] = _mapping(row.line, {}) if form in ("options", "linear") else _list([])
        if "points" in row:
            if item is None:
                raise PackError(f"{shown}：“评分”表第{row.line}行的分值不属于任何项目")
            _add_points(item, row, shown)
    return _list(list(scores.values()))


def _add_points(item: LineMapping, row: LineMapping, shown: str) -> None:
    key, points = str(row.get("key", "")), row["points"]
    own = {k: row[k] for k in ("clause", "mark") if k in row and not any(n in row for n in ("form", "of", "title"))}
    if "bands" in item:
        item["bands"].append(_mapping(row.line, {"in": key, "points": points} | own))
        item["bands"].lines.append(row.line)
    elif "options" in item:
        item["options"][key] = points
        item["options"].lines[key] = row.line
    elif "cases" in item and key == OTHERWISE:
        item["otherwise"] = points
    elif "cases" in item:
        item["cases"].append(_mapping(row.line, {"when": key, "points": points} | own))
        item["cases"].lines.append(row.line)
    elif "linear" in item:
        base, separator, lead = key.partition("→")
        if not separator:
            raise PackError(f"{shown}：“评分”表第{row.line}行：线性写成“基准 → 领先”，如 50% → 80%")
        item["linear"] = _mapping(row.line, {"base": base.strip(), "lead": lead.strip(), "points": points})
    else:
        raise PackError(f"{shown}：“评分”表第{row.line}行：写了分值，项目的“方式”要写 {'、'.join(FORMS)}")


def _levels(rows: list[LineMapping], shown: str) -> LineList:
    for row in rows:
        if "otherwise" in row:
            row["otherwise"] = row["otherwise"] in (True, "是", "true", 1)
    return _list(rows)


def _vectors(lines: list[list[Any]], shown: str) -> LineList:
    found: list[LineMapping] = []
    known = {key for _, key in VECTORS}
    for row in _rows(lines, VECTORS, "检验", shown):
        given = {str(k): v for k, v in row.items() if k not in known}
        if "title" in row:
            expect = {k: row[k] for k in ("outcome", "level", "score") if k in row}
            if "missing" in row:
                expect["missing"] = [] if row["missing"] == "无" else _split(row["missing"])
            own = {k: row[k] for k in ("title", "at", "region") if k in row}
            found.append(_mapping(row.line, own | {"given": [given], "expect": _mapping(row.line, expect)}))
        elif found:
            found[-1]["given"].append(given)
        else:
            raise PackError(f"{shown}：“检验”表第{row.line}行没有写“用例”，上面也没有")
    for one in found:
        one["given"] = one["given"][0] if len(one["given"]) == 1 else one["given"]
    return _list(found)
