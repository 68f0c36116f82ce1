"""Release text against published figures: what goes in as a sentence or a table must come back, and nothing else.

Sentences are written from figures that bodies have published, by templates in the wording of their releases, with
sentences between them whose numbers must stay unbound. Every figure that is bound must be right (precision 1); the
share of figures that come back (recall) is asserted as a floor, as found. Both are printed (``pytest -s``).
"""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import resources
from pathlib import Path, PurePath

import pytest

from qinggong.catalogue import Catalogue, UnknownName, load_catalogue
from qinggong.periods import Period, name, parse
from qinggong.reading import Reading, read_blocks, read_document, read_text

DISTRACTIONS = (
    "国有控股企业实现利润总额1234.5亿元，同比下降1.3%；私营企业增长2.6%。",
    "东部地区增长6.7%，中部地区增长5.4%。",
    "两年平均增长6.5%，增速比上月加快0.3个百分点。",
    "占全国工业的16.6%，高于上年同期0.7个百分点。",
    "预计全年增长4%左右。",
    "其中，新产品增长12.3%，高技术产品增长15.4%。",
    "有36个行业保持增长，10个行业降幅收窄。",
)


@dataclass(frozen=True)
class Figure:
    """A published figure: names as a release writes them."""

    subject: str
    indicator: str
    measure: str
    period: Period
    value: Decimal
    unit: str
    yuan: bool = False
    source: str = ""

    def key(self, catalogue: Catalogue) -> tuple[str, str, str, str, Decimal, str] | None:
        """What a reading of it must say; ``None`` if the catalogue has no such series."""
        name_of = "exports_cny" if self.indicator == "出口额" and self.yuan else self.indicator
        try:
            subject = catalogue.subject(self.subject, indicator=name_of)
            kept = catalogue.canonical_unit(name_of, self.measure, subject)
            if catalogue.unit(kept).dimension != catalogue.unit(self.unit).dimension:
                return None
            unit = catalogue.unit(self.unit).code
        except UnknownName:
            return None
        indicator = catalogue.indicator(name_of)
        at_the_end = indicator.spans == ("point",)
        period = replace(self.period, first=self.period.last) if at_the_end else self.period
        return subject.key, indicator.code, self.measure, period.code, self.value, unit


def growth(value: Decimal) -> str:
    return f"{'增长' if value >= 0 else '下降'}{abs(value)}%"


def when(figure: Figure, catalogue: Catalogue) -> str:
    spans = catalogue.indicator(figure.indicator).spans
    return name(figure.period, form="stock" if spans == ("point",) else "flow")


def sentences(figures: Sequence[Figure], catalogue: Catalogue) -> Iterator[str]:
    """Sentences that tell the figures: level with growth, then 其中 with growth rates only."""
    series: dict[tuple[str, str, Period], dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        series[figure.subject, figure.indicator, figure.period][figure.measure] = figure
    alone: dict[tuple[str, Period], list[Figure]] = defaultdict(list)
    for found in series.values():
        level, yoy = found.get("level"), found.get("yoy")
        if level is not None:
            tail = f"，同比{growth(yoy.value)}" if yoy is not None and yoy.unit == "%" else ""
            yield f"{when(level, catalogue)}，{level.subject}{level.indicator}{level.value}{level.unit}{tail}。"
        elif yoy is not None and yoy.unit == "%":
            alone[yoy.indicator, yoy.period].append(yoy)
    for group in alone.values():
        first, *rest = group
        others = "，".join(f"{f.subject}{growth(f.value)}" for f in rest)
        lead = f"{when(first, catalogue)}，{first.subject}{first.indicator}同比{growth(first.value)}"
        yield f"{lead}。其中，{others}。" if others else f"{lead}。"


def measure(
    found: Iterable[Reading], wanted: set[tuple[str, str, str, str, Decimal, str]]
) -> tuple[int, int, list[str]]:
    """Right readings, all readings, and the wrong ones in words."""
    right, total, wrong = 0, 0, []
    for r in found:
        if r.kind == "observation":
            total += 1
            assert r.value is not None
            key = (r.subject, r.indicator, r.measure, r.period, r.value, r.unit)
            if key in wanted:
                right += 1
            else:
                wrong.append(f"{key}: {r.sentence}")
    return right, total, wrong


def report(what: str, right: int, total: int, wanted: int, wrong: list[str], *, floor: float) -> None:
    precision, recall = right / max(total, 1), right / max(wanted, 1)
    print(f"\n{what}: {total} bound, {right} right, {wanted} wanted: precision {precision:.4f}, recall {recall:.4f}")
    assert total > 0
    assert not wrong, "\n".join(wrong[:20])
    assert recall >= floor, f"{recall:.4f}"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def bundled() -> list[Figure]:
    folder = resources.files("qinggong.catalogue").joinpath("data", "official_releases", "observations.csv")
    rows = csv.DictReader(io.StringIO(folder.read_text(encoding="utf-8-sig")))
    return [
        Figure(r["industry"], r["indicator"], r["measure"], parse(r["period"]), Decimal(r["value"]), r["unit"])
        for r in rows
        if r["geo"] == "CN" and r["value"]
    ]


def press_facts(shared: Path) -> list[Figure]:
    file = shared / "data" / "published_facts" / "light_industry_facts.csv"
    figures = []
    for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))):
        label = row["indicator"]
        if "(" in label or "占" in label or "目标" in label:
            continue
        measure_of = "yoy" if label.endswith("同比") else "level"
        try:
            period = parse(row["period"].replace("~", "/"))
            value = Decimal(row["value"])
        except (ValueError, ArithmeticError):
            continue
        indicator = label.removesuffix("同比")
        source = row["source_title"]
        figures.append(Figure(row["industry"], indicator, measure_of, period, value, row["unit"], source=source))
    # growth of exports is that of the currency in which the same sentence tells the level
    yuan = {(f.subject, f.period) for f in figures if f.indicator == "出口额" and f.unit in ("亿元", "万亿元")}
    return [replace(f, yuan=(f.subject, f.period) in yuan) for f in figures]


