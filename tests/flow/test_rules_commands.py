"""The commands of rule packs, from the shell's side: what is printed, and the exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from qinggong.cli import app
from qinggong.rules import bundled_packs

RECORDS = "企业名称,行业,从业人员（人）,营业收入（亿元）\n甲公司,工业,1000,4\n乙公司,工业,350,0.21\n丙公司,工业,,5\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "企业.csv").write_text(RECORDS, encoding="utf-8")
    return tmp_path


def rules(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["rules", *arguments])


def test_evaluate_prints_one_line_a_record(folder: Path) -> None:
    done = rules("evaluate", "sme_size", "企业.csv", "--date", "2025-01-01")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert "示例，以官方文本为准" in lines[0]
    assert lines[1:4] == ["第2行 甲公司：大型", "第3行 乙公司：中型", "第4行 丙公司：无法判断，等级待定；缺从业人员"]
    assert "资产总额" in lines[-1]


def test_evaluate_explains_and_finds_the_gap(folder: Path) -> None:
    done = rules("evaluate", "sme_size", "企业.csv", "--explain", "--gap", "--level", "大型")
    assert done.exit_code == 0, done.output
    assert "现为350人，要求≥1000人，差650人" in done.stdout
    assert "从业人员：350人 → 1000人" in done.stdout


def test_evaluate_as_json(folder: Path) -> None:
    done = rules("evaluate", "sme_size", "企业.csv", "--json", "--explain", "--date", "2012-05-01")
    answer = json.loads(done.stdout)
    assert (answer["pack"], answer["version"], answer["at"]) == ("sme_size", "2011", "2012-05-01")
    assert [r["level"] for r in answer["records"]] == ["大型", "中型", None]
    assert answer["records"][2]["missing"] == ["staff"]
    assert answer["records"][0]["explanation"]["outcome"] == "符合"


def test_cells_that_cannot_be_read_give_exit_code_1(folder: Path) -> None:
    (folder / "企业.csv").write_text(RECORDS.replace("350", "约三百"), encoding="utf-8")
    done = rules("evaluate", "sme_size", "企业.csv")
    assert done.exit_code == 1
    assert "第3行“从业人员（人）”：应是数，写的是文字（现为“约三百”），按未知处理" in done.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["evaluate", "nothing", "企业.csv"], "没有规则包“nothing”"),
        (["evaluate", "sme_size", "没有.csv"], "找不到记录文件"),
        (["evaluate", "sme_size", "企业.csv", "--date", "1999-01-01"], "没有有效的版本"),
        (["evaluate", "sme_size@2011", "企业.csv", "--date", "2025-01-01"], "请另指定评价日"),
        (["evaluate", "sme_size", "企业.csv", "--date", "明天"], "不认识的日期"),
        (["evaluate", "sme_size", "企业.csv", "--gap", "--level", "巨型"], "没有等级“巨型”"),
        (["check", "没有.yaml"], "找不到规则包文件"),
        (["test", "没有.yaml"], "找不到规则包文件"),
        (["template", "模板.txt"], "模板写成 .xlsx"),
        (["convert", "没有.xlsx"], "找不到"),
    ],
)
def test_wrong_use_gives_exit_code_2_and_one_sentence(folder: Path, arguments: list[str], said: str) -> None:
    done = rules(*arguments)
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("qinggong：") and said in done.stderr


def test_the_bundled_packs_pass_their_vectors(folder: Path) -> None:
    done = rules("test")
    assert done.exit_code == 0, done.output
    count = len({f.pack.id for f in bundled_packs()})
    assert done.stdout.startswith(f"{count}个规则包，") and done.stdout.rstrip().endswith("0个不通过。")


def test_list_names_document_and_validity(folder: Path) -> None:
    assert (
        "sme_size@2011　统计上大中小微型企业划分办法（2011）（自2011-09-02至2017-12-27；国统字〔2011〕75号"
        in rules("list").stdout
    )
    listed = json.loads(rules("list", "--json").stdout)
    assert {p["id"] for p in listed} >= {
        "sme_size", "innovative_sme", "specialised_sme", "little_giant", "sme_cluster", "digital_level",
        "green_factory", "promotion_price",
    }  # fmt: skip


def test_from_the_template_to_answers(folder: Path) -> None:
    """An author's way: template, convert, check, test, evaluate; the words of each step lead to the next."""
    assert "qinggong rules convert" in rules("template", "模板.xlsx").stdout
    assert "qinggong rules check" in rules("convert", "模板.xlsx", "--out", "我的.yaml").stdout
    done = rules("check", "我的.yaml")
    assert done.exit_code == 0 and "没有发现问题" in done.stdout
    assert "6个检验用例，0个不通过" in rules("test", "我的.yaml").stdout
    (folder / "记录.csv").write_text("营业收入,研发费用,资产负债率\n1000,30,70\n", encoding="utf-8")
    done = rules("evaluate", "我的.yaml", "记录.csv", "--date", "2024-03-01")
    assert "第2行：符合，等级待定，40至80分；缺发明专利" in done.stdout
    assert (
        rules("template", "模板.xlsx").exit_code == rules("convert", "模板.xlsx", "--out", "我的.yaml").exit_code == 2
    )
    assert rules("convert", "模板.xlsx", "--out", "我的.yaml", "--force").exit_code == 0


def test_check_names_file_and_line(folder: Path) -> None:
    template = next(f for f in bundled_packs() if f.pack.id == "rule_template")
    rules("template", "模板.xlsx")
    rules("convert", "模板.xlsx", "--out", "我的.yaml")
    text = (folder / "我的.yaml").read_text(encoding="utf-8")
    (folder / "我的.yaml").write_text(text.replace("研发费用 ÷ 营业收入", "研发费用 ÷ 营业收人"), encoding="utf-8")
    done = rules("check", "我的.yaml")
    line = next(
        n
        for n, t in enumerate((folder / "我的.yaml").read_text(encoding="utf-8").splitlines(), start=1)
        if "营业收人" in t
    )
    assert done.exit_code == 1
    assert f"✗ 我的.yaml 第{line}行：" in done.stdout and "是不是“营业收入”" in done.stdout
    (folder / "坏.yaml").write_text("id: x\ncolour: red\n", encoding="utf-8")
    done = rules("check", "坏.yaml", "--json")
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)
    assert {(f["rule"], f.get("line")) for f in found["findings"]} >= {("unreadable", 2)}
    assert template.pack.version == "1"


def test_a_failing_vector_gives_exit_code_1(folder: Path) -> None:
    import qinggong.rules.pack_files as pack_files

    source = Path(pack_files.__file__).parents[1] / "catalogue" / "data" / "rules" / "packs" / "rule_template.yaml"
    shutil.copy(source, "x.yaml")
    text = Path("x.yaml").read_text(encoding="utf-8")
    Path("x.yaml").write_text(text.replace("level: 优秀, score: 100", "level: 合格, score: 100"), encoding="utf-8")
    done = rules("test", "x.yaml")
    assert done.exit_code == 1
    assert "“优秀”：level 应为 合格，实为 优秀" in done.stdout
