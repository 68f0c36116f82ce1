"""The page of sources is the one that the code gives, and every shape has tests, fields and traps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from qinggong.sources import MODULES


def test_the_page_is_generated(root: Path) -> None:
    script = root / "scripts" / "build_sources_page.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.SHAPE.id)
def test_every_shape_is_documented_and_tested(module: ModuleType, root: Path) -> None:
    assert module.FIELDS
    assert module.TRAPS
    (line,) = [
        text
        for text in (root / "docs/reference/sources.md").read_text(encoding="utf-8").splitlines()
        if text.startswith(f"| `{module.SHAPE.id}` |")
    ]
    assert "`tests/" in line


def test_shapes_have_different_names() -> None:
    assert len({m.SHAPE.id for m in MODULES}) == len(MODULES)
