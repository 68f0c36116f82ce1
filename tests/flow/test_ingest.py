"""Taking files in: good rows go in, bad ones are reported, and nothing that is stored is ever touched."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qinggong import flow
from qinggong.intake.ingest import BUNDLED
from qinggong.sources.freeze import Frozen, archived, freeze
from qinggong.store.base import Observation

HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"
NOON = dt.datetime(2026, 12, 1, 4, 0, tzinfo=dt.UTC)


def line(subject: str = "原盐", value: str = "512.3", *, period: str = "2024-08", unit: str = "万吨",
         day: str = "2024-09-14", indicator: str = "产量", measure: str = "level") -> str:  # fmt: skip
    return f"{period},CN,{subject},{indicator},{measure},{value},{unit},8月份,{day},国家统计局,"


def table(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    """A workspace that holds the bundled figures and nothing else."""
    opened = flow.Workspace.at(tmp_path_factory.mktemp("ingest") / "ws", make=True)
    flow.ingest_bundled(opened)
    return opened


@pytest.fixture
def workspace(bundled: flow.Workspace, tmp_path: Path) -> flow.Workspace:
    """A copy of it: copying the folder is all that a copy of the work needs."""
    shutil.copytree(bundled.layout.root, tmp_path / "我的 工作区")
    return flow.Workspace.at(tmp_path / "我的 工作区")


def stored(workspace: flow.Workspace) -> list[Observation]:
    """All rows that came from files of the user."""
    return [o for o in workspace.store.everything() if o.source != BUNDLED]


def frozen_files(workspace: flow.Workspace) -> list[Frozen]:
    return [f for f in archived(workspace.layout.raw) if f.name != f"{BUNDLED}.csv"]


def shown(workspace: flow.Workspace, **asked: dt.date) -> list[str]:
    """The salt figures of August 2024 that a question brings."""
    salt = [o for o in workspace.snapshot(**asked).observations if o.series.subject == "raw_salt"]
    return [o.printed for o in salt if o.period.code == "2024-08"]


def fingerprint(workspace: flow.Workspace) -> dict[str, str]:
    """Hash of every file of the store and of the archive."""
    files = [p for base in (workspace.layout.store, workspace.layout.raw) for p in base.rglob("*") if p.is_file()]
    return {str(p.relative_to(workspace.layout.root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "qinggong.cli", *arguments]


def test_the_same_file_twice_adds_nothing(workspace: flow.Workspace, tmp_path: Path) -> None:
    path = table(tmp_path, "八月.csv", line(), line("饲料", "2700"))
    (first,) = flow.ingest(workspace, [path], now=NOON)
    assert (first.added, first.repeated, first.rejected, first.known_file) == (2, 0, 0, False)
    before = fingerprint(workspace)
    (again,) = flow.ingest(workspace, [path], now=NOON + dt.timedelta(days=1))
    assert (again.added, again.repeated, again.known_file) == (0, 2, True)
    assert fingerprint(workspace) == before


def test_the_same_file_under_another_name_and_after_a_restart_adds_nothing(
    workspace: flow.Workspace, tmp_path: Path
) -> None:
    path = table(tmp_path, "八月.csv", line())
    flow.ingest(workspace, [path])
    before = fingerprint(workspace)
    other = tmp_path / "另存.csv"
    other.write_bytes(path.read_bytes())
    reopened = flow.Workspace.at(workspace.layout.root)
    (again,) = flow.ingest(reopened, [other])
    assert (again.file, again.added, again.known_file) == ("另存.csv", 0, True)
    assert fingerprint(workspace) == before


def test_the_same_numbers_in_another_file_add_nothing(workspace: flow.Workspace, tmp_path: Path) -> None:
    flow.ingest(workspace, [table(tmp_path, "a.csv", line())])
    before = stored(workspace)
    (again,) = flow.ingest(workspace, [table(tmp_path, "b.csv", line(), line("饲料", "2700"))])
    assert (again.added, again.repeated) == (1, 1)
    assert [o for o in stored(workspace) if o.series.subject == "raw_salt"] == before


def test_two_processes_at_once_take_one_file_in_once(workspace: flow.Workspace, tmp_path: Path) -> None:
    path = table(
        tmp_path, "八月.csv", *(line(value=str(500 + n), period=f"2023-{n:02d}", day="") for n in range(3, 13))
    )
    arguments = command("ingest", str(path), "--workspace", str(workspace.layout.root), "--json")
    running = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") for _ in range(2)
    ]
    answers = [process.communicate(timeout=100) for process in running]
    assert [process.returncode for process in running] == [0, 0], answers
    done = [json.loads(out)[0] for out, _ in answers]
    assert sorted((one["added"], one["known_file"]) for one in done) == [(0, True), (10, False)]
    assert len(stored(workspace)) == 10
    (kept,) = frozen_files(workspace)
    assert {o.known_at for o in stored(workspace)} == {kept.known_at}


def test_two_processes_at_once_with_contradicting_files_let_one_in(workspace: flow.Workspace, tmp_path: Path) -> None:
    paths = [table(tmp_path, f"{value}.csv", line(value=value)) for value in ("512.3", "612.3")]
    running = [
        subprocess.Popen(
            command("ingest", str(path), "--workspace", str(workspace.layout.root), "--json"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )
        for path in paths
    ]  # fmt: skip
    answers = [process.communicate(timeout=100) for process in running]
    assert sorted(process.returncode for process in running) == [0, 1], answers
    assert len(stored(workspace)) == 1


def test_a_damaged_file_among_good_ones_stops_only_itself(workspace: flow.Workspace, tmp_path: Path) -> None:
    table(tmp_path, "来件/a.csv", line())
    (tmp_path / "来件" / "b.xlsx").write_bytes(b"PK\x03\x04 torn")
    (tmp_path / "来件" / "c.csv").write_bytes(b"\xff\xff\xff")
    (tmp_path / "来件" / "d.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "来件" / "e.csv").write_bytes(b"")
    (tmp_path / "来件" / ".hidden").write_bytes(b"left alone")
    (tmp_path / "来件" / "~$a.xlsx").write_bytes(b"left alone")
    table(tmp_path, "来件/下一级/f.csv", line("饲料", "2700"))
    done = {one.file: one for one in flow.ingest(workspace, [tmp_path / "来件", tmp_path / "没有.csv"])}
    assert sorted(done) == ["a.csv", "b.xlsx", "c.csv", "d.pdf", "e.csv", "f.csv", "没有.csv"]
    assert [name for name, one in done.items() if one.added] == ["a.csv", "f.csv"]
    for name in ("b.xlsx", "c.csv", "d.pdf", "e.csv", "没有.csv"):
        (finding,) = done[name].findings
        assert (finding.rule, finding.file, finding.row) == ("unreadable-file", name, 0)
        assert finding.sentence.startswith(f"{name}：") and finding.sentence.endswith("。")
    assert len(stored(workspace)) == 2


BAD = (
    line("原烟"),
    line(unit="万吨吨", period="2024-07"),
    line(period="八月"),
    line(period="2024-01"),
    line(period="2099-08", day=""),
    line(period="2024-06", value="约五百"),
    line(period="2024-05", day="2099-06-15"),
    line(value="513.3"),
    "2024-08,CN,饲料",
)


def test_good_rows_go_in_bad_rows_are_reported_and_nothing_stored_is_touched(
    workspace: flow.Workspace, tmp_path: Path
) -> None:
    flow.ingest(workspace, [table(tmp_path, "a.csv", line(), line("饲料", "2700"))])
    before, files = stored(workspace), fingerprint(workspace)
    mixed = table(tmp_path, "b.csv", BAD[0], line("成品糖", "20.1"), *BAD[1:], line("乳制品", "250"))
    (done,) = flow.ingest(workspace, [mixed])
    assert (done.added, done.rejected) == (2, len(BAD))
    assert sorted(f.rule for f in done.findings) == sorted(
        ["unknown-industry", "unknown-unit", "unknown-period", "january", "future-period", "not-a-number",
         "future-date", "contradiction", "short-row"]
    )  # fmt: skip
    assert sorted(f.row for f in done.findings) == [2, *range(4, 12)]
    after = stored(workspace)
    assert [o for o in after if o in before] == before
    assert {o.series.subject for o in after if o not in before} == {"refined_sugar", "dairy_products"}
    assert files.items() <= fingerprint(workspace).items()


def test_a_correction_and_a_withdrawal_are_further_rows(workspace: flow.Workspace, tmp_path: Path) -> None:
    flow.ingest(workspace, [table(tmp_path, "a.csv", line())], now=NOON)
    flow.ingest(workspace, [table(tmp_path, "b.csv", line(value="510.0", day="2024-09-18"))], now=NOON)
    gone = tmp_path / "c.csv"
    gone.write_text(f"{HEAD},status\n{line(value='', day='2024-09-25')},撤回\n", encoding="utf-8")
    (done,) = flow.ingest(workspace, [gone], now=NOON)
    assert (done.added, done.findings) == (1, ())
    assert [(o.value, o.status) for o in stored(workspace)] == [
        (512.3, "published"),
        (510.0, "published"),
        (None, "withdrawn"),
    ]
    seen = [shown(workspace, as_of=dt.date(2024, 9, d)) for d in (13, 14, 18, 25)]
    assert seen == [[], ["512.3"], ["510.0"], []]


def test_of_two_files_frozen_in_one_instant_the_later_one_is_known_later(
    workspace: flow.Workspace, tmp_path: Path
) -> None:
    """A correction on the day itself, withdrawn and replaced: the order of the files decides, not the clock."""
    gone = tmp_path / "b.csv"
    gone.write_text(f"{HEAD},status\n{line(value='')},withdrawn\n{line(value='513.3')},\n", encoding="utf-8")
    padding = [line(value=str(n), period=f"2023-{n:02d}", day="") for n in range(3, 13)]
    for path in (table(tmp_path, "a.csv", *padding, line()), gone):
        flow.ingest(workspace, [path], now=NOON)
    moments = [f.known_at for f in archived(workspace.layout.raw)]
    assert moments == sorted(set(moments))
    assert shown(workspace) == ["513.3"]


def test_a_row_that_only_lacked_a_name_goes_in_once_the_catalogue_has_it(
    workspace: flow.Workspace, tmp_path: Path
) -> None:
    """What the advice says works: add the name to the workspace's catalogue and ingest the same file again."""
    path = table(tmp_path, "a.csv", line(), line("井矿盐", "300"))
    (first,) = flow.ingest(workspace, [path])
    assert (first.added, first.rejected) == (1, 1)
    assert "catalogue 目录中补充" in first.findings[0].advice
    (again,) = flow.ingest(workspace, [path])
    assert (again.added, again.rejected, again.known_file) == (0, 1, True)
    entry = workspace.layout.root / "catalogue" / "industries" / "subjects.yaml"
    entry.parent.mkdir(parents=True)
    entry.write_text(
        "id: subjects_own\ntitle: 自有\nsource: 本单位\nread_at: 2026-11-21\nvalid_from: 2018-01-01\nentries:\n"
        "  - {kind: product, code: well_salt, name: 井矿盐, name_en: Well salt, unit: 万吨}\n",
        encoding="utf-8",
    )
    grown = flow.Workspace.at(workspace.layout.root)
    (third,) = flow.ingest(grown, [path])
    assert (third.added, third.repeated, third.rejected) == (1, 1, 0)
    (fourth,) = flow.ingest(grown, [path])
    assert (fourth.added, fourth.known_file) == (0, True)
    assert len(stored(grown)) == 2


