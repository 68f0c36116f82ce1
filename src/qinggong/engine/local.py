"""Processes of this machine, started by ``spawn``: a forked process would share the table library's threads and panic.

Each process works on one block at a time over a pipe of its own, so that when one is killed the block is known and
the others go on. A block that took its process with it is tried again at the end, alone, when no neighbour competes
for memory.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final

from qinggong.engine.base import RETRIES, B, EngineError, Ledger, Outcome, Progress, R, Report, attempt, packed
from qinggong.engine.threads import environment_of_one_thread, one_thread_here, usable_cores

SETTINGS = ("workers",)
_SECONDS_TO_END = 5.0
# First byte of a message: the task, a block; ready for work, a report.
_TASK, _BLOCK, _READY, _REPORT = b"t", b"b", b"r", b"d"


def start(*, workers: int | None = None) -> LocalEngine:
    """Open the engine; its processes start with the first work.

    Parameters
    ----------
    workers
        Number of processes, by default the cores that this process may use. With 1 everything is done in this very
        process, with the same results.
    """
    if workers is not None and workers < 1:
        raise EngineError(f"进程数 workers 应为正整数，不能是 {workers}")
    return LocalEngine(workers or usable_cores())


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, this side's end of its pipe, and what it is known to have reached."""

    process: BaseProcess
    pipe: Connection
    ready: bool = False


@dataclass(slots=True)
class _Run:
    """One ``map``: where each block stands. ``told`` are the processes that hold the task."""

    code: bytes
    waiting: deque[int]
    alone: deque[int] = field(default_factory=deque)
    busy: dict[_Worker, int] = field(default_factory=dict)
    told: set[_Worker] = field(default_factory=set)


class LocalEngine:
    """Keeps its processes from one ``map`` to the next; one ``map`` at a time.

    In a script that is run as a program the call must stand under ``if __name__ == "__main__":``, since each process
    imports the script again.
    """

    def __init__(self, workers: int) -> None:
        self.workers: Final = workers
        self._idle: list[_Worker] = []

    def map(
        self,
        task: Callable[[B], R],
        blocks: Iterable[B],
        *,
        retries: int = RETRIES,
        progress: Progress | None = None,
    ) -> Outcome[R]:
        code = packed(task)
        ledger: Ledger[B, R] = Ledger(blocks, retries=retries, progress=progress)
        if self.workers == 1:
            _map_here(code, ledger)
        else:
            self._map_there(code, ledger)
        return ledger.outcome()

    def close(self) -> None:
        for worker in self._idle:
            worker.pipe.close()
        for worker in self._idle:
            _end(worker)
        self._idle.clear()

    def _map_there(self, code: bytes, ledger: Ledger[Any, Any]) -> None:
        run = _Run(code, deque(range(len(ledger.blocks))))
        try:
            while run.waiting or run.alone or run.busy:
                while run.waiting and len(run.busy) < self.workers:
                    self._hand_out(run.waiting.popleft(), run, ledger)
                if run.alone and not run.waiting and not run.busy:
                    self._hand_out(run.alone.popleft(), run, ledger)
                for worker in _that_speak(run.busy):
                    self._hear(worker, run, ledger)
        finally:
            # After an interrupt, or if no process can load the task: what still runs is given up.
            for worker in run.busy:
                worker.process.kill()
                _end(worker)

    def _hand_out(self, position: int, run: _Run, ledger: Ledger[Any, Any]) -> None:
        """Give a block to an idle process, or to a new one."""
        block = ledger.packed(position)
        if block is None:
            return
        while True:
            worker = self._idle.pop() if self._idle else _begin()
            try:
                if worker not in run.told:
                    worker.pipe.send_bytes(_TASK + run.code)
                    run.told.add(worker)
                worker.pipe.send_bytes(_BLOCK + block)
            except OSError:
                # It ended before it got the block, which is not to blame; one that never was ready would end again.
                _must_have_started(worker, killed_too=True)
                _end(worker)
                continue
            run.busy[worker] = position
            return

    def _hear(self, worker: _Worker, run: _Run, ledger: Ledger[Any, Any]) -> None:
        """Take one message of a process, or note that it has ended."""
        kind, body = _message(worker)
        if kind == _READY:
            worker.ready = True
            return
        position = run.busy.pop(worker)
        if kind == _REPORT:
            self._idle.append(worker)
            if not ledger.record(position, pickle.loads(body)):
                run.waiting.append(position)
            return
        try:
            _must_have_started(worker)
        finally:
            _end(worker)
        if not ledger.record(position, Report(None, _how_it_ended(worker.process))):
            run.alone.append(position)


