"""How many pages a second does the checker read? (核对的速度)

A bulletin of the bundled figures is made once; it is then checked as HTML, DOCX and PDF, alone and against its own
facts. Pages are those of the PDF. Processor time of one process, without start and imports; the first check of a
process, which makes the vocabulary, is told apart.

Run:  python benchmarks/checker.py [--month 2024-08] [--times 20]
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path, PurePath
from typing import Any

from qinggong import flow
from qinggong.catalogue import load_catalogue
from qinggong.publish.checker import check_document, read_reference

GOAL_PAGES_A_SECOND = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--month", default="2024-08")
    parser.add_argument("--times", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = flow.Workspace.at(Path(folder) / "ws", make=True)
        released = flow.run(workspace, at=flow.parse_month(chosen.month))
        result = measured(released.folder, chosen.month, chosen.times)
    out = Path(__file__).parent / "results" / "checker.json"
    out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=2))


def measured(folder: Path, month: str, times: int) -> dict[str, Any]:
    import pypdfium2

    pages = len(pypdfium2.PdfDocument(folder / "bulletin.pdf"))
    catalogue = load_catalogue()
    started = time.process_time()
    first = check_document(PurePath("a.html"), (folder / "bulletin.html").read_bytes(), catalogue=catalogue)
    first_seconds = time.process_time() - started
    reference = read_reference(folder, catalogue=catalogue)
    rows = []
    for name in ("bulletin.html", "bulletin.docx", "bulletin.pdf"):
        content = (folder / name).read_bytes()
        for known in (None, reference):
            started = time.process_time()
            for _ in range(times):
                report = check_document(PurePath(name), content, catalogue=catalogue, reference=known)
            seconds = (time.process_time() - started) / times
            rows.append(
                {
                    "file": name,
                    "with_data": known is not None,
                    "seconds": round(seconds, 4),
                    "pages_a_second": round(pages / seconds, 1),
                    "numbers": report.numbers,
                    "findings": len(report.findings),
                }
            )
    return {
        "question": "pages a second of qinggong check",
        "month": month,
        "pages": pages,
        "goal_pages_a_second": GOAL_PAGES_A_SECOND,
        "first_check_seconds": round(first_seconds, 3),
        "first_check_findings": len(first.findings),
        "rows": rows,
        "machine": {"processor": platform.machine(), "python": platform.python_version(), "clock": "process time"},
    }


if __name__ == "__main__":
    main()
