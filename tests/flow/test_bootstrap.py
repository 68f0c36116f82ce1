"""The set-up for real: a Python without ensurepip, no pip, no uv, an empty home folder, and a failed set-up.

The slow ones take about a minute and the network; they always run in CI, elsewhere with ``QINGGONG_SLOW=1``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

import bootstrap
import debian_packages

ROOT = Path(__file__).resolve().parents[2]
_TOOLS = ("sh", "make", "dirname", "cat", "pwd", "env", "apt-get", "apt-cache", "dpkg", "dpkg-deb", "tar")
_NOT_IN_A_BARE_STDLIB = {"ensurepip", "site-packages", "dist-packages", "test", "idlelib", "__pycache__"}

slow = pytest.mark.skipif(
    os.environ.get("CI", "").lower() not in {"1", "true"} and os.environ.get("QINGGONG_SLOW") != "1",
    reason="约一分钟且需网络，设 QINGGONG_SLOW=1 运行 / takes a minute and the network: set QINGGONG_SLOW=1",
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="Debian 的情形只在 Linux 上 / a case of Linux only")


def bare_python(folder: Path) -> Path:
    """A Python as bare Debian has it: the interpreter and a standard library without ensurepip, and no packages."""
    real = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    stdlib = Path(sysconfig.get_path("stdlib"))
    library = folder / stdlib.parent.name / stdlib.name
    library.mkdir(parents=True)
    for entry in stdlib.iterdir():
        if entry.name not in _NOT_IN_A_BARE_STDLIB:
            (library / entry.name).symlink_to(entry)
    for shared in stdlib.parent.glob("libpython*.so*"):
        (library.parent / shared.name).symlink_to(shared)
    (folder / "bin").mkdir()
    # A copy, since Python finds its library from where its file really lies.
    python = folder / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    shutil.copy2(real, python)
    (folder / "bin" / "python3").symlink_to(python.name)
    return folder / "bin" / "python3"


def copy_of_the_tree(target: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
            if (ROOT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target / name)
    else:
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".venv*", ".*_cache", "__pycache__", "workspace*"))
    return target


def bare_environment(folder: Path, python: Path) -> dict[str, str]:
    """The machine's variables, so that its index settings count, but an empty home, and neither uv nor pip on PATH."""
    tools = folder / "tools"
    tools.mkdir()
    for name in _TOOLS:
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    (folder / "home").mkdir()
    dropped = ("PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS", "XDG_", "VENV", "UV_PYTHON", "PYENV")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pip" / "pip.conf"
    if settings.is_file():
        environment.setdefault("PIP_CONFIG_FILE", str(settings))
    environment.update(HOME=str(folder / "home"), PATH=f"{python.parent}{os.pathsep}{tools}")
    return environment


@slow
@linux
@pytest.mark.skipif(shutil.which("make") is None, reason="没有 make / no make")
def test_a_python_without_ensurepip_pip_and_uv_is_enough(tmp_path: Path) -> None:
    python = bare_python(tmp_path / "bare")
    environment = bare_environment(tmp_path, python)
    for module in ("ensurepip", "pip"):
        tried = subprocess.run([python, "-c", f"import {module}"], env=environment, capture_output=True, check=False)
        assert tried.returncode != 0, f"the bare Python has {module}"
    tree = copy_of_the_tree(tmp_path / "中文 tree")
    venv = tmp_path / "venv"
    make = ["make", f"VENV={venv}", f"{venv}/.ready-run"]
    done = subprocess.run(make, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no ensurepip, pip from" in done.stdout
    code = "import duckdb, qinggong; print(qinggong.__file__)"
    shown = subprocess.run(
        [venv / "bin" / "python", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert Path(shown.stdout.strip()).is_relative_to(tree)
    start = time.monotonic()
    subprocess.run(make, cwd=tree, env=environment, capture_output=True, check=True)
    assert time.monotonic() - start < 1.0, "the second set-up does nothing"


@slow
@linux
@pytest.mark.skipif(not debian_packages.available(), reason="本机没有 apt-get / no apt-get on this machine")
def test_pip_comes_from_the_debian_package_without_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = bare_python(tmp_path / "bare")
    environment = bare_environment(tmp_path, python)
    venv = tmp_path / "venv"
    subprocess.run([python, "-m", "venv", "--without-pip", venv], env=environment, check=True)
    monkeypatch.setattr(bootstrap, "_DEBIAN_WHEELS", tmp_path / "nothing")
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: shutil_which(name, environment["PATH"]))
    found = bootstrap._pips(venv / "bin" / "python", environment, tmp_path, *bootstrap._locked_pip())
    origin, command = next(found)
    assert origin.startswith("Debian python3-pip-whl")
    shown = subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("pip ")


def shutil_which(name: str, path: str) -> str | None:
    for folder in path.split(os.pathsep):
        if os.access(Path(folder) / name, os.X_OK):
            return str(Path(folder) / name)
    return None


def test_a_failed_set_up_leaves_no_stamp_and_says_what_to_do(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    nowhere = "http://127.0.0.1:9/simple"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_", "PYTHON"))}
    environment.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL=nowhere,
        PIP_RETRIES="0",
        UV_DEFAULT_INDEX=nowhere,
        UV_HTTP_RETRIES="0",
    )
    command = [sys.executable, ROOT / "scripts" / "bootstrap.py", "--venv", venv]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PIP_INDEX_URL" in done.stderr.splitlines()[-1]
    assert not list(venv.glob(".ready-*"))


@pytest.mark.skipif(shutil.which("sh") is None, reason="没有 sh / no sh")
def test_without_a_python_the_set_up_says_so(tmp_path: Path) -> None:
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (tmp_path / "python3").chmod(0o755)
    done = subprocess.run(
        ["sh", ROOT / "scripts" / "setup.sh", "python3"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "No Python 3.11 or later found" in done.stderr
