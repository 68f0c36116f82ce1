"""Exact conversion between units of one dimension (单位换算)."""

from __future__ import annotations

import decimal
from decimal import Decimal

from qinggong.catalogue.schema import CatalogueError, Unit


class UnitError(CatalogueError, ValueError):
    """Two units measure different things, or a value cannot be converted exactly."""


def convert(value: Decimal, *, unit: Unit, to: Unit) -> Decimal:
    """Convert a value exactly; trailing zeros are dropped, the digits of equal units are kept.

    Raises
    ------
    UnitError
        When the dimensions differ (亿元 and 亿美元, 万台 and 万吨), the value is not finite, or the quotient has no
        finite decimal.
    """
    if unit.dimension != to.dimension:
        raise UnitError(
            f"{unit.code} ({unit.dimension}) cannot be converted to {to.code} ({to.dimension}); "
            "use a unit of the same dimension"
        )
    if not value.is_finite():
        raise UnitError(f"{value} is not a number to convert; leave a missing value out")
    if unit.factor == to.factor:
        return value
    with decimal.localcontext() as context:
        context.prec = 60
        context.traps[decimal.Inexact] = True
        try:
            result = (value * unit.factor / to.factor).normalize()
        except decimal.Inexact as error:
            raise UnitError(f"{value} {unit.code} has no exact value in {to.code}") from error
        # normalize() writes 20000 as 2E+4; figures are printed in plain digits
        return result.quantize(Decimal(1)) if result == result.to_integral_value() else result
