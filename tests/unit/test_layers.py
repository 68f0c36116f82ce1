"""Imports point only in the directions of the layer table in docs/architecture.md, section 2."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "qinggong"
SOURCE = Path(__file__).resolve().parents[2] / "src" / PACKAGE

# Layer -> layers that it may import; modules of one layer may import each other. The same table stands in
# docs/architecture.md, where a test below looks for every row.
_BELOW_MONITOR = "periods config engine panel catalogue validate store methods rules monitor.facts"
MAY_IMPORT: dict[str, frozenset[str]] = {
    layer: frozenset(allowed.split())
    for layer, allowed in {
        "periods": "",
        "config": "",
        "engine": "",
        "panel": "periods",
        "catalogue": "periods",
        "reading": "periods catalogue",
        "sources": "periods panel catalogue reading",
        "validate": "periods panel catalogue",
        "store": "periods panel catalogue",
        "methods": "periods panel",
        "rules": "periods catalogue",
        "monitor.facts": "periods panel catalogue",
        "monitor": _BELOW_MONITOR,
        "publish": "periods catalogue reading monitor.facts",
        "office": "periods catalogue validate rules monitor.facts",
        "web": "periods config catalogue monitor.facts publish office store",
        "synth": "periods panel catalogue",
        "intake": "periods panel config catalogue reading sources validate store synth",
        "bureau": "periods config catalogue intake store monitor monitor.facts publish office",
        "watch": "periods config catalogue intake store monitor monitor.facts office bureau",
        "standing": "periods catalogue intake store monitor monitor.facts publish",
        "outlook": "periods catalogue intake store monitor monitor.facts publish standing watch",
        "briefing": "periods catalogue intake store monitor monitor.facts standing outlook watch",
        "editions": "periods config catalogue intake sources store monitor monitor.facts publish standing outlook "
        "publication briefing",
        "data_release": "periods catalogue intake store monitor.facts publish",
        "publication": "periods config catalogue intake sources store monitor monitor.facts publish data_release",
        "rebuilding": "config catalogue intake store monitor monitor.facts publish standing briefing data_release "
        "publication",
        "issuing": "config catalogue intake publish data_release rebuilding",
        "flow": f"{_BELOW_MONITOR} intake reading sources monitor publish office synth bureau watch standing outlook "
        "publication briefing editions data_release rebuilding issuing",
        "cli": "flow web config",
        "__init__": "methods rules flow",
    }.items()
}


def layer_of(module: str) -> str:
    """The layer of a module, named without the package: ``store.delta`` -> ``store``."""
    if not module:
        return "__init__"
    if module == "monitor.facts" or module.startswith("monitor.facts."):
        return "monitor.facts"
    return module.split(".")[0]


def imported_modules(tree: ast.Module, *, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and name, without the package, of each of our modules that a file imports, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == PACKAGE or alias.name.startswith(PACKAGE + "."):
                    yield node.lineno, alias.name[len(PACKAGE) + 1 :]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = [PACKAGE, *filter(None, module.split("."))]
                anchor = here[: len(here) - (node.level - 1 if is_package else node.level)]
                base = ".".join([*anchor, *filter(None, [node.module])])
            if base == PACKAGE:
                # A name of the package itself is a submodule, but for the version, which is no layer.
                yield from ((node.lineno, alias.name) for alias in node.names if alias.name != "__version__")
            elif base == f"{PACKAGE}.monitor":
                yield from ((node.lineno, f"monitor.{alias.name}") for alias in node.names)
            elif base.startswith(PACKAGE + "."):
                yield node.lineno, base[len(PACKAGE) + 1 :]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0].value
            if called in ("import_module", "__import__") and isinstance(name, str) and name.startswith(PACKAGE + "."):
                yield node.lineno, name[len(PACKAGE) + 1 :]


def forbidden_imports(source: Path) -> list[str]:
    """Each import below ``source`` (the package's folder) that the table does not allow, with file and line."""
    findings = []
    for file in sorted(source.rglob("*.py")):
        relative = file.relative_to(source)
        parts = relative.with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        layer = layer_of(module)
        if layer not in MAY_IMPORT:
            findings.append(f"{relative}: layer {layer!r} is not in the table")
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for line, name in imported_modules(tree, module=module, is_package=is_package):
            target = layer_of(name)
            if target != layer and target not in MAY_IMPORT[layer]:
                findings.append(f"{relative}:{line}: {layer} may not import {target} ({PACKAGE}.{name})")
    return findings


def test_imports_follow_the_layer_table() -> None:
    assert not (found := forbidden_imports(SOURCE)), "\n".join(found)


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("methods/growth.py", "from qinggong.store.base import Observation", "methods may not import store"),
        ("periods.py", "import qinggong.panel", "periods may not import panel"),
        ("publish/pdf.py", "from qinggong.monitor import adjust", "publish may not import monitor"),
        ("publish/pdf.py", "from qinggong.monitor.adjust import x", "publish may not import monitor"),
        ("monitor/facts.py", "from . import adjust", "monitor.facts may not import monitor"),
        ("monitor/adjust.py", "from ..sources.base import x", "monitor may not import sources"),
        ("store/delta.py", "def f():\n    from qinggong import flow", "store may not import flow"),
        ("flow.py", "from .web import app", "flow may not import web"),
        ("store/__init__.py", "from ..methods import growth", "store may not import methods"),
        ("cli.py", "import qinggong.publish.pdf as p", "cli may not import publish"),
        ("rules/model.py", "from importlib import import_module\nimport_module('qinggong.store')", "import store"),
        ("rules/model.py", "import qinggong", "rules may not import __init__"),
        ("misc/x.py", "", "layer 'misc' is not in the table"),
    ],
)
def test_a_forbidden_arrow_is_found(tmp_path: Path, file: str, text: str, expected: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert [expected in finding for finding in forbidden_imports(tmp_path)] == [True]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("publish/pdf.py", "from qinggong.monitor.facts import Brief\nfrom qinggong.monitor import facts"),
        ("publish/pdf.py", "from .charts import chart\nfrom . import html"),
        ("monitor/adjust.py", "from .facts import Fact\nfrom qinggong.methods.growth import yoy"),
        ("flow.py", "from qinggong import __version__, monitor\nfrom qinggong.sources import base\nimport numpy"),
        ("__init__.py", "from qinggong import flow"),
    ],
)
def test_an_allowed_arrow_is_left_alone(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert forbidden_imports(tmp_path) == []


def _documented_table() -> dict[str, frozenset[str]]:
    text = (SOURCE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text[text.index("| layer | may import |") : text.index("Stages that may not see")]
    known = set(re.findall(r"`([\w.]+)`", section))
    table: dict[str, frozenset[str]] = {}
    for row in re.findall(r"^\| (`.*?) \| (.*) \|$", section, flags=re.MULTILINE):
        layers = re.findall(r"`([\w.]+)`", row[0])
        if row[1].startswith("all except"):
            allowed = known - set(re.findall(r"`([\w.]+)`", row[1])) - {"__init__", *layers}
        elif row[1].startswith("all of the above except"):
            allowed = set(table) - set(re.findall(r"`([\w.]+)`", row[1]))
        else:
            common, _, extra = row[1].partition(";")
            allowed = set(re.findall(r"`([\w.]+)`", common))
            if extra:
                also, *more = re.findall(r"`([\w.]+)`", extra)
                table[also] = frozenset({*allowed, *more})
        for layer in layers:
            table.setdefault(layer, frozenset(allowed))
    return table


def test_the_architecture_page_has_the_same_table() -> None:
    assert _documented_table() == MAY_IMPORT
