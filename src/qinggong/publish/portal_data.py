"""The computed results of a release for the portal (门户数据): one JSON file made from the facts of the brief.

The file mirrors the brief: every part (``topics``, ``prosperity``, ``targets`` …) has the fields of its dataclass in
``monitor.facts``, and a part that the month lacks is ``null``. A period is its code, a fact is an object of its own::

    {"id": …, "label": …, "value": 94.88, "text": "94.88", "unit": "点", "period": "2025-12", "status": "computed",
     "reason": ""}

The lineage of a fact is not repeated: it stands in ``data/facts.csv`` under the same identifier.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from qinggong.catalogue.synthetic import NOTICE
from qinggong.monitor.facts import Brief, Fact, FactBook
from qinggong.periods import Period

FILE = "data/portal.json"
FORMAT = 1
PARTS = ("topics", "momentum", "prosperity", "targets", "nowcasts", "flash", "warnings", "doubts", "provinces")
"""Parts of the brief in the file, in this order."""

_LEFT_OUT = {"book", "records"}


def portal_file(brief: Brief, *, title: str) -> bytes:
    """The file: UTF-8 JSON on one line; same brief, same bytes.

    Parameters
    ----------
    title
        Of the bulletin.
    """
    told: dict[str, Any] = {
        "format": FORMAT,
        "title": title,
        "notice": NOTICE if brief.synthetic else "",
        "synthetic": brief.synthetic,
        "month": brief.month.code,
        "as_of": brief.as_of,
        "release_date": brief.release_date,
        "figures": plain(brief.figures),
        "bands": [{"bound": plain(fact), "name": name} for fact, name in brief.bands],
    }
    told |= {name: plain(getattr(brief, name)) for name in PARTS}
    return (json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode("utf-8")


def plain(value: Any) -> Any:
    """A value of the brief in plain types: mappings, lists, text, numbers with twelve digits, ``None``."""
    if isinstance(value, Fact):
        return {
            "id": value.id, "label": value.label, "value": plain(value.value), "text": value.text, "unit": value.unit,
            "period": value.period.code, "status": value.status, "reason": value.reason,
        }  # fmt: skip
    if isinstance(value, Period):
        return value.code
    if isinstance(value, FactBook):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name not in _LEFT_OUT}
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [plain(inner) for inner in value]
    return value
