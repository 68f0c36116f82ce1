"""How a rule pack is written and what it answers. The examples are the manual of a pack's author.

Each part: what is written in the pack, the records, and the answers. `?` in a table is a value that is not known.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from qinggong.rules import Evaluation, evaluate, read_pack

HEAD = """
id: manual
version: "1"
title: 手册
jurisdiction: 全国
document: 示例文件
source: 编造
mark: own
checked_on: 2025-01-01
valid_from: 2020-01-01
subject: 企业
"""
DAY = dt.date(2025, 6, 30)
WORDS = {"符合": 1, "不符合": -1, "无法判断": 0}


def answers(pack: str, records: str, *, at: dt.date = DAY, region: str = "") -> Evaluation:
    """Evaluate a table of records (heads in its first line, ? for unknown)."""
    lines = [line.split() for line in records.strip().splitlines()]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    given: list[dict[str, Any]] = [{k: None if v == "?" else v for k, v in row.items()} for row in rows]
    return evaluate(read_pack(HEAD + pack), given, at=at, region=region)


# A condition is a comparison. ≥ and ≤ count the border, > and < do not. A number may have a unit; without one it has
# the unit of the field.

REVENUE = """
fields:
  - {code: 营业收入, unit: 万元}
conditions:
  - {code: 不低于, test: 营业收入 ≥ 1000万元}
  - {code: 高于, test: 营业收入 > 0.1亿元}
  - {code: 无单位, test: 营业收入 ≥ 1000}
"""


@pytest.mark.parametrize(
    "value, at_least, above",
    [
        ("999.99", "不符合", "不符合"),
        ("1000", "符合", "不符合"),
        ("1000.01", "符合", "符合"),
        ("?", "无法判断", "无法判断"),
    ],
)
def test_a_comparison_says_whether_the_border_counts(value: str, at_least: str, above: str) -> None:
    done = answers(REVENUE, f"营业收入\n{value}")
    assert done.conditions["不低于"][0] == done.conditions["无单位"][0] == WORDS[at_least]
    assert done.conditions["高于"][0] == WORDS[above]


# 全部 (all), 任一 (any), 非 (not), 至少 k 项 (at_least). What is not known stays open only as long as it matters.

COMBINED = """
fields:
  - {code: 甲, type: flag}
  - {code: 乙, type: flag}
  - {code: 丙, type: flag}
conditions:
  - {code: 全部, all: [甲, 乙, 丙]}
  - {code: 任一, any: [甲, 乙, 丙]}
  - {code: 两项, at_least: 2, of: [甲, 乙, 丙]}
  - {code: 都不, not: {any: [甲, 乙, 丙]}}
"""


@pytest.mark.parametrize(
    "given, all_of, any_of, two, none",
    [
        ("是 是 是", "符合", "符合", "符合", "不符合"),
        ("是 否 ?", "不符合", "符合", "无法判断", "不符合"),
        ("否 否 ?", "不符合", "无法判断", "不符合", "无法判断"),
        ("是 是 ?", "无法判断", "符合", "符合", "不符合"),
        ("否 否 否", "不符合", "不符合", "不符合", "符合"),
        ("? ? ?", "无法判断", "无法判断", "无法判断", "无法判断"),
    ],
)
def test_unknown_matters_only_where_it_decides(given: str, all_of: str, any_of: str, two: str, none: str) -> None:
    done = answers(COMBINED, f"甲 乙 丙\n{given}")
    expected = dict(zip(("全部", "任一", "两项", "都不"), (all_of, any_of, two, none), strict=True))
    assert {code: int(v[0]) for code, v in done.conditions.items()} == {c: WORDS[w] for c, w in expected.items()}


# What is missing is listed: the fields behind the open question, and no others.

MISSING = """
fields:
  - {code: 收入, unit: 万元}
  - {code: 研发, unit: 万元}
  - {code: 人数, type: integer, unit: 人}
requires: {all: [收入 ≥ 1000, {any: ["研发 ÷ 收入 ≥ 3%", 人数 ≥ 50]}]}
"""


def test_what_is_missing_is_listed() -> None:
    done = answers(MISSING, "收入 研发 人数\n2000 ? 20\n2000 ? 50\n900 ? ?\n? 60 20")
    assert done.outcome == ["无法判断", "符合", "不符合", "无法判断"]
    assert done.missing == (("研发",), (), (), ("收入",))


# A field may be derived. A quotient with a zero below is unknown, not infinite.

DERIVED = """
fields:
  - {code: 研发, unit: 万元}
  - {code: 收入, unit: 亿元}
  - {code: 占比, unit: "%", formula: 研发 ÷ 收入}
