"""How fast a customs query export is read, and in how much memory, beside a plain CSV reader on the same file.

Run as ``python benchmarks/customs_csv.py`` (``--rows 20000000`` for the large file). A synthetic file in the shape of
the platform's export (GB18030, quoted amounts, three figures a line) is written into a temporary folder, then every
question is asked in a process of its own, one after the other, ``--repeats`` times around:

``plain``   the embedded SQL engine reads the same lines, already UTF-8, as text and looks at every cell: the measure
``read``    lines understood: codes and numbers checked, counted, as arrays
``text``    the same, and each figure made as text in the store's columns
``parts``   the same, written as Parquet parts
``ingest``  taken into a workspace by ``flow.ingest``: frozen, read twice, compared, committed (once around)

Lines per second count the lines of the file, by wall time and by processor time (user and system, all threads);
memory is the largest resident size. On a machine with other work only the processor time and its ratios mean much.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 1 << 20
LIMIT_ROWS_PER_SECOND = 500_000
LIMIT_MIB = 2048
QUESTIONS = ("plain", "read", "text", "parts")
NAME = "合成的出口.csv"
HEADER = (
    "数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,贸易方式编码,贸易方式名称,注册地编码,注册地名称,"
    "第一数量,第一计量单位,第二数量,第二计量单位,美元,\r\n"
)
_LINES = """
SELECT CAST(2020 + (i // 11040000) % 6 AS VARCHAR) || lpad(CAST(1 + i % 12 AS VARCHAR), 2, '0') || ','
  || CAST(95030000 + (i // 12) % 4000 AS VARCHAR)
  || ',"供儿童乘骑的带轮玩具,第' || CAST(i % 500 AS VARCHAR) || '种",' || CAST(101 + (i // 48000) % 230 AS VARCHAR) || ','
  || ['美国', '中国香港', '阿尔巴尼亚', '圣文森特和格林纳丁斯'][1 + i % 4] || ',' || CAST(10 + i % 20 AS VARCHAR)
  || ',来料加工装配贸易,' || ['11,北京市', '44,广东省', '33,浙江省', '65,新疆维吾尔自治区'][1 + i % 4]
  || ',"' || format('{:,}', (i * 104729) % 9999999) || '",千克,"' || format('{:,}', (i * 7919) % 99999) || '",个,"'
  || format('{:,}', (i * 1299709) % 99999999) || '",' AS line
FROM range(?, ?) AS t(i)
"""


def write_synthetic(path: Path, rows: int, *, utf8: Path | None = None) -> None:
    """A file of that many lines, no figure twice; the same bytes every time. ``utf8``: the same lines in UTF-8."""
    import duckdb

    connection = duckdb.connect()
    with path.open("wb") as file, (utf8 or Path(os.devnull)).open("wb") as other:
        file.write(HEADER.encode("gb18030"))
        other.write(HEADER.encode())
        for start in range(0, rows, 250_000):
            found = connection.execute(_LINES, [start, min(rows, start + 250_000)]).fetchall()
            text = "".join(f"{line}\r\n" for (line,) in found)
            file.write(text.encode("gb18030"))
            if utf8 is not None:
                other.write(text.encode())


def ask(question: str, path: Path, folder: Path, threads: int) -> dict[str, float | str]:
    """One reading of the file in this process."""
    work = {"plain": plain, "ingest": ingest}.get(question, read)
    import_everything(question)
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    rows, figures = work(question, path, folder, threads)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "question": question,
        "rows": rows,
        "figures": figures,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_per_second": round(rows / seconds),
        "rows_per_cpu_second": round(rows / cpu),
        "peak_mib": round(after.ru_maxrss / 1024),
    }


def import_everything(question: str) -> None:
    """What a process loads once, whatever the file: not part of the reading."""
    import duckdb  # noqa: F401

    if question != "plain":
        from qinggong import flow  # noqa: F401
        from qinggong.catalogue import load_catalogue
        from qinggong.sources import customs_plain  # noqa: F401

        load_catalogue()


def plain(question: str, path: Path, folder: Path, threads: int) -> tuple[int, int]:
    import duckdb

    settings = {"threads": str(threads), "memory_limit": "1GiB", "temp_directory": str(folder)}
    with duckdb.connect(config=settings) as connection:  # type: ignore[arg-type]
        source = f"read_csv('{path.with_suffix('.utf8')}', header = true, all_varchar = true, auto_detect = true)"
        connection.execute(f"SELECT max(COLUMNS(*)) FROM {source}").fetchall()
        (count,) = connection.execute(f"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT 1)").fetchall()[0]
    return count * lines_of(path), 0


def lines_of(path: Path) -> int:
    return int(path.with_suffix(".rows").read_text())


def read(question: str, path: Path, folder: Path, threads: int) -> tuple[int, int]:
    from qinggong.sources import customs

    tally = customs.Tally()
    origin = customs.Origin(NAME, "0" * 64, dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    for number, batch in enumerate(customs.stream(path, origin=origin, tally=tally, threads=threads)):
        if question == "text":
            looked_at = ", ".join(f"max({c})" for c in customs.COLUMNS if c != "known_at")
            batch.relation.aggregate(looked_at).fetchall()
        elif question == "parts":
            batch.relation.write_parquet(str(folder / f"part-{number:05d}.parquet"), compression="zstd")
    return tally.rows, tally.observations


def ingest(question: str, path: Path, folder: Path, threads: int) -> tuple[int, int]:
    from qinggong import flow

    workspace = flow.Workspace.at(folder / "ws", make=True)
    (done,) = flow.ingest(workspace, [path])
    if done.findings:
        raise SystemExit(str(done.findings[:3]))
    return lines_of(path), done.added


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=(*QUESTIONS, "ingest"), action="append")
    parser.add_argument("--no-record", action="store_true", help="print only")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.file is not None:
        with tempfile.TemporaryDirectory(dir=given.file.parent) as folder:
            print(json.dumps(ask(given.only[0], given.file, Path(folder), given.threads)))
        return
    chosen = given.only or [*QUESTIONS, "ingest"]
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        warm, path = Path(folder) / "warm" / NAME, Path(folder) / NAME
        warm.parent.mkdir()
        for file, rows in ((warm, 300_000), (path, given.rows)):
            write_synthetic(file, rows, utf8=file.with_suffix(".utf8"))
            file.with_suffix(".rows").write_text(str(rows))
        print(f"{given.rows} rows, {path.stat().st_size / MIB:.0f} MiB", flush=True)
        run("read", warm, given.threads)  # the compiler's work is kept for the next process
        for around in range(given.repeats):
            for question in chosen:
                if question != "ingest" or around == 0:
                    answers.append(run(question, path, given.threads))
                    print(answers[-1], flush=True)
    summary = summed(answers)
    print(json.dumps(summary, indent=1))
    if not given.no_record:
        record(answers, summary, given.rows)


def run(question: str, path: Path, threads: int) -> dict[str, float | str]:
    command = [sys.executable, __file__, "--file", str(path), "--only", question, "--threads", str(threads)]
    answer: dict[str, float | str] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return answer


def summed(answers: list[dict[str, float | str]]) -> dict[str, dict[str, float]]:
    """For each question the medians over its repeats, and its processor time as a multiple of the plain reader's."""
    found: dict[str, dict[str, float]] = {}
    for question in dict.fromkeys(str(a["question"]) for a in answers):
        own = [a for a in answers if a["question"] == question]
        found[question] = {
            name: statistics.median(float(a[name]) for a in own)
            for name in ("rows_per_second", "rows_per_cpu_second", "peak_mib")
        }
    if "plain" in found:
        for values in found.values():
            ratio = found["plain"]["rows_per_cpu_second"] / values["rows_per_cpu_second"]
            values["cpu_time_of_plain"] = round(ratio, 2)
    return found


def record(answers: list[dict[str, float | str]], summary: dict[str, dict[str, float]], rows: int) -> None:
    import deltalake
    import duckdb
    import numba

    results = Path(__file__).resolve().parent / "results"
    results.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    versions = {"duckdb": duckdb.__version__, "deltalake": deltalake.__version__, "numba": numba.__version__}
    limits = {"rows_per_second": LIMIT_ROWS_PER_SECOND, "peak_mib": LIMIT_MIB}
    document = {
        "machine": machine | versions, "load": os.getloadavg()[0], "limits": limits, "summary": summary,
        "answers": answers,
    }  # fmt: skip
    target = results / f"customs_csv-{rows}.json"
    target.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
