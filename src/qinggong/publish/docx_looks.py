"""How the bulletin looks in Word (样式): the two bundled looks, read from YAML, as the styles of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from qinggong.publish.docx_markup import Node, border, node, points, properties, w

Kind = Literal["paragraph", "character", "table"]
POINTS_OF_MM = 72 / 25.4
HOLE = re.compile(r"\{\{\s*([^{}\s]{1,12})\s*\}\}")
"""A placeholder in a template."""
BULLETS = 1
"""Number of the list of bullets in a document of our own."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a style is for; ``find`` are the names that stand for it in a template, ``minor`` ones are told together."""

    key: str
    label: str
    id: str
    name: str
    find: tuple[str, ...]
    kind: Kind = "paragraph"
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Font:
    """A typeface by name, and the one that a word processor takes where it is missing."""

    name: str
    instead: str = ""
    family: str = "auto"


@dataclass(frozen=True, slots=True)
class Look:
    """Page (points), typefaces and styles of a document; ``styles`` maps the role to its formatting."""

    key: str
    page: Mapping[str, float]
    latin: str
    running_head: bool
    footer: Mapping[str, Any]
    font_note: Mapping[str, str]
    fonts: tuple[Font, ...]
    styles: Mapping[str, Mapping[str, Any]]

    @property
    def text_width(self) -> float:
        return self.page["width"] - self.page["left"] - self.page["right"]


def _read(name: str) -> Any:
    text = (resources.files("qinggong.publish") / "templates" / name).read_text(encoding="utf-8")
    return yaml.safe_load(text)


@cache
def roles() -> Mapping[str, Role]:
    """All roles by their key, in the order of the document."""
    return {
        key: Role(key, **{**told, "find": tuple(told["find"])})
        for key, told in _read("word_styles.yaml")["roles"].items()
    }


@cache
def placeholder_names() -> Mapping[str, tuple[str, ...]]:
    """What may stand in double braces in a template, the usual name first, by its key."""
    return {key: tuple(names) for key, names in _read("word_styles.yaml")["placeholders"].items()}


def placeholders() -> Mapping[str, str]:
    """The key of each name, in lower case."""
    return {name.casefold(): key for key, names in placeholder_names().items() for name in names}


@cache
def look(key: Literal["bulletin", "official"]) -> Look:
    """One of the bundled looks."""
    told = _read(f"word_{key}.yaml")
    return Look(
        key, {side: length * POINTS_OF_MM for side, length in told["page"].items()}, told["latin"],
        told["running_head"], told["footer"], told["font_note"], tuple(Font(**font) for font in told["fonts"]),
        told["styles"],
    )  # fmt: skip


COLUMN_GAP = 21.25
"""Between the columns of the table of contents, in points."""

# ------------------------------------------------------------------------------------------------ styles


def style_of(
    role: Role, told: Mapping[str, Any], *, latin: str, based_on: str, plain: bool = False, bullets: int = BULLETS
) -> Node:
    """A role's style.

    Parameters
    ----------
    told
        The formatting of the role in a look.
    based_on
        Identifier of the style that all paragraphs come from.
    plain
        Leave out typeface, colour and letter spacing, so that those of a template show.
    bullets
        Number of the list of bullets in the document.
    """
    made = node("style", type=role.kind, styleId=role.id)
    if role.id.startswith("Qg"):
        made.set(w("customStyle"), "1")
    made.append(node("name", val=role.name))
    if role.kind == "table":
        return _table_style(made, told)
    if role.kind == "paragraph":
        made.append(node("basedOn", val=based_on))
        if "outline" in told:
            made.append(node("next", val=roles()["body"].id))
        made.append(node("uiPriority", val=39 if role.id.startswith("TOC") else 1))
        made.append(node("qFormat"))
        made.append(paragraph_properties(told, bullets=bullets))
    letters = letter_properties(told, latin=latin, plain=plain)
    if role.kind == "character":
        letters = properties("rPr", [*letters, node("u", val="single")])
    if len(letters):
        made.append(letters)
    return made


def paragraph_properties(told: Mapping[str, Any], *, bullets: int = BULLETS) -> Node:
    """``pPr`` of a style."""
    spacing = node("spacing", before=points(told.get("before", 0)), after=points(told.get("after", 0)))
    if "exact" in told:
        spacing.set(w("line"), str(points(told["exact"])))
        spacing.set(w("lineRule"), "exact")
    else:
        spacing.set(w("line"), str(round(240 * told.get("line", 1))))
        spacing.set(w("lineRule"), "auto")
    indent = None
    if "indent_chars" in told:
        first = points(told["indent_chars"] * told["size"])
        indent = node("ind", firstLineChars=100 * told["indent_chars"], firstLine=first)
    elif "left" in told:
        # A template may set an indent in characters, which would go before one in points.
        indent = node("ind", left=points(told["left"]), firstLineChars=0, firstLine=0)
        if "hanging" in told:
            indent = node("ind", left=points(told["left"]), hangingChars=0, hanging=points(told["hanging"]))
    else:
        indent = node("ind", left=0, firstLineChars=0, firstLine=0)
    rule = told.get("rule")
    return properties(
        "pPr",
        [
            node("keepNext") if told.get("keep") else None,
            node("keepLines") if told.get("keep") else None,
            node("widowControl"),
            node("numPr", node("ilvl", val=0), node("numId", val=bullets)) if told.get("list") else None,
            node("pBdr", border("bottom", rule["size"], rule["colour"], space=rule["space"])) if rule else None,
            node("shd", val="clear", color="auto", fill=told["shade"]) if "shade" in told else None,
            # No gap between Chinese and digits where every character counts.
            node("autoSpaceDE", val=0) if told.get("tight") else None,
            node("autoSpaceDN", val=0) if told.get("tight") else None,
            node("tabs", node("tab", val="right", leader="dot", pos=points(told["page_at"])))
            if "page_at" in told
            else None,
            node("snapToGrid", val=0),
            spacing,
            indent,
            node("jc", val=told["align"]) if "align" in told else None,
            node("outlineLvl", val=told["outline"] - 1) if "outline" in told else None,
        ],
    )


