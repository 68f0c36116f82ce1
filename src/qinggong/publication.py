"""From a brief to a written release (发布): documents, data files and the manifest that describes them.

A stage of ``flow``: composes and renders; what is printed was decided before. Rendering is apart from writing, so that
a release can be made again and compared (``issuing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from qinggong import __version__
from qinggong.catalogue.official import catalogue_hash
from qinggong.catalogue.publication import load_publication_calendar
from qinggong.config import settings, writing
from qinggong.data_release import Correction, Terms, data_release, plain_rows
from qinggong.intake import Ingested, Progress, Workspace
from qinggong.monitor.block_analysis import SeriesFigures, ranked
from qinggong.monitor.facts import Brief
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish import shelf
from qinggong.publish.side_file import load
from qinggong.publish.states import State, folder_name, published_form
from qinggong.sources.freeze import archived
from qinggong.store.base import Snapshot

if TYPE_CHECKING:
    from qinggong.publish.template_shelf import Chosen

RENDERED_BY = ("brotli", "duckdb", "fonttools", "jinja2", "lxml", "typst", "vl-convert-python", "xlsxwriter")
"""Libraries on which the bytes of a release depend; a manifest names their versions."""
SDMX_BY = ("sdmx1", "pandas")
FINDINGS = "findings"
FIRST = Correction()


@dataclass(frozen=True, slots=True)
class Released:
    """A written release."""

    month: Period
    folder: Path
    files: tuple[str, ...]
    brief: Brief
    ingested: tuple[Ingested, ...]
    missing_characters: str = ""
    state: str = "checked"


@dataclass(frozen=True, slots=True)
class Rendered:
    """All files of a release but the manifest, and what the manifest says beside their hashes and the state."""

    files: dict[str, bytes]
    described: dict[str, Any]


def publish(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, ingested: list[Ingested], progress: Progress,
    figures: SeriesFigures | None = None, *, correction: Correction = FIRST, template: Chosen = None,
) -> Released:  # fmt: skip
    """Render a release and put it in its place: among the releases, or among the drafts (``place``).

    Parameters
    ----------
    correction
        Which edition it is.
    template
        Look of the Word file (``publish.template_shelf``); kept in the workspace.

    Raises
    ------
    ReleaseError
        If the release is published.
    """
    code = month_code(brief.month)
    if not brief.as_of:
        refuse_published(workspace, folder_name(code, correction.edition))
    terms = terms_now(workspace, brief, correction, template)
    made = rendered(workspace, snapshot, brief, terms, progress, figures)
    with writing(workspace.layout):
        folder, state = place(workspace, code, made.described)
        described = {**made.described, "state": state}
        shelf.write(folder, {**made.files, shelf.MANIFEST: shelf.manifest(made.files, described)})
        if not brief.as_of:
            _leave_one(workspace, folder)
            shelf.list_releases(workspace.layout.releases)
    files = tuple(sorted({*made.files, shelf.MANIFEST}))
    missing = str(described["characters_not_in_font"])
    return Released(brief.month, folder, files, brief, tuple(ingested), missing, state)


def month_code(month: Period) -> str:
    """The month of a bulletin as folders are named: ``2024-08``."""
    return f"{month.year}-{month.last:02d}"


def refuse_published(workspace: Workspace, name: str) -> None:
    """Stop before the work is done if a release is published already.

    Raises
    ------
    ReleaseError
        Saying how to correct it.
    """
    for base in (workspace.layout.releases, workspace.layout.drafts):
        if shelf.state_of(base / name) == "published":
            raise shelf.refusal(name, "published")


def place(workspace: Workspace, code: str, described: Mapping[str, Any]) -> tuple[Path, State]:
    """Where a release is written, and in which state.

    Among the releases lies only what may be read at once: checked, not under the calendar, not waiting for a
    signature, no correction. All else is a draft until it is published.
    """
    layout = workspace.layout
    name = folder_name(code, described["edition"])
    if described["as_of"]:
        return layout.drafts / f"{name}@{described['as_of']}", "draft"
    if described["held"]:
        return layout.drafts / name, "draft"
    waits = described["publication"] or described["edition"] > 1 or settings(layout).release.require_signature
    return (layout.drafts if waits else layout.releases) / name, "checked"


def _leave_one(workspace: Workspace, folder: Path) -> None:
    """An unpublished release lies in one place only: an older one of the same name elsewhere goes."""
    layout = workspace.layout
    if folder.parent == layout.releases:
        shelf.remove(layout.drafts / folder.name)
    elif shelf.state_of(layout.releases / folder.name) != "published":
        shelf.remove(layout.releases / folder.name)


def add_files(
    workspace: Workspace, folder: Path, files: Mapping[str, bytes], *, also: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Add files to an unpublished release under the workspace's lock, with its manifest written anew.

    ``also`` sets entries of the manifest: with ``{"held": [reason, …]}`` the release becomes a draft and leaves the
    releases. See :func:`qinggong.publish.shelf.add_files`.
    """
    layout = workspace.layout
    with writing(layout):
        described = shelf.add_files(folder, files, also=also)
        if folder.parent == layout.releases:
            if described["state"] == "draft":
                shelf.remove(layout.drafts / folder.name)
                shelf.move(folder, layout.drafts / folder.name)
            shelf.list_releases(layout.releases)
    return described


