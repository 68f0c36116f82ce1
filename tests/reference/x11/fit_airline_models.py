"""Fit the airline models behind ``airline_models.csv`` with statsmodels, an implementation not our own.

Usage: python fit_airline_models.py <folder with x13_reference.npz>
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def main(folder: Path) -> None:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    reference = np.load(folder / "x13_reference.npz")
    lines = [
        "# Airline models of the 60 series of x13_reference.npz by statsmodels; written by fit_airline_models.py.",
        "series,before,holiday,after,theta,seasonal_theta",
    ]
    for number, series in enumerate(reference["Y"]):
        # The likelihood of the differenced series is the exact one of X-13.
        model = SARIMAX(
            np.log(series),
            exog=reference["H"][: series.size],
            order=(0, 1, 1),
            seasonal_order=(0, 1, 1, 12),
            simple_differencing=True,
        )
        fitted = model.fit(disp=0, method="lbfgs", maxiter=500, pgtol=1e-8, factr=10).params[:5]
        lines.append(f"{number}," + ",".join(f"{value:.8f}" for value in fitted))
    Path(__file__).with_name("airline_models.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
