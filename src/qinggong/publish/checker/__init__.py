"""The checker (核对): finds the places where a bulletin contradicts itself or the data."""

from qinggong.publish.checker.document import check_document, check_text
from qinggong.publish.checker.findings import CheckError, Finding, Position, Report, Rule, rules
from qinggong.publish.checker.reference import Reference, gather, read_reference

__all__ = [
    "CheckError",
    "Finding",
    "Position",
    "Reference",
    "Report",
    "Rule",
    "check_document",
    "check_text",
    "gather",
    "read_reference",
    "rules",
]
