"""Dynamic factor model and news: what holds for any data, gaps and forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import qinggong as qg
from qinggong.methods.dynamic_factor import DynamicFactor

Floats = NDArray[np.float64]

MONTHS, SERIES = 48, 6
KINDS = ("month", "quarterly", "ytd", "jan_feb", "shares")
SHARES = tuple(float(k) for k in range(4, 16))


@st.composite
def problems(draw: st.DrawFn) -> tuple[Floats, str, dict[str, Any]]:
    """合成: values of any mix of frequencies with gaps, their start and the form of a model."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    kinds = ["month", "month", "month", *(draw(st.sampled_from(KINDS)) for _ in range(SERIES - 3))]
    start = f"2015-{draw(st.integers(1, 12)):02d}"
    number = (int(start[-2:]) - 1 + np.arange(MONTHS)) % 12 + 1
    common = np.zeros(MONTHS)
    for t in range(1, MONTHS):
        common[t] = 0.8 * common[t - 1] + random.normal()
    y = common[:, None] * random.normal(size=SERIES) + random.normal(size=(MONTHS, SERIES)) * random.uniform(0.3, 2)
    y = y * 10.0 ** random.integers(-3, 4, SERIES) + random.normal(size=SERIES)
    for i, kind in enumerate(kinds):
        if kind == "quarterly":
            y[number % 3 != 0, i] = np.nan
        elif kind == "jan_feb":
            y[number == 1, i] = np.nan
    y[random.random(y.shape) < draw(st.sampled_from([0.0, 0.1, 0.4]))] = np.nan
    gap = draw(st.integers(0, 15))
    y[20 : 20 + gap, 1] = np.nan
    y[: draw(st.integers(0, 12)), 2] = np.nan
    y[MONTHS - draw(st.integers(0, 12)) :, 3:] = np.nan
    form = {
        "factors": draw(st.integers(1, 2)),
        "factor_order": draw(st.integers(1, 3)),
        "idiosyncratic": draw(st.sampled_from(["ar1", "white"])),
        "quarterly": [i for i, kind in enumerate(kinds) if kind == "quarterly"],
        "quarterly_weights": draw(st.sampled_from(["growth", "mean", "sum"])),
        "aggregation": [{"quarterly": "month", "shares": ("ytd", SHARES)}.get(kind, kind) for kind in kinds],
    }
    return y, start, form


def usable(y: Floats) -> bool:
    return bool(((~np.isnan(y[:, :3])).sum(axis=0) >= 10).all())


@settings(deadline=None, max_examples=40)
@given(problems(), st.integers(1, 25))
def test_the_likelihood_never_falls_and_nothing_is_silently_missing(
    problem: tuple[Floats, str, dict[str, Any]], steps: int
) -> None:
    y, start, form = problem
    if not usable(y):
        return
    got = qg.dynamic_factor(y, start, max_iterations=steps, **form)
    assert got.path == tuple(sorted(got.path)) and got.iterations <= steps
    assert got.loglikelihood >= got.path[-1] - 1e-7 * abs(got.path[-1])
    assert np.isfinite(got.factors).all()
    assert (np.diagonal(got.factors_cov, axis1=1, axis2=2) > 0).all()
    out = ~got.parameters.included
    assert np.isnan(got.fitted[:, out]).all() and np.isfinite(got.fitted[:, ~out]).all()
    assert all(any(f"第{i}列" in note for note in got.notes) for i in np.flatnonzero(out))
    ahead = got.forecast(4)
    assert np.isfinite(ahead.mean[:, ~out]).all() and (ahead.std[:, ~out] > 0).all()
    if form["idiosyncratic"] == "ar1":
        known = ~np.isnan(y) & ~out
        np.testing.assert_allclose(((got.fitted - y) / got.parameters.deviation)[known], 0, atol=1e-6)


def applied(got: DynamicFactor, y: Floats) -> DynamicFactor:
    return qg.dynamic_factor(y, got.start, parameters=got.parameters)


