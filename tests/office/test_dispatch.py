"""Dispatch meetings: the agenda from the data, decisions, what became of them, the papers."""

from __future__ import annotations

import datetime as dt
import json

import pypdfium2
import pytest
import sqlalchemy as sa
from offices import Office

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.dispatch import load_dispatch_plan
from qinggong.catalogue.plans import load_plans, load_problems
from qinggong.monitor.facts import (
    CaseLine,
    Fact,
    FactBook,
    Lineage,
    MeasureLine,
    Meeting,
    TargetLine,
    TargetReading,
    Targets,
    UnitBrief,
    UnitFigure,
)
from qinggong.office import cases, dispatch, tables
from qinggong.office.cases import NewCase
from qinggong.office.dispatch import Figures, Names, agenda, decide, keep, off_track, plain_meeting
from qinggong.office.episodes import WarningInput, open_or_escalate
from qinggong.office.permissions import SYSTEM
from qinggong.office.plan_tasks import open_plan_tasks
from qinggong.office.problems import OfficeError, Refused
from qinggong.periods import ytd
from qinggong.publish.bulletin import printed_facts
from qinggong.publish.dispatch import compose_meeting, compose_unit
from qinggong.publish.pdf import render_pdf

DAY = dt.date(2025, 10, 20)
PERIOD = ytd(2025, 9)
CATALOGUE = load_catalogue()
PLAN = load_dispatch_plan(CATALOGUE)
NAMES = Names({"21": "家具制造业"}, {"44": "广东"})


def fact(book: FactBook, identifier: str, value: float, unit: str = "%") -> Fact:
    return book.add(
        Fact(identifier, identifier, value, f"{value:g}", unit, PERIOD, "published", Lineage((identifier,)))
    )


def target(book: FactBook, key: str, *, chance: float | None, verdict: str = "") -> TargetLine:
    probability = None if chance is None else fact(book, f"target:{key}#p", chance)
    reading = TargetReading(
        "exact", "定数", fact(book, f"target:{key}#floor", 4.0), probability=probability, verdict=verdict
    )
    return TargetLine(
        key, "p", "稳增长方案", f"目标{key}", ("增速",), 2026, "open", "s", value=fact(book, f"target:{key}#v", 3.0),
        period=PERIOD, readings=(reading,),
    )  # fmt: skip


def meeting(office: Office, who: str = "zong", day: dt.date = DAY, *, gaps: bool = True) -> Meeting:
    book = FactBook()
    unit = UnitFigure(
        "44", "广东", "轻工业", "value_added", "增加值", PERIOD, None, fact(book, "x@44", -1.2), None, None,
        fact(book, "x", 2.0), fact(book, "x@44#gap", -3.2, "百分点"), "全国",
    )  # fmt: skip
    lines = (
        target(book, "a", chance=20),
        target(book, "b", chance=80),
        target(book, "c", chance=None, verdict="missed"),
    )
    figures = Figures((), (unit,) if gaps else (), gaps, Targets("目标进度", PERIOD, lines), book, False)
    return agenda(
        office.db, office[who], day, plan=PLAN, figures=figures, names=NAMES, plans=load_plans(),
        problems=load_problems(),
    )  # fmt: skip


def fill(office: Office) -> None:
    open_or_escalate(
        office.db, SYSTEM,
        WarningInput(rule="falls", title="家具出口连续下降", text="连降三月", severity=2, period="2025-08", industry="21",
                     problems=("export", "price")),
    )  # fmt: skip
    cases.open_case(
        office.db, office["zong"], NewCase(kind="task", title="迟了", industry="21", deadline=dt.date(2025, 9, 30))
    )
    cases.open_case(office.db, office["zong"], NewCase(kind="task", title="不迟", deadline=dt.date(2025, 12, 30)))


