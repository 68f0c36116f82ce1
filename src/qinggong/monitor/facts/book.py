"""A fact (事实) and the book that keeps facts: a number fit to be printed, with its lineage.

A fact is published (as read from a release), computed (from published figures, 测算) or withheld (not stated, with
the reason).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from qinggong.periods import Period

FactStatus = Literal["published", "computed", "withheld"]


@dataclass(frozen=True, slots=True)
class Citation:
    """The release that a published figure was read in.

    ``published_at`` is an ISO date or empty; ``basis`` says whether it is stated, from the calendar, or unknown.
    """

    title: str
    publisher: str
    published_at: str
    basis: str
    url: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.publisher, self.title, self.url)


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a fact comes from: series identifiers with periods, the formula, and the releases cited."""

    inputs: tuple[str, ...]
    method: str = "published"
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its lineage.

    Attributes
    ----------
    id
        Stable identifier: ``subject/indicator/measure/period``, for computed facts with the operation at the end.
    label
        What it is, in Chinese, without period and value.
    value
        In ``unit``; ``None`` when withheld.
    text
        The digits as printed, with sign; published figures keep the digits of the release.
    reason
        Why a withheld fact is not stated.
    """

    id: str
    label: str
    value: float | None
    text: str
    unit: str
    period: Period
    status: FactStatus
    lineage: Lineage
    reason: str = ""

    @property
    def stated(self) -> bool:
        return self.value is not None

    def forms(self) -> frozenset[str]:
        """All texts under which this number may be printed (signed, without sign, as a multiple)."""
        if self.value is None:
            return frozenset()
        plain = self.text.lstrip("-−+")
        forms = {self.text, plain, self.text.replace("-", "−"), "+" + plain}
        if self.unit == "%" and self.value >= 100:
            forms.add(multiple(self.value))
        return frozenset(forms)


def fixed(value: float, decimals: int) -> str:
    """Round half up, as statistical tables do, and never print a negative zero.

    The shortest decimal that reproduces the float is what is rounded, so 0.25 from a table stays a tie.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number to print")
    shortest = repr(round(value, 9))
    whole, _, rest = shortest.partition(".")
    if "e" not in shortest and 0 < len(rest) <= decimals and (value >= 1 or value <= -1):
        return f"{whole}.{rest:0<{decimals}}"  # nothing to round
    quantum = Decimal(1).scaleb(-decimals)
    rounded = Decimal(shortest).quantize(quantum, rounding=ROUND_HALF_UP)
    return str(abs(rounded)) if rounded == 0 else str(rounded)


def multiple(growth: float) -> str:
    """Growth of 100 % and more as a multiple: 179 % is written 增长1.79倍."""
    text = fixed(growth / 100, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(subject: str, indicator: str, indicator_name: str) -> str:
    """Subject and indicator as one noun; retail totals are named so already (社会消费品零售总额, 商品零售, 餐饮收入)."""
    if indicator == "retail_sales":
        return subject if subject.endswith(("总额", "零售", "收入")) else f"{subject}零售额"
    return subject + indicator_name.replace("(", "（").replace(")", "）")


@dataclass(frozen=True, slots=True)
class FactBook:
    """Facts by identifier; the first fact under an identifier stays, a second one must be equal."""

    facts: dict[str, Fact] = field(default_factory=dict)

    def add(self, fact: Fact) -> Fact:
        known = self.facts.get(fact.id)
        if known is not None and (known.text, known.unit, known.status) != (fact.text, fact.unit, fact.status):
            raise ValueError(f"two facts under one identifier {fact.id}: {known.text} and {fact.text}")
        return self.facts.setdefault(fact.id, fact)

    def add_all(self, facts: Iterable[Fact]) -> list[Fact]:
        return [self.add(f) for f in facts]

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts.values())

    def __len__(self) -> int:
        return len(self.facts)

    def __getitem__(self, fact_id: str) -> Fact:
        return self.facts[fact_id]

    def get(self, fact_id: str) -> Fact | None:
        return self.facts.get(fact_id)
