"""Pages in English (英文页面): charts drawn with English names, and what a page says put into English by the phrase book.

What the phrase book of the English edition does not hold stays Chinese: nothing is guessed. Data forms are the same in
both languages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any

from qinggong.catalogue.synthetic import MARK
from qinggong.publish.chart_frame import Spec
from qinggong.publish.english.lexicon import has_chinese, short_name, translated
from qinggong.publish.language import speaking, spoken
from qinggong.publish.plain_svg import NotPlain, draw
from qinggong.web.ask import Ask
from qinggong.web.page import Drawing, Page

_KEPT = frozenset(
    {
        "slug", "id", "series", "level_series", "growth_series", "path", "code", "key", "subject_key", "url", "q",
        "release", "citation", "definition", "plan", "file",
    }
)  # fmt: skip
"""Fields that are identifiers, or that say what was published in the words of the publisher."""
_MARK_EN = "SYNTHETIC"
_ITS_OWN: Mapping[str, str] = {
    MARK: _MARK_EN, "同比（由公布的绝对量计算）": "Year on year (from published levels)", "首期=100": "first period = 100",
    "当月同比": "Month, year on year", "累计同比": "Year to date, year on year", "当月绝对量": "Month, level",
    "累计绝对量": "Year to date, level", "期末": "End of period", "时期": "Period", "绝对量": "Level", "指数": "Index",
    "份额": "Share", "比重": "Share", "同比": "Year on year", "已公布": "Published", "预测": "Nowcast", "合计": "Total",
    "八成区间": "80% interval", "五成区间": "50% interval", "上升": "Rising", "放缓": "Slowing", "收缩": "Contracting",
    "复苏": "Recovering", "点": "points", "全国": "China", "原序列": "Original", "季调后": "Seasonally adjusted",
    "趋势": "Trend", "行业分类2017年版": "GB/T 4754-2017", "行业分类2011年版": "GB/T 4754-2011", "生产": "Production",
    "营业收入": "Revenue", "利润总额": "Total profits", "出口交货值": "Export delivery value", "盈利": "Profit",
    "出厂价格": "Producer prices", "产成品存货": "Finished goods", "价格": "Prices", "出口": "Exports",
    "过热": "Overheated", "渐热": "Warming", "稳定": "Stable", "渐冷": "Cooling", "过冷": "Overcooled", "百分点": "points",
    "红灯": "red light", "黄灯": "yellow light", "绿灯": "green light", "浅蓝灯": "light blue light", "蓝灯": "blue light",
    "概览": "Overview", "主要数字": "Headline figures", "行业信号灯": "Lights of industries", "序列比较": "Compare series",
    "同类行业增加值增速": "Growth of value added of its peers", "各次公布": "Vintages", "营业收入口径": "revenue concept", "良好": "good", "存疑": "doubtful",
    "纵轴：对趋势的偏离（点）": "Upwards: deviation from trend (points)", "细线：近六个月的路径": "Thin lines: last six months",
    "横轴：偏离在三个月中的变动（点）": "Across: change of the deviation in three months (points)",
    "由本序列的绝对量相除得出，口径调整的年份与公布的增速可能不同。":
        "Divided from the levels of this series; in years of a changed coverage published growth may differ.",
    "左轴": "left axis", "右轴": "right axis", "已公布与预测": "published and nowcast",
    "分省增加值增速": "growth of value added by province", "各行业增加值累计增速": "growth of value added by industry, year to date",
    "景气指数": "prosperity index", "总指数和分项指数": "total and components",
    "原序列、季调后与趋势": "original, seasonally adjusted, trend", "启用": "in force", "观察": "observed only",
    "未回测": "not back-tested", "不回测": "not back-tested", "证据不足": "too little evidence", "收入增、利润降":
    "revenue up, profits down", "增速持续偏低": "growth persistently low", "规则与回测": "Rules and back-test",
    "利润总额（累计）连续下降": "profits (year to date) falling", "营业收入（累计）连续下降": "revenue (year to date) falling",
    "半数行业增加值连续下降": "value added falling in half of the industries", "景气指数见顶": "peak of the prosperity index",
    "半数行业利润总额（累计）连续下降": "profits (year to date) falling in half of the industries",
    "增加值下降的行业达到一半": "value added falls in half of the industries", "预测下期由增转降": "next figure expected to turn down",
    "存货和应收账款增长快于收入": "stocks and receivables grow faster than revenue", "利润总额（累计）": "Profits (year to date)",
    "营业收入（累计）": "Revenue (year to date)", "出口季调环比持续偏低": "adjusted exports persistently low",
    "出口季调环比远低于近两年": "adjusted exports far below the last two years", "增速远低于近两年": "growth far below the last two years",
    "季调序列": "adjusted series", "主要指标": "main indicators", "没有数字": "no figures", "国家统计局口径": "NBS coverage",
    "进行中": "under way", "已有结果": "result known", "达到": "attained", "未达到": "not attained", "缺数据": "no data",
    "无量化目标": "no quantified target", "期限已过": "past its term", "没有收录数字": "no figures held",
    "没有按期公布的数字": "no figures are published regularly", "增速": "growth", "降幅扩大": "fall widens",
    "各行业拉动": "contributions of industries", "分省增速": "growth by province", "行业": "Industries", "地区": "Regions",
    "指标": "Indicators", "发布": "Releases", "方案与目标": "Plans and targets", "预警": "Warnings", "方法": "Methods",
    "检索": "Search",
    "按惯例推定": "customary", "已公布日程": "announced", "教育部": "Ministry of Education", "国家市场监督管理总局":
    "State Administration for Market Regulation", "人力资源和社会保障部": "Ministry of Human Resources and Social Security",
    "生态环境部": "Ministry of Ecology and Environment", "不变价": "constant prices", "现价": "current prices",
    "稳增长方案（2025—2026年）": "Steady-growth plan 2025–2026", "稳增长方案（2023—2024年）": "Steady-growth plan 2023–2024",
    "轻工业运行监测月报": "Light-industry monitoring bulletin", "国家统计局工业生产": "Industrial production (NBS)",
    "国家统计局社会消费品零售": "Retail sales (NBS)", "国家统计局价格": "Prices (NBS)",
    "国家统计局工业企业利润": "Profits of industrial enterprises (NBS)", "国家统计局采购经理指数": "Purchasing managers' index (NBS)",
    "海关总署进出口": "Imports and exports (customs)", "中国轻工业联合会轻工业运行": "Operation of light industry (CNLIC)",
    "工业和信息化部消费品工业运行": "Operation of consumer-goods industry (MIIT)", "行业协会行业运行": "Reports of associations",
    "国家能源局全社会用电量": "Electricity consumption (NEA)",
}  # fmt: skip
"""Words of the portal's own charts and of few characters, which the phrase book reads in another sense or not at all."""

