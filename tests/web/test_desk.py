"""The work area over HTTP: who gets in, what a form needs, and one case, one meeting, one month from end to end."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from httpx import Response
from pyotp import TOTP

from qinggong import flow
from qinggong.office import accounts, passwords
from qinggong.office.database import open_database
from qinggong.web.app import create_app
from qinggong.web.desk import door, jobs, month_pages
from qinggong.web.desk.limits import Limit

PASSWORD = "Qg-tests-2026-ok"
PEOPLE = {
    "guan": ("security_admin", "system_admin"), "shen": ("auditor",), "zong": ("coordinator",), "fenxi": ("analyst",),
    "jiaju": ("sector_officer",),
}  # fmt: skip
SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: quick)
        yield


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_BY_ADDRESS", Limit(1000, 1.0))


@pytest.fixture(scope="module")
def filled(quick_hashes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace without figures and with an office, to be copied."""
    workspace = flow.Workspace.at(tmp_path_factory.mktemp("desk") / "ws", make=True)
    database = open_database(workspace.layout.office, files=workspace.layout.office_files, make=True)
    first = accounts.first_account(database, "chushi", display="初始", password=PASSWORD).actor()
    for name, roles in PEOPLE.items():
        accounts.add_account(database, first, name, display=f"<b>{name}</b>", password=PASSWORD)
        accounts.grant(database, first, name, roles=roles, industries=("21",) if name == "jiaju" else ())
    database.close()
    return workspace.layout.root


@pytest.fixture
def root(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "ws"))


@dataclass
class Browser:
    """A person's browser: it keeps cookies and sends what a page's form would."""

    client: TestClient

    def get(self, path: str) -> Response:
        return self.client.get(path, headers={"Sec-Fetch-Site": "none"}, follow_redirects=False)

    def send(
        self, path: str, page: str = "", *, headers: dict[str, str] = SITE, files: object = None, **given: str
    ) -> Response:
        """Fill in a form of a page and send it."""
        marks = re.findall(r'name="(mark|door)" value="([^"]*)"', self.get(page or path).text)
        return self.client.post(path, data=dict(marks) | given, files=files, headers=headers, follow_redirects=False)

    def sign_in(self, name: str, password: str = PASSWORD) -> Response:
        return self.send("/desk/sign-in", name=name, password=password)


@pytest.fixture
def browser(root: Path) -> Iterator[Callable[[str], Browser]]:
    app = create_app(root)
    opened: list[TestClient] = []

    def made(name: str = "") -> Browser:
        client = TestClient(app)
        opened.append(client)
        one = Browser(client)
        if name:
            assert one.sign_in(name).status_code == 303
        return one

    yield made
    for client in opened:
        client.close()


PAGES = ("/desk", "/desk/cases", "/desk/meetings", "/desk/months", "/desk/findings", "/desk/accounts", "/desk/journal",
         "/desk/account", "/desk/text/2024-08", "/desk/jobs/20250101T000000000000")  # fmt: skip


def test_nothing_without_signing_in(browser: Callable[..., Browser]) -> None:
    for path in PAGES:
        answer = browser().get(path)
        assert answer.status_code == 303
        assert unquote(answer.headers["location"]) == f"/desk/sign-in?to={path}"


def test_every_page_is_kept_by_nobody_and_runs_nothing_foreign(browser: Callable[..., Browser]) -> None:
    for path in ("/desk/sign-in", "/desk"):
        headers = browser("zong").get(path).headers
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"


def test_the_session_is_out_of_reach_of_scripts_and_other_sites(browser: Callable[..., Browser]) -> None:
    one = browser()
    set_cookies = one.sign_in("zong").headers.get_list("set-cookie")
    (session,) = [c for c in set_cookies if c.startswith("qinggong_session=")]
    assert {"HttpOnly", "SameSite=strict", "Path=/desk"} <= set(session.split("; "))
    assert "zong" in one.get("/desk").text


def test_a_wrong_password_is_one_sentence(browser: Callable[..., Browser]) -> None:
    for name, password in (("zong", "wrong"), ("nobody", PASSWORD), ("", ""), ("a" * 4000, "b" * 4000)):
        answer = browser().sign_in(name, password)
        assert answer.status_code == 403
        assert "账号或密码不对" in answer.text


