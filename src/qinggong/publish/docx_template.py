"""The user's own Word template (模板): taken in only if it is harmless, and filled by its named styles.

Nothing of a template is executed or fetched: one with macros, embedded objects, links to other files or fields that
fetch is refused with a sentence.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from qinggong.publish.docx_frame import Frame
from qinggong.publish.docx_looks import HOLE, Role, bullet_list, look, placeholder_names, placeholders, roles, style_of
from qinggong.publish.docx_markup import Node, W, node, w
from qinggong.publish.docx_package import CONTENT_TYPES, MAIN_TYPE, PART_TYPES, Package
from qinggong.publish.states import ReleaseError

LARGEST_FILE = 20 * 2**20
LARGEST_UNPACKED = 150 * 2**20
LARGEST_PART = 50 * 2**20
MOST_PARTS = 1000
MOST_PACKED = 200
"""A part of more than a megabyte that is this many times its packed size is no document's."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCUMENT_TYPES = {MAIN_TYPE, MAIN_TYPE.replace(".document.main+xml", ".template.main+xml")}
_STRICT = "http://purl.oclc.org/ooxml/"
_REFUSED_KINDS = {
    "vbaProject": "宏", "wordVbaData": "宏", "keyMapCustomizations": "宏的快捷键", "attachedToolbars": "宏的工具栏",
    "oleObject": "嵌入的对象", "package": "嵌入的文件", "control": "ActiveX 控件", "activeXControlBinary": "ActiveX 控件",
    "aFChunk": "插入的外部文件", "subDocument": "子文档", "mailMergeSource": "邮件合并的数据源",
    "mailMergeHeaderSource": "邮件合并的数据源",
}  # fmt: skip
_REFUSED_ELEMENTS = {
    "altChunk": "插入的外部文件",
    "subDoc": "子文档",
    "object": "嵌入的对象",
    "control": "ActiveX 控件",
}
_FETCHING = re.compile(
    r"\s*(INCLUDEPICTURE|INCLUDETEXT|INCLUDE|IMPORT|LINK|DDE|DDEAUTO|DATABASE|RD|EMBED|MACROBUTTON)\b", re.I
)
_HARMLESS_LINK = re.compile(r"(https?://|mailto:)", re.I)


