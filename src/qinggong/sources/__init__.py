"""Official files in, raw rows out (数据来源): one module a file shape, all behind one seam."""

from pathlib import Path
from types import ModuleType

from qinggong.catalogue import Catalogue
from qinggong.sources import (
    comtrade,
    customs,
    customs_pages,
    dbnomics,
    nbs,
    nbs_download,
    release_text,
    sdmx,
    series_workbook,
    table,
)
from qinggong.sources.base import Parsed, RawRow, Shape, Unmapped, UnreadableFile

MODULES: tuple[ModuleType, ...] = (
    nbs,
    nbs_download,
    comtrade,
    dbnomics,
    sdmx,
    customs,
    customs_pages,
    series_workbook,
    table,
    release_text,
)
"""The modules in the order in which they are asked whether a file is theirs; prose comes last."""

SHAPES: tuple[Shape, ...] = tuple(module.SHAPE for module in MODULES)


def shapes(*, overlay: Path | None, catalogue: Catalogue) -> tuple[Shape, ...]:
    """The shapes of a workspace: its own catalogue and remembered layouts serve where a module knows of them."""
    own = {
        series_workbook: series_workbook.shape_for(overlay, catalogue=catalogue),
        dbnomics: dbnomics.shape(overlay=overlay),
        sdmx: sdmx.shape(overlay=overlay),
    }
    return tuple(own.get(module, module.SHAPE) for module in MODULES)


__all__ = ["MODULES", "SHAPES", "Parsed", "RawRow", "Shape", "Unmapped", "UnreadableFile", "shapes"]
