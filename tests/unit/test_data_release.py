"""The data release: what was revised, every vintage, and papers that agree with the files they describe."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from qinggong.catalogue.synthetic import is_marked
from qinggong.publish.changelog import SHOWN, Changelog, changelog_page, changelog_table, compare, read_rows
from qinggong.publish.data import DataTable, to_csv
from qinggong.publish.datapackage import CHECKSUMS, Described, papers
from qinggong.publish.vintages import vintage_table

Row = dict[str, Any]


def observation(series: str, period: str, value: float | None, *, published: str = "2024-09-14", **more: Any) -> Row:
    row = dict.fromkeys(
        ("subject_kind", "subject", "scope", "region", "indicator", "measure", "basis", "span", "source", "raw_sha256",
         "known_at", "citation", "url", "published_at_basis"), "x",
    )  # fmt: skip
    told = "" if value is None else repr(value)
    return row | {
        "series_id": series, "unit": "%", "period": period, "value": value, "printed": told, "printed_unit": "%",
        "status": "published", "published_at": published, "publisher": "国家统计局", "row": 1, **more,
    }  # fmt: skip


def fact(name: str, period: str, printed: str, *, unit: str = "%") -> Row:
    return {
        "id": name, "label": f"名{name}", "period": period, "value": None, "printed": printed, "unit": unit,
        "published_at": "", "publisher": "",
    }  # fmt: skip


def changes(old: list[Row], new: list[Row], *, whole: bool = False, known: dict[str, Row] | None = None) -> Changelog:
    return compare(
        previous="2024-07", old_facts=[], new_facts=[], old_observations=old, new_observations=new,
        known=lambda series, _: (known or {}).get(series), label=lambda s: f"名{s}", whole=whole,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------- changelog


def test_a_revision_is_told_with_its_size_and_both_dates() -> None:
    log = changes(
        [observation("a", "2024-07", 5.1), observation("b", "2024-07", 1.0)],
        [observation("a", "2024-07", 5.4, published="2024-10-18"), observation("b", "2024-07", 1.0)],
    )
    (one,) = log.changes
    assert (one.kind, one.old, one.new, one.difference) == ("revised", "5.1", "5.4", 0.3)
    assert (one.old_published_at, one.new_published_at, one.publisher) == ("2024-09-14", "2024-10-18", "国家统计局")
    assert log.compared == 2


def test_a_figure_that_is_not_used_any_more_is_held_against_what_is_known_today() -> None:
    old = [observation("a", "2024-07", 5.1), observation("b", "2024-07", 1.0), observation("c", "2024-07", 2.0)]
    log = changes(old, [], known={"a": observation("a", "2024-07", 5.1), "b": observation("b", "2024-07", 0.9)})
    assert [(c.id, c.kind, c.difference) for c in log.changes] == [("b", "revised", -0.1), ("c", "withdrawn", None)]


def test_new_months_are_no_change_but_a_correction_tells_all() -> None:
    new = [observation("a", "2024-08", 5.0)]
    assert changes([], new).changes == ()
    assert [(c.kind, c.new) for c in changes([], new, whole=True).changes] == [("added", "5")]


def test_facts_are_compared_as_printed() -> None:
    log = compare(
        previous="2024-08",
        old_facts=[fact("p", "2024-08", "1.20"), fact("q", "2024-08", "3"), fact("r", "2024-08", "1")],
        new_facts=[fact("p", "2024-08", "1.15"), fact("q", "2024-08", "3", unit="亿元"), fact("s", "2024-08", "7")],
        old_observations=[], new_observations=[], known=lambda *_: None, label=str, whole=True, own="本系统测算",
    )  # fmt: skip
    told = [(c.id, c.kind, c.old, c.new, c.difference) for c in log.changes]
    assert told == [
        ("p", "revised", "1.20", "1.15", -0.05), ("q", "revised", "3", "3", None), ("s", "added", "", "7", None),
        ("r", "removed", "1", "", None),
    ]  # fmt: skip
    assert {c.publisher for c in log.changes} == {"本系统测算"}


def test_the_rows_of_an_earlier_release_come_back_as_they_were() -> None:
    table = DataTable("t", "t", (("id", "i"), ("value", "v")), [("=x", 1.5), ("-2.0", None), ("'=q", 2.0)], ("value",))
    assert read_rows(to_csv(table)) == [
        {"id": "=x", "value": "1.5"}, {"id": "-2.0", "value": ""}, {"id": "=q", "value": "2.0"},
    ]  # fmt: skip


def test_the_page_is_in_both_languages_and_runs_nothing() -> None:
    row = observation("<script>|a", "2024-07", 5.1)
    log = changes([row], [observation("<script>|a", "2024-07", 5.4)])
    page = changelog_page(dataclasses.replace(log, note="<img src=x>\n# 头"), name="2024年8月份").decode()
    assert "<script>" not in page and "<img" not in page and "\\|a" in page
    assert "与发布物 2024-07 相比" in page and "1 revised" in page and "| 5.1 | 5.4 | 0.3 |" in page
    assert "\n# 头" not in page
    assert "没有发布物可比" in changelog_page(Changelog("", 0, ()), name="x").decode()


def test_a_long_page_says_how_many_more_there_are() -> None:
    many = [observation(f"s{n:04}", "2024-07", 1.0) for n in range(SHOWN + 5)]
    log = changes(many, [{**row, "value": 2.0} for row in many])
    page = changelog_page(log, name="x").decode()
    assert page.count("\n| 修订") == SHOWN and "另有5个" in page
    assert len(changelog_table(log).rows) == SHOWN + 5


# ------------------------------------------------------------------------------------------------ vintages


def test_vintages_count_from_one_and_the_last_is_current() -> None:
    rows = [
        observation("a", "2024-07", 5.1), observation("a", "2024-07", 5.4),
        observation("a", "2024-07", None, status="withdrawn"), observation("a", "2024-08", 4.0),
        observation("b", "2024-08", 4.0),
    ]  # fmt: skip
    table = vintage_table(rows)
    names = [name for name, _ in table.columns]
    told = [(r[names.index("vintage")], r[names.index("current")], r[names.index("value")]) for r in table.rows]
    assert told == [(1, 0, 5.1), (2, 0, 5.4), (3, 1, None), (1, 1, 4.0), (1, 1, 4.0)]
    assert vintage_table([]).rows == []


# -------------------------------------------------------------------------------------------------- papers

TABLE = DataTable(
    "observations", "公布数字",
    (("series_id", "序列"), ("period", "时期"), ("value", "数值"), ("row", "行"), ("published_at", "日期")),
    [("a", "2024-08", 1.5, 3, "2024-09-14"), ("b", "2024-08", None, None, "")], ("value", "row"),
)  # fmt: skip
TOLD = Described(
    title="月报", month="2024-08", period_name="2024年8月份", start="2024-08-01", end="2024-08-31", edition=1,
    released="2024-09-28", publisher="某研究室", agency="QG", address="", licence="", synthetic=False,
    without={"SDMX": "没有安装附加组件"}, sources=("国家统计局",),
)  # fmt: skip
FILES = {
    "bulletin.html": b"x", "data/observations.csv": to_csv(TABLE), "data/observations.parquet": b"PAR1",
    "data/sdmx/data.xml": b"<x/>", "data/changelog.md": b"#",
}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return papers(TOLD, [TABLE], FILES)


def test_the_data_package_describes_every_data_file(made: dict[str, bytes]) -> None:
    """Data Package 2.0: names, paths, hashes, schemas of the tables."""
    package = json.loads(made["data/datapackage.json"])
    assert re.fullmatch(r"[a-z0-9._-]+", package["name"]) and package["created"].endswith("+08:00")
    assert package["licenses"][0]["path"] == "LICENCE.txt" and package["sources"] == [{"title": "国家统计局"}]
    resources = {r["path"]: r for r in package["resources"]}
    assert set(resources) == {n.removeprefix("data/") for n in FILES if n.startswith("data/")}
    assert len({r["name"] for r in package["resources"]}) == len(resources)
    for path, resource in resources.items():
        content = FILES[f"data/{path}"]
        assert not PurePosixPath(path).is_absolute() and ".." not in path
        assert re.fullmatch(r"[a-z0-9._-]+", resource["name"])
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    schema = resources["observations.csv"]["schema"]
    heads = next(csv.reader(io.StringIO(FILES["data/observations.csv"].decode("utf-8-sig"))))
    assert [f["name"] for f in schema["fields"]] == heads
    assert [f["type"] for f in schema["fields"]] == ["string", "string", "number", "integer", "date"]
    assert set(schema["primaryKey"]) <= set(heads)


def test_the_checksums_are_those_of_every_file_beside_them(made: dict[str, bytes]) -> None:
    lines = made[f"data/{CHECKSUMS}"].decode().splitlines()
    told = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    everything = {n.removeprefix("data/"): c for n, c in {**FILES, **made}.items() if n.startswith("data/")}
    everything.pop(CHECKSUMS)
    assert told == {name: hashlib.sha256(content).hexdigest() for name, content in everything.items()}
    assert list(told) == sorted(told)


def test_the_catalogue_entry_is_a_dataset_with_its_distributions(made: dict[str, bytes]) -> None:
    dataset = json.loads(made["data/dcat.jsonld"])
    assert dataset["@type"] == "dcat:Dataset" and dataset["dct:issued"]["@value"] == "2024-09-28"
    known = {k for k in dataset["@context"] if not k.startswith("@")}
    used: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            used.update(k.split(":")[0] for k in value if ":" in k)
            for name, inner in value.items():
                if name != "@context":
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(dataset)
    assert used <= known  # every prefix is declared
    for one in dataset["dcat:distribution"]:
        content = FILES[f"data/{one['@id']}"]
        assert one["dcat:byteSize"]["@value"] == str(len(content))
        assert one["spdx:checksum"]["spdx:checksumValue"]["@value"] == hashlib.sha256(content).hexdigest()


def test_the_citation_is_a_citation_file(made: dict[str, bytes]) -> None:
    cited = yaml.safe_load(made["data/CITATION.cff"])
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["type"] == "dataset" and cited["authors"] == [{"name": "某研究室"}]
    assert cited["date-released"] == "2024-09-28"


def test_what_is_not_there_is_said_with_its_reason(made: dict[str, bytes]) -> None:
    assert "not included: SDMX：没有安装附加组件" in made["data/README.md"].decode()


def test_no_licence_is_made_up(made: dict[str, bytes]) -> None:
    assert "没有作出许可声明" in made["data/LICENCE.txt"].decode()
    declared = papers(dataclasses.replace(TOLD, licence="CC-BY-4.0"), [TABLE], FILES)["data/LICENCE.txt"].decode()
    assert "按 CC-BY-4.0 许可" in declared and "属于各发布机构" in declared


def test_a_correction_and_its_address_are_told() -> None:
    told = dataclasses.replace(TOLD, edition=2, note="改一处", address="https://example.org/r/")
    found = papers(told, [TABLE], FILES)
    dataset = json.loads(found["data/dcat.jsonld"])
    assert dataset["@context"]["@base"] == "https://example.org/r/2024-08.r2/data/"
    assert dataset["prov:wasRevisionOf"]["@id"] == "../../2024-08/data/" and dataset["adms:versionNotes"] == "改一处"
    assert yaml.safe_load(found["data/CITATION.cff"])["version"] == "2024-08.2"


def test_papers_of_synthetic_data_carry_the_mark() -> None:
    found = papers(dataclasses.replace(TOLD, synthetic=True), [TABLE], FILES)
    for name in ("LICENCE.txt", "CITATION.cff", "README.md", "datapackage.json", "dcat.jsonld"):
        assert is_marked(found[f"data/{name}"]), name
