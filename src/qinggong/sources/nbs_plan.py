"""What to ask the national data service (国家数据) for: catalogue names and months to tables of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qinggong.catalogue import Catalogue, UnknownName
from qinggong.catalogue.names import normalise, suggest
from qinggong.catalogue.nbs_codes import NbsCodes, Node, Service, load_nbs_codes
from qinggong.periods import Period

# The old interface takes a list of months in the address, the new one a range.
MONTHS_A_PAGE = {"easyquery": 24, "website": 240}
_SEPARATOR = re.compile(r"[·:：/|]")


class FetchError(Exception):
    """The service did not give what was asked for; a Chinese sentence that names the query and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One request to the service: a table and a run of months (``YYYY-MM``, both included).

    ``names`` are those that the table's subjects have, by which the new interface's catalogue is searched.
    """

    service: Service
    node: Node
    indicators: tuple[str, ...]
    names: tuple[str, ...]
    label: str
    first: str
    last: str

    def __str__(self) -> str:
        return f"{self.label}（{self.node.code}，{self.first}至{self.last}）"


def plan_fetch(
    indicators: Sequence[str], start: Period, end: Period, catalogue: Catalogue, *, service: str = ""
) -> list[Query]:
    """The queries that bring these series.

    Parameters
    ----------
    indicators
        Each an indicator (产量), an industry, product or retail class (家具制造业), or both (家具制造业·利润总额).
    service
        ``website`` (new) or ``easyquery`` (old); the catalogue's preference without it.

    Raises
    ------
    FetchError
        For a name that the catalogue or the service's known tables do not hold, or months in the wrong order.
    """
    codes = load_nbs_codes()
    if (start.year, start.first) > (end.year, end.last):
        raise FetchError(f"起始{start.code}晚于结束{end.code}，请对调")
    try:
        chosen = codes.service(service or codes.file.preferred)
    except UnknownName as error:
        raise FetchError(f"没有名为“{service}”的接口，可用 website（新版）或 easyquery（旧版）") from error
    asked: dict[str, tuple[Node, list[str], str]] = {}
    for text in indicators:
        found = list(_tables(text, codes, catalogue))
        if not found:
            raise FetchError(_not_found(text, catalogue))
        for node, wanted in found:
            entry = asked.setdefault(node.code, (node, [], text))
            entry[1].extend(i for i in wanted if i not in entry[1])
    queries = [
        Query(
            service=chosen, node=node, indicators=tuple(wanted), names=_names(node, codes, catalogue),
            label=_label(text, node, catalogue),
            first=first, last=last,
        )
        for node, wanted, text in asked.values()
        for first, last in _pages(node, start, end, MONTHS_A_PAGE[chosen.code])
    ]  # fmt: skip
    if not queries:
        raise FetchError("所选的表在这些月份没有数据，请核对起止月份")
    return queries


def _names(node: Node, codes: NbsCodes, catalogue: Catalogue) -> tuple[str, ...]:
    """How the service and the catalogue call the subjects of a sub-table without a name of its own, normalised."""
    if node.name or not node.subjects:
        return ()
    meanings = catalogue.names.meanings.items()
    own = [name for name, those in meanings if any(m.subject.key in node.subjects for m in those)]
    return (*own, *(normalise(k) for k, v in codes.file.names.items() if normalise(v) in own))


def _label(text: str, node: Node, catalogue: Catalogue) -> str:
    """What the analyst wrote, with the subject of the table where it says more."""
    names = [catalogue.known_subjects[k].name for k in node.subjects]
    return text.strip() if len(names) != 1 or names[0] in text else f"{text.strip()}·{names[0]}"


def _tables(text: str, codes: NbsCodes, catalogue: Catalogue) -> Iterator[tuple[Node, list[str]]]:
    """Each table that holds what the text names, with the indicators meant."""
    parts = [p.strip() for p in _SEPARATOR.split(text) if p.strip()]
    for node in codes.nodes.values() if 1 <= len(parts) <= 2 else ():
        if node.leaf and (wanted := [i for i in node.indicators if _means(parts, node, i, codes, catalogue)]):
            yield node, wanted


def _means(parts: list[str], node: Node, indicator: str, codes: NbsCodes, catalogue: Catalogue) -> bool:
    entry = catalogue.indicators[indicator]
    names = {normalise(n) for n in (indicator, entry.name, *entry.aliases)}
    subjects = [p for p in parts if normalise(p) not in names]
    if not subjects:
        return len(parts) == 1
    if len(subjects) > 1 or len(subjects) == len(parts) == 2:
        return False
    subject = codes.subject(subjects[0], indicator=indicator, catalogue=catalogue)
    if subject is None or subject.kind != node.kind:
        return False
    if node.subjects:
        return subject.key in node.subjects
    industry = catalogue.industries.get(subject.code)
    return industry is not None and industry.level in ("division", "section", "aggregate")


def _not_found(text: str, catalogue: Catalogue) -> str:
    known = [i.name for i in catalogue.indicators.values()] + [s.name for s in catalogue.known_subjects.values()]
    parts = [p.strip() for p in _SEPARATOR.split(text) if p.strip()]
    unknown = next((p for p in parts if normalise(p) not in {normalise(k) for k in known}), "")
    close = suggest(normalise(unknown)[:40], known) if unknown else ()
    hint = f"是否为：{'、'.join(close)}？" if close else "请写目录中的指标、行业或两者，如“产量”“家具制造业·利润总额”"
    return f"国家数据已知的表里没有“{text}”，{hint}"


def _pages(node: Node, start: Period, end: Period, size: int) -> Iterator[tuple[str, str]]:
    """Runs of at most ``size`` months inside the table's own years."""
    first = max(start.year * 12 + start.first - 1, month_count(node.since, 0))
    last = min(end.year * 12 + end.last - 1, month_count(node.until, 10**6))
    for at in range(first, last + 1, size):
        yield month_text(at), month_text(min(at + size - 1, last))


def month_count(text: str, otherwise: int = 0) -> int:
    """Months since year 0 of ``YYYY-MM``."""
    return int(text[:4]) * 12 + int(text[5:]) - 1 if text else otherwise


def month_text(count: int) -> str:
    """The month ``YYYY-MM`` of a count."""
    return f"{count // 12}-{count % 12 + 1:02d}"
