"""Tasks that the tests hand to engines; a module of its own, since the processes import it by name.

The arrays are synthetic (合成): each series is drawn from its own number, so that a block of any size holds the same.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MONTHS = 131


@dataclass(frozen=True)
class Columns:
    """A block of series: from the first to before the last."""

    first: int
    last: int


def synthetic(block: Columns) -> Floats:
    """Shape (months, series); magnitudes far apart, so that every other order of adding shows in the last bits."""
    columns = [
        np.random.default_rng(series).lognormal(series % 7 * 3, 2.0, MONTHS)
        for series in range(block.first, block.last)
    ]
    return np.column_stack(columns)


def sums(block: Columns) -> Floats:
    """Running sums over time, one addition after the other."""
    return np.add.accumulate(synthetic(block), axis=0)


def growth(block: Columns) -> Floats:
    values = synthetic(block)
    return (values[12:] / values[:-12] - 1) * 100


def smoothed(block: Columns) -> Floats:
    """Exponential smoothing: each value depends on all earlier ones."""
    values = synthetic(block)
    for t in range(1, MONTHS):
        values[t] = 0.8 * values[t - 1] + 0.2 * values[t]
    return values


def products(block: int) -> tuple[Floats, float]:
    """Linear algebra whose last bits depend on the number of threads."""
    matrix = np.random.default_rng(block).normal(size=(100, 2001))
    return matrix @ matrix[0], float(np.dot(matrix.ravel(), matrix.ravel()))


def doubled(block: int) -> int:
    return 2 * block


def slow_first(block: int) -> int:
    """The first blocks end last."""
    time.sleep(0.3 if block == 0 else 0.01)
    return block


def nothing(block: int) -> None:
    """A result that is ``None`` is a result."""


def odd_fails(block: int) -> int:
    if block % 2:
        raise ValueError(f"block {block} is odd")
    return block


def exits(block: int) -> int:
    if block == 2:
        sys.exit("gone")
    return block


def unpicklable_result(block: int) -> object:
    return (lambda: block) if block == 1 else block


class Unloadable(Exception):
    """Can be pickled, but not loaded."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)


def result_that_does_not_load(block: int) -> object:
    return Unloadable(block, "x") if block == 1 else block


def error_that_does_not_load(block: int) -> int:
    if block == 1:
        raise Unloadable(block, "Chinese too: 第一块")
    return block


class TaskThatDoesNotLoad:
    """A task that comes apart on its way, as one whose module the other side lacks."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (__import__, ("no_such_module_of_ours",))

    def __call__(self, block: int) -> int:
        return block


class BlockThatDoesNotPickle:
    def __reduce__(self) -> str:
        raise TypeError("this block stays here")


class FailsAtFirst:
    """Fails on some blocks until it has run ``times`` there; files count, since processes share nothing else."""

    def __init__(self, folder: Path, *, blocks: frozenset[int], times: int, how: Callable[[], object]) -> None:
        self.folder, self.blocks, self.times, self.how = folder, blocks, times, how

    def __call__(self, block: int) -> int:
        run = len(list(self.folder.glob(f"{block}-*")))
        (self.folder / f"{block}-{run}-{os.getpid()}").touch()
        if block in self.blocks and run < self.times:
            self.how()
        return block

    def runs(self, block: int) -> int:
        return len(list(self.folder.glob(f"{block}-*")))


def raises() -> None:
    raise OSError("disk away")


def killed() -> None:
    """As the system does to a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def ends() -> None:
    os._exit(3)


def together(block: tuple[str, int]) -> int:
    """How many blocks ran at the same moment as this one, this one included."""
    folder, number = Path(block[0]), block[1]
    (folder / f"running-{number}").touch()
    time.sleep(0.2)
    count = len(list(folder.glob("running-*")))
    (folder / f"running-{number}").unlink()
    return count


@dataclass(frozen=True)
class Process:
    """What a worker says of itself."""

    pid: int
    executable: str
    threads: tuple[str | None, ...]
    modules: tuple[str, ...]
    package: str


def about(block: int) -> Process:
    from qinggong.engine.threads import ONE_THREAD

    package = __import__("qinggong").__file__ or ""
    tops = tuple(sorted({name.partition(".")[0] for name in sys.modules}))
    return Process(os.getpid(), sys.executable, tuple(os.environ.get(n) for n in ONE_THREAD), tops, package)


def together_until_alone(block: tuple[str, int]) -> int:
    """Dies of neighbours: where it does not run alone, its process is killed."""
    count = together(block)
    if count > 1:
        killed()
    return count


def nested(block: int) -> object:
    from qinggong import engine

    return engine.open("local", workers=2).map(doubled, [block])


def rows_and_modules(folder: Path) -> tuple[int, tuple[str, ...]]:
    """Rows of a table as this process reads them, and the packages that it has imported since its start."""
    from qinggong.store.delta import DeltaStore

    return len(DeltaStore(folder).everything()), about(0).modules
