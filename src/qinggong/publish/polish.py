"""Polishing (润色): one paragraph to a language model and back, kept only if it says the same; off unless configured.

Any endpoint that speaks the chat completions protocol will do. What comes back is a foreign text: it is read with the
checker's reader and compared with the paragraph. Numbers with their units and digits, what each is said to be (noun,
period, direction), periods, names and every other word must be those of the paragraph; only connecting words may be
new. Otherwise the paragraph stays as it was, and the reason is told.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qinggong.catalogue import Catalogue
from qinggong.catalogue.narrative import bundled_narrative
from qinggong.publish.document import Block, Bulletin, Inline, Number, Paragraph
from qinggong.reading.claim_walk import read_claims
from qinggong.reading.claims import Claim
from qinggong.reading.numbers import fold, squeeze
from qinggong.reading.vocabulary import Token, Vocabulary, vocabulary

if TYPE_CHECKING:
    import httpx

_LARGEST = 65_536
_MOST_FAILURES = 3
"""After so many calls in a row without an answer the endpoint is left alone."""
_STYLES = frozenset({"lead", "body"})
_PUNCTUATION = frozenset({"comma", "semicolon", "stop", "colon", "open", "close", "pause", "join"})
_WORDS: dict[Any, str] = {
    ("up", 1): "增长、加快等升的词", ("down", -1): "下降、回落等降的词", ("narrow", 0): "收窄", ("widen", 0): "扩大"
}  # fmt: skip
_FREE = frozenset({"level", "rate", "number", "period", "base", "subject", "indicator", "verb", "plain", "unknown"})
_MARKUP = ("<", ">", "](", "```", "http://", "https://", "\\", "#", "*")


class PolishError(Exception):
    """The settings cannot be used; the message is a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class PolishSettings:
    """Where paragraphs are sent: base address, model, the variable that holds the key, seconds to wait."""

    url: str
    model: str
    key_env: str = ""
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one paragraph: ``reason`` says in Chinese why it was kept as it was."""

    section: str
    place: int
    accepted: bool
    reason: str = ""


def settings_of(table: Mapping[str, Any]) -> PolishSettings | None:
    """The table ``[polish]`` of ``qinggong.toml``; ``None`` if it is absent or empty, and nothing is then sent.

    Raises
    ------
    PolishError
        Naming the entry that is wrong.
    """
    if not table:
        return None
    unknown = sorted(set(table) - {"url", "model", "key_env", "timeout"})
    if unknown:
        raise PolishError(
            f"qinggong.toml 的 [polish] 有不认识的项“{unknown[0]}”，可用的是 url、model、key_env、timeout"
        )
    url, model = str(table.get("url", "")).strip().rstrip("/"), str(table.get("model", "")).strip()
    if not url.startswith(("http://", "https://")):
        raise PolishError(f"qinggong.toml 的 [polish] url 应是 http:// 或 https:// 开头的地址，现在是“{url}”")
    if not model:
        raise PolishError("qinggong.toml 的 [polish] 缺 model，请写上模型的名称")
    seconds = table.get("timeout", 30)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 600:
        raise PolishError(f"qinggong.toml 的 [polish] timeout 应是1到600的秒数，现在是“{seconds}”")
    return PolishSettings(url, model, str(table.get("key_env", "")).strip(), float(seconds))


def polished(
    bulletin: Bulletin,
    settings: PolishSettings,
    *,
    catalogue: Catalogue,
    transport: httpx.BaseTransport | None = None,
) -> tuple[Bulletin, tuple[Outcome, ...]]:
    """A Chinese bulletin with its leading paragraphs polished where that says the same, and what became of each.

    Raises
    ------
    PolishError
        If the variable of the key is named and empty.
    """
    if bulletin.language != "zh-CN":
        return bulletin, ()
    words = vocabulary(catalogue, "")
    outcomes: list[Outcome] = []
    sections = []
    with _client(settings, transport) as client:
        failures = 0
        for section in bulletin.sections:
            blocks: list[Block] = []
            for place, block in enumerate(section.blocks):
                blocks.append(block)
                if failures >= _MOST_FAILURES or not _worth(block):
                    continue
                assert isinstance(block, Paragraph)
                answer, reason = ask(client, settings, block.text)
                failures = failures + 1 if answer is None else 0
                if answer is not None:
                    found, reason = accepted(block, answer, words=words)
                    blocks[-1] = found
                outcomes.append(Outcome(section.key, place, not reason, reason))
            sections.append(dataclasses.replace(section, blocks=tuple(blocks)))
    return dataclasses.replace(bulletin, sections=tuple(sections)), tuple(outcomes)


def _worth(block: Block) -> bool:
    return (
        isinstance(block, Paragraph)
        and block.style in _STYLES
        and any(isinstance(part, Number) for part in block.inlines)
    )


# --------------------------------------------------------------------------------------------------- the endpoint


def _client(settings: PolishSettings, transport: httpx.BaseTransport | None) -> httpx.Client:
    import httpx

    headers = {"accept": "application/json"}
    if settings.key_env:
        key = os.environ.get(settings.key_env, "")
        if not key:
            raise PolishError(f"环境变量 {settings.key_env} 没有值，不能调用润色接口，请先设置，或删去 key_env")
        headers["authorization"] = f"Bearer {key}"
    return httpx.Client(headers=headers, timeout=settings.timeout, follow_redirects=False, transport=transport)


def ask(client: httpx.Client, settings: PolishSettings, text: str) -> tuple[str | None, str]:
    """The endpoint's version of a paragraph, or ``None`` with the reason; nothing of the request is in the reason."""
    import httpx

    body = {
        "model": settings.model, "temperature": 0, "stream": False,
        "messages": [
            {"role": "system", "content": bundled_narrative().polish.prompt},
            {"role": "user", "content": text},
        ],
    }  # fmt: skip
    try:
        with client.stream("POST", f"{settings.url}/chat/completions", json=body) as answer:
            if answer.status_code != 200:
                return None, f"润色接口返回状态{answer.status_code}"
            raw = b""
            for part in answer.iter_bytes():
                raw += part
                if len(raw) > _LARGEST:
                    return None, "润色接口的回答太长"
    except httpx.TimeoutException:
        return None, f"润色接口{settings.timeout:g}秒内没有回答"
    except httpx.HTTPError as error:
        return None, f"润色接口连不上（{type(error).__name__}）"
    try:
        content = json.loads(raw)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        return None, "润色接口的回答不是约定的格式"
    return (content, "") if isinstance(content, str) else (None, "润色接口的回答不是文字")


