"""Jobs of the portal: commands in processes of their own, one at a time, and what becomes of them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from qinggong.web.desk import jobs
from qinggong.web.desk.jobs import Job, JobError


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small program in place of the command: it says its arguments and its environment, and waits for a file."""
    program = tmp_path / "stand_in.sh"
    program.write_text(
        f'#!/bin/sh\nshift 2\necho "· 第一步" >&2\nwhile [ ! -e "{tmp_path}/go" ]; do sleep 0.02; done\n'
        'echo "· $*" >&2\n'
        'echo "{\\"session\\": \\"$QINGGONG_SESSION\\", \\"user\\": \\"$QINGGONG_USER\\"}"\n'
        f'[ ! -e "{tmp_path}/wrong" ]\n',
        encoding="utf-8",
    )
    program.chmod(0o700)
    monkeypatch.setattr(jobs.sys, "executable", str(program))
    return tmp_path


def ended(root: Path, job: Job) -> Job:
    for _ in range(500):
        found = jobs.find(root, job.number)
        if found.state != "running":
            return found
        time.sleep(0.02)
    raise AssertionError("the job does not end")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the command")
def test_one_at_a_time_with_progress_and_answer(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGGONG_USER", "someone")
    first = jobs.start(stand_in, ["dispatch", "--date", "2025-10-20; rm -rf /"], title="会商", who="甲", session="tok")
    with pytest.raises(JobError, match="“会商”正在运行（甲）"):
        jobs.run_month(stand_in, "2025-08", who="乙")
    (stand_in / "go").touch()
    done = ended(stand_in, first)
    assert (done.state, done.answer) == ("done", {"session": "tok", "user": ""})
    assert done.lines[0] == "第一步"
    assert done.lines[1].startswith("dispatch --date 2025-10-20; rm -rf / --workspace")
    assert "tok" not in (stand_in / "jobs" / first.number / "job.json").read_text(encoding="utf-8")
    second = jobs.run_month(stand_in, "2025-08", who="乙")
    assert [j.number for j in jobs.jobs(stand_in)] == [second.number, first.number]
    assert ended(stand_in, second).lines[-1].startswith("run --json --month 2025-08 --workspace")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the command")
def test_a_failed_and_an_interrupted_job_say_so(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stand_in / "go").touch()
    (stand_in / "wrong").touch()
    assert ended(stand_in, jobs.run_month(stand_in, "", who="甲")).state == "failed"
    (stand_in / "go").unlink()
    job = jobs.run_month(stand_in, "", who="甲")
    place = stand_in / "jobs" / job.number
    text = (place / "job.json").read_text(encoding="utf-8")
    (place / "job.json").write_text(text.replace(f'"{text.split(chr(34))[-2]}"', '"999999999"'), encoding="utf-8")
    assert jobs.find(stand_in, job.number).state == "running"
    monkeypatch.setattr(jobs, "_awaited", set())  # a portal started anew awaits nothing of the old one
    assert jobs.find(stand_in, job.number).state == "interrupted"
    (stand_in / "go").touch()


@pytest.mark.parametrize("month", ["2024-13", "--help", "2024-08; ls", "x" * 1000])
def test_a_month_is_a_month(tmp_path: Path, month: str) -> None:
    with pytest.raises(JobError, match="不认识的月份"):
        jobs.run_month(tmp_path, month, who="甲")


@pytest.mark.parametrize(
    ("chosen", "reason", "told"),
    [
        ([], "理由充分", "至少勾选一条"),
        (["--by=x"], "理由充分", "至少勾选一条"),
        (["g0123456789a"], " 好 ", "写明理由"),
    ],
)
def test_findings_are_named_and_have_a_reason(tmp_path: Path, chosen: list[str], reason: str, told: str) -> None:
    with pytest.raises(JobError, match=told):
        jobs.accept_findings(tmp_path, chosen, reason=reason, who="甲")


@pytest.mark.parametrize("number", ["", "../x", "20250101T000000000000", "2025" * 300])
def test_a_job_that_is_none(tmp_path: Path, number: str) -> None:
    with pytest.raises(JobError, match="没有作业"):
        jobs.find(tmp_path, number)


def test_only_the_last_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    for n in range(60):
        (folder / f"20250101T0000000000{n:02d}").mkdir(parents=True)
    jobs._clear(folder)
    assert sorted(os.listdir(folder))[0] == "20250101T000000000010"
