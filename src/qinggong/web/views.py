"""From a page to HTML (呈现): templates, words in two languages, numbers and signs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib import resources

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qinggong.catalogue.synthetic import NOTICE, NOTICE_EN
from qinggong.periods import parse
from qinggong.web import assets
from qinggong.web.ask import Ask
from qinggong.web.charts import interrupted
from qinggong.web.english import english as in_english
from qinggong.web.english import narrow
from qinggong.web.page import Drawing, Page, in_script, svg_of
from qinggong.web.place import Told
from qinggong.web.readings import told_period, written

NAVIGATION = (
    ("/", "概览"), ("/industries", "行业"), ("/regions", "地区"), ("/indicators", "指标"), ("/compare", "比较"),
    ("/plans", "方案"), ("/warnings", "预警"), ("/releases", "发布"), ("/methods", "方法"),
)  # fmt: skip


def render(page: Page, ask: Ask, *, told: Told | None, synthetic: bool, title: str = "", desk: bool = False) -> bytes:
    """The page as HTML; ``desk`` leads to the work area."""
    english = ask.english
    if english and page.template == "error":
        page = in_english(page)
    text = _environment().get_template(f"{page.template}.html.j2").render(
        **page.extra,
        page=page,
        ask=ask,
        d=page.data,
        t=partial(word, english=english),
        link=ask.link,
        here=ask.here,
        data_link=ask.data,
        asset=lambda name: ask.asset(assets.address(name)),
        drawing=page.drawing,
        navigation=[
            (path, word(name, english=english), _is_here(path, ask.path))
            for path, name in NAVIGATION
        ],
        told=told,
        notice=(NOTICE_EN if english else NOTICE) if synthetic else "",
        portal_title=title,
        desk=desk and not ask.static,
        period=lambda p, stock=False: told_period(p, english=english, stock=stock),
    )  # fmt: skip
    return (narrow(text) if english else text).encode("utf-8")


def _is_here(path: str, now: str) -> bool:
    return now == path if path == "/" else now == path or now.startswith(f"{path}/")


def word(chinese: str, *, english: bool) -> str:
    """A word of the page in the language asked for; without a translation it stays Chinese."""
    return words().get(chinese, chinese) if english else chinese


@cache
def words() -> Mapping[str, str]:
    """Chinese to English."""
    text = (resources.files("qinggong.web") / "templates" / "en.yaml").read_text(encoding="utf-8")
    read: dict[str, str] = yaml.safe_load(text)
    return read


def sign(value: float | None) -> str:
    """Class of a number: rising, falling, level, or none."""
    if value is None:
        return "none"
    return "up" if value > 0 else "down" if value < 0 else "flat"


def short_month(code: str) -> str:
    """The last month of a period: ``2025-12``."""
    one = parse(code)
    return f"{one.year}-{one.last:02d}"


def spark(values: list[float]) -> Markup:
    """A word-sized line of the last values."""
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    points = " ".join(
        f"{60 * i / (len(values) - 1):.1f},{15 - 14 * (v - low) / span:.1f}" for i, v in enumerate(values)
    )
    x, y = points.split(" ")[-1].split(",")
    return Markup(
        '<svg class="spark" viewBox="-2 -2 66 20" aria-hidden="true">'
        f'<polyline points="{points}"/><circle cx="{x}" cy="{y}" r="2"/></svg>'
    )


def svg(one: Drawing) -> Markup:
    return Markup(svg_of(one))


def packed(one: Drawing) -> Markup:
    """The specification for the script of the page."""
    return Markup(in_script(one.spec))


def sized(number: int) -> str:
    """Bytes in words."""
    return f"{number / 1024 / 1024:.1f} MB" if number >= 1 << 20 else f"{max(1, round(number / 1024))} kB"


def apart(unit: str) -> str:
    """A unit after its number: an English word stands apart, a sign or a Chinese word does not."""
    return f" {unit}" if unit[:1].isascii() and unit[:1].isalpha() else unit


def percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.0f}%"


def prepare() -> None:
    """Compile all templates, which otherwise the first reader of each kind of page waits for."""
    environment = _environment()
    for name in environment.list_templates(filter_func=lambda name: name.endswith(".html.j2") and "/" not in name):
        environment.get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("qinggong.web", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        apart=apart,
        sign=sign,
        spark=spark,
        svg=svg,
        packed=packed,
        sized=sized,
        percent=percent,
        short_month=short_month,
        interrupted=interrupted,
    )
    environment.globals.update(written=written, any_markup=Markup)
    return environment
