"""A place in an object store (对象存储) that speaks the S3 protocol: its address, keys and settings, and its files.

`deltalake` does all the talking. It reads the files that a condition leaves, and DuckDB takes the Arrow stream, so
that no extension of DuckDB is needed.

Settings name the service, never a key: access keys come from the environment (``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``), from the user's ``~/.aws`` or from the machine's role, and stand in no message.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from urllib.parse import unquote

import duckdb
from deltalake import DeltaTable, Field, QueryBuilder, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.schema import PrimitiveType

from qinggong.store.base import StoreError

SETTINGS = {
    "endpoint": "AWS_ENDPOINT_URL",
    "region": "AWS_REGION",
    "allow_http": "AWS_ALLOW_HTTP",
    "virtual_hosted": "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "connect_timeout": "connect_timeout",
    "timeout": "timeout",
    "max_retries": "max_retries",
    "retry_timeout": "retry_timeout",
}
"""Settings of an object store, and how `deltalake` calls them."""

_DEFAULTS = {
    # Two writers of one version: the service lets only the first have it.
    "AWS_CONDITIONAL_PUT": "etag",
    "connect_timeout": "10s",
    "max_retries": "4",
    "retry_timeout": "60s",
}
# Services of one's own have no regions, yet the protocol asks for one.
_REGION = "us-east-1"
SCHEME = "s3://"
_LOG = "_delta_log"
# Names that begin so are no data files to any reader or to vacuum.
_TRUSTED = "_writers_kept_apart"
_CHUNK = 1 << 22
# As the user's file names them, and as the environment does.
_KEYS = {name: name.upper() for name in ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")}
_ROLES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
MACHINE_ROLE = "machine_role"
"""Setting that lets the machine's own role be asked for keys, at an address of the cloud."""
PROBES = 8
"""How often two writers meet before an object store is trusted with a new table."""


