"""The store made anew from the raw archive: the same content, or a list of what differs; never a half table."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qinggong import flow
from qinggong.catalogue.official import bundled_figures
from qinggong.cli import app
from qinggong.intake import accept, ingest_content, listed
from qinggong.sources.freeze import META, ArchiveError, archived
from qinggong.store.base import Observation

HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"
NOON = dt.datetime(2026, 12, 1, 4, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def few_bundled_figures() -> Iterator[None]:
    """Of the bundled figures only two classes of retail sales: a replay of all of them takes seconds."""
    content, day = bundled_figures()
    head, *lines = content.decode("utf-8").splitlines(keepends=True)
    few = "".join(
        [head, *(x for x in lines if any(f"{name},零售额" in x for name in ("烟酒类", "饮料类", "总额")))]
    ).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("qinggong.intake.ingest"), "bundled_figures", lambda: (few, day))
        yield


def line(subject: str = "原盐", value: str = "512.3", *, period: str = "2024-08", day: str = "2024-09-14") -> str:
    return f"{period},CN,{subject},产量,level,{value},万吨,8月份,{day},国家统计局,"


def table(folder: Path, name: str, *lines: str, head: str = HEAD) -> Path:
    path = folder / name
    path.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundled figures, a correction, a contradiction, a withdrawal, a damaged file, one known by its second name."""
    folder = tmp_path_factory.mktemp("replay")
    workspace = flow.Workspace.at(folder / "ws", make=True)
    flow.ingest(workspace, [table(folder, "a.csv", line(), line("饲料", "2700"), line("原烟"))], now=NOON)
    flow.ingest(
        workspace, [table(folder, "b.csv", line(value="510.0", day="2024-09-18"), line(value="513.3"))], now=NOON
    )
    gone = table(folder, "c.csv", line(value="", day="2024-09-25") + ",撤回", head=HEAD + ",status")
    flow.ingest(workspace, [gone], now=NOON + DAY)
    flow.ingest(workspace, [table(folder, "d.dat", line("乳制品", "250"))], now=NOON + DAY)
    flow.ingest(workspace, [(folder / "d.dat").rename(folder / "d.csv")], now=NOON + 2 * DAY)
    (folder / "e.xlsx").write_bytes(b"PK\x03\x04 torn")
    flow.ingest(workspace, [folder / "e.xlsx"], now=NOON + 3 * DAY)
    return workspace.layout.root


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> flow.Workspace:
    shutil.copytree(template, tmp_path / "ws")
    return flow.Workspace.at(tmp_path / "ws")


def content(workspace: flow.Workspace) -> list[Observation]:
    return flow.Workspace.at(workspace.layout.root).store.everything()


def test_the_archive_keeps_origin_time_and_hash(workspace: flow.Workspace, template: Path) -> None:
    kept = {f.name: f for f in archived(workspace.layout.raw)}
    assert kept["official_releases.csv"].origin == "bundled"
    assert kept["a.csv"].origin == str(template.parent / "a.csv")
    assert (kept["d.dat"].read_as, kept["a.csv"].read_as) == ("d.csv", "")
    done = ingest_content(
        workspace,
        name="答复.csv",
        content=f"{HEAD}\n{line('成品糖', '20')}\n".encode(),
        origin="https://data.example/q?x=1",
    )
    assert done.added == 1
    meta = json.loads((workspace.layout.raw / done.sha256 / META).read_text(encoding="utf-8"))
    assert meta["origin"] == "https://data.example/q?x=1"
    assert {"name", "sha256", "size", "known_at", "origin"} <= set(meta)


def test_the_origin_is_the_path_as_typed(
    workspace: flow.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "来件").mkdir()
    table(tmp_path / "来件", "f.csv", line("成品糖", "20"))
    flow.ingest(workspace, [Path("来件")])
    assert archived(workspace.layout.raw)[-1].origin == str(Path("来件") / "f.csv")


def test_a_replay_makes_the_same_content(workspace: flow.Workspace) -> None:
    before = content(workspace)
    done = flow.replay(workspace)
    assert (done.same, done.replaced, done.kept, done.rows) == (True, True, None, len(before))
    assert content(workspace) == before
    assert sorted(p.name for p in workspace.layout.store.parent.iterdir()) == ["observations"]
    assert flow.replay(flow.Workspace.at(workspace.layout.root), check=True).same


def test_a_lost_or_damaged_store_comes_back_whole(workspace: flow.Workspace) -> None:
    before = content(workspace)
    shutil.rmtree(workspace.layout.store)
    done = flow.replay(flow.Workspace.at(workspace.layout.root))
    assert done.replaced and done.damage and not done.lost
    assert content(workspace) == before
    for part in workspace.layout.store.glob("*.parquet"):
        part.write_bytes(b"PAR1 torn")
    done = flow.replay(flow.Workspace.at(workspace.layout.root))
    assert done.replaced and "已损坏" in done.damage
    assert done.kept == workspace.layout.previous
    assert content(workspace) == before


def test_entries_without_an_origin_are_read(workspace: flow.Workspace) -> None:
    """Archives of earlier versions: no origin, no second name."""
    for frozen in archived(workspace.layout.raw):
        path = workspace.layout.raw / frozen.sha256 / META
        meta = json.loads(path.read_text(encoding="utf-8"))
        del meta["origin"]
        path.write_text(json.dumps(meta), encoding="utf-8")
    assert {f.origin for f in archived(workspace.layout.raw)} == {""}
    assert flow.replay(workspace, check=True).same


