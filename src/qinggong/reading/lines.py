"""Lines of plain text to blocks (文本行): headings, paragraphs, and tables set with bars, tabs or blanks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from qinggong.reading.writer import BlockKind, Writer

HEADING = re.compile(
    r"(?:#{1,6} |[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|第[一二三四五六七八九十]+[章节部])"
)
_CAPTION = re.compile(r"[表图] ?\d")
_PROSE = re.compile(r"[。，]")
_PROSE_END = re.compile(r"[，。、；]")
_ENDS = ("。", "！", "？", "：")
_DIGIT = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:第 ?\d+ ?页)?[\s/,，]*(?:共 ?\d+ ?页)?|[-—– ]*\d{1,3}[-—– ]*|\d{1,3} ?/ ?\d{1,3}")
_CELL_GAP = re.compile(r"\t+| {2,}|　{2,}")
_FIGURE_CELL = re.compile(r"[-+−－]?\d[\d,]*(?:\.\d+)?%?|[-—–―…－.]{1,6}|注")


def joined(lines: list[str]) -> list[str]:
    """Lines of a page put together into paragraphs: a full line that ends inside a sentence goes on in the next."""
    return [text for text, _ in joined_at(lines)]


def joined_at(lines: Sequence[str]) -> list[tuple[str, int]]:
    """Paragraphs as by :func:`joined`, each with the number of its first line."""
    prose = sorted(width for line in lines if _PROSE.search(line) and (width := _width(line.strip())))
    # a few lines are longer than the measure (addresses of web pages): they must not set it
    widest = prose[(len(prose) * 9) // 10] if prose else 0
    texts: list[str] = []
    starts: list[int] = []
    open_line = False
    for number, raw in enumerate(lines):
        line = raw.strip()
        if open_line and line and not HEADING.match(line) and len(_cells(line)) < 2:
            texts[-1] += line
        else:
            texts.append(line)
            starts.append(number)
        width = _width(line)
        full = width >= 0.75 * widest and width > 30
        # a semicolon ends a paragraph only where the line could have gone on
        ended = line.endswith(_ENDS) or (line.endswith("；") and not full) or len(_cells(line)) > 2
        open_line = bool(line) and not ended and (full or open_line) and bool(_PROSE_END.search(texts[-1]))
    return list(zip(texts, starts, strict=True))


def _width(line: str) -> int:
    """The width of a line in half characters: a Chinese character is as wide as two digits."""
    return len(line) + sum(ord(c) > 0x2E7F for c in line)


def without_furniture(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Pages without their numbers and without the running lines that most of them begin or end with."""
    edges = Counter(_plain(line) for page in pages for line in {*page[:2], *page[-2:]})
    running = {text for text, times in edges.items() if times >= 3 and times * 2 > len(pages)}
    return [
        [
            line
            for at, line in enumerate(page)
            if not _PAGE_NUMBER.fullmatch(line.strip())
            and not ((at < 2 or at >= len(page) - 2) and _plain(line) in running)
        ]
        for page in pages
    ]


def _plain(line: str) -> str:
    return _DIGIT.sub("0", "".join(line.split()))


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


def read_lines(lines: Sequence[str], out: Writer, *, pages: Sequence[int] = ()) -> None:
    """Write lines as blocks; ``pages`` are the pages that they stand on."""
    split = [_cells(line) for line in lines]
    at = 0
    while at < len(lines):
        out.page = pages[at] if pages else 0
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
        head = split[at][0]
        words = head.split(" ") if head and "。" not in head and not _CAPTION.match(head) else []
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
        len(row) > 1 and any(_FIGURE_CELL.fullmatch(cell.replace(" ", "")) for cell in row[1:])
        for row in split[at : last + 1]
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
