"""The office on the command line: accounts, cases, appeals, a meeting on synthetic data; no secret is ever shown."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from qinggong.cli import EXIT_FINDINGS, EXIT_USAGE, app
from qinggong.office import passwords

SECRET = "Qg-tests-2025-ok"


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: quick)
        yield


def run(workspace: Path, *words: str, stdin: str = SECRET, code: int = 0) -> Result:
    """Run a command with passwords on standard input, one a line."""
    done = CliRunner().invoke(app, [*words, "--workspace", str(workspace)], input=f"{stdin}\n")
    assert done.exit_code == code, f"{words}\n{done.output}"
    assert SECRET not in done.output
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic workspace with an office and four accounts."""
    workspace = tmp_path_factory.mktemp("office") / "w"
    run(workspace, "init", "--synthetic", "--months", "14")
    run(workspace, "office", "init", "--user", "guanli", "--display", "管理员")
    for name in ("guan2", "zonghe", "jiaju", "suqiu"):
        run(
            workspace, "office", "user", "add", name, "--display", name, "--user", "guanli", stdin=f"{SECRET}\n{SECRET}"
        )
    run(workspace, "office", "user", "grant", "zonghe", "--role", "coordinator", "--user", "guanli")
    run(workspace, "office", "user", "grant", "guan2", "--role", "auditor", "--user", "guanli")
    run(workspace, "office", "user", "grant", "suqiu", "--role", "appeals_officer", "--user", "guanli")
    scope = ("--role", "sector_officer", "--industry", "家具制造业")
    run(workspace, "office", "user", "grant", "jiaju", *scope, "--user", "guanli")
    return workspace


def test_accounts(made: Path) -> None:
    found = json.loads(run(made, "office", "user", "list", "--json", "--user", "guanli").stdout)
    assert {a["name"]: a["roles"] for a in found}["zonghe"] == ["coordinator"]
    assert {a["name"]: a["industries"] for a in found}["jiaju"] == ["21"]
    assert "password" not in json.dumps(found) and "argon2" not in json.dumps(found)


def test_a_case_on_the_command_line(made: Path) -> None:
    opened = run(made, "cases", "open", "--kind", "task", "--title", "走访家具企业", "--industry", "家具制造业", "--json",
                 "--user", "zonghe")  # fmt: skip
    number = json.loads(opened.stdout)["number"]
    run(made, "cases", "assign", number, "--to", "jiaju", "--user", "zonghe", "--seen", "1")
    late = run(made, "cases", "assign", number, "--to", "jiaju", "--user", "zonghe", "--seen", "1", code=EXIT_USAGE)
    assert late.stderr.startswith(f"qinggong：{number} 刚被改动（现为“已交办”，第2版），没有写入")
    run(made, "cases", "answer", number, "--note", "已走访12家", "--user", "jiaju")
    run(made, "cases", "close", number, "--note", "同意", "--user", "jiaju", code=EXIT_USAGE)
    run(made, "cases", "close", number, "--note", "同意", "--user", "zonghe")
    shown = run(made, "cases", "show", number, "--user", "zonghe").stdout
    assert "已办结" in shown and "答复：已走访12家" in shown and "可办：重新办理、说明" in shown


def test_an_attachment_comes_back(made: Path, tmp_path: Path) -> None:
    opened = run(made, "cases", "open", "--kind", "task", "--title", "附件", "--json", "--user", "zonghe")
    number = json.loads(opened.stdout)["number"]
    (tmp_path / "纪要.txt").write_text("会议纪要", encoding="utf-8")
    said = run(made, "cases", "attach", number, str(tmp_path / "纪要.txt"), "--user", "zonghe").stdout
    out = tmp_path / "取出.txt"
    run(made, "cases", "file", number, said.split()[2], "--out", str(out), "--user", "zonghe")
    assert out.read_text(encoding="utf-8") == "会议纪要"


def test_appeals_on_the_command_line(made: Path) -> None:
    done = run(made, "appeals", "add", "--firm", "甲公司", "--text", "出口退税未到账", "--contact", "13800000000", "--user",
               "suqiu")  # fmt: skip
    assert "税费" in done.stdout and "13800000000" not in done.stdout
    number = done.stdout.split()[0]
    assert "（融资，人工归类）" in run(made, "appeals", "classify", number, "融资", "--user", "suqiu").stdout
    assert number in run(made, "appeals", "list", "--open", "--user", "suqiu").stdout
    run(made, "appeals", "add", "--firm", "甲公司", "--user", "suqiu", code=EXIT_USAGE)