# -------------------------------------------------------------------------------------------------- the comparison


def accepted(paragraph: Paragraph, answer: str, *, words: Vocabulary) -> tuple[Paragraph, str]:
    """The answer as a paragraph whose numbers are the facts of the old one; else the old one and the reason."""
    told = answer.strip()
    reason = _unfit(paragraph.text, told) or _difference(words, paragraph.text, told)
    if reason:
        return paragraph, reason
    inlines = _with_facts(words, paragraph, told)
    if inlines is None:
        return paragraph, "数字与事实对不上，不能确定每个数字出自哪个事实"
    return Paragraph(inlines, paragraph.style), ""


def _unfit(ours: str, told: str) -> str:
    if not told:
        return "回答是空的"
    if "\n" in told or any(not c.isprintable() for c in told):
        return "回答不是一段文字"
    if found := next((sign for sign in _MARKUP if sign in told and sign not in ours), ""):
        return f"回答里有标记“{found}”"
    if len(told) > bundled_narrative().polish.longest * len(ours):
        return "回答比原文长得多"
    return ""


def _difference(words: Vocabulary, ours: str, told: str) -> str:
    """What the two texts say differently, as a Chinese sentence; empty if nothing."""
    one, other = _Read(words, ours), _Read(words, told)
    if extra := sorted(other.loose - one.loose - _connecting(), key=told.find):
        return f"多了原文没有的文字“{extra[0]}”"
    for what, left, right in (
        ("数字", one.numbers, other.numbers), ("时期", one.periods, other.periods), ("对象", one.subjects, other.subjects),
        ("指标", one.indicators, other.indicators), ("升降方向", one.directions, other.directions),
        ("用语", one.fixed, other.fixed),
    ):  # fmt: skip
        if left != right:
            lost, new = left - right, right - left
            parts = [f"少了“{_shown(lost)}”"] if lost else []
            parts += [f"多了“{_shown(new)}”"] if new else []
            return f"{what}与原文不同：{'，'.join(parts)}"
    if new := other.claims - one.claims:
        _, subject, _, printed, unit, *_ = next(iter(new))
        return f"“{printed}{unit}”在原文中不是{subject or '这里'}的数字，或时期、方向、比较的对象不同"
    if one.claims != other.claims:
        return "有的数字在回答中读不出是什么"
    return ""


def _connecting() -> frozenset[str]:
    return frozenset(bundled_narrative().polish.connecting)


def _shown(counted: Counter[Any]) -> str:
    first = next(iter(counted))
    if first in _WORDS:
        return _WORDS[first]
    return "".join(str(part) for part in first) if isinstance(first, tuple) else str(first)


