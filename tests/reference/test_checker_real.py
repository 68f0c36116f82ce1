"""The checker on published figures and texts: no false alarm. Needs the shared texts; skipped where they are absent."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from importlib import resources
from pathlib import Path, PurePath

import pytest

from qinggong.catalogue import Catalogue, UnknownName, load_catalogue
from qinggong.periods import name, parse
from qinggong.publish.checker import check_document, check_text, gather

SHARED = Path(__file__).resolve().parents[3] / "shared"
# Figures that bodies have published (period, level, growth, margin, share, gap, counts), set in sentences.
FACTS = """\
2020年前三季度，全国规模以上轻工企业10.76万个，实现营业收入13.66万亿元，实现利润9036.09亿元，同比增长2.7%，高于全国工业5.1个百分点；营业收入利润率为6.6%，高于全国工业0.7个百分点。在统计的92种主要轻工\
业产品中，63种产品产量实现增长，增长面为68.5%。轻工10类商品零售额41289亿元，占社会消费品零售总额的15.1%。轻工8种主要商品出口额2465.7亿美元，同比下降0.14%，降幅比1—8月收窄2.76个百分点。
2021年1—2月，轻工10类商品零售额10476亿元，同比增长34.3%；轻工8种主要商品出口额679.5亿美元，增长76.8%。
2020年上半年，规模以上轻工企业10.68万个，实现营业收入8.54万亿元，实现利润5314.94亿元，降幅比1—5月收窄2.52个百分点；营业收入利润率6.22%，比1—5月提高0.15个百分点；轻工8种主要商品出口额1406.9亿\
美元；轻工10类商品零售额占社会消费品零售总额的15.47%。
据中国轻工业联合会数据，2022年上半年，轻工业增加值同比增长4.5%，其中6月份增长3.5%；实现营业收入11.27万亿元，同比增长7%；实现利润6902.77亿元，增长5.3%，增速比1—5月提高2.1个百分点；营业收入利润率6.1\
2%，同比提高0.42个百分点；轻工10类商品零售额33480亿元，增长2.1%；92种主要产品中，51.1%的产品增速加快。
据工业和信息化部数据，2022年上半年，轻工业增加值同比增长4.6%；实现营业收入11.4万亿元，增长7%；实现利润6933亿元，增长5.2%；轻工8种主要商品出口额2117.4亿美元，增长10%。
2022年1—8月，轻工业实现营业收入15.2万亿元，同比增长7.3%，增速比1—7月加快0.1个百分点；实现利润9177.6亿元，增长7.4%，增速比1—7月加快1.5个百分点；营业收入利润率6.04%；增加值增长4.1%。
2022年，轻工业实现营业收入24万亿元，同比增长5.4%；实现利润1.53万亿元，增长8.2%；营业收入利润率6.37%，提高0.17个百分点；塑料制品出口1078.1亿美元，增长9.3%；家用电器出口855亿美元；家具出口696.8\
亿美元。
2023年上半年，轻工业增加值同比增长0.4%；营业收入10.6万亿元，增长2.1%；轻工11类商品零售额3.5万亿元，占社会消费品零售总额的15.4%，增长6.3%。
2023年，轻工业营业收入22.2万亿元，同比增长1.6%；利润1.4万亿元，增长3.8%；轻工11类商品零售额72055亿元，占社会消费品零售总额的15.3%，增长5.7%；电池制造业营业收入增长11.8%，利润增长12.4%；家用电\
器行业营业收入增长7.0%，利润增长12.2%。
2023年，轻工业增加值同比增长1.8%。
2024年1—2月，规模以上轻工企业超13万个，实现营业收入3.26万亿元，同比增长4.1%；轻工业增加值增长6.7%，增速比上年全年提高4.9个百分点；轻工11类商品零售额近1.3万亿元，增长5.2%；出口额增长17.4%。
2024年1—4月，轻工业营业收入近7万亿元，同比增长2.6%；增加值增长5.9%；91种主要产品中71种产品产量增长；轻工11类商品零售额超2.4万亿元，增长5.0%；出口增长3.5%。
2024年上半年，轻工业增加值同比增长5.3%；营业收入10.8万亿元，增长2.3%；利润6575.7亿元，增长17.1%，高于全国工业13.6个百分点；营业收入利润率6.1%，提高0.8个百分点；出口额4537.8亿美元，增长4.2%\
，占全国出口总额的26.6%；在统计的91种主要产品中，66种产品产量增长，增长面为72.5%；轻工11类商品零售额37600亿元，占社会消费品零售总额的15.9%，增长4.4%。轻工业以占全国工业13%的资产，实现了16.6%的营业收\
入和18.7%的利润。
2024年前三季度，轻工业利润1.02万亿元，同比增长7.2%；营业收入利润率6.2%，提高0.4个百分点；增加值增长4.8%；出口额6821.6亿美元，增长2.6%。
2024年1—11月，轻工业营业收入20.6万亿元，同比增长1.4%；利润1.32万亿元，增长9.1%；增加值增长4.8%；91种主要产品中58种产品产量增长，增长面为63.7%。
2025年，轻工业增加值同比增长5.3%；营业收入23万亿元；营业收入利润率6.04%；90种主要产品中35种产品产量增长。
2020年1—7月，家用电冰箱产量4691.3万台，同比下降2.0%；房间空气调节器产量12353.0万台，下降14.0%；家用洗衣机产量3984.9万台，下降2.6%。7月当月，家用电冰箱产量914.7万台，同比增长29.7%；房间空\
气调节器产量1851.2万台，增长6.0%；家用洗衣机产量686.2万台，增长37.4%。家用电器行业营业收入7469.8亿元，同比下降12.0%；利润总额541.2亿元，同比下降13.3%。
2017年1—8月，消费品工业实现主营业务收入244207.3亿元，同比增长9.6%。其中，轻工（不含食品）增长11.4%，纺织增长8.3%，食品增长8.2%，医药增长11.7%，烟草增长1.9%。亏损企业18806户，同比增长2.6%\
；亏损额707.3亿元，下降4.8%；利润总额15864亿元，增长10.2%；产成品存货13951亿元，增长8.3%。
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_no_alarm_on_published_figures_in_sentences(catalogue: Catalogue) -> None:
    report = check_text(FACTS, catalogue=catalogue)
    assert report.numbers > 150
    assert [str(f) for f in report.findings] == []


