"""Passwords (密码): Argon2id hashes, and what a password must be like. A password is never kept, shown or logged."""

from __future__ import annotations

import string
from functools import cache
from typing import TYPE_CHECKING

from qinggong.office.permissions import PasswordRules, permission_table
from qinggong.office.problems import OfficeError

if TYPE_CHECKING:
    from argon2 import PasswordHasher


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with the library's parameters, which follow RFC 9106, section 4 (second choice, 64 MiB)."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """The hash that an unknown account's password is held against, so that both take the same time."""
    return _hasher().hash("no account has this password")


def check_password(password: str, *, account: str, rules: PasswordRules | None = None) -> None:
    """Refuse a weak password.

    Raises
    ------
    OfficeError
        Saying what it must be like; never repeating it.
    """
    rules = rules or permission_table().passwords
    classes = sum(
        (
            any(c in string.ascii_lowercase for c in password),
            any(c in string.ascii_uppercase for c in password),
            any(c in string.digits for c in password),
            any(c not in string.ascii_letters + string.digits for c in password),
        )
    )
    if not rules.shortest <= len(password) <= rules.longest:
        raise OfficeError(f"密码应有{rules.shortest}到{rules.longest}个字符，请换一个")
    if classes < rules.classes:
        raise OfficeError(f"密码应含大写字母、小写字母、数字、其他字符中的至少{rules.classes}类，请换一个")
    if account.casefold() in password.casefold():
        raise OfficeError("密码中不能有账号名，请换一个")
    if len(set(password)) < rules.shortest // 2:
        raise OfficeError("密码中重复的字符太多，请换一个")


def hashed(password: str) -> str:
    """The Argon2id hash with its parameters and salt."""
    return _hasher().hash(password)


def matches(password: str, known: str) -> bool:
    """Whether a password fits a hash; an empty hash (an unknown account) never fits, but takes as long."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > permission_table().passwords.longest:
        return False
    try:
        _hasher().verify(known or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(known)


def outdated(known: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(known)
