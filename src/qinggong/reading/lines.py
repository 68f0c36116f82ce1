"""Lines of plain text to blocks (文本行): headings, paragraphs, and tables set with bars, tabs or blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qinggong.reading.writer import BlockKind, Writer

HEADING = re.compile(
    r"(?:#{1,6} |[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|第[一二三四五六七八九十]+[章节部])"
)
_CELL_GAP = re.compile(r"\t+| {2,}|　{2,}")
_FIGURE_CELL = re.compile(r"[-+−－]?\d[\d,]*(?:\.\d+)?%?|[-—–―…－.]{1,6}|注")


def joined(lines: list[str]) -> list[str]:
    """Lines of a page put together into paragraphs: a full line that ends inside a sentence goes on in the next."""
    widest = max((len(line.strip()) for line in lines if "。" in line or "，" in line), default=0)
    joined: list[str] = []
    open_line = False
    for raw in lines:
        line = raw.strip()
        if open_line and line and not HEADING.match(line) and len(_cells(line)) < 2:
            joined[-1] += line
        else:
            joined.append(line)
        full = len(line) >= 0.75 * widest and len(line) > 15
        prose = bool(joined) and bool(re.search(r"[，。、；]", joined[-1]))
        ended = line.endswith(("。", "；", "！", "？", "：")) or len(_cells(line)) > 2
        open_line = bool(line) and not ended and (full or open_line) and prose
    return joined


def _cells(line: str) -> list[str]:
    """The cells of a line of a text table; one cell for a line of prose."""
    text = line.strip()
    if "。" in text or not text:
        return [text]
    if text.startswith("|") and text.endswith("|") and len(text) > 2:
        return [part.strip() for part in text[1:-1].split("|")]
    parts = [part.strip() for part in _CELL_GAP.split(text)]
    if len(parts) > 1:
        return parts
    words = text.split(" ")
    figures = 0
    while figures < len(words) - 1 and _FIGURE_CELL.fullmatch(words[-1 - figures]):
        figures += 1
    return ["".join(words[: len(words) - figures]), *words[len(words) - figures :]] if figures > 1 else [text]


def read_lines(lines: Sequence[str], out: Writer) -> None:
    split = [_cells(line) for line in lines]
    at = 0
    while at < len(lines):
        if end := _table_end(split, at):
            if rows := [row for row in split[at:end] if any(cell.strip("-: ") for cell in row)]:
                out.table(_aligned(rows))
            at = end
        else:
            text = lines[at].strip()
            out.block(_line_kind(text), text.lstrip("# "))
            at += 1


def _table_end(split: list[list[str]], at: int) -> int:
    """Behind the last line of a table that starts here; 0 if none does. A table has a head and two lines of figures."""
    if len(split[at]) < 2:
        # a head set with single blanks above lines of figures
        words = split[at][0].split(" ") if split[at][0] and "。" not in split[at][0] else []
        follows = at + 1 < len(split) and (len(split[at + 1]) > 1 or len(split[at + 1][0].split(" ")) > 1)
        if len(words) < 2 or not follows:
            return 0
    end = last = at
    while end < len(split) and end - last < 3:
        row = split[end]
        if len(row) > 1:
            last = end
        elif not row[0] or "。" in row[0] or len(row[0]) > 40:
            break
        end += 1
    figures = sum(
        len(row) > 1 and bool(_FIGURE_CELL.fullmatch(row[-1].replace(" ", ""))) for row in split[at : last + 1]
    )
    if last == at or figures < 1:
        return 0
    for row in split[at : last + 1]:
        if len(row) == 1 and " " in row[0]:
            row[:] = row[0].split()
    return last + 1


def _aligned(rows: list[list[str]]) -> list[list[str | tuple[int, int]]]:
    """Rows of one width: a head with fewer cells spreads over equal groups of columns if they come out even."""
    width = max(len(row) for row in rows)
    grid: list[list[str | tuple[int, int]]] = []
    for y, row in enumerate(rows):
        line: list[str | tuple[int, int]] = list(row)
        if 1 < len(row) < width and not any(_FIGURE_CELL.fullmatch(c) for c in row):
            heads = row if (width - 1) % len(row) == 0 and width - 1 > len(row) else row[1:]
            first = [] if heads is row else [row[0]]
            if heads is not row and (width - 1) % max(len(heads), 1):
                heads, first = [], row
            line = [*first] if first else [""]
            for head in heads:
                line.append(head)
                line.extend([(y, len(line) - 1)] * ((width - 1) // len(heads) - 1))
        elif len(row) == width - 1 and not any(_FIGURE_CELL.fullmatch(c) for c in row):
            line = ["", *row]
        grid.append(line)
    return grid


def _line_kind(text: str) -> BlockKind:
    short = len(text) <= 45 and not re.search(r"[。；;！，,]", text)
    return "heading" if (HEADING.match(text) and len(text) <= 60 and "。" not in text) or short else "paragraph"