_SENTENCES = tuple(
    (re.compile(pattern), english)
    for pattern, english in (
        (r"(?P<a>.+)连续(?P<n>\d+)期下降", "{a} down {n} periods in a row"),
        (r"(?P<a>.+)连续下降", "{a} falling"),
        (
            r"(?P<a>.+?)(?:最近已公布)?同比(?P<b>\d{4}年(?:.*?月份?|全年))(?P<n>[-−]?[\d.,]+%)",
            "{a} {n} on a year before ({b})",
        ),
        (r"(?P<a>.+?)下期下降概率(?P<b>\d{4}年.*?月份?)(?P<n>[\d.]+%)", "{a}: probability of a fall {n} ({b})"),
        (
            r"(?P<b>\d{4}年(?:\d+—)?(?:\d+月份?|全年|上半年|前三季度))(?P<a>.+?)(?:最近已公布)?同比增长(?P<n>[\d.,]+%)",
            "{a} up {n} on a year before ({b})",
        ),
        (
            r"(?P<b>\d{4}年(?:\d+—)?(?:\d+月份?|全年|上半年|前三季度))(?P<a>.+?)(?:最近已公布)?同比下降(?P<n>[\d.,]+%)",
            "{a} down {n} on a year before ({b})",
        ),
        (
            r"(?P<b>\d{4}年(?:\d+—)?(?:\d+月份?|全年|上半年|前三季度))(?P<a>.+?)(?:最近已公布)?同比持平",
            "{a} unchanged on a year before ({b})",
        ),
        (
            r"(?P<b>\d{4}年(?:\d+—)?(?:\d+月份?|全年|上半年|前三季度))(?P<a>.+?)为(?P<n>[-−]?[\d.,]+(?:%|百分点)?)",
            "{a} {n} ({b})",
        ),
        (r"(?P<a>.+?)增加值增速斜率", "{a}: slope of growth of value added"),
        (r"(?P<a>.+?)下行累积和", "{a}: downward cumulated sum"),
        (r"(?P<a>.+?)出口季调环比下行累积和", "{a}: downward cumulated sum of adjusted exports"),
        (r"(?P<a>.+?)出口季调环比稳健残差", "{a}: robust residual of adjusted exports"),
        (r"(?P<a>.+?)出口季调环比", "{a}: adjusted exports, month on month"),
        (r"(?P<a>.+?)稳健残差", "{a}: robust residual"),
        (r"(?P<a>.+?)下降面", "{a}: share of industries that fall"),
        (r"(?P<a>.+?)下期下降概率", "{a}: probability of a fall in the next figure"),
        (r"轻工业增加值平均增速(?P<n>\d+%)左右", "growth of value added of light industry about {n} on average"),
        (r"轻工业增加值增速与全国工业平均水平一致", "value added of light industry to grow as all industry does"),
        (
            r"规模以上企业营业收入规模突破(?P<n>\d+)万亿元",
            "revenue of enterprises above designated size beyond {n} trillion yuan",
        ),
        (r"(?P<a>.+?)累计增速", "{a}, growth year to date"),
        (r"(?P<a>.+)增速六期斜率为负", "{a}: growth slopes down over six periods"),
        (r"(?P<a>.+)降幅扩大", "fall of {a} widens"),
        (r"(?P<a>.+)增速回落", "growth of {a} falls back"),
        (r"回测准确率(?P<n>\d+%)", "back-test precision {n}"),
        (r"回测准确率(?P<n>\d+%)，低于规定的(?P<m>\d+%)", "back-test precision {n}, below the {m} required"),
        (
            r"回测只有(?P<n>\d+)段事件，不足(?P<m>\d+)段，证据不足",
            "{n} episodes in the back-test, {m} needed: too little evidence",
        ),
        (r"回测没有出现过预警或没有数据，证据不足", "no alarm or no figures in the back-test: too little evidence"),
        (r"以往误差小于最好的简单方法（(?P<a>.+)）", "smaller past errors than the best simple method ({a})"),
        (r"以往模型的误差不小于(?P<a>.+)，采用(?P=a)", "the model did not err less than {a}, which is used"),
        (
            r"样本不足：够长的月度序列只有(?P<n>\d+)条，少于(?P<m>\d+)条，不作预测",
            "too small a sample: {n} monthly series are long enough, {m} needed",
        ),
        (
            r"季调后和趋势为本系统测算（.+?，质量(?P<a>.+?)），取自(?P<n>.+?)期月报；.+",
            "Adjusted and trend are computed by this system (quality {a}), from the {n} bulletin; the original is on a "
            "comparable basis and may differ from published levels. January and February are drawn as a mean.",
        ),
        (r"没有代码为“(?P<n>.+)”的行业", "there is no industry with the code “{n}”"),
        (r"没有代码为“(?P<n>.+)”的指标", "there is no indicator with the code “{n}”"),
        (r"没有代码为“(?P<n>.+)”的地区", "there is no region with the code “{n}”"),
        (r"没有序列“(?P<n>.+)”", "there is no series “{n}”"),
        (r"没有“(?P<n>.+)”这个页面，请从首页或检索进入", "there is no page “{n}”; start from the overview or search"),
        (r"没有“(?P<n>.+)”这一[页期]", "there is no “{n}”"),
        (
            r"日期“(?P<n>.+)”不对，请写成 2025-10-01，在 1990 年至 2100 年之间",
            "“{n}” is no date; write 2025-10-01, from 1990 to 2100",
        ),
        (r"月份“(?P<n>.+)”不对，请写成 2020-01", "“{n}” is no month; write 2020-01"),
        (r"起始月份 (?P<n>.+) 在截止月份 (?P<m>.+) 之后，请对调", "the first month {n} is after the last one, {m}"),
        (r"数据正在更新或暂时读不到，页面会自动重试", "the figures are being updated; this page tries again by itself"),
        (r"各行业(?P<a>.+)增速", "growth of {a} by industry"),
        (r"(?P<a>.+)景气指数", "{a}: prosperity index"),
        (
            r"(?P<c>.+?)：各行业对规模以上工业(?P<a>.+?)增长的拉动（(?P<b>.+)）",
            "{c}: contributions of industries to growth of {a} of industry above designated size ({b})",
        ),
        (
            r"本系统测算：.+?，取自(?P<n>.+?)期月报；只列.+",
            "Computed by this system from revenue shares and growth, from the {n} bulletin; only divisions of light industry "
            "with figures are listed, so they do not add up to the growth of the province.",
        ),
        (r"各序列以(?P<a>.+)为100换算。", "Each series rebased to 100 in {a}."),
    )
)
_NAME_WITH_UNIT = re.compile(r"([\x20-\x7e]+, )([\u4e00-\u9fff/（）]+)(\).*)")
"""An English name of a series whose unit is Chinese still: Furniture: Total profits (year to date, level, 亿元)."""


