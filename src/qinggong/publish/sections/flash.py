"""快速测算: the light-industry total estimated from the published divisions, with interval and errors, or why it is not."""

from __future__ import annotations

from qinggong.monitor.facts import Flash, FlashLine, FlashRow
from qinggong.periods import name as period_name
from qinggong.publish.document import Block, Cell, Column, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import FLAT, join, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import DASH, cell

SHOWN = 6
"""Periods of the table; the data have all."""
OLDEST = 3
"""Months behind the bulletin up to which an estimate is told in words."""


def build(flash: Flash, *, place: int) -> Section:
    """The section of one month."""
    counter = Counter(place)
    blocks: list[Block] = []
    fresh = [line for line in flash.told if _fresh(line, flash)]
    if fresh:
        clauses = join((told(line) for line in fresh), "；")
        blocks.append(
            Paragraph((f"{flash.subject_name}的全部数字公布前，本系统按已公布的大类测算：", *clauses, "。"), "lead")
        )
        for line in fresh:
            blocks.append(_table(line, flash, label=counter.table()))
        blocks += [Paragraph(tuple(error(line)), "body") for line in fresh]
        blocks.append(Paragraph(tuple(_method(flash)), "note"))
    refused = [line for line in flash.lines if line not in fresh]
    if refused:
        reasons = "；".join(f"{line.indicator_name}：{reason(line)}" for line in refused)
        blocks.append(
            Paragraph(
                (f"{when(flash.wanted)}，{flash.subject_name}增速未作测算。{reasons}。",), "note" if fresh else "lead"
            )
        )
    return Section("flash", counter.numeral, "快速测算", tuple(blocks))


def _fresh(line: FlashLine, flash: Flash) -> bool:
    newest = line.newest
    return newest is not None and (
        (flash.wanted.year - newest.period.year) * 12 + flash.wanted.last - newest.period.last <= OLDEST
    )


def reason(line: FlashLine) -> str:
    """Why an indicator has no estimate."""
    if line.reason:
        return line.reason
    newest = line.newest
    return f"最近一次可测算的是{when(newest.period)}" if newest is not None else "大类增速不足"


def told(line: FlashLine) -> list[Inline]:
    """“2024年1—10月，增加值预计同比增长4.7%（区间3.7%至5.8%）”, with the total's own figure where it is published."""
    row = line.newest
    assert row is not None and row.value is not None and row.low is not None and row.high is not None
    value = row.value.value or 0.0
    moved: list[Inline] = (
        ["预计与上年同期持平"] if abs(value) < FLAT
        else ["预计同比增长" if value > 0 else "预计同比下降", number(row.value, unsigned=True), "%"]
    )  # fmt: skip
    said: list[Inline] = [
        f"{when(row.period)}，{line.indicator_name}", *moved, "（区间", number(row.low), "%至", number(row.high), "%）",
    ]  # fmt: skip
    if row.published is not None:
        said += ["，公布数为", number(row.published), "%"]
    return said


def error(line: FlashLine) -> list[Inline]:
    """How far the estimates missed the published readings, beside the best simple alternative."""
    assert line.readings is not None and line.miss is not None and line.miss_by_year is not None
    said: list[Inline] = [
        f"{line.indicator_name}：以", number(line.readings), "期公布数对照，逐期留一的均方根误差",
        number(line.miss), "个百分点，整年留出", number(line.miss_by_year), "个百分点",
    ]  # fmt: skip
    if line.simple is not None:
        verdict = "测算的误差较小" if line.better else "测算不如后者，仅供参考"
        said += [f"；“{line.simple_name}”为", number(line.simple), f"个百分点，{verdict}"]
    return [*said, "。"]


def _table(line: FlashLine, flash: Flash, *, label: str) -> Table:
    """The last periods side by side: a column has one period."""
    shown = line.rows[-SHOWN:]
    compared = any(row.published is not None for row in shown)
    columns = (Column("项目", align="left"), *(Column(_head(row)) for row in shown))
    rows = (
        (Cell("大类公布日"), *(Cell(_day(row)) for row in shown)),
        (Cell("测算", strong=True), *(cell(row.value, why=row.reason or "未测算") for row in shown)),
        (Cell("区间下限", indent=1), *(cell(row.low, why=row.reason or "未测算") for row in shown)),
        (Cell("区间上限", indent=1), *(cell(row.high, why=row.reason or "未测算") for row in shown)),
        *(
            (
                (Cell("公布数"), *(cell(row.published, why="未公布或未收录") for row in shown)),
                (Cell("误差"), *(cell(row.error, why="没有公布数对照") for row in shown)),
            ) if compared else ()
        ),
        (Cell("所用大类占权数"), *(cell(row.coverage, why="没有收录大类增速") for row in shown)),
    )  # fmt: skip
    held = "已有公布数的各期，测算时不用该期公布数。" if compared else "表中各期轻工业没有公布数可对照。"
    return Table(
        label, f"{flash.subject_name}{line.indicator_name}累计增速快速测算，本系统测算（{period_name(flash.wanted)}）", columns,
        rows, unit_note="单位：%、百分点",
        notes=(f"{held}各期都用现在所知的大类数字，修订不在其内。",), source="本系统测算",
    )  # fmt: skip


def _day(row: FlashRow) -> str:
    if not row.released:
        return DASH
    _, month, day = (int(part) for part in row.released.split("-"))
    return f"{month}月{day}日"


def _head(row: FlashRow) -> str:
    return f"{row.period.year}年\n1—{row.period.last}月"


def _method(flash: Flash) -> list[Inline]:
    return [
        "测算方法：七个整属轻工业的大类和十个部分属轻工业的大类，按上年营业收入（利润按上年利润）及其轻工部分加权，再以已有公布数校正；"
        "没有公布可比增速的，按全国工业的口径变化由绝对量折算。区间的置信水平为", number(flash.level), "%。",
    ]  # fmt: skip


def _held(row: FlashRow) -> str:
    assert row.value is not None and row.published is not None and row.error is not None
    return f"{period_name(row.period)}{row.value.text}、{row.published.text}、{row.error.text}"


def printed(flash: Flash) -> list[str]:
    """Everything as lines of plain text, for the screen."""

    def text(inlines: list[Inline]) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in inlines)

    lines = [f"{when(flash.wanted)}，{flash.subject_name}增速快速测算（本系统测算）"]
    for line in flash.lines:
        if line.newest is None:
            detail = f"（{line.detail}）" if line.detail else ""
            lines += ["", f"{line.indicator_name}：未作测算，{reason(line)}{detail}。"]
            continue
        lines += ["", f"{text(told(line))}。", f"  {text(error(line))}"]
        held = [row for row in line.history if row.published is not None and row.error is not None]
        if held:
            lines.append(f"  各期测算（不用该期公布数）、公布数和误差：{'；'.join(map(_held, held))}。")
        for row in line.rows:
            if row.value is not None and row.low is not None and row.high is not None:
                own = f"  公布{row.published.text}%，误差{row.error.text}" if row.published and row.error else ""
                what = f"{row.value.text}%（{row.low.text}%至{row.high.text}%）{own}"
            else:
                what = f"未测算：{row.reason}" + (f"  公布{row.published.text}%" if row.published else "")
            lines.append(f"  {period_name(row.period, form='month')}  {row.released or '发布日不定'}  {what}")
    return lines
