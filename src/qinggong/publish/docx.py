"""The bulletin as a Word document (DOCX): in one of two bundled looks, or filled into the user's own template.

Typefaces are named, not embedded; the last line of a document of our own says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from qinggong.publish.document import Bulletin
from qinggong.publish.docx_content import Composer
from qinggong.publish.docx_filling import fill
from qinggong.publish.docx_frame import Frame, contents_in_columns, own_frame, properties_of
from qinggong.publish.docx_looks import look
from qinggong.publish.docx_markup import w
from qinggong.publish.docx_package import (
    CORE,
    CORE_TYPE,
    EXTENDED_TYPE,
    core_properties,
    extended_properties,
    resolved,
)
from qinggong.publish.docx_template import WordTemplate, open_template, template_frame
from qinggong.publish.zipfiles import release_moment

AUTHOR = "轻工运行监测"
OFFICIAL: Literal["official"] = "official"

Template = bytes | WordTemplate | Literal["official"] | None


def render_docx(
    bulletin: Bulletin, *, pngs: Mapping[str, bytes], author: str = AUTHOR, template: Template = None
) -> bytes:
    """A DOCX; same input, same bytes.

    Parameters
    ----------
    pngs
        Maps each figure's label (图1-1) to its picture.
    template
        ``None`` for the bulletin's own look, ``"official"`` for that of official papers (GB/T 9704—2012), or a Word
        file (.docx) that is filled by its named styles and keeps its page, header and footer.

    Raises
    ------
    KeyError
        If a figure has no picture.
    TemplateError
        If the template is no harmless Word file.
    """
    if isinstance(template, bytes):
        template = open_template(template)
    if isinstance(template, WordTemplate):
        frame = template_frame(template)
    else:
        frame = own_frame(look("official" if template == OFFICIAL else "bulletin"), bulletin)
    parts = Composer(bulletin, frame, pngs).parts()
    moment = release_moment(bulletin.release_time)
    if frame.own:
        body = frame.package.tree(frame.package.main).find(w("body"))
        for elements in parts.values():
            for element in elements:
                body.insert(len(body) - 1, element)
        contents_in_columns(body)
    else:
        fill(frame, parts, _texts(bulletin, moment))
    _describe(frame, bulletin, author, moment)
    return frame.package.to_bytes(release_time=bulletin.release_time)


def _texts(bulletin: Bulletin, moment: dt.datetime) -> dict[str, str]:
    """What placeholders of a template stand for."""
    day = moment.date()
    return {
        "title": bulletin.title,
        "issue": bulletin.issue_line,
        "date": f"{day.year}年{day.month}月{day.day}日" if bulletin.language.startswith("zh") else day.isoformat(),
        "period": bulletin.period_name,
        "subtitle": bulletin.subtitle,
        "status": bulletin.status_line,
        "mark": bulletin.mark,
    }


def _describe(frame: Frame, bulletin: Bulletin, author: str, moment: dt.datetime) -> None:
    """Document properties, in place of those that the template brings."""
    package = frame.package
    stamp = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    core, extended = properties_of(bulletin, author, stamp)
    held = [(str(r.get("Type")), resolved("", str(r.get("Target")))) for r in package.relations("")]
    found = [name for kind, name in held if kind.endswith("/core-properties")]
    if not found:
        package.relate("", CORE, "docProps/core.xml")
    package.add(found[0] if found else "docProps/core.xml", CORE_TYPE, core_properties(core))
    found = [name for kind, name in held if kind.endswith("/extended-properties")]
    if not found:
        package.relate("", "extended-properties", "docProps/app.xml")
    package.add(found[0] if found else "docProps/app.xml", EXTENDED_TYPE, extended_properties(extended))
