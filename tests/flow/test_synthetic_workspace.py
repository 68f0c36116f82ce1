"""A synthetic workspace: made, run, marked on every page, chart, sheet and row, and never mixed with real figures."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pypdfium2
import pytest
import python_calamine
import vl_convert
from docx import Document
from lxml import html
from typer.testing import CliRunner

from qinggong import flow
from qinggong.catalogue.synthetic import MARK, NOTICE, is_marked
from qinggong.cli import app
from qinggong.config import WorkspaceError, settings
from qinggong.intake import synthetic
from qinggong.intake.fetching import FetchError
from qinggong.periods import ytd
from qinggong.publish.chart_frame import with_watermark
from qinggong.publish.charts import LineSeries, bar_chart, line_chart, render_svg
from qinggong.sources.freeze import archived
from qinggong.synth.plan import Plan, relations

PLAN = Plan(seed=7, end="2024-12", months=12)
REAL = (
    "period,industry,indicator,measure,value,unit,release_date,publisher\n"
    "2024-08,原盐,产量,level,512.3,万吨,2024-09-14,国家统计局\n"
)


def call(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small synthetic workspace, made by the command."""
    folder = tmp_path_factory.mktemp("synthetic") / "合成"
    code, shown = call(
        "init", "--synthetic", "--workspace", folder, "--seed", PLAN.seed, "--end", PLAN.end, "--months", PLAN.months
    )
    assert code == 0, shown
    assert "不是真实统计" in shown
    return folder


@pytest.fixture(scope="module")
def released(root: Path) -> flow.Released:
    return flow.run(root)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real") / "ws"
    flow.ingest_bundled(flow.Workspace.at(folder, make=True))
    return folder


# ------------------------------------------------------------------------------------------------- made, run


def test_the_workspace_says_what_it_is(root: Path) -> None:
    workspace = flow.Workspace.at(root)
    assert settings(workspace.layout).synthetic
    assert flow.is_synthetic(workspace)
    (frozen,) = archived(workspace.layout.raw)
    assert frozen.name.startswith(MARK)
    assert workspace.catalogue.publisher("合成数据（国家统计局）").code == "nbs"
    assert synthetic.plans_in(workspace) == [PLAN]


def test_a_second_time_adds_nothing_and_another_seed_is_refused(root: Path) -> None:
    version = flow.Workspace.at(root).store.version
    assert flow.init_synthetic(root, PLAN)[1] == 0
    assert flow.Workspace.at(root).store.version == version
    code, shown = call("init", "--synthetic", "--workspace", root, "--seed", 8)
    assert (code, "换一个空文件夹" in shown) == (2, True)


def test_the_bulletin_is_full(released: flow.Released) -> None:
    assert released.month == flow.parse_month("2024-12")
    assert released.brief.synthetic
    assert not [i for i in released.ingested if i.added]
    for topic in released.brief.topics:
        assert topic.period is not None
        assert not [m for m in topic.missing if m.publisher.startswith(MARK) and "10类" not in m.name], topic.key
        assert topic.headlines
    production = released.brief.topic("production")
    assert all(c.complete for c in production.comparisons if c.expected is not None)
    assert len(released.brief.topic("industries").headlines) > 200
    figures = [fact for fact in released.brief.book if not fact.id.startswith("target:")]  # words of real plans
    assert {c.publisher[: len(MARK)] for fact in figures for c in fact.lineage.citations} == {MARK}
    assert not released.missing_characters


def test_as_of_a_day_only_first_values_are_known(root: Path) -> None:
    workspace = flow.Workspace.at(root)
    day = dt.date(
        2024, 5, 28
    )  # profits of January to April came out on the 27th, with revised ones of the first quarter
    early, now = (synthetic.national_snapshot(workspace, as_of=d) for d in (day, None))
    assert all(o.published_at is not None and o.published_at <= day for o in early.observations)
    # Of the provinces only what their level indices are made from.
    local = {(o.series.subject, o.series.indicator) for o in now.observations if o.series.region != "CN"}
    assert {code for code, _ in local} == {"13", "14", "15", "19", "21", "22", "24"}
    assert {indicator for _, indicator in local} == {"value_added", "export_delivery", "revenue", "profit"}

    bcd = ("industry:BCD@nbs", "revenue", "level", "ytd")
    found = [s.find(bcd[0], indicator=bcd[1], measure=bcd[2], span=bcd[3], period=ytd(2024, 4)) for s in (early, now)]
    assert [o is not None and "修订" in o.citation for o in found] == [False, True]
    assert early.find(bcd[0], indicator=bcd[1], measure=bcd[2], span=bcd[3], period=ytd(2024, 5)) is None


