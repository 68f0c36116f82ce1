"""One month of customs figures in its versions: 快讯, 月报, online query, a later query; each answers its own days."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from pathlib import Path

import pytest
import xlsxwriter

from qinggong import flow
from qinggong.sources import customs, customs_stream
from qinggong.sources.customs_vintages import VintageError

NOON = dt.datetime(2026, 12, 1, 4, 0, tzinfo=dt.UTC)
USA = ("hs.total.p502", "exports_usd", "2025-05")


def flash(amount: str) -> bytes:
    """A synthetic English page of the preliminary figures, as put on line a day after the timetable."""
    title = "(4) China's Total Export & Import Values by Country/Region, May 2025 (in USD)"
    rows = (
        "<tr><td colspan=4>Unit: USD 1 Million</td></tr>"
        "<tr><td>Export Destination</td><td>Export &amp; Import</td><td>Export</td><td>Import</td></tr>"
        "<tr><td>Import Source</td><td>May</td><td>May</td><td>May</td></tr>"
        f"<tr><td>United States (US)</td><td>9</td><td>{amount}</td><td>8</td></tr>"
    )
    return (
        f"<!DOCTYPE html><html><head><title>GACC</title></head><body><div class='atcl-ttl'>{title}</div>"
        f"<div class='atcl-date'>2025/06/10</div><table>{rows}</table></body></html>"
    ).encode()


def bulletin(amount: float) -> bytes:
    """A synthetic sheet of the monthly bulletin, saved as XLSX; it says no date."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for i, row in enumerate(
        (
            ["（2）2025年5月进出口商品国别（地区）总值表（美元值）"],
            ["单位：千美元"],
            ["国别（地区）", "进出口", "", "出口", "", "进口", ""],
            ["", "5月", "1至5月", "5月", "1至5月", "5月", "1至5月"],
            ["美国", 9.0, 9.0, amount, 9.0, 8.0, 8.0],
        )
    ):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    book.close()
    return out.getvalue()


