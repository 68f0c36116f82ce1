"""Synthetic rows: columns, marks, release dates, revisions, adding up, and the same rows from the same seed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.synthetic import MARK, NOTICE, SOURCE, is_marked, is_marked_text, publisher_name
from qinggong.periods import parse
from qinggong.store.delta import COLUMNS as STORED
from qinggong.synth.enterprises import months_of
from qinggong.synth.export import export_plan
from qinggong.synth.goods import Span, headings
from qinggong.synth.parameters import load_parameters
from qinggong.synth.paths import paths_for
from qinggong.synth.plan import FILE, Plan, PlanError, read_plan, relations
from qinggong.synth.returns import return_relations, returns_of
from qinggong.synth.rows import COLUMNS
from qinggong.synth.structure import Chunk, structure_for
from qinggong.synth.trade import cells_of, trade_of, values_of

SEED = 7
SPAN = Span(2023, 2024)
PLAN = Plan(seed=SEED, end="2024-12", months=24)
NOW = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publications of two years as Parquet files."""
    root = tmp_path_factory.mktemp("synth")
    for number, (relation, count) in enumerate(relations(PLAN)):
        relation.write_parquet(str(root / f"{number}.parquet"))
        assert count == relation.count("*").fetchall()[0][0]
    return root


@pytest.fixture(scope="module")
def table(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.read_parquet(str(folder / "*.parquet")).create_view("t")
        yield connection


def asked(table: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return table.sql(query).fetchall()


def one(table: duckdb.DuckDBPyConnection, query: str) -> Any:
    return asked(table, query)[0][0]


# ------------------------------------------------------------------------------------------ publications


def test_the_columns_are_those_of_the_store(table: duckdb.DuckDBPyConnection) -> None:
    assert COLUMNS == STORED
    assert tuple(table.view("t").columns) == STORED
    types = dict(zip(table.view("t").columns, map(str, table.view("t").types), strict=True))
    assert (types["value"], types["published_at"], types["row"]) == ("DOUBLE", "DATE", "INTEGER")
    assert types["known_at"] == "TIMESTAMP WITH TIME ZONE"


def test_every_row_is_marked(table: duckdb.DuckDBPyConnection) -> None:
    assert one(table, f"SELECT count(*) FROM t WHERE publisher NOT LIKE '{MARK}（%）' OR source <> '{SOURCE}'") == 0
    assert one(table, f"SELECT count(*) FROM t WHERE citation NOT LIKE '{MARK}：%'") == 0
    names = {name for (name,) in asked(table, "SELECT DISTINCT publisher FROM t")}
    assert {publisher_name("国家统计局"), publisher_name("中国轻工业联合会")} <= names


def test_every_series_is_one_that_the_catalogue_knows(table: duckdb.DuckDBPyConnection) -> None:
    catalogue = load_catalogue()
    series = asked(
        table, "SELECT DISTINCT subject_kind, subject, scope, region, indicator, measure, span, unit, basis FROM t"
    )
    assert len(series) > 4000
    for kind, code, scope, region, indicator, measure, span, unit, basis in series:
        entry = catalogue.indicator(indicator)
        assert entry.code == indicator
        assert kind in entry.kinds, (kind, indicator)
        assert span in entry.spans, (indicator, span)
        subject = catalogue.subject_by_key(kind, code, scope)
        assert catalogue.canonical_unit(indicator, measure, subject) == unit, (indicator, measure, unit)
        assert (catalogue.region(region).code, basis) == (region, "published")


def test_what_is_printed_is_what_is_stored(table: duckdb.DuckDBPyConnection) -> None:
    assert one(table, "SELECT count(*) FROM t WHERE CAST(printed AS DOUBLE) <> value OR printed_unit <> unit") == 0
    assert one(table, "SELECT count(*) FROM t WHERE printed LIKE '-0%' AND value = 0") == 0
    assert one(table, "SELECT count(*) FROM t WHERE value IS NULL OR isnan(value) OR isinf(value)") == 0


def test_january_and_february_are_one(table: duckdb.DuckDBPyConnection) -> None:
    assert one(table, "SELECT count(*) FROM t WHERE period LIKE '%-01' AND indicator <> 'producer_prices'") == 0
    months = asked(
        table, "SELECT DISTINCT period FROM t WHERE span = 'month' AND indicator = 'value_added' ORDER BY period"
    )
    assert [m for (m,) in months] == [f"{y}-{m:02d}" for y in (2023, 2024) for m in range(3, 13)]
    first = asked(table, "SELECT min(period) FROM t WHERE span = 'ytd' AND indicator = 'revenue'")
    assert first == [("2023-01/2023-02",)]
    assert asked(table, "SELECT DISTINCT period FROM t WHERE period LIKE '%-02' AND span = 'month'") == [
        ("2023-02",), ("2024-02",),
    ]  # fmt: skip


def test_release_days_are_those_of_the_calendar(table: duckdb.DuckDBPyConnection) -> None:
    catalogue = load_catalogue()
    rows = asked(
        table,
        "SELECT DISTINCT scope, subject_kind, indicator, period, min(published_at) FROM t"
        " WHERE subject IN ('BCD', '13', 'total', 'lamps') GROUP BY ALL",
    )
    bodies = {"nbs": "nbs", "gacc": "gacc"}
    for scope, _, indicator, period, day in rows:
        due = catalogue.release(publisher=bodies[scope], indicator=indicator, period=parse(period))
        assert due is not None
        assert day == due.expected, (indicator, period)


def test_a_revision_comes_with_the_next_release_and_differs(table: duckdb.DuckDBPyConnection) -> None:
    identity = "subject_kind, subject, scope, region, indicator, measure, span, unit, period"
    counts = dict(asked(table, f"SELECT n, count(*) FROM (SELECT count(*) AS n FROM t GROUP BY {identity}) GROUP BY n"))
    assert set(counts) == {1, 2}
    assert counts[2] > 0.2 * counts[1]
    pairs = (
        f"SELECT {identity}, list(printed ORDER BY published_at) AS p, list(published_at ORDER BY published_at) AS d,"
        f" list(row ORDER BY published_at) AS r FROM t GROUP BY {identity} HAVING count(*) = 2"
    )
    assert one(table, f"SELECT count(*) FROM ({pairs}) WHERE p[1] = p[2] OR d[1] >= d[2] OR r[1] >= r[2]") == 0
    assert one(table, f"SELECT count(*) FROM ({pairs}) WHERE indicator = 'producer_prices'") == 0
    days = asked(table, f"SELECT DISTINCT period, d FROM ({pairs}) WHERE indicator = 'revenue' AND scope = 'nbs'")
    last = dict(asked(table, "SELECT period, min(published_at) FROM t WHERE indicator = 'revenue' AND scope = 'nbs'"
                             " GROUP BY period"))  # fmt: skip
    for period, (_, again) in days:
        assert again == min(d for d in last.values() if d > last[period])


def test_nothing_of_the_last_month_is_revised_yet(table: duckdb.DuckDBPyConnection) -> None:
    assert one(table, "SELECT count(*) FROM t WHERE period LIKE '%2024-12' AND citation LIKE '%修订%'") == 0
    assert one(table, "SELECT count(*) FROM t WHERE published_at > CAST(known_at AS DATE)") == 0


def levels(table: duckdb.DuckDBPyConnection, indicator: str, condition: str) -> dict[str, float]:
    """Sums of last levels by period."""
    return dict(
        asked(
            table,
            f"SELECT period, sum(v) FROM (SELECT period, arg_max(value, published_at) AS v"
            " FROM t WHERE measure = 'level'"
            f" AND indicator = '{indicator}' AND span = 'ytd' AND {condition}"
            " GROUP BY subject_kind, subject, scope, region, period) GROUP BY period",
        )
    )


@pytest.mark.parametrize("indicator", ["revenue", "export_delivery", "profit"])
def test_provinces_add_up_to_the_country_and_parts_to_the_whole(
    table: duckdb.DuckDBPyConnection, indicator: str
) -> None:
    for subject in ("subject = 'light_industry' AND scope = 'cnlic'", "subject = 'BCD'", "subject = '13'"):
        whole = levels(table, indicator, f"{subject} AND region = 'CN'")
        parts = levels(table, indicator, f"{subject} AND region <> 'CN'")
        assert len(whole) == 22
        assert whole == pytest.approx(parts, abs=31 * 0.05 + 0.06)
    industry = levels(table, indicator, "subject = 'BCD' AND region = 'CN'")
    sections = levels(table, indicator, "subject IN ('B', 'C', 'D') AND region = 'CN'")
    assert industry == pytest.approx(sections, abs=0.3)
    food = levels(table, indicator, "subject = 'food' AND region = 'CN'")
    divisions = levels(table, indicator, "subject IN ('13', '14', '15') AND scope = 'nbs' AND region = 'CN'")
    assert food == pytest.approx(divisions, abs=0.3)
    groups = levels(table, indicator, "regexp_full_match(subject, '13[0-9]') AND scope = 'nbs' AND region = 'CN'")
    assert groups == pytest.approx(levels(table, indicator, "subject = '13' AND region = 'CN'"), abs=0.6)


def test_published_growth_is_not_the_ratio_of_published_levels(table: duckdb.DuckDBPyConnection) -> None:
    rows = asked(
        table,
        "SELECT subject, arg_max(value, published_at) FILTER (measure = 'yoy' AND period = '2024-01/2024-12'),"
        " arg_max(value, published_at) FILTER (measure = 'level' AND period = '2024-01/2024-12'),"
        " arg_max(value, published_at) FILTER (measure = 'level' AND period = '2023-01/2023-12')"
        " FROM t WHERE indicator = 'revenue' AND region = 'CN' AND scope = 'nbs' AND length(subject) = 2 GROUP BY 1",
    )
    gaps = [growth - (now / before - 1) * 100 for _, growth, now, before in rows]
    assert len(gaps) > 15
    assert np.median(np.abs(gaps)) > 0.2


def test_shorter_and_longer_histories_agree(table: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    short = dataclasses.replace(PLAN, months=12)
    for number, (relation, _) in enumerate(relations(short)):
        relation.write_parquet(str(tmp_path / f"{number}.parquet"))
    table.read_parquet(str(tmp_path / "*.parquet")).create_view("s", replace=True)
    assert asked(table, "SELECT min(right(period, 7)), max(right(period, 7)) FROM s") == [("2024-01", "2024-12")]
    hidden = "EXCLUDE (raw_sha256, known_at)"
    # Days of turnover are held against a year before that the shorter history lacks.
    told = "NOT (measure = 'yoy' AND (indicator LIKE '%_days' OR indicator LIKE '%_per_100_assets'))"
    lacking = f"SELECT * {hidden} FROM s WHERE {told} EXCEPT SELECT * {hidden} FROM t"
    assert one(table, f"SELECT count(*) FROM ({lacking})") == 0
    assert one(table, "SELECT count(*) FROM s") > 100_000


# ---------------------------------------------------------------------------------------- returns and trade


@pytest.fixture(scope="module")
def chunk() -> Chunk:
    return next(c for c in structure_for(SEED).chunks if c.class_code == "2412")


def rows_in(relation: Any) -> list[dict[str, Any]]:
    """Rows as mappings; a moment with a zone would need one more package to be fetched."""
    shown = relation.project("* EXCLUDE (known_at)")
    return [dict(zip(shown.columns, row, strict=True)) for row in shown.fetchall()]


def returns_files(folder: Path, chunks: tuple[Chunk, ...]) -> dict[int, bytes]:
    """The rows of each chunk, as the bytes of a file."""
    made = return_relations(SEED, SPAN, (0, 24), raw_sha256="x", known_at=NOW, chunks=chunks)
    files = {}
    for chunk, (relation, _) in zip(chunks, made, strict=True):
        relation.write_parquet(str(folder / "part.parquet"))
        files[chunk.number] = (folder / "part.parquet").read_bytes()
    return files


def test_returns_are_the_same_bytes_in_any_order_of_chunks(tmp_path: Path) -> None:
    chosen = tuple(c for c in structure_for(SEED).chunks if c.class_code in ("2421", "2422", "1030"))
    assert len(chosen) > 2
    there, back = returns_files(tmp_path, chosen), returns_files(tmp_path, chosen[::-1])
    assert there == back
    assert len(set(there.values())) == len(chosen)
    assert returns_files(tmp_path, chosen[1:2])[chosen[1].number] == there[chosen[1].number]


def test_another_seed_makes_other_rows(chunk: Chunk) -> None:
    again = returns_of(SEED, chunk, SPAN)
    assert all(np.array_equal(again[name], a) for name, a in returns_of(SEED, chunk, SPAN).items())
    other = next(c for c in structure_for(SEED + 1).chunks if c.class_code == chunk.class_code)
    assert not np.array_equal(returns_of(SEED + 1, other, SPAN)["value"][:50], again["value"][:50])


def test_returns_are_late_corrected_and_cumulative(chunk: Chunk) -> None:
    made = return_relations(SEED, SPAN, (0, 24), raw_sha256="x", known_at=NOW, chunks=(chunk,))
    relation, count = next(made)
    named = rows_in(relation)
    assert len(named) == count
    assert {r["publisher"] for r in named} == {"合成数据（企业报表）"}
    assert {(r["subject_kind"], r["source"], r["measure"]) for r in named} == {("enterprise", SOURCE, "level")}
    assert all(r["subject"].startswith("c2412.") for r in named)
    assert not [r for r in named if r["period"].endswith("-01") or r["period"].endswith("/2023-01")]
    by_figure: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for r in named:
        by_figure.setdefault((r["subject"], r["indicator"], r["period"]), []).append(r)
    twice = [group for group in by_figure.values() if len(group) == 2]
    assert {len(group) for group in by_figure.values()} == {1, 2}
    assert 0.005 < len(twice) / len(by_figure) < 0.03
    assert all(b["published_at"] > a["published_at"] and b["row"] == a["row"] + 1 for a, b in twice)
    ratios = [float(a["printed"]) / float(b["printed"]) for a, b in twice if float(b["printed"])]
    assert any(abs(x - slip) < 1e-3 * slip for x in ratios for slip in (1000.0, 10.0))
    due = {r["period"]: parse(r["period"]).end_date + dt.timedelta(days=16) for r in named}
    late = np.mean([r["published_at"] > due[r["period"]] for group in by_figure.values() for r in group[:1]])
    assert 0.02 < late < 0.08
    assert all(
        r["value"] == pytest.approx(float(r["printed"]) / (1e4 if r["printed_unit"] == "人" else 1e5)) for r in named
    )


def test_returns_sum_to_what_is_published(chunk: Chunk) -> None:
    """Corrected returns of the surveyed, with those never filed, are the final totals."""
    made = months_of(SEED, chunk, paths_for(SEED), first_year=2023, last_year=2024)
    data = returns_of(SEED, chunk, SPAN)
    revenue = data["indicator"] == 2
    last: dict[tuple[int, int], float] = {}
    for slot, month, value in zip(data["slot"][revenue], data["month"][revenue], data["value"][revenue], strict=True):
        last[int(slot), int(month)] = float(value)  # in order of filing: the later one stays
    cumulated = np.cumsum(made.flows["revenue"], axis=2)
    for month in (5, 23):
        year, number = divmod(month, 12)
        silent = made.never[:, year, number] & made.surveyed[:, year]
        filed = sum(v for (_, m), v in last.items() if m == month) + cumulated[silent, year, number].sum()
        assert filed == cumulated[made.surveyed[:, year], year, number].sum()


def test_trade_cells_sum_to_the_published_headings() -> None:
    parameters = load_parameters()
    totals = headings(SEED, parameters, SPAN)[:, 12:]
    number = next(i for i, h in enumerate(parameters.trade.headings) if h.hs == "9608")
    cells, shares = cells_of(SEED, number)
    values = values_of(SEED, number, totals[number], SPAN, shares)
    assert np.array_equal(values.sum(axis=0), totals[number])
    assert np.array_equal(values, np.rint(values))
    assert values.min() >= 0
    data = trade_of(SEED, number, totals[number], SPAN)
    money = data["indicator"] == 0
    final = {(r >> 1): v for r, v in zip(data["row"][money].tolist(), data["value"][money].tolist(), strict=True)}
    assert sum(final.values()) > 0.9 * totals[number].sum()
    assert (data["version"] == 1).mean() == pytest.approx(0.02, abs=0.01)
    assert len(set(zip(*(cells[n].tolist() for n in ("line", "partner", "province")), strict=True))) == len(shares)


def test_trade_rows_look_like_customs(tmp_path: Path) -> None:
    plan = dataclasses.replace(PLAN, parts=("trade",), months=12, end="2024-06")
    made = relations(plan)  # kept: the relation dies with it
    relation, count = next(made)
    rows = rows_in(relation.limit(4000))
    assert count > 4000
    assert {r["period"] for r in rows} == {f"2023-{m:02d}" for m in range(7, 13)} | {
        f"2024-{m:02d}" for m in range(1, 7)
    }
    catalogue = load_catalogue()
    for r in rows[::97]:
        assert catalogue.subject_by_key(r["subject_kind"], r["subject"], r["scope"]).kind == "trade"
        assert len(r["subject"]) == len("hs.12345678.p502")
        assert r["publisher"] == "合成数据（海关总署）"
        assert parse(r["period"]).kind == "month"
        assert r["published_at"] > parse(r["period"]).end_date
    january = [r for r in rows if r["period"] == "2024-01"]
    assert january
    assert {r["published_at"].month for r in january if r["citation"].endswith("明细")} == {3}


# ------------------------------------------------------------------------------------------------ plans, files


def test_a_plan_is_a_file_and_back() -> None:
    plan = Plan(seed=11, end="2024-06", months=30, parts=("published", "trade"), detail="full")
    assert read_plan(plan.as_file()) == plan
    assert plan.as_file() == Plan(**dataclasses.asdict(plan)).as_file()
    assert (plan.start, plan.span, plan.kept) == ((2022, 1), Span(2022, 2024), (0, 30))
    assert Plan(end="2024-06", months=14).kept == (4, 18)
    assert NOTICE in plan.as_file().decode()
    assert FILE.startswith(MARK)
    assert read_plan(b"period,industry\n2024-08,x\n") is None
    assert read_plan(b'{"note": "qinggong-synthetic"}') is None
    assert plan.known_at > dt.datetime(2024, 7, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seed": -1}, "种子"),
        ({"end": "2050-01"}, "截止月份"),
        ({"end": "2024"}, "不认识的月份"),
        ({"months": 3}, "月数"),
        ({"months": 1000}, "月数"),
        ({"parts": ("secret",)}, "部分"),
        ({"detail": "more"}, "详细程度"),
    ],
)
def test_an_impossible_plan_is_one_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said) as caught:
        Plan(**wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["version", "seed", "parts"])
def test_a_damaged_plan_is_one_sentence(field: str) -> None:
    described = json.loads(PLAN.as_file())
    described[field] = 99 if field == "version" else "?"
    with pytest.raises(PlanError, match=r"方案|部分"):
        read_plan(json.dumps(described, ensure_ascii=False).encode())


def test_files_carry_the_mark_and_stop_at_the_row(tmp_path: Path) -> None:
    plan = dataclasses.replace(PLAN, parts=("returns",), months=12)
    done = export_plan(plan, tmp_path / "a", rows=20_000)
    assert done.rows == 20_000
    assert all(name.startswith(MARK) for name in done.files)
    described = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert (described["synthetic"], described["rows"], described["notice"]) == (True, 20_000, NOTICE)
    assert NOTICE in (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    found = duckdb.read_parquet(str(tmp_path / "a" / "*.parquet"))
    assert found.count("*").fetchall() == [(20_000,)]
    assert is_marked((tmp_path / "a" / done.files[0]).read_bytes())
    text = export_plan(plan, tmp_path / "b", rows=500, kind="csv")
    lines = (tmp_path / "b" / text.files[0]).read_text(encoding="utf-8").splitlines()
    assert (len(lines), lines[0]) == (501, ",".join(STORED))
    assert all(MARK in line for line in lines[1:])
    with pytest.raises(PlanError, match="已有内容"):
        export_plan(plan, tmp_path / "a")


def test_asking_for_more_rows_than_there_are_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qinggong.synth import export

    few = dataclasses.replace(PLAN, parts=("trade",), months=12)
    made = relations(few)  # kept: the relation dies with it
    only = next(made)
    monkeypatch.setattr(export, "relations", lambda _: iter([only]))
    with pytest.raises(PlanError, match="少于 --rows"):
        export_plan(few, tmp_path / "c", rows=10**9)


# ------------------------------------------------------------------------------------------------------ mark


def test_the_mark_is_known_in_any_encoding_and_container() -> None:
    text = f"时期,数值,发布机构\n2024-08,1,{publisher_name('国家统计局')}\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert is_marked(text.encode(encoding)), encoding
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", "<si><r><t>合成数</t></r><r><t>据（国家统计局）</t></r></si>")
    assert is_marked(out.getvalue())
    assert is_marked_text(NOTICE)


@pytest.mark.parametrize(
    "text",
    [
        "鼓励企业用合成数据（synthetic data）训练模型",
        "合成数据（由第三方提供）的管理",
        "2024年8月份规模以上工业增加值增长4.5%",
        "合成纤维数据（国家统计局）",
    ],
)
def test_an_honest_text_with_the_word_is_no_synthetic_file(text: str) -> None:
    assert not is_marked_text(text)
    assert not is_marked(text.encode())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", f"<w:t>{text}</w:t>")
    assert not is_marked(out.getvalue())
    assert not is_marked(b"PK\x03\x04 broken")
