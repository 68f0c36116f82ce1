"""What every engine promises, the same tests for each: results, order, failures, lost processes."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import block_tasks as tasks
import numpy as np
import pytest
from block_tasks import Columns, FailsAtFirst

from qinggong import engine
from qinggong.engine import Engine, EngineError, Outcome

SERIES = 17
ODD_SIZES = ([1] * 17, [7, 7, 3], [1, 2, 3, 5, 6], [12, 1, 4])


def columns(sizes: list[int]) -> list[Columns]:
    ends = np.cumsum(sizes).tolist()
    assert ends[-1] == SERIES
    return [Columns(end - size, end) for size, end in zip(sizes, ends, strict=True)]


def one_process() -> Engine:
    return engine.open("local", workers=1)


@pytest.mark.parametrize("task", [tasks.sums, tasks.growth, tasks.smoothed])
def test_results_are_the_same_bits_whatever_the_engine_and_the_blocks(each_engine: Engine, task: object) -> None:
    whole = task(Columns(0, SERIES))  # type: ignore[operator]
    for sizes in ODD_SIZES if task is tasks.sums else ODD_SIZES[2:]:
        parts = each_engine.map(task, columns(sizes)).complete()  # type: ignore[arg-type]
        assert np.concatenate(parts, axis=1).tobytes() == whole.tobytes()


def test_linear_algebra_gives_the_same_bits_as_in_one_process(each_engine: Engine) -> None:
    expected = one_process().map(tasks.products, range(2)).complete()
    found = each_engine.map(tasks.products, range(2)).complete()
    assert [(a.tobytes(), b) for a, b in found] == [(a.tobytes(), b) for a, b in expected]


def test_results_stand_in_the_order_of_the_blocks(each_engine: Engine) -> None:
    assert each_engine.map(tasks.slow_first, iter(range(9))) == Outcome(tuple(range(9)))


def test_no_block_and_no_result(each_engine: Engine) -> None:
    assert each_engine.map(tasks.doubled, []) == Outcome(())
    outcome = each_engine.map(tasks.nothing, [1, 2])
    assert outcome == Outcome((None, None))
    assert outcome.complete() == (None, None)


def test_a_partial_and_an_object_are_tasks(each_engine: Engine) -> None:
    assert each_engine.map(partial(pow, 2), [3, 4]).complete() == (8, 16)


def test_a_failed_block_is_reported_and_the_others_are_there(each_engine: Engine) -> None:
    outcome = each_engine.map(tasks.odd_fails, range(5), retries=1)
    assert outcome.results == (0, None, 2, None, 4)
    first, second = outcome.failures
    assert (first.block, first.position, first.attempts, first.error) == (1, 1, 2, "ValueError: block 1 is odd")
    assert (second.block, second.position) == (3, 3)
    assert first.traceback.splitlines()[0] == "Traceback (most recent call last):"
    assert "odd_fails" in first.traceback
    with pytest.raises(
        EngineError, match="共5块，2块没有算出：第2块（1）试了2次都失败：ValueError: block 1 is odd；第4块"
    ):
        outcome.complete()


@pytest.mark.parametrize(("retries", "succeeds"), [(2, True), (1, False), (0, False)])
def test_a_block_is_tried_again_as_often_as_said(
    each_engine: Engine, tmp_path: Path, retries: int, succeeds: bool
) -> None:
    task = FailsAtFirst(tmp_path, blocks=frozenset({1}), times=2, how=tasks.raises)
    outcome = each_engine.map(task, range(3), retries=retries)
    assert outcome.results == (0, 1 if succeeds else None, 2)
    assert [f.attempts for f in outcome.failures] == ([] if succeeds else [retries + 1])
    assert [task.runs(block) for block in range(3)] == [1, retries + 1, 1]


def test_an_exit_is_a_failure_like_any_other(each_engine: Engine) -> None:
    outcome = each_engine.map(tasks.exits, range(4), retries=0)
    assert (outcome.results, outcome.failures[0].error) == ((0, 1, None, 3), "SystemExit: gone")


@pytest.mark.parametrize("task", [tasks.unpicklable_result, tasks.result_that_does_not_load])
def test_a_result_that_cannot_travel_costs_only_its_block(each_engine: Engine, task: object) -> None:
    outcome = each_engine.map(task, range(3), retries=0)  # type: ignore[arg-type, var-annotated]
    assert outcome.results == (0, None, 2)
    assert [(f.position, f.attempts) for f in outcome.failures] == [(1, 1)]


def test_an_error_that_cannot_travel_is_told_in_words(each_engine: Engine) -> None:
    (failure,) = each_engine.map(tasks.error_that_does_not_load, range(3), retries=0).failures
    assert failure.error == "Unloadable: Chinese too: 第一块"


def test_a_block_that_cannot_travel_costs_only_itself(each_engine: Engine) -> None:
    blocks = [2, tasks.BlockThatDoesNotPickle(), 4]
    outcome = each_engine.map(partial(pow, 2), blocks)  # type: ignore[arg-type]
    assert outcome.results == (4, None, 16)
    assert "this block stays here" in outcome.failures[0].error


def test_a_task_that_cannot_travel_is_refused(each_engine: Engine) -> None:
    with pytest.raises(EngineError, match="请把它写成模块里的函数"):
        each_engine.map(lambda block: block, [1])
    with pytest.raises(EngineError, match=r"载入不了任务（ModuleNotFoundError: .*no_such_module_of_ours"):
        each_engine.map(tasks.TaskThatDoesNotLoad(), [1, 2, 3])
    assert each_engine.map(tasks.doubled, [1, 2]).complete() == (2, 4), "the engine works on"


@pytest.mark.parametrize("how", [tasks.killed, tasks.ends])
def test_a_killed_process_costs_only_the_block_that_kills_it(each_engine: Engine, tmp_path: Path, how: object) -> None:
    task = FailsAtFirst(tmp_path, blocks=frozenset({2}), times=99, how=how)  # type: ignore[arg-type]
    outcome = each_engine.map(task, range(6), retries=1)
    assert outcome.results == (0, 1, None, 3, 4, 5)
    (failure,) = outcome.failures
    assert (failure.block, failure.position, failure.attempts) == (2, 2, 2)
    assert "工作进程" in failure.error


def test_a_process_killed_once_is_no_failure(each_engine: Engine, tmp_path: Path) -> None:
    task = FailsAtFirst(tmp_path, blocks=frozenset({0, 3}), times=1, how=tasks.killed)
    assert each_engine.map(task, range(5)) == Outcome((0, 1, 2, 3, 4))
    assert task.runs(3) >= 2


def test_progress_grows_to_the_number_of_blocks(each_engine: Engine) -> None:
    told: list[tuple[int, int]] = []
    each_engine.map(tasks.odd_fails, range(7), retries=1, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(set(told))
    assert told[-1] == (7, 7)
    assert {total for _, total in told} == {7}


def test_after_an_interrupt_the_engine_works_on(each_engine: Engine) -> None:
    """What still ran is given up; results of the interrupted work do not turn up in the next."""

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        each_engine.map(tasks.slow_first, range(6), progress=interrupt)
    assert each_engine.map(tasks.doubled, range(6)).complete() == (0, 2, 4, 6, 8, 10)


def test_processes_have_one_thread_this_python_and_this_package(each_engine: Engine) -> None:
    for process in each_engine.map(tasks.about, range(4)).complete():
        assert process.pid != os.getpid()
        assert process.executable == sys.executable
        assert set(process.threads) == {"1"}
        assert process.package == sys.modules["qinggong"].__file__


def test_an_unknown_engine_or_setting_is_refused() -> None:
    with pytest.raises(EngineError, match="没有名为“dask”的计算引擎，可用的有 local、spark"):
        engine.open("dask")
    for kind in engine.kinds():
        with pytest.raises(EngineError, match=f"引擎 {kind} 没有设置 colour"):
            engine.open(kind, colour="red")
