"""总体情况: the main indicators of the month, of the year so far, and of light industry as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from qinggong.monitor.facts import Brief, Movement
from qinggong.periods import Period, observed_month, ytd
from qinggong.publish.document import Block, Paragraph, Section
from qinggong.publish.narrative import when
from qinggong.publish.phrases import capital, date_name, ended, noun, say
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.sections.topics import period_sentences, quoted
from qinggong.publish.tables import indicator_table, publishers_of


def build(brief: Brief, *, place: int) -> Section:
    """The overview section."""
    counter = Counter(place)
    everything = [m for t in brief.topics if t.key != "industries" for m in t.headlines]
    national = [m for m in everything if m.scope == "nbs"]
    month = observed_month(brief.month.year, brief.month.last)
    year_to_date = ytd(brief.month.year, max(2, brief.month.last))
    blocks: list[Block] = []
    monthly = [m for m in national if m.period == month and m.sequence == "month"]
    cumulative = [m for m in national if m.period == year_to_date and m.sequence == "ytd"]
    leads = [m for m in monthly if m.subject_key.startswith(("industry:BCD", "retail:total"))]
    leads.sort(key=lambda m: m.level is not None and m.level.unit == "%")  # ratios last: amounts move in per cent
    if leads:
        blocks.append(Paragraph(ended(period_sentences(leads, detailed=False)), "lead"))
    blocks += _light_industry(brief, everything)
    if month == year_to_date:
        monthly = []
    if monthly:
        blocks.append(indicator_table(monthly, label=counter.table(), title="主要指标", period=month))
    if cumulative:
        blocks.append(
            indicator_table(
                cumulative, label=counter.table(), title="主要累计指标", period=year_to_date,
                missing=_missing(brief, year_to_date),
            )
        )  # fmt: skip
    light = [m for m in everything if m.scope != "nbs"]
    newest = max((m.period for m in light), default=None)
    rows = [m for m in light if m.period == newest]
    if newest is not None and rows:
        blocks.append(indicator_table(rows, label=counter.table(), title="轻工业主要指标", period=newest))
    if not blocks:
        blocks.append(Paragraph(tuple(say("overview.nothing", period=when(month))), "lead"))
    return Section("overview", counter.numeral, "总体情况", tuple(blocks))


def _light_industry(brief: Brief, everything: Sequence[Movement]) -> list[Paragraph]:
    """Light industry as a whole, at the period that its federation last published."""
    light = [m for m in everything if m.scope != "nbs"]
    wanted = ytd(brief.month.year, max(2, brief.month.last))
    if not light:
        return [Paragraph(tuple(say("overview.no_total", period=when(wanted))), "body")]
    newest = max(m.period for m in light)
    publisher = publishers_of(m for m in light if m.period == newest)
    said = period_sentences([m for m in light if m.period == newest])
    found = [Paragraph(quoted(publisher, said), "body")]
    if newest < wanted:
        found.append(Paragraph(tuple(say("overview.older", period=when(wanted, beside=brief.month))), "note"))
    return found


def _missing(brief: Brief, period: Period) -> list[tuple[str, str]]:
    """Cumulative figures of the month that are not known, with the day on which they come."""
    rows = []
    for topic in brief.topics:
        for m in topic.missing:
            if (
                m.period == period
                and m.sequence == "ytd"
                and m.subject_key.startswith(("industry:BCD", "retail:total"))
            ):
                late = not m.expected or m.expected <= (brief.as_of or brief.release_date)
                key = "overview.due" if m.announced else "overview.due.customary"
                day = {} if late else {"day": date_name(m.expected, beside=brief.month)}
                told = say("overview.absent" if late else key, **day)
                rows.append((capital(noun(m.name, m.indicator, m.indicator_name)), "".join(str(part) for part in told)))
    return rows
