"""How alike two short texts are (文本相似度): the cosine of the counts of their short strings of characters.

Chinese needs no word boundaries for this, a slip of the pen moves the figure a little only, and the figure is the same
on every machine. Reference: M. Damashek, "Gauging similarity with n-grams", Science 267 (1995), pp. 843–848.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

_NOT_WORDS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
LONGEST = 5_000
"""Characters that are compared; what follows does not change what a text is about."""


def plain_text(text: str, *, without: Iterable[str] = ()) -> str:
    """One spelling: width, case, punctuation and numbers levelled, the given phrases left out."""
    level = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    for phrase in sorted(without, key=len, reverse=True):
        level = level.replace(phrase, " ")
    return _DIGITS.sub("0", _NOT_WORDS.sub("", level))


def profile(text: str, *, characters: Sequence[int] = (2, 3), without: Iterable[str] = ()) -> Counter[str]:
    """Counts of all strings of the given lengths; a text shorter than they are is one string."""
    level = plain_text(text, without=without)
    found = Counter(level[i : i + n] for n in characters for i in range(len(level) - n + 1))
    return found or Counter([level] if level else [])


def cosine(first: Counter[str], second: Counter[str]) -> float:
    """From 0 (nothing in common) to 1 (the same counts); 0 where a text is empty."""
    if len(first) > len(second):
        first, second = second, first
    product = sum(number * second[key] for key, number in first.items() if key in second)
    lengths = math.sqrt(sum(n * n for n in first.values()) * sum(n * n for n in second.values()))
    return product / lengths if lengths else 0.0
