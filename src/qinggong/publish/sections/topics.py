"""A topic as a section (生产、效益、市场、出口): lead, what other bodies say, tables, charts, what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qinggong.monitor.facts import Brief, Comparison, Missing, Movement, Topic
from qinggong.periods import Period
from qinggong.publish.comparison_narrative import contrasted, coverage, members, points
from qinggong.publish.document import Block, Inline, Paragraph, Section
from qinggong.publish.language import spoken
from qinggong.publish.narrative import change_clause, following_sentence, headline, join, turned, when
from qinggong.publish.phrases import called, ended, listed, named, noun, say, sentence, word
from qinggong.publish.sections.figures import MOST_LINES, numbered, panel_figure
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import bar_figure, comparison_table, line_figure, publishers_of

BARS = {"divisions_month": "有关行业增加值同比增速", "profit": "有关行业利润总额累计同比增速",
        "classes_month": "限额以上单位分品类零售额同比增速", "goods": "主要轻工商品出口额同比增速"}  # fmt: skip
FEWEST_ROWS = 2
"""A table needs two rows beside the benchmark; a single one is told in words."""


def build(topic: Topic, brief: Brief, *, place: int) -> Section:
    """One section from one topic; a topic without data says which figure is missing."""
    counter = Counter(place)
    if topic.period is None and not topic.headlines and not topic.comparisons:
        return Section(topic.key, counter.numeral, topic.title, (Paragraph((_nothing(topic),), "lead"),))
    blocks: list[Block] = [*lead(topic), *_lag(topic, brief)]
    for chart in topic.charts:
        if len(chart.lines) > MOST_LINES:
            blocks += numbered(panel_figure, chart, counter=counter.figure)
        else:
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
        paragraphs.append(Paragraph(ended(sentences), "lead"))
    for publisher in dict.fromkeys(publishers_of([m]) for m in others):
        said = period_sentences([m for m in others if publishers_of([m]) == publisher])
        paragraphs.append(Paragraph(quoted(publisher, said), "body" if paragraphs else "lead"))
    if said := contrasted(topic.contrasts):
        paragraphs.append(Paragraph(ended(said), "body"))
    return paragraphs


def quoted(publisher: str, said: Sequence[Inline]) -> tuple[Inline, ...]:
    """Sentences as another body's figures."""
    told = list(said)
    if spoken() == "en" and told and isinstance(told[0], str):
        told[0] = told[0][:1].lower() + told[0][1:]  # According to the …, in January–August
    return ended([*say("quoted", publisher=listed([called(p) for p in publisher.split("、")])), *told])


def _elsewhere(m: Movement) -> bool:
    return m.scope != "nbs"


def period_sentences(movements: Sequence[Movement], *, detailed: bool = True) -> list[Inline]:
    """Sentences, one a period: “2024年8月份，…；…。1—8月，…。” in the order in which the periods come up."""
    sentences: list[Inline] = []
    seen: Period | None = None
    groups = dict.fromkeys((m.period, m.sequence == "point") for m in movements)
    for period, stock in groups:
        told = [m for m in movements if (m.period, m.sequence == "point") == (period, stock)]
        name = when(period, beside=seen, stock=stock) if seen else named(period, form="stock" if stock else "flow")
        clauses: list[list[Inline]] = []
        said: dict[tuple[str, str], int] = {}
        last = ""
        for m in told:
            if (m.subject_key, m.indicator) in said:
                # 1—2月 is a month and a cumulative period at once: only the other comparison is new. A turn against the
                # year before would read as one of the month.
                if not turned(m) and (change := change_clause(m, brief=True)):
                    place = said[(m.subject_key, m.indicator)]
                    clauses[place] = join([clauses[place], change], "，")
                continue
            said[(m.subject_key, m.indicator)] = len(clauses)
            fresh = (
                m.name != last or m.indicator == "export_delivery"
            )  # “实现出口交货值” alone reads as the last indicator
            clauses.append(headline(m, first=not clauses, named=fresh, detailed=detailed))
            # behind a ratio the subject is said again, or the amount would read as one of the ratio
            last = "" if m.level is not None and m.level.unit == "%" else m.name
        opening = say("period.open.stock" if stock else "period.open", period=name)
        sentences += sentence([[*opening, *join(clauses, "；")]])
        seen = period
    return sentences


def _nothing(topic: Topic) -> str:
    names = listed(list(dict.fromkeys(missing_name(m) for m in topic.missing)))
    return "".join(str(part) for part in ended(say("topic.nothing", names=names)))


def missing_name(m: Missing, *, beside: Period | None = None) -> str:
    """“1—8月轻工业利润总额”: a figure that is not known, with its period."""
    what = noun(m.name, m.indicator, m.indicator_name)
    return "".join(str(part) for part in say("missing.name", what=what, period=when(m.period, beside=beside)))


def _lag(topic: Topic, brief: Brief) -> list[Paragraph]:
    """Says that the section stands at an older period and when the newer figures come."""
    found = []
    reference = brief.as_of or brief.release_date
    behind = topic.period is not None and topic.period < topic.wanted
    if topic.following is not None and topic.period is not None:
        clauses: list[list[Inline]] = [[following_sentence(topic.following, reference=reference, beside=brief.month)]]
        if behind:
            clauses.append(say("topic.behind", period=when(topic.period, beside=brief.month)))
        found.append(Paragraph(ended(sentence(clauses, "，")), "note"))
    absent = [m for m in topic.missing if m.period <= brief.month or m.period == topic.wanted]
    if absent:
        names = listed(list(dict.fromkeys(missing_name(m, beside=brief.month) for m in absent)))
        found.append(Paragraph(ended(say("topic.missing", names=names)), "note"))
    return found


def _compared(comparison: Comparison, counter: Counter) -> Iterable[Block]:
    """Paragraph, table and, where there are enough bars, a chart of one comparison."""
    opening = say("period.open", period=named(comparison.period))
    told = sentence([[*opening, *members(comparison)]])
    found = points(comparison)
    among = word("members.among") if found and comparison.expected is not None and not comparison.complete else ""
    told += sentence([[among, *join(found, "；")]]) if found else []
    yield Paragraph(ended(told), "body")
    if len(comparison.rows) >= FEWEST_ROWS:
        yield comparison_table(comparison, label=counter.table())
    if partly := coverage(comparison):
        yield Paragraph(ended(sentence([partly])), "note")
    if comparison.key in BARS:
        figure = bar_figure(comparison, label="", title=BARS[comparison.key])
        if figure is not None:
            yield type(figure)(counter.figure(), figure.title, figure.spec, figure.alt, figure.notes, figure.source)


def short(topic: Topic) -> Paragraph | None:
    """The topic in one line, for the summary: its own figures at its own period."""
    own = [m for m in topic.headlines if not _elsewhere(m) and m.period == topic.period][:2]
    return Paragraph(ended(period_sentences(own, detailed=False)), "bullet") if own else None


def short_light_industry(topics: Sequence[Topic]) -> Paragraph | None:
    """Light industry as a whole in one line, at the newest period that its federation published."""
    light = [m for t in topics for m in t.headlines if _elsewhere(m)]
    newest = max((m.period for m in light), default=None)
    told = [m for m in light if m.period == newest][:4]
    if not told:
        return None
    return Paragraph(quoted(publishers_of(told), period_sentences(told, detailed=False)), "bullet")
