"""English words for units, groups and labels that the catalogue or the phrase book holds."""

from __future__ import annotations

import functools

from qinggong.catalogue import Catalogue, load_catalogue

_WORDED = (("100 million", "hundred million"), ("10 thousand", "ten thousand"))


@functools.cache
def catalogue() -> Catalogue:
    """The bundled catalogue: names of a workspace's own entries are not known to the English edition."""
    return load_catalogue()


def unit_in_english(unit: str) -> str:
    """A unit inside a sentence: 亿元 is “hundred million yuan”; one that is not known stays as it is."""
    known = catalogue().units.get(unit)
    if known is None:
        return unit
    text = known.name_en
    for figure, words in _WORDED:
        text = text.replace(figure, words)
    return text
