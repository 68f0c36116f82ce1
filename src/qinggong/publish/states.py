"""The states of a release (发布物的状态): draft → checked → signed → published, and no way back from the last.

The state stands in the manifest. What is signed is the manifest as it will read when it is published, so a signature
made before the embargo ends is the signature of the published file, and anyone can check it over its plain bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

State = Literal["draft", "checked", "signed", "published"]
STATES: tuple[State, ...] = get_args(State)

TRANSITIONS: Mapping[State, Mapping[State, str]] = {
    "draft": {
        "draft": "made again, still with errors, or as of a past day",
        "checked": "made again, and the checker finds no error",
    },
    "checked": {
        "draft": "made again, and the checker finds an error",
        "checked": "made again, or files added",
        "signed": "signed ahead of its publication",
        "published": "published, with or without a signature",
    },
    "signed": {
        "draft": "made again, and the checker finds an error",
        "checked": "made again, or files added: the signature is gone",
        "signed": "signed with another key",
        "published": "published with its signature",
    },
    "published": {},
}
"""From which state to which, and by what. Nothing leaves “published”: a correction is a release of its own."""

STATE_NAMES: Mapping[State, str] = {"draft": "草稿", "checked": "已核对", "signed": "已签名", "published": "已发布"}

_EDITION = re.compile(r"(?P<month>\d{4}(?:-(?:\d{2}|Q[1-4]|H[12]))?)(?:\.r(?P<edition>[2-9]|[1-9]\d+))?")


class ReleaseError(Exception):
    """A release cannot be written, changed or published; the message is a Chinese sentence."""


def may_become(state: str, wanted: State) -> bool:
    """True if a release may go from one state to another."""
    return state in STATES and wanted in TRANSITIONS[state]


def folder_name(month: str, edition: int = 1) -> str:
    """``2024-08`` for the first edition of a release, ``2024-08.r2`` for its first correction."""
    return month if edition == 1 else f"{month}.r{edition}"


def parse_folder(name: str) -> tuple[str, int] | None:
    """Month and edition of a release's folder; ``None`` for any other name, such as that of an as-of draft."""
    found = _EDITION.fullmatch(name)
    return None if found is None else (found["month"], int(found["edition"] or 1))


def manifest_bytes(described: Mapping[str, Any]) -> bytes:
    """A manifest as it is written: sorted keys, two spaces, UTF-8."""
    return (json.dumps(described, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def published_form(manifest: bytes) -> bytes:
    """The manifest as it reads once the release is published: what a signature is made over."""
    return manifest_bytes({**json.loads(manifest), "state": "published"})
