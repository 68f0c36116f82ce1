"""The work area behind sign-in (工作区): cases, meetings, findings, and running and publishing a month."""

from __future__ import annotations

from qinggong.config import Layout
from qinggong.web.desk import admin_pages, case_pages, door, meeting_pages, month_pages, verdict_pages
from qinggong.web.desk.area import Area


def open_area(layout: Layout) -> Area:
    """The work area of a workspace with all its pages; its office is opened when the first page asks for it."""
    area = Area(layout)
    for pages in (door, case_pages, meeting_pages, month_pages, verdict_pages, admin_pages):
        pages.add(area)
    return area
