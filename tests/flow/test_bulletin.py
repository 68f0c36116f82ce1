"""Four months read against the releases they cite, and every printed number held against the facts."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest
from lxml import html

from qinggong import flow
from qinggong.monitor.facts import Fact
from qinggong.publish.document import Bulletin, Figure, Paragraph, Table

MONTHS = ("2022-10", "2022-12", "2024-02", "2024-08")
GOLDEN = Path(__file__).parent / "golden"

# What may hold digits without being a fact: names of periods, days, tables and figures, and names of the catalogue.
NOT_FIGURES = [
    r"(?m)^(?:注：)?\s*\d\. ", r"\d{4}年(?=\s+(?:\d|全年))",
    r"\d{4}年\d{1,2}月\d{1,2}日", r"\d{4}年第\d{1,2}期", r"\d{4}年(?:\d{1,2}—\d{1,2}月|\d{1,2}月[份末]?|全年|上半年|前三季度|[一二三四]季度)",
    r"\d{1,2}月\d{1,2}日", r"\d{1,2}—\d{1,2}月", r"\d{1,2}月[份末]", r"1、2月", r"\d{1,2}月\b", r"[表图]\d{1,2}-\d{1,2}",
    r"轻工(?:10|11)类商品", r"轻工8种主要商品", r"本系统推定的11类", r"（\d{4}—\d{4}年）",
]  # fmt: skip
DIGITS = re.compile(r"\d")


def _tree(done: flow.Released) -> html.HtmlElement:
    return html.fromstring((done.folder / "bulletin.html").read_text(encoding="utf-8"))


def _fits(fact: Fact, text: str) -> bool:
    """True if ``text`` is a form of the fact, alone or followed by the fact's own unit."""
    units = (fact.unit, fact.unit.removesuffix("元"))
    return text in fact.forms() or any(text == form + unit for form in fact.forms() for unit in units)


@pytest.mark.parametrize("code", MONTHS)
def test_every_number_printed_is_a_fact(code: str, released: dict[str, flow.Released]) -> None:
    done = released[code]
    tree = _tree(done)
    for tag in ("style", "script", "svg", "title"):
        for element in list(tree.iter(tag)):
            element.drop_tree()
    (sources,) = tree.find_class("sources")  # titles and addresses of the cited releases, checked below
    sources.drop_tree()
    marked = tree.xpath("//*[@data-fact]")
    assert len(marked) > 100
    for element in marked:
        text = element.text_content().strip()
        fact = done.brief.book[element.get("data-fact")]
        assert _fits(fact, text), f"{code}: prints “{text}” for {fact.id} = {fact.text}{fact.unit}"
        element.text = ""
        for child in list(element):
            element.remove(child)
    rest = tree.text_content()
    for pattern in NOT_FIGURES:
        rest = re.sub(pattern, "", rest)
    left = [line.strip() for line in rest.splitlines() if DIGITS.search(line)]
    assert not left, f"{code}: numbers without a fact: {left[:5]}"


@pytest.mark.parametrize("code", MONTHS)
def test_every_number_in_a_chart_is_a_fact(code: str, released: dict[str, flow.Released]) -> None:
    done = released[code]
    texts = {form for fact in done.brief.book for form in fact.forms()}
    labels = [
        text.text_content()
        for text in _tree(done).iter("text")
        if not any(re.search("role-axis|scale_[a-z]+_marks", g.get("class") or "") for g in text.iterancestors("g"))
    ]
    numbers = [n for label in labels for n in re.findall(r"-?\d+(?:\.\d+)?", label)]
    assert numbers
    assert not [n for n in numbers if n not in texts]


@pytest.mark.parametrize("code", MONTHS)
def test_cited_releases_are_those_of_the_figures(code: str, released: dict[str, flow.Released], root: Path) -> None:
    bundled = root / "src/qinggong/catalogue/data/official_releases/observations.csv"
    with bundled.open(encoding="utf-8", newline="") as file:
        addresses = {row["read_at"] for row in csv.DictReader(file)}
    (sources,) = _tree(released[code]).find_class("sources")
    links = [a.get("href") for a in sources.iter("a")]
    assert links
    assert set(links) <= addresses


@pytest.mark.parametrize("code", MONTHS)
def test_no_column_mixes_two_periods(
    code: str, bulletins: dict[str, Bulletin], released: dict[str, flow.Released]
) -> None:
    book = released[code].brief.book
    for table in bulletins[code].tables:
        dated = next((i for i, column in enumerate(table.columns) if column.head == "时期"), None)
        if dated is not None:  # each row names the period of its figures
            assert all(re.match(r"\d{4}年", row[dated].text) for row in table.rows), table.title
            continue
        for place, column in enumerate(table.columns):
            periods = {book[row[place].fact_id].period for row in table.rows if row[place].fact_id}
            assert len(periods) <= 1, f"{code} {table.label} {column.head}: {periods}"


