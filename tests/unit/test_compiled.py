"""Kernels in parts: a part is compiled with its caller, refuses Python, and works where numba's names are others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit

from qinggong.methods import compiled as module
from qinggong.methods.compiled import compiled, compiled_part, compiled_sum_part

SCRIPT = """
import numpy as np
from qinggong.methods import compiled
assert compiled.PartCompiler is {expected}
from qinggong.methods.x11 import decompose
months = np.arange(96)
values = 100 + months + 10 * np.sin(months * np.pi / 6)
print(decompose(values[:, None]).adjusted.tobytes().hex())
"""


@compiled_part
def _square(x: float) -> float:
    return x * x


@compiled_sum_part
def _total(x: Any) -> float:
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i]
    return total


@compiled
def spread(x: Any) -> float:
    mean = _total(x) / x.shape[0]
    total = 0.0
    for i in range(x.shape[0]):
        total += _square(x[i] - mean)
    return total


def test_a_whole_kernel_links_its_parts() -> None:
    x = np.random.default_rng(3).normal(size=57)
    assert spread(x) == pytest.approx(float(((x - x.mean()) ** 2).sum()), rel=1e-12)
    # A kernel that an earlier run left on the disk needs no part any more.
    linked = _square.overloads or spread.stats.cache_hits  # type: ignore[attr-defined]
    assert not vars(module)["WholeCompiler"] or linked


def test_a_part_refuses_python_and_its_function_can_be_compiled_for_it() -> None:
    with pytest.raises(TypeError):
        _square(2.0)
    assert njit(_square.py_func)(3.0) == 9.0  # type: ignore[attr-defined]


@pytest.mark.soak  # compiles everything the plain way
def test_results_are_the_same_where_numba_lacks_the_inner_names(tmp_path: Path) -> None:
    found = {}
    for missing in (False, True):
        prelude = "import sys; sys.modules['qinggong.methods.kernel_compiler'] = None\n" if missing else ""
        expected = "None" if missing else "compiled.WholeCompiler.__subclasses__()[0]"
        done = subprocess.run(
            [sys.executable, "-c", prelude + SCRIPT.format(expected=expected)], capture_output=True, text=True,
            check=True, env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / str(missing))},
        )  # fmt: skip
        found[missing] = done.stdout
    assert found[True] == found[False] != ""
