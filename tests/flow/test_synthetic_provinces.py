"""Level indices by province on a synthetic workspace: what the provinces publish is enough for an index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qinggong import flow
from qinggong.catalogue.prosperity import load_level_index
from qinggong.monitor.prosperity import by_province, index_series, prosperity
from qinggong.periods import month
from qinggong.store.base import Snapshot, winners
from qinggong.synth.plan import Plan

LAST = month(2025, 12)
REGIONS = ("44", "54", "33")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    folder: Path = tmp_path_factory.mktemp("synthetic") / "合成"
    made, rows = flow.init_synthetic(folder, Plan(seed=7, end="2025-12", months=120))
    assert rows > 0
    return made


def test_provinces_have_indices_from_their_own_figures(workspace: flow.Workspace) -> None:
    plan, catalogue = load_level_index(), workspace.catalogue
    rows = workspace.store.of_series(index_series(catalogue, plan, regions=REGIONS))
    snapshot = Snapshot(tuple(winners(rows)), None, None, workspace.store.version)
    provinces = {p.region: p for p in by_province(snapshot, catalogue, plan, at=LAST)}
    assert list(provinces) == ["33", "44", "54"]
    for region, p in provinces.items():
        row = p.row(LAST)
        inside = [i for i in p.industries if i.counted and not np.isnan(i.index[row])]
        assert np.isnan(p.aggregate[row]) == (len(inside) < plan.provinces.fewest_industries)
        # No prices by province: three components, the weight of the fourth shared.
        for i in inside:
            assert i.weights[row, 1] == 0 and i.weights[row].sum() == pytest.approx(1)
            assert i.contributions[row].sum() == pytest.approx(i.index[row] - i.index[row - 1], abs=1e-9)
        assert (region == "54") == (len(inside) < 3), region
    assert np.isnan(prosperity(snapshot, catalogue, plan, at=LAST).aggregate).all()