def say(text: str) -> str:
    """A name in the language of the page: for what is laid out by its width, such as legends and bars."""
    if spoken() != "en" or not has_chinese(text):
        return text
    return _ITS_OWN.get(text) or short_name(text) or told(text)


def told(text: str) -> str:
    """The English of a text; the text itself where there is none."""
    if not has_chinese(text):
        return text
    found = _ITS_OWN.get(text) or translated(text)
    if found is not None:
        return found
    for pattern, sentence in _SENTENCES:
        if (matched := pattern.fullmatch(text)) is not None:
            parts = {name: told(part) for name, part in matched.groupdict().items()}
            if not any(map(has_chinese, parts.values())):
                return sentence.format(**parts)
    if (matched := _NAME_WITH_UNIT.fullmatch(text)) is not None and not has_chinese(unit := told(matched[2])):
        return f"{matched[1]}{unit}{matched[3]}"
    if "；" in text:
        clauses = [told(part) for part in text.split("；")]
        return text if any(map(has_chinese, clauses)) else "; ".join(clauses)
    for start, end, left, right in (("（", "）", " (", ")"), ("：", "", ": ", ""), ("·", "", " · ", "")):
        head, mark, rest = text.partition(start)
        if mark and head and rest.endswith(end):
            one, other = told(head), told(rest.removesuffix(end) if end else rest)
            if not has_chinese(one + other):
                return f"{one}{left}{other}{right}"
    head, mark, rest = text.rpartition(" ")
    if mark and not has_chinese(rest) and not has_chinese(one := told(head)):
        return f"{one} {rest}"
    return text


