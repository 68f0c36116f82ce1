"""A bulletin that lacks something is held: what could be made is a draft, with the reason in its manifest."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from qinggong import flow
from qinggong.monitor.facts import Citation, Fact, FactBook, Lineage
from qinggong.periods import month
from qinggong.publish import editions
from qinggong.publish.bulletin import unfit_facts

CITED = Citation("合成数据", "合成数据", "2024-09-01", "stated", "")
SOUND = Fact(
    "x/y/2024-08", "甲增速", 4.5, "4.5", "%", month(2024, 8), "published", Lineage(("s@2024-08",), citations=(CITED,))
)


def test_a_section_that_fails_holds_the_release_and_the_others_are_a_draft(
    released: dict[str, flow.Released], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(released["2024-08"].folder.parents[1], tmp_path / "ws"))

    def fails(*_: object) -> list[object]:
        raise ZeroDivisionError("分母\n为零")

    monkeypatch.setitem(editions.BUILDERS, "industries", fails)
    said: list[str] = []
    done = flow.run(root, at=flow.parse_month("2024-08"), progress=said.append)
    assert (done.folder, done.state) == (root / "drafts" / "2024-08", "draft")
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["held"] == ["“industries”一节未能编制（ZeroDivisionError：分母 为零）"]
    assert any("未能编制" in line for line in said)
    page = (done.folder / "bulletin.html").read_text(encoding="utf-8")
    assert "工业生产" in page
    assert "分行业情况" not in page
    assert not (root / "releases" / "2024-08").exists()
    monkeypatch.undo()
    again = flow.run(root, at=flow.parse_month("2024-08"))
    assert (again.folder, again.state) == (root / "releases" / "2024-08", "checked")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ()),
        ({"unit": ""}, ("没有单位",)),
        ({"lineage": Lineage(("s@2024-08",))}, ("没有出处",)),
        ({"lineage": Lineage(("s@2024-08",), method="", citations=(CITED,))}, ("没有出处",)),
        ({"status": "computed", "unit": "", "lineage": Lineage((), "count of catalogue members")}, ()),
        ({"status": "computed", "lineage": Lineage((), "")}, ("没有出处",)),
    ],
)
def test_a_printed_fact_says_its_unit_and_where_it_comes_from(change: dict[str, object], why: tuple[str, ...]) -> None:
    book = FactBook()
    book.add(dataclasses.replace(SOUND, **change))  # type: ignore[arg-type]
    found = unfit_facts(book, [SOUND.id, "not/in/the/book"])
    assert len(found) == len(why)
    assert all(word in sentence and SOUND.id in sentence for word, sentence in zip(why, found, strict=True))
