"""Compilation of numeric kernels: one decorator that caches machine code where it can and compiles afresh where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

try:
    from qinggong.methods.kernel_compiler import PartCompiler, WholeCompiler
except (ImportError, AttributeError):  # inner names of another version of numba: slower at first use, the same results
    PartCompiler = WholeCompiler = None  # type: ignore[assignment, misc]

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Sums may be regrouped into vector lanes and a product fused with its sum; NaN and infinity keep their meaning.
_REGROUP = {"reassoc", "contract", "nsz"}


def compiled(function: Kernel) -> Kernel:
    """Compile a kernel that releases the interpreter lock; division by zero gives infinity, as in NumPy.

    The machine code is kept beside the module, or in the cache folder of the user. Where neither can be written
    (an installation owned by somebody else, no home folder), the kernel is compiled once in each process.
    """
    return _compile(function, False)


def compiled_sum(function: Kernel) -> Kernel:
    """The same for a kernel that is nothing but a sum: its terms may be added in vector lanes."""
    return _compile(function, _REGROUP)


def compiled_part(function: Kernel) -> Kernel:
    """The same for a kernel that only other kernels call: compiled with them, not by itself, and not from Python."""
    return _compile(function, False, part=True)


def compiled_sum_part(function: Kernel) -> Kernel:
    """A sum that only other kernels call."""
    return _compile(function, _REGROUP, part=True)


def _compile(function: Kernel, fastmath: bool | set[str], *, part: bool = False) -> Kernel:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    if WholeCompiler is not None:
        options |= {"no_rewrites": True, "no_cfunc_wrapper": True}
        options["pipeline_class"] = PartCompiler if part else WholeCompiler
        if part:
            return cast("Kernel", numba.njit(**options)(function))
    try:
        return cast("Kernel", numba.njit(cache=True, **options)(function))
    except RuntimeError:  # no locator available: no folder for the cache
        return cast("Kernel", numba.njit(**options)(function))


def workers() -> int:
    """Threads for a batch: what ``NUMBA_NUM_THREADS`` says, else one a processor."""
    return int(vars(numba.config)["NUMBA_NUM_THREADS"])
