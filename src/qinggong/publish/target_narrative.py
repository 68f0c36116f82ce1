"""Targets in sentences (目标进度的叙述): “后n个月需增长x%才能达到全年目标”, with how likely that is, or why it cannot be said."""

from __future__ import annotations

import re

from qinggong.monitor.facts import Fact, Part, TargetLine, TargetReading, Targets
from qinggong.publish.document import Inline
from qinggong.publish.narrative import FLAT, join, number, when

_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_NARROW = 0.35
"""Bounds closer than this in points are not printed: they round to the same digits."""


def title(line: TargetLine) -> list[Inline]:
    """The target's own words, every number in them a fact that cites the plan."""
    inlines: list[Inline] = []
    end = 0
    for place, found in enumerate(_NUMBERS.finditer(line.text)):
        inlines += [line.text[end : found.start()], number(line.numbers[place])]
        end = found.end()
    return [part for part in (*inlines, line.text[end:]) if part != ""]


def told(line: TargetLine) -> list[Inline]:
    """All of one target: its words, its value, what it takes, how likely that is."""
    clauses: list[list[Inline]]
    if line.state == "no_data" and line.value is None:
        clauses = [_baseline(line), [line.reason or "缺数据"]]
    elif line.state == "no_number":
        clauses = [["无量化目标"], _beside(line)]
    elif line.state == "no_base":
        clauses = [_finished(line), [line.reason]]
    elif not line.readings:
        # Nothing of this year yet: the newest figure there is, and what lacks.
        clauses = [_newest(line), [line.reason or "缺数据"]]
    elif line.benchmark_name:
        clauses = _relative(line)
    elif line.target is not None and line.target.unit != "%":
        clauses = _level(line)
    else:
        clauses = _growth(line)
    supposed: list[Inline] = [f"{line.supposed}，"] if line.supposed else []
    return [*title(line), "：", *supposed, *join(clauses, "；"), "。"]


def industries(line: TargetLine) -> list[Inline]:
    """Who carries and who drags, in points of the growth aimed at."""
    if not line.carrying and not line.dragging:
        return []
    clauses = []
    if line.carrying:
        clauses.append(["高于所需增速、拉动较大的行业：", *_parts(line.carrying)])
    if line.dragging:
        clauses.append(["低于所需增速、拖累较大的行业：", *_parts(line.dragging)])
    return [*join(clauses, "；"), f"（按{line.weights}加权，本系统测算）。"]


def _parts(parts: tuple[Part, ...]) -> list[Inline]:
    return join(([p.name + "（", number(p.points), "个百分点）"] for p in parts), "、")


def grew(fact: Fact) -> list[Inline]:
    assert fact.value is not None
    if fact.unit == "百分点":
        return ["同比提高" if fact.value > 0 else "同比下降", number(fact, unsigned=True), "个百分点"]
    if abs(fact.value) < FLAT:
        return ["与上年同期持平"]
    return ["同比增长" if fact.value > 0 else "同比下降", number(fact, unsigned=True), "%"]


def chance(reading: TargetReading) -> list[Inline]:
    """“达到的可能性约12%（1%—37%）”, off the ends “不足1%” and “超过99%”."""
    p = reading.probability
    if p is None or p.value is None or reading.low is None or reading.high is None:
        return []
    if p.value <= 1:
        said: list[Inline] = ["达到的可能性不超过", number(p), "%"]
    elif p.value >= 99:
        said = ["达到的可能性不低于", number(p), "%"]
    else:
        said = ["达到的可能性约", number(p), "%"]
    if reading.low.value != reading.high.value:
        said += ["（区间", number(reading.low), "%—", number(reading.high), "%）"]
    return said


def requirement(line: TargetLine, reading: TargetReading) -> list[Inline]:
    """“后4个月需增长6.6%（6.4%—6.9%）才能达到全年目标”; a fall that is allowed is said as one."""
    need = reading.required
    if need is None or need.value is None or line.remaining is None or line.period is None:
        return []
    who: list[Inline] = (
        ["本年后", number(line.remaining), "个月和以后各年平均"] if line.rest == "years"
        else ["全年"] if line.rest == "year"
        else ["后", number(line.remaining), "个月"]
    )  # fmt: skip
    goal = "才能达到目标" if line.rest == "years" else "才能达到全年目标"
    low, high = reading.required_low, reading.required_high
    bounds: list[Inline] = []
    if low is not None and high is not None and (high.value or 0) - (low.value or 0) > _NARROW:
        bounds = ["（", number(low), "%至", number(high), "%）"]
    if need.value <= 0:
        return [*who, "同比降幅不超过", number(need, unsigned=True), "%", *bounds, "即可达到全年目标"]
    return [*who, "需增长", number(need), "%", *bounds, goal]


def _finished(line: TargetLine) -> list[Inline]:
    return join(([when(f.period), *_moved(f)] for f in line.finished), "，")


def _newest(line: TargetLine) -> list[Inline]:
    if line.value is None or line.period is None:
        return []
    return ["最近一次公布的是", when(line.period), *_moved(line.value)]


def _moved(fact: Fact) -> list[Inline]:
    assert fact.value is not None
    if fact.unit != "%":
        return [number(fact), fact.unit]
    return ["增长" if fact.value >= 0 else "下降", number(fact, unsigned=True), "%"]


