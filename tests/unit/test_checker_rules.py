"""The checker's rules: for each a sentence that breaks it and one that keeps it. Sentences and figures are made up.

The four slips are typed in several ways after those that published monthly bulletins of 2013–2021 carry.
"""

from __future__ import annotations

import pytest

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.publish.checker import check_text, rules

WITHOUT_EXAMPLE = {"data", "repeated"}  # need --data, see test_checker_reference.py
INDEX_TABLE = (
    "表2-1 分项景气指数\n分项\t本月\t环比变化\n收入\t109.14\t-7.19\n出口\t109.40\t-19.80\n利润\t126.43\t-25.34"
)
NAMES_24 = (
    "乳品、玩具、酿酒、眼镜、乐器、制盐、自行车、照明、工美、玻璃、家电、五金、制笔、家具、缝制机械、钟表、珠宝、塑料、皮革、陶瓷、"
    "饮料、日化、电池"
)

REPEATED_MONTH = [
    ("change", "2021年3月，利润景气指数为151.77，环比下降25.34点，2月为151.77。"),
    ("change", "3月份利润景气指数为151.77，较上月下降25.34点；上月为151.77。"),
    ("change", "2021年2月，利润景气指数为151.77。\n2021年3月，利润景气指数为151.77，环比下降25.34点。"),
    ("change", "2021年3月利润景气指数为151.77，比2月的151.77下降25.34点。"),
    ("same-quantity", "2021年3月，利润景气指数151.77，环比下降25.34点，而表中利润景气指数为126.43。"),
    ("text-table", f"3月，收入景气指数为109.14，利润景气指数151.77，环比下降25.34点。\n{INDEX_TABLE}"),
    (
        "text-table",
        "3月，利润景气指数151.77，环比下降25.34点。\n表2-1 分项景气指数\n分项\t3月\t2月\t环比\n"
        "出口景气指数\t109.40\t129.20\t-19.80\n利润景气指数\t126.43\t151.77\t-25.34",
    ),
]
ZONE_TWICE = [
    (
        "zone-twice",
        "25个重点行业中，15个行业处于“稳定”区间，占60%；4个行业处于“渐热”区间，占16%；"
        "5个行业处于“稳定”区间，占20%；1个行业处于“渐冷”区间，占4%。",
    ),
    ("zone-twice", "在25个行业中，稳定区间15个、占60%，渐热区间4个、占16%，稳定区间5个、占20%，渐冷区间1个、占4%。"),
    (
        "zone-twice",
        "位于“稳定”区间的行业有15个，占60%。位于“渐热”区间的行业有4个，占16%。"
        "位于“稳定”区间的行业有5个，占20%。位于“渐冷”区间的行业有1个，占4%。",
    ),
    (
        "zone-twice",
        "25个行业中有15个行业位于稳定区间（占60%），5个行业位于稳定区间（占20%），4个位于渐热区间，1个位于渐冷区间。",
    ),
]
NAMES_AND_COUNT = [
    (
        "counts",
        "32个行业中，4个行业位于稳定区间（中心线以上），23个行业位于稳定区间（中心线以下），"
        "2个行业位于渐冷区间，2个行业位于过冷区间。",
    ),
    ("counts", "32个行业中，渐热4个，稳定（中心线以下）23个，渐冷2个，过冷2个。"),
    ("list", f"位于“稳定（中心线以下）”的行业有23个，分别是{NAMES_24}和造纸。"),
    (
        "list",
        f"类型\t行业数量\t行业\n稳定（中心线以上）\t2\t玩具、酿酒\n稳定（中心线以下）\t23\t{NAMES_24}、造纸\n渐冷\t1\t制糖",
    ),
]
ZONE_ABOVE = [
    (
        "zone-above",
        "2019年4月，25个行业中，渐热4个，稳定（中心线以上）9个，稳定（中心线以下）11个，渐冷1个，位于稳定区间以上的行业占52%。",
    ),
    ("zone-above", "4个行业处于渐热区间，20个行业处于稳定区间，1个行业处于渐冷区间，位于“稳定”区间以上的行业占52%。"),
    (
        "zone-above",
        "25个重点行业中，位于渐热区间的有4个，位于稳定区间的有20个（其中中心线以上9个），位于渐冷区间的有1个。位于稳定区间以上的行业占52%。",
    ),
    (
        "zone-above",
        "渐热区间4个、稳定区间（中心线以上）9个、稳定区间（中心线以下）11个、渐冷区间1个。位于稳定区间以上的行业占52%。",
    ),
]
FURTHER = [
    ("counts", "25个行业中12个上升、11个下降、3个持平"),
    ("counts", "25个行业中，12个行业景气指数上升，13个行业下降，1个持平"),
    ("shares", "五个区间占比分别为：过热4%、渐热16%、稳定60%、渐冷20%、过冷8%。"),
    ("points", "2024年8月份，营业收入利润率为6.1%，同比提高0.3%。"),
    ("points", "2024年1—8月，轻工业营业收入同比增长7.4%，高于全国工业5.4%。"),
    ("points", "2024年1—8月，轻工11类商品零售额占比提高0.3%。"),
    ("points", "2024年1—8月，轻工业营业收入增速比1—7月放缓0.3%。"),
    ("direction", "2024年1—8月，轻工业利润总额下降2.5%，降幅比1—7月收窄1.0个百分点；1—7月下降1.5%。"),
    ("direction", "2024年1—7月，轻工业利润总额下降1.5%。1—8月，轻工业利润总额下降2.5%，降幅比1—7月收窄1.0个百分点。"),
    ("direction", "2024年8月，轻工景气指数为98.50，比上月回落0.30点，7月为98.20。"),
    ("direction", "2024年8月，轻工景气指数为98.5，较上月回升0.3点，上月为99.0。"),
    ("direction", "1—8月，营业收入同比增长7.3%，增速较1—7月放缓0.1个百分点（1—7月增长7.2%）。"),
    ("direction", "2024年1—8月，轻工业营业收入同比增长7.3%，降幅比1—7月收窄0.1个百分点。"),
    ("direction", "2024年1—8月，轻工业营业收入同比下降7.3%，增幅比1—7月扩大0.1个百分点。"),
    ("direction", "2024年1—8月，轻工业营业收入增速由1—7月的5.0%回落到5.3%。"),
    ("direction", "2024年1—8月，轻工业利润总额同比下降-2.5%。"),
    (
        "direction",
        "2024年1—8月，规模以上工业利润总额同比增长7.4%；轻工业利润总额增长2.0%，高于全国工业5.4个百分点。",
    ),
    ("direction", "2024年1—8月，轻工业利润总额增长2.0%。\n2024年1—8月，轻工业利润总额同比下降2.0%。"),
    ("change", "2024年8月份，规模以上工业增加值同比增长4.5%，增速比7月份回落1.6个百分点（7月份增长5.1%）。"),
    ("change", "2024年1—8月，轻工业营业收入利润率为6.0%，比1—7月提高0.5个百分点；1—7月为5.8%。"),
    ("margin", "2024年1—8月，轻工业营业收入15.2亿元，利润9177.6亿元，利润率6.04%。"),
    ("unit", "2024年1—8月，轻工业实现利润9177.6万亿元，同比增长7.4%。\n1—8月轻工业利润9177.6亿元。"),
    ("turn", "2024年8月，规模以上工业出口交货值同比下降1.5%，增速由正转负（7月份为下降0.5%）。"),
    ("turn", "2024年8月，规模以上工业出口交货值同比增长1.5%，由增转降。"),
    ("period", "2024年1—8月，轻工业营业收入同比增长7.3%，增速比1—8月加快0.3个百分点。"),
    ("period", "2024年1—8月，轻工业营业收入同比增长7.3%，增速比1—9月加快0.3个百分点。"),
    (
        "period",
        "2024年1—8月家电行业运行情况\n1—7月，家电行业实现营业收入1.05万亿元，同比增长3.0%；利润总额100亿元，增长5%。",
    ),
    ("threshold", "2024年，轻工业营业收入突破25万亿元，达24.8万亿元。"),
    ("threshold", "2024年1—8月，轻工业营业收入近15万亿元。1—8月轻工业营业收入15.2万亿元。"),
    ("threshold", "2024年1—8月，轻工业营业收入超15万亿元。1—8月轻工业营业收入14.8万亿元。"),
    ("run", "2024年8月份，社会消费品零售总额同比下降2.1%，连续3个月增长。"),
    ("run", "2024年8月份，社会消费品零售总额同比下降2.1%，增速由正转负（7月份为增长2.5%），连续3个月下降。"),
    ("parts", "轻工业出口额4537.8亿美元，其中家电2500亿美元、家具1500亿美元、塑料制品1200亿美元。"),
    ("parts", "2024年8月份，社会消费品零售总额38726亿元。1—8月，社会消费品零售总额31245亿元。"),
    ("count-share", "25个重点行业中，15个处于“稳定”区间，占66%；10个处于“渐热”区间，占40%。"),
    ("table-sum", "行业\t利润总额（亿元）\n甲业\t200.5\n乙业\t330.1\n合计\t430.6"),
    ("share", "行业\t利润总额（亿元）\t比重（%）\n合计\t500.0\t100\n甲业\t200.0\t44.0\n乙业\t300.0\t60.0"),
    (
        "margin",
        "行业\t营业收入（亿元）\t利润总额（亿元）\t营业收入利润率（%）\n甲业\t2000.0\t100.0\t6.0\n乙业\t3000.0\t150.0\t5.0",
    ),
    (
        "text-table",
        "2024年1—8月，家具制造业利润总额下降1.1%。\n表1 2024年1—8月利润总额\n行业\t同比增长（%）\n家具制造业\t1.5\n造纸和纸制品业\t2.2",
    ),
]
RIGHT = [
    "2021年3月，利润景气指数为126.43，环比下降25.34点，2月为151.77。",
    f"3月，收入景气指数为109.14，利润景气指数126.43，环比下降25.34点。\n{INDEX_TABLE}",
    "25个重点行业中，15个行业处于“稳定”区间，占60%；4个行业处于“渐热”区间，占16%；5个行业处于“过热”区间，占20%；1个行业处于“渐冷”区间，占4%。",
    "32个行业中，4个行业位于稳定区间（中心线以上），24个行业位于稳定区间（中心线以下），2个行业位于渐冷区间，2个行业位于过冷区间。",
    "25个行业中，渐热4个，稳定（中心线以上）9个，稳定（中心线以下）11个，渐冷1个，位于稳定区间中心线以上的行业占52%。",
    "25个重点行业中，位于渐热区间的有4个，位于稳定区间的有20个（其中中心线以上9个），位于渐冷区间的有1个。位于稳定区间以上的行业占96%。",
    f"位于“稳定（中心线以下）”的行业有24个，分别是{NAMES_24}和造纸。",
    f"位于“稳定（中心线以下）”的行业有30个，有{NAMES_24}和造纸等。",
    "位于“渐热”区间的行业有3个：酒、饮料和精制茶制造业、家具制造业和造纸和纸制品业。",
    "41个大类行业中，35个行业增加值同比增长，增长面为85.4%，其中20个行业增速比上月加快，15个行业两位数增长。",
    "2024年8月，规模以上工业增加值同比增长4.5%，比上月回落0.6个百分点，7月增长5.1%；1—8月增长5.8%。",
    "2024年1—8月，轻工业利润总额下降2.5%，降幅比1—7月收窄1.0个百分点；1—7月下降3.5%。",
    "2024年1—8月，轻工业营业收入增速由1—7月的5.0%回落到4.3%。",
    "2024年1—8月，轻工业营业收入利润率同比提高0.3个百分点，高于全国工业0.5个百分点。",
    "2024年1—8月，轻工业营业收入超15万亿元，达15.2万亿元。",
    "2024年1—8月，轻工业营业收入近15万亿元。1—8月轻工业营业收入14.8万亿元。",
    "2024年1—2月，轻工业利润总额同比增长136.7%。1—2月，轻工业利润总额增长1.37倍。",
    "2024年8月份，社会消费品零售总额同比增长2.1%。其中，除汽车以外的零售额增长3.3%；乡村零售额增长3.9%。",
    "据中国轻工业联合会数据，2022年上半年，轻工业增加值同比增长4.5%。\n据工业和信息化部数据，2022年上半年，轻工业增加值同比增长4.6%。",
    "2024年1—8月，规模以上工业企业实现利润总额46527.3亿元，营业收入87.04万亿元，营业收入利润率为5.34%。",
]  # fmt: skip


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def found(text: str, catalogue: Catalogue) -> dict[str, str]:
    """Severity by rule, the gravest first."""
    told = check_text(text, catalogue=catalogue).findings
    return {f.rule: f.severity for f in sorted(told, key=lambda f: f.severity, reverse=True)}


