"""Which subjects are published, by whom, in what detail (发布对象): the list that a synthetic publication follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qinggong.catalogue import Catalogue
from qinggong.synth.parameters import Parameters

Detail = Literal["usual", "full"]
COUNTRY = "CN"


@dataclass(frozen=True, slots=True)
class Published:
    """A subject of the publications.

    Attributes
    ----------
    number
        Its place in the list, from 0.
    classes
        Classes of light industry that it consists of.
    others
        Numbers of the other industries in it.
    detailed
        All indicators are published, and not only the main ones.
    provinces
        ``none``, ``core`` (the main series) or ``all``.
    """

    number: int
    kind: str
    code: str
    scope: str
    publisher: str
    classes: frozenset[str] = frozenset()
    others: tuple[int, ...] = ()
    detailed: bool = True
    provinces: Literal["none", "core", "all"] = "none"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.code}@{self.scope}"


def subjects_of(
    catalogue: Catalogue, parameters: Parameters, classes: tuple[str, ...], *, detail: Detail
) -> tuple[Published, ...]:
    """All subjects in order: industry and its sections, divisions, groups, classes, scopes, products, retail, trade."""
    full = detail == "full"
    found: list[Published] = []

    def add(kind: str, code: str, scope: str, publisher: str, **more: object) -> None:
        found.append(Published(len(found), kind, code, scope, publisher, **more))  # type: ignore[arg-type]

    for code, members, others in _industries(parameters, classes):
        whole = code in catalogue.industries and catalogue.industries[code].whole
        core = "core" if code == "BCD" or whole or code in ("29", "38") else "none"
        add("industry", code, "nbs", "nbs", classes=members, others=others, provinces="all" if full else core)
    for code, industry in catalogue.industries.items():
        members = frozenset(c for c in classes if c.startswith(code))
        if industry.level == "group" and industry.confidence in ("high", "medium") and members:
            add(
                "industry", code, "nbs", "nbs", classes=members, detailed=full, provinces="all" if full else "none"
            )  # fmt: skip
    for code in classes if full else ():
        if catalogue.industries[code].name != catalogue.industries[code[:3]].name:
            add("industry", code, "nbs", "nbs", classes=frozenset([code]), provinces="all")
    for entry in parameters.publications.scopes:
        kind, _, rest = entry.subject.partition(":")
        code, _, scope = rest.partition("@")
        members = frozenset(c for c in classes if "*" in entry.codes or c.startswith(entry.codes))
        light = entry.subject == "group:light_industry@cnlic"
        add(
            kind, code, scope, entry.publisher, classes=members, detailed=full or light,
            provinces="all" if full else "core" if light else "none",
        )  # fmt: skip
    for product in parameters.publications.products:
        add("product", product.code, "nbs", "nbs", provinces="all" if full else "none")
    for part in parameters.publications.retail:
        if not part.code.startswith("_"):
            add("retail", part.code, "nbs", "nbs")
    for total in parameters.publications.retail_totals:
        add("retail", total.code, total.scope, total.scope)
    for goods in parameters.trade.subjects:
        kind, _, rest = goods.subject.partition(":")
        code, _, scope = rest.partition("@")
        add(kind, code, scope, goods.publisher)
    return tuple(found)


def _industries(
    parameters: Parameters, classes: tuple[str, ...]
) -> Iterator[tuple[str, frozenset[str], tuple[int, ...]]]:
    """The whole of industry, its sections, and the divisions that have light industry in them."""
    others = list(enumerate(parameters.economy.others))
    mining = frozenset(c for c in classes if c.startswith("10"))
    everything = frozenset(classes)
    yield "BCD", everything, tuple(n for n, _ in others)
    for section, members in (("B", mining), ("C", everything - mining), ("D", frozenset[str]())):
        yield section, members, tuple(n for n, o in others if o.section == section)
    for division in sorted({c[:2] for c in classes}):
        yield (
            division,
            frozenset(c for c in classes if c.startswith(division)),
            tuple(n for n, o in others if o.code == division),
        )
