"""Method pages (方法): the documents of ``docs/methods`` as pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from markdown_it import MarkdownIt

from qinggong.web.ask import Ask, NotFound
from qinggong.web.page import Page, table
from qinggong.web.place import Place

_NAME = re.compile(r"^[a-z0-9-]+$")
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_LINK = re.compile(r'href="(?!https?:|#|/)([^"]+)"')
_TITLES = {
    "comparable-basis": "可比口径", "composite-indices": "合成指数", "contributions": "贡献与拉动", "detection": "异常与转折检测",
    "dynamic-factor-model": "动态因子模型", "flash-estimate": "快速测算", "growth-and-comparison": "增速与比较",
    "level-index": "景气水平指数", "nowcast": "即时预测", "publication-dates": "发布日期", "reconciliation": "层级调和",
    "regarima": "回归 ARIMA 模型", "seasonal-adjustment": "季节调整", "spring-festival": "春节因素", "targets": "目标进度",
    "turning-points": "转折点", "x11": "X-11 滤波",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MethodPage:
    """One document: its name in the address, its Chinese and its own title, its text."""

    name: str
    title: str
    title_en: str
    path: Path


@cache
def method_pages() -> tuple[MethodPage, ...]:
    """All documents that came with this installation, by name."""
    found: dict[str, MethodPage] = {}
    for folder in _folders():
        for path in sorted(folder.glob("*.md")) if folder.is_dir() else ():
            if _NAME.match(path.stem):
                heading = _HEADING.search(path.read_text(encoding="utf-8"))
                english = heading[1].strip() if heading else path.stem
                found.setdefault(path.stem, MethodPage(path.stem, _TITLES.get(path.stem, english), english, path))
    return tuple(found[name] for name in sorted(found))


def _folders() -> tuple[Path, ...]:
    """Beside the package where it was installed, else the documents of the source tree."""
    package = Path(str(resources.files("qinggong.web")))
    return package / "methods", package.resolve().parents[2] / "docs" / "methods"


def listing(place: Place, ask: Ask) -> Page:
    """All methods."""
    rows = [
        {
            "name": p.name,
            "title": p.title_en if ask.english else p.title,
            "title_en": p.title_en,
            "path": f"/methods/{p.name}",
        }
        for p in method_pages()
    ]
    csv = table("methods", "方法", (("name", "名称"), ("title", "标题")), [[r["name"], r["title"]] for r in rows])
    return Page("methods", "方法", {"methods": rows}, (csv,))


def method(place: Place, ask: Ask, name: str) -> Page:
    """One method."""
    found = next((p for p in method_pages() if p.name == name), None)
    if found is None:
        from qinggong.web.search import suggestions

        raise NotFound(f"没有“{name[:40]}”这一页", suggestions(place, name, kinds=("method",)))
    text = found.path.read_text(encoding="utf-8")
    html = _markdown().render(text)

    def link(match: re.Match[str]) -> str:
        # Links between the documents stay; those to other parts of the source tree have no page here.
        target = match[1].partition("#")[0]
        stem = target.rpartition("/")[2].removesuffix(".md")
        if any(p.name == stem for p in method_pages()):
            return f'href="{ask.link(f"/methods/{stem}")}"'
        return 'class="elsewhere"'

    html = _LINK.sub(link, html)
    html = re.sub(r'<img [^>]*src="([^"]+)"[^>]*>', "", html)
    data = {"name": name, "title": found.title_en if ask.english else found.title, "text": text}
    csv = table(
        "lines",
        found.title,
        (("line", "行"), ("text", "文本")),
        [[n, t] for n, t in enumerate(text.splitlines(), 1)],
        "line",
    )
    return Page("method", str(data["title"]), data, (csv,), extra={"html": html})


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")
