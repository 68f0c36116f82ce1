"""The engine of rules against a slow literal one, on random packs and records.

The judge (:class:`Literal`) walks the formulas of a pack for one record at a time, in exact fractions, with its own
reading of units; it shares the parser with the engine and nothing else.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qinggong.rules import PackError, bundled_packs, evaluate, read_pack
from qinggong.rules.compile import compile_pack
from qinggong.rules.evaluate import evaluated
from qinggong.rules.expression import Expression, FormulaError, parse
from qinggong.rules.model import Condition, Pack
from qinggong.rules.records import typed

DAY = dt.date(2025, 1, 1)
SEEDS = st.integers(0, 2**32)
UNITS = {
    "万元": Fraction(10_000),
    "亿元": Fraction(100_000_000),
    "元": Fraction(1),
    "%": Fraction(1, 100),
    "人": Fraction(1),
}
HEAD = """
id: random_pack
version: "1"
title: 随机
jurisdiction: 全国
document: 无
source: 随机生成
mark: own
checked_on: 2025-01-01
valid_from: 2020-01-01
subject: 记录
fields:
  - {code: a, unit: 万元}
  - {code: b, unit: 亿元}
  - {code: c, unit: "%"}
  - {code: d, type: integer, unit: 人}
  - {code: p, type: flag}
  - {code: q, type: flag}
  - {code: kind, type: choice, options: [甲, 乙, 丙]}
  - {code: links, type: choices, options: [一, 二, 三]}
"""
FIELDS = {"a": "万元", "b": "亿元", "c": "%", "d": "人"}


class Literal:
    """Kleene's logic and exact arithmetic, one record at a time; ``None`` is unknown."""

    def __init__(self, record: Mapping[str, Any], conditions: Mapping[str, Condition]) -> None:
        self.record, self.conditions = record, conditions
        self.cancelled = False

    def truth(self, body: str | Condition) -> bool | None:
        if isinstance(body, str):
            return self._truth(parse(body, units=frozenset(UNITS)))
        if body.test is not None:
            return self.truth(body.test)
        parts = [self.truth(part) for part in body.parts]
        if body.negated is not None:
            return None if parts[0] is None else not parts[0]
        needed = {"all": len(parts), "any": 1}.get(body.combination, body.at_least or 0)
        if sum(part is True for part in parts) >= needed:
            return True
        return False if sum(part is not False for part in parts) < needed else None

    def _truth(self, e: Expression) -> bool | None:
        if e.op in ("and", "or"):
            parts = [self._truth(part) for part in e.args]
            decisive = e.op == "or"
            if decisive in parts:
                return decisive
            return None if None in parts else not decisive
        if e.op == "not":
            inner = self._truth(e.args[0])
            return None if inner is None else not inner
        if e.op == "name":
            if e.name in self.conditions:
                return self.truth(self.conditions[e.name])
            found = self.record.get(e.name)
            assert found is None or isinstance(found, bool)
            return found
        if e.op in ("in", "has"):
            value = self.record.get(e.args[0].name)
            names = [part.name for part in e.args[1:]]
            if value is None:
                return None
            return names[0] in value if e.op == "has" else value in names
        if e.args[1].op == "text":
            value = self.record.get(e.args[0].name)
            return None if value is None else (value == e.args[1].name) == (e.op == "=")
        left, right = self.number(e.args[0]), self.number(e.args[1])
        if left is None or right is None:
            return None
        # Binary arithmetic cannot tell what is left of two large amounts that cancel: such a case proves nothing.
        largest = max((abs(self.number(part) or 0) for part in e.walk() if part.op in ("number", "name")), default=0)
        self.cancelled |= abs(left - right) < largest / 10**9 and max(abs(left), abs(right)) < largest / 10**3
        return {
            ">=": left >= right, ">": left > right, "<=": left <= right, "<": left < right, "=": left == right,
            "!=": left != right,
        }[e.op]  # fmt: skip

    def number(self, e: Expression) -> Fraction | None:
        """In base units: yuan, persons, pure numbers."""
        if e.op == "number":
            return e.number * UNITS.get(e.unit, Fraction(1))
        if e.op == "name":
            value = self.record.get(e.name)
            return None if value is None else Fraction(str(value)) * UNITS[FIELDS[e.name]]
        parts = [self.number(part) for part in e.args]
        if None in parts:
            return None
        known = [part for part in parts if part is not None]
        if e.op == "call":
            if e.name == "abs":
                return abs(known[0])
            return sum(known, Fraction(0)) / len(known) if e.name == "mean" else {"min": min, "max": max}[e.name](known)
        if e.op == "neg":
            return -known[0]
        one, other = known
        if e.op == "/":
            return None if other == 0 else one / other
        return {"+": one + other, "-": one - other, "*": one * other}[e.op]


