"""Spark alone: what it imports, where it listens, how it says what is missing, and its own reading of the table."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import block_tasks as tasks
import pytest
from deltalake import DeltaTable
from hidden_packages import DATA_FRAMES, hidden
from synthetic_table import SYNTHETIC, filled, rows

from qinggong import engine
from qinggong.engine import Engine, EngineError
from qinggong.engine.spark import SparkEngine
from qinggong.store.base import plain
from qinggong.store.delta import DeltaStore

on_spark = pytest.mark.parametrize("each_engine", ["spark"], indirect=True)


# -------------------------------------------------------------------------------------------- what it touches


@on_spark
def test_the_driver_imports_no_data_frames(each_engine: Engine, attempts: dict[str, list[str]]) -> None:
    """Not at the start, nor at work; they are hidden, so that the session is as on a machine without them."""
    with hidden(*DATA_FRAMES) as asked:
        assert each_engine.map(tasks.doubled, range(4)).complete() == (0, 2, 4, 6)
    assert (attempts["spark"], asked) == ([], [])


@on_spark
def test_the_workers_import_no_data_frames_though_they_read_the_table(each_engine: Engine, tmp_path: Path) -> None:
    stored = len(filled(DeltaStore(tmp_path / "观测 表"), series=3, months=20).everything())
    for counted, modules in each_engine.map(tasks.rows_and_modules, [tmp_path / "观测 表"] * 4).complete():
        assert counted == stored > 50
        assert {"deltalake", "duckdb"} <= set(modules)
        assert not set(DATA_FRAMES) & set(modules)


@on_spark
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_java_listens_on_this_machine_only(each_engine: Engine) -> None:
    ours = {child for child in _descendants(os.getpid()) if _command(child).endswith("java")}
    assert len(ours) >= 3, "the driver and two executors"
    listening = [address for pid in ours for address in _listening(pid)]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1"}


def _descendants(pid: int) -> Iterator[int]:
    """Processes that this one started, directly or not; one may end while it is looked at."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))


def _command(pid: int) -> str:
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return ""


def _listening(pid: int) -> Iterator[str]:
    """Addresses on which a process accepts connections."""
    sockets = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.match(r"socket:\[(\d+)\]", os.readlink(entry))
        except OSError:
            continue
        if found:
            sockets.add(found[1])
    for table, words in (("tcp", 1), ("tcp6", 4)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                raw = bytes.fromhex(fields[1].partition(":")[0])
                address = b"".join(raw[4 * i : 4 * i + 4][::-1] for i in range(words))
                mapped = words == 4 and address[:12] == bytes(10) + b"\xff\xff"
                plain_address = ".".join(map(str, address[-4:]))
                yield f"::ffff:{plain_address}" if mapped else plain_address if words == 1 else address.hex()


# -------------------------------------------------------------------------------------------- what is missing


def test_without_pyspark_the_sentence_names_the_extra_and_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qinggong.engine.spark.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"没有安装 pyspark，请运行 pip install 'qinggong\[spark\]'，并安装 Java 17"):
        engine.open("spark")


def test_without_java_the_sentence_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyspark.SparkContext._active_spark_context", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="没有找到 Java，请安装 Java 17（完整 JRE"):
        engine.open("spark")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jre"))
    with pytest.raises(EngineError, match=r"没有找到 Java（JAVA_HOME=.*jre）"):
        engine.open("spark")


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for Java")
def test_an_old_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyspark.SparkContext._active_spark_context", None)
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match=r"Spark 需要 Java 17，找到的是 .*（版本 11）"):
        engine.open("spark")


@on_spark
def test_a_second_session_is_refused(each_engine: Engine) -> None:
    with pytest.raises(EngineError, match="本进程里已开着一个 Spark 会话"):
        engine.open("spark")


@on_spark
def test_other_versions_on_the_workers_are_refused(each_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(each_engine, SparkEngine)
    each_engine.compare_versions()
    from importlib import metadata

    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.0" if name == "numpy" else real(name))
    with pytest.raises(EngineError, match=rf"版本与本机不同：numpy {re.escape(real('numpy'))}（本机 1\.0）；"):
        each_engine.compare_versions()
    monkeypatch.setattr("qinggong.engine.spark._PACKAGE", "qinggong_of_another_name")
    with pytest.raises(EngineError, match="里没有 qinggong_of_another_name，请在每台机器上装同一版本"):
        each_engine.compare_versions()


# ---------------------------------------------------------------------------------- Spark's own reader, a judge


@on_spark
def test_spark_reads_the_same_rows_from_the_pinned_version(each_engine: Engine, tmp_path: Path) -> None:
    """Another engine opens the Parquet files of one version: every column of every row is what the store gives."""
    from pyspark.sql import SparkSession

    assert isinstance(each_engine, SparkEngine)
    store = filled(DeltaStore(tmp_path / "store"), series=11, months=30, files=3)
    pinned, expected = store.version, [plain(o) for o in store.everything()]
    assert store.append(rows(file=3, series=11, months=30), transaction="later")
    files = [unquote(uri) for uri in DeltaTable(str(tmp_path / "store"), version=pinned).file_uris()]
    frame = SparkSession(each_engine.context).read.parquet(*files)
    instant = "date_format(known_at, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX\") AS known_at"
    names = [name for name in expected[0] if name != "series_id"]
    selected = frame.selectExpr(*(instant if name == "known_at" else name for name in names))
    found = [row.asDict() for row in selected.collect()]
    for row in found:
        row["known_at"] = row["known_at"].replace("Z", "+00:00")
        row["published_at"] = row["published_at"].isoformat() if row["published_at"] else ""
    assert len(found) == len(expected) > 330
    assert Counter(tuple(row[n] for n in names) for row in found) == Counter(
        tuple(row[n] for n in names) for row in expected
    )
    assert {row["publisher"] for row in found} == {SYNTHETIC}
