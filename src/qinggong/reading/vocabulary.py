"""Words of a release and what they are (词汇): catalogue names, phrase words, numbers and periods as tokens.

The longest word wins, from left to right, and a character that belongs to no word is an unknown token: the binder
leaves numbers alone that stand beside one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any, NamedTuple

import yaml

from qinggong.catalogue import Catalogue, Indicator, Subject, UnknownName
from qinggong.periods import Period, PeriodError, parse
from qinggong.reading.numbers import Number, alternatives, fold, number_of, number_pattern

_SCOPED = re.compile(r"\(([^()]*口径)\)$")
_CN = r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九])"
_PERIOD = (
    r"(?P<year>(?<!\d)\d{4}年(?!来|均|期)|今年|去年(?!同期|末|底)|上年(?=全年|[\d前]|[上下]半年|[一二三四]季度))?"
    r"(?:(?P<run>1(?:月份?)?(?:-{1,2}|~|至|到)(?P<last>\d{1,2})月(?:份|末|底)?)"
    r"|(?P<one>(?<![\d.])(?:1[0-2]|0?[1-9])月(?:份|末|底)?(?!\d{1,2}日))(?!\d{1,2}日)"
    rf"|(?P<first>前{_CN}个?月)|(?P<half>上半年|下半年|前三季度|第?[一二三四1-4]季度|全年|年度))"
    r"|(?P<whole>(?<!\d)\d{4}年(?:末|底|度|全年)?)(?![来均期]|\d)"
)
_YEARS = (
    r"(?:(?<![\d月])到\d{4}年(?:末|底)?|\d{4}年?(?:-{1,2}|~|至|到)\d{4}年?|近\w{1,2}年|\d{4}年以来|\d{1,2}月以来"
    r"|\d{1,2}月\d{1,2}日(?:-\d{1,2}日)?)"
)
# every alternative of the master expression starts with one of these
_FIRST = r"0-9+\-A-Za-z〔\[﹝(第图表注比较与同今去前上下全年一二三四五六七八九十近到"
_NO_FIGURE = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T日]?\d{1,2}:\d{2}(?::\d{2})?)?|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2}:\d{2}(?::\d{2})?"
    r"|[〔\[﹝(]\d{4}[〕\]﹞)]\d*号?|第\d+[号届次章条]?|\d+号|[(]\d{1,2}[)]|[图表注]\d+(?:[-.]\d+)*|[A-Za-z][A-Za-z/]*[- ]?\d+"
    r"|(?<![\d.])\d{1,3}年(?!\d)|https?:[\x21-\x7e]+"
)
_SEPARATORS = {"，": "comma", ",": "comma", "；": "semicolon", ";": "semicolon", "：": "comma", ":": "comma"}
_SEPARATORS |= {"。": "stop", "！": "stop", "？": "stop", "!": "stop", "?": "stop", "(": "open", ")": "close"}
_SEPARATORS |= {"、": "join", "和": "join", "与": "join", "及": "join", "以及": "join"}
_IGNORED = frozenset("“”‘’\"'《》<>「」『』·-… *#|_")


class Token(NamedTuple):
    """A word: its kind, where it stands in the squeezed text, and what it says."""

    kind: str
    start: int
    end: int
    value: Any = None


# a token from its four fields without the call of a Python function; tokens are made by the hundred in a paragraph
_token: Callable[[tuple[str, int, int, Any]], Token] = functools.partial(tuple.__new__, Token)
_UNKNOWN: tuple[str, Any] = ("unknown", None)


@dataclass(frozen=True, slots=True)
class Dated:
    """A period as named; ``point`` when the text says the end of it (8月末). ``period`` is empty if it has no year.

    ``inherited`` periods come from a heading or a caption.
    """

    period: Period | None
    point: bool
    stated_year: bool
    text: str
    inherited: bool = False


class Vocabulary:
    """All words for one catalogue and one publisher, made once by :func:`vocabulary`."""

    def __init__(self, catalogue: Catalogue, publisher: str) -> None:
        self.catalogue = catalogue
        self.publisher = catalogue.publisher(publisher).code if publisher else ""
        self.words = _phrase_words()
        self._subjects: dict[tuple[str, str, str], Subject | None] = {}
        self.series: dict[tuple[str, str, str, str, bool, bool, str], tuple[str, str]] = {}
        self.table_series: dict[tuple[str, str, str, bool, bool], tuple[Subject, str, str]] = {}
        self._kept: dict[tuple[str, str, str], str | None] = {}
        self._entries: dict[str, tuple[str, Any]] = {}
        self._enter_phrases()
        self._enter_names()
        by_pair: dict[str, set[int]] = {}
        for word in self._entries:
            if len(word) > 1:
                by_pair.setdefault(word[:2], set()).add(len(word))
        self._by_pair = {pair: tuple(sorted(lengths, reverse=True)) for pair, lengths in by_pair.items()}
        self._singles: dict[str, tuple[str, Any] | None] = dict.fromkeys(_IGNORED)
        self._singles.update((mark, (kind, None)) for mark, kind in _SEPARATORS.items())
        self._singles.update((word, entry) for word, entry in self._entries.items() if len(word) == 1)
        nouns = alternatives((*self.words["count_nouns"], *self.words["states"], *self.words["up"]))
        falling = alternatives((*self.words["down"], "月"))
        self.count = re.compile(
            rf"(?:[个种类家户项款])(?!百分点)(?:主要|重点|规模以上|轻工|轻工业)*(?:{nouns}|{falling})"
        )
        figured = [word for word in self._entries if any(c.isdigit() for c in word)]
        heads = re.escape("".join(sorted({word[0] for word in figured})))
        self._master = re.compile(
            rf"(?=[{_FIRST}{heads}])(?:(?P<name>{alternatives(figured) or '(?!)'})"
            rf"|(?P<skip>{_NO_FIGURE})|(?P<years>{_YEARS})"
            rf"|(?P<base>比|较|与|同)?(?P<period>{_PERIOD})(?P<end>相比)?|{number_pattern(catalogue)})"
        )
        self.indicator_names = tuple(w for w, (kind, _) in self._entries.items() if kind == "indicator")

    # ------------------------------------------------------------------------------------------- the entries

    def _enter_phrases(self) -> None:
        words, put = self.words, self._put
        for word in words["plain"]:
            put(word, "plain", None)
        for name in (
            "topic",
            "sector",
            "retail_limit",
            "this_month",
            "approximate_before",
            "approximate_after",
            "level",
        ):
            for word in words[name]:
                put(word, name, None)
        for word in words["cumulative"]:
            put(word, "cumulative", None)
        for word in words["reached"]:
            put(word, "reached", None)
        for body in self.catalogue.publishers.values():
            for word in (body.name, body.short, *body.aliases):
                if word:
                    put(word, "body", body.code)
        for word in words["count_nouns"]:
            put(word, "noun", word, over=False)
        for word in words["subset"]:
            put(word, "unknown", word)
        only = set(words["change_only"])
        for name, sign in (("up", 1), ("down", -1), ("narrow", 0), ("widen", 0)):
            for word in words[name]:
                put(word, "verb", (name, sign, word in only))
        for name, sign in (("rate", 1), ("fall", -1)):
            for word in words[name]:
                put(word, "rate", sign)
        for name in ("yoy", "mom", "previous"):
            for word in words[name]:
                put(word, "base", (name, word))
        for name in ("distribute", "among", "flat", "states"):
            for word in words[name]:
                put(word, name, word)
        for name in ("foreign", "timeless"):
            for why, group in words[name].items():
                for word in group:
                    put(word, name, why)
        for word in ("年", "月", "日", "月份"):
            put(word, "unknown", word)

    def _put(self, word: str, kind: str, value: Any, *, over: bool = True) -> None:
        folded = fold(word)
        for spelling in {folded, folded.replace(",", "，")}:
            if over or spelling not in self._entries:
                self._entries[spelling] = (kind, value)

    def _enter_names(self) -> None:
        catalogue = self.catalogue
        for indicator in catalogue.indicators.values():
            for name in (indicator.name, *indicator.aliases):
                if not name.endswith("增速") and name not in ("占比", "比重") and name.isascii() is False:
                    self._put(name, "indicator", indicator.code)
        for name, spellings in self.words["indicators"].items():
            for spelling in spellings:
                self._put(spelling, "indicator", catalogue.indicator(name).code)
        for name in catalogue.names.meanings:
            self._put(name, "subject", name)
            scoped = _SCOPED.search(fold(name))
            if scoped and self._is_own(name):
                self._put(fold(name)[: scoped.start()], "subject", name, over=False)
        for name, spellings in self.words["subjects"].items():
            for spelling in spellings:
                self._put(spelling, "subject", name, over=False)

    def _is_own(self, name: str) -> bool:
        scopes = self.catalogue.scopes
        return any(scopes[m.subject.scope].publisher == self.publisher for m in self.catalogue.names.meanings[name])

    # -------------------------------------------------------------------------------------------- the tokens

    def tokens(self, text: str, *, year: int | None) -> list[Token]:
        """All tokens of a squeezed text, in order, without gaps (white space and quotation marks are left out)."""
        found: list[Token] = []
        at = 0
        for match in self._master.finditer(text):
            start, end = match.span()
            if start < at:
                continue
            if start > at:
                self._plain_tokens(text, at, start, found)
                if found and found[-1].end > start:  # a word reached into the match: 1月 in 11月
                    at = found[-1].end
                    continue
            found.append(self._matched(match, year))
            at = max(end, at)
        self._plain_tokens(text, at, len(text), found)
        return found

    def _matched(self, match: re.Match[str], year: int | None) -> Token:
        start, end = match.span()
        group = match.lastgroup
        if group in ("figure", "unit", "scale"):
            number = number_of(match, self.catalogue)
            return _token(("number" if number else "unknown", start, end, number))
        if group == "name":
            kind, value = self._entries[match[0]]
            return _token((kind, start, end, value))
        if group == "skip":
            return Token("skip", start, end, match[0])
        if group == "years":
            return Token("timeless", start, end, f"“{match[0]}”不是统计时期")
        dated = _dated(match["period"], year)
        if match["base"]:
            return Token("base", start, end, ("previous", dated.period.code if dated.period else match[0]))
        return Token("period", start, end, dated)

    def _plain_tokens(self, text: str, at: int, stop: int, found: list[Token]) -> None:
        """Append the words of a stretch without numbers; the last may reach beyond its end."""
        entries, by_pair, singles = self._entries, self._by_pair, self._singles
        while at < stop:
            # the first two characters leave one or two lengths to try
            for length in by_pair.get(text[at : at + 2], ()):
                end = at + length
                entry = entries.get(text[at:end])
                # a slice is short at the end of the text: it may then be a shorter word
                if entry is not None and end <= len(text):
                    found.append(_token((entry[0], at, end, entry[1])))
                    at = end
                    break
            else:
                head = text[at]
                single = singles.get(head, _UNKNOWN)
                if single is _UNKNOWN:
                    found.append(_token(("unknown", at, at + 1, head)))
                elif single is not None:
                    found.append(_token((single[0], at, at + 1, single[1])))
                at += 1

    # ------------------------------------------------------------------------------------------- the meanings

    def subject(self, name: str, indicator: Indicator, *, body: str = "") -> Subject | None:
        """The subject that a name means for an indicator; ``None`` if none.

        It is taken in the scope of the body whose figures are quoted (``body``), else of the publisher, where the
        catalogue has such a scope: 轻工业 of the ministry is not 轻工业 of the federation.
        """
        key = (name, indicator.code, body)
        if key not in self._subjects:
            self._subjects[key] = self._subject(name, indicator, body)
        return self._subjects[key]

    def _subject(self, name: str, indicator: Indicator, body: str) -> Subject | None:
        try:
            subject = self.catalogue.subject(name, indicator=indicator.code)
        except UnknownName:
            return self._product(name, indicator)
        if not _SCOPED.search(fold(name)):
            for scope in filter(None, (body, self.publisher)):
                own = f"{subject.kind}:{subject.code}@{scope}"
                if own in self.catalogue.known_subjects:
                    return self.catalogue.known_subjects[own]
        return None if self._has_rivals(name, subject, body) else subject

    def _product(self, name: str, indicator: Indicator) -> Subject | None:
        """The product that “乳制品制造企业产量” tells of: industries have no output."""
        made = name.removesuffix("业").removesuffix("制造")
        if made in (name, name.removesuffix("业")):
            return None
        try:
            product = self.catalogue.subject(made, indicator=indicator.code)
        except UnknownName:
            return None
        return product if product.kind == "product" else None

    def _has_rivals(self, name: str, subject: Subject, body: str) -> bool:
        """True for “家具行业” in a text of nobody: associations and the ministry count another sector by that name."""
        if body or self.publisher or not name.endswith("行业") or (subject.kind, subject.scope) != ("industry", "nbs"):
            return False
        start = f"{subject.kind}:{subject.code}@"
        return any(key.startswith(start) and key != subject.key for key in self.catalogue.known_subjects)

    def is_open(self, name: str, indicator: Indicator, *, body: str = "") -> bool:
        """True if a name has a subject for the indicator, only it is not said in whose scope."""
        try:
            return self._has_rivals(name, self.catalogue.subject(name, indicator=indicator.code), body)
        except UnknownName:
            return False

    def kept_unit(self, indicator: str, measure: str, subject: Subject) -> str | None:
        """The unit in which the catalogue keeps such a series; ``None`` if it has no such series."""
        key = (indicator, measure, subject.key)
        if key not in self._kept:
            try:
                self._kept[key] = self.catalogue.canonical_unit(indicator, measure, subject)
            except UnknownName:
                self._kept[key] = None
        return self._kept[key]

    def dimension(self, unit: str) -> str:
        """What a unit code measures; empty for a unit that the catalogue does not know."""
        found = self.catalogue.units.get(unit)
        return "" if found is None else found.dimension


@functools.lru_cache(maxsize=32)
def vocabulary(catalogue: Catalogue, publisher: str) -> Vocabulary:
    """The vocabulary of a catalogue and a publisher (name or code; empty if unknown)."""
    try:
        return Vocabulary(catalogue, publisher)
    except UnknownName:
        return Vocabulary(catalogue, "")


@functools.cache
def _phrase_words() -> dict[str, Any]:
    raw = resources.files("qinggong.reading").joinpath("data", "words.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(raw)
    return document


@functools.lru_cache(maxsize=4096)
def _dated(text: str, year: int | None) -> Dated:
    stated = re.match(r"\d{4}年", text) is not None
    point = text.endswith(("末", "底"))
    cleaned, own = text, year
    if cleaned.startswith("今年"):
        cleaned = cleaned[2:]
    elif cleaned.startswith(("去年", "上年")):
        cleaned, own = cleaned[2:], None if year is None else year - 1
    if stated and cleaned.endswith("年全年"):
        cleaned = cleaned[:-2]
    try:
        return Dated(parse(cleaned, year=own), point, stated, text)
    except PeriodError:
        return Dated(None, point, stated, text)


def number_value(token: Token) -> Number:
    """The number of a number token."""
    value = token.value
    assert isinstance(value, Number)
    return value
