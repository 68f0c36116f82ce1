"""Accounts: signing in, locks, roles, passwords; and what may never be seen of them."""

from __future__ import annotations

import datetime as dt
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from offices import PASSWORD, Office

from qinggong.office import accounts, journal, passwords, tables
from qinggong.office.database import open_database
from qinggong.office.permissions import Actor
from qinggong.office.problems import OfficeError, Refused


def test_signing_in_gives_roles_and_scope(office: Office) -> None:
    actor = accounts.sign_in(office.db, "jiaju", PASSWORD)
    assert actor == Actor("jiaju", ("sector_officer",), ("21",), ())


@pytest.mark.parametrize(("name", "password"), [("jiaju", "wrong"), ("nobody", PASSWORD), ("jiaju", ""), ("", "")])
def test_one_sentence_for_every_failure(lite: Office, name: str, password: str) -> None:
    with pytest.raises(Refused) as wrong:
        accounts.sign_in(lite.db, name, password)
    with pytest.raises(Refused) as unknown:
        accounts.sign_in(lite.db, "meiyou", "x")
    assert str(wrong.value) == str(unknown.value)


def test_an_account_locks_and_unlocks(office: Office) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            accounts.sign_in(office.db, "jiaju", "wrong")
    with pytest.raises(Refused):
        accounts.sign_in(office.db, "jiaju", PASSWORD)
    accounts.unlock(office.db, office["guan"], "jiaju")
    assert accounts.sign_in(office.db, "jiaju", PASSWORD).name == "jiaju"


def test_a_lock_ends_by_itself_and_the_count_begins_anew(lite: Office) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            accounts.sign_in(lite.db, "jiaju", "wrong")
    lite.clock.now += dt.timedelta(minutes=31)
    with pytest.raises(Refused):
        accounts.sign_in(lite.db, "jiaju", "wrong")
    assert accounts.sign_in(lite.db, "jiaju", PASSWORD).name == "jiaju"


