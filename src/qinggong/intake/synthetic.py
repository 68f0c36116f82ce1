"""Synthetic data into workspaces of their own (合成数据工作区), and never anywhere else.

The archived file of such a workspace is the plan: seed and months. Its rows are generated again whenever the store is
built anew, so a replay works as with any other file. Where real figures are kept, whatever carries the mark is
refused; where synthetic ones are kept, every other file is.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import yaml

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.prosperity import load_level_index
from qinggong.catalogue.synthetic import MARK, SOURCE, is_marked, publisher_name
from qinggong.config import WorkspaceError, create, settings, writing
from qinggong.intake.workspace import Workspace
from qinggong.sources.freeze import Frozen, archived, freeze, sweep, thawed
from qinggong.store.base import Snapshot, winners
from qinggong.synth.plan import FILE, VERSION, Plan, PlanError, read_plan, relations
from qinggong.validate import Finding

SHAPE = "合成数据方案"
ORIGIN = SOURCE
"""The origin of an archived plan."""
_PUBLISHERS = "sources/publishers.yaml"


def is_synthetic(workspace: Workspace) -> bool:
    """True if the workspace is for synthetic data: its settings say so, or a plan is in its archive."""
    return holds_plan(workspace) or settings(workspace.layout).synthetic


def holds_plan(workspace: Workspace) -> bool:
    """True if a plan is in the workspace's archive."""
    return any(f.origin == ORIGIN for f in archived(workspace.layout.raw))


def refusal(workspace: Workspace, file: str, content: bytes) -> Finding | None:
    """Why a file must not go into this workspace: synthetic and real figures are never mixed; ``None`` if it may."""
    if is_synthetic(workspace):
        message, advice = (
            "本工作区只装合成数据，不收真实文件",
            "请导入真实数据的工作区，或用 qinggong synth 生成合成数据",
        )
    elif is_marked(content):
        message, advice = f"文件带有“{MARK}”标记，不能导入真实数据的工作区", "请另建工作区（qinggong init --synthetic）"
    else:
        return None
    return Finding("synthetic-data", "error", file, 0, "", "", "", message, advice)


def create_synthetic(root: Path, plan: Plan) -> Workspace:
    """Make a synthetic workspace: the mark in its settings, the publishers' names with the mark in its catalogue.

    Raises
    ------
    WorkspaceError
        If there is a workspace of real figures, or one of another seed.
    """
    workspace = Workspace(create(root, synthetic=True))
    if not is_synthetic(workspace):
        raise WorkspaceError(f"“{root}”是真实数据的工作区，合成数据不能放进去，请换一个空文件夹")
    held = plans_in(workspace)
    if any((p.seed, p.end, p.months, p.detail) != (plan.seed, plan.end, plan.months, plan.detail) for p in held[:1]):
        raise WorkspaceError(
            f"“{root}”已有种子为 {held[0].seed}、截至 {held[0].end} 的 {held[0].months} 个月合成数据，请换一个空文件夹"
        )
    own = workspace.layout.root / "catalogue" / _PUBLISHERS
    if not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(_marked_publishers(), encoding="utf-8")
    return Workspace(workspace.layout)


def _marked_publishers() -> str:
    """All bodies under the names that synthetic rows give them; their real names stay as further names."""
    catalogue = load_catalogue()
    header = catalogue.headers[_PUBLISHERS]
    entries = [
        {"code": p.code, "name": publisher_name(p.name), "aliases": [p.name, *p.aliases]}
        for p in catalogue.publishers.values()
    ]
    document = {
        "id": "publishers", "title": f"发布机构（{MARK}）", "source": "由 qinggong init --synthetic 写出",
        "read_at": header.read_at, "valid_from": header.valid_from, "entries": entries,
    }  # fmt: skip
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def plans_in(workspace: Workspace) -> list[Plan]:
    """The plans in the archive, in the order in which they came."""
    raw = workspace.layout.raw
    found = (read_plan(thawed(raw, f)) for f in archived(raw) if f.origin == ORIGIN)
    return [plan for plan in found if plan is not None]


