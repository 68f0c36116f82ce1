"""Which period a text is speaking of (时期认定): of its heading, of words without a year, of 当月 and 累计."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from qinggong.periods import month, ytd
from qinggong.reading.numbers import fold, squeeze
from qinggong.reading.vocabulary import Dated, Token, Vocabulary

_ANY_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:年|-(?=\d{1,2}(?!\d))|/(?=\d{1,2}/))")
_ISSUE = re.compile(r"\d{4}年(?:第|总第)\d+期")
_RELATIVE = re.compile(r"今年|去年(?!同期)|明年|前年|上年(?!同)")


def heading_period(words: Vocabulary, heading: str, year: int | None) -> Dated | None:
    """The one period that a heading names; ``None`` if it names none, several, or one without a year."""
    if not heading:
        return None
    line = _ISSUE.sub("", squeeze(fold(heading))[0])
    found = [t.value for t in words.tokens(line, year=year) if t.kind == "period"]
    return replace(found[0], inherited=True) if len(found) == 1 and found[0].period is not None else None


class OneYear(NamedTuple):
    """The one year that a text states, and the months in which the periods end that it states with that year."""

    year: int
    months: frozenset[int]


def only_year(words: Vocabulary, texts: Iterable[str]) -> OneYear | None:
    """The one year of a text; ``None`` if it names none or several, or speaks of this year and of last year."""
    years: set[int] = set()
    months: set[int] = set()
    for text in texts:
        line = squeeze(fold(text))[0]
        if _RELATIVE.search(line):
            return None
        years.update(int(y) for y in _ANY_YEAR.findall(line))
        if len(years) > 1:
            return None
        tokens = words.tokens(line, year=None) if _ANY_YEAR.search(line) else []
        months.update(t.value.period.last for t in tokens if t.kind == "period" and t.value.period is not None)
    return OneYear(years.pop(), frozenset(months)) if len(years) == 1 and months else None


def dated_tokens(words: Vocabulary, line: str, year: int | None, stated: OneYear | None = None) -> list[Token]:
    """The tokens of a squeezed paragraph; a period without a year has that of the title, or the one of the paragraph.

    Behind a period of another year than the title's it is open which of the two is meant: no period then. ``stated``
    is the one year of the whole text, for want of a title's.
    """
    if year is None and stated is not None:
        tokens = words.tokens(line, year=stated.year)
        for i, token in enumerate(tokens):
            known = token.value.period if token.kind == "period" else None
            if known is not None and not token.value.stated_year and known.last not in stated.months:
                tokens[i] = token._replace(value=replace(token.value, period=None))
        return tokens
    tokens = words.tokens(line, year=year)
    dated = [t.value for t in tokens if t.kind == "period" and t.value.stated_year and t.value.period is not None]
    years = {d.period.year for d in dated}
    if not years or years == {year}:
        return tokens
    if year is None:
        return words.tokens(line, year=years.pop()) if len(years) == 1 else tokens
    last = year
    for i, token in enumerate(tokens):
        if token.kind == "period" and token.value.stated_year and token.value.period is not None:
            last = token.value.period.year
        elif token.kind == "period" and last != year:
            tokens[i] = token._replace(value=replace(token.value, period=None))
    return tokens


def turned(now: Dated | None, *, single: bool) -> tuple[Dated | None, str]:
    """The period in force after 当月 (``single``) or 累计, and why there is none any more."""
    if now is None or now.period is None or now.period.kind not in ("month", "ytd"):
        return now, ""
    if now.point:
        return None, "时期是期末，文字却说当月或累计"
    if single and now.period.kind == "ytd" and now.period.last > 2:
        return replace(now, period=month(now.period.year, now.period.last)), ""
    if not single and now.period.kind == "month":
        return replace(now, period=ytd(now.period.year, now.period.last)), ""
    return now, ""
