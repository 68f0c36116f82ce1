"""One frozen file into the store (一个文件入库): recognise → parse → understand → settle → examine → append.

All rows that are taken in go in as one commit; what was found is written down before it, so that a process killed in
between leaves a finding too many at worst, which the next check repeats or settles. A large customs export goes
another way, see ``bulk``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qinggong.catalogue import Catalogue
from qinggong.catalogue.official import catalogue_hash
from qinggong.intake import bulk, synthetic
from qinggong.intake import findings as book
from qinggong.intake.workspace import Workspace
from qinggong.sources import SHAPES, Parsed, Shape, UnreadableFile, customs, customs_pages, release_text
from qinggong.sources.freeze import BUNDLED_ORIGIN, Frozen, remember
from qinggong.store.base import Observation, SeriesKey
from qinggong.validate import (
    Checked,
    Finding,
    Key,
    Stored,
    align,
    examine,
    grouped,
    own_dimension,
    related,
    settle,
    understand,
)

BUNDLED = "official_releases"
VINTAGED = (customs.SHAPE.id, customs_pages.SHAPE.id)
"""Shapes whose files a user may say the vintage of."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one file."""

    file: str
    shape: str
    sha256: str
    added: int
    repeated: int
    blank: int
    findings: tuple[Finding, ...]
    known_file: bool = False
    recognised: str = ""

    @property
    def rejected(self) -> int:
        return sum(1 for f in self.findings if f.severity == "error")

    def sentences(self, severity: str) -> list[str]:
        """What was found, as a person reads it: repeated findings about one series as one sentence."""
        return [g.sentence for g in grouped(f for f in self.findings if f.severity == severity)]


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file would add, and what was found; nothing is written yet."""

    outcome: Ingested
    observations: tuple[Observation, ...] = ()
    transaction: str = ""


def take_in(workspace: Workspace, file: str, frozen: Frozen, content: bytes) -> Ingested:
    """Check one frozen file and append its rows; only for the holder of the workspace's lock."""
    shape = shape_of(workspace, file, content)
    if shape is not None and not frozen.read_as and shape_of(workspace, frozen.name, content) is not shape:
        frozen = remember(workspace.layout.raw, frozen, read_as=file)
    noted = book.load(workspace.layout)

    def record(findings: tuple[Finding, ...]) -> None:
        if findings or any(n.sha256 == frozen.sha256 for n in noted.values()):
            book.note(workspace.layout, findings, sha256=frozen.sha256, now=dt.datetime.now(dt.UTC))

    accepted = book.accepted_rows(noted, frozen.sha256)
    return append_file(workspace, file, frozen, content, accepted=accepted, record=record)


def append_file(
    workspace: Workspace,
    file: str,
    frozen: Frozen,
    content: bytes,
    *,
    accepted: frozenset[tuple[str, int]],
    record: Callable[[tuple[Finding, ...]], None] = lambda _: None,
) -> Ingested:
    """Check a file and append its rows; ``record`` is told what was found before anything is visible."""
    if (plan := synthetic.plan_of(frozen, content)) is not None:
        added = synthetic.pour(workspace, frozen, plan)
        return Ingested(file, synthetic.SHAPE, frozen.sha256, added or 0, 0, 0, (), known_file=added is None)
    shape = shape_of(workspace, file, content)
    if shape is not None and bulk.is_bulk(shape, len(content)):
        return _append_bulk(workspace, file, frozen, shape, accepted, record)
    examined = examine_file(workspace, file, frozen, content, accepted=accepted)
    record(examined.outcome.findings)
    workspace.store.append(examined.observations, transaction=examined.transaction)
    return examined.outcome


def _append_bulk(
    workspace: Workspace, file: str, frozen: Frozen, shape: Shape, accepted: frozenset[tuple[str, int]],
    record: Callable[[tuple[Finding, ...]], None],
) -> Ingested:  # fmt: skip
    def findings(tally: customs.Tally, doubts: tuple[Finding, ...]) -> tuple[Finding, ...]:
        parsed = Parsed((), tuple(sorted(tally.defects, key=lambda d: d.row)), tally.unmapped)
        return (*_defects(file, parsed), *doubts, *_unmapped(file, parsed))

    try:
        poured = bulk.pour(
            workspace, file, frozen, transaction=_transaction(frozen.sha256, shape.parser_version), url=_url(frozen),
            met=lambda tally, doubts: record(findings(tally, doubts)), accepted=accepted,
            further=_catalogue_mark(workspace, repr(sorted(accepted))),
        )  # fmt: skip
    except UnreadableFile as error:
        failed = unreadable(file, str(error), sha256=frozen.sha256)
        record(failed.findings)
        return failed
    tally = poured.tally
    more = tally.refused - len(tally.defects)
    return Ingested(
        file, shape.name, frozen.sha256, poured.added, poured.repeated, tally.blank,
        findings(tally, poured.findings), known_file=poured.known,
        recognised=tally.recognised + (f"，另有{more}行有误未逐行列出" if more > 0 else ""),
    )  # fmt: skip


