"""What can be wrong with a pack or with records (问题): errors that stop, findings that are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


class RulesError(Exception):
    """Something of the rules cannot be used; the message is one Chinese sentence that says what to do."""


class PackError(RulesError):
    """A pack cannot be read or evaluated; one line a fault, each naming file and line."""


class RecordsError(RulesError):
    """Records cannot be read at all (a single doubtful cell is a finding, not an error)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: in a pack (``line``), or in records (``row`` counted as the file counts it, ``column``)."""

    rule: str
    severity: Severity
    message: str
    line: int = 0
    row: int = 0
    column: str = ""
    value: str = ""

    def as_dict(self) -> dict[str, object]:
        """Plain values; what does not apply is left out."""
        found: dict[str, object] = {"rule": self.rule, "severity": self.severity, "message": self.message}
        for name in ("line", "row", "column", "value"):
            if getattr(self, name):
                found[name] = getattr(self, name)
        return found


def shortened(value: object, *, most: int = 40) -> str:
    """A value for a message; a very long one is cut, with its length."""
    try:
        text = value if isinstance(value, str) else str(value)
    except ValueError:  # a whole number of thousands of digits
        text = f"<{type(value).__name__}>"
    text = "".join(c if c.isprintable() else " " for c in text[: most + 1])
    length = len(value) if isinstance(value, str) else len(text)
    return text if length <= most else f"{text[:most]}…（共{length}个字符）"