def further_plan(workspace: Workspace, parts: tuple[str, ...]) -> Plan:
    """The plan of further parts of the history that a synthetic workspace holds.

    Raises
    ------
    WorkspaceError
        If the workspace is not synthetic.
    """
    held = plans_in(workspace) if is_synthetic(workspace) else []
    if not held:
        raise WorkspaceError(
            f"“{workspace.layout.root}”不是合成数据的工作区，合成数据不能放进去，请先运行 qinggong init --synthetic"
        )
    return dataclasses.replace(held[0], parts=parts)


def add_plan(workspace: Workspace, plan: Plan) -> int | None:
    """Archive a plan and put its rows into the store; the number of rows, ``None`` if they are in already.

    Raises
    ------
    WorkspaceError
        If the workspace is not synthetic, or its archive holds other files.
    """
    layout = workspace.layout
    if not is_synthetic(workspace):
        raise WorkspaceError(f"“{layout.root}”是真实数据的工作区，合成数据不能放进去，请换一个空文件夹")
    with writing(layout):
        if any(f.origin != ORIGIN for f in archived(layout.raw)):
            raise WorkspaceError(f"“{layout.root}”的原始档里有真实文件，合成数据不能放进去，请换一个空文件夹")
        sweep(layout.raw)
        frozen = freeze(layout.raw, name=FILE, content=plan.as_file(), now=plan.known_at, origin=ORIGIN)
        return pour(workspace, frozen, plan)


def national_snapshot(workspace: Workspace, *, as_of: dt.date | None = None) -> Snapshot:
    """What was known of the country in the indicators that the bulletin tells, and of the provinces what their level
    indices are made from: a small part of a synthetic store.

    The store of a synthetic workspace holds more of every province, and returns and trade by the million if they were
    asked for; the bulletin uses none of them.
    """
    catalogue, index = workspace.catalogue, load_level_index(overlay=workspace.layout.catalogue)
    of_index = {"revenue", "profit"} | {c.indicator for c in index.components}
    indicators = _indicators(workspace.plan.model_dump()) | of_index
    codes = sorted({catalogue.indicator(name).code for name in indicators})
    members = [m.subjects[0] for m in catalogue.groups[index.subjects.group].members if m.subjects]
    wanted = [(key, "CN", code) for key in catalogue.known_subjects for code in codes]
    wanted += [
        (key, region, code) for key in members for region in catalogue.regions if region != "CN"
        for code in sorted(of_index)
    ]  # fmt: skip
    store = workspace.store
    rows = store.of_series(wanted)
    known = (o for o in rows if as_of is None or (o.published_at is not None and o.published_at <= as_of))
    return Snapshot(tuple(winners(known)), as_of, None, store.version)


def _indicators(described: Any) -> set[str]:
    """All indicators that a bulletin's plan names, at any depth."""
    if isinstance(described, dict):
        found = set().union(*(_indicators(v) for v in described.values()))
        return found | {v for k, v in described.items() if k == "indicator" and isinstance(v, str)}
    if isinstance(described, list | tuple):
        return set().union(*(_indicators(v) for v in described))
    return set()


def pour(workspace: Workspace, frozen: Frozen, plan: Plan) -> int | None:
    """Generate a plan's rows into the store as one commit, in constant memory; ``None`` if they are in already."""
    rows = (relation for relation, _ in relations(plan, known_at=frozen.known_at))
    return workspace.store.append_parts(rows, transaction=f"{frozen.sha256}-v{VERSION}")


def plan_of(frozen: Frozen, content: bytes) -> Plan | None:
    """The plan of an archived file, if it is one that this program archived.

    Raises
    ------
    WorkspaceError
        For a plan that this program cannot carry out.
    """
    if frozen.origin != ORIGIN:
        return None
    try:
        return read_plan(content)
    except PlanError as error:
        raise WorkspaceError(str(error)) from error