def test_a_meeting_on_synthetic_data(made: Path) -> None:
    """The proof by province: synthetic provincial figures, the gap of each recomputed from the store."""
    day = "2026-12-10"
    done = run(made, "dispatch", "--date", day, "--unit", "家具制造业", "--unit", "广东", "--json", "--user", "zonghe")
    told = json.loads(done.stdout)
    folder = Path(told["folder"])
    assert folder == made / "drafts" / f"dispatch-{day}"
    wanted = {f"{what}.{kind}" for what in ("agenda", "brief-21", "brief-44") for kind in ("html", "pdf", "docx")}
    assert wanted <= set(told["files"]) and all((folder / f).is_file() for f in told["files"])
    assert told["synthetic"] and told["provinces_known"] and len(told["gaps"]) == 5
    gaps = [float(g["gap"]["text"]) for g in told["gaps"]]
    assert gaps == sorted(gaps) and gaps[-1] < 0
    sql = (
        "SELECT DISTINCT p.region, round(p.value - n.value, 1) AS gap FROM latest p JOIN latest n "
        "USING (subject, scope, indicator, measure, span, period) WHERE p.subject = 'light_industry' "
        "AND scope = 'cnlic' AND p.indicator = 'value_added' AND p.measure = 'yoy' AND p.span = 'ytd' "
        f"AND n.region = 'CN' AND p.region <> 'CN' AND p.period = '{told['gaps'][0]['period']}' ORDER BY gap LIMIT 5"
    )
    rows = json.loads(run(made, "query", sql, "--json").stdout)["rows"]
    assert [(g["unit"], float(g["gap"]["text"])) for g in told["gaps"]] == [(r[0], float(r[1])) for r in rows]
    assert "合成数据" in (folder / "agenda.html").read_text(encoding="utf-8")

    run(made, "dispatch", "decide", "--date", day, "--title", "走访家具企业", "--to", "jiaju", "--user", "zonghe")
    after = json.loads(run(made, "dispatch", "--date", "2027-01-10", "--json", "--user", "zonghe").stdout)
    assert [d["title"] for d in after["decisions"]] == ["走访家具企业"] and after["earlier_meeting"] == day


def test_warnings_of_a_month_become_cases(made: Path) -> None:
    from qinggong import flow
    from qinggong.office.episodes import WarningInput

    bureau = flow.open_office(flow.Workspace.at(made))
    fired = [
        WarningInput(rule=rule, title="造纸出口连续下降", text="连降三月", severity=2, period="2025-10", industry="22")
        for rule in ("three_falls", "divergence")
    ]
    evaluated = [(w.rule, w.episode) for w in fired]
    outcomes, gone = bureau.take_warnings(fired, period="2025-10", evaluated=evaluated)
    bureau.close()
    assert [what for what, _ in outcomes] == ["立案", "再次预警"] and gone == []
    assert len({shown.case.number for _, shown in outcomes}) == 1
    shown = run(made, "cases", "list", "--kind", "warning", "--industry", "造纸和纸制品业", "--user", "zonghe").stdout
    assert "造纸出口连续下降" in shown and "共1件" in shown


def test_a_code_that_means_two_things(made: Path) -> None:
    done = run(made, "dispatch", "--date", "2026-12-10", "--unit", "21", "--user", "zonghe", code=EXIT_USAGE)
    assert "既是行业家具制造业又是地区辽宁省" in done.stderr


