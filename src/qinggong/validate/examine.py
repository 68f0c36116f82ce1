"""The plausibility check of a file's rows (合理性核查): each rule in one function, each doubt one finding.

Errors (a slip of the unit that is beyond doubt, a ratio outside its definition, a part well above its whole) keep a
row out; all else is a warning. Rows that are doubted by themselves are no evidence against others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qinggong.catalogue import Catalogue
from qinggong.validate import growth, history, identities, slips
from qinggong.validate.evidence import Found, make_case
from qinggong.validate.findings import Finding
from qinggong.validate.related import standing
from qinggong.validate.rows import Checked, Key, Stored
from qinggong.validate.thresholds import Thresholds

DOUBTS = (
    "out-of-bounds", "unit-slip", "unit-break", "part-above-whole", "far-from-history", "month-against-cumulative",
    "cumulative-falls", "ratio-against-parts", "growth-sign", "growth-against-levels", "large-revision",
    "publishers-differ",
)  # fmt: skip
"""The rules of this module; a person may accept a row that any of them doubts."""
VOUCHED = "*"
"""Stands for all warnings about a row that had been refused and that a person vouches for."""
_ALONE = (history.bounds, slips.unit_slips)
_TOGETHER = (
    identities.parts, history.far, identities.months, identities.falls, identities.ratios, identities.shares,
    growth.growth, identities.revisions, identities.publishers,
)  # fmt: skip


def examine(
    rows: Sequence[Checked],
    *,
    file: str,
    stored: Mapping[Key, Sequence[Stored]],
    catalogue: Catalogue,
    limits: Thresholds,
    accepted: frozenset[tuple[str, int]] = frozenset(),
) -> list[Finding]:
    """Doubts about understood rows, in the order of the file.

    Parameters
    ----------
    stored
        What the store holds of the series that ``related`` names, each key in the order of replacement.
    accepted
        Rule and row of doubts that a person has settled in favour of the number; they are not raised again. With
        ``VOUCHED`` as the rule, no warning is raised about the row either.
    """
    versions = {key: list(held) for key, held in stored.items()}
    found: list[Finding] = []
    waiting = [r for r in rows if r.value is not None]
    while waiting:
        # Of several rows of one key the earlier ones are history to the later ones.
        layer: dict[Key, Checked] = {}
        for row in waiting:
            layer.setdefault(row.key, row)
        found += _examine_layer(layer, file, versions, catalogue, limits, accepted)
        refused = {f.row for f in found if f.severity == "error"}
        waiting = [r for r in waiting if layer[r.key] is not r]
        for row in layer.values() if waiting else ():
            if row.row not in refused:
                new = Stored(float(row.value or 0), float(row.tolerance), row.published_at, row.publisher.code)
                versions.setdefault(row.key, []).append(new)
    return sorted(found, key=lambda f: (f.row, f.rule))


def _examine_layer(
    rows: Mapping[Key, Checked], file: str, stored: Mapping[Key, Sequence[Stored]], catalogue: Catalogue,
    limits: Thresholds, accepted: frozenset[tuple[str, int]],
) -> list[Finding]:  # fmt: skip
    """The rules on rows of distinct keys: first what a number says by itself, then what the sound ones say together."""
    held = standing(stored)
    case = make_case(rows, stored, held, held, file, catalogue, limits)
    found: dict[tuple[str, int], Finding] = {}

    def note(pairs: Found) -> None:
        for row, finding in pairs:
            settled = finding.severity == "warning" and (VOUCHED, row.row) in accepted
            if not settled and (finding.rule, row.row) not in accepted:
                found.setdefault((finding.rule, row.row), finding)

    for rule in _ALONE:
        note(rule(case))
    doubted = {number for _, number in found}
    sound = held | {key: f for key, f in case.figures.items() if f.row not in doubted}
    good = {key: row for key, row in rows.items() if row.row not in doubted}
    case = make_case(good, stored, held, sound, file, catalogue, limits)
    for rule in _TOGETHER:
        note(rule(case))
    told = {number for _, number in found}
    note((row, finding) for row, finding in slips.short_history(case) if row.row not in told)
    return list(found.values())
