"""Official names and what they mean (名称解析).

A name stands in releases in several widths and bracket styles, and one name may mean different subjects for
different indicators: 塑料制品 is a product of 产量 and a trade good of 出口额.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qinggong.catalogue.schema import Indicator, Subject, UnknownName

_WIDTH = {ord("（"): "(", ord("）"): ")", ord("，"): ",", ord("％"): "%", ord("："): ":", ord("﹑"): "、"}
_WIDTH |= {
    code: chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_SPACE = re.compile(r"\s+")


@functools.lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """One spelling for a name: half-width brackets and digits, no spaces."""
    return _SPACE.sub("", name.translate(_WIDTH))


def suggest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three known names that are close to ``name``."""
    return tuple(difflib.get_close_matches(name, sorted(set(known)), n=3, cutoff=0.5))


def unknown(what: str, name: str, known: Iterable[str], advice: str) -> UnknownName:
    close = suggest(name, known)
    hint = f"; did you mean {', '.join(f'“{c}”' for c in close)}?" if close else ""
    return UnknownName(f"“{name}” is no {what} of the catalogue{hint} {advice}".rstrip(), close)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One subject that a name may stand for; ``primary`` when the name is its own and not a further wording."""

    subject: Subject
    primary: bool


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Names to meanings, after :func:`normalise`."""

    meanings: dict[str, list[Meaning]] = field(default_factory=dict)

    def add(self, name: str, subject: Subject, *, primary: bool) -> Subject | None:
        """Enter a name; returns the subject of the same kind that already holds it, if another one does."""
        entries = self.meanings.setdefault(normalise(name), [])
        for entry in entries:
            if entry.subject.kind == subject.kind or {entry.subject.kind, subject.kind} == {"industry", "group"}:
                return None if entry.subject.key == subject.key else entry.subject
        entries.append(Meaning(subject, primary))
        return None

    def resolve(self, name: str, *, indicator: Indicator | None) -> Subject:
        entries = self.meanings.get(normalise(name), [])
        if not entries:
            raise unknown("subject", name, self.meanings, "Add it to industries/subjects.yaml.")
        if indicator is not None:
            fitting = [e for e in entries if e.subject.kind in indicator.kinds]
            if not fitting:
                found = ", ".join(e.subject.key for e in entries)
                raise UnknownName(
                    f"“{name}” is {found}, which has no {indicator.name}; add a wording for a subject of kind "
                    f"{' or '.join(indicator.kinds)} to industries/subjects.yaml"
                )
            entries = fitting
        if len(entries) > 1:
            # 塑料制品 is nobody's second name, 饮料 the retail class only in short: the subject's own name goes first;
            # among those an industrial figure goes before trade, as the indicator lists its kinds.
            own = [e for e in entries if e.primary]
            entries = own or entries
        if len(entries) > 1 and indicator is not None:
            entries = sorted(entries, key=lambda e: indicator.kinds.index(e.subject.kind))[:1]
        if len(entries) > 1:
            found = ", ".join(e.subject.key for e in entries)
            raise UnknownName(f"“{name}” may be {found}; say for which indicator")
        return entries[0].subject


def table(entries: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Names to codes, for entries given as code → names; the first entry that claims a name keeps it."""
    index: dict[str, str] = {}
    for code, names in entries.items():
        for name in names:
            index.setdefault(normalise(name), code)
    return index