def test_the_same_rows_come_from_the_archived_plan(root: Path) -> None:
    code, shown = call("replay", "--check", "--workspace", root)
    assert (code, "内容相同" in shown) == (0, True), shown


# ------------------------------------------------------------------------------------------------------ marks


def test_every_page_of_the_pdf_is_marked(released: flow.Released) -> None:
    content = (released.folder / "bulletin.pdf").read_bytes()
    with pypdfium2.PdfDocument(content) as document:
        assert len(document) > 5
        assert MARK in document.get_metadata_dict()["Title"]
        for number, page in enumerate(document, 1):
            text = page.get_textpage().get_text_range()
            assert text.count(NOTICE) == 1, f"page {number}: header"
            # The head is extracted as text; the watermark as well, in whatever order of characters.
            assert all(text.count(c) >= 2 for c in MARK), f"page {number}: watermark"
    assert is_marked(content)


def test_the_page_and_every_chart_in_it_are_marked(released: flow.Released) -> None:
    content = (released.folder / "bulletin.html").read_text(encoding="utf-8")
    tree = html.fromstring(content)
    assert MARK in tree.findtext(".//title")
    assert tree.xpath("string(//aside[@class='mark'])") == NOTICE
    assert len(tree.xpath("//div[@class='across']/span")) == 6
    assert f'content:"{NOTICE}"' in content  # the head of printed pages
    drawings = tree.xpath("//figure[@class='chart']//*[local-name()='svg']")
    assert len(drawings) == len(tree.xpath("//figure[@class='chart']")) > 5
    for drawing in drawings:
        assert [t.text for t in drawing.iter() if t.text == MARK] == [MARK, MARK]
    assert all(MARK in label for label in tree.xpath("//div[@class='drawing']/@aria-label"))
    assert is_marked(content.encode())


def test_every_page_and_picture_of_the_word_file_is_marked(released: flow.Released) -> None:
    content = (released.folder / "bulletin.docx").read_bytes()
    document = Document(io.BytesIO(content))
    assert document.core_properties.comments == NOTICE
    assert MARK in document.core_properties.title
    for section in document.sections:
        for header in (section.header, section.first_page_header):
            assert NOTICE in "".join(p.text for p in header.paragraphs)
    svgs = re.findall(r"<svg.*?</svg>", (released.folder / "bulletin.html").read_text(encoding="utf-8"), re.DOTALL)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pictures = [archive.read(n) for n in archive.namelist() if n.startswith("word/media/")]
    # A picture has no text: it is the drawing that the page has, with the mark in it.
    assert len(pictures) == len(svgs)
    assert all(MARK in svg for svg in svgs)
    assert {bytes(vl_convert.svg_to_png(svg, scale=2, ppi=72)) for svg in svgs} == set(pictures)
    assert is_marked(content)


def test_every_sheet_is_marked(released: flow.Released) -> None:
    path = released.folder / "data" / "data.xlsx"
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    assert len(book.sheet_names) == 2
    for name in book.sheet_names:
        assert str(book.get_sheet_by_name(name).to_python()[0][0]).startswith(NOTICE)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        assert all(f"<oddHeader>&amp;C{NOTICE}" in sheet for sheet in sheets)
        assert NOTICE in archive.read("docProps/core.xml").decode()
    assert is_marked(path.read_bytes())


@pytest.mark.parametrize("name", ["facts", "observations", "vintages"])
def test_every_row_of_the_data_is_marked(released: flow.Released, name: str) -> None:
    path = released.folder / "data" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert not [r for r in rows if not r["publisher"].startswith(f"{MARK}（")]
    parquet = released.folder / "data" / f"{name}.parquet"
    wrong = duckdb.read_parquet(str(parquet)).filter(f"publisher NOT LIKE '{MARK}（%'").count("*").fetchall()
    assert wrong == [(0,)]
    assert is_marked(path.read_bytes())
    assert is_marked(parquet.read_bytes())


def test_the_manifest_and_the_form_are_marked(root: Path, released: flow.Released, tmp_path: Path) -> None:
    described = json.loads((released.folder / "manifest.json").read_text(encoding="utf-8"))
    assert described["synthetic"] is True
    assert MARK in described["title"]
    form = tmp_path / "待补.xlsx"
    code, shown = call("status", "--workspace", root, "--month", "2024-08", "--xlsx", form)
    assert code == 0, shown
    assert is_marked(form.read_bytes())
    first = python_calamine.CalamineWorkbook.from_path(str(form)).get_sheet_by_index(0).to_python()[0][0]
    assert str(first).startswith(NOTICE)