def faces(latin: str, east: str) -> Node:
    return node("rFonts", ascii=latin, hAnsi=latin, eastAsia=east, cs=latin)


def letter_properties(told: Mapping[str, Any], *, latin: str, plain: bool = False) -> Node:
    """``rPr`` of a style."""
    size = round(2 * told["size"]) if "size" in told and not told.get("size_of_text") else 0
    bold = told.get("bold", False) or None
    return properties(
        "rPr",
        [
            faces(told.get("latin", latin), told["face"]) if "face" in told and not plain else None,
            bold and node("b"),
            node("color", val=told["colour"]) if "colour" in told and not plain else None,
            node("spacing", val=points(told["tracking"])) if "tracking" in told and not plain else None,
            node("sz", val=size) if size else None,
            node("szCs", val=size) if size else None,
        ],
    )


def _table_style(made: Node, told: Mapping[str, Any]) -> Node:
    """Three lines: a thick one above and below the table, a thin one under its head."""
    colour = told["colour"]
    made.extend(
        [
            node("uiPriority", val=99),
            node("pPr", node("spacing", before=0, after=0, line=240, lineRule="auto")),
            node(
                "tblPr",
                node("tblInd", w=0, type="dxa"),
                node("tblBorders", border("top", told["edge"], colour, space=0), border("bottom", told["edge"], colour,
                space=0)),
                node(
                    "tblCellMar",
                    *(node(side, w=width, type="dxa") for side, width in (("top", 0), ("left", 70), ("bottom", 0),
                    ("right", 70))),
                ),
            ),
            node(
                "tblStylePr",
                node("tcPr", node("tcBorders", border("bottom", told["rule"], colour, space=0))),
                type="firstRow",
            ),
        ]
    )  # fmt: skip
    return made


def column_width(text: float) -> float:
    """The width of one of two columns, in points, with the gap between them that :data:`COLUMN_GAP` says."""
    return (text - COLUMN_GAP) / 2


def styles_part(chosen: Look, *, language: str) -> Node:
    """The styles of a document of our own."""
    base = chosen.styles["normal"]
    # Latin text in a Chinese document is proofread as American English too; plain “en” names no spelling.
    western, eastern = ("en-US" if language.startswith("zh") or language == "en" else language), "zh-CN"
    defaults = node(
        "docDefaults",
        node(
            "rPrDefault",
            properties(
                "rPr",
                [
                    faces(chosen.latin, base["face"]),
                    node("kern", val=2),
                    node("sz", val=round(2 * base["size"])),
                    node("szCs", val=round(2 * base["size"])),
                    node("lang", val=western, eastAsia=eastern, bidi="ar-SA"),
                ],
            ),
        ),
        node("pPrDefault"),
    )
    normal = node("style", node("name", val="Normal"), node("qFormat"), type="paragraph", default=1, styleId="Normal")
    empty_run = node(
        "style", node("name", val="Default Paragraph Font"), node("uiPriority", val=1), node("semiHidden"),
        node("unhideWhenUsed"), type="character", default=1, styleId="DefaultParagraphFont",
    )  # fmt: skip
    empty_table = node(
        "style", node("name", val="Normal Table"), node("uiPriority", val=99), node("semiHidden"),
        node("unhideWhenUsed"),
        node("tblPr", node("tblInd", w=0, type="dxa"),
             node("tblCellMar", *(node(side, w=width, type="dxa") for side, width in
                                  (("top", 0), ("left", 108), ("bottom", 0), ("right", 108))))),
        type="table", default=1, styleId="TableNormal",
    )  # fmt: skip
    page_at = {"contents": {"page_at": column_width(chosen.text_width)}}
    made = [
        style_of(r, {**chosen.styles[k], **page_at.get(k, {})}, latin=chosen.latin, based_on="Normal")
        for k, r in roles().items()
    ]
    return node("styles", defaults, normal, empty_run, empty_table, *made)


def font_table(chosen: Look) -> Node:
    """The typefaces by name, none of them embedded, each with the one to show instead."""
    told = []
    for font in chosen.fonts:
        chinese = not font.name.isascii()
        told.append(
            node(
                "font",
                node("altName", val=font.instead) if font.instead else None,
                node("charset", val="86" if chinese else "00"),
                node("family", val=font.family),
                node("pitch", val="variable"),
                name=font.name,
            )
        )
    return node("fonts", *told)


def bullet_list(number: int) -> list[Node]:
    """The list of bullets: its pattern and the list itself, both under ``number``."""
    level = node(
        "lvl",
        node("start", val=1),
        node("numFmt", val="bullet"),
        node("lvlText", val="■"),
        node("lvlJc", val="left"),
        node("pPr", node("ind", left=360, hanging=360)),
        properties(
            "rPr", [faces("宋体", "宋体"), node("color", val="B3261E"), node("sz", val=14), node("szCs", val=14)]
        ),
        ilvl=0,
    )
    return [
        node("abstractNum", node("multiLevelType", val="hybridMultilevel"), level, abstractNumId=number),
        node("num", node("abstractNumId", val=number), numId=number),
    ]
