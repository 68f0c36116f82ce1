"""An office document as its parts (包): content types, relationships, and XML read without entities or network.

Source: ISO/IEC 29500-2:2021 (Open Packaging Conventions), clauses 6 (parts, relationships) and 7 (ZIP).
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from qinggong.publish.docx_markup import NAMESPACES, Node, R
from qinggong.publish.zipfiles import rewrite_zip

CONTENT_TYPES = "[Content_Types].xml"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
PART_TYPES = {
    "styles": f"{_WORD}.styles+xml",
    "settings": f"{_WORD}.settings+xml",
    "fontTable": f"{_WORD}.fontTable+xml",
    "numbering": f"{_WORD}.numbering+xml",
    "header": f"{_WORD}.header+xml",
    "footer": f"{_WORD}.footer+xml",
}
CORE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
EXTENDED_TYPE = "application/vnd.openxmlformats-officedocument.extended-properties+xml"


def parsed(data: bytes) -> Node:
    """XML as a tree; entities are not resolved, nothing is loaded.

    Raises ``ValueError`` when it is no XML or brings its own document type.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type is declared")
    return root


def written(root: Node) -> bytes:
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return data


@dataclass(slots=True)
class Package:
    """Parts by name (``word/document.xml``); those asked for as a tree are written back from it."""

    parts: dict[str, bytes]
    main: str = "word/document.xml"
    _trees: dict[str, Node] = field(default_factory=dict)

    def tree(self, name: str) -> Node:
        """The part's root element; changes to it are kept."""
        if name not in self._trees:
            self._trees[name] = parsed(self.parts[name])
        return self._trees[name]

    def add(self, name: str, content_type: str, data: bytes | Node) -> None:
        """A new part with its content type."""
        if isinstance(data, bytes):
            self.parts[name] = data
            self._trees.pop(name, None)
        else:
            self.parts[name] = b""
            self._trees[name] = data
        self.declare("Override", "PartName", f"/{name}", content_type)

    def add_picture(self, name: str, data: bytes) -> None:
        """A PNG picture; its type follows from the ending of its name."""
        self.parts[name] = data
        self.declare("Default", "Extension", "png", "image/png")

    def declared(self, name: str) -> str:
        """The content type of a part."""
        root = self.tree(CONTENT_TYPES)
        for one in root.findall(f"{{{_TYPES}}}Override"):
            if one.get("PartName", "").casefold() == f"/{name}".casefold():
                return str(one.get("ContentType"))
        ending = name.rpartition(".")[2].casefold()
        for one in root.findall(f"{{{_TYPES}}}Default"):
            if one.get("Extension", "").casefold() == ending:
                return str(one.get("ContentType"))
        return ""

    def declare(self, kind: str, key: str, name: str, content_type: str) -> None:
        """Set the content type of a part (``Override``, ``PartName``) or of an ending (``Default``, ``Extension``)."""
        root = self.tree(CONTENT_TYPES)
        for one in root.findall(f"{{{_TYPES}}}{kind}"):
            if one.get(key, "").casefold() == name.casefold():
                one.set("ContentType", content_type)
                return
        made = etree.Element(f"{{{_TYPES}}}{kind}", {key: name, "ContentType": content_type})
        # Defaults stand before overrides, as every writer of such files does.
        root.insert(0, made) if kind == "Default" else root.append(made)

    # -------------------------------------------------------------------------------------------- relationships

    def relations(self, source: str) -> Node:
        """The relationships of a part, or of the package (``""``); made if there are none."""
        name = relations_name(source)
        if name not in self.parts:
            self.parts[name] = b""
            self._trees[name] = etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})
        return self.tree(name)

    def relate(self, source: str, kind: str, target: str, *, external: bool = False) -> str:
        """A relationship from ``source``; ``kind`` is the last word of its type or the whole address of it."""
        root = self.relations(source)
        taken = {one.get("Id") for one in root}
        number = next(n for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        told = {"Id": f"rId{number}", "Type": kind if "://" in kind else f"{R}/{kind}", "Target": target}
        if external:
            told["TargetMode"] = "External"
        etree.SubElement(root, f"{{{_RELATIONS}}}Relationship", told)
        return told["Id"]

    def related(self, source: str, kind: str) -> list[tuple[str, str]]:
        """Relationships of a type (its last word) inside the package as (identifier, part)."""
        if relations_name(source) not in self.parts:
            return []
        found = []
        for one in self.relations(source):
            if str(one.get("Type", "")).rpartition("/")[2] == kind and one.get("TargetMode") != "External":
                found.append((str(one.get("Id")), resolved(source, str(one.get("Target")))))
        return found

    def free_name(self, pattern: str) -> str:
        """The first part name of a pattern (``word/media/qinggong{}.png``) that no part has."""
        return next(name for n in range(1, len(self.parts) + 2) if (name := pattern.format(n)) not in self.parts)

    def to_bytes(self, *, release_time: str) -> bytes:
        """The document; the same parts give the same bytes."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, data in self.parts.items():
                if name in self._trees:
                    if name.startswith("word/"):
                        etree.cleanup_namespaces(
                            self._trees[name], top_nsmap=_top(name), keep_ns_prefixes=_kept(self._trees[name])
                        )
                    data = written(self._trees[name])
                archive.writestr(name, data)
        return rewrite_zip(out.getvalue(), release_time=release_time)


def _top(name: str) -> dict[str, str]:
    return NAMESPACES if name.endswith("document.xml") else {"w": NAMESPACES["w"], "r": R}


def _kept(root: Node) -> list[str]:
    """Prefixes that attributes name by text (``mc:Ignorable="w14"``) and that must not go."""
    return [prefix for prefix in root.nsmap if prefix]


def relations_name(source: str) -> str:
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def resolved(source: str, target: str) -> str:
    """The part that a relationship of ``source`` means."""
    if target.startswith("/"):
        return posixpath.normpath(target[1:])
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def empty_package() -> Package:
    """A package with nothing but its table of content types."""
    root = etree.Element(f"{{{_TYPES}}}Types", nsmap={None: _TYPES})
    for ending, told in (
        ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
        ("xml", "application/xml"),
    ):
        etree.SubElement(root, f"{{{_TYPES}}}Default", {"Extension": ending, "ContentType": told})
    package = Package({CONTENT_TYPES: b""})
    package._trees[CONTENT_TYPES] = root
    return package


def core_properties(told: dict[str, Any]) -> Node:
    """Document properties; ``told`` maps ``dc:title`` and the like to their text, dates as ISO with Z."""
    spaces = {
        "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }
    root = etree.Element(f"{{{spaces['cp']}}}coreProperties", nsmap=spaces)
    for name, text in told.items():
        prefix, _, local = name.partition(":")
        one = etree.SubElement(root, f"{{{spaces[prefix]}}}{local}")
        if prefix == "dcterms":
            one.set(f"{{{spaces['xsi']}}}type", "dcterms:W3CDTF")
        one.text = str(text)
    return root


def extended_properties(told: dict[str, str]) -> Node:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    root = etree.Element(f"{{{space}}}Properties", nsmap={None: space})
    for name, text in told.items():
        etree.SubElement(root, f"{{{space}}}{name}").text = text
    return root
