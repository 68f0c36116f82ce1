"""Word templates of a workspace (模板存放): each kept once under its hash, so that a release can be made again.

A release names its template in the manifest by a code: empty for the bulletin's own look, ``official``, or the hash of
the file.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

from qinggong.publish.docx_looks import look
from qinggong.publish.docx_template import LARGEST_FILE, TemplateError, WordTemplate, open_template

OFFICIAL: Literal["official"] = "official"
_OFFICIAL_NAMES = frozenset({OFFICIAL, "公文"})
_CODE = re.compile(r"[0-9a-f]{64}")

Chosen = WordTemplate | Literal["official"] | None


def chosen_template(choice: str | Path) -> Chosen:
    """The look that a person asks for: nothing, ``official`` (公文), or the path of a Word file.

    Raises
    ------
    TemplateError
        If there is no such file, or it cannot serve.
    """
    if not str(choice):
        return None
    if str(choice) in _OFFICIAL_NAMES:
        return OFFICIAL
    path = Path(choice)
    if path.suffix.lower() == ".docm":
        raise TemplateError(f"“{path.name}”是含宏的文件（.docm），请另存为不含宏的 .docx")
    if not path.is_file():
        raise TemplateError(f"找不到模板“{path}”，请核对路径；公文版式写作 --template official")
    if path.stat().st_size > LARGEST_FILE:
        raise TemplateError(f"“{path.name}”超过模板的上限{LARGEST_FILE // 2**20} MB，请压缩其中的图片")
    return open_template(path.read_bytes(), name=path.name)


def template_messages(chosen: Chosen) -> tuple[str, ...]:
    """What a person should know of a look: styles that a template lacks, typefaces that are not in the file."""
    if isinstance(chosen, WordTemplate):
        return chosen.messages
    return () if chosen is None else (look(chosen).font_note["zh"].rstrip("。"),)


def kept_code(folder: Path, chosen: Chosen) -> str:
    """Keep a template in ``folder`` and return its code."""
    if not isinstance(chosen, WordTemplate):
        return chosen or ""
    code = hashlib.sha256(chosen.data).hexdigest()
    place = folder / f"{code}.docx"
    if not place.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        part.write_bytes(chosen.data)
        part.replace(place)
    return code


def kept_template(folder: Path, code: str) -> Chosen:
    """The template of a code.

    Raises
    ------
    TemplateError
        If it is not kept here, or was altered.
    """
    if not code:
        return None
    if code == OFFICIAL:
        return OFFICIAL
    place = kept_choice(folder, code)
    data = place.read_bytes() if isinstance(place, Path) and place.is_file() else b""
    if hashlib.sha256(data).hexdigest() != code:
        raise TemplateError(f"编制时用的 Word 模板（{code[:12]}…）不在 {folder} 中，或已改动，请放回原来的文件后再试")
    return open_template(data, name=f"{code[:12]}.docx")


def kept_choice(folder: Path, code: str) -> str | Path:
    """A code as something that :func:`chosen_template` takes."""
    return folder / f"{code}.docx" if _CODE.fullmatch(code) else code
