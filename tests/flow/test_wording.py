"""The narrative of twelve months read by a person: eight for coverage, four thin ones; none contradicts itself.

QINGGONG_GOLDEN=1 writes the texts anew for reading again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qinggong import briefing, flow, standing
from qinggong.catalogue import load_catalogue
from qinggong.monitor.facts import Brief
from qinggong.publish.bulletin import compose
from qinggong.publish.checker import check_text
from qinggong.publish.document import Bulletin, Paragraph

GOLDEN = Path(__file__).parent / "golden" / "wording"
COVERAGE = ("2019-12", "2020-02", "2020-06", "2021-03", "2021-09", "2022-04", "2023-12", "2025-08")
THIN = ("2019-04", "2023-09", "2023-11", "2024-09")
SECTIONS = ("overview", "production", "efficiency", "market", "exports", "industries")
IN_ENGLISH = ("2020-02", "2021-03")


@pytest.fixture(scope="module")
def briefs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Brief]:
    workspace = flow.Workspace.at(tmp_path_factory.mktemp("wording") / "ws", make=True)
    flow.ingest_bundled(workspace)
    snapshot = standing.known(workspace, None)
    return {
        code: briefing.month_brief(workspace, snapshot, at=flow.parse_month(code), parts=())
        for code in (*COVERAGE, *THIN)
    }


def narrative(bulletin: Bulletin) -> str:
    lines = [f"· {p.text}" for p in bulletin.summary]
    for section in bulletin.sections:
        if section.key in SECTIONS:
            lines.append(f"\n{section.title}")
            lines += [b.text if isinstance(b, Paragraph) else f"[{b.title}]" for b in section.blocks]
    return "\n".join(lines) + "\n"


def agrees(text: str, name: str) -> None:
    path = GOLDEN / name
    if os.environ.get("QINGGONG_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [*COVERAGE, *THIN])
def test_the_narrative_is_the_one_that_was_read(code: str, briefs: dict[str, Brief]) -> None:
    agrees(narrative(compose(briefs[code], title="月报")), f"{code}.txt")


@pytest.mark.parametrize("code", IN_ENGLISH)
def test_so_is_the_english_one(code: str, briefs: dict[str, Brief]) -> None:
    agrees(narrative(compose(briefs[code], title="Bulletin", language="en")), f"{code}.en.txt")


@pytest.mark.parametrize("code", [*COVERAGE, *THIN])
def test_the_checker_finds_nothing(code: str, briefs: dict[str, Brief]) -> None:
    report = check_text(narrative(compose(briefs[code], title="月报")), catalogue=load_catalogue())
    assert not report.findings, report.findings[:3]
    assert report.numbers > 50