@pytest.mark.parametrize("code", MONTHS)
def test_text_tables_and_charts_are_there(code: str, bulletins: dict[str, Bulletin]) -> None:
    bulletin = bulletins[code]
    assert len(bulletin.figures) >= 4
    assert [s.title for s in bulletin.sections] == [
        "总体情况", "工业生产", "经济效益", "国内市场", "对外贸易", "环比动能（季节调整）", "景气与信号灯", "快速测算", "目标进度",
        "即时预测", "预警提示", "分行业情况", "数据来源与说明"
    ]  # fmt: skip
    for table in bulletin.tables:
        assert table.source
        assert re.search(r"（\d{4}年.+）$", table.title), table.title
    for section in bulletin.sections[:-1]:
        first = section.blocks[0]
        assert isinstance(first, Paragraph)
        assert re.search(r"\d{4}年", first.text.split("。")[0]), f"{section.title}: no period in “{first.text}”"


@pytest.mark.parametrize("code", MONTHS)
def test_the_text_is_the_one_that_was_read(code: str, bulletins: dict[str, Bulletin]) -> None:
    """The wording of the four months, read by a person; QINGGONG_GOLDEN=1 writes it anew for reading again."""
    text = as_text(bulletins[code])
    path = GOLDEN / f"{code}.txt"
    if os.environ.get("QINGGONG_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def as_text(bulletin: Bulletin) -> str:
    lines = [bulletin.title, bulletin.subtitle, bulletin.status_line, *(f"· {p.text}" for p in bulletin.summary)]
    for section in bulletin.sections:
        lines.append(f"\n{section.numeral}、{section.title}")
        for block in section.blocks:
            if isinstance(block, Paragraph):
                lines.append(block.text)
            elif isinstance(block, Table):
                lines.append(f"[{block.label} {block.title}] {block.unit_note}")
                lines.append(" | ".join(c.head + (f"({c.unit})" if c.unit else "") for c in block.columns))
                lines += [" | ".join(c.text for c in row) for row in block.rows]
                lines += [f"注：{note}" for note in block.notes]
            elif isinstance(block, Figure):
                lines.append(f"[{block.label} {block.title}]")
    return "\n".join(lines) + "\n"


# What the releases themselves say, typed from them; the bulletin must print exactly this.
RELEASES = {
    "2022-10": [
        "规模以上工业增加值同比增长5.0%，增速比9月份回落1.3个百分点",
        "农副食品加工业下降2.0%",
        "社会消费品零售总额40271亿元，同比下降0.5%，增速由正转负（9月份为增长2.5%）",
        "规模以上工业实现出口交货值13120亿元，同比增长2.5%",
        "实现利润总额69768.2亿元，下降3.0%，降幅比1—9月扩大0.7个百分点",
        "据中国轻工业联合会数据，2022年1—10月，轻工业增加值同比增长3.6%",
        "实现利润总额11842.6亿元，增长9.8%",
    ],
    "2022-12": [
        "规模以上工业增加值同比增长1.3%，增速比11月份回落0.9个百分点，连续8个月增长",
        "2022年全年，规模以上工业实现利润总额84039亿元，同比下降4.0%",
        "营业收入利润率为6.37%，提高0.17个百分点",
        "社会消费品零售总额同比下降0.2%",
        "出口额9535.4亿美元，增长4.2%",
    ],
    "2024-02": [
        "规模以上工业增加值同比增长7.0%，增速比上年12月份加快0.2个百分点，比上年全年加快2.4个百分点",
        "实现营业收入3.26万亿元，增长4.1%",
        "社会消费品零售总额81307亿元，同比增长5.5%",
        "规模以上工业实现出口交货值21466亿元，同比增长0.4%",
        "家具制造业增加值同比增长11.1%",
        "实现利润总额9140.6亿元，增长10.2%，增速由负转正（上年全年为下降2.3%）",
    ],
    "2024-08": [
        "规模以上工业增加值同比增长4.5%，增速比7月份回落0.6个百分点，连续28个月增长",
        "社会消费品零售总额38726亿元，同比增长2.1%",
        "实现利润总额46527.3亿元，增长0.5%，增速比1—7月回落3.1个百分点",
        "本库尚未收录1—8月轻工业合计数据，以上为已收录的最近一期",
        "轻工业整大类共7个，本期已收录增速2个，成员不全，不作排名和增长个数统计",
    ],
}


@pytest.mark.parametrize(("code", "sentence"), [(c, s) for c, said in RELEASES.items() for s in said])
def test_says_what_the_release_says(code: str, sentence: str, bulletins: dict[str, Bulletin]) -> None:
    assert sentence in as_text(bulletins[code])


def test_as_of_uses_only_what_was_published(tmp_path: Path) -> None:
    import datetime as dt

    done = flow.run(tmp_path / "ws", at=flow.parse_month("2024-08"), as_of=dt.date(2024, 9, 20))
    assert done.folder == tmp_path / "ws/drafts/2024-08@2024-09-20"
    cited = [c for fact in done.brief.book for c in fact.lineage.citations]
    assert cited
    assert all(c.published_at and c.published_at <= "2024-09-20" for c in cited)
    text = html.fromstring((done.folder / "bulletin.html").read_text(encoding="utf-8")).text_content()
    assert "1—8月利润数据将于9月27日发布" in text
    assert "2024年1—7月，规模以上工业实现营业收入75.93万亿元" in text
    assert not [f for f in done.brief.book if "/profit/" in f.id and f.id.endswith("2024-01/2024-08")]
    assert "个数字发布日期不详，未予采用" in text
    assert not (tmp_path / "ws/releases/2024-08").exists()
