"""Dynamic factor model and news against statsmodels, a literal joint normal distribution, a truth, a public example."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qinggong as qg
from qinggong.methods.dynamic_factor import DynamicFactor
from qinggong.methods.factor_parameters import FactorParameters, spectral_radius

Floats = NDArray[np.float64]

START = "2010-01"


def simulated(
    monthly: int, quarterly: int, months: int, *, factors: int = 1, order: int = 1, seed: int = 0, missing: float = 0.04
) -> tuple[Floats, Floats]:
    """合成: values with gaps and a ragged edge, quarterly growth by 1, 2, 3, 2, 1, and the factors behind them."""
    random = np.random.default_rng(seed)
    n, burn = monthly + quarterly, 100
    ar = np.zeros((order, factors))
    ar[0] = random.uniform(0.5, 0.8, factors)
    if order > 1:
        ar[1] = random.uniform(-0.2, 0.15, factors)
    f = np.zeros((months + burn, factors))
    for t in range(order, months + burn):
        f[t] = sum(ar[k] * f[t - 1 - k] for k in range(order)) + random.normal(size=factors)
    loadings = random.normal(0.6, 0.6, (n, factors))
    phi, sigma = random.uniform(-0.3, 0.8, n), random.uniform(0.4, 1.1, n)
    u = np.zeros((months + burn, n))
    for t in range(1, months + burn):
        u[t] = phi * u[t - 1] + sigma * random.normal(size=n)
    g = (f @ loadings.T + u)[burn - 4 :]
    y = g[4:] * random.uniform(0.5, 3, n) + random.normal(0, 2, n)
    for i in range(monthly, n):
        sums = sum(w * g[4 - k : 4 - k + months, i] for k, w in enumerate((1, 2, 3, 2, 1)))
        y[:, i] = np.nan
        y[2::3, i] = sums[2::3]
    y[random.random(y.shape) < missing] = np.nan
    y[-1, ::2] = np.nan
    y[-2, ::4] = np.nan
    return y, f[burn:]


def with_long_gaps(y: Floats) -> Floats:
    """A late start, an early end and a gap of two years."""
    y = y.copy()
    y[:30, 0] = np.nan
    y[-20:, 1] = np.nan
    y[40:64, 2] = np.nan
    return y


def drawn(model: DynamicFactor, seed: int = 5) -> FactorParameters:
    """Other parameters of the same form, far from any maximum."""
    random = np.random.default_rng(seed)
    p = model.parameters
    form, n = p.form, p.form.series
    transition, innovation = np.zeros_like(p.transition), np.zeros_like(p.innovation)
    for at, order in zip(form.spans, form.factor_order, strict=True):
        size = at.stop - at.start
        for k in range(order):
            transition[at, k * form.number + at.start : k * form.number + at.stop] = random.normal(0, 0.4, (size, size))
        lower = np.tril(random.normal(0, 0.3, (size, size)), -1) + np.diag(random.uniform(0.5, 1.5, size))
        innovation[at, at] = lower @ lower.T
    while spectral_radius(transition) > 0.95:
        transition *= 0.9
    return FactorParameters(
        form=form,
        loadings=random.normal(0, 0.6, p.loadings.shape) * form.loads,
        transition=transition,
        innovation=innovation,
        persistence=random.uniform(-0.6, 0.97, n) if form.idiosyncratic == "ar1" else np.zeros(n),
        variance=random.uniform(0.05, 1.0, n),
        mean=p.mean,
        deviation=p.deviation,
        included=p.included,
    )


def statsmodels_of(values: Floats, p: FactorParameters, start: str = START) -> tuple[Any, Floats]:
    """DynamicFactorMQ of the same form, and its parameter vector. Quarterly columns come last."""
    pandas = pytest.importorskip("pandas")
    module = pytest.importorskip("statsmodels.tsa.statespace.dynamic_factor_mq")
    form = p.form
    n, monthly = form.series, form.series - len(form.quarterly)
    assert form.quarterly == tuple(range(monthly, n))
    names = [[f"b{b}f{k}" for k in range(count)] for b, count in enumerate(form.factors)]
    columns = [f"y{i}" for i in range(n)]
    mapping = {columns[i]: [f for b, fs in enumerate(names) if form.blocks[i][b] for f in fs] for i in range(n)}
    model = module.DynamicFactorMQ(
        pandas.DataFrame(values, index=pandas.period_range(start, periods=len(values), freq="M"), columns=columns),
        k_endog_monthly=monthly,
        factors=mapping,
        factor_orders={tuple(fs): order for fs, order in zip(names, form.factor_order, strict=True)},
        idiosyncratic_ar1=form.idiosyncratic == "ar1",
        standardize=(p.mean, p.deviation),
    )
    parts = [p.loadings[form.loads]]
    for at, order in zip(form.spans, form.factor_order, strict=True):
        lags = [np.arange(k * form.number + at.start, k * form.number + at.stop) for k in range(order)]
        parts.append(p.transition[at][:, np.concatenate(lags)].ravel())
    for at in form.spans:
        lower = np.linalg.cholesky(p.innovation[at, at])
        parts.append(lower[np.tril_indices_from(lower)])
    if form.idiosyncratic == "ar1":
        parts.append(p.persistence)
    return model, np.concatenate([*parts, p.variance])


def from_statsmodels(model: Any, vector: Floats, like: FactorParameters) -> FactorParameters:
    """One block: the estimates of statsmodels as ours."""
    form = like.form
    n, r, order = form.series, form.number, form.order
    sizes = [n * r, r * r * order, r * (r + 1) // 2, n if form.idiosyncratic == "ar1" else 0, n]
    parts = np.split(np.asarray(vector), np.cumsum(sizes)[:-1])
    lower = np.zeros((r, r))
    lower[np.tril_indices(r)] = parts[2]
    persistence = parts[3] if form.idiosyncratic == "ar1" else np.zeros(n)
    return FactorParameters(
        form, parts[0].reshape(n, r), parts[1].reshape(r, r * order), lower @ lower.T, persistence, parts[4],
        np.asarray(model._endog_mean), np.asarray(model._endog_std), like.included,
    )  # fmt: skip


BLOCKS = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 1, 0], [1, 0, 1], [1, 1, 0], [1, 0, 1]], dtype=bool)
CASES: list[tuple[int, int, dict[str, Any]]] = [
    (6, 0, {"factors": 1, "factor_order": 1, "idiosyncratic": "ar1"}),
    (6, 0, {"factors": 2, "factor_order": 3, "idiosyncratic": "white"}),
    (7, 0, {"factors": 2, "factor_order": 2, "idiosyncratic": "ar1"}),
    (6, 2, {"factors": 2, "factor_order": 2, "idiosyncratic": "ar1"}),
    (6, 1, {"factors": 1, "factor_order": 6, "idiosyncratic": "white"}),
    (6, 2, {"factors": [1, 2, 1], "factor_order": [2, 1, 3], "idiosyncratic": "ar1", "blocks": BLOCKS}),
    (6, 2, {"factors": [1, 1, 1], "factor_order": [1, 1, 1], "idiosyncratic": "white", "blocks": BLOCKS}),
]


@pytest.mark.parametrize(("monthly", "quarterly", "form"), CASES)
def test_same_parameters_give_the_likelihood_the_states_and_the_forecasts_of_statsmodels(
    monthly: int, quarterly: int, form: dict[str, Any]
) -> None:
    y = with_long_gaps(simulated(monthly, quarterly, 120, factors=2, seed=monthly + quarterly)[0])
    fitted = qg.dynamic_factor(y, START, quarterly=range(monthly, monthly + quarterly), max_iterations=2, **form)
    for p in (fitted.parameters, drawn(fitted)):
        got = qg.dynamic_factor(y, START, parameters=p)
        assert (got.iterations, got.converged) == (0, True)
        model, vector = statsmodels_of(y, p)
        judge = model.smooth(vector)
        assert got.loglikelihood == pytest.approx(judge.llf, rel=1e-8)
        places = _first_states(model)
        np.testing.assert_allclose(got.factors, judge.smoothed_state[places].T, rtol=1e-8, atol=1e-9)
        covariance = judge.smoothed_state_cov[np.ix_(places, places)].transpose(2, 0, 1)
        np.testing.assert_allclose(got.factors_cov, covariance, rtol=1e-8, atol=1e-9)
        signals = judge.get_prediction(information_set="smoothed").predicted_mean.to_numpy()
        np.testing.assert_allclose(got.fitted, signals, rtol=1e-8, atol=1e-8)
        ahead = got.forecast(7)
        forecast = judge.get_forecast(7)
        np.testing.assert_allclose(ahead.mean, forecast.predicted_mean.to_numpy(), rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(ahead.std / p.deviation, _forecast_spread(model, vector, 7), rtol=1e-8)


def _first_states(model: Any) -> list[int]:
    """Places of the factors of this month in the state."""
    return [int(i) for block in model._s.factor_blocks for i in block.factors_ix[:, 0]]


def _forecast_spread(model: Any, vector: Floats, h: int) -> Floats:
    """Standard deviations of the standardised forecasts: P ← T P T' + R Q R' from the last filtered state."""
    found = model.filter(vector)
    ssm = found.model.ssm
    z, t, r, q, noise = (
        np.asarray(ssm[name]) for name in ("design", "transition", "selection", "state_cov", "obs_cov")
    )
    p = found.filtered_state_cov[:, :, -1]
    spreads = []
    for _ in range(h):
        p = t @ p @ t.T + r @ q @ r.T
        spreads.append(np.sqrt(np.diag(z @ p @ z.T + noise)))
    return np.array(spreads)


@pytest.mark.parametrize("idiosyncratic", ["ar1", "white"])
@pytest.mark.parametrize(("monthly", "quarterly"), [(7, 0), (6, 2)])
def test_news_are_those_of_statsmodels(monthly: int, quarterly: int, idiosyncratic: str) -> None:
    pandas = pytest.importorskip("pandas")
    n = monthly + quarterly
    after = with_long_gaps(simulated(monthly, quarterly, 120, factors=2, seed=3)[0])
    before = after.copy()
    before[-1] = np.nan
    before[-2, 3:] = np.nan
    before[-4:, -1] = np.nan
    before[-9:-5] += np.random.default_rng(1).normal(0, 0.5, before[-9:-5].shape)
    before[20, 4] = np.where(np.isnan(after[20, 4]), np.nan, 1.0)
    model = qg.dynamic_factor(
        after,
        START,
        factors=2,
        factor_order=2,
        idiosyncratic=idiosyncratic,
        quarterly=range(monthly, n),
        max_iterations=5,
    )
    judge_model, vector = statsmodels_of(after, model.parameters)
    updated = judge_model.smooth(vector)
    previous = statsmodels_of(before, model.parameters)[0].smooth(vector)
    for aim, period in [(n - 1, "2020-03"), (0, "2020-04"), (1, "2019-11")]:
        got = qg.news(model, before, after, target=aim, period=period)
        judge = updated.news(previous, impact_date=period, comparison_type="previous", revisions_details_start=True)
        name, month = f"y{aim}", pandas.Period(period)
        close: dict[str, float] = {"rel": 1e-8, "abs": 1e-10}
        assert got.previous == pytest.approx(judge.prev_impacted_forecasts.loc[month, name], **close)
        assert got.updated == pytest.approx(judge.post_impacted_forecasts.loc[month, name], **close)
        assert got.revision_effect == pytest.approx(judge.revision_impacts.loc[month, name], **close)
        assert got.new_effect == pytest.approx(judge.update_impacts.loc[month, name], **close)
        assert math.fsum(row.effect for row in got.rows) == pytest.approx(got.updated - got.previous, abs=1e-10)
        wanted = {
            "new": (judge.weights[(month, name)], judge.update_forecasts, judge.update_realized),
            "revision": (judge.revision_weights[(month, name)], judge.revised_prev, judge.revised),
        }
        for kind, (weights, expected, actual) in wanted.items():
            rows = {(row.period, f"y{row.series}"): row for row in got.rows if row.kind == kind}
            assert len(rows) == len(weights) > 5
            for (at, series), weight in weights.items():
                row = rows[str(at), series]
                assert row.weight == pytest.approx(weight, rel=1e-8, abs=1e-12)
                assert row.expected == pytest.approx(expected[at, series], **close)
                assert row.actual == pytest.approx(actual[at, series], **close)
                assert row.effect == pytest.approx(row.weight * (row.actual - row.expected), abs=1e-12)


@pytest.mark.parametrize(
    ("monthly", "quarterly", "factors", "order", "idiosyncratic"),
    [(10, 0, 1, 1, "ar1"), (8, 1, 1, 2, "ar1"), (10, 0, 2, 1, "white"), (12, 0, 2, 2, "ar1")],
)
def test_estimation_reaches_the_likelihood_of_statsmodels_at_least(
    monthly: int, quarterly: int, factors: int, order: int, idiosyncratic: Any
) -> None:
    n = monthly + quarterly
    y = simulated(monthly, quarterly, 120, factors=factors, order=order, seed=n + order)[0]
    got = qg.dynamic_factor(
        y, START, factors=factors, factor_order=order, idiosyncratic=idiosyncratic, quarterly=range(monthly, n)
    )
    assert got.converged and got.path == tuple(sorted(got.path))
    model, vector = statsmodels_of(y, got.parameters)
    assert got.loglikelihood == pytest.approx(model.loglike(vector), rel=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge = model.fit(disp=False, maxiter=60 if quarterly else 200)
    # statsmodels' EM also estimates the first state; both are compared by the likelihood with a stationary start.
    assert got.loglikelihood >= model.loglike(judge.params) - 1e-6 * abs(got.loglikelihood)
    theirs = qg.dynamic_factor(y, START, parameters=from_statsmodels(model, judge.params, got.parameters))
    assert theirs.loglikelihood == pytest.approx(model.loglike(judge.params), rel=1e-8)


def test_the_end_of_the_estimation_is_a_summit() -> None:
    """With a strict tolerance no derivative of the likelihood is left, that of the stationary start included."""
    y = simulated(6, 1, 120, factors=1, order=2, seed=21)[0]
    got = qg.dynamic_factor(y, START, factor_order=2, quarterly=[6], tolerance=1e-13, max_iterations=5000)
    assert got.converged
    model, vector = statsmodels_of(y, got.parameters)
    assert model.loglike(vector) == pytest.approx(got.loglikelihood, rel=1e-10)
    for k in range(vector.size):
        sides = []
        for step in (1e-5, -1e-5):
            moved = vector.copy()
            moved[k] += step
            near = qg.dynamic_factor(y, START, parameters=from_statsmodels(model, moved, got.parameters))
            sides.append(near.loglikelihood)
        assert abs(sides[0] - sides[1]) / 2e-5 < 0.05, k


def test_a_simulated_truth_is_found_again() -> None:
    y, f = simulated(30, 1, 360, factors=1, seed=8)
    got = qg.dynamic_factor(y, START, quarterly=[30])
    assert np.corrcoef(got.factors[:, 0], f[:, 0])[0, 1] > 0.97
    # 95 % intervals of the factor cover the truth about as often.
    scale = f[:, 0] @ got.factors[:, 0] / (f[:, 0] @ f[:, 0])
    inside = np.abs(got.factors[:, 0] - scale * f[:, 0]) < 1.96 * np.sqrt(got.factors_cov[:, 0, 0])
    assert 0.9 < inside.mean() < 0.99
    # What was hidden at the edge is nowcast better than by the mean.
    whole = simulated(30, 1, 360, factors=1, seed=8, missing=0.0)[0]
    hidden = np.isnan(y[:-2]) & ~np.isnan(whole[:-2])
    errors = ((got.fitted[:-2] - whole[:-2]) / got.parameters.deviation)[hidden]
    assert errors.std() < 0.75
    assert set(got.notes) == set()


# ------------------------------------------------------------------------------------------------------------------
# The joint normal distribution of all months, written down literally


def _factor_covariances(p: FactorParameters, months: int) -> Floats:
    """(months, r, months, r): Cov(f(s), f(t)) from the moving-average form, cut off where nothing is left."""
    r, order = p.form.number, p.form.order
    lags = [p.transition[:, k * r : (k + 1) * r] for k in range(order)]
    psi = [np.eye(r)]
    for j in range(1, 600):
        psi.append(sum((lags[k] @ psi[j - 1 - k] for k in range(min(order, j))), np.zeros((r, r))))
    found = np.empty((months, r, months, r))
    at = np.array(psi)
    for h in range(months):
        gamma = np.einsum("jab,bc,jdc->ad", at[h:], p.innovation, at[: len(psi) - h])
        for s in range(h, months):
            found[s, :, s - h, :] = gamma
            found[s - h, :, s, :] = gamma.T
    return found


def _weights_of(kind: str, quarterly_weights: str, number: int, shares: list[float]) -> dict[int, float]:
    if kind == "quarterly":
        return {"growth": {0: 1, 1: 2, 2: 3, 3: 2, 4: 1}, "mean": dict.fromkeys(range(3), 1 / 3)}.get(
            quarterly_weights, dict.fromkeys(range(3), 1.0)
        )
    if kind == "jan_feb" and number == 2:
        return {0: 0.5, 1: 0.5}
    if kind == "ytd":
        used = shares[:number]
        return {number - 1 - k: used[k] / sum(used) for k in range(number)}
    return {0: 1.0}


class Joint:
    """All figures of all months, rows × series, as one normal vector."""

    def __init__(self, p: FactorParameters, rows: int, first_number: int, shares: dict[int, list[float]]) -> None:
        lead, n = 12, p.form.series
        months = rows + lead
        f = _factor_covariances(p, months)
        lag = np.abs(np.subtract.outer(np.arange(months), np.arange(months)))
        self.rows, self.n = rows, n
        self.covariance = np.zeros((rows, n, rows, n))
        weights = np.zeros((n, rows, months))
        for i in range(n):
            for row in range(rows):
                number = (first_number - 1 + row) % 12 + 1
                found = _weights_of(p.form.kind(i), p.form.quarterly_weights, number, shares.get(i, [1.0] * 12))
                for back, w in found.items():
                    weights[i, row, lead + row - back] = w
        for i in range(n):
            for j in range(n):
                g = np.einsum("a,satb,b->st", p.loadings[i], f, p.loadings[j])
                if p.form.whole(i) == p.form.whole(j):
                    phi = p.persistence[i]
                    g = g + p.variance[i] / (1 - phi**2) * phi**lag
                self.covariance[:, i, :, j] = weights[i] @ g @ weights[j].T

    def given(self, z: Floats) -> tuple[float, Floats, Floats]:
        """Log-likelihood of the known figures, and means and covariance of all given them."""
        whole = self.covariance.reshape(self.rows * self.n, -1)
        flat = np.full((self.rows, self.n), np.nan)
        flat[: len(z)] = z
        known = ~np.isnan(flat.ravel())
        s = whole[np.ix_(known, known)]
        y = flat.ravel()[known]
        gain = np.linalg.solve(s, whole[known]).T
        likelihood = -0.5 * (y @ np.linalg.solve(s, y) + np.linalg.slogdet(s)[1] + y.size * math.log(2 * math.pi))
        mean = (gain @ y).reshape(self.rows, self.n)
        return float(likelihood), mean, whole - gain @ whole[known]


SHARES = [5.0, 6, 8, 8, 8, 9, 8, 8, 9, 9, 10, 12]


@pytest.mark.parametrize(
    ("start", "quarterly_weights", "idiosyncratic"),
    [
        ("2015-01", "growth", "ar1"),
        ("2015-02", "growth", "white"),
        ("2015-03", "growth", "ar1"),
        ("2015-06", "mean", "ar1"),
        ("2015-02", "mean", "white"),
        ("2015-01", "sum", "white"),
        ("2015-11", "sum", "ar1"),
    ],
)
def test_every_aggregation_is_the_literal_joint_distribution(
    start: str, quarterly_weights: Any, idiosyncratic: Any
) -> None:
    """Months, quarters, years to date with shares, January–February: likelihood, means, spread and news."""
    random = np.random.default_rng(11)
    rows, first = 40, int(start[-2:])
    number = (first - 1 + np.arange(rows)) % 12 + 1
    y = random.normal(size=(rows, 6))
    y[number % 3 != 0, 1] = np.nan
    y[number == 1, 2] = np.nan
    y[:, 3][number == 1] = np.nan
    y[random.random(y.shape) < 0.1] = np.nan
    y[14:24, 3] = np.nan
    y[5:20, 4] = np.nan
    y[10:22, 1] = np.nan
    y[-3:, 2] = np.nan
    y[-5:, 1] = np.nan
    model = qg.dynamic_factor(
        y,
        start,
        factor_order=2,
        idiosyncratic=idiosyncratic,
        quarterly=[1],
        quarterly_weights=quarterly_weights,
        aggregation=["month", "month", "jan_feb", ("ytd", SHARES), "month", "ytd"],
        max_iterations=1,
    )
    p = drawn(model, seed=2)
    got = qg.dynamic_factor(y, start, parameters=p)
    z = (y - p.mean) / p.deviation
    joint = Joint(p, rows + 6, first, {3: SHARES})
    likelihood, mean, covariance = joint.given(z)
    assert got.loglikelihood == pytest.approx(likelihood, rel=1e-9)
    aggregated = [1, 2, 3, 5]
    shown = slice(None) if idiosyncratic == "ar1" else aggregated
    np.testing.assert_allclose(((got.fitted - p.mean) / p.deviation)[:, shown], mean[:rows, shown], atol=1e-9)
    ahead = got.forecast(6)
    np.testing.assert_allclose((ahead.mean - p.mean) / p.deviation, mean[rows:], atol=1e-9)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0)).reshape(rows + 6, 6)
    np.testing.assert_allclose(ahead.std / p.deviation, spread[rows:], rtol=1e-7)
    month = got.nowcast(f"{2015 + (first + 16) // 12}-{(first + 16) % 12 + 1:02d}")  # row 17, inside the gaps
    np.testing.assert_allclose((month.mean - p.mean) / p.deviation, mean[17], atol=1e-9)
    np.testing.assert_allclose(month.std / p.deviation, spread[17], rtol=1e-7, atol=1e-6)
    # News of every kind: revised, new and withdrawn figures of all aggregations.
    before = y.copy()
    before[-2:] = np.nan
    before[-6:, 3] = np.nan
    before[20:30] += random.normal(size=(10, 6))
    after = y.copy()
    after[26, ~np.isnan(y[26])] = np.nan
    for aim in aggregated:
        found = qg.news(got, before, after, target=aim, period=_month(first, rows + 1))
        for z_of, value in ((before, found.previous), (after, found.updated)):
            wanted = joint.given((z_of - p.mean) / p.deviation)[1][rows + 1, aim]
            assert (value - p.mean[aim]) / p.deviation[aim] == pytest.approx(wanted, abs=1e-9)
        assert math.fsum(row.effect for row in found.rows) == pytest.approx(found.updated - found.previous, abs=1e-10)
        revisions = math.fsum(row.effect for row in found.rows if row.kind == "revision")
        assert revisions == pytest.approx(found.revision_effect, abs=1e-10)


@pytest.mark.parametrize(
    ("start", "kind", "idiosyncratic", "shares"),
    [
        ("2015-01", "jan_feb", "ar1", SHARES),
        ("2015-04", "jan_feb", "white", SHARES),
        ("2015-02", "month", "ar1", None),
        ("2015-11", "month", "white", SHARES),
    ],
)
def test_figures_to_date_stand_in_for_missing_months(
    start: str, kind: str, idiosyncratic: Any, shares: list[float] | None
) -> None:
    """Growth to date of a series beside its months: the same joint distribution, and no use where nothing is missing.

    Which figures to date tell something is found here by the rank of the weights, month by month.
    """
    random = np.random.default_rng(5)
    rows, first = 44, int(start[-2:])
    number = (first - 1 + np.arange(rows)) % 12 + 1
    g = random.normal(size=(rows + 12, 4))
    y = np.column_stack([g[12:], np.full(rows, np.nan)])
    weights = np.zeros((2, rows, rows + 12))  # of the column's own figures, and of those to date
    for row in range(rows):
        for line, how in enumerate((kind, "ytd")):
            for back, w in _weights_of(how, "growth", int(number[row]), shares or [1.0] * 12).items():
                weights[line, row, 12 + row - back] = w
    y[:, 0], y[:, 4] = weights[0] @ g[:, 0], weights[1] @ g[:, 0]
    if kind == "jan_feb":
        y[number == 1, 0] = np.nan
    y[[3, 4, 9, 15, 16, 17, 27, 33, 34, 43], 0] = np.nan
    y[18:25, 0] = np.nan
    y[[2, 16, 20, 21, 34], 4] = np.nan
    y[:, 1:4][random.random((rows, 3)) < 0.15] = np.nan
    aggregation = [kind, "month", "month", "month", ("ytd_of", 0, shares) if shares else ("ytd_of", 0)]
    model = qg.dynamic_factor(
        y, start, factor_order=2, idiosyncratic=idiosyncratic, aggregation=aggregation, max_iterations=1
    )
    assert not model.notes or all("收敛" in note for note in model.notes)
    whole = np.array([0, 1, 2, 3, 0])
    p = drawn(model, seed=3)
    p = dataclasses.replace(
        p, loadings=p.loadings[whole], persistence=p.persistence[whole], variance=p.variance[whole],
        mean=p.mean[whole], deviation=p.deviation[whole],
    )  # fmt: skip
    got = qg.dynamic_factor(y, start, parameters=p)

    def told(figures: Floats) -> Floats:
        """Figures without those to date that add nothing; January and February are one month where they are known."""
        same = weights.copy()
        february = 12 + np.flatnonzero((number == 2) & ~np.isnan(figures[:, 0]))
        if kind == "jan_feb":
            same[:, :, february] = same[:, :, february - 1] = same[:, :, february] + same[:, :, february - 1]
        found = figures.copy()
        basis = [same[0, row] for row in np.flatnonzero(~np.isnan(figures[:, 0]))]
        for row in np.flatnonzero(~np.isnan(figures[:, 4])):
            wider = [*basis, same[1, row]]
            if np.linalg.matrix_rank(np.array(wider)) > len(basis):
                basis = wider
            else:
                found[row, 4] = np.nan
        return found

    used = told(y)
    assert 0 < (~np.isnan(used[:, 4])).sum() < (~np.isnan(y[:, 4])).sum() - 5
    joint = Joint(p, rows + 6, first, {4: shares or [1.0] * 12})
    likelihood, mean, covariance = joint.given((used - p.mean) / p.deviation)
    assert got.loglikelihood == pytest.approx(likelihood, rel=1e-9)
    shown = slice(None) if idiosyncratic == "ar1" else [0, 4]
    np.testing.assert_allclose(((got.fitted - p.mean) / p.deviation)[:, shown], mean[:rows, shown], atol=1e-9)
    ahead = got.forecast(6)
    np.testing.assert_allclose((ahead.mean - p.mean) / p.deviation, mean[rows:], atol=1e-9)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0)).reshape(rows + 6, 5)
    np.testing.assert_allclose(ahead.std / p.deviation, spread[rows:], rtol=1e-7)
    for row in (19, 43):
        month = got.nowcast(_month(first, row))
        np.testing.assert_allclose((month.mean - p.mean) / p.deviation, mean[row], atol=1e-8)
        np.testing.assert_allclose(month.std / p.deviation, spread[row], rtol=1e-6, atol=1e-6)
    # A month that comes out after the figure to date takes its place; revisions of both kinds; the sums are exact.
    before, after = y.copy(), y.copy()
    before[41:, 0] = before[43:, 1:] = np.nan
    before[30, 4] += 0.7
    after[16, 0], after[25, 0] = g[28, 0], after[25, 0] + 0.5
    for aim, row in ((0, 43), (1, 44), (4, 45)):
        found = qg.news(got, before, after, target=aim, period=_month(first, row))
        for figures, value in ((before, found.previous), (after, found.updated)):
            wanted = joint.given((told(figures) - p.mean) / p.deviation)[1][row, aim]
            assert (value - p.mean[aim]) / p.deviation[aim] == pytest.approx(wanted, abs=1e-8)
        assert math.fsum(line.effect for line in found.rows) == pytest.approx(found.updated - found.previous, abs=1e-9)
    # The estimation climbs, and figures to date carry information.
    fitted = qg.dynamic_factor(y, start, idiosyncratic=idiosyncratic, aggregation=aggregation)
    assert (np.diff(fitted.path) >= 0).all()
    np.testing.assert_array_equal(fitted.parameters.loadings[4], fitted.parameters.loadings[0])


def _month(first: int, row: int) -> str:
    return f"{2015 + (first - 1 + row) // 12}-{(first - 1 + row) % 12 + 1:02d}"


# ------------------------------------------------------------------------------------------------------------------
# The example of the staff nowcast of the Federal Reserve Bank of New York: Bok et al. (2018)

VINTAGES = ("2016-06-29", "2016-12-16", "2016-12-23")


class Example:
    """Specification and three vintages; monthly series first, transformed as the specification says, from 2000."""

    def __init__(self, folder: Path) -> None:
        head, *lines = _table(folder / "Spec_US_example.xls")
        used = [dict(zip(head, line, strict=True)) for line in lines if line[0] == 1.0]
        self.series = sorted(used, key=lambda one: str(one["Frequency"]) == "q")
        names = ("Block1-Global", "Block2-Soft", "Block3-Real", "Block4-Labor")
        self.blocks = np.array([[bool(one[name]) for name in names] for one in self.series])
        self.quarterly = [i for i, one in enumerate(self.series) if one["Frequency"] == "q"]
        self.product = next(i for i, one in enumerate(self.series) if one["SeriesID"] == "GDPC1")
        self.vintages = {name: self._transformed(_table(folder / f"{name}.xls")) for name in VINTAGES}

    def _transformed(self, table: list[list[Any]]) -> Floats:
        head, *rows = table
        columns = []
        for one in self.series:
            at = head.index(one["SeriesID"])
            x = np.array([math.nan if row[at] == "" else float(row[at]) for row in rows])
            step = 3 if one["Frequency"] == "q" else 1
            past = np.concatenate([np.full(step, np.nan), x[:-step]])
            columns.append(
                {
                    "lin": x,
                    "chg": x - past,
                    "pch": 100 * (x / past - 1),
                    "pca": 100 * ((x / past) ** (12 / step) - 1),
                }[str(one["Transformation"])]
            )
        begin = [row[0] for row in rows].index(dt.date(2000, 1, 1))
        return np.array(columns).T[begin:]


def _table(path: Path) -> list[list[Any]]:
    calamine = pytest.importorskip("python_calamine")
    return list(calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


@pytest.fixture(scope="module")
def example(shared: Path) -> Example:
    folder = shared / "data" / "validation_methods" / "nowcast_frbny"
    if not folder.is_dir():
        pytest.skip("没有纽约联储即时预测的示例，跳过 / the example of the staff nowcast is absent")
    return Example(folder)


def test_the_example_of_the_staff_nowcast_runs_as_published(example: Example) -> None:
    pandas = pytest.importorskip("pandas")
    y = example.vintages
    model = qg.dynamic_factor(y["2016-06-29"], "2000-01", blocks=example.blocks, quarterly=example.quarterly)
    assert model.converged and model.path == tuple(sorted(model.path))
    assert model.parameters.form.number == 4 and model.parameters.included.all()
    # Two surveys for one factor, a labour factor that is little but payrolls: said to be weakly identified.
    assert "第1组只有2条可用序列" in model.notes[0] and all("弱识别" in note for note in model.notes)
    # The global factor has its extreme in the crisis; the nowcast of the second quarter is near what was published.
    assert np.argmin(model.factors[:, 0]) in range(103, 112) or np.argmax(model.factors[:, 0]) in range(103, 112)
    nowcast = model.nowcast("2016-06")
    assert abs(nowcast.mean[example.product] - 2.0) < 2.0 and 0.5 < nowcast.std[example.product] < 3.0
    # News between the vintages of December about the fourth quarter, with the parameters of June.
    got = qg.news(model, y["2016-12-16"], y["2016-12-23"], target=example.product, period="2016-12")
    assert math.fsum(row.effect for row in got.rows) == pytest.approx(got.updated - got.previous, abs=1e-10)
    released = {(str(example.series[row.series]["SeriesID"]), row.period) for row in got.rows if row.kind == "new"}
    assert {("DGORDER", "2016-11"), ("PCEC96", "2016-11"), ("DSPIC96", "2016-11")} <= released
    revised = {str(example.series[row.series]["SeriesID"]) for row in got.rows if row.kind == "revision"}
    assert "GDPC1" in revised
    smoothed = {}
    for name in VINTAGES[1:]:
        judge, vector = statsmodels_of(y[name], model.parameters, "2000-01")
        smoothed[name] = judge.smooth(vector)
        ours = qg.dynamic_factor(y[name], "2000-01", parameters=model.parameters)
        assert ours.loglikelihood == pytest.approx(smoothed[name].llf, rel=1e-8)
        np.testing.assert_allclose(ours.factors, smoothed[name].smoothed_state[_first_states(judge)].T, atol=1e-8)
    wanted = smoothed["2016-12-23"].news(
        smoothed["2016-12-16"], impact_date="2016-12", comparison_type="previous", revisions_details_start=True
    )
    at = (pandas.Period("2016-12"), f"y{example.product}")
    assert got.previous == pytest.approx(wanted.prev_impacted_forecasts.loc[at], rel=1e-8)
    assert got.updated == pytest.approx(wanted.post_impacted_forecasts.loc[at], rel=1e-8)
    assert got.revision_effect == pytest.approx(wanted.revision_impacts.loc[at], rel=1e-8)
    assert got.new_effect == pytest.approx(wanted.update_impacts.loc[at], rel=1e-8)
    weights = {
        kind: {(r.period, f"y{r.series}"): r.weight for r in got.rows if r.kind == kind} for kind in ("new", "revision")
    }
    for kind, judge_weights in (("new", wanted.weights[at]), ("revision", wanted.revision_weights[at])):
        assert len(weights[kind]) == len(judge_weights)
        for (month, series), weight in judge_weights.items():
            assert weights[kind][str(month), series] == pytest.approx(weight, rel=1e-7, abs=1e-12)
