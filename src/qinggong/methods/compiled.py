"""Compilation of numeric kernels: one decorator that caches machine code where it can and compiles afresh where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Sums may be regrouped into vector lanes and a product fused with its sum; NaN and infinity keep their meaning.
_REGROUP = {"reassoc", "contract", "nsz"}


def compiled(function: Kernel) -> Kernel:
    """Compile a kernel that releases the interpreter lock; division by zero gives infinity, as in NumPy.

    The machine code is kept beside the module, or in the cache folder of the user. Where neither can be written
    (an installation owned by somebody else, no home folder), the kernel is compiled once in each process.
    """
    return _compile(function, False)


def compiled_inside(function: Kernel) -> Kernel:
    """The same for a large kernel with one caller: it becomes part of the caller, so that it is not compiled twice."""
    return _compile(function, False, inline="always")


def compiled_sum(function: Kernel) -> Kernel:
    """The same for a kernel that is nothing but a sum: its terms may be added in vector lanes."""
    return _compile(function, _REGROUP)


def _compile(function: Kernel, fastmath: bool | set[str], *, inline: str = "never") -> Kernel:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": fastmath, "inline": inline}
    try:
        return cast("Kernel", numba.njit(cache=True, **options)(function))
    except RuntimeError:  # no locator available: no folder for the cache
        return cast("Kernel", numba.njit(**options)(function))


def workers() -> int:
    """Threads for a batch: what ``NUMBA_NUM_THREADS`` says, else one a processor."""
    return int(vars(numba.config)["NUMBA_NUM_THREADS"])
