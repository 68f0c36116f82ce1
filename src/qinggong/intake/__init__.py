"""From files to observations (收录): the one way into the store."""

from qinggong.intake.ingest import Ingested, Progress, files_in, ingest, ingest_bundled, is_held, quiet
from qinggong.intake.workspace import Workspace

__all__ = ["Ingested", "Progress", "Workspace", "files_in", "ingest", "ingest_bundled", "is_held", "quiet"]
