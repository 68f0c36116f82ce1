"""Numbers of sections, tables and figures: 一、; 表2-1; 图2-1, counted within a section."""

from __future__ import annotations

from dataclasses import dataclass, field

NUMERALS: tuple[str, ...] = (*"一二三四五六七八九十", *(f"十{n}" for n in "一二三四五六七八九"))


@dataclass(slots=True)
class Counter:
    """Hands out the labels of one section; ``place`` is the section's number, from 1."""

    place: int
    _tables: int = field(default=0, init=False)
    _figures: int = field(default=0, init=False)

    @property
    def numeral(self) -> str:
        return NUMERALS[self.place - 1]

    def table(self) -> str:
        self._tables += 1
        return f"表{self.place}-{self._tables}"

    def figure(self) -> str:
        self._figures += 1
        return f"图{self.place}-{self._figures}"
