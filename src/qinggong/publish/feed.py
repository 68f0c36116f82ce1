"""The feed of published releases (订阅): Atom (RFC 4287), one entry a release, corrections as entries of their own.

It is written from the manifests of published releases alone, so it is the same bytes whenever it is written.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from qinggong.catalogue.synthetic import NOTICE
from qinggong.publish.states import folder_name

ATOM = "http://www.w3.org/2005/Atom"
_SPACE = uuid.UUID("8d3b6f2e-6f0b-5d0e-9a54-3c1f0c7d1a22")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINKS = (
    ("alternate", "bulletin.html", "text/html"),
    ("alternate", "bulletin.pdf", "application/pdf"),
    ("related", "data/datapackage.json", "application/json"),
    ("related", "manifest.json", "application/json"),
)


def moment_of(manifest: Mapping[str, Any]) -> str:
    """When a release came out: the moment of the calendar, else the start of its release date in China."""
    return str(manifest.get("publication") or f"{manifest['release_date']}T00:00:00+08:00")


def feed(manifests: Sequence[Mapping[str, Any]]) -> bytes:
    """The feed of releases by their manifests, the newest first; at least one.

    Identifiers are version-5 UUIDs of publisher and release: they stay when the address changes.
    """
    entries = sorted(manifests, key=lambda m: (moment_of(m), m["month"], m["edition"]), reverse=True)
    first = entries[0]
    issuer = first["issuer"]
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "zh-CN"})
    _text(root, "id", identifier(issuer))
    _text(root, "title", ("合成数据　" if first["synthetic"] else "") + str(first["title"]))
    _text(root, "updated", moment_of(first))
    _text(ET.SubElement(root, "author"), "name", issuer["publisher"] or str(first["title"]))
    if issuer["address"]:
        ET.SubElement(root, "link", rel="self", type="application/atom+xml", href=f"{issuer['address']}feed.xml")
    for one in entries:
        root.append(_entry(one, address=issuer["address"]))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entry(one: Mapping[str, Any], *, address: str) -> ET.Element:
    folder = folder_name(one["month"], one["edition"])
    entry = ET.Element("entry")
    again = f"（更正，第{one['edition']}版）" if one["edition"] > 1 else ""
    _text(entry, "id", identifier(one["issuer"], folder))
    _text(entry, "title", f"{one['period_name']}{one['title']}{again}")
    _text(entry, "updated", moment_of(one))
    _text(entry, "published", moment_of(one))
    for rel, file, kind in _LINKS:
        if file == "manifest.json" or file in one["files"]:
            ET.SubElement(entry, "link", rel=rel, type=kind, href=f"{address}{folder}/{file}")
    said = one["note"] or f"{one['facts']}个数字，数据截至{one['release_date']}。"
    _text(entry, "summary", f"{NOTICE}　{said}" if one["synthetic"] else said)
    return entry


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NOT_IN_XML.sub("", text)


def identifier(issuer: Mapping[str, str], folder: str = "") -> str:
    """The identifier of a release in every feed, of the feed itself without a folder."""
    return uuid.uuid5(_SPACE, f"{issuer['agency']}/{issuer['publisher']}/{folder}").urn
