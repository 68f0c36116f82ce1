"""The phrase book of the English edition (短语对照表): Chinese phrases of bulletins, with slots, and their English."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from pydantic import model_validator

from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Entry

FILE = "bulletins/english.yaml"
_SLOT = re.compile(r"\{(\w+)\}")


class Phrasebook(Entry):
    """Chinese phrases with their English.

    Slots stand in braces: ``{n}`` a number, ``{p}`` a period, ``{d}`` a day, ``{t}`` any text that has English,
    ``{w}`` such words without punctuation, ``{l}`` names in a row; further ones of a kind carry a digit.
    """

    kind: Literal["phrasebook"]
    source: str
    valid_from: dt.date
    phrases: dict[str, str]
    short: dict[str, str]

    @model_validator(mode="after")
    def _same_slots(self) -> Phrasebook:
        for chinese, english in self.phrases.items():
            if sorted(_SLOT.findall(chinese)) != sorted(_SLOT.findall(english)):
                raise ValueError(f"the slots of “{chinese}” and of its English differ")
        return self


def load_phrasebook() -> Phrasebook:
    """The bundled phrase book."""
    return bundled_document(FILE, Phrasebook)
