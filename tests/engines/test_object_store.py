"""A table in an object store: the answers of a folder, writers kept apart, faults named; the service is moto's."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hidden_packages import DATA_FRAMES, hidden
from synthetic_table import filled, rows

from qinggong.engine import Engine
from qinggong.monitor.block_analysis import BlockAnalysis, fingerprint, joined
from qinggong.store.base import StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.files import connect
from qinggong.store.layout import series_hash
from qinggong.store.query import panel, query
from qinggong.store.rows import relation_of

BUCKET = "qinggong"
DAY, EARLIER = dt.date(2026, 3, 1), dt.date(2026, 1, 20)
_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/s3/aws4_request, Signature=0",
}
_SERVER = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
application = DomainDispatcherApplication(create_backend_app)
def without_conditions(environment, start_response):
    environment.pop("HTTP_IF_NONE_MATCH", None)
    return application(environment, start_response)
server = make_server("127.0.0.1", 0, without_conditions if "--careless" in sys.argv else application, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """A service on the loopback with an empty bucket; a process of its own, since it answers this one."""
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        request(f"{url}/{BUCKET}", "PUT")
        yield url
    finally:
        server.kill()
        server.wait()


def request(url: str, method: str = "GET", data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(
        urllib.request.Request(url, method=method, data=data, headers=_HEADERS), timeout=30
    ) as answer:
        return bytes(answer.read())


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(autouse=True)
def quickly_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service of these tests is known; one test looks at the whole probe."""
    monkeypatch.setattr("qinggong.store.location.PROBES", 1)


def remote(service: str, name: str = "", **settings: str) -> DeltaStore:
    """A table of its own; its name needs encoding in every address."""
    place = f"s3://{BUCKET}/{name or uuid.uuid4().hex}/观测 表"
    return DeltaStore(place, {"endpoint": service, "allow_http": "true", "max_retries": "1"} | settings)


def objects(service: str, table: DeltaStore) -> list[str]:
    """Names of the data files that lie in the store, whether the table knows them or not."""
    from xml.etree import ElementTree

    prefix = table.place.removeprefix(f"s3://{BUCKET}/")
    listed = ElementTree.fromstring(request(f"{service}/{BUCKET}?list-type=2&max-keys=1000"))
    keys = [element.text or "" for element in listed.iter() if element.tag.endswith("}Key")]
    return [key.removeprefix(prefix + "/") for key in keys if key.startswith(prefix + "/") and "/_" not in key]


def address(service: str, table: DeltaStore, name: str) -> str:
    inside = table.place.removeprefix(f"s3://{BUCKET}/")
    return f"{service}/{BUCKET}/{urllib.request.quote(inside)}/{name}"  # type: ignore[attr-defined]


Both = tuple[DeltaStore, DeltaStore]