def test_many_attempts_at_once_gain_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many run side by side, only as many passwords are looked at as the counter allows."""
    looked = []
    monkeypatch.setattr(passwords, "matches", lambda _, known: bool(known and looked.append(known)))

    def attempt(_: int) -> None:
        with pytest.raises(Refused):
            accounts.sign_in(office.db, "jiaju", "wrong")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(16)))
    assert len(looked) == 5


def test_a_disabled_account_cannot_sign_in(lite: Office) -> None:
    accounts.disable(lite.db, lite["chushi"], "jiaju")
    with pytest.raises(Refused):
        accounts.sign_in(lite.db, "jiaju", PASSWORD)
    accounts.enable(lite.db, lite["chushi"], "jiaju")
    assert accounts.sign_in(lite.db, "jiaju", PASSWORD).name == "jiaju"


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("Short1!", "12到256个字符"),
        ("alllowercaseletters", "至少3类"),
        ("Jiaju-2025-abcd", "账号名"),
        ("Aa1-Aa1-Aa1-Aa1", "重复"),
        ("Aa1-" * 100, "12到256个字符"),
    ],
)
def test_weak_passwords_are_refused_and_not_repeated(lite: Office, password: str, told: str) -> None:
    with pytest.raises(OfficeError, match=told) as refused:
        accounts.reset_password(lite.db, lite["chushi"], "jiaju", password=password)
    assert password not in str(refused.value)


def test_changing_a_password_asks_for_the_old_one(lite: Office) -> None:
    new = "Another-one-2026"
    with pytest.raises(Refused):
        accounts.change_password(lite.db, lite["jiaju"], old="wrong", new=new)
    accounts.change_password(lite.db, lite["jiaju"], old=PASSWORD, new=new)
    assert accounts.sign_in(lite.db, "jiaju", new).name == "jiaju"


def test_a_reset_password_needs_two_administrators(office: Office) -> None:
    new = "Another-one-2026"
    accounts.reset_password(office.db, Actor("sys", ("system_admin",)), "jiaju", password=new)
    with pytest.raises(Refused):
        accounts.sign_in(office.db, "jiaju", new)
    with pytest.raises(Refused):
        accounts.unlock(office.db, Actor("sys", ("system_admin",)), "jiaju")
    accounts.unlock(office.db, office["guan"], "jiaju")
    assert accounts.sign_in(office.db, "jiaju", new).name == "jiaju"


def test_passwords_are_argon2_and_nowhere_in_the_journal(office: Office) -> None:
    new = "Another-one-2026"
    accounts.reset_password(office.db, office["chushi"], "jiaju", password=new)
    with office.db.reading() as connection:
        kept = connection.execute(sa.select(tables.accounts.c.password)).scalars().all()
        told = str(connection.execute(sa.select(tables.journal)).all())
    assert all(k.startswith("$argon2id$") for k in kept)
    assert new not in told and PASSWORD not in told and "$argon2" not in told


def test_the_real_hashes_are_as_strong_as_the_standard_asks() -> None:
    """RFC 9106, section 4, second recommendation: Argon2id, 64 MiB, three passes, four lanes."""
    code = "from qinggong.office import passwords; print(passwords.hashed('x'))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_with_older_parameters_is_made_anew_on_signing_in(lite: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: stronger)
    accounts.sign_in(lite.db, "jiaju", PASSWORD)
    with lite.db.reading() as connection:
        query = sa.select(tables.accounts.c.password).where(tables.accounts.c.name == "jiaju")
        assert "m=16,t=2" in str(connection.execute(query).scalar())


# ------------------------------------------------------------------------------------------------------ roles


def test_nobody_grants_themselves_anything(lite: Office) -> None:
    with pytest.raises(Refused, match="没有授权账号的权限"):
        accounts.grant(lite.db, lite["guan"], "guan", roles=["coordinator"])


def test_roles_that_are_kept_apart(lite: Office) -> None:
    with pytest.raises(OfficeError, match="不能由一个账号兼任"):
        accounts.grant(lite.db, lite["guan"], "shen", roles=["auditor", "coordinator"])


@pytest.mark.parametrize("role", ["system", "everyone", "boss"])
def test_roles_that_no_account_holds(lite: Office, role: str) -> None:
    with pytest.raises(OfficeError, match="没有角色"):
        accounts.grant(lite.db, lite["guan"], "shen", roles=[role])


def test_the_last_security_administrator_stays(lite: Office) -> None:
    accounts.grant(lite.db, lite["chushi"], "guan", roles=[])
    with pytest.raises(OfficeError, match="最后一个安全管理员"):
        accounts.disable(lite.db, Actor("other", ("security_admin",)), "chushi")


def test_only_the_first_account_needs_nobody(lite: Office) -> None:
    with pytest.raises(OfficeError, match="已经有账号"):
        accounts.first_account(lite.db, "second", display="二", password=PASSWORD)


@pytest.mark.parametrize("name", ["system", "A", "a", "../x", "x y", "a" * 40, "名'--", ""])
def test_names_that_cannot_be(lite: Office, name: str) -> None:
    with pytest.raises(OfficeError, match="不合规定"):
        accounts.add_account(lite.db, lite["chushi"], name, display="x", password=PASSWORD)


def test_who_sees_which_accounts(lite: Office) -> None:
    assert len(accounts.listed(lite.db, lite["chushi"])) == 9
    assert [a.name for a in accounts.listed(lite.db, lite["jiaju"])] == ["jiaju"]


def test_what_administrators_do_is_in_the_journal(office: Office) -> None:
    accounts.grant(office.db, office["guan"], "fenxi", roles=["analyst"], industries=["21", "22"])
    with office.db.reading() as connection:
        entry = journal.entries(connection, kind="account", object="fenxi")[-1]
    assert (entry.who, entry.action) == ("guan", "grant")
    assert entry.before["industries"] == "[]" and entry.after["industries"] == '["21","22"]'


# ------------------------------------------------------------------------------------------------ the file


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite"
    open_database(path, files=tmp_path / "files", make=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
