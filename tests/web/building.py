"""A small workspace in which every page is full: some figures of the country and the provinces, and one release."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from qinggong.config import create
from qinggong.monitor.facts import (
    AdjustedSeries,
    Alerts,
    Brief,
    Chart,
    Density,
    Fact,
    FactBook,
    Hand,
    IndexLine,
    Line,
    Lineage,
    Momentum,
    Movement,
    NextRelease,
    NowcastLine,
    Nowcasts,
    Part,
    PathPoint,
    ProvinceGrowth,
    ProvincePart,
    Signals,
    TargetLine,
    TargetPoint,
    TargetReading,
    Targets,
    Topic,
    Uncompiled,
    WarningLine,
    ZoneCount,
)
from qinggong.periods import Period, month, months_between, observed_month, previous_ytd, ytd, ytds_between
from qinggong.publish import shelf
from qinggong.publish.portal_data import FILE, portal_file
from qinggong.store.base import Observation, SeriesKey
from qinggong.store.delta import DeltaStore

MONTH = month(2025, 8)
RELEASED = "2025-09-27"
DIVISIONS = ("13", "14", "15", "19", "21")
PROVINCES = ("11", "31", "33", "44", "65")
ZONES = (("过冷", "蓝灯"), ("渐冷", "浅蓝灯"), ("稳定", "绿灯"), ("渐热", "黄灯"), ("过热", "红灯"))
_STARTS = observed_month(2023, 2)
_MONTHS = months_between(_STARTS, MONTH)
_SHARE = {"13": 5.2, "14": 3.1, "15": -1.4, "19": 0.6, "21": -4.3, "BCD": 4.8}


def _key(subject: str, indicator: str, measure: str, span: str, unit: str, region: str = "CN") -> SeriesKey:
    return SeriesKey("industry", subject, "nbs", region, indicator, measure, "published", span, unit)


def _day(period: Period, later: int = 0) -> dt.date:
    return period.end_date + dt.timedelta(days=17 + 30 * later)


def _row(key: SeriesKey, period: Period, value: float, number: int, *, day: dt.date | None = None) -> Observation:
    day = day or _day(period)
    return Observation(
        series=key, period=period, value=value, printed=f"{value:.1f}", printed_unit=key.unit, status="published",
        published_at=day, published_at_basis="stated", known_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        publisher="合成数据（国家统计局）", source="synthetic", raw_sha256="a" * 64, row=number,
        citation=f"合成数据：{period.code}", url="https://example.invalid/release",
    )  # fmt: skip


def observations() -> list[Observation]:
    """Growth of value added by month and cumulated, revenue with a revision, prices; value added by province."""
    rows: list[Observation] = []
    for subject, level in _SHARE.items():
        for at, period in enumerate(_MONTHS):
            wave = round(level + (at % 5 - 2) * 0.3, 1)
            if not period.is_jan_feb:
                rows.append(_row(_key(subject, "value_added", "yoy", "month", "%"), period, wave, len(rows)))
            rows.append(_row(_key(subject, "producer_prices", "yoy", "month", "%"), month(period.year, period.last),
            round(wave / 4, 1), len(rows)))  # fmt: skip
        for at, period in enumerate(ytds_between(ytd(2023, 2), ytd(2025, 8))):
            rows.append(_row(_key(subject, "value_added", "yoy", "ytd", "%"), period, round(level + at % 3 * 0.1, 1),
            len(rows)))  # fmt: skip
            revenue = round(100.0 * period.last * (1 + level / 100) ** (period.year - 2022), 1)
            key = _key(subject, "revenue", "level", "ytd", "亿元")
            rows.append(_row(key, period, revenue, len(rows)))
            rows.append(_row(key, period, round(revenue * 1.01, 1), len(rows), day=_day(period, later=1)))
    for region, level in zip(PROVINCES, (3.0, -0.5, 6.4, 2.1, 7.7), strict=True):
        for subject in ("BCD", "13"):
            for period in (ytd(2025, 7), ytd(2025, 8)):
                key = _key(subject, "value_added", "yoy", "ytd", "%", region)
                rows.append(_row(key, period, level + period.last / 10, len(rows)))
    return rows


# ----------------------------------------------------------------------------------------------------- facts


def fact(name: str, value: float | None, unit: str = "%", period: Period = MONTH, decimals: int = 1) -> Fact:
    text = "" if value is None else f"{value:.{decimals}f}"
    return Fact(name, name, value, text, unit, period, "computed", Lineage(()))


def _index(key: str, name: str, level: float, zones: tuple[int, ...]) -> IndexLine:
    history = tuple(fact(f"{key}/{p.code}", level + i / 10, "点", p, 2) for i, p in enumerate(_MONTHS[-24:]))
    step = fact(f"{key}#step", 0.4, "点")
    return IndexLine(
        key, name, name[:4], value=fact(f"{key}#now", level, "点", decimals=2), before=fact(f"{key}#before", level - 1,
        "点"),
        change=fact(f"{key}#change", 1.0, "点", decimals=2), year_change=fact(f"{key}#year", -2.0, "点", decimals=2),
        zone=zones[-1], zone_before=zones[-2], parts=(Part("生产", fact(f"{key}#part", 0.6, "点", decimals=2)),),
        strip=zones, history=history,
        hand=Hand("上升", fact(f"{key}#deviation", level - 100, "点"), step, ((0.1, -1.0), (0.3, -0.5))),
    )  # fmt: skip


def signals() -> Signals:
    strip = tuple(_MONTHS[-24:])
    names = {"13": "农副食品加工业", "14": "食品制造业", "15": "酒、饮料和精制茶制造业", "19": "皮革、毛皮、羽毛及其制品和制鞋业", "21": "家具制造业"}  # fmt: skip
    levels = {"13": 112.0, "14": 101.0, "15": 88.0, "19": 95.0, "21": 78.0}
    place = {"13": 3, "14": 2, "15": 1, "19": 2, "21": 0}
    lines = tuple(
        _index(f"industry:{code}@nbs", names[code], levels[code], (2,) * 22 + (2, place[code])) for code in DIVISIONS
    )
    settings = {
        "fewest_months": fact("fewest_months", 60, "个", decimals=0), "centre": fact("centre", 100, "点", decimals=0),
        "fewest_components": fact("fewest_components", 3, "个", decimals=0),
    }  # fmt: skip
    return Signals(
        "轻工景气水平指数（本系统编制）", MONTH, MONTH, MONTH, month(2025, 7),
        _index("group:light_industry@cnlic", "总指数", 98.2, (2,) * 24), (_index("production", "生产", 97.0, (2,) * 24),),
        lines, (Uncompiled(("造纸和纸制品业",), "生产、价格可比数据不足"),),
        (ZoneCount("渐热", 3, fact("c", 1, "个", decimals=0), fact("s", 20.0), ("农副食品加工业",)),),
        fact("total", 5, "个", decimals=0), None, ZONES, 2, settings, strip,
    )  # fmt: skip


def alerts(book: FactBook) -> Alerts:
    line = WarningLine(
        "production_fall", "增加值连续下降", "下降", "增加值连续下降", "21", "家具制造业", "CN", "全国", 3, True,
        month(2025, 6), MONTH, fact("run", 3, "期", decimals=0), "in_force", "回测准确率87%",
        (fact("家具制造业增加值同比", -4.3),), None, None,
        tuple((p, fact(f"w{p.code}", -4.0 + i / 10, period=p)) for i, p in enumerate(_MONTHS[-13:])), (), (), (),
    )  # fmt: skip
    counts = {"judged": fact("judged", 40, "条", decimals=0)}
    return Alerts(
        MONTH, (line,), (), (), (("production_fall", "增加值连续下降", "in_force", "回测准确率87%"),), (), counts, book
    )


def targets() -> Targets:
    reading = TargetReading(
        "exact", "不低于", fact("floor", 4.0), required=fact("required", 5.1), probability=fact("chance", 42.0,
        decimals=0),
        low=fact("low", 31.0, decimals=0), high=fact("high", 55.0, decimals=0),
    )  # fmt: skip
    points = tuple(
        TargetPoint(
            p,
            fact(f"t{p.code}", 4.0, period=p),
            fact(f"p{p.code}", 50.0 - i, period=p),
            fact(f"l{p.code}", 40.0),
            fact(f"h{p.code}", 60.0),
        )
        for i, p in enumerate(_MONTHS[-6:])
    )
    line = TargetLine(
        "steady_growth_2023_2024.value_added_growth", "steady_growth_2023_2024", "稳增长方案（2023—2024年）",
        "轻工业增加值平均增速4%左右", ("增速",), 2024, "open", "方案", target=fact("target", 4.0), subject_name="轻工业",
        indicator_name="增加值", period=ytd(2025, 8), value=fact("value", 3.8), gap=fact("gap", -0.2, "百分点"),
        readings=(reading,), points=points,
        mean=fact("mean", 3.7),
        carrying=(Part("农副食品加工业", fact("carrying", 0.4, "百分点")),),
    )  # fmt: skip
    return Targets("目标进度", MONTH, (line,))


def nowcasts() -> Nowcasts:
    density = Density(*(fact(f"d{n}", v) for n, v in zip("msabcd", (2.4, 1.0, 1.1, 1.8, 3.0, 3.7), strict=True)))
    known = tuple(PathPoint(p, "known", 2.0 + i / 10, 0, *(2.0 + i / 10,) * 4) for i, p in enumerate(_MONTHS[-8:]))
    ahead = tuple(
        PathPoint(p, "forecast", 2.4, 1.0, 1.1, 1.8, 3.0, 3.7)
        for p in (month(2025, 9), month(2025, 10), month(2025, 11))
    )
    line = NowcastLine(
        "industry:13@nbs/value_added", "industry:13@nbs", "13", "农副食品加工业", "农副食品", "value_added", "增加值",
        month(2025, 9), None, False, "model", "动态因子模型", "以往误差小于最好的简单方法", density, (), None, known + ahead,
    )  # fmt: skip
    return Nowcasts("即时预测", month(2025, 9), month(2025, 12), (line,), (), None)


def momentum() -> Momentum:
    """Revenue of one industry adjusted, from its cumulative figures."""
    names = ("level/published/ytd/亿元", "yoy/published/ytd/%")
    series = AdjustedSeries(
        "industry:13@nbs", "农副食品加工业", "revenue", "营业收入", "亿元", "良好",
        tuple(f"industry:13@nbs/CN/revenue/{n}" for n in names), tuple(_MONTHS),
        tuple(None if i == 3 else 100.0 + i if not p.is_jan_feb else 190.5 + i for i, p in enumerate(_MONTHS)),
        tuple(101.5 + i for i in range(len(_MONTHS))), tuple(101.25 + i for i in range(len(_MONTHS))),
    )  # fmt: skip
    return Momentum("环比动能（季节调整）", (), series=(series,))


def provinces() -> tuple[ProvinceGrowth, ...]:
    """What two industries of Guangdong add to its value added."""
    parts = (
        ProvincePart("industry:13@nbs", "农副食品加工业", 6.4, 0.31, "0.31", "4.80"),
        ProvincePart("industry:21@nbs", "家具制造业", -7.2, -0.05, "-0.05", ""),
    )
    return (
        ProvinceGrowth(
            "44", "广东省", "value_added", "增加值", ytd(2025, 8), "规模以上工业", 2.9, "合成数据（国家统计局）",
            "revenue share of 2024 × growth of value added", parts,
        ),
    )  # fmt: skip


def brief() -> Brief:
    book = FactBook()
    move = Movement(
        "industry:BCD@nbs", "规模以上工业", "", "nbs", "value_added", "增加值", "month", MONTH, month(2025, 7),
        growth=fact("growth", 4.8), change=fact("change", -0.4, "百分点"),
    )  # fmt: skip
    line = Line("BCD", "规模以上工业", True, tuple((p, fact(f"g{p.code}", 4.0, period=p)) for p in _MONTHS[-13:]))
    chart = Chart("value_added", "增加值单月同比增速", "增加值", "%", "month", tuple(_MONTHS[-13:]), (line,))
    following = NextRelease(month(2025, 9), "工业生产", "国家统计局", "2025-10-20", True)
    topic = Topic("production", "工业生产", MONTH, MONTH, (move,), (), (chart,), (), following)
    return Brief(
        MONTH, "", RELEASED, (topic,), book, (), fact("undated", 0), fact("figures", 900), prosperity=signals(),
        synthetic=True, targets=targets(), nowcasts=nowcasts(), warnings=alerts(book), momentum=momentum(),
        provinces=provinces(),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- workspace


def build(root: Path) -> Path:
    """The workspace with its figures and its release."""
    layout = create(root, synthetic=True)
    DeltaStore(layout.store).append(observations(), transaction="built")
    write_release(layout.releases / "2025-08", brief())
    return root


def write_release(folder: Path, told: Brief, *, day: str = RELEASED) -> None:
    """A release folder with the files that pages read, and a bulletin that stands for the real one."""
    files = {
        "bulletin.html": "<!doctype html><title>月报</title><p>合成数据（由程序生成，不是真实统计）</p>".encode(),
        "data/facts.csv": "id\r\n合成数据\r\n".encode(),
        FILE: portal_file(told, title="轻工业运行监测月报"),
    }
    code = f"{told.month.year}-{told.month.last:02d}"
    described = {
        "title": "轻工业运行监测月报（合成数据）" if told.synthetic else "轻工业运行监测月报", "month": code, "state": "checked",
        "release_date": day, "as_of": None,
        "synthetic": told.synthetic, "facts": 12, "inputs": [], "check": {"errors": 0, "warnings": 0},
        "code_version": "0",
        "store_version": 1,
    }  # fmt: skip
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / shelf.MANIFEST).write_bytes(shelf.manifest(files, described))


def previous(period: Period) -> Period:
    return previous_ytd(period)


__all__ = [
    "DIVISIONS",
    "MONTH",
    "PROVINCES",
    "RELEASED",
    "brief",
    "build",
    "fact",
    "observations",
    "signals",
    "write_release",
]
