"""The flash note of a release that just came in (数据快评), from a file or from what was published on a day."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qinggong import __version__
from qinggong.catalogue.bulletins import load_wording
from qinggong.catalogue.nowcast import load_nowcast_settings
from qinggong.config import writing
from qinggong.intake import Progress, Workspace, quiet
from qinggong.intake.synthetic import is_synthetic
from qinggong.monitor.facts import FactBook, Nowcasts, ReleaseNote
from qinggong.monitor.movements import Desk
from qinggong.monitor.nowcast_inputs import used_series
from qinggong.monitor.release_notes import release_note
from qinggong.outlook import expected_figures
from qinggong.periods import observed_month
from qinggong.publish import shelf
from qinggong.publish.document import Paragraph
from qinggong.publish.states import manifest_bytes
from qinggong.standing import FlowError, known
from qinggong.store.base import Observation, Snapshot

FORMATS = ("html", "pdf", "docx")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Noted:
    """A flash note that was written."""

    note: ReleaseNote
    folder: Path
    files: tuple[str, ...]
    missing_characters: str
    lines: tuple[str, ...]


def note(workspace: Workspace, wanted: str, *, progress: Progress = quiet) -> Noted:
    """The flash note of a release, written to ``drafts/``.

    Parameters
    ----------
    wanted
        A file that was taken in, the day of publication (``2024-09-14``), or words of the release's title.

    Raises
    ------
    FlowError
        If no figures came from it.
    """
    from qinggong.publish.flash_note import compose_note
    from qinggong.publish.formats import rendered
    from qinggong.publish.release import missing_characters

    snapshot = known(workspace, None)
    rows, name = _rows(snapshot, wanted)
    progress(f"分析{name}的{len(rows)}个数字")
    told = _note(workspace, snapshot, rows, progress)
    bulletin = compose_note(told)
    files = rendered(bulletin, FORMATS, name="note")
    missing = missing_characters(bulletin)
    key = hashlib.sha256("\n".join(sorted({o.raw_sha256 + o.citation for o in rows})).encode()).hexdigest()[:8]
    folder = workspace.layout.drafts / f"note-{told.published_at or told.period.end_date.isoformat()}-{key}"
    described: dict[str, Any] = {
        "format": 1, "kind": "note", "title": f"{bulletin.title}：{told.title}", "state": "draft",
        "synthetic": told.synthetic, "month": f"{told.period.year}-{told.period.last:02d}", "as_of": None,
        "release_date": bulletin.release_time[:10], "store_version": snapshot.version, "code_version": __version__,
        "facts": len(told.book), "characters_not_in_font": missing, "files": shelf.listed_files(files),
    }  # fmt: skip
    with writing(workspace.layout):
        shelf.write(folder, {**files, shelf.MANIFEST: manifest_bytes(described)})
    lines = tuple(b.text for s in bulletin.sections for b in s.blocks if isinstance(b, Paragraph))
    return Noted(told, folder, tuple(sorted(files)), missing, lines)


def _rows(snapshot: Snapshot, wanted: str) -> tuple[list[Observation], str]:
    """The figures that are meant, and how they are called."""
    path = Path(wanted)
    known_rows = [o for o in snapshot.observations if o.value is not None]
    if path.is_file():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        rows = [o for o in known_rows if o.raw_sha256 == digest]
        if not rows:
            raise FlowError(f"库中没有来自“{path.name}”的数字，请先运行 qinggong ingest {path}（或用 ingest --note）")
        return rows, path.name
    if _DAY.match(wanted.strip()):
        day = _date(wanted.strip())
        rows = [o for o in known_rows if o.published_at == day and o.published_at_basis == "stated"]
        if not rows:
            raise FlowError(f"库中没有{wanted.strip()}发布的数字，请核对日期，或改写发布的标题")
        return rows, f"{wanted.strip()}发布"
    words = wanted.split()
    titles = {o.citation for o in known_rows if words and all(w in o.citation for w in words)}
    if not titles:
        raise FlowError(f"“{wanted[:60]}”不是文件，也没有这样标题的发布；请写文件、发布日期（2024-09-14）或标题中的词")
    if len(titles) > 1:
        shown = "、".join(f"《{t}》" for t in sorted(titles)[:3])
        raise FlowError(f"有{len(titles)}次发布的标题含有“{wanted[:40]}”，如{shown}，请写得更全")
    title = titles.pop()
    return [o for o in known_rows if o.citation == title], f"《{title}》"


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise FlowError(f"不认识的日期“{text}”，请写成 2024-09-14") from error


def _note(workspace: Workspace, snapshot: Snapshot, rows: Sequence[Observation], progress: Progress) -> ReleaseNote:
    catalogue = workspace.catalogue
    wording = load_wording(overlay=workspace.layout.catalogue)
    desk = Desk(snapshot, catalogue, FactBook(), tuple((b.lower, b.label) for b in wording.bands))
    settings = load_nowcast_settings(overlay=workspace.layout.catalogue)
    followed = set(used_series(catalogue, settings))
    before: Nowcasts | None = None
    after: Nowcasts | None = None
    why = ""
    newest = max(rows, key=lambda o: (o.period.year, o.period.last))
    at = observed_month(newest.period.year, newest.period.last)
    nowcast = [
        o for o in rows
        if (o.period.year, o.period.last) == (at.year, at.last)
        and (o.series.subject_key, o.series.region, o.series.indicator) in followed
    ]  # fmt: skip
    dates = [o.published_at for o in nowcast if o.published_at is not None]
    if not nowcast:
        why = "这些数字不在即时预测之内，没有此前的预测可比"
    elif not dates:
        why = "发布日期不详，不能取发布前的预测"
    else:
        progress("取发布前后的即时预测")
        # A workbook may hold figures of several days: what was expected is asked for before the first of them.
        before = expected_figures(workspace, FactBook(), at=at, as_of=min(dates) - dt.timedelta(days=1))
        after = expected_figures(workspace, FactBook(), at=at, as_of=max(dates)) if before is not None else None
        own = {(o.series.subject_key, o.series.indicator, o.period) for o in rows}
        if before is None or not any((x.subject_key, x.indicator, x.period) in own for x in before.lines):
            why = "发布前没有可比的预测（样本不足，或预测的是别的时期）"
    told = release_note(desk, workspace.plan, rows, before=before, after=after, unexpected=why)
    if is_synthetic(workspace) and not told.synthetic:
        return dataclasses.replace(told, synthetic=True)
    return told
