"""The setting of the flash estimate as data (快速测算的设定): divisions, the part of each that is light industry, bounds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.schema import CatalogueError, Entry, Text, UnknownName

_FILE = "estimates/flash.yaml"


class PartialDivision(Entry):
    """A division of which ``share`` (of its revenue) is taken for light industry to start with."""

    division: Annotated[str, StringConstraints(pattern=r"^\d{2}$")]
    share: float = Field(gt=0, le=1)
    what: Text


class FlashPlan(Entry):
    """The whole setting.

    ``fewest_coverage`` of the weights must have growth; ``fewest_readings`` of the total must be known to judge by;
    ``slope_spread`` and ``intercept_spread`` say how far readings may bend the weights.
    """

    kind: Literal["flash_estimate"]
    source: Text
    valid_from: dt.date
    name: Text
    name_en: Text
    subject: Text
    whole: Text
    parts: tuple[PartialDivision, ...]
    indicators: tuple[Text, ...] = Field(min_length=1)
    basis_of: Text
    publisher: Text
    fewest_coverage: float = Field(gt=0, le=1)
    fewest_readings: int = Field(ge=4)
    first_year: int = Field(ge=2000)
    interval: float = Field(gt=0.5, lt=1)
    slope_spread: float = Field(gt=0)
    intercept_spread: float = Field(gt=0)


def load_flash_plan(*, overlay: Path | None = None) -> FlashPlan:
    """The setting in use; a workspace's own ``estimates/flash.yaml`` replaces the bundled one.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    return own_document(overlay, _FILE, FlashPlan) or bundled_document(_FILE, FlashPlan)


def check_flash_plan(plan: FlashPlan, catalogue: Catalogue) -> None:
    """Resolve every name.

    Raises
    ------
    CatalogueError
        Naming the entry whose name the catalogue does not hold.
    """
    if plan.whole not in catalogue.groups:
        raise CatalogueError(f"{_FILE}, entry whole: no group “{plan.whole}”")
    for part in plan.parts:
        if f"industry:{part.division}@nbs" not in catalogue.known_subjects:
            raise CatalogueError(f"{_FILE}, entry parts: no division {part.division}")
    try:
        for name in plan.indicators:
            indicator = catalogue.indicator(name)
            catalogue.subject(plan.subject, indicator=indicator.code)
            catalogue.subject(plan.basis_of, indicator=indicator.code)
        catalogue.publisher(plan.publisher)
    except UnknownName as error:
        raise CatalogueError(f"{_FILE}: {error}") from error
