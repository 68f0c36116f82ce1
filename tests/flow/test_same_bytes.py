"""Same inputs, same bytes: two processes, two clocks, two time zones, two hash seeds, one release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qinggong import flow

COMMAND = [sys.executable, "-m", "qinggong.cli", "run", "--month", "2024-08", "--json", "--workspace"]


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.soak  # two whole months; that a release is made again byte for byte is proven below
@pytest.mark.needs_faketime
def test_two_processes_minutes_apart_write_the_same_release(tmp_path: Path, program: Callable[[str], Path]) -> None:
    found = []
    for moment, zone, seed in (("2026-12-01 09:59:31", "UTC", "1"), ("2026-12-01 10:08:02", "Asia/Shanghai", "2")):
        workspace = tmp_path / f"ws{seed}"
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        command = [str(program("faketime")), moment, *COMMAND, str(workspace)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append(_files(workspace / "releases" / "2024-08"))
    first, second = found
    assert sorted(first) == sorted(second)
    assert {Path(n).suffix for n in first} >= {".html", ".pdf", ".docx", ".csv", ".parquet", ".xlsx", ".json", ".md"}
    different = [name for name in first if first[name] != second[name]]
    assert not different


def test_the_manifest_names_inputs_and_files(released: dict[str, flow.Released]) -> None:
    folder = released["2024-08"].folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["month"] == "2024-08"
    assert manifest["state"] == "checked"
    assert manifest["as_of"] is None
    assert [i["name"] for i in manifest["inputs"]] == ["official_releases.csv"]
    assert set(manifest["files"]) == set(_files(folder)) - {"manifest.json"}
    index = json.loads((folder.parent / "index.json").read_text(encoding="utf-8"))
    told = {"folder": "2024-08", "state": "checked", "released": manifest["release_date"], "edition": 1}
    assert index["2024-08"] == {**told, "editions": [told]}


def test_a_real_release_is_proven_from_its_workspace(released: dict[str, flow.Released]) -> None:
    """Complete, unchanged, and made again from the store: every file has the same bytes, documents too."""
    folder = released["2024-08"].folder
    found = flow.verify(folder, workspace=flow.Workspace.at(folder.parent.parent))
    assert found.rebuilt is not None and found.rebuilt.differences == ()
    assert found.proven and found.integrity.whole and found.integrity.files > 15
