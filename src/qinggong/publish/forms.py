"""The collection form (填报表): a month's missing figures as a sheet that ``qinggong ingest`` reads back."""

from __future__ import annotations

from collections.abc import Sequence

from qinggong.publish.xlsx import Sheet, SheetColumn, render_workbook

HEADS = (
    "时期", "地区", "行业或商品", "指标", "度量", "数值", "单位", "发布标题", "发布日期", "发布机构", "页面地址",
    "上期", "上期数值", "应发布日期",
)  # fmt: skip
_WIDTHS = (20, 8, 30, 18, 8, 12, 10, 30, 12, 20, 30, 20, 12, 14)
NOTE = "请在“数值”栏填写，并补“发布标题”“发布日期”“页面地址”；没有的留空。“上期”各栏供核对，不会导入。填好后：qinggong ingest 本文件"


def render_form(rows: Sequence[Sequence[str]], *, month_name: str, release_time: str, mark: str = "") -> bytes:
    """One row a missing figure; the columns are :data:`HEADS`."""
    columns = tuple(SheetColumn(head, "text", width) for head, width in zip(HEADS, _WIDTHS, strict=True))
    sheet = Sheet("待补数字", f"{month_name}待补数字", columns, [tuple(r) for r in rows], NOTE)
    return render_workbook([sheet], release_time=release_time, mark=mark)
