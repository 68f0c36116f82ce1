"""The form: `status --xlsx` writes what a month lacks, a person fills it in, `ingest` reads it back."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook

from qinggong import flow
from qinggong.monitor import expected
from qinggong.periods import Period, month, months_between
from qinggong.publish.forms import HEADS
from qinggong.sources import RawRow
from qinggong.sources.table import SHAPE as TABLE
from qinggong.store.base import Snapshot
from qinggong.validate import check_rows

AUGUST = month(2024, 8)
HEAD_ROW = 2
Lines = list[list[str]]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    opened = flow.Workspace.at(tmp_path_factory.mktemp("form") / "ws", make=True)
    flow.ingest_bundled(opened)
    return opened


@pytest.fixture(scope="module")
def snapshot(base: flow.Workspace) -> Snapshot:
    return base.snapshot()


@pytest.fixture
def workspace(tmp_path: Path) -> flow.Workspace:
    opened = flow.Workspace.at(tmp_path / "ws", make=True)
    flow.ingest_bundled(opened)
    return opened


def lines_of(form: bytes) -> Lines:
    """All cells of the form as a person sees them."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(form))
    return [[str(c) for c in line] for line in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]


def filled(form: bytes, fill: Callable[[dict[str, str]], dict[str, str]], target: Path) -> Lines:
    """Write the form anew with what ``fill`` enters in each row; the lines written."""
    lines = lines_of(form)
    for line in lines[HEAD_ROW + 1 :]:
        for head, text in fill(dict(zip(HEADS, line, strict=True))).items():
            line[HEADS.index(head)] = text
    with xlsxwriter.Workbook(str(target), {"strings_to_urls": False}) as book:
        sheet = book.add_worksheet("待补数字")
        for i, line in enumerate(lines):
            for j, text in enumerate(line):
                sheet.write_string(i, j, text)
    return lines


def test_the_form_has_one_row_for_each_missing_figure(base: flow.Workspace) -> None:
    standing = flow.status(base, at=AUGUST)
    lines = lines_of(flow.form(standing))
    assert tuple(lines[HEAD_ROW]) == HEADS
    assert len(lines) - HEAD_ROW - 1 == len(standing.absent) > 0
    for line, figure in zip(lines[HEAD_ROW + 1 :], standing.absent, strict=True):
        cells = dict(zip(HEADS, line, strict=True))
        assert (cells["行业或商品"], cells["指标"]) == (figure.missing.name, figure.missing.indicator_name)
        assert cells["数值"] == cells["发布日期"] == ""


def test_an_empty_form_adds_nothing_and_complains_of_nothing(workspace: flow.Workspace, tmp_path: Path) -> None:
    standing = flow.status(workspace, at=AUGUST)
    path = tmp_path / "待补.xlsx"
    path.write_bytes(flow.form(standing))
    (done,) = flow.ingest(workspace, [path])
    assert (done.added, done.rejected, done.blank) == (0, 0, len(standing.absent))
    assert len(flow.status(workspace, at=AUGUST).absent) == len(standing.absent)


def test_a_form_filled_in_comes_back(workspace: flow.Workspace, tmp_path: Path) -> None:
    before = flow.status(workspace, at=AUGUST)
    taken: list[str] = []

    def fill(cells: dict[str, str]) -> dict[str, str]:
        if (cells["指标"], cells["度量"]) != ("产量", "yoy") or len(taken) >= 5:
            return {}  # a level of 12.5 would be doubted against the history of its product
        taken.append(cells["行业或商品"])
        return {"数值": "12.5", "发布标题": "2024年8月份规模以上工业生产", "发布日期": "2024-09-14", "页面地址": "a,b"}

    path = tmp_path / "待补.xlsx"
    filled(flow.form(before), fill, path)
    (done,) = flow.ingest(workspace, [path])
    assert len(taken) == 5
    assert (done.added, done.rejected, done.blank) == (5, 0, len(before.absent) - 5)
    after = flow.status(workspace, at=AUGUST)
    assert len(after.absent) == len(before.absent) - 5
    assert len(after.figures) == len(before.figures)
    stored = [o for o in workspace.store.everything() if o.raw_sha256 == done.sha256]
    assert {(o.printed, o.published_at, o.published_at_basis, o.url) for o in stored} == {
        ("12.5", dt.date(2024, 9, 14), "stated", "a,b")
    }
    assert [i.known_file for i in flow.ingest(workspace, [path])] == [True]


def test_a_form_filled_in_wrongly_says_where(workspace: flow.Workspace, tmp_path: Path) -> None:
    standing = flow.status(workspace, at=AUGUST)
    values = iter(["约12", "12.5"])
    path = tmp_path / "待补.xlsx"
    lines = filled(flow.form(standing), lambda cells: {"数值": next(values, "")}, path)
    (done,) = flow.ingest(workspace, [path])
    assert (done.added, done.rejected) == (1, 1)
    (finding,) = done.findings
    assert (finding.rule, finding.row, finding.value) == ("not-a-number", HEAD_ROW + 2, "约12")
    assert lines[HEAD_ROW + 1][HEADS.index("行业或商品")] in finding.sentence


def test_a_whole_month_can_be_filled_in(workspace: flow.Workspace, tmp_path: Path) -> None:
    path = tmp_path / "待补.xlsx"
    filled(flow.form(flow.status(workspace, at=AUGUST)), lambda cells: {"数值": cells["上期数值"] or "1"}, path)
    (done,) = flow.ingest(workspace, [path])
    assert done.rejected == 0
    assert flow.status(workspace, at=AUGUST).absent == ()


def rows_with_a_value(form: bytes) -> list[RawRow]:
    """The rows of a form as its reader gives them once every value is 1."""
    fields = {"时期": "period", "地区": "region", "行业或商品": "subject", "指标": "indicator", "度量": "measure",
              "单位": "unit", "发布标题": "title", "发布日期": "published", "发布机构": "publisher", "页面地址": "url"}  # fmt: skip
    rows = []
    for number, line in enumerate(lines_of(form)[HEAD_ROW + 1 :], start=HEAD_ROW + 2):
        cells = dict(zip(HEADS, line, strict=True))
        rows.append(RawRow(row=number, value="1", **{field: cells[head] for head, field in fields.items()}))
    return rows


MONTHS = months_between(month(2018, 3), month(2025, 11))


@pytest.mark.parametrize("year", sorted({p.year for p in MONTHS}))
def test_every_name_in_every_form_means_the_series_it_stands_for(
    year: int, base: flow.Workspace, snapshot: Snapshot
) -> None:
    received = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    for at in (p for p in MONTHS if p.year == year):
        standing = expected.standing(snapshot, base.catalogue, base.plan, at=at)
        form = flow.form(standing)
        assert TABLE.parse(PurePath("待补.xlsx"), form).blank_rows == len(standing.absent)
        report = check_rows(
            rows_with_a_value(form), file="待补.xlsx", catalogue=base.catalogue, received=received, stored={}
        )
        assert [f.sentence for f in report.findings] == []
        meant = {
            (f.missing.subject_key, f.missing.indicator, f.missing.measure, f.missing.period) for f in standing.absent
        }
        assert {(c.subject.key, c.indicator.code, c.measure, c.period) for c in report.accepted} == meant
        assert all(c.region == "CN" for c in report.accepted)


def test_the_same_form_has_the_same_bytes(base: flow.Workspace, snapshot: Snapshot) -> None:
    def once(at: Period) -> bytes:
        return flow.form(expected.standing(snapshot, base.catalogue, base.plan, at=at))

    assert once(AUGUST) == once(AUGUST)
