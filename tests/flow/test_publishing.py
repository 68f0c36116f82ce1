"""From run to publication: embargo, signatures, corrections, two at once, and proof that a release is what it says.

The clock is set by hand. Most tests make a plain release (no documents drawn, few facts): what is proven here is when
it may be read and what may become of it. One verification rebuilds a real bulletin.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import json
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner

from qinggong import flow, rebuilding
from qinggong.briefing import month_brief
from qinggong.cli import app
from qinggong.publish import release, shelf
from qinggong.publish.data import DataTable, to_csv
from qinggong.publish.document import Bulletin
from qinggong.publish.states import ReleaseError

CODE = "2024-08"
EMBARGO = "time: '10:00'\nreleases:\n  - {release: 2024-08, date: 2027-01-20}\n"
BEFORE, AFTER = "2027-01-20T01:59:59+00:00", "2027-01-20T02:00:00+00:00"
HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"
REVISED = f"{HEAD}\n2024-08,CN,规模以上工业,增加值,yoy,4.6,%,修订,2026-11-01,国家统计局,\n"


@pytest.fixture(scope="module", autouse=True)
def plain() -> Iterator[None]:
    """Releases without documents: the bulletin is one line, the tables are CSV."""

    def render(bulletin: Bulletin, tables: list[DataTable]) -> dict[str, bytes]:
        page = f"<p>{bulletin.title}。{len(bulletin.summary)}</p>".encode()
        return {"bulletin.html": page, **{f"data/{t.name}.csv": to_csv(t) for t in tables}}

    with pytest.MonkeyPatch.context() as patch:
        brief = functools.partial(month_brief, parts=())
        patch.setattr(flow, "month_brief", brief)
        patch.setattr(rebuilding, "month_brief", brief)
        patch.setattr(release, "render", render)
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the bundled figures and the checked release of a month."""
    root = tmp_path_factory.mktemp("publishing") / "ws"
    workspace = flow.Workspace.at(root, make=True)
    setting(workspace, "\n[release]\nsdmx = false")
    flow.run(workspace, at=flow.parse_month(CODE))
    return root


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> flow.Workspace:
    shutil.copytree(template, tmp_path / "ws")
    return flow.Workspace.at(tmp_path / "ws")


def there(workspace: flow.Workspace) -> Path:
    """The release that every workspace of these tests starts with."""
    return workspace.layout.releases / CODE


def made(workspace: flow.Workspace, code: str = CODE) -> flow.Released:
    return flow.run(workspace, at=flow.parse_month(code))


def index(workspace: flow.Workspace) -> dict[str, dict[str, object]]:
    read: dict[str, dict[str, object]] = json.loads((workspace.layout.releases / "index.json").read_bytes())
    return read


def readable(workspace: flow.Workspace) -> list[str]:
    """Everything that a reader of ``releases/`` could see."""
    return sorted(p.relative_to(workspace.layout.releases).as_posix() for p in workspace.layout.releases.rglob("*"))


def setting(workspace: flow.Workspace, line: str) -> None:
    with workspace.layout.config.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "sign.key"
    flow.signing.new_key(path)
    return path


def private(key: Path) -> object:
    return flow.signing.open_private(key, passphrase=lambda: "")


# ------------------------------------------------------------------------------------------------- embargo


def test_without_a_calendar_a_checked_release_is_readable_at_once(workspace: flow.Workspace) -> None:
    assert shelf.state_of(there(workspace)) == "checked"
    assert index(workspace)[CODE]["state"] == "checked"
    assert not (workspace.layout.releases / "feed.xml").exists()