def test_the_agenda_is_built_from_the_data(office: Office) -> None:
    fill(office)
    found = meeting(office)
    assert [w.title for w in found.warnings] == ["家具出口连续下降"] and found.warnings[0].industry == "家具制造业"
    assert [t.title for t in found.tasks] == ["迟了"]
    late = found.tasks[0].overdue
    # Working days after 30 September 2025 up to 20 October: 9, 10, 11 (made up), 13 to 17, 20.
    assert late is not None and late.value == 9 and late.unit == "个工作日"
    assert [t.key for t in found.targets] == ["a", "c"]
    assert [g.unit_name for g in found.gaps] == ["广东"] and found.earlier_day == ""
    assert {m.problem for m in found.measures} == {"出口承压", "价格下行与非理性价格竞争"}
    assert {m.plan for m in found.measures} <= {p.short for p in load_plans()}
    assert all(m.cases == ("YJ-2025-0001",) for m in found.measures)


def test_a_cleared_or_answered_warning_is_not_on_the_agenda(lite: Office) -> None:
    fill(lite)
    cases.act(lite.db, lite["zong"], "YJ-2025-0001", "assign", owner="jiaju")
    assert len(meeting(lite).warnings) == 1
    cases.act(lite.db, lite["jiaju"], "YJ-2025-0001", "answer", note="已走访")
    assert meeting(lite).warnings == () and meeting(lite).measures == ()


@pytest.mark.parametrize(("chance", "verdict", "off"), [(49.9, "", True), (50, "", False), (None, "missed", True),
                                                        (10, "met", False), (None, "", False)])  # fmt: skip
def test_when_a_target_is_off_track(chance: float | None, verdict: str, off: bool) -> None:
    assert off_track(target(FactBook(), "x", chance=chance, verdict=verdict), PLAN) is off


def test_decisions_come_back_on_the_next_agenda(office: Office) -> None:
    """First meeting: two decisions. Second: one closed, one open; a third decision. Third: what is new or open."""
    office.clock.to("2025-09-20")
    keep(office.db, office["zong"], meeting(office, day=dt.date(2025, 9, 20)))
    one = decide(office.db, office["zong"], dt.date(2025, 9, 20), title="走访", owner="jiaju", industry="21")
    two = decide(office.db, office["zong"], dt.date(2025, 9, 20), title="专题研究", owner="fenxi")
    assert one.kind == "decision" and one.state == "assigned" and one.meeting == "2025-09-20"
    cases.act(office.db, office["jiaju"], one.number, "answer", note="走访12家，出口订单减少两成")
    cases.act(office.db, office["zong"], one.number, "close", note="办结")
    second = meeting(office, day=dt.date(2025, 10, 20))
    assert second.earlier_day == "2025-09-20"
    assert [(d.title, d.state, d.answer) for d in second.decisions] == [
        ("专题研究", "已交办", ""), ("走访", "已办结", "走访12家，出口订单减少两成"),
    ]  # fmt: skip
    office.clock.to("2025-10-20")
    keep(office.db, office["zong"], second)
    three = decide(office.db, office["zong"], dt.date(2025, 10, 20), title="督办", owner="jiaju")
    third = meeting(office, day=dt.date(2025, 11, 20))
    assert [d.number for d in third.decisions] == [two.number, three.number]


def test_a_decision_needs_its_meeting_and_somebody(lite: Office) -> None:
    with pytest.raises(OfficeError, match="没有2025-10-20的会商"):
        decide(lite.db, lite["zong"], DAY, title="走访", owner="jiaju")
    keep(lite.db, lite["zong"], meeting(lite))
    with pytest.raises(OfficeError, match="需要承办人"):
        decide(lite.db, lite["zong"], DAY, title="走访", owner="")
    with pytest.raises(Refused, match="没有记录议定事项会商的权限"):
        decide(lite.db, lite["fenxi"], DAY, title="走访", owner="jiaju")


@pytest.mark.parametrize("who", ["jiaju", "shen", "chushi", "xiehui", "suqiu"])
def test_who_may_not_prepare_a_meeting(lite: Office, who: str) -> None:
    with pytest.raises(Refused):
        meeting(lite, who)


