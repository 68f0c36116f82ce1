"""The outlier search against X-13: where it changed the adjusted series, ours changes it alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qinggong as qg


def test_the_same_outliers_as_x13(shared: Path) -> None:
    """Where X-13's search changed the adjusted series, ours changes it alike; where it did not, ours finds none."""
    file = shared / "data" / "validation_methods" / "x13_reference" / "x13_reference.npz"
    if not file.is_file():
        pytest.skip("没有X-13参照结果，跳过 / the X-13 reference is absent")
    with np.load(file) as data:
        y, plain, searched = (data[n].T.astype(float) for n in ("Y", "D11_airline_cny", "D11_airline_cny_out"))
    result = qg.seasonal_adjust(y, "2010-01", transform="log", model="airline", trading_day=None, outliers=("AO", "LS"))
    theirs = np.abs(searched / plain - 1).max(axis=0) > 1e-5
    ours = np.array([bool(found) for found in result.diagnostics.outliers])
    assert theirs.sum() > 10 and (theirs == ours).mean() >= 0.9
    close = np.abs(result.adjusted / searched - 1).max(axis=0) < 1e-3
    assert close[theirs].mean() >= 0.9
