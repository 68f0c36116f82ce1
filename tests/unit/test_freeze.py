"""The raw archive: bytes kept as they came, one entry for the same bytes, moments that only grow."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qinggong.sources.freeze import CONTENT, META, ArchiveError, archived, file_name, freeze, is_archived

NOON = dt.datetime(2024, 9, 14, 4, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def test_bytes_are_kept_as_they_came(tmp_path: Path) -> None:
    content = b"\xff\x00\r\nbytes of any kind"
    frozen = freeze(tmp_path / "raw", name="八月.csv", content=content, now=NOON)
    folder = tmp_path / "raw" / hashlib.sha256(content).hexdigest()
    assert (folder / CONTENT).read_bytes() == content
    assert json.loads((folder / META).read_text(encoding="utf-8"))["name"] == "八月.csv"
    assert frozen.new
    assert (frozen.known_at, frozen.size, frozen.sha256) == (NOON, len(content), folder.name)
    assert is_archived(tmp_path / "raw", content)
    assert not is_archived(tmp_path / "raw", content + b".")


def test_the_same_bytes_keep_their_first_name_and_moment(tmp_path: Path) -> None:
    freeze(tmp_path, name="a.csv", content=b"x", now=NOON)
    again = freeze(tmp_path, name="b.csv", content=b"x", now=NOON + HOUR)
    assert (again.name, again.known_at, again.new) == ("a.csv", NOON, False)
    assert len(archived(tmp_path)) == 1


def test_moments_grow_whatever_the_clock_says(tmp_path: Path) -> None:
    first = freeze(tmp_path, name="a", content=b"a", now=NOON)
    back = freeze(tmp_path, name="b", content=b"b", now=NOON - 24 * HOUR)
    same = freeze(tmp_path, name="c", content=b"c", now=NOON)
    later = freeze(tmp_path, name="d", content=b"d", now=NOON + HOUR)
    assert first.known_at < back.known_at < same.known_at < later.known_at == NOON + HOUR
    assert [f.name for f in archived(tmp_path)] == ["a", "b", "c", "d"]


def test_a_moment_is_kept_in_universal_time(tmp_path: Path) -> None:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    frozen = freeze(tmp_path, name="a", content=b"a", now=dt.datetime(2024, 9, 14, 12, tzinfo=shanghai))
    assert frozen.known_at == NOON
    assert archived(tmp_path)[0].known_at.utcoffset() == dt.timedelta(0)


def test_an_entry_torn_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / hashlib.sha256(b"x").hexdigest()
    folder.mkdir()
    (folder / CONTENT).write_bytes(b"")
    assert not is_archived(tmp_path, b"x")
    assert freeze(tmp_path, name="a", content=b"x", now=NOON).new
    assert (folder / CONTENT).read_bytes() == b"x"


def test_left_overs_of_a_crash_are_no_entries(tmp_path: Path) -> None:
    freeze(tmp_path, name="a", content=b"a", now=NOON)
    part = tmp_path / ".part-left"
    part.mkdir()
    (part / META).write_text("{", encoding="utf-8")
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    assert [f.name for f in archived(tmp_path)] == ["a"]


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"known_at": "2024-09-14T00:00:00"}', '{"known_at": 3}'])
def test_a_damaged_entry_is_named(tmp_path: Path, text: str) -> None:
    frozen = freeze(tmp_path, name="a", content=b"a", now=NOON)
    (tmp_path / frozen.sha256 / META).write_text(text, encoding="utf-8")
    with pytest.raises(ArchiveError, match=frozen.sha256):
        archived(tmp_path)
    with pytest.raises(ArchiveError, match="请从备份恢复"):
        freeze(tmp_path, name="a", content=b"a", now=NOON)


def test_many_at_once_freeze_one_entry(tmp_path: Path) -> None:
    def one(number: int) -> tuple[str, dt.datetime]:
        frozen = freeze(tmp_path, name=f"{number}", content=b"same", now=NOON + number * HOUR)
        return frozen.name, frozen.known_at

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(one, range(24)))
    assert len(answers) == 1
    (kept,) = archived(tmp_path)
    assert (kept.name, kept.known_at) in answers
    assert [p.name for p in tmp_path.iterdir()] == [kept.sha256]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_name_in_another_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("file names are Unicode here")
    path = Path(os.fsdecode("八月.csv".encode(encoding)))
    assert file_name(path) == "八月.csv"
    freeze(tmp_path, name=file_name(path), content=b"x", now=NOON)
    assert archived(tmp_path)[0].name == "八月.csv"


def test_an_empty_archive(tmp_path: Path) -> None:
    assert archived(tmp_path / "none") == []
