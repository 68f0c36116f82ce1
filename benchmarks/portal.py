"""How quickly does the portal answer, and does its memory stay? (门户的用时和内存)

``qinggong serve`` over a workspace, one process, asked by ``wrk`` on the same machine:

- ``cold``: every public page once, in random order, about 100 a second: nothing is kept from an earlier question,
- ``mixed``: any of them at random for three minutes, about 100 a second, as many readers would, one in ten in English,
- ``english``: every page in English once,
- ``data``: each of their ``.json`` forms once,
- ``warm``: the pages that people open first, again and again, as many as the server answers,
- ``static``: the site of files, how long it takes to write, and its pages from the server that comes with Python,
- ``hour``: all of it mixed for ``--minutes``, with days of the time machine; resident memory every half minute.

Run:  python benchmarks/portal.py --workspace DIR [--only cold,warm] [--minutes 60]
A workspace of 5,390 series is made by ``qinggong init --synthetic --workspace DIR`` and ``qinggong run``. Without one
nothing is measured. ``wrk`` must be on the path.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from run import machine, work_of_others

OUT = Path(__file__).parent / "results" / "portal.json"
LIMITS = {"p95_ms": 100.0, "rate": 100.0, "mib": 500.0}
CONNECTIONS = 20
_WORTH_MS = 35
"""What an answer takes itself, taken off the pauses."""
_SCRIPT = """
local lines = {}
for line in io.lines(os.getenv("ADDRESSES")) do lines[#lines + 1] = line end
local pause, n = tonumber(os.getenv("PAUSE_MS")), 0
function request() n = n + 1; return wrk.format("GET", lines[(n - 1) % #lines + 1]) end
if pause > 0 then function delay() return math.random(0, 2 * pause) end end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %.3f %d %d %.1f %.1f %.1f %.1f\\n", summary.requests, summary.duration / 1e6,
    summary.errors.status, summary.errors.timeout + summary.errors.read + summary.errors.connect,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True, help="only read")
    parser.add_argument("--only", default="cold,mixed,english,data,warm,static,hour")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=20.0, help="pages a second during the hour")
    parser.add_argument("--no-record", action="store_true")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not on the path")
    pages, series = addresses(chosen.workspace)
    answers: dict[str, Any] = {}
    for name in chosen.only.split(","):
        told = work_of_others()
        if name == "static":
            answers[name] = {"at": now(), **of_files(chosen.workspace), "others": told()}
            print(name, json.dumps(answers[name], ensure_ascii=False), flush=True)
            continue
        with served(chosen.workspace) as (port, process):
            before = resident(process.pid)
            if name == "hour":
                found: dict[str, Any] = hour(port, process.pid, pages, chosen.minutes, chosen.rate)
            elif name == "mixed":
                some = some_in_english(random.Random(11).choices(pages, k=20_000), random.Random(12))
                found = asked(port, some, seconds=180, connections=CONNECTIONS, rate=LIMITS["rate"])
            elif name == "warm":
                often = ["/", "/industries", "/industries/13", "/regions", "/warnings", "/plans", "/releases"]
                asked(port, often, seconds=3, connections=2)
                found = asked(port, often, seconds=15, connections=4)
            else:
                some = [{"cold": page, "english": in_english(page)}.get(name) or data_of(page) for page in pages]
                seconds = int(len(some) / LIMITS["rate"])
                found = asked(port, some, seconds=seconds, connections=CONNECTIONS, rate=LIMITS["rate"])
            found |= {"mib_before": before, "mib_after": resident(process.pid)}
        answers[name] = {"at": now(), **found, "others": told()}
        print(name, json.dumps(answers[name], ensure_ascii=False), flush=True)
    if not chosen.no_record:
        kept = json.loads(OUT.read_text(encoding="utf-8"))["answers"] if OUT.is_file() else {}
        record = {
            "question": "answers of the portal", "machine": machine(), "limits": LIMITS, "pages": len(pages),
            "series": series, "answers": kept | answers,
        }  # fmt: skip
        OUT.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def of_files(workspace: Path) -> dict[str, Any]:
    """The static site: seconds and memory to write it, and requests a second of its pages."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "qinggong.cli", "site", f"{folder}/site", "--workspace", str(workspace)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = round(time.perf_counter() - started, 1)
        root = Path(folder) / "site"
        files = [p for p in root.rglob("*") if p.is_file()]
        pages = ["/" + quote(p.relative_to(root).as_posix()) for p in files if p.suffix == ".html"]
        random.Random(3).shuffle(pages)
        port = free_port()
        command = [sys.executable, "-m", "http.server", str(port), "--directory", str(root), "--bind", "127.0.0.1"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            asked_until_ready(port)
            found = asked(port, pages, seconds=15, connections=4)
        finally:
            process.terminate()
            process.wait(20)
        size = round(sum(p.stat().st_size for p in files) / (1 << 20), 1)
        return {"written_s": seconds, "pages": len(pages), "files": len(files), "size_mib": size, **found}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def addresses(workspace: Path) -> tuple[list[str], int]:
    """Every public page in random order, and how many of them are series."""
    from qinggong.web.ask import Ask
    from qinggong.web.place import Place
    from qinggong.web.site import every_page

    found = [family.path_of(parts) for family, parts in every_page(Place(workspace), Ask("/"))]
    found += [f"/search?q={text}" for text in ("nfsp", "家具", "profit", "13")]
    pages = [quote(path, safe="/?=&%") for path in found]
    random.Random(2026).shuffle(pages)
    return pages, sum(p.startswith("/series/") for p in pages)


def in_english(page: str) -> str:
    return page + ("&" if "?" in page else "?") + "lang=en"


def some_in_english(pages: list[str], chance: random.Random) -> list[str]:
    return [in_english(page) if chance.random() < 0.1 else page for page in pages]


def data_of(page: str) -> str:
    path, mark, query = page.partition("?")
    return ("/index" if path == "/" else path) + ".json" + mark + query


@contextmanager
def served(workspace: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server that has answered once."""
    port = free_port()
    command = [sys.executable, "-m", "qinggong.cli", "serve", "--workspace", str(workspace), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        asked_until_ready(port)
        time.sleep(3)  # what it reads ahead
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def asked_until_ready(port: int) -> None:
    import urllib.request

    for _ in range(120):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                answer.read()
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the server did not answer")


def asked(port: int, pages: list[str], *, seconds: int, connections: int, rate: float = 0.0) -> dict[str, Any]:
    """What wrk tells: requests, their rate, times in milliseconds; with ``rate`` each connection pauses for it."""
    pause = 1000 * connections / rate - _WORTH_MS if rate else 0.0
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder) / "ask.lua", Path(folder) / "pages"
        script.write_text(_SCRIPT, encoding="utf-8")
        lines.write_text("\n".join(pages) + "\n", encoding="utf-8")
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script),
            f"http://127.0.0.1:{port}"],
            env={**os.environ, "ADDRESSES": str(lines), "PAUSE_MS": f"{pause:.0f}"},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    match = re.search(r"RESULT (.*)", out)
    assert match, out
    requests, duration, wrong, failed, p50, p95, p99, longest = map(float, match[1].split())
    return {
        "requests": int(requests), "a_second": round(requests / duration, 1), "not_ok": int(wrong),
        "failed": int(failed), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "max_ms": longest,
    }  # fmt: skip


def hour(port: int, pid: int, pages: list[str], minutes: float, rate: float) -> dict[str, Any]:
    """Mixed questions, days of the time machine among them, and the memory meanwhile."""
    mixed = random.Random(7)
    days = [f"20{mixed.randint(20, 25)}-{mixed.randint(1, 12):02d}-{mixed.randint(1, 28):02d}" for _ in range(200)]
    some = []
    for page in some_in_english(mixed.choices(pages, k=40_000), mixed):
        one = data_of(page) if mixed.random() < 0.2 else page
        past = mixed.random() < 0.3 and not page.startswith("/releases/")  # a release is not there before its day
        some.append(one + ("&" if "?" in one else "?") + f"as_of={mixed.choice(days)}" if past else one)
    memory: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(30):
            memory.append(resident(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    found = asked(port, some, seconds=int(minutes * 60), connections=CONNECTIONS, rate=rate)
    over.set()
    watcher.join()
    return found | {"minutes": minutes, "mib": memory, "mib_largest": max(memory, default=0.0)}


def resident(pid: int) -> float:
    """Resident memory of a process in MiB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return round(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024, 1)  # type: ignore[index]


if __name__ == "__main__":
    main()
