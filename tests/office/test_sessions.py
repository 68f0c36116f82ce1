"""Sessions of the portal and the second factor: what opens them, what ends them, and what is kept of them."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from offices import PASSWORD, Office
from pyotp import TOTP

from qinggong.office import accounts, journal, second_factor, sessions, tables
from qinggong.office.problems import OfficeError, Refused


def code_now(office: Office, secret: str, *, later: int = 0) -> str:
    return TOTP(secret).at(office.clock.now + dt.timedelta(seconds=later))


def enrolled(office: Office, name: str) -> tuple[str, tuple[str, ...]]:
    begun = second_factor.begin(office.db, office[name])
    codes = second_factor.confirm(office.db, office[name], code_now(office, begun.secret))
    office.clock.now += dt.timedelta(minutes=2)
    return begun.secret, codes


def test_a_session_knows_its_account_and_its_mark(office: Office) -> None:
    token = sessions.begin(office.db, accounts.sign_in(office.db, "jiaju", PASSWORD))
    found = sessions.find(office.db, token)
    assert found is not None
    assert (found.actor, found.waiting) == (office["jiaju"], False)
    assert found.carries(found.csrf)
    assert not found.carries("")
    assert not found.carries(found.csrf[:-1] + "é")
    assert sessions.find(office.db, token + "x") is None
    assert sessions.find(office.db, "") is None


def test_neither_token_nor_mark_opens_from_a_copy_of_the_database(lite: Office) -> None:
    token = sessions.begin(lite.db, lite["jiaju"])
    with lite.db.reading() as connection:
        (row,) = connection.execute(sa.select(tables.sessions)).all()
    assert token not in tuple(map(str, row))
    assert sessions.find(lite.db, row.id) is None


def test_it_ends_after_a_pause_but_not_while_in_use(lite: Office) -> None:
    token = sessions.begin(lite.db, lite["jiaju"])
    for _ in range(4):
        lite.clock.now += dt.timedelta(minutes=20)
        assert sessions.find(lite.db, token)
    lite.clock.now += dt.timedelta(minutes=31)
    assert sessions.find(lite.db, token) is None


def test_it_ends_after_a_day_of_work_however_busy(lite: Office) -> None:
    token = sessions.begin(lite.db, lite["jiaju"])
    for _ in range(12 * 3 - 1):
        lite.clock.now += dt.timedelta(minutes=20)
        assert sessions.find(lite.db, token)
    lite.clock.now += dt.timedelta(minutes=21)
    assert sessions.find(lite.db, token) is None


def test_signing_out_ends_one(lite: Office) -> None:
    one, other = sessions.begin(lite.db, lite["jiaju"]), sessions.begin(lite.db, lite["jiaju"])
    sessions.end(lite.db, one)
    sessions.end(lite.db, one)
    assert sessions.find(lite.db, one) is None
    assert sessions.find(lite.db, other)


@pytest.mark.parametrize("ending", ["disable", "reset", "change"])
def test_all_of_an_account_end_with_what_they_rest_on(lite: Office, ending: str) -> None:
    tokens = [sessions.begin(lite.db, lite["jiaju"]) for _ in range(2)]
    if ending == "disable":
        accounts.disable(lite.db, lite["chushi"], "jiaju")
    elif ending == "reset":
        accounts.reset_password(lite.db, lite["chushi"], "jiaju", password="Another-one-26")
    else:
        accounts.change_password(lite.db, lite["jiaju"], old=PASSWORD, new="Another-one-26")
    assert [sessions.find(lite.db, token) for token in tokens] == [None, None]


def test_changed_roles_count_from_the_next_request(lite: Office) -> None:
    token = sessions.begin(lite.db, lite["jiaju"])
    accounts.grant(lite.db, lite["guan"], "jiaju", roles=("analyst",))
    found = sessions.find(lite.db, token)
    assert found is not None
    assert (found.actor.roles, found.actor.industries) == (("analyst",), ())


def test_with_a_second_factor_the_password_alone_opens_nothing(office: Office) -> None:
    secret, _ = enrolled(office, "jiaju")
    token = sessions.begin(office.db, accounts.sign_in(office.db, "jiaju", PASSWORD))
    waiting = sessions.find(office.db, token)
    assert waiting is not None
    assert waiting.waiting
    fresh = sessions.pass_second(office.db, token, code_now(office, secret))
    assert sessions.find(office.db, token) is None
    passed = sessions.find(office.db, fresh)
    assert passed is not None
    assert not passed.waiting
    assert passed.csrf != waiting.csrf


def test_a_code_counts_once_and_only_about_its_time(lite: Office) -> None:
    secret, _ = enrolled(lite, "jiaju")
    code = code_now(lite, secret)
    second_factor.check(lite.db, "jiaju", code)
    for again in (
        code,
        code_now(lite, secret, later=-30),
        code_now(lite, secret, later=120),
        "000",
        "",
        "１２３４５６",
    ):
        with pytest.raises(Refused, match="验证码不对或已用过"):
            second_factor.check(lite.db, "jiaju", again)
        accounts.unlock(lite.db, lite["guan"], "jiaju")
    lite.clock.now += dt.timedelta(seconds=31)
    second_factor.check(lite.db, "jiaju", f" {code_now(lite, secret)} ")


def test_wrong_codes_lock_the_account_though_the_password_is_right(office: Office) -> None:
    secret, _ = enrolled(office, "jiaju")
    for _ in range(5):
        accounts.sign_in(office.db, "jiaju", PASSWORD)  # resets the count of wrong passwords only
        with pytest.raises(Refused):
            second_factor.check(office.db, "jiaju", "000000")
    with pytest.raises(Refused):
        accounts.sign_in(office.db, "jiaju", PASSWORD)
    with pytest.raises(Refused):
        second_factor.check(office.db, "jiaju", code_now(office, secret))
    office.clock.now += dt.timedelta(minutes=31)
    second_factor.check(office.db, "jiaju", code_now(office, secret))


def test_a_recovery_code_counts_once(lite: Office) -> None:
    _, codes = enrolled(lite, "jiaju")
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    second_factor.check(lite.db, "jiaju", codes[3].upper())
    with pytest.raises(Refused):
        second_factor.check(lite.db, "jiaju", codes[3])
    second_factor.check(lite.db, "jiaju", codes[4])


def test_it_is_on_only_after_its_first_code_and_cannot_be_begun_anew(lite: Office) -> None:
    with pytest.raises(OfficeError, match="开始启用"):
        second_factor.confirm(lite.db, lite["jiaju"], "123456")
    begun = second_factor.begin(lite.db, lite["jiaju"])
    assert begun.address.startswith("otpauth://totp/")
    with pytest.raises(Refused):
        second_factor.confirm(lite.db, lite["jiaju"], "000000")
    session = sessions.find(lite.db, sessions.begin(lite.db, lite["jiaju"]))
    assert session is not None
    assert not session.waiting
    again = second_factor.begin(lite.db, lite["jiaju"])  # begun anew while it is not on
    second_factor.confirm(lite.db, lite["jiaju"], code_now(lite, again.secret))
    with pytest.raises(OfficeError, match="已启用"):
        second_factor.begin(lite.db, lite["jiaju"])


def test_only_a_security_administrator_takes_it_off_and_not_his_own(lite: Office) -> None:
    enrolled(lite, "jiaju")
    enrolled(lite, "guan")
    for who, whose in (("jiaju", "jiaju"), ("zong", "jiaju"), ("guan", "guan")):
        with pytest.raises(Refused):
            second_factor.reset(lite.db, lite[who], whose)
    second_factor.reset(lite.db, lite["guan"], "jiaju")
    with pytest.raises(OfficeError, match="没有启用"):
        second_factor.reset(lite.db, lite["guan"], "jiaju")


def test_no_secret_is_in_the_journal_or_in_a_printed_value(office: Office) -> None:
    secret, codes = enrolled(office, "jiaju")
    token = sessions.begin(office.db, accounts.sign_in(office.db, "jiaju", PASSWORD))
    fresh = sessions.pass_second(office.db, token, codes[0])
    shown = repr(sessions.find(office.db, fresh))
    sessions.end(office.db, fresh)
    with office.db.reading() as connection:
        told = repr(journal.entries(connection))
        kept = repr(connection.execute(sa.select(tables.second_factors.c.recovery)).all())
    for hidden in (secret, token, fresh, *codes):
        assert hidden not in told + shown + kept
    actions = [e.action for e in journal_of(office)]
    assert {"enrol", "recover", "sign_in", "sign_out"} <= set(actions)


def journal_of(office: Office) -> tuple[journal.Entry, ...]:
    with office.db.reading() as connection:
        return journal.entries(connection, kind="account", object="jiaju")


def test_a_job_acts_for_the_account_for_an_hour(lite: Office) -> None:
    enrolled(lite, "jiaju")
    token = sessions.lend(lite.db, lite["jiaju"])
    found = sessions.find(lite.db, token)
    assert found is not None
    assert not found.waiting
    for _ in range(3):
        lite.clock.now += dt.timedelta(minutes=20)
        last = sessions.find(lite.db, token)
    assert last is None
