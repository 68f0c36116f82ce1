"""Sentences to claims (分句成论断): the noun, the period and the comparison in force at each number of a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from qinggong.periods import Period, PeriodError, observed_month, previous_month
from qinggong.reading.claims import (
    GAP,
    INDEX_POINTS,
    LAST_MONTH,
    SHARE,
    TURN,
    Claim,
    Heard,
    Role,
    gap_word,
    is_count,
    is_index,
    role_of,
)
from qinggong.reading.dating import OneYear, dated_tokens, turned
from qinggong.reading.figures import PERCENT, implied_indicator
from qinggong.reading.measures import Words
from qinggong.reading.numbers import Number, fold, squeeze
from qinggong.reading.vocabulary import Dated, Token, Vocabulary, number_value

_LAST_MONTH = re.compile(r"上个?月(?![末底同])")
_ITS_FIGURE = re.compile(r"[比较]上个?月的(?=\d)")
_NOUNS = frozenset({"subject", "indicator", "unknown", "noun", "retail_limit"})
_INDUSTRY = "规模以上工业"
_RECORD = re.compile(r"(?:以来|同期|年来|历史)[^，]{0,6}(?:最[高低好差大小]|新[高低])")
_HEAD = re.compile(
    r"[额量值率数面费税率]$|收入|利润|费用|成本|价格|资产|负债|比重|存货|账款|指数|投资|景气度|占比|周期|天数"
)
_FUNCTION = re.compile(
    r"^(?:连续|而|但|表[中内]|文中|图中|该|其|其中|位于|处于|处在|比|较|与|同|以|将|从|由|至|到|因|受|随着|经|共有|有|仅|只)+|(?:位于|处于|处在|比|较|与|同|将|以|呈)+$"
)
_LIMITING = re.compile(
    r"东部|中部|西部|东北|民营|私营|国有|外商|港澳台|股份|大型|中型|小型|微型|中小|高技术|剔除|扣除|地区|省|市|领域|口径"
    r"|两年|方案|规划|纲要|意见|任务|要求|预计|测算|公布数|目标|力争|若|假如|如果"
)


def read_claims(
    words: Vocabulary, text: str, *, start: int, block: int, year: int | None, context: Dated | None = None,
    stated: OneYear | None = None,
) -> list[Claim]:  # fmt: skip
    """The claims of one paragraph, in order.

    Parameters
    ----------
    start, block
        Place of the paragraph in the text that was read, and its number.
    year, context, stated
        As for readings: the year of periods without one, the period of the heading, the one year of the text.
    """
    return _Walk(words, text, start, block, year, context, stated).claims()


@dataclass(slots=True)
class _Noun:
    """The noun in force: subject and indicator as named."""

    subject: str = ""
    indicator: str = ""


class _Walk:
    def __init__(
        self, words: Vocabulary, text: str, start: int, block: int, year: int | None, context: Dated | None,
        stated: OneYear | None,
    ) -> None:  # fmt: skip
        self.words, self.text, self.offset, self.block = words, text, start, block
        self.line, self.places = squeeze(fold(text))
        self.year, self.stated = year, stated
        self.dated = context
        self.resumed: Dated | None = None
        self.noun = _Noun()
        self.body = self.base = self.limit = ""
        self.dim = False
        self.found: list[Claim] = []
        self.sentence = self.clause = 0
        self.sentence_text = ""
        self.last: Claim | None = None

    def claims(self) -> list[Claim]:
        tokens = self._months_before(dated_tokens(self.words, self.line, self.year, self.stated))
        at = 0
        for i, token in enumerate([*tokens, Token("stop", len(self.line), len(self.line))]):
            if token.kind != "stop":
                continue
            if i > at:
                self.sentence += 1
                first, last = self.places[tokens[at].start], self.places[token.end - 1] + 1 if token.end else 0
                self.sentence_text = self.text[first:last].strip()
                self._sentence(tokens[at:i])
            at = i + 1
        return self.found

    def _months_before(self, tokens: list[Token]) -> list[Token]:
        """“上月为5.0%”: the month before the one in force, as a period of its own; of unknown date where none is."""
        if "上月" not in self.line and "上个月" not in self.line:
            return tokens
        done: list[Token] = []
        dated: Dated | None = self.dated
        skip = 0
        for token in tokens:
            if token.kind == "period":
                dated = token.value
            found = _LAST_MONTH.match(self.line, token.start) if token.kind != "base" else None
            if token.start < skip:
                continue
            if token.kind == "base" and (own := _ITS_FIGURE.match(self.line, token.start)):
                # 比上月的151.77下降25.34点: the figure of last month, not a change from it
                skip = own.end()
                done.append(Token("period", token.start + 1, skip, _month_before(dated)))
                continue
            if found is not None:
                skip = found.end()
                done.append(Token("period", token.start, skip, _month_before(dated)))
            else:
                done.append(token)
        return done

    # ------------------------------------------------------------------------------------------- sentences

    def _sentence(self, tokens: list[Token]) -> None:
        self.base, self.last, self.limit, self.dim = "", None, "", False
        for clause, asides, separator in _clauses(tokens):
            self.clause += 1
            self._clause(clause)
            for aside in asides:
                self._aside(aside)
            if separator == "semicolon":
                self.last = None
                self._resume()
        self._resume()

    def _resume(self) -> None:
        if self.resumed is not None:
            self.dated, self.resumed = self.resumed, None

    def _aside(self, tokens: list[Token]) -> None:
        """A bracket: what it says is of the noun before it, in a period of its own."""
        kept = self.dated, self.last, replace(self.noun), self.base, self.dim
        if any(t.kind == "number" for t in tokens):
            named = any(t.kind == "period" for t in tokens)
            before = len(self.found)
            for clause, _, _ in _clauses(tokens):
                self._clause(clause)
            for i in range(before, len(self.found)):
                one = self.found[i]._replace(aside=True)
                self.found[i] = one if named or one.role != "level" else one._replace(role="other")
        self.dated, self.last, self.noun, self.base, self.dim = kept

    def _clause(self, clause: list[Token]) -> None:
        numbers = [i for i, t in enumerate(clause) if t.kind == "number"]
        if not numbers:
            self._without_number(clause)
            return
        several = len(numbers) > 1 and any(t.kind == "distribute" for t in clause[: numbers[0]])
        at = 0
        for n, i in enumerate(numbers):
            following = clause[i + 1 : numbers[n + 1] if n + 1 < len(numbers) else None]
            before = self.dated
            claim = self._number(clause[at:i], number_value(clause[i]), following, listed=several)
            self.found.append(claim)
            if claim.role == "from":
                self.dated = before
            if claim.role in ("level", "growth", "change", "amount"):
                self.last = claim
            at = i + 1
        self._words_of_turning(clause[at:])

    def _without_number(self, clause: list[Token]) -> None:
        phrase = self.line[clause[0].start : clause[-1].end] if clause else ""
        if _RECORD.search(phrase):
            return  # 为2024年5月份以来最高: neither a period nor a noun
        lead = Words.of(clause)
        self._absorb(lead)
        own, _, _ = self._sides(clause)
        self._take_noun(own, complete=False)
        if limited := _LIMITING.search(phrase):
            self.limit = limited[0]
        self._words_of_turning(clause)

    def _words_of_turning(self, clause: list[Token]) -> None:
        for token in clause:
            text = self.line[token.start : token.end]
            if token.kind == "flat":
                rated = any(t.kind == "rate" for t in clause)
                against = any(self.line.startswith(("与全国", "与全部"), t.start) for t in clause)
                yoy = any(t.kind == "base" and t.value[0] == "yoy" for t in clause)
                if yoy and not rated and not against:
                    self._word("flat", token, text)
            elif token.kind == "foreign" and token.value == TURN and "转" in text and text != "转为":
                self._word("turn", token, text)

    def _word(self, role: Role, token: Token, text: str) -> None:
        start = self.offset + self.places[token.start]
        end = self.offset + self.places[token.end - 1] + 1
        self.found.append(
            Claim(
                role, self.noun.subject, self.noun.indicator, Decimal(0), PERCENT, text, start, end, self.block,
                self.sentence, self.clause, self.sentence_text, self.dated, None, "growth", "", text, "", "",
                self.base, self.body, self.limit,
            )
        )  # fmt: skip

    # --------------------------------------------------------------------------------------------- a number

    def _absorb(self, lead: Words) -> None:
        periods = lead.all("period")
        if periods:
            before = self.dated
            self.dated = periods[-1].value if len(periods) == 1 else None
            self.dim = False
            # “其中6月份增长3.5%；”: the run of months goes on behind it
            run = before is not None and before.period is not None and before.period.kind == "ytd"
            self.resumed = before if "among" in lead and run else None
        if "timeless" in lead:
            self.dim = True
        if "this_month" in lead or "cumulative" in lead:
            self.dated, _ = turned(self.dated, single="this_month" in lead)
        if "body" in lead:
            self.body = str(lead.all("body")[-1].value)
        for token in lead.all("base"):
            if token.value[0] in ("yoy", "mom"):
                self.base = str(token.value[0])
        if "topic" in lead:
            self.noun.indicator = ""

    def _sides(self, lead: list[Token]) -> tuple[list[Token], list[Token], str]:
        """The words of the number's own noun, those of the other side of a gap or a share, and which it is."""
        for i, token in enumerate(lead):
            if token.kind == "foreign" and token.value in (GAP, SHARE):
                word = self.line[token.start : token.end]
                own, other = lead[:i], lead[i + 1 :]
                if word in ("高", "低"):  # 比全国工业高
                    if any(t.kind in ("unknown", "noun") for t in other):
                        continue  # 高质量发展
                    at = next((k for k, t in enumerate(own) if self.line[t.start : t.end] in ("比", "较")), len(own))
                    own, other = own[:at], own[at + 1 :]
                return own, other, "gap" if token.value == GAP else "share"
        return lead, [], ""

    def _phrase(self, tokens: Iterable[Token]) -> str:
        return "".join(
            self.line[t.start : t.end] for t in tokens if t.kind in _NOUNS or t.kind in ("plain", "sector", "join")
        )

    def _take_noun(self, own: list[Token], *, complete: bool = True) -> bool:
        """Take over the noun that stands in these words; False if none does."""
        stop = next((i for i, t in enumerate(own) if t.kind in ("verb", "level", "rate", "flat")), len(own))
        head = [t for t in own[:stop] if t.kind not in ("period", "body", "base")]
        subjects = [t for t in head if t.kind == "subject"]
        indicators = [t for t in head if t.kind == "indicator"]
        strange = self._strange(head)
        if not (subjects or indicators or strange):
            return False
        if not strange:
            if len(subjects) > 1 or len(indicators) > 1:
                joined = any(t.kind == "join" for t in head)
                if joined or len(subjects) > 1:
                    self.noun = _Noun("", "")
                    return True
            if subjects:
                name = subjects[-1].value
                own_indicator = implied_indicator(self.words, name) or self.noun.indicator
                self.noun = _Noun(name, indicators[0].value if indicators else own_indicator)
            elif indicators:
                whole = self.line.startswith(_INDUSTRY, indicators[-1].start)
                nation = self.line.endswith("全国", 0, indicators[-1].start)  # 全国出口总额 is not that of the industry
                self.noun = _Noun(_INDUSTRY if whole else "全国" if nation else self.noun.subject, indicators[-1].value)
            return True
        if not complete:
            # an opening clause: names hold, other words are said about them
            if subjects and len(subjects) == 1:
                self.noun = _Noun(subjects[0].value, indicators[0].value if len(indicators) == 1 else "")
            return True
        phrase = _FUNCTION.sub("", self._phrase(head))
        if subjects and head[0].kind == "subject" and not indicators:
            rest = _FUNCTION.sub("", self._phrase(head[1:])).lstrip("的")
            self.noun = _Noun(subjects[0].value, rest or self.noun.indicator)
        elif not indicators and not _HEAD.search(phrase):
            self.noun = _Noun(phrase, self.noun.indicator)  # a subject that the catalogue does not know
        else:
            self.noun = _Noun("" if subjects else self.noun.subject if indicators else "", phrase)
        return True

    def _strange(self, head: list[Token]) -> bool:
        text = "".join(self.line[t.start : t.end] for t in head if t.kind in ("unknown", "noun", "skip"))
        return bool(_FUNCTION.sub("", text))

    def _number(self, lead: list[Token], number: Number, after: list[Token], *, listed: bool) -> Claim:
        kinds = Words.of(lead)
        own, other, side = self._sides(lead)
        self._absorb(kinds)
        named = self._take_noun(own)
        if not named and side == "" and self.last is not None and self.last.aside:
            self.last = None
        unit = number.unit
        tail = self.line[number.end : number.end + 2]
        if unit == "" and number.scale == 1 and tail.startswith("点") and not tail.startswith("点多"):
            unit = INDEX_POINTS
        ends = not tail[:1].strip("，。；、,;()") or bool(after and after[0].kind == "verb")
        if unit == "" and number.scale == 1 and ends and is_index(self.words, self.noun.indicator):
            unit = INDEX_POINTS
        role, value, of = role_of(self._heard(), kinds, own, number, unit, side, listed=listed)
        if is_count(self.words, number, self.line):
            role = "count"
        reached = Words.of(own).all("verb") or role not in ("level", "other")
        base, against = self._against(kinds)
        dated, left = self.dated, False
        if base == "previous" and kinds.all("base") and not reached and after and after[0].kind in ("verb", "rate"):
            dated, left = Dated(against, False, False, self._word_of(kinds.all("base"))), True  # 比2月的151.77下降
            role = "level" if unit != PERCENT else role
        rough = kinds.all("approximate_before") or [t for t in after[:1] if t.kind == "approximate_after"]
        start, end = self.offset + self.places[number.start], self.offset + self.places[number.end - 1] + 1
        last = [t for t in other if t.kind != "base"]
        moved = last[:1] if side == "share" and last and last[0].kind == "verb" else []  # 占比提高
        verbs, rates = Words.of(own).all("verb") or moved, kinds.all("rate")
        return Claim(
            role, self.noun.subject, self.noun.indicator, value, unit, number.printed, start, end, self.block,
            self.sentence, self.clause, self.sentence_text, dated, against, of,
            _FUNCTION.sub("", self._phrase(other)).strip("的"),
            self._word_of(verbs) or self._word_of(kinds.all("reached")) or (gap_word(self.line,
            kinds.all("foreign")) if side == "gap" else ""),
            self._word_of(rates), self._word_of(rough), base, self.body, self.limit, aside=left, named=named,
            scale=number.scale,
        )  # fmt: skip

    def _word_of(self, tokens: list[Token]) -> str:
        return self.line[tokens[-1].start : tokens[-1].end] if tokens else ""

    def _heard(self) -> Heard:
        before = self.found[-1] if self.found else None
        # “增速由5%回落到3%”: the rate named before the value left behind is that of the value reached
        left = before is not None and before.role == "from" and before.clause == self.clause and bool(before.rate)
        return Heard(self.line, self.words, self.noun.subject, self.noun.indicator, self.last, left, self.dim)

    def _dated_like(self, token: Token, base: Period | None, period: Period | None) -> Period | None:
        """The period compared with: one without a year of its own is of the year of the figure's period."""
        words = self.line[token.start : token.end]
        if base is None or period is None or re.search(r"年(?!度)|\d{4}", words.replace("半年", "")):
            return base
        return Period(year=period.year, first=base.first, last=base.last)

    def _against(self, kinds: Words) -> tuple[str, Period | None]:
        bases = kinds.all("base")
        before = self.found[-1] if self.found else None
        if not bases and before is not None and before.aside and before.clause == self.clause:
            return "previous", before.against  # 比2月的151.77下降25.34点
        if not bases:
            return self.base, None
        kind, text = bases[-1].value
        period = self.dated.period if self.dated is not None else None
        try:
            if kind == "previous":
                return "previous", self._dated_like(bases[-1], _of_code(text), period)
            if period is None or kind not in ("mom", "yoy"):
                return str(kind), None
            if kind == "yoy":
                return "yoy", period.year_before()
            return "mom", previous_month(observed_month(period.year, period.last))
        except PeriodError:
            return str(kind), None


def _month_before(dated: Dated | None) -> Dated:
    """The month before a month; a period without a date if it cannot be told."""
    known = dated.period if dated is not None else None
    if known is None or (known.kind != "month" and not known.is_jan_feb):
        return Dated(None, False, False, LAST_MONTH)
    return Dated(previous_month(observed_month(known.year, known.last)), False, False, LAST_MONTH)


def _of_code(code: str) -> Period | None:
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:/\d{4}-(\d\d))?", code)
    if found is None:
        return None
    first = int(found[2])
    return Period(year=int(found[1]), first=first, last=int(found[3] or first))


def _clauses(tokens: list[Token]) -> Iterator[tuple[list[Token], list[list[Token]], str]]:
    """Clauses of a sentence with the brackets in them, and what ends them."""
    clause: list[Token] = []
    asides: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if token.kind == "open":
            depth += 1
            if depth == 1:
                asides.append([])
        elif token.kind == "close":
            depth = max(0, depth - 1)
        elif depth:
            asides[-1].append(token)
        elif token.kind in ("comma", "semicolon"):
            yield clause, asides, token.kind
            clause, asides = [], []
        else:
            clause.append(token)
    yield clause, asides, "stop"
