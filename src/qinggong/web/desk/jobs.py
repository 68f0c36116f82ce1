"""Work that takes longer than a request (后台作业): a ``qinggong`` command in a process of its own, one at a time.

The portal computes nothing: it starts the same commands that an analyst would type, keeps what they say, and shows it.
A job survives the portal's end. Arguments are lists made here, never a line for a shell.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

State = Literal["running", "done", "failed", "interrupted"]
STATE_NAMES: dict[State, str] = {"running": "正在运行", "done": "完成", "failed": "失败", "interrupted": "中断"}
KEPT = 50
_NUMBER = re.compile(r"\d{8}T\d{12}")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_FINDING = re.compile(r"g?[0-9a-f]{11,12}")
_LONGEST_OUTPUT = 200_000
_lock = threading.Lock()
_awaited: set[Path] = set()
"""Jobs of this process whose end is still to be written down; the process itself may be gone already."""


class JobError(Exception):
    """A job cannot be started; the message is one Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Job:
    """One command: what, for whom, since when, how it stands, and what it said so far."""

    number: str
    title: str
    who: str
    started: str
    state: State
    lines: tuple[str, ...]
    answer: Any = None

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]


def start(root: Path, command: Sequence[str], *, title: str, who: str, session: str = "") -> Job:
    """Start a ``qinggong`` command on a workspace.

    Parameters
    ----------
    session
        A session's token, handed on in the environment to commands that act for an account; it is not kept.

    Raises
    ------
    JobError
        If another job of this workspace is running.
    """
    folder = _folder(root)
    with _lock:
        busy = next((job for job in jobs(root) if job.state == "running"), None)
        if busy is not None:
            raise JobError(f"“{busy.title}”正在运行（{busy.who}），完成后再试")
        number = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
        place = folder / number
        place.mkdir(parents=True)
        described = {"title": title, "who": who, "started": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("QINGGONG_")}
        environment |= {"PYTHONUTF8": "1", "NO_COLOR": "1", "QINGGONG_PROGRESS": "1"} | (
            {"QINGGONG_SESSION": session} if session else {}
        )
        words = [sys.executable, "-m", "qinggong.cli", *command, "--workspace", str(root)]
        with (place / "answer").open("wb") as answer, (place / "progress").open("wb") as progress:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=answer, stderr=progress, env=environment,
                start_new_session=True,
            )  # fmt: skip
        described["process"] = str(process.pid)
        (place / "job.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    _awaited.add(place)
    threading.Thread(target=_await, args=(process, place), daemon=True).start()
    _clear(folder)
    return find(root, number)


def run_month(root: Path, month: str, *, who: str) -> Job:
    """Make a month's release; without a month the newest complete one."""
    if month and not _MONTH.fullmatch(month):
        raise JobError(f"不认识的月份“{month[:20]}”，请写成 2024-08")
    return start(
        root, ["run", "--json", *(["--month", month] if month else [])], title=f"编制{month or '最新'}月报", who=who
    )


def accept_findings(root: Path, chosen: Sequence[str], *, reason: str, who: str) -> Job:
    """Stand in for doubted figures, with a reason."""
    if not chosen or any(not _FINDING.fullmatch(one) for one in chosen) or len(chosen) > 200:
        raise JobError("请至少勾选一条核查结果，至多200条")
    if not 4 <= len(reason.strip()) <= 500:
        raise JobError("请写明理由，4至500个字")
    words = ["findings", "accept", *chosen, f"--reason={reason.strip()}", f"--by={who}"]
    return start(root, words, title=f"采信{len(chosen)}条核查结果", who=who)


def take_in(root: Path, files: Sequence[Path], *, who: str) -> Job:
    """Take files of the inbox in."""
    return start(root, ["ingest", "--json", *map(str, files)], title=f"导入{len(files)}个文件", who=who)


def jobs(root: Path) -> list[Job]:
    """The last jobs of a workspace, newest first."""
    folder = _folder(root)
    numbers = (
        sorted((p.name for p in folder.iterdir() if _NUMBER.fullmatch(p.name)), reverse=True) if folder.is_dir() else []
    )
    return [find(root, number) for number in numbers[:KEPT] if (folder / number / "job.json").is_file()]


def find(root: Path, number: str) -> Job:
    """One job by its number.

    Raises
    ------
    JobError
        If there is none.
    """
    place = _folder(root) / number
    if not _NUMBER.fullmatch(number) or not (place / "job.json").is_file():
        raise JobError(f"没有作业“{number[:30]}”")
    described = json.loads((place / "job.json").read_text(encoding="utf-8"))
    ended = place / "ended"
    state: State = "running" if place in _awaited or _alive(int(described["process"])) else "interrupted"
    if ended.is_file():
        state = "done" if ended.read_text(encoding="ascii") == "0" else "failed"
    text = _read(place / "progress")
    lines = tuple(line.removeprefix("· ") for line in text.splitlines() if line.strip())
    answer = None
    if state == "done":
        said = _read(place / "answer")
        try:
            answer = json.loads(said)
        except ValueError:
            answer = said or None  # commands without --json say what they did in words
    return Job(number, described["title"], described["who"], described["started"], state, lines, answer)


def _await(process: subprocess.Popen[bytes], place: Path) -> None:
    code = process.wait()
    part = place / "ended.part"
    try:
        part.write_text(str(code), encoding="ascii")
        part.replace(place / "ended")
    finally:
        _awaited.discard(place)


def _alive(process: int) -> bool:
    """Whether the process is still there; one that nobody awaits any more counts as ended."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError, OSError):
        return False
    return True


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_OUTPUT).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _folder(root: Path) -> Path:
    return root / "jobs"


def _clear(folder: Path) -> None:
    """Keep the last jobs only."""
    import shutil

    for name in sorted((p.name for p in folder.iterdir() if _NUMBER.fullmatch(p.name)), reverse=True)[KEPT:]:
        shutil.rmtree(folder / name, ignore_errors=True)
