"""Pages of the Python names and of the level index: complete; the example runs and prints what the page shows."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from pathlib import Path

import qinggong
from qinggong.catalogue import prosperity

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "python.md").read_text(encoding="utf-8")


def test_every_public_name_is_on_the_page() -> None:
    assert not [name for name in qinggong.__all__ if f"`qg.{name}`" not in PAGE]


def test_every_parameter_of_turning_points_is_described_with_its_default() -> None:
    table = PAGE[PAGE.index("| parameter |") :]
    named: dict[str, str] = {}
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            break
        first, *_, last = (cell.strip() for cell in line.strip("|").split("|"))
        names = re.findall(r"`(\w+)`", first)
        defaults = [d.strip().strip("`").strip('"') for d in last.split(",")] if last else [""] * len(names)
        named |= dict(zip(names, defaults, strict=True))
    parameters = inspect.signature(qinggong.turning_points).parameters
    assert named == {
        name: "" if p.default is inspect.Parameter.empty else str(p.default) for name, p in parameters.items()
    }


def test_the_example_prints_what_the_page_shows() -> None:
    code = re.search(r"```python\n(.*?)```\n\n    (.*?)\n", PAGE, re.S)
    assert code is not None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code[1], "python.md", "exec"), {})
    assert out.getvalue().strip() == code[2].strip()


def test_every_field_of_the_level_index_is_on_the_catalogue_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "catalogue.md").read_text(encoding="utf-8")
    table = page[page.index("## The setting of the level index") :]
    models = [
        prosperity.LevelIndexPlan, prosperity.Component, prosperity.Zone, prosperity.Subjects, prosperity.IndexGroup,
        prosperity.Provinces, prosperity.AggregateWeights, prosperity.Shown, prosperity.TurnRecord,
        prosperity.TurnMethod,
    ]  # fmt: skip
    known = {"kind", "source", "valid_from", "name", "name_en"}
    assert not [f for model in models for f in model.model_fields if f not in known and f"`{f}`" not in table]