@pytest.mark.parametrize("line", FACTS.splitlines())
def test_no_alarm_on_each_line_alone(line: str, catalogue: Catalogue) -> None:
    assert [str(f) for f in check_text(line, catalogue=catalogue).findings] == []


def test_no_alarm_on_shared_texts(catalogue: Catalogue) -> None:
    texts = sorted((SHARED / "domain" / "source_texts").glob("*.txt"))
    texts += [p for p in (SHARED / "domain" / "report_anatomy.md",) if p.is_file()]
    if not texts:
        pytest.skip("no shared texts beside the project")
    for path in texts:
        report = check_document(PurePath(path.name), path.read_bytes(), catalogue=catalogue)
        assert [str(f) for f in report.findings] == [], path.name


def _official() -> list[dict[str, str]]:
    file = resources.files("qinggong.catalogue").joinpath("data", "official_releases", "observations.csv")
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def _sentence(row: dict[str, str], catalogue: Catalogue) -> str:
    """A published figure as a release writes it; empty for what the catalogue does not name or prose does not say."""
    try:
        indicator = catalogue.indicator(row["indicator"])
        catalogue.subject(row["industry"], indicator=indicator.code)
    except UnknownName:
        return ""
    period = parse(row["period"])
    if row["measure"] == "level":
        return f"{name(period)}，{row['industry']}{indicator.name}{row['value']}{row['unit']}。"
    value = row["value"]
    verb = "下降" if value.startswith("-") else "增长"
    if row["measure"] != "yoy" or row["unit"] != "%" or value.strip("-0.") == "":
        return ""
    return f"{name(period)}，{row['industry']}{indicator.name}同比{verb}{value.lstrip('-')}%。"


def test_published_releases_as_texts_contradict_neither_themselves_nor_the_data(catalogue: Catalogue) -> None:
    """Every release's figures as sentences of one text, held against themselves and against the same figures."""
    rows = _official()
    kept = (r | {"name": r["industry"], "printed": r["value"]} for r in rows)
    reference = gather(kept, catalogue=catalogue)
    releases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        if row["geo"] == "CN" and (sentence := _sentence(row, catalogue)):
            releases[row["publisher"], row["release_title"]].append(sentence)
    numbers = known = 0
    alarms: list[str] = []
    for (publisher, title), sentences in releases.items():
        text = f"来源：{publisher}\n" + "\n".join(dict.fromkeys(sentences))
        report = check_document(PurePath("a.txt"), text.encode(), catalogue=catalogue, reference=reference)
        numbers, known = numbers + report.numbers, known + report.known
        alarms += [f"{title} {f.position} {f.message}" for f in report.findings]
    print(f"{len(releases)} releases, {numbers} numbers, {known} known to the data")
    assert numbers > 2000
    assert known > 1000
    assert alarms == []
