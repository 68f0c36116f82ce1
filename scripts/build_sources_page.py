"""Write docs/reference/sources.md from the code: each file shape with its fields, its traps and its tests.

python scripts/build_sources_page.py            # writes the page
python scripts/build_sources_page.py --check    # exit 1 if the page is not the one that the code gives
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import ModuleType

from qinggong.sources import MODULES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "sources.md"
HEAD = """# Sources

Generated from the code by `scripts/build_sources_page.py`; do not edit. `qinggong ingest PATH…` recognises the shape of
each file by itself, in the order of this page, and says what it recognised. Fields and traps are given in Chinese, as
the program shows them.

| Shape | What it is | Module | Tests |
|---|---|---|---|
"""


def tests_of(module: ModuleType) -> list[str]:
    """Test files that import the module, by their path from the root."""
    name = module.__name__
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        short = name.rsplit(".", 1)
        if name in text or f"from {short[0]} import {short[1]}" in text:
            found.append(path.relative_to(ROOT).as_posix())
    return found


def page() -> str:
    lines = [HEAD]
    for module in MODULES:
        tests = "<br>".join(f"`{t}`" for t in tests_of(module)) or "—"
        where = module.__name__.replace(".", "/") + ".py"
        lines.append(f"| `{module.SHAPE.id}` | {module.SHAPE.name} | `src/{where}` | {tests} |\n")
    for module in MODULES:
        summary = (module.__doc__ or "").strip().splitlines()[0]
        lines.append(f"\n## {module.SHAPE.name}\n\n{summary}\n\n| 字段 | 含义 |\n|---|---|\n")
        lines += [f"| {field} | {meaning} |\n" for field, meaning in module.FIELDS.items()]
        lines.append("\n")
        lines += [f"- {trap}\n" for trap in module.TRAPS]
    return "".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    text = page()
    if options.check:
        same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("docs/reference/sources.md is as the code gives it" if same else "run scripts/build_sources_page.py")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
