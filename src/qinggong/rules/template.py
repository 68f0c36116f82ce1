"""The spreadsheet template (模板的写出): a pack as seven sheets, for authors who would rather fill in a table."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from typing import Any

from qinggong.rules.model import Body, Condition, Item, Pack, Score
from qinggong.rules.pack_files import open_pack
from qinggong.rules.spreadsheet import CHANGES, FORMS, HEAD, OTHERWISE, RELATIONS, SHEETS, STEPS, TYPES

EXAMPLE = "rule_template"


def pack_template(pack: str = "") -> bytes:
    """An XLSX template, with a pack written in it: the one named, or a small example.

    Raises
    ------
    PackError
        If the named pack cannot be read.
    """
    example = open_pack(pack or EXAMPLE).pack
    return workbook(as_sheets(example if pack else example.model_copy(update={"id": "my_rules"})))


def workbook(sheets: Mapping[str, list[list[Any]]]) -> bytes:
    import xlsxwriter  # type: ignore[import-untyped]

    buffer = io.BytesIO()
    # Texts stay texts: nothing that starts with = becomes a formula of the spreadsheet.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1)})
        head = book.add_format({"bold": True, "bg_color": "#DDE8F3", "text_wrap": True})
        body = book.add_format({"text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 30, 16)
            for row, line in enumerate(lines):
                for column, value in enumerate(line):
                    form = head if row == 0 or (name == "基本信息" and column == 0) else body
                    if isinstance(value, dt.date):
                        sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), day)
                    elif isinstance(value, bool):
                        sheet.write_string(row, column, "是" if value else "否", form)
                    elif isinstance(value, int | float):
                        sheet.write_number(row, column, value, form)
                    elif value is not None:
                        sheet.write_string(row, column, str(value), form)
    return buffer.getvalue()


def as_sheets(pack: Pack) -> dict[str, list[list[Any]]]:
    """A pack as the rows of the template's sheets."""
    writer = _Writer()
    head = pack.model_dump() | (pack.over.model_dump() if pack.over else {})
    head["requires"], head["applies"] = writer.text(pack.requires, "总要求"), writer.text(pack.applies, "适用范围条件")
    back = {v: k for k, v in STEPS.items()}
    lines: list[list[Any]] = [["项目", "内容", "说明"]]
    for label, key in HEAD:
        value: Any = head.get(key) or None
        if isinstance(value, tuple):
            value = "、".join(value)
        lines.append([label, back.get(value, value) if key == "step" else value, _HINTS.get(key)])
    sheets: dict[str, list[list[Any]]] = {"基本信息": lines}
    sheets["参数"] = [
        [p.code, p.name, p.unit, v.value, v.valid_from, v.valid_to, v.region, v.clause, v.mark]
        for p in pack.parameters for v in p.values
    ]  # fmt: skip
    types, changes = {v: k for k, v in TYPES.items()}, {v: k for k, v in CHANGES.items()}
    sheets["字段"] = [
        [f.code, f.name, f.name_en, types[f.type], f.unit, "、".join(f.aliases), f.minimum, f.maximum,
         "、".join(f.options),
         f.formula, "是" if f.judged else None, changes[f.change], f.cost, f.fixed_cost or None, f.step, f.note]
        for f in pack.fields
    ]  # fmt: skip
    for condition in pack.conditions:
        writer.condition(condition, "")
    scores = [line for score in pack.scores for line in writer.score(score)]
    levels = [
        [v.code, v.title, v.title_en, v.clause, v.mark, writer.text(v.when, f"等级条件{n}"), "是" if v.otherwise else None]
        for n, v in enumerate(pack.levels, start=1)
    ]  # fmt: skip
    sheets |= {"条件": writer.conditions, "评分": scores, "等级": levels, "检验": []}
    for name, columns in SHEETS.items():
        sheets[name] = [[label for label, _ in columns], *sheets[name]]
    names = list(dict.fromkeys(n for v in pack.vectors for record in v.records for n in record))
    sheets["检验"][0] = [*sheets["检验"][0], *names]
    for v in pack.vectors:
        missing = None if v.expect.missing is None else "、".join(v.expect.missing) or "无"
        own: list[Any] = [v.title, v.at, v.region, v.expect.outcome, v.expect.level, v.expect.score, missing]
        for record in v.records:
            sheets["检验"].append([*own, *(_written(record.get(n)) for n in names)])
            own = [None] * len(own)
    return {n: [[None if c == "" else c for c in line] for line in lines] for n, lines in sheets.items()}


def _written(value: Any) -> Any:
    return "、".join(map(str, value)) or "无" if isinstance(value, list) else value


class _Writer:
    """Rows of the sheet 条件; nested conditions get a code where they need one."""

    def __init__(self) -> None:
        self.conditions: list[list[Any]] = []
        self.count = 0

    def text(self, body: Body | None, code: str) -> str | None:
        """A body as a cell: its formula, or the code under which it now stands in the sheet."""
        if body is None or isinstance(body, str):
            return body
        self.condition(body.model_copy(update={"code": body.code or code}), "")
        return body.code or code

    def condition(self, body: Body, parent: str) -> None:
        one = Condition(test=body) if isinstance(body, str) else body
        code = one.code or ""
        if one.parts and not code:
            self.count += 1
            code = f"组合{self.count}"
        relation = {v: k for k, v in RELATIONS.items()}[one.combination]
        self.conditions.append(
            [code, one.title, one.title_en, one.clause, one.mark, parent, relation, one.at_least, one.test, one.note]
        )
        for part in one.parts:
            self.condition(part, code)

    def score(self, score: Score) -> list[list[Any]]:
        lines: list[list[Any]] = []
        for number, item in enumerate(score.items):
            first = [score.code, score.title, score.most] if number == 0 else [score.code, None, None]
            weight = None if item.weight == 1 else item.weight
            pairs = list(self._points(item, f"{score.code}_{number + 1}"))
            form = next((k for k, v in FORMS.items() if v and getattr(item, v) is not None), "数值")
            own = [item.code, item.title, item.clause, item.mark, item.of, weight, item.most, form]
            for place, (key, points) in enumerate(pairs or [(None, None)]):
                lines.append(
                    [*(first if place == 0 else [None] * 3), *(own if place == 0 else [None] * 8), key, points]
                )
        return lines

    def _points(self, item: Item, code: str) -> Iterator[tuple[Any, Any]]:
        if item.linear is not None:
            yield f"{item.linear.base} → {item.linear.lead}", item.linear.points
        for band in item.bands or ():
            yield band.within, band.points
        yield from (item.options or {}).items()
        for number, case in enumerate(item.cases or (), start=1):
            yield self.text(case.when, f"{code}_{number}"), case.points
        if item.otherwise is not None:
            yield OTHERWISE, item.otherwise


_HINTS = {
    "id": "小写英文、数字、下划线", "mark": "read 据原文、read_secondary 据转述、recalled 待核对、own 自定",
    "requires": "公式，或“条件”表中的编号；没有则看等级", "applies": "不满足的记录为“不适用”；可空",
    "by": "区分对象的列，用 、 隔开；只有跨时期的规则要填", "step": "月、统计月（1—2月合并）、季、半年、年、日",
    "valid_to": "仍有效的留空", "subject": "一条记录是什么，如 企业",
}  # fmt: skip
