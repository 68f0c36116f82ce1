"""Any sequence of steps, possible or not, by anybody: the log stays complete and the chain valid."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from offices import ACCOUNTS, Clock

from qinggong.office import cases, journal
from qinggong.office.cases import NewCase
from qinggong.office.database import open_database
from qinggong.office.episodes import WarningInput, open_or_escalate
from qinggong.office.permissions import SYSTEM, Actor, allowed
from qinggong.office.problems import OfficeError
from qinggong.office.workflow import case_table

ACTIONS = sorted({t.action for t in case_table().transitions} - {"classify", "rate", "attach"})
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.sampled_from(sorted(ACCOUNTS)),
        st.sampled_from(["", "jiaju", "fenxi", "meiyou"]),
        st.sampled_from(["", "说明"]),
        st.integers(0, 3),
        st.sampled_from([None, None, 1, 2]),
    ),
    max_size=14,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, warned=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 3)), max_size=4))
def test_every_change_is_in_the_log_and_nothing_else(
    filled: Path, steps: list[tuple[str, str, str, str, int, int | None]], warned: list[tuple[int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "office.sqlite"
        shutil.copy(filled, path)
        clock = Clock()
        db = open_database(path, files=Path(folder), clock=clock)
        people = {name: Actor(name, *rest) for name, rest in ACCOUNTS.items()}
        zong = people["zong"]
        opened = [
            cases.open_case(db, zong, NewCase(kind=k, title=k, industry="21")) for k in ("task", "task", "warning")
        ]
        numbers = [c.number for c in opened]
        expected = dict.fromkeys(numbers, 1)
        for place, (action, who, owner, note, which, version) in enumerate(steps):
            number = numbers[which % len(numbers)]
            before = cases.find(db, zong, number)
            try:
                after = cases.act(
                    db, people[who], number, action, owner=owner, note=note, version=version,
                    deadline=dt.date(2025, 12, 1) + dt.timedelta(days=place), into=numbers[(which + 1) % len(numbers)],
                )  # fmt: skip
            except OfficeError:
                assert cases.find(db, zong, number) == before
                continue
            expected[number] += 1
            found = case_table().find(action, kind=before.kind, state=before.state)
            assert found is not None and after.state == (found.to or before.state)
            assert allowed(people[who], action, before.thing) and after.version == before.version + 1
            assert version in (None, before.version)
        for month, severity in warned:
            done = open_or_escalate(
                db, SYSTEM,
                WarningInput(rule="r", title="t", text="x", severity=severity, period=f"2025-{max(month, 2):02d}",
                             industry="22"),
            )  # fmt: skip
            expected.setdefault(done.case.number, 0)
            expected[done.case.number] += done.what != "known"
        for number, count in expected.items():
            log = cases.log_of(db, zong, number)
            case = cases.find(db, zong, number)
            assert len(log) == count == case.version
            # Replaying the log gives the case as it stands.
            state: dict[str, object] = {}
            for entry in log:
                assert all(
                    state.get(k) == v or k == "origin" or (state.get(k) or "") == (v or "")
                    for k, v in entry.before.items()
                )
                state |= entry.after
            for name in ("state", "owner", "deadline", "severity", "merged_into", "answer", "title"):
                assert (state[name] or "") == (getattr(case, name) or ""), name
            assert json.loads(str(state["origin"])) == dict(case.origin)
        assert journal.verify(db).sound
        db.close()
