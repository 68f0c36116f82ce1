"""How often somebody may try: the window slides, keys are apart, memory has a bound."""

from __future__ import annotations

from qinggong.web.desk import limits
from qinggong.web.desk.limits import Limit


def test_the_window_slides(monkeypatch: object) -> None:
    now = [0.0]
    limit = Limit(3, 60.0, clock=lambda: now[0])
    assert [limit.wait("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a") == 60
    assert limit.wait("b") == 0
    now[0] = 59.0
    assert limit.wait("a") >= 1  # what was refused was not counted
    now[0] = 60.0
    assert limit.wait("a") == 0


def test_keys_have_a_bound(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    limit = Limit(1, 60.0, clock=lambda: 0.0)
    for n in range(1000):
        assert limit.wait(f"{n}") == 0
    assert len(limit._seen) == 10
    assert limit.wait("999") > 0