class _Read:
    """What a text says, word by word."""

    def __init__(self, words: Vocabulary, text: str) -> None:
        self.line, self.offsets = squeeze(fold(text))
        self.tokens: list[Token] = words.tokens(self.line, year=_SAME_YEAR)
        found = read_claims(words, text, start=0, block=0, year=_SAME_YEAR)
        self.heard: list[Claim] = found
        self.numbers: Counter[Any] = Counter()
        self.periods: Counter[Any] = Counter()
        self.subjects: Counter[Any] = Counter()
        self.indicators: Counter[Any] = Counter()
        self.directions: Counter[Any] = Counter()
        self.fixed: Counter[Any] = Counter()
        for token in self.tokens:
            self._enter(token)
        # Named once or twice is the same; named at all or not is not.
        for counted in (self.periods, self.subjects, self.indicators):
            for key in counted:
                counted[key] = 1
        self.claims: Counter[Any] = Counter(_key(c) for c in found if c.role != "turn")
        self.loose = frozenset(self._loose())

    def _enter(self, token: Token) -> None:
        said = self.line[token.start : token.end]
        if token.kind == "number":
            n = token.value
            self.numbers[(n.printed, n.unit, "×" if n.scale != 1 else "")] += 1
        elif token.kind == "period":
            self.periods[token.value.period.code if token.value.period is not None else token.value.text] += 1
        elif token.kind == "base":
            if token.value[0] != "yoy":
                self.periods[("比", token.value[1])] += 1
        elif token.kind == "subject":
            self.subjects[str(token.value)] += 1
        elif token.kind == "indicator":
            self.indicators[str(token.value)] += 1
        elif token.kind == "verb":
            self.directions[(token.value[0], token.value[1])] += 1
        elif token.kind not in _FREE and token.kind not in _PUNCTUATION and said not in _connecting():
            self.fixed[(token.kind, said)] += 1

    def _loose(self) -> list[str]:
        """Words that the vocabulary does not know, run by run, and its words without a meaning of their own."""
        found: list[str] = []
        run, end = "", -1
        for token in self.tokens:
            said = self.line[token.start : token.end]
            if token.kind == "unknown":
                run = run + said if token.start == end else said
                end = token.end
                if found and found[-1] == run[: -len(said)] and len(run) > len(said):
                    found[-1] = run
                else:
                    found.append(run)
            elif token.kind == "plain":
                found.append(said)
        return found


_SAME_YEAR = 2000
"""The year of periods that name none: the same in both texts."""


def _key(claim: Claim) -> tuple[str, ...]:
    """What a number is said to be."""
    period = claim.period.period if claim.period is not None else None
    against = claim.against.code if claim.role == "change" and claim.against is not None else ""
    return (
        claim.role, claim.subject, claim.indicator, claim.printed, claim.unit, "-" if claim.value < 0 else "",
        period.code if period is not None else "", against, claim.of, claim.other, "旁" if claim.aside else "",
    )  # fmt: skip


def _with_facts(words: Vocabulary, paragraph: Paragraph, told: str) -> tuple[Inline, ...] | None:
    """The new text with each number carrying the fact that it carried before; ``None`` if that is not certain."""
    held: dict[tuple[str, ...], list[Number]] = defaultdict(list)
    places = _places(_Read(words, paragraph.text))
    at = 0
    for part in paragraph.inlines:
        if isinstance(part, Number):
            key = next((key for start, end, key in places if start <= at < end), None)
            if key is None:
                return None
            held[key].append(part)
        at += len(part if isinstance(part, str) else part.text)
    inlines: list[Inline] = []
    end = 0
    for start, stop, key in _places(_Read(words, told)):
        waiting = held.get(key)
        found = told.find(waiting[0].text, start, stop) if waiting else -1
        if waiting and found >= end:
            number = waiting.pop(0)
            inlines += [told[end:found], number]
            end = found + len(number.text)
    if any(held.values()):
        return None
    return tuple(part for part in (*inlines, told[end:]) if part != "")


def _places(read: _Read) -> list[tuple[int, int, tuple[str, ...]]]:
    """Where the text has a word with digits that is no period, and what it is: its claim, else the word itself."""
    claims = {c.start: c for c in read.heard}
    found = []
    for token in read.tokens:
        said = read.line[token.start : token.end]
        if token.kind in ("period", "base") or not any(c.isdigit() for c in said):
            continue
        start, end = read.offsets[token.start], read.offsets[token.end - 1] + 1
        claim = claims.get(start)
        found.append((start, end, _key(claim) if claim is not None else (token.kind, said)))
    return found