# ------------------------------------------------------------------------------------------------- terms


def terms_now(
    workspace: Workspace, brief: Brief, correction: Correction = FIRST, template: Chosen = None
) -> Terms:  # fmt: skip
    """The terms of a release made now."""
    layout, code = workspace.layout, month_code(brief.month)
    set_up = settings(layout)
    title = set_up.title or workspace.plan.title
    edition = correction.edition
    planned = load_publication_calendar(layout.publication_calendar).moment(folder_name(code, edition))
    moment = correction.moment or (planned.isoformat() if planned is not None else "")
    return Terms(
        title=title,
        known=max(f.known_at for f in archived(layout.raw)),
        findings=findings_held(layout.findings),
        issuer={
            "title": title, "publisher": set_up.release.publisher, "agency": set_up.release.agency,
            "address": set_up.release.address, "licence": set_up.release.licence, "sdmx": set_up.release.sdmx,
        },
        publication="" if brief.as_of else moment,
        edition=edition,
        note=correction.note,
        previous=_previous(layout.releases, code, edition, brief.release_date),
        template=_kept(layout.templates, template),
        side=load(layout.root / "notes" / f"{code}.md"),
    )  # fmt: skip


def look_before(workspace: Workspace, code: str) -> Path | str:
    """The look of the Word file of a month's newest release, for ``flow.run``."""
    there = shelf.current(workspace.layout.releases, code)
    if there is None or not there[1].get("template"):
        return ""
    from qinggong.publish.template_shelf import kept_choice

    return kept_choice(workspace.layout.templates, there[1]["template"])


def _kept(folder: Path, template: Chosen) -> str:
    if template is None:
        return ""
    from qinggong.publish.template_shelf import kept_code

    return kept_code(folder, template)


def findings_held(path: Path) -> int:
    """Whole lines of the book of findings."""
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def _previous(releases: Path, code: str, edition: int, released: str) -> tuple[str, str] | None:
    """The release to compare with: that which a correction corrects, else the newest of an earlier month."""
    from hashlib import sha256

    candidates = [
        (read["month"], number, folder)
        for folder, month, number, read in shelf.found(releases)
        if (month == code and number == edition - 1)
        or (edition == 1 and month < code and len(month) == len(code) and read["release_date"] <= released)
    ]
    if not candidates:
        return None
    month = max(candidates)[0]
    chosen = shelf.current(releases, month) if edition == 1 else None
    folder = chosen[0] if chosen is not None else max(candidates)[2]
    return folder.name, sha256(published_form((folder / shelf.MANIFEST).read_bytes())).hexdigest()


# ---------------------------------------------------------------------------------------------- rendering


