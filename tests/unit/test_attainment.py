"""Simulated paths: what they keep fixed, what they learn; the same seed gives the same answer (synthetic data)."""

from __future__ import annotations

import numpy as np
import pytest

from qinggong.methods import attainment

SHARES = np.array([2.0, *([1.0] * 10)]) / 12


def history(
    series: int = 12, years: int = 14, *, seed: int = 0, pull: float = 0.2, base: float = -0.3, noise: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Growth that follows the model, and its cumulative growth (合成)."""
    random = np.random.default_rng(seed)
    growth = np.zeros((series, years, 11))
    mean = random.normal(6, 2, series)
    level = mean.copy()
    before = np.zeros_like(growth)
    for y in range(years):
        for k in range(11):
            surprise = growth[:, y - 1, k] - before[:, y - 1, k] if y else np.zeros(series)
            before[:, y, k] = level
            growth[:, y, k] = level + pull * (mean - level) + base * surprise + random.normal(0, noise, series)
            level = growth[:, y, k]
    cumulative = np.cumsum(growth * SHARES, axis=2) / np.cumsum(SHARES)
    return growth, np.round(cumulative, 1)


def test_the_model_is_found_again() -> None:
    growth, cumulative = history(30, 30, noise=1.0)
    model = attainment.fit(growth, cumulative, SHARES)
    assert model.alpha == pytest.approx(1.0, abs=0.31)
    assert model.pull == pytest.approx(0.2, abs=0.1)
    assert model.base_effect == pytest.approx(-0.3, abs=0.08)
    assert np.median(model.scales) == pytest.approx(1.0, abs=0.1)
    assert (
        np.nanmax(np.abs(model.closing[:, :, -1] * model.scales[:, None])) < 1e-9
    )  # December's own rate closes the year


def test_known_steps_stay_and_the_year_is_their_weighted_mean() -> None:
    growth, cumulative = history()
    model = attainment.fit(growth[:, :-1], np.round(cumulative[:, :-1], 12), SHARES)
    paths = attainment.simulate(model, growth[0], float(cumulative[0, -1, 6]), step=6, paths=300, seed=3, rounding=0.0)
    assert (paths.steps[:, 0, :7] == growth[0, -1, :7]).all()
    weight = SHARES[:7].sum()
    rest = paths.steps[:, 0, 7:] @ SHARES[7:]
    closing = model.closing[:, :, 6] * np.median(model.scales)
    inside = paths.growth[:, 0] - (weight * cumulative[0, -1, 6] + rest)
    assert (np.abs(inside) <= np.nanmax(np.abs(closing)) + 1e-9).all()


def test_the_same_seed_gives_the_same_paths_and_another_does_not() -> None:
    growth, cumulative = history()
    model = attainment.fit(growth, cumulative, SHARES)
    a, b, c = (attainment.simulate(model, growth[0], 5.0, step=4, paths=50, seed=s) for s in (1, 1, 2))
    assert (a.growth == b.growth).all() and not (a.growth == c.growth).all()


def test_later_months_leave_less_open_and_future_months_are_not_used() -> None:
    growth, cumulative = history(20, 14)
    model = attainment.fit(growth[:, :-1], cumulative[:, :-1], SHARES)
    widths = []
    for step in range(10):
        changed = growth[0].copy()
        changed[-1, step + 1 :] = 99.0
        a = attainment.simulate(model, growth[0], float(cumulative[0, -1, step]), step=step, paths=800, seed=1)
        b = attainment.simulate(model, changed, float(cumulative[0, -1, step]), step=step, paths=800, seed=1)
        assert (a.growth == b.growth).all()
        widths.append(float(np.diff(np.quantile(a.growth, [0.05, 0.95]))[0]))
    assert widths[0] > widths[4] > widths[9]


def test_intervals_hold_what_they_should_on_data_of_the_model() -> None:
    """Ninety of a hundred held-out years lie within the 90 % interval, and chances of a target are met as often."""
    growth, cumulative = history(40, 22, seed=4)
    model = attainment.fit(growth[:, :-4], cumulative[:, :-4], SHARES)
    inside, brier, base = [], [], []
    for i in range(40):
        for year in range(18, 22):
            past = growth[i, : year + 1]
            paths = attainment.simulate(
                model,
                past,
                float(cumulative[i, year, 3]),
                step=3,
                scale=float(model.scales[i]),
                paths=400,
                seed=i * 99 + year,
            )
            low, high = np.quantile(paths.growth[:, 0], [0.05, 0.95])
            truth = cumulative[i, year, -1]
            inside.append(low <= truth <= high)
            reached = truth >= cumulative[i, year - 1, -1]
            probability = float((paths.growth[:, 0] >= cumulative[i, year - 1, -1]).mean())
            brier.append((probability - reached) ** 2)
            base.append((0.5 - reached) ** 2)
    assert 0.84 <= np.mean(inside) <= 0.98
    assert np.mean(brier) < 0.75 * np.mean(base)


def test_several_years_and_no_reading_at_all() -> None:
    growth, cumulative = history()
    model = attainment.fit(growth, cumulative, SHARES)
    start = np.vstack([growth[0], np.full((1, 11), np.nan)])
    paths = attainment.simulate(model, start, float("nan"), step=-1, years=2, paths=200, seed=5)
    assert paths.growth.shape == (200, 2) and np.isfinite(paths.growth).all() and np.isfinite(paths.steps).all()
    assert paths.growth[:, 1].std() > 0.8 * paths.growth[:, 0].std()


def test_chance_is_kept_off_the_ends_and_its_interval_holds_it() -> None:
    growth, cumulative = history()
    model = attainment.fit(growth, cumulative, SHARES)
    paths = attainment.simulate(model, growth[0], 5.0, step=4, paths=400, seed=1)
    never = attainment.chance(paths.growth[:, 0] > 1e6, paths)
    always = attainment.chance(paths.growth[:, 0] > -1e6, paths)
    assert 0 < never[0] < 0.01 and 0.99 < always[0] < 1
    middle = attainment.chance(paths.growth[:, 0] > np.median(paths.growth), paths, resamples=60)
    assert middle[1] <= middle[0] <= middle[2] and middle[0] == pytest.approx(0.5, abs=0.01)
    assert middle[2] - middle[1] > 0.01
    assert attainment.chance(paths.growth[:, 0] > 5, paths, seed=4) == attainment.chance(
        paths.growth[:, 0] > 5, paths, seed=4
    )


@pytest.mark.parametrize("fault", ["short", "shape", "shares", "step", "missing"])
def test_what_cannot_be_learnt_or_simulated_is_refused(fault: str) -> None:
    growth, cumulative = history()
    with pytest.raises(ValueError, match=r"\w"):
        if fault == "short":
            attainment.fit(growth[:, :2], cumulative[:, :2], SHARES)
        elif fault == "shape":
            attainment.fit(growth[:, :, :5], cumulative[:, :, :5], SHARES)
        elif fault == "shares":
            attainment.fit(growth, cumulative, SHARES * 0)
        else:
            model = attainment.fit(growth, cumulative, SHARES)
            nothing = float("nan") if fault == "missing" else 5.0
            attainment.simulate(model, growth[0], nothing, step=11 if fault == "step" else 3)


def test_holes_and_constant_series_do_no_harm() -> None:
    growth, cumulative = history()
    growth[0] = cumulative[0] = 3.0
    growth[1, 5:8] = np.nan
    growth[2] = np.nan
    model = attainment.fit(growth, cumulative, SHARES)
    paths = attainment.simulate(model, growth[0], 3.0, step=5, paths=100, scale=float(model.scales[0]), seed=1)
    assert np.isfinite(paths.growth).all()
    assert np.isfinite(model.scales).all() and (model.scales > 0).all()
