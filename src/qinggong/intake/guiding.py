"""A workbook of an unknown layout (新版式): propose how to read it, let a person confirm, remember it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path, PurePath

from qinggong.catalogue import CatalogueError
from qinggong.intake.workspace import Workspace
from qinggong.sources import UnreadableFile
from qinggong.sources.proposal import confirm, propose, save


@dataclass(frozen=True, slots=True)
class Guided:
    """A proposal written for a person: the file to look at, and what it says in one Chinese sentence."""

    layout: Path
    summary: str


def propose_layouts(workspace: Workspace, path: Path, *, day: dt.date) -> list[Guided]:
    """Write a proposal for each sheet that can be read as series; nothing is taken in until it is confirmed."""
    overlay = workspace.layout.root / "catalogue"
    try:
        found = propose(PurePath(path.name), path.read_bytes(), catalogue=workspace.catalogue, day=day)
    except (UnreadableFile, OSError):
        return []
    if found:
        overlay.mkdir(exist_ok=True)
    return [Guided(save(proposal, overlay), proposal.summary) for proposal in found]


def confirm_layout(path: Path) -> str:
    """Mark a proposed layout as confirmed; returns its name.

    Raises
    ------
    CatalogueError
        If the file is no valid layout; the message names the line.
    """
    if not path.is_file():
        raise CatalogueError(f"{path}: no such layout; qinggong ingest writes one for an unknown workbook")
    return confirm(path).id
