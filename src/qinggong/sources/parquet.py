"""Parquet files (Parquet 列存文件) as lines of text, behind a guard: what the footer tells is looked through first.

Source: the file format of Apache Parquet (magic bytes, footer, encryption) and the table functions by which DuckDB
shows a footer. The embedded engine reads a copy in a folder of its own and may open nothing else; no extension is
installed or loaded.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from qinggong.sources.base import UnreadableFile

MAX_FOOTER_BYTES = 16_000_000
MAX_COLUMNS = 1_000
MAX_CELLS = 20_000_000
MAX_ROW_GROUP_BYTES = 256_000_000
MAX_TEXT = 400_000_000
LONGEST_CELL = 10_000
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_SMALLEST = 12
_AT_ONCE = 4096
_USED = 12  # columns that a long table has
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL")
_UNSIGNED = tuple(f"U{name}" for name in _NUMBERS[:-1])
_PLAIN = ("VARCHAR", "ENUM", "BOOLEAN", "DATE", "TIMESTAMP", *_NUMBERS, *_UNSIGNED)
_ZONED = "TIMESTAMP WITH TIME ZONE"
_EIGHT_HOURS = 8 * 3_600_000_000


def is_parquet(head: bytes) -> bool:
    """True if these are the first bytes of a Parquet file, encrypted or not, whatever its name."""
    return head[:4] in (_MAGIC, _ENCRYPTED)


def parquet_lines(content: bytes, *, wanted: Callable[[Sequence[str]], Sequence[int]]) -> list[list[str]]:
    """The names and the records of the wanted columns as text, missing cells empty.

    Dates are ISO days, instants days in Asia/Shanghai, decimals keep their digits; a binary number is shown with the
    15 digits that a spreadsheet shows, NaN is a missing one.

    Parameters
    ----------
    wanted
        Which columns, by number, of those with these names; none of them makes a file without lines.

    Raises
    ------
    UnreadableFile
        For a file that is torn, encrypted or too large, has nested columns or columns of another type.
    """
    import duckdb  # only these files need it

    _whole(content)
    # Nothing but the copy may be opened, whatever the file says of other files.
    with tempfile.TemporaryDirectory(prefix="qinggong-parquet-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "content"
        path.write_bytes(content)
        settings: dict[str, Any] = {
            "threads": "1",
            "memory_limit": "1GiB",
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        try:
            with duckdb.connect(config=settings) as connection:
                connection.execute("SET allowed_paths = $paths", {"paths": [str(path)]})
                connection.execute("SET enable_external_access = false")
                names = _columns(connection, str(path))
                chosen = list(wanted(names))
                lines = [[names[i] for i in chosen]] if chosen else []
                lines += _records(connection, str(path), chosen)
        except UnreadableFile:
            raise
        except (duckdb.Error, ValueError, OverflowError, RuntimeError, MemoryError) as error:
            told = " ".join(str(error).replace(str(path), "").split())[:80] or type(error).__name__
            raise UnreadableFile(f"不是可读的 Parquet 文件（{told}）") from error
    return lines


def _whole(content: bytes) -> None:
    if content.startswith(_ENCRYPTED) or content.endswith(_ENCRYPTED):
        raise UnreadableFile("Parquet 文件是加密的，请导出为不加密的文件")
    size = int.from_bytes(content[-8:-4], "little")
    if not content.endswith(_MAGIC) or len(content) < _SMALLEST or size > len(content) - _SMALLEST:
        raise UnreadableFile("Parquet 文件不完整，结尾没有目录，可能没有存全")
    if size > MAX_FOOTER_BYTES:
        raise UnreadableFile(f"Parquet 文件的目录超过{MAX_FOOTER_BYTES // 1_000_000}MB，列数或行组太多，不像数据表")


def _columns(connection: Any, path: str) -> list[str]:
    """The names of the columns, after a look at the footer."""

    def ask(what: str, function: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = connection.execute(f"SELECT {what} FROM {function}(?)", [path]).fetchall()
        return found

    if any(algorithm for (algorithm,) in ask("encryption_algorithm", "parquet_file_metadata")):
        raise UnreadableFile("Parquet 文件是加密的，请导出为不加密的文件")
    _, *columns = ask("name, num_children, repetition_type", "parquet_schema")
    if len(columns) > MAX_COLUMNS:
        raise UnreadableFile(f"Parquet 文件有{len(columns)}列，超过{MAX_COLUMNS}列，不像数据表")
    for name, children, repetition in columns:
        if children or repetition == "REPEATED":
            raise UnreadableFile(f"Parquet 文件的“{_shown_name(name)}”一栏是嵌套的，请改为一格一个值")
    chunks = ask("row_group_id, row_group_num_rows, total_uncompressed_size", "parquet_metadata")
    rows, sizes = dict[int, int](), Counter[int]()
    for group, count, size in chunks:
        rows[group] = int(count or 0)
        sizes[group] += int(size or 0)
    if sum(rows.values()) * min(len(columns), _USED) > MAX_CELLS:
        raise UnreadableFile(f"Parquet 文件有{sum(rows.values())}行，超过{MAX_CELLS}个单元格，请分成几个文件")
    largest = max(sizes.values(), default=0)
    if largest > MAX_ROW_GROUP_BYTES:
        limit = MAX_ROW_GROUP_BYTES // 1_000_000
        raise UnreadableFile(
            f"Parquet 文件有一个行组解开后是{largest // 1_000_000}MB，超过{limit}MB，请用小些的行组重新导出"
        )
    return [str(name) for name, *_ in columns]


def _records(connection: Any, path: str, chosen: Sequence[int]) -> Iterator[list[str]]:
    if not chosen:
        return
    source = "read_parquet(?, binary_as_string = true, hive_partitioning = false)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}", [path]).fetchall()
    shown = [_expression(*described[i][:2]) for i in chosen]
    fields = ", ".join(sql for sql, _ in shown)
    floats = [number for number, (_, binary) in enumerate(shown) if binary]
    connection.execute(f"SELECT {fields} FROM {source}", [path])
    size = 0
    while batch := connection.fetchmany(_AT_ONCE):
        for record in batch:
            cells = ["" if value is None else value for value in record]
            for number in floats:
                cells[number] = _digits(cells[number])
            longest = max(map(len, cells))
            if longest > LONGEST_CELL:
                raise UnreadableFile(f"Parquet 文件有一格超过{LONGEST_CELL}个字，不像数据表")
            size += sum(map(len, cells))
            yield cells
        if size > MAX_TEXT:
            raise UnreadableFile(f"Parquet 文件解开后超过{MAX_TEXT // 1_000_000}MB，不像数据表")


def _expression(name: str, kind: str) -> tuple[str, bool]:
    """The expression that shows a column as text, and whether it gives binary numbers instead."""
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "DOUBLE":
        return quoted, True
    if kind == "FLOAT":
        return f"CAST({quoted} AS VARCHAR)", True
    if kind == _ZONED:
        return f"left(CAST(make_timestamp(epoch_us({quoted}) + {_EIGHT_HOURS}) AS VARCHAR), 10)", False
    if not kind.startswith(_PLAIN) or kind.endswith("]"):
        raise UnreadableFile(f"Parquet 文件“{_shown_name(name)}”一栏的类型是 {kind[:40]}，请改为文本、数字或日期")
    digits = 10 if kind.startswith(("DATE", "TIMESTAMP")) else LONGEST_CELL + 1
    return f"left(CAST({quoted} AS VARCHAR), {digits})", False


def _digits(value: float | str) -> str:
    """A binary number as a spreadsheet shows it; NaN is how tables of numbers mark a missing one."""
    text = f"{value:.15g}" if isinstance(value, float) else value
    if text == "nan":
        return ""
    return format(Decimal(text), "f") if "e" in text else text


def _shown_name(name: object) -> str:
    return " ".join(str(name).split())[:40]