def test_press_facts_come_back_from_sentences(shared: Path, catalogue: Catalogue) -> None:
    figures = [f for f in press_facts(shared) if _indicator_known(f, catalogue)]
    known = [f for f in figures if _told(f, catalogue)]
    wanted = {key for f in known if (key := f.key(catalogue))}
    text = "\n".join(sentences(figures, catalogue))
    right, total, wrong = measure(read_text(text, catalogue=catalogue, year=None), wanted)
    report("press facts", right, total, len(wanted), wrong, floor=1.0)


Told = dict[tuple[str, str, Period], dict[str, Figure]]
Line = tuple[str, list[Figure]]


def ministry(series: Told, catalogue: Catalogue) -> Iterator[Line]:
    """“1—10月，全国A产量…，同比增长…；B规模以上企业实现营业收入…，同比…。”: one sentence a period."""
    for period in dict.fromkeys(period for _, _, period in series):
        clauses, told, lead = [], list[Figure](), ""
        for (subject, indicator, at), found in series.items():
            if at != period or "level" not in found:
                continue
            level, yoy = found["level"], found.get("yoy")
            lead = lead or when(level, catalogue)
            industry = catalogue.subject(subject, indicator=indicator).kind in ("industry", "group")
            who = f"{subject}规模以上企业实现" if industry else f"全国{subject}"
            clauses.append(f"{who}{indicator}{level.value}{level.unit}{f'，同比{growth(yoy.value)}' if yoy else ''}")
            told += [level, yoy] if yoy else [level]
        if clauses:
            yield f"{lead}，{'；'.join(clauses)}。", told


def bureau(series: Told, catalogue: Catalogue) -> Iterator[Line]:
    """“1—8月份，A营业收入…亿元，同比增长…；B营业收入…亿元，增长…。”: what it is compared with is said once."""
    for indicator, period in dict.fromkeys((indicator, period) for _, indicator, period in series):
        members = [(s, f) for (s, i, p), f in series.items() if (i, p) == (indicator, period) and len(f) == 2]
        clauses = [f"{s}{indicator}{f['level'].value}{f['level'].unit}，{growth(f['yoy'].value)}" for s, f in members]
        if members:
            clauses[0] = clauses[0].replace("，", "，同比")
            told = [figure for _, f in members for figure in f.values()]
            yield f"{when(told[0], catalogue)}，{'；'.join(clauses)}。", told


def federation(series: Told, catalogue: Catalogue) -> Iterator[Line]:
    """“1—9月，A累计完成营业收入…亿元，同比增长…%，增速较上月加快…个百分点，…”: changes stand behind the growth."""
    for (subject, indicator, _), found in series.items():
        if len(found) == 2:
            level, yoy = found["level"], found["yoy"]
            done = "当月完成" if level.period.kind == "month" else "累计完成"
            head = f"{when(level, catalogue)}，{subject}{done}{indicator}{level.value}{level.unit}"
            tail = "增速较上月加快0.37个百分点，高于上年同期1.26个百分点"
            yield f"{head}，同比{growth(yoy.value)}，{tail}。", [level, yoy]


@pytest.mark.parametrize("style", [ministry, bureau, federation], ids=lambda s: s.__name__)
def test_whole_releases_in_the_styles_of_the_bodies(
    style: Callable[[Told, Catalogue], Iterator[Line]], shared: Path, catalogue: Catalogue
) -> None:
    """Each release of the facts file written again in the wording of a body, with what its releases say between."""
    rng = random.Random(3)
    releases: dict[str, Told] = defaultdict(lambda: defaultdict(dict))
    for f in press_facts(shared):
        if _indicator_known(f, catalogue) and _told(f, catalogue):
            releases[f.source][f.subject, f.indicator, f.period][f.measure] = f
    right = total = wanted_all = 0
    wrong_all: list[str] = []
    for series in releases.values():
        lines = list(style(series, catalogue))
        wanted = {key for _, told in lines for f in told if (key := f.key(catalogue))}
        text = "\n".join(line + rng.choice(DISTRACTIONS) for line, _ in lines)
        some = measure(read_text(text, catalogue=catalogue, year=None), wanted)
        right, total, wanted_all = right + some[0], total + some[1], wanted_all + len(wanted)
        wrong_all += some[2]
    report(f"facts in the style of the {style.__name__}", right, total, wanted_all, wrong_all, floor=1.0)