def _map_here(code: bytes, ledger: Ledger[Any, Any]) -> None:
    """In this process, but with a task, blocks and results that go through bytes as they do between processes."""
    with one_thread_here():
        for position in range(len(ledger.blocks)):
            block = ledger.packed(position)
            while block is not None and not ledger.record(position, attempt(code, block)):
                pass


def _begin() -> _Worker:
    current = multiprocessing.current_process()
    if getattr(current, "_inheriting", False):
        raise EngineError(
            "脚本把计算放在了顶层，工作进程导入脚本时会再次启动计算；请放到 if __name__ == '__main__': 之下"
        )
    if current.daemon:
        raise EngineError("计算任务里不能再开多个进程，请在任务里用 workers=1")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    with environment_of_one_thread():
        process.start()
    # Only the process holds this end now: when it ends, the pipe does.
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Connection) -> None:
    """The life of a process: take a task, then block after block, until the other side closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = b""
    try:
        pipe.send_bytes(_READY)
        while True:
            message = pipe.recv_bytes()
            if message[:1] == _TASK:
                code = message[1:]
            else:
                pipe.send_bytes(_REPORT + pickle.dumps(attempt(code, message[1:]), protocol=5))
    except (EOFError, OSError):
        return


def _that_speak(busy: Iterable[_Worker]) -> list[_Worker]:
    """Waits until a process has sent something or has ended."""
    workers = list(busy)
    if not workers:
        return []
    ready = wait([x for worker in workers for x in (worker.pipe, worker.process.sentinel)])
    return [worker for worker in workers if worker.pipe in ready or worker.process.sentinel in ready]


def _message(worker: _Worker) -> tuple[bytes, bytes]:
    """Kind and body of what a process sent; an empty kind if it ended without."""
    try:
        # What it sent before it ended still counts.
        message = worker.pipe.recv_bytes() if worker.pipe.poll() else b""
    except (EOFError, OSError):
        message = b""
    return message[:1], message[1:]


def _must_have_started(worker: _Worker, *, killed_too: bool = False) -> None:
    """A process that fails before it is ready would fail each time: that is no fault of a block."""
    while not worker.ready and _message(worker)[0] == _READY:
        worker.ready = True
    worker.process.join(_SECONDS_TO_END)
    code = worker.process.exitcode
    if not worker.ready and code is not None and (killed_too or code > 0):
        raise EngineError(
            f"工作进程没能启动（退出码 {code}）。若从脚本运行，请把计算放到 if __name__ == '__main__': 之下；"
            "若不是，请看上面工作进程的报错"
        )


def _end(worker: _Worker) -> None:
    """Close the pipe, on which an idle process ends by itself, and see it gone."""
    worker.pipe.close()
    worker.process.join(_SECONDS_TO_END)
    if worker.process.exitcode is None:
        worker.process.kill()
        worker.process.join()


def _how_it_ended(process: BaseProcess) -> str:
    code = process.exitcode
    if code is None or code >= 0:
        return f"工作进程自行退出（退出码 {code}）"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    hint = "，多半是内存不足，请把数据分成更多的块" if name == "SIGKILL" else ""
    return f"工作进程被终止（信号 {name}{hint}）"
