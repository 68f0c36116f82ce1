"""A release as a folder (发布物): bulletin in three formats, data in three formats, and the manifest.

The folder is written beside its place and then moved, so a reader never sees half a release. Every byte follows
from the facts, the catalogue and the code: no clock, no random name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qinggong.publish.document import Bulletin, Cell, Column, Figure, Paragraph, Table

if TYPE_CHECKING:
    from qinggong.publish.data import DataTable

MANIFEST = "manifest.json"
INDEX = "index.json"


class ReleaseError(Exception):
    """A release cannot be written; the message is a Chinese sentence."""


def render(bulletin: Bulletin, tables: Sequence[DataTable]) -> dict[str, bytes]:
    """All files of a release by their path inside the folder."""
    # Renderers are loaded by the run that needs them: reading a status must not wait for them.
    from qinggong.publish import charts
    from qinggong.publish.data import to_csv, to_parquet, to_workbook
    from qinggong.publish.docx import render_docx
    from qinggong.publish.html import render_html
    from qinggong.publish.pdf import render_pdf

    svgs = {
        figure.label: charts.render_svg(figure.spec, uid=charts.spec_uid(figure.spec, place))
        for place, figure in enumerate(bulletin.figures)
    }
    with ThreadPoolExecutor(max_workers=2) as pool:
        pdf = pool.submit(render_pdf, bulletin, svgs=svgs)
        pngs = {label: charts.svg_to_png(svg) for label, svg in svgs.items()}
        docx = pool.submit(render_docx, bulletin, pngs=pngs)
        html = render_html(bulletin, svgs=svgs).encode("utf-8")
        files = {"bulletin.html": html, "bulletin.pdf": pdf.result(), "bulletin.docx": docx.result()}
    for table in tables:
        files[f"data/{table.name}.csv"] = to_csv(table)
        files[f"data/{table.name}.parquet"] = to_parquet(table)
    files["data/data.xlsx"] = to_workbook(tables, release_time=bulletin.release_time, mark=bulletin.mark)
    return files


def missing_characters(bulletin: Bulletin) -> str:
    """Characters of the bulletin that the bundled font cannot draw; each is a finding that names it."""
    from qinggong.publish import fonts

    parts = [bulletin.title, bulletin.subtitle, bulletin.issue_line, bulletin.status_line, bulletin.mark]
    parts += [p.text for p in bulletin.summary] + [f"{s.title}{s.publisher}{s.url}" for s in bulletin.sources]
    for block in (b for s in bulletin.sections for b in s.blocks):
        if isinstance(block, Paragraph):
            parts.append(block.text)
        elif isinstance(block, Table):
            cells: list[Cell | Column] = [*block.columns, *(c for row in block.rows for c in row)]
            parts += [block.title, *block.notes, *(c.text if isinstance(c, Cell) else c.head for c in cells)]
        elif isinstance(block, Figure):
            parts += [block.title, *block.notes]
    return fonts.missing_characters("".join(parts))


def manifest(files: Mapping[str, bytes], described: Mapping[str, Any]) -> bytes:
    """The manifest: what went in (by hash), as of when, by which versions, and the hash of every file."""
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(files.items())
    }
    return (json.dumps({**described, "files": listed}, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a release at ``folder``, replacing an unsigned one that is there.

    Raises
    ------
    ReleaseError
        If the folder holds a release in another state than “checked”.
    """
    _may_replace(folder)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for name, content in files.items():
        path = part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _may_replace(folder: Path) -> None:
    described = folder / MANIFEST
    if not described.is_file():
        if folder.exists() and any(folder.iterdir()):
            raise ReleaseError(f"{folder} 已有内容但没有 {MANIFEST}，不是本系统的发布物，请移走后重试")
        return
    state = json.loads(described.read_text(encoding="utf-8")).get("state")
    if state not in ("checked", "draft"):
        raise ReleaseError(f"{folder} 的状态为“{state}”，不能覆盖；更正请另发 {folder.name}.r2")


def index(releases: Path) -> bytes:
    """The index of releases: for each month the folder that is current."""
    found = {}
    for described in sorted(releases.glob(f"*/{MANIFEST}")):
        read = json.loads(described.read_text(encoding="utf-8"))
        found[read["month"]] = {
            "folder": described.parent.name,
            "state": read["state"],
            "released": read["release_date"],
        }
    return (json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
