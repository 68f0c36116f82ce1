"""Rule packs on the command line (规则包): evaluate records, check and test packs, write them in a spreadsheet."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qinggong.cli.running import EXIT_FINDINGS, EXIT_USAGE, JsonOption, date_in, fail, guarded

if TYPE_CHECKING:
    from qinggong.flow import Evaluation

DateOption = Annotated[
    str, typer.Option("--date", metavar="YYYY-MM-DD", help="评价日，决定版本和参数；默认今天 / day of the evaluation")
]
RegionOption = Annotated[
    str, typer.Option("--region", metavar="NAME", help="适用哪个地区的参数 / region of parameters")
]
_SHOWN = 200
_MARKS = {"error": "✗", "warning": "！", "info": "·"}

rules_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@rules_app.command(
    "evaluate", short_help="判断记录 / evaluate records",
    epilog="例 / Example:  qinggong rules evaluate sme_size 企业.csv --explain",
)  # fmt: skip
def evaluate(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="规则包文件，或内置规则包的编号 / file or id")],
    records: Annotated[Path, typer.Argument(metavar="RECORDS", help="CSV 或 XLSX，一行一条记录 / one record a row")],
    explain: Annotated[bool, typer.Option("--explain", help="逐条说明理由 / why, clause by clause")] = False,
    gap: Annotated[bool, typer.Option("--gap", help="还差多少，怎样改代价最小 / cheapest way to qualify")] = False,
    level: Annotated[str, typer.Option("--level", metavar="NAME", help="--gap 以哪个等级为目标 / level to reach")] = "",
    date: DateOption = "",
    region: RegionOption = "",
    as_json: JsonOption = False,
) -> None:
    """判断记录：符合、不符合、无法判断（缺什么），等级和得分。 / Evaluate records: met, not met, or unknown and why."""
    from qinggong import flow

    day = date_in(date) or dt.date.today()
    done = guarded(lambda: flow.evaluate(pack, records, at=day, region=region))
    if as_json:
        _print_json(done, explain=explain, gap=gap, level=level)
    else:
        _print_lines(done, explain=explain, gap=gap, level=level)
    if any(f.severity != "info" for f in done.findings):
        raise typer.Exit(EXIT_FINDINGS)


def _print_json(done: Evaluation, *, explain: bool, gap: bool, level: str) -> None:
    rows = done.as_dicts()
    for number, row in enumerate(rows):
        if explain:
            row["explanation"] = done.explain(number).as_dict()
        if gap:
            row["gap"] = guarded(partial(done.gap, number, level=level)).as_dict()
    answer = {
        "pack": done.pack.id, "version": done.pack.version, "title": done.pack.title, "notice": done.pack.notice,
        "at": done.program.at.isoformat(), "records": rows, "absent": list(done.records.absent),
        "findings": [f.as_dict() for f in done.findings],
    }  # fmt: skip
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))


def _print_lines(done: Evaluation, *, explain: bool, gap: bool, level: str) -> None:
    shown = {f.code: f.shown for f in done.pack.fields}
    typer.echo(f"{done.pack.title}（版本 {done.pack.version}，{done.pack.validity}；{done.pack.notice}）")
    rows = done.as_dicts()
    for number, row in enumerate(rows[:_SHOWN]):
        if explain:
            typer.echo(done.explain(number).text)
        else:
            typer.echo(_line(done, row, shown))
        if gap and row["outcome"] != "不适用":
            found = guarded(partial(done.gap, number, level=level))
            typer.echo("\n".join("  " + line for line in found.lines))
    if len(rows) > _SHOWN:
        typer.echo(f"只列出前{_SHOWN}条，全部见 --json。")
    counts = {word: done.outcome.count(word) for word in ("符合", "不符合", "无法判断", "不适用")}
    typer.echo(f"共{len(rows)}条：" + "，".join(f"{word}{n}" for word, n in counts.items() if n) + "。")
    if done.records.absent:
        typer.echo(f"表里没有的字段（按未知处理）：{'、'.join(shown[code] for code in done.records.absent)}。")
    for finding in done.findings[:50]:
        typer.echo(f"{_MARKS[finding.severity]} {finding.message}", err=True)


def _line(done: Evaluation, row: dict[str, Any], shown: dict[str, str]) -> str:
    # Of a classification the level is the answer.
    said = [] if done.program.classifies and row["outcome"] == "符合" else [str(row["outcome"])]
    if done.program.levels:
        titles = {level.code: level.title or level.code for level, _ in done.program.levels}
        said.append(titles.get(str(row["level"]), "等级待定" if row["missing"] else "无等级"))
    if done.program.scores:
        low, high = row["score_range"]
        said.append(f"{low:g}分" if low == high else f"{low:g}至{high:g}分" if None not in (low, high) else "分数未知")
    missing = f"；缺{'、'.join(shown[code] for code in row['missing'])}" if row["missing"] else ""
    name = f" {row['name']}" if row.get("name") else ""
    return f"第{row['row']}行{name}：{'，'.join(said)}{missing}"


@rules_app.command(
    "check", short_help="检查规则包 / check packs", epilog="例 / Example:  qinggong rules check 我的规则.yaml"
)
def check(
    packs: Annotated[list[str], typer.Argument(metavar="PACK…", help="规则包文件，或内置规则包的编号 / files or ids")],
    date: DateOption = "",
    as_json: JsonOption = False,
) -> None:
    """检查规则包：拼写、单位、分档、矛盾、等级、检验用例、有效期，指明行号。 / Check packs, with line numbers."""
    from qinggong import flow

    day = date_in(date) or dt.date.today()
    found = guarded(lambda: flow.check_packs(packs, at=day))
    if as_json:
        answer = [{"file": name, "findings": [f.as_dict() for f in findings]} for name, findings in found]
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for name, findings in found:
            for one in findings:
                typer.echo(f"{_MARKS[one.severity]} {name} 第{one.line}行：{one.message}")
            errors = sum(f.severity == "error" for f in findings)
            warnings = sum(f.severity == "warning" for f in findings)
            typer.echo(
                f"{name}：{errors}处错误，{warnings}处提示。" if errors or warnings else f"{name}：没有发现问题。"
            )
    if any(f.severity != "info" for _, findings in found for f in findings):
        raise typer.Exit(EXIT_FINDINGS)


@rules_app.command("test", short_help="运行检验用例 / run test vectors", epilog="例 / Example:  qinggong rules test")
def test(
    packs: Annotated[
        list[str] | None, typer.Argument(metavar="[PACK…]", help="默认内置的全部 / all bundled ones by default")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """运行规则包自带的检验用例。 / Run the test vectors inside packs."""
    from qinggong import flow

    tried = guarded(lambda: flow.try_packs(packs or []))
    failed = [one for one in tried if not one.passed]
    if as_json:
        answer = [
            {"pack": t.pack, "title": t.title, "line": t.line, "passed": t.passed, "differences": list(t.differences)}
            for t in tried
        ]
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for one in failed:
            for difference in one.differences:
                typer.echo(f"✗ {one.pack} 第{one.line}行“{one.title}”：{difference}")
        names = dict.fromkeys(t.pack for t in tried)
        typer.echo(f"{len(names)}个规则包，{len(tried)}个检验用例，{len(failed)}个不通过。")
    if failed or not tried:
        raise typer.Exit(EXIT_FINDINGS)


@rules_app.command("list", short_help="内置的规则包 / bundled packs", epilog="例 / Example:  qinggong rules list")
def list_packs(as_json: JsonOption = False) -> None:
    """列出内置的规则包：编号、版本、有效期、依据。 / List the bundled packs."""
    from qinggong import flow

    packs = [file.pack for file in guarded(flow.bundled_packs)]
    if as_json:
        heads = ("id", "version", "title", "title_en", "jurisdiction", "document", "mark", "notice", "subject")
        answer = [
            {h: getattr(p, h) for h in heads} | {"valid_from": p.valid_from.isoformat()}
            | {"valid_to": p.valid_to.isoformat() if p.valid_to else None}
            | {"fields": [f.shown for f in p.fields if not f.formula]}
            for p in packs
        ]  # fmt: skip
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for p in packs:
        typer.echo(f"{p.id}@{p.version}　{p.title}（{p.validity}；{p.document}；{p.notice}）")


@rules_app.command(
    "template", short_help="写出规则包的表格模板 / write a spreadsheet template",
    epilog="例 / Example:  qinggong rules template 规则模板.xlsx",
)  # fmt: skip
def template(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="要写的 .xlsx 文件 / file to write")],
    pack: Annotated[
        str, typer.Option("--pack", metavar="PACK", help="填入这个规则包作样例 / fill in a pack as an example")
    ] = "",
) -> None:
    """写出填写规则包用的 XLSX 模板，内有一个可用的小例子。 / Write an XLSX template to write a pack in."""
    from qinggong import flow

    if out.suffix.lower() != ".xlsx":
        fail(f"模板写成 .xlsx 文件，收到“{out}”", EXIT_USAGE)
    if out.exists():
        fail(f"“{out}”已存在，请换一个文件名", EXIT_USAGE)
    guarded(lambda: out.write_bytes(flow.pack_template(pack)))
    typer.echo(f"模板：{out}（填好后运行 qinggong rules convert {out}）")


@rules_app.command(
    "convert", short_help="表格转成规则包 / spreadsheet to pack",
    epilog="例 / Example:  qinggong rules convert 规则模板.xlsx --out 我的规则.yaml",
)  # fmt: skip
def convert(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="填好的 .xlsx 模板 / filled template")],
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="写成的 .yaml；默认同名 / file to write")] = "",
    force: Annotated[bool, typer.Option("--force", help="文件已存在也写 / overwrite")] = False,
) -> None:
    """把填好的表格模板转成规则包文件，并检查。 / Convert a filled template into a pack file, and check it."""
    from qinggong import flow

    target = Path(out) if out else source.with_suffix(".yaml")
    if target.exists() and not force:
        fail(f"“{target}”已存在；请用 --out 换一个文件名，或用 --force 覆盖", EXIT_USAGE)
    text = guarded(lambda: flow.converted_pack(source))
    guarded(lambda: target.write_text(text, encoding="utf-8"))
    typer.echo(f"规则包：{target}（检查：qinggong rules check {target}）")