def test_a_file_cut_off_between_archive_and_store_is_taken_in_the_next_time(
    workspace: flow.Workspace, tmp_path: Path
) -> None:
    path = table(workspace.layout.inbox, "a.csv", line())
    freeze(workspace.layout.raw, name=path.name, content=path.read_bytes(), now=NOON)  # and then the power failed
    (done,) = flow.ingest(workspace, [path])
    assert (done.added, done.known_file) == (1, False)
    assert stored(workspace)[0].known_at == NOON


def test_the_official_figures_are_there_before_those_of_the_user(tmp_path: Path) -> None:
    """A mistyped figure of the first file ever ingested is held against the official one, and stays out."""
    workspace = flow.Workspace.at(tmp_path / "ws", make=True)
    mistyped = table(tmp_path, "a.csv", line("社会消费品零售总额", "38762", unit="亿元", indicator="零售额"))
    (done,) = flow.ingest(workspace, [mistyped])
    assert [f.rule for f in done.findings] == ["contradiction"]
    assert stored(workspace) == []


def test_a_file_renamed_to_its_right_ending_is_read(workspace: flow.Workspace, tmp_path: Path) -> None:
    path = table(tmp_path, "a.dat", line())
    assert flow.ingest(workspace, [path])[0].findings[0].rule == "unreadable-file"
    (done,) = flow.ingest(workspace, [path.rename(tmp_path / "a.csv")])
    assert (done.file, done.added) == ("a.csv", 1)


