"""Releases as folders: states, replacing, killed writers, sealing, index, feed, and the publication calendar."""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from qinggong.catalogue import CatalogueError
from qinggong.catalogue.publication import ZONE, load_publication_calendar
from qinggong.publish import shelf
from qinggong.publish.feed import ATOM, feed
from qinggong.publish.states import (
    STATES,
    TRANSITIONS,
    ReleaseError,
    folder_name,
    may_become,
    parse_folder,
    published_form,
)

ISSUER = {"title": "月报", "publisher": "", "agency": "QG", "address": "", "licence": "", "sdmx": False}


def described(month: str = "2024-08", *, state: str = "checked", edition: int = 1, **more: object) -> dict[str, object]:
    return {
        "month": month, "state": state, "edition": edition, "note": "", "title": "月报", "period_name": "2024年8月份",
        "release_date": "2024-09-28", "publication": None, "issuer": ISSUER, "synthetic": False, "facts": 3,
        "held": [], "as_of": None, **more,
    }  # fmt: skip


def put(folder: Path, text: str = "一", **told: object) -> Path:
    files = {"bulletin.html": text.encode(), "data/facts.csv": b"id\r\n"}
    shelf.write(folder, {**files, shelf.MANIFEST: shelf.manifest(files, described(**told))})  # type: ignore[arg-type]
    return folder


# -------------------------------------------------------------------------------------------------- states


def test_the_table_of_states_is_complete_and_nothing_leaves_published() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert TRANSITIONS["published"] == {}
    assert {to for row in TRANSITIONS.values() for to in row} == set(STATES)
    assert not may_become("draft", "published") and not may_become("draft", "signed")
    assert may_become("checked", "published") and may_become("signed", "published")
    assert not may_become("something", "checked")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2024-08", ("2024-08", 1)), ("2024-08.r2", ("2024-08", 2)), ("2024-08.r12", ("2024-08", 12)),
        ("2024-Q3", ("2024-Q3", 1)), ("2024-H1.r3", ("2024-H1", 3)), ("2024", ("2024", 1)),
        ("2024-08.r1", None), ("2024-08.r0", None), ("2024-08@2024-09-20", None), ("index.json", None), ("../x", None),
    ],
)  # fmt: skip
def test_names_of_folders(name: str, found: tuple[str, int] | None) -> None:
    assert parse_folder(name) == found
    if found is not None:
        assert folder_name(*found) == name


def test_the_published_form_changes_the_state_alone() -> None:
    manifest = shelf.manifest({"a": b"1"}, described())
    final = published_form(manifest)
    assert json.loads(final) == {**json.loads(manifest), "state": "published"}
    assert published_form(final) == final


# ------------------------------------------------------------------------------------------------- folders


def test_a_checked_release_is_replaced_and_a_published_one_is_not(tmp_path: Path) -> None:
    folder = put(tmp_path / "2024-08")
    put(folder, "二")
    assert (folder / "bulletin.html").read_text(encoding="utf-8") == "二"
    shelf.seal(folder)
    assert shelf.state_of(folder) == "published"
    with pytest.raises(ReleaseError, match=r"2024-08 已发布，不能再改.*qinggong correct 2024-08"):
        put(folder, "三")
    with pytest.raises(ReleaseError, match="已发布"):
        shelf.add_files(folder, {"new.txt": b"x"})
    with pytest.raises(ReleaseError, match="已发布"):
        shelf.remove(folder)
    assert (folder / "bulletin.html").read_text(encoding="utf-8") == "二"
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o444 for p in folder.rglob("*") if p.is_file())


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "2024-08").mkdir()
    (tmp_path / "2024-08" / "mine.txt").write_text("x")
    with pytest.raises(ReleaseError, match=r"不是本系统的发布物"):
        put(tmp_path / "2024-08")
    with pytest.raises(ReleaseError, match="不能有名为"):
        shelf.write(tmp_path / "b", {"../x": b"", shelf.MANIFEST: shelf.manifest({}, described())})


def test_files_are_added_and_a_signature_goes(tmp_path: Path) -> None:
    folder = put(tmp_path / "2024-08")
    shelf.put_signature(folder, b"{}")
    assert shelf.state_of(folder) == "signed"
    told = shelf.add_files(folder, {"editions/brief/brief.html": b"b"}, also={"editions": ["brief"]})
    assert told["state"] == "checked" and told["editions"] == ["brief"]
    assert set(told["files"]) == {"bulletin.html", "data/facts.csv", "editions/brief/brief.html"}
    assert not (folder / "manifest.json.sig").exists()
    held = shelf.add_files(folder, {}, also={"held": ["一节编不出"]})
    assert held["state"] == "draft"


