"""Write docs/reference/warnings.md from the catalogue: each warning rule, its condition, and what the back-test came
to.

python scripts/build_warnings_page.py                      # writes the page
python scripts/build_warnings_page.py --check              # exit 1 if the page is not the one that the catalogue gives
python scripts/build_warnings_page.py --record WORKSPACE   # runs the back-test there and puts it on record first
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

import yaml

from qinggong.catalogue.warnings import (
    EVENT_NAMES,
    STANDING_NAMES,
    RecordLine,
    WarningRule,
    load_warning_record,
    load_warnings,
    standing,
)
from qinggong.rules import open_pack

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "warnings.md"
RECORD = ROOT / "src" / "qinggong" / "catalogue" / "data" / "warnings" / "record.yaml"
HEAD = """# Early warnings

Generated from the catalogue by `scripts/build_warnings_page.py`; do not edit. `qinggong warnings` prints the warnings \
of a month,
`qinggong backtest warnings` the figures of this page for the figures of a workspace. Rules are conditions of rule packs
(`catalogue/data/rules/packs/warning_*.yaml`), listed with their severity, inputs and events in \
`catalogue/data/warnings/rules.yaml`.

- 下降 is growth below zero, 回落 growth below that of the period before; each rule names which. A period is a month, 1—2月 \
is one.
- A growth rule also gives the base effect (what last year's change alone does to this year's growth) and does not \
fire while the two-year average
  growth is unchanged: the mean of its last three values is not more than 0.5 points below the median of the eleven \
before, and not below zero.
- A rule whose inputs are not in the store is 未启用：缺数据 and is listed. Unknown never fires and never ends a warning.
- A warning ends after two observations in a row that were judged and did not hold. What several rules say of an \
industry is one case.
- Published growth is used where there is some; else growth of revenue is (1 + real growth)(1 + price growth) − 1, and \
growth of profits is that
  times the change of the margin, since levels of two years are not comparable.
- Detectors (残差, 累积和, 变点) run on seasonally adjusted exports, and on the growth of value added: that is published \
as growth only, so that its
  season cannot be identified. The specification of a year is that of its last December; a month is adjusted with what \
was known when it is judged.
- `--region` warns a province by its own figures. Forecasts, targets, shares of goods and adjusted series are national.
- Rules in force open cases; observed ones (观察) are printed and open none.
"""


def percent(value: float | None, low: float | None = None, high: float | None = None) -> str:
    if value is None:
        return "—"
    return f"{value:.0%}" if low is None or high is None else f"{value:.0%} ({low:.0%}–{high:.0%})"


def row(rule: WarningRule, x: RecordLine, least: int) -> str:
    verdict = "证据不足" if x.episodes < least or not x.alarms else ""
    lead = "—" if x.lead is None else f"{x.lead:g}"
    false = "—" if x.false_a_year is None else f"{x.false_a_year:.1f}"
    years = x.years.replace("-", "–") + (" *" if x.without else "")
    return (
        f"| {rule.name} | {years} | {x.alarms} |"
        f" {percent(x.precision, x.precision_low, x.precision_high)} | {x.events} |"
        f" {percent(x.recall, x.recall_low, x.recall_high)} | {lead} | {false} | {x.episodes} | {verdict} |\n"
    )


def page() -> str:
    settings, record = load_warnings(), load_warning_record()
    plan = settings.backtest
    lines = [
        HEAD,
        "\n## Rules\n\n| rule | what | word | severity | held against | standing | why |\n"
        "|---|---|---|---|---|---|---|\n",
    ]
    for rule in settings.rules:
        titles = {c.code: c.title for c in open_pack(rule.pack).pack.conditions}
        what = "；".join(f"{titles[x.condition]}" for x in rule.levels)
        grave = "、".join(str(x.severity) for x in rule.levels)
        how, why = standing(rule, settings, record)
        lines.append(
            f"| `{rule.code}` {rule.name} | {what} | {rule.word} | {grave} |"
            f" {EVENT_NAMES[rule.event]} | {STANDING_NAMES[how]} | {why} |\n"
        )
    lines.append(
        f"""
## Back-test

Each month is judged by what was published by the end of the month after it. An event is growth below zero in \
{plan.fall_months} observations in a row,
dated by the first, or a dated peak of the level index. A warning is right if an event of its industry begins within \
{plan.early} observations after
it, or began at most {plan.late} before: a rule that needs three falls in a row confirms a fall and cannot lead it. \
Lead is the median number
of observations from warning to the event's first month. Events and warnings of several industries within \
{plan.fall_months} observations are one
episode; {plan.interval:.0%} intervals draw whole episodes ({plan.resamples} draws). Fewer than {plan.fewest_episodes} \
episodes with events, or with
warnings, are 证据不足 and no pass. A rule is in force if its precision in the evaluation years is at least \
{plan.floor:.0%}. False alarms are
counted over all industries, a year. Years marked * leave out {plan.without[0]} to {plan.without[1]}.
"""
    )
    if record is None:
        lines.append("\nNo back-test is on record.\n")
        return "".join(lines)
    lines.append(f"\nSource: {record.source} Recorded {record.valid_from}. {record.vintages}。\n")
    lines.append(
        f"Thresholds were set beforehand, not fitted; years up to {settings.tuned_until} are shown beside, "
        "the rest is the evaluation.\n\n"
    )
    lines.append(
        "| rule | years | warnings | precision | events | recall | lead | false a year | episodes | |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n"
    )
    for rule in settings.rules:
        lines += [row(rule, x, plan.fewest_episodes) for x in record.lines if x.rule == rule.code]
    untested = [r for r in settings.rules if r.untested]
    lines.append("\nNot tested: " + "；".join(f"{r.name}（{r.untested}）" for r in untested) + "。\n")
    return "".join(lines)


def put_on_record(workspace: Path) -> None:
    """Run the back-test on a workspace's figures and write the record of the catalogue."""
    from qinggong import flow

    plain, _ = flow.backtest_warnings(flow.Workspace.at(workspace, make=False), first=2012, last=2025)
    content = {
        "kind": "warning_record",
        "source": "数据商汇集的国家统计局大类月度数（四个工作簿，2025年各版），在本系统中回测。",
        "valid_from": dt.date.today(), "vintages": plain["vintages"], "tuning": plain["tuning"],
        "evaluation": plain["evaluation"],
    }  # fmt: skip
    text = "# What the warning rules came to; written by scripts/build_warnings_page.py --record.\n"
    text += yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=4000) + "lines:\n"
    for line in plain["lines"]:
        kept = {k: v for k, v in line.items() if v not in (None, "")}
        text += "  - {" + ", ".join(f"{k}: {_scalar(v)}" for k, v in kept.items()) + "}\n"
    RECORD.write_text(text, encoding="utf-8")


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--record", type=Path, metavar="WORKSPACE", help="run the back-test and put it on record")
    options = parser.parse_args(arguments)
    if options.record:
        put_on_record(options.record)
    text = page()
    if options.check:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            print(
                f"{PAGE.relative_to(ROOT)} is not the page that the catalogue gives; run scripts/build_warnings_page.py"
            )
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
