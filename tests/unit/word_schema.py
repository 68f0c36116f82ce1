"""A judge of WordprocessingML: order of children, required parts and references, written down from the standard.

Facts of ISO/IEC 29500-1:2016 with the transitional forms of part 4 (clause of each in the table), and of part 2 for
packages. Only what bulletins use is known; any other element is an error, so that new markup is added here first.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_BLOCKS = {"p", "tbl", "sdt", "bookmarkStart", "bookmarkEnd"}
_RUNS = {"r", "hyperlink", "bookmarkStart", "bookmarkEnd"}

# parent: (clause, children that stand in this order, each at most once)
SEQUENCES: dict[str, tuple[str, str]] = {
    "pPr": (
        "17.3.1.26",
        "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs autoSpaceDE autoSpaceDN snapToGrid "
        "spacing ind jc outlineLvl rPr "
        "sectPr",
    ),
    "rPr": ("17.3.2.28", "rStyle rFonts b color spacing kern sz szCs u lang"),
    "tbl": ("17.4.37", "tblPr tblGrid tr*"),
    "tblPr": (
        "17.4.59",
        "tblStyle tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption",
    ),
    "tr": ("17.4.78", "trPr tc*"),
    "tcPr": ("17.4.69", "tcW gridSpan tcBorders vAlign"),
    "tblBorders": ("17.4.38", "top left bottom right insideH insideV"),
    "tblCellMar": ("17.4.41", "top left bottom right"),
    "tcBorders": ("17.4.66", "top left bottom right"),
    "sectPr": (
        "17.6.17",
        "headerReference* footerReference* type pgSz pgMar pgNumType cols titlePg docGrid",
    ),
    "numPr": ("17.3.1.19", "ilvl numId"),
    "sdt": ("17.5.2.29", "sdtPr sdtContent"),
    "docPartObj": ("17.5.2.14", "docPartGallery docPartUnique"),
    "styles": ("17.7.4.18", "docDefaults latentStyles style*"),
    "docDefaults": ("17.7.5.1", "rPrDefault pPrDefault"),
    "style": (
        "17.7.4.17",
        "name basedOn next uiPriority semiHidden unhideWhenUsed qFormat pPr rPr tblPr tcPr tblStylePr*",
    ),
    "tblStylePr": ("17.7.6.6", "pPr rPr tblPr trPr tcPr"),
    "numbering": ("17.9.16", "abstractNum* num*"),
    "abstractNum": ("17.9.1", "multiLevelType lvl*"),
    "num": ("17.9.15", "abstractNumId"),
    "lvl": ("17.9.6", "start numFmt lvlText lvlJc pPr rPr"),
    "font": ("17.8.3.10", "altName charset family pitch"),
    "settings": (
        "17.15.1.78",
        "zoom bordersDoNotSurroundHeader bordersDoNotSurroundFooter defaultTabStop evenAndOddHeaders "
        "characterSpacingControl compat themeFontLang decimalSymbol listSeparator",
    ),
}
# parent: (clause, children that may stand in any order and number)
CHOICES: dict[str, tuple[str, set[str]]] = {
    "document": ("17.2.3", {"body"}),
    "body": ("17.2.2", _BLOCKS | {"sectPr"}),
    "p": ("17.3.1.22", {"pPr"} | _RUNS),
    "r": ("17.3.2.25", {"rPr", "t", "tab", "br", "fldChar", "instrText", "drawing"}),
    "hyperlink": ("17.16.22", _RUNS),
    "tc": ("17.4.65", {"tcPr"} | _BLOCKS),
    "tblGrid": ("17.4.48", {"gridCol"}),
    "trPr": ("17.4.82", {"cantSplit", "tblHeader"}),
    "sdtPr": ("17.5.2.38", {"docPartObj"}),
    "sdtContent": ("17.5.2.34", _BLOCKS),
    "hdr": ("17.10.4", _BLOCKS),
    "ftr": ("17.10.3", _BLOCKS),
    "pBdr": ("17.3.1.24", {"bottom"}),
    "tabs": ("17.3.1.38", {"tab"}),
    "fonts": ("17.8.3.11", {"font"}),
    "rPrDefault": ("17.7.5.4", {"rPr"}),
    "pPrDefault": ("17.7.5.3", {"pPr"}),
    "compat": (
        "17.15.3",
        {"spaceForUL", "balanceSingleByteDoubleByteWidth", "doNotLeaveBackslashAlone", "ulTrailSpace",
         "doNotExpandShiftReturn", "adjustLineHeightInTable", "useFELayout", "compatSetting"},
    ),
}  # fmt: skip


def faults(data: bytes) -> list[str]:
    """What is wrong with a DOCX of ours, in words; empty if nothing is."""
    return list(_faults(data))


def _faults(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    trees = {name: etree.fromstring(text) for name, text in parts.items() if name.endswith((".xml", ".rels"))}
    yield from _package(parts, trees)
    for name, root in trees.items():
        if name.startswith("word/") and name.endswith(".xml"):
            for one in root.iter(f"{W}*"):
                yield from _children(name, one)
    yield from _references(trees)


def _children(part: str, one: etree._Element) -> Iterator[str]:
    local = etree.QName(one).localname
    held = [etree.QName(child).localname for child in one if isinstance(child.tag, str)]
    if local in SEQUENCES:
        clause, told = SEQUENCES[local]
        order = [name.rstrip("*") for name in told.split()]
        many = {name[:-1] for name in told.split() if name.endswith("*")}
        for name in sorted(set(held) - set(order)):
            yield f"{part}: {name} in {local} is not known ({clause})"
        places = [order.index(name) for name in held if name in order]
        if places != sorted(places):
            yield f"{part}: children of {local} out of order: {held} ({clause})"
        for name in sorted({n for n in held if held.count(n) > 1} - many):
            yield f"{part}: {name} more than once in {local} ({clause})"
    elif local in CHOICES:
        clause, known = CHOICES[local]
        for name in sorted(set(held) - known):
            yield f"{part}: {name} in {local} is not known ({clause})"
        first = {"p": "pPr", "r": "rPr", "tc": "tcPr"}.get(local)
        if first in held and (held[0] != first or held.count(first) > 1):
            yield f"{part}: {first} is not the first of {local} ({clause})"
    elif held and local not in {"drawing"}:
        yield f"{part}: {local} has children {held}, none are known"
    if local == "tc" and (not held or held[-1] != "p"):
        yield f"{part}: a cell does not end with a paragraph (17.4.65)"
    if local == "sectPr" and one.getparent().tag == f"{W}body" and one.getnext() is not None:
        yield f"{part}: the last section is not the last of the body (17.2.2)"


def _package(parts: dict[str, bytes], trees: dict[str, etree._Element]) -> Iterator[str]:
    types = trees["[Content_Types].xml"]
    endings = {one.get("Extension", "").lower() for one in types if one.tag.endswith("Default")}
    named = [one.get("PartName", "").lstrip("/") for one in types if one.tag.endswith("Override")]
    for name in parts:
        if name != "[Content_Types].xml" and name not in named and name.rpartition(".")[2] not in endings:
            yield f"{name} has no content type"
    for name in named:
        if name not in parts:
            yield f"a content type for {name}, which is not there"
        if named.count(name) > 1:
            yield f"{name} has two content types"
    reached = {"[Content_Types].xml"}
    for name, root in trees.items():
        if not name.endswith(".rels"):
            continue
        reached.add(name)
        folder = posixpath.dirname(posixpath.dirname(name))
        ids = [one.get("Id") for one in root]
        if len(ids) != len(set(ids)):
            yield f"{name}: an identifier twice"
        for one in root:
            if one.get("TargetMode") == "External":
                continue
            target = one.get("Target")
            found = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            reached.add(found)
            if found not in parts:
                yield f"{name}: {target} is not there"
    for name in sorted(set(parts) - reached):
        yield f"nothing refers to {name}"


def _references(trees: dict[str, etree._Element]) -> Iterator[str]:
    document, sheet = trees["word/document.xml"], trees["word/styles.xml"]
    styles = {one.get(f"{W}styleId") for one in sheet.iter(f"{W}style")}
    lists = {one.get(f"{W}numId") for one in trees["word/numbering.xml"].iter(f"{W}num")}
    related = {one.get("Id") for one in trees["word/_rels/document.xml.rels"]}
    named = [one.get(f"{W}name") for one in document.iter(f"{W}bookmarkStart")]
    for root in (tree for name, tree in trees.items() if name.startswith("word/") and name.endswith(".xml")):
        for tag in ("pStyle", "rStyle", "tblStyle", "basedOn", "next"):
            for one in root.iter(f"{W}{tag}"):
                if one.get(f"{W}val") not in styles:
                    yield f"{tag} {one.get(f'{W}val')} is no style"
        for one in root.iter(f"{W}numId"):
            if one.get(f"{W}val") not in lists:
                yield f"numId {one.get(f'{W}val')} is no list"
    for one in document.iter():
        for key, value in one.attrib.items():
            if key.startswith(R) and value not in related:
                yield f"relationship {value} is not there"
        anchor = one.get(f"{W}anchor") if one.tag == f"{W}hyperlink" else None
        if anchor and anchor not in named:
            yield f"bookmark {anchor} is not there"
    for tag, key in ((f"{W}bookmarkStart", f"{W}id"), (f"{WP}docPr", "id"), (f"{W}bookmarkStart", f"{W}name")):
        held = [one.get(key) for one in document.iter(tag)]
        if len(held) != len(set(held)):
            yield f"{tag}: {key} is not unique"
    kinds = re.sub(r"\s", "", "".join(one.get(f"{W}fldCharType")[0] for one in document.iter(f"{W}fldChar")))
    while "bse" in kinds:
        kinds = kinds.replace("bse", "")
    if kinds:
        yield f"fields are not closed: {kinds}"
    for table in document.iter(f"{W}tbl"):
        width = len(table.findall(f"{W}tblGrid/{W}gridCol"))
        for row in table.findall(f"{W}tr"):
            spans = [c.find(f"{W}tcPr/{W}gridSpan") for c in row.findall(f"{W}tc")]
            if sum(1 if s is None else int(s.get(f"{W}val")) for s in spans) != width:
                yield "a row has not one cell for each column of its table (17.4.48)"
