"""Parameters of a pack by day and region (参数): exactly one value holds, or it is a fault."""

from __future__ import annotations

import datetime as dt

from qinggong.rules.model import Parameter

ANYWHERE = ("", "全国", "CN")
"""Names of the whole country among regions."""


class ParameterError(ValueError):
    """A parameter without a value, or with several; ``rule`` is the check that it fails."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def value_on(parameter: Parameter, day: dt.date, region: str = "") -> float:
    """The one value on a day, of the region or else of the whole country.

    Raises
    ------
    ParameterError
        If none holds, or several do.
    """
    valid = [
        v for v in parameter.values
        if (v.valid_from is None or v.valid_from <= day) and (v.valid_to is None or day <= v.valid_to)
    ]  # fmt: skip
    own = [v for v in valid if v.region == region and region not in ANYWHERE]
    found = own or [v for v in valid if v.region in ANYWHERE]
    name = parameter.name or parameter.code
    if not found:
        where = region or "全国"
        raise ParameterError("no-value", f"参数“{name}”在{day}没有适用于{where}的值；请补一行 values")
    if len(found) > 1:
        raise ParameterError("two-values", f"参数“{name}”在{day}有{len(found)}个值同时有效；请改起止日期")
    return found[0].value
