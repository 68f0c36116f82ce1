"""The mark of synthetic data (合成数据): how it is written, and how a file that carries it is known.

Synthetic figures must never pass for published ones. Every row names its publisher as 合成数据（…）, every page, chart
and document made from such rows carries the mark, and a file with it is refused where real figures are kept.
"""

from __future__ import annotations

import io
import re
import zipfile

MARK = "合成数据"
NOTICE = f"{MARK}（由程序生成，不是真实统计）"
"""Stands on every page and in every file made from synthetic rows."""
NOTICE_EN = "SYNTHETIC DATA: made by a program, not official statistics"
SOURCE = "synthetic"
"""The source of every synthetic row."""

# The bare word may stand in any honest text, such as a policy paper; only the word with its bracket marks a file.
_MARKED = re.compile(rf"{MARK}（(?:由程序生成|[^（）\s]{{2,24}}）)")
_BODIES = ("统计局", "信息化部", "联合会", "总署", "协会", "企业报表", "测算", "中心")
_LARGEST_MEMBER = 64 << 20


def publisher_name(body: str) -> str:
    """The publisher of synthetic rows in the manner of a body: 合成数据（国家统计局）."""
    return f"{MARK}（{body}）"


def is_marked_text(text: str) -> bool:
    """True if a text carries the mark of synthetic data, and not merely the word."""
    for found in _MARKED.finditer(text):
        inside = found[0][len(MARK) + 1 :]
        if inside.startswith("由程序生成") or inside.rstrip("）").endswith(_BODIES):
            return True
    return False


def is_marked(content: bytes) -> bool:
    """True if a file carries the mark: text in any usual encoding, workbook, document, Parquet, or a PDF of ours."""
    if content.startswith(b"PK\x03\x04"):
        return _is_marked_zip(content)
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        if MARK.encode(encoding) in content and is_marked_text(content.decode(encoding, "ignore")):
            return True
    return False


def _is_marked_zip(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                if member.file_size <= _LARGEST_MEMBER and member.filename.endswith((".xml", ".html", ".csv", ".json")):
                    # Runs of formatting may cut a text in Word and Excel: tags are taken out first.
                    text = archive.read(member).decode("utf-8", "ignore")
                    if MARK[0] in text and is_marked_text(re.sub(r"<[^>]*>", "", text)):
                        return True
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return False
    return False