def test_a_real_release_has_no_mark(real: Path) -> None:
    done = flow.run(real, at=flow.parse_month("2024-08"))
    assert not done.brief.synthetic
    assert json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))["synthetic"] is False
    for path in sorted(p for p in done.folder.rglob("*") if p.is_file()):
        assert not is_marked(path.read_bytes()), path.name
    assert MARK not in (done.folder / "bulletin.html").read_text(encoding="utf-8")


DRAWINGS = [
    bar_chart(labels=["甲", "乙", "丙"], values=[1.0, -2.0, 3.0], texts=["1.0", "-2.0", "3.0"], unit="%"),
    line_chart(labels=["1", "2"], series=[LineSeries("甲", [1.0, 2.0])], unit="%", height=120),
]


@pytest.mark.parametrize("spec", DRAWINGS)
def test_the_watermark_is_in_the_drawing_and_leaves_the_rest(spec: dict[str, Any]) -> None:
    plain, marked = render_svg(spec, uid="a"), render_svg(with_watermark(spec, MARK), uid="a")
    assert MARK not in plain
    assert marked.count(MARK) == 2
    text = re.compile(r"<text[^>]*>([^<]*)</text>")
    assert [t for t in text.findall(marked) if t != MARK] == text.findall(plain)
    small, large = (vl_convert.svg_to_png(svg, scale=1, ppi=72) for svg in (plain, marked))
    assert small != large
    assert "layer" in spec
    assert len(spec["layer"]) + 2 == len(with_watermark(spec, MARK)["layer"])


# ------------------------------------------------------------------------------------------------ never mixed


def sentence(findings: Any) -> str:
    (finding,) = findings
    assert (finding.rule, finding.severity) == ("synthetic-data", "error")
    assert "。" not in finding.message
    assert "\n" not in finding.sentence
    return str(finding.sentence)


def test_a_real_file_is_refused_in_a_synthetic_workspace(root: Path, tmp_path: Path) -> None:
    (tmp_path / "真.csv").write_text(REAL, encoding="utf-8")
    workspace = flow.Workspace.at(root)
    before, raw = workspace.store.version, archived(workspace.layout.raw)
    (done,) = flow.ingest(workspace, [tmp_path / "真.csv"])
    assert "只装合成数据" in sentence(done.findings)
    assert (done.added, workspace.store.version, archived(workspace.layout.raw)) == (0, before, raw)
    assert flow.ingest_bundled(workspace) == []
    code, shown = call("ingest", tmp_path / "真.csv", "--workspace", root)
    assert (code, "真.csv" in shown) == (1, True)


def test_nothing_is_fetched_for_a_synthetic_workspace(root: Path) -> None:
    month = flow.parse_month("2024-08")
    with pytest.raises(FetchError, match="只装合成数据"):
        flow.fetch_series(flow.Workspace.at(root), ["增加值"], start=month, end=month, base="http://127.0.0.1:9")


@pytest.mark.parametrize(
    "name",
    [
        "bulletin.html", "bulletin.docx", "bulletin.pdf", "data/observations.csv", "data/observations.parquet",
        "data/facts.csv", "data/data.xlsx",
    ],
)  # fmt: skip
def test_whatever_a_synthetic_workspace_published_is_refused_elsewhere(
    released: flow.Released, real: Path, name: str
) -> None:
    workspace = flow.Workspace.at(real)
    before, raw = workspace.store.version, archived(workspace.layout.raw)
    (done,) = flow.ingest(workspace, [released.folder / name])
    assert "不能导入真实数据的工作区" in sentence(done.findings)
    assert (done.added, workspace.store.version, archived(workspace.layout.raw)) == (0, before, raw)


def test_the_archived_plan_and_written_files_are_refused_elsewhere(root: Path, real: Path, tmp_path: Path) -> None:
    workspace = flow.Workspace.at(real)
    (plan,) = synthetic.plans_in(flow.Workspace.at(root))
    (tmp_path / "方案.json").write_bytes(plan.as_file())
    code, shown = call(
        "synth", "--returns", "--rows", "300", "--months", 12, "--format", "csv", "--out", tmp_path / "写出"
    )
    assert code == 0, shown
    paths = [tmp_path / "方案.json", *(tmp_path / "写出").glob("*.csv")]
    for done in flow.ingest(workspace, paths):
        assert "不能导入真实数据的工作区" in sentence(done.findings)


