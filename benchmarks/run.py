"""The time and memory that a user waits for; one question a function.

Run as ``.venv/bin/python benchmarks/run.py`` (or ``make bench``). Each question is one command, run several times
after a warm-up; its figures are the median and the maximum of wall time, and the largest resident memory of its
process tree (sum over the tree, sampled from /proc; where there is none, that of the largest child so far). The
outcome goes to ``benchmarks/results/<date>.json`` beside a description of the machine, without its name or any path.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
MIB = 1 << 20
PACKAGES = (
    "qinggong",
    "deltalake",
    "duckdb",
    "numpy",
    "pydantic",
    "python-docx",
    "typer",
    "typst",
    "vl-convert-python",
)
LISTS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()
QUIET_SHARE = 0.1
"""Share of all cores that other work may take during a question while the machine still counts as quiet."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of a command: seconds of wall time, bytes of its process tree at its largest."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question measured; limits are ``None`` where none is promised.

    ``others`` is the share of all cores that other work took meanwhile.
    """

    question: str
    runs: int
    median_s: float
    max_s: float
    peak_mib: float
    limit_s: float | None = None
    limit_mib: float | None = None
    note: str = ""
    seconds: list[float] = field(default_factory=list)
    others: float | None = None

    @property
    def met(self) -> bool:
        in_time = self.limit_s is None or self.max_s <= self.limit_s
        return in_time and (self.limit_mib is None or self.peak_mib <= self.limit_mib)


# ----------------------------------------------------------------------------------------------- measuring


def measure(command: Sequence[str], *, cwd: Path, runs: int, warm_ups: int = 1) -> list[Sample]:
    """Run a command ``warm_ups + runs`` times and keep the last ``runs``.

    Raises
    ------
    RuntimeError
        If the command fails, with the end of what it wrote.
    """
    taken = [_once(command, cwd=cwd) for _ in range(warm_ups + runs)]
    return taken[warm_ups:]


def _once(command: Sequence[str], *, cwd: Path) -> Sample:
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=subprocess.STDOUT)
        watch = _Watch(process.pid)
        code = process.wait()
        seconds = time.perf_counter() - start
        peak = watch.stop()
        if code != 0:
            output.seek(0)
            tail = output.read()[-2000:].decode("utf-8", "replace")
            raise RuntimeError(f"{Path(command[0]).name} {' '.join(command[1:])}: exit code {code}\n{tail}")
    return Sample(seconds, peak)


class _Watch:
    """Samples the resident memory of a process and all its descendants until it is told to stop."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._done = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._done.is_set():
            self._peak = max(self._peak, _tree_bytes(self._pid))
            self._done.wait(0.005)

    def stop(self) -> int:
        self._done.set()
        self._thread.join()
        return self._peak if LISTS_CHILDREN else _largest_child_bytes()


def _tree_bytes(pid: int) -> int:
    """Resident bytes of a process tree, shared pages counted once a process; 0 where /proc does not tell."""
    total = 0
    waiting = [pid] if LISTS_CHILDREN else []
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        try:
            total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in (folder / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ValueError, IndexError):
            continue  # it ended while we looked
    return total


