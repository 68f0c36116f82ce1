"""The documented interface under invented parameters: never an error of the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from qinggong.web.app import create_app

schemathesis = pytest.importorskip("schemathesis")


@pytest.fixture(scope="module")
def operations(full: Path) -> list[Any]:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(full))
    return [found.ok() for found in schema.get_all_operations()]


def _tried(operation: Any, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def answered(case: Any) -> None:
        answer = case.call()
        assert answer.status_code < 500, (case.method, case.path, case.query, answer.text[:500])
        if answer.status_code in (400, 404):
            assert answer.json()["error"]

    answered()


def test_no_parameter_makes_the_server_fail(operations: list[Any]) -> None:
    assert len(operations) > 30
    for operation in operations:
        _tried(operation, 3)


@pytest.mark.soak
def test_no_parameter_makes_the_server_fail_at_length(operations: list[Any]) -> None:
    for operation in operations:
        _tried(operation, 300)
