"""From files to observations (收录): the one way into the store."""

from qinggong.intake.accepting import Accepted, accept
from qinggong.intake.findings import FindingError, Gathered, Noted, gathered, listed, warnings_for
from qinggong.intake.ingest import Progress, files_in, ingest, ingest_bundled, ingest_content, is_held, quiet
from qinggong.intake.replay import Replayed, replay
from qinggong.intake.take_in import Ingested
from qinggong.intake.workspace import Workspace

__all__ = [
    "Accepted",
    "FindingError",
    "Gathered",
    "Ingested",
    "Noted",
    "Progress",
    "Replayed",
    "Workspace",
    "accept",
    "files_in",
    "gathered",
    "ingest",
    "ingest_bundled",
    "ingest_content",
    "is_held",
    "listed",
    "quiet",
    "replay",
    "warnings_for",
]
