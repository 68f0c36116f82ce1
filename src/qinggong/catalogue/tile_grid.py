"""Where each province stands on a tile-grid map (方格图格位): dated data, one tile each, no borders."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from qinggong.catalogue.datafile import bundled_document

FILE = "bulletins/tile_grid.yaml"


class Tile(BaseModel):
    """One province: rows count from the north, columns from the west, both from 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^\d{2}$")
    row: int = Field(ge=0)
    column: int = Field(ge=0)


def _once(tiles: tuple[Tile, ...]) -> tuple[Tile, ...]:
    for what, keys in (("code", [t.code for t in tiles]), ("place", [f"{t.row}, {t.column}" for t in tiles])):
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"the same {what} stands twice: {'; '.join(twice)}")
    return tiles


class TileGrid(BaseModel):
    """The arrangement with its source and the day from which it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    source: str
    read_at: dt.date
    valid_from: dt.date
    note: str = ""
    entries: Annotated[tuple[Tile, ...], AfterValidator(_once)]

    @property
    def rows(self) -> int:
        return 1 + max(t.row for t in self.entries)

    @property
    def columns(self) -> int:
        return 1 + max(t.column for t in self.entries)


def tile_grid() -> TileGrid:
    """The bundled arrangement.

    Raises
    ------
    CatalogueError
        If two provinces share a tile, or a field is not as described.
    """
    return bundled_document(FILE, TileGrid)
