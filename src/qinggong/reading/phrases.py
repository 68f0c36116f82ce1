"""Sentences to readings (句子): what each number of a text says, or why that cannot be told.

A number is bound only if every word of its clause is understood and the clause, or what it clearly continues, names
subject, indicator and period. The period named last holds inside a paragraph; a heading gives one to the paragraphs
below it that name none.
"""

from __future__ import annotations

import re
from decimal import Decimal

from qinggong.catalogue import Catalogue, UnknownName
from qinggong.reading.clauses import refuse, retail_indicator, rough
from qinggong.reading.dating import OneYear, dated_tokens, heading_period, turned
from qinggong.reading.figures import PERCENT, PLACE, Amount, Reading, Unbound, implied_indicator
from qinggong.reading.measures import Situation, Target, Words, consistent, measured, observation
from qinggong.reading.numbers import Number, fold, squeeze
from qinggong.reading.vocabulary import Dated, Token, Vocabulary, number_value, vocabulary

WORTH_READING = re.compile(r"[0-9０-９]|平|盈|亏|虧")
_LONGEST_SENTENCE = 400
_COUNT_UNITS = frozenset({"个", "种", "户"})
_STRUCTURE = frozenset({"open", "close", "comma", "semicolon"})
_TWO_YEARS = "两年平均增速"
_DIGITS = re.compile(r"[+-]?[\d.,]*")
# the kinds of words that stay in force behind their clause
_TAKEN_OVER = frozenset({
    "period", "timeless", "this_month", "cumulative", "among", "body", "base", "topic", "foreign", "subject",
    "indicator", "unknown", "skip", "aside",
})  # fmt: skip


def read_text(
    text: str, *, catalogue: Catalogue, year: int | None, publisher: str = "", heading: str = ""
) -> list[Reading]:
    """All numbers of plain text, one paragraph a line, in order.

    Parameters
    ----------
    year
        The year of periods that name none (from the title); ``None`` if unknown, and such periods are not bound.
    publisher
        Name or code of the body whose text it is; its own scope goes first where a name has several.
    heading
        A heading or title whose period holds for paragraphs that name none.
    """
    words = vocabulary(catalogue, publisher)
    context = heading_period(words, heading, year)
    readings: list[Reading] = []
    at = 0
    for line in text.split("\n"):
        if WORTH_READING.search(line):
            readings += Paragraph(words, line, at, year, context).readings()
        at += len(line) + 1
    return readings


