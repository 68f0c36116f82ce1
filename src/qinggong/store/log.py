"""The Delta log as files (日志): which entries there are, which are missing or torn, and which data files they name.

Reading the table is the business of ``deltalake``; this looks at the log when that fails, and finds the files that no
entry names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from qinggong.store.files import connect, plain_name

FOLDER = "_delta_log"
_ENTRY = re.compile(r"^(\d{20})\.json$")
_CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint(?:\.\d{10}\.\d{10})?\.parquet$")


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry of the log that is missing or cannot be read."""

    name: str
    what: str


@dataclass(slots=True)
class Log:
    """What the log says, as far as it can be read.

    Attributes
    ----------
    version
        Number of the last entry, −1 if there is none.
    live
        The data files of that version: the size that the log gives.
    removed
        Data files of earlier versions, with the moment of removal in milliseconds since 1970.
    rows
        Rows of the live files, where the log gives them.
    faults
        What is missing or torn.
    """

    version: int = -1
    live: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def entry_name(version: int) -> str:
    return f"{version:020d}.json"


def read(table_folder: Path) -> Log:
    """Read the whole log: the newest readable checkpoint and every entry after it."""
    folder, log = table_folder / FOLDER, Log()
    if not folder.is_dir():
        return log
    entries = {int(found[1]): path for path in folder.iterdir() if (found := _ENTRY.match(path.name))}
    checkpoints: dict[int, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if found := _CHECKPOINT.match(path.name):
            checkpoints.setdefault(int(found[1]), []).append(path)
    start = 0
    for version in sorted(checkpoints, reverse=True):
        try:
            _take_checkpoint(checkpoints[version], log)
        except (duckdb.Error, OSError) as error:
            name = checkpoints[version][0].name
            log.faults.append(Fault(name, f"检查点读不出（{' '.join(str(error).split())[:80]}）"))
            continue
        start, log.version = version + 1, version
        break
    for version in range(start, max(entries, default=-1) + 1):
        log.version = version
        if version not in entries:
            log.faults.append(Fault(entry_name(version), "日志缺失"))
            continue
        try:
            _take_entry(entries[version], log)
        except (ValueError, KeyError, TypeError, OSError) as error:
            log.faults.append(Fault(entry_name(version), f"日志残缺（{str(error)[:80]}）"))
    return log


def named(table_folder: Path) -> set[str]:
    """Every data file that any entry still there names, live or removed."""
    log = read(table_folder)
    found = {*log.live, *log.removed}
    for path in (table_folder / FOLDER).glob("*.json"):
        if _ENTRY.match(path.name):
            for kind, action in _actions(path, lenient=True):
                if kind in ("add", "remove"):
                    found.add(plain_name(str(action.get("path", ""))))
    return found


def _take_checkpoint(paths: list[Path], log: Log) -> None:
    with connect() as connection:
        rows = connection.execute(
            'SELECT "add".path, "add".size, "add".stats, remove.path, remove.deletionTimestamp'
            " FROM read_parquet($paths)",
            {"paths": [str(path) for path in paths]},
        ).fetchall()
    for added, size, statistics, removed, moment in rows:
        if added is not None:
            _add(log, {"path": added, "size": size, "stats": statistics})
        if removed is not None:
            log.removed[plain_name(removed)] = int(moment or 0)


def _take_entry(path: Path, log: Log) -> None:
    actions = list(_actions(path))
    if not actions:
        raise ValueError("没有内容")
    for kind, action in actions:
        if kind == "add":
            _add(log, action)
        elif kind == "remove":
            name = plain_name(action["path"])
            log.live.pop(name, None)
            log.rows.pop(name, None)
            log.removed[name] = int(action.get("deletionTimestamp") or 0)


def _add(log: Log, action: dict[str, Any]) -> None:
    name = plain_name(action["path"])
    log.live[name] = int(action["size"])
    log.removed.pop(name, None)
    rows = json.loads(action.get("stats") or "{}").get("numRecords")
    if rows is not None:
        log.rows[name] = int(rows)


def _actions(path: Path, *, lenient: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            read_line = json.loads(line)
        except ValueError:
            if lenient:
                continue
            raise
        yield from read_line.items()
