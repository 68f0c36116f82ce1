"""One escalating case instead of ten mails: what warnings do to cases, month by month."""

from __future__ import annotations

import datetime as dt

import pytest
from offices import Office

from qinggong.office import cases, episodes, journal
from qinggong.office.episodes import WarningInput, open_or_escalate, take_month
from qinggong.office.permissions import SYSTEM
from qinggong.office.problems import OfficeError, Refused


def warning(period: str, severity: int = 1, rule: str = "three_falls", **more: object) -> WarningInput:
    values = {"title": "家具制造业增加值连续下降", "text": "连续三个月下降", "industry": "21", **more}
    return WarningInput(rule=rule, severity=severity, period=period, **values)  # type: ignore[arg-type]


def take(office: Office, *args: object, **more: object) -> str:
    return open_or_escalate(office.db, SYSTEM, warning(*args, **more)).what  # type: ignore[arg-type]


def only(office: Office) -> cases.Case:
    (case,) = cases.listed(office.db, office["zong"], kinds=["warning"])
    return case


def test_one_case_that_escalates(office: Office) -> None:
    assert take(office, "2025-05") == "opened"
    assert take(office, "2025-05") == "known"
    assert take(office, "2025-06") == "repeated"
    assert take(office, "2025-06", rule="price_war") == "repeated"
    assert take(office, "2025-07", 2) == "escalated"
    assert take(office, "2025-07", 2) == "known"
    assert take(office, "2025-08", 3, rule="profit") == "escalated"
    case = only(office)
    assert case.severity == 3 and case.state == "new" and case.deadline == "2025-09-04"
    log = cases.log_of(office.db, office["zong"], case.number)
    assert [e.action for e in log] == ["open", "repeat", "repeat", "escalate", "escalate"]
    assert {s.rule: s.last_period for s in episodes.signals_of(office.db, office["zong"], case.number)} == {
        "profit": "2025-08", "three_falls": "2025-07", "price_war": "2025-06",
    }  # fmt: skip
    assert journal.verify(office.db).sound


def test_another_industry_or_region_is_another_case(lite: Office) -> None:
    take(lite, "2025-05")
    assert take(lite, "2025-05", industry="22") == "opened"
    assert take(lite, "2025-05", region="44") == "opened"


def test_a_graver_signal_puts_an_answered_case_back_to_work(lite: Office) -> None:
    take(lite, "2025-05")
    number = only(lite).number
    cases.act(lite.db, lite["zong"], number, "assign", owner="jiaju")
    cases.act(lite.db, lite["jiaju"], number, "answer", note="已调研")
    assert take(lite, "2025-06") == "repeated" and only(lite).state == "answered"
    assert take(lite, "2025-07", 3) == "escalated" and only(lite).state == "in_progress"
    assert only(lite).owner == "jiaju"


def _closed(office: Office) -> str:
    take(office, "2025-05", 2)
    number = only(office).number
    cases.act(office.db, office["zong"], number, "assign", owner="jiaju")
    cases.act(office.db, office["jiaju"], number, "answer", note="已调研")
    cases.act(office.db, office["zong"], number, "close", note="办结")
    return number


@pytest.mark.parametrize(
    ("day", "severity", "what"),
    [
        ("2025-09-20", 2, "noted"), ("2025-09-20", 3, "resumed"), ("2025-10-20", 2, "opened"),
        ("2025-10-20", 3, "resumed"), ("2025-12-20", 3, "opened"),
    ],
)  # fmt: skip
def test_a_signal_that_comes_back_after_the_end(lite: Office, day: str, severity: int, what: str) -> None:
    number = _closed(lite)
    lite.clock.to(day)
    done = open_or_escalate(lite.db, SYSTEM, warning("2025-08", severity))
    assert done.what == what
    if what == "opened":
        assert done.case.parent == number != done.case.number
    else:
        assert done.case.state == ("closed" if what == "noted" else "in_progress")


def test_a_merged_case_hands_its_warnings_on(lite: Office) -> None:
    take(lite, "2025-05")
    take(lite, "2025-05", industry="2110")
    one, two = cases.listed(lite.db, lite["zong"])
    cases.act(lite.db, lite["zong"], two.number, "merge", into=one.number)
    done = open_or_escalate(lite.db, SYSTEM, warning("2025-06", 2, industry="2110"))
    assert (done.what, done.case.number) == ("escalated", one.number)


def test_signals_go_after_two_silent_months_that_were_evaluated(office: Office) -> None:
    fired = warning("2025-05")
    evaluated = [(fired.rule, fired.episode)]
    take_month(office.db, SYSTEM, [fired], period="2025-05", evaluated=evaluated)
    assert take_month(office.db, SYSTEM, [], period="2025-06", evaluated=evaluated)[1] == ()
    assert take_month(office.db, SYSTEM, [], period="2025-06", evaluated=evaluated)[1] == ()  # the same month again
    assert take_month(office.db, SYSTEM, [], period="2025-07", evaluated=[])[1] == ()  # no data: says nothing
    gone = take_month(office.db, SYSTEM, [], period="2025-08", evaluated=evaluated)[1]
    assert [c.number for c in gone] == ["YJ-2025-0001"] and only(office).state == "new"
    assert cases.log_of(office.db, office["zong"], "YJ-2025-0001")[-1].action == "subside"


def test_a_signal_that_flickers_is_not_gone(lite: Office) -> None:
    key = ("three_falls", warning("2025-05").episode)
    for period, fires in (("2025-05", True), ("2025-06", False), ("2025-07", True), ("2025-08", False)):
        fired = [warning(period)] if fires else []
        assert take_month(lite.db, SYSTEM, fired, period=period, evaluated=[key])[1] == ()
    assert take_month(lite.db, SYSTEM, [], period="2025-09", evaluated=[key])[1] != ()


def test_an_escalation_never_moves_the_deadline_back(lite: Office) -> None:
    take(lite, "2025-05")
    before = only(lite).deadline
    lite.clock.now += dt.timedelta(days=12)
    take(lite, "2025-06", 2)
    assert only(lite).deadline == before == "2025-09-15"


def test_only_the_program_escalates(lite: Office) -> None:
    take(lite, "2025-05")
    with pytest.raises(Refused):
        open_or_escalate(lite.db, lite["zong"], warning("2025-06", 2))


def test_what_a_warning_cannot_be(lite: Office) -> None:
    with pytest.raises(OfficeError, match="严重程度4"):
        take(lite, "2025-05", 4)
    with pytest.raises(OfficeError, match="不认识的月份“May”"):
        take(lite, "May")
    with pytest.raises(OfficeError, match="不是2025-06"):
        take_month(lite.db, SYSTEM, [warning("2025-05")], period="2025-06", evaluated=[])
