"""BBQ against a slow literal transcription of the published rules, and US industrial production against its known
turns."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from qinggong.methods.cycles import PHASES, bbq, clock_phase, in_expansion, turning_points

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "validation_methods"

K, PHASE, CYCLE, END = 5, 5, 15, 6


def transcription(y: list[float]) -> tuple[list[int], list[int]]:
    """Harding & Pagan (2002), section 3.2 and Bry & Boschan (1971), table 1, step by step on plain lists."""

    def is_peak(t: int) -> bool:
        return all(y[t] > y[t - j] and y[t] > y[t + j] for j in range(1, K + 1))

    def is_trough(t: int) -> bool:
        return all(y[t] < y[t - j] and y[t] < y[t + j] for j in range(1, K + 1))

    n = len(y)
    inside = [t for t in range(n) if t >= K and t + K < n and END <= t < n - END]
    turns = [(t, "P") for t in inside if is_peak(t)] + [(t, "T") for t in inside if is_trough(t)]
    turns.sort()
    changed = True
    while changed:
        changed = False
        # Alternation: of two peaks (troughs) in a row the lower (higher) is struck out.
        place = 0
        while place < len(turns) - 1:
            (a, ka), (b, kb) = turns[place], turns[place + 1]
            if ka == kb:
                a_goes = y[b] >= y[a] if ka == "P" else y[b] <= y[a]
                del turns[place if a_goes else place + 1]
                place = max(place - 1, 0)
            else:
                place += 1
        # Ends: a first or last peak (trough) lower (higher) than a value between it and the end is struck out.
        if turns:
            t, kind = turns[0]
            if any((v > y[t]) if kind == "P" else (v < y[t]) for v in y[:t]):
                del turns[0]
                changed = True
                continue
            t, kind = turns[-1]
            if any((v > y[t]) if kind == "P" else (v < y[t]) for v in y[t + 1 :]):
                del turns[-1]
                changed = True
                continue
        # Cycles from peak to peak and from trough to trough of at least fifteen months.
        for i in range(len(turns) - 2):
            (a, kind), (b, _) = turns[i], turns[i + 2]
            if b - a < CYCLE:
                first_is_worse = y[a] <= y[b] if kind == "P" else y[a] >= y[b]
                del turns[i if first_is_worse else i + 2]
                changed = True
                break
        if changed:
            continue
        # Phases of at least five months.
        for i in range(len(turns) - 1):
            if turns[i + 1][0] - turns[i][0] < PHASE:
                del turns[i : i + 2]
                changed = True
                break
    return [t for t, k in turns if k == "P"], [t for t, k in turns if k == "T"]


def test_bbq_equals_the_transcription_on_a_thousand_random_series() -> None:
    rng = np.random.default_rng(1971)
    found = 0
    for number in range(1000):
        n = int(rng.integers(90, 300))
        shocks = rng.normal(0.1 * rng.random(), 1, n)
        y = np.cumsum(shocks) if number % 2 else np.cumsum(np.convolve(shocks, np.ones(6) / 6, "same"))
        if number % 5 == 0:
            y = np.round(y)  # ties: a flat top is no turn
        peaks, troughs = bbq(y)
        expected = transcription(y.tolist())
        assert (peaks.tolist(), troughs.tolist()) == expected
        found += len(peaks) + len(troughs)
    assert found > 2000


def test_the_rules_hold_for_whatever_is_dated() -> None:
    rng = np.random.default_rng(7)
    for _ in range(200):
        y = np.cumsum(rng.normal(0, 1, 240))
        peaks, troughs = bbq(y)
        turns = sorted([(t, 1) for t in peaks] + [(t, -1) for t in troughs])
        assert all(a[1] != b[1] for a, b in itertools.pairwise(turns))
        assert all(b[0] - a[0] >= PHASE for a, b in itertools.pairwise(turns))
        assert all(b[0] - a[0] >= CYCLE for a, b in zip(turns, turns[2:], strict=False))
        assert all(END <= t < 240 - END for t, _ in turns)
        up = in_expansion(240, peaks, troughs)
        assert all(up[t] and not up[t + 1] for t in peaks) and all(not up[t] and up[t + 1] for t in troughs)


def test_what_cannot_be_dated_says_why() -> None:
    y = np.arange(83.0)
    assert "样本不足" in turning_points(y, "2010-01").reason
    long = np.cumsum(np.random.default_rng(3).normal(size=120))
    gap = long.copy()
    gap[40] = np.nan
    assert turning_points(gap, "2010-01").verdict == "not dated"
    january = long.copy()
    january[12::12] = np.nan
    assert turning_points(january, "2010-01").verdict == "good"
    assert "无穷" in turning_points(np.full(100, np.inf), "2010-01").reason
    assert "全部缺失" in turning_points(np.full(100, np.nan), "2010-01").reason
    with pytest.raises(ValueError, match="2010-01"):
        turning_points(long, "2010")
    with pytest.raises(ValueError, match="bbq"):
        turning_points(long, "2010-01", method="other")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="一个序列"):
        turning_points(np.ones((100, 2)), "2010-01")
    assert turning_points(long, "2010-01").undated_from == "2019-07"


def test_the_clock_names_the_four_phases() -> None:
    d = np.sin(np.linspace(0, 2 * np.pi, 49))
    named = [PHASES[i] for i in clock_phase(d)]
    assert named[:3] == ["", "", ""]
    assert (named[6], named[20], named[30], named[46]) == ("上升", "放缓", "收缩", "复苏")


def test_us_industrial_production_turns_where_it_is_known_to_turn() -> None:
    file = SHARED / "nowcast_frbny" / "2016-12-23.xls"
    if not file.is_file():
        pytest.skip("the shared validation data is absent")
    import python_calamine

    rows = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    column = rows[0].index("INDPRO")
    values = np.array([float(r[column]) if r[column] != "" else np.nan for r in rows[1:]])
    assert str(rows[1][0]) == "1985-01-01"
    got = turning_points(values, "1985-01")

    def near(dated: tuple[str, ...], wanted: str) -> bool:
        year, month = int(wanted[:4]), int(wanted[5:])
        return any(abs(int(d[:4]) * 12 + int(d[5:]) - year * 12 - month) <= 1 for d in dated)

    assert all(near(got.peaks, p) for p in ("1990-09", "2000-06", "2007-11")), got.peaks
    assert all(near(got.troughs, t) for t in ("1991-03", "2001-11", "2009-06")), got.troughs
    # Beyond the recessions of the reference dates the rules find the slack of 1989 and the fall of energy in 2014-2016.
    assert set(got.peaks) - {"1990-09", "2000-06", "2007-11"} == {"1989-01", "2014-11"}
