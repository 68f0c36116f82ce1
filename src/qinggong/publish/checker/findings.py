"""What the checker says (核对结果): findings with rule, severity, place, quotation and expected value."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Literal

import yaml

Severity = Literal["error", "warning"]


class CheckError(Exception):
    """A document or data file cannot be checked; the message is a Chinese sentence that names the file."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it finds, how grave that is, a sentence that breaks it and one that keeps it."""

    id: str
    title: str
    severity: Severity
    about: str
    wrong: str
    right: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a finding stands; counts start at 1, 0 means: does not apply.

    ``page`` is known for PDF only. ``paragraph`` counts the paragraphs of the document without its tables, ``sentence``
    those of the paragraph; ``table``, ``row`` and ``column`` count with the head of the table.
    """

    page: int = 0
    paragraph: int = 0
    sentence: int = 0
    table: int = 0
    row: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [("第{}页", self.page), ("第{}段", self.paragraph), ("第{}句", self.sentence)]
        parts += [("第{}个表", self.table), ("第{}行", self.row), ("第{}列", self.column)]
        return "".join(form.format(n) for form, n in parts if n)


@dataclass(frozen=True, slots=True)
class Finding:
    """One slip: ``quote`` is what stands there, ``message`` says in Chinese what is wrong, ``expected`` what fits."""

    rule: str
    severity: Severity
    position: Position
    quote: str
    message: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one document, in the order of the text.

    ``numbers`` counts the numbers that were understood, ``compared`` those of quantities told more than once,
    ``known`` those that the data know.
    """

    findings: tuple[Finding, ...]
    numbers: int = 0
    compared: int = 0
    known: int = 0

    @property
    def errors(self) -> int:
        return sum(f.severity == "error" for f in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        return {
            "findings": [
                {**asdict(f), "position": {k: v for k, v in asdict(f.position).items() if v}} for f in self.findings
            ],
            "errors": self.errors,
            "warnings": len(self.findings) - self.errors,
            "numbers": self.numbers,
            "compared": self.compared,
            "known": self.known,
        }


@functools.cache
def rules() -> dict[str, Rule]:
    """The rules of the checker by identifier, from ``data/rules.yaml``."""
    return {one["id"]: Rule(**one) for one in _data("rules.yaml")["rules"]}


@functools.cache
def words() -> dict[str, Any]:
    """Words and thresholds of the checker, from ``data/words.yaml``."""
    return _data("words.yaml")


def _data(name: str) -> dict[str, Any]:
    raw = resources.files("qinggong.publish.checker").joinpath("data", name).read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(raw)
    return document


def in_order(placed: Iterable[tuple[int, Finding]]) -> tuple[Finding, ...]:
    """Findings by place, each once: a slip that two rules see is told by the first of them at that place."""
    kept: dict[tuple[object, ...], tuple[int, Finding]] = {}
    for start, finding in placed:
        kept.setdefault((finding.rule, start, finding.expected), (start, finding))
    return tuple(finding for _, finding in sorted(kept.values(), key=lambda pair: pair[0]))
