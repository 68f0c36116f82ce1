"""What can go wrong in the office: each message is one Chinese sentence for the person at the screen."""

from __future__ import annotations


class OfficeError(Exception):
    """The request cannot be met; the message says why and what to do."""


class Refused(OfficeError):
    """The account may not do that."""


class Conflict(OfficeError):
    """Somebody else has changed the same thing meanwhile; nothing was done."""
