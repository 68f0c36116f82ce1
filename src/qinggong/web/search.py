"""Search (检索): by Chinese, pinyin or its initials, English and code; and what may be meant by a wrong code."""

from __future__ import annotations

import difflib
import re
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qinggong.store.base import SeriesKey
from qinggong.web.ask import BadRequest

if TYPE_CHECKING:
    from qinggong.web.place import Place

LONGEST = 80
MOST = 50
KINDS = {
    "industry": "行业", "group": "行业组", "region": "地区", "indicator": "指标", "series": "序列", "plan": "方案",
    "rule": "预警规则", "release": "月报", "method": "方法",
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found: its page, its names, how it is pronounced."""

    kind: str
    path: str
    code: str
    name: str
    name_en: str
    names: tuple[str, ...]
    pinyin: tuple[str, ...]
    initials: tuple[str, ...]
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    kind: str
    path: str
    code: str
    name: str
    name_en: str
    score: float


_indexes: weakref.WeakKeyDictionary[Place, tuple[Entry, ...]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def spoken(text: str) -> tuple[str, str]:
    """Pinyin of a text without tones, whole and by initials: 家具 → (``jiaju``, ``jj``)."""
    from pypinyin import Style, lazy_pinyin

    parts = [p for part in lazy_pinyin(text, style=Style.NORMAL) for p in ([part] if part.isascii() else [])]
    parts = ["".join(c for c in part.lower() if c.isalnum()) for part in parts]
    return "".join(parts), "".join(p[0] for p in parts if p)


def entries(place: Place) -> tuple[Entry, ...]:
    """Everything with a page of its own, made once for a workspace."""
    with _lock:
        if place not in _indexes:
            _indexes[place] = tuple(_made(place))
        return _indexes[place]


def _made(place: Place) -> list[Entry]:
    catalogue = place.catalogue
    held = {(k, c) for k, c, _ in place.index.subjects()}
    found: list[Entry] = []
    for i in catalogue.industries.values():
        weight = {"aggregate": 8, "section": 6, "division": 5, "group": 2, "class": 0}[i.level]
        weight += 3 * (("industry", i.code) in held) + 2 * i.whole
        found.append(
            _entry("industry", f"/industries/{i.code}", i.code, i.name, i.name_en, (i.short, *i.aliases), weight)
        )
    for (kind, code), s in catalogue.subjects.items():
        if kind == "group":
            names = tuple(w.name for w in s.wordings)
            found.append(
                _entry("group", f"/industries/{code}", code, s.name, s.name_en, names, 2 + 4 * ((kind, code) in held))
            )
    provincial = any(r != "CN" for r in place.index.regions())  # without any figure there are no pages of provinces
    for r in catalogue.regions.values() if provincial else ():
        found.append(_entry("region", f"/regions/{r.code}", r.code, r.name, r.name_en, (r.short, *r.aliases), 3))
    for n in catalogue.indicators.values():
        found.append(_entry("indicator", f"/indicators/{n.code}", n.code, n.name, n.name_en, n.aliases, 3))
    for p in place.plans:
        found.append(_entry("plan", f"/plans/{p.code}", p.code, p.title, p.title_en, (p.short,), 2))
    for rule in place.warning_settings.rules:
        found.append(_entry("rule", f"/warnings#{rule.code}", rule.code, rule.name, rule.name_en, (), 1))
    from qinggong.web.pages.methods import method_pages

    for page in method_pages():
        found.append(_entry("method", f"/methods/{page.name}", page.name, page.title, page.title_en, (), 1))
    return found


def _entry(kind: str, path: str, code: str, name: str, name_en: str, others: Sequence[str], weight: int) -> Entry:
    names = tuple(dict.fromkeys(n for n in (name, *others) if n))
    said = [spoken(n) for n in names if _CHINESE.search(n)]
    return Entry(kind, path, code, name, name_en, names, tuple(w for w, _ in said), tuple(i for _, i in said), weight)


def search(place: Place, text: str, *, most: int = MOST, kinds: Sequence[str] = ()) -> list[Hit]:
    """What a text means, the likeliest first.

    Raises
    ------
    BadRequest
        If the text is longer than a name can be.
    """
    if len(text) > LONGEST:
        raise BadRequest(f"检索词有{len(text)}个字符，最多{LONGEST}个，请缩短")
    asked = text.strip().lower()
    if not asked:
        return []
    hits = [
        Hit(e.kind, e.path, e.code, e.name, e.name_en, score + e.weight)
        for e in entries(place)
        if (not kinds or e.kind in kinds) and (score := _score(e, asked)) > 0
    ]
    if not kinds or "series" in kinds:
        hits += _series(place, text.strip())
    if not kinds or "release" in kinds:
        hits += [
            Hit("release", f"/releases/{r.name}", r.name, f"{r.title}（{r.name}）", f"Bulletin {r.name}", 60)
            for r in place.releases.all() if r.name.startswith(asked)
        ]  # fmt: skip
    return sorted(hits, key=lambda h: (-h.score, h.path))[:most]


def _score(entry: Entry, asked: str) -> float:
    """How well an entry fits: code, name, initials, pinyin, English, in this order."""
    if asked == entry.code.lower():
        return 100
    names = [n.lower() for n in entry.names]
    if asked in names:
        return 95
    if _CHINESE.search(asked):
        if any(n.startswith(asked) for n in names):
            return 80
        if any(asked in n for n in names):
            return 65 - 20 * (len(names[0]) - len(asked)) / 40
        return 0
    joined = asked.replace(" ", "")
    if joined in entry.initials:
        return 75
    if any(p == joined for p in entry.pinyin):
        return 85
    if len(joined) > 1 and any(i.startswith(joined) for i in entry.initials):
        return 60
    if len(joined) > 2 and any(p.startswith(joined) for p in entry.pinyin):
        return 58
    if len(joined) > 2 and any(joined in i for i in entry.initials):
        return 40
    english = entry.name_en.lower()
    if asked == english:
        return 90
    words, known = _WORD.findall(asked), set(_WORD.findall(english))
    if words and all(any(k.startswith(w) for k in known) for w in words):
        return 55 - len(known)
    if entry.code.lower().startswith(joined) and len(joined) > 1:
        return 50
    return 30 if len(joined) > 3 and any(joined in p for p in entry.pinyin) else 0


def _series(place: Place, asked: str) -> list[Hit]:
    """National series whose subject and indicator are both named: 家具 利润, furniture profit."""
    parts = asked.lower().split()
    index = place.index
    if (one := index.find(asked)) is not None:
        return [_hit(place, one.series, 100)]
    if len(parts) != 2:
        return []
    subjects = [h for h in search(place, parts[0], most=4, kinds=("industry", "group")) if h.score > 40]
    indicators = {h.code for h in search(place, parts[1], most=4, kinds=("indicator",)) if h.score > 40}
    found = []
    for place_of, subject in enumerate(subjects):
        held = index.of(subject.kind, subject.code)
        chosen = sorted((h for h in held if h.series.indicator in indicators), key=lambda h: h.series.scope != "nbs")
        found += [_hit(place, h.series, 72 - 6 * place_of + (h.series.scope == "nbs")) for h in chosen[:8]]
    return found


def _hit(place: Place, key: SeriesKey, score: float) -> Hit:
    from qinggong.web.readings import series_name
    from qinggong.web.series_index import slug_of

    slug = slug_of(key)
    return Hit("series", f"/series/{slug}", slug, series_name(place, key), series_name(place, key, english=True), score)


def suggestions(place: Place, text: str, *, kinds: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """Up to five pages that a wrong code may mean."""
    text = text[:40].lower()
    hits = search(place, text, most=5, kinds=kinds)
    if hits:
        return tuple((h.path, h.name) for h in hits)
    known = {e.code.lower(): e for e in entries(place) if not kinds or e.kind in kinds}
    near = difflib.get_close_matches(text, known, n=5, cutoff=0.5)
    if not near and len(text) > 2:
        near = [code for code in known if code.startswith(text[:2])][:5]
    return tuple((known[code].path, known[code].name) for code in near) or _lists(kinds)


def _lists(kinds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The lists of all pages of some kinds, where no page of its own is near."""
    lists = {"industry": ("/industries", "全部行业"), "region": ("/regions", "地区"), "indicator": ("/indicators", "全部指标"),
             "plan": ("/plans", "全部方案"), "method": ("/methods", "方法")}  # fmt: skip
    return tuple(told for kind, told in lists.items() if not kinds or kind in kinds)
