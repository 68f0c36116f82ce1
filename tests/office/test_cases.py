"""Cases: the table of states, permissions, who sees what, two at once, attachments."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from offices import Office

from qinggong.office import attachments, cases, journal, tables
from qinggong.office.cases import NewCase
from qinggong.office.permissions import OBJECT_NAMES, Actor, Thing, allowed, permission_table
from qinggong.office.problems import Conflict, OfficeError, Refused
from qinggong.office.workflow import CaseTable, case_table


def opened(office: Office, **changes: object) -> cases.Case:
    values = {"kind": "task", "title": "家具出口下滑应对", "industry": "21", **changes}
    return cases.open_case(office.db, office["zong"], NewCase(**values))  # type: ignore[arg-type]


def test_a_case_from_opening_to_its_end(office: Office) -> None:
    case = opened(office)
    assert case.number == "RW-2025-0001" and case.state == "new" and case.deadline == "2025-11-28"
    case = cases.act(office.db, office["zong"], case.number, "assign", owner="jiaju")
    case = cases.act(office.db, office["jiaju"], case.number, "accept")
    case = cases.act(office.db, office["jiaju"], case.number, "answer", note="已走访12家企业")
    case = cases.act(office.db, office["zong"], case.number, "send_back", note="请补充出口数据")
    case = cases.act(office.db, office["jiaju"], case.number, "answer", note="已补充")
    case = cases.act(office.db, office["zong"], case.number, "close", note="同意")
    assert case.state == "closed" and case.ended_at and case.answer == "已补充" and case.version == 7
    log = cases.log_of(office.db, office["zong"], case.number)
    assert [e.action for e in log] == ["open", "assign", "accept", "answer", "send_back", "answer", "close"]
    assert [e.who for e in log] == ["zong", "zong", "jiaju", "jiaju", "zong", "jiaju", "zong"]
    assert log[1].before == {"owner": "", "state": "new"} and log[1].after["state"] == "assigned"
    assert journal.verify(office.db).sound


def test_the_number_after_9999(lite: Office) -> None:
    first = opened(lite)
    with lite.db.writing() as connection:
        for number in ("RW-2025-9999", "RW-2025-10000", "RW-2024-77777"):
            row = connection.execute(sa.select(tables.cases).where(tables.cases.c.number == first.number)).one()
            connection.execute(sa.insert(tables.cases).values(**{**row._asdict(), "number": number}))
    assert opened(lite).number == "RW-2025-10001"


def test_deadlines_are_working_days(lite: Office) -> None:
    lite.clock.to("2025-09-29")
    warning = opened(lite, kind="warning", severity=3)
    assert warning.deadline == "2025-10-10"  # the holiday of 1 to 8 October lies between


def test_a_step_that_the_table_does_not_have(lite: Office) -> None:
    case = opened(lite)
    with pytest.raises(OfficeError, match="RW-2025-0001 现为“待交办”，不能办结，可以：交办、不予办理"):
        cases.act(lite.db, lite["zong"], case.number, "close", note="x")


def test_what_a_step_needs(lite: Office) -> None:
    case = opened(lite)
    with pytest.raises(OfficeError, match="交办需要承办人"):
        cases.act(lite.db, lite["zong"], case.number, "assign")
    with pytest.raises(OfficeError, match="没有账号“meiyou”"):
        cases.act(lite.db, lite["zong"], case.number, "assign", owner="meiyou")
    with pytest.raises(OfficeError, match="不晚于原来的"):
        cases.act(lite.db, lite["zong"], case.number, "extend", deadline=dt.date(2025, 9, 2), note="x")
    with pytest.raises(OfficeError, match="延期需要新的期限"):
        cases.act(lite.db, lite["zong"], case.number, "extend", note="x")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "party"}, "没有事项类别“party”"),
        ({"title": " "}, "标题"),
        ({"title": "多\n行"}, "标题"),
        ({"title": "长" * 201}, "标题"),
        ({"body": "长" * 20_001}, "20000个字"),
        ({"severity": 4}, "严重程度4"),
        ({"industry": "21'; DROP TABLE cases"}, "行业代码"),
        ({"deadline": dt.date(2024, 1, 1)}, "期限2024-01-01"),
        ({"deadline": dt.date(2099, 1, 1)}, "期限2099-01-01"),
        ({"owner": "meiyou"}, "没有账号"),
    ],
)
def test_what_a_case_cannot_be(lite: Office, changes: dict[str, object], told: str) -> None:
    with pytest.raises(OfficeError, match=told):
        opened(lite, **changes)
    assert cases.listed(lite.db, lite["zong"]) == ()


def test_text_that_looks_like_sql_stays_text(office: Office) -> None:
    hostile = "Robert'); DROP TABLE cases;-- %s :x {0}"
    case = opened(office, title=hostile, body=hostile)
    found = cases.listed(office.db, office["zong"], owner="x' OR '1'='1")
    assert found == () and cases.find(office.db, office["zong"], case.number).title == hostile


# ------------------------------------------------------------------------------------------------ permissions


def test_what_no_grant_allows_is_refused() -> None:
    stranger = Actor("nobody", ())
    table = permission_table()
    for kind in OBJECT_NAMES:
        for action in {a for g in table.grants for a in g.actions}:
            mine = allowed(stranger, action, Thing(kind, "nobody", "nobody"))
            assert mine == (kind == "account" and action in ("view", "change_password", "enrol")), (kind, action)


def test_every_account_sees_only_what_it_may(lite: Office) -> None:
    furniture = opened(lite)
    paper = opened(lite, industry="22")
    south = opened(lite, industry="22", region="44")
    seen = {name: {c.number for c in cases.listed(lite.db, actor)} for name, actor in lite.actors.items()}
    assert seen["zong"] == seen["fenxi"] == {furniture.number, paper.number, south.number}
    assert seen["jiaju"] == {furniture.number} and seen["guangdong"] == {south.number}
    assert seen["chushi"] == seen["guan"] == seen["shen"] == seen["xiehui"] == set()


def test_a_case_out_of_sight_is_as_if_it_were_not(lite: Office) -> None:
    paper = opened(lite, industry="22")
    with pytest.raises(OfficeError) as hidden:
        cases.find(lite.db, lite["jiaju"], paper.number)
    with pytest.raises(OfficeError) as absent:
        cases.find(lite.db, lite["jiaju"], "RW-2025-9999")
    assert str(hidden.value).replace(paper.number, "X") == str(absent.value).replace("RW-2025-9999", "X")


def test_an_officer_answers_only_what_was_assigned_to_them(lite: Office) -> None:
    case = opened(lite)
    with pytest.raises(Refused, match="没有承办任务的权限"):
        cases.act(lite.db, lite["jiaju"], case.number, "accept")
    with pytest.raises(Refused, match="没有登记任务的权限"):
        cases.open_case(lite.db, lite["jiaju"], NewCase(kind="task", title="x", industry="21"))


def test_who_opened_an_appeal_does_not_answer_it(lite: Office) -> None:
    case = cases.open_case(lite.db, lite["xiehui"], NewCase(kind="appeal", title="退税慢", industry="21"))
    cases.act(lite.db, lite["suqiu"], case.number, "assign", owner="jiaju")
    assert cases.actions_for(lite["xiehui"], cases.find(lite.db, lite["xiehui"], case.number)) == ("comment", "attach")


# ------------------------------------------------------------------------------------------------- two at once


def test_of_two_with_the_same_version_one_wins(office: Office) -> None:
    case = opened(office)
    cases.act(office.db, office["zong"], case.number, "assign", owner="jiaju", version=1)
    with pytest.raises(Conflict, match="刚被改动（现为“已交办”，第2版），没有写入"):
        cases.act(office.db, office["zong"], case.number, "assign", owner="fenxi", version=1)
    assert cases.find(office.db, office["zong"], case.number).owner == "jiaju"


_TWO = """
import sys
from pathlib import Path
from qinggong.office import cases
from qinggong.office.database import open_database
from qinggong.office.permissions import Actor
from qinggong.office.problems import OfficeError

