"""The guide to clusters does what it says: its program runs, its settings are those that there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from synthetic_table import filled

from qinggong.store.delta import DeltaStore
from qinggong.store.location import MACHINE_ROLE, SETTINGS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "cluster.md"


def test_the_program_of_the_guide_runs(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?if __name__ == .*?)```", text, re.DOTALL)
    (tmp_path / "growth.py").write_text(program.replace("2024, 9, 20", "2026, 3, 1"), encoding="utf-8")
    store = DeltaStore(tmp_path / "workspace" / "store" / "observations")
    store.folder.parent.mkdir(parents=True)
    filled(store, series=16, months=36)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "growth.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first = r"^product:p\d+@nbs/\d\d/output/level/published/month/\S+: -?\d+\.\d %, first of [2-9]$"
    assert re.search(first, done.stdout, re.MULTILINE)


def test_the_settings_of_the_guide_are_those_there_are() -> None:
    (listed,) = re.findall(r"^Settings: (.*?)\n\n", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert {name.split(" ")[0] for name in re.findall(r"`([^`]+)`", listed)} == {*SETTINGS, MACHINE_ROLE}
