"""Text made fit for the XML of office documents: characters that XML forbids are shown as “\N{REPLACEMENT CHARACTER}”.

Source: XML 1.0 (fifth edition), section 2.2, production 2 (Char).
"""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Directions that a text could impose on what follows it, so that a number is read backwards.
_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def fit_text(text: str) -> str:
    """``text`` without characters that XML forbids (or control characters it allows); line ends are ``\\n``."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("\ufffd", _STEERING.sub("", whole))


def fit_line(text: str) -> str:
    """The same on one line, for attributes, names and properties."""
    return " ".join(fit_text(text).split())


def shortened(text: str, longest: int) -> str:
    """``text`` with at most ``longest`` characters, the cut shown as “…”."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
