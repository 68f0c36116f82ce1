"""How many slips of the unit are refused, and how many true figures (错位的检出与误报)? Prints one JSON object of counts.

The true figures are those of the real workbooks beside the project, every one of them read, some 100,000. Into cells
chosen with a fixed seed a power of ten is put, and the file goes the whole way of the checks: understood, held against
the store, examined. Two ways of coming in are tried:

``workbook``
    all figures as one file into an empty store, as in the first import; one cell in a hundred is wrong, and the file
    itself is the only history.
``monthly``
    the figures of every third month since 2009 as a file, all earlier months stored; one cell in fifty is wrong.

Counted are wrong cells refused (an error keeps the row out) and warned, by power and by whether the series has at
least the twelve comparable figures near in time that the rules want; and the true cells refused or warned, by rule.
Growth rates are counted apart, and only with powers above zero: a thousandth of a growth rate is a plausible one.
Usage::

    python benchmarks/validation.py [--data FOLDER] [--seeds 5] [--check]

``--check`` ends with status 1 if less than 95 % of the slips by 1,000 and 10,000 in levels with a history are refused,
or a true figure is.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.periods import Period, parse
from qinggong.sources import UnreadableFile
from qinggong.sources.base import RawRow
from qinggong.sources.series_workbook import SHAPE
from qinggong.validate import Checked, Finding, Key, Stored, Thresholds, check_rows, examine, load_thresholds

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "china_subsector_monthly"
RECEIVED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
POWERS = (-4, -3, -1, 1, 3, 4)
TARGET = 0.95
FIRST_YEAR = 2009
EVERY = 3
Stock = dict[Key, list[Stored]]


def true_figures(folder: Path) -> list[RawRow]:
    """Every figure of the workbooks once, the newest file first, numbered anew."""
    found: dict[tuple[str, ...], RawRow] = {}
    for path in sorted(folder.glob("*.xlsx"), key=lambda p: p.stem[-8:], reverse=True):
        try:
            rows = SHAPE.parse(PurePath(path.name), path.read_bytes()).rows
        except UnreadableFile:
            continue
        for row in rows:
            found.setdefault((row.subject, row.region, row.indicator, row.measure, row.period), row)
    return [dataclasses.replace(row, row=n) for n, row in enumerate(found.values(), start=2)]


def slipped(row: RawRow, power: int) -> RawRow:
    return dataclasses.replace(row, value=f"{Decimal(row.value) * Decimal(10) ** power:f}")


def spoilt(rows: Sequence[RawRow], *, rate: float, rng: random.Random) -> tuple[list[RawRow], dict[int, int]]:
    """The rows with slips at random cells that are not zero, and the power by row."""
    powers: dict[int, int] = {}
    out = []
    for row in rows:
        if float(row.value) and rng.random() < rate:
            powers[row.row] = rng.choice(POWERS if row.measure == "level" else [p for p in POWERS if p > 0])
            row = slipped(row, powers[row.row])
        out.append(row)
    return out, powers


def checked(
    rows: Sequence[RawRow], stored: Stock, catalogue: Catalogue, limits: Thresholds
) -> tuple[tuple[Checked, ...], list[Finding]]:
    """A file's rows that are understood and new, and all findings."""
    report = check_rows(rows, file="x", catalogue=catalogue, received=RECEIVED, stored=stored)
    doubts = examine(report.accepted, file="x", stored=stored, catalogue=catalogue, limits=limits)
    return report.accepted, [*report.findings, *doubts]


def store(rows: Sequence[Checked], stored: Stock) -> None:
    for r in rows:
        value = Stored(float(r.value or 0), float(r.tolerance), r.published_at, r.publisher.code, r.unit)
        stored.setdefault(r.key, []).append(value)


class History:
    """How many comparable figures a row has near in time."""

    def __init__(self, rows: Sequence[RawRow], limits: Thresholds) -> None:
        self.limits = limits.history
        self.ends: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row in rows:
            period = parse(row.period)
            for kind in {period.kind, "month" if period.is_jan_feb else period.kind}:
                self.ends[self._series(row, kind)].append(_end(period))

    def _series(self, row: RawRow, kind: str) -> tuple[str, ...]:
        return (row.subject, row.region, row.indicator, row.measure, kind)

    def is_long(self, row: RawRow, *, only_before: bool) -> bool:
        period = parse(row.period)
        own, window = _end(period), self.limits.window
        near = [e for e in self.ends[self._series(row, period.kind)] if e != own and abs(e - own) <= window]
        return sum(1 for e in near if not only_before or e < own) >= self.limits.least


def _end(period: Period) -> int:
    return period.year * 12 + period.last


Trial = tuple[list[RawRow], dict[int, int], list[Finding]]


def workbook(
    rows: Sequence[RawRow], seed: int, rate: float, catalogue: Catalogue, limits: Thresholds
) -> Iterator[Trial]:
    """All figures as one file."""
    file, powers = spoilt(rows, rate=rate, rng=random.Random(seed))
    yield file, powers, checked(file, {}, catalogue, limits)[1]


