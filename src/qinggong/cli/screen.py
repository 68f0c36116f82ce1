"""What commands show (屏幕显示): results as short lines and tables, or as plain values for JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from qinggong.flow import Ingested, Released, Replayed, Standing

MARKS = {"error": "✗", "warning": "！", "info": "·"}
LISTED = 20


def ingested_dict(one: Ingested) -> dict[str, Any]:
    return {
        "file": one.file, "shape": one.shape, "sha256": one.sha256, "added": one.added, "repeated": one.repeated,
        "blank": one.blank, "rejected": one.rejected, "known_file": one.known_file,
        "findings": [f.as_dict() for f in one.findings],
    }  # fmt: skip


def show_ingested(one: Ingested) -> None:
    blank = f"，未填{one.blank}行" if one.blank else ""
    if one.known_file:
        typer.echo(f"{one.file}：此前已导入，没有新增。")
    elif one.shape:
        typer.echo(
            f"{one.file}：识别为{one.recognised or one.shape}；新增{one.added}个数字，重复{one.repeated}个{blank}，未入库{one.rejected}行。"
        )
    for severity, most in (("error", LISTED), ("warning", 10), ("info", 5)):
        found = one.sentences(severity)
        for sentence in found[:most]:
            typer.echo(f"  {MARKS[severity]} {sentence}")
        if len(found) > most:
            where = "见 --json" if severity == "info" else "用 qinggong findings 查看"
            typer.echo(f"  {MARKS[severity]} 另有{len(found) - most}组，{where}。")


def replayed_dict(done: Replayed) -> dict[str, Any]:
    return {
        "same": done.same, "replaced": done.replaced, "rows": done.rows, "damage": done.damage,
        "kept": str(done.kept) if done.kept else None, "files": [ingested_dict(i) for i in done.files],
        "lost": [row_dict(o) for o in done.lost], "gained": [row_dict(o) for o in done.gained],
    }  # fmt: skip


def row_dict(o: Any) -> dict[str, Any]:
    return {
        "series_id": o.series.id, "period": o.period.code, "printed": o.printed, "printed_unit": o.printed_unit,
        "raw_sha256": o.raw_sha256, "row": o.row,
    }  # fmt: skip


def show_replayed(done: Replayed) -> None:
    """What a replay made, the rows that differ listed."""
    names = {i.sha256: i.file for i in done.files}
    for what, rows in (("现有而重建后没有", done.lost), ("现无而重建后增加", done.gained)):
        for o in rows[:LISTED]:
            place = f"{names.get(o.raw_sha256, o.raw_sha256[:12])} 第{o.row}行"
            typer.echo(f"  {what}：{place} {o.series.id} {o.period.code} {o.printed}{o.printed_unit}")
        if len(rows) > LISTED:
            typer.echo(f"  {what}：另有{len(rows) - LISTED}行（全部见 --json）")
    said = "内容相同" if done.same else f"少{len(done.lost)}行，多{len(done.gained)}行"
    if done.damage:
        said = f"无法与原表比较（{done.damage}）"
    typer.echo(f"由{len(done.files)}个文件重建，共{done.rows}行；{said}。")
    if done.replaced:
        typer.echo("已替换。" + (f"原表另存于 {done.kept}。" if done.kept else ""))
    elif done.lost:
        typer.echo("观测表未改动。重建后少的行是今天的目录或核查规则不收的；确认以重建结果为准，请用 --force。")


def released_dict(done: Released) -> dict[str, Any]:
    from qinggong import flow

    return {
        "month": f"{done.month.year}-{done.month.last:02d}",
        "state": done.state,
        "as_of": done.brief.as_of or None,
        "folder": str(done.folder),
        "files": list(done.files),
        "figures": [
            dict(zip(("period", "indicator", "level", "growth", "change"), row, strict=True))
            for row in flow.main_figures(done)
        ],
        "missing_characters": done.missing_characters,
        "ingested": [ingested_dict(i) for i in done.ingested],
    }


def show_released(done: Released) -> None:
    """A short table of the main facts, then the paths."""
    from rich.console import Console
    from rich.table import Table

    from qinggong import flow

    for one in done.ingested:
        if one.rejected:
            show_ingested(one)
    table = Table(title=f"{done.month.year}年{done.month.last}月 主要数字", title_justify="left")
    table.add_column("时期", no_wrap=True)
    table.add_column("指标")
    for head in ("绝对量", "同比", "变化（百分点）"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in flow.main_figures(done):
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    for file in done.files:
        if file.startswith("bulletin"):
            typer.echo(f"月报：{done.folder / file}")
    typer.echo(f"数据：{done.folder / 'data'}")
    typer.echo(f"清单：{done.folder / 'manifest.json'}")
    if done.folder.parent.name == "drafts" and not done.brief.as_of:
        code = f"{done.month.year}-{done.month.last:02d}"
        said = "有待改正，是草稿" if done.state == "draft" else f"尚未发布，到时运行 qinggong publish {code}"
        typer.echo(f"状态：{said}。")
    if done.missing_characters:
        typer.echo(f"注意：字体缺字“{done.missing_characters}”，PDF 和图中显示为空框，请检查所引标题或名称。", err=True)


def standing_dict(standing: Standing) -> dict[str, Any]:
    figures = [
        {
            "known": f.known, "name": f.missing.name, "indicator": f.missing.indicator_name,
            "measure": f.missing.measure,
            "period": f.missing.period.code, "publisher": f.missing.publisher, "expected": f.missing.expected,
            "announced": f.missing.announced, "last_period": f.last_period.code if f.last_period else None,
            "last": f.last_printed,
        }
        for f in standing.figures
    ]  # fmt: skip
    return {
        "month": f"{standing.month.year}-{standing.month.last:02d}",
        "complete": standing.completeness.complete,
        "known": sum(1 for f in standing.figures if f.known),
        "expected": len(standing.figures),
        "figures": figures,
    }
