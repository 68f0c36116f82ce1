"""Official files in, raw rows out (数据来源): one module a file shape, all behind one seam."""

from pathlib import Path
from types import ModuleType

from qinggong.catalogue import Catalogue
from qinggong.sources import (
    ceic_text,
    comtrade,
    customs,
    customs_pages,
    dbnomics,
    nbs,
    nbs_download,
    nbs_recorded,
    pasted,
    release_text,
    sdmx,
    series_workbook,
    table,
)
from qinggong.sources.base import Parsed, RawRow, Shape, Unmapped, UnreadableFile

MODULES: tuple[ModuleType, ...] = (
    nbs,
    nbs_download,
    nbs_recorded,
    comtrade,
    dbnomics,
    sdmx,
    customs,
    customs_pages,
    series_workbook,
    ceic_text,
    pasted,
    table,
    release_text,
)
"""The modules in the order in which they are asked whether a file is theirs; prose comes last."""

SHAPES: tuple[Shape, ...] = tuple(module.SHAPE for module in MODULES)


def shapes(*, overlay: Path | None, catalogue: Catalogue) -> tuple[Shape, ...]:
    """The shapes of a workspace: its own catalogue and remembered layouts serve where a module knows of them."""
    own = {
        nbs: nbs.shape_for(catalogue),
        nbs_download: nbs_download.shape_for(catalogue),
        nbs_recorded: nbs_recorded.shape_for(catalogue),
        series_workbook: series_workbook.shape_for(overlay, catalogue=catalogue),
        ceic_text: ceic_text.shape_for(overlay, catalogue=catalogue),
        pasted: pasted.shape_for(overlay, catalogue=catalogue),
        release_text: release_text.shape_for(catalogue),
        dbnomics: dbnomics.shape(overlay=overlay),
        sdmx: sdmx.shape(overlay=overlay),
    }
    return tuple(own.get(module, module.SHAPE) for module in MODULES)


__all__ = ["MODULES", "SHAPES", "Parsed", "RawRow", "Shape", "Unmapped", "UnreadableFile", "shapes"]
