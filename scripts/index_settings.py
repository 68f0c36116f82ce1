"""The user's package-index settings, read without pip: pip's and uv's variables and pip's configuration files.

uv does not read pip's settings and pip does not read uv's; whoever has set one of them means both. Standard
library only.
"""

from __future__ import annotations

import configparser
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

# pip's name of a setting, and uv's variables for the same thing (the first is written, any is respected).
_UV_NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "extra-index-url": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "find-links": ("UV_FIND_LINKS",),
    "no-index": ("UV_NO_INDEX",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "cert": ("SSL_CERT_FILE",),
    "proxy": ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"),
}
_LISTS = {"extra-index-url", "find-links", "trusted-host"}


def pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """pip's settings for ``install`` by their long names; variables win over files, lists are joined by blanks."""
    settings: dict[str, str] = {}
    for file in _pip_files(environment):
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    for key, value in environment.items():
        if key.startswith("PIP_") and value:
            settings[key[4:].lower().replace("_", "-")] = value
    return {key: " ".join(value.split()) if key in _LISTS else value.strip() for key, value in settings.items()}


def for_uv(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with pip's settings said in uv's words too, where uv has none of its own."""
    result = dict(environment)
    for key, value in pip_settings(environment).items():
        names = _UV_NAMES.get(key)
        if names is None or not value or any(result.get(name) for name in names):
            continue
        if key == "no-index":
            value = "true" if value.lower() in ("1", "true", "yes", "on") else ""
        elif key == "find-links":
            value = ",".join(shlex.split(value) if "'" in value or '"' in value else value.split())
        if value:
            result[names[0]] = value
            if key in ("extra-index-url", "find-links"):
                # pip looks into all indexes, uv stops at the first that has the name. The lock's hashes make both safe.
                result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def for_pip(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with uv's variables said in pip's words too, where pip has no setting of its own."""
    result = dict(environment)
    known = pip_settings(environment)
    for key in ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host"):
        value = next((environment[name] for name in _UV_NAMES[key] if environment.get(name)), "")
        if value and key not in known:
            # uv lets an index have a name in front: "mirror=address".
            parts = [_without_name(part) for part in value.replace(",", " ").split()]
            result["PIP_" + key.upper().replace("-", "_")] = " ".join(parts)
    return result


def _without_name(index: str) -> str:
    name, equals, address = index.partition("=")
    return address if equals and name.replace("-", "").replace("_", "").isalnum() else index


def _pip_files(environment: Mapping[str, str]) -> list[Path]:
    """pip's configuration files, the weakest first."""
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return []
    home = Path(os.path.expanduser("~"))
    files: list[Path] = []
    if sys.platform == "win32":
        files.append(Path(environment.get("PROGRAMDATA", "C:\\ProgramData")) / "pip" / "pip.ini")
        files.append(home / "pip" / "pip.ini")
        files.append(Path(environment.get("APPDATA", str(home))) / "pip" / "pip.ini")
    else:
        if sys.platform == "darwin":
            files.append(Path("/Library/Application Support/pip/pip.conf"))
        shared = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        files += [Path(folder) / "pip" / "pip.conf" for folder in shared.split(os.pathsep) if folder]
        files.append(Path("/etc/pip.conf"))
        files.append(home / ".pip" / "pip.conf")
        if sys.platform == "darwin":
            files.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
        files.append(Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf")
    if chosen:
        files.append(Path(chosen))
    return [file for file in files if file.is_file()]
