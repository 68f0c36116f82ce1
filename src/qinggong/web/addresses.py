"""The table of addresses (地址表): every public page, its function, its parameters, what it says in the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from qinggong.web.english import page_in
from qinggong.web.page import Page
from qinggong.web.pages import (
    finding,
    indicators,
    industries,
    methods,
    overview,
    plans,
    regions,
    releases,
    series,
    warnings,
)

PageFunction = Callable[..., Page]
"""A page: place, question, and the parts of the address by name."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of page.

    Attributes
    ----------
    route
        Address with the parts that vary in braces; the data stand at the same address with ``.json`` and ``.csv``.
    parameters
        Names of its own parameters with what they are; those of all pages (day, language) come by themselves.
    """

    name: str
    route: str
    page: PageFunction
    summary: str
    parameters: Mapping[str, str]

    def address(self, form: str) -> str:
        base = "/index" if self.route == "/" else self.route
        return f"{base}.{form}"

    def path_of(self, found: Mapping[str, str]) -> str:
        path = self.route
        for name, value in found.items():
            path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
        return path

    def documented(self) -> list[dict[str, Any]]:
        """The parameters as OpenAPI names them."""
        told = [_parameter(n, w, "path") for n, w in _PARTS.items() if f"{{{n}" in self.route]
        told += [_parameter(n, w, "query") for n, w in self.parameters.items()]
        told.append(
            _parameter("as_of", "只用该日及以前已发布的数字，2025-10-01 / what was published by then", "query", "date")
        )
        told.append({**_parameter("lang", "zh 或 en / language of names", "query"), "schema": {"enum": ["zh", "en"]}})
        return told


def _parameter(name: str, what: str, place: str, form: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "maxLength": 400}
    if form:
        schema = {"type": "string", "format": form}
    return {"name": name, "in": place, "required": place == "path", "description": what, "schema": schema}


_PARTS = {
    "code": "代码 / code", "slug": "序列名称，见序列页地址 / name of a series", "name": "名称 / name",
}  # fmt: skip
_RANGE = {"from": "起始月份 2020-01 / first month", "to": "截止月份 / last month"}


def _family(name: str, route: str, page: Any, summary: str, **parameters: str) -> Family:
    return Family(name, route, page, summary, parameters)


_FAMILIES: tuple[Family, ...] = (
    _family("overview", "/", overview.overview, "概览：主要数字、信号灯、预警 / overview"),
    _family("industries", "/industries", industries.listing, "行业列表 / industries"),
    _family("industry", "/industries/{code}", industries.industry, "一个行业 / one industry", scope="口径 / scope"),
    _family(
        "regions", "/regions", regions.listing, "各省 / provinces", indicator="指标代码 / indicator",
        subject="行业，如 industry:13@nbs / subject",
    ),
    _family("region", "/regions/{code}", regions.region, "一个省 / one province"),
    _family("indicators", "/indicators", indicators.listing, "指标列表 / indicators"),
    _family("indicator", "/indicators/{code}", indicators.indicator, "一个指标 / one indicator"),
    Family(
        "compare", "/compare", series.compare, "序列比较，至多8个 / compare series",
        {"series": "序列名称，逗号分隔 / names of series", "base": "first 表示以首期为100 / rebase", **_RANGE},
    ),
    Family("series", "/series/{slug:path}", series.series, "一个序列及其各版本 / one series with its vintages", _RANGE),
    _family("plans", "/plans", plans.listing, "方案与目标 / plans and targets"),
    _family("plan", "/plans/{code}", plans.plan, "一个方案 / one plan"),
    _family("warnings", "/warnings", warnings.listing, "预警与规则记录 / warnings and rules"),
    _family("releases", "/releases", releases.listing, "发布与日程 / releases and calendar"),
    _family("release", "/releases/{name}", releases.release, "一期发布 / one release"),
    _family("methods", "/methods", methods.listing, "方法列表 / methods"),
    _family("method", "/methods/{name}", methods.method, "一个方法 / one method"),
    _family("search", "/search", finding.found, "检索 / search", q="中文、拼音、首字母、英文或代码 / text"),
)  # fmt: skip
FAMILIES: tuple[Family, ...] = tuple(replace(family, page=page_in(family.page)) for family in _FAMILIES)
"""Every kind of page, answered in the language of the question."""
