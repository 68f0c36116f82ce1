"""Proposals for unknown sheets (版式建议): where the parts lie and what each series may be, as YAML to be confirmed.

Nothing is taken in by a proposal: it is a layout with ``confirmed: false``, every series with its certainty and the
reason for it. The user corrects it and writes ``confirmed: true`` (or agrees, see :func:`confirm`); from then on files
of the same layout are read without asking.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePath

from qinggong.catalogue import Catalogue, CatalogueError, UnknownName
from qinggong.periods import Period
from qinggong.sources.guesses import HIGH, Context, Guess, guess, is_unit
from qinggong.sources.layout_match import series_names
from qinggong.sources.layouts import FOLDER, LONGEST_NAME, Layout, read_layout
from qinggong.sources.named_series import FREQUENCY, REGION, SOURCE, UNIT, stated_line
from qinggong.sources.opening import open_sheets
from qinggong.sources.sheet import Sheet, cell_text, column_letters, number_text, period_of

_FEWEST_PERIODS, _FEWEST_NUMBERS = 3, 3
_SEARCHED = 15  # rows and columns from the corner in which head and periods are looked for
_MOST_SERIES = 2_000
_MOST_CELLS = 3_000_000
_BUREAU = "国家统计局"
_UNIT_NOTE = re.compile(r"单位[:：]\s*([^\s，,；;)）]{1,8})")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A layout proposed for one sheet; ``yaml`` is its text, ``id`` the stem of its file."""

    id: str
    file: str
    sheet: str
    orientation: str
    guesses: tuple[Guess, ...]
    first: Period
    last: Period
    figures: int
    yaml: str

    @property
    def summary(self) -> str:
        """One Chinese sentence: what was found and how sure it is."""
        sure = sum(1 for g in self.guesses if g.certainty == HIGH)
        taken = sum(1 for g in self.guesses if g.take)
        how = "一列一个序列" if self.orientation == "columns" else "一行一个序列"
        return (
            f"工作表“{self.sheet}”{how}，{len(self.guesses)}个序列，{self.first.code}至{self.last.code}；"
            f"建议导入{taken}个，其中{sure}个把握高，{len(self.guesses) - taken}个请补充或留待以后"
        )


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the parts of a sheet lie, counted from 0 in a view in which a series is a column."""

    view: Sheet
    period: int
    names: tuple[int, ...]
    unit: int | None
    frequency: int | None
    region: int | None
    body: tuple[tuple[int, Period], ...]


def propose(path: PurePath, content: bytes, *, catalogue: Catalogue, day: dt.date) -> tuple[Proposal, ...]:
    """A proposal for every sheet that looks like series by period; none for the others.

    Parameters
    ----------
    day
        The day of the proposal, for ``read_at``.

    Raises
    ------
    UnreadableFile
        If the file cannot be read at all.
    """
    found = []
    for sheet in open_sheets(path, content):
        if sum(map(len, sheet.lines)) > _MOST_CELLS:
            continue
        frame = _frame(sheet, catalogue)
        if frame is not None:
            found.append(_proposal(path.name, sheet, frame, catalogue, day))
    return tuple(found)


def save(proposal: Proposal, overlay: Path) -> Path:
    """Write a proposal into the workspace's catalogue folder, unconfirmed; an existing file of that name stays."""
    folder = overlay / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{proposal.id}.yaml"
    if not path.exists():
        path.write_text(proposal.yaml, encoding="utf-8")
    return path


def confirm(path: Path) -> Layout:
    """Set ``confirmed: true`` in a proposal's file, comments kept, if it is a valid layout that takes something in.

    Raises
    ------
    CatalogueError
        Naming file, line and entry; the file is then left as it is.
    """
    layout = read_layout(path)
    if layout.series and not layout.names and not any(s.take for s in layout.series):
        raise CatalogueError(f"{path}: every series has take: false; set take: true where a series is to be taken in")
    text = re.sub(r"(?m)^confirmed:.*$", "confirmed: true", path.read_text(encoding="utf-8"), count=1)
    path.write_text(text, encoding="utf-8")
    return read_layout(path)


# ------------------------------------------------------------------------------------------------- frame


def _frame(sheet: Sheet, catalogue: Catalogue) -> _Frame | None:
    """The better of the two readings of a sheet: periods down a column, or along a row."""
    if sheet.places is not None:
        return _made_frame(sheet)
    frames = [f for view in (sheet, sheet.turn()) if (f := _frame_of(view, catalogue)) is not None]
    return max(frames, key=lambda f: len(f.body), default=None)