def test_a_province_never_stands_for_the_country(workspace: flow.Workspace, tmp_path: Path) -> None:
    flow.ingest(workspace, [table(tmp_path, "a.csv", line().replace(",CN,", ",广东,"))])
    (row,) = stored(workspace)
    assert row.series.region == "44"
    found = workspace.snapshot().find(
        row.series.subject_key, indicator="output", measure="level", span="month", period=row.period
    )
    assert found is None


def test_the_bundled_figures_go_in_once(workspace: flow.Workspace) -> None:
    assert len(workspace.store.everything()) == 4103
    before = fingerprint(workspace)
    assert flow.ingest_bundled(flow.Workspace.at(workspace.layout.root)) == []
    assert fingerprint(workspace) == before


@pytest.mark.parametrize("where", ["_delta_log", "part"])
def test_a_damaged_store_says_so_in_one_sentence(workspace: flow.Workspace, tmp_path: Path, where: str) -> None:
    flow.ingest(workspace, [table(tmp_path, "a.csv", line())])
    if where == "part":
        for part in workspace.layout.store.glob("*.parquet"):
            part.write_bytes(b"PAR1 torn")
    else:
        for log in (workspace.layout.store / "_delta_log").glob("*.json"):
            log.write_text("{", encoding="utf-8")
    with pytest.raises(flow.StoreError, match=r"请从备份恢复|用原始档重建"):
        flow.Workspace.at(workspace.layout.root).snapshot()


@pytest.mark.parametrize("name", ["数据[1]", "100%", "a^b", "x|y", "q?", "s*"])
def test_a_folder_that_the_table_format_cannot_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(flow.WorkspaceError, match="换一个文件夹"):
        flow.Workspace.at(tmp_path / name, make=True)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["数据（一）", "a b", "a#b", "a'b", "é~$&+"])
def test_odd_folder_names_work(tmp_path: Path, name: str) -> None:
    workspace = flow.Workspace.at(tmp_path / name, make=True)
    flow.ingest(workspace, [table(tmp_path, "a.csv", line())])
    assert shown(workspace) == ["512.3"]
    assert sorted(os.listdir(tmp_path)) == sorted([name, "a.csv"])
