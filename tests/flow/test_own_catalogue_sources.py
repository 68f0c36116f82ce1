"""A workspace's own catalogue reaches every source that resolves names: its alias is understood in all of them.

All figures are made up (合成).
"""

from __future__ import annotations

import json
from pathlib import Path, PurePath

import pytest
import yaml

from qinggong.catalogue import load_catalogue
from qinggong.intake import Workspace, ingest
from qinggong.sources import SHAPES, Shape, shapes

ALIAS = "本地家具合成业"
OVERLAY = f"""id: own
title: 本地名称
source: 合成
read_at: 2026-11-21
valid_from: 2026-01-01
entries:
  - {{code: "21", aliases: [家具制造, {ALIAS}]}}
"""
NAME = f"{ALIAS}利润总额_累计值"
ANSWER = json.dumps(
    {
        "returncode": 200,
        "returndata": {
            "datanodes": [
                {
                    "data": {"data": 12.5, "hasdata": True, "strdata": "12.5"},
                    "wds": [{"wdcode": "zb", "valuecode": "A020O0K"}, {"wdcode": "sj", "valuecode": "202404"}],
                }
            ],
            "wdnodes": [{"wdcode": "zb", "nodes": [{"code": "A020O0K", "cname": NAME, "unit": "亿元"}]}],
        },
    },
    ensure_ascii=False,
)
EXCHANGE = {"request": {"uri": "https://data.stats.gov.cn/easyquery.htm"}, "response": {"body": {"string": ANSWER}}}
TEXT = f"2024年1—4月份{ALIAS}运行情况\n来源：国家统计局\n2024年1—4月份，{ALIAS}利润总额12.5亿元。\n"
FILES: dict[str, bytes] = {
    "应答.json": ANSWER.encode(),
    "下载.csv": f"数据库：月度数据\n指标,2024年4月\n{NAME}(亿元),12.5\n数据来源：国家统计局\n".encode(),
    "录制.yaml": yaml.safe_dump({"interactions": [EXCHANGE]}, allow_unicode=True).encode(),
    "粘贴.json": json.dumps({f"{NAME}(亿元)": {"2024-04": 12.5, "2024-05": None}}).encode(),
    "长表.csv": f"月份,指标,数值,单位\n2024-04,{NAME},12.5,亿元\n".encode(),
    "发布.txt": TEXT.encode(),
    "序列.csv": f"指标名称,中国:利润总额:规模以上工业企业:{ALIAS}:累计值\n频率,月\n单位,亿元\n2024-04-30,12.5\n".encode(),
}


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    (folder / "industries").mkdir(parents=True)
    (folder / "industries" / "gbt4754_2017.yaml").write_text(OVERLAY, encoding="utf-8")
    return folder


def read(name: str, known: tuple[Shape, ...]) -> list[tuple[str, str]]:
    path, content = PurePath(name), FILES[name]
    shape = next(s for s in known if s.recognises(path, content))
    return [(r.subject, r.value) for r in shape.parse(path, content).rows]


@pytest.mark.parametrize("name", FILES)
def test_an_alias_of_the_workspace_is_understood(name: str, overlay: Path) -> None:
    own = shapes(overlay=overlay, catalogue=load_catalogue(overlay=overlay))
    assert read(name, own) == [("家具制造业", "12.5")]
    assert read(name, SHAPES) == []


def test_a_document_of_a_body_that_the_user_names(tmp_path: Path, overlay: Path) -> None:
    """Which body's text it is comes from the user; the names still come from the workspace's catalogue."""
    workspace = Workspace.at(tmp_path / "w", make=True)
    overlay.rename(workspace.layout.root / "catalogue")
    path = tmp_path / "发布.txt"
    path.write_text(TEXT.replace("来源：国家统计局\n", ""), encoding="utf-8")
    (done,) = ingest(Workspace.at(tmp_path / "w"), [path], publisher="国家统计局")
    assert (done.added, done.rejected) == (1, 0)
    (figure,) = [o for o in Workspace.at(tmp_path / "w").store.everything() if o.source == "file"]
    assert (figure.series.subject_key, figure.series.indicator, figure.value) == ("industry:21@nbs", "profit", 12.5)
