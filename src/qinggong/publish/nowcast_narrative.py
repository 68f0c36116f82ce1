"""Nowcasts in sentences (即时预测的叙述): what is expected, how sure it is, what changed the view."""

from __future__ import annotations

from collections.abc import Iterable

from qinggong.monitor.facts import Fact, NewsItem, NowcastLine, Nowcasts, ReleaseNews, ViewChange, quantity
from qinggong.periods import Period
from qinggong.publish.document import Inline
from qinggong.publish.narrative import FLAT, date_name, join, number, when

MARKED = "本系统预测"


def grows(fact: Fact) -> list[Inline]:
    """“同比增长2.1%”, “同比下降0.3%”, “与上年同期持平”."""
    assert fact.value is not None
    if abs(fact.value) < FLAT:
        return ["与上年同期持平"]
    return ["同比增长" if fact.value > 0 else "同比下降", number(fact, unsigned=True), "%"]


def interval(line: NowcastLine) -> list[Inline]:
    """“80%区间为−1.2%至3.4%”."""
    return ["（八成可能在", number(line.density.p10), "%至", number(line.density.p90), "%之间）"]


def expectation(line: NowcastLine, *, beside: Period | None = None) -> list[Inline]:
    """“2025年10月份家具制造业增加值预计同比下降5.0%（八成可能在…之间）；上期公布为下降5.2%”."""
    what = quantity(line.subject_name, line.indicator, line.indicator_name)
    said: list[Inline] = [f"{when(line.period, beside=beside)}{what}预计", *grows(line.density.mean), *interval(line)]
    return said


def newest(line: NowcastLine) -> list[Inline]:
    """What was known last: published, or derived from levels."""
    if line.newest is None:
        return []
    how = ["（由累计绝对量推算）"] if line.derived else []
    return [when(line.newest.period, beside=line.period), *grows(line.newest), *how]


def moved(effect: Fact) -> list[Inline]:
    """“上调0.3”, “下调0.3”, “基本未变”."""
    assert effect.value is not None
    if effect.value == 0:
        return ["基本未变"]
    return ["上调" if effect.value > 0 else "下调", number(effect, unsigned=True), "个百分点"]


def item(one: NewsItem, *, beside: Period) -> list[Inline]:
    """“家具制造业9月份增加值预期-4.1%，实际-5.2%”."""
    return [
        f"{when(one.period, beside=beside)}{one.subject_name}{one.indicator_name}预期",
        number(one.expected),
        "%，实际",
        number(one.actual),
        "%",
    ]


def release(one: ReleaseNews, *, beside: Period) -> list[Inline]:
    """“9月27日工业企业利润数据：…预期…，实际…，上调0.3个百分点”."""
    day = date_name(one.date, beside=beside) if one.date else "日期不明的"
    head = f"{day}{one.what}数据{'的修订' if one.kind == 'revision' else ''}："
    first = one.items[:1]
    return [head, *(part for it in first for part in (*item(it, beside=beside), "，")), *moved(one.effect)]


def change(line: NowcastLine, view: ViewChange) -> list[Inline]:
    """How the model's figure moved, and through which releases; those without an effect are left out."""
    what = quantity(line.subject_name, line.indicator, line.indicator_name)
    head: list[Inline] = [
        f"{when(line.period)}{what}增速的模型测算值由{date_name(view.since, beside=line.period)}的", number(view.previous),
        "%变为", number(view.updated), "%（", *moved(view.change), "）",
    ]  # fmt: skip
    told = [release(r, beside=line.period) for r in view.releases if r.effect.value]
    return [*head, *(["：", *join(told, "；")] if told else []), "。"]


def why(line: NowcastLine) -> list[Inline]:
    """Why this method is published, with the errors that say so."""
    tested = line.tested
    if tested is None:
        return [line.why]
    said: list[Inline] = [
        "检验", number(tested.observations), "期，均方根误差模型为", number(tested.model), f"、{tested.simple_name}为",
        number(tested.simple), "个百分点",
    ]  # fmt: skip
    if tested.p_value is not None:
        said += ["（DM检验p=", number(tested.p_value), "）"]
    return [*said, "，" + ("采用模型" if line.chosen == "model" else f"采用{line.chosen_name}")]


def text_of(inlines: Iterable[Inline]) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in inlines)


def basis(found: Nowcasts) -> str:
    """What the evaluation was made from, and what it does not show."""
    if not found.record_source:
        return "没有检验记录，各项均采用简单方法，误差未知。"
    pseudo = (
        "过去的状态由最终数按发布日历截取（伪实时），不反映数值修订，实际误差可能更大。"
        if found.pseudo
        else "其中一部分为真实的历史版本。"
    )
    return f"检验：{found.record_source}；{pseudo}"


def printed(found: Nowcasts, *, detailed: bool = False) -> list[str]:
    """The nowcasts on the screen."""
    lines = [f"{MARKED}：{when(found.wanted)}尚未公布的数字（同比，%；方法和检验见 docs/methods/nowcast.md）"]
    ordered = list(dict.fromkeys(line.indicator for line in found.lines))
    last = ""
    for line in sorted(found.lines, key=lambda line: ordered.index(line.indicator)):
        if line.indicator != last:
            lines.append(f"{line.indicator_name}：")
            last = line.indicator
        lines.append(f"  {text_of(join([expectation(line), newest(line), why(line)], '；'))}。")
        if detailed:
            others = "，".join(f"{m.name}{m.mean.text}%" for m in line.methods)
            combined = f"，加权组合{line.combined.text}%" if line.combined is not None else ""
            lines.append(f"    各方法：{others}{combined}。")
            if line.base is not None and line.base.value:
                lines.append(
                    f"    基数影响：上年同期基数的变化使本期增速变动{line.base.text}个百分点（两年合计增速不变时）。"
                )
            ahead = [p for p in line.path if p.kind != "known"][1:]
            if ahead:
                told = "；".join(f"{when(p.period)}{p.mean}%（{p.p10}%至{p.p90}%）" for p in ahead)
                lines.append(f"    至{when(found.end)}：{told}。")
    for line in found.lines:
        if line.change is not None:
            lines.append(f"变动：{text_of(change(line, line.change))}")
    for one in found.refused:
        lines.append(f"不预测：{quantity(one.subject_name, one.indicator, one.indicator_name)}：{one.reason}。")
    lines.append(basis(found))
    return lines