def _growth(line: TargetLine) -> list[list[Inline]]:
    reading = line.told
    assert reading is not None
    clauses = [_finished(line)]
    if line.value is not None and line.period is not None and line.period.last < 12:
        clauses.append([when(line.period), *_moved(line.value)])
    if line.mean is not None:
        clauses.append(["已知各期平均增长" if line.state != "decided" else "平均增长", number(line.mean), "%"])
    if line.state == "decided":
        return [*clauses, [_gap(line), *_gap_size(line)], verdicts(line)]
    assert reading is not None
    needs: list[list[Inline]] = []
    if len(line.readings) > 1:
        needs.append([f"按“{reading.name}”理解（不低于", number(reading.floor), "%）"])
    if reading.year_need is not None:
        needs.append([f"{reading.year_need.period.year}年全年需增长", number(reading.year_need), "%"])
    if line.rest != "year" or reading.year_need is None:
        needs.append(requirement(line, reading))
    clauses.append(join(needs, "，"))
    clauses.append(chance(reading))
    clauses.append(_otherwise(line))
    if line.state == "ended" and line.reason:
        clauses.append([line.reason])
    return clauses


def _otherwise(line: TargetLine) -> list[Inline]:
    """“允许低1个百分点则约92%”: the chance under the other readings, where it differs."""
    told_p = line.told.probability.text if line.told is not None and line.told.probability is not None else ""
    others = [r for r in line.readings if r.probability is not None and r.probability.text != told_p]
    return join(([f"{r.name}则约", number(r.probability), "%"] for r in others if r.probability is not None), "，")


def verdicts(line: TargetLine) -> list[Inline]:
    """“不低于目标值：未达到；允许低1个百分点：达到”: one verdict for each reading."""
    words = {"met": "达到", "missed": "未达到"}
    return join(([f"按“{r.name}”{words[r.verdict]}"] for r in line.readings if r.verdict), "，")


def _gap(line: TargetLine) -> str:
    if line.gap is None or line.gap.value is None or line.gap.value == 0:
        return "与目标相当"
    return "比目标高" if line.gap.value > 0 else "比目标低"


def _gap_size(line: TargetLine) -> list[Inline]:
    if line.gap is None or not line.gap.value:
        return []
    return [number(line.gap, unsigned=True), "个百分点"]


def _level(line: TargetLine) -> list[list[Inline]]:
    reading = line.told
    assert reading is not None and line.value is not None and line.period is not None
    clauses: list[list[Inline]] = [[when(line.period), number(line.value), line.value.unit]]
    if line.growth is not None:
        clauses[0] += ["，", *grew(line.growth)]
    if line.gap is not None and line.gap.value is not None:
        if line.state == "decided":
            word = "比目标少" if line.gap.value < 0 else "比目标多"
            told_gap: list[Inline] = [word, number(line.gap, unsigned=True), line.gap.unit]
            return [*clauses, [*told_gap, "，", "达到目标" if reading.verdict == "met" else "未达到目标"]]
        if line.period.last < 12 and line.period.year == line.deadline:
            clauses.append(["还差", number(line.gap, unsigned=True), line.gap.unit])
    clauses += [requirement(line, reading), chance(reading)]
    if line.state == "ended" and line.reason:
        clauses.append([line.reason])
    return clauses


def _relative(line: TargetLine) -> list[list[Inline]]:
    assert line.value is not None and line.period is not None
    clauses: list[list[Inline]] = [[when(line.period), *_moved(line.value)]]
    if line.gap is not None and line.gap.value is not None:
        word = "高于" if line.gap.value > 0 else "低于"
        same: list[Inline] = ["与", line.benchmark_name, "持平"]
        clauses[0] += ["，", *(
            [word, line.benchmark_name, number(line.gap, unsigned=True), "个百分点"] if line.gap.value else same
        )]  # fmt: skip
    if line.state == "decided":
        return [*clauses, verdicts(line)]
    reading = line.readings[0]
    needed = requirement(line, reading)
    if needed:
        clauses.append(
            [f"若{line.benchmark_name}保持本期增速，", *needed[:-1], str(needed[-1]).replace("全年目标", "同一增速")]
        )
    if line.state == "ended" and line.reason:
        clauses.append([line.reason])
    return clauses


def _beside(line: TargetLine) -> list[Inline]:
    if line.value is None or line.period is None:
        return []
    return [when(line.period) + line.subject_name + line.indicator_name, *grew(line.value)]


def _baseline(line: TargetLine) -> list[Inline]:
    if line.baseline is None:
        return []
    return [f"起点为{line.baseline.period.year}年末", number(line.baseline), line.baseline.unit]


def printed(found: Targets) -> list[str]:
    """Everything as lines of plain text, for the screen: what is followed, what has no number, what has no data."""

    def text(inlines: list[Inline]) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in inlines)

    lines = [f"{when(found.wanted)}，目标进度："]
    for head, states in (
        ("有公布数字的目标", ("open", "ended", "decided", "no_base")), ("没有量化的目标", ("no_number",)),
        ("没有数据的目标", ("no_data",)),
    ):  # fmt: skip
        chosen = [line for line in found.lines if line.state in states]
        if not chosen:
            continue
        lines += ["", f"{head}（{len(chosen)}项）"]
        for plan in dict.fromkeys(line.plan_title for line in chosen):
            lines.append(f"  {plan}")
            for line in (one for one in chosen if one.plan_title == plan):
                lines.append(f"    {text(told(line))}")
                if industries(line):
                    lines.append(f"      {text(industries(line))}")
    return lines
