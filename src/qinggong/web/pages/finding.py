"""The search page (检索)."""

from __future__ import annotations

from typing import Any

from qinggong.web.ask import Ask
from qinggong.web.page import Page, table
from qinggong.web.place import Place
from qinggong.web.search import KINDS, search


def found(place: Place, ask: Ask) -> Page:
    """What a text means, grouped by kind, the likeliest first."""
    text = ask.text("q")
    hits: list[dict[str, Any]] = [
        {
            "kind": h.kind, "kind_name": KINDS[h.kind], "path": h.path, "code": h.code,
            "name": h.name_en if ask.english and h.name_en else h.name, "name_en": h.name_en, "score": round(h.score,
            1),
        }
        for h in search(place, text)
    ]  # fmt: skip
    columns = (("kind", "类别"), ("code", "代码"), ("name", "名称"), ("path", "页面"))
    csv = table("hits", "检索结果", columns, [[h[c] for c, _ in columns] for h in hits])
    return Page("search", "检索", {"q": text, "hits": hits}, (csv,))
