"""The public names of the package: one sorted list, complete, loaded only on use."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import qinggong


def test_the_list_is_sorted_and_without_repeats() -> None:
    assert qinggong.__all__ == sorted(set(qinggong.__all__))
    assert dir(qinggong) == qinggong.__all__


def test_the_list_is_what_type_checkers_see() -> None:
    tree = ast.parse(Path(qinggong.__file__).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in ast.walk(blocks[0]) if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname or alias.name for node in imports for alias in node.names}
    assert seen | {"__version__"} == set(qinggong.__all__)


@pytest.mark.parametrize("name", qinggong.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(qinggong, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        qinggong.nothing  # noqa: B018


def test_importing_the_package_loads_nothing_else() -> None:
    code = """
import sys, qinggong
print(sorted(m for m in sys.modules if m.split(".")[0] in ("numpy", "duckdb", "qinggong")))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "['qinggong']"