@pytest.fixture(scope="session")
def both(service: str, access_keys: None, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The same rows in the object store and in a folder: merged files and newer small ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qinggong.store.location.PROBES", 1)
        tables = (remote(service, "both"), DeltaStore(tmp_path_factory.mktemp("objects") / "table"))
        for table in tables:
            assert filled(table, series=21, months=36).compact().done
            filled(table, series=21, months=36, files=2, first_file=5)
    return tables


# ---------------------------------------------------------------------------------------------------- answers

QUESTIONS: dict[str, Callable[[DeltaStore], Any]] = {
    "as_of": lambda t: (t.as_of(DAY).observations, t.as_of(DAY).undated, t.as_of(DAY).version),
    "known": lambda t: t.as_of(DAY, known=dt.datetime(2026, 2, 10, tzinfo=dt.UTC)).observations,
    "latest": lambda t: t.latest().observations,
    "everything": lambda t: t.everything(),
    "series": lambda t: t.series(),
    "history": lambda t: [t.history(series) for series in t.series()[:3]],
    "series_as_of": lambda t: t.series_as_of(t.series()[7], DAY),
    "changes": lambda t: t.changes(EARLIER, DAY),
    "of_series": lambda t: t.of_series({(t.series()[2].subject_key, t.series()[2].region, "output")}),
    "rows_of": lambda t: t.rows_of(f"{1:064x}"),
    "count": lambda t: t.count(),
    "periods": lambda t: t.periods(),
    "blocks": lambda t: (t.blocks(), t.blocks(5)),
    "read": lambda t: [fingerprint(BlockAnalysis(t, as_of=DAY)(block)) for block in t.blocks(4)],
    "panels": lambda t: [[p.series for p in part] for part in t.panels(as_of=DAY, blocks=t.blocks(2))],
    "sql": lambda t: query(t, "SELECT indicator, count(*) FROM as_of('2026-03-01') GROUP BY ALL ORDER BY ALL").rows,
    "panel": lambda t: panel(t, {"indicator": "output"}, as_of=DAY).series,
    "holds": lambda t: (t.holds("合成 1"), t.holds("no such")),
}


def test_files_for_a_query_of_ones_own(both: Both, tmp_path: Path) -> None:
    wanted = "indicator = 'output' AND published_at <= DATE '2026-01-20'"
    query = f"SELECT count(*), sum(hash(subject, region, period, value)) FROM read_parquet($files) WHERE {wanted}"
    with connect() as connection:
        ours, folder = (
            connection.execute(query, {"files": table.readable(tmp_path, where=wanted)}).fetchone() for table in both
        )
    assert ours == folder and ours is not None and ours[0] > 0


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answers_are_those_of_a_folder(both: Both, question: str) -> None:
    ours, folder = (QUESTIONS[question](table) for table in both)
    assert ours == folder
    assert ours, "an empty answer shows nothing"


def test_reading_needs_no_extension_and_no_data_frames(both: Both) -> None:
    with hidden(*DATA_FRAMES) as asked:
        assert both[0].as_of(DAY).observations
        with both[0]._opened() as (connection, _):
            assert connection.execute("SELECT count(*) FROM observations").fetchall()[0][0] == both[1].count()
            loaded = connection.execute("SELECT extension_name FROM duckdb_extensions() WHERE loaded").fetchall()
    assert asked == []
    assert "httpfs" not in {name for (name,) in loaded}


def test_every_engine_reads_blocks_from_the_object_store(each_engine: Engine, both: Both) -> None:
    """The task carries the address; the access keys are in the environment of the workers."""
    whole = fingerprint(joined(map(BlockAnalysis(both[1], as_of=DAY), both[1].blocks(1))))
    parts = each_engine.map(BlockAnalysis(both[0], as_of=DAY), both[0].blocks(3)).complete()
    assert fingerprint(joined(parts)) == whole


def test_only_the_files_in_question_are_read(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file of the table is gone, and the question about one series is answered all the same."""
    monkeypatch.setattr("qinggong.store.compaction.ROWS_OF_A_FILE", 300)
    table = filled(remote(service), series=21, months=36)
    table.compact()
    files = {f.name: f for f in table._files(table._table())}
    assert len(files) >= 3
    asked = table.series()[0]
    expected = table.history(asked)
    for name, file in files.items():
        assert file.low is not None and file.high is not None
        if not file.low <= series_hash(asked) <= file.high:
            request(address(service, table, name), "DELETE")
    assert table.history(asked) == expected
    with pytest.raises(StoreError, match=r"观测表 s3://qinggong/.* 读不出或已损坏（.*请运行 qinggong store verify"):
        table.as_of(DAY)


# -------------------------------------------------------------------------------------------------- two writers


def together(*actions: Callable[[], Any]) -> list[Any]:
    """All at the same moment, each in its thread; what they returned or raised."""
    ready, answers = threading.Barrier(len(actions)), [None] * len(actions)

    def run(place: int, action: Callable[[], Any]) -> None:
        ready.wait()
        try:
            answers[place] = action()
        except Exception as error:
            answers[place] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_writers_of_one_month_meet_and_all_their_rows_are_there(service: str) -> None:
    table = filled(remote(service), series=2, months=3, files=1)
    before, batches = table.count(), [rows(file=file, series=3, months=4) for file in range(20, 24)]
    answers = together(*(lambda n=n, b=b: table.append(b, transaction=f"w{n}") for n, b in enumerate(batches)))
    assert answers == [True] * 4
    assert table.count() == before + sum(map(len, batches))
    assert table.version == 1 + 4


def test_of_two_writers_of_one_file_one_lands(service: str) -> None:
    table = filled(remote(service), series=2, months=3, files=1)
    before, batch = table.count(), rows(file=30, series=5, months=4)
    answers = together(*(lambda: pickle.loads(pickle.dumps(table)).append(batch, transaction="once"),) * 3)
    assert sorted(answers) == [False, False, True]
    assert table.count() == before + len(batch)
    assert len(objects(service, table)) == 2, "what did not land is removed"


def test_makers_of_one_table_meet(service: str) -> None:
    place = uuid.uuid4().hex
    batches = [rows(file=file, series=3, months=4) for file in range(40, 42)]
    answers = together(
        *(lambda n=n, b=b: remote(service, place).append(b, transaction=f"m{n}") for n, b in enumerate(batches))
    )
    assert answers == [True, True]
    assert remote(service, place).count() == sum(map(len, batches))


def test_a_service_that_cannot_keep_writers_apart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qinggong.store.location.PROBES", 8)
    with serving("--careless") as careless:
        table = remote(careless)
        with pytest.raises(StoreError, match="不支持条件写入（If-None-Match），两个程序同时写会丢数据"):
            table.append(rows(file=0, series=1, months=3), transaction="0")
        assert request(f"{careless}/{BUCKET}?list-type=2").count(b"<Key>") == 0, "the scratch table is removed"


def test_a_large_file_in_parts_is_one_commit_or_none(service: str) -> None:
    table = filled(remote(service), series=2, months=3, files=1)
    parts = [rows(file=50, series=4, months=5), rows(file=51, series=4, months=5)]
    files = objects(service, table)
    with connect() as connection:

        def batches(*, broken: bool) -> Iterator[Any]:
            for part in parts:
                yield relation_of(part, connection).project("* EXCLUDE (series_hash, period_first, period_last)")
            if broken:
                raise ValueError("the file ends here")

        with pytest.raises(ValueError, match="the file ends here"):
            table.append_parts(batches(broken=True), transaction="large")
        assert (objects(service, table), table.version) == (files, 1)
        assert table.append_parts(batches(broken=False), transaction="large") == sum(map(len, parts))
        assert table.append_parts(batches(broken=False), transaction="large") is None
    assert table.version == 2
    assert len(objects(service, table)) == len(files) + 2


# ------------------------------------------------------------------------------------------------------ upkeep


def test_merging_keeps_every_row_and_old_versions(service: str) -> None:
    table = filled(remote(service), series=9, months=30)
    before, blocks = table.everything(), table.blocks(2)
    pinned = [fingerprint(BlockAnalysis(table)(block)) for block in blocks]
    merged = table.compact()
    assert (merged.done, merged.files_before, merged.files_after, merged.rows) == (True, 4, 1, len(before))
    assert table.everything() == before
    filled(table, series=9, months=30, files=2, first_file=10)
    small = table.compact(small=True)
    assert (small.done, small.files_before) == (True, 3)
    assert [fingerprint(BlockAnalysis(table)(block)) for block in blocks] == pinned, "a pinned version goes on"
    assert table.verify().sound


def test_what_no_version_needs_is_removed_when_it_is_old_enough(service: str) -> None:
    table = filled(remote(service), series=9, months=30)
    table.compact()
    request(address(service, table, "bulk-stray.parquet"), "PUT", b"left by a killed writer")
    kept = table.vacuum()
    assert (kept.deleted, kept.kept) == ((), 5)
    with pytest.raises(StoreError, match="保留期不到1天"):
        table.vacuum(keep=dt.timedelta(0))
    gone = table.vacuum(keep=dt.timedelta(0), force=True)
    assert (len(gone.deleted), gone.kept) == (5, 0)
    assert gone.size > len(b"left by a killed writer")
    assert len(objects(service, table)) == 1
    assert table.count() == len(table.everything())


def test_verification_finds_what_is_damaged(service: str) -> None:
    table = filled(remote(service), series=5, months=12, files=5)
    sound = table.verify()
    assert (sound.sound, sound.files, sound.rows, sound.damages) == (True, 5, table.count(), ())
    cut, changed, missing = sorted(objects(service, table))[:3]
    whole = request(address(service, table, cut))
    request(address(service, table, cut), "PUT", whole[:-100])
    body = bytearray(request(address(service, table, changed)))
    body[len(body) // 3] ^= 1
    request(address(service, table, changed), "PUT", bytes(body))
    request(address(service, table, missing), "DELETE")
    request(address(service, table, "rows-stray.parquet"), "PUT", b"PAR1 PAR1")
    found = table.verify()
    assert {(d.kind, d.file) for d in found.damages} == {
        ("data", cut), ("content", changed), ("data", missing), ("orphan", "rows-stray.parquet"),
    }  # fmt: skip
    assert not found.sound
    assert found.folder == table.place
    request(address(service, table, "_delta_log/00000000000000000003.json"), "DELETE")
    assert ("log", "_delta_log/00000000000000000003.json") in {(d.kind, d.file) for d in table.verify().damages}


def test_no_table_is_no_error(service: str) -> None:
    table = remote(service)
    assert (table.version, table.series(), table.blocks(), table.count()) == (-1, [], (), 0)
    assert table.verify().version == -1
    assert not table.compact().done
    assert table.vacuum().deleted == ()
    assert table.latest().observations == ()


# --------------------------------------------------------------------------------------- addresses and secrets


def test_an_address_and_settings_are_checked() -> None:
    for place in ("s3://qinggong", "s3://Big_Bucket/x", "s3://qinggong/"):
        with pytest.raises(StoreError, match="不完整，应为 s3://存储桶/前缀"):
            DeltaStore(place)
    with pytest.raises(StoreError, match="对象存储没有设置“colour”，可用的有 endpoint、region"):
        DeltaStore("s3://qinggong/x", {"colour": "red"})
    with pytest.raises(StoreError, match="不加密；确实要用时请设置 allow_http"):
        DeltaStore("s3://qinggong/x", {"endpoint": "http://127.0.0.1:1"})


@pytest.mark.parametrize("name", ["secret_access_key", "AWS_ACCESS_KEY_ID", "session_token", "password"])
def test_keys_in_the_settings_are_refused(name: str) -> None:
    with pytest.raises(StoreError, match=r"是密钥，不要写在设置里.*AWS_SECRET_ACCESS_KEY") as refused:
        DeltaStore("s3://qinggong/x", {name: "example+secret"})
    assert "example+secret" not in str(refused.value)


def test_keys_stand_in_no_value_that_travels_and_in_no_message(service: str) -> None:
    table = filled(remote(service), series=2, months=3, files=1)
    told = (repr(table.location), str(vars(table)), pickle.dumps(table).decode("latin-1"))  # type: ignore[attr-defined]
    for text in told:
        assert "example+secret" not in text and "AKIAEXAMPLE" not in text
    error = OSError("Forbidden <AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId> example+secret")
    said = table.location.said(error)  # type: ignore[attr-defined]
    assert said == "Forbidden <AWSAccessKeyId>***</AWSAccessKeyId> ***"


def test_keys_may_come_from_the_users_own_file(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example+secret\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    assert filled(remote(service), series=2, months=3, files=1).count() > 0


def test_without_keys_nothing_is_asked_of_the_network(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would look for a role of the machine at an address of the cloud."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(StoreError, match=r"没有 s3://.* 的访问密钥，请设置环境变量 AWS_ACCESS_KEY_ID 和"):
        remote(service).as_of(DAY)


def test_a_service_that_is_away_is_named() -> None:
    with pytest.raises(StoreError, match=r"对象存储 s3://.*（服务地址 http://127\.0\.0\.1:9）访问不到（.*请检查地址"):
        remote("http://127.0.0.1:9").as_of(DAY)
