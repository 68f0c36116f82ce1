"""What is asked of rule packs from outside (规则包的使用): check several, run their vectors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

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
            if not Path(name).is_file():
                raise
            found.append((name, [_as_finding(line, name) for line in str(error).splitlines()]))
    for file in files:
        others = [*bundled_packs(), *(f for f in files if f is not file)]
        found.append((file.shown, check(file, at=at, others=others)))
    return found


def _as_finding(line: str, name: str) -> Finding:
    """A fault written as ``file 第n行 …`` as a finding of that line."""
    rest = line.removeprefix(name).strip()
    number, _, message = rest.removeprefix("第").partition("行")
    if not number.isdigit():
        number, message = "1", rest
    return Finding("unreadable", "error", message.strip("： "), line=int(number))


def try_packs(packs: Sequence[str]) -> list[Tried]:
    """The vectors of some packs, by default of all that are bundled.

    Raises
    ------
    PackError
        If one cannot be read.
    """
    files = [open_pack(name) for name in packs] if packs else bundled_packs()
    found = []
    for file in files:
        if not file.pack.vectors:
            raise PackError(f"{file.shown}：没有检验用例（vectors）；请至少各写一个符合、不符合和恰在界上的例子")
        found += try_vectors(file)
    return found
