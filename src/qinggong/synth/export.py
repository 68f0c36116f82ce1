"""Synthetic rows as files (写成文件): Parquet or CSV parts in a folder, with the mark in names, rows and manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from qinggong.catalogue.synthetic import MARK, NOTICE, NOTICE_EN
from qinggong.synth.plan import VERSION, Plan, PlanError, relations

Format = Literal["parquet", "csv"]
MANIFEST = "manifest.json"
README = "README.md"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: folder, files and rows."""

    folder: Path
    files: tuple[str, ...]
    rows: int


def export_plan(
    plan: Plan,
    folder: Path,
    *,
    rows: int = 0,
    kind: Format = "parquet",
    progress: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write the rows of a plan into an empty folder, part by part, in the memory of one part.

    Parameters
    ----------
    rows
        Stop at exactly so many rows; 0 writes all.

    Raises
    ------
    PlanError
        If the folder holds something, or the plan has fewer rows than were asked for.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PlanError(f"“{folder}”已有内容，请换一个空文件夹")
    folder.mkdir(parents=True, exist_ok=True)
    written, files = 0, list[str]()
    for relation, count in relations(plan):
        if rows and written + count > rows:
            count = rows - written
            relation = relation.limit(count)
        name = f"{MARK}-{len(files):05d}.{kind}"
        if kind == "parquet":
            relation.write_parquet(str(folder / name), compression="zstd")
        else:
            relation.write_csv(str(folder / name), header=True)
        written += count
        files.append(name)
        progress(f"{MARK}：{written:,} 行")
        if written == rows:
            break
    if written < rows:
        raise PlanError(
            f"该方案只有 {written:,} 行，少于 --rows {rows:,}，请增加 --months，或加上 --returns、--trade、--full"
        )
    _describe(plan, folder, files, written)
    return Exported(folder, tuple(files), written)


def _describe(plan: Plan, folder: Path, files: list[str], rows: int) -> None:
    described = {
        "synthetic": True, "notice": NOTICE, "notice_en": NOTICE_EN, "generator_version": VERSION, "seed": plan.seed,
        "end": plan.end, "months": plan.months, "parts": list(plan.parts), "detail": plan.detail, "rows": rows,
        "files": files,
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    text = (
        f"# {NOTICE}\n\n{NOTICE_EN}.\n\n"
        f"{rows:,} 行，种子 {plan.seed}，截至 {plan.end} 的 {plan.months} 个月；每行的发布机构都带“{MARK}”字样。\n"
        "只供容量与负载试验，不得当作统计数字使用。\n"
    )
    (folder / README).write_text(text, encoding="utf-8")
