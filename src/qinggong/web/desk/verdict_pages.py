"""One release as the people see it who make and publish it (核对结论): what the checker says, what is held back, files.

Drafts are seen here only. Files are given out by the names of the manifest, so no address leads out of the folder.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from qinggong.config import Layout
from qinggong.office.permissions import Thing, allowed, require
from qinggong.office.problems import OfficeError
from qinggong.publish import shelf
from qinggong.publish.checker import CheckError, Report, check_document
from qinggong.publish.states import STATE_NAMES, ReleaseError
from qinggong.web.desk.area import Answer, Area
from qinggong.web.desk.guard import Visitor
from qinggong.web.pages.releases import KINDS, TYPES

_THING = Thing("month")
_FOLDER = re.compile(r"\d{4}[0-9A-Za-z.@-]{0,30}")
_INLINE = (".html", ".pdf")
_MOST = 200


def add(area: Area) -> None:
    """The pages of this module."""
    area.show("/desk/months/{folder}", lambda who, request: _verdict(area, who, request))
    area.show("/desk/months/{folder}/files/{name:path}", lambda who, request: _file(area, who, request))


def _found(layout: Layout, name: str) -> tuple[Path, dict[str, Any]]:
    """A release or draft by the name of its folder; a draft goes before a release of the same name.

    Raises
    ------
    OfficeError
        If there is none.
    """
    if _FOLDER.fullmatch(name):
        for parent in (layout.drafts, layout.releases):
            if (parent / name / shelf.MANIFEST).is_file():
                try:
                    return parent / name, shelf.read_manifest(parent / name)
                except ReleaseError as error:
                    raise OfficeError(str(error)) from error
    raise OfficeError(f"没有“{name[:40]}”这一期，请从月报编制页进入")


def _verdict(area: Area, who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", _THING)
    folder, read = _found(area.layout, request.path_params["folder"])
    check = read.get("check") or {}
    errors = int(check.get("errors", 0))
    report = _report(area, folder, read)
    slips = [
        {
            "severity": {"error": "错误", "warning": "提示"}.get(f.severity, f.severity), "bad": f.severity == "error",
            "where": str(f.position), "quote": f.quote, "message": f.message, "expected": f.expected, "rule": f.rule,
        }
        for f in sorted(report.findings, key=lambda f: f.severity != "error")[:_MOST]
    ] if report else []  # fmt: skip
    state = read["state"]
    data = {
        "heading": f"{folder.name} 核对结论", "folder": folder.name, "month": read.get("month", ""), "state": state,
        "state_name": STATE_NAMES.get(state, state), "draft": folder.parent == area.layout.drafts,
        "release_date": read.get("release_date", ""), "facts": read.get("facts", 0), "errors": errors,
        "warnings": int(check.get("warnings", 0)), "slips": slips, "numbers": report.numbers if report else 0,
        "held": list(read.get("held") or ()), "left_out": dict(read.get("not_included") or {}),
        "remarks": list(read.get("side_remarks") or ()), "inputs": list(read.get("inputs") or ()),
        "files": [
            {
                "name": name, "kind": KINDS.get(name, name.rpartition(".")[2].upper()), "bytes": told["bytes"],
                "path": f"/desk/months/{folder.name}/files/{quote(name)}", "shown": name.endswith(_INLINE),
            }
            for name, told in sorted(read["files"].items(), key=lambda f: (f[0] not in KINDS, "/" in f[0], f[0]))
        ],
        "may_publish": allowed(who.actor, "publish", _THING) and state in ("checked", "signed") and not errors,
    }  # fmt: skip
    return Answer("verdict", data)


def _report(area: Area, folder: Path, read: dict[str, Any]) -> Report | None:
    """What the checker finds in the bulletin; ``None`` where there is none that can be read."""
    told = read["files"].get("bulletin.html")
    if told is None:
        return None
    return _checked(folder / "bulletin.html", str(told["sha256"]), area.layout.catalogue)


@lru_cache(maxsize=16)
def _checked(path: Path, sha256: str, overlay: Path) -> Report | None:
    """The report of a bulletin; kept by its content, so that a page looked at twice is checked once."""
    from qinggong.catalogue import load_catalogue

    try:
        return check_document(PurePath(path.name), path.read_bytes(), catalogue=load_catalogue(overlay=overlay))
    except (OSError, CheckError):
        return None


def _file(area: Area, who: Visitor, request: Request) -> Answer:
    require(who.actor, "view", _THING)
    folder, read = _found(area.layout, request.path_params["folder"])
    name = request.path_params["name"]
    if name not in read["files"]:
        raise OfficeError(f"这一期没有文件“{name[:60]}”")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise OfficeError(f"文件“{name[:60]}”读不了，请重新编制这一期") from error
    ending = "." + name.rpartition(".")[2]
    way = "inline" if ending in _INLINE else "attachment"
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", f"{folder.name}-{name.rpartition('/')[2]}")
    headers = {
        "Content-Disposition": f'{way}; filename="{plain}"', "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return Answer(response=Response(content, headers=headers, media_type=TYPES.get(ending, "application/octet-stream")))
