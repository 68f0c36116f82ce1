"""The goods that the tables of the customs name in words (商品量值表的商品), by a dated concordance.

``catalogue/data/concordance/gacc_commodities.yaml`` gives the wordings of the Chinese and the English pages, the name
under which the catalogue keeps the goods, and their headings of the HS; through these the industries of
``catalogue/data/concordance/hs_gbt4754.yaml``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

from pydantic import Field, StringConstraints

from qinggong.catalogue.concordance import Concordance, Link
from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Entry, Text

FILE = "concordance/gacc_commodities.yaml"
_Headings = Annotated[str, StringConstraints(pattern=r"^\d{4}(\d{2})?(-\d{4}(\d{2})?)?$")]
_DECORATION = re.compile(r"[\s*＊]+|(?:of which|其中)\s*[:：]", re.IGNORECASE)


class Commodity(Entry):
    """Goods of the tables: the catalogue's name, the wordings of the pages, the headings of the HS.

    ``units`` corrects units that a page prints wrongly; ``since`` and ``until`` are the first and the last year of
    the wordings.
    """

    name: Text
    names: tuple[Text, ...] = ()
    english: tuple[Text, ...] = ()
    hs: tuple[_Headings, ...] = Field(min_length=1)
    units: Mapping[str, Text] = {}
    since: int = 0
    until: int = 9999
    confidence: str = "recalled"
    note: str = ""


class CommodityFile(Entry):
    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    valid_to: dt.date | None = None
    edition: Text
    note: str = ""
    entries: tuple[Commodity, ...]


def commodities() -> tuple[Commodity, ...]:
    return bundled_document(FILE, CommodityFile).entries


def commodity(label: str, *, year: int) -> Commodity | None:
    """The goods that a label of a table of that year means; ``None`` if the concordance has none."""
    return next((c for c in _by_wording().get(spelling(label), ()) if c.since <= year <= c.until), None)


def headings(goods: Commodity) -> tuple[str, ...]:
    """The single HS codes of goods, runs written out."""
    found: list[str] = []
    for codes in goods.hs:
        first, _, last = codes.partition("-")
        found += [f"{number:0{len(first)}d}" for number in range(int(first), int(last or first) + 1)]
    return tuple(found)


def industries(goods: Commodity, links: Concordance) -> tuple[Link, ...]:
    """The links of the goods' headings to industries, each heading's longest ones."""
    return tuple(link for heading in headings(goods) for link in links.industries(heading))


def spelling(label: str) -> str:
    """One spelling for a label: no blanks, stars or “of which”, small letters."""
    return _DECORATION.sub("", label).translate(str.maketrans("（），：", "(),:")).casefold()


@lru_cache(maxsize=1)
def _by_wording() -> dict[str, tuple[Commodity, ...]]:
    found: dict[str, tuple[Commodity, ...]] = {}
    for goods in commodities():
        for wording in dict.fromkeys(spelling(w) for w in (goods.name, *goods.names, *goods.english)):
            found[wording] = (*found.get(wording, ()), goods)
    return found
