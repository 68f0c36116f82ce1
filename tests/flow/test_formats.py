"""HTML, PDF and DOCX of one release say the same, and the fonts in the package are those that the script builds."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from lxml import html

from qinggong import flow
from qinggong.publish.document import Bulletin


def _said(bulletin: Bulletin) -> list[str]:
    """Every paragraph, caption and table cell, without white space."""
    texts = [p.text for p in bulletin.summary] + [
        p.text for s in bulletin.sections for p in s.blocks if hasattr(p, "text")
    ]
    texts += [b.title for b in (*bulletin.tables, *bulletin.figures)]
    texts += [c.text for t in bulletin.tables for row in t.rows for c in row]
    return [_bare(t) for t in texts if t]


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_word_file_says_it(released: dict[str, flow.Released], bulletins: dict[str, Bulletin]) -> None:
    document = Document(io.BytesIO((released["2024-08"].folder / "bulletin.docx").read_bytes()))
    parts = [p.text for p in document.paragraphs]
    parts += [c.text for t in document.tables for row in t.rows for c in row.cells]
    text = _bare("".join(parts))
    assert not [said for said in _said(bulletins["2024-08"]) if said not in text]
    assert len(document.inline_shapes) == len(bulletins["2024-08"].figures)


def test_the_page_says_it(released: dict[str, flow.Released], bulletins: dict[str, Bulletin]) -> None:
    tree = html.fromstring((released["2024-08"].folder / "bulletin.html").read_text(encoding="utf-8"))
    text = _bare(tree.text_content())
    assert not [said for said in _said(bulletins["2024-08"]) if said not in text]
    loaded = [e.get(a) for e in tree.iter() for a in ("src", "srcset") if e.get(a)]
    assert not [address for address in loaded if not address.startswith("data:")]
    assert not tree.xpath("//link[@href] | //script[@src]")


@pytest.mark.needs_poppler
def test_the_pdf_says_it(
    released: dict[str, flow.Released], bulletins: dict[str, Bulletin], program: Callable[[str], Path]
) -> None:
    pdf = released["2024-08"].folder / "bulletin.pdf"
    done = subprocess.run([str(program("pdftotext")), "-raw", str(pdf), "-"], capture_output=True, check=True)
    # Paragraphs run over page ends: running heads and page numbers are taken out first.
    pages = done.stdout.decode("utf-8").replace("\f", "\n")
    pages = re.sub(r"轻工业运行监测月报\s*2024年8月份|第\s*\d+\s*页\s*共\s*\d+\s*页", "", pages)
    text = _bare(pages)
    assert not [said for said in _said(bulletins["2024-08"]) if said not in text and len(said) < 60]
    long = [said for said in _said(bulletins["2024-08"]) if len(said) >= 60]
    assert not [said for said in long if said[:25] not in text or said[-25:] not in text]


@pytest.mark.soak  # builds the fonts from their source
@pytest.mark.needs_npm
def test_the_fonts_are_those_that_the_script_builds(root: Path, tmp_path: Path) -> None:
    script = root / "scripts" / "build_fonts.py"
    done = subprocess.run([sys.executable, str(script), "--target", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "OFL.txt"):
        committed = root / "src/qinggong/publish/fonts" / name
        assert (tmp_path / name).read_bytes() == committed.read_bytes(), f"{name}: run make fonts"