def page_in(function: Callable[..., Page]) -> Callable[..., Page]:
    """The page function, in English where the question is."""

    def answered(place: Any, ask: Ask, **found: str) -> Page:
        if not ask.english or ask.form != "html":
            return function(place, ask, **found)
        with speaking("en"):
            return english(function(place, ask, **found))

    return answered


def english(page: Page) -> Page:
    """A page with everything that the phrase book holds in English."""
    return replace(
        page, title=told(page.title), data=_data(page.data), drawings=tuple(map(_drawing, page.drawings)),
        tables=tuple(replace(t, title=told(t.title)) for t in page.tables),
    )  # fmt: skip


def _data(value: Any, field: str = "") -> Any:
    if isinstance(value, str):
        return value if field in _KEPT or not has_chinese(value) else (short_name(value) or told(value))
    if isinstance(value, Mapping):
        return {key: _data(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_data(part, field) for part in value]
    return value


def _drawing(one: Drawing) -> Drawing:
    title, spec = told(one.title), _spec(one.spec)
    spec = {**spec, "description": title}
    number = one.svg.partition('id="')[2].partition('"')[0] or f"c-{one.key}"
    try:
        svg = draw(spec, uid=f"{number}-en", label=title)
    except NotPlain:
        from qinggong.publish.drawing import render_svg

        svg = render_svg(spec, uid=f"{number}-en").replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
    packed = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    packed = packed.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return replace(one, title=title, alt=title, spec=spec, svg=svg, packed=packed, note=told(one.note))


def _spec(value: Any) -> Spec | Any:
    """A specification with its texts in English; equal texts stay equal, so that scales keep their labels."""
    if isinstance(value, str):
        return told(value)
    if isinstance(value, Mapping):
        return {key: part if key in ("$schema", "config") else _spec(part) for key, part in value.items()}
    return [_spec(part) for part in value] if isinstance(value, list | tuple) else value


_WIDE = re.compile(r"(?<=[A-Za-z0-9%).>*])([（）：，；。])")
_NARROW = {"（": " (", "）": ")", "：": ": ", "，": ", ", "；": "; ", "。": ". "}


def narrow(html: str) -> str:
    """Punctuation of templates after Latin letters, digits and elements in its English form."""
    before = ""
    while before != html:
        before, html = html, _WIDE.sub(lambda m: _NARROW[m[1]], html)
    return html