def _told(figure: Figure, catalogue: Catalogue) -> bool:
    return figure.key(catalogue) is not None and (figure.measure == "level" or figure.unit == "%")


def _indicator_known(figure: Figure, catalogue: Catalogue) -> bool:
    try:
        catalogue.indicator(figure.indicator)
    except UnknownName:
        return False
    return True


def test_bundled_figures_come_back_from_prose_with_distractions(bundled: list[Figure], catalogue: Catalogue) -> None:
    rng = random.Random(8)
    by_month: dict[tuple[int, int], list[Figure]] = defaultdict(list)
    for figure in bundled:
        by_month[figure.period.year, figure.period.last].append(figure)
    right = total = 0
    wanted_all, wrong_all = 0, list[str]()
    for figures in by_month.values():
        wanted = {key for f in figures if _told(f, catalogue) and (key := f.key(catalogue))}
        lines = list(sentences(figures, catalogue))
        rng.shuffle(lines)
        text = "\n".join(line + rng.choice(DISTRACTIONS) + rng.choice(DISTRACTIONS) for line in lines)
        found = read_text(text, catalogue=catalogue, year=figures[0].period.year)
        month_right, month_total, wrong = measure(found, wanted)
        right, total, wanted_all = right + month_right, total + month_total, wanted_all + len(wanted)
        wrong_all += wrong
    report("bundled figures, prose", right, total, wanted_all, wrong_all, floor=1.0)


def test_bundled_figures_come_back_from_tables(bundled: list[Figure], catalogue: Catalogue) -> None:
    tables: dict[tuple[str, Period], dict[str, dict[str, Figure]]] = defaultdict(lambda: defaultdict(dict))
    for figure in bundled:
        tables[figure.indicator, figure.period][figure.subject][figure.measure] = figure
    right = total = 0
    wanted_all, wrong_all = 0, list[str]()
    for (indicator, period), rows in tables.items():
        if len(rows) < 4:
            continue
        first = next(iter(next(iter(rows.values())).values()))
        month = when(first, catalogue).removeprefix(f"{period.year}年")
        head = f"<tr><td rowspan=2>指标</td><td colspan=2>{month}</td></tr>"
        head += "<tr><td>绝对量</td><td>同比增长（％）</td></tr>"
        shown, wanted = [], set()
        for subject, found in rows.items():
            cells = []
            for which in ("level", "yoy"):
                one = found.get(which)
                told = one if one is not None and (which == "level" or one.unit == "%") else None
                cells.append(str(told.value) if told is not None else "…")
                if told is not None and (key := told.key(catalogue)):
                    wanted.add(key)
            unit = found["level"].unit if "level" in found else ""
            label = f"{subject}（{unit}）" if unit else subject
            shown.append(f"<tr><td>{label}</td><td>{cells[0]}</td><td>{cells[1]}</td></tr>")
        title = f"<h1>{period.year}年{indicator}主要数据</h1><p>{indicator}</p>"
        page = f"<html><body>{title}<table>{head}{''.join(shown)}</table></body></html>"
        document = read_document(PurePath("a.html"), page.encode(), catalogue=catalogue)
        some = measure(read_blocks(document.blocks, catalogue=catalogue), wanted)
        right, total, wanted_all = right + some[0], total + some[1], wanted_all + len(wanted)
        wrong_all += some[2]
    report("bundled figures, tables", right, total, wanted_all, wrong_all, floor=1.0)


EXPLANATION_2023 = {
    ("revenue", "level", "2022-01/2022-12", Decimal("24.3")),
    ("profit", "level", "2022-01/2022-12", Decimal("1.54")),
    ("exports_usd", "level", "2022-01/2022-12", Decimal("9535.4")),
    ("value_added", "yoy", "2023-01/2023-06", Decimal("0.4")),
}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("轻工业稳增长工作方案2023-2024解读.txt", EXPLANATION_2023),
        ("证券日报2023-07-28报道.txt", EXPLANATION_2023),
        ("轻工业稳增长工作方案2025-2026解读.txt", set()),
        ("化工仪器网2025-09-25报道.txt", set()),
        ("关于促进轻工行业稳产稳供的工作意见2022.txt", set()),
    ],
)
def test_real_texts(
    shared: Path, catalogue: Catalogue, file: str, expected: set[tuple[str, str, str, Decimal]]
) -> None:
    path = shared / "domain" / "source_texts" / file
    if not path.is_file():
        pytest.skip(f"没有 {path.name}")
    document = read_document(PurePath(file), path.read_bytes(), catalogue=catalogue)
    found = read_blocks(document.blocks, catalogue=catalogue, published=document.published)
    bound = [r for r in found if r.kind == "observation"]
    assert {(r.indicator, r.measure, r.period, r.value) for r in bound} == expected
    assert all(r.subject.startswith("group:light_industry@") for r in bound)
    assert all(document.text[r.start : r.end].strip() for r in found)
