"""The side files of a workspace (附加文字): where they lie, how a new one begins, which paragraphs can be rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qinggong.catalogue.editions import Edition, Language
from qinggong.intake import Workspace
from qinggong.publish.document import Paragraph, Section
from qinggong.publish.side_file import OWN, anchors
from qinggong.standing import FlowError

_MAIN = ("monthly", "quarterly", "half-year", "yearly")
_SHORTEST = 12
_BEGIN = """\
<!-- 附加文字：{name}
在这里写的文字会并入{what}，重新编制时保留。写法：
一、“## 问题”“## 展望”“## 建议”之下的文字各成一节，印在“数据来源与说明”之前；不写就没有这一节。
二、“## 之后：工业生产”之下的文字加在该节末尾；可用的节名：{sections}。
三、“## 改写：段落编号”之下的文字代替一段生成的文字，原文用“> ”引在上面；
    段落编号用 qinggong side-file --list 查看，用 qinggong side-file --edit 段落编号 写入本文件。
四、只认段落和列表；HTML 标签按文字印出，不起作用。文中的数字会与本期事实核对，不是事实的标“†”。
尖括号加叹号的注释（如本段）不印出。
-->

# {name}附加文字

<!-- 去掉注释号即可使用：

## 问题

（一段或几段文字）

## 展望

## 建议

-->
"""


def notes_folder(workspace: Workspace) -> Path:
    """Where a person's own texts lie."""
    return workspace.layout.root / "notes"


def side_name(code: str, edition: Edition, subject: str = "", language: Language = "zh") -> str:
    """Name of the side file of an edition: ``2024-08.md`` for the monthly bulletin, ``2024-08.industry.21.md``."""
    parts = [code] if edition.id in _MAIN else [code, edition.id]
    parts += [subject] if subject else []
    parts += [language] if language != "zh" else []
    return ".".join((*parts, "md"))


def begin(path: Path, *, name: str, what: str, sections: Sequence[Section]) -> bool:
    """Write a side file with instructions, if there is none; whether one was written."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    titles = "、".join(s.title for s in sections if s.key not in {key for key, _ in OWN.values()})
    path.write_text(_BEGIN.format(name=name, what=what, sections=titles), encoding="utf-8")
    return True


def add_edit(path: Path, anchor: str, sections: Sequence[Section]) -> None:
    """Append an edit of a generated paragraph, with its text quoted and ready to be changed.

    Raises
    ------
    FlowError
        If there is no such paragraph, or it is in the file already.
    """
    known = anchors(sections)
    if anchor not in known:
        raise FlowError(f"没有编号为“{anchor[:40]}”的段落，编号可用 qinggong side-file --list 查看")
    text = path.read_text(encoding="utf-8-sig")
    if f"改写：{anchor}\n" in text:
        raise FlowError(f"“{path}”中已有“{anchor}”的改写，请直接修改")
    said = known[anchor].text
    path.write_text(f"{text.rstrip()}\n\n## 改写：{anchor}\n\n> {said}\n\n{said}\n", encoding="utf-8")


def add_polished(path: Path, sections: Sequence[Section], polished: Sequence[Section]) -> int:
    """Append the polished version of every paragraph that has one, as an edit that a person looks at; how many.

    In the side file it outlives regeneration, and a release that is made again needs no endpoint.
    """
    text = path.read_text(encoding="utf-8-sig")
    new = dict(zip(anchors(sections), _paragraphs(polished), strict=True))
    added = []
    for anchor, ours in anchors(sections).items():
        if new[anchor].text != ours.text and f"改写：{anchor}\n" not in text:
            added.append(f"## 改写：{anchor}\n\n> {ours.text}\n\n{new[anchor].text}\n")
    if added:
        path.write_text("\n\n".join((text.rstrip(), *added)), encoding="utf-8")
    return len(added)


def _paragraphs(sections: Sequence[Section]) -> list[Paragraph]:
    return [block for section in sections for block in section.blocks if isinstance(block, Paragraph)]


def listed(sections: Sequence[Section]) -> list[tuple[str, str, str]]:
    """Anchor, section and beginning of every generated paragraph of some length."""
    titles = {s.key: s.title for s in sections}
    return [
        (anchor, titles[anchor.partition("/")[0]], p.text)
        for anchor, p in anchors(sections).items()
        if len(p.text) >= _SHORTEST
    ]