# ------------------------------------------------------------------------------------------ random formulas

SIGNS = (">=", ">", "<=", "<", "=", "!=", "≥", "≤")
SIMPLE = ("p", "q", 'kind = "甲"', 'kind 属于 ("甲", "丙")', 'links 包含 "二"', 'kind != "乙"')


def money(rng: random.Random, depth: int = 2) -> str:
    """A formula for an amount of money."""
    if depth == 0 or rng.random() < 0.4:
        constant = rng.choice(["0", "50", "100", "1000", "0.5", "12.25"]) + rng.choice(["万元", "亿元"])
        return rng.choice(["a", "b", "a", "b", constant])
    one, other = money(rng, depth - 1), money(rng, depth - 1)
    forms = ("({} + {})", "({} - {})", "min({}, {})", "max({}, {})", "平均({}, {})", "abs({})", "(2 * {})", "-{}")
    return rng.choice(forms).format(one, other)


def question(rng: random.Random) -> str:
    """One comparison, or a yes–no question."""
    kind, sign = rng.random(), rng.choice(SIGNS)
    if kind < 0.4:
        return f"{money(rng)} {sign} {money(rng)}"
    if kind < 0.6:
        quotient = rng.choice(["c", "c", f"{money(rng)} / a", f"{money(rng)} / (a + b)"])
        return f"{quotient} {sign} {rng.choice(['0', '3', '5', '50', '100', '0.3'])}%"
    if kind < 0.7:
        return f"d {sign} {rng.choice(['0', '20', '300'])}人"
    return f"0 ≤ c {rng.choice(['<', '≤'])} 50%" if kind < 0.75 else rng.choice(SIMPLE)


def formula(rng: random.Random, depth: int = 2) -> str:
    if depth == 0 or rng.random() < 0.4:
        return question(rng)
    form = rng.choice(["({} 且 {})", "({} 或 {})", "非 ({})"])
    return form.format(formula(rng, depth - 1), formula(rng, depth - 1))


def tree(rng: random.Random, depth: int = 2) -> Any:
    """A condition as a pack has it."""
    if depth == 0 or rng.random() < 0.4:
        return formula(rng)
    parts = [tree(rng, depth - 1) for _ in range(rng.randint(1, 3))]
    word = rng.choice(["all", "any", "not", "at_least"])
    if word == "at_least":
        return {"at_least": rng.randint(1, len(parts)), "of": parts}
    return {word: parts[0] if word == "not" else parts}


def record(rng: random.Random, *, unknown: float = 0.2) -> dict[str, Any]:
    def or_none(value: Any) -> Any:
        return None if rng.random() < unknown else value

    found: dict[str, Any] = {
        name: or_none(rng.choice([0, 50, 100, 1000, 0.5, 3, 5, 0.3, -20, rng.randint(-9999, 9999) / 100]))
        for name in "abc"
    }
    found |= {"d": or_none(rng.choice([0, 20, 300, rng.randint(-5, 400)]))}
    found |= {name: or_none(rng.random() < 0.5) for name in "pq"}
    found |= {"kind": or_none(rng.choice("甲乙丙")), "links": or_none(rng.sample("一二三", rng.randint(1, 3)))}
    return found


def less(rng: random.Random, full: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if rng.random() < 0.4 else value for name, value in full.items()}


def pack_of(bodies: list[Any]) -> Any:
    import yaml

    conditions = [
        {"code": f"C{n}", **(body if isinstance(body, dict) else {"test": body})} for n, body in enumerate(bodies)
    ]
    return read_pack(HEAD + yaml.safe_dump({"conditions": conditions}, allow_unicode=True))


