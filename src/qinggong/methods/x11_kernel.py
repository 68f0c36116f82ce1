"""The iterations of X-11 on one series after another, compiled. ``x11.decompose`` is the way in.

Positions count months from a January (see ``extreme_values``); [low, high) is the extended series and [begin, end) the
observed part of it. Table letters follow Shiskin, Young and Musgrave (1967) and the X-13ARIMA-SEATS Reference Manual,
spec X11: A is the input, B the first estimates, C the refined weights of extremes, D the final estimates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.compiled import compiled, compiled_part
from qinggong.methods.extreme_values import extreme_weights, replace_extremes
from qinggong.methods.x11_averages import (
    AUTOMATIC,
    HELD,
    centred_year,
    filter_by_msr,
    filter_in_use,
    henderson_trend,
    mend_trend,
    moving_seasonality_ratio,
    remove,
    seasonal_factors,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Tables by part (B, C, D), half of the part (from the 2x12 average, from the Henderson average) and kind: series that
# the part starts from, trend, SI ratios, SI ratios with replacements, seasonal, adjusted series, irregular, weights of
# the irregular, extremes. The second half of D holds the final tables: D8, D9, D10, D11, D13; D12 takes the place of
# weights.
KINDS = 9
_START, _TREND, _RATIOS, _REPLACED, _SEASONAL, _ADJUSTED, _IRREGULAR, _WEIGHTS, _EXTREMES = range(KINDS)
_LAST_TREND = _WEIGHTS
_GRID = (
    (("B1", "B2", "B3", "B4", "B5", "B6", "", "", ""), ("", "B7", "B8", "B9", "B10", "B11", "B13", "B17", "B20")),
    (("C1", "C2", "C4", "", "C5", "C6", "", "", ""), ("", "C7", "C9", "", "C10", "C11", "C13", "C17", "C20")),
    (("D1", "D2", "D4", "", "D5", "D6", "", "", ""), ("", "D7", "D8", "D9", "D10", "D11", "D13", "D12", "")),
)
TABLES = tuple(name for part in _GRID for half in part for name in half if name)

# Columns of the choices that the kernel reports for a series.
FILTER, TREND_LENGTH, NOISE_TO_TREND, MSR, YEARS_LEFT_OUT = range(5)
CHOICES = 5


@compiled_part
def _keep_final_ratios(
    out: Floats,
    slot: Ints,
    ratios: Floats,
    extreme: Floats,
    low: int,
    high: int,
    lead: int,
    expected: float,
    additive: bool,
    log_additive: bool,
) -> None:
    """D8, the SI ratios with their extremes, and D9, those that were replaced."""
    for t in range(low, high):
        whole = ratios[t] + extreme[t] if additive else ratios[t] * extreme[t]
        if slot[_RATIOS] >= 0:
            out[slot[_RATIOS], t - lead] = np.exp(whole) if log_additive else whole
        if slot[_REPLACED] >= 0 and extreme[t] != expected:
            out[slot[_REPLACED], t - lead] = np.exp(ratios[t]) if log_additive else ratios[t]


@compiled_part
def _keep(out: Floats, slot: int, x: Floats, low: int, high: int, lead: int) -> None:
    if slot >= 0:
        for t in range(low, high):
            out[slot, t - lead] = x[t]


def table_slots(wanted: tuple[str, ...]) -> Ints:
    """Place of each wanted table in the kernel's output, ``(part, half, kind)``; −1 elsewhere."""
    slots = np.full((3, 2, KINDS), -1, dtype=np.int64)
    for part, halves in enumerate(_GRID):
        for half, names in enumerate(halves):
            for kind, name in enumerate(names):
                if name in wanted:
                    slots[part, half, kind] = wanted.index(name)
    return slots


