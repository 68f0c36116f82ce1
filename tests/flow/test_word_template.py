"""``qinggong run --template``: the user's own Word file, the official look, what is refused, and the same bytes
again."""

from __future__ import annotations

import functools
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import pytest
from docx.shared import Cm
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from qinggong import flow, rebuilding
from qinggong.briefing import month_brief
from qinggong.cli import app
from qinggong.publish.docx_template import TemplateError
from qinggong.publish.template_shelf import chosen_template, kept_choice, kept_code, kept_template

CODE = "2024-08"


@pytest.fixture(scope="module", autouse=True)
def plain() -> Iterator[None]:
    """Bulletins of published figures only: what is proven here does not depend on what is computed."""
    with pytest.MonkeyPatch.context() as patch:
        brief = functools.partial(month_brief, parts=())
        patch.setattr(flow, "month_brief", brief)
        patch.setattr(rebuilding, "month_brief", brief)
        yield


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    document = docx.Document()
    document.sections[0].left_margin = Cm(4)
    document.sections[0].header.paragraphs[0].text = "某某局　{{时期}}"
    document.add_paragraph("关于{{副题}}的报告", style="Title")
    document.add_paragraph("{{正文}}")
    path = tmp_path_factory.mktemp("template") / "house.docx"
    document.save(str(path))
    return path


@pytest.fixture(scope="module")
def filled(house: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[flow.Workspace, flow.Released, list[str]]:
    workspace = flow.Workspace.at(tmp_path_factory.mktemp("word") / "ws", make=True)
    told: list[str] = []
    done = flow.run(workspace, at=flow.parse_month(CODE), template=house, progress=told.append)
    return workspace, done, told


def test_the_template_is_filled_kept_and_named_in_the_manifest(
    filled: tuple[flow.Workspace, flow.Released, list[str]], house: Path
) -> None:
    workspace, done, told = filled
    document = docx.Document(str(done.folder / "bulletin.docx"))
    assert document.paragraphs[0].text == "关于2024年8月的报告"
    assert document.sections[0].header.paragraphs[0].text == "某某局　2024年8月份"
    assert document.sections[0].left_margin == pytest.approx(Cm(4), abs=700)
    assert any("house.docx" in line and "改用补入的“轻工三线表”" in line for line in told)
    code = json.loads((done.folder / "manifest.json").read_bytes())["template"]
    assert (workspace.layout.templates / f"{code}.docx").read_bytes() == house.read_bytes()


def test_the_release_comes_out_of_the_store_again(filled: tuple[flow.Workspace, flow.Released, list[str]]) -> None:
    workspace, done, _ = filled
    found = flow.verify(done.folder, workspace=workspace)
    assert found.rebuilt is not None and found.rebuilt.differences == ()


def test_all_tables_are_in_the_workbook(filled: tuple[flow.Workspace, flow.Released, list[str]]) -> None:
    _, done, _ = filled
    book = CalamineWorkbook.from_path(str(done.folder / "bulletin.xlsx"))
    document = docx.Document(str(done.folder / "bulletin.docx"))
    captions = [p.text.split("　")[0] for p in document.paragraphs if p.style is not None and p.style.name == "Caption"]
    assert book.sheet_names == ["目录", *(c for c in captions if c.startswith("表")), "资料来源"]
    for table, name in zip(document.tables, book.sheet_names[1:-1], strict=True):
        rows = book.get_sheet_by_name(name).to_python()[4:]
        for row, cells in zip(rows, table.rows[1:], strict=False):
            for value, cell in zip(row, cells.cells, strict=False):
                if isinstance(value, float):
                    assert value == pytest.approx(
                        float(cell.text.strip("*%万亿元百分点").replace(",", "")), rel=1e-12
                    ), name


def test_what_is_refused_is_refused_before_the_work(tmp_path: Path, house: Path) -> None:
    macro = tmp_path / "宏.docm"
    shutil.copy(house, macro)
    text = tmp_path / "a.docx"
    text.write_text("甲", encoding="utf-8")
    for path, said in ((macro, "含宏"), (text, "不是 Word 文件"), (tmp_path / "没有.docx", "找不到模板")):
        root = tmp_path / "ws"
        answer = CliRunner().invoke(app, ["run", "-w", str(root), "--month", CODE, "--template", str(path)])
        assert answer.exit_code == 2
        assert said in answer.output and answer.output.count("\n") == 1
        assert not list((root / "raw").iterdir())


def test_templates_are_kept_by_hash(tmp_path: Path, house: Path) -> None:
    chosen = chosen_template(house)
    code = kept_code(tmp_path / "templates", chosen)
    assert kept_code(tmp_path / "templates", chosen) == code
    again = kept_template(tmp_path / "templates", code)
    assert not isinstance(again, str) and again is not None and again.data == house.read_bytes()
    assert (chosen_template(""), chosen_template("公文"), kept_code(tmp_path, None)) == (None, "official", "")
    assert kept_choice(tmp_path, "official") == "official"
    (tmp_path / "templates" / f"{code}.docx").write_bytes(b"x")
    with pytest.raises(TemplateError, match=r"不在|已改动"):
        kept_template(tmp_path / "templates", code)
    with pytest.raises(TemplateError, match="不在"):
        kept_template(tmp_path / "templates", "../../x")


@pytest.mark.soak
@pytest.mark.needs_soffice
@pytest.mark.needs_poppler
@pytest.mark.parametrize("template", ["", "official", "house"])
def test_a_word_processor_opens_it_and_shows_all_of_it(
    template: str, house: Path, tmp_path: Path, program: Callable[[str], Path]
) -> None:
    workspace = flow.Workspace.at(tmp_path / "ws", make=True)
    done = flow.run(workspace, at=flow.parse_month(CODE), template=house if template == "house" else template)
    out = tmp_path / "pdf"
    command = [str(program("soffice")), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
    "--convert-to", "pdf",
               "--outdir", str(out)]  # fmt: skip
    for name in ("bulletin.docx", "bulletin.xlsx"):
        subprocess.run([*command, str(done.folder / name)], check=True, capture_output=True, timeout=180)
        # In reading order a broken cell is whole; in the order of the page a caption with a field is.
        shown, raw = (
            "".join(subprocess.run([str(program("pdftotext")), *order, str(out / "bulletin.pdf"), "-"], check=True,
                                   capture_output=True).stdout.decode().split())
            for order in ([], ["-raw"])
        )  # fmt: skip
        document = docx.Document(io.BytesIO((done.folder / "bulletin.docx").read_bytes()))
        for table in document.tables:
            for cell in (c for row in table.rows[1:] for c in row.cells):
                assert "".join(cell.text.split()) in shown, (name, cell.text)
        if name.endswith(".docx"):
            captions = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Caption"]
            assert [c for c in captions if "".join(c.split()) not in raw] == []  # the fields say the same there
        (out / "bulletin.pdf").unlink()
