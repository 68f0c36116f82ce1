"""What a pack is compiled into (判断程序): a list of array operations in order, and the clauses that they decide.

Each operation (:class:`Node`) names the earlier ones it needs; the same operation of two rules is one node. Numbers are
intervals ``low..high`` so that a score with a missing part still decides what it can; see
:mod:`qinggong.rules.operations`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from qinggong.rules.dimensions import NUMBER, Measure
from qinggong.rules.model import Item, Level, RecordField, Score
from qinggong.rules.pack_files import PackFile

Kind = Literal["number", "truth", "choice", "choices", "text"]
WINDOWS = frozenset(
    [
        "prev",
        "streak",
        "rolling_mean",
        "rolling_sum",
        "rolling_min",
        "rolling_max",
        "history_share",
        "history_z",
        "peer_share",
        "peer_median",
        "peer_z",
        "peer_true",
    ]
)
"""Operations that look at other records: they are done over all records before the rest."""
TRUTHS = frozenset(
    ["ge", "gt", "eq", "isin", "has", "flag", "and", "or", "not", "at_least", "truth", "streak", "exact"]
)
EPOCH = dt.date(1970, 1, 1)


def days(day: dt.date) -> int:
    """A date as a number: days since 1970-01-01."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: what to do, with which earlier nodes, of which field, with which constants."""

    op: str
    args: tuple[int, ...] = ()
    name: str = ""
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition as it is shown: its words, its formula, the node that decides it, and its parts."""

    node: int
    relation: str
    text: str = ""
    code: str = ""
    title: str = ""
    clause: str = ""
    mark: str = ""
    note: str = ""
    line: int = 0
    parts: tuple[Clause, ...] = ()

    def walk(self) -> Iterator[Clause]:
        """This clause and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """A score: its node, and its parts with theirs."""

    score: Score
    node: int
    items: tuple[tuple[Item, int], ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled pack for one day and region.

    Attributes
    ----------
    nodes
        Operations, each after those it needs.
    shown
        By the node of a comparison: the unit in which people read it, and what to multiply its sides by.
    verdict
        The node that decides 符合 or 不符合.
    levels
        Each level with its clause; ``None`` for ``otherwise``.
    """

    file: PackFile
    at: dt.date
    region: str
    nodes: tuple[Node, ...]
    shown: dict[int, tuple[str, float]]
    fields: dict[str, RecordField]
    conditions: dict[str, Clause]
    scores: dict[str, ScorePlan]
    levels: tuple[tuple[Level, Clause | None], ...]
    applies: Clause | None
    requires: Clause | None
    verdict: int
    main_score: str

    @property
    def classifies(self) -> bool:
        """Whether every record has some level: the outcome is then that the level is decided."""
        return self.requires is None and bool(self.levels) and self.levels[-1][1] is None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """What decides the outcome, in the order in which it is shown."""
        if self.requires is not None:
            return (self.requires,)
        of_levels = tuple(clause for _, clause in self.levels if clause is not None)
        return of_levels or tuple(self.conditions.values())

    def below(self, roots: tuple[int, ...]) -> list[int]:
        """The nodes that some nodes need, themselves included, in order."""
        wanted: set[int] = set()
        waiting = list(roots)
        while waiting:
            number = waiting.pop()
            if number not in wanted:
                wanted.add(number)
                waiting.extend(self.nodes[number].args)
        return sorted(wanted)

    def inputs(self, roots: tuple[int, ...]) -> list[str]:
        """Fields on which some nodes depend, in the order of the pack."""
        used = {self.nodes[n].name for n in self.below(roots)} & self.fields.keys()
        return sorted(used, key=list(self.fields).index) if len(used) > 1 else list(used)


@dataclass(slots=True)
class NodeList:
    """Nodes in the making; an operation that is there already is not entered twice."""

    nodes: list[Node] = field(default_factory=list)
    places: dict[Node, int] = field(default_factory=dict)

    def add(self, op: str, *args: int, name: str = "", numbers: tuple[float, ...] = ()) -> int:
        node = Node(op, args, name, numbers)
        place = self.places.get(node)
        if place is None:
            place = self.places[node] = len(self.nodes)
            self.nodes.append(node)
        return place


DATE = Measure((("date", 1),))
DAYS = Measure((("time", 1),))
SCORE = Measure((("score", 1),))
__all__ = [
    "DATE", "DAYS", "EPOCH", "NUMBER", "SCORE", "TRUTHS", "WINDOWS", "Clause", "Kind", "Node", "NodeList", "Program",
    "ScorePlan", "days",
]  # fmt: skip
