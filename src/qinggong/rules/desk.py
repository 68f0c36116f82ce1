"""What is asked of rule packs from outside (规则包的使用): check several, run their vectors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from qinggong.rules.check import check
from qinggong.rules.pack_files import PackFile, bundled_packs, open_pack
from qinggong.rules.problems import Finding, PackError
from qinggong.rules.vectors import Tried, try_vectors


def check_packs(packs: Sequence[str], *, at: dt.date) -> list[tuple[str, list[Finding]]]:
    """Findings of each pack, by its name; a pack that cannot be read has its faults as findings.

    Raises
    ------
    PackError
        If there is no such file or pack at all.
    """
    files: list[PackFile] = []
    found: list[tuple[str, list[Finding]]] = []
    for name in packs:
        try:
            files.append(open_pack(name))
        except PackError as error:
            if not _is_text_fault(str(error)):
                raise
            found.append((name, [_as_finding(line, name) for line in str(error).splitlines()]))
    for file in files:
        others = [*bundled_packs(), *(f for f in files if f is not file)]
        found.append((file.shown, check(file, at=at, others=others)))
    return found


def _is_text_fault(message: str) -> bool:
    return " 第" in message and "行" in message


def _as_finding(line: str, name: str) -> Finding:
    """A fault written as ``file 第n行 …`` as a finding of that line."""
    rest = line.removeprefix(name).strip()
    number = rest.removeprefix("第").partition("行")[0]
    message = rest.partition("行")[2].strip("： ")
    return Finding("unreadable", "error", message, line=int(number) if number.isdigit() else 0)


def try_packs(packs: Sequence[str]) -> list[Tried]:
    """The vectors of some packs, by default of all that are bundled.

    Raises
    ------
    PackError
        If one cannot be read.
    """
    files = [open_pack(name) for name in packs] if packs else bundled_packs()
    return [tried for file in files for tried in try_vectors(file)]
