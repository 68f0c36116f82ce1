"""Amounts that belong together (数额勾稽): margin, share, gap, parts and whole, months and cumulated figures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from qinggong.publish.checker.document import Material
from qinggong.publish.checker.findings import words
from qinggong.publish.checker.intervals import Interval, decimals_of, rounded, shown
from qinggong.publish.checker.ledger import RATE, Figure, Ledger, Quantity, same_noun
from qinggong.reading.claims import Claim
from qinggong.reading.figures import PERCENT, implied_indicator

_MARGIN, _PROFIT, _REVENUE = "revenue_margin", "profit", "revenue"
_MONEY = "money_cny"


def margins(material: Material) -> None:
    """Revenue × margin = profit, for the same subject and period; profit is not above revenue."""
    ledger = material.ledger
    _larger(material)
    for quantity in [q for q in ledger.figures if q.indicator == _MARGIN and q.measure == "level"]:
        profit = ledger.one(quantity._replace(indicator=_PROFIT), dimension=_MONEY)
        revenue = ledger.one(quantity._replace(indicator=_REVENUE), dimension=_MONEY)
        if profit is None or revenue is None or revenue.span.low <= 0:
            continue
        derived = profit.span.over(revenue.span).scaled(100)
        for margin in ledger.known(quantity):
            if ratio_span(margin.value, margin.printed).meets(derived):
                continue
            places = decimals_of(margin.printed)
            right = f"{shown(derived.middle, places)}%"
            message = (
                f"{ledger.titled(margin)}为{margin.shown}，而利润{profit.shown}除以营业收入{revenue.shown}得{right}"
                + _slip(profit, derived.middle / margin.span.middle if margin.span.middle else derived.middle)
            )
            material.say("margin", margin.start, margin.shown, message, right)


def _larger(material: Material) -> None:
    """Profit above the revenue of the same subject and period: a unit is wrong."""
    ledger = material.ledger
    for quantity in [q for q in ledger.figures if q.indicator == _PROFIT and q.measure == "level"]:
        profit = ledger.one(quantity, dimension=_MONEY)
        revenue = ledger.one(quantity._replace(indicator=_REVENUE), dimension=_MONEY)
        if profit is None or revenue is None or profit.span.low <= revenue.span.high:
            continue
        if ledger.figures.get(quantity._replace(indicator=_MARGIN)):
            continue  # told with the margin
        message = f"{ledger.titled(profit)}{profit.shown}大于营业收入{revenue.shown}，其中一处的单位可能写错"
        material.say("unit", revenue.start, revenue.shown, message)


def ratio_span(value: Decimal, printed: str) -> Interval:
    """What a printed ratio of two amounts may have been."""
    return rounded(value, printed, slack=Decimal(words()["ratio_slack"]))


def _slip(figure: Figure, ratio: object) -> str:
    """A remark if two figures are apart by a power of ten: then a unit is wrong."""
    value = Decimal(str(ratio))
    for factor in (Decimal(f) for f in words()["unit_slips"]):
        for apart in (value / factor, value * factor):
            if Decimal("0.95") <= apart <= Decimal("1.05"):
                return f"；相差约{factor}倍，“{figure.unit}”等单位可能写错"
    return ""


def shares(material: Material) -> None:
    """A share against its part and its whole."""
    ledger = material.ledger
    for i, claim in enumerate(ledger.claims):
        if claim.role != "share" or not claim.other or claim.rough:
            continue
        part = _level_before(ledger, i)
        whole = _whole(ledger, claim, part) if part is not None else None
        if part is None or whole is None or whole.span.low <= 0:
            continue
        derived = part.span.over(whole.span).scaled(100)
        if ratio_span(claim.value, claim.printed).meets(derived):
            continue
        right = f"{shown(derived.middle, decimals_of(claim.printed))}%"
        message = (
            f"{ledger.titled(part)}{part.shown}，占{ledger.titled(whole)}{whole.shown}的{right}，"
            f"文字为{claim.printed}%" + _slip(part, derived.middle / claim.value if claim.value else 0)
        )
        material.say("share", claim, f"占{claim.other}的{claim.printed}%", message, right)


def _level_before(ledger: Ledger, i: int) -> Figure | None:
    """The amount that the share is of: told before it in the sentence, of the same noun."""
    claim = ledger.claims[i]
    for earlier in ledger.back(i):
        if same_noun(earlier, claim) and earlier.role == "level" and earlier.unit != PERCENT and not earlier.aside:
            return ledger.by_start.get(earlier.start) if not earlier.rough else None
    return None


def _whole(ledger: Ledger, claim: Claim, part: Figure) -> Figure | None:
    for quantity in _meant(ledger, claim, part):
        found = ledger.one(quantity, dimension=part.dimension)
        if found is not None and found.start != part.start:
            return found
    return None


def _meant(ledger: Ledger, claim: Claim, part: Figure) -> Iterator[Quantity]:
    """The quantities that “占……的” may mean: of the same indicator, or of one that the name carries."""
    name = claim.other.removesuffix("总额") if claim.other.endswith("出口总额") else claim.other
    for text in (claim.other, name, words()["same_names"].get(claim.other, "")):
        if not text:
            continue
        implied = implied_indicator(ledger.words, text)
        for indicator in filter(None, (implied, part.quantity.indicator)):
            key = ledger.subject_key(text, indicator, claim.body)
            yield part.quantity._replace(subject=key, indicator=indicator)
            if claim.body:
                yield part.quantity._replace(subject=ledger.subject_key(text, indicator), indicator=indicator)


def gaps(material: Material) -> None:
    """“高于全国工业x个百分点” against the two rates."""
    ledger = material.ledger
    for i, claim in enumerate(ledger.claims):
        if claim.role != "gap" or not claim.other or claim.rough:
            continue
        own = _rate_before(ledger, i)
        if own is None:
            continue
        other = next(
            (f for q in _meant(ledger, claim, own) if (f := ledger.one(q, dimension=own.dimension)) is not None), None
        )
        if other is None or other.start == own.start or other.quantity == own.quantity:
            continue
        apart = own.span - other.span
        said = rounded(claim.value, claim.printed)
        if said.meets(apart):
            continue
        places = max(decimals_of(own.printed), decimals_of(other.printed))
        middle = own.value - other.value
        right = f"{'高于' if middle > 0 else '低于'}{shown(abs(middle), places)}个百分点"
        quote = f"{claim.verb}{claim.other}{claim.printed}{claim.unit}"
        message = f"{ledger.titled(own)}为{_plain(own)}，{ledger.titled(other)}为{_plain(other)}，应为{right}，文字为“{quote}”"
        opposite = Interval(-said.high, -said.low).meets(apart) and claim.value != 0
        material.say("direction" if opposite else "gap", claim, quote, message, right)


def _rate_before(ledger: Ledger, i: int) -> Figure | None:
    claim = ledger.claims[i]
    for earlier in ledger.back(i):
        rate = earlier.unit in (PERCENT, "倍") and earlier.role in ("growth", "level")
        if rate and same_noun(earlier, claim) and not earlier.aside:
            return ledger.by_start.get(earlier.start)
    return None


def _plain(figure: Figure) -> str:
    return f"{shown(figure.value, decimals_of(figure.printed))}%" if figure.dimension == RATE else figure.shown


def parts(material: Material) -> None:
    """Parts told behind 其中 against their whole; a single month against the year to date."""
    ledger = material.ledger
    _among(material)
    for quantity in [q for q in ledger.figures if q.measure == "level" and "/" in q.period]:
        known = ledger.words.catalogue.indicators.get(quantity.indicator)
        if known is None or known.nature != "flow" or known.measures.get("level") == PERCENT:
            continue
        total = ledger.one(quantity)
        month = ledger.one(quantity._replace(period=quantity.period[-7:]))
        if total is None or month is None or month.dimension != total.dimension or total.span.high >= month.span.low:
            continue
        message = f"{ledger.titled(month)}{month.shown}，大于{ledger.titled(total)}{total.shown}"
        material.say("parts", month.start, month.shown, message)


def _among(material: Material) -> None:
    ledger = material.ledger
    sentences: dict[tuple[int, int], list[Claim]] = {}
    for claim in ledger.claims:
        if claim.role == "level" and not claim.aside and not claim.rough and claim.unit != PERCENT:
            sentences.setdefault((claim.block, claim.sentence), []).append(claim)
    for (number, _), claims in sentences.items():
        block = material.blocks[number]
        at = block.text.find("其中", max(0, claims[0].start - block.start))
        whole = [c for c in claims if c.end <= block.start + at]
        told = [c for c in claims if c.start > block.start + at]
        if at < 0 or not whole or not told or "其中" not in claims[0].text:
            continue
        _sum(material, whole[-1], told)


def _sum(material: Material, claim: Claim, told: list[Claim]) -> None:
    ledger = material.ledger
    whole = ledger.by_start.get(claim.start)
    if whole is None:
        return
    pieces: list[Figure] = []
    for one in told:
        figure = ledger.by_start.get(one.start)
        if figure is None or figure.dimension != whole.dimension or figure.quantity.period != whole.quantity.period:
            continue
        if one.indicator != claim.indicator or figure.quantity.subject == whole.quantity.subject:
            continue
        if figure.span.low > whole.span.high:
            message = f"其中的{ledger.titled(figure)}{figure.shown}，大于总体{whole.shown}"
            material.say("parts", figure.start, figure.shown, message)
            return
        pieces.append(figure)
    if len(pieces) < 2 or "看" in claim.text:
        return
    total = pieces[0].span
    for piece in pieces[1:]:
        total = total + piece.span
    if total.low > whole.span.high:
        listed = "、".join(p.shown for p in pieces)
        message = f"其中各项（{listed}）之和大于总体{whole.shown}"
        material.say("parts", pieces[-1].start, pieces[-1].shown, message)
