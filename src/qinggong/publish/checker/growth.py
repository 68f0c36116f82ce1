"""Growth and its words (增速与用词): changes against two growth rates, directions, turns, runs, per cent and points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from qinggong.periods import Period
from qinggong.publish.checker.document import Material
from qinggong.publish.checker.findings import words
from qinggong.publish.checker.intervals import decimals_of, rounded, shown
from qinggong.publish.checker.ledger import Figure, Ledger, Quantity, before_code, period_of, same_noun
from qinggong.reading.claims import INDEX_POINTS, Claim, is_ratio
from qinggong.reading.figures import PERCENT, POINTS
from qinggong.reading.numbers import fold

_MEASURES = {"growth": "yoy", "level": "level"}
_CHINESE = {c: i for i, c in enumerate("一二三四五六七八九十", start=1)} | {"两": 2, "十一": 11, "十二": 12}
_RUN = re.compile(
    r"连续(?P<n>\d{1,3}|十[一二]?|[一二两三四五六七八九])个?月(?:[^，。；、()]{0,6}?)(?P<word>正增长|负增长|增长|下降|上升|上涨|下跌|回升|回落|加快|放缓)"
)
_DOWN = frozenset({"负增长", "下降", "下跌"})
_SPEEDS = frozenset({"加快", "放缓", "回升", "回落"})
_LOWER = frozenset({"下降", "下跌", "回落", "放缓", "负增长"})
_UP = frozenset({"正增长", "增长", "上升", "上涨"})
_NARROW, _WIDE = ("收窄", "缩小"), ("扩大",)
_SLOWER = ("放缓", "减缓", "趋缓", "回落")


def changes(material: Material) -> None:
    """Each change of a rate, a ratio or an index against the two values that it lies between."""
    ledger = material.ledger
    for i, claim in enumerate(ledger.claims):
        if claim.role != "change" or claim.aside:
            continue
        measure = _MEASURES[claim.of]
        now = _current(ledger, i, measure)
        before = _bracketed(ledger, i) or ledger.before(claim, measure)
        if now is None or before is None or now.start == before.start or now.dimension != before.dimension:
            continue
        if any(issue.start == claim.start for issue in material.issues):
            continue  # told beside its two values
        _compare(material, claim, now, before)


def _compare(material: Material, claim: Claim, now: Figure, before: Figure) -> None:
    said = rounded(claim.value, claim.printed)
    moved = now.span - before.span
    printed = now.value - before.value
    places = max(decimals_of(now.printed), decimals_of(before.printed))
    unit = POINTS if claim.unit in (PERCENT, POINTS) else claim.unit
    said_text = f"{claim.rate}{claim.verb}{claim.printed}{claim.unit}"
    both = f"{material.ledger.titled(now)}为{_signed(now)}，{material.ledger.titled(before)}为{_signed(before)}"
    expected = f"{shown(printed, places)}{unit}"
    if said.meets(moved):
        if abs(printed - claim.value) > Decimal("0.5").scaleb(-decimals_of(claim.printed)):
            message = f"{both}，两数之差为{expected}，文字为“{said_text}”，相差在四舍五入之内，请核对"
            material.say("change", claim, said_text, message, expected, "warning")
        return
    if claim.value * printed < 0:
        message = f"{both}，文字却说“{said_text}”，升降方向相反"
        material.say("direction", claim, said_text, message, expected)
        return
    message = f"{both}，两数之差为{expected}，文字为“{said_text}”"
    if now.value == before.value:
        fitting = f"{shown(before.value + claim.value, places)}{now.unit}"
        message += f"；两期的数相同，可能沿用了上期的数，按升降推算本期应为{fitting}"
        expected = fitting
    material.say("change", claim, said_text, message, expected)


def _signed(figure: Figure) -> str:
    sign = "-" if figure.value < 0 and not figure.printed.startswith("-") else ""
    return f"{sign}{figure.printed}{figure.unit}"


def _current(ledger: Ledger, i: int, measure: str) -> Figure | None:
    """The value that moved: told in the same sentence of the same noun, else the one of the ledger."""
    claim = ledger.claims[i]
    role = "growth" if measure == "yoy" else "level"
    for earlier in ledger.back(i):
        same = same_noun(earlier, claim) and earlier.role == role and not earlier.aside and not earlier.rough
        if same and _same_time(ledger, earlier, claim):
            return ledger.by_start.get(earlier.start)
    return ledger.one(ledger.quantity(claim, measure))


def _same_time(ledger: Ledger, one: Claim, other: Claim) -> bool:
    return ledger.period_code(one.period, one.indicator) == ledger.period_code(other.period, other.indicator)


def _bracketed(ledger: Ledger, i: int) -> Figure | None:
    """The earlier value in the bracket behind the change: 增速比上月回落2.5个百分点（上月增长5.0%）."""
    claim = ledger.claims[i]
    following = ledger.claims[i + 1] if i + 1 < len(ledger.claims) else None
    if following is None or not following.aside or following.sentence != claim.sentence:
        return None
    if following.block != claim.block or not same_noun(following, claim) or following.period == claim.period:
        return None
    return ledger.by_start.get(following.start) if following.role in ("growth", "level") else None


def directions(material: Material) -> None:
    """Words of direction against the sign of the number that they go with."""
    for i, claim in enumerate(material.ledger.claims):
        if claim.role == "growth":
            _double_sign(material, claim)
        elif claim.role == "change" and claim.of == "growth" and not claim.aside:
            _speed(material, i)
        elif claim.role == "turn":
            _turn(material, i)
        elif claim.role == "from":
            _from_to(material, i)


def _double_sign(material: Material, claim: Claim) -> None:
    if not claim.printed.startswith("-") or not (claim.verb or claim.rate in ("降幅", "跌幅")):
        return
    quote = f"{claim.verb or claim.rate}{claim.printed}{claim.unit}"
    plain = claim.printed.lstrip("-")
    falls = claim.verb in ("下降", "减少", "降低", "下滑", "下跌", "回落", "负增长") or claim.rate in ("降幅", "跌幅")
    word = "已是下降，数字不应再带负号" if falls else "与负数不符"
    material.say(
        "direction", claim, quote, f"“{quote}”：“{claim.verb or claim.rate}”{word}", f"下降{plain}{claim.unit}"
    )


def _growth_before(ledger: Ledger, i: int) -> Claim | None:
    """The growth of the same noun told before in this sentence."""
    claim = ledger.claims[i]
    for earlier in ledger.back(i):
        if same_noun(earlier, claim) and earlier.role == "growth" and not earlier.aside:
            return earlier if _same_time(ledger, earlier, claim) else None
    return None


def _speed(material: Material, i: int) -> None:
    claim = material.ledger.claims[i]
    growth = _growth_before(material.ledger, i)
    if growth is None or growth.value == 0:
        return
    falling = growth.value < 0
    quote = f"{claim.rate}{claim.verb}{claim.printed}{claim.unit}"
    number = f"同比{'下降' if falling else '增长'}{growth.printed.lstrip('-')}{growth.unit}"
    if claim.rate in ("降幅", "跌幅") and not falling:
        material.say(
            "direction", claim, quote, f"前面说{number}，不能再说“{claim.rate}{claim.verb}”", "增速加快或由负转正"
        )
    elif claim.rate in ("增幅", "涨幅") and falling:
        material.say("direction", claim, quote, f"前面说{number}，不能再说“{claim.rate}{claim.verb}”", "降幅扩大或收窄")
    elif falling and claim.verb == "加快":
        material.say("direction", claim, quote, f"前面说{number}，降低的速度变小应说“降幅收窄”", "降幅收窄", "warning")
    elif falling and claim.verb in _SLOWER and claim.value < 0 and growth.value - claim.value < 0:
        material.say("direction", claim, quote, f"前面说{number}，上期也是下降，应说“降幅扩大”", "降幅扩大", "warning")


def _turn(material: Material, i: int) -> None:
    ledger = material.ledger
    claim = ledger.claims[i]
    down = claim.verb.endswith(("转负", "转降", "转跌"))
    now = _growth_before(ledger, i)
    if now is None and i + 1 < len(ledger.claims):  # 由降转增，同比增长2.0%
        after = ledger.claims[i + 1]
        near = (after.block, after.sentence, after.clause) == (claim.block, claim.sentence, claim.clause + 1)
        if near and after.role == "growth" and after.base == "yoy" and same_noun(after, claim) and not after.aside:
            now = after
    if now is not None and now.value != 0 and (now.value < 0) != down:
        number = f"{'下降' if now.value < 0 else '增长'}{now.printed.lstrip('-')}{now.unit}"
        right = "由正转负" if now.value < 0 else "由负转正"
        material.say("turn", claim, claim.verb, f"本期{number}，与“{claim.verb}”不符", right)
        return
    for later in ledger.claims[i + 1 : i + 2]:
        same = later.aside and (later.block, later.sentence) == (claim.block, claim.sentence)
        if same and later.role == "growth" and later.value != 0 and (later.value > 0) != down:
            number = f"{'下降' if later.value < 0 else '增长'}{later.printed.lstrip('-')}{later.unit}"
            material.say("turn", claim, claim.verb, f"上期{number}，与“{claim.verb}”不符")
            return
    if now is None or (previous := _step_back(now, ledger)) is None:
        return
    if previous.value != 0 and (previous.value > 0) != down:
        number = f"{ledger.titled(previous)}{_signed(previous)}"
        material.say("turn", claim, claim.verb, f"上期（{number}）的正负与“{claim.verb}”不符")


def _step_back(claim: Claim, ledger: Ledger) -> Figure | None:
    quantity = ledger.quantity(claim, "yoy")
    step = before_code(quantity.period)
    return ledger.one(quantity._replace(period=step.code)) if step is not None else None


def _from_to(material: Material, i: int) -> None:
    ledger = material.ledger
    left, reached = ledger.claims[i], ledger.claims[i + 1] if i + 1 < len(ledger.claims) else None
    if reached is None or (reached.block, reached.clause) != (left.block, left.clause) or left.unit != reached.unit:
        return
    word = reached.verb
    up = word.startswith(("提", "上", "回升", "增", "加快", "升", "扩"))
    down = word.startswith(("下", "降", "回落", "减", "收", "放", "缩"))
    first, second = Decimal(left.printed), Decimal(reached.printed)
    if (up and second < first) or (down and second > first):
        quote = f"{left.printed}{left.unit}{word}{reached.printed}{reached.unit}"
        material.say("direction", reached, quote, f"由{left.printed}到{reached.printed}，与“{word}”方向相反")


def units_of_change(material: Material) -> None:
    """Per cent where percentage points are meant, and the other way round."""
    ledger = material.ledger
    speed = words()["speed"]
    for i, claim in enumerate(ledger.claims):
        quote = f"{claim.rate}{claim.verb}{claim.printed}{claim.unit}"
        right = f"{claim.printed}{POINTS}"
        ratio = is_ratio(material.words, claim.indicator)
        if claim.unit == PERCENT and claim.role == "change":
            material.say("points", claim, quote, f"“{quote}”：两个百分数之差应以百分点计", right)
        elif claim.unit == PERCENT and claim.role == "growth" and claim.verb and (claim.verb in speed or ratio):
            what = "增速的变化" if claim.verb in speed else "比率的升降"
            if not claim.rate:
                material.say("points", claim, quote, f"“{quote}”：{what}应以百分点计", right)
        elif claim.unit == PERCENT and claim.role == "other" and ratio and claim.verb in (*_NARROW, *_WIDE):
            material.say("points", claim, quote, f"“{quote}”：比率的升降应以百分点计", right)
        elif claim.unit == PERCENT and claim.role == "gap" and _of_rates(ledger, i, ratio=ratio):
            material.say("points", claim, quote, f"“{quote}”：两个百分数之差应以百分点计", right)
        elif claim.unit == PERCENT and claim.role == "share" and claim.verb in _SHARE_VERBS and not claim.other:
            material.say("points", claim, quote, f"“{quote}”：占比的升降应以百分点计", right)
        elif claim.unit == POINTS and claim.role == "change" and _plain_growth(material, claim, ratio=ratio):
            message = f"“{quote}”：总量的增长应以百分数计，百分点只用于两个百分数之差"
            material.say("percent", claim, quote, message, f"{claim.printed}{PERCENT}")


_SHARE_VERBS = frozenset({"提高", "提升", "上升", "下降", "降低", "回升", "回落"})


def _of_rates(ledger: Ledger, i: int, *, ratio: bool) -> bool:
    claim = ledger.claims[i]
    if ratio or claim.rate:
        return True
    before = ledger.claims[i - 1] if i else None
    same = before is not None and (before.block, before.sentence) == (claim.block, claim.sentence)
    return bool(same and before is not None and same_noun(before, claim) and before.role in ("growth", "change"))


def _plain_growth(material: Material, claim: Claim, *, ratio: bool) -> bool:
    known = claim.indicator in material.words.catalogue.indicators
    plain = claim.verb in ("增长", "增加", "下降", "减少") and not claim.rate
    return known and not ratio and plain and claim.named and claim.base == "yoy"


# ----------------------------------------------------------------------------------------------------------- runs


def runs(material: Material) -> None:
    """“连续n个月” against the growth rates that the document knows."""
    ledger = material.ledger
    for number, block in enumerate(material.blocks):
        if block.kind == "table" or "连续" not in block.text:
            continue
        for found in _RUN.finditer(fold(block.text)):
            start = block.start + found.start()
            sentence = block.text[: found.start()].count("。")
            months = int(found["n"]) if found["n"].isdigit() else _CHINESE[found["n"]]
            if moved := _moved(ledger, number, start, sentence, found["word"]):
                _check_moves(material, start, found[0], months, found["word"] in _LOWER, moved)
                continue
            claim = _anchor(ledger, number, start, sentence)
            if claim is None or found["word"] not in _DOWN | _UP:
                continue
            _check_run(material, start, found[0], months, found["word"] in _DOWN, claim)


def _moved(ledger: Ledger, block: int, start: int, sentence: int, word: str) -> Claim | None:
    """The change or the index that a run of rises is of; ``None`` if the word is of growth."""
    near = [
        c for c in ledger.claims if c.block == block and c.sentence == sentence + 1 and not c.aside and c.start < start
    ]
    last = near[-1] if near else None
    if last is None or (last.role == "growth" and word not in _SPEEDS):
        return None
    if last.role == "change" and last.base in ("mom", "previous") and (last.of == "level" or word in _SPEEDS):
        return last
    if last.role == "level" and last.unit == INDEX_POINTS and word not in ("增长", "正增长", "负增长"):
        return last
    return None


def _check_moves(material: Material, start: int, quote: str, months: int, down: bool, claim: Claim) -> None:
    """A run of rises or falls against the last step, and against the values of the months that are told."""
    ledger = material.ledger
    if claim.role == "change":
        if claim.value != 0 and (claim.value < 0) != down:
            said = f"{claim.rate}{claim.verb}{claim.printed}{claim.unit}"
            material.say("run", start, quote, f"前面说{said}，与“{quote}”不符")
        return
    quantity = ledger.quantity(claim, "level")
    now = ledger.one(quantity)
    for done, (step, _) in enumerate(_steps(quantity.period)):
        if not done:
            continue
        before = ledger.one(quantity._replace(period=step.code))
        if done > months or now is None or before is None:
            return
        if now.value != before.value and (now.value < before.value) != down:
            message = f"{ledger.titled(now)}为{now.shown}，{ledger.titled(before)}为{before.shown}，与“{quote}”不符"
            material.say("run", start, quote, message)
            return
        now = before


def _anchor(ledger: Ledger, block: int, start: int, sentence: int) -> Claim | None:
    """The growth that a run is of: the last one before it in the sentence, else the first behind it."""
    near = [
        c for c in ledger.claims
        if c.block == block and c.role == "growth" and not c.aside and c.sentence == sentence + 1
    ]  # fmt: skip
    before = [c for c in near if c.start < start]
    return before[-1] if before else near[0] if near else None


def _check_run(material: Material, start: int, quote: str, months: int, down: bool, claim: Claim) -> None:
    ledger = material.ledger
    word = "下降" if down else "增长"
    if claim.value != 0 and (claim.value < 0) != down:
        number = f"{'下降' if claim.value < 0 else '增长'}{claim.printed.lstrip('-')}{claim.unit}"
        material.say("run", start, quote, f"本期{number}，与“{quote}”不符")
        return
    turned = any(
        c.role == "turn" and (c.block, c.sentence) == (claim.block, claim.sentence) and same_noun(c, claim)
        for c in ledger.claims
    )
    if turned and months > 1:
        material.say("run", start, quote, f"同一句说正负刚刚转变，与“{quote}”不符", "连续1个月")
        return
    counted = 0
    quantity = ledger.quantity(claim, "yoy")
    for step, length in _steps(quantity.period):
        known = ledger.one(Quantity(quantity.subject, quantity.indicator, "yoy", step.code))
        if counted >= months:
            return
        if known is not None and counted and known.value != 0 and (known.value < 0) != down:
            message = f"{ledger.titled(known)}为{_signed(known)}，至本期只连续{counted}个月{word}，文字为“{quote}”"
            material.say("run", start, quote, message, f"连续{counted}个月")
            return
        counted += length


def _steps(code: str) -> Iterator[tuple[Period, int]]:
    """Periods backwards from this one, each with the months that it counts for (January–February: two)."""
    step = period_of(code)
    for _ in range(240):
        if step is None:
            return
        yield step, 2 if step.is_jan_feb else 1
        step = before_code(step.code)
