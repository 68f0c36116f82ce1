"""From the command line to the store: fetching, documents without a body, workbooks of a new layout, real folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from typer.testing import CliRunner

from qinggong import flow
from qinggong.briefing import month_brief
from qinggong.cli import app
from qinggong.sources import nbs_fetch
from qinggong.sources.nbs_plan import FetchError, Query

RUNNER = CliRunner()
ANSWER = {
    "returncode": 200,
    "returndata": {
        "datanodes": [
            {
                "code": "zb.A02090A01_sj.202403",
                "data": {"data": 0.0, "dotcount": 1, "hasdata": False, "strdata": ""},
                "wds": [{"wdcode": "zb", "valuecode": "A02090A01"}, {"wdcode": "sj", "valuecode": "202403"}],
            },
            {
                "code": "zb.A02090A01_sj.202404",
                "data": {"data": 1.0, "dotcount": 1, "hasdata": True, "strdata": "12.3"},
                "wds": [{"wdcode": "zb", "valuecode": "A02090A01"}, {"wdcode": "sj", "valuecode": "202404"}],
            },
        ],
        "wdnodes": [
            {
                "wdcode": "zb",
                "nodes": [
                    {"code": "A02090A01", "cname": "啤酒产量_当期值", "name": "啤酒产量_当期值", "unit": "万千升"}
                ],
            }
        ],
    },
}
ASK = ["fetch", "nbs", "啤酒", "--from", "2024-03", "--to", "2024-04"]


def test_what_is_fetched_is_frozen_with_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A synthetic answer in place of the service: one figure, one missing."""

    def answered(query: Query, **_: object) -> list[nbs_fetch.Saved]:
        content = json.dumps(ANSWER, ensure_ascii=False).encode()
        return [nbs_fetch.Saved("啤酒.json", "https://data.example.invalid/easyquery.htm?zb=A02090A", content)]

    monkeypatch.setattr(nbs_fetch, "fetch", answered)
    done = RUNNER.invoke(app, [*ASK, "--workspace", str(tmp_path / "w"), "--json"])
    assert done.exit_code == 0, done.output
    ((one,),) = [q["ingested"] for q in json.loads(done.stdout)]
    assert (one["added"], one["blank"]) == (1, 1)
    workspace = flow.Workspace.at(tmp_path / "w")
    (figure,) = [o for o in workspace.store.everything() if o.source == "file"]
    assert (figure.printed, figure.printed_unit, figure.period.code) == ("12.3", "万千升", "2024-04")
    assert figure.url.startswith("https://data.example.invalid/")


def test_a_service_that_does_not_answer_costs_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(query: Query, **_: object) -> list[nbs_fetch.Saved]:
        raise FetchError(f"查询“{query}”没有结果")

    monkeypatch.setattr(nbs_fetch, "fetch", refused)
    done = RUNNER.invoke(app, [*ASK, "--workspace", str(tmp_path / "w")])
    assert done.exit_code == 1
    assert "没有结果" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fetch", "wind", "啤酒", "--from", "2024-03", "--to", "2024-04"], "不认识的来源"),
        (["fetch", "nbs", "啤酒"], "--from"),
        (["fetch", "nbs", "没有的东西", "--from", "2024-03", "--to", "2024-04"], "没有的东西"),
    ],
)
def test_wrong_questions_are_refused_before_anything_is_asked(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = RUNNER.invoke(app, [*arguments, "--workspace", str(tmp_path / "w")])
    assert done.exit_code == 2
    assert said in done.output


def test_a_document_without_a_body_needs_one_and_replays_with_it(tmp_path: Path) -> None:
    """Synthetic text in the style of a release; 口径 of 轻工业 depends on whose release it is."""
    document = tmp_path / "稿件.txt"
    document.write_text(
        "2024年1—8月轻工业经济运行情况（合成数据，仅供测试）\n"
        "2024年1—8月，轻工业增加值同比增长4.4%。轻工业实现利润总额7777.7亿元，同比增长3.3%。\n",
        encoding="utf-8",
    )
    root = str(tmp_path / "w")
    refused = RUNNER.invoke(app, ["ingest", str(document), "--workspace", root, "--json"])
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)[0]["added"] == 0
    assert {f["rule"] for f in json.loads(refused.stdout)[0]["findings"]} >= {"unknown-publisher"}
    named = RUNNER.invoke(
        app, ["ingest", str(document), "--workspace", root, "--publisher", "中国轻工业联合会", "--json"]
    )
    assert named.exit_code == 0, named.output
    assert json.loads(named.stdout)[0]["added"] == 3
    workspace = flow.Workspace.at(tmp_path / "w")
    mine = [o for o in workspace.store.everything() if o.source == "file"]
    assert {o.series.scope for o in mine} == {"cnlic"}
    assert {o.printed for o in mine} == {"4.4", "7777.7", "3.3"}
    again = RUNNER.invoke(app, ["replay", "--check", "--workspace", root])
    assert again.exit_code == 0, again.output


