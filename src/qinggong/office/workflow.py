"""States of cases and the steps between them (事项状态表), as the catalogue has them."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Entry, Snake, Text
from qinggong.office.permissions import Action
from qinggong.office.problems import OfficeError

Need = Literal["owner", "note", "deadline", "into", "file", "category", "rating"]
KindCode = Literal["warning", "task", "appeal", "decision", "return", "issue"]
Positive = Annotated[int, Field(ge=1, le=1_000_000_000)]

NEED_NAMES: dict[str, str] = {
    "owner": "承办人", "note": "说明", "deadline": "新的期限", "into": "并入哪一件", "file": "文件", "category": "类别",
    "rating": "评分",
}  # fmt: skip


class Kind(Entry):
    """A kind of case; ``working_days`` until the first deadline by severity 1, 2, 3."""

    code: KindCode
    name: Text
    name_en: Text
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    working_days: tuple[Positive, Positive, Positive]


class Severity(Entry):
    """A grade of severity, 3 the gravest."""

    level: Annotated[int, Field(ge=1, le=3)]
    name: Text
    name_en: Text


class State(Entry):
    """A state; in an ``ended`` one nobody has to do anything."""

    code: Snake
    name: Text
    name_en: Text
    ended: bool = False


class Transition(Entry):
    """A step: from which states, to which (empty: it stays), what it needs, and for which kinds (empty: all)."""

    action: Action
    name: Text
    from_: tuple[Snake, ...] = Field(alias="from", min_length=1)
    to: str = ""
    needs: tuple[Need, ...] = ()
    kinds: tuple[KindCode, ...] = ()


class Hysteresis(Entry):
    """When a signal has gone, and when one that comes back opens its old case again or is only noted."""

    clear_after: Positive
    resume_within_days: Positive
    quiet_days: Positive


class AttachmentRules(Entry):
    """What may be attached."""

    largest_bytes: Positive
    most_per_case: Positive
    endings: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$")], ...]


class TextRules(Entry):
    """How long texts may be, in characters."""

    longest_title: Positive
    longest_note: Positive


class CaseTable(Entry):
    """Kinds, states and transitions."""

    kind: Literal["case_states"]
    source: Text
    valid_from: dt.date
    kinds: tuple[Kind, ...]
    severities: tuple[Severity, Severity, Severity]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    hysteresis: Hysteresis
    attachments: AttachmentRules
    texts: TextRules

    @model_validator(mode="after")
    def _consistent(self) -> CaseTable:
        states = {s.code for s in self.states}
        seen: set[tuple[str, str, str]] = set()
        for t in self.transitions:
            if unknown := {*t.from_, *filter(None, [t.to])} - states:
                raise ValueError(f"transition {t.action}: no state {', '.join(sorted(unknown))}")
            for place in ((t.action, state, k.code) for state in t.from_ for k in self.kinds):
                if t.kinds and place[2] not in t.kinds:
                    continue
                if place in seen:
                    raise ValueError(f"transition {t.action} from {place[1]} stands twice for {place[2]}")
                seen.add(place)
        if "new" not in states:
            raise ValueError("states: a case begins as “new”")
        return self

    def kind_of(self, code: str) -> Kind:
        """The kind of a code.

        Raises
        ------
        OfficeError
            Naming those there are.
        """
        for kind in self.kinds:
            if kind.code == code:
                return kind
        names = "、".join(f"{k.code}（{k.name}）" for k in self.kinds)
        raise OfficeError(f"没有事项类别“{code}”，可用的有 {names}")

    def state(self, code: str) -> State:
        return next(s for s in self.states if s.code == code)

    def severity(self, level: int) -> Severity:
        return self.severities[level - 1]

    def find(self, action: str, *, kind: str, state: str) -> Transition | None:
        """The step of an action from a state, if there is one."""
        for t in self.transitions:
            if t.action == action and state in t.from_ and (not t.kinds or kind in t.kinds):
                return t
        return None

    def steps(self, *, kind: str, state: str) -> tuple[Transition, ...]:
        """All steps from a state."""
        return tuple(t for t in self.transitions if state in t.from_ and (not t.kinds or kind in t.kinds))


@cache
def case_table() -> CaseTable:
    """The bundled table; like the permissions it is part of the program, and a workspace has none of its own."""
    return bundled_document("office/cases.yaml", CaseTable)
