"""An edition in the formats that it asks for (各种格式): charts are drawn once, whatever the number of formats."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from qinggong.publish.document import Bulletin

if TYPE_CHECKING:
    from qinggong.publish.data import DataTable

FORMATS = ("html", "pdf", "docx", "xlsx")
_COUNT = re.compile(rb"/Type\s*/Pages\s*/Count\s+(\d+)")


def rendered(
    bulletin: Bulletin, formats: Collection[str], *, name: str = "bulletin", tables: Sequence[DataTable] = ()
) -> dict[str, bytes]:
    """The files of an edition by name: ``bulletin.html``, ``bulletin.pdf`` … ``data.xlsx``.

    Parameters
    ----------
    tables
        What the workbook holds.

    Raises
    ------
    ValueError
        For a format that is none of :data:`FORMATS`.
    """
    # Renderers are loaded by the run that needs them: reading a list of editions must not wait for them.
    from qinggong.publish import charts

    if strange := set(formats) - set(FORMATS):
        raise ValueError(f"no format {', '.join(sorted(strange))}; formats are {', '.join(FORMATS)}")
    svgs: dict[str, str] = {}
    if set(formats) - {"xlsx"}:
        svgs = {
            figure.label: charts.render_svg(figure.spec, uid=charts.spec_uid(figure.spec, place))
            for place, figure in enumerate(bulletin.figures)
        }
    files: dict[str, bytes] = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = {}
        if "pdf" in formats:
            from qinggong.publish.pdf import render_pdf

            waiting["pdf"] = pool.submit(render_pdf, bulletin, svgs=svgs)
        if "docx" in formats:
            from qinggong.publish.docx import render_docx

            pngs = {label: charts.svg_to_png(svg) for label, svg in svgs.items()}
            waiting["docx"] = pool.submit(render_docx, bulletin, pngs=pngs)
        if "html" in formats:
            from qinggong.publish.html import render_html

            files[f"{name}.html"] = render_html(bulletin, svgs=svgs).encode("utf-8")
        if "xlsx" in formats:
            from qinggong.publish.data import to_workbook

            files["data.xlsx"] = to_workbook(tables, release_time=bulletin.release_time, mark=bulletin.mark)
        files |= {f"{name}.{kind}": done.result() for kind, done in waiting.items()}
    return files


def pages_of(pdf: bytes) -> int:
    """Pages of a PDF that this program made; 0 if that cannot be told."""
    found = [int(n) for n in _COUNT.findall(pdf)]
    return max(found, default=0)
