"""What festival regressors and pooling gain: error and revision of the latest month, full monthly and combined series.

Run as ``.venv/bin/python benchmarks/festival_gains.py [--groups 4]``; prints a table and JSON. The series are made up
(合成): groups of eight with trend, moving season, noise and a Spring Festival effect that differs a little between the
members, so the adjusted truth is known. Each of the last 24 months is adjusted as if it were the latest: its error is
the monthly growth of the adjusted series less the true one, its revision that of the first estimate until the last.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from seasonal_adjustment import made_up_parts

MEMBERS, MONTHS, HORIZON = 8, 180, 24
WAYS: dict[str, dict[str, Any]] = {"none": {"holiday": None}, "cny": {}, "cny pooled": {}}
FORMS = ("full monthly", "combined")


def growth(adjusted: np.ndarray) -> np.ndarray:
    return np.asarray((adjusted[1:] / adjusted[:-1] - 1) * 100)


def measure(groups: int, *, seed: int) -> dict[str, dict[str, list[float]]]:
    """Mean absolute error and revision in points, all months and December to March, by form and way."""
    import qinggong as qg

    values, truth = made_up_parts(groups * MEMBERS, months=MONTHS, seed=seed)
    labels = [str(column // MEMBERS) for column in range(groups * MEMBERS)]
    blocks = values.copy()
    blocks[1::12] += blocks[0::12]
    blocks[0::12] = np.nan
    true_blocks = truth.copy()
    true_blocks[0::12] = true_blocks[1::12] = (truth[0::12] + truth[1::12]) / 2
    out: dict[str, dict[str, list[float]]] = {}
    for form, matrix, right in (("full monthly", values, truth), ("combined", blocks, true_blocks)):
        for way, options in WAYS.items():
            keywords: dict[str, Any] = {"transform": "log", "model": "airline", "trading_day": None, "outliers": None}
            keywords |= options | {"jan_feb": "combined" if form == "combined" else None}
            if "pooled" in way:
                keywords["pool"] = labels
            final = growth(qg.seasonal_adjust(matrix, "2010-01", **keywords).adjusted)
            errors, revised, months = [], [], []
            for last in range(MONTHS - HORIZON, MONTHS):
                month = last % 12
                if form == "combined" and month == 0:  # January brings no figure of its own
                    continue
                adjusted = qg.seasonal_adjust(matrix[: last + 1], "2010-01", **keywords).adjusted
                before = last - 2 if form == "combined" and month == 1 else last - 1
                now = (adjusted[last] / adjusted[before] - 1) * 100
                errors.append(np.abs(now - (right[last] / right[before] - 1) * 100))
                later = (1 + final[before:last] / 100).prod(axis=0) * 100 - 100
                revised.append(np.abs(now - later))
                months.append(month)
            near = np.isin(months, [11, 0, 1, 2])
            error, revision = np.array(errors), np.array(revised)
            found = (error.mean(), error[near].mean(), revision.mean(), revision[near].mean())
            out.setdefault(form, {})[way] = [round(float(value), 2) for value in found]
    return out


def main() -> None:
    options = argparse.ArgumentParser(description="gains of festival regressors and pooling")
    options.add_argument("--groups", type=int, default=4)
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    found = measure(chosen.groups, seed=chosen.seed)
    print("form | festival | error, all months | error, Dec-Mar | revision, all months | revision, Dec-Mar")
    for form, ways in found.items():
        for way, numbers in ways.items():
            print(form, way, *numbers, sep=" | ")
    print(json.dumps({"series": chosen.groups * MEMBERS, "points": found}, indent=1))


if __name__ == "__main__":
    main()
