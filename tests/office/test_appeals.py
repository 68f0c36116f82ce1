"""Enterprise appeals: classification, likeness, repeats, systemic issues, rating."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from offices import Office

from qinggong.office import appeals, cases, journal, tables
from qinggong.office.appeal_rules import appeal_rules, classify_text
from qinggong.office.appeals import NewAppeal
from qinggong.office.problems import Conflict, OfficeError
from qinggong.office.similarity import cosine, profile

REFUND = "我公司今年上半年申报的出口退税已超过四个月没有到账，资金周转困难，希望协调税务部门尽快办理。"
LIKE = [
    "出口退税超过四个月仍没有到账，企业资金周转困难，请求协调税务部门加快办理进度。",
    "上半年申报的出口退税三个多月没有到账，影响资金周转，恳请税务部门尽快办理。",
    "申报的出口退税已五个月没有到账，资金周转很困难，希望税务部门尽快办理退税。",
    "今年申报的出口退税超过四个月没到账，资金周转困难，请税务部门尽快办理。",
]


def received(office: Office, text: str, firm: str = "甲家具公司", **more: object) -> appeals.Received:
    values = {"text": text, "firm": firm, "industry": "21", **more}
    return appeals.receive(office.db, office["suqiu"], NewAppeal(**values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "category", "sure"),
    [
        (REFUND, "tax", True),
        ("平台压价，同行打价格战，订单不足", "market", True),
        ("大客户拖欠货款一年", "arrears", True),
        ("海运舱位紧张，集装箱运费上涨", "logistics", True),
        ("附近修路影响上班", "other", False),
        ("出口报关慢", "export", True),
        ("环评手续", "environment", True),
    ],
)
def test_classification_by_words(text: str, category: str, sure: bool) -> None:
    found = classify_text(text)
    assert (found.category, found.sure) == (category, sure)


def test_the_longest_word_at_a_place_counts_alone() -> None:
    assert classify_text("出口退税").words == ("出口退税",)


def test_a_tie_asks_for_a_person() -> None:
    assert not classify_text("招工难，价格战").sure or classify_text("招工难，价格战").category == "market"
    assert not classify_text("招工难，环保").sure


def test_an_appeal_has_a_deadline_in_working_days(lite: Office) -> None:
    lite.clock.to("2025-09-28")
    done = received(lite, REFUND, received_on=dt.date(2025, 9, 26))
    # 15 working days after 26 September 2025: 28 to 30 September, 9 to 11, 13 to 17, 20 to 23 October.
    assert done.appeal.case.deadline == "2025-10-23" and done.appeal.case.title.startswith("我公司今年上半年")


def test_the_same_firm_saying_the_same_is_one_appeal(office: Office) -> None:
    first = received(office, REFUND)
    second = received(office, REFUND + "谢谢！")
    other = received(office, REFUND, firm="乙家具公司")
    assert second.repeats == first.appeal.case.number and second.appeal.case.state == "merged"
    assert not other.repeats and other.appeal.alike == first.appeal.case.number and other.firms == 2


def test_many_alike_are_a_systemic_issue(office: Office) -> None:
    first = received(office, REFUND)
    done = [received(office, text, firm=f"第{n}家公司") for n, text in enumerate(LIKE)]
    assert [d.firms for d in done] == [2, 3, 4, 5] and [bool(d.issue) for d in done] == [False, False, False, True]
    issue = cases.find(office.db, office["zong"], done[-1].issue)
    assert issue.kind == "issue" and issue.opened_by == "system" and "5家企业" in issue.body
    assert cases.find(office.db, office["zong"], first.appeal.case.number).parent == issue.number
    sixth = received(office, REFUND, firm="第六家公司")
    assert sixth.issue == issue.number and len(cases.listed(office.db, office["zong"], kinds=["issue"])) == 1
    assert journal.verify(office.db).sound


def test_what_is_not_alike_stays_apart(lite: Office) -> None:
    received(lite, REFUND)
    done = received(lite, "增值税专用发票开具额度不够，每月要跑两次办税厅申请提额。", firm="乙公司")
    assert done.classified.category == "tax" and done.firms == 1


def test_many_firms_of_one_industry_in_one_category(lite: Office) -> None:
    texts = [
        "招工难", "社保缴费基数上调负担重", "车间工人流失严重，缺工两成", "技能人才评价通道少", "职称评审周期长，人才留不住",
        "春节后返岗率低，用工缺口大", "工资水平追不上同地区电子厂，招工人数不足", "灵活用工的工伤保险如何办理",
        "缺工季节临时用工手续复杂", "木工和漆工的技能人才断档",
    ]  # fmt: skip
    done = [received(lite, text, firm=f"第{n}家公司") for n, text in enumerate(texts)]
    assert {d.classified.category for d in done} == {"labour"}
    assert [bool(d.issue) for d in done] == [False] * 9 + [True]


def test_classifying_and_rating(office: Office) -> None:
    number = received(office, "附近修路影响上班").appeal.case.number
    assert appeals.classify(office.db, office["suqiu"], number, "物流运输").category == "logistics"
    with pytest.raises(OfficeError, match="评价"):
        appeals.rate(office.db, office["suqiu"], number, 5)
    cases.act(office.db, office["suqiu"], number, "assign", owner="jiaju")
    cases.act(office.db, office["jiaju"], number, "answer", note="已与交通部门协调")
    bad = appeals.rate(office.db, office["suqiu"], number, 2, note="没有实际效果")
    assert bad.case.state == "in_progress" and bad.rating == 2
    cases.act(office.db, office["jiaju"], number, "answer", note="便道已开通")
    cases.act(office.db, office["suqiu"], number, "close", note="办结")
    assert appeals.rate(office.db, office["suqiu"], number, 5).case.state == "closed"
    assert appeals.rate(office.db, office["suqiu"], number, 1).case.state == "in_progress"


def test_a_version_that_is_no_longer(lite: Office) -> None:
    number = received(lite, REFUND).appeal.case.number
    appeals.classify(lite.db, lite["suqiu"], number, "financing", version=1)
    with pytest.raises(Conflict):
        appeals.classify(lite.db, lite["suqiu"], number, "tax", version=1)


def test_persons_stay_out_of_the_journal(lite: Office) -> None:
    received(lite, REFUND, contact="张三 13800000000")
    with lite.db.reading() as connection:
        told = str(connection.execute(sa.select(tables.journal)).all())
    assert "张三" not in told and "13800000000" not in told
    assert "张三" not in repr(appeals.listed(lite.db, lite["suqiu"]))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": "  "}, "内容"),
        ({"firm": " "}, "企业名称"),
        ({"firm": "长" * 101}, "企业名称"),
        ({"channel": "微博"}, "受理渠道"),
        ({"received_on": dt.date(2030, 1, 1)}, "收到日期"),
        ({"text": "长" * 20_001}, "20000个字"),
    ],
)
def test_what_an_appeal_cannot_be(lite: Office, changes: dict[str, object], told: str) -> None:
    with pytest.raises(OfficeError, match=told):
        values = {"text": REFUND, "firm": "甲", **changes}
        appeals.receive(lite.db, lite["suqiu"], NewAppeal(**values))  # type: ignore[arg-type]
    assert appeals.listed(lite.db, lite["suqiu"]) == ()


def test_every_problem_is_one_that_measures_are_tagged_by() -> None:
    from qinggong.catalogue.plans import load_problems

    known = {p.code for p in load_problems()}
    assert {c.problem for c in appeal_rules().categories} <= known


# -------------------------------------------------------------------------------------------------- likeness


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_symmetric_and_between_0_and_1(one: str, two: str) -> None:
    a, b = profile(one), profile(two)
    assert cosine(a, b) == cosine(b, a) and -1e-12 <= cosine(a, b) <= 1 + 1e-12
    assert not a or abs(cosine(a, a) - 1) < 1e-12


def test_likeness_levels_width_numbers_and_punctuation() -> None:
    assert cosine(profile("退税 ３个月，未到账！"), profile("退税12个月未到账")) == pytest.approx(1)
    assert cosine(profile("退税"), profile("物流")) == 0


def test_likeness_by_hand() -> None:
    """甲乙丙 and 甲乙丁: of three strings each (甲乙 乙丙 甲乙丙; 甲乙 乙丁 甲乙丁) one is common: 1/3."""
    assert cosine(profile("甲乙丙"), profile("甲乙丁")) == pytest.approx(1 / 3)
