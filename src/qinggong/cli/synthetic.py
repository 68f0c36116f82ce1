"""Synthetic data on the command line (合成数据): a workspace of its own, or files; never real figures beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from qinggong.cli.running import (
    DEFAULT,
    EXIT_USAGE,
    WorkspaceOption,
    fail,
    guarded,
    opened_at,
    progress_to,
)

SeedOption = Annotated[int, typer.Option("--seed", metavar="N", help="合成数据的种子 / seed of synthetic data")]
MonthsOption = Annotated[int, typer.Option("--months", metavar="N", help="合成数据的月数 / months of synthetic data")]
EndOption = Annotated[str, typer.Option("--end", metavar="YYYY-MM", help="合成数据的截止月份 / its last month")]
FullOption = Annotated[
    bool, typer.Option("--full", help="每个行业、省、指标都公布 / every industry, province and indicator")
]

FORMATS: tuple[Literal["parquet", "csv"], ...] = ("parquet", "csv")


def init_synthetic(workspace: Path, *, seed: int, months: int, end: str, full: bool) -> None:
    """Make a synthetic workspace and say what is in it."""
    from qinggong import flow

    plan = guarded(lambda: flow.Plan(seed=seed, end=end, months=months, detail=_detail(full)))
    made, rows = guarded(lambda: flow.init_synthetic(workspace, plan, progress=progress_to(quiet=False)))
    typer.echo(f"合成数据工作区已就绪：{made.layout.root}（新增{rows:,}行；数字由程序生成，不是真实统计）")


def synth(
    workspace: WorkspaceOption = DEFAULT,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="写成文件，不入库 / write files instead")] = "",
    rows: Annotated[str, typer.Option("--rows", metavar="N", help="写到 N 行为止，可写 1e8 / stop at N rows")] = "",
    form: Annotated[str, typer.Option("--format", metavar="NAME", help="parquet 或 csv / of the files")] = "parquet",
    published: Annotated[bool, typer.Option("--published", help="各机构发布的序列 / published series")] = False,
    returns: Annotated[bool, typer.Option("--returns", help="企业月报表 / enterprises' monthly returns")] = False,
    trade: Annotated[bool, typer.Option("--trade", help="海关式明细 / customs-like rows")] = False,
    seed: SeedOption = 1,
    months: MonthsOption = 120,
    end: EndOption = "2025-12",
    full: FullOption = False,
) -> None:
    """生成合成数据：加入合成数据工作区，或用 --out 写成文件。 / Generate synthetic data: into a synthetic workspace, or as files."""
    from qinggong import flow

    chosen = {"published": published, "returns": returns, "trade": trade}
    parts = tuple(name for name, wanted in chosen.items() if wanted)
    if not out:
        if rows or not parts or published:
            fail("请用 --returns 或 --trade 写明要加入合成数据工作区的部分，或用 --out 写成文件", EXIT_USAGE)
        opened = opened_at(workspace, make=False)
        added = guarded(lambda: flow.add_synthetic(opened, parts, progress=progress_to(quiet=False)))
        typer.echo(f"已加入 {opened.layout.root}：新增{added:,}行合成数据。")
        return
    kind = next((k for k in FORMATS if k == form), None)
    if kind is None:
        fail(f"不认识的文件格式“{form}”，可用：{'、'.join(FORMATS)}", EXIT_USAGE)
    wanted = _count(rows)
    plan = guarded(
        lambda: flow.Plan(seed=seed, end=end, months=months, parts=parts or flow.PARTS, detail=_detail(full))
    )
    done = guarded(lambda: flow.export_plan(plan, Path(out), rows=wanted, kind=kind, progress=progress_to(quiet=False)))
    typer.echo(f"合成数据：{done.folder}，{len(done.files)}个文件，{done.rows:,}行（由程序生成，不是真实统计）")


def _count(text: str) -> int:
    """A number of rows such as 100000 or 1e8; 0 for none."""
    try:
        number = float(text.replace(",", "") or 0)
    except ValueError:
        number = -1.0
    if not (0 <= number < 1e12 and number == int(number)) or (text and number == 0):
        fail(f"不认识的行数“{text}”，请写成 100000 或 1e8", EXIT_USAGE)
    return int(number)


def _detail(full: bool) -> Literal["usual", "full"]:
    return "full" if full else "usual"
