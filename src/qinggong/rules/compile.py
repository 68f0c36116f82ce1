"""From a pack to its program (编译): names are resolved, units fitted, parameters taken for the day and the region.

All faults of a pack are collected, each with its line, before anything is refused.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from qinggong.rules.dimensions import Measure, known_units, unit_names
from qinggong.rules.expression import Expression, FormulaError, parse
from qinggong.rules.formula import Term
from qinggong.rules.model import Body, Condition, Item, Level, Pack, Parameter, RecordField
from qinggong.rules.pack_files import PackFile
from qinggong.rules.parameters import ANYWHERE, ParameterError, value_on
from qinggong.rules.problems import Finding, PackError, shortened
from qinggong.rules.program import DATE, NUMBER, SCORE, Clause, Program, ScorePlan, days
from qinggong.rules.score_compiler import Path, Placed, ScoreCompiler

TODAY = ("评价日", "today")
_WORDS = {"and": "以下全部满足", "or": "以下任一满足", "not": "以下不成立"}


def compile_pack(file: PackFile, *, at: dt.date, region: str = "") -> Program:
    """The program of a pack.

    Raises
    ------
    PackError
        One line a fault, with file and line.
    """
    program, faults = compiled(file, at=at, region=region)
    if program is None:
        raise PackError("\n".join(f"{file.shown} 第{f.line}行：{f.message}" for f in faults[:50]))
    return program


def compiled(file: PackFile, *, at: dt.date, region: str = "") -> tuple[Program | None, list[Finding]]:
    """The program, or ``None`` with the faults that forbid one."""
    compiler = _PackCompiler(file, at, region)
    program = compiler.program()
    return (None if compiler.faults else program), compiler.faults


class _PackCompiler(ScoreCompiler):
    """Knows what the names of a pack mean."""

    def __init__(self, file: PackFile, at: dt.date, region: str) -> None:
        super().__init__()
        self.file, self.at, self.region = file, at, region
        self.faults: list[Finding] = []
        self.meanings: dict[str, tuple[str, int]] = {}
        self.items: list[tuple[Item, Path]] = []
        self.terms: dict[tuple[str, int], Term] = {}
        self.clauses: dict[int, Clause] = {}
        self.plans: dict[int, ScorePlan] = {}
        self.under_way: list[tuple[tuple[str, int], str]] = []
        self._name_all(file.pack)

    # ------------------------------------------------------------------------------------------------ names

    def _name_all(self, pack: Pack) -> None:
        for number, one in enumerate(pack.fields):
            for name in one.names:
                self._name(name, "fields", number, needed=name == one.code)
        for number, parameter in enumerate(pack.parameters):
            for name in filter(None, (parameter.code, parameter.name)):
                self._name(name, "parameters", number)
        for number, condition in enumerate(pack.conditions):
            self._name(condition.code or "", "conditions", number)
        for number, score in enumerate(pack.scores):
            self._name(score.code, "scores", number)
            for place, item in enumerate(score.items):
                if item.code:
                    self.items.append((item, ("scores", number, "items", place)))
                    self._name(item.code, "items", len(self.items) - 1, ("scores", number, "items", place))

    def _name(self, name: str, part: str, number: int, path: Path = (), *, needed: bool = True) -> None:
        known = self.meanings.setdefault(name, (part, number))
        if known != (part, number) and (needed or known[0] != "fields"):
            self._fault("double-name", path or (part, number), f"“{name}”有两个意思，请改名或删去一个")
        elif known != (part, number):
            self._fault("double-name", path or (part, number), f"两个字段都叫“{name}”，请改名或删去一个")

    def _fault(self, rule: str, path: Path, message: str) -> None:
        fault = Finding(rule, "error", message, line=self.file.line(*path))
        if fault not in self.faults:
            self.faults.append(fault)

    # ------------------------------------------------------------------------------------------------- whole

    def program(self) -> Program | None:
        pack = self.file.pack
        for number, one in enumerate(pack.fields):
            self._try(("fields", number), lambda n=number: self._meant(("fields", n), ""))
            if one.unit and one.unit not in known_units():
                self._fault("unknown-unit", ("fields", number, "unit"), self._no_unit(one.unit))
        for number, parameter in enumerate(pack.parameters):
            self._try(("parameters", number), lambda p=parameter, n=number: self._parameter(p, n))
        for number in range(len(pack.conditions)):
            self._try(("conditions", number), lambda n=number: self._meant(("conditions", n), ""))
        for number in range(len(pack.scores)):
            self._try(("scores", number), lambda n=number: self._meant(("scores", n), ""))
        applies = self._clause_at(pack.applies, ("applies",))
        requires = self._clause_at(pack.requires, ("requires",))
        levels = [(level, self._level(level, n)) for n, level in enumerate(pack.levels)]
        for part in (pack.region_field,):
            if part and (self.meanings.get(part, ("",))[0] != "fields" or self._field(part).type != "choice"):
                self._fault("unknown-field", ("region_field",), f"region_field“{part}”不是 choice 字段")
        if self.faults:
            return None
        conditions = {c.code or "": self.clauses[n] for n, c in enumerate(pack.conditions)}
        scores = {s.code: self.plans[n] for n, s in enumerate(pack.scores)}
        main = pack.main_score or (pack.scores[-1].code if pack.scores else "")
        if requires is not None:
            verdict = requires.node
        elif levels:
            nodes = [clause.node if clause else self.nodes.add("truth", numbers=(1.0,)) for _, clause in levels]
            verdict = self.nodes.add("or", *nodes)
        elif conditions:
            verdict = self.nodes.add("and", *(clause.node for clause in conditions.values()))
        else:
            verdict = self.nodes.add("exact", scores[main].node)
        return Program(
            self.file, self.at, self.region, tuple(self.nodes.nodes), dict(self.shown),
            {f.code: f for f in pack.fields if not f.formula}, conditions, scores, tuple(levels), applies, requires,
            verdict, main,
        )  # fmt: skip

    def _try(self, path: Path, work: Any) -> Any:
        """Do a part; a fault of a formula is noted at its place, once."""
        try:
            return work()
        except Placed as error:
            self._fault(error.rule, error.path, error.message)
        except FormulaError as error:
            self._fault("formula", path, str(error))
        return None

    def _clause_at(self, body: Body | None, path: Path) -> Clause | None:
        clause: Clause | None = None if body is None else self._try(path, lambda: self._clause(body, path))
        return clause

    def _level(self, level: Level, number: int) -> Clause | None:
        clause = self._clause_at(level.when, ("levels", number, "when"))
        if clause is None or clause.title:
            return clause
        return replace(
            clause,
            title=f"{level.title or level.code}",
            clause=clause.clause or level.clause,
            mark=clause.mark or level.mark,
        )

    # ------------------------------------------------------------------------------------------------- parts

    def named(self, name: str, expression: Expression) -> Term:
        """What a name of a formula stands for."""
        if name in TODAY and name not in self.meanings:
            return Term.of_constant(days(self.at), DATE)
        meaning = self.meanings.get(name)
        if meaning is None:
            import difflib

            close = difflib.get_close_matches(name, list(self.meanings), n=2, cutoff=0.5)
            hint = f"，是不是“{'”或“'.join(close)}”" if close else ""
            raise FormulaError(f"不认识“{shortened(name)}”{hint}；它不是字段、参数、条件或评分的编号或名称")
        return self._meant(meaning, name)

    def _meant(self, key: tuple[str, int], name: str) -> Term:
        if key in self.terms:
            return self.terms[key]
        waiting = [k for k, _ in self.under_way]
        if key in waiting:
            circle = [n for _, n in self.under_way[waiting.index(key) :]] + [self._label(key)]
            raise FormulaError(f"循环引用：{' → '.join(circle)}；请断开其中一处")
        if len(self.under_way) > 60:
            raise FormulaError("条件和推算字段的引用超过60层；请简化")
        self.under_way.append((key, self._label(key)))
        part, number = key
        try:
            term = self._made(part, number)
        except FormulaError as error:
            path: Path = self.items[number][1] if part == "items" else (part, number)
            if isinstance(error, Placed):
                raise
            raise Placed(part, path, str(error)) from error
        finally:
            self.under_way.pop()
        self.terms[key] = term
        return term

    def _made(self, part: str, number: int) -> Term:
        pack = self.file.pack
        if part == "fields":
            return self._field_term(pack.fields[number], number)
        if part == "parameters":
            return self._parameter(pack.parameters[number], number)
        if part == "conditions":
            clause = self.clauses[number] = self._clause(pack.conditions[number], ("conditions", number))
            return Term(clause.node, "truth")
        if part == "items":
            item, path = self.items[number]
            return Term(self._item(item, path), "number", SCORE)
        return self._score(pack.scores[number], number)

    def _label(self, key: tuple[str, int]) -> str:
        part, number = key
        if part == "items":
            return self.items[number][0].code or ""
        one = getattr(self.file.pack, part)[number]
        return str(one.code)

    def _field(self, name: str) -> RecordField:
        return self.file.pack.fields[self.meanings[name][1]]

    def _field_term(self, one: RecordField, number: int) -> Term:
        if one.formula:
            term = self._formula(one.formula, ("fields", number, "formula"))
            if term.kind != "number":
                raise Placed("formula", ("fields", number, "formula"), f"推算字段“{one.shown}”的公式不是一个数")
            return self.in_unit(term, self.measure_of(one.unit)) if one.unit else term
        if one.type == "flag":
            return Term(self.nodes.add("flag", name=one.code), "truth")
        if one.type in ("choice", "choices"):
            return Term(-1, one.type, name=one.code, options=one.options)
        measure = DATE if one.type == "date" else self.measure_of(one.unit)
        return Term(self.nodes.add("field", name=one.code), "number", measure, unit=one.unit)

    def measure_of(self, unit: str) -> Measure:
        return known_units().get(unit, NUMBER)

    def _no_unit(self, unit: str) -> str:
        import difflib

        close = difflib.get_close_matches(unit, known_units(), n=2, cutoff=0.4)
        return f"没有单位“{shortened(unit)}”" + (f"，是不是“{'”或“'.join(close)}”" if close else "；请用目录中的单位")

    def _parameter(self, parameter: Parameter, number: int) -> Term:
        if parameter.unit and parameter.unit not in known_units():
            raise Placed("unknown-unit", ("parameters", number, "unit"), self._no_unit(parameter.unit))
        measure = self.measure_of(parameter.unit)
        regions = dict.fromkeys(v.region for v in parameter.values if v.region not in ANYWHERE)
        by_record = self.file.pack.region_field
        if not (by_record and regions):
            value = self._value(parameter, number, self.region)
            return Term.of_constant(value, measure, bare=not parameter.unit, unit=parameter.unit)
        table = self._field(by_record).options if by_record in self.meanings else ()
        unlisted = [r for r in regions if r not in table]
        if unlisted:
            raise Placed(
                "unknown-region", ("parameters", number), f"地区“{unlisted[0]}”不在字段“{by_record}”的 options 里"
            )
        values = tuple(self._value(parameter, number, option) for option in table)
        code = self._field(by_record).code
        return Term(self.nodes.add("by_choice", name=code, numbers=values), "number", measure, unit=parameter.unit)

    def _value(self, parameter: Parameter, number: int, region: str) -> float:
        try:
            return value_on(parameter, self.at, region)
        except ParameterError as error:
            raise Placed(error.rule, ("parameters", number), str(error)) from error

    # --------------------------------------------------------------------------------------------- conditions

    def _formula(self, text: str, path: Path) -> Term:
        try:
            return self.term(parse(text, units=unit_names()))
        except Placed:
            raise
        except FormulaError as error:
            raise Placed("formula", path, f"公式“{shortened(text, most=60)}”：{error}") from error

    def _clause(self, body: Body, path: Path) -> Clause:
        line = self.file.line(*path)
        if isinstance(body, str):
            return self._test(Condition(test=body), path, line)
        if body.test is not None:
            return self._test(body, (*path, "test"), line)
        word = body.combination
        place: Path = (*path, "of" if word == "at_least" else word)
        inner = [(p, place if word == "not" else (*place, n)) for n, p in enumerate(body.parts)]
        parts = tuple(self._clause(part, where) for part, where in inner)
        nodes = [part.node for part in parts]
        if word == "at_least":
            node = self.nodes.add("at_least", *nodes, numbers=(float(body.at_least or 0),))
        else:
            node = self.nodes.add({"all": "and", "any": "or", "not": "not"}[word], *nodes)
        text = {"all": _WORDS["and"], "any": _WORDS["or"], "not": _WORDS["not"]}.get(
            word, f"以下至少满足{body.at_least}项"
        )
        return Clause(
            node, word, text, body.code or "", body.title, body.clause, body.mark, body.note, line, parts
        )  # fmt: skip

    def _test(self, condition: Condition, path: Path, line: int) -> Clause:
        text = condition.test or ""
        term = self._formula(text, path)
        if term.kind != "truth":
            raise Placed("formula", path, f"“{shortened(text, most=60)}”不是条件；请写比较，如 营业收入 ≥ 1000万元")
        own = condition
        tree = parse(text, units=unit_names())
        if (named := self._condition(tree)) is not None:
            return named
        parts, word = self._spelled_out(tree, text, line), "test"
        if parts:
            word, text = {"and": "all", "or": "any"}.get(tree.op, "not"), _WORDS[tree.op]
        return Clause(term.node, word, text, own.code or "", own.title, own.clause, own.mark, own.note, line, parts)

    def _condition(self, e: Expression) -> Clause | None:
        """The condition that a name stands for."""
        part, number = self.meanings.get(e.name, ("", 0)) if e.op == "name" else ("", 0)
        return self.clauses[number] if part == "conditions" else None

    def _spelled_out(self, e: Expression, text: str, line: int) -> tuple[Clause, ...]:
        """The parts of a formula that joins conditions of the pack, so that each is told with its values."""
        if e.op not in _WORDS or not any(self._condition(one) for one in e.walk()):
            return ()
        parts = []
        for arg in e.args:
            if (named := self._condition(arg)) is not None:
                parts.append(named)
                continue
            node, own = self._truth(arg).node, text[arg.start : arg.end]
            inner = self._spelled_out(arg, text, line)
            word = {"and": "all", "or": "any", "not": "not"}.get(arg.op, "test") if inner else "test"
            parts.append(Clause(node, word, _WORDS[arg.op] if inner else own, line=line, parts=inner))
        return tuple(parts)
