"""The portal as files: every link leads to a file, nothing needs a server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import building
import pytest
from typer.testing import CliRunner

from qinggong.cli import app as command
from qinggong.web import assets
from qinggong.web.site import SiteError, write_site


def test_a_site_of_files_is_whole(copied: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "every", lambda: tuple(assets.address(p) for p in (*assets.PACKAGED, assets.FONTS)))
    root = copied()
    building.write_release(root / "releases" / "2025-09", building.brief(), day="2025-10-28")
    manifest = root / "releases" / "2025-09" / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"2025-08"', '"2025-09"'), encoding="utf-8")
    target = tmp_path / "site"
    done = write_site(root, target)
    assert (target / "index.html").is_file() and (target / "at" / "2025-08" / "industries" / "13.html").is_file()
    assert done.pages > 100 and done.files == sum(1 for p in target.rglob("*") if p.is_file())
    later, earlier = (
        json.loads((target / f / "index.json").read_text(encoding="utf-8"))["release"] for f in (".", "at/2025-08")
    )
    assert (later, earlier) == ("2025-09", "2025-08")
    lost = set()
    for page in target.rglob("*.html"):
        if "files" in page.parts:
            continue
        text = page.read_text(encoding="utf-8")
        assert 'href="/' not in text and "<form" not in text, page
        for address in set(re.findall(r'(?:href|src|data-vega)="([^"#?]+)', text)):
            if address.startswith(("http:", "https:")) or "vega." in address:
                continue
            if not (page.parent / unquote(address)).is_file():
                lost.add((str(page.relative_to(target)), address))
    assert not sorted(lost)[:40]
    again = write_site(root, target)
    assert again.files == done.files


def test_a_folder_with_other_things_is_left_alone(full: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(SiteError, match="已有别的内容"):
        write_site(full, tmp_path)
    ran = CliRunner().invoke(command, ["site", str(tmp_path), "--workspace", str(full)])
    assert ran.exit_code == 2 and "已有别的内容" in ran.output
