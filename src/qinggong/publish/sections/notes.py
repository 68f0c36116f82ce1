"""数据来源与说明: what the figures are, how they are compared, what is missing; all bounds printed."""

from __future__ import annotations

from qinggong.monitor.facts import Brief, Doubt
from qinggong.publish.document import Block, Inline, Paragraph, Section
from qinggong.publish.narrative import number, when
from qinggong.publish.sections.numbering import Counter

METHOD = (
    "同比增速为发布机构公布的可比口径增速，不用相邻两年的绝对量反算；增加值增速为扣除价格因素的实际增速。",
    "累计增速与同年上一累计期比较（1—2月与上年全年比较；上一累计期没有收录的，与同年最近一期比较并写明时期），单月增速与上月比较"
    "（1—2月与上年12月份比较，3月份与1—2月比较），两类增速不混比。",
    "工业统计1月份不单独调查，1、2月合并为一个观测值；“连续若干个月”中1—2月按两个月计。",
    "连续月数、以来最高（低）、位次和增长个数，只在所需各期、各成员齐全时才写出，否则不写，并注明缺几个；“近若干年同期最高（低）”"
    "以各年同期齐全的年数为限。",
    "“大幅”“近”“超”“突破”“倍”“两位数”等用语的界限，与各类看点的取舍分值，载于目录文件 narrative.yaml。",
    "同一时期同一指标有不同发布机构或不同统计口径的，分别列出，不混接、不相加。",
    "标注“测算”的数字由本系统按公布数推算，位数按公布数的舍入误差取舍；其余数字与发布原文逐位一致。",
)


def build(brief: Brief, *, place: int) -> Section:
    """The closing section."""
    counter = Counter(place)
    blocks: list[Block] = [Paragraph(tuple(_known(brief)), "lead")]
    blocks += [Paragraph((line,), "bullet") for line in METHOD]
    blocks.append(Paragraph(tuple(_bands(brief)), "bullet"))
    blocks.append(
        Paragraph(("尚未收录的数字在各节注明；完整清单可用 qinggong status 查看，并可生成填报表补录。",), "bullet")
    )
    if brief.doubts:
        blocks.append(Paragraph(("附：下列数字已入库，但核查存疑，使用时请核对：",), "body"))
        blocks += [Paragraph(tuple(_doubt(d)), "bullet") for d in brief.doubts]
    return Section("notes", counter.numeral, "数据来源与说明", tuple(blocks))


def _doubt(doubt: Doubt) -> list[Inline]:
    return [when(doubt.figure.period) + doubt.what, number(doubt.figure), f"{doubt.figure.unit}：{doubt.why}。"]


def _known(brief: Brief) -> list[Inline]:
    inlines: list[Inline] = []
    if brief.as_of:
        inlines += [
            f"本期只使用截至{_date(brief.as_of)}已发布的数字，共", number(brief.figures), "个；另有",
            number(brief.undated), "个数字发布日期不详，未予采用。",
        ]  # fmt: skip
    else:
        inlines += ["本期使用库中已收录的全部数字，截至本月共", number(brief.figures), "个。"]
    return [
        *inlines,
        "未写明发布日期的数字，按发布机构的惯例以最晚日期计。各数字的出处逐条载于数据文件 facts.csv 和 observations.csv。",
    ]


def _date(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{year}年{int(month)}月{int(day)}日"


def _bands(brief: Brief) -> list[Inline]:
    """The growth bands with their bounds, from the highest down."""
    inlines: list[Inline] = ["增速区间为本系统划分，不是官方分级："]
    upper = None
    for place, (fact, label) in enumerate(brief.bands):
        lowest = place == len(brief.bands) - 1
        if place:
            inlines.append("；")
        if upper is None:
            inlines += [f"{label}（", number(fact), "%及以上）"]
        elif lowest:
            inlines += [f"{label}（低于", number(upper), "%）"]
        else:
            inlines += [f"{label}（", number(fact), "%及以上、低于", number(upper), "%）"]
        upper = fact
    return [*inlines, "。"]
