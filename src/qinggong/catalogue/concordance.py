"""From goods to industries (商品编码与行业对应), and the subjects that goods of external trade are.

A goods code (HS, two to ten digits) is linked to divisions or groups of GB/T 4754; the longest linked code wins. A
link says whether all, most or only part of the goods belong to the industry: parts must not be added up as if whole.

The subject of a trade figure is ``hs.<digits>`` or ``hs.total``, with the suffixes ``.p<partner>`` (a trading
partner's code) and ``.m<mode>`` (a mode of trade).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.schema import CatalogueError, Entry, IndustryCode, Subject, Text

FILE = "concordance/hs_gbt4754.yaml"
Share = Literal["whole", "main", "part"]
_Codes = Annotated[str, StringConstraints(pattern=r"^\d{2}(\d{2}){0,3}(-\d{4}(\d{2})?)?$")]
_SUBJECT = re.compile(r"hs\.(?P<goods>total|(?:\d\d){1,5})(?:\.p(?P<partner>\d{1,3}))?(?:\.m(?P<mode>\w{1,6}))?")
_KEY = re.compile(r"trade:(hs\.[\w.]+)@([a-z][a-z0-9_.]*)")


class LinkEntry(Entry):
    """One line of the file: goods codes (``"0201-0210"`` is a run of headings) that go to an industry."""

    hs: tuple[_Codes, ...] = Field(min_length=1)
    industry: IndustryCode
    share: Share
    name: Text
    confidence: Literal["recalled", "low"] = "recalled"
    note: str = ""


class ConcordanceFile(Entry):
    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    valid_to: dt.date | None = None
    edition: Text
    note: str = ""
    entries: tuple[LinkEntry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A goods code that belongs to an industry, wholly or not; ``name`` is what the goods are called in short."""

    hs: str
    industry: str
    share: Share
    name: str
    confidence: str
    note: str


@dataclass(frozen=True)
class Concordance:
    """The links of one edition by goods code."""

    edition: str
    valid_from: dt.date
    links: dict[str, tuple[Link, ...]]

    def industries(self, goods: str) -> tuple[Link, ...]:
        """The links of a goods code: those of its longest linked beginning; none if the goods are not listed."""
        for length in range(len(goods), 1, -1):
            if found := self.links.get(goods[:length]):
                return found
        return ()

    def goods(self, industry: str) -> tuple[Link, ...]:
        """The links to an industry, or to a group of it, in the order of goods codes."""
        found = (k for links in self.links.values() for k in links if k.industry.startswith(industry))
        return tuple(sorted(found, key=lambda k: (k.hs, k.industry)))

    def name(self, goods: str) -> str:
        """A short Chinese name of the goods, empty if they are not listed."""
        return "、".join(dict.fromkeys(k.name for k in self.industries(goods)))


def load_concordance(*, overlay: Path | None = None) -> Concordance:
    """The bundled concordance; codes that a workspace's own file links are linked as that file says.

    Raises
    ------
    CatalogueError
        Naming file, line and entry.
    """
    bundled = bundled_document(FILE, ConcordanceFile)
    links = _links(bundled, FILE)
    own = own_document(overlay, FILE, ConcordanceFile)
    if own is not None:
        links |= _links(own, f"{overlay}/{FILE}")
    return Concordance((own or bundled).edition, bundled.valid_from, links)


def _links(file: ConcordanceFile, shown: str) -> dict[str, tuple[Link, ...]]:
    links: dict[str, tuple[Link, ...]] = {}
    for entry in file.entries:
        for code in (c for codes in entry.hs for c in _expanded(codes, shown)):
            link = Link(code, entry.industry, entry.share, entry.name, entry.confidence, entry.note)
            others = links.get(code, ())
            if any(o.industry == link.industry or "whole" in (o.share, link.share) for o in others):
                raise CatalogueError(f"{shown}, entry {code}: linked twice; a code that is whole has one industry only")
            links[code] = (*others, link)
    return links


def _expanded(codes: str, shown: str) -> Iterator[str]:
    first, _, last = codes.partition("-")
    if last and (len(first) != len(last) or first[:2] != last[:2] or first > last):
        raise CatalogueError(f"{shown}, entry {codes}: a run goes upward within one chapter, for example 0201-0210")
    yield from (f"{number:0{len(first)}d}" for number in range(int(first), int(last or first) + 1))


def trade_subject(code: str, *, scope: str = "gacc", name: str = "") -> Subject:
    """The subject of a trade figure by its code (``hs.95030010.p502.m10``).

    Parameters
    ----------
    name
        The name of the goods where the file gives one; else the concordance's short name, else the code alone.

    Raises
    ------
    CatalogueError
        If the code has not that form.
    """
    found = _SUBJECT.fullmatch(code)
    if found is None:
        raise CatalogueError(
            f"“{code}” is no goods of trade; write for example hs.950300, hs.total.p502 or hs.9503.m10"
        )
    goods = found["goods"]
    if goods == "total":
        chinese, english = "全部商品", "All goods"
    else:
        short = name or bundled_concordance().name(goods)
        chinese = f"{short}（HS {goods}）" if short else f"HS {goods}"
        english = f"HS {goods}"
    for part, label, label_en in (
        ("partner", "贸易伙伴", "partner"),
        ("mode", "贸易方式", "mode"),
    ):
        if found[part]:
            chinese, english = f"{chinese}·{label}{found[part]}", f"{english}, {label_en} {found[part]}"
    return Subject("trade", code, scope, chinese, english)


def subject_of_key(text: str) -> Subject | None:
    """The subject that ``trade:hs.950300.p502@gacc`` names; ``None`` for any other text."""
    found = _KEY.fullmatch(text.strip())
    if found is None or _SUBJECT.fullmatch(found[1]) is None:
        return None
    return trade_subject(found[1], scope=found[2])


_bundled: list[Concordance] = []


def bundled_concordance() -> Concordance:
    """The bundled concordance, read once."""
    if not _bundled:
        _bundled.append(load_concordance())
    return _bundled[0]
