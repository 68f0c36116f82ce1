"""What a document is filled into (文档框架): its package, the style of each role, and the width of its text."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from qinggong.publish.document import Bulletin
from qinggong.publish.docx_fields import page_line
from qinggong.publish.docx_looks import BULLETS, COLUMN_GAP, Look, bullet_list, font_table, roles, styles_part
from qinggong.publish.docx_markup import Node, R, border, node, paragraph, points, run, shape, w
from qinggong.publish.docx_package import CORE, MAIN_TYPE, PART_TYPES, Package, empty_package
from qinggong.publish.xml_text import fit_line, shortened


@dataclass(slots=True)
class Frame:
    """Where the bulletin goes.

    ``styles`` maps the role to the identifier of a style, ``width`` is that of the text in points; ``bookmarks`` and
    ``drawings`` are the highest numbers that are taken, ``sizes`` the points of roles that differ from the look.
    """

    package: Package
    styles: Mapping[str, str]
    width: float
    look: Look
    own: bool
    bookmarks: int = 0
    drawings: int = 0
    sizes: Mapping[str, float] | None = None

    def size_of(self, role: str) -> float:
        told = (self.sizes or {}).get(role)
        return told if told is not None else float(self.look.styles[role]["size"])


def own_frame(chosen: Look, bulletin: Bulletin) -> Frame:
    """A new document in one of the bundled looks, with head and foot of its pages but without content."""
    package = empty_package()
    main = package.main
    styles = {key: role.id for key, role in roles().items()}
    section = node("sectPr")
    package.add(main, MAIN_TYPE, node("document", node("body", section)))
    package.relate("", "officeDocument", main)
    package.relate("", CORE, "docProps/core.xml")
    package.relate("", "extended-properties", "docProps/app.xml")
    for name, root in (
        ("styles", styles_part(chosen, language=bulletin.language)),
        ("settings", _settings(outer=chosen.footer["outer"])),
        ("fontTable", font_table(chosen)),
        ("numbering", node("numbering", *bullet_list(BULLETS))),
    ):
        package.add(f"word/{name}.xml", PART_TYPES[name], root)
        package.relate(main, name, f"{name}.xml")
    _heads(package, section, chosen, bulletin, styles)
    _feet(package, section, chosen, bulletin, styles)
    page = {side: points(length) for side, length in chosen.page.items()}
    section.append(node("pgSz", w=page["width"], h=page["height"]))
    told = {side: page[side] for side in ("top", "right", "bottom", "left", "header", "footer")}
    section.append(node("pgMar", **told, gutter=0))
    section.append(node("cols", space=720))
    if chosen.running_head:
        section.append(node("titlePg"))
    return Frame(package, styles, chosen.text_width, chosen, own=True)


def add_part(package: Package, section: Node, side: str, kind: str, lines: list[Node], *, at: int) -> None:
    """A header or footer part (``side``) of a section for its ``default``, ``first`` or ``even`` pages."""
    name = package.free_name(f"word/{side}{{}}.xml")
    package.add(name, PART_TYPES[side], node("hdr" if side == "header" else "ftr", *lines))
    reference = node(f"{side}Reference", type=kind)
    reference.set(f"{{{R}}}id", package.relate(package.main, side, f"/{name}"))
    section.insert(at, reference)


def contents_in_columns(body: Node) -> None:
    """Set the entries of the table of contents in two columns, in a section of their own on the same page."""
    box, last = body.find(w("sdt")), body.find(w("sectPr"))
    if box is None:
        return
    lines = box.find(w("sdtContent"))
    shape(lines[0], deepcopy(last))
    page = [deepcopy(last.find(w(name))) for name in ("pgSz", "pgMar")]
    shape(
        lines[-1], node("sectPr", node("type", val="continuous"), *page, node("cols", num=2, space=points(COLUMN_GAP)))
    )
    # Header and footer of what follows are those of the first section.
    for name in ("headerReference", "footerReference", "titlePg"):
        for one in last.findall(w(name)):
            last.remove(one)
    last.insert(0, node("type", val="continuous"))


def mark_line(style: str, text: str) -> Node:
    """The notice of synthetic data, in the head of every page."""
    return paragraph(style, run(text))


def _heads(package: Package, section: Node, chosen: Look, b: Bulletin, styles: Mapping[str, str]) -> None:
    def notice() -> list[Node]:
        # An element has one place only, so every header gets its own.
        return [mark_line(styles["mark"], b.mark)] if b.mark else []

    if chosen.running_head:
        edge = node("tab", val="right", pos=points(chosen.text_width))
        line = paragraph(
            styles["header"], run(f"{b.title}\t{b.period_name}"),
            direct=[node("pBdr", border("bottom", 4, "999999")), node("tabs", edge)],
        )  # fmt: skip
        add_part(package, section, "header", "default", [line, *notice()], at=len(section))
        first = notice() or [paragraph(styles["header"])]
        add_part(package, section, "header", "first", first, at=len(section))
    elif b.mark:
        for kind in ("default", "even") if chosen.footer["outer"] else ("default",):
            add_part(package, section, "header", kind, notice(), at=len(section))


def _feet(package: Package, section: Node, chosen: Look, b: Bulletin, styles: Mapping[str, str]) -> None:
    pattern = chosen.footer["zh" if b.language.startswith("zh") else "en"]
    one = points(chosen.styles["footer"]["size"])
    sides: dict[str, tuple[Any, ...]] = {"default": (), "first": ()}
    if chosen.footer["outer"]:
        sides = {
            "default": (node("ind", right=one), node("jc", val="right")),
            "even": (node("ind", left=one), node("jc", val="left")),
        }
    for kind, direct in sides.items():
        if kind != "first" or chosen.running_head:
            add_part(package, section, "footer", kind, [page_line(styles["footer"], pattern, *direct)], at=len(section))


def _settings(*, outer: bool) -> Node:
    """Settings of a document made for Word 2013 and later, so that none opens it in compatibility mode."""
    word = "http://schemas.microsoft.com/office/word"
    told = (("compatibilityMode", 15), ("overrideTableStyleFontSizeAndJustification", 1), ("enableOpenTypeFeatures", 1),
            ("doNotFlipMirrorIndents", 1), ("differentiateMultirowTableHeaders", 1))  # fmt: skip
    return node(
        "settings",
        node("zoom", percent=100),
        node("bordersDoNotSurroundHeader"),
        node("bordersDoNotSurroundFooter"),
        node("defaultTabStop", val=420),
        node("evenAndOddHeaders") if outer else None,
        node("characterSpacingControl", val="compressPunctuation"),
        node(
            "compat",
            *(node(name) for name in ("spaceForUL", "balanceSingleByteDoubleByteWidth", "doNotLeaveBackslashAlone",
                                      "ulTrailSpace", "doNotExpandShiftReturn", "adjustLineHeightInTable",
                                      "useFELayout")),
            *(node("compatSetting", name=name, uri=word, val=value) for name, value in told),
        ),
        node("themeFontLang", val="en-US", eastAsia="zh-CN"),
        node("decimalSymbol", val="."),
        node("listSeparator", val=","),
    )  # fmt: skip


def properties_of(bulletin: Bulletin, author: str, moment: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Core and extended properties; ``moment`` is the release time in UTC with Z."""
    core = {
        "dc:title": shortened(fit_line(f"{bulletin.title} {bulletin.period_name}"), 255),
        "dc:subject": shortened(fit_line(bulletin.subtitle), 255),
        "dc:creator": fit_line(author),
        "dc:description": fit_line(bulletin.mark),
        "cp:lastModifiedBy": fit_line(author),
        "cp:revision": 1,
        "dcterms:created": moment,
        "dcterms:modified": moment,
        "dc:language": bulletin.language,
    }
    return core, {"Application": "Qinggong", "Company": fit_line(author)}