def test_a_meeting_is_kept_once_unless_it_changed(lite: Office) -> None:
    first = keep(lite.db, lite["zong"], meeting(lite))
    assert keep(lite.db, lite["zong"], meeting(lite)) == first
    fill(lite)
    assert keep(lite.db, lite["zong"], meeting(lite)) != first
    with lite.db.reading() as connection:
        entries = connection.execute(sa.select(tables.journal).where(tables.journal.c.kind == "meeting")).all()
        kept = connection.execute(sa.select(tables.meetings.c.agenda)).scalar_one()
    assert len(entries) == 2 and json.loads(kept)["tasks"][0]["title"] == "迟了"


def test_tasks_of_a_plan_become_cases_once(lite: Office) -> None:
    plan = next(p for p in load_plans() if p.code == "steady_growth_2025_2026")
    done = open_plan_tasks(lite.db, lite["zong"], plan)
    assert len(done) == len(plan.tasks) and {c.deadline for c in done} == {plan.valid_to.isoformat()}
    assert open_plan_tasks(lite.db, lite["zong"], plan) == ()
    draft = next(p for p in load_plans() if not p.adopted)
    with pytest.raises(OfficeError, match="征求意见稿"):
        open_plan_tasks(lite.db, lite["zong"], draft)


# --------------------------------------------------------------------------------------------------- papers


def test_every_printed_number_is_a_fact(lite: Office) -> None:
    fill(lite)
    found = meeting(lite)
    document = compose_meeting(found)
    printed = printed_facts(document.summary, document.sections)
    assert printed and all(found.book.get(i) is not None for i in printed)
    counts = [p.text for p in document.summary]
    assert counts == [
        "此前议定事项0项；偏离目标2项；未答复预警1项；逾期任务1项；差距较大的地区1项；逾期诉求和共性问题0项。"
    ]


def test_what_is_not_known_is_said(lite: Office) -> None:
    text = str(compose_meeting(meeting(lite, gaps=False)).sections)
    assert "库中没有分省数字" in text and "此前没有会商" in text and "没有未答复的预警" in text


def test_synthetic_papers_carry_the_mark(lite: Office) -> None:
    import dataclasses

    document = compose_meeting(dataclasses.replace(meeting(lite), synthetic=True))
    assert "合成数据" in document.title and "合成数据" in document.mark


def test_the_page_of_a_unit_is_one_page_at_its_fullest() -> None:
    book = FactBook()

    def figure(n: int, name: str) -> UnitFigure:
        facts = [fact(book, f"f{name}{n}{k}", -12.3 - n) for k in range(5)]
        money = fact(book, f"f{name}{n}money", 12345.6, "亿元")
        return UnitFigure(
            "21", "内蒙古", "家具制造业", f"i{n}", "出口交货值", PERIOD if n else ytd(2025, 8), money, *facts,
            "规模以上工业",
        )  # fmt: skip

    overdue = fact(book, "late", 123, "个工作日")
    line = CaseLine(
        "YJ-2025-0001", "预警", "很长的标题" * 40, "文教、工美、体育和娱乐用品制造业", "内蒙古", "严重", "办理中", "zhangsan",
        "2025-09-30", overdue,
    )  # fmt: skip
    measure = MeasureLine("价格下行与非理性价格竞争", "稳增长方案（2025—2026年）", "扩大传统和大宗消费", False, "措施" * 60,
                          ("YJ-2025-0001",) * 5)  # fmt: skip
    brief = UnitBrief(
        "会商材料", "2025-10-20", max((i.short for i in CATALOGUE.industries.values()), key=len),
        tuple(figure(n, "a") for n in range(4)),
        tuple(figure(n, "b") for n in range(5)), "增加值增速低于全国同行业最多的地区", (line,) * 40, (measure,) * 20, book, True,
    )  # fmt: skip
    pdf = pypdfium2.PdfDocument(render_pdf(compose_unit(brief), svgs={}))
    pages = len(pdf)
    pdf.close()
    assert pages == 1


def test_plain_values_are_json(lite: Office) -> None:
    fill(lite)
    told = plain_meeting(meeting(lite))
    assert json.loads(json.dumps(told, ensure_ascii=False)) == told
    assert set(dispatch.PART_NAMES) <= set(told)
