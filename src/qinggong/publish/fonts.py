"""The bundled font: where it lies, which characters it has, how wide they are, and its per-document web subset.

Source: ``fonts/NotoSansSC-*.ttf``, an OFL subset of Noto Sans SC made by ``scripts/build_fonts.py``.
"""

from __future__ import annotations

import base64
import io
import re
import threading
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

Weight = Literal["Regular", "Bold"]

FAMILY = "Noto Sans SC"
WEIGHTS: dict[Weight, int] = {"Regular": 400, "Bold": 700}

# Characters that steer a line and have no picture of their own.
_INVISIBLE = frozenset("\t\n\r\u200b\u200c\u200d\u2060\ufeff\u00ad")
_BREAKS = frozenset("\t\n\u200b")
_LOCK = threading.Lock()


class FontError(ValueError):
    """The bundled font is absent or not whole."""


@cache
def font_dir() -> Path:
    """Folder of the two TrueType files, for renderers that load fonts themselves."""
    folder = Path(str(resources.files("qinggong.publish") / "fonts"))
    for weight in WEIGHTS:
        if not (folder / f"NotoSansSC-{weight}.ttf").is_file():
            raise FontError(f"no NotoSansSC-{weight}.ttf in the package's font folder: run scripts/build_fonts.py")
    return folder


@cache
def _font_bytes(weight: Weight) -> bytes:
    return (font_dir() / f"NotoSansSC-{weight}.ttf").read_bytes()


@cache
def _advances(weight: Weight) -> dict[int, float]:
    """Code point → advance width in em, from the cmap and hmtx tables."""
    font = TTFont(io.BytesIO(_font_bytes(weight)), lazy=True)
    units = float(font["head"].unitsPerEm)
    metrics = font["hmtx"].metrics
    return {code: metrics[name][0] / units for code, name in font.getBestCmap().items()}


def drawable(text: str) -> str:
    """``text`` with accented Latin letters that the font lacks set as their base letters (“čl” as “cl”)."""
    held = _advances("Regular")
    return "".join(c if ord(c) in held else _base_letter(c) for c in text)


def _base_letter(character: str) -> str:
    found = re.match(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z])\b", unicodedata.name(character, ""))
    if found is None:
        return character
    return found[2].lower() if found[1] == "SMALL" else found[2]


UNDRAWABLE = "〓"
"""Stands where the bundled font has no glyph (the printers' mark for a sort that is not in the case)."""


def printable(text: str) -> str:
    """``text`` as the bundled font can print it: accents dropped, other characters without a glyph as 〓.

    For formats that embed the font and nothing else: a PDF/A with a missing glyph is no PDF/A. The release names the
    characters (:func:`missing_characters`), so nothing is lost silently. Control characters have no place in a page.
    """
    held = _advances("Regular")
    odd = {c for c in set(text) if ord(c) not in held and c not in _BREAKS}
    return text.translate({ord(c): _stand_in(c) for c in odd}) if odd else text


def _stand_in(character: str) -> str:
    base = _base_letter(character)
    return base if base != character else "" if _steers(character) else UNDRAWABLE


def _steers(character: str) -> bool:
    """Control and format characters, surrogates and variation selectors: nothing to be seen of them."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs") or "\ufe00" <= character <= "\ufe0f"


def missing_characters(text: str) -> str:
    """Characters of ``text`` that the bundled font cannot draw, each once, in code-point order."""
    held = _advances("Regular")
    return "".join(sorted(c for c in set(text) if ord(c) not in held and c not in _INVISIBLE))


@lru_cache(maxsize=1 << 13)  # the labels of an axis are measured again in every chart
def text_width(text: str, weight: Weight = "Regular") -> float:
    """Width of one line of ``text`` in em (no kerning); an unknown character counts as one em."""
    held = _advances(weight)
    return sum(held.get(ord(c), 1.0) for c in text if c not in _INVISIBLE)


@lru_cache(maxsize=8)
def _subset(characters: str, weight: Weight) -> str:
    # The fonts keep their own modification time, so the same characters always give the same bytes.
    options = subset.Options()
    options.layout_features = ["kern", "mark", "ccmp", "halt"]
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.name_IDs = [1, 2, 13, 14]
    options.flavor = "woff2"
    with _LOCK:
        font = TTFont(io.BytesIO(_font_bytes(weight)), lazy=True, recalcTimestamp=False)
        cutter = subset.Subsetter(options=options)
        cutter.populate(unicodes=[ord(c) for c in characters])
        cutter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)  # outside the lock: packing takes longest, and two weights may be packed at once
    return base64.b64encode(out.getvalue()).decode("ascii")


def web_font(text: str, weight: Weight) -> str:
    """Base64 of a WOFF 2 file with just the characters of ``text`` (and printable ASCII), for ``@font-face``.

    ASCII is always in it, so that a fall-back font never mixes into a line of digits.
    """
    wanted = {c for c in text if c not in _INVISIBLE} | {chr(code) for code in range(0x20, 0x7F)}
    return _subset("".join(sorted(wanted)), weight)