def rendered(
    workspace: Workspace, snapshot: Snapshot, brief: Brief, terms: Terms, progress: Progress,
    figures: SeriesFigures | None = None,
) -> Rendered:  # fmt: skip
    """All files of a release, and its description; nothing is written."""
    from qinggong.publish import portal_data, release
    from qinggong.publish.bulletin import composed
    from qinggong.publish.data import fact_table, observation_table, series_table, specification_file
    from qinggong.publish.editions import Material
    from qinggong.publish.side_file import understood

    side = understood(terms.side, name="附加文字", book=brief.book, catalogue=workspace.catalogue)
    done = composed(brief, title=terms.title, material=Material(brief, side=side))
    bulletin = done.bulletin
    for reason in done.held:
        progress(f"暂存草稿：{reason}")
    for problem in done.problems:
        progress(f"请看：{problem}")
    progress("编制月报（HTML、PDF、Word、数据）")
    used = used_observations(snapshot, brief)
    tables = [fact_table(brief.book, synthetic=brief.synthetic), observation_table(used)]
    render = release.render
    if terms.template:
        from qinggong.publish.template_shelf import kept_template

        render = partial(release.render, template=kept_template(workspace.layout.templates, terms.template))
    files = render(bulletin, tables)
    files[portal_data.FILE] = portal_data.portal_file(brief, title=bulletin.title)
    if figures is not None:
        places = ranked(figures)
        tables.append(
            series_table(
                figures.series, figures.last, figures.value, figures.growth, figures.momentum, figures.average,
                figures.surprise, places.place, places.of, synthetic=brief.synthetic,
            )
        )  # fmt: skip
    if brief.momentum is not None and brief.momentum.records:
        files["data/specifications.jsonl"] = specification_file(brief.momentum.records, synthetic=brief.synthetic)
    without = data_release(workspace, snapshot, brief, terms, tables, files)
    check = _verdict(workspace, files["bulletin.html"], progress)
    inputs = [f for f in archived(workspace.layout.raw) if f.known_at <= terms.known]
    described = {
        "format": 1,
        "title": bulletin.title,
        "synthetic": brief.synthetic,
        "month": month_code(brief.month),
        "period_name": period_name(brief.month),
        "edition": terms.edition,
        "note": terms.note,
        "as_of": brief.as_of or None,
        "known": terms.known.isoformat(),
        "release_date": brief.release_date,
        "publication": terms.publication or None,
        "template": terms.template or None,
        "issuer": dict(terms.issuer),
        "previous": None if terms.previous is None else dict(zip(("folder", "sha256"), terms.previous, strict=True)),
        "store_version": snapshot.version,
        FINDINGS: terms.findings,
        "code_version": __version__,
        "library_versions": _versions(with_sdmx="SDMX" not in without),
        "catalogue_sha256": catalogue_hash(overlay=workspace.layout.catalogue),
        "inputs": [
            {"name": f.name, "sha256": f.sha256, "known_at": f.known_at.isoformat(), "bytes": f.size} for f in inputs
        ],
        "facts": len(brief.book),
        "characters_not_in_font": release.missing_characters(bulletin),
        "check": check,
        "held": [*([f"核对发现{check['errors']}处错误"] if check["errors"] else []), *done.held],
        "not_included": without,
        "side_file": terms.side or None,
        "side_remarks": list(done.problems),
    }
    return Rendered(files, described)


def _versions(*, with_sdmx: bool) -> dict[str, str]:
    return {name: metadata.version(name) for name in (*RENDERED_BY, *(SDMX_BY if with_sdmx else ()))}


def _verdict(workspace: Workspace, page: bytes, progress: Progress) -> dict[str, int]:
    """What the checker says of a bulletin, for its manifest."""
    from qinggong.publish.checker import check_document

    found = check_document(PurePath("bulletin.html"), page, catalogue=workspace.catalogue)
    if found.errors:
        progress(f"核对发现{found.errors}处错误，用 qinggong check 查看")
    return {"errors": found.errors, "warnings": len(found.findings) - found.errors}


def used_observations(snapshot: Snapshot, brief: Brief) -> list[dict[str, Any]]:
    """The observations behind the facts as plain values, in the order of series and period."""
    wanted = {i for fact in brief.book for i in fact.lineage.inputs}
    series = {i.rpartition("@")[0] for i in wanted}
    names = {o.series: o.series.id for o in snapshot.observations}
    used = [
        o for o in snapshot.observations
        if names[o.series] in series and f"{names[o.series]}@{o.period.code}" in wanted
    ]  # fmt: skip
    return plain_rows(sorted(used, key=lambda o: (o.series, o.period)))
