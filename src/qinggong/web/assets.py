"""Files that never change (静态文件): style, script, font slices, the chart library; named by their content.

Style and script are files of this package. Font slices are cut from the bundled font and the chart library is written
by the drawing library, both once for an installation: they are kept in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path

from qinggong.catalogue import load_catalogue
from qinggong.publish.fonts import FAMILY, WEIGHTS, Weight, font_dir

PACKAGED = {"style.css": "text/css; charset=utf-8", "desk.css": "text/css; charset=utf-8",
"portal.js": "text/javascript; charset=utf-8", "search.js": "text/javascript; charset=utf-8",
"compare.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}  # fmt: skip
VEGA, FONTS = "vega.js", "fonts.css"
_FIRST, _SLICE, _FREQUENT, _RARE = 240, 120, 1560, 220
_NAMED = re.compile(r"^(?P<stem>[a-z0-9-]+)\.[0-9a-f]{12}\.(?P<ending>css|js|svg|woff2)$")
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file with its type; ``name`` carries the beginning of the hash of its content or of what it is made from."""

    name: str
    kind: str
    content: bytes


def cache_folder() -> Path:
    """Where made files are kept; may be deleted at any time."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "qinggong" / "portal"


def address(plain: str) -> str:
    """The name under which a file is served: ``style.css`` → ``style.0123456789ab.css``."""
    stem, _, ending = plain.rpartition(".")
    return f"{stem}.{_mark(plain)}.{ending}"


@cache
def _mark(plain: str) -> str:
    if plain in PACKAGED:
        return _sum((resources.files("qinggong.web") / "static" / plain).read_bytes())
    if plain == VEGA:
        return _sum(f"{metadata.version('vl-convert-python')} 1".encode())
    if plain == FONTS:
        return _sum(_font_style().encode())
    number, weight = _slice_of(plain)
    return _sum(repr((_font_mark(), weight, slices()[number])).encode())


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def find(name: str) -> Asset | None:
    """The file served under a name; made at the first question. ``None`` if there is none of that name."""
    parsed = _NAMED.match(name)
    if parsed is None:
        return None
    plain = f"{parsed['stem']}.{parsed['ending']}"
    try:
        if address(plain) != name:
            return None
    except (KeyError, IndexError, ValueError):
        return None
    return _held(plain, name)


@cache
def _held(plain: str, name: str) -> Asset:
    if plain in PACKAGED:
        return Asset(name, PACKAGED[plain], (resources.files("qinggong.web") / "static" / plain).read_bytes())
    if plain == FONTS:
        return Asset(name, "text/css; charset=utf-8", _font_style().encode())
    kind = "text/javascript; charset=utf-8" if plain == VEGA else "font/woff2"
    kept = cache_folder() / name
    with _LOCK:
        if kept.is_file():
            return Asset(name, kind, kept.read_bytes())
        content = _bundle() if plain == VEGA else _cut(*_slice_of(plain))
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            part = kept.with_name(f".{name}.{os.getpid()}")
            part.write_bytes(content)
            part.rename(kept)
        except OSError:
            pass  # without a cache folder the file is made anew in each process
        return Asset(name, kind, content)


def _bundle() -> bytes:
    """The chart library with its interpreter of expressions, as one script that sets ``vegaEmbed``."""
    import vl_convert

    from qinggong.publish.drawing import VEGA_LITE

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)).encode("utf-8")


# ---------------------------------------------------------------------------------------------------- fonts


@cache
def slices() -> tuple[str, ...]:
    """The characters of the font in parts: frequent ones by frequency, the rest by code point.

    The first part is what every page needs: letters, digits, signs, the commonest characters.
    """
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    font = TTFont(font_dir() / "NotoSansSC-Regular.ttf", lazy=True)
    held = {chr(code) for code in font.getBestCmap()}
    counts: Counter[str] = Counter()
    for text in _texts():
        counts.update(text)  # of a whole text: a character at a time takes ten times as long
    for c in counts.keys() - held:
        del counts[c]
    base = [c for c in sorted(held) if ord(c) < 0x2E80 and (ord(c) < 0x7F or c in counts)]
    common = [c for c, _ in sorted(counts.items(), key=lambda x: (-x[1], x[0])) if c not in base]
    cut = max(_FIRST, len(base) + 60)
    first = base + common[: cut - len(base)]
    frequent = common[cut - len(base) : _FREQUENT]
    parts = ["".join(first)]
    parts += ["".join(frequent[i : i + _SLICE]) for i in range(0, len(frequent), _SLICE)]
    rare = sorted(held - set(first) - set(frequent))
    parts += ["".join(rare[i : i + _RARE]) for i in range(0, len(rare), _RARE)]
    return tuple(parts)


def _texts() -> Iterator[str]:
    """Texts whose characters are frequent on pages: templates many times, the catalogue's names once."""
    web, data = Path(str(resources.files("qinggong.web"))), Path(str(resources.files("qinggong.catalogue"))) / "data"
    for path in sorted([*web.glob("templates/**/*.j2"), *web.glob("**/*.py")]):
        yield path.read_text(encoding="utf-8") * 4
    for path in sorted(data.glob("*/*.yaml")):
        yield path.read_text(encoding="utf-8")
    catalogue = load_catalogue()
    for industry in catalogue.industries.values():
        yield industry.name if industry.level in ("group", "class") else industry.name * 6
    for indicator in catalogue.indicators.values():
        yield (indicator.name * 4) + indicator.definition
    for region in catalogue.regions.values():
        yield region.name * 2
    for subject in catalogue.known_subjects.values():
        yield subject.name


