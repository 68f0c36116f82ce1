"""Chinese to English by the phrase book: whole phrases, slots, nouns, periods; and nothing by guessing."""

from __future__ import annotations

import pytest

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.narrative import bundled_narrative
from qinggong.catalogue.phrasebook import Phrasebook, load_phrasebook
from qinggong.publish.document import Bulletin, Cell, Column, Figure, Number, Paragraph, Section, Table
from qinggong.publish.english.lexicon import has_chinese, listed_names, translated
from qinggong.publish.english.words import unit_in_english


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("总体情况", "Overview"),
        ("规模以上工业增加值", "Value added of industry above designated size"),
        ("家具制造业利润总额同比", "Growth of total profits of furniture"),
        ("有关行业增加值增速（2024年8月份）", "Growth of value added by industry (August 2024)"),
        ("增加值单月同比增速（2022年6月份至2024年8月份）", "Growth of value added in single months (June 2022 to August 2024)"),
        ("7月份同比", "Growth in July"),
        ("1—7月同比", "Growth in January–July"),
        ("75.93万亿", "75.93 trillion yuan"),
        ("单位：亿元、%", "Unit: hundred million yuan, %"),
        ("2024-1—2月", "2024-01/02"),
        ("规模以上工业利润总额：not in the store。", None),
        ("金属制品业*", "Metal products*"),
        ("9月14日", "14 September"),
        ("国家统计局", "National Bureau of Statistics of China"),
        ("轻工业增加值增速强劲", None),  # not in the book: no English
        ("某某行业（2024年8月份）", None),
        ("plain text", "plain text"),
    ],
)  # fmt: skip
def test_what_the_book_holds_and_what_it_does_not(chinese: str, english: str | None) -> None:
    if english is None and chinese.startswith("规模以上工业利润总额"):
        english = "Total profits of industry above designated size: not in the store."
    assert translated(chinese) == english


def test_names_with_the_sign_of_a_list_inside_are_one_name() -> None:
    assert listed_names(["酒", "饮料和精制茶制造业", "家具制造业"]) == "Alcohol, beverages and refined tea; furniture"
    assert listed_names(["家具制造业", "不知名业"]) is None


def test_sentences_are_translated_part_by_part_or_not_at_all() -> None:
    assert translated("2024年8月份，启用的规则没有发出预警。") == "In August 2024, the rules in use gave no warning."
    assert translated("不以任何机构名义。2024年8月份，启用的规则没有发出预警。") is None


def test_every_unit_of_the_catalogue_has_english() -> None:
    units = load_catalogue().units
    assert unit_in_english("亿元") == "hundred million yuan"
    assert unit_in_english("万台") == "ten thousand sets"
    assert not [u for u in units if units[u].name_en == ""]


def test_the_phrase_book_has_no_chinese_in_its_english_and_the_same_slots() -> None:
    assert not [k for k, v in load_phrasebook().phrases.items() if has_chinese(v)]
    assert not [k for k, p in bundled_narrative().phrases.items() if has_chinese(p.en)]
    with pytest.raises(ValueError, match="slots"):
        Phrasebook.model_validate(
            {"kind": "phrasebook", "source": "s", "valid_from": "2024-01-01", "phrases": {"{n}个": "some"}, "short": {}}
        )


def test_a_block_without_english_is_left_out_and_the_last_section_says_so() -> None:
    from qinggong.publish.english.edition import finished

    told = Paragraph(
        ("2024年8月份，启用的规则有", Number("3", "a"), "条信号，按行业归并为", Number("2", "b"), "件。"), "lead"
    )
    strange = Paragraph(("某种没有英文的说法", Number("1", "c"), "。"), "body")
    table = Table("表1-1", "主要指标（2024年8月份）", (Column("指标"), Column("同比", "%")), ((Cell("制造业增加值"), Cell("4.3", "d")),),
                  source="国家统计局、工业和信息化部")  # fmt: skip
    figure = Figure(
        "图1-1", "主要指标（2024年8月份）", {"mark": "全国工业", "description": "折线图"}, alt="看不懂的替代文字"
    )
    bulletin = Bulletin(
        "轻工业运行监测月报", "2024年8月", "2024年8月份", "2024年第8期", "", (),
        (
            Section("warnings", "十一", "预警提示", (told, strange, table, figure)),
            Section("notes", "十二", "没有英文的节", (told,)),
        ),
        (),
        "2024-09-28T00:00:00+08:00",
    )  # fmt: skip

    class Known:
        as_of, release_date = "", "2024-09-28"

    english = finished(bulletin, Known())  # type: ignore[arg-type]
    assert english.language == "en"
    assert english.title == "Monthly Bulletin of China's Light Industry"
    assert (english.subtitle, english.issue_line) == ("August 2024", "No. 8, 2024")
    (section,) = english.sections
    assert (section.numeral, section.title) == ("11", "Warnings")
    lead, shown, drawn, note = section.blocks
    assert isinstance(lead, Paragraph)
    assert lead.text == "In August 2024, the rules in use gave 3 signals, grouped into 2 cases by industry."
    assert [n.fact_id for n in lead.inlines if isinstance(n, Number)] == ["a", "b"]
    assert isinstance(shown, Table)
    assert shown.label == "Table 1-1"
    assert shown.rows[0] == (Cell("Value added of manufacturing"), Cell("4.3", "d"))
    assert shown.source == (
        "Source: National Bureau of Statistics of China; Ministry of Industry and Information Technology"
    )
    assert isinstance(drawn, Figure)
    assert drawn.spec["mark"] == "All industry"
    assert drawn.alt == "Chart: Main indicators (August 2024)"
    assert isinstance(note, Paragraph)
    assert "1 block of section 11 (Warnings)" in note.text
    assert "section 12, which has no English title" in note.text