def test_a_real_workspace_takes_no_synthetic_rows(real: Path) -> None:
    assert call("init", "--synthetic", "--workspace", real)[0] == 2
    assert not settings(flow.Workspace.at(real).layout).synthetic
    code, shown = call("synth", "--returns", "--workspace", real)
    assert (code, "不是合成数据的工作区" in shown) == (2, True)
    with pytest.raises(WorkspaceError, match="真实数据的工作区"):
        synthetic.add_plan(flow.Workspace.at(real), PLAN)


def test_a_setting_turned_by_hand_mixes_nothing(root: Path, real: Path, tmp_path: Path) -> None:
    """A real workspace declared synthetic takes no plan; a synthetic one declared real is known by its archive."""
    shutil.copytree(real, tmp_path / "real")
    config = tmp_path / "real" / "qinggong.toml"
    config.write_text("synthetic = true\n" + config.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(WorkspaceError, match="原始档里有真实文件"):
        synthetic.add_plan(flow.Workspace.at(tmp_path / "real"), PLAN)
    shutil.copytree(root, tmp_path / "made")
    config = tmp_path / "made" / "qinggong.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("synthetic = true", ""), encoding="utf-8")
    workspace = flow.Workspace.at(tmp_path / "made")
    assert flow.is_synthetic(workspace)
    (tmp_path / "真.csv").write_text(REAL, encoding="utf-8")
    (done,) = flow.ingest(workspace, [tmp_path / "真.csv"])
    assert "只装合成数据" in sentence(done.findings)


def test_a_broken_setting_is_one_sentence(tmp_path: Path) -> None:
    workspace = flow.Workspace.at(tmp_path / "made", make=True)
    workspace.layout.config.write_text('synthetic = "yes"\n', encoding="utf-8")
    with pytest.raises(WorkspaceError, match="synthetic 应为 true 或 false"):
        flow.is_synthetic(workspace)


# ------------------------------------------------------------------------------------------- the command line


def test_further_parts_join_the_same_history(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(root, tmp_path / "ws", ignore=shutil.ignore_patterns("releases", "drafts"))
    asked: list[Plan] = []

    def few(plan: Plan, **options: Any) -> Iterator[Any]:
        asked.append(plan)
        made = relations(plan, **options)
        for _ in range(2):
            yield next(made)

    monkeypatch.setattr(synthetic, "relations", few)
    before = flow.Workspace.at(tmp_path / "ws").store.count()
    code, shown = call("synth", "--trade", "--workspace", tmp_path / "ws")
    assert code == 0, shown
    assert [(p.seed, p.end, p.months, p.parts) for p in asked] == [(PLAN.seed, PLAN.end, PLAN.months, ("trade",))]
    workspace = flow.Workspace.at(tmp_path / "ws")
    added = workspace.store.count() - before
    assert f"{added:,}行" in shown
    assert added > 1000
    assert len({f.known_at for f in archived(workspace.layout.raw)}) == 2
    assert flow.add_synthetic(workspace, ("trade",)) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["synth"], "--returns"),
        (["synth", "--rows", "10"], "--out"),
        (["synth", "--out", "x", "--rows", "many"], "行数"),
        (["synth", "--out", "x", "--rows", "-5"], "行数"),
        (["synth", "--out", "x", "--format", "xls"], "文件格式"),
        (["synth", "--out", "x", "--months", "5"], "月数"),
        (["init", "--synthetic", "--end", "2031"], "月份"),
        (["init", "--synthetic", "--seed", "-1"], "种子"),
    ],
)
def test_wrong_use_is_one_sentence(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, shown = call(*arguments)
    assert code == 2, shown
    assert said in shown
    assert re.fullmatch(r"qinggong：.+。\n", shown)
    assert not list(tmp_path.iterdir())


def test_the_numbers_are_the_same_each_time(root: Path, tmp_path: Path) -> None:
    """Two exports of one plan are the same bytes, row for row."""
    for name in ("a", "b"):
        code, shown = call("synth", "--trade", "--rows", "2e4", "--months", 12, "--seed", 3, "--out", tmp_path / name)
        assert code == 0, shown
    first, second = (sorted((tmp_path / n).glob("*.parquet")) for n in ("a", "b"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert np.all([is_marked(p.read_bytes()) for p in first])
