"""Checks on what comes in (核查): what a row says, whether the store agrees, whether the number is plausible."""

from qinggong.validate.alignment import align
from qinggong.validate.examine import DOUBTS, VOUCHED, examine
from qinggong.validate.findings import Finding, Group, group, grouped
from qinggong.validate.related import Identity, related
from qinggong.validate.rows import Checked, Key, Report, Row, Stored, Understood, own_dimension
from qinggong.validate.rules import ACCEPTABLE, check_rows, settle, understand
from qinggong.validate.thresholds import Thresholds, load_thresholds

__all__ = [
    "ACCEPTABLE",
    "DOUBTS",
    "VOUCHED",
    "Checked",
    "Finding",
    "Group",
    "Identity",
    "Key",
    "Report",
    "Row",
    "Stored",
    "Thresholds",
    "Understood",
    "align",
    "check_rows",
    "examine",
    "group",
    "grouped",
    "load_thresholds",
    "own_dimension",
    "related",
    "settle",
    "understand",
]