class TemplateError(ReleaseError):
    """A file that cannot serve as a template; the message is a Chinese sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class WordTemplate:
    """A template that has been looked through: ``data`` is the file, ``parts`` what it holds.

    ``styles`` maps each role found to the identifier of a style, ``missing`` are the roles without one, ``messages``
    say in Chinese which are missing and what is used instead.
    """

    name: str
    data: bytes = field(repr=False)
    parts: Mapping[str, bytes] = field(repr=False)
    main: str
    styles: Mapping[str, str]
    missing: tuple[Role, ...]
    messages: tuple[str, ...]


def open_template(data: bytes, *, name: str = "模板") -> WordTemplate:
    """Look a template through.

    Raises
    ------
    TemplateError
        If it is no DOCX, too large, or holds anything that could run or fetch.
    """
    parts = _unpacked(data, name)
    package = Package(dict(parts))
    try:
        package.main = _main_part(package, name)
        _harmless(package, name)
        styles, missing = _chosen(package)
        unknown = sorted(_unknown_places(package))
    except TemplateError:
        raise
    except (KeyError, ValueError, etree.LxmlError) as error:
        raise TemplateError(f"“{name}”不是完整的 Word 文件，请用 Word 或 WPS 打开后另存为 .docx 再试") from error
    if package.tree(package.main).find(w("body")) is None:
        raise TemplateError(f"“{name}”中没有正文部分，请用 Word 或 WPS 打开后另存为 .docx 再试")
    told = [*_told(missing, name)]
    if unknown:
        known = "、".join(f"{{{{{names[0]}}}}}" for names in placeholder_names().values())
        told.append(f"模板“{name}”中的“{'”“'.join(unknown)}”不认识，原样保留；可用的有{known}")
    return WordTemplate(name, data, parts, package.main, styles, missing, tuple(told))


# ------------------------------------------------------------------------------------------------ looking through


def _unpacked(data: bytes, name: str) -> dict[str, bytes]:
    """The parts of the file, as long as it keeps within its limits."""
    if len(data) > LARGEST_FILE:
        raise TemplateError(
            f"“{name}”有{len(data) / 2**20:.0f} MB，超过模板的上限{LARGEST_FILE // 2**20} MB，请压缩其中的图片"
        )
    if data.startswith(_OLD_OFFICE):
        raise TemplateError(f"“{name}”是加密的文件或旧版 .doc，请去掉密码，用 Word 或 WPS 另存为 .docx")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise TemplateError(f"“{name}”不是 Word 文件（.docx），请换一个") from error
    with archive:
        told = [entry for entry in archive.infolist() if not entry.is_dir()]
        huge = any(
            e.file_size > LARGEST_PART or (e.file_size > 2**20 and e.file_size > MOST_PACKED * max(e.compress_size, 1))
            for e in told
        )
        if len(told) > MOST_PARTS or huge or sum(e.file_size for e in told) > LARGEST_UNPACKED:
            raise TemplateError(f"“{name}”解开后过大，不像 Word 模板，没有读取")
        names = [entry.filename for entry in told]
        bad = any(n.startswith("/") or "\\" in n or ".." in n.split("/") for n in names)
        if bad or len({n.casefold() for n in names}) != len(names):
            raise TemplateError(f"“{name}”内部的文件名重复或不合规定，没有读取，请用 Word 或 WPS 另存为 .docx")
        if any(entry.flag_bits & 1 for entry in told):
            raise TemplateError(f"“{name}”是加密的文件，请去掉密码后再试")
        try:
            return {entry.filename: archive.read(entry) for entry in told}
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as error:
            raise TemplateError(f"“{name}”已损坏，不能读取，请用 Word 或 WPS 另存为 .docx") from error


def _main_part(package: Package, name: str) -> str:
    if CONTENT_TYPES not in package.parts or "_rels/.rels" not in package.parts:
        raise TemplateError(f"“{name}”不是 Word 文件（.docx），请换一个")
    if any(_STRICT in str(one.get("Type")) for one in package.relations("")):
        raise TemplateError(f"“{name}”是严格（Strict）格式，请另存为普通的 Word 文档（.docx）")
    found = package.related("", "officeDocument")
    if not found or found[0][1] not in package.parts:
        raise TemplateError(f"“{name}”不是 Word 文件（.docx），请换一个")
    main = found[0][1]
    kind = package.declared(main)
    if "macroEnabled" in kind:
        raise TemplateError(f"“{name}”是含宏的文件（.docm），请另存为不含宏的 .docx")
    if kind not in _DOCUMENT_TYPES:
        raise TemplateError(f"“{name}”不是 Word 文件（.docx），请换一个")
    return main


def _harmless(package: Package, name: str) -> None:
    """Refuse what could run or fetch, wherever in the package it stands."""
    if any(part.casefold().endswith(("vbaproject.bin", "vbadata.xml")) for part in package.parts):
        raise TemplateError(f"“{name}”含有宏，请另存为不含宏的 .docx")
    for part in sorted(package.parts):
        if part.endswith(".rels"):
            for one in package.tree(part):
                _harmless_relation(one, name)
        elif part.endswith(".xml") or package.declared(part).endswith("xml"):
            _harmless_markup(package.tree(part), name)


def _harmless_relation(one: Node, name: str) -> None:
    kind, target = str(one.get("Type", "")).rpartition("/")[2], str(one.get("Target", ""))
    if kind in _REFUSED_KINDS:
        raise TemplateError(f"“{name}”含有{_REFUSED_KINDS[kind]}，不能作模板，请删去后再试")
    if one.get("TargetMode") == "External" and not (kind == "hyperlink" and _HARMLESS_LINK.match(target)):
        what = "附加的模板" if kind == "attachedTemplate" else "外部链接"
        raise TemplateError(f"“{name}”引用了文件以外的内容（{what}“{target[:80]}”），请改为嵌入或删去后再试")


def _harmless_markup(root: Node, name: str) -> None:
    code: list[str] = []
    for one in root.iter():
        if not isinstance(one.tag, str):
            continue
        local = one.tag.rpartition("}")[2]
        if one.tag.startswith(f"{{{W}}}"):
            if local in _REFUSED_ELEMENTS:
                raise TemplateError(f"“{name}”含有{_REFUSED_ELEMENTS[local]}，不能作模板，请删去后再试")
            if local == "fldChar":
                code.append("\n")
            elif local == "instrText":
                code.append(one.text or "")
            elif local == "fldSimple":
                code += ["\n", str(one.get(w("instr"), "")), "\n"]
    for instruction in "".join(code).split("\n"):
        found = _FETCHING.match(instruction)
        if found:
            raise TemplateError(f"“{name}”含有会读取外部内容的域（{found[1].upper()}），请删去后再试")


def _unknown_places(package: Package) -> set[str]:
    """Placeholders of the text that nobody fills."""
    known = placeholders()
    lines = ("".join(t.text or "" for t in p.iter(w("t"))) for p in package.tree(package.main).iter(w("p")))
    return {hole[0][:40] for line in lines for hole in HOLE.finditer(line) if hole[1].casefold() not in known}


# ------------------------------------------------------------------------------------------------ styles


def _styles_part(package: Package) -> str:
    found = package.related(package.main, "styles")
    return found[0][1] if found and found[0][1] in package.parts else ""


def _named(package: Package) -> Iterator[tuple[str, str, str]]:
    """Kind, name and identifier of every style, each alias as a name of its own."""
    part = _styles_part(package)
    for one in package.tree(part).findall(w("style")) if part else ():
        for element in ("name", "aliases"):
            held = one.find(w(element))
            for name in str(held.get(w("val"), "")).split(",") if held is not None else ():
                yield str(one.get(w("type"), "paragraph")), _folded(name), str(one.get(w("styleId"), ""))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _chosen(package: Package) -> tuple[dict[str, str], tuple[Role, ...]]:
    held: dict[tuple[str, str], str] = {}
    for kind, name, identifier in _named(package):
        if identifier:
            held.setdefault((kind, name), identifier)
    found: dict[str, str] = {}
    missing = []
    for key, role in roles().items():
        used = next((held[role.kind, _folded(n)] for n in role.find if (role.kind, _folded(n)) in held), None)
        if used is None:
            missing.append(role)
        else:
            found[key] = used
    return found, tuple(missing)


def _shown(name: str) -> str:
    return {"Title": "标题", "Subtitle": "副标题", "heading 1": "标题 1", "heading 2": "标题 2", "caption": "题注"}.get(
        name, name
    )


def _told(missing: tuple[Role, ...], name: str) -> Iterator[str]:
    """One sentence for each missing style of importance, and one for all others."""
    for role in missing:
        if not role.minor:
            looked = "”“".join(role.find[:3])
            as_text = "" if role.kind == "table" else "，字体随模板的正文"
            yield f"模板“{name}”中没有{role.label}的样式（找过“{looked}”等），改用补入的“{_shown(role.name)}”{as_text}"
    others = [f"{role.label}（{_shown(role.name)}）" for role in missing if role.minor]
    if others:
        yield f"模板“{name}”中没有这些样式，已补入并随模板的正文字体：{'、'.join(others)}"


# ------------------------------------------------------------------------------------------------ a frame


def template_frame(template: WordTemplate) -> Frame:
    """A copy of the template with the styles it lacks, ready to be filled."""
    package = Package(dict(template.parts), template.main)
    _as_document(package)
    part = _styles_part(package)
    if not part:
        part = "word/styles.xml"
        package.add(part, PART_TYPES["styles"], node("styles"))
        package.relate(package.main, "styles", f"/{part}")
    sheet = package.tree(part)
    base, size = _normal(sheet)
    styles = dict(template.styles)
    added = _bullets(package) if any(role.key == "bullet" for role in template.missing) else 0
    taken = {str(one.get(w("styleId"))) for one in sheet.findall(w("style"))}
    chosen = look("bulletin")
    for role in template.missing:
        identifier = role.id if role.id not in taken else f"{role.id}Qg"
        told = _following(role, chosen.styles[role.key], size)
        made = style_of(
            replace(role, id=identifier), told, latin=chosen.latin, based_on=base, plain=True, bullets=added
        )
        for reference in [*made.findall(w("next")), *([] if base else made.findall(w("basedOn")))]:
            made.remove(reference)
        sheet.append(made)
        styles[role.key] = identifier
    body = package.tree(package.main).find(w("body"))
    numbers = [int(one.get(w("id"), "0")) for one in body.iter(w("bookmarkStart")) if one.get(w("id"), "").isdigit()]
    drawn = [
        int(one.get("id", "0"))
        for one in body.iter()
        if str(one.tag).endswith("}docPr") and one.get("id", "").isdigit()
    ]
    cells = {role: _size(sheet, styles[role]) or min(size, 9.0) for role in ("cell", "note")}
    return Frame(
        package, styles, _text_width(body), chosen, own=False,
        bookmarks=max(numbers, default=0), drawings=max(drawn, default=0) + 1000, sizes=cells,
    )  # fmt: skip


def _as_document(package: Package) -> None:
    """A template file (.dotx) becomes a document."""
    if package.declared(package.main) != MAIN_TYPE:
        package.declare("Override", "PartName", f"/{package.main}", MAIN_TYPE)


def _following(role: Role, told: Mapping[str, Any], size: float) -> dict[str, Any]:
    """A role's formatting without typeface and colour; what is as large as text takes the template's size."""
    made = dict(told)
    if role.kind != "paragraph":
        return made
    if told["size"] == 12:
        made["size"], made["size_of_text"] = size, True
    if role.key in (
        "title",
        "subtitle",
        "heading1",
        "heading2",
        "caption",
        "cell_head",
        "contents_head",
        "summary_head",
    ):
        made["bold"] = True
    made.pop("shade", None)
    made.pop("rule", None)
    return made


def _normal(sheet: Node) -> tuple[str, float]:
    """Identifier of the template's default paragraph style and its size in points."""
    for one in sheet.findall(w("style")):
        if one.get(w("type")) == "paragraph" and one.get(w("default")) in ("1", "true", "on"):
            identifier = str(one.get(w("styleId")))
            return identifier, _size(sheet, identifier) or 10.0
    return "", _size(sheet, "") or 10.0