def test_too_many_attempts_from_one_address_wait(
    browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_BY_ADDRESS", Limit(2, 60.0))
    answers = [browser().sign_in("nobody", "x").status_code for _ in range(3)]
    assert answers == [403, 403, 429]


@pytest.mark.parametrize(
    ("to", "goes"),
    [
        ("/desk/cases?kind=task", "/desk/cases?kind=task"), ("https://evil.invalid/", "/desk"), ("//evil.invalid",
        "/desk"),
        ("/desk//evil.invalid", "/desk"), ("/desk/\\evil", "/desk"), ("/desk/x\r\nSet-Cookie: a=b", "/desk"), ("",
        "/desk"),
    ],
)  # fmt: skip
def test_signing_in_leads_to_the_work_area_only(browser: Callable[..., Browser], to: str, goes: str) -> None:
    assert browser().send("/desk/sign-in", name="zong", password=PASSWORD, to=to).headers["location"] == goes


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.invalid"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_form_from_elsewhere_changes_nothing(browser: Callable[..., Browser], headers: dict[str, str]) -> None:
    one = browser("zong")
    answer = one.send("/desk/cases", headers=headers, kind="task", title="外来的", severity="1")
    assert answer.status_code == 403
    assert "外来的" not in one.get("/desk/cases").text
    assert browser().send("/desk/sign-in", headers=headers, name="zong", password=PASSWORD).status_code == 403


def test_a_form_without_its_mark_or_with_another_changes_nothing(browser: Callable[..., Browser]) -> None:
    one, other = browser("zong"), browser("fenxi")
    (mark,) = set(re.findall(r'name="mark" value="([^"]+)"', other.get("/desk").text))
    for given in ({}, {"mark": ""}, {"mark": mark}):
        data = {"kind": "task", "title": "没有标记", "severity": "1"} | given
        answer = one.client.post("/desk/cases", data=data, headers=SITE, follow_redirects=False)
        assert answer.status_code == 403
    assert "没有标记" not in one.get("/desk/cases").text


def test_an_older_browser_says_where_it_comes_from(browser: Callable[..., Browser]) -> None:
    answer = browser("zong").send(
        "/desk/cases", headers={"Origin": "http://testserver"}, kind="task", title="旧浏览器", severity="1"
    )
    assert answer.status_code == 303


def test_a_case_from_its_opening_to_its_end(browser: Callable[..., Browser]) -> None:
    zong, jiaju = browser("zong"), browser("jiaju")
    made = zong.send(
        "/desk/cases", kind="task", title="走访<script>alert(1)</script>", severity="2", industry="家具制造业"
    )
    path = made.headers["location"]
    shown = zong.get(path).text
    assert "走访&lt;script&gt;" in shown
    assert "<script" not in shown
    assert zong.send(path, version="1", action="assign", owner="jiaju").status_code == 303
    assert path in jiaju.get("/desk").text
    assert jiaju.send(path, version="2", action="accept").status_code == 303
    late = zong.send(path, version="2", action="extend", deadline="2099-01-01", note="晚了一步")
    assert late.status_code == 400
    assert "刚被改动" in late.text
    file = {"file": ("纪要.txt", "走访三家企业".encode(), "text/html")}
    assert jiaju.send(f"{path}/upload", path, files=file).status_code == 303
    page = jiaju.get(path).text
    (link,) = re.findall(rf'href="({path}/files/[0-9a-f]+)"', page)
    saved = jiaju.get(link)
    assert saved.content.decode() == "走访三家企业"
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment;")
    (version,) = set(re.findall(r'name="version" value="(\d+)"', page))
    assert jiaju.send(path, version=version, action="answer", note="已走访，订单减少两成").status_code == 303
    assert path in zong.get("/desk").text
    for action in ("repeat", "attach", "nonsense", ""):
        assert zong.send(path, version=str(int(version) + 1), action=action, note="x").status_code in (400, 403)
    assert zong.send(path, version=str(int(version) + 1), action="close", note="情况清楚").status_code == 303
    log = zong.get(path).text
    assert log.index("<b>办结") < log.index("<b>答复") < log.index("<b>承办")


def test_files_that_may_not_be_attached(browser: Callable[..., Browser]) -> None:
    zong = browser("zong")
    path = zong.send("/desk/cases", kind="task", title="附件", severity="1").headers["location"]
    for name, content in (("a.exe", b"x"), ("a.html", b"x"), ("../../../etc/passwd", b"x"), ("空.txt", b"")):
        assert zong.send(f"{path}/upload", path, files={"file": (name, content)}).status_code == 400
    assert zong.send(f"{path}/upload", path).status_code == 400


def test_others_do_not_see_what_is_not_theirs(browser: Callable[..., Browser]) -> None:
    zong, jiaju = browser("zong"), browser("jiaju")
    path = zong.send("/desk/cases", kind="task", title="造纸行业的事", severity="1", industry="22").headers["location"]
    answer = jiaju.get(path)
    assert answer.status_code in (400, 403)
    assert "造纸行业的事" not in answer.text
    assert "造纸行业的事" not in jiaju.get("/desk/cases?state=all").text
    for page in ("/desk/accounts", "/desk/journal", "/desk/months", "/desk/findings", "/desk/meetings"):
        assert jiaju.get(page).status_code == 403
        assert f'href="{page}"' not in jiaju.get("/desk").text


def test_the_second_factor_over_the_web(browser: Callable[..., Browser], root: Path) -> None:
    one = browser("fenxi")
    page = one.send("/desk/account/second-factor", "/desk/account").text
    (secret,) = re.findall(r'class="secret">([A-Z2-7]+)<', page)
    past = TOTP(secret).at(dt.datetime.now(dt.UTC) - dt.timedelta(seconds=30))
    shown = one.send("/desk/account/second-factor/confirm", "/desk/account", code=past).text
    codes = re.findall(r"<code>([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})</code>", shown)
    assert len(codes) == 8
    assert not any(code in one.get("/desk/account").text for code in (*codes, secret))
    two = browser()
    assert two.sign_in("fenxi").headers["location"].startswith("/desk/second")
    assert two.get("/desk").status_code == 303  # the password alone opens nothing
    assert two.send("/desk/second", code="000000").status_code == 403
    assert two.send("/desk/second", code=TOTP(secret).now()).headers["location"] == "/desk"
    assert two.get("/desk").status_code == 200
    three = browser()
    three.sign_in("fenxi")
    assert three.send("/desk/second", code=codes[0]).status_code == 303
    admin = browser("guan")
    assert admin.send("/desk/accounts/fenxi", "/desk/accounts", action="reset_factor").status_code == 303
    assert browser().sign_in("fenxi").headers["location"] == "/desk"


def test_administrators_and_the_auditor(browser: Callable[..., Browser]) -> None:
    admin, auditor = browser("guan"), browser("shen")
    assert admin.send("/desk/accounts", name="xinren", display="新人", password="Qg-another-26").status_code == 303
    answer = admin.send("/desk/accounts/xinren", "/desk/accounts", action="grant", roles="analyst", industries="21，22")
    assert answer.status_code == 303
    assert "监测分析" in admin.get("/desk/accounts").text
    assert admin.send("/desk/accounts/guan", "/desk/accounts", action="grant", roles="coordinator").status_code == 403
    open_one = browser()
    open_one.send("/desk/sign-in", name="xinren", password="Qg-another-26")
    assert open_one.get("/desk").status_code == 200
    assert admin.send("/desk/accounts/xinren", "/desk/accounts", action="disable").status_code == 303
    assert open_one.get("/desk").status_code == 303  # the session ended with the account
    told = auditor.get("/desk/journal?about=xinren&verify=1").text
    assert "没有改动" in told
    assert all(word in told for word in ("新增", "授权", "停用"))
    assert "Qg-another-26" not in told


def test_signing_out_and_a_new_password_end_sessions(browser: Callable[..., Browser]) -> None:
    one, two = browser("zong"), browser("zong")
    assert one.send("/desk/sign-out", "/desk").status_code == 303
    assert one.get("/desk").status_code == 303
    new = {"old": PASSWORD, "new": "Qg-changed-2026", "again": "Qg-changed-2026"}
    assert two.send("/desk/account/password", "/desk/account", **(new | {"again": "other"})).status_code == 400
    assert two.send("/desk/account/password", "/desk/account", **new).status_code == 303
    assert two.get("/desk").status_code == 303
    assert two.sign_in("zong", "Qg-changed-2026").status_code == 303


# --------------------------------------------------------------------------------------------------- months


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
    """What would have been run, instead of running it."""
    seen: list[tuple[list[str], str]] = []

    def stand_in(root: Path, command: list[str], *, title: str, who: str, session: str = "") -> jobs.Job:
        seen.append((list(command), session))
        return jobs.Job("20250101T000000000000", title, who, "2025-01-01T00:00:00+00:00", "running", ())

    monkeypatch.setattr(jobs, "start", stand_in)
    return seen


def test_a_month_is_run_by_the_analyst_and_published_by_another(
    browser: Callable[..., Browser], started: list[tuple[list[str], str]], root: Path
) -> None:
    analyst, coordinator = browser("fenxi"), browser("zong")
    assert analyst.send("/desk/months/run", "/desk/months", month="2024-08").status_code == 303
    assert analyst.send("/desk/months/run", "/desk/months", month="--help").status_code == 400
    assert analyst.send("/desk/months/publish", "/desk/months", month="2024-08").status_code == 403
    assert coordinator.send("/desk/months/run", "/desk/months", month="2024-08").status_code == 403
    assert coordinator.send("/desk/months/publish", "/desk/months", month="2024-08").status_code == 303
    assert coordinator.send("/desk/months/publish", "/desk/months", month="../../x").status_code == 400
    assert [command for command, _ in started] == [["run", "--json", "--month", "2024-08"], ["publish", "2024-08"]]


def test_uploaded_files_go_to_the_inbox_under_safe_names(
    browser: Callable[..., Browser], started: list[tuple[list[str], str]], root: Path
) -> None:
    one = browser("fenxi")
    for name, kept in (("../../数据 8月.csv", "数据 8月.csv"), ("-rf.xlsx", "rf.xlsx"), ("a\\b\\c.CSV", "c.csv")):
        answer = one.send("/desk/months/upload", "/desk/months", files={"file": (name, b"period,value\n")})
        assert answer.status_code == 303
        assert (root / "inbox" / kept).is_file()
        assert started[-1][0] == ["ingest", "--json", str(root / "inbox" / kept)]
    again = one.send("/desk/months/upload", "/desk/months", files={"file": ("c.csv", b"other\n")})
    assert again.status_code == 303
    assert (root / "inbox" / "c.csv").read_bytes() == b"period,value\n"
    for name in ("x.py", "x", ".csv", "qinggong.toml"):
        assert one.send("/desk/months/upload", "/desk/months", files={"file": (name, b"x")}).status_code == 400
    assert (
        browser("zong").send("/desk/months/upload", "/desk/months", files={"file": ("a.csv", b"x")}).status_code == 403
    )


def test_too_much_is_refused_whether_or_not_its_length_is_said(browser: Callable[..., Browser]) -> None:
    one = browser("zong")
    big = one.client.post("/desk/cases", content=b"x" * 400_000, headers=SITE, follow_redirects=False)
    assert big.status_code == 413

    def parts() -> Iterator[bytes]:
        for _ in range(10):
            yield b"a=" + b"x" * 60_000

    form = SITE | {"Content-Type": "application/x-www-form-urlencoded"}
    assert one.client.post("/desk/cases", content=parts(), headers=form, follow_redirects=False).status_code == 413
    assert one.get("/desk").status_code == 200


def test_a_meeting_is_prepared_for_the_account_that_asks(
    browser: Callable[..., Browser], started: list[tuple[list[str], str]]
) -> None:
    one = browser("zong")
    assert one.send("/desk/meetings", day="2025-10-20", units="家具制造业、广东").status_code == 303
    ((command, session),) = started
    assert command == ["dispatch", "--date", "2025-10-20", "--unit", "家具制造业", "--unit", "广东"]
    assert len(session) > 30
    assert one.send("/desk/meetings", day="2025-10-20", units="--user=guan").status_code == 400
    assert one.send("/desk/meetings", day="明天").status_code == 400
    assert one.get("/desk/meetings/2025-10-20").status_code == 400


def test_own_text_is_looked_at_kept_and_never_overwritten_unseen(browser: Callable[..., Browser], root: Path) -> None:
    one, two = browser("fenxi"), browser("zong")
    text = "## 问题\n\n订单不足，利润下降99.9%。<script>alert(1)</script>\n"
    (seen,) = re.findall(r'name="seen" value="([^"]+)"', one.get("/desk/text/2024-08").text)
    looked = one.send("/desk/text/2024-08", text=text, seen=seen, action="look")
    assert looked.status_code == 200
    assert "<script" not in looked.text
    assert not (root / "notes" / "2024-08.md").exists()
    assert one.send("/desk/text/2024-08", text=text, seen=seen, action="save").status_code == 200
    assert (root / "notes" / "2024-08.md").read_text(encoding="utf-8") == text
    unseen = two.send("/desk/text/2024-08", text="## 展望\n\n另一份\n", seen=seen, action="save")
    assert unseen.status_code == 400
    assert "刚被别人改动" in unseen.text
    assert (root / "notes" / "2024-08.md").read_text(encoding="utf-8") == text
    for month in ("..%2f..%2fx", "2024-13", "x"):
        assert one.get(f"/desk/text/{month}").status_code in (400, 404)


def test_findings_are_asked_of_the_command_once(
    browser: Callable[..., Browser], root: Path, started: list[tuple[list[str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    class Done:
        stdout = '[{"id": "0123456789ab", "severity": "warning", "file": "a.csv", "row": 3, "message": "<b>存疑</b>"}]'

    monkeypatch.setattr(month_pages.subprocess, "run", lambda words, **_: calls.append(words) or Done())
    (root / "findings.jsonl").write_text("{}\n", encoding="utf-8")
    one = browser("fenxi")
    for _ in range(2):
        assert "&lt;b&gt;存疑" in one.get("/desk/findings").text
    assert len(calls) == 1
    assert one.send("/desk/findings", finding="0123456789ab", reason="已向企业核实").status_code == 303
    assert started[-1][0][:3] == ["findings", "accept", "0123456789ab"]
    assert one.send("/desk/findings", finding="--all", reason="已向企业核实").status_code == 400
    assert browser("zong").send("/desk/findings", finding="0123456789ab", reason="已向企业核实").status_code == 403


def test_a_workspace_without_an_office_says_how_to_make_one(tmp_path: Path) -> None:
    flow.Workspace.at(tmp_path / "bare", make=True)
    with TestClient(create_app(tmp_path / "bare")) as client:
        answer = client.get("/desk", follow_redirects=False)
        assert answer.status_code == 400
        assert "qinggong office init" in answer.text
        assert client.post("/desk/sign-in", data={"name": "x"}, headers=SITE).status_code == 403


def test_a_draft_is_looked_at_with_the_verdict_before_it_is_published(
    browser: Callable[..., Browser], root: Path
) -> None:
    """The checker's findings, what holds the month back, and the bulletin itself, for those of the month only."""
    folder = root / "drafts" / "2025-08"
    (folder / "data").mkdir(parents=True)
    text = (
        "2025年8月份，家具制造业增加值同比增长3.1%，增速比7月份回落0.2个百分点。7月份，家具制造业增加值同比增长2.9%。"
    )
    page = f'<!doctype html><html lang="zh-CN"><body><h1>月报</h1><p>{text}</p></body></html>'.encode()
    (folder / "bulletin.html").write_bytes(page)
    (folder / "secret.txt").write_text("不在清单里", encoding="utf-8")
    told = {
        "title": "轻工业运行监测月报", "month": "2025-08", "state": "draft", "release_date": "2025-09-27", "facts": 5,
        "check": {"errors": 1, "warnings": 0}, "held": ["核对发现1处错误"], "not_included": {"SDMX": "没有填写发布机构"},
        "inputs": [{"name": "工业生产.docx", "known_at": "2025-09-15T00:00:00+00:00"}],
        "files": {"bulletin.html": {"sha256": sha256(page).hexdigest(), "bytes": len(page)}},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    zong = browser("zong")
    assert 'href="/desk/months/2025-08"' in zong.get("/desk/months").text
    shown = zong.get("/desk/months/2025-08").text
    for words in (
        "1处",
        "核对发现1处错误",
        "SDMX：没有填写发布机构",
        "工业生产.docx",
        "升降方向相反",
        "改正并重新编制后才能发布",
    ):
        assert words in shown, words
    assert "<button>发布" not in shown
    bulletin = zong.get("/desk/months/2025-08/files/bulletin.html")
    assert bulletin.content == page and "script" not in bulletin.headers["content-security-policy"]
    for name in ("secret.txt", "manifest.json", "../../qinggong.toml", "..%2f..%2fqinggong.toml"):
        assert zong.get(f"/desk/months/2025-08/files/{name}").status_code in (400, 404)
    for other in ("2025-09", "2025-13", "2025-08%2f.."):
        assert zong.get(f"/desk/months/{other}").status_code in (303, 400, 404)
    assert browser("jiaju").get("/desk/months/2025-08").status_code == 403
    assert browser().get("/desk/months/2025-08/files/bulletin.html").status_code == 303
