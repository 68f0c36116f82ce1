"""Attachments (附件): files beside the database, under the hash of their bytes, read back only if it still fits."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from qinggong.office import tables
from qinggong.office.cases import Case, step, visible
from qinggong.office.database import Database, stamp
from qinggong.office.permissions import Actor
from qinggong.office.problems import Conflict, OfficeError
from qinggong.office.workflow import CaseTable, case_table

_FORBIDDEN = set('/\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a case."""

    number: str
    sha256: str
    name: str
    size: int
    added_by: str
    added_at: str


def attach(
    database: Database,
    actor: Actor,
    number: str,
    *,
    name: str,
    content: bytes,
    version: int | None = None,
    table: CaseTable | None = None,
) -> Attachment:
    """Add a file to a case; the same bytes a second time are refused.

    Raises
    ------
    OfficeError
        Too large, too many, a name or an ending that is not allowed.
    """
    table = table or case_table()
    rules = table.attachments
    name = _safe_name(name)
    if name.rpartition(".")[2].lower() not in rules.endings or "." not in name:
        raise OfficeError(f"附件“{name}”的类型不收，可以是 {'、'.join(rules.endings)}")
    if not 0 < len(content) <= rules.largest_bytes:
        raise OfficeError(f"附件“{name}”有{len(content)}字节，应在1到{rules.largest_bytes}字节之间")
    digest = hashlib.sha256(content).hexdigest()
    with database.writing() as connection:
        case = visible(connection, actor, number)
        if version is not None and case.version != version:
            raise Conflict(f"{case.number} 刚被改动，附件没有加上，请重新查看后再办")
        known = _of(connection, case.number)
        if any(a.sha256 == digest for a in known):
            raise OfficeError(f"{case.number} 已有内容相同的附件，没有重复添加")
        if len(known) >= rules.most_per_case:
            raise OfficeError(f"{case.number} 已有{len(known)}个附件，不能再加")
        told = {"attachment": name, "sha256": digest, "size": len(content)}
        step(connection, database, actor, case, "attach", given={"file": name}, changed={}, after=told, table=table)
        values = {
            "number": case.number, "sha256": digest, "name": name, "size": len(content), "added_by": actor.name,
            "added_at": stamp(database.clock()),
        }  # fmt: skip
        connection.execute(sa.insert(tables.attachments).values(**values))
        # The file is there before the row counts; a file without a row is harmless.
        _write(database.files / digest[:2] / digest, content)
    return Attachment(case.number, digest, name, len(content), actor.name, str(values["added_at"]))


def _safe_name(name: str) -> str:
    """The last part of a name, without what a file system or a terminal might take for something else."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    cleaned = "".join(c for c in plain if c not in _FORBIDDEN and unicodedata.category(c)[0] != "C").strip(" .")
    if not cleaned:
        raise OfficeError("附件没有可用的文件名，请改名后再试")
    stem, dot, ending = cleaned.rpartition(".")
    return f"{stem[:80]}{dot}{ending[:10]}"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _of(connection: Connection, number: str) -> tuple[Attachment, ...]:
    a = tables.attachments
    rows = connection.execute(sa.select(a).where(a.c.number == number).order_by(a.c.added_at, a.c.sha256))
    return tuple(Attachment(**row._asdict()) for row in rows)


def attached(database: Database, actor: Actor, number: str) -> tuple[Attachment, ...]:
    """The attachments of a case, oldest first."""
    with database.reading() as connection:
        case: Case = visible(connection, actor, number)
        return _of(connection, case.number)


def content_of(database: Database, actor: Actor, number: str, sha256: str) -> tuple[Attachment, bytes]:
    """An attachment by the start of its hash, with its bytes.

    Raises
    ------
    OfficeError
        There is none, the file is gone, or its bytes are no longer those that were attached.
    """
    found = [a for a in attached(database, actor, number) if a.sha256.startswith(sha256.lower())] if sha256 else []
    if len(found) != 1:
        raise OfficeError(f"{number} 没有编号以“{sha256[:16]}”开头的附件，或不止一个，请多写几位")
    path = database.files / found[0].sha256[:2] / found[0].sha256
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise OfficeError(f"附件“{found[0].name}”的文件不在了（{path}），请从备份恢复") from None
    if hashlib.sha256(content).hexdigest() != found[0].sha256:
        raise OfficeError(f"附件“{found[0].name}”的文件被改动过（{path}），请从备份恢复")
    return found[0], content
