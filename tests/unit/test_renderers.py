"""HTML, PDF, DOCX and XLSX of one invented bulletin (示例数据, no official figure): same bytes twice, nothing executed."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import docx
import pypdfium2  # type: ignore[import-untyped]
import pytest

from qinggong.publish.charts import LineSeries, bar_chart, bar_line_chart, line_chart, render_svg, spec_uid, svg_to_png
from qinggong.publish.document import (
    Bulletin,
    Cell,
    Column,
    Figure,
    Inline,
    Number,
    Paragraph,
    Section,
    SourceLine,
    Table,
)
from qinggong.publish.docx import render_docx
from qinggong.publish.fonts import FAMILY
from qinggong.publish.html import render_html
from qinggong.publish.layout import decimal_pads, measure_bundled
from qinggong.publish.pdf import render_pdf
from qinggong.publish.xlsx import Sheet, SheetColumn, render_workbook

RELEASE_TIME = "2024-09-27T00:00:00+08:00"
INJECTION = '<script>alert(1)</script>#panic("x")$x^2$*粗*_斜_@ref\\'
SOURCE = "示例数据，非官方数字 [1]"

INDUSTRIES = (
    "农副食品加工业", "食品制造业", "酒、饮料和精制茶制造业", "皮革、毛皮、羽毛及其制品和制鞋业",
    "木材加工和木、竹、藤、棕、草制品业", "家具制造业", "造纸和纸制品业", "印刷和记录媒介复制业",
    "文教、工美、体育和娱乐用品制造业", "日用化学产品制造", "橡胶和塑料制品业", "家用电力器具制造",
    "电池制造", "照明器具制造", "自行车和残疾人座车制造",
)  # fmt: skip


def _wave(i: int, scale: float = 6.0, shift: float = 0.0) -> float:
    """Plausible but invented figures, the same on every machine."""
    return round(((i * 37 + 11) % 23) / 23 * scale - shift, 1) + 0.0


def _number(text: str, name: str) -> Number:
    return Number(text, f"sample/{name}/yoy/2024-08")


def _cell(value: float | None, name: str, *, decimals: int = 1, strong: bool = False) -> Cell:
    if value is None:
        return Cell("—", title="未发布")
    return Cell(f"{value:,.{decimals}f}", fact_id=f"sample/{name}", strong=strong)


def _industry_rows(count: int) -> tuple[tuple[Cell, ...], ...]:
    rows: list[tuple[Cell, ...]] = [
        (
            Cell("轻工业合计", strong=True),
            _cell(146823.4, "total/level", strong=True),
            _cell(2.1, "total/yoy", strong=True),
            _cell(8721.0, "total/profit", strong=True),
            _cell(5.3, "total/profit/yoy", strong=True),
            _cell(5.94, "total/margin", decimals=2, strong=True),
        )
    ]
    for i in range(count - 1):
        name = INDUSTRIES[i % len(INDUSTRIES)] + ("" if i < len(INDUSTRIES) else f"（{i // len(INDUSTRIES)}类）")
        rows.append(
            (
                Cell(name, indent=1),
                _cell(1234.5 * (1 + i % 9) + i, f"{i}/level"),
                _cell(_wave(i, 12, 3), f"{i}/yoy"),
                _cell(None if i == 4 else 87.3 * (1 + i % 5), f"{i}/profit"),
                _cell(None if i == 4 else _wave(i + 3, 40, 12), f"{i}/profit/yoy"),
                _cell(None if i == 4 else _wave(i, 9) + 0.07, f"{i}/margin", decimals=2),
            )
        )
    return tuple(rows)


def _months(count: int) -> list[str]:
    last = 2024 * 12 + 7
    return [f"{m // 12}-{m % 12 + 1:02d}" for m in range(last - count + 1, last + 1)]


def _charts() -> tuple[Figure, ...]:
    months = _months(24)
    light = [None if m.endswith("-01") else 4.0 + _wave(i, 4) for i, m in enumerate(months)]
    whole = [None if m.endswith("-01") else 3.0 + _wave(i + 5, 3) for i, m in enumerate(months)]
    growth = [_wave(i, 13, 4) for i in range(len(INDUSTRIES))]
    return (
        Figure(
            "图1-1", "轻工业与全国工业增加值同比增速",
            line_chart(
                labels=months, unit="%",
                series=[LineSeries("轻工业（示例）", light, True), LineSeries("全国工业（示例）", whole)],
            ),
            alt="轻工业与全国工业增加值同比增速折线图，2022年9月至2024年8月",
            notes=("1月不单独发布，图中断开。",), source=SOURCE,
        ),
        Figure(
            "图2-1", "主要行业营业收入同比增速（2024年1—8月）",
            bar_chart(
                labels=INDUSTRIES, values=growth, texts=[f"{v:.1f}" for v in growth], unit="%",
                highlight=["食品制造业"], reference=("全国工业", 2.4),
            ),
            alt="十五个行业的营业收入同比增速条形图", source=SOURCE,
        ),
        Figure(
            "图3-1", "出口交货值及同比增速",
            bar_line_chart(
                labels=months[-13:], bars=[1800.0 + 40 * _wave(i, 9) for i in range(13)],
                line=[None if i == 5 else _wave(i, 12, 4) for i in range(13)],
                bar_unit="亿元", line_unit="%", bar_name="出口交货值", line_name="同比增速",
            ),
            alt="出口交货值柱形与同比增速折线", notes=("1月不单独发布。",), source=SOURCE,
        ),
        Figure(
            "图4-1", "轻工景气指数",
            line_chart(
                labels=_months(32), unit="点", reference=100,
                series=[LineSeries("景气指数（示例）", [97.0 + _wave(i, 7) for i in range(32)], True)],
            ),
            source=SOURCE,
        ),
        Figure(
            "图5-1", "四类产品产量同比增速",
            line_chart(
                labels=months, unit="%",
                series=[
                    LineSeries(name, [None if m.endswith(("-01", "-02")) else _wave(i * k + k, 14, 5) / 2
                                      for i, m in enumerate(months)], k == 1)
                    for k, name in enumerate(("家用电冰箱", "房间空气调节器", "机制纸及纸板", "塑料制品"), 1)
                ],
            ),
            source=SOURCE,
        ),
    )  # fmt: skip


def sample_bulletin(name: str = "轻工业经济运行月报") -> Bulletin:
    """Five sections, five tables (one of 30 rows, one with long notes), five charts; all figures invented."""
    figures = _charts()
    money = (
        Column("行业", align="left"),
        Column("营业收入", "亿元"),
        Column("同比增长", "%"),
        Column("利润总额", "亿元"),
        Column("同比增长", "%"),
        Column("营业收入利润率", "%"),
    )
    overview = Table(
        "表1-1", "主要指标（2024年1—8月）",
        (Column("指标", align="left"), Column("计量单位", align="center"), Column("绝对量"), Column("同比增长", "%")),
        (
            (Cell("规模以上工业增加值"), Cell("—"), Cell("—", title="只发布增速"), _cell(5.2, "iva/yoy")),
            (Cell("营业收入"), Cell("亿元"), _cell(146823.4, "revenue"), _cell(2.1, "revenue/yoy")),
            (Cell("利润总额"), Cell("亿元"), _cell(8721.0, "profit", decimals=1), _cell(-5.3, "profit/yoy")),
            (Cell("出口交货值"), Cell("亿元"), _cell(18345, "export", decimals=0), _cell(12.45, "export/yoy", decimals=2)),
            (Cell("社会消费品零售总额（轻工类）"), Cell("亿元"), _cell(None, "retail"), _cell(None, "retail/yoy")),
        ),
        unit_note="", notes=("增速按可比口径计算。",), source=SOURCE,
    )  # fmt: skip
    long_notes = Table(
        "表3-1", "主要商品出口（2024年8月）",
        (
            Column("商品", align="left"), Column("数量单位", align="center"), Column("出口数量"),
            Column("同比", "%"), Column("出口金额", "亿美元"), Column("同比", "%"),
        ),
        tuple(
            (Cell(n), Cell(u), _cell(1000.0 + 350 * i, f"x{i}/q", decimals=0), _cell(_wave(i, 20, 8), f"x{i}/qy"),
             _cell(20.5 + 3.1 * i, f"x{i}/v"), _cell(_wave(i + 7, 30, 12), f"x{i}/vy"))
            for i, (n, u) in enumerate((("家具及其零件", "—"), ("鞋靴", "万双"), ("箱包及类似容器", "万吨"),
                                        ("玩具", "—"), ("家用电器", "万台"), ("灯具、照明装置及其零件", "—"),
                                        ("塑料制品", "万吨"), ("陶瓷产品", "万吨")))
        ),
        unit_note="见各栏",
        notes=(
            "商品范围按海关统计的重点商品目录划分，与《国民经济行业分类》的行业范围不同，两者不能相加；"
            "同一商品的数量单位在不同年份可能调整，调整当年不计算同比。",
            "金额按美元计价，同比为海关公布的增速；按人民币计价的增速因汇率变动而不同，见附表。",
            "“—”表示未发布或不适用。",
        ),
        source="示例数据，非官方数字 [2]",
    )  # fmt: skip
    products = Table(
        "表5-1", "主要产品产量（2024年8月）",
        (Column("产品", align="left"), Column("单位", align="center"), Column("产量"), Column("同比增长", "%"),
         Column("1—8月累计"), Column("同比增长", "%")),
        tuple(
            (Cell(n), Cell(u), _cell(800.3 + i * 97.7, f"p{i}"), _cell(_wave(i, 18, 7), f"p{i}/y"),
             _cell(6400.0 + i * 801.2, f"p{i}/c"), _cell(_wave(i + 4, 12, 4), f"p{i}/cy"))
            for i, (n, u) in enumerate((("家用电冰箱", "万台"), ("房间空气调节器", "万台"), ("家用洗衣机", "万台"),
                                        ("机制纸及纸板", "万吨"), ("塑料制品", "万吨"), ("原盐", "万吨"),
                                        ("饮料", "万吨"), ("啤酒", "万千升"), ("合成洗涤剂", "万吨")))
        ),
        source=SOURCE,
    )  # fmt: skip
    ranks = Table(
        "表4-1", "预警信号（2024年8月）",
        (Column("行业", align="left"), Column("信号", align="center"), Column("说明", align="left")),
        (
            (Cell("皮革、毛皮、羽毛及其制品和制鞋业"), Cell("▲ 关注"),
             Cell("营业收入和出口交货值连续三个月下降，降幅比上月扩大，利润率低于轻工业平均水平。")),
            (Cell("家用电力器具制造"), Cell("● 正常"), Cell("各项指标在正常区间。")),
            (Cell("造纸和纸制品业"), Cell("▼ 回落"), Cell("利润同比由升转降。")),
        ),
        source=SOURCE,
    )  # fmt: skip

    def text(*parts: Inline, style: str = "body") -> Paragraph:
        return Paragraph(parts, style)  # type: ignore[arg-type]

    filler = (
        "从行业看，十五个大类行业中有十二个实现增长，增长面比上月扩大；消费品需求恢复带动食品、家电等行业回升，"
        "家具、皮革等行业受出口影响仍在调整，企业效益分化。从环比看，经季节调整后总体平稳。"
    )
    sections = (
        Section("overview", "一", "总体情况", (
            text("1—8月，规模以上轻工业增加值同比增长", _number("5.2", "iva"), "%，比全国工业高", _number("0.7", "gap"),
                 "个百分点；营业收入", _number("146823.4", "revenue"), "亿元，增长", _number("2.1", "revenue"), "%。",
                 style="lead"),
            text(filler), overview, figures[0],
        )),
        Section("industries", "二", "分行业运行", (
            text("分行业看，15个行业中", _number("11", "up"), "个行业营业收入增长。", style="lead"), text(filler), figures[1],
            Table("表2-1", "分行业主要经济指标（2024年1—8月）", money, _industry_rows(30), unit_note="亿元、%",
                  notes=("行业按《国民经济行业分类》（GB/T 4754—2017）划分。",), source=SOURCE),
        )),
        Section("exports", "三", "进出口", (
            text("出口交货值同比增长", _number("12.45", "export"), "%。", style="lead"), figures[2], long_notes, text(filler),
        )),
        Section("warnings", "四", "景气与预警", (
            text("8月景气指数为", _number("101.3", "index"), "点——处于扩张区间。", style="lead"), figures[3], ranks,
            text("一类指标稳定。", style="bullet"), text("二类指标回落", _number("0.3", "b"), "点。", style="bullet"),
        )),
        Section("products", "五", "主要产品产量", (
            text("九种主要产品中六种增长。", style="lead"), figures[4], products,
            text("说明：本期为示例，所有数字均为虚构。", style="note"),
        )),
    )  # fmt: skip
    return Bulletin(
        title=name,
        subtitle="2024年1—8月轻工业经济运行情况",
        period_name="2024年1—8月",
        issue_line="2024年第8期（示例）　　2024年9月27日",
        status_line="数据截至2024年9月27日已发布的官方数字；本件所有数字均为示例",
        summary=(
            text("增加值同比增长", _number("5.2", "iva"), "%，增速比上月加快", _number("0.3", "iva/change"), "个百分点。", style="bullet"),
            text("利润总额同比下降", _number("5.3", "profit"), "%，降幅比1—7月收窄", _number("1.2", "profit/change"),
                 "个百分点，" + filler[:38] + "。", style="bullet"),
            text("出口交货值同比增长", _number("12.45", "export"), "%。", style="bullet"),
        ),
        sections=sections,
        sources=(
            SourceLine(1, "2024年8月份规模以上工业增加值（示例）", "国家统计局", "2024-09-14", "https://www.stats.gov.cn/example"),
            SourceLine(2, "2024年8月全国出口重点商品量值表（示例）", "海关总署", "2024-09-18", "http://www.customs.gov.cn/example"),
            SourceLine(3, "内部资料（示例）", "", "", "javascript:alert(1)"),
        ),
        release_time=RELEASE_TIME,
    )  # fmt: skip


def drawings(bulletin: Bulletin) -> dict[str, str]:
    return {f.label: render_svg(f.spec, uid=spec_uid(f.spec, i)) for i, f in enumerate(bulletin.figures, 1)}


@pytest.fixture(scope="module")
def bulletin() -> Bulletin:
    return sample_bulletin()


@pytest.fixture(scope="module")
def svgs(bulletin: Bulletin) -> dict[str, str]:
    return drawings(bulletin)


@pytest.fixture(scope="module")
def html(bulletin: Bulletin, svgs: dict[str, str]) -> str:
    return render_html(bulletin, svgs=svgs)


@pytest.fixture(scope="module")
def pdf(bulletin: Bulletin, svgs: dict[str, str]) -> bytes:
    return render_pdf(bulletin, svgs=svgs)


@pytest.fixture(scope="module")
def pngs(svgs: dict[str, str]) -> dict[str, bytes]:
    return {label: svg_to_png(svg) for label, svg in svgs.items()}


class _Page(HTMLParser):
    """Tags with their attributes and all marked numbers of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marked: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        fact = dict(attrs).get("data-fact")
        if fact:
            self._open.append(fact)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.marked.append((self._open.pop(), data))


