"""Editions of a bulletin (版本): by period, by industry, by province, on one page; the flash note; the side file.

A stage of ``flow``. Editions belong to the release of their period; facts are made once for all that are asked for.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qinggong.catalogue.editions import Language
from qinggong.config import settings
from qinggong.editions.asked import edition_lines, edition_plan, find_edition, parse_span
from qinggong.editions.making import Made, ask, compose_one, make
from qinggong.editions.release_note import Noted, note
from qinggong.editions.side_files import add_edit, add_polished, begin, listed, notes_folder, side_name
from qinggong.editions.writing import place_of, remade, remade_release, write
from qinggong.intake import Progress, Workspace, quiet
from qinggong.periods import name as period_name
from qinggong.publish.bulletin import Composition
from qinggong.standing import FlowError

__all__ = [
    "Edited", "Made", "Noted", "Written", "edition", "edition_lines", "edition_plan", "find_edition", "make", "note",
    "parse_span", "remade", "remade_release", "side_file",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """Editions that were written: the folder, each with its place in the release, files and remarks."""

    folder: Path
    made: tuple[Made, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(p for m in self.made for p in m.problems)


def edition(
    workspace: Workspace,
    wanted: str,
    *,
    period: str = "",
    subjects: Sequence[str] = (),
    as_of: dt.date | None = None,
    language: Language = "zh",
    progress: Progress = quiet,
) -> Written:
    """Make an edition and put it into the release of its period.

    Parameters
    ----------
    wanted
        Id or Chinese name of the edition (``industry``, 行业版).
    period
        ``2024-08``, ``2024-Q3``, ``2024-H1`` or ``2024``; without it the newest complete one.
    subjects
        Industries or provinces by code or name, or ``all``.

    Raises
    ------
    FlowError
        If it cannot be made, or the release of its period is not there.
    ReleaseError
        If that release is published.
    """
    asked = ask(workspace, wanted, period=period, subjects=subjects, as_of=as_of, language=language)
    place_of(workspace, asked)  # before the work, not after it
    facts, done = make(workspace, asked, progress=progress)
    return Written(write(facts, asked, done), tuple(done))


@dataclass(frozen=True, slots=True)
class Edited:
    """A side file: where it lies, whether it is new, the paragraphs that can be rewritten, and what to look at."""

    path: Path
    new: bool
    paragraphs: tuple[tuple[str, str, str], ...]
    problems: tuple[str, ...]


def side_file(
    workspace: Workspace,
    *,
    wanted: str = "",
    period: str = "",
    subject: str = "",
    edit: str = "",
    polish: bool = False,
    write_it: bool = True,
    progress: Progress = quiet,
) -> Edited:
    """The side file of an edition: made with instructions if there is none, and looked through.

    Parameters
    ----------
    wanted
        The edition; without it the bulletin of the period.
    edit
        Anchor of a generated paragraph to add, quoted and ready to be changed.
    polish
        Ask the endpoint of the settings for better wording of each paragraph; what says the same is added as an edit.
    write_it
        If false, nothing is written; the paragraphs are only listed.

    Raises
    ------
    FlowError
        If the edition cannot be made, or there is no such paragraph.
    """
    if not wanted:
        kind = parse_span(period).kind if period else "month"
        wanted = {"month": "monthly", "quarter": "quarterly", "half": "half-year", "year": "yearly"}[kind]
    asked = ask(workspace, wanted, period=period, subjects=[subject] if subject else [])
    chosen = asked.edition
    facts, unit, done = compose_one(workspace, asked, progress=progress)
    path = notes_folder(workspace) / side_name(facts.span.code, chosen, unit.code if unit is not None else "")
    named = f"{period_name(facts.span.period)}{chosen.name}" + (f"（{unit.name}）" if unit is not None else "")
    new = begin(path, name=named, what=named, sections=done.bulletin.sections) if write_it else False
    if edit and write_it:
        add_edit(path, edit, done.generated)
    problems = done.problems
    if polish and write_it:
        problems += _polish(workspace, path, done, progress)
    return Edited(path, new, tuple(listed(done.generated)), problems)


def _polish(workspace: Workspace, path: Path, done: Composition, progress: Progress) -> tuple[str, ...]:
    """Polished paragraphs into the side file; why the others stay as they are."""
    from qinggong.publish.polish import polished, settings_of

    chosen = settings_of(settings(workspace.layout).polish)
    if chosen is None:
        raise FlowError(f"没有设置润色接口，请在 {workspace.layout.config} 中写上 [polish] 的 url 和 model")
    generated = dataclasses.replace(done.bulletin, sections=done.generated)
    progress(f"润色（{chosen.url}）")
    found, outcomes = polished(generated, chosen, catalogue=workspace.catalogue)
    added = add_polished(path, done.generated, found.sections)
    progress(f"{len(outcomes)}段送去润色，{added}段写入附加文字，请过目")
    titles = {s.key: s.title for s in done.generated}
    return tuple(f"{titles[o.section]}一段未采用润色：{o.reason}" for o in outcomes if not o.accepted)
