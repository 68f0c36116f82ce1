"""Apache Spark (extra ``spark``): block numbers travel, data does not.

The driver ships each block and the task to a Python worker, which reads its block itself; the Java side never opens
the table, and neither side needs pandas, PyArrow or a Delta library of Java. Only the oldest, smallest interface of
Spark is used (``parallelize``, ``map``, ``runJob``).

A task catches its own errors, so they never end a stage. If a worker is killed, Spark gives the stage up; the results
that other blocks had reached by then lie in the executors' memory, and the rest is run again in parts that get
smaller until the block that kills its worker stands alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from qinggong.engine.base import RETRIES, B, EngineError, Ledger, Outcome, Progress, R, Report, attempt, packed
from qinggong.engine.threads import ONE_THREAD

SETTINGS = ("master", "conf", "python")
_JAVA = 17
_POLL_SECONDS = 0.2
_SECONDS_TO_END = 10.0
_DEFAULTS = {
    "spark.app.name": "qinggong",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # Who is to be tried again is decided here, block by block.
    "spark.task.maxFailures": "1",
    "spark.driver.maxResultSize": "0",
    **{f"spark.executorEnv.{name}": value for name, value in ONE_THREAD.items()},
}
_PACKAGE = __name__.partition(".")[0]
_COMPARED = ("qinggong", "numpy", "scipy", "numba", "duckdb", "deltalake")


def start(
    *, master: str | None = None, conf: Mapping[str, str] | None = None, python: str | None = None
) -> SparkEngine:
    """Open the engine; this starts Java and takes some seconds.

    Parameters
    ----------
    master
        Address of the cluster, such as ``spark://host:7077`` or ``yarn``; by default that of ``spark-submit`` if the
        program was started by it, else all cores of this machine (``local[*]``).
    conf
        Settings of Spark, over those of this module.
    python
        Python of the workers, a path on their machines; by default ``PYSPARK_PYTHON``, else this one.

    Raises
    ------
    EngineError
        If pyspark or Java is missing, Spark does not start, or the workers hold other versions of the libraries on
        which the last digits of results depend.
    """
    if find_spec("pyspark") is None:
        raise EngineError("没有安装 pyspark，请运行 pip install 'qinggong[spark]'，并安装 Java 17（完整 JRE）")
    from pyspark import SparkContext

    if SparkContext._active_spark_context is not None:
        raise EngineError("本进程里已开着一个 Spark 会话，请先关闭它再打开引擎")
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        _must_have_java()
        master = master or (conf or {}).get("spark.master", "local[*]")
    engine = SparkEngine(master, conf or {}, python or os.environ.get("PYSPARK_PYTHON") or sys.executable)
    try:
        engine.compare_versions()
    except BaseException:
        engine.close()
        raise
    return engine


class SparkEngine:
    """One Spark application; one ``map`` at a time, for which ``context`` is the Spark context."""

    def __init__(self, master: str | None, conf: Mapping[str, str], python: str) -> None:
        from pyspark import SparkConf, SparkContext

        self.python = python
        self._runs = 0
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qinggong-spark-")))
            settings, environment = _settings(master, conf, folder)
            stack.enter_context(_without_data_frames())
            with _environment(environment | {"PYSPARK_PYTHON": python}):
                spark_conf = SparkConf().setAll(list(settings.items()))
                gateway = stack.enter_context(_java(spark_conf, folder / "java.log"))
                self.context = SparkContext(conf=spark_conf, gateway=gateway)
            stack.callback(self.context.stop)
            self._end = stack.pop_all()

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
        sent = [(p, block) for p in range(len(ledger.blocks)) if (block := ledger.packed(p)) is not None]
        while sent:
            sent = self._wave(code, sent, ledger)
        return ledger.outcome()

    def close(self) -> None:
        self._end.close()

    def compare_versions(self) -> None:
        """Ask a worker for its libraries.

        Raises
        ------
        EngineError
            If it lacks this package or holds other versions than this process.
        """
        look = _look_of(_COMPARED, _PACKAGE)
        try:
            (theirs,) = self._job(self.context.parallelize([0], 1).map(lambda _: look()), [0], lambda _: None)
        except _Lost as error:
            raise EngineError(f"Spark 的工作进程没能运行 Python（{self.python}）：{error}") from error
        ours = look()
        if not theirs.pop("importable"):
            raise EngineError(
                f"工作机器的 Python（{self.python}）里没有 {_PACKAGE}，请在每台机器上装同一版本，或设置 python"
            )
        if differing := [
            f"{name} {theirs[name]}（本机 {ours[name]}）" for name in theirs if theirs[name] != ours[name]
        ]:
            raise EngineError(f"工作机器的版本与本机不同：{'、'.join(differing)}；结果的末位可能不同，请装同一版本")

    def _wave(
        self, code: bytes, sent: Sequence[tuple[int, bytes]], ledger: Ledger[Any, Any]
    ) -> list[tuple[int, bytes]]:
        """Run blocks once; returns those to run again."""
        from pyspark import StorageLevel

        again = []
        rdd = self.context.parallelize(sent, len(sent)).map(_on_worker(code))
        # If the stage is given up, what is done need not be done again.
        rdd.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            for place, report in self._reports(rdd, range(len(sent)), ledger):
                if not ledger.record(sent[place][0], report):
                    again.append(sent[place])
        finally:
            rdd.unpersist()
        return again

    def _reports(self, rdd: Any, places: Sequence[int], ledger: Ledger[Any, Any]) -> Iterator[tuple[int, Report]]:
        """The report of each partition; where a job is lost, parts of it are run until the guilty one is alone."""
        try:
            yield from zip(places, self._job(rdd, places, ledger.tell), strict=True)
        except _Lost as lost:
            if len(places) == 1:
                yield places[0], Report(None, f"Spark 的工作进程被终止（{lost}）")
                return
            # The one that Spark names first is the most likely; the others first, so that it harms none of them.
            named = None if lost.task is None or lost.task >= len(places) else places[lost.task]
            half = len(places) // 2
            parts = (
                (places[:half], places[half:])
                if named is None
                else ([place for place in places if place != named], [named])
            )
            for part in parts:
                yield from self._reports(rdd, part, ledger)

    def _job(self, rdd: Any, partitions: Sequence[int], tell: Callable[[int], None]) -> list[Any]:
        """The elements of some partitions.

        Raises
        ------
        _Lost
            If Spark gave the job up.
        """
        from py4j.protocol import Py4JError, Py4JJavaError  # type: ignore[import-untyped]
        from pyspark import InheritableThread

        self._runs += 1
        group, answer = f"qinggong-{self._runs}", list[Any]()

        def run() -> None:
            try:
                self.context.setJobGroup(group, "qinggong")
                # A job of chosen partitions sends the results through Python once more.
                whole = len(partitions) == rdd.getNumPartitions()
                answer.append(rdd.collect() if whole else self.context.runJob(rdd, _as_it_is, list(partitions)))
            except Exception as error:
                answer.append(error)

        thread = InheritableThread(target=run, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(_POLL_SECONDS)
                tell(self._tasks_done(group))
        except BaseException:
            with suppress(Py4JError):
                self.context.cancelJobGroup(group)
            raise
        (said,) = answer
        if isinstance(said, Py4JJavaError) and not self.context._jsc.sc().isStopped():
            raise _Lost(str(said.java_exception.getMessage()))
        if isinstance(said, Exception):
            raise EngineError(f"Spark 会话中断（{_one_line(str(said))}），请查看集群的日志后重新运行") from said
        found: list[Any] = said
        return found

    def _tasks_done(self, group: str) -> int:
        tracker = self.context.statusTracker()
        done = 0
        for job in tracker.getJobIdsForGroup(group):
            info = tracker.getJobInfo(job)
            for stage in info.stageIds if info is not None else ():
                known = tracker.getStageInfo(stage)
                done += known.numCompletedTasks if known is not None else 0
        return done


class _Lost(Exception):
    """Spark gave a job up; ``task`` is the place of the task that it names, among those of the job."""

    def __init__(self, message: str) -> None:
        found = re.search(r"Task (\d+) in stage", message)
        self.task = int(found[1]) if found else None
        reason = message.rpartition("most recent failure: ")[2]
        super().__init__(_one_line(re.split(r"\. Consider setting|Driver stacktrace", reason)[0]))


def _on_worker(code: bytes) -> Callable[[tuple[int, bytes]], Report]:
    return lambda numbered: attempt(code, numbered[1])


def _as_it_is(elements: Iterable[Any]) -> Iterable[Any]:
    return elements


def _look_of(names: tuple[str, ...], package: str) -> Callable[[], dict[str, Any]]:
    """A function that tells the versions where it runs; it refers to nothing that must be installed there."""

    def look() -> dict[str, Any]:
        import importlib.util
        from importlib import metadata

        def version(name: str) -> str:
            try:
                return metadata.version(name)
            except metadata.PackageNotFoundError:
                return ""

        return {"importable": importlib.util.find_spec(package) is not None} | {n: version(n) for n in names}

    return look


# ------------------------------------------------------------------------------------------------ starting Spark


def _settings(master: str | None, conf: Mapping[str, str], folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Settings of Spark, and the environment in which Java is started."""
    settings, environment = dict(_DEFAULTS), dict[str, str]()
    if master is not None:
        settings["spark.master"] = master
    if path := os.environ.get("PYTHONPATH"):
        settings["spark.executorEnv.PYTHONPATH"] = path
    if master is not None and master.startswith("local"):
        # Nothing leaves this machine, and the workers import from where this process does.
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        settings["spark.local.dir"] = str(folder)
        settings["spark.executorEnv.PYTHONPATH"] = os.pathsep.join(dict.fromkeys(p or os.getcwd() for p in sys.path))
        environment["SPARK_LOCAL_IP"] = "127.0.0.1"
        if master.startswith("local-cluster") and "SPARK_HOME" not in os.environ:
            environment["SPARK_HOME"] = str(_own_home(folder / "home"))
    return settings | dict(conf), environment