def test_a_file_altered_by_hand_is_named(tmp_path: Path) -> None:
    folder = put(tmp_path / "2024-08")
    (folder / "bulletin.html").write_text("改")
    with pytest.raises(ReleaseError, match=r"bulletin\.html 与 manifest\.json 所记不符"):
        shelf.add_files(folder, {"x": b""})
    (folder / "bulletin.html").unlink()
    with pytest.raises(ReleaseError, match=r"bulletin\.html 打不开"):
        shelf.read_files(folder)
    (folder / shelf.MANIFEST).write_text("{")
    with pytest.raises(ReleaseError, match="已损坏"):
        shelf.read_manifest(folder)


# -------------------------------------------------------------------------------------------------- kills


class Killed(BaseException):
    """Stands in for the death of the process: nothing catches it."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """``dying(n)``: the process dies at the n-th step that a reader could see from now on."""
    left = [-1]

    def counted(name: str) -> None:
        real = getattr(Path, name)

        def step(self: Path, *arguments: object) -> object:
            if left[0] == 0:
                left[0] = -1
                raise Killed
            left[0] -= left[0] > 0
            return real(self, *arguments)

        monkeypatch.setattr(Path, name, step)

    for name in ("rename", "replace", "chmod"):
        counted(name)
    yield lambda steps: left.__setitem__(0, steps)
    left[0] = -1


@pytest.mark.parametrize("steps", range(3))
def test_a_writer_killed_at_any_step_leaves_one_whole_release(
    tmp_path: Path, dying: Callable[[int], None], steps: int
) -> None:
    folder = put(tmp_path / "2024-08", "一")
    dying(steps)
    died = False
    try:
        put(folder, "二")
    except Killed:
        died = True
    assert died == (steps < 2)  # two renamings
    shelf.recover(tmp_path)
    content = (folder / "bulletin.html").read_text(encoding="utf-8")
    assert content == ("二" if not died else "一")
    assert shelf.read_files(folder)
    assert [p.name for p in tmp_path.iterdir()] == ["2024-08"]


@pytest.mark.parametrize("steps", range(9))  # the move, signature, manifest, four files, index, feed
def test_a_publication_killed_at_any_step_is_finished_by_the_next(
    tmp_path: Path, dying: Callable[[int], None], steps: int
) -> None:
    releases, draft = tmp_path / "releases", put(tmp_path / "drafts" / "2024-08")

    def publish() -> None:
        target = releases / "2024-08"
        if draft.exists():
            shelf.move(draft, target)
        shelf.seal(target, signature=b'{"signature": ""}')
        shelf.list_releases(releases)

    dying(steps)
    with pytest.raises(Killed):
        publish()
    places = [p for p in (draft, releases / "2024-08") if (p / shelf.MANIFEST).is_file()]
    assert len(places) == 1  # in one place, and whole there
    shelf.read_files(places[0])
    assert json.loads((places[0] / shelf.MANIFEST).read_bytes())["state"] in ("checked", "published")
    publish()
    assert shelf.state_of(releases / "2024-08") == "published"
    index = json.loads((releases / shelf.INDEX).read_bytes())
    assert (index["2024-08"]["folder"], index["2024-08"]["state"]) == ("2024-08", "published")


# --------------------------------------------------------------------------------------------- index, feed


def test_the_index_names_the_last_published_edition(tmp_path: Path) -> None:
    put(tmp_path / "2024-07", month="2024-07")
    shelf.seal(put(tmp_path / "2024-08"))
    put(tmp_path / "2024-08.r2", edition=2)
    found = json.loads(shelf.index(tmp_path))
    assert found["2024-07"]["folder"] == "2024-07" and found["2024-07"]["state"] == "checked"
    assert found["2024-08"]["folder"] == "2024-08"  # the correction is not published yet
    assert [e["folder"] for e in found["2024-08"]["editions"]] == ["2024-08", "2024-08.r2"]
    shelf.seal(tmp_path / "2024-08.r2")
    for number in range(3, 11):  # the tenth comes after the ninth
        shelf.seal(put(tmp_path / f"2024-08.r{number}", edition=number))
    assert json.loads(shelf.index(tmp_path))["2024-08"]["folder"] == "2024-08.r10"
    assert shelf.next_edition(tmp_path, "2024-08") == 11
    there = shelf.current(tmp_path, "2024-08")
    assert there is not None and there[0].name == "2024-08.r10"


def check_atom(content: bytes) -> list[ET.Element]:
    """What RFC 4287 demands of a feed and its entries (sections 4.1.1, 4.1.2, 4.2.6, 4.2.7); returns the entries."""
    root = ET.fromstring(content)
    assert root.tag == f"{{{ATOM}}}feed"
    entries = root.findall(f"{{{ATOM}}}entry")
    for element in (root, *entries):
        for name in ("id", "title", "updated"):
            (one,) = element.findall(f"{{{ATOM}}}{name}")
            assert one.text
        moment = dt.datetime.fromisoformat(str(element.findtext(f"{{{ATOM}}}updated")))
        assert moment.tzinfo is not None
        links = [
            (x.get("rel"), x.get("type"))
            for x in element.findall(f"{{{ATOM}}}link")
            if x.get("rel") == "alternate"
        ]  # fmt: skip
        assert len(links) == len(set(links))  # one alternate a type
    assert root.find(f"{{{ATOM}}}author/{{{ATOM}}}name") is not None
    for entry in entries:
        assert any(x.get("rel") == "alternate" for x in entry.findall(f"{{{ATOM}}}link"))
    ids = [str(e.findtext(f"{{{ATOM}}}id")) for e in (root, *entries)]
    assert len(ids) == len(set(ids)) and all(i.startswith("urn:uuid:") for i in ids)
    return entries


def test_the_feed_has_published_releases_and_corrections_alone(tmp_path: Path) -> None:
    put(tmp_path / "2024-07", month="2024-07")
    shelf.list_releases(tmp_path)
    assert not (tmp_path / "feed.xml").exists()  # nothing is published yet
    shelf.seal(put(tmp_path / "2024-08", publication="2024-09-29T10:00:00+08:00"))
    shelf.seal(put(tmp_path / "2024-08.r2", edition=2, note="改了 <b>\x07 & 一处", release_date="2024-10-08"))
    shelf.list_releases(tmp_path)
    content = (tmp_path / "feed.xml").read_bytes()
    second, first = check_atom(content)
    updated = [e.findtext(f"{{{ATOM}}}updated") for e in (second, first)]
    assert updated == ["2024-10-08T00:00:00+08:00", "2024-09-29T10:00:00+08:00"]
    assert second.findtext(f"{{{ATOM}}}summary") == "改了 <b> & 一处"
    assert second.find(f"{{{ATOM}}}link").get("href") == "2024-08.r2/bulletin.html"  # type: ignore[union-attr]
    assert "更正" in str(second.findtext(f"{{{ATOM}}}title"))
    shelf.list_releases(tmp_path)
    assert (tmp_path / "feed.xml").read_bytes() == content


def test_identifiers_stay_when_the_address_changes() -> None:
    manifest = {**described(state="published"), "files": {"bulletin.html": {}}}
    moved = {**manifest, "issuer": {**ISSUER, "address": "https://example.org/r/"}}
    (before,), (after,) = check_atom(feed([manifest])), check_atom(feed([moved]))
    assert before.findtext(f"{{{ATOM}}}id") == after.findtext(f"{{{ATOM}}}id")
    address = next(x.get("href") for x in after.findall(f"{{{ATOM}}}link"))
    assert address == "https://example.org/r/2024-08/bulletin.html"
    assert "合成数据" in feed([{**manifest, "synthetic": True}]).decode()


# ------------------------------------------------------------------------------------------------ calendar


def test_the_calendar_tells_moments_in_china(tmp_path: Path) -> None:
    path = tmp_path / "publication.yaml"
    assert load_publication_calendar(path).moment("2025-11") is None
    path.write_text(
        "time: '09:30'\nreleases:\n  - {release: 2025-11, date: 2025-12-30}\n"
        "  - {release: 2025-11.r2, date: 2026-01-05, time: '15:00'}\n",
        encoding="utf-8",
    )
    calendar = load_publication_calendar(path)
    assert calendar.moment("2025-11") == dt.datetime(2025, 12, 30, 9, 30, tzinfo=ZONE)
    assert calendar.moment("2025-11.r2") == dt.datetime(2026, 1, 5, 7, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("releases:\n  - {release: '2025-1', date: 2025-12-30}\n", "line 2.*write a month"),
        ("time: '25:00'\n", "line 1.*time of day"),
        ("releases:\n  - {release: 2025-11, date: 2025-12-30}\n  - {release: 2025-11, date: 2025-12-31}\n", "twice"),
        ("releases:\n  - {release: 2025-11, day: 2025-12-30}\n", "unknown field"),
        ("releases: [\n", "not readable as YAML"),
    ],
)
def test_a_wrong_calendar_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "publication.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=f"(?s)publication.yaml.*{says}"):
        load_publication_calendar(path)