def test_nothing_is_readable_before_the_time(workspace: flow.Workspace) -> None:
    # The unpublished release from before the calendar was written must go, too; that of another month stays.
    made(workspace, "2024-07")
    others = [p for p in readable(workspace) if not p.startswith(CODE)]
    workspace.layout.publication_calendar.write_text(EMBARGO, encoding="utf-8")
    with time_machine.travel(BEFORE, tick=False):
        done = made(workspace)
        assert (done.folder, done.state) == (workspace.layout.drafts / CODE, "checked")
        assert readable(workspace) == others
        assert set(index(workspace)) == {"2024-07"}
        assert not any(CODE in str(row) for row in workspace.query("SELECT DISTINCT bulletin FROM facts").rows)
        with pytest.raises(ReleaseError, match=r"2024-08 定于北京时间 2027-01-20 10:00 发布，现在还不能发布"):
            flow.issuing.publish_release(workspace, CODE)
        assert readable(workspace) == others
    with time_machine.travel(AFTER, tick=False):
        made(workspace)  # the time alone publishes nothing
        assert readable(workspace) == others
        issued = flow.issuing.publish_release(workspace, CODE)
    assert issued.folder == workspace.layout.releases / CODE and not (workspace.layout.drafts / CODE).exists()
    assert index(workspace)[CODE]["state"] == "published"
    assert "2027-01-20T10:00:00+08:00" in (workspace.layout.releases / "feed.xml").read_text(encoding="utf-8")


def test_a_calendar_moved_forward_does_not_let_a_release_out_early(workspace: flow.Workspace) -> None:
    workspace.layout.publication_calendar.write_text(EMBARGO, encoding="utf-8")
    made(workspace)
    workspace.layout.publication_calendar.unlink()
    with time_machine.travel(BEFORE, tick=False), pytest.raises(ReleaseError, match="现在还不能发布"):
        flow.issuing.publish_release(workspace, CODE)


# ------------------------------------------------------------------------------------------------- refusals


def test_what_is_not_fit_is_not_published(workspace: flow.Workspace) -> None:
    with pytest.raises(ReleaseError, match="还没有编制，请先运行 qinggong run --month 2024-06"):
        flow.issuing.publish_release(workspace, "2024-06")
    folder = there(workspace)
    (folder / "bulletin.html").write_text("改", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"bulletin\.html 与 manifest\.json 所记不符"):
        flow.issuing.publish_release(workspace, CODE)
    made(workspace)
    flow.add_files(workspace, folder, {}, also={"held": ["第三节编不出：缺数据"]})
    with pytest.raises(ReleaseError, match="是草稿，不能签发：第三节编不出：缺数据"):
        flow.issuing.publish_release(workspace, CODE)


