"""The page of the office is the one that the tables give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_page_is_generated(root: Path) -> None:
    script = root / "scripts" / "build_office_page.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
