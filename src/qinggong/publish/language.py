"""The language of an edition (版本语言): Chinese, or English from the same facts.

Sections are composed inside :func:`speaking`; words come from tables keyed by language (``catalogue`` bulletins/
narrative.yaml), so that one function says a clause in either language.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

Language = Literal["zh", "en"]
TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
"""Language tags of documents."""

_spoken: ContextVar[Language] = ContextVar("spoken", default="zh")


def spoken() -> Language:
    """The language in which sentences are made here."""
    return _spoken.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Make sentences in a language inside the block."""
    if language not in TAGS:
        raise ValueError(f"no edition in “{language}”; languages are {', '.join(TAGS)}")
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)
