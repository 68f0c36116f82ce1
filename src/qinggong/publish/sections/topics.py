"""A topic as a section (生产、效益、市场、出口): lead, what other bodies say, tables, charts, what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qinggong.monitor.facts import Brief, Comparison, Movement, Topic, quantity
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish.document import Block, Inline, Paragraph, Section
from qinggong.publish.narrative import (
    breadth_clause,
    change_clause,
    coverage_clause,
    extremes_clause,
    following_sentence,
    gap_clause,
    growth_clause,
    headline,
    join,
    level_clause,
    record_clause,
    run_clause,
    when,
)
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import bar_figure, comparison_table, line_figure, publishers_of

AGAINST = {"retail_sales": "限上商品零售"}
BARS = {"divisions_month": "有关行业增加值同比增速", "profit": "有关行业利润总额累计同比增速",
        "classes_month": "限额以上单位分品类零售额同比增速", "goods": "主要轻工商品出口额同比增速"}  # fmt: skip
TOLD_ROWS = 5
FEWEST_ROWS = 2
"""A table needs two rows beside the benchmark; a single one is told in words."""


def build(topic: Topic, brief: Brief, *, place: int) -> Section:
    """One section from one topic; a topic without data says which figure is missing."""
    counter = Counter(place)
    if topic.period is None and not topic.headlines and not topic.comparisons:
        return Section(topic.key, counter.numeral, topic.title, (Paragraph((_nothing(topic),), "lead"),))
    blocks: list[Block] = [*lead(topic), *_lag(topic, brief)]
    for chart in topic.charts:
        blocks.append(line_figure(chart, label=counter.figure()))
    told: set[tuple[str, str, Period]] = set()
    for comparison in topic.comparisons:
        content = (comparison.indicator, comparison.group_name, comparison.period)
        if content not in told:  # 1—2月 would otherwise be shown as a month and as a cumulative period
            blocks += _compared(comparison, counter)
        told.add(content)
    return Section(topic.key, counter.numeral, topic.title, tuple(blocks))


def lead(topic: Topic) -> list[Paragraph]:
    """The section's own figures, then those of other bodies, each sentence opening with its period."""
    own = [m for m in topic.headlines if not _elsewhere(m)]
    others = [m for m in topic.headlines if _elsewhere(m)]
    paragraphs = []
    if sentences := period_sentences(own):
        paragraphs.append(Paragraph(tuple(sentences), "lead"))
    for publisher in dict.fromkeys(publishers_of([m]) for m in others):
        said = period_sentences([m for m in others if publishers_of([m]) == publisher])
        paragraphs.append(Paragraph((f"据{publisher}数据，", *said), "body" if paragraphs else "lead"))
    return paragraphs


def _elsewhere(m: Movement) -> bool:
    return m.scope != "nbs"


def period_sentences(movements: Sequence[Movement], *, detailed: bool = True) -> list[Inline]:
    """Sentences, one a period: “2024年8月份，…；…。1—8月，…。” in the order in which the periods come up."""
    sentences: list[Inline] = []
    seen: Period | None = None
    groups = dict.fromkeys((m.period, m.sequence == "point") for m in movements)
    for period, stock in groups:
        told = [m for m in movements if (m.period, m.sequence == "point") == (period, stock)]
        opening = (
            when(period, beside=seen, stock=stock) if seen else period_name(period, form="stock" if stock else "flow")
        )
        clauses: list[list[Inline]] = []
        said: dict[tuple[str, str], int] = {}
        last = ""
        for m in told:
            if (m.subject_key, m.indicator) in said:
                # 1—2月 is a month and a cumulative period at once: only the other comparison is new.
                if change := change_clause(m):
                    word = str(change[0])
                    word = word.removeprefix("增速") if word.startswith("增速比") else word
                    clauses[said[(m.subject_key, m.indicator)]] += ["，", word, *change[1:]]
                continue
            said[(m.subject_key, m.indicator)] = len(clauses)
            clauses.append(headline(m, first=not clauses, named=m.name != last, detailed=detailed))
            last = m.name
        sentences += [opening + "，", *join(clauses, "；"), "。"]
        seen = period
    return sentences


