"""Editions into their release (各版本入发布物): beside the bulletin of the same facts, listed in its manifest.

The quarterly, half-yearly and yearly bulletin is a release of its own; every other edition belongs to the release of
its period, and is refused if that was made from other figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from qinggong import __version__
from qinggong.catalogue.official import catalogue_hash
from qinggong.catalogue.publication import load_publication_calendar
from qinggong.config import writing
from qinggong.editions.asked import edition_plan, find_edition, parse_span
from qinggong.editions.facts import Facts, gathered, laid_out, subjects_of, units_of
from qinggong.editions.making import Asked, Made, made, verdict
from qinggong.intake import Workspace
from qinggong.monitor.facts import Brief
from qinggong.periods import name as period_name
from qinggong.publication import RENDERED_BY, add_files, place, refuse_published, terms_now
from qinggong.publish import shelf
from qinggong.publish.states import manifest_bytes
from qinggong.sources.freeze import archived
from qinggong.standing import FlowError
from qinggong.store.base import Snapshot

EDITIONS, MAIN = "editions", "bulletin"
OWN_RELEASE = {"quarterly": "quarter", "half-year": "half", "yearly": "year"}
"""Editions that are the release of their kind of period."""


def is_release(asked: Asked) -> bool:
    """Whether the edition is the release of its period itself."""
    return OWN_RELEASE.get(asked.edition.id) == asked.span.kind and asked.language == "zh"


def place_of(workspace: Workspace, asked: Asked) -> Path | None:
    """The release that an edition belongs to; ``None`` for one that is a release itself.

    Raises
    ------
    FlowError
        If there is no release that it belongs to, or it was made from other figures.
    ReleaseError
        If that release is published.
    """
    layout, span, as_of = workspace.layout, asked.span, asked.as_of
    if not as_of:
        refuse_published(workspace, span.code)
    if is_release(asked):
        return None
    draft = layout.drafts / (f"{span.code}@{as_of.isoformat()}" if as_of else span.code)
    places = [draft] if as_of else [layout.releases / span.code, draft]
    found = next((p for p in places if (p / shelf.MANIFEST).is_file()), None)
    command = _command(asked)
    if found is None:
        raise FlowError(f"{period_name(span.period)}的全行业版还没有编制，请先运行 {command}")
    read = shelf.read_manifest(found)
    same = read.get("store_version") == asked.snapshot.version
    if not same or read.get("catalogue_sha256") != catalogue_hash(overlay=layout.catalogue):
        raise FlowError(f"{found.name} 编制以后数据或目录有变，各版本会不一致，请先重新运行 {command}")
    return found


def _command(asked: Asked) -> str:
    """What makes the release of a span."""
    when = f" --as-of {asked.as_of.isoformat()}" if asked.as_of else ""
    if asked.span.kind == "month":
        return f"qinggong run --month {asked.span.code}{when}"
    name = {"quarter": "季报", "half": "半年报", "year": "年报"}[asked.span.kind]
    return f"qinggong edition {name} --period {asked.span.code}{when}"


def write(facts: Facts, asked: Asked, done: Sequence[Made]) -> Path:
    """Put editions of one kind into their place; the folder that holds them.

    Raises
    ------
    FlowError, ReleaseError
        See :func:`place_of`.
    """
    folder = place_of(facts.workspace, asked)
    if folder is None:
        return _own_release(facts, done[0])
    files = {f"{made.place}/{name}": content for made in done for name, content in made.files.items()}
    told = dict(shelf.read_manifest(folder).get(EDITIONS, {}))
    told |= {made.place.removeprefix("editions/"): described(made) for made in done}
    held = [reason for made in done for reason in made.held]
    add_files(facts.workspace, folder, files, also={EDITIONS: told} | ({"held": held} if held else {}))
    return folder / "editions" / done[0].place.split("/")[1] if len(done) > 1 else folder / done[0].place


def described(made: Made) -> dict[str, Any]:
    """What a manifest says of an edition, and making it again needs."""
    return {
        "id": made.edition.id, "language": made.language, "subject": made.subject, "title": made.title,
        "side_file": made.side or None,
    }  # fmt: skip


def _own_release(facts: Facts, made: Made) -> Path:
    """A quarterly, half-yearly or yearly bulletin as the release of its period."""
    workspace, brief, span = facts.workspace, facts.brief, facts.span
    layout = workspace.layout
    terms = terms_now(workspace, brief)
    planned = load_publication_calendar(layout.publication_calendar).moment(span.code)
    check = verdict(facts, made.files["bulletin.html"]) if "bulletin.html" in made.files else {"errors": 0}
    told: dict[str, Any] = {
        "format": 1, "title": made.title, "synthetic": brief.synthetic, "month": span.code,
        "period_name": period_name(span.period), "edition": 1, "note": "", "as_of": brief.as_of or None,
        "known": terms.known.isoformat(), "release_date": brief.release_date,
        "publication": planned.isoformat() if planned is not None and not brief.as_of else None,
        "issuer": {**terms.issuer, "title": made.title}, "previous": None, "store_version": facts.snapshot.version,
        "findings": terms.findings, "code_version": __version__,
        "library_versions": {name: metadata.version(name) for name in RENDERED_BY},
        "catalogue_sha256": catalogue_hash(overlay=layout.catalogue),
        "inputs": [
            {"name": f.name, "sha256": f.sha256, "known_at": f.known_at.isoformat(), "bytes": f.size}
            for f in archived(layout.raw)
        ],
        "facts": len(brief.book), "characters_not_in_font": made.missing_characters, "check": check,
        "held": [*([f"核对发现{check['errors']}处错误"] if check["errors"] else []), *made.held], "not_included": {},
        MAIN: described(made),
    }  # fmt: skip
    with writing(layout):
        folder, state = place(workspace, span.code, told)
        manifest = {**told, "state": state, "files": shelf.listed_files(made.files)}
        shelf.write(folder, {**made.files, shelf.MANIFEST: manifest_bytes(manifest)})
        if not brief.as_of:
            shelf.list_releases(layout.releases)
    return folder


# ------------------------------------------------------------------------------------------- made again


def remade(
    workspace: Workspace, snapshot: Snapshot, brief: Brief | None, manifest: Mapping[str, Any]
) -> dict[str, bytes]:
    """The files of all editions that a release lists, made again from its brief (``rebuilding.Further``); without a
    brief all files of a quarter, half or year."""
    if brief is None:
        return remade_release(workspace, snapshot, manifest)
    return _made_again(workspace, snapshot, brief, manifest, dict(manifest.get(EDITIONS, {})))


def remade_release(workspace: Workspace, snapshot: Snapshot, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """All files of the release of a quarter, half or year, made again.

    Raises
    ------
    FlowError
        If nothing is known of it.
    """
    plan, span = edition_plan(workspace), parse_span(str(manifest["month"]))
    listed = {"": manifest[MAIN], **manifest.get(EDITIONS, {})}
    wanted = [find_edition(plan, str(one["id"])) for one in listed.values()]
    as_of = dt.date.fromisoformat(manifest["as_of"]) if manifest["as_of"] else None
    facts = gathered(workspace, span, wanted, as_of=as_of, snapshot=snapshot)
    return _made_again(workspace, snapshot, facts.brief, manifest, listed)


def _made_again(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, manifest: Mapping[str, Any],
    listed: Mapping[str, Mapping[str, Any]],
) -> dict[str, bytes]:  # fmt: skip
    plan, span = edition_plan(workspace), parse_span(str(manifest["month"]))
    sides = {
        (str(one["id"]), str(one["subject"]), str(one["language"])): str(one["side_file"] or "")
        for one in listed.values()
    }
    facts = laid_out(workspace, plan, span, snapshot, brief, sides)
    files: dict[str, bytes] = {}
    for key, one in listed.items():
        edition = find_edition(plan, str(one["id"]))
        subjects = subjects_of(facts, edition, [str(one["subject"])] if one["subject"] else [])
        for unit in units_of(facts, edition, subjects):
            again = made(facts, edition, unit, language=one["language"])
            where = f"editions/{key}/" if key else ""
            files |= {f"{where}{name}": content for name, content in again.files.items()}
    return files
