"""Official files in, raw rows out (数据来源)."""

from qinggong.sources.base import Parsed, RawRow, Shape, UnreadableFile
from qinggong.sources.table import SHAPE as TABLE

SHAPES: tuple[Shape, ...] = (TABLE,)

__all__ = ["SHAPES", "TABLE", "Parsed", "RawRow", "Shape", "UnreadableFile"]