def test_a_catalogue_that_grew_brings_more_rows_and_they_are_listed(workspace: flow.Workspace) -> None:
    entry = workspace.layout.root / "catalogue" / "industries" / "subjects.yaml"
    entry.parent.mkdir(parents=True)
    entry.write_text(
        "id: subjects_own\ntitle: 自有\nsource: 本单位\nread_at: 2026-11-21\nvalid_from: 2018-01-01\nentries:\n"
        "  - {kind: product, code: raw_tobacco, name: 原烟, name_en: Raw tobacco, unit: 万吨}\n",
        encoding="utf-8",
    )
    grown = flow.Workspace.at(workspace.layout.root)
    checked = flow.replay(grown, check=True)
    assert ([o.series.subject for o in checked.gained], checked.lost, checked.replaced) == (["raw_tobacco"], (), False)
    assert "raw_tobacco" not in {o.series.subject for o in content(workspace)}
    done = flow.replay(grown)
    assert done.replaced and len(done.gained) == 1
    assert {n.finding.rule for n in listed(grown) if n.state == "settled"} >= {"unknown-industry"}
    # Now the other way: the entry is taken out again, the row would be lost, and the table stays.
    shutil.rmtree(workspace.layout.root / "catalogue")
    fewer = flow.Workspace.at(workspace.layout.root)
    before = content(workspace)
    done = flow.replay(fewer)
    assert ([o.series.subject for o in done.lost], done.replaced) == (["raw_tobacco"], False)
    assert content(workspace) == before
    done = flow.replay(fewer, force=True)
    assert done.replaced and done.kept is not None and done.kept.is_dir()
    assert len(content(workspace)) == len(before) - 1


def test_a_failed_replay_leaves_the_old_store(workspace: flow.Workspace) -> None:
    before = content(workspace)
    frozen = archived(workspace.layout.raw)[-2]
    path = workspace.layout.raw / frozen.sha256 / "content"
    saved = path.read_bytes()
    path.write_bytes(saved + b" ")
    with pytest.raises(ArchiveError, match="已被改动"):
        flow.replay(workspace)
    path.unlink()
    with pytest.raises(ArchiveError, match="请从备份恢复"):
        flow.replay(workspace)
    assert content(workspace) == before
    assert not workspace.layout.rebuilt.exists()
    path.write_bytes(saved)
    assert flow.replay(workspace).same


def test_accepted_findings_are_applied_again(workspace: flow.Workspace, tmp_path: Path) -> None:
    (bad,) = [n for n in listed(workspace, only_open=True) if n.finding.rule == "contradiction"]
    done = accept(workspace, [bad.id], reason="两次发布，已核实", by="张三")
    assert [(i.file, i.added) for i in done.taken] == [("b.csv", 1)]
    before = content(workspace)
    assert "513.3" in {o.printed for o in before}
    assert flow.replay(workspace).same
    shutil.rmtree(workspace.layout.store)
    flow.replay(flow.Workspace.at(workspace.layout.root))
    assert content(workspace) == before
    (kept,) = [n for n in listed(workspace) if n.id == bad.id]
    assert (kept.state, kept.who) == ("accepted", "张三")


@pytest.mark.parametrize("exchange", [True, False])
def test_the_swap_has_a_second_way_and_heals(
    workspace: flow.Workspace, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    import importlib

    module = importlib.import_module("qinggong.intake.replay")
    if not exchange:
        monkeypatch.setattr(module, "_exchange", lambda one, other: False)
    before = content(workspace)
    assert flow.replay(workspace).replaced
    assert content(workspace) == before
    # A power cut between the two renamings of the second way:
    workspace.layout.store.rename(workspace.layout.previous)
    again = flow.replay(flow.Workspace.at(workspace.layout.root))
    assert again.same and again.replaced
    assert content(workspace) == before


def test_the_command(workspace: flow.Workspace) -> None:
    root = str(workspace.layout.root)
    done = CliRunner().invoke(app, ["replay", "--check", "--workspace", root])
    assert (done.exit_code, "内容相同" in done.stdout) == (0, True)
    o = dataclasses.replace(content(workspace)[0], row=999_999)
    workspace.store.append([o], transaction="by-hand")
    done = CliRunner().invoke(app, ["replay", "--check", "--json", "--workspace", root])
    assert done.exit_code == 1
    assert [r["row"] for r in json.loads(done.stdout)["lost"]] == [999_999]
    done = CliRunner().invoke(app, ["replay", "--workspace", root])
    assert (done.exit_code, "未改动" in done.stdout, "第999999行" in done.stdout) == (1, True, True)
    done = CliRunner().invoke(app, ["replay", "--force", "--workspace", root])
    assert (done.exit_code, "原表另存于" in done.stdout) == (0, True)
    assert CliRunner().invoke(app, ["replay", "--check", "--workspace", root]).exit_code == 0


def test_an_empty_workspace_is_no_failure(tmp_path: Path) -> None:
    done = flow.replay(flow.Workspace.at(tmp_path / "ws", make=True))
    assert (done.files, done.rows, done.same, done.replaced) == ((), 0, True, False)
