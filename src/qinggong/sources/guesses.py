"""What a series may be, from its name (序列猜测): indicator, subject, measure, span and unit, each with its reason.

Names are compared with those of the catalogue: as they stand, by the key of their spellings, by likeness. Likeness
alone is never enough to take a series in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from qinggong.catalogue import Catalogue, Indicator, Subject, UnknownName
from qinggong.catalogue.names import normalise
from qinggong.sources.layouts import find_subject, spelling_key

HIGH, MIDDLE, LOW = "高", "中", "低"
_CERTAIN = (HIGH, MIDDLE, LOW)
_FUZZY = 0.72
_UNIT_IN_NAME = re.compile(r"[(（]([^()（）]{1,8})[)）]|[,，:：]\s*([^,，:：]{1,6})$")
_MONTHLY = ("当月", "本月", "当期", "单月", "月度值")
_CUMULATIVE = ("累计", "1-本月", "年初至今", "本年")
_GROWTH = ("同比", "增速", "增长", "比上年", "增幅")
_OTHER = ("季调", "定基", "拆分", "当季")
_YEAR_BEFORE = re.compile(r"上年同期(?!=100)")
_INDEX = re.compile(r"\(?(上年同月|上年同期|上年|上月)=100\)?")
_INDEX_OF = {"上年同月": ("yoy", "month"), "上年同期": ("yoy", "ytd"), "上年": ("yoy", "ytd"), "上月": ("mom", "month")}
_OLD_EDITION = re.compile(r"\(\d+_(1994|2002|2011)\)")
_TOTAL = ("规模以上工业企业", "规模以上工业", "工业企业", "工业", "合计", "总计", "全部")
_GLUED = re.compile(r"(?<=[业品务动])规模以上工业(?:企业)?")
_NO_FIGURES = re.compile(r"指数|景气|权重|权数|占比|index|weight|share", re.IGNORECASE)
_NOISE = ("规模以上", "全国", "中国", "值", "率(%)", "指标", "名称", "月", "额", "数据", "(%)")


@dataclass(frozen=True, slots=True)
class Guess:
    """What one series may be; ``why`` is a Chinese sentence without the full stop.

    ``base`` is 100 for an index number of which growth is the rest.
    """

    column: str
    name: str
    subject: str
    indicator: str
    measure: str
    span: str
    jan_feb: str
    unit: str
    certainty: str
    why: str
    base: int = 0

    @property
    def take(self) -> bool:
        return self.certainty != LOW and bool(self.subject and self.indicator)


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around the names: the sheet's name and title, by which it will be recognised, and the file's name.

    ``whole`` is true where every period is a run from January, such as a year.
    """

    title: str
    file: str
    whole: bool = False


def guess(place: str, name: str, stated: str, context: Context, catalogue: Catalogue) -> Guess:
    """Indicator, measure, span, subject and unit of a name, with the least certainty of them."""
    plain = normalise(name)
    if any(word in plain for word in _OTHER) or _YEAR_BEFORE.search(plain):
        return Guess(
            place,
            name,
            "",
            "",
            "level",
            "month",
            "single",
            stated,
            LOW,
            "季调、定基、单季和上年同期没有对应的度量",
        )
    if _OLD_EDITION.search(plain):
        return Guess(place, name, "", "", "level", "month", "single", stated, LOW, "按旧版国民经济行业分类")
    reasons: list[str] = []
    indicator, sure = _indicator(plain, context, catalogue, reasons)
    if indicator is None and _bare(plain) in catalogue.names.meanings:
        indicator, sure = _carried(_bare(plain), catalogue, reasons)
    if indicator is None:
        return Guess(place, name, "", "", "level", "month", "single", stated, LOW, "没有找到指标，请填写")
    if "环比" in plain and "mom" not in indicator.measures:
        return Guess(
            place, name, "", "", "level", "month", "single", stated, LOW, f"{indicator.name}的环比没有对应的度量"
        )
    measure = _measure(plain, indicator, reasons)
    span, clear = _span(plain, context, indicator, reasons)
    about = f"{context.title} {context.file}"
    if indicator.nature != "index" and (word := _NO_FIGURES.search(about)) and not _NO_FIGURES.search(plain):
        sure = LOW
        reasons.append(f"文件名或标题中有“{word[0]}”，可能不是{indicator.name}本身，请核对")
    index = _INDEX.search(plain)
    if index is not None:
        measure, span = _INDEX_OF[index[1]]
        clear = True
        reasons.append(f"“{index[0]}”的指数减100是{'环比' if measure == 'mom' else '同比'}")
        if measure not in indicator.measures or span not in indicator.spans:
            return Guess(place, name, "", "", "level", "month", "single", stated, LOW, f"{indicator.name}没有这种指数")
        plain = _INDEX.sub("", plain)
    sure = _least(sure, HIGH if clear else MIDDLE)
    subject, certain = _subject(_parts(plain, indicator), indicator, catalogue, reasons)
    sure = _least(sure, certain)
    unit, known = _unit(name, stated, indicator, measure, subject, catalogue, reasons)
    sure = _least(sure, known)
    jan_feb = "combined" if re.search(r"1-2月|合并", plain) else "single"
    found = subject.name if subject else ""
    base = 100 if index is not None else 0
    return Guess(place, name, found, indicator.name, measure, span, jan_feb, unit, sure, "；".join(reasons), base)


