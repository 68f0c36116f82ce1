"""Programs outside Python that some tests need: find them on PATH or in a cache that is filled without root.

``python scripts/programs.py`` fills the cache and says in one line what could not be had; ``make test`` runs it
before the tests, and ``tests/conftest.py`` asks ``find``. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import debian_packages


@dataclass(frozen=True, kw_only=True)
class Program:
    """Commands that belong together, and the Debian package that holds them (empty: only PATH is searched).

    ``folder`` is where the package puts them if not into ``usr/bin``, a pattern below the root.
    """

    name: str
    commands: tuple[str, ...]
    package: str = ""
    folder: str = ""


PROGRAMS = (
    Program(name="poppler", commands=("pdftotext", "pdftoppm", "pdffonts", "pdfinfo"), package="poppler-utils"),
    Program(name="faketime", commands=("faketime",), package="faketime"),
    Program(name="npm", commands=("npm",)),
    Program(name="postgres", commands=("postgres", "initdb"), package="postgresql", folder="usr/lib/postgresql/*/bin"),
    # Needed by soak tests only: too large to be fetched.
    Program(name="soffice", commands=("soffice",)),
    # /usr/bin/chromium of the package is a script with fixed paths; the program itself lies in its own folder.
    Program(name="chromium", commands=("chromium",), package="chromium", folder="usr/lib/chromium"),
)

# The loader's own libraries must match the machine's loader, so they are never taken from a package.
_NEVER = frozenset({"libc6", "libc-bin", "libgcc-s1", "libstdc++6", "gcc-12-base"})

_WRAPPER = """#!/bin/sh
LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "{program}" "$@"
"""

# The packaged program preloads its library from a fixed path; this does the same from the unpacked one.
_FAKETIME = """#!/bin/sh
if [ "$1" = -f ]; then
    shift
    FAKETIME=$1
else
    offset=$(($(date -d "$1" +%s) - $(date +%s)))
    case $offset in -*) FAKETIME=$offset ;; *) FAKETIME=+$offset ;; esac
fi
shift
export FAKETIME
LD_PRELOAD="{library}${{LD_PRELOAD:+:$LD_PRELOAD}}" exec "$@"
"""


def cache_folder() -> Path:
    """Where unpacked programs are kept: ``$XDG_CACHE_HOME/qinggong/programs``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qinggong" / "programs"


def by_name(name: str) -> Program:
    for program in PROGRAMS:
        if program.name == name:
            return program
    raise KeyError(f"no program {name!r} in scripts/programs.py: known are {', '.join(p.name for p in PROGRAMS)}")


def find(name: str) -> dict[str, Path] | None:
    """The paths of a program's commands, from PATH, its own folder or the cache; ``None`` if one is missing."""
    program = by_name(name)
    own = sorted(Path("/").glob(program.folder), reverse=True) if program.folder else []
    for folder in (None, *map(str, own), str(cache_folder() / "bin")):
        found = {command: shutil.which(command, path=folder) for command in program.commands}
        if all(found.values()):
            return {command: Path(path) for command, path in found.items() if path}
    return None


def provide(name: str) -> str:
    """Put a missing program into the cache; returns why that failed, or nothing."""
    program = by_name(name)
    if find(name):
        return ""
    if not program.package:
        return "不在 PATH 中 / not on PATH"
    if not debian_packages.available():
        return "不在 PATH 中，且本机不是 Debian 系 / not on PATH, and no apt-get here to fetch it"
    root = cache_folder() / program.name
    fresh = root.with_name(f"{program.name}.{os.getpid()}")
    try:
        debian_packages.unpack(program.package, into=fresh, with_dependencies=True, skip=_NEVER)
    except (debian_packages.DebianError, OSError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        return f"未能取得 / could not be fetched: {error}"
    shutil.rmtree(root, ignore_errors=True)
    fresh.rename(root)
    write_wrappers(program, root, into=cache_folder() / "bin")
    return "" if find(name) else f"软件包 {program.package} 不含所需命令 / the package lacks a command"


def write_wrappers(program: Program, root: Path, *, into: Path) -> None:
    """Write scripts that start the commands unpacked below ``root`` with the libraries unpacked there."""
    folder = into
    folder.mkdir(parents=True, exist_ok=True)
    libraries = sorted({str(file.parent) for file in root.rglob("*.so*") if not file.is_dir()})
    preload = next(iter(sorted(root.rglob("libfaketime.so.1"))), None)
    for command in program.commands:
        places = [*(root.glob(f"{program.folder}/{command}") if program.folder else ()), root / "usr" / "bin" / command]
        binary = next((place for place in places if place.exists()), None)
        if binary is None:
            continue
        if command == "faketime" and preload is not None:
            text = _FAKETIME.format(library=preload)
        else:
            text = _WRAPPER.format(libraries=":".join(libraries), program=binary)
        wrapper = folder / command
        wrapper.write_text(text, encoding="utf-8")
        wrapper.chmod(0o755)


def main() -> int:
    missing = {program.name: reason for program in PROGRAMS if (reason := provide(program.name))}
    for name, reason in missing.items():
        print(f"· 缺少 / missing: {name}: {reason}", flush=True)
    # What is missing is reported, or in CI failed, by the tests that need it.
    return 0


if __name__ == "__main__":
    sys.exit(main())