@settings(deadline=None, max_examples=30)
@given(problems(), st.randoms(use_true_random=False))
def test_likelihoods_differ_by_the_density_of_what_is_new(
    problem: tuple[Floats, str, dict[str, Any]], random: Any
) -> None:
    """log p(y, new) − log p(y) is the normal density of the new figure with the nowcast's mean and std."""
    y, start, form = problem
    if not usable(y):
        return
    got = qg.dynamic_factor(y, start, max_iterations=2, **form)
    places = np.argwhere(~np.isnan(y) & got.parameters.included)
    row, i = (int(v) for v in places[random.randrange(len(places))])
    before = y.copy()
    before[row, i] = np.nan
    months = int(start[-2:]) - 1 + row
    period = f"{2015 + months // 12}-{months % 12 + 1:02d}"
    without = applied(got, before)
    expected = without.nowcast(period)
    deviation = got.parameters.deviation[i]
    spread = expected.std[i] / deviation
    surprise = (y[row, i] - expected.mean[i]) / expected.std[i]
    density = -0.5 * surprise**2 - math.log(spread) - 0.5 * math.log(2 * math.pi)
    assert abs(applied(got, y).loglikelihood - without.loglikelihood - density) < 1e-6 * (1 + abs(density))


@settings(deadline=None, max_examples=25)
@given(problems(), st.integers(0, 2**32 - 1))
def test_news_add_up_along_any_way(problem: tuple[Floats, str, dict[str, Any]], seed: int) -> None:
    y, start, form = problem
    if not usable(y):
        return
    random = np.random.default_rng(seed)
    got = qg.dynamic_factor(y, start, max_iterations=2, **form)
    before, middle = y.copy(), y.copy()
    middle[-2:] = np.nan
    before[-3:] = np.nan
    before[30:40] += random.normal(size=(10, SERIES))
    middle[35:38] += random.normal(size=(3, SERIES))
    target = int(random.choice(np.flatnonzero(got.parameters.included)))
    months = int(start[-2:]) - 1 + MONTHS - 2 + int(random.integers(0, 6))
    period = f"{2015 + months // 12}-{months % 12 + 1:02d}"
    unit = float(got.parameters.deviation[target])
    steps = []
    for old, new in ((before, middle), (middle, y), (before, y)):
        if not (~np.isnan(new) & np.isnan(old) & got.parameters.included).any():
            return
        found = qg.news(got, old, new, target=target, period=period)
        effects = {
            kind: math.fsum(row.effect for row in found.rows if row.kind == kind) for kind in ("new", "revision")
        }
        assert abs(sum(effects.values()) - (found.updated - found.previous)) < 1e-10 * max(unit, 1)
        assert abs(effects["new"] - found.new_effect) < 1e-9 * max(unit, 1)
        assert abs(effects["revision"] - found.revision_effect) < 1e-9 * max(unit, 1)
        assert len({(row.series, row.period) for row in found.rows}) == len(found.rows)
        steps.append(found)
    one, two, whole = steps
    assert abs((one.updated - two.previous) / unit) < 1e-9
    assert abs((one.previous - whole.previous) / unit) < 1e-9 and abs((two.updated - whole.updated) / unit) < 1e-9


@settings(deadline=None, max_examples=15)
@given(problems(), st.permutations(range(SERIES)), st.integers(0, 2**32 - 1))
def test_units_and_order_of_the_series_do_not_matter(
    problem: tuple[Floats, str, dict[str, Any]], order: list[int], seed: int
) -> None:
    y, start, form = problem
    if not usable(y):
        return
    random = np.random.default_rng(seed)
    scale, shift = random.choice([-1.0, 1.0], SERIES) * 10 ** random.uniform(-2, 2, SERIES), random.normal(size=SERIES)
    moved = form | {
        "quarterly": [order.index(i) for i in form["quarterly"]],
        "aggregation": [form["aggregation"][i] for i in order],
    }
    one = qg.dynamic_factor(y, start, max_iterations=3, **form)
    two = qg.dynamic_factor((y * scale + shift)[:, order], start, max_iterations=3, **moved)
    assert abs(one.loglikelihood - two.loglikelihood) < 1e-5 * abs(one.loglikelihood) + 1e-6
    wanted = ((one.fitted * scale + shift)[:, order] - two.parameters.mean) / two.parameters.deviation
    np.testing.assert_allclose((two.fitted - two.parameters.mean) / two.parameters.deviation, wanted, atol=1e-3)
    np.testing.assert_allclose(
        two.forecast(2).mean, (one.forecast(2).mean * scale + shift)[:, order], rtol=1e-3, atol=1e-2
    )
