"""A small invented bulletin (示例数据, no official figure) for the tests of documents and workbooks."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

from qinggong.publish.document import (
    Bulletin,
    Cell,
    Column,
    Figure,
    Number,
    Paragraph,
    Section,
    SourceLine,
    Table,
)

RELEASE_TIME = "2024-09-27T00:00:00+08:00"
SOURCE = "示例数据，非官方数字 [1]"


def picture(width: int = 60, height: int = 20) -> bytes:
    """A grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x99" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def growth_table(label: str, *, rows: int = 4, title: str = "主要指标（2024年8月）") -> Table:
    """A table of the usual shape: names, a level, a growth rate, one figure missing."""
    told = tuple(
        (
            Cell(f"行业{i}", indent=1 if i else 0, strong=not i),
            Cell(f"{1234.5 + i:,.1f}", f"sample/level/{i}"),
            Cell("—", title="未发布") if i == 2 else Cell(f"{i - 1.5:.1f}", f"sample/yoy/{i}"),
        )
        for i in range(rows)
    )
    columns = (Column("行业", align="left"), Column("营业收入", "亿元"), Column("同比增长", "%"))
    return Table(
        label, title, columns, told, unit_note="亿元、%", notes=("按可比口径。", "行业为示例。"), source=SOURCE
    )


def figure(label: str) -> Figure:
    return Figure(label, "增速（示例）", {}, alt="增速折线，2024年1月至8月", notes=("1月不单独发布。",), source=SOURCE)


def word_bulletin(*, sections: int = 6, mark: str = "", language: str = "zh-CN") -> Bulletin:
    """Sections with two tables and two figures each in the first two."""

    def blocks(n: int) -> tuple[Paragraph | Table | Figure, ...]:
        text = Paragraph(("增加值同比增长", Number("5.2", f"sample/{n}"), "%。"), "lead")
        small = Paragraph(("脚注样的小字。",), "note")
        if n > 2:
            return (text, Paragraph(("一类稳定。",), "bullet"), small)
        kind = ("Table ", "Figure ") if language == "en" else ("表", "图")
        return (
            text, growth_table(f"{kind[0]}{n}-1"), figure(f"{kind[1]}{n}-1"), growth_table(f"{kind[0]}{n}-2", rows=30),
            figure(f"{kind[1]}{n}-2"), small,
        )  # fmt: skip

    return Bulletin(
        title="轻工业经济运行月报",
        subtitle="2024年8月",
        period_name="2024年8月",
        issue_line="2024年第8期",
        status_line="所有数字均为示例",
        summary=(Paragraph(("增加值增长", Number("5.2", "sample/1"), "%。"), "bullet"),),
        sections=tuple(
            Section(f"s{n}", "一二三四五六七八九"[n - 1], f"第{n}部分", blocks(n)) for n in range(1, sections + 1)
        ),
        sources=(
            SourceLine(1, "示例发布", "某某局", "2024-09-14", "https://www.stats.gov.cn/a?b=1&c=2"),
            SourceLine(2, "内部资料（示例）", "", "", "javascript:alert(1)"),
        ),
        release_time=RELEASE_TIME,
        language=language,
        mark=mark,
    )


def pictures(bulletin: Bulletin) -> dict[str, bytes]:
    return {f.label: picture() for f in bulletin.figures}


def one_table(table: Table, **changes: object) -> Bulletin:
    """A bulletin of one section with one table."""
    plain = replace(word_bulletin(sections=1), sections=(Section("one", "一", "一张表", (table,)),))
    return replace(plain, **changes)  # type: ignore[arg-type]
