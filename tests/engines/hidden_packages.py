"""Packages that are made to look as if they were not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec

DATA_FRAMES = ("pandas", "pyarrow")


class _Absent:
    """Stands before the other finders and says that there is no such package."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names, self.asked = names, list[str]()

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] in self.names:
            self.asked.append(name)
            raise ModuleNotFoundError(f"hidden by the test: {name}", name=name)
        return None


@contextmanager
def hidden(*names: str) -> Iterator[list[str]]:
    """Packages are as if not installed; gives the list of attempts to import them."""
    finder = _Absent(names)
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}
    sys.meta_path.insert(0, finder)
    try:
        yield finder.asked
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(before)