requires: 占比 ≥ 3%
"""


def test_units_are_converted_and_nothing_is_divided_by_zero() -> None:
    assert answers(DERIVED, "研发 收入\n300 1\n299 1\n300 0").outcome == ["符合", "不符合", "无法判断"]


# Bands give points. [ and ] count the border, ( and ) do not. A missing part leaves a range, which may still decide.

SCORED = """
fields:
  - {code: 占比, unit: "%", min: 0}
  - {code: 资质, type: choice, options: [甲级, 乙级, 无]}
  - {code: 采集, type: choices, options: [设计, 生产, 销售]}
scores:
  - code: 总分
    items:
      - {of: 占比, bands: [{in: "≥ 5%", points: 40}, {in: "[3%, 5%)", points: 20}, {in: "< 3%", points: 0}]}
      - {of: 资质, options: {甲级: 30, 乙级: 15, 无: 0}}
      - {of: 采集, options: {设计: 10, 生产: 10, 销售: 10}, most: 25}
levels:
  - {code: 优, when: 总分 ≥ 80}
  - {code: 良, when: 总分 ≥ 50}
"""


def test_a_score_and_its_levels() -> None:
    table = "占比 资质 采集\n5 甲级 设计、生产\n4.99 甲级 设计、生产、销售\n3 乙级 无\n2.99 无 生产"
    done = answers(SCORED, table)
    assert list(done.score) == [90, 75, 35, 10]
    assert done.level == ["优", "良", None, None]
    assert done.outcome == ["符合", "符合", "不符合", "不符合"]


def test_a_range_decides_when_it_can() -> None:
    done = answers(SCORED, "占比 资质 采集\n5 甲级 ?\n5 ? 无\n0 ? 无")
    assert [(low, high) for low, high in zip(done.score_low, done.score_high, strict=True)] == [
        (70, 95),
        (40, 70),
        (0, 30),
    ]
    assert done.outcome == ["符合", "无法判断", "不符合"]  # at least 良; perhaps 良; never
    assert done.level == [None, None, None]
    assert done.missing == (("采集",), ("资质",), ("资质",))


# Points may grow evenly from a base to a lead, and depend on cases; of several cases the first that holds counts.

LINES = """
fields:
  - {code: 利用率, unit: "%"}
  - {code: 国家级, type: flag}
  - {code: 省级, type: flag}
scores:
  - code: 总分
    items:
      - {of: 利用率, linear: {base: 50%, lead: 90%, points: 20}}
      - {cases: [{when: 国家级, points: 10}, {when: 省级, points: 6}], otherwise: 1}
"""


def test_lines_and_cases() -> None:
    done = answers(LINES, "利用率 国家级 省级\n40 否 否\n70 否 是\n95 是 是\n70 ? 是")
    assert list(done.score_low) == [1, 16, 30, 16]
    assert list(done.score_high) == [1, 16, 30, 20]


# Parameters have dates and regions: what holds on the day of the evaluation, of the region or else of the country.

PARAMETERS = """
parameters:
  - code: 下限
    unit: 万元
    values:
      - {value: 1000, to: 2024-12-31}
      - {value: 1500, from: 2025-01-01}
      - {value: 1200, from: 2025-01-01, region: 西部}
fields:
  - {code: 收入, unit: 万元}
requires: 收入 ≥ 下限
"""


@pytest.mark.parametrize(
    "day, region, outcome",
    [
        ("2024-12-31", "", "符合"),
        ("2025-01-01", "", "不符合"),
        ("2025-01-01", "西部", "符合"),
        ("2025-01-01", "东部", "不符合"),
    ],
)
def test_a_parameter_holds_for_its_days_and_region(day: str, region: str, outcome: str) -> None:
    assert answers(PARAMETERS, "收入\n1200", at=dt.date.fromisoformat(day), region=region).outcome == [outcome]


def test_the_region_may_be_a_field_of_the_record() -> None:
    pack = "region_field: 地区\n" + PARAMETERS.replace(
        "fields:\n", "fields:\n  - {code: 地区, type: choice, options: [东部, 西部]}\n"
    )
    assert answers(pack, "地区 收入\n西部 1200\n东部 1200\n? 1200\n? 1600").outcome == [
        "符合",
        "不符合",
        "无法判断",
        "无法判断",
    ]


# Windows look at other periods of the same subject, wherever they stand in the table. A period that is not there is
# unknown; 1—2月 is the period before 3月 in the statistics of industry.

WINDOWS = """
over: {period: 时期, by: [行业], step: industrial_month}
fields:
  - {code: 增速, unit: "%"}
conditions:
  - {code: 三连降, test: "连续(增速 < 0, 3)"}
  - {code: 回落, test: "变动(增速) < 0"}
  - {code: 三期均值, test: "期均(增速, 3) < 0"}