address, kind, owner = sys.argv[1:]
db = open_database(Path(address) if kind == "path" else address, files=Path("unused"))
sys.stdin.readline()
try:
    cases.act(db, Actor("zong", ("coordinator",)), "RW-2025-0001", "assign", owner=owner, version=1)
    print("won")
except OfficeError as error:
    print(error)
"""


def test_of_two_processes_one_wins_and_the_other_gets_a_sentence(office: Office) -> None:
    opened(office)
    kind = "path" if isinstance(office.address, Path) else "url"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _TWO, str(office.address), kind, owner],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for owner in ("jiaju", "fenxi")
    ]  # fmt: skip
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=60)[0].strip() for process in running)
    assert said[0].startswith("RW-2025-0001 刚被改动") and said[1] == "won"
    assert [e.action for e in cases.log_of(office.db, office["zong"], "RW-2025-0001")] == ["open", "assign"]
    assert journal.verify(office.db).sound


# ---------------------------------------------------------------------------------------------------- merging


def test_merging(lite: Office) -> None:
    one, two, other = opened(lite), opened(lite), opened(lite, kind="issue")
    with pytest.raises(OfficeError, match="不能并入自己"):
        cases.act(lite.db, lite["zong"], one.number, "merge", into=one.number)
    with pytest.raises(OfficeError, match="不同类的事项"):
        cases.act(lite.db, lite["zong"], one.number, "merge", into=other.number)
    merged = cases.act(lite.db, lite["zong"], one.number, "merge", into=two.number)
    assert (merged.state, merged.merged_into) == ("merged", two.number)
    with pytest.raises(OfficeError, match="已是“已并案”"):
        cases.act(lite.db, lite["zong"], two.number, "merge", into=one.number)


# ------------------------------------------------------------------------------------------------ attachments


def test_attachments_are_kept_by_their_hash(office: Office) -> None:
    case = opened(office)
    done = attachments.attach(office.db, office["zong"], case.number, name="../../报告.PDF", content=b"abc")
    assert done.name == "报告.PDF"
    _, content = attachments.content_of(office.db, office["zong"], case.number, done.sha256[:8])
    assert content == b"abc"
    with pytest.raises(OfficeError, match="内容相同"):
        attachments.attach(office.db, office["zong"], case.number, name="x.pdf", content=b"abc")
    kept = office.db.files / done.sha256[:2] / done.sha256
    kept.write_bytes(b"abd")
    with pytest.raises(OfficeError, match="被改动过"):
        attachments.content_of(office.db, office["zong"], case.number, done.sha256)
    kept.unlink()
    with pytest.raises(OfficeError, match="不在了"):
        attachments.content_of(office.db, office["zong"], case.number, done.sha256)


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [
        ("x.exe", 3, "类型不收"),
        ("x", 3, "类型不收"),
        ("x.pdf", 0, "0字节"),
        ("x.pdf", 20_000_001, "20000001字节"),
        ("..", 3, "文件名"),
    ],
)
def test_what_cannot_be_attached(lite: Office, name: str, size: int, told: str) -> None:
    case = opened(lite)
    with pytest.raises(OfficeError, match=told):
        attachments.attach(lite.db, lite["zong"], case.number, name=name, content=b"x" * size)
    assert attachments.attached(lite.db, lite["zong"], case.number) == ()


# ------------------------------------------------------------------------------------------------- the journal


@pytest.mark.parametrize("table", ["journal", "cases", "accounts", "signals", "attachments", "appeals", "meetings"])
def test_the_database_itself_deletes_nothing(office: Office, table: str) -> None:
    case = opened(office, kind="appeal")
    values = {
        "signals": {"number": case.number, "rule": "r", "severity": 1, "problems": "", "first_period": "",
                    "last_period": "", "cleared": 0,
                        "cleared_period": "", "text": ""},
        "attachments": {"number": case.number, "sha256": "x", "name": "x", "size": 1, "added_by": "x", "added_at": "x"},
        "appeals": {"number": case.number, "firm": "", "firm_code": "", "contact": "", "channel": "", "received_on": "",
                    "category": "",
                        "classified_by": "", "words": "", "alike": "", "rating": 0, "rating_note": ""},
        "meetings": {"day": "2025-01-01", "title": "", "agenda": "", "sha256": "", "prepared_by": "",
                     "prepared_at": ""},
    }  # fmt: skip
    if table in values:
        with office.db.writing() as connection:
            connection.execute(sa.insert(tables.metadata.tables[table]).values(**values[table]))
    with pytest.raises(OfficeError), office.db.writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    with office.db.reading() as connection:
        assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()


def test_the_journal_cannot_be_changed_through_the_database(office: Office) -> None:
    opened(office)
    with pytest.raises(OfficeError), office.db.writing() as connection:
        connection.exec_driver_sql("UPDATE journal SET who = 'x'")


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["UPDATE journal SET who = 'x' WHERE seq = 2"], "第2条"),
        (["DELETE FROM journal WHERE seq = 2"], "第2条缺失"),
        (["DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)"], "末尾不全"),
    ],
)
def test_tampering_shows(lite: Office, statements: list[str], told: str) -> None:
    """Whoever may change the file can drop the triggers too; then the chain tells."""
    opened(lite)
    with lite.db.writing() as connection:
        for trigger in ("journal_no_update", "journal_no_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.exec_driver_sql(statement)
    found = journal.verify(lite.db)
    assert not found.sound and told in found.fault


def test_a_cut_end_shows_by_a_noted_hash(lite: Office) -> None:
    opened(lite)
    noted = journal.verify(lite.db).head
    assert journal.verify(lite.db, head=noted).sound
    with lite.db.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_delete")
        connection.exec_driver_sql("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)")
        connection.exec_driver_sql(
            "UPDATE journal_head SET seq = seq - 1, hash = (SELECT hash FROM journal ORDER BY seq DESC LIMIT 1)"
        )
    assert journal.verify(lite.db).sound
    assert "末尾可能被截去" in journal.verify(lite.db, head=noted).fault


def test_a_table_with_a_fault_is_refused() -> None:
    table = case_table().model_dump(by_alias=True)
    table["transitions"][0]["to"] = "nowhere"
    with pytest.raises(ValueError, match="no state nowhere"):
        CaseTable.model_validate(table)