@cache
def _font_style() -> str:
    """``@font-face`` rules; a browser loads the parts whose characters a page has."""
    rules = []
    for number in reversed(range(len(slices()))):  # the last rule that has a character counts
        ranges = _ranges(slices()[number])
        for weight, value in WEIGHTS.items():
            name = address(f"font-{weight.lower()}-{number}.woff2")
            rules.append(
                f'@font-face{{font-family:"{FAMILY}";font-weight:{value};font-display:swap;'
                f'src:url({name}) format("woff2");unicode-range:{ranges}}}'
            )
    return "\n".join(rules)


def _ranges(characters: str) -> str:
    """Code points as ``unicode-range``, neighbours joined."""
    codes = sorted(map(ord, characters))
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ",".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def _slice_of(plain: str) -> tuple[int, Weight]:
    found = re.match(r"^font-(regular|bold)-(\d{1,3})\.woff2$", plain)
    if found is None:
        raise KeyError(plain)
    return int(found[2]), "Bold" if found[1] == "bold" else "Regular"


@cache
def _font_mark() -> str:
    return _sum(b"".join((font_dir() / f"NotoSansSC-{w}.ttf").read_bytes() for w in WEIGHTS))


def _cut(number: int, weight: Weight) -> bytes:
    """One part of the font as WOFF2."""
    from fontTools import subset  # type: ignore[import-untyped]

    options = subset.Options()
    options.layout_features = ["kern", "mark", "ccmp"]
    options.hinting = False
    options.recalc_timestamp = False
    options.flavor = "woff2"
    font = subset.load_font(str(font_dir() / f"NotoSansSC-{weight}.ttf"), options)
    cutter = subset.Subsetter(options=options)
    cutter.populate(unicodes=[ord(c) for c in slices()[number]])
    cutter.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()


def every() -> tuple[str, ...]:
    """Names of all files, for a site of files."""
    fonts = [f"font-{w.lower()}-{n}.woff2" for n in range(len(slices())) for w in WEIGHTS]
    return tuple(address(plain) for plain in (*PACKAGED, FONTS, VEGA, *fonts))


def warm() -> None:
    """Make what every page needs before the first question."""
    for plain in (FONTS, "font-regular-0.woff2", "font-bold-0.woff2", VEGA):
        find(address(plain))
