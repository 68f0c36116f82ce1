"""Release pages (发布): bulletins, their files, the calendar of coming figures, the feed."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import Any

from qinggong.catalogue.calendar import release_date
from qinggong.monitor.facts import quantity
from qinggong.periods import observed_month
from qinggong.publish.feed import identifier
from qinggong.web.ask import Ask, NotFound
from qinggong.web.page import Page, table
from qinggong.web.place import Place
from qinggong.web.readings import told_period
from qinggong.web.releases import Release

KINDS = {
    "bulletin.html": "月报（网页）", "bulletin.pdf": "月报（PDF）", "bulletin.docx": "月报（Word）",
    "data/data.xlsx": "数据（Excel）", "data/facts.csv": "事实（CSV）", "data/observations.csv": "公布数字（CSV）",
    "data/portal.json": "测算结果（JSON）", "data/vintages.csv": "各次公布的数字（CSV）",
    "data/facts.parquet": "事实（Parquet）", "data/observations.parquet": "公布数字（Parquet）",
    "data/vintages.parquet": "各次公布的数字（Parquet）", "data/sdmx/data.csv": "数据（SDMX-CSV）",
    "data/sdmx/data.xml": "数据（SDMX-ML）", "data/sdmx/structure.xml": "数据结构（SDMX-ML）",
    "data/datapackage.json": "数据说明（Data Package）", "data/dcat.jsonld": "目录元数据（DCAT）",
    "data/changelog.csv": "与上期相比的变动（CSV）", "data/changelog.md": "与上期相比的变动（文字）",
    "data/specifications.jsonl": "季调设定（JSON Lines）", "data/README.md": "数据使用说明",
    "data/LICENCE.txt": "使用许可", "data/CITATION.cff": "引用格式", "data/CHECKSUMS": "校验值", "manifest.json": "清单",
}  # fmt: skip
TYPES = {
    ".html": "text/html; charset=utf-8", ".pdf": "application/pdf", ".csv": "text/csv; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json", ".jsonl": "application/x-ndjson", ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip", ".xml": "application/xml", ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8", ".cff": "text/plain; charset=utf-8", ".jsonld": "application/ld+json",
}  # fmt: skip
_MONTHS_AHEAD = 2
_NOBODY = {"agency": "", "publisher": ""}
"""Releases of earlier programs do not name who issued them."""
ANNOUNCED = "已公布日程"


def listing(place: Place, ask: Ask) -> Page:
    """All releases by the day of the question, and the releases of official figures to come."""
    rows = [_row(r) for r in place.releases.all() if ask.as_of is None or r.day <= ask.as_of]
    data = {"releases": rows, "calendar": calendar(place, ask)}
    columns = (("name", "期"), ("title", "标题"), ("day", "发布日"), ("state", "状态"), ("facts", "事实数"))
    csv = table("releases", "发布", columns, [[r[c] for c, _ in columns] for r in rows], "facts")
    return Page("releases", "发布", data, (csv,))


def release(place: Place, ask: Ask, name: str) -> Page:
    """One release: its bulletin, files with their sums, what went into it."""
    found = place.releases.named(name)
    if found is None or (ask.as_of is not None and found.day > ask.as_of):
        near = [(f"/releases/{r.name}", r.title) for r in place.releases.all() if r.name[:4] == name[:4]][:5]
        near = near or [(f"/releases/{r.name}", r.title) for r in place.releases.all()[:5]]
        raise NotFound(f"没有“{name[:20]}”这一期", tuple(near))
    portal = place.releases.portal(found) or {}
    data: dict[str, Any] = {
        **_row(found),
        "files": [
            {
                "name": file, "kind": KINDS.get(file, file.rpartition(".")[2].upper()), "bytes": told["bytes"],
                "sha256": told["sha256"], "path": f"/releases/{name}/files/{file}",
            }
            for file, told in sorted(found.files.items(),
            key=lambda f: (list(KINDS).index(f[0]) if f[0] in KINDS else 99, f[0]))
        ],
        "code_version": found.manifest.get("code_version", ""), "store_version": found.manifest.get("store_version"),
        "inputs": len(found.manifest.get("inputs", ())), "check": found.manifest.get("check"),
        "revisions": [_row(r) for r in place.releases.all() if r.month == found.month and r.name != name],
        "summary": _summary(portal, ask),
    }  # fmt: skip
    columns = (("name", "文件"), ("kind", "内容"), ("bytes", "字节"), ("sha256", "SHA-256"))
    csv = table("files", f"{found.title}文件", columns, [[f[c] for c, _ in columns] for f in data["files"]], "bytes")
    return Page("release", found.title, data, (csv,))


def _summary(portal: Any, ask: Ask) -> list[str]:
    """The headline figures of a release, a line each, with the period that each is of."""
    found = []
    for topic in portal.get("topics") or ():
        for m in topic["headlines"][:2] if topic["key"] != "industries" else ():
            if m["growth"]:
                what = quantity(m["name"], m["indicator"], m["indicator_name"])
                when = told_period(m["period"], english=ask.english, stock=m["sequence"] == "point")
                found.append(f"{when}{what}同比{m['growth']['text']}{m['growth']['unit']}")
    return found[:6]


def _row(r: Release) -> dict[str, Any]:
    return {
        "name": r.name, "title": r.title, "month": r.month, "day": r.day.isoformat(), "state": r.state,
        "revision": r.revision, "facts": r.manifest.get("facts"), "synthetic": r.synthetic,
        "path": f"/releases/{r.name}",
        "size": sum(int(f["bytes"]) for f in r.files.values()),
    }  # fmt: skip


def calendar(place: Place, ask: Ask) -> list[dict[str, str]]:
    """Releases of official figures from the day of the question (or the newest figure) on."""
    days = [h.latest for h in place.index.all if h.latest is not None]
    day = ask.as_of or (max(days) if days else None)
    if day is None:
        return []
    found = []
    for rule in place.catalogue.rules.values():
        for ahead in range(-3, _MONTHS_AHEAD + 1):
            number = day.year * 12 + day.month - 1 + ahead
            period = observed_month(number // 12, number % 12 + 1)
            told = release_date(rule, period=period, announced=place.catalogue.announced)
            if day < told.expected <= day + dt.timedelta(days=62):
                found.append(
                    (
                        told.expected.isoformat(),
                        {
                            "day": told.expected.isoformat(), "what": told.family_name,
                            "period": told_period(period, english=ask.english),
                            "announced": ANNOUNCED if told.announced else "按惯例推定",
                        },
                    )
                )  # fmt: skip
    unique = {(d, r["what"], r["period"]): r for d, r in found}
    return [unique[key] for key in sorted(unique)]


def feed(place: Place, *, base: str, ending: str = "") -> str:
    """All releases as an Atom feed; a page is at ``base`` + name + ``ending``, relative to the feed or whole."""
    newest = place.releases.all()
    updated = newest[0].day.isoformat() if newest else "1970-01-01"
    issuer = newest[0].manifest.get("issuer", _NOBODY) if newest else _NOBODY
    items = "".join(
        f"<entry><id>{identifier(r.manifest.get('issuer', _NOBODY), r.name)}</id>"
        f"<title>{escape(r.title)}（{r.name}）</title><updated>{r.day.isoformat()}T00:00:00+08:00</updated>"
        f'<link href="{escape(base)}{r.name}{ending}"/></entry>'
        for r in newest
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">'
        f"<id>{identifier(issuer)}</id><title>轻工运行监测：发布</title><updated>{updated}T00:00:00+08:00</updated>"
        f'<author><name>轻工运行监测</name></author><link rel="self" href="{escape(base)}feed.xml"/>{items}</feed>\n'
    )
