"""What changed since an earlier release (修订说明): which figures were revised or withdrawn, and by how much.

The earlier release is read from its own data files, so what is compared is what its readers have. A later month is
compared in the figures that both have; a correction is compared whole.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from qinggong.catalogue.synthetic import NOTICE, NOTICE_EN, publisher_name
from qinggong.periods import PeriodError, parse
from qinggong.periods import name as period_name
from qinggong.publish.data import DataTable, Value

Kind = Literal["revised", "withdrawn", "added", "removed"]
Row = Mapping[str, Value]
Label = Callable[[str], str]

KIND_NAMES: Mapping[Kind, str] = {"revised": "修订", "withdrawn": "撤回", "added": "新增", "removed": "不再列出"}
TABLE_NAMES = {"observation": "公布数字", "fact": "月报数字"}
COLUMNS = (
    ("kind", "变动"), ("table", "所在表"), ("id", "编号"), ("label", "名称"), ("period", "时期"),
    ("period_name", "时期名称"), ("unit", "单位"), ("old", "原数字"), ("new", "新数字"), ("difference", "相差"),
    ("old_published_at", "原发布日期"), ("new_published_at", "新发布日期"), ("publisher", "发布机构"),
)  # fmt: skip
SHOWN = 300
"""Rows of the page; the table has all of them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that differs; ``difference`` is new minus old where both are numbers in one unit."""

    kind: Kind
    table: Literal["observation", "fact"]
    id: str
    label: str
    period: str
    unit: str
    old: str
    new: str
    difference: float | None
    old_published_at: str
    new_published_at: str
    publisher: str


@dataclass(frozen=True, slots=True)
class Changelog:
    """What differs from an earlier release.

    ``previous`` is its folder, empty if there is none; ``compared`` the number of figures that both releases know.
    """

    previous: str
    compared: int
    changes: tuple[Change, ...]
    note: str = ""


def read_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a data file of a release, as text; apostrophes that guard against formulas are taken off."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [{k: v[1:] if v.startswith(("'=", "'+", "'-", "'@")) else v for k, v in row.items()} for row in rows]


def compare(
    *, previous: str, old_facts: Sequence[Row], new_facts: Sequence[Row], old_observations: Sequence[Row],
    new_observations: Sequence[Row], known: Callable[[str, str], Row | None], label: Label, whole: bool,
    note: str = "", own: str = "本系统测算",
) -> Changelog:  # fmt: skip
    """Hold a release against an earlier one.

    Parameters
    ----------
    old_facts, new_facts, old_observations, new_observations
        Rows of the data files ``facts`` and ``observations`` of both.
    known
        The row that counts today for a series and a period, ``None`` if there is none (any more): figures of the
        earlier release that the new one does not use are held against it.
    label
        The Chinese name of a series by its identifier.
    whole
        Tell also what came and what went: for a correction of the same month.
    note
        Why a correction was made.
    own
        Who publishes what was computed.
    """
    changes: list[Change] = []
    compared = 0
    here = {(str(r["series_id"]), str(r["period"])): r for r in new_observations}
    before = {(str(r["series_id"]), str(r["period"])): r for r in old_observations}
    for (series, period), old in before.items():
        new = here.get((series, period)) or known(series, period)
        compared += new is not None
        if new is None or _number(old["value"]) != _number(new["value"]):
            kind: Kind = "revised" if new is not None else "withdrawn"
            changes.append(_observation(kind, series, period, old, new, label))
    if whole:
        for (series, period), new in here.items():
            if (series, period) not in before:
                changes.append(_observation("added", series, period, None, new, label))
    facts = {(str(r["id"]), str(r["period"])): r for r in new_facts}
    earlier = {(str(r["id"]), str(r["period"])): r for r in old_facts}
    for key, old in earlier.items():
        new = facts.get(key)
        compared += new is not None
        if new is not None and (old["printed"], old["unit"]) != (new["printed"], new["unit"]):
            changes.append(_fact("revised", key, old, new, own))
        elif new is None and whole:
            changes.append(_fact("removed", key, old, None, own))
    if whole:
        changes += [_fact("added", key, None, new, own) for key, new in facts.items() if key not in earlier]
    order = {"revised": 0, "withdrawn": 1, "added": 2, "removed": 3}
    changes.sort(key=lambda c: (c.table != "observation", order[c.kind], c.id, c.period))
    return Changelog(previous, compared, tuple(changes), note)


def _observation(kind: Kind, series: str, period: str, old: Row | None, new: Row | None, label: Label) -> Change:
    either = new or old
    assert either is not None
    return Change(
        kind, "observation", series, label(series), period, str(either["unit"]), _printed(old), _printed(new),
        _difference(None if old is None else old["value"], None if new is None else new["value"]),
        _of(old, "published_at"), _of(new, "published_at"), str(either["publisher"]),
    )  # fmt: skip


def _fact(kind: Kind, key: tuple[str, str], old: Row | None, new: Row | None, own: str) -> Change:
    either = new or old
    assert either is not None
    same = old is None or new is None or old["unit"] == new["unit"]
    return Change(
        kind, "fact", key[0], str(either["label"]), key[1], str(either["unit"]), _of(old, "printed"),
        _of(new, "printed"),
        _difference(old["printed"], new["printed"]) if old is not None and new is not None and same else None,
        _of(old, "published_at"), _of(new, "published_at"), str(either["publisher"]) or own,
    )  # fmt: skip


def _of(row: Row | None, name: str) -> str:
    return "" if row is None or row[name] is None else str(row[name])


def _printed(row: Row | None) -> str:
    """The number in the unit of the series: digits and unit as published may differ between two releases."""
    value = None if row is None else _number(row["value"])
    return "" if value is None else _plain(value)


def _number(value: Value) -> Decimal | None:
    try:
        return None if value is None or value == "" else Decimal(str(value))
    except InvalidOperation:
        return None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _difference(old: Value, new: Value) -> float | None:
    before, after = _number(old), _number(new)
    return None if before is None or after is None else float(after - before)


# ------------------------------------------------------------------------------------------------- showing


def changelog_table(log: Changelog, *, synthetic: bool = False) -> DataTable:
    """The changes as a data table; synthetic ones name no other publisher."""
    rows: list[tuple[Value, ...]] = [
        (
            KIND_NAMES[c.kind], TABLE_NAMES[c.table], c.id, c.label, c.period, _period(c.period), c.unit, c.old, c.new,
            c.difference, c.old_published_at, c.new_published_at,
            c.publisher if not synthetic or c.publisher.startswith("合成数据") else publisher_name(c.publisher),
        )
        for c in log.changes
    ]  # fmt: skip
    return DataTable("changelog", "与上一次发布物相比的修订", COLUMNS, rows, ("difference",))


def changelog_page(log: Changelog, *, name: str, synthetic: bool = False) -> bytes:
    """The changes as Markdown, Chinese first; at most :data:`SHOWN` rows, the table has all."""
    lines = [f"# {name}：修订说明 / Changelog", ""]
    if synthetic:
        lines += [f"**{NOTICE} / {NOTICE_EN}**", ""]
    if log.note:
        lines += [f"更正说明 / Note: {_cell(log.note)}", ""]
    lines += [*_summary(log), ""]
    for table, head in (
        ("observation", "公布数字 / Published figures"),
        ("fact", "月报数字 / Figures of the bulletin"),
    ):
        own = [c for c in log.changes if c.table == table]
        if own:
            lines += [f"## {head}", "", *_rows(own), ""]
    return "\n".join(lines).encode()


def _summary(log: Changelog) -> list[str]:
    if not log.previous:
        return ["此前没有发布物可比。 / No earlier release to compare with."]
    counts = {kind: sum(1 for c in log.changes if c.kind == kind) for kind in KIND_NAMES}
    told = "，".join(f"{KIND_NAMES[k]}{n}个" for k, n in counts.items() if n) or "没有改动"
    english = ", ".join(f"{n} {k}" for k, n in counts.items() if n) or "nothing changed"
    return [
        f"与发布物 {log.previous} 相比，两期共有{log.compared}个数字；{told}。",
        "",
        f"Compared with release {log.previous}: {log.compared} figures in common; {english}.",
    ]


def _rows(changes: Iterable[Change]) -> list[str]:
    listed = list(changes)
    lines = [
        "| 变动 | 名称 | 时期 | 原数字 / old | 新数字 / new | 相差 / difference | 单位 | 发布机构 |",
        "|---|---|---|---:|---:|---:|---|---|",
    ]
    for c in listed[:SHOWN]:
        gap = "" if c.difference is None else _plain(Decimal(repr(c.difference)))
        cells = (KIND_NAMES[c.kind], c.label, _period(c.period), c.old, c.new, gap, c.unit, c.publisher)
        lines.append("| " + " | ".join(_cell(cell) or "—" for cell in cells) + " |")
    if len(listed) > SHOWN:
        lines += [
            "",
            f"另有{len(listed) - SHOWN}个，见 changelog.csv。 / {len(listed) - SHOWN} more in changelog.csv.",
        ]
    return lines


def _cell(text: str) -> str:
    """Text in a cell: no line breaks, no markup that a page could run."""
    flat = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return flat.replace("\\", "\\\\").replace("|", "\\|")


def _period(code: str) -> str:
    try:
        return period_name(parse(code))
    except PeriodError:
        return code
