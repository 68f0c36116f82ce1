"""The work area behind sign-in (工作区): cases, meetings, findings, and running and publishing a month."""
