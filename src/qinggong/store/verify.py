"""Is every file what the log says (核验): the log whole, each data file there, of its size, rows and content.

The name of a data file ends with the beginning of the SHA-256 of its bytes, and the log lists names: so a file that
was cut, changed or exchanged does not match. What is found comes with the way to mend it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb

from qinggong.store import log
from qinggong.store.base import StoreError
from qinggong.store.files import HIDDEN_PREFIX, DataFile, changed_content, connect, flaw, source
from qinggong.store.layout import COLUMNS, HASHES, IDENTITY, SERIES_ID

if TYPE_CHECKING:
    from qinggong.store.table import Table

Kind = Literal["log", "data", "rows", "content", "series", "orphan"]
_REPLAY = "运行 qinggong replay 用原始档重建，或从备份恢复该文件"
_FORCE = "运行 qinggong replay --force 用原始档重建，或从备份恢复该文件"
VACUUM = "不影响数据；确认没有程序正在写入后，运行 qinggong store vacuum 清理"
_LOST = "若怀疑最后的日志丢失，运行 qinggong replay --check 核对；否则运行 qinggong store vacuum 清理"


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as it should be.

    Attributes
    ----------
    kind
        ``log``: an entry of the log is missing or torn; ``data``: a file is missing, cut or cannot be read;
        ``rows``: a file holds another number of rows; ``content``: its bytes are others than those written;
        ``series``: two series of one fingerprint; ``orphan``: a file that no version names.
    file
        Name within the table's folder.
    message, remedy
        What was found, and what to do; Chinese.
    """

    kind: Kind
    file: str
    message: str
    remedy: str

    @property
    def harmless(self) -> bool:
        """True if no row is affected."""
        return self.kind == "orphan"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    ``version``, ``files`` and ``rows`` are those that the log says; −1, 0 and 0 if there is no table.
    """

    folder: str
    version: int
    files: int
    rows: int
    damages: tuple[Damage, ...]

    @property
    def sound(self) -> bool:
        """True if every row is there and as it was written."""
        return all(damage.harmless for damage in self.damages)

    @property
    def lines(self) -> list[str]:
        """For the screen."""
        if self.version < 0:
            return [f"{self.folder} 中还没有观测表。"]
        said = [f"观测表第{self.version}版：{self.files}个数据文件，{self.rows}行。"]
        for damage in self.damages:
            mark, name = "·" if damage.harmless else "✗", f"{damage.file}：" if damage.file else ""
            said.append(f"{mark} {name}{damage.message}。{damage.remedy}。")
        return [*said, "核验通过，所有行都在且与写入时相同。" if self.sound else "观测表已损坏，请按上面的办法修复。"]


def verify(table: Table) -> Verified:
    """Look at the log and at every data file; nothing is changed, and a damaged table is no error."""
    read = table._log()
    if read.version < 0:
        return Verified(str(table.folder), -1, 0, 0, ())
    damages = [Damage("log", f"{log.FOLDER}/{fault.name}", fault.what, _REPLAY) for fault in read.faults]
    damages += _disagreement(table, read)
    files = [_described(name, size, read.rows.get(name)) for name, size in sorted(read.live.items())]
    whole = []
    for file in files:
        found = list(_of_file(table.folder, file))
        damages += found
        if not found:
            whole.append(file)
    damages += _shared_fingerprints(table.folder, whole)
    damages += _orphans(table.folder, read)
    return Verified(str(table.folder), read.version, len(files), sum(f.rows or 0 for f in files), tuple(damages))


def _disagreement(table: Table, read: log.Log) -> Iterator[Damage]:
    """The table as it is opened against the log as it is written."""
    try:
        opened = table._table()
        live = {f.name for f in table._files(opened)} if opened else set[str]()
    except StoreError as error:
        if not read.faults:
            yield Damage("log", log.FOLDER, str(error), _REPLAY)
        return
    if not read.faults and live != set(read.live):
        yield Damage("log", log.FOLDER, "日志与检查点所列的数据文件不同", _REPLAY)


def _described(name: str, size: int, rows: int | None) -> DataFile:
    file = DataFile(name, size, rows)
    return dataclasses.replace(file, low=0, high=HASHES - 1) if file.sum else file  # a file of ours has fingerprints


def _of_file(folder: Path, file: DataFile) -> Iterator[Damage]:
    """What is wrong with one file; the first thing only, since the rest follows from it."""
    if found := flaw(folder, file):
        yield Damage("data", file.name, found, _REPLAY)
        return
    path = folder / file.name
    try:
        if file.sum and (found := changed_content(folder, file)):
            yield Damage("content", file.name, found, _FORCE)
            return
        with connect() as connection:
            # A file of another writer has no sum in its name: every column of it is read instead.
            asked = "count(*)" if file.sum else f"count(*), bit_xor(hash({', '.join(COLUMNS)}))"
            (counted,) = connection.execute(f"SELECT {asked} FROM read_parquet(?)", [str(path)]).fetchall()
    except (duckdb.Error, OSError) as error:
        yield Damage("data", file.name, f"读不出（{' '.join(str(error).split())[:120]}）", _REPLAY)
        return
    if file.rows is not None and counted[0] != file.rows:
        yield Damage("rows", file.name, f"日志记{file.rows}行，实有{counted[0]}行", _FORCE)


def _shared_fingerprints(folder: Path, files: list[DataFile]) -> Iterator[Damage]:
    """Two series of one fingerprint, which readers of blocks could not tell apart."""
    with connect() as connection:
        found = connection.execute(
            f"""
            SELECT min({SERIES_ID}), max({SERIES_ID})
            FROM (SELECT DISTINCT series_hash, {IDENTITY} FROM {source(folder, files)})
            GROUP BY series_hash HAVING count(*) > 1
            """
        ).fetchall()
    for one, other in found:
        yield Damage("series", "", f"序列 {one} 与 {other} 的指纹相同", "改动其中一个序列的代码后重新导入")


def _orphans(folder: Path, read: log.Log) -> Iterator[Damage]:
    """Files that no version names: of writers that were killed, or of a commit whose entry is gone."""
    named = log.named(folder)
    for path in sorted(folder.glob("*.parquet")):
        if path.name.startswith(HIDDEN_PREFIX):
            yield Damage("orphan", path.name, "未写完的文件，写入中断所留", VACUUM)
        elif path.name not in named:
            yield Damage("orphan", path.name, "日志中没有的文件，多为写入中断所留", VACUUM if read.faults else _LOST)