def test_a_workbook_of_a_new_layout_is_proposed_confirmed_and_read(tmp_path: Path) -> None:
    path = tmp_path / "行业数据.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("合成数据")
    sheet.write_row(0, 0, ["月份", "造纸和纸制品业增加值同比(%)", "家具制造业增加值同比(%)"])
    for line, (month, a, b) in enumerate(
        (("2024年4月", 1.5, 2.5), ("2024年5月", 1.7, 2.6), ("2024年6月", 1.9, 2.7)), start=1
    ):
        sheet.write_row(line, 0, [month, a, b])
    book.close()
    root = str(tmp_path / "w")
    first = RUNNER.invoke(app, ["ingest", str(path), "--workspace", root])
    assert "版式建议" in first.output, first.output
    (layout,) = (tmp_path / "w" / "catalogue").rglob("*.yaml")
    before = len(flow.Workspace.at(tmp_path / "w").store.everything())
    text = layout.read_text(encoding="utf-8").replace("take: false", "take: true")
    layout.write_text(text, encoding="utf-8")
    confirmed = RUNNER.invoke(app, ["ingest", str(layout), "--confirm", "--workspace", root])
    assert confirmed.exit_code == 0, confirmed.output
    second = RUNNER.invoke(app, ["ingest", str(path), "--workspace", root, "--json"])
    assert second.exit_code == 0, second.output
    assert json.loads(second.stdout)[0]["added"] > 0
    assert len(flow.Workspace.at(tmp_path / "w").store.everything()) > before


def test_a_real_workbook_completes_the_ranking(real_workspace: Path) -> None:
    """With an analyst's own export all seven divisions are known, and the bulletin may rank and count them."""
    one = json.loads(real_workspace.with_name("real-ingested.json").read_text(encoding="utf-8"))[
        "htfa_wind_monthly_vintage_20251105.xlsx"
    ]
    assert one["added"] > 80_000
    assert "Wind" in one["recognised"]
    assert one["rejected"] <= 5
    workspace = flow.Workspace.at(real_workspace)
    brief = month_brief(workspace, workspace.snapshot(), at=flow.parse_month("2025-09"), parts=())
    comparison = next(c for c in brief.topic("production").comparisons if c.key == "divisions_month")
    assert comparison.complete
    assert comparison.fastest is not None and comparison.fastest.text == "6.5"
    assert comparison.growing is not None and comparison.growing.text == "5"


def test_a_customs_export_goes_in_with_its_quantities(tmp_path: Path) -> None:
    """Synthetic lines in the form of the query platform: GB18030, trailing comma, thousands separators."""
    path = tmp_path / "出口明细.csv"
    lines = [
        "数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,注册地编码,注册地名称,第一数量,第一计量单位,美元,",
        '202501,95030010,"玩具,乘骑的",502,美国,44,广东省,"1,234",千克,"12,345,678",',
        '202501,94016110,椅子,502,美国,33,浙江省,12,个,"45,678",',
    ]
    path.write_bytes("\r\n".join((*lines, "")).encode("gb18030"))
    workspace = flow.Workspace.at(tmp_path / "w", make=True)
    (one,) = flow.ingest(workspace, [path])
    assert (one.added, one.rejected) == (4, 0)
    mine = {
        (o.series.subject, o.series.region, o.series.indicator, o.series.unit): o.value
        for o in workspace.store.everything()
        if o.source == "file"
    }
    assert mine == {
        ("hs.95030010.p502", "44", "exports_usd", "亿美元"): 0.12345678,
        ("hs.95030010.p502", "44", "export_quantity", "千克"): 1234.0,
        ("hs.94016110.p502", "33", "exports_usd", "亿美元"): 0.00045678,
        ("hs.94016110.p502", "33", "export_quantity", "个"): 12.0,
    }
