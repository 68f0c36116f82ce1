"""What pages take from a release: adjusted series, progress of tasks, pulls of a province; and the way to the desk."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from qinggong.config import open_workspace
from qinggong.office.database import open_database
from qinggong.web import views
from qinggong.web.app import create_app
from qinggong.web.ask import Ask
from qinggong.web.pages.plans import plan
from qinggong.web.place import Place

REVENUE = "/series/industry-13-nbs-CN-revenue-level-published-ytd-亿元"
PRICES = "/series/industry-13-nbs-CN-producer_prices-yoy-published-month-pct"
PLAN = "/plans/steady_growth_2023_2024"


def data(client: TestClient, path: str, **more: str) -> Any:
    answer = client.get(f"{path}.json", params=more)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def rows(client: TestClient, path: str, **more: str) -> list[dict[str, str]]:
    answer = client.get(f"{path}.csv", params=more)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


# ----------------------------------------------------------------------------------------------- adjusted series


def test_a_series_shows_original_adjusted_and_trend_of_the_release(client: TestClient) -> None:
    told = data(client, REVENUE)["adjusted"]
    assert (told["release"], told["unit"], told["verdict"]) == ("2025-08", "亿元", "良好")
    assert told["publisher"] == "合成数据（本系统测算）" and "regARIMA" in told["method"]
    first = told["rows"][0]
    assert first["period"] == "2023-01/2023-02"
    assert (first["original"], first["adjusted"], first["trend"]) == (190.5, 101.5, 101.25)
    page = client.get(REVENUE).text
    assert 'id="fig-adjusted"' in page and "原序列、季调后与趋势" in page
    assert "测算" in page and "取自2025-08期月报" in page and "1—2月为两个月合计" in page


def test_the_table_of_the_adjusted_series_is_what_the_page_shows(client: TestClient) -> None:
    listed = rows(client, REVENUE, table="adjusted")
    told = data(client, REVENUE)["adjusted"]["rows"]
    assert [float(r["adjusted"]) for r in listed] == [r["adjusted"] for r in told]
    shown = re.search(r'id="h-adjusted".*?</table>', client.get(REVENUE).text, flags=re.DOTALL)
    assert shown is not None and shown[0].count("<tr>") == len(listed) + 1
    assert "—" in shown[0]  # the month without an original


def test_the_chosen_months_hold_for_the_adjusted_series_too(client: TestClient) -> None:
    told = data(client, REVENUE, **{"from": "2025-03", "to": "2025-06"})["adjusted"]["rows"]
    assert [r["period"] for r in told] == ["2025-03", "2025-04", "2025-05", "2025-06"]


def test_january_and_february_are_drawn_by_the_month(client: TestClient) -> None:
    page = client.get(REVENUE).text
    figure = re.search(r'id="fig-adjusted".*?</figure>', page, flags=re.DOTALL)
    assert figure is not None and "95.25" in figure[0] and "190.5" not in figure[0]


def test_a_series_that_was_not_adjusted_says_nothing_of_it(client: TestClient) -> None:
    assert data(client, PRICES)["adjusted"] is None and "h-adjusted" not in client.get(PRICES).text
    assert client.get(f"{PRICES}.csv", params={"table": "adjusted"}).status_code == 400


def test_before_the_release_there_is_no_adjusted_series(client: TestClient) -> None:
    assert data(client, REVENUE, as_of="2025-06-01")["adjusted"] is None


def test_an_industry_shows_all_its_adjusted_series(client: TestClient) -> None:
    told = data(client, "/industries/13")["adjusted"]
    assert [one["indicator"] for one in told] == ["revenue"]
    assert 'id="fig-adjusted-revenue"' in client.get("/industries/13").text
    assert len(rows(client, "/industries/13", table="adjusted")) == len(told[0]["rows"])
    assert data(client, "/industries/14")["adjusted"] == []


# ------------------------------------------------------------------------------------------------------- tasks


def test_a_task_shows_measures_industries_and_the_targets_it_serves(client: TestClient) -> None:
    tasks = {t["code"]: t for g in data(client, PLAN)["groups"] for t in g["tasks"]}
    food = tasks["food"]
    assert [i["code"] for i in food["industry_lines"]] == ["13", "14", "15"]
    assert food["industry_lines"][0]["zone"] == "渐热" and food["industry_lines"][0]["points"][0]["text"] == "0.4"
    (aim,) = food["targets"]
    assert (aim["code"], aim["value"], aim["required"], aim["probability"]) == ("value_added_growth", 3.8, 5.1, 42.0)
    assert tasks["home"]["measures"]
    listed = [r for r in rows(client, PLAN, table="tasks") if "食品" in r.values()]
    assert len(listed) == 1 and "42" in " ".join(listed[0].values())


def test_the_page_says_where_the_handling_of_tasks_stands(client: TestClient) -> None:
    page = client.get(PLAN).text
    assert "任务的承办和办理情况属于内部工作，在工作区查看" in page and "服务的目标" in page
    assert "42%（31—55）" in page and "各年平均 3.7%" in page and "承办人" not in page


def test_without_a_release_tasks_keep_their_measures(client: TestClient) -> None:
    told = data(client, PLAN, as_of="2024-06-01")
    tasks = [t for g in told["groups"] for t in g["tasks"]]
    assert any(t["measures"] for t in tasks) and not any(t["targets"] for t in tasks)
    assert "没有该方案可跟踪的目标数字" in client.get(PLAN, params={"as_of": "2024-06-01"}).text


# ---------------------------------------------------------------------------------------------------- provinces


def test_a_province_shows_which_industries_pull_it(client: TestClient) -> None:
    (told,) = data(client, "/regions/44")["contributions"]
    assert (told["indicator"], told["period"], told["growth"]) == ("value_added", "2025-01/2025-08", 2.9)
    assert [(p["code"], p["contribution"], p["share"]) for p in told["parts"]] == [
        ("13", 0.31, 4.8),
        ("21", -0.05, None),
    ]
    page = client.get("/regions/44").text
    assert 'id="fig-pull-value_added"' in page and "合计不等于全省增速" in page and "0.31" in page
    assert [r["code"] for r in rows(client, "/regions/44", table="contributions")] == ["13", "21"]


def test_a_province_without_them_says_why(client: TestClient) -> None:
    assert data(client, "/regions/31")["contributions"] == []
    assert "没有该省分行业的拉动" in client.get("/regions/31").text
    assert "没有该省分行业的拉动" not in client.get("/regions/81").text  # nothing is held of it at all


# ----------------------------------------------------------------------------------------------------- the desk


@pytest.mark.usefixtures("looking_at_once")
def test_the_work_area_is_named_where_there_is_an_office(copied: Callable[[], Path]) -> None:
    workspace = copied()
    layout = open_workspace(workspace)
    with TestClient(create_app(workspace)) as client:
        before = client.get("/")
        assert 'href="/desk"' not in before.text
        open_database(layout.office, files=layout.office_files, make=True).close()
        after = client.get("/", headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200 and '<a class="language" href="/desk">工作区</a>' in after.text
        assert "Work area" in client.get("/?lang=en").text and 'href="/desk"' in client.get(PLAN).text
        assert 'href="/desk"' in client.get("/nothing").text


def test_files_of_a_site_never_name_the_work_area(full: Path) -> None:
    place, ask = Place(full), Ask(PLAN, static=True)
    page = plan(place, ask, PLAN.rpartition("/")[2])
    assert b"/desk" not in views.render(page, ask, told=place.told(None), synthetic=True, desk=True)
    assert b"/desk" in views.render(page, Ask(PLAN), told=place.told(None), synthetic=True, desk=True)