def _size(sheet: Node, identifier: str) -> float | None:
    """Size of a style's text in points, followed up to the document's defaults."""
    by_id = {str(one.get(w("styleId"))): one for one in sheet.findall(w("style"))}
    seen: set[str] = set()
    while identifier in by_id and identifier not in seen:
        seen.add(identifier)
        style = by_id[identifier]
        held = style.find(f"{w('rPr')}/{w('sz')}")
        if held is not None and str(held.get(w("val"))).isdigit():
            return int(held.get(w("val"))) / 2
        above = style.find(w("basedOn"))
        identifier = str(above.get(w("val"))) if above is not None else ""
    held = sheet.find(f"{w('docDefaults')}/{w('rPrDefault')}/{w('rPr')}/{w('sz')}")
    return int(held.get(w("val"))) / 2 if held is not None and str(held.get(w("val"))).isdigit() else None


def _bullets(package: Package) -> int:
    """Add our list of bullets to the template's lists; its number."""
    found = package.related(package.main, "numbering")
    if not found or found[0][1] not in package.parts:
        name = "word/numbering.xml"
        package.add(name, PART_TYPES["numbering"], node("numbering"))
        package.relate(package.main, "numbering", f"/{name}")
    else:
        name = found[0][1]
    root = package.tree(name)
    taken = [
        int(value)
        for tag, key in (("abstractNum", "abstractNumId"), ("num", "numId"))
        for one in root.findall(w(tag))
        if (value := one.get(w(key), "")).isdigit()
    ]
    number = max(taken, default=0) + 1
    pattern, used = bullet_list(number)
    # Patterns stand before the lists that use them.
    first = root.find(w("num"))
    root.insert(list(root).index(first) if first is not None else len(root), pattern)
    last = root.findall(w("num"))
    root.insert(list(root).index(last[-1]) + 1 if last else len(root), used)
    return number


def _text_width(body: Node) -> float:
    """Width of the text of the section into which the content goes, in points."""
    section = body.find(w("sectPr"))
    for line in body.iter(w("p")):
        if "".join(t.text or "" for t in line.iter(w("t"))).strip().casefold() in ("{{正文}}", "{{body}}"):
            later = [s for p in line.itersiblings(w("p")) for s in p.findall(f"{w('pPr')}/{w('sectPr')}")]
            section = later[0] if later else section
            break
    if section is None:
        return 415.3
    size, edge = section.find(w("pgSz")), section.find(w("pgMar"))

    def length(holder: Node | None, key: str, otherwise: int) -> int:
        value = str(holder.get(w(key), "")) if holder is not None else ""
        return int(value) if value.lstrip("-").isdigit() else otherwise

    edges = sum(length(edge, side, otherwise) for side, otherwise in (("left", 1800), ("right", 1800), ("gutter", 0)))
    width = length(size, "w", 11906) - edges
    # Between two inches and Word's widest page.
    return min(max(width / 20, 144.0), 1584.0)
