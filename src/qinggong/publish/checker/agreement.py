"""One quantity told in several places (一数多处): text against text, text against table, round words, period words."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from qinggong.publish.checker.document import Material
from qinggong.publish.checker.findings import words
from qinggong.publish.checker.intervals import decimals_of
from qinggong.publish.checker.ledger import RATE, Figure, Ledger, earlier
from qinggong.reading.claims import Claim

_SPANS = 64
_NEARLY = Decimal("0.005")


def agreement(material: Material) -> None:
    """Every quantity that is told more than once must be told alike."""
    for figures in list(material.ledger.figures.values()):
        exact = [f for f in figures if f.claim is None or not f.claim.rough]
        if len(exact) > 1:
            _agree(material, exact)


def _agree(material: Material, figures: list[Figure]) -> None:
    tables = [f for f in figures if f.in_table]
    judge = _most_told(tables or figures)
    for figure in figures:
        if figure is judge or figure.dimension != judge.dimension or figure.span.meets(judge.span):
            continue
        if not figure.in_table and not judge.in_table and _continued(figure, judge):
            continue
        _say(material, figure, judge)


def _most_told(figures: list[Figure]) -> Figure:
    """The mention that most others agree with; of equals the first."""
    times = Counter(f.span for f in figures)
    likely = [span for span, _ in times.most_common(_SPANS)]
    agreed = {span: sum(n for other, n in times.items() if other.meets(span)) for span in likely}
    return max((f for f in figures if f.span in agreed), key=lambda f: (agreed[f.span], -f.start))


def _continued(one: Figure, other: Figure) -> bool:
    """True for two numbers of one paragraph of which the later does not name its noun: its noun is a guess then."""
    first, last = sorted((one, other), key=lambda f: f.start)
    if first.claim is None or last.claim is None:
        return False
    return first.claim.block == last.claim.block and not last.claim.named


def _say(material: Material, figure: Figure, judge: Figure) -> None:
    ledger = material.ledger
    quote, right = _as_said(figure), _as_said(judge)
    where = "表中为" if judge.in_table else "另一处为"
    noun = ledger.titled(figure if figure.claim is not None else judge)
    rule = "same-quantity"
    if judge.in_table and not figure.in_table:
        rule = "text-table"
    if figure.value != 0 and figure.value == -judge.value:
        material.say("direction", figure.start, quote, f"{noun}：此处为{quote}，{where}{right}，升降方向相反", right)
        return
    slip = unit_slip(figure, judge)
    if slip:
        rule, noun = "unit", f"{noun}：此处为{quote}，{where}{right}，相差{slip}倍，单位写错"
        material.say(rule, figure.start, quote, noun, right)
        return
    material.say(rule, figure.start, quote, f"{noun}：此处为{quote}，{where}{right}", right)


def _as_said(figure: Figure) -> str:
    if figure.dimension == RATE and figure.quantity.measure != "level":
        plain = figure.printed.lstrip("-")
        return f"{'下降' if figure.value < 0 else '增长'}{plain}{figure.unit}" if plain[:1].isdigit() else plain
    return figure.shown


def unit_slip(figure: Figure, judge: Figure) -> str:
    """The power of ten by which two amounts are apart, as text; empty if they are not."""
    if figure.dimension == RATE or not figure.span.middle or not judge.span.middle:
        return ""
    ratio = abs(figure.span.middle / judge.span.middle)
    ratio = max(ratio, 1 / ratio)
    for text in words()["unit_slips"]:
        tolerance = _NEARLY + 1 / Decimal(10) ** min(_digits(figure), _digits(judge))
        if abs(ratio / Decimal(text) - 1) <= tolerance:
            return str(text)
    return ""


def _digits(figure: Figure) -> int:
    return len(figure.printed.replace(".", "").lstrip("-0")) or 1


def against_data(material: Material) -> None:
    """Every figure that the data know must be one of theirs; a wrong one may be that of the period before."""
    ledger = material.ledger
    for quantity, figures in ledger.figures.items():
        known = ledger.reference.get(quantity)
        if not known:
            continue
        for figure in figures:
            same = [k for k in known if k.dimension == figure.dimension]
            if not same or any(k.span.meets(figure.span) for k in same) or (figure.claim and figure.claim.rough):
                continue
            quote, right = _as_said(figure), "或".join(dict.fromkeys(_as_said(k) for k in same))
            noun = ledger.titled(figure)
            old = next((c for c in earlier(quantity.period) if _is_old(ledger, figure, c)), "")
            if old:
                message = (
                    f"{noun}：此处为{quote}，数据中是{right}；{quote}是{ledger.period_name(old)}的数，可能沿用了旧稿"
                )
                material.say("repeated", figure.start, quote, message, right)
            elif any(slip := unit_slip(figure, k) for k in same):
                material.say(
                    "unit", figure.start, quote, f"{noun}：此处为{quote}，数据中是{right}，相差{slip}倍", right
                )
            else:
                material.say("data", figure.start, quote, f"{noun}：此处为{quote}，数据中是{right}", right)


def _is_old(ledger: Ledger, figure: Figure, code: str) -> bool:
    known = ledger.reference.get(figure.quantity._replace(period=code), ())
    return any(k.dimension == figure.dimension and k.span.meets(figure.span) for k in known)


# --------------------------------------------------------------------------------------------- round numbers


def thresholds(material: Material) -> None:
    """突破, 近, 超, 约 against the exact figure where the document has it."""
    ledger = material.ledger
    for claim in ledger.claims:
        if not claim.rough or claim.limit or claim.role not in ("level", "growth"):
            continue
        own = ledger.by_start.get(claim.start)
        exact = None if own is None else ledger.one(own.quantity, dimension=own.dimension)
        if own is None or exact is None:
            continue
        message = _misused(claim, own, exact)
        if message:
            quote = f"{claim.rough}{own.shown}" if claim.rough in _FRONT else f"{own.shown}{claim.rough}"
            material.say("threshold", claim, quote, f"{ledger.titled(own)}为{exact.shown}，{message}", exact.shown)


_FRONT = frozenset("突破 超 超过 逾 站上 跨越 跨过 至少 多达 近 将近 接近 达近 不足 至多 最多 约 大约 约为".split())  # noqa: SIM905


def _misused(claim: Claim, own: Figure, exact: Figure) -> str:
    setting = words()
    mark = own.span.middle
    if claim.rough in setting["above"] and exact.span.high < mark:
        return f"没有达到{own.shown}，不能说“{claim.rough}”"
    if claim.rough in setting["below"]:
        if exact.span.low > mark:
            return f"已超过{own.shown}，不能说“{claim.rough}”"
        if exact.span.high < mark * Decimal(setting["near_from"]) and claim.rough != "不足":
            return f"离{own.shown}尚远，不能说“{claim.rough}”"
    if claim.rough in setting["about"] and mark:
        apart = abs(exact.span.middle - mark) / abs(mark)
        half = Decimal("0.5").scaleb(-decimals_of(own.printed))
        if apart > Decimal(setting["about_within"]) and abs(exact.value - own.value) > half:
            return f"与{own.shown}相差较大，不能说“{claim.rough}”"
    return ""


# ---------------------------------------------------------------------------------------------- period words


def periods(material: Material) -> None:
    """Periods of headline and text, and the period that a change is counted from."""
    ledger = material.ledger
    for claim in ledger.claims:
        if claim.role in ("change", "growth", "amount") and claim.against is not None:
            _compared(material, claim)
    _headline(material, ledger)


def _compared(material: Material, claim: Claim) -> None:
    now = claim.period.period if claim.period is not None else None
    if now is None or claim.against is None or claim.base != "previous":
        return
    ledger = material.ledger
    mine, other = ledger.period_name(now.code), ledger.period_name(claim.against.code)
    if claim.against == now:
        material.say("period", claim, f"比{other}", f"本期是{mine}，又与{other}相比，是同一时期")
    elif claim.against > now:
        material.say("period", claim, f"比{other}", f"本期是{mine}，却与在后的{other}相比")
    elif now.kind == "ytd" and not now.is_jan_feb and claim.against.kind == "month" and claim.of == "growth":
        message = f"本期是累计（{mine}），却与单月（{other}）相比"
        material.say("period", claim, f"比{other}", message, severity="warning")
    elif now.kind == "month" and claim.against.kind == "ytd" and not _first_months(claim) and claim.of == "growth":
        message = f"本期是单月（{mine}），却与累计（{other}）相比"
        material.say("period", claim, f"比{other}", message, severity="warning")


def _first_months(claim: Claim) -> bool:
    return claim.against is not None and (claim.against.is_jan_feb or claim.against.last == 12)


def _headline(material: Material, ledger: Ledger) -> None:
    """The headline's period must be one that the text speaks of, if the text speaks of another in its place."""
    title = material.title.period if material.title is not None else None
    if title is None:
        return
    told = [
        c for c in ledger.claims
        if c.period is not None and c.period.period is not None and not c.period.inherited and not c.aside
        and c.role in ("level", "growth")
    ]  # fmt: skip
    periods = {c.period.period for c in told if c.period is not None}
    same_end = any(p is not None and (p.year, p.last) == (title.year, title.last) for p in periods)
    if not told or same_end:
        return
    first = told[0]
    period = first.period.period if first.period is not None else None
    if period is not None and first.period is not None and first.period.stated_year and period.year != title.year:
        if all(p is not None and p.year != title.year for p in periods) and period.last == title.last:
            mine, other = ledger.period_name(title.code), ledger.period_name(period.code)
            material.say("period", first, other, f"标题是{mine}，正文说的却是{other}", mine)
        return
    if period is None or period.year != title.year or period.last == title.last:
        return
    mine, other = ledger.period_name(title.code), ledger.period_name(period.code)
    if period.last > title.last or period.last >= title.last - 1:
        message = f"标题是{mine}，正文说的却是{other}，正文没有{mine}的数字"
        material.say("period", first, other, message, mine)
