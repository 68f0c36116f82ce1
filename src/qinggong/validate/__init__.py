"""Checks on what comes in (核查): what a row says, whether the store agrees, whether the number is plausible."""

from qinggong.validate.examine import DOUBTS, examine
from qinggong.validate.findings import Finding
from qinggong.validate.related import Identity, related
from qinggong.validate.rows import Checked, Key, Report, Row, Stored, Understood
from qinggong.validate.rules import ACCEPTABLE, check_rows, settle, understand
from qinggong.validate.thresholds import Thresholds, load_thresholds

__all__ = [
    "ACCEPTABLE",
    "DOUBTS",
    "Checked",
    "Finding",
    "Identity",
    "Key",
    "Report",
    "Row",
    "Stored",
    "Thresholds",
    "Understood",
    "check_rows",
    "examine",
    "load_thresholds",
    "related",
    "settle",
    "understand",
]
