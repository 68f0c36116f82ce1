"""One thread of linear algebra a process: the work is spread over blocks, and a sum has one order.

A multithreaded product is added up in another order than a single-threaded one, so that its last bits differ.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import RLock

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
"""Environment in which the libraries of a new process start with one thread."""
_CGROUP = Path("/sys/fs/cgroup/cpu.max")
_environment = RLock()


def usable_cores() -> int:
    """Cores that this process may use: its affinity, and the quota of its container where there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _CGROUP.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, int(quota) // int(period)))


@contextmanager
def environment_of_one_thread() -> Iterator[None]:
    """Processes that are started inside begin with one thread; the environment is as before afterwards."""
    with _environment:
        before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(ONE_THREAD)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def one_thread_here() -> Iterator[None]:
    """The libraries of this very process work with one thread inside, those loaded before too."""
    with ExitStack() as stack:
        stack.enter_context(environment_of_one_thread())
        for threads, set_threads in _pools():
            set_threads(1)
            stack.callback(set_threads, threads)
        yield


def _pools() -> Iterator[tuple[int, Callable[[int], object]]]:
    """Number of threads, and how to set it, of each loaded library that has several."""
    for package in ("numpy", "scipy"):
        if package not in sys.modules:
            continue
        for path in _bundled_libraries(package):
            library = ctypes.CDLL(str(path))
            for suffix in ("64_", ""):
                get = getattr(library, f"scipy_openblas_get_num_threads{suffix}", None)
                if get is not None:
                    yield int(get()), getattr(library, f"scipy_openblas_set_num_threads{suffix}")
                    break
    numba = sys.modules.get("numba")
    if numba is not None:
        yield numba.get_num_threads(), numba.set_num_threads


def _bundled_libraries(package: str) -> list[Path]:
    """The linear algebra that comes in the wheels of NumPy and SciPy."""
    spec = find_spec(package)
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    if folder is None:
        return []
    places = (folder.with_name(f"{package}.libs"), folder / ".dylibs")
    return sorted(path for place in places for path in place.glob("*openblas*"))
