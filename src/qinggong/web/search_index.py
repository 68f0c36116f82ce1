"""The index of a site of files (检索索引): what its search page reads, as a script, so that it needs no server."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection

from qinggong.web.place import Place
from qinggong.web.readings import series_name
from qinggong.web.search import KINDS, entries
from qinggong.web.series_index import known_by, slug_of
from qinggong.web.views import word

FILE = "search-index.js"


def index_script(place: Place, day: dt.date | None, *, pages: Collection[str]) -> bytes:
    """Names of everything with a page, as ``window.qinggongIndex``.

    Parameters
    ----------
    day
        Of the snapshot; ``None`` for the newest.
    pages
        Addresses of the pages that are there; nothing else is found. Of the series only the national ones are in the
        index, as in the search of the server.
    """
    found = {
        "kinds": {kind: [name, word(name, english=True)] for kind, name in KINDS.items()},
        "entries": [
            {
                "kind": e.kind, "path": e.path, "code": e.code, "name": e.name, "name_en": e.name_en,
                "names": e.names, "pinyin": e.pinyin, "initials": e.initials, "weight": e.weight,
            }
            for e in entries(place) if e.path.partition("#")[0] in pages
        ],
        "series": [
            {
                "slug": slug_of(h.series), "id": h.series.id, "subject": f"{h.series.subject_kind}:{h.series.subject}",
                "scope": h.series.scope, "indicator": h.series.indicator, "name": series_name(place, h.series),
                "name_en": series_name(place, h.series, english=True),
            }
            for h in known_by(place.index.all, day) if h.series.region == "CN"
        ],
        "releases": [
            {"name": r.name, "title": f"{r.title}（{r.name}）", "title_en": f"Bulletin {r.name}"}
            for r in place.releases.all() if f"/releases/{r.name}" in pages
        ],
    }  # fmt: skip
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return f"window.qinggongIndex={text};\n".encode()