def _made_frame(sheet: Sheet) -> _Frame | None:
    """The frame of a sheet that was laid out from a file of another form: its parts are labelled."""
    lines = {label: stated_line(sheet, label) for label in (UNIT, FREQUENCY, REGION)}
    stated = {k: i for k, i in lines.items() if i is not None and any(cell_text(c) for c in sheet.lines[i][1:])}
    top = 1 + max((i for label in (UNIT, FREQUENCY, REGION, SOURCE) if (i := stated_line(sheet, label))), default=0)
    body = [(i, p) for i in range(top, len(sheet.lines)) if (p := period_of(sheet.cell(i, 0))) is not None]
    if not body or len(sheet.lines[0]) > _MOST_SERIES:
        return None
    return _Frame(sheet, 0, (0,), stated.get(UNIT), stated.get(FREQUENCY), stated.get(REGION), tuple(body))


def _frame_of(view: Sheet, catalogue: Catalogue) -> _Frame | None:
    width = min(_SEARCHED, max((len(line) for line in view.lines), default=0))
    columns = {j: [(i, p) for i in range(len(view.lines)) if (p := period_of(view.cell(i, j)))] for j in range(width)}
    period, body = max(columns.items(), key=lambda c: len(c[1]), default=(0, []))
    if len(body) < _FEWEST_PERIODS or body[0][0] == 0:
        return None
    first = body[0][0]
    series = [j for j in range(len(view.lines[first])) if j != period and _numbers(view, body, j) >= _FEWEST_NUMBERS]
    if not series or len(series) > _MOST_SERIES:
        return None
    head = range(max(0, first - _SEARCHED), first)
    texts = {i: [t for j in series if (t := cell_text(view.cell(i, j)))] for i in head}
    unit = _line(texts, lambda t: is_unit(t, catalogue), len(series))
    frequency = _line(texts, lambda t: t in ("月", "月度", "季", "年", "日", "周"), len(series))
    told = {i: sum(1 for t in ts if _tells(t)) for i, ts in texts.items() if i not in (unit, frequency)}
    full = [i for i, n in told.items() if n >= 0.6 * len(series)]
    if not full:
        return None
    # The line with the most different texts names the series; if texts repeat, the one above is a title over several.
    different = {i: len(set(texts[i])) for i in full}
    line = max(full, key=lambda i: (different[i], i))
    names = [line]
    if different[line] <= 0.8 * len(series):
        names = [i for i in told if i < line and told[i] > 1][-1:] + names
    return _Frame(view, period, tuple(names), unit, frequency, None, tuple(body))


def _numbers(view: Sheet, body: Sequence[tuple[int, Period]], column: int) -> int:
    return sum(1 for i, _ in body if number_text(view.cell(i, column)) is not None)


def _line(texts: dict[int, list[str]], fits: Callable[[str], bool], width: int) -> int | None:
    return next((i for i, ts in texts.items() if ts and sum(map(fits, ts)) >= 0.6 * max(len(ts), width / 2)), None)


def _tells(text: str) -> bool:
    """True if a text may be a name: it has a letter or a Chinese character, and is no code such as M004374257."""
    return bool(re.search(r"[\u4e00-\u9fff]|[A-Za-z]{3}", text)) and not re.fullmatch(r"[A-Z]{0,4}\d{4,}", text)


# --------------------------------------------------------------------------------------------- guessing


def _proposal(file: str, sheet: Sheet, frame: _Frame, catalogue: Catalogue, day: dt.date) -> Proposal:
    view = frame.view
    named = [(j, n[:LONGEST_NAME]) for j, n in series_names(view, frame.names, frame.period)]
    named = [(j, n) for j, n in named if _numbers(view, frame.body, j)]
    above = _above(frame)
    title = " ".join((sheet.name, *above.values()))
    note = _UNIT_NOTE.search(title)
    context = Context(title, PurePath(file).stem, all(period.kind == "ytd" for _, period in frame.body))
    guesses = []
    for j, name in named:
        stated = cell_text(view.cell(frame.unit, j)) if frame.unit is not None else (note[1] if note else "")
        row, number = view.place(frame.names[-1], j) if view.places is None else (1, j + 1)
        place = f"{column_letters(number)}列" if not view.turned else f"第{row}行"
        guesses.append(guess(place, name, stated, context, catalogue))
    figures = sum(_numbers(view, frame.body, j) for j, _ in named)
    known = "\n".join([sheet.name, *above.values(), *(n for _, n in named)])
    digest = hashlib.sha256(known.encode("utf-8", "replace")).hexdigest()[:8]
    periods = sorted(p for _, p in frame.body)
    ident = f"remembered_{digest}"
    text = _yaml(ident, file, sheet, frame, above, guesses, day, _publisher(frame, catalogue))
    orientation = "rows" if view.turned else "columns"
    return Proposal(ident, file, sheet.name, orientation, tuple(guesses), periods[0], periods[-1], figures, text)