class Paragraph:
    """Reads one paragraph from left to right; what was named so far is its state."""

    def __init__(
        self, words: Vocabulary, text: str, offset: int, year: int | None, context: Dated | None,
        stated: OneYear | None = None,
    ) -> None:  # fmt: skip
        self.words, self.text, self.year, self.stated = words, text, year, stated
        self.line, places = squeeze(fold(text))
        self.found: list[Reading] = []
        self.retail = "商品零售" in self.line
        self.now = Situation(words, places, offset, context)
        self.rested: Dated | None = None  # the period that goes on after an average of two years
        self.subject: Target | None = None
        self.subject_why = "没有写明统计对象"
        self.indicator = ""
        self._new_sentence()

    def _new_sentence(self) -> None:
        self.now.base = ""
        self.last: Target | None = None
        self.crossed: Target | None = None
        self.group: list[Target] = []
        self.several: list[Dated] = []
        self.listed = False
        self.in_segment: set[str] = set()
        self.in_sentence: set[str] = set()

    def readings(self) -> list[Reading]:
        tokens = dated_tokens(self.words, self.line, self.year, self.stated)
        start = 0
        for i, token in enumerate([*tokens, Token("stop", len(self.line), len(self.line))]):
            if token.kind == "stop":
                if i > start:
                    first, last = self.now.places[tokens[start].start], self.now.places[token.end - 1] + 1
                    self.now.sentence = self.text[first : min(last, first + _LONGEST_SENTENCE)].strip()
                    self._sentence(tokens[start:i])
                start = i + 1
        self.found.sort(key=PLACE)
        return self.found

    # ------------------------------------------------------------------------------------------ the structure

    def _sentence(self, tokens: list[Token]) -> None:
        clause: list[Token] = []
        depth = 0
        for token in tokens:
            kind = token[0]
            if depth == 0 and kind not in _STRUCTURE:
                clause.append(token)
            elif kind == "open":
                depth += 1
            elif kind == "close":
                depth = max(0, depth - 1)
            elif depth:
                if kind == "number":
                    self._emit_unbound(token, "括号里的数字不单独认定")
                if kind not in ("plain", "sector", "comma", "base", "period"):
                    clause.append(Token("aside", token.start, token.end))
            else:
                self._clause(clause)
                clause = []
                if kind == "semicolon":
                    self._end_segment()
        self._clause(clause)
        named = self.in_sentence
        if len(named) > 1 or self.listed:
            self.subject, self.subject_why = None, "前一句有几个统计对象，这一句没有写明是哪一个"
        self._new_sentence()

    def _end_segment(self) -> None:
        if self.listed or len(self.in_sentence) > 1:
            self.subject, self.subject_why = None, "前面有几个统计对象，这里没有写明是哪一个"
        self.crossed, self.last = self.last, None
        self.in_segment = set()

    def _clause(self, clause: list[Token]) -> None:
        if self.retail:
            clause = retail_indicator(clause, self.line)
        numbers = [i for i, t in enumerate(clause) if t.kind == "number"]
        if not numbers:
            lead = Words.of(clause)
            self._absorb(lead)
            if "flat" in lead or "states" in lead:
                self._words_without_number(lead)
            return
        if len(numbers) > 1 and any(t.kind == "distribute" for t in clause[: numbers[0]]):
            self._distribution(clause, numbers)
            return
        start = 0
        for n, i in enumerate(numbers):
            last = n == len(numbers) - 1
            following = clause[i + 1 : None if last else numbers[n + 1]]
            if following:
                following = [t for t in following if t.kind != "aside"]
            before = clause[start:i]
            if start:  # brackets behind a number explain that number, not the next one
                before = [t for t in before if t.kind != "aside"]
            self._figure(before, clause[i], following, last=last)
            start = i + 1
        if rest := [t for t in clause[start:] if t.kind != "aside"]:
            self._absorb(Words.of(rest))

    def _absorb(self, lead: Words) -> None:
        """Take over what a clause names: period, base, subject, indicator; a word not understood ends inheritance."""
        if _TAKEN_OVER.isdisjoint(lead):
            return
        if "period" in lead:
            self.several = [t.value for t in lead.all("period")]
            dated = [t.value for t in lead.all("period")]
            self._take_period(dated[0] if len(dated) == 1 else None, "并列几个时期")
        if "timeless" in lead:
            self.rested = self.rested or (self.now.dated if lead.all("timeless")[-1].value == _TWO_YEARS else None)
            self.now.dated, self.now.dated_why = None, lead.all("timeless")[-1].value
        elif self.rested is not None and any(t.value[0] == "yoy" for t in lead.all("base")):
            self.now.dated, self.rested = self.now.dated or self.rested, None
        if "this_month" in lead or "cumulative" in lead:
            self.now.dated, why = turned(self.now.dated, single="this_month" in lead)
            self.now.dated_why = why or self.now.dated_why
        if "among" in lead:
            self.listed = True
        if "body" in lead:
            self.now.body = lead.all("body")[-1].value
        for token in lead.all("base"):
            if token.value[0] in ("yoy", "mom"):
                self.now.base = token.value[0]
                self.now.seen.add(token.value[0])
        if "topic" in lead:
            self.indicator, self.last, self.crossed = "", None, None
        if "foreign" in lead:
            self.last = None
            return
        subjects, indicators = lead.all("subject"), lead.all("indicator")
        if subjects:
            target = Target(subjects[-1].value, "", lead.sector, "retail_limit" in lead)
            self.subject = target if len(subjects) == 1 else None
            self.subject_why = "并列几个统计对象，没有“分别”"
            self.in_segment.update(t.value for t in subjects)
            self.in_sentence.update(t.value for t in subjects)
        if indicators:
            self.indicator = indicators[-1].value if len(indicators) == 1 else ""
        if "unknown" in lead or "skip" in lead or "aside" in lead:
            self.subject, self.last, self.crossed, self.group = None, None, None, []
            self.subject_why = f"有不认识的文字“{self._text_of(lead)}”"
            if not (subjects or indicators or "sector" in lead):
                self.indicator = ""  # the words not understood may name another indicator (销售费用)

    def _text_of(self, lead: Words) -> str:
        tokens = lead.all("unknown") or lead.all("skip") or lead.all("aside")
        first, text = tokens[0], ""
        for token in tokens:
            if token.start <= first.end:
                text, first = text + self.line[token.start : token.end], token
        return text[:20]

    def _take_period(self, dated: Dated | None, why: str) -> None:
        self.now.dated, self.now.dated_why = dated, why
        if dated is not None and dated.period is None:
            self.now.dated, self.now.dated_why = None, f"时期“{dated.text}”的年份不明"

    # ------------------------------------------------------------------------------------------ one number

    def _figure(self, before: list[Token], token: Token, after: list[Token], *, last: bool) -> None:
        number = number_value(token)
        lead = Words.of(before)
        if self._is_count(number):
            self._absorb(lead)
            self._emit_count(token, lead, after)
            self.last = None
            return
        named = "subject" in lead, "indicator" in lead, "period" in lead
        self._absorb(lead)
        target: Target | None = None
        try:
            refuse(lead, after, last=last, text=self.line, number=number)
            target = self._target(lead, named)
            reading = consistent(measured(number, lead, target, self.now), self.now, named=named[0])
        except Unbound as why:
            self._emit_unbound(token, str(why))
            self.last = target if isinstance(why, Amount) else None
            return
        if (about := rough(lead, after)) is not None:
            self._emit_unbound(token, about)
        else:
            self._emit(reading)
        sign = 0 if reading.measure == "level" or reading.value is None else (-1 if reading.value < 0 else 1)
        self.last = Target(target.subject, reading.indicator, target.sector, target.limited, sign or target.sign)

    def _is_count(self, number: Number) -> bool:
        if number.unit and number.unit not in _COUNT_UNITS:
            return False
        after = _DIGITS.match(self.line, number.start)
        return after is not None and self.words.count.match(self.line, after.end()) is not None

    def _target(self, lead: Words, named: tuple[bool, bool, bool]) -> Target:
        """The subject and the indicator of a number after ``_absorb``: named in its clause, or clearly continued."""
        subject, indicator, period = named
        if not subject and not indicator:
            told = self.last or (self.crossed if period else None)
            if told is None:
                raise Unbound("没有写明统计对象和指标")
            return told
        if len(lead.all("indicator")) > 1:
            raise Unbound("并列几个指标，没有“分别”")
        if subject:
            if self.subject is None:
                raise Unbound(self.subject_why)
            told = self.subject
            code = self._indicator_of(told.subject, indicator)
            return Target(told.subject, code, told.sector, told.limited, told.sign)
        if self.line.startswith("规模以上工业", lead.all("indicator")[0].start):
            if self.in_segment - {"规模以上工业", "规模以上工业企业"}:
                raise Unbound("前面另有统计对象，“规模以上工业”所指不明")
            self.in_segment.add("规模以上工业")
            self.in_sentence.add("规模以上工业")
            self.subject = Target("规模以上工业", "")
            return Target("规模以上工业", self.indicator)
        if self.listed:
            raise Unbound("“其中”之后没有写明统计对象")
        if len(self.in_segment) > 1:
            raise Unbound("前面有几个统计对象，这里没有写明是哪一个")
        if self.subject is None:
            raise Unbound(self.subject_why)
        self.in_segment.add(self.subject.subject)
        self.in_sentence.add(self.subject.subject)
        return self.subject._replace(indicator=self.indicator)

    def _indicator_of(self, name: str, indicator_named: bool) -> str:
        if not indicator_named:
            self.indicator = implied_indicator(self.words, name) or self.indicator
        if not self.indicator:
            raise Unbound("没有写明指标")
        return self.indicator

    def _distribution(self, clause: list[Token], numbers: list[int]) -> None:
        """“A和B分别增长x%和y%”: as many numbers as subjects, indicators or periods, in their order."""
        lead = Words.of(clause[: numbers[0]])
        tokens = [clause[i] for i in numbers]
        rest = [t for t in clause[numbers[0] :] if t.kind != "number"]
        allowed = all(t.kind in ("join", "verb", "base", "plain", "distribute", "level") for t in rest)
        subjects, indicators, periods = lead.all("subject"), lead.all("indicator"), lead.all("period")
        before = self.group
        self._absorb(lead)
        dates = self.several if len(self.several) > 1 else [t.value for t in periods]
        n, targets = len(tokens), list[Target]()
        dated: list[Dated | None] = [self.now.dated] * n
        try:
            refuse(lead, [], last=True, text=self.line, number=number_value(tokens[0]))
            if not allowed or clause[-1].kind != "number":
                raise Unbound("“分别”之后的文字没有读懂")
            if len(subjects) == n and len(indicators) <= 1 and len(dates) <= 1:
                self.listed = True
                targets = [
                    Target(t.value, self._indicator_of(t.value, bool(indicators)), lead.sector, "retail_limit" in lead)
                    for t in subjects
                ]
            elif len(indicators) == n and len(subjects) <= 1 and len(dates) <= 1:
                self.indicator = indicators[0].value
                first = Words(lead | {"indicator": indicators[:1]})
                one = self._target(first, (bool(subjects), True, bool(periods)))
                targets = [one._replace(indicator=t.value) for t in indicators]
                self.indicator = ""
            elif len(dates) == n and len(subjects) <= 1 and len(indicators) <= 1:
                targets = [self._target(lead, (bool(subjects), bool(indicators), True))] * n
                dated = list(dates)
            elif not (subjects or indicators or periods) and len(before) == n:
                targets = before
            else:
                raise Unbound("“分别”前后的个数对不上")
        except Unbound as why:
            for token in tokens:
                self._emit_unbound(token, str(why))
            self.last, self.group = None, []
            return
        common = [t for t in clause[: numbers[0]] if t.kind not in ("subject", "indicator", "period", "join")]
        for k, (token, target) in enumerate(zip(tokens, targets, strict=True)):
            own = [] if k == 0 else clause[numbers[k - 1] + 1 : numbers[k]]
            words = [t for t in common if t.kind != "verb"] + own if any(t.kind == "verb" for t in own) else common
            kept, self.now.dated = self.now.dated, dated[k]
            try:
                self._emit(measured(number_value(token), Words.of(words), target, self.now))
            except Unbound as why:
                self._emit_unbound(token, str(why))
            self.now.dated = kept if dated[k] is kept else dated[k]
        self.last, self.group = None, targets

    # ------------------------------------------------------------------------------------------ what is told

    def _emit(self, reading: Reading) -> None:
        self.found.append(reading)

    def _emit_unbound(self, token: Token, why: str) -> None:
        number = number_value(token)
        start, end = self.now.place(number)
        self._emit(
            Reading(
                "unbound", "", "", "", "", number.value, number.unit, number.printed, start, end,
                self.now.sentence, why,
            )
        )  # fmt: skip

    def _emit_count(self, token: Token, lead: Words, after: list[Token]) -> None:
        number = number_value(token)
        start, end = self.now.place(number)
        named = [*lead.all("indicator"), *(t for t in after if t.kind == "indicator")]
        indicator = named[0].value if len(named) == 1 else ""
        period = self.now.dated.period.code if self.now.dated is not None and self.now.dated.period is not None else ""
        self._emit(
            Reading(
                "count", "", indicator, "count", period, number.value, number.unit, number.printed, start, end,
                self.now.sentence,
            )
        )  # fmt: skip

    def _words_without_number(self, lead: Words) -> None:
        """持平 is a growth of zero; 由盈转亏 and the like stand where a growth rate would."""
        for token in (*lead.all("flat"), *lead.all("states")):
            named = "subject" in lead, "indicator" in lead, "period" in lead
            text = self.line[token.start : token.end]
            zero = Token(
                "number", token.start, token.end, Number(Decimal("0.0"), PERCENT, text, token.start, token.end)
            )
            try:
                if any(k in lead for k in ("unknown", "foreign", "timeless", "skip")):
                    return
                if token.kind == "states" and not named[1]:
                    self.indicator, named = "profit", (named[0], named[0], named[2])
                target = self._target(lead, named)
                indicator = self.words.catalogue.indicator(target.indicator)
                if token.kind == "states":
                    reading = observation(number_value(zero), self.now, target, indicator, "yoy", Decimal(0), PERCENT)
                    why = f"{text}，没有增速数字"
                    self._emit(reading._replace(kind="unbound", value=None, unit="", why=why))
                elif lead.all("base") and lead.all("base")[-1].value[0] == "yoy" and "rate" not in lead:
                    unit = indicator.measures.get("yoy", "")
                    reading = observation(number_value(zero), self.now, target, indicator, "yoy", Decimal("0.0"), unit)
                    self._emit(reading)
            except (Unbound, UnknownName):
                return
