"""The book of findings: kept once, only growing, and whole after any interruption."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.intake import FindingError, Workspace, accept, gathered, listed, warnings_for
from qinggong.intake.findings import accepted_rows, group_identifier, identifier, is_acceptable, load, note
from qinggong.periods import month, ytd
from qinggong.validate import VOUCHED, Finding, grouped

SHA = "a" * 64
NOON = dt.datetime(2026, 12, 1, 4, 0, tzinfo=dt.UTC)
SLIP = Finding(
    "unit-slip", "error", "八月.csv", 3, "原盐·产量·level", "2024-08", "5123000", "像是单位错位", "请核对", "512"
)
FAR = dataclasses.replace(SLIP, rule="far-from-history", severity="warning", row=4, period="2024-01/2024-08")
NAME = dataclasses.replace(SLIP, rule="unknown-industry", row=5, expected="")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.at(tmp_path / "ws", make=True)


def lines(workspace: Workspace) -> list[bytes]:
    return workspace.layout.findings.read_bytes().splitlines()


def test_a_finding_is_kept_once(workspace: Workspace) -> None:
    for _ in range(3):
        note(workspace.layout, [SLIP, FAR, FAR], sha256=SHA, now=NOON)
    assert [n.finding for n in listed(workspace)] == [SLIP, FAR]
    assert len(lines(workspace)) == 2
    assert {n.state for n in listed(workspace)} == {"open"}
    assert identifier(SLIP, SHA) != identifier(FAR, SHA) != identifier(FAR, "b" * 64)
    assert identifier(dataclasses.replace(SLIP, message="别的话", file="改名.csv"), SHA) == identifier(SLIP, SHA)


def test_accepting_keeps_reason_person_and_time(workspace: Workspace) -> None:
    note(workspace.layout, [SLIP, FAR], sha256=SHA, now=NOON)
    before = lines(workspace)
    (done,) = accept(workspace, [identifier(SLIP, SHA)[:6]], reason=" 已与发布单位核实 ", by="张三", now=NOON).noted
    assert (done.state, done.reason, done.who, done.when) == ("accepted", "已与发布单位核实", "张三", NOON.isoformat())
    assert lines(workspace)[:2] == before
    assert [n.finding for n in listed(workspace, only_open=True)] == [FAR]
    assert len(listed(workspace)) == 2
    assert accepted_rows(load(workspace.layout), SHA) == {("unit-slip", 3), (VOUCHED, 3)}
    assert accepted_rows(load(workspace.layout), "b" * 64) == frozenset()
    note(workspace.layout, [SLIP, FAR], sha256=SHA, now=NOON)
    note(workspace.layout, [], sha256=SHA, now=NOON, whole=True)
    assert [n.state for n in listed(workspace)] == ["accepted", "settled"]
    done = accept(workspace, [identifier(FAR, SHA)], reason="x")
    assert done.noted[0].who and not done.taken and done.sentence == ""
    assert (VOUCHED, 4) not in accepted_rows(load(workspace.layout), SHA)


@pytest.mark.parametrize(
    ("ids", "reason", "says"),
    [
        (["0000"], "x", "没有编号"),
        ([""], "x", "没有编号"),
        (["SLIP"], "  ", "--reason"),
        (["NAME"], "x", "不能采信"),
    ],
)
def test_what_cannot_be_accepted(workspace: Workspace, ids: list[str], reason: str, says: str) -> None:
    note(workspace.layout, [SLIP, NAME], sha256=SHA, now=NOON)
    names = {"SLIP": identifier(SLIP, SHA), "NAME": identifier(NAME, SHA)}
    with pytest.raises(FindingError, match=says):
        accept(workspace, [names.get(i, i) for i in ids], reason=reason)
    assert {n.state for n in listed(workspace)} == {"open"}
    assert is_acceptable(SLIP) and not is_acceptable(NAME)


def test_what_is_not_found_again_is_settled_and_comes_back(workspace: Workspace) -> None:
    note(workspace.layout, [SLIP, FAR, NAME], sha256=SHA, now=NOON)
    note(workspace.layout, [SLIP], sha256=SHA, now=NOON)
    states = {n.finding.rule: n.state for n in listed(workspace)}
    assert states == {"unit-slip": "open", "far-from-history": "open", "unknown-industry": "settled"}
    note(workspace.layout, [NAME], sha256="b" * 64, now=NOON, whole=True)
    assert {n.finding.rule: n.state for n in listed(workspace, file="aaaa")} == states
    note(workspace.layout, [SLIP, NAME], sha256=SHA, now=NOON, whole=True)
    states = {n.finding.rule: n.state for n in listed(workspace, file="aaaa")}
    assert states == {"unit-slip": "open", "far-from-history": "settled", "unknown-industry": "open"}


def many(count: int = 5) -> list[Finding]:
    return [dataclasses.replace(FAR, row=10 + n, period=f"2023-{3 + n:02d}", value=str(n)) for n in range(count)]


def test_repeated_findings_are_shown_as_one(workspace: Workspace) -> None:
    other = dataclasses.replace(FAR, series="饲料·产量·level", row=30)
    groups = grouped([*many(), SLIP, other, NAME, dataclasses.replace(SLIP, row=40, period="2022-08")])
    assert [(g.count, g.shown.row) for g in groups] == [(5, 14), (2, 3), (1, 30), (1, 5)]
    assert groups[0].sentence == f"{many()[4].sentence}（同一序列同类问题共5条，2023-03至2023-07）"
    assert groups[1].sentence.endswith("（同一序列同类问题共2条，第3行至第40行）")  # errors are mended row by row
    assert groups[2].sentence == other.sentence
    torn = [dataclasses.replace(SLIP, rule="bad-row", series="", row=n) for n in (7, 8)]
    assert [g.count for g in grouped(torn)] == [1, 1]
    note(workspace.layout, [*many(), SLIP, other], sha256=SHA, now=NOON)
    shown = gathered(listed(workspace))
    assert [len(g.members) for g in shown] == [5, 1, 1]
    assert [g.id for g in shown] == [
        group_identifier(listed(workspace)[0]),
        identifier(SLIP, SHA),
        identifier(other, SHA),
    ]
    assert len(listed(workspace)) == 7 and {len(n.as_dict()["group"]) for n in listed(workspace)} == {12}


def test_a_group_is_accepted_whole(workspace: Workspace) -> None:
    note(workspace.layout, [*many(), SLIP], sha256=SHA, now=NOON)
    accept(workspace, [identifier(many()[0], SHA)], reason="先看的一条", by="李四")
    first, rest, _ = gathered(listed(workspace))
    assert (len(first.members), len(rest.members)) == (1, 4)
    done = accept(workspace, [rest.id[:7]], reason="疫情月份", by="张三")
    assert [n.finding.row for n in done.noted] == [11, 12, 13, 14]
    assert [n.finding for n in listed(workspace, only_open=True)] == [SLIP]
    assert {n.reason for n in listed(workspace) if n.who == "李四"} == {"先看的一条"}
    with pytest.raises(FindingError, match="没有编号"):
        accept(workspace, [rest.id], reason="x")


def test_notes_of_information_are_not_kept(workspace: Workspace) -> None:
    note(workspace.layout, [dataclasses.replace(FAR, severity="info")], sha256=SHA, now=NOON)
    assert listed(workspace) == []


def test_warnings_of_a_month(workspace: Workspace) -> None:
    july = dataclasses.replace(FAR, period="2024-07", row=7)
    odd = dataclasses.replace(FAR, period="八月", row=8)
    note(workspace.layout, [SLIP, FAR, july, odd], sha256=SHA, now=NOON)
    assert warnings_for(workspace, month(2024, 8)) == [FAR]
    assert warnings_for(workspace, ytd(2024, 8), month(2024, 7)) == [FAR, july]
    accept(workspace, [identifier(FAR, SHA)], reason="x")
    assert warnings_for(workspace, month(2024, 8)) == []


def test_a_torn_end_counts_for_nothing_and_is_cut_off(workspace: Workspace) -> None:
    note(workspace.layout, [SLIP, FAR], sha256=SHA, now=NOON)
    whole = workspace.layout.findings.read_bytes()
    for cut in (whole[:-1], whole[:-20], whole.splitlines(keepends=True)[0][:30]):
        workspace.layout.findings.write_bytes(cut)
        assert all(n.finding in (SLIP, FAR) for n in listed(workspace))
        note(workspace.layout, [SLIP, FAR], sha256=SHA, now=NOON)
        assert sorted(n.finding.rule for n in listed(workspace)) == ["far-from-history", "unit-slip"]
        assert workspace.layout.findings.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    "bad", [b"{", b"[]", b'{"id": "x", "state": "odd"}', b'{"id":"unknown","state":"accepted"}', b"\xff"]
)
def test_a_damaged_line_is_named(workspace: Workspace, bad: bytes) -> None:
    note(workspace.layout, [SLIP], sha256=SHA, now=NOON)
    with workspace.layout.findings.open("ab") as file:
        file.write(bad + b"\n")
    with pytest.raises(FindingError, match="第2行已损坏"):
        listed(workspace)


@settings(max_examples=40)
@given(st.lists(st.text(max_size=20), min_size=5, max_size=5), st.integers(0, 9))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, texts: list[str], row: int) -> None:
    workspace = Workspace.at(tmp_path_factory.mktemp("book") / "ws", make=True)
    finding = Finding("unit-slip", "error", texts[0], row, *texts[1:], "请核对", "1")
    note(workspace.layout, [finding], sha256=SHA, now=NOON)
    (kept,) = listed(workspace)
    assert kept.finding == finding
    assert json.loads(json.dumps(kept.as_dict(), ensure_ascii=False))["file"] == texts[0]