@pytest.mark.parametrize("rule", sorted(set(rules()) - WITHOUT_EXAMPLE))
def test_example_of_each_rule(rule: str, catalogue: Catalogue) -> None:
    one = rules()[rule]
    assert found(one.wrong, catalogue).get(rule) == one.severity
    assert found(one.right, catalogue) == {}


@pytest.mark.parametrize(("rule", "text"), REPEATED_MONTH + ZONE_TWICE + NAMES_AND_COUNT + ZONE_ABOVE)
def test_slips_of_published_bulletins(rule: str, text: str, catalogue: Catalogue) -> None:
    assert found(text, catalogue) == {rule: "error"}


@pytest.mark.parametrize(("rule", "text"), FURTHER)
def test_wrong_sentence(rule: str, text: str, catalogue: Catalogue) -> None:
    assert found(text, catalogue).get(rule) == "error"


@pytest.mark.parametrize("text", RIGHT)
def test_right_sentence(text: str, catalogue: Catalogue) -> None:
    assert found(text, catalogue) == {}


def test_a_slip_within_rounding_is_a_warning(catalogue: Catalogue) -> None:
    text = "2024年8月份，规模以上工业增加值同比增长4.5%，增速比7月份回落0.5个百分点（7月份增长5.1%）。"
    assert found(text, catalogue) == {"change": "warning"}


