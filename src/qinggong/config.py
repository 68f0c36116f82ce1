"""The workspace (工作区): a folder that holds everything of one user's work; copying it is the backup."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

CONFIG = "qinggong.toml"
LOCK = ".lock"
_AGENCY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")
_UNUSABLE = "[]^|%*?"
"""Characters that the table format or its reader takes for something else in the path of a table."""
_DEFAULT = """\
# 轻工运行监测工作区 / Qinggong workspace
# 把要导入的文件放进 inbox/，发布物在 releases/，草稿在 drafts/。
version = 1

[bulletin]
# 月报标题；留空用目录中的标题。 / Title of the bulletin; empty: that of the catalogue.
title = ""
"""
_SYNTHETIC = """\
# 本工作区只装由程序生成的合成数据，不收真实数字；请勿删去这一行。 / Synthetic data only; leave this line.
synthetic = true
"""


class WorkspaceError(Exception):
    """The folder is not a usable workspace; the message is a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in a workspace."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / CONFIG

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def store(self) -> Path:
        return self.root / "store" / "observations"

    @property
    def rebuilt(self) -> Path:
        """Where a replay builds the table anew; gone when it ends."""
        return self.store.with_name("observations.rebuilt")

    @property
    def previous(self) -> Path:
        """The table that a replay replaced, if it said something else."""
        return self.store.with_name("observations.previous")

    @property
    def findings(self) -> Path:
        return self.root / "findings.jsonl"

    @property
    def drafts(self) -> Path:
        return self.root / "drafts"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def publication_calendar(self) -> Path:
        """When releases may be read: ``publication.yaml``, written by the user."""
        return self.root / "publication.yaml"

    @property
    def templates(self) -> Path:
        """Word templates that releases were made with, by hash."""
        return self.root / "templates"

    @property
    def keys(self) -> Path:
        """Public keys whose signatures are trusted."""
        return self.root / "keys"

    @property
    def office(self) -> Path:
        """Accounts and cases, unless ``qinggong.toml`` names another database."""
        return self.root / "office.sqlite"

    @property
    def office_files(self) -> Path:
        """Attachments of cases, by hash."""
        return self.root / "office_files"

    @property
    def catalogue(self) -> Path | None:
        """The user's own catalogue entries, if there are any."""
        folder = self.root / "catalogue"
        return folder if folder.is_dir() else None


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    """Table ``[release]``: who publishes, and what is asked of a release before it may be published.

    Attributes
    ----------
    publisher
        Name of the body that publishes; printed in the metadata of the data release.
    agency
        Its identifier in SDMX.
    address
        Where ``releases/`` is served, ending with ``/``; empty if nobody knows yet.
    licence
        Licence of what the system computed, as a name (``CC-BY-4.0``) or address; empty: none is declared.
    require_signature
        An unsigned release is not published, and none is put into ``releases/`` by ``run``.
    sdmx
        Write SDMX files if the extra ``sdmx`` is installed.
    """

    publisher: str = ""
    agency: str = "QINGGONG"
    address: str = ""
    licence: str = ""
    require_signature: bool = False
    sdmx: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``qinggong.toml`` sets.

    ``office_database`` is the address of a PostgreSQL database, which may hold a password: it is never shown. The
    variable ``QINGGONG_OFFICE_DATABASE`` goes before the file.
    """

    title: str = ""
    synthetic: bool = False
    office_database: str = field(default="", repr=False)
    release: ReleaseSettings = ReleaseSettings()
    polish: Mapping[str, Any] = field(default_factory=dict, hash=False)


def create(root: Path, *, synthetic: bool = False) -> Layout:
    """Make a workspace; an existing one is left as it is.

    Parameters
    ----------
    synthetic
        The workspace is for synthetic data only.

    Raises
    ------
    WorkspaceError
        If the folder holds other things already.
    """
    layout = Layout(root)
    _check_path(root)
    if not layout.config.exists():
        if root.exists() and not root.is_dir():
            raise WorkspaceError(f"“{root}”是文件，不是文件夹，请换一个位置")
        if root.is_dir() and any(root.iterdir()):
            raise WorkspaceError(f"文件夹“{root}”里已有别的内容，请换一个空文件夹作工作区")
        root.mkdir(parents=True, exist_ok=True)
        text = _DEFAULT.replace("version = 1\n", f"version = 1\n\n{_SYNTHETIC}") if synthetic else _DEFAULT
        layout.config.write_text(text, encoding="utf-8")
    for folder in (layout.inbox, layout.raw, layout.store.parent, layout.drafts, layout.releases):
        folder.mkdir(parents=True, exist_ok=True)
    return layout


def open_workspace(root: Path) -> Layout:
    """Open an existing workspace."""
    layout = Layout(root)
    _check_path(root)
    if not layout.config.is_file():
        raise WorkspaceError(f"“{root}”不是工作区（没有 {CONFIG}），请先运行 qinggong init --workspace {root}")
    return layout


def _check_path(root: Path) -> None:
    path = str(root.absolute())
    bad = "".join(c for c in _UNUSABLE + ("\\" if os.sep == "/" else "") if c in path)
    if bad:
        raise WorkspaceError(f"工作区路径“{path}”中不能有字符 {' '.join(bad)}，请换一个文件夹")


@contextmanager
def writing(layout: Layout) -> Iterator[None]:
    """Be the only process that adds to the workspace; others wait here. The lock ends with the process."""
    with (layout.root / LOCK).open("ab") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def settings(layout: Layout) -> Settings:
    """Read the workspace's settings."""
    try:
        read = tomllib.loads(layout.config.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{layout.config} 不是正确的 TOML 文件（{error}），请改正") from error
    bulletin = read.get("bulletin", {})
    title = bulletin.get("title", "") if isinstance(bulletin, dict) else ""
    if not isinstance(title, str):
        raise WorkspaceError(f"{layout.config} 中 bulletin.title 应为文字，请加引号")
    synthetic = read.get("synthetic", False)
    if not isinstance(synthetic, bool):
        raise WorkspaceError(f"{layout.config} 中 synthetic 应为 true 或 false，请改正")
    office = read.get("office", {})
    database = os.environ.get("QINGGONG_OFFICE_DATABASE") or (
        office.get("database", "") if isinstance(office, dict) else ""
    )
    if not isinstance(database, str):
        raise WorkspaceError(f"{layout.config} 中 office.database 应为文字，请加引号")
    polish = read.get("polish", {})
    if not isinstance(polish, dict):
        raise WorkspaceError(f"{layout.config} 中 polish 应写成一节 [polish]，请改正")
    return Settings(
        title=title, synthetic=synthetic, office_database=database, release=_release(layout, read.get("release", {})),
        polish=polish,
    )  # fmt: skip


def _release(layout: Layout, read: object) -> ReleaseSettings:
    known = {f.name: type(f.default) for f in fields(ReleaseSettings)}
    if not isinstance(read, dict):
        raise WorkspaceError(f"{layout.config} 中 release 应写成一节 [release]，请改正")
    for name, value in read.items():
        if name not in known:
            raise WorkspaceError(f"{layout.config} 的 [release] 中没有“{name}”一项，可用的有{'、'.join(known)}")
        if not isinstance(value, known[name]):
            wanted = "true 或 false" if known[name] is bool else "文字，请加引号"
            raise WorkspaceError(f"{layout.config} 中 release.{name} 应为{wanted}")
    agency = read.get("agency", "QINGGONG")
    if not _AGENCY.fullmatch(agency):
        raise WorkspaceError(f"{layout.config} 中 release.agency “{agency}”应以字母开头，只用字母、数字、点、- 和 _")
    address = read.get("address", "")
    if address and not re.match(r"https?://", address):
        raise WorkspaceError(f"{layout.config} 中 release.address “{address}”应以 https:// 或 http:// 开头")
    return ReleaseSettings(**(read | {"address": f"{address.rstrip('/')}/" if address else ""}))
