"""The seam of the engines (计算引擎): one task over many blocks, wherever the processes are.

A block is a small picklable value that names a piece of work, not the data itself; a task is a picklable callable
from a block to a picklable result. What an engine promises: results in the order of the blocks, whatever the number
of processes; a block that fails is tried again, then reported, and never costs the results of the others.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

B = TypeVar("B")
R = TypeVar("R")
Progress = Callable[[int, int], None]
"""Called with the number of blocks settled and the number of all, in the thread that called ``map``."""

RETRIES = 2
_TAIL_LINES = 12


class EngineError(Exception):
    """The engine cannot start or a task cannot be sent; the message is a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A block without a result.

    Attributes
    ----------
    block
        The block as given.
    position
        Its place in the sequence of blocks.
    attempts
        How often it failed.
    error
        Type and text of the last error, or how the process that worked on the block ended.
    traceback
        The last lines of the last error's traceback, empty if the process ended without one.
    """

    block: Any
    position: int
    attempts: int
    error: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"第{self.position + 1}块（{_short(self.block)}）试了{self.attempts}次都失败：{self.error}"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """What became of the blocks.

    Attributes
    ----------
    results
        One for each block, in the order of the blocks; ``None`` where the block failed.
    failures
        The blocks that failed, in the same order.
    """

    results: tuple[R | None, ...]
    failures: tuple[Failure, ...] = ()

    def complete(self) -> tuple[R, ...]:
        """The results, if there is one for every block.

        Raises
        ------
        EngineError
            If a block failed; the message names the first three.
        """
        if self.failures:
            named = "；".join(str(failure) for failure in self.failures[:3])
            more = f"；另有{len(self.failures) - 3}块" if len(self.failures) > 3 else ""
            raise EngineError(
                f"共{len(self.results)}块，{len(self.failures)}块没有算出：{named}{more}，请据此改正后重算"
            )
        return self.results  # type: ignore[return-value]


class Engine(Protocol):
    """Runs tasks; ``close`` ends its processes, after which it is not used again."""

    def map(
        self,
        task: Callable[[B], R],
        blocks: Iterable[B],
        *,
        retries: int = RETRIES,
        progress: Progress | None = None,
    ) -> Outcome[R]:
        """Run a task on every block.

        Parameters
        ----------
        task
            A picklable callable: a function of a module, a ``functools.partial`` of one, an instance of a class.
        blocks
            Picklable values; each is handed to one call of the task.
        retries
            How often a block that failed is tried again.
        progress
            Is told how far the work is.

        Raises
        ------
        EngineError
            If the task cannot be sent to another process, or no process can be started.
        KeyboardInterrupt
            If the user interrupts; running blocks are given up.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a process says of one attempt: the pickled result, or the error."""

    result: bytes | None
    error: str = ""
    traceback: str = ""
    loaded: bool = True
    """False if the process could not even load the task, as no other would."""


class Ledger(Generic[B, R]):
    """The account that an engine keeps of one ``map``: which blocks are settled, and what each attempt said."""

    def __init__(self, blocks: Iterable[B], *, retries: int, progress: Progress | None) -> None:
        self.blocks = tuple(blocks)
        self._tries = retries + 1
        self._progress = progress
        self._results: list[R | None] = [None] * len(self.blocks)
        self._attempts = [0] * len(self.blocks)
        self._failures: dict[int, Failure] = {}
        self._settled = self._told = 0

    def packed(self, position: int) -> bytes | None:
        """A block as bytes; ``None`` if it has none, and then it is settled as failed."""
        try:
            return pickle.dumps(self.blocks[position], protocol=5)
        except Exception as error:
            self._fail(position, f"块不能送到别的进程（{_described(error)}）", _tail(error), attempts=1)
            return None

    def record(self, position: int, report: Report) -> bool:
        """Take in one attempt; ``True`` if the block is settled, ``False`` if it is to be tried again.

        Raises
        ------
        EngineError
            If the process could not load the task.
        """
        if not report.loaded:
            raise EngineError(f"工作进程载入不了任务（{report.error}），请把任务写在工作进程能 import 的模块里")
        error, lines = report.error, report.traceback
        if report.result is not None:
            try:
                self._results[position] = pickle.loads(report.result)
            except Exception as failed:
                error, lines = _described(failed), _tail(failed)
            else:
                self._settle()
                return True
        self._attempts[position] += 1
        if self._attempts[position] < self._tries:
            return False
        self._fail(position, error, lines, attempts=self._attempts[position])
        return True

    def tell(self, running: int = 0) -> None:
        """Tell the progress: the settled blocks and those known to be done in the work under way."""
        done = min(self._settled + running, len(self.blocks))
        if self._progress is not None and done > self._told:
            self._told = done
            self._progress(done, len(self.blocks))

    def outcome(self) -> Outcome[R]:
        return Outcome(tuple(self._results), tuple(self._failures[p] for p in sorted(self._failures)))

    def _fail(self, position: int, error: str, lines: str, *, attempts: int) -> None:
        self._failures[position] = Failure(self.blocks[position], position, attempts, error, lines)
        self._settle()

    def _settle(self) -> None:
        self._settled += 1
        self.tell()


def packed(task: Callable[[B], R]) -> bytes:
    """A task as bytes that another process can load.

    Raises
    ------
    EngineError
        If it cannot be pickled.
    """
    try:
        return pickle.dumps(task, protocol=5)
    except Exception as error:
        name = getattr(task, "__qualname__", type(task).__qualname__)
        raise EngineError(
            f"任务“{name}”不能送到别的进程（{_described(error)}），请把它写成模块里的函数，不要用 lambda 或函数里的函数"
        ) from error


def attempt(code: bytes, block: bytes) -> Report:
    """Run a packed task on a packed block once.

    Whatever goes wrong, a call of ``sys.exit`` too, is in the report; only an interrupt passes through.
    """
    try:
        task = _loaded(code)
    except Exception as error:
        return Report(None, _described(error), _tail(error), loaded=False)
    try:
        return Report(pickle.dumps(task(pickle.loads(block)), protocol=5))
    except (Exception, SystemExit) as error:
        return Report(None, _described(error), _tail(error))


@lru_cache(maxsize=1)
def _loaded(code: bytes) -> Callable[[Any], Any]:
    """Loaded once for all blocks of one ``map`` that this process gets."""
    task: Callable[[Any], Any] = pickle.loads(code)
    return task


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip().rstrip(":")


def _tail(error: BaseException) -> str:
    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
    return "\n".join(lines[-_TAIL_LINES:])


def _short(block: Any) -> str:
    text = repr(block)
    return text if len(text) <= 120 else f"{text[:117]}…"
