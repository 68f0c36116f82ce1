"""A manual of sentences (例句): what each number of a release says, or that it must not be bound.

The sentences are made up in the style of the National Bureau, the ministry and the federation; the year of the title is
2024. A line is an observation (subject, indicator, measure, period, value, unit), a ``change`` of a rate or ratio and
what it is compared with, a ``count``, or an ``unbound`` number as printed. The order is that of the text;
nothing is left out.
"""

from __future__ import annotations

import textwrap

import pytest

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.reading import Reading, read_text

SENTENCES: list[tuple[str, str]] = [
    (
        "1—8月份，农副食品加工业利润总额1234.5亿元，同比增长3.1%。",
        """
        industry:13@nbs profit level 2024-01/2024-08 1234.5 亿元
        industry:13@nbs profit yoy 2024-01/2024-08 3.1 %
        """,
    ),
    (
        "1—8月份，全国规模以上工业企业实现利润总额46527.3亿元，同比增长0.5%（按可比口径计算）。",
        """
        industry:BCD@nbs profit level 2024-01/2024-08 46527.3 亿元
        industry:BCD@nbs profit yoy 2024-01/2024-08 0.5 %
        """,
    ),
    (
        "8月份，规模以上工业增加值同比实际增长4.5%（增加值增速均为扣除价格因素的实际增长率）。从环比看，8月份，规模以上工业增加值比上月增长0.32%。1—8月份，规模以上工业增加值同"
        "比增长5.8%。",
        """
        industry:BCD@nbs value_added yoy 2024-08 4.5 %
        industry:BCD@nbs value_added mom 2024-08 0.32 %
        industry:BCD@nbs value_added yoy 2024-01/2024-08 5.8 %
        """,
    ),
    (
        "分三大门类看，8月份，采矿业增加值同比增长3.7%，制造业增长4.3%，电力、热力、燃气及水生产和供应业增长6.8%。",
        """
        industry:B@nbs value_added yoy 2024-08 3.7 %
        industry:C@nbs value_added yoy 2024-08 4.3 %
        industry:D@nbs value_added yoy 2024-08 6.8 %
        """,
    ),
    (
        "分经济类型看，8月份，国有控股企业增加值同比增长3.5%；股份制企业增长4.8%，私营企业增长4.3%。",
        """
        unbound 3.5%
        unbound 4.8%
        unbound 4.3%
        """,
    ),
    (
        "分行业看，8月份，41个大类行业中有32个行业增加值保持同比增长。其中，煤炭开采和洗选业增长4.7%，农副食品加工业增长1.9%，酒、饮料和精制茶制造业增长4.8%，化学原料和化学"
        "制品制造业增长5.9%，专用设备制造业下降0.2%。",
        """
        count 41个
        count 32个
        industry:06@nbs value_added yoy 2024-08 4.7 %
        industry:13@nbs value_added yoy 2024-08 1.9 %
        industry:15@nbs value_added yoy 2024-08 4.8 %
        industry:26@nbs value_added yoy 2024-08 5.9 %
        industry:35@nbs value_added yoy 2024-08 -0.2 %
        """,
    ),
    (
        "1—8月份，规模以上工业企业中，国有控股企业实现利润总额15388.7亿元，同比下降1.3%；股份制企业实现利润总额34610.3亿元，下降0.3%。",
        """
        unbound 15388.7亿元
        unbound 1.3%
        unbound 34610.3亿元
        unbound 0.3%
        """,
    ),
    (
        "1—8月份，采矿业实现利润总额8017.5亿元，同比下降9.2%；制造业实现利润总额33131.5亿元，增长1.1%；电力、热力、燃气及水生产和供应业实现利润总额5378.3亿元，"
        "增长14.7%。",
        """
        industry:B@nbs profit level 2024-01/2024-08 8017.5 亿元
        industry:B@nbs profit yoy 2024-01/2024-08 -9.2 %
        industry:C@nbs profit level 2024-01/2024-08 33131.5 亿元
        industry:C@nbs profit yoy 2024-01/2024-08 1.1 %
        industry:D@nbs profit level 2024-01/2024-08 5378.3 亿元
        industry:D@nbs profit yoy 2024-01/2024-08 14.7 %
        """,
    ),
    (
        "1—8月份，主要行业利润情况如下：有色金属冶炼和压延加工业利润同比增长64.2%，农副食品加工业增长18.0%，纺织业增长14.7%，石油、煤炭及其他燃料加工业由盈转亏。",
        """
        industry:32@nbs profit yoy 2024-01/2024-08 64.2 %
        industry:13@nbs profit yoy 2024-01/2024-08 18.0 %
        industry:17@nbs profit yoy 2024-01/2024-08 14.7 %
        unbound 由盈转亏
        """,
    ),
    (
        "1—8月份，规模以上工业企业营业收入利润率为5.34%，同比下降0.10个百分点。",
        """
        industry:BCD@nbs revenue_margin level 2024-01/2024-08 5.34 %
        industry:BCD@nbs revenue_margin yoy 2024-01/2024-08 -0.10 百分点
        """,
    ),
    (
        "8月末，规模以上工业企业资产总计173.12万亿元，同比增长4.7%；资产负债率为57.6%，同比持平。",
        """
        industry:BCD@nbs assets level 2024-08 173.12 万亿元
        industry:BCD@nbs assets yoy 2024-08 4.7 %
        industry:BCD@nbs debt_ratio level 2024-08 57.6 %
        industry:BCD@nbs debt_ratio yoy 2024-08 0.0 百分点
        """,
    ),
    (
        "8月末，规模以上工业企业应收账款25.80万亿元，同比增长8.4%；产成品存货6.47万亿元，增长5.1%。",
        """
        industry:BCD@nbs receivables level 2024-08 25.80 万亿元
        industry:BCD@nbs receivables yoy 2024-08 8.4 %
        industry:BCD@nbs finished_goods level 2024-08 6.47 万亿元
        industry:BCD@nbs finished_goods yoy 2024-08 5.1 %
        """,
    ),
    (
        "1—8月份，规模以上工业企业每百元营业收入中的成本为85.36元，同比增加0.20元；每百元营业收入中的费用为8.42元，同比增加0.01元。",
        """
        industry:BCD@nbs cost_per_100 level 2024-01/2024-08 85.36 元
        industry:BCD@nbs cost_per_100 yoy 2024-01/2024-08 0.20 元
        industry:BCD@nbs expense_per_100 level 2024-01/2024-08 8.42 元
        industry:BCD@nbs expense_per_100 yoy 2024-01/2024-08 0.01 元
        """,
    ),
    (
        "8月份，规模以上工业企业利润同比下降17.8%。",
        """
        industry:BCD@nbs profit yoy 2024-08 -17.8 %
        """,
    ),
    (
        "8月份，社会消费品零售总额38726亿元，同比增长2.1%。其中，除汽车以外的消费品零售额34783亿元，增长3.3%。1—8月份，社会消费品零售总额312452亿元，同比增长3."
        "4%。",
        """
        retail:total@nbs retail_sales level 2024-08 38726 亿元
        retail:total@nbs retail_sales yoy 2024-08 2.1 %
        unbound 34783亿元
        unbound 3.3%
        retail:total@nbs retail_sales level 2024-01/2024-08 312452 亿元
        retail:total@nbs retail_sales yoy 2024-01/2024-08 3.4 %
        """,
    ),
    (
        "按消费类型分，8月份，商品零售34375亿元，同比增长1.9%；餐饮收入4351亿元，增长3.3%。",
        """
        retail:goods@nbs retail_sales level 2024-08 34375 亿元
        retail:goods@nbs retail_sales yoy 2024-08 1.9 %
        retail:catering@nbs retail_sales level 2024-08 4351 亿元
        retail:catering@nbs retail_sales yoy 2024-08 3.3 %
        """,
    ),
    (
        "8月份，限额以上单位粮油、食品类商品零售额同比增长10.1%，限额以上单位家具类零售额下降3.7%。",
        """
        retail:grain_oil_food@nbs retail_sales yoy 2024-08 10.1 %
        retail:furniture@nbs retail_sales yoy 2024-08 -3.7 %
        """,
    ),
    (
        "2024年1—6月，轻工业增加值同比增长5.3%；规模以上轻工企业实现营业收入10.8万亿元，同比增长2.3%，实现利润6575.7亿元，同比增长17.1%，高于全国工业13.6个"
        "百分点；利润率6.1%，同比提高0.8个百分点。",
        """
        group:light_industry@cnlic value_added yoy 2024-01/2024-06 5.3 %
        group:light_industry@cnlic revenue level 2024-01/2024-06 10.8 万亿元
        group:light_industry@cnlic revenue yoy 2024-01/2024-06 2.3 %
        group:light_industry@cnlic profit level 2024-01/2024-06 6575.7 亿元
        group:light_industry@cnlic profit yoy 2024-01/2024-06 17.1 %
        unbound 13.6个百分点
        group:light_industry@cnlic revenue_margin level 2024-01/2024-06 6.1 %
        group:light_industry@cnlic revenue_margin yoy 2024-01/2024-06 0.8 百分点
        """,
    ),
    (
        "在国家统计局统计的91种主要轻工业产品中，66种产品产量实现增长，增长面为72.5%。",
        """
        count 91种
        count 66种
        unbound 72.5%
        """,
    ),
    (
        "2022年，轻工业规上企业营业收入达24.3万亿元，实现利润1.54万亿元，分别占整体工业的17.6%和18.3%。累计出口9535.4亿美元，占全国出口总额的26.5%。",
        """
        group:light_industry@cnlic revenue level 2022-01/2022-12 24.3 万亿元
        group:light_industry@cnlic profit level 2022-01/2022-12 1.54 万亿元
        unbound 17.6%
        unbound 18.3%
        group:light_industry@cnlic exports_usd level 2022-01/2022-12 9535.4 亿美元
        unbound 26.5%
        """,
    ),
    (
        "2024年1—8月，轻工业营业收入和利润总额分别为15.2万亿元和9177.6亿元，同比分别增长7.3%和7.4%。",
        """
        group:light_industry@cnlic revenue level 2024-01/2024-08 15.2 万亿元
        group:light_industry@cnlic profit level 2024-01/2024-08 9177.6 亿元
        group:light_industry@cnlic revenue yoy 2024-01/2024-08 7.3 %
        group:light_industry@cnlic profit yoy 2024-01/2024-08 7.4 %
        """,
    ),
    (
        "1—7月，家用电冰箱产量4691.3万台，同比下降2.0%；房间空气调节器产量12353.0万台，同比下降14.0%；家用洗衣机产量3984.9万台，同比下降2.6%。7月当月，家"
        "用电冰箱产量914.7万台，同比增长29.7%。",
        """
        product:refrigerators@nbs output level 2024-01/2024-07 4691.3 万台
        product:refrigerators@nbs output yoy 2024-01/2024-07 -2.0 %
        product:air_conditioners@nbs output level 2024-01/2024-07 12353.0 万台
        product:air_conditioners@nbs output yoy 2024-01/2024-07 -14.0 %
        product:washing_machines@nbs output level 2024-01/2024-07 3984.9 万台
        product:washing_machines@nbs output yoy 2024-01/2024-07 -2.6 %
        product:refrigerators@nbs output level 2024-07 914.7 万台
        product:refrigerators@nbs output yoy 2024-07 29.7 %
        """,
    ),
    (
        "1—8月，轻工业利润增速比1—7月份加快1.5个百分点，营业收入降幅收窄0.3个百分点。",
        """
        change group:light_industry@cnlic profit yoy 2024-01/2024-08 1.5 比2024-01/2024-07
        change group:light_industry@cnlic revenue yoy 2024-01/2024-08 0.3 没有写明与哪一期相比
        """,
    ),
    (
        "1—8月份，电池制造业利润总额同比增长1.05倍。",
        """
        industry:384@miit profit yoy 2024-01/2024-08 105 %
        """,
    ),
    (
        "2021年6月，规模以上工业增加值同比增长8.3%，两年平均增长6.5%。",
        """
        industry:BCD@nbs value_added yoy 2021-06 8.3 %
        unbound 6.5%
        """,
    ),
    (
        "1—4月，轻工业营业收入近7万亿元，同比增长2.6%。",
        """
        unbound 7万亿元
        group:light_industry@cnlic revenue yoy 2024-01/2024-04 2.6 %
        """,
    ),
    (
        "2023年上半年，轻工业增加值同比增长0.4%，低于工业平均。",
        """
        group:light_industry@cnlic value_added yoy 2023-01/2023-06 0.4 %
        """,
    ),
    (
        "8月份，规模以上工業企業利潤總額同比下降１７．８％。",
        """
        industry:BCD@nbs profit yoy 2024-08 -17.8 %
        """,
    ),
    (
        "8月份，食品制造业、家具制造业增加值分别增长3.1%、下降2.9%。",
        """
        industry:14@nbs value_added yoy 2024-08 3.1 %
        industry:21@nbs value_added yoy 2024-08 -2.9 %
        """,
    ),
    (
        "1—8月份，家具制造业实现利润总额同比下降3%—5%。",
        """
        unbound 3%
        unbound 5%
        """,
    ),
    (
        "1—8月份，由于需求不足，规模以上工业企业利润同比增长0.5%，民营企业活力增强，利润增长2.6%。",
        """
        industry:BCD@nbs profit yoy 2024-01/2024-08 0.5 %
        unbound 2.6%
        """,
    ),
    (
        "2024年1—8月，广东轻工业营业收入1.2万亿元，同比增长3.1%。",
        """
        unbound 1.2万亿元
        unbound 3.1%
        """,
    ),
    (
        "2024年1—8月，轻工业营业收入15.2万亿元，其中家具制造业4200.5亿元，利润总额9177.6亿元，同比增长7.4%。",
        """
        group:light_industry@cnlic revenue level 2024-01/2024-08 15.2 万亿元
        industry:21@nbs revenue level 2024-01/2024-08 4200.5 亿元
        unbound 9177.6亿元
        unbound 7.4%
        """,
    ),
    (
        "2024年1—8月，轻工业营业收入15.2万亿元，其中，家具制造业营业收入4200.5亿元，同比增长1.3%。实现利润总额9177.6亿元，同比增长7.4%。",
        """
        group:light_industry@cnlic revenue level 2024-01/2024-08 15.2 万亿元
        industry:21@nbs revenue level 2024-01/2024-08 4200.5 亿元
        industry:21@nbs revenue yoy 2024-01/2024-08 1.3 %
        unbound 9177.6亿元
        unbound 7.4%
        """,
    ),
    (
        "1—8月，轻工业利润总额比上年同期增加120亿元，增长3.1%。",
        """
        unbound 120亿元
        group:light_industry@cnlic profit yoy 2024-01/2024-08 3.1 %
        """,
    ),
    (
        "1—8月，轻工业出口额比1—7月增长2.1%。",
        """
        unbound 2.1%
        """,
    ),
    (
        "8月份，家用电冰箱产量环比增长2.1%，同比增长3.2%。",
        """
        unbound 2.1%
        unbound 3.2%
        """,
    ),
    (
        "8月份，轻工业增加值同比增长4.1%，比7月份回落0.6个百分点。",
        """
        group:light_industry@cnlic value_added yoy 2024-08 4.1 %
        change group:light_industry@cnlic value_added yoy 2024-08 -0.6 比2024-07
        """,
    ),
    (
        "8月份，轻工业增加值增速为4.1%，较上月加快0.3个百分点。",
        """
        group:light_industry@cnlic value_added yoy 2024-08 4.1 %
        change group:light_industry@cnlic value_added yoy 2024-08 0.3 比上月
        """,
    ),
    (
        "8月份，家具制造业增加值同比下降2.1%，降幅比7月份收窄0.4个百分点。",
        """
        industry:21@nbs value_added yoy 2024-08 -2.1 %
        change industry:21@nbs value_added yoy 2024-08 0.4 比2024-07
        """,
    ),
    (
        "8月份，家具制造业增加值同比下降2.1%，比7月份收窄0.4个百分点。",
        """
        industry:21@nbs value_added yoy 2024-08 -2.1 %
        change industry:21@nbs value_added yoy 2024-08 0.4 比2024-07
        """,
    ),
    (
        "8月份，家具制造业增加值增长由上月下降2.0%转为增长1.1%。",
        """
        unbound 2.0%
        unbound 1.1%
        """,
    ),
    (
        "1—8月，轻工业营业收入同比增长3.1%，拉动规模以上工业增长0.5个百分点。",
        """
        group:light_industry@cnlic revenue yoy 2024-01/2024-08 3.1 %
        unbound 0.5个百分点
        """,
    ),
    (
        "1—8月，轻工业营业收入同比增长3.1%的行业有5个。",
        """
        unbound 3.1%
        unbound 5个
        """,
    ),
    (
        "1—8月，轻工业营业收入增速同比提高1.2个百分点。",
        """
        change group:light_industry@cnlic revenue yoy 2024-01/2024-08 1.2 比上年同期
        """,
    ),
    (
        "1—8月，轻工业利润总额是上年同期的1.05倍。",
        """
        unbound 1.05倍
        """,
    ),
    (
        "1—8月，轻工业利润总额增长近1倍。",
        """
        unbound 1倍
        """,
    ),
    (
        "预计全年轻工业增加值增长4%左右。",
        """
        unbound 4%
        """,
    ),
    (
        "到2025年，轻工业营业收入突破25万亿元。",
        """
        unbound 25万亿元
        """,
    ),
    (
        "轻工业增加值同比增长4.1%。",
        """
        unbound 4.1%
        """,
    ),
    (
        "1—8月，轻工业增加值、营业收入、利润总额同比分别增长4.1%、3.2%和7.4%。",
        """
        group:light_industry@cnlic value_added yoy 2024-01/2024-08 4.1 %
        group:light_industry@cnlic revenue yoy 2024-01/2024-08 3.2 %
        group:light_industry@cnlic profit yoy 2024-01/2024-08 7.4 %
        """,
    ),
    (
        "1—8月，食品制造业、家具制造业、造纸和纸制品业利润同比增长3.1%、2.2%和1.1%。",
        """
        unbound 3.1%
        unbound 2.2%
        unbound 1.1%
        """,
    ),
    (
        "8月份和1—8月份，轻工业增加值同比分别增长4.1%和4.6%。",
        """
        group:light_industry@cnlic value_added yoy 2024-08 4.1 %
        group:light_industry@cnlic value_added yoy 2024-01/2024-08 4.6 %
        """,
    ),
    (
        "1—8月，轻工业出口2465.7亿美元，同比下降0.14%，降幅比1—7月收窄2.76个百分点。",
        """
        group:light_industry@cnlic exports_usd level 2024-01/2024-08 2465.7 亿美元
        group:light_industry@cnlic exports_usd yoy 2024-01/2024-08 -0.14 %
        change group:light_industry@cnlic exports_usd yoy 2024-01/2024-08 2.76 比2024-01/2024-07
        """,
    ),
    (
        "1—8月，轻工业出口额1.2万亿元，同比增长5.1%。",
        """
        group:light_industry@cnlic exports_cny level 2024-01/2024-08 1.2 万亿元
        group:light_industry@cnlic exports_cny yoy 2024-01/2024-08 5.1 %
        """,
    ),
    (
        "1—8月，塑料制品出口1078.1亿美元，同比增长9.3%；家用电器出口855亿美元。",
        """
        trade:plastic_products@gacc exports_usd level 2024-01/2024-08 1078.1 亿美元
        trade:plastic_products@gacc exports_usd yoy 2024-01/2024-08 9.3 %
        trade:home_appliances@gacc exports_usd level 2024-01/2024-08 855 亿美元
        """,
    ),
    (
        "1—8月，塑料制品产量5234.5万吨，同比增长1.1%。",
        """
        product:plastic_products@nbs output level 2024-01/2024-08 5234.5 万吨
        product:plastic_products@nbs output yoy 2024-01/2024-08 1.1 %
        """,
    ),
    (
        "轻工10类商品零售额10476亿元，同比增长34.3%。",
        """
        unbound 10476亿元
        unbound 34.3%
        """,
    ),
    (
        "2021年1—2月，轻工10类商品零售额10476亿元，同比增长34.3%。",
        """
        retail:light_10@cnlic retail_sales level 2021-01/2021-02 10476 亿元
        retail:light_10@cnlic retail_sales yoy 2021-01/2021-02 34.3 %
        """,
    ),
    (
        "2月份，规模以上工业增加值同比增长4.1%。",
        """
        unbound 4.1%
        """,
    ),
    (
        "8月末，轻工业亏损企业数18806户，同比增长2.6%；亏损面为21.3%，同比扩大0.5个百分点。",
        """
        group:light_industry@cnlic loss_enterprises level 2024-08 18806 户
        group:light_industry@cnlic loss_enterprises yoy 2024-08 2.6 %
        group:light_industry@cnlic loss_breadth level 2024-08 21.3 %
        group:light_industry@cnlic loss_breadth yoy 2024-08 0.5 百分点
        """,
    ),
    (
        "2017年1—8月，轻工业亏损企业亏损总额707.3亿元，同比下降4.8%。",
        """
        group:light_industry@cnlic losses level 2017-01/2017-08 707.3 亿元
        group:light_industry@cnlic losses yoy 2017-01/2017-08 -4.8 %
        """,
    ),
    (
        "1—8月，规模以上工业企业每百元营业收入中的成本为85.36元，同比减少0.20元。",
        """
        industry:BCD@nbs cost_per_100 level 2024-01/2024-08 85.36 元
        industry:BCD@nbs cost_per_100 yoy 2024-01/2024-08 -0.20 元
        """,
    ),
    (
        "8月末，规模以上工业企业产成品存货周转天数为20.4天，同比增加0.2天；应收账款平均回收期为66.8天，同比增加3.7天。",
        """
        industry:BCD@nbs finished_goods_days level 2024-08 20.4 天
        industry:BCD@nbs finished_goods_days yoy 2024-08 0.2 天
        industry:BCD@nbs receivables_days level 2024-08 66.8 天
        industry:BCD@nbs receivables_days yoy 2024-08 3.7 天
        """,
    ),
    (
        "8月末，规模以上工业企业每百元资产实现的营业收入为77.4元，同比减少1.7元；人均营业收入为177.4万元，同比增加7.4万元。",
        """
        unbound 77.4元
        unbound 1.7元
        unbound 177.4万元
        unbound 7.4万元
        """,
    ),
    (
        "1—8月份，规模以上工业企业每百元资产实现的营业收入为77.4元，同比减少1.7元；人均营业收入为177.4万元，同比增加7.4万元。",
        """
        industry:BCD@nbs revenue_per_100_assets level 2024-01/2024-08 77.4 元
        industry:BCD@nbs revenue_per_100_assets yoy 2024-01/2024-08 -1.7 元
        industry:BCD@nbs revenue_per_person level 2024-01/2024-08 177.4 万元/人
        industry:BCD@nbs revenue_per_person yoy 2024-01/2024-08 7.4 万元/人
        """,
    ),
    (
        "1—8月份，石油、煤炭及其他燃料加工业亏损120.5亿元。",
        """
        unbound 120.5亿元
        """,
    ),
    (
        "1—8月份，有10个行业利润同比增长，1个减亏，28个下降，2个由盈转亏。",
        """
        count 10个
        count 1个
        count 28个
        count 2个
        """,
    ),
    (
        "1—8月份，轻工业利润总额 27 204.3 亿元。",
        """
        unbound 27
        unbound 204.3 亿元
        """,
    ),
    (
        "1—8月份，轻工业利润总额27,204.3亿元，同比增长3.1％。",
        """
        group:light_industry@cnlic profit level 2024-01/2024-08 27204.3 亿元
        group:light_industry@cnlic profit yoy 2024-01/2024-08 3.1 %
        """,
    ),
    (
        "１—８月份，輕工業利潤總額９，１７７．６億元，同比增長７．４％。",
        """
        group:light_industry@cnlic profit level 2024-01/2024-08 9177.6 亿元
        group:light_industry@cnlic profit yoy 2024-01/2024-08 7.4 %
        """,
    ),
    (
        "8月份，全国居民消费价格同比上涨0.6%。",
        """
        unbound 0.6%
        """,
    ),
    (
        "8月份，电气机械和器材制造业工业生产者出厂价格同比下降2.1%，环比下降0.7%。",
        """
        industry:38@nbs producer_prices yoy 2024-08 -2.1 %
        industry:38@nbs producer_prices mom 2024-08 -0.7 %
        """,
    ),
    (
        "8月份，规模以上工业产品销售率为96.9%，同比下降0.5个百分点；规模以上工业企业实现出口交货值13222亿元，同比名义增长6.4%。",
        """
        industry:BCD@nbs sales_ratio level 2024-08 96.9 %
        industry:BCD@nbs sales_ratio yoy 2024-08 -0.5 百分点
        industry:BCD@nbs export_delivery level 2024-08 13222 亿元
        industry:BCD@nbs export_delivery yoy 2024-08 6.4 %
        """,
    ),
    (
        "上半年，轻工业增加值同比增长5.3%，其中二季度增长5.1%。",
        """
        group:light_industry@cnlic value_added yoy 2024-01/2024-06 5.3 %
        group:light_industry@cnlic value_added yoy 2024-04/2024-06 5.1 %
        """,
    ),
    (
        "前三季度，轻工业利润1.02万亿元，同比增长7.2%。",
        """
        group:light_industry@cnlic profit level 2024-01/2024-09 1.02 万亿元
        group:light_industry@cnlic profit yoy 2024-01/2024-09 7.2 %
        """,
    ),
    (
        "今年1—8月，轻工业利润9177.6亿元，同比增长7.4%。去年同期为8545.3亿元。",
        """
        group:light_industry@cnlic profit level 2024-01/2024-08 9177.6 亿元
        group:light_industry@cnlic profit yoy 2024-01/2024-08 7.4 %
        unbound 8545.3亿元
        """,
    ),
    (
        "1—8月，白酒（折65度，商品量）产量280.5万千升，同比增长1.4%；啤酒产量2678.6万千升，下降3.2%。",
        """
        product:baijiu@nbs output level 2024-01/2024-08 280.5 万千升
        product:baijiu@nbs output yoy 2024-01/2024-08 1.4 %
        product:beer@nbs output level 2024-01/2024-08 2678.6 万千升
        product:beer@nbs output yoy 2024-01/2024-08 -3.2 %
        """,
    ),
    (
        "1—8月，轻工业营业收入同比增长3.1%，增速高于全国工业0.7个百分点，连续5个月保持增长。",
        """
        group:light_industry@cnlic revenue yoy 2024-01/2024-08 3.1 %
        unbound 0.7个百分点
        count 5个
        """,
    ),
    (
        "1—8月，轻工业营业收入（不含税）为15.2万亿元。",
        """
        unbound 15.2万亿元
        """,
    ),
    (
        "受高基数等因素影响，8月份，规模以上工业企业利润同比下降17.8%。",
        """
        industry:BCD@nbs profit yoy 2024-08 -17.8 %
        """,
    ),
    (
        "1—8月，轻工业增加值增长4.1%，全国固定资产投资增长3.4%。",
        """
        group:light_industry@cnlic value_added yoy 2024-01/2024-08 4.1 %
        unbound 3.4%
        """,
    ),
    (
        "1—8月，轻工业营业收入与上年同期持平。",
        """
        group:light_industry@cnlic revenue yoy 2024-01/2024-08 0.0 %
        """,
    ),
    (
        "2019年1—8月，轻工业营业收入13万亿元；1—8月，利润总额8000亿元。",
        """
        group:light_industry@cnlic revenue level 2019-01/2019-08 13 万亿元
        unbound 8000亿元
        """,
    ),
    (
        "1—8月，家具行业营业收入4200亿元，同比增长1.1%。",
        """
        unbound 4200亿元
        unbound 1.1%
        """,
    ),
    (
        "1—8月，据中国家具协会统计，家具行业营业收入4200亿元，同比增长1.1%。",
        """
        industry:21@cnfa revenue level 2024-01/2024-08 4200 亿元
        industry:21@cnfa revenue yoy 2024-01/2024-08 1.1 %
        """,
    ),
    (
        "1—8月，家具行业出口额460亿美元，同比增长9.3%。",
        """
        unbound 460亿美元
        unbound 9.3%
        """,
    ),
    (
        "1—8月，据国家统计局数据，家电行业实现利润总额1200亿元，造纸行业企业利润总额260亿元，同比分别增长8.1%和11.2%。",
        """
        industry:385@nbs profit level 2024-01/2024-08 1200 亿元
        industry:22@nbs profit level 2024-01/2024-08 260 亿元
        unbound 8.1%
        unbound 11.2%
        """,
    ),
    (
        "8月末，规模以上工业企业存货17.1万亿元，同比增长2.2%；其中，产成品存货6.47万亿元，增长5.1%。",
        """
        industry:BCD@nbs inventories level 2024-08 17.1 万亿元
        industry:BCD@nbs inventories yoy 2024-08 2.2 %
        unbound 6.47万亿元
        unbound 5.1%
        """,
    ),
    (
        "8月份，规模以上工业增加值同比增长5.3%，两年平均增长5.4%，比7月份回落0.2个百分点。分三大门类看，采矿业增加值同比增长2.5%，制造业增长5.5%。",
        """
        industry:BCD@nbs value_added yoy 2024-08 5.3 %
        unbound 5.4%
        unbound 0.2个百分点
        industry:B@nbs value_added yoy 2024-08 2.5 %
        industry:C@nbs value_added yoy 2024-08 5.5 %
        """,
    ),
    (
        "1—8月份，规模以上工业企业实现利润16747亿元，同比减少1987亿元，下降10.6%（去年同期为增长19.4%）。",
        """
        industry:BCD@nbs profit level 2024-01/2024-08 16747 亿元
        unbound 1987亿元
        industry:BCD@nbs profit yoy 2024-01/2024-08 -10.6 %
        unbound 19.4%
        """,
    ),
    (
        "1—8月，全国规模以上企业完成葡萄酒产量9.7万千升，粮油、食品类商品零售类值累计值13031.8亿元，同比增长9.9%。",
        """
        product:wine@nbs output level 2024-01/2024-08 9.7 万千升
        retail:grain_oil_food@nbs retail_sales level 2024-01/2024-08 13031.8 亿元
        retail:grain_oil_food@nbs retail_sales yoy 2024-01/2024-08 9.9 %
        """,
    ),
    (
        "1—8月，全国规模以上自行车制造企业营业收入1419.3亿元，其中，两轮脚踏自行车制造业营业收入460.3亿元。",
        """
        group:bicycles@miit revenue level 2024-01/2024-08 1419.3 亿元
        industry:3761@miit revenue level 2024-01/2024-08 460.3 亿元
        """,
    ),
    (
        "8月份，全社会用电量9649亿千瓦时，同比增长8.9%。1—8月份，全社会用电量累计65619亿千瓦时，同比增长7.9%。",
        """
        group:whole_society@nea electricity_use level 2024-08 9649 亿千瓦时
        group:whole_society@nea electricity_use yoy 2024-08 8.9 %
        group:whole_society@nea electricity_use level 2024-01/2024-08 65619 亿千瓦时
        group:whole_society@nea electricity_use yoy 2024-01/2024-08 7.9 %
        """,
    ),
    (
        "8月份，居民消费价格同比上涨0.6%。其中，食品烟酒类价格上涨2.1%，影响居民消费价格上涨约0.59个百分点。",
        """
        unbound 0.6%
        unbound 2.1%
        unbound 0.59个百分点
        """,
    ),
    (
        "8月份，制造业采购经理指数为49.1%，比上月下降0.3个百分点。",
        """
        unbound 49.1%
        unbound 0.3个百分点
        """,
    ),
    (
        "1—8月份，食品制造业营业收入1.1万亿元，同比增长4.1%，利润总额950亿元，同比增长3.9%；家具制造业营业收入4200亿元，增长1.1%，利润总额200亿元，下降0.5%。",
        """
        industry:14@nbs revenue level 2024-01/2024-08 1.1 万亿元
        industry:14@nbs revenue yoy 2024-01/2024-08 4.1 %
        industry:14@nbs profit level 2024-01/2024-08 950 亿元
        industry:14@nbs profit yoy 2024-01/2024-08 3.9 %
        industry:21@nbs revenue level 2024-01/2024-08 4200 亿元
        industry:21@nbs revenue yoy 2024-01/2024-08 1.1 %
        industry:21@nbs profit level 2024-01/2024-08 200 亿元
        industry:21@nbs profit yoy 2024-01/2024-08 -0.5 %
        """,
    ),
    (
        "1—8月份，规模以上工业企业实现利润总额46527.3亿元，8月份同比下降17.8%。",
        """
        industry:BCD@nbs profit level 2024-01/2024-08 46527.3 亿元
        industry:BCD@nbs profit yoy 2024-08 -17.8 %
        """,
    ),
    (
        "2024年1—8月轻工业进出口总额6821.6亿美元，同比增长2.6%，其中出口5821.6亿美元，增长3.1%。",
        """
        unbound 6821.6亿美元
        unbound 2.6%
        unbound 5821.6亿美元
        unbound 3.1%
        """,
    ),
    (
        "1—8月，轻工业利润增速比营业收入高4.3个百分点。",
        """
        unbound 4.3个百分点
        """,
    ),
    (
        "1-8月，轻工业营收同比增长3.1%，为近3年最高。",
        """
        group:light_industry@cnlic revenue yoy 2024-01/2024-08 3.1 %
        """,
    ),
    (
        "1—8月份，规模以上轻工业企业单位数13.5万个，亏损企业数2.1万户。",
        """
        unbound 13.5万个
        unbound 2.1万户
        """,
    ),
    (
        "农副食品加工业由亏转盈，家具制造业减亏。",
        """
        """,
    ),
    (
        "1—8月，轻工业（不含食品）营业收入15.2万亿元，同比增长3.1%。",
        """
        unbound 15.2万亿元
        unbound 3.1%
        """,
    ),
    (
        "2024年1—8月轻工业营业收入10.6万亿元同比增长2.1%，实现利润总额（按可比口径计算）6000亿元。",
        """
        group:light_industry@cnlic revenue level 2024-01/2024-08 10.6 万亿元
        group:light_industry@cnlic revenue yoy 2024-01/2024-08 2.1 %
        group:light_industry@cnlic profit level 2024-01/2024-08 6000 亿元
        """,
    ),
    (
        "1—8月，塑料制品行业出口额1078.1亿美元，同比增长9.3%。",
        """
        unbound 1078.1亿美元
        unbound 9.3%
        """,
    ),
    (
        "1—8月，轻工业主要企业利润增长3%。",
        """
        unbound 3%
        """,
    ),
    (
        "8月份，轻工业增加值增长4.1%，累计增长4.6%。",
        """
        group:light_industry@cnlic value_added yoy 2024-08 4.1 %
        group:light_industry@cnlic value_added yoy 2024-01/2024-08 4.6 %
        """,
    ),
    (
        "8月份，轻工业增加值增速为4.1%，1—8月份增速为4.6%，两年平均增速为3.9%。",
        """
        group:light_industry@cnlic value_added yoy 2024-08 4.1 %
        group:light_industry@cnlic value_added yoy 2024-01/2024-08 4.6 %
        unbound 3.9%
        """,
    ),
    (
        "分大类行业看，8月份，食品制造业增加值同比增长3.8%，增速比上月回落1.1个百分点；烟草制品业增加值同比下降1.1%，由增转降。",
        """
        industry:14@nbs value_added yoy 2024-08 3.8 %
        change industry:14@nbs value_added yoy 2024-08 -1.1 比上月
        industry:16@nbs value_added yoy 2024-08 -1.1 %
        """,
    ),
    (
        "家具类零售额8月份为121亿元，同比下降3.7%。",
        """
        retail:furniture@nbs retail_sales level 2024-08 121 亿元
        retail:furniture@nbs retail_sales yoy 2024-08 -3.7 %
        """,
    ),
    (
        "8月份，规模以上工业增加值同比增长4.5%，低于市场预期0.2个百分点。",
        """
        industry:BCD@nbs value_added yoy 2024-08 4.5 %
        unbound 0.2个百分点
        """,
    ),
    (
        "1—8月，轻工业实现利润9177.6亿元，占规模以上工业的19.7%，同比提高1.2个百分点。",
        """
        group:light_industry@cnlic profit level 2024-01/2024-08 9177.6 亿元
        unbound 19.7%
        unbound 1.2个百分点
        """,
    ),
    (
        "1—8月，轻工业投资同比增长12.1%。",
        """
        unbound 12.1%
        """,
    ),
    (
        "2023—2024年，轻工业增加值年均增长4.1%。",
        """
        unbound 4.1%
        """,
    ),
    (
        "十四五期间，轻工业营业收入增长21.1%。",
        """
        unbound 21.1%
        """,
    ),
    (
        "1—8月，家用电冰箱、家用洗衣机产量分别为6865.8万台和7011.6万台，同比分别增长7.5%和下降1.2%。",
        """
        product:refrigerators@nbs output level 2024-01/2024-08 6865.8 万台
        product:washing_machines@nbs output level 2024-01/2024-08 7011.6 万台
        product:refrigerators@nbs output yoy 2024-01/2024-08 7.5 %
        product:washing_machines@nbs output yoy 2024-01/2024-08 -1.2 %
        """,
    ),
    (
        "1—8月，轻工业利润总额9177.6亿元，同比增长7.4%（1—7月为5.9%）。",
        """
        group:light_industry@cnlic profit level 2024-01/2024-08 9177.6 亿元
        group:light_industry@cnlic profit yoy 2024-01/2024-08 7.4 %
        unbound 5.9%
        """,
    ),
    (
        "8月份，食品制造业、家具制造业增加值同比分别增长3.1%、下降2.9%。",
        """
        industry:14@nbs value_added yoy 2024-08 3.1 %
        industry:21@nbs value_added yoy 2024-08 -2.9 %
        """,
    ),
    (
        "春节期间，粮油、食品类零售额增长8.1%。",
        """
        unbound 8.1%
        """,
    ),
    (
        "1—8月，轻工业利润总额同比增长3.1%，研发费用增长2.2%，家具制造业增长1.1%。",
        """
        group:light_industry@cnlic profit yoy 2024-01/2024-08 3.1 %
        unbound 2.2%
        unbound 1.1%
        """,
    ),
    (
        "1—8月，轻工业利润总额同比增长3.1%。生产方面，家具制造业增长1.1%。",
        """
        group:light_industry@cnlic profit yoy 2024-01/2024-08 3.1 %
        unbound 1.1%
        """,
    ),
    (
        "8月份，规模以上工业增加值比上月增长0.3%，1—8月份轻工业增加值增长5.1%。",
        """
        industry:BCD@nbs value_added mom 2024-08 0.3 %
        unbound 5.1%
        """,
    ),
    (
        "截至8月末，轻工业应收账款3.1万亿元。",
        """
        group:light_industry@cnlic receivables level 2024-08 3.1 万亿元
        """,
    ),
    (
        "国有控股企业生产加快，增加值同比增长3.5%。",
        """
        unbound 3.5%
        """,
    ),
    (
        "到2025年，轻工业营业收入达到25万亿元。",
        """
        unbound 25万亿元
        """,
    ),
    (
        "1—6月，全国规模以上乳制品制造企业产量达到1510.9万吨，同比增长1.0%；乳制品制造企业营业收入2310.4亿元。",
        """
        product:dairy_products@nbs output level 2024-01/2024-06 1510.9 万吨
        product:dairy_products@nbs output yoy 2024-01/2024-06 1.0 %
        industry:144@nbs revenue level 2024-01/2024-06 2310.4 亿元
        """,
    ),
    (
        "1—6月，规模以上工业企业实现营业收入利润率5.41%。",
        """
        industry:BCD@nbs revenue_margin level 2024-01/2024-06 5.41 %
        """,
    ),
    (
        "1—8月份，家具制造业增加值同比增长3.2%；工业增加值增长5.8%。",
        """
        industry:21@nbs value_added yoy 2024-01/2024-08 3.2 %
        unbound 5.8%
        """,
    ),
    (
        "1—8月份，家具及其零件出口额300.5亿美元，同比增长3.1%；出口总额20000.7亿美元，增长4.6%。",
        """
        trade:furniture_parts@gacc exports_usd level 2024-01/2024-08 300.5 亿美元
        trade:furniture_parts@gacc exports_usd yoy 2024-01/2024-08 3.1 %
        unbound 20000.7亿美元
        unbound 4.6%
        """,
    ),
    (
        "1—3月，白酒产量201.36万千升，同比增长22.46%，酿酒总产量1304.54万千升，同比增长32.62%。",
        """
        product:baijiu@nbs output level 2024-01/2024-03 201.36 万千升
        product:baijiu@nbs output yoy 2024-01/2024-03 22.46 %
        unbound 1304.54万千升
        unbound 32.62%
        """,
    ),
    (
        "2025年8月18日，轻工业增加值同比增长4.1%。",
        """
        unbound 4.1%
        """,
    ),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def told(reading: Reading, text: str) -> str:
    place = text[reading.start : reading.end]
    series = f"{reading.subject} {reading.indicator} {reading.measure} {reading.period} {reading.value}"
    if reading.kind == "observation":
        return f"{series} {reading.unit}"
    return f"change {series} {reading.why}" if reading.kind == "change" else f"{reading.kind} {place}"


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES, ids=[s[:24] for s, _ in SENTENCES])
def test_a_sentence_says(sentence: str, expected: str, catalogue: Catalogue) -> None:
    found = read_text(sentence, catalogue=catalogue, year=2024)
    assert [told(r, sentence) for r in found] == textwrap.dedent(expected).strip().splitlines()
    assert all(r.why for r in found if r.kind in ("unbound", "change"))


def test_the_manual_is_long_enough() -> None:
    assert len(SENTENCES) >= 60
    assert len({s for s, _ in SENTENCES}) == len(SENTENCES)
