"""Editions from the bundled figures: their pages, sections and places; a person's text; the flash note; the
commands."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator

import pytest
from lxml import html
from typer.testing import CliRunner

from qinggong import editions, flow
from qinggong.catalogue.editions import load_editions
from qinggong.cli import app
from qinggong.editions.facts import Facts, gathered, subjects_of, units_of
from qinggong.editions.making import Made, ask, made, make, verdict
from qinggong.publish.bulletin import compose
from qinggong.publish.document import Paragraph
from qinggong.publish.editions import Material
from qinggong.publish.formats import pages_of

MONTHS = ("2022-10", "2022-12", "2024-02", "2024-08")
runner = CliRunner()


@pytest.fixture(scope="module")
def workspace(released: dict[str, flow.Released], tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    """A copy of the workspace with the four releases, to write in."""
    root = tmp_path_factory.mktemp("editions") / "ws"
    shutil.copytree(released["2024-08"].folder.parents[1], root)
    return flow.Workspace.at(root)


@pytest.fixture(scope="module")
def month(workspace: flow.Workspace) -> Facts:
    """Everything known of a month, for several editions."""
    plan = load_editions()
    return gathered(workspace, editions.parse_span("2024-08"), plan.editions)


def _text(made_one: Made) -> str:
    return html.fromstring(made_one.files["bulletin.html"].decode()).text_content()


def _numbers_without_facts(made_one: Made, facts: Facts) -> Iterator[str]:
    """Marked numbers that are not what their fact says."""
    tree = html.fromstring(made_one.files["bulletin.html"].decode())
    for element in tree.xpath("//*[@data-fact]"):
        fact, text = facts.brief.book[element.get("data-fact")], element.text_content().strip()
        units = (fact.unit, fact.unit.removesuffix("元"), "")
        if not any(text == form + unit for form in fact.forms() for unit in units):
            yield f"{text}: {fact.id}"


@pytest.mark.parametrize("code", MONTHS)
def test_the_monthly_list_is_the_bulletin(code: str, released: dict[str, flow.Released]) -> None:
    edition = load_editions().edition("monthly")
    brief = released[code].brief
    assert compose(brief, title="月报", edition=edition, material=Material(brief)) == compose(brief, title="月报")


SOAK = [pytest.param(period, marks=pytest.mark.soak) for period in ("2022-12", "2024-08", "2024-H1", "2022")]


@pytest.mark.parametrize("period", ["2022-10", "2024-02", "2024-Q1", *SOAK])
def test_the_brief_fits_one_page(period: str, workspace: flow.Workspace) -> None:
    facts, (page,) = make(workspace, ask(workspace, "一页通", period=period))
    assert pages_of(page.files["bulletin.pdf"]) == 1
    assert set(page.files) == {"bulletin.html", "bulletin.pdf", "bulletin.docx"}
    assert not list(_numbers_without_facts(page, facts))
    assert verdict(facts, page.files["bulletin.html"])["errors"] == 0


def test_an_industry_tells_every_side_or_why_not(month: Facts) -> None:
    edition = month.plan.edition("industry")
    assert edition is not None
    (chosen,) = subjects_of(month, edition, ["家具制造业"])
    assert chosen == ("21", "家具制造业")
    (unit,) = units_of(month, edition, [chosen])
    page = made(month, edition, unit, formats=("html",))
    assert not list(_numbers_without_facts(page, month))
    text = _text(page)
    assert "2024年上半年，家具制造业实现营业收入3101.8亿元，同比增长5%" in text
    for aspect in unit.aspects:  # type: ignore[union-attr]
        assert f"{aspect.title}：" in text
        if not aspect.movements:
            assert re.search(rf"{aspect.title}：本库尚未收录.+由.+发布", text)
    for head in ("景气与信号灯", "即时预测", "预警提示", "目标进度"):
        assert head in text
    assert "家具制造业因而没有指数" in text or "家具制造业没有景气指数" in text


def test_all_industries_are_those_with_figures(month: Facts) -> None:
    edition = month.plan.edition("industry")
    assert edition is not None
    found = subjects_of(month, edition, ["all"])
    codes = [code for code, _ in found]
    assert len(found) > 10
    assert codes == sorted(codes)
    assert "21" in codes
    for unit in units_of(month, edition, found):
        assert unit is not None
        assert unit.movements, unit.name
        composed = compose(month.brief, title="运行监测", edition=edition, material=Material(month.brief, unit=unit))
        assert composed.title == f"{unit.name}运行监测"
        assert len(composed.sections) >= 7
        assert all(isinstance(s.blocks[0], Paragraph) for s in composed.sections)


@pytest.mark.parametrize(
    ("period", "name", "spoken"),
    [("2024-Q1", "季报", "一季度"), pytest.param("2022", "年报", "全年", marks=pytest.mark.soak)],
)
def test_a_longer_period_leads_with_cumulative_figures(
    period: str, name: str, spoken: str, workspace: flow.Workspace
) -> None:
    asked = ask(workspace, name, period=period)
    facts = gathered(workspace, asked.span, [asked.edition], snapshot=asked.snapshot)
    document = compose(
        facts.brief, title=asked.edition.title, edition=asked.edition,
        material=Material(facts.brief, asked.span.kind, asked.span.period),
    )  # fmt: skip
    assert document.period_name.endswith(spoken)
    assert document.subtitle == document.period_name
    first = document.sections[0].blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text.startswith(f"{asked.span.period.year}年{spoken}，")
    production = next(s for s in document.sections if s.key == "production").blocks[0]
    assert isinstance(production, Paragraph)
    assert production.text.startswith(f"{asked.span.period.year}年{spoken}，")


def test_the_course_of_a_year_stands_side_by_side(workspace: flow.Workspace) -> None:
    facts, (page,) = make(workspace, ask(workspace, "季报", period="2024-Q2"))
    text = _text(page)
    assert "走势" in text
    assert not list(_numbers_without_facts(page, facts))
    tree = html.fromstring(page.files["bulletin.html"].decode())
    (table,) = tree.xpath("//*[contains(text(), '主要指标累计同比增速')]/ancestor::figure[1]//table")
    heads = [h.text_content() for h in table.xpath(".//thead//th")]
    assert heads[0] == "指标"
    assert [h.split("（")[0] for h in heads[1:]] == ["一季度", "上半年"]
    assert set(page.files) == {"bulletin.html", "bulletin.pdf", "bulletin.docx", "data.xlsx"}


def test_editions_go_into_the_release_and_can_be_made_again(workspace: flow.Workspace) -> None:
    folder = workspace.layout.releases / "2024-08"
    (workspace.layout.root / "notes").mkdir(exist_ok=True)
    side = workspace.layout.root / "notes" / "2024-08.industry.21.md"
    side.write_text("## 展望\n\n预计全年增长9.9%。\n", encoding="utf-8")
    done = flow.edition(workspace, "industry", period="2024-08", subjects=["21", "造纸和纸制品业"])
    assert done.folder == folder / "editions/industry"
    assert any("不是本期的事实" in p for p in done.problems)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    listed = [name for name in manifest["files"] if name.startswith("editions/")]
    assert sorted(listed) == sorted(
        f"editions/industry/{code}/bulletin.{kind}" for code in ("21", "22") for kind in ("html", "pdf", "docx")
    )
    assert manifest["editions"]["industry/21"]["side_file"].startswith("## 展望")
    assert "9.9%†" in (folder / "editions/industry/21/bulletin.html").read_text(encoding="utf-8")
    side.unlink()
    asked = ask(workspace, "industry", period="2024-08", subjects=["21"])
    facts = gathered(workspace, asked.span, load_editions().editions, snapshot=asked.snapshot)
    again = editions.remade(workspace, asked.snapshot, facts.brief, manifest)
    assert {name: (folder / name).read_bytes() for name in listed} == again


@pytest.mark.soak
def test_a_quarter_is_a_release_of_its_own(workspace: flow.Workspace) -> None:
    done = flow.edition(workspace, "quarterly", period="2024-Q1")
    assert done.folder == workspace.layout.releases / "2024-Q1"
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["month"], manifest["state"]) == ("2024-Q1", "checked")
    page = flow.edition(workspace, "one-page", period="2024-Q1")
    assert page.folder == done.folder / "editions/one-page"
    assert (
        json.loads((workspace.layout.releases / "index.json").read_text(encoding="utf-8"))["2024-Q1"]["folder"]
        == "2024-Q1"
    )
    asked = ask(workspace, "quarterly", period="2024-Q1")
    described = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    again = editions.remade_release(workspace, asked.snapshot, described)
    assert {name: (done.folder / name).read_bytes() for name in described["files"]} == again


@pytest.mark.soak
def test_text_of_a_person_survives_a_new_run(workspace: flow.Workspace) -> None:
    path = workspace.layout.root / "notes" / "2024-08.md"
    path.unlink(missing_ok=True)
    told = flow.side_file(workspace, period="2024-08")
    assert (told.path, told.new, told.problems) == (path, True, ())
    anchor = next(i for i, section, text in told.paragraphs if section == "国内市场" and "社会消费品零售总额" in text)
    flow.side_file(workspace, period="2024-08", edit=anchor)
    text = path.read_text(encoding="utf-8")
    assert f"## 改写：{anchor}" in text
    path.write_text(text + "\n## 问题\n\n有效需求不足。<script>x</script>\n", encoding="utf-8")
    said: list[str] = []
    for _ in range(2):
        done = flow.run(workspace, at=flow.parse_month("2024-08"), progress=said.append)
        page = (done.folder / "bulletin.html").read_text(encoding="utf-8")
        assert "有效需求不足。&lt;script&gt;x&lt;/script&gt;" in page
        assert "问题与困难" in page
    assert not [s for s in said if s.startswith("请看")]
    path.write_text(
        text.replace("> 2024年8月份，社会消费品零售总额38726亿元", "> 2024年8月份，社会消费品零售总额38725亿元"),
        encoding="utf-8",
    )
    flow.run(workspace, at=flow.parse_month("2024-08"), progress=said.append)
    assert [s for s in said if "生成文字已变，请复核" in s]
    path.unlink()


def test_the_flash_note_of_a_day(workspace: flow.Workspace) -> None:
    done = flow.note(workspace, "2024-09-14")
    assert done.folder.parent == workspace.layout.drafts
    assert pages_of((done.folder / "note.pdf").read_bytes()) == 1
    text = "\n".join(done.lines)
    assert "2024年8月份，社会消费品零售总额38726亿元，同比增长2.1%，增速比7月份回落0.6个百分点" in text
    assert "因上年基数压低2.1个百分点，两年平均增长3.3%" in text
    assert "与预测相比：" in text
    growth = next(f for f in done.note.figures if f.movement.sequence == "month" and f.base is not None)
    assert growth.base is not None
    past = {f.id: f for f in done.note.book}
    # August 2023 grew by 4.6 %, July 2023 by 2.5 %: the base alone takes 2.1 points from August 2024.
    assert past["retail:total@nbs/retail_sales/yoy/2023-08"].text == "4.6"
    assert past["retail:total@nbs/retail_sales/yoy/2023-07"].text == "2.5"
    assert growth.base.text == "-2.1"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (["edition", "没有"], 3, "没有名为“没有”的版本"),
        (["edition"], 2, "请写明版本"),
        (["edition", "季报", "--period", "2024-08"], 3, "季报按季编制"),
        (["edition", "月报", "--period", "2024-08", "--subject", "21"], 3, "不分对象"),
        (["edition", "行业版", "--month", "2024-08"], 3, "请用 --subject 指明行业"),
        (["edition", "行业版", "--month", "2024-08", "--subject", "火箭"], 3, "不是目录中的轻工行业"),
        (["edition", "分省版", "--month", "2024-08", "--subject", "广东"], 3, "分省数字"),
        (["edition", "一页通", "--period", "2023-Q2"], 3, "qinggong edition 季报 --period 2023-Q2"),
        (["edition", "一页通", "--month", "2023-05"], 3, "qinggong run --month 2023-05"),
        (["edition", "一页通", "--language", "en"], 3, "没有英文版"),
        (["edition", "月报", "--language", "fr"], 2, "请写 zh 或 en"),
        (["edition", "月报", "--month", "2024-08", "--period", "2024"], 2, "只写一个"),
        (["note", "没有这样的发布"], 3, "也没有这样标题的发布"),
        (["note", "1999-01-01"], 3, "没有1999-01-01发布的数字"),
        (["note", "统计局"], 3, "请写得更全"),
        (["side-file", "--month", "2024-08", "--edit", "production/000000"], 3, "没有编号为"),
    ],
)
def test_what_goes_wrong_is_one_sentence(given: list[str], code: int, said: str, workspace: flow.Workspace) -> None:
    done = runner.invoke(app, [*given, "--workspace", str(workspace.layout.root)])
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "Traceback" not in done.output


def test_the_list_of_editions_is_printed(workspace: flow.Workspace) -> None:
    done = runner.invoke(app, ["edition", "--list", "--workspace", str(workspace.layout.root)])
    assert done.exit_code == 0
    for edition in load_editions().editions:
        assert f"{edition.name}（{edition.id}）" in done.output
