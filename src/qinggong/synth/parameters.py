"""What the synthetic industry is made of (合成参数): sizes, shapes and behaviour, each figure with its basis.

Read from ``catalogue/data/synth/``. A published figure names the release, an assumption its reason; nothing of it is
code, so that a user can see, and a reviewer can doubt, every number on which the synthetic data rest.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Entry, Text

Basis = Literal["published", "assumption"]
Profile = Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
Positive = Annotated[float, Field(gt=0)]
Percent = Annotated[float, Field(ge=0, le=100)]


class Figure(Entry):
    """A number with its basis; ``source`` is the release or the reason."""

    value: float
    basis: Basis = "assumption"
    source: Text


class YearFigure(Figure):
    year: int


class Shock(Entry):
    """Losses of production in % in the months from ``start`` on."""

    start: str
    losses: tuple[float, ...]
    basis: Basis
    source: Text


class Block(Entry):
    """A part of light industry that moves as one: a division, or a group of it."""

    code: str
    share: Figure
    margin: Figure
    va: Percent
    export: Percent
    size: Positive
    profile: Profile
    trend: float
    cycle: float
    lead: int
    noise: Positive
    groups: dict[str, Positive] = Field(default_factory=dict)


class Other(Entry):
    """Industry that is not light: only totals, no enterprises."""

    code: str
    section: Literal["B", "C", "D"]
    revenue: Positive
    margin: float
    va: Percent
    export: Percent
    enterprises: Positive
    trend: float
    cycle: float


class Province(Entry):
    code: str
    share: Positive
    tilt: dict[str, Positive] = Field(default_factory=dict)


class Head(Entry):
    """The head that every parameter file has."""

    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    note: str = ""


class Economy(Head):
    """Sizes, structure and growth; money in 亿元, shares and rates in %."""

    anchor_year: int
    revenue: Figure
    enterprises: Figure
    threshold: Figure
    exports_usd: Figure
    growth: tuple[YearFigure, ...]
    growth_elsewhere: Figure
    real_gain: Figure
    shocks: tuple[Shock, ...]
    blocks: tuple[Block, ...]
    others: tuple[Other, ...]
    others_source: Figure
    provinces_source: Figure
    provinces: tuple[Province, ...]

    def growth_of(self, year: int) -> float:
        """Comparable growth of a year in %."""
        return next((g.value for g in self.growth if g.year == year), self.growth_elsewhere.value)


class SeasonProfile(Entry):
    code: Profile
    months: tuple[Positive, ...] = Field(min_length=12, max_length=12)
    source: Text


class FestivalEffect(Entry):
    """Loss (``depth`` %) over ``before`` and ``after`` days around New Year, gain (``rush`` %) before it."""

    before: int
    after: int
    depth: float
    rush_days: int
    rush: float
    source: Text


class Cycle(Entry):
    months: Positive
    amplitude: float
    persistence: float
    noise: float
    source: Text


class BlockMovement(Entry):
    persistence: float
    noise: float
    irregular: float
    source: Text


class ProvinceMovement(Entry):
    persistence: float
    noise: float
    tilt: float
    source: Text


class Prices(Entry):
    drift: float
    persistence: float
    noise: float
    cycle: float
    source: Text


class EnterpriseBehaviour(Entry):
    spread: Positive
    floor: Positive
    drift: Positive
    reversion: float
    deaths: Percent
    cleared: Percent
    monthly: Positive
    stops: Percent
    outliers: Percent
    margin: float
    margin_monthly: float
    margin_cycle: float
    exporters: Percent
    expenses: Percent
    sales_ratio: Percent
    revenue_to_sales: Positive
    receivables: Percent
    goods: Percent
    assets: Percent
    debt_ratio: Percent
    employees: Positive
    source: Text


class ReturnBehaviour(Entry):
    deadline: int
    late: Percent
    never: Percent
    corrected: Percent
    error: float
    slips: Percent
    source: Text


class Revisions(Entry):
    others: float
    rotation: float
    source: Text


class Behaviour(Head):
    """How enterprises produce and report."""

    profiles: tuple[SeasonProfile, ...]
    festival: dict[Literal["production", "exports", "retail"], FestivalEffect]
    working_days: Figure
    cycle: Cycle
    block: BlockMovement
    province: ProvinceMovement
    prices: Prices
    enterprises: EnterpriseBehaviour
    returns: ReturnBehaviour
    revisions: Revisions


class UnitValue(Entry):
    median: Positive
    spread: Positive
    source: Text


class TradeNoise(Entry):
    monthly: float
    heading: float
    trend: float
    yearly: float
    corrected: Percent
    source: Text


class Partner(Entry):
    code: Annotated[str, StringConstraints(pattern=r"^\d{3}$")]
    share: Positive


class Heading(Entry):
    """A heading of goods: export value of the base year in 亿美元 and its number of synthetic eight-digit lines."""

    hs: Annotated[str, StringConstraints(pattern=r"^\d{4}(\d{2})?$")]
    value: Positive
    lines: Annotated[int, Field(ge=1, le=90)]
    category: str = ""
    basis: Basis


class TradeSubject(Entry):
    """A published aggregate of headings; ``*`` is all of them."""

    subject: str
    publisher: str
    categories: tuple[str, ...]


class Trade(Head):
    """Goods, partners and their movement; money in 亿美元, shares in %."""

    unit: Text
    unit_value: UnitValue
    density: Figure
    noise: TradeNoise
    partners: tuple[Partner, ...]
    headings: tuple[Heading, ...]
    categories_source: Figure
    subjects: tuple[TradeSubject, ...]
    exchange: Figure


class Title(Entry):
    family: Text
    title: Text


class ScopeSet(Entry):
    """A subject of another body's scope: the beginnings of its classes' codes (``*`` means all)."""

    subject: str
    codes: tuple[str, ...]
    publisher: str


class ProductSize(Entry):
    code: str
    block: str
    output: Positive
    basis: Basis
    source: Text


class RetailSize(Entry):
    code: str
    sales: Positive
    basis: Basis
    source: Text


class RetailTotal(Entry):
    code: str
    parts: tuple[str, ...]
    scope: str = "nbs"
    since: int = 0
    until: int = 9999


class Publications(Head):
    """What the bodies publish."""

    titles: tuple[Title, ...]
    scopes: tuple[ScopeSet, ...]
    products: tuple[ProductSize, ...]
    retail_trend: Figure
    retail: tuple[RetailSize, ...]
    retail_totals: tuple[RetailTotal, ...]


class Parameters(Entry):
    """All parameter files, checked against each other."""

    economy: Economy
    behaviour: Behaviour
    trade: Trade
    publications: Publications

    @model_validator(mode="after")
    def _consistent(self) -> Parameters:
        blocks = {b.code for b in self.economy.blocks}
        profiles = {p.code for p in self.behaviour.profiles}
        for block in self.economy.blocks:
            if block.profile not in profiles:
                raise ValueError(f"block {block.code}: no seasonal profile {block.profile}")
        for province in self.economy.provinces:
            if unknown := set(province.tilt) - blocks:
                raise ValueError(f"province {province.code}: no block {', '.join(sorted(unknown))}")
        for product in self.publications.products:
            if product.block not in blocks:
                raise ValueError(f"product {product.code}: no block {product.block}")
        known = {r.code for r in self.publications.retail}
        for total in self.publications.retail_totals:
            if unknown := set(total.parts) - known:
                raise ValueError(f"retail total {total.code}: no part {', '.join(sorted(unknown))}")
            known.add(total.code)
        return self


@cache
def load_parameters() -> Parameters:
    """The bundled parameters.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    return Parameters(
        economy=bundled_document("synth/economy.yaml", Economy),
        behaviour=bundled_document("synth/behaviour.yaml", Behaviour),
        trade=bundled_document("synth/trade.yaml", Trade),
        publications=bundled_document("synth/publications.yaml", Publications),
    )