def _parsed(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page


def _facts(bulletin: Bulletin) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for block in [*bulletin.summary, *(b for s in bulletin.sections for b in s.blocks)]:
        if isinstance(block, Paragraph):
            found += [(p.fact_id, p.text) for p in block.inlines if isinstance(p, Number)]
        elif isinstance(block, Table):
            found += [(c.fact_id, c.text) for row in block.rows for c in row if c.fact_id]
    return found


def test_every_number_of_a_fact_is_marked_in_html(bulletin: Bulletin, html: str) -> None:
    assert _parsed(html).marked == _facts(bulletin)


def test_html_loads_nothing_and_runs_nothing(html: str) -> None:
    page = _parsed(html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed", "use", "image"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href", "data", "poster", "action"):
            if attributes.get(name):
                assert tag == "a" and str(attributes[name]).startswith(("http://", "https://", "#content"))
    assert re.findall(r"url\((?!data:font/woff|#)", html) == []
    assert "@import" not in html


def test_html_has_one_identifier_once(html: str) -> None:
    ids = [str(a["id"]) for _, a in _parsed(html).tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_drawings_use_the_font_of_the_page(html: str, svgs: dict[str, str]) -> None:
    assert set(re.findall(r'@font-face\{font-family:"([^"]+)"', html)) == {FAMILY}
    for svg in svgs.values():
        assert set(re.findall(r'font-family="([^"]+)"', svg)) == {FAMILY}


def test_html_is_the_same_twice(bulletin: Bulletin, html: str) -> None:
    assert render_html(bulletin, svgs=drawings(bulletin)) == html


def test_names_are_text_and_never_code(pngs: dict[str, bytes]) -> None:
    hostile = sample_bulletin(INJECTION)
    svgs = drawings(hostile)
    chart = line_chart(labels=["a", INJECTION], series=[LineSeries(INJECTION, [1.0, 2.0])], unit=INJECTION)
    svgs["图1-1"] = render_svg(chart, uid="x")
    page = render_html(hostile, svgs=svgs)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript' not in page
    pages = _pdf_text(render_pdf(hostile, svgs=svgs))
    # A title is set with a little tracking, which a reader of text may take for blanks.
    assert '<script>alert(1)</script>#panic("x")$x^2$*粗*_斜_@ref\\' in re.sub(r"\s", "", pages[0])
    text = "\n".join(p.text for p in docx.Document(io.BytesIO(render_docx(hostile, pngs=pngs))).paragraphs)
    assert INJECTION in text


def _pdf_text(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    return [page.get_textpage().get_text_range() for page in document]


def test_pdf_text_can_be_copied(pdf: bytes, bulletin: Bulletin) -> None:
    pages = _pdf_text(pdf)
    whole = "".join(pages)
    for wanted in ("要点", "规模以上轻工业增加值同比增长5.2%", "表2-1", "图5-1", "农副食品加工业", "全国工业（示例）"):
        assert wanted in whole.replace("\r\n", ""), wanted
    assert "第 1 页" in pages[0] and f"共 {len(pages)} 页" in pages[-1]
    assert bulletin.period_name in pages[1]


def test_a_long_table_goes_on_with_its_head(bulletin: Bulletin) -> None:
    (table,) = (t for t in bulletin.tables if t.label == "表2-1")
    long = replace(table, rows=_industry_rows(70))
    section = Section("long", "一", "长表", (long,))
    pages = _pdf_text(render_pdf(replace(bulletin, sections=(section,)), svgs={}))
    assert ["续表2-1" in page for page in pages[:3]] == [False, True, True][: len(pages)]
    assert all("利润总额" in page for page in pages[:2])
    assert sum(page.count("表2-1") for page in pages) == len([p for p in pages if "表2-1" in p])


def test_pdf_properties_and_page_size(pdf: bytes, bulletin: Bulletin) -> None:
    document = pypdfium2.PdfDocument(pdf)
    about = document.get_metadata_dict()
    assert about["Title"] == f"{bulletin.title} {bulletin.period_name}"
    assert about["Author"]
    assert about["CreationDate"].startswith("D:20240927")
    assert [round(x) for x in document[0].get_size()] == [595, 842]


def test_pdf_is_the_same_twice(bulletin: Bulletin, svgs: dict[str, str], pdf: bytes) -> None:
    assert render_pdf(bulletin, svgs=svgs) == pdf


def test_docx_is_the_same_twice_and_dated(bulletin: Bulletin, pngs: dict[str, bytes]) -> None:
    data = render_docx(bulletin, pngs=pngs)
    assert render_docx(bulletin, pngs=pngs) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {m.date_time for m in archive.infolist()} == {(2024, 9, 27, 0, 0, 0)}
    core = docx.Document(io.BytesIO(data)).core_properties
    assert core.created is not None and core.created.isoformat()[:16] == "2024-09-26T16:00"
    assert core.created == core.modified


def test_docx_holds_text_tables_and_pictures_with_text(bulletin: Bulletin, pngs: dict[str, bytes]) -> None:
    document = docx.Document(io.BytesIO(render_docx(bulletin, pngs=pngs)))
    assert len(document.tables) == 5
    assert len(document.inline_shapes) == 5
    assert all(shape._inline.docPr.get("descr") for shape in document.inline_shapes)
    captions = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Caption"]
    assert [c.split("　")[0] for c in captions] == [
        "表1-1", "图1-1", "图2-1", "表2-1", "图3-1", "表3-1", "图4-1", "表4-1", "图5-1", "表5-1",
    ]  # fmt: skip
    assert document.tables[1].rows[1].cells[1].text == "146,823.4"


def test_workbook_writes_text_as_text_and_is_the_same_twice() -> None:
    columns = (
        SheetColumn("名称", width=24),
        SheetColumn("数值", "number", 12, "#,##0.00"),
        SheetColumn("日期", "date", 12),
    )
    rows = (("=1+1", 2.5, "2024-08-01"), ("+cmd", "—", None), ("@x", None, "2024-08-31"), ("-2", -1.25, None))
    sheet = Sheet("数据", "示例", columns, rows, note="单位：亿元")
    data = render_workbook([sheet], release_time=RELEASE_TIME)
    assert render_workbook([sheet], release_time=RELEASE_TIME) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
        strings = archive.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in page
    assert all(text in strings for text in ("=1+1", "+cmd", "@x", "-2"))
    assert "<autoFilter" in page and 'state="frozen"' in page
    with pytest.raises(ValueError, match="数据 row 4: 2 values for 3 columns"):
        render_workbook([Sheet("数据", "示例", columns, (("a", 1),))], release_time=RELEASE_TIME)


def test_a_missing_drawing_is_named(bulletin: Bulletin, svgs: dict[str, str]) -> None:
    some = {label: svg for label, svg in svgs.items() if label != "图3-1"}
    for render in (render_html, render_pdf):
        with pytest.raises(KeyError, match="图3-1"):
            render(bulletin, svgs=some)


def test_decimal_points_stand_in_one_line() -> None:
    cells = tuple((Cell(text),) for text in ("1.25", "10.5", "7", "—", "-3.0"))
    pads = [row[0] for row in decimal_pads(Table("表1-1", "", (Column("甲"),), cells), measure_bundled)]
    digit, point = measure_bundled("0", False), measure_bundled(".", False)
    expected = [0, digit, 2 * digit + point, 2 * digit + point, digit]
    assert pads == pytest.approx(expected, abs=2e-3)


def test_another_process_writes_the_same_bytes(
    bulletin: Bulletin, html: str, pdf: bytes, pngs: dict[str, bytes], svgs: dict[str, str]
) -> None:
    code = (
        "import sys, json, hashlib; sys.path[:0] = json.loads(sys.argv[1]); import test_renderers as t\n"
        "b = t.sample_bulletin(); s = t.drawings(b); p = {k: t.svg_to_png(v) for k, v in s.items()}\n"
        "parts = [t.render_html(b, svgs=s).encode(), t.render_pdf(b, svgs=s), t.render_docx(b, pngs=p)]\n"
        "print(json.dumps([hashlib.sha256(x).hexdigest() for x in parts]))"
    )
    here = str(Path(__file__).parent)
    run = subprocess.run(
        [sys.executable, "-c", code, json.dumps([here, *sys.path])], capture_output=True, text=True, check=True
    )
    parts = [html.encode(), pdf, render_docx(bulletin, pngs=pngs)]
    assert json.loads(run.stdout) == [hashlib.sha256(part).hexdigest() for part in parts]