def truths(pack: Any, records: list[dict[str, Any]]) -> dict[str, list[int]]:
    done = evaluate(pack, records, at=DAY)
    assert not done.findings
    return {code: [int(v) for v in values] for code, values in done.conditions.items()}


@given(SEEDS)
@settings(deadline=None, max_examples=60)
def test_the_engine_agrees_with_the_literal_one(seed: int) -> None:
    rng = random.Random(seed)
    file = pack_of([tree(rng) for _ in range(4)])
    records = [record(rng) for _ in range(12)]
    found = truths(file, records)
    named = {c.code or "": c for c in file.pack.conditions}
    for number, one in enumerate(records):
        judge = Literal(one, named)
        for code, condition in named.items():
            judge.cancelled = False
            expected = judge.truth(condition)
            assert judge.cancelled or found[code][number] == {True: 1, False: -1, None: 0}[expected], (condition, one)


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_less_input_only_makes_unknown(seed: int) -> None:
    rng = random.Random(seed)
    # A decided condition may become unknown when fields are left out; it never turns, and unknown stays unknown.
    file = pack_of([tree(rng) for _ in range(4)])
    full = [record(rng, unknown=0.1) for _ in range(12)]
    before, after = truths(file, full), truths(file, [less(rng, one) for one in full])
    for code in before:
        assert all(b in (a, 0) for a, b in zip(before[code], after[code], strict=True))


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_a_score_with_gaps_holds_the_score_without(seed: int) -> None:
    rng = random.Random(seed)
    full = [record(rng, unknown=0.1) for _ in range(20)]
    one = evaluate(read_pack(HEAD + SCORED), full, at=DAY)
    other = evaluate(read_pack(HEAD + SCORED), [less(rng, r) for r in full], at=DAY)
    assert (~(other.score_low > one.score_low) & ~(other.score_high < one.score_high)).all()
    for a, b in ((one.verdict, other.verdict), (one.level_index, other.level_index)):
        assert ((b == a) | (b == (0 if a is one.verdict else -2))).all()


SCORED = """
scores:
  - code: S
    items:
      - {of: c, bands: [{in: "≥ 50%", points: 20}, {in: "[3%, 50%)", points: 10}, {in: "< 3%", points: 0}]}
      - {of: links, options: {一: 3, 二: 4, 三: 5}, most: 8}
      - {of: kind, options: {甲: 6, 乙: 2, 丙: 0}}
      - {of: a, linear: {base: 0万元, lead: 1000万元, points: 10}}
      - {cases: [{when: p 且 q, points: 9}, {when: p, points: 4}], otherwise: 1}
levels:
  - {code: 高, when: S ≥ 30}
  - {code: 中, when: S ≥ 15 且 p}
"""


GAP_HEAD = (
    HEAD[: HEAD.index("fields:")]
    + """fields:
  - {code: a, type: integer, min: 0, max: 6, change: any, cost: 1}
  - {code: b, type: integer, min: 0, max: 6, change: up, cost: 2, fixed_cost: 1}
  - {code: p, type: flag, change: any, cost: 3}
  - {code: kind, type: choice, options: [甲, 乙], change: any, cost: 2}
"""
)


def linear(rng: random.Random, depth: int = 2) -> str:
    """A condition that is linear in its fields."""
    if depth == 0 or rng.random() < 0.3:
        n, m = rng.randint(-3, 9), rng.randint(1, 3)
        return rng.choice([
            f"a {rng.choice(SIGNS)} {n}", f"b {rng.choice(SIGNS)} {n}", f"{m} * a + b {rng.choice(SIGNS)} {n}",
            f"a - {m} * b {rng.choice(SIGNS)} {n}", f"min(a, b) ≥ {n}", f"max(a, b) < {n}", f"a / (b + 1) ≥ {m}",
            "p", 'kind = "甲"', f"abs(a - b) ≤ {m}", f"S ≥ {n}",
        ])  # fmt: skip
    form = rng.choice(["({} 且 {})", "({} 且 {})", "({} 或 {})", "非 ({})"])
    return form.format(linear(rng, depth - 1), linear(rng, depth - 1))


