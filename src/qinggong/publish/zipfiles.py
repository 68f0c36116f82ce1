"""ZIP containers (DOCX, XLSX) rewritten so that the same content is always the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

_DOS_FLOOR = dt.datetime(1980, 1, 1)


def release_moment(release_time: str) -> dt.datetime:
    """The release time as a zone-aware datetime; a text without a zone is taken as China Standard Time.

    Raises ``ValueError`` that names the text when it is not an ISO date and time.
    """
    try:
        moment = dt.datetime.fromisoformat(release_time)
    except ValueError:
        raise ValueError(f"release_time {release_time!r}: expected ISO, such as 2024-09-27T00:00:00+08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=8)))


def rewrite_zip(data: bytes, *, release_time: str) -> bytes:
    """The same members, sorted by name, all dated with the wall-clock release time (not before 1980)."""
    wall = max(release_moment(release_time).replace(tzinfo=None), _DOS_FLOOR)
    stamp = (wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
    ):
        for name in sorted(source.namelist()):
            member = zipfile.ZipInfo(name, date_time=stamp)
            member.compress_type = zipfile.ZIP_DEFLATED
            # Fixed, because the default differs between operating systems.
            member.create_system = 3
            member.external_attr = 0o600 << 16
            target.writestr(member, source.read(name))
    return out.getvalue()