def test_the_journal(made: Path) -> None:
    assert "没有查看操作记录的权限" in run(made, "office", "log", "--user", "zonghe", code=EXIT_USAGE).stderr
    assert "sign_in" in run(made, "office", "log", "--rows", "5", "--user", "guan2").stdout
    told = json.loads(run(made, "office", "verify", "--json", "--user", "guan2").stdout)
    assert told["sound"]
    run(made, "office", "verify", "--head", told["head"], "--user", "guan2")
    run(made, "office", "verify", "--head", "0" * 64, "--user", "guan2", code=EXIT_FINDINGS)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cases", "list"), "请用 --user 指明账号"),
        (("cases", "show", "RW-1999-0001", "--user", "zonghe"), "没有事项“RW-1999-0001”"),
        (
            ("cases", "open", "--kind", "task", "--title", "x", "--industry", "火箭", "--user", "zonghe"),
            "没有行业“火箭”",
        ),
        (("cases", "open", "--kind", "appeal", "--title", "x", "--user", "zonghe"), "请用 qinggong appeals add"),
        (("cases", "plan", "x", "--user", "zonghe"), "没有方案“x”"),
        (("cases", "extend", "RW-1", "--deadline", "明天", "--user", "zonghe"), "不认识的日期“明天”"),
        (("dispatch", "--user", "zonghe"), "请用 --date"),
        (("dispatch", "--date", "2026-12-10", "--unit", "火星", "--user", "zonghe"), "既不是目录中的行业，也不是地区"),
        (("office", "user", "grant", "jiaju", "--role", "boss", "--user", "guanli"), "没有角色“boss”"),
        (("office", "init", "--user", "x2", "--display", "x"), "已经有账号"),
    ],
)
def test_mistakes_are_one_sentence(
    made: Path, words: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QINGGONG_USER", raising=False)
    done = run(made, *words, code=EXIT_USAGE)
    assert done.stderr.startswith("qinggong：") and told in done.stderr and done.stderr.count("\n") == 1


def test_a_wrong_password_is_refused(made: Path) -> None:
    done = run(made, "cases", "list", "--user", "zonghe", stdin="not-the-password", code=EXIT_USAGE)
    assert "not-the-password" not in done.output and "账号或密码不对" in done.stderr


def test_without_an_office_it_says_what_to_do(tmp_path: Path) -> None:
    run(tmp_path / "w", "init")
    done = run(tmp_path / "w", "cases", "list", "--user", "x", code=EXIT_USAGE)
    assert "请先运行 qinggong office init" in done.stderr


def test_a_database_named_in_the_settings_is_used_and_not_shown(tmp_path: Path) -> None:
    run(tmp_path / "w", "init")
    config = tmp_path / "w" / "qinggong.toml"
    config.write_text(
        config.read_text(encoding="utf-8") + '\n[office]\ndatabase = "postgresql://u:topsecret@localhost:1/d"\n',
        encoding="utf-8",
    )
    done = run(tmp_path / "w", "cases", "list", "--user", "x", code=EXIT_USAGE)
    assert "postgresql+pg8000://u:***@localhost:1/d" in done.stderr and "topsecret" not in done.output


def test_no_password_is_an_option() -> None:
    shown = subprocess.run([sys.executable, "-m", "qinggong.cli", "office", "user", "add", "--help"],
                           capture_output=True,
                           text=True, check=True).stdout  # fmt: skip
    assert "--password" not in shown


def test_a_lost_second_factor_is_taken_off_by_another(made: Path) -> None:
    """Only a security administrator does it, never for himself, and the journal says who."""
    from qinggong import flow
    from qinggong.cli.running import opened_at
    from qinggong.office import second_factor, sessions

    bureau = flow.open_office(opened_at(made, make=False))
    try:
        actor = bureau.sign_in("zonghe", SECRET, code=lambda: pytest.fail("no code is needed yet"))
        enrolment = second_factor.begin(bureau.database, actor)
        codes = second_factor.confirm(bureau.database, actor, pyotp.TOTP(enrolment.secret).now())
        token = sessions.begin(bureau.database, actor)
    finally:
        bureau.close()
    mine = ("office", "user", "list", "--user", "zonghe")
    assert "没有从标准输入读到" in run(made, *mine, code=EXIT_USAGE).stderr
    assert "验证码不对" in run(made, *mine, stdin=f"{SECRET}\n000000", code=EXIT_USAGE).stderr
    assert "zonghe" in run(made, *mine, stdin=f"{SECRET}\n{codes[0]}").stdout
    words = ("office", "user", "reset-factor", "zonghe", "--user")
    assert "权限" in run(made, *words, "suqiu", code=EXIT_USAGE).stderr
    assert "已解除" in run(made, *words, "guanli").stdout
    assert "zonghe" in run(made, *mine).stdout
    with contextlib.closing(flow.open_office(opened_at(made, make=False))) as bureau:
        assert sessions.find(bureau.database, token) is None
    assert "没有启用第二重验证" in run(made, *words, "guanli", code=EXIT_USAGE).stderr
    entries = json.loads(run(made, "office", "log", "--about", "zonghe", "--json", "--user", "guan2").stdout)
    assert [e["who"] for e in entries if e["action"] == "reset_factor"] == ["guanli"]