def _least(one: str, other: str) -> str:
    return max(one, other, key=_CERTAIN.index)


def _indicator(plain: str, context: Context, catalogue: Catalogue, reasons: list[str]) -> tuple[Indicator | None, str]:
    """The indicator whose longest name stands in the series' name, else in the sheet's name or title."""
    names = [(normalise(n), i) for i in catalogue.indicators.values() for n in (i.name, *i.aliases)]
    places = ((plain, "名称", HIGH), (context.title, "工作表名或标题", MIDDLE), (context.file, "文件名", LOW))
    for text, where, sure in ((normalise(t), w, s) for t, w, s in places):
        fitting = [(n, i) for n, i in names if n in text]
        if fitting:
            longest, indicator = max(fitting, key=lambda f: len(f[0]))
            reasons.append(f"{where}中有“{longest}”")
            return indicator, sure
    words = [w for w in re.split(r"[:_\-—/()]", plain) if len(w) >= 2]
    close = [(difflib.SequenceMatcher(None, w, n).ratio(), n, w, i) for w in words for n, i in names]
    if close:
        ratio, name, word, likely = max(close, key=lambda c: c[0])
        if ratio >= _FUZZY:
            reasons.append(f"“{word}”与指标“{name}”相近（{ratio:.2f}）")
            return likely, LOW
    return None, LOW


def _bare(plain: str) -> str:
    """A name without the words of measure, span and unit."""
    text = _UNIT_IN_NAME.sub("", plain)
    return re.sub("|".join(map(re.escape, (*_GROWTH, *_MONTHLY, *_CUMULATIVE, "月度", "环比"))), "", text).strip(":_-")


def _carried(name: str, catalogue: Catalogue, reasons: list[str]) -> tuple[Indicator | None, str]:
    """The indicator that a name carries in itself: totals and classes of retail trade are told for their sales."""
    if {m.subject.kind for m in catalogue.names.meanings[name]} != {"retail"}:
        return None, LOW
    reasons.append(f"“{name}”是零售类别")
    return catalogue.indicators["retail_sales"], HIGH


def _measure(plain: str, indicator: Indicator, reasons: list[str]) -> str:
    if "环比" in plain:
        reasons.append("“环比”是比上月")
        return "mom"
    word = next((w for w in _GROWTH if w in plain), None)
    if word is not None and "yoy" in indicator.measures:
        reasons.append(f"“{word}”是同比")
        return "yoy"
    if "level" not in indicator.measures:
        reasons.append(f"{indicator.name}只有同比")
        return "yoy"
    return "level"


def _span(plain: str, context: Context, indicator: Indicator, reasons: list[str]) -> tuple[str, bool]:
    """Month, cumulative or end of month, and whether that is plain to see."""
    if "month" not in indicator.spans:
        return ("ytd" if "ytd" in indicator.spans else "point"), True
    if context.whole and "ytd" in indicator.spans:
        reasons.append("各期都是自1月起的累计")
        return "ytd", True
    for text in (plain, normalise(context.title)):
        for words, span in ((_CUMULATIVE, "ytd"), (_MONTHLY, "month")):
            word = next((w for w in words if w in text), None)
            if word is not None and span in indicator.spans:
                reasons.append(f"“{word}”" + ("是累计" if span == "ytd" else "是当月"))
                return span, True
    reasons.append("没有写明当月或累计，按当月，请核对")
    return "month", False


