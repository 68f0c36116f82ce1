"""The section of the level index: official form and wording, no number without a fact, points and never percent."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

import pytest
from prosperity_figures import figures, known_on, observation, of_province, snapshot

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.prosperity import load_level_index
from qinggong.monitor.facts import FactBook, Signals
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity_brief import signals
from qinggong.monitor.prosperity_record import earlier_days
from qinggong.periods import Period, month, ytd
from qinggong.publish.document import Figure, Number, Paragraph, Section, Table
from qinggong.publish.drawing import render_svg
from qinggong.publish.sections import prosperity
from qinggong.publish.sections.prosperity_tables import main_part

AT = month(2024, 10)
PERIODS = r"\d{4}年(?:\d{1,2}—\d{1,2}月|\d{1,2}月[份末]?)|\d{1,2}—\d{1,2}月|\d{1,2}月[份末]?|[表图]\d-\d|2月为"
MONTHS = (AT, ytd(2024, 2), month(2021, 8), month(2022, 3), month(2023, 7), month(2024, 12))


@cache
def made(at: Period = AT, first: int = 2008) -> tuple[Section, Signals, FactBook]:
    rows = [o for o in figures(first, 2024, seed=2) if o.period.end_date <= at.end_date]
    desk = Desk(snapshot(rows), load_catalogue(), FactBook())
    found = signals(desk, load_level_index(), at=at)
    return prosperity.build(found, place=7), found, desk.book


def texts(section: Section) -> str:
    return "\n".join(b.text for b in section.blocks if isinstance(b, Paragraph))


@pytest.mark.parametrize("at", MONTHS, ids=lambda p: p.code.replace("/", "_"))
def test_no_number_without_a_fact(at: Period) -> None:
    section, _, book = made(at)
    loose: list[str] = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            for part in block.inlines:
                if isinstance(part, Number):
                    assert part.text in book[part.fact_id].forms()
                else:
                    loose.append(part)
        elif isinstance(block, Table):
            loose += [block.title.replace(block.label, ""), *block.notes, *(c.head for c in block.columns)]
            for row in block.rows:
                for c in row:
                    if c.fact_id:
                        assert c.text in book[c.fact_id].forms()
                    else:
                        loose.append(c.text)
        else:
            loose += [block.title, *block.notes]
    assert not [t for t in loose if re.search(r"\d", re.sub(PERIODS, "", t.replace("\n", "")))]


@pytest.mark.parametrize("at", MONTHS, ids=lambda p: p.code.replace("/", "_"))
def test_an_index_changes_by_points_and_never_by_percent(at: Period) -> None:
    section, _, book = made(at)
    for block in section.blocks:
        if isinstance(block, Paragraph):
            for part, after in zip(block.inlines, (*block.inlines[1:], ""), strict=True):
                if isinstance(part, Number) and book[part.fact_id].unit == "点":
                    assert not str(getattr(after, "text", after)).startswith(("%", "个百分点"))
                    assert re.fullmatch(r"\d+\.\d\d", part.text) or part.fact_id.startswith("parameter:")
        elif isinstance(block, Table):
            for row in block.rows:
                for column, c in zip(block.columns, row, strict=True):
                    if c.fact_id and book[c.fact_id].unit == "点":
                        assert column.unit in ("", "点")
    assert "同比增长" not in texts(section) and "中轻景气指数" not in texts(section)


def test_the_wording_is_the_official_one() -> None:
    section, found, _ = made()
    lead = section.blocks[0]
    assert isinstance(lead, Paragraph)
    assert re.fullmatch(
        r"2024年10月份，轻工景气水平指数（本系统编制）为\d+\.\d\d点，位于“(过冷|渐冷|稳定|渐热|过热)”区间（.+灯）(中心线以[上下])?，"
        r"较9月份(上升|下降)\d+\.\d\d点，较上年同期(上升|下降)\d+\.\d\d点(，连续\d+个月位于中心线以[上下])?。",
        lead.text,
    )
    assert found.whole is not None and found.whole.value is not None and found.whole.value.text in lead.text
    assert section.title == "景气与信号灯" and section.numeral == "七"
    notes = texts(section)
    assert "不是任何机构发布的景气指数" in notes and "本系统选定" in notes and "2020年1月至2021年12月" in notes


def test_february_says_december_of_the_year_before() -> None:
    lead = made(ytd(2024, 2))[0].blocks[0]
    assert isinstance(lead, Paragraph)
    assert lead.text.startswith("2024年1—2月，") and "较上年12月份" in lead.text


def test_tables_are_in_the_official_form() -> None:
    section, found, _ = made()
    tables = [b for b in section.blocks if isinstance(b, Table)]
    assert [t.label for t in tables] == ["表7-1", "表7-2", "表7-3", "表7-4"]
    assert [r[0].text for r in tables[0].rows] == [
        "总指数", "生产指数", "价格指数", "出口指数", "盈利指数", "食品工业", "其他轻工整大类"
    ]  # fmt: skip
    zones = tables[1]
    assert [c.head for c in zones.columns] == ["类型", "行业数量", "占比", "行业"]
    assert [r[0].text for r in zones.rows] == [
        "过热",
        "渐热",
        "稳定（中心线以上）",
        "稳定（中心线以下）",
        "渐冷",
        "过冷",
    ]
    assert sum(int(r[1].text) for r in zones.rows) == 7 and sum(int(r[2].text) for r in zones.rows) == 100
    assert sum(len(r[3].text.split("、")) for r in zones.rows if r[3].text != "—") == 7
    ranking = [float(r[3].text) for r in tables[2].rows]
    assert ranking == sorted(ranking, reverse=True)
    assert found.whole is not None and found.whole.change is not None
    whole = sum(round(float(r[6].text) * 100) for r in tables[2].rows)
    assert whole == round(float(found.whole.change.text) * 100)
    for line in found.industries:
        main = main_part(line)
        assert main is not None and line.change is not None
        assert (main.points.value or 0) * (line.change.value or 0) >= 0
    for t in tables:
        assert t.source and re.search(r"（2024年10月份）$", t.title)


def test_charts_are_drawn_and_described() -> None:
    section, found, book = made()
    drawn = [b for b in section.blocks if isinstance(b, Figure)]
    assert [f.label for f in drawn] == ["图7-1", "图7-2", "图7-3", "图7-4"]
    printed = {form for fact in book for form in fact.forms()}
    for figure in drawn:
        assert figure.alt and figure.source
        svg = render_svg(figure.spec, uid="a")
        # Scales apart, every number drawn is a fact.
        inner = re.sub(
            r'<g class="mark-group role-axis".*?(?=<g class="mark-group role-|<g class="mark-[a-z]+ layer)',
            "",
            svg,
            flags=re.S,
        )
        drawn_texts = re.findall(r"<text[^>]*>([^<]*)</text>", inner)
        numbers = {n for t in drawn_texts for n in re.findall(r"\d+\.\d\d", t)}
        assert numbers <= printed
    (clock,) = (f for f in drawn if "周期钟" in f.title)
    assert all(i.short in clock.alt for i in found.industries if i.hand)
    (steps,) = (f for f in drawn if "拉动" in f.title)
    assert found.whole is not None and found.whole.change is not None
    assert f"总指数变动{found.whole.change.text}点" in steps.spoken


def test_distorted_months_are_said() -> None:
    section, found, _ = made(month(2021, 8))
    assert "2021年8月份上年基数失真，增速用两年平均增速" in texts(section)
    strips = [b for b in section.blocks if isinstance(b, Figure) and "信号灯" in b.title]
    assert any("基数失真，采用两年平均" in note for note in strips[0].notes)
    assert found.distorted[0] == ytd(2021, 2)
    assert "基数失真" not in texts(made()[0])


def test_too_little_is_one_paragraph_with_its_reasons() -> None:
    section, found, book = made(AT, 2022)
    only, sectors = section.blocks
    assert found.period is None and isinstance(only, Paragraph) and isinstance(sectors, Paragraph)
    assert "25个行业中" in sectors.text and "不足以编制的有" in sectors.text
    assert only.text.startswith("2024年10月份，轻工景气水平指数（本系统编制）不足以编制：农副食品加工业、")
    assert "生产、价格、出口、盈利可比数据不足" in only.text
    assert "至少需要3个分项，每个分项至少有60个月的可比数据" in only.text
    assert all(p.text in book[p.fact_id].forms() for p in only.inlines if isinstance(p, Number))


def test_turns_groups_and_revisions_are_told() -> None:
    """Provinces, revisions and a margin left out, each number a fact; a turn of the last half year is never dated."""
    rows = [o for o in figures(2008, 2024, seed=2) if o.period.end_date <= AT.end_date]
    caught_up = [
        observation(o.series, o.period, (o.value or 0.0) + 400)
        if (o.series.subject, o.series.indicator, o.period.year) == ("15", "profit", 2024) and o.period.last >= 9
        else o
        for o in rows
    ]
    provinces = [*of_province(rows, "44"), *of_province(figures(2020, 2024, seed=3), "33")]
    rows = [*caught_up, *(o for o in provinces if o.period.end_date <= AT.end_date)]
    days = earlier_days(dt.date(2024, 11, 28), 8)
    desk = Desk(snapshot(rows), load_catalogue(), FactBook())
    found = signals(desk, load_level_index(), at=AT, earlier=[(d, known_on(rows, d, {})) for d in days])
    section, book = prosperity.build(found, place=7), desk.book
    tables = {b.title.split("（")[0].removesuffix("、分项和分组"): b for b in section.blocks if isinstance(b, Table)}
    assert list(tables)[3:] == ["增速周期的转折点和转折概率", "地区冷暖分布", "总指数的修订"]
    turns = tables["增速周期的转折点和转折概率"]
    assert [r[0].text for r in turns.rows][:2] == ["合计", "农副食品"] and len(turns.rows) == 8
    assert "2024年5月份及以后的转折尚不能判定，只给出概率" in "".join(turns.notes)
    for row in turns.rows:
        for c in (row[2], row[3]):
            assert c.text == "—" or parse_month(c.text) < (2024, 5)
    places = tables["地区冷暖分布"]
    assert sum(int(r[1].text) for r in places.rows) == 1 and sum(int(r[2].text) for r in places.rows) == 100
    assert any("广东" in r[3].text for r in places.rows)
    prose = texts(section)
    assert "个省级行政区中，有指数的1个（分项为生产、出口、盈利" in prose
    assert "没有指数的：浙江（有指数的行业不足，多数行业生产、价格、出口、盈利可比数据不足）" in prose
    revised = tables["总指数的修订"]
    assert [c.head for c in revised.columns][2:5] == ["首次值", "现值", "修订"] and len(revised.rows) == 6
    assert all(r[4].text == "0.00" for r in revised.rows)
    assert "酒饮料茶的盈利分项本期不用" in "".join(tables["各行业景气指数变动排序"].notes)
    assert "这些灯号所用的数字没有收录到后来的修订" in prose and "31个省级行政区" in prose
    for block in section.blocks:
        inlines = block.inlines if isinstance(block, Paragraph) else ()
        cells = [c for r in block.rows for c in r] if isinstance(block, Table) else []
        for text, fact in [(i.text, i.fact_id) for i in inlines if isinstance(i, Number)] + [
            (c.text, c.fact_id) for c in cells if c.fact_id
        ]:
            assert text in book[fact].forms()


def parse_month(text: str) -> tuple[int, int]:
    year, _, rest = text.partition("年")
    return int(year), int(rest.removesuffix("月").split("—")[-1])
