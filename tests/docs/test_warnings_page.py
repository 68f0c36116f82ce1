"""The page of warnings is the one that the catalogue gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from qinggong.catalogue.warnings import load_warnings


def test_the_page_is_generated_and_has_every_rule(root: Path) -> None:
    script = root / "scripts" / "build_warnings_page.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    text = (root / "docs" / "reference" / "warnings.md").read_text(encoding="utf-8")
    assert all(f"| `{rule.code}` {rule.name} |" in text for rule in load_warnings().rules)
