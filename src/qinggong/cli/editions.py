"""Editions, the flash note and the side file on the command line (版本、数据快评、附加文字)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from qinggong.cli.running import (
    DEFAULT,
    EXIT_FINDINGS,
    EXIT_USAGE,
    WorkspaceOption,
    date_in,
    fail,
    guarded,
    opened_at,
    progress_to,
)

PeriodOption = Annotated[
    str,
    typer.Option(
        "--period", metavar="PERIOD", help="时期：2024-08、2024-Q3、2024-H1 或 2024 / month, quarter, half, year"
    ),
]
MonthOption = Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="月份，1—2月写作 YYYY-02 / month")]
SubjectOption = Annotated[
    list[str],
    typer.Option("--subject", metavar="NAME", help="行业或省份，代码或全称，可重复；all 为全部 / industry or province"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 / machine-readable output")]
_LANGUAGES = ("zh", "en")


def edition(
    name: Annotated[
        str, typer.Argument(metavar="EDITION", help="版本，如 季报、行业版、一页通（--list 查看） / edition")
    ] = "",
    month: MonthOption = "",
    period: PeriodOption = "",
    subject: SubjectOption = [],  # noqa: B006
    workspace: WorkspaceOption = DEFAULT,
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", metavar="YYYY-MM-DD", help="只用该日及以前已发布的数字 / only what was published by then"
        ),
    ] = "",
    language: Annotated[str, typer.Option("--language", metavar="LANG", help="zh 或 en / language")] = "zh",
    only_list: Annotated[bool, typer.Option("--list", help="列出可用的版本 / list the editions")] = False,
    as_json: JsonOption = False,
) -> None:
    """编制一种版本（季报、年报、行业版、分省版、一页通…），放进所属时期的发布物。 / Make an edition of a release."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    if only_list:
        lines = guarded(lambda: flow.edition_lines(opened))
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=2) if as_json else "\n".join(lines))
        return
    if not name:
        fail(
            "请写明版本，如 qinggong edition 季报 --period 2024-Q3；可用的版本用 qinggong edition --list 查看",
            EXIT_USAGE,
        )
    if language not in _LANGUAGES:
        fail(f"不认识的语言“{language[:20]}”，请写 zh 或 en", EXIT_USAGE)
    asked = _period(month, period)
    done = guarded(
        lambda: flow.edition(
            opened, name, period=asked, subjects=subject, as_of=date_in(as_of), language=language,
            progress=progress_to(quiet=as_json),
        )
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(_written(done), ensure_ascii=False, indent=2))
        return
    for made in done.made:
        whom = f"（{made.subject_name}）" if made.subject_name else ""
        typer.echo(f"{made.edition.name}{whom}：{'、'.join(sorted(made.files))}")
    typer.echo(f"已写入 {done.folder}")
    _look_at(done.problems, "".join(dict.fromkeys("".join(m.missing_characters for m in done.made))))


def _period(month: str, period: str) -> str:
    if month and period:
        fail("--month 和 --period 只写一个", EXIT_USAGE)
    return month or period


def _look_at(problems: tuple[str, ...], missing: str) -> None:
    for problem in problems:
        typer.echo(f"请看：{problem}", err=True)
    if missing:
        typer.echo(f"注意：字体缺字“{missing}”，请检查所引标题或名称。", err=True)


def _written(done: Any) -> dict[str, Any]:
    return {
        "folder": str(done.folder),
        "editions": [
            {
                "edition": m.edition.id, "subject": m.subject, "name": m.subject_name, "language": m.language,
                "title": m.title, "files": sorted(m.files), "problems": list(m.problems),
                "characters_not_in_font": m.missing_characters,
            }
            for m in done.made
        ],
    }  # fmt: skip


def note(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="FILE|RELEASE", help="已导入的文件、发布日期（2024-09-14）或标题中的词 / file, day or title"
        ),
    ],
    workspace: WorkspaceOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """数据快评：刚导入的一次发布，半页：数字、变化、基数影响、构成、与此前预测之差。 / Half a page on a release."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    show_note(guarded(lambda: flow.note(opened, wanted, progress=progress_to(quiet=as_json))), as_json=as_json)


def show_note(done: Any, *, as_json: bool) -> None:
    """A flash note on the screen."""
    if as_json:
        told = {
            "title": done.note.title, "publisher": done.note.publisher, "published_at": done.note.published_at,
            "period": done.note.period.code, "lines": list(done.lines), "folder": str(done.folder),
            "files": list(done.files), "characters_not_in_font": done.missing_characters,
        }  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for line in done.lines:
        typer.echo(line)
    for file in done.files:
        if file.endswith((".html", ".pdf", ".docx")):
            typer.echo(f"数据快评：{done.folder / file}")
    _look_at((), done.missing_characters)


def side_file(
    name: Annotated[str, typer.Argument(metavar="[EDITION]", help="版本，不写为该时期的月报、季报… / edition")] = "",
    month: MonthOption = "",
    period: PeriodOption = "",
    subject: Annotated[str, typer.Option("--subject", metavar="NAME", help="行业或省份 / industry or province")] = "",
    edit: Annotated[
        str, typer.Option("--edit", metavar="ID", help="写入一段生成文字以便改写 / paragraph to be rewritten")
    ] = "",
    polish: Annotated[
        bool, typer.Option("--polish", help="由设置的接口润色，说法相同的写入本文件 / wording by an endpoint")
    ] = False,
    only_list: Annotated[bool, typer.Option("--list", help="列出可改写的段落及编号 / list the paragraphs")] = False,
    workspace: WorkspaceOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """附加文字：建立并核对一份 Markdown 文件，写问题、展望、建议，或改写生成的段落；重新编制时保留。 / The side file."""
    from qinggong import flow

    opened = opened_at(workspace, make=False)
    asked = _period(month, period)
    done = guarded(
        lambda: flow.side_file(
            opened, wanted=name, period=asked, subject=subject, edit=edit, polish=polish, write_it=not only_list,
            progress=progress_to(quiet=as_json),
        )
    )  # fmt: skip
    if as_json:
        told = {
            "file": str(done.path), "new": done.new, "problems": list(done.problems),
            "paragraphs": [{"id": i, "section": s, "text": t} for i, s, t in done.paragraphs],
        }  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif only_list:
        for identifier, section, text in done.paragraphs:
            typer.echo(f"{identifier}\t{section}\t{text[:60]}{'…' if len(text) > 60 else ''}")
    else:
        typer.echo(f"{'已建立' if done.new else '已有'} {done.path}")
    if not as_json:
        _look_at(done.problems, "")
    if done.problems and not only_list:
        raise typer.Exit(EXIT_FINDINGS)


def notes_after(opened: Any, paths: list[Path], *, quiet: bool) -> None:
    """The flash notes of files just taken in."""
    from qinggong import flow

    for path in paths:
        try:
            done = flow.note(opened, str(path), progress=progress_to(quiet=quiet))
        except flow.FlowError as error:
            typer.echo(f"数据快评：{error}。", err=True)
            continue
        show_note(done, as_json=False)
