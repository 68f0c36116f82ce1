"""Makes figures that several unit tests share importable (``prosperity_figures``)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
