"""Checks on what comes in (核查)."""

from qinggong.validate.findings import Finding
from qinggong.validate.rules import Checked, Key, Report, Row, Stored, check_rows

__all__ = ["Checked", "Finding", "Key", "Report", "Row", "Stored", "check_rows"]
