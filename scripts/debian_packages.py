"""Unpack Debian packages into a folder without root: private apt state, ``apt-get download``, ``dpkg-deb -x``.

Standard library only: it runs on the bare Python, before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

_TIMEOUT_SECONDS = 600


class DebianError(RuntimeError):
    """The package could not be fetched or unpacked; the text is one line for the user."""


def available() -> bool:
    """Whether this machine has the three programs of Debian or Ubuntu that are needed."""
    return all(shutil.which(name) for name in ("apt-get", "apt-cache", "dpkg-deb"))


def unpack(package: str, *, into: Path, with_dependencies: bool, skip: frozenset[str] = frozenset()) -> list[str]:
    """Fetch ``package`` and unpack it below ``into``; returns the names of the packages unpacked.

    Parameters
    ----------
    with_dependencies
        Also the packages that it needs and this machine does not have.
    skip
        Packages never to unpack.

    Raises
    ------
    DebianError
        No apt on this machine, no such package, or no network.
    """
    if not available():
        raise DebianError("this machine has no apt-get and dpkg-deb")
    with tempfile.TemporaryDirectory(prefix="qinggong-apt-") as folder:
        state = Path(folder)
        try:
            return _unpack(package, into, with_dependencies, skip, state, system_lists=True)
        except DebianError:
            # No package lists yet, as in a container image, or lists so old that the server dropped their packages.
            # A third-party source that fails must not spoil the others, so only their absence counts.
            with contextlib.suppress(DebianError):
                _run(["apt-get", *_options(state, system_lists=False), "update"], cwd=state)
            return _unpack(package, into, with_dependencies, skip, state, system_lists=False)


def _unpack(
    package: str, into: Path, with_dependencies: bool, skip: frozenset[str], state: Path, *, system_lists: bool
) -> list[str]:
    options = _options(state, system_lists=system_lists)
    needed = _missing_dependencies(package, options, state) if with_dependencies else []
    names = [name for name in dict.fromkeys([package, *needed]) if name.partition(":")[0] not in skip]
    downloads = state / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir()
    _run(["apt-get", *options, "download", *names], cwd=downloads)
    files = sorted(downloads.glob("*.deb"))
    if not files:
        raise DebianError(f"apt-get has downloaded nothing for {package}")
    into.mkdir(parents=True, exist_ok=True)
    for file in files:
        _run(["dpkg-deb", "-x", str(file), str(into)], cwd=state)
    return names


def _missing_dependencies(package: str, options: list[str], state: Path) -> list[str]:
    """What apt would install with ``package``; where apt refuses to plan, all of its dependencies not yet there."""
    try:
        plan = _run(["apt-get", *options, "--simulate", "--no-install-recommends", "install", package], cwd=state)
        return re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE)
    except DebianError:
        # A machine with half-installed packages, whose repair is none of our business.
        only = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
        tree = _run(["apt-cache", *options, *only, "depends", "--recurse", package], cwd=state)
        shown = _run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n"], cwd=state)
        installed = set(re.findall(r"^(\S+) installed$", shown, flags=re.MULTILINE))
        return [name for name in re.findall(r"^(\w[^\s:]*)$", tree, flags=re.MULTILINE) if name not in installed]


def _options(state: Path, *, system_lists: bool) -> list[str]:
    """Settings that keep apt away from every folder that only root may write."""
    for part in ("cache/archives/partial", "lists/partial", "log"):
        (state / part).mkdir(parents=True, exist_ok=True)
    pairs = {
        "Dir::Cache": state / "cache",
        "Dir::Log": state / "log",
        "Debug::NoLocking": "true",
        # As root, apt would fetch as a user that may not enter our folder.
        "APT::Sandbox::User": "root",
        "Acquire::Retries": "1",
        "Acquire::http::Timeout": "20",
        "Acquire::https::Timeout": "20",
    }
    if not system_lists:
        pairs["Dir::State::lists"] = state / "lists"
    options = ["-q"]
    for key, value in pairs.items():
        options += ["-o", f"{key}={value}"]
    return options


def _run(command: list[str], *, cwd: Path) -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DebianError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()
        raise DebianError(f"{command[0]}: {lines[-1] if lines else 'failed'}")
    return done.stdout