def _nothing(topic: Topic) -> str:
    names = "、".join(
        dict.fromkeys(f"{when(m.period)}{quantity(m.name, m.indicator, m.indicator_name)}" for m in topic.missing)
    )
    return f"本库尚未收录本节所需数据：{names}。"


def _lag(topic: Topic, brief: Brief) -> list[Paragraph]:
    """Says that the section stands at an older period and when the newer figures come."""
    found = []
    reference = brief.as_of or brief.release_date
    behind = topic.period is not None and topic.period < topic.wanted
    if topic.following is not None and topic.period is not None:
        sentence = following_sentence(topic.following, reference=reference, beside=brief.month)
        if behind:
            sentence += f"，本节使用{when(topic.period, beside=brief.month)}数据"
        found.append(Paragraph((sentence + "。",), "note"))
    absent = [m for m in topic.missing if m.period <= brief.month or m.period == topic.wanted]
    if absent:
        names = "、".join(
            dict.fromkeys(
                f"{when(m.period, beside=brief.month)}{quantity(m.name, m.indicator, m.indicator_name)}" for m in absent
            )
        )
        found.append(Paragraph((f"尚未发布或本库尚未收录：{names}。",), "note"))
    return found


def _compared(comparison: Comparison, counter: Counter) -> Iterable[Block]:
    """Paragraph, table and, where there are enough bars, a chart of one comparison."""
    opening = period_name(comparison.period) + "，"
    clauses = [_told(comparison), breadth_clause(comparison), extremes_clause(comparison), coverage_clause(comparison)]
    yield Paragraph((opening, *join(clauses, "。"), "。"), "body")
    if len(comparison.rows) >= FEWEST_ROWS:
        yield comparison_table(comparison, label=counter.table())
    if comparison.key in BARS:
        figure = bar_figure(comparison, label="", title=BARS[comparison.key])
        if figure is not None:
            yield type(figure)(counter.figure(), figure.title, figure.spec, figure.alt, figure.notes, figure.source)


def _told(comparison: Comparison) -> list[Inline]:
    """The members in words, fastest first, up to a handful; the table has the rest."""
    rows = [m for m in comparison.rows if m.growth is not None]
    if not rows:
        return join(
            ([quantity(m.name, m.indicator, m.indicator_name), *level_clause(m)] for m in comparison.rows[:TOLD_ROWS]),
            "；",
        )
    shown = sorted(rows, key=lambda m: -(m.growth.value if m.growth and m.growth.value is not None else 0.0))
    if len(shown) > TOLD_ROWS:
        shown = [*shown[: TOLD_ROWS - 2], *shown[-2:]]
    clauses = []
    for place, m in enumerate(shown):
        against = AGAINST.get(comparison.indicator, "全国工业")
        details = [growth_clause(m, first=place == 0), change_clause(m), gap_clause(m, against=against)]
        if comparison.sequence == "month":
            details += [run_clause(m), record_clause(m)]
        noun = quantity(m.name, m.indicator, m.indicator_name) if place == 0 else m.name
        clauses.append(join([[noun, *level_clause(m)], *details], "，") if m.level else [noun, *join(details, "，")])
    return join(clauses, "；")


def short(topic: Topic) -> Paragraph | None:
    """The topic in one line, for the summary: its own figures at its own period."""
    own = [m for m in topic.headlines if not _elsewhere(m) and m.period == topic.period][:2]
    return Paragraph(tuple(period_sentences(own, detailed=False)), "bullet") if own else None


def short_light_industry(topics: Sequence[Topic]) -> Paragraph | None:
    """Light industry as a whole in one line, at the newest period that its federation published."""
    light = [m for t in topics for m in t.headlines if _elsewhere(m)]
    newest = max((m.period for m in light), default=None)
    told = [m for m in light if m.period == newest][:4]
    if not told:
        return None
    return Paragraph((f"据{publishers_of(told)}数据，", *period_sentences(told, detailed=False)), "bullet")