GAP_SCORE = """
scores: [{code: S, items: [
  {of: a, bands: [{in: "[0, 2]", points: 0}, {in: "(2, 4]", points: 3}, {in: "> 4", points: 5}]},
  {of: kind, options: {甲: 2, 乙: 0}}, {cases: [{when: p, points: 2}]}]}]
"""


@given(SEEDS)
@example(56)
@example(194)
@example(195)
@example(248)
@settings(deadline=None, max_examples=25)
def test_the_cheapest_way_is_that_of_trying_them_all(seed: int) -> None:
    import yaml

    rng = random.Random(seed)
    now = {"a": rng.randint(0, 6), "b": rng.randint(0, 6), "p": rng.random() < 0.5, "kind": rng.choice("甲乙")}
    requires = yaml.safe_dump({"requires": f"({linear(rng)}) 且 ({linear(rng)})"}, allow_unicode=True)
    file = read_pack(GAP_HEAD + GAP_SCORE + requires)
    tries = [
        {"a": a, "b": b, "p": p, "kind": kind}
        for a in range(7) for b in range(now["b"], 7) for p in (True, False) for kind in "甲乙"
    ]  # fmt: skip
    verdicts = evaluate(file, tries, at=DAY).verdict
    costs = [
        abs(t["a"] - now["a"]) + 2 * (t["b"] - now["b"]) + (t["b"] != now["b"]) + 3 * (t["p"] != now["p"])
        + 2 * (t["kind"] != now["kind"])
        for t, verdict in zip(tries, verdicts, strict=True) if verdict == 1
    ]  # fmt: skip
    gap = evaluate(file, [now], at=DAY).gap(0)
    if not costs:
        assert gap.status in ("impossible", "unsolved")
    elif min(costs) == 0:
        assert gap.status == "met"
    else:
        assert gap.status == "reachable", (requires, now)
        assert gap.cost == min(costs), (requires, now, gap.moves)


@given(st.floats(0, 5000), st.floats(0, 5000))
@settings(deadline=None, max_examples=25)
def test_conditions_that_ask_for_more_are_monotone(one: float, other: float) -> None:
    """More of what is asked for never undoes it."""
    body = "a ≥ 1000万元 或 (a + b ≥ 2亿元 且 max(a, 50万元) > 0.0005亿元)"
    low, high = sorted([one, other])
    found = truths(pack_of([body]), [{"a": low, "b": 1}, {"a": high, "b": 1}])["C0"]
    assert found[0] <= found[1]


@given(st.text(max_size=60) | st.text("()且或非abc+-×÷≥<=0123456789.%万元,\"'属于包含 ", max_size=40))
@settings(deadline=None, max_examples=150)
def test_any_text_is_a_formula_or_a_fault(text: str) -> None:
    """Never another error, whatever is typed."""
    try:
        parse(text, units=frozenset(UNITS))
    except FormulaError as error:
        assert str(error)


@given(st.text("abcd: -[]{}&*!|>\n\t\"'#,0123年", max_size=80))
@settings(deadline=None, max_examples=150)
def test_any_text_is_a_pack_or_a_fault(text: str) -> None:
    try:
        read_pack(text)
    except PackError as error:
        assert str(error)


@pytest.mark.parametrize("file", bundled_packs(), ids=lambda f: f"{f.pack.id}@{f.pack.version}")
def test_rows_do_not_depend_on_their_neighbours(file: Any) -> None:
    """The answer for many records at once is the answer for each alone."""
    pack: Pack = file.pack
    records = [one for vector in pack.vectors for one in vector.records if not vector.region]
    program = compile_pack(file, at=pack.valid_from)
    together = evaluated(program, typed(records, pack))
    heads = dict.fromkeys(head for one in records for head in one)  # alone, a record without any field is refused
    for number, one in enumerate(records):
        alone = evaluated(program, typed([{head: one.get(head) for head in heads}], pack))
        assert alone.outcome[0] == together.outcome[number]
        assert alone.level[0] == together.level[number]
        assert alone.missing[0] == together.missing[number]