def test_counts_with_some_left_unsaid_are_a_warning(catalogue: Catalogue) -> None:
    assert found("25个行业中，12个上升、11个下降。", catalogue) == {"counts": "warning"}


def test_position_quote_and_expected_value(catalogue: Catalogue) -> None:
    text = (
        "2024年1—8月轻工业运行情况\n1—8月，轻工业运行平稳。\n"
        "1—8月，轻工业实现营业收入15.2万亿元。实现利润9177.6亿元，营业收入利润率为6.54%。"
    )
    (finding,) = check_text(text, catalogue=catalogue).findings
    assert (finding.rule, finding.severity, finding.quote, finding.expected) == ("margin", "error", "6.54%", "6.04%")
    assert (finding.position.paragraph, finding.position.sentence, finding.position.table) == (3, 2, 0)
    assert "9177.6亿元" in finding.message and "15.2万亿元" in finding.message


def test_position_in_a_table(catalogue: Catalogue) -> None:
    text = "行业\t同比(%)\t1—7月同比(%)\t增速变化(百分点)\n甲业\t7.4\t5.9\t1.5\n乙业\t3.0\t4.0\t-2.0"
    (finding,) = check_text(text, catalogue=catalogue).findings
    assert (finding.position.table, finding.position.row, finding.position.column) == (1, 3, 4)
    assert (finding.quote, finding.expected) == ("-2.0", "-1.0")


def test_last_months_number_is_called_by_its_name(catalogue: Catalogue) -> None:
    (finding,) = check_text(REPEATED_MONTH[0][1], catalogue=catalogue).findings
    assert "沿用了上期的数" in finding.message and finding.expected == "126.43点"