def examine_file(
    workspace: Workspace, file: str, frozen: Frozen, content: bytes, *, accepted: frozenset[tuple[str, int]]
) -> Examined:
    """Parse and check a file against the workspace's store; of a file taken in before only the rows that stayed out."""
    shape = shape_of(workspace, file, content)
    if shape is None:
        return Examined(unreadable(file, "不认识的文件类型", sha256=frozen.sha256))
    try:
        if frozen.publisher and shape.id == release_text.SHAPE.id:
            # Which 轻工业 a text means depends on whose release it is, so the body is needed before it is read.
            parsed = release_text.parse_release(
                Path(file), content, publisher=frozen.publisher, catalogue=workspace.catalogue
            )
        elif shape.id == customs.SHAPE.id:
            parsed = customs.parse_export(
                Path(file), content, vintage=frozen.vintage, received=frozen.known_at, catalogue=workspace.catalogue
            )
        elif shape.id == customs_pages.SHAPE.id:
            parsed = customs_pages.parse_page(
                Path(file), content, vintage=frozen.vintage, catalogue=workspace.catalogue
            )
        else:
            parsed = shape.parse(Path(file), content)
    except UnreadableFile as error:
        return Examined(unreadable(file, str(error), sha256=frozen.sha256))
    transaction = _transaction(frozen.sha256, shape.parser_version)
    store, catalogue = workspace.store, workspace.catalogue
    again = store.holds(transaction)
    taken = store.rows_of(frozen.sha256) if again else set()
    understood = understand(
        (r for r in parsed.rows if r.row not in taken), file=file, catalogue=catalogue, received=frozen.known_at,
        accepted=accepted,
    )  # fmt: skip
    if shape.id in VINTAGED:
        # The calendar knows the day of one version of a month; which one a customs file holds, its citation says.
        dated = ((r, _customs_dated(c, frozen, catalogue)) for r, c in understood.rows)
        understood = dataclasses.replace(understood, rows=tuple(dated))
    # Only the series that the checks look at are read: the store may hold many times more than a file.
    wanted = related((checked for _, checked in understood.rows), catalogue, workspace.limits)
    checked, held = align(
        [c for _, c in understood.rows], stored_by_key(catalogue, store.of_series(wanted)), catalogue
    )  # fmt: skip
    pairs = tuple(zip((row for row, _ in understood.rows), checked, strict=True))
    understood = dataclasses.replace(understood, rows=pairs)
    report = settle(understood, file=file, stored=held, accepted=accepted)
    doubts = examine(
        report.accepted, file=file, stored=held, catalogue=catalogue, limits=workspace.limits, accepted=accepted
    )
    refused = {f.row for f in doubts if f.severity == "error"}
    rows = tuple(_observation(c, frozen) for c in report.accepted if c.row not in refused)
    if again and rows:
        # A catalogue that grew, or a person who accepted a doubt, lets rows in that stayed out.
        transaction += f"+{_further(workspace, rows)}"
    kept = [f for f in doubts if f.severity == "error" or f.row not in refused]
    findings = (
        *_defects(file, parsed),
        *sorted((*report.findings, *kept), key=lambda f: f.row),
        *_unmapped(file, parsed),
    )
    outcome = Ingested(
        file, shape.name, frozen.sha256, len(rows), len(taken) + report.repeated, parsed.blank_rows, findings,
        known_file=again and not rows, recognised=parsed.recognised,
    )  # fmt: skip
    return Examined(outcome, rows, transaction)


def shape_of(workspace: Workspace, file: str, content: bytes) -> Shape | None:
    """The first shape that claims a file by its name and first bytes."""
    name = Path(file)
    return next((s for s in workspace.shapes if s.recognises(name, content[:65536])), None)


def is_held(workspace: Workspace, content: bytes) -> bool:
    """True if rows of a file with these very bytes are in the store, and none waits that a person has accepted."""
    digest = hashlib.sha256(content).hexdigest()
    if not any(workspace.store.holds(_transaction(digest, v)) for v in {s.parser_version for s in SHAPES}):
        return False
    noted = book.load(workspace.layout).values()
    waiting = {n.finding.row for n in noted if n.sha256 == digest and n.state == "accepted" and n.can_go_in}
    return not waiting or waiting <= workspace.store.rows_of(digest)


def is_bundled(frozen: Frozen) -> bool:
    """True for the figures that come with the package; entries of older versions tell by their name."""
    return frozen.origin == BUNDLED_ORIGIN or (not frozen.origin and frozen.name == f"{BUNDLED}.csv")


