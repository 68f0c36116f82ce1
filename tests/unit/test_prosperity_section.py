"""The section of the level index: official form and wording, no number without a fact, points and never percent."""

from __future__ import annotations

import re
from functools import cache

import pytest
from prosperity_figures import figures, snapshot

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.prosperity import load_level_index
from qinggong.monitor.facts import FactBook, Signals
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity_brief import signals
from qinggong.periods import Period, month, ytd
from qinggong.publish.document import Figure, Number, Paragraph, Section, Table
from qinggong.publish.drawing import render_svg
from qinggong.publish.sections import prosperity

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
    assert [t.label for t in tables] == ["表7-1", "表7-2", "表7-3"]
    assert [r[0].text for r in tables[0].rows] == ["总指数", "生产指数", "价格指数", "出口指数", "盈利指数"]
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
        main = prosperity.main_part(line)
        assert main is not None and line.change is not None
        assert (main.points.value or 0) * (line.change.value or 0) >= 0
    for t in tables:
        assert t.source and re.search(r"（2024年10月份）$", t.title)


def test_charts_are_drawn_and_described() -> None:
    section, found, book = made()
    drawn = [b for b in section.blocks if isinstance(b, Figure)]
    assert [f.label for f in drawn] == ["图7-1", "图7-2", "图7-3"]
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
    assert all(i.short in drawn[2].alt for i in found.industries if i.hand)


def test_distorted_months_are_said() -> None:
    section, found, _ = made(month(2021, 8))
    assert "2021年8月份上年基数失真，增速用两年平均增速" in texts(section)
    strips = [b for b in section.blocks if isinstance(b, Figure) and "信号灯" in b.title]
    assert any("基数失真，采用两年平均" in note for note in strips[0].notes)
    assert found.distorted[0] == ytd(2021, 2)
    assert "基数失真" not in texts(made()[0])


def test_too_little_is_one_paragraph_with_its_reasons() -> None:
    section, found, book = made(AT, 2022)
    assert len(section.blocks) == 1 and found.period is None
    (only,) = section.blocks
    assert isinstance(only, Paragraph)
    assert only.text.startswith("2024年10月份，轻工景气水平指数（本系统编制）不足以编制：农副食品加工业、")
    assert "生产、价格、出口、盈利可比数据不足" in only.text
    assert "至少需要3个分项，每个分项至少有60个月的可比数据" in only.text
    assert all(p.text in book[p.fact_id].forms() for p in only.inlines if isinstance(p, Number))
