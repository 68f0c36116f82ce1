"""Observations as SDMX-CSV 2.0 and SDMX-JSON 2.0 (统计数据交换数据), by plain code and with all vintages if asked for.

Sources: SDMX-CSV 2.0 field guide (columns, actions, columns of one's own), SDMX-JSON 2.0.0 data message (field guide
and schema), SDMX REST API 2, data queries (``includeHistory``: one data set a dissemination and action).
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qinggong.publish.sdmx_codes import ATTRIBUTES, DIMENSIONS, TIME, VALUE
from qinggong.publish.sdmx_structure import DEFINITION, FLOW, Flow, meta, named, written

VALIDITY = ("VALID_FROM", "VALID_TO")
"""Columns beyond the data structure in a file with history: days of publication and of replacement."""
_NO_DAY = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One observation, or one vintage of it.

    Attributes
    ----------
    key
        Identifiers of the codes, in the order of ``DIMENSIONS``.
    value
        ``None`` for a withdrawal.
    attributes
        Texts in the order of ``ATTRIBUTES``, empty where there is none.
    valid_from, valid_to
        ISO dates of publication and of the next vintage; empty if unknown, or if there is no next one.
    """

    key: tuple[str, ...]
    time: str
    value: float | None
    attributes: tuple[str, ...]
    valid_from: str = _NO_DAY
    valid_to: str = _NO_DAY


def csv_message(flow: Flow, rows: Sequence[Row], *, history: bool) -> bytes:
    """SDMX-CSV: a row an observation; with history a row a vintage, ``R`` replacing what was and ``D`` taking it away.

    A ``D`` has no value and no attributes: with them only these would be taken away.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    parts = [name for name, *_ in (*DIMENSIONS, TIME, VALUE, *ATTRIBUTES)]
    writer.writerow(["STRUCTURE", "STRUCTURE_ID", "ACTION", *parts, *(VALIDITY if history else ())])
    nothing = ("",) * len(ATTRIBUTES)
    for row in rows:
        if row.value is None:
            written_row = ("dataflow", flow.reference, "D", *row.key, row.time, "", *nothing)
        else:
            action = "R" if history else "I"
            written_row = ("dataflow", flow.reference, action, *row.key, row.time, repr(row.value), *row.attributes)
        writer.writerow((*written_row, row.valid_from, row.valid_to) if history else written_row)
    return out.getvalue().encode()


def json_message(flow: Flow, rows: Sequence[Row], *, history: bool, prepared: dt.datetime) -> bytes:
    """SDMX-JSON: series over time; with history a data set for each day of publication and action, the oldest first."""
    names = [name for name, *_ in ATTRIBUTES]
    used = [at for at in range(len(names)) if any(row.attributes[at] for row in rows if row.value is not None)]
    keys = [_numbered(row.key[at] for row in rows) for at in range(len(DIMENSIONS))]
    times = {time: at for at, time in enumerate(sorted({row.time for row in rows}, key=_end))}
    texts = {
        at: _numbered(row.attributes[at] for row in rows if row.attributes[at] and row.value is not None) for at in used
    }
    sets: dict[tuple[str, int, str], dict[str, Any]] = {}
    rounds: dict[tuple[tuple[str, ...], str, str], int] = {}
    for row in rows:
        action, turn = "Information", 0
        if history:
            action = "Replace" if row.value is not None else "Delete"
            place = (row.key, row.time, row.valid_from)
            turn = rounds[place] = rounds.get(place, -1) + 1
        of_set = sets.setdefault((row.valid_from if history else _NO_DAY, turn, action), {})
        name = ":".join([str(keys[at][code]) for at, code in enumerate(row.key)])
        one = of_set.setdefault(name, {"observations": {}})
        one["observations"][str(times[row.time])] = (
            []
            if row.value is None
            else [row.value, *(texts[at][t] if (t := row.attributes[at]) else None for at in used)]
        )
    links = [{"rel": "dataflow", "urn": flow.urn("dataflow", FLOW)}]
    structure = {
        "dataSets": list(range(len(sets))), "links": [{"rel": "structure", "urn": flow.urn("datastructure",
        DEFINITION)}, *links],
        "dimensions": {
            "series": [
                {
                    "id": one, **named((zh, en)), "keyPosition": at,
                    "values": [{"id": code, **named(flow.lists[one].items[code])} for code in keys[at]],
                }
                for at, (one, zh, en) in enumerate(DIMENSIONS)
            ],
            "observation": [
                {
                    "id": TIME[0], **named(TIME[1:]), "keyPosition": len(DIMENSIONS), "roles": [TIME[0]],
                    "values": [_time_value(time) for time in times],
                }
            ],
        },
        "measures": {"observation": [{"id": VALUE[0], **named(VALUE[1:]), "format": {"dataType": "Double"}}]},
        "attributes": {
            "observation": [
                {
                    "id": ATTRIBUTES[at][0], **named(ATTRIBUTES[at][1:]), "relationship": {"observation": {}},
                    "values": [{"value": text} for text in texts[at]],
                }
                for at in used
            ]
        },
    }  # fmt: skip
    data_sets = [
        {
            "structure": 0, "action": action, **({"validFrom": f"{day}T00:00:00+08:00"} if day else {}), "links": links,
            "series": series,
        }
        for (day, _, action), series in sorted(sets.items(), key=lambda one: one[0])
    ]  # fmt: skip
    return written({"meta": meta(flow, prepared, "data"), "data": {"structures": [structure], "dataSets": data_sets}})


def _numbered(texts: Any) -> dict[str, int]:
    """Each text once, with its number."""
    return {text: at for at, text in enumerate(dict.fromkeys(texts))}


def _months(time: str) -> tuple[int, int, int]:
    """Year, first and last month of ``2024-08``, ``2024-Q3``, ``2024-S2``."""
    year, part = int(time[:4]), time[5:]
    if part[0] in "QS":
        length = 3 if part[0] == "Q" else 6
        return year, (int(part[1]) - 1) * length + 1, int(part[1]) * length
    return year, int(part), int(part)


def _end(time: str) -> tuple[int, int, int, str]:
    year, first, last = _months(time)
    return year, last, first, time


def _time_value(time: str) -> dict[str, str]:
    year, first, last = _months(time)
    days = calendar.monthrange(year, last)[1]
    return {
        "id": time, "name": time, "start": f"{year}-{first:02d}-01T00:00:00+08:00",
        "end": f"{year}-{last:02d}-{days}T23:59:59+08:00",
    }  # fmt: skip
