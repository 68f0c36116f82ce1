"""The command line: exit codes, help with examples, JSON for programs, errors in one Chinese sentence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from qinggong import cli, flow

COMMANDS = ("init", "ingest", "run", "status")
HEAD = "period,industry,indicator,measure,value,unit,release_date,publisher"
GOOD = "2024-08,原盐,产量,level,512.3,万吨,2024-09-14,国家统计局"
BAD = "2024-08,原烟,产量,level,512.3,万吨,2024-09-14,国家统计局"


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """``call("status", "--month", "2024-08")`` as in a shell whose folder is the test's."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["qinggong", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        caught = capsys.readouterr()
        code = stop.value.code
        return Answer(code if isinstance(code, int) else int(code is not None), caught.out, caught.err)

    return run


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the bundled figures; the tests only read it."""
    root: Path = tmp_path_factory.mktemp("cli") / "ws"
    flow.ingest_bundled(flow.Workspace.at(root, make=True))
    return root


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    return path


def is_one_chinese_sentence(text: str) -> bool:
    lines = [line for line in text.splitlines() if line and not line.startswith("· ")]
    return (
        len(lines) == 1
        and re.match(r"qinggong：.+。$", lines[0]) is not None
        and lines[0].count("。") == 1
        and len(re.findall(r"[\u4e00-\u9fff]", lines[0])) >= 6
        and "Traceback" not in text
    )


def test_the_checker_knows_a_sentence() -> None:
    assert is_one_chinese_sentence("qinggong：找不到“a.csv”，请核对路径。\n")
    for text in ("", "Error: no such file", "qinggong：not found.", "qinggong：一句话。qinggong：又一句话再一句。"):
        assert not is_one_chinese_sentence(text)


# ---------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_helps_with_an_example_of_its_own(call: Call, command: str) -> None:
    answer = call(command, "--help")
    assert answer.code == 0
    shown = " ".join(answer.out.split())
    assert f"qinggong {command}" in shown.split("例 /")[1]
    assert re.search(r"[\u4e00-\u9fff]{4,}", shown)


def test_each_example_in_the_help_is_understood(call: Call) -> None:
    """The options that examples use exist: the parser gets as far as the work itself."""
    for command in COMMANDS:
        shown = " ".join(call(command, "--help").out.split())
        for example in re.findall(r"qinggong ((?:[^|]|\|(?! ))+)", shown.split("例 /")[1]):
            for option in re.findall(r"--[a-z-]+", example):
                assert option in shown.split("例 /")[0], (command, option)


def test_the_help_of_all_names_every_command_and_examples(call: Call) -> None:
    answer = call("--help")
    assert answer.code == 0
    assert all(re.search(rf"^  {command} ", answer.out, flags=re.MULTILINE) for command in COMMANDS)
    assert "qinggong run --month 2024-08" in " ".join(answer.out.split())


def test_no_command_shows_the_help(call: Call) -> None:
    answer = call()
    assert answer.code == 2
    assert "status" in answer.out + answer.err


# -------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (("stat",), 2, "没有命令“stat”"),
        (("status", "--mont", "2024-08"), 2, "没有选项“--mont”"),
        (("status", "--month"), 2, "选项“--month”后面缺少内容"),
        (("ingest",), 2, "缺少 PATH"),
        (("init", "x"), 2, "多余"),
        (("ingest", "没有.csv"), 2, "找不到“没有.csv”"),
        (("status", "--workspace", "没有"), 2, "qinggong init --workspace 没有"),
        (("init", "--workspace", "文件.txt"), 2, "是文件"),
        (("init", "--workspace", "满"), 2, "已有别的内容"),
        (("run", "--month", "2024-08", "--workspace", "满"), 2, "已有别的内容"),
        (("init", "--workspace", "a[1]"), 2, "不能有字符"),
        (("status", "--workspace", "坏设置"), 3, "还没有数据"),
    ],
)
def test_a_mistake_is_one_chinese_sentence(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "文件.txt").write_text("x", encoding="utf-8")
    (tmp_path / "满").mkdir()
    (tmp_path / "满" / "x").write_text("x", encoding="utf-8")
    flow.Workspace.at(tmp_path / "坏设置", make=True).layout.config.write_text("title = ", encoding="utf-8")
    answer = call(*arguments)
    assert answer.code == code
    assert answer.out == ""
    assert is_one_chinese_sentence(answer.err), answer.err
    assert said in answer.err


@pytest.mark.parametrize("month", ["2024", "2024-13", "2024-8-1", "八月", "2024-", "-", "2024-00", "20248", "1-1"])
@pytest.mark.parametrize("command", ["run", "status"])
def test_what_is_no_month_is_refused(call: Call, bundled: Path, command: str, month: str) -> None:
    answer = call(command, f"--month={month}", "--workspace", bundled)
    assert answer.code != 0
    assert is_one_chinese_sentence(answer.err), answer.err
    assert "2024-08" in answer.err


@pytest.mark.parametrize("command", ["run", "status"])
def test_january_is_told_to_use_february(call: Call, bundled: Path, command: str) -> None:
    answer = call(command, "--month", "2024-01", "--workspace", bundled)
    assert answer.code != 0
    assert is_one_chinese_sentence(answer.err)
    assert "2024-02" in answer.err and "1—2月" in answer.err


@pytest.mark.parametrize("date", ["昨天", "2024-02-30", "2024/09/20"])
@pytest.mark.parametrize("command", ["run", "status"])
def test_what_is_no_date_is_refused(call: Call, bundled: Path, command: str, date: str) -> None:
    answer = call(command, "--month", "2024-08", "--as-of", date, "--workspace", bundled)
    assert answer.code == 2
    assert is_one_chinese_sentence(answer.err)
    assert date in answer.err


def test_a_form_that_cannot_be_written_says_so(call: Call, bundled: Path) -> None:
    answer = call("status", "--month", "2024-08", "--xlsx", "没有/待补.xlsx", "--workspace", bundled)
    assert answer.code == 2
    assert is_one_chinese_sentence(answer.err), answer.err
    assert "没有/待补.xlsx" in answer.err


# -------------------------------------------------------------------------------- empty stores, empty months


def test_status_of_a_new_workspace_says_that_it_is_empty(call: Call) -> None:
    assert call("init").code == 0
    for arguments in (
        ("status",),
        ("status", "--month", "2024-08"),
        ("status", "--json"),
        ("status", "--xlsx", "a.xlsx"),
    ):
        answer = call(*arguments)
        assert (answer.code, answer.out) == (3, "")
        assert is_one_chinese_sentence(answer.err)
        assert "没有数据" in answer.err
    assert not Path("a.xlsx").exists()


@pytest.mark.parametrize("command", ["run", "status"])
def test_a_month_without_data_says_so(call: Call, bundled: Path, command: str) -> None:
    releases = sorted(bundled.rglob("releases/*"))
    answer = call(command, "--month", "2031-05", "--workspace", bundled)
    assert (answer.code, answer.out) == (3, "")
    assert is_one_chinese_sentence(answer.err), answer.err
    assert "2031年5月" in answer.err and "没有" in answer.err
    assert sorted(bundled.rglob("releases/*")) == releases


@pytest.mark.parametrize("command", ["run", "status"])
def test_before_the_first_release_there_is_nothing_to_tell(call: Call, bundled: Path, command: str) -> None:
    answer = call(command, "--month", "2018-03", "--as-of", "2018-01-31", "--workspace", bundled)
    assert (answer.code, answer.out) == (3, "")
    assert is_one_chinese_sentence(answer.err), answer.err


def test_a_folder_without_files_says_so(call: Call, tmp_path: Path) -> None:
    (tmp_path / "空").mkdir()
    answer = call("ingest", "空")
    assert answer.code == 3
    assert is_one_chinese_sentence(answer.err)


# ------------------------------------------------------------------------------------------- what goes well


def test_init_makes_a_workspace_and_leaves_one_as_it_is(call: Call) -> None:
    assert call("init", "--workspace", "我的工作区").code == 0
    config = Path("我的工作区/qinggong.toml")
    config.write_text(config.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    answer = call("init", "-w", "我的工作区")
    assert answer.code == 0 and "我的工作区" in answer.out
    assert config.read_text(encoding="utf-8").endswith("# mine\n")
    assert {"inbox", "raw", "store", "drafts", "releases"} <= {p.name for p in Path("我的工作区").iterdir()}


def test_ingest_tells_what_became_of_each_file(call: Call, tmp_path: Path) -> None:
    table(tmp_path / "好.csv", GOOD)
    answer = call("ingest", "好.csv")
    assert answer.code == 0
    assert "好.csv：识别为长表" in answer.out and "新增1个数字" in answer.out
    answer = call("ingest", "好.csv")
    assert answer.code == 0
    assert answer.out.strip() == "好.csv：此前已导入，没有新增。"


def test_ingest_with_findings_ends_with_one(call: Call, tmp_path: Path) -> None:
    table(tmp_path / "坏.csv", GOOD, BAD)
    answer = call("ingest", "坏.csv")
    assert answer.code == 1
    (finding,) = [line.strip() for line in answer.out.splitlines() if "✗" in line]
    assert finding.startswith("✗ 坏.csv 第3行：原烟·产量·level，2024-08，数值“512.3”：")
    assert "是否为" in finding and finding.endswith("。")
    (tmp_path / "损坏.xlsx").write_bytes(b"PK\x03\x04")
    answer = call("ingest", "损坏.xlsx")
    assert answer.code == 1
    assert "✗ 损坏.xlsx：" in answer.out


def test_json_of_ingest_and_status(call: Call, tmp_path: Path) -> None:
    table(tmp_path / "坏.csv", GOOD, BAD)
    answer = call("ingest", "坏.csv", "--json")
    (one,) = json.loads(answer.out)
    assert (answer.code, answer.err) == (1, "")
    assert (one["file"], one["added"], one["rejected"], len(one["sha256"])) == ("坏.csv", 1, 1, 64)
    assert set(one["findings"][0]) == {
        "rule",
        "expected",
        "severity",
        "file",
        "row",
        "series",
        "period",
        "value",
        "message",
        "advice",
    }
    answer = call("status", "--month", "2024-09", "--json")
    assert answer.code == 0
    read = json.loads(answer.out)
    assert read["month"] == "2024-09" and read["known"] <= read["expected"] == len(read["figures"])


def test_json_of_status_of_the_bundled_figures(call: Call, bundled: Path) -> None:
    read = json.loads(call("status", "--month", "2024-08", "--workspace", bundled, "--json").out)
    assert read["complete"] is True
    assert read["expected"] == len(read["figures"]) > read["known"] == sum(f["known"] for f in read["figures"])
    early = json.loads(
        call("status", "--month", "2024-08", "--as-of", "2024-09-01", "--workspace", bundled, "--json").out
    )
    assert early["known"] < read["known"]


def test_status_writes_a_form_and_says_how_to_go_on(call: Call, bundled: Path) -> None:
    answer = call("status", "--month", "2024-08", "--xlsx", "待补.xlsx", "--workspace", bundled)
    assert answer.code == 0
    assert "qinggong ingest 待补.xlsx" in answer.out
    assert Path("待补.xlsx").read_bytes()[:2] == b"PK"


def test_as_a_process_of_its_own_in_a_plain_locale(tmp_path: Path) -> None:
    """The installed command, with output that is UTF-8 whatever the locale says."""
    table(tmp_path / "坏.csv", BAD)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "qinggong.cli", "ingest", "坏.csv"],
        cwd=tmp_path, env=os.environ | plain, capture_output=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "第2行：原烟" in done.stdout.decode("utf-8")
    assert "Traceback" not in done.stderr.decode("utf-8")