def monthly(rows: Sequence[RawRow], rate: float, catalogue: Catalogue, limits: Thresholds) -> Iterator[Trial]:
    """Every third month as a file, the earlier months stored as they are."""
    stored = Stock()
    months: dict[int, list[RawRow]] = defaultdict(list)
    for row in rows:
        months[_end(parse(row.period))].append(row)
    for end in sorted(months):
        true = months[end]
        if end > FIRST_YEAR * 12 and end % EVERY == 0:
            file, powers = spoilt(true, rate=rate, rng=random.Random(end))
            yield file, powers, checked(file, stored, catalogue, limits)[1]
        store(check_rows(true, file="x", catalogue=catalogue, received=RECEIVED, stored={}).accepted, stored)


def count(trials: Iterator[Trial], history: History, *, only_before: bool) -> dict[str, Any]:
    """Counts of wrong and of true cells of some trials."""
    wrong: Counter[tuple[str, int, bool, str]] = Counter()
    true: Counter[tuple[str, str]] = Counter()
    rules: Counter[tuple[str, str]] = Counter()
    examples: list[str] = []
    for file, powers, findings in trials:
        by_row: dict[int, list[Finding]] = defaultdict(list)
        for finding in findings:
            by_row[finding.row].append(finding)
        for row in file:
            what = "level" if row.measure == "level" else "growth"
            found = by_row[row.row]
            refused = any(f.severity == "error" for f in found)
            fate = "refused" if refused else "warned" if found else "unseen"
            if row.row in powers:
                wrong[what, powers[row.row], history.is_long(row, only_before=only_before), fate] += 1
                continue
            true[what, fate] += 1
            rules.update((f.rule, f.severity) for f in found)
            examples += [f"{f.rule}: {f.series} {f.period} {f.value}" for f in found if f.severity == "error"]
    return {"slips": _slips(wrong), "true": _true(true), "true_by_rule": _rules(rules), "true_refused": examples}


def _slips(wrong: Mapping[tuple[str, int, bool, str], int]) -> list[dict[str, Any]]:
    lines = []
    for what in ("level", "growth"):
        for long in (True, False):
            for power in POWERS:
                fates = {fate: wrong[what, power, long, fate] for fate in ("refused", "warned", "unseen")}
                if total := sum(fates.values()):
                    lines.append({"of": what, "history": "long" if long else "short", "power": power, "slips": total}
                                 | fates | {"refused_share": round(fates["refused"] / total, 4)})  # fmt: skip
    return lines


def _true(true: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [
        {"of": what, "figures": sum(n for (w, _), n in true.items() if w == what)}
        | {fate: true.get((what, fate), 0) for fate in ("refused", "warned")}
        for what in ("level", "growth")
    ]


def _rules(rules: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [{"rule": r, "severity": s, "figures": n} for (r, s), n in sorted(rules.items())]


def summary(results: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The share of slips by 1,000 and 10,000 refused in levels with a history, and the true figures refused."""
    found = {}
    for name, result in results.items():
        chosen = [s for s in result["slips"] if s["of"] == "level" and s["history"] == "long" and abs(s["power"]) >= 3]
        total = sum(s["slips"] for s in chosen)
        refused = sum(s["refused"] for s in chosen)
        found[name] = {"slips": total, "refused": refused, "share": round(refused / max(total, 1), 4)}
    return found


def main() -> None:
    options = argparse.ArgumentParser(description="slips refused, true figures refused")
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--check", action="store_true")
    chosen = options.parse_args()
    catalogue, limits = load_catalogue(), load_thresholds()
    rows = true_figures(chosen.data)
    if not rows:
        sys.exit(f"no workbooks in {chosen.data}")
    history, seeds = History(rows, limits), range(1, chosen.seeds + 1)
    ways = {
        "workbook": (t for s in seeds for t in workbook(rows, s, 0.01, catalogue, limits)),
        "monthly": monthly(rows, 0.02, catalogue, limits),
    }
    untouched = count(workbook(rows, 0, 0.0, catalogue, limits), history, only_before=False)
    results = {name: count(trials, history, only_before=name == "monthly") for name, trials in ways.items()}
    told = summary(results)
    answer = {
        "what": "slips of the unit refused and true figures refused, counts", "figures": len(rows),
        "seeds": chosen.seeds, "target": TARGET, "summary": told,
        "untouched": {k: untouched[k] for k in ("true", "true_by_rule", "true_refused")}, **results,
    }  # fmt: skip
    print(json.dumps(answer, ensure_ascii=False, indent=2))
    refused = [e for e in untouched["true_refused"] if not e.startswith(("implausible", "contradiction"))]
    if chosen.check and (refused or any(t["share"] < TARGET for t in told.values())):
        sys.exit(1)


if __name__ == "__main__":
    main()