def _own_home(home: Path) -> Path:
    """A folder of links to Spark's: the workers of a ``local-cluster`` write into the folder where Spark lies."""
    from pyspark.find_spark_home import _find_spark_home

    home.mkdir()
    for entry in Path(_find_spark_home()).iterdir():
        (home / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
    return home


def _must_have_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")
    advice = f"请安装 Java {_JAVA}（完整 JRE，例如 Debian 的 openjdk-17-jre），或让 JAVA_HOME 指向它"
    if java is None:
        raise EngineError(f"没有找到 Java{f'（JAVA_HOME={home}）' if home else ''}，{advice}")
    said = subprocess.run([java, "-version"], capture_output=True, check=False)
    found = re.search(rb'version "(\d+)', said.stderr)
    if found is None or int(found[1]) < _JAVA:
        shown = found[1].decode() if found else "未知"
        raise EngineError(f"Spark 需要 Java {_JAVA}，找到的是 {java}（版本 {shown}），{advice}")


@contextmanager
def _java(conf: Any, log: Path) -> Iterator[Any]:
    """The Java process, its notices kept from the terminal; ended with everything it started."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    with log.open("w+b") as notices:
        try:
            gateway = launch_gateway(conf, {"stderr": notices, "stdout": notices})  # type: ignore[no-untyped-call]
            try:
                yield gateway
            finally:
                with suppress(Py4JError, OSError):
                    gateway.shutdown()
                SparkContext._gateway = SparkContext._jvm = None
                if gateway.proc is not None:
                    _see_off(gateway.proc)
        except (PySparkException, Py4JError) as error:
            raise EngineError(
                f"Spark 没能启动（{_one_line(str(error))}；{_last_of(notices)}），请检查集群地址、设置和 Java {_JAVA}"
            ) from error


def _see_off(java: subprocess.Popen[bytes]) -> None:
    """Java ends when its input does."""
    if java.stdin is not None:
        java.stdin.close()
    try:
        java.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        java.kill()
        java.wait()


def _last_of(notices: IO[bytes]) -> str:
    notices.seek(0)
    lines = notices.read()[-4000:].decode("utf-8", "replace").splitlines()
    telling = [line for line in lines if "Exception" in line or "Error" in line]
    return _one_line((telling or lines or [""])[-1])


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _without_data_frames() -> Iterator[None]:
    """Spark's bridge asks two converters about each value that it passes; the first question imports pandas.

    They serve NumPy values, of which none is passed here.
    """
    from py4j import protocol  # type: ignore[import-untyped]

    import_module("pyspark.sql.types")  # registers them
    before = list(protocol.INPUT_CONVERTER)
    protocol.INPUT_CONVERTER[:] = [c for c in before if not type(c).__name__.startswith("Numpy")]
    try:
        yield
    finally:
        protocol.INPUT_CONVERTER[:] = before


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
