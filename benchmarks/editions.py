"""How long do the editions of a month take, and how much memory? (各版本的用时)

Four questions, each asked several times in one process: a cold one, which loads the renderers, and warm ones, of which
the median is told. The facts of the month are made before and told apart.

- the full monthly bulletin in four formats,
- the same with at least 30 charts: where the month has fewer, its own charts stand in it again, under labels of their
  own, and each is drawn, checked for characters and set anew,
- the edition of one industry in three formats,
- the editions of 25 industries in three formats, one after the other; where fewer have figures, these are taken again.

Processor time and wall time of one process; the largest resident memory of the process at the end. On a shared machine
only the processor time tells something.

Run:  python benchmarks/editions.py [--workspace DIR] [--month 2024-08] [--times 3] [--industries 25]
Without a workspace one is made from the bundled figures.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import itertools
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qinggong import flow
from qinggong.catalogue.editions import load_editions
from qinggong.editions.asked import parse_span
from qinggong.editions.facts import Facts, gathered, units_of
from qinggong.editions.making import made
from qinggong.monitor.unit_reports import units
from qinggong.publish.bulletin import compose
from qinggong.publish.document import Bulletin, Figure

GOALS = {"monthly": 8.0, "charts": 8.0, "industry": 2.0, "industries": 60.0}
GOAL_MIB = 1536
OUT = Path(__file__).parent / "results" / "editions.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", default="", help="a workspace with figures; it is only read")
    parser.add_argument("--month", default="2024-08")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--industries", type=int, default=25)
    parser.add_argument("--charts", type=int, default=30, help="charts of the fullest bulletin")
    parser.add_argument("--no-record", action="store_true")
    chosen = parser.parse_args()
    if chosen.workspace:
        result = measured(Path(chosen.workspace), chosen)
    else:
        with tempfile.TemporaryDirectory() as folder:
            workspace = flow.Workspace.at(Path(folder) / "ws", make=True)
            flow.run(workspace, at=flow.parse_month(chosen.month))
            result = measured(workspace.layout.root, chosen)
    print(json.dumps(result, ensure_ascii=False, indent=2))
    if not chosen.no_record:
        OUT.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def measured(root: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    plan = load_editions()
    monthly, industry = plan.edition("monthly"), plan.edition("industry")
    assert monthly is not None
    assert industry is not None
    facts, facts_time = _timed(lambda: gathered(flow.Workspace.at(root), parse_span(chosen.month), [monthly, industry]))
    # Measured and let go: the memory told is that of one run.
    _, alone_time = _timed(
        lambda: len(gathered(flow.Workspace.at(root), parse_span(chosen.month), [industry]).brief.book)
    )
    codes = [code for code, _ in units(facts.desk, plan, at=facts.span.month)]
    reports = [u for u in units_of(facts, industry, [(c, "") for c in codes]) if u is not None]
    wanted = [u for _, u in zip(range(chosen.industries), itertools.cycle(reports), strict=False)]
    bulletin = made(facts, monthly, None)
    drawn = max(chosen.charts, _charts(facts, bulletin.title))
    questions: dict[str, Callable[[], object]] = {
        "monthly": lambda: made(facts, monthly, None),
        "charts": lambda: _full(facts, bulletin.title, drawn),
        "industry": lambda: made(facts, industry, wanted[0]),
        "industries": lambda: [made(facts, industry, u) for u in wanted],
    }
    rows = [_asked(name, work, 1 if name == "industries" else chosen.times) for name, work in questions.items()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "question": "time and memory of editions",
        "taken_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "month": chosen.month,
        "figures_known": len(facts.snapshot.observations),
        "facts": len(facts.brief.book),
        "charts_of_the_bulletin": _charts(facts, bulletin.title),
        "charts_of_the_full_bulletin": drawn,
        "html_bytes_of_the_full_bulletin": len(_full(facts, bulletin.title, drawn)["bulletin.html"]),
        "html_bytes": len(bulletin.files["bulletin.html"]),
        "industries_with_figures": len(reports),
        "industries_made": len(wanted),
        "facts_of_the_month": facts_time,
        "facts_for_industries_alone": alone_time,
        "rows": rows,
        "peak_mib": round(peak),
        "goal_mib": GOAL_MIB,
        "load": round(os.getloadavg()[0], 1),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
    }


def _full(facts: Facts, title: str, charts: int) -> dict[str, bytes]:
    """The month's bulletin in four formats with so many charts: composed, drawn and set from its facts."""
    from qinggong.editions.making import _observations, _printed
    from qinggong.publish.data import fact_table, observation_table
    from qinggong.publish.formats import FORMATS, rendered
    from qinggong.publish.release import missing_characters

    bulletin = with_charts(compose(facts.brief, title=title), charts)
    book, synthetic = _printed(bulletin, facts.brief.book), facts.brief.synthetic
    tables = [fact_table(book, synthetic=synthetic), observation_table(_observations(facts, book))]
    files = rendered(bulletin, FORMATS, tables=tables)
    assert not missing_characters(bulletin)
    return files


def with_charts(bulletin: Bulletin, charts: int) -> Bulletin:
    """The bulletin with its charts again and again until there are so many, each behind the one that it repeats."""
    own = bulletin.figures
    times = dict.fromkeys((figure.label for figure in own), 1)
    for figure in itertools.islice(itertools.cycle(own), max(0, charts - len(own))) if own else ():
        times[figure.label] += 1
    sections = []
    for section in bulletin.sections:
        blocks = []
        for block in section.blocks:
            blocks.append(block)
            if isinstance(block, Figure):
                again = range(2, times[block.label] + 1)
                blocks += [dataclasses.replace(block, label=f"{block.label}（{n}）") for n in again]
        sections.append(dataclasses.replace(section, blocks=tuple(blocks)))
    return dataclasses.replace(bulletin, sections=tuple(sections))


def _charts(facts: Facts, title: str) -> int:
    return len(compose(facts.brief, title=title).figures)


def _timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    return found, {
        "processor_s": round(time.process_time() - processor, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
    }


def _asked(name: str, work: Callable[[], object], times: int) -> dict[str, Any]:
    runs = [_timed(work)[1] for _ in range(times)]
    return {
        "edition": name,
        "goal_s": GOALS[name],
        "processor_s": statistics.median(r["processor_s"] for r in runs),
        "wall_s": statistics.median(r["wall_s"] for r in runs),
        "runs": runs,
    }


if __name__ == "__main__":
    main()
