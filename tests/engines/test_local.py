"""Local processes: the serial way, interrupts, scripts, and memory shortage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import block_tasks as tasks
import pytest
from block_tasks import FailsAtFirst

from qinggong import engine
from qinggong.engine import EngineError
from qinggong.engine.local import LocalEngine
from qinggong.engine.threads import ONE_THREAD, usable_cores

HERE = Path(__file__).parent


def environment(**more: str) -> dict[str, str]:
    """That of a program which knows nothing of threads, but finds the package and the tasks."""
    kept = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    return kept | {"PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])} | more


def run(script: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script)], env=environment(**more), capture_output=True, text=True, check=False, timeout=120
    )


def test_one_process_and_two_give_the_same_bits_though_the_program_has_several_threads(tmp_path: Path) -> None:
    """Without the care for threads the first line differs from the others where there is more than one core."""
    script = tmp_path / "program.py"
    script.write_text(
        "import hashlib, pickle\n"
        "import block_tasks as tasks\n"
        "from qinggong import engine\n"
        "def digest(results):\n"
        "    return hashlib.sha256(pickle.dumps([(a.tobytes(), b) for a, b in results])).hexdigest()\n"
        "if __name__ == '__main__':\n"
        "    for workers in (1, 2):\n"
        "        opened = engine.open('local', workers=workers)\n"
        "        print(digest(opened.map(tasks.products, [1, 2, 3]).complete()))\n"
        "        opened.close()\n"
        "    print(digest(map(tasks.products, [1, 2, 3])))\n",
        encoding="utf-8",
    )
    several = run(script, OPENBLAS_NUM_THREADS="2")
    assert several.returncode == 0, several.stderr
    here, there, unguarded = several.stdout.split()
    assert here == there
    single = run(script, OPENBLAS_NUM_THREADS="1")
    assert set(single.stdout.split()) == {here}
    if usable_cores() > 1:
        assert unguarded != here, "two threads add in the same order here: this test shows nothing"


def test_the_serial_way_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    opened = engine.open("local", workers=1)
    (inside,) = opened.map(tasks.about, [0]).complete()
    assert set(inside.threads) == {"1"}
    assert inside.pid == os.getpid()
    assert (os.environ.get("MKL_NUM_THREADS"), os.environ["OMP_NUM_THREADS"]) == (None, "7")


def test_the_serial_way_fails_as_the_others_do(tmp_path: Path) -> None:
    opened = engine.open("local", workers=1)
    outcome = opened.map(tasks.odd_fails, range(4), retries=1)
    assert outcome.results == (0, None, 2, None)
    assert [f.attempts for f in outcome.failures] == [2, 2]
    task = FailsAtFirst(tmp_path, blocks=frozenset({1}), times=2, how=tasks.raises)
    assert opened.map(task, range(2)).complete() == (0, 1)
    assert opened.map(tasks.unpicklable_result, range(3), retries=0).results == (0, None, 2)
    with pytest.raises(EngineError, match="载入不了任务"):
        opened.map(tasks.TaskThatDoesNotLoad(), [1])


def test_by_default_there_are_as_many_processes_as_cores() -> None:
    opened = engine.open("local")
    assert isinstance(opened, LocalEngine)
    assert opened.workers == usable_cores() >= 1
    with pytest.raises(EngineError, match="进程数 workers 应为正整数，不能是 0"):
        engine.open("local", workers=0)


def test_processes_are_kept_for_the_next_work_and_end_with_the_engine() -> None:
    opened = engine.open("local", workers=2)
    first = {p.pid for p in opened.map(tasks.about, range(4)).complete()}
    second = {p.pid for p in opened.map(tasks.about, range(4)).complete()}
    assert first | second <= first and len(first) <= 2
    opened.close()
    for pid in first:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_that_ended_idle_is_replaced() -> None:
    opened = engine.open("local", workers=2)
    for pid in {p.pid for p in opened.map(tasks.about, range(4)).complete()}:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    outcome = opened.map(tasks.doubled, range(4), retries=1)
    opened.close()
    assert outcome.results == (0, 2, 4, 6)


def test_blocks_that_killed_their_process_are_tried_again_alone(tmp_path: Path) -> None:
    """A shortage of memory that neighbours cause does not come back when none is there."""
    opened = engine.open("local", workers=2)
    blocks = [(str(tmp_path), number) for number in range(4)]
    assert max(opened.map(tasks.together, blocks).complete()) == 2, "the machine runs two at a time"
    (tmp_path / "kill").touch()
    again = opened.map(tasks.together_until_alone, blocks, retries=1).complete()
    opened.close()
    assert set(again) == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_ends_the_work_and_its_processes(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import sys, time\n"
        "from qinggong import engine\n"
        "if __name__ == '__main__':\n"
        "    opened = engine.open('local', workers=2)\n"
        "    print(*[p.pid for p in opened.map(__import__('block_tasks').about, range(2)).complete()], flush=True)\n"
        "    try:\n"
        "        opened.map(time.sleep, [60, 60, 60])\n"
        "    except KeyboardInterrupt:\n"
        "        opened.close()\n"
        "        print('interrupted', flush=True)\n",
        encoding="utf-8",
    )
    program = subprocess.Popen(
        [sys.executable, str(script)], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert program.stdout is not None
    pids = [int(word) for word in program.stdout.readline().split()]
    time.sleep(1)
    os.killpg(program.pid, signal.SIGINT)
    out, err = program.communicate(timeout=30)
    assert (out, err) == ("interrupted\n", "")
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "from qinggong import engine\nimport block_tasks\n"
        "print(engine.open('local', workers=2).map(block_tasks.doubled, [1, 2]))\n",
        encoding="utf-8",
    )
    done = run(script)
    assert done.returncode == 1
    assert "请把计算放到 if __name__ == '__main__': 之下" in done.stderr.splitlines()[-1]


def test_a_task_that_opens_processes_itself_is_told_so() -> None:
    opened = engine.open("local", workers=2)
    outcome = opened.map(tasks.nested, [1, 2], retries=0)
    opened.close()
    assert [f.error for f in outcome.failures] == [
        "EngineError: 计算任务里不能再开多个进程，请在任务里用 workers=1"
    ] * 2