"""
SERIES = """
时期 行业 增速
2024-11 家具 1
2024-12 家具 -1
2025-01/2025-02 家具 -2
2025-03 家具 -3
2025-03 造纸 -3
2025-05 家具 -4
"""


def test_consecutive_periods() -> None:
    done = answers(WINDOWS, SERIES)
    assert list(done.conditions["三连降"]) == [-1, -1, -1, 1, 0, 0]  # of 2025-05 the month before is not known
    assert list(done.conditions["回落"]) == [0, 1, 1, 1, 0, 0]
    assert list(done.conditions["三期均值"]) == [0, 0, 1, 1, 0, 0]


# A value against its own history, and against the others of the same period.

HISTORY = """
over: {period: 年份, by: [行业], step: year}
fields:
  - {code: 值}
conditions:
  - {code: 历史低位, test: "历史分位(值, 4) ≤ 25%"}
  - {code: 同期末位, test: "同期分位(值) = 0"}
  - {code: 过半下降, test: "同期占比(变动(值) < 0) ≥ 50%"}
"""


def test_own_history_and_peers() -> None:
    rows = [f"{year} {name} {value}" for name, values in (("甲", (5, 3, 4, 6, 3)), ("乙", (1, 2, 3, 4, 5)))
            for year, value in zip(range(2020, 2025), values, strict=True)]  # fmt: skip
    done = answers(HISTORY, "年份 行业 值\n" + "\n".join(rows))
    assert done.conditions["历史低位"][4] == 1  # 3 is not above: one of the four before
    assert done.conditions["历史低位"][9] == -1
    assert list(done.conditions["同期末位"])[:5] == [-1, -1, -1, -1, 1]
    assert list(done.conditions["过半下降"])[:5] == [0, 1, -1, -1, 1]


# Who is not meant, is 不适用.

APPLIES = """
fields:
  - {code: 行业, type: choice, options: [工业, 其他]}
  - {code: 收入, unit: 万元}
applies: 行业 = "工业"
requires: 收入 ≥ 1000
"""


def test_a_pack_says_to_whom_it_applies() -> None:
    assert answers(APPLIES, "行业 收入\n工业 1000\n其他 1000\n? 1000").outcome == ["符合", "不适用", "无法判断"]


# Explanations go down to the clause: value, threshold, distance.


def test_an_explanation_names_value_threshold_and_distance() -> None:
    told = answers(MISSING, "收入 研发 人数\n900 60 20").explain(0)
    (step,) = told.decisive
    assert (step.text, step.truth) == ("收入 ≥ 1000", "不符合")
    (comparison,) = step.comparisons
    assert comparison.text == "现为900万元，要求≥1000万元，差100万元"
    assert comparison.distance == -100
    assert "示例，以官方文本为准" in told.text


# The gap: which fields can be moved and at which cost stands in the pack; the cheapest verified way is found.

GAP = """
fields:
  - {code: 收入, unit: 万元, min: 0, change: up, cost: 1}
  - {code: 研发, unit: 万元, min: 0, change: up, cost: 3}
  - {code: 负债率, unit: "%", min: 0}
  - {code: 资质, type: flag, change: up, cost: 50}
requires: {all: [收入 ≥ 1000, {any: ["研发 ÷ 收入 ≥ 3%", 资质]}, 负债率 ≤ 70%]}
"""


@pytest.mark.parametrize(
    "record, status, moves",
    [
        ("950 20 60 否", "reachable", {"收入": 1000.0, "研发": 30.0}),  # 50 + 30; the certificate costs 50 + 50
        ("950 5 60 否", "reachable", {"收入": 1000.0, "资质": True}),  # 50 + 50; research costs 50 + 75
        ("950 20 71 否", "impossible", {}),  # nobody says that debts can be moved
        ("1000 30 70 否", "met", {}),
        ("1000 30 ? 否", "reachable", {"负债率": None}),  # to be shown, not to be changed
    ],
)
def test_the_cheapest_way(record: str, status: str, moves: dict[str, Any]) -> None:
    gap = answers(GAP, f"收入 研发 负债率 资质\n{record}").gap(0)
    assert gap.status == status
    assert {m.code for m in gap.moves} == set(moves)
    assert all(m.after == pytest.approx(moves[m.code]) for m in gap.moves if moves[m.code] is not None)


# A pack holds outside its validity for nothing.


def test_an_expired_pack_is_refused() -> None:
    from qinggong.rules import PackError

    with pytest.raises(PackError, match="自2020-01-01至2021-12-31有效，评价日是2025-06-30"):
        answers("valid_to: 2021-12-31\n" + REVENUE, "营业收入\n1000")