@dataclass(frozen=True, slots=True)
class Location:
    """The place of one table; a plain value without keys that may travel to other processes.

    Attributes
    ----------
    address
        ``s3://bucket/prefix``.
    settings
        Of the service, by the names of ``SETTINGS``.
    """

    address: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def options(self) -> dict[str, str]:
        """What `deltalake` is given beside the address, the access keys too."""
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _REGION
        given = {SETTINGS[name]: value for name, value in self.settings.items() if name in SETTINGS}
        return _DEFAULTS | {"AWS_REGION": region} | given | _keys(self)

    def table(self, *, version: int | None = None) -> DeltaTable | None:
        """The table, at a version if one is given; ``None`` if there is none here.

        Raises
        ------
        StoreError
            If the service cannot be reached.
        """
        try:
            return DeltaTable(self.address, version=version, storage_options=self.options())
        except TableNotFoundError:
            return None
        except OSError as error:
            raise self.unreachable(error) from error

    def create(self, schema: Schema, **properties: Any) -> DeltaTable:
        """Make the empty table; one that another made meanwhile is as good."""
        return DeltaTable.create(self.address, schema, mode="ignore", storage_options=self.options(), **properties)

    def attach(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: DeltaTable,
        name: str,
        *,
        columns: Sequence[str],
        where: str = "",
    ) -> None:
        """Let a connection see a version of the table as a view, which every query reads anew.

        Parameters
        ----------
        columns
            Those that the view has.
        where
            Condition in plain SQL (comparisons, AND, OR) that every row of the view meets; of files that hold no such
            row nothing is read.
        """
        condition = f" WHERE {where}" if where else ""
        connection.register(name, _Streams(table, f"SELECT {', '.join(columns)} FROM stored{condition}"))

    def put(self, source: Path, name: str) -> None:
        """Copy a local file to a name beside the data files; a reader sees it only when a commit names it.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        out = self._files().open_output_stream(name)
        with source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                out.write(chunk)
        out.close()

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file of the table to a local one, which appears when it is whole.

        Raises
        ------
        FileNotFoundError
            If there is none of that name.
        """
        file = self._files().open_input_file(name)
        left, part = file.size(), target.with_name(f"{target.name}.part")
        with part.open("wb") as out:
            while left > 0 and (chunk := file.read(min(left, _CHUNK))):
                left -= out.write(chunk)
        part.replace(target)

    def size(self, name: str) -> int | None:
        """Bytes of a file of the table, ``None`` if there is none of that name."""
        try:
            return int(self._files().open_input_file(name).size())
        except FileNotFoundError:
            return None

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that is gone already is no error."""
        for name in names:
            with suppress(FileNotFoundError):
                self._files().delete_file(name)

    def orphans(self, table: DeltaTable) -> list[str]:
        """Names of the data files that lie here and belong to no kept version, in order."""
        found = table.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False, full=True)
        return sorted(unquote(name).replace("\\", "/").rsplit("/", 1)[-1] for name in found)

    def said(self, error: BaseException) -> str:
        """What an error says, on one line and without keys."""
        text = " ".join(re.sub(r"\x1b\[\d+m|↳", "", str(error)).split())
        for value in (*filter(None, map(os.environ.get, _KEYS.values())), *_keys_of_file().values()):
            text = text.replace(value, "***")
        return text[:240]

    def unreachable(self, error: BaseException) -> StoreError:
        service = f"（服务地址 {self.settings['endpoint']}）" if "endpoint" in self.settings else ""
        return StoreError(f"对象存储 {self.address}{service}访问不到（{self.said(error)}），请检查地址、网络和访问密钥")

    def _files(self) -> Any:
        # The library's own way to the files beside a table; its public face asks for pyarrow.
        from deltalake._internal import DeltaFileSystemHandler

        return DeltaFileSystemHandler(self.address, self.options())

    def trust(self) -> None:
        """Make sure, once for each table, that the object store keeps two writers apart.

        Two writers commit to a scratch table at the same moment, several times: no commit may be lost. That it went
        well is noted beside the table.

        Raises
        ------
        StoreError
            If a commit was lost.

        Notes
        -----
        A commit is a put under the condition that there is no object of that name yet (``If-None-Match: *``; Amazon
        S3 User Guide, “How to prevent object overwrites with conditional writes”). A service that ignores the
        condition answers both with success and keeps one.
        """
        if self.size(_TRUSTED) is not None:
            return
        scratch = Location(f"{self.address}.probe-{uuid.uuid4().hex}", self.settings)
        schema = Schema([Field("probe", PrimitiveType("long"))])
        commits = 0
        try:
            DeltaTable.create(scratch.address, schema, storage_options=self.options())
            for _ in range(PROBES):
                _two_commits(scratch)
                commits += 2
                if DeltaTable(scratch.address, storage_options=self.options()).version() != commits:
                    raise StoreError(
                        f"对象存储 {self.address} 不支持条件写入（If-None-Match），两个程序同时写会丢数据；"
                        "请换用支持条件写入的服务（如较新的 MinIO、Ceph、Amazon S3），或把表放在本地文件夹"
                    )
        except (OSError, DeltaError) as error:
            raise self.unreachable(error) from error
        finally:
            with suppress(OSError):
                scratch.remove(f"{_LOG}/{version:020d}.json" for version in range(commits + 1))
        note = self._files().open_output_stream(_TRUSTED)
        note.write(b"If-None-Match\n")
        note.close()


def _two_commits(scratch: Location) -> None:
    """Two empty commits from one version, made at the same moment."""
    writers = [DeltaTable(scratch.address, storage_options=scratch.options()) for _ in range(2)]
    ready, errors = Barrier(len(writers)), list[Exception]()

    def commit(writer: DeltaTable) -> None:
        ready.wait()
        try:
            writer.create_write_transaction([], mode="append", schema=writer.schema())
        except (OSError, DeltaError) as error:
            errors.append(error)

    threads = [Thread(target=commit, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class _Streams:
    """What the SQL engine takes for a table: for each reading of it a new stream of Arrow batches."""

    def __init__(self, table: DeltaTable, query: str) -> None:
        self._query = QueryBuilder().register("stored", table)
        self._sql = query
        self._schema = self._query.execute(f"{query} LIMIT 0").schema

    def __arrow_c_schema__(self) -> object:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._query.execute(self._sql).__arrow_c_stream__(requested_schema)


def _keys(place: Location) -> dict[str, str]:
    """Access keys for one opening; they are kept nowhere.

    Raises
    ------
    StoreError
        If there are none. The library would ask the network for a role of the machine, which is done only if the
        user says so.
    """
    if os.environ.get("AWS_ACCESS_KEY_ID") or any(os.environ.get(name) for name in _ROLES):
        return {}
    if place.settings.get(MACHINE_ROLE) == "true":
        return {}
    if found := _keys_of_file():
        return {_KEYS[name]: value for name, value in found.items()}
    raise StoreError(
        f"没有 {place.address} 的访问密钥，请设置环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY，"
        f'或写入 ~/.aws/credentials；用云主机角色时请设置 {MACHINE_ROLE} = "true"'
    )


def _keys_of_file() -> dict[str, str]:
    """The keys of the user's profile, by the names of the file."""
    path = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    profile, parser = os.environ.get("AWS_PROFILE") or "default", ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
        section = parser[profile]
    except (ConfigParserError, KeyError, OSError, UnicodeDecodeError):
        return {}
    return {name: section[name] for name in _KEYS if section.get(name)}


def location(place: Path | str, settings: Mapping[str, str] | None = None) -> Location:
    """The place of a table as the user names it.

    Parameters
    ----------
    place
        ``s3://bucket/prefix``.
    settings
        Of the service: ``endpoint`` (its address), ``region``, ``allow_http`` (``true`` for one without TLS, for
        trials), ``virtual_hosted``, ``machine_role``, and time limits.

    Raises
    ------
    StoreError
        If the address is none, a setting is unknown, or a setting is an access key.
    """
    address, given = str(place), dict(settings or {})
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^?#]*[^/?#]/?", address):
        raise StoreError(
            f"表的位置“{address}”不完整，应为 s3://存储桶/前缀，例如 s3://statistics/qinggong/observations"
        )
    for name in given:
        if re.search(r"secret|access_?key|token|password", name, re.IGNORECASE):
            raise StoreError(
                f"设置“{name}”是密钥，不要写在设置里；请放进环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY，"
                "或 ~/.aws/credentials"
            )
        if name not in (*SETTINGS, MACHINE_ROLE):
            raise StoreError(f"对象存储没有设置“{name}”，可用的有 {'、'.join((*SETTINGS, MACHINE_ROLE))}")
    if str(given.get("endpoint", "")).startswith("http://") and given.get("allow_http") != "true":
        raise StoreError(f'服务地址 {given["endpoint"]} 不加密；确实要用时请设置 allow_http = "true"')
    return Location(address.rstrip("/"), {name: str(value) for name, value in given.items()})
