"""The catalogue: shapes, names, units, groups, release dates, and faults that say where they are."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest

from qinggong.catalogue import Catalogue, CatalogueError, Subject, UnitError, UnknownName, load_catalogue
from qinggong.catalogue.load import _load
from qinggong.catalogue.schema import formula_names
from qinggong.periods import Period, month, parse, quarter, ytd

HEAD = "id: overlay\ntitle: 试验\nsource: 试验\nread_at: 2026-11-21\nvalid_from: 2026-01-01\nentries:\n"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    path = resources.files("qinggong.catalogue").joinpath("data/official_releases/observations.csv")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


# --- the bundled file -------------------------------------------------------------------------------------------------


def test_every_row_resolves(catalogue: Catalogue, rows: list[dict[str, str]]) -> None:
    assert len(rows) == 4103
    for row in rows:
        subject = catalogue.subject(row["industry"], indicator=row["indicator"])
        indicator = catalogue.indicator(row["indicator"])
        assert subject.kind in indicator.kinds
        to = catalogue.canonical_unit(indicator.code, row["measure"], subject)
        assert catalogue.convert(Decimal(row["value"]), unit=row["unit"], to=to).is_finite()
        assert catalogue.publisher(row["publisher"]).name
        assert catalogue.region(row["geo"]).code == "CN"
        assert parse(row["period"]).code == row["period"]
        assert catalogue.subject_by_key(subject.kind, subject.code, subject.scope) == subject


def test_no_two_names_of_the_file_share_a_series(catalogue: Catalogue, rows: list[dict[str, str]]) -> None:
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        subject = catalogue.subject(row["industry"], indicator=row["indicator"])
        names[(subject.key, catalogue.indicator(row["indicator"]).code)].add(row["industry"])
    assert [n for n in names.values() if len(n) > 1] == []


def test_names_of_the_file_are_printed_as_they_stand(catalogue: Catalogue, rows: list[dict[str, str]]) -> None:
    own = {"墨水墨汁制造", "游艺器材及娱乐用品"}  # shortened in the release; the scope is that of the classification
    for row in rows:
        if row["industry"] not in own:
            assert catalogue.subject(row["industry"], indicator=row["indicator"]).name == row["industry"]


def test_stated_dates_are_never_after_the_latest_customary_day(catalogue: Catalogue) -> None:
    for (family, year, last), (date, _) in catalogue.announced.items():
        rule = catalogue.rules[family]
        indicator = rule.indicators[0]
        found = catalogue.release(publisher=rule.publishers[0], indicator=indicator, period=ytd(year, last))
        assert found is not None and found.announced == date == found.expected
        assert date <= found.latest, (family, year, last)


# --- industries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "divisions", "groups", "classes"),
    [
        (("high",), 16, 57, 179),
        (("high", "medium"), 18, 62, 202),
        (("high", "medium", "low"), 19, 68, 217),
    ],
)
def test_counts_of_light_industry(
    catalogue: Catalogue, confidence: tuple[str, ...], divisions: int, groups: int, classes: int
) -> None:
    codes = catalogue.light_classes(confidence=confidence)
    assert (len({c[:2] for c in codes}), len({c[:3] for c in codes}), len(codes)) == (divisions, groups, classes)


def test_industries_form_a_tree(catalogue: Catalogue) -> None:
    for code, industry in catalogue.industries.items():
        assert industry.name and industry.name_en and industry.edition == "GB/T 4754—2017"
        if industry.level == "class":
            assert industry.parent == code[:3] and catalogue.industries[code[:3]].parent == code[:2]
    assert len(catalogue.children("C")) == 31
    assert sum(i.level == "division" for i in catalogue.industries.values()) == 41
    assert {c for c, i in catalogue.industries.items() if i.whole} == {"13", "14", "15", "19", "21", "22", "24"}
    assert catalogue.industries["13"].short == "农副食品"
    assert catalogue.industries["16"].confidence == "none"
    assert catalogue.industries["29"].confidence == "partial"


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "indicator", "key"),
    [
        ("农副食品加工业", "增加值", "industry:13@nbs"),
        ("酒、饮料及精制茶制造业", "利润总额", "industry:15@nbs"),
        ("规模以上工业", "value_added", "industry:BCD@nbs"),
        ("轻工业", "利润总额", "group:light_industry@cnlic"),
        ("轻工业（工信部口径）", "利润总额", "group:light_industry@miit"),
        ("轻工业(不含食品，工信部口径)", "增加值", "group:light_industry@miit.ex_food"),
        ("电池制造业(工信部口径)", "营业收入", "industry:384@miit"),
        ("电池制造业(中国轻工业联合会口径)", "营业收入", "industry:384@cnlic"),
        ("家用电器行业(中国家用电器协会口径)", "利润总额", "industry:385@cheaa"),
        ("塑料制品", "产量", "product:plastic_products@nbs"),
        ("塑料制品", "出口额(美元)", "trade:plastic_products@gacc"),
        ("塑料制品业", "营业收入", "industry:292@nbs"),
        ("饮料", "产量", "product:beverages@nbs"),
        ("饮料", "零售额", "retail:beverages@nbs"),
        ("饮料", "", "product:beverages@nbs"),
        ("家具", "产量", "product:furniture@nbs"),
        ("酿酒产业(中国酒业协会口径)", "产量", "product:alcoholic_drinks@cada"),
        ("酿酒产业(中国酒业协会口径)", "利润总额", "industry:151@cada"),
        ("轻工11类商品", "零售额", "retail:light_11@cnlic"),
        ("家具及其零件", "出口额(人民币)", "trade:furniture_parts@gacc"),
        ("传统玩具(不含游戏)", "出口额(美元)", "trade:traditional_toys@ctjpa"),
        ("采盐", "增加值", "industry:103@nbs"),
        ("家具行业", "利润总额", "industry:21@nbs"),
        ("家电行业", "营业收入", "industry:385@nbs"),
        ("造纸业", "存货", "industry:22@nbs"),
        ("全社会", "用电量", "group:whole_society@nea"),
        ("饼干", "产量", "product:biscuits@nbs"),
    ],
)
def test_names_and_what_they_mean(catalogue: Catalogue, name: str, indicator: str, key: str) -> None:
    assert catalogue.subject(name, indicator=indicator).key == key


def test_unknown_names_come_with_suggestions(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownName, match="农副食品加工业") as caught:
        catalogue.subject("农付食品加工业")
    assert "农副食品加工业" in caught.value.suggestions and len(caught.value.suggestions) <= 3
    for lookup in (catalogue.indicator, catalogue.unit, catalogue.publisher, catalogue.region, catalogue.subject):
        with pytest.raises(UnknownName):
            lookup("没有这个名称")


def test_a_name_with_several_meanings_needs_an_indicator(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownName, match="say for which indicator"):
        catalogue.subject("塑料制品")
    with pytest.raises(UnknownName, match="has no 产量"):
        catalogue.subject("家具制造业", indicator="产量")


def test_aliases_do_not_collide(catalogue: Catalogue) -> None:
    for meanings in catalogue.names.meanings.values():
        kinds = [m.subject.kind for m in meanings]
        assert len(kinds) == len(set(kinds)) and not {"industry", "group"} <= set(kinds)
    claims: dict[str, str] = {}
    tables = (
        ("i", {c: (i.name, *i.aliases) for c, i in catalogue.indicators.items()}),
        ("u", {c: (u.name, *u.aliases) for c, u in catalogue.units.items()}),
        ("p", {c: (p.name, p.short or c, *p.aliases) for c, p in catalogue.publishers.items()}),
        ("r", {c: (r.name, r.short, *r.aliases) for c, r in catalogue.regions.items()}),
    )
    for table, entries in tables:
        for code, names in entries.items():
            for name in dict.fromkeys(names):
                assert claims.setdefault(table + name, code) == code, name


def test_printing_names(catalogue: Catalogue) -> None:
    assert catalogue.subject_by_key("industry", "385", "miit").name == "家用电器行业(工信部口径)"
    assert catalogue.subject_by_key("industry", "13", "miit") == Subject(
        "industry", "13", "miit", "农副食品加工业(工信部口径)", "Agricultural and sideline food processing (MIIT)"
    )
    with pytest.raises(UnknownName):
        catalogue.subject_by_key("product", "teapots", "nbs")
    with pytest.raises(UnknownName):
        catalogue.subject_by_key("industry", "13", "nobody")


def test_regions(catalogue: Catalogue) -> None:
    assert len(catalogue.regions) == 35
    assert (
        catalogue.region("33") == catalogue.region("浙江") == catalogue.region("浙江省") == catalogue.region("330000")
    )
    assert catalogue.region("全国").code == "CN"


# --- indicators and units ---------------------------------------------------------------------------------------------


def test_indicators(catalogue: Catalogue) -> None:
    assert catalogue.indicator("主营业务收入").successor == "revenue"
    assert catalogue.indicator("revenue").since == dt.date(2019, 1, 1)
    assert "level" not in catalogue.indicator("增加值").measures
    assert catalogue.indicator("profit").direction == 1 and catalogue.indicator("receivables").direction == -1
    for indicator in catalogue.indicators.values():
        if indicator.formula:
            assert formula_names(indicator.formula) or indicator.code in ("output_breadth", "share_of_national")
        if indicator.nature == "ratio":
            assert indicator.growth_basis == "points"
        if indicator.predecessor:
            assert catalogue.indicators[indicator.predecessor].successor == indicator.code


@pytest.mark.parametrize(
    ("indicator", "measure", "name", "unit"),
    [
        ("产量", "level", "家用洗衣机", "万台"),
        ("产量", "level", "铅酸蓄电池", "万千伏安时"),
        ("产量", "yoy", "啤酒", "%"),
        ("营业收入", "level", "轻工业", "亿元"),
        ("营业收入利润率", "yoy", "轻工业", "百分点"),
        ("每百元营业收入中的成本", "yoy", "规模以上工业", "元"),
        ("出口额(美元)", "level", "塑料制品", "亿美元"),
        ("产品销售率", "level", "规模以上工业", "%"),
        ("用电量", "level", "全社会", "亿千瓦时"),
        ("存货", "level", "家具制造业", "亿元"),
        ("销售费用", "yoy", "家具制造业", "%"),
        ("企业单位数", "level", "轻工业", "户"),
    ],
)
def test_canonical_units(catalogue: Catalogue, indicator: str, measure: str, name: str, unit: str) -> None:
    subject = catalogue.subject(name, indicator=indicator)
    assert catalogue.canonical_unit(indicator, measure, subject) == unit


def test_indices_of_prices_and_of_the_survey(catalogue: Catalogue) -> None:
    prices = [catalogue.indicator(name) for name in ("工业生产者出厂价格", "工业生产者购进价格", "居民消费价格")]
    assert all(i.nature == "index" and {"yoy", "mom"} <= set(i.measures) for i in prices)
    survey = [i for code, i in catalogue.indicators.items() if code == "pmi" or code.startswith("pmi_")]
    assert len(survey) == 14
    assert all(i.nature == "index" and set(i.measures) == {"level"} and i.spans == ("month",) for i in survey)
    factory = catalogue.subject("制造业(采购经理调查)", indicator="pmi_new_orders")
    assert {catalogue.canonical_unit(i.code, "level", factory) for i in survey} == {"%"}


def test_value_added_has_no_level(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownName, match="no measure"):
        catalogue.canonical_unit("增加值", "level", catalogue.subject("轻工业"))


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        ("23.2", "万亿元", "亿元", "232000"),
        ("2083", "亿元", "万亿元", "0.2083"),
        ("123456789", "千元", "亿元", "1234.56789"),
        ("1.5", "亿台", "万台", "15000"),
        ("440.17", "亿美元", "万美元", "4401700"),
        ("0.1", "亿吨", "万吨", "1000"),
        ("100.0", "亿元", "亿元", "100.0"),
        ("-0.3", "万亿元", "亿元", "-3000"),
        ("0.0", "万亿元", "亿元", "0"),
        ("6.04", "个百分点", "百分点", "6.04"),
        ("10.68", "万家", "户", "106800"),
        ("2.5", "十亿美元", "亿美元", "25"),
        ("9.2", "万亿千瓦时", "亿千瓦时", "92000"),
        ("1500", "千台", "万台", "150"),
    ],
)
def test_conversion_is_exact(catalogue: Catalogue, value: str, unit: str, to: str, expected: str) -> None:
    assert str(catalogue.convert(Decimal(value), unit=unit, to=to)) == expected


@pytest.mark.parametrize(
    "pair", [("亿元", "亿美元"), ("万台", "万吨"), ("%", "百分点"), ("万台", "万只"), ("元", "万元/人")]
)
def test_different_dimensions_are_not_converted(catalogue: Catalogue, pair: tuple[str, str]) -> None:
    with pytest.raises(UnitError, match="cannot be converted"):
        catalogue.convert(Decimal(1), unit=pair[0], to=pair[1])


def test_nothing_but_numbers_is_converted(catalogue: Catalogue) -> None:
    with pytest.raises(UnitError):
        catalogue.convert(Decimal("NaN"), unit="亿元", to="万亿元")


# --- groups -----------------------------------------------------------------------------------------------------------


def test_groups(catalogue: Catalogue) -> None:
    watched, key = catalogue.groups["watched_25"], catalogue.groups["key_11"]
    assert len(watched.members) == 25 and len(key.members) == 11
    assert {m.status for m in watched.members} == {"published", "approximated", "no_statistics"}
    assert all(m.codes for m in watched.members)
    assert [c for m in catalogue.groups["whole_divisions"].members for c in m.codes] == [
        "13", "14", "15", "19", "21", "22", "24",
    ]  # fmt: skip
    assert [c for m in catalogue.groups["food"].members for c in m.codes] == ["13", "14", "15"]
    assert catalogue.groups["retail_light_11"].hypothesis and len(catalogue.groups["retail_light_11"].members) == 11
    assert (key.valid_from, key.valid_to) == (dt.date(2023, 7, 28), dt.date(2024, 12, 31))


def test_codes_of_watched_sectors_do_not_overlap(catalogue: Catalogue) -> None:
    codes = [c for m in catalogue.groups["watched_25"].members for c in m.codes]
    assert len(codes) == len(set(codes))
    assert not [(a, b) for a in codes for b in codes if a != b and b.startswith(a)]


def test_published_members_have_a_figure_in_the_bundled_file(catalogue: Catalogue, rows: list[dict[str, str]]) -> None:
    keys = {catalogue.subject(r["industry"], indicator=r["indicator"]).key for r in rows}
    for group in catalogue.groups.values():
        for member in group.members:
            if member.status == "published":
                assert keys & set(member.subjects), (group.code, member.name)


# --- calendar ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("indicator", "period", "announced", "latest"),
    [
        ("增加值", month(2024, 8), "2024-09-14", "2024-09-18"),
        ("零售额", ytd(2024, 8), "2024-09-14", "2024-09-18"),
        ("利润总额", ytd(2024, 8), "2024-09-27", "2024-09-28"),
        ("利润总额", ytd(2019, 12), "2020-02-03", "2020-02-03"),
        ("利润总额", ytd(2022, 12), "2023-01-31", "2023-01-31"),
        ("增加值", ytd(2022, 9), "2022-10-24", "2022-10-24"),
        ("增加值", month(2022, 12), "2023-01-17", "2023-01-22"),
        ("增加值", ytd(2024, 2), "2024-03-18", "2024-03-18"),
        ("增加值", quarter(2023, 3), "2023-10-18", "2023-10-20"),
        ("零售额", month(2018, 12), "2019-01-21", "2019-01-22"),
        ("增加值", ytd(2018, 2), None, "2018-03-18"),
        ("应收账款", month(2018, 12), "2019-01-28", "2019-01-31"),
        ("存货", month(2024, 8), "2024-09-27", "2024-09-28"),
        ("营业利润", ytd(2024, 8), "2024-09-27", "2024-09-28"),
        ("居民消费价格", month(2024, 8), None, "2024-09-13"),
        ("工业生产者购进价格", month(2024, 8), None, "2024-09-13"),
        ("采购经理指数", month(2024, 8), None, "2024-09-03"),
    ],
)
def test_release_dates_of_nbs(
    catalogue: Catalogue, indicator: str, period: Period, announced: str | None, latest: str
) -> None:
    found = catalogue.release(publisher="国家统计局", indicator=indicator, period=period)
    assert found is not None
    assert found.announced == (None if announced is None else dt.date.fromisoformat(announced))
    assert found.latest == dt.date.fromisoformat(latest)
    assert found.customary <= found.latest and found.rule_source


@pytest.mark.parametrize("body", ["中国轻工业联合会", "工业和信息化部", "中国家具协会", "中国酒业协会"])
def test_late_bodies_are_not_known_early(catalogue: Catalogue, body: str) -> None:
    found = catalogue.release(publisher=body, indicator="利润总额", period=ytd(2024, 8))
    assert found is not None and found.expected > dt.date(2024, 9, 20) and found.latest > dt.date(2024, 10, 31)


def test_latest_covers_the_stated_lags(catalogue: Catalogue, rows: list[dict[str, str]]) -> None:
    for row in rows:
        if row["release_date"] and row["publisher"] in (
            "中国轻工业联合会",
            "工业和信息化部",
            "中国酒业协会",
            "中国自行车协会",
        ):
            period, date = parse(row["period"]), dt.date.fromisoformat(row["release_date"])
            found = catalogue.release(publisher=row["publisher"], indicator=row["indicator"], period=period)
            if (date - period.end_date).days < 300:  # a figure of 2018 was first read in a release of January 2020
                assert found is not None and date <= found.latest


def test_electricity_of_the_energy_administration(catalogue: Catalogue) -> None:
    found = catalogue.release(publisher="国家能源局", indicator="用电量", period=ytd(2024, 8))
    assert found is not None and found.latest == dt.date(2024, 9, 28)
    assert catalogue.release(publisher="国家统计局", indicator="用电量", period=ytd(2024, 8)) is None


def test_bodies_without_customary_date(catalogue: Catalogue) -> None:
    for body, indicator in (("国家发展和改革委员会", "零售额"), ("商务部", "零售额"), ("海关总署", "主营业务收入")):
        assert catalogue.release(publisher=body, indicator=indicator, period=month(2024, 8)) is None


def test_customs_release_january_with_february(catalogue: Catalogue) -> None:
    found = catalogue.release(publisher="海关总署", indicator="出口额(美元)", period=month(2025, 1))
    assert found is not None and found.customary == dt.date(2025, 3, 9)
    assert found.announced == dt.date(2025, 3, 7)
    undated = catalogue.release(publisher="海关总署", indicator="出口额(美元)", period=month(2024, 1))
    assert undated is not None and undated.announced is None and undated.latest == dt.date(2024, 3, 18)


# --- overlays and faults ----------------------------------------------------------------------------------------------


def test_overlay_changes_and_adds(tmp_path: Path) -> None:
    folder = write(
        tmp_path, "industries/gbt4754_2017.yaml", HEAD + '  - {code: "3825", confidence: high, note: 纳入}\n'
    )
    write(
        tmp_path,
        "industries/subjects.yaml",
        HEAD + "  - {kind: product, code: teapots, name: 茶壶, name_en: Teapots, unit: 万件}\n",
    )
    write(tmp_path, "calendar/announced.csv", "family,period,date,source\nNBS 工业生产,2026-06,2026-07-15,日程表\n")
    changed = load_catalogue(overlay=folder)
    assert changed.industries["3825"].confidence == "high" and changed.industries["3825"].name == "光伏设备及元器件制造"
    assert changed.subject("茶壶", indicator="产量").key == "product:teapots@nbs"
    found = changed.release(publisher="nbs", indicator="增加值", period=month(2026, 6))
    assert found is not None and found.announced == dt.date(2026, 7, 15)
    assert load_catalogue().industries["3825"].confidence == "low"


@pytest.mark.parametrize(
    ("name", "entries", "message"),
    [
        (
            "industries/gbt4754_2017.yaml",
            '  - {code: "13",\n     colour: red}\n',
            r"line 8, entry 13, field colour: unknown",
        ),
        ("industries/gbt4754_2017.yaml", "  - {code: 13, short: x}\n", r"line 7, entry 13, field code: must be text"),
        (
            "industries/gbt4754_2017.yaml",
            '  - code: "13x"\n    name: 甲\n    name_en: A\n    level: division\n',
            r"line 7, entry 13x, field code: .*13x",
        ),
        (
            "industries/gbt4754_2017.yaml",
            '  - {code: "13"}\n  - {code: "13"}\n',
            r"line 8, entry 13: stands already in line 7",
        ),
        (
            "industries/gbt4754_2017.yaml",
            '  - {code: "9999", name: 甲, name_en: A, level: class, parent: "999"}\n',
            r"line 7, entry 9999, field parent: no industry 999",
        ),
        (
            "industries/gbt4754_2017.yaml",
            '  - {code: "13", confidence: sure}\n',
            r"line 7, entry 13, field confidence: .*sure",
        ),
        (
            "indicators/units.yaml",
            "  - {code: 亩, name: 亩, name_en: mu, dimension: area, factor: 666.7}\n",
            r"quoted text",
        ),
        (
            "industries/subjects.yaml",
            "  - {kind: product, code: beer2, name: 啤酒, name_en: Beer, unit: 万吨}\n",
            r"line 7, entry beer2: “啤酒” already means product:beer@nbs",
        ),
        ("industries/subjects.yaml", "  - {kind: product, code: pots, name: 壶, name_en: Pots}\n", r"needs the unit"),
        (
            "industries/subjects.yaml",
            "  - {kind: trade, code: a, name: 壶, name_en: P, scope: xx}\n",
            r"unknown scope “xx”",
        ),
        ("indicators/indicators.yaml", "  - {code: profit, formula: nothing / revenue}\n", r"no indicator nothing"),
        ("calendar/rules.yaml", "  - {family: CNLIC 轻工业运行, publishers: [miit]}\n", r"has \* of miit already"),
        ("calendar/rules.yaml", "  - {family: 新, code: 1}\n", r"line 7, entry 新, field"),
        ("sources/publishers.yaml", "  - {code: nbs, code: nbs}\n", r"line 7: .*stands twice"),
        ("sources/publishers.yaml", "  - [nbs\n", r"not readable as YAML"),
        ("sources/publishers.yaml", "  - nbs\n", r"is no mapping"),
    ],
)
def test_faults_say_file_line_and_entry(tmp_path: Path, name: str, entries: str, message: str) -> None:
    folder = write(tmp_path, name, HEAD + entries)
    with pytest.raises(CatalogueError, match=message) as caught:
        load_catalogue(overlay=folder)
    assert name.split("/")[1] in str(caught.value)


def test_faults_of_announced_dates(tmp_path: Path) -> None:
    head = "family,period,date,source\n"
    for text, message in (
        ("a,b\n", "the columns must be"),
        (head + "NBS 工业生产,八月,2024-09-14,x\n", r"line 2, entry NBS 工业生产 八月"),
        (head + "NBS 工业生产,2024-08,2024-08-14,x\n", "not after the period's end"),
        (head + "无此,2024-08,2024-09-14,x\n", "no such family"),
    ):
        folder = write(tmp_path, "calendar/announced.csv", text)
        with pytest.raises(CatalogueError, match=message):
            load_catalogue(overlay=folder)


def test_files_that_would_not_be_read_are_faults(tmp_path: Path) -> None:
    folder = write(tmp_path, "industries/industry.yaml", HEAD)
    with pytest.raises(CatalogueError, match=r"is no catalogue file; industries may hold gbt4754_2017.yaml"):
        load_catalogue(overlay=folder)
    with pytest.raises(CatalogueError, match="is no folder"):
        load_catalogue(overlay=tmp_path / "missing")


def test_a_file_needs_a_head(tmp_path: Path) -> None:
    folder = write(tmp_path, "regions/gbt2260.yaml", "entries:\n  - {code: CN}\n")
    with pytest.raises(CatalogueError, match="entry head, field source: is missing"):
        load_catalogue(overlay=folder)


# --- the whole --------------------------------------------------------------------------------------------------------


def test_characters_cover_all_that_is_printed(catalogue: Catalogue, rows: list[dict[str, str]]) -> None:
    characters = catalogue.characters()
    for row in rows:
        assert set(row["industry"] + row["indicator"] + row["unit"] + row["publisher"]) <= characters
    assert set("轻工业（口径）".replace("（", "(").replace("）", ")")) <= characters


def test_the_bundled_catalogue_is_made_once() -> None:
    assert load_catalogue() is load_catalogue()
    assert _load(None) is not load_catalogue()