def query(amount: str) -> bytes:
    """A synthetic query export by trading partner."""
    return f"数据年月,贸易伙伴编码,贸易伙伴名称,美元,\r\n202505,502,美国,{amount},\r\n".encode("gb18030")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the bundled figures only."""
    workspace = flow.Workspace.at(tmp_path_factory.mktemp("empty") / "ws", make=True)
    flow.ingest(workspace, [])
    return workspace.layout.root


@pytest.fixture
def workspace(empty: Path, tmp_path: Path) -> flow.Workspace:
    shutil.copytree(empty, tmp_path / "ws")
    return flow.Workspace.at(tmp_path / "ws")


def take(workspace: flow.Workspace, folder: Path, name: str, content: bytes, vintage: str = "") -> flow.Ingested:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    (done,) = flow.ingest(workspace, [folder / name], now=NOON, vintage=vintage)
    return done


def known(workspace: flow.Workspace, *days: str) -> list[tuple[str, float | None, str]]:
    """What was known of the exports to the United States on each day."""
    found = []
    for day in days:
        snapshot = workspace.store.as_of(dt.date.fromisoformat(day))
        figures = [
            o for o in snapshot.observations
            if (o.series.subject, o.series.indicator, o.period.code, o.series.span) == (*USA, "month")
        ]  # fmt: skip
        found += [(day, o.value, o.citation.partition("：")[0]) for o in figures] or [(day, None, "")]
    return found


@pytest.mark.parametrize("large", [False, True])
def test_each_version_answers_from_its_own_day(
    workspace: flow.Workspace, tmp_path: Path, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:  # the exports go in as large files, by compiled code
        monkeypatch.setattr(customs, "BULK_BYTES", 0)
        monkeypatch.setattr(customs_stream, "SCAN_BYTES", 0)
    later = take(workspace, tmp_path / "d", "按伙伴出口.csv", query('"2,840,000,000"'), "2025-10-12")
    page = take(workspace, tmp_path / "a", "快讯.html", flash("2,881.4"))
    sheet = take(workspace, tmp_path / "b", "月报.xlsx", bulletin(2_882_000.0))
    online = take(workspace, tmp_path / "c", "按伙伴出口.csv", query('"2,882,450,000"'))
    final = take(workspace, tmp_path / "e", "按伙伴出口.csv", query('"2,841,000,000"'), "年鉴")
    assert [d.added > 0 for d in (page, sheet, online, later, final)] == [True] * 5
    assert not [f for d in (page, sheet, online, later, final) for f in d.findings if f.severity == "error"]
    assert known(
        workspace, "2025-06-09", "2025-06-10", "2025-06-17", "2025-06-18", "2025-06-19", "2025-06-20", "2025-10-11",
        "2025-10-12", "2026-09-29", "2026-09-30",
    ) == [
        ("2025-06-09", None, ""),
        ("2025-06-10", 28.814, "海关总署统计快讯"),
        ("2025-06-17", 28.814, "海关总署统计快讯"),
        ("2025-06-18", 28.82, "海关总署统计月报"),
        ("2025-06-19", 28.82, "海关总署统计月报"),
        ("2025-06-20", 28.8245, "海关统计数据在线查询"),
        ("2025-10-11", 28.8245, "海关统计数据在线查询"),
        ("2025-10-12", 28.4, "海关统计数据在线查询（2025-10-12查询）"),
        ("2026-09-29", 28.4, "海关统计数据在线查询（2025-10-12查询）"),
        ("2026-09-30", 28.41, "海关统计年鉴"),
    ]  # fmt: skip
    (series,) = {o.series for o in workspace.store.latest().observations if o.series.subject == USA[0]
                 if o.series.indicator == USA[1] and o.series.span == "month"}  # fmt: skip
    history = [(o.published_at, o.published_at_basis) for o in workspace.store.history(series)]
    assert history == [
        (dt.date(2025, 6, 10), "stated"), (dt.date(2025, 6, 18), "calendar"), (dt.date(2025, 6, 20), "calendar"),
        (dt.date(2025, 10, 12), "stated"), (dt.date(2026, 9, 30), "calendar"),
    ]  # fmt: skip
    assert large or flow.replay(workspace, check=True).same


def test_an_export_may_be_said_to_be_the_preliminary_figures(workspace: flow.Workspace, tmp_path: Path) -> None:
    take(workspace, tmp_path / "a", "按伙伴出口.csv", query('"2,881,400,000"'), "快讯")
    assert known(workspace, "2025-06-08", "2025-06-09") == [
        ("2025-06-08", None, ""), ("2025-06-09", 28.814, "海关总署统计快讯"),
    ]  # fmt: skip


def test_a_file_that_is_in_keeps_its_version(workspace: flow.Workspace, tmp_path: Path) -> None:
    content = query('"2,881,400,000"')
    take(workspace, tmp_path / "a", "按伙伴出口.csv", content, "快讯")
    count = workspace.store.count()
    again = take(workspace, tmp_path / "a", "按伙伴出口.csv", content, "在线查询")
    assert ([f.rule for f in again.findings], again.added, workspace.store.count()) == (["contradiction"], 0, count)
    assert "已按“快讯”入库" in again.findings[0].message
    same = take(workspace, tmp_path / "a", "按伙伴出口.csv", content, "Flash")  # another name for 快讯
    assert (same.findings, same.known_file) == ((), True)


def test_a_version_that_is_none_stops_before_anything_is_read(workspace: flow.Workspace, tmp_path: Path) -> None:
    with pytest.raises(VintageError, match="不是海关数据的版本"):
        take(workspace, tmp_path / "a", "按伙伴出口.csv", query("5"), "昨天")
    assert len(list(workspace.layout.raw.glob("*/content"))) == 1  # the bundled figures


def test_a_query_before_the_period_ended_is_refused(workspace: flow.Workspace, tmp_path: Path) -> None:
    done = take(workspace, tmp_path / "a", "按伙伴出口.csv", query("5"), "2025-05-31")
    assert [f.rule for f in done.findings] == ["unreadable-file"]
    assert "--vintage" in done.findings[0].message
