"""True zeros (真 0) in exports that write 0 for missing: told apart by the cumulative growth of the same series."""

from __future__ import annotations

from collections.abc import Mapping

from qinggong.periods import Period, month, ytd

_HALF = 0.05  # half a unit of the last printed digit of a growth rate


def confirmed_zero(
    period: Period, monthly: Mapping[Period, float], cumulative: Mapping[Period, float], *, tolerance: float
) -> bool:
    """True if a growth rate of 0 agrees with the other growth rates of its series, all of which are known and not 0.

    Growth of a month, with c the cumulative growth: m·c(m) − (m−1)·c(m−1) is what the month must have had if all months
    weigh the same; it may be off by the rounding of both, 0.05·(2m−1), and by ``tolerance`` points for the weights.
    Cumulative growth: (m−1)·c(m−1) + g(m) must be as near to 0, within 0.05·2m and ``tolerance``.

    Parameters
    ----------
    period
        Month, or run from January, of the 0.
    monthly, cumulative
        The growth rates other than 0, in per cent, by period.
    """
    year, m = period.year, period.last
    if m < 2:
        return False
    before = cumulative.get(ytd(year, m - 1)) if m > 2 else monthly.get(month(year, 1))
    if period.kind == "ytd":
        own = monthly.get(month(year, m))
        return before is not None and own is not None and abs((m - 1) * before + own) <= _HALF * 2 * m + tolerance
    now = cumulative.get(ytd(year, m))
    return before is not None and now is not None and abs(m * now - (m - 1) * before) <= _HALF * (2 * m - 1) + tolerance