def _largest_child_bytes() -> int:
    """The largest of all children so far, an upper bound for later questions; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def answer(
    question: str, samples: Sequence[Sample], *, limit_s: float | None = None, limit_mib: float | None = None,
    note: str = "",
) -> Answer:  # fmt: skip
    seconds = [s.seconds for s in samples]
    peak = max(s.peak_bytes for s in samples) / MIB
    return Answer(
        question, len(samples), round(statistics.median(seconds), 3), round(max(seconds), 3), round(peak, 1),
        limit_s, limit_mib, note, [round(s, 3) for s in seconds],
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ questions


def script(name: str) -> str:
    """A program of this environment."""
    folder = Path(sys.executable).parent
    return str(folder / (f"{name}.exe" if os.name == "nt" else name))


def how_long_does_the_second_make_run_take(place: Path, runs: int) -> Answer:
    """Everything set up and the bundled figures taken in: what a user waits for each month."""
    command = [
        "make", "--no-print-directory", "-C", str(ROOT), "run", f"VENV={Path(sys.prefix)}", f"WORKSPACE={place / 'ws'}",
    ]  # fmt: skip
    return answer("second make run", measure(command, cwd=place, runs=runs), limit_s=10, limit_mib=1024)


def how_long_does_the_first_run_in_a_workspace_take(place: Path, runs: int) -> Answer:
    """A new workspace each time: the bundled figures go into the store first."""
    samples = []
    for number in range(runs + 1):
        command = [script("qinggong"), "run", "--workspace", str(place / f"new{number}")]
        samples += measure(command, cwd=place, runs=1, warm_ups=0)
    return answer("qinggong run in a new workspace", samples[1:], note="with the 4,103 bundled figures taken in")


def how_long_does_an_as_of_draft_take(place: Path, runs: int) -> Answer:
    command = [
        script("qinggong"), "run", "--workspace", str(place / "ws"), "--month", "2024-08", "--as-of", "2024-09-20",
    ]  # fmt: skip
    return answer("qinggong run --as-of", measure(command, cwd=place, runs=runs))


def how_long_does_status_take(place: Path, runs: int) -> Answer:
    command = [script("qinggong"), "status", "--workspace", str(place / "ws")]
    return answer("qinggong status", measure(command, cwd=place, runs=runs))


def how_long_does_help_take(place: Path, runs: int) -> Answer:
    return answer("qinggong --help", measure([script("qinggong"), "--help"], cwd=place, runs=runs), limit_s=0.4)


def how_long_does_the_import_take(place: Path, runs: int) -> Answer:
    """Wall time of a whole interpreter that imports the package and nothing else."""
    command = [sys.executable, "-c", "import qinggong"]
    return answer("import qinggong", measure(command, cwd=place, runs=runs), limit_s=0.5)


def how_long_does_the_first_use_of_the_package_take(place: Path, runs: int) -> Answer:
    """The public names load their parts on first use; this is that moment."""
    command = [sys.executable, "-c", "import qinggong; qinggong.run; qinggong.Workspace"]
    return answer("import qinggong, first use of run", measure(command, cwd=place, runs=runs))


QUESTIONS: tuple[tuple[Callable[[Path, int], Answer], int], ...] = (
    (how_long_does_the_second_make_run_take, 5),
    (how_long_does_the_first_run_in_a_workspace_take, 3),
    (how_long_does_an_as_of_draft_take, 3),
    (how_long_does_status_take, 5),
    (how_long_does_help_take, 9),
    (how_long_does_the_import_take, 9),
    (how_long_does_the_first_use_of_the_package_take, 5),
)


# -------------------------------------------------------------------------------------------------- machine


def machine() -> dict[str, object]:
    """The machine without its name: processor, cores, memory, system, Python, package versions."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory_gib(),
        "cpu": _cpu_model(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1)
    except (ValueError, OSError, AttributeError):
        return None


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def work_of_others() -> Callable[[], float | None]:
    """Starts a count; the function returned tells what share of all cores other work took since, 0 to 1.

    All busy time of the machine less that of this process and its finished children; ``None`` where there is no
    /proc/stat. A look before and after would miss work that came and went in between.
    """
    start, own = _machine_ticks(), _own_seconds()

    def tell() -> float | None:
        end = _machine_ticks()
        if start is None or end is None or end[1] == start[1]:
            return None
        busy = (end[0] - start[0]) / os.sysconf("SC_CLK_TCK") - (_own_seconds() - own)
        return round(max(0.0, busy * os.sysconf("SC_CLK_TCK") / (end[1] - start[1])), 2)

    return tell


def _machine_ticks() -> tuple[int, int] | None:
    """Busy ticks and all ticks of all cores since the start of the machine."""
    try:
        line = Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0]
    except OSError:
        return None
    ticks = [int(v) for v in line.split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


# ----------------------------------------------------------------------------------------------------- main


def _limit(limit: float | None) -> str:
    return "—" if limit is None else f"{limit:g}"


def show(answers: Sequence[Answer]) -> None:
    heads = ("question", "runs", "median s", "max s", "limit s", "peak MiB", "limit MiB", "others", "met")
    rows = [
        (
            a.question, str(a.runs), f"{a.median_s:.3f}", f"{a.max_s:.3f}", _limit(a.limit_s), f"{a.peak_mib:.0f}",
            _limit(a.limit_mib), "—" if a.others is None else f"{a.others:.0%}",
            ("yes" if a.met else "NO") if a.limit_s or a.limit_mib else "—",
        )
        for a in answers
    ]  # fmt: skip
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    for row in (heads, *rows):
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure what a user waits for.")
    parser.add_argument("--only", default="", metavar="WORD", help="only questions whose function name holds WORD")
    parser.add_argument("--no-record", action="store_true", help="print only, write no result file")
    chosen = parser.parse_args(arguments)
    answers = []
    with tempfile.TemporaryDirectory(prefix="qinggong-bench-") as folder:
        place = Path(folder)
        # The first run in the workspace is no one's question here; it makes the second run a second one.
        subprocess.run(
            [script("qinggong"), "run", "--workspace", str(place / "ws")], check=True, cwd=place, capture_output=True
        )
        for question, runs in QUESTIONS:
            if chosen.only in question.__name__:
                others = work_of_others()
                answers.append(replace(question(place, runs), others=others()))
    show(answers)
    quiet = all(a.others is not None and a.others <= QUIET_SHARE for a in answers)
    if not quiet:
        print("\nOther work ran meanwhile (column others), or that is not known here: the times are upper bounds.")
    if not chosen.no_record:
        now = dt.datetime.now(dt.UTC)
        RESULTS.mkdir(exist_ok=True)
        record = {
            "format": 1,
            "taken_at": now.isoformat(timespec="seconds"),
            "machine": machine(),
            "quiet": quiet,
            "answers": [{**asdict(a), "met": a.met} for a in answers],
        }
        file = RESULTS / f"{now:%Y-%m-%d}.json"
        file.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(f"\nrecorded: benchmarks/results/{file.name}")
    return 0 if all(a.met for a in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
