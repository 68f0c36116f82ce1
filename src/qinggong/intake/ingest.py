"""Files into the store (收录): freeze → parse → check → append, one file one commit.

A damaged file stops that file only, a bad row that row only; a file that was taken in adds nothing a second time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qinggong.catalogue import Catalogue
from qinggong.catalogue.official import bundled_figures, catalogue_hash
from qinggong.config import writing
from qinggong.intake.workspace import Workspace
from qinggong.sources import SHAPES, Parsed, UnreadableFile
from qinggong.sources.freeze import Frozen, file_name, freeze
from qinggong.store.base import Observation, SeriesKey
from qinggong.validate import Checked, Finding, Key, Stored, check_rows

BUNDLED = "official_releases"
Progress = Callable[[str], None]


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

    @property
    def rejected(self) -> int:
        return sum(1 for f in self.findings if f.severity == "error")


def quiet(_: str) -> None:
    """Progress that nobody watches."""


def ingest(
    workspace: Workspace, paths: Iterable[Path], *, now: dt.datetime | None = None, progress: Progress = quiet
) -> list[Ingested]:
    """Take files and folders in; a damaged file stops that file only, a bad row that row only."""
    # The official figures come first, so that a mistyped one of the user's never takes their place.
    ingest_bundled(workspace, progress=progress)
    done = []
    for path in files_in(paths):
        name = file_name(path)
        progress(f"导入 {name}")
        try:
            content = path.read_bytes()
        except OSError as error:
            done.append(_unreadable(name, f"打不开（{error.strerror}）"))
            continue
        with writing(workspace.layout):
            frozen = freeze(workspace.layout.raw, name=name, content=content, now=now or dt.datetime.now(dt.UTC))
            done.append(_take_in(workspace, name, frozen, content, source="file"))
    return done


def ingest_bundled(workspace: Workspace, *, progress: Progress = quiet) -> list[Ingested]:
    """Take in the figures of official releases that come with the package; a second time adds nothing."""
    content, read_on = bundled_figures()
    with writing(workspace.layout):
        if is_held(workspace, content):
            return []
        progress("导入随软件附带的官方发布数字")
        name = f"{BUNDLED}.csv"
        frozen = freeze(workspace.layout.raw, name=name, content=content, now=read_on)
        return [_take_in(workspace, name, frozen, content, source=BUNDLED)]


def files_in(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
        else:
            found.append(path)
    return found


def _take_in(workspace: Workspace, file: str, frozen: Frozen, content: bytes, *, source: str) -> Ingested:
    """Parse, check and append one frozen file; of a file taken in before only the rows that stayed out are checked."""
    name = Path(file)
    shape = next((s for s in SHAPES if s.recognises(name, content[:65536])), None)
    if shape is None:
        return _unreadable(file, "不认识的文件类型", sha256=frozen.sha256)
    try:
        parsed = shape.parse(name, content)
    except UnreadableFile as error:
        return _unreadable(file, str(error), sha256=frozen.sha256)
    transaction = _transaction(frozen.sha256, shape.parser_version)
    again = workspace.store.holds(transaction)
    kept = workspace.store.everything()
    taken = {o.row for o in kept if o.raw_sha256 == frozen.sha256} if again else set()
    report = check_rows(
        (r for r in parsed.rows if r.row not in taken), file=file, catalogue=workspace.catalogue,
        received=frozen.known_at, stored=_stored(workspace.catalogue, kept),
    )  # fmt: skip
    rows = [_observation(c, frozen, source) for c in report.accepted]
    if again and rows:
        # A catalogue that grew lets rows in that stayed out; the same catalogue never does.
        transaction += f"+{catalogue_hash(overlay=workspace.layout.catalogue)[:16]}"
    added = len(rows) if workspace.store.append(rows, transaction=transaction) else 0
    findings = (*_defects(file, parsed), *report.findings)
    repeated = len(taken) + report.repeated
    known_file = again and not added
    return Ingested(file, shape.name, frozen.sha256, added, repeated, parsed.blank_rows, findings, known_file)


def is_held(workspace: Workspace, content: bytes) -> bool:
    """True if rows of a file with these very bytes are in the store."""
    digest = hashlib.sha256(content).hexdigest()
    return any(workspace.store.holds(_transaction(digest, shape.parser_version)) for shape in SHAPES)


def _transaction(sha256: str, version: int) -> str:
    return f"{sha256}-v{version}"


def _unreadable(file: str, message: str, *, sha256: str = "") -> Ingested:
    finding = Finding(
        "unreadable-file", "error", file, 0, "", "", "", message, "请重新导出该文件后再导入；其余文件不受影响"
    )
    return Ingested(file, "", sha256, 0, 0, 0, (finding,))


def _defects(file: str, parsed: Parsed) -> list[Finding]:
    return [Finding(d.rule, "error", file, d.row, "", "", d.text, d.message, d.advice) for d in parsed.defects]


def _stored(catalogue: Catalogue, kept: Iterable[Observation]) -> dict[Key, list[Stored]]:
    """What the store holds, by key, for the check of contradictions."""
    found: dict[Key, list[Stored]] = {}
    for o in kept:
        key = (o.series.subject_key, o.series.region, o.series.indicator, o.series.measure, o.series.span, o.period)
        tolerance = 0.0
        if o.value is not None:
            half = 0.5 * 10.0**-o.decimals
            factor = catalogue.unit(o.printed_unit).factor / catalogue.unit(o.series.unit).factor
            tolerance = half * float(factor)
        publisher = catalogue.publisher(o.publisher).code
        found.setdefault(key, []).append(Stored(o.value, tolerance, o.published_at, publisher))
    return found


def _observation(c: Checked, frozen: Frozen, source: str) -> Observation:
    series = SeriesKey(
        c.subject.kind,
        c.subject.code,
        c.subject.scope,
        c.region,
        c.indicator.code,
        c.measure,
        "published",
        c.span,
        c.unit,
    )
    return Observation(
        series=series, period=c.period, value=None if c.value is None else float(c.value), printed=c.printed,
        printed_unit=c.printed_unit, status="withdrawn" if c.status == "withdrawn" else "published",
        published_at=c.published_at, published_at_basis=_basis(c.published_at_basis), known_at=frozen.known_at,
        publisher=c.publisher.name, source=source, raw_sha256=frozen.sha256, row=c.row, citation=c.title, url=c.url,
    )  # fmt: skip


def _basis(text: str) -> Any:
    return text
