"""The second factor of an account (第二重验证): time-based codes after RFC 6238, and codes for a lost telephone.

A code counts once. Wrong ones are counted apart from wrong passwords and lock the account by the same rule, because
whoever tries codes knows the password already. Secrets and codes are never shown again, logged or put in the journal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from qinggong.office import tables
from qinggong.office.database import Database, stamp
from qinggong.office.journal import plain_json, record
from qinggong.office.permissions import Actor, Thing, permission_table, require
from qinggong.office.problems import OfficeError, Refused

if TYPE_CHECKING:
    from pyotp import TOTP

ISSUER = "轻工运行监测"
RECOVERY_CODES = 8
_STEPS = 1
"""Steps of 30 seconds by which a telephone's clock may differ (RFC 6238, section 5.2)."""
_WRONG = "验证码不对或已用过，请等下一个验证码再试"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person enters into the telephone: the secret as text, and the address that a square code holds."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


def begin(database: Database, actor: Actor) -> Enrolment:
    """A new secret for one's own account; it counts only once a code of it was confirmed.

    Raises
    ------
    OfficeError
        If the account has a confirmed second factor already.
    """
    from pyotp import TOTP, random_base32

    require(actor, "enrol", Thing("account", owner=actor.name))
    secret, f = random_base32(), tables.second_factors
    with database.writing() as connection:
        if needed(connection, actor.name):
            raise OfficeError("本账号已启用第二重验证；更换手机请先请安全管理员解除")
        connection.execute(sa.delete(f).where(f.c.account == actor.name))
        connection.execute(
            sa.insert(f).values(
                account=actor.name, secret=secret, begun_at=stamp(database.clock()), confirmed_at="", last_step=0,
                failures=0, recovery="[]",
            )
        )  # fmt: skip
    return Enrolment(secret, TOTP(secret).provisioning_uri(name=actor.name, issuer_name=ISSUER))


def confirm(database: Database, actor: Actor, code: str) -> tuple[str, ...]:
    """Switch the second factor on by its first code; the recovery codes, which are shown this once.

    Raises
    ------
    OfficeError
        If it was not begun, or is on already.
    Refused
        If the code is wrong.
    """
    require(actor, "enrol", Thing("account", owner=actor.name))
    codes = tuple(
        f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(2)}" for _ in range(RECOVERY_CODES)
    )
    f = tables.second_factors
    with database.writing() as connection:
        row = connection.execute(sa.select(f).where(f.c.account == actor.name)).one_or_none()
        if row is None or row.confirmed_at:
            raise OfficeError("请先在账号页面开始启用第二重验证")
        now = database.clock()
        step = _step(row.secret, code, now, after=0)
        if not step:
            raise Refused(_WRONG)
        connection.execute(
            sa.update(f)
            .where(f.c.account == actor.name)
            .values(confirmed_at=stamp(now), last_step=step, recovery=plain_json([_kept(c) for c in codes]))
        )
        record(connection, at=now, who=actor.name, action="enrol", kind="account", object=actor.name)
    return codes


def needed(connection: Connection, name: str) -> bool:
    """Whether an account signs in with a second factor."""
    f = tables.second_factors
    found = connection.execute(sa.select(f.c.confirmed_at).where(f.c.account == name)).scalar()
    return bool(found)


def check(database: Database, name: str, code: str) -> None:
    """Hold a code, or a recovery code, against an account's second factor; either counts once.

    Raises
    ------
    Refused
        If it is wrong, used, or the account is locked or disabled; after so many failures the account locks.
    """
    rules, wrong = permission_table().passwords, False
    f, a = tables.second_factors, tables.accounts
    with database.writing() as connection:
        now = database.clock()
        row = connection.execute(
            sa.select(f, a.c.state, a.c.locked_until).join(a, a.c.name == f.c.account).where(f.c.account == name)
        ).one_or_none()
        if row is None or not row.confirmed_at or row.state != "active" or row.locked_until > stamp(now):
            raise Refused(_WRONG)
        given = code.strip().lower()[:40]
        left = [kept for kept in json.loads(row.recovery) if not hmac.compare_digest(kept, _kept(given))]
        recovered = len(left) < len(json.loads(row.recovery))
        step = 0 if recovered else _step(row.secret, given, now, after=int(row.last_step))
        if recovered or step:
            changed = {"recovery": plain_json(left)} if recovered else {"last_step": step}
            connection.execute(sa.update(f).where(f.c.account == name).values(failures=0, **changed))
            if recovered:
                record(
                    connection, at=now, who=name, action="recover", kind="account", object=name,
                    after={"left": len(left)},
                )  # fmt: skip
        else:
            wrong = True
            failures = int(row.failures) + 1
            if failures >= rules.failures:
                until = stamp(now + dt.timedelta(minutes=rules.locked_minutes))
                connection.execute(sa.update(a).where(a.c.name == name).values(locked_until=until))
                failures = 0
            connection.execute(sa.update(f).where(f.c.account == name).values(failures=failures))
            record(connection, at=now, who=name, action="factor_failed", kind="account", object=name)
    if wrong:  # only now: the failure is counted, whatever comes after
        raise Refused(_WRONG)


def reset(database: Database, actor: Actor, name: str) -> None:
    """Take the second factor off an account whose telephone is lost; its open sessions end.

    Raises
    ------
    Refused
        Only a security administrator, and never for the own account.
    """
    require(actor, "reset_factor", Thing("account", owner=name))
    f = tables.second_factors
    with database.writing() as connection:
        gone = connection.execute(sa.delete(f).where(f.c.account == name))
        if gone.rowcount != 1:
            raise OfficeError(f"账号“{name[:40]}”没有启用第二重验证")
        connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.account == name))
        record(connection, at=database.clock(), who=actor.name, action="reset_factor", kind="account", object=name)


def _totp(secret: str) -> TOTP:
    from pyotp import TOTP

    return TOTP(secret)


def _step(secret: str, code: str, now: dt.datetime, *, after: int) -> int:
    """The step of time that a code belongs to, later than the last one used; 0 if it is of none."""
    totp, present = _totp(secret), int(now.timestamp()) // 30
    found = 0
    for step in range(present - _STEPS, present + _STEPS + 1):  # all of them each time: the time taken tells nothing
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().encode()) and step > after:
            found = step
    return found


def _kept(code: str) -> str:
    """A recovery code as it is kept; 48 random bits need no slow hash behind a counter of failures."""
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