def _parts(plain: str, indicator: Indicator) -> list[str]:
    """What is left of a name without the words of indicator, measure, span and unit: names of subjects."""
    text = _UNIT_IN_NAME.sub(lambda m: m[0] if re.search("[业品类]", m[0]) else "", plain)
    for name in sorted((indicator.name, *indicator.aliases), key=len, reverse=True):
        text = text.replace(normalise(name), ":")
    words = (*map(re.escape, (*_MONTHLY, *_CUMULATIVE, *_GROWTH, "环比")), r"\(\d+_\d{4}\)", r"\(1-2月合并\)")
    text = re.sub("|".join(words), ":", text)
    text = _GLUED.sub(":", text)
    return [p for p in re.split(r"[:_\-—/|]", text) if p and p not in _NOISE]


def _subject(
    parts: Sequence[str], indicator: Indicator, catalogue: Catalogue, reasons: list[str]
) -> tuple[Subject | None, str]:
    """The subject by its exact name, by the key of its spellings, or by likeness; a part that is no name is a doubt."""
    own = [p for p in parts if p not in _TOTAL]
    if not own:
        total = find_subject("规模以上工业", indicator, catalogue)
        reasons.append(f"“{parts[0]}”是规模以上工业" if parts else "名称中没有行业，按规模以上工业")
        return total, (HIGH if parts else MIDDLE) if total else LOW
    exact = [(p, s) for p in own if (s := find_subject(p, indicator, catalogue)) is not None]
    if exact:
        rest, subject = exact[-1]
        same = normalise(rest) in catalogue.names.meanings
        reasons.append(f"行业“{rest}”" + ("与目录相同" if same else f"与目录“{subject.name}”写法不同"))
        strange = "”“".join(p for p in own if p != rest)
        if strange:
            reasons.append(f"名称中还有“{strange}”，请核对")
        return subject, LOW if strange else HIGH
    rest = "".join(own)
    best, score = _likeliest(rest, indicator, catalogue)
    if best is None:
        reasons.append(f"目录中没有与“{rest}”相近的行业或商品，请填写")
        return None, LOW
    reasons.append(f"“{rest}”与目录“{best.name}”相近（{score:.2f}），请核对")
    return best, LOW


def _likeliest(rest: str, indicator: Indicator, catalogue: Catalogue) -> tuple[Subject | None, float]:
    key = spelling_key(rest)
    matcher = difflib.SequenceMatcher(b=key)
    best: tuple[float, str] = (0.0, "")
    for name, meanings in catalogue.names.meanings.items():
        if not any(m.subject.kind in indicator.kinds for m in meanings):
            continue
        matcher.set_seq1(spelling_key(name))
        if matcher.real_quick_ratio() > best[0] and matcher.quick_ratio() > best[0]:
            best = max(best, (matcher.ratio(), name))
    if best[0] < _FUZZY:
        return None, best[0]
    try:
        return catalogue.subject(best[1], indicator=indicator.code), best[0]
    except UnknownName:
        return None, best[0]


def _unit(
    name: str, stated: str, indicator: Indicator, measure: str, subject: Subject | None, catalogue: Catalogue,
    reasons: list[str],
) -> tuple[str, str]:  # fmt: skip
    """The unit that the sheet or the name states, else the catalogue's."""
    found = [stated] if stated else [u for m in _UNIT_IN_NAME.findall(name) for u in m if u]
    for text in found:
        if is_unit(text, catalogue):
            reasons.append(f"单位“{text}”已写明")
            return text, HIGH
    try:
        if subject is not None:
            usual = catalogue.canonical_unit(indicator.code, measure, subject)
            reasons.append(f"没有写明单位，按目录“{usual}”")
            if measure in ("yoy", "mom"):
                return usual, HIGH
            # Trade is told in units, tens of thousands and millions of two currencies.
            return usual, LOW if "trade" in indicator.kinds else MIDDLE
    except UnknownName:
        pass
    reasons.append("没有写明单位，请填写")
    return "", LOW


def is_unit(text: str, catalogue: Catalogue) -> bool:
    return normalise(text) in _unit_names(catalogue)


@lru_cache(maxsize=2)
def _unit_names(catalogue: Catalogue) -> frozenset[str]:
    return frozenset(normalise(n) for u in catalogue.units.values() for n in (u.code, u.name, *u.aliases))
