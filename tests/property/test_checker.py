"""The checker on made-up bulletins: a consistent one has no finding, one number moved beyond rounding has one.

The bulletin is written from numbers drawn at random, so that every number that is told twice, or follows from others,
is known to the test; nothing of it is data.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.publish.checker import check_text

CATALOGUE: Catalogue = load_catalogue()
ZONES = ("过热", "渐热", "稳定", "渐冷", "过冷")


@dataclass
class Bulletin:
    """The numbers of a bulletin by name, and their sentences."""

    numbers: dict[str, Decimal]

    def text(self) -> str:
        told = {k: shown(v) for k, v in self.numbers.items()}
        told |= {f"verb_{k}": "下降" if v < 0 else "增长" for k, v in self.numbers.items()}
        told |= {f"abs_{k}": shown(abs(v)) for k, v in self.numbers.items()}
        told |= {f"pace_{k}": _pace(v) for k, v in self.numbers.items()}
        told |= {f"rise_{k}": "下降" if v < 0 else "上升" for k, v in self.numbers.items()}
        told |= {f"side_{k}": "低于" if v < 0 else "高于" for k, v in self.numbers.items()}
        return TEXT.format(**told)


TEXT = """\
2024年1—8月轻工业运行情况
2024年1—8月，轻工业实现营业收入{revenue}亿元，同比{verb_growth}{abs_growth}%；实现利润总额{profit}亿元，{verb_profit_growth}{abs_profit_growth}%，\
{side_gap}全国工业{abs_gap}个百分点；营业收入利润率为{margin}%。
2024年1—8月，规模以上工业利润总额同比{verb_industry}{abs_industry}%。
2024年8月份，规模以上工业增加值同比增长{output}%，增速比7月份{pace_change}{abs_change}个百分点（7月份增长{output_before}%）。
2024年1—8月，社会消费品零售总额{retail}亿元。轻工11类商品零售额{goods}亿元，占社会消费品零售总额的{share}%。
2024年8月，轻工景气指数为{index}，环比{rise_index_change}{abs_index_change}点，上月为{index_before}。
{total}个重点行业中，位于“过热”区间的有{zone0}个，“渐热”区间的有{zone1}个，“稳定”区间的有{zone2}个，“渐冷”区间的有{zone3}个，“过冷”区间的有{zone4}个。
表1 2024年1—8月主要指标
指标\t单位\t绝对量\t同比(%)
轻工业营业收入\t亿元\t{table_revenue}\t{table_growth}
轻工业利润总额\t亿元\t{table_profit}\t{table_profit_growth}
"""


def shown(value: Decimal) -> str:
    return f"{value:f}"


def _pace(value: Decimal) -> str:
    return "回落" if value < 0 else "加快"


def near(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)


@st.composite
def bulletins(draw: st.DrawFn) -> Bulletin:
    revenue, retail = draw(decimals("50000", "200000", 1)), draw(decimals("200000", "400000", 0))
    profit = near(revenue * draw(decimals("0.03", "0.09", 4)), 1)
    goods = near(retail * draw(decimals("0.08", "0.3", 3)), 0)
    rate = decimals("-20", "20", 1)
    growth, profit_growth, industry = draw(rate), draw(rate), draw(rate)
    output, output_before = draw(decimals("0.1", "12", 1)), draw(decimals("0.1", "12", 1))
    index, index_before = draw(decimals("60", "150", 2)), draw(decimals("60", "150", 2))
    zones = draw(st.lists(st.integers(1, 12), min_size=5, max_size=5))
    numbers = {
        "revenue": revenue, "profit": profit, "growth": growth, "profit_growth": profit_growth, "industry": industry,
        "gap": profit_growth - industry, "margin": near(profit / revenue * 100, 2), "output": output,
        "output_before": output_before, "change": output - output_before, "retail": retail, "goods": goods,
        "share": near(goods / retail * 100, 1), "index": index, "index_before": index_before,
        "index_change": index - index_before, "total": Decimal(sum(zones)),
        "table_revenue": revenue, "table_growth": growth, "table_profit": profit, "table_profit_growth": profit_growth,
    } | {f"zone{i}": Decimal(n) for i, n in enumerate(zones)}  # fmt: skip
    return Bulletin(numbers)


@settings(deadline=None, max_examples=40)
@given(bulletins())
def test_a_consistent_bulletin_has_no_finding(bulletin: Bulletin) -> None:
    assert [f.message for f in check_text(bulletin.text(), catalogue=CATALOGUE).findings] == []


# how far a number moves: beyond what its own rounding and that of the numbers it belongs to can explain
MOVES = {
    "revenue": "9000", "profit": "900", "growth": "1.7", "profit_growth": "1.7", "industry": "1.7", "gap": "1.7",
    "margin": "1.30", "output": "1.7", "output_before": "1.7", "change": "1.7", "retail": "90000", "goods": "19000",
    "share": "5.1", "index": "3.10", "index_before": "3.10", "index_change": "3.10", "total": "1", "table_revenue":
    "9000", "table_growth": "1.7", "table_profit": "900", "table_profit_growth": "1.7", "zone0": "1", "zone2": "2",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(MOVES))
@settings(deadline=None, max_examples=8)
@given(bulletin=bulletins(), up=st.booleans())
def test_one_wrong_number_is_found(name: str, bulletin: Bulletin, up: bool) -> None:
    move = Decimal(MOVES[name])
    value = bulletin.numbers[name]
    bulletin.numbers[name] = value + move if up or value <= move else value - move
    report = check_text(bulletin.text(), catalogue=CATALOGUE)
    assert report.errors > 0, f"{name}: {value} → {bulletin.numbers[name]}\n{bulletin.text()}"


@settings(deadline=None, max_examples=60)
@given(
    st.text(
        alphabet="1—8月，。；%增长下降个百分点（）占稳定区间行业连续由正转负0123456789.亿元轻工业利润总额\n\t|“”",
        max_size=300,
    )
)
def test_any_text_gives_a_report(text: str) -> None:
    report = check_text("2024年1—8月\n" + text + "。", catalogue=CATALOGUE)
    assert report.errors <= len(report.findings)
    for finding in report.findings:
        assert finding.message and finding.position.paragraph + finding.position.table > 0
