"""What may stand in a rule pack (规则包), and nothing else: every entry is frozen and refuses fields it does not know.

Conditions are formulas (:mod:`qinggong.rules.expression`) or combinations of them; a text in the place of a condition
is a formula, and the code of another condition is one too.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

LONGEST_TEXT = 4000
NOTICE = "示例，以官方文本为准"

Mark = Literal["read", "read_secondary", "recalled", "own", ""]
"""Where a fact comes from: the text itself, a text that quotes it, memory (check before use), this project."""
FieldType = Literal["number", "integer", "flag", "choice", "choices", "date"]
Change = Literal["no", "up", "down", "any"]
Step = Literal["month", "industrial_month", "quarter", "half", "year", "day"]
Combination = Literal["test", "all", "any", "not", "at_least"]
Outcome = Literal["符合", "不符合", "无法判断", "不适用"]


def _text(value: Any) -> Any:
    # A version such as 2017 or a code such as 1.2 is written without quotes by everyone.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("要写一个数（不加引号、不带单位）")
    if not abs(value) < 1e15:
        raise ValueError("数太大，应小于 10 的 15 次方；请换单位")
    return value


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Text = Annotated[
    str, BeforeValidator(_text), StringConstraints(min_length=1, max_length=LONGEST_TEXT, strip_whitespace=True)
]
Loose = Annotated[str, BeforeValidator(_text), StringConstraints(max_length=LONGEST_TEXT, strip_whitespace=True)]
Code = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^[^\W\d]\w{0,59}$")]
Formula = Annotated[str, BeforeValidator(_text), StringConstraints(min_length=1, strip_whitespace=True)]
Number = Annotated[float, BeforeValidator(_number)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Value(Entry):
    """A parameter's value from one day to another in one region; without days or region it holds always, everywhere."""

    value: Number
    valid_from: dt.date | None = Field(default=None, alias="from")
    valid_to: dt.date | None = Field(default=None, alias="to")
    region: Loose = ""
    clause: Loose = ""
    mark: Mark = ""


class Parameter(Entry):
    code: Code
    name: Loose = ""
    unit: Loose = ""
    values: tuple[Value, ...] = Field(min_length=1)
    note: Loose = ""