@compiled
def run(
    series: Floats,
    spans: Ints,
    lead: int,
    additive: bool,
    log_additive: bool,
    chosen: int,
    trend_rule: int,
    lower: float,
    upper: float,
    seasonal_bank: Floats,
    trend_bank: Floats,
    trend_lengths: Ints,
    slots: Ints,
    out: Floats,
    choices: Floats,
) -> None:
    """Adjust every series.

    Parameters
    ----------
    series
        Extended series, ``(series, periods)``, already in logarithms if log-additive (which is also ``additive``).
    spans
        ``(series, 4)``: first and last of the extended and of the observed part, half open; empty means: leave out.
    lead
        Calendar month (0 is January) of the first period.
    chosen
        Seasonal filter, or −1 (by moving seasonality ratio), −2 (3x3 and 3x5 throughout) or −10 − filter (3x3 and 3x5,
        the last one this filter).
    trend_rule
        0: the preset filter; 1: by I/C; else the Henderson length of part D, the other parts by I/C.
    slots
        From ``table_slots``.
    out
        ``(series, tables, periods)``, written where a table is defined.
    choices
        ``(series, 5)``: filter of D10, Henderson length and I/C of D12, moving seasonality ratio, years left out.
    """
    size = lead + series.shape[1]
    original = np.empty(size)
    modified = np.empty(size)  # B1, C1, D1
    trend = np.empty(size)
    ratios = np.empty(size)
    seasonal = np.empty(size)
    adjusted = np.empty(size)
    irregular = np.empty(size)
    weights = np.empty(size)
    extreme = np.empty(size)
    scratch = np.empty(size)
    padded = np.empty(size // 12 + 8)
    averaged = np.empty(size // 12 + 8)
    expected = 0.0 if additive else 1.0
    for number in range(series.shape[0]):
        low, high = spans[number, 0] + lead, spans[number, 1] + lead
        begin, end = spans[number, 2] + lead, spans[number, 3] + lead
        if high <= low:
            continue
        table = out[number]
        for t in range(low, high):
            original[t] = series[number, t - lead]
            modified[t] = original[t]
        ends = int(np.int64(0))  # a literal would compile the trend twice
        length = 0
        noise_to_trend = 0.0
        use = chosen
        dropped = 0
        ratio = np.nan
        for part in range(3):
            _keep(table, slots[part, 0, _START], modified, low, high, lead)
            for half in range(2):
                slot = slots[part, half]
                first, last = (low + 6, high - 6) if half == 0 else (low, high)
                if half == 0:
                    centred_year(modified, trend, low, high)
                else:
                    ends, length, noise_to_trend = henderson_trend(
                        adjusted, trend, low, high, end, additive, trend_rule if part == 2 else min(trend_rule, 1),
                        part == 0, ends, trend_bank, trend_lengths,
                    )  # fmt: skip
                    if not additive:
                        mend_trend(trend, low, high, begin, end)
                _keep(table, slot[_TREND], trend, first, last, lead)
                remove(modified, trend, ratios, first, last, additive)
                final = part == 2 and half == 1
                if final:
                    if chosen == AUTOMATIC:
                        use, dropped = filter_by_msr(ratios, low, end, additive, padded, averaged)
                    elif chosen <= HELD:
                        use = HELD - chosen
                    ratio = moving_seasonality_ratio(ratios, low, end, additive, padded, averaged)
                    _keep_final_ratios(table, slot, ratios, extreme, low, high, lead, expected, additive, log_additive)
                else:
                    _keep(table, slot[_RATIOS], ratios, first, last, lead)
                for attempt in range(2 if part == 0 else 1):
                    if attempt == 1:
                        remove(ratios, seasonal, irregular, first, last, additive)
                        extreme_weights(irregular, weights, first, last, expected, lower, upper)
                        replace_extremes(ratios, weights, first, last)
                        _keep(table, slot[_REPLACED], ratios, first, last, lead)
                    seasonal_factors(ratios, seasonal, scratch, first, last, seasonal_bank, use, half == 0, additive)
                if half == 0:  # the centred average lost half a year at each end
                    for i in range(1, 7):
                        seasonal[first - i] = seasonal[first - i + 12]
                        seasonal[last - 1 + i] = seasonal[last - 1 + i - 12]
                if half == 0 or final:
                    remove(modified, seasonal, adjusted, low, high, additive)
                else:
                    remove(original, seasonal, adjusted, low, high, additive)
                if not final:
                    _keep(table, slot[_SEASONAL], seasonal, low, high, lead)
                    _keep(table, slot[_ADJUSTED], adjusted, low, high, lead)
            if part == 2:
                break
            slot = slots[part, 1]
            remove(adjusted, trend, irregular, low, high, additive)
            extreme_weights(irregular, weights, low, high, expected, lower, upper)
            for t in range(low, high):
                if additive:
                    extreme[t] = irregular[t] * (1.0 - weights[t])
                    modified[t] = original[t] - extreme[t]
                else:
                    extreme[t] = irregular[t] / (1.0 + weights[t] * (irregular[t] - 1.0))
                    modified[t] = original[t] / extreme[t]
            _keep(table, slot[_IRREGULAR], irregular, low, high, lead)
            _keep(table, slot[_WEIGHTS], weights, low, high, lead)
            _keep(table, slot[_EXTREMES], extreme, low, high, lead)
        ends, length, noise_to_trend = henderson_trend(
            adjusted, trend, low, high, end, additive, trend_rule, part == 0, ends, trend_bank, trend_lengths
        )
        if log_additive:
            # The exponential of a trend of logarithms runs below the series. Thompson and Ozaki (1992) raise it by the
            # variance of the irregular (table C13) and the yearly mean of the seasonal factors. X-13 takes a 23-term
            # Henderson average for that mean, which lets a third of the yearly wave into the trend; 2x12 lets none.
            spread = 0.0
            for t in range(low, high):
                spread += irregular[t] ** 2
                seasonal[t] = np.exp(seasonal[t])
                trend[t] = np.exp(trend[t])
                original[t] = np.exp(original[t])
            spread = np.exp(spread / (2.0 * (high - low)))
            centred_year(seasonal, scratch, low, high)
            for t in range(low, high):
                trend[t] *= spread * scratch[min(max(t, low + 6), high - 7)]
        differences = additive and not log_additive
        if not differences:
            mend_trend(trend, low, high, begin, end)
        remove(original, seasonal, adjusted, low, high, differences)
        remove(adjusted, trend, irregular, low, high, differences)
        slot = slots[2, 1]
        _keep(table, slot[_SEASONAL], seasonal, low, high, lead)
        _keep(table, slot[_ADJUSTED], adjusted, low, high, lead)
        _keep(table, slot[_LAST_TREND], trend, low, high, lead)
        _keep(table, slot[_IRREGULAR], irregular, low, high, lead)
        choices[number, FILTER] = filter_in_use(use, high - low, False)
        choices[number, TREND_LENGTH] = length
        choices[number, NOISE_TO_TREND] = noise_to_trend
        choices[number, MSR] = ratio
        choices[number, YEARS_LEFT_OUT] = dropped