def unreadable(file: str, message: str, *, sha256: str = "") -> Ingested:
    """The outcome of a file that stays out as a whole."""
    finding = Finding(
        "unreadable-file", "error", file, 0, "", "", "", message, "请重新导出该文件后再导入；其余文件不受影响"
    )
    return Ingested(file, "", sha256, 0, 0, 0, (finding,))


def restated(file: str, frozen: Frozen) -> Ingested:
    """The outcome of a file that is in under another vintage: its figures keep their days."""
    now = f"“{frozen.vintage}”" if frozen.vintage else "发布日历（没有写明版本）"
    finding = Finding(
        "contradiction", "error", file, 0, "", "", "", f"文件的数字已按{now}入库，不能再改为别的版本",
        "以后重新查询的请导入新导出的文件",
    )  # fmt: skip
    return Ingested(file, "", frozen.sha256, 0, 0, 0, (finding,), known_file=True)


def stored_by_key(catalogue: Catalogue, kept: Iterable[Observation]) -> dict[Key, list[Stored]]:
    """Stored rows as the checks want them: by key, each key in the order in which one row replaces another."""
    found: dict[Key, list[Stored]] = {}
    factors: dict[tuple[str, str], float] = {}
    bodies: dict[str, str] = {}
    dimensions: dict[SeriesKey, str] = {}
    for o in sorted(kept, key=lambda o: (o.published_at or dt.date.min, o.known_at, o.row)):
        s = o.series
        if s not in dimensions:
            dimensions[s] = own_dimension(
                catalogue, s.indicator, s.measure, subject=(s.subject_kind, s.subject), unit=s.unit
            )  # fmt: skip
        key = Key(s.subject_key, s.region, s.indicator, s.measure, s.span, o.period, dimensions[s])
        tolerance = 0.0
        if o.value is not None:
            units = (o.printed_unit, s.unit)
            if units not in factors:
                factors[units] = float(catalogue.unit(units[0]).factor / catalogue.unit(units[1]).factor)
            tolerance = 0.5 * 10.0**-o.decimals * factors[units]
        if o.publisher not in bodies:
            bodies[o.publisher] = catalogue.publisher(o.publisher).code
        found.setdefault(key, []).append(Stored(o.value, tolerance, o.published_at, bodies[o.publisher], s.unit))
    return found


def _transaction(sha256: str, version: int) -> str:
    return f"{sha256}-v{version}"


def _further(workspace: Workspace, rows: Iterable[Observation]) -> str:
    """Names a further commit of one file: the same rows under the same catalogue are the same commit."""
    return _catalogue_mark(workspace, ",".join(str(o.row) for o in rows))


def _catalogue_mark(workspace: Workspace, text: str) -> str:
    text = catalogue_hash(overlay=workspace.layout.catalogue) + text
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _defects(file: str, parsed: Parsed) -> list[Finding]:
    return [Finding(d.rule, "error", file, d.row, "", "", d.text, d.message, d.advice) for d in parsed.defects]


def _unmapped(file: str, parsed: Parsed) -> list[Finding]:
    """Series that no mapping names, once each: nothing is wrong with them, they are left out."""
    return [
        Finding(
            "unmapped-series", "info", file, 0, u.series, "", "", f"{u.figures}个数字未收录：{u.why}",
            "需要时可在目录的对照表中补充",
        )
        for u in parsed.unmapped
    ]  # fmt: skip


def _observation(c: Checked, frozen: Frozen) -> Observation:
    series = SeriesKey(
        c.subject.kind, c.subject.code, c.subject.scope, c.region, c.indicator.code, c.measure, "published", c.span,
        c.unit,
    )  # fmt: skip
    return Observation(
        series=series, period=c.period, value=None if c.value is None else float(c.value), printed=c.printed,
        printed_unit=c.printed_unit, status="withdrawn" if c.status == "withdrawn" else "published",
        published_at=c.published_at, published_at_basis=_basis(c.published_at_basis), known_at=frozen.known_at,
        publisher=c.publisher.name, source=BUNDLED if is_bundled(frozen) else "file", raw_sha256=frozen.sha256,
        row=c.row, citation=c.title,
        url=c.url or _url(frozen),
    )  # fmt: skip


def _customs_dated(c: Checked, frozen: Frozen, catalogue: Catalogue) -> Checked:
    """A figure of a customs file without a stated day, with that of the vintage that its citation names."""
    if c.published_at_basis != "calendar":
        return c
    day = customs.calendar_day(c.title, c.period, frozen.known_at, catalogue)
    return c if day is None else dataclasses.replace(c, published_at=day)


def _url(frozen: Frozen) -> str:
    return frozen.origin if frozen.origin.startswith("https://") else ""


def _basis(text: str) -> Any:
    return text