class RecordField(Entry):
    """A field of a record, or one derived from others by ``formula``.

    ``change`` says in which direction the subject can move it; ``cost`` is the effort for one unit, ``fixed_cost`` that
    of touching it at all, ``step`` the smallest amount by which it moves.
    """

    code: Code
    name: Loose = ""
    name_en: Loose = ""
    type: FieldType = "number"
    unit: Loose = ""
    aliases: Texts = ()
    minimum: Number | None = Field(default=None, alias="min")
    maximum: Number | None = Field(default=None, alias="max")
    options: Texts = ()
    formula: Loose = ""
    judged: bool = False
    change: Change = "no"
    cost: Annotated[Number, Field(ge=0)] | None = None
    fixed_cost: Annotated[Number, Field(ge=0)] = 0
    step: Annotated[Number, Field(gt=0)] | None = None
    note: Loose = ""

    @property
    def shown(self) -> str:
        return self.name or self.code

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it may be called in records."""
        return tuple(dict.fromkeys(n for n in (self.code, self.name, self.name_en, *self.aliases) if n))

    @model_validator(mode="after")
    def _consistent(self) -> RecordField:
        if self.type in ("choice", "choices") and not self.options:
            raise ValueError(f"{self.type} 要写 options（可选的各项）")
        if self.type not in ("choice", "choices") and self.options:
            raise ValueError("只有 choice 和 choices 有 options")
        if len(set(self.options)) < len(self.options):
            raise ValueError("options 里有重复的项")
        if self.type not in ("number", "integer") and (
            self.unit or self.minimum is not None or self.maximum is not None
        ):
            raise ValueError(f"{self.type} 没有 unit、min、max")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("min 大于 max")
        if self.formula and self.type not in ("number", "integer"):
            raise ValueError("推算字段（formula）只能是 number；是非的推算请写成条件")
        if self.formula and self.change != "no":
            raise ValueError("推算字段由其他字段算出，不能写 change")
        if self.change in ("up", "down") and self.type in ("choice", "choices", "date"):
            raise ValueError(f"{self.type} 的 change 只能是 no 或 any")
        return self


class Condition(Entry):
    """A formula (``test``), or ``all``, ``any``, ``not`` of conditions, or ``at_least`` k ``of`` them."""

    code: Code | None = None
    title: Loose = ""
    title_en: Loose = ""
    clause: Loose = ""
    mark: Mark = ""
    note: Loose = ""
    test: Formula | None = None
    all_of: tuple[Body, ...] | None = Field(default=None, alias="all", min_length=1)
    any_of: tuple[Body, ...] | None = Field(default=None, alias="any", min_length=1)
    negated: Body | None = Field(default=None, alias="not")
    at_least: Annotated[int, Field(ge=1)] | None = None
    of: tuple[Body, ...] | None = Field(default=None, min_length=1)

    @property
    def combination(self) -> Combination:
        for name, part in (("test", self.test), ("all", self.all_of), ("any", self.any_of), ("not", self.negated)):
            if part is not None:
                return name  # type: ignore[return-value]
        return "at_least"

    @property
    def parts(self) -> tuple[Body, ...]:
        """The conditions it combines."""
        if self.negated is not None:
            return (self.negated,)
        return self.all_of or self.any_of or self.of or ()

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        given = [self.test, self.all_of, self.any_of, self.negated, self.at_least]
        if sum(part is not None for part in given) != 1:
            raise ValueError("要写 test、all、any、not、at_least 中的恰好一个")
        if (self.at_least is None) != (self.of is None):
            raise ValueError("at_least 和 of 要一起写")
        if self.of is not None and self.at_least is not None and self.at_least > len(self.of):
            raise ValueError(f"at_least: {self.at_least} 多于 of 的{len(self.of)}个条件，永远不能满足")
        return self


def _form(value: Any) -> str:
    return "condition" if isinstance(value, dict | Condition) else "formula"


Body = Annotated[Annotated[Formula, Tag("formula")] | Annotated[Condition, Tag("condition")], Discriminator(_form)]
"""A condition, or the text of a formula."""
Condition.model_rebuild()


class Band(Entry):
    """Points for a value within a range; see :func:`qinggong.rules.expression.parse_interval`."""

    within: Formula = Field(alias="in")
    points: Number
    clause: Loose = ""
    mark: Mark = ""


class Case(Entry):
    """Points if a condition holds; of several cases the first that holds counts."""

    when: Body
    points: Number
    clause: Loose = ""
    mark: Mark = ""


class Linear(Entry):
    """Points that grow evenly from ``base`` (none) to ``lead`` (all), either may be the larger one."""

    base: Formula
    lead: Formula
    points: Number


class Item(Entry):
    """A part of a score: the value of a formula itself, or its bands, options, a line, or cases."""

    code: Code | None = None
    title: Loose = ""
    title_en: Loose = ""
    clause: Loose = ""
    mark: Mark = ""
    of: Formula | None = None
    weight: Number = 1
    most: Number | None = None
    bands: tuple[Band, ...] | None = Field(default=None, min_length=1)
    options: dict[Text, Number] | None = Field(default=None, min_length=1)
    linear: Linear | None = None
    cases: tuple[Case, ...] | None = Field(default=None, min_length=1)
    otherwise: Number | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Item:
        forms = [self.bands, self.options, self.linear, self.cases]
        if sum(part is not None for part in forms) > 1:
            raise ValueError("bands、options、linear、cases 只能写一种")
        if (self.cases is None) == (self.of is None):
            raise ValueError("cases 不写 of；其余都要写 of（字段或公式）")
        if self.otherwise is not None and self.cases is None:
            raise ValueError("otherwise 只用于 cases")
        if self.weight < 0:
            raise ValueError("weight 不能是负数")
        return self


class Score(Entry):
    code: Code
    title: Loose = ""
    title_en: Loose = ""
    clause: Loose = ""
    items: tuple[Item, ...] = Field(min_length=1)
    most: Number | None = None


class Level(Entry):
    """An outcome; of several levels, best first, the first whose condition holds is reached."""

    code: Code
    title: Loose = ""
    title_en: Loose = ""
    clause: Loose = ""
    mark: Mark = ""
    when: Body | None = None
    otherwise: bool = False

    @model_validator(mode="after")
    def _one_form(self) -> Level:
        if (self.when is None) != self.otherwise:
            raise ValueError("要写 when，或 otherwise: true")
        return self


class Expected(Entry):
    outcome: Outcome | None = None
    level: Loose | None = None
    score: Number | None = None
    missing: Texts | None = None
    conditions: dict[Text, Outcome] | None = None


class Vector(Entry):
    """A case with its known answer; of several records (over time) the answer is that of the last."""

    title: Text
    at: dt.date | None = None
    region: Loose = ""
    given: dict[Text, Any] | tuple[dict[Text, Any], ...]
    expect: Expected

    @property
    def records(self) -> list[dict[str, Any]]:
        return [dict(self.given)] if isinstance(self.given, dict) else [dict(one) for one in self.given]

    @model_validator(mode="after")
    def _something(self) -> Vector:
        if not self.expect.model_fields_set:
            raise ValueError("expect 是空的；请写 outcome、level、score、missing 或 conditions")
        return self


class OverTime(Entry):
    """How records follow one another: the column of the period, those that name the subject, the step."""

    period: Text = "时期"
    by: Texts = ()
    step: Step = "month"


class Pack(Entry):
    """A dated, cited, tested set of rules over records of one kind."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
    version: Text
    title: Text
    title_en: Loose = ""
    jurisdiction: Text
    document: Text
    clause: Loose = ""
    source: Text
    mark: Literal["read", "read_secondary", "recalled", "own"]
    checked_on: dt.date
    notice: Text = NOTICE
    valid_from: dt.date
    valid_to: dt.date | None = None
    subject: Text
    note: Loose = ""
    over: OverTime | None = None
    region_field: Loose = ""
    parameters: tuple[Parameter, ...] = ()
    fields: tuple[RecordField, ...] = Field(min_length=1)
    conditions: tuple[Condition, ...] = ()
    scores: tuple[Score, ...] = ()
    main_score: Loose = ""
    levels: tuple[Level, ...] = ()
    applies: Body | None = None
    requires: Body | None = None
    vectors: tuple[Vector, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Pack:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to 早于 valid_from")
        if not (self.requires or self.levels or self.scores or self.conditions):
            raise ValueError("没有可判断的内容：要写 conditions、scores、levels 或 requires")
        for condition in self.conditions:
            if condition.code is None:
                raise ValueError("conditions 的每一条都要写 code")
        if any(level.otherwise for level in self.levels[:-1]):
            raise ValueError("otherwise 只能写在最后一个等级")
        if self.main_score and self.main_score not in {s.code for s in self.scores}:
            raise ValueError(f"main_score: {self.main_score} 不在 scores 里")
        return self

    def valid_on(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def validity(self) -> str:
        """自…起 / 自…至…, for messages."""
        return f"自{self.valid_from}起" if self.valid_to is None else f"自{self.valid_from}至{self.valid_to}"
