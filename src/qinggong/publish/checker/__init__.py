"""The checker (核对): finds the places where a bulletin contradicts itself or the data."""

from qinggong.publish.checker.document import check_document, check_text
from qinggong.publish.checker.findings import Finding, Position, Report, Rule, rules

__all__ = ["Finding", "Position", "Report", "Rule", "check_document", "check_text", "rules"]
