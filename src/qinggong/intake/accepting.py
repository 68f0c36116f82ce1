"""A person stands in for a doubted number (采信): kept with the reason, and the refused row goes in at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from qinggong.config import writing
from qinggong.intake import findings as book
from qinggong.intake.findings import FindingError, Noted
from qinggong.intake.take_in import Ingested, take_in
from qinggong.intake.workspace import Workspace
from qinggong.sources.freeze import ArchiveError, archived, thawed


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a person accepted, and what became of the files whose rows had been refused."""

    noted: tuple[Noted, ...]
    taken: tuple[Ingested, ...]

    @property
    def sentence(self) -> str:
        """What went in, in one Chinese line; empty if only warnings were accepted."""
        if not self.taken:
            return ""
        return "已重新核查：" + "；".join(
            f"{one.file} 新增{one.added}个数字" if one.added
            else f"{one.file} 没有新增，该行另有问题，见 qinggong findings --open --file {one.file}"
            for one in self.taken
        ) + "。"  # fmt: skip


def accept(
    workspace: Workspace, ids: Sequence[str], *, reason: str, by: str = "", now: dt.datetime | None = None
) -> Accepted:
    """Keep that a person stands in for doubted numbers, and take in the rows that were refused for them.

    Parameters
    ----------
    ids
        Identifiers of findings or of groups, or their first characters where these name one.
    by
        Who; without it the user of the operating system.

    Raises
    ------
    FindingError
        If a finding is unknown, cannot be accepted, or the reason is empty; or if the archived file of a refused row
        is gone or altered: the acceptance is kept then, and the row goes in when the file is taken in again.
    """
    with writing(workspace.layout):
        noted = book.settle_in_favour(workspace.layout, ids, reason=reason, by=by, now=now or dt.datetime.now(dt.UTC))
        wanted = {n.sha256 for n in noted if n.finding.severity == "error"}
        taken = []
        for frozen in archived(workspace.layout.raw) if wanted else ():
            if frozen.sha256 not in wanted:
                continue
            try:
                content = thawed(workspace.layout.raw, frozen)
            except ArchiveError as error:
                raise FindingError(f"采信已记下，但该行没有入库：{error}") from error
            taken.append(take_in(workspace, frozen.read_as or frozen.name, frozen, content))
        return Accepted(tuple(noted), tuple(taken))