def test_a_release_with_errors_is_held_as_a_draft(workspace: flow.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<p>1—8月，轻工业实现营业收入100亿元，利润20亿元，营业收入利润率5.0%。</p>"
    render = release.render
    monkeypatch.setattr(release, "render", lambda *a: render(*a) | {"bulletin.html": page.encode()})
    done = made(workspace)
    assert (done.folder, done.state) == (workspace.layout.drafts / CODE, "draft")
    assert readable(workspace) == ["index.json"] and index(workspace) == {}
    with pytest.raises(ReleaseError, match="是草稿，不能签发：核对发现1处错误"):
        flow.issuing.publish_release(workspace, CODE)
    with pytest.raises(ReleaseError, match="是草稿"):
        flow.issuing.sign_release(workspace, CODE, None)  # type: ignore[arg-type]


def test_a_published_release_stays_as_it_is(workspace: flow.Workspace) -> None:
    folder = there(workspace)
    flow.issuing.publish_release(workspace, CODE)
    before = {p: (p.read_bytes(), stat.S_IMODE(p.stat().st_mode)) for p in folder.rglob("*") if p.is_file()}
    assert {mode for _, mode in before.values()} == {0o444}
    with pytest.raises(ReleaseError, match="已发布，不能再改"):
        made(workspace)
    with pytest.raises(ReleaseError, match="已发布，不能再改"):
        flow.issuing.publish_release(workspace, CODE)
    assert {p: (p.read_bytes(), stat.S_IMODE(p.stat().st_mode)) for p in before} == before
    draft = flow.run(workspace, at=flow.parse_month(CODE), as_of=dt.date(2024, 9, 20))
    assert draft.folder.parent == workspace.layout.drafts  # what was known on a day may still be asked


# ----------------------------------------------------------------------------------------------- signatures


def test_where_signatures_are_required_an_unsigned_release_stays_a_draft(
    workspace: flow.Workspace, key: Path, tmp_path: Path
) -> None:
    setting(workspace, "require_signature = true")
    done = made(workspace)
    assert done.folder.parent == workspace.layout.drafts and readable(workspace) == ["index.json"]
    with pytest.raises(ReleaseError, match="没有签名，本工作区要求签名后发布"):
        flow.issuing.publish_release(workspace, CODE)
    with pytest.raises(ReleaseError, match="不在可信公钥之列"):
        flow.issuing.publish_release(workspace, CODE, key=private(key))  # type: ignore[arg-type]
    flow.signing.trust(workspace.layout.keys, key.with_name("sign.key.pub"))
    signed = flow.issuing.sign_release(workspace, CODE, private(key))  # type: ignore[arg-type]
    assert shelf.state_of(signed.folder) == "signed"
    made(workspace)  # made again: the signature is gone
    with pytest.raises(ReleaseError, match="没有签名"):
        flow.issuing.publish_release(workspace, CODE)
    flow.issuing.sign_release(workspace, CODE, private(key))  # type: ignore[arg-type]
    issued = flow.issuing.publish_release(workspace, CODE)  # the key is not needed any more
    found = flow.verify(issued.folder, workspace=workspace, rebuild=False)
    assert found.proven and found.integrity.signed.verdict == "trusted" and issued.key == signed.key


def test_a_signature_of_another_manifest_is_refused(workspace: flow.Workspace, key: Path) -> None:
    folder = there(workspace)
    flow.issuing.sign_release(workspace, CODE, private(key))  # type: ignore[arg-type]
    described = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_bytes(shelf.manifest_bytes({**described, "title": "另一个"}))
    with pytest.raises(ReleaseError, match="签名与清单不符"):
        flow.issuing.publish_release(workspace, CODE)


# ----------------------------------------------------------------------------------------------- two at once


def test_of_two_publications_at_once_one_wins(workspace: flow.Workspace) -> None:
    workspace.layout.publication_calendar.write_text(EMBARGO.replace("2027", "2026"), encoding="utf-8")
    with time_machine.travel(AFTER, tick=False):
        made(workspace)
        said: list[str] = []
        start = threading.Barrier(4)

        def publish() -> None:
            start.wait()
            try:
                said.append(flow.issuing.publish_release(flow.Workspace.at(workspace.layout.root), CODE).state)
            except ReleaseError as error:
                said.append(str(error))

        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(said, key=len)[0] == "published" and sum(s == "published" for s in said) == 1
    assert all("已发布" in s for s in said if s != "published")
    assert flow.verify(workspace.layout.releases / CODE, workspace=workspace, rebuild=False).proven


# ---------------------------------------------------------------------------------------------- corrections


def test_a_correction_is_a_further_edition_with_its_note_and_what_changed(
    workspace: flow.Workspace, tmp_path: Path
) -> None:
    at = flow.parse_month(CODE)
    first = there(workspace)
    with pytest.raises(ReleaseError, match="没有发布过，不需要更正"):
        flow.correct(workspace, at, "说明")
    flow.issuing.publish_release(workspace, CODE)
    with pytest.raises(ReleaseError, match="更正要写明"):
        flow.correct(workspace, at, "  ")
    with pytest.raises(ReleaseError, match="不认识的时刻"):
        flow.correct(workspace, at, "说明", moment="明天")
    (tmp_path / "修订.csv").write_text(REVISED, encoding="utf-8")
    assert flow.ingest(workspace, [tmp_path / "修订.csv"])[0].added == 1
    done = flow.correct(workspace, at, "统计局修订了8月增加值增速\n", moment="2027-01-20 10:00")
    assert done.folder == workspace.layout.drafts / "2024-08.r2"
    assert index(workspace)[CODE]["folder"] == CODE  # until the correction is published
    rows = list(csv.DictReader((done.folder / "data/changelog.csv").read_text("utf-8-sig").splitlines()))
    (one,) = [r for r in rows if (r["table"], r["kind"]) == ("公布数字", "修订")]
    assert (one["old"], one["new"], one["difference"], one["period"]) == ("4.5", "4.6", "0.1", "2024-08")
    assert "规模以上工业" in one["label"] and one["new_published_at"] == "2026-11-01"
    assert any(r["table"] == "月报数字" and (r["old"], r["new"]) == ("4.5", "4.6") for r in rows)
    page = (done.folder / "data/changelog.md").read_text(encoding="utf-8")
    assert "更正说明 / Note: 统计局修订了8月增加值增速" in page
    with time_machine.travel(BEFORE, tick=False), pytest.raises(ReleaseError, match="现在还不能发布"):
        flow.issuing.publish_release(workspace, CODE)
    with time_machine.travel(AFTER, tick=False):
        flow.issuing.publish_release(workspace, CODE)
    told = index(workspace)[CODE]
    assert (told["folder"], told["edition"]) == ("2024-08.r2", 2)
    feed = (workspace.layout.releases / "feed.xml").read_text(encoding="utf-8")
    assert feed.count("<entry>") == 2 and "2027-01-20T10:00:00+08:00" in feed
    assert flow.verify(first, workspace=workspace).proven  # what was published first is as it was, and comes out again
    second = flow.verify(flow.issuing.find_release(workspace, CODE), workspace=workspace)
    assert second.folder.name == "2024-08.r2" and second.proven
    assert made(workspace, "2024-09").state == "checked"
    manifest = json.loads((workspace.layout.releases / "2024-09" / "manifest.json").read_bytes())
    assert manifest["previous"]["folder"] == "2024-08.r2"  # the next month is compared with the correction


# -------------------------------------------------------------------------------------------------- proof


def test_later_figures_and_findings_do_not_change_the_proof(workspace: flow.Workspace, tmp_path: Path) -> None:
    folder = there(workspace)
    book = workspace.layout.findings
    held = book.read_bytes()
    (tmp_path / "修订.csv").write_text(
        REVISED + "2024-08,CN,原烟,产量,level,3,万吨,合成,,国家统计局,\n", encoding="utf-8"
    )
    flow.ingest(workspace, [tmp_path / "修订.csv"])
    assert book.read_bytes() != held
    found = flow.verify(folder, workspace=flow.Workspace.at(workspace.layout.root))
    assert found.proven and found.rebuilt is not None and found.rebuilt.same


def test_a_version_of_the_table_that_is_gone_is_made_from_the_rows_known_then(
    workspace: flow.Workspace, tmp_path: Path
) -> None:
    folder = there(workspace)
    (tmp_path / "修订.csv").write_text(REVISED, encoding="utf-8")
    flow.ingest(workspace, [tmp_path / "修订.csv"])
    workspace.store.compact()
    workspace.store.vacuum(keep=dt.timedelta(0), force=True)
    found = flow.verify(folder, workspace=flow.Workspace.at(workspace.layout.root))
    assert found.proven and found.rebuilt is not None
    assert any("已没有第1版" in reason for reason in found.rebuilt.reasons)


def test_what_differs_is_named_file_by_file_with_the_reason(workspace: flow.Workspace) -> None:
    folder = there(workspace)
    own = workspace.layout.root / "catalogue" / "bulletins"
    own.mkdir(parents=True)
    bundled = Path(flow.__file__).parent / "catalogue" / "data" / "bulletins" / "monthly.yaml"
    text = bundled.read_text(encoding="utf-8")
    (own / "monthly.yaml").write_text(text.replace("title: 轻工业运行监测月报", "title: 另一个名称"), encoding="utf-8")
    flow.add_files(workspace, folder, {"editions/own/own.html": b"x"})
    found = flow.verify(folder, workspace=flow.Workspace.at(workspace.layout.root))
    assert not found.proven and found.rebuilt is not None
    assert ("editions/own/own.html", "not rebuilt") in found.rebuilt.differences
    assert any("目录在该发布物编制以后有改动" in r for r in found.rebuilt.reasons)
    lines = flow.issuing.verified_lines(found)
    assert "✗ 重建没有得到：editions/own/own.html" in lines and not any("逐字节相同" in line for line in lines)


def test_the_commands_prove_and_refuse_with_their_codes(
    workspace: flow.Workspace, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CliRunner().invoke
    root = str(workspace.layout.root)
    monkeypatch.setenv("QINGGONG_KEY_PASSPHRASE", "s3cret")
    locked = key.with_name("locked.key")
    if not locked.exists():
        done = run(app, ["keys", "new", str(locked)])
        assert done.exit_code == 0 and "s3cret" not in done.output
    assert run(app, ["publish", "2024-06", "--workspace", root]).exit_code == 2
    monkeypatch.setenv("QINGGONG_KEY_PASSPHRASE", "wr0ng")
    refused = run(app, ["publish", CODE, "--key", str(locked), "--workspace", root])
    assert refused.exit_code == 2 and "口令不对" in refused.output and "wr0ng" not in refused.output
    monkeypatch.setenv("QINGGONG_KEY_PASSPHRASE", "s3cret")
    assert run(app, ["keys", "trust", f"{locked}.pub", "--workspace", root]).exit_code == 0
    done = run(app, ["publish", CODE, "--key", str(locked), "--workspace", root, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["state"] == "published"
    folder = workspace.layout.releases / CODE
    proven = run(app, ["verify", str(folder)])
    assert proven.exit_code == 0, proven.output
    assert "✓ 签名有效" in proven.output and "✓ 由观测表重建，逐字节相同" in proven.output
    theirs = run(app, ["verify", CODE, "--key", f"{key}.pub", "--no-rebuild", "--workspace", root, "--json"])
    assert theirs.exit_code == 1 and json.loads(theirs.stdout)["signature"] == "untrusted"
    (folder / "bulletin.html").chmod(0o644)
    (folder / "bulletin.html").write_text("改", encoding="utf-8")
    changed = run(app, ["verify", CODE, "--no-rebuild", "--workspace", root])
    assert changed.exit_code == 1 and "✗ 已改动：bulletin.html" in changed.output
    assert run(app, ["verify", "2019-01", "--workspace", root]).exit_code == 2
    assert run(app, ["keys", "list", "--workspace", root]).output.split()[0] == json.loads(theirs.stdout)["key"]


def test_a_release_sent_elsewhere_is_proven_without_a_workspace(
    workspace: flow.Workspace, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.issuing.publish_release(workspace, CODE, key=private(key))  # type: ignore[arg-type]
    shutil.copytree(workspace.layout.releases / CODE, tmp_path / "received")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["verify", "received", "--key", f"{key}.pub"])
    assert done.exit_code == 0, done.output
    assert "未重建：没有给出工作区" in done.output


def test_the_manifest_has_no_time_of_run_and_no_path(workspace: flow.Workspace) -> None:
    before = (there(workspace) / "manifest.json").read_bytes()
    with time_machine.travel(BEFORE, tick=False):
        text = (made(workspace).folder / "manifest.json").read_text(encoding="utf-8")
    assert text.encode() == before
    assert "2027" not in text and str(workspace.layout.root) not in text and "/" not in json.loads(text)["title"]
