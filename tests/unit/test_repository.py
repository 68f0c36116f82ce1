"""What must not be in the repository: machine paths, index hosts, catch-all modules, huge files; and the lock files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 6_000_000
CATCH_ALL = {"utils", "util", "helpers", "helper", "common", "misc"}
MACHINE_PATH = re.compile(r"(?<![\w.~})-])/(?:work|root|tmp|opt/wheels|opt/pypi)(?:/|(?=[\s\"'`:]))")
INDEX_HOST = re.compile(r"\b(?:pypi\.(?:org|python)|pythonhosted\.org|[\w.-]+/pypi/(?:web/)?simple)", re.IGNORECASE)
LOCKS = ("requirements.lock", "requirements-test.lock")


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("没有 git 仓库 / not a git repository")
    names = listed.stdout.decode("utf-8").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for file in tracked_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


def test_no_machine_paths() -> None:
    assert not (found := lines_matching(MACHINE_PATH)), "\n".join(found)


def test_no_index_hosts() -> None:
    assert not (found := lines_matching(INDEX_HOST)), "\n".join(found)


def test_the_patterns_find_what_they_are_for() -> None:
    assert MACHINE_PATH.search("open('/" + "tmp/x')")
    assert MACHINE_PATH.search("cd /" + "work/main")
    assert not MACHINE_PATH.search("docs/work/x, ~/root/x, a /workspace")
    assert INDEX_HOST.search("https://" + "pypi" + ".org/simple")


def test_modules_are_named_after_a_concept() -> None:
    bad = [str(file.relative_to(ROOT)) for file in tracked_files() if file.suffix == ".py" and file.stem in CATCH_ALL]
    assert not bad


def test_lines_have_at_most_120_characters() -> None:
    long = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in tracked_files()
        if file.suffix == ".py"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 120
    ]
    assert not long


def test_no_huge_files() -> None:
    large = [str(file.relative_to(ROOT)) for file in tracked_files() if file.stat().st_size > LARGEST_BYTES]
    assert not large


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.sub(r"\\\n\s*", " ", text).strip().splitlines()
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(#|-i\b|-f\b|--(?!hash=))", text, flags=re.MULTILINE)


def test_the_test_lock_holds_the_run_time_lock() -> None:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in LOCKS]
    run, test = (set(re.findall(r"^\S+==\S+", text, flags=re.MULTILINE)) for text in texts)
    assert run < test
