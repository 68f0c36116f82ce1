"""The synthetic economy: its calendar, its random streams, its structure against the published totals."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from qinggong.catalogue import load_catalogue
from qinggong.synth.months import YEARS, festival_factor, index_of, new_year, seasonal_shape, working_days
from qinggong.synth.parameters import Parameters, load_parameters
from qinggong.synth.paths import autoregressive, paths_for, season_of, trend_log
from qinggong.synth.randomness import LARGEST_SEED, stream
from qinggong.synth.structure import CHUNK, class_shares, province_table, structure_for
from qinggong.synth.subjects import subjects_of

SEED = 7


@pytest.mark.parametrize("day", ["2008-02-07", "2015-02-19", "2020-01-25", "2021-02-12", "2023-01-22", "2026-02-17"])
def test_new_year_is_the_known_day(day: str) -> None:
    date = dt.date.fromisoformat(day)
    assert new_year(date.year) == date


def test_an_early_festival_falls_on_january_and_a_late_one_on_february_and_march() -> None:
    effect = load_parameters().behaviour.festival["production"]
    early, late = festival_factor(effect, 2023), festival_factor(effect, 2024)  # 22 January, 10 February
    assert early[0] < late[0] - 0.2
    assert late[1] < early[1] - 0.2
    assert festival_factor(effect, 2015)[2] < 1.0  # 19 February reaches into March
    assert festival_factor(effect, 2023)[2] == 1.0
    assert np.all(early[3:] == 1.0)


def test_the_festival_moves_months_and_not_years() -> None:
    shape = season_of(load_parameters(), "export").reshape(YEARS, 12)
    assert np.allclose(shape.mean(axis=1), 1.0)
    assert shape[:, 0].std() > 0.05
    assert shape[:, 5].std() < 0.03


def test_a_month_with_more_working_days_makes_more() -> None:
    flat, effect = (1.0,) * 12, load_parameters().behaviour.festival["production"]
    shape = seasonal_shape(flat, effect, 0.5).reshape(YEARS, 12)[2024 - 2005]
    days, made = np.array(working_days(2024))[3:], shape[3:]
    assert days[made.argmax()] == days.max() > days.min() == days[made.argmin()]


def test_streams_depend_on_seed_name_and_place_only() -> None:
    first = stream(1, "month", 3, 2020).random(5)
    stream(1, "month", 2, 2020).random(100)
    assert np.array_equal(stream(1, "month", 3, 2020).random(5), first)
    others = [
        stream(2, "month", 3, 2020),
        stream(1, "life", 3, 2020),
        stream(1, "month", 4, 2020),
        stream(1, "month", 3),
    ]
    assert not any(np.array_equal(other.random(5), first) for other in others)


@pytest.mark.parametrize(("seed", "place"), [(-1, ()), (LARGEST_SEED + 1, ()), (1, (-1,)), (1, (1, 2, 3))])
def test_a_seed_or_place_out_of_range_is_an_error(seed: int, place: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"seed|place"):
        stream(seed, "x", *place)


def test_an_autoregression_has_the_spread_of_its_formula() -> None:
    draws = np.random.default_rng(1).standard_normal((400, 300))
    made = autoregressive(draws, 0.8, 0.1)
    assert made.std() == pytest.approx(0.1 / (1 - 0.8**2) ** 0.5, rel=0.03)
    assert made[:, 0].std() == pytest.approx(made[:, -1].std(), rel=0.2)  # stationary from the start


def test_every_figure_says_what_it_rests_on() -> None:
    economy = load_parameters().economy
    figures = [economy.revenue, economy.enterprises, *economy.growth, *(b.share for b in economy.blocks)]
    assert all(f.source for f in figures)
    assert {f.basis for f in figures} == {"published", "assumption"}


def test_a_block_without_its_profile_is_an_error() -> None:
    good = load_parameters()
    wrong = good.economy.blocks[0].model_copy(update={"profile": "nothing"})
    economy = good.economy.model_copy(update={"blocks": (wrong, *good.economy.blocks[1:])})
    with pytest.raises(ValueError, match="no seasonal profile nothing"):
        Parameters.model_validate({**dict(good), "economy": economy})


def test_the_trend_grows_as_published() -> None:
    level = np.exp(trend_log(load_parameters().economy, 0.0)).reshape(YEARS, 12).mean(axis=1)
    growth = dict(zip(range(2006, 2036), (level[1:] / level[:-1] - 1) * 100, strict=True))
    assert growth[2020] == pytest.approx(-1.7)
    assert growth[2021] == pytest.approx(14.4)
    assert growth[2030] == pytest.approx(4.0)


def test_the_shock_is_made_good_within_its_year() -> None:
    parameters = load_parameters()
    shape = paths_for(SEED).season[1].reshape(YEARS, 12)
    assert shape[2020 - 2005].mean() == pytest.approx(1.0)
    plain = season_of(parameters, parameters.economy.blocks[1].profile).reshape(YEARS, 12)
    assert shape[2020 - 2005, 1] < 0.75 * plain[2020 - 2005, 1]
    assert np.allclose(shape[2019 - 2005], plain[2019 - 2005])


def test_the_classes_are_those_of_light_industry() -> None:
    shares = class_shares(load_catalogue(), load_parameters())
    assert set(shares) == set(load_catalogue().light_classes())
    totals = np.zeros(len(load_parameters().economy.blocks))
    for block, share in shares.values():
        totals[block] += share
    assert np.allclose(totals, 1.0)
    drinks = sum(share for code, (_, share) in shares.items() if code.startswith("151"))
    assert drinks == pytest.approx(0.53)  # stated in the parameters


def test_the_provinces_fit_both_margins() -> None:
    economy = load_parameters().economy
    table = province_table(load_parameters(), SEED)
    blocks = np.array([b.share.value for b in economy.blocks])
    wanted = np.array([p.share for p in economy.provinces])
    assert np.allclose(table.sum(axis=1), 1.0)
    assert np.allclose(blocks / blocks.sum() @ table, wanted / wanted.sum(), rtol=1e-3)
    codes, names = [p.code for p in economy.provinces], [b.code for b in economy.blocks]
    spirits = table[names.index("15")]
    assert spirits[codes.index("52")] > 2 * (wanted / wanted.sum())[codes.index("52")]
    assert set(codes) <= set(load_catalogue().regions)


def test_slots_lie_in_chunks_of_one_class_sorted_by_province() -> None:
    structure = structure_for(SEED)
    first = 0
    for number, chunk in enumerate(structure.chunks):
        assert (chunk.number, chunk.first) == (number, first)
        assert 0 < chunk.length <= CHUNK
        assert np.all(np.diff(chunk.provinces) >= 0)
        first += chunk.length
    assert first == structure.slots
    assert np.all(np.abs(structure.scales - 1) < 0.06)


def test_subjects_are_known_to_the_catalogue_and_listed_once_for_each_indicator() -> None:
    catalogue, structure = load_catalogue(), structure_for(SEED)
    for detail in ("usual", "full"):
        subjects = subjects_of(catalogue, load_parameters(), structure.classes, detail=detail)  # type: ignore[arg-type]
        assert [s.number for s in subjects] == list(range(len(subjects)))
        for subject in subjects:
            catalogue.subject_by_key(subject.kind, subject.code, subject.scope)
            catalogue.publisher(subject.publisher)
    whole = next(s for s in subjects if s.key == "industry:BCD@nbs")
    assert len(whole.classes) == len(structure.classes)
    told = {s.code for s in subjects if s.provinces == "all" and s.kind == "industry"}
    alone = {c for c in structure.classes if c not in told}
    assert all(c[:3] in told and len([o for o in structure.classes if o[:3] == c[:3]]) == 1 for c in alone)


def test_the_time_axis_begins_in_january() -> None:
    assert index_of(2005, 1) == 0
    assert index_of(2024, 12) == 19 * 12 + 11
