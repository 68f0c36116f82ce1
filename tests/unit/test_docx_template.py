"""The user's own Word template: filled by its named styles, kept as it is, and refused if anything in it could act."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from lxml import etree  # type: ignore[import-untyped]
from word_sample import picture, pictures, word_bulletin

from qinggong.publish import docx_template
from qinggong.publish.docx import render_docx
from qinggong.publish.docx_template import TemplateError, open_template

BULLETIN = word_bulletin()


def _saved(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _house() -> docx.document.Document:
    """A letterhead with a picture, own margins, one own style, and placeholders, one of them cut in two."""
    document = docx.Document()
    section = document.sections[0]
    section.left_margin, section.right_margin = Cm(4), Cm(3)
    head = section.header.paragraphs[0]
    head.add_run().add_picture(io.BytesIO(picture()), width=Cm(2))
    head.add_run("某某局　{{时期}}")
    section.footer.paragraphs[0].text = "内部资料"
    own = document.styles.add_style("轻工正文", WD_STYLE_TYPE.PARAGRAPH)
    own.font.size = Pt(13)
    title = document.add_paragraph(style="Title")
    title.add_run("关于{{")
    title.add_run("副题").bold = True
    title.add_run("}}轻工业的{{标题}}")
    document.add_paragraph("编印：{{日期}}，{{ Issue }}")
    document.add_paragraph("{{正文}}")
    document.add_paragraph("报送：某某办公厅")
    document.add_paragraph("{{资料来源}}")
    return document


def _filled(template: bytes, **changes: object) -> docx.document.Document:
    bulletin = word_bulletin(**changes)  # type: ignore[arg-type]
    return docx.Document(io.BytesIO(render_docx(bulletin, pngs=pictures(bulletin), template=template)))


def _changed(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def test_placeholders_are_filled_where_they_stand() -> None:
    texts = [p.text for p in _filled(_saved(_house())).paragraphs]
    assert texts[0] == "关于2024年8月轻工业的轻工业经济运行月报"
    assert texts[1] == "编印：2024年9月27日，2024年第8期"
    assert "轻工业经济运行月报" not in texts  # the template has its place, so it is not printed again
    sent, sources = texts.index("报送：某某办公厅"), texts.index("资料来源")
    assert texts.index("一、第1部分") < sent < sources < len(texts) - 1
    assert not any("{{" in text for text in texts)


def test_page_header_footer_and_pictures_are_kept() -> None:
    data = _saved(_house())
    done = _filled(data)
    section, before = done.sections[0], docx.Document(io.BytesIO(data)).sections[0]
    for side in ("page_width", "page_height", "left_margin", "right_margin", "top_margin"):
        assert getattr(section, side) == getattr(before, side)
    assert section.header.paragraphs[0].text == "某某局　2024年8月"
    assert section.header.part.rels and section.footer.paragraphs[0].text == "内部资料"
    assert done.inline_shapes[0].width == pytest.approx((Cm(21.59) - Cm(7)) * 0.975, rel=0.01)
    widths = [int(g.get(qn("w:w"))) for g in done.tables[0]._tbl.tblGrid]
    assert sum(widths) == pytest.approx((Cm(21.59) - Cm(7)) / 635, abs=30)


def test_styles_of_the_template_go_before_ours() -> None:
    data = _saved(_house())
    template = open_template(data, name="house.docx")
    assert {"title", "heading1", "caption", "body"} <= set(template.styles)
    assert "table" not in template.styles
    done = _filled(data)
    assert done.styles["轻工正文"].font.size == Pt(13)
    used = {p.style.name for p in done.paragraphs if p.style is not None}
    assert {"轻工正文", "Heading 1", "Caption", "轻工注释"} <= used
    assert done.tables[0].style is not None and done.tables[0].style.name == "轻工三线表"
    plain = done.styles["轻工注释"].element.find(qn("w:rPr"))
    assert plain.find(qn("w:rFonts")) is None  # what is added follows the template's typeface


def test_missing_styles_are_told_in_sentences() -> None:
    told = open_template(_saved(_house()), name="house.docx").messages
    assert told[0] == "模板“house.docx”中没有表格的样式（找过“轻工三线表”“三线表”等），改用补入的“轻工三线表”"
    assert "house.docx" in told[1] and "注释（轻工注释）" in told[1] and len(told) == 2

    def without_headings(parts: dict[str, bytes]) -> None:
        root = etree.fromstring(parts["word/styles.xml"])
        for style in root.findall(qn("w:style")):
            if style.find(qn("w:name")).get(qn("w:val")) in ("heading 1", "Title"):
                root.remove(style)
        parts["word/styles.xml"] = etree.tostring(root)

    data = _changed(_saved(docx.Document()), without_headings)
    told = open_template(data, name="旧.docx").messages
    assert any("一级标题" in line and "改用补入的“标题 1”" in line for line in told)
    headings = [p for p in _filled(data).paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert len(headings) == 7


def test_chinese_style_names_and_aliases_are_found() -> None:
    document = docx.Document()
    document.styles.add_style("一级标题", WD_STYLE_TYPE.PARAGRAPH)

    def renamed(parts: dict[str, bytes]) -> None:
        text = parts["word/styles.xml"].decode()
        text = text.replace('w:val="heading 1"', 'w:val="节标题"').replace('<w:name w:val="Body Text"/>',
        '<w:name w:val="我的"/><w:aliases w:val="其他,轻工正文"/>')  # fmt: skip
        parts["word/styles.xml"] = text.encode()

    template = open_template(_changed(_saved(document), renamed))
    found = {role: template.styles[role] for role in ("heading1", "body")}
    assert found == {"heading1": "一级标题", "body": "BodyText"}


def test_a_template_without_places_keeps_its_text_and_gets_all_of_ours() -> None:
    document = docx.Document()
    document.add_paragraph("某某市工业和信息化局文件")
    document.add_paragraph()
    texts = [p.text for p in _filled(_saved(document)).paragraphs]
    assert texts[:5] == [
        "某某市工业和信息化局文件",
        "轻工业经济运行月报",
        "2024年第8期",
        "2024年8月",
        "所有数字均为示例",
    ]
    assert texts[-3] == "资料来源"


def test_a_place_in_a_table_cell_is_filled_too() -> None:
    document = docx.Document()
    document.add_table(rows=1, cols=1).rows[0].cells[0].paragraphs[0].text = "{{正文}}"
    done = _filled(_saved(document))
    cell = done.tables[0].rows[0].cells[0]
    assert "一、第1部分" in [p.text for p in cell.paragraphs]
    assert cell._tc[-1].tag == qn("w:p")


def test_what_is_not_known_stays_and_is_told() -> None:
    document = docx.Document()
    document.add_paragraph("{{签发人}} {{正文}}")
    template = open_template(_saved(document), name="a.docx")
    assert any("{{签发人}}" in line and "{{正文}}" in line for line in template.messages)
    assert "{{签发人}}" in "\n".join(p.text for p in _filled(_saved(document)).paragraphs)


def test_same_bytes_twice_and_every_page_says_what_is_synthetic() -> None:
    bulletin = word_bulletin(mark="合成数据（示例）")
    for data in (_saved(_house()), _saved(docx.Document())):
        made = [render_docx(bulletin, pngs=pictures(bulletin), template=data) for _ in range(2)]
        assert made[0] == made[1]
        section = docx.Document(io.BytesIO(made[0])).sections[0]
        assert "合成数据（示例）" in [p.text for p in section.header.paragraphs]
        with zipfile.ZipFile(io.BytesIO(made[0])) as archive:
            assert {m.date_time for m in archive.infolist()} == {(2024, 9, 27, 0, 0, 0)}
            root = etree.fromstring(archive.read("word/document.xml"))
        kinds = {r.get(qn("w:type")) for r in root.iter(qn("w:headerReference"))}
        assert {"default", "even"} <= kinds


def test_lists_of_the_template_are_not_disturbed() -> None:
    document = docx.Document()
    document.styles["List Bullet"].element.getparent().remove(document.styles["List Bullet"].element)
    before = {n.get(qn("w:numId")) for n in document.part.numbering_part.element.findall(qn("w:num"))}
    done = _filled(_saved(document))
    root = done.part.numbering_part.element
    names = [etree.QName(child).localname for child in root]
    numbers = {n.get(qn("w:numId")) for n in root.findall(qn("w:num"))}
    assert names == sorted(names)  # abstractNum before num
    (own,) = numbers - before
    assert done.styles["轻工要点"].element.find(f".//{qn('w:numId')}").get(qn("w:val")) == own


# ------------------------------------------------------------------------------------------------ refused


def _relation(kind: str, target: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        name = "word/_rels/document.xml.rels"
        base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        told = (f'<Relationship Id="rIdX" Type="{base}/{kind}" '
                f'Target="{target}" TargetMode="External"/></Relationships>')  # fmt: skip
        parts[name] = parts[name].replace(b"</Relationships>", told.encode())

    return change


def _in_body(markup: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", f"<w:body>{markup}".encode())

    return change


def _macros(parts: dict[str, bytes]) -> None:
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )


def _hidden_macros(parts: dict[str, bytes]) -> None:
    parts["word/vbaProject.bin"] = b"x"


def _entity(parts: dict[str, bytes]) -> None:
    text = parts["word/document.xml"].decode().split("?>", 1)[1]
    parts["word/document.xml"] = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>{text}'.encode()


def _up(parts: dict[str, bytes]) -> None:
    parts["word/../../evil.xml"] = b"<a/>"


_FIELD = (
    '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> INCLUDE</w:instrText></w:r><w:r>'
    '<w:instrText>PICTURE "http://x"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_macros, "含宏"),
        (_hidden_macros, "含有宏"),
        (_relation("attachedTemplate", "file:///C:/a.dotm"), "附加的模板"),
        (_relation("image", "http://example.org/a.png"), "外部链接"),
        (_relation("hyperlink", "file:///etc/passwd"), "外部链接"),
        (_relation("oleObject", "file:///a.xlsx"), "嵌入的对象"),
        (_in_body(_FIELD), "INCLUDEPICTURE"),
        (_in_body('<w:p><w:fldSimple w:instr="DDEAUTO c:\\\\cmd"/></w:p>'), "DDEAUTO"),
        (_in_body("<w:altChunk/>"), "插入的外部文件"),
        (_entity, "不是完整的 Word 文件"),
        (_up, "不合规定"),
        (lambda parts: parts.pop("word/document.xml"), "不是 Word 文件"),
        (lambda parts: parts.pop("[Content_Types].xml"), "不是 Word 文件"),
        (lambda parts: parts.update({"word/styles.xml": b"<w:styles"}), "不是完整的 Word 文件"),
    ],
)  # fmt: skip
def test_what_could_act_or_is_broken_is_refused_in_one_sentence(
    change: Callable[[dict[str, bytes]], None], said: str
) -> None:
    data = _changed(_saved(docx.Document()), change)
    with pytest.raises(TemplateError) as caught:
        open_template(data, name="house.docx")
    told = str(caught.value)
    assert said in told and "house.docx" in told and "\n" not in told and "。" not in told


def test_a_link_to_the_web_may_stay() -> None:
    data = _changed(_saved(docx.Document()), _relation("hyperlink", "https://www.example.org/"))
    assert open_template(data).styles["title"]


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"%PDF-1.7", "第一行".encode(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9]
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(TemplateError, match="模板"):
        open_template(data)


def test_a_workbook_is_no_template() -> None:
    from qinggong.publish.bulletin_workbook import render_bulletin_workbook

    with pytest.raises(TemplateError, match="不是 Word 文件"):
        open_template(render_bulletin_workbook(BULLETIN))


def test_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _saved(docx.Document())
    packed = _changed(data, lambda parts: parts.update({"word/media/a.bin": b"\0" * (3 * 2**20)}))
    with pytest.raises(TemplateError, match="解开后过大"):
        open_template(packed)
    many = _changed(
        data, lambda parts: parts.update({f"word/media/{n}.png": b"" for n in range(docx_template.MOST_PARTS)})
    )
    with pytest.raises(TemplateError, match="解开后过大"):
        open_template(many)
    monkeypatch.setattr(docx_template, "LARGEST_FILE", 1000)
    with pytest.raises(TemplateError, match="超过模板的上限"):
        open_template(data)


def test_a_part_that_is_larger_than_it_says_is_refused() -> None:
    data = bytearray(_saved(docx.Document()))
    at = data.rfind(b"PK\x01\x02")  # the last entry of the directory claims a smaller size
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(TemplateError, match=r"已损坏|不合规定|不是完整"):
        open_template(bytes(data))


def test_a_template_file_becomes_a_document(tmp_path: Path) -> None:
    def as_template(parts: dict[str, bytes]) -> None:
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"document.main+xml", b"template.main+xml")

    path = tmp_path / "a.docx"
    data = _changed(_saved(docx.Document()), as_template)
    path.write_bytes(render_docx(BULLETIN, pngs=pictures(BULLETIN), template=data))
    assert docx.Document(str(path)).paragraphs


@pytest.mark.soak
def test_broken_templates_are_filled_or_refused_and_never_crash() -> None:
    """400 templates with a changed byte, a missing part, a missing element or an odd attribute."""
    with zipfile.ZipFile(io.BytesIO(_saved(_house()))) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}
    small = sorted(n for n, part in whole.items() if n.endswith((".xml", ".rels")) and len(part) < 20_000)
    bulletin = word_bulletin(sections=2)
    chance, done = random.Random(20261122), {"filled": 0, "refused": 0}
    for turn in range(400):
        parts, name = dict(whole), chance.choice(small)
        text = parts[name].decode()
        if turn % 4 == 0:
            data = bytearray(parts[name])
            data[chance.randrange(len(data))] = chance.randrange(256)
            parts[name] = bytes(data)
        elif turn % 4 == 1:
            del parts[name]
        else:
            found = list(re.finditer(r"<[\w:]+[^<>]*/>" if turn % 4 == 2 else r'(?<==")[^"]*(?=")', text))
            if found:
                at = chance.choice(found)
                new = "" if turn % 4 == 2 else chance.choice(["", "x", "-1", "9" * 12, "../..", "1.5"])
                parts[name] = (text[: at.start()] + new + text[at.end() :]).encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for key, part in parts.items():
                archive.writestr(key, part)
        try:
            render_docx(bulletin, pngs=pictures(bulletin), template=out.getvalue())
            done["filled"] += 1
        except TemplateError:
            done["refused"] += 1
    assert min(done.values()) > 50
