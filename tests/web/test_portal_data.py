"""The computed results of a release as one file: everything of the brief, the same bytes every time."""

from __future__ import annotations

import dataclasses
import json

import building

from qinggong.publish.portal_data import PARTS, plain, portal_file


def test_the_file_mirrors_the_brief() -> None:
    brief = building.brief()
    told = json.loads(portal_file(brief, title="月报"))
    assert (told["format"], told["month"], told["synthetic"]) == (1, "2025-08", True)
    assert "合成数据（由程序生成" in told["notice"]
    assert set(PARTS) <= set(told) and told["flash"] is None
    assert told["prosperity"]["industries"][0]["value"]["text"] == "112.00"
    assert told["prosperity"]["strip"][-1] == "2025-08" and told["prosperity"]["strip"][-7] == "2025-01/2025-02"
    assert "book" not in told["warnings"]


def test_same_brief_same_bytes() -> None:
    assert portal_file(building.brief(), title="月报") == portal_file(building.brief(), title="月报")


def test_every_field_of_a_part_is_there() -> None:
    signals = building.signals()
    assert set(plain(signals)) == {f.name for f in dataclasses.fields(signals)}


def test_numbers_have_twelve_digits() -> None:
    assert plain(1 / 3) == 0.333333333333 and plain(building.fact("x", 2 / 3))["value"] == 0.666666666667


def test_adjusted_series_are_arrays_of_one_length() -> None:
    (series,) = json.loads(portal_file(building.brief(), title="月报"))["momentum"]["series"]
    assert {len(series[k]) for k in ("periods", "original", "adjusted", "trend")} == {len(series["periods"])}
    assert series["original"][3] is None and series["periods"][0] == "2023-01/2023-02"


def test_a_province_names_what_its_numbers_are_made_of() -> None:
    (told,) = json.loads(portal_file(building.brief(), title="月报"))["provinces"]
    assert (told["region"], told["publisher"], told["growth"]) == ("44", "合成数据（国家统计局）", 2.9)
    assert told["method"].startswith("revenue share of 2024")
    assert [p["contribution_text"] for p in told["parts"]] == ["0.31", "-0.05"]
