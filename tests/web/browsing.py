"""What tests in a browser ask of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page


def barriers(page: Page, axe: str) -> list[str]:
    """What axe finds serious, with the first place of each."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:120]} ({v['nodes'][0].get('failureSummary', '')[:160]})"
        for v in found["violations"] if v["impact"] in ("serious", "critical")
    ]  # fmt: skip