def _publisher(frame: _Frame, catalogue: Catalogue) -> str:
    """The body that the sheet states as the source of all series, else the statistics bureau."""
    source = stated_line(frame.view, SOURCE)
    stated = {cell_text(c) for c in frame.view.lines[source][1:]} if source is not None else set()
    try:
        return catalogue.publisher(stated.pop()).name if len(stated) == 1 else _BUREAU
    except UnknownName:
        return _BUREAU


def _above(frame: _Frame) -> dict[str, str]:
    """Texts over the names, by cell, in the first columns: the title of the sheet."""
    view, found = frame.view, dict[str, str]()
    for i in range(frame.names[0]):
        for j in range(min(4, len(view.lines[i]))):
            value = view.cell(i, j)
            if (
                isinstance(value, str)
                and _tells(text := cell_text(value))
                and len(text) <= 100
                and period_of(text) is None
            ):
                found[view.reference(i, j)] = text
    return dict(list(found.items())[:4])


# ------------------------------------------------------------------------------------------------- YAML


def _yaml(
    ident: str,
    file: str,
    sheet: Sheet,
    frame: _Frame,
    above: Mapping[str, str],
    guesses: Iterable[Guess],
    day: dt.date,
    publisher: str,
) -> str:
    """The layout with comments; every text is quoted."""
    periods = [p for _, p in frame.body]
    order = "newest_first" if all(a > b for a, b in pairwise(periods)) else "any"
    if order == "any" and all(a < b for a, b in pairwise(periods)):
        order = "oldest_first"
    names = frame.names[0] + 1 if len(frame.names) == 1 else [n + 1 for n in frame.names]
    lines = [
        f"# 为“{_comment(file)}”的工作表“{_comment(sheet.name)}”建议的版式。请核对每个序列，改正后把 confirmed 改为 true，再次导入该文件。",
        "# certainty（把握）：高、中的建议 take: true，低的 take: false；why 是理由。indicator、subject、unit 须是目录中的名称。",
        f"id: {ident}",
        f"title: {_quoted('已确认的版式：' + sheet.name)}",
        f"source: {_quoted(file)}",
        f"read_at: {day.isoformat()}",
        f"valid_from: {min(periods).year}-01-01",
        "confirmed: false",
        f"publisher: {publisher}  # 这些数字由谁发布",
        'citation: "{file}（工作表 {sheet}）"',
        "recognise:  # 工作表名、标题和六成的名称相同，才认作这种版式",
        f"  sheet: {_quoted(_same_but_digits(sheet.name))}",
        *(["  cells:"] if above else []),
        *(f"    {cell}: {_quoted(_same_but_digits(text))}" for cell, text in above.items()),
        "  share: 0.6",
        "place:",
        f"  series: {'rows' if frame.view.turned else 'columns'}  # columns：一列一个序列；rows：一行一个序列",
        f"  names: {json.dumps(names)}  # 名称在第几行（rows 时是第几列）",
        f"  period: {frame.period + 1}  # 时期在第几列（rows 时是第几行）",
        f"  order: {order}",
    ]
    if frame.unit is not None:
        lines.append(f"  unit: {frame.unit + 1}")
    if frame.frequency is not None:
        lines.append(f"  frequency: {frame.frequency + 1}")
    if frame.region is not None:
        lines.append(f"  region: {frame.region + 1}")
    lines += [
        "missing:",
        "  # 若文件以 0 代缺数，写成 [{measure: level, when: always}, {measure: yoy, when: unless_confirmed}]",
        "  zero_is_missing: []",
        "series:",
    ]
    for g in guesses:
        lines += [
            f"  # {_comment(g.column)}",
            f"  - name: {_quoted(g.name)}",
            f"    take: {'true' if g.take else 'false'}",
            f"    subject: {_quoted(g.subject)}",
            f"    indicator: {_quoted(g.indicator)}",
            f"    measure: {g.measure}  # level 数值，yoy 同比，mom 环比",
            f"    span: {g.span}  # month 当月，ytd 自1月起累计，point 期末",
            f"    jan_feb: {g.jan_feb}",
            f"    unit: {_quoted(g.unit)}",
            *([f"    base: {g.base}  # 指数减去它是增速"] if g.base else []),
            f"    certainty: {g.certainty}",
            f"    why: {_quoted(g.why)}",
        ]
    return "\n".join(lines) + "\n"


def _same_but_digits(text: str) -> str:
    """A pattern for a text whose numbers (years, months) may change."""
    return re.sub(r"\d+", r"\\d+", re.escape(_printable(text)))


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _quoted(text: str) -> str:
    return json.dumps(_printable(text), ensure_ascii=False)


def _comment(text: str) -> str:
    return _printable(text)[:120]
