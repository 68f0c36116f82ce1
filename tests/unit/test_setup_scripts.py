"""The parts of the set-up that need no network: index settings, finding pip, and programs for tests."""

from __future__ import annotations

import os
import stat
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import bootstrap
import index_settings
import programs


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    return {"PIP_CONFIG_FILE": os.devnull}


def test_variables_win_over_files(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    text = "[global]\nindex-url = http://a.invalid/simple\ntimeout = 9\n[install]\nfind-links =\n  x\n  y\n"
    file.write_text(text, encoding="utf-8")
    environment = {"PIP_CONFIG_FILE": str(file), "PIP_INDEX_URL": "http://b.invalid/simple"}
    settings = index_settings.pip_settings(environment)
    assert settings["index-url"] == "http://b.invalid/simple"
    assert settings["timeout"] == "9"
    assert settings["find-links"] == "x y"


def test_uv_hears_pip_settings(no_files: dict[str, str]) -> None:
    said = index_settings.for_uv({**no_files, "PIP_INDEX_URL": "http://a.invalid", "PIP_FIND_LINKS": "x y"})
    assert said["UV_DEFAULT_INDEX"] == "http://a.invalid"
    assert said["UV_FIND_LINKS"] == "x,y"


def test_uv_settings_of_its_own_stay(no_files: dict[str, str]) -> None:
    said = index_settings.for_uv({**no_files, "PIP_INDEX_URL": "http://a.invalid", "UV_INDEX_URL": "http://b.invalid"})
    assert "UV_DEFAULT_INDEX" not in said


def test_pip_hears_uv_settings(no_files: dict[str, str]) -> None:
    said = index_settings.for_pip({**no_files, "UV_DEFAULT_INDEX": "near=http://a.invalid/simple?x=1"})
    assert said["PIP_INDEX_URL"] == "http://a.invalid/simple?x=1"


def test_the_lock_pins_pip() -> None:
    version, hashes = bootstrap._locked_pip()
    assert version[0].isdigit()
    assert len(hashes) >= 2


def test_a_locked_pip_wheel_on_disk_comes_first(tmp_path: Path) -> None:
    for name, content in (("pip-1.0", b"good"), ("pip-9.0", b"newer")):
        (tmp_path / f"{name}-py3-none-any.whl").write_bytes(content)
    environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": tmp_path.as_uri()}
    good = frozenset({bootstrap._sha256(b"good")})
    assert bootstrap._wheels_on_disk(environment, "1.0", good)[0].name == "pip-1.0-py3-none-any.whl"


@pytest.mark.parametrize(("content", "accepted"), [(b"good", True), (b"changed", False)])
def test_pip_from_the_users_index_is_checked(tmp_path: Path, content: bytes, accepted: bool) -> None:
    name = "pip-1.0-py3-none-any.whl"
    page = tmp_path / "simple" / "pip" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="../../files/{name}#sha256=0">{name}</a>', encoding="utf-8")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / name).write_bytes(content)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        index = f"http://127.0.0.1:{server.server_port}/simple"
        environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index}
        found = bootstrap._fetch_pip(environment, tmp_path, "1.0", frozenset({bootstrap._sha256(b"good")}))
        server.shutdown()
    assert found == (tmp_path / name if accepted else None)


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(bootstrap.SetupError, match="VENV="):
        bootstrap._remove(tmp_path)
    assert (tmp_path / "mine.txt").exists()


def test_a_program_in_the_cache_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    assert programs.find("faketime") is None
    command = programs.cache_folder() / "bin" / "faketime"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n", encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    assert programs.find("faketime") == {"faketime": command}


def test_an_unknown_program_is_named() -> None:
    with pytest.raises(KeyError, match="no program 'nothing'"):
        programs.find("nothing")


def test_a_program_is_started_from_its_own_folder(tmp_path: Path) -> None:
    """The script of a package in usr/bin names places of an installed system: the program itself is wrapped."""
    root = tmp_path / "root"
    for place in ("usr/bin", "usr/lib/chromium"):
        (root / place).mkdir(parents=True)
        (root / place / "chromium").write_text("#!/bin/sh\n", encoding="utf-8")
    programs.write_wrappers(programs.by_name("chromium"), root, into=tmp_path / "bin")
    assert f'exec "{root}/usr/lib/chromium/chromium"' in (tmp_path / "bin" / "chromium").read_text(encoding="utf-8")
