"""Words of the narrative as data (叙述用语): phrases in Chinese and English, the rule behind each, scores and limits.

A phrase is a template with slots in braces. Everything that a sentence may say beyond a figure (run, record, turn,
contrast …) has a threshold here, and a score by which the sentences of a paragraph compete.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from pydantic import Field, model_validator

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.schema import CatalogueError, Entry

FILE = "bulletins/narrative.yaml"
_SLOT = re.compile(r"\{(\w+)\}")


class Phrase(Entry):
    """One wording; ``rule`` says when it may be used, where the code does not make that plain."""

    zh: str
    en: str
    rule: str = ""


class Threshold(Entry):
    """A number that decides whether something is said; ``about`` says what it bounds, in which unit."""

    value: float
    about: str


class Score(Entry):
    """What a kind of sentence is worth: ``base`` plus ``each`` for every unit of its size, up to ``most``.

    ``place`` is its place in the paragraph once it is chosen.
    """

    base: float
    each: float = 0.0
    most: float = 0.0
    place: int = 0
    about: str

    def of(self, size: float) -> float:
        """The score of a sentence about something of this size."""
        return self.base + min(self.each * abs(size), self.most)


class Polishing(Entry):
    """What a language model is asked, and the words that it may add: anything else that is new is refused."""

    prompt: str
    connecting: tuple[str, ...]
    longest: float


class Narrative(Entry):
    """All wording rules of the narrative."""

    kind: str
    source: str
    valid_from: dt.date
    thresholds: dict[str, Threshold]
    limits: dict[str, int] = Field(min_length=1)
    scores: dict[str, Score]
    phrases: dict[str, Phrase]
    polish: Polishing

    @model_validator(mode="after")
    def _complete(self) -> Narrative:
        for key, phrase in self.phrases.items():
            unknown = set(_SLOT.findall(phrase.en)) - set(_SLOT.findall(phrase.zh)) - {"noun", "who"}
            if unknown:
                raise ValueError(f"phrase {key}: the English has {', '.join(sorted(unknown))}, the Chinese has not")
        return self

    def threshold(self, name: str) -> float:
        """A threshold by name.

        Raises
        ------
        CatalogueError
            If there is none of this name.
        """
        if name not in self.thresholds:
            raise CatalogueError(f"{FILE}: no threshold “{name}”; there are {', '.join(self.thresholds)}")
        return self.thresholds[name].value

    def phrase(self, key: str, language: str) -> str:
        """The template of a phrase in a language, by the same errors."""
        if key not in self.phrases:
            raise CatalogueError(f"{FILE}: no phrase “{key}”")
        found = self.phrases[key]
        return found.en if language == "en" else found.zh


def load_narrative(*, overlay: Path | None = None) -> Narrative:
    """The rules; a workspace's own ``bulletins/narrative.yaml`` replaces the bundled ones."""
    return own_document(overlay, FILE, Narrative) or bundled_narrative()


def bundled_narrative() -> Narrative:
    """The rules that come with the system."""
    return bundled_document(FILE, Narrative)
